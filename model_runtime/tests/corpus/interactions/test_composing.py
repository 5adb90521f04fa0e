"""One interaction from clips to a scene: contacts met, the same bytes for the same seed, and reading it back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ....contract import FPS
from ....corpus.interactions.composer import category_of, compose_all, file_name, line_of
from ....corpus.interactions.composing import Stock, compose_interaction
from ....corpus.interactions.gate import WIDEST_GAP, measure, reasons
from ....corpus.interactions.record import contact_labels, scene_of
from ....corpus.motion.clip_bank import ClipBank
from ....datasets.library import save_library
from ....datasets.scene import Scene
from ..test_composer import few_clips, needs_motion


@pytest.fixture(scope="module")
def stock() -> Stock:
    clips = few_clips()
    return Stock(ClipBank(clips), clips, "train")


@pytest.mark.data
@needs_motion
def test_a_handshake_is_met_at_its_time_and_is_written_with_who_touches_whom(stock: Stock, tmp_path: Path) -> None:
    for seed in range(6):
        made = compose_interaction("handshake", seed, stock)
        figures, motions = measure(made)
        if not list(reasons(made, figures, motions)):
            break
    else:
        pytest.fail("none of six handshakes is good")
    assert figures.gap <= WIDEST_GAP
    scene = scene_of(made, figures, seed, "train")
    scene.save(tmp_path / "scene.npz")
    again = Scene.load(tmp_path / "scene.npz")
    assert again.interaction == json.loads(json.dumps(scene.interaction))
    assert again.kind == "handshake" and len(again.interaction["texts"]["long"]) == 3
    touching = contact_labels(again.interaction, again.frames)
    assert touching[round(again.interaction["contact"] * FPS) + 2].any() and not touching[0].any()


@pytest.mark.data
@needs_motion
def test_the_same_seed_gives_the_same_motion(stock: Stock) -> None:
    one, two = (compose_interaction("bend", 3, stock) for _ in range(2))
    np.testing.assert_array_equal(one.rotations, two.rotations)
    np.testing.assert_array_equal(one.roots, two.roots)


@pytest.mark.data
@needs_motion
@pytest.mark.slow
def test_a_run_goes_on_where_it_was_and_keeps_the_same_scenes_with_any_number_of_processes(tmp_path: Path) -> None:
    save_library(few_clips(), tmp_path / "clips.npz")
    first, whole = tmp_path / "first", tmp_path / "whole"
    names = ["bend", "walk towards"]
    compose_all(first, tmp_path / "clips.npz", 1, 0, "train", names, 1)
    compose_all(first, tmp_path / "clips.npz", 2, 0, "train", names, 2)
    compose_all(whole, tmp_path / "clips.npz", 2, 0, "train", names, 2)
    kept = sorted(path.name for path in whole.glob("scene_*.npz"))
    assert kept == sorted(path.name for path in first.glob("scene_*.npz")) and len(kept) == 4
    for name in kept:
        assert (first / name).read_bytes() == (whole / name).read_bytes()


def test_a_number_says_its_category() -> None:
    assert category_of(10_003) == "handshake" and category_of(3_500_000 + 10_003) == "handshake"
    assert file_name(10_003) == "scene_0010003.npz"


def test_a_category_is_told_with_its_refusals() -> None:
    tries = {
        "1": {"reason": "", "cpu": 4.0, "memory": 500, "seconds": 5.0},
        "2": {"reason": "contact 2.0 cm", "cpu": 6.0, "memory": 510, "seconds": 0.0},
    }
    assert line_of("hug", tries) == "hug: 1 of 2 kept (contact 1), 10.0 CPU s a kept scene, 510 MB"
