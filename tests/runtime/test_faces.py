"""What a pack states for replacing faces: read whole, or refused by name."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.errors import InputError, PackError, PackIntegrityError
from pyanon.runtime import Pack, face_networks, load_pack, missing_for_faces
from pyanon.runtime.manifest import parse_manifest
from pyanon.runtime.manifold import read_manifold
from pyanon.runtime.pack_toml import format_manifest
from tests.tiny_faces import CODE, SIZE, TEMPLATE, TRAITS, Twist, build, manifold, without


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return build(tmp_path_factory.mktemp("packs") / "tiny")


def with_setting(pack: Pack, role: str, **settings: Any) -> Pack:
    roles = dict(pack.manifest.roles)
    roles[role] = replace(roles[role], settings={**roles[role].settings, **settings})
    return Pack(pack.folder, replace(pack.manifest, roles=roles))


def test_all_settings_are_read(pack: Pack) -> None:
    faces = face_networks(pack)
    assert (faces.size, faces.levels, faces.oracles) == (SIZE, (1.0, 0.5), ("0", "1"))
    assert (faces.template == TEMPLATE).all()
    assert faces.traits == TRAITS
    assert (faces.smallest, faces.sure) == (20.0, 0.5)
    assert face_networks(with_setting(pack, "face_encoder", smallest=33, sure=0.7)).smallest == 33


def test_thresholds_between_the_calibrated_rates_are_interpolated(pack: Pack) -> None:
    faces = face_networks(pack)
    assert [faces.threshold("0", rate) for rate in (1e-2, 1e-3, 1e-4)] == pytest.approx([0.5, 0.6, 0.95])
    assert faces.threshold("1", 10**-2.5) == pytest.approx(0.55)
    assert faces.least_fmr == 1e-4
    for rate in (0.02, 0.9e-4):
        with pytest.raises(InputError, match=r"Policy\.fmr.*expected: 0\.0001 to 0\.01"):
            faces.threshold("0", rate)


def test_what_is_missing_is_said(pack: Pack) -> None:
    assert missing_for_faces(pack) == ()
    assert missing_for_faces(without(pack, "oracle.0", "face_decoder")) == (
        "role 'face_decoder'",
        "1 more of the roles 'oracle.<name>'",
    )
    bare = Pack(pack.folder, replace(pack.manifest, manifold=None))
    assert missing_for_faces(bare) == ("the section [manifold]",)
    with pytest.raises(PackError, match="no identity manifold"):
        bare.manifold()


@pytest.mark.parametrize(
    ("role", "setting", "value"),
    [
        ("face_encoder", "size", 8),
        ("face_encoder", "size", 64.5),
        ("face_encoder", "template", ((1, 2),) * 4),
        ("face_encoder", "template", ((1, 2),) * 5),
        ("face_encoder", "template", "arcface"),
        ("face_encoder", "traits", ("age",)),
        ("face_encoder", "traits", {"age": ()}),
        ("generator", "levels", ()),
        ("generator", "levels", (0.5, 1.0)),
        ("generator", "levels", (1.5,)),
        ("oracle.0", "thresholds", {"often": 0.5}),
        ("oracle.0", "thresholds", {"0.01": 2}),
        ("oracle.0", "thresholds", {}),
        ("oracle.0", "drawn", {"0.01": 2}),
        ("oracle.0", "known", {}),
    ],
)
def test_settings_that_cannot_be_used_are_named(pack: Pack, role: str, setting: str, value: Any) -> None:
    with pytest.raises(PackError, match=rf"setting '{setting}' of .*given: .*expected: "):
        face_networks(with_setting(pack, role, **{setting: value}))


def test_a_manifest_with_a_manifold_is_written_and_read_back(pack: Pack) -> None:
    assert parse_manifest(format_manifest(pack.manifest), source="test") == pack.manifest
    assert load_pack(pack.folder).manifest == pack.manifest
    pack.verify()


def test_a_manifold_that_was_changed_is_not_loaded(tmp_path: Path) -> None:
    pack = build(tmp_path / "tiny")
    path = pack.folder / "manifold.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(PackIntegrityError, match=r"manifold\.npz is not the file"):
        pack.verify()


def test_codes_are_made_of_small_numbers(pack: Pack) -> None:
    whole = pack.manifold()
    assert whole.size == CODE
    np.testing.assert_allclose(whole.codes(whole.gallery), whole.gallery * 0.05, rtol=1e-6)
    assert len(whole.member_codes) == whole.members.sum()


def npz(**changed: Any) -> bytes:
    arrays = {**manifold(Twist()), **changed}
    data = io.BytesIO()
    np.savez(data, **{name: array for name, array in arrays.items() if array is not None})
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", None),
        ("mean", np.zeros((6,), np.float32)),
        ("groups", np.zeros((5, 2), np.int64)),
        ("groups", np.zeros((6, 2), np.float32)),
        ("factor", np.zeros((CODE, 3), np.float32)),
        ("factor", np.full((CODE, CODE), np.nan, np.float32)),
        ("radius", None),
        ("projection.0", np.zeros((3, 4), np.float32)),
        ("gallery", np.zeros((4, CODE), np.float32)),
        ("gallery_scale", np.zeros(3, np.float32)),
        ("reach", np.zeros(3, np.float32)),
        ("members", np.array([3, -1])),
        ("member_codes", np.zeros((3, CODE), np.int8)),
    ],
)
def test_an_array_that_cannot_be_used_is_named(name: str, value: Any) -> None:
    with pytest.raises(PackError, match=rf"'.*{name}.*' cannot be used.*given: .*expected: .*docs/packs\.md"):
        read_manifold(npz(**{name: value}), source=Path("m.npz"))


def test_gallery_and_clusters_may_be_left_out() -> None:
    bare = read_manifold(npz(gallery=None, cluster=None, members=None, member_codes=None), source=Path("m.npz"))
    assert (len(bare.gallery), len(bare.clusters), len(bare.members), len(bare.member_codes)) == (0, 0, 0, 0)


def test_members_may_be_the_gallery_and_an_empty_cluster_is_dropped() -> None:
    found = read_manifold(npz(members=np.array([3, 0, 0, 1, 0]), member_codes=None), source=Path("m.npz"))
    assert found.members.tolist() == [3, 1]
    assert (found.member_codes == found.gallery).all()
    assert (found.clusters == manifold(Twist())["cluster"][[0, 3]]).all()
    with pytest.raises(PackError, match=r"'member_codes' cannot be used.*a gallery of 4; expected: 25 codes"):
        read_manifold(npz(member_codes=None), source=Path("m.npz"))


def test_objects_are_never_unpickled() -> None:
    with pytest.raises(PackError, match=r"is no \.npz file"):
        read_manifold(npz(mean=np.array([{}], object)), source=Path("m.npz"))
    for junk in (b"", b"not a zip", npz()[:200]):
        with pytest.raises(PackError, match=r"is no \.npz file"):
            read_manifold(junk, source=Path("m.npz"))
