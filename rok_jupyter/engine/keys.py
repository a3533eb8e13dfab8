"""The keys of a repository: each opens it by a password of its own.

Owns finding the key that a password opens, adding and removing keys. Doesn't own a key file's fields (format.key_file).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from rok_jupyter.engine import lock_owner
from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.key_file import (
    KeyFile,
    decode_key_file,
    encode_key_file,
    new_key_file,
    open_key_file,
)
from rok_jupyter.engine.format.timestamp import ns_to_text, text_to_ns
from rok_jupyter.engine.storage.backend import Backend, FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import KeyInfo

_MAX_KEYS_TRIED = 20
"""As many as restic tries: each costs time, and a hostile storage could hold very many."""


def save_key(backend: Backend, master: MasterKey, password: str, *, strong_password: bool) -> Id:
    """Store `master` under a further password and return the key's id; raises INVALID_ARGUMENT for an empty one."""
    if not password:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, "The password of a repository can't be empty.", "Choose another one."
        )
    file = new_key_file(
        master,
        password,
        strong_password=strong_password,
        created=ns_to_text(time.time_ns()),
        username=lock_owner.user_name(),
        hostname=lock_owner.host_name(),
    )
    content = encode_key_file(file)
    key_id = hash_of(content)
    backend.save(FileKind.KEY, key_id, content)
    return key_id


def matching_keys(backend: Backend, password: str) -> Iterable[tuple[Id, MasterKey]]:
    """Go through the keys that the password opens, the cheapest to try first.

    Damaged key files are passed over; raises DATA_LOSS where nothing else is there.
    """
    files, first_error = _readable_files(backend)
    if not files and first_error is not None:
        raise first_error
    for key_id, file in sorted(files.items(), key=lambda item: item[1].cost)[:_MAX_KEYS_TRIED]:
        try:
            master = open_key_file(file, password)
        except RokError:
            continue  # a malformed file must not keep the others from opening
        if master is not None:
            yield key_id, master


def list_keys(backend: Backend, current: Id) -> tuple[KeyInfo, ...]:
    """Return what is known of each readable key, oldest first."""
    files, _ = _readable_files(backend)
    return tuple(
        sorted((key_info(key_id, file, current) for key_id, file in files.items()), key=lambda key: key.created)
    )


def key_info(key_id: Id, file: KeyFile, current: Id) -> KeyInfo:
    """Describe one key without its secrets."""
    created = datetime.fromtimestamp(_seconds(file.created), UTC)
    return KeyInfo(id=key_id, user=file.username, host=file.hostname, created=created, current=key_id == current)


def _seconds(text: str) -> float:
    try:
        return max(0.0, text_to_ns(text) / 10**9)
    except RokError:
        return 0.0


def _readable_files(backend: Backend) -> tuple[dict[Id, KeyFile], RokError | None]:
    files: dict[Id, KeyFile] = {}
    first_error: RokError | None = None
    for key_id, _ in backend.list(FileKind.KEY):
        try:
            content = backend.load(FileKind.KEY, key_id)
            if hash_of(content) != key_id:
                raise RokError(ErrorKind.DATA_LOSS, f"The key {key_id[:8]} is damaged: its content doesn't fit its id.")
            files[key_id] = decode_key_file(content)
        except RokError as error:
            if error.kind not in (ErrorKind.DATA_LOSS, ErrorKind.NOT_FOUND):
                raise
            first_error = first_error or error
    return files, first_error
