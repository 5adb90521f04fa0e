"""Joint places: thighs and collar bones that hang on a bone which turns them away, scaled bones, objects that move."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import cast_actor
from interact_addon.rig.forward import posed_bones
from interact_addon.rig.keying import key_performance
from interact_addon.rig.read_back import read_back
from interact_addon.rig.retarget import retarget
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import Performance

from .real_rigs import BIPED
from .rigs import A_POSE, joint_error, make_rig, perform, pose_rig, turned
from .test_rig_names import STRONG, make_real

MILLIMETRE = 0.001
FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "foot"))


def biped() -> bpy.types.Object:
    """3ds Max's Biped: thighs on the lowest spine bone, collar bones on the neck."""
    return make_real(BIPED, A_POSE)


def connect(armature: bpy.types.Object, *joints: str) -> None:
    """Join the bones of these joints to the ends of the bones above, so that they cannot be moved."""
    rig = cast_actor("Anna", armature).rig
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for joint in joints:
        bone = armature.data.edit_bones[rig.places[joint][0]]
        between = armature.data.edit_bones.new(f"to {bone.name}")
        between.head, between.tail, between.parent = bone.parent.head, bone.head, bone.parent
        bone.parent, bone.use_connect = between, True
    bpy.ops.object.mode_set(mode="OBJECT")


def test_thighs_on_the_spine_and_collars_on_the_neck_stay_at_their_canonical_places() -> None:
    armature = biped()
    assert pose_rig(armature, STRONG, (0.3, 1.0, 0.8)) < 0.1 * MILLIMETRE
    assert set(cast_actor("Anna", armature).rest.moved) == {"left_hip", "right_hip", "left_collar", "right_collar"}


def test_planted_toes_stand_still_while_the_back_bends() -> None:
    armature = biped()
    character = cast_actor("Anna", armature)
    standing = perform(31, character, move=False).actors[0]
    bend = np.sin(np.linspace(0.0, np.pi, 31))[:, None] * [0.6, 0.2, 0.4]
    for joint in ("spine1", "spine2", "neck"):
        standing.rotations[:, sk.INDEX[joint]] = rot.from_axis_angle(bend)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    key_performance(bpy.context.scene, [character], Performance((standing,)), exact=True)
    places = []
    for frame in range(1, 32):
        bpy.context.scene.frame_set(frame)
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        places.append([np.array(posed.matrix_world @ posed.pose.bones[f"Bip01 {s} Toe0"].head) for s in "LR"])
    assert np.ptp(places, axis=0).max() < 0.1 * MILLIMETRE


@pytest.mark.parametrize("way", ["connected", "locked"])
def test_limbs_that_cannot_be_moved_reach_their_places_by_inverse_kinematics(way: str) -> None:
    armature = biped()
    joints = ("left_hip", "right_hip", "left_collar", "right_collar")
    if way == "connected":
        connect(armature, *joints)
    else:
        for joint in joints:
            armature.pose.bones[cast_actor("Anna", armature).rig.places[joint][0]].lock_location[1] = True
    pose_rig(armature, STRONG, (0.3, 1.0, 0.8))
    character = cast_actor("Anna", armature)
    assert set(character.rest.reached) == set(joints) and not character.rest.moved
    assert joint_error(armature, character, (0.3, 1.0, 0.8), STRONG, FEET) < 5 * MILLIMETRE
    assert joint_error(armature, character, (0.3, 1.0, 0.8), STRONG, ("right_wrist",)) < 5 * MILLIMETRE  # it is bent
    assert joint_error(armature, character, (0.3, 1.0, 0.8), STRONG, ("left_wrist", "head")) < 0.05


def test_a_limb_reached_by_inverse_kinematics_is_read_back_as_it_was_performed() -> None:
    armature = biped()
    connect(armature, "left_hip", "right_hip")
    character = cast_actor("Anna", armature)
    bpy.context.scene.frame_end = 8
    part = perform(8, character).actors[0]
    for knee in ("left_knee", "right_knee"):
        part.rotations[:, sk.INDEX[knee]] = rot.from_axis_angle(np.array([-0.7, 0.0, 0.0]))
    key_performance(bpy.context.scene, [character], Performance((part,)))
    back = read_back(bpy.context.scene, character, 1, 8)
    turned = rot.to_axis_angle(rot.multiply(rot.conjugate(back.rotations), part.rotations))
    legs = [sk.INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
    assert np.degrees(np.linalg.norm(turned[:, legs], axis=-1)).max() < 0.5
    assert np.abs(back.root_positions - part.root_positions).max() < 2 * MILLIMETRE


def test_hands_of_a_rig_without_collar_bones_reach_their_places() -> None:
    armature = make_rig(MIXAMO)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for side in ("Left", "Right"):
        armature.data.edit_bones.remove(armature.data.edit_bones[f"{side}Shoulder"])
        armature.data.edit_bones[f"{side}Arm"].parent = armature.data.edit_bones["Spine2"]
    bpy.ops.object.mode_set(mode="OBJECT")
    shrug = {"left_collar": (0, -25, 0), "right_collar": (0, 25, 15), "left_elbow": (0, 0, -40)}
    pose = turned(**shrug, right_elbow=(0, 0, 60), left_shoulder=(0, 50, 0))
    pose_rig(armature, pose, (0.0, 0.0, 0.95))
    character = cast_actor("Anna", armature)
    assert joint_error(armature, character, (0.0, 0.0, 0.95), pose, ("left_wrist", "right_wrist")) < MILLIMETRE


def test_a_custom_scale_is_kept_and_joints_still_land() -> None:
    """A toon's head, and a chest that carries arms and head further out."""
    armature = make_rig(MIXAMO)
    for bone, scale in (("Head", 1.4), ("Spine1", 1.2), ("LeftLeg", 0.8)):
        armature.pose.bones[bone].scale = (scale,) * 3
    armature.pose.bones["LeftFoot"].bone.inherit_scale = "NONE"
    assert pose_rig(armature, STRONG, (0.3, 1.0, 0.8)) < 0.1 * MILLIMETRE
    assert [tuple(armature.pose.bones[bone].scale) for bone in ("Head", "Spine1")] == [
        pytest.approx((1.4,) * 3), pytest.approx((1.2,) * 3)
    ]  # fmt: skip


def test_bones_that_do_not_inherit_rotation_land_and_keep_that() -> None:
    armature = make_rig(MIXAMO)
    for bone in ("LeftArm", "Head", "RightUpLeg"):
        armature.data.bones[bone].use_inherit_rotation = False
    assert pose_rig(armature, STRONG, (0.3, 1.0, 0.8)) < 0.1 * MILLIMETRE
    assert not armature.data.bones["Head"].use_inherit_rotation


def test_thighs_are_moved_by_the_right_way_on_a_scaled_parent() -> None:
    armature = biped()
    armature.pose.bones["Bip01 Spine"].scale = (1.3,) * 3
    assert pose_rig(armature, STRONG, (0.3, 1.0, 0.8)) < 0.1 * MILLIMETRE


@pytest.mark.parametrize("scaled", [1.0, 1.3])
@pytest.mark.parametrize("local", [True, False], ids=["own axes", "armature's axes"])
def test_forward_kinematics_of_the_channels_agrees_with_blender(scaled: float, local: bool) -> None:
    armature = biped()
    armature.pose.bones["Bip01 Spine"].scale = (scaled,) * 3
    for side in "LR":
        armature.data.bones[f"Bip01 {side} Thigh"].use_local_location = local
    pose_rig(armature, STRONG, (0.3, 1.0, 0.8))
    character = cast_actor("Anna", armature)
    root, rotations = np.array([[0.3, 1.0, 0.8]]), STRONG[None]
    heads, _ = posed_bones(retarget(root, rotations, character.rig, character.rest), character.rest)
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    for index, bone in enumerate(character.rest.bones):
        seen = np.array(posed.matrix_world @ posed.pose.bones[bone].head)
        assert np.linalg.norm(heads[0, index] - seen) < 0.1 * MILLIMETRE, bone


def moving(kind: str) -> bpy.types.Object:
    """A character that stands at x = 2 at frame 1 and walks away with its object, its parent or its root bone."""
    armature = make_rig(MIXAMO)
    mover, path = armature, "location"
    if kind == "parent":
        mover = bpy.data.objects.new("Lift", None)
        bpy.context.scene.collection.objects.link(mover)
        armature.parent = mover
    if kind == "constraint":
        mover = bpy.data.objects.new("Lift", None)
        bpy.context.scene.collection.objects.link(mover)
        armature.constraints.new("COPY_LOCATION").target = mover
    if kind == "root bone":
        bpy.context.view_layer.objects.active = armature
        bpy.ops.object.mode_set(mode="EDIT")
        root = armature.data.edit_bones.new("root")
        root.head, root.tail = (0, 0, 0), (0, 0.2, 0)
        armature.data.edit_bones["Hips"].parent = root
        bpy.ops.object.mode_set(mode="OBJECT")
        mover = armature.pose.bones["root"]
    for frame, x in ((1, 2.0), (61, 8.0)):
        mover.location.x = x
        mover.keyframe_insert(path, frame=frame)
    return armature


@pytest.mark.parametrize("kind", ["object", "parent", "constraint", "root bone"])
@pytest.mark.parametrize("playhead", [1, 40])
def test_a_character_that_moves_starts_where_it_is_at_the_first_frame(kind: str, playhead: int) -> None:
    armature = moving(kind)
    bpy.context.scene.frame_set(playhead)
    character = cast_actor("Anna", armature, scene=bpy.context.scene)
    assert character.rest.position == pytest.approx((2.0, 0.0), abs=1e-4)
    assert bpy.context.scene.frame_current == playhead


@pytest.mark.parametrize("kind", ["object", "root bone"])
def test_keys_of_the_object_and_of_bones_above_the_body_do_not_carry_the_performance_away(kind: str) -> None:
    armature = moving(kind)
    bpy.context.scene.frame_end = 31
    bpy.context.scene.frame_set(40)
    character = cast_actor("Anna", armature, scene=bpy.context.scene)
    part = perform(31, character).actors[0]
    key_performance(bpy.context.scene, [character], Performance((part,)))
    for frame in (1, 31):
        bpy.context.scene.frame_set(frame)
        assert (
            joint_error(armature, character, part.root_positions[frame - 1], part.rotations[frame - 1])
            < 0.1 * MILLIMETRE
        )
