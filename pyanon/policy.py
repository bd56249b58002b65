"""What shall happen to the faces, stated once and checked when it is stated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias, get_args

from pyanon.errors import InputError
from pyanon.photos import Meant, Photo, as_meant
from pyanon.texts import KINDS, OPERATORS, Operator

__all__ = ["KEPT", "PRESERVED", "SHORTEST_PASSPHRASE", "Cover", "Method", "OnError", "Operators", "Policy"]

#: Looks of a cover. None of them contains anything of the face: all are painted from what stays visible around it.
Cover: TypeAlias = Literal["blur", "mosaic", "solid"]
Method: TypeAlias = Literal["replace", "blur", "mosaic", "solid"]
OnError: TypeAlias = Literal["stop", "cover"]

#: What every replaced face keeps: the attribute code carries it from frame to frame.
KEPT = frozenset({"expression", "pose", "gaze"})
#: What a replaced face keeps where the policy leaves it open; the pack says which of these it knows.
PRESERVED = KEPT | {"age", "gender", "skin"}
#: Characters of a passphrase, at least.
SHORTEST_PASSPHRASE = 12


class Operators(Mapping[str, Operator]):
    """Kind of span -> what is put in its place; ``"default"`` stands for the kinds that are not named. Never changes.

    Args:
        given: Kind or ``"default"`` -> one of `pyanon.texts.OPERATORS`.

    Raises:
        InputError: A kind or an operator is unknown, or what nobody could read would be kept.
    """

    __slots__ = ("_pairs",)

    def __init__(self, given: Mapping[str, Operator]) -> None:
        pairs = list(given.items()) if isinstance(given, Mapping) else [(repr(given), "")]
        for kind, operator in pairs:
            if kind not in {*KINDS, "default"} or operator not in OPERATORS:
                raise InputError(
                    "Policy.operators cannot be used",
                    given=f"{kind}={operator}",
                    expected=f"a mapping of default or {', '.join(KINDS)} to {', '.join(OPERATORS)}",
                )
            if operator == "keep" and kind in {"default", "unread"}:
                raise InputError(
                    "Policy.operators would keep what nobody could read",
                    given=f"{kind}={operator}",
                    expected="what is kept to be named, kind by kind",
                    do='name what may stay, such as {"place": "keep"}',
                )
        self._pairs = tuple(sorted(pairs))

    def of(self, kind: str) -> Operator:
        """What is put in the place of spans of a kind.

        Args:
            kind: One of `pyanon.texts.KINDS`.
        """
        return self.get(kind) or self.get("default") or "replace"

    def __getitem__(self, kind: str) -> Operator:
        return dict(self._pairs)[kind]

    def __iter__(self) -> Iterator[str]:
        return (kind for kind, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return repr(dict(self._pairs))


@dataclass(frozen=True)
class Policy:
    """The rules of one anonymization.

    Attributes:
        method: What happens to a face: ``"replace"`` puts a face that belongs to nobody in its place, and covers
            it where that cannot be proven safe; ``"blur"``, ``"mosaic"`` and ``"solid"`` cover every face with that
            look. None: replace where the pack can, cover where it cannot.
        preserve: What a replacement shares with the face under it, of ``expression``, ``pose``, ``gaze`` (which
            are always kept) and the traits of the pack; all but what is altered where it is left out. What is
            neither preserved nor altered is left to chance.
        alter: Traits of the pack that are moved to the category farthest from the original's.
        fmr: False match rate of the impostor thresholds that tell a replacement from the faces around it.
        epsilon: Privacy loss of a draw by the exponential mechanism; None draws by rejection (docs/sampler.md).
        key: Secret that identities are drawn with, 16 to 64 bytes, or a passphrase: the same key and track give the
            same person. None: a fresh one for every `Anonymizer`. Never shown or written.
        steps: Steps of the generator; the pack says how many there may be.
        cover: Look of a covered face: ``"blur"`` (soft, skin-toned, grainy), ``"mosaic"`` (cells) or ``"solid"``.
        colour: Red, green and blue of a solid cover, and of a frame that is covered whole.
        prompts: What to hide, in words the pack's locator knows.
        threshold: Least score of a face that nothing spoke of before; None takes the pack's calibrated one.
        margin: How far a cover reaches beyond the located box, as a share of the box.
        lookahead: Frames that are held back, so that a face is covered before it was first found. None: 12 for
            files, 0 for live streams.
        coast: Seconds for which a face stays covered after the locator lost it; a quarter of that for what was seen
            once or twice, or never surely, and where a closer look sees none.
        detail: Longer side, in pixels, of the picture the locator looks at. None: 640 for video; for still pictures
            several looks, at 640, 960 and, where the picture is large, 1280.
        on_error: What a stage that raises does: end the stream (``"stop"``), or cover the whole frame (``"cover"``).
        seed: Seed of the grain in covers; equal seeds give equal pictures.
        operators: What is put in the place of what a caption gives away, by kind, or by ``"default"`` for the others:
            ``replace`` (a general description), ``redact``, ``mask``, ``hash``, ``encrypt`` or ``keep``
            (docs/captions.md). Empty: all are replaced.
        pseudonyms: Whether names in captions are replaced by new names, the same for the same name and key, in place
            of general descriptions; needs ``key``.
        only: Whose faces alone are hidden, in words (``"the man in red"``) or by a reference photo (path or pixels), or
            a tuple of several. A face stays as it is only where it is surely none of theirs (docs/captions.md).
        except_: Whose faces alone stay as they are, given in the same way. A face stays only where it surely is one of
            theirs.

    Raises:
        InputError: A value that cannot be used.
    """

    method: Method | None = None
    preserve: Iterable[str] = PRESERVED
    alter: Iterable[str] = frozenset()
    fmr: float = 1e-3
    epsilon: float | None = None
    key: bytes | str | None = field(default=None, repr=False)
    steps: int = 1
    cover: Cover = "blur"
    colour: tuple[int, int, int] = (0, 0, 0)
    prompts: tuple[str, ...] = ("face",)
    threshold: float | None = None
    margin: float = 0.1
    lookahead: int | None = None
    coast: float = 1.0
    detail: int | None = None
    on_error: OnError = "stop"
    seed: int = 0
    operators: Mapping[str, Operator] = field(default_factory=lambda: Operators({}))
    pseudonyms: bool = False
    only: Meant | tuple[Meant, ...] = ()
    except_: Meant | tuple[Meant, ...] = ()

    def __post_init__(self) -> None:
        if self.method is not None:
            _check_choice("method", self.method, get_args(Method))
        alter, kept = _words("alter", self.alter), _words("preserve", self.preserve)
        object.__setattr__(self, "alter", alter)
        # Who says nothing about what is preserved does not contradict what is altered.
        object.__setattr__(self, "preserve", kept - alter if self.preserve is PRESERVED else kept)
        self._check_faces()
        _check_choice("cover", self.cover, get_args(Cover))
        _check_choice("on_error", self.on_error, get_args(OnError))
        _check_range("margin", self.margin, 0.0, 1.0)
        _check_range("coast", self.coast, 0.0, 60.0)
        if self.threshold is not None:
            _check_range("threshold", self.threshold, 0.0, 1.0)
        if self.lookahead is not None:
            _check_whole("lookahead", self.lookahead, 0, 600)
        if self.detail is not None:
            _check_whole("detail", self.detail, 64, 4096)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        self._check_words()
        self._check_meant()
        if len(self.colour) != 3 or not all(isinstance(c, int) and 0 <= c <= 255 for c in self.colour):
            raise InputError("Policy.colour is not a colour", given=self.colour, expected="three integers 0..255")
        if isinstance(self.prompts, str) or not self.prompts or not all(isinstance(p, str) for p in self.prompts):
            raise InputError(
                "Policy.prompts is not a list of prompts",
                given=repr(self.prompts),
                expected='a non-empty tuple of texts, such as ("face",)',
            )

    def _check_faces(self) -> None:
        """What concerns replacements; whether a pack can do it shows when it is opened."""
        both = sorted(set(self.preserve) & set(self.alter))
        if both:
            raise InputError("Policy.alter names what Policy.preserve keeps", given=", ".join(both), do=_ONE_OF_THEM)
        _check_range("fmr", self.fmr, 1e-9, 0.5)
        _check_whole("steps", self.steps, 1, 64)
        if self.epsilon is not None:
            _check_range("epsilon", self.epsilon, 1e-6, 1e6)
        if self.key is not None and not _is_key(self.key):
            raise InputError(
                "Policy.key cannot be used",
                given=f"a {type(self.key).__name__}",  # never what is in it
                expected=f"16 to 64 bytes, or a passphrase of {SHORTEST_PASSPHRASE} characters or more",
                do="make one with secrets.token_bytes(32)",
            )

    def _check_words(self) -> None:
        """What concerns captions."""
        operators = Operators(self.operators)
        object.__setattr__(self, "operators", operators)
        if self.key is not None:
            return
        if self.pseudonyms or "encrypt" in operators.values():
            raise InputError(
                "Policy.pseudonyms needs Policy.key" if self.pseudonyms else "Policy.operators encrypts without a key",
                given="key=None",
                expected="a key, which is what makes the same name out of the same name, or turns a token back",
                do="make one with secrets.token_bytes(32), and keep it",
            )

    def _check_meant(self) -> None:
        """Who is meant, as descriptions and photos."""
        for name in ("only", "except_"):
            object.__setattr__(self, name, as_meant(name, getattr(self, name)))
        if self.only and self.except_:
            raise InputError(
                "Policy.only and Policy.except_ cannot both be given",
                given=f"only={_plain(self.only)}, except_={_plain(self.except_)}",
                expected="one of them",
                do="only names those who are hidden, except_ those who are not",
            )

    @property
    def meant(self) -> tuple[str | Photo, ...]:
        """Those whom ``only`` or ``except_`` names; empty where all faces are hidden."""
        return as_meant("only", self.only) + as_meant("except_", self.except_)

    @property
    def look(self) -> Cover:
        """Look of a cover: the method's, where that is one."""
        return self.cover if self.method is None or self.method == "replace" else self.method

    def facts(self) -> dict[str, object]:
        """The fields by name, for reports: plain values, and never the key, nor where a photo is or what it shows."""
        shown = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "key"}
        return {name: _plain(value) for name, value in shown.items()}

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.facts().items())


def _plain(value: object) -> object:
    if isinstance(value, Operators):
        return dict(value)
    if isinstance(value, tuple) and any(isinstance(each, Photo) for each in value):
        return tuple("a photo" if isinstance(each, Photo) else each for each in value)
    return sorted(value) if isinstance(value, frozenset) else value


_ONE_OF_THEM = 'leave it out of preserve: Policy(preserve={"expression", "pose", "gaze", ...}, alter={...})'


def _words(name: str, value: Iterable[str]) -> frozenset[str]:
    words = () if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else ()
    if isinstance(value, str) or not isinstance(value, Iterable) or not all(isinstance(w, str) and w for w in words):
        raise InputError(
            f"Policy.{name} is not a set of names", given=repr(value), expected='a set such as {"age", "gender"}'
        )
    return frozenset(words)


def _is_key(key: object) -> bool:
    return (isinstance(key, bytes) and 16 <= len(key) <= 64) or (
        isinstance(key, str) and len(key) >= SHORTEST_PASSPHRASE
    )


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"Policy.{name} is unknown", given=repr(value), expected=" or ".join(map(repr, choices)))


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"Policy.{name} is out of range", given=repr(value), expected=f"a number {low:g} to {high:g}")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"Policy.{name} is out of range", given=repr(value), expected=f"an integer {low} to {high}")
