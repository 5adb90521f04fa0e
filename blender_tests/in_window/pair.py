"""From a file with two characters and two sound files to a moving pair, with mouse and keys: write what it takes.

blender --factory-startup --enable-event-simulate --window-geometry 0 0 1600 900 --python pair.py -- OUT.json
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from blender_tests.in_window.acting import act
from blender_tests.in_window.hands import Hands, Place, Trial, area_of, region_of, until, window
from blender_tests.in_window.walk import is_generating, shown
from interact_addon.demo import timeline
from interact_addon.demo.scene import build_demo_scene

GENERATED_WITHIN = 600.0  # seconds, on a busy machine
_VOICES = ("mia.ogg", "tom.ogg")
_CHECK = 25  # pixels from a tab to the next place where it is looked for, and from row to row of a list of files


def steps(seen: dict[str, Any], folder: Path) -> Iterator[float | str]:
    """Fill ``seen``; yield the seconds to wait. The file and the voices are put
    into ``folder``.
    """
    yield from open_file(folder)
    hands = Hands()
    yield from hands.key("N", hands.centre(area_of("VIEW_3D")))
    yield from _open_tab(hands)
    yield from hands.key("A", hands.centre(area_of("VIEW_3D")))
    yield from hands.press("interact.cast_selected")
    seen["cast"] = [actor.armature.name for actor in window().scene.interact.actors if actor.armature is not None]
    for number, name in enumerate(_VOICES):
        yield from _add_speech(hands, number, name)
    yield from hands.press("interact.set_up_timeline")
    yield from hands.press("interact.generate(")
    seen["clicks"], seen["keys"], seen["seconds_of_hands"] = hands.clicks, hands.keys, hands.seconds
    yield from until(is_generating, 10.0)
    yield from until(lambda: not is_generating(), GENERATED_WITHIN)
    yield 1.0
    seen["shown"] = [action.name for action in shown() if action is not None]
    scene = window().scene
    seen["frames"] = [scene.frame_start, scene.frame_end]


def open_file(folder: Path) -> Iterator[float]:
    """Save a file with the demo's characters alone and their voices beside it, and open that."""
    scene = window().scene
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    first, second = build_demo_scene(scene)
    scene.sequence_editor_clear()
    for actor in scene.interact.actors:
        actor.armature = actor.seat = None
        actor.name = ""
    kept = {thing for character in (first, second) for thing in (character.rig, character.body, character.head)}
    for thing in set(bpy.data.objects) - kept:
        bpy.data.objects.remove(thing)
    scene.frame_start, scene.frame_end = 1, 250
    for name, voice in zip(_VOICES, timeline.default_speech()):
        shutil.copyfile(voice, folder / name)
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"  # events reach the first window alone
    path = str(folder / "two_characters.blend")
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.save_as_mainfile(filepath=path)
    yield 1.0
    with bpy.context.temp_override(window=window()):
        bpy.ops.wm.open_mainfile(filepath=path)
    yield 3.0


def _open_tab(hands: Hands) -> Iterator[float]:
    """Click the InterAct tab at the sidebar's right edge."""
    side = region_of(area_of("VIEW_3D"), "UI")
    right, top = side.x + side.width - 10, side.y + side.height
    yield from hands.try_out([(right, top - down) for down in range(_CHECK, 400, _CHECK)], _is_our_tab)


def _is_our_tab() -> Trial:
    yield 0.1
    return bool(region_of(area_of("VIEW_3D"), "UI").active_panel_category == "InterAct")


def _add_speech(hands: Hands, actor: int, name: str) -> Iterator[float]:
    """Press the actor's *Add Speech*, click the file that lies beside the .blend and press Return."""
    strips = _count_of_strips()
    yield from hands.press(f"interact.add_speech(actor='{actor}'", 0.75)
    yield from until(lambda: any(area.type == "FILE_BROWSER" for area in window().screen.areas), 10.0)
    yield 2.0

    def is_chosen() -> Trial:
        yield 0.1
        return bool(area_of("FILE_BROWSER").spaces.active.params.filename == name)

    yield from hands.try_out(_rows_of_files(), is_chosen)
    yield from hands.key("RET")
    yield from until(lambda: _count_of_strips() > strips, 10.0)
    yield 1.0


def _rows_of_files() -> list[Place]:
    region = region_of(area_of("FILE_BROWSER"), "WINDOW")
    return [(region.x + 150, region.y + region.height - down) for down in range(_CHECK // 2, 250, _CHECK // 2)]


def _count_of_strips() -> int:
    editor = window().scene.sequence_editor
    return 0 if editor is None else len(editor.strips)


if __name__ == "__main__":
    act(lambda seen: steps(seen, Path(sys.argv[-1]).parent), sys.argv[-1], longest=2300.0)
