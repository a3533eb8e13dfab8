"""Modes: Go's and POSIX's."""

from __future__ import annotations

import stat

import pytest

from rok_jupyter.engine.format.mode import go_mode_to_posix, posix_mode_to_go


@pytest.mark.parametrize(
    ("posix", "go"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o755, 0x80000000 | 0o755),
        (stat.S_IFLNK | 0o777, 0x08000000 | 0o777),
        (stat.S_IFIFO | 0o600, 0x02000000 | 0o600),
        (stat.S_IFSOCK | 0o600, 0x01000000 | 0o600),
        (stat.S_IFBLK | 0o660, 0x04000000 | 0o660),
        (stat.S_IFCHR | 0o660, 0x04200000 | 0o660),
        (stat.S_IFREG | 0o6755, 0x00C00000 | 0o755),
        (stat.S_IFDIR | 0o1777, 0x80100000 | 0o777),
    ],
)
def test_modes_are_translated_both_ways(posix: int, go: int) -> None:
    assert posix_mode_to_go(posix) == go
    assert go_mode_to_posix(go) == posix


def test_unknown_types_are_irregular_and_come_back_without_a_type() -> None:
    assert posix_mode_to_go(0o170000 | 0o600) == 0x00080000 | 0o600
    assert go_mode_to_posix(0x00080000 | 0o600) == 0o600
    assert go_mode_to_posix(0xFFFFFFFF) & 0o777 == 0o777
