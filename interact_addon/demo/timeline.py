"""The demo's script in the sequencer: a speech strip and action strips for each actor."""

from __future__ import annotations

import math
from pathlib import Path

import bpy

from .. import compat
from ..scene.channels import ACTIONS as ACTION_CHANNEL
from ..scene.channels import SPEECH
from ..scene.ownership import ensure_channel
from ..scene.pair import add_interaction
from ..scene.reading import frames_per_second
from ..scene.strips import add_action, add_speech

ASSETS = Path(__file__).resolve().parent.parent / "assets"
TAIL = 1.8  # seconds after the last word, in which he bows
# What each actor does, in shares of the shot; written for the dialogue that ships with the add-on: she comes to him and
# shakes his hand, he is asked to sit, and at his last words gets up, walks off and takes a bow.
ACTIONS = (
    (("walk", 0.0, 0.095), ("stand", 0.095, 1.0)),
    (("stand", 0.0, 0.235), ("sit", 0.235, 0.77), ("walk", 0.77, 0.875), ("stand", 0.875, 1.0)),
)
# What the two do to each other: who acts, and when; in shots that have the time for it.
INTERACTIONS = ((0, "handshake", 0.097, 0.235), (1, "bend", 0.88, 1.0))
SHORTEST_WITH_INTERACTIONS = 20.0  # seconds


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


def add_interactions(scene: bpy.types.Scene) -> None:
    """Add what the two do to each other, for actors that are cast; a short shot has no time for it."""
    frames = scene.frame_end - scene.frame_start
    if frames < SHORTEST_WITH_INTERACTIONS * frames_per_second(scene):
        return
    for number, category, start, end in INTERACTIONS:
        left, right = (scene.frame_start + round(share * frames) for share in (start, end))
        who = scene.interact.actors[number].identity  # type: ignore[attr-defined]
        add_interaction(scene, category, who, left, right).select = False
