"""Show the interface in German, with translations from a file, and write what a user reads.

blender -b --factory-startup --python translations.py -- OUT.json FOLDER_OF_PO_FILES
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from interact_addon import messages, register
from interact_addon.demo.scene import build_demo_scene
from interact_addon.operators.problems import find_all
from interact_addon.panels.sidebar import in_our_language

out, folder = sys.argv[sys.argv.index("--") + 1 :]
messages.TRANSLATIONS = Path(folder)
register()
view = bpy.context.preferences.view
view.language = "de_DE"
view.use_translate_interface = view.use_translate_tooltips = view.use_translate_reports = True

scene = bpy.context.scene
build_demo_scene(scene)
scene.render.frame_map_new = 50
problem = next(problem for problem in find_all(scene) if problem.blocks)
seen = {
    "panel": bpy.app.translations.pgettext_iface(bpy.types.INTERACT_PT_cast.bl_label),
    "button": bpy.app.translations.pgettext_iface(bpy.types.INTERACT_OT_generate.bl_label, "Operator"),
    "tooltip": bpy.app.translations.pgettext_tip(bpy.types.INTERACT_OT_mend.__doc__),
    "problem": in_our_language(problem.sentence),
    "mending": in_our_language(problem.fix),
}
try:
    bpy.ops.interact.generate()
except RuntimeError as error:
    seen["report"] = str(error)
Path(out).write_text(json.dumps(seen), "utf-8")
sys.stdout.flush()
os._exit(0)
