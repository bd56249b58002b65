"""pyanon makes the people in video, camera streams and pictures unidentifiable.

::

    import pyanon

    pyanon.anonymize_video("in.mp4", "out.mp4", policy=pyanon.Policy(cover="mosaic"))

Names are loaded when they are first used: importing pyanon imports neither codecs nor networks.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyanon.anonymizer import Anonymizer as Anonymizer
    from pyanon.captioner import Captioner as Captioner
    from pyanon.dataset import DatasetSettings as DatasetSettings
    from pyanon.dataset import DatasetSummary as DatasetSummary
    from pyanon.dataset import anonymize_dataset as anonymize_dataset
    from pyanon.errors import PyanonError as PyanonError
    from pyanon.files import FileSummary as FileSummary
    from pyanon.files import FolderSummary as FolderSummary
    from pyanon.files import anonymize_folder as anonymize_folder
    from pyanon.files import anonymize_picture as anonymize_picture
    from pyanon.files import anonymize_video as anonymize_video
    from pyanon.policy import Policy as Policy
    from pyanon.runtime import available_packs as available_packs
    from pyanon.runtime import load_pack as load_pack
    from pyanon.types import Face as Face
    from pyanon.types import Frame as Frame
    from pyanon.types import Result as Result
    from pyanon.video import open_camera as open_camera
    from pyanon.video import open_sink as open_sink
    from pyanon.video import open_video as open_video
    from pyanon.video import read_picture as read_picture
    from pyanon.video import write_picture as write_picture

__all__ = [
    "Anonymizer",
    "Captioner",
    "DatasetSettings",
    "DatasetSummary",
    "Face",
    "FileSummary",
    "FolderSummary",
    "Frame",
    "Policy",
    "PyanonError",
    "Result",
    "__version__",
    "anonymize_dataset",
    "anonymize_folder",
    "anonymize_picture",
    "anonymize_video",
    "available_packs",
    "errors",
    "load_pack",
    "open_camera",
    "open_sink",
    "open_video",
    "read_picture",
    "write_picture",
]

#: Where each public name is defined.
_HOMES = {
    "Anonymizer": "anonymizer",
    "Captioner": "captioner",
    "DatasetSettings": "dataset",
    "DatasetSummary": "dataset",
    "Face": "types",
    "FileSummary": "files",
    "FolderSummary": "files",
    "Frame": "types",
    "Policy": "policy",
    "PyanonError": "errors",
    "Result": "types",
    "anonymize_dataset": "dataset",
    "anonymize_folder": "files",
    "anonymize_picture": "files",
    "anonymize_video": "files",
    "available_packs": "runtime",
    "load_pack": "runtime",
    "open_camera": "video",
    "open_sink": "video",
    "open_video": "video",
    "read_picture": "video",
    "write_picture": "video",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version(__name__)
    elif name == "errors":
        value = importlib.import_module(f"{__name__}.errors")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
