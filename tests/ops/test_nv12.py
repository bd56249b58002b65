import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import layouts, picture, seeds

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
looks = st.fixed_dictionaries({"standard": st.sampled_from(["bt601", "bt709"]), "full_range": st.booleans()})
sides = st.integers(0, 40)


def nv12(seed, height, width, *, layout="packed"):
    """A frame of any luma and chroma; its planes are parts of pictures of some layout."""
    chroma = picture(seed + 1, -(-height // 2), -(-width // 2), layout=layout)[:, :, :2]
    return picture(seed, height, width, layout=layout)[:, :, 1], chroma


@PER_TARGET
@given(seed=seeds, height=sides, width=sides, look=looks, layout=layouts)
def test_rgb_from_nv12_is_its_definition(backend, seed, height, width, look, layout):
    luma, chroma = nv12(seed, height, width, layout=layout)
    rgb = backend.rgb_from_nv12(luma, chroma=chroma, **look)
    np.testing.assert_array_equal(rgb, reference.rgb_from_nv12(luma, chroma=chroma, **look))


@PER_TARGET
@given(seed=seeds, height=sides, width=sides, look=looks, layout=layouts)
def test_nv12_from_rgb_is_its_definition(backend, seed, height, width, look, layout):
    image = picture(seed, height, width, layout=layout)
    for ours, theirs in zip(backend.nv12_from_rgb(image, **look), reference.nv12_from_rgb(image, **look), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@PER_TARGET
@given(seed=seeds, frame=st.tuples(*[st.integers(1, 60)] * 2), size=st.tuples(*[st.integers(1, 40)] * 2), look=looks)
def test_a_fused_letterbox_is_that_of_the_rgb_picture(backend, seed, frame, size, look):
    luma, chroma = nv12(seed, *frame)
    planes, *placement = backend.letterbox_nv12(luma, chroma=chroma, size=size, mean=9, scale=0.5, **look)
    rgb = backend.rgb_from_nv12(luma, chroma=chroma, **look)
    expected, *where = backend.letterbox(rgb, size=size, mean=9, scale=0.5)
    assert placement == where
    np.testing.assert_array_equal(planes, expected)


@pytest.mark.parametrize("standard", ["bt601", "bt709"])
@pytest.mark.parametrize("full_range", [False, True])
def test_every_luma_and_chroma_is_what_the_equations_say(backend, standard, full_range):
    """Against the standards' equations in real numbers: every byte is theirs, rounded."""
    kr, kb = (0.299, 0.114) if standard == "bt601" else (0.2126, 0.0722)
    u, v = np.meshgrid(np.arange(256), np.arange(256))
    for level in (0, 16, 100, 235, 255):
        luma = np.full((512, 512), level, np.uint8)
        rgb = backend.rgb_from_nv12(
            luma, chroma=np.stack([u, v], 2).astype(np.uint8), standard=standard, full_range=full_range
        )
        y, cb, cr = (level, u - 128, v - 128) if full_range else ((level - 16) / 219, (u - 128) / 224, (v - 128) / 224)
        light, red, blue = (1, 1, 1) if full_range else (255, 255, 255)
        r, b = y * light + 2 * (1 - kr) * cr * red, y * light + 2 * (1 - kb) * cb * blue
        g = (y * light - kr * r - kb * b) / (1 - kr - kb)
        exact = np.clip(np.stack([r, g, b], 2), 0, 255)
        # 2^-16 of a weight times a byte: a level may be rounded the other way where it lies half-way.
        assert np.abs(rgb[::2, ::2] - exact).max() <= 0.51


@pytest.mark.parametrize("look", [{"standard": s, "full_range": f} for s in ("bt601", "bt709") for f in (False, True)])
def test_greys_stay_grey_and_flat_colours_come_back(look):
    rng = np.random.default_rng(0)
    colours = np.concatenate([np.arange(256)[:, None].repeat(3, 1), rng.integers(0, 256, (500, 3))]).astype(np.uint8)
    image = colours[:, None].repeat(2, 0).repeat(2, 1)
    luma, chroma = ops.nv12_from_rgb(image, **look)
    assert (chroma[:256] == 128).all()
    back = ops.rgb_from_nv12(luma, chroma=chroma, **look)
    # A level of luma or chroma is up to 2.1 levels of a colour, halved by rounding, and there are two of them.
    assert np.abs(back.astype(int) - image).max() <= 2


def test_black_and_white_have_their_levels():
    image = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8).repeat(2, 1)
    assert ops.nv12_from_rgb(image)[0].tolist() == [[16, 16, 235, 235]]
    assert ops.nv12_from_rgb(image, full_range=True)[0].tolist() == [[0, 0, 255, 255]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chroma": np.zeros((2, 2, 2), np.uint8)}, r"chroma is not the array .* expected: .* of shape \(3, 2, 2\)"),
        ({"chroma": np.zeros((3, 2, 2), np.float32)}, "chroma is not the array .* given: float32"),
        ({"standard": "bt2020"}, "no such standard of colours; given: bt2020"),
    ],
)
def test_rgb_from_nv12_says_what_is_wrong(backend, change, message):
    arguments = {"chroma": np.zeros((3, 2, 2), np.uint8)} | change
    with pytest.raises(InputError, match=message):
        backend.rgb_from_nv12(np.zeros((5, 4), np.uint8), **arguments)
