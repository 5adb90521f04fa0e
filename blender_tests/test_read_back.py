"""Reading back: what Blender shows of a rig, as canonical motion."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from interact_addon.rig import plain_rigs
from interact_addon.rig import read_back as module
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.read_back import read_back, read_back_cast, read_back_in_steps
from interact_addon.rig.retarget import retarget
from interact_addon.rig.tables import TABLES, RigTable
from interact_addon.rig.tables.cmu import CMU
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ARKIT_NAMES, ActorPerformance, Performance
from model_runtime.errors import InvalidRequest

from .real_rigs import AUTO_RIG_PRO, PLAIN, RealRig
from .rigs import (
    A_POSE,
    PREFIXES,
    T_POSE,
    add_face,
    counted_calls,
    curves_in,
    generate_rigify,
    lay_down,
    make_rig,
    perform,
)
from .test_rig_names import make_real, tie_arms

HALF_A_DEGREE, TWO_MILLIMETRES = math.radians(0.5), 0.002


def angles_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the angle (...) in radians between rotations (..., 4)."""
    return np.linalg.norm(rot.to_axis_angle(rot.multiply(rot.conjugate(a), b)), axis=-1)


def performed(character: CastActor, frames: int = 8) -> ActorPerformance:
    """Key a motion of every joint on one character and return it."""
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, frames
    performance = perform(frames, character)
    key_performance(bpy.context.scene, [character], performance)
    return performance.actors[0]


def assert_read_back(character: CastActor) -> None:
    """Perform and read back: root and rotations return of all joints that the rig shows, and all channels of the rig.

    A spine of two bones does not show its lower two joints apart, nor a finger of two bones its last two.
    """
    part = performed(character)
    back = read_back(bpy.context.scene, character, 1, 8)
    drives = character.rig.drives
    alone = {drive.joint for drive in drives if not drive.share and not drive.twist}
    solved = {"spine2"} if sum(drive.joint.startswith("spine") for drive in drives) > 2 else set()
    there = [sk.INDEX[joint] for joint in alone | solved]
    world, expected = (
        sk.forward_kinematics(each.root_positions, each.rotations, character.rest.skeleton)[1] for each in (back, part)
    )
    assert angles_between(world[:, there].astype(float), expected[:, there].astype(float)).max() < HALF_A_DEGREE
    assert np.abs(back.root_positions - part.root_positions).max() < TWO_MILLIMETRES
    keyed, again = (
        retarget(each.root_positions, each.rotations, character.rig, character.rest) for each in (part, back)
    )
    assert angles_between(keyed.rotations, again.rotations).max() < HALF_A_DEGREE


@pytest.mark.parametrize("rest", [T_POSE, A_POSE], ids=["rest T", "rest A"])
@pytest.mark.parametrize("table", [table for table in TABLES if not table.is_control_rig], ids=lambda table: table.name)
def test_a_performance_keyed_on_any_known_rig_is_read_back(table: RigTable, rest: dict) -> None:
    assert_read_back(cast_actor("Anna", make_rig(table, pose=rest, prefix=PREFIXES.get(table.name, ""))))


def test_a_performance_keyed_on_a_generated_rigify_rig_is_read_back() -> None:
    assert_read_back(cast_actor("Anna", generate_rigify()))


def test_limbs_of_a_generated_rigify_rig_are_read_as_its_inverse_kinematics_show_them() -> None:
    """The FK controls stay behind while IK is on; Rigify's IK shortens bones a little, so directions are compared."""
    rig = generate_rigify()
    character = cast_actor("Anna", rig)
    bones = rig.pose.bones
    for limb, control, way in (
        ("upper_arm_parent.L", "hand_ik.L", (-0.1, -0.25, 0.3)),
        ("thigh_parent.R", "foot_ik.R", (0.0, -0.3, 0.3)),
    ):
        bones[limb]["IK_FK"] = 0.0
        matrix = bones[control].matrix.copy()
        matrix.translation += Vector(way)
        bones[control].matrix = matrix
    bpy.context.view_layer.update()
    back = read_back(bpy.context.scene, character, 1, 1)
    joints, _ = sk.forward_kinematics(back.root_positions, back.rotations, character.rest.skeleton)
    seen = pose_of(rig)
    for upper, lower, bone, below in (
        ("left_shoulder", "left_elbow", "DEF-upper_arm.L", "DEF-forearm.L"),
        ("left_elbow", "left_wrist", "DEF-forearm.L", "DEF-hand.L"),
        ("right_hip", "right_knee", "DEF-thigh.R", "DEF-shin.R"),
        ("right_knee", "right_ankle", "DEF-shin.R", "DEF-foot.R"),
    ):
        line = Vector(joints[0, sk.INDEX[lower]] - joints[0, sk.INDEX[upper]])
        assert line.angle(seen[below].translation - seen[bone].translation) < HALF_A_DEGREE, bone
    assert (seen["hand_fk.L"].translation - seen["DEF-hand.L"].translation).length > 0.1


def test_a_performance_keyed_on_the_controls_of_auto_rig_pro_is_read_back() -> None:
    armature = make_real(AUTO_RIG_PRO, A_POSE)
    tie_arms(armature)
    assert_read_back(cast_actor("Anna", armature))


@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["rest T", "rest A"])
@pytest.mark.parametrize("rig", PLAIN.values(), ids=PLAIN.keys())
def test_a_performance_on_a_real_rig_is_read_back_and_its_rest_pose_keys_no_rotation(rig: RealRig, pose: dict) -> None:
    """With the real names, parents, twist bones, units and axes; the rest pose goes to canonical and back as well."""
    armature = make_real(rig, pose)
    character = cast_actor("Anna", armature)
    back = read_back(bpy.context.scene, character, 1, 1)
    again = retarget(back.root_positions, back.rotations, character.rig, character.rest)
    assert np.degrees(angles_between(again.rotations, np.array([1.0, 0.0, 0.0, 0.0]))).max() < 0.5
    assert_read_back(character)


@pytest.mark.data
@pytest.mark.parametrize("file_name", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_a_performance_on_ready_characters_is_read_back(load_character, file_name: str) -> None:
    rig = load_character(file_name)
    bpy.context.view_layer.update()
    assert_read_back(cast_actor(file_name, rig))


def test_a_rig_in_centimetres_with_y_up_and_a_turned_scaled_object_is_read_back() -> None:
    rig = make_rig(MIXAMO, size=100.0)
    lay_down(rig)
    rig.rotation_euler, rig.scale, rig.location = (math.radians(90), 0, 0.7), (0.012, 0.012, 0.012), (3, -2, 0)
    bpy.context.view_layer.update()
    assert_read_back(cast_actor("Anna", rig))


@pytest.mark.parametrize("mode", ["XYZ", "ZXY", "AXIS_ANGLE"])
def test_bones_in_other_rotation_modes_are_read_back(mode: str) -> None:
    rig = make_rig(MIXAMO)
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    assert_read_back(cast_actor("Anna", rig))


@pytest.mark.parametrize("rig", PLAIN.values(), ids=PLAIN.keys())
def test_what_was_read_back_poses_the_rig_as_it_was(rig: RealRig) -> None:
    """From any pose of the bones that have a joint for themselves: rig to canonical to rig; places where all have."""
    armature = make_real(rig, A_POSE)
    character = cast_actor("Anna", armature)
    drives = character.rig.drives
    shared = [drive.joint for drive in drives]
    alone = [drive.bone for drive in drives if not drive.share and not drive.twist and shared.count(drive.joint) == 1]
    rng = np.random.default_rng(1)
    for bone in (armature.pose.bones[name] for name in alone):
        bone.rotation_quaternion = rot.from_axis_angle(rng.uniform(-0.5, 0.5, 3))
        bone.keyframe_insert("rotation_quaternion", frame=1)
    root = armature.pose.bones[character.rig.root]
    root.location = (0.2 / rig.unit, 0.1 / rig.unit, -0.3 / rig.unit)
    root.keyframe_insert("location", frame=1)
    bpy.context.scene.frame_set(1)
    before = pose_of(armature)
    back = read_back(bpy.context.scene, character, 1, 1)
    bpy.context.scene.frame_end = 1
    key_performance(bpy.context.scene, [character], Performance((back,)))
    bpy.context.scene.frame_set(1)
    after = pose_of(armature)
    for name in alone:
        turned = before[name].to_quaternion().rotation_difference(after[name].to_quaternion()).angle
        assert turned < HALF_A_DEGREE, name
        if len(alone) == len(drives) and not character.rest.moved:
            assert (before[name].translation - after[name].translation).length < TWO_MILLIMETRES, name


def pose_of(rig: bpy.types.Object) -> dict[str, Matrix]:
    """Return each bone's matrix in the world as Blender shows it now."""
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return {bone.name: posed.matrix_world @ bone.matrix for bone in posed.pose.bones}


def test_parents_that_move_are_part_of_the_motion() -> None:
    rig = make_rig(MIXAMO)
    character = cast_actor("Anna", rig)
    lift = bpy.data.objects.new("Lift", None)
    bpy.context.scene.collection.objects.link(lift)
    rig.parent = lift
    for frame, place, turn in ((1, (0, 0, 0), 0.0), (31, (1, 0, 2), math.pi / 2)):
        lift.location, lift.rotation_euler = place, (0, 0, turn)
        lift.keyframe_insert("location", frame=frame)
        lift.keyframe_insert("rotation_euler", frame=frame)
    back = read_back(bpy.context.scene, character, 1, 31)
    assert np.allclose(back.root_positions[-1] - back.root_positions[0], (1, 0, 2), atol=1e-4)
    assert sk.heading_of(back.rotations[-1, 0]) - sk.heading_of(back.rotations[0, 0]) == pytest.approx(math.pi / 2)


def test_inverse_kinematics_and_constraints_are_read_as_they_are_seen() -> None:
    rig = make_rig(MIXAMO, pose=A_POSE)
    character = cast_actor("Anna", rig)
    goal = bpy.data.objects.new("Goal", None)
    bpy.context.scene.collection.objects.link(goal)
    goal.location = (0.3, -0.35, 1.2)
    reach = rig.pose.bones["LeftForeArm"].constraints.new("IK")
    reach.target, reach.chain_count = goal, 2
    back = read_back(bpy.context.scene, character, 1, 1)
    joints, _ = sk.forward_kinematics(back.root_positions, back.rotations, character.rest.skeleton)
    seen = pose_of(rig)["LeftHand"].translation
    assert np.linalg.norm(seen - goal.location) < 0.01
    assert np.linalg.norm(joints[0, sk.INDEX["left_wrist"]] - seen) < TWO_MILLIMETRES


def test_a_strip_of_the_nonlinear_animation_is_read() -> None:
    rig = make_rig(MIXAMO)
    character = cast_actor("Anna", rig)
    part = performed(character)
    animation = rig.animation_data
    action, slot = animation.action, animation.action_slot
    animation.action = None
    strip = animation.nla_tracks.new().strips.new("Walk", 101, action)
    strip.action_slot = slot
    back = read_back(bpy.context.scene, character, 101, 8)
    assert np.allclose(back.root_positions, part.root_positions, atol=TWO_MILLIMETRES)


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_motion_comes_at_30_frames_a_second_from_any_frame_rate(fps: int, base: float) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, base
    rig = make_rig(MIXAMO)
    character = cast_actor("Anna", rig)
    hips = rig.pose.bones["Hips"]
    start = 11
    for second in (0, 2):  # a metre a second
        hips.location = np.array(rig.data.bones["Hips"].matrix_local.inverted().to_3x3() @ Vector((second, 0, 0)))
        hips.keyframe_insert("location", frame=round(start + second * fps / base))
    for curve in rig.animation_data.action.layers[0].strips[0].channelbags[0].fcurves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    back = read_back(scene, character, start, 61)
    assert np.allclose(np.diff(back.root_positions[:, 0]), 1 / 30, atol=2e-3)


def test_reading_leaves_the_playhead_unkeyed_poses_and_all_data_blocks_as_they_were() -> None:
    scene = bpy.context.scene
    rig = make_rig(MIXAMO)
    add_face(rig, "Head")
    character = cast_actor("Anna", rig)
    performed(character, 30)
    scene.frame_set(7, subframe=0.25)
    arm, shape = rig.pose.bones["LeftArm"], bpy.data.objects["Head"].data.shape_keys.key_blocks["jawOpen"]
    arm.rotation_quaternion, shape.value = (0.6, 0.8, 0.0, 0.0), 0.625  # moved by hand, not keyed
    blocks = {kind: len(getattr(bpy.data, kind)) for kind in ("scenes", "objects", "actions", "collections")}
    read_back(scene, character, 20, 4)
    assert (scene.frame_current, scene.frame_subframe) == (7, 0.25)
    assert tuple(arm.rotation_quaternion) == pytest.approx((0.6, 0.8, 0.0, 0.0)) and shape.value == 0.625
    assert {kind: len(getattr(bpy.data, kind)) for kind in blocks} == blocks
    assert bpy.context.scene == scene


def test_a_hidden_character_is_read_and_stays_hidden() -> None:
    rig = make_rig(MIXAMO)
    character = cast_actor("Anna", rig)
    part = performed(character)
    rig.hide_viewport = True
    back = read_back(bpy.context.scene, character, 1, 8)
    assert np.allclose(back.root_positions, part.root_positions, atol=TWO_MILLIMETRES)
    assert rig.hide_viewport


def test_each_moment_is_evaluated_once_for_a_whole_cast() -> None:
    cast = [cast_actor(name, make_rig(MIXAMO, name)) for name in ("Anna", "Ben")]
    moments: list[float] = []
    watch = lambda scene, _graph: moments.append(scene.frame_current_final)  # noqa: E731 - a handler
    bpy.app.handlers.frame_change_pre.append(watch)
    read_back_cast(bpy.context.scene, cast, 1, 10)
    bpy.app.handlers.frame_change_pre.remove(watch)
    assert moments == [*range(1, 11)]


def test_reading_in_steps_is_the_same_also_when_something_is_undone_between_them() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    character = cast_actor("Anna", rig)
    performed(character)
    whole = read_back(bpy.context.scene, character, 1, 8)
    bpy.ops.ed.undo_push(message="keyed")
    bpy.data.objects.new("something", None)
    bpy.ops.ed.undo_push(message="something else")
    reading = read_back_in_steps(lambda: bpy.context.scene, [character], 1, 8, seconds=0.0)
    next(reading)
    bpy.ops.ed.undo()
    assert len(bpy.data.scenes) == 1
    with pytest.raises(StopIteration) as end:
        for _ in range(100):
            next(reading)
    (part,) = end.value.value
    for name in ("root_positions", "rotations", "face"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name))


def test_a_long_motion_is_converted_in_short_pieces_and_comes_out_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    character = cast_actor("Anna", rig)
    performed(character)
    frames = 230
    lengths: list[int] = []
    convert = module.to_canonical

    def counted(turns: np.ndarray, *more: Any) -> object:
        lengths.append(len(turns))
        return convert(turns, *more)

    monkeypatch.setattr(module, "to_canonical", counted)
    pieces = read_back(bpy.context.scene, character, 1, frames)
    assert lengths == [100, 100, 30]
    monkeypatch.setattr(module, "_PIECE", frames)
    whole = read_back(bpy.context.scene, character, 1, frames)
    assert lengths[3:] == [frames]
    for name in ("root_positions", "rotations", "face"):
        np.testing.assert_allclose(getattr(pieces, name), getattr(whole, name), atol=1e-5)


def test_a_rig_that_is_changed_between_steps_is_named() -> None:
    rig = make_rig(MIXAMO, "Anna")
    character = cast_actor("Anna", rig)
    reading = read_back_in_steps(lambda: bpy.context.scene, [character], 1, 8, seconds=0.0)
    next(reading)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.new("tail").tail = (0.0, 0.0, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(InvalidRequest, match="'Anna' was changed while it was read"):
        next(reading)


def test_a_frame_costs_the_same_work_in_python_whatever_the_number_of_bones() -> None:
    more = []
    for table in (CMU, MIXAMO):  # Mixamo has 30 finger bones more
        character = cast_actor(table.name, make_rig(table, table.name))
        counts = []
        for frames in (50, 100):  # both are one piece of those that are converted at once
            with counted_calls() as calls:
                read_back(bpy.context.scene, character, 1, frames)
            counts.append(calls[0])
        more.append(counts[1] - counts[0])
    assert more[0] == more[1] < 50 * 20


def test_shapes_come_back_as_the_curves_that_drove_them() -> None:
    """Two meshes, one of them with a shape for both sides."""
    rig = make_rig(MIXAMO)
    add_face(rig, "Head")
    add_face(rig, "Teeth", ("JawOpen", "mouthSmile"))
    character = cast_actor("Anna", rig)
    rng = np.random.default_rng(2)
    face = rng.random((8, 52)).astype(np.float32)
    smile = [ARKIT_NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right")]
    face[:, smile] = face[:, smile].mean(axis=1, keepdims=True)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 8
    key_performance(bpy.context.scene, [character], perform(8, character, face=face))
    back = read_back(bpy.context.scene, character, 1, 8)
    assert np.allclose(back.face, face, atol=1e-3)


@pytest.mark.parametrize(
    ("shapes", "values", "expected"),
    [
        (("eyeBlink",), (0.6,), {"eyeBlinkLeft": 0.6, "eyeBlinkRight": 0.6}),
        (("browInnerUp_L", "browInnerUp_R"), (0.2, 0.6), {"browInnerUp": 0.4}),
        (("jawOpen",), (1.7,), {"jawOpen": 1.0}),
    ],
    ids=["merged", "split", "beyond one"],
)
def test_merged_split_and_exaggerated_shapes_become_curves(shapes, values, expected: dict[str, float]) -> None:
    rig = make_rig(MIXAMO)
    keys = add_face(rig, "Head", shapes).data.shape_keys.key_blocks
    for name, value in zip(shapes, values):
        keys[name].slider_max = 2.0
        keys[name].value = value
    back = read_back(bpy.context.scene, cast_actor("Anna", rig), 1, 1)
    found = {ARKIT_NAMES[column]: back.face[0, column] for column in np.flatnonzero(back.face[0])}
    assert found == pytest.approx(expected, abs=1e-3)


def test_driven_shapes_are_read_and_muted_ones_are_not_seen() -> None:
    rig = make_rig(MIXAMO)
    keys = add_face(rig, "Head").data.shape_keys
    keys.key_blocks["jawOpen"].driver_add("value").driver.expression = "frame * 0.01"
    keys.key_blocks["tongueOut"].value, keys.key_blocks["tongueOut"].mute = 1.0, True
    back = read_back(bpy.context.scene, cast_actor("Anna", rig), 20, 2)
    jaw, tongue = (ARKIT_NAMES.index(name) for name in ("jawOpen", "tongueOut"))
    assert back.face[:, jaw] == pytest.approx([0.20, 0.21])
    assert not back.face[:, tongue].any()


def test_a_character_that_is_gone_is_one_sentence_and_nothing_is_left_behind() -> None:
    rig = make_rig(MIXAMO)
    character = cast_actor("Anna", rig)
    bpy.data.objects.remove(rig)
    with pytest.raises(InvalidRequest, match="is gone"):
        read_back(bpy.context.scene, character, 1, 4)
    assert len(bpy.data.scenes) == 1 and not bpy.data.objects


LONG = 40  # frames, enough to be read from curves


def by_evaluation(character: CastActor, start: int, frames: int, monkeypatch: pytest.MonkeyPatch) -> ActorPerformance:
    """Read back with every frame evaluated by Blender."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "plain_rig", lambda *_: None)
        return read_back(bpy.context.scene, character, start, frames)


def evaluated_frames(character: CastActor, monkeypatch: pytest.MonkeyPatch) -> tuple[ActorPerformance, int]:
    """Read back and count the frames that Blender evaluates for it."""
    seen: list[int] = []
    with monkeypatch.context() as patch:
        old = module._Reader.read

        def read(self: Any, index: int, graph: Any) -> None:
            seen.append(index)
            old(self, index, graph)

        patch.setattr(module._Reader, "read", read)
        return read_back(bpy.context.scene, character, 1, LONG), len(seen)


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE"])
@pytest.mark.parametrize("fps", [24, 30])
def test_a_rig_that_its_curves_alone_move_is_read_from_them_as_blender_shows_it(
    mode: str, fps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = bpy.context.scene
    scene.render.fps = fps
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "Face")
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    rig.location, rig.rotation_euler = (0.4, -0.2, 0.1), (0.0, 0.0, 0.7)
    bpy.context.view_layer.update()
    character = cast_actor("Anna", rig)
    scene.frame_start, scene.frame_end = 1, LONG
    performance = perform(LONG, character)
    performance.actors[0].face[:] = np.abs(np.sin(0.2 * np.arange(LONG)[:, None] + np.arange(52)))
    key_performance(scene, [character], performance)
    back, count = evaluated_frames(character, monkeypatch)
    assert 0 < count < LONG // 2
    truth = by_evaluation(character, 1, LONG, monkeypatch)
    assert np.abs(back.root_positions - truth.root_positions).max() < 1e-5
    assert angles_between(back.rotations.astype(float), truth.rotations.astype(float)).max() < 1e-3
    assert np.abs(back.face - truth.face).max() < 1e-5 and np.ptp(truth.face, axis=0).max() > 0.1


def test_a_changed_key_is_read_and_only_its_curve_is_sampled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    character = cast_actor("Anna", make_rig(MIXAMO, "Anna"))
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, LONG
    key_performance(scene, [character], perform(LONG, character))
    plain_rigs._sampled.clear()  # what other tests left there may fill it
    before = read_back(scene, character, 1, LONG)
    known = len(plain_rigs._sampled)
    action = character.armature.find().animation_data.action  # type: ignore[union-attr]
    curve = next(one for one in curves_in(action) if "LeftArm" in one.data_path)
    for key in curve.keyframe_points[10:20]:
        key.co.y += 0.2
    curve.update()
    back = read_back(scene, character, 1, LONG)
    assert len(plain_rigs._sampled) == known + 1
    assert np.abs(back.rotations - before.rotations).max() > 0.05
    assert np.array_equal(back.rotations, read_back(scene, character, 1, LONG).rotations)
    truth = by_evaluation(character, 1, LONG, monkeypatch)
    assert angles_between(back.rotations.astype(float), truth.rotations.astype(float)).max() < 1e-3


def muted_curve(rig: bpy.types.Object) -> None:
    next(one for one in curves_in(rig.animation_data.action) if "RightForeArm" in one.data_path).mute = True


def constraint(rig: bpy.types.Object) -> None:
    rig.pose.bones["mixamorig:RightForeArm"].constraints.new("LIMIT_ROTATION").use_limit_x = True


def driver(rig: bpy.types.Object) -> None:
    rig.pose.bones["mixamorig:Head"].driver_add("scale", 0).driver.expression = "1.0 + 0.001 * frame"


def layer(rig: bpy.types.Object) -> None:
    track = rig.animation_data.nla_tracks.new()
    action = rig.animation_data.action
    track.strips.new("above", 1, action)
    rig.animation_data.action_influence = 0.5


def moved_object(rig: bpy.types.Object) -> None:
    rig.keyframe_insert("location", frame=1)
    rig.location.x += 1.0
    rig.keyframe_insert("location", frame=LONG)


def parent(rig: bpy.types.Object) -> None:
    rig.parent = bpy.data.objects.new("Car", None)
    bpy.context.scene.collection.objects.link(rig.parent)
    rig.parent.keyframe_insert("location", frame=1)
    rig.parent.location.y = 2.0
    rig.parent.keyframe_insert("location", frame=LONG)


@pytest.mark.parametrize("change", [muted_curve, constraint, driver, layer, moved_object, parent])
def test_whatever_else_moves_a_rig_is_read_as_blender_shows_it(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = make_rig(MIXAMO, "Anna", prefix="mixamorig:")
    character = cast_actor("Anna", rig)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, LONG
    key_performance(scene, [character], perform(LONG, character))
    change(rig)
    back, truth = read_back(scene, character, 1, LONG), by_evaluation(character, 1, LONG, monkeypatch)
    assert np.abs(back.root_positions - truth.root_positions).max() < 1e-5
    assert angles_between(back.rotations.astype(float), truth.rotations.astype(float)).max() < 1e-3
