"""What is put in the place of a span where no general description shall be: nothing, asterisks, a digest, a token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import unicodedata
from functools import cache
from typing import Any

from pyanon.errors import InputError
from pyanon.keys import derived, secret_of
from pyanon.texts import KINDS, Kind, Operator

__all__ = ["MASK", "apply", "decrypt"]

#: As long whatever it hides: the length of a name narrows down who it is.
MASK = "*****"
#: Bytes of a digest, and bytes up to whose multiples texts are padded before they are encrypted.
DIGEST, BLOCK = 8, 32
#: Bytes of the nonce of AES-GCM (NIST SP 800-38D).
NONCE = 12


def apply(operator: Operator, text: str, *, kind: Kind, key: bytes | str | None = None) -> str:
    """What is put in the place of a span.

    Args:
        operator: ``redact``: nothing. ``mask``: asterisks, always as many. ``hash``: 16 hexadecimal digits of a keyed
            digest, the same for the same text, kind and key. ``encrypt``: a token that `decrypt` turns back, another
            one each time. ``keep``: the text itself.
        text: The span.
        kind: What it gives away.
        key: The policy's; None: digests agree within this process only, and nothing can be encrypted.

    Raises:
        InputError: Another operator (``replace`` needs the sentence and the face), or a token without a key or without
            the package that makes it.
    """
    if operator == "redact":
        return ""
    if operator == "mask":
        return MASK
    if operator == "hash":
        return _digest(text, kind=kind, key=key)
    if operator == "encrypt":
        return _encrypted(text, kind=kind, key=key)
    if operator == "keep":
        return text
    raise InputError(
        "this operator puts no text of its own in the place of a span",
        given=repr(operator),
        expected="redact, mask, hash, encrypt or keep",
    )


def decrypt(token: str, key: bytes | str) -> str:
    """The span that a token stands for.

    Args:
        token: From `apply` with ``encrypt``: kind, colon and base64, as it stands in the caption.
        key: The policy's key that it was made with.

    Raises:
        InputError: It is no token, was made with another key, or was changed; or a package is missing.
    """
    cipher, invalid = _cipher(key)
    kind, _, rest = token.partition(":")
    kind = kind.lower()  # a sentence may begin with it
    try:
        data = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise _no_token(token) from error
    if kind not in KINDS or len(data) <= NONCE:
        raise _no_token(token)
    try:
        padded = bytes(cipher.decrypt(data[:NONCE], data[NONCE:], kind.encode()))
    except invalid as error:
        raise InputError(
            "the token cannot be decrypted with this key",
            given=token,
            expected="the key of the policy that it was made with, and the token as it was",
        ) from error
    return padded.rpartition(b"\x80")[0].decode("utf-8", "surrogatepass")


def _no_token(token: str) -> InputError:
    return InputError(
        "this is no token of an encrypted span", given=repr(token), expected="a kind, a colon and base64: name:Zm9v..."
    )


@cache
def _own_key() -> bytes:
    """The key of this process, for policies without one."""
    return secrets.token_bytes(32)


def _digest(text: str, *, kind: Kind, key: bytes | str | None) -> str:
    """Never without a key: who has a list of names could hash them all and compare."""
    secret = derived(secret_of(_own_key() if key is None else key), "captions/hash")
    # Letters with accents can be written in two ways that nobody can tell apart.
    message = f"{kind}\0{unicodedata.normalize('NFC', text)}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(message, key=secret, digest_size=DIGEST).hexdigest()


def _encrypted(text: str, *, kind: Kind, key: bytes | str | None) -> str:
    if key is None:
        raise InputError("nothing can be encrypted without a key", given="key=None", do="set Policy.key, and keep it")
    cipher, _ = _cipher(key)
    data, nonce = text.encode("utf-8", "surrogatepass") + b"\x80", secrets.token_bytes(NONCE)
    padded = data + bytes(-len(data) % BLOCK)  # ISO/IEC 7816-4, so that the token does not tell the length
    token = base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, padded, kind.encode())).rstrip(b"=")
    return f"{kind}:{token.decode()}"


def _cipher(key: bytes | str) -> tuple[Any, type[Exception]]:
    """AES-256-GCM with a key of its own, and what it raises where a token is not what it was."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise InputError(
            "the operator encrypt needs a package that is not here",
            given=str(error),
            expected="cryptography",
            do="pip install 'pyanon[encrypt]'",
        ) from error
    return AESGCM(derived(secret_of(key), "captions/encrypt")), InvalidTag
