from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from rok_jupyter import models
from rok_jupyter.progress import Report
from rok_jupyter.render import bar_line, describe, log_line, to_html, to_text
from rok_jupyter.render.blocks import Facts, Line, Lines, Table, Tone, amount, duration, size, visible
from rok_jupyter.render.progress import BarPainter, LogPainter
from rok_jupyter.render.text import shortened, width

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
HOSTILE = "a\x1b[2Jb\n<script>alert(1)</script>\u202eexe.\udcff%"
CAN = models.Capability(available=True)
CANNOT = models.Capability(available=False, reason="The driver can't.")
CAPABILITIES = models.Capabilities(
    snapshot=CAN, browse=CAN, restore_in_place=CAN, restore_to_directory=CAN, clone=CANNOT, attach=CAN, detach=CAN
)
VOLUME = models.Volume(
    name="workspace",
    role=models.Role.WORKSPACE,
    path="/w",
    provider="local",
    capabilities=CAPABILITIES,
    size=100,
    used=2048,
    available=1024**4,
)
SNAPSHOT = models.Snapshot(
    id="ab" * 32,
    storage_id="cd" * 32,
    created=NOON,
    members=(models.Member(volume="workspace", role=models.Role.WORKSPACE, path="/w", files=3, size=4096),),
    message="first\nsecond line",
    name="mine",
    tags=("x", "y"),
    pinned=True,
    host="box",
    user="ann",
    statistics=models.Statistics(files_new=2, bytes_processed=4096, bytes_added=1000, seconds=1.5),
    errors=(models.EntryError(volume="workspace", path=HOSTILE, message="denied"),),
    changed_while_read=(models.EntryError(volume="workspace", path="log", message="it grew"),),
    skipped=(models.SkippedEntry(volume="workspace", path="s", reason="socket"),),
)
ENTRY = models.Entry(
    path="d/" + HOSTILE, type=models.EntryType.FILE, size=5, mode=0o100644, mtime_ns=10**18, user="ann"
)
DIFFERENCE = models.Difference(
    counts=models.DifferenceCounts(created=1, deleted=1),
    before="ab" * 32,
    after=None,
    entries=(
        models.EntryDifference(volume="workspace", path="new", change=models.Change.CREATED, after=ENTRY),
        models.EntryDifference(volume="workspace", path=HOSTILE, change=models.Change.DELETED, before=ENTRY),
    ),
)
PLAN = models.RestorePlan(
    request=models.RestoreRequest(snapshot="ab"),
    snapshot="ab" * 32,
    targets={"workspace": "/w"},
    changes=tuple(
        models.PlannedChange(
            volume="workspace", path=f"f{n}", change=models.Change.MODIFIED, type=models.EntryType.FILE, size=10
        )
        for n in range(5)
    ),
    unchanged=7,
    bytes_to_write=50,
    bytes_available=1000,
    problems=("There is no room.",),
)
RESTORED = models.RestoreResult(
    snapshot="ab" * 32, targets={"workspace": "/w"}, created=1, bytes_written=3, undo="cd" * 32, errors=SNAPSHOT.errors
)
REPOSITORY = models.RepositoryInfo(
    location="/r",
    exists=True,
    version=2,
    snapshots=3,
    size=10,
    protects_against_disk_loss=False,
    warnings=("Careful.",),
)
STEP = models.Origin(
    kind=models.OriginKind.STEP,
    pipeline="titanic",
    run="run-1",
    step="train",
    moment=models.Moment.FAILED,
    details={"notebook": "titanic.ipynb", "exit_status": "137", "parameters": '{"depth": "7"}'},
)
POLICY = models.Policy(
    retention=models.RetentionPolicy(keep_last=3, keep_within="7d", keep_tags=("paper",)),
    schedule=models.Schedule(every_minutes=30, volumes=("workspace",), prune=True),
)
STATUS = models.Status(
    workspace="/w",
    provider="local",
    volumes=(VOLUME,),
    repository=REPOSITORY,
    policy=POLICY,
    mounts=(models.Mount(path="/w/mnt", file_system="nfs", device="x:/y"),),
    last_snapshot=SNAPSHOT,
    schedule_error="No space.",
    interrupted_restores=(
        models.InterruptedRestore(
            snapshot="ab" * 32,
            safety="cd" * 32,
            started=NOON,
            targets={"workspace": "/w"},
            finish_command="rok restore abab --in-place",
            undo_command="rok undo",
        ),
    ),
    warnings=("Odd.",),
)
CHECKED = models.CheckResult(
    damages=(models.Damage(kind="pack", id="ef" * 32, message="too short", paths=("abab:workspace/a",)),),
    hints=("Restore what is whole.",),
    snapshots=1,
    packs=2,
    blobs=3,
)
FORGOT = models.ForgetResult(
    decisions=(
        models.ForgetDecision(snapshot="ab" * 32, keep=True, reasons=("last snapshot",)),
        models.ForgetDecision(snapshot="cd" * 32, keep=False),
    ),
    dry_run=True,
    prune=models.PrunePlan(bytes_freed=2048, packs_kept=1),
)
KEY = models.KeyInfo(id="12" * 32, user="ann", host="box", created=NOON, current=True)
VALUES = {
    "snapshot": (
        SNAPSHOT,
        ["abab", "first", "mine", "x, y", "unknown", "1 entry could not be saved", "denied", "socket"],
    ),
    "a step's snapshot": (
        replace(SNAPSHOT, origin=STEP),
        ["step titanic/run-1/train/failed", "titanic.ipynb", "exit status", "137", "depth"],
    ),
    "snapshots": (models.Page(items=(SNAPSHOT,)), ["abababab", "manual, pinned", "first (incomplete)"]),
    "entries": (models.Page(items=(ENTRY,)), ["-rw-r--r--", "ann:0", "5 B", "2001-09-0"]),
    "difference": (DIFFERENCE, ["1 created, 1 deleted", "the live volumes"]),
    "plan": (PLAN, ["5 modified", "50 B to write, 1000 B available; 7 unchanged", "There is no room."]),
    "restored": (RESTORED, ["1 created", "not restored as in the snapshot"]),
    "undone": (models.UndoResult(verb="restore", restore=RESTORED), ["undid the last restore", "1 created"]),
    "undeleted": (models.UndoResult(verb="delete", snapshots=("ab" * 32,)), ["undid the last delete: abababab"]),
    "deleted": (models.DeleteResult(deleted=("ab" * 32,)), ["deleted abababab"]),
    "exported": (models.ExportResult(path="/x.tar", entries=2, size=3), ["/x.tar: 2 entries, 3 B"]),
    "volume": (VOLUME, ["workspace", "/w"]),
    "volumes": ((VOLUME,), ["2.0 KiB", "1.0 TiB"]),
    "estimate": (
        models.VolumeEstimate(
            volume="workspace",
            path="/w",
            files=1234,
            size=3 << 30,
            complete=False,
            is_home=True,
            candidates=(models.ExcludeCandidate(path="a\x1b\u202e", reason="a cache", files=3, size=2048),),
        ),
        ["(/w), a home directory, has no snapshot yet: more than 3.0 GiB in 1,234 files.", "a cache", "2.0 KiB"],
    ),
    "replaced": (
        models.PruneResult(plan=models.PrunePlan(indexes_to_replace=1), dry_run=True),
        ["would replace 1 damaged index file"],
    ),
    "repository": (REPOSITORY, ["/r", "restic, version 2", "does not protect against losing this disk", "Careful."]),
    "policy": (POLICY, ["keep 3 last, within 7d, tagged paper", "every 30 minutes", "of workspace", "pruning"]),
    "no policy": (models.Policy(), ["keep everything", "off"]),
    "status": (STATUS, ["no clone: The driver can't.", "/w/mnt", "No space.", "rok undo", "Odd.", "abababab"]),
    "damage": (CHECKED, ["1 damage found", "too short", "needed by abab:workspace/a", "Restore what is whole."]),
    "lost index": (
        models.CheckResult(damages=(models.Damage(kind="index", id="", message="2 packs are in none."),)),
        ["index: 2 packs are in none."],
    ),
    "sound": (models.CheckResult(damages=(), read_data=True, bytes_read=2048), ["no damage found", "2.0 KiB read"]),
    "forgotten": (FORGOT, ["would forget 1 snapshot, 1 kept", "last snapshot", "would free 2.0 KiB"]),
    "pruned": (models.PruneResult(plan=models.PrunePlan(packs_to_delete=1), dry_run=False), ["freed 0 B", "1 deleted"]),
    "keys": ((KEY,), ["12121212", "ann@box", "current"]),
    "key": (KEY, ["12121212"]),
    "copied": (
        models.CopyResult(copied=("ab",), already_there=("cd",), bytes_added=9),
        ["1 snapshot, 1 already", "9 B"],
    ),
    "copied in part": (
        models.CopyResult(
            copied=(), already_there=(), errors=(models.SnapshotError(snapshot="cd" * 32, message="A pack is gone."),)
        ),
        ["copied 0 snapshots", "1 snapshot could not be copied", "cdcdcdcd", "A pack is gone."],
    ),
    "nothing": (None, []),
    "foreign": (Report(phase="x"), ["phase", "x"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_what_matters_of_each_value_is_in_its_text_and_its_html(name: str) -> None:
    value, expected = VALUES[name]
    text, html = to_text(describe(value)), to_html(describe(value))
    for part in expected:
        assert part in text
        assert part.replace("'", "&#x27;") in html


@pytest.mark.parametrize("value", [value for value, _ in VALUES.values()], ids=list(VALUES))
def test_nothing_hostile_reaches_a_terminal_or_a_page(value: object) -> None:
    text, html = to_text(describe(value)), to_html(describe(value))
    assert not {"\x1b", "\u202e", "\udcff"} & set(text + html)
    assert "<script" not in html


def test_a_name_is_shown_in_the_spelling_that_is_accepted_as_input() -> None:
    text = to_text(describe(models.Page(items=(replace(ENTRY, path="d/50%\n\udcff"),))))
    assert "50%25%0A%FF" in text


def test_links_directories_and_torn_files_are_marked_in_a_listing() -> None:
    entries = (
        replace(ENTRY, path="d", type=models.EntryType.DIRECTORY, mode=0o40755),
        replace(ENTRY, path="l", type=models.EntryType.SYMLINK, target="to\x07", mtime_ns=10**25),
        replace(ENTRY, path="t", changed_while_read=True),
    )
    text = to_text(describe(models.Page(items=entries)))
    assert "d/" in text
    assert "l -> to%07" in text
    assert "t (changed while it was read)" in text


def test_a_long_list_is_cut_where_a_limit_is_given() -> None:
    text = to_text(describe(PLAN, limit=2))
    assert "f1" in text
    assert "f2" not in text
    assert "... and 3 more" in text


def test_columns_are_aligned_by_the_cells_that_a_terminal_takes() -> None:
    table = Table(("name", "size"), (("日本", "1"), ("é", "22"), ("e\u0301", "3")), frozenset({1}))
    assert to_text([table]).splitlines() == ["NAME  SIZE", "日本     1", "é       22", "e\u0301        3"]


def test_a_diff_keeps_its_lines_and_gets_colours_in_html() -> None:
    block = Lines("f", ("@@ -1 +1 @@", "-a\tb", "+<b>\x1b", " c"))
    assert to_text([block]) == "f\n@@ -1 +1 @@\n-a\tb\n+<b>%1B\n c\n"
    html = to_html([block])
    assert "+&lt;b&gt;%1B" in html
    assert html.count("<span style=") == 3


def test_blocks_without_a_title_or_rows_leave_nothing_odd() -> None:
    assert to_text([Facts(())]) == ""
    assert to_html([Lines("", ("x",))]) == '<div class="rok-output"><pre>x\n</pre></div>'
    assert to_text([Line("careful", Tone.WARNING)]) == "warning: careful\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**6, "5120.0 PiB"),
    ],
)
def test_sizes_are_written_in_binary_units(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (12, "12 s"), (185, "3:05"), (3723, "1:02:03")])
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_amounts_agree_with_their_nouns() -> None:
    assert [amount(1, "entry", "entries"), amount(2000, "entry", "entries"), amount(0, "file")] == [
        "1 entry",
        "2,000 entries",
        "0 files",
    ]


def test_visible_text_may_keep_newlines_and_tabs() -> None:
    assert visible("a\n\tb\r") == "a%0A%09b%0D"
    assert visible("a\n\tb\r", lines=True) == "a\n\tb%0D"


def test_text_is_shortened_by_cells() -> None:
    assert shortened("日本語", 5) == "日本…"
    assert width(shortened("abcdef", 4)) == 4
    assert shortened("abc", 0) == ""


FULL = Report(
    phase="reading",
    files_done=10,
    files_total=20,
    bytes_done=1024**2,
    bytes_total=4 * 1024**2,
    bytes_per_second=1024**2,
    remaining_seconds=3,
    errors=1,
    current="notebooks/\x1btrain.ipynb",
    elapsed_seconds=1,
)


def test_a_bar_has_share_files_bytes_rate_and_remaining_time() -> None:
    line = bar_line(FULL, columns=160)
    assert line.startswith(
        "[######..................]  25% reading, 10 of 20 files, 1.0 MiB of 4.0 MiB, 1.0 MiB/s, 3.0 s left"
    )
    assert line.endswith("1 error  notebooks/%1Btrain.ipynb")


def test_a_bar_fits_its_terminal() -> None:
    assert width(bar_line(FULL, columns=40)) == 40


def test_a_bar_without_totals_says_what_is_known() -> None:
    assert bar_line(Report()) == "working, 0 files, 0 B"
    assert bar_line(Report(phase="scanning", files_done=5, files_total=10)).startswith("[############....")
    assert bar_line(Report(phase="reading", cancel_requested=True)).startswith("cancelling")


def test_a_log_line_is_plain() -> None:
    assert log_line(FULL).endswith("3.0 s left, 1 error, 25%")


def test_a_bar_is_drawn_over_itself_and_taken_away() -> None:
    stream = io.StringIO()
    bar = BarPainter(stream, columns=lambda: 60)
    bar(replace(FULL, elapsed_seconds=0.1))
    bar.close()
    assert stream.getvalue() == ""
    bar(FULL)
    bar.close()
    bar.close()
    drawn = stream.getvalue()
    assert drawn.startswith("\r\x1b[2K[###")
    assert drawn.endswith("\r\x1b[2K")
    assert "\n" not in drawn


def test_a_log_gets_a_line_when_its_time_has_come() -> None:
    stream = io.StringIO()
    patient, eager = LogPainter(stream, seconds=60), LogPainter(stream, seconds=0)
    patient(FULL)
    assert stream.getvalue() == ""
    eager(FULL)
    eager.close()
    assert stream.getvalue() == log_line(FULL) + "\n"
