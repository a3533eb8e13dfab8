"""Jupyter's own contents manager tells of its saves, so that a snapshot in the same process waits for them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from rok_jupyter.save_gate import SaveGate
from rok_jupyter.server.hooks import watch_saves


@pytest.fixture
def gate() -> SaveGate:
    return SaveGate()


def test_a_file_is_being_saved_from_the_hook_before_to_the_hook_after(gate: SaveGate, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    notary = nbformat.sign.NotebookNotary(data_dir=str(tmp_path))
    manager = AsyncLargeFileManager(root_dir=str(tmp_path / "linked"), notary=notary)
    watch_saves(manager, gate)
    seen: list[bool] = []
    saved = str(tmp_path / "real" / "a.ipynb")
    manager.register_pre_save_hook(lambda **_: seen.append(gate.wait_idle(saved, 0)))

    asyncio.run(save(manager, "a.ipynb"))
    notary.store.close()

    assert seen == [False]
    assert gate.wait_idle(saved, 0)


async def save(manager: Any, path: str) -> None:
    await manager.save({"type": "notebook", "format": "json", "content": nbformat.v4.new_notebook()}, path)


def test_a_contents_manager_without_files_is_left_alone(gate: SaveGate) -> None:
    watch_saves(object(), gate)
