"""Mix a scene down in a Blender of its own: ``blender --background --python mixdown.py -- FILE.blend OUT.wav ...``.

Blender runs this file as a script, without the add-on around it. It is for versions that mix down in a thread, and so
return before anything is mixed (``compat.mixes_in_a_thread``). A second mix would not begin, and Blender would end
when the scene is removed under the thread; here there is one mix, and nothing is removed.
"""

from __future__ import annotations

import struct
import sys
import time
from pathlib import Path

import bpy

_LONGEST_WAIT = 240.0  # seconds
_AFTERWARDS = 0.2  # seconds in which the thread puts away what it used


def wait_until_whole(path: Path) -> None:
    """Wait until a WAV says that it is as long as it is: its header is completed last. Raises ``RuntimeError``."""
    started = time.monotonic()
    while not (path.is_file() and path.stat().st_size == _promised(path)):
        if time.monotonic() - started > _LONGEST_WAIT:
            raise RuntimeError("Blender has not mixed the sound")
        time.sleep(0.02)
    time.sleep(_AFTERWARDS)


def _promised(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(8)
    return int(struct.unpack("<4xI", head)[0]) + 8 if len(head) == 8 else -1


def main(blend: str, out: str, channels: str, rate: str, accuracy: str) -> None:
    """Mix the only scene of a file to a WAV of 32 bit float, over its frame range."""
    with bpy.data.libraries.load(blend) as (_, here):
        here.scenes = ["interact sound"]
    scene = next(scene for scene in here.scenes if scene is not None)
    with bpy.context.temp_override(scene=scene, sequencer_scene=scene, view_layer=scene.view_layers[0]):
        bpy.ops.sound.mixdown(
            filepath=out,
            check_existing=False,
            relative_path=False,
            accuracy=int(accuracy),
            container="WAV",
            codec="PCM",
            format="F32",
            channels=channels,
            mixrate=int(rate),
        )
    wait_until_whole(Path(out))


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1 :])
