"""Keeping a stretch that was generated anew, or going back to the take before."""

from __future__ import annotations

import bpy

from ..rig.take_action import actions_before
from ..scene.stretch import Stretch
from .library import Take, play, shown, summary_of, takes_in

_KEPT = "interact_stretch_kept"  # custom property of the action of a stretch that a person wants to keep


def undecided(scene: bpy.types.Scene) -> Take | None:
    """Return the take that is shown, if it is a stretch that nobody has kept or rejected yet.

    An actor that was left out of the newest take plays an older one still; that one was built upon, so nobody is asked
    about it. A panel may ask at every redraw: nothing is read but the actions that are shown.
    """
    playing = [(action, record) for action in shown(scene) if action is not None and (record := summary_of(action))]
    newest = max((record.take for _, record in playing), default=0)
    for action, record in playing:
        if record.take == newest and record.stretch.get("asks") and not action.get(_KEPT):
            return next((take for take in takes_in(scene) if action in take.written), None)
    return None


def stretch_of(take: Take) -> Stretch:
    """Return the stretch that was generated for a take."""
    stretch = take.summary.stretch
    return Stretch(stretch["first"], stretch["last"], {name: tuple(parts) for name, parts in stretch["parts"].items()})


def accept(scene: bpy.types.Scene) -> None:
    """Keep the stretch that is shown."""
    take = undecided(scene)
    for action in take.written if take is not None else ():
        action[_KEPT] = True


def reject(scene: bpy.types.Scene) -> None:
    """Show again what was active before the stretch, and remove its actions; its performance's file stays."""
    take = undecided(scene)
    if take is None:
        return
    for actor, action in zip(scene.interact.actors, take.actions):
        if action in take.written and actor.armature is not None:
            for before in actions_before(action):
                play(actor.armature, before)
    for action in take.written:
        bpy.data.actions.remove(action)
