"""Two-bone inverse kinematics for arms and legs with targets in the world, such as hands on thighs and feet on the
floor.

``legs.reach`` keeps a captured leg in its plane. The functions here choose the plane instead, so that a knee or an
elbow bends about its hinge alone. All arrays run over T frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.inverse_kinematics import aim, local_rotations, solve_two_bones
from ...body_model.skeleton import INDEX, PARENTS, Skeleton
from ...contract import FloatArray

SIDES = ("left", "right")
_TRUNK = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3", "left_collar", "right_collar"))
_LARGEST_TWIST = np.radians(88.0)  # of a forearm about its own axis, either way


class Trunk(NamedTuple):
    """The parents of the arms in the world: positions (T, 3) and rotations (T, 4) of ``pelvis`` and ``chest``,
    rotations of the ``collars`` (T, 2, 4) and positions of the ``shoulders`` (T, 2, 3).
    """

    pelvis: FloatArray
    pelvis_rotation: FloatArray
    chest: FloatArray
    chest_rotation: FloatArray
    collars: FloatArray
    shoulders: FloatArray


def trunk_of(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> Trunk:
    """Forward kinematics of the trunk: ``root`` (T, 3), local ``rotations`` (T, 52, 4)."""
    at: dict[int, FloatArray] = {0: root}
    turn: dict[int, FloatArray] = {0: rotations[:, 0]}
    for joint in _TRUNK:
        parent = PARENTS[joint]
        at[joint] = at[parent] + rot.rotate(turn[parent], skeleton.offsets[joint])
        turn[joint] = rot.multiply(turn[parent], rotations[:, joint])
    spine3 = INDEX["spine3"]
    collars = [INDEX[f"{side}_collar"] for side in SIDES]
    shoulders = [
        at[c] + rot.rotate(turn[c], skeleton.offsets[INDEX[f"{side}_shoulder"]]) for c, side in zip(collars, SIDES)
    ]
    return Trunk(
        root, rotations[:, 0], at[spine3], turn[spine3], np.stack([turn[c] for c in collars], 1), np.stack(shoulders, 1)
    )


def reach_hand(
    trunk: Trunk,
    skeleton: Skeleton,
    side: int,
    wrist: FloatArray,
    hand: FloatArray,
    pole: FloatArray,
    largest_bend: float,
) -> NDArray[np.float32]:
    """Return local rotations (T, 3, 4) of shoulder, elbow and wrist that bring a hand to ``wrist`` (T, 3) with the
    world rotation ``hand`` (T, 4).

    ``side`` 0 is the left; the elbow lies on the side of ``pole`` (T, 3), a world direction. Elbow and wrist share the
    twist of the forearm equally, as in every clip. Where hand and forearm would make an angle of more than
    ``largest_bend`` (rad), the hand turns towards the forearm.
    """
    sign = 1.0 if side == 0 else -1.0
    elbow_joint, wrist_joint = INDEX[f"{SIDES[side]}_elbow"], INDEX[f"{SIDES[side]}_wrist"]
    shoulder = trunk.shoulders[:, side]
    lengths = np.linalg.norm(skeleton.offsets[[elbow_joint, wrist_joint]], axis=-1)
    elbow, end = solve_two_bones(shoulder, wrist, pole, lengths)
    upper, fore = elbow - shoulder, end - elbow
    # The upper arm's frame: x along it, the forearm swings towards -y.
    x = rot.unit(sign * upper)
    y = -_perpendicular(fore, x)
    upper_world = aim(_from_axes(x, y, np.cross(x, y)), skeleton.offsets[elbow_joint], upper)
    fore_world = aim(upper_world, skeleton.offsets[wrist_joint], fore)
    bent = rot.to_axis_angle(rot.between(rot.rotate(hand, np.array([sign, 0.0, 0.0], np.float32)), fore))
    angle = np.linalg.norm(bent, axis=-1, keepdims=True)
    too_much = np.maximum(angle - largest_bend, 0.0) / np.maximum(angle, 1e-6)
    hand = rot.multiply(rot.from_axis_angle(bent * too_much), hand)
    against = rot.multiply(rot.conjugate(fore_world), hand)
    twist = 2.0 * np.arctan2(against[:, 1], against[:, 0])
    twist = (twist + np.pi) % (2.0 * np.pi) - np.pi
    # A forearm cannot twist further, so the hand loses the rest of its twist; the swing of the wrist stays.
    swing = rot.multiply(_about_x(-twist), against)
    twist = np.clip(twist, -_LARGEST_TWIST, _LARGEST_TWIST)
    hand = rot.multiply(rot.multiply(fore_world, _about_x(twist)), swing)
    elbow_world = rot.multiply(fore_world, _about_x(0.5 * twist))
    local = local_rotations([trunk.collars[:, side], upper_world, elbow_world, hand])
    return np.stack(local, 1).astype(np.float32)


def hand_rotation(fingers: FloatArray, back: FloatArray, side: int) -> FloatArray:
    """Return the world rotation (T, 4) of a hand whose fingers point along ``fingers`` (T, 3) and whose back faces
    ``back`` (T, 3).
    """
    x = rot.unit(fingers) * (1.0 if side == 0 else -1.0)
    z = _perpendicular(back, x)
    return _from_axes(x, np.cross(z, x), z)


def reach_foot(
    root: FloatArray,
    pelvis: FloatArray,
    skeleton: Skeleton,
    side: int,
    ankle: FloatArray,
    foot: FloatArray,
    knee: FloatArray,
) -> tuple[NDArray[np.float32], FloatArray]:
    """Return local rotations (T, 3, 4) of hip, knee and ankle that bring the ankle to ``ankle`` (T, 3) with the world
    rotation ``foot`` (T, 4), and the position (T, 3) of the knee.

    ``pelvis`` (T, 4) is its world rotation; the knee bends towards the world position ``knee`` (T, 3).
    """
    hip_joint, knee_joint, ankle_joint = (INDEX[f"{SIDES[side]}_{part}"] for part in ("hip", "knee", "ankle"))
    hip = root + rot.rotate(pelvis, skeleton.offsets[hip_joint])
    lengths = np.linalg.norm(skeleton.offsets[[knee_joint, ankle_joint]], axis=-1)
    bent, end = solve_two_bones(hip, ankle, knee - hip, lengths)
    thigh, shin = bent - hip, end - bent
    z = -rot.unit(thigh)
    y = _perpendicular(shin, z)  # the shin swings back, towards +y
    hip_world = aim(_from_axes(np.cross(y, z), y, z), skeleton.offsets[knee_joint], thigh)
    knee_world = aim(hip_world, skeleton.offsets[ankle_joint], shin)
    local = local_rotations([pelvis, hip_world, knee_world, foot])
    return np.stack(local, 1).astype(np.float32), bent


def _about_x(angle: FloatArray) -> FloatArray:
    return np.stack([np.cos(0.5 * angle), np.sin(0.5 * angle), np.zeros_like(angle), np.zeros_like(angle)], -1)


def _perpendicular(v: FloatArray, axis: FloatArray) -> FloatArray:
    """Return the unit direction (T, 3) of the part of ``v`` that is perpendicular to the unit ``axis``."""
    return rot.unit(v - axis * np.sum(v * axis, -1, keepdims=True))


def _from_axes(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    return rot.from_matrix(np.stack([x, y, z], -1))
