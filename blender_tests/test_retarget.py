"""Retargeting: every joint of the posed rig is where canonical forward kinematics puts it."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import cast_actor
from interact_addon.rig.euler import EULER_ORDERS, continuous_euler
from interact_addon.rig.keying import key_performance
from interact_addon.rig.retarget import retarget
from interact_addon.rig.tables import TABLES, RigTable
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ActorPerformance, Performance

from .rigs import (
    A_POSE,
    PREFIXES,
    T_POSE,
    add_face,
    counted_calls,
    generate_rigify,
    joint_error,
    lay_down,
    make_rig,
    perform,
    pose_rig,
    turned,
)

CENTIMETRE = 0.01
SEEN = ("head", *(f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "index3", "ankle", "foot")))
POSES = {
    "T-pose": turned(),
    "arms down": turned(left_shoulder=(0, 75, 0), right_shoulder=(0, -75, 0)),
    "elbow at 90 degrees": turned(left_elbow=(0, 0, -90), right_elbow=(0, 0, 90)),
    "head turned": turned(neck=(0, 0, 20), head=(10, 0, 30)),
    "sitting": turned(left_hip=(90, 0, 0), right_hip=(90, 0, 0), left_knee=(-90, 0, 0), right_knee=(-90, 0, 0)),
    "bent and turned": turned(pelvis=(0, 0, 60), spine1=(15, 0, 5), spine2=(15, 5, 5), spine3=(10, 0, 10)),
    "fist": turned(
        **{f"left_{finger}{n}": (0, 60, 0) for finger in ("index", "middle", "ring", "pinky") for n in (1, 2, 3)}
    ),
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES.keys())
@pytest.mark.parametrize("table", [MIXAMO, UNREAL], ids=lambda table: table.name)
def test_posed_joints_lie_where_the_canonical_pose_puts_them(table, pose: np.ndarray) -> None:
    rig = make_rig(table)
    # Five bones share the bends of Unreal's spine and two those of its neck: within, they are near the joints.
    assert pose_rig(rig, pose, (0.4, -0.3, 0.8)) < (5e-3 if table is UNREAL else 1e-4)


@pytest.mark.parametrize("rest", [T_POSE, A_POSE], ids=["rest T", "rest A"])
@pytest.mark.parametrize("table", [table for table in TABLES if not table.is_control_rig], ids=lambda table: table.name)
def test_head_hands_and_feet_agree_within_three_millimetres_in_a_strong_pose(table: RigTable, rest: dict) -> None:
    """Whatever the number of bones in spine and neck."""
    everything = rot.multiply(POSES["bent and turned"], rot.multiply(POSES["sitting"], POSES["arms down"]))
    everything = rot.multiply(everything, POSES["head turned"]).astype(np.float32)
    rig = make_rig(table, pose=rest, prefix=PREFIXES.get(table.name, ""))
    assert pose_rig(rig, everything, (0, 1, 0.6)) < 2 * CENTIMETRE
    character = cast_actor("Rig", rig)
    assert joint_error(rig, character, (0, 1, 0.6), everything, SEEN) < 3e-3


def test_a_generated_rigify_rig_follows_through_its_controls() -> None:
    rig = generate_rigify()
    everything = rot.multiply(
        POSES["bent and turned"], rot.multiply(POSES["elbow at 90 degrees"], POSES["sitting"])
    ).astype(np.float32)
    assert pose_rig(rig, everything, (1, 0, 0.7)) < 1e-3
    assert rig.pose.bones["thigh_parent.L"]["IK_FK"] == 1.0


def test_rigify_deform_bones_follow_the_controls() -> None:
    rig = generate_rigify()
    pose_rig(rig, POSES["sitting"], (0, 0, 0.6))
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    for control, deform in (("shin_fk.L", "DEF-shin.L"), ("hand_fk.R", "DEF-hand.R"), ("head", "DEF-spine.006")):
        assert (posed[control].head - posed[deform].head).length < 2 * CENTIMETRE


def test_location_rotation_and_scale_of_the_object_do_not_move_the_performance() -> None:
    rig = make_rig(MIXAMO)
    rig.location, rig.rotation_euler, rig.scale = (3, -2, 0), (0, 0, 2.0), (0.9, 0.9, 0.9)
    bpy.context.view_layer.update()
    pose = POSES["arms down"].copy()
    pose[0] = rot.about_z(np.array(-1.0, np.float32))
    assert pose_rig(rig, pose, (1.0, 1.0, 0.8)) < 1e-4


def test_a_rig_imported_in_centimetres_with_y_up_is_posed_upright() -> None:
    rig = make_rig(MIXAMO, size=100.0)
    lay_down(rig)
    rig.rotation_euler, rig.scale = (math.radians(90), 0, 0), (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    assert pose_rig(rig, POSES["sitting"], (0, 0, 0.5)) < 1e-4


def test_an_a_pose_rig_in_the_canonical_t_pose_holds_palms_down_and_thumbs_forward() -> None:
    rig = make_rig(UNREAL, pose=A_POSE)
    pose_rig(rig, POSES["T-pose"], (0, 0, 0.9))
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    for side, out in (("l", 1), ("r", -1)):
        wrist, index, pinky = (np.array(posed[f"{bone}_{side}"].head) for bone in ("hand", "index_01", "pinky_01"))
        back_of_hand = np.cross(index - wrist, pinky - wrist) * out
        assert back_of_hand[2] / np.linalg.norm(back_of_hand) == pytest.approx(1.0, abs=0.02)
        assert posed[f"thumb_03_{side}"].head.y < wrist[1] - 0.02


def test_a_root_bone_stays_at_the_origin() -> None:
    rig = make_rig(UNREAL)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    root = rig.data.edit_bones.new("root")
    root.head, root.tail = (0, 0, 0), (0, 0.2, 0)
    rig.data.edit_bones["pelvis"].parent = root
    bpy.ops.object.mode_set(mode="OBJECT")
    assert pose_rig(rig, POSES["arms down"], (1.0, 2.0, 0.9)) < 2 * CENTIMETRE
    assert rig.pose.bones["root"].matrix_basis.is_identity and "root" not in {c.group.name for c in _curves(rig)}


def test_a_leftover_pose_of_the_artist_does_not_bend_the_performance() -> None:
    rig = make_rig(MIXAMO)
    rig.pose.bones["LeftArm"].location, rig.pose.bones["Spine"].scale = (0.1, 0, 0), (1.5, 1.5, 1.5)
    assert pose_rig(rig, POSES["arms down"], (0, 0, 0.9)) < 1e-4


@pytest.mark.parametrize("mode", ["XYZ", "YXZ", "ZXY", "AXIS_ANGLE"])
def test_bones_in_other_rotation_modes_are_keyed_in_their_mode(mode: str) -> None:
    rig = make_rig(MIXAMO)
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    assert pose_rig(rig, POSES["elbow at 90 degrees"], (0, 0, 0.9)) < 1e-4
    assert {bone.rotation_mode for bone in rig.pose.bones} == {mode}


@pytest.mark.parametrize("order", EULER_ORDERS)
def test_euler_curves_do_not_jump(order: str) -> None:
    turns = np.linspace(0, 4 * np.pi, 400)
    axis = np.array([0.3, 0.8, 0.5]) / np.linalg.norm([0.3, 0.8, 0.5])
    angles = continuous_euler(rot.from_axis_angle(turns[:, None] * axis), order)
    assert np.abs(np.diff(angles, axis=0)).max() < 0.3


def test_all_frames_are_retargeted_at_once() -> None:
    character = cast_actor("Anna", make_rig(MIXAMO))
    counts = []
    for frames in (3, 1801):
        part = perform(frames, character).actors[0]
        with counted_calls() as calls:
            retarget(part.root_positions, part.rotations, character.rig, character.rest)
        counts.append(calls[0])
    assert counts[0] == counts[1] > 0


@pytest.mark.data
@pytest.mark.parametrize("file_name", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_captured_motion_lands_on_ready_characters(load_character, data: Path, file_name: str) -> None:
    """A captured man sits and touches his face: all 22 body joints within a centimetre."""
    import tarfile

    from model_runtime.datasets.rocketbox import read_rocketbox

    with tarfile.open(data / "motion" / "rocketbox.tar") as archive:
        member = next(m for m in archive if m.name.endswith("m_sit_chair_idle_touch_face.npz"))
        content = archive.extractfile(member)
        assert content is not None
        clip = read_rocketbox(member.name, content.read())
    rig = load_character(file_name)
    rig.location.x = 0.5
    bpy.context.view_layer.update()
    character = cast_actor(file_name, rig)
    root = clip.root_positions * (character.rest.skeleton.pelvis_height / clip.skeleton.pelvis_height)
    nothing = np.zeros((clip.frames, 52), np.float32)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, clip.frames
    actor = ActorPerformance(character.name, root, clip.rotations, nothing, nothing[:, :4])
    key_performance(scene, [character], Performance((actor,)))
    for frame in (0, 75, 150, clip.frames - 1):
        scene.frame_set(1 + frame)
        assert joint_error(rig, character, root[frame], clip.rotations[frame], sk.BODY_JOINTS) < CENTIMETRE


def test_faces_of_one_character_move_together() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "Head")
    add_face(rig, "Teeth", ("JawOpen", "tongueOut"))
    character = cast_actor("Anna", rig)
    face = np.full((4, 52), 0.25, np.float32)
    key_performance(bpy.context.scene, [character], perform(4, character, move=False, face=face))
    bpy.context.scene.frame_set(2)
    for mesh, shape in (("Head", "jawOpen"), ("Teeth", "JawOpen"), ("Teeth", "tongueOut")):
        assert bpy.data.objects[mesh].data.shape_keys.key_blocks[shape].value == pytest.approx(0.25)


def _curves(rig: bpy.types.Object) -> list[bpy.types.FCurve]:
    action = rig.animation_data.action
    return list(action.layers[0].strips[0].channelbag(rig.animation_data.action_slot).fcurves)
