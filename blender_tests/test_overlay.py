"""What is drawn over the 3D view: the way of the actors, trails and ghosts, as lines in the world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.check.colours import OF_ACTORS
from interact_addon.overlay import drawing, motion, plan, poses
from interact_addon.rig.cast import cast_actor
from interact_addon.scene.attention import add_gaze, add_pin
from interact_addon.scene.strips import add_action
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ActorPerformance, Performance

from .rigs import perform
from .test_take_library import generate, pair  # noqa: F401 - a fixture

HEAD = sk.INDEX["head"]


def walked(metres: float, frames: int = 91) -> motion.JointPaths:
    """Return two actors, the first of whom slides ``metres`` along x in 3 s."""
    rotations = np.tile(np.array([1, 0, 0, 0], np.float32), (frames, 52, 1))
    actors = []
    for way in (metres, 0.0):
        root = np.zeros((frames, 3), np.float32)
        root[:, 0], root[:, 2] = np.linspace(0.0, way, frames), sk.AVERAGE_SKELETON.pelvis_height
        nothing = np.zeros((frames, 52), np.float32)
        actors.append(ActorPerformance("A", root, rotations, nothing, nothing[:, :4]))
    bodies = [sk.AVERAGE_SKELETON] * 2
    return motion.joint_paths(Performance(tuple(actors)), bodies, [0.5, 0.0], first=10, fps=60.0)


def test_a_way_lies_on_the_actors_floor_and_one_that_stands_has_none() -> None:
    way, arrow = motion.ways(walked(2.0))
    assert np.allclose(way.points[:, 2], 0.51) and np.allclose(way.points[[0, -1], 0], [0.0, 2.0], atol=0.05)
    assert np.allclose(arrow.points[1], [2.0, 0.0, 0.51], atol=1e-5) and (arrow.points[[0, 2], 0] < 1.95).all()


def test_trails_reach_as_far_in_time_as_asked_for_and_fade() -> None:
    paths = walked(3.0)
    found = [line for line in motion.trails(paths, frame=100, seconds=0.5) if len(line.points) > 2]  # 1.5 s at 60 fps
    head = found[0]
    assert len(head.points) == 31 and np.allclose(head.points[[0, -1], 0], [1.0, 2.0], atol=1e-4)
    assert head.colours[15, 3] == 1.0 and head.colours[0, 3] < 0.1
    assert len(found) == 6 and np.allclose(found[3].colours[15], OF_ACTORS[1])


def test_ghosts_stand_before_and_after_the_frame() -> None:
    paths = walked(3.0)
    lines = motion.figures(paths, frame=100, seconds=1.0, every=0.5)
    assert len(lines) == 4 * 2 * 21
    places = sorted({round(float(line.points[0, 0]), 2) for line in lines[: 4 * 42] if line.colours[0, 0] > 0.9})
    assert places[0] < 0.8 and places[-1] > 2.2


def test_outside_of_the_shot_the_nearest_frame_counts() -> None:
    paths = walked(3.0)
    assert paths.index(-50) == 0 and paths.index(9000) == 90


def test_the_take_that_is_shown_is_read_from_beside_the_file(pair: bpy.types.Scene, tmp_path: Path) -> None:  # noqa: F811
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    take = generate(scene, 2)
    assert drawing.read_paths(scene, take) is None
    characters = [cast_actor(actor.armature.name, actor.armature) for actor in scene.interact.actors]
    performance = perform(31, *characters)
    (tmp_path / "shot.takes").mkdir()
    performance.save(tmp_path / "shot.takes" / "2.npz")
    paths = drawing.read_paths(scene, take)
    assert paths is not None and paths.frames == 31 and paths.first == 1
    above = paths.places[0][:, 0] - performance.actors[0].root_positions
    assert np.allclose(above, [0.0, 0.0, paths.floors[0]], atol=1e-5)


@pytest.mark.parametrize(
    ("plan", "trails", "ghosts"), [(True, False, False), (False, True, False), (False, False, True)]
)
def test_only_what_is_switched_on_is_drawn(pair: bpy.types.Scene, plan: bool, trails: bool, ghosts: bool) -> None:  # noqa: F811
    overlay = pair.interact.overlay
    overlay.plan, overlay.trails, overlay.ghosts = plan, trails, ghosts
    pair.frame_set(70)

    def drawn(paths: motion.JointPaths | None) -> int:
        return len(drawing.still_lines(pair, paths)) + len(drawing.lines_of(pair, paths))

    some = drawn(walked(2.0))
    overlay.plan = overlay.trails = overlay.ghosts = False
    assert some and not drawn(walked(2.0)) and not drawn(None)


@pytest.fixture
def planned(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> bpy.types.Scene:
    """Anna walks to a tree and sits down on a chair, and looks at a ball."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    for actor, rig in zip(scene.interact.actors, two_armatures):
        actor.armature = rig
    for name, place in (("Tree", (2.0, 1.0, 0.0)), ("Chair", (3.0, 0.0, 0.45)), ("Ball", (0.0, -1.0, 1.5))):
        thing = bpy.data.objects.new(name, None)
        thing.location = place
        scene.collection.objects.link(thing)
    bpy.context.view_layer.update()
    add_action(scene, "Anna", "walk", 1, 91).interact_target = bpy.data.objects["Tree"]
    add_action(scene, "Anna", "sit", 151, 301)
    scene.interact.actor_a.seat = bpy.data.objects["Chair"]
    add_gaze(scene, "Anna", bpy.data.objects["Ball"], 31, 61)
    return scene


def test_the_script_is_read_as_marks_in_order_of_time(planned: bpy.types.Scene) -> None:
    marks = plan.read_marks(planned)
    assert [(mark.kind, mark.target.name, mark.place) for mark in marks] == [
        ("walk", "Tree", 0),
        ("sit", "Chair", 0),
        ("look", "Ball", 0),
    ]


def test_a_walk_is_a_line_on_the_floor_to_where_its_target_is_now(planned: bpy.types.Scene) -> None:
    marks = plan.read_marks(planned)
    way, arrow = plan.plan_lines(planned, marks, None, 0.0)[:2]
    assert np.allclose(way.points[:, :2], [[0.0, 0.0], [2.0, 1.0]]) and np.ptp(way.points[:, 2]) == 0.0
    bpy.data.objects["Tree"].location.x = 5.0
    bpy.context.view_layer.update()
    way, arrow = plan.plan_lines(planned, marks, None, 0.0)[:2]
    assert way.points[1, 0] == pytest.approx(5.0) and np.allclose(arrow.points[1], way.points[1])


def test_the_ring_of_a_chair_lies_on_its_seat_and_not_on_its_back(planned: bpy.types.Scene) -> None:
    seat = [(x, y, 0.45) for x, y in ((-0.2, -0.2), (0.2, -0.2), (0.2, 0.2), (-0.2, 0.2))]
    back = [(-0.2, 0.25, 0.45), (0.2, 0.25, 0.45), (0.2, 0.25, 0.9), (-0.2, 0.25, 0.9)]
    mesh = bpy.data.meshes.new("Stool")
    mesh.from_pydata([*seat, *back], [], [(0, 1, 2, 3), (4, 5, 6, 7)])
    stool = bpy.data.objects.new("Stool", mesh)
    planned.collection.objects.link(stool)
    planned.interact.actor_a.seat = stool
    sits = [mark for mark in plan.read_marks(planned) if mark.kind == plan.SIT]
    assert np.allclose(plan.plan_lines(planned, sits, None, 0.0)[0].points[:, 2], 0.45)


def test_what_is_looked_at_is_joined_to_the_head_while_it_is(planned: bpy.types.Scene) -> None:
    marks, paths = plan.read_marks(planned), walked(2.0, 301)
    counts = [len(plan.plan_lines(planned, marks, paths, seconds)) for seconds in (0.5, 1.5, 2.5)]
    assert counts[1] == counts[0] + 1 == counts[2] + 1
    wanted = np.stack([paths.places[0][45, HEAD], (0.0, -1.0, 1.5)])
    assert any(np.allclose(one.points, wanted) for one in plan.plan_lines(planned, marks, paths, 1.5)
               if len(one.points) == 2)  # fmt: skip


def test_a_pinned_root_is_a_ring_on_the_floor_and_a_pinned_head_a_ring_at_its_object(planned: bpy.types.Scene) -> None:
    add_pin(planned, "Anna", "root", bpy.data.objects["Tree"], 91, 121)
    add_pin(planned, "Anna", "head", bpy.data.objects["Ball"], 91, 121)
    marks = [mark for mark in plan.read_marks(planned) if mark.kind in (plan.STAY, plan.HOLD)]
    assert sorted((mark.kind, mark.joint) for mark in marks) == [("hold", "head"), ("stay", "pelvis")]
    stay, hold = (
        plan.plan_lines(planned, [m for m in marks if m.kind == kind], None, 0.0) for kind in ("stay", "hold")
    )
    assert np.allclose(stay[0].points.mean(0)[:2], [2.0, 1.0], atol=0.02) and np.ptp(stay[0].points[:, 2]) == 0.0
    assert np.allclose(hold[0].points[:, 2], 1.5) and len(stay) == 3
    bpy.data.objects["Tree"].rotation_euler.z = 1.0
    bpy.context.view_layer.update()
    assert len(plan.plan_lines(planned, [m for m in marks if m.kind == "stay"], None, 0.0)) == 4


def test_a_plan_with_an_unknown_label_or_a_lost_target_draws_the_rest(planned: bpy.types.Scene) -> None:
    marks = plan.read_marks(planned)
    bpy.data.objects.remove(bpy.data.objects["Tree"])
    assert plan.plan_lines(planned, marks, None, 0.0)
    planned.sequence_editor.strips[0].name = "dance"
    assert plan.read_marks(planned) == []


@pytest.fixture
def posed(pair: bpy.types.Scene) -> bpy.types.Scene:  # noqa: F811
    """The first actor with two poses of a person's, at frames 10 and 20."""
    pair.frame_start, pair.frame_end, pair.interact.keep_keys = 1, 61, True
    rig = pair.interact.actor_a.armature
    for frame, turn in ((10, 0.3), (20, -0.3)):
        for bone in rig.pose.bones:
            bone.rotation_mode = "QUATERNION"
            bone.rotation_quaternion = (1.0, turn, 0.0, 0.0)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    return pair


def test_poses_of_a_person_that_stay_are_figures_with_a_mark_above(posed: bpy.types.Scene) -> None:
    wanted = poses.wanted_poses(posed)
    assert [(one.place, one.frame) for one in wanted] == [(0, 10), (0, 20)]
    *_, found = poses.read_poses(posed, wanted, ())
    assert len(found) == 2 and np.abs(found[0].joints[HEAD] - found[1].joints[HEAD]).max() > 0.05
    lines = poses.pose_lines(found, frame=20.0)
    strengths = sorted({round(float(one.colours[0, 3]), 2) for one in lines})
    assert strengths == [0.55, 1.0] and len(lines[-1].points) == 5
    posed.interact.overlay.plan = True
    with_poses = len(drawing.lines_of(posed, None, (), found))
    posed.interact.overlay.plan = False
    assert with_poses >= len(lines) and not drawing.lines_of(posed, None, (), found)


def test_poses_are_read_one_after_another_between_redraws(posed: bpy.types.Scene) -> None:
    posed.interact.overlay.plan = True
    drawing.scene_changed()
    calls = 1
    while drawing._read_poses() is not None:
        calls += 1
    assert calls == 4 and [pose.wanted.frame for pose in drawing._poses[1]] == [10, 20]
    assert not drawing._are_poses_old
    drawing.stop()
    assert drawing._poses[1] == ()


def test_a_pose_is_read_again_only_where_it_was_changed(
    posed: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, found = poses.read_poses(posed, poses.wanted_poses(posed), ())
    read = []
    monkeypatch.setattr(poses, "_read", lambda scene, one: read.append(one.frame))
    list(poses.read_poses(posed, poses.wanted_poses(posed), found))
    assert read == []
    bone = posed.interact.actor_a.armature.pose.bones[3]
    bone.rotation_quaternion = (1.0, 0.0, 0.5, 0.0)
    bone.keyframe_insert("rotation_quaternion", frame=20)
    list(poses.read_poses(posed, poses.wanted_poses(posed), found))
    assert read == [20]


def test_without_keep_my_keys_those_of_the_chosen_stretch_stay(posed: bpy.types.Scene) -> None:
    posed.interact.keep_keys = False
    assert poses.wanted_poses(posed) == []
    posed.use_preview_range, posed.frame_preview_start, posed.frame_preview_end = True, 15, 30
    assert [one.frame for one in poses.wanted_poses(posed)] == [20]


def test_poses_of_a_part_are_drawn_as_that_part(posed: bpy.types.Scene) -> None:
    *_, found = poses.read_poses(posed, poses.wanted_poses(posed)[:1], ())
    whole = poses.pose_lines(found, 1.0)
    part = poses.KeptPose(replace(found[0].wanted, parts=("head",)), found[0].joints)
    assert 1 < len(poses.pose_lines([part], 1.0)) < 5 < len(whole)
