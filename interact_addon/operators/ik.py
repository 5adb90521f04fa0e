"""IK controls of a take: keyed from its FK, so that an animator can go on with either."""

from __future__ import annotations

from functools import partial

import bpy
from bpy.props import EnumProperty

from ..scene.ik import plan_ik_of_takes_in_steps, why_no_ik, write_ik_of_takes
from .stepping import FindScene, InSteps, Steps, Told, Work


class INTERACT_OT_key_ik_controls(InSteps, bpy.types.Operator):
    """Key the IK controls of arms and legs in the takes that the actors play, so that IK shows the same motion as FK"""

    bl_idname = "interact.key_ik_controls"
    bl_label = "Key IK Controls"

    play: EnumProperty(  # type: ignore[valid-type]
        name="Then Play",
        items=(
            ("IK", "Then Play IK", "Both are keyed, and IK is switched on"),
            ("FK", "Then Play FK", "Both are keyed, and FK stays switched on"),
        ),
        options={"SKIP_SAVE"},
        description="Which of the two moves the limbs once both are keyed",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_no_ik(context.scene)
        if reason:
            cls.poll_message_set(reason)
        return not reason and super().poll(context)

    def work(self, context: bpy.types.Context) -> Work:
        return Work("Keying IK controls", "Key IK Controls", partial(_keyed, self.play == "IK"))


def _keyed(play_ik: bool, find: FindScene, seconds: float) -> Steps:
    """Return what keys the IK controls of the takes that are played."""
    plans = yield from plan_ik_of_takes_in_steps(find, seconds)

    def write(scene: bpy.types.Scene) -> Told:
        keyed = write_ik_of_takes(scene, plans, play_ik)
        return [*(("WARNING", sentence) for sentence in keyed.warnings), *(("INFO", done) for done in keyed.done)]

    return write


CLASSES = (INTERACT_OT_key_ik_controls,)
