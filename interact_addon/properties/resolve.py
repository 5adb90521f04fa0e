"""Resolve: which frames, who gives way, what may move."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from ..runtime_api import contract
from .regenerate import RANGES

FROM_EVENT, FROM_ALL = "EVENT", "ALL"
_RANGES = (
    (FROM_EVENT, "Selected Event", "The event that is selected in the list, and up to a second before and after it"),
    *((name, title, meaning.replace("; drag it with P there", "")) for name, title, meaning in RANGES),
    (FROM_ALL, "All", "The whole shot"),
)
_GIVES_WAY = (
    ("both", "Both", "Both move, each as little as it can"),
    ("first", "First Actor", "The first actor moves; the second stays as it is"),
    ("second", "Second Actor", "The second actor moves; the first stays as it is"),
)
_MOVES = {
    "arms": "from the collarbones to the wrists",
    "hands": "the fingers",
    "trunk": "the spine",
    "head": "neck and head",
    "legs": "hips and legs, and the place where a body stands",
}
assert tuple(_MOVES) == contract.MOVABLE and tuple(name for name, _, _ in _GIVES_WAY) == contract.GIVES_WAY


def _part(name: str) -> object:
    return BoolProperty(name=name.capitalize(), default=True, options=set(), description=f"May move: {_MOVES[name]}")


class INTERACT_PG_resolve(bpy.types.PropertyGroup):
    """What *Resolve* changes, and how it went the last time."""

    frames_from: EnumProperty(  # type: ignore[valid-type]
        name="Frames", items=_RANGES, default=FROM_EVENT, options=set(), description="Which frames are resolved"
    )
    gives_way: EnumProperty(  # type: ignore[valid-type]
        name="Gives Way", items=_GIVES_WAY, default="both", options=set(), description="Who moves out of the way"
    )
    furthest: FloatProperty(  # type: ignore[valid-type]
        name="Furthest",
        default=0.1,
        min=0.0,
        max=1.0,
        unit="LENGTH",
        options=set(),
        description="How far a body is readily shifted as a whole; 0 leaves every foot where it stands",
    )
    own: BoolProperty(  # type: ignore[valid-type]
        name="Own Bodies",
        default=True,
        options=set(),
        description="Also where a body cuts into itself, deeper than flesh takes",
    )
    keep_contacts: BoolProperty(  # type: ignore[valid-type]
        name="Keep Contacts",
        default=True,
        options=set(),
        description="What touches now, such as a palm that rests on a shoulder, stays where it is on the other body",
    )
    arms: _part("arms")  # type: ignore[valid-type]
    hands: _part("hands")  # type: ignore[valid-type]
    trunk: _part("trunk")  # type: ignore[valid-type]
    head: _part("head")  # type: ignore[valid-type]
    legs: _part("legs")  # type: ignore[valid-type]
    outcome: StringProperty(  # type: ignore[valid-type]
        name="Outcome", options={"HIDDEN"}, description="What the last Resolve met and what not, a sentence a line"
    )

    @property
    def moves(self) -> tuple[str, ...]:
        """What may move, of ``contract.MOVABLE``."""
        return tuple(part for part in contract.MOVABLE if getattr(self, part))
