"""What is drawn in front of faces, and the network that learns to see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")

from export.train.faces.faces import Faces  # noqa: E402
from export.train.faces.occluders import occluded  # noqa: E402
from export.train.faces.occlusion import OcclusionNet, exactness  # noqa: E402
from export.train.faces.template import SIZE  # noqa: E402


def test_what_is_drawn_in_front_of_faces_is_known_to_the_pixel(faces_cache: Path) -> None:
    """Where nothing is in front the crop is the face's; most faces have something, not all, and it hides a part."""
    faces, rng = Faces(faces_cache), np.random.default_rng(0)
    batch = faces[np.arange(48) % len(faces)]
    crops, front = occluded(batch, rng)
    assert crops.shape == (48, 3, SIZE, SIZE)
    assert front.shape == (48, 1, SIZE, SIZE)
    assert 0 <= crops.min() <= crops.max() <= 1
    share = front.mean((1, 2, 3))
    assert 0.4 < (share > 0).float().mean() < 0.9
    assert share.max() < 0.8
    assert ((front > 0) & (front < 1)).any()


def test_the_occlusion_network_learns_and_doubts(faces_cache: Path) -> None:
    """On one batch, until it knows it; what it says of a pixel is the least of its neighbourhood."""
    torch.manual_seed(0)
    net, faces = OcclusionNet().train(), Faces(faces_cache)
    crops, front = occluded(faces[np.arange(12) % len(faces)], np.random.default_rng(3))
    target = torch.nn.functional.avg_pool2d(front, 2)
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net.logits(crops), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    with torch.no_grad():
        chance, raw = net.eval()(crops), net.logits(crops).sigmoid()
    assert chance.shape == front.shape
    assert (chance[..., ::2, ::2] <= raw.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., ::2, ::2] + 1e-5).all()


def test_exactness_is_of_the_face_alone(faces_cache: Path) -> None:
    """Who finds all finds everything, a part of it rightly; who finds nothing finds nothing."""
    faces = Faces(faces_cache)
    found, right, bare = exactness(lambda crops: torch.ones_like(crops[:, :1]), faces, count=24)
    assert found == bare == 1
    assert 0 < right < 1
    assert exactness(lambda crops: torch.zeros_like(crops[:, :1]), faces, count=24) == (0, 0, 0)
