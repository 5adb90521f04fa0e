"""The bone table: bones chosen by hand, joint by joint, win over those that are found."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.properties import NO_BONE, assigned_bones, bone_property
from interact_addon.rig.bone_table import TABLE_JOINTS, bone_label
from interact_addon.rig.cast import cast_actor, map_rig, recognise
from interact_addon.rig.mapping import RigNotRecognised
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene.request import cast_scene
from model_runtime.body_model import skeleton as sk
from model_runtime.errors import InvalidRequest

from .rigs import generate_rigify, make_rig

# The seven bones without which no guess is made, and the six of the other side, for a rig without names.
NEEDED = ("pelvis", "spine:0", "head") + tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


def without_names(armature: bpy.types.Object) -> dict[str, str]:
    """Rename all bones to nothing that tells a body part; return the new names by joint."""
    joints = dict(map_rig(armature).joints)
    new = {}
    for number, bone in enumerate(sorted(armature.data.bones, key=lambda bone: hash(bone.head_local.x + 3.0))):
        new[bone.name] = f"Knochen {number:02d}"
    for old, name in new.items():
        armature.data.bones[old].name = name
    return {joint: new[bone] for joint, bone in joints.items()}


@pytest.fixture
def anna() -> bpy.types.Object:
    return make_rig(MIXAMO, "Anna", prefix="mixamorig:")


def test_a_rig_without_known_names_is_cast_from_its_bone_table_as_from_its_names() -> None:
    named, nameless = make_rig(MIXAMO, "Named"), make_rig(MIXAMO, "Nameless")
    assigned = without_names(nameless)
    one, other = cast_actor("Ada", named), cast_actor("Ada", nameless, assigned)
    assert other.rig.rig != one.rig.rig
    assert other.rig.places.keys() == one.rig.places.keys()
    np.testing.assert_allclose(other.rest.skeleton.offsets, one.rest.skeleton.offsets, atol=1e-5)
    np.testing.assert_allclose(other.rest.turns, one.rest.turns, atol=1e-5)


def test_what_is_chosen_wins_and_the_rest_is_found(anna: bpy.types.Object) -> None:
    with_names = cast_actor("Anna", anna).rig
    rig = cast_actor("Anna", anna, {"left_elbow": "mixamorig:LeftHand", "left_wrist": "mixamorig:LeftHandMiddle1"}).rig
    assert rig.rig == "Mixamo"
    assert rig.joints["left_elbow"] == "mixamorig:LeftHand"
    others = {joint: bone for joint, bone in with_names.joints.items() if joint in rig.joints}
    changed = {joint for joint, bone in others.items() if rig.joints[joint] != bone}
    assert changed == {"left_elbow", "left_wrist"} and "left_middle1" not in rig.joints


def test_a_renamed_bone_alone_is_chosen_by_hand_and_all_others_are_still_found(anna: bpy.types.Object) -> None:
    anna.data.bones["mixamorig:Head"].name = "Kopf"
    with pytest.raises(RigNotRecognised):
        cast_actor("Anna", anna)
    rig = cast_actor("Anna", anna, {"head": "Kopf"}).rig
    assert rig.joints["head"] == "Kopf" and not rig.missing_joints


def test_a_joint_that_is_said_to_have_no_bone_gets_none(anna: bpy.types.Object) -> None:
    rig = cast_actor("Anna", anna, {"left_foot": ""}).rig
    assert "left_foot" not in rig.joints and "right_foot" in rig.joints


@pytest.mark.parametrize(
    ("assigned", "sentence"),
    [
        (
            {"left_elbow": "Gone"},
            r"'Ann': the armature has no bone 'Gone' for the left forearm any more; .*Cast > Bones",
        ),
        (
            {"left_elbow": "mixamorig:LeftArm", "left_shoulder": "mixamorig:LeftArm"},
            "'mixamorig:LeftArm' is chosen for the left forearm and for the left upper arm",
        ),
        (
            {"left_elbow": "mixamorig:LeftArm", "left_shoulder": "mixamorig:LeftForeArm"},
            "'mixamorig:LeftArm' of the left forearm is above the bone 'mixamorig:LeftForeArm' of the left upper arm",
        ),
        ({"left_elbow": ""}, "'Ann' has no bone for the left forearm; choose one under Cast > Bones"),
        ({"tail": "mixamorig:Hips"}, "'tail' is no joint"),
    ],
)
def test_bones_that_do_not_fit_are_one_sentence_that_names_the_joint(
    anna: bpy.types.Object, assigned: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        cast_actor("Ann", anna, assigned)


def test_all_missing_bones_are_named_or_counted() -> None:
    armature = make_rig(UNREAL, "Rig")
    bones = without_names(armature)
    with pytest.raises(InvalidRequest, match="the spine 1, hips, head and 11 others; choose them under"):
        cast_actor("Ann", armature, {"left_hip": bones["left_hip"]})


def test_a_bone_found_for_another_joint_gives_way_without_a_word(anna: bpy.types.Object) -> None:
    rig = cast_actor("Anna", anna, {"spine:0": "mixamorig:Spine1"}).rig
    assert rig.joints["spine:0"] == "mixamorig:Spine1" and "spine:1" not in rig.joints


def test_a_control_rig_stays_one_when_a_bone_is_chosen_by_hand() -> None:
    armature = generate_rigify()
    found = recognise(armature)
    rig = cast_actor("Anna", armature, {**found.joints, "left_foot": ""}).rig  # type: ignore[union-attr]
    assert rig.rig == "Rigify" and rig.root == "torso" and rig.switches and "left_foot" not in rig.joints


def test_custom_properties_are_set_beside_those_that_the_rig_is_known_to_need(anna: bpy.types.Object) -> None:
    anna.pose.bones["mixamorig:LeftHand"]["IK"] = 1.0
    assert cast_actor("Anna", anna, {}, [("mixamorig:LeftHand", "IK", 0.0)]).rig.switches == (
        ("mixamorig:LeftHand", "IK", 0.0),
    )
    with pytest.raises(InvalidRequest, match="'mixamorig:LeftHand' with the property 'FK'"):
        cast_actor("Anna", anna, {}, [("mixamorig:LeftHand", "FK", 0.0)])


def test_the_table_of_the_file_is_what_the_scene_is_cast_with(
    addon: None, anna: bpy.types.Object, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    anna.data.bones["mixamorig:Head"].name = "Kopf"
    actors = scene.interact.actors
    actors[0].armature, actors[1].armature = anna, make_rig(UNREAL, "Ben")
    actors[0].bones.head = "Kopf"
    actors[0].bones.left_foot = NO_BONE
    setattr(actors[0].bones, bone_property("spine:1"), "mixamorig:Spine1")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    assert assigned_bones(scene.interact.actor_a) == {"head": "Kopf", "left_foot": "", "spine:1": "mixamorig:Spine1"}
    first, second = cast_scene(scene)
    assert first.rig.joints["head"] == "Kopf" and "left_foot" not in first.rig.joints
    assert second.rig.rig == "Unreal"


def test_every_canonical_joint_is_in_the_table_and_has_a_name_of_its_own() -> None:
    spine_and_neck = {"spine1", "spine2", "spine3", "neck"}
    assert set(sk.JOINTS) - spine_and_neck <= set(TABLE_JOINTS)
    assert len({bone_label(joint) for joint in TABLE_JOINTS}) == len(TABLE_JOINTS)
