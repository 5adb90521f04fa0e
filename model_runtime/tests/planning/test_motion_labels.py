"""Sit, walk and stand are told apart from motion alone."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, JOINTS
from model_runtime.contract import FPS
from model_runtime.datasets.rocketbox import read_rocketbox
from model_runtime.planning.motion_labels import SIT, STAND, WALK, label_frames
from model_runtime.tests.conftest import DATA

ROCKETBOX = DATA / "motion" / "rocketbox.tar"


def body(seated: np.ndarray, speed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root positions and rotations for frames that are ``seated`` 0..1 and move at ``speed`` (m/s)."""
    rotations = np.tile(rot.IDENTITY, (len(seated), len(JOINTS), 1)).astype(np.float32)
    for side in ("left", "right"):
        rotations[:, INDEX[f"{side}_hip"]] = rot.from_axis_angle(seated[:, None] * [-np.radians(88), 0, 0])
        rotations[:, INDEX[f"{side}_knee"]] = rot.from_axis_angle(seated[:, None] * [np.radians(88), 0, 0])
    root = np.zeros((len(seated), 3), np.float32)
    root[:, 1] = -np.cumsum(speed) / FPS
    root[:, 2] = AVERAGE_SKELETON.pelvis_height - seated * 0.42
    return root, rotations


def labels(seated: np.ndarray, speed: np.ndarray) -> list[int]:
    return label_frames(*body(seated, speed), AVERAGE_SKELETON).tolist()


def ramp(*points: tuple[int, float]) -> np.ndarray:
    frames, values = zip(*points)
    return np.interp(np.arange(frames[-1] + 1), frames, values)


def test_standing_still_walking_and_sitting_are_told_apart() -> None:
    still = np.zeros(90)
    assert set(labels(still, still)) == {STAND}
    assert set(labels(still, still + 1.2)) == {WALK}
    assert set(labels(still + 1, still)) == {SIT}


def test_each_transition_happens_once() -> None:
    seated = ramp((0, 0), (60, 0), (100, 1), (160, 1), (200, 0), (240, 0))
    found = labels(seated, np.zeros_like(seated))
    assert [found[i] for i in np.flatnonzero(np.diff([-1, *found]))] == [STAND, SIT, STAND]
    speed = ramp((0, 0), (30, 0), (60, 1.2), (150, 1.2), (180, 0), (240, 0))
    found = labels(np.zeros_like(speed), speed)
    assert [found[i] for i in np.flatnonzero(np.diff([-1, *found]))] == [STAND, WALK, STAND]


def test_a_speed_that_trembles_at_the_threshold_does_not_flicker() -> None:
    speed = 0.30 + 0.04 * np.random.default_rng(0).standard_normal(300)
    assert len(set(labels(np.zeros(300), speed))) == 1


def test_a_sway_of_the_weight_is_no_walk_and_a_bow_is_no_seat() -> None:
    sway = 0.35 * np.sin(np.arange(120) * 2 * np.pi / 30)
    assert set(labels(np.zeros(120), sway)) == {STAND}
    root, rotations = body(np.zeros(60), np.zeros(60))
    rotations[:, 0] = rot.from_axis_angle(np.array([np.radians(80), 0, 0]))  # bent forward at the hips, legs upright
    for side in ("left", "right"):
        rotations[:, INDEX[f"{side}_hip"]] = rot.from_axis_angle(np.array([-np.radians(80), 0, 0]))
    assert set(label_frames(root, rotations, AVERAGE_SKELETON).tolist()) == {STAND}


def test_one_frame_and_no_frames_have_labels_too() -> None:
    assert labels(np.ones(1), np.zeros(1)) == [SIT]
    assert labels(np.zeros(0), np.zeros(0)) == []


@pytest.mark.data
def test_captured_clips_get_the_label_of_their_name() -> None:
    import tarfile

    wanted = {
        "static__m_idle_breathe_01": STAND,
        "static__f_gestic_listen_accept_01": STAND,
        "static__m_gestic_shrug_01": STAND,
        "static__f_sit_chair_gestic_shrug_01": SIT,
        "static__m_sit_table_idle_cough": SIT,
        "xy__m_walk_slow_01": WALK,
        "xy__f_walk_neutral_01": WALK,
    }
    changes = {
        "xyz__m_sit_down_chair_01": [STAND, SIT],
        "xyz__f_sit_stand_up_chair_01": [SIT, STAND],
        "xy__m_walk_start": [STAND, WALK],
    }
    with tarfile.open(ROCKETBOX) as archive:
        for name in (*wanted, *changes):
            clip = read_rocketbox(f"{name}.npz", archive.extractfile(f"rocketbox/{name}.npz").read())  # type: ignore[union-attr]
            found = label_frames(clip.root_positions, clip.rotations, clip.skeleton)
            if name in wanted:
                assert np.mean(found == wanted[name]) >= 0.95, name
            else:
                assert found[np.flatnonzero(np.diff(found, prepend=-1))].tolist() == changes[name], name
