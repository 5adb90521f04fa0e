"""Both actors' action labels as a thin band at the bottom of timelines and dope sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import blf
import bpy

from .. import compat
from ..properties import actor_key
from ..rig.timing import frames_per_second
from ..scene.channels import ACTIONS
from ..scene.label_names import LABEL_COLOURS, UNKNOWN_COLOUR
from ..scene.ownership import Channels
from ..scene.reading import label_of
from .boxes import Box, draw_boxes

# Pixels at a scale of 1.
_RULER, _SCROLL_BAR = 23, 20  # of the editor, at its top and bottom
_ROW, _LOWEST_ROW = 12, 3  # the height of a row, and in a timeline that shows little more than its ruler
_TEXT, _INSET = 10, 4
_OPACITY = 0.85
_handler: Any = None


@dataclass(frozen=True)
class Block:
    """A label in the band: its row from the bottom, where it begins and ends (pixels), its colour and its text."""

    row: int
    left: float
    right: float
    colour: tuple[float, float, float]
    text: str


def blocks_of(scene: bpy.types.Scene, left: float, right: float, width: int) -> list[Block]:
    """Return the labels of a scene's actors between the frames ``left`` and ``right``, drawn ``width`` pixels wide.

    The first actor is in the upper row. Of strips that overlap, the one on top comes last.
    """
    source = compat.sequencer_scene(scene)
    rate = frames_per_second(scene) / frames_per_second(source)  # frames of this scene for one of the sequencer's
    pixels = width / max(right - left, 1e-6)
    if source.sequence_editor is None:
        return []
    rows = _rows_of_channels(scene, source)
    found = []
    for strip in source.sequence_editor.strips:
        channel = strip.channel
        if channel not in rows or strip.type != "COLOR":
            continue
        begin = max((compat.strip_left(strip) * rate - left) * pixels, 0.0)
        end = min((compat.strip_right(strip) * rate - left) * pixels, float(width))
        if end > begin and not strip.mute:
            label = label_of(strip.name)
            found.append((channel, Block(rows[channel], begin, end, LABEL_COLOURS.get(label, UNKNOWN_COLOUR), label)))
    return [block for _, block in sorted(found, key=lambda one: (one[1].row, one[0], one[1].left))]


def _rows_of_channels(scene: bpy.types.Scene, source: bpy.types.Scene) -> dict[int, int]:
    """Return the row of each channel of actions, by its number."""
    channels, rows = Channels(source), dict[int, int]()
    for row, actor in enumerate(reversed(scene.interact.actors)):  # type: ignore[attr-defined]
        if actor.armature is not None:
            key = actor_key(actor)
            rows |= {number: row for number in channels.named() if channels.is_of(number, key, ACTIONS)}
    return rows


def is_shown(scene: bpy.types.Scene) -> bool:
    """Return whether a scene's labels are drawn: it has a cast, and the user did not switch the band off."""
    settings = scene.interact  # type: ignore[attr-defined]
    return settings.labels.show_band and any(actor.armature is not None for actor in settings.actors)


def top(scene: bpy.types.Scene, height: float) -> float:
    """Return where the band ends in an editor of a ``height``, or would begin; both at a scale of 1."""
    bottom, row = _rows(height)
    return bottom + (2 * row if is_shown(scene) else 0.0)


def start() -> None:
    """Draw the band from now on."""
    global _handler
    if not bpy.app.background:
        _handler = bpy.types.SpaceDopeSheetEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def stop() -> None:
    """Draw no band any more."""
    global _handler
    if _handler is not None:
        bpy.types.SpaceDopeSheetEditor.draw_handler_remove(_handler, "WINDOW")
        _handler = None


def _draw() -> None:
    context = bpy.context
    if context.scene is None or not is_shown(context.scene):
        return
    region, scale = context.region, context.preferences.system.ui_scale
    left, right = (region.view2d.region_to_view(x, 0)[0] for x in (0, region.width))
    blocks = blocks_of(context.scene, left, right, region.width)
    if not blocks:
        return
    rows = _rows(region.height / scale)
    draw_boxes([(_box(block, rows, scale), (*block.colour, _OPACITY)) for block in blocks])
    if rows[1] == _ROW:
        _write(blocks, rows[0], scale)


def _rows(height: float) -> tuple[float, float]:
    """Return where the band begins and how high its two rows are, in an editor of a height; all at a scale of 1."""
    if height - _RULER >= _SCROLL_BAR + 2 * _ROW:
        return _SCROLL_BAR, _ROW
    return 0.0, min(max(0.5 * (height - _RULER), _LOWEST_ROW), 0.5 * _ROW)


def _box(block: Block, rows: tuple[float, float], scale: float) -> Box:
    """Return where a block is drawn; neighbours are a pixel apart."""
    low, high = ((rows[0] + row * rows[1]) * scale for row in (block.row, block.row + 1))
    return (block.left, low, max(block.right - 1.0, block.left + 1.0), high - 1.0)


def _write(blocks: Sequence[Block], bottom: float, scale: float) -> None:
    """Write each label into its block, where it has room."""
    blf.size(0, _TEXT * scale)
    blf.color(0, 1.0, 1.0, 1.0, 0.9)
    widths = {text: blf.dimensions(0, text)[0] for text in {block.text for block in blocks}}
    for block in blocks:
        if widths[block.text] + 2 * _INSET * scale < block.right - block.left:
            low = bottom + block.row * _ROW + 0.5 * (_ROW - 0.7 * _TEXT)
            blf.position(0, block.left + _INSET * scale, low * scale, 0.0)
            blf.draw(0, block.text)
