"""Bones that share a joint's rotation: twist bones along the limbs, toes side by side, short fingers, metacarpals."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import cast_actor, map_rig
from interact_addon.rig.mapping import Drive
from interact_addon.rig.retarget import retarget
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk

from .real_rigs import CGSPEED, CHARACTER_CREATOR, DAZ_GENESIS_8, MAKEHUMAN, MIXAMO, UNREAL, RealRig
from .rigs import T_POSE, pose_rig, turned
from .test_rig_names import make_real


def rolls(rig: bpy.types.Object, bones: Iterable[str], joint: str, degrees: float) -> dict[str, float]:
    """Return how far each bone rolls about the arm's axis (X) when the joint does, in degrees, as Blender shows it."""
    seen = []
    for angle in (0.0, degrees):
        assert pose_rig(rig, turned(**{joint: (angle, 0, 0)}), (0, 0, 0.95)) < 0.001
        seen.append({bone: axial(rig, bone) for bone in bones})
    return {bone: seen[1][bone] - seen[0][bone] for bone in seen[0]}


def axial(rig: bpy.types.Object, bone: str) -> float:
    """Return how far a bone is turned about X from its rest, in degrees."""
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[bone]
    change = (rig.matrix_world @ posed.matrix) @ (rig.matrix_world @ posed.bone.matrix_local).inverted()
    q = change.to_quaternion()
    return float(np.degrees(2.0 * np.arctan2(q.x, q.w) + np.pi) % 360.0 - 180.0)


def drives_of(rig: bpy.types.Object) -> dict[str, Drive]:
    return {drive.bone: drive for drive in cast_actor("Anna", rig).rig.drives}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (UNREAL, {"lowerarm_l": 0, "lowerarm_twist_01_l": 40, "hand_l": 80}),
        (CHARACTER_CREATOR, {"CC_Base_L_Forearm": 0, "CC_Base_L_ForearmTwist01": 40, "CC_Base_L_Hand": 80}),
        (DAZ_GENESIS_8, {"lForearmBend": 0, "lForearmTwist": 40, "lHand": 80}),
        (MAKEHUMAN, {"lowerarm01.L": 0, "lowerarm02.L": 40, "wrist.L": 80}),
    ],
    ids=["Unreal", "Character Creator", "Daz Genesis 8", "MakeHuman"],
)
def test_a_turned_hand_is_led_up_to_along_the_forearm(kind: RealRig, expected: dict[str, float]) -> None:
    rig = make_real(kind, T_POSE)
    assert rolls(rig, expected, "left_wrist", 80.0) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (UNREAL, {"clavicle_l": 0, "upperarm_twist_01_l": 35, "upperarm_l": 70}),
        (DAZ_GENESIS_8, {"lCollar": 0, "lShldrBend": 35, "lShldrTwist": 70, "lForearmBend": 70}),
    ],
    ids=["beside the arm", "in line with it"],
)
def test_a_rolled_upper_arm_is_led_up_to_from_the_shoulder(kind: RealRig, expected: dict[str, float]) -> None:
    rig = make_real(kind, T_POSE)
    assert rolls(rig, expected, "left_shoulder", 70.0) == pytest.approx(expected, abs=0.5)


def test_twist_does_not_jump_while_an_arm_swings_and_rolls() -> None:
    character = cast_actor("Anna", make_real(UNREAL, T_POSE))
    time = np.linspace(0.0, 1.0, 200)[:, None]
    rotations = np.tile(np.array([1.0, 0.0, 0.0, 0.0]), (200, 52, 1))
    swing = rot.from_axis_angle(time * [0.0, 1.3, -1.5])
    roll = rot.from_axis_angle(np.sin(6.0 * time) * [2.0, 0.0, 0.0])
    rotations[:, sk.INDEX["left_shoulder"]] = rot.multiply(swing, roll)
    pose = retarget(np.zeros((200, 3)), rotations, character.rig, character.rest)
    twist = pose.rotations[:, pose.bones.index("upperarm_twist_01_l")]
    steps = rot.to_axis_angle(rot.multiply(rot.conjugate(twist[:-1]), twist[1:]))
    assert np.degrees(np.linalg.norm(steps, axis=-1)).max() < 5.0


def test_twist_does_not_flicker_where_an_arm_that_hung_at_rest_points_up() -> None:
    hanging = {"left_shoulder": (0.0, 85.0, 0.0), "right_shoulder": (0.0, -85.0, 0.0)}
    character = cast_actor("Anna", make_real(UNREAL, hanging))
    time = np.linspace(0.0, 1.0, 200)[:, None]
    rotations = np.tile(np.array([1.0, 0.0, 0.0, 0.0]), (200, 52, 1))
    up = np.radians(-100.0) * time + np.radians(85.0) * (1.0 - time)  # past straight up, close beside the pole
    rotations[:, sk.INDEX["left_shoulder"]] = rot.from_axis_angle(up * [0.03, 1.0, 0.02])
    pose = retarget(np.zeros((200, 3)), rotations, character.rig, character.rest)
    twist = pose.rotations[:, pose.bones.index("upperarm_twist_01_l")]
    steps = rot.to_axis_angle(rot.multiply(rot.conjugate(twist[:-1]), twist[1:]))
    assert np.degrees(np.linalg.norm(steps, axis=-1)).max() < 5.0


@pytest.mark.parametrize("how", ["constraint", "driver"])
def test_twist_bones_that_something_else_turns_are_left_to_it(how: str) -> None:
    rig = make_real(UNREAL, T_POSE)
    bone = rig.pose.bones["lowerarm_twist_01_l"]
    if how == "constraint":
        bone.constraints.new("COPY_ROTATION").target = rig
    else:
        bone.driver_add("rotation_quaternion", 1)
    drives = drives_of(rig)
    assert "lowerarm_twist_01_l" not in drives and "lowerarm_twist_01_r" in drives


def test_an_arm_whose_twist_bone_is_driven_keeps_its_whole_turn() -> None:
    rig = make_real(DAZ_GENESIS_8, T_POSE)
    rig.pose.bones["lShldrTwist"].driver_add("rotation_euler", 1)
    assert (drives_of(rig)["lShldrBend"].twist, drives_of(rig)["rShldrBend"].twist) == ("", "right_shoulder")


def test_all_toes_bend_together() -> None:
    rig = make_real(MAKEHUMAN, T_POSE)
    drives = drives_of(rig)
    assert [drives[f"toe{n}-1.L"].joint for n in (1, 2)] == ["left_foot", "left_foot"]
    pose_rig(rig, turned(left_foot=(30, 0, 0)), (0, 0, 0.95))
    assert axial(rig, "toe2-1.L") == pytest.approx(axial(rig, "toe1-1.L"), abs=0.01) != 0.0


def test_the_last_bone_of_a_short_finger_bends_for_the_missing_one_too() -> None:
    rig = make_real(CGSPEED, T_POSE)
    drive = drives_of(rig)["lIndex2"]
    assert (drive.joint, drive.towards, drive.share) == ("left_index2", "left_index3", 0.5)


def test_metacarpals_keep_their_rest_pose() -> None:
    rig = make_real(DAZ_GENESIS_8, T_POSE)
    metacarpals = [bone.name for bone in rig.data.bones if "Carpal" in bone.name]
    assert metacarpals and not set(metacarpals) & set(drives_of(rig))


def test_a_rig_without_such_bones_is_keyed_as_it_is_mapped() -> None:
    rig = make_real(MIXAMO, T_POSE)
    assert cast_actor("Anna", rig).rig.drives == map_rig(rig).drives
