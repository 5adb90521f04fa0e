"""FBX by Blender's exporter."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..formats import PRESETS, Settings
from .exporters import add_on


def write_fbx(stage: bpy.types.Scene, path: Path, settings: Settings) -> None:
    """Write everything on ``stage`` over its frame range."""
    add_on("io_scene_fbx")
    preset = PRESETS[settings.preset]
    stage.unit_settings.scale_length = 1.0 / preset.units
    objects = list(stage.objects)
    with bpy.context.temp_override(selected_objects=objects, active_object=objects[0], object=objects[0]):
        bpy.ops.export_scene.fbx(
            filepath=str(path),
            check_existing=False,
            use_selection=True,
            object_types={"ARMATURE", "MESH"},
            apply_scale_options=preset.scale_options,
            add_leaf_bones=False,
            use_armature_deform_only=False,  # the stage has no other bones, and the root bone must stay
            bake_anim=True,
            bake_anim_use_nla_strips=False,
            bake_anim_use_all_actions=False,
            bake_anim_force_startend_keying=True,
            bake_anim_simplify_factor=0.0,
            use_mesh_modifiers=True,
            mesh_smooth_type="FACE",
            path_mode="AUTO",
        )
