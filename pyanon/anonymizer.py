"""The anonymizer: frames in, anonymized frames out, in order; what lies between tracks and blend is the corridor's."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from pyanon.arrays import DeviceArray
from pyanon.corridor import Corridor, is_replacing
from pyanon.errors import InputError, RunnerError, StageError
from pyanon.likeness import Likeness, is_available
from pyanon.ops import cuda, pictures
from pyanon.policy import Method, Policy
from pyanon.runtime import Device, Pack, Runner, Stream, adopt, load_pack, open_runner, place_for
from pyanon.selection import Glance, Selection, Watch
from pyanon.stages.align import LandmarkNet
from pyanon.stages.blend import Blender, nothing_accepted, nothing_painted
from pyanon.stages.locate import Locator, still_details
from pyanon.stages.sample import Sampler
from pyanon.stages.track import Lookahead, Steadier, Tracker, with_told
from pyanon.surfaces import Surfaces
from pyanon.texts import Extractor, Portrait
from pyanon.types import Detections, Face, FloatArray, Frame, ImageArray, Replacements, Result, Tracks, Verdicts

if TYPE_CHECKING:
    from pyanon.captioner import Captioner

__all__ = ["FILE_LOOKAHEAD", "VIDEO_DETAIL", "Anonymizer"]

T = TypeVar("T")

#: What is anonymized: a frame, or its pixels, of NumPy or of a library with arrays on the GPU.
Picture: TypeAlias = "Frame | ImageArray | Any"

#: Frames held for files, where the policy leaves it open: half a second at 25 frames a second.
FILE_LOOKAHEAD = 12
#: Longer side of the locator's input for video, where the policy leaves it open.
VIDEO_DETAIL = 640
#: How many replacements of a face that is seen for the first time may be painted, in a still picture and in a frame.
STILL_TAKES, VIDEO_TAKES = 8, 4


class _Clock:
    """Milliseconds per stage of one frame; names the stage in whatever it raises."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    def run(self, stage: str, step: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return step()
        except Exception as error:
            raise StageError(
                stage,
                f"the stage {stage!r} failed: {error}",
                do="fix the cause above, or set Policy(on_error='cover') to cover such frames whole and go on",
            ) from error
        finally:
            spent = (time.perf_counter() - began) * 1e3
            self.timings[stage] = self.timings.get(stage, 0.0) + spent

    def finish(self) -> dict[str, float]:
        return {**self.timings, "total": sum(self.timings.values())}


@dataclass
class _Seen:
    """A frame that was looked at: what was found, and what that took; and who samples and steadies for its stream.

    The last ``told`` of its tracks were not found: somebody said that they are there.
    """

    clock: _Clock
    on_device: bool = False
    failed: str = ""
    sampler: Sampler | None = None
    steady: Steadier | None = None
    takes: int = 1
    before: tuple[Mapping[str, str], ...] = ()
    told: int = 0
    watch: Watch | None = None
    glance: Glance = field(default_factory=Glance)


class Anonymizer:
    """Hides the people in pictures, video and streams: replaces faces where the pack can, and covers what is left.

    ``anonymizer(picture)`` treats a picture on its own, looking closely. ``anonymizer.stream(frames)`` treats frames
    of one video in order: it follows faces, keeps covering those that the locator loses for a moment, and, with
    lookahead, covers them before they were found.

    No error lets a source pixel of a located face through: a stage that raises ends the call with a `StageError`, or,
    with ``Policy(on_error="cover")``, the frame leaves as one flat colour. Only a face that the policy names
    (``Policy(only=...)``, ``Policy(except_=...)``) stays as it is, where it is sure whose it is.

    Args:
        policy: What shall happen to the faces.
        pack: Name or folder of the pack of networks.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: Threads of one network on the CPU.
        extractors: What is asked about captions besides the embedded grammar.

    Raises:
        PackError: The pack is missing, malformed or tampered with, or cannot do what the policy asks for.
        InputError: The policy names traits, rates or steps that the pack does not have, or people who cannot be told by
            their description or photo.
        SourceError: A reference photo of the policy cannot be read.
        UnknownPromptError: The pack's locator does not know a prompt of the policy.
        RunnerError: A network cannot be run on this machine.
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        pack: str | Pack = "pocket",
        device: Device = "auto",
        threads: int = 1,
        extractors: Sequence[Extractor] = (),
    ) -> None:
        self.policy = policy or Policy()
        self._extractors, self._device, self._threads = tuple(extractors), device, threads
        self.pack = pack if isinstance(pack, Pack) else load_pack(pack)
        self._runners: dict[str, Runner] = {}
        self.place, self._placeless = _place(self.pack, device)
        try:
            locator = self._open("locator", device, threads)
            self.align = LandmarkNet(self._open("landmarks", device, threads), pack=self.pack)
            self.locate = Locator(
                locator,
                pack=self.pack,
                prompts=self.policy.prompts,
                threshold=self.policy.threshold,
                confirm=self.align,
            )
            self._corridor = self._open_corridor(device, threads)
            self._selection = self._open_selection(device, threads)
        except BaseException:
            self.close()
            raise
        self.blend = Blender(self.policy)

    def _open(self, role: str, device: Device, threads: int) -> Runner:
        runner = open_runner(self.pack, role, device=device, threads=threads, place=self.place)
        runner.activate()
        self._runners[role] = runner
        return runner

    def _open_corridor(self, device: Device, threads: int) -> Corridor | None:
        if not is_replacing(self.policy, self.pack):
            return None
        return Corridor(
            self.policy,
            pack=self.pack,
            open_runner=lambda role: self._open(role, device, threads),
        )

    def _open_selection(self, device: Device, threads: int) -> Selection | None:
        if not self.policy.meant:
            return None
        return Selection(
            self.policy,
            pack=self.pack,
            open_runner=lambda role: self._runners.get(role) or self._open(role, device, threads),
            align=self.align,
            locate=self._located,
            likeness=self.likeness if any(isinstance(each, str) for each in self.policy.meant) else None,
        )

    @cached_property
    def likeness(self) -> Likeness | None:
        """What compares texts with the people in pictures; None: the pack cannot."""
        if not is_available(self.pack):
            return None
        return Likeness(self.pack, lambda role: self._open(role, self._device, self._threads))

    def _located(self, pixels: ImageArray) -> tuple[Frame, Tracks]:
        """The faces of a reference photo."""
        frame = Frame(pixels)
        details = still_details(frame.width, frame.height)
        return self._look(frame, self._tracker(self.locate.still_threshold), _Seen(_Clock()), details)

    def _watch(self, *, still: bool) -> Watch | None:
        return self._selection.watch(still=still) if self._selection is not None else None

    @property
    def method(self) -> Method:
        """What happens to faces: ``"replace"``, or the look of the covers."""
        return "replace" if self._corridor is not None else self.policy.look

    @property
    def device(self) -> str:
        """Where the locator runs, and why."""
        first = next(iter(self._runners.values()), None)
        return f"{first.device} ({first.device_reason})" if first is not None else "closed"

    @property
    def runners(self) -> Mapping[str, Runner]:
        """The networks in use: role -> runner."""
        return self._runners

    @property
    def gpu_pictures(self) -> Surfaces | None:
        """What keeps the frames of `open_video`, `open_camera` and `open_sink` on a GPU; None: nothing does."""
        return Surfaces(self.place) if self.place is not None else None

    @cached_property
    def captioner(self) -> Captioner:
        """What changes captions: ``anonymizer.captioner(text)`` does so for a text without a picture."""
        from pyanon.captioner import Captioner, open_decoder  # loads the word lists

        decoder = open_decoder(self.pack, lambda role: self._open(role, self._device, self._threads))
        return Captioner(policy=self.policy, extractors=self._extractors, decoder=decoder)

    def close(self) -> None:
        """Lets go of the networks; harmless when repeated."""
        for runner in self._runners.values():
            runner.deactivate()
        self._runners = {}
        if self.place is not None:
            self.place.close()

    def __enter__(self) -> Anonymizer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(
        self,
        picture: Picture,
        *,
        caption: str | None = None,
        captions: Sequence[str] = (),
        also: FloatArray | None = None,
    ) -> Result:
        """Anonymizes one picture, on its own, and what is said of it.

        Args:
            picture: ``(H, W, 3)`` uint8 RGB, or a `Frame`. An array of another library on the GPU (anything with
                ``__cuda_array_interface__`` or ``__dlpack__``) stays there, and ``result.output.pixels`` is there, too.
            caption: A text that goes with the picture; ``result.caption`` is what may go with the result.
            captions: More of them; ``result.captions`` has all, that one first.
            also: ``(n, 4)`` xyxy in source pixels, where somebody says that faces are. Those that no located face
                stands for are covered, never replaced; they are ``told`` in the result.

        Raises:
            InputError: The picture is not such an array, a caption is no text, or ``also`` are no boxes.
            StageError: A stage raised and the policy says stop.
        """
        texts = ((caption,) if caption is not None else ()) + tuple(captions)
        frame = self._frame(picture, 0)
        seen = _Seen(_Clock(), _is_on_device(frame), sampler=self._sampler(), takes=STILL_TAKES)
        seen.watch = self._watch(still=True)
        tracker = self._tracker(self.locate.still_threshold)
        details = (self.policy.detail,) if self.policy.detail else still_details(frame.width, frame.height)
        frame, tracks = self._look(frame, tracker, seen, details)
        if also is not None:
            located = len(tracks)
            tracks = with_told(tracks, also)
            seen.told = len(tracks) - located
        result = self._finish(frame, tracks, seen)
        return self._captioned(result, texts, seen) if texts else result

    def _captioned(self, result: Result, texts: Sequence[str], seen: _Seen) -> Result:
        """With public captions: of those who are covered only that they are there."""
        from pyanon.captioner import Scene
        from pyanon.captions.describe import portrait_of

        after = tuple(portrait_of(face.traits, face.xyxy) for face in result.faces)
        before = tuple(portrait_of(traits) for traits in seen.before)
        if result.failed:
            before = after = (Portrait(),)
        scene = Scene(before, after)
        done = tuple(seen.clock.run("caption", partial(self.captioner, text, scene=scene)) for text in texts)
        return replace(result, captions=done, timings=seen.clock.finish())

    def stream(self, frames: Iterable[Picture], *, lookahead: int | None = None) -> Iterator[Result]:
        """Anonymizes the frames of one video or camera, in order.

        Args:
            frames: The frames, as `__call__` takes them; bare arrays count as 25 frames a second.
            lookahead: Frames to hold back; None takes the policy's, and that of files where it leaves it open.

        Yields:
            One result per frame, in order, ``lookahead`` frames late.

        Raises:
            StageError: A stage raised and the policy says stop; frames still held are not shown.
        """
        depth = lookahead if lookahead is not None else self.policy.lookahead
        tracker = self._tracker(self.locate.threshold)
        window = Lookahead(FILE_LOOKAHEAD if depth is None else depth, surely=tracker.surely)
        waiting: deque[_Seen] = deque()
        sampler, steady, watch = self._sampler(), Steadier(), self._watch(still=False)
        details = (self.policy.detail or VIDEO_DETAIL,)
        for number, picture in enumerate(frames):
            frame = self._frame(picture, number)
            if not isinstance(picture, Frame):
                # A held array must not change under us: callers reuse their buffers.
                frame = replace(frame, pixels=pictures.copied(frame.pixels))
            seen = _Seen(_Clock(), _is_on_device(frame), sampler=sampler, steady=steady, takes=VIDEO_TAKES, watch=watch)
            waiting.append(seen)
            frame, tracks = self._look(frame, tracker, seen, details)
            for ready, complete in window.push(frame, tracks, cut=tracker.cut):
                yield self._finish(ready, complete, waiting.popleft())
        for ready, complete in window.flush():
            yield self._finish(ready, complete, waiting.popleft())

    def _tracker(self, threshold: float) -> Tracker:
        return Tracker(threshold=threshold, coast=self.policy.coast, witness=self.align.witness)

    def _sampler(self) -> Sampler | None:
        return self._corridor.sampler() if self._corridor is not None else None

    def _frame(self, picture: Picture, number: int) -> Frame:
        """The picture as a frame of this pipeline; a bare array gets a place in time."""
        if isinstance(picture, Frame) and not isinstance(picture.pixels, DeviceArray):
            return picture
        if isinstance(picture, np.ndarray):
            return Frame(picture, pts=40 * number, index=number)
        held = picture.pixels if isinstance(picture, Frame) else picture
        if not any(hasattr(held, name) for name in ("__cuda_array_interface__", "__dlpack__")):
            raise _no_picture(picture)
        if self.place is None:
            raise InputError(
                f"a picture is on a GPU, but this anonymizer works on the host ({self._placeless})",
                given=type(held).__name__,
                expected="a NumPy array",
                do="see `pyanon doctor` for what is missing, or copy it to the host",
            )
        pixels = adopt(held, self.place)
        return (
            replace(picture, pixels=pixels) if isinstance(picture, Frame) else Frame(pixels, 40 * number, index=number)
        )

    def _look(self, frame: Frame, tracker: Tracker, seen: _Seen, details: tuple[int, ...]) -> tuple[Frame, Tracks]:
        """Locates and tracks; a failure covers the whole frame later, where the policy says so."""
        try:
            if self.place is not None and not seen.on_device:
                place, pixels = self.place, frame.picture
                frame = replace(frame, pixels=seen.clock.run("transfer", lambda: place.upload(pixels)))
            found: Detections = seen.clock.run("locate", lambda: self.locate(frame, details=details))
            tracks: Tracks = seen.clock.run("track", lambda: tracker(frame, found))
            if seen.watch is not None:
                seen.glance = seen.clock.run("select", partial(seen.watch, frame, tracks))
        except StageError as error:
            if seen.watch is not None:
                seen.watch.missed()
            self._excuse(error, seen)
            return frame, _nobody()
        return frame, tracks

    def _finish(self, frame: Frame, tracks: Tracks, seen: _Seen) -> Result:
        """Completes and blends one frame."""
        if not seen.failed:
            try:
                return self._blended(frame, tracks, seen)
            except StageError as error:
                self._excuse(error, seen)
        output = self.blend.whole(frame)
        if seen.on_device and self.place is not None:
            with suppress(RunnerError):  # it may be the GPU that failed: then the plain frame stays on the host
                output = replace(output, pixels=self.place.upload(output.picture))
        return Result(output, (), seen.clock.finish(), failed=seen.failed)

    def _blended(self, frame: Frame, tracks: Tracks, seen: _Seen) -> Result:
        tracks, replacements, verdicts = self._replaced(frame, tracks, seen)
        if seen.watch is not None:
            verdicts = seen.clock.run("select", partial(seen.glance.kept, tracks, verdicts))
        output = seen.clock.run("blend", lambda: self.blend(frame, tracks, replacements, verdicts))
        if seen.on_device and self.place is not None:
            # Whatever failed on the GPU fails here, in this frame, and not in the hands of whoever reads it.
            seen.clock.run("blend", self.place.synchronize)
        elif _is_on_device(output):
            output = replace(output, pixels=seen.clock.run("transfer", lambda: output.picture))
        seen.before = verdicts.before
        return Result(output, self._faces(tracks, verdicts, seen), seen.clock.finish())

    def _replaced(self, frame: Frame, tracks: Tracks, seen: _Seen) -> tuple[Tracks, Replacements, Verdicts]:
        """The tracks with landmarks, and what is to be pasted over them."""
        if self._corridor is None or seen.sampler is None:
            tracks = seen.clock.run("align", lambda: self.align.complete(frame, tracks))
            return tracks, nothing_painted(len(tracks)), nothing_accepted(len(tracks), "")
        refined, witness = seen.clock.run("align", lambda: self.align.refine(frame, tracks))
        steady = seen.steady
        tracks = refined if steady is None else seen.clock.run("track", lambda: steady(refined, frame.time))
        painted, verdicts = self._corridor(
            frame, tracks, seen.sampler, witness=witness, run=seen.clock.run, steady=steady, most=seen.takes
        )
        return tracks, painted, verdicts

    def _excuse(self, error: StageError, seen: _Seen) -> None:
        if self.policy.on_error == "stop":
            raise error
        seen.failed = error.stage

    def _faces(self, tracks: Tracks, verdicts: Verdicts, seen: _Seen) -> tuple[Face, ...]:
        spent, kept = seen.sampler.ledger.per_face if seen.sampler is not None else {}, verdicts.kept
        return tuple(
            Face(
                xyxy=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                score=float(tracks.score[row]),
                track=int(tracks.track_id[row]),
                coasted=bool(tracks.coasted[row]),
                action="kept" if kept[row] else "replaced" if verdicts.accepted[row] else "covered",
                prompt=self.policy.prompts[int(tracks.prompt[row])],
                landmarks=tracks.landmarks[row],
                reason="" if kept[row] else verdicts.reason[row],
                similarity=()
                if kept[row]
                else tuple(verdicts.similarity[row][np.isfinite(verdicts.similarity[row])].tolist()),
                epsilon=spent.get(int(tracks.track_id[row]), 0.0),
                traits=(verdicts.before if kept[row] else verdicts.traits)[row],
                told=row >= len(tracks) - seen.told,
            )
            for row, box in enumerate(tracks.xyxy)
        )


def _nobody() -> Tracks:
    empty = Detections.empty()
    return Tracks(empty.xyxy, empty.score, empty.landmarks, empty.prompt, np.zeros(0, np.int64), np.zeros(0, np.bool_))


def _place(pack: Pack, device: Device) -> tuple[Stream | None, str]:
    """The stream of pictures that stay on the GPU from the locator to the blend, or None and what is missing for it."""
    if device == "cpu":
        return None, "device 'cpu' was asked for"
    if not cuda.is_built():
        return None, "this pyanon was built without CUDA kernels"
    return place_for(pack)


def _is_on_device(frame: Frame) -> bool:
    return isinstance(frame.pixels, DeviceArray)


def _no_picture(given: object) -> InputError:
    return InputError(
        "this is not a picture",
        given=type(given).__name__,
        expected="a numpy array (H, W, 3) uint8 RGB, such an array of a GPU, or a pyanon.types.Frame",
        do="open files with pyanon.open_video or pyanon.read_picture",
    )
