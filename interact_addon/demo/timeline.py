"""The demo's script in the sequencer: a speech strip and action strips for each actor."""

from __future__ import annotations

import math
from pathlib import Path

import bpy

from .. import compat
from ..scene.channels import ACTIONS as ACTION_CHANNEL
from ..scene.channels import SPEECH
from ..scene.ownership import ensure_channel
from ..scene.reading import frames_per_second
from ..scene.strips import add_action, add_speech

ASSETS = Path(__file__).resolve().parent.parent / "assets"
TAIL = 0.5  # seconds after the last word
# What each actor does, in shares of the shot; written for the dialogue that ships with the add-on: she comes to him,
# he is asked to sit, and at his last words gets up and walks off to take a bow.
ACTIONS = (
    (("walk", 0.0, 0.10), ("stand", 0.10, 1.0)),
    (("stand", 0.0, 0.13), ("sit", 0.13, 0.82), ("walk", 0.82, 0.93), ("stand", 0.93, 1.0)),
)


def default_speech() -> tuple[Path, Path]:
    """Return the two tracks that ship with the add-on, equally long, each silent where the other speaks."""
    return ASSETS / "demo_a.ogg", ASSETS / "demo_b.ogg"


def check_speech(path: Path) -> None:
    """Raise ``SpeechFileMissing`` or ``SpeechFileBroken`` before anything is built."""
    bench = bpy.data.scenes.new("interact sound")
    try:
        sound = add_speech(bench, "any", path, 1).sound
        bench.sequence_editor_clear()
        if not sound.users:  # Blender gives two strips of one file the same sound
            bpy.data.sounds.remove(sound)
    finally:
        compat.remove_scene(bench)


def build_timeline(scene: bpy.types.Scene, names: tuple[str, str], speech: tuple[Path, Path]) -> None:
    """Fill the sequencer for actors ``names`` and set the frame range: the longer voice and ``TAIL`` more.

    The voices are packed, so that the .blend may travel.
    """
    first = 1
    rate = frames_per_second(scene)
    for name in names:
        ensure_channel(scene, name, SPEECH)
        ensure_channel(scene, name, ACTION_CHANNEL)
    strips = [add_speech(scene, name, path, first) for name, path in zip(names, speech)]
    frames = math.ceil(max(compat.strip_right(strip) for strip in strips) - first + TAIL * rate)
    for name, strip in zip(names, strips):
        strip.name, strip.show_waveform = name, True
        strip.sound.pack()
    for name, actions in zip(names, ACTIONS):
        for label, start, end in actions:
            left, right = first + round(start * frames), first + round(end * frames)
            if right > left:
                add_action(scene, name, label, left, right)
    for strip in scene.sequence_editor.strips:
        strip.select = False
    scene.frame_start, scene.frame_end = first, first + frames
    scene.frame_set(first)
    scene.sync_mode = "AUDIO_SYNC"
