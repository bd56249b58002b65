"""Frames that stay on the GPU from end to end: the simulated TensorRT and the CUDA kernels, compiled for the CPU.

What comes out is what the CPU gives, since both run the same networks here and the kernels agree: all but letterbox to
the bit, and that one's hundredths of a level move a box by less than what an eye or a recogniser could see.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

import pyanon
from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, StageError
from pyanon.ops import cuda
from pyanon.runtime import load_pack
from pyanon.runtime.device import Stream, open_place
from pyanon.runtime.plans import build_plans
from pyanon.types import Frame, ImageArray
from tests.runtime.simulated.cuda import cudaError_t
from tests.runtime.simulated.machine import Machine, machine

POLICY = pyanon.Policy(key="a key for these tests")
COVER = pyanon.Policy(method="mosaic")


@pytest.fixture
def gpu(
    emulated_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path_factory.getbasetemp() / "device-frames"))
    monkeypatch.setattr(cuda, "extension", lambda: emulated_kernels)
    simulated = machine(monkeypatch)
    list(build_plans(load_pack()))
    yield simulated
    gc.collect()  # what still holds memory of this GPU shall not outlive it


@pytest.fixture(scope="module")
def portrait() -> ImageArray:
    """A photograph with a face (public domain, NASA)."""
    data = pytest.importorskip("skimage.data", reason="its photograph has a face (scikit-image is in the test extra)")
    return np.asarray(data.astronaut())


class Foreign:
    """A picture of another library: it shows where it lies, and nothing else."""

    def __init__(self, array: DeviceArray) -> None:
        self._array = array
        self.__cuda_array_interface__ = {**array.__cuda_array_interface__, "stream": None}


def assert_alike(picture: ImageArray, expected: ImageArray) -> None:
    """Within some levels everywhere, and within one level but for a thousandth of the bytes."""
    off = np.abs(picture.astype(int) - expected)
    assert off.max() <= 8
    assert (off > 1).mean() < 1e-3


def moving(portrait: ImageArray, count: int) -> list[Frame]:
    """The portrait, moving by some pixels a frame."""
    return [Frame(np.roll(portrait, 3 * n, axis=1).copy(), pts=40 * n, index=n) for n in range(count)]


@pytest.mark.parametrize("policy", [COVER, POLICY], ids=["cover", "replace"])
def test_a_picture_gives_what_the_cpu_gives(
    gpu: Machine, place: Stream, portrait: ImageArray, policy: pyanon.Policy
) -> None:
    with pyanon.Anonymizer(policy=policy, device="cpu") as on_cpu:
        expected = on_cpu(portrait)
    with pyanon.Anonymizer(policy=policy, device="cuda") as on_gpu:
        assert on_gpu.place is not None
        uploaded = on_gpu(portrait)
        adopted = on_gpu(Foreign(place.upload(portrait)))
    assert isinstance(uploaded.output.pixels, np.ndarray)
    assert isinstance(adopted.output.pixels, DeviceArray)
    assert [face.action for face in expected.faces] == [face.action for face in adopted.faces]
    np.testing.assert_array_equal(uploaded.frame, adopted.frame)
    assert_alike(adopted.frame, expected.frame)
    assert (expected.frame != portrait).any()


@pytest.mark.parametrize("policy", [COVER, POLICY], ids=["cover", "replace"])
def test_a_stream_gives_what_the_cpu_gives(
    gpu: Machine, place: Stream, portrait: ImageArray, policy: pyanon.Policy
) -> None:
    frames = moving(portrait[:256, :256], 4)
    with pyanon.Anonymizer(policy=policy, device="cpu") as on_cpu:
        expected = list(on_cpu.stream(frames, lookahead=1))
    with pyanon.Anonymizer(policy=policy, device="cuda") as on_gpu:
        there = [replace(frame, pixels=place.upload(frame.picture)) for frame in frames]
        results = list(on_gpu.stream(there, lookahead=1))
    assert len(results) == 4
    for result, wanted in zip(results, expected, strict=True):
        assert isinstance(result.output.pixels, DeviceArray)
        assert (result.output.pts, len(result.faces)) == (wanted.output.pts, len(wanted.faces))
        assert_alike(result.frame, wanted.frame)


@pytest.mark.parametrize("policy", [COVER, POLICY], ids=["cover", "replace"])
def test_the_path_of_a_frame_allocates_nothing(
    gpu: Machine, place: Stream, portrait: ImageArray, policy: pyanon.Policy
) -> None:
    there = place.upload(portrait[:256, :256])
    with pyanon.Anonymizer(policy=policy, device="cuda") as anonymizer:
        results = anonymizer.stream((Frame(there, pts=40 * n, index=n) for n in range(8)), lookahead=0)
        for _ in range(4):
            next(results)
        gpu.cuda.calls.clear()
        for _ in range(4):
            next(results)
    assert "cudaMalloc" not in gpu.cuda.calls


def test_no_picture_of_a_device_frame_reaches_the_host(gpu: Machine, place: Stream, portrait: ImageArray) -> None:
    """Codes, scores and boxes come back; of pictures no more than the points that cuts are seen by."""
    there = place.upload(portrait)
    with pyanon.Anonymizer(policy=POLICY, device="cuda") as anonymizer:
        downloads: list[tuple[int, ...]] = []
        download = anonymizer.place.download  # type: ignore[union-attr]
        anonymizer.place.download = lambda array: downloads.append(array.shape) or download(array)  # type: ignore
        list(anonymizer.stream([Frame(there)], lookahead=0))
    pictures = [
        shape for shape in downloads if (len(shape) == 4 and shape[-1] == 3) or (len(shape) == 3 and shape[-1] == 3)
    ]
    assert downloads
    assert set(pictures) <= {(1, 36, 36, 3)}


def test_from_a_decoders_planes_to_an_encoders(gpu: Machine, place: Stream, portrait: ImageArray) -> None:
    """A picture comes as NV12 planes of a decoder and leaves as planes for an encoder; the host never sees it."""
    luma, chroma = ops.nv12_from_rgb(portrait[:256, :256])
    with pyanon.Anonymizer(policy=COVER, device="cuda") as anonymizer:
        surfaces = anonymizer.gpu_pictures
        assert surfaces is not None
        pixels = surfaces.rgb(Foreign(place.upload(luma)), Foreign(place.upload(chroma)))
        (result,) = anonymizer.stream([Frame(pixels, pts=7)])
        assert isinstance(result.output.pixels, DeviceArray)
        planes = [place.download(plane) for plane in surfaces.nv12(result.output.pixels)]
    with pyanon.Anonymizer(policy=COVER, device="cpu") as on_cpu:
        (expected,) = on_cpu.stream([Frame(ops.rgb_from_nv12(luma, chroma=chroma), pts=7)])
    assert (result.output.pts, len(result.faces)) == (7, len(expected.faces))
    for plane, wanted in zip(planes, ops.nv12_from_rgb(expected.frame), strict=True):
        assert_alike(plane, wanted)


def test_what_callers_do_to_their_array_later_does_not_matter(
    gpu: Machine, place: Stream, portrait: ImageArray
) -> None:
    there = place.upload(portrait[:256, :256])
    with pyanon.Anonymizer(policy=COVER, device="cuda") as anonymizer:
        (expected,) = [result.frame for result in anonymizer.stream([Frame(place.upload(portrait[:256, :256]))])]

        def frames() -> Iterator[object]:
            yield Foreign(there)
            place.write(there, np.zeros((256, 256, 3), np.uint8))

        (result,) = anonymizer.stream(frames(), lookahead=5)
    np.testing.assert_array_equal(result.frame, expected)


def test_a_gpu_that_fails_lets_nothing_through(gpu: Machine, place: Stream, portrait: ImageArray) -> None:
    there = place.upload(portrait)
    with pyanon.Anonymizer(policy=COVER, device="cuda") as anonymizer:
        gpu.cuda.failures["cudaGraphLaunch"] = cudaError_t.cudaErrorIllegalAddress
        with pytest.raises(StageError, match="CUDA: cudaGraphLaunch failed"):
            anonymizer(Foreign(there))
        gpu.cuda.failures.clear()
    careful = replace(COVER, on_error="cover", colour=(1, 2, 3))
    with pyanon.Anonymizer(policy=careful, device="cuda") as anonymizer:
        gpu.cuda.failures["cudaGraphLaunch"] = cudaError_t.cudaErrorIllegalAddress
        for failing in ("cudaGraphLaunch", "cudaMemcpyAsync"):
            gpu.cuda.failures[failing] = cudaError_t.cudaErrorIllegalAddress
            result = anonymizer(Foreign(there))
            assert result.failed == "locate"
            gpu.cuda.failures.clear()
            assert (result.frame == (1, 2, 3)).all()


def test_a_device_array_without_a_gpu_pipeline(gpu: Machine, place: Stream, portrait: ImageArray) -> None:
    refused = pytest.raises(InputError, match=r"is on a GPU, but this anonymizer works on the host \(device 'cpu' was")
    with pyanon.Anonymizer(policy=COVER, device="cpu") as anonymizer, refused:
        anonymizer(Foreign(place.upload(portrait)))


def test_why_there_is_no_gpu_pipeline(gpu: Machine, monkeypatch: pytest.MonkeyPatch, portrait: ImageArray) -> None:
    monkeypatch.setattr(cuda, "is_built", lambda: False)
    with pyanon.Anonymizer(policy=COVER) as anonymizer:
        assert anonymizer.place is None
        assert anonymizer.device.startswith("cuda:0"), "networks run there all the same"
        with pytest.raises(InputError, match="built without CUDA kernels"):
            anonymizer(Foreign(open_place().upload(portrait)))


@pytest.mark.gpu
@pytest.mark.parametrize("policy", [COVER, POLICY], ids=["cover", "replace"])
def test_on_this_machines_gpu(portrait: ImageArray, policy: pyanon.Policy, gpu_absent: Callable[[str], None]) -> None:
    """Plans round otherwise than ONNX Runtime: what is held to is what is hidden, not every byte."""
    with pyanon.Anonymizer(policy=policy) as anonymizer, open_place() as there:
        if anonymizer.place is None:
            gpu_absent(anonymizer._placeless)
        result = anonymizer(Foreign(there.upload(portrait)))
    with pyanon.Anonymizer(policy=policy, device="cpu") as on_cpu:
        expected = on_cpu(portrait)
    assert len(result.faces) == len(expected.faces)
    for face, wanted in zip(result.faces, expected.faces, strict=True):
        np.testing.assert_allclose(face.xyxy, wanted.xyxy, atol=2)
