"""Keying: one action an actor, generated keys marked, the artist's kept, any frame rate, in bulk."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.curves import curves_of as curves_in
from interact_addon.rig.keying import key_performance
from interact_addon.rig.resample import resample_face
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.take_action import actions_before
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ARKIT_NAMES
from model_runtime.errors import InvalidRequest

from .rigs import add_face, counted_calls, joint_error, make_rig, perform


@pytest.fixture
def cast() -> list[CastActor]:
    """Anna with Mixamo names and two face meshes, Ben with Unreal names and one, 2 m apart."""
    anna, ben = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    ben.location.x = 2.0
    bpy.context.view_layer.update()
    for face, rig in (("AnnaHead", anna), ("AnnaTeeth", anna), ("BenHead", ben)):
        add_face(rig, face)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    return [cast_actor("Anna", anna), cast_actor("Ben", ben)]


def curves_of(owner: bpy.types.ID) -> dict[tuple[str, int], bpy.types.FCurve]:
    animation = owner.animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    return {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}


def keys_in(action: bpy.types.Action) -> dict[tuple[int, str, int], list[tuple[float, ...]]]:
    """Return every key of an action, with its handles and types, by slot, path and component."""
    found = {}
    for slot in action.slots:
        for curve in curves_in(action, slot):
            found[slot.handle, curve.data_path, curve.array_index] = [
                (*key.co, *key.handle_left, *key.handle_right, key.interpolation, key.type)
                for key in curve.keyframe_points
            ]
    return found


def test_each_actor_gets_one_action_with_a_slot_for_the_body_and_one_for_each_face(cast: list[CastActor]) -> None:
    key_performance(bpy.context.scene, cast, perform(31, *cast))
    assert len(bpy.data.actions) == 2
    anna = bpy.data.objects["Anna"].animation_data.action
    assert sorted(slot.target_id_type for slot in anna.slots) == ["KEY", "KEY", "OBJECT"]
    heads = [bpy.data.objects[name].data.shape_keys.animation_data for name in ("AnnaHead", "AnnaTeeth")]
    assert all(head.action == anna for head in heads) and heads[0].action_slot != heads[1].action_slot


def test_keys_are_generated_with_free_handles_and_only_where_curves_need_them(cast: list[CastActor]) -> None:
    keyed = key_performance(bpy.context.scene, cast, perform(31, *cast))
    assert (keyed.first, keyed.last) == (1, 31)
    curves = curves_of(bpy.data.objects["Ben"]).values()
    for curve in curves:
        keys = curve.keyframe_points
        assert {key.type for key in keys} == {"GENERATED"} and {key.interpolation for key in keys} == {"BEZIER"}
        assert {key.handle_left_type for key in keys} | {key.handle_right_type for key in keys} == {"FREE"}
        assert not any(key.select_control_point or key.select_left_handle for key in keys)
        assert (keys[0].co.x, keys[-1].co.x) == (1.0, 31.0) or (len(keys) == 1 and keys[0].co.x == 1.0)
    assert sum(len(curve.keyframe_points) for curve in curves) < 0.5 * 31 * len(curves)


def test_exact_keys_are_linear_and_on_every_frame_of_the_range(cast: list[CastActor]) -> None:
    key_performance(bpy.context.scene, cast, perform(31, *cast), exact=True)
    for curve in curves_of(bpy.data.objects["Ben"]).values():
        assert {key.type for key in curve.keyframe_points} == {"GENERATED"}
        assert {key.interpolation for key in curve.keyframe_points} == {"LINEAR"}
        assert [key.co.x for key in curve.keyframe_points] == list(range(1, 32))


def test_fewer_keys_show_what_a_key_on_every_frame_shows(cast: list[CastActor]) -> None:
    scene, ben = bpy.context.scene, bpy.data.objects["Ben"]
    scene.frame_end = 91
    seen = []
    for exact in (True, False):
        key_performance(scene, cast, perform(91, *cast), exact=exact)
        for frame in range(1, 92, 3):
            scene.frame_set(frame)
            seen.append([ben.matrix_world @ bone.head for bone in ben.pose.bones])
    exact, fewer = np.array(seen).reshape(2, -1, len(ben.pose.bones), 3)
    assert np.linalg.norm(exact - fewer, axis=-1).max() < 0.001


def test_generating_again_adds_a_take_and_leaves_the_earlier_one(cast: list[CastActor]) -> None:
    first = key_performance(bpy.context.scene, cast, perform(31, *cast, seed=1)).actors[0].action
    assert first is not None
    before = keys_in(first)
    second = key_performance(bpy.context.scene, cast, perform(31, *cast, seed=2)).actors[0].action
    assert sorted(a.name for a in bpy.data.actions) == ["Anna Take 1", "Anna Take 2", "Ben Take 1", "Ben Take 2"]
    assert keys_in(first) == before and actions_before(second) == [first]
    again = perform(31, *cast, seed=2).actors[0]
    bpy.context.scene.frame_set(16)
    assert joint_error(bpy.data.objects["Anna"], cast[0], again.root_positions[15], again.rotations[15]) < 1e-3


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (30, 1.0), (50, 1.0), (60, 1.0)])
def test_a_pose_is_at_the_same_second_at_any_frame_rate(cast: list[CastActor], fps: int, base: float) -> None:
    scene = bpy.context.scene
    rate = fps / base
    scene.render.fps, scene.render.fps_base = fps, base
    scene.frame_start, scene.frame_end = 101, 101 + int(2 * rate)
    performance = perform(61, *cast)
    key_performance(scene, cast, performance)
    frame = 101 + round(rate)  # about one second in
    moment = (frame - 101) / rate * 30
    scene.frame_set(frame)
    part = performance.actors[0]
    nearest = round(moment)
    assert joint_error(bpy.data.objects["Anna"], cast[0], part.root_positions[nearest], part.rotations[nearest]) < 0.02
    keys = curves_of(bpy.data.objects["Ben"])['pose.bones["pelvis"].location', 0].keyframe_points
    assert (keys[0].co.x, keys[-1].co.x) == (101, scene.frame_end)


def test_a_lip_closure_of_one_frame_is_kept_at_24_frames_a_second() -> None:
    jaw, close = ARKIT_NAMES.index("jawOpen"), ARKIT_NAMES.index("mouthClose")
    for moment in range(20, 40):
        face = np.zeros((61, 52), np.float32)
        face[:, jaw], face[moment, jaw], face[moment, close] = 0.5, 0.0, 0.9
        slower = resample_face(face, 24.0, 49)
        assert slower[:, jaw].min() == 0.0 and slower[:, close].max() == pytest.approx(0.9)
        assert abs(int(slower[:, close].argmax()) / 24 - moment / 30) <= 0.5 / 24 + 1e-6


def test_keys_are_written_in_bulk_whatever_their_number(cast: list[CastActor]) -> None:
    scene, rng = bpy.context.scene, np.random.default_rng(0)
    counts = []
    for frames in (31, 61, 1801):  # the first run also makes actions and curves
        scene.frame_end = frames
        performance = perform(frames, *cast, face=rng.random((frames, 52)).astype(np.float32))
        for exact in (True, False):
            with counted_calls() as calls:
                key_performance(scene, cast, performance, exact=exact)
            counts.append(calls[0])
    assert counts[4] == pytest.approx(counts[2], rel=0.05)
    assert counts[5] < 2 * counts[3], "where keys are needed is found for all curves at once"


@pytest.mark.parametrize("loss", ["armature", "bone", "shape"])
def test_a_character_that_was_changed_meanwhile_leaves_the_scene_as_it_was(cast: list[CastActor], loss: str) -> None:
    performance = perform(31, *cast)
    ben = bpy.data.objects["Ben"]
    if loss == "armature":
        bpy.data.objects.remove(ben)
    elif loss == "bone":
        bpy.context.view_layer.objects.active = ben
        bpy.ops.object.mode_set(mode="EDIT")
        ben.data.edit_bones.remove(ben.data.edit_bones["hand_l"])
        bpy.ops.object.mode_set(mode="OBJECT")
    else:
        head = bpy.data.objects["BenHead"]
        head.shape_key_remove(head.data.shape_keys.key_blocks["jawOpen"])
    with pytest.raises(InvalidRequest):
        key_performance(bpy.context.scene, cast, performance)
    assert not bpy.data.actions and bpy.data.objects["Anna"].animation_data is None


def test_keys_survive_saving_and_opening(cast: list[CastActor], tmp_path) -> None:
    performance = perform(31, *cast)
    key_performance(bpy.context.scene, cast, performance)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.context.scene.frame_set(20)
    part = performance.actors[1]
    assert (
        joint_error(bpy.data.objects["Ben"], cast[1], part.root_positions[19], part.rotations[19], sk.BODY_JOINTS)
        < 0.03
    )


@pytest.mark.parametrize("moment", [(17, 0.25), (-48, 0.37)])
def test_the_playhead_stays_where_it_is(cast: list[CastActor], moment: tuple[int, float]) -> None:
    scene, anna = bpy.context.scene, bpy.data.objects["Anna"]
    anna.keyframe_insert("location", frame=1)
    scene.frame_set(moment[0], subframe=moment[1])
    before = scene.frame_current_final
    key_performance(scene, cast, perform(31, *cast))
    assert scene.frame_current_final == pytest.approx(before)
