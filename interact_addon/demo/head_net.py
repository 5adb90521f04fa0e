"""The net of the head's skin between its loops: even triangles over the left half of a star-shaped field."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt
from numpy.typing import NDArray

from .fields import Array, Field, cast, vector

Mask = NDArray[np.bool_]
CENTRE = vector(0.0, 0.010, -0.005)  # in a straight line from every point of the skin
NECK_AXIS = vector(0.0, 0.165, -0.986)


def fill_between(solid: Field, fixed: Array, lips: int, lids: int) -> tuple[Array, list[tuple[int, ...]]]:
    """The rest of the left half between the outer loops, the neck's opening and the plane x = 0: points and triangles.

    ``fixed``: the ``lips`` points of the mouth's outer loop, then the ``lids`` points of the eye's; they come first in
    the result. Directions from the head's centre, projected stereographically from the neck's, are triangulated
    (Delaunay) in the plane; loose vertices are then spread evenly and the rest follows from the field.
    """
    frame = np.stack(
        [vector(1, 0, 0), np.cross(-NECK_AXIS, vector(1, 0, 0)), -NECK_AXIS], axis=1
    )  # columns; third points up
    edge_angle = np.radians(165.0)
    ring = np.linspace(-np.pi / 2, np.pi / 2, 15)
    neck = _polar(edge_angle, ring) @ frame.T
    fixed_directions = (fixed - CENTRE) / np.linalg.norm(fixed - CENTRE, axis=1, keepdims=True)
    loose, middle = _scatter(frame, edge_angle, fixed_directions, lips)
    nose = _nose_patch(fixed_directions, frame, lips)
    loose, middle = (group[_apart(group, nose, 0.050)] for group in (loose, middle))
    ridge = nose[:, 0] == 0.0
    directions = np.concatenate([fixed_directions, neck, nose[ridge], middle, nose[~ridge], loose])
    still = len(fixed) + len(neck)
    on_plane = slice(still, still + ridge.sum() + len(middle))
    free = np.concatenate(
        [
            np.zeros(still + ridge.sum(), bool),
            np.ones(len(middle), bool),
            np.zeros((~ridge).sum(), bool),
            np.ones(len(loose), bool),
        ]
    )
    loop_edges = [(i, i + 1) for i in range(lips - 1)] + [(lips + i, lips + (i + 1) % lids) for i in range(lids)]
    loop_edges += [(len(fixed) + i, len(fixed) + i + 1) for i in range(len(neck) - 1)]
    triangles: list[tuple[int, ...]] = []
    for _ in range(4):
        triangles = _triangulate(directions @ frame, loop_edges, lips, lids, on_plane, still, len(neck))
        moved = _averaged(directions, triangles)
        moved[on_plane, 0] = 0.0
        directions[free] = moved[free] / np.linalg.norm(moved[free], axis=1, keepdims=True)
    triangles = _triangulate(directions @ frame, loop_edges, lips, lids, on_plane, still, len(neck))
    reach = cast(solid, np.tile(CENTRE, (len(directions), 1)), directions, 0.02, 0.32, 120)
    points = CENTRE + directions * reach[:, None]
    points[: len(fixed)] = fixed
    points[on_plane, 0] = 0.0
    points[np.abs(points[:, 0]) < 1e-6, 0] = 0.0
    # All faces look away from the centre.
    corners = points[np.array(triangles)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = np.einsum("ij,ij->i", normals, corners.mean(axis=1) - CENTRE) > 0.0
    return points, [t if good else t[::-1] for t, good in zip(triangles, outward)]


def _polar(angle: Array | float, turn: Array) -> Array:
    """Unit directions in the neck's frame at ``angle`` from the top, ``turn`` from the left (+X) toward the back."""
    angle = np.broadcast_to(np.asarray(angle, np.float64), turn.shape)
    return np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)], axis=-1)


def _scatter(frame: Array, edge: float, fixed: Array, lips: int) -> tuple[Array, Array]:
    """Loose directions: denser on the face, none too near the loops; and those on the plane x = 0."""
    loose: list[Array] = []
    middle: list[Array] = []
    angle, row = 0.0, 0
    while angle < edge - 0.03:
        step = 0.086 if 0.80 < angle < 2.35 else 0.12 if angle <= 0.80 else 0.075
        turns, turn, aside = [], -np.pi / 2 + step / max(np.sin(angle), 0.1) * (0.5 if row % 2 else 1.0), 0.0
        while turn < np.pi / 2 - 0.35 * aside:
            turns.append(turn)
            aside = (step if turn < 0.45 or angle > 2.2 else 1.6 * step) / max(
                np.sin(angle), 0.1
            )  # coarse where hair covers
            turn += aside
        loose.append(_polar(angle, np.array(turns)) @ frame.T)
        ends = np.array([-np.pi / 2, np.pi / 2]) if angle > 0.0 else np.array([np.pi / 2])
        middle.append(_polar(angle, ends) @ frame.T)
        angle += step
        row += 1
    free, plane = np.concatenate(loose), np.concatenate(middle)
    plane[:, 0] = 0.0
    free = free[free[:, 0] > 0.030]
    return free[_clear(free, fixed, frame, lips, 0.055)], plane[_clear(plane, fixed, frame, lips, 0.060)]


def _nose_patch(fixed: Array, frame: Array, lips: int) -> Array:
    """Finer directions over the nose, whose form a coarse net would cut."""
    rows = []
    for number, up in enumerate(np.arange(0.16, -0.60, -0.036)):
        wide = 0.30 if up < -0.20 else 0.17
        across = (
            np.arange(0.0, wide, 0.042) if number % 2 == 0 else np.concatenate([[0.0], np.arange(0.063, wide, 0.042)])
        )
        rows.append(
            np.stack(
                [np.sin(across) * np.cos(up), -np.cos(across) * np.cos(up), np.full_like(across, np.sin(up))], axis=1
            )
        )
    patch = np.concatenate(rows)
    return patch[_clear(patch, fixed, frame, lips, 0.040)]


def _apart(directions: Array, others: Array, least: float) -> Mask:
    return np.linalg.norm(directions[:, None, :] - others[None], axis=-1).min(axis=1) > least


def _clear(directions: Array, fixed: Array, frame: Array, lips: int, least: float) -> Mask:
    """Whether a direction keeps its distance from the loops and lies outside them."""
    return (
        _apart(directions, fixed, least)
        & ~_inside(directions @ frame, fixed[:lips] @ frame)
        & ~_inside(directions @ frame, fixed[lips:] @ frame)
    )


def _flat(local: Array) -> Array:
    """Stereographic projection from the neck (N, 2)."""
    return local[:, :2] / (1.0 + local[:, 2:3])


def _inside(local: Array, loop: Array) -> Mask:
    """Even-odd test in the plane of the projection."""
    point, corner = _flat(local), _flat(loop)
    following = np.roll(corner, -1, axis=0)
    x, y = point[:, :1], point[:, 1:]
    between = (corner[:, 1] > y) != (following[:, 1] > y)
    run = np.where(between, following[:, 1] - corner[:, 1], 1.0)
    at = corner[:, 0] + (y - corner[:, 1]) / run * (following[:, 0] - corner[:, 0])
    return ((between & (x < at)).sum(axis=1) % 2).astype(bool)


def _triangulate(
    local: Array, loop_edges: list[tuple[int, int]], lips: int, lids: int, on_plane: slice, still: int, neck: int
) -> list[tuple[int, ...]]:
    flat = _flat(local)
    rows = [*range(on_plane.start, on_plane.stop), 0, lips - 1, still - neck, still - 1]
    rows.sort(key=lambda i: flat[i, 1])
    lip_low, lip_high = sorted((0, lips - 1), key=lambda i: flat[i, 1])
    middle_edges = [(a, b) for a, b in pairwise(rows) if {a, b} != {lip_low, lip_high}]
    made = delaunay_2d_cdt([Vector(p) for p in flat.tolist()], loop_edges + middle_edges, [], 0, 1e-7)
    origin = [group[0] for group in made[3]]
    triangles: list[tuple[int, ...]] = []
    for face in made[2]:
        a, b, c = (origin[v] for v in face)
        if max(a, b, c) < lips or (lips <= min(a, b, c) and max(a, b, c) < lips + lids):
            continue
        if abs(local[a, 0]) + abs(local[b, 0]) + abs(local[c, 0]) < 1e-6:
            continue
        triangles.append((a, b, c))
    return triangles


def _averaged(values: Array, triangles: list[tuple[int, ...]]) -> Array:
    total, count = np.zeros_like(values), np.zeros(len(values))
    corners = np.array(triangles)
    for a, b in ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)):
        np.add.at(total, corners[:, a], values[corners[:, b]])
        np.add.at(count, corners[:, a], 1.0)
    return total / np.maximum(count, 1.0)[:, None]
