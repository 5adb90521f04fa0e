"""When each word of a voice is spoken: as its transcript says, or as it was found in the sound.

What was found, by a generation or since a text was written, is kept on the clock of the sound's file, beside the text
it was found for. So words follow their voice wherever it is moved, cut or retimed, and words of a text that was edited
since are known no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..properties import ActorKey
from ..runtime_api import contract, errors
from .reading import Clock
from .sound_files import identity
from .sound_times import time_map
from .transcript_files import Transcript
from .transcript_times import TimeMap
from .transcripts import Measured, read_transcript
from .voices import Voice, find_voices

_ROOM = 0.6  # seconds around a caption in which its words may lie


@dataclass(frozen=True)
class HeardSound:
    """A sound that is heard in a shot: ``sound`` tells its content, ``times`` when each part of it is heard."""

    sound: str
    times: TimeMap


@dataclass(frozen=True)
class SaidText:
    """The ``words`` (text, start, end) found in a sound for a ``text``, in seconds of the sound's file."""

    sound: str
    text: str
    words: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Word:
    """A word over its strip, ``start`` to ``end`` in frames from the strip's content start.

    ``is_found``: whether it was found there; else it is a whole text, spoken somewhere in this time.
    """

    text: str
    start: float
    end: float
    is_found: bool = True


@dataclass(frozen=True)
class StripWords:
    """The words of a voice strip of the sequencer, in order of time; none where none are known."""

    strip: str
    words: tuple[Word, ...]


_recent: dict[tuple[str, str, float], SaidText] = {}  # what was found in this session: sound, text, where in the file


def in_its_sound(text: str, words: Sequence[contract.TimedWord], sounds: Sequence[HeardSound]) -> SaidText | None:
    """Return what was found for a text, its ``words`` in s of the shot, on the clock of the sound in which they are."""
    middle = 0.5 * (words[0].start + words[-1].end)
    sound = next((one for one in sounds if one.times.shot[0] <= middle <= one.times.shot[-1]), None)
    if sound is None:
        return None
    shot, file = sound.times.shot, sound.times.file

    def there(time: float) -> float:
        return float(np.interp(time, shot, file))

    return SaidText(sound.sound, text, tuple((word.text, there(word.start), there(word.end)) for word in words))


def remember_words(found: Iterable[SaidText]) -> None:
    """Keep what was found in a voice beside its takes, until Blender ends."""
    for said in found:
        _recent[said.sound, said.text, round(said.words[0][1], 1)] = said


def recent_words() -> list[SaidText]:
    """Return what ``remember_words`` keeps, the newest last."""
    return list(_recent.values())


def heard_sounds(scene: bpy.types.Scene, actor: ActorKey, measured: Measured) -> tuple[HeardSound, ...]:
    """Return the sounds in which an actor is heard in the shot. ``measured``: the times of some voices by place."""
    maps = (
        (voice, measured[voice.place] if voice.place in measured else time_map(scene, actor.name, voice))
        for voice in find_voices(scene, actor)
    )
    return tuple(HeardSound(_sound_of(voice.strip), times) for voice, times in maps if times is not None)


def said_texts(
    captions: Sequence[contract.Caption], words: Sequence[Sequence[Any]], sounds: Sequence[HeardSound]
) -> list[SaidText]:
    """Return what a generation found: the ``words`` (text, start, end in s of the shot) of each caption and sound."""
    found: dict[tuple[str, str, float], list[tuple[str, float, float]]] = {}
    for text, start, end in words:
        middle = 0.5 * (float(start) + float(end))
        caption = min(captions, key=lambda one: _away(one, middle), default=None)
        sound = next((one for one in sounds if one.times.shot[0] <= middle <= one.times.shot[-1]), None)
        if caption is None or sound is None or _away(caption, middle) > _ROOM:
            continue
        first, last = (float(np.interp(time, sound.times.shot, sound.times.file)) for time in (start, end))
        found.setdefault((sound.sound, caption.text, caption.start), []).append((str(text), first, last))
    return [SaidText(sound, text, tuple(words)) for (sound, text, _), words in found.items()]


def found_words(
    caption: contract.Caption, known: Iterable[SaidText], sounds: Sequence[HeardSound]
) -> list[contract.TimedWord]:
    """Return the words of a caption in seconds of the shot, as it spells them; none where they are not ``known``."""
    for sound in sounds:
        if sound.times.shot[0] < caption.end and sound.times.shot[-1] > caption.start:
            said = [one for one in known if one.sound == sound.sound and one.text == caption.text]
            if found := _found_for(caption, said, sound.times):
                return [contract.TimedWord(*word) for word in found]
    return []


def words_over_voices(scene: bpy.types.Scene, actor: ActorKey, known: Iterable[SaidText]) -> list[StripWords]:
    """Return the words of an actor's voice strips that lie in the sequencer itself, not inside of another strip.

    ``known``: what generations found, the newest first.
    """
    by_text: dict[tuple[str, str], list[SaidText]] = {}
    for said in known:
        by_text.setdefault((said.sound, said.text), []).append(said)
    try:
        voices = find_voices(scene, actor)
        transcript, _ = read_transcript(scene, actor, voices)
        here = [voice for voice in voices if not voice.containers]
        return [_words_of(scene, actor, voice, transcript, by_text) for voice in here]
    except errors.InterActError:  # said when it is generated
        return []


def spoken_between(
    scene: bpy.types.Scene, actor: ActorKey, text: str, start: float, end: float, known: Iterable[SaidText]
) -> list[tuple[str, float, float]]:
    """Return the words of a text that lie from ``start`` to ``end`` (s of the shot), in its own spelling.

    None where it is not known when they are spoken, or the text has other words.
    """
    heard = {one.sound: one for one in heard_sounds(scene, actor, {})}
    for said in known:
        sound = heard.get(said.sound)
        if sound is None or said.text != text:
            continue
        times = [(sound.times.shot_time(first), sound.times.shot_time(last)) for _, first, last in said.words]
        tokens = text.split()
        if len(tokens) == len(times) and start - _ROOM <= times[0][0] and times[-1][1] <= end + _ROOM:
            return [(token, first, last) for token, (first, last) in zip(tokens, times)]
    return []


def _words_of(
    scene: bpy.types.Scene,
    actor: ActorKey,
    voice: Voice,
    transcript: Transcript,
    known: Mapping[tuple[str, str], Sequence[SaidText]],
) -> StripWords:
    clock, begin = Clock(compat.sequencer_scene(scene), scene), compat.strip_content(voice.strip)[0]
    times, sound = time_map(scene, actor.name, voice), _sound_of(voice.strip)

    def word(text: str, start: float, end: float, is_found: bool = True) -> Word:
        return Word(text, clock.frame(start) - begin, clock.frame(end) - begin, is_found)

    words = [word(one.text, one.start, one.end) for one in transcript.words if _is_in(voice, one)]
    for caption in transcript.captions:
        if times is not None and caption.start < voice.end and caption.end > voice.start:
            found = _found_for(caption, known.get((sound, caption.text), ()), times)
            words += [word(*one) for one in found]
            if not found and _is_in(voice, caption):
                words.append(word(caption.text, caption.start, caption.end, False))
    return StripWords(voice.strip.name, tuple(sorted(words, key=lambda word: word.start)))


def _is_in(voice: Voice, said: contract.TimedWord | contract.Caption) -> bool:
    return voice.start <= 0.5 * (said.start + said.end) < voice.end


def _found_for(caption: contract.Caption, known: Sequence[SaidText], times: TimeMap) -> list[tuple[str, float, float]]:
    """Return the words found for a caption, as it spells them where it has as many, in seconds of the shot."""
    for said in known:
        placed = [(text, times.shot_time(start), times.shot_time(end)) for text, start, end in said.words]
        if placed and max(_away(caption, time) for time in (placed[0][1], placed[-1][2])) <= _ROOM:
            tokens = caption.text.split()
            spelled = tokens if len(tokens) == len(placed) else [text for text, _, _ in placed]
            return [(token, start, end) for token, (_, start, end) in zip(spelled, placed)]
    return []


def _away(caption: contract.Caption, time: float) -> float:
    """Return the seconds from a caption to a time; 0 inside of it."""
    return max(caption.start - time, time - caption.end, 0.0)


def _sound_of(strip: Any) -> str:
    return str(identity(strip)[0])
