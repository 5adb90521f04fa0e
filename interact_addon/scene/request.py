"""The scene as a ``Request``: the cast, their script, their seats and targets."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import bpy

from .. import compat
from ..properties import (
    ONLY_LISTEN,
    actor_key,
    actor_name,
    assigned_bones,
    face_settings_of,
    generated_parts,
    leading_hand_of,
    relationship_of,
    style_of,
    switches_of,
)
from ..rig.body_shape import body_shape_in_steps
from ..rig.cast import CastActor, cast_actor_in_steps
from ..rig.identity import is_in_scene
from ..runtime_api import body_shape, contract, errors, finished
from .attention import read_gaze, read_pins
from .channels import ACTIONS, SPEECH, channel_name
from .contact_goals import read_contacts
from .furniture import furniture_in_steps, on_the_floor
from .ownership import strips_of
from .pair import read_pair
from .perform import Kept, kept_motion
from .reading import read_actions, read_emotions, read_energy, shot_duration
from .sound import mix_voices
from .targets import lead_walks, seat_place, seat_waypoints
from .transcripts import Measured, read_transcript
from .voices import find_voices, speech_channels_of_nobody

Constraints = Mapping[str, contract.MotionConstraints]
Voices = Mapping[str, contract.SpeechClip | None]
Shapes = Mapping[str, body_shape.BodyShape]


def cast_scene(scene: bpy.types.Scene, first_frame: bool = False) -> tuple[CastActor, CastActor]:
    """Read both characters, as they stand now or, for a generation, on the shot's first frame.

    Raises ``InvalidRequest`` where one is missing, gone or cast twice, or bones chosen by hand don't fit,
    ``RigNotRecognised``.
    """
    return finished(cast_scene_in_steps(lambda: scene, first_frame))


def cast_scene_in_steps(
    find_scene: Callable[[], bpy.types.Scene], first_frame: bool = False
) -> Generator[None, None, tuple[CastActor, CastActor]]:
    """Do the same in steps; the scene is found anew in each of them."""
    check_cast(find_scene())
    yield
    characters = []
    for number in (0, 1):
        check_cast(scene := find_scene())
        actor: Any = scene.interact.actors[number]  # type: ignore[attr-defined]
        characters.append((yield from character_in_steps(actor, find_scene if first_frame else _now)))
        yield
    first, second = characters
    return first, second


def _now() -> None:
    """Stand for the scene of characters that are read as they stand now."""


def check_cast(scene: bpy.types.Scene) -> None:
    """Raise ``InvalidRequest`` where a character is missing, gone or cast twice."""
    first, second = scene.interact.actors
    for number, actor in enumerate((first, second), 1):
        if actor.armature is None:
            raise errors.InvalidRequest(f"{_called(actor, number)} has no armature; select a character and cast it.")
        if not is_in_scene(actor.armature, scene):
            raise errors.InvalidRequest(f"{why_not_here(actor.armature, scene)}.")
    if first.armature == second.armature:
        raise errors.InvalidRequest(
            f"Both actors use the armature '{first.armature.name}'; cast two different characters."
        )


def why_not_here(armature: bpy.types.Object, scene: bpy.types.Scene) -> str:
    """Return in one line, without a full stop, why an armature that is not in a scene cannot be cast there."""
    if armature.library is not None:
        return (
            f"'{armature.name}' is linked and not an object of the scene '{scene.name}'; select what shows it, choose "
            "Object > Library Override > Make, and cast the armature that comes of it"
        )
    return f"'{armature.name}' is not in the scene '{scene.name}'; cast an armature of this scene"


def cast_character(actor: Any, scene: bpy.types.Scene | None = None) -> CastActor:
    """Read one character as its settings say, the bones chosen by hand among them.

    It is read as it stands when ``scene`` starts, or as it stands now where there is none.
    Raises ``InvalidRequest`` where those don't fit, ``RigNotRecognised``.
    """
    return finished(character_in_steps(actor, lambda: scene))


def character_in_steps(
    actor: Any, find_scene: Callable[[], bpy.types.Scene | None] = _now
) -> Generator[None, None, CastActor]:
    """Do the same in steps; the settings are read in the first of them."""
    identity = actor.identity
    character = yield from cast_actor_in_steps(
        actor_name(actor),
        actor.armature,
        assigned_bones(actor),
        switches_of(actor),
        face_settings_of(actor),
        find_scene,
    )
    return replace(character, identity=identity)


def build_request(
    scene: bpy.types.Scene,
    cast: tuple[CastActor, CastActor] | None = None,
    constraints: Constraints | None = None,
    kept: Kept | None = None,
    mixed: Voices | None = None,
    shapes: Shapes | None = None,
) -> tuple[contract.Request, list[str]]:
    """Return everything a generation needs, checked, and warnings for the user.

    ``constraints``: the motion that an actor, by name, is given; actors that keep something are given that, which
    ``kept`` saves reading again. ``mixed``: the voices of the actors by name, where they are mixed already; ``shapes``:
    their bodies by name, without *Thickness*, where those are measured; who is not in them gets that of its bones.
    Raises the named errors of ``errors``; nothing in the scene is changed.
    """
    return finished(build_request_in_steps(lambda: scene, cast, constraints, kept, mixed, shapes))


def build_request_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    cast: tuple[CastActor, CastActor] | None = None,
    constraints: Constraints | None = None,
    kept: Kept | None = None,
    mixed: Voices | None = None,
    shapes: Shapes | None = None,
    measured: Mapping[str, Measured] | None = None,
    with_furniture: bool = True,
) -> Generator[None, None, tuple[contract.Request, list[str]]]:
    """Do the same in steps; the scene is found anew in each of them.

    ``measured``: when voices are heard, by name and place, as far as that was measured. ``with_furniture``: it is
    measured, where it is not known.
    """
    if cast is None:
        cast = yield from cast_scene_in_steps(find_scene, first_frame=True)
    if shapes is None:
        shapes = yield from body_shapes_in_steps(cast)
    _check_names(cast)
    scene: Any = find_scene()
    settings = scene.interact
    if unknown := sorted(set(constraints or {}) - {character.name for character in cast}):
        raise errors.InvalidRequest(
            f"Motion constraints are given for '{unknown[0]}', who is not cast; use the name of an actor."
        )
    given = {**(kept or kept_motion(scene, cast, settings.actors)).motion, **(constraints or {})}
    warnings = [warning for character in cast for warning in character.warnings]
    actors = []
    for number, character in enumerate(cast):
        name = character.name
        heard = _Heard(mixed is not None, (mixed or {}).get(name), (measured or {}).get(name, {}))
        yield
        scene = find_scene()
        own, partner = scene.interact.actors[number], scene.interact.actors[1 - number]
        actors.append(_actor(scene, character, own, partner, given.get(name), shapes.get(name), heard, warnings))
    yield
    things = (yield from furniture_in_steps(find_scene, cast)) if with_furniture else ()
    scene = find_scene()
    settings = scene.interact
    request = contract.Request(
        duration=shot_duration(scene),
        actors=tuple(actors),
        seed=settings.seed,
        quality=settings.quality,
        guidance=settings.guidance,
        relationship=relationship_of(settings),
        lips=settings.lips,
        interactions=read_pair(scene),
        contacts=read_contacts(scene, cast),
        obstacles=on_the_floor(things, cast[0].rest.floor),
    )
    contract.check_request(request)
    return request, [*warnings, *contract.out_of_reach(request)]


def scripted_actors(scene: bpy.types.Scene, cast: Sequence[CastActor]) -> tuple[contract.Actor, ...]:
    """Return what both actors do and where, without voices and faces: enough to know who is in reach of whom.

    Raises ``InvalidRequest`` as ``build_request`` does.
    """
    first, second = scene.interact.actors  # type: ignore[attr-defined]
    return tuple(
        contract.Actor(
            character.name,
            character.rest.skeleton,
            character.rest.position,
            character.rest.heading,
            **_script(scene, character, own, partner, []),
        )
        for character, own, partner in zip(cast, (first, second), (second, first))
    )


def body_shapes_in_steps(cast: Sequence[CastActor]) -> Generator[None, None, Shapes]:
    """Return the body shapes of some characters by name, without *Thickness*, in steps. Raises ``InvalidRequest``."""
    shapes = {}
    for character in cast:
        shapes[character.name] = yield from body_shape_in_steps(character)
    return shapes


class _Heard(NamedTuple):
    """What is known of an actor's voice already: the clip, where ``is_mixed``, and the times of some of its strips."""

    is_mixed: bool
    clip: contract.SpeechClip | None
    times: Measured


def _called(actor: Any, number: int) -> str:
    return f"'{actor.name}'" if actor.name else f"Actor {number}"


def _check_names(cast: Sequence[CastActor]) -> None:
    """Raise ``InvalidRequest`` where two names differ in case only: each would speak with the voices of both."""
    first, second = (character.name for character in cast)
    if first != second and first.casefold() == second.casefold():
        raise errors.InvalidRequest(
            f"'{first}' and '{second}' have the same channels in the sequencer, where case makes no difference; give "
            "one of them another name under Cast."
        )


def _silence(scene: bpy.types.Scene, name: str, has_strips: bool) -> str:
    why = f"Nothing is heard of the speech strips of '{name}'" if has_strips else f"'{name}' has no speech strip"
    if not has_strips and (lost := speech_channels_of_nobody(scene)):
        why += f" (the channel '{lost[0]}' is no actor's; call it '{channel_name(name, SPEECH)}' if it is theirs)"
    return f"{why}; '{name}' only listens."


def _actor(
    scene: bpy.types.Scene,
    character: CastActor,
    actor_settings: Any,
    partner: Any,
    constraints: contract.MotionConstraints | None,
    shape: body_shape.BodyShape | None,
    heard: _Heard,
    warnings: list[str],
) -> contract.Actor:
    """Read one actor, given its and its partner's settings; warnings for the user are added to ``warnings``."""
    return contract.Actor(
        name=character.name,
        skeleton=character.rest.skeleton,
        shape=None if shape is None else shape.thickened(actor_settings.thickness),
        position=character.rest.position,
        heading=character.rest.heading,
        emotions=read_emotions(scene, actor_key(actor_settings), actor_settings),
        constraints=constraints,
        style=style_of(actor_settings),
        energy=read_energy(scene, actor_settings),
        leading_hand=leading_hand_of(actor_settings),
        **_speech(scene, character, actor_settings, heard, warnings),
        **_attention(scene, character, actor_settings, partner),
        **_script(scene, character, actor_settings, partner, warnings),
    )


def _speech(
    scene: bpy.types.Scene, character: CastActor, actor_settings: Any, heard: _Heard, warnings: list[str]
) -> dict[str, Any]:
    """Return what an actor says; one that only listens says nothing, whatever strips it has."""
    if actor_settings.perform == ONLY_LISTEN:
        return {}
    key = actor_key(actor_settings)
    voices = find_voices(scene, key)
    voice = heard.clip if heard.is_mixed else mix_voices(scene, character.name, voices)
    if voice is None:
        warnings.append(_silence(scene, character.name, bool(voices)))
        voices = []
    transcript, problems = read_transcript(scene, key, voices, heard.times)
    warnings += problems
    return {
        "speech": () if voice is None else (voice,),
        "words": transcript.words,
        "captions": transcript.captions,
    }


def _attention(scene: bpy.types.Scene, character: CastActor, actor_settings: Any, partner: Any) -> dict[str, Any]:
    """Return what an actor looks at and holds on to, as far as head and arms are generated."""
    key, parts, floor = actor_key(actor_settings), generated_parts(actor_settings), character.rest.floor
    return {
        "gaze": read_gaze(scene, key, floor, partner.armature) if {"head", "face"} & set(parts) else (),
        "pins": read_pins(scene, key, floor) if "body" in parts else (),
    }


def _script(
    scene: bpy.types.Scene, character: CastActor, actor_settings: Any, partner: Any, warnings: list[str]
) -> dict[str, Any]:
    """Return what an actor does and where; a body that is kept does what it does."""
    if "body" not in generated_parts(actor_settings):
        if strips_of(compat.sequencer_scene(scene), actor_key(actor_settings), ACTIONS, "COLOR"):
            warnings.append(f"'{character.name}' keeps its body, so its action strips are not played.")
        return {}
    actions, waypoints = lead_walks(read_actions(scene, actor_key(actor_settings)), partner.armature, scene)
    seat_height = actor_settings.seat_height
    if actor_settings.seat is not None:
        place = seat_place(actor_settings.seat, scene)
        seat_height = place.top - character.rest.floor
        waypoints += seat_waypoints(place, actions)
    return {
        "actions": actions,
        "waypoints": tuple(sorted(waypoints, key=lambda point: point.time)),
        "seat_height": seat_height,
    }
