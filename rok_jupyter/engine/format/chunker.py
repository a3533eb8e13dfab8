"""Cuts a file's bytes into chunks where their content says so, as restic does: equal bytes give equal chunks.

A Rabin fingerprint of the last 64 bytes, modulo the repository's own irreducible polynomial, is kept while the bytes go
by; a chunk ends where its lowest 20 bits are zero, at 512 KiB at the earliest and at 8 MiB at the latest. Two writers
that share the polynomial cut alike, so that what restic stored isn't stored again.

Owns polynomials over GF(2), the tables made of them, and the cutting. Doesn't own reading. The loop is native where
`engine/native` was built, else Python at about 1 MB/s.

Source: M. O. Rabin, "Fingerprinting by Random Polynomials" (1981); restic's design document, "Backups and
Deduplication".
"""

from __future__ import annotations

import secrets
import struct
from functools import lru_cache

from rok_jupyter.engine.native import Native, load_native

WINDOW_SIZE = 64
MINIMUM_SIZE = 512 * 1024
MAXIMUM_SIZE = 8 * 1024 * 1024
AVERAGE_BITS = 20
POLYNOMIAL_DEGREE = 53

Data = bytes | bytearray | memoryview


def remainder(dividend: int, polynomial: int) -> int:
    """Return `dividend` modulo `polynomial`, both over GF(2) with bit i the coefficient of x^i."""
    degree = polynomial.bit_length()
    while (length := dividend.bit_length()) >= degree:
        dividend ^= polynomial << (length - degree)
    return dividend


def is_irreducible(polynomial: int) -> bool:
    """Say whether a polynomial has no factor but itself and 1 (Ben-Or's test)."""
    degree = polynomial.bit_length() - 1
    power = 2  # x
    for _ in range(degree // 2):
        power = _square(power, polynomial)
        if _common_divisor(polynomial, power ^ 2) != 1:
            return False
    return degree > 0


def random_polynomial() -> int:
    """Return a random irreducible polynomial of degree 53, as a new repository gets it."""
    while True:
        candidate = secrets.randbits(POLYNOMIAL_DEGREE - 1) << 1 | 1 << POLYNOMIAL_DEGREE | 1
        if is_irreducible(candidate):
            return candidate


def _square(value: int, polynomial: int) -> int:
    spread = 0
    for bit in range(value.bit_length()):
        if value >> bit & 1:
            spread |= 1 << 2 * bit
    return remainder(spread, polynomial)


def _common_divisor(first: int, second: int) -> int:
    while second:
        first, second = second, remainder(first, second)
    return first


@lru_cache(maxsize=8)
def _tables(polynomial: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what a byte contributes when it leaves the window, and how a fingerprint's top byte is reduced."""
    degree = polynomial.bit_length() - 1
    out = tuple(remainder(byte << 8 * (WINDOW_SIZE - 1), polynomial) for byte in range(256))
    mod = tuple(remainder(byte << degree, polynomial) | byte << degree for byte in range(256))
    return out, mod


class Chunker:
    """Cuts by one polynomial; holds no data, so that one serves many files and threads."""

    def __init__(
        self,
        polynomial: int,
        *,
        minimum: int = MINIMUM_SIZE,
        maximum: int = MAXIMUM_SIZE,
        bits: int = AVERAGE_BITS,
    ) -> None:
        degree = polynomial.bit_length() - 1
        if not 8 < degree <= 63 or minimum < WINDOW_SIZE or maximum < minimum:
            raise ValueError("the chunker's parameters are out of range")
        self.minimum = minimum
        self.maximum = maximum
        self._shift = degree - 8
        self._bits = bits
        self._out, self._mod = _tables(polynomial)
        self._packed = struct.pack("=512Q", *self._out, *self._mod)
        self._native: Native | None = load_native()

    def lengths(self, data: Data, *, final: bool) -> list[int]:
        """Return the lengths of the chunks that `data` begins with; it must begin where a chunk begins.

        Bytes whose chunk has no end yet are left over, to be given again in front of what follows them; where `final`
        says that nothing follows, they are the last chunk. No data gives no chunk.
        """
        if self._native is not None:
            lengths = self._native.chunk_lengths(
                data, self._packed, self._shift, self._bits, self.minimum, self.maximum
            )
        else:
            lengths = self._python_lengths(memoryview(data))
        rest = len(data) - sum(lengths)
        return [*lengths, rest] if final and rest else lengths

    def _python_lengths(self, data: memoryview) -> list[int]:
        lengths: list[int] = []
        while (length := self._first_chunk(data)) is not None:
            lengths.append(length)
            data = data[length:]
        return lengths

    def _first_chunk(self, data: memoryview) -> int | None:
        """Return the first chunk's length, or None where it ends beyond the data."""
        if len(data) < self.minimum:
            return None
        out, mod, shift, mask = self._out, self._mod, self._shift, (1 << self._bits) - 1
        start = self.minimum - WINDOW_SIZE
        digest = 1  # restic's window starts with a one in its first place, which the 64th byte pushes out
        for position in range(start, min(len(data), self.maximum)):
            leaving = data[position - WINDOW_SIZE] if position >= self.minimum else int(position == self.minimum - 1)
            digest ^= out[leaving]
            digest = (digest << 8 | data[position]) ^ mod[digest >> shift]
            if position >= self.minimum - 1 and (digest & mask == 0 or position + 1 == self.maximum):
                return position + 1
        return None
