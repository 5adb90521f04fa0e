"""Scrub through five minutes with 300 strips in a Blender with a window, and write what our share of a redraw is.

blender --factory-startup --window-geometry 0 0 1600 900 --python long_timeline.py -- OUT.json

Milliseconds are of processor time of the main thread where they are ours, so that other work on the machine counts for
little, and of the clock where they are of a whole redraw.
"""

from __future__ import annotations

import functools
import itertools
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import area_of, region_of, until, window
from interact_addon import compat, panels
from interact_addon.demo import timeline
from interact_addon.operators import check, labels, problems, stepping
from interact_addon.overlay import check_drawing, drawing, event_band, label_band, voice_words
from interact_addon.properties import actor_key
from interact_addon.rig.keying import TAKE_NUMBER
from interact_addon.runtime_api import contract
from interact_addon.scene import pair, settling
from interact_addon.scene.strips import add_action, add_speech
from interact_addon.takes import library
from interact_addon.takes.record import RECORD
from interact_addon.worker_client import generation

SECONDS, STRIPS, TAKES = 300, 300, 20
_SPOKEN, _OF_PAIR = 60, 30  # strips: voices, and labels, of each actor; interactions, and prompts, of both
_FRAMES, _ROUNDS = 12, 4  # redraws of each kind in a row; how often with and without
_MS = 1000.0

_spent: defaultdict[str, list[float]] = defaultdict(list)  # ms of each call, by what was called


def steps(seen: dict[str, Any]) -> Iterator[float]:
    put_clocks_on_classes()
    yield from add_demo(window())
    yield from until_arranged(window())
    scene = window().scene
    fill(scene)
    seen["strips"] = len(scene.sequence_editor.strips)
    _fit_sequencer(scene)
    yield 3.0
    with bpy.context.temp_override(window=window()):
        bpy.ops.interact.generate("INVOKE_DEFAULT")
    yield from until(lambda: generation.current is None, 1500.0)
    seen["shown"] = [actor.armature.animation_data.action.name for actor in scene.interact.actors]
    yield 3.0
    with bpy.context.temp_override(window=window()):
        bpy.ops.interact.check("INVOKE_DEFAULT")
    yield from until(lambda: stepping.progress() is None, 600.0)
    seen["events"] = len(scene.interact.check.events)
    add_takes(scene, TAKES)
    seen["takes"] = len(library.takes_in(scene))
    for strip in scene.sequence_editor.strips:
        strip.select = strip.type != "SOUND"
    yield from measure_panels(scene, seen)
    yield from _measure_scrubbing(scene, seen)


def fill(scene: bpy.types.Scene) -> None:
    """Give the demo's actors voices and labels for five minutes, and something to do to each other."""
    rate = scene.render.fps
    frames = SECONDS * rate // _SPOKEN
    voice, _ = timeline.default_speech()
    scene.sequence_editor_clear()
    scene.frame_end = scene.frame_start + SECONDS * rate
    for number, actor in enumerate(scene.interact.actors):
        for place in range(_SPOKEN):
            start = scene.frame_start + place * frames
            strip = add_speech(scene, actor_key(actor), voice, start)
            compat.set_strip_right(strip, start + frames)
            add_action(scene, actor_key(actor), ("stand", "walk")[place % 4 == number], start, start + frames)
    category = itertools.cycle(contract.INTERACTIONS)
    for place in range(_OF_PAIR):
        start = scene.frame_start + 2 * place * frames
        who = scene.interact.actors[place % 2].identity
        pair.add_interaction(scene, next(category), who, start, start + frames)
        pair.add_prompt(scene, "Both just talk about the weather", who, start + frames, start + 2 * frames)


def add_takes(scene: bpy.types.Scene, count: int) -> None:
    """Copy the take that is shown until there are ``count``, as generating as often would leave them."""
    shown = [action for action in library.shown(scene) if action is not None]
    for number in range(len(library.takes_in(scene)) + 1, count + 1):
        for action in shown:
            copy = action.copy()
            copy.name, copy.use_fake_user, copy[TAKE_NUMBER] = f"{action.name} copy {number}", True, number
            record = json.loads(copy[RECORD])
            copy[RECORD] = json.dumps({**record, "take": number, "performance": f"//copies/{number}.npz"})


def measure_panels(scene: bpy.types.Scene, seen: dict[str, Any]) -> Iterator[float]:
    """Draw every panel in both editors, with an interaction, a label and a voice as the active strip."""
    area_of("SEQUENCE_EDITOR").spaces.active.show_region_ui = True
    yield 1.0
    region_of(area_of("SEQUENCE_EDITOR"), "UI").active_panel_category = "InterAct"
    yield 3.0
    _spent.clear()
    kinds = {strip.type: strip for strip in scene.sequence_editor.strips}
    for strip in (*kinds.values(), next(one for one in scene.sequence_editor.strips if one.name.startswith("walk"))):
        scene.sequence_editor.active_strip = strip
        yield 1.0
        for _ in range(_FRAMES):
            for area in window().screen.areas:
                area.tag_redraw()
            yield 0.05
    seen["panels"] = {name: statistics.median(spent) for name, spent in _spent.items() if "_PT_" in name}
    seen["lists"] = {name: sum(spent) for name, spent in _spent.items() if "_UL_" in name}
    area_of("SEQUENCE_EDITOR").spaces.active.show_region_ui = False
    yield 2.0


def _measure_scrubbing(scene: bpy.types.Scene, seen: dict[str, Any]) -> Iterator[float]:
    """Go from frame to frame without our overlays, with those that are on at first, and with all of them."""
    before = {name: getattr(owner, name) for owner, name in _switches(scene)}
    ways: dict[str, Callable[[str], bool]] = {
        "none": lambda name: False,
        "usual": lambda name: before[name],
        "all": lambda name: name != "heat",
    }
    redraws: defaultdict[str, list[float]] = defaultdict(list)
    shares: defaultdict[str, list[float]] = defaultdict(list)
    parts: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for number in range(_ROUNDS):
        for way, is_on in ways.items():
            for owner, name in _switches(scene):
                setattr(owner, name, is_on(name))
            yield 3.0  # what is read between redraws is read
            for place in range(_FRAMES):
                _spent.clear()
                frame = scene.frame_start + (place * 677 + number * 131) % (scene.frame_end - scene.frame_start)
                begun = time.perf_counter()
                with bpy.context.temp_override(window=window()):
                    scene.frame_set(frame)
                    bpy.ops.wm.redraw_timer(type="DRAW_WIN", iterations=1)
                redraws[way].append(_MS * (time.perf_counter() - begun))
                shares[way].append(sum(map(sum, _spent.values())))
                for name, spent in _spent.items():
                    parts[way][name] = max(parts[way].get(name, 0.0), sum(spent))
                yield 0.05
    seen["redraw"] = {way: statistics.median(found) for way, found in redraws.items()}
    seen["share"] = {way: statistics.median(found) for way, found in shares.items()}
    seen["parts"] = {way: dict(sorted(found.items(), key=lambda one: -one[1])) for way, found in parts.items()}
    seen["longest"] = {name: max(found) for name, found in _steps.items()}


def _switches(scene: bpy.types.Scene) -> list[tuple[Any, str]]:
    ours = scene.interact
    return [
        *((ours.overlay, name) for name in ("plan", "trails", "ghosts")),
        *((ours.labels, name) for name in ("show_band", "show_words")),
        *((ours.check, name) for name in ("capsules", "points", "heat", "graph", "band")),
    ]


def _fit_sequencer(scene: bpy.types.Scene) -> None:
    area = area_of("SEQUENCE_EDITOR")
    with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
        bpy.ops.sequencer.view_all()


# ---- clocks, put around what Blender calls of the add-on -------------------------------------------------------------

_steps: defaultdict[str, list[float]] = defaultdict(list)  # ms of each step between redraws


def timed(name: str, function: Callable[..., Any], spent: defaultdict[str, list[float]] = _spent) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        begun = time.thread_time()
        try:
            return function(*arguments, **named)
        finally:
            spent[name].append(_MS * (time.thread_time() - begun))

    return call


def put_clocks_on_classes() -> None:
    """Measure panels and lists, once they are registered: Blender counts the arguments of what it calls."""
    for cls in panels.CLASSES:
        cls.draw = _panel(timed(cls.__name__, cls.draw))
    for cls in panels.MENUS:
        if issubclass(cls, bpy.types.UIList):
            cls.draw_item = _item(timed(cls.__name__, cls.draw_item))
            cls.filter_items = _filter(timed(cls.__name__, cls.filter_items))


def _panel(draw: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, context: draw(self, context)


def _item(draw: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, context, layout, data, item, icon, active, prop, index, flag: draw(
        self, context, layout, data, item, icon, active, prop, index, flag
    )


def _filter(items: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, context, data, prop: items(self, context, data, prop)


def put_clocks() -> None:
    """Open all panels, and measure what is drawn over editors, what is called after a change, and steps of timers."""
    for cls in panels.CLASSES:
        cls.bl_options = set(cls.bl_options) - {"DEFAULT_CLOSED"}
    for module, *names in (
        (drawing, "_draw", "scene_changed"),
        (check_drawing, "_draw_bodies", "_draw_graph", "scene_changed"),
        (event_band, "_draw"),
        (label_band, "_draw"),
        (voice_words, "_draw", "scene_changed"),
        (problems, "scene_changed"),
        (labels, "strips_changed"),
        (check, "scene_changed"),
        (settling, "settle_changed"),
    ):
        for name in names:
            setattr(module, name, timed(f"{module.__name__.rpartition('.')[2]}.{name}", getattr(module, name)))
    for module, *names in (
        (drawing, "_read", "_read_poses"),
        (voice_words, "_read"),
        (problems, "_search_at_rest"),
        (labels, "_follow"),
    ):
        for name in names:
            setattr(module, name, timed(f"{module.__name__.rpartition('.')[2]}.{name}", getattr(module, name), _steps))


if __name__ == "__main__":
    put_clocks()
    act(steps, sys.argv[-1], longest=2300.0)
