"""Progress: what a watcher sees of an operation."""

from __future__ import annotations

from rok_jupyter.progress import Progress


def test_totals_are_shown_while_the_work_stays_within_them() -> None:
    progress = Progress()
    progress.begin("reading", files_total=2, bytes_total=100)
    progress.advance(files=1, bytes_=100)
    report = progress.report()
    assert (report.files_done, report.files_total, report.bytes_done, report.bytes_total) == (1, 2, 100, 100)
    assert report.remaining_seconds == 0


def test_an_expectation_that_was_too_low_is_shown_no_more() -> None:
    """A workspace that grew since its last snapshot, from which the totals come."""
    progress = Progress()
    progress.begin("reading", files_total=5, bytes_total=742)
    progress.advance(files=3, bytes_=88_000_000)
    report = progress.report()
    assert (report.files_total, report.bytes_total, report.remaining_seconds) == (None, None, None)
    assert (report.files_done, report.bytes_done) == (3, 88_000_000)
    progress.expect(bytes_total=100_000_000)
    assert progress.report().bytes_total == 100_000_000
