"""Settings of action labels: how long a new one is, and whether they are drawn in other editors."""

import bpy
from bpy.props import BoolProperty, FloatProperty


class INTERACT_PG_labels(bpy.types.PropertyGroup):
    """How action labels are set and shown."""

    seconds: FloatProperty(  # type: ignore[valid-type]
        name="Seconds",
        default=2.0,
        min=0.3,
        soft_max=10.0,
        max=600.0,
        step=10,
        precision=1,
        options=set(),
        description="How long a label set at the playhead lasts, where there is no preview range",
    )
    show_band: BoolProperty(  # type: ignore[valid-type]
        name="Band in Timelines",
        default=True,
        options=set(),
        description="Draw both actors' action labels as a thin band in timelines and dope sheets",
    )
