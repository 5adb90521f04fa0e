"""IK controls of a take: keyed from its FK, so that an animator can go on with either."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ..messages import translated
from ..runtime_api import errors
from ..scene.ik import key_ik_of_takes, why_no_ik
from .feedback import fail


class INTERACT_OT_key_ik_controls(bpy.types.Operator):
    """Key the IK controls of arms and legs in the takes that the actors play, so that IK shows the same motion as FK"""

    bl_idname = "interact.key_ik_controls"
    bl_label = "Key IK Controls"
    bl_options = {"UNDO"}

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
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        manager = context.window_manager
        manager.progress_begin(0, 100)
        try:
            keyed = key_ik_of_takes(
                context.scene, self.play == "IK", lambda done: manager.progress_update(int(100 * done))
            )
        except errors.InterActError as error:
            return fail(self, error)
        finally:
            manager.progress_end()
        for sentence in keyed.warnings:
            self.report({"WARNING"}, translated(sentence))
        self.report({"INFO"}, "; ".join(keyed.done))
        return {"FINISHED"}


CLASSES = (INTERACT_OT_key_ik_controls,)
