"""When each word of an actor's captions is spoken, in the spelling of the captions: a request without its motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any

from ...contract import Caption, Request, TimedWord
from ..audio import mix_speech
from .align_transcript import align_transcript
from .script_text import spoken_text, words_of

_LEAST_SHARE = 0.5  # of the words of a caption that must be found
_ROOM = 0.6  # seconds around a caption in which its words may lie


def find_words(request: Request, check: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Return ``words``, for each caption of the first actor (text, start, end in s) in order, and ``warnings``.

    The texts of a caption's words, joined by blanks, are its own. None are given where too few are found. ``check`` is
    called now and then and may raise ``Cancelled``. Raises ``SpeechFileMissing`` and ``SpeechFileBroken``.
    """
    actor = request.actors[0]
    voice = mix_speech(actor.speech, request.duration)
    check()
    aligned = align_transcript(voice, actor.words, actor.captions, actor.name, check)
    found: list[list[TimedWord]] = [[] for _ in actor.captions]
    for word in aligned.words:
        middle = 0.5 * (word.start + word.end)
        away = [max(caption.start - middle, middle - caption.end, 0.0) for caption in actor.captions]
        nearest = min(range(len(away)), key=away.__getitem__, default=None)
        if nearest is not None and away[nearest] <= _ROOM:
            found[nearest].append(word)
    words = [spelled(caption, said) for caption, said in zip(actor.captions, found)]
    return {
        "words": [[[word.text, round(word.start, 3), round(word.end, 3)] for word in said] for said in words],
        "warnings": list(aligned.warnings),
    }


def spelled(caption: Caption, found: Sequence[TimedWord]) -> list[TimedWord]:
    """Return the words of a caption as it spells them, at the times of the normalised words ``found`` of it.

    What is not spoken (*[laughs]*, the name of a speaker), or was not found, is written with a word beside it.
    """
    tokens = caption.text.split()
    owners = [(place, word) for place, token in enumerate(tokens) for word in words_of(spoken_text(token))]
    matcher = SequenceMatcher(None, [word for _, word in owners], [word.text for word in found], autojunk=False)
    times: dict[int, tuple[float, float]] = {}
    matched = 0
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            place, word = owners[block.a + step][0], found[block.b + step]
            start, end = times.get(place, (word.start, word.end))
            times[place] = min(start, word.start), max(end, word.end)
            matched += 1
    if not owners or matched < _LEAST_SHARE * len(owners):
        return []
    words: list[TimedWord] = []
    waiting: list[str] = []  # for the first word
    for place, token in enumerate(tokens):
        if place in times:
            words.append(TimedWord(" ".join([*waiting, token]), *times[place]))
            waiting = []
        elif words:
            words[-1] = TimedWord(f"{words[-1].text} {token}", words[-1].start, words[-1].end)
        else:
            waiting.append(token)
    return words
