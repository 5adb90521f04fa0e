"""What the timeline lacks for a shot: a range that holds the voices, a voice, labels, channels that are somebody's.

Problems are said in a report too. Hints are for the panel alone: a shot without them is a good one, or the request says
the same by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import bpy

from ... import compat
from ...messages import Message, counted, quoted, some
from ...properties import ActorKey, actor_key, all_actors, cast_in, generated_parts
from ...runtime_api import contract
from ..channels import ACTIONS, KINDS, actor_in
from ..ownership import Channels, register, strips_of
from ..reading import shot_duration
from ..settling import rename_channel
from ..shot_range import all_voices, fit_range, frames_of, voices_outside
from .problem import Problem


def timeline_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield voices that reach beyond the frame range: nobody would hear that they are cut."""
    outside = voices_outside(scene)
    if not outside:
        return
    first, last = frames_of(scene, [voice for voices in outside.values() for voice in voices])
    fits = shot_duration(scene) < contract.LONGEST_SHOT
    end = (
        Message("fit the range")
        if fits
        else Message(
            "a shot lasts {minutes} minutes at most, so make two", minutes=format(contract.LONGEST_SHOT / 60, ".0f")
        )
    )
    yield Problem(
        "voice outside the range",
        Message(
            "The voice of {names} lasts from frame {first} to {last} and the range from {start} to {finish}: "
            "what is said outside of it is left out; {end}.",
            names=_names(outside),
            first=first,
            last=last,
            start=scene.frame_start,
            finish=scene.frame_end,
            end=end,
        ),
        "",
        False,
        "Fit Range" if fits else "",
        Message("Widened the frame range of the scene '{scene}' to its voices.", scene=scene.name),
        _fit_range if fits else None,
        short="Voices are cut off",
    )


def timeline_hints(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield what is missing for a shot that is worth generating, the most important first."""
    cast = cast_in(scene)
    yield from _lost_channels(scene, cast)
    if not any(all_voices(scene).values()):
        yield Problem(
            "no voice",
            Message(
                "{names} only listen as long as nobody has a voice; add speech.", names=_names(map(actor_key, cast))
            ),
            "",
            False,
            "Add Speech",
            operator="interact.add_speech",
            short="No voice yet",
        )
    if not any(_has_actions(scene, actor) for actor in cast):
        yield Problem(
            "no action label",
            Message(
                "{names} stand all along as long as they have no action labels; set up the timeline, then change "
                "what they do.",
                names=_names(map(actor_key, cast)),
            ),
            "",
            False,
            "Set Up Timeline",
            operator="interact.set_up_timeline",
            short="No actions yet",
        )


def sequencer_hint(scene: bpy.types.Scene) -> Problem | None:
    """Return a hint if the sequencer that is open shows another scene, in which this cast has nothing. Cheap."""
    shown = compat.shown_sequencer_scene()
    if shown is None or shown == scene or (compat.sequencer_scene(scene) == shown and _is_cast_in(shown, scene)):
        return None
    return Problem(
        "sequencer of another scene",
        Message(
            "The sequencer shows the scene '{shown}', which '{scene}' is not generated from; show its own.",
            shown=shown.name,
            scene=scene.name,
        ),
        "",
        False,
        "Show This Scene's",
        Message("The sequencer shows the scene '{scene}'.", scene=scene.name),
        compat.show_in_sequencer,
        short="Other sequencer",
    )


def _is_cast_in(source: bpy.types.Scene, scene: bpy.types.Scene) -> bool:
    """Return whether a sequencer has a channel of an actor of ``scene``."""
    channels = Channels(source)
    actors = [actor_key(actor) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    return any(channels.is_of(number, key, kind) for number in channels.named() for key in actors for kind in KINDS)


def _names(actors: Iterable[ActorKey]) -> str:
    return quoted(actor.name for actor in actors)


def _fit_range(scene: bpy.types.Scene) -> None:
    fit_range(scene)


def _has_actions(scene: bpy.types.Scene, actor: Any) -> bool:
    """Return whether an actor has labels, or a body that needs none."""
    source = compat.sequencer_scene(scene)
    return "body" not in generated_parts(actor) or bool(strips_of(source, actor_key(actor), ACTIONS, "COLOR"))


def _lost_channels(scene: bpy.types.Scene, cast: list[Any]) -> Iterator[Problem]:
    """Yield channels with strips that are named for nobody who is cast, once for every actor who may be meant."""
    source = compat.sequencer_scene(scene)
    for name, lost in _lost_names(source).items():
        kinds = dict.fromkeys(kind for kind, _ in lost)
        for actor in cast:
            key = actor_key(actor)
            if any(_has_strips(source, key, kind) for kind in kinds):
                continue
            yield Problem(
                "lost channels",
                Message(
                    "No actor is called '{name}', but channels are ({names}); give them to '{actor}' if '{actor}' is "
                    "meant.",
                    name=name,
                    names=some(list(kinds)),
                    actor=key.name,
                ),
                key.name,
                False,
                Message("Give to {actor}", actor=key.name),
                Message(
                    "Gave {count} of '{name}' to '{actor}'.",
                    count=counted(len(lost), "channel"),
                    name=name,
                    actor=key.name,
                ),
                partial(_give, name, key),
                short=Message("'{name}' is not cast", name=name),
                is_a_choice=True,
            )


def _lost_names(source: bpy.types.Scene) -> dict[str, list[tuple[str, int]]]:
    """Return the names of actors whom nobody plays, and the kind and number of each of their channels with strips."""
    sequencer: Any = source.sequence_editor
    lost: dict[str, list[tuple[str, int]]] = {}
    if sequencer is None:
        return lost
    channels, actors = Channels(source), [actor_key(actor) for actor in all_actors()]
    for number in sorted({strip.channel for strip in sequencer.strips}):
        name, kind = actor_in(channels.names[number])
        is_known = channels.registered(number) is not None
        if kind and not is_known and not any(channels.is_of(number, key, one) for key in actors for one in KINDS):
            lost.setdefault(name, []).append((kind, number))
    return lost


def _has_strips(source: bpy.types.Scene, key: ActorKey, kind: str) -> bool:
    channels = Channels(source)
    sequencer: Any = source.sequence_editor
    return any(channels.is_of(number, key, kind) for number in {strip.channel for strip in sequencer.strips})


def _give(name: str, key: ActorKey, scene: bpy.types.Scene) -> None:
    """Give the channels of a name that nobody has to an actor, and name them after it."""
    source = compat.sequencer_scene(scene)
    for kind, number in _lost_names(source).get(name, []):
        rename_channel(source, number, name, key.name, kind)
        register(source, number, key, kind)
