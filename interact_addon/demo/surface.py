"""Meshes from fields and from rings: surface nets, relaxation, lofts and bands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .fields import Array, Field, cast, project

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A piece of a mesh: ``points`` (N, 3) metres, ``faces`` as rings of vertex indices, one material name a face,
    and named per-vertex numbers (N,) or (N, k) that later steps use (bone weights, lip side, lid height ...)."""

    points: Array
    faces: list[tuple[int, ...]]
    materials: list[str]
    marks: dict[str, Array] = field(default_factory=dict)

    def moved(self, points: Array) -> Part:
        return replace(self, points=points)

    def mirrored(self) -> Part:
        """The mirror image in the plane x = 0, faces turned so that they still look outward."""
        return replace(self, points=self.points * (-1.0, 1.0, 1.0), faces=[face[::-1] for face in self.faces])


def make_part(points: Array, faces: list[tuple[int, ...]], material: str) -> Part:
    return Part(points, faces, [material] * len(faces))


def join(parts: list[Part]) -> Part:
    """One part of many; a mark that some lack is zero there."""
    points, faces, materials = [], [], []
    keys = {key: part.marks[key].shape[1:] for part in parts for key in part.marks}
    marks: dict[str, list[Array]] = {key: [] for key in keys}
    start = 0
    for part in parts:
        points.append(part.points)
        faces += [tuple(int(v) + start for v in face) for face in part.faces]
        materials += part.materials
        for key, shape in keys.items():
            marks[key].append(part.marks.get(key, np.zeros((len(part.points), *shape))))
        start += len(part.points)
    return Part(np.concatenate(points), faces, materials, {key: np.concatenate(value) for key, value in marks.items()})


def surface_nets(values: Array, origin: Array, step: float) -> tuple[Array, list[tuple[int, ...]]]:
    """Quads over the zero level of a sampled field (X, Y, Z): one vertex in each cell the surface passes through.

    Gibson, "Constrained elastic surface nets" (1998), without the relaxation, which ``relaxed`` does.
    """
    inside = values < 0.0
    corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    shape = tuple(n - 1 for n in values.shape)
    count = np.zeros(shape, np.int8)
    for i, j, k in corners:
        count += inside[i : i + shape[0], j : j + shape[1], k : k + shape[2]]
    cells = np.argwhere((count > 0) & (count < 8))
    at = cells[:, None, :] + corners
    corner_values = values[at[..., 0], at[..., 1], at[..., 2]]
    total = np.zeros((len(cells), 3))
    crossings = np.zeros(len(cells))
    for a in range(8):
        for b in range(a + 1, 8):
            if np.abs(corners[a] - corners[b]).sum() != 1:
                continue
            va, vb = corner_values[:, a], corner_values[:, b]
            crossed = (va < 0.0) != (vb < 0.0)
            t = np.where(crossed, va / np.where(crossed, va - vb, 1.0), 0.0)
            total += np.where(crossed[:, None], corners[a] + t[:, None] * (corners[b] - corners[a]), 0.0)
            crossings += crossed
    points = origin + step * (cells + total / crossings[:, None])
    ids = np.full(shape, -1, np.int64)
    ids[cells[:, 0], cells[:, 1], cells[:, 2]] = np.arange(len(cells))
    quads = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        low = [slice(1, -1)] * 3
        low[axis] = slice(0, -1)
        high = list(low)
        high[axis] = slice(1, None)
        edges = np.argwhere(inside[tuple(low)] != inside[tuple(high)])
        edges[:, u] += 1
        edges[:, v] += 1
        ring = []
        for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = edges.copy()
            cell[:, u] -= du
            cell[:, v] -= dv
            ring.append(ids[cell[:, 0], cell[:, 1], cell[:, 2]])
        quad = np.stack(ring, axis=1)
        outward = inside[edges[:, 0], edges[:, 1], edges[:, 2]]
        quads.append(np.where(outward[:, None], quad, quad[:, ::-1]))
    return points, [tuple(q) for q in np.concatenate(quads).tolist()]


def mesh_field(
    solid: Field, low: Array, high: Array, step: float, material: str, relax: int = 4, symmetric: bool = False
) -> Part:
    """A relaxed quad mesh of a field's surface inside the box ``low`` .. ``high``.

    ``symmetric`` samples x >= 0 only and mirrors, so that both halves match to the last vertex.
    """
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high)]
    if symmetric:
        axes[0] = (np.arange(int(np.ceil(high[0] / step)) + 1) + 0.5) * step
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = np.stack([solid(plane) for plane in grid])  # plane by plane keeps the memory small
    origin = np.array([axis[0] for axis in axes])
    if symmetric:
        values = np.concatenate([values[::-1], values])
        origin[0] = -axes[0][-1]
    points, faces = surface_nets(values, origin, step)
    return make_part(relaxed(solid, points, faces, relax), faces, material)


def edges_of(faces: list[tuple[int, ...]]) -> IntArray:
    """Unique undirected edges (E, 2)."""
    corners = np.fromiter(chain.from_iterable(faces), np.int64)
    sizes = np.fromiter(map(len, faces), np.int64, len(faces))
    following = np.roll(corners, -1)
    ends = np.cumsum(sizes) - 1
    following[ends] = corners[ends + 1 - sizes]
    count = corners.max() + 1
    numbers = np.unique(np.minimum(corners, following) * count + np.maximum(corners, following))
    return np.stack([numbers // count, numbers % count], axis=1)


def heights_of(part: Part) -> Array:
    """Return the height of each face's middle (F,), for a part of quads only."""
    return part.points[np.array(part.faces), 2].mean(axis=1)


def neighbour_mean(values: Array, edges: IntArray) -> Array:
    """For each vertex the mean of its neighbours' values (N, k)."""
    total = np.zeros_like(values)
    degree = np.zeros(len(values))
    for a, b in ((0, 1), (1, 0)):
        np.add.at(total, edges[:, a], values[edges[:, b]])
        np.add.at(degree, edges[:, a], 1.0)
    return total / np.maximum(degree, 1.0).reshape(-1, *[1] * (values.ndim - 1))


def relaxed(solid: Field, points: Array, faces: list[tuple[int, ...]], rounds: int) -> Array:
    """Evenly spread vertices that lie on the field's zero level."""
    edges = edges_of(faces)
    for _ in range(rounds):
        points = project(solid, 0.5 * (points + neighbour_mean(points, edges)), 1)
    return project(solid, points, 2)


def loft(rings: Array, material: str, closed: bool = True, cap_start: bool = False, cap_end: bool = False) -> Part:
    """Quads between rings (R, N, 3); ``closed`` joins the ends of each ring, caps are fans about the ring's centre.

    Faces look outward when each ring turns counterclockwise seen against the direction of the rings.
    """
    count, n = rings.shape[:2]
    points = rings.reshape(-1, 3)
    faces: list[tuple[int, ...]] = []
    last = n if closed else n - 1
    for r in range(count - 1):
        for i in range(last):
            j = (i + 1) % n
            faces.append((r * n + i, r * n + j, (r + 1) * n + j, (r + 1) * n + i))
    for wanted, ring, turn in ((cap_start, 0, -1), (cap_end, count - 1, 1)):
        if wanted:
            points = np.concatenate([points, points[ring * n : (ring + 1) * n].mean(axis=0, keepdims=True)])
            centre = len(points) - 1
            for i in range(n):
                a, b = ring * n + i, ring * n + (i + 1) % n
                faces.append((a, b, centre) if turn > 0 else (b, a, centre))
    return make_part(points, faces, material)


def frame_along(axis: Array, hint: Array) -> tuple[Array, Array, Array]:
    """Right-handed unit frame whose third vector is ``axis``."""
    z = axis / np.linalg.norm(axis)
    x = hint - z * (hint @ z)
    x /= np.linalg.norm(x)
    return x, np.cross(z, x), z


def band(
    solid: Field,
    centre: Array,
    axis: Array,
    width: float,
    lift: float,
    material: str,
    segments: int = 28,
    reach: float = 0.3,
) -> Part:
    """A rounded belt (cuff, hem, collar) that hugs the solid about ``axis`` and hides the seam beneath it."""
    x, y, z = frame_along(axis, np.array([0.0, -1.0, 0.013]) if abs(axis[1]) < 0.9 else np.array([1.0, 0.0, 0.0]))
    angles = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
    directions = np.cos(angles)[:, None] * x + np.sin(angles)[:, None] * y
    profile = [
        (-0.5, -0.006),
        (-0.5, 0.55 * lift),
        (-0.36, lift),
        (0.0, 1.12 * lift),
        (0.36, lift),
        (0.5, 0.55 * lift),
        (0.5, -0.006),
    ]
    base = [
        cast(solid, np.tile(centre + z * width * s, (segments, 1)), directions, 0.0, reach) for s in (-0.36, 0.0, 0.36)
    ]
    hug = np.minimum.reduce(base) * 0.5 + np.mean(base, axis=0) * 0.5
    rings = np.stack([centre + z * (width * s) + directions * (hug + rise)[:, None] for s, rise in profile])
    return loft(rings, material)
