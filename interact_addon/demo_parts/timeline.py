"""The demo's script in the sequencer: a speech strip and action strips for each actor."""

from __future__ import annotations

import json
import math
from pathlib import Path

import bpy

from .. import compat

ASSETS = Path(__file__).resolve().parent.parent / "assets"
TAIL = 0.5  # seconds after the last word
# Linear strip colours of the labels.
COLOURS = {"sit": (0.20, 0.42, 0.75), "walk": (0.80, 0.46, 0.12), "stand": (0.30, 0.60, 0.30)}
# What each actor does, in shares of the shot; written for the dialogue that ships with the add-on.
ACTIONS = {
    "A": (("walk", 0.0, 0.10), ("stand", 0.10, 1.0)),
    "B": (("stand", 0.0, 0.13), ("sit", 0.13, 0.82), ("walk", 0.82, 0.93), ("stand", 0.93, 1.0)),
}


def default_speech() -> tuple[Path, Path]:
    """The two tracks that ship with the add-on: as long as each other, silent where the other speaks."""
    found = [sorted(ASSETS.glob(f"demo_{letter}.*")) for letter in "ab"]
    for letter, files in zip("ab", found):
        if not files:
            raise FileNotFoundError(f"The demo's voice 'assets/demo_{letter}' is missing; install the add-on again.")
    return found[0][0], found[1][0]


def default_turns() -> list[dict[str, object]]:
    """Who says what when in the shipped dialogue: actor, start, end (s), text."""
    return json.loads((ASSETS / "demo_dialogue.json").read_text(encoding="utf-8"))["turns"]


def build_timeline(scene: bpy.types.Scene, names: tuple[str, str], speech: tuple[Path, Path]) -> float:
    """Fill the sequencer for actors ``names`` and set the frame range; returns the shot's length in seconds.

    Raises ``RuntimeError`` (Blender's own sentence) where a sound cannot be opened.
    """
    editor = scene.sequence_editor_create()
    first = 1
    fps = scene.render.fps / scene.render.fps_base
    last = 0.0
    base = max((strip.channel for strip in editor.strips), default=0)
    for index, (name, path) in enumerate(zip(names, speech)):
        channel = base + 1 + 2 * index
        editor.channels[channel].name = f"{name} Speech"
        editor.channels[channel + 1].name = f"{name} Actions"
        strip = editor.strips.new_sound(path.stem, str(path), channel, first)
        strip.show_waveform = True
        last = max(last, compat.strip_right(strip) - first)
    frames = math.ceil(last + TAIL * fps)
    for index, (name, letter) in enumerate(zip(names, "AB")):
        for label, start, end in ACTIONS[letter]:
            a, b = first + round(start * frames), first + round(end * frames)
            if b > a:
                strip = compat.new_color_strip(editor, label, base + 2 + 2 * index, a, b)
                strip.color = COLOURS[label]
                strip.name = label
    scene.frame_start, scene.frame_end = first, first + frames
    scene.frame_set(first)
    scene.sync_mode = "AUDIO_SYNC"
    return frames / fps
