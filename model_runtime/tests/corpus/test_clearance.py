"""Arms that went into the body come out of it, smoothly, and nothing else moves."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...contract import FPS, FloatArray
from ...corpus.motion.arm_clearance import clear_arms
from ...metrics.joint_limits import joint_limits
from ...metrics.penetration import self_penetration
from ...refine.arm_collisions import clear_arms as clear_both
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics

FRAMES = 4 * FPS


def swinging_arm(amplitude: float) -> tuple[FloatArray, FloatArray]:
    """Arms hang; the left forearm swings ``amplitude`` degrees into the belly and out again between the first and third
    second.
    """
    rotations = np.zeros((FRAMES, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    time = np.arange(FRAMES) / FPS
    swing = np.radians(amplitude) * np.exp(-0.5 * ((time - 2.0) / 0.35) ** 2)
    rotations[:, INDEX["left_shoulder"]] = rot.from_axis_angle(np.radians([0.0, 75.0, 0.0]))
    rotations[:, INDEX["right_shoulder"]] = rot.from_axis_angle(np.radians([0.0, -75.0, 0.0]))
    rotations[:, INDEX["left_elbow"]] = rot.from_axis_angle(np.stack([0 * swing, swing, 0 * swing], -1))
    return np.tile(np.array([0, 0, AVERAGE_SKELETON.pelvis_height], np.float32), (FRAMES, 1)), rotations


def test_an_arm_that_swings_into_the_belly_is_held_off() -> None:
    root, rotations = swinging_arm(60.0)
    before = self_penetration(root, rotations, AVERAGE_SKELETON)
    after = self_penetration(root, clear_arms(root, rotations, AVERAGE_SKELETON), AVERAGE_SKELETON)
    assert before.max() > 0.04
    assert after.max() < 0.01


def test_it_gives_way_without_a_jerk_and_without_breaking_the_elbow() -> None:
    root, rotations = swinging_arm(60.0)
    cleared = clear_arms(root, rotations, AVERAGE_SKELETON)
    hands = [forward_kinematics(root, q, AVERAGE_SKELETON)[0][:, INDEX["left_wrist"]] for q in (rotations, cleared)]
    jerk = [np.linalg.norm(np.diff(hand, 3, axis=0), axis=-1).max() for hand in hands]
    assert jerk[1] < 2.5 * jerk[0]
    assert joint_limits(cleared)["elbow"].share == 0.0


def test_what_is_clear_is_not_touched() -> None:
    root, rotations = swinging_arm(60.0)
    cleared = clear_arms(root, rotations, AVERAGE_SKELETON)
    left_arm = [INDEX[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]
    others = [joint for joint in range(52) if joint not in left_arm]
    np.testing.assert_array_equal(cleared[:, others], rotations[:, others])
    np.testing.assert_array_equal(cleared[: FPS // 3], rotations[: FPS // 3])
    root, rotations = swinging_arm(3.0)
    np.testing.assert_array_equal(clear_arms(root, rotations, AVERAGE_SKELETON), rotations)


def test_an_arm_on_frames_that_have_to_stay_stays_and_gives_way_smoothly_beside_them() -> None:
    root, rotations = swinging_arm(60.0)
    deepest = int(self_penetration(root, rotations, AVERAGE_SKELETON).argmax())
    fixed = np.zeros((2, FRAMES), bool)
    fixed[0, : deepest - 6] = True
    away = root + np.array([5.0, 0.0, 0.0], np.float32)
    cleared = clear_both(np.stack([root, away]), np.stack([rotations, rotations]), [AVERAGE_SKELETON] * 2, True, fixed)
    np.testing.assert_array_equal(cleared[0][fixed[0]], rotations[fixed[0]])
    assert not np.array_equal(cleared[0], rotations)
    hands = [forward_kinematics(root, q, AVERAGE_SKELETON)[0][:, INDEX["left_wrist"]] for q in (clear_arms(root, rotations, AVERAGE_SKELETON), cleared[0])]
    jerk = [np.linalg.norm(np.diff(hand, 3, axis=0), axis=-1).max() for hand in hands]
    assert jerk[1] < 3.0 * jerk[0]
