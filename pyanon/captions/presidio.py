"""Presidio as an extractor: its recognisers, with spaCy's or GLiNER's models where the user names one."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from pyanon.errors import ExtractorError, InputError
from pyanon.texts import Kind, Span

__all__ = ["GLINER", "Presidio", "kind_of"]

#: Before the folder of a GLiNER model, where a spaCy model would stand.
GLINER = "gliner:"

#: What Presidio's entities give away, by the names of its recognisers and of the models it maps; the others, most of
#: which are numbers of documents, are identifiers.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("PERSON",), "name"),
    **dict.fromkeys(("LOCATION", "GPE", "ADDRESS", "STREET_ADDRESS", "ZIP_CODE"), "place"),
    **dict.fromkeys(("UK_POSTCODE", "CA_POSTAL_CODE", "DE_PLZ"), "place"),
    **dict.fromkeys(("EMAIL_ADDRESS", "EMAIL", "PHONE_NUMBER", "URL", "IP_ADDRESS", "USERNAME"), "contact"),
    **dict.fromkeys(("ZA_TELEPHONE_NUMBER", "ZA_MOBILE_NUMBER"), "contact"),
    **dict.fromkeys(("ORGANIZATION", "ORG"), "employer"),
    **dict.fromkeys(("TITLE", "JOB_TITLE", "OCCUPATION", "PROFESSION"), "title"),
    **dict.fromkeys(("AGE", "DATE_OF_BIRTH"), "age"),
    **dict.fromkeys(("NRP", "NATIONALITY"), "nationality"),
    **dict.fromkeys(("RELIGION",), "religion"),
    **dict.fromkeys(("MEDICAL_CONDITION", "MEDICAL_DISEASE_DISORDER", "MEDICATION", "HEALTH"), "health"),
    **dict.fromkeys(("RELATION",), "relation"),
}

#: What GLiNER, which takes any words for labels, is asked for -> Presidio's entity.
_LABELS = {
    "person": "PERSON",
    "relative": "RELATION",
    "age": "AGE",
    "date of birth": "DATE_OF_BIRTH",
    "job title": "TITLE",
    "organization": "ORGANIZATION",
    "location": "LOCATION",
    "address": "ADDRESS",
    "email": "EMAIL_ADDRESS",
    "phone number": "PHONE_NUMBER",
    "username": "USERNAME",
    "identification number": "ID",
    "license plate number": "ID",
    "nationality": "NATIONALITY",
    "religion": "RELIGION",
    "medical condition": "MEDICAL_CONDITION",
    "medication": "MEDICATION",
}

#: Characters before a date in which it may be said that somebody was born then.
_BEFORE = 32
_BORN = re.compile(r"(?i)\b(?:born|birth\w*|d\.?o\.?b|b\.|aged?|turn(?:s|ed|ing))\W*(?:\w+\W+){0,3}$")
_AGED = re.compile(r"(?i)\b(?:years?|months?|weeks?|yrs?|y/?o)[\s-]*old\b|\b(?:aged?|y/?o|birthday)\b|^\d{1,3}$")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAY = re.compile(
    r"(?i)\b\d{1,4}\s*[-./]\s*\d{1,2}\s*[-./]\s*\d{1,4}\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\b.*\b(?:{_MONTHS})|\b(?:{_MONTHS}).*\d"
)


def kind_of(entity: str, *, found: str = "", before: str = "") -> Kind | None:
    """What an entity of Presidio gives away; None where it is a date or time that says nothing of a person.

    A ``DATE_TIME`` may be "yesterday", and it may be a birthday. It is an age where it speaks of one ("34 years old"),
    or the text before it of a birth; else an identifier where it names a day, which may be somebody's; else nothing.
    An entity without a kind of ours is an identifier.

    Args:
        entity: Its name.
        found: What was found.
        before: The text before that.
    """
    if entity != "DATE_TIME":
        return _KINDS.get(entity, "identifier")
    if _AGED.search(found.strip()) or _BORN.search(before[-_BEFORE:]):
        return "age"
    return "identifier" if _DAY.search(found) else None


class Presidio:
    """Finds what Presidio's recognisers find.

    Nothing is downloaded: a model that is not on this machine is an error, and the list of public suffixes is the one
    that came with its package.

    Args:
        model: Name or folder of a spaCy model with named entities, such as ``en_core_web_lg``; ``gliner:`` and the
            folder or cached name of a GLiNER model; empty: patterns alone, which know numbers and addresses, no names.

    Raises:
        InputError: Presidio or the model is not installed, or cannot be loaded; says what to install.
    """

    def __init__(self, model: str = "") -> None:
        self.model = model
        self._engine = _engine(model)

    def __call__(self, text: str) -> tuple[Span, ...]:
        """The spans of a text, in order; they may overlap.

        Args:
            text: What to read.

        Raises:
            ExtractorError: Presidio raised, or found what is not in the text.
        """
        try:
            found = self._engine.analyze(text, language="en")
            spans = {_span(each, text) for each in found}
        except Exception as error:  # models raise whatever they like, and what was not read may not leave
            raise ExtractorError(
                "Presidio could not read the text", given=f"{type(error).__name__}, {len(text)} characters"
            ) from error
        return tuple(sorted(span for span in spans if span is not None))


def _span(result: Any, text: str) -> Span | None:
    start, end = int(result.start), int(result.end)
    if not 0 <= start < end <= len(text):
        raise IndexError(f"{start} to {end}")
    kind = kind_of(str(result.entity_type), found=text[start:end], before=text[:start])
    return None if kind is None else Span(start, end, kind, source="presidio", score=float(result.score))


def _engine(model: str) -> Any:
    """Presidio's engine with all its recognisers for English."""
    analyzer, engines = _load("presidio_analyzer"), _load("presidio_analyzer.nlp_engine")
    # Its recogniser of e-mail addresses would fetch a list of suffixes from the web at the first address.
    _load("tldextract.tldextract").TLD_EXTRACTOR.suffix_list_urls = ()
    gliner = model.startswith(GLINER)
    engine = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model or "blank"}])
    # Its own way to load a model is to download what is missing.
    engine.nlp = {"en": _spacy("" if gliner else model)}
    registry = analyzer.RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    if gliner:
        registry.add_recognizer(_gliner(model[len(GLINER) :]))
    return analyzer.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def _spacy(model: str) -> Any:
    """A spaCy pipeline; one that but finds the words where no model is named."""
    spacy = _load("spacy")
    if not model:
        return spacy.blank("en")
    try:
        pipeline = spacy.load(model)
    except (OSError, ValueError) as error:
        raise InputError(
            "this spaCy model is not here",
            given=repr(model),
            expected="the name of an installed model, or its folder",
            do=f"python -m spacy download {model}, or name another: --extractor presidio:MODEL",
        ) from error
    if "ner" not in pipeline.pipe_names and "entity_ruler" not in pipeline.pipe_names:
        raise InputError("this spaCy model finds no named entities", given=repr(model), expected="one with a step ner")
    return pipeline


def _gliner(model: str) -> Any:
    _load("gliner", extra="gliner")
    recognizers = _load("presidio_analyzer.predefined_recognizers")
    try:
        # Without the last, a model that is not here would be fetched from its hub.
        return recognizers.GLiNERRecognizer(model_name=model, entity_mapping=dict(_LABELS), local_files_only=True)
    except Exception as error:  # torch, transformers and the hub's library have exceptions of their own
        raise InputError(
            "this GLiNER model is not here or cannot be loaded",
            given=f"{model!r} ({type(error).__name__})",
            expected="the folder of a model, or its name where it was fetched before",
            do=f"hf download {model}" if not Path(model).exists() else "",
        ) from error


def _load(name: str, *, extra: str = "presidio") -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            "this extractor needs a package that is not here",
            given=str(error),
            expected=name.partition(".")[0],
            do=f"pip install 'pyanon[{extra}]'",
        ) from error
