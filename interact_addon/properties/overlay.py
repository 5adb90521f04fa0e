"""What is drawn over the 3D view."""

import bpy
from bpy.props import BoolProperty, FloatProperty


class INTERACT_PG_overlay(bpy.types.PropertyGroup):
    """What is drawn over the 3D view of the plan and of the take that is shown; never in a render."""

    plan: BoolProperty(  # type: ignore[valid-type]
        name="Plan",
        default=True,
        options=set(),
        description="Draw seats, walk targets, paths, pins and poses of yours that stay, and each actor's way",
    )
    trails: BoolProperty(  # type: ignore[valid-type]
        name="Trails",
        default=False,
        options=set(),
        description="Draw where head and hands are before and after the current frame, with a mark every second",
    )
    ghosts: BoolProperty(  # type: ignore[valid-type]
        name="Ghosts",
        default=False,
        options=set(),
        description="Draw stick figures of both actors before and after the current frame",
    )
    reach: FloatProperty(  # type: ignore[valid-type]
        name="Reach",
        default=1.0,
        min=0.1,
        max=10.0,
        unit="TIME_ABSOLUTE",
        options=set(),
        description="How many seconds before and after the current frame trails and ghosts reach",
    )
