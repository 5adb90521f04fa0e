"""Takes the picture of the InterAct tab: ``blender --factory-startup --python docs/pictures/panel.py -- docs/images/panel.png``.

Needs a window. The demo scene fills the 3D view, its strips the sequencer below; Blender ends when the picture is taken.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

SIDEBAR = 360  # pixels
sys.path.insert(0, str(Path(__file__).parents[2]))
import interact_addon  # noqa: E402
from interact_addon.demo import build_demo_scene  # noqa: E402


def steps(picture: Path) -> Iterator[float]:
    """What is done, with the seconds that Blender needs to draw after each."""
    interact_addon.register()
    scene = bpy.context.scene
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    build_demo_scene(scene)
    scene.frame_set(60)
    window = bpy.context.window_manager.windows[0]
    view = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    below = next(area for area in window.screen.areas if area.type in {"DOPESHEET_EDITOR", "TIMELINE"})
    with bpy.context.temp_override(window=window, area=view):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.25)
    yield 1.0
    strips = min((area for area in window.screen.areas if area.type == "VIEW_3D"), key=lambda area: area.height)
    strips.type, strips.ui_type = "SEQUENCE_EDITOR", "SEQUENCE_EDITOR"
    strips.spaces[0].view_type = "SEQUENCER"
    if hasattr(window.workspace, "sequencer_scene"):  # Blender 5
        window.workspace.sequencer_scene = scene
    below.type = "INFO"
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
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=2)
        bpy.ops.screen.screenshot(filepath=str(picture))
    yield 8.0
    bpy.ops.wm.quit_blender()


bpy.context.preferences.view.show_splash = False
doing = steps(Path(sys.argv[sys.argv.index("--") + 1]).absolute())
bpy.app.timers.register(lambda: next(doing, None), first_interval=2.0)
