"""Pictures of motion: contact sheets and films of one or two bodies, and of composed scenes with their sound."""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.io import wavfile

from ..body_model import rotations as rot
from ..body_model.skeleton import MEAN_HEIGHT, Skeleton
from ..common.headings import heading_towards
from ..contract import FPS, Performance
from ..datasets.scene import Scene
from ..errors import InterActError
from .renderer import (
    BACKGROUND,
    FACE_SIZE,
    FIELD_OF_VIEW,
    GRID,
    TORSOS,
    Camera,
    Line,
    Quad,
    coloured_body,
    draw,
    draw_face,
)
from .scene_props import SAMPLE_RATE, Props, scene_sound

Body = tuple[NDArray[np.float32], NDArray[np.float32], Skeleton]
Faces = Sequence[NDArray[np.float32] | None]


class FilmNeedsFfmpeg(InterActError):
    """A film was asked for where no ffmpeg can be run."""


def contact_sheet(
    bodies: Sequence[Body],
    path: str | Path,
    times: Sequence[float] | None = None,
    fps: float = FPS,
    faces: Faces | None = None,
    title: str | None = None,
    views: Sequence[str] = ("three_quarter",),
    captions: Sequence[str] | None = None,
    columns: int = 4,
    cell: tuple[int, int] = (400, 360),
    close: bool = False,
    props: Callable[[int], tuple[Sequence[Quad], Sequence[Line]]] | None = None,
    margin: float = 1.0,
) -> Path:
    """Draw one PNG with a picture of ``bodies`` at each of ``times`` (s; twelve spread over the motion when None).

    ``bodies``: one or two of (root positions (T, 3), rotations (T, 52, 4), skeleton). ``faces``: for each body ARKit
    curves (T, 52) or None, drawn as a small face in the cell's corner. ``views``: any of 'three_quarter', 'side',
    'front', 'top'; more than one makes a strip of rows for each. ``close``: each picture as near as its own moment
    allows, else all from one distance. ``props``: what else stands there at a frame; ``margin``: a factor on the
    camera's distance.
    """
    frames = min(len(body[0]) for body in bodies)
    if times is None:
        times = [float(t) for t in (np.arange(12) + 0.5) / 12 * (frames / fps)]
    picked = [min(max(round(t * fps), 0), frames - 1) for t in times]
    shown = [
        (np.asarray(root)[picked], np.asarray(rotations)[picked], skeleton) for root, rotations, skeleton in bodies
    ]
    capsules = [coloured_body(*body, TORSOS[k % 2]) for k, body in enumerate(shown)]
    bar = 26 if title else 0
    rows = math.ceil(len(picked) / columns)
    sheet = Image.new("RGB", (columns * cell[0], bar + rows * len(views) * cell[1]), BACKGROUND)
    for v, view in enumerate(views):
        distance, azimuth, elevation = _framing(bodies, picked, view, cell)
        for i, frame in enumerate(picked):
            if close:
                distance = _framing(bodies, [frame], view, cell)[0]
            camera = Camera(_centre(bodies, frame), margin * distance, azimuth, elevation)
            caption = f"{frame / fps:.2f} s" + (f"  {captions[i]}" if captions else "")
            quads, lines = props(frame) if props else ((), ())
            picture = draw(capsules, i, camera, cell, 2, quads, lines)
            _annotate(picture, caption, _faces_at(faces, frame), _swapped(bodies, frame, camera))
            sheet.paste(picture, (i % columns * cell[0], bar + ((i // columns) * len(views) + v) * cell[1]))
    if title:
        ImageDraw.Draw(sheet).text((8, 6), title, fill=(20, 20, 20), font_size=15)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
    return path


def performance_sheet(
    performance: Performance,
    skeletons: Sequence[Skeleton],
    path: str | Path,
    times: Sequence[float] | None = None,
    title: str | None = None,
) -> Path:
    """Draw the ``contact_sheet`` of a ``Performance`` with both faces."""
    bodies = [
        (actor.root_positions, actor.rotations, skeleton) for actor, skeleton in zip(performance.actors, skeletons)
    ]
    return contact_sheet(bodies, path, times, faces=[actor.face for actor in performance.actors], title=title)


def scene_sheet(
    scene: Scene,
    path: str | Path,
    start: float = 0.0,
    seconds: float | None = None,
    pictures: int = 48,
    columns: int = 8,
    cell: tuple[int, int] = (330, 300),
) -> Path:
    """Draw a contact sheet of a scene (or of ``seconds`` from ``start``): bodies, seats, gaze, faces, labels, speech,
    gestures.
    """
    props = Props(scene)
    times = start + (np.arange(pictures) + 0.5) / pictures * (scene.duration - start if seconds is None else seconds)
    frames = [min(int(t * FPS), scene.frames - 1) for t in times]
    return contact_sheet(
        props.bodies,
        path,
        times.tolist(),
        faces=props.faces,
        title=props.title,
        captions=[props.short(frame) for frame in frames],
        columns=columns,
        cell=cell,
        close=True,
        props=props.at,
    )


def film(
    bodies: Sequence[Body],
    path: str | Path,
    fps: int = FPS,
    sound: str | Path | None = None,
    faces: Faces | None = None,
    size: tuple[int, int] = (640, 480),
    view: str = "three_quarter",
    captions: Sequence[str] | None = None,
) -> Path:
    """Make an H.264 film of the motion with ``sound`` (a file) muxed in; ``captions``: one per frame.

    Raises ``FilmNeedsFfmpeg`` when no ``ffmpeg`` is on the path or it fails.
    """
    frames = min(len(body[0]) for body in bodies)

    def pictures() -> Iterator[Image.Image]:
        for frame, picture, swapped in _filmed(bodies, range(frames), view, size, fps, None):
            _annotate(
                picture,
                f"{frame / fps:.2f} s" + (f"  {captions[frame]}" if captions else ""),
                _faces_at(faces, frame),
                swapped,
            )
            yield picture

    return encode(pictures(), path, fps, size, sound)


def scene_film(
    scene: Scene,
    utterances: Mapping[str, Any],
    path: str | Path,
    start: float = 0.0,
    seconds: float = 20.0,
    fps: int = 15,
    size: tuple[int, int] = (640, 480),
) -> Path:
    """Make a film with sound of ``seconds`` of a scene from ``start``; ``utterances`` by id, with their waves.

    Raises ``FilmNeedsFfmpeg`` when no ``ffmpeg`` is on the path or it fails.
    """
    props = Props(scene, utterances)
    step = FPS // fps
    frames = range(round(start * FPS), min(round((start + seconds) * FPS), scene.frames), step)

    def pictures() -> Iterator[Image.Image]:
        for frame, picture, swapped in _filmed(props.bodies, frames, "three_quarter", size, fps, props.at):
            _annotate(
                picture, f"{frame / FPS:.2f} s  frame {frame}   {props.title}", _faces_at(props.faces, frame), swapped
            )
            pen = ImageDraw.Draw(picture)
            for k, line in enumerate(props.long(frame)):
                pen.text((6, size[1] - 36 + 16 * k), line, fill=TORSOS[k], font_size=12)
            yield picture

    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "voices.wav"
        wave = scene_sound(scene, utterances, start, len(frames) / fps)
        wavfile.write(sound, SAMPLE_RATE, np.clip(np.rint(wave * 32767.0), -32768, 32767).astype(np.int16))
        return encode(pictures(), path, fps, size, sound)


def _filmed(
    bodies: Sequence[Body],
    frames: range,
    view: str,
    size: tuple[int, int],
    fps: int,
    props: Callable[[int], tuple[Sequence[Quad], Sequence[Line]]] | None,
) -> Iterator[tuple[int, Image.Image, bool]]:
    """Yield frame, picture, and whether the second body is left of the first; the camera follows from one side."""
    picked = list(frames)
    shown = [
        (np.asarray(root)[picked], np.asarray(rotations)[picked], skeleton) for root, rotations, skeleton in bodies
    ]
    capsules = [coloured_body(*body, TORSOS[k % 2]) for k, body in enumerate(shown)]
    _, azimuth, elevation = _framing(bodies, picked[::5], view, size)
    # The widest moment of the second around decides how far away the camera is.
    near = np.array(
        [
            _framing(bodies, picked[max(0, i - fps) : i + fps + 1 : max(1, fps // 3)], view, size)[0]
            for i in range(0, len(picked), max(1, fps // 3))
        ]
    )
    distances = _smooth(np.repeat(near, max(1, fps // 3))[: len(picked), None], fps)[:, 0]
    centres = _smooth(np.stack([_centre(bodies, frame) for frame in picked]), fps)
    for i, frame in enumerate(picked):
        quads, lines = props(frame) if props else ((), ())
        camera = Camera(centres[i], float(distances[i]), azimuth, elevation)
        yield frame, draw(capsules, i, camera, size, 1, quads, lines), _swapped(bodies, frame, camera)


def encode(
    pictures: Iterator[Image.Image], path: str | Path, fps: int, size: tuple[int, int], sound: str | Path | None
) -> Path:
    """Make an H.264 film of ``pictures``, each of ``size``. Raises ``FilmNeedsFfmpeg``."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise FilmNeedsFfmpeg(
            "No 'ffmpeg' program was found; install it and put it on PATH, or make a contact sheet instead."
        )
    command = [program, "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    command += (["-i", str(sound), "-c:a", "aac", "-b:a", "64k"] if sound else []) + [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
    ]
    command += ["-pix_fmt", "yuv420p", "-crf", "25", "-threads", "1", *(["-shortest"] if sound else []), str(path)]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    try:
        for picture in pictures:
            process.stdin.write(picture.tobytes())
    except BrokenPipeError:
        pass  # the reason is in stderr, read below
    _, message = process.communicate()
    if process.returncode != 0:
        raise FilmNeedsFfmpeg(f"ffmpeg could not write '{path}': {message.decode(errors='replace').strip()}")
    return Path(path)


def _annotate(picture: Image.Image, caption: str, faces: Faces, swapped: bool = False) -> None:
    size = picture.size
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=GRID)
    pen.text((6, 4), caption, fill=(40, 40, 40), font_size=13)
    shown = [face for face in faces if face is not None]
    for number, face in enumerate(faces):
        if face is not None:
            left = len(shown) > 1 and (number == 1) == swapped
            draw_face(pen, face, (4 if left else size[0] - FACE_SIZE[0] - 4, 22), TORSOS[number % 2])


def _swapped(bodies: Sequence[Body], frame: int, camera: Camera) -> bool:
    """Return whether the second of two bodies is left of the first in the picture."""
    return len(bodies) == 2 and bool((bodies[1][0][frame] - bodies[0][0][frame]) @ camera.right < 0.0)


def _faces_at(faces: Faces | None, frame: int) -> list[NDArray[np.float32] | None]:
    return [None if face is None else np.asarray(face)[min(frame, len(face) - 1)] for face in faces or ()]


def _framing(
    bodies: Sequence[Body], frames: Sequence[int] | range, view: str, size: tuple[int, int]
) -> tuple[float, float, float]:
    """Return distance, azimuth and elevation that show the bodies in all ``frames``."""
    tallest = max(body[2].height for body in bodies)
    spread = max(float(np.linalg.norm(np.ptp([body[0][f][:2] for body in bodies], axis=0))) for f in frames)
    azimuth = _front(bodies, list(frames))
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
    wide = (spread + 1.1 * tallest / MEAN_HEIGHT) / (2 * half * size[0] / size[1])
    high = 1.22 * tallest / (2 * half) + 0.3 * spread * math.sin(elevation)
    return max(wide, high) + 0.4 * spread, azimuth, elevation


def _front(bodies: Sequence[Body], frames: Sequence[int]) -> float:
    """Return the azimuth square to the line along which the bodies are mostly apart, on the side that they face."""
    facing = np.zeros(2)
    for _, rotations, _ in bodies:
        facing += rot.rotate(np.asarray(rotations)[frames, 0], np.array([0.0, -1.0, 0.0]))[:, :2].mean(axis=0)
    if len(bodies) == 2:
        apart = bodies[1][0][frames, :2] - bodies[0][0][frames, :2]
        along = np.linalg.eigh(apart.T @ apart)[1][:, 1]
        if np.linalg.norm(apart, axis=-1).mean() > 0.3:
            square = np.array([along[1], -along[0]])
            # Actors that face each other leave the side open; then look from -Y.
            hint = facing if np.linalg.norm(facing) > 0.4 else np.array([0.0, -1.0])
            facing = square * (1.0 if square @ hint >= 0 else -1.0)
    return float(heading_towards(facing))


def _centre(bodies: Sequence[Body], frame: int) -> NDArray[np.float64]:
    middle = np.mean([body[0][frame][:2] for body in bodies], axis=0)
    return np.array([middle[0], middle[1], 0.55 * max(body[2].height for body in bodies)])


def _smooth(values: NDArray[np.float64], fps: int) -> NDArray[np.float64]:
    width = max(1, fps)
    padded = np.pad(values, ((width, width), (0, 0)), mode="edge")
    kernel = np.hanning(2 * width + 1)
    kernel /= kernel.sum()
    return np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in range(values.shape[1])], axis=-1)
