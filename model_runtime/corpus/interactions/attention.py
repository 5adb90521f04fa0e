"""Where both look: at the other's face, at the place of a contact before the hand is there, then at the face again.

Eyes and hand: the gaze is at the place some 0.4 s before the hand and leaves it as the hand arrives (Johansson et al.
2001, "Eye-hand coordination in object manipulation").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...common.arrays import Array, FloatArray
from ...common.headings import heading_towards, turned
from ...contract import FPS
from ..listening.gaze import softly
from ..listening.heads import UpperBody, upper_body

_NECK, _HEAD = INDEX["neck"], INDEX["head"]
_HEAD_SHARE = 0.72  # of the way to what is looked at; the eyes do the rest
_SLOW = 3.6  # frames, deviation of the Gaussian by which a head follows
_LATE = 3  # frames that a head is behind the eyes
_FURTHEST = np.radians([62.0, 32.0])  # yaw and pitch that neck and head turn
_GLANCE = np.radians(14.0)
_BEHIND = np.radians(105.0)  # from where the chest faces; further round nobody looks


@dataclass(frozen=True)
class Look:
    """From frame ``start`` on ``who`` (0 or 1) looks at ``what``: 'face', 'away', or the place ``place`` (3,)."""

    who: int
    start: int
    what: str
    place: Array | None = None


def eye_targets(
    looks: Sequence[Look], who: int, upper: UpperBody, partner: FloatArray, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return what (T, 3) one role looks at, and whether (T,) that is the partner's face.

    ``upper`` is its own upper body, ``partner`` (T, 3) the point between the other's eyes. What is behind is not looked
    at: the gaze then is ahead.
    """
    eyes = upper.eyes
    frames = len(eyes)
    target, at_face = partner.astype(np.float64).copy(), np.ones(frames, bool)
    own = sorted((look for look in looks if look.who == who), key=lambda look: look.start)
    for look, following in zip(own, [*own[1:], None]):
        rows = slice(max(look.start, 0), frames if following is None else max(following.start, 0))
        if look.what == "face":
            continue
        at_face[rows] = False
        if look.place is not None:
            target[rows] = look.place
        else:
            away = partner[rows] - eyes[rows]
            aside = float(rng.choice([-1.0, 1.0]) * rng.uniform(1.0, 2.6)) * _GLANCE
            turn = rot.about_z(np.full(len(away), aside))
            target[rows] = eyes[rows] + rot.rotate(turn, away) - np.array([0.0, 0.0, rng.uniform(0.1, 0.5)])
    ahead = rot.rotate(upper.chest, np.array([0.0, -2.0, 0.0], np.float32))
    aside = np.abs(turned(heading_towards(target - eyes), heading_towards(ahead)))
    behind = gaussian_filter1d((aside > _BEHIND).astype(float), 5.0, mode="nearest") > 0.5
    target[behind] = (eyes + ahead)[behind]
    return target, at_face & ~behind


def turn_heads(root: FloatArray, rotations: FloatArray, skeleton: Skeleton, target: FloatArray) -> FloatArray:
    """Return rotations (T, 52, 4) with neck and head turned to ``target`` (T, 3), what was captured on top of it."""
    upper = upper_body(root, rotations, skeleton)
    now = _direction(rot.rotate(upper.head, np.array([0.0, -1.0, 0.0], np.float32)))
    chest = _direction(rot.rotate(upper.chest, np.array([0.0, -1.0, 0.0], np.float32)))
    wanted = _direction(target - upper.eyes)
    wanted[:, 0] = chest[:, 0] + turned(wanted[:, 0], chest[:, 0])
    # The captured head's own quick motion stays: only what is slow in it gives way to the gaze.
    slow = np.stack([gaussian_filter1d(np.unwrap(now[:, 0]), 14.0, mode="nearest"),
                     gaussian_filter1d(now[:, 1], 14.0, mode="nearest")], -1)  # fmt: skip
    way = np.stack([turned(wanted[:, 0], slow[:, 0]), wanted[:, 1] - slow[:, 1]], -1)
    way = _HEAD_SHARE * softly(way, _FURTHEST)
    way = np.concatenate([np.repeat(way[:1], _LATE, 0), way[:-_LATE]])
    way = gaussian_filter1d(way, _SLOW, axis=0, mode="nearest")
    result = np.array(rotations, np.float32)
    for joint, share in ((_NECK, 0.45), (_HEAD, 0.55)):
        yaw = rot.about_z(share * way[:, 0])
        # A pitch about the axis through both ears, in the joint's own frame.
        pitch = rot.from_axis_angle(np.stack([-share * way[:, 1], 0 * way[:, 1], 0 * way[:, 1]], -1))
        result[:, joint] = rot.multiply(rot.multiply(yaw, result[:, joint]), pitch)
    return rot.normalize(result).astype(np.float32)


def eyes_in_head(root: FloatArray, rotations: FloatArray, skeleton: Skeleton, target: FloatArray) -> FloatArray:
    """Return (T, 2) yaw to the left and pitch up of eyes that look at ``target`` (T, 3), in the head's frame."""
    upper = upper_body(root, rotations, skeleton)
    local = rot.rotate(rot.conjugate(upper.head), (target - upper.eyes).astype(np.float32))
    yaw, pitch = heading_towards(local), np.arctan2(local[:, 2], np.linalg.norm(local[:, :2], axis=-1))
    return np.stack([np.clip(yaw, -0.55, 0.55), np.clip(pitch, -0.5, 0.36)], -1).astype(np.float32)


def _direction(way: Array) -> Array:
    """Return (T, 2) heading and pitch up of ``way`` (T, 3)."""
    return np.stack([heading_towards(way), np.arctan2(way[:, 2], np.linalg.norm(way[:, :2], axis=-1))], -1)


def looks_of(meets: Array, contact: int, stop: int, reacts: int, frames: int, rng: np.random.Generator) -> list[Look]:
    """Return who looks where: both at the other's face, but for a glance; the actor at the place ``meets`` (3,) before
    the hand is there, the reactor as soon as it sees it coming, frame ``reacts``.
    """
    lead, leaves = int(rng.uniform(0.35, 0.6) * FPS), int(rng.uniform(-0.12, 0.1) * FPS)
    looks = [Look(0, 0, "face"), Look(0, contact - lead, "place", meets), Look(0, contact + leaves, "face")]
    looks.append(Look(1, 0, "away" if rng.random() < 0.5 else "face"))
    notice = int(max(0.05, rng.uniform(0.1, 0.35)) * contact)
    looks += [Look(1, notice, "face")]
    if reacts < contact + 6:
        looks += [Look(1, max(reacts, notice + 4), "place", meets), Look(1, contact + leaves + 3, "face")]
    if stop + FPS < frames and rng.random() < 0.5:
        after = stop + int(rng.uniform(0.6, 1.1) * FPS)
        looks += [Look(int(rng.random() < 0.5), after, "away")]
    return looks
