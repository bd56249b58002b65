"""The captioner: the only place that knows in which order a caption is read, rewritten and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol

import numpy as np

from pyanon.captions import check
from pyanon.captions.decode import CaptionDecoder
from pyanon.captions.extract import Parsed, parse
from pyanon.captions.instruct import instruction
from pyanon.captions.match import assigned
from pyanon.captions.operators import apply
from pyanon.captions.pseudonyms import Pseudonyms
from pyanon.captions.rewrite import Instead, rewrite, without
from pyanon.policy import Operators, Policy
from pyanon.runtime import Device, Pack, Runner, load_pack, open_runner
from pyanon.texts import KINDS, Caption, Consistency, Extractor, Kind, Portrait, Reading
from pyanon.types import FloatArray

__all__ = ["ATTEMPTS", "NOTHING", "Captioner", "Decoder", "Scene", "open_decoder"]

#: Samples of the decoder that are looked at before the template is taken: of those whose first fails one in fifteen
#: passes with the second, one in sixty with a third.
ATTEMPTS = 2
#: Passes of the decoder for a sample: one that is further from the template would not pass the check.
PASSES = 8
#: How far from the mean samples after the first are drawn, in standard deviations.
SPREAD = 0.7
#: What is said where nothing of a caption may be.
NOTHING = "A picture."

ENCODER, DECODER = "caption_encoder", "caption_decoder"

#: Texts -> how well each fits the people in a picture, ``(n,)`` cosine similarity.
Fit = Callable[[Sequence[str]], FloatArray]


class Decoder(Protocol):
    """Writes public captions: `pyanon.captions.decode.CaptionDecoder`."""

    def __call__(
        self, reading: Reading, portraits: Sequence[Portrait | None], *, draft: str, seed: int = 0, spread: float = 0.0
    ) -> str | None:
        """The public caption, or None where it cannot write one."""


@dataclass(frozen=True)
class Scene:
    """What a caption is compared with.

    Attributes:
        before: What may be said of the people in the picture as it was, one for each located face.
        after: The same as it leaves, row by row; empty fields where a face is covered.
        fit_before: How well texts fit the picture as it was; None: nobody looks.
        fit: The same for the picture as it leaves.
        threshold: Least similarity of a text that fits.
    """

    before: tuple[Portrait, ...] = ()
    after: tuple[Portrait, ...] = ()
    fit_before: Fit | None = None
    fit: Fit | None = None
    threshold: float = -1.0


class Captioner:
    """Changes captions so that they fit the new faces and give nobody away; a caption is never passed through unread.

    ``with Captioner.open() as captioner: captioner(text).text`` is for captions without pictures, with networks of a
    pack; a plain `Captioner()` needs none. `pyanon.Anonymizer` has one for captions with pictures.

    A caption is read; the pack's text VAE writes a public one, and where no sample of it passes the check, the template
    does, which says in general words what gave somebody away, and keeps the rest.

    Args:
        policy: What shall happen.
        extractors: What is asked besides the embedded grammar.
        decoder: The pack's text VAE; None: only the template writes.
    """

    def __init__(
        self, *, policy: Policy | None = None, extractors: Sequence[Extractor] = (), decoder: Decoder | None = None
    ) -> None:
        self.policy = policy or Policy()
        self._extractors, self._runners = tuple(extractors), ExitStack()
        operators = self._operators = Operators(self.policy.operators)
        plain = {operators.of(kind) for kind in KINDS} == {"replace"} and not self.policy.pseudonyms
        # The decoder knows general descriptions only.
        self._decoder = decoder if plain else None
        self._kept = frozenset(kind for kind in KINDS if operators.of(kind) == "keep")
        key = self.policy.key
        self._pseudonyms = Pseudonyms(key) if self.policy.pseudonyms and key is not None else None

    @classmethod
    def open(
        cls,
        *,
        policy: Policy | None = None,
        pack: str | Pack = "pocket",
        device: Device = "auto",
        threads: int = 1,
        extractors: Sequence[Extractor] = (),
    ) -> Captioner:
        """A captioner with the text VAE of a pack, where it has one; to be closed.

        Args:
            policy: What shall happen.
            pack: Name or folder of the pack of networks.
            device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
            threads: Threads of one network on the CPU.
            extractors: What is asked besides the embedded grammar.

        Raises:
            PackError: The pack is missing, malformed or tampered with.
            RunnerError: A network cannot be run on this machine.
        """
        loaded = pack if isinstance(pack, Pack) else load_pack(pack)
        with ExitStack() as runners:
            decoder = open_decoder(
                loaded,
                lambda role: runners.enter_context(open_runner(loaded, role, device=device, threads=threads)),
            )
            captioner = cls(policy=policy, extractors=extractors, decoder=decoder)
            captioner._runners = runners.pop_all()
        return captioner

    def close(self) -> None:
        """Lets go of the networks that `open` has opened; harmless when repeated."""
        self._runners.close()

    def __enter__(self) -> Captioner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, caption: str, *, scene: Scene | None = None) -> Caption:
        """The public caption.

        Args:
            caption: The private one.
            scene: The picture that it goes with; None: text alone, where gender and age group stay as they are said.

        Raises:
            InputError: It is no caption.
        """
        scene = scene or Scene()
        parsed = parse(caption, extractors=self._extractors)
        portraits = assigned(parsed.reading.mentions, before=scene.before, after=scene.after)
        draft = rewrite(parsed.tagged, parsed.phrases, portraits, instead=self._instead(parsed, portraits))
        safe = self._safe(draft.text, parsed.reading)
        text, written = self._decoded(parsed, portraits, safe, scene)
        before, after = _measured(scene.fit_before, caption), _measured(scene.fit, text)
        return Caption(
            text,
            replace(written, before=before, after=after, changes=draft.changes),
            instruction(parsed.reading.mentions, portraits, before=scene.before, after=scene.after),
        )

    def _instead(self, parsed: Parsed, portraits: Sequence[Portrait | None]) -> Instead:
        """What the policy puts in the place of spans: digests, tokens, new names."""
        operators, key = self._operators, self.policy.key

        def of(kind: Kind, text: str) -> str | None:
            operator = operators.of(kind)
            return None if operator == "replace" else apply(operator, text, kind=kind, key=key)

        if self._pseudonyms is None:
            return Instead(of)
        people = [phrase for phrase in parsed.phrases if phrase.role in {"person", "mention"}]
        genders = {
            phrase.name: portrait.gender if portrait is not None else phrase.gender
            for phrase, portrait in zip(people, portraits, strict=True)
            if phrase.name
        }
        return Instead(of, self._pseudonyms.within(genders) if genders else {})

    def _safe(self, text: str, reading: Reading) -> str:
        """The template's caption without what the check still finds in it: words of spans that stand elsewhere."""
        left = check.left(text, reading, kept=self._kept)
        if not left:
            return text or NOTHING
        text = without(text, left)
        return NOTHING if not text or check.left(text, reading, kept=self._kept) else text

    def _decoded(
        self, parsed: Parsed, portraits: Sequence[Portrait | None], draft: str, scene: Scene
    ) -> tuple[str, Consistency]:
        """The first sample of the decoder that passes; the template's where none does."""
        if self._decoder is None:
            return draft, Consistency()
        refused: list[str] = []
        for attempt in range(ATTEMPTS):
            spread = SPREAD if attempt else 0.0
            text = self._decoder(parsed.reading, portraits, draft=draft, seed=attempt, spread=spread)
            if text is None:
                refused.append("it is too long")
                break
            fault = self._fault(text, parsed.reading, draft, scene)
            if not fault:
                return text, Consistency(writer="decoder", attempts=attempt + 1, refused=tuple(refused))
            refused.append(fault)
        return draft, Consistency(attempts=len(refused), refused=tuple(refused))

    def _fault(self, text: str, reading: Reading, draft: str, scene: Scene) -> str:
        """Why a caption may not leave, or nothing."""
        left = check.left(text, reading, kept=self._kept)
        if left:
            return f"left of the original: {', '.join(sorted(set(left.values())))}"
        if check.new_words(text, draft=draft):
            return "it says something else than the original"
        return self._untrue(text, draft, scene)

    def _untrue(self, text: str, draft: str, scene: Scene) -> str:
        """What a caption has against the picture, or nothing."""
        # The template's words for people agree with the faces one by one; untrue() knows of all faces together.
        if check.claims(text) != check.claims(draft) or next(check.untrue(text, scene.after), None) is not None:
            return "it says of somebody what is not so"
        if scene.fit is not None and _measured(scene.fit, text) < scene.threshold:
            return "it does not fit the picture"
        return ""


def open_decoder(pack: Pack, open_runner: Callable[[str], Runner]) -> Decoder | None:
    """The text VAE of a pack; None where it has none.

    Args:
        pack: The pack.
        open_runner: Opens and activates the network of a role.

    Raises:
        PackError: The pack's networks do not fit together.
    """
    roles = pack.manifest.roles
    if not {ENCODER, DECODER} <= set(roles) or pack.manifest.vocabulary is None:
        return None
    return CaptionDecoder(open_runner(ENCODER), open_runner(DECODER), pack.words(), passes=PASSES)


def _measured(fit: Fit | None, text: str) -> float:
    return float(np.asarray(fit([text]))[0]) if fit is not None else float("nan")
