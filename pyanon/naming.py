"""What outputs are called, and which files of a folder are to be anonymized."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyanon.errors import InputError, PyanonError, SinkError, SourceNotFoundError, UnsupportedMediaError
from pyanon.video import is_picture, is_video
from pyanon.video.atomic import check_output
from pyanon.video.formats import VIDEO_SUFFIXES
from pyanon.video.picture import PICTURE_SUFFIXES

__all__ = ["Errand", "check_folder", "check_input", "claim", "default_folder", "default_output", "errands"]

#: Suffixes of files that were meant to be videos or pictures, even where they cannot be read as such.
_MEDIA = frozenset(
    {*VIDEO_SUFFIXES, *PICTURE_SUFFIXES}
    | {".3gp", ".avi", ".flv", ".m2ts", ".mjpeg", ".mpeg", ".mpg", ".mts", ".ogv", ".vob", ".wmv"}
)


@dataclass(frozen=True)
class Errand:
    """One file of a folder and where its anonymized version goes.

    Attributes:
        source: The file.
        output: Its mirror image below the output folder.
    """

    source: Path
    output: Path


def default_output(source: Path) -> Path:
    """The name beside the input: ``clip.mp4`` becomes ``clip.anon.mp4``.

    Where nothing can be written to the input's suffix, a video ``clip.avi`` becomes ``clip.anon.mp4``.

    Args:
        source: An existing file.
    """
    return source.with_name(f"{source.stem}.anon{_suffix(source)}")


def default_folder(folder: Path) -> Path:
    """The name beside the input: ``photos`` becomes ``photos.anon``.

    Args:
        folder: An existing folder.
    """
    full = folder.resolve()
    return full.with_name(f"{full.name}.anon") if folder.name in {"", ".."} else folder.with_name(f"{folder.name}.anon")


def check_input(source: Path) -> Path:
    """The path of an input, once it is sure that reading it will not wait for ever.

    Args:
        source: A file.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: It is a folder, a device or a pipe.
    """
    if not source.exists():
        raise SourceNotFoundError("the input does not exist", given=source, do="check the path")
    if source.is_dir():
        raise UnsupportedMediaError("the input is a folder", given=source, do="use anonymize_folder()")
    if not source.is_file():
        raise UnsupportedMediaError(
            "the input is a device or a pipe", given=source, expected="a file", do="cameras are for: pyanon camera"
        )
    return source


def claim(output: str | Path, *, source: str | Path, overwrite: bool) -> Path:
    """The path of an output, once it is sure that writing it destroys nothing.

    Args:
        output: A file name; or an existing folder, in which the file gets its default name.
        source: The input.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        InputError: The output is the input, also by another name of it.
        SinkError: It exists already, or its folder does not exist.
    """
    path = Path(output)
    if path.is_dir() and Path(source).is_file():
        path = path / default_output(Path(source)).name
    target = check_output(path, source=str(source))
    if target.exists() and not overwrite:
        raise SinkError(
            "the output exists already",
            given=path,
            do="choose another name, or allow it with --overwrite (overwrite=True)",
        )
    return path


def check_folder(output: Path) -> None:
    """Make sure that an output folder can be made, or is there.

    Args:
        output: The output folder.

    Raises:
        SinkError: It is a file, or the folder around it does not exist.
    """
    if output.exists() and not output.is_dir():
        raise SinkError("the output is a file, the input a folder", given=output, do="name another folder")
    if not output.resolve().parent.is_dir():
        raise SinkError("the folder of the output does not exist", given=output.parent, do="create it first")


def errands(folder: Path, output: Path) -> tuple[list[Errand], list[Path]]:
    """What there is to do in a folder, and which files are left alone because they are neither video nor picture.

    Everything below the folder is looked at; hidden files, links to folders and the output folder are passed over. A
    file with the suffix of a video or picture is tried even where it does not look like one, so that a damaged one is
    reported and not silently left out.

    Args:
        folder: Where the inputs are.
        output: Where the outputs go: the same names below it; ``clip.avi`` becomes ``clip.avi.mp4``.

    Raises:
        SourceNotFoundError: There is no such folder.
        InputError: It is not a folder, or the output is the same one.
    """
    if not folder.exists():
        raise SourceNotFoundError("the folder does not exist", given=folder, do="check the path")
    if not folder.is_dir():
        raise InputError("this is not a folder", given=folder, do="use anonymize_video() or anonymize_picture()")
    if output.resolve() == folder.resolve():
        raise InputError("the output folder is the input folder itself", given=output, do="choose another folder")
    todo, left = [], []
    for path in _visible(folder, besides=output.resolve()):
        if _is_media(path):
            name = path.relative_to(folder)
            same = _suffix(path) == path.suffix
            todo.append(Errand(path, output / (name if same else name.with_name(name.name + _suffix(path)))))
        else:
            left.append(path)
    return todo, left


def _visible(folder: Path, *, besides: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.resolve() == besides:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _visible(path, besides=besides)
        elif path.is_file():
            yield path


def _is_media(path: Path) -> bool:
    if path.suffix.lower() in _MEDIA:
        return True
    try:
        return is_picture(path) or is_video(path)
    except PyanonError:  # it may not be read: opening it will say so
        return True


def _suffix(source: Path) -> str:
    """The input's own suffix where something can be written to it, else ``.png`` or ``.mp4``."""
    try:
        writable, other = (PICTURE_SUFFIXES, ".png") if is_picture(source) else (VIDEO_SUFFIXES, ".mp4")
    except PyanonError:  # it may not be read: opening it will say so
        return source.suffix
    return source.suffix if source.suffix.lower() in writable else other
