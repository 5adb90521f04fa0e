"""USD by Blender's exporter: UsdSkel skeletons and blend shapes, Z up, in metres."""

from __future__ import annotations

from pathlib import Path

import bpy

from .exporters import built_in


def write_usd(stage: bpy.types.Scene, path: Path) -> None:
    """Write everything on ``stage``, with a time code a frame."""
    built_in("usd_export", "USD")
    objects = list(stage.objects)
    with bpy.context.temp_override(selected_objects=objects, active_object=objects[0], object=objects[0]):
        bpy.ops.wm.usd_export(
            filepath=str(path),
            check_existing=False,
            selected_objects_only=False,
            export_animation=True,
            export_armatures=True,
            only_deform_bones=False,
            export_shapekeys=True,
            export_textures_mode="KEEP",
            convert_world_material=False,
            evaluation_mode="VIEWPORT",
        )
