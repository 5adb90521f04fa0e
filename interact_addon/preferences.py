"""Settings of the user, not of a file: the places of the runtime's Python, wheels, weights and speech encoder."""

import bpy
from bpy.props import StringProperty

from .operators.runtime import watch
from .panels.install import draw_install
from .panels.sidebar import lines
from .worker_client import settings


def _python_changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    settings.forget()
    watch()


class INTERACT_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    python: StringProperty(  # type: ignore[valid-type]
        name="Python",
        subtype="FILE_PATH",
        description="A Python interpreter or environment that runs the runtime in the place of Blender's own Python. "
        "If it lacks the libraries, Install Runtime fetches them for it",
        update=_python_changed,
    )
    wheels: StringProperty(  # type: ignore[valid-type]
        name="Folder of Wheels",
        subtype="DIR_PATH",
        description="Install Runtime takes the libraries' files from this folder, and fetches what it lacks into it "
        "where online access is allowed. A filled folder serves machines without a network",
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
        if (check := settings.python_check()) is not None:
            lines(layout, context, check.sentence or "Checking this Python")
            if not check.sentence:
                watch()
        layout.prop(self, "wheels")
        layout.prop(self, "weights")
        layout.prop(self, "wav2vec2")
        column = layout.column()
        column.use_property_split = False
        if (found := settings.runtime_state()) != (check.sentence if check is not None else ""):
            lines(column, context, found)
        draw_install(column, context)
        column.operator("interact.free_memory", icon="TRASH")
