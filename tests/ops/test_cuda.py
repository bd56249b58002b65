"""Where the CUDA kernels run, and what is said where they cannot."""

import sys

import numpy as np
import pytest

import pyanon
from pyanon import ops
from pyanon.errors import InputError, RunnerError
from pyanon.ops import cuda, reference
from tests.ops.backends import HostPlace
from tests.ops.samplers import crowd, keys, sampler
from tests.ops.strategies import mask, picture

#: A stream that the emulation takes for one that does not exist (csrc/tests/emulation/cuda_runtime_api.h).
NO_STREAM = 0xBAD
MATRIX = np.array([[[1, 0, -2], [0, 1, -3]]], np.float32)


def every_op(place):
    """Each op with device arguments that it accepts."""

    def up(array):
        return place.upload(array)

    image, grey = up(picture(0, 12, 16)), up(mask(1, 12, 16))
    crop, through = up(picture(1, 6, 6)[None]), up(mask(2, 6, 6)[None])
    chroma = up(np.zeros((6, 8, 2), np.uint8))
    boxes, scores = up(np.array([[0, 0, 4, 4]], np.float32)), up(np.ones(1, np.float32))
    spec = sampler(0)
    live = [up(rows) for rows in crowd(spec, 2)]
    return {
        "blend": lambda: ops.blend(image, patch=image, mask=grey, at=(0, 0)),
        "cover": lambda: ops.cover(image, boxes=np.array([[2, 2, 6, 6]], np.float32)),
        "exponential": lambda: ops.exponential(
            up(np.zeros((1, 2))), sizes=np.ones(2, np.int64), epsilon=1.0, sensitivity=1.0, keys=keys(1)
        ),
        "judge": lambda: ops.judge(spec, live=live, key=1, count=3),
        "letterbox": lambda: ops.letterbox(image, size=(8, 8)),
        "letterbox_nv12": lambda: ops.letterbox_nv12(grey, chroma=chroma, size=(8, 8)),
        "nms": lambda: ops.nms(boxes, scores=scores),
        "nv12_from_rgb": lambda: ops.nv12_from_rgb(image),
        "paste": lambda: ops.paste(image, pixels=crop, mask=through, matrix=MATRIX),
        "planes": lambda: ops.planes(crop),
        "reject": lambda: ops.reject(spec, live=live, keys=keys(1), max_draws=3),
        "relight": lambda: ops.relight(
            up(np.zeros((1, 3, 6, 6), np.float32)),
            around=crop,
            regions=through,
            grain=up(np.zeros((1, 6, 6), np.int16)),
        ),
        "rgb_from_nv12": lambda: ops.rgb_from_nv12(grey, chroma=chroma),
        "warp": lambda: ops.warp(image, matrix=MATRIX, size=6),
    }


@pytest.mark.parametrize("name", reference.__all__)
def test_every_op_runs_where_its_arrays_live(emulated, name):
    every_op(emulated.place)[name]()


@pytest.mark.parametrize("name", reference.__all__)
def test_what_cuda_refuses_is_said_with_the_ops_name(emulated, name):
    said = {"judge": "reject", "letterbox_nv12": "letterbox"}.get(name, name)
    with pytest.raises(RunnerError, match=f"CUDA refused to run {said}; given: invalid resource handle"):
        every_op(HostPlace(NO_STREAM))[name]()
    every_op(emulated.place)[name]()  # and is forgotten then


def test_arrays_of_two_places_are_refused(emulated):
    image, patch = emulated.place.upload(picture(0, 8, 8)), HostPlace().upload(picture(1, 8, 8))
    with pytest.raises(InputError, match=r"patch is not where the other arrays are; .* one stream of one GPU"):
        ops.blend(image, patch=patch, mask=emulated.place.upload(mask(0, 8, 8)), at=(0, 0))


@pytest.mark.parametrize("host", ["image", "patch", "mask"])
def test_arrays_of_host_and_device_are_refused(emulated, host):
    arguments = {"image": picture(0, 8, 8), "patch": picture(1, 8, 8), "mask": mask(0, 8, 8)}
    given = {key: value if key == host else emulated.place.upload(value) for key, value in arguments.items()}
    with pytest.raises(InputError, match=rf"{host} is not where .* NumPy array, uint8 .* place.upload\(array\)"):
        ops.blend(given.pop("image"), at=(0, 0), **given)


def test_a_matrix_of_the_device_is_refused(emulated):
    place = emulated.place
    with pytest.raises(InputError, match="matrix is not the array this op needs; given: DeviceArray"):
        ops.warp(place.upload(picture(0, 8, 8)), matrix=place.upload(MATRIX), size=4)


def test_a_sampler_may_have_some_of_its_embeddings_on_the_host(emulated):
    spec = sampler(1)
    live = crowd(spec, 3)
    mixed = [emulated.place.upload(live[0]), live[1]]
    np.testing.assert_array_equal(
        ops.judge(spec, live=mixed, key=5, count=70), ops.judge(spec, live=live, key=5, count=70)
    )


def test_a_sampler_without_any_array_of_the_device_is_told_so(emulated):
    with pytest.raises(InputError, match="nothing says where the sampler is to run"):
        cuda.judge(sampler(0), live=crowd(sampler(0), 1), key=1, count=1)


def test_more_crops_than_one_launch_takes(emulated):
    image, rng = picture(3, 30, 40), np.random.default_rng(0)
    matrix = np.tile(MATRIX, (150, 1, 1)) + rng.uniform(-9, 9, (150, 2, 3)).astype(np.float32) * [0.05, 0.05, 1]
    matrix = matrix.astype(np.float32)
    np.testing.assert_array_equal(
        emulated.warp(image, matrix=matrix, size=5), reference.warp(image, matrix=matrix, size=5)
    )


@pytest.mark.parametrize("width", [16, 17, 31, 32, 33])
def test_rows_that_begin_at_multiples_of_sixteen_bytes(emulated, width):
    """Not in one piece, but as vectors: the rows of a decoder's surface."""
    room = picture(4, 9, 64)
    patch, through = picture(5, 9, 64)[:, :width], mask(6, 9, 64)[:, :width]
    image, expected = room[:, :width], room[:, :width].copy()
    reference.blend(expected, patch=patch, mask=through, at=(0, 0))
    before = room[:, width:].copy()
    emulated.blend(image, patch=patch, mask=through, at=(0, 0))
    np.testing.assert_array_equal(image, expected)
    np.testing.assert_array_equal(room[:, width:], before)


def test_thousands_of_boxes(emulated):
    rng = np.random.default_rng(2)
    boxes = rng.uniform(0, 300, (2000, 4)).astype(np.float32)
    boxes[:, 2:] = boxes[:, :2] + rng.uniform(5, 40, (2000, 2)).astype(np.float32)
    scores = rng.random(2000).astype(np.float32).round(2)
    np.testing.assert_array_equal(
        emulated.nms(boxes, scores=scores, iou=0.4), reference.nms(boxes, scores=scores, iou=0.4)
    )


def test_faces_that_need_many_rounds_are_served_in_order(emulated):
    """The same key for all: each must go beyond what those before it took, batch after batch."""
    spec = sampler(7, size=3, widths=(3,), threshold=0.75)
    wanted = {"keys": keys(*[5] * 12), "max_draws": 300}
    found = emulated.reject(spec, live=crowd(spec, 1), **wanted)
    expected = reference.reject(spec, live=crowd(spec, 1), **wanted)
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[0].view(np.uint32), expected[0].view(np.uint32))
    assert (expected[1] >= 64).any()
    assert (expected[1] == -1).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_utility_that_is_not_finite_is_refused(emulated, bad):
    utilities = np.zeros((3, 300))
    utilities[1, 200] = bad
    with pytest.raises(InputError, match="utilities holds what is not finite"):
        emulated.exponential(utilities, sizes=np.ones(300, np.int64), epsilon=1.0, sensitivity=1.0, keys=keys(1, 2, 3))


@pytest.mark.parametrize(("value", "said"), [(0.0, "row 1 of zeros"), (np.nan, "row 1 with NaN or infinity")])
def test_an_embedding_that_says_nothing_is_refused(emulated, value, said):
    spec = sampler(0)
    live = crowd(spec, 3)
    live[1][1] = value
    for call in (
        lambda: emulated.judge(spec, live=live, key=1, count=3),
        lambda: emulated.reject(spec, live=live, keys=keys(1), max_draws=3),
    ):
        with pytest.raises(InputError, match=rf"an embedding of live\[1\] says nothing; given: {said}"):
            call()


def test_a_build_without_cuda_says_how_to_make_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyanon._cuda", None)
    monkeypatch.delattr(pyanon, "_cuda", raising=False)
    cuda.extension.cache_clear()
    image = HostPlace().upload(picture(0, 4, 4))
    with pytest.raises(RunnerError, match=r"built without CUDA; .* CMAKE_ARGS=-DPYANON_CUDA=ON"):
        ops.warp(image, matrix=MATRIX, size=4)


def test_a_gpu_that_is_required_and_absent_is_a_failure(gpu_absent, monkeypatch):
    monkeypatch.setenv("PYANON_REQUIRE_GPU", "1")
    with pytest.raises(pytest.fail.Exception, match="PYANON_REQUIRE_GPU=1, but there is no GPU to test on: because"):
        gpu_absent("because")
    monkeypatch.delenv("PYANON_REQUIRE_GPU")
    with pytest.raises(pytest.skip.Exception, match="no GPU to test on: because"):
        gpu_absent("because")
