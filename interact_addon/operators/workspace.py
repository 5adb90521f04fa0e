"""Opening the InterAct workspace for the scene on screen."""

from __future__ import annotations

import bpy

from ..workspace import interact_workspace, open_workspace


class INTERACT_OT_open_workspace(bpy.types.Operator):
    """Open a workspace with the scene through its camera, the InterAct tab beside it and the sequencer below"""

    bl_idname = "interact.open_workspace"
    bl_label = "InterAct Workspace"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if bpy.app.background or context.window is None:
            cls.poll_message_set("A workspace needs Blender's window")
            return False
        if context.workspace == interact_workspace():
            cls.poll_message_set("The InterAct workspace is open already")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        open_workspace(context.window, context.scene)
        return {"FINISHED"}


CLASSES = (INTERACT_OT_open_workspace,)


def draw_window_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw the entry of the Window menu."""
    self.layout.separator()
    self.layout.operator(INTERACT_OT_open_workspace.bl_idname, icon="WORKSPACE")
