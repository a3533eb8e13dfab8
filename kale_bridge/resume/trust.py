"""What is asked before another user's variables may be loaded: loading a pickle runs its code.

Owns the words, and which answers are a yes. Doesn't own what is done without one.
"""

from __future__ import annotations

from kale_bridge.resume.point import ResumePoint
from rok_jupyter.commands.grammar import Call

_YES = ("y", "yes")


def warning(point: ResumePoint) -> str:
    """Return what loading another user's variables means."""
    owner = point.snapshot.owner or "somebody else"
    return (
        f"The snapshot {point.short} is {owner}'s. Its variables are pickles: loading them, as running its notebook,"
        f" runs code of {owner}'s."
    )


def is_trusted(call: Call, point: ResumePoint, question: str) -> bool | None:
    """Ask whether another user's variables may be loaded; None where nobody can be asked."""
    answer = call.ask(warning(point), f"{question} [y/N] ")
    return None if answer is None else answer.strip().lower() in _YES
