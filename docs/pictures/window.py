"""Take the pictures of one script in `docs/pictures/window/`, inside of a Blender with a window.

    blender --factory-startup --window-geometry 0 0 1600 900 --python docs/pictures/window.py -- first_steps.py

`python3 build.py screenshots` calls this for every script. A script has a function `steps()`, which arranges the window
and yields: a number is the seconds that Blender needs to draw, a string the name of a picture to take for
`docs/images`. A script that says `INSTALLS = True` installs the extension itself; for others that of this repository is
enabled. Further words of the command are a program that writes what is on screen to the file it is given, for software
OpenGL, which gives Blender's own pictures black.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

import interact_addon  # noqa: E402 - after its folder is on the path
from interact_addon.compat import end_process  # noqa: E402

_QUALITY = 80  # per cent; letters of a panel are clear, and a picture has some 60 kB


def take(name: str, grab: list[str]) -> None:
    """Write what is on screen to `docs/images/<name>`, a PNG or, which is smaller, a WebP; raise ``RuntimeError`` where
    the picture is black.
    """
    wanted = REPOSITORY / "docs" / "images" / name
    path = wanted.with_suffix(".png")
    if grab:
        subprocess.run([*grab, str(path)], check=True)
    else:
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.screen.screenshot(filepath=str(path))
    image = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    colours = pixels.reshape(-1, image.channels)
    if colours[:, :3].max() == 0.0:
        path.unlink()
        raise RuntimeError("The picture is black, as with software OpenGL; name a program that takes it with --grab")
    if path != wanted:
        coloured = bpy.data.images.new(name, *image.size)  # a picture of nothing but greys has one channel, WebP three
        coloured.pixels.foreach_set(
            np.insert(np.broadcast_to(colours[:, :3], (len(colours), 3)), 3, 1.0, axis=1).ravel()
        )
        coloured.file_format = "WEBP"
        coloured.save(filepath=str(wanted), quality=_QUALITY)
        bpy.data.images.remove(coloured)
        path.unlink()
    bpy.data.images.remove(image)
    print(f"Wrote {wanted}", flush=True)


def run(steps: Iterator[float | str], grab: list[str]) -> float | None:
    """Go on with ``steps`` until the next pause; end Blender after the last."""
    try:
        for step in steps:
            if not isinstance(step, str):
                return step
            take(step, grab)
    except Exception:
        traceback.print_exc()
        end_process(1)
    end_process(0)


def main(script: str, *grab: str) -> None:
    spec = importlib.util.spec_from_file_location("pictures", Path(__file__).with_suffix("") / script)
    assert spec is not None and spec.loader is not None
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    bpy.context.preferences.view.show_splash = False
    if not getattr(pictures, "INSTALLS", False):
        interact_addon.register()
    steps = pictures.steps()
    bpy.app.timers.register(lambda: run(steps, list(grab)), first_interval=2.0, persistent=True)


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1 :])
