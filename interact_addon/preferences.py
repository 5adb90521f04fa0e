"""Settings of the user, not of a file: the places of the runtime's Python, weights and speech encoder."""

import bpy
from bpy.props import StringProperty

from .worker_client.settings import runtime_state


class INTERACT_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    python: StringProperty(  # type: ignore[valid-type]
        name="Python",
        subtype="FILE_PATH",
        description="A Python interpreter or environment with torch and the runtime's other libraries; if empty, the "
        "environment made by Install Runtime",
    )
    weights: StringProperty(  # type: ignore[valid-type]
        name="Weights",
        subtype="DIR_PATH",
        description="A folder with weights of your own for the networks; if empty, those that come with the add-on",
    )
    wav2vec2: StringProperty(  # type: ignore[valid-type]
        name="Speech Encoder",
        subtype="DIR_PATH",
        description="What listens to the voices for the faces. Empty: the built-in one, which suits everybody; else a "
        "folder with a wav2vec 2.0 model and the adapter that was trained for it",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python")
        layout.prop(self, "weights")
        layout.prop(self, "wav2vec2")
        row = layout.row()
        row.operator("interact.install_runtime", icon="IMPORT")
        row.operator("interact.free_memory", icon="TRASH")
        layout.label(text=runtime_state(), icon="INFO")
