"""The words of the voices over their strips in the sequencer, at the times at which they are spoken.

What is known is read by a timer between two redraws, after something changed; drawing looks strips up and places text.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import blf
import bpy

from .. import compat
from ..messages import Message, translated
from ..properties import ActorKey, actor_key
from ..scene.spoken_words import StripWords, Word, words_over_voices
from ..takes.words import known_words
from .boxes import Box, draw_boxes

NOTHING_KNOWN = Message("no words known")
_SECONDS_BEFORE_READING, _SECONDS_BETWEEN = 0.1, 0.01
# Pixels at a scale of 1.
_TEXT, _LINE, _INSET, _GAP = 10, 14, 3, 3  # of a word: letters, its band, room left of it and to the next one
_LOWEST_STRIP = 25  # that has room for words under its name; at 1600 x 900 the demo's are 25.9 high
_RULER = 23  # of the times above the strips
_STRIP_EDGE = 0.05  # of a channel's height, at which strips begin
_MOST_LEFT_OUT = 1 / 3  # of the words in view; where more don't fit, none are drawn
_BAND, _FOUND, _FAINT = (0.0, 0.0, 0.0, 0.55), (1.0, 1.0, 1.0, 0.95), (1.0, 1.0, 1.0, 0.55)

_handler: Any = None
# Of which scene, by its session_uid; by strip the words and their starts.
_known: tuple[int, dict[str, tuple[tuple[Word, ...], list[float]]]] = (0, {})
_reading: tuple[int, dict[str, tuple[tuple[Word, ...], list[float]]], list[ActorKey]] | None = None  # and of whom next
_is_changed = False  # the scene, since its words were read


@dataclass(frozen=True)
class Text:
    """A text to draw: where it begins (pixels of the region), how far its band reaches, and whether it was found."""

    text: str
    left: float
    right: float
    low: float
    is_found: bool


@dataclass(frozen=True)
class View:
    """How a region shows a sequencer: frames and channels at its lower left corner, and pixels of one each."""

    left: float
    bottom: float
    width: float
    a_frame: float
    a_channel: float
    height: float = math.inf

    def x(self, frame: float) -> float:
        return (frame - self.left) * self.a_frame

    def y(self, channel: float) -> float:
        return (channel - self.bottom) * self.a_channel


def start() -> None:
    """Draw words from now on."""
    global _handler
    if _handler is None and not bpy.app.background:
        _handler = bpy.types.SpaceSequenceEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def stop() -> None:
    """Draw no words any more, and forget what was read."""
    global _handler, _known, _reading
    if _handler is not None:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handler, "WINDOW")
        _handler = None
    if bpy.app.timers.is_registered(_read):
        bpy.app.timers.unregister(_read)
    _known, _reading = (0, {}), None


@bpy.app.handlers.persistent
def scene_changed(*_arguments: object) -> None:
    """Read the words again before the next redraw: strips, texts or takes may have changed."""
    global _is_changed
    _is_changed = True


def words_in(scene: bpy.types.Scene) -> list[StripWords]:
    """Return the words of all voices of a scene's actors."""
    return [words for actor in _cast(scene) for words in words_over_voices(scene, actor, known_words(actor))]


def _cast(scene: bpy.types.Scene) -> list[ActorKey]:
    return [actor_key(actor) for actor in scene.interact.actors if actor.armature is not None]  # type: ignore[attr-defined]


def texts_of(
    strip: Any,
    words: Sequence[Word],
    starts: Sequence[float],
    view: View,
    width_of: Callable[[str], float],
    scale: float,
) -> Iterator[Text]:
    """Yield what is drawn over a voice strip; nothing where it is too small, out of view, or most words would not fit.

    ``starts``: of the words; ``width_of``: text -> pixels; ``scale`` of the interface.
    """
    low = view.y(strip.channel + _STRIP_EDGE) + scale
    if (1.0 - 2.0 * _STRIP_EDGE) * view.a_channel < _LOWEST_STRIP * scale:
        return
    if low < 0.0 or low + (_LINE + _RULER) * scale > view.height:
        return
    begin = compat.strip_content(strip)[0]
    left = max(view.x(compat.strip_left(strip)), 0.0)
    right = min(view.x(compat.strip_right(strip)), view.width)
    if not words:
        nothing = translated(NOTHING_KNOWN)
        width = width_of(nothing) + 2 * _INSET * scale
        if width < right - left:
            yield Text(nothing, left, left + width, low, False)
        return
    first = max(bisect_left(starts, left / view.a_frame + view.left - begin) - 1, 0)
    found, left_out = [], 0
    for number in range(first, len(words)):
        word = words[number]
        at, until = view.x(begin + word.start), view.x(begin + word.end)
        if at >= right:
            break
        if 0.5 * (at + until) < left or (not word.is_found and until <= left):
            continue
        following = view.x(begin + words[number + 1].start) if number + 1 < len(words) else right
        room = min(following, right) - max(at, left)
        needs = width_of(word.text) + (_INSET + _GAP) * scale
        if needs <= room:
            end = min(max(until, max(at, left) + needs - _GAP * scale), right)
            found.append(Text(word.text, max(at, left), end, low, word.is_found))
        else:
            left_out += 1
    if left_out <= _MOST_LEFT_OUT * (left_out + len(found)):
        yield from found


def _draw() -> None:
    context = bpy.context
    scene, region = context.scene, context.region
    if scene is None or not scene.interact.labels.show_words or context.space_data.view_type == "PREVIEW":
        return
    source = compat.sequencer_scene(scene)
    editor = source.sequence_editor
    shown = compat.shown_sequencer_scene()
    if editor is None or len(editor.meta_stack) or (shown is not None and shown != source):
        return
    if (_is_changed or _known[0] != scene.session_uid) and not bpy.app.timers.is_registered(_read):
        bpy.app.timers.register(_read, first_interval=_SECONDS_BEFORE_READING)
    if _known[0] != scene.session_uid or not _known[1]:
        return
    scale = context.preferences.system.ui_scale
    blf.size(0, _TEXT * scale)
    widths: dict[str, float] = {}

    def width_of(text: str) -> float:
        if text not in widths:
            widths[text] = blf.dimensions(0, text)[0]
        return widths[text]

    view = _view(region)
    texts = [
        text
        for strip in editor.strips
        if strip.type == "SOUND" and (known := _known[1].get(strip.name)) is not None
        for text in texts_of(strip, *known, view, width_of, scale)
    ]
    if texts:
        _draw_texts(texts, scale)


def _view(region: bpy.types.Region) -> View:
    left, bottom = region.view2d.region_to_view(0, 0)
    right, top = region.view2d.region_to_view(region.width, region.height)
    a_frame, a_channel = region.width / max(right - left, 1e-6), region.height / max(top - bottom, 1e-6)
    return View(left, bottom, region.width, a_frame, a_channel, region.height)


def _box(text: Text, scale: float) -> Box:
    return (text.left, text.low, max(text.right - 1.0, text.left + 1.0), text.low + _LINE * scale)


def _draw_texts(texts: Sequence[Text], scale: float) -> None:
    draw_boxes([(_box(text, scale), _BAND) for text in texts])
    for text in texts:
        blf.color(0, *(_FOUND if text.is_found else _FAINT))
        blf.position(0, text.left + _INSET * scale, text.low + 0.5 * (_LINE - 0.7 * _TEXT) * scale, 0.0)
        blf.draw(0, text.text)


def _read() -> float | None:
    """Read the words of one more actor; a timer calls this between redraws, until those of both are known."""
    global _known, _is_changed, _reading
    scene = bpy.context.scene
    if scene is None:
        return None
    if _is_changed or _reading is None or _reading[0] != scene.session_uid:
        _is_changed, _reading = False, (scene.session_uid, {}, _cast(scene))
    _, found, left = _reading
    if left:
        actor = left.pop(0)
        for one in words_over_voices(scene, actor, known_words(actor)):
            found[one.strip] = (one.words, [word.start for word in one.words])
        return _SECONDS_BETWEEN
    before, _known, _reading = _known, (scene.session_uid, found), None
    if _known != before:
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.type == "SEQUENCE_EDITOR":
                    area.tag_redraw()
    return None
