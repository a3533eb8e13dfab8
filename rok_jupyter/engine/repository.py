"""A repository: opened by a password, it holds blobs, trees and snapshots.

Owns what belongs together once a repository is open: its key, config, index and locks. Doesn't own the parts' work:
keys, documents, index_loading, packs, writer, locks.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

from rok_jupyter.engine.documents import DocumentStore
from rok_jupyter.engine.format.compression import DEFAULT_LEVEL
from rok_jupyter.engine.format.config_file import ConfigFile, decode_config, encode_config, new_config
from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.format.snapshot_file import SnapshotFile, decode_snapshot, encode_snapshot
from rok_jupyter.engine.format.tree import Tree, decode_tree
from rok_jupyter.engine.index import Index
from rok_jupyter.engine.index_loading import IndexLoader
from rok_jupyter.engine.keys import list_keys, matching_keys, save_key
from rok_jupyter.engine.locks import FoundLock, Lock, find_locks, hold_lock, remove_locks
from rok_jupyter.engine.pack_windows import PackWindows
from rok_jupyter.engine.packs import open_blob
from rok_jupyter.engine.storage.backend import CONFIG_NAME, Backend, FileKind
from rok_jupyter.engine.tree_listing import TreeListing
from rok_jupyter.engine.writer import RepositoryWriter
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Damage, KeyInfo

_CACHED_TREES = 64
_CACHED_TREE_NODES = 2_000
"""Larger directories aren't kept: a few of them would take the memory of everything else."""

_LARGE_TREE_BYTES = 1 << 20
"""From this length of its JSON on, a directory is listed without reading all of its nodes."""

_KEPT_LISTING_BYTES = 64 << 20

_PUBLISHING = (FileKind.INDEX, FileKind.SNAPSHOT)
"""What becomes visible to others by being stored, and so only under a lock that still holds."""


class Repository:
    """An open repository; thread-safe. Made by `create` or `open`."""

    def __init__(self, backend: Backend, key: MasterKey, config: ConfigFile, key_id: Id) -> None:
        self.backend = backend
        self.key = key
        self.config = config
        self.key_id = key_id
        self._documents = DocumentStore(backend, key)
        self._windows = PackWindows(backend)
        self._loader: IndexLoader | None = None
        self._distrusted: frozenset[Id] = frozenset()
        self._loading = threading.RLock()
        self._locks: set[Lock] = set()
        self._trees: OrderedDict[Id, Tree] = OrderedDict()
        self._listings: OrderedDict[Id, TreeListing] = OrderedDict()
        self._snapshots: Mapping[Id, SnapshotFile] = {}
        self._sizes: dict[FileKind, tuple[str, int, int]] = {}

    @classmethod
    def create(cls, backend: Backend, password: str, *, strong_password: bool) -> Repository:
        """Make a new repository; `strong_password` says that nobody can guess it, which makes opening fast.

        Raises ALREADY_EXISTS where there is one, FAILED_PRECONDITION where parts of one are there.
        """
        if backend.exists(FileKind.CONFIG, CONFIG_NAME):
            hint = "Open it, or choose another place."
            raise RokError(ErrorKind.ALREADY_EXISTS, f"There is a repository at {backend.location} already.", hint)
        _refuse_remains(backend)
        backend.create()
        # A creation that was killed before its config left a key. It is used again: restic gives up where a password
        # opens a key that isn't the config's.
        found = next(iter(matching_keys(backend, password)), None)
        key = found[1] if found else MasterKey.generate()
        key_id = found[0] if found else save_key(backend, key, password, strong_password=strong_password)
        config = new_config()
        try:
            backend.save(FileKind.CONFIG, CONFIG_NAME, key.seal(encode_config(config)))
        except RokError as error:
            if error.kind is ErrorKind.ALREADY_EXISTS and not found and not _opens(key, backend):
                backend.remove(FileKind.KEY, key_id)
            raise
        return cls(backend, key, config, key_id)

    @classmethod
    def open(cls, backend: Backend, password: str) -> Repository:
        """Open a repository.

        Raises NOT_FOUND where there is none, PERMISSION_DENIED where the password opens no key, FAILED_PRECONDITION for
        another version of the format, DATA_LOSS where the config or every key is damaged.
        """
        stored = _load_config(backend)
        damage: RokError | None = None
        for key_id, key in matching_keys(backend, password):
            try:
                return cls(backend, key, decode_config(key.open(stored)), key_id)
            except RokError as error:
                if error.kind is not ErrorKind.DATA_LOSS:
                    raise
                damage = damage or error
        if damage is not None:
            raise RokError(ErrorKind.DATA_LOSS, f"The repository's config can't be read. {damage.message}", damage.hint)
        hint = "Check the password file and that this is the repository you mean."
        raise RokError(ErrorKind.PERMISSION_DENIED, f"The password opens no key of {backend.location}.", hint)

    def anew(self) -> Repository:
        """Return the same repository with nothing remembered of its files, for who must see them as they are now."""
        same = Repository(self.backend, self.key, self.config, self.key_id)
        same.distrust(self._distrusted)
        return same

    @property
    def distrusted(self) -> Set[Id]:
        """Packs that a check found damaged."""
        return self._distrusted

    def distrust(self, pack_ids: Set[Id]) -> None:
        """Have what lies only in these packs stored again by the next writer that meets it, and removed by a prune."""
        with self._loading:
            self._distrusted = frozenset(pack_ids)
            if self._loader is not None:
                self._loader.index.distrusted = self._distrusted

    @property
    def id(self) -> Id:
        """The repository's own id, the same for all its copies."""
        return self.config.id

    @property
    def polynomial(self) -> int:
        """What files are cut by."""
        return self.config.polynomial

    @property
    def index(self) -> Index:
        """Where the blobs are; read on first use."""
        return self._load_index().index

    @property
    def index_damages(self) -> tuple[Damage, ...]:
        """What was damaged or missing when the index was read, and had to be made up for."""
        return self._load_index().damages

    def reload_index(self) -> Index:
        """Bring the index in step with what other processes have added or removed; cheap where nothing has changed."""
        with self._loading:
            loader = self._load_index()
            loader.refresh()
            return loader.index

    def load_blob(self, blob_type: BlobType, blob_id: Id) -> bytes:
        """Return a blob, proven to be what its id says; raises DATA_LOSS where no good copy of it is there."""
        try:
            return self._read_blob(blob_type, blob_id)
        except RokError as error:
            if error.kind is not ErrorKind.DATA_LOSS or not self._find_more_blobs():
                raise
        return self._read_blob(blob_type, blob_id)

    def load_tree(self, tree_id: Id) -> Tree:
        """Return a directory; raises DATA_LOSS where it is damaged. Small ones are kept for a while."""
        tree = self._trees.get(tree_id)
        if tree is not None:
            return tree
        tree = decode_tree(self.load_blob(BlobType.TREE, tree_id))
        if len(tree.nodes) <= _CACHED_TREE_NODES:
            self._keep_tree(tree_id, tree)
        return tree

    def list_tree(self, tree_id: Id) -> TreeListing:
        """Return a directory by name, for pages and lookups; raises DATA_LOSS. Large ones are kept too."""
        with self._loading:
            listing = self._listings.pop(tree_id, None)
            if listing is not None:
                self._listings[tree_id] = listing
                return listing
        if (self.index.size_of(BlobType.TREE, tree_id) or 0) < _LARGE_TREE_BYTES:
            listing = TreeListing(self.load_tree(tree_id).nodes)
        else:
            listing = TreeListing.read(self.load_blob(BlobType.TREE, tree_id))
        if listing.size:
            self._keep_listing(tree_id, listing)
        return listing

    def data_length(self, blob_id: Id) -> int | None:
        """Return the length of a piece of a file in bytes, or None where the repository doesn't hold it."""
        return self.index.size_of(BlobType.DATA, blob_id)

    def save_document(self, kind: FileKind, content: Buffer) -> Id:
        """Store a document's JSON; raises ABORTED where it would be published under a lock that was lost."""
        if kind in _PUBLISHING:
            for lock in tuple(self._locks):
                lock.check()
        return self._documents.save(kind, content)

    def load_document(self, kind: FileKind, document_id: Id) -> bytes:
        """Return a document's JSON; raises NOT_FOUND where it is gone, DATA_LOSS where it is damaged."""
        return self._documents.load(kind, document_id)

    def remove_document(self, kind: FileKind, document_id: Id) -> None:
        """Remove a document."""
        self._documents.remove(kind, document_id)

    def save_snapshot(self, file: SnapshotFile) -> Id:
        """Publish a snapshot, after everything that it refers to was flushed; return its id."""
        return self.save_document(FileKind.SNAPSHOT, encode_snapshot(file))

    def snapshot_files(self) -> tuple[Mapping[Id, SnapshotFile], tuple[Damage, ...]]:
        """Return all snapshots by id, and those that are damaged; each is read once as they never change.

        While none comes or goes it is the very same mapping, so that what was made of it can be kept.
        """
        ids, known = self.backend.ids(FileKind.SNAPSHOT), self._snapshots
        read: dict[Id, SnapshotFile] = {}
        damages = []
        for snapshot_id in ids - known.keys():
            try:
                read[snapshot_id] = self._load_snapshot(snapshot_id)
            except RokError as error:
                if error.kind is ErrorKind.NOT_FOUND:
                    continue  # deleted since it was listed
                if error.kind is not ErrorKind.DATA_LOSS:
                    raise
                damages.append(Damage(kind="snapshot", id=snapshot_id, message=error.message))
        if read or known.keys() - ids:
            known = {snapshot_id: file for snapshot_id, file in known.items() if snapshot_id in ids} | read
            self._snapshots = known
        return known, tuple(damages)

    def size_of(self, kind: FileKind) -> tuple[int, int]:
        """Return how many files of a kind there are and their bytes; counted again only once files came or went."""
        revision = self.backend.revision(kind)
        counted = self._sizes.get(kind)
        if counted is None or counted[0] != revision:
            sizes = [size for _, size in self.backend.list(kind)]
            counted = self._sizes[kind] = (revision, len(sizes), sum(sizes))
        return counted[1:]

    @contextmanager
    def lock(self, *, exclusive: bool = False, reading: bool = False, wait_seconds: float = 0.0) -> Iterator[Lock]:
        """Hold a lock for the time of the block; see `locks.hold_lock`. Raises ABORTED where others hold one."""
        with hold_lock(self._documents, exclusive=exclusive, reading=reading, wait_seconds=wait_seconds) as lock:
            self._locks.add(lock)
            try:
                yield lock
            finally:
                self._locks.discard(lock)

    def locks(self) -> tuple[FoundLock, ...]:
        """Return all locks, live and stale ones."""
        return find_locks(self._documents)

    def unlock(self, *, live_too: bool = False) -> int:
        """Remove stale and unreadable locks, or all; return how many went."""
        return remove_locks(self._documents, live_too=live_too)

    def writer(self, *, level: int | None = DEFAULT_LEVEL) -> RepositoryWriter:
        """Return a writer that compresses at this zstd level, or not at all; the caller holds a lock."""
        self.reload_index()
        return RepositoryWriter(self, level=level)

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return what is known of each key, oldest first."""
        return list_keys(self.backend, self.key_id)

    def add_key(self, new_password: str, *, strong_password: bool = False) -> KeyInfo:
        """Let a further password open the repository."""
        key_id = save_key(self.backend, self.key, new_password, strong_password=strong_password)
        return next(key for key in self.keys() if key.id == key_id)

    def remove_key(self, key_id: Id) -> None:
        """Take a key away; raises FAILED_PRECONDITION for the last one and for the one in use."""
        if not self.backend.exists(FileKind.KEY, key_id):
            raise RokError(ErrorKind.NOT_FOUND, f"The repository has no key {key_id[:16]}.", "List the keys.")
        if key_id == self.key_id or all(key.id == key_id for key in self.keys()):
            hint = "Open the repository with another key first."
            raise RokError(ErrorKind.FAILED_PRECONDITION, "The key that is in use can't be removed.", hint)
        self.backend.remove(FileKind.KEY, key_id)

    def _load_index(self) -> IndexLoader:
        with self._loading:
            if self._loader is None:
                loader = IndexLoader(self._documents, self.key)
                loader.index.distrusted = self._distrusted
                loader.refresh()
                self._loader = loader
            return self._loader

    def _read_blob(self, blob_type: BlobType, blob_id: Id) -> bytes:
        problem = RokError(ErrorKind.DATA_LOSS, f"The blob {blob_id[:8]} is missing in the repository.")
        for pack_id, blob in self.index.find_all(blob_type, blob_id):
            try:
                return self._read_from(pack_id, blob)
            except RokError as error:
                if error.kind not in (ErrorKind.DATA_LOSS, ErrorKind.NOT_FOUND):
                    raise
                reason = "it is gone." if error.kind is ErrorKind.NOT_FOUND else error.message
                message = f"The blob {blob_id[:8]} can't be read from pack {pack_id[:8]}: {reason}"
                problem = RokError(ErrorKind.DATA_LOSS, message, "Run a check to see what else is damaged.")
        raise problem

    def _read_from(self, pack_id: Id, blob: PackedBlob) -> bytes:
        if blob.type is BlobType.TREE:
            try:
                return open_blob(self.key, blob, self._windows.read(pack_id, blob.offset, blob.length))
            except RokError:
                self._windows.forget(pack_id)  # what was wrong in storage when it was read may have been mended
        sealed = self.backend.load(FileKind.DATA, pack_id, offset=blob.offset, length=blob.length)
        return open_blob(self.key, blob, sealed)

    def _find_more_blobs(self) -> bool:
        """Look for what other processes have moved since, or what no index file names."""
        with self._loading:
            loader = self._load_index()
            return loader.refresh() or loader.recover()

    def _keep_tree(self, tree_id: Id, tree: Tree) -> None:
        with self._loading:
            self._trees[tree_id] = tree
            while len(self._trees) > _CACHED_TREES:
                self._trees.popitem(last=False)

    def _keep_listing(self, tree_id: Id, listing: TreeListing) -> None:
        with self._loading:
            self._listings[tree_id] = listing
            if self._listings_size() > _KEPT_LISTING_BYTES:
                for each, kept in self._listings.items():
                    self._listings[each] = kept.packed()
            while self._listings_size() > _KEPT_LISTING_BYTES:
                self._listings.popitem(last=False)

    def _listings_size(self) -> int:
        return sum(each.size for each in self._listings.values())

    def _load_snapshot(self, snapshot_id: Id) -> SnapshotFile:
        return decode_snapshot(self.load_document(FileKind.SNAPSHOT, snapshot_id))


def _load_config(backend: Backend) -> bytes:
    try:
        return backend.load(FileKind.CONFIG, CONFIG_NAME)
    except RokError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    if next(iter(backend.list(FileKind.KEY)), None) is not None:
        hint = "Bring the file `config` back from a copy of the repository."
        raise RokError(ErrorKind.DATA_LOSS, f"The repository at {backend.location} has lost its config.", hint)
    hint = "Create one with `rok repo init`."
    raise RokError(ErrorKind.NOT_FOUND, f"There is no repository at {backend.location}.", hint)


def _opens(key: MasterKey, backend: Backend) -> bool:
    """Whether the config is sealed by this very key: another creator may have found the key and used it."""
    try:
        key.open(backend.load(FileKind.CONFIG, CONFIG_NAME))
    except RokError as error:
        return error.kind is not ErrorKind.DATA_LOSS
    return True


def _refuse_remains(backend: Backend) -> None:
    """Refuse to make a repository where parts of one lie: what they need is their own config."""
    for kind in (FileKind.SNAPSHOT, FileKind.INDEX, FileKind.DATA):
        if next(iter(backend.list(kind)), None) is not None:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"Parts of a repository without its config are at {backend.location}.",
                "Bring the file `config` back from a copy, or choose another place.",
            )
