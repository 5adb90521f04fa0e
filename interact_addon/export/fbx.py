"""Export of both characters, with body and face motion, in one FBX file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..rig.cast import skinned_meshes
from ..runtime_api import errors, files


def export_fbx(scene: bpy.types.Scene, path: str | Path, armatures: Sequence[bpy.types.Object] = ()) -> Path:
    """Write ``armatures``, or the scene's cast if none are given, their meshes and keys over the frame range.

    The file is written whole or not at all; selection, frame, mode and modifiers stay as they were.
    Raises ``InvalidRequest`` without characters and ``OutOfSpace`` if the file cannot be written.
    """
    path = Path(path)
    chosen = list(armatures) or [actor.armature for actor in scene.interact.actors if actor.armature is not None]
    if not chosen:
        raise errors.InvalidRequest("There is no character to export; cast two armatures first.")
    meshes = [mesh for armature in chosen for mesh in skinned_meshes(armature) if mesh.name in scene.objects]
    objects = list(dict.fromkeys([*chosen, *meshes]))
    try:
        with files.written_whole(path) as partial:
            _try_to_write(partial, path)
            with _object_mode(), _modifiers_off(meshes), _same_frame(scene):
                _write(scene, objects, partial)
    except (RuntimeError, OSError) as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be written ({_reason(error)}); free some space or choose another folder."
        ) from error
    return path


def _write(scene: bpy.types.Scene, objects: list[bpy.types.Object], path: Path) -> None:
    layer = next(
        (layer for layer in scene.view_layers if all(obj.name in layer.objects for obj in objects)),
        scene.view_layers[0],
    )
    if not hasattr(bpy.types, "EXPORT_SCENE_OT_fbx"):
        import addon_utils

        addon_utils.enable("io_scene_fbx")
    with bpy.context.temp_override(
        scene=scene, view_layer=layer, selected_objects=objects, active_object=objects[0], object=objects[0]
    ):
        bpy.ops.export_scene.fbx(
            filepath=str(path),
            check_existing=False,
            use_selection=True,
            object_types={"ARMATURE", "MESH"},
            add_leaf_bones=False,
            use_armature_deform_only=True,
            bake_anim=True,
            bake_anim_use_nla_strips=False,
            bake_anim_use_all_actions=False,
            bake_anim_simplify_factor=0.0,
            use_mesh_modifiers=True,
            mesh_smooth_type="FACE",
            path_mode="AUTO",
        )


def _try_to_write(partial: Path, path: Path) -> None:
    """Write an empty file, to fail before the long work and not after it."""
    try:
        partial.write_bytes(b"")
    except OSError as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be written ({error.strerror}); choose a folder you may write to."
        ) from error


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


@contextmanager
def _modifiers_off(meshes: list[bpy.types.Object]) -> Iterator[None]:
    """Switch off all modifiers but armatures: the exporter drops the shape keys of meshes with others."""
    off = [
        (modifier, modifier.show_viewport, modifier.show_render)
        for mesh in meshes
        if mesh.data.shape_keys is not None
        for modifier in mesh.modifiers
        if modifier.type != "ARMATURE"
    ]
    for modifier, _, _ in off:
        modifier.show_viewport = modifier.show_render = False
    try:
        yield
    finally:
        for modifier, in_view, in_render in off:
            modifier.show_viewport, modifier.show_render = in_view, in_render


@contextmanager
def _same_frame(scene: bpy.types.Scene) -> Iterator[None]:
    frame, part = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=part)


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip() and not line.startswith("Location:")]
    return lines[-1].strip() if lines else type(error).__name__
