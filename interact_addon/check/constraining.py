"""Which contacts are to be held by constraints: those of contact strips, or of an event that a check found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties.check import FLOOR
from ..rig.cast import CastActor
from ..rig.contact_constraints import Hold, frames_held, limb_of
from ..rig.timing import frames_per_second
from ..runtime_api import body_shape, errors
from ..scene.contact_goals import all_contacts, ends_of, trouble_with
from ..scene.reading import Clock
from ..scene.request import cast_scene
from .events import title

_FIX = "only hands, feet and what lies next to them are held"


def holds_of_strips(scene: bpy.types.Scene, strips: Sequence[Any]) -> list[Hold]:
    """Return what contact strips hold. Raises ``InvalidRequest`` for one that says nothing or has no hand or foot."""
    cast, source = _cast(scene), compat.sequencer_scene(scene)
    clock, rate = Clock(source, scene), frames_per_second(scene)
    found, kept = [], _strips_held(scene)
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
        if kept.get(strip.interact_contact.hold) != strip.name:  # the copy of a strip is another contact
            strip.interact_contact.hold = uuid.uuid4().hex
        identity, name = strip.interact_contact.hold, f"{strip.name.strip()}, {first}"
        found.append(_hold(identity, name, sides, (first, last), None if ends.other else ends.target))
    return found


def held_of_strips(scene: bpy.types.Scene, strips: Iterable[Any]) -> set[str]:
    """Return the ids of the holds that were made of some contact strips, wherever these are now."""
    kept = _strips_held(scene)
    return {strip.interact_contact.hold for strip in strips if kept.get(strip.interact_contact.hold) == strip.name}


def _strips_held(scene: bpy.types.Scene) -> dict[str, str]:
    """Return the name of the strip that each hold was made of, by the hold's id.

    The copy of a strip has its id, too: the hold is then that of the strip nearest to where it was made.
    """
    source, frames = compat.sequencer_scene(scene), frames_held(scene)
    clock, rate = Clock(source, scene), frames_per_second(scene)
    found: dict[str, tuple[float, str]] = {}
    for strip in all_contacts(source):
        identity = strip.interact_contact.hold
        if identity in frames:
            away = abs(scene.frame_start + clock.span(strip)[0] * rate - frames[identity][0])
            found[identity] = min(found.get(identity, (away, strip.name)), (away, strip.name))
    return {identity: name for identity, (_, name) in found.items()}


def hold_of_event(scene: bpy.types.Scene) -> Hold:
    """Return what the selected event holds. Raises ``InvalidRequest`` without one, or where it has no hand or foot."""
    event, cast = _selected(scene), _cast(scene)
    if event is None:
        raise errors.InvalidRequest("No event is selected; press Check and click a contact in its list.")
    name = title(scene, event)
    if event.kind == FLOOR or not {event.who, event.whom} <= set(cast):
        raise errors.InvalidRequest(f"'{name}' is no contact of two parts of the body; select one that is.")
    sides = [
        (cast[who], _joint_of_region(cast[who], part))
        for who, part in ((event.who, event.part), (event.whom, event.other_part))
    ]
    first, last = _span(event)
    identity = min(held_of_event(scene) or (), default=f"{_parts(event)} {uuid.uuid4().hex}")
    return _hold(identity, f"{name}, {first}", sides, (first, last), None)


def held_of_event(scene: bpy.types.Scene) -> set[str] | None:
    """Return the ids of the holds that were made of the selected event, which may have been found anew since.

    It is an event of the same parts of the same bodies at some of the same frames. None where none is selected.
    """
    event = _selected(scene)
    if event is None:
        return None
    first, last = _span(event)
    return {
        identity
        for identity, (begin, end) in frames_held(scene).items()
        if identity.rpartition(" ")[0] == _parts(event) and begin <= last and first <= end
    }


def _selected(scene: bpy.types.Scene) -> Any:
    check = scene.interact.check  # type: ignore[attr-defined]
    return check.events[check.active] if 0 <= check.active < len(check.events) else None


def _span(event: Any) -> tuple[int, int]:
    return round(event.start), max(round(event.end), round(event.start) + 1)


def _parts(event: Any) -> str:
    return f"{event.who} {event.part} {event.whom} {event.other_part}"


def _cast(scene: bpy.types.Scene) -> Mapping[str, CastActor]:
    actors = scene.interact.actors  # type: ignore[attr-defined]
    return {actor.identity: character for actor, character in zip(actors, cast_scene(scene, first_frame=True))}


def _hold(
    identity: str,
    name: str,
    sides: Sequence[tuple[CastActor, int]],
    span: tuple[int, int],
    target: bpy.types.Object | None,
) -> Hold:
    """Return the hold of the first side that is a hand or foot on the other side, or on an object."""
    for (actor, joint), other in zip(sides, [*sides[1:], *sides[:1]] if len(sides) > 1 else [None]):
        limb = limb_of(joint)
        if not limb:
            continue
        if other is None:
            return Hold(identity, name, actor, limb, *span, target=target)
        if other[0] is actor and limb_of(other[1]) == limb:
            raise errors.InvalidRequest(f"'{name}' is within one limb, which cannot be held on itself.")
        return Hold(identity, name, actor, limb, *span, other[0], other[1])
    raise errors.InvalidRequest(f"'{name}' has no hand or foot in it, and {_FIX}; choose another contact.")


def _joint_of_point(character: CastActor, point: str) -> int:
    shape = body_shape.default_body_shape(character.rest.skeleton)
    return int(shape.point_joint[shape.point(point)])


def _joint_of_region(character: CastActor, region: str) -> int:
    shape = body_shape.default_body_shape(character.rest.skeleton)
    return int(shape.joint[shape.regions.index(region)])
