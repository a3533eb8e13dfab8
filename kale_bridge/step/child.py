"""The step's command as a child: signals go on to it, and how it ended is how the hook ends.

Standard library only. Doesn't own what is done before and after it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import NoReturn

_FORWARDED = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_NOT_RUNNABLE, _NOT_FOUND = 126, 127
_LAST_WISH_SECONDS = 5.0


class Ended(Exception):
    """The hook itself was told to end, by a signal, while no child ran."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Child:
    """Signals to this process, and the child that they are for."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_starting = False
        self._is_over = False
        self._early: list[int] = []
        """Signals that came while the child was being started: for it, once it is known."""
        self.told_to_end_at: float | None = None
        """When (monotonic) a signal that ends processes came; None where none did."""

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Pass signals on while the block runs; before the child runs, one that ends processes raises `Ended`."""
        numbers = [getattr(signal, name) for name in _FORWARDED]
        before = {number: signal.getsignal(number) for number in numbers}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def run(self, command: Sequence[str], *, on_last_wish: Callable[[], None]) -> int:
        """Run a command to its end and return its status, negative for a signal, as subprocess does.

        `on_last_wish` is called once where the child lives on for some seconds after it was told to end: whoever told
        it will kill everything soon.
        """
        self._is_starting = True
        signal.signal(signal.SIGALRM, lambda *_: on_last_wish())
        try:
            return self._run(command)
        finally:
            self._is_over = True
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _run(self, command: Sequence[str]) -> int:
        try:
            process = subprocess.Popen(list(command))
        except FileNotFoundError:
            sys.stderr.write(f"{command[0]}: not found\n")
            return _NOT_FOUND
        except OSError as error:
            sys.stderr.write(f"{command[0]}: {error.strerror}\n")
            return _NOT_RUNNABLE
        self._process = process
        for number in self._early:
            self._pass_on(process, number)
        return process.wait()

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self._is_over:
            return
        if self._process is not None:
            self._pass_on(self._process, number)
        elif self._is_starting:  # the child may run already: to raise now would leave it alone, and running
            self._early.append(number)
        else:
            raise Ended(number)

    def _pass_on(self, process: subprocess.Popen[bytes], number: int) -> None:
        if number in _ENDING and self.told_to_end_at is None:
            self.told_to_end_at = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, _LAST_WISH_SECONDS)
        if number == signal.SIGINT and _has_terminal():
            return  # the terminal has told the child itself
        with contextlib.suppress(OSError):
            process.send_signal(number)


def end_like(status: int) -> NoReturn:
    """End this process as a child of that status did."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if status < 0:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
        status = 128 - status  # the first process of a container isn't ended by its own signal
    os._exit(status)


def _has_terminal() -> bool:
    """Whether this process is in the foreground of a terminal, whose Ctrl-C goes to all of them."""
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
