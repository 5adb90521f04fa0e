"""The events of a check as bars at the bottom of timelines, dope sheets and the sequencer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..check import events as check_events
from ..properties.check import CONTACT, FLOOR, PENETRATION
from . import label_band
from .boxes import Box, batch_of_boxes, draw_batch_of_boxes

COLOURS = {PENETRATION: (0.95, 0.20, 0.12, 0.95), CONTACT: (0.95, 0.80, 0.20, 0.9), FLOOR: (0.55, 0.65, 0.95, 0.9)}
_HEIGHT, _GAP = 4.0, 1.0  # pixels at a scale of 1; one row a kind, penetrations on top
_RULER = 23  # of the editor, at its top
_ROWS = (FLOOR, CONTACT, PENETRATION)
_SCROLL_BAR = 20
_NARROWEST = 2.0  # pixels of a bar
_MOST_KEPT = 8  # editors
_handlers: list[tuple[Any, Any]] = []
_batches: dict[int, tuple[tuple[Any, ...], Any]] = {}  # by editor: what its batch shows, and the batch


@dataclass(frozen=True)
class Bar:
    """An event in the band: its row from the bottom, where it begins and ends (pixels), its colour."""

    row: int
    left: float
    right: float
    colour: tuple[float, float, float, float]


def bars_of(scene: bpy.types.Scene, left: float, right: float, width: int) -> list[Bar]:
    """Return the bars of what the list shows between the frames ``left`` and ``right``, drawn ``width`` pixels wide."""
    table = check_events.table(scene)
    pixels = width / max(right - left, 1e-6)
    begins, ends = ((frames - left) * pixels for frames in (table.starts, table.ends))
    bars = []
    for index in table.shown:
        kind, begin, end = table.kinds[index], float(begins[index]), float(ends[index])
        if end >= 0.0 and begin <= width:
            end = max(end, begin + _NARROWEST)
            bars.append(Bar(_ROWS.index(kind), max(begin, 0.0), min(end, float(width)), COLOURS[kind]))
    return bars


def start() -> None:
    """Draw the band from now on."""
    if _handlers or bpy.app.background:
        return
    for space in (bpy.types.SpaceDopeSheetEditor, bpy.types.SpaceSequenceEditor):
        _handlers.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def stop() -> None:
    """Draw no band any more."""
    while _handlers:
        space, handler = _handlers.pop()
        space.draw_handler_remove(handler, "WINDOW")
    _batches.clear()


def _draw() -> None:
    context = bpy.context
    scene = context.scene
    if scene is None or not scene.interact.check.band or not len(scene.interact.check.events):
        return
    region, scale = context.region, context.preferences.system.ui_scale
    left, right = (region.view2d.region_to_view(x, 0)[0] for x in (0, region.width))
    height = region.height / scale
    bottom = _bottom(context.area.type, scene, height)
    row = min(_HEIGHT + _GAP, max((height - _RULER - bottom) / len(_ROWS), 1.0))  # of what is left below the ruler
    shown = (check_events.table(scene), left, right, region.width, bottom * scale, row * scale)
    editor = context.area.as_pointer()
    if _batches.get(editor, ((), None))[0] != shown:
        if editor not in _batches and len(_batches) >= _MOST_KEPT:
            _batches.clear()
        bars = bars_of(scene, left, right, region.width)
        boxes = [(_box(bar, bottom * scale, row * scale), bar.colour) for bar in bars]
        _batches[editor] = shown, batch_of_boxes(boxes) if boxes else None
    if _batches[editor][1] is not None:
        draw_batch_of_boxes(_batches[editor][1])


def _bottom(area: str, scene: bpy.types.Scene, height: float) -> float:
    """Return where the band begins, in pixels at a scale of 1: above the labels, in the sequencer above its bar."""
    if area == "SEQUENCE_EDITOR":
        return _SCROLL_BAR
    return label_band.top(scene, height)


def _box(bar: Bar, bottom: float, row: float) -> Box:
    low = bottom + bar.row * row
    return (bar.left, low, bar.right, low + row * _HEIGHT / (_HEIGHT + _GAP))
