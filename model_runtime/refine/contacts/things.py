"""Furniture in the solver: how deep points of all capsules are in it, differentiably."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...body_model.capsules import Capsules, radius_at
from ...body_model.obstacle import Obstacle, Stations, capsules_in, stations_on
from ...body_model.skeleton import INDEX
from ...common.arrays import Array, BoolArray, FloatArray
from ...contract import PART_JOINTS
from ..furniture import Top, top_of
from .overlaps import Volumes
from .posing import Bodies, Posed

_NEAR = 0.04  # metres to a thing, within which points are followed
_MARGIN = 0.002  # metres that a body leaves it further than it has to
_CORNERS = torch.tensor([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])


class Followed(NamedTuple):
    """N points of capsules near one thing, each on one frame."""

    grid: Tensor  # (X, Y, Z) metres
    origin: Tensor  # (3,)
    cell: float
    frame: Tensor  # (N,)
    capsule: Tensor  # (N,) numbered through all actors
    along: Tensor  # (N,) 0 to 1


class Things:
    """All furniture beside all bodies."""

    def __init__(self, bodies: Bodies, volumes: Volumes, obstacles: Sequence[Obstacle]) -> None:
        self.volumes, self.obstacles, self.dtype = volumes, obstacles, bodies.dtype
        lengths = np.linalg.norm(volumes.end - volumes.start, axis=-1).max(0)
        self._of_arm = np.full(len(lengths), -1)  # 2 a + side for the capsules of forearms and hands
        joints = np.concatenate([motion.shape.joint for motion in bodies.motions])
        self._lower = np.isin(joints, PART_JOINTS["lower"])
        self._may: list[BoolArray] = []
        regions = [region for motion in bodies.motions for region in motion.shape.regions]
        for k, region in enumerate(regions):
            side, _, part = region.partition("_")
            if part in ("forearm", "hand"):
                self._of_arm[k] = 2 * volumes.owner[k] + (side == "right")
        for obstacle in obstacles:
            held = [obstacle.holds(a, motion.shape.regions) for a, motion in enumerate(bodies.motions)]
            self._may.append(np.concatenate(held))
        self._stations: list[Stations] = [stations_on(lengths, may) for may in self._may]
        self._tops = [self._tops_of(obstacle, bodies) for obstacle in obstacles]

    def _tops_of(self, obstacle: Obstacle, bodies: Bodies) -> tuple[Top, BoolArray]:
        """Return a thing as arms meet it, and the frames (A * 2, T) on which the hand of each arm is beside it."""
        top = top_of(obstacle, max(motion.skeleton.size for motion in bodies.motions))
        hands = [places[:, INDEX[f"{side}_middle1"]] for places, _ in bodies.world for side in ("left", "right")]
        return top, np.stack([top.is_beside(hand) for hand in hands])

    def deep_frames(self, posed: Posed, tolerance: float, gives_way: Sequence[int], kept: Array) -> Array:
        """Return the frames on which something that may move is deeper than ``tolerance`` in furniture.

        ``kept`` (A, T): where pelvis and legs of an actor stay, as of one who sits.
        """
        frame, capsule, depth = self._depths(posed)
        owner = self.volumes.owner[capsule]
        may_move = np.isin(owner, gives_way) & ~(self._lower[capsule] & kept[owner, frame])
        return frame[(depth > tolerance) & may_move]

    def _depths(self, posed: Posed) -> tuple[Array, Array, FloatArray]:
        """Return frames (N,), capsules (N,) and depths (N,) in metres of all that is in furniture."""
        start, end = self.volumes.placed(posed)
        capsules = Capsules(start, end, self.volumes.radius)
        found = [capsules_in(thing, capsules, may, 0.0) for thing, may in zip(self.obstacles, self._may)]
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
        frame, capsule, depth = (np.concatenate([getattr(each, name) for each in found]) for name in _TOLD)
        return frame, capsule, depth

    def watch(self, posed: Posed) -> list[Followed]:
        """Return the points to follow from ``posed`` on."""
        start, end = self.volumes.placed(posed)
        followed = []
        for obstacle, station, (top, beside) in zip(self.obstacles, self._stations, self._tops):
            k, along = station
            places = start[:, k] + along[:, None] * (end - start)[:, k]
            radius = radius_at(self.volumes.radius[k], along)
            over = np.zeros(places.shape[:2], bool)
            of_arm = np.flatnonzero(self._of_arm[k] >= 0)
            over[:, of_arm] = ~beside[self._of_arm[k[of_arm]]].T
            close = obstacle.away(places) < radius + _NEAR
            for thing, chosen in ((obstacle, close & ~over), (top.solid, close & over)):
                frame, n = np.nonzero(chosen)
                near = radius[n] - thing.distance_at(places[frame, n]) > -_NEAR
                followed.append(self._followed(thing, frame[near], k[n[near]], along[n[near]]))
        return [each for each in followed if len(each.frame)]

    def _followed(self, thing: Obstacle, frame: Array, capsule: Array, along: Array) -> Followed:
        grid, origin = torch.from_numpy(thing.distance).to(self.dtype), torch.tensor(thing.origin, dtype=self.dtype)
        rows = (torch.from_numpy(frame), torch.from_numpy(capsule), torch.from_numpy(along).to(self.dtype))
        return Followed(grid, origin, thing.cell, *rows)

    def excess(self, posed: Posed, followed: Followed) -> Tensor:
        """Return by how many metres (N,) points are in a thing, negative where they are not."""
        places, radius = self.volumes.along(posed, followed.frame, followed.capsule, followed.along)
        excess: Tensor = radius - _distance_at(followed, places) + _MARGIN
        return excess


_TOLD = ("frame", "capsule", "depth")


def _distance_at(thing: Followed, places: Tensor) -> Tensor:
    """Return the distance (N,) of ``places`` (N, 3); see ``Obstacle.around``."""
    size = torch.tensor(thing.grid.shape)
    along = (places - thing.origin) / thing.cell
    inside = torch.minimum(along.clamp_min(0.0), size - 1.0)
    corner = torch.minimum(inside.detach().long(), size - 2)
    within = inside - corner
    at = corner[:, None] + _CORNERS  # (N, 8, 3)
    values = thing.grid[at[..., 0], at[..., 1], at[..., 2]]
    share = torch.where(_CORNERS.bool(), within[:, None], 1.0 - within[:, None]).prod(-1)
    with torch.no_grad():
        # Below a top distances to its sides are told as more than they are.
        slope = torch.stack([_slope(values, within, axis) for axis in range(3)], -1) / thing.cell
        steep = slope.square().sum(-1).sqrt().clamp_min(1.0)
    value = (values * share).sum(-1)
    beyond = ((along - inside) * thing.cell).square().sum(-1)
    return torch.where(value < 0.0, value / steep, value) + (beyond + 1e-12).sqrt()


def _slope(values: Tensor, within: Tensor, axis: int) -> Tensor:
    """Return how much the values (N, 8) at the corners of a cell rise along an axis, ``within`` (N, 3) it."""
    others = [other for other in range(3) if other != axis]
    share = torch.where(_CORNERS[:, others].bool(), within[:, None, others], 1.0 - within[:, None, others]).prod(-1)
    return (values * share * (2.0 * _CORNERS[:, axis] - 1.0)).sum(-1)
