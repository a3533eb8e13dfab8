"""One flipped bit anywhere: a check finds it, and no restore returns wrong bytes as right."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from rok_jupyter.engine.storage.backend import FileKind
from tests.damage.damaged import Subject, finds_damage, restores_wrongly

SHORT = 300
FULL = 10_000


def test_without_damage_nothing_is_found(sound: Subject, tmp_path: Path) -> None:
    assert not finds_damage(sound)
    assert restores_wrongly(sound, tmp_path / "target") == ""


def test_wrong_bytes_would_be_noticed(sound: Subject, tmp_path: Path) -> None:
    newest, contents = list(sound.contents.items())[-1]
    path = next(iter(contents))
    liar = replace(sound, contents={newest: {**contents, path: b"something else"}})
    assert restores_wrongly(liar, tmp_path / "target") == f"{path} has other bytes"


@pytest.mark.parametrize(
    "trials", [SHORT, pytest.param(FULL, marks=[pytest.mark.full, pytest.mark.timeout(7200)])], ids=["short", "full"]
)
def test_every_flipped_bit_is_found_and_none_is_restored_as_right(
    subject: Subject, quick_path: Path, trials: int
) -> None:
    chance = random.Random(trials)
    for trial in range(trials):
        # Each kind equally often, as a pack is so much larger than all others.
        path = chance.choice(subject.files(list(FileKind)[trial % len(FileKind)]))
        position, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
        flip(path, position, bit)
        what = f"trial {trial}: bit {bit} of byte {position} of {path.relative_to(subject.location)}"
        assert finds_damage(subject), what
        assert restores_wrongly(subject, quick_path / "target") == "", what
        flip(path, position, bit)
    assert not finds_damage(subject)


def flip(path: Path, position: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)
