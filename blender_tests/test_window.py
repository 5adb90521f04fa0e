"""What a user sees in a real window: scripts in `in_window/` act in a Blender with a screen and write what they saw.

The program is the one that the variable INTERACT_BLENDER_PROGRAM names, or `blender` on the path.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interact_addon import packaging

LONGEST = 2400.0  # seconds of one script, on a busy machine with software OpenGL

pytestmark = [pytest.mark.gui, pytest.mark.timeout(LONGEST + 60.0)]

SCRIPTS = Path(__file__).parent / "in_window"
GERMAN = r"""
msgid "Cast"
msgstr "Besetzung"

msgctxt "Operator"
msgid "Generate"
msgstr "Erzeugen"

msgid "Mend what keeps the result from being seen, in one step of undo"
msgstr "Behebt, was das Ergebnis verbirgt; mit einem Schritt zurück zu nehmen"

msgid "Reset Time Stretching"
msgstr "Zeit nicht mehr strecken"

msgid "{first} and {second}"
msgstr "{first} und {second}"

msgid ""
"{names} would not move with their voices: Time Stretching of the scene '{scene}' plays {old} "
"frames of keys in {new}; make both numbers equal."
msgstr "Szene '{scene}': {old} Bilder dauern {new}, und {names} liefen an der Stimme vorbei; beide gleich setzen."
"""


@pytest.fixture(scope="module")
def program() -> str:
    found = os.environ.get("INTERACT_BLENDER_PROGRAM") or shutil.which("blender")
    if found is None:
        pytest.skip("needs a Blender program: on the path, or named by INTERACT_BLENDER_PROGRAM")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        pytest.skip("needs a screen, such as that of Xvfb")
    return found


def seen_by(
    program: str, script: str, folder: Path, *options: str, words: tuple[str, ...] = (), longest: float = 300.0
) -> dict[str, Any]:
    """Let a script act in a window and return what it saw; ``words``: further ones of its command."""
    out = folder / "seen.json"
    window = () if "-b" in options else ("--window-geometry", "0", "0", "1600", "900")  # a file's name for one without
    command = (program, "--factory-startup", *window, *options, "--python", str(SCRIPTS / script), "--", str(out))
    with_runtime = {
        **os.environ,
        "INTERACT_PYTHON": os.environ.get("INTERACT_PYTHON", sys.executable),
        "BLENDER_USER_RESOURCES": str(folder / "user"),  # nobody's extensions and settings, and none are left behind
    }
    subprocess.run((*command, *words), check=True, timeout=longest, env=with_runtime)
    seen: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return seen


@pytest.fixture(scope="module")
def demo(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is on screen after *Add > InterAct Demo Scene*, an undo and a redo, and a second demo scene."""
    return seen_by(program, "demo_scene.py", tmp_path_factory.mktemp("window"))


@pytest.fixture(scope="module")
def generated(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happens when a person plays, presses Esc, undoes, drags and cancels while it generates."""
    return seen_by(program, "generating.py", tmp_path_factory.mktemp("window"), "--enable-event-simulate")


@pytest.fixture(scope="module")
def walk(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a person has after each step of a walk with mouse and keys, from the zip to a file that is opened again."""
    folder = tmp_path_factory.mktemp("walk")
    zipped = packaging.package(folder)
    options = {"words": (str(zipped),), "longest": LONGEST}
    return seen_by(program, "walk.py", folder, "--enable-event-simulate", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def checked(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Seconds of checks in a window, and milliseconds of what each part of the overlay adds to a redraw."""
    return seen_by(program, "checking.py", tmp_path_factory.mktemp("checked"), longest=LONGEST)


@pytest.fixture(scope="module")
def long_timeline(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Milliseconds of what the add-on draws over five minutes with 300 strips."""
    return seen_by(program, "long_timeline.py", tmp_path_factory.mktemp("long"), longest=LONGEST)


@pytest.fixture(scope="module")
def pair(program: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it takes from an opened file with two characters and two sound files to a moving pair."""
    folder = tmp_path_factory.mktemp("pair")
    return seen_by(program, "pair.py", folder, "--enable-event-simulate", longest=LONGEST)


def test_the_demo_opens_through_the_camera_with_our_tab_and_the_script_below(demo: dict[str, Any]) -> None:
    assert demo["areas"] == ["VIEW_3D", "SEQUENCE_EDITOR", "TIMELINE"]
    assert demo["perspective"] == "CAMERA"
    assert demo["lines"] == [False, False, False]
    assert demo["new_workspaces"] == 1


def test_the_sequencer_shows_the_scene_of_the_sidebar(demo: dict[str, Any]) -> None:
    assert demo["scene"] == demo["in_sequencer"] == "InterAct Demo"
    assert demo["in_sequencer_of_the_second"] == "InterAct Demo.001"


def test_one_undo_takes_the_demo_back_and_redo_shows_its_strips_again(demo: dict[str, Any]) -> None:
    assert demo["after_undo"] == "Scene"
    assert demo["after_redo"] == demo["in_sequencer_after_redo"] == "InterAct Demo"


def test_a_second_demo_opens_no_second_workspace(demo: dict[str, Any]) -> None:
    assert demo["workspaces_of_the_second"] == 1


def test_strips_look_like_their_names_after_a_label_a_name_a_copy_and_an_undo(program: str, tmp_path: Path) -> None:
    seen = seen_by(program, "labels.py", tmp_path)
    stand, walk, sit = ["stand", "stand"], ["walk", "walk"], ["sit", "sit"]
    assert seen["labelled"] == seen["undone"] == [stand, walk, stand], "a name that a script sets is in no undo step"
    assert seen["renamed"] == [stand, sit, stand]
    assert sorted(seen["copied"]) == [sit, sit, stand, stand]
    assert seen["out_of_view"] and seen["in_view"] == ["TEXT", True, True], "what a button adds is seen"


def test_esc_stops_playback_and_not_the_generation(generated: dict[str, Any]) -> None:
    assert generated["played"] and generated["esc_stopped_playback"]
    assert generated["takes"] == ["Mia Take 1", "Tom Take 1"]


def test_one_undo_takes_a_generation_back(generated: dict[str, Any]) -> None:
    assert generated["after_undo"] == []


def test_a_take_that_is_done_waits_for_the_tool_in_use(generated: dict[str, Any]) -> None:
    assert generated["waited_for_the_tool"] and generated["after_the_tool"] == ["Mia Take 1", "Tom Take 1"]


def test_a_cancelled_generation_adds_no_take(generated: dict[str, Any]) -> None:
    assert generated["after_cancel"] == generated["after_the_tool"]


def test_the_installed_zip_generates_at_the_press_of_its_button(walk: dict[str, Any]) -> None:
    assert walk["opened"]["actions"] == {} and walk["package"].startswith("bl_ext.")
    assert walk["generated"]["shown"] == ["Mia Take 1", "Tom Take 1"]


def test_the_mouse_may_be_held_in_the_ruler_while_changes_are_looked_for(walk: dict[str, Any]) -> None:
    assert walk["frame"] == 421


def test_three_clicks_make_two_seconds_of_stand_a_walk(walk: dict[str, Any]) -> None:
    assert walk["clicks_of_a_label"] == 3
    before, after = ({tuple(strip) for strip in walk[step]["strips"]} for step in ("generated", "labelled"))
    assert before - after == {("stand", 2, 77, 757)}
    assert after - before == {("stand", 2, 77, 421), ("walk", 2, 421, 481), ("stand", 2, 481, 757)}


def test_only_what_changed_makes_a_take_that_differs_a_second_around_the_walk(walk: dict[str, Any]) -> None:
    assert walk["changed"]["shown"] == ["Mia Take 2", "Tom Take 2"]
    assert walk["changed_differs"] == [[421 - 30, 480 + 31]] * 2


def test_a_range_dragged_in_the_sequencer_is_regenerated_for_one_actor_and_nothing_else_differs(
    walk: dict[str, Any],
) -> None:
    assert walk["range"] == [421, 480]
    assert walk["regenerated"]["shown"] == ["Mia Take 3", "Tom Take 2"]
    assert walk["regenerated_differs"] == [[421, 480], []]


def test_the_takes_before_keep_every_key(walk: dict[str, Any]) -> None:
    for earlier, later in itertools.pairwise(walk[step]["actions"] for step in ("generated", "changed", "kept")):
        assert earlier.items() <= later.items()


def test_ctrl_z_takes_a_stretch_back_and_shift_ctrl_z_brings_it_again(walk: dict[str, Any]) -> None:
    assert walk["undone"] == walk["changed"]
    assert walk["redone"] == walk["regenerated"]


def test_the_arrows_beside_the_list_switch_takes_and_change_no_key(walk: dict[str, Any]) -> None:
    assert walk["take_before"]["shown"] == ["Mia Take 2", "Tom Take 2"]
    assert walk["take_after"] == walk["kept"]


def test_the_cross_cancels_within_two_seconds_and_changes_nothing(walk: dict[str, Any]) -> None:
    assert walk["was_generating"]
    assert walk["seconds_to_cancel"] <= 2.0
    assert walk["cancelled"] == walk["kept"]


def test_a_file_that_is_saved_and_opened_again_has_all_of_it(walk: dict[str, Any]) -> None:
    assert walk["saved"] and walk["reopened"] == walk["kept"]
    assert walk["changes known"].startswith("Nothing was changed"), "the panel knows it after reopening, too"


def test_labels_and_reports_come_in_the_language_of_the_interface(program: str, tmp_path: Path) -> None:
    (tmp_path / "de_DE.po").write_text(GERMAN, "utf-8")
    seen = seen_by(program, "translations.py", tmp_path, "-b", words=(str(tmp_path),))
    assert seen["panel"] == "Besetzung" and seen["button"] == "Erzeugen"
    assert seen["tooltip"].startswith("Behebt")
    assert seen["problem"].startswith("Szene 'Scene': 100 Bilder dauern 50, und 'Mia' und 'Tom'")
    assert seen["mending"] == "Zeit nicht mehr strecken"
    assert seen["problem"] in seen["report"], "the report of an operator that failed"


def test_eight_clicks_and_twenty_seconds_of_hands_make_two_characters_perform_two_sound_files(
    pair: dict[str, Any],
) -> None:
    assert len(pair["cast"]) == len(pair["shown"]) == 2
    assert pair["frames"][1] > 25 * 24
    assert pair["clicks"] <= 8
    assert pair["seconds_of_hands"] <= 20.0


@pytest.mark.slow
def test_a_panel_with_three_hundred_strips_is_drawn_within_two_milliseconds(long_timeline: dict[str, Any]) -> None:
    assert long_timeline["strips"] == 300 and long_timeline["events"] > 100
    assert len(long_timeline["panels"]) >= 2 * 19
    assert max(long_timeline["panels"].values()) <= 2.0, long_timeline["panels"]


@pytest.mark.slow
def test_overlays_take_four_milliseconds_of_a_redraw_while_somebody_scrubs(long_timeline: dict[str, Any]) -> None:
    assert long_timeline["share"]["usual"] <= 4.0, long_timeline["parts"]


def test_with_all_of_its_buttons_off_the_overlay_of_a_check_adds_next_to_nothing(checked: dict[str, Any]) -> None:
    assert checked["overlay_off"] < 0.1 * checked["overlay_all"]
    assert {"from_curves", "as_evaluated", "of_dense_bodies"} <= set(checked), "each check came to its end"


def test_pasted_words_are_put_where_they_are_spoken_and_edited_ones_again(program: str, tmp_path: Path) -> None:
    seen = seen_by(program, "words.py", tmp_path, longest=LONGEST)
    (whole,) = seen["pasted"]
    found = seen["found"]
    assert len(found) >= 3 and " ".join(text for text, _, _ in found) == whole[0]
    assert all(first[2] <= second[1] for first, second in itertools.pairwise(found))
    edited = seen["edited"][-1]
    assert edited[0] == " ".join(found[-1][0].split()[:-1]) and edited[2] < found[-1][2], "it ends with its last word"
    assert seen["undone"][-1][1:] == found[-1][1:], "one step back, and it is not moved again by itself"
