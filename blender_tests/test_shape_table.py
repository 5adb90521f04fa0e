"""The table of shapes under Cast: listed, chosen, scaled, reset, saved, and carried by presets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import panels
from interact_addon.properties import face_settings_of
from interact_addon.rig.near_shapes import near_shapes
from interact_addon.rig.presets import read_preset, write_preset
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene.bones import apply_preset, preset_of
from interact_addon.scene.request import cast_scene
from interact_addon.scene.shapes import list_shapes, shapes_from_dict, shapes_to_dict, use_near_shapes
from model_runtime.contract import ARKIT_NAMES
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig
from .shape_lists import VROID

SHAPES = ("jawOpen", "mouthFunnel", "Mouth_Pucker", "Smile_L", "Smile_R", "Kiss", "Fat")


@pytest.fixture
def anna(addon: None) -> Any:
    """The settings of the first of two cast actors, whose face lacks most shapes."""
    first, second = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    add_face(first, "Head", SHAPES)
    add_face(first, "Teeth", ("jawOpen",))
    add_face(second, "BensHead")
    settings = bpy.context.scene.interact
    settings.actor_a.armature, settings.actor_b.armature = first, second
    return settings.actor_a


def row_of(actor: Any, name: str, mesh: str = "Head") -> Any:
    return next(row for row in actor.shapes if row.name == name and row.mesh is not None and row.mesh.name == mesh)


def test_the_list_has_every_shape_that_is_driven_and_every_curve_that_is_missing(anna: Any) -> None:
    assert bpy.ops.interact.find_shapes() == {"FINISHED"}
    found = [(row.name, row.mesh.name, row.shape) for row in anna.shapes if row.found]
    assert found == [
        ("jawOpen", "Head", "jawOpen"),
        ("mouthFunnel", "Head", "mouthFunnel"),
        ("mouthPucker", "Head", "Mouth_Pucker"),
        ("jawOpen", "Teeth", "jawOpen"),
    ]
    missing = [row.name for row in anna.shapes if not row.found]
    assert len(missing) == 49 and not any(row.shape for row in anna.shapes if not row.found)


def test_similar_shapes_are_offered_and_driven_only_when_chosen(anna: Any) -> None:
    list_shapes(anna)
    assert row_of(anna, "mouthSmileLeft").near == "Smile_L"
    assert "Smile_L" not in cast_scene(bpy.context.scene)[0].faces[0].shapes
    assert bpy.ops.interact.use_near_shapes() == {"FINISHED"}
    assert {"Smile_L", "Smile_R"} <= set(cast_scene(bpy.context.scene)[0].faces[0].shapes)
    assert not bpy.ops.interact.use_near_shapes.poll()


def test_one_similar_shape_for_both_sides_shows_their_mean(anna: Any) -> None:
    add_face(anna.armature, "Hat", ("jawOpen", "mouthPucker", "mouthFunnel", "browDown", "Smile", *ARKIT_NAMES[:8]))
    bpy.data.objects.remove(bpy.data.objects["Head"])
    list_shapes(anna)
    use_near_shapes(anna)
    face = next(mesh for mesh in cast_scene(bpy.context.scene)[0].faces if mesh.mesh == "Hat")
    row = face.weights[face.shapes.index("Smile")]
    assert {ARKIT_NAMES[column]: row[column] for column in row.nonzero()[0]} == {
        "mouthSmileLeft": 0.5,
        "mouthSmileRight": 0.5,
    }


def test_scale_and_offset_of_a_row_reach_the_cast_character(anna: Any) -> None:
    list_shapes(anna)
    row = row_of(anna, "mouthPucker")
    row.scale, row.offset = 0.5, 0.25
    head = cast_scene(bpy.context.scene)[0].faces[0]
    at = head.shapes.index("Mouth_Pucker")
    assert head.scales[at] == 0.5 and head.offsets[at] == 0.25
    assert cast_scene(bpy.context.scene)[1].faces[0].scales == ()


def test_listing_again_keeps_what_was_set(anna: Any) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").shape = "Kiss"
    row_of(anna, "jawOpen", "Teeth").scale = 0.8
    list_shapes(anna)
    assert row_of(anna, "mouthPucker").shape == "Kiss"
    assert row_of(anna, "jawOpen", "Teeth").scale == pytest.approx(0.8)
    assert row_of(anna, "jawOpen").scale == 1.0


def test_a_row_and_all_rows_can_be_reset(anna: Any) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").shape = "Kiss"
    row_of(anna, "jawOpen").scale = 0.5
    anna.jaw_opens = 0.5
    anna.shape_shown = list(anna.shapes).index(row_of(anna, "mouthPucker"))
    assert bpy.ops.interact.reset_shape() == {"FINISHED"}
    assert row_of(anna, "mouthPucker").shape == "Mouth_Pucker" and row_of(anna, "jawOpen").scale == 0.5
    assert bpy.ops.interact.reset_shapes() == {"FINISHED"}
    assert all(row.is_as_found for row in anna.shapes) and not anna.is_property_set("jaw_opens")


def test_the_table_is_saved_with_the_file_and_follows_renamed_meshes(anna: Any, tmp_path: Path) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").scale = 0.5
    bpy.data.objects["Head"].name = "Kopf"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    actor = bpy.context.scene.interact.actor_a
    assert row_of(actor, "mouthPucker", "Kopf").scale == 0.5
    face = next(mesh for mesh in cast_scene(bpy.context.scene)[0].faces if mesh.mesh == "Kopf")
    assert face.scales[face.shapes.index("Mouth_Pucker")] == 0.5


def test_the_ranges_of_face_bones_are_settings_of_the_actor(anna: Any) -> None:
    anna.jaw_opens, anna.eyes_turn, anna.lids_close = 0.2, 0.5, 1.5
    settings = face_settings_of(anna)
    assert (settings.jaw, settings.eyes, settings.lids) == pytest.approx((0.2, 0.5, 1.5))


def test_what_was_set_is_plain_data_and_comes_back_from_it(anna: Any) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").shape = "Kiss"
    row_of(anna, "jawOpen", "Teeth").offset = 0.1
    anna.eyes_turn = 0.5
    data = shapes_to_dict(anna)
    bpy.ops.interact.reset_shapes()
    assert shapes_to_dict(anna) == {}
    assert shapes_from_dict(anna, data) == []
    assert shapes_to_dict(anna) == data


def test_shapes_travel_with_the_preset_of_bones(anna: Any, tmp_path: Path) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").scale = 0.7
    write_preset(tmp_path / "anna.json", preset_of(anna))
    bpy.ops.interact.reset_shapes()
    apply_preset(anna, read_preset(tmp_path / "anna.json"), "anna")
    assert row_of(anna, "mouthPucker").scale == pytest.approx(0.7)


def test_what_a_preset_has_and_the_character_lacks_is_said(anna: Any, tmp_path: Path) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").scale = 0.7
    preset = preset_of(anna)
    preset.shapes["keys"][0]["shape"] = preset.shapes["keys"][0]["found"] = "Ears"
    write_preset(tmp_path / "other.json", preset)
    assert apply_preset(anna, read_preset(tmp_path / "other.json"), "other") == ["the shape 'Ears'"]


def test_a_preset_of_another_character_leaves_out_the_shapes_that_are_not_here(anna: Any) -> None:
    data = {"keys": [
        {"mesh": "Body", "found": "Mouth_Pucker", "curve": "", "shape": "Mouth_Pucker", "scale": 0.5, "offset": 0.0},
        {"mesh": "Body", "found": "Ears", "curve": "", "shape": "Ears", "scale": 0.5, "offset": 0.0},
        {"mesh": "Body", "found": "", "curve": "tongueOut", "shape": "Lizard", "scale": 1.0, "offset": 0.0},
    ]}  # fmt: skip
    assert shapes_from_dict(anna, data) == ["Ears", "Lizard"]
    assert row_of(anna, "mouthPucker").scale == 0.5  # the only mesh with that shape


@pytest.mark.parametrize(
    "data",
    [
        {"keys": 3}, {"bones": {}}, {"keys": [{"mesh": "Head"}]},
        {"jaw": "wide"}, {"eyes": float("nan")}, {"lids": True},
        {"keys": [{"mesh": "H", "found": "", "curve": "", "shape": 3, "scale": 1.0, "offset": 0.0}]},
        {"keys": [{"mesh": "H", "found": "", "curve": "", "shape": "", "scale": 1e9, "offset": 0.0}]},
        {"keys": [{"mesh": "H", "found": "", "curve": "", "shape": "", "scale": 1.0, "offset": "0"}] * 3000},
    ],
)  # fmt: skip
def test_data_that_is_no_table_of_shapes_is_refused_and_changes_nothing(anna: Any, data: dict) -> None:
    list_shapes(anna)
    row_of(anna, "mouthPucker").scale = 0.7
    with pytest.raises(InvalidRequest, match=r"again|up to"):
        shapes_from_dict(anna, data)
    assert row_of(anna, "mouthPucker").scale == pytest.approx(0.7)


def test_a_character_without_any_shape_keys_lists_none(anna: Any) -> None:
    for name in ("Head", "Teeth"):
        bpy.data.objects.remove(bpy.data.objects[name])
    list_shapes(anna)
    assert len(anna.shapes) == 0


def test_visemes_are_listed_by_what_drives_them(anna: Any) -> None:
    add_face(anna.armature, "Anime", VROID)
    list_shapes(anna)
    assert row_of(anna, "jawOpen", "Anime").shape == "Fcl_MTH_A"
    assert row_of(anna, "mouthFunnel + mouthPucker", "Anime").shape == "Fcl_MTH_U"


@pytest.mark.parametrize(
    ("curve", "names", "near"),
    [
        ("jawOpen", ("Mouth_Open", "Fat"), "Mouth_Open"),
        ("mouthSmileLeft", ("Smile", "Smile_L"), "Smile_L"),
        ("mouthSmileRight", ("Smile", "Smile_L"), "Smile"),
        ("mouthSmileLeft", ("Smile01",), "Smile01"),
        ("eyeBlinkLeft", ("Wink_L", "Wink_R"), "Wink_L"),
        ("browDownRight", ("Angry",), "Angry"),
        ("mouthRollLower", ("Mouth_Open", "Mouth_Bottom_Lip_Under"), "Mouth_Bottom_Lip_Under"),
        ("eyeSquintLeft", ("eyeSqintLeft",), "eyeSqintLeft"),
        ("eyeLookInLeft", ("LookLeft", "LookRight"), "LookRight"),
        ("cheekPuff", ("Fat", "Ears"), ""),
    ],
)
def test_the_most_similar_name_is_offered(curve: str, names: tuple, near: str) -> None:
    assert near_shapes([curve], names).get(curve, "") == near


def test_the_panel_is_folded_inside_of_cast(addon: None) -> None:
    for suffix in ("", "_sequencer"):
        panel = getattr(bpy.types, f"INTERACT_PT_shapes{suffix}")
        assert panel.bl_parent_id == f"INTERACT_PT_cast{suffix}" and "DEFAULT_CLOSED" in panel.bl_options
    assert panels.faces.INTERACT_UL_shapes.is_registered
