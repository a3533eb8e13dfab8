"""Being asked to end cancels what runs, as Ctrl-C does: SIGTERM of a supervisor, SIGHUP of a terminal that goes away.

Owns turning these signals into KeyboardInterrupt, and holding them back for a moment that must be whole. Doesn't own
what a KeyboardInterrupt does (commands.door, cli).
"""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_ONE_WISH_SECONDS = 2.0
_STANDARD_STREAMS = (0, 1, 2)


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt in the block on SIGTERM and SIGHUP, but on one that was ignored before, as by nohup.

    Several within two seconds are one: a shell and the system both send SIGHUP where a terminal goes. Outside the main
    thread, which alone gets signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in _SIGNALS}
    interrupter = _Interrupter()
    for number in (number for number, handler in previous.items() if handler is signal.SIG_DFL):
        signal.signal(number, interrupter)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals that interrupt back until the block has ended: what it starts must be known to who is interrupted.

    Else what was started runs on, and nobody can end it. The block must be short. Outside the main thread, which alone
    gets signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = {number: signal.getsignal(number) for number in (*_SIGNALS, signal.SIGINT)}
    handlers = {number: handler for number, handler in known.items() if callable(handler)}
    heard: list[signal.Signals] = []
    try:
        with ExitStack() as changed:
            for number, handler in handlers.items():
                changed.callback(signal.signal, number, handler)
                signal.signal(number, lambda told, _: heard.append(signal.Signals(told)))
            yield
    finally:
        for number in heard[:1]:  # several in such a moment are one
            handlers[number](number, None)


class _Interrupter:
    """A handler of signals."""

    def __init__(self) -> None:
        self._heard = -_ONE_WISH_SECONDS

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt for what is no repetition."""
        if number == signal.SIGHUP:
            _leave_terminal()
        now = time.monotonic()
        if now - self._heard >= _ONE_WISH_SECONDS:
            self._heard = now
            raise KeyboardInterrupt


def _leave_terminal() -> None:
    """Let what is still printed go nowhere: writing to a terminal that is gone is an error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in _STANDARD_STREAMS:
        with suppress(OSError):  # it is closed
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)
    os.close(nowhere)
