"""Pictures of motion: contact sheets and films of one or two bodies drawn as capsules, for looking at results.

A small software renderer (perspective, painter's order) on Pillow: a sheet takes well under a second and needs no
Blender. Left limbs are blue, right limbs red; a foot or hand point below the floor shows as a magenta dot.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .. import rotations as rot
from ..contract import ARKIT_NAMES, FPS, Performance
from ..errors import InterActError
from ..skeleton import INDEX, JOINTS, PARENTS, Skeleton, forward_kinematics

Body = tuple[NDArray[np.float32], NDArray[np.float32], Skeleton]
Colour = tuple[int, int, int]

BACKGROUND: Colour = (236, 238, 241)
GRID: Colour = (205, 209, 215)
SHADOW: Colour = (188, 192, 199)
LEFT: Colour = (72, 128, 214)
RIGHT: Colour = (214, 84, 78)
TORSOS: tuple[Colour, Colour] = ((82, 96, 112), (196, 152, 70))
HEAD: Colour = (232, 196, 168)
ALARM: Colour = (255, 0, 200)
OVERSAMPLING = 2
FIELD_OF_VIEW = math.radians(28.0)

_COLUMN = {name: index for index, name in enumerate(ARKIT_NAMES)}
_RADII = {"hip": 0.075, "knee": 0.07, "ankle": 0.048, "foot": 0.035, "collar": 0.06, "shoulder": 0.055, "elbow": 0.043, "wrist": 0.034}


class FilmNeedsFfmpeg(InterActError):
    """A film was asked for where no ffmpeg can be run."""


class Capsule(NamedTuple):
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    radius: float
    colour: Colour


class Camera:
    """A perspective camera; ``azimuth`` 0 looks from -Y (a character's front), positive towards +X (its left)."""

    def __init__(self, target: NDArray[np.float64], distance: float, azimuth: float, elevation: float) -> None:
        back = np.array([math.sin(azimuth) * math.cos(elevation), -math.cos(azimuth) * math.cos(elevation), math.sin(elevation)])
        self.position = target + back * distance
        up = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
        right = np.cross(up, back)
        self.right = right / np.linalg.norm(right)
        self.up = np.cross(back, self.right)
        self.back = back

    def project(self, points: NDArray[np.float64], size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """World (..., 3) -> pixels (..., 2) and pixels per metre (...,)."""
        relative = np.asarray(points, np.float64) - self.position
        depth = np.maximum(-(relative @ self.back), 0.05)
        scale = size[1] / (2.0 * math.tan(FIELD_OF_VIEW / 2)) / depth
        return np.stack([size[0] / 2 + (relative @ self.right) * scale, size[1] / 2 - (relative @ self.up) * scale], -1), scale


def contact_sheet(
    bodies: Sequence[Body],
    path: str | Path,
    times: Sequence[float] | None = None,
    fps: float = FPS,
    faces: Sequence[NDArray[np.float32] | None] | None = None,
    title: str | None = None,
    views: Sequence[str] = ("three_quarter",),
    captions: Sequence[str] | None = None,
    columns: int = 4,
    cell: tuple[int, int] = (400, 360),
) -> Path:
    """One PNG with a picture of ``bodies`` at each of ``times`` (s; twelve spread over the motion when None).

    ``bodies``: one or two of (root positions (T, 3), rotations (T, 52, 4), skeleton). ``faces``: for each body
    ARKit curves (T, 52) or None, drawn as a small face in the cell's corner. ``views``: any of 'three_quarter',
    'side', 'front', 'top'; more than one makes a strip of rows for each.
    """
    frames = min(len(body[0]) for body in bodies)
    if times is None:
        times = [float(t) for t in (np.arange(12) + 0.5) / 12 * (frames / fps)]
    picked = [min(max(round(t * fps), 0), frames - 1) for t in times]
    capsules = [_capsules_at(bodies, frame) for frame in picked]
    bar = 26 if title else 0
    rows = math.ceil(len(picked) / columns)
    sheet = Image.new("RGB", (columns * cell[0], bar + rows * len(views) * cell[1]), BACKGROUND)
    for v, view in enumerate(views):
        distance, azimuth, elevation = _framing(bodies, picked, view, cell)
        for i, frame in enumerate(picked):
            camera = Camera(_centre(bodies, frame), distance, azimuth, elevation)
            caption = f"{frame / fps:.2f} s" + (f"  {captions[i]}" if captions else "")
            picture = draw(capsules[i], camera, cell, caption, _faces_at(faces, frame))
            sheet.paste(picture, (i % columns * cell[0], bar + ((i // columns) * len(views) + v) * cell[1]))
    if title:
        ImageDraw.Draw(sheet).text((8, 6), title, fill=(20, 20, 20), font_size=15)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
    return path


def performance_sheet(
    performance: Performance, skeletons: Sequence[Skeleton], path: str | Path, times: Sequence[float] | None = None, title: str | None = None
) -> Path:
    """``contact_sheet`` of a ``Performance`` with both faces."""
    bodies = [(actor.root_positions, actor.rotations, skeleton) for actor, skeleton in zip(performance.actors, skeletons)]
    return contact_sheet(bodies, path, times, faces=[actor.face for actor in performance.actors], title=title)


def film(
    bodies: Sequence[Body],
    path: str | Path,
    fps: int = FPS,
    sound: str | Path | None = None,
    faces: Sequence[NDArray[np.float32] | None] | None = None,
    size: tuple[int, int] = (640, 480),
    view: str = "three_quarter",
    captions: Sequence[str] | None = None,
) -> Path:
    """An H.264 film of the motion with ``sound`` (a file) muxed in; ``captions``: one per frame.

    Raises ``FilmNeedsFfmpeg`` when no ``ffmpeg`` is on the path or it fails.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise FilmNeedsFfmpeg("No 'ffmpeg' program was found; install it and put it on PATH, or make a contact sheet instead.")
    frames = min(len(body[0]) for body in bodies)
    command = [program, "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    command += (["-i", str(sound), "-c:a", "aac"] if sound else []) + ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "23"]
    command += ["-t", f"{frames / fps:.3f}", str(path)]
    distance, azimuth, elevation = _framing(bodies, range(0, frames, 10), view, size)
    centres = np.stack([_centre(bodies, frame) for frame in range(frames)])
    centres = _smooth(centres, fps)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    try:
        for frame in range(frames):
            camera = Camera(centres[frame], distance, azimuth, elevation)
            caption = f"{frame / fps:.2f} s" + (f"  {captions[frame]}" if captions else "")
            process.stdin.write(draw(_capsules_at(bodies, frame), camera, size, caption, _faces_at(faces, frame), 1).tobytes())
    except BrokenPipeError:
        pass  # the reason stands in stderr, read below
    _, complaint = process.communicate()
    if process.returncode != 0:
        raise FilmNeedsFfmpeg(f"ffmpeg could not write '{path}': {complaint.decode(errors='replace').strip()}")
    return Path(path)


def draw(
    capsules: Sequence[Capsule],
    camera: Camera,
    size: tuple[int, int],
    caption: str = "",
    faces: Sequence[NDArray[np.float32] | None] = (),
    oversampling: int = OVERSAMPLING,
) -> Image.Image:
    """One picture: floor grid, shadows, capsules from far to near, caption and faces."""
    big = (size[0] * oversampling, size[1] * oversampling)
    image = Image.new("RGB", big, BACKGROUND)
    pen = ImageDraw.Draw(image)
    _draw_floor(pen, camera, big, capsules)
    starts, start_scale = camera.project(np.stack([c.start for c in capsules]), big)
    ends, end_scale = camera.project(np.stack([c.end for c in capsules]), big)
    order = np.argsort(start_scale + end_scale)
    nearness = (start_scale + end_scale) / np.max(start_scale + end_scale)
    for i in order:
        capsule = capsules[i]
        radius = capsule.radius * 0.5 * (start_scale[i] + end_scale[i])
        shade = 0.55 + 0.45 * nearness[i]
        colour = tuple(int(c * shade) for c in capsule.colour)
        dark = tuple(int(c * shade * 0.55) for c in capsule.colour)
        _stroke(pen, starts[i], ends[i], radius + oversampling * 0.8, dark)
        _stroke(pen, starts[i], ends[i], radius, colour)
        if min(capsule.start[2], capsule.end[2]) < -0.01:
            low = starts[i] if capsule.start[2] < capsule.end[2] else ends[i]
            _stroke(pen, low, low, 3 * oversampling, ALARM)
    if oversampling > 1:
        image = image.resize(size, Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=GRID)
    pen.text((6, 4), caption, fill=(40, 40, 40), font_size=13)
    shown = [face for face in faces if face is not None]
    for number, face in enumerate(faces):
        if face is not None:
            corner = 4 if number == 0 and len(shown) > 1 else size[0] - 78
            _draw_face(pen, face, (corner, 22), TORSOS[number % 2])
    return image


def _capsules_at(bodies: Sequence[Body], frame: int) -> list[Capsule]:
    capsules: list[Capsule] = []
    for number, (root, rotations, skeleton) in enumerate(bodies):
        positions, world = forward_kinematics(np.asarray(root)[frame : frame + 1], np.asarray(rotations)[frame : frame + 1], skeleton)
        capsules += _body_capsules(positions[0].astype(np.float64), world[0].astype(np.float64), skeleton, TORSOS[number % 2])
    return capsules


def _faces_at(faces: Sequence[NDArray[np.float32] | None] | None, frame: int) -> list[NDArray[np.float32] | None]:
    return [None if face is None else np.asarray(face)[min(frame, len(face) - 1)] for face in faces or ()]


def _body_capsules(positions: NDArray[np.float64], world: NDArray[np.float64], skeleton: Skeleton, torso: Colour) -> list[Capsule]:
    size = skeleton.height / 1.7
    capsules = []
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        side, _, part = JOINTS[joint].partition("_")
        colour = LEFT if side == "left" else RIGHT if side == "right" else torso
        if part in ("hip", "collar"):
            colour = torso
        if part in _RADII:
            radius = _RADII[part]
        elif part:
            radius = 0.011
        else:
            radius = 0.05 if joint in (INDEX["neck"], INDEX["head"]) else 0.105
        capsules.append(Capsule(positions[parent], positions[joint], radius * size, colour))

    def at(joint: str, offset: tuple[float, float, float]) -> NDArray[np.float64]:
        return positions[INDEX[joint]] + rot.rotate(world[INDEX[joint]], np.array(offset) * size)

    capsules.append(Capsule(at("head", (0, 0, 0.05)), at("head", (0, -0.01, 0.10)), 0.088 * size, HEAD))
    capsules.append(Capsule(at("head", (0, -0.08, 0.045)), at("head", (0, -0.125, 0.035)), 0.014 * size, (170, 90, 70)))
    for x in (-0.033, 0.033):
        capsules.append(Capsule(at("head", (x, -0.088, 0.075)), at("head", (x, -0.09, 0.075)), 0.011 * size, (20, 20, 20)))
    for side, colour, sign in (("left", LEFT, 1.0), ("right", RIGHT, -1.0)):
        rest = skeleton.rest_positions
        heel = (0.0, 0.05, -float(rest[INDEX[f"{side}_ankle"], 2]) / size + 0.02)
        capsules.append(Capsule(positions[INDEX[f"{side}_ankle"]], at(f"{side}_ankle", heel), 0.03 * size, colour))
        toe = (0.0, -0.06, -float(rest[INDEX[f"{side}_foot"], 2]) / size + 0.022)
        capsules.append(Capsule(positions[INDEX[f"{side}_foot"]], at(f"{side}_foot", toe), 0.025 * size, colour))
        for finger in ("index", "middle", "ring", "pinky", "thumb"):
            last = f"{side}_{finger}3"
            tip = (0.022 * sign, 0.0, 0.0) if finger != "thumb" else (0.017 * sign, -0.017, 0.0)
            capsules.append(Capsule(positions[INDEX[last]], at(last, tip), 0.010 * size, colour))
        # A pale stripe on the back of the hand tells palm up from palm down.
        capsules.append(Capsule(at(f"{side}_wrist", (0.02 * sign, 0, 0.012)), at(f"{side}_wrist", (0.08 * sign, 0, 0.012)), 0.014 * size, (245, 245, 245)))
    return capsules


def _framing(bodies: Sequence[Body], frames: Sequence[int] | range, view: str, size: tuple[int, int]) -> tuple[float, float, float]:
    """Distance, azimuth, elevation: one setting for all frames, wide enough for the widest moment."""
    tallest = max(body[2].height for body in bodies)
    spread = max(float(np.linalg.norm(np.ptp([body[0][f][:2] for body in bodies], axis=0))) for f in frames)
    azimuth = _front(bodies)
    elevation = math.radians(12.0)
    if view == "three_quarter":
        azimuth += math.radians(32.0 if len(bodies) == 1 else 18.0)
    elif view == "side":
        azimuth += math.radians(90.0)
    elif view == "top":
        elevation = math.radians(89.9)
    elif view != "front":
        raise ValueError(f"View '{view}' is not known; use three_quarter, front, side or top.")
    half = math.tan(FIELD_OF_VIEW / 2)
    wide = (spread + 1.1 * tallest / 1.7) / (2 * half * size[0] / size[1])
    high = 1.22 * tallest / (2 * half) + 0.3 * spread * math.sin(elevation)
    return max(wide, high) + 0.4 * spread, azimuth, elevation


def _front(bodies: Sequence[Body]) -> float:
    """The azimuth that shows both: square to the line between two bodies on the side they face, or the front of one."""
    facing = np.zeros(2)
    for _, rotations, _ in bodies:
        facing += rot.rotate(np.asarray(rotations)[:, 0], np.array([0.0, -1.0, 0.0]))[:, :2].mean(axis=0)
    if len(bodies) == 2:
        apart = np.mean(bodies[1][0][: len(bodies[0][0]), :2], axis=0) - np.mean(bodies[0][0][:, :2], axis=0)
        if np.linalg.norm(apart) > 0.3:
            square = np.array([apart[1], -apart[0]])
            # Actors who face each other say nothing about the side; then look from -Y.
            hint = facing if np.linalg.norm(facing) > 0.4 else np.array([0.0, -1.0])
            facing = square * (1.0 if square @ hint >= 0 else -1.0)
    return math.atan2(facing[0], -facing[1])


def _centre(bodies: Sequence[Body], frame: int) -> NDArray[np.float64]:
    middle = np.mean([body[0][frame][:2] for body in bodies], axis=0)
    return np.array([middle[0], middle[1], 0.52 * max(body[2].height for body in bodies)])


def _smooth(values: NDArray[np.float64], fps: int) -> NDArray[np.float64]:
    width = max(1, fps)
    padded = np.pad(values, ((width, width), (0, 0)), mode="edge")
    kernel = np.hanning(2 * width + 1)
    kernel /= kernel.sum()
    return np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in range(values.shape[1])], axis=-1)


def _draw_floor(pen: ImageDraw.ImageDraw, camera: Camera, size: tuple[int, int], capsules: Sequence[Capsule]) -> None:
    middle = np.round(np.mean([c.start for c in capsules], axis=0)[:2] * 2) / 2
    for k in np.arange(-3.0, 3.01, 0.5):
        for a, b in (((k, -3.0), (k, 3.0)), ((-3.0, k), (3.0, k))):
            ends, _ = camera.project(np.array([[*(middle + a), 0.0], [*(middle + b), 0.0]]), size)
            pen.line([tuple(ends[0]), tuple(ends[1])], fill=GRID, width=2 if (middle + a)[0] % 1 == 0 or (middle + a)[1] % 1 == 0 else 1)
    flat = np.array([1.0, 1.0, 0.0])
    for capsule in capsules:
        ends, scale = camera.project(np.stack([capsule.start * flat, capsule.end * flat]), size)
        _stroke(pen, ends[0], ends[1], 0.7 * capsule.radius * float(scale.mean()), SHADOW)


def _stroke(pen: ImageDraw.ImageDraw, a: NDArray[np.float64], b: NDArray[np.float64], radius: float, colour: tuple[int, ...]) -> None:
    radius = max(radius, 0.5)
    if np.abs(a - b).max() > 0.5:
        pen.line([tuple(a), tuple(b)], fill=colour, width=max(1, round(2 * radius)))
    for point in (a, b):
        pen.ellipse((point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius), fill=colour)


def _draw_face(pen: ImageDraw.ImageDraw, face: NDArray[np.float32], corner: tuple[int, int], rim: Colour) -> None:
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
    half = 15 - 8 * round_lips + 3 * (w("mouthSmileLeft") + w("mouthSmileRight")) / 2 + 2 * (w("mouthStretchLeft") + w("mouthStretchRight")) / 2
    lift = 5 * ((w("mouthSmileLeft") + w("mouthSmileRight")) - (w("mouthFrownLeft") + w("mouthFrownRight"))) / 2
    upper = 3 * (w("mouthUpperUpLeft") + w("mouthUpperUpRight")) / 2 + 2.5 * w("mouthFunnel")
    lower = 3 * (w("mouthLowerDownLeft") + w("mouthLowerDownRight")) / 2 + 2.5 * w("mouthFunnel")
    gap = max(0.0, 20 * (w("jawOpen") - w("mouthClose")) + upper + lower - 4 * (w("mouthPressLeft") + w("mouthPressRight")) / 2)
    my = y + 20 + 6 * w("jawOpen")
    lips: Colour = (176, 70, 70)
    mouth = [(x - half, my - lift), (x, my - gap / 2), (x + half, my - lift), (x, my + gap / 2)]
    if gap > 1.0:
        pen.polygon(mouth, fill=(70, 10, 16))
    pen.line([mouth[0], mouth[1], mouth[2]], fill=lips, width=2 + round(2 * w("mouthPucker")))
    pen.line([mouth[2], mouth[3], mouth[0]], fill=lips, width=3 + round(2 * w("mouthPucker")))
    if w("tongueOut") > 0.2:
        pen.ellipse((x - 5, my, x + 5, my + 5), fill=(220, 110, 120))
