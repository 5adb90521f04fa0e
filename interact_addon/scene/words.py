"""The words of a voice as text strips: from a transcript with or without times to strips in the actor's channel.

A strip holds a phrase or a caption and lies where it is spoken; the runtime finds the time of each word in it. A text
without times becomes one strip over the whole voice, since pieces at guessed times would be looked for in the wrong
places; once its words are found it is put over them in phrases (``word_strips``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey
from ..runtime_api import contract, errors
from .channels import TRANSCRIPT
from .ownership import ensure_channel, strips_of
from .reading import Clock
from .sound_files import sound_file, sound_seconds
from .sound_times import time_map
from .spoken_words import SaidText, spoken_between
from .strips import keep_labels_out_of_renders
from .transcript_files import Transcript
from .transcript_times import audible_part, in_shot
from .voices import voices_at_any_time

FOLLOWS = "interact_follows"  # custom property of a text strip: the text whose words it was put over; "" for none yet
_PAUSE = 0.35  # seconds without a word after which another phrase begins
_LONGEST = 4.0  # seconds of a phrase, about


def add_words(scene: bpy.types.Scene, actor: ActorKey, strip: Any, written: Transcript) -> int:
    """Add what is said in a voice strip as text strips, in the place of those that lay over it; return how many.

    ``written``: on the clock of the sound's file. Raises ``InvalidRequest`` where nothing of it is heard, with the
    timeline unchanged, and as ``sound_file`` does.
    """
    lines = _lines_in_shot(scene, actor, strip, written)
    source = compat.sequencer_scene(scene)
    spans = list(whole_frames(lines, Clock(source, scene)))
    sequencer: Any = source.sequence_editor
    for old in strips_of(source, actor, TRANSCRIPT, "TEXT"):
        if compat.strip_left(old) < spans[-1][1] and compat.strip_right(old) > spans[0][0]:
            sequencer.strips.remove(old)
    channel = ensure_channel(source, actor, TRANSCRIPT)
    for line, (left, right) in zip(lines, spans):
        added = compat.new_effect_strip(sequencer, "TEXT", "Words", channel, left, right)
        added.text = line.text
        if not written.has_times:
            added[FOLLOWS] = ""
    keep_labels_out_of_renders(source)
    return len(lines)


def copies_of(strip: Any) -> list[Any]:
    """Return the text strips that say the same as ``strip`` and touch it, itself among them, in order of time.

    So they are left behind by cutting one. Empty where there is only one.
    """
    sequencer, text = strip.id_data.sequence_editor, strip.text.split()
    same = [
        one
        for one in (strip.parent_meta() or sequencer).strips
        if one.type == "TEXT" and one.channel == strip.channel and one.text.split() == text
    ]
    same.sort(key=compat.strip_left)
    at = same.index(strip)
    first = last = at
    while first > 0 and compat.strip_right(same[first - 1]) >= compat.strip_left(same[first]) - 1:
        first -= 1
    while last + 1 < len(same) and compat.strip_right(same[last]) >= compat.strip_left(same[last + 1]) - 1:
        last += 1
    return same[first : last + 1] if last > first and text else []


def divide_words(scene: bpy.types.Scene, actor: ActorKey, strip: Any, known: Iterable[SaidText]) -> list[str]:
    """Leave each of the copies of a text strip with the words that are spoken in it, and return these texts.

    ``known``: what generations found. Raises ``InvalidRequest`` where it is not known when the words are spoken.
    """
    copies, clock = copies_of(strip), Clock(compat.sequencer_scene(scene), scene)
    if not copies:
        raise errors.InvalidRequest("No text strip beside this one says the same; cut one (K) first.")
    start, end = clock.time(compat.strip_left(copies[0])), clock.time(compat.strip_right(copies[-1]))
    words = spoken_between(scene, actor, " ".join(strip.text.split()), start, end, known)
    if not words:
        raise errors.InvalidRequest(
            "It is not known when these words are spoken: undo the cut, generate and cut again, or write what each "
            "part says."
        )
    borders = [clock.time(compat.strip_left(one)) for one in copies[1:]]
    said: list[list[str]] = [[] for _ in copies]
    for word, first, last in words:
        said[bisect_right(borders, 0.5 * (first + last))].append(word)
    texts = [" ".join(part) for part in said]
    for one, text in zip(copies, texts):
        one.text = text
    return texts


def phrases(words: Sequence[contract.TimedWord]) -> Iterator[contract.Caption]:
    """Yield timed words as phrases, cut at pauses and where they become long."""
    yield from map(as_phrase, words_of_phrases(words))


def words_of_phrases(words: Sequence[contract.TimedWord]) -> Iterator[list[contract.TimedWord]]:
    """Yield the words of each phrase."""
    phrase: list[contract.TimedWord] = []
    for word in words:
        if phrase and (word.start - phrase[-1].end >= _PAUSE or word.end - phrase[0].start > _LONGEST):
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


def as_phrase(words: Sequence[contract.TimedWord]) -> contract.Caption:
    """Return all of some timed words as one phrase."""
    return contract.Caption(" ".join(word.text for word in words), words[0].start, words[-1].end)


def _lines_in_shot(scene: bpy.types.Scene, actor: ActorKey, strip: Any, written: Transcript) -> list[contract.Caption]:
    voice = next((voice for voice in voices_at_any_time(scene, actor) if voice.strip == strip), None)
    times = time_map(scene, actor.name, voice) if voice is not None else None
    if voice is None or times is None:
        raise errors.InvalidRequest(f"Nothing of '{strip.name}' is heard, so it says no words; unmute it first.")
    if not written.has_times:
        return [contract.Caption(line.text, float(times.shot[0]), float(times.shot[-1])) for line in written.captions]
    length = sound_seconds(sound_file(strip, actor.name)) or 0.0
    heard = in_shot(audible_part(written, times.heard, length), times)
    lines = sorted([*phrases(heard.words), *heard.captions], key=lambda line: line.start)
    if not lines:
        raise errors.InvalidRequest(
            f"None of these words lies where '{strip.name}' is heard; choose the transcript of this recording."
        )
    return lines


def whole_frames(lines: Sequence[contract.Caption], clock: Clock) -> Iterator[tuple[int, int]]:
    """Yield the first frame of each line and the one after its last: at least one frame, none of them twice."""
    free: int | None = None
    for line in lines:
        left = round(clock.frame(line.start)) if free is None else max(round(clock.frame(line.start)), free)
        free = max(round(clock.frame(line.end)), left + 1)
        yield left, free
