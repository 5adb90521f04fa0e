"""How deep capsules lie in each other: sought on every frame, then followed where they are near, differentiably."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...body_model.body_shape import BodyShape, self_pairs
from ...body_model.capsules import SOFT_CONTACT, closest_points, radius_at, soft_contact
from ...common.arrays import Array, FloatArray
from .posing import POSED, Bodies, Posed, column_of

NEAR = 0.03  # metres between two capsules, within which they are followed
_NEAR_HANDS = 0.012  # the same for two hands: many small capsules
MARGIN = 0.003  # metres that bodies part further than they have to


class Overlaps(NamedTuple):
    """N pairs of capsules, each on one frame, that are near each other."""

    frame: Tensor  # (N,)
    pair: Tensor  # (2, N) capsules, numbered through all actors
    allowed: Tensor  # (N,) metres of overlap that stay


class Volumes:
    """The capsules of all actors, each fixed to a joint of ``POSED``."""

    def __init__(self, bodies: Bodies) -> None:
        shapes = [motion.shape for motion in bodies.motions]
        self.dtype = bodies.dtype
        self.owner = np.repeat(np.arange(len(shapes)), [len(shape.joint) for shape in shapes])
        self.column = np.concatenate([[column_of(int(joint)) for joint in shape.joint] for shape in shapes])
        self.radius = np.concatenate([shape.radius for shape in shapes]).astype(np.float32)
        self.hand = np.concatenate([[region.endswith("hand") for region in shape.regions] for shape in shapes])
        self.start, self.end = (
            np.concatenate([bodies.attached(s.joint, getattr(s, name), a) for a, s in enumerate(shapes)], 1)
            for name in ("start", "end")
        )
        self._start, self._end = (torch.from_numpy(x).to(bodies.dtype) for x in (self.start, self.end))
        self._radius = torch.from_numpy(self.radius).to(bodies.dtype)
        self._row = torch.from_numpy(self.owner * len(bodies.frames) * len(POSED) + self.column)
        self._soft = _softness(shapes, [motion.skeleton.size for motion in bodies.motions])
        self.own_pairs = [self_pairs(motion.shape, motion.skeleton) for motion in bodies.motions]

    def placed(self, posed: Posed) -> tuple[FloatArray, FloatArray]:
        """Return start and end (T, C, 3) of all capsules."""
        turns, places = posed.turns.detach().double().numpy(), posed.places.detach().double().numpy()
        turn = turns[self.owner, :, self.column].swapaxes(0, 1)
        at = places[self.owner, :, self.column].swapaxes(0, 1)
        start, end = (at + (turn @ local[..., None])[..., 0] for local in (self.start, self.end))
        return start.astype(np.float32), end.astype(np.float32)

    def along(self, posed: Posed, frame: Tensor, capsule: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """Return the points (N, 3) at ``share`` (N,) along the axes of capsules (N,), and the radii (N,) there."""
        row = self._row[capsule] + frame * len(POSED)
        turn, at = posed.turns.reshape(-1, 3, 3)[row], posed.places.reshape(-1, 3)[row]
        start, end = self._start[frame, capsule], self._end[frame, capsule]
        local = start + share[:, None] * (end - start)
        radius = self._radius[capsule]
        return at + (turn @ local[..., None])[..., 0], radius[:, 0] + (radius[:, 1] - radius[:, 0]) * share

    def candidates(self, posed: Posed, near: float = NEAR) -> tuple[Array, Array, FloatArray]:
        """Return frames (N,), pairs (2, N) and depths (N,), negative apart, of capsules closer than ``near`` metres:
        those of two actors, and those of one that may not meet.
        """
        start, end = self.placed(posed)
        centre, reach = 0.5 * (start + end), 0.5 * np.linalg.norm(end - start, axis=-1) + self.radius.max(1)
        found = []
        for a, own in enumerate(self.own_pairs):
            mine = np.flatnonzero(self.owner == a)
            first, second = mine[own[0]], mine[own[1]]
            gap = np.linalg.norm(centre[:, first] - centre[:, second], axis=-1) - reach[:, first] - reach[:, second]
            frame, k = np.nonzero(gap < near)
            found.append((frame, np.stack([first[k], second[k]])))
            for other in range(a):
                theirs = np.flatnonzero(self.owner == other)
                apart = torch.cdist(torch.from_numpy(centre[:, theirs]), torch.from_numpy(centre[:, mine])).numpy()
                frame, i, j = np.nonzero(apart - reach[:, theirs, None] - reach[:, None, mine] < near)
                found.append((frame, np.stack([theirs[i], mine[j]])))
        frame, pair = np.concatenate([f for f, _ in found]), np.concatenate([p for _, p in found], 1)
        i, j = pair
        s, t, gap = closest_points(start[frame, i], end[frame, i], start[frame, j], end[frame, j])
        depth = radius_at(self.radius[i], s) + radius_at(self.radius[j], t) - gap
        limit = np.where(self.hand[i] & self.hand[j], min(near, _NEAR_HANDS), near)
        close = depth > -limit
        return frame[close], pair[:, close], depth[close].astype(np.float32)

    def between(self, pair: Array) -> Array:
        """Return which (N,) of the pairs (2, N) are of two actors."""
        return self.owner[pair[0]] != self.owner[pair[1]]

    def allowed(self, pair: Array, tolerance: float) -> FloatArray:
        """Return how far (N,) the pairs (2, N) may overlap: ``tolerance``, and a body with itself by what flesh takes
        where one rests on oneself.
        """
        extra: FloatArray = np.where(self.between(pair), np.float32(0.0), self._soft[pair[0], pair[1]])
        return tolerance + extra

    def watch(self, posed: Posed, before: Posed, tolerance: float, own_too: bool = False) -> Overlaps:
        """Return the overlaps to follow from ``posed`` on.

        Two actors may overlap by ``tolerance``; a body with itself as ``allowed`` says if ``own_too``, else also by as
        much as it did ``before``.
        """
        frame, pair, _ = self.candidates(posed)
        allowed = self.allowed(pair, tolerance)
        own = np.flatnonzero(~self.between(pair))
        if len(own) and not own_too:
            start, end = self.placed(before)
            f, (i, j) = frame[own], pair[:, own]
            s, t, gap = closest_points(start[f, i], end[f, i], start[f, j], end[f, j])
            was = radius_at(self.radius[i], s) + radius_at(self.radius[j], t) - gap
            allowed[own] = np.maximum(tolerance, was + MARGIN)
        return Overlaps(
            torch.from_numpy(frame), torch.from_numpy(pair), torch.from_numpy(allowed - MARGIN).to(self.dtype)
        )

    def excess(self, posed: Posed, overlaps: Overlaps) -> Tensor:
        """Return by how many metres (N,) the overlaps are deeper than allowed, negative where they are not."""
        places, turns = posed.places.reshape(-1, 3), posed.turns.reshape(-1, 3, 3)
        f, (i, j) = overlaps.frame, overlaps.pair
        rows = [self._row[k] + f * len(POSED) for k in (i, j)]
        turn, at = ([x.index_select(0, row) for row in rows] for x in (turns, places))
        local = [(self._start[f, k], self._end[f, k]) for k in (i, j)]
        with torch.no_grad():
            ends = [[r + (q @ p[..., None])[..., 0] for p in pair] for q, r, pair in zip(turn, at, local)]
            along = _closest(*ends[0], *ends[1])
        # Where two segments are closest, moving along them changes nothing: the places may stay where they are on them.
        touching = [
            r + (q @ (start + share[:, None] * (end - start))[..., None])[..., 0]
            for q, r, (start, end), share in zip(turn, at, local, along)
        ]
        radius = sum(self._radius[k, 0] + (self._radius[k, 1] - self._radius[k, 0]) * s for k, s in zip((i, j), along))
        gap = ((touching[0] - touching[1]).square().sum(-1) + 1e-10).sqrt()
        excess: Tensor = radius - gap - overlaps.allowed
        return excess


def _softness(shapes: Sequence[BodyShape], sizes: Sequence[float]) -> FloatArray:
    """Return how much further (C, C) two capsules of one body may overlap than those of two, metres."""
    regions = [region for shape in shapes for region in shape.regions]
    size = np.repeat(sizes, [len(shape.joint) for shape in shapes])
    known = {(a, b): soft_contact(a, b) - SOFT_CONTACT["pair"] for a in set(regions) for b in set(regions)}
    soft = np.array([[known[a, b] for b in regions] for a in regions], np.float32)
    return soft * size.astype(np.float32)[:, None]


def _closest(p1: Tensor, q1: Tensor, p2: Tensor, q2: Tensor) -> tuple[Tensor, Tensor]:
    """Return where along two segments (N,), 0 to 1, they come closest; see ``body_model.capsules.closest_points``."""
    d1, d2, r = q1 - p1, q2 - p2, p1 - p2
    a, e = d1.square().sum(-1) + 1e-12, d2.square().sum(-1) + 1e-12
    b, c, f = (d1 * d2).sum(-1), (d1 * r).sum(-1), (d2 * r).sum(-1)
    s = ((b * f - c * e) / (a * e - b * b).clamp_min(1e-9)).clamp(0.0, 1.0)
    t = (b * s + f) / e
    clamped = t.clamp(0.0, 1.0)
    s = torch.where(t == clamped, s, ((b * clamped - c) / a).clamp(0.0, 1.0))
    return s, clamped
