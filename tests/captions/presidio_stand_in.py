"""A stand-in for Presidio and spaCy: the part of their interface that is used, to which test_presidio.py holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass
class RecognizerResult:
    entity_type: str
    start: int
    end: int
    score: float


@dataclass
class Pipeline:
    """A spaCy pipeline whose model knows these words: word -> label."""

    entities: dict[str, str] = field(default_factory=dict)
    pipe_names: list[str] = field(default_factory=list)


class SpacyNlpEngine:
    def __init__(self, models: list[dict[str, str]] | None = None) -> None:
        self.models, self.nlp = models, None

    def load(self) -> None:
        raise AssertionError("this downloads what is missing")

    def is_loaded(self) -> bool:
        return self.nlp is not None


class GLiNERRecognizer:
    def __init__(self, entity_mapping: dict[str, str] | None = None, model_name: str = "", **model_kwargs: Any) -> None:
        if not Path(model_name).is_dir() and model_kwargs.get("local_files_only"):
            raise OSError("not cached")
        self.entity_mapping = entity_mapping or {}


class RecognizerRegistry:
    def __init__(self) -> None:
        self.recognizers: list[Any] = []

    def load_predefined_recognizers(
        self, languages: list[str] | None = None, nlp_engine: SpacyNlpEngine | None = None
    ) -> None:
        self.recognizers += [re.compile(r"[\w.]+@[\w.]+\.\w+"), nlp_engine]

    def add_recognizer(self, recognizer: Any) -> None:
        self.recognizers.append(recognizer)


class AnalyzerEngine:
    def __init__(
        self,
        registry: RecognizerRegistry | None = None,
        nlp_engine: SpacyNlpEngine | None = None,
        supported_languages: list[str] | None = None,
    ) -> None:
        assert registry is not None
        assert nlp_engine is not None
        if not nlp_engine.is_loaded():
            nlp_engine.load()
        self.registry, self.nlp_engine = registry, nlp_engine

    def analyze(self, text: str, language: str) -> list[RecognizerResult]:
        pattern, engine, *_ = self.registry.recognizers
        found = [RecognizerResult("EMAIL_ADDRESS", *match.span(), score=1.0) for match in pattern.finditer(text)]
        for word, label in engine.nlp[language].entities.items():
            spans = (match.span() for match in re.finditer(re.escape(word), text))
            found += [RecognizerResult(label, *span, score=0.85) for span in spans]
        return found


def modules(installed: dict[str, Pipeline]) -> dict[str, ModuleType]:
    """The modules by name, with these spaCy models installed."""

    def load(name: str) -> Pipeline:
        if name not in installed:
            raise OSError(f"[E050] Can't find model '{name}'.")
        return installed[name]

    class Extractor:
        suffix_list_urls = ("https://publicsuffix.example/list.dat",)

    return {
        "presidio_analyzer": _module(AnalyzerEngine=AnalyzerEngine, RecognizerRegistry=RecognizerRegistry),
        "presidio_analyzer.nlp_engine": _module(SpacyNlpEngine=SpacyNlpEngine),
        "presidio_analyzer.predefined_recognizers": _module(GLiNERRecognizer=GLiNERRecognizer),
        "spacy": _module(load=load, blank=lambda name: Pipeline()),
        "gliner": _module(),
        "tldextract.tldextract": _module(TLD_EXTRACTOR=Extractor()),
    }


def _module(**names: Any) -> ModuleType:
    made = ModuleType("stand_in")
    for name, value in names.items():
        setattr(made, name, value)
    return made
