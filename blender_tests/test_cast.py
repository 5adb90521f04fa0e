"""Casting: any known rig is recognised by itself, measured in metres, and its face found."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import RigNotRecognised, cast_actor, find_faces, map_rig, start_placement
from interact_addon.rig.faces import arkit_weights
from interact_addon.rig.mapping import map_bones
from interact_addon.rig.measure import measure
from interact_addon.rig.tables import TABLES, RigTable
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.smplx import SMPLX
from interact_addon.rig.tables.unreal import UNREAL
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ARKIT_NAMES
from model_runtime.errors import InvalidRequest

from .rigs import A_POSE, PREFIXES, T_POSE, add_face, bone_tree, generate_rigify, lay_down, make_rig

PLAIN_RIGS = [table for table in TABLES if not table.is_control_rig]


@pytest.mark.parametrize("table", PLAIN_RIGS, ids=lambda table: table.name)
def test_each_known_rig_is_recognised_by_its_bone_names(table: RigTable) -> None:
    rig = map_bones(bone_tree(table, PREFIXES.get(table.name, "")))
    assert rig.rig == table.name
    fingers = set(rig.missing_joints)
    assert not fingers if len(table.fingers) == 5 else all(joint[-1] in "123" for joint in fingers)


@pytest.mark.parametrize(
    "prefix", ["mixamorig:", "mixamorig7:", "mixamorig_", "", "Anna:", "Armature|Anna:mixamorig:", "Character1_"]
)
def test_mixamo_names_are_known_with_any_prefix_and_without(prefix: str) -> None:
    rig = map_bones(bone_tree(MIXAMO, prefix))
    assert rig.rig == "Mixamo" and rig.root == prefix + "Hips"


def test_a_shoulder_is_the_collar_in_mixamo_and_the_upper_arm_in_smplx() -> None:
    assert map_bones(bone_tree(MIXAMO)).places["left_collar"][0] == "LeftShoulder"
    assert map_bones(bone_tree(SMPLX)).places["left_shoulder"][0] == "left_shoulder"


def test_a_generated_rigify_rig_is_driven_by_its_fk_controls() -> None:
    rig = map_rig(generate_rigify())
    assert rig.rig == "Rigify" and rig.root == "torso" and not rig.missing_joints
    assert {drive.bone for drive in rig.drives} >= {"upper_arm_fk.L", "shin_fk.R", "spine_fk.003", "f_index.02.R"}
    assert ("upper_arm_parent.L", "IK_FK", 1.0) in rig.switches


@pytest.mark.parametrize("bones", [1, 2, 3, 4, 5])
def test_three_canonical_joints_are_distributed_over_any_number_of_spine_bones(bones: int) -> None:
    tree = bone_tree(UNREAL)
    removed = [f"spine_0{i}" for i in range(bones + 1, 6)]
    tree = {bone: parent for bone, parent in tree.items() if bone not in removed}
    tree = {bone: f"spine_0{bones}" if parent in removed else parent for bone, parent in tree.items()}
    drives = {drive.bone: drive for drive in map_bones(tree).drives}
    assert drives[f"spine_0{bones}"].joint == "spine3"
    assert sum(bone.startswith("spine_0") for bone in drives) == bones


def test_an_armature_that_is_not_humanoid_is_refused_with_the_missing_joints() -> None:
    with pytest.raises(RigNotRecognised, match=r"'Dragon'.*as Mixamo it lacks pelvis.*Cast > Bones"):
        map_bones({"tail": None, "wing": "tail"}, "Dragon")


def test_bones_with_the_right_names_in_the_wrong_order_are_refused() -> None:
    tree = bone_tree(MIXAMO)
    tree["LeftForeArm"], tree["LeftArm"] = "LeftShoulder", "LeftForeArm"
    with pytest.raises(RigNotRecognised):
        map_bones(tree)


@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["T-pose", "A-pose"])
def test_the_measures_of_a_rig_do_not_depend_on_its_rest_pose(pose: dict) -> None:
    rig = make_rig(MIXAMO, pose=pose)
    measured = measure(rig, map_rig(rig))
    average = sk.AVERAGE_SKELETON
    lengths, expected = (np.linalg.norm(s.offsets[1:], axis=-1) for s in (measured, average))
    spine_and_hips = [i - 1 for i in (1, 2, 3)]  # the canonical pelvis depends on the hip joints, not on the rig's bone
    np.testing.assert_allclose(np.delete(lengths, spine_and_hips), np.delete(expected, spine_and_hips), atol=1e-4)
    assert measured.height == pytest.approx(average.height, abs=0.02)


@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["T-pose", "A-pose"])
def test_the_measured_body_stands_in_a_t_pose(pose: dict) -> None:
    rig = make_rig(UNREAL, pose=pose)
    rest = measure(rig, map_rig(rig)).rest_positions
    for side, out in (("left", 1), ("right", -1)):
        shoulder, wrist, knuckle = (rest[sk.INDEX[f"{side}_{part}"]] for part in ("shoulder", "wrist", "middle1"))
        assert (
            wrist[0] * out > shoulder[0] * out + 0.4
            and abs(wrist[2] - shoulder[2]) < 0.01
            and abs(wrist[1] - shoulder[1]) < 0.01
        )
        assert abs(knuckle[2] - wrist[2]) < 0.01
        assert (
            rest[sk.INDEX[f"{side}_index1"], 1] < rest[sk.INDEX[f"{side}_pinky1"], 1] - 0.04
        )  # palm down: thumbs forward
        assert rest[sk.INDEX[f"{side}_foot"], 1] < rest[sk.INDEX[f"{side}_ankle"], 1] - 0.08
        assert 0.0 < rest[sk.INDEX[f"{side}_foot"], 2] < 0.06


def test_an_imported_rig_in_centimetres_lying_in_a_turned_object_measures_the_same() -> None:
    upright = make_rig(MIXAMO, "upright")
    imported = make_rig(MIXAMO, "imported", size=100.0)
    lay_down(imported)
    imported.rotation_euler, imported.scale = (math.radians(90), 0, 0), (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    one, other = (measure(rig, map_rig(rig)) for rig in (upright, imported))
    np.testing.assert_allclose(one.offsets, other.offsets, atol=1e-4)


def test_an_actor_starts_where_its_armature_object_stands_and_faces() -> None:
    rig = make_rig(UNREAL)
    rig.location, rig.rotation_euler = (1.5, -2.0, 0.0), (0, 0, math.radians(120))
    bpy.context.view_layer.update()
    (x, y), heading = start_placement(rig, map_rig(rig))
    assert (x, y) == pytest.approx((1.5, -2.0), abs=0.02)
    assert heading == pytest.approx(math.radians(120), abs=1e-3)


def test_a_root_control_that_was_posed_moves_the_start_too() -> None:
    rig = generate_rigify()
    rig.pose.bones["root"].location = (0.7, 0.0, 0.0)
    bpy.context.view_layer.update()
    (x, _), _ = start_placement(rig, map_rig(rig))
    assert x == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize(
    "spelling",
    [
        "eyeBlinkLeft",
        "EyeBlinkLeft",
        "eyeblinkleft",
        "eyeBlink_L",
        "eyeBlink.L",
        "Eye_Blink_L",
        "eyeBlinkL",
        "eyeBlink_left",
        "ARKit_eyeBlinkLeft",
    ],
)
def test_arkit_shapes_are_known_in_any_spelling(spelling: str) -> None:
    weights = arkit_weights(spelling)
    assert weights is not None and weights[ARKIT_NAMES.index("eyeBlinkLeft")] == 1.0 and weights.sum() == 1.0


def test_every_arkit_name_is_itself_in_every_usual_case() -> None:
    for column, name in enumerate(ARKIT_NAMES):
        for spelling in (name, name[0].upper() + name[1:], name.lower()):
            weights = arkit_weights(spelling)
            assert weights is not None and weights.sum() == 1.0 and weights[column] == 1.0


def test_merged_and_split_shapes_are_halved_and_shared() -> None:
    merged, split = arkit_weights("mouthSmile"), arkit_weights("browInnerUp_R")
    assert merged is not None and split is not None
    assert merged[ARKIT_NAMES.index("mouthSmileLeft")] == merged[ARKIT_NAMES.index("mouthSmileRight")] == 0.5
    assert split[ARKIT_NAMES.index("browInnerUp")] == 1.0


@pytest.mark.parametrize("other", ["viseme_aa", "Basis", "Fat", "jawClench", "Key 1", "breatheIn"])
def test_other_shapes_are_left_alone(other: str) -> None:
    assert arkit_weights(other) is None


def test_all_face_meshes_of_a_character_are_found_and_no_others() -> None:
    one, other = make_rig(MIXAMO, "One"), make_rig(UNREAL, "Other")
    add_face(one, "Head")
    add_face(one, "Teeth", ("jawOpen", "tongueOut"))
    add_face(one, "Coat", ("Fat",))
    add_face(other, "OtherHead")
    assert [face.mesh for face in find_faces(one)] == ["Head", "Teeth"]


def test_a_face_without_arkit_shapes_is_a_warning_and_the_body_still_plays() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "Head", ("Smile", "Frown"))
    actor = cast_actor("Anna", rig)
    assert not actor.faces and len(actor.warnings) == 1 and "ARKit" in actor.warnings[0]


def test_an_armature_without_a_mesh_is_cast_with_a_word() -> None:
    assert cast_actor("Anna", make_rig(MIXAMO, "Anna")).warnings == ("'Anna' has no mesh; only its bones will move.",)


def test_the_metarig_beside_its_generated_rig_is_refused_with_the_one_to_choose() -> None:
    rig = generate_rigify()
    add_face(rig, "Head")
    metarig = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj != rig)
    with pytest.raises(InvalidRequest, match=rf"'{metarig.name}' is the metarig .*choose '{rig.name}' for 'Anna'"):
        cast_actor("Anna", metarig)
    assert cast_actor("Anna", rig).rig.rig == "Rigify"


def scale_by_a_parent(rig: bpy.types.Object) -> None:
    rig.parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(rig.parent)
    rig.parent.scale = (0.0, 0.0, 0.0)


def lay_wrist_on_elbow(rig: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    hand, forearm = (rig.data.edit_bones[name] for name in ("LeftHand", "LeftForeArm"))
    hand.use_connect = False
    hand.translate(forearm.head - hand.head)
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda rig: setattr(rig, "scale", (0.0, 0.0, 0.0)), "'Anna' has no size: .* set the scale to 1"),
        (lambda rig: setattr(rig, "scale", (1.0, 0.0, 1.0)), "'Anna' has no size"),
        (scale_by_a_parent, "'Anna' has no size"),
        (lambda rig: setattr(rig.pose.bones["Hips"], "scale", (0.0, 0.0, 0.0)), "'Anna' has no size"),
        (lambda rig: setattr(rig, "scale", (math.nan, 1.0, 1.0)), "scale of 'Anna' is no number; clear it"),
        (lay_wrist_on_elbow, "'LeftForeArm' and 'LeftHand' of 'Anna' begin at the same place"),
        (lambda rig: setattr(rig.pose.bones["LeftUpLeg"], "scale", (0.0, 0.0, 0.0)), "'LeftUpLeg' and 'LeftLeg'"),
    ],
    ids=["scale 0", "flat", "parent", "root", "no number", "limb", "scaled limb"],
)
def test_a_body_without_size_is_one_sentence_with_the_fix(
    spoil: Callable[[bpy.types.Object], None], sentence: str
) -> None:
    rig = make_rig(MIXAMO, "Anna")
    spoil(rig)
    bpy.context.view_layer.update()
    with pytest.raises(InvalidRequest, match=sentence):
        cast_actor("Anna", rig)


def test_a_missing_armature_is_one_clear_sentence() -> None:
    with pytest.raises(InvalidRequest, match="'Anna' has no armature"):
        cast_actor("Anna", None)


@pytest.mark.data
@pytest.mark.parametrize(
    ("character", "rig", "height"),
    [("female_mixamo", "Mixamo", 1.62), ("male_gameengine", "Unreal", 1.84), ("male_rigify", "Rigify", 1.84)],
)
def test_ready_characters_are_cast_whole(load_character, character: str, rig: str, height: float) -> None:
    actor = cast_actor(character, load_character(character))
    assert actor.rig.rig == rig and not actor.rig.missing_joints and not actor.warnings
    assert actor.rest.skeleton.height == pytest.approx(height, abs=0.1)
    assert len(actor.faces) == (1 if character == "female_mixamo" else 5)


def test_a_mesh_that_was_deleted_but_is_kept_by_a_pointer_is_no_face() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head, old = add_face(rig, "Head"), add_face(rig, "OldHead")
    head["kept"] = old
    bpy.data.scenes[0].collection.objects.unlink(old)
    assert [face.mesh for face in find_faces(rig)] == ["Head"]
