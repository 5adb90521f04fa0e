"""The filter of composed scenes finds each fault by its name, and none in a faultless scene."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.easing import smooth_step
from model_runtime.contract import ACTION_LABELS, FPS
from model_runtime.corpus.filter import fault, faults
from model_runtime.datasets.scene import Scene
from model_runtime.tests.refine.test_feet import standing

FRAMES = 6 * FPS


def breathing() -> tuple[np.ndarray, np.ndarray]:
    """Return the motion of a body that stands with hanging arms and breathes."""
    root, rotations = standing(FRAMES)
    breath = np.sin(np.arange(FRAMES) / FPS * 2 * np.pi / 4)
    for joint in ("spine1", "spine2", "spine3", "neck", "head", "left_elbow", "right_elbow"):
        rotations[:, INDEX[joint]] = turn(0.03 * breath, 0)
    for side, sign in (("left", 1), ("right", -1)):
        rotations[:, INDEX[f"{side}_shoulder"]] = turn(np.full(FRAMES, sign * 1.2), 1)
    return root, rotations


def turn(angle: np.ndarray, axis: int) -> np.ndarray:
    vector = np.zeros((len(angle), 3), np.float32)
    vector[:, axis] = angle
    return rot.from_axis_angle(vector).astype(np.float32)


def scene(apart: float = 1.4) -> Scene:
    (root, rotations), (other, turns) = breathing(), breathing()
    other[:, 1] -= apart
    turns[:, 0] = rot.about_z(np.full(FRAMES, np.pi))
    return Scene(
        1,
        "train",
        np.stack([AVERAGE_SKELETON.offsets] * 2),
        np.stack([root, other]).astype(np.float32),
        np.stack([rotations, turns]).astype(np.float32),
        np.full((2, FRAMES), ACTION_LABELS.index("stand"), np.uint8),
        np.ones((2, FRAMES, 4), bool),
        np.zeros((2, FRAMES, 28), np.float16),
        np.zeros((2, FRAMES, 52), np.float16),
        np.array([0.45, 0.45], np.float32),
        ([], []),
        ([], []),
    )


def reason(refused: Scene) -> str:
    found = fault(refused)
    return found.split()[0] if found else ""


def test_two_bodies_that_stand_and_breathe_have_no_fault() -> None:
    assert [found.text for found in faults(scene())] == []


def test_values_that_are_no_numbers_are_refused() -> None:
    refused = scene()
    refused.face[0, 3, 4] = np.nan
    assert reason(refused) == "not-finite"


def test_two_bodies_in_one_place_are_too_close() -> None:
    assert reason(scene(apart=0.3)) == "too-close"


def test_a_label_that_the_motion_does_not_show_is_refused() -> None:
    refused = scene()
    refused.labels[1, 60:] = ACTION_LABELS.index("sit")
    assert reason(refused) == "labels"


def test_a_body_that_glides_skates() -> None:
    refused = scene()
    refused.root_positions[0, :, 0] += 0.05 * np.arange(FRAMES) / FPS
    assert reason(refused) == "skate"


def test_feet_below_the_floor_are_refused() -> None:
    refused = scene()
    refused.root_positions[1, 40:, 2] -= 0.03
    assert "floor" in [found.text.split()[0] for found in faults(refused)]


def test_a_body_in_the_air_floats() -> None:
    refused = scene()
    refused.root_positions[1, :, 2] += 0.07
    assert "floating" in [found.text.split()[0] for found in faults(refused)]


@pytest.mark.parametrize(("joint", "part"), [("left_elbow", "hands"), ("head", "head"), ("spine1", "head")])
def test_a_joint_that_jumps_within_a_frame_is_refused(joint: str, part: str) -> None:
    refused = scene()
    child = {"head": "neck"}.get(joint, joint)
    refused.rotations[0, 90:, INDEX[child]] = rot.multiply(
        refused.rotations[0, 90:, INDEX[child]], turn(np.full(FRAMES - 90, 0.6), 2 if part == "hands" else 0)
    )
    assert f"{part}-jump" in [found.text.split()[0] for found in faults(refused)]


@pytest.mark.parametrize(
    ("joint", "axis", "angle", "name"),
    [
        ("left_elbow", 2, 0.5, "elbow-range"),
        ("right_knee", 0, -0.5, "knee-range"),
        ("neck", 2, 1.9, "neck-range"),
        ("left_wrist", 0, 2.9, "forearm-range"),
    ],
)
def test_a_joint_that_bends_the_wrong_way_is_refused(joint: str, axis: int, angle: float, name: str) -> None:
    refused = scene()
    ease = smooth_step(np.arange(FRAMES, dtype=np.float32), 30, 90)
    refused.rotations[0, :, INDEX[joint]] = turn(angle * ease, axis)
    assert name in [found.text.split()[0] for found in faults(refused)]


def test_a_body_without_any_motion_is_frozen() -> None:
    refused = scene()
    refused.rotations[0, 60:] = refused.rotations[0, 60]
    assert reason(refused) == "frozen"


def test_a_minute_without_speech_passes_and_more_is_refused() -> None:
    for minutes, found_silent in ((1.0, False), (1.2, True)):
        long = scene()
        times = round(60 * minutes * FPS / FRAMES)
        for name in ("root_positions", "rotations", "labels", "prosody", "face"):
            setattr(long, name, np.concatenate([getattr(long, name)] * times, axis=1))
        assert ("silent" in [found.text.split()[0] for found in faults(long)]) == found_silent


def test_an_arm_in_the_hip_is_self_penetration() -> None:
    refused = scene()
    refused.rotations[0, :, INDEX["left_shoulder"]] = turn(np.full(FRAMES, 1.95), 1)
    assert "self-penetration" in [found.text.split()[0] for found in faults(refused)]


def test_a_body_in_the_other_is_pair_penetration() -> None:
    assert "pair-penetration" in [found.text.split()[0] for found in faults(scene(apart=0.15))]
