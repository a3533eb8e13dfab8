"""Whose snapshots these are, in a repository that several people or machines may share.

Owns that name: the configured one, else USER@RANDOM, where the random part is made once and kept in the state
directory. A host's name would not do, since a pod gets another with each start; a user's name alone would not either,
since in Kubeflow everybody is `jovyan`, and a forget must never mean somebody else's snapshots. Who loses the state
directory but keeps the repository finds the old snapshots by `rok list --all`, and sets RokSettings.owner to the name
shown there.
"""

from __future__ import annotations

import os
import pwd
import secrets
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import exclusive, read_json, write_json

_RANDOM_BYTES = 4


def owner_of(settings: RokSettings) -> str:
    """Return the owner's name; where the state directory can't be written and holds none, the user's name alone."""
    if settings.owner:
        return settings.owner
    path = settings.locations.root / "owner.json"
    try:
        return _known(read_json(path)) or _made(path)
    except RokError as error:
        if error.kind is ErrorKind.DATA_LOSS:
            raise
        return user_name()


def _made(path: Path) -> str:
    with exclusive(path.with_suffix(".lock")):
        known = _known(read_json(path))
        if known is None:
            known = f"{user_name()}@{secrets.token_hex(_RANDOM_BYTES)}"
            write_json(path, {"owner": known})
        return known


def user_name() -> str:
    """Return the name of the user that this process runs as, a number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _known(stored: object) -> str | None:
    if isinstance(stored, dict) and isinstance(owner := stored.get("owner"), str) and owner:
        return owner
    return None
