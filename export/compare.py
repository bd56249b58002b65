"""Holds exported networks against torch: one table, and one owner of what may differ.

    python -m export.compare clip packs/clip --random-init

The same arguments as the export had, so that the same network is built again; each runtime sees the same inputs.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.asked import Asked, asked
from export.gate import cosines, family_of, held
from export.piece import Piece
from pyanon.errors import PackError, RunnerError
from pyanon.runtime import Pack, Runner, load_pack, open_runner
from pyanon.runtime.device import find_gpu
from pyanon.runtime.plans import build_plans
from pyanon.runtime.port import Array
from pyanon.runtime.tensorrt_api import import_tensorrt

__all__ = ["FAMILIES", "TOLERANCES", "Line", "Tolerance", "check", "compared", "precision", "printed"]

FAMILIES = ("yolo_world", "clip", "generator", "text_vae", "oracles")
#: What errors are shares of, at least: scores of nothing may be a millionth and wrong by as much.
LEAST_PEAK = 0.1
#: What an exported network is run by: ONNX Runtime on the CPU, and TensorRT where it and a GPU are.
RUNTIMES = ("onnx", "tensorrt")


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may be from torch's.

    Attributes:
        share: Largest error, as a share of the largest number of the answer.
        cosine: Least cosine of a row.
    """

    share: float
    cosine: float


#: By role (without the oracle's name) and precision; ``""`` is every role that is not named.
TOLERANCES: Mapping[tuple[str, str], Tolerance] = {
    ("", "float32"): Tolerance(1e-4, 0.99999),
    ("", "half"): Tolerance(0.05, 0.999),
    # Distances between bins, summed up in half precision: a pixel or two of 640.
    ("locator", "half"): Tolerance(0.02, 0.999),
    ("caption_decoder", "half"): Tolerance(0.02, 0.9999),
    # One number in 127 at each of dozens of layers: what matters is the task, so the gate.
    ("", "int8"): Tolerance(0.5, 0.95),
}


def tolerance(role: str, precision: str) -> Tolerance:
    """What a role may differ by in a precision."""
    return TOLERANCES.get((family_of(role), precision), TOLERANCES["", precision])


def precision(args: argparse.Namespace) -> str:
    """What the arguments of an export ask for."""
    return "half" if args.half else "int8" if args.int8 is not None else "float32"


@dataclass(frozen=True)
class Line:
    """How far one output is from torch's; ``skipped`` says why there is nothing to say.

    Attributes:
        role: The role.
        runtime: Where it ran.
        output: Port.
        largest: Largest error.
        mean: Mean error.
        share: Largest error as a share of the largest number.
        cosine: Least cosine of a row.
        skipped: Why it did not run.
    """

    role: str
    runtime: str
    output: str = ""
    largest: float = 0.0
    mean: float = 0.0
    share: float = 0.0
    cosine: float = 1.0
    skipped: str = ""

    def fits(self, precision: str) -> bool:
        """Whether it is within the tolerance; NaN is not."""
        allowed = tolerance(self.role, precision)
        return bool(self.skipped) or (self.share <= allowed.share and self.cosine >= allowed.cosine)


def compared(role: str, runtime: str, expected: Mapping[str, Array], got: Mapping[str, Array]) -> list[Line]:
    """A line for each output."""
    lines = []
    for port, true in expected.items():
        error = np.abs(true.astype(np.float64) - got[port])
        peak = float(np.abs(true).max(initial=LEAST_PEAK))
        lines.append(
            Line(
                role,
                runtime,
                port,
                largest=float(error.max(initial=0)),
                mean=float(error.mean()),
                share=float(error.max(initial=0)) / peak,
                cosine=float(cosines(true, got[port]).min(initial=1)),
            )
        )
    return lines


def check(pack: Pack, piece: Piece, questions: Sequence[Asked], *, precision: str) -> tuple[list[Line], str]:
    """Compares one exported piece everywhere it runs, through the runner that pyanon itself uses.

    Returns:
        A line for each runtime and output, the worst of all questions, and what the gate of its precision says.

    Raises:
        PackError: It is further from torch than it may be, or in fewer bits does its task less well.
        RunnerError: A runtime cannot run it, or its plan computes something else.
    """
    lines: list[Line] = []
    said = ""
    for runtime in RUNTIMES:
        if missing := _missing(runtime):
            lines.append(Line(piece.name, runtime, skipped=missing))
            continue
        answers = _ran(pack, piece, questions, runtime)
        pairs = [(question.expected, got) for question, got in zip(questions, answers, strict=True)]
        if precision != "float32":
            said = held(piece.name, pairs, precision=precision)
        lines += _worst([compared(piece.name, runtime, *pair) for pair in pairs])
    over = [line for line in lines if not line.fits(precision)]
    if over:
        raise PackError(
            f"{piece.name} is not what torch says",
            given=printed(over),
            expected=str(tolerance(piece.name, precision)),
            do="report this with the versions of torch and onnxruntime; do not use the file",
        )
    return lines, said


def _ran(pack: Pack, piece: Piece, questions: Sequence[Asked], runtime: str) -> list[dict[str, Array]]:
    names = [port.name for port in piece.role.inputs]
    given = [dict(zip(names, (each.numpy() for each in asked.inputs), strict=True)) for asked in questions]
    with _opened(pack, piece.name, runtime) as runner:
        return [runner.infer(each) for each in given]


def _missing(runtime: str) -> str:
    """Why a runtime is not to be had on this machine; empty where it is."""
    try:
        if runtime == "tensorrt":
            import_tensorrt()
            find_gpu()
    except RunnerError as error:
        return error.what
    return ""


def _opened(pack: Pack, role: str, runtime: str) -> Runner:
    if runtime == "onnx":
        return open_runner(pack, role, device="cpu", threads=2)
    list(build_plans(pack, roles=[role]))
    return open_runner(pack, role, device="cuda")


def _worst(lines: Sequence[Sequence[Line]]) -> list[Line]:
    """Of each output, the line that is furthest off; one that is not a number is further than any."""
    return [max(each, key=lambda line: np.nan_to_num(line.share, nan=np.inf)) for each in zip(*lines, strict=True)]


def printed(lines: Iterable[Line]) -> str:
    """The table."""
    head = f"{'role':<16} {'where':<8} {'output':<12} {'max error':>10} {'mean error':>10} {'of peak':>9} {'cosine':>9}"
    rows = [
        f"{line.role:<16} {line.runtime:<8} skipped: {line.skipped}"
        if line.skipped
        else f"{line.role:<16} {line.runtime:<8} {line.output:<12} {line.largest:>10.2e} {line.mean:>10.2e} "
        f"{line.share:>9.1e} {line.cosine:>9.6f}"
        for line in lines
    ]
    return "\n".join([head, *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status is 1 where something is further from torch than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="the arguments that the export had")
    args = parser.parse_args(arguments)
    module = importlib.import_module(f"export.{args.family}")
    options = module.parser().parse_args(args.rest)
    pack, status = load_pack(Path(options.out)), 0
    for piece in module.family(options).pieces:
        questions = asked(piece, options.pictures)
        try:
            lines, said = check(pack, piece, questions, precision=precision(options))
        except (PackError, RunnerError) as error:
            print(error)
            status = 1
        else:
            print("\n".join(filter(None, [printed(lines), said])))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
