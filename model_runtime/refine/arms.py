"""Two bones of an arm brought to another wrist and elbow, by as little as it takes: what is asked for nothing turns nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rotations as rot

Array = NDArray[Any]
_STRAIGHTEST = 0.998  # of the arm's length; an arm that was straighter may stay so
_NARROWEST = 0.30  # of the arm's length between shoulder and wrist: an elbow bent by 145 degrees
_CLEAR_BEND = 0.04  # m from the line between shoulder and wrist, below which an elbow hardly says to which side it bends


def bend_arms(joints: Array, back: Array, way: Array) -> tuple[Array, Array, Array, Array]:
    """Arms with ``joints`` (..., 3, 3) shoulder, elbow, wrist moved by ``way`` (..., 2, 3): the wrist, and as far as bones let it the elbow.

    Returns the new elbow and wrist (..., 3) and the turns (..., 4) in the world that take upper arm and forearm there. The arm
    swings as one, swivels about the line from shoulder to wrist, and then its elbow bends about its own hinge, so that a forearm
    does not twist. ``back`` (..., 3): the side to which a straight arm's elbow would go.
    """
    shoulder, elbow, wrist = np.moveaxis(joints, -2, 0)
    wrist_way, elbow_way = np.moveaxis(way, -2, 0)
    upper, fore = elbow - shoulder, wrist - elbow
    first, second = (np.linalg.norm(bone, axis=-1, keepdims=True) for bone in (upper, fore))
    before, line = _length_and_direction(wrist - shoulder)
    wanted, new_line = _length_and_direction(wrist + wrist_way - shoulder)
    nearest, furthest = np.maximum(_NARROWEST * (first + second), 1.05 * np.abs(first - second)), _STRAIGHTEST * (first + second)
    distance = np.clip(wanted, np.minimum(before, nearest), np.maximum(before, furthest))

    # The elbow off the line: carried along, further off where the arm closes, moved by what is asked.
    aside = upper - _along(upper, line)
    swing = rot.between(line, new_line)
    carried = rot.rotate(swing, aside)
    off = np.linalg.norm(aside, axis=-1, keepdims=True)
    reach = (first**2 - second**2 + distance**2) / (2.0 * distance)
    new_off = np.sqrt(np.maximum(first**2 - reach**2, 0.0))
    hinge = carried + _CLEAR_BEND * np.exp(-((off / _CLEAR_BEND) ** 2)) * (back - _along(back, new_line))
    pole = carried + np.maximum(new_off - off, 0.0) * _unit(hinge) + elbow_way - _along(elbow_way, new_line)
    pole = new_off * _unit(pole)

    new_upper = reach * new_line + pole
    new_fore = distance * new_line - new_upper
    swivel = np.arctan2(_dot(np.cross(carried, pole), new_line), _dot(carried, pole)) * np.minimum(off / _CLEAR_BEND, 1.0) ** 2
    turn = rot.multiply(rot.from_axis_angle(swivel * new_line), swing)
    turns = [rot.multiply(rot.between(rot.rotate(turn, old), new), turn) for old, new in ((upper, new_upper), (fore, new_fore))]
    return shoulder + new_upper, shoulder + distance * new_line, turns[0], turns[1]


def _length_and_direction(v: Array) -> tuple[Array, Array]:
    length = np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6)
    return length, v / length


def _along(v: Array, axis: Array) -> Array:
    return _dot(v, axis) * axis


def _dot(a: Array, b: Array) -> Array:
    return np.sum(a * b, axis=-1, keepdims=True)


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)
