"""Exact ages, as captions say them."""

from __future__ import annotations

import re

__all__ = ["AGE", "MONTH", "YEAR", "YEARS", "years_in"]

_ONES = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
#: Numbers in words -> numbers.
YEARS = {
    **{word: number for number, word in enumerate(_ONES, 1)},
    **_TENS,
    **{f"{ten}-{one}": tens + number for ten, tens in _TENS.items() for number, one in enumerate(_ONES[:9], 1)},
    "hundred": 100,
}
_TEN, _ONE, _TEEN = "|".join(_TENS), "|".join(_ONES[:9]), "|".join(_ONES[::-1])
_HUNDRED = rf"(?:a|one)\ hundred(?:\ and\ (?:{_ONE}|{_TEEN}))?"
_NUMBER = rf"(?:\d{{1,3}}(?:[.,]5|\ ?[¼½¾])?|(?:{_TEN})(?:[- ](?:{_ONE}))?|{_TEEN}|{_HUNDRED})"
#: A month, and a year of somebody's life, as parts of patterns.
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = rf"(?:{_DAY}\ (?:of\ )?{MONTH}(?:,?\ {YEAR})?|{MONTH}\ {_DAY}\b(?:,?\ {YEAR})?|{MONTH}\ {YEAR}|{YEAR})"
_UNIT = r"(?:year|yr|month|mo|week|wk|day|año|jahr|ans?)e?s?"
_SOFT = r"(?:(?:now|just|only|barely|almost|nearly|already|recently|who|is|has|will\ be|about\ to\ be)\ )*"
_WHEN = r"(?:\ (?:today|yesterday|tomorrow|now|last\ \w+|next\ \w+|this\ \w+))?"
_ORDINAL = (
    rf"(?:\d{{1,3}}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    rf"|\w+teenth|(?:{_TEN})[- ]?\w*th|\w+tieth)"
)

#: An exact age, with the words that say that it is one.
AGE = re.compile(
    rf"""
    \b(?:at\ )?(?:the\ )?(?:aged?|ages)\ (?:of\ )?{_NUMBER}\b(?:\ and\ {_NUMBER}\b)*(?:\ {_UNIT}\b)?
  | \b{_SOFT}{_NUMBER}[-\ ]?{_UNIT}\.?(?:[-\ ]olds?\b|\ of\ age\b)
  | \b{_SOFT}{_NUMBER}[-\ ]?(?:y/?o|yrs?|y\.o\.)(?!\w)
  | \b{_SOFT}(?:turn(?:s|ed|ing)?|hit(?:s|ting)?)\ (?:the\ big\ )?{_NUMBER}\b{_WHEN}(?!\ (?:degrees|times|pages|tricks))
  | (?<=,\ )(?:\d{{1,2}}|{_ONE})\ (?:1/2|and\ a\ half)\b(?:\ {_UNIT}\b)?(?=[,.]|$)
  | (?<=,\ )(?:about|around|almost|nearly|only|just|not\ (?:yet|quite)|rising|going\ on|all\ of)\ {_NUMBER}(?=[,.)]|$)
  | (?<=\()(?:about|around|almost|nearly|only|just|not\ (?:yet|quite)|rising|going\ on|all\ of)\ {_NUMBER}(?=[,.)])
  | \b{_NUMBER}-and-(?:a-)?(?:bit|half|quarter|three-quarters)\b
  | (?<=[,(]\ )\d{{1,2}}\ ?[¼½¾](?=[,.)]|$) | (?<=\()\d{{1,2}}\ ?[¼½¾](?=[,.)])
  | (?<=,\ )(?:a|one)\ hundred(?:\ and\ (?:{_ONE}|{_TEEN}))?(?=[,.)]|$)
  | \b(?:{_TEN}|\d0)[- ]?something(?:s\b|\b)
  | (?<=wom[ae]n\ )of\ {_NUMBER}(?=[,.)]|$) | (?<=\bm[ae]n\ )of\ {_NUMBER}(?=[,.)]|$)
  | (?<=\bboy\ )of\ {_NUMBER}(?=[,.)]|$) | (?<=\bgirl\ )of\ {_NUMBER}(?=[,.)]|$)
  | (?<=happy\ )\d{{1,3}}(?:st|nd|rd|th)\b
  | \baet\.?\ ?\d{{1,3}}\b
  | \b{_NUMBER}\ (?:today|yesterday|tomorrow)\b
  | \b(?:was\ |were\ )?born\ (?:(?:in|on)\ (?:the\ )?)?{_DATE}(?:\ in\b)?
  | \bb(?:orn)?\.?\ ?{YEAR}\b
  | \*\ ?{YEAR}\b
  | \b{_ORDINAL}\ (?:\w+\ )?(?:birthday|bday|b-day)\b
  | \b(?:in|into)\ (?:his|her|their)\ (?:early\ |mid-?\ ?|late\ )?(?:\d0'?s|\w+ties)\b
  | \b\d{{1,2}}\ (?:años|Jahre\ alt|anni|ans)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def years_in(text: str) -> float | None:
    """How old an exact age says that somebody is, in years; None where it says no number of years.

    Args:
        text: Such as ``34``, ``aged thirty-four``, ``7 months old``, ``born in 1987``.
    """
    lower = text.lower()
    numbers = [int(number) for number in re.findall(r"\d+", lower)]
    numbers += [] if numbers else [YEARS[word] for word in re.findall(r"[a-z]+(?:-[a-z]+)?", lower) if word in YEARS]
    if not numbers or numbers[-1] > 1800:
        return None
    small = re.search(r"month|week|day|\bmo\b|\bwk", lower) and "birthday" not in lower
    return numbers[0] / (12 if small and "month" in lower else 52) if small else float(numbers[0])
