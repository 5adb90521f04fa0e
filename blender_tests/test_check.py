"""Checking a shot: planted contacts and penetrations are found, listed, drawn and reported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import bpy
import numpy as np
import pytest

from interact_addon import batch
from interact_addon.check import events as check_events
from interact_addon.check.shot_check import ShotCheck, is_current, known_check
from interact_addon.operators import shortcuts
from interact_addon.overlay import capsules, check_drawing, event_band, graph, heat
from interact_addon.rig.body_shape import body_shape_of
from interact_addon.rig.cast import CastActor
from interact_addon.rig.keying import key_performance
from interact_addon.scene.request import cast_scene
from model_runtime.body_model.contacts import Body
from model_runtime.contract import ActorPerformance, Performance

SVG = "{http://www.w3.org/2000/svg}"
FIRST, LAST, FRAMES = 41, 60, 90  # of the shot's frames, at 30 fps from frame 1 on


def placed(character: CastActor, x: float, y: float, turn: float = 0.0) -> ActorPerformance:
    """Return a character with its arms stretched to the sides, standing at a place and turned by ``turn`` radians."""
    root = np.tile(np.array([x, y, character.rest.skeleton.pelvis_height], np.float32), (FRAMES, 1))
    rotations = np.zeros((FRAMES, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    rotations[:, 0] = [np.cos(0.5 * turn), 0.0, 0.0, np.sin(0.5 * turn)]
    nothing = np.zeros((FRAMES, 52), np.float32)
    return ActorPerformance(character.name, root, rotations, nothing, nothing[:, :4])


def point_of(character: CastActor, actor: ActorPerformance, name: str) -> np.ndarray:
    body = Body(body_shape_of(character), character.rest.skeleton, actor.root_positions, actor.rotations)
    return np.array(body.points[0, body.shape.point(name)])


@pytest.fixture
def planted(shot: bpy.types.Scene) -> bpy.types.Scene:
    """The demo's two, apart; in frames 41 to 60 Tom's right hand, from in front, is through Mia's chest."""
    shot.frame_start, shot.frame_end = 1, FRAMES
    shot.render.fps, shot.render.fps_base = 30, 1.0
    mia, tom = cast_scene(shot)
    standing, far = placed(mia, 0.0, 0.0), placed(tom, 0.0, -3.0, -0.5 * np.pi)
    chest = point_of(mia, standing, "chest") + [0.0, 0.06, 0.0]
    far.root_positions[FIRST - 1 : LAST, :2] += (chest - point_of(tom, far, "right_palm"))[:2]
    far.root_positions[FIRST - 1 : LAST, 2] += chest[2] - point_of(tom, far, "right_palm")[2]
    key_performance(shot, [mia, tom], Performance((standing, far)))
    shot.frame_set(1)
    return shot


def checked(scene: bpy.types.Scene) -> ShotCheck:
    found = known_check(scene)
    assert found is not None
    return found


def listed(scene: bpy.types.Scene, kind: str) -> list[str]:
    return [check_events.title(scene, event) for event in scene.interact.check.events if event.kind == kind]


def test_a_hand_through_a_chest_is_listed_at_its_frames_and_depth(planted: bpy.types.Scene) -> None:
    assert bpy.ops.interact.check() == {"FINISHED"}
    assert "Mia chest, Tom right hand" in listed(planted, "penetration")
    event = max(planted.interact.check.events, key=lambda event: event.depth if event.kind == "penetration" else -1.0)
    assert (round(event.start), round(event.end)) == (FIRST, LAST) and FIRST <= round(event.peak) <= LAST
    assert 0.02 < event.depth < 0.2
    assert "penetration" in check_events.summary(planted)
    assert is_current(planted)


def test_a_click_on_an_event_goes_to_its_frame_and_the_arrows_go_on_from_there(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    check = planted.interact.check
    check.shown = "penetration"
    first = check_events.shown_events(planted)[0]
    check.active = first
    assert planted.frame_current == round(check.events[first].peak)
    planted.frame_set(1)
    assert bpy.ops.interact.next_event(step=1) == {"FINISHED"} and FIRST <= planted.frame_current <= LAST
    planted.frame_set(FRAMES)
    assert bpy.ops.interact.next_event(step=-1) == {"FINISHED"} and FIRST <= planted.frame_current <= LAST
    planted.frame_set(1)
    assert bpy.ops.interact.next_event(step=-1) == {"CANCELLED"}


def test_keys_beside_those_of_the_playhead_go_to_the_next_event_and_the_one_before(addon: None) -> None:
    keyconfigs = bpy.context.window_manager.keyconfigs
    own = keyconfigs.new("of a test")
    try:
        shortcuts.add_keys(own)
        items = {
            item.type: item.properties.step
            for item in own.keymaps["Frames"].keymap_items
            if item.idname == "interact.next_event" and item.alt and item.shift and item.value == "PRESS"
        }
        assert items == {"LEFT_ARROW": -1, "RIGHT_ARROW": 1}
        shortcuts.unregister()
        assert not any(len(keymap.keymap_items) for keymap in own.keymaps)
    finally:
        keyconfigs.remove(own)


def test_another_check_keeps_the_event_that_is_selected_and_the_playhead_where_it_is(
    planted: bpy.types.Scene,
) -> None:
    bpy.ops.interact.check()
    check = planted.interact.check
    check.active = next(index for index, event in enumerate(check.events) if event.kind == "penetration")
    event = check.events[check.active]
    before = (event.kind, event.part, event.other_part, event.start)
    planted.frame_set(5)
    check.tolerance = 0.02  # fewer events, at other places of the list
    bpy.ops.interact.check()
    event = check.events[check.active]
    assert (event.kind, event.part, event.other_part) == before[:3] and event.start == pytest.approx(before[3], abs=2)
    assert planted.frame_current == 5
    check.tolerance = 0.1
    bpy.ops.interact.check()
    assert check.active == -1, "what is gone is not selected, nor anything else"


def test_the_list_is_filtered_by_kind_and_sorted_by_time_depth_or_length(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    check = planted.interact.check
    for order, key in (("time", "start"), ("depth", "depth"), ("seconds", "seconds")):
        check.order = order
        values = [getattr(check.events[index], key) for index in check_events.shown_events(planted)]
        assert values == sorted(values, reverse=order != "time")
    check.shown = "contact"
    assert {check.events[index].kind for index in check_events.shown_events(planted)} == {"contact"}


def test_the_list_is_filtered_by_who_meets_whom(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    check = planted.interact.check
    own = next(event for event in check.events if event.kind == "contact")
    own.whom, own.part, own.other_part = own.who, "left_hand", "hips"
    own.kind, own.depth = "penetration", 0.031
    found = {}
    for whose in ("all", "pair", "own"):
        check.whose = whose
        found[whose] = {check_events.title(planted, check.events[i]) for i in check_events.shown_events(planted)}
    assert len(found["own"]) == 1 and all(", own hips" in title for title in found["own"])
    assert found["pair"] and not found["pair"] & found["own"] and found["pair"] | found["own"] <= found["all"]
    check.shown = "contact"
    assert not check_events.shown_events(planted)


def test_a_narrow_list_tells_names_by_their_first_letters_and_has_the_figure_it_is_sorted_by(
    planted: bpy.types.Scene,
) -> None:
    bpy.ops.interact.check()
    event = next(event for event in planted.interact.check.events if event.kind == "penetration")
    event.part, event.other_part, event.depth, event.seconds, event.peak = "chest", "right_hand", 0.0984, 0.61, 50.0
    assert check_events.short_title(planted, event) == "M chest-T R hand"
    planted.interact.actor_a.name = "Tamara"
    assert check_events.short_title(planted, event) == "Ta chest-To R hand"
    assert [check_events.fact(event, order) for order in ("time", "depth", "seconds")] == ["50", "9.8", "0.6"]


def test_names_in_the_list_follow_the_actors(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    planted.interact.actor_a.name = "Maria"
    assert "Maria chest, Tom right hand" in listed(planted, "penetration")


def test_a_changed_key_makes_the_check_one_of_an_earlier_state_and_the_list_stays(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    count = len(planted.interact.check.events)
    action = planted.interact.actor_b.armature.animation_data.action
    action.frame_range  # noqa: B018 - any access keeps the pointer alive in 5.2
    action.update_tag()
    bpy.context.view_layer.update()
    assert not is_current(planted) and len(planted.interact.check.events) == count
    check = planted.interact.check
    check.capsules = check.points = check.heat = check.graph = False
    assert check_drawing.note_of(planted) == "", "nothing is drawn"
    check.capsules = True
    assert "check again" in check_drawing.note_of(planted)
    assert bpy.ops.interact.check() == {"FINISHED"} and check_drawing.note_of(planted) == ""


def test_what_moves_nobody_leaves_the_check_current(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    planted.camera.select_set(not planted.camera.select_get())
    bpy.context.view_layer.update()
    assert is_current(planted)


def test_whatever_else_it_depends_on_makes_a_check_one_of_an_earlier_state(planted: bpy.types.Scene) -> None:
    tables = bpy.data.collections.new("Tables")
    planted.collection.children.link(tables)
    mesh = bpy.data.meshes.new("Table")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], [], [(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)])
    table, stage = bpy.data.objects.new("Table", mesh), bpy.data.objects.new("Stage", None)
    tables.objects.link(table)
    planted.collection.objects.link(stage)
    planted.interact.furniture, table.location, table.parent = tables, (4.0, 4.0, 0.0), stage
    bpy.context.view_layer.update()
    actor, check = planted.interact.actor_b, planted.interact.check

    def with_value(owner: Any, name: str, value: Any) -> None:
        """Check, change a property, and put it back: the check is old with the other value alone."""
        bpy.ops.interact.check()
        kept = getattr(owner, name)
        kept = kept if isinstance(kept, (float, bool)) else tuple(kept)
        assert is_current(planted), name
        setattr(owner, name, value)
        bpy.context.view_layer.update()
        assert not is_current(planted), name
        setattr(owner, name, kept)
        bpy.context.view_layer.update()
        assert is_current(planted), name

    with_value(actor.armature, "location", (0.2, 0.0, 0.0))
    with_value(actor.armature, "rotation_euler", (0.0, 0.0, 0.3))
    with_value(actor.armature, "scale", (1.1, 1.1, 1.1))
    with_value(actor, "thickness", 0.01)
    with_value(check, "tolerance", 0.02)
    with_value(table, "location", (3.0, 4.0, 0.0))
    with_value(stage, "location", (3.0, 0.0, 0.0))
    with_value(table, "hide_viewport", True)
    mesh.vertices[3].co.z = 2.0
    mesh.update()
    bpy.context.view_layer.update()
    assert not is_current(planted), "a mesh of the furniture was edited"
    bpy.ops.interact.check()
    assert is_current(planted)
    bpy.data.objects.remove(table)
    assert not is_current(planted)


def test_no_frame_change_makes_a_check_old_whatever_is_animated(planted: bpy.types.Scene) -> None:
    armature = planted.interact.actor_b.armature
    tables = bpy.data.collections.new("Tables")
    planted.collection.children.link(tables)
    table = bpy.data.objects.new("Table", None)
    tables.objects.link(table)
    planted.interact.furniture = tables
    for frame, place in ((1, 4.0), (FRAMES, 5.0)):
        table.location.x = place
        table.keyframe_insert("location", frame=frame)
        planted.interact.actor_a.thickness = 0.001 * place
        planted.keyframe_insert("interact.actor_a.thickness", frame=frame)
    armature.driver_add("location", 2).driver.expression = "0.0001 * frame"
    planted.frame_set(1)
    bpy.ops.interact.check()
    for frame in (2, 50, FRAMES):
        planted.frame_set(frame)
        bpy.context.view_layer.update()
        assert is_current(planted)
    assert table.location.x > 4.5 and planted.interact.actor_a.thickness > 0.0045
    armature.scale *= 1.1
    assert not is_current(planted)


def test_another_take_or_key_of_somebody_who_is_in_two_scenes_makes_the_checks_of_both_old(
    planted: bpy.types.Scene,
) -> None:
    bpy.ops.interact.check()
    bpy.ops.scene.new(type="LINK_COPY")
    other = bpy.context.scene
    bpy.ops.interact.check()
    assert other != planted and is_current(planted) and is_current(other)
    animation = other.interact.actor_b.armature.animation_data
    slot = animation.action_slot.identifier
    animation.action = animation.action.copy()
    animation.action_slot = animation.action.slots[slot]
    assert not is_current(planted) and not is_current(other)
    bpy.ops.interact.check()
    assert is_current(other) and not is_current(planted)
    bpy.context.window.scene = planted
    bpy.ops.interact.check()
    assert is_current(other) and is_current(planted)
    bpy.context.window.scene = other
    bpy.context.view_layer.update()
    assert is_current(other) and is_current(planted), "to open a scene changes nothing"
    other.interact.actor_b.armature.animation_data.action.update_tag()
    bpy.context.view_layer.update()
    assert not is_current(other) and not is_current(planted)


def test_the_same_motion_at_other_frames_is_listed_at_those(planted: bpy.types.Scene) -> None:
    still = [actor.armature for actor in planted.interact.actors]
    planted.frame_set(50)
    for armature in still:
        armature.animation_data.action = None  # both stay in the pose of this frame
    planted.frame_start, planted.frame_end = 1, 30
    bpy.ops.interact.check()
    planted.frame_start, planted.frame_end = 101, 130
    bpy.ops.interact.check()
    assert checked(planted).first == 101 and planted.interact.check.events[0].start >= 101


def test_a_check_of_the_same_motion_is_not_measured_again(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    made = checked(planted).made
    bpy.ops.interact.check()
    assert checked(planted).made == made
    planted.interact.check.tolerance = 0.05
    bpy.ops.interact.check()
    assert checked(planted).made != made


def test_the_skin_is_hot_where_the_hand_is_and_nowhere_before(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    found = checked(planted)
    graph_of_scene = bpy.context.evaluated_depsgraph_get()
    assert not len(check_drawing.heat_of(planted, graph_of_scene, found, 0).triangles)
    planted.frame_set(50)
    skin = check_drawing.heat_of(planted, bpy.context.evaluated_depsgraph_get(), found, 49)
    red = skin.places[(skin.colours[:, 3] > 0.5) & (skin.colours[:, 1] < 0.6)]
    assert skin.triangles.max() == len(skin.places) - 1, "every vertex is of some triangle"
    event = max(found.contacts.events, key=lambda event: event.depth if event.kind == "penetration" else -1.0)
    assert len(red) and np.linalg.norm(red - event.place, axis=1).max() < 0.3
    inside = skin.colours[:, 3] > 0.5
    through = heat.colours_through(skin)
    assert inside.any() and not inside.all()
    np.testing.assert_array_equal(through[:, 3] > 0.0, inside, "what is inside is seen through the other body")
    np.testing.assert_array_equal(through[:, :3], skin.colours[:, :3])


def test_outlines_enclose_their_capsules_as_seen() -> None:
    start, end = np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]])
    loop = capsules.outlines(start, end, np.array([[0.1, 0.2]]), np.array([0.0, -1.0, 0.0]), is_parallel=True)[0]
    assert np.allclose(loop[0], loop[-1], atol=1e-5)
    assert loop[:, 2].min() == pytest.approx(-0.1, abs=0.01) and loop[:, 2].max() == pytest.approx(1.2, abs=0.01)
    assert np.abs(loop[:, 0]).max() == pytest.approx(0.2, abs=0.01) and np.abs(loop[:, 1]).max() < 1e-5
    from_its_end = capsules.outlines(start, end, np.array([[0.1, 0.2]]), np.array([0.0, 0.0, 5.0]), is_parallel=False)
    assert np.allclose(np.linalg.norm(from_its_end[0, :, :2], axis=-1).max(), 0.2, atol=0.01)


def test_events_are_bars_in_the_band_and_the_graph_has_the_frames_numbers(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    planted.interact.check.shown = "penetration"
    bars = event_band.bars_of(planted, 1.0, 91.0, 900)
    assert bars and all(bar.left == pytest.approx(400.0, abs=12.0) for bar in bars)
    drawn = graph.graph_of(checked(planted), 50.0, (0.0, 0.0, 900.0, 60.0))
    assert drawn.texts[0][1].startswith("touching") and "cm deep" in drawn.texts[0][1]
    assert all(len(points) == FRAMES for points, _ in graph.curves_of(checked(planted), (0.0, 0.0, 900.0, 60.0)))
    assert "cm apart" in graph.graph_of(checked(planted), 10.0, (0.0, 0.0, 900.0, 60.0)).texts[0][1]


def test_the_numbers_of_a_frame_stand_beside_the_actors(planted: bpy.types.Scene) -> None:
    bpy.ops.interact.check()
    found = checked(planted)
    (between, apart), *_ = graph.numbers_beside(found, 10.0)
    chests = [body.points[9, body.shape.point("chest")] for body in found.bodies]
    np.testing.assert_allclose(between, np.mean(chests, axis=0), atol=1e-6)
    assert re.fullmatch(r"\d+ cm", apart)
    assert graph.numbers_beside(found, 50.0)[0][1].endswith("cm deep")
    assert graph.numbers_beside(found, -100.0) == []


def test_the_command_writes_a_report_and_refuses_a_shot_that_is_too_deep(
    planted: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shot = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    out = tmp_path / "report"
    assert batch.main(["check", str(shot), "-o", str(out), "--fail-over", "2cm"]) == 3
    assert "cm deep" in capsys.readouterr().err
    assert batch.main(["check", str(shot), "-o", str(out), "--fail-over", "30cm"]) == 0
    assert batch.main(["check", str(shot), "-o", str(out), "--fail-over", "2cm", "--tolerance", "20cm"]) == 3
    assert batch.main(["check", str(shot), "-o", str(out)]) == 0
    numbers = json.loads((out / "check.json").read_text("utf-8"))
    assert numbers["deepest_m"] > 0.02 and numbers["penetrations"] >= 1
    rows = (out / "events.csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("kind,actor,part") and any("Mia,chest,Tom,right_hand" in row for row in rows)
    page = (out / "check.html").read_text("utf-8")
    assert "right_hand" in page and not re.findall(r'(?:src|href)="', page), "the report is one file"
    drawings = [ElementTree.fromstring(text) for text in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    _, _, depth, events, _ = drawings
    lines = [[len(line.get("points", "").split()) for line in one.iter(f"{SVG}polyline")] for one in drawings]
    assert lines == [[FRAMES], [FRAMES] * 2, [FRAMES] * 3, [], [FRAMES] * 2]
    red = next(depth.iter(f"{SVG}polyline")).get("points", "").split()
    deepest = min(range(FRAMES), key=lambda row: float(red[row].split(",")[1]))
    assert FIRST <= deepest + 1 <= LAST, "the curve of depth has its peak where the hand is in the chest"
    (cut,) = [bar for bar in events.iter(f"{SVG}rect") if "Mia chest, Tom right hand" in (bar[0].text or "")][:1]
    left = float(red[FIRST - 1].split(",")[0])
    assert float(cut.get("x", "0")) == pytest.approx(left, abs=12.0) and float(cut.get("width", "0")) > 100.0
    assert "hand - shoulder" in page


@pytest.mark.parametrize("text", ["2 miles", "deep", "-1cm"])
def test_a_depth_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    assert batch.main(["check", "-o", str(tmp_path), "--fail-over", text]) == 2
