"""The bone table: bones chosen by hand, joint by joint, win over those that are found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from interact_addon import batch
from interact_addon.properties import NO_BONE, assigned_bones, bone_property, bones_to_choose, switches_of
from interact_addon.rig.bone_table import BY_HAND, LIMB_JOINTS, TABLE_JOINTS, TRUNK_JOINTS, bone_label
from interact_addon.rig.bones_at_rest import RestBone
from interact_addon.rig.cast import bones_at_rest, cast_actor, map_rig, recognise
from interact_addon.rig.mapping import RigNotRecognised
from interact_addon.rig.mirror import Mirror
from interact_addon.rig.presets import Preset, read_preset, write_preset
from interact_addon.rig.proposal import propose
from interact_addon.rig.tables import TABLES, RigTable
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import bones as scene_bones
from interact_addon.scene.bones import BoneTable, Picking, load_bones, presets_that_fit
from interact_addon.scene.request import cast_scene
from model_runtime.body_model import skeleton as sk
from model_runtime.errors import InvalidRequest

from .real_rigs import PLAIN, RealRig
from .rigs import PREFIXES, T_POSE, build_armature, curves_in, generate_rigify, lay_down, make_rig, pose_rig, turned

PLAIN_RIGS = [table for table in TABLES if not table.is_control_rig]
# Without two whose hands lack fingers on one side, or in the middle.
REAL_RIGS = {name: rig for name, rig in PLAIN.items() if name not in ("VRChat (Cats)", "Rokoko")}
TRUNK = ("pelvis", *(f"spine:{n}" for n in range(5)), "neck:0", "neck:1", "head")  # of Unreal's rig
FIRST_PICKS = ("pelvis", "left_shoulder", "left_hip")
# A rest pose that is not symmetrical: a nameless rig with it is not recognised by its shape.
LOPSIDED: dict[str, tuple[float, float, float]] = {
    "left_shoulder": (0, -70, 0), "left_elbow": (0, 0, -90), "left_hip": (-40, 0, 0), "left_knee": (60, 0, 0),
    "right_shoulder": (0, -60, 0),
}  # fmt: skip
TABLE_WITH = '{"format": "InterAct bones", "version": 1, "bones": %s}'


def without_names(armature: bpy.types.Object) -> dict[str, str]:
    """Rename all bones to nothing that tells a body part; return the new names by joint."""
    joints = dict(map_rig(armature).joints)
    new = {}
    for number, bone in enumerate(sorted(armature.data.bones, key=lambda bone: hash(bone.head_local.x + 3.0))):
        new[bone.name] = f"Knochen {number:02d}"
    for old, name in new.items():
        armature.data.bones[old].name = name
    return {joint: new[bone] for joint, bone in joints.items()}


@contextmanager
def edit_bones(armature: bpy.types.Object) -> Iterator[Any]:
    """Give the edit bones of an armature."""
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    yield armature.data.edit_bones
    bpy.ops.object.mode_set(mode="OBJECT")


def add(edit: Any, name: str, parent: str, head: tuple[float, ...], along: tuple[float, ...]) -> None:
    """Add a bone at ``head`` from that of its parent."""
    bone = edit.new(name)
    bone.head = edit[parent].head + Vector(head)
    bone.tail, bone.parent = bone.head + Vector(along), edit[parent]


def split(edit: Any, upper: str, lower: str, share: float) -> None:
    """Put a bone into the line from one to the next, as twist bones of some rigs are."""
    twist = edit.new(f"{upper}_twist")
    twist.head = edit[upper].head.lerp(edit[lower].head, share)
    twist.tail, twist.parent, edit[lower].parent = edit[lower].head.copy(), edit[upper], twist


def cast_anna(armature: bpy.types.Object) -> Any:
    """Cast an armature as the first actor, whose bones the panel shows."""
    actor = bpy.context.scene.interact.actor_a
    actor.armature = armature
    return actor


def table_of(actor: Any) -> BoneTable:
    return scene_bones.bone_table(actor)


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of presets, empty."""
    monkeypatch.setattr(scene_bones, "presets_folder", lambda: tmp_path / "presets")
    return tmp_path / "presets"


@pytest.fixture
def anna() -> bpy.types.Object:
    return make_rig(MIXAMO, "Anna", prefix="mixamorig:")


def rename_and_hold(armature: bpy.types.Object, bone: str, name: str) -> None:
    """Give a bone a name that no rig has, and a constraint, for which it is not found by its place either."""
    armature.data.bones[bone].name = name
    armature.pose.bones[name].constraints.new("COPY_ROTATION")


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
    rename_and_hold(anna, "mixamorig:Head", "Kopf")
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
    for bone in armature.pose.bones:
        bone.constraints.new("COPY_ROTATION")
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


def test_the_arms_of_an_unknown_control_rig_hang_on_the_controls_that_carry_them() -> None:
    """Rigify's arms hang on a copy of the shoulder's control; without their names only the constraint says so."""
    armature = generate_rigify()
    found = map_rig(armature)
    names = {bone.name: f"control{number}" for number, bone in enumerate(armature.data.bones)}
    joints = {joint: bone for joint, bone in found.joints.items() if joint in (*TRUNK_JOINTS, *LIMB_JOINTS)}
    del joints["spine:2"]
    joints |= {"pelvis": "torso", "spine:0": "spine_fk.002", "spine:1": "spine_fk.003"}
    for before, after in names.items():
        armature.data.bones[before].name = after
    assigned = {joint: names[bone] for joint, bone in joints.items()}
    switches = tuple((names[bone], prop, value) for bone, prop, value in found.switches)
    pose = turned(pelvis=(0, 0, 60), left_collar=(0, -20, 0), left_shoulder=(0, 60, 0), right_elbow=(0, 0, 70))
    assert cast_actor("Anna", armature, assigned, switches).rig.rig == BY_HAND
    assert pose_rig(armature, pose, (0.3, 1.0, 0.8), assigned, switches) < 0.005


def test_a_pose_lands_on_a_nameless_rig_that_was_proposed_from_three_bones() -> None:
    armature = make_rig(UNREAL, "Rig")
    bones = without_names(armature)
    given = {joint: bones[joint] for joint in FIRST_PICKS}
    pose = turned(pelvis=(0, 0, 60), spine2=(15, 5, 5), left_hip=(70, 0, 0), left_knee=(-60, 0, 0),
                  left_shoulder=(0, 60, 0), right_elbow=(0, 0, 70), head=(0, 0, 20))  # fmt: skip
    assigned = {**given, **propose(given, bones_at_rest(armature))}
    assert pose_rig(armature, pose, (0.3, 1.0, 0.8), assigned) < 0.005


def test_a_property_that_is_set_by_hand_has_a_key_in_the_performance(anna: bpy.types.Object) -> None:
    hand = anna.pose.bones["mixamorig:LeftHand"]
    hand["IK"] = 1.0
    pose_rig(anna, turned(), (0.0, 0.0, 0.95), {}, (("mixamorig:LeftHand", "IK", 0.0),))
    bpy.context.scene.frame_set(bpy.context.scene.frame_start)
    assert hand["IK"] == 0.0
    curves = [curve for action in bpy.data.actions for curve in curves_in(action) if '"IK"' in curve.data_path]
    assert [[key.co.y for key in curve.keyframe_points] for curve in curves] == [[0.0]]


def test_inverse_kinematics_that_would_hold_an_arm_is_switched_off_by_a_property(anna: bpy.types.Object) -> None:
    target = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(target)
    hand, forearm = anna.pose.bones["mixamorig:LeftHand"], anna.pose.bones["mixamorig:LeftForeArm"]
    hand["IK"] = 1.0
    held = forearm.constraints.new("IK")
    held.target, held.chain_count = target, 2
    driver = held.driver_add("influence").driver
    driver.type = "SUM"
    variable = driver.variables.new()
    variable.targets[0].id, variable.targets[0].data_path = anna, 'pose.bones["mixamorig:LeftHand"]["IK"]'
    pose = turned(left_shoulder=(0, 40, 0), left_elbow=(0, 0, -50))
    assert pose_rig(anna, pose, (0.0, 0.0, 0.95)) > 0.1
    assert pose_rig(anna, pose, (0.0, 0.0, 0.95), {}, ((hand.name, "IK", 0.0),)) < 0.002


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


@pytest.mark.parametrize("table", PLAIN_RIGS, ids=lambda table: table.name)
def test_from_hips_an_upper_arm_and_a_thigh_all_other_bones_of_a_nameless_rig_are_proposed(table: RigTable) -> None:
    armature = make_rig(table, prefix=PREFIXES.get(table.name, ""))
    expected = without_names(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


@pytest.mark.parametrize("rig", REAL_RIGS.values(), ids=REAL_RIGS.keys())
def test_helpers_twists_and_ends_of_real_rigs_are_not_proposed(rig: RealRig) -> None:
    armature = build_armature("Rig", rig.bones(T_POSE))
    expected = without_names(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


@pytest.mark.data
@pytest.mark.parametrize("name", ["human-male", "human-female", "human-base-animations"])
def test_a_game_character_with_metacarpals_and_leaf_bones_is_proposed_whole(data: Path, name: str) -> None:
    bpy.ops.import_scene.gltf(filepath=str(data / "motion" / "mesh2motion" / f"{name}.glb"))
    armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    expected = without_names(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


@pytest.mark.data
@pytest.mark.parametrize("name", ["female_mixamo", "male_gameengine"])
def test_a_ready_character_without_names_is_proposed_whole(load_character: Any, name: str) -> None:
    armature = load_character(name)
    expected = without_names(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


@pytest.mark.parametrize("table", [MIXAMO, UNREAL], ids=lambda table: table.name)
def test_three_bones_are_enough_where_a_lopsided_rest_pose_hides_the_shape(table: RigTable) -> None:
    armature = make_rig(table, "Rig", pose=LOPSIDED)
    expected = without_names(armature)
    with pytest.raises(RigNotRecognised):
        map_rig(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


def test_a_rig_that_lies_and_faces_sideways_is_proposed_in_the_same_way() -> None:
    armature = make_rig(MIXAMO, "Lying", size=100.0)
    expected = without_names(armature)
    lay_down(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


def test_twist_bones_in_line_helpers_weapons_and_hair_are_no_joints() -> None:
    armature = make_rig(UNREAL, "Warrior")
    with edit_bones(armature) as edit:
        for side, out in (("l", 1), ("r", -1)):
            for bone, below in (("lowerarm", "hand"), ("calf", "foot"), ("upperarm", "lowerarm")):
                split(edit, f"{bone}_{side}", f"{below}_{side}", 0.7)
            add(edit, f"weapon_{side}", f"hand_{side}", (0.1 * out, 0, 0), (1.2 * out, 0, 0))
        for number in range(4):
            add(edit, f"hair_{number}", f"hair_{number - 1}" if number else "head", (0, 0.05, -0.05), (0, 0, -0.1))
        for number in range(6):
            add(edit, f"tail_{number}", f"tail_{number - 1}" if number else "pelvis", (0, 0.1, 0), (0, 0.1, 0))
    expected = without_names(armature)
    given = {joint: expected[joint] for joint in FIRST_PICKS}
    assert {**given, **propose(given, bones_at_rest(armature))} == expected


def test_what_is_chosen_is_never_changed_by_a_proposal() -> None:
    armature = make_rig(UNREAL, "Rig")
    bones = without_names(armature)
    chosen = {joint: bones[joint] for joint in FIRST_PICKS} | {"left_elbow": bones["left_wrist"]}
    proposed = propose(chosen, bones_at_rest(armature))
    assert not set(chosen) & set(proposed)
    assert bones["left_wrist"] not in proposed.values()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("mixamorig:LeftArm", "mixamorig:RightArm"),
        ("upper_arm.L", "upper_arm.R"),
        ("upperarm_l", "upperarm_r"),
        ("L_Elbow", "R_Elbow"),
        ("lShldrBend", "rShldrBend"),
        ("Bip01 L UpperArm", "Bip01 R UpperArm"),
        ("J_Bip_L_UpperArm", "J_Bip_R_UpperArm"),
        ("left_lleg", "right_lleg"),
        ("LEFT_ARM", "RIGHT_ARM"),
        ("UpLeg.L", "UpLeg.R"),
        ("armL", "armR"),
    ],
)
def test_the_other_side_is_known_by_its_name_wherever_it_lies(left: str, right: str) -> None:
    at = np.zeros(3)
    bones = {name: RestBone(None, at, at) for name in (left, right, "Hips", "Skull", "Roll", "collar")}
    mirror = Mirror(bones)
    assert (mirror.partner(left), mirror.partner(right)) == (right, left)


def test_without_names_the_other_side_is_known_by_its_place_and_the_middle_has_none() -> None:
    armature = make_rig(MIXAMO, "Rig")
    bones = without_names(armature)
    mirror = Mirror(bones_at_rest(armature))
    assert mirror.partner(bones["left_ring2"]) == bones["right_ring2"]
    assert mirror.partner(bones["spine:1"]) is None


def test_mirroring_adds_the_other_side_of_what_is_chosen_and_nothing_else(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    actor.bones.left_elbow = "mixamorig:LeftHand"
    assert bpy.ops.interact.mirror_bones() == {"FINISHED"}
    assert assigned_bones(actor) == {"left_elbow": "mixamorig:LeftHand", "right_elbow": "mixamorig:RightHand"}


def test_a_bone_that_is_clicked_is_taken_for_a_joint_and_the_rest_is_proposed(addon: None) -> None:
    armature = make_rig(UNREAL, "Anna", pose=LOPSIDED)
    expected = without_names(armature)
    actor = cast_anna(armature)
    for joint in FIRST_PICKS:
        assert joint == table_of(actor).next_joint and table_of(actor).problem
        armature.data.bones.active = armature.data.bones[expected[joint]]
        assert bpy.ops.interact.use_active_bone(joint=joint) == {"FINISHED"}
    assert bpy.ops.interact.propose_bones() == {"FINISHED"}
    table = table_of(actor)
    assert not table.problem and not table.next_joint
    assert cast_actor("Anna", armature, assigned_bones(actor)).rig.joints == table.joints
    assert all(table.joints[joint] == expected[joint] for joint in (*TRUNK, *LIMB_JOINTS))


def test_three_clicks_in_the_view_are_enough_for_a_nameless_rig(addon: None) -> None:
    armature = make_rig(UNREAL, "Anna", pose=LOPSIDED)
    expected = without_names(armature)
    actor = cast_anna(armature)
    picking, asked = Picking(), []
    while joint := table_of(actor).next_joint:
        asked.append(joint)
        picking.take(actor, expected[joint])
    assert tuple(asked) == FIRST_PICKS
    assert not table_of(actor).problem
    assert all(table_of(actor).joints[joint] == expected[joint] for joint in (*TRUNK, *LIMB_JOINTS))


def test_a_pick_is_taken_back_with_all_that_was_proposed_from_it_and_a_double_click_does_no_harm(addon: None) -> None:
    armature = make_rig(UNREAL, "Anna", pose=LOPSIDED)
    bones = without_names(armature)
    actor, picking = cast_anna(armature), Picking()
    for clicked in ("pelvis", "pelvis", "left_shoulder", "left_shoulder"):
        picking.take(actor, bones[clicked])
    two = {"pelvis": bones["pelvis"], "left_shoulder": bones["left_shoulder"]}
    assert assigned_bones(actor) == two and table_of(actor).next_joint == "left_hip"
    picking.take(actor, bones["left_hip"])
    assert len(assigned_bones(actor)) > 20
    picking.take_back(actor)
    assert assigned_bones(actor) == two
    for _ in range(3):
        picking.take_back(actor)
    assert assigned_bones(actor) == {}


def test_nothing_is_picked_where_all_bones_are_there(addon: None, anna: bpy.types.Object) -> None:
    cast_anna(anna)
    assert not bpy.ops.interact.pick_bones.poll()
    rename_and_hold(anna, "mixamorig:LeftHand", "Pfote")
    assert bpy.ops.interact.pick_bones.poll()


def test_nothing_is_proposed_before_an_upper_arm_and_a_thigh_are_there(addon: None) -> None:
    armature = bpy.data.objects.new("Empty", bpy.data.armatures.new("Empty"))
    bpy.context.scene.collection.objects.link(armature)
    cast_anna(armature)
    assert not bpy.ops.interact.propose_bones.poll() and not bpy.ops.interact.use_active_bone.poll()


def test_a_bone_that_is_chosen_again_moves_from_the_joint_that_had_it(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    anna.data.bones.active = anna.data.bones["mixamorig:Spine1"]
    for joint in ("spine:0", "spine:1"):
        bpy.ops.interact.use_active_bone(joint=joint)
    assert assigned_bones(actor) == {"spine:1": "mixamorig:Spine1"}


def test_the_table_follows_the_armature_when_a_bone_is_renamed(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    assert not table_of(actor).problem
    rename_and_hold(anna, "mixamorig:LeftHand", "Pfote")
    assert table_of(actor).missing == ("left_wrist",) and table_of(actor).next_joint == "left_wrist"
    assert "left" in table_of(actor).problem
    actor.bones.left_wrist = "Pfote"
    assert not table_of(actor).problem


def test_another_armature_keeps_only_the_bones_that_it_has(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    actor.bones.head, actor.bones.left_hip = "mixamorig:Neck", "mixamorig:LeftLeg"
    actor.switches.add().bone = "mixamorig:Head"
    other = make_rig(UNREAL, "Ben")
    other.data.bones["head"].name = "mixamorig:Neck"
    actor.armature = other
    assert assigned_bones(actor) == {"head": "mixamorig:Neck"} and not actor.switches
    assert not table_of(actor).problem


def test_clearing_brings_back_what_was_found(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    before = dict(table_of(actor).joints)
    actor.bones.head, actor.bones.left_foot = "mixamorig:Neck", NO_BONE
    actor.switches.add().bone = "mixamorig:Head"
    assert bpy.ops.interact.clear_bones() == {"FINISHED"}
    assert dict(table_of(actor).joints) == before and not actor.switches


def test_only_bones_of_the_actor_are_offered(addon: None, anna: bpy.types.Object) -> None:
    actor = cast_anna(anna)
    other = bpy.context.scene.interact.actor_b
    assert bones_to_choose(actor.bones, bpy.context, "") == [NO_BONE, *(bone.name for bone in anna.data.bones)]
    assert bones_to_choose(other.bones, bpy.context, "") == []


def test_a_preset_gives_another_rig_of_the_kind_the_same_bones(
    addon: None, anna: bpy.types.Object, presets: Path
) -> None:
    actor = cast_anna(anna)
    expected = without_names(anna)
    for joint, bone in expected.items():
        setattr(actor.bones, bone_property(joint), bone)
    anna.pose.bones[expected["left_wrist"]]["IK"] = 1.0
    switch = actor.switches.add()
    switch.bone, switch.property, switch.value = expected["left_wrist"], "IK", 0.25
    assert bpy.ops.interact.save_bone_preset(name="Unsere Figur") == {"FINISHED"}
    bpy.ops.interact.clear_bones()
    assert bpy.ops.interact.load_bone_preset(name="Unsere Figur") == {"FINISHED"}
    assert assigned_bones(actor) == expected
    assert switches_of(actor) == ((expected["left_wrist"], "IK", 0.25),)


def test_presets_that_fit_come_first(addon: None, anna: bpy.types.Object, presets: Path) -> None:
    cast_anna(anna)
    bpy.ops.interact.save_bone_preset(name="Zoe")
    (presets / "broken.json").write_text("{")
    write_preset(presets / "Another.json", Preset({"pelvis": "root", "head": "mixamorig:Head"}))
    fits = presets_that_fit(bpy.context.scene.interact.actor_a)
    assert [(path.stem, fit) for path, fit in fits] == [("Zoe", 1.0), ("Another", 0.5), ("broken", 0.0)]


def test_a_preset_of_another_rig_is_refused_and_changes_nothing(
    addon: None, anna: bpy.types.Object, presets: Path
) -> None:
    actor = cast_anna(anna)
    actor.bones.head = "mixamorig:Neck"
    write_preset(presets / "Dog.json", Preset({"pelvis": "rump", "head": "snout"}))
    with pytest.raises(RuntimeError, match="'Anna' has none of the bones in 'Dog'"):
        bpy.ops.interact.load_bone_preset(name="Dog")
    assert assigned_bones(actor) == {"head": "mixamorig:Neck"}


def test_what_a_preset_names_and_a_rig_lacks_is_found_as_before(
    addon: None, anna: bpy.types.Object, presets: Path
) -> None:
    actor = cast_anna(anna)
    write_preset(presets / "Mine.json", Preset({"head": "mixamorig:Neck", "left_foot": "hoof"}))
    assert bpy.ops.interact.load_bone_preset(name="Mine") == {"FINISHED"}
    assert assigned_bones(actor) == {"head": "mixamorig:Neck"}


@pytest.mark.parametrize("name", ["", "a/b", "..", "con:1", "x" * 300, "\x00"])
def test_a_preset_is_never_written_outside_of_its_folder(
    addon: None, anna: bpy.types.Object, presets: Path, name: str
) -> None:
    cast_anna(anna)
    with pytest.raises(RuntimeError, match="cannot be the name of a preset"):
        bpy.ops.interact.save_bone_preset(name=name)
    assert not presets.is_dir() or not list(presets.iterdir())


def test_bones_go_through_a_file_whole(addon: None, anna: bpy.types.Object, tmp_path: Path) -> None:
    actor = cast_anna(anna)
    actor.bones.left_foot = NO_BONE
    table = dict(table_of(actor).joints)
    path = tmp_path / "Anna's Knochen.json"
    assert bpy.ops.interact.export_bones(filepath=str(path)) == {"FINISHED"}
    preset = read_preset(path)
    assert preset.rig == "Mixamo" and preset.bones == {**table, "left_foot": ""}
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    bpy.ops.interact.clear_bones()
    assert bpy.ops.interact.import_bones(filepath=str(path)) == {"FINISHED"}
    assert assigned_bones(actor) == {**table, "left_foot": ""}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "Expecting value"),
        ("[1]", "no JSON object"),
        ('{"bones": {}}', "lacks"),
        ('{"format": "InterAct bones", "version": 2, "bones": {"head": "H"}}', "its version is 2"),
        (TABLE_WITH % '{"tail": "T"}', "'tail' is no joint"),
        (TABLE_WITH % '{"head": 3}', "the bone of 'head' must be a text"),
        (TABLE_WITH % '{"head": "\\ud800"}', "the bone of 'head' must be a text"),
        (TABLE_WITH % f'{{"head": "{"骨" * 22}"}}', "at most 63 bytes"),
        (TABLE_WITH % '{"head": "H", "pelvis": "H"}', "'H' is the head and the hips"),
        (TABLE_WITH % '{"head": "H", "head": "I"}', "'head' is in it twice"),
        (TABLE_WITH % "{}", "'bones' must be an object"),
        (TABLE_WITH % "3", "'bones' must be an object"),
        (TABLE_WITH % '{"head": "H"}, "shapes": 3', "'shapes' an object"),
        (TABLE_WITH % '{"head": "H"}, "code": "1+1"', "'code' is unknown"),
        (TABLE_WITH % '{"head": "H"}, "switches": [["H", "IK"]]', r"\[bone, property, value\]"),
        (TABLE_WITH % '{"head": "H"}, "switches": [["H", "IK", NaN]]', "the value of 'IK' must be a number"),
        (TABLE_WITH % f'{{"head": "H"}}, "switches": [["H", "IK", 1{"0" * 400}]]', "the value of 'IK'"),
        (TABLE_WITH % f'{{"head": "H"}}, "rig": "{"x" * (1 << 20)}"', "larger than 1 MiB"),
        ("[" * 100_000, "recursion"),
    ],
    ids=range(19),
)
def test_a_file_that_is_no_bone_table_is_one_sentence_and_changes_nothing(
    addon: None, anna: bpy.types.Object, tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(content, "utf-8")
    actor = cast_anna(anna)
    actor.bones.head = "mixamorig:Neck"
    with pytest.raises(RuntimeError, match=rf"'wrong.json' is no bone table .*{sentence}"):
        bpy.ops.interact.import_bones(filepath=str(path))
    assert assigned_bones(actor) == {"head": "mixamorig:Neck"}


def test_a_folder_that_cannot_be_written_is_one_sentence_and_an_old_file_stays(
    addon: None, anna: bpy.types.Object, tmp_path: Path
) -> None:
    cast_anna(anna)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.interact.export_bones(filepath=str(tmp_path / "file" / "bones.json"))
    assert (tmp_path / "file").read_text() == "in the way"


def test_without_a_window_an_actor_is_given_the_bones_of_a_file(
    addon: None, anna: bpy.types.Object, tmp_path: Path
) -> None:
    scene, path = bpy.context.scene, tmp_path / "bones.json"
    cast_anna(anna)
    write_preset(path, Preset({"head": "mixamorig:Neck"}))
    load_bones(scene, "anna", path)
    assert assigned_bones(scene.interact.actor_a) == {"head": "mixamorig:Neck"}
    with pytest.raises(InvalidRequest, match="'bob', who is not cast; cast is 'Anna'"):
        load_bones(scene, "bob", path)
    write_preset(path, Preset({"head": "mixamorig:Head", "left_foot": "hoof"}))
    with pytest.raises(InvalidRequest, match="no bone 'hoof' for the left toes of 'bones"):
        load_bones(scene, "Anna", path)
    assert assigned_bones(scene.interact.actor_a) == {"head": "mixamorig:Neck"}


@pytest.mark.parametrize("option", ["anna", "=x.json", "anna="])
def test_a_wrong_bones_option_is_said_by_the_command(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert batch.main(["generate", "x.blend", "--out", "out", "--bones", option]) == 2
    assert "is not ACTOR=FILE" in capfd.readouterr().err
