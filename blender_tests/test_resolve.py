"""Resolving a shot, as a user does it, with the real runtime: what is planted is mended, and all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from interact_addon.check import events as check_events
from interact_addon.check import shot_check
from interact_addon.check.resolving import outcome_of
from interact_addon.check.shot_check import ShotCheck, is_current, known_check, state_before
from interact_addon.demo.scene import build_demo_scene
from interact_addon.overlay import check_drawing
from interact_addon.rig.body_shape import body_shape_of
from interact_addon.rig.cast import cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.key_arrays import read_keys
from interact_addon.rig.keying import key_performance
from interact_addon.rig.read_back import read_back_cast
from interact_addon.scene.request import cast_scene
from interact_addon.takes.library import takes_in
from interact_addon.takes.record import RECORD, read_record
from interact_addon.worker_client import generation
from interact_addon.worker_client.orders import resolve_order
from model_runtime.body_model.contacts import Body, measure_contacts
from model_runtime.contract import ActorPerformance, Performance
from model_runtime.errors import Cancelled, InvalidRequest

from .contact_truth import PAIRS, load, placed, read_pair
from .planted import PALM, THROUGH, plant

ELSEWHERE = "a file of somebody else"


@pytest.fixture(scope="module")
def planted_blend(addon: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's two with a hand through a chest about frame 100, checked, and the penetration selected."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    build_demo_scene(scene)
    plant(scene)
    assert bpy.ops.interact.check() == {"FINISHED"}
    select_deepest(scene)
    path = tmp_path_factory.mktemp("resolve") / "planted.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def planted(planted_blend: Path) -> bpy.types.Scene:
    bpy.ops.wm.open_mainfile(filepath=str(planted_blend))
    bpy.ops.ed.undo_push(message="planted")
    return bpy.context.scene


@pytest.fixture(scope="module")
def resolved_blend(planted_blend: Path) -> Path:
    """The same, resolved by the real runtime."""
    bpy.ops.wm.open_mainfile(filepath=str(planted_blend))
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    path = planted_blend.with_name("resolved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def select_deepest(scene: bpy.types.Scene) -> None:
    check = scene.interact.check
    deep = [index for index, event in enumerate(check.events) if event.kind == "penetration"]
    check.active = max(deep, key=lambda index: check.events[index].depth)


def action(scene: bpy.types.Scene, actor: int) -> bpy.types.Action:
    return scene.interact.actors[actor].armature.animation_data.action


def keys_of(owner: bpy.types.Object, of: bpy.types.Action) -> dict[tuple[str, int], Mapping[str, np.ndarray]]:
    slot = owner.animation_data.action_slot
    return {(curve.data_path, curve.array_index): read_keys(curve) for curve in curves_of(of, slot)}


def values(owner: bpy.types.Object, of: bpy.types.Action, frames: Iterable[int]) -> dict[tuple[str, int], list[float]]:
    slot = owner.animation_data.action_slot
    return {(c.data_path, c.array_index): [c.evaluate(f) for f in frames] for c in curves_of(of, slot)}


def titles(scene: bpy.types.Scene, kind: str) -> list[str]:
    return [check_events.title(scene, event) for event in scene.interact.check.events if event.kind == kind]


def checked(scene: bpy.types.Scene) -> ShotCheck:
    found = known_check(scene)
    assert found is not None
    return found


def test_a_hand_is_taken_out_of_a_chest_and_a_second_away_every_key_stays(resolved_blend: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(resolved_blend))
    scene = bpy.context.scene
    assert titles(scene, "penetration") == []
    first, last = takes_in(scene)
    for place, actor in enumerate(scene.interact.actors):
        before, after = first.actions[place], last.actions[place]
        assert before is not None and after is not None and before != after == action(scene, place)
        old, new = keys_of(actor.armature, before), keys_of(actor.armature, after)
        away = [*range(1, THROUGH - 9 - 30), *range(THROUGH + 9 + 30, scene.frame_end + 1)]
        assert values(actor.armature, before, away) == values(actor.armature, after, away)
        for name, was in old.items():
            frames = was["co"][:, 0]
            outside = (frames < THROUGH - 40) | (frames > THROUGH + 40)
            same = np.isin(new[name]["co"][:, 0], frames[outside])
            for attribute, kept in was.items():
                np.testing.assert_array_equal(kept[outside], new[name][attribute][same], name[0])
    assert any(not np.array_equal(old[name]["co"], new[name]["co"]) for name in old)


def test_the_palm_on_the_shoulder_stays_where_it_is(planted_blend: Path, resolved_blend: Path) -> None:
    ways = []
    for path in (planted_blend, resolved_blend):
        bpy.ops.wm.open_mainfile(filepath=str(path))
        scene = bpy.context.scene
        bpy.ops.interact.check()
        mia, tom = checked(scene).bodies
        rows = slice(PALM[0] - 1, PALM[1])
        palm, shoulder = (
            tom.points[rows, tom.shape.point("right_palm")],
            mia.points[rows, mia.shape.point("left_shoulder")],
        )
        ways.append(palm - shoulder)
    assert np.linalg.norm(ways[1] - ways[0], axis=-1).max() < 0.004
    assert "Mia chest, Tom right hand: kept" in scene.interact.resolve.outcome


def test_what_was_met_is_said_and_the_list_is_of_the_new_state(resolved_blend: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(resolved_blend))
    lines = bpy.context.scene.interact.resolve.outcome.splitlines()
    assert lines[0].startswith("2 penetrations before, up to 9") and lines[0].endswith("none is left")
    record = read_record(action(bpy.context.scene, 1))
    assert record is not None and record.edit == "resolved" and record.take == 2
    assert record.frames == (1, bpy.context.scene.frame_end)


def test_blender_shows_what_was_resolved(resolved_blend: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(resolved_blend))
    scene = bpy.context.scene
    cast = cast_scene(scene, first_frame=True)
    meant = takes_in(scene)[-1].load_performance().actors
    for seen, wanted in zip(read_back_cast(scene, cast, 90, 20), meant):
        assert np.abs(seen.root_positions - wanted.root_positions[89:109]).max() < 0.004
        assert np.abs((seen.rotations[:, :22] * wanted.rotations[89:109, :22]).sum(-1)).min() > np.cos(np.radians(0.75))


@pytest.mark.slow
def test_what_was_elsewhere_before_is_drawn_where_it_was_and_nothing_else(planted: bpy.types.Scene) -> None:
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    before, now = state_before(planted), checked(planted)
    assert before is not None
    assert check_drawing.ghost_lines(before, now, 30, View()) == []  # type: ignore[arg-type]
    lines = check_drawing.ghost_lines(before, now, THROUGH, View())  # type: ignore[arg-type]
    hand = before.bodies[1].points[THROUGH - 1, before.bodies[1].shape.point("left_palm")]
    assert min(np.linalg.norm(strokes.points - hand, axis=-1).min() for strokes in lines) < 0.05


class View:
    """A view along Y without perspective."""

    view_matrix, is_perspective = Matrix(((1, 0, 0, 0), (0, 0, 1, 0), (0, -1, 0, 0), (0, 0, 0, 1))), False


@pytest.mark.slow
def test_undo_brings_the_take_before_back_and_its_keys_were_never_touched(planted: bpy.types.Scene) -> None:
    armature = planted.interact.actor_b.armature
    old, frames = action(planted, 1).name, range(1, planted.frame_end + 1)
    before = values(armature, action(planted, 1), frames)
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    scene = bpy.context.scene
    armature = scene.interact.actor_b.armature
    assert action(scene, 1).name != old and is_current(scene)
    assert values(armature, bpy.data.actions[old], frames) == before
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert action(scene, 1).name == old and len(takes_in(scene)) == 1
    assert values(scene.interact.actor_b.armature, action(scene, 1), frames) == before


@pytest.mark.slow
def test_animation_made_elsewhere_is_resolved_too_and_only_who_gives_way_moves(planted: bpy.types.Scene) -> None:
    """Euler angles, one key a frame, no record of a take; the other stands still without any action."""
    mia, tom = (actor.armature for actor in planted.interact.actors)
    made = action(planted, 1)
    for name in [name for name in made.keys() if name.startswith("interact")]:  # noqa: SIM118 - no dict
        del made[name]
    made.name = ELSEWHERE
    tom.animation_data.action_extrapolation = "HOLD"
    planted.frame_set(1)
    mia.animation_data.action = None
    planted.interact.resolve.gives_way = "second"
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    assert mia.animation_data.action is None
    assert titles(planted, "penetration") == []
    assert tom.animation_data.action.name.endswith("Take 2") and RECORD in tom.animation_data.action
    assert bpy.data.actions[ELSEWHERE].users and RECORD not in bpy.data.actions[ELSEWHERE]


@pytest.mark.slow
def test_bones_that_turn_by_euler_angles_are_resolved_as_well(planted: bpy.types.Scene) -> None:
    tom = planted.interact.actor_b.armature
    cast = cast_scene(planted, first_frame=True)
    (seen,) = read_back_cast(planted, [cast[1]], 1, planted.frame_end)
    bones = {drive.bone for drive in cast[1].rig.drives}
    for bone in bones:
        tom.pose.bones[bone].rotation_mode = "XZY"
    key_performance(planted, [cast[1]], Performance((seen,)))
    bpy.ops.interact.check()
    select_deepest(planted)
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    assert titles(planted, "penetration") == []


def test_where_nothing_is_to_be_resolved_a_sentence_says_so(planted: bpy.types.Scene) -> None:
    planted.interact.resolve.frames_from = "PREVIEW"
    with pytest.raises(RuntimeError, match="no preview range"):
        bpy.ops.interact.resolve()
    planted.use_preview_range = True
    planted.frame_preview_start, planted.frame_preview_end = 1, 30
    with pytest.raises(RuntimeError, match=r"Nothing is deeper than 1\.0 cm from frame 1 to 30"):
        bpy.ops.interact.resolve()
    planted.interact.resolve.frames_from = "EVENT"
    planted.interact.check.active = -1
    with pytest.raises(RuntimeError, match="No event is selected"):
        bpy.ops.interact.resolve()
    planted.interact.resolve.frames_from = "ALL"
    for part in ("arms", "hands", "trunk", "head", "legs"):
        setattr(planted.interact.resolve, part, False)
    with pytest.raises(RuntimeError, match="Nothing may move"):
        bpy.ops.interact.resolve()
    assert len(takes_in(planted)) == 1 and generation.current is None


def test_a_cancelled_resolve_changes_nothing(planted: bpy.types.Scene) -> None:
    job = generation.Generation(planted, resolve_order(planted, lambda *_: None))
    while job.request is None or job.progress.stage != "Resolving":
        job.poll()
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait()
    assert generation.current is None and len(takes_in(planted)) == 1


def test_an_actor_that_is_deleted_meanwhile_ends_it_with_a_sentence(planted: bpy.types.Scene) -> None:
    job = generation.Generation(planted, resolve_order(planted, lambda *_: None))
    while job.request is None:
        job.poll()
    bpy.data.objects.remove(planted.interact.actor_b.armature)
    with pytest.raises(InvalidRequest, match="was deleted while"):
        job.wait()
    assert generation.current is None


def resolving(scene: bpy.types.Scene) -> tuple[generation.Generation, list[Any]]:
    """Start a Resolve as the window does, and come to where the runtime computes; also what it told at the end."""
    done: list[Any] = []
    order = replace(resolve_order(scene, lambda *found: done.append(found)), undo=True, in_window=True)
    job = generation.Generation(scene, order)
    while job.request is None:
        job.poll()
    return job, done


def test_a_contact_is_not_kept_where_a_constraint_shows_the_hand_elsewhere(planted: bpy.types.Scene) -> None:
    job, done = resolving(planted)
    job.wait()
    plan, performance = done[-1]
    bpy.ops.interact.check()
    title = "Mia chest, Tom right hand: "
    (kept,) = (said for said in outcome_of(plan, performance, checked(planted), False) if said.startswith(title))
    assert kept.startswith(f"{title}kept, ")
    cast = cast_scene(planted, first_frame=True)
    (bone,) = (drive.bone for drive in cast[1].rig.drives if drive.joint == "right_elbow")
    limit = planted.interact.actor_b.armature.pose.bones[bone].constraints.new("LIMIT_ROTATION")
    limit.use_limit_x = limit.use_limit_y = limit.use_limit_z = True
    limit.owner_space = "LOCAL"
    shot_check.forget()
    bpy.ops.interact.check()
    (said,) = (said for said in outcome_of(plan, performance, checked(planted), False) if said.startswith(title))
    assert re.fullmatch(title + r"not kept, shown \d+\.\d cm from where it was resolved to", said), said


def test_an_undo_in_the_middle_is_kept_and_the_take_is_keyed_all_the_same(planted: bpy.types.Scene) -> None:
    planted.interact.actor_a.armature["moved"] = 1.0
    bpy.ops.ed.undo_push(message="something else")
    job, done = resolving(planted)
    bpy.ops.ed.undo()
    job.wait()
    scene = bpy.context.scene
    assert done and len(takes_in(scene)) == 2 and "moved" not in scene.interact.actor_a.armature
    bpy.ops.interact.check()
    assert titles(scene, "penetration") == []


def test_an_undo_while_the_shot_is_read_is_no_harm(planted: bpy.types.Scene) -> None:
    planted.interact.actor_a.armature["moved"] = 1.0
    bpy.ops.ed.undo_push(message="something else")
    order = replace(resolve_order(planted, lambda *_: None), undo=True, in_window=True)
    job = generation.Generation(planted, order)
    for _ in range(4):
        job.poll()
    assert job.request is None
    bpy.ops.ed.undo()
    job.wait()
    assert len(takes_in(bpy.context.scene)) == 2


def test_a_file_that_is_closed_in_the_middle_ends_it_and_the_next_is_left_alone(planted_blend: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(planted_blend))
    job, done = resolving(bpy.context.scene)
    bpy.ops.wm.open_mainfile(filepath=str(planted_blend))
    scene = bpy.context.scene
    assert generation.current is None and not done and len(takes_in(scene)) == 1
    assert job.request is not None and bpy.ops.interact.resolve.poll()


@pytest.mark.slow
@pytest.mark.data
def test_captured_dancers_on_other_bodies_leave_each_other_and_themselves(addon: None) -> None:
    """Salsa on characters of 1.62 and 1.84 m whose animation is nobody's take, all five seconds of it."""
    scene = bpy.context.scene
    capture(frames=150, start=200)
    bpy.ops.interact.check()
    assert checked(scene).measures["deepest_m"] > 0.05
    scene.interact.resolve.frames_from = "ALL"
    assert bpy.ops.interact.resolve() == {"FINISHED"}
    assert titles(scene, "penetration") == []
    cast = cast_scene(scene, first_frame=True)
    seen = read_back_cast(scene, cast, 1, 150)
    bodies = [
        Body(body_shape_of(character), character.rest.skeleton, motion.root_positions, motion.rotations)
        for character, motion in zip(cast, seen)
    ]
    found = measure_contacts(bodies)
    assert (np.maximum(found.depth, found.self_depth.max(0)) > 0.01).mean() <= 0.01
    assert max(found.depth.max(), found.self_depth.max()) < 0.02
    report = takes_in(scene)[-1].load_performance().report["contacts"]
    assert report["mean_joint_change"] < 0.03 and report["jerk_ratio"] < 1.1 and report["sole_change"] < 0.001


def capture(frames: int, start: int) -> None:
    """Key a stretch of a captured pair on two characters of other sizes and cast them."""
    names, take = PAIRS[0]
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, frames
    cast = [cast_actor(name, load(name)) for name in names]
    clips = read_pair(take)
    motions = placed(clips, [one.rest.skeleton for one in cast], min(clip.frames for clip in clips))
    nothing = np.zeros((frames, 52), np.float32), np.zeros((frames, 4), np.float32)
    parts = tuple(
        ActorPerformance(one.name, root[start : start + frames], turns[start : start + frames], *nothing)
        for one, (root, turns) in zip(cast, motions)
    )
    bodies = {one.name: ("body", "head", "hands") for one in cast}
    key_performance(scene, cast, Performance(parts), parts=bodies, exact=True)
    for actor, one in zip(scene.interact.actors, cast):
        actor.armature = one.armature.find()
        made = actor.armature.animation_data.action
        for name in [name for name in made.keys() if name.startswith("interact")]:  # noqa: SIM118 - no dict
            del made[name]
    bpy.context.view_layer.update()
