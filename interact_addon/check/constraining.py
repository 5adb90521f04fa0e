"""Which contacts are to be held by constraints: those of contact strips, or of an event that a check found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties.check import FLOOR
from ..rig.cast import CastActor
from ..rig.contact_constraints import Hold, limb_of
from ..rig.timing import frames_per_second
from ..runtime_api import body_shape, errors
from ..scene.contact_goals import ends_of, trouble_with
from ..scene.reading import Clock
from ..scene.request import cast_scene
from .events import title

_FIX = "only hands, feet and what lies next to them are held"


def holds_of_strips(scene: bpy.types.Scene, strips: Sequence[Any]) -> list[Hold]:
    """Return what contact strips hold. Raises ``InvalidRequest`` for one that says nothing or has no hand or foot."""
    cast, source = _cast(scene), compat.sequencer_scene(scene)
    clock, rate = Clock(source, scene), frames_per_second(scene)
    found = []
    for strip in strips:
        if trouble := trouble_with(scene, strip):
            raise errors.InvalidRequest(trouble)
        start, end = clock.span(strip)
        first, last = round(scene.frame_start + start * rate), round(scene.frame_start + end * rate) - 1
        if last <= first:
            raise errors.InvalidRequest(f"'{strip.name.strip()}' lies outside of the shot; move it into its frames.")
        ends = ends_of(strip)
        sides = [(cast[ends.actor], _joint_of_point(cast[ends.actor], ends.point))]
        if ends.other:
            sides.append((cast[ends.other], _joint_of_point(cast[ends.other], ends.other_point)))
        found.append(_hold(hold_title(strip, first), sides, (first, last), None if ends.other else ends.target))
    return found


def hold_title(strip: Any, first: int) -> str:
    """Return what a hold of a contact strip is called: two strips may ask for the same points."""
    return f"{strip.name.strip()}, {first}"


def is_of_strip(title: str, strip: Any) -> bool:
    """Return whether a hold was made of a strip, which may have been moved since, or of one that asks for the same."""
    return title.rpartition(", ")[0] == strip.name.strip()


def hold_of_event(scene: bpy.types.Scene) -> Hold:
    """Return what the selected event holds. Raises ``InvalidRequest`` without one, or where it has no hand or foot."""
    check = scene.interact.check  # type: ignore[attr-defined]
    if not 0 <= check.active < len(check.events):
        raise errors.InvalidRequest("No event is selected; press Check and click a contact in its list.")
    event, cast = check.events[check.active], _cast(scene)
    name = title(scene, event)
    if event.kind == FLOOR or not {event.who, event.whom} <= set(cast):
        raise errors.InvalidRequest(f"'{name}' is no contact of two parts of the body; select one that is.")
    sides = [
        (cast[who], _joint_of_region(cast[who], part))
        for who, part in ((event.who, event.part), (event.whom, event.other_part))
    ]
    first, last = round(event.start), max(round(event.end), round(event.start) + 1)
    return _hold(f"{name}, {first}", sides, (first, last), None)


def _cast(scene: bpy.types.Scene) -> Mapping[str, CastActor]:
    actors = scene.interact.actors  # type: ignore[attr-defined]
    return {actor.identity: character for actor, character in zip(actors, cast_scene(scene, first_frame=True))}


def _hold(
    name: str, sides: Sequence[tuple[CastActor, int]], span: tuple[int, int], target: bpy.types.Object | None
) -> Hold:
    """Return the hold of the first side that is a hand or foot on the other side, or on an object."""
    for (actor, joint), other in zip(sides, [*sides[1:], *sides[:1]] if len(sides) > 1 else [None]):
        limb = limb_of(joint)
        if not limb:
            continue
        if other is None:
            return Hold(name, actor, limb, *span, target=target)
        if other[0] is actor and limb_of(other[1]) == limb:
            raise errors.InvalidRequest(f"'{name}' is within one limb, which cannot be held on itself.")
        return Hold(name, actor, limb, *span, other[0], other[1])
    raise errors.InvalidRequest(f"'{name}' has no hand or foot in it, and {_FIX}; choose another contact.")


def _joint_of_point(character: CastActor, point: str) -> int:
    shape = body_shape.default_body_shape(character.rest.skeleton)
    return int(shape.point_joint[shape.point(point)])


def _joint_of_region(character: CastActor, region: str) -> int:
    shape = body_shape.default_body_shape(character.rest.skeleton)
    return int(shape.joint[shape.regions.index(region)])
