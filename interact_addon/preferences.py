"""What belongs to the user: where the runtime's Python and weights are."""

import bpy
from bpy.props import StringProperty

from .worker_client.settings import runtime_state


class INTERACT_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    python: StringProperty(  # type: ignore[valid-type]
        name="Python",
        subtype="FILE_PATH",
        description="An interpreter or environment with torch and the runtime's other libraries; empty means the installed one",
    )
    weights: StringProperty(  # type: ignore[valid-type]
        name="Weights",
        subtype="DIR_PATH",
        description="A folder of weights you trained; empty means the ones that came with the add-on",
    )

    wav2vec2: StringProperty(  # type: ignore[valid-type]
        name="wav2vec 2.0",
        subtype="DIR_PATH",
        description="A folder with a wav2vec 2.0 and its trained adapter used in the place of the default speech encoder",
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
