"""A shot: all that a generation needs of the scene, read in short steps between which a window stays usable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..properties import ONLY_LISTEN, actor_key
from ..rig.artist_keys import PartFrames
from ..rig.cast import CastActor
from ..rig.identity import is_in_scene
from ..runtime_api import contract, errors, saying
from .perform import FindActors, Kept, kept_motion_in_steps, parts_to_key
from .preflight import check_scene
from .request import Constraints, Voices, body_shapes_in_steps, build_request_in_steps, cast_scene_in_steps
from .sound import VoiceMix
from .sound_check import may_lose_its_head, starts_elsewhere
from .sound_scene import Place
from .sound_times import TimeMapMix, is_to_be_measured, known_time_map
from .spoken_words import HeardSound, heard_sounds
from .transcript_times import TimeMap
from .voices import find_voices

Keep = Callable[[FindActors, Sequence[CastActor]], Generator[None, None, Kept]]
_TRIES = 3  # of measuring a voice in another Blender; what fails is measured in this one
CASTING, READING, MIXING = "Reading the characters", "Reading the scene", "Mixing the voices"


@dataclass(frozen=True)
class Shot:
    """What was read of a scene. It holds no pointer, so it is good after an undo too.

    ``frames``: the first and the last one; ``parts``: what is keyed of each actor, by name; ``kept_frames``: those that
    a person keyed and the performance keeps, by name; ``warnings``: sentences for the user; ``sounds``: in which each
    actor is heard, by name.
    """

    cast: tuple[CastActor, CastActor]
    frames: tuple[int, int]
    parts: dict[str, tuple[str, ...]]
    kept_frames: Mapping[str, PartFrames]
    request: contract.Request
    warnings: list[str] = field(default_factory=list)
    sounds: Mapping[str, tuple[HeardSound, ...]] = field(default_factory=dict)


Read = Callable[[Callable[[], bpy.types.Scene], Constraints | None, bool, Keep], Generator[str, None, Shot]]


def read_shot(
    find_scene: Callable[[], bpy.types.Scene],
    constraints: Constraints | None = None,
    in_window: bool = False,
    keep: Keep = kept_motion_in_steps,
) -> Generator[str, None, Shot]:
    """Read the scene in steps and return the shot; each step yields in words what comes next, some of them again.

    ``find_scene`` is asked for the scene in every step, since an undo between two of them would make a pointer invalid.
    ``constraints``: as ``build_request`` takes them. ``in_window``: let other Blenders mix the voices meanwhile; voices
    that Blender may start at another place are mixed so anyway, and listened to.
    ``keep``: reads what the actors keep.
    Raises named errors; nothing in the scene is changed.
    """
    scene: Any = find_scene()
    frames = scene.frame_start, scene.frame_end
    cast = yield from saying(CASTING, cast_scene_in_steps(find_scene, first_frame=True))
    scene = find_scene()
    parts = parts_to_key(cast, scene.interact.actors)
    warnings = check_scene(scene, cast)
    yield READING
    shapes = yield from saying(READING, body_shapes_in_steps(cast))
    kept = yield from saying(READING, keep(lambda: _with_actors(find_scene()), cast))
    yield READING
    names = [character.name for character in cast]
    by_others = in_window or any_may_lose_its_head(find_scene())
    mixed = (yield from mixed_in_steps(find_scene, names)) if by_others else None
    measured = (yield from measured_in_steps(find_scene, names)) if by_others else None
    if mixed is not None:
        mixed, doubts = yield from checked_in_steps(find_scene, cast, mixed, measured or {})
        warnings += doubts
    yield READING
    building = build_request_in_steps(find_scene, cast, constraints, kept, mixed, shapes, measured)
    request, more = yield from saying(READING, building)
    yield READING
    scene = find_scene()
    sounds = {
        character.name: heard_sounds(scene, actor_key(actor), (measured or {}).get(character.name, {}))
        for character, actor in zip(cast, scene.interact.actors)
        if actor.perform != ONLY_LISTEN
    }
    return Shot(cast, frames, parts, kept.frames, request, list(dict.fromkeys([*warnings, *more])), sounds)


def _with_actors(scene: Any) -> tuple[bpy.types.Scene, tuple[Any, Any]]:
    return scene, scene.interact.actors


def mixed_in_steps(find_scene: Callable[[], bpy.types.Scene], names: Sequence[str]) -> Generator[str, None, Voices]:
    """Mix what the actors say, by their ``names``; what is changed meanwhile is mixed again."""
    mixes: dict[str, VoiceMix] = {}
    try:
        while True:
            is_new = False
            for number, name in enumerate(names):
                scene: Any = find_scene()
                actor, mix = scene.interact.actors[number], mixes.get(name)
                if actor.perform != ONLY_LISTEN and (mix is None or not mix.is_current(scene)):
                    mixes[name], is_new = VoiceMix(scene, actor_key(actor)), True
                yield READING
            if not is_new:
                return {name: mix.clip() for name, mix in mixes.items()}
            while not all(mix.is_done for mix in mixes.values()):
                yield MIXING
    finally:
        for mix in mixes.values():
            mix.stop()


def measured_in_steps(
    find_scene: Callable[[], bpy.types.Scene], names: Sequence[str]
) -> Generator[str, None, dict[str, dict[Place, TimeMap | None]]]:
    """Measure when retimed voices are heard, one after the other, by the actors' ``names`` and place."""
    found: dict[str, dict[Place, TimeMap | None]] = {name: {} for name in names}
    for number, name in enumerate(names):
        tried: Counter[Place] = Counter()
        while (measuring := _next_to_measure(find_scene(), number, tried, found[name])) is not None:
            place, mix = measuring
            tried[place] += 1
            try:
                while not mix.is_done:
                    yield MIXING
                times = mix.times()
            finally:
                mix.stop()
            if mix.is_good:
                found[name][place] = times
            yield READING
    return found


def checked_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    cast: Sequence[CastActor],
    mixed: Voices,
    measured: Mapping[str, Mapping[Place, TimeMap | None]],
) -> Generator[str, None, tuple[Voices, list[str]]]:
    """Mix again what holds another part of a retimed voice than it plays; return the clips, and sentences for the rest.

    ``mixed``, ``measured``: the clips of the actors by name, and when their voices are heard.
    """
    found, doubts = dict(mixed), []
    for number, character in enumerate(cast):
        for tried in range(_TRIES):
            yield READING
            wrong = _heard_elsewhere(find_scene(), number, found.get(character.name), measured.get(character.name, {}))
            if not wrong:
                break
            if tried == _TRIES - 1:
                doubts.append(
                    f"What is heard of '{wrong}' of '{character.name}' does not start where the sequencer says, since "
                    "Blender loses the trimmed head of a retimed sound now and then; generate again, or cut the sound "
                    "file itself."
                )
                break
            scene: Any = find_scene()
            mix = VoiceMix(scene, actor_key(scene.interact.actors[number]), anew=True)
            try:
                while not mix.is_done:
                    yield MIXING
                found[character.name] = mix.clip()
            finally:
                mix.stop()
    return found, doubts


def any_may_lose_its_head(scene: Any) -> bool:
    """Return whether Blender may play a voice of the cast from another place than the sequencer says.

    Raises as ``find_voices`` does.
    """
    speakers = [actor_key(actor) for actor in scene.interact.actors if actor.perform != ONLY_LISTEN]
    return any(may_lose_its_head(voice) for speaker in speakers for voice in find_voices(scene, speaker))


def _heard_elsewhere(
    scene: Any, number: int, clip: contract.SpeechClip | None, measured: Mapping[Place, TimeMap | None]
) -> str:
    """Return the name of a strip of an actor of which a clip holds something else than it plays; "" for none."""
    actor = scene.interact.actors[number]
    if clip is None or actor.perform == ONLY_LISTEN:
        return ""
    key = actor_key(actor)
    voices = find_voices(scene, key)
    for voice in filter(may_lose_its_head, voices):
        times = measured.get(voice.place) or known_time_map(scene, key.name, voice)
        others = [other for other in voices if other.place != voice.place]
        if times is not None and starts_elsewhere(key.name, voice, times, clip, others):
            return str(voice.strip.name)
    return ""


def _next_to_measure(
    scene: Any, number: int, tried: Mapping[Place, int], known: Collection[Place]
) -> tuple[Place, TimeMapMix] | None:
    """Begin with the next voice of an actor that is not ``known``; None where all are, or were ``tried`` in vain."""
    actor = scene.interact.actors[number]
    if actor.perform == ONLY_LISTEN:
        return None
    key = actor_key(actor)
    left = (voice for voice in find_voices(scene, key) if voice.place not in known)
    left = (voice for voice in left if tried.get(voice.place, 0) < _TRIES)
    voice = next((voice for voice in left if is_to_be_measured(scene, key.name, voice)), None)
    return None if voice is None else (voice.place, TimeMapMix(scene, key.name, voice))


def check_cast_is_here(scene: bpy.types.Scene, shot: Shot) -> None:
    """Raise ``InvalidRequest`` where a character of the shot was deleted since it was read."""
    for actor in shot.cast:
        armature = actor.armature.find()
        # Deleted in the 3D view, an armature leaves the scene; the file keeps it as long as the cast points to it.
        if armature is None or not is_in_scene(armature, scene):
            raise errors.InvalidRequest(
                f"'{actor.armature.name}' was deleted while '{actor.name}' was generated, so neither character was "
                "keyed; undo that, or cast another, and generate again."
            )
