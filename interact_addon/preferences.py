"""What belongs to the user: where the runtime's Python and weights are."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from . import runtime_install


class INTERACT_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    python: StringProperty(  # type: ignore[valid-type]
        name="Python",
        subtype="FILE_PATH",
        description="An interpreter or environment with torch and the runtime's other libraries; empty means the installed one",
    )
    weights: StringProperty(  # type: ignore[valid-type]
        name="Weights", subtype="DIR_PATH", description="A folder of weights you trained; empty means the ones that came with the add-on"
    )

    wav2vec2: StringProperty(  # type: ignore[valid-type]
        name="wav2vec 2.0", subtype="DIR_PATH", description="A folder with a wav2vec 2.0 and its trained adapter that hears in the place of the default ear"
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


def preferences() -> INTERACT_AP_preferences | None:
    """The add-on's preferences, or None where it is used without being enabled (the module form)."""
    addon = bpy.context.preferences.addons.get(__package__)
    return addon.preferences if addon is not None else None  # type: ignore[return-value]


def own_environment() -> Path | None:
    """The folder of the environment that Install Runtime makes; None outside an installed extension."""
    try:
        folder = bpy.utils.extension_path_user(str(__package__), path="runtime")
    except ValueError:
        return None
    return Path(folder) / "environment"


def runtime_python() -> Path:
    """The Python of the worker; raises ``RuntimeMissing``."""
    user = preferences()
    return runtime_install.find_runtime_python(bpy.path.abspath(user.python) if user and user.python else "", own_environment())


def weights_folder() -> Path | None:
    user = preferences()
    return Path(bpy.path.abspath(user.weights)) if user and user.weights else None


def wav2vec2_folder() -> Path | None:
    user = preferences()
    return Path(bpy.path.abspath(user.wav2vec2)) if user and user.wav2vec2 else None


def runtime_state() -> str:
    """One line: which Python runs the worker, or what to do."""
    try:
        return f"Runtime: {runtime_python()}"
    except runtime_install.errors.InterActError as error:
        return str(error)
