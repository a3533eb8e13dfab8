"""A snapshot in a process of its own, for a step that no notebook server was told to.

    python -m kale_bridge.step.own_process < order.json > answer.json

Owns the order's form ({"request", "workspace", "volumes"}) and the answer's ({"snapshot"} or {"error"}). It has an end
of its own, so that its time can be limited and the step's memory isn't held: SIGTERM cancels it, with nothing left.
Doesn't own what a snapshot is (service). Nothing is begun where no repository was ever chosen: a pod's home is lost
with the pod.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from rok_jupyter.wire import dumps
from rok_jupyter.wire.requests import SnapshotBody, parse


def main() -> int:
    """Take the snapshot that standard input asks for; the answer says what became of it."""
    gc.disable()
    progress = Progress()
    signal.signal(signal.SIGTERM, lambda *_: progress.cancel())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's; whoever started this decides
    try:
        answer = dumps({"snapshot": _take(json.load(sys.stdin), progress)})
    except RokError as error:
        answer = dumps({"error": error})
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()
    return 0


def _take(order: Mapping[str, Any], progress: Progress) -> Snapshot:
    workspace = os.path.realpath(order["workspace"])
    data = {name: path for name, path in order["volumes"].items() if os.path.realpath(path) != workspace}
    settings = load_settings({"workspace": workspace})
    if data:
        settings.data_volumes = {**data, **settings.data_volumes}
    service = Service(settings)
    _check_repository(service, settings)
    body = parse(SnapshotBody, json.dumps(order["request"]).encode())
    return service.take(body.to_model(unsaved_documents=None), progress)


def _check_repository(service: Service, settings: RokSettings) -> None:
    if settings.repository_is_default and not os.path.exists(settings.repository_location):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "No repository is configured for this step.",
            "Set ROK_SERVER_URL for the step, or ROK_REPOSITORY and ROK_PASSWORD_FILE.",
        )


if __name__ == "__main__":
    sys.exit(main())
