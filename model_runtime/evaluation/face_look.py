"""Face curves drawn on the ICT face, so that lips, lids and brows can be judged by eye.

``python -m model_runtime.evaluation.face_look curves.npy sheet.png --data ../shared/data`` draws moments of a (T, 52) array.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..contract import ARKIT_NAMES, FPS, FloatArray

# Vertex ranges of ICT-FaceKit's topology (its README): skin, mouth lining, eye sockets, gums and tongue, teeth, eyeballs.
_SKIN, _LINING, _SOCKETS, _GUMS, _TEETH, _EYES = (0, 11248), (11248, 13294), (13294, 14062), (14062, 17039), (17039, 21451), (21451, 24591)
_MOUTH_MIDDLE = 5532  # the lowest point of the upper lip
_COLOURS = (
    (_SKIN, (222, 178, 150)),
    (_LINING, (110, 48, 46)),
    (_SOCKETS, (205, 150, 130)),
    (_GUMS, (178, 82, 82)),
    (_TEETH, (240, 236, 225)),
    (_EYES, (238, 238, 238)),
)


class IctFace:
    """The ICT neutral and its ARKit deltas. ``vertices`` (V, 3) cm, Y up, facing +Z; ``deltas`` (52, V, 3), zeros for tongueOut."""

    def __init__(self, face_dir: Path) -> None:
        names = json.loads((face_dir / "ict_arkit_map.json").read_text(encoding="utf-8"))["map"]
        with np.load(face_dir / "ict_arkit.npz", allow_pickle=False) as data:
            self.vertices: FloatArray = data["neutral"].astype(np.float32)
            self.quads: NDArray[np.int32] = data["quads"]
            row = {str(name): i for i, name in enumerate(data["names"])}
            stored = data["deltas"]
            self.deltas = np.zeros((len(ARKIT_NAMES), *self.vertices.shape), np.float32)
            for index, name in enumerate(ARKIT_NAMES):
                for shape in dict.fromkeys(names[name]):
                    self.deltas[index] += stored[row[shape]].astype(np.float32)

    @staticmethod
    def available(data_dir: Path) -> bool:
        return (data_dir / "face" / "ict_arkit.npz").is_file()

    def posed(self, weights: FloatArray) -> FloatArray:
        """(52,) -> (V, 3)."""
        used = np.flatnonzero(weights)
        return self.vertices + np.tensordot(weights[used], self.deltas[used], axes=1)


def draw_face(face: IctFace, weights: FloatArray, size: int = 220, turn: float = 0.25, mouth_only: bool = False) -> Image.Image:
    """One picture: shaded quads painted back to front; ``turn`` radians about the vertical."""
    points = face.posed(np.asarray(weights, np.float32))
    molars = (np.abs(face.vertices[:, 0]) > 1.7) & (np.arange(len(face.vertices)) >= _GUMS[0]) & (np.arange(len(face.vertices)) < _TEETH[1])
    quads = face.quads[
        (face.quads < _EYES[1]).all(axis=1) & ~molars[face.quads].any(axis=1)
    ]  # painting in order of depth, molars pierce cheeks
    c, s = np.cos(turn), np.sin(turn)
    points = points @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    corners = points[quads]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    light = np.clip(normal @ np.array([0.25, 0.45, 0.86], np.float32), 0.0, 1.0) * 0.75 + 0.25
    colour = np.zeros((len(quads), 3), np.float32)
    for (first, last), rgb in _COLOURS:
        colour[(quads[:, 0] >= first) & (quads[:, 0] < last)] = rgb
    neutral = face.vertices[quads].mean(axis=1)
    colour[
        (quads[:, 0] >= _EYES[0])
        & (np.hypot(np.abs(neutral[:, 0]) - 3.15, neutral[:, 1] - _eye_height(face)) < 0.62)
        & (neutral[:, 2] > 8.0)
    ] = (70, 60, 50)
    lips = (np.hypot(neutral[:, 0] / 2.6, (neutral[:, 1] + 3.35) / 0.85) < 1.0) & (quads[:, 0] < _SKIN[1]) & (neutral[:, 2] > 9.4)
    colour[lips] = (196, 112, 104)
    shade = np.clip(colour * light[:, None], 0, 255).astype(np.uint8)

    big = size * 2
    mouth = face.vertices[_MOUTH_MIDDLE] @ np.array([c, 0, s], np.float32)
    centre, half = ((float(mouth), -3.5), 3.6) if mouth_only else ((0.0, 0.0), 12.5)
    x = (corners[..., 0] - centre[0]) / half * big / 2 + big / 2
    y = big / 2 - (corners[..., 1] - centre[1]) / half * big / 2
    image = Image.new("RGB", (big, big), (44, 46, 52))
    pen = ImageDraw.Draw(image)
    facing = np.flatnonzero(normal[:, 2] > -0.05)
    for i in facing[np.argsort(corners[facing, :, 2].mean(axis=1))]:
        pen.polygon(list(zip(x[i], y[i])), fill=tuple(shade[i]))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def face_sheet(
    face: IctFace, curves: FloatArray, captions: Sequence[str], path: Path, columns: int = 8, size: int = 200, mouth_only: bool = False
) -> None:
    """A grid of the rows of ``curves`` (K, 52), each with its caption."""
    rows = -(-len(curves) // columns)
    sheet = Image.new("RGB", (columns * size, rows * (size + 16)), (20, 20, 24))
    pen = ImageDraw.Draw(sheet)
    for i, (weights, caption) in enumerate(zip(curves, captions)):
        at = (i % columns * size, i // columns * (size + 16))
        sheet.paste(draw_face(face, weights, size, mouth_only=mouth_only), at)
        pen.text((at[0] + 4, at[1] + size + 2), caption, fill=(230, 230, 230))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _eye_height(face: IctFace) -> float:
    return float(face.vertices[_EYES[0] : _EYES[1], 1].mean())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("curves", type=Path, help=".npy of (T, 52) ARKit weights")
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--moments", type=int, default=24)
    parser.add_argument("--mouth", action="store_true", help="the mouth alone, large")
    options = parser.parse_args(arguments)
    curves = np.load(options.curves, allow_pickle=False)
    chosen = np.linspace(0, len(curves) - 1, options.moments).round().astype(int)
    face_sheet(
        IctFace(options.data / "face"), curves[chosen], [f"{i / FPS:.2f} s" for i in chosen], options.sheet, mouth_only=options.mouth
    )


if __name__ == "__main__":
    main()
