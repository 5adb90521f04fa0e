"""Problems in the panel, the buttons that mend them, and Generate, which stops before computing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import batch
from interact_addon.operators import problems
from interact_addon.operators.mend import INTERACT_OT_mend, INTERACT_OT_mend_all
from interact_addon.rig.tables import MIXAMO
from interact_addon.runtime_api import contract
from interact_addon.scene.changes import Change
from interact_addon.scene.preflight import Problem, find_hints, find_problems
from interact_addon.scene.stretch import Stretch
from interact_addon.takes.changed import Changed
from interact_addon.worker_client import generation

from .rigs import add_face, make_rig
from .test_operators import state_of


@pytest.fixture
def pair(addon: None) -> bpy.types.Scene:
    """Anna, whose face is driven and pinned, and Ben, whose arm is held by a constraint."""
    scene = bpy.context.scene
    scene.frame_end = 31
    anna, ben = make_rig(MIXAMO, "Anna"), make_rig(MIXAMO, "Ben")
    ben.location.x = 2.0
    face = add_face(anna, "Anna Head")
    face.show_only_shape_key = True
    for shape in list(face.data.shape_keys.key_blocks)[1:4]:
        shape.driver_add("value").driver.expression = "0.0"
    target = bpy.data.objects.new("Mocap", None)
    scene.collection.objects.link(target)
    ben.pose.bones["LeftArm"].constraints.new("COPY_ROTATION").target = target
    scene.interact.actor_a.armature, scene.interact.actor_b.armature = anna, ben
    bpy.context.view_layer.update()
    problems.file_loaded()
    return scene


class Layout:
    """Stands in for Blender's layout, which exists only while a window draws: keeps what is drawn."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, str]] = []
        self.scale_y = 1.0
        self.alert = False

    def row(self, align: bool = False) -> Layout:
        return self

    def split(self, factor: float = 0.5) -> Layout:
        return self

    def panel(self, name: str, default_closed: bool = False) -> tuple[Layout, Layout]:
        return Layout(), self

    def column(self, align: bool = False) -> Layout:
        return self

    def label(self, text: str, icon: str = "NONE") -> None:
        self.drawn.append((icon, text))

    def operator(self, name: str, text: str = "", icon: str = "NONE") -> Any:
        self.drawn.append((name, text))
        return type("Properties", (), {})()


def drawn(scene: bpy.types.Scene) -> list[tuple[str, str]]:
    from interact_addon.panels.problems import draw_problems

    layout = Layout()
    draw_problems(layout, bpy.context)  # type: ignore[arg-type]
    return layout.drawn


def test_the_lines_under_generate_are_two_whatever_there_is_to_say(
    pair: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interact_addon.panels.problems import draw_problems

    def heads(changed: Changed | None) -> list[str]:
        layout = Layout()
        layout.panel = lambda name, default_closed=False: (layout, None)  # type: ignore[assignment, method-assign, return-value]
        draw_problems(layout, bpy.context, changed, is_ready=True)  # type: ignore[arg-type]
        return [text for icon, text in layout.drawn if not icon.startswith("interact.")]

    stretch = Stretch(31, 90, {"Anna": contract.BODY_PARTS})
    walks = Changed(2, (Change("Anna", "actions", 2.0, 2.5),), (), stretch)
    problems.search(pair)
    assert len(heads(None)) == len(heads(walks)) == 2 and heads(walks)[0] == heads(None)[0], "it blocks"
    monkeypatch.setattr("interact_addon.panels.problems.known_problems", lambda scene: ())
    assert heads(walks) == ["Made again: frames 31 to 90 of 'Anna'", "Details"]
    assert heads(replace(walks, changes=(), stretch=None)) == ["Nothing was changed since Take 2", "Details"]
    assert heads(None) == ["Nothing is missing", "Details"]


def test_generate_stops_with_one_sentence_before_anything_is_computed(
    pair: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(generation, "runtime", lambda: started.append(1))
    before = state_of(pair)
    with pytest.raises(RuntimeError, match=r"drivers move 3 shapes of 'Anna Head'.*2 more problems under Generate"):
        bpy.ops.interact.generate("EXEC_DEFAULT")
    assert not started and state_of(pair) == before and generation.current is None


def test_a_button_mends_its_problem_alone(pair: bpy.types.Scene) -> None:
    before = find_problems(pair)
    assert bpy.ops.interact.mend(sentence=before[0].sentence) == {"FINISHED"}
    assert find_problems(pair) == before[1:]
    assert problems.known_problems(pair) == (*before[1:], *find_hints(pair))  # the panel shows it at once


def test_a_problem_that_is_gone_already_changes_nothing(pair: bpy.types.Scene) -> None:
    sentence = find_problems(pair)[0].sentence
    bpy.ops.interact.mend(sentence=sentence)
    before = state_of(pair)
    assert bpy.ops.interact.mend(sentence=sentence) == {"CANCELLED"}
    assert state_of(pair) == before


def test_one_step_back_takes_a_mending_back(pair: bpy.types.Scene) -> None:
    before = find_problems(pair)
    assert all("UNDO" in operator.bl_options for operator in (INTERACT_OT_mend, INTERACT_OT_mend_all))
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.interact.mend_all("EXEC_DEFAULT", True) == {"FINISHED"}
    assert find_problems(pair) == []
    bpy.ops.ed.undo()
    assert find_problems(bpy.context.scene) == before


def test_the_panel_says_the_first_problem_in_one_line_and_each_below_with_a_button(pair: bpy.types.Scene) -> None:
    problems.search(pair)
    first, shown = drawn(pair)[:2], drawn(pair)[2:]
    assert first == [("ERROR", "Anna: driven shapes"), ("interact.mend", "Mute Drivers")]
    assert [text for name, text in shown if name == "interact.mend"] == [
        "Mute Drivers",
        "Unpin Shape",
        "Mute Constraints",
    ]
    assert shown[-1][0] == "interact.mend_all"
    assert all(icon in ("ERROR", "INFO", "BLANK1") for icon, _ in shown if not icon.startswith("interact."))


def at_once(found: Sequence[Problem]) -> Generator[None, None, list[Problem]]:
    yield
    return list(found)


def test_the_panel_shows_five_and_says_how_many_more(pair: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(Problem(f"kind {n}", f"Sentence {n}.", "Anna", True, "Mend") for n in range(8))
    monkeypatch.setattr(problems, "find_problems_in_steps", lambda scene: at_once(many))
    monkeypatch.setattr(problems, "find_hints", lambda scene: [])
    problems.search(pair)
    shown = drawn(pair)[2:]
    assert sum(name == "interact.mend" for name, _ in shown) == 5 and ("BLANK1", "and 3 more") in shown


def test_the_panel_of_a_clean_scene_lists_nothing(addon: None) -> None:
    assert drawn(bpy.context.scene) == []


def test_the_panel_lists_nothing_once_the_cast_is_not_whole(pair: bpy.types.Scene) -> None:
    problems.search(pair)
    pair.interact.actor_b.armature = None
    assert drawn(pair) == []


def test_an_undo_orders_a_search(pair: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.interact.mend_all("EXEC_DEFAULT", True)
    problems.stop()
    bpy.ops.ed.undo()
    assert bpy.app.timers.is_registered(problems._search_at_rest)
    problems.stop()


def test_drawing_never_searches_and_any_number_of_changes_orders_one_search(
    pair: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[object] = []

    def count(scene: bpy.types.Scene) -> Generator[None, None, list[Problem]]:
        searched.append(scene)
        yield
        return []

    monkeypatch.setattr(problems, "find_problems_in_steps", count)
    for step in range(20):
        pair.interact.actor_b.armature.location.x = 2.0 + step
        bpy.context.view_layer.update()
        drawn(pair)
    assert not searched and bpy.app.timers.is_registered(problems._search_at_rest)
    monkeypatch.setattr(problems, "_changed_at", 0.0)
    while (wait := problems._search_at_rest()) is not None:
        assert wait == 0.0
    assert searched == [pair]
    problems.stop()


def test_a_change_in_the_middle_of_a_search_begins_it_anew(
    pair: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "_SECONDS_AT_REST", 0.0)
    problems.search(pair)
    problems.order_search()
    for _ in range(3):
        assert problems._search_at_rest() == 0.0
    bpy.data.objects.remove(pair.interact.actor_b.armature)
    bpy.context.view_layer.update()
    while problems._search_at_rest() is not None:
        pass
    assert problems.known_problems(pair) == ()
    problems.stop()


def test_a_search_waits_until_nothing_has_changed_for_a_moment(pair: bpy.types.Scene) -> None:
    problems.order_search()
    wait = problems._search_at_rest()
    assert wait is not None and 0.0 < wait <= 0.3
    problems.stop()


def test_a_search_changes_nothing_and_so_orders_no_other(pair: bpy.types.Scene) -> None:
    problems.stop()
    problems.search(pair)
    assert not bpy.app.timers.is_registered(problems._search_at_rest)


def test_the_command_mends_with_mend_and_says_what_it_did(
    pair: bpy.types.Scene, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pair.blend"))
    arguments = ["generate", str(tmp_path / "pair.blend"), "--out", str(tmp_path / "out")]
    assert batch.main(arguments) == 1 and "drivers move 3 shapes" in capfd.readouterr().err
    left: list[list[Problem]] = []

    def stop_here(scene: bpy.types.Scene, *_arguments: object, **_options: object) -> None:
        left.append(find_problems(scene))
        raise KeyboardInterrupt

    monkeypatch.setattr(generation, "generate_scene", stop_here)
    assert batch.main([*arguments, "--mend"]) == 130
    assert left == [[]] and "Muted the drivers of 3 shapes of 'Anna Head'." in capfd.readouterr().out


def test_a_scene_chosen_by_name_has_its_objects_in_place(pair: bpy.types.Scene, tmp_path: Path) -> None:
    pair.name = "Second"
    pair.interact.actor_b.armature.location = (3.0, 1.0, 0.0)
    bpy.context.window.scene = bpy.data.scenes.new("First")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "two scenes.blend"))
    scene = batch._open_scene(tmp_path / "two scenes.blend", "Second")
    assert scene.name == "Second"
    assert tuple(scene.interact.actor_b.armature.matrix_world.translation) == (3.0, 1.0, 0.0)
