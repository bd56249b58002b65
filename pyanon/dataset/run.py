"""A data set in, the same data set out, with its people anonymized in pictures and words."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pyanon.dataset.fields import Fields
from pyanon.dataset.folder import IMAGES, Output
from pyanon.dataset.journal import Journal, locked
from pyanon.dataset.names import Names
from pyanon.dataset.plan import Plan
from pyanon.dataset.reading import Reading
from pyanon.dataset.records import Table, open_table
from pyanon.dataset.running import OnProgress, Request, Run
from pyanon.dataset.settings import DatasetSettings
from pyanon.dataset.summary import DatasetSummary
from pyanon.dataset.work import Opening
from pyanon.errors import InputError, SinkError, SourceNotFoundError
from pyanon.policy import Policy

__all__ = ["anonymize_dataset", "run"]


def anonymize_dataset(
    source: str | Path,
    output: str | Path,
    *,
    images: str | Path | None = None,
    policy: Policy | None = None,
    settings: DatasetSettings | None = None,
    progress: OnProgress | None = None,
) -> DatasetSummary:
    """Anonymizes a data set of captions and, where there are any, their pictures.

    Each picture is anonymized once, and all captions about it are changed to agree with the faces that are in it then.
    The output folder gets the rows, in the format of the input and in its order, the pictures, and a list of what
    failed. Called again after it was ended, in whatever way, it goes on where it stopped; called again after it was
    done, it tries again what failed. The same input and the same key give the same bytes.

    Args:
        source: A .jsonl, .ndjson, .csv, .tsv or .parquet file, or a .json file in the format of COCO's captions.
        output: The output folder, made where it does not exist.
        images: Folder that names of pictures start from; None: captions are changed without looking at pictures.
        policy: What shall happen to people; None for the default.
        settings: How the data set is read, run and written; None for the default.
        progress: Called after every picture or row.

    Returns:
        What was done. A row that fails does not end the run; the summary counts and lists them.

    Raises:
        InputError: A setting cannot be used; the output was begun with others; another run is writing to it.
        SourceError: The data set is missing, or cannot be read as a whole.
        SinkError: The output cannot be written, or holds files of somebody else.
        PackError: The pack is missing, malformed or tampered with, or cannot do what the policy asks for.
        RunnerError: A network cannot be run on this machine, or a worker not be started; pyarrow is missing.
    """
    how = settings or DatasetSettings()
    opening = Opening(
        policy or Policy(),
        how.pack,
        how.device,
        how.threads,
        pictures=images is not None,
        extractors=how.extractors,
        extractor_options=how.extractor_options,
    )
    folder = None if images is None else Path(images)
    return run(Request(Path(source), Path(output), folder, how, opening, progress))


def run(request: Request) -> DatasetSummary:
    """Anonymizes a data set; see `anonymize_dataset`.

    Args:
        request: What is to be done.
    """
    began = time.monotonic()
    try:
        return replace(_locked(request), seconds=time.monotonic() - began)
    except sqlite3.Error as error:
        raise SinkError(
            f"the plan of the run cannot be kept ({error})",
            given=tempfile.gettempdir(),
            expected="room for files that are gone with the run",
            do="free some space, or set SQLITE_TMPDIR to a folder on another disk",
        ) from error


def _locked(request: Request) -> DatasetSummary:
    output = Output(request.output, request.source, request.settings)
    with closing(open_table(request.source)) as table, closing(Plan()) as plan:
        _check_images(request)
        output.check()
        with locked(request.output):
            if request.settings.restart:
                output.clear()
            output.sweep()
            try:
                with closing(Journal(request.output)) as journal:
                    return Run(request, output, journal, plan, _reading(request, table, output)).run()
            finally:
                output.sweep()


def _check_images(request: Request) -> None:
    if request.images is None:
        return
    if not request.images.is_dir():
        raise SourceNotFoundError("the folder of the pictures is not there", given=request.images, do="check the path")
    if (request.output / IMAGES).resolve() == request.images.resolve():
        raise InputError("the pictures would be written over", given=request.images, do="choose another output folder")


def _reading(request: Request, table: Table, output: Output) -> Reading:
    settings, pictures = request.settings, request.images is not None
    unread = sorted({*settings.keep, *settings.captions} & {*table.unread})
    if unread:
        raise InputError("columns of bytes cannot be kept or read", given=", ".join(unread), do="leave them out")
    fields = Fields(settings, textual=table.textual, pictures=pictures, columns=table.columns)
    names = Names(request.opening.policy.key, keep=settings.keep_names)
    return Reading(table, fields, names, request.images, output.pictures)
