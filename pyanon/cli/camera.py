"""``pyanon camera``: a camera, a stream, or a file at its own pace, live."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import (
    add_common,
    add_policy,
    add_runtime,
    add_writing,
    faces_said,
    open_anonymizer,
    policy_of,
    size_of,
)
from pyanon.cli.signals import Action, handled, interrupt
from pyanon.errors import TruncatedSourceError

if TYPE_CHECKING:
    from pyanon.anonymizer import Anonymizer
    from pyanon.report import FaceReport, Tally
    from pyanon.stream import StreamReport
    from pyanon.types import Result
    from pyanon.video import GpuPictures, VideoSink, VideoSource

__all__ = ["add_parser", "run"]

#: Seconds between two looks of the status line.
_GLANCE = 0.25


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "camera",
        help="anonymize a camera or a stream, live",
        description="Anonymizes a camera, a stream, or a file at its own pace. Where the machine is too slow, the "
        "oldest waiting frame is dropped and counted; a lost connection is opened again. Ctrl-C ends it and finishes "
        "the file. Without OUTPUT nothing is written: the status line shows what would be covered, which is good for "
        "trying a camera out. There is no preview window; to watch, give udp://127.0.0.1:1234 and open that with a "
        "player.",
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add(
        "input",
        metavar="INPUT",
        help="number or path of a camera (0, /dev/video0), address (rtsp://...), or video file; on a Jetson with nvmm: "
        "before it GStreamer reads it (nvmm:csi:0 is a camera of the board)",
    )
    add("output", metavar="OUTPUT", nargs="?", help="file, or rtsp, rtmp, srt, tcp or udp address (default: none)")
    add_policy(parser)
    _add_live(parser)
    add_runtime(parser)
    add_common(parser)


def _add_live(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is read and written")
    add = group.add_argument
    add("--size", metavar="WxH", help="size to ask a camera for (default: its own choice)")
    add("--rate", type=int, metavar="FPS", help="frames per second to ask a camera for (default: its own choice)")
    add("--timeout", type=float, default=5.0, metavar="SECONDS", help="for a connection and each frame (default: 5)")
    add("--patience", type=float, default=60.0, metavar="SECONDS", help="for opening it again (default: 60)")
    add("--frames", type=int, metavar="N", help="end after about this many frames (default: go on)")
    add_writing(group)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    policy, size = policy_of(given), size_of(given.size) if given.size else None
    from pyanon.video import open_camera

    console = Console(quiet=given.quiet, as_json=given.json)
    live = {"size": size, "rate": given.rate, "timeout": given.timeout, "patience": given.patience}
    with (
        open_anonymizer(given, policy) as anonymizer,
        open_camera(given.input, **live, gpu=anonymizer.gpu_pictures) as source,
        contextlib.ExitStack() as outputs,
    ):
        sink, report = _open_outputs(given, source, outputs, gpu=anonymizer.gpu_pictures)
        if sink is not None and sink.note:
            console.note(sink.note)
        if source.info.audio:
            console.note("the sound is left out: it is never carried live, because voices identify people")
        watch = _Watch(console, source, report, name=given.input, most=given.frames)
        watch.run(anonymizer, sink)
    return watch.say(given.output)


def _open_outputs(
    given: argparse.Namespace, source: VideoSource, outputs: contextlib.ExitStack, *, gpu: GpuPictures | None
) -> tuple[VideoSink | None, FaceReport | None]:
    """The sink and the report, where they were asked for; the stack closes them."""
    from pyanon.naming import claim
    from pyanon.report import FaceReport, check_report
    from pyanon.video import open_sink
    from pyanon.video.probe import is_address

    target: str | Path | None = given.output
    if target is not None and not is_address(target):
        target = claim(target, source=given.input, overwrite=given.overwrite)
    report = None
    if given.report is not None:
        others = [given.input, *([target] if target is not None else [])]
        report = outputs.enter_context(FaceReport(check_report(given.report, others=others, overwrite=given.overwrite)))
    if target is None:
        return None, report
    how = {"quality": given.quality, "preset": given.preset, "timeout": given.timeout}
    sink = open_sink(target, like=source.info, gpu=gpu, **how)
    return outputs.enter_context(sink), report


class _Watch:
    """Follows a live stream: counts, reports, shows, and tells it when to end."""

    def __init__(
        self, console: Console, source: VideoSource, report: FaceReport | None, *, name: str, most: int | None
    ) -> None:
        from pyanon.report import Tally
        from pyanon.stream import StreamReport

        self._console, self._source, self._report, self._name, self._most = console, source, report, name, most
        self._tally: Tally = Tally()
        self._flow: StreamReport = StreamReport()
        self._stop = threading.Event()
        self._began = self._shown = time.monotonic()
        self._lost = False
        self._method, self._policy = "", dict[str, object]()

    def run(self, anonymizer: Anonymizer, sink: VideoSink | None) -> None:
        """Run until the source ends, somebody asks for the end, or enough frames have left."""
        from pyanon import stream

        self._method, self._policy = anonymizer.method, anonymizer.policy.facts()
        depth = anonymizer.policy.lookahead or 0  # a live picture is not held back unless that is asked for
        try:
            with handled(signal.SIGINT, signal.SIGTERM, action=_stopping(self._stop)):
                stream.run(
                    self._source,
                    lambda frames: anonymizer.stream(frames, lookahead=depth),
                    sink,
                    live=True,
                    on_result=self._take,
                    stop=self._stop,
                    report=self._flow,
                )
        except TruncatedSourceError as error:
            if not self._tally.frames:
                raise
            self._lost = True
            self._console.status("")
            self._console.note(error.what)
        except BaseException:
            self._console.status("")
            if sink is None:
                self._keep()
            raise
        self._console.status("")
        self._keep()

    def _keep(self) -> None:
        """What was reported so far is true: the frames left, or nobody wanted them written."""
        if self._report is not None:
            self._report.close_file(self._name, self._tally, self._policy)

    def say(self, output: str | None) -> int:
        """Say what was done; returns the exit code."""
        tally, seconds = self._tally, self._flow.seconds
        rate = f", {tally.frames / seconds:.1f} frames/s" if seconds else ""
        self._console.result(
            f"{output or self._name}: {counted(tally.frames, 'frame')}{rate}, "
            f"{faces_said(tally, method=self._method)} ({counted(tally.tracks, 'track')}), "
            f"{counted(self._flow.dropped, 'frame')} dropped, "
            f"{counted(self._reconnects, 'reconnect')}, in {seconds:.1f} s"
        )
        code = ExitCode.TRUNCATED if self._lost else ExitCode.OK
        self._console.data({"exit_code": int(code), **self._facts(output)})
        return code

    def _facts(self, output: str | None) -> dict[str, Any]:
        tally = self._tally
        return {
            "source": self._name,
            "output": output,
            "frames": tally.frames,
            "faces": tally.faces,
            "coasted": tally.coasted,
            "method": self._method,
            "replaced": tally.replaced,
            "covered": tally.covered,
            "kept": tally.kept,
            "exposed": tally.exposed,
            "epsilon": tally.epsilon,
            "total_epsilon": tally.total_epsilon,
            "tracks": tally.tracks,
            "failed": tally.failed,
            "dropped": self._flow.dropped,
            "reconnects": self._reconnects,
            "seconds": self._flow.seconds,
            "truncated": self._lost,
        }

    @property
    def _reconnects(self) -> int:
        return int(getattr(self._source, "reconnects", 0))

    def _take(self, result: Result) -> None:
        self._tally.add(result)
        if self._report is not None:
            self._report.write(self._name, result)
        if self._most is not None and self._tally.frames >= self._most:
            self._stop.set()
        now = time.monotonic()
        if now - self._shown >= _GLANCE:
            self._shown = now
            self._show(now, sum(face.action != "kept" for face in result.faces))

    def _show(self, now: float, faces: int) -> None:
        frames = self._tally.frames
        self._console.status(
            f"{counted(frames, 'frame')}, {frames / (now - self._began):.1f} frames/s, "
            f"{counted(faces, 'face')} hidden, "
            f"{counted(self._flow.dropped, 'frame')} dropped, {counted(self._reconnects, 'reconnect')}  (Ctrl-C ends)"
        )


def _stopping(stop: threading.Event) -> Action:
    """Ends the stream and finishes its file; a second time gives up."""

    def act(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, interrupt)

    return act
