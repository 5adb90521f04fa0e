"""``python -m interact_addon``: the add-on without a window, with Blender as a Python module (bpy)."""

import sys

import bpy  # noqa: F401 - first, so that Blender's own start-up comes before ours

from . import register, unregister
from .batch import main
from .compat import end_process

register()
try:
    code = main(sys.argv[1:])
finally:
    unregister()  # Blender 4.5's module crashes at its end where classes are left behind
end_process(code)
