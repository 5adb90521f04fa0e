"""Faces: shape keys by the names that characters bring, visemes in their place, scale and offset."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import cast_actor
from interact_addon.rig.faces import (
    FaceMesh,
    ShapeSetting,
    find_faces,
    match_shapes,
    missing_shapes,
    shape_values,
)
from interact_addon.rig.identity import ObjectReference, reference
from interact_addon.rig.measure import skinned_meshes
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.contract import ARKIT_NAMES

from . import shape_lists
from .rigs import add_face, counted_calls, curves, make_rig
from .shape_lists import EMPHATIC_VISEMES

pytest.importorskip("scipy", reason="the runtime's visemes need scipy, which only the runtime's environment has")

from model_runtime.face.arkit import CURVE, columns
from model_runtime.face.mesh_conversion.face_basis import read_basis
from model_runtime.face.mouth_shapes import lip_gap
from model_runtime.face.visemes import PHONES, viseme_curves

SOMEWHERE = ObjectReference("Face", 1)


def matched(*names: str) -> FaceMesh:
    return match_shapes(SOMEWHERE, names)


def drives(face: FaceMesh, shape: str) -> dict[str, float]:
    """Return the curves of a shape and their shares; empty for a shape that is left alone."""
    if shape not in face.shapes:
        return {}
    row = face.weights[face.shapes.index(shape)]
    return {ARKIT_NAMES[column]: float(row[column]) for column in np.flatnonzero(row)}


def played(face: FaceMesh, frame: np.ndarray) -> dict[str, float]:
    """Return the value of each shape in one frame, without scale, offset and sliders."""
    return dict(zip(face.shapes, np.clip(frame @ face.weights.T, 0.0, 1.0)[0].tolist()))


def said(phone: str) -> np.ndarray:
    """Return the frame (1, 52) in the middle of a clearly spoken phone."""
    return viseme_curves([("SIL", 0.0, 0.2), (phone, 0.2, 0.4), ("SIL", 0.4, 0.6)], 18)[[9]]


@pytest.mark.parametrize(
    "name",
    [
        "jawOpen.001", "jawOpen_ncl1_1", "jawOpen_1", "jawOpenShape", "head_lod0__jawOpen", "head_lod0__jawOpen.002",
        "blendShape1.jawOpen", "Anna:jawOpen", "rig|Anna:Jaw_Open", "A25_Jaw_Open", "blendShape1.AK_25_JawOpen",
        "facs_bs_JawOpen_div2", "Genesis9__facs_bs_JawOpen", "CTRL_expressions_jawOpen", "head_lod0_mesh__jaw_open",
        "ARKit_jawOpen", "JAW OPEN", "Merged_Open_Mouth",
    ],
)  # fmt: skip
def test_a_name_is_known_with_all_that_tools_put_around_it(name: str) -> None:
    assert drives(matched(name), name) == {"jawOpen": 1.0}


@pytest.mark.parametrize(
    ("shape", "curve"),
    [
        ("Eye_L_Look_L", "eyeLookOutLeft"), ("Eye_L_Look_R", "eyeLookInLeft"), ("Eye_R_Look_L", "eyeLookInRight"),
        ("Eye_R_Look_Up", "eyeLookUpRight"), ("Left_Eyeball_Look_L", "eyeLookOutLeft"),
        ("eye_lookLeft_R", "eyeLookInRight"), ("eye_lookRight_R", "eyeLookOutRight"),
    ],
)  # fmt: skip
def test_an_eye_that_looks_to_its_own_side_looks_outwards(shape: str, curve: str) -> None:
    assert drives(matched(shape), shape) == {curve: 1.0}


@pytest.mark.parametrize(
    ("names", "lacks"),
    [
        (shape_lists.CHARACTER_CREATOR_4, set()),
        (shape_lists.CHARACTER_CREATOR_3, set()),
        (shape_lists.DAZ_GENESIS_9, {"eyeWideLeft", "eyeWideRight", "tongueOut"}),
        (shape_lists.METAHUMAN, set()),
        (shape_lists.UNIFIED_EXPRESSIONS, {"mouthDimpleLeft", "mouthDimpleRight"}),
        (ARKIT_NAMES + shape_lists.OCULUS_VISEMES + shape_lists.READY_PLAYER_ME_ADDITIONS, set()),
        (shape_lists.ROCKETBOX, set()),
    ],
    ids=[
        "Character Creator 4",
        "Character Creator 3",
        "Daz",
        "MetaHuman",
        "Unified Expressions",
        "Ready Player Me",
        "Rocketbox",
    ],
)
def test_whole_sets_of_other_products_show_every_arkit_curve_they_have(names: tuple, lacks: set) -> None:
    assert set(missing_shapes([matched(*names)])) == lacks


def test_lips_that_come_in_quarters_all_follow_the_one_curve() -> None:
    face = matched(*shape_lists.CHARACTER_CREATOR_4_EXTENDED_LIPS, "Jaw_Open")
    pucker = [name for name in face.shapes if drives(face, name).get("mouthPucker") == 1.0]
    assert pucker == [f"Mouth_Pucker_{level}_{side}" for level in ("Up", "Down") for side in "LR"]
    assert not drives(face, "Mouth_Roll_Out_Upper_L") and not drives(face, "Mouth_Smile_Sharp_L")


def test_a_copy_of_a_shape_is_left_alone_beside_the_shape() -> None:
    assert matched("jawOpen.001", "jawOpen", "mouthPucker").shapes == ("jawOpen", "mouthPucker")


def test_arkits_own_set_wins_over_a_products_older_shapes() -> None:
    face = matched(*shape_lists.CHARACTER_CREATOR_3)
    assert all(name.startswith("A") for name in face.shapes) and len(face.shapes) == 52


def test_a_smile_of_both_sides_is_left_alone_beside_the_two_halves() -> None:
    assert "mouthSmile" not in matched(*ARKIT_NAMES, "mouthSmile").shapes
    assert drives(matched("mouthSmile", "jawOpen"), "mouthSmile") == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}


@pytest.mark.parametrize("name", ["Smile", "Mouth_Open", "Head_L", "EyeConstrict", "Key.001", "TongueUp", "A", "R"])
def test_a_shape_that_is_only_similar_is_left_alone(name: str) -> None:
    assert matched(name).shapes == ()


VISEME_SETS = {
    "Oculus": (shape_lists.OCULUS_VISEMES, {"aa": "viseme_aa", "I": "viseme_I", "U": "viseme_U", "FF": "viseme_FF"}),
    "VRChat": (shape_lists.VRCHAT, {"aa": "vrc.v_aa", "I": "vrc.v_ih", "U": "vrc.v_ou", "FF": "vrc.v_ff"}),
    "VRoid": (shape_lists.VROID, {"aa": "Fcl_MTH_A", "I": "Fcl_MTH_I", "U": "Fcl_MTH_U"}),
    "MMD": (shape_lists.MMD, {"aa": "あ", "I": "い", "U": "う"}),
    "VRM": (("A", "I", "U", "E", "O", "Blink"), {"aa": "A", "I": "I", "U": "U"}),
    "Rocketbox": (
        tuple(f"blendShape1.AA_VI_{n:02}_{x[7:]}" for n, x in enumerate(shape_lists.OCULUS_VISEMES)),
        {"aa": "blendShape1.AA_VI_10_aa", "U": "blendShape1.AA_VI_14_U", "FF": "blendShape1.AA_VI_02_FF"},
    ),
    "Daz": (shape_lists.DAZ_VISEMES, {"aa": "eCTRLvAA", "I": "eCTRLvIY", "U": "eCTRLvUW", "FF": "eCTRLvF"}),
    "CC4": (
        shape_lists.CHARACTER_CREATOR_VISEMES,
        {"aa": "V_Open", "I": "V_Wide", "U": "V_Tight_O", "FF": "V_Dental_Lip"},
    ),
    "CC3": (shape_lists.CHARACTER_CREATOR_3_VISEMES, {"aa": "Ah", "I": "EE", "U": "W_OO", "FF": "F_V"}),
}


@pytest.mark.parametrize("kind", VISEME_SETS)
@pytest.mark.parametrize(("phone", "viseme"), [("AA", "aa"), ("IY", "I"), ("UW", "U"), ("F", "FF")])
def test_each_sound_arrives_most_strongly_at_its_own_viseme(kind: str, phone: str, viseme: str) -> None:
    names, shape_of = VISEME_SETS[kind]
    if viseme not in shape_of:
        return
    values = played(matched(*names), said(phone))
    assert max(values, key=lambda name: values[name]) == shape_of[viseme]
    assert values[shape_of[viseme]] > 0.15


@pytest.mark.parametrize("kind", VISEME_SETS)
@pytest.mark.parametrize("phone", ["M", "B", "P"])
def test_no_viseme_opens_the_mouth_on_p_b_and_m(kind: str, phone: str) -> None:
    face = matched(*VISEME_SETS[kind][0])
    closing = [p for p in viseme_curves([("AA", 0.1, 0.3), (phone, 0.3, 0.45), ("AA", 0.45, 0.6)], 20) if p.any()]
    shut = [frame[None] for frame in closing if lip_gap(frame[None])[0] == 0.0 and frame[CURVE["mouthClose"]] > 0.0]
    assert shut
    opens = VISEME_SETS[kind][1]
    for frame in shut:
        values = played(face, frame)
        assert values[opens["aa"]] < 0.03 and values[opens["I"] if "I" in opens else opens["aa"]] < 0.03


def test_visemes_together_are_never_more_than_one_mouth() -> None:
    text = shape_lists.words(
        "HH AH L OW W ER L D DH IH S IH Z AE N IY Z IY T EH S T F AO R V IH Z IY M Z B UW K P UH SH CH UW"
    )
    spoken = viseme_curves([(p, 0.1 * n + 0.1, 0.1 * n + 0.2) for n, p in enumerate(text)], 3 * len(text) + 6)
    for names, _ in VISEME_SETS.values():
        face = matched(*names)
        assert np.clip(spoken @ face.weights.T, 0.0, 1.0).sum(axis=1).max() < 1.2


def test_a_blink_and_a_smile_of_vroid_arrive_at_their_own_shapes() -> None:
    face = matched(*shape_lists.VROID)
    blink, smile = played(face, curves(eyeBlinkLeft=1.0)), played(face, curves(mouthSmile=0.8))
    assert {name for name, value in blink.items() if value > 0.0} == {"Fcl_EYE_Close_L"}
    assert {name: value for name, value in smile.items() if value > 0.0} == {"Fcl_MTH_Fun": pytest.approx(0.8)}


def test_one_blink_for_both_eyes_is_used_where_there_are_no_two() -> None:
    face = matched("Fcl_EYE_Close", "Fcl_MTH_A", "Fcl_MTH_I", "Fcl_MTH_U")
    assert played(face, curves(eyeBlink=0.9))["Fcl_EYE_Close"] == pytest.approx(0.9)


def test_visemes_beside_a_mouth_of_arkit_shapes_are_left_alone() -> None:
    face = matched(
        *ARKIT_NAMES, *shape_lists.OCULUS_VISEMES, *shape_lists.VRCHAT, *shape_lists.CHARACTER_CREATOR_VISEMES
    )
    assert face.shapes == ARKIT_NAMES


def test_a_jaw_shape_alone_is_no_mouth_and_yields_to_visemes() -> None:
    face = matched("jawOpen", "browInnerUp", "mouthSmile", *shape_lists.OCULUS_VISEMES)
    assert "jawOpen" not in face.shapes and {"browInnerUp", "mouthSmile", "viseme_aa"} <= set(face.shapes)


def test_two_letters_are_no_vocabulary() -> None:
    assert matched("A", "O", "Fat").shapes == ()


def test_a_missing_viseme_is_stood_in_for_by_its_neighbour() -> None:
    face = matched("V_Open", "V_Explosive", "V_Dental_Lip", "V_Wide")
    assert drives(face, "V_Wide")["mouthStretchLeft"] > 0.5
    oh = matched("viseme_aa", "viseme_E", "viseme_O")
    assert drives(oh, "viseme_O")["mouthPucker"] > 0.5 and drives(oh, "viseme_E")["mouthStretchLeft"] > 0.5


def test_where_no_shape_closes_the_lips_the_jaw_closes_with_them() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "Head", ("jawOpen", "mouthFunnel"))
    add_face(rig, "Teeth", ("jawOpen",))
    for face in find_faces(rig):
        assert played(face, curves(jawOpen=0.3, mouthClose=0.3))["jawOpen"] == 0.0
    add_face(rig, "Lips", ("mouthClose",))
    for face in find_faces(rig):
        assert played(face, curves(jawOpen=0.3, mouthClose=0.3)).get("jawOpen", 0.3) == pytest.approx(0.3)


def test_a_mesh_of_3000_shape_keys_is_matched_with_few_calls_for_each() -> None:
    names = [f"Morph_{n:04}_variant" for n in range(2948)] + [f"head__{name}" for name in ARKIT_NAMES]
    with counted_calls() as calls:
        face = matched(*names)
    assert len(face.shapes) == 52
    assert calls[0] < 400 * len(names)
    with counted_calls() as again:
        matched(*names)
    assert again[0] < calls[0] / 3


def test_a_mesh_of_3000_shape_keys_is_cast_and_valued() -> None:
    rig = make_rig(MIXAMO, "Anna")
    face = add_face(rig, "Head", (*(f"Morph {n}" for n in range(2948)), *ARKIT_NAMES))
    actor = cast_actor("Anna", rig)
    assert actor.faces[0].shapes == ARKIT_NAMES
    values = shape_values(actor.faces[0], face.data.shape_keys, curves(jawOpen=0.4))
    assert values[0, CURVE["jawOpen"]] == pytest.approx(0.4)


def test_a_hidden_face_mesh_is_found_and_driven_all_the_same() -> None:
    rig = make_rig(MIXAMO, "Anna")
    face = add_face(rig, "Head")
    face.hide_viewport = face.hide_render = True
    bpy.context.view_layer.update()
    found = find_faces(rig)
    assert [mesh.mesh for mesh in found] == ["Head"] and len(found[0].shapes) == 52


def test_scale_and_offset_hold_for_one_shape_of_one_mesh() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head, teeth = add_face(rig, "Head"), add_face(rig, "Teeth", ("jawOpen",))
    setting = ShapeSetting(reference(head), "jawOpen", "jawOpen", "jawOpen", scale=0.5, offset=0.1)
    by_mesh = {face.mesh: face for face in find_faces(rig, [setting])}
    frame = curves(jawOpen=0.6, mouthPucker=0.6)
    values = shape_values(by_mesh["Head"], head.data.shape_keys, frame)[0]
    assert values[CURVE["jawOpen"]] == pytest.approx(0.4) and values[CURVE["mouthPucker"]] == pytest.approx(0.6)
    assert shape_values(by_mesh["Teeth"], teeth.data.shape_keys, frame)[0, 0] == pytest.approx(0.6)


def test_values_stay_within_the_sliders_own_range() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head = add_face(rig, "Head", ("jawOpen", "mouthPucker"))
    keys = head.data.shape_keys
    keys.key_blocks["jawOpen"].slider_max, keys.key_blocks["mouthPucker"].slider_min = 2.0, -0.5
    settings = [
        ShapeSetting(reference(head), "jawOpen", "jawOpen", "jawOpen", scale=3.0),
        ShapeSetting(reference(head), "mouthPucker", "mouthPucker", "mouthPucker", offset=-0.9),
    ]
    (face,) = find_faces(rig, settings)
    assert shape_values(face, keys, curves(jawOpen=0.9))[0].tolist() == pytest.approx([2.0, -0.5])


def test_a_shape_can_be_chosen_for_a_curve_and_taken_from_another() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head = add_face(rig, "Head", ("jawOpen", "mouthPucker", "Kiss", "Mouth_Open"))
    settings = [
        ShapeSetting(reference(head), "mouthPucker", "mouthPucker", "Kiss"),
        ShapeSetting(reference(head), "", "tongueOut", "Mouth_Open"),
        ShapeSetting(reference(head), "jawOpen", "jawOpen", ""),
    ]
    (face,) = find_faces(rig, settings)
    assert face.shapes == ("Kiss", "Mouth_Open")
    assert drives(face, "Kiss") == {"mouthPucker": 1.0} and drives(face, "Mouth_Open") == {"tongueOut": 1.0}


def test_a_setting_for_a_shape_that_is_gone_leaves_the_others_as_they_are() -> None:
    rig = make_rig(MIXAMO, "Anna")
    head = add_face(rig, "Head", ("jawOpen", "mouthPucker"))
    (face,) = find_faces(rig, [ShapeSetting(reference(head), "Kiss", "mouthPucker", "Kiss", scale=0.5)])
    assert face.shapes == ("jawOpen", "mouthPucker")


def test_a_face_of_visemes_alone_is_cast_and_says_which_curves_it_cannot_show() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "Head", shape_lists.VROID)
    actor = cast_actor("Anna", rig)
    assert len(actor.faces) == 1 and any("lacks" in warning for warning in actor.warnings)


def positions(armature: bpy.types.Object, frame: np.ndarray) -> np.ndarray:
    """Return the vertices (V, 3) of all face meshes with their shapes set as one frame of curves says."""
    found = []
    for face in find_faces(armature):
        obj = face.object.find()
        assert obj is not None and isinstance(obj.data, bpy.types.Mesh) and obj.data.shape_keys is not None
        keys = obj.data.shape_keys
        place = offsets(keys.reference_key)
        for name, value in zip(face.shapes, shape_values(face, keys, frame)[0]):
            place = place + value * (offsets(keys.key_blocks[name]) - offsets(keys.reference_key))
        found.append(place)
    return np.concatenate(found)


def offsets(block: bpy.types.ShapeKey) -> np.ndarray:
    flat = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def replace_by_visemes(armature: bpy.types.Object) -> None:
    """Take all ARKit shapes from a character and give it visemes, made of them, in their place."""
    for obj in skinned_meshes(armature):
        keys = obj.data.shape_keys
        if keys is None:
            continue
        basis = offsets(keys.reference_key)
        deltas = {block.name: offsets(block) - basis for block in keys.key_blocks if block != keys.reference_key}
        for block in list(keys.key_blocks)[1:]:
            obj.shape_key_remove(block)
        for viseme, pose in EMPHATIC_VISEMES.items():
            moved = basis.copy()
            for column, share in zip(range(52), curves(**pose)[0]):
                moved += share * deltas.get(ARKIT_NAMES[column], 0.0)
            obj.shape_key_add(name=f"viseme_{viseme}", from_mix=False).data.foreach_set("co", moved.ravel())


@pytest.mark.data
@pytest.mark.parametrize("visemes", [tuple(EMPHATIC_VISEMES), ("aa", "E", "I", "O", "U")], ids=["ten", "five vowels"])
def test_visemes_of_the_ict_face_come_near_the_mouths_of_its_arkit_shapes(data: Path, visemes: tuple) -> None:
    basis = read_basis(data / "face" / "ict_arkit.npz").deltas
    lips = np.linalg.norm(basis[columns("mouthRollLower", "mouthRollUpper", "mouthPucker")], axis=-1).max(axis=0)
    near = lips > 0.2 * lips.max()
    shapes = basis[:, near].reshape(52, -1)
    rng, sounds = np.random.default_rng(0), [phone for phone in PHONES if phone != "SIL"]
    text = [sounds[number] for number in rng.integers(0, len(sounds), 300)]
    spoken = viseme_curves([(p, 0.1 * n + 0.1, 0.1 * n + 0.2) for n, p in enumerate(text)], 3 * len(text))[::3]
    face = matched(*(f"viseme_{name}" for name in visemes))
    values = np.clip(spoken @ face.weights.T, 0.0, 1.0)
    made = np.concatenate([curves(**EMPHATIC_VISEMES[name.removeprefix("viseme_")]) for name in face.shapes])
    wanted, shown = spoken @ shapes, values @ made @ shapes
    off = np.linalg.norm(shown - wanted, axis=1).mean() / np.linalg.norm(wanted, axis=1).mean()
    print(f"{len(visemes)} visemes: lips off by {off:.0%} of their way, {values.sum(axis=1).max():.2f} at most")
    assert off < 0.25 and values.sum(axis=1).max() < 1.0


@pytest.mark.data
@pytest.mark.parametrize("character", ["female_mixamo", "male_gameengine"])
def test_a_real_face_of_visemes_speaks_as_its_arkit_shapes_do(load_character, character: str) -> None:
    text = shape_lists.words("HH AH L OW M AA M AH DH IH S IH Z AE N IY Z IY F AO R B UW K")
    spoken = viseme_curves([(p, 0.12 * n + 0.1, 0.12 * n + 0.22) for n, p in enumerate(text)], 100)[::5]
    armature = load_character(character)
    rest = positions(armature, np.zeros((1, 52)))
    arkit = np.array([positions(armature, frame[None]) for frame in spoken])
    replace_by_visemes(armature)
    viseme = np.array([positions(armature, frame[None]) for frame in spoken])
    error, movement = np.linalg.norm(viseme - arkit, axis=-1), np.linalg.norm(arkit - rest, axis=-1)
    moved = movement.max(axis=0) > 0.001
    assert error[:, moved].mean() < 0.4 * movement[:, moved].mean()
    print(f"{character}: off by {1000 * error[:, moved].mean():.2f} mm of {1000 * movement[:, moved].mean():.2f} mm")
