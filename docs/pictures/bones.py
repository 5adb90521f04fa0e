"""Set the window up for the picture of the bone table: a rig that is known neither by names nor by shape.

    blender --factory-startup --python docs/pictures/bones.py

Needs a window of 1600 x 900. For the picture, open Cast, press Pick in View and click hips, left upper arm and
left thigh.
"""

import sys
from collections.abc import Iterator
from math import radians
from pathlib import Path

import bpy
from mathutils import Quaternion

UNWANTED = {"OUTLINER", "PROPERTIES", "DOPESHEET_EDITOR", "TIMELINE"}
sys.path.insert(0, str(Path(__file__).parents[2]))
import interact_addon  # noqa: E402
from interact_addon import panels  # noqa: E402
from interact_addon.demo.scene import build_demo_scene  # noqa: E402


def make_lopsided(armature: bpy.types.Object) -> None:
    """Raise one arm and lower the other, and make that the rest pose, which nobody recognises by its symmetry."""
    for bone, degrees in (
        ("mixamorig:LeftArm", -50.0),
        ("mixamorig:LeftForeArm", -35.0),
        ("mixamorig:RightArm", -60.0),
    ):
        posed = armature.pose.bones[bone]
        axes = posed.bone.matrix_local.to_quaternion()
        posed.rotation_mode = "QUATERNION"
        posed.rotation_quaternion = axes.inverted() @ Quaternion((0.0, 1.0, 0.0), radians(degrees)) @ axes
    bpy.context.view_layer.update()
    scene = bpy.context.evaluated_depsgraph_get()
    for thing in list(bpy.data.objects):
        if thing.find_armature() == armature:
            shown = thing.evaluated_get(scene)
            thing.data = bpy.data.meshes.new_from_object(shown, preserve_all_data_layers=True, depsgraph=scene)
            for modifier in [one for one in thing.modifiers if one.type != "ARMATURE"]:
                thing.modifiers.remove(modifier)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.armature_apply()
    bpy.ops.object.mode_set(mode="OBJECT")


def steps() -> Iterator[float]:
    """Arrange the window step by step; yield the seconds that Blender needs to draw after each."""
    for panel in panels.CLASSES:
        panel.bl_options = set() if panel.__name__.startswith("INTERACT_PT_bones") else {"DEFAULT_CLOSED"}
    interact_addon.register()
    scene = bpy.context.scene
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    build_demo_scene(scene)
    armature = scene.interact.actor_a.armature
    armature.rotation_euler = (0.0, 0.0, 0.0)
    make_lopsided(armature)
    for number, bone in enumerate(sorted(armature.data.bones, key=lambda bone: bone.name[::-1])):
        bone.name = f"Bone.{number:03d}"
    armature.show_in_front = True
    armature.data.display_type = "OCTAHEDRAL"
    for thing in scene.objects:
        thing.select_set(thing == armature)
        thing.hide_set(thing != armature and thing.find_armature() != armature)
    window = bpy.context.window_manager.windows[0]
    bpy.context.preferences.view.ui_scale = 0.85
    for _ in range(4):  # closing one leaves the list of areas stale
        area = next((area for area in window.screen.areas if area.type in UNWANTED), None)
        if area is not None:
            with bpy.context.temp_override(window=window, area=area):
                bpy.ops.screen.area_close()
            yield 0.3
    view = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    view.spaces[0].show_region_ui = True
    bpy.context.view_layer.objects.active = armature
    yield 1.0
    sidebar = next(region for region in view.regions if region.type == "UI")
    sidebar.active_panel_category = "InterAct"
    region = next(region for region in view.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=view, region=region):
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield 1.0


bpy.context.preferences.view.show_splash = False
doing = steps()
bpy.app.timers.register(lambda: next(doing, None), first_interval=2.0)
