"""Picking contact points with the mouse: the point of a character that lies nearest to where a ray meets its skin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..properties import OBJECT, actor_name
from ..rig.body_shape import body_shape_of
from ..rig.measure import STANDS_FOR_A_BODY, skinned_meshes
from ..rig.read_back import seen_now
from ..runtime_api import Array, contacts, errors
from .casting import character_of

_NEAR = 0.05  # metres from a ray up to which a point is picked that has no skin in front of the ray
_STEP = 0.001  # metres behind a surface that is looked through
_MOST_LOOKED_THROUGH = 32
_ACROSS = 0.15  # metres that a point counts as further away whose skin is turned away from the ray

hovered: Picked | None = None  # under the mouse while points are picked: it is drawn in the 3D views


@dataclass(frozen=True, eq=False)
class Picked:
    """What is under a ray at a ``place`` (3,): a ``point`` of the actor with a ``number``, or an ``object``."""

    place: Array
    number: int = -1
    point: str = ""
    object: bpy.types.Object | None = None

    def named(self, scene: bpy.types.Scene) -> str:
        """Return it in words: ``Mia's right palm``."""
        if self.object is not None:
            return self.object.name
        actor = scene.interact.actors[self.number]  # type: ignore[attr-defined]
        return f"{actor_name(actor)}'s {self.point.replace('_', ' ')}"


class Pickable:
    """Both characters as they stand at a frame, to pick points of. Raises ``InvalidRequest`` where one is gone."""

    def __init__(self, scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
        self.frame = scene.frame_current_final
        self._bodies: list[contacts.Body] = []
        self._of_mesh: dict[int, int] = {}
        for number, actor in enumerate(scene.interact.actors):  # type: ignore[attr-defined]
            character = character_of(actor)
            motion, rest = seen_now(character, graph), character.rest
            root = motion.root_positions + np.array([0.0, 0.0, rest.floor], np.float32)
            shape = body_shape_of(character, actor.thickness)
            self._bodies.append(contacts.Body(shape, rest.skeleton, root, motion.rotations, rest.floor))
            self._of_mesh |= {mesh.session_uid: number for mesh in skinned_meshes(actor.armature)}

    def points(self, number: int) -> Array:
        """Return the contact points (P, 3) of an actor, metres."""
        places: Array = self._bodies[number].points[0]
        return places

    def under(
        self, scene: bpy.types.Scene, graph: bpy.types.Depsgraph, origin: Array, direction: Array
    ) -> Picked | None:
        """Return what lies under a ray, ``direction`` of length 1; None where there is nothing near."""
        for place, obj in _hits(scene, graph, origin, direction):
            number = self._of_mesh.get(obj.session_uid, -1)
            if number < 0:
                return Picked(place, object=obj)
            return self._nearest(number, np.linalg.norm(self.points(number) - place, axis=-1), direction)
        found = [self._near_ray(number, origin, direction) for number in range(len(self._bodies))]
        number = int(np.argmin([away.min() for away in found]))
        return self._nearest(number, found[number], direction) if found[number].min() < _NEAR else None

    def _near_ray(self, number: int, origin: Array, direction: Array) -> Array:
        """Return how far (P,) points are from a ray; those behind its origin are far."""
        way = self.points(number) - origin
        along = way @ direction
        return np.where(along > 0.0, np.linalg.norm(way - along[:, None] * direction, axis=-1), np.inf)

    def _nearest(self, number: int, away: Array, direction: Array) -> Picked:
        """Return the point that is nearest, of chest and back that which is turned to the ray."""
        turned = np.maximum(self._bodies[number].normals[0] @ direction, 0.0)
        index = int(np.argmin(away + _ACROSS * turned))
        return Picked(self.points(number)[index], number, self._bodies[number].shape.points[index])


def _hits(
    scene: bpy.types.Scene, graph: bpy.types.Depsgraph, origin: Array, direction: Array
) -> Iterator[tuple[Array, bpy.types.Object]]:
    """Yield where a ray meets something, and what; the bodies that a check made are looked through."""
    start, way = Vector(origin), Vector(direction)
    for _ in range(_MOST_LOOKED_THROUGH):
        is_hit, place, _, _, obj, _ = scene.ray_cast(graph, start, way)
        if not is_hit:
            return
        if STANDS_FOR_A_BODY not in obj:
            yield np.array(place, np.float32), obj
        start = place + _STEP * way


def choose(scene: bpy.types.Scene, first: Picked, second: Picked) -> None:
    """Choose what was picked as the next contact; an object is touched at an empty that is put there.

    Raises ``InvalidRequest`` where a point would touch itself, or the first is none of a character.
    """
    choice = scene.interact.contact  # type: ignore[attr-defined]
    if first.object is not None:
        raise errors.InvalidRequest("Click a character first, and then what it touches.")
    if (first.number, first.point) == (second.number, second.point):
        raise errors.InvalidRequest("A point cannot touch itself; click another.")
    choice.who, choice.point = str(first.number), first.point
    if second.object is None:
        choice.whom, choice.other_point = str(second.number), second.point
        return
    choice.whom, choice.target = OBJECT, _empty_at(scene, second)


def _empty_at(scene: bpy.types.Scene, picked: Picked) -> bpy.types.Object:
    """Return a new empty at a place on an object, that goes with it."""
    on: Any = picked.object
    empty = bpy.data.objects.new(f"Contact on {on.name}", None)
    empty.empty_display_type, empty.empty_display_size = "SPHERE", 0.02
    scene.collection.objects.link(empty)
    empty.parent = on
    empty.matrix_parent_inverse = on.matrix_world.inverted_safe()
    empty.location = Vector(picked.place)
    return empty
