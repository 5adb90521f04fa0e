"""Five minutes with 300 strips: what is drawn at every redraw costs next to nothing, and each step of reading is short.

Calls of functions are counted, since seconds say nothing on a busy machine: ten thousand calls take about 1 ms.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from interact_addon import panels
from interact_addon.check import events
from interact_addon.operators import problems
from interact_addon.overlay import event_band, label_band
from interact_addon.properties import actor_key
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import strips
from interact_addon.scene.request import build_request_in_steps
from interact_addon.scene.shot import MIXING, read_shot

from .rigs import counted_calls, make_rig
from .test_bad_input import write_wave

STRIPS = 300


class Layout:
    """Takes everything that a panel draws."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: (Layout(), None) if name == "panel" else Layout()


@pytest.fixture
def long_scene(addon: None, tmp_path: Path) -> bpy.types.Scene:
    """Anna and Ben with 75 voices and 75 actions each, over five minutes."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 300 * 30
    voice = write_wave(tmp_path / "voice.wav", 3.0)
    for actor, rig in zip(scene.interact.actors, (make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben"))):
        actor.armature = rig
        for number in range(STRIPS // 4):
            start = 1 + 119 * number
            strips.add_speech(scene, actor_key(actor), voice, start)
            strips.add_action(scene, actor_key(actor), ("stand", "walk")[number % 2], start, start + 119)
    scene.interact.actor_b.armature.location.x = 1.5
    assert len(scene.sequence_editor.strips) == STRIPS
    bpy.context.view_layer.update()
    return scene


class Context:
    """The context of a sidebar: an area, which a Blender without a window lacks, and all else as it is."""

    area = SimpleNamespace(type="VIEW_3D")

    def __getattr__(self, name: str) -> Any:
        return getattr(bpy.context, name)


def draw_all() -> None:
    """Draw every panel of the tab, as Blender does."""
    context = Context()
    for cls in panels.CLASSES:
        if cls.bl_space_type == "VIEW_3D" and (not hasattr(cls, "poll") or cls.poll(context)):
            drawn = type(cls.__name__, (cls.__mro__[1],), {"layout": Layout()})
            cls.draw(drawn(), context)


def test_drawing_all_panels_is_a_matter_of_two_milliseconds(long_scene: bpy.types.Scene) -> None:
    problems.search(long_scene)
    draw_all()
    with counted_calls() as calls:
        draw_all()
    assert calls[0] < 15_000


def test_a_list_of_eight_hundred_events_and_its_band_are_read_once(long_scene: bpy.types.Scene) -> None:
    check = long_scene.interact.check
    for number in range(800):
        event = check.events.add()
        event.kind, event.start, event.end = ("penetration", "contact")[number % 2], number, number + 5
        event.who = long_scene.interact.actor_a.identity
    events.forget()
    drawn = SimpleNamespace(filter_name="", bitflag_filter_item=1)

    def draw() -> None:
        panels.INTERACT_UL_events.filter_items(drawn, bpy.context, check, "events")  # type: ignore[arg-type]
        event_band.bars_of(long_scene, 0.0, 1000.0, 1600)
        label_band.blocks_of(long_scene, 0.0, 9000.0, 1600)

    draw()
    with counted_calls() as calls:
        draw()
    assert calls[0] < 15_000
    check.shown, check.order = "contact", "time"
    shown, places = panels.INTERACT_UL_events.filter_items(drawn, bpy.context, check, "events")  # type: ignore[arg-type]
    assert shown == [0, 1] * 400 and places[1:6:2] == [0, 1, 2] and sorted(places) == list(range(800))
    assert len(event_band.bars_of(long_scene, 0.0, 1000.0, 1600)) == 400
    check.events.remove(1)
    assert len(event_band.bars_of(long_scene, 0.0, 1000.0, 1600)) == 399


def test_voices_are_counted_again_after_a_change(long_scene: bpy.types.Scene) -> None:
    assert problems.count_of_voices(long_scene) == [75, 75]
    with counted_calls() as calls:
        assert problems.count_of_voices(long_scene) == [75, 75]
    assert calls[0] < 100
    long_scene.frame_end = 60
    assert problems.count_of_voices(long_scene) == [1, 1]
    next(strip for strip in long_scene.sequence_editor.strips if strip.type == "SOUND").mute = True
    bpy.context.view_layer.update()
    assert problems.count_of_voices(long_scene) == [0, 1]


def test_no_step_of_reading_a_shot_is_much_work(long_scene: bpy.types.Scene) -> None:
    reading = read_shot(lambda: bpy.context.scene, in_window=True)  # up to where other Blenders mix the voices
    steps = calls_of_steps(reading)
    reading.close()
    silent = {"Anna": None, "Ben": None}
    steps += calls_of_steps(build_request_in_steps(lambda: bpy.context.scene, mixed=silent))
    assert len(steps) > 20 and max(steps) < 150_000, steps


def calls_of_steps(doing: Generator[object, None, object]) -> list[int]:
    """Return how many functions each step calls, until there is none left or something else is waited for."""
    steps, said = list[int](), object()
    while said not in (MIXING, "the end"):
        with counted_calls() as calls:
            said = next(doing, "the end")
        steps.append(calls[0])
    return steps
