"""Thin Keys: fewer keys in what characters play. A take is thinned itself, any other animation as a new action."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import bpy

from ..rig.channel import bone_path
from ..rig.curves import Tolerance, world_scale
from ..rig.keying import TAKE_NUMBER
from ..rig.measure import skinned_meshes
from ..rig.played import played, put_on
from ..rig.thinning import Thinned, ThinnedSlot, thinned_slot_in_steps
from ..rig.written import remember_written
from ..runtime_api import errors, relayed


@dataclass(frozen=True)
class ThinPlan:
    """Fewer keys for what characters play, and how many: ``slots`` by action and slot, and who plays each action."""

    count: Thinned
    slots: Mapping[tuple[bpy.types.Action, str], ThinnedSlot]
    players: Mapping[bpy.types.Action, Sequence[Any]]


def plan_thinning_in_steps(
    armatures: Sequence[bpy.types.Object],
    tolerance: Tolerance,
    bones: Mapping[int, Collection[str]] | None = None,
    seconds: float = 0.02,
) -> Generator[float, None, ThinPlan]:
    """Return fewer keys for what armatures and the shapes of their meshes play, in steps of about as many
    ``seconds``; nothing is written.

    ``bones``: the names of the only bones that are thinned, by the armature's ``session_uid``; shapes stay then. Keys
    of a person stay. An action that is no take stays as it is, and a thinned copy is played in its place. Raises
    ``InvalidRequest`` where there is no action, it cannot be edited, or no key can be left out. Begin anew where an
    action was changed in between.
    """
    players: dict[bpy.types.Action, list[Any]] = {}
    orders: dict[tuple[bpy.types.Action, str], tuple[Any, Tolerance, tuple[str, ...]]] = {}
    for armature in armatures:
        chosen = None if bones is None else bones.get(armature.session_uid, ())
        own = replace(tolerance, unit=world_scale(armature))
        for owner, action, slot in _players(armature, chosen is None):
            players.setdefault(action, []).append(owner)
            paths = tuple(bone_path(bone) for bone in chosen or ())
            if chosen is None or paths:
                orders.setdefault((action, slot.identifier), (slot, own, paths))
    plans: dict[tuple[bpy.types.Action, str], ThinnedSlot] = {}
    for number, ((action, identifier), order) in enumerate(orders.items()):
        steps = thinned_slot_in_steps(action, *order, seconds)
        plans[action, identifier] = yield from relayed(steps, partial(_of_all, number, len(orders)))
    count = sum((plan.count for plan in plans.values()), Thinned())
    if not plans:
        raise errors.InvalidRequest("Nothing that is chosen plays an action; select an armature with keys.")
    if count.after == count.before:
        raise errors.InvalidRequest("No key can be left out within this tolerance; allow more.")
    return ThinPlan(count, plans, players)


def _of_all(number: int, all_of_them: int, share: float) -> float:
    return (number + share) / all_of_them


def write_thinned(plan: ThinPlan) -> None:
    """Write the keys of a plan."""
    for action, owners in plan.players.items():
        slots = {identifier: slot for (of, identifier), slot in plan.slots.items() if of == action and slot.keys}
        if slots:
            _write(action, owners, slots)


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
