"""A real kernel as the wheel's startup files make it, and what its cells put out."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from traitlets.config import Config

from tests.rok_command import ROOT, Rok

STARTUP = ROOT / "etc" / "ipython" / "startup"
"""The files that the wheel puts beside every kernel's profile."""

CELL_SECONDS = 120
"""How long a cell may take, and a kernel until it answers."""


class Kernel:
    """A kernel, and what its cells put out."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager) -> None:
        self.client = client
        self.manager = manager

    def run(self, code: str, *, answer: str | None = None, interrupt_at: str = "") -> list[dict[str, Any]]:
        """Run a cell; `answer` is typed where it asks, Ctrl-C comes where `interrupt_at` is put out."""
        request = self.client.execute(code, allow_stdin=answer is not None)
        messages: list[dict[str, Any]] = []
        until = time.monotonic() + CELL_SECONDS
        while time.monotonic() < until:
            if answer is not None:
                self._answer(answer)
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            messages.append(message)
            if interrupt_at and interrupt_at in str(message["content"]):
                self.manager.interrupt_kernel()
                interrupt_at = ""
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return messages
        raise AssertionError(f"The cell did not end: {messages}")

    def text(self, code: str, **more: Any) -> str:
        """Run a cell and return all text of its outputs."""
        parts = []
        for message in self.run(code, **more):
            content = message["content"]
            parts += [content.get("text", ""), content.get("data", {}).get("text/plain", "")]
            parts += content.get("traceback", [])
        return "\n".join(parts)

    def complete(self, code: str) -> list[str]:
        """Return what TAB offers at the end of `code`."""
        reply = self.client.complete(code, reply=True, timeout=CELL_SECONDS)
        return list(reply["content"]["matches"])

    def _answer(self, answer: str) -> None:
        try:
            self.client.get_stdin_msg(timeout=0.05)
        except Empty:
            return
        self.client.input(answer)


def kernel_environment(rok: Rok, **more: str) -> dict[str, str]:
    """Return the environment of a kernel that has the wheel's startup files."""
    startup = rok.directory / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    for file in STARTUP.glob("*.py"):
        shutil.copy(file, startup)
    return {**rok.environment, "IPYTHONDIR": str(rok.directory / "ipython"), **more}


@contextmanager
def running_kernel(rok: Rok, directory: Path | None = None, **more: str) -> Iterator[Kernel]:
    """Start a kernel as Jupyter does in a directory, by default the workspace, and end it with the block.

    `more` are further variables of its environment.
    """
    with own_sockets() as config:
        manager = KernelManager(kernel_name="python3", config=config)
        manager.start_kernel(env=kernel_environment(rok, **more), cwd=str(directory or rok.workspace))
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=CELL_SECONDS)
            yield Kernel(client, manager)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


@contextmanager
def own_sockets() -> Iterator[Config]:
    """Have a kernel listen on socket files of its own: Jupyter chooses ports before the kernel takes them, and another
    process, such as a kernel of a test beside this one, may have them by then.
    """
    with tempfile.TemporaryDirectory(prefix="rok-kernel-") as directory:  # its path is short, as theirs must be
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{directory}/socket"}})
