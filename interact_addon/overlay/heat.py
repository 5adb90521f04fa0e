"""Heat on the skin: where a mesh, as it is seen, lies inside of the other body. Saved data never changes."""

from __future__ import annotations

import bpy
import numpy as np

from ..check.colours import colours_of_depth
from ..runtime_api import Array, body_shape

_NEAR = 0.01  # metres outside of the other body from which on skin is tinted
_LIFT = 0.002  # metres that the tint lies above the skin, so that the skin does not hide it
_OPACITY = 0.75
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
    close = np.flatnonzero(((places >= low.min(0)) & (places <= high.max(0))).all(1))
    near = places[close]
    for index in range(len(start)):
        inside = np.flatnonzero(((near >= low[index]) & (near <= high[index])).all(1))
        if len(inside):
            depth = body_shape.depth_inside(near[inside], start[index], end[index], radius[index])
            found[close[inside]] = np.maximum(found[close[inside]], depth)
    found[found < -_NEAR] = -np.inf
    return found


def hot_triangles(places: Array, normals: Array, triangles: Array, depth: Array) -> tuple[Array, Array]:
    """Return corners (N, 3) and colours (N, 4) of the triangles (F, 3) with a corner whose ``depth`` (V,) is finite.

    Three corners make a triangle; they lie a little above the skin along ``normals`` (V, 3).
    """
    hot = np.isfinite(depth)
    chosen = triangles[hot[triangles].any(1)].reshape(-1)
    colours = colours_of_depth(depth[chosen], _NEARBY)
    outside = depth[chosen] <= 0.0
    share = np.clip(1.0 + np.nan_to_num(depth[chosen], neginf=-_NEAR) / _NEAR, 0.0, 1.0)
    colours[:, 3] = np.where(outside, 0.4 * share, _OPACITY)
    return places[chosen] + np.float32(_LIFT) * normals[chosen], colours


def skin_of(obj: bpy.types.Object, graph: bpy.types.Depsgraph) -> tuple[Array, Array, Array]:
    """Return vertices (V, 3) and normals (V, 3) in the world, and triangles (F, 3), of a mesh as it is evaluated."""
    seen = obj.evaluated_get(graph)
    mesh = seen.data
    places = np.empty((len(mesh.vertices), 3), np.float32)
    normals = np.empty((len(mesh.vertices), 3), np.float32)
    triangles = np.empty((len(mesh.loop_triangles), 3), np.int32)
    mesh.vertices.foreach_get("co", places.reshape(-1))
    mesh.vertex_normals.foreach_get("vector", normals.reshape(-1))
    mesh.loop_triangles.foreach_get("vertices", triangles.reshape(-1))
    world = np.array(seen.matrix_world, np.float32)
    turned = normals @ np.linalg.inv(world[:3, :3])
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    return places @ world[:3, :3].T + world[:3, 3], turned, triangles
