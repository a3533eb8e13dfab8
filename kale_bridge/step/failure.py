"""What keeps a hook from doing its work, as one sentence and a hint. Standard library only."""

from __future__ import annotations


class HookFailure(Exception):
    """A snapshot that wasn't taken: `message` says why, `hint` what to do; neither holds a secret."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint
