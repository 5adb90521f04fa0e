"""What a user sees in a real window: scripts in `in_window/` act in a Blender with a screen and write what they saw.

The program is the one that the variable INTERACT_BLENDER_PROGRAM names, or `blender` on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.gui

SCRIPTS = Path(__file__).parent / "in_window"


@pytest.fixture(scope="module")
def program() -> str:
    found = os.environ.get("INTERACT_BLENDER_PROGRAM") or shutil.which("blender")
    if found is None:
        pytest.skip("needs a Blender program: on the path, or named by INTERACT_BLENDER_PROGRAM")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        pytest.skip("needs a screen, such as that of Xvfb")
    return found


def seen_by(program: str, script: str, folder: Path, *options: str) -> dict[str, Any]:
    """Let a script act in a window and return what it saw."""
    out = folder / "seen.json"
    window = ("--factory-startup", "--window-geometry", "0", "0", "1600", "900", *options)
    command = (program, *window, "--python", str(SCRIPTS / script), "--", str(out))
    with_runtime = {**os.environ, "INTERACT_PYTHON": os.environ.get("INTERACT_PYTHON", sys.executable)}
    subprocess.run(command, check=True, timeout=300, env=with_runtime)
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


def test_esc_stops_playback_and_not_the_generation(generated: dict[str, Any]) -> None:
    assert generated["played"] and generated["esc_stopped_playback"]
    assert generated["takes"] == ["Mia Take 1", "Tom Take 1"]


def test_one_undo_takes_a_generation_back(generated: dict[str, Any]) -> None:
    assert generated["after_undo"] == []


def test_a_take_that_is_done_waits_for_the_tool_in_use(generated: dict[str, Any]) -> None:
    assert generated["waited_for_the_tool"] and generated["after_the_tool"] == ["Mia Take 1", "Tom Take 1"]


def test_a_cancelled_generation_adds_no_take(generated: dict[str, Any]) -> None:
    assert generated["after_cancel"] == generated["after_the_tool"]
