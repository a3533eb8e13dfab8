"""The workload of the comparison: a data scientist's workspace, made from this machine's Python and a seed.

At scale 1: a Python environment of 69,000 files (2.0 GB), 200 notebooks with outputs (47 MB), 1.4 GB of tables and
arrays, and a checkpoint of 500 MB. Environment files are this virtual environment's own, repeated with a line of their
own each, so that they compress as real ones do and never deduplicate with one another.
"""

from __future__ import annotations

import base64
import json
import random
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Shape:
    """How much of each kind a workspace holds, at a scale between 0 and 1."""

    scale: float

    @property
    def environment_files(self) -> int:
        """Files of the Python environment."""
        return int(69_000 * self.scale)

    @property
    def environment_bytes(self) -> int:
        """Bytes of the Python environment."""
        return int(2000 * MEGABYTE * self.scale)

    @property
    def notebooks(self) -> int:
        """Notebooks of about 235 kB, most of it outputs."""
        return max(20, int(200 * self.scale))

    @property
    def table_bytes(self) -> int:
        """Bytes of tables and arrays."""
        return int(1400 * MEGABYTE * self.scale)

    @property
    def checkpoint_bytes(self) -> int:
        """Bytes of the checkpoint."""
        return int(500 * MEGABYTE * self.scale)


def make(root: Path, shape: Shape) -> None:
    """Make the workspace below `root`, which must not exist."""
    root.mkdir(parents=True)
    _environment(root / "environment", shape)
    (root / "notebooks").mkdir()
    for number in range(shape.notebooks):
        (root / "notebooks" / f"analysis-{number:03}.ipynb").write_bytes(notebook(number, 0))
    _tables(root / "data", shape.table_bytes)
    (root / "models").mkdir()
    with (root / "models" / "checkpoint.bin").open("wb") as file:
        for piece in random_pieces(1, shape.checkpoint_bytes):
            file.write(piece)


def edit(root: Path) -> None:
    """Do a morning's work: 20 notebooks edited, 1 MB inserted into the checkpoint's middle, 300 new files."""
    for number in range(20):
        (root / "notebooks" / f"analysis-{number:03}.ipynb").write_bytes(notebook(number, 1))
    checkpoint = root / "models" / "checkpoint.bin"
    content = checkpoint.read_bytes()
    middle = len(content) // 2
    checkpoint.write_bytes(content[:middle] + random.Random(2).randbytes(MEGABYTE) + content[middle:])
    (root / "results").mkdir()
    for number in range(300):
        (root / "results" / f"run-{number:03}.json").write_text(
            json.dumps({"run": number, "loss": [1 / (number + 1)] * 99})
        )


def disturb(root: Path) -> None:
    """Make the few differences that a restore in place has to mend."""
    for number in range(20):
        (root / "notebooks" / f"analysis-{number:03}.ipynb").write_bytes(notebook(number, 2))


def notebook(number: int, edition: int) -> bytes:
    """Return a notebook with a picture-like output; `edition` changes one cell's source and one output."""
    generator = random.Random(number)
    cells = []
    for index in range(12):
        picture = base64.b64encode(generator.randbytes(14_000)).decode()
        source = f"model = fit(data[{index}:], rate={generator.random():.4f})\nplot(model)  # {number}"
        if index == 5 and edition:
            source += f"\n# edition {edition}"
            picture = base64.b64encode(random.Random(number * 1000 + edition).randbytes(14_000)).decode()
        output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture}}
        cells.append(
            {"cell_type": "code", "id": f"c{index}", "metadata": {}, "execution_count": index, "source": source,
             "outputs": [output]}
        )  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def _environment(root: Path, shape: Shape) -> None:
    """Repeat this Python's own library until the wished count, sized so that the bytes come out as wished."""
    written = 0
    size = 0
    for copy, path in _library_files():
        if written == shape.environment_files:
            return
        left = shape.environment_files - written
        if path.stat().st_size > 60 * max(1, (shape.environment_bytes - size) // left):
            continue
        target = root / f"site-{copy}" / path.relative_to(path.anchor)
        target.parent.mkdir(parents=True, exist_ok=True)
        content = f"# copy {copy} of {path.name}\n".encode() + path.read_bytes()
        target.write_bytes(content)
        written += 1
        size += len(content)


def _library_files() -> Iterator[tuple[int, Path]]:
    # The directories are sorted, so that the same machine gives the same workspace.
    roots = [Path(sys.prefix) / "lib", Path(json.__file__).parent.parent]
    files = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    copy = 0
    while True:
        for path in files:
            yield copy, path
        copy += 1


def _tables(root: Path, size: int) -> None:
    root.mkdir()
    third = size // 3
    for number in range(10):
        (root / f"array-{number}.npz").write_bytes(b"".join(random_pieces(100 + number, third // 10)))
        table = zlib.compress(_csv(200 + number, third // 4), 1)
        (root / f"table-{number}.parquet").write_bytes(table[: third // 10])
        (root / f"table-{number}.csv").write_bytes(_csv(300 + number, third // 10))


def _csv(seed: int, size: int) -> bytes:
    generator = random.Random(seed)
    rows = b"".join(
        b"%d,%d,%.6f,%s\n" % (index, generator.randrange(1000), generator.gauss(0, 1), generator.choice(_WORDS))
        for index in range(min(200_000, size // 24))
    )
    # Rows beyond the first are the same with another first digit, which no chunk boundary survives unchanged.
    copies = [rows.replace(b"\n1", b"\n%d" % copy) for copy in range(1 + size // max(1, len(rows)))]
    return b"".join(copies)[:size]


_WORDS = (b"harbour", b"mill", b"ridge", b"summit", b"valley")


def random_pieces(seed: int, size: int) -> Iterator[bytes]:
    """Yield `size` incompressible bytes in pieces of 16 MB."""
    generator = random.Random(seed)
    while size > 0:
        piece = min(size, 16 * MEGABYTE)
        yield generator.randbytes(piece)
        size -= piece
