from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon.errors import PackError, PackIntegrityError, UnknownPromptError
from pyanon.runtime import Manifest, Pack, Port, Prompts, Role, available_packs, load_pack, write_pack_toml
from pyanon.runtime.manifest import ROLES, parse_manifest
from pyanon.runtime.pack_toml import format_manifest
from pyanon.runtime.port import DTYPES


def edit(pack: Pack, old: str, new: str) -> Pack:
    path = pack.folder / "pack.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return load_pack(pack.folder)


class TestReading:
    def test_whole_pack(self, pack: Pack) -> None:
        pack.verify()
        assert pack.name == "tiny"
        assert pack.prompts == ("face", "licence plate")
        assert pack.prompt("licence plate").tolist() == [5, 6, 7, 8]
        assert pack.prompt("face").dtype == np.float32
        locator = pack.role("locator")
        assert locator.inputs[0] == Port("image", "float32", (1, 3, "height", "width"))
        assert locator.number("threshold") == 0.25
        assert locator.integers("strides") == (8, 16, 32)
        assert hashlib.sha256(pack.read("locator")).hexdigest() == locator.sha256

    def test_missing_role_says_which_pack_has_it(self, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(PackError, match=r"no 'oracle.nobody'.*one of its roles: locator, landmarks; do: no"):
            pack.role("oracle.nobody")
        other = pack.folder.with_name("other")
        other.mkdir()
        (other / "locator.onnx").write_bytes(pack.read("locator"))
        only = {"locator": pack.role("locator")}
        write_pack_toml(Pack(other, replace(pack.manifest, name="other", prompts=None, roles=only)))
        monkeypatch.setenv("PYANON_PACKS", str(pack.folder.parent))
        with pytest.raises(PackError, match=r"pack 'other' has no 'landmarks'.*do: use a pack that has it: .*'tiny'"):
            load_pack("other").role("landmarks")

    def test_unknown_prompt_lists_the_known_ones(self, pack: Pack) -> None:
        with pytest.raises(UnknownPromptError, match=r"given: 'dog'; expected: one of: face, licence plate; do: "):
            pack.prompt("dog")
        with pytest.raises(LookupError, match="it knows none"):
            Pack(pack.folder, replace(pack.manifest, prompts=None)).prompt("face")

    @pytest.mark.parametrize("setting", ["absent", "input", "strides", "infinite", "truth"])
    def test_setting_that_is_no_number(self, setting: str) -> None:
        settings = {"input": "rgb", "strides": (8,), "infinite": float("inf"), "truth": True}
        with pytest.raises(PackError, match=rf"setting '{setting}' of x.onnx.*expected: a finite number"):
            Role("x.onnx", (), (), settings).number(setting)

    @pytest.mark.parametrize("value", [None, 8, (8.0,), (True,), ("8",)])
    def test_setting_that_is_no_list_of_whole_numbers(self, value: object) -> None:
        with pytest.raises(PackError, match="expected: a list of whole numbers"):
            Role("x.onnx", (), (), {} if value is None else {"strides": value}).integers("strides")  # type: ignore[dict-item]


class TestIntegrity:
    @pytest.mark.parametrize("file", ["locator.onnx", "landmarks.onnx", "prompts.npy"])
    @pytest.mark.parametrize(
        "damage",
        [lambda data: data[:-1], lambda data: b"", lambda data: data + b"\0", lambda data: b"\xff" + data[1:]],
    )
    def test_changed_file(self, pack: Pack, file: str, damage: object) -> None:
        path = pack.folder / file
        stated = hashlib.sha256(path.read_bytes()).hexdigest()
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(PackIntegrityError) as caught:
            pack.verify()
        for part in (file, stated, actual, "not loaded", "do: "):
            assert part in str(caught.value)

    def test_missing_file(self, pack: Pack) -> None:
        (pack.folder / "locator.onnx").unlink()
        with pytest.raises(PackError, match=r"cannot be read.*locator.onnx.*do: "):
            pack.read("locator")
        assert pack.read("landmarks")

    def test_folder_in_place_of_a_file(self, pack: Pack) -> None:
        (pack.folder / "locator.onnx").unlink()
        (pack.folder / "locator.onnx").mkdir()
        with pytest.raises(PackError, match="no file inside the pack"):
            pack.read("locator")

    def test_link_out_of_the_pack(self, pack: Pack, tmp_path: Path) -> None:
        path = pack.folder / "locator.onnx"
        outside = tmp_path / "outside.onnx"
        path.rename(outside)
        path.symlink_to(outside)
        with pytest.raises(PackError, match="no file inside the pack"):
            pack.read("locator")

    def test_link_within_the_pack(self, pack: Pack) -> None:
        path = pack.folder / "locator.onnx"
        path.rename(pack.folder / "real.onnx")
        path.symlink_to("real.onnx")
        assert pack.read("locator")

    def test_pack_reached_through_a_link(self, pack: Pack, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(pack.folder)
        load_pack(tmp_path / "link").verify()

    @pytest.mark.parametrize("file", ["/etc/passwd", "../other/x.onnx", "a/../../x.onnx", "..", "a\\\\b", "a\\u0000b"])
    def test_path_out_of_the_pack(self, pack: Pack, file: str) -> None:
        with pytest.raises(PackError, match=r"roles\.locator\.file leaves the pack's folder"):
            edit(pack, 'file = "locator.onnx"', f'file = "{file}"')


class TestEmbeddings:
    def restate(self, pack: Pack, data: bytes) -> Pack:
        assert pack.manifest.prompts is not None
        (pack.folder / "prompts.npy").write_bytes(data)
        return write_pack_toml(
            Pack(pack.folder, replace(pack.manifest, prompts=replace(pack.manifest.prompts, sha256="")))
        )

    @pytest.mark.parametrize(
        "table",
        [
            np.zeros((2, 4)),
            np.zeros(8, np.float32),
            np.zeros((3, 4), np.float32),
            np.full((2, 4), np.nan, np.float32),
        ],
        ids=["dtype", "rank", "rows", "nan"],
    )
    def test_wrong_array(self, pack: Pack, table: np.ndarray) -> None:
        data = io.BytesIO()
        np.save(data, table)
        with pytest.raises(PackError, match=r"does not hold the embeddings.*expected: float32\(2, D\), all finite"):
            self.restate(pack, data.getvalue()).prompt("face")

    def test_pickle_is_never_loaded(self, pack: Pack, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return os.mkdir, (str(tmp_path / "sprung"),)

        data = io.BytesIO()
        np.save(data, np.array([Trap(), Trap()], dtype=object), allow_pickle=True)
        with pytest.raises(PackError, match=r"is no \.npy file"):
            self.restate(pack, data.getvalue()).prompt("face")
        assert not (tmp_path / "sprung").exists()

    def test_archive_in_place_of_an_array(self, pack: Pack) -> None:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("face.npy", b"")
        with pytest.raises(PackError, match=r"is no \.npy file"):
            self.restate(pack, data.getvalue()).prompt("face")


FAULTS = {
    "no TOML": ("[pack]", "[pack", r"pack\.toml is not valid TOML .*line 1"),
    "newer schema": ("schema = 1", "schema = 2", r"pack\.schema is not one .*given: 2; expected: 1; update pyanon"),
    "schema is a truth value": ("schema = 1", "schema = true", r"pack\.schema has the wrong type"),
    "missing key": ('licence = "Apache-2.0"\n', "", r"pack\.licence is missing"),
    "empty text": ('version = "1.0"', 'version = ""', r"pack\.version cannot be used"),
    "wrong type": (
        'version = "1.0"',
        "version = 1.0",
        r"pack\.version has the wrong type; given: 1\.0; expected: a text",
    ),
    "name": ('name = "tiny"', 'name = "../tiny"', r"pack\.name cannot be used"),
    "unknown key": (
        "schema = 1",
        "schema = 1\nlicense = 1",
        r"pack\.license is not a known key; expected: one of .*licence",
    ),
    "unknown table": ("[prompts]", "[promts]", r"promts is not a known key; expected: one of pack, roles"),
    "unknown role": ("[roles.landmarks]", "[roles.landmark]", r"roles\.landmark is not a known role.*landmarks"),
    "role is no table": ("[roles.landmarks]", "[[roles.landmarks]]", r"roles\.landmarks has the wrong type"),
    "unknown key of a role": ('file = "loc', 'path = "a"\nfile = "loc', r"roles\.locator\.path is not a known key"),
    "short digest": ('sha256 = "', 'sha256 = "0', r"roles\.locator\.sha256 cannot be used"),
    "dtype": (
        'dtype = "float32"',
        'dtype = "float"',
        r"inputs\[0\]\.dtype is not a known dtype; given: 'float'; exp.*float32",
    ),
    "shape": ("shape = [1, 3", "shape = [0, 3", r"inputs\[0\]\.shape cannot be used"),
    "shape of a truth value": ("shape = [1, 3", "shape = [true, 3", r"inputs\[0\]\.shape cannot be used"),
    "unknown key of a port": (
        'dtype = "float32"',
        'type = 1, dtype = "float32"',
        r"inputs\[0\]\.type is not a known key",
    ),
    "port twice": ('name = "prompts"', 'name = "image"', r"roles\.locator\.inputs names a port twice"),
    "no ports": ("inputs = [\n", "inputs = []\nunused = [\n", r"inputs has the wrong type"),
    "date": ("threshold = 0.25", "threshold = 2020-01-01", r"settings\.threshold has the wrong type"),
    "prompt twice": ('names = ["face"', 'names = ["face", "face"', r"prompts\.names cannot be used"),
}


@pytest.mark.parametrize(("old", "new", "message"), FAULTS.values(), ids=FAULTS)
def test_malformed_manifest(pack: Pack, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=message):
        edit(pack, old, new)


def test_example_in_the_docs_is_a_manifest() -> None:
    text = (Path(__file__).parents[2] / "docs/packs.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0].replace("64 hexadecimal digits", "0" * 64)
    manifest = parse_manifest(example, source="docs/packs.md")
    assert manifest.roles["locator"].inputs[1] == Port("prompts", "float32", ("prompt", 32))
    assert manifest.prompts is not None


def test_manifest_without_roles(pack: Pack) -> None:
    text = (pack.folder / "pack.toml").read_text()
    with pytest.raises(PackError, match="roles names no role"):
        parse_manifest(text[: text.index("[roles.")] + "[roles]\n", source="x")


def test_manifest_that_is_no_text(pack: Pack) -> None:
    (pack.folder / "pack.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackError, match="manifest of a pack cannot be read"):
        load_pack(pack.folder)


class TestFinding:
    def test_by_path(self, pack: Pack) -> None:
        assert load_pack(pack.folder).name == load_pack(str(pack.folder)).name == "tiny"

    def test_by_name(self, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYANON_PACKS", os.pathsep.join(["/nowhere", str(pack.folder.parent), ""]))
        assert available_packs()["tiny"] == pack.folder
        assert load_pack("tiny").folder == pack.folder

    def test_name_is_never_looked_up_in_the_working_directory(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(pack.folder.parent)
        with pytest.raises(
            PackError, match=r"no pack of this name; given: 'tiny'; expected: .*searched .*PYANON_PACKS"
        ):
            load_pack("tiny")
        assert load_pack("./tiny").name == "tiny"

    def test_folder_without_a_manifest(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match=r"cannot be read.*expected: a folder with pack.toml"):
            load_pack(tmp_path)


class TestWriting:
    def test_reads_back(self, pack: Pack) -> None:
        assert load_pack(pack.folder) == pack
        assert parse_manifest(format_manifest(pack.manifest), source="x") == pack.manifest
        assert [path.name for path in pack.folder.glob("pack.toml*")] == ["pack.toml"]

    def test_stated_digest_is_verified_and_an_empty_one_is_computed(self, pack: Pack) -> None:
        path = pack.folder / "locator.onnx"
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(PackIntegrityError):
            write_pack_toml(pack)
        fresh = {**pack.manifest.roles, "locator": replace(pack.role("locator"), sha256="")}
        write_pack_toml(Pack(pack.folder, replace(pack.manifest, roles=fresh))).verify()

    def test_refuses_what_it_could_not_read(self, pack: Pack) -> None:
        before = (pack.folder / "pack.toml").read_text()
        with pytest.raises(PackError, match=r"roles\.painter is not a known role"):
            write_pack_toml(Pack(pack.folder, replace(pack.manifest, roles={"painter": pack.role("locator")})))
        assert (pack.folder / "pack.toml").read_text() == before


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.lists(words, min_size=1, max_size=3, unique=True).map(tuple)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
ports = st.lists(
    st.builds(Port, words, st.sampled_from(DTYPES), st.lists(st.integers(1, 999) | words, max_size=4).map(tuple)),
    min_size=1,
    max_size=3,
    unique_by=lambda port: port.name,
).map(tuple)
scalars = words | st.integers() | st.floats(allow_nan=False) | st.booleans()
settings = st.recursive(
    scalars, lambda leaf: st.lists(leaf, max_size=3).map(tuple) | st.dictionaries(words, leaf, max_size=3), max_leaves=8
)
roles = st.builds(
    Role,
    file=st.sampled_from(["a.onnx", "b/c.onnx"]),
    inputs=ports,
    outputs=ports,
    settings=st.dictionaries(words, settings, max_size=4),
    sha256=digests,
)
manifests = st.builds(
    Manifest,
    name=st.from_regex(r"[a-z0-9][a-z0-9_.-]*", fullmatch=True),
    version=words,
    licence=words,
    training_data=words,
    description=words,
    roles=st.dictionaries(st.sampled_from(ROLES) | st.just("oracle.arc"), roles, min_size=1, max_size=3),
    prompts=st.none()
    | st.builds(
        Prompts,
        file=st.just("p.npy"),
        names=names,
        sha256=digests,
    ),
)


@given(manifests)
def test_any_manifest_survives_writing_and_reading(manifest: Manifest) -> None:
    assert parse_manifest(format_manifest(manifest), source="x") == manifest


def test_a_pack_says_what_happens_to_faces_where_nobody_does() -> None:
    manifest = load_pack("pocket").manifest
    shy = replace(manifest, method="cover")
    assert parse_manifest(format_manifest(shy), source="x") == shy
    assert 'method = "cover"' in format_manifest(shy)
    with pytest.raises(PackError, match=r"pack\.method cannot be used"):
        parse_manifest(format_manifest(replace(manifest, method="hide")), source="x")
