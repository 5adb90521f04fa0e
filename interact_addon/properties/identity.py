"""The ids of actors: made when a character is cast, the same however it is renamed, in every scene that casts it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import bpy

from .bones import forget_bones_of_others


def armature_changed(actor: Any, context: bpy.types.Context) -> None:
    """Follow another armature: give the actor the id of that character, and forget bones that the armature has not.

    An actor with a name of its own (*Called*) stays who it is when its rig is replaced.
    """
    forget_bones_of_others(actor, context)
    if actor.armature is None:
        return
    is_another = not actor.name and actor.known_as not in ("", actor.armature.name)
    if is_another or not actor.identity:
        identify(actor)


def name_changed(actor: Any, _context: bpy.types.Context) -> None:
    """Let Blender tell the handlers, which rename channels: of a property set by a script it tells nobody by itself."""
    actor.id_data.update_tag()


def identify(actor: Any) -> None:
    """Give an actor the id of the character that it casts: the one it had, or a new one."""
    actor.known_as = actor.name or actor.armature.name
    actor.identity = _identity_elsewhere(actor) or _identity_before(actor) or new_identity()
    remember(actor)


def remember(actor: Any) -> None:
    """Keep the actor's id and name in its scene, for when another was cast in its place and it is cast again."""
    characters = actor.id_data.interact.characters
    known = next((item for item in characters if item.identity == actor.identity), None) or characters.add()
    known.name, known.identity = actor.known_as, actor.identity


def new_identity() -> str:
    """Return an id that no other actor has, in any file."""
    return uuid.uuid4().hex


def cast_in(scene: bpy.types.Scene) -> list[Any]:
    """Return the actors of a scene that have an armature; none where the add-on is not enabled."""
    settings = getattr(scene, "interact", None)
    return [actor for actor in settings.actors if actor.armature is not None] if settings is not None else []


def all_actors() -> Iterator[Any]:
    """Yield the cast actors of all scenes."""
    for scene in bpy.data.scenes:
        yield from cast_in(scene)


def _identity_elsewhere(actor: Any) -> str:
    """Return the id under which the same armature is cast elsewhere, also as the other actor; "" if it is not."""
    others = (other for other in all_actors() if other != actor and other.armature == actor.armature)
    return next((other.identity for other in others if other.identity and other.name == actor.name), "")


def _identity_before(actor: Any) -> str:
    """Return the id that a character of this name had in the scene, unless it is an actor now; "" if there is none."""
    settings = actor.id_data.interact
    taken = {other.identity for other in settings.actors if other.armature is not None and other != actor}
    return next(
        (item.identity for item in settings.characters if item.name == actor.known_as and item.identity not in taken),
        "",
    )
