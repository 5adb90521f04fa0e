"""How the characters are exported."""

import bpy
from bpy.props import BoolProperty, EnumProperty

from ..formats import FORMATS, PRESETS, RATES, Settings

_FORMATS = tuple((one.name, one.label, one.description) for one in FORMATS.values())
_PRESETS = tuple((one.name, one.label, one.description) for one in PRESETS.values())
_RATES = tuple((str(rate), f"{rate} fps", f"{rate} rows a second") for rate in RATES)


class ExportChoices:
    """The settings that the scene keeps and the operator may be given."""

    format: EnumProperty(  # type: ignore[valid-type]
        name="Format", items=_FORMATS, default="fbx", description="The kind of file that the characters go to"
    )
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Preset", items=_PRESETS, default="plain", description="The program that an FBX is meant for"
    )
    one_each: BoolProperty(  # type: ignore[valid-type]
        name="One File Each", description="Write a file for each actor in the place of one for both"
    )
    root_motion: BoolProperty(  # type: ignore[valid-type]
        name="Root Motion",
        description="A root bone makes the way over the ground, and the hips move against it; off leaves the way in "
        "the hips",
    )
    bend: BoolProperty(  # type: ignore[valid-type]
        name="Bake Bendy Bones",
        description="Write a bone for every bend of a bendy bone, which the skin needs to look the same; some 560 more "
        "on a Rigify",
    )
    rate: EnumProperty(  # type: ignore[valid-type]
        name="Rate", items=_RATES, default="30", description="How many rows a second has in the file"
    )


class INTERACT_PG_export(ExportChoices, bpy.types.PropertyGroup):
    """How the characters are exported."""


def export_settings(choices: ExportChoices) -> Settings:
    """Return the choices of the Export panel, or of its operator, as plain data."""
    return Settings(
        choices.format, choices.preset, choices.one_each, choices.root_motion, int(choices.rate), choices.bend
    )


def draw_export_choices(layout: bpy.types.UILayout, choices: ExportChoices) -> None:
    """Draw the format and those choices that it has."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for name in ("format", *FORMATS[choices.format].choices):
        column.prop(choices, name)
