"""A restore in place that is killed, at any of its changes: known, and finished or undone by one command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import RestoreRequest, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from tests.trees import differences, fingerprint

_CHILD = """
import os, signal, sys
from rok_jupyter.config import RokSettings
from rok_jupyter.models import RestoreRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service

work, state, snapshot, count, verb, agreed = sys.argv[1:]
left = int(count)

def killing(call):
    def counted(*arguments, **named):
        global left
        if armed:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counted

armed = False
for name in ("rename", "replace", "unlink", "rmdir", "mkdir", "symlink", "link", "utime", "chmod", "fchmod"):
    setattr(os, name, killing(getattr(os, name)))

settings = RokSettings(workspace=work, state_directory=state, disk_margin=0, owner="tester")
service = Service(settings)
begun = service.restores._journal.begin
def begin(*arguments):
    global armed
    begun(*arguments)
    armed = True
service.restores._journal.begin = begin
if verb == "undo":
    service.undo(Progress())
else:
    service.restore(RestoreRequest(snapshot=snapshot, delete=True), Progress(), fingerprint=agreed or None)
"""


def _kill_at(
    workspace: Path, state: Path, snapshot: str, count: int, *, verb: str = "restore", agreed: str = ""
) -> bool:
    """Restore or undo in a process that is killed at its change of that number; return whether it ended before."""
    command = [sys.executable, "-c", _CHILD, str(workspace), str(state), snapshot, str(count), verb, agreed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == 0


def _edit(workspace: Path) -> None:
    (workspace / "notes.txt").write_text("second\n")
    (workspace / "new.txt").write_text("new\n")
    (workspace / "keep.txt").unlink()
    (workspace / "new directory").mkdir()
    (workspace / "new directory" / "x").write_text("odd")
    os.utime(workspace / "new directory", ns=(1, 1_234_567_890_123_456_789))
    (workspace / "link").unlink()
    (workspace / "empty").rmdir()


@pytest.mark.parametrize("finish", [False, True], ids=["undo", "finish"])
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(7200)])])
def test_a_restore_killed_anywhere_is_known_and_finished_or_undone(
    settings: RokSettings, workspace: Path, finish: bool, step: int
) -> None:
    settings.data_volumes = {}
    service = Service(settings)
    old = fingerprint(workspace)
    snapshot = service.take(SnapshotRequest(), Progress()).id
    request = RestoreRequest(snapshot=snapshot, delete=True)
    kills, ended = 0, False
    while not ended:
        _edit(workspace)
        new = fingerprint(workspace)
        ended = _kill_at(workspace, settings.locations.root, snapshot, kills * step + 1)
        interrupted = service.status().interrupted_restores
        if not interrupted:  # it was done, and killed on its way out
            assert not differences(old, fingerprint(workspace))
        elif finish:
            assert interrupted[0].finish_command == f"rok restore {snapshot[:12]} --in-place --delete"
            result = service.restore(request, Progress())
            assert not differences(old, fingerprint(workspace))
            assert result.undo in (interrupted[0].safety, None)
            assert service.status().interrupted_restores == ()
        service.undo(Progress())
        assert not differences(new, fingerprint(workspace)), f"after a kill at change {kills * step + 1}"
        assert service.status().interrupted_restores == ()
        service.restore(request, Progress())
        kills += 1
    assert kills > 3


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(7200)])])
def test_an_undo_killed_anywhere_is_known_and_goes_on(settings: RokSettings, workspace: Path, step: int) -> None:
    settings.data_volumes = {}
    service = Service(settings)
    snapshot = service.take(SnapshotRequest(), Progress()).id
    request = RestoreRequest(snapshot=snapshot, delete=True)
    kills, ended = 0, False
    while not ended:
        _edit(workspace)
        before = fingerprint(workspace)
        service.restore(request, Progress())
        ended = _kill_at(workspace, settings.locations.root, snapshot, kills * step + 1, verb="undo")
        interrupted = service.status().interrupted_restores
        if interrupted:
            assert interrupted[0].finish_command == "rok undo"
            service.undo(Progress())
        assert not differences(before, fingerprint(workspace))
        assert service.status().interrupted_restores == ()
        service.restore(request, Progress())
        kills += 1
    assert kills > 2


def test_the_same_call_finishes_what_was_agreed_to_and_another_plan_is_still_refused(
    settings: RokSettings, workspace: Path
) -> None:
    settings.data_volumes = {}
    service = Service(settings)
    old = fingerprint(workspace)
    request = RestoreRequest(snapshot=service.take(SnapshotRequest(), Progress()).id, delete=True)
    _edit(workspace)
    agreed = service.plan_restore(request, Progress()).fingerprint
    assert not _kill_at(workspace, settings.locations.root, request.snapshot, 5, agreed=agreed)
    assert service.plan_restore(request, Progress()).fingerprint != agreed
    with pytest.raises(RokError) as caught:
        service.restore(request, Progress(), fingerprint="of another plan")
    assert caught.value.kind is ErrorKind.ABORTED
    assert service.status().interrupted_restores
    service.restore(request, Progress(), fingerprint=agreed)
    assert not differences(old, fingerprint(workspace))
    assert service.status().interrupted_restores == ()
