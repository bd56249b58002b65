"""``pyanon dataset``: captions with their pictures, or captions alone, row by row."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted, open_tqdm
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_captions, add_common, add_policy, add_runtime, extractor_options, policy_of

if TYPE_CHECKING:
    from pyanon.dataset import DatasetProgress, DatasetSummary

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "dataset",
        help="anonymize a data set of captions, with or without pictures",
        description="Anonymizes a data set: JSON Lines, CSV, TSV, Parquet, or COCO's captions, and out the same. Each "
        "picture is anonymized once, and all its captions are changed to agree with it. Run again, it goes on where it "
        "stopped.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("source", metavar="INPUT", help="a .jsonl, .ndjson, .csv, .tsv, .parquet, or .json of COCO")
    parser.add_argument("--images", metavar="DIR", help="folder of the pictures (default: captions alone)")
    parser.add_argument("--output", required=True, metavar="DIR", help="output folder")
    _add_fields(parser)
    add_policy(parser)
    add_captions(parser)
    add_runtime(parser)
    add_common(parser)


def _add_fields(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is read and written")
    add = group.add_argument
    add(
        "--caption",
        action="append",
        default=[],
        metavar="FIELD",
        help="a field that is a caption, may be repeated (default: those called so: caption, text, title, ...)",
    )
    add("--image", metavar="FIELD", help="field that names the picture (default: file_name, image, path, ...)")
    add(
        "--keep",
        action="append",
        default=[],
        metavar="FIELD",
        help="a field that is written as it is, may be repeated; all others but ids and harmless numbers are left out",
    )
    add("--keep-names", action="store_true", help="pictures keep their names, which may be names of people")
    add(
        "--private",
        action="store_true",
        help="also write the original captions, beside the output folder, for your eyes only",
    )
    add("--restart", action="store_true", help="begin anew where an earlier run left something")
    add("--workers", type=int, default=1, metavar="N", help="processes at work (default: 1)")
    add("-q", "--quiet", action="store_true", help="say errors only")
    add("--json", action="store_true", help="say what was done as JSON")


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    policy = policy_of(given)
    from pyanon.dataset import DatasetSettings, anonymize_dataset

    console = Console(quiet=given.quiet, as_json=given.json)
    settings = DatasetSettings(
        captions=tuple(given.caption),
        image=given.image,
        keep=tuple(given.keep),
        keep_names=given.keep_names,
        private=given.private,
        restart=given.restart,
        workers=given.workers,
        pack=given.pack,
        device=given.device,
        threads=given.threads,
        extractors=tuple(given.extractors or ()),
        extractor_options=extractor_options(given),
    )
    bar = _Bar(visible=console.is_live)
    try:
        done = anonymize_dataset(
            given.source, given.output, images=given.images, policy=policy, settings=settings, progress=bar
        )
    except KeyboardInterrupt:
        console.note("what was finished is kept: the same command goes on from there")
        raise
    finally:
        bar.close()
    return _say(console, done)


class _Bar:
    """A progress bar with rows per second and time left."""

    def __init__(self, *, visible: bool) -> None:
        self._visible = visible
        self._bar: Any = None

    def __call__(self, progress: DatasetProgress) -> None:
        if not self._visible:
            return
        if self._bar is None:
            self._bar = open_tqdm(total=progress.total, initial=progress.done, unit=" rows")
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _say(console: Console, done: DatasetSummary) -> int:
    for failure in done.failures:
        console.error(str(failure))
    if done.failed > len(done.failures):
        console.error(f"and {done.failed - len(done.failures):,} more: {done.output / 'failures.jsonl'}")
    for note in _notes(done):
        console.note(note)
    pictures = f", {counted(done.pictures, 'picture')}" if done.pictures else ""
    earlier = f" ({done.earlier:,} by an earlier run)" if done.earlier else ""
    changes = ", ".join(f"{number:,} {kind}" for kind, number in done.changes.items())
    console.result(
        f"{done.file}: {done.written:,} of {counted(done.rows, 'row')} anonymized{earlier}{pictures}, "
        f"changed: {changes or 'nothing'}, in {done.seconds:.1f} s"
    )
    code = ExitCode.SOME_FAILED if done.failed else ExitCode.OK
    console.data({"exit_code": int(code), **asdict(done)})
    return code


def _notes(done: DatasetSummary) -> list[str]:
    notes = []
    if done.left_out:
        counts = done.left_out.items()
        names = ", ".join(name if number == done.rows else f"{name} ({number:,})" for name, number in counts)
        notes.append(f"left out, because they may give somebody away (--keep FIELD, --caption FIELD): {names}")
    if done.kept:
        notes.append(f"kept as they are, as you said: {', '.join(done.kept)}")
    if done.private is not None:
        notes.append(f"the original captions are in {done.private}: never publish it")
    return notes
