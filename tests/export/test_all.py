"""The one command that runs every recipe."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from export.train.all import steps

CAPTIONS = ["vocabulary", "text_vae", "pack_text", "evaluate_text"]
LIKENESS = ["people_prepare", "people_labels", "likeness", "likeness_pack", "likeness_evaluate"]
FACES = ["prepare", "oracles", "oracles", "autoencoder", "decoder", "generator", "occlusion", "pack"]


def arguments(work: Path) -> argparse.Namespace:
    return argparse.Namespace(
        data=Path("data"), work=work, out=Path("pack"), locator_minutes=90.0, landmarks_minutes=20.0,
        oracle_minutes=60.0, autoencoder_minutes=20.0, decoder_minutes=30.0, generator_minutes=120.0,
        occlusion_minutes=10.0, text_vae_minutes=30.0, likeness_minutes=10.0,
    )  # fmt: skip


def test_steps_are_modules_in_order(tmp_path: Path) -> None:
    modules = [command[0] for command in steps(arguments(tmp_path))]
    one_round = ["locator", "landmarks", "pack"]
    assert [name.rpartition(".")[2] for name in modules] == [
        "prepare",
        *one_round,
        "mine",
        *one_round,
        "evaluate",
        *FACES,
        *CAPTIONS,
        *LIKENESS,
    ]
    assert all(importlib.util.find_spec(name) for name in modules)


def test_what_is_unpacked_is_not_unpacked_again(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/index.npz").touch()
    assert steps(arguments(tmp_path))[0][0] == "export.train.locator"


def test_the_second_round_begins_with_the_pack_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/hard.npz").touch()
    locator = steps(arguments(tmp_path))[1]
    assert locator[-2:] == ["--start", str(tmp_path / "first/pack")]
