"""Where a local run happens: one temporary directory of our own, and nothing else.

Owns making it, clearing it away, and clearing away those of runs that were killed. `kfp.local` deletes the directories
that it is given; so it is given none but those that `for_kfp` has made below the run's own directory. Doesn't own what
is put there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import os_errors

_PREFIX = "rok-kale-"
_MARK, _NEW_MARK = ".rok-kale-run", ".rok-kale-run.new"
_REPLACED_BY_KFP = "python3"


class RunPlace:
    """One run's directory. It is locked while its run lives, and removed by `remove`."""

    def __init__(self, root: Path, lock: int) -> None:
        """Use `make`."""
        self.root = root
        self._lock: int | None = lock

    @classmethod
    def make(cls, parent: Path | None = None) -> RunPlace:
        """Make a run's directory below `parent` (by default the system's temporary directory)."""
        above = Path(os.path.realpath(parent or tempfile.gettempdir()))
        if _REPLACED_BY_KFP in str(above):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"KFP can't run a pipeline below {above}: it replaces the word {_REPLACED_BY_KFP} in paths.",
                "Name another directory: TMPDIR=DIR rok kale run ...",
            )
        with os_errors(f"Making a directory in {above}"):
            root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
            lock = os.open(root / _NEW_MARK, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.rename(root / _NEW_MARK, root / _MARK)  # nobody ever finds a living run's mark without its lock
            place = cls(root, lock)
            for directory in (place.home, place.scratch, place.logs, place.compiled):
                directory.mkdir()
        return place

    @property
    def workspace(self) -> Path:
        """The copy of the user's workspace."""
        return self.root / "workspace"

    @property
    def home(self) -> Path:
        """The steps' home directory, new as a pod's."""
        return self.root / "home"

    @property
    def scratch(self) -> Path:
        """The steps' directory for temporary files."""
        return self.root / "tmp"

    @property
    def logs(self) -> Path:
        """What each step printed."""
        return self.root / "logs"

    @property
    def compiled(self) -> Path:
        """What Kale wrote."""
        return self.root / "compiled"

    @property
    def events(self) -> Path:
        """What the processes of the run tell each other."""
        return self.root / "events"

    @property
    def order(self) -> Path:
        """What the runner is told."""
        return self.root / "order.json"

    def remove(self) -> None:
        """Remove the run's directory, whatever the steps left in it."""
        if self._lock is not None:
            _remove(self.root)
            os.close(self._lock)
            self._lock = None


def for_kfp(root: Path, name: str) -> str:
    """Make a new directory below a run's own one, and return its path: the only kind that KFP is ever given."""
    directory = root / name
    if not (root / _MARK).is_file() or directory.parent != root or os.path.realpath(root) != str(root):
        raise RokError(ErrorKind.INTERNAL, f"{directory} is no directory of a local run, and KFP would delete it.", "")
    directory.mkdir()
    return str(directory)


def remove_abandoned(parent: Path | None = None) -> int:
    """Remove the directories of runs that were killed; return how many. Nothing else is touched."""
    above = Path(os.path.realpath(parent or tempfile.gettempdir()))
    removed = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(above):
            if entry.name.startswith(_PREFIX) and _abandoned(Path(entry.path)):
                removed += 1
    return removed


def _abandoned(root: Path) -> bool:
    """Remove a run's directory where it is this user's and nobody holds its lock."""
    with contextlib.suppress(OSError):
        known = os.lstat(root)
        if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.geteuid():
            return False
        lock = os.open(root / _MARK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(root)
        finally:
            os.close(lock)
        return True
    return False


def _remove(root: Path) -> None:
    """Remove a tree without following links; directories that a step made read-only are opened where that is needed."""
    try:
        shutil.rmtree(root)
    except PermissionError:
        for directory, _, _ in os.walk(root):
            os.chmod(directory, stat.S_IRWXU)
        shutil.rmtree(root)
