"""Contacts that are asked for: strips in the pair's contact channel, each of which says which two points touch.

Whose points they are is kept as ids, so renaming anybody loses nothing; a strip's name is for the eye and follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..properties import actor_name, all_actors
from ..rig.cast import CastActor
from ..runtime_api import contract, errors
from .attention import places_of
from .channels import CONTACT
from .label_names import free_name
from .pair import add_strip, heard_strips_of_pair, strips_of_pair
from .reading import Clock

COLOUR = (0.80, 0.50, 0.22)
_NOTHING = 1e-6  # seconds
_LONGEST = 18  # bytes of an actor's name or an object's in a strip's name, of which Blender keeps 63
_NOBODY = "?"


@dataclass(frozen=True)
class Ends:
    """What touches: ``point`` of the actor with the id ``actor``, and ``other_point`` of ``other``, or a ``target``.

    ``gap``: metres that may stay between the two.
    """

    actor: str
    point: str
    other: str = ""
    other_point: str = ""
    target: bpy.types.Object | None = None
    gap: float = 0.0


def add_contact(scene: bpy.types.Scene, ends: Ends, start: int, end: int) -> Any:
    """Add a strip from frame ``start`` up to, not including, ``end`` in which two points touch, alone selected.

    Raises ``InvalidRequest`` where a point would touch itself, or nothing.
    """
    _check(ends)
    strip = add_strip(scene, "COLOR", "Contact", CONTACT, start, end)
    strip.color = COLOUR
    set_ends(scene, strip, ends)
    return strip


def set_ends(scene: bpy.types.Scene, strip: Any, ends: Ends) -> None:
    """Let a strip say which points touch; its name follows. Raises ``InvalidRequest`` as ``add_contact`` does."""
    _check(ends)
    contact = strip.interact_contact
    contact.actor, contact.point, contact.gap = ends.actor, ends.point, ends.gap
    contact.other, contact.other_point = ends.other, ends.other_point if ends.other else ""
    strip.interact_target = None if ends.other else ends.target
    _look_like(scene, strip)


def _check(ends: Ends) -> None:
    if not ends.other and ends.target is None:
        raise errors.InvalidRequest(
            "No object is chosen to touch; choose an empty, for instance, or a point of an actor."
        )
    if (ends.actor, ends.point) == (ends.other, ends.other_point):
        raise errors.InvalidRequest(f"The {_readable(ends.point)} cannot touch itself; choose another point.")


def ends_of(strip: Any) -> Ends:
    """Return what touches in a strip; without a ``point`` in one that says nothing."""
    contact = strip.interact_contact
    return Ends(contact.actor, contact.point, contact.other, contact.other_point, strip.interact_target, contact.gap)


def contact_strips(source: bpy.types.Scene) -> list[Any]:
    """Return the color strips of the pair's contact channels that are not muted, in order of time."""
    return [strip for strip in heard_strips_of_pair(source, (CONTACT,)) if strip.type == "COLOR"]


def all_contacts(source: bpy.types.Scene) -> list[Any]:
    """Return the color strips of the pair's contact channels, muted ones too, in order of time."""
    return [strip for strip in strips_of_pair(source, (CONTACT,)) if strip.type == "COLOR"]


def trouble_with(scene: bpy.types.Scene, strip: Any) -> str:
    """Return a sentence that says what is wrong with a strip and what to do; empty if nothing is."""
    ends, cast = ends_of(strip), {actor.identity for actor in scene.interact.actors if actor.armature is not None}  # type: ignore[attr-defined]
    fix = "choose what touches under Script > Contacts, and press Change Selected"
    if not ends.point:
        return f"The strip '{strip.name.strip()}' does not say what touches; {fix}."
    if ends.actor not in cast or (ends.other and ends.other not in cast):
        return f"Somebody in the contact '{strip.name.strip()}' is not cast; {fix}."
    if not ends.other and (ends.target is None or ends.target.name not in scene.objects):
        return f"The object that is touched in '{strip.name.strip()}' is gone; {fix}."
    return ""


def read_contacts(scene: bpy.types.Scene, cast: Sequence[CastActor]) -> tuple[contract.ContactGoal, ...]:
    """Return what should touch within the shot, in order of time.

    An object that moves is touched where it is in each moment. Raises ``InvalidRequest`` for a strip that says nothing,
    and where somebody is not cast or an object gone.
    """
    return tuple(goal for _, goal in goals_of_strips(scene, cast))


def goals_of_strips(scene: bpy.types.Scene, cast: Sequence[CastActor]) -> list[tuple[Any, contract.ContactGoal]]:
    """Return each strip of ``read_contacts`` with its goal; arguments and errors are the same."""
    known, goals = {actor.identity: one for actor, one in zip(scene.interact.actors, cast)}, []  # type: ignore[attr-defined]
    for strip, start, end in _in_the_shot(scene):
        if trouble := trouble_with(scene, strip):
            raise errors.InvalidRequest(trouble)
        goals.append((strip, _goal(scene, ends_of(strip), known, start, end)))
    return goals


def touched_objects(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Return of each contact that ``read_contacts`` returns the name of the object that is touched, "" of an actor."""
    ends = [ends_of(strip) for strip, _, _ in _in_the_shot(scene)]
    return tuple(one.target.name if not one.other and one.target is not None else "" for one in ends)


def _in_the_shot(scene: bpy.types.Scene) -> Iterator[tuple[Any, float, float]]:
    """Yield the contact strips within the shot, in order of time, with their first and last second."""
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    for strip in contact_strips(source):
        start, end = clock.span(strip)
        if end - start > _NOTHING:
            yield strip, start, end


def _goal(
    scene: bpy.types.Scene, ends: Ends, known: Mapping[str, CastActor], start: float, end: float
) -> contract.ContactGoal:
    mine = known[ends.actor]
    if ends.other:
        theirs = known[ends.other].name
        return contract.ContactGoal(mine.name, ends.point, start, end, theirs, ends.other_point, distance=ends.gap)
    assert ends.target is not None
    places = places_of(scene, ends.target, start, end, mine.rest.floor)
    return contract.ContactGoal(mine.name, ends.point, start, end, places=places, distance=ends.gap)


def title(ends: Ends, names: Mapping[str, str]) -> str:
    """Return what touches in plain names, by id: ``Mia's right palm - Tom's left shoulder``."""
    first = f"{_cut(names.get(ends.actor, _NOBODY))}'s {_readable(ends.point)}"
    if not ends.other:
        return f"{first} - {_cut(ends.target.name) if ends.target is not None else _NOBODY}"
    whose = "own" if ends.other == ends.actor else f"{_cut(names.get(ends.other, _NOBODY))}'s"
    return f"{first} - {whose} {_readable(ends.other_point)}"


def follow_contacts(scene: bpy.types.Scene) -> None:
    """Let the contact strips in a scene's sequencer be called after what touches in them."""
    for strip in all_contacts(scene):
        _look_like(scene, strip)


def change_who_touches(scene: bpy.types.Scene, before: str, now: str) -> None:
    """Let the contact strips of a scene follow an actor that gets another id."""
    for strip in all_contacts(scene):
        contact = strip.interact_contact
        for end in ("actor", "other"):
            if getattr(contact, end) == before:
                setattr(contact, end, now)


def _look_like(scene: bpy.types.Scene, strip: Any) -> None:
    """Name a strip after what touches in it. What is typed over the name is no contact, so it goes."""
    ends, sequencer = ends_of(strip), scene.sequence_editor
    if not ends.point or sequencer is None:
        return
    names = {actor.identity: actor_name(actor) for actor in all_actors() if actor.identity}
    if ends.actor not in names or (ends.other and ends.other not in names):
        return  # of somebody who is no longer cast: the name says who it was
    wanted = title(ends, names)
    if strip.name.strip() != wanted:
        taken: Collection[str] = {other.name for other in sequencer.strips_all if other != strip}
        strip.name = free_name(wanted, taken)


def _readable(point: str) -> str:
    return point.replace("_", " ")


def _cut(text: str) -> str:
    return text.encode()[:_LONGEST].decode("utf-8", "ignore").strip()
