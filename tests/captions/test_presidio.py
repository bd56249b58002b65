"""Presidio as an extractor: against a stand-in everywhere, against Presidio itself where it is installed."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pyanon.captions.presidio import Presidio, kind_of
from pyanon.errors import ExtractorError, InputError
from pyanon.texts import Span
from tests.captions import presidio_stand_in
from tests.captions.presidio_stand_in import AnalyzerEngine, Pipeline, RecognizerResult, modules

TEXT = "👩🏽‍🦰 Zoë Ångström (zoe@example.com) from Oslo, 34 years old"
ENTITIES = {"Zoë Ångström": "PERSON", "Oslo": "LOCATION", "34 years old": "DATE_TIME", "from": "SHOE_SIZE"}


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Presidio's modules, with a model that knows four words."""
    made = modules({"en_small": Pipeline(ENTITIES, ["tok2vec", "ner"]), "en_tagger": Pipeline({}, ["tagger"])})
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    return made


def said(text: str, spans: tuple[Span, ...]) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in spans]


def test_what_presidio_finds_are_spans(stand_in: dict[str, Any]) -> None:
    spans = Presidio("en_small")(TEXT)
    assert said(TEXT, spans) == [
        ("Zoë Ångström", "name"),
        ("zoe@example.com", "contact"),
        ("from", "identifier"),
        ("Oslo", "place"),
        ("34 years old", "age"),
    ]
    assert {span.source for span in spans} == {"presidio"}
    assert {span.score for span in spans} == {1.0, 0.85}


def test_without_a_model_patterns_are_left(stand_in: dict[str, Any]) -> None:
    assert said(TEXT, Presidio()(TEXT)) == [("zoe@example.com", "contact")]
    assert Presidio()("") == ()


def test_no_list_is_fetched(stand_in: dict[str, Any]) -> None:
    Presidio()
    assert stand_in["tldextract.tldextract"].TLD_EXTRACTOR.suffix_list_urls == ()


def test_gliner_is_asked_in_its_own_words(stand_in: dict[str, Any], tmp_path: Path) -> None:
    (recognizer,) = Presidio(f"gliner:{tmp_path}")._engine.registry.recognizers[2:]
    kinds = {kind_of(entity) for entity in recognizer.entity_mapping.values()}
    assert kinds == {
        *("name", "relation", "age", "title", "employer", "place", "contact", "identifier"),
        *("nationality", "religion", "health"),
    }


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ("en_core_web_lg", r"spaCy model is not here; given: 'en_core.*do: python -m spacy download en_core_web_lg"),
        ("en_tagger", r"finds no named entities; given: 'en_tagger'"),
        ("gliner:owner/model", r"GLiNER model is not here.*'owner/model' \(OSError\).*do: hf download owner/model"),
    ],
)
def test_a_model_that_is_not_here(stand_in: dict[str, Any], model: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        Presidio(model)


@pytest.mark.parametrize(("module", "extra"), [("presidio_analyzer", "presidio"), ("gliner", "gliner")])
def test_a_package_that_is_not_here(
    stand_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"expected: {module}; do: pip install 'pyanon\[{extra}\]'"):
        Presidio("gliner:model")


@pytest.mark.parametrize("place", [(3, 3), (-1, 2), (0, 99), (5, 4)])
def test_what_is_not_in_the_text_is_no_answer(
    stand_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch, place: tuple[int, int]
) -> None:
    extractor = Presidio()
    monkeypatch.setattr(AnalyzerEngine, "analyze", lambda *_, **__: [RecognizerResult("PERSON", *place, score=1.0)])
    with pytest.raises(ExtractorError, match=r"could not read the text; given: IndexError, 14 characters"):
        extractor("My friend Maria"[:14])


def test_a_model_that_fails_is_no_empty_answer(stand_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, text: str, language: str) -> list[RecognizerResult]:
        raise KeyError(text)

    extractor = Presidio()
    monkeypatch.setattr(AnalyzerEngine, "analyze", fail)
    with pytest.raises(ExtractorError, match="KeyError") as error:
        extractor("My friend Maria")
    assert "Maria" not in str(error.value)


@pytest.mark.parametrize(
    ("found", "before", "kind"),
    [
        ("34 years old", "a man, ", "age"),
        ("34-year-old", "a ", "age"),
        ("34", "Maria, ", "age"),
        ("her 40th birthday", "at ", "age"),
        ("1990", "Maria, born in ", "age"),
        ("12 March 1990", "date of birth: ", "age"),
        ("12/03/1990", "DOB ", "age"),
        ("12/03/1990", "taken on ", "identifier"),
        ("2023-05-01", "", "identifier"),
        ("March 12th", "on ", "identifier"),
        ("the 3rd of May", "on ", "identifier"),
        ("yesterday", "photographed ", None),
        ("1990", "a car from ", None),
        ("10:30 am", "at ", None),
        ("summer", "in ", None),
        ("last March", "in ", None),
    ],
)
def test_dates_that_say_something_of_somebody(found: str, before: str, kind: str | None) -> None:
    assert kind_of("DATE_TIME", found=found, before=before) == kind


def test_an_entity_that_nobody_has_heard_of_is_an_identifier() -> None:
    assert [kind_of(entity) for entity in ("US_SSN", "IBAN_CODE", "CRYPTO", "SHOE_SIZE")] == ["identifier"] * 4
    assert [kind_of(entity) for entity in ("PERSON", "NRP", "ORGANIZATION")] == ["name", "nationality", "employer"]


class TestPresidioItself:
    """Where it is installed (it is in the presidio extra)."""

    @pytest.fixture(autouse=True)
    def _needs_presidio(self) -> None:
        pytest.importorskip("presidio_analyzer", reason="Presidio is not installed (it is in the presidio extra)")

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            ("presidio_analyzer", "AnalyzerEngine"),
            ("presidio_analyzer", "AnalyzerEngine.analyze"),
            ("presidio_analyzer", "RecognizerResult"),
            ("presidio_analyzer", "RecognizerRegistry"),
            ("presidio_analyzer", "RecognizerRegistry.load_predefined_recognizers"),
            ("presidio_analyzer", "RecognizerRegistry.add_recognizer"),
            ("presidio_analyzer.nlp_engine", "SpacyNlpEngine"),
            ("presidio_analyzer.nlp_engine", "SpacyNlpEngine.is_loaded"),
            ("presidio_analyzer.predefined_recognizers", "GLiNERRecognizer"),
        ],
    )
    def test_the_stand_in_is_called_as_presidio_is(self, module: str, name: str) -> None:
        theirs, ours = importlib.import_module(module), presidio_stand_in
        for part in name.split("."):
            theirs, ours = getattr(theirs, part), getattr(ours, part)
        known, used = inspect.signature(theirs).parameters, inspect.signature(ours).parameters
        assert {each: used[each].kind for each in used} == {each: known[each].kind for each in used}
        needed = {each for each in known if known[each].default is inspect.Parameter.empty}
        assert needed - {"model_kwargs"} <= set(used)

    def test_patterns(self) -> None:
        text = "👩🏽‍🦰 call +44 20 7946 0958, zoe@example.com, born 12/03/1990, card 4111 1111 1111 1111 at 192.168.0.1"
        assert said(text, Presidio()(text)) == [
            ("+44 20 7946 0958", "contact"),
            ("zoe@example.com", "contact"),
            ("example.com", "contact"),
            ("12/03/1990", "age"),
            ("4111 1111 1111 1111", "identifier"),
            ("192.168.0.1", "contact"),
        ]

    def test_a_spacy_model_in_a_folder(self, tmp_path: Path) -> None:
        spacy = importlib.import_module("spacy")
        pipeline = spacy.blank("en")
        words = {"Zoë Ångström": "PERSON", "Oslo": "GPE", "34 years old": "DATE", "Norwegian": "NORP"}
        ruler = pipeline.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": label, "pattern": word} for word, label in words.items()])
        pipeline.to_disk(tmp_path / "model")
        text = "👩🏽‍🦰 Zoë Ångström, Norwegian, from Oslo, 34 years old"
        found = said(text, Presidio(str(tmp_path / "model"))(text))
        assert found == [
            ("Zoë Ångström", "name"),
            ("Norwegian", "nationality"),
            ("Oslo", "place"),
            ("34 years old", "age"),
        ]

    def test_models_are_not_downloaded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        spacy_cli = importlib.import_module("spacy.cli")
        monkeypatch.setattr(spacy_cli, "download", lambda *_, **__: pytest.fail("a model is downloaded"))
        with pytest.raises(InputError, match="python -m spacy download en_core_web_none"):
            Presidio("en_core_web_none")


def _tiny_gliner(folder: Path) -> Path:
    """A GLiNER model with random weights, which finds something in every text."""
    gliner, transformers = (importlib.import_module(name) for name in ("gliner", "transformers"))
    tokenizers = importlib.import_module("tokenizers")
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    words = {word: number for number, word in enumerate([*special.values(), "maria", "lopez", "oslo"])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=special["unk_token"]))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder / "words")
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    network = transformers.AutoModel.from_config(transformers.BertConfig(vocab_size=64, **sizes))
    network.save_pretrained(folder / "words")
    made = gliner.GLiNERConfig(model_name=str(folder / "words"), hidden_size=32, max_width=4, max_len=64)
    gliner.GLiNER.from_config(made).save_pretrained(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_gliner_itself(tmp_path: Path) -> None:
    for name in ("presidio_analyzer", "gliner", "transformers"):
        pytest.importorskip(name, reason="GLiNER is not installed (it is in the gliner extra)")
    extractor = Presidio(f"gliner:{_tiny_gliner(tmp_path)}")
    (recognizer,) = (each for each in extractor._engine.registry.recognizers if hasattr(each, "gliner"))
    recognizer.threshold = 0.0
    text = "\U0001f469\U0001f3fd Maria Lopez \U0001f389 from Oslo"
    spans = extractor(text)
    assert spans
    words = {match.span() for match in re.finditer(r"\w+|\S", text)}  # as GLiNER splits texts
    starts, ends = ({place[side] for place in words} for side in (0, 1))
    assert {span.start for span in spans} <= starts  # random as they are, they begin and end where words do
    assert {span.end for span in spans} <= ends
    with pytest.raises(InputError, match=r"GLiNER model is not here.*do: hf download nobody/nothing"):
        Presidio("gliner:nobody/nothing")
