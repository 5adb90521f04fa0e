"""Rigs whose names nobody knows: mapped by their shape alone, whatever hangs on them and however they lie."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import RigNotRecognised, cast_actor, map_rig
from interact_addon.rig.tables.unreal import UNREAL as UNREAL_NAMES
from interact_addon.rig.topology import joints_by_shape
from model_runtime.body_model import skeleton as sk

from .real_rigs import MIXAMO, PLAIN, UNREAL, RealRig
from .rigs import A_POSE, T_POSE, bones_of, build_armature, generate_rigify, lay_down, places_of, pose_rig
from .test_rig_names import STRONG

Bones = dict[str, tuple[str | None, np.ndarray]]
HANDS = {f"{side}_{finger}{n}" for side in ("left", "right") for finger in ("thumb", "index", "middle", "ring", "pinky")
         for n in (1, 2, 3)}  # fmt: skip
# Biped's hips are the bone that its legs hang on; Character Creator has two bones at the ball of the foot.
OTHERWISE = {"3ds Max Biped", "Character Creator"}


def scrambled(bones: Bones, seed: int = 0) -> tuple[Bones, dict[str, str]]:
    """Return the bones in another order and with names that say nothing, and the new name of each."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(len(bones))
    names = {bone: f"Bone.{number:03d}" for bone, number in zip(bones, numbers)}
    order = sorted(bones, key=names.__getitem__)
    return {names[bone]: (names.get(bones[bone][0] or ""), bones[bone][1]) for bone in order}, names


def mapped(bones: Bones, turn: np.ndarray | None = None) -> dict[str, str]:
    """Return what the shape of the bones says; tails lie where an importer that knows no better puts them."""
    turn = np.eye(3) if turn is None else turn
    heads = {bone: turn @ head for bone, (_, head) in bones.items()}
    return joints_by_shape(
        {bone: parent for bone, (parent, _) in bones.items()}, heads, {bone: head + 9.0 for bone, head in heads.items()}
    )


def expected(rig: RealRig, names: dict[str, str]) -> dict[str, str]:
    """Return the joints with their new names; hands only where all fingers are there, for else their names are free."""
    joints = rig.joints()
    whole = set(joints) >= HANDS
    return {joint: names[bone] for joint, bone in joints.items() if bone in names and (whole or joint not in HANDS)}


@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["rest T", "rest A"])
@pytest.mark.parametrize("kind", [kind for kind in PLAIN if kind not in OTHERWISE])
def test_each_rig_with_its_names_scrambled_is_mapped_as_with_them(
    kind: str, pose: dict[str, tuple[float, float, float]]
) -> None:
    bones, names = scrambled(PLAIN[kind].bones(pose))
    wanted = expected(PLAIN[kind], names)
    found = mapped(bones)
    assert {joint: bone for joint, bone in found.items() if joint in wanted or joint not in HANDS} == wanted


@pytest.mark.parametrize("kind", sorted(OTHERWISE))
def test_limbs_and_head_are_found_where_a_rig_is_ambiguous(kind: str) -> None:
    bones, names = scrambled(PLAIN[kind].bones(A_POSE))
    found, wanted = mapped(bones), expected(PLAIN[kind], names)
    for joint in (
        "head",
        "left_collar",
        "left_shoulder",
        "right_elbow",
        "right_wrist",
        "left_hip",
        "right_knee",
        "left_ankle",
    ):
        assert found[joint] == wanted[joint]


@pytest.mark.parametrize("seed", range(6))
def test_it_does_not_matter_how_the_character_lies_or_which_way_it_looks(seed: int) -> None:
    bones, names = scrambled(MIXAMO.bones(A_POSE), seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn)) * rng.uniform(0.01, 100.0)
    assert mapped(bones, turn) == expected(MIXAMO, names)


def chain(name: str, parent: str, *places: tuple[float, float, float]) -> Bones:
    """Return bones one below the other."""
    bones: Bones = {}
    for number, place in enumerate(places):
        bones[f"{name}{number}"] = (f"{name}{number - 1}" if number else parent, np.array(place))
    return bones


def both(name: str, parent: str, *places: tuple[float, float, float]) -> Bones:
    mirrored = [(-x, y, z) for x, y, z in places]
    return chain(f"{name}_l", parent, *places) | chain(f"{name}_r", parent, *mirrored)


EXTRAS = {
    "a long skirt": both("skirt", "pelvis", (0.1, -0.1, 0.9), (0.1, -0.15, 0.65), (0.2, -0.18, 0.4), (0.2, -0.2, 0.1)),
    "hair to the hips": both("hair", "head", (0.07, 0.1, 1.6), (0.1, 0.15, 1.4), (0.12, 0.17, 1.15), (0.12, 0.17, 0.9)),
    "a plait": chain("plait", "head", (0, 0.12, 1.65), (0, 0.18, 1.5), (0, 0.2, 1.3), (0, 0.2, 1.1)),
    "a tail": chain("tail", "pelvis", (0, 0.12, 0.9), (0, 0.35, 0.8), (0, 0.6, 0.7), (0, 0.8, 0.8), (0, 0.9, 1.0)),
    "a cape": both("cape", "spine_03", (0.12, 0.12, 1.35), (0.15, 0.2, 1.0), (0.18, 0.25, 0.6), (0.2, 0.3, 0.2)),
    "a sword": chain("sword", "hand_r", (-0.75, -0.1, 1.4), (-0.75, -0.5, 1.4), (-0.75, -1.1, 1.4)),
    "wings": both("wing", "spine_03", (0.08, 0.15, 1.35), (0.5, 0.3, 1.7), (1.1, 0.4, 1.6), (1.5, 0.4, 1.2)),
    "poles and targets": both("pole", "root", (0.1, -1.0, 0.5)) | both("target", "root", (0.1, 0.0, 0.1)),
    "ears": both("ear", "head", (0.07, 0.0, 1.65), (0.1, 0.0, 1.75), (0.12, 0.0, 1.85)),
    "a face": both("lip", "head", (0.02, -0.1, 1.53)) | both("lid", "head", (0.03, -0.1, 1.6))
    | chain("jaw", "head", (0, -0.03, 1.55), (0, -0.1, 1.48)),
    "breasts and twist bones": both("breast", "spine_03", (0.08, -0.1, 1.3), (0.08, -0.15, 1.3)),
}  # fmt: skip


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS.keys())
@pytest.mark.parametrize("pose", [T_POSE, A_POSE], ids=["rest T", "rest A"])
def test_what_else_hangs_on_a_rig_is_not_taken_for_its_limbs(
    extra: Bones, pose: dict[str, tuple[float, float, float]]
) -> None:
    bones, names = scrambled(UNREAL.bones(pose) | extra, seed=2)
    assert mapped(bones) == expected(UNREAL, names)


def test_all_of_it_together_neither() -> None:
    whole = UNREAL.bones(A_POSE)
    for extra in EXTRAS.values():
        whole |= extra
    bones, names = scrambled(whole, seed=5)
    assert mapped(bones) == expected(UNREAL, names)


PARTS = (("elbow", "wrist"), ("knee", "ankle"), ("spine", "neck"), ("head",), ("shoulder",), ("hip",), ("foot",),
         ("thumb", "index", "middle", "ring", "pinky"))  # fmt: skip


def odd_body(rng: np.random.Generator) -> sk.Skeleton:
    """Return a body whose parts are between 0.6 and 1.5 times as long as usual."""
    offsets = sk.AVERAGE_SKELETON.offsets.copy()
    for parts in PARTS:
        factor = rng.uniform(0.6, 1.5)
        for joint in sk.JOINTS:
            if any(part in joint for part in parts):
                offsets[sk.INDEX[joint]] *= factor
    return sk.Skeleton(offsets)


@pytest.mark.parametrize("seed", range(40))
def test_limbs_are_found_on_bodies_of_odd_proportions_in_any_rest_pose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arm, elbow, leg = rng.uniform(0, 80), rng.uniform(0, 40), rng.uniform(-3, 15)
    pose: dict[str, tuple[float, float, float]] = {
        "left_shoulder": (0, arm, 0), "right_shoulder": (0, -arm, 0), "left_elbow": (0, 0, -elbow),
        "right_elbow": (0, 0, elbow), "left_hip": (0, -leg, 0), "right_hip": (0, leg, 0),
    }  # fmt: skip
    exact = bones_of(UNREAL_NAMES, "", places_of(pose, odd_body(rng)))
    bones, names = scrambled(
        {bone: (above, head + rng.normal(0, 0.002, 3)) for bone, (above, head) in exact.items()}, seed
    )
    found = mapped(bones)
    for joint, (name, *_) in UNREAL_NAMES.names().items():
        if joint.startswith(("left", "right")):
            assert found[joint] == names[name], joint


def without(bones: Bones, *tops: str) -> Bones:
    """Return the bones without these and all below them."""
    gone = set(tops)
    for bone, (parent, _) in bones.items():
        if parent in gone:
            gone.add(bone)
    return {bone: one for bone, one in bones.items() if bone not in gone}


def test_a_rig_without_fingers_and_toes_is_mapped_and_faces_where_its_knees_point() -> None:
    pose = {**A_POSE, "left_knee": (-10.0, 0.0, 0.0), "right_knee": (-10.0, 0.0, 0.0)}
    fingers = [f"{finger}_01_{side}" for finger in ("thumb", "index", "middle", "ring", "pinky") for side in "lr"]
    bones, names = scrambled(without(UNREAL.bones(pose), *fingers, "ball_l", "ball_r"))
    assert mapped(bones) == expected(UNREAL, names)


def test_a_nameless_character_performs_as_the_named_one_does() -> None:
    named = build_armature("Named", UNREAL.bones(A_POSE))
    bones, names = scrambled(UNREAL.bones(A_POSE))
    nameless = build_armature(
        "Nameless", {bone: (parent, 100.0 * head) for bone, (parent, head) in bones.items()}, 100.0
    )
    lay_down(nameless)
    nameless.rotation_euler.x, nameless.scale = math.radians(90), (0.01,) * 3
    bpy.context.view_layer.update()
    assert cast_actor("Ann", nameless).rig.rig == "by shape"
    assert pose_rig(nameless, STRONG, (0.3, 1.0, 0.8)) < 0.02
    pose_rig(named, STRONG, (0.3, 1.0, 0.8))
    for bone in ("hand_l", "foot_r", "head", "index_03_r", "lowerarm_l"):
        one, other = named.pose.bones[bone], nameless.pose.bones[names[bone]]
        assert (named.matrix_world @ one.head - nameless.matrix_world @ other.head).length < 0.005


@pytest.mark.data
@pytest.mark.parametrize("character", ["female_mixamo", "male_gameengine", "male_rigify_metarig"])
def test_ready_characters_with_their_names_scrambled_are_mapped_as_with_them(load_character, character: str) -> None:
    armature = load_character(character.removesuffix("_metarig"))
    if character.endswith("metarig"):
        armature = bpy.data.objects["male_rigify_metarig"]
    assert_scrambled_as_named(armature)


@pytest.mark.data
@pytest.mark.parametrize("file", ["human-male", "human-female", "human-base-animations"])
def test_mesh2motion_with_its_names_scrambled_is_mapped_as_with_them(data, file: str) -> None:
    bpy.ops.import_scene.gltf(filepath=str(data / "motion" / "mesh2motion" / f"{file}.glb"))
    assert_scrambled_as_named(next(obj for obj in bpy.data.objects if obj.type == "ARMATURE"))


def assert_scrambled_as_named(armature: bpy.types.Object) -> None:
    wanted = map_rig(armature)
    names = {}
    for number, bone in zip(np.random.default_rng(1).permutation(len(armature.data.bones)), armature.data.bones):
        before = bone.name
        bone.name = f"joint{number}"
        names[before] = bone.name
    found = map_rig(armature)
    assert found.rig == "by shape"
    assert dict(found.joints) == {joint: names[bone] for joint, bone in wanted.joints.items()}


# What is no human


def dog() -> Bones:
    """A dog of the usual rig: hind legs on the pelvis, fore legs on the chest, a level spine."""
    return (
        chain("spine", "", (0, 0.4, 0.6), (0, 0.2, 0.6), (0, 0.0, 0.6), (0, -0.2, 0.62))
        | chain("neck", "spine3", (0, -0.3, 0.7), (0, -0.4, 0.8), (0, -0.5, 0.8))
        | chain("tail", "spine0", (0, 0.5, 0.6), (0, 0.65, 0.6), (0, 0.8, 0.6))
        | both("hind", "spine0", (0.1, 0.4, 0.55), (0.1, 0.35, 0.35), (0.1, 0.45, 0.15), (0.1, 0.4, 0.03))
        | both("fore", "spine3", (0.08, -0.2, 0.55), (0.08, -0.15, 0.35), (0.08, -0.2, 0.12), (0.08, -0.25, 0.02))
    )


def car() -> Bones:
    body: Bones = {"body": (None, np.array([0.0, 0.0, 0.5]))}
    for end, y in (("front", -1.2), ("rear", 1.2)):
        body |= both(end, "body", (0.7, y, 0.3), (0.8, y, 0.3), (0.8, y - 0.1, 0.0))
    return body


def legless() -> Bones:
    return without(UNREAL.bones(A_POSE), "thigh_l", "thigh_r")


def two_skeletons() -> Bones:
    one = UNREAL.bones(A_POSE)
    other = {
        f"second {bone}": (f"second {parent}", head + [1.5, 0, 0]) for bone, (parent, head) in one.items() if parent
    }
    return one | {bone: (parent if parent in other else "root", head) for bone, (parent, head) in other.items()}


REFUSED = {
    "dog": (dog, "its trunk does not stand on its legs"),
    "car": (car, "legs"),
    "arms without legs": (legless, "legs"),
    "two skeletons": (two_skeletons, "more than one skeleton"),
    "a chain": (lambda: chain("rope", "", *((0, 0, 0.1 * n) for n in range(12))), "mirror"),
}


@pytest.mark.parametrize(("bones", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_human_is_one_sentence_and_nothing_is_changed(bones, reason: str) -> None:
    made = {bone: (parent or None, head) for bone, (parent, head) in scrambled(bones())[0].items()}
    armature = build_armature("Thing", made)
    before = [(bone.name, bone.matrix_basis.copy(), bone.rotation_mode) for bone in armature.pose.bones]
    with pytest.raises(RigNotRecognised, match=rf"'Thing'.*{reason}.*Cast > Bones") as raised:
        cast_actor("Ann", armature)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
    assert before == [(bone.name, bone.matrix_basis, bone.rotation_mode) for bone in armature.pose.bones]
    assert armature.animation_data is None


def test_an_armature_without_bones_is_one_sentence(two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> None:
    with pytest.raises(RigNotRecognised, match="'Anna' has no bones; choose the armature"):
        cast_actor("Ann", two_armatures[0])


def test_two_skeletons_of_known_names_in_one_armature_are_named_by_their_hips() -> None:
    one = MIXAMO.bones(T_POSE)
    other = {
        f"{bone}.001": (f"{parent}.001" if parent else None, head + [1.5, 0, 0]) for bone, (parent, head) in one.items()
    }
    with pytest.raises(
        RigNotRecognised, match=r"two skeletons, on 'mixamorig:Hips' and on 'mixamorig:Hips\.001'; separate"
    ):
        cast_actor("Ann", build_armature("Both", one | other))


def test_a_known_rig_that_lacks_its_legs_is_told_which_joints_it_lacks() -> None:
    with pytest.raises(RigNotRecognised, match=r"legs.*Cast > Bones"):
        cast_actor("Ann", build_armature("Half", legless()))


def test_a_generated_rig_without_its_names_is_a_control_rig_to_be_mapped_by_hand() -> None:
    armature = generate_rigify()
    for number, bone in enumerate(armature.data.bones):
        bone.name = f"control{number}"
    with pytest.raises(RigNotRecognised, match=r"constraints.*Cast > Bones"):
        map_rig(armature)
