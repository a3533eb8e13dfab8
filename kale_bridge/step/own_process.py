"""Snapshots in a process of their own, for a step that no notebook server was told to.

    python -m kale_bridge.step.own_process      orders come as lines of JSON, and so do the answers

Owns the order's form ({"request", "workspace", "volumes"}) and the answer's ({"snapshot"} or {"error"}). SIGTERM
cancels what it is at, with nothing left; it ends with its standard input. Doesn't own what a snapshot is (service).
Nothing is begun where no repository was ever chosen: a pod's home is lost with the pod.
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

_ALLOCATIONS_BETWEEN_SEARCHES = 50_000


class Orders:
    """What this process is at, and the service of the last order's settings."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._services: dict[str, Service] = {}

    def cancel(self) -> None:
        """Cancel what is being done."""
        if self._progress is not None:
            self._progress.cancel()

    def answer(self, line: str) -> bytes:
        """Do an order; the answer says what became of it."""
        self._progress = Progress()
        try:
            return dumps({"snapshot": self._take(json.loads(line), self._progress)})
        except RokError as error:
            return dumps({"error": error})
        finally:
            self._progress = None

    def _take(self, order: Mapping[str, Any], progress: Progress) -> Snapshot:
        service = self._service(order)
        body = parse(SnapshotBody, json.dumps(order["request"]).encode())
        return service.take(body.to_model(unsaved_documents=None), progress)

    def _service(self, order: Mapping[str, Any]) -> Service:
        key = json.dumps([order["workspace"], order["volumes"]])
        if key not in self._services:
            workspace = os.path.realpath(order["workspace"])
            data = {name: path for name, path in order["volumes"].items() if os.path.realpath(path) != workspace}
            settings = load_settings({"workspace": workspace})
            settings.data_volumes = {**data, **settings.data_volumes}
            service = Service(settings)
            _check_repository(settings)
            self._services[key] = service
        return self._services[key]


def main() -> int:
    """Do one order after the other."""
    gc.set_threshold(_ALLOCATIONS_BETWEEN_SEARCHES)
    orders = Orders()
    signal.signal(signal.SIGTERM, lambda *_: orders.cancel())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's; whoever started this decides
    for line in sys.stdin:
        sys.stdout.buffer.write(orders.answer(line) + b"\n")
        sys.stdout.flush()
    return 0


def _check_repository(settings: RokSettings) -> None:
    if settings.repository_is_default and not os.path.exists(settings.repository_location):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "No repository is configured for this step.",
            "Set ROK_SERVER_URL for the step, or ROK_REPOSITORY and ROK_PASSWORD_FILE.",
        )


if __name__ == "__main__":
    sys.exit(main())
