"""Looking for the words of new and edited texts in the voices, with the worker, while the window stays usable.

What was pasted without times is put over its words then, and so is an edited text that had been: one undo step. What an
undo takes back is not done again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import bpy

from ..properties import ONLY_LISTEN, ActorKey, actor_key, cast_in
from ..runtime_api import contract, errors, skeleton
from ..scene.reading import shot_duration
from ..scene.shot import measured_in_steps, mixed_in_steps
from ..scene.sound_times import is_to_be_measured
from ..scene.spoken_words import HeardSound, SaidText, found_words, heard_sounds, in_its_sound, remember_words
from ..scene.voices import find_voices
from ..scene.word_strips import TextStrip, follow_words, text_strips
from ..takes.words import known_words
from . import generation
from .process import SECONDS_BETWEEN_POLLS

UNDO = "Align Words"
Read = TypeVar("Read")
FindScene = Callable[[], bpy.types.Scene]
_WAITING, _STEP = 0.5, 0.01  # seconds until something is asked for again, and between steps
_NEAR = 2.0  # seconds around a text in which other texts are looked for along, so that each word has its own

# Of actors (ids) and texts: those that were looked for, where and when; and those that were put over their words.
_tried: set[tuple[str, str, float, float]] = set()
_placed: set[tuple[str, str, str | None]] = set()


@dataclass(frozen=True)
class _Script:
    """What an actor's text strips say: all, those whose words are not known, and those to be put over their words."""

    number: int  # of the actor
    actor: ActorKey
    sounds: Sequence[HeardSound]
    strips: Sequence[TextStrip]
    unknown: Sequence[TextStrip]
    displaced: Sequence[tuple[TextStrip, list[contract.TimedWord]]]


def forget_text(actor: ActorKey, text: str) -> None:
    """Look for a text of an actor, and put it over its words, although that was done before."""
    for kept in (_tried, _placed):
        kept.difference_update([key for key in kept if key[:2] == (actor.identity, text)])


def leave(scene: bpy.types.Scene) -> None:
    """Leave the texts of a scene as they are until they are changed."""
    with suppress(errors.InterActError):
        for script in _scripts(scene):
            _tried.update(_trial(script.actor, strip) for strip in script.unknown)
            _placed.update(_placing(script.actor, strip) for strip in script.strips)


def is_wanted(scene: bpy.types.Scene) -> bool:
    """Return whether there is anything to look for or to place. For a window: it measures no sound."""
    try:
        return any(script.unknown or script.displaced for script in _scripts(scene))
    except errors.InterActError:  # said when it is generated
        return False


def search_in_steps(find_scene: FindScene, obstacle: Callable[[], str]) -> Generator[float, None, list[str]]:
    """Look for the words of both actors' texts and place strips; yield the seconds to wait; return warnings.

    ``find_scene`` is asked for the scene in every step. ``obstacle`` says why nothing can be written just now. Raises
    named errors.
    """
    warnings: list[str] = []
    while (script := next((one for one in _scripts(find_scene()) if one.unknown), None)) is not None:
        if generation.current is not None:
            yield _WAITING
            continue
        warnings += yield from _find(find_scene, script)
    while displaced := [script for script in _scripts(find_scene()) if script.displaced]:
        if generation.current is not None or obstacle():
            yield _WAITING
            continue
        for script in displaced:
            _place(find_scene(), script)
        bpy.ops.ed.undo_push(message=UNDO)
    return warnings


def _scripts(scene: bpy.types.Scene) -> list[_Script]:
    scripts = []
    for number, settings in enumerate(scene.interact.actors):  # type: ignore[attr-defined]
        if settings not in cast_in(scene) or settings.perform == ONLY_LISTEN:
            continue
        actor = actor_key(settings)
        voices = find_voices(scene, actor)
        strips = text_strips(scene, actor, voices)
        if not strips:
            continue
        is_measured = not any(is_to_be_measured(scene, actor.name, voice) for voice in voices)
        sounds = heard_sounds(scene, actor, {}) if is_measured else ()
        known: dict[str, list[SaidText]] = {}  # by text: a long timeline has hundreds, in each of many takes
        for said in known_words(actor):
            known.setdefault(said.text, []).append(said)
        words = [(strip, found_words(strip.caption, known.get(strip.caption.text, ()), sounds)) for strip in strips]
        unknown = [strip for strip, found in words if not found and _trial(actor, strip) not in _tried]
        displaced = [
            (strip, found)
            for strip, found in words
            if found and strip.is_out_of_place and _placing(actor, strip) not in _placed
        ]
        scripts.append(_Script(number, actor, sounds, strips, unknown, displaced))
    return scripts


def _trial(actor: ActorKey, strip: TextStrip) -> tuple[str, str, float, float]:
    return actor.identity, strip.caption.text, round(strip.caption.start, 1), round(strip.caption.end, 1)


def _placing(actor: ActorKey, strip: TextStrip) -> tuple[str, str, str | None]:
    return actor.identity, strip.caption.text, strip.follows


def _find(find_scene: FindScene, script: _Script) -> Generator[float, None, list[str]]:
    """Look for what is unknown of one actor, and remember it; return warnings."""
    names = [actor_key(actor).name for actor in find_scene().interact.actors]  # type: ignore[attr-defined]
    name = names[script.number]
    mixed = yield from _paced(mixed_in_steps(find_scene, names))
    measured = yield from _paced(measured_in_steps(find_scene, names))
    scene, clip = find_scene(), mixed.get(name)
    sounds = heard_sounds(scene, script.actor, measured.get(name, {}))
    trials = [_trial(script.actor, strip) for strip in script.unknown]
    if clip is None or not sounds:
        _tried.update(trials)
        return []
    captions = tuple(strip.caption for strip in _with_neighbours(script))
    actor = contract.Actor(name, skeleton.AVERAGE_SKELETON, speech=(clip,), captions=captions)
    runtime = generation.runtime()
    runtime.start_aligning(contract.Request(shot_duration(scene), (actor,)))
    try:
        while (found := runtime.aligned()) is None:
            yield SECONDS_BETWEEN_POLLS
    except errors.Cancelled:  # a generation goes first, or the worker was ended
        if not runtime.alive:
            raise
        yield _WAITING
        return []
    finally:
        runtime.stop_aligning()
    _tried.update(trials)
    for caption, said in zip(captions, found.words):
        _remember(caption.text, [contract.TimedWord(*word) for word in said], sounds)
    return list(found.warnings)


def _with_neighbours(script: _Script) -> list[TextStrip]:
    """Return the texts that are unknown and those around them, in order of time: each word has a text of its own."""
    return [
        strip
        for strip in script.strips
        if any(
            strip.caption.start < one.caption.end + _NEAR and strip.caption.end > one.caption.start - _NEAR
            for one in script.unknown
        )
    ]


def _remember(text: str, words: Sequence[contract.TimedWord], sounds: Sequence[HeardSound]) -> None:
    said = in_its_sound(text, words, sounds) if words else None
    if said is not None:
        remember_words([said])


def _place(scene: bpy.types.Scene, script: _Script) -> None:
    """Put the texts of an actor over their words that are not there."""
    for strip, words in script.displaced:
        _placed.add(_placing(script.actor, strip))
        for part in follow_words(scene, strip, words):
            _remember(" ".join(word.text for word in part), part, script.sounds)


def _paced(steps: Generator[str, None, Read]) -> Generator[float, None, Read]:
    """Do steps that say in words what they do."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        yield _STEP
