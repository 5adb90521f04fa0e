"""Alignment of a rig's rest pose with the canonical T-pose: each joint's rotation, and the resulting bone offsets.

Plain numpy, in the frame of a character that faces -Y with Z up; no Blender.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot

INDEX = skeleton.INDEX
DOWN, FORWARD = np.array([0.0, 0.0, -1.0]), np.array([0.0, -1.0, 0.0])
_IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])
# Height of the canonical pelvis above the hip joints in thigh lengths; rigs put their hips bone anywhere.
_PELVIS_ABOVE_HIPS = 0.195
_HINGE_UNCLEAR, _HINGE_CLEAR = np.radians(8.0), np.radians(20.0)
_MOST_TWIST = np.radians(70.0)
_MOST_TOE_OUT = np.radians(35.0)
_COLLAR_AT_EASE = np.radians(12.0)  # slope of a collar bone when the arm hangs: captured motion is relative to it


@dataclass(frozen=True)
class Alignment:
    """A rest pose aligned with the T-pose.

    ``turns`` (52, 4): world rotation of each joint from the rest pose to the T-pose. ``positions`` (52, 3): joints at
    rest, metres. ``skeleton``: the T-pose's offsets.
    """

    turns: Array
    positions: Array
    skeleton: skeleton.Skeleton


def turn_to_front(positions: Mapping[str, Array]) -> Array:
    """Return the rotation (4,) that makes a rest pose upright and face -Y; about Z alone if it is upright already."""
    left = sum((positions[f"left_{p}"] - positions[f"right_{p}"] for p in ("hip", "shoulder")), np.zeros(3))
    middle = 0.5 * (positions["left_hip"] + positions["right_hip"])
    up = positions["head"] - middle
    up = up / np.linalg.norm(up)
    if up[2] > 0.85:
        return rot.about_z(np.asarray(-np.arctan2(left[1], left[0])))
    return rot.conjugate(rot.from_matrix(_frame(left, np.cross(up, left), second_axis=1)))


def align(known: Mapping[str, Array], tails: Mapping[str, Array], floor: float | None) -> Alignment:
    """Align a rest pose that faces -Y with the T-pose.

    ``known``: joint to position (3,) in metres; ``tails``: joint to the far end of its bone; ``floor``: height of the
    soles, or None to guess it. Joints a rig lacks are taken from the average body, scaled.
    """
    positions = _with_missing(known)
    turns = np.tile(_IDENTITY, (len(skeleton.JOINTS), 1))
    for side, lateral in (("left", 1.0), ("right", -1.0)):
        _align_arm(turns, positions, known, tails, side, lateral)
        _align_leg(turns, positions, known, tails, side)
    offsets = np.zeros((len(skeleton.JOINTS), 3))
    for joint, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            offsets[joint] = rot.rotate(turns[parent], positions[joint] - positions[parent])
    offsets[0, 2] = _pelvis_height(positions, offsets, floor)
    return Alignment(turns, positions, skeleton.Skeleton(offsets.astype(np.float32)))


def _with_missing(known: Mapping[str, Array]) -> Array:
    """Return (52, 3) joint positions: the known ones, the pelvis at its standard place, guesses for missing joints."""
    positions = np.full((len(skeleton.JOINTS), 3), np.nan)
    for known_joint, place in known.items():
        positions[INDEX[known_joint]] = place
    hips = 0.5 * (positions[INDEX["left_hip"]] + positions[INDEX["right_hip"]])
    thigh = np.linalg.norm(positions[INDEX["left_knee"]] - positions[INDEX["left_hip"]])
    positions[0] = hips + np.array([0.0, 0.0, _PELVIS_ABOVE_HIPS * thigh])
    if np.isnan(positions[INDEX["neck"], 0]):
        positions[INDEX["neck"]] = 0.35 * positions[INDEX["spine3"]] + 0.65 * positions[INDEX["head"]]
    average = skeleton.AVERAGE_SKELETON.offsets
    for joint, parent in enumerate(skeleton.PARENTS):
        if not np.isnan(positions[joint, 0]):
            continue
        name = skeleton.JOINTS[joint]
        side = name.partition("_")[0]
        if name.endswith("collar"):
            positions[joint] = 0.25 * positions[INDEX[f"{side}_shoulder"]] + 0.75 * positions[INDEX["neck"]]
            continue
        if name.endswith("_foot"):
            scale = thigh / 0.41
            positions[joint] = positions[parent] + average[joint] * scale
            continue
        # Fingers: laid out as on the average hand, along the forearm.
        forearm = positions[INDEX[f"{side}_wrist"]] - positions[INDEX[f"{side}_elbow"]]
        turn = rot.between(np.array([1.0 if side == "left" else -1.0, 0.0, 0.0]), forearm)
        positions[joint] = positions[parent] + rot.rotate(turn, average[joint] * np.linalg.norm(forearm) / 0.25)
    return positions


def _align_arm(
    turns: Array, positions: Array, known: Mapping[str, Array], tails: Mapping[str, Array], side: str, lateral: float
) -> None:
    """Set an arm's rotations: arm straight out, elbow bending forwards, palm down, fingers straight, thumb at 45°."""
    out = np.array([lateral, 0.0, 0.0])
    shoulder, elbow, wrist = (INDEX[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
    upper, fore = positions[elbow] - positions[shoulder], positions[wrist] - positions[elbow]
    turns[INDEX[f"{side}_collar"]] = _collar_at_ease(positions[shoulder] - positions[INDEX[f"{side}_collar"]], lateral)
    straight = rot.between(upper, out)
    turns[shoulder] = rot.multiply(_elbow_forwards(straight, upper, fore, out), straight)
    turns[elbow] = rot.multiply(rot.between(rot.rotate(turns[shoulder], fore), out), turns[shoulder])
    turns[wrist] = _palm_down(turns[elbow], positions, known, tails, side, lateral)
    # Half of the hand's twist about the forearm's axis goes to the forearm, as in a human forearm.
    twist = _twist_about(rot.multiply(turns[wrist], rot.conjugate(turns[elbow])), out)
    turns[elbow] = rot.multiply(rot.from_axis_angle(out * 0.5 * twist), turns[elbow])
    for finger in skeleton.FINGERS:
        target = (out + FORWARD) / np.sqrt(2.0) if finger == "thumb" else out
        above = turns[wrist]
        for n in (1, 2, 3):
            joint = f"{side}_{finger}{n}"
            direction = _finger_direction(joint, positions, known, tails)
            if direction is not None:
                above = rot.multiply(rot.between(rot.rotate(above, direction), target), above)
            turns[INDEX[joint]] = above


def _collar_at_ease(collar: Array, lateral: float) -> Array:
    """Return the rotation (4,) that lowers a collar bone that is level at rest, as in rigs modelled with arms out."""
    slope = np.arctan2(-collar[2], abs(collar[0]))
    return rot.from_axis_angle(np.array([0.0, lateral * np.clip(_COLLAR_AT_EASE - slope, 0.0, _COLLAR_AT_EASE), 0.0]))


def _elbow_forwards(straight: Array, upper: Array, fore: Array, out: Array) -> Array:
    """Return the rotation (4,) about the arm's axis after which a clearly bent elbow bends towards -Y."""
    bend = np.arccos(np.clip(np.dot(upper, fore) / (np.linalg.norm(upper) * np.linalg.norm(fore)), -1.0, 1.0))
    weight = np.clip((bend - _HINGE_UNCLEAR) / (_HINGE_CLEAR - _HINGE_UNCLEAR), 0.0, 1.0)
    across = rot.rotate(straight, fore)
    across = across - np.dot(across, out) * out
    angle = _angle_about(across, FORWARD, out)
    if weight == 0.0 or abs(angle) > _MOST_TWIST:
        return _IDENTITY
    return rot.from_axis_angle(out * angle * weight)


def _palm_down(
    forearm_turn: Array,
    positions: Array,
    known: Mapping[str, Array],
    tails: Mapping[str, Array],
    side: str,
    lateral: float,
) -> Array:
    out = np.array([lateral, 0.0, 0.0])
    wrist = positions[INDEX[f"{side}_wrist"]]
    knuckles = {
        f: positions[INDEX[f"{side}_{f}1"]] for f in ("index", "middle", "ring", "pinky") if f"{side}_{f}1" in known
    }
    if len(knuckles) >= 2:
        first, last = next(iter(knuckles.values())), list(knuckles.values())[-1]
        along = knuckles.get("middle", 0.5 * (first + last)) - wrist
        rest = _frame(along, first - last, second_axis=1)
        return rot.multiply(rot.from_matrix(_frame(out, FORWARD, second_axis=1)), rot.conjugate(rot.from_matrix(rest)))
    tail = tails.get(f"{side}_wrist")
    along = wrist - positions[INDEX[f"{side}_elbow"]]
    if tail is not None and angle_between(tail - wrist, along) < np.radians(60.0):
        along = tail - wrist
    return rot.multiply(rot.between(rot.rotate(forearm_turn, along), out), forearm_turn)


def _finger_direction(
    joint: str, positions: Array, known: Mapping[str, Array], tails: Mapping[str, Array]
) -> Array | None:
    """Return the direction (3,) of a finger bone at rest; None if the rig does not define it."""
    if joint not in known:
        return None
    place, number = positions[INDEX[joint]], int(joint[-1])
    following = f"{joint[:-1]}{number + 1}"
    if following in known:
        return positions[INDEX[following]] - place
    before = f"{joint[:-1]}{number - 1}"
    tail = tails.get(joint)
    if (
        tail is None
        or before not in known
        or angle_between(tail - place, place - positions[INDEX[before]]) > np.radians(75.0)
    ):
        return None  # importers put the tails of leaf bones anywhere: use only a plausible one
    return tail - place


def _align_leg(
    turns: Array, positions: Array, known: Mapping[str, Array], tails: Mapping[str, Array], side: str
) -> None:
    """Set a leg's rotations: thigh and shin straight down, the foot as flat as at rest and pointing forwards."""
    hip, knee, ankle, foot = (INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot"))
    turns[hip] = rot.between(positions[knee] - positions[hip], DOWN)
    turns[knee] = rot.multiply(
        rot.between(rot.rotate(turns[hip], positions[ankle] - positions[knee]), DOWN), turns[hip]
    )
    toes = positions[foot] if f"{side}_foot" in known else tails.get(f"{side}_ankle", positions[foot])
    outwards = _angle_about((toes - positions[ankle]) * [1.0, 1.0, 0.0], FORWARD, -DOWN)
    if abs(outwards) < _MOST_TOE_OUT:
        turns[ankle] = rot.about_z(np.asarray(outwards))
    turns[foot] = turns[ankle]


def _pelvis_height(positions: Array, offsets: Array, floor: float | None) -> float:
    """Return the height of the pelvis in the T-pose with the soles on the floor, metres."""
    legs = [[INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle")] for side in ("left", "right")]
    reach = -np.mean([offsets[leg, 2].sum() for leg in legs])
    ankle = np.mean([positions[leg[2], 2] for leg in legs])
    thigh = np.mean([np.linalg.norm(offsets[leg[1]]) for leg in legs])
    clearance = np.nan if floor is None else ankle - floor
    if not 0.03 * thigh < clearance < 0.5 * thigh:
        toes = np.mean([positions[INDEX[f"{side}_foot"], 2] for side in ("left", "right")])
        clearance = np.clip(ankle - toes + 0.05 * thigh, 0.08 * thigh, 0.35 * thigh)
    return float(reach + clearance)


def _frame(first: Array, second: Array, second_axis: int) -> Array:
    """Return a right-handed orthonormal frame (3, 3): x along ``first``, ``second_axis`` close to ``second``."""
    x = first / np.linalg.norm(first)
    other = second - np.dot(second, x) * x
    other = other / np.linalg.norm(other)
    if second_axis == 1:
        return np.stack([x, other, np.cross(x, other)], axis=-1)
    return np.stack([x, np.cross(other, x), other], axis=-1)


def angle_between(a: Array, b: Array) -> float:
    """Return the angle between two directions (3,), radians."""
    return float(np.arccos(np.clip(np.dot(a, b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12), -1.0, 1.0)))


def _angle_about(a: Array, b: Array, axis: Array) -> float:
    """Return the signed angle from ``a`` to ``b`` about ``axis``, radians; both are perpendicular to it."""
    return float(np.arctan2(np.dot(axis, np.cross(a, b)), np.dot(a, b)))


def _twist_about(q: Array, axis: Array) -> float:
    """Return the twist of a rotation about ``axis``, radians in (-pi, pi] (swing-twist decomposition)."""
    angle = 2.0 * np.arctan2(np.dot(q[1:], axis), q[0])
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
