"""Pictures of a performance: a contact sheet and a film with sound, drawn by Workbench.

The scene is left as it was: settings, cameras and the current frame are put back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import compat
from ..runtime_api import contract, errors, files
from ..scene.reading import frames_per_second
from .cameras import preview_cameras
from .film import render_film

MOMENTS = 8
COLUMNS = 4
WIDE, FACE = (480, 270), (240, 240)  # pixels
STAGE = "Rendering the contact sheet"
_GAP = 6
_KEPT = (
    "engine", "resolution_x", "resolution_y", "resolution_percentage", "filepath", "use_sequencer",
    "use_compositing", "use_stamp", "stamp_note_text", "stamp_font_size", "use_overwrite",
    "use_file_extension",
)  # fmt: skip
_KEPT_SHADING = ("light", "studio_light", "color_type", "show_shadows")
_STAMPS = (
    "date", "time", "render_time", "frame", "frame_range", "memory", "hostname", "camera", "lens",
    "scene", "marker", "filename", "sequencer_strip", "note",
)  # fmt: skip

Pixels = NDArray[np.float32]


def render_preview(
    scene: bpy.types.Scene,
    folder: Path,
    progress: contract.ProgressCallback = lambda _: None,
    wrote: Callable[[Path], object] = lambda _: None,
) -> tuple[Path, Path]:
    """Write ``preview.png`` and ``preview.mp4`` of the two cast actors into ``folder`` and return their paths.

    ``wrote`` is called with each path as soon as the file exists. Raises ``OutOfSpace`` where the folder cannot be
    written.
    """
    rigs = [actor.armature for actor in scene.interact.actors]
    with tempfile.TemporaryDirectory(prefix="interact preview ") as scratch, _workbench(scene):
        frames = Path(scratch)
        cameras = preview_cameras(scene, rigs, WIDE[0] / WIDE[1])
        try:
            sheet = contact_sheet(scene, cameras, frames, folder / "preview.png", progress)
            wrote(sheet)
            film = render_film(scene, cameras, frames, folder / "preview.mp4", progress)
            wrote(film)
        except (OSError, RuntimeError) as error:
            raise errors.OutOfSpace(
                f"The preview cannot be written to '{folder}' ({str(error).strip()}); free some space."
            ) from error
        finally:
            for camera in cameras:
                bpy.data.cameras.remove(camera.data)
    return sheet, film


def contact_sheet(
    scene: bpy.types.Scene,
    cameras: list[bpy.types.Object],
    scratch: Path,
    path: Path,
    progress: contract.ProgressCallback = lambda _: None,
) -> Path:
    """``MOMENTS`` moments spread over the shot: both bodies above, both faces below, each with its time."""
    cell = (WIDE[1] + FACE[1] + _GAP, WIDE[0])
    rows = -(-MOMENTS // COLUMNS)
    sheet = np.ones((rows * (cell[0] + _GAP) + _GAP, COLUMNS * (cell[1] + _GAP) + _GAP, 4), np.float32)
    sheet[..., :3] = 0.11
    rate = frames_per_second(scene)
    length = scene.frame_end - scene.frame_start
    for moment in range(MOMENTS):
        progress(contract.Progress(STAGE, moment / MOMENTS))
        frame = scene.frame_start + round((moment + 0.5) / MOMENTS * length)
        scene.frame_set(frame)
        top = _GAP + (moment // COLUMNS) * (cell[0] + _GAP)
        left = _GAP + (moment % COLUMNS) * (cell[1] + _GAP)
        note = f"{(frame - scene.frame_start) / rate:.1f} s"
        sheet[top : top + WIDE[1], left : left + WIDE[0]] = _still(scene, cameras[0], WIDE, scratch, note)
        for index, camera in enumerate(cameras[1:]):
            x = left + index * FACE[0]
            y = top + WIDE[1] + _GAP
            sheet[y : y + FACE[1], x : x + FACE[0]] = _still(scene, camera, FACE, scratch)
    _write_png(sheet, path)
    return path


@contextmanager
def _workbench(scene: bpy.types.Scene) -> Iterator[None]:
    """Workbench in the colours of the materials; the scene's own settings are put back at the end."""
    render, shading = scene.render, scene.display.shading
    kept = {name: getattr(render, name) for name in _KEPT}
    inks = tuple(render.stamp_foreground), tuple(render.stamp_background)
    stamps = {name: getattr(render, f"use_stamp_{name}") for name in _STAMPS}
    camera, frame, smoothing = scene.camera, scene.frame_current, scene.display.render_aa
    mode, quality = compat.still_output(render), render.image_settings.quality
    rigs = {thing: thing.hide_render for thing in scene.objects if thing.type in ("ARMATURE", "EMPTY")}
    look = {name: getattr(shading, name) for name in _KEPT_SHADING}
    try:
        render.engine = "BLENDER_WORKBENCH"
        render.resolution_percentage = 100
        render.use_sequencer = render.use_compositing = False
        shading.light, shading.studio_light, shading.color_type = "STUDIO", "paint.sl", "MATERIAL"
        for thing in rigs:
            thing.hide_render = True
        yield
    finally:
        compat.set_still_output(render, *mode)
        render.image_settings.quality = quality
        for name, value in kept.items():
            setattr(render, name, value)
        for name, value in stamps.items():
            setattr(render, f"use_stamp_{name}", value)
        render.stamp_foreground, render.stamp_background = inks
        for thing, hidden in rigs.items():
            thing.hide_render = hidden
        for name, value in look.items():
            setattr(shading, name, value)
        scene.camera, scene.display.render_aa = camera, smoothing
        scene.frame_set(frame)


def _still(
    scene: bpy.types.Scene, camera: bpy.types.Object, size: tuple[int, int], scratch: Path, note: str = ""
) -> Pixels:
    """Render the current frame as (height, width, 4) in display colours, top row first, ``note`` in the corner.

    Only pictures with a note, the wide ones, have shadows: on a processor these take as long as all the rest.
    """
    render = scene.render
    scene.camera = camera
    scene.display.shading.show_shadows = bool(note)
    scene.display.render_aa = "FXAA" if note else "5"
    render.resolution_x, render.resolution_y = size
    compat.set_still_output(render, "PNG")
    render.use_stamp = bool(note)
    for name in _STAMPS:
        setattr(render, f"use_stamp_{name}", name == "note")
    render.stamp_note_text, render.stamp_font_size = note, 18
    render.stamp_foreground, render.stamp_background = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.55)
    render.filepath = str(scratch / "still.png")
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(render.filepath)
    try:
        pixels = np.empty(size[0] * size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    return pixels.reshape(size[1], size[0], 4)[::-1]


def _write_png(pixels: Pixels, path: Path) -> None:
    image = bpy.data.images.new("interact preview", pixels.shape[1], pixels.shape[0])
    try:
        image.pixels.foreach_set(np.ascontiguousarray(pixels[::-1]).ravel())
        image.file_format = "PNG"
        with files.written_whole(path) as partial:
            image.filepath_raw = str(partial)
            image.save()
    finally:
        bpy.data.images.remove(image)
