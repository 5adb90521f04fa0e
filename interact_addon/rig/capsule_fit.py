"""Capsules fitted to the points of a skin: robust least squares, each point to the capsule it lies nearest.

A point's residual is its distance from the surface of the union of the capsules near its joint. With the nearest
capsule known it depends on that capsule alone, so each of Levenberg-Marquardt's steps solves 8 x 8 equations for all
capsules at once. A prior holds what points say nothing about: how far a limb's capsule reaches into the next one, the
fingers of a mesh with few of them. Nothing but numpy here.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..runtime_api import Array, body_shape, skeleton

_ROUNDS = 10
_SCALES = (
    0.04,
    0.008,
)  # m, first and last: residuals beyond it count less (Cauchy), so that a nose pulls nothing along
_NOISE = 0.004  # m: how well one point is met, against the priors
_END_PRIOR, _RADIUS_PRIOR = 0.3, 0.25  # of the radius: how far ends and radii may lie from where bones put them
_TAPER = 0.1  # of the length: how far the two radii may differ otherwise than those of the bones
_STRIDE = 0.25  # of the radius: how far an end or a radius moves in one step
_SMALLEST, _LARGEST = 0.45, 2.4  # of a radius
_FARTHEST = 1.5  # of the radius: how far an end may move
# A point further from an axis than this times the radius, or than this times what a quarter of the points lie within,
# plus this (m), is no skin.
_GATE, _GATE_MORE = 1.5, 0.02
_SHELL = 0.9  # of the outermost point in the same direction: what lies deeper is inside, as teeth and a body in clothes
_SLICES, _SECTORS = 5, 12
_GRAIN = (0.2, 0.003, 0.012)  # one point is kept in a cell of this share of the radius, within these metres
_FEWEST = 8  # points that a capsule is judged by
_COVERED = 0.5  # share of the points that lie within their capsule


@dataclass(frozen=True)
class Skin:
    """N points of a skin at rest, in the T-pose.

    ``places`` (N, 3): metres, the soles on the floor; ``joint`` (N,): the joint that moves each one most.
    """

    places: Array
    joint: Array


@dataclass(frozen=True)
class _Lines:
    """Capsules in the T-pose: ``start``, ``end`` (C, 3) and ``radius`` (C, 2), metres."""

    start: Array
    end: Array
    radius: Array


@dataclass(frozen=True)
class _Nearest:
    """Of N points: the capsule, how far along it (unclamped), the way from its axis (N, 3), and that in metres."""

    capsule: Array
    along: Array
    away: Array
    gap: Array

    def residual(self, lines: _Lines) -> Array:
        """Return the metres (N,) from the surface to each point, negative inside."""
        radius, share = lines.radius[self.capsule], np.clip(self.along, 0.0, 1.0)
        outside: Array = self.gap - (radius[:, 0] + (radius[:, 1] - radius[:, 0]) * share)
        return outside


def fit_capsules_in_steps(skin: Skin, bones: skeleton.Skeleton) -> Generator[None, None, body_shape.BodyShape]:
    """Return the shape of a body with its capsules on the skin; those that have no skin stay where bones put them.

    Each step takes some milliseconds.
    """
    parts, joint, start, end, radius = body_shape.default_capsules(bones)
    rest = bones.rest_positions.astype(np.float64)[joint]
    first = _Lines(rest + start, rest + end, radius.astype(np.float64))
    points = _candidates(skin, joint)
    yield
    nearest = points.nearest(first)
    yield
    points = points.of(_is_skin(nearest, first))
    lines = first
    for scale in np.geomspace(*_SCALES, _ROUNDS):
        yield
        nearest = points.nearest(lines)
        yield
        lines = _step(lines, first, nearest, scale)
    yield
    lines = _covering(lines, points.nearest(lines))
    yield
    start, end = (lines.start - rest).astype(np.float32), (lines.end - rest).astype(np.float32)
    return body_shape.with_contact_points(parts, joint, start, end, lines.radius.astype(np.float32), bones)


@dataclass(frozen=True)
class _Candidates:
    """Which capsules a point may lie on: the pairs (K,) of ``point`` and ``capsule``, by point; ``places`` (N, 3)."""

    places: Array
    point: Array
    capsule: Array

    def nearest(self, lines: _Lines) -> _Nearest:
        """Return where each point lies on the capsule that it is deepest in, or nearest to."""
        line, away = (lines.end - lines.start)[self.capsule], self.places[self.point] - lines.start[self.capsule]
        along = np.sum(away * line, -1) / (np.sum(line * line, -1) + 1e-12)
        away -= np.clip(along, 0.0, 1.0)[:, None] * line
        found = _Nearest(self.capsule, along, away, np.sqrt(np.sum(away * away, -1)))
        outside = found.residual(lines)
        begins = np.flatnonzero(np.diff(self.point, prepend=-1))
        least = np.minimum.reduceat(outside, begins)[self.point]
        best = np.flatnonzero(outside == least)
        best = best[np.diff(self.point[best], prepend=-1) > 0]
        return _Nearest(self.capsule[best], along[best], away[best], found.gap[best])

    def of(self, points: Array) -> _Candidates:
        """Return those of some points (indices, ascending), numbered anew."""
        number = np.full(len(self.places), -1)
        number[points] = np.arange(len(points))
        chosen = number[self.point] >= 0
        return _Candidates(self.places[points], number[self.point[chosen]], self.capsule[chosen])


def _candidates(skin: Skin, joint: Array) -> _Candidates:
    """Return for each point the capsules, carried by joints ``joint`` (C,), of its own joint and those beside it."""
    beside = np.eye(len(skeleton.JOINTS), dtype=bool)
    for index, parent in enumerate(skeleton.PARENTS):
        if parent >= 0:
            beside[index, parent] = beside[parent, index] = True
    near = beside[:, joint][skin.joint]
    point, capsule = np.nonzero(near)
    return _Candidates(skin.places, point, capsule)


def _is_skin(nearest: _Nearest, lines: _Lines) -> Array:
    """Return the indices of points that are on the outside of a body, thinned out evenly.

    Left out is what lies far from its bone, as skirts, long hair and things in a hand, and what lies under the skin.
    """
    radius = lines.radius.mean(1)[nearest.capsule]
    reach = _GATE * np.maximum(lines.radius.mean(1), _quarters(nearest, len(lines.radius))) + _GATE_MORE
    within = np.flatnonzero(nearest.gap < reach[nearest.capsule])
    capsule, away, gap = nearest.capsule[within], nearest.away[within], nearest.gap[within]
    one, other = _across(lines)
    angle = np.arctan2(np.sum(away * other[capsule], -1), np.sum(away * one[capsule], -1)) / (2.0 * np.pi) + 0.5
    sector = np.minimum((angle * _SECTORS).astype(np.int64), _SECTORS - 1)
    beyond = np.arccos(np.clip(np.hypot(*(np.sum(away * side[capsule], -1) for side in (one, other))) / gap, 0.0, 1.0))
    at = nearest.along[within]  # the round ends are cut by their own angle
    at = np.where(at < 0.0, -beyond, np.where(at > 1.0, 1.0 + beyond, at)) * _SLICES
    slices = _SLICES + 2 * round(_SLICES * np.pi / 2.0) + 1
    at = np.clip(np.floor(at + 0.5 * (slices - _SLICES)).astype(np.int64), 0, slices - 1)
    where = (capsule * slices + at) * _SECTORS + sector
    outermost = np.zeros(len(lines.radius) * slices * _SECTORS)
    np.maximum.at(outermost, where, gap)
    outside = within[gap >= _SHELL * outermost[where]]
    share, least, most = _GRAIN
    grain = np.clip(share * radius[outside], least, most)
    along_axis = nearest.along[outside] * np.linalg.norm(lines.end - lines.start, axis=-1)[nearest.capsule[outside]]
    cells = np.stack([nearest.away[outside, k] for k in range(3)] + [along_axis], 1) / grain[:, None]
    key = nearest.capsule[outside]
    for k in range(4):
        key = key * 4001 + (np.floor(cells[:, k]).astype(np.int64) + 2000)
    _, firsts = np.unique(key, return_index=True)
    return np.sort(outside[firsts])


def _quarters(nearest: _Nearest, count: int) -> Array:
    """Return for each capsule the distance from its axis (C,) that a quarter of its points lie within; 0 for few."""
    order = np.lexsort((nearest.gap, nearest.capsule))
    begins = np.searchsorted(nearest.capsule[order], np.arange(count + 1))
    own = np.diff(begins)
    found = np.zeros(count)
    enough = own >= _FEWEST
    found[enough] = nearest.gap[order[(begins[:-1] + own // 4)[enough]]]
    return found


def _across(lines: _Lines) -> tuple[Array, Array]:
    """Return two directions (C, 3) across each capsule and each other."""
    axis = lines.end - lines.start
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    helper = np.where(np.abs(axis[:, :1]) < 0.8, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    one = np.cross(axis, helper)
    one /= np.maximum(np.linalg.norm(one, axis=-1, keepdims=True), 1e-9)
    return one, np.cross(axis, one)


def _step(lines: _Lines, first: _Lines, nearest: _Nearest, cauchy: float) -> _Lines:
    """Return the capsules after one step of least squares that counts residuals beyond ``cauchy`` metres less."""
    outside = nearest.residual(lines)
    share = np.clip(nearest.along, 0.0, 1.0)[:, None]
    normal = nearest.away / np.maximum(nearest.gap, 1e-6)[:, None]
    slopes = np.concatenate([-(1.0 - share) * normal, -share * normal, share - 1.0, -share], axis=1)  # (N, 8)
    weight = 1.0 / (1.0 + (outside / cauchy) ** 2) / _NOISE**2
    count = len(lines.radius)
    left, right = np.zeros((count, 8, 8)), np.zeros((count, 8))
    order = np.argsort(nearest.capsule, kind="stable")
    begins = np.searchsorted(nearest.capsule[order], np.arange(count + 1))
    for capsule, (begin, end) in enumerate(pairwise(begins)):
        own = order[begin:end]
        weighted = slopes[own] * weight[own, None]
        left[capsule], right[capsule] = weighted.T @ slopes[own], -weighted.T @ outside[own]
    scale = first.radius.mean(1, keepdims=True)
    prior = 1.0 / np.concatenate([np.repeat(_END_PRIOR * scale, 6, 1), np.repeat(_RADIUS_PRIOR * scale, 2, 1)], 1) ** 2
    here, there = (np.concatenate([each.start, each.end, each.radius], 1) for each in (lines, first))
    left[:, np.arange(8), np.arange(8)] += prior
    right += prior * (there - here)
    # A cone that widens faster than it is long is no longer the distance from an axis less a radius.
    stiff = 1.0 / (_TAPER * np.linalg.norm(first.end - first.start, axis=-1)) ** 2
    pull = stiff * np.diff(first.radius - lines.radius)[:, 0]
    left[:, 6:, 6:] += stiff[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    right[:, 6:] += np.outer(pull, [-1.0, 1.0])
    now = here + np.clip(np.linalg.solve(left, right[..., None])[..., 0], -_STRIDE * scale, _STRIDE * scale)
    moved = np.clip(now[:, :6] - there[:, :6], -_FARTHEST * scale, _FARTHEST * scale)
    radius = np.clip(now[:, 6:], _SMALLEST * first.radius, _LARGEST * first.radius)
    return _Lines(first.start + moved[:, :3], first.end + moved[:, 3:], radius)


def _covering(lines: _Lines, nearest: _Nearest) -> _Lines:
    """Return the capsules grown so that each holds its share of its points."""
    outside, grown = nearest.residual(lines), lines.radius.copy()
    for capsule in np.unique(nearest.capsule):
        own = outside[nearest.capsule == capsule]
        if len(own) >= _FEWEST:
            grown[capsule] += np.quantile(own, _COVERED)
    return _Lines(lines.start, lines.end, np.maximum(grown, 0.002))
