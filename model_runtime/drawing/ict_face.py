"""Pictures of the ICT face, to inspect lips, lids and brows."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..contract import FloatArray
from ..datasets.ict_face import IctFace

# Vertex ranges of ICT-FaceKit's topology (its README): skin, mouth lining, eye sockets, gums and tongue, teeth,
# eyeballs.
_SKIN, _LINING, _SOCKETS, _GUMS, _TEETH, _EYES = (
    (0, 11248),
    (11248, 13294),
    (13294, 14062),
    (14062, 17039),
    (17039, 21451),
    (21451, 24591),
)
_MOUTH_MIDDLE = 5532  # the lowest point of the upper lip
_COLOURS = (
    (_SKIN, (222, 178, 150)),
    (_LINING, (110, 48, 46)),
    (_SOCKETS, (205, 150, 130)),
    (_GUMS, (178, 82, 82)),
    (_TEETH, (240, 236, 225)),
    (_EYES, (238, 238, 238)),
)
_LIPS, _BROWS, _IRIS, _PUPIL = (196, 112, 104), (92, 66, 52), (88, 104, 110), (30, 28, 28)
_BROW_LINE = np.array(
    [(1.25, 5.12), (2.3, 5.42), (3.4, 5.62), (4.4, 5.58), (5.3, 5.15)], np.float32
)  # x, y in cm of the left brow
FRONT, HALF, SIDE = 0.0, 0.35, 1.15  # radians about the vertical


@lru_cache(maxsize=4)
def _painted(face: IctFace) -> tuple[NDArray[np.int32], FloatArray]:
    """Return the quads (Q, 4) that are drawn and their colours (Q, 3): skin with lips and brows, teeth, eyes with iris
    and pupil.
    """
    number, at = np.arange(len(face.vertices)), face.vertices
    molars = (
        (np.abs(at[:, 0]) > 1.7) & (number >= _GUMS[0]) & (number < _TEETH[1])
    )  # painted by depth, molars would pierce cheeks
    drawn = face.quads[(face.quads < _EYES[1]).all(axis=1) & ~molars[face.quads].any(axis=1)]
    colour = np.zeros((len(at), 3), np.float32)
    for (first, last), rgb in _COLOURS:
        colour[first:last] = rgb
    skin = number < _SKIN[1]
    lips = np.hypot(at[:, 0] / 2.45, (at[:, 1] + 3.35) / 0.82)
    _blend_in(colour, np.clip((1.06 - lips) / 0.12, 0.0, 1.0) * (skin & (at[:, 2] > 9.4)), _LIPS)
    spot = np.stack([np.abs(at[:, 0]), at[:, 1]], axis=-1)
    brow = np.min([_distance(spot, a, b) for a, b in pairwise(_BROW_LINE)], axis=0)
    width = np.interp(np.abs(at[:, 0]), [1.2, 2.5, 5.5], [0.34, 0.30, 0.14])
    _blend_in(colour, np.clip((width + 0.12 - brow) / 0.16, 0.0, 1.0) * (skin & (at[:, 2] > 6.0)), _BROWS)
    quad = colour[drawn].mean(axis=1)
    eyes = (drawn[:, 0] >= _EYES[0]) & (at[drawn, 2].mean(axis=1) > 8.0)
    middle = at[drawn].mean(axis=1)
    far = np.hypot(np.abs(middle[:, 0]) - 3.15, middle[:, 1] - at[_EYES[0] : _EYES[1], 1].mean())
    quad[eyes & (far < 0.60)] = _IRIS
    quad[eyes & (far < 0.30)] = _PUPIL
    return drawn, quad


def draw_ict_face(
    face: IctFace, weights: FloatArray, size: int = 220, turn: float = HALF, mouth_only: bool = False
) -> Image.Image:
    """Draw one picture: shaded quads from back to front; ``turn`` radians about the vertical."""
    drawn, colours = _painted(face)
    c, s = np.cos(turn), np.sin(turn)
    points = face.posed(np.asarray(weights, np.float32)) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    corners = points[drawn]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    light = np.clip(normal @ np.array([0.30, 0.50, 0.81], np.float32), 0.0, 1.0) ** 1.15 * 0.78 + 0.24
    shade = np.clip(colours * light[:, None], 0, 255).astype(np.uint8)

    big = size * 2
    mouth = face.vertices[_MOUTH_MIDDLE] @ np.array([c, 0, s], np.float32)
    centre, half = ((float(mouth), -3.5), 3.6) if mouth_only else ((0.0, 0.0), 8.6)
    x = (corners[..., 0] - centre[0]) / half * big / 2 + big / 2
    y = big / 2 - (corners[..., 1] - centre[1]) / half * big / 2
    image = Image.new("RGB", (big, big), (44, 46, 52))
    pen = ImageDraw.Draw(image)
    facing = np.flatnonzero(normal[:, 2] > -0.05)
    for i in facing[np.argsort(corners[facing, :, 2].mean(axis=1))]:
        pen.polygon(list(zip(x[i], y[i])), fill=tuple(shade[i]))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _blend_in(colour: FloatArray, share: NDArray[Any], rgb: tuple[int, int, int]) -> None:
    colour += share[:, None] * (np.array(rgb, np.float32) - colour)


def _distance(points: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the distance (N,) of ``points`` (N, 2) to the segment from ``a`` to ``b``."""
    along = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
    nearest: FloatArray = np.linalg.norm(points - a - along[:, None] * (b - a), axis=-1)
    return nearest
