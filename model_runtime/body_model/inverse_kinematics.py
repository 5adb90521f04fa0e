"""Two-bone inverse kinematics: an arm or a leg brought to another end and middle by the smallest rotation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..common.arrays import Array
from . import rotations as rot

_STRAIGHTEST = 0.998  # of the limb's length; one that was straighter may stay so
_NARROWEST = 0.30  # of the limb's length between start and end: bent by 145 degrees
_CLEAR_BEND = 0.04  # m from the line between start and end, below which a middle hardly says to which side it bends


def middle_of(first: Array, second: Array, distance: Array) -> tuple[Array, Array]:
    """Return where the middle joint of two bones lies: how far along the line from start to end, and how far off it.

    ``first`` and ``second`` (...) are the bones' lengths, ``distance`` (...) that from start to end, in metres: the law
    of cosines. A distance that the bones cannot span gives 0 off the line.
    """
    along = (first**2 - second**2 + distance**2) / (2.0 * distance)
    return along, np.sqrt(np.maximum(first**2 - along**2, 0.0))


def solve_two_bones(
    start: Array, goal: Array, pole: Array, lengths: Array, straightest: float = _STRAIGHTEST
) -> tuple[Array, Array]:
    """Return middle joint and end (..., 3) of two bones from ``start`` towards ``goal`` (..., 3).

    The middle lies on the side of ``pole`` (..., 3), a direction from the start; ``lengths`` (2,) of the bones in
    metres. A goal out of reach is approached: the limb stretches to ``straightest`` of its length and folds until start
    and end are 2 cm further apart than the bones differ.
    """
    first, second = lengths
    distance, line = _length_and_direction(goal - start)
    distance = np.clip(distance, abs(first - second) + 0.02, (first + second) * straightest)
    along, aside = middle_of(first, second, distance)
    end: Array = start + line * distance
    return start + line * along + rot.unit(pole - _along(pole, line)) * aside, end


def aim(world: Array, bone: Array, direction: Array) -> Array:
    """Turn ``world`` (..., 4) the short way until ``bone`` (3,), in its frame, points along ``direction`` (..., 3)."""
    return rot.multiply(rot.between(rot.rotate(world, bone), direction), world)


def bend(joints: Array, side: Array, displacement: Array) -> tuple[Array, Array, Array, Array]:
    """Return middle and end (..., 3) of displaced limbs, and the world rotations (..., 4) that take both bones there.

    ``joints`` (..., 3, 3) metres, as shoulder, elbow, wrist; ``displacement`` (..., 2, 3) metres of the end, and of the
    middle as far as the bones let it; ``side`` (..., 3) is where the middle of a straight limb would go. A limb first
    rotates as one, then about the line from its start to its end, and then bends about its own hinge, so that it does
    not twist.
    """
    start, middle, end = np.moveaxis(joints, -2, 0)
    end_displacement, middle_displacement = np.moveaxis(displacement, -2, 0)
    upper, lower = middle - start, end - middle
    first, second = (np.linalg.norm(bone, axis=-1, keepdims=True) for bone in (upper, lower))
    before, line = _length_and_direction(end - start)
    wanted, new_line = _length_and_direction(end + end_displacement - start)
    nearest = np.maximum(_NARROWEST * (first + second), 1.05 * np.abs(first - second))
    furthest = _STRAIGHTEST * (first + second)
    distance = np.clip(wanted, np.minimum(before, nearest), np.maximum(before, furthest))

    # The middle off the line: carried along, further off where the limb closes, displaced as asked.
    aside = upper - _along(upper, line)
    swing = rot.between(line, new_line)
    carried = rot.rotate(swing, aside)
    off = np.linalg.norm(aside, axis=-1, keepdims=True)
    reach, new_off = middle_of(first, second, distance)
    hinge = carried + _CLEAR_BEND * np.exp(-((off / _CLEAR_BEND) ** 2)) * (side - _along(side, new_line))
    sideways = middle_displacement - _along(middle_displacement, new_line)
    pole = new_off * rot.unit(carried + np.maximum(new_off - off, 0.0) * rot.unit(hinge) + sideways)

    new_upper = reach * new_line + pole
    new_lower: Array = distance * new_line - new_upper
    angle = np.arctan2(_dot(np.cross(carried, pole), new_line), _dot(carried, pole))
    swivel = angle * np.minimum(off / _CLEAR_BEND, 1.0) ** 2
    turn = rot.multiply(rot.from_axis_angle(swivel * new_line), swing)
    upper_turn, lower_turn = (
        rot.multiply(rot.between(rot.rotate(turn, old), new), turn)
        for old, new in ((upper, new_upper), (lower, new_lower))
    )
    return start + new_upper, start + distance * new_line, upper_turn, lower_turn


def local_rotations(world: Sequence[Array]) -> list[Array]:
    """Return the rotation (..., 4) of each bone of a chain against the bone before it; ``world`` has one more."""
    return [rot.normalize(rot.multiply(rot.conjugate(a), b)) for a, b in pairwise(world)]


def _length_and_direction(v: Array) -> tuple[Array, Array]:
    length = np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6)
    return length, v / length


def _along(v: Array, axis: Array) -> Array:
    return _dot(v, axis) * axis


def _dot(a: Array, b: Array) -> Array:
    return np.sum(a * b, axis=-1, keepdims=True)
