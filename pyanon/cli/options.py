"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pyanon.cli.console import counted
from pyanon.errors import InputError
from pyanon.policy import PRESERVED, SHORTEST_PASSPHRASE, Cover, Method, OnError, Policy
from pyanon.texts import OPERATORS

if TYPE_CHECKING:
    from pyanon.anonymizer import Anonymizer
    from pyanon.files import FileSummary
    from pyanon.report import Tally
    from pyanon.texts import Extractor

__all__ = [
    "add_captions",
    "add_common",
    "add_key",
    "add_policy",
    "add_runtime",
    "add_writing",
    "colour",
    "extractor_options",
    "extractors_of",
    "faces_said",
    "open_anonymizer",
    "policy_of",
    "size_of",
]

_POLICY = (
    "method",
    "fmr",
    "epsilon",
    "steps",
    "cover",
    "colour",
    "prompts",
    "threshold",
    "margin",
    "lookahead",
    "coast",
    "detail",
    "on_error",
    "seed",
    "only",
    "except_",
)


def colour(text: str) -> tuple[int, int, int]:
    """Red, green and blue from ``#rrggbb`` or ``r,g,b``.

    Args:
        text: What was typed.

    Raises:
        InputError: It is neither.
    """
    try:
        if text.startswith("#") and len(text) == 7:
            red, green, blue = bytes.fromhex(text[1:])
        else:
            red, green, blue = (int(part) for part in text.split(","))
    except ValueError as error:
        raise InputError("this is not a colour", given=text, expected="#rrggbb or r,g,b with 0..255") from error
    return red, green, blue


def size_of(text: str) -> tuple[int, int]:
    """Columns and rows from ``WIDTHxHEIGHT``.

    Args:
        text: What was typed.

    Raises:
        InputError: It is something else.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise InputError("this is not a size", given=text, expected="WIDTHxHEIGHT, such as 1280x720")
    return int(width), int(height)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command has.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add the fields of `pyanon.Policy`.

    Args:
        parser: The command's parser.
    """
    usual = Policy()
    group = parser.add_argument_group("what happens to the faces")
    add = group.add_argument
    add(
        "--method",
        choices=get_args(Method),
        help="replace faces by those of nobody, or cover them all (default: replace where the pack can)",
    )
    add(
        "--preserve",
        metavar="TRAITS",
        help="what a replacement shares with the face under it, with commas between "
        f"(default: {','.join(sorted(PRESERVED))})",
    )
    add("--alter", metavar="TRAITS", help="traits to move away from the original's, with commas between")
    add(
        "--fmr",
        type=float,
        metavar="RATE",
        help=f"false match rate of the oracles' thresholds (default: {usual.fmr:g})",
    )
    add("--epsilon", type=float, help="draw by the exponential mechanism with this privacy loss (docs/sampler.md)")
    _add_key_file(add)
    add("--steps", type=int, metavar="N", help=f"steps of the generator (default: {usual.steps})")
    add("--cover", choices=get_args(Cover), help=f"look of a covered face (default: {usual.cover})")
    add(
        "--colour",
        "--color",
        metavar="#RRGGBB",
        help="colour of a solid cover and of frames that are covered whole, also as r,g,b (default: black)",
    )
    add(
        "--prompt",
        action="append",
        dest="prompts",
        metavar="TEXT",
        help=f"what to hide, may be repeated (default: {' '.join(usual.prompts)}); the pack says which it knows",
    )
    _add_meant(add)
    add("--threshold", type=float, metavar="SCORE", help="least score of a new face, 0 to 1 (default: the pack's)")
    add("--margin", type=float, metavar="SHARE", help=f"reach beyond the located box (default: {usual.margin})")
    add(
        "--lookahead",
        type=int,
        metavar="FRAMES",
        help="frames held back, so that a face is covered before it was first found (default: 12, live 0)",
    )
    add(
        "--coast",
        type=float,
        metavar="SECONDS",
        help=f"how long a lost face stays covered (default: {usual.coast:g})",
    )
    add(
        "--detail",
        type=int,
        metavar="PIXELS",
        help="longer side of what the locator looks at; more finds smaller faces and takes longer "
        "(default: 640, pictures up to 1280)",
    )
    add(
        "--on-error",
        choices=get_args(OnError),
        help=f"when a stage fails: end with nothing written, or cover that frame whole (default: {usual.on_error})",
    )
    add("--seed", type=int, metavar="N", help=f"seed of the grain in covers (default: {usual.seed})")


def _add_meant(add: Callable[..., object]) -> None:
    for option, dest, what in (
        ("--only", "only", "hide nobody but this person: a face stays only where it is surely not theirs"),
        ("--except", "except_", "hide everybody but this person, whose face stays only where it surely is theirs"),
    ):
        add(
            option,
            action="append",
            dest=dest,
            metavar="TEXT|PHOTO",
            help=f"{what}; a description or a picture file, may be repeated (docs/captions.md)",
        )


def add_key(parser: argparse.ArgumentParser) -> None:
    """Add the key alone, for commands without faces.

    Args:
        parser: The command's parser.
    """
    _add_key_file(parser.add_argument)


def _add_key_file(add: Callable[..., object]) -> None:
    add(
        "--key-file",
        metavar="FILE",
        help="file with the secret that identities are drawn with, 16 to 64 bytes or a passphrase: the same people "
        "again (default: a fresh secret)",
    )


def add_runtime(parser: argparse.ArgumentParser) -> None:
    """Add which pack runs, and where.

    Args:
        parser: The command's parser.
    """
    group = parser.add_argument_group("networks")
    add = group.add_argument
    add("--pack", default="pocket", metavar="NAME", help="name of a pack, or its folder (default: pocket)")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the networks run (default: auto)")
    add("--threads", type=int, default=1, metavar="N", help="threads of one network on the CPU (default: 1)")


def add_captions(parser: argparse.ArgumentParser) -> None:
    """Add how captions are read, and what is put in the place of what they give away.

    Args:
        parser: The command's parser, which has `add_policy` as well.
    """
    add = parser.add_argument_group("what happens to captions").add_argument
    add(
        "--extractor",
        action="append",
        dest="extractors",
        metavar="WHAT",
        help="who reads captions besides the grammar, may be repeated: presidio, presidio:MODEL, or the address of an "
        "OpenAI-compatible endpoint (docs/captions.md)",
    )
    add("--extractor-model", metavar="NAME", help="the endpoint's model")
    add("--extractor-key", metavar="VARIABLE", help="environment variable with the endpoint's API key")
    add("--extractor-timeout", type=float, metavar="SECONDS", help="how long it may take for a caption (default: 30)")
    add(
        "--extractor-remote",
        action="store_true",
        help="let captions leave this machine, which they do only for an endpoint that is elsewhere",
    )
    add(
        "--operator",
        action="append",
        dest="operators",
        metavar="KIND=OPERATOR",
        help=f"what is put in the place of a kind of span, or of default, may be repeated: {', '.join(OPERATORS)} "
        "(default: default=replace)",
    )
    add(
        "--pseudonyms",
        action="store_true",
        help="replace names by new names, the same for the same name and key (needs --key-file)",
    )


def add_writing(group: argparse._ArgumentGroup) -> None:
    """Add how a video is encoded, what is reported, and what is said.

    Args:
        group: A group of options of the command's parser.
    """
    add = group.add_argument
    add("--quality", type=int, metavar="CRF", help="of the video encoder, lower is better (default: 20, .webm 30)")
    add("--preset", help="speed of the H.264 encoder, such as veryfast (default: see docs/video.md)")
    add("--report", metavar="FILE", help="write one JSON line per frame: where faces were, never how they look")
    add("--overwrite", action="store_true", help="replace an output or report that is there already")
    add("-q", "--quiet", action="store_true", help="say errors only")
    add("--json", action="store_true", help="say what was done as JSON")


def policy_of(given: argparse.Namespace) -> Policy:
    """The policy of a command line.

    Args:
        given: Parsed by a parser with `add_policy`, or with `add_captions` and `add_key`.

    Raises:
        InputError: A value cannot be used.
    """
    fields: dict[str, Any] = {name: value for name in _POLICY if (value := getattr(given, name, None)) is not None}
    if "colour" in fields:
        fields["colour"] = colour(fields["colour"])
    for name in {"prompts", "only", "except_"} & fields.keys():
        fields[name] = tuple(fields[name])
    for name in ("preserve", "alter"):
        if getattr(given, name, None) is not None:
            fields[name] = frozenset(filter(None, (part.strip() for part in getattr(given, name).split(","))))
    if given.key_file is not None:
        fields["key"] = key_of(Path(given.key_file))
    if getattr(given, "operators", None):  # not every command has captions
        pairs = (text.partition("=") for text in given.operators)
        fields["operators"] = {kind.strip(): operator.strip() for kind, _, operator in pairs}
    return Policy(**fields, pseudonyms=getattr(given, "pseudonyms", False))


def extractors_of(given: argparse.Namespace) -> tuple[Extractor, ...]:
    """The extractors of a command line, loaded and ready.

    Args:
        given: Parsed by a parser with `add_captions`.

    Raises:
        InputError: One is unknown or needs what is not here, or captions may not go there.
    """
    from pyanon.captions.extractors import open_extractor  # most commands ask nobody

    options = extractor_options(given)
    return tuple(open_extractor(what, **options) for what in given.extractors or ())


def extractor_options(given: argparse.Namespace) -> dict[str, Any]:
    """What is said to all extractors of a command line, as `pyanon.captions.extractors.open_extractor` takes it.

    Args:
        given: Parsed by a parser with `add_captions`.

    Raises:
        InputError: There is none that it could be said to.
    """
    names = {"model": "extractor_model", "key_variable": "extractor_key", "timeout": "extractor_timeout"}
    options = {name: getattr(given, option) for name, option in names.items() if getattr(given, option) is not None}
    if options and all(what.partition(":")[0] == "presidio" for what in given.extractors or ()):
        raise InputError(
            "there is no endpoint that this could be said to",
            given=" ".join(f"--{names[name].replace('_', '-')}" for name in options),
            expected="--extractor and the address of an endpoint",
            do="for Presidio, name the model with it: --extractor presidio:MODEL",
        )
    return {"remote": given.extractor_remote, **options}


def key_of(path: Path) -> bytes | str:
    """The key in a file: its bytes as they are, or, where it is one line of text, that line as a passphrase.

    Args:
        path: The file.

    Raises:
        InputError: It cannot be read, or is too short or too long.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("the key file cannot be read", given=path, do="name a file that holds the key") from error
    try:
        line = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        line = ""
    text = line.isprintable() and len(line) >= SHORTEST_PASSPHRASE
    if not text and not 16 <= len(data) <= 64:
        raise InputError(
            "the key file holds no key",
            given=f"{path}, {len(data)} bytes",
            expected=f"16 to 64 bytes, or a line of {SHORTEST_PASSPHRASE} characters or more",
            do="make one: head -c 32 /dev/urandom > key",
        )
    return line if text else data


def faces_said(done: FileSummary | Tally, *, method: str) -> str:
    """What happened to the faces: ``1,204 faces replaced, 3 covered, 0 exposed``, and how many were kept, if any.

    Args:
        done: The counts.
        method: What was to happen to them.
    """
    kept = f", {done.kept:,} kept" if done.kept else ""
    if method != "replace":
        return f"{counted(done.covered, 'face')} covered{kept}"
    return f"{counted(done.replaced, 'face')} replaced, {done.covered:,} covered{kept}, {done.exposed:,} exposed"


def open_anonymizer(given: argparse.Namespace, policy: Policy) -> Anonymizer:
    """The anonymizer of a command line, to be closed.

    Args:
        given: Parsed by a parser with `add_runtime`.
        policy: What shall happen to the faces.

    Raises:
        PackError: The pack is missing, malformed or tampered with, or does not know a prompt.
        RunnerError: A network cannot be run on this machine.
    """
    from pyanon.anonymizer import Anonymizer  # loads the networks' runtime

    extractors = extractors_of(given) if hasattr(given, "extractors") else ()  # not every command has captions
    return Anonymizer(policy=policy, pack=given.pack, device=given.device, threads=given.threads, extractors=extractors)
