"""Jaw, eye and eyelid bones: found by name, turned about the character's own axes, only for what no shape shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import addon_utils
import bpy
import numpy as np
import pytest
from mathutils import Vector

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.face_bones import face_bone_channels
from interact_addon.rig.face_settings import FaceSettings, ShapeSetting
from interact_addon.rig.identity import reference
from interact_addon.rig.keying import key_performance
from interact_addon.rig.read_back import read_back
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.contract import ARKIT_NAMES, LOOK_DOWN, LOOK_SIDE, LOOK_UP
from model_runtime.errors import InvalidRequest

from .rigs import A_POSE, add_face, curves, lay_down, make_rig, perform, places_of

HEAD = places_of(A_POSE)["head"]
HINGE, CHIN = HEAD + [0.0, 0.01, 0.0], HEAD + [0.0, -0.08, -0.05]
LEFT_EYE, RIGHT_EYE = HEAD + [0.032, -0.07, 0.06], HEAD + [-0.032, -0.07, 0.06]
NAMES = {"jaw": "mixamorig:Jaw", "left": "mixamorig:LeftEye", "right": "mixamorig:RightEye"}


def at_angle(eye: np.ndarray, degrees: float) -> np.ndarray:
    """Return the point in front of an eye, 12 mm from its centre, at this elevation."""
    return eye + 0.012 * np.array([0.0, -math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])


def make_head(
    names: dict[str, str] = NAMES, lids: bool = False, shapes: dict[str, dict[str, tuple]] | None = None
) -> bpy.types.Object:
    """Make a Mixamo rig with bones of the face, rolled at random, and a mesh of one vertex for each.

    ``shapes``: shape key -> part -> its movement.
    """
    rig = make_rig(MIXAMO, "Anna", prefix="mixamorig:")
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rng = np.random.default_rng(5)
    places = {"jaw": HINGE, "left": LEFT_EYE, "right": RIGHT_EYE}
    points = {"jaw": CHIN, "left": LEFT_EYE + [0, -0.012, 0], "right": RIGHT_EYE + [0, -0.012, 0]}
    if lids:
        names = {**names, "upper": "lEyelidUpper", "lower": "lEyelidLower"}
        places |= {"upper": LEFT_EYE, "lower": at_angle(LEFT_EYE, -20)}
        points |= {"upper": at_angle(LEFT_EYE, 20), "lower": at_angle(LEFT_EYE, -20)}
    for part, name in names.items():
        bone = rig.data.edit_bones.new(name)
        bone.head, bone.tail = Vector(places[part]), Vector(places[part] + 0.03 * rng.normal(size=3))
        bone.roll, bone.parent = float(rng.uniform(-3, 3)), rig.data.edit_bones["mixamorig:Head"]
    bpy.ops.object.mode_set(mode="OBJECT")
    mesh = bpy.data.meshes.new("Face")
    mesh.from_pydata([points[part] for part in names], [], [])
    face = bpy.data.objects.new("Face", mesh)
    bpy.context.scene.collection.objects.link(face)
    face.parent = rig
    face.modifiers.new("Armature", "ARMATURE").object = rig
    for number, name in enumerate(names.values()):
        face.vertex_groups.new(name=name).add([number], 1.0, "REPLACE")
    if shapes:
        face.shape_key_add(name="Basis")
        for shape, moved in shapes.items():
            block = face.shape_key_add(name=shape)
            for part, movement in moved.items():
                block.data[list(names).index(part)].co += Vector(movement)
    return rig


@contextmanager
def editing(rig: bpy.types.Object) -> Iterator[Any]:
    """Give the edit bones of a rig."""
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    yield rig.data.edit_bones
    bpy.ops.object.mode_set(mode="OBJECT")


def turned_bones(actor: CastActor) -> set[str]:
    return {bone.bone for bone in actor.face_bones}


def seen(rig: bpy.types.Object, actor: CastActor, frame: np.ndarray) -> np.ndarray:
    """Key one frame of curves (1, 52) on a still body and return the face's vertices (V, 3) in the world."""
    key_performance(bpy.context.scene, [actor], perform(4, actor, move=False, face=np.repeat(frame, 4, axis=0)))
    bpy.context.scene.frame_set(2)
    evaluated = bpy.data.objects["Face"].evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ vertex.co for vertex in evaluated.data.vertices])


def test_the_jaw_takes_the_chin_down_about_the_hinge_as_far_as_arkits_without_going_aside() -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    shut, opened = seen(rig, actor, curves())[0], seen(rig, actor, curves(jawOpen=1.0))[0]
    assert np.linalg.norm(opened - shut) == pytest.approx(0.022 * actor.rest.skeleton.height, rel=1e-3)
    assert opened[2] < shut[2] - 0.025 and abs(opened[0] - shut[0]) < 1e-5
    hinge = np.array(rig.matrix_world @ rig.pose.bones[NAMES["jaw"]].head)
    assert np.linalg.norm(opened - hinge) == pytest.approx(np.linalg.norm(shut - hinge), rel=1e-4)


def test_a_jaw_with_a_higher_hinge_turns_less() -> None:
    near = next(bone for bone in cast_actor("Anna", make_head()).face_bones if bone.bone == NAMES["jaw"])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = make_head()
    with editing(rig) as bones:
        bones[NAMES["jaw"]].head.z += 0.08
        bones[NAMES["jaw"]].tail.z += 0.08
    far = next(bone for bone in cast_actor("Anna", rig).face_bones if bone.bone == NAMES["jaw"])
    column = ARKIT_NAMES.index("jawOpen")
    assert np.linalg.norm(far.turns[column]) < 0.8 * np.linalg.norm(near.turns[column])


def test_the_jaw_opens_downwards_for_a_character_that_lies_in_its_armature_and_faces_aside() -> None:
    rig = make_head()
    face = bpy.data.objects["Face"]
    for vertex in face.data.vertices:
        vertex.co = (vertex.co.x, vertex.co.z, -vertex.co.y)
    lay_down(rig)
    rig.rotation_euler = (math.radians(90), 0.0, math.radians(70))
    bpy.context.view_layer.update()
    actor = cast_actor("Anna", rig)
    shut, opened = seen(rig, actor, curves())[0], seen(rig, actor, curves(jawOpen=1.0))[0]
    moved = opened - shut
    assert moved[2] < -0.025
    sideways = np.array([math.cos(actor.rest.heading), math.sin(actor.rest.heading), 0.0])
    assert abs(moved @ sideways) < 1e-4


@pytest.mark.parametrize(
    ("curve", "which", "direction", "angle"),
    [
        ("eyeLookOutLeft", 1, (1, 0, 0), LOOK_SIDE), ("eyeLookInLeft", 1, (-1, 0, 0), LOOK_SIDE),
        ("eyeLookOutRight", 2, (-1, 0, 0), LOOK_SIDE), ("eyeLookInRight", 2, (1, 0, 0), LOOK_SIDE),
        ("eyeLookUpLeft", 1, (0, 0, 1), LOOK_UP), ("eyeLookDownRight", 2, (0, 0, -1), LOOK_DOWN),
    ],
)  # fmt: skip
def test_each_eye_turns_where_its_curve_says_by_the_gazes_own_angle(
    curve: str, which: int, direction: tuple, angle: float
) -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    moved = seen(rig, actor, curves(**{curve: 1.0})) - seen(rig, actor, curves())
    assert moved[which] @ np.array(direction) == pytest.approx(0.012 * math.sin(angle), rel=1e-3)
    assert np.abs(np.delete(moved, which, axis=0)).max() < 1e-5


def test_face_bones_are_carried_by_the_head() -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    performance = perform(30, actor, face=np.repeat(curves(jawOpen=1.0), 30, axis=0))
    key_performance(bpy.context.scene, [actor], performance)
    bpy.context.scene.frame_set(20)
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    jaw, head = (evaluated.pose.bones[name].matrix for name in (NAMES["jaw"], "mixamorig:Head"))
    rest = {name: rig.data.bones[name].matrix_local for name in (NAMES["jaw"], "mixamorig:Head")}
    relative = (head.inverted() @ jaw).to_quaternion()
    still = (rest["mixamorig:Head"].inverted() @ rest[NAMES["jaw"]]).to_quaternion()
    turn = next(bone for bone in actor.face_bones if bone.bone == NAMES["jaw"]).turns[ARKIT_NAMES.index("jawOpen")]
    assert relative.rotation_difference(still).angle == pytest.approx(np.linalg.norm(turn), abs=1e-3)


def test_lids_close_the_gap_that_is_measured_between_them() -> None:
    rig = make_head(lids=True)
    actor = cast_actor("Anna", rig)
    opened, shut = seen(rig, actor, curves()), seen(rig, actor, curves(eyeBlink=1.0))
    upper, lower = list(NAMES).index("right") + 1, list(NAMES).index("right") + 2
    assert opened[upper][2] - opened[lower][2] > 0.007
    np.testing.assert_allclose(shut[upper], shut[lower], atol=2e-4)
    assert opened[upper][2] - shut[upper][2] > 2 * (shut[lower][2] - opened[lower][2]) > 0.0


def test_a_lid_bone_at_the_lid_moves_around_the_eye() -> None:
    rig = make_head(lids=True)
    lower = next(bone for bone in cast_actor("Anna", rig).face_bones if bone.bone == "lEyelidLower")
    channels = {
        channel.path.rsplit(".", 1)[1]: channel for channel in face_bone_channels([lower], curves(eyeBlink=1.0))
    }
    assert np.linalg.norm(channels["location"].values) > 0.001


def test_a_jaw_that_a_shape_opens_is_not_turned_as_well() -> None:
    rig = make_head(shapes={"jawOpen": {"jaw": (0, 0.005, -0.035)}, "mouthPucker": {"jaw": (0, -0.001, 0)}})
    jaw = [bone for bone in cast_actor("Anna", rig).face_bones if bone.bone == NAMES["jaw"]]
    assert all(ARKIT_NAMES.index("jawOpen") not in bone.arkit_columns for bone in jaw)


def test_a_jaw_shape_that_hardly_moves_the_chin_leaves_the_opening_to_the_bone() -> None:
    rig = make_head(shapes={"Jaw_Open": {"jaw": (0, 0, -0.0005)}, "Mouth_Funnel": {"jaw": (0, -0.001, 0)}})
    actor = cast_actor("Anna", rig)
    assert any(ARKIT_NAMES.index("jawOpen") in bone.arkit_columns for bone in actor.face_bones)


def test_eye_shapes_that_move_only_the_lids_leave_the_eyeballs_to_the_bones() -> None:
    looks = {name: {"jaw": (0, 0, 0.001)} for name in ARKIT_NAMES if name.startswith("eyeLook")}
    rig = make_head(shapes=looks)
    assert {NAMES["left"], NAMES["right"]} <= turned_bones(cast_actor("Anna", rig))


def test_the_jaw_stays_shut_behind_closed_lips_where_no_shape_closes_them() -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    shut, said = seen(rig, actor, curves()), seen(rig, actor, curves(jawOpen=0.3, mouthClose=0.3))
    np.testing.assert_allclose(said[0], shut[0], atol=1e-5)


def test_lips_that_close_more_than_the_jaw_opens_never_turn_the_jaw_upwards() -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    shut, said = seen(rig, actor, curves()), seen(rig, actor, curves(jawOpen=0.1, mouthClose=0.9))
    np.testing.assert_allclose(said[0], shut[0], atol=1e-5)


@pytest.mark.parametrize("mode", ["XYZ", "ZYX", "AXIS_ANGLE"])
def test_a_jaw_is_keyed_in_the_bones_own_rotation_mode(mode: str) -> None:
    rig = make_head()
    rig.pose.bones[NAMES["jaw"]].rotation_mode = mode
    actor = cast_actor("Anna", rig)
    shut, opened = seen(rig, actor, curves())[0], seen(rig, actor, curves(jawOpen=1.0))[0]
    assert opened[2] < shut[2] - 0.025 and abs(opened[0] - shut[0]) < 1e-5


def test_a_bone_that_moves_no_vertex_is_left_alone() -> None:
    rig = make_head()
    face = bpy.data.objects["Face"]
    face.vertex_groups.remove(face.vertex_groups[NAMES["jaw"]])
    assert turned_bones(cast_actor("Anna", rig)) == {NAMES["left"], NAMES["right"]}


def test_an_eyeball_that_hangs_on_its_bone_is_turned_with_it() -> None:
    rig = make_head()
    face = bpy.data.objects["Face"]
    face.vertex_groups.remove(face.vertex_groups[NAMES["left"]])
    assert NAMES["left"] not in turned_bones(cast_actor("Anna", rig))
    mesh = bpy.data.meshes.new("Eyeball")
    mesh.from_pydata([(0, -0.012, 0), (0, 0, 0.012)], [], [])
    eyeball = bpy.data.objects.new("Eyeball", mesh)
    bpy.context.scene.collection.objects.link(eyeball)
    eyeball.parent, eyeball.parent_type, eyeball.parent_bone = rig, "BONE", NAMES["left"]
    bpy.context.view_layer.update()
    assert NAMES["left"] in turned_bones(cast_actor("Anna", rig))


def test_a_jaw_that_a_driver_moves_and_an_eye_that_tracks_a_target_are_left_to_them() -> None:
    rig = make_head()
    rig.pose.bones[NAMES["jaw"]].rotation_mode = "XYZ"
    rig.pose.bones[NAMES["jaw"]].driver_add("rotation_euler", 0).driver.expression = "0.1"
    rig.pose.bones[NAMES["left"]].constraints.new("DAMPED_TRACK").target = rig
    rig.pose.bones[NAMES["right"]].constraints.new("LIMIT_ROTATION")
    actor = cast_actor("Anna", rig)
    assert turned_bones(actor) == {NAMES["right"]}
    rig.pose.bones[NAMES["left"]].constraints[0].mute = True
    assert turned_bones(cast_actor("Anna", rig)) == {NAMES["left"], NAMES["right"]}


def test_a_bone_with_a_faces_name_elsewhere_is_left_alone() -> None:
    rig = make_head()
    with editing(rig) as bones:
        bones[NAMES["jaw"]].parent = bones["mixamorig:LeftHand"]
    assert NAMES["jaw"] not in turned_bones(cast_actor("Anna", rig))


@pytest.mark.parametrize(
    "names",
    [
        {"jaw": "CC_Base_JawRoot", "left": "CC_Base_L_Eye", "right": "CC_Base_R_Eye"},
        {"jaw": "Bip01 MJaw", "left": "Bip01 LEye", "right": "Bip01 REye"},
        {"jaw": "lowerJaw", "left": "lEye", "right": "rEye"},
        {"jaw": "lowerjaw", "left": "l_eye", "right": "r_eye"},
        {"jaw": "jaw", "left": "eye.L", "right": "eye.R"},
        {"jaw": "Jaw", "left": "LeftEye", "right": "RightEye"},
        {"jaw": "J_Bip_C_Jaw", "left": "J_Adj_L_FaceEye", "right": "J_Adj_R_FaceEye"},
        {"jaw": "FACIAL_C_Jaw", "left": "FACIAL_L_Eye", "right": "FACIAL_R_Eye"},
        {"jaw": "jawbone.x", "left": "eye_l", "right": "eye_r"},
        {"jaw": "rig:mixamorig:Jaw", "left": "rig:Eye_L", "right": "rig:Eye_R"},
        {"jaw": "DEF-jaw", "left": "DEF-eye.L", "right": "DEF-eye.R"},
    ],
    ids=lambda names: names["jaw"],
)
def test_jaws_and_eyes_are_known_by_the_names_of_each_product(names: dict[str, str]) -> None:
    assert turned_bones(cast_actor("Anna", make_head(names))) == set(names.values())


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("lEyelidUpper", "lEyelidLower"), ("Bip01 LEyeBlinkTop", "Bip01 LEyeBlinkBottom"),
        ("eyelid_upper_l", "eyelid_lower_l"), ("orbicularis03.L", "orbicularis04.L"),
        ("Eyelid_Upper_L", "Eyelid_Lower_L"),
        ("LeftUpperEyelid", "LeftLowerEyelid"), ("c_eyelid_top.l", "c_eyelid_bot.l"),
        ("l_eyelidUpper", "l_eyelidLower"),
    ],
)  # fmt: skip
def test_lids_are_known_by_the_names_of_each_product(upper: str, lower: str) -> None:
    rig = make_head(lids=True)
    face = bpy.data.objects["Face"]
    for old, new in (("lEyelidUpper", upper), ("lEyelidLower", lower)):
        rig.data.bones[old].name = new
        assert new in face.vertex_groups
    assert {upper, lower} <= turned_bones(cast_actor("Anna", rig))


def test_a_character_with_face_bones_alone_says_so() -> None:
    actor = cast_actor("Anna", make_head())
    assert any("only its face bones will move" in warning for warning in actor.warnings)


def test_a_character_without_face_bones_has_no_channels_for_them() -> None:
    actor = cast_actor("Anna", make_rig(MIXAMO, "Anna"))
    assert actor.face_bones == () and face_bone_channels(actor.face_bones, curves()) == []


def test_what_face_bones_show_is_read_back_as_the_curves_that_turned_them() -> None:
    rig = make_head(lids=True)
    actor = cast_actor("Anna", rig)
    face = np.zeros((24, 52), np.float32)
    for curve, phase in (("jawOpen", 0.0), ("eyeLookOutLeft", 0.3), ("eyeLookUpRight", 0.6), ("eyeBlinkLeft", 0.9)):
        face[:, ARKIT_NAMES.index(curve)] = 0.4 + 0.3 * np.sin(2 * np.pi * (np.arange(24) / 24 + phase))
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 24
    key_performance(bpy.context.scene, [actor], perform(24, actor, face=face))
    seen_again = read_back(bpy.context.scene, actor, 1, 24).face
    np.testing.assert_allclose(seen_again, face, atol=0.01)


def test_a_shape_that_is_scaled_and_offset_is_read_back_as_its_curve() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head = add_face(rig, "Head")
    setting = ShapeSetting(reference(head), "jawOpen", "", "jawOpen", scale=0.5, offset=0.1)
    actor = cast_actor("Anna", rig, face=FaceSettings(shapes=(setting,)))
    key_performance(bpy.context.scene, [actor], perform(4, actor, face=np.repeat(curves(jawOpen=0.6), 4, axis=0)))
    assert read_back(bpy.context.scene, actor, 1, 4).face[2, ARKIT_NAMES.index("jawOpen")] == pytest.approx(
        0.6, abs=1e-4
    )


def test_a_face_bone_that_is_gone_is_one_sentence_and_nothing_is_keyed() -> None:
    rig = make_head()
    actor = cast_actor("Anna", rig)
    with editing(rig) as bones:
        bones.remove(bones[NAMES["jaw"]])
    with pytest.raises(InvalidRequest, match="has no bone 'mixamorig:Jaw' any more"):
        key_performance(bpy.context.scene, [actor], perform(4, actor))
    with pytest.raises(InvalidRequest, match="has no bone 'mixamorig:Jaw' any more"):
        read_back(bpy.context.scene, actor, 1, 4)
    assert not bpy.data.actions


@pytest.mark.parametrize("upgraded", [False, True], ids=["face of old", "face of today"])
def test_the_controls_of_a_generated_rigify_face_open_the_jaw_and_turn_the_eyes(upgraded: bool) -> None:
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    if upgraded:
        bpy.ops.pose.rigify_upgrade_face()
        bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.pose.rigify_generate()
    rig = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj != metarig)
    actor = cast_actor("Anna", rig)
    assert turned_bones(actor) == {"jaw_master", "eye.L", "eye.R"}
    frames = np.concatenate([curves(), curves(jawOpen=1.0, eyeLookOutLeft=1.0, eyeLookInRight=1.0)])
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 2
    key_performance(bpy.context.scene, [actor], perform(2, actor, move=False, face=frames))
    chin, eyes = list[Any](), list[Any]()
    for frame in (1, 2):
        bpy.context.scene.frame_set(frame)
        posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        chin.append(np.array(posed["DEF-jaw"].tail))
        if upgraded:  # the metarig of old has no bone that only the eyeball follows
            eyes.append([np.array(posed[f"DEF-eye.{side}"].y_axis) for side in "LR"])
    drop = np.linalg.norm(chin[1] - chin[0])
    assert chin[1][2] < chin[0][2] - 0.01 and 0.5 < drop / (0.022 * actor.rest.skeleton.height) < 1.5
    for before, after in zip(*eyes) if eyes else ():
        assert math.acos(float(before @ after)) == pytest.approx(LOOK_SIDE, abs=0.01) and after[0] > before[0]
