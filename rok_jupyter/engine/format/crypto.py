"""Sealing: AES-256-CTR, then Poly1305-AES over the ciphertext, as restic does; and keys derived from passwords.

A sealed message is 16 random bytes of nonce, the ciphertext, and 16 bytes of MAC. The MAC's one-time key is `r`
followed by the nonce encrypted by AES-128 under `k`.

Owns secrets in memory and their use. Doesn't own the key files that carry them (key_file).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from rok_jupyter.engine.format.ids import Buffer
from rok_jupyter.errors import ErrorKind, RokError

NONCE_BYTES = 16
MAC_BYTES = 16
OVERHEAD = NONCE_BYTES + MAC_BYTES
"""How much longer a sealed message is than its plain text."""

_MASTER_KEY_BYTES = 64
_MAX_SCRYPT_MEMORY = 1 << 30


class _Ciphers(threading.local):
    """One thread's cipher contexts: they are costly to make and must not be shared between threads."""

    def __init__(self, encrypt: bytes, mac_k: bytes) -> None:
        self.stream: CipherContext = Cipher(algorithms.AES(encrypt), modes.CTR(bytes(16))).encryptor()
        # One block per nonce, each under a fresh key of Poly1305: this is Poly1305-AES's own use of the bare cipher.
        self.block: Callable[[bytes], bytes] = Cipher(algorithms.AES(mac_k), modes.ECB()).encryptor().update  # noqa: S305


class MasterKey:
    """The three secrets of a repository, or those derived from a password: seals and opens messages; thread-safe."""

    __slots__ = ("_ciphers", "encrypt", "mac_k", "mac_r")

    def __init__(self, encrypt: bytes, mac_k: bytes, mac_r: bytes) -> None:
        if (len(encrypt), len(mac_k), len(mac_r)) != (32, 16, 16):
            raise RokError(ErrorKind.DATA_LOSS, "A key of the repository has the wrong length.")
        self.encrypt = encrypt
        self.mac_k = mac_k
        self.mac_r = mac_r
        self._ciphers = _Ciphers(encrypt, mac_k)

    @classmethod
    def generate(cls) -> MasterKey:
        """Return a new random key."""
        return cls.from_bytes(os.urandom(_MASTER_KEY_BYTES))

    @classmethod
    def from_bytes(cls, secret: bytes) -> MasterKey:
        """Split 64 bytes as restic does: encryption 32, k 16, r 16."""
        return cls(secret[:32], secret[32:48], secret[48:])

    def __repr__(self) -> str:
        return "MasterKey(<secret>)"

    def seal(self, plain: Buffer) -> bytearray:
        """Encrypt and authenticate `plain` under a new random nonce."""
        sealed = bytearray(len(plain) + OVERHEAD)
        with memoryview(sealed) as slot:
            self.seal_into(plain, slot)
        return sealed

    def seal_into(self, plain: Buffer, slot: memoryview) -> None:
        """Seal `plain` into a slot that is longer than it by OVERHEAD."""
        self._seal_by(os.urandom(NONCE_BYTES), plain, slot)

    def seal_each_into(self, plains: Sequence[Buffer], slot: memoryview) -> None:
        """Seal several, one behind the other, into a slot that is longer than all of them by OVERHEAD each."""
        nonces = os.urandom(NONCE_BYTES * len(plains))
        start = 0
        for number, plain in enumerate(plains):
            end = start + len(plain) + OVERHEAD
            with slot[start:end] as part:
                self._seal_by(nonces[NONCE_BYTES * number : NONCE_BYTES * (number + 1)], plain, part)
            start = end

    def _seal_by(self, nonce: bytes, plain: Buffer, slot: memoryview) -> None:
        ciphers = self._ciphers
        slot[:NONCE_BYTES] = nonce
        ciphers.stream.reset_nonce(nonce)
        with slot[NONCE_BYTES:] as rest, slot[NONCE_BYTES:-MAC_BYTES] as ciphertext:
            ciphers.stream.update_into(plain, rest)
            tag = Poly1305.generate_tag(self.mac_r + ciphers.block(nonce), ciphertext)
        slot[-MAC_BYTES:] = tag

    def open(self, sealed: Buffer) -> bytes:
        """Return what was sealed; raises DATA_LOSS where the message is damaged or was sealed by another key."""
        ciphers = self._ciphers
        view = memoryview(sealed)
        if len(view) < OVERHEAD:
            raise RokError(ErrorKind.DATA_LOSS, "Encrypted data is too short: it was cut off.")
        nonce = bytes(view[:NONCE_BYTES])
        ciphertext = view[NONCE_BYTES:-MAC_BYTES]
        tag = Poly1305.generate_tag(self.mac_r + ciphers.block(nonce), ciphertext)
        if not compare_digest(tag, view[-MAC_BYTES:]):
            raise RokError(ErrorKind.DATA_LOSS, "Encrypted data is damaged: its checksum (MAC) is wrong.")
        ciphers.stream.reset_nonce(nonce)
        return ciphers.stream.update(ciphertext)


def derive_key(password: str, salt: bytes, *, n: int, r: int, p: int) -> MasterKey:
    """Derive a key from a password by scrypt; raises DATA_LOSS for parameters that no honest writer uses."""
    memory = 128 * r * (n + p + 2)
    sane = n > 1 and n & (n - 1) == 0 and 0 < r < 1 << 10 and 0 < p < 1 << 10 and memory <= _MAX_SCRYPT_MEMORY
    if not sane:
        raise RokError(ErrorKind.DATA_LOSS, "A key file asks for scrypt with parameters out of all reason.")
    secret = hashlib.scrypt(
        password.encode("utf-8", "surrogateescape"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=2 * memory,
        dklen=_MASTER_KEY_BYTES,
    )
    return MasterKey.from_bytes(secret)
