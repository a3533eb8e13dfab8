"""A hook in its own process when things go wrong: the step's output and status stay its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kale_bridge.steps import Steps, shell

_SECONDS = 60

Begin = Callable[..., subprocess.Popen[bytes]]


def test_with_a_wrong_key_the_step_runs_or_fails_as_is_set(steps: Steps, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("another password\n")
    wrong.chmod(0o600)
    environment = steps.environment(ROK_REPOSITORY=str(steps.repository), ROK_PASSWORD_FILE=str(wrong))

    warned = steps.run(*shell("echo done; exit 9"), environment=environment)
    assert (warned.status, warned.output) == (9, "done\n")
    assert "no snapshot (the step is not touched by it)" in warned.said

    refused = steps.run(*shell("touch ran; echo done"), environment=environment, on_error="fail")
    assert (refused.status, refused.output) == (1, "")
    assert not (steps.rok.workspace / "ran").exists()
    assert steps.snapshots() == []


def test_without_a_repository_nothing_is_made(steps: Steps, tmp_path: Path) -> None:
    environment = steps.environment(JUPYTER_DATA_DIR=str(tmp_path / "empty"))
    ran = steps.run(*shell("echo done"), environment=environment)

    assert (ran.status, ran.output) == (0, "done\n")
    assert ran.said.count("\n") == 1
    assert "No repository is configured for this step." in ran.said
    assert not (tmp_path / "empty" / "rok" / "repository").exists()


def test_a_hook_that_fails_after_the_step_fails_it_only_where_that_is_set(steps: Steps) -> None:
    away = shell(f"mv {steps.repository} {steps.repository}.away; echo done")
    back = f"{steps.repository}.away"

    warned = steps.run(*away)
    os.rename(back, steps.repository)
    refused = steps.run(*away, on_error="fail", environment=steps.environment(ROK_KALE_RUN="run-2"))
    os.rename(back, steps.repository)

    assert (warned.status, warned.output) == (0, "done\n")
    assert (refused.status, refused.output) == (1, "done\n")
    assert [each["origin"]["moment"] for each in steps.snapshots()] == ["before", "before"]


def test_a_config_that_nobody_can_read_leaves_the_step_alone(steps: Steps) -> None:
    words = steps.words(shell("echo done; exit 4"))
    words[3] = "no base64!"
    done = subprocess.run(words, env=steps.environment(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (4, b"done\n")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    where = tmp_path / "disk"
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", where], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    yield where
    subprocess.run(["umount", where], check=True)


def test_on_a_full_disk_the_step_runs_on(steps: Steps, disk: Path) -> None:
    repository = disk / "repository"
    steps.rok("--repository", str(repository), "repo", "init")
    (steps.rok.workspace / "large").write_bytes(os.urandom(8 << 20))
    ran = steps.run(*shell("echo done; exit 6"), environment=steps.environment(ROK_REPOSITORY=str(repository)))

    assert (ran.status, ran.output) == (6, "done\n")
    assert "no snapshot (the step is not touched by it)" in ran.said
    steps.rok("--repository", str(repository), "check")


@pytest.fixture
def begin(steps: Steps) -> Iterator[Begin]:
    """Start a step's command, and end what a failing test leaves running."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **config: object) -> subprocess.Popen[bytes]:
        words = steps.words(command, **config)
        begun.append(
            subprocess.Popen(
                words,
                env=steps.environment(),
                cwd=steps.rok.workspace,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        )
        return begun[-1]

    yield start
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _running(steps: Steps, begin: Begin, first: str, then: str) -> subprocess.Popen[bytes]:
    """Start a step of two shell scripts, and return it once the second one runs."""
    marker = steps.rok.workspace / "started"
    process = begin(*shell(f"{first}; echo $$ > {marker}; {then}"))
    until = time.monotonic() + _SECONDS
    while not marker.exists() or not marker.read_text():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_step_that_is_told_to_end_leaves_a_snapshot_of_what_it_had(steps: Steps, begin: Begin, name: str) -> None:
    process = _running(steps, begin, "echo half > half.txt", "exec sleep 100")
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=_SECONDS)

    assert process.returncode == -getattr(signal, name), errors
    _, failed = steps.snapshots()
    assert failed["origin"]["moment"] == "failed"
    assert failed["origin"]["details"]["exit_status"] == str(128 + getattr(signal, name))
    assert steps.rok("cat", failed["id"], "half.txt").text == "half\n"


def test_a_step_hears_the_signals_that_it_handles(steps: Steps, begin: Begin) -> None:
    process = _running(steps, begin, "trap 'echo saved > saved.txt; exit 5' USR1", "while :; do sleep 0.05; done")
    process.send_signal(signal.SIGUSR1)
    _, errors = process.communicate(timeout=_SECONDS)

    assert process.returncode == 5, errors
    assert (steps.rok.workspace / "saved.txt").exists()


def test_a_step_that_lives_on_is_snapshotted_before_all_is_killed(steps: Steps, begin: Begin) -> None:
    process = _running(steps, begin, "trap '' TERM; echo half > half.txt", "while :; do sleep 0.1; done")
    process.send_signal(signal.SIGTERM)
    until = time.monotonic() + _SECONDS
    while len(steps.snapshots()) < 2:
        assert time.monotonic() < until, "the snapshot is taken while the step still runs"
    os.kill(int((steps.rok.workspace / "started").read_text()), signal.SIGKILL)
    _, errors = process.communicate(timeout=_SECONDS)

    assert process.returncode == -signal.SIGKILL, errors
    assert [each["origin"]["moment"] for each in steps.snapshots()] == ["before", "failed"]


def test_a_hook_that_is_ended_before_the_step_begins_never_begins_it(steps: Steps, begin: Begin) -> None:
    steps.rok.make_slow()
    process = begin(*shell("touch ran"))
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=_SECONDS)

    assert process.returncode == -signal.SIGTERM
    assert not (steps.rok.workspace / "ran").exists()
    assert steps.snapshots() == []
    steps.rok("check")


def test_a_worker_that_is_killed_costs_one_snapshot(steps: Steps, begin: Begin) -> None:
    process = _running(steps, begin, ":", "until [ -e go ]; do sleep 0.05; done")
    (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[:1]
    os.kill(int(worker), signal.SIGKILL)
    (steps.rok.workspace / "go").touch()
    _, errors = process.communicate(timeout=_SECONDS)

    assert process.returncode == 0, errors
    assert [each["origin"]["moment"] for each in steps.snapshots()] == ["before", "after"]


def test_what_takes_too_long_is_cancelled(steps: Steps) -> None:
    steps.rok.make_slow()
    ran = steps.run(*shell("echo done"), seconds=1, moments=("before",))

    assert (ran.status, ran.output) == (0, "done\n")
    assert "It took longer than 1 seconds." in ran.said
    assert steps.snapshots() == []
