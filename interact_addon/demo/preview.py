"""What a person looks at first: a contact sheet of the performance and a film with sound, drawn by Workbench.

Nothing of the scene is changed when this returns: settings, cameras and markers are put back.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from .. import compat
from ..runtime_api import errors

MOMENTS = 8
COLUMNS = 4
WIDE, FACE = (480, 270), (240, 240)
FILM, FILM_RATE = (640, 360), 15
_GAP = 6
_KEPT = (
    "engine", "resolution_x", "resolution_y", "resolution_percentage", "filepath", "use_sequencer",
    "use_compositing", "use_stamp", "stamp_note_text", "stamp_font_size", "use_overwrite",
    "use_file_extension",
)  # fmt: skip
_STAMPS = (
    "date", "time", "render_time", "frame", "frame_range", "memory", "hostname", "camera", "lens",
    "scene", "marker", "filename", "sequencer_strip", "note",
)  # fmt: skip

Pixels = NDArray[np.float32]


def render_preview(scene: bpy.types.Scene, folder: Path) -> tuple[Path, Path]:
    """Write ``preview.png`` and ``preview.mp4`` of the two cast actors into ``folder`` and return their paths.

    Raises ``OutOfSpace`` where the folder cannot be written.
    """
    rigs = [actor.armature for actor in scene.interact.actors]
    with tempfile.TemporaryDirectory(prefix="interact preview ") as scratch, _workbench(scene):
        frames = Path(scratch)
        cameras = _cameras(scene, rigs)
        try:
            sheet = contact_sheet(scene, cameras, frames, folder / "preview.png")
            film = render_film(scene, cameras, frames, folder / "preview.mp4")
        except (OSError, RuntimeError) as error:
            raise errors.OutOfSpace(
                f"The preview cannot be written to '{folder}' ({str(error).strip()}); free some space."
            ) from error
        finally:
            for camera in cameras:
                bpy.data.cameras.remove(camera.data)
    return sheet, film


def contact_sheet(scene: bpy.types.Scene, cameras: list[bpy.types.Object], scratch: Path, path: Path) -> Path:
    """``MOMENTS`` moments spread over the shot: both bodies above, both faces below, each with its time."""
    cell = (WIDE[1] + FACE[1] + _GAP, WIDE[0])
    rows = -(-MOMENTS // COLUMNS)
    sheet = np.ones((rows * (cell[0] + _GAP) + _GAP, COLUMNS * (cell[1] + _GAP) + _GAP, 4), np.float32)
    sheet[..., :3] = 0.11
    rate = scene.render.fps / scene.render.fps_base
    length = scene.frame_end - scene.frame_start
    scene.display.render_aa = "5"
    for moment in range(MOMENTS):
        frame = scene.frame_start + round((moment + 0.5) / MOMENTS * length)
        scene.frame_set(frame)
        top = _GAP + (moment // COLUMNS) * (cell[0] + _GAP)
        left = _GAP + (moment % COLUMNS) * (cell[1] + _GAP)
        note = f"{(frame - scene.frame_start) / rate:.1f} s"
        sheet[top : top + WIDE[1], left : left + WIDE[0]] = _still(scene, cameras[0], WIDE, scratch, note)
        for index, camera in enumerate(cameras[1:]):
            x = left + index * FACE[0]
            y = top + WIDE[1] + _GAP
            sheet[y : y + FACE[1], x : x + FACE[0]] = _still(scene, camera, FACE, scratch, "")
    _write_png(sheet, path)
    return path


def render_film(scene: bpy.types.Scene, cameras: list[bpy.types.Object], scratch: Path, path: Path) -> Path:
    """The whole shot with its sound: both bodies, cut to the face of whoever has been talking for a while."""
    rate = scene.render.fps / scene.render.fps_base
    step = max(1, round(rate / FILM_RATE))
    render = scene.render
    scene.display.render_aa = "FXAA"
    render.resolution_x, render.resolution_y = FILM
    compat.set_still_output(render, "JPEG")
    render.image_settings.quality = 92
    render.use_stamp = False
    render.filepath = str(scratch / "film_")
    kept = scene.frame_step
    cuts = _cuts(scene, rate)
    markers = [scene.timeline_markers.new("interact cut", frame=frame) for frame, _ in cuts]
    for marker, (_, shown) in zip(markers, cuts):
        marker.camera = cameras[shown]
    try:
        scene.frame_step = step
        bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        scene.frame_step = kept
        for marker in markers:
            scene.timeline_markers.remove(marker)
    sound = _mixed_sound(scene, scratch / "sound.wav")
    return _encoded(sorted(scratch.glob("film_*")), rate / step, sound, scratch, path)


# ---- pictures
# ---------------------------------------------------------------------------------------------------------


@contextmanager
def _workbench(scene: bpy.types.Scene) -> Iterator[None]:
    """Workbench in the materials' colours, and afterwards all as it was."""
    render, shading = scene.render, scene.display.shading
    kept = {name: getattr(render, name) for name in _KEPT}
    inks = tuple(render.stamp_foreground), tuple(render.stamp_background)
    stamps = {name: getattr(render, f"use_stamp_{name}") for name in _STAMPS}
    camera, frame, smoothing, mode = (
        scene.camera,
        scene.frame_current,
        scene.display.render_aa,
        compat.still_output(render),
    )
    rigs = {thing: thing.hide_render for thing in scene.objects if thing.type in ("ARMATURE", "EMPTY")}
    look = (shading.light, shading.studio_light, shading.color_type)
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
        for name, value in kept.items():
            setattr(render, name, value)
        for name, value in stamps.items():
            setattr(render, f"use_stamp_{name}", value)
        render.stamp_foreground, render.stamp_background = inks
        for thing, hidden in rigs.items():
            thing.hide_render = hidden
        shading.light, shading.studio_light, shading.color_type = look
        scene.camera, scene.display.render_aa = camera, smoothing
        scene.frame_set(frame)


def _still(scene: bpy.types.Scene, camera: bpy.types.Object, size: tuple[int, int], scratch: Path, note: str) -> Pixels:
    """One frame as (height, width, 4) in display colours, top row first."""
    render = scene.render
    scene.camera = camera
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
    partial = path.with_name(path.stem + ".part.png")
    try:
        image.pixels.foreach_set(np.ascontiguousarray(pixels[::-1]).ravel())
        image.file_format = "PNG"
        image.filepath_raw = str(partial)
        image.save()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        bpy.data.images.remove(image)


# ---- cameras
# ----------------------------------------------------------------------------------------------------------


def _cameras(scene: bpy.types.Scene, rigs: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """A wide camera that holds both bodies through the whole shot, and one on each head."""
    wide = _new_camera(scene, "interact wide", 40.0)
    low, high = _reach(scene, rigs)
    middle = (low + high) / 2
    middle.z = 0.47 * high.z
    view = Vector((0.06, -1.0, 0.13)).normalized()
    half = 18.0 / 40.0  # sensor half width by lens
    distance = max((high.x - low.x) / 2 / half, (high.z / 2) / half * WIDE[0] / WIDE[1]) * 1.04 + (high.y - low.y) / 2
    wide.location = middle + view * distance
    wide.rotation_euler = (-view).to_track_quat("-Z", "Y").to_euler()
    return [wide, *(_face_camera(scene, rig) for rig in rigs)]


def _reach(scene: bpy.types.Scene, rigs: list[bpy.types.Object]) -> tuple[Vector, Vector]:
    """The corners of what both bodies pass through, sampled four times a second."""
    points = []
    for frame in range(scene.frame_start, scene.frame_end + 1, max(1, round(scene.render.fps / 4))):
        scene.frame_set(frame)
        for rig in rigs:
            points += [rig.matrix_world @ bone.head for bone in rig.pose.bones] + [
                rig.matrix_world @ bone.tail for bone in rig.pose.bones
            ]
    low = Vector(tuple(min(p[i] for p in points) for i in range(3)))
    high = Vector(tuple(max(p[i] for p in points) for i in range(3)))
    return low - Vector((0.10, 0.0, 0.0)), high + Vector((0.10, 0.0, 0.04))


def _face_camera(scene: bpy.types.Scene, rig: bpy.types.Object) -> bpy.types.Object:
    """Rides on the head bone, a little to the side, framed by the mesh that has the face's shapes."""
    head = next(
        (thing for thing in scene.objects if thing.find_armature() == rig and getattr(thing.data, "shape_keys", None)),
        None,
    )
    bone = next(bone for bone in rig.data.bones if bone.name.split(":")[-1].lower() == "head")
    bottom = rig.matrix_world.inverted() @ head.matrix_world if head else None
    top = max((bottom @ v.co).z for v in head.data.vertices) if head else bone.tail_local.z
    size = (top - bone.head_local.z) * 1.30
    centre = Vector((bone.head_local.x, bone.head_local.y - 0.2 * size, top - 0.52 * size))
    camera = _new_camera(scene, f"interact face of {rig.name}", 85.0)
    place = centre + Vector((0.9, -4.6, 0.1)) * size
    turn = (centre - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    turn.translation = place
    tail = bone.matrix_local.copy()
    tail.translation = bone.tail_local
    camera.data.sensor_fit = "VERTICAL"
    camera.data.sensor_height = 24.0
    camera.parent, camera.parent_type, camera.parent_bone = rig, "BONE", bone.name
    camera.matrix_basis = tail.inverted() @ turn
    return camera


def _new_camera(scene: bpy.types.Scene, name: str, lens: float) -> bpy.types.Object:
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera.data.lens = lens
    camera.data.clip_start = 0.05
    scene.collection.objects.link(camera)
    return camera


# ---- cutting
# ----------------------------------------------------------------------------------------------------------


def _cuts(scene: bpy.types.Scene, rate: float, hold: float = 2.0) -> list[tuple[int, int]]:
    """(frame, camera) of each cut: 0 is the wide camera, 1 and 2 the faces; every view holds for ``hold`` seconds or
    more.
    """
    loud = _loudness(scene)
    cuts = [(scene.frame_start, 0)]
    frame = scene.frame_start + round(hold * rate)
    while frame < scene.frame_end - hold * rate:
        second = round((frame - scene.frame_start) / rate * 4)
        ahead = loud[:, second : second + 8].mean(axis=1)
        talker = int(ahead.argmax()) + 1 if ahead.max() > 1e-3 else 0
        wanted = talker if cuts[-1][1] == 0 else 0
        if wanted != cuts[-1][1]:
            cuts.append((frame, wanted))
        frame += round((hold if wanted else 1.5 * hold) * rate)
    return cuts


def _loudness(scene: bpy.types.Scene) -> NDArray[np.float64]:
    """(2, quarters of a second) mean loudness of each actor's strips over the shot; zeros where a file cannot be read."""
    import aud

    from ..scene.reading import read_speech

    rate = scene.render.fps / scene.render.fps_base
    loud = np.zeros((2, int((scene.frame_end - scene.frame_start) / rate * 4) + 16))
    for row, actor in enumerate(scene.interact.actors):
        for clip in read_speech(scene, actor.name or actor.armature.name):
            try:
                sound = aud.Sound(clip.path)
                wave, per_second = np.abs(sound.data()).mean(axis=1), sound.specs[0]
            except (RuntimeError, aud.error):
                continue
            quarter = int(per_second / 4)
            levels = wave[int(clip.trim_start * per_second) :][: int(clip.duration * per_second)]
            levels = levels[: len(levels) // quarter * quarter].reshape(-1, quarter).mean(axis=1)
            start = max(0, round(clip.start * 4))
            count = min(len(levels), loud.shape[1] - start)
            loud[row, start : start + count] += levels[:count]
    return loud


# ---- sound and film
# ---------------------------------------------------------------------------------------------------


def _mixed_sound(scene: bpy.types.Scene, path: Path) -> Path | None:
    if scene.sequence_editor is None or not any(strip.type == "SOUND" for strip in scene.sequence_editor.strips):
        return None
    with bpy.context.temp_override(scene=scene):
        bpy.ops.sound.mixdown(filepath=str(path), container="WAV", codec="PCM", format="S16", check_existing=False)
    return path if path.is_file() else None


def _encoded(images: list[Path], rate: float, sound: Path | None, scratch: Path, path: Path) -> Path:
    """Pictures and sound as one H.264 film, through a sequencer of its own."""
    cutter = bpy.data.scenes.new("interact film")
    try:
        render = cutter.render
        render.resolution_x, render.resolution_y = FILM
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
        partial = path.with_name(path.stem + ".part.mp4")
        try:
            partial.write_bytes(written.read_bytes())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    finally:
        for strip in list(cutter.sequence_editor.strips):
            cutter.sequence_editor.strips.remove(strip)
        bpy.data.scenes.remove(cutter)
    return path
