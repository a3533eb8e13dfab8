"""Which blobs a repository holds, and where: the map in memory.

Owns the map and its compact form (about 180 bytes a blob). Doesn't own how it is read from index files and, where these
are damaged, from packs (index_loading), nor how blobs come in (writer). Lookups are safe while another thread adds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set

from rok_jupyter.engine.format.ids import ID_DIGITS, Id, is_id
from rok_jupyter.engine.format.index_file import IndexFile, IndexPack
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.errors import ErrorKind, RokError

_MASK = 0xFFFFFFFF
_DIGEST_BYTES = 32
_TYPES = {"data": BlobType.DATA, "tree": BlobType.TREE}


class Index:
    """Maps type and id of a blob to the packs that hold it.

    `file_ids` are the index files that went in. `recovered` are packs that no readable index file names and whose
    headers were read instead; the next writer puts them into an index file. What lies only in `distrusted` packs is
    found, but not had: a writer stores it again.
    """

    def __init__(self, distrusted: Set[Id] = frozenset()) -> None:
        self.distrusted = distrusted
        self.file_ids: set[Id] = set()
        self.recovered: set[Id] = set()
        self._packs: list[Id] = []
        self._numbers: dict[Id, int] = {}
        # Digest to pack number, offset, length and raw length as one integer of 32 bits each.
        self._places: dict[BlobType, dict[bytes, int]] = {BlobType.DATA: {}, BlobType.TREE: {}}
        self._further: dict[BlobType, dict[bytes, list[int]]] = {BlobType.DATA: {}, BlobType.TREE: {}}

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    def has(self, blob_type: BlobType, blob_id: Id) -> bool:
        """Whether a pack that isn't distrusted holds this blob."""
        if not self.distrusted:
            return _digest(blob_id) in self._places[blob_type]
        return any(pack_id not in self.distrusted for pack_id, _ in self.find_all(blob_type, blob_id))

    def has_pack(self, pack_id: Id) -> bool:
        """Whether this pack's blobs are known."""
        return pack_id in self._numbers

    def find(self, blob_type: BlobType, blob_id: Id) -> tuple[Id, PackedBlob] | None:
        """Return the id of a pack that holds the blob, and its place there; None where no pack does."""
        digest = _digest(blob_id)
        place = self._places[blob_type].get(digest)
        return None if place is None else self._unpack(blob_type, blob_id, place)

    def find_all(self, blob_type: BlobType, blob_id: Id) -> tuple[tuple[Id, PackedBlob], ...]:
        """Return every place of the blob, best first."""
        digest = _digest(blob_id)
        place = self._places[blob_type].get(digest)
        if place is None:
            return ()
        places = [place, *self._further[blob_type].get(digest, ())]
        return tuple(self._unpack(blob_type, blob_id, each) for each in places)

    def size_of(self, blob_type: BlobType, blob_id: Id) -> int | None:
        """Return the plain length of a blob in bytes, or None where it isn't held."""
        found = self.find(blob_type, blob_id)
        return None if found is None else found[1].size

    def pack_ids(self) -> tuple[Id, ...]:
        """Return the packs that are known."""
        return tuple(self._packs)

    def blobs(self) -> Iterator[tuple[Id, PackedBlob]]:
        """Go through all blobs with their packs; a blob that lies in several packs comes several times."""
        for blob_type, places in self._places.items():
            for digest, place in list(places.items()):
                yield self._unpack(blob_type, digest.hex(), place)
        for blob_type, further in self._further.items():
            for digest, more in list(further.items()):
                yield from (self._unpack(blob_type, digest.hex(), place) for place in more)

    def packs(self) -> dict[Id, tuple[PackedBlob, ...]]:
        """Return the blobs of each pack in the order of their places."""
        contents: defaultdict[Id, list[PackedBlob]] = defaultdict(list)
        for pack_id, blob in self.blobs():
            contents[pack_id].append(blob)
        return {pack_id: tuple(sorted(blobs, key=lambda blob: blob.offset)) for pack_id, blobs in contents.items()}

    def add_file(self, file_id: Id, file: IndexFile) -> None:
        """Take in an index file, all of it or nothing; raises DATA_LOSS where an id in it is malformed."""
        digests = [_checked_digests(pack) for pack in file.packs]
        self.file_ids.add(file_id)
        for pack, of_pack in zip(file.packs, digests, strict=True):
            base = self._number(pack.id) << 96
            for blob, digest in zip(pack.blobs, of_pack, strict=True):
                inner = blob.offset << 64 | blob.length << 32 | blob.uncompressed_length
                self._add(_TYPES[blob.type], digest, base | inner)

    def add_pack(self, pack_id: Id, blobs: Iterable[PackedBlob]) -> None:
        """Take in one pack."""
        base = self._number(pack_id) << 96
        for blob in blobs:
            inner = blob.offset << 64 | blob.length << 32 | blob.raw_length
            self._add(blob.type, bytes.fromhex(blob.id), base | inner)

    def _number(self, pack_id: Id) -> int:
        number = self._numbers.get(pack_id)
        if number is None:
            number = self._numbers[pack_id] = len(self._packs)
            self._packs.append(pack_id)
        return number

    def _add(self, blob_type: BlobType, digest: bytes, place: int) -> None:
        held = self._places[blob_type].setdefault(digest, place)
        if held != place:
            more = self._further[blob_type].setdefault(digest, [])
            if place not in more:
                more.append(place)

    def _unpack(self, blob_type: BlobType, blob_id: Id, place: int) -> tuple[Id, PackedBlob]:
        blob = PackedBlob(blob_type, blob_id, place >> 64 & _MASK, place >> 32 & _MASK, place & _MASK)
        return self._packs[place >> 96], blob


def _digest(blob_id: Id) -> bytes:
    """Return the key of the map; what is no id has one that nothing is found under."""
    try:
        return bytes.fromhex(blob_id)
    except ValueError:
        return b""


def _checked_digests(pack: IndexPack) -> list[bytes]:
    """Return the keys of a pack's blobs, by one conversion for all as there are many."""
    together = _digest("".join(blob.id for blob in pack.blobs))
    sound = is_id(pack.id) and len(together) == _DIGEST_BYTES * len(pack.blobs)
    if not sound or any(len(blob.id) != ID_DIGITS for blob in pack.blobs):
        raise RokError(ErrorKind.DATA_LOSS, "An index names a pack or a blob by what is no id.")
    return [together[start : start + _DIGEST_BYTES] for start in range(0, len(together), _DIGEST_BYTES)]
