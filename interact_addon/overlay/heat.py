"""Heat on the skin: where a mesh, as it is seen, lies inside of the other body. Saved data never changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..check.colours import colours_of_depth
from ..runtime_api import Array, body_shape

_NEAR = 0.01  # metres outside of the other body from which on skin is tinted
_LIFT = 0.002  # metres that the tint lies above the skin, so that the skin does not hide it
_OPACITY = 0.75
_THROUGH = 0.5  # opacity of what is inside, seen through what hides it
_NEARBY = np.array([1.0, 0.85, 0.1, 0.0], np.float32)  # the colour of touching, of what does not quite


def depth_of_places(places: Array, start: Array, end: Array, radius: Array) -> Array:
    """Return how deep ``places`` (V, 3) lie in the deepest of capsules (C, 3) with radii (C, 2).

    Metres; what is further than ``_NEAR`` outside of all of them has ``-inf``.
    """
    found = np.full(len(places), -np.inf, np.float32)
    wide = radius.max(1)[:, None] + _NEAR
    low, high = np.minimum(start, end) - wide, np.maximum(start, end) + wide
    if not len(start):
        return found
    for index in range(len(start)):
        inside = _within(places, low[index], high[index])
        if len(inside):
            depth = body_shape.depth_inside(places[inside], start[index], end[index], radius[index])
            found[inside] = np.maximum(found[inside], depth)
    found[found < -_NEAR] = -np.inf
    return found


@dataclass(frozen=True)
class _Triangles:
    """The triangles (F, 3) of a mesh, and of each vertex which they are: ``of_vertex`` from ``first`` (V + 1) on."""

    corners: Array
    of_vertex: Array
    first: Array

    def at(self, vertices: Array) -> Array:
        """Return those (N, 3) with a corner among some vertices."""
        starts, counts = self.first[vertices], self.first[vertices + 1] - self.first[vertices]
        steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen = np.zeros(len(self.corners), bool)
        chosen[self.of_vertex[np.repeat(starts, counts) + steps]] = True
        found: Array = self.corners[chosen]
        return found


_triangles: dict[tuple[int, int, int], _Triangles] = {}  # by object and its counts of vertices and corners
_MOST_KEPT = 16


def forget() -> None:
    """Forget the triangles of meshes."""
    _triangles.clear()


@dataclass(frozen=True)
class HotSkin:
    """Skin that is tinted: vertices (N, 3) a little above it, their colours (N, 4), and triangles (F, 3) of them."""

    places: Array
    colours: Array
    triangles: Array


def together(skins: Sequence[HotSkin]) -> HotSkin:
    """Return several skins as one."""
    firsts = np.cumsum([0, *(len(skin.places) for skin in skins)])
    return HotSkin(
        np.concatenate([np.zeros((0, 3), np.float32), *(skin.places for skin in skins)]),
        np.concatenate([np.zeros((0, 4), np.float32), *(skin.colours for skin in skins)]),
        np.concatenate(
            [np.zeros((0, 3), np.int32), *(skin.triangles + first for skin, first in zip(skins, firsts))]
        ).astype(np.int32),
    )


def colours_through(skin: HotSkin) -> Array:
    """Return the colours (N, 4) of skin that something hides: what is inside shines through, what is near does not."""
    colours = skin.colours.copy()
    colours[:, 3] = np.where(colours[:, 3] >= _OPACITY, _THROUGH, 0.0)
    return colours


def hot_skin(
    obj: bpy.types.Object, graph: bpy.types.Depsgraph, start: Array, end: Array, radius: Array
) -> HotSkin | None:
    """Return the triangles of a mesh, as it is evaluated, that lie in capsules; None where there are none.

    ``start``, ``end`` (C, 3) and ``radius`` (C, 2): capsules in the world. What is far from all of them costs next to
    nothing: it is found in the mesh's own space.
    """
    seen = obj.evaluated_get(graph)
    mesh, world = seen.data, np.array(seen.matrix_world, np.float32)
    own = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.attributes["position"].data.foreach_get("vector", own)
    own = own.reshape(-1, 3)
    to_own = np.array(seen.matrix_world.inverted_safe(), np.float32)
    near = _within(own, *_box_in(to_own, start, end, radius))
    depth = depth_of_places(own[near] @ world[:3, :3].T + world[:3, 3], start, end, radius)
    hot = np.isfinite(depth)
    if not hot.any():
        return None
    corners = _triangles_of(obj, mesh).at(near[hot]).reshape(-1)
    used, at = _numbered(corners, len(own))
    places, triangles = own[used] @ world[:3, :3].T + world[:3, 3], at.reshape(-1, 3)
    deep = np.full(len(own), -np.inf, np.float32)
    deep[near] = depth
    return HotSkin(places + np.float32(_LIFT) * _normals(places, triangles), _colours(deep[used]), triangles)


def _numbered(corners: Array, count: int) -> tuple[Array, Array]:
    """Return the vertices (U,) of ``count`` that corners (N,) use, and where in these each corner is (N,)."""
    is_used = np.zeros(count, bool)
    is_used[corners] = True
    used = np.flatnonzero(is_used)
    number = np.empty(count, np.int64)
    number[used] = np.arange(len(used))
    return used, number[corners]


def _colours(depth: Array) -> Array:
    """Return the colours (N, 4) of vertices at a ``depth`` (N,), ``-inf`` where it is not near."""
    colours = colours_of_depth(depth, _NEARBY)
    outside = depth <= 0.0
    share = np.clip(1.0 + np.nan_to_num(depth, neginf=-_NEAR) / _NEAR, 0.0, 1.0)
    colours[:, 3] = np.where(outside, 0.4 * share, _OPACITY)
    return colours


def _box_in(to_own: Array, start: Array, end: Array, radius: Array) -> tuple[Array, Array]:
    """Return the box, (3,) and (3,), of what is near capsules, in a space to which ``to_own`` (4, 4) leads."""
    wide = radius.max(1)[:, None] + _NEAR
    ends = np.stack([(np.minimum(start, end) - wide).min(0), (np.maximum(start, end) + wide).max(0)])
    corners = np.array(list(itertools.product(*ends.T)), np.float32)
    inside = corners @ to_own[:3, :3].T + to_own[:3, 3]
    return inside.min(0), inside.max(0)


def _within(places: Array, low: Array, high: Array) -> Array:
    """Return which of places (V, 3) lie in a box, axis by axis, so that few are left for the last."""
    found = np.flatnonzero((places[:, 2] >= low[2]) & (places[:, 2] <= high[2]))
    for axis in (0, 1):
        along = places[found, axis]
        found = found[(along >= low[axis]) & (along <= high[axis])]
    return found


def _triangles_of(obj: bpy.types.Object, mesh: bpy.types.Mesh) -> _Triangles:
    """Return the triangles of an evaluated mesh, which are the same from frame to frame."""
    key = (obj.session_uid, len(mesh.vertices), len(mesh.loops))
    if key not in _triangles:
        corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        order = np.argsort(corners, kind="stable")
        first = np.searchsorted(corners[order], np.arange(len(mesh.vertices) + 1))
        while len(_triangles) >= _MOST_KEPT:
            _triangles.pop(next(iter(_triangles)))
        _triangles[key] = _Triangles(corners.reshape(-1, 3), order // 3, first)
    return _triangles[key]


def _normals(places: Array, triangles: Array) -> Array:
    """Return where the skin of triangles (F, 3) looks at their corners (V, 3), of length 1."""
    one, two, three = (places[triangles[:, corner]] for corner in range(3))
    (a, b, c), (d, e, f) = (two - one).T, (three - one).T
    across, count = (b * f - c * e, c * d - a * f, a * e - b * d), len(places)
    corners = triangles.T.reshape(-1)
    found = np.stack([np.bincount(corners, np.tile(along, 3), count) for along in across], 1).astype(np.float32)
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return found
