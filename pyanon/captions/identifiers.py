"""What gives somebody away by its form alone: addresses, telephone numbers, numbers of documents, dates, ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pyanon.captions.ages import AGE, MONTH, YEAR
from pyanon.texts import Kind, Span

__all__ = ["find"]

_CONTACTS = re.compile(
    r"""
    (?<![\w@])@\w[\w.]*\w                                  # a handle
  | (?<!\w)\#\w*[^\W\d]\w*                                 # a hashtag: names stand in them
  | (?<![\w.+-])[\w.+-]{1,64}\ ?(?:@|[(\[{]\ ?at\ ?[)\]}])\ ?[\w-]+(?:(?:\.|\ ?[(\[{]\ ?dot\ ?[)\]}]\ ?)\w+)+  # mail
  | (?<![\w.+-])[\w.+-]{1,64}\ at\ [\w-]+\ dot\ \w+
  | (?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:example|test|invalid|local|lan)\b(?:/\S*\w)?
  | \b(?:https?://|www\.)\S+\w/?
  | (?<![\w.])\+?\(?\d{2,4}\)?(?:[\ .\-/]\(?\d{2,5}\)?){2,5}(?!\w)   # groups of digits: a telephone number
  | (?<![\w.-])\d{3}[-.\ ]\d{4}(?!\w)
    """,
    re.VERBOSE,
)
#: A name on a network, after the network's: ``insta: lena.k_99``.
_ACCOUNT = re.compile(
    r"""
    \b(?:insta(?:gram)?|ig|snap(?:chat)?|tiktok|twitter|facebook|fb|telegram|skype|discord|twitch|venmo|whatsapp)\b
    \s?(?:at|is|as|name)?\s?[:/-]?\s?(?P<id>@?[\w-]*(?:[\d_]|\w\.\w|(?-i:[a-z][A-Z]))[\w.-]*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IDENTIFIERS = re.compile(
    rf"""
    \b\d{{3}}-\d{{2}}-\d{{4}}\b                             # a social security number
  | \b[A-Z]{{2}}\d{{2}}(?:\ ?[A-Z0-9]{{4}}){{3,7}}(?:\ ?[A-Z0-9]{{1,3}})?\b     # an IBAN
  | \b\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b                 # a date in numbers
  | \b(?:\d{{1,2}}(?:st|nd|rd|th)?\ (?i:{MONTH})\ {YEAR}|(?i:{MONTH})\ \d{{1,2}}(?:st|nd|rd|th)?,?\ {YEAR})\b
  | \b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{{1,4}}(?:[-\ ·][A-Z0-9]*\d[A-Z0-9]*){{1,3}}\b    # a plate, a document
  | \b[A-Z]{{1,4}}[-·][A-Z]{{1,3}}[-\ ·]?\d{{1,5}}[A-Z]?\b
  | \b(?=[A-Z0-9]*\d)(?=\d*[A-Z])[A-Z0-9]{{5,}}\b
  | \b[A-Z]{{1,4}}[-\ ]\d{{3,5}}[-\ ][A-Z]{{1,3}}\b
  | \b[A-Z]{{2,4}}(?:\ [A-Z0-9]*\d[A-Z0-9]*){{2,}}\b
  | (?<![\w.])\#\ ?\d+(?:[-/]\d+)*\b
  | (?<![\w.,])\d{{5,}}(?:[-/]\d+)*\b
    """,
    re.VERBOSE,
)
_LABELLED = re.compile(
    r"""
    \b(?:(?:licen[sc]e|registration|number|vehicle|car)?\s?plates?|badge|bib|jersey|id|passport|ssn|account|card|file|
       ticket|policy|member|membership|permit|serial|social\ security|insurance|patient|employee|student|tag|vin|
       mrn|chip|ext(?:ension)?|service|booking|reference|ref|registration|iban|case|licen[sc]e|room)
    \.?\s(?:number|no\.?|nr\.?|num|id|\#|is|reads|reading)?\s?:?\s?
    (?P<id>\#?\ ?(?=[\w\ -]*\d)[A-Z0-9](?:[A-Z0-9./·-]|\ (?=[A-Z0-9]*\d)[A-Z0-9]|\ (?=(?-i:[A-Z]{1,3}\b)))*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DIGITS = re.compile(r"\d")
#: Digits of a telephone number, at least.
_LEAST = 7


def find(text: str) -> tuple[Span, ...]:
    """Contacts, identifiers and exact ages in a text, in order, none over another; the longer one wins.

    Telephone numbers are told by the library phonenumbers, and besides by their groups of digits; addresses by
    linkify-it.

    Args:
        text: A caption.
    """
    found = sorted(set(_all(text)), key=lambda span: (span.start - span.end, span.start, span.kind != "identifier"))
    kept: list[Span] = []
    for span in found:
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept))


def _all(text: str) -> Iterator[Span]:
    if "@" in text or "." in text:
        for match in _linkify().match(text) or ():
            yield Span(match.index, match.last_index, "contact", "linkify")
    if len(_DIGITS.findall(text)) >= _LEAST:
        yield from _telephones(text)
    patterns: tuple[tuple[re.Pattern[str], Kind], ...] = (
        (AGE, "age"), (_CONTACTS, "contact"), (_IDENTIFIERS, "identifier"),
    )  # fmt: skip
    for pattern, kind in patterns:
        for match in pattern.finditer(text):
            if kind != "contact" or any(letter.isalpha() for letter in match[0]) or not _is_small(match[0]):
                yield Span(*match.span(), kind)
    for match in _ACCOUNT.finditer(text):
        yield Span(*match.span("id"), "contact")
    for match in _LABELLED.finditer(text):
        yield Span(match.start("id"), match.start("id") + len(match["id"].rstrip("./·-")), "identifier")


def _is_small(text: str) -> bool:
    """Whether groups of digits are too short to be a telephone number: a size, a score."""
    return len(_DIGITS.findall(text)) < _LEAST


def _telephones(text: str) -> Iterator[Span]:
    import phonenumbers

    for region in ("US", "GB"):
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
            if match.start < match.end and len(_DIGITS.findall(match.raw_string)) >= _LEAST:
                yield Span(match.start, match.end, "contact", "phonenumbers")


@lru_cache(maxsize=1)
def _linkify() -> Any:
    from linkify_it import LinkifyIt

    return LinkifyIt().set({"fuzzy_email": True, "fuzzy_link": True, "fuzzy_ip": True})
