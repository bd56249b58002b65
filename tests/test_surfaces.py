"""Planes of decoders and for encoders, on the simulated GPU with the real kernels."""

from __future__ import annotations

import gc
import itertools
import weakref

import numpy as np
import pytest

from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, RunnerError
from pyanon.runtime import nvmm
from pyanon.runtime.device import Stream
from pyanon.surfaces import Surfaces
from pyanon.types import ImageArray
from pyanon.video.gpu import DecodedPlane
from pyanon.video.orientation import UPRIGHT, Orientation
from tests.runtime.simulated.cuda import cudaEglFrameType, cudaError_t
from tests.runtime.simulated.machine import Machine
from tests.simulated_surfaces import Nvmm, Plane, upload

LOOK = {"standard": "bt601", "full_range": True}
TURNS = [Orientation(*flags) for flags in itertools.product((False, True), repeat=3)]


def nv12(height: int = 36, width: int = 50) -> tuple[ImageArray, ImageArray]:
    rng = np.random.default_rng(7)
    return (
        rng.integers(0, 256, (height, width), np.uint8),
        rng.integers(0, 256, (-(-height // 2), -(-width // 2), 2), np.uint8),
    )


def shown(plane: ImageArray, place: Stream) -> DecodedPlane:
    """A plane as a source hands it on."""
    return DecodedPlane(Plane(upload(plane, place)))


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_planes_become_the_picture_that_the_cpu_makes(place: Stream, turn: Orientation) -> None:
    luma, chroma = nv12()
    picture = Surfaces(place).rgb(shown(luma, place), shown(chroma, place), turn=turn, **LOOK)
    assert picture.is_contiguous
    expected = turn.apply(ops.rgb_from_nv12(luma, chroma=chroma, **LOOK))
    np.testing.assert_array_equal(place.download(picture), expected)


def test_the_decoder_has_its_surface_back_when_the_picture_is_made(gpu: Machine, place: Stream) -> None:
    planes = [upload(plane, place) for plane in nv12()]
    gone = [weakref.ref(plane) for plane in planes]
    decoded = [DecodedPlane(Plane(plane)) for plane in planes]
    gpu.cuda.calls.clear()
    picture = Surfaces(place).rgb(*decoded, **LOOK)
    # Both ways: what the decoder writes comes before, what it writes next comes after.
    assert gpu.cuda.calls.count("cudaStreamWaitEvent") == 2
    assert "cudaStreamSynchronize" not in gpu.cuda.calls
    del planes, decoded
    gc.collect()
    assert [ref() for ref in gone] == [None, None]
    assert picture.shape == (36, 50, 3)


def test_a_surface_in_one_piece(place: Stream) -> None:
    luma, chroma = nv12(8, 12)
    whole = np.concatenate([luma, chroma.reshape(4, 12)])
    picture = Surfaces(place).rgb_of_surface(upload(whole, place), **LOOK)
    np.testing.assert_array_equal(place.download(picture), ops.rgb_from_nv12(luma, chroma=chroma, **LOOK))
    with pytest.raises(InputError, match=r"no NV12 surface; given: uint8\(8, 12\) .* expected: \(height \* 3 / 2"):
        Surfaces(place).rgb_of_surface(upload(luma, place))


def test_planes_for_an_encoder_are_one_piece(gpu: Machine, place: Stream) -> None:
    image = np.random.default_rng(3).integers(0, 256, (36, 52, 3), np.uint8)
    there = place.upload(image)
    gpu.cuda.calls.clear()
    luma, chroma = Surfaces(place).nv12(there, **LOOK)
    assert gpu.cuda.calls[-1] == "cudaStreamSynchronize"  # an encoder asks no stream
    assert chroma.pointer == luma.pointer + 36 * 52
    assert luma.is_contiguous
    assert chroma.is_contiguous
    for ours, theirs in zip((luma, chroma), ops.nv12_from_rgb(image, **LOOK), strict=True):
        np.testing.assert_array_equal(place.download(ours), theirs)


def test_no_memory_is_asked_for_in_steady_state(place: Stream) -> None:
    surfaces, planes = Surfaces(place), [shown(plane, place) for plane in nv12(36, 52)]
    for _ in range(2):
        surfaces.nv12(surfaces.rgb(*planes))
    before = place.allocations
    for _ in range(3):
        surfaces.nv12(surfaces.rgb(*planes))
    assert place.allocations == before


@pytest.fixture
def library(gpu: Machine, place: Stream, monkeypatch: pytest.MonkeyPatch) -> Nvmm:
    simulated = Nvmm(gpu.cuda, tuple(upload(plane, place) for plane in nv12()))
    monkeypatch.setattr(nvmm, "_library", lambda: simulated)
    return simulated


def test_a_surface_of_a_jetson(gpu: Machine, place: Stream, library: Nvmm) -> None:
    picture = Surfaces(place).nvmm(library.surface(), turn=Orientation(swap=True))
    luma, chroma = nv12()
    expected = Orientation(swap=True).apply(ops.rgb_from_nv12(luma, chroma=chroma))
    np.testing.assert_array_equal(place.download(picture), expected)
    assert "resource" not in gpu.cuda.open_handles()
    assert library.open == 0
    # The surface goes back to its pool: what was asked of it has run.
    assert gpu.cuda.calls.index("cudaStreamSynchronize") < gpu.cuda.calls.index("cudaGraphicsUnregisterResource")


def test_odd_sizes_of_a_jetson(gpu: Machine, place: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = Nvmm(gpu.cuda, tuple(upload(plane, place) for plane in nv12(35, 49)), colour=7)
    monkeypatch.setattr(nvmm, "_library", lambda: simulated)
    luma, chroma = nv12(35, 49)
    picture = Surfaces(place).nvmm(simulated.surface())
    np.testing.assert_array_equal(place.download(picture), ops.rgb_from_nv12(luma, chroma=chroma, **LOOK))


@pytest.mark.parametrize("call", ["NvBufSurfaceMapEglImage", "NvBufSurfaceUnMapEglImage"])
def test_a_call_of_the_library_that_fails(place: Stream, library: Nvmm, call: str) -> None:
    library.failing = call
    with pytest.raises(RunnerError, match=f"{call} failed; given: status -1"):
        Surfaces(place).nvmm(library.surface())
    assert library.open == 0


@pytest.mark.parametrize("call", ["cudaGraphicsEGLRegisterImage", "cudaGraphicsResourceGetMappedEglFrame"])
def test_a_call_of_cuda_that_fails_leaves_nothing_mapped(gpu: Machine, place: Stream, library: Nvmm, call: str) -> None:
    gpu.cuda.failures[call] = cudaError_t.cudaErrorInvalidValue
    with pytest.raises(RunnerError, match=f"CUDA: {call} failed"):
        Surfaces(place).nvmm(library.surface())
    assert library.open == 0
    assert "resource" not in gpu.cuda.open_handles()


def test_surfaces_that_are_not_what_is_needed(place: Stream, library: Nvmm) -> None:
    library.kind = cudaEglFrameType.cudaEglFrameTypeArray
    with pytest.raises(
        InputError, match=r"does not lie in rows; given: EGL frame of type 0 .* nvvidconv bl-output=false"
    ):
        Surfaces(place).nvmm(library.surface())
    library.params.colour = 29
    with pytest.raises(InputError, match="not NV12 with 8 bits; given: NvBufSurfaceColorFormat 29"):
        Surfaces(place).nvmm(library.surface())
    with pytest.raises(InputError, match="holds no surface of NVMM; given: 3 bytes"):
        Surfaces(place).nvmm(b"abc")
    assert library.open == 0


def test_where_there_is_no_jetson(place: Stream) -> None:
    params = nvmm._Params(width=2, height=2, colour=6)
    header = nvmm._Surface(filled=1, surfaces=nvmm.ctypes.pointer(params))
    with pytest.raises(RunnerError, match=r"libnvbufsurface.so .* do: sudo apt install nvidia-l4t-multimedia"):
        Surfaces(place).nvmm(bytes(header))


def test_the_structures_are_those_of_64_bit_linux() -> None:
    """Sizes and places as a compiler lays out nvbufsurface.h of Jetson Linux 35 and 36."""
    assert nvmm.ctypes.sizeof(nvmm._PlaneParams) == 232
    assert nvmm.ctypes.sizeof(nvmm._Params) == 384
    assert nvmm._Params.mapped.offset + nvmm._MappedAddr.egl_image.offset == 312
    assert nvmm._Surface.surfaces.offset == 24


def test_an_anonymizer_without_a_gpu_has_none() -> None:
    import pyanon

    with pyanon.Anonymizer(policy=pyanon.Policy(method="mosaic"), device="cpu") as anonymizer:
        assert anonymizer.gpu_pictures is None


def test_the_planes_of_an_upright_picture_are_taken_as_they_are(place: Stream) -> None:
    from pyanon.surfaces import _turned

    plane = upload(nv12()[0], place)
    assert isinstance(plane, DeviceArray)
    assert _turned(plane, UPRIGHT) is plane
