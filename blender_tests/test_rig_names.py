"""Rigs by name: for every kind its real names, parents and rest are mapped exactly, and a performance lands."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import map_rig
from interact_addon.rig.mapping import map_bones
from interact_addon.rig.tables import TABLES
from model_runtime.body_model import rotations as rot

from .real_rigs import AUTO_RIG_PRO, PLAIN, REAL, RealRig
from .rigs import A_POSE, T_POSE, build_armature, pose_rig, turned

STRONG = rot.multiply(
    turned(pelvis=(0, 0, 60), spine1=(15, 0, 5), spine2=(15, 5, 5), spine3=(10, 0, 10)),
    turned(left_hip=(70, 0, 0), left_knee=(-60, 0, 0), left_shoulder=(0, 60, 0), right_elbow=(0, 0, 70),
           neck=(0, 0, 20), right_shoulder=(20, -30, 0)),
).astype(np.float32)  # fmt: skip


def make_real(rig: RealRig, pose: dict[str, tuple[float, float, float]]) -> bpy.types.Object:
    """Build the rig as its importer leaves it: bones in its own units and axes, the object turned and scaled."""
    armature = build_armature("Rig", rig.bones(pose))
    armature.scale = (rig.unit,) * 3
    armature.rotation_euler.x = math.radians(90) if rig.up == "Y" else 0.0
    bpy.context.view_layer.update()
    return armature


@pytest.mark.parametrize("rig", REAL.values(), ids=REAL.keys())
def test_each_real_rig_is_recognised_and_every_joint_has_its_bone(rig: RealRig) -> None:
    parents = {bone: parent for bone, (parent, _) in rig.bones(T_POSE).items()}
    mapped = map_bones(parents)
    assert mapped.rig == rig.kind
    assert dict(mapped.joints) == rig.joints()


@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["rest T", "rest A"])
@pytest.mark.parametrize("rig", PLAIN.values(), ids=PLAIN.keys())
def test_a_strong_pose_lands_within_two_centimetres_on_each_real_rig(
    rig: RealRig, pose: dict[str, tuple[float, float, float]]
) -> None:
    assert pose_rig(make_real(rig, pose), STRONG, (0.3, 1.0, 0.8)) < 0.02


def test_auto_rig_pro_is_posed_by_its_controls_though_constraints_tie_them() -> None:
    armature = make_real(AUTO_RIG_PRO, A_POSE)
    bones = armature.pose.bones
    tie_arms(armature)
    for side in ("l", "r"):
        for control in ("c_hand_ik", "c_foot_ik"):
            bones[f"{control}.{side}"]["ik_fk_switch"] = 0.0
    bones["c_head.x"]["head_free"] = 1
    assert pose_rig(armature, STRONG, (0.3, 1.0, 0.8)) < 0.02
    assert bones["c_hand_ik.l"]["ik_fk_switch"] == bones["c_foot_ik.r"]["ik_fk_switch"] == 1.0
    assert bones["c_head.x"]["head_free"] == 0


def tie_arms(armature: bpy.types.Object) -> None:
    """Add the constraints by which Auto-Rig Pro ties arms to shoulders and hands to their controls."""
    bones = armature.pose.bones
    for side in ("l", "r"):
        _end_at(armature, f"c_shoulder.{side}", f"c_arm_fk.{side}")
        arm = bones[f"c_arm_fk.{side}"].constraints.new("COPY_LOCATION")
        arm.target, arm.subtarget, arm.head_tail = armature, f"c_shoulder.{side}", 1.0
        hand = bones[f"hand.{side}"].constraints.new("ARMATURE").targets.new()
        hand.target, hand.subtarget = armature, f"c_hand_fk.{side}"


def _end_at(armature: bpy.types.Object, bone: str, other: str) -> None:
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    armature.data.edit_bones[bone].tail = armature.data.edit_bones[other].head
    bpy.ops.object.mode_set(mode="OBJECT")


def test_the_page_lists_every_known_rig(repository: Path) -> None:
    page = (repository / "docs" / "rigs.md").read_text("utf-8")
    table = page.split("## By name")[1].split("## By shape")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    assert {table.name for table in TABLES} <= {name.strip() for cell in cells for name in cell.split(";")}


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("mesh2motion/human-male.glb", "Unreal"),
        ("mesh2motion/human-female.glb", "Unreal"),
        ("mesh2motion/human-base-animations.glb", "Mesh2Motion (Quaternius)"),
        ("hifi/idle.glb", "Mixamo"),
    ],
)
def test_characters_at_hand_are_recognised_whole(data, file: str, kind: str) -> None:
    bpy.ops.import_scene.gltf(filepath=str(data / "motion" / file))
    mapped = map_rig(next(obj for obj in bpy.data.objects if obj.type == "ARMATURE"))
    assert mapped.rig == kind and not mapped.missing_joints
