"""Wanted contacts in torch: how far two points are apart, how their surfaces face, and whether they slide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...body_model.skeleton import INDEX
from ...common.arrays import Array
from .motion import Goal
from .posing import POSED, Bodies, Posed, column_of
from .shaking import SLANT, is_handshake

_GRIP = 0.03  # metres from a palm's point, along the hand, of the two points by which a palm is held
_OPPOSED = {"palm": 0.12, "other": 0.35, "tip": 0.8}  # radians, how exactly surfaces face each other


class Touches(NamedTuple):
    """N pairs of points, each on one frame; N rows, M of them with a direction that opposes another."""

    frame: Tensor  # (N,)
    goal: Tensor  # (N,) which goal
    rows: Tensor  # (2, N) of the flattened joints of ``Posed``; of a place, the row after the last
    offsets: Tensor  # (2, N, 3) in the frames of those joints; of a place, the place
    normals: Tensor  # (2, N, 3) in the same frames
    distance: Tensor  # (N,) metres that may stay
    facing: Tensor  # (N,) 1 over the radians by which surfaces may fail to face each other; 0: as they like
    follows: Tensor  # (N,) whether the row before is the same pair of points one frame earlier


def touches_of(bodies: Bodies, goals: Sequence[tuple[Goal, Array]], signs: Array) -> Touches:
    """Return the touches of ``goals``, each with the frames (rows of ``bodies``) on which it is wanted.

    ``signs`` (T,): 1 where two palms hold each other with fingers alike, -1 where fingers are opposed.
    """
    blocks: list[dict[str, Array]] = []
    for number, (goal, frames) in enumerate(goals):
        palms = goal.other is not None and goal.point.endswith("palm") and goal.other_point.endswith("palm")
        slant = SLANT if is_handshake(goal) else 0.0
        fingers = -np.ones(len(bodies.frames)) if slant else signs
        for along in (_GRIP, -_GRIP) if palms else (0.0,):
            mine = _point(bodies, goal.actor, goal.point, along * np.ones(len(bodies.frames)), slant)
            theirs = None
            if goal.other is not None:
                theirs = _point(bodies, goal.other, goal.other_point, along * fingers, slant)
            blocks.append(_block(bodies, goal, number, frames, mine, theirs, palms))
    joined = {
        name: np.concatenate([block[name] for block in blocks], -2 if name in _VECTORS else -1) for name in blocks[0]
    }
    return Touches(**{name: _tensor(array, bodies.dtype) for name, array in joined.items()})


_VECTORS = ("offsets", "normals")


def _tensor(array: Array, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(array).to(dtype) if array.dtype.kind == "f" else torch.from_numpy(array)


def _point(bodies: Bodies, actor: int | None, name: str, along: Array, slant: float = 0.0) -> tuple[int, Array, Array]:
    """Return row of the joint on frame 0, offsets (T, 3) and normals (T, 3) of a contact point, ``along`` (T,) metres
    further to the fingers, or ``slant`` radians beside that to the thumb.
    """
    assert actor is not None
    shape = bodies.motions[actor].shape
    index = shape.point(name)
    joint = shape.point_joint[index : index + 1]
    offset = bodies.attached(joint, shape.point_offset[index : index + 1], actor)[:, 0]
    normal = bodies.attached_directions(joint, shape.point_normal[index : index + 1], actor)[:, 0]
    if np.any(along):
        side = name.partition("_")[0]
        knuckles = np.asarray(bodies.motions[actor].skeleton.offsets[INDEX[f"{side}_middle1"]], np.float64)
        line = knuckles / np.linalg.norm(knuckles)
        out = np.asarray(shape.point_normal[index], np.float64)
        to_thumb = np.cross(out, line) if side == "left" else np.cross(line, out)
        offset = offset + along[:, None] * (np.cos(slant) * line + np.sin(slant) * to_thumb)
    row = actor * len(bodies.frames) * len(POSED) + column_of(int(joint[0]))
    return row, offset, normal


def _block(
    bodies: Bodies,
    goal: Goal,
    number: int,
    frames: Array,
    mine: tuple[int, Array, Array],
    theirs: tuple[int, Array, Array] | None,
    palms: bool,
) -> dict[str, Array]:
    """Return the columns of ``Touches`` for one pair of points."""
    count, total = len(frames), len(bodies.motions) * len(bodies.frames) * len(POSED)
    rows = np.stack([mine[0] + frames * len(POSED), np.full(count, total)])
    offsets, normals = np.zeros((2, count, 3)), np.zeros((2, count, 3))
    offsets[0], normals[0] = mine[1][frames], mine[2][frames]
    facing = 0.0
    if theirs is None:
        offsets[1] = goal.target(bodies.frames[frames])
    else:
        rows[1] = theirs[0] + frames * len(POSED)
        offsets[1], normals[1] = theirs[1][frames], theirs[2][frames]
        tip = goal.point.endswith("_tip") or goal.other_point.endswith("_tip")
        facing = 1.0 / _OPPOSED["palm" if palms else "tip" if tip else "other"]
    follows = np.zeros(count, bool)
    follows[1:] = np.diff(frames) == 1
    return {
        "frame": frames.astype(np.int64),
        "goal": np.full(count, number),
        "rows": rows.astype(np.int64),
        "offsets": offsets,
        "normals": normals,
        "distance": np.full(count, float(goal.distance)),
        "facing": np.full(count, facing),
        "follows": follows & (goal.distance == 0.0),
    }


def hold(touches: Touches, posed: Posed, held: Sequence[bool]) -> Touches:
    """Return the touches with the second point of each goal that is ``held`` (by number) where the first one is in
    ``posed``, frame by frame, however their surfaces face each other.
    """
    rows = torch.tensor(held)[touches.goal]
    way, _ = place_touches(posed, touches)
    turns = torch.cat([posed.turns.reshape(-1, 3, 3), torch.eye(3, dtype=way.dtype)[None]])[touches.rows[1]]
    offsets = touches.offsets.clone()
    offsets[1][rows] -= (turns.transpose(1, 2) @ way[..., None])[..., 0][rows]
    return touches._replace(
        offsets=offsets,
        distance=torch.where(rows, 0.0, touches.distance),
        facing=torch.where(rows, 0.0, touches.facing),
    )


def place_touches(posed: Posed, touches: Touches) -> tuple[Tensor, Tensor]:
    """Return the way (N, 3) from each first point to the second, and the sum (N, 3) of the normals: 0 if opposed."""
    places, turns = posed.places.reshape(-1, 3), posed.turns.reshape(-1, 3, 3)
    places = torch.cat([places, places.new_zeros(1, 3)])
    turns = torch.cat([turns, torch.eye(3, dtype=turns.dtype)[None]])
    turn, at = turns[touches.rows], places[touches.rows]
    points = at + (turn @ touches.offsets[..., None])[..., 0]
    normals = (turn @ touches.normals[..., None])[..., 0]
    return points[1] - points[0], normals[0] + normals[1]
