from __future__ import annotations

import hashlib

import pytest

from pyanon import keys
from pyanon.keys import derived, secret_of


def test_a_passphrase_is_stretched_and_bytes_are_taken_as_they_are() -> None:
    stretched = hashlib.pbkdf2_hmac("sha256", b"a secret passphrase", b"pyanon/key", 600_000)
    assert secret_of("a secret passphrase") == stretched
    assert secret_of(b"k" * 16) == b"k" * 16


def test_without_a_key_every_secret_is_fresh() -> None:
    assert secret_of(None) != secret_of(None)
    assert len(secret_of(None)) == 32


def test_a_passphrase_is_stretched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    secret_of("another passphrase")
    monkeypatch.setattr(keys.hashlib, "pbkdf2_hmac", lambda *_: pytest.fail("stretched again"))
    assert secret_of("another passphrase")


def test_every_purpose_has_a_secret_of_its_own() -> None:
    secret = b"k" * 32
    assert derived(secret, "hash") == derived(secret, "hash")
    assert len({secret, derived(secret, "hash"), derived(secret, "encrypt"), derived(b"l" * 32, "hash")}) == 4
