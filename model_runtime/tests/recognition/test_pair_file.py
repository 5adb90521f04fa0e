"""Pairs are read from performances and scenes; all else is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import Actor, Request, request_to_json
from model_runtime.recognition.pair_file import PairUnreadable, average_body, read_pair
from model_runtime.tests.recognition.pair_samples import performed, sample_scene


def test_a_scene_and_its_performance_hold_the_same_motion(tmp_path: Path) -> None:
    scene = sample_scene("wave", 1)
    scene.save(tmp_path / "scene.npz")
    performed(scene).save(tmp_path / "pair.npz")
    from_scene, from_performance = read_pair(tmp_path / "scene.npz"), read_pair(tmp_path / "pair.npz")
    assert from_performance.names == ("Mia", "Tom") and from_scene.frames == scene.frames
    assert np.allclose(from_scene.root_positions, from_performance.root_positions, atol=1e-6)
    assert np.allclose(from_scene.rotations, from_performance.rotations, atol=1e-4)


@pytest.mark.parametrize("size", [0.6, 1.0, 1.4])
def test_a_performance_tells_the_size_of_a_body_by_its_pelvis(size: float) -> None:
    scene = sample_scene("bend", 2)
    found = average_body(scene.root_positions[0] * size, scene.rotations[0])
    assert found.height == pytest.approx(AVERAGE_SKELETON.height * size, rel=0.02)


def test_the_request_of_a_performance_tells_the_bones(tmp_path: Path) -> None:
    performed(sample_scene("bend", 2)).save(tmp_path / "pair.npz")
    bodies = [AVERAGE_SKELETON.scaled(0.7), AVERAGE_SKELETON.scaled(1.1)]
    actors = tuple(Actor(name, body, (0.0, k)) for k, (name, body) in enumerate(zip(("Mia", "Tom"), bodies)))
    (tmp_path / "request.json").write_text(request_to_json(Request(2.0, actors)), "utf-8")
    pair = read_pair(tmp_path / "pair.npz", tmp_path / "request.json")
    assert np.allclose(pair.skeletons[0].offsets, bodies[0].offsets, atol=1e-5)
    assert np.allclose(pair.skeletons[1].offsets, bodies[1].offsets, atol=1e-5)


def test_a_part_is_read_from_its_start_to_its_end(tmp_path: Path) -> None:
    scene = sample_scene("wave", 1)
    scene.save(tmp_path / "scene.npz")
    part = read_pair(tmp_path / "scene.npz", start=0.5, end=1.5)
    assert part.frames == 30 and np.allclose(part.root_positions, scene.root_positions[:, 15:45], atol=1e-6)


def test_what_is_no_pair_is_refused_with_what_to_do(tmp_path: Path) -> None:
    scene = sample_scene("wave", 1)
    performed(scene, ("Mia",)).save(tmp_path / "alone.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive", "utf-8")
    scene.save(tmp_path / "scene.npz")
    broken = replace(scene, root_positions=np.full_like(scene.root_positions, np.nan))
    broken.save(tmp_path / "nan.npz")
    cases = {
        "alone.npz": "holds 1 actor, and what two do to each other takes two",
        "other.npz": "neither a performance of two nor a scene .*give the .npz that `generate`",
        "text.npz": "neither a performance of two nor a scene",
        "missing.npz": "neither a performance of two nor a scene .*No such file",
        "nan.npz": "not finite; generate it again",
    }
    for name, said in cases.items():
        with pytest.raises(PairUnreadable, match=said) as refused:
            read_pair(tmp_path / name)
        assert "\n" not in str(refused.value)
    with pytest.raises(PairUnreadable, match=r"has 0.2 s there, .*choose a part with --start and --end"):
        read_pair(tmp_path / "scene.npz", start=1.8)
    performed(sample_scene("wave", 1, frames=500)).save(tmp_path / "long.npz")
    with pytest.raises(PairUnreadable, match=r"has 16.7 s there, and 0.5 to 15 s are judged at once"):
        read_pair(tmp_path / "long.npz")
    assert read_pair(tmp_path / "long.npz", end=10.0).frames == 300
