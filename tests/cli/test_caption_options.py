"""The options of commands that treat captions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from pyanon.captions.endpoint import Endpoint
from pyanon.cli.options import add_captions, add_policy, extractors_of, policy_of
from pyanon.errors import InputError
from tests.captions.model_stand_in import model_stand_in, names


def parsed(*arguments: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_policy(parser)
    add_captions(parser)
    return parser.parse_args([str(argument) for argument in arguments])


def test_nobody_is_asked_who_was_not_named() -> None:
    assert extractors_of(parsed()) == ()
    policy = policy_of(parsed())
    assert not policy.operators
    assert not policy.pseudonyms


def test_an_endpoint_is_asked() -> None:
    with model_stand_in(names(("34", "age"))) as model:
        given = parsed("--extractor", model.address, "--extractor-model", "tiny", "--extractor-timeout", 5)
        (extractor,) = extractors_of(given)
        assert [span.kind for span in extractor("Maria, 34")] == ["age"]
        assert isinstance(extractor, Endpoint)
        assert extractor.timeout == 5
    assert model.asked[0][2]["model"] == "tiny"


def test_endpoints_elsewhere_have_to_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-123")
    asked = ["--extractor", "https://192.0.2.1/v1", "--extractor-model", "large", "--extractor-key", "MODEL_KEY"]
    with pytest.raises(InputError, match="--extractor-remote"):
        extractors_of(parsed(*asked))
    (extractor,) = extractors_of(parsed(*asked, "--extractor-remote"))
    assert extractor == Endpoint("https://192.0.2.1/v1", "large", remote=True, key_variable="MODEL_KEY")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--extractor", "spacy"], r"extractor is unknown; given: 'spacy'; expected: presidio"),
        (["--extractor", "http://127.0.0.1:1/v1"], r"needs a model; given: .*--extractor-model NAME"),
        (["--extractor", "presidio", "--extractor-model", "en"], r"no endpoint.*given: --extractor-model;.*presidio:M"),
        (["--extractor-key", "KEY"], r"no endpoint.*given: --extractor-key"),
    ],
)
def test_what_cannot_be_meant(arguments: list[str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        extractors_of(parsed(*arguments))


def test_presidio_with_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("pyanon.captions.extractors.Presidio", lambda model: opened.append(model) or len(opened))
    assert extractors_of(parsed("--extractor", "presidio", "--extractor", "presidio:gliner:models/pii")) == (1, 2)
    assert opened == ["", "gliner:models/pii"]


def test_operators_and_pseudonyms(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    policy = policy_of(
        parsed("--operator", "name=hash", "--operator", "default = mask", "--pseudonyms", "--key-file", key)
    )
    assert policy.operators == {"name": "hash", "default": "mask"}
    assert policy.pseudonyms


@pytest.mark.parametrize("text", ["name", "name=", "=mask", "surname=mask", "name=erase", "default=keep"])
def test_operators_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match=r"Policy\.operators"):
        policy_of(parsed("--operator", text))


def test_pseudonyms_need_a_key() -> None:
    with pytest.raises(InputError, match=r"Policy\.pseudonyms needs Policy\.key"):
        policy_of(parsed("--pseudonyms"))


def test_commands_without_captions_have_the_usual_policy() -> None:
    parser = argparse.ArgumentParser()
    add_policy(parser)
    given: Any = parser.parse_args([])
    assert policy_of(given) == policy_of(parsed())
