"""Keep My Keys: poses of a person in the action that was active become motion constraints of the next take."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler

from interact_addon.rig.artist_keys import artist_frames, artist_frames_in_steps
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.scene.perform import kept_motion
from model_runtime.contract import BODY_PARTS

from .rigs import add_face, counted_calls, make_rig, perform


@pytest.fixture
def anna() -> CastActor:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 61
    return cast_actor("Anna", rig)


def pose(frame: int, only: tuple[str, ...] = ()) -> None:
    """Key a pose of all bones, or some, as a person does."""
    for bone in bpy.data.objects["Anna"].pose.bones:
        if not only or bone.name in only:
            bone.rotation_quaternion = (0.9, 0.1, 0.3, 0.3)
            bone.keyframe_insert("rotation_quaternion", frame=frame)


def take(anna: CastActor, seed: int = 0, kept=None) -> bpy.types.Action:
    performance = perform(61, anna, seed=seed, face=np.full((61, 52), 0.2, np.float32))
    (keys,) = key_performance(bpy.context.scene, [anna], performance, kept=kept).actors
    assert keys.action is not None
    return keys.action


ARM = 'pose.bones["LeftArm"].rotation_quaternion'


def moved(number: int = 3) -> int:
    """Give one key of the left arm another value, as a person does, and return its frame."""
    key = curve(ARM, 1).keyframe_points[number]
    key.co_ui.y += 0.2  # with its handles
    return round(key.co.x)


def curve(path: str, index: int = 0) -> bpy.types.FCurve:
    animation = bpy.data.objects["Anna"].animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    return next(curve for curve in bag.fcurves if curve.data_path == path and curve.array_index == index)


def test_poses_of_a_person_are_found_by_part(anna: CastActor) -> None:
    for frame in (10, 40, 90):
        pose(frame)
    frames = artist_frames(anna, 1, 61)
    assert frames == {part: [10, 40] for part in ("lower", "upper", "head", "hands")}


def test_keys_that_an_import_wrote_on_every_frame_are_nobodys(anna: CastActor) -> None:
    for frame in range(1, 62):
        pose(frame)
    assert artist_frames(anna, 1, 61) == {}


def test_keys_of_a_bake_on_every_second_frame_are_nobodys(anna: CastActor) -> None:
    for frame in range(1, 62, 2):
        pose(frame)
    assert artist_frames(anna, 1, 61) == {}


def test_a_part_of_which_a_few_bones_have_keys_is_no_pose(anna: CastActor) -> None:
    pose(10, only=("LeftArm", "Head", "Neck"))
    assert set(artist_frames(anna, 1, 61)) == {"head"}


def test_a_take_as_it_was_written_has_no_keys_of_a_person(anna: CastActor) -> None:
    take(anna)
    assert artist_frames(anna, 1, 61) == {}


def test_keys_of_a_person_are_found_in_steps_of_a_curve_each_where_time_is_short(anna: CastActor) -> None:
    take(anna)
    moved()
    whole = artist_frames(anna, 1, 60)
    reading = artist_frames_in_steps(anna, 1, 60, seconds=0.0)
    curves = sum(1 for action in bpy.data.actions for slot in action.slots for _ in curves_of(action, slot))
    steps: list[int] = []
    while True:
        try:
            with counted_calls() as calls:
                next(reading)
        except StopIteration as end:
            assert end.value == whole != {}
            break
        steps.append(calls[0])
    assert len(steps) >= curves / 2 and max(steps[1:]) < 10_000, max(steps[1:])


def test_a_value_changed_over_a_generated_key_is_a_persons_though_its_type_stays_generated(anna: CastActor) -> None:
    take(anna)
    frame = moved(3)
    assert curve(ARM, 1).keyframe_points[3].type == "GENERATED" and artist_frames(anna, 1, 61) == {"upper": [frame]}


def test_a_key_of_a_shape_is_a_persons_too(anna: CastActor) -> None:
    take(anna)
    block = bpy.data.objects["AnnaHead"].data.shape_keys.key_blocks["mouthSmileLeft"]
    block.value = 0.9
    block.keyframe_insert("value", frame=30)
    assert artist_frames(anna, 1, 61) == {"face": [30]}


def test_changed_keys_are_found_after_saving_and_opening(anna: CastActor, tmp_path) -> None:
    take(anna)
    frame = moved()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    again = cast_actor("Anna", bpy.data.objects["Anna"])
    assert artist_frames(again, 1, 61) == {"upper": [frame]}


def test_kept_frames_are_given_to_the_runtime_as_constraints(addon: None, anna: CastActor) -> None:
    scene = bpy.context.scene
    scene.interact.actor_a.armature = bpy.data.objects["Anna"]
    take(anna)
    frame = moved()
    assert kept_motion(scene, [anna], scene.interact.actors[:1]).motion == {}  # not asked for
    scene.interact.keep_keys = True
    kept = kept_motion(scene, [anna], scene.interact.actors[:1])
    mask = kept.motion["Anna"].mask
    assert np.argwhere(mask).tolist() == [[frame - 1, BODY_PARTS.index("upper")]]
    assert kept.frames == {"Anna": {"upper": [frame]}}


def test_kept_frames_are_a_persons_in_the_next_take_too(anna: CastActor) -> None:
    take(anna, seed=1)
    take(anna, seed=2, kept={"Anna": {"upper": [21], "face": [30]}})
    assert artist_frames(anna, 1, 61) == {"upper": [21], "face": [30]}
    types = {key.co.x: key.type for key in curve(ARM, 1).keyframe_points}
    assert types[21.0] == "KEYFRAME" and set(types.values()) == {"KEYFRAME", "GENERATED"}
    leg = curve('pose.bones["LeftLeg"].rotation_quaternion', 1)
    assert {key.type for key in leg.keyframe_points} == {"GENERATED"}


@pytest.mark.parametrize("fps", [24, 25, 60])
def test_a_pose_between_two_frames_of_the_runtime_is_given_on_both_sides(
    addon: None, anna: CastActor, fps: int
) -> None:
    scene = bpy.context.scene
    scene.render.fps = fps
    scene.interact.actor_a.armature = bpy.data.objects["Anna"]
    scene.interact.keep_keys = True
    pose(12)
    mask = kept_motion(scene, [anna], scene.interact.actors[:1]).motion["Anna"].part("upper")
    moment = 11 / fps * 30
    assert np.flatnonzero(mask).tolist() == sorted({int(np.floor(moment)), int(np.ceil(moment))})


def test_the_next_take_passes_through_a_pose_that_was_changed(shot: bpy.types.Scene) -> None:
    from interact_addon.worker_client.generation import generate_scene

    first = shot.interact.actor_a.armature

    def hand() -> np.ndarray:
        shot.frame_set(shot.frame_start + 30)
        posed = first.evaluated_get(bpy.context.evaluated_depsgraph_get())
        bones = posed.pose.bones  # seen from the hips: the place of the body is not kept with its upper part
        return np.array(bones[arm.replace("LeftArm", "Hips")].matrix.inverted() @ bones[hand_name].head)

    arm = next(bone.name for bone in first.pose.bones if bone.name.endswith("LeftArm"))
    hand_name = arm.replace("LeftArm", "LeftHand")
    generate_scene(shot, "draft")
    before = hand()
    bone = first.pose.bones[arm]
    bone.rotation_quaternion.rotate(Euler((0.6, 0.0, 0.4)))
    bone.keyframe_insert("rotation_quaternion")
    changed = hand()
    assert np.linalg.norm(changed - before) > 0.1
    shot.interact.keep_keys = True
    generate_scene(shot, "draft", seed=5)
    assert np.linalg.norm(hand() - changed) < 0.005
    assert artist_frames(cast_actor("a", first), shot.frame_start, shot.frame_end) == {"upper": [shot.frame_start + 30]}
