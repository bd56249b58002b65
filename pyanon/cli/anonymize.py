"""``pyanon anonymize``: a video, a picture, or a folder of them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted, explain
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import (
    add_captions,
    add_common,
    add_policy,
    add_runtime,
    add_writing,
    faces_said,
    open_anonymizer,
    policy_of,
)
from pyanon.errors import InputError

if TYPE_CHECKING:
    from pyanon.files import FileSummary, FolderSummary

__all__ = ["add_parser", "run", "say"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "anonymize",
        help="anonymize a video, a picture, or a folder of them",
        description="Replaces or covers every face in a video, a picture, or a folder of them. Inputs are never "
        "changed, and an output appears under its name when it is complete.",
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("input", metavar="INPUT", help="video, animation, picture, folder, or http(s) address of a video")
    add(
        "output",
        metavar="OUTPUT",
        nargs="?",
        help="file, or folder for a folder (default: clip.anon.mp4 beside clip.mp4, photos.anon beside photos)",
    )
    add(
        "--caption",
        action="append",
        dest="captions",
        metavar="TEXT",
        help="what is said of a picture, may be repeated: says what may be said of the new one",
    )
    add_policy(parser)
    add_captions(parser)
    _add_writing(parser)
    add_runtime(parser)
    add_common(parser)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    add = group.add_argument
    add("--audio", choices=("drop", "copy"), default="drop", help="voices identify people (default: drop)")
    add(
        "--keep-metadata",
        "--keep-exif",
        action="store_true",
        help="keep harmless descriptions (title, date, exposure); never places, names, devices' numbers or thumbnails",
    )
    add(
        "--rewrite-captions",
        action="store_true",
        help="keep the title and the caption in a picture's file, rewritten to give nobody away and to fit the new "
        "faces, and harmless keywords (default: left out)",
    )
    add_writing(group)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    policy = policy_of(given)
    from pyanon import files  # loads the codecs
    from pyanon.naming import check_input
    from pyanon.video import is_picture
    from pyanon.video.probe import is_address

    console = Console(quiet=given.quiet, as_json=given.json)
    options: dict[str, Any] = {
        "keep_metadata": given.keep_metadata,
        "overwrite": given.overwrite,
        "report": given.report,
    }
    video_options = {"audio": given.audio, "quality": given.quality, "preset": given.preset, **options}
    picture_options = {"rewrite_captions": given.rewrite_captions, **options}
    captions = tuple(given.captions or ())
    is_folder = Path(given.input).is_dir()
    still = not is_folder and not is_address(given.input) and is_picture(check_input(Path(given.input)))
    if captions and not still:
        raise InputError(
            "captions are of one picture",
            given=given.input,
            expected="a picture",
            do="for many pictures with their captions: pyanon dataset; for texts alone: pyanon caption",
        )
    with open_anonymizer(given, policy) as anonymizer, console.bar() as bar:
        common: dict[str, Any] = {"anonymizer": anonymizer, "progress": bar}
        if is_folder:
            done = files.anonymize_folder(given.input, given.output, **common, **video_options | picture_options)
            bar.close()
            return _say_folder(console, done)
        if still:
            summary = files.anonymize_picture(given.input, given.output, captions=captions, **common, **picture_options)
        else:
            summary = files.anonymize_video(given.input, given.output, **common, **video_options)
    return say(console, summary)


def say(console: Console, done: FileSummary) -> int:
    """Say what was done to a file.

    Args:
        console: Where to.
        done: What was done.

    Returns:
        The exit code.
    """
    for note in _notes(done):
        console.note(note)
    console.result(_line(done))
    for text in done.captions:
        console.result(text)
    code = ExitCode.TRUNCATED if done.truncated else ExitCode.OK
    console.data({"exit_code": int(code), **asdict(done)})
    return code


def _say_folder(console: Console, done: FolderSummary) -> int:
    for summary in done.files:
        for note in _notes(summary):
            console.note(f"{summary.source}: {note}")
        console.result(_line(summary))
    for failure in done.failures:
        console.error(f"{failure.source}: {explain(failure.error)}")
    if done.left:
        console.note(f"{counted(len(done.left), 'file')} left alone: neither picture nor video")
    total = len(done.files) + len(done.failures)
    console.result(
        f"{done.output}: {len(done.files):,} of {counted(total, 'file')} anonymized, "
        f"{_all_faces(done)}, in {done.seconds:.1f} s"
    )
    code = _folder_code(done)
    console.data({"exit_code": int(code), **_folder_facts(done)})
    return code


def _all_faces(done: FolderSummary) -> str:
    """What became of the faces of all files: one policy for all, so one method."""
    from pyanon.report import Tally

    sums = Tally(
        faces=sum(each.faces for each in done.files),
        replaced=sum(each.replaced for each in done.files),
        covered=sum(each.covered for each in done.files),
        kept=sum(each.kept for each in done.files),
    )
    return faces_said(sums, method=done.files[0].method if done.files else "")


def _folder_code(done: FolderSummary) -> ExitCode:
    if done.failures:
        return ExitCode.SOME_FAILED
    return ExitCode.TRUNCATED if any(summary.truncated for summary in done.files) else ExitCode.OK


def _folder_facts(done: FolderSummary) -> dict[str, Any]:
    return {
        "source": done.source,
        "output": done.output,
        "seconds": done.seconds,
        "files": [asdict(summary) for summary in done.files],
        "failures": [{"source": failure.source, "error": str(failure.error)} for failure in done.failures],
        "left": done.left,
    }


def _notes(done: FileSummary) -> list[str]:
    notes = list(done.notes)
    if done.failed:
        notes.append(f"{counted(done.failed, 'frame')} covered whole, because a stage failed")
    if done.truncated:
        notes.append("the input breaks off; what could be decoded before that has been written")
    return notes


def _line(done: FileSummary) -> str:
    """One line: what was written, and what became of the faces, which says nothing about faces not found."""
    if done.faces:
        what = faces_said(done, method=done.method)
        if done.frames > 1:
            bridged = f", {done.coasted:,} bridged where the locator missed" if done.coasted else ""
            what += f" ({counted(done.tracks, 'track')}{bridged})"
    else:
        what = "no face was found"
    rate = f" ({done.frames / done.seconds:.1f} frames/s)" if done.frames > 1 and done.seconds else ""
    return f"{done.output}: {counted(done.frames, 'frame')}, {what}, in {done.seconds:.1f} s{rate}"
