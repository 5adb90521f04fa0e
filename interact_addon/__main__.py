"""``python -m interact_addon``: the add-on without a window, with Blender as a Python module (bpy)."""

import sys

import bpy  # noqa: F401 - first, so that Blender's own start-up comes before ours

from . import register
from .batch import main

register()
sys.exit(main(sys.argv[1:]))
