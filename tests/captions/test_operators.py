from __future__ import annotations

import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyanon
from pyanon.captions.operators import MASK, apply, decrypt
from pyanon.errors import InputError

KEY, OTHER = b"k" * 32, b"l" * 32


def test_redact_mask_and_keep() -> None:
    assert apply("redact", "Maria", kind="name") == ""
    assert apply("mask", "Maria", kind="name") == apply("mask", "Maria del Carmen López", kind="name") == MASK
    assert apply("keep", "Maria", kind="name") == "Maria"


def test_a_digest_is_the_same_for_the_same_text_kind_and_key() -> None:
    digest = apply("hash", "Maria", kind="name", key=KEY)
    assert digest == apply("hash", "Maria", kind="name", key=KEY)
    assert len(digest) == 16
    assert set(digest) <= set(string.hexdigits.lower())
    others = [("Mario", "name", KEY), ("Maria", "place", KEY), ("Maria", "name", OTHER), ("Maria", "name", None)]
    assert len({apply("hash", text, kind=kind, key=key) for text, kind, key in others} | {digest}) == 5  # type: ignore[arg-type]


def test_the_two_ways_to_write_an_accent_have_one_digest() -> None:
    assert apply("hash", "Jos\u00e9", kind="name", key=KEY) == apply("hash", "Jose\u0301", kind="name", key=KEY)


def test_without_a_key_digests_agree_within_a_process_only() -> None:
    code = "from pyanon.captions.operators import apply; print(apply('hash', 'Maria', kind='name'))"
    root = Path(pyanon.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    here = apply("hash", "Maria", kind="name")
    assert here == apply("hash", "Maria", kind="name")
    assert len(done.stdout.strip()) == 16
    assert done.stdout.strip() != here


def test_replace_is_for_those_who_know_the_sentence() -> None:
    with pytest.raises(InputError, match=r"no text of its own.*given: 'replace'"):
        apply("replace", "Maria", kind="name")


def test_nothing_is_encrypted_without_a_key() -> None:
    with pytest.raises(InputError, match=r"without a key.*do: set Policy\.key"):
        apply("encrypt", "Maria", kind="name")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(InputError, match=r"expected: cryptography; do: pip install 'pyanon\[encrypt\]'"):
        apply("encrypt", "Maria", kind="name", key=KEY)


class TestTokens:
    """What is encrypted turns back with the key, and with nothing else."""

    @pytest.fixture(autouse=True)
    def _needs_the_package(self) -> None:
        pytest.importorskip("cryptography", reason="cryptography is not installed (it is in the encrypt extra)")

    @given(st.text(min_size=1))
    def test_a_token_turns_back(self, text: str) -> None:
        assert decrypt(apply("encrypt", text, kind="name", key=KEY), KEY) == text

    def test_a_token_that_a_sentence_begins_with(self) -> None:
        token = apply("encrypt", "Maria", kind="name", key=KEY)
        assert decrypt(token[0].upper() + token[1:], KEY) == "Maria"

    def test_a_passphrase_is_a_key(self) -> None:
        token = apply("encrypt", "Zoë 👩🏽", kind="name", key="a secret passphrase")
        assert decrypt(token, "a secret passphrase") == "Zoë 👩🏽"

    def test_a_token_tells_its_kind_and_nothing_else(self) -> None:
        tokens = [apply("encrypt", text, kind="name", key=KEY) for text in ("Jo", "Jo", "Maria del Carmen López")]
        assert {len(token) for token in tokens} == {len(tokens[0])}
        assert len(set(tokens)) == 3
        assert all(token.startswith("name:") for token in tokens)
        assert set(tokens[0][5:]) <= set(string.ascii_letters + string.digits + "-_")

    def test_another_key_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"cannot be decrypted with this key.*expected: the key"):
            decrypt(apply("encrypt", "Maria", kind="name", key=KEY), OTHER)

    def test_what_was_changed_is_refused(self) -> None:
        token = apply("encrypt", "Maria", kind="name", key=KEY)
        changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        for bad in (changed, token.replace("name:", "place:")):
            with pytest.raises(InputError, match="cannot be decrypted"):
                decrypt(bad, KEY)

    @pytest.mark.parametrize("token", ["", "Maria", "name:", "name:Zm9v", "nobody:" + "A" * 60, "name:é" + "A" * 60])
    def test_what_is_no_token_is_refused(self, token: str) -> None:
        with pytest.raises(InputError, match="no token of an encrypted span"):
            decrypt(token, KEY)
