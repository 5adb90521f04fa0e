"""Settings of labels and words: how long a new label is, and what is drawn where."""

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
    show_words: BoolProperty(  # type: ignore[valid-type]
        name="Words over Voices",
        default=True,
        options=set(),
        description="Draw over voice strips what is said when, zoomed in so far that words have room. Texts in grey "
        "are not found in the voice",
    )
    show_band: BoolProperty(  # type: ignore[valid-type]
        name="Band in Timelines",
        default=True,
        options=set(),
        description="Draw both actors' action labels as a thin band in timelines and dope sheets",
    )
