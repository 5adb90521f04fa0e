"""Furniture that bodies keep clear of: the meshes of the chosen collection, as distances on a grid in the world.

Each mesh is measured as it stands and is seen now. Distances are those of Blender's search tree. What is inside is
counted along the three axes, as often as a ray has gone in more than out: parts that cut into each other, flipped
normals and open meshes are no obstacle to that.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ..rig.cast import CastActor
from ..runtime_api import Array, contract, errors, finished
from .evaluated import view_layer

SHAPED = frozenset({"MESH", "CURVE", "SURFACE", "FONT", "META"})
_FINEST, _MARGIN = 0.02, 0.12  # metres between corners, and beyond the thing on each side
_CORNERS = 80_000  # about so many of one thing
_FURTHEST = 127 * contract.DISTANCE_STEP  # metres; what is further from the surface is as far
_CORNERS_A_STEP, _RAYS_A_STEP = 1500, 300  # some milliseconds
_MOST_TRIANGLES = 500_000
_ONWARD = 1e-5  # metres from one hit of a ray to where it goes on
_BESIDE = 0.0113  # of a cell, by which rays miss edges that lie on the grid
_MOST_KNOWN = 64

_known: dict[tuple[Any, ...], contract.Obstacle] = {}  # at its place in the world, by what it was measured from


def furniture(scene: bpy.types.Scene, cast: Sequence[CastActor] = ()) -> tuple[contract.Obstacle, ...]:
    """Return the furniture of a scene in the world. Raises ``InvalidRequest`` where it is too much."""
    return finished(furniture_in_steps(lambda: scene, cast))


def furniture_in_steps(
    find_scene: Callable[[], bpy.types.Scene], cast: Sequence[CastActor] = ()
) -> Generator[None, None, tuple[contract.Obstacle, ...]]:
    """Do the same in steps of some milliseconds. The scene is found anew in each of them.

    ``cast``: characters, whose own meshes are no furniture.
    """
    found = []
    for name, points, triangles, seated in _things(find_scene(), cast):
        key = (zlib.crc32(points.tobytes()), zlib.crc32(triangles.tobytes()), len(points))
        if key not in _known:
            yield
            thing = yield from _measured(points, triangles)
            if len(_known) >= _MOST_KNOWN:
                _known.pop(next(iter(_known)))
            _known[key] = thing
        found.append(replace(_known[key], name=name, seated=seated))
    return tuple(found)


def on_the_floor(things: Sequence[contract.Obstacle], floor: float) -> tuple[contract.Obstacle, ...]:
    """Return furniture as a request has it, whose floor lies at 0."""
    return tuple(thing.moved((0.0, 0.0, floor), 1.0) if floor else thing for thing in things)


_Thing = tuple[str, Array, Array, tuple[int, ...]]  # name, points (V, 3), triangles (F, 3), who sits on it


def _things(scene: Any, cast: Sequence[CastActor]) -> list[_Thing]:
    """Return what is seen of the chosen collection: instances too, but nothing that a character wears."""
    collection = scene.interact.furniture
    if collection is None:
        return []
    chosen = set(collection.all_objects)
    armatures = {character.armature.uid for character in cast}
    layer = view_layer(scene)
    layer.update()
    found: list[_Thing] = []
    for instance in layer.depsgraph.object_instances:
        shown = instance.object
        owner = instance.parent.original if instance.is_instance and instance.parent else shown.original
        worn = shown.original.find_armature()
        if owner not in chosen or shown.type not in SHAPED or (worn and worn.session_uid in armatures):
            continue
        points, triangles = _triangles(shown, np.array(instance.matrix_world))
        if len(triangles):
            seats = tuple(number for number, actor in enumerate(scene.interact.actors) if actor.seat == owner)
            found.append((owner.name, points, triangles, seats))
    if len(found) > contract.MOST_OBSTACLES:
        raise errors.InvalidRequest(
            f"The collection '{collection.name}' holds {len(found)} things; choose one with what stands in reach as "
            f"furniture, {contract.MOST_OBSTACLES} at the most."
        )
    return found


def _triangles(shown: bpy.types.Object, matrix: Array) -> tuple[Array, Array]:
    """Return the points (V, 3) in the world and the triangles (F, 3) of an evaluated object."""
    mesh = shown.to_mesh()
    if mesh is None:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)
    try:
        mesh.calc_loop_triangles()
        if len(mesh.loop_triangles) > _MOST_TRIANGLES:
            raise errors.InvalidRequest(
                f"'{shown.name}' has {len(mesh.loop_triangles)} triangles; use a simpler mesh of it as furniture."
            )
        points, triangles = np.zeros((len(mesh.vertices), 3), np.float32), np.zeros((len(mesh.loop_triangles), 3), "i4")
        mesh.vertices.foreach_get("co", points.reshape(-1))
        mesh.loop_triangles.foreach_get("vertices", triangles.reshape(-1))
    finally:
        shown.to_mesh_clear()
    return (points @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32), triangles


def _measured(points: Array, triangles: Array) -> Generator[None, None, contract.Obstacle]:
    """Return the thing of these triangles, in steps."""
    used = points[np.unique(triangles)].astype(np.float64)
    least, most = used.min(0) - _MARGIN, used.max(0) + _MARGIN
    cell = max(_FINEST, float(np.prod(most - least) / _CORNERS) ** (1.0 / 3.0))
    counts = np.ceil((most - least) / cell).astype(int) + 1
    if np.prod(counts) > contract.MOST_CORNERS or cell > 0.25:
        raise errors.InvalidRequest(
            "A thing in the furniture is too large to be measured; leave floor, walls and landscape out of its "
            "collection."
        )
    tree = BVHTree.FromPolygons(points.tolist(), triangles.tolist())
    yield
    axes = [start + cell * np.arange(count) for start, count in zip(least, counts)]
    corners = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    distance = np.full(len(corners), _FURTHEST, np.float32)
    for begin in range(0, len(corners), _CORNERS_A_STEP):
        for k in range(begin, min(begin + _CORNERS_A_STEP, len(corners))):
            found = tree.find_nearest(corners[k], _FURTHEST)[3]
            if found is not None:
                distance[k] = found
        yield
    inside = yield from _inside(tree, axes, cell)
    signed = np.where(inside, -1.0, 1.0) * distance.reshape(counts)
    steps = np.round(signed / contract.DISTANCE_STEP)  # as a request carries it
    x, y, z = (float(value) for value in least)
    return contract.Obstacle("", (x, y, z), cell, (steps * contract.DISTANCE_STEP).astype(np.float32))


def _inside(tree: BVHTree, axes: Sequence[Array], cell: float) -> Generator[None, None, Array]:
    """Return which corners (X, Y, Z) are inside, as most of the three axes say that know it."""
    shape = tuple(len(axis) for axis in axes)
    votes, knows = np.zeros(shape, np.int8), np.zeros(shape, np.int8)
    for along in range(3):
        others = [axis for axis in range(3) if axis != along]
        columns = np.stack(np.meshgrid(*(np.arange(shape[axis]) for axis in others), indexing="ij"), -1).reshape(-1, 2)
        for number, (i, j) in enumerate(columns.tolist()):
            start = np.zeros(3)
            start[along] = axes[along][0]
            start[others[0]] = axes[others[0]][i] + _BESIDE * cell
            start[others[1]] = axes[others[1]][j] - _BESIDE * cell
            at: list[Any] = [slice(None)] * 3
            at[others[0]], at[others[1]] = i, j
            depth = _entered(tree, start, along, axes[along])
            if depth is not None:
                knows[tuple(at)] += 1
                votes[tuple(at)] += depth
            if number % _RAYS_A_STEP == 0:
                yield
    return 2 * votes > knows


def _entered(tree: BVHTree, start: Array, along: int, places: Array) -> Array | None:
    """Return which ``places`` (N,) of a ray along an axis are inside; None where it leaves a thing it never entered."""
    direction = Vector([float(axis == along) for axis in range(3)])
    at, left, hits = Vector(start), float(places[-1] - places[0]), []
    while left > 0.0:
        place, normal, _, far = tree.ray_cast(at, direction, left)
        if place is None:
            break
        hits.append((place[along], 1 if normal[along] < 0.0 else -1))
        at, left = place + _ONWARD * direction, left - far - _ONWARD
    if not hits:
        return np.zeros(len(places), bool)
    if sum(step for _, step in hits):
        return None
    where, steps = np.array(hits).T
    entered = np.concatenate([[0.0], np.cumsum(steps)])
    inside: Array = entered[np.searchsorted(where, places)] != 0.0
    return inside
