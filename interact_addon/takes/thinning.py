"""Thin Keys: fewer keys in what characters play. A take is thinned itself, any other animation as a new action."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import bpy

from ..rig.channel import bone_path
from ..rig.curves import Tolerance, world_scale
from ..rig.keying import TAKE_NUMBER
from ..rig.measure import skinned_meshes
from ..rig.played import played, put_on
from ..rig.thinning import Thinned, ThinnedSlot, thinned_slot
from ..rig.written import remember_written
from ..runtime_api import errors


def thin_keys(
    armatures: Sequence[bpy.types.Object], tolerance: Tolerance, bones: Mapping[int, Collection[str]] | None = None
) -> Thinned:
    """Thin the keys that armatures and the shapes of their meshes play, and return how many are left.

    ``bones``: the names of the only bones that are thinned, by the armature's ``session_uid``; shapes stay then. Keys
    of a person stay. An action that is no take stays as it is, and a thinned copy is played in its place. Raises
    ``InvalidRequest``, with nothing changed, where there is no action, it cannot be edited, or no key can be left out.
    """
    plans: dict[tuple[bpy.types.Action, str], ThinnedSlot] = {}
    players: dict[bpy.types.Action, list[Any]] = {}
    for armature in armatures:
        chosen = None if bones is None else bones.get(armature.session_uid, ())
        own = replace(tolerance, unit=world_scale(armature))
        for owner, action, slot in _players(armature, chosen is None):
            players.setdefault(action, []).append(owner)
            paths = tuple(bone_path(bone) for bone in chosen or ())
            if (action, slot.identifier) not in plans and (chosen is None or paths):
                plans[action, slot.identifier] = thinned_slot(action, slot, own, paths)
    count = sum((plan.count for plan in plans.values()), Thinned())
    if not plans:
        raise errors.InvalidRequest("Nothing that is chosen plays an action; select an armature with keys.")
    if count.after == count.before:
        raise errors.InvalidRequest("No key can be left out within this tolerance; allow more.")
    for action, owners in players.items():
        slots = {identifier: plan for (of, identifier), plan in plans.items() if of == action and plan.keys}
        if slots:
            _write(action, owners, slots)
    return count


def _players(armature: bpy.types.Object, with_shapes: bool) -> Iterator[tuple[Any, bpy.types.Action, Any]]:
    """Yield an armature and the shape keys of its meshes with the actions and slots that they play.

    Raises ``InvalidRequest`` where one cannot be edited.
    """
    meshes = [mesh.data for mesh in skinned_meshes(armature)] if with_shapes else []
    blocks = [armature, *(mesh.shape_keys for mesh in meshes)]  # type: ignore[union-attr]
    for block in blocks:
        action, slot = played(block)
        if block is None or action is None or slot is None:
            continue
        if block.animation_data.use_tweak_mode:
            raise errors.InvalidRequest(f"An NLA strip of '{block.name}' is open in tweak mode; leave it (Tab) first.")
        if block.library is not None and block.override_library is None:
            raise errors.InvalidRequest(f"'{block.name}' is linked from another file; make a library override first.")
        yield block, action, slot


def _write(action: bpy.types.Action, owners: Sequence[Any], slots: dict[str, ThinnedSlot]) -> None:
    """Write new keys into a take, or into a copy of another action that its players get."""
    is_take = TAKE_NUMBER in action and action.library is None
    target = action if is_take else action.copy()
    if not is_take:
        action.use_fake_user = target.use_fake_user = True
        target.name = f"{action.name} thinned"
        for owner in owners:
            put_on(owner, target, target.slots[played(owner)[1].identifier])
    for identifier, plan in slots.items():
        slot = target.slots[identifier]
        plan.write(target, slot)
        if is_take:
            remember_written(target, slot, {path for path, _ in plan.keys})
    for owner in owners:
        owner.update_tag()
