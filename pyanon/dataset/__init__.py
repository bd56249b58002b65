"""Data sets of captions and pictures: rows in, the same rows out, with their people anonymized (docs/datasets.md)."""

from __future__ import annotations

from pyanon.dataset.run import anonymize_dataset
from pyanon.dataset.settings import DatasetSettings
from pyanon.dataset.summary import DatasetProgress, DatasetSummary, RowFailure

__all__ = ["DatasetProgress", "DatasetSettings", "DatasetSummary", "RowFailure", "anonymize_dataset"]
