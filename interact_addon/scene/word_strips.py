"""Text strips whose words are looked for in the voice below them, and what is done with the words that were found.

A text without times that was pasted follows its words: it becomes phrases where they are spoken, and a phrase whose
text is edited goes to where its words are. Other text strips stay where they are; only the times of their words become
known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..properties import ActorKey
from ..runtime_api import contract
from .channels import KINDS
from .ownership import strips_of
from .reading import Clock
from .voices import Voice
from .words import FOLLOWS, as_phrase, whole_frames, words_of_phrases

_NOTHING = 1e-3  # seconds by which a strip may reach out of the shot


@dataclass(frozen=True)
class TextStrip:
    """A text strip over a voice: its name, and its text and time (s of the shot), cut to the voice.

    ``follows``: the text for which it was put where it is, "" if it was only pasted; None for a strip that stays.
    """

    name: str
    caption: contract.Caption
    follows: str | None

    @property
    def is_out_of_place(self) -> bool:
        return self.follows is not None and self.follows != self.caption.text


def text_strips(scene: bpy.types.Scene, actor: ActorKey, voices: Sequence[Voice]) -> list[TextStrip]:
    """Return the text strips of an actor that lie in the shot and over one of its ``voices``, in order of time."""
    source = compat.sequencer_scene(scene)
    clock, found = Clock(source, scene), []
    for strip in (strip for kind in KINDS for strip in strips_of(source, actor, kind, "TEXT")):
        left, right = clock.time(compat.strip_left(strip)), clock.time(compat.strip_right(strip))
        over = [(voice.start, voice.end) for voice in voices if voice.start < right and voice.end > left]
        text = _said_by(strip)
        if text and over and left > -_NOTHING and right < clock.duration + _NOTHING:
            span = max(left, over[0][0], 0.0), min(right, max(end for _, end in over), clock.duration)
            found.append(TextStrip(strip.name, contract.Caption(text, *span), strip.get(FOLLOWS)))
    return sorted(found, key=lambda one: one.caption.start)


def follow_words(
    scene: bpy.types.Scene, strip: TextStrip, words: Sequence[contract.TimedWord]
) -> list[list[contract.TimedWord]]:
    """Put a text strip over its ``words`` (s of the shot), in phrases if it was only pasted.

    Return the words of the strips that it has become; none where it is gone, or says something else now.
    """
    source = compat.sequencer_scene(scene)
    sequencer: Any = source.sequence_editor
    one = sequencer.strips.get(strip.name) if sequencer is not None else None
    if one is None or one.type != "TEXT" or _said_by(one) != strip.caption.text or one.get(FOLLOWS) != strip.follows:
        return []
    parts = list(words_of_phrases(words)) if strip.follows == "" else [list(words)]
    lines = [as_phrase(part) for part in parts]
    first, last = _room(sequencer, one)
    spans = [(max(left, first), min(right, last)) for left, right in whole_frames(lines, Clock(source, scene))]
    if any(left >= right for left, right in spans):  # other strips lie where the words are
        spans = [(round(compat.strip_left(one)), round(compat.strip_right(one)))]
        parts, lines = [list(words)], [strip.caption]
    _place(one, *spans[0])
    one.text = one[FOLLOWS] = lines[0].text
    for line, (left, right) in list(zip(lines, spans))[1:]:
        part = compat.new_effect_strip(sequencer, "TEXT", "Words", one.channel, left, right)
        part.text = part[FOLLOWS] = line.text
    return parts


def _said_by(strip: Any) -> str:
    return " ".join(strip.text.split())


def _room(sequencer: Any, strip: Any) -> tuple[int, int]:
    """Return the frames between which nothing else lies in the channel of a strip."""
    others = [other for other in sequencer.strips if other.channel == strip.channel and other != strip]
    left, right = compat.strip_left(strip), compat.strip_right(strip)
    before = [round(compat.strip_right(other)) for other in others if compat.strip_left(other) < left]
    after = [round(compat.strip_left(other)) for other in others if compat.strip_right(other) > right]
    return max(before, default=-(10**6)), min(after, default=10**6)


def _place(strip: Any, left: int, right: int) -> None:
    """Set both ends of a strip, the one first that keeps it longer than nothing."""
    if left < compat.strip_right(strip):
        compat.set_strip_left(strip, left)
        compat.set_strip_right(strip, right)
    else:
        compat.set_strip_right(strip, right)
        compat.set_strip_left(strip, left)
