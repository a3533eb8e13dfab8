"""The description is true: schemathesis finds no answer that it doesn't describe, and none of 5xx.

It walks every phase (examples, coverage, fuzzing, stateful) against a real server with token authentication on, whose
workspace and repository are its own. `make test` runs it in a short form; the full one sends 50,000 requests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.running import RunningServer

HERE = Path(__file__).parent
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
SHORT_SECONDS = 40
FULL_REQUESTS = 50_000


@pytest.fixture
def target(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that may be asked for anything, with two snapshots of a small workspace."""
    running = RunningServer(tmp_path / "server", config="c.RokSettings.save_wait_seconds = 0.0\n")
    (running.workspace / "notes").mkdir()
    (running.workspace / "notes" / "a.txt").write_text("one")
    (running.workspace / "plain.bin").write_bytes(bytes(range(256)) * 100)
    running.start()
    running.snapshot(message="first", name="first")
    (running.workspace / "notes" / "a.txt").write_text("two")
    running.snapshot(message="second", tags=["kept"])
    yield running
    running.stop()


def _run(target: RunningServer, directory: Path, *options: str) -> int:
    """Run schemathesis; return how many requests it sent."""
    address = f"http://127.0.0.1:{target.port}{target.base_url}"
    report = directory / "report.ndjson"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={HERE / 'schemathesis.toml'}",
            *("run", f"{address}rok/v1/openapi.json"),
            f"--header=Authorization: token {target.token}",
            f"--checks={','.join(CHECKS)}",
            "--continue-on-failure",
            "--no-color",
            f"--report-ndjson-path={report}",
            *options,
        ],
        cwd=directory,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"),
            "ROK_TEST_WORKSPACE": str(target.workspace),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{target.log[-5000:]}"
    return sum(_requests(json.loads(line)) for line in report.read_text().splitlines())


def _requests(event: dict[str, object]) -> int:
    finished = event.get("ScenarioFinished")
    if not isinstance(finished, dict):
        return 0
    return len(finished["recorder"].get("interactions", ()))


@pytest.mark.timeout(240)
def test_no_answer_differs_from_the_description(target: RunningServer, tmp_path: Path) -> None:
    sent = _run(target, tmp_path, f"--max-time={SHORT_SECONDS}", "--max-examples=15", "--seed=1")
    assert sent > 100  # far more where the machine does nothing else
    assert "Traceback" not in target.log


@pytest.mark.full
@pytest.mark.timeout(4 * 3600)
def test_no_answer_of_fifty_thousand_differs_from_the_description(target: RunningServer, tmp_path: Path) -> None:
    sent, seed = 0, 1
    while sent < FULL_REQUESTS:
        sent += _run(target, tmp_path, "--max-time=600", f"--seed={seed}")
        seed += 1
    assert "Traceback" not in target.log
