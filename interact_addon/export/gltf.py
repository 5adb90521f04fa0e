"""glTF by Blender's exporter, as one ``.glb``."""

from __future__ import annotations

from pathlib import Path

import bpy

from .exporters import add_on


def write_gltf(stage: bpy.types.Scene, path: Path) -> None:
    """Write everything on ``stage``; one animation holds bodies and faces of all, and starts at 0 s."""
    add_on("io_scene_gltf2")
    objects = list(stage.objects)
    with bpy.context.temp_override(selected_objects=objects, active_object=objects[0], object=objects[0]):
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
            export_morph=True,
            export_morph_animation=True,
            export_morph_reset_sk_data=False,
        )
