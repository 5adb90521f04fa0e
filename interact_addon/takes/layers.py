"""Keep as Layer: what a person changed in the take that is shown stays over every take."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..properties import actor_name
from ..rig.layers import EditedOwner, edited_owners_in_steps, influence_of, keep_as_layer, remove_layer, set_influence
from ..rig.measure import skinned_meshes
from ..rig.played import fit_strip, fit_to_keys, layers_of
from ..runtime_api import errors


@dataclass(frozen=True)
class ShownLayer:
    """A layer: the number of its ``actor``, the ``action`` of offsets, and its NLA tracks, of armature and faces."""

    actor: int
    action: bpy.types.Action
    tracks: tuple[Any, ...]


Edited = list[tuple[str, list[EditedOwner]]]  # by the name of each actor what was edited of it


def edits_in_steps(find_scene: Callable[[], bpy.types.Scene], seconds: float = 0.02) -> Generator[None, None, Edited]:
    """Return what was edited in the takes that are shown, in steps; begin anew where an action was changed in between.

    Raises ``InvalidRequest`` where nothing was, or it cannot be a layer.
    """
    found: Edited = []
    for actor in _actors(find_scene()):
        name = actor_name(actor)
        found.append((name, (yield from edited_owners_in_steps(name, _blocks(actor), seconds))))
    if not any(owner.properties for _, owners in found for owner in owners):
        raise errors.InvalidRequest(
            "Only switches, modes or deleted curves were changed in this take, which no layer can hold; key a pose."
            if any(owner.left for _, owners in found for owner in owners)
            else "Nothing was changed by hand in this take; change keys of it first."
        )
    return found


def keep_edits(found: Edited) -> tuple[list[str], list[str]]:
    """Move edits onto layers; return the names of their actors, and warnings."""
    edited = [(name, owners) for name, owners in found if any(owner.properties for owner in owners)]
    for name, owners in edited:
        keep_as_layer(name, owners)
    left = {name: sum(owner.left for owner in owners) for name, owners in found}
    warnings = [
        f"{count} properties of '{name}' stay changed in the take: switches, modes and deleted curves are no offsets."
        for name, count in left.items()
        if count
    ]
    return [name for name, _ in edited], warnings


def layers_in(scene: bpy.types.Scene) -> list[ShownLayer]:
    """Return the layers of both actors, the lowest first."""
    found: dict[tuple[int, bpy.types.Action], list[Any]] = {}
    for number, actor in enumerate(scene.interact.actors):  # type: ignore[attr-defined]
        for block in _blocks(actor):
            for track, strip in layers_of(block):
                found.setdefault((number, strip.action), []).append(track)
    return [ShownLayer(number, action, tuple(tracks)) for (number, action), tracks in found.items()]


def fit_layers(actor: Any) -> None:
    """Let what an actor's layers, and what lies under them, play be as long as its keys, which were moved."""
    for block in _blocks(actor):
        fit_to_keys(block)
        for _, strip in layers_of(block):
            fit_strip(strip)


def remove(scene: bpy.types.Scene, actor: int, name: str) -> bool:
    """Remove a layer of an actor by the name of its action; return whether it was there."""
    there = False
    for block in _blocks(scene.interact.actors[actor]):  # type: ignore[attr-defined]
        for track, strip in list(layers_of(block)):
            if strip.action.name == name:
                remove_layer(block, track)
                there = True
    return there


def influence_of_layer(action: bpy.types.Action) -> float:
    """Return the influence of a layer by its action: on body and face it is the same."""
    return next((found for strip in _strips_of(action) if (found := influence_of(strip)) is not None), 1.0)


def set_influence_of_layer(action: bpy.types.Action, influence: float) -> None:
    """Set the influence of a layer wherever it lies in this scene; one that a person animates stays."""
    for strip in _strips_of(action):
        if influence_of(strip) is not None:
            set_influence(strip, influence)
            strip.id_data.update_tag()


def _strips_of(action: bpy.types.Action) -> Iterator[Any]:
    for actor in _actors(bpy.context.scene):
        for block in _blocks(actor):
            yield from (strip for _, strip in layers_of(block) if strip.action == action)


def _actors(scene: bpy.types.Scene) -> Iterator[Any]:
    yield from (actor for actor in scene.interact.actors if actor.armature is not None)  # type: ignore[attr-defined]


def _blocks(actor: Any) -> list[Any]:
    """Return an actor's armature and the shape keys of its meshes, those that meshes share once."""
    if actor.armature is None:
        return []
    keys = [mesh.data.shape_keys for mesh in skinned_meshes(actor.armature)]  # type: ignore[union-attr]
    return list(dict.fromkeys([actor.armature, *(block for block in keys if block is not None)]))
