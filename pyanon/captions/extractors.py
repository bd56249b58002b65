"""Extractors by the names that users type."""

from __future__ import annotations

from pyanon.captions.endpoint import Endpoint
from pyanon.captions.presidio import Presidio
from pyanon.errors import InputError
from pyanon.texts import Extractor

__all__ = ["open_extractor"]

_PRESIDIO = "presidio"


def open_extractor(
    what: str, *, model: str = "", remote: bool = False, key_variable: str = "", timeout: float = 30.0
) -> Extractor:
    """An extractor, loaded and ready.

    Args:
        what: ``presidio``, ``presidio:MODEL``, or the address of an OpenAI-compatible endpoint.
        model: Name of the endpoint's model.
        remote: Whether texts may leave this machine.
        key_variable: Environment variable with the endpoint's API key.
        timeout: Seconds that the endpoint may take for a text.

    Raises:
        InputError: It is neither, something is missing, or texts may not go there.
    """
    name, _, rest = what.partition(":")
    if name == _PRESIDIO:
        return Presidio(rest)
    if name not in {"http", "https", "unix"}:
        raise InputError(
            "this extractor is unknown",
            given=repr(what),
            expected="presidio, presidio:MODEL, or an address: http://127.0.0.1:8080/v1, https://..., unix:/SOCKET",
        )
    return Endpoint(what, model, remote=remote, key_variable=key_variable, timeout=timeout)
