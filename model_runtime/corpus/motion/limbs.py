"""Arms and legs by two-bone inverse kinematics from places in the world: what puts hands on thighs and feet on the
floor.

Unlike ``legs.reach``, which keeps a captured leg in its plane, these choose the plane, so that a knee or an elbow bends
about its hinge and nowhere else. All arrays run over T frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, PARENTS, Skeleton
from ...contract import FloatArray

SIDES = ("left", "right")
_TRUNK = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3", "left_collar", "right_collar"))
_MOST_TURN = np.radians(88.0)  # of a forearm about itself, either way
_LONGEST = 0.998  # of a limb's length


class Trunk(NamedTuple):
    """What arms hang on: world ``pelvis`` and ``chest`` (positions (T, 3), quaternions (T, 4)), ``collars`` (T, 2, 4),
    ``shoulders`` (T, 2, 3).
    """

    pelvis: FloatArray
    pelvis_turn: FloatArray
    chest: FloatArray
    chest_turn: FloatArray
    collars: FloatArray
    shoulders: FloatArray


def trunk_of(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> Trunk:
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
    hint: FloatArray,
    most: float = np.pi,
) -> NDArray[np.float32]:
    """Local rotations (T, 3, 4) of shoulder, elbow and wrist that bring a hand to ``wrist`` (T, 3) with world rotation
    ``hand`` (T, 4).

    ``side`` 0 is the left; the elbow lies on the side of ``hint`` (T, 3), a world direction. The forearm's turn is
    shared half and half by elbow and wrist, as in every clip. Where hand and forearm would make an angle of more than
    ``most`` (rad) the hand turns towards the forearm.
    """
    sign = 1.0 if side == 0 else -1.0
    elbow_joint, wrist_joint = INDEX[f"{SIDES[side]}_elbow"], INDEX[f"{SIDES[side]}_wrist"]
    shoulder = trunk.shoulders[:, side]
    elbow, end = _bend(
        shoulder, wrist, hint, *(float(np.linalg.norm(skeleton.offsets[j])) for j in (elbow_joint, wrist_joint))
    )
    upper, fore = elbow - shoulder, end - elbow
    # The upper arm's frame: x along it, the forearm swings towards -y.
    x = _unit(sign * upper)
    y = -_across(fore, x)
    upper_world = _aimed(_frame(x, y), skeleton.offsets[elbow_joint], upper)
    fore_world = _aimed(upper_world, skeleton.offsets[wrist_joint], fore)
    if most < np.pi:
        bent = rot.to_axis_angle(rot.between(rot.rotate(hand, np.array([sign, 0.0, 0.0], np.float32)), fore))
        angle = np.linalg.norm(bent, axis=-1, keepdims=True)
        hand = rot.multiply(rot.from_axis_angle(bent * np.maximum(angle - most, 0.0) / np.maximum(angle, 1e-6)), hand)
    against = rot.multiply(rot.conjugate(fore_world), hand)
    twist = 2.0 * np.arctan2(against[:, 1], against[:, 0])
    twist = (twist + np.pi) % (2.0 * np.pi) - np.pi
    # Past what a forearm turns the hand is taken along: the swing of the wrist stays, its turn does not.
    swing = rot.multiply(_about_x(-twist), against)
    twist = np.clip(twist, -_MOST_TURN, _MOST_TURN)
    hand = rot.multiply(rot.multiply(fore_world, _about_x(twist)), swing)
    elbow_world = rot.multiply(fore_world, _about_x(0.5 * twist))
    local = [
        rot.multiply(rot.conjugate(trunk.collars[:, side]), upper_world),
        rot.multiply(rot.conjugate(upper_world), elbow_world),
        rot.multiply(rot.conjugate(elbow_world), hand),
    ]
    return rot.normalize(np.stack(local, 1)).astype(np.float32)


def hand_turn(fingers: FloatArray, back: FloatArray, side: int) -> FloatArray:
    """World rotation (T, 4) of a hand whose fingers point along ``fingers`` (T, 3) and whose back looks along ``back``
    (T, 3).
    """
    x = _unit(fingers) * (1.0 if side == 0 else -1.0)
    z = _across(back, x)
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
    """Local rotations (T, 3, 4) of hip, knee and ankle that bring the ankle to ``ankle`` (T, 3) with the foot turned as
    ``foot``.

    ``pelvis`` (T, 4) world rotation; the knee bends towards ``knee`` (T, 3), a place in the world. Also the knees'
    places (T, 3).
    """
    hip_joint, knee_joint, ankle_joint = (INDEX[f"{SIDES[side]}_{part}"] for part in ("hip", "knee", "ankle"))
    hip = root + rot.rotate(pelvis, skeleton.offsets[hip_joint])
    bent, end = _bend(
        hip, ankle, knee - hip, *(float(np.linalg.norm(skeleton.offsets[j])) for j in (knee_joint, ankle_joint))
    )
    thigh, shin = bent - hip, end - bent
    z = -_unit(thigh)
    y = _across(shin, z)  # the shin swings back, towards +y
    hip_world = _aimed(_from_axes(np.cross(y, z), y, z), skeleton.offsets[knee_joint], thigh)
    knee_world = _aimed(hip_world, skeleton.offsets[ankle_joint], shin)
    local = [
        rot.multiply(rot.conjugate(pelvis), hip_world),
        rot.multiply(rot.conjugate(hip_world), knee_world),
        rot.multiply(rot.conjugate(knee_world), foot),
    ]
    return rot.normalize(np.stack(local, 1)).astype(np.float32), bent


def _about_x(angle: FloatArray) -> FloatArray:
    return np.stack([np.cos(0.5 * angle), np.sin(0.5 * angle), np.zeros_like(angle), np.zeros_like(angle)], -1)


def _bend(
    start: FloatArray, goal: FloatArray, hint: FloatArray, first: float, second: float
) -> tuple[FloatArray, FloatArray]:
    """Middle joint and end (T, 3) of two bones from ``start`` towards ``goal``, the middle on the side of ``hint``."""
    way = goal - start
    distance = np.linalg.norm(way, axis=-1, keepdims=True)
    line = way / np.maximum(distance, 1e-6)
    distance = np.clip(distance, abs(first - second) + 0.02, (first + second) * _LONGEST)
    along = (first**2 - second**2 + distance**2) / (2.0 * distance)
    aside = np.sqrt(np.maximum(first**2 - along**2, 1e-8))
    return start + line * along + _across(hint, line) * aside, start + line * distance


def _unit(v: FloatArray) -> FloatArray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _across(v: FloatArray, axis: FloatArray) -> FloatArray:
    """The unit direction of what of ``v`` is square to the unit ``axis``."""
    return _unit(v - axis * np.sum(v * axis, -1, keepdims=True))


def _frame(x: FloatArray, y: FloatArray) -> FloatArray:
    return _from_axes(x, y, np.cross(x, y))


def _from_axes(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    return rot.from_matrix(np.stack([x, y, z], -1))


def _aimed(world: FloatArray, bone: FloatArray, direction: FloatArray) -> FloatArray:
    """``world`` (T, 4) turned the short way until ``bone`` points along ``direction`` (T, 3)."""
    return rot.multiply(rot.between(rot.rotate(world, bone), direction), world)
