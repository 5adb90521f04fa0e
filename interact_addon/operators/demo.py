"""The demo scene, in the 3D view's Add menu."""

from __future__ import annotations

import bpy

from .. import compat
from ..demo.character import Model
from ..demo.scene import MODELLING_STEPS, build_demo_scene, model_pair
from ..runtime_api import errors
from ..worker_client import generation
from ..workspace import open_workspace
from .feedback import clear_status, fail, say

_SECONDS_BETWEEN_STEPS = 0.01
_STEPS_PER_REDRAW = 3


class INTERACT_OT_add_demo_scene(bpy.types.Operator):
    """Add a new scene with two characters, a chair, their voices and their actions: press Generate to see them
    perform
    """

    bl_idname = "interact.add_demo_scene"
    bl_label = "InterAct Demo Scene"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self._build(context, None)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        self._modelling, self._step = model_pair(), 0
        context.window.cursor_modal_set("WAIT")
        context.window_manager.progress_begin(0, 100)
        self._timer = context.window_manager.event_timer_add(_SECONDS_BETWEEN_STEPS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            next(self._modelling)
        except StopIteration as done:
            try:
                return self._build(context, done.value)
            finally:
                self.cancel(context)
        self._step += 1
        if self._step % _STEPS_PER_REDRAW == 1:
            self._say(context)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Put the window back; Blender calls this, too, when it ends the operator."""
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        if context.window is not None:
            context.window.cursor_modal_restore()
        clear_status()

    def _say(self, context: bpy.types.Context) -> None:
        fraction = 0.8 * self._step / MODELLING_STEPS  # the rest is writing what was modelled, in one go
        context.window_manager.progress_update(int(100 * fraction))
        context.workspace.status_text_set(f"InterAct: Building the demo scene ({fraction:.0%})")

    def _build(self, context: bpy.types.Context, models: tuple[Model, Model] | None) -> set[str]:
        scene = bpy.data.scenes.new("InterAct Demo")
        try:
            build_demo_scene(scene, models=models)
        except errors.InterActError as error:
            compat.remove_scene(scene)
            return fail(self, error)
        if context.window is not None:
            context.window.scene = scene
        compat.show_in_sequencer(scene)
        if context.window is not None and not bpy.app.background:
            open_workspace(context.window, scene)
        generation.warm_up(scene)
        say(self, "Two characters are cast and have something to say: press Generate in the InterAct tab")
        return {"FINISHED"}


CLASSES = (INTERACT_OT_add_demo_scene,)


def draw_add_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw the entry of the 3D view's Add menu."""
    self.layout.separator()
    self.layout.operator(INTERACT_OT_add_demo_scene.bl_idname, icon="COMMUNITY")
