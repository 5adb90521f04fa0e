"""Turn heads to what actors are told to look at: the eyes alone reach only so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, shift

from ..body_model import rotations as rot
from ..body_model.skeleton import EYES, INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.headings import heading_towards
from ..contract import Actor
from ..contract.directions import gaze_places
from .fixed import freedom

_BY_EYES = np.radians(10.0)  # a target this near to where the head points is reached by the eyes alone
_SHARE = 0.85  # of the rest is the head's (Stahl 1999, "Amplitude of human head movements associated with gaze shifts")
_FURTHEST = np.radians([65.0, 32.0])  # the head turns and nods no further than this
_LAG, _SMOOTHING = 3.0, 5.0  # frames: the head comes after the eyes, and slowly
_BESIDE_FIXED = 15  # frames over which the turn grows beside frames that stay


def turn_heads(
    roots: FloatArray, rotations: FloatArray, actors: Sequence[Actor], fixed: Sequence[BoolArray]
) -> FloatArray:
    """Return rotations (A, T, 52, 4) with necks and heads turned to what each actor is told to look at.

    ``roots`` (A, T, 3) metres; ``fixed`` (T,) of each: frames on which the head stays as it is.
    """
    turned = rotations.copy()
    for index, actor in enumerate(actors):
        where, told = gaze_places(actor, rotations.shape[1])
        if told.any():
            free = freedom(fixed[index], len(told), _BESIDE_FIXED)
            turned[index] = _turned(roots[index], rotations[index], actor.skeleton, where, told, free)
    return turned


def _turned(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, where: Array, told: BoolArray, free: FloatArray
) -> FloatArray:
    joints, world = forward_kinematics(root, rotations, skeleton)
    neck, head, above = INDEX["neck"], INDEX["head"], INDEX["spine3"]
    eyes = joints[:, head] + rot.rotate(world[:, head], EYES * skeleton.size)
    seen = rot.rotate(rot.conjugate(world[:, head]), where - eyes)
    angles = np.stack([heading_towards(seen), np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))], -1)
    wanted = np.sign(angles) * np.maximum(np.abs(angles) - _BY_EYES, 0.0) * _SHARE
    wanted = np.where(told[:, None], np.clip(wanted, -_FURTHEST, _FURTHEST), 0.0)
    wanted = shift(gaussian_filter1d(wanted, _SMOOTHING, axis=0, mode="nearest"), (_LAG, 0), order=1, mode="nearest")
    wanted = wanted * free[:, None]
    result = rotations.copy()
    new_neck = rot.multiply(_turn(world[:, head], 0.5 * wanted), world[:, neck])
    new_head = rot.multiply(_turn(world[:, head], wanted), world[:, head])
    moved = np.abs(wanted).max(-1) > 1e-6
    result[moved, neck] = rot.multiply(rot.conjugate(world[:, above]), new_neck)[moved]
    result[moved, head] = rot.multiply(rot.conjugate(new_neck), new_head)[moved]
    return result


def _turn(head: Array, angles: Array) -> Array:
    """Return the turn (T, 4) in the world by yaw and pitch (T, 2), the pitch about the line through the turned ears."""
    about_up = rot.about_z(angles[:, 0])
    ears = rot.rotate(rot.multiply(about_up, head), np.array([1.0, 0.0, 0.0], np.float32))
    ears[:, 2] = 0.0
    return rot.multiply(rot.from_axis_angle(-angles[:, 1:] * rot.unit(ears)), about_up)
