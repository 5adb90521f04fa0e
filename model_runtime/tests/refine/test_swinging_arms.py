"""Arms that penetrate the body are moved out of it smoothly, and nothing else moves."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from ...contract import FPS, FloatArray
from ...metrics.joint_limits import joint_limits
from ...metrics.penetration import self_penetration
from ...refine.arm_collisions import clear_arms

FRAMES = 4 * FPS
AWAY = np.array([5.0, 0.0, 0.0], np.float32)


def swinging_arm(amplitude: float) -> tuple[FloatArray, FloatArray]:
    """Root and rotations of hanging arms: from second 1 to 3 the left forearm swings ``amplitude`` degrees into the
    belly and out again.
    """
    rotations = np.zeros((FRAMES, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    time = np.arange(FRAMES) / FPS
    swing = np.radians(amplitude) * np.exp(-0.5 * ((time - 2.0) / 0.35) ** 2)
    rotations[:, INDEX["left_shoulder"]] = rot.from_axis_angle(np.radians([0.0, 75.0, 0.0]))
    rotations[:, INDEX["right_shoulder"]] = rot.from_axis_angle(np.radians([0.0, -75.0, 0.0]))
    rotations[:, INDEX["left_elbow"]] = rot.from_axis_angle(np.stack([0 * swing, swing, 0 * swing], -1))
    return np.tile(np.array([0, 0, AVERAGE_SKELETON.pelvis_height], np.float32), (FRAMES, 1)), rotations


def cleared_alone(root: FloatArray, rotations: FloatArray, fixed: FloatArray | None = None) -> FloatArray:
    """Rotations (T, 52, 4) of the first of two equal bodies, the other 5 m away; ``fixed`` (T,) bool frames of the
    first.
    """
    both = None if fixed is None else np.stack([fixed, np.zeros_like(fixed)])
    roots = np.stack([root, root + AWAY])
    return clear_arms(roots, np.stack([rotations, rotations]), [AVERAGE_SKELETON] * 2, fixed=both)[0]


def test_an_arm_that_swings_into_the_belly_is_held_off() -> None:
    root, rotations = swinging_arm(60.0)
    before = self_penetration(root, rotations, AVERAGE_SKELETON)
    after = self_penetration(root, cleared_alone(root, rotations), AVERAGE_SKELETON)
    assert before.max() > 0.04
    assert after.max() < 0.01


def test_an_arm_gives_way_without_a_jerk_and_within_the_limits_of_the_elbow() -> None:
    root, rotations = swinging_arm(60.0)
    cleared = cleared_alone(root, rotations)
    hands = [forward_kinematics(root, q, AVERAGE_SKELETON)[0][:, INDEX["left_wrist"]] for q in (rotations, cleared)]
    jerk = [np.linalg.norm(np.diff(hand, 3, axis=0), axis=-1).max() for hand in hands]
    assert jerk[1] < 2.5 * jerk[0]
    assert joint_limits(cleared)["elbow"].share == 0.0


def test_arms_that_do_not_collide_stay_as_they_are() -> None:
    root, rotations = swinging_arm(60.0)
    cleared = cleared_alone(root, rotations)
    left_arm = [INDEX[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]
    others = [joint for joint in range(52) if joint not in left_arm]
    np.testing.assert_array_equal(cleared[:, others], rotations[:, others])
    np.testing.assert_array_equal(cleared[: FPS // 3], rotations[: FPS // 3])
    root, rotations = swinging_arm(3.0)
    np.testing.assert_array_equal(cleared_alone(root, rotations), rotations)


def test_an_arm_stays_on_fixed_frames_and_gives_way_smoothly_beside_them() -> None:
    root, rotations = swinging_arm(60.0)
    deepest = int(self_penetration(root, rotations, AVERAGE_SKELETON).argmax())
    fixed = np.zeros(FRAMES, bool)
    fixed[: deepest - 6] = True
    cleared = cleared_alone(root, rotations, fixed)
    np.testing.assert_array_equal(cleared[fixed], rotations[fixed])
    assert not np.array_equal(cleared, rotations)
    both = (cleared_alone(root, rotations), cleared)
    hands = [forward_kinematics(root, q, AVERAGE_SKELETON)[0][:, INDEX["left_wrist"]] for q in both]
    jerk = [np.linalg.norm(np.diff(hand, 3, axis=0), axis=-1).max() for hand in hands]
    assert jerk[1] < 3.0 * jerk[0]
