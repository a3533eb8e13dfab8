"""What all tests share: the referees, and where they keep their repositories."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.restic import Restic
from tests.tools.build_restic import restic_path


def _system_restic() -> str:
    found = shutil.which("restic")
    if found is None:
        pytest.fail("There is no restic on the PATH; install the distribution's package (apt-get install restic).")
    return found


def _current_restic() -> str:
    built = restic_path()
    if not built.exists():
        pytest.fail("The current restic is not built yet; run `python tests/tools/build_restic.py`.")
    return str(built)


@pytest.fixture(params=["system", "current"], ids=["restic-system", "restic-current"])
def restic(request: pytest.FixtureRequest, tmp_path: Path) -> Restic:
    """Each real restic in turn, pointed at a repository in `tmp_path` that it hasn't made yet."""
    binary = _system_restic() if request.param == "system" else _current_restic()
    return Restic(binary, str(tmp_path / "repository"))


@pytest.fixture(scope="session")
def current_restic_binary() -> str:
    """The newer restic's path, for fixtures that live longer than a test."""
    return _current_restic()


@pytest.fixture
def current_restic(current_restic_binary: str, tmp_path: Path) -> Restic:
    """The newer restic alone, for tests whose point isn't the difference between versions."""
    return Restic(current_restic_binary, str(tmp_path / "repository"))


# An example that takes long says that the machine is busy, and nothing of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Hear interrupts and hang-ups, which a background shell and nohup have ignored in all processes below them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
