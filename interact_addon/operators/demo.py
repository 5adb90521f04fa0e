"""The demo scene, in the 3D view's Add menu."""

from __future__ import annotations

import bpy

from .. import compat
from ..demo.scene import build_demo_scene
from ..runtime_api import errors
from .feedback import fail


class INTERACT_OT_add_demo_scene(bpy.types.Operator):
    """A new scene with two characters, a chair, their voices and actions: press Generate to see them perform"""

    bl_idname = "interact.add_demo_scene"
    bl_label = "InterAct Demo Scene"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = bpy.data.scenes.new("InterAct Demo")
        try:
            build_demo_scene(scene)
        except errors.InterActError as error:
            bpy.data.scenes.remove(scene)
            return fail(self, error)
        if context.window is not None:
            context.window.scene = scene
        compat.show_in_sequencer(scene)
        self.report({"INFO"}, "Two characters are cast and have something to say; press Generate in the InterAct tab")
        return {"FINISHED"}


CLASSES = (INTERACT_OT_add_demo_scene,)


def draw_add_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw the entry of the 3D view's Add menu."""
    self.layout.operator(INTERACT_OT_add_demo_scene.bl_idname, icon="COMMUNITY")
