"""Settings that strips of the sequencer carry."""

import bpy
from bpy.props import EnumProperty, PointerProperty, StringProperty

BOTH_ACT = "both"  # in the place of an actor's id
VOICES = (
    ("BOTH", "One Voice", "The whole sound is the voice of the actor in whose channel the strip lies"),
    ("LEFT", "Left Only", "The left channel is the voice of the actor in whose channel the strip lies"),
    ("RIGHT", "Right Only", "The right channel is the voice of the actor in whose channel the strip lies"),
    ("LEFT_RIGHT", "Two: Left, Right", "A recording of both: the first actor is on the left, the second on the right"),
    ("RIGHT_LEFT", "Two: Right, Left", "A recording of both: the first actor is on the right, the second on the left"),
)


def strip_voices() -> object:
    """Make the setting of a sound strip that says whose voices its channels are."""
    return EnumProperty(
        name="Voices", items=VOICES, default="BOTH", options=set(), description="Whose voices this recording holds"
    )


def strip_target() -> object:
    """Make the setting of a color strip that says where a walk leads, or what is faced, looked at or held."""
    return PointerProperty(
        name="Target",
        type=bpy.types.Object,
        description="Of a walk where it leads: to an object such as an empty, along a curve from its first point to "
        "its last, or to the partner if the partner's armature is chosen; empty for anywhere near, and back to face "
        "the partner. Of a stand what is faced; of other strips what is looked at or held",
    )


def strip_actor() -> object:
    """Make the setting of a color or text strip of the pair that says who acts: an actor's id, or both."""
    return StringProperty(
        name="Who Acts", options={"HIDDEN"}, description="The id of the actor who acts in an interaction, or both"
    )
