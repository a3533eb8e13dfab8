"""Is everything in a repository there and right? Each damage is named; nothing is changed.

    documents    keys, config, locks, index files and snapshots: whole, and sealed by this repository's key
    packs        each pack that an index names is there, as long as it says, with a header that says the same
    trees        each tree and each file's data that a snapshot needs lies in such a pack
    data         where asked: every pack read, and it and each of its blobs compared with their ids

Owns this judgement. Doesn't own repairs. No damage makes it raise: what can't be read is a `Damage`, what is merely
untidy is a hint.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rok_jupyter.engine.format.config_file import decode_config
from rok_jupyter.engine.format.ids import Id, hash_of, unique_prefixes
from rok_jupyter.engine.format.key_file import decode_key_file
from rok_jupyter.engine.format.pack import BlobType, PackedBlob, encode_header, parse_header
from rok_jupyter.engine.format.tree import NodeType
from rok_jupyter.engine.inventory import Inventory, pack_size, take_inventory
from rok_jupyter.engine.pack_selection import BlobKey
from rok_jupyter.engine.pack_verification import PackVerdict, verify_pack
from rok_jupyter.engine.packs import load_header, read_header
from rok_jupyter.engine.reachable import PATHS_NAMED, VisitedTree, places_of, visit_trees
from rok_jupyter.engine.remedies import remedies
from rok_jupyter.engine.storage.backend import CONFIG_NAME, FileKind
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import CheckResult, Damage
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository

MOST_BLOBS_NAMED = 1000
"""Missing blobs beyond this number are counted, not named."""

_READERS = min(4, os.cpu_count() or 1)


def check(
    repository: Repository, *, read_data: bool, progress: Progress, names: Mapping[Id, str] | None = None
) -> CheckResult:
    """Check the repository under a shared lock; `names` are what users call snapshots, by the ids of their documents.

    Raises ABORTED while another process holds an exclusive lock, Cancelled, and nothing for any damage.
    """
    unbiased = repository.anew()
    with _shared_lock(unbiased):
        judge = _Judge(unbiased, progress, names or {})
        judge.documents()
        inventory = take_inventory(unbiased, progress)
        judge.packs(inventory)
        judge.snapshots(inventory)
        if read_data:
            judge.data(inventory)
        return judge.result(inventory, read_data=read_data)


@contextmanager
def _shared_lock(repository: Repository) -> Iterator[None]:
    """Hold a lock; go without one where a damaged lock hinders that, which the check then tells."""
    with ExitStack() as held:
        try:
            held.enter_context(repository.lock(reading=True))
        except RokError as error:
            if error.kind is not ErrorKind.DATA_LOSS:
                raise
        yield


class _Judge:
    """Collects what one check finds; the paths that a damage hits are looked up at the end, all at once."""

    def __init__(self, repository: Repository, progress: Progress, names: Mapping[Id, str]) -> None:
        self._repository = repository
        self._progress = progress
        self._names = names
        self._damages: list[tuple[Damage, frozenset[BlobKey]]] = []
        self._hints: list[str] = []
        self._available: set[BlobKey] = set()
        self._not_indexed: dict[Id, frozenset[BlobKey]] = {}
        self._bad_packs: dict[Id, tuple[PackedBlob, ...]] = {}
        self._roots: dict[str, Id] = {}
        self._bytes_read = 0

    def documents(self) -> None:
        """Keys, config and locks."""
        self._progress.begin("checking documents")
        backend = self._repository.backend
        for key_id, _ in sorted(backend.list(FileKind.KEY)):
            with self._noting("key", key_id):
                decode_key_file(self._load_named(FileKind.KEY, key_id))
        with self._noting("config", CONFIG_NAME):
            decode_config(self._repository.key.open(backend.load(FileKind.CONFIG, CONFIG_NAME)))
        for lock in self._repository.locks():
            if lock.file is None:
                self._note(Damage(kind="lock", id=lock.id, message=lock.problem))
            elif lock.stale:
                self._hints.append(f"The lock {lock.id[:8]} is stale; `rok repo unlock` removes it.")

    def packs(self, inventory: Inventory) -> None:
        """What the index says against the files that are there, and against what those say of themselves."""
        for damage in inventory.damages:
            self._note(damage)
        packs = inventory.packs()
        self._progress.begin("checking packs", files_total=len(packs))
        for pack_id, blobs in packs.items():
            self._progress.check_cancelled()
            fault = self._pack_fault(pack_id, blobs, inventory.files.get(pack_id))
            if fault is None:
                self._available.update((blob.type, blob.id) for blob in blobs)
            else:
                self._note_pack(pack_id, fault, blobs)
            self._progress.advance(files=1)
        for pack_id in sorted(inventory.not_indexed()):
            self._not_indexed[pack_id] = self._headed(pack_id, inventory.files[pack_id])
        self._copies(inventory)

    def snapshots(self, inventory: Inventory) -> None:
        """Every snapshot, and every tree and blob that one needs."""
        snapshots, damages = self._repository.snapshot_files()
        for damage in damages:
            self._note(damage)
        labels = _labels(snapshots, self._names)
        self._roots = {labels[snapshot_id]: file.tree for snapshot_id, file in snapshots.items()}
        self._progress.begin("checking trees")
        needed: set[BlobKey] = set()
        for visited in visit_trees(self._repository, self._roots, self._progress):
            needed.update(visited.blobs())
            self._tree(visited)
        in_bad_packs = {(blob.type, blob.id) for blobs in self._bad_packs.values() for blob in blobs}
        in_headers = frozenset[BlobKey]().union(*self._not_indexed.values())
        self._missing(needed - self._available - in_bad_packs - in_headers)
        self._rescued(needed - self._available)

    def data(self, inventory: Inventory) -> None:
        """Read every pack, indexed or not."""
        packs = inventory.packs()
        self._progress.begin(
            "reading data", files_total=len(inventory.files), bytes_total=sum(inventory.files.values())
        )
        for pack_id, verdict in self._verdicts(sorted(inventory.files), packs):
            self._bytes_read += verdict.bytes_read
            self._progress.advance(files=1, bytes_=verdict.bytes_read)
            if verdict.faults:
                self._note_pack(pack_id, "; ".join(verdict.faults), verdict.lost)

    def result(self, inventory: Inventory, *, read_data: bool) -> CheckResult:
        """Name the entries that each damage hits, and count."""
        wanted = frozenset[BlobKey]().union(*(keys for _, keys in self._damages))
        places = places_of(self._repository, self._roots, wanted, self._progress) if wanted else {}
        damages = tuple(_placed(damage, keys, places) for damage, keys in self._damages)
        return CheckResult(
            damages=damages,
            hints=(*self._hints, *remedies(damages, self._repository.backend.location)),
            snapshots=len(self._roots),
            packs=len(inventory.files),
            blobs=len(self._available),
            bytes_read=self._bytes_read,
            read_data=read_data,
        )

    def _pack_fault(self, pack_id: Id, blobs: tuple[PackedBlob, ...], size: int | None) -> str | None:
        if size is None:
            return "it is missing"
        if size != pack_size(blobs):
            return f"it is {size} bytes long, the index says {pack_size(blobs)}"
        try:
            header = read_header(self._repository.backend, self._repository.key, pack_id, size)
            same = header == encode_header(blobs) or set(parse_header(header, size)) == set(blobs)
        except Cancelled:
            raise
        except RokError as error:
            return error.message
        return None if same else "its header and the index disagree"

    def _headed(self, pack_id: Id, size: int) -> frozenset[BlobKey]:
        """What a pack in no index says it holds; where it is cut off, a killed writer left it, and it is no damage."""
        try:
            blobs = load_header(self._repository.backend, self._repository.key, pack_id, size)
        except Cancelled:
            raise
        except RokError:
            return frozenset()
        return frozenset((blob.type, blob.id) for blob in blobs)

    def _copies(self, inventory: Inventory) -> None:
        several = Counter(pack_id for contents in inventory.indexes.values() for pack_id in contents)
        if repeated := sum(count > 1 for count in several.values()):
            self._hints.append(f"{repeated} packs are named by several index files; `rok prune` tidies up.")

    def _tree(self, visited: VisitedTree) -> None:
        own = frozenset({(BlobType.TREE, visited.id)})
        if visited.tree is None:
            message = visited.error.message if visited.error else "It can't be read."
            self._note(Damage(kind="tree", id=visited.id, message=message, paths=(visited.place,)), own)
            return
        for rejected in visited.tree.rejected:
            message = f"The entry {rejected.name!r} was left out: {rejected.reason}."
            self._note(Damage(kind="tree", id=visited.id, message=message, paths=(visited.place,)))
        for node in visited.tree.nodes:
            if (node.type is NodeType.DIRECTORY and node.subtree is None) or (
                node.type is NodeType.FILE and node.content is None and node.size
            ):
                message = f"The entry {node.name!r} has no content."
                self._note(Damage(kind="tree", id=visited.id, message=message, paths=(f"{visited.place}/{node.name}",)))

    def _missing(self, missing: set[BlobKey]) -> None:
        for blob_type, blob_id in sorted(missing)[:MOST_BLOBS_NAMED]:
            message = f"A {blob_type.name.lower()} blob that snapshots need is in no pack."
            self._note(Damage(kind="blob", id=blob_id, message=message), frozenset({(blob_type, blob_id)}))
        if len(missing) > MOST_BLOBS_NAMED:
            self._hints.append(f"{len(missing) - MOST_BLOBS_NAMED} more blobs that snapshots need are missing.")

    def _rescued(self, wanted: set[BlobKey]) -> None:
        """Packs that no index names: needed ones are a damage of the index, others merely untidy."""
        needed = [pack_id for pack_id, keys in self._not_indexed.items() if not keys.isdisjoint(wanted)]
        if needed:
            message = f"No readable index file names {len(needed)} of the packs that snapshots need."
            self._note(Damage(kind="index", id="", message=message))
        for pack_id in sorted(self._not_indexed.keys() - set(needed)):
            self._hints.append(f"The pack {pack_id[:8]} is in no index, and nothing needs it; `rok prune` removes it.")

    def _verdicts(
        self, pack_ids: Sequence[Id], packs: Mapping[Id, tuple[PackedBlob, ...]]
    ) -> Iterator[tuple[Id, PackVerdict]]:
        """Read packs in a few threads, a few ahead, so that no more than these are in memory."""
        with ThreadPoolExecutor(_READERS) as readers:
            ahead: deque[tuple[Id, Future[PackVerdict]]] = deque()
            for pack_id in pack_ids:
                self._progress.check_cancelled()
                ahead.append((pack_id, readers.submit(verify_pack, self._repository, pack_id, packs.get(pack_id, ()))))
                if len(ahead) > _READERS:
                    done_id, done = ahead.popleft()
                    yield done_id, done.result()
            for done_id, done in ahead:
                yield done_id, done.result()

    def _note_pack(self, pack_id: Id, fault: str, blobs: tuple[PackedBlob, ...]) -> None:
        if pack_id in self._bad_packs:
            return
        self._bad_packs[pack_id] = blobs
        keys = frozenset((blob.type, blob.id) for blob in blobs)
        self._note(Damage(kind="pack", id=pack_id, message=f"The pack is damaged: {fault}."), keys)

    def _note(self, damage: Damage, keys: frozenset[BlobKey] = frozenset()) -> None:
        self._damages.append((damage, keys))

    def _load_named(self, kind: FileKind, file_id: Id) -> bytes:
        content = self._repository.backend.load(kind, file_id)
        if hash_of(content) != file_id:
            raise RokError(ErrorKind.DATA_LOSS, "Its content doesn't fit its name.")
        return content

    @contextmanager
    def _noting(self, kind: str, file_id: Id) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            raise
        except RokError as error:
            self._note(Damage(kind=kind, id=file_id, message=error.message))


def _labels(snapshot_ids: Iterable[Id], names: Mapping[Id, str]) -> dict[Id, str]:
    """What each snapshot is called, briefly: by its name, unless another document goes by the same."""
    called = {id_: names.get(id_, id_) for id_ in snapshot_ids}
    times = Counter(called.values())
    plain = {id_: name if times[name] == 1 and name not in called else id_ for id_, name in called.items()}
    short = unique_prefixes(plain.values())
    return {id_: short[name] for id_, name in plain.items()}


def _placed(damage: Damage, keys: Iterable[BlobKey], places: Mapping[BlobKey, tuple[str, ...]]) -> Damage:
    found = dict.fromkeys([*damage.paths, *(path for key in sorted(keys) for path in places[key])])
    return replace(damage, paths=tuple(found)[:PATHS_NAMED])
