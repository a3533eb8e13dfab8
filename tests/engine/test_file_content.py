"""Reading ranges of a stored file, and exporting stored trees into archives."""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from rok_jupyter.engine.export import ExportPart, export_archive
from rok_jupyter.engine.file_content import FileContent
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress
from tests.engine.restoring import Saved
from tests.trees import differences, fingerprint

_RANGES = [(0, None), (0, 0), (0, 1), (5, 10), (2_999_999, 5), (3_000_000, 5), (9_000_000, 1), (700_000, 1_900_000)]


@pytest.mark.parametrize(("offset", "length"), _RANGES)
def test_any_range_is_what_the_file_holds(saved_once: Saved, offset: int, length: int | None) -> None:
    content = FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "files/large"))
    whole = (saved_once.source / "files" / "large").read_bytes()
    assert content.size == len(whole)
    end = None if length is None else offset + length
    assert b"".join(content.read(offset, length)) == whole[offset:end]


def test_what_is_no_file_or_out_of_range_is_refused(saved_once: Saved) -> None:
    with pytest.raises(RokError) as caught:
        FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "links/soft"))
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    content = FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "files/large"))
    for offset, length in ((-1, None), (0, -1)):
        with pytest.raises(RokError) as caught:
            content.read(offset, length)
        assert caught.value.kind is ErrorKind.OUT_OF_RANGE


@pytest.mark.parametrize(("path", "kind"), [("", ErrorKind.INVALID_ARGUMENT), ("files/x/y", ErrorKind.NOT_FOUND)])
def test_finding_nothing_says_so(saved_once: Saved, path: str, kind: ErrorKind) -> None:
    with pytest.raises(RokError) as caught:
        find_node(saved_once.repository, saved_once.tree, path)
    assert caught.value.kind is kind


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and devices need root")
def test_a_tar_holds_everything(saved_once: Saved, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    outcome = _export(saved_once, target)
    assert outcome.errors == ()
    assert outcome.size == target.stat().st_size
    (tmp_path / "out").mkdir()
    options = ["--xattrs", "--xattrs-include=*", "--acls", "--same-owner", "-p"]
    subprocess.run(["tar", *options, "-xf", target, "-C", tmp_path / "out"], check=True, capture_output=True)
    found = differences(
        fingerprint(saved_once.source),
        fingerprint(tmp_path / "out" / "w"),
        ignore=frozenset({"attributes"}),
        root=False,
    )
    # GNU tar takes no time before 1970 from a PAX header with a fraction as anything but a warning.
    assert [each for each in found if "mtime" not in each] == []
    with tarfile.open(target) as archive:
        attributed = archive.getmember("w/files/attributed").pax_headers
        assert "SCHILY.xattr.user.binary" in attributed


def test_a_zip_holds_files_directories_and_links_and_names_what_it_can_not(saved_once: Saved, tmp_path: Path) -> None:
    target = tmp_path / "all.zip"
    outcome = _export(saved_once, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        large = archive.read("w/files/large")
    assert large == (saved_once.source / "files" / "large").read_bytes()
    assert "w/names/back%5Cslash" in names
    assert "w/names/%FF%FE" in names
    assert not any("\\" in name or name.startswith("/") or ".." in name.split("/") for name in names)
    left_out = {error.path for error in outcome.errors}
    assert "files/fifo" in left_out
    assert len(names) == outcome.entries == len(fingerprint(saved_once.source)) - 1 - len(left_out)


def test_paths_narrow_an_export(saved_once: Saved, tmp_path: Path) -> None:
    part = ExportPart(name="w", tree=saved_once.tree, paths=("links/sub",))
    export_archive(saved_once.repository, [part], str(tmp_path / "part.tar"), Progress())
    with tarfile.open(tmp_path / "part.tar") as archive:
        assert archive.getnames() == ["w/links", "w/links/sub", "w/links/sub/hard two"]


def test_an_export_never_overwrites_and_leaves_nothing_half_done(saved_once: Saved, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    target.write_bytes(b"mine")
    with pytest.raises(RokError) as caught:
        _export(saved_once, target)
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert target.read_bytes() == b"mine"
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        export_archive(saved_once.repository, [_part(saved_once)], str(tmp_path / "other.tar"), progress)
    assert os.listdir(tmp_path) == ["all.tar"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.rar", ErrorKind.INVALID_ARGUMENT), ("none/a.tar", ErrorKind.NOT_FOUND), ("/proc/a.zip", ErrorKind.NOT_FOUND)],
)
def test_an_archive_that_can_not_be_written_is_refused(
    saved_once: Saved, tmp_path: Path, name: str, kind: ErrorKind
) -> None:
    with pytest.raises(RokError) as caught:
        _export(saved_once, tmp_path / name)
    assert caught.value.kind is kind


def test_damaged_content_is_named_and_the_rest_exported(saved_alone: Saved, tmp_path: Path) -> None:
    node = find_node(saved_alone.repository, saved_alone.tree, "files/large")
    assert node.content
    place = saved_alone.repository.index.find(BlobType.DATA, node.content[0])
    assert place is not None
    pack = Path(saved_alone.repository.backend.location, "data", place[0][:2], place[0])
    os.chmod(pack, 0o600)
    damaged = bytearray(pack.read_bytes())
    damaged[place[1].offset + 20] ^= 1
    pack.write_bytes(damaged)
    outcome = _export(saved_alone, tmp_path / "all.tar")
    assert [error.path for error in outcome.errors] == ["files/large"]
    with tarfile.open(tmp_path / "all.tar") as archive:
        assert "w/files/large" not in archive.getnames()
        assert "w/files/sparse" in archive.getnames()


def test_a_missing_blob_is_damage(saved_once: Saved) -> None:
    node = replace_content(find_node(saved_once.repository, saved_once.tree, "files/large"))
    with pytest.raises(RokError) as caught:
        FileContent(saved_once.repository, node)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def replace_content(node):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(node, content=("0" * 64,))


def _part(saved: Saved) -> ExportPart:
    return ExportPart(name="w", tree=saved.tree)


def _export(saved: Saved, target: Path):  # type: ignore[no-untyped-def]
    return export_archive(saved.repository, [_part(saved)], str(target), Progress())
