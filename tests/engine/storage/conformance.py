"""What every backend must do: subclass it, and give `backend`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rok_jupyter.engine.format.ids import hash_of, random_id
from rok_jupyter.engine.storage.backend import CONFIG_NAME, Backend, FileKind
from rok_jupyter.errors import ErrorKind, RokError

NAMED = [kind for kind in FileKind if kind is not FileKind.CONFIG]


class BackendConformance:
    """Fourteen behaviours; `backend` is a fixture that a subclass gives: created, and empty."""

    @pytest.fixture
    def backend(self) -> Backend:
        raise NotImplementedError

    @pytest.mark.parametrize("kind", NAMED)
    def test_a_saved_file_is_there_whole_and_in_parts(self, backend: Backend, kind: FileKind) -> None:
        data = os.urandom(5000)
        name = hash_of(data)
        assert not backend.exists(kind, name)
        backend.save(kind, name, data)
        assert backend.exists(kind, name)
        assert backend.size(kind, name) == 5000
        assert backend.load(kind, name) == data
        assert backend.load(kind, name, offset=10, length=20) == data[10:30]
        assert backend.load(kind, name, offset=4990) == data[4990:]

    def test_a_read_beyond_the_end_is_short(self, backend: Backend) -> None:
        backend.save(FileKind.DATA, name := random_id(), b"0123456789")
        assert backend.load(FileKind.DATA, name, offset=8, length=10) == b"89"
        assert backend.load(FileKind.DATA, name, offset=10, length=1) == b""
        assert backend.load(FileKind.DATA, name, offset=99, length=1) == b""
        assert backend.load(FileKind.DATA, name, offset=99) == b""

    def test_every_form_of_bytes_is_saved_even_none(self, backend: Backend) -> None:
        for data in (b"", b"x", bytearray(b"y" * 70_000), memoryview(b"abcdef")[2:4]):
            backend.save(FileKind.INDEX, name := random_id(), data)
            assert backend.load(FileKind.INDEX, name) == bytes(data)

    def test_the_config_has_no_id(self, backend: Backend) -> None:
        assert list(backend.list(FileKind.CONFIG)) == []
        backend.save(FileKind.CONFIG, CONFIG_NAME, b"config")
        assert backend.load(FileKind.CONFIG, CONFIG_NAME) == b"config"
        assert list(backend.list(FileKind.CONFIG)) == [(CONFIG_NAME, 6)]

    @pytest.mark.parametrize("kind", NAMED)
    def test_a_list_has_every_file_of_its_kind_and_its_size(self, backend: Backend, kind: FileKind) -> None:
        assert list(backend.list(kind)) == []
        sizes = {random_id(): size for size in range(1, 30)}
        for name, size in sizes.items():
            backend.save(kind, name, bytes(size))
        for other in NAMED:
            if other is not kind:
                backend.save(other, random_id(), b"another kind")
        assert dict(backend.list(kind)) == sizes
        assert backend.ids(kind) == sizes.keys()

    @pytest.mark.parametrize("kind", NAMED)
    def test_a_revision_changes_with_what_there_is_of_its_kind(self, backend: Backend, kind: FileKind) -> None:
        first, second = random_id(), random_id()
        seen = [backend.revision(kind)]
        backend.save(kind, first, b"data")
        seen.append(backend.revision(kind))
        backend.save(kind, second, b"data")
        seen += [backend.revision(kind), backend.revision(kind)]
        backend.remove(kind, first)
        seen.append(backend.revision(kind))
        assert seen[2] == seen[3]
        assert len(set(seen)) == 4

    def test_another_kind_does_not_change_a_revision(self, backend: Backend) -> None:
        before = backend.revision(FileKind.SNAPSHOT)
        for kind in NAMED:
            if kind is not FileKind.SNAPSHOT:
                backend.save(kind, random_id(), b"data")
        assert backend.revision(FileKind.SNAPSHOT) == before

    def test_files_may_go_while_they_are_listed(self, backend: Backend) -> None:
        for _ in range(10):
            backend.save(FileKind.LOCK, random_id(), b"lock")
        for name, _ in backend.list(FileKind.LOCK):
            backend.remove(FileKind.LOCK, name)
        assert list(backend.list(FileKind.LOCK)) == []

    @pytest.mark.parametrize("kind", NAMED)
    def test_a_removed_file_is_gone(self, backend: Backend, kind: FileKind) -> None:
        backend.save(kind, name := random_id(), b"data")
        backend.remove(kind, name)
        assert not backend.exists(kind, name)
        assert list(backend.list(kind)) == []

    @pytest.mark.parametrize("verb", ["load", "size", "remove"])
    def test_a_missing_file_is_not_found(self, backend: Backend, verb: str) -> None:
        for kind in FileKind:
            name = CONFIG_NAME if kind is FileKind.CONFIG else random_id()
            with pytest.raises(RokError) as caught:
                getattr(backend, verb)(kind, name)
            assert caught.value.kind is ErrorKind.NOT_FOUND

    def test_the_same_content_may_be_saved_again(self, backend: Backend) -> None:
        name = random_id()
        backend.save(FileKind.SNAPSHOT, name, b"same")
        backend.save(FileKind.SNAPSHOT, name, b"same")
        assert backend.load(FileKind.SNAPSHOT, name) == b"same"

    @pytest.mark.parametrize("kind", list(FileKind))
    def test_other_content_is_never_overwritten(self, backend: Backend, kind: FileKind) -> None:
        name = CONFIG_NAME if kind is FileKind.CONFIG else random_id()
        backend.save(kind, name, b"first")
        for other in (b"other", b"longer than the first"):
            with pytest.raises(RokError) as caught:
                backend.save(kind, name, other)
            assert caught.value.kind is ErrorKind.ALREADY_EXISTS
        assert backend.load(kind, name) == b"first"

    def test_of_many_who_save_the_config_one_wins(self, backend: Backend) -> None:
        def attempt(number: int) -> bool:
            try:
                backend.save(FileKind.CONFIG, CONFIG_NAME, b"%d" % number)
            except RokError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(attempt, range(16)))
        assert won.count(True) == 1
        assert backend.load(FileKind.CONFIG, CONFIG_NAME) == b"%d" % won.index(True)

    def test_creating_again_does_no_harm(self, backend: Backend) -> None:
        backend.save(FileKind.DATA, name := random_id(), b"data")
        backend.create()
        assert backend.load(FileKind.DATA, name) == b"data"
        assert backend.location
