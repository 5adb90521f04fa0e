"""Two takes side by side: copies of both characters that play the other one, in a collection of their own.

The copies are for looking: they cannot be selected, are left out of renders, and go when the comparison ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import bpy
from mathutils import Vector

from ..rig.measure import skinned_meshes
from ..rig.take_action import show_action
from .library import Take
from .slots import slot_for_armature, slots_for_keys

_MARK = "interact_comparison"  # custom property of the collection that holds the copies
_ROOM = 0.6  # metres that a body needs beside another
_LEVEL = 0.1  # of a camera's right that is left over the floor
Copies = Mapping[bpy.types.Object, bpy.types.Object]


def comparison_in(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """Return the collection that holds the copies; None while nothing is compared."""
    return next((one for one in scene.collection.children if _MARK in one), None)


def compare(
    scene: bpy.types.Scene, take: Take, title: str, offset: tuple[float, float, float], as_ghost: bool
) -> bpy.types.Collection:
    """Show a take beside the one that plays, ``offset`` metres away, or in its place ``as_ghost``, drawn as wires.

    A comparison that is there already ends first.
    """
    end_comparison(scene)
    place = bpy.data.collections.new(f"InterAct: {title}")
    place[_MARK] = True
    scene.collection.children.link(place)
    for actor, action in zip(scene.interact.actors, take.actions):
        if actor.armature is None or action is None:
            continue
        copies = _copy_character(actor.armature)
        for copy in copies.values():
            place.objects.link(copy)
            copy.hide_select = copy.hide_render = True
            if as_ghost and copy.type == "MESH":
                copy.display_type = "WIRE"
        _play(actor.armature, copies, action)
        bpy.context.view_layer.update()  # copies have no place in the world yet
        _move_away(copies, offset)
    return place


def beside(scene: bpy.types.Scene) -> tuple[float, float, float]:
    """Return an offset (metres) at which copies are seen beside both actors, not behind them nor out of the picture.

    That is to the right of the scene's camera and a step back, over the floor: half of the way between the two as the
    camera sees them, where that leaves room for a body, else past both. Without a camera, or from above, it is along Y.
    """
    right = Vector((0.0, 0.0, 0.0))
    if scene.camera is not None:
        right = scene.camera.matrix_world.to_3x3() @ Vector((1.0, 0.0, 0.0))
        right.z = 0.0
    if right.length < _LEVEL:
        return 0.0, 2.5, 0.0
    right.normalize()
    rigs = [actor.armature for actor in scene.interact.actors if actor.armature is not None]  # type: ignore[attr-defined]
    places = [(rig.matrix_world @ rig.pose.bones[0].head).dot(right) for rig in rigs] or [0.0]
    apart = max(places) - min(places)
    back = Vector((-right.y, right.x, 0.0))
    x, y, z = right * (apart / 2 if apart > 2 * _ROOM else apart + _ROOM) + back * _ROOM
    return x, y, z


def end_comparison(scene: bpy.types.Scene) -> bool:
    """Remove the copies of a comparison and all that is theirs; return whether there was one."""
    place = comparison_in(scene)
    if place is None:
        return False
    copies = list(place.objects)
    meshes = [copy.data for copy in copies if copy.type == "MESH"]
    bpy.data.batch_remove([*copies, place])
    bpy.data.batch_remove([mesh for mesh in meshes if not mesh.users])
    return True


def _copy_character(armature: bpy.types.Object) -> dict[bpy.types.Object, bpy.types.Object]:
    """Return copies of an armature and its meshes, by original; they point to each other as the originals do."""
    copies = {armature: armature.copy()}
    for mesh in skinned_meshes(armature):
        copies[mesh] = mesh.copy()
        copies[mesh].data = mesh.data.copy()  # with shape keys of its own, which play the other take
    for copy in copies.values():
        copy.parent = copies.get(copy.parent, copy.parent)
        owners = [copy, getattr(copy.data, "shape_keys", None)]
        for thing in (*_that_point(copy), *(_driver_targets(owner) for owner in owners if owner is not None)):
            for one in thing if isinstance(thing, list) else [thing]:
                _point_to(one, copies)
    return copies


def _that_point(copy: bpy.types.Object) -> Iterator[Any]:
    """Yield what may point to another object: modifiers, constraints of object and bones."""
    yield from copy.modifiers
    bones = copy.pose.bones if copy.pose is not None else ()
    for constraint in (*copy.constraints, *(one for bone in bones for one in bone.constraints)):
        yield constraint
        yield from getattr(constraint, "targets", ())


def _driver_targets(owner: Any) -> list[Any]:
    drivers = owner.animation_data.drivers if owner.animation_data is not None else ()
    return [target for curve in drivers for variable in curve.driver.variables for target in variable.targets]


def _point_to(thing: Any, copies: Copies) -> None:
    """Let everything that points to an original point to its copy."""
    for prop in thing.bl_rna.properties:
        if prop.type != "POINTER" or prop.is_readonly:
            continue
        original = getattr(thing, prop.identifier)
        if isinstance(original, bpy.types.Object) and original in copies:
            setattr(thing, prop.identifier, copies[original])


def _play(armature: bpy.types.Object, copies: Copies, action: bpy.types.Action) -> None:
    """Let the copies play an action, each in the slot of its original."""
    slot = slot_for_armature(action, armature)
    if slot is not None:
        show_action(copies[armature], action, slot)
    keys = {mesh.data.shape_keys: copy.data.shape_keys for mesh, copy in copies.items() if mesh.type == "MESH"}
    for block, slot in slots_for_keys(action, [one for one in copies if one.type == "MESH"]):
        show_action(keys[block], action, slot)


def _move_away(copies: Copies, offset: tuple[float, float, float]) -> None:
    """Move those copies that hang on no other copy."""
    for copy in copies.values():
        if copy.parent not in copies.values():
            world = copy.matrix_world.copy()
            world.translation = [place + way for place, way in zip(world.translation, offset)]
            copy.matrix_world = world
