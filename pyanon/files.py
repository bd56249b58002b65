"""Files in, files out: a video, a picture, or a folder of them, with nothing overwritten and nothing half done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pyanon import stream
from pyanon.errors import InputError, TruncatedSourceError
from pyanon.naming import Errand, check_folder, check_input, claim, default_folder, default_output, errands
from pyanon.report import FaceReport, Tally, check_report
from pyanon.video import (
    Picture,
    PublicWords,
    VideoInfo,
    is_picture,
    open_sink,
    open_video,
    read_picture,
    takes_words,
    write_picture,
)
from pyanon.video.formats import format_of
from pyanon.video.probe import is_address
from pyanon.video.sink import Audio
from pyanon.wording import notes_on_faces, notes_on_words, public_words, to_rewrite

if TYPE_CHECKING:
    from pyanon.anonymizer import Anonymizer
    from pyanon.policy import Policy
    from pyanon.types import Result

__all__ = [
    "FileSummary",
    "FolderFailure",
    "FolderSummary",
    "Progress",
    "anonymize_folder",
    "anonymize_picture",
    "anonymize_video",
]


@dataclass(frozen=True)
class Progress:
    """How far a run has come; given after every frame.

    Attributes:
        source: Path or address of what is being worked on.
        frames: Frames of it that are done.
        total: Frames it has, as far as its container says; None where it does not.
        file: Number of the file, from 1.
        files: How many files there are.
    """

    source: str
    frames: int = 0
    total: int | None = None
    file: int = 1
    files: int = 1


#: Called with the progress after every frame, in the thread that writes the output.
OnProgress: TypeAlias = Callable[[Progress], object]


@dataclass(frozen=True)
class FileSummary:
    """What was done to one file.

    Attributes:
        source: Path or address of the input.
        output: Path or address of the anonymized version.
        frames: Frames written.
        faces: Faces located in them: one person in ten frames counts ten times.
        coasted: Those of them that the locator missed and whose track kept them hidden.
        tracks: Different faces as far as they could be followed; somebody who comes back counts again.
        failed: Frames covered whole because a stage raised, where the policy says so.
        seconds: Wall-clock time.
        truncated: Whether the input broke off; what was decoded before has been written.
        notes: What was left out or changed, in words.
        method: What was to happen to faces: ``"replace"``, or the look of the covers.
        replaced: Faces that left as somebody else's.
        covered: Faces that left covered.
        exposed: Located faces that left neither replaced nor covered nor kept; says nothing about faces that were not
            found.
        epsilon: Privacy loss by track, where the exponential mechanism spent any.
        total_epsilon: That of all tracks together.
        captions: The public captions of those that were given, in their order.
        kept: Faces that left as they were, because the policy names them.
    """

    source: str
    output: str
    frames: int
    faces: int
    coasted: int
    tracks: int
    failed: int
    seconds: float
    truncated: bool = False
    notes: tuple[str, ...] = ()
    method: str = "blur"
    replaced: int = 0
    covered: int = 0
    exposed: int = 0
    epsilon: Mapping[int, float] = field(default_factory=dict)
    total_epsilon: float = 0.0
    captions: tuple[str, ...] = ()
    kept: int = 0


@dataclass(frozen=True)
class FolderFailure:
    """A file of a folder of which there is no anonymized version.

    Attributes:
        source: The file.
        error: Why.
    """

    source: Path
    error: Exception


@dataclass(frozen=True)
class FolderSummary:
    """What was done to a folder.

    Attributes:
        source: The input folder.
        output: The output folder.
        files: What was done to each file.
        failures: The files of which there is no anonymized version, and why.
        left: The files that are neither pictures nor videos; they were not copied.
        seconds: Wall-clock time.
    """

    source: Path
    output: Path
    files: tuple[FileSummary, ...]
    failures: tuple[FolderFailure, ...]
    left: tuple[Path, ...]
    seconds: float


@dataclass(frozen=True)
class _Writing:
    """How outputs are written."""

    audio: Audio = "drop"
    keep_metadata: bool = False
    quality: int | None = None
    preset: str | None = None
    overwrite: bool = False
    rewrite_captions: bool = False


@dataclass(frozen=True)
class _Job:
    """All that is needed to anonymize one file after the other."""

    anonymizer: Anonymizer
    writing: _Writing
    report: FaceReport | None = None
    on_progress: OnProgress | None = None
    captions: tuple[str, ...] = ()

    def video(self, source: str | Path, output: str | Path, place: Progress) -> FileSummary:
        """Anonymizes a video; ``output`` has been claimed."""
        began, count = time.monotonic(), _Count(self, str(source), place)
        how, truncated, gpu = self.writing, False, self.anonymizer.gpu_pictures
        with open_video(source, gpu=gpu) as frames:
            count.total(frames.info.frame_count)
            try:
                with open_sink(
                    output,
                    like=frames.info,
                    audio=how.audio,
                    keep_metadata=how.keep_metadata,
                    quality=how.quality,
                    preset=how.preset,
                    gpu=gpu,
                ) as sink:
                    fallback = sink.note
                    stream.run(frames, self.anonymizer.stream, sink, on_result=count)
            except TruncatedSourceError:
                if not count.tally.frames:
                    raise
                truncated = True  # the sink has kept what came before
            notes = _video_notes(frames.info, how, output, corrupt=frames.corrupt)
            notes += (fallback,) if fallback else ()
        return count.summary(output, began=began, truncated=truncated, notes=notes)

    def picture(self, source: str | Path, output: Path, place: Progress) -> FileSummary:
        """Anonymizes a picture; ``output`` has been claimed."""
        began, count = time.monotonic(), _Count(self, str(source), place)
        count.total(1)
        picture = read_picture(source)
        how, found = self.writing, picture.descriptions
        captions = to_rewrite(found) if how.rewrite_captions and takes_words(output) else {}
        result = self._treated(picture, captions)
        words = PublicWords()
        if how.rewrite_captions and takes_words(output) and not result.failed:
            words = self._words(picture, captions, result)
        write_picture(output, result.output, like=picture, keep_exif=how.keep_metadata, words=words)
        count(result)
        notes = (*notes_on_faces(found, result.faces), *notes_on_words(found, words, rights_kept=how.keep_metadata))
        texts = tuple(caption.text for caption in result.captions[: len(self.captions)])
        return replace(count.summary(output, began=began, notes=picture.notes + notes), captions=texts)

    def _treated(self, picture: Picture, captions: Mapping[str, str]) -> Result:
        """The picture with nobody left in it, and its captions rewritten to agree with whom it shows then."""
        boxes = picture.face_boxes if len(picture.face_boxes) else None
        return self.anonymizer(picture.frame, captions=[*self.captions, *captions.values()], also=boxes)

    def _words(self, picture: Picture, captions: Mapping[str, str], result: Result) -> PublicWords:
        written = result.captions[len(self.captions) :]
        texts = {name: caption.text for name, caption in zip(captions, written, strict=True)}
        captioner = self.anonymizer.captioner
        return public_words(
            picture.descriptions, captions=texts, rewrite=lambda text: captioner(text).text, faces=result.faces
        )

    def file(self, errand: Errand, place: Progress) -> FileSummary:
        """Anonymizes a file of a folder."""
        output = claim(errand.output, source=errand.source, overwrite=self.writing.overwrite)
        work = self.picture if is_picture(errand.source) else self.video
        return work(errand.source, output, place)


class _Count:
    """Counts, reports and shows the results of one file, as they come."""

    def __init__(self, job: _Job, source: str, place: Progress) -> None:
        self._job, self._source, self._place = job, source, place
        self.tally = Tally()

    def total(self, frames: int | None) -> None:
        self._place = replace(self._place, total=frames)
        self._show()

    def __call__(self, result: Result) -> None:
        self.tally.add(result)
        if self._job.report is not None:
            self._job.report.write(self._source, result)
        self._show()

    def summary(
        self, output: str | Path, *, began: float, truncated: bool = False, notes: tuple[str, ...] = ()
    ) -> FileSummary:
        """The sums; from here on the output is complete, so that its lines in the report stay."""
        tally, anonymizer = self.tally, self._job.anonymizer
        if self._job.report is not None:
            self._job.report.close_file(self._source, tally, anonymizer.policy.facts())
        return FileSummary(
            source=self._source,
            output=str(output),
            frames=tally.frames,
            faces=tally.faces,
            coasted=tally.coasted,
            tracks=tally.tracks,
            failed=tally.failed,
            seconds=time.monotonic() - began,
            truncated=truncated,
            notes=notes,
            method=anonymizer.method,
            replaced=tally.replaced,
            covered=tally.covered,
            exposed=tally.exposed,
            epsilon=dict(tally.epsilon),
            total_epsilon=tally.total_epsilon,
            kept=tally.kept,
        )

    def _show(self) -> None:
        if self._job.on_progress is not None:
            self._job.on_progress(replace(self._place, frames=self.tally.frames))


def _video_notes(info: VideoInfo, how: _Writing, output: str | Path, *, corrupt: int) -> tuple[str, ...]:
    notes = []
    if info.audio and how.audio == "drop":
        notes.append("the sound was left out, because voices identify people (--audio copy keeps it)")
    elif info.audio and not format_of(output).sound:
        notes.append("the sound was left out, because this kind of output holds none")
    if info.left_out:
        notes.append(f"left out as well: {', '.join(info.left_out)}")
    if corrupt:
        notes.append(f"damaged packets passed over: {corrupt}")
    return tuple(notes)


@contextlib.contextmanager
def _opened(anonymizer: Anonymizer | None, policy: Policy | None) -> Iterator[Anonymizer]:
    """The caller's anonymizer, which stays open; or one of our own."""
    if anonymizer is not None:
        if policy is not None:
            raise InputError(
                "both a policy and an anonymizer were given",
                expected="one of them: an anonymizer has its own policy",
                do="pass the policy to the Anonymizer",
            )
        yield anonymizer
        return
    from pyanon.anonymizer import Anonymizer as Own  # the networks' runtime is loaded only where it is needed

    with Own(policy=policy) as own:
        yield own


@contextlib.contextmanager
def _reported(
    report: str | Path | None, *, others: Iterable[str | Path], overwrite: bool
) -> Iterator[FaceReport | None]:
    """The report, or None where none was asked for."""
    if report is None:
        yield None
        return
    with FaceReport(check_report(report, others=others, overwrite=overwrite)) as lines:
        yield lines


def anonymize_video(
    source: str | Path,
    output: str | Path | None = None,
    *,
    policy: Policy | None = None,
    anonymizer: Anonymizer | None = None,
    audio: Audio = "drop",
    keep_metadata: bool = False,
    quality: int | None = None,
    preset: str | None = None,
    overwrite: bool = False,
    report: str | Path | None = None,
    progress: OnProgress | None = None,
) -> FileSummary:
    """Anonymizes a video file.

    The output appears under its name when it is complete; whatever goes wrong before, nothing appears, and what was
    there before is still there. A source that breaks off is the exception: what was decoded is written, and the
    summary says so.

    Args:
        source: Path of a video or an animated picture, or an http(s) address.
        output: Path, folder or address; None for ``clip.anon.mp4`` beside ``clip.mp4``.
        policy: What shall happen to the faces; None for the default.
        anonymizer: To be used and left open, instead of a policy.
        audio: ``"drop"`` (the default: voices identify people) or ``"copy"``.
        keep_metadata: Keep title, copyright, date, genre and language; never places, names, devices or thumbnails.
        quality: Constant rate factor of the encoder, lower is better; None for 20 in H.264 and 30 in VP9.
        preset: Speed of libx264, which then encodes also where NVENC would; None for the default.
        overwrite: Whether an output or report that is there already may be replaced.
        report: Where to write one JSON line per frame (docs/cli.md); None for nowhere.
        progress: Called after every frame.

    Returns:
        What was done.

    Raises:
        InputError: A setting cannot be used; the output or the report is the input.
        SourceError: The source cannot be read, or broke off before its first frame.
        SinkError: The output exists already or cannot be written.
        PackError: The pack is missing, malformed or tampered with, or does not know a prompt.
        StageError: A stage raised and the policy says stop.
    """
    writing = _Writing(audio, keep_metadata, quality, preset, overwrite)
    target = _claimed(source, output, overwrite=overwrite)
    with (
        _reported(report, others=(source, target), overwrite=overwrite) as lines,
        _opened(anonymizer, policy) as opened,
    ):
        return _Job(opened, writing, lines, progress).video(source, target, Progress(str(source)))


def _claimed(source: str | Path, output: str | Path | None, *, overwrite: bool) -> str | Path:
    if output is not None and is_address(output):
        return output
    if output is None and is_address(source):
        raise InputError("an address was given without an output", given=source, do="name the output")
    return _claimed_file(source, output, overwrite=overwrite)


def _claimed_file(source: str | Path, output: str | Path | None, *, overwrite: bool) -> Path:
    path = Path(source) if is_address(source) else check_input(Path(source))
    return claim(default_output(path) if output is None else output, source=source, overwrite=overwrite)


def anonymize_picture(
    source: str | Path,
    output: str | Path | None = None,
    *,
    policy: Policy | None = None,
    anonymizer: Anonymizer | None = None,
    keep_metadata: bool = False,
    rewrite_captions: bool = False,
    captions: Sequence[str] = (),
    overwrite: bool = False,
    report: str | Path | None = None,
    progress: OnProgress | None = None,
) -> FileSummary:
    """Anonymizes a still picture; the output appears complete or not at all.

    Args:
        source: Path of a JPEG, PNG, WebP, TIFF, BMP or single-frame GIF.
        output: Path or folder; None for ``photo.anon.jpg`` beside ``photo.jpg``.
        policy: What shall happen to the faces; None for the default.
        anonymizer: To be used and left open, instead of a policy.
        keep_metadata: Keep what is harmless of the EXIF block; never places, names, devices or thumbnails.
        rewrite_captions: Rewrite the title and the caption that the file holds, so that they give nobody away and fit
            the new faces, and keep keywords that say nothing of anybody; without it they are left out.
        captions: Texts that go with the picture; those that may go with the output are in the summary.
        overwrite: Whether an output or report that is there already may be replaced.
        report: Where to write one JSON line (docs/cli.md); None for nowhere.
        progress: Called when it is done.

    Returns:
        What was done.

    Raises:
        InputError: A setting cannot be used; the output or the report is the input.
        SourceError: The source cannot be read.
        SinkError: The output exists already or cannot be written.
        PackError: The pack is missing, malformed or tampered with, or does not know a prompt.
        StageError: A stage raised and the policy says stop.
    """
    writing = _Writing(keep_metadata=keep_metadata, overwrite=overwrite, rewrite_captions=rewrite_captions)
    target = _claimed_file(source, output, overwrite=overwrite)
    with (
        _reported(report, others=(source, target), overwrite=overwrite) as lines,
        _opened(anonymizer, policy) as opened,
    ):
        job = _Job(opened, writing, lines, progress, tuple(captions))
        return job.picture(source, target, Progress(str(source)))


def anonymize_folder(
    source: str | Path,
    output: str | Path | None = None,
    *,
    policy: Policy | None = None,
    anonymizer: Anonymizer | None = None,
    audio: Audio = "drop",
    keep_metadata: bool = False,
    rewrite_captions: bool = False,
    quality: int | None = None,
    preset: str | None = None,
    overwrite: bool = False,
    report: str | Path | None = None,
    progress: OnProgress | None = None,
) -> FolderSummary:
    """Anonymizes every video and picture below a folder, into a folder with the same names.

    A file that fails does not end the run: the summary says which failed and why. Hidden files and links to folders
    are passed over; files that are neither video nor picture are not copied.

    Args:
        source: The folder.
        output: The output folder, made where it does not exist; None for ``photos.anon`` beside ``photos``.
        policy: As for `anonymize_video`.
        anonymizer: As for `anonymize_video`.
        audio: As for `anonymize_video`.
        keep_metadata: As for `anonymize_video` and `anonymize_picture`.
        rewrite_captions: As for `anonymize_picture`.
        quality: As for `anonymize_video`.
        preset: As for `anonymize_video`.
        overwrite: Whether outputs or a report that are there already may be replaced.
        report: Where to write one JSON line per frame or picture (docs/cli.md); None for nowhere.
        progress: Called after every frame.

    Returns:
        What was done.

    Raises:
        InputError: A setting cannot be used; the output is the input; the report is one of the files.
        SourceError: The folder does not exist.
        SinkError: The output folder or the report cannot be written.
        PackError: The pack is missing, malformed or tampered with, or does not know a prompt.
    """
    began, folder = time.monotonic(), Path(source)
    target = default_folder(folder) if output is None else Path(output)
    todo, left = errands(folder, target)
    check_folder(target)
    files = [path for errand in todo for path in (errand.source, errand.output)]
    writing = _Writing(audio, keep_metadata, quality, preset, overwrite, rewrite_captions)
    with (
        _reported(report, others=files, overwrite=overwrite) as lines,
        _opened(anonymizer, policy) as opened,
    ):
        done, failures = _run_errands(_Job(opened, writing, lines, progress), todo)
    return FolderSummary(folder, target, tuple(done), tuple(failures), tuple(left), time.monotonic() - began)


def _run_errands(job: _Job, todo: list[Errand]) -> tuple[list[FileSummary], list[FolderFailure]]:
    done, failures = [], []
    for number, errand in enumerate(todo, 1):
        place = Progress(str(errand.source), file=number, files=len(todo))
        try:
            errand.output.parent.mkdir(parents=True, exist_ok=True)
            done.append(job.file(errand, place))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are still wanted
            failures.append(FolderFailure(errand.source, error))
            if job.report is not None:
                job.report.forget()
    return done, failures
