"""Which slot of a take's action plays on what: the owners may have been renamed since the take was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..rig.channel import shape_path
from ..rig.curves import curves_of
from ..rig.played import played


def slot_for_armature(action: bpy.types.Action, armature: bpy.types.Object) -> Any | None:
    """Return the slot of an action for an armature: the one of its name, else the first for objects, else None."""
    slots = [slot for slot in action.slots if slot.target_id_type in ("OBJECT", "UNSPECIFIED")]
    return next((slot for slot in slots if slot.name_display == armature.name), slots[0] if slots else None)


def slots_for_keys(action: bpy.types.Action, meshes: Sequence[bpy.types.Object]) -> list[tuple[bpy.types.Key, Any]]:
    """Return the slot of an action for the shape keys of each mesh that it has curves for.

    A slot is named after its mesh. Where none of that name is left, it goes to the mesh that has most of its shapes.
    """
    slots = [slot for slot in action.slots if slot.target_id_type == "KEY"]
    free = {mesh.name: mesh.data.shape_keys for mesh in meshes if mesh.data.shape_keys is not None}
    found: list[tuple[bpy.types.Key, Any]] = []

    def give(name: str, slot: Any) -> None:
        block = free[name]
        found.append((block, slot))
        for one in [mesh for mesh, keys in free.items() if keys == block]:  # meshes may share their keys
            del free[one]

    renamed = [slot for slot in slots if slot.name_display not in free]
    for slot in slots:
        if slot.name_display in free:
            give(slot.name_display, slot)
    for slot in renamed:
        paths = {curve.data_path for curve in curves_of(action, slot)}
        shares = [(_share(block, paths), name) for name, block in free.items()]
        most, name = max(shares, default=(0.0, ""))
        if most > 0.5:
            give(name, slot)
    return found


def _share(block: bpy.types.Key, paths: set[str]) -> float:
    """Return which share of the curves' paths a block of shape keys has."""
    return len(paths & {shape_path(key.name) for key in block.key_blocks}) / max(len(paths), 1)


def slots_for_objects(
    action: bpy.types.Action, objects: Sequence[bpy.types.Object]
) -> list[tuple[bpy.types.Object, Any]]:
    """Return the slot of an action for each object that has one there: the one that it plays, or that has its name."""
    found = []
    for obj in objects:
        _, playing = played(obj)
        named = next((slot for slot in action.slots if slot.name_display == obj.name), None)
        slot = action.slots.get(playing.identifier) if playing is not None else None
        if (slot or named) is not None:
            found.append((obj, slot or named))
    return found
