"""The action of a take: a new one for every generation. What was there before stays as it is.

One layered action an actor, with a slot for the armature and one for each face mesh's shape keys. The action that was
active is kept with a fake user and listed as "before"; NLA tracks and strips are not touched.
"""

from __future__ import annotations

from typing import Any

import bpy

from .. import compat
from .amplitude import AMPLITUDES_OF_ACTION
from .played import played, put_on, strip_under_layers
from .written import WRITTEN

BEFORE = "interact_before"  # custom property of a take's action: what was active, owner by owner
_LONGEST_NAME = 63  # bytes of UTF-8 that Blender 4.5 keeps of a data-block's name


def take_name(actor: str, number: int) -> str:
    """Return "Anna Take 3"; of a name that is too long the beginning, so that Blender cuts no number off."""
    kind = f" Take {number}"
    room = _LONGEST_NAME - len(kind.encode())
    return actor.encode()[:room].decode("utf-8", "ignore").rstrip() + kind


def new_take_action(name: str, continued: bpy.types.Action | None = None) -> bpy.types.Action:
    """Return a new action, empty or with the curves of ``continued``; it is kept though nothing may use it."""
    if continued is None:
        action = bpy.data.actions.new(name)
    else:
        action = continued.copy()
        action.name = name
        for record in set(action.keys()) - {AMPLITUDES_OF_ACTION, WRITTEN}:  # of the take it may have been
            del action[record]
    action.use_fake_user = True
    action[BEFORE] = {}
    return action


def give_action(owner: Any, action: bpy.types.Action, slot_name: str, id_type: str) -> Any:
    """Make ``action`` the active action of ``owner`` and return its channelbag for it.

    Tweak mode is left, and the action plays over all NLA tracks at full influence. The action that was active is kept.
    """
    animation = owner.animation_data or owner.animation_data_create()
    if animation.use_tweak_mode:
        animation.use_tweak_mode = False  # what is active then is what is kept
    before, slot = played(owner)
    if before is not None and before != action:
        kept = action[BEFORE].to_dict()
        kept[str(len(kept))] = {"owner": slot_name, "action": before, "slot": slot.identifier if slot else ""}
        action[BEFORE] = kept
    identifier = slot.identifier if slot is not None else ""
    slot = action.slots.get(identifier) or action.slots.new(id_type, slot_name)
    show_action(owner, action, slot)
    return compat.channelbag(action, slot)


def show_action(owner: Any, action: bpy.types.Action, slot: Any) -> None:
    """Make ``action`` the active action of ``owner``: it plays over all NLA tracks at full influence.

    Where the owner has layers, it plays under those and over the tracks beneath. Tweak mode is left. The action that
    was played gets a fake user, so that it is saved although nothing uses it.
    """
    animation = owner.animation_data or owner.animation_data_create()
    if animation.use_tweak_mode:
        animation.use_tweak_mode = False
    before, _ = played(owner)
    if before is not None and before != action:
        before.use_fake_user = True
    put_on(owner, action, slot)
    if strip_under_layers(owner) is None:
        animation.action_blend_type, animation.action_influence = "REPLACE", 1.0
        animation.action_extrapolation = "HOLD"


def relate_curves(owner: Any) -> None:
    """Assign the action once more, so that Blender links its curves to the properties anew.

    Otherwise, in a file just loaded, an armature that is off in viewports keeps its old pose, and so do the meshes that
    it moves, until something else changes. Seen on 4.5 to 5.2.
    """
    action, slot = played(owner)
    if action is not None:
        put_on(owner, action, slot)


def actions_before(action: bpy.types.Action) -> list[bpy.types.Action]:
    """Return the actions that a take's action took the place of."""
    kept = action.get(BEFORE)
    found = [] if kept is None else [entry["action"] for entry in kept.values()]
    return list(dict.fromkeys(before for before in found if before is not None))
