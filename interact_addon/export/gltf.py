"""glTF by Blender's exporter, as one ``.glb``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from ..formats import Settings
from .exporters import add_on


def write_gltf(stage: bpy.types.Scene, path: Path, settings: Settings) -> None:
    """Write everything on ``stage``; one animation holds bodies and faces of all, and starts at 0 s.

    Four bones move a vertex, as all readers of glTF expect, or eight where bendy bones are baked.
    """
    add_on("io_scene_gltf2")
    # Blender 4.5 to 5.2 time a glTF by fps times fps_base where it should divide: at 29.97 it ran ahead of the voices.
    stage.render.fps_base = 1.0 / stage.render.fps_base
    objects = list(stage.objects)
    with (
        _window_kept(stage),
        bpy.context.temp_override(selected_objects=objects, active_object=objects[0], object=objects[0]),
    ):
        bpy.ops.export_scene.gltf(
            filepath=str(path),
            check_existing=False,
            export_format="GLB",
            use_active_scene=True,
            export_yup=True,
            export_apply=False,  # it would drop the shape keys; the stage has no modifiers but armatures
            export_animations=True,
            export_animation_mode="SCENE",
            export_anim_scene_split_object=False,
            export_frame_range=True,
            export_anim_slide_to_zero=True,
            export_negative_frame="SLIDE",
            export_force_sampling=True,
            export_optimize_animation_size=False,
            export_current_frame=False,
            export_rest_position_armature=True,
            export_def_bones=False,
            export_skins=True,
            export_influence_nb=8 if settings.bend else 4,
            export_morph=True,
            export_morph_animation=True,
            export_morph_reset_sk_data=False,
        )


@contextmanager
def _window_kept(stage: bpy.types.Scene) -> Iterator[None]:
    """Show the user's scene again, with what was posed by hand: the exporter shows the stage in the window.

    Showing a scene applies its keys, and so would undo poses and shapes that are not keyed yet.
    """
    window: Any = bpy.context.window
    shown = window.scene
    poses = [obj.pose for obj in bpy.data.objects if obj.pose is not None and stage not in obj.users_scene]
    bones = [(bone, bone.matrix_basis.copy()) for pose in poses for bone in pose.bones]
    own = {obj.data.shape_keys for obj in stage.objects if obj.type == "MESH"}
    shapes = [(block, block.value) for keys in bpy.data.shape_keys if keys not in own for block in keys.key_blocks]
    try:
        yield
    finally:
        window.scene = shown
        for bone, basis in bones:
            if bone.matrix_basis != basis:
                bone.matrix_basis = basis
        for block, value in shapes:
            if block.value != value:
                block.value = value
