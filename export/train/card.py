"""The model card: what people wrote (``card.md``) around what was measured."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from pyanon.runtime import Pack

__all__ = ["Table", "write_card"]

TEXT = Path(__file__).with_name("card.md")
MARK = "<!-- figures -->"


@dataclass(frozen=True)
class Table:
    """Figures with a title, column heads and a note on how they came about."""

    title: str
    head: list[str]
    rows: list[list[str]]
    note: str

    def __str__(self) -> str:
        lines = [f"### {self.title}", "", self.note, "", *map(_line, [self.head, ["---"] * len(self.head), *self.rows])]
        return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_card(path: Path, pack: Pack, tables: list[Table], *, text: Path = TEXT) -> None:
    """Writes the card of a pack: what people wrote in ``text``, with its figures."""
    files = "\n".join(f"- `{role.file}`, sha256 `{role.sha256}`" for role in pack.manifest.roles.values())
    machine = f"Measured with ONNX Runtime {onnxruntime.__version__} on {_processor()}, of these files:\n\n{files}"
    figures = "\n\n".join([machine, *map(str, tables)])
    path.write_text(text.read_text(encoding="utf-8").replace(MARK, figures), encoding="utf-8")


def _processor() -> str:
    """Name of the processor, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
