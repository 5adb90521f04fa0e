"""Set the window up for the picture of the InterAct tab, and take it if a file is named.

    blender --factory-startup out/demo/demo.blend --python docs/pictures/panel.py -- docs/images/panel.png

Needs a window of 1600 x 900. Without a file in the command the demo scene is built; without a picture the window stays,
to be taken by other means (software OpenGL gives Blender's own screenshots black).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

UNWANTED = {"OUTLINER", "PROPERTIES", "DOPESHEET_EDITOR", "TIMELINE"}
sys.path.insert(0, str(Path(__file__).parents[2]))
import interact_addon  # noqa: E402
from interact_addon.demo.scene import build_demo_scene  # noqa: E402


def steps(picture: Path | None) -> Iterator[float]:
    """Arrange the window step by step; yield the seconds that Blender needs to draw after each."""
    interact_addon.register()
    scene = bpy.context.scene
    if not bpy.data.filepath:
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        build_demo_scene(scene)
    scene.frame_set(290)
    window = bpy.context.window_manager.windows[0]
    bpy.context.preferences.view.ui_scale = 0.66
    for _ in range(4):  # closing one leaves the list of areas stale
        area = next((area for area in window.screen.areas if area.type in UNWANTED), None)
        if area is not None:
            with bpy.context.temp_override(window=window, area=area):
                bpy.ops.screen.area_close()
            yield 0.3
    view = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=view):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.22)
    yield 1.0
    strips = min((area for area in window.screen.areas if area.type == "VIEW_3D"), key=lambda area: area.height)
    strips.type, strips.ui_type = "SEQUENCE_EDITOR", "SEQUENCE_EDITOR"
    strips.spaces[0].view_type = "SEQUENCER"
    if hasattr(window.workspace, "sequencer_scene"):  # Blender 5
        window.workspace.sequencer_scene = scene
    yield 1.0
    view = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    view.spaces[0].region_3d.view_perspective = "CAMERA"
    view.spaces[0].shading.type = "MATERIAL"
    view.spaces[0].overlay.show_overlays = False
    view.spaces[0].show_region_ui = True
    yield 1.0
    sidebar = next(region for region in view.regions if region.type == "UI")
    sidebar.active_panel_category = "InterAct"
    lines = next(region for region in strips.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=strips, region=lines):
        bpy.ops.sequencer.view_all()
    yield 6.0
    if picture is not None:
        with bpy.context.temp_override(window=window):
            bpy.ops.screen.screenshot(filepath=str(picture))
        bpy.ops.wm.quit_blender()


bpy.context.preferences.view.show_splash = False
named = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
doing = steps(Path(named[0]).absolute() if named else None)
bpy.app.timers.register(lambda: next(doing, None), first_interval=2.0)
