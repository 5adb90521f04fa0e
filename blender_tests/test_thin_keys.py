"""Thin Keys: fewer keys within a tolerance, in takes and in any other animation."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from interact_addon.rig.artist_keys import artist_frames
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.written import was_edited

from .rigs import add_face, curves_in, make_rig, perform
from .test_takes import everything_of

FRAMES = 61


@pytest.fixture
def anna(addon: None) -> CastActor:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    rig.select_set(True)
    return cast_actor("Anna", rig)


def exact_take(anna: CastActor) -> bpy.types.Action:
    face = np.abs(np.sin(np.arange(FRAMES)[:, None] / 7 + np.arange(52))).astype(np.float32)
    (keys,) = key_performance(bpy.context.scene, [anna], perform(FRAMES, anna, face=face), exact=True).actors
    assert keys.action is not None
    return keys.action


def imported(rig: bpy.types.Object) -> bpy.types.Action:
    """Key two bones on every frame, as importers do."""
    for bone in (rig.pose.bones["LeftArm"], rig.pose.bones["RightArm"]):
        for frame in range(1, FRAMES + 1):
            angle = math.sin(frame / 9.0)
            bone.rotation_quaternion = (math.cos(angle), math.sin(angle), 0.0, 0.0)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    return rig.animation_data.action


def count(action: bpy.types.Action) -> int:
    return sum(len(curve.keyframe_points) for curve in curves_in(action))


def values(action: bpy.types.Action) -> np.ndarray:
    return np.array([[curve.evaluate(frame) for frame in range(1, FRAMES + 1)] for curve in curves_in(action)])


def active() -> bpy.types.Action:
    return bpy.data.objects["Anna"].animation_data.action


def test_an_exact_take_is_thinned_itself_with_its_face_and_stays_near(anna: CastActor) -> None:
    take = exact_take(anna)
    before, keys = values(take), count(take)
    assert bpy.ops.interact.thin_keys(angle=math.radians(0.2), value=0.5) == {"FINISHED"}
    assert active() == take and count(take) < 0.4 * keys
    assert np.abs(values(take) - before).max() < 0.0051
    shapes = [curve for curve in curves_in(take) if "key_blocks" in curve.data_path]
    assert shapes and all(len(curve.keyframe_points) < FRAMES / 2 for curve in shapes)


def test_a_thinned_take_was_not_edited_by_a_person_and_what_was_stays_known(anna: CastActor) -> None:
    take = exact_take(anna)
    bpy.ops.interact.thin_keys()
    assert not was_edited(take) and artist_frames(anna, 1, FRAMES) == {}
    again = exact_take(anna)
    slot = bpy.data.objects["Anna"].animation_data.action_slot
    arm = next(curve for curve in curves_of(again, slot) if "LeftArm" in curve.data_path)
    arm.keyframe_points[20].co.y += 0.2
    value = arm.keyframe_points[20].co.y
    bpy.ops.interact.thin_keys()
    assert artist_frames(anna, 1, FRAMES) == {"upper": [21]} and arm.evaluate(21) == value


def test_another_animation_stays_as_it_is_and_a_thinned_copy_is_played(anna: CastActor) -> None:
    action = imported(bpy.data.objects["Anna"])
    before, shown = everything_of(action), values(action)
    assert bpy.ops.interact.thin_keys() == {"FINISHED"}
    assert active() != action and active().name == f"{action.name} thinned"
    assert everything_of(action) == before and action.use_fake_user
    assert count(active()) < 0.25 * count(action)
    np.testing.assert_allclose(values(active()), shown, atol=math.radians(0.2) / 2 + 1e-6)
    assert artist_frames(anna, 1, FRAMES) == {}, "no key of it is a person's"


def test_only_the_selected_bones_are_thinned(anna: CastActor) -> None:
    rig = bpy.data.objects["Anna"]
    imported(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.select_all(action="DESELECT")
    with pytest.raises(RuntimeError, match="Nothing that is chosen plays an action"):
        bpy.ops.interact.thin_keys(only_selected=True)
    bone = rig.pose.bones["LeftArm"]
    (bone if hasattr(bone, "select") else bone.bone).select = True
    assert bpy.ops.interact.thin_keys(only_selected=True) == {"FINISHED"}
    keys = {curve.data_path: len(curve.keyframe_points) for curve in curves_in(active())}
    left, right = (keys[f'pose.bones["{side}Arm"].rotation_quaternion'] for side in ("Left", "Right"))
    assert left < FRAMES / 3 and right == FRAMES


def test_poses_of_a_person_stay_keys(anna: CastActor) -> None:
    rig = bpy.data.objects["Anna"]
    bone = rig.pose.bones["LeftArm"]
    for frame, turn in ((1, 0.1), (20, 0.3), (41, 0.2), (61, 0.9)):
        bone.rotation_quaternion = (1.0, turn, 0.0, 0.0)
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    before = everything_of(active())
    with pytest.raises(RuntimeError, match="No key can be left out within this tolerance; allow more"):
        bpy.ops.interact.thin_keys(angle=1.0)
    assert everything_of(active()) == before and len(bpy.data.actions) == 1


def test_steps_stay_as_they_are(anna: CastActor) -> None:
    action = imported(bpy.data.objects["Anna"])
    for curve in curves_in(action):
        if "LeftArm" in curve.data_path:
            for key in curve.keyframe_points:
                key.interpolation = "CONSTANT"
    bpy.ops.interact.thin_keys()
    keys = {curve.data_path: len(curve.keyframe_points) for curve in curves_in(active())}
    assert keys['pose.bones["LeftArm"].rotation_quaternion'] == FRAMES


def test_one_undo_brings_the_keys_back(anna: CastActor) -> None:
    take = exact_take(anna)
    keys, before = count(take), values(take)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.interact.thin_keys("EXEC_DEFAULT", True)
    assert count(active()) < keys
    bpy.ops.ed.undo()
    assert count(active()) == keys
    np.testing.assert_array_equal(values(active()), before)


def test_a_linked_animation_is_refused_with_what_to_do(anna: CastActor, tmp_path) -> None:
    imported(bpy.data.objects["Anna"])
    bpy.data.libraries.write(str(tmp_path / "Anna.blend"), {bpy.data.objects["Anna"]})
    bpy.data.objects["Anna"].select_set(False)
    with bpy.data.libraries.load(str(tmp_path / "Anna.blend"), link=True) as (_, linked):
        linked.objects = ["Anna"]
    bpy.context.scene.collection.objects.link(linked.objects[0])
    linked.objects[0].select_set(True)
    with pytest.raises(RuntimeError, match="linked from another file; make a library override first"):
        bpy.ops.interact.thin_keys()
