"""Bringing ids, remembered channels and generated names up to date after anything was renamed, copied or loaded.

Nothing is lost before this runs: channels are found by id. It makes ids unique, remembers channels that were named by
hand, and renames those that still carry an actor's former name. Each step looks at what is there now and not at what
happened, so it does not matter whether a rename, an undo, a copied scene or a loaded file led there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey, actor_key, actor_name, all_actors, cast_in, identify, new_identity, remember
from ..rig.keying import TAKE_ACTOR, TAKE_NUMBER
from ..rig.measure import skinned_meshes
from ..rig.played import played
from .channels import KINDS, PAIR_KINDS, is_channel_of, is_unnamed, renamed
from .contact_goals import change_who_touches
from .ownership import PAIR, Channels, register
from .pair import change_who_acts

_seen: tuple[int, ...] = ()  # the session_uids of all scenes when ids were last made unique


@bpy.app.handlers.persistent
def settle_changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Settle a scene after a change to its cast, its names or its sequencer; cheap after every other change."""
    if _scenes() != _seen:
        settle_all()
    elif depsgraph.id_type_updated("SCENE") or _is_renamed(scene):
        settle(scene)


@bpy.app.handlers.persistent
def settle_all(*_arguments: object) -> None:
    """Settle every scene, as after an undo or when a file was loaded."""
    global _seen
    _make_unique()
    for scene in bpy.data.scenes:
        settle(scene)
    _seen = _scenes()


def settle(scene: bpy.types.Scene) -> None:
    """Bring a scene with a cast, and the sequencers it hears, up to date.

    While both actors are one armature or have one name, as in the middle of a swap, nothing is touched.
    """
    actors = cast_in(scene)
    if not actors or scene.library is not None or _is_ambiguous(actors):
        return
    for actor in actors:
        if not actor.identity:  # of a file from before there were ids
            identify(actor)
    keys = [actor_key(actor) for actor in actors]
    for source in _sources(scene):
        _register_named(source, keys)
        _rename(source, keys)
    for actor in actors:
        if actor.known_as != actor_name(actor):
            actor.known_as = actor_name(actor)
            remember(actor)


def _scenes() -> tuple[int, ...]:
    return tuple(scene.session_uid for scene in bpy.data.scenes)


def _is_renamed(scene: bpy.types.Scene) -> bool:
    return any(actor.known_as != actor_name(actor) for actor in cast_in(scene))


def _is_ambiguous(actors: list[Any]) -> bool:
    if len(actors) < 2:
        return False
    first, second = actors
    same_name = actor_name(first).casefold() == actor_name(second).casefold()
    return first.armature == second.armature or same_name


def _make_unique() -> None:
    """Give a new id to every actor whose id another armature has: a copied or appended scene copies its settings.

    The same armature in two scenes is one character and keeps one id.
    """
    armatures: dict[str, Any] = {}
    for scene in sorted(bpy.data.scenes, key=lambda scene: scene.session_uid):  # the copy is the newer one
        for actor in cast_in(scene):
            if not actor.identity or scene.library is not None:
                continue
            if armatures.setdefault(actor.identity, actor.armature) != actor.armature:
                _change_identity(scene, actor, new_identity())
                armatures[actor.identity] = actor.armature


def _change_identity(scene: Any, actor: Any, identity: str) -> None:
    """Change an actor's id, and with it what its scene remembers of it."""
    _keep_takes(actor, identity)
    others = [other.identity for other in scene.interact.actors if other != actor]
    if actor.identity not in others:
        change_who_acts(scene, actor.identity, identity)
        change_who_touches(scene, actor.identity, identity)
        for entry in scene.interact.channels:
            if entry.actor == actor.identity:
                entry.actor = identity
        for item in scene.interact.characters:
            if item.identity == actor.identity:
                item.identity = identity
    actor.identity = identity


def _keep_takes(actor: Any, identity: str) -> None:
    """Let the copies of takes that a copied character plays be its own, no longer those of whom it was copied from.

    Blender may leave the actions shared; then they stay whose they are.
    """
    others = {other.armature for other in all_actors()} - {actor.armature}
    elsewhere = {action for armature in others for action in _actions_of(armature)}
    for action in _actions_of(actor.armature) - elsewhere:
        if TAKE_NUMBER in action and action.library is None:
            action[TAKE_ACTOR] = identity


def _actions_of(armature: bpy.types.Object) -> set[bpy.types.Action]:
    """Return the actions that an armature and the shape keys of its meshes play."""
    keys = [mesh.data.shape_keys for mesh in skinned_meshes(armature)]
    playing = [played(owner)[0] for owner in (armature, *keys)]
    return {action for action in playing if action is not None}


def _sources(scene: bpy.types.Scene) -> list[bpy.types.Scene]:
    """Return the scenes whose sequencers are heard in a scene and may be written, those in scene strips among them."""
    found = list(dict.fromkeys((scene, compat.sequencer_scene(scene))))
    for source in found if len(bpy.data.scenes) > 1 else ():  # grows while it is gone through
        for strip in source.sequence_editor.strips if source.sequence_editor is not None else ():
            if strip.type == "SCENE" and strip.scene is not None and strip.scene not in found:
                found.append(strip.scene)
    return [source for source in found if source.sequence_editor is not None and source.library is None]


def _register_named(source: bpy.types.Scene, keys: list[ActorKey]) -> None:
    """Remember the channels that are these actors', and forget those that are nobody's any more."""
    channels = Channels(source)
    entries: Any = source.interact.channels  # type: ignore[attr-defined]
    for number in channels.named():
        if found := _owner(channels, number, keys):
            register(source, number, *found)
    for row in reversed(range(len(entries))):
        if is_unnamed(channels.names[entries[row].number]):
            entries.remove(row)


def _owner(channels: Channels, number: int, keys: list[ActorKey]) -> tuple[ActorKey, str] | None:
    """Return which of these actors, or that the pair, a channel belongs to, and its kind."""
    pair = next((kind for kind in PAIR_KINDS if channels.is_of_pair(number, kind)), None)
    if pair is not None:
        return ActorKey("", PAIR), pair
    if known := channels.registered(number):
        return next(((key, known[1]) for key in keys if key.identity == known[0]), None)
    return next(((key, kind) for key in keys for kind in KINDS if channels.is_of(number, key, kind)), None)


def _rename(source: bpy.types.Scene, keys: list[ActorKey]) -> None:
    """Name the channels anew that are named after what an actor was called before, also inside of meta strips."""
    changed = {key.identity: key for key in keys if key.known_as not in ("", key.name)}
    if not changed:
        return
    sequencer: Any = source.sequence_editor
    entries = [entry for entry in source.interact.channels if entry.actor in changed]  # type: ignore[attr-defined]
    _name_anew(
        (sequencer.channels[entry.number], changed[entry.actor], entry.kind)
        for entry in entries
        if is_channel_of(sequencer.channels[entry.number].name, changed[entry.actor].known_as, entry.kind)
    )
    for entry in entries:
        entry.name = sequencer.channels[entry.number].name
    for strip in _metas(sequencer.strips):
        inside = [strip.channels[number] for number in sorted({inner.channel for inner in strip.strips})]
        _name_anew(
            (channel, key, kind)
            for channel in inside
            for key in changed.values()
            for kind in KINDS
            if is_channel_of(channel.name, key.known_as, kind)
        )


def rename_channel(source: bpy.types.Scene, number: int, before: str, now: str, kind: str) -> None:
    """Name a channel that is named after one actor after another."""
    sequencer: Any = source.sequence_editor
    channel = sequencer.channels[number]
    channel.name = renamed(channel.name, before, now, kind)


def _name_anew(found: Iterable[tuple[Any, ActorKey, str]]) -> None:
    """Name channels after their actors. Blender numbers a name that is taken, so the old names are cleared first."""
    wanted = [(channel, renamed(channel.name, key.known_as, key.name, kind)) for channel, key, kind in found]
    for channel, _ in wanted:
        channel.name = "-"
    for channel, name in wanted:
        channel.name = name


def _metas(strips: Any) -> Iterator[Any]:
    for strip in strips:
        if strip.type == "META":
            yield strip
            yield from _metas(strip.strips)
