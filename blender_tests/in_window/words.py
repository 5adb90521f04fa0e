"""Paste words over a voice and edit one, in a Blender with a window, and write what became of the text strips.

blender --factory-startup --window-geometry 0 0 1600 900 --python words.py -- OUT.json
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from interact_addon import compat
from interact_addon.demo.timeline import ASSETS, default_speech
from interact_addon.operators import word_search
from interact_addon.properties import actor_key
from interact_addon.scene.channels import TRANSCRIPT
from interact_addon.scene.ownership import strips_of
from interact_addon.scene.strips import add_speech

PATIENCE = 240.0  # seconds, on a busy machine


def steps(seen: dict[str, Any]) -> Iterator[float]:
    scene, window = bpy.context.scene, bpy.context.window_manager.windows[0]
    scene.render.fps, scene.frame_end = 30, 760
    for name, actor in zip(("Mia", "Tom"), scene.interact.actors):
        actor.armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
        scene.collection.objects.link(actor.armature)
    voice = add_speech(scene, actor_key(scene.interact.actor_a), default_speech()[0], 1)
    scene.sequence_editor.active_strip = voice
    turns = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
    bpy.context.window_manager.clipboard = " ".join(turn["text"] for turn in turns if turn["actor"] == "A")
    yield 1.0
    with bpy.context.temp_override(window=window):
        bpy.ops.interact.paste_words()
        bpy.ops.ed.undo_push(message="Paste Words")
    seen["pasted"] = texts()
    yield from until(lambda: len(texts()) > 1)
    seen["found"] = texts()
    yield from until(lambda: not word_search.is_searching())
    last = strips()[-1]
    last.text = " ".join(last.text.split()[:-1])  # as the field in the sidebar does
    yield from until(lambda: strips()[-1].get("interact_follows") == strips()[-1].text)
    seen["edited"] = texts()
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo()
    yield 2.0
    seen["undone"] = texts()


def until(is_so: Any) -> Iterator[float]:
    end = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < end:
        yield 0.2


def strips() -> list[Any]:
    scene: Any = bpy.context.scene
    return strips_of(compat.sequencer_scene(scene), actor_key(scene.interact.actor_a), TRANSCRIPT, "TEXT")


def texts() -> list[tuple[str, float, float]]:
    """Return text, first frame and the one after the last of each text strip."""
    return [(one.text, compat.strip_left(one), compat.strip_right(one)) for one in strips()]


if __name__ == "__main__":
    act(steps, sys.argv[-1], longest=4 * PATIENCE)
