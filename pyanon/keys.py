"""Secrets from a policy's key: what is drawn, hashed or encrypted with it cannot be told from chance without it."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

__all__ = ["derived", "secret_of"]

#: Rounds of PBKDF2 (RFC 8018) between a passphrase and a secret: guessing passphrases shall be slow.
ROUNDS = 600_000


def secret_of(key: bytes | str | None) -> bytes:
    """The secret of a key, 16 to 64 bytes.

    Args:
        key: As `pyanon.Policy.key`: bytes are taken as they are, a passphrase is stretched; None: a fresh secret.
    """
    if key is None:
        return secrets.token_bytes(32)
    return key if isinstance(key, bytes) else _stretched(key)


def derived(secret: bytes, purpose: str) -> bytes:
    """A secret of 32 bytes for one purpose (keyed BLAKE2b, RFC 7693); none of them tells of another, or of the first.

    Args:
        secret: From `secret_of`.
        purpose: What it is for.
    """
    return hashlib.blake2b(purpose.encode(), key=secret, digest_size=32, person=b"pyanon/keys").digest()


@lru_cache(maxsize=8)  # words are changed one by one, and stretching takes longer than all the rest
def _stretched(passphrase: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), b"pyanon/key", ROUNDS)
