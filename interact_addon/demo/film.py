"""The preview's film with sound: the whole shot, or as much of it as this machine renders in ``SECONDS_TO_RENDER``.

Without a graphics card Workbench is drawn by the processor, where a frame may take a second. A few frames are timed
first; then the film is planned. Shadows, half of a frame's cost there, are left to the contact sheet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import compat
from ..runtime_api import contract, files
from ..scene.reading import frames_per_second
from ..scene.sound import read_speech

SIZE = (480, 270)  # pixels
RATES = (15, 10)  # frames a second, the best first
SECONDS_TO_RENDER = 30.0
LONGEST_TO_RENDER = 45.0  # s after which rendering ends with a shorter film, where the machine is slower than it was
SHORTEST = 6  # s of film, however slow the machine
TIMED_FRAMES = 3
STAGE = "Rendering the film"
_MIX_RATE = 48000  # Hz
_BLOCK = 1024  # samples


def render_film(
    scene: bpy.types.Scene,
    cameras: list[bpy.types.Object],
    scratch: Path,
    path: Path,
    progress: contract.ProgressCallback = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Write the film: both bodies (``cameras[0]``), cut to the face of an actor who has talked for a while.

    The caller sets Workbench up and puts the render settings back. Raises ``OSError`` or ``RuntimeError`` where a file
    cannot be written.
    """
    _set_render(scene)
    progress(contract.Progress(STAGE, 0.0))
    rate = frames_per_second(scene)
    frames = plan_film(scene.frame_start, scene.frame_end, rate, _seconds_per_frame(scene, cameras, scratch, clock))
    images = _render_frames(scene, cameras, frames, scratch, progress, clock)
    film_rate = rate / frames.step
    sound = mix_speech(scene, len(images) / film_rate, scratch / "sound.wav")
    progress(contract.Progress("Encoding the film", 0.95))
    return _encode(images, film_rate, sound, scratch, path)


def plan_film(first: int, last: int, rate: float, seconds_per_frame: float) -> range:
    """Return the frames of the shot ``first`` to ``last`` (at ``rate`` fps) that the film shows.

    The whole shot at the best of ``RATES`` that renders within ``SECONDS_TO_RENDER``; otherwise its beginning at the
    lowest rate, in whole seconds, ``SHORTEST`` or more.
    """
    frames = range(0)
    for wanted in RATES:
        frames = range(first, last + 1, max(1, round(rate / wanted)))
        if len(frames) * seconds_per_frame <= SECONDS_TO_RENDER:
            return frames
    seconds = int(SECONDS_TO_RENDER / seconds_per_frame * frames.step / rate)
    return frames[: round(max(SHORTEST, seconds) * rate / frames.step)]


def cuts(scene: bpy.types.Scene, hold: float = 2.0) -> list[tuple[int, int]]:
    """(frame, camera) of each cut: 0 is the wide camera, 1 and 2 the faces; each lasts ``hold`` seconds or more."""
    rate = frames_per_second(scene)
    loud = _loudness(scene)
    found = [(scene.frame_start, 0)]
    frame = scene.frame_start + round(hold * rate)
    while frame < scene.frame_end - hold * rate:
        quarter = round((frame - scene.frame_start) / rate * 4)
        ahead = loud[:, quarter : quarter + 8].mean(axis=1)
        talker = int(ahead.argmax()) + 1 if ahead.max() > 1e-3 else 0
        wanted = talker if found[-1][1] == 0 else 0
        if wanted != found[-1][1]:
            found.append((frame, wanted))
        frame += round((hold if wanted else 1.5 * hold) * rate)
    return found


def mix_speech(scene: bpy.types.Scene, seconds: float, path: Path) -> Path | None:
    """Write the first ``seconds`` of both actors' speech to a WAV file; None where no file can be read.

    Blender's own mixdown evaluates the whole scene for every frame, and its encoder reads samples of 16 bits ten times
    slower than these floats.
    """
    import aud

    mix = aud.Sequence(1, _MIX_RATE, frames_per_second(scene), False)
    speech = _speech(scene)
    if not speech:
        return None
    for _, clip, sound in speech:
        skipped = max(0.0, -clip.start)  # the shot begins inside the clip
        mix.add(sound.volume(clip.gain), clip.start + skipped, clip.start + clip.duration, clip.trim_start + skipped)
    samples = round(seconds * _MIX_RATE)
    if samples % _BLOCK == 0:  # aud fails on files that end with a whole block
        samples += 1
    mix.limit(0.0, (samples + 0.25) / _MIX_RATE).write(
        str(path), _MIX_RATE, 1, aud.FORMAT_FLOAT32, aud.CONTAINER_WAV, aud.CODEC_PCM
    )
    return path


def _set_render(scene: bpy.types.Scene) -> None:
    render = scene.render
    scene.display.render_aa = "FXAA"
    scene.display.shading.show_shadows = False
    render.resolution_x, render.resolution_y = SIZE
    compat.set_still_output(render, "JPEG")
    render.image_settings.quality = 92
    render.use_stamp = False


def _seconds_per_frame(
    scene: bpy.types.Scene, cameras: list[bpy.types.Object], scratch: Path, clock: Callable[[], float]
) -> float:
    """Mean time to render a frame, once shaders are compiled."""
    _render_frame(scene, cameras[0], scene.frame_start, scratch)
    started = clock()
    for index in range(TIMED_FRAMES):
        _render_frame(scene, cameras[index % len(cameras)], scene.frame_start + index, scratch)
    return max(clock() - started, 1e-3) / TIMED_FRAMES


def _render_frames(
    scene: bpy.types.Scene,
    cameras: list[bpy.types.Object],
    frames: range,
    scratch: Path,
    progress: contract.ProgressCallback,
    clock: Callable[[], float],
) -> list[Path]:
    """Render ``frames``, fewer where that takes longer than ``LONGEST_TO_RENDER``; return the pictures in order."""
    ahead = cuts(scene)
    shown = 0
    least = SHORTEST * frames_per_second(scene) / frames.step
    started = clock()
    images: list[Path] = []
    for frame in frames:
        if clock() - started > LONGEST_TO_RENDER and len(images) >= least:
            break
        while ahead and ahead[0][0] <= frame:
            shown = ahead.pop(0)[1]
        images.append(_render_frame(scene, cameras[shown], frame, scratch))
        progress(contract.Progress(STAGE, 0.95 * len(images) / len(frames)))
    return images


def _render_frame(scene: bpy.types.Scene, camera: bpy.types.Object, frame: int, scratch: Path) -> Path:
    path = scratch / f"film_{frame:06d}.jpg"
    scene.camera = camera
    scene.frame_set(frame)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return path


def _speech(scene: bpy.types.Scene) -> list[tuple[int, contract.SpeechClip, Any]]:
    """(row of the actor, clip, sound) of every clip whose file can be read."""
    import aud

    found = []
    for row, actor in enumerate(scene.interact.actors):
        for clip in read_speech(scene, actor.name or actor.armature.name):
            try:
                sound = aud.Sound(clip.path)
                _ = sound.specs
            except (RuntimeError, aud.error):
                continue
            found.append((row, clip, sound))
    return found


def _loudness(scene: bpy.types.Scene) -> NDArray[np.float64]:
    """(2, quarters of a second) mean amplitude of each actor's speech over the shot."""
    loud = np.zeros((2, int((scene.frame_end - scene.frame_start) / frames_per_second(scene) * 4) + 16))
    for row, clip, sound in _speech(scene):
        wave, per_second = np.abs(sound.data()).mean(axis=1), sound.specs[0]
        quarter = int(per_second / 4)
        levels = wave[int(clip.trim_start * per_second) :][: int(clip.duration * per_second)]
        levels = levels[: len(levels) // quarter * quarter].reshape(-1, quarter).mean(axis=1)
        start = max(0, round(clip.start * 4))
        count = min(len(levels), loud.shape[1] - start)
        loud[row, start : start + count] += levels[:count]
    return loud


def _encode(images: list[Path], rate: float, sound: Path | None, scratch: Path, path: Path) -> Path:
    """Pictures and sound as one H.264 film, through a scene with a sequencer of its own."""
    cutter = bpy.data.scenes.new("interact film")
    try:
        render = cutter.render
        render.resolution_x, render.resolution_y = SIZE
        render.resolution_percentage = 100
        render.fps, render.fps_base = round(rate), round(rate) / rate
        cutter.view_settings.view_transform = "Standard"
        strips: Any = cutter.sequence_editor_create().strips
        picture = strips.new_image("film", str(images[0]), 1, 1)
        for image in images[1:]:
            picture.elements.append(image.name)
        compat.set_strip_right(picture, 1 + len(images))
        if sound is not None:
            strips.new_sound("sound", str(sound), 2, 1)
        cutter.frame_start, cutter.frame_end = 1, len(images)
        compat.set_film_output(render)
        render.filepath = str(scratch / "film_out.mp4")
        bpy.ops.render.render(animation=True, scene=cutter.name)
        written = max(scratch.glob("film_out*"), key=lambda file: file.stat().st_size)
        files.write_whole(path, written.read_bytes())
    finally:
        for strip in list(cutter.sequence_editor.strips):
            cutter.sequence_editor.strips.remove(strip)
        compat.remove_scene(cutter)
    return path
