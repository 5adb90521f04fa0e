"""Joint limits: whether elbows, knees, neck, wrists and shoulders stay within human ranges of motion.

Ranges are those of the American Academy of Orthopaedic Surgeons (Greene and Heckman 1994, "The Clinical Measurement of
Joint Motion") and Norkin and White 2016 ("Measurement of Joint Motion", 5th ed., appendix of normative ranges),
whichever is wider. A joint's angle is taken from the swing of its bone and the twist about it, from the anatomical zero
of that joint. Skin-fixed markers and skeletons of other bodies err by some degrees, so a frame counts as outside only
``ALLOWANCE`` beyond the range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.joint_ranges import RANGES
from ..body_model.skeleton import INDEX
from ..common.headings import turned
from ..contract import FloatArray

SIDES = ("left", "right")
ALLOWANCE = 5.0  # degrees

JOINTS_WATCHED = ("elbow", "forearm", "knee", "neck", "wrist", "shoulder")


class LimitReport(NamedTuple):
    """``share`` of frames in which a joint (either side) is outside its range, and the ``worst`` degrees beyond it."""

    share: float
    worst: float


def joint_angles(rotations: FloatArray) -> dict[str, FloatArray]:
    """Return the angles of ``RANGES`` in degrees, of local ``rotations`` (T, 52, 4): (T, 2) left and right, (T, 1) for
    the neck.
    """
    exact = np.asarray(rotations, np.float64)
    sides = [_arm_and_knee(exact, side) for side in SIDES]
    angles = {key: np.stack([side[key] for side in sides], -1) for key in sides[0]}
    neck = rot.multiply(exact[:, INDEX["neck"]], exact[:, INDEX["head"]])
    swing, twist = _swing_twist(neck, 2)
    angles |= {"neck flexion": swing[:, :1], "neck lateral": swing[:, 1:2], "neck twist": twist[:, None]}
    return {key: values.astype(np.float32) for key, values in angles.items()}


def joint_excess(rotations: FloatArray) -> dict[str, FloatArray]:
    """Return (T,) degrees by which the worse side is beyond each of ``RANGES``, 0 inside."""
    return {
        key: np.maximum(np.maximum(RANGES[key][0] - values, values - RANGES[key][1]), 0.0).max(1)
        for key, values in joint_angles(rotations).items()
    }


def joint_limits(rotations: FloatArray) -> dict[str, LimitReport]:
    """Return for each of ``JOINTS_WATCHED`` the share of frames outside, and the worst excess in degrees, of
    ``rotations`` (T, 52, 4).
    """
    excess = joint_excess(rotations)
    report = {}
    for joint in JOINTS_WATCHED:
        worst = np.max([values for key, values in excess.items() if key.startswith(joint)], axis=0)
        report[joint] = LimitReport(float((worst > ALLOWANCE).mean()), float(worst.max(initial=0.0)))
    return report


def _arm_and_knee(rotations: NDArray[np.float64], side: str) -> dict[str, NDArray[np.float64]]:
    """Return the angles (T,) of one side; axes as in ``skeleton``: the left arm along +X, thumbs forward, elbows bend
    about z, knees about x.
    """
    sign = 1.0 if side == "left" else -1.0
    bend, forearm = _swing_twist(rotations[:, INDEX[f"{side}_elbow"]], 0)
    # The forearm's twist is split between elbow and wrist; in the wrist it comes before the swing.
    wrist = rotations[:, INDEX[f"{side}_wrist"]]
    wrist_turn = _twist(wrist, 0)
    hand = np.degrees(rot.to_axis_angle(rot.multiply(_about(0, -wrist_turn), wrist)))
    knee, _ = _swing_twist(rotations[:, INDEX[f"{side}_knee"]], 2)

    arm = rot.multiply(rotations[:, INDEX[f"{side}_collar"]], rotations[:, INDEX[f"{side}_shoulder"]])
    direction = rot.rotate(arm, np.array([sign, 0.0, 0.0]))
    hanging = _about(1, np.array(sign * np.pi / 2))
    turn = np.degrees(_twist(rot.multiply(arm, rot.conjugate(hanging)), 2))
    # The rotation against a hanging arm is undefined for an arm that points up.
    turn = np.where(direction[:, 2] > 0.7, 0.0, turn)
    return {
        "elbow flexion": -sign * bend[:, 2],
        "forearm rotation": -np.degrees(turned(np.radians(forearm), -wrist_turn)),
        "knee flexion": knee[:, 0],
        "wrist flexion": sign * hand[:, 1],
        "wrist deviation": sign * hand[:, 2],
        "shoulder behind": np.degrees(np.arcsin(np.clip(direction[:, 1], -1.0, 1.0))),
        "shoulder across": np.degrees(np.arcsin(np.clip(-sign * direction[:, 0], -1.0, 1.0))),
        "shoulder rotation": sign * turn,
    }


def _swing_twist(q: NDArray[np.float64], axis: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the swing (T, 3) of unit quaternions (T, 4) as a rotation vector, and the twist (T,) about ``axis`` before
    it, in degrees.
    """
    twist = _twist(q, axis)
    return np.degrees(rot.to_axis_angle(rot.multiply(q, _about(axis, -twist)))), np.degrees(twist)


def _twist(q: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the twist (T,) of ``q`` (T, 4) about ``axis`` in radians, -pi to pi."""
    return turned(2.0 * np.arctan2(q[:, 1 + axis], q[:, 0]), 0.0)


def _about(axis: int, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    vector = np.zeros((*np.shape(angle), 3))
    vector[..., axis] = angle
    return rot.from_axis_angle(vector)
