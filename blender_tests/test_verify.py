"""Verification: what Blender shows is compared with what was keyed, and a difference is named with its cause."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import KeyedPerformance, key_performance
from interact_addon.rig.tables import TABLES
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.verify import Verification, verify
from model_runtime.contract import Performance

from .rigs import PREFIXES, add_face, generate_rigify, make_rig, perform
from .test_face_bones import make_head


def keyed(*cast: CastActor, frames: int = 31) -> KeyedPerformance:
    """Key every frame of a made performance with lively faces."""
    return key_performance(bpy.context.scene, cast, lively(frames, *cast), exact=True)


def lively(frames: int, *cast: CastActor) -> Performance:
    face = np.abs(np.sin(np.arange(frames)[:, None] / 7 + np.arange(52))).astype(np.float32)
    return perform(frames, *cast, face=face)


@pytest.fixture
def cast() -> list[CastActor]:
    anna, ben = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    ben.location.x = 2.0
    bpy.context.view_layer.update()
    add_face(anna, "AnnaHead")
    add_face(ben, "BenHead")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    return [cast_actor("Anna", anna), cast_actor("Ben", ben)]


def seen_after(cast: list[CastActor], change: Callable[[], None]) -> Verification:
    performance = keyed(*cast)
    change()
    bpy.context.view_layer.update()
    return verify(bpy.context.scene, performance)


def test_clean_characters_are_shown_exactly_as_keyed(cast: list[CastActor]) -> None:
    found = verify(bpy.context.scene, keyed(*cast))
    assert found.distance < 1e-4 and found.angle < np.radians(0.1) and found.shape < 1e-5
    assert found.differences == ()


def test_few_keys_are_shown_as_generated_within_their_tolerance(cast: list[CastActor]) -> None:
    found = verify(bpy.context.scene, key_performance(bpy.context.scene, cast, lively(31, *cast)))
    assert found.distance < 1e-3 and found.angle < np.radians(0.2) and 0.0 < found.shape <= 0.0021


@pytest.mark.parametrize("table", [table for table in TABLES if not table.is_control_rig], ids=lambda table: table.name)
def test_every_known_rig_is_shown_exactly_as_keyed(table) -> None:
    rig = make_rig(table, "Anna", prefix=PREFIXES.get(table.name, ""))
    assert verify(bpy.context.scene, keyed(cast_actor("Anna", rig))).distance < 1e-4


def test_a_generated_rigify_rig_is_shown_as_keyed() -> None:
    found = verify(bpy.context.scene, keyed(cast_actor("Anna", generate_rigify())))
    assert found.distance < 1e-3 and found.angle < np.radians(0.5) and not found.differences


def test_ten_frames_and_the_fastest_are_looked_at_and_the_playhead_stays(cast: list[CastActor]) -> None:
    scene = bpy.context.scene
    performance = keyed(*cast)
    scene.frame_set(17, subframe=0.25)
    found = verify(scene, performance)
    assert 10 <= len(found.frames) <= 11 and found.frames[0] == 1 and found.frames[-1] == 31
    assert (scene.frame_current, scene.frame_subframe) == (17, 0.25)


def test_a_constraint_is_named_as_the_cause(cast: list[CastActor]) -> None:
    def change() -> None:
        empty = bpy.data.objects.new("mocap", None)
        bpy.context.scene.collection.objects.link(empty)
        bpy.data.objects["Anna"].pose.bones["LeftArm"].constraints.new("COPY_ROTATION").target = empty

    (difference,) = seen_after(cast, change).differences
    assert difference.actor == "Anna" and difference.cause == "'LeftArm' has the constraint 'Copy Rotation'"


def test_a_driver_on_a_shape_is_named_as_the_cause(cast: list[CastActor]) -> None:
    def change() -> None:
        block = bpy.data.objects["BenHead"].data.shape_keys.key_blocks["jawOpen"]
        block.driver_add("value").driver.expression = "0.25"

    (difference,) = seen_after(cast, change).differences
    assert "jawOpen" in difference.what and difference.cause == "'jawOpen' is driven by the expression '0.25'"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda head: setattr(head.data.shape_keys.key_blocks["jawOpen"], "mute", True), "is muted"),
        (lambda head: setattr(head, "show_only_shape_key", True), "is pinned"),
        (lambda head: setattr(head.data.shape_keys.key_blocks["jawOpen"], "slider_max", 0.4), "range of 'jawOpen'"),
    ],
    ids=["muted", "pinned", "short range"],
)
def test_a_shape_that_does_not_show_is_named(cast: list[CastActor], change, cause: str) -> None:
    found = seen_after(cast, lambda: change(bpy.data.objects["BenHead"]))
    assert found.shape > 0.3 and cause in str(found.differences[0])


def test_a_soloed_track_is_named_as_the_cause(cast: list[CastActor]) -> None:
    def change() -> None:
        bpy.data.objects["Anna"].animation_data.nla_tracks.new().is_solo = True

    found = seen_after(cast, change)
    assert "is soloed" in str(found.differences[0])


def test_a_body_that_is_shown_in_rest_position_is_named(cast: list[CastActor]) -> None:
    found = seen_after(cast, lambda: setattr(bpy.data.objects["Ben"].data, "pose_position", "REST"))
    assert found.distance > 0.1 and "rest position" in str(found.differences[0])


def test_an_object_that_moves_with_a_parent_is_named(cast: list[CastActor]) -> None:
    def change() -> None:
        cart = bpy.data.objects.new("cart", None)
        bpy.context.scene.collection.objects.link(cart)
        cart.location.y = 1.0
        bpy.data.objects["Anna"].parent = cart

    assert "parent 'cart'" in str(seen_after(cast, change).differences[0])


def test_a_difference_says_what_where_and_by_how_much(cast: list[CastActor]) -> None:
    found = seen_after(cast, lambda: setattr(bpy.data.objects["Ben"].data, "pose_position", "REST"))
    sentence = str(found.differences[0])
    assert sentence.startswith("'Ben' is not shown as generated: the bone 'pelvis' is off by ")
    assert found.report()["differences"] == [str(difference) for difference in found.differences]


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
def test_jaw_and_eye_bones_are_shown_as_keyed_in_every_rotation_mode(mode: str) -> None:
    rig = make_head()
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    found = verify(bpy.context.scene, keyed(cast_actor("Anna", rig)))
    assert found.angle < np.radians(0.2) and not found.differences


def test_a_constraint_on_a_jaw_bone_is_named_as_the_cause() -> None:
    rig = make_head()
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    performance = keyed(cast_actor("Anna", rig))
    rig.pose.bones["mixamorig:Jaw"].constraints.new("LIMIT_ROTATION").use_limit_x = True
    rig.pose.bones["mixamorig:Jaw"].constraints[0].owner_space = "LOCAL"
    (difference,) = verify(bpy.context.scene, performance).differences
    assert difference.what == "the bone 'mixamorig:Jaw'" and "Limit Rotation" in difference.cause


def test_hands_keyed_on_top_of_a_kept_body_are_verified(cast: list[CastActor]) -> None:
    anna = bpy.data.objects["Anna"]
    anna.pose.bones["LeftArm"].keyframe_insert("rotation_quaternion", frame=1)
    parts = {"Anna": ("hands", "face"), "Ben": ()}
    performance = key_performance(bpy.context.scene, cast, perform(31, *cast), parts)
    assert not verify(bpy.context.scene, performance).differences
    anna.pose.bones["LeftHandIndex1"].constraints.new("LIMIT_ROTATION").use_limit_x = True
    assert "Limit Rotation" in verify(bpy.context.scene, performance).differences[0].cause
