"""One op, one stem, in every place: whoever looks for an op finds it in the same file everywhere."""

import re
from pathlib import Path

import pytest

from pyanon import ops
from pyanon.ops import cpu, cuda, reference

ROOT = Path(__file__).parents[1]
#: Ops that live in the file of another one, of which they are a form.
FORMS = {
    "judge": "reject",
    "letterbox_nv12": "letterbox",
    "nv12_from_rgb": "nv12",
    "paste": "blend",
    "rgb_from_nv12": "nv12",
}
STEMS = sorted({FORMS.get(name, name) for name in reference.__all__})


def test_every_backend_has_every_op():
    for name in reference.__all__:
        assert callable(getattr(ops, name))
        assert name in cpu.__all__
        assert name in cuda.__all__
        assert name in ops.__all__


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(
    "place",
    [
        "csrc/cpu/{}.cc",
        "csrc/cuda/{}.cu",
        "csrc/bind/{}.cc",
        "csrc/bind/{}_cuda.cc",
        "pyanon/ops/reference/{}.py",
        "tests/ops/test_{}.py",
        "csrc/tests/test_{}.cc",
        "benchmarks/bench_{}.py",
    ],
)
def test_the_op_is_in_its_place(stem, place):
    assert (ROOT / place.format(stem)).is_file()


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("csrc/cpu", r"(\w+)\.cc"),
        ("csrc/cuda", r"(\w+)\.cu"),
        ("csrc/bind", r"(?!module)(\w+)\.cc"),
        ("tests/ops", r"test_(?!cuda|native|simd)(\w+)\.py"),
    ],
)
def test_no_file_is_without_an_op(folder, pattern):
    """A kernel's file is named after its op, or after its op and a part of it (cover_grid)."""
    names = [match[1] for path in (ROOT / folder).iterdir() if (match := re.fullmatch(pattern, path.name))]
    assert names
    strays = [name for name in names if not any(name == stem or name.startswith(f"{stem}_") for stem in STEMS)]
    assert not strays


def listed(file: Path, pattern: str) -> set[Path]:
    """The sources that a CMakeLists.txt names."""
    return {(file.parent / name).resolve() for name in re.findall(pattern, file.read_text())}


def test_the_build_compiles_every_kernel():
    csrc = ROOT / "csrc"
    sources = {path for folder in ("core", "cpu", "bind") for path in (csrc / folder).glob("*.cc")}
    for_cuda = {path for path in sources if path.stem.endswith("_cuda")} | set((csrc / "cuda").glob("*.cu"))
    for_both = {csrc / "core/region.cc"}
    assert listed(ROOT / "CMakeLists.txt", r"csrc/\w+/\w+\.cc") == sources - for_cuda
    assert listed(csrc / "cuda/CMakeLists.txt", r"(?m)^  ((?:\.\./\w+/)?\w+\.cc|\w+\.cu)\b") == for_cuda | for_both
