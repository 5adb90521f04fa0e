"""The events of a check as bars at the bottom of timelines, dope sheets and the sequencer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..check.events import shown_events
from ..properties.check import CONTACT, FLOOR, PENETRATION
from . import label_band
from .boxes import Box, draw_boxes

COLOURS = {PENETRATION: (0.95, 0.20, 0.12, 0.95), CONTACT: (0.95, 0.80, 0.20, 0.9), FLOOR: (0.55, 0.65, 0.95, 0.9)}
_HEIGHT, _GAP = 4.0, 1.0  # pixels at a scale of 1; one row a kind, penetrations on top
_RULER = 23  # of the editor, at its top
_ROWS = (FLOOR, CONTACT, PENETRATION)
_SCROLL_BAR = 20
_NARROWEST = 2.0  # pixels of a bar
_handlers: list[tuple[Any, Any]] = []


@dataclass(frozen=True)
class Bar:
    """An event in the band: its row from the bottom, where it begins and ends (pixels), its colour."""

    row: int
    left: float
    right: float
    colour: tuple[float, float, float, float]


def bars_of(scene: bpy.types.Scene, left: float, right: float, width: int) -> list[Bar]:
    """Return the bars of what the list shows between the frames ``left`` and ``right``, drawn ``width`` pixels wide."""
    events = scene.interact.check.events  # type: ignore[attr-defined]
    pixels = width / max(right - left, 1e-6)
    bars = []
    for index in shown_events(scene):
        event = events[index]
        begin, end = (event.start - left) * pixels, (event.end - left) * pixels
        if end >= 0.0 and begin <= width:
            end = max(end, begin + _NARROWEST)
            bars.append(Bar(_ROWS.index(event.kind), max(begin, 0.0), min(end, float(width)), COLOURS[event.kind]))
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


def _draw() -> None:
    context = bpy.context
    scene = context.scene
    if scene is None or not scene.interact.check.band or not len(scene.interact.check.events):
        return
    region, scale = context.region, context.preferences.system.ui_scale
    left, right = (region.view2d.region_to_view(x, 0)[0] for x in (0, region.width))
    bars = bars_of(scene, left, right, region.width)
    if not bars:
        return
    height = region.height / scale
    bottom = _bottom(context.area.type, scene, height)
    row = min(_HEIGHT + _GAP, max((height - _RULER - bottom) / len(_ROWS), 1.0))  # of what is left below the ruler
    draw_boxes([(_box(bar, bottom * scale, row * scale), bar.colour) for bar in bars])


def _bottom(area: str, scene: bpy.types.Scene, height: float) -> float:
    """Return where the band begins, in pixels at a scale of 1: above the labels, in the sequencer above its bar."""
    if area == "SEQUENCE_EDITOR":
        return _SCROLL_BAR
    return label_band.top(scene, height)


def _box(bar: Bar, bottom: float, row: float) -> Box:
    low = bottom + bar.row * row
    return (bar.left, low, bar.right, low + row * _HEIGHT / (_HEIGHT + _GAP))
