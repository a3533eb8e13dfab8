"""Key files: the repository's master key, sealed under a key that scrypt derives from a password.

Owns the stored document and its cost. Doesn't own where the files are (keys).
"""

from __future__ import annotations

import os
from typing import Annotated

import msgspec

from rok_jupyter.engine.format import document, gojson
from rok_jupyter.engine.format.crypto import MasterKey, derive_key
from rok_jupyter.engine.format.ids import Buffer
from rok_jupyter.errors import ErrorKind, RokError

_SALT_BYTES = 64
_BLOCK = 8
_GUESSABLE = (1 << 15, 5)
"""N and p for a password that a person chose: about 0.3 s and 32 MB a guess."""
_RANDOM = (1 << 10, 1)
"""N and p for one of 256 random bits, which nobody guesses: opening must be fast instead."""


class KeyFile(msgspec.Struct, frozen=True):
    """One password's way to the master key; `data` is the master key's JSON, sealed."""

    created: str
    username: str
    hostname: str
    kdf: str
    n: Annotated[int, msgspec.Meta(gt=0)] = msgspec.field(name="N")
    r: Annotated[int, msgspec.Meta(gt=0)]
    p: Annotated[int, msgspec.Meta(gt=0)]
    salt: bytes
    data: bytes

    @property
    def cost(self) -> int:
        """How long a try takes, in no particular unit."""
        return self.n * self.r * self.p


class _MacJson(msgspec.Struct):
    k: bytes
    r: bytes


class _MasterKeyJson(msgspec.Struct):
    mac: _MacJson
    encrypt: bytes


_DECODER = msgspec.json.Decoder(KeyFile)
_MASTER_DECODER = msgspec.json.Decoder(_MasterKeyJson)


def new_key_file(
    master: MasterKey, password: str, *, strong_password: bool, created: str, username: str, hostname: str
) -> KeyFile:
    """Seal `master` under `password`; scrypt is cheap only where `strong_password` says that nobody can guess it."""
    n, p = _RANDOM if strong_password else _GUESSABLE
    salt = os.urandom(_SALT_BYTES)
    plain = gojson.encode(_MasterKeyJson(_MacJson(master.mac_k, master.mac_r), master.encrypt))
    data = bytes(derive_key(password, salt, n=n, r=_BLOCK, p=p).seal(plain))
    return KeyFile(created, username, hostname, "scrypt", n=n, r=_BLOCK, p=p, salt=salt, data=data)


def encode_key_file(file: KeyFile) -> bytes:
    """Write a key file's JSON."""
    return gojson.encode(file)


def decode_key_file(content: Buffer) -> KeyFile:
    """Read a key file; raises DATA_LOSS where it is malformed."""
    return document.decode(content, _DECODER, "key file")


def open_key_file(file: KeyFile, password: str) -> MasterKey | None:
    """Return the master key, or None where the password isn't this file's; raises DATA_LOSS for a malformed file."""
    if file.kdf != "scrypt":
        raise RokError(ErrorKind.DATA_LOSS, "A key file asks for an unknown way to derive keys.")
    derived = derive_key(password, file.salt, n=file.n, r=file.r, p=file.p)
    try:
        plain = derived.open(file.data)
    except RokError:
        return None
    stored = document.decode(plain, _MASTER_DECODER, "master key")
    return MasterKey(stored.encrypt, stored.mac.k, stored.mac.r)
