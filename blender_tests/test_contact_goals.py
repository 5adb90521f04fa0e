"""Contacts that are asked for: strips of the pair, read, drawn, moved, renamed, and met by Resolve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.check.events import point_title
from interact_addon.check.shot_check import check_shot
from interact_addon.overlay.contact_drawing import contact_lines
from interact_addon.properties import actor_key
from interact_addon.rig.contact_constraints import holds_in
from interact_addon.scene.channels import ACTIONS
from interact_addon.scene.contact_goals import (
    Ends,
    add_contact,
    all_contacts,
    contact_strips,
    ends_of,
    follow_contacts,
    read_contacts,
    set_ends,
    touched_objects,
    trouble_with,
)
from interact_addon.scene.ownership import strips_of
from interact_addon.scene.preflight import Problem, mend
from interact_addon.scene.preflight.contacts import contact_problems
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.scene.settling import settle_all
from interact_addon.scene.strips import add_action
from interact_addon.takes.changed import what_changed
from model_runtime.contract import ContactGoal
from model_runtime.errors import InvalidRequest

from .planted import plant
from .test_furniture import box


@pytest.fixture
def scene(shot: bpy.types.Scene) -> bpy.types.Scene:
    shot.use_preview_range = True
    shot.frame_preview_start, shot.frame_preview_end = shot.frame_start + 30, shot.frame_start + 44
    return shot


def chosen(scene: bpy.types.Scene, **choice: Any) -> None:
    for name, value in choice.items():
        setattr(scene.interact.contact, name, value)


def goals(scene: bpy.types.Scene) -> tuple[ContactGoal, ...]:
    return read_contacts(scene, cast_scene(scene, first_frame=True))


def problems(scene: bpy.types.Scene) -> list[Problem]:
    return list(contact_problems(scene, cast_scene(scene, first_frame=True)))


def test_two_points_are_chosen_and_become_a_strip_that_is_called_after_them(scene: bpy.types.Scene) -> None:
    chosen(scene, who="0", point="right_palm", whom="1", other_point="left_shoulder")
    assert bpy.ops.interact.add_contact() == {"FINISHED"}
    (strip,) = contact_strips(scene)
    assert strip.name == "Mia's right palm - Tom's left shoulder"
    assert scene.sequence_editor.channels[strip.channel].name == "Contact"
    rate = scene.render.fps / scene.render.fps_base
    (goal,) = goals(scene)
    assert (goal.actor, goal.point, goal.other, goal.other_point) == ("Mia", "right_palm", "Tom", "left_shoulder")
    assert (goal.start, goal.end) == pytest.approx((30 / rate, 45 / rate))
    assert build_request(scene)[0].contacts == (goal,)


def test_one_may_touch_oneself_or_an_object_but_no_point_itself(scene: bpy.types.Scene) -> None:
    chosen(scene, who="1", point="left_palm", whom="1", other_point="left_hip")
    bpy.ops.interact.add_contact()
    table = bpy.data.objects.new("Table", None)
    scene.collection.objects.link(table)
    table.location = (0.4, -0.5, 0.9)
    chosen(scene, whom="object", target=table, gap=0.01)
    bpy.ops.interact.add_contact()
    own, on_table = goals(scene)
    assert own.actor == own.other == "Tom" and own.places == ()
    assert on_table.places[0] == pytest.approx((0.4, -0.5, 0.9), abs=0.02) and on_table.distance == pytest.approx(0.01)
    names = [strip.name for strip in all_contacts(scene)]
    assert names == [
        "Tom's left palm - own left hip",
        "Tom's left palm - Table",
    ]
    chosen(scene, whom="1", other_point="left_palm")
    with pytest.raises(RuntimeError, match="cannot touch itself"):
        bpy.ops.interact.add_contact()
    chosen(scene, whom="object", target=None)
    with pytest.raises(RuntimeError, match="No object is chosen"):
        bpy.ops.interact.add_contact()
    assert len(all_contacts(scene)) == 2


def test_an_object_that_moves_is_touched_where_it_is_in_each_moment(scene: bpy.types.Scene) -> None:
    cup = bpy.data.objects.new("Cup", None)
    scene.collection.objects.link(cup)
    chosen(scene, who="0", point="left_palm", whom="object", target=cup)
    bpy.ops.interact.add_contact()
    assert problems(scene) == [] and touched_objects(scene) == ("Cup",)
    (goal,) = goals(scene)
    assert point_title(goal, "Cup") == "Mia's left palm - Cup" and len(goal.places) == 1
    (strip,) = all_contacts(scene)
    for frame, x in ((compat.strip_left(strip), 0.0), (compat.strip_right(strip), 0.4)):
        cup.location.x = x
        cup.keyframe_insert("location", frame=frame)
    assert problems(scene) == []
    (goal,) = goals(scene)
    assert goal.places[0][0] == pytest.approx(0.0, abs=0.01) and goal.places[-1][0] == pytest.approx(0.4, abs=0.01)
    assert np.diff([place[0] for place in goal.places]).min() > 0.0


def test_strips_that_contradict_each_other_are_told_of_before_anything_is_computed(scene: bpy.types.Scene) -> None:
    chosen(scene, who="0", point="right_palm", whom="1", other_point="left_shoulder")
    bpy.ops.interact.add_contact()
    chosen(scene, other_point="right_hip")
    bpy.ops.interact.add_contact()
    (problem,) = problems(scene)
    assert problem.blocks and problem.is_a_choice
    both = "'Mia's right palm - Tom's left shoulder' and 'Mia's right palm - Tom's right hip' cannot both touch"
    assert str(problem.sentence).startswith(both)
    with pytest.raises(InvalidRequest, match="cannot both touch"):
        build_request(scene)
    mend(scene, problem)
    assert problems(scene) == [] and len(contact_strips(scene)) == 1 and len(all_contacts(scene)) == 2


def test_two_whose_seats_are_too_far_apart_are_told_of_before_anything_is_computed(scene: bpy.types.Scene) -> None:
    chosen(scene, who="0", point="right_palm", whom="1", other_point="right_palm")
    bpy.ops.interact.add_contact()
    assert problems(scene) == [], "who stands takes steps"
    for number, actor in enumerate(scene.interact.actors):
        seat = box(f"Seat {number}", (3.0 * number, 5.0, 0.0), (3.0 * number + 0.4, 5.4, 0.45))
        scene.collection.objects.link(seat)
        actor.seat = seat
        for strip in strips_of(scene, actor_key(actor), ACTIONS, "COLOR"):
            scene.sequence_editor.strips.remove(strip)
        add_action(scene, actor_key(actor), "sit", scene.frame_start, scene.frame_end)
    bpy.context.view_layer.update()
    (problem,) = problems(scene)
    assert not problem.blocks and "cannot reach the right palm of 'Tom'" in str(problem.sentence)
    assert "they are 3.0" in str(problem.sentence)


def test_strips_survive_renaming_splitting_saving_and_undo(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first, second = (actor.identity for actor in scene.interact.actors)
    add_contact(scene, Ends(first, "right_palm", second, "right_palm"), scene.frame_start + 10, scene.frame_start + 40)
    scene.interact.actor_a.name, scene.interact.actor_b.name = "Maria", "Thomas"
    settle_all()
    follow_contacts(scene)
    (strip,) = all_contacts(scene)
    assert strip.name == "Maria's right palm - Thomas's right palm"
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=scene.frame_start + 25, type="SOFT", side="BOTH")
    follow_contacts(scene)
    assert len(all_contacts(scene)) == 2
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "contacts.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "contacts.blend"))
    scene = bpy.context.scene
    assert {ends_of(one) for one in all_contacts(scene)} == {Ends(first, "right_palm", second, "right_palm")}
    assert {one.name.strip() for one in all_contacts(scene)} == {"Maria's right palm - Thomas's right palm"}
    bpy.ops.ed.undo_push(message="before")
    chosen(scene, who="1", point="left_palm", whom="0", other_point="chest")
    bpy.ops.interact.add_contact()
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert len(all_contacts(bpy.context.scene)) == 2


def test_the_copy_of_a_strip_asks_for_the_same_at_its_own_time(scene: bpy.types.Scene) -> None:
    first, second = (actor.identity for actor in scene.interact.actors)
    start = scene.frame_start
    strip = add_contact(scene, Ends(first, "right_palm", second, "right_palm", gap=0.01), start + 5, start + 15)
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=start + 10, type="SOFT", side="BOTH")  # Duplicate asks for an editor
    (copied,) = [one for one in all_contacts(scene) if compat.strip_left(one) >= start + 10]
    (strip,) = [one for one in all_contacts(scene) if one != copied]
    compat.move_strip(copied, 20)
    settle_all()
    follow_contacts(scene)
    assert ends_of(copied) == ends_of(strip) and copied.name != strip.name
    assert {one.name.strip() for one in all_contacts(scene)} == {"Mia's right palm - Tom's right palm"}
    earlier, later = goals(scene)
    rate = scene.render.fps / scene.render.fps_base
    assert later.start - earlier.start == pytest.approx(25 / rate)
    for one in all_contacts(scene):
        one.select = True
    assert bpy.ops.interact.constrain_contacts() == {"FINISHED"}
    assert len(holds_in(scene)) == 2, "each is held by constraints of its own"
    set_ends(scene, copied, Ends(second, "left_palm", first, "chest"))
    assert ends_of(strip).point == "right_palm"


def test_somebody_or_something_that_is_gone_is_said_before_anything_is_generated(scene: bpy.types.Scene) -> None:
    first, second = (actor.identity for actor in scene.interact.actors)
    strip = add_contact(scene, Ends(first, "right_palm", second, "chest"), 11, 31)
    scene.interact.actor_b.identity = "somebody else"
    assert "is not cast" in trouble_with(scene, strip) and strip.name == "Mia's right palm - Tom's chest"
    follow_contacts(scene)
    assert strip.name == "Mia's right palm - Tom's chest", "the name says who it was"
    with pytest.raises(InvalidRequest, match="choose what touches under Script > Contacts"):
        goals(scene)
    chosen(scene, who="0", point="right_palm", whom="1", other_point="belly")
    assert bpy.ops.interact.change_contact() == {"FINISHED"}
    assert trouble_with(scene, strip) == "" and strip.name == "Mia's right palm - Tom's belly"
    target = bpy.data.objects.new("Cup", None)
    scene.collection.objects.link(target)
    chosen(scene, whom="object", target=target)
    bpy.ops.interact.change_contact()
    scene.collection.objects.unlink(target)
    assert "'Mia's right palm - Cup' is gone" in trouble_with(scene, strip)


def test_both_points_are_drawn_where_they_are_on_the_frames_of_the_strip(shot: bpy.types.Scene) -> None:
    plant(shot)
    first, second = (actor.identity for actor in shot.interact.actors)
    add_contact(shot, Ends(second, "right_palm", first, "left_shoulder"), 50, 81)
    add_contact(shot, Ends(second, "left_palm", first, "belly"), 50, 81)
    shot.frame_set(40)
    assert contact_lines(shot, bpy.context.evaluated_depsgraph_get()) == []
    shot.frame_set(65)
    near, far = (
        drawn for drawn in contact_lines(shot, bpy.context.evaluated_depsgraph_get()) if len(drawn.points) == 2
    )
    assert np.linalg.norm(near.points[1] - near.points[0]) < 0.06 < np.linalg.norm(far.points[1] - far.points[0])
    assert far.colours[0, 0] > 0.9, "what is apart is red"
    mia, tom = check_shot(shot).bodies
    assert near.points[0] == pytest.approx(tom.points[64, tom.shape.point("right_palm")], abs=0.005)
    assert near.points[1] == pytest.approx(mia.points[64, mia.shape.point("left_shoulder")], abs=0.005)


@pytest.mark.slow
def test_resolve_brings_a_palm_to_where_it_is_asked_for_and_the_take_knows(shot: bpy.types.Scene) -> None:
    plant(shot)
    first, second = (actor.identity for actor in shot.interact.actors)
    add_contact(shot, Ends(second, "left_palm", first, "right_shoulder"), 140, 156)
    shot.interact.resolve.frames_from = "PREVIEW"
    shot.use_preview_range, shot.frame_preview_start, shot.frame_preview_end = True, 115, shot.frame_end
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    (line,) = [line for line in shot.interact.resolve.outcome.splitlines() if "shoulder" in line]
    assert line.startswith("Tom's left palm - Mia's right shoulder: met"), line
    shot.frame_set(148)
    (drawn, *_) = contact_lines(shot, bpy.context.evaluated_depsgraph_get())
    assert np.linalg.norm(drawn.points[1] - drawn.points[0]) < 0.025
    assert all("contacts" not in change.what for change in what_changed(shot, listen=False).changes)  # type: ignore[union-attr]


@pytest.mark.slow
def test_generate_meets_a_contact_of_a_strip(scene: bpy.types.Scene) -> None:
    first = scene.interact.actor_a.identity
    add_contact(scene, Ends(first, "right_palm", first, "left_forearm"), scene.frame_start + 20, scene.frame_start + 40)
    assert bpy.ops.interact.generate() == {"FINISHED"}
    scene.frame_set(scene.frame_start + 30)
    (drawn, *_) = contact_lines(scene, bpy.context.evaluated_depsgraph_get())
    assert np.linalg.norm(drawn.points[1] - drawn.points[0]) < 0.03
