"""What stops a request before it is sent: names alike, a shot of no use, sounds that are gone, strips without sense."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy

from ... import compat
from ...messages import Message
from ...properties import ONLY_LISTEN, actor_key, actor_name, cast_in, generated_parts
from ...rig.timing import frames_per_second
from ...runtime_api import contract, errors
from ..attention import trouble_with_target
from ..channels import EMOTIONS, GAZE, PINS
from ..emotions import emotion_name, emotion_of
from ..ownership import strips_of
from ..reading import Clock, shot_duration
from ..shot_range import fit_range
from ..sound_files import missing_sound
from ..targets import has_no_points, walk_strips
from ..voices import find_voices
from .problem import Problem

_NOTHING = 1e-4  # seconds


def script_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield what a request would be refused for, in the order in which it is best mended."""
    yield from _names(scene)
    yield from _range(scene)
    for actor in cast_in(scene):
        yield from _sounds(scene, actor)
        yield from _emotions(scene, actor)
        yield from _targets(scene, actor)
        if "body" in generated_parts(actor):
            yield from _walks(scene, actor)


def _names(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield names that are one to the sequencer, where case makes no difference."""
    first, second = (actor_name(actor) for actor in scene.interact.actors)  # type: ignore[attr-defined]
    if not first or first.casefold() != second.casefold():
        return
    other = f"{second} 2"
    sentence = (
        Message("Both actors are called '{name}'; give one of them another name under Cast.", name=first)
        if first == second
        else Message(
            "'{first}' and '{second}' have the same channels in the sequencer, where case makes no difference; give "
            "one of them another name under Cast.",
            first=first,
            second=second,
        )
    )
    done = Message("The second actor is called '{name}'.", name=other)
    yield Problem(
        "names alike", sentence, "", True, "Rename Second", done, partial(_rename, other), short="Two of one name",
        is_a_choice=True,
    )  # fmt: skip


def _rename(name: str, scene: bpy.types.Scene) -> None:
    scene.interact.actors[1].name = name  # type: ignore[attr-defined]


def _range(scene: bpy.types.Scene) -> Iterator[Problem]:
    seconds = shot_duration(scene)
    if contract.SHORTEST_SHOT <= seconds <= contract.LONGEST_SHOT:
        return
    is_short = seconds < contract.SHORTEST_SHOT
    yield Problem(
        "range too short" if is_short else "range too long",
        Message(
            "The frame range from {first} to {last} lasts {seconds} s; a shot lasts from {least} s to {most} minutes.",
            first=scene.frame_start,
            last=scene.frame_end,
            seconds=format(seconds, ".1f"),
            least=contract.SHORTEST_SHOT,
            most=format(contract.LONGEST_SHOT / 60, ".0f"),
        ),
        "",
        True,
        "Lengthen Range" if is_short else "Shorten Range",
        Message("Changed the end of the frame range of the scene '{scene}'.", scene=scene.name),
        _bring_range_into_limits,
    )


def _bring_range_into_limits(scene: bpy.types.Scene) -> None:
    """Let the range hold the voices, or be as long as a new scene's where it holds less than a shot needs."""
    rate = frames_per_second(scene)
    if shot_duration(scene) < contract.SHORTEST_SHOT:
        fit_range(scene)
    if shot_duration(scene) < contract.SHORTEST_SHOT:
        usual: Any = scene.bl_rna.properties["frame_end"]
        scene.frame_end = scene.frame_start + max(int(usual.default), math.ceil(contract.SHORTEST_SHOT * rate))
    longest = scene.frame_start + math.floor(contract.LONGEST_SHOT * rate)
    scene.frame_end = min(scene.frame_end, longest)


def _sounds(scene: bpy.types.Scene, actor: Any) -> Iterator[Problem]:
    """Yield voices within the shot whose sound file is gone, each file once."""
    if actor.perform == ONLY_LISTEN:
        return
    try:
        voices = find_voices(scene, actor_key(actor))
    except errors.InvalidRequest:  # a channel's name is cut: the request says it
        return
    name, files = actor_name(actor), set()
    for voice in voices:
        sound = voice.strip.sound
        sentence = missing_sound(voice.strip, name)
        if sentence and sound not in files:
            files.add(sound)
            fix, operator = ("Find Missing Files", "file.find_missing_files") if sound is not None else ("", "")
            yield Problem(
                "no sound file", sentence, name, True, fix, operator=operator, short="A sound file is missing"
            )


def _emotions(scene: bpy.types.Scene, actor: Any) -> Iterator[Problem]:
    """Yield emotion strips that cannot be read."""
    source, name = compat.sequencer_scene(scene), actor_name(actor)
    for strip in strips_of(source, actor_key(actor), EMOTIONS, "COLOR"):
        try:
            emotion_of(strip.name, name)
        except errors.InvalidRequest as error:
            yield _unreadable(strip, name, str(error))


def _unreadable(strip: Any, actor: str, sentence: str) -> Problem:
    """Return that an emotion strip cannot be read: one that asks for too much is weakened, any other muted."""
    emotion, _, number = strip.name.strip().rpartition(" ")
    strongest = emotion_name(emotion.casefold(), contract.MOST_INTENSITY)
    if emotion.casefold() in contract.EMOTION_CHOICES and "more than there is" in sentence and number[:1] != "-":
        done = Message("'{strip}' is '{name}' now.", strip=strip.name.strip(), name=strongest)
        return Problem(
            "emotion too strong", sentence, actor, True, "As Strong as It Gets", done,
            partial(_name_emotion, strip.name, strongest),
        )  # fmt: skip
    done = Message("Muted the strip '{strip}'.", strip=strip.name.strip())
    return Problem(
        "unknown emotion", sentence, actor, True, "Mute Strip", done, partial(_mute, strip.name), is_a_choice=True
    )


def _targets(scene: bpy.types.Scene, actor: Any) -> Iterator[Problem]:
    """Yield strips of pins and gaze within the shot that lead to nothing, as far as their parts are generated."""
    source, name, parts = compat.sequencer_scene(scene), actor_name(actor), set(generated_parts(actor))
    clock = Clock(source, scene)
    for kind, needed in ((GAZE, {"head", "face"}), (PINS, {"body"})):
        for strip in strips_of(source, actor_key(actor), kind, "COLOR") if needed & parts else ():
            start, end = clock.span(strip)
            sentence = trouble_with_target(strip, kind, name) if end - start > _NOTHING else ""
            if sentence:
                done = Message("Muted the strip '{strip}'.", strip=strip.name.strip())
                yield Problem(
                    "no target", sentence, name, True, "Mute Strip", done, partial(_mute, strip.name), is_a_choice=True
                )


def _walks(scene: bpy.types.Scene, actor: Any) -> Iterator[Problem]:
    """Yield walks that lead along a curve without points, or to who walks."""
    name, armature = actor_name(actor), actor.armature
    for strip in walk_strips(scene, actor_key(actor)):
        target = strip.interact_target
        if target is None:
            continue
        is_own = armature in (target, target.find_armature())
        if not is_own and not has_no_points(target):
            continue
        sentence = (
            Message(
                "The walk of '{actor}' leads to its own armature, so back to where that stands; choose another target "
                "or none.",
                actor=name,
            )
            if is_own
            else Message(
                "The curve '{curve}', along which '{actor}' walks, has no points; draw the path or choose another "
                "target.",
                curve=target.name,
                actor=name,
            )
        )
        code, short = ("walk to oneself", "Walks to itself") if is_own else ("empty path", "")
        done = Message("The walk of '{actor}' leads anywhere near.", actor=name)
        yield Problem(
            code, sentence, name, not is_own, "Clear Target", done, partial(_clear_target, strip.name), short=short
        )


def _strip(scene: bpy.types.Scene, name: str) -> Any:
    """Return the strip of a name in the sequencer that a scene is played from; Blender keeps names unique there."""
    return compat.sequencer_scene(scene).sequence_editor.strips[name]  # type: ignore[union-attr]


def _mute(name: str, scene: bpy.types.Scene) -> None:
    _strip(scene, name).mute = True


def _clear_target(name: str, scene: bpy.types.Scene) -> None:
    _strip(scene, name).interact_target = None


def _name_emotion(name: str, wanted: str, scene: bpy.types.Scene) -> None:
    _strip(scene, name).name = wanted
