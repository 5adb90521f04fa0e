"""What a scene remembers of its sequencer's channels: whose each one is, whatever it is called.

Blender's channels carry no properties of their own, so the scene that owns the sequencer keeps a list by number.
"""

import bpy
from bpy.props import IntProperty, StringProperty

_HIDDEN = {"HIDDEN"}


class INTERACT_PG_channel(bpy.types.PropertyGroup):
    """A channel of the scene's sequencer that belongs to an actor."""

    actor: StringProperty(options=_HIDDEN, description="The id of the actor whose channel this is")  # type: ignore[valid-type]
    kind: StringProperty(options=_HIDDEN, description="What the channel holds, such as Speech or Actions")  # type: ignore[valid-type]
    number: IntProperty(options=_HIDDEN, description="The number of the channel in the sequencer")  # type: ignore[valid-type]
    name: StringProperty(options=_HIDDEN, description="The name that the channel had when it was last looked at")  # type: ignore[valid-type]


class INTERACT_PG_character(bpy.types.PropertyGroup):
    """Somebody who was cast in this scene: found again by name when cast once more."""

    name: StringProperty(options=_HIDDEN, description="The name of the actor when it was last cast")  # type: ignore[valid-type]
    identity: StringProperty(options=_HIDDEN, description="The id of the actor, the same for every cast")  # type: ignore[valid-type]
