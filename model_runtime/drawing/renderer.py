"""A small software renderer on Pillow: bodies of capsules, boxes and lines in perspective, far ones first, and faces.

Left limbs are blue, right limbs red; a foot or hand point below the floor shows as a magenta dot. Needs no Blender and
draws a picture of two bodies in some milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from ..body_model import rotations as rot
from ..body_model.capsules import CAPSULES, capsules_about
from ..body_model.skeleton import INDEX, PARENTS, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..contract import ARKIT_NAMES

Colour = tuple[int, int, int]

BACKGROUND: Colour = (236, 238, 241)
GRID: Colour = (205, 209, 215)
SHADOW: Colour = (188, 192, 199)
LEFT: Colour = (72, 128, 214)
RIGHT: Colour = (214, 84, 78)
TORSOS: tuple[Colour, Colour] = ((82, 96, 112), (196, 152, 70))
HEAD: Colour = (232, 196, 168)
ALARM: Colour = (255, 0, 200)
FIELD_OF_VIEW = math.radians(28.0)
FACE_SIZE = (74, 92)  # pixels

_COLUMN = {name: index for index, name in enumerate(ARKIT_NAMES)}
_FINGERS = ("index", "middle", "ring", "pinky", "thumb")
_BONE, _TIP = 0.011, 0.010  # radii of fingers, m of a body of 1.7 m
_SHOULDER = 0.055  # radius between collar and shoulder, m of a body of 1.7 m
_PALE, _DARK, _NOSE = (245, 245, 245), (20, 20, 20), (170, 90, 70)

# A capsule over time: start and end (T, 3) in metres, radius in metres, colour.
Part = tuple[Array, Array, float, Colour]


class ColouredCapsules(NamedTuple):
    """C capsules over T frames: ``start``, ``end`` (T, C, 3) metres, ``radius`` (C,) metres, ``colour`` (C, 3) 0 to
    255.
    """

    start: Array
    end: Array
    radius: Array
    colour: Array


class Quad(NamedTuple):
    """A flat side of something: ``corners`` (4, 3) metres."""

    corners: Array
    colour: Colour


class Line(NamedTuple):
    """A line from ``start`` to ``end`` (3,) in metres."""

    start: Array
    end: Array
    colour: Colour


class Camera:
    """A perspective camera; ``azimuth`` 0 looks from -Y (a character's front), positive towards +X (its left)."""

    def __init__(self, target: Array, distance: float, azimuth: float, elevation: float) -> None:
        back = np.array(
            [math.sin(azimuth) * math.cos(elevation), -math.cos(azimuth) * math.cos(elevation), math.sin(elevation)]
        )
        self.position = target + back * distance
        up = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
        right = np.cross(up, back)
        self.right = right / np.linalg.norm(right)
        self.up = np.cross(back, self.right)
        self.back = back

    def project(self, points: Array, size: tuple[int, int]) -> tuple[Array, Array]:
        """Return pixels (..., 2) and pixels per metre (...,) of points (..., 3) in the world."""
        relative = np.asarray(points, np.float64) - self.position
        depth = np.maximum(-(relative @ self.back), 0.05)
        scale = size[1] / (2.0 * math.tan(FIELD_OF_VIEW / 2)) / depth
        return np.stack(
            [size[0] / 2 + (relative @ self.right) * scale, size[1] / 2 - (relative @ self.up) * scale], -1
        ), scale


def draw(
    capsules: Sequence[ColouredCapsules],
    frame: int,
    camera: Camera,
    size: tuple[int, int],
    oversampling: int = 2,
    quads: Sequence[Quad] = (),
    lines: Sequence[Line] = (),
) -> Image.Image:
    """Draw ``frame``: floor grid, shadows, then everything from far to near."""
    big = (size[0] * oversampling, size[1] * oversampling)
    image = Image.new("RGB", big, BACKGROUND)
    pen = ImageDraw.Draw(image)
    starts, ends = (
        np.concatenate([getattr(c, key)[frame] for c in capsules]).astype(np.float64) for key in ("start", "end")
    )
    radii, colours = np.concatenate([c.radius for c in capsules]), np.concatenate([c.colour for c in capsules])
    _draw_floor(pen, camera, big, starts, ends, radii)
    a, a_scale = camera.project(starts, big)
    b, b_scale = camera.project(ends, big)
    scale = 0.5 * (a_scale + b_scale)
    shade = 0.55 + 0.45 * scale / scale.max()
    fills, rims = (np.rint(colours * (shade * f)[:, None]).astype(int) for f in (1.0, 0.55))
    width = np.maximum(radii * scale, 0.5)
    sunk = np.minimum(starts[:, 2], ends[:, 2]) < -0.01
    flat = [
        (camera.project(quad.corners, big)[0], float(camera.project(quad.corners.mean(axis=0), big)[1]), quad.colour)
        for quad in quads
    ]
    drawn = [(float(scale[i]), i) for i in range(len(radii))] + [
        (depth, -1 - k) for k, (_, depth, _) in enumerate(flat)
    ]
    for _, i in sorted(drawn):
        if i < 0:
            corners, _, tint = flat[-1 - i]
            pen.polygon([tuple(corner) for corner in corners], fill=tint, outline=tuple(int(0.75 * c) for c in tint))
            continue
        _stroke(pen, a[i], b[i], width[i] + oversampling * 0.8, tuple(rims[i]))
        _stroke(pen, a[i], b[i], width[i], tuple(fills[i]))
        if sunk[i]:
            low = a[i] if starts[i, 2] < ends[i, 2] else b[i]
            _stroke(pen, low, low, 3.0 * oversampling, ALARM)
    for line in lines:
        places, _ = camera.project(np.stack([line.start, line.end]), big)
        pen.line([tuple(places[0]), tuple(places[1])], fill=line.colour, width=max(1, oversampling))
    return image.resize(size, Image.Resampling.BOX) if oversampling > 1 else image


def coloured_body(root: Array, rotations: Array, skeleton: Skeleton, torso: Colour = TORSOS[0]) -> ColouredCapsules:
    """Return a body over ``root`` (T, 3) and ``rotations`` (T, 52, 4): its capsules as ``body_model.capsules`` has
    them, with fingers, nose, eyes and the backs of the hands.
    """
    positions, world = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    posed = _Posed(positions, world, skeleton.size)
    parts = [*_limbs(posed, skeleton, torso), *_face_parts(posed), *_hand_parts(posed, skeleton)]
    starts, ends, radii, colours = zip(*parts)
    return ColouredCapsules(np.stack(starts, 1), np.stack(ends, 1), np.array(radii), np.array(colours))


class _Posed(NamedTuple):
    """Joint positions (T, 52, 3) and rotations (T, 52, 4) in the world, and the body's size."""

    positions: Array
    world: Array
    size: float

    def at(self, joint: str, offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Array:
        """Return a point (T, 3) fixed to a joint, ``offset`` in metres of a body of 1.7 m."""
        index = INDEX[joint]
        return self.positions[:, index] + rot.rotate(self.world[:, index], np.array(offset, np.float32) * self.size)


def _limbs(posed: _Posed, skeleton: Skeleton, torso: Colour) -> list[Part]:
    """Return the body model's capsules but for the fingers, and the shoulders between them."""
    capsules = capsules_about(posed.positions, posed.world, skeleton)
    parts: list[Part] = []
    for index, name in enumerate(CAPSULES):
        side, _, part = name.partition("_")
        if part == "fingers":
            continue
        colour = torso if part in ("hips", "belly", "chest", "") else LEFT if side == "left" else RIGHT
        colour = HEAD if name == "head" else colour
        radius = float(capsules.radius[index].mean())
        parts.append((capsules.start[:, index], capsules.end[:, index], radius, colour))
    for side in ("left", "right"):
        parts.append((posed.at(f"{side}_collar"), posed.at(f"{side}_shoulder"), _SHOULDER * posed.size, torso))
    return parts


def _face_parts(posed: _Posed) -> list[Part]:
    """Return nose and eyes, which show where a head faces."""
    size = posed.size
    parts = [(posed.at("head", (0, -0.08, 0.045)), posed.at("head", (0, -0.125, 0.035)), 0.014 * size, _NOSE)]
    for x in (-0.033, 0.033):
        eye = posed.at("head", (x, -0.088, 0.075)), posed.at("head", (x, -0.09, 0.075))
        parts.append((*eye, 0.011 * size, _DARK))
    return parts


def _hand_parts(posed: _Posed, skeleton: Skeleton) -> list[Part]:
    """Return the bones of the fingers with their tips, and a pale stripe on the back of each hand: it tells palm up
    from palm down.
    """
    size = posed.size
    parts: list[Part] = []
    for side, colour, sign in (("left", LEFT, 1.0), ("right", RIGHT, -1.0)):
        for finger in _FINGERS:
            for number in (1, 2, 3):
                joint = INDEX[f"{side}_{finger}{number}"]
                bone = posed.positions[:, PARENTS[joint]], posed.positions[:, joint]
                parts.append((*bone, _BONE * size, colour))
            last = f"{side}_{finger}3"
            tip = (0.017 * sign, -0.017, 0.0) if finger == "thumb" else (0.022 * sign, 0.0, 0.0)
            parts.append((posed.at(last), posed.at(last, tip), _TIP * size, colour))
        back, knuckles = (posed.at(f"{side}_wrist", (x * sign, 0.0, 0.012)) for x in (0.02, 0.08))
        parts.append((back, knuckles, 0.014 * size, _PALE))
    return parts


def seat_box(place: Array, heading: float, height: float, half: float = 0.21) -> list[Quad]:
    """Return a stool of ``height`` (m) under ``place`` (x, y), turned by ``heading``."""
    corners = [
        np.array([x * math.cos(heading) - y * math.sin(heading), x * math.sin(heading) + y * math.cos(heading)]) + place
        for x, y in ((-half, -half), (half, -half), (half, half), (-half, half))
    ]
    bottom, top = ([np.array([*corner, z]) for corner in corners] for z in (0.0, height))
    sides = [Quad(np.stack([bottom[i], bottom[i - 1], top[i - 1], top[i]]), (196, 186, 170)) for i in range(4)]
    return [*sides, Quad(np.stack(top), (214, 205, 190))]


def _draw_floor(
    pen: ImageDraw.ImageDraw, camera: Camera, size: tuple[int, int], starts: Array, ends: Array, radii: Array
) -> None:
    middle = np.round(starts.mean(axis=0)[:2] * 2) / 2
    steps = np.arange(-3.0, 3.01, 0.5)
    far = np.full_like(steps, 3.0)
    flat = np.zeros_like(steps)
    for one, two, axis in (((steps, -far), (steps, far), 0), ((-far, steps), (far, steps), 1)):
        a, b = (camera.project(np.stack([middle[0] + x, middle[1] + y, flat], -1), size)[0] for x, y in (one, two))
        for k in range(len(steps)):
            pen.line([tuple(a[k]), tuple(b[k])], fill=GRID, width=2 if (middle[axis] + steps[k]) % 1 == 0 else 1)
    ground = np.array([1.0, 1.0, 0.0])
    a, a_scale = camera.project(starts * ground, size)
    b, b_scale = camera.project(ends * ground, size)
    for i in np.flatnonzero(radii > 0.02):
        _stroke(pen, a[i], b[i], 0.35 * float(radii[i] * (a_scale[i] + b_scale[i])), SHADOW)


def _stroke(pen: ImageDraw.ImageDraw, a: Array, b: Array, radius: float, colour: tuple[int, ...]) -> None:
    if np.abs(a - b).max() > 0.5:
        pen.line([tuple(a), tuple(b)], fill=colour, width=max(1, round(2 * radius)))
    for point in (a, b):
        pen.ellipse((point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius), fill=colour)


def draw_face(pen: ImageDraw.ImageDraw, face: Array, corner: tuple[int, int], rim: Colour) -> None:
    """A 74 x 92 pixel face from ARKit weights (52,); its left is on the picture's right, as seen from the front."""

    def w(name: str) -> float:
        return float(face[_COLUMN[name]])

    x, y = corner[0] + 37, corner[1] + 44
    pen.ellipse((x - 35, y - 43, x + 35, y + 45 + 6 * w("jawOpen")), fill=HEAD, outline=rim, width=3)
    for side, sign in (("Left", 1), ("Right", -1)):
        cx, cy = x + sign * 15, y - 8
        opening = 5.5 * max(0.0, 1.0 - w(f"eyeBlink{side}") - 0.4 * w(f"eyeSquint{side}") + 0.5 * w(f"eyeWide{side}"))
        if opening > 0.6:
            pen.ellipse((cx - 9, cy - opening, cx + 9, cy + opening), fill=(255, 255, 255), outline=(90, 60, 50))
            out = w(f"eyeLookOut{side}") - w(f"eyeLookIn{side}")
            px, py = cx + sign * 6 * out, cy + 4 * (w(f"eyeLookDown{side}") - w(f"eyeLookUp{side}"))
            pen.ellipse((px - 3, py - min(3, opening), px + 3, py + min(3, opening)), fill=(20, 20, 20))
        else:
            pen.line((cx - 9, cy, cx + 9, cy), fill=(90, 60, 50), width=2)
        inner = cy - 13 + 6 * w(f"browDown{side}") - 7 * w("browInnerUp")
        outer = cy - 13 + 3 * w(f"browDown{side}") - 7 * w(f"browOuterUp{side}")
        pen.line((cx - sign * 8, inner, cx + sign * 10, outer), fill=(80, 50, 30), width=3)
    round_lips = max(w("mouthPucker"), w("mouthFunnel"))
    half = (
        15
        - 8 * round_lips
        + 3 * (w("mouthSmileLeft") + w("mouthSmileRight")) / 2
        + 2 * (w("mouthStretchLeft") + w("mouthStretchRight")) / 2
    )
    lift = 5 * ((w("mouthSmileLeft") + w("mouthSmileRight")) - (w("mouthFrownLeft") + w("mouthFrownRight"))) / 2
    upper = 3 * (w("mouthUpperUpLeft") + w("mouthUpperUpRight")) / 2 + 2.5 * w("mouthFunnel")
    lower = 3 * (w("mouthLowerDownLeft") + w("mouthLowerDownRight")) / 2 + 2.5 * w("mouthFunnel")
    gap = max(
        0.0,
        20 * (w("jawOpen") - w("mouthClose")) + upper + lower - 4 * (w("mouthPressLeft") + w("mouthPressRight")) / 2,
    )
    my = y + 20 + 6 * w("jawOpen")
    lips: Colour = (176, 70, 70)
    mouth = [(x - half, my - lift), (x, my - gap / 2), (x + half, my - lift), (x, my + gap / 2)]
    if gap > 1.0:
        pen.polygon(mouth, fill=(70, 10, 16))
    pen.line([mouth[0], mouth[1], mouth[2]], fill=lips, width=2 + round(2 * w("mouthPucker")))
    pen.line([mouth[2], mouth[3], mouth[0]], fill=lips, width=3 + round(2 * w("mouthPucker")))
    if w("tongueOut") > 0.2:
        pen.ellipse((x - 5, my, x + 5, my + 5), fill=(220, 110, 120))
