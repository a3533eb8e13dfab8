"""Retention and schedule as the user set them: one file in the state directory.

Owns that file and what a policy may say. Doesn't own what follows from it (upkeep's forget, schedule).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rok_jupyter.engine.retention import validate_policy
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Policy
from rok_jupyter.state import read_json, write_json

_LONGEST_MINUTES = 366 * 24 * 60


class Policies:
    """The stored policy; nothing is kept in memory, since other processes change it too."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self) -> Policy:
        """Return the policy; where none was set, one that keeps everything and schedules nothing. DATA_LOSS."""
        stored = read_json(self._file)
        if stored is None:
            return Policy()
        try:
            return msgspec.convert(stored, Policy)
        except msgspec.ValidationError as error:
            raise RokError(
                ErrorKind.DATA_LOSS,
                f"The policy in {self._file} can't be read: {error}.",
                "Remove that file, then set the policy again: rok policy set",
            ) from None

    def set(self, policy: Policy) -> Policy:
        """Store a policy; INVALID_ARGUMENT where it makes no sense."""
        check_policy(policy)
        write_json(self._file, msgspec.to_builtins(policy))
        return policy


def check_policy(policy: Policy) -> None:
    """Raise INVALID_ARGUMENT where a policy makes no sense."""
    validate_policy(policy.retention)
    if not 0 <= policy.schedule.every_minutes <= _LONGEST_MINUTES:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"A schedule of every {policy.schedule.every_minutes} minutes makes no sense.",
            f"Give a number of minutes up to {_LONGEST_MINUTES}, or 0 to turn the schedule off.",
        )
