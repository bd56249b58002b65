"""Imports ultralytics (AGPL-3.0) without torchvision.

ultralytics asks for the version of torchvision when it is imported and for no more of it on the way to a network; but
the index's torchvision is built against CUDA and does not import beside a torch for the CPU
(``operator torchvision::nms does not exist``). So where torchvision is not installed that one question is answered
here. ultralytics is also told not to install packages, and not to go online.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from unittest import mock

import torch

from pyanon.errors import InputError

__all__ = ["load_tasks"]

_QUIET = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}
#: A checkpoint is a pickle: only the classes of networks may come out of it.
_SAFE = {"ULTRALYTICS_SAFE_LOAD": "true"}


def load_tasks() -> ModuleType:
    """The module ``ultralytics.nn.tasks``.

    Raises:
        InputError: ultralytics is not installed.
    """
    os.environ.update(_QUIET | _SAFE)
    try:
        with _version_of_torchvision():
            from ultralytics.nn import tasks
    except ModuleNotFoundError as error:
        raise InputError(
            f"YOLO-World needs ultralytics ({error})", do="pip install --no-deps ultralytics: see docs/export.md"
        ) from error
    return tasks


@contextmanager
def _version_of_torchvision() -> Iterator[None]:
    known = importlib.metadata.version
    # The release that belongs to this torch: ultralytics would warn of any other.
    fitting = f"0.{int(torch.__version__.split('.')[1]) + 15}"

    def version(name: str) -> str:
        try:
            return known(name)
        except importlib.metadata.PackageNotFoundError:
            if name == "torchvision":
                return fitting
            raise

    with mock.patch.object(importlib.metadata, "version", version):
        yield
