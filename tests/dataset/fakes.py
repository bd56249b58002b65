"""What stands for the anonymizer and the captioner: no network, and answers that can be foreseen.

A new face is a number that follows from the picture. Captions about it say that number in the place of every private
word, so that it shows whether they agree with each other and with the picture.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pyanon.dataset.run import run
from pyanon.dataset.running import Request
from pyanon.dataset.settings import DatasetSettings
from pyanon.dataset.summary import DatasetProgress, DatasetSummary
from pyanon.dataset.work import Opening, Tools
from pyanon.errors import SourceError
from pyanon.policy import Policy
from pyanon.texts import Caption, Change, Consistency
from pyanon.types import Frame

#: Words that may be in no file of an output.
PRIVATE = ("Maria", "Lopez", "Quintero", "Ottakring")
#: What the stand-in paints where a file says that there is a face.
COVERED = (1, 2, 3)
_PRIVATE = re.compile("|".join(PRIVATE), re.IGNORECASE)


def rewrite(text: str, *, face: str = "someone") -> Caption:
    """A caption without private words."""
    changes = tuple(Change(match.start(), match.end(), "name", face) for match in _PRIVATE.finditer(text))
    return Caption(_PRIVATE.sub(face, text), Consistency(changes=changes), f"show {face}")


@dataclass(frozen=True)
class Seen:
    """What the anonymizer returns, as far as data sets ask."""

    output: Frame
    captions: tuple[Caption, ...]


@dataclass(frozen=True)
class FakeOpening(Opening):
    """Opens the stand-ins.

    Attributes:
        log: A file that gets a line for every call.
        slow: Seconds that a call takes.
        fatal: A text that ends the process which reads it, as a crash in a network would.
        wrong: A text that raises an error which repeats what it was given.
        broken: Opening fails.
    """

    policy: Policy = field(default_factory=Policy)
    log: str = ""
    slow: float = 0.0
    fatal: str = ""
    wrong: str = ""
    broken: bool = False

    def open(self) -> Tools:
        if self.broken:
            raise SourceError("there is no network here", given="engines", do="look elsewhere")
        return Tools(picture=self._picture if self.pictures else None, text=self._text)

    def _note(self, texts: Sequence[str]) -> None:
        if self.fatal and any(self.fatal in text for text in texts):
            os._exit(9)
        if self.wrong and any(self.wrong in text for text in texts):
            raise ValueError(f"cannot read {texts!r}")
        time.sleep(self.slow)
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(json.dumps({"process": os.getpid(), "texts": len(texts)}) + "\n")

    def _text(self, text: str) -> Caption:
        self._note([text])
        return rewrite(text)

    def _picture(self, frame: Frame, *, captions: Sequence[str], also: np.ndarray | None) -> Seen:
        self._note(captions)
        face = f"face {int(frame.picture.sum())}"
        pixels = 255 - frame.picture
        for left, top, right, bottom in [] if also is None else also.round().astype(int):
            pixels[top:bottom, left:right] = COVERED
        changed = Frame(pixels)
        return Seen(changed, tuple(rewrite(text, face=face) for text in captions))


def calls(log: Path) -> list[dict[str, Any]]:
    """What was asked of the stand-ins."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def publish(
    source: Path,
    output: Path,
    *,
    images: Path | None = None,
    settings: DatasetSettings | None = None,
    progress: list[DatasetProgress] | None = None,
    **opening: Any,
) -> DatasetSummary:
    """Anonymizes a data set by the stand-ins."""
    how = FakeOpening(pictures=images is not None, **opening)
    show = None if progress is None else progress.append
    return run(Request(source, output, images, settings or DatasetSettings(), how, show))


def paint(folder: Path, *names: str) -> Path:
    """Small pictures, each another one."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 8, 3), 7 * number + 5, np.uint8)).save(folder / name)
    return folder


def face_of(path: Path) -> str:
    """What captions about an original picture call its new face."""
    return f"face {int(np.asarray(Image.open(path).convert('RGB')).sum())}"


def write_lines(path: Path, rows: Sequence[dict[str, Any] | str]) -> Path:
    """A file of JSON Lines; a text is a line as it is."""
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaks(folder: Path) -> list[str]:
    """Files that hold a private word, in their text or in their name."""
    return [
        name
        for name, data in everything(folder).items()
        if _PRIVATE.search(name) or _PRIVATE.search(data.decode("latin-1"))
    ]
