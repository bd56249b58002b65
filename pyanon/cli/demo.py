"""``pyanon demo``: a before/after video that needs no input."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common, add_policy, add_runtime, faces_said, open_anonymizer, policy_of
from pyanon.errors import SinkError

if TYPE_CHECKING:
    from pyanon.cli.demo_scene import Film
    from pyanon.files import FileSummary
    from pyanon.types import ImageArray

__all__ = ["add_parser", "run"]

_BEFORE, _AFTER, _REPORT = "before.mp4", "after.mp4", "faces.jsonl"
_VIDEO, _STILL = "before-after.mp4", "before-after.png"
#: Rows of the strip with the captions.
_STRIP = 36


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "demo",
        help="make a before/after video; no input needed",
        description="Films a photograph that scikit-image carries (the astronaut Eileen Collins, NASA, public domain), "
        "anonymizes the film as `pyanon anonymize` would, and shows both side by side.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--out", type=Path, default=Path("pyanon-demo"), metavar="DIR", help="where to (default: pyanon-demo)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say errors only")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")
    add_policy(parser)
    add_runtime(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    policy = policy_of(given)
    from pyanon import files
    from pyanon.cli.demo_scene import Film, photographs

    console, began = Console(quiet=given.quiet, as_json=given.json), time.monotonic()
    film = Film(photographs())
    out = _folder(given.out)
    console.status("filming ...")
    _shoot(film, out / _BEFORE)
    console.status("")
    with open_anonymizer(given, policy) as anonymizer, console.bar() as bar:
        done = files.anonymize_video(
            out / _BEFORE,
            out / _AFTER,
            anonymizer=anonymizer,
            overwrite=True,
            report=out / _REPORT,
            progress=bar,
        )
    console.status("putting both side by side ...")
    _compare(out)
    console.status("")
    return _say(console, out, done, seconds=time.monotonic() - began)


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(
            f"the folder of the demo cannot be made ({error.strerror})", given=out, do="choose another with --out"
        ) from error
    return out


def _say(console: Console, out: Path, done: FileSummary, *, seconds: float) -> int:
    names = {"video": _VIDEO, "still": _STILL, "before": _BEFORE, "after": _AFTER, "report": _REPORT}
    shown = {what: out / name for what, name in names.items()}
    console.result(
        f"{counted(done.frames, 'frame')}, {faces_said(done, method=done.method)} "
        f"({done.coasted:,} bridged where the locator missed), in {seconds:.1f} s.\n"
        f"Look at:\n  {shown['video']}\n  {shown['still']}"
    )
    console.data(
        {"exit_code": int(ExitCode.OK), "seconds": seconds, "frames": done.frames, "faces": done.faces, **shown}
    )
    return ExitCode.OK


def _shoot(film: Film, path: Path) -> None:
    """Write the film, to be read again as any video."""
    from pyanon.cli.demo_scene import RATE, SIZE
    from pyanon.video import VideoInfo, open_sink

    like = VideoInfo("demo", SIZE[0], SIZE[1], rate=Fraction(RATE), time_base=Fraction(1, RATE), frame_count=len(film))
    with open_sink(path, like=like, quality=16) as sink:
        for frame in film:
            sink.write(frame)


def _compare(out: Path) -> None:
    """Both videos side by side, and the frame with the most faces as a still picture."""
    import numpy as np
    from PIL import Image

    from pyanon.video import open_sink, open_video

    chosen = _richest(out / _REPORT)
    with open_video(out / _BEFORE) as before, open_video(out / _AFTER) as after:
        like = replace(before.info, width=2 * before.info.width, height=before.info.height + _STRIP)
        caption = _caption(like.width)
        with open_sink(out / _VIDEO, like=like) as sink:
            for left, right in zip(before, after, strict=True):
                pair = replace(left, pixels=np.vstack([np.hstack([left.picture, right.picture]), caption]))
                sink.write(pair)
                if pair.index == chosen:
                    Image.fromarray(pair.picture).save(out / _STILL)


def _richest(report: Path) -> int:
    """Number of the frame in which the locator found the most faces."""
    read = (json.loads(line) for line in report.read_text().splitlines())
    lines = [line for line in read if "frame" in line]
    return int(max(lines, key=lambda line: sum(not face["coasted"] for face in line["faces"]))["frame"])


def _caption(width: int) -> ImageArray:
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    strip = Image.new("RGB", (width, _STRIP), (18, 20, 24))
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(16)
    for middle, text in ((width // 4, "before"), (3 * width // 4, "after")):
        draw.text((middle, _STRIP // 2), text, fill=(200, 204, 210), font=font, anchor="mm")
    return np.asarray(strip)
