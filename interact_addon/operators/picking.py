"""Picking bones in the 3D view, one click a joint."""

from __future__ import annotations

from typing import Any

import bpy

from ..messages import Message, counted, translated
from ..properties import actor_name
from ..scene import bones
from .feedback import SECONDS_BETWEEN_TICKS, clear_status, redraw, say
from .mapping import OnTheActor, shown_actor


class INTERACT_OT_pick_bones(OnTheActor, bpy.types.Operator):
    """Click bones in the 3D view as they are asked for: hips, an upper arm, a thigh; then the rest is proposed.
    Backspace takes one back, Esc ends
    """

    bl_idname = "interact.pick_bones"
    bl_label = "Pick in View"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        armature = shown_actor(context).armature
        if not bones.bone_table(shown_actor(context)).next_joint:
            cls.poll_message_set("All bones are there; choose others in the fields below")
            return False
        if not armature.visible_get():
            cls.poll_message_set(translated(Message("{armature} is hidden; show it first", armature=armature.name)))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        armature = shown_actor(context).armature
        if context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        for thing in context.selected_objects:
            thing.select_set(False)
        armature.select_set(True)
        context.view_layer.objects.active = armature
        bpy.ops.object.mode_set(mode="POSE")
        armature.data.bones.active = None  # whatever is active from now on was clicked
        self._picking = bones.Picking()
        self._timer = context.window_manager.event_timer_add(SECONDS_BETWEEN_TICKS, window=context.window)
        context.window_manager.modal_handler_add(self)
        _ask(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        armature = shown_actor(context).armature
        if armature is None or context.mode != "POSE" or context.object != armature:
            return self._leave(context)
        if event.value == "PRESS" and event.type in {"ESC", "RET", "NUMPAD_ENTER"}:
            return self._leave(context)
        if event.value == "PRESS" and event.type == "BACK_SPACE":
            self._picking.take_back(shown_actor(context))
            _ask(context)
            return {"RUNNING_MODAL"}
        clicked = armature.data.bones.active
        if clicked is not None and event.type in {"TIMER", "MOUSEMOVE", "LEFTMOUSE"}:
            self._picking.take(shown_actor(context), clicked.name)
            if not bones.bone_table(shown_actor(context)).next_joint:
                return self._leave(context)
            armature.data.bones.active = None
            _ask(context)
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Clear up when Blender ends the operator: the window closes or another file opens."""
        context.window_manager.event_timer_remove(self._timer)
        clear_status()

    def _leave(self, context: bpy.types.Context) -> set[str]:
        self.cancel(context)
        redraw(context)
        actor = shown_actor(context)
        if actor.armature is not None:
            missing = bones.bone_table(actor).missing
            if missing:
                say(
                    self,
                    "{actor}: still missing are {bones}",
                    actor=actor_name(actor),
                    bones=counted(len(missing), "bone"),
                )
            else:
                say(self, "{actor}: all bones are there; look them through", actor=actor_name(actor))
        return {"FINISHED"}


CLASSES = (INTERACT_OT_pick_bones,)


def _ask(context: Any) -> None:
    """Ask for the next bone in the status bar; the panel shows it too."""
    joint = bones.bone_table(shown_actor(context)).next_joint
    context.workspace.status_text_set(
        f"Click the bone: {bones.bone_label(joint).upper()}     Backspace: back   Esc: end"
    )
    redraw(context)
