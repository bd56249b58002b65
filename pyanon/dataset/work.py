"""One job: a picture with its captions, or captions alone, made public; and why one failed, without a word of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyanon.errors import (
    InputError,
    PackError,
    RunnerError,
    SinkError,
    SourceNotFoundError,
    StageError,
    TruncatedSourceError,
    UnsupportedMediaError,
)
from pyanon.policy import Policy
from pyanon.texts import Caption, Extractor

__all__ = ["Job", "Opening", "Reply", "Tools", "reason_of", "treat"]


@dataclass(frozen=True)
class Job:
    """What one worker does at a time.

    Attributes:
        head: Number of the first row it is for.
        texts: Private captions.
        picture: The original picture; None: there is none.
        target: Where the anonymized one goes.
    """

    head: int
    texts: tuple[str, ...] = ()
    picture: str | None = None
    target: str = ""


@dataclass(frozen=True)
class Reply:
    """What became of a job.

    Attributes:
        texts: Public captions, as many as there were private ones.
        instruction: What an editor would have to do to the original picture.
        changes: How many spans were changed, by kind.
        reason: Why there is nothing; empty where there is.
    """

    texts: tuple[str, ...] = ()
    instruction: str = ""
    changes: dict[str, int] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Tools:
    """What treats pictures and captions.

    Attributes:
        picture: `pyanon.Anonymizer`: ``(frame, captions=[...], also=boxes)``.
        text: `pyanon.captioner.Captioner`: ``(text)``.
        close: Lets go of networks.
    """

    picture: Callable[..., Any] | None = None
    text: Callable[[str], Caption] | None = None
    close: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Opening:
    """How a worker gets its tools; goes to another process as it is.

    Attributes:
        policy: What shall happen to people.
        pack: Name or folder of the pack of networks.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: Threads of one network.
        pictures: Whether there are pictures.
        extractors: Who reads captions besides the grammar.
        extractor_options: What is said to each of them.
    """

    policy: Policy
    pack: str = "pocket"
    device: str = "auto"
    threads: int = 1
    pictures: bool = True
    extractors: tuple[str, ...] = ()
    extractor_options: Mapping[str, Any] = field(default_factory=dict)

    def open(self) -> Tools:
        """The tools, to be closed.

        Raises:
            PackError: The pack is missing, malformed or tampered with, or cannot do what the policy asks for.
            RunnerError: A network cannot be run on this machine.
            InputError: An extractor is unknown or needs what is not here, or captions may not go there.
        """
        readers = self._readers()
        device: Any = self.device
        if self.pictures:
            from pyanon.anonymizer import Anonymizer  # loads the networks' runtime

            anonymizer = Anonymizer(
                policy=self.policy, pack=self.pack, device=device, threads=self.threads, extractors=readers
            )
            return Tools(picture=anonymizer, close=anonymizer.close)
        from pyanon.captioner import Captioner  # loads the word lists

        captioner = Captioner.open(
            policy=self.policy, pack=self.pack, device=device, threads=self.threads, extractors=readers
        )
        return Tools(text=captioner, close=captioner.close)

    def _readers(self) -> tuple[Extractor, ...]:
        if not self.extractors:
            return ()
        from pyanon.captions.extractors import open_extractor

        return tuple(open_extractor(what, **self.extractor_options) for what in self.extractors)


def treat(job: Job, tools: Tools) -> Reply:
    """Do a job. Whatever goes wrong is in the reply.

    Args:
        job: What to do.
        tools: What to do it with.
    """
    try:
        if job.picture is None:
            return _texts(job, tools)
        return _picture(job, job.picture, tools)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others are still wanted
        return Reply(reason=reason_of(error))


def _texts(job: Job, tools: Tools) -> Reply:
    if not job.texts:
        return Reply()
    if tools.text is None:
        raise RunnerError("there is nothing that treats captions")
    done = [tools.text(text) for text in job.texts]
    return _reply(done)


def _picture(job: Job, path: str, tools: Tools) -> Reply:
    from pyanon.video import read_picture, write_picture  # loads the codecs

    if tools.picture is None:
        raise RunnerError("there is nothing that treats pictures")
    picture = read_picture(path)
    boxes = picture.face_boxes if len(picture.face_boxes) else None  # faces that the file itself speaks of
    result = tools.picture(picture.frame, captions=list(job.texts), also=boxes)
    captions: Sequence[Caption] = result.captions
    if len(captions) != len(job.texts):
        raise RunnerError("there are not as many public captions as private ones")
    Path(job.target).parent.mkdir(parents=True, exist_ok=True)
    write_picture(job.target, result.output, like=picture)
    return _reply(captions)


def _reply(captions: Sequence[Caption]) -> Reply:
    """Public captions; captions of one picture say mostly the same to the editor, and that is said once."""
    instruction = " ".join(dict.fromkeys(caption.instruction for caption in captions if caption.instruction))
    changes = Counter(str(change.kind) for caption in captions for change in caption.consistency.changes)
    return Reply(tuple(caption.text for caption in captions), instruction, dict(changes))


#: Texts of errors may hold names of files and parts of captions: of an error only its kind leaves.
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (SourceNotFoundError, "the picture does not exist"),
    (TruncatedSourceError, "the picture is damaged or breaks off"),
    (UnsupportedMediaError, "what is named is no still picture that can be read"),
    (SinkError, "the anonymized picture cannot be written"),
    (InputError, "the picture or its caption cannot be used"),
    (PackError, "the pack cannot treat it"),
    (RunnerError, "a network failed"),
    (MemoryError, "there is not enough memory for the picture"),
)


def reason_of(error: BaseException) -> str:
    """Why a row failed, in words that hold nothing of it.

    Args:
        error: What was raised.
    """
    if isinstance(error, StageError):
        return f"the stage {error.stage!r} failed"
    known = next((reason for kind, reason in _REASONS if isinstance(error, kind)), "")
    return known or f"an error that pyanon did not foresee ({type(error).__name__})"


def as_data(message: Job | Reply) -> dict[str, Any]:
    """A job or a reply as values of JSON.

    Args:
        message: The job or reply.
    """
    return asdict(message)
