"""Archives of what can't be read, of odd names and of special files, on a view made for it."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Entry, EntryType, ExportResult
from rok_jupyter.progress import Progress
from rok_jupyter.providers.paths import VolumePath
from rok_jupyter.render import describe, to_text
from rok_jupyter.service.export import export
from rok_jupyter.service.likely_secrets import looks_secret
from tests.service.builders import snapshot

_MODES = {EntryType.FILE: stat.S_IFREG | 0o640, EntryType.DIRECTORY: stat.S_IFDIR | 0o755}


def _entry(path: str, type_: EntryType = EntryType.FILE, size: int = 0, mtime_ns: int = 0) -> Entry:
    target = "else\udcffwhere" if type_ is EntryType.SYMLINK else None
    return Entry(path=path, type=type_, size=size, mode=_MODES.get(type_, 0o777), mtime_ns=mtime_ns, target=target)


class _View:
    """A snapshot whose files are given; one whose content is None breaks off when it is read."""

    def __init__(self, files: dict[str, bytes | None], others: dict[str, EntryType] | None = None) -> None:
        self._files = files
        self._others = others or {}

    def entry(self, volume: str, path: str) -> Entry:
        if not path:
            return _entry("", EntryType.DIRECTORY)
        return next(entry for entry in self.children(volume, "") if entry.path == path)

    def children(self, volume: str, path: str) -> Iterator[Entry]:
        if path:
            raise RokError(ErrorKind.DATA_LOSS, "The directory is damaged.")
        for name, content in sorted(self._files.items()):
            size = 10 if content is None else len(content)
            yield _entry(name, size=size, mtime_ns=-1_500_000_000)
        for name, type_ in self._others.items():
            yield _entry(name, type_, mtime_ns=1 << 62)

    def read(self, volume: str, path: str, *, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        content = self._files[path]
        yield b"abc" if content is None else content
        if content is None:
            raise RokError(ErrorKind.DATA_LOSS, "The file is damaged.")


def _export(view: _View, target: Path, *paths: str, progress: Progress | None = None) -> ExportResult:
    places = [VolumePath("workspace", path) for path in paths]
    return export(snapshot(1), view, places, str(target), progress or Progress())


@pytest.mark.parametrize("name", ["out.tar", "out.zip"])
def test_what_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path, name: str) -> None:
    others = {"bad directory": EntryType.DIRECTORY, "device": EntryType.BLOCK_DEVICE, "link": EntryType.SYMLINK}
    result = _export(_View({"a": b"1", "broken": None, "z": b"2"}, others), tmp_path / name)
    assert sorted(error.path for error in result.errors) == ["bad directory", "broken", "device"]
    if name.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert archive.namelist() == ["a", "z", "bad directory/", "link"]
            assert archive.read("z") == b"2"
            assert archive.testzip() is None
    else:
        with tarfile.open(tmp_path / name) as opened:
            assert opened.getnames() == ["a", "z", "bad directory", "link"]
            last = opened.extractfile("z")
            assert last is not None
            assert last.read() == b"2"
            assert opened.getmember("a").mtime == -1.5
            assert opened.getmember("link").linkname == "else\udcffwhere"


def test_names_are_kept_in_a_tar_and_made_harmless_in_a_zip(tmp_path: Path) -> None:
    view = _View({"a\\b:c\udcff\n%": b"1", "ünïcode": b"2"})
    _export(view, tmp_path / "out.tar")
    _export(view, tmp_path / "out.zip")
    with tarfile.open(tmp_path / "out.tar", errors="surrogateescape") as opened:
        assert opened.getnames() == ["a\\b:c\udcff\n%", "ünïcode"]
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["a%5Cb%3Ac%FF%0A%25", "ünïcode"]


def test_an_entry_asked_for_twice_is_there_once(tmp_path: Path) -> None:
    assert _export(_View({"a": b"1"}), tmp_path / "out.tar", "a", "", "a").entries == 1


def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        _export(_View({"a": b"1"}), tmp_path / "out.tar", progress=progress)
    assert not list(tmp_path.iterdir())


def test_a_file_that_came_to_be_there_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "out.tar"

    class _Slow(_View):
        def read(self, volume: str, path: str, *, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
            target.write_text("somebody else's")
            return super().read(volume, path, offset=offset, length=length)

    with pytest.raises(RokError) as caught:
        _export(_Slow({"a": b"1"}), target)
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert target.read_text() == "somebody else's"
    assert [path.name for path in tmp_path.iterdir()] == ["out.tar"]


_SECRET = (
    ".env",
    ".env.local",
    "conf/.aws/credentials",
    ".kube/config",
    "keys/id_rsa",
    "server.pem",
    "API_TOKEN.txt.token",
)
_HARMLESS = ("id_rsa.pub", ".env.example", "environment.yml", "tokenizer.json", "notebooks/a.ipynb", "keys.csv")


def test_what_looks_like_a_secret_is_told_and_in_the_archive(tmp_path: Path) -> None:
    view = _View({path.replace("/", "-"): b"x" for path in (*_SECRET, *_HARMLESS)})
    result = _export(view, tmp_path / "all.tar")
    assert set(result.likely_secrets) == {
        f"workspace:{path}" for path in (".env", ".env.local", "server.pem", "API_TOKEN.txt.token")
    }
    assert result.entries == len(_SECRET) + len(_HARMLESS)
    text = to_text(describe(result))
    assert "warning: look before you share it: keys or passwords may be in workspace:.env, " in text


@pytest.mark.parametrize("path", _SECRET)
def test_names_of_secrets_are_known_wherever_they_are(path: str) -> None:
    assert looks_secret(path)


@pytest.mark.parametrize("path", _HARMLESS)
def test_names_like_those_of_secrets_are_no_secrets(path: str) -> None:
    assert not looks_secret(path)
