"""The picture of a take: both actors as figures in its most expressive moment, so that takes can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, contract, skeleton

SIZE = 96  # pixels
_COLOURS = ((0.95, 0.62, 0.20), (0.25, 0.66, 0.95))
_LIMB, _HEAD, _MARGIN = 0.035, 0.11, 0.12  # metres
_BONES = tuple((skeleton.PARENTS[joint], joint) for joint in range(1, len(skeleton.BODY_JOINTS)))
_WRISTS = [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]


def picture_of(performance: contract.Performance, skeletons: Sequence[skeleton.Skeleton]) -> Array:
    """Return the pixels (SIZE, SIZE, 4), from the bottom row up, of the frame in which the hands are highest.

    The actors are seen from the side on which both are seen best: across the line between them.
    """
    row = _moment(performance, skeletons)
    places = [
        skeleton.forward_kinematics(actor.root_positions[[row]], actor.rotations[[row]], body)[0][0].astype(np.float64)
        for actor, body in zip(performance.actors, skeletons)
    ]
    along = places[-1][0, :2] - places[0][0, :2]
    along = along / max(float(np.linalg.norm(along)), 1e-6) if np.linalg.norm(along) > 1e-3 else np.array([1.0, 0.0])
    flat = [np.stack([place[:, :2] @ along, place[:, 2]], axis=-1) for place in places]
    low, high = np.min([f.min(0) for f in flat], axis=0) - _MARGIN, np.max([f.max(0) for f in flat], axis=0) + 2 * _HEAD
    scale = float((high - low).max()) / SIZE  # metres a pixel
    corner = 0.5 * (low + high) - 0.5 * scale * SIZE
    pixels = np.zeros((SIZE, SIZE, 4))
    for figure, colour in zip(flat, _COLOURS):
        _draw(pixels, (figure - corner) / scale, 1.0 / scale, colour)
    return pixels.astype(np.float32)


def give_picture(action: bpy.types.Action, pixels: Array) -> None:
    """Make a picture (H, W, 4) the preview of an action; it is saved with the file."""
    preview: Any = action.preview_ensure()
    if preview is None:
        return
    preview.image_size = (pixels.shape[1], pixels.shape[0])
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())


def _moment(performance: contract.Performance, skeletons: Sequence[skeleton.Skeleton]) -> int:
    """Return the frame in which a hand is highest over its pelvis; a look at every tenth is enough."""
    heights = []
    for actor, body in zip(performance.actors, skeletons):
        joints, _ = skeleton.forward_kinematics(actor.root_positions[::10], actor.rotations[::10], body)
        heights.append((joints[:, _WRISTS, 2] - joints[:, :1, 2]).max(-1))
    return 10 * int(np.argmax(np.max(heights, axis=0)))


def _draw(pixels: Array, joints: Array, metre: float, colour: tuple[float, float, float]) -> None:
    """Draw a figure over the pixels, in place: ``joints`` (52, 2) in pixels, ``metre`` of so many pixels."""
    grid = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), axis=-1)
    head = joints[skeleton.INDEX["head"]] + [0.0, 0.5 * _HEAD * metre]
    distance = np.linalg.norm(grid - head, axis=-1) - _HEAD * metre
    for parent, joint in _BONES:
        distance = np.minimum(distance, _to_line(grid, joints[parent], joints[joint]) - _LIMB * metre)
    cover = np.clip(0.5 - distance, 0.0, 1.0)[..., None]
    pixels[..., :3] = pixels[..., :3] * (1.0 - cover) + np.array(colour) * cover
    pixels[..., 3:] = np.maximum(pixels[..., 3:], cover)


def _to_line(grid: Array, start: Array, end: Array) -> Array:
    """Return the distance (H, W) of each pixel of ``grid`` (H, W, 2) from the line between two points (2,)."""
    way = end - start
    share = np.clip(((grid - start) @ way) / max(float(way @ way), 1e-9), 0.0, 1.0)
    return np.asarray(np.linalg.norm(grid - start - share[..., None] * way, axis=-1))
