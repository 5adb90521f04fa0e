"""Walk through the add-on with mouse and keys in a Blender with a window, and write what it has after each step.

blender --factory-startup --enable-event-simulate --python walk.py -- OUT.json interact_addon-….zip

The zip is installed first, so Blender should have a user folder of its own (BLENDER_USER_RESOURCES).
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from blender_tests.in_window.demo_scene import until_arranged
from blender_tests.in_window.hands import Hands, area_of, found_soon, region_of, until, window

GENERATED_WITHIN = 600.0  # seconds, on a busy machine
_SCRUBBED = 1.0  # seconds; meanwhile what has changed is looked for
_RULER = 10  # pixels from the top of the sequencer to the middle of its ruler


def steps(seen: dict[str, Any], folder: Path) -> Iterator[float | str]:
    """Fill ``seen``; yield the seconds to wait, or the name of a picture of this step. The file is put into
    ``folder``.
    """
    hands = Hands()
    yield from _open_the_demo(hands)
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    seen["opened"], seen["package"] = state(), package()
    yield from _generate(hands, seen)
    yield from _label(hands, seen)
    yield from _only_what_changed(hands, seen)
    yield from _regenerate(hands, seen)
    yield from _switch_takes(hands, seen)
    yield from _cancel(hands, seen)
    yield from _save_and_reopen(hands, seen)


def _open_the_demo(hands: Hands) -> Iterator[float | str]:
    """Shift A, and the last entry."""
    yield from hands.key("A", hands.centre(area_of("VIEW_3D")), shift=True)
    yield from hands.key("UP_ARROW")
    yield from hands.key("RET")
    yield from until_arranged(window())


def _generate(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    yield from hands.press("interact.generate(")
    yield from until(lambda: is_generating() and job().progress.fraction > 0.3, GENERATED_WITHIN)
    yield "generating.webp"
    yield from _until_done()
    seen["generated"] = state()


def _label(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    """Click at 14 seconds in the ruler, open *Labels*, press *Walk* of the first actor."""
    clicks, seconds = hands.clicks, hands.seconds
    yield from hands.hold(_in_sequencer(1 + 14 * window().scene.render.fps), _SCRUBBED)
    seen["frame"] = window().scene.frame_current
    yield from hands.unfold("interact.set_up_timeline", "interact.labels.seconds")
    yield from hands.press("label_range(label='walk', actor='0')", 0.6)
    seen["clicks_of_a_label"], seen["seconds_of_a_label"] = hands.clicks - clicks, hands.seconds - seconds
    yield from until(_is_change_known, 60.0)
    yield 1.0  # and drawn
    seen["labelled"] = state()
    yield "labels.webp"


def _only_what_changed(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    old = shown()
    yield from found_soon(lambda: hands.press("interact.generate(only_changed=True)", 0.3))
    yield from until(is_generating, 5.0)
    yield from _until_done()
    seen["changed"] = state()
    seen["changed_differs"] = [differing_frames(a, b) for a, b in zip(old, shown())]
    yield from hands.find("interact.next_take(step=-1)", 0.83)  # the list is on screen then
    yield "only_what_changed.webp"


def _regenerate(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    """Drag the frames of the walk with P, open *Regenerate a Stretch* and press its button; undo, redo, keep."""
    first, last = _walk_in_the_middle()
    yield from hands.key("P", _in_sequencer(first, 40))
    yield from hands.drag(_in_sequencer(first, 40), _in_sequencer(last, 70))
    scene = window().scene
    seen["range"] = [scene.frame_preview_start, scene.frame_preview_end] if scene.use_preview_range else None
    yield from hands.unfold("interact.generate(", "interact.regenerate.frames_from")
    old = shown()
    yield from hands.press("ops.interact.regenerate(")
    yield from until(is_generating, 5.0)
    yield from _until_done()
    seen["regenerated"] = state()
    seen["regenerated_differs"] = [differing_frames(a, b) for a, b in zip(old, shown())]
    yield "regenerate_stretch.webp"
    yield from hands.key("Z", hands.centre(area_of("VIEW_3D")), ctrl=True)
    yield 1.0
    seen["undone"] = state()
    yield from hands.key("Z", ctrl=True, shift=True)
    yield 1.0
    seen["redone"] = state()
    yield from hands.press("interact.keep_stretch", 0.3)
    seen["kept"] = state()


def _switch_takes(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    yield from hands.press("interact.next_take(step=-1)", 0.83)
    seen["take_before"] = state()
    yield "takes.webp"
    yield from hands.press("interact.next_take(step=1)", 0.83)
    seen["take_after"] = state()


def _cancel(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    """Press *Final*, which takes long enough, *Generate*, and the cross at the right end of what is in its place."""
    yield from hands.press("interact.quality", 0.83)
    button = yield from hands.find("interact.generate(", 0.4)
    yield from hands.click(button)
    yield from until(lambda: is_generating() and job().progress.fraction > 0.02, GENERATED_WITHIN)
    cross = yield from hands.find_at("interact.cancel", (hands.across(0.83), button[1]))
    seen["was_generating"] = is_generating()
    yield from hands.move(cross)
    pressed = time.monotonic()
    yield from hands.click(cross)
    yield from until(lambda: not is_generating(), 30.0)
    seen["seconds_to_cancel"] = time.monotonic() - pressed
    yield 0.5
    seen["cancelled"] = state()


def _save_and_reopen(hands: Hands, seen: dict[str, Any]) -> Iterator[float | str]:
    yield from hands.key("S", hands.centre(area_of("VIEW_3D")), ctrl=True)
    seen["saved"] = not bpy.data.is_dirty
    path = bpy.data.filepath
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.read_homefile(app_template="")
    yield 1.0
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.open_mainfile(filepath=path)
    yield 3.0
    seen["reopened"] = state()
    yield from until(lambda: _known_change() is not None, 60.0)
    seen["changes known"] = str(_known_change())


def state() -> dict[str, Any]:
    """Return what a person would call the state of the shot: takes with all of their keys, what plays, strips."""
    scene = window().scene
    strips = scene.sequence_editor.strips if scene.sequence_editor is not None else ()
    return {
        "actions": {action.name: _digest(action) for action in bpy.data.actions},
        "shown": [action.name if action is not None else None for action in shown()],
        "strips": sorted([strip.name.strip(), strip.channel, *_ends(strip)] for strip in strips),
    }


def shown() -> list[bpy.types.Action | None]:
    """Return the actions that both actors play."""
    armatures = [actor.armature for actor in window().scene.interact.actors]
    return [one.animation_data.action if one.animation_data is not None else None for one in armatures]


def differing_frames(old: bpy.types.Action, new: bpy.types.Action) -> list[int]:
    """Return the first and the last frame of the shot at which two actions differ in any bit; empty without any."""
    if old == new:
        return []
    scene = window().scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    before, after = _curves(old), _curves(new)
    assert before.keys() == after.keys()
    different = [
        frame
        for frame in frames
        if any(before[which].evaluate(frame) != after[which].evaluate(frame) for which in before)
    ]
    return [different[0], different[-1]] if different else []


def package() -> str:
    """Return the name of the add-on's package: another one for an extension than for a repository."""
    module = str(bpy.types.Operator.bl_rna_get_subclass_py("INTERACT_OT_generate").__module__)
    return module.rpartition(".operators")[0]


def job() -> Any:
    """Return what is being generated."""
    return importlib.import_module(f"{package()}.worker_client.generation").current


def is_generating() -> bool:
    return job() is not None


def _is_change_known() -> bool:
    """Return whether the panel knows what was changed since the take, and offers to make that alone."""
    changed = _known_change()
    return changed is not None and changed.stretch is not None


def _known_change() -> Any:
    return importlib.import_module(f"{package()}.operators.changes").known_change(window().scene)


def _until_done() -> Iterator[float]:
    yield from until(lambda: not is_generating(), GENERATED_WITHIN)
    yield 1.0
    yield from until(is_at_rest, 120.0)
    yield 1.0  # and drawn


def is_at_rest() -> bool:
    """Return whether all that the add-on reads between redraws is read: what has changed, and the take's ways."""
    reading = (("operators.problems", "_search_at_rest"), ("overlay.drawing", "_read"))
    timers = [getattr(importlib.import_module(f"{package()}.{module}"), name) for module, name in reading]
    return not any(map(bpy.app.timers.is_registered, timers))


def _in_sequencer(frame: float, below: int = _RULER) -> tuple[int, int]:
    """Return the place of a frame, ``below`` pixels under the top of the sequencer's strips."""
    region = region_of(area_of("SEQUENCE_EDITOR"), "WINDOW")
    return region.x + region.view2d.view_to_region(frame, 0.0, clip=False)[0], region.y + region.height - below


def _walk_in_the_middle() -> tuple[int, int]:
    walks = [s for s in window().scene.sequence_editor.strips if s.name.strip().startswith("walk")]
    return next(_ends(strip) for strip in walks if 300 < _ends(strip)[0] < 500)


def _ends(strip: Any) -> tuple[int, int]:
    end = strip.right_handle if bpy.app.version >= (5, 2, 0) else strip.frame_final_end
    start = strip.left_handle if bpy.app.version >= (5, 2, 0) else strip.frame_final_start
    return int(start), int(end)


def _curves(action: bpy.types.Action) -> dict[tuple[str, str, int], bpy.types.FCurve]:
    return {
        (bag.slot.identifier, curve.data_path, curve.array_index): curve
        for layer in action.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    }


def _digest(action: bpy.types.Action) -> str:
    """Return a sum over all keys of an action, bit for bit."""
    digest = hashlib.sha256()
    for which, curve in sorted(_curves(action).items()):
        digest.update(repr(which).encode())
        for part in ("co", "handle_left", "handle_right"):
            values = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get(part, values)
            digest.update(values.tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    out, zipped = sys.argv[-2:]
    bpy.ops.extensions.package_install_files(filepath=zipped, repo="user_default", enable_on_install=True)
    act(lambda seen: steps(seen, Path(out).parent), out, longest=2300.0, register=False)
