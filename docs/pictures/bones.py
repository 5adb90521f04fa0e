"""Set the window up for the picture of the bone table: a character without bone names, in Pose Mode, and the panel.

    blender --factory-startup --python docs/pictures/bones.py

Needs a window of 1600 x 900. The picture is of the window after three clicks on bones and Propose Rest.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

UNWANTED = {"OUTLINER", "PROPERTIES", "DOPESHEET_EDITOR", "TIMELINE"}
sys.path.insert(0, str(Path(__file__).parents[2]))
import interact_addon  # noqa: E402
from interact_addon import panels  # noqa: E402
from interact_addon.demo.scene import build_demo_scene  # noqa: E402


def steps() -> Iterator[float]:
    """Arrange the window step by step; yield the seconds that Blender needs to draw after each."""
    for panel in panels.CLASSES:
        panel.bl_options = panel.bl_options - {"DEFAULT_CLOSED"} if "_bones" in panel.__name__ else {"DEFAULT_CLOSED"}
    interact_addon.register()
    scene = bpy.context.scene
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    build_demo_scene(scene)
    armature = scene.interact.actor_a.armature
    for number, bone in enumerate(sorted(armature.data.bones, key=lambda bone: bone.name[::-1])):
        bone.name = f"Bone.{number:03d}"
    armature.rotation_euler = (0.0, 0.0, 0.0)
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
