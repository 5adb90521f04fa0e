"""What a check found, saved with the file, and how it is shown."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..runtime_api import contacts

CONTACT, PENETRATION, FLOOR = contacts.CONTACT, contacts.PENETRATION, contacts.FLOOR

EVENT_KINDS = (
    (PENETRATION, "Penetration", "A body cuts into the other or into itself, deeper than the tolerance"),
    (CONTACT, "Contact", "Two parts touch"),
    (FLOOR, "Floor", "A foot slides, or is below the floor or above it while it should carry"),
)
ALL, PAIR, OWN = "all", "pair", "own"
_SHOWN = (
    (ALL, "All", "Everything that was found"),
    *((name, title, meaning) for name, title, meaning in EVENT_KINDS),
)
_WHOSE = (
    (ALL, "Anyone", "What bodies do with each other, with themselves, with furniture and with the floor"),
    (PAIR, "Each Other", "What one body does with the other alone"),
    (OWN, "Themselves", "What a body does with itself alone"),
)
_ORDERS = (
    ("time", "Time", "The first in the shot first"),
    ("depth", "Depth", "The deepest first"),
    ("seconds", "Length", "The longest first"),
)


class INTERACT_PG_event(bpy.types.PropertyGroup):
    """One event of a check: which parts of whom, from when to when, how deep."""

    kind: EnumProperty(name="Kind", items=EVENT_KINDS, options=set())  # type: ignore[valid-type]
    who: StringProperty(name="Actor", description="The id of the actor whose part is named first")  # type: ignore[valid-type]
    whom: StringProperty(  # type: ignore[valid-type]
        name="Other", description="The id of the actor of the other part, which may be the same; nobody for the floor"
    )
    part: StringProperty(name="Part", description="The part of the body")  # type: ignore[valid-type]
    other_part: StringProperty(name="Other Part", description="The part that it meets")  # type: ignore[valid-type]
    start: FloatProperty(name="First Frame", description="The scene's frame at which it begins")  # type: ignore[valid-type]
    end: FloatProperty(name="Last Frame", description="The scene's frame at which it ends")  # type: ignore[valid-type]
    peak: FloatProperty(name="Frame", description="The scene's frame at which it is deepest")  # type: ignore[valid-type]
    depth: FloatProperty(  # type: ignore[valid-type]
        name="Depth", unit="LENGTH", description="How deep, in metres, at the deepest; below zero is a gap"
    )
    seconds: FloatProperty(name="Length", unit="TIME_ABSOLUTE", description="How long it lasts")  # type: ignore[valid-type]
    speed: FloatProperty(  # type: ignore[valid-type]
        name="Sliding", unit="VELOCITY", description="How fast the two parts slide on each other, on average"
    )
    place: bpy.props.FloatVectorProperty(  # type: ignore[valid-type]
        name="Place", size=3, subtype="XYZ", unit="LENGTH", description="Where it is deepest"
    )


_stays = False  # while an event is selected that nobody clicked


def _go_to_event(self: "INTERACT_PG_check", context: bpy.types.Context) -> None:
    if not _stays and 0 <= self.active < len(self.events):
        bpy.ops.interact.show_event(index=self.active)


def select_event(check: "INTERACT_PG_check", index: int) -> None:
    """Select an event, or none with -1, without going to its frame."""
    global _stays
    _stays = True
    try:
        check.active = index
    finally:
        _stays = False


class INTERACT_PG_check(bpy.types.PropertyGroup):
    """What the last check found, and how it is shown."""

    events: CollectionProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_event, options={"HIDDEN"}, description="What the last check found"
    )
    active: IntProperty(  # type: ignore[valid-type]
        name="Event", default=-1, options=set(), update=_go_to_event, description="The event that is looked at"
    )
    is_checked: BoolProperty(  # type: ignore[valid-type]
        name="Checked", default=False, options={"HIDDEN"}, description="A check was made of this scene"
    )
    tolerance: FloatProperty(  # type: ignore[valid-type]
        name="Tolerance",
        default=0.01,
        min=0.0,
        max=0.1,
        unit="LENGTH",
        options=set(),
        description="How deep two bodies may be in each other before it is a penetration: flesh and cloth give way",
    )
    shown: EnumProperty(  # type: ignore[valid-type]
        name="Show", items=_SHOWN, default=ALL, options=set(), description="Which events the list shows"
    )
    whose: EnumProperty(  # type: ignore[valid-type]
        name="Whose", items=_WHOSE, default=ALL, options=set(), description="With whom: with the other or with oneself"
    )
    order: EnumProperty(  # type: ignore[valid-type]
        name="Sort by", items=_ORDERS, default="time", options=set(), description="In which order the list is"
    )
    capsules: BoolProperty(  # type: ignore[valid-type]
        name="Bodies",
        default=False,
        options=set(),
        description="Draw the outlines of the capsules that stand for both bodies, coloured by depth where they touch",
    )
    points: BoolProperty(  # type: ignore[valid-type]
        name="Points", default=False, options=set(), description="Draw the named contact points of both bodies"
    )
    heat: BoolProperty(  # type: ignore[valid-type]
        name="Heat",
        default=False,
        options=set(),
        description="Tint the skin where it lies in the other body, also through it: yellow touches, red is 3 cm deep",
    )
    graph: BoolProperty(  # type: ignore[valid-type]
        name="Graph",
        default=False,
        options=set(),
        description="Draw distance and depth over time at the bottom of the 3D view, with the current frame's numbers",
    )
    before: BoolProperty(  # type: ignore[valid-type]
        name="Before",
        default=True,
        options=set(),
        description="Draw in white how both bodies were before the last Resolve, where they were elsewhere",
    )
    band: BoolProperty(  # type: ignore[valid-type]
        name="Band in Timelines",
        default=True,
        options=set(),
        description="Draw events as bars at the bottom of timelines, dope sheets and the sequencer",
    )
