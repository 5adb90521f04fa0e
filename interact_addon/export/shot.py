"""Export of a shot: the two characters, and nothing else, as files of one format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..formats import PRESETS, Settings
from ..rig.timing import frames_per_second
from ..scene.motion_file import motion_of, save_motion
from .bake import Motion, Part, bake, in_other_axes
from .bvh import bvh_text
from .character import Character, characters_of
from .deform_bones import free_name
from .exporters import named_failures
from .fbx import write_fbx
from .gltf import write_gltf
from .live_link import live_link_text
from .losses import losses_of
from .sampling import Seen, look
from .stage import staged
from .usd import write_usd
from .whole import all_written

Y_UP = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])  # from Z up, facing -Y to Y up, facing Z
_Ready = tuple[Character, Seen, Motion]


@dataclass(frozen=True)
class Exported:
    """The files of an export, and what they could not hold, in sentences."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def export_shot(
    scene: bpy.types.Scene, path: str | Path, settings: Settings, armatures: Sequence[bpy.types.Object] = ()
) -> Exported:
    """Write what is seen of ``armatures``, or of the scene's cast if none are given, over the scene's frame range.

    Where every actor gets a file of its own, it is named for it: ``shot_Anna.fbx``. The files are written all and whole
    or not at all; the scene stays as it was. Raises ``InvalidRequest`` without characters, ``OutOfSpace`` where a file
    cannot be written, ``ExportFailed`` where Blender's exporter fails.
    """
    characters = characters_of(scene, armatures)
    groups = [[one] for one in characters] if settings.files_each else [characters]
    paths = _paths(Path(path), settings, groups)
    with all_written(paths) as partial, _object_mode():
        if settings.format in ("npz", "live_link"):
            for group, beside, final in zip(groups, partial, paths):
                with named_failures(final):
                    _write_numbers(scene, group, beside, settings)
            return Exported(tuple(paths))
        every = [one for group in groups for one in group]
        seen = look(scene, every, range(scene.frame_start, scene.frame_end + 1), settings.bend)
        motions = [bake(one, what, _carrier(one, settings)) for one, what in zip(every, seen)]
        ready = iter(zip(every, seen, motions))
        for group, beside, final in zip(groups, partial, paths):
            with named_failures(final):
                _write_skeletons(scene, [next(ready) for _ in group], beside, final.stem, settings)
    return Exported(tuple(paths), losses_of(every, settings))


def export_fbx(scene: bpy.types.Scene, path: str | Path, armatures: Sequence[bpy.types.Object] = ()) -> Path:
    """Write one plain FBX of both characters; see ``export_shot``."""
    return export_shot(scene, path, Settings(), armatures).files[0]


def _paths(path: Path, settings: Settings, groups: Sequence[Sequence[Character]]) -> list[Path]:
    """Return one path a group, named for its actor where it has one of its own."""
    if not settings.files_each:
        return [path.with_suffix(settings.suffix)]
    names: list[str] = []
    for group in groups:
        names.append(free_name(bpy.path.clean_name(group[0].name), names))
    return [path.with_name(f"{path.stem}_{name}{settings.suffix}") for name in names]


def _carrier(character: Character, settings: Settings) -> str:
    """Return the bone whose way over the ground goes to the root bone, "" for none. Raises ``RigNotRecognised``."""
    return character.cast().rig.root if settings.root_motion else ""


def _write_numbers(scene: bpy.types.Scene, group: Sequence[Character], path: Path, settings: Settings) -> None:
    """Write a format of plain numbers."""
    if settings.format == "npz":
        cast = [character.cast() for character in group]
        save_motion(motion_of(scene, cast, scene.frame_start, scene.frame_end), path)
    else:
        path.write_text(live_link_text(scene, group[0].cast(), settings.rate), "ascii", newline="")


def _write_skeletons(
    scene: bpy.types.Scene, group: Sequence[_Ready], path: Path, name: str, settings: Settings
) -> None:
    """Write a format of skeletons, and of meshes where it has any."""
    if settings.format == "bvh":
        fps = frames_per_second(scene)
        path.write_text(bvh_text(in_other_axes(group[0][2], Y_UP, 100.0), fps), "utf-8", newline="")
        return
    preset = PRESETS[settings.preset if settings.format == "fbx" else "plain"]
    turn = Y_UP if preset.y_up else np.eye(3)
    parts = [
        Part(character, seen, in_other_axes(motion, turn, preset.units), preset.armature if len(group) == 1 else "")
        for character, seen, motion in group
    ]
    with staged(scene, parts, name) as stage:
        if settings.format == "fbx":
            write_fbx(stage, path, settings)
        elif settings.format == "gltf":
            write_gltf(stage, path, settings)
        else:
            write_usd(stage, path)
    if not path.is_file() or not path.stat().st_size:
        raise RuntimeError("it left no file")


@contextmanager
def _object_mode() -> Iterator[None]:
    active = bpy.context.view_layer.objects.active  # not context.object: a command without a window has none
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    try:
        yield
    finally:
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)
