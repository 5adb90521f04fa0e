"""What should touch: what a strip of the pair's contact channel says, and what the next one will."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, PointerProperty, StringProperty

from ..runtime_api import body_shape, contract

FIRST, SECOND, OBJECT = "0", "1", "object"
_WHO = ((FIRST, "First Actor", "A point of the first actor"), (SECOND, "Second Actor", "A point of the second actor"))
_WHOM = (*_WHO, (OBJECT, "Object", "An object, such as an empty on a table: its origin is touched"))
_HIDDEN = {"HIDDEN"}
POINTS = tuple(
    (name, name.replace("_", " ").title(), f"The {name.replace('_', ' ')}", number)
    for number, name in enumerate(body_shape.POINTS)
)


def _point(name: str, default: str) -> object:
    return EnumProperty(name=name, items=POINTS, default=default, options=set(), description="Which point of the body")


def _gap() -> object:
    return FloatProperty(
        name="Distance",
        default=0.0,
        min=0.0,
        max=contract.FURTHEST_CONTACT,
        soft_max=0.2,
        unit="LENGTH",
        options=set(),
        description="How far the two points may stay apart",
    )


class INTERACT_PG_contact(bpy.types.PropertyGroup):
    """What a strip of the pair's contact channel asks for; the object, if one is touched, is the strip's target."""

    actor: StringProperty(options=_HIDDEN, description="The id of the actor whose point is named first")  # type: ignore[valid-type]
    point: StringProperty(options=_HIDDEN, description="The first point")  # type: ignore[valid-type]
    other: StringProperty(options=_HIDDEN, description="The id of the actor of the other point; none for an object")  # type: ignore[valid-type]
    other_point: StringProperty(options=_HIDDEN, description="The other point")  # type: ignore[valid-type]
    gap: _gap()  # type: ignore[valid-type]
    hold: StringProperty(options=_HIDDEN, description="The id of the constraints that were made of it; none before")  # type: ignore[valid-type]


class INTERACT_PG_contact_choice(bpy.types.PropertyGroup):
    """What the next contact strip will ask for."""

    who: EnumProperty(name="Who", items=_WHO, default=FIRST, options=set(), description="Whose point touches")  # type: ignore[valid-type]
    point: _point("Point", "right_palm")  # type: ignore[valid-type]
    whom: EnumProperty(name="Whom", items=_WHOM, default=SECOND, options=set(), description="What is touched")  # type: ignore[valid-type]
    other_point: _point("Other Point", "left_shoulder")  # type: ignore[valid-type]
    target: PointerProperty(  # type: ignore[valid-type]
        name="Target", type=bpy.types.Object, options=set(), description="The object whose origin is touched"
    )
    gap: _gap()  # type: ignore[valid-type]


def strip_contact() -> object:
    """Make the setting of a color strip that says which two points touch while it lasts."""
    return PointerProperty(type=INTERACT_PG_contact, name="Contact", description="Which two points touch")
