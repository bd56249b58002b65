"""A language model as an extractor: any service that speaks the chat completions of OpenAI's API."""

from __future__ import annotations

import http
import json
import os
import time
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pyanon.captions.address import Address
from pyanon.captions.answers import SCHEMA, spans_of
from pyanon.captions.post import LateError, UnreachableError, post
from pyanon.errors import ExtractorError, InputError
from pyanon.texts import Span

__all__ = ["Endpoint"]

#: What a server answers that may be over in a moment.
BUSY = frozenset({429, 500, 502, 503, 504})

#: Ends of an answer that is not whole; anything else that a server says is not repeated.
_ENDS = ("length", "content_filter", "tool_calls", "function_call")

_PROMPTS = resources.files("pyanon.captions") / "prompts"


@cache
def _prompt() -> str:
    return (_PROMPTS / "extract.txt").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Endpoint:
    """Asks a language model for the spans of a text, and takes no answer but one that can be checked.

    Texts go to this machine only, unless ``remote`` is set. Redirects are not followed and proxies are not used, so
    they go to nobody else either. The text is sent as data; whatever it makes the model say, an answer can only add
    spans to those of the grammar.

    Attributes:
        address: Where the service is: ``http://127.0.0.1:8080/v1``, ``https://...``, or ``unix:/SOCKET``.
        model: Name of the model, as the service knows it.
        remote: Whether texts may leave this machine.
        key_variable: Environment variable that holds the service's API key; empty: it needs none.
        timeout: Seconds that an attempt may take in all.
        attempts: How often a service that is busy or cannot be reached is asked; one that is slow is asked once.
        pause: Seconds before the second attempt, doubled before each later one.
        longest: Characters of a text, at most; what is longer is refused, never cut.

    Raises:
        InputError: The address is none, texts may not go there, or a value is out of range.
    """

    address: str
    model: str
    remote: bool = False
    key_variable: str = ""
    timeout: float = 30.0
    attempts: int = 3
    pause: float = 0.5
    longest: int = 4000
    _place: Address = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", Address.of(self.address))
        if not self.model:
            raise InputError(
                "an extractor at an address needs a model",
                given="no name",
                expected="its name (--extractor-model NAME)",
            )
        for name, low, high in (("timeout", 0.01, 3600), ("attempts", 1, 10), ("pause", 0, 60), ("longest", 1, 10**6)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} is out of range", given=value, expected=f"a number {low:g} to {high:g}")
        self._headers()
        if not self._place.file:
            try:
                self._place.resolved(remote=self.remote)
            except OSError as error:
                raise InputError("the extractor's name is not known", given=f"{self._place} ({error})") from error

    def __call__(self, text: str) -> tuple[Span, ...]:
        """The spans of a text that the model names, in order; they may overlap.

        Args:
            text: What to read.

        Raises:
            ExtractorError: The text is too long, the service cannot be reached, refuses, is too slow, or answers
                what does not follow the schema or is not in the text.
            InputError: The service's name has come to mean another machine.
        """
        if len(text) > self.longest:
            raise ExtractorError(
                "the text is too long for the extractor",
                given=f"{len(text)} characters",
                expected=f"{self.longest} or fewer",
            )
        return spans_of(self._answer(text), text, source="endpoint") if text.strip() else ()

    def _answer(self, text: str) -> str:
        body, reason = json.dumps(self._question(text)).encode(), ""
        for attempt in range(self.attempts):
            time.sleep(self.pause * 2 ** (attempt - 1) if attempt else 0)
            status, data, reason = self._asked(body)
            if status == http.HTTPStatus.OK:
                return _content(data)
        raise ExtractorError(
            "the extractor does not answer",
            given=f"{self._place} ({reason}), asked {self.attempts} times",
            do="see whether the service runs",
        )

    def _asked(self, body: bytes) -> tuple[int, bytes, str]:
        """Status and body of an answer, or no status and why there is none, where it is worth to ask again."""
        options: dict[str, Any] = {"headers": self._headers(), "remote": self.remote, "timeout": self.timeout}
        try:
            status, data = post(self._place, "/chat/completions", body, **options)
        except UnreachableError as error:
            return 0, b"", str(error)
        except LateError as error:
            raise ExtractorError(
                "the extractor is too slow",
                given=str(self._place),
                expected=f"an answer within {self.timeout:g} s",
                do="give it more time, or use a smaller model",
            ) from error
        if status in BUSY:
            return 0, b"", f"status {status}"
        if status != http.HTTPStatus.OK:
            raise ExtractorError(
                "the extractor refuses" if status >= 400 else "the extractor sends us elsewhere, where we do not go",
                given=f"{self._place}, status {status}",
                expected="status 200",
                do="check the address, the model's name, the API key, and that it knows json_schema",
            )
        return status, data, ""

    def _question(self, text: str) -> dict[str, Any]:
        return {
            "model": self.model,
            "temperature": 0,
            "stream": False,
            "messages": [
                {"role": "system", "content": _prompt()},
                # JSON within JSON: no quote or line in the text can end the string that it stands in.
                {"role": "user", "content": json.dumps({"caption": text}, ensure_ascii=False)},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "spans", "strict": True, "schema": SCHEMA},
            },
        }

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key_variable:
            key = os.environ.get(self.key_variable, "")
            if not key or not key.isascii() or not key.isprintable():
                raise InputError(
                    "the environment holds no API key for the extractor",
                    given=f"${self.key_variable}",  # never what is in it
                    expected="printable ASCII characters",
                    do=f"export {self.key_variable}=...",
                )
            headers["Authorization"] = f"Bearer {key}"
        return headers


def _content(data: bytes) -> str:
    """The text of a completion that is whole."""
    try:
        choice = json.loads(data)["choices"][0]
        content, finish = choice["message"]["content"], choice.get("finish_reason", "stop")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ExtractorError(
            "the extractor's answer is no completion",
            given=f"{len(data)} bytes",
            expected="JSON with choices[0].message.content",
        ) from error
    if not isinstance(content, str) or finish not in {"stop", None}:
        why = finish if finish in _ENDS else "no text, or no reason that is known"
        raise ExtractorError(
            "the extractor did not finish its answer", given=why, expected="text, with finish_reason stop"
        )
    return content
