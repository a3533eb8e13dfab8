"""A failing step's log, brought down to the reason."""

from __future__ import annotations

from pathlib import Path

from kale_bridge.local_run.step_log import reason_of_failure

_LOG = """\
a print
2026-11-22 06:12:16 Kale jputils:320          [ERROR]    ========== Cell Execution Error ==========
2026-11-22 06:12:16 Kale jputils:321          [ERROR]    Error: ZeroDivisionError: division by zero
2026-11-22 06:12:16 Kale jputils:322          [ERROR]    Failed code block:
2026-11-22 06:12:16 Kale jputils:323          [ERROR]    ----------------------------------------
2026-11-22 06:12:16 Kale jputils:325          [ERROR]      for row in rows:
2026-11-22 06:12:16 Kale jputils:325          [ERROR]          row / 0
2026-11-22 06:12:16 Kale jputils:349          [ERROR]    ==================================================
2026-11-22 06:12:16 Kale jputils:320          [ERROR]    ========== Cell Execution Error ==========
2026-11-22 06:12:16 Kale jputils:321          [ERROR]    Error: NameError: name 'model' is not defined
"""


def test_the_first_cell_that_failed_is_the_reason_and_code_keeps_its_shape(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text(_LOG)
    assert reason_of_failure(log) == (
        "Error: ZeroDivisionError: division by zero",
        "Failed code block:",
        "for row in rows:",
        "    row / 0",
    )


def test_without_a_report_of_kale_the_last_lines_are_told(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("one\n\ntwo\n")
    assert reason_of_failure(log) == ("one", "two")
    assert reason_of_failure(tmp_path / "none.log") == ()
