"""The config: what makes a repository this one.

Owns the stored document. It is sealed as plain JSON, never compressed.
"""

from __future__ import annotations

import msgspec

from rok_jupyter.engine.format import document, gojson
from rok_jupyter.engine.format.chunker import is_irreducible, random_polynomial
from rok_jupyter.engine.format.ids import Buffer, Id, random_id
from rok_jupyter.errors import ErrorKind, RokError

VERSION = 2
"""The version of the format that is read and written."""

_POLYNOMIAL_BITS = 54


class ConfigFile(msgspec.Struct, frozen=True):
    """Version of the format, the repository's own id, and the polynomial it cuts files by, in hexadecimal."""

    version: int
    id: Id
    chunker_polynomial: str

    @property
    def polynomial(self) -> int:
        """The polynomial as an integer whose bits are the coefficients."""
        return int(self.chunker_polynomial, 16)


class _Versioned(msgspec.Struct):
    version: int


_DECODER = msgspec.json.Decoder(ConfigFile)
_VERSION_DECODER = msgspec.json.Decoder(_Versioned)


def new_config() -> ConfigFile:
    """Make the config of a new repository."""
    return ConfigFile(VERSION, random_id(), f"{random_polynomial():x}")


def encode_config(config: ConfigFile) -> bytes:
    """Write the config's JSON."""
    return gojson.encode(config)


def decode_config(content: Buffer) -> ConfigFile:
    """Read a config; raises FAILED_PRECONDITION for another version of the format, DATA_LOSS for a malformed one."""
    # The version alone first: another one may have other fields.
    version = document.decode(content, _VERSION_DECODER, "repository's config").version
    if version != VERSION:
        hint = "Run `restic migrate upgrade_repo_v2`." if version == 1 else "Install a newer version of this program."
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The repository has version {version} of the format; only version {VERSION} is supported.",
            hint,
        )
    config = document.decode(content, _DECODER, "repository's config")
    try:
        sound = config.polynomial.bit_length() == _POLYNOMIAL_BITS and is_irreducible(config.polynomial)
    except ValueError:
        sound = False
    if not sound:
        raise RokError(ErrorKind.DATA_LOSS, "The repository's config names no usable polynomial.")
    return config
