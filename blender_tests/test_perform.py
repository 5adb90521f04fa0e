"""What is performed of each actor: all of it, or around a body or face that is there."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.compat import channelbag
from interact_addon.properties import generated_parts
from interact_addon.rig.cast import cast_actor
from interact_addon.rig.faces import find_faces
from interact_addon.rig.keying import key_performance, part_of
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import strips
from interact_addon.scene.perform import choose
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.worker_client import generation
from model_runtime.contract import ActorPerformance, MotionConstraints
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig, perform

FRAMES = 31


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, with faces, in a shot of one second; nothing is animated yet."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 11, 11 + FRAMES - 1
    rigs = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    rigs[1].location.x = 1.5
    for actor, rig in zip(scene.interact.actors, rigs):
        actor.armature = rig
        add_face(rig, f"{rig.name} face")
    bpy.context.view_layer.update()
    return scene


@pytest.fixture
def animated(scene: bpy.types.Scene) -> ActorPerformance:
    """Anna moves, body and face; what she was keyed with."""
    character = cast_actor("Anna", scene.interact.actor_a.armature)
    face = (0.3 + 0.2 * np.sin(np.arange(FRAMES)[:, None] / 5 + np.arange(52))).astype(np.float32)
    performance = perform(FRAMES, character, face=face)
    key_performance(scene, [character], performance)
    return performance.actors[0]


def given(scene: bpy.types.Scene, actor: int = 0) -> MotionConstraints:
    motion = build_request(scene)[0].actors[actor].constraints
    assert motion is not None
    return motion


def test_an_actor_that_performs_all_is_given_nothing(scene: bpy.types.Scene, animated: ActorPerformance) -> None:
    assert build_request(scene)[0].actors[0].constraints is None
    assert generated_parts(scene.interact.actor_a) == ("body", "head", "hands", "face")


def test_an_actor_that_keeps_its_body_is_given_what_blender_shows(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    scene.interact.actor_a.perform = "KEEP_BODY"
    motion = given(scene)
    assert motion.covers(FRAMES, "lower", "upper", "head", "hands") and not motion.part("face").any()
    np.testing.assert_allclose(motion.root_positions, animated.root_positions, atol=0.002)
    assert np.abs(np.abs((motion.rotations * animated.rotations).sum(-1)) - 1.0).max() < 1e-4
    assert generated_parts(scene.interact.actor_a) == ("face",)


def test_head_and_hands_of_a_body_that_is_kept_can_be_generated_too(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    actor = scene.interact.actor_a
    actor.perform, actor.generate_head, actor.generate_hands = "KEEP_BODY", True, True
    motion = given(scene)
    assert motion.covers(FRAMES, "lower", "upper")
    assert not motion.part("head").any() and not motion.part("hands").any()
    assert generated_parts(actor) == ("head", "hands", "face")


def test_a_body_is_kept_as_it_is_seen_and_not_as_an_action_has_it(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    armature = scene.interact.actor_a.armature
    action = armature.animation_data.action
    armature.animation_data.nla_tracks.new().strips.new("imported", scene.frame_start, action)
    armature.animation_data.action = None
    scene.interact.actor_a.perform = "KEEP_BODY"
    np.testing.assert_allclose(given(scene).root_positions, animated.root_positions, atol=0.002)


def test_a_body_that_nothing_animates_cannot_be_kept(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.perform = "KEEP_BODY"
    with pytest.raises(InvalidRequest, match=r"'Anna' keeps its body, but 'Anna' has no animation on its bones; give"):
        build_request(scene)


def test_a_pose_that_is_keyed_once_can_be_kept(scene: bpy.types.Scene) -> None:
    armature = scene.interact.actor_a.armature
    armature.pose.bones[0].keyframe_insert("location", frame=1)
    scene.interact.actor_a.perform = "KEEP_BODY"
    assert np.ptp(given(scene).root_positions, axis=0).max() < 1e-4


def test_both_bodies_can_be_kept(scene: bpy.types.Scene, animated: ActorPerformance) -> None:
    for actor in scene.interact.actors:
        actor.perform = "KEEP_BODY"
        actor.armature.pose.bones[0].keyframe_insert("location", frame=1)
    assert all(given(scene, index).covers(FRAMES, "lower", "upper") for index in (0, 1))


def test_an_actor_that_keeps_its_face_is_given_it_and_nothing_else(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    scene.interact.actor_a.perform = "KEEP_FACE"
    motion = given(scene)
    np.testing.assert_allclose(motion.face, animated.face, atol=0.01)
    assert motion.covers(FRAMES, "face") and not motion.any_joint.any()
    assert generated_parts(scene.interact.actor_a) == ("body", "head", "hands")


def test_strips_seats_and_walks_say_nothing_about_a_body_that_is_kept(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    actor = scene.interact.actor_a
    actor.perform = "KEEP_BODY"
    strips.add_action(scene, "Anna", "walk", 15, 30).interact_target = scene.interact.actor_b.armature
    request, warnings = build_request(scene)
    assert request.actors[0].actions == () and request.actors[0].waypoints == ()
    assert "'Anna' keeps its body, so its action strips are not played." in warnings


def test_an_actor_that_only_listens_says_nothing_whatever_strips_it_has(
    scene: bpy.types.Scene, repository: Path
) -> None:
    voice = repository / "interact_addon" / "assets" / "demo_a.ogg"
    for name in ("Anna", "Ben"):
        strips.add_speech(scene, name, voice, scene.frame_start)
    scene.interact.actor_a.perform = "LISTEN"
    request, warnings = build_request(scene)
    assert request.actors[0].speech == () and request.actors[1].speech != ()
    assert not any("speech strip" in warning for warning in warnings)


def test_reading_a_body_that_is_kept_leaves_the_scene_as_it_was(
    scene: bpy.types.Scene, animated: ActorPerformance
) -> None:
    scene.frame_set(17)
    scene.interact.actor_a.perform = "KEEP_BODY"
    cast = cast_scene(scene)
    before = {action.name: len(action.slots) for action in bpy.data.actions}
    build_request(scene, cast)
    assert scene.frame_current == 17 and before == {action.name: len(action.slots) for action in bpy.data.actions}


@pytest.mark.parametrize("situation", ["blended", "open in tweak mode"])
def test_keys_on_top_of_a_body_that_they_would_move_are_refused(
    scene: bpy.types.Scene, animated: ActorPerformance, situation: str
) -> None:
    actor, animation = scene.interact.actor_a, scene.interact.actor_a.armature.animation_data
    actor.perform = "KEEP_BODY"
    strip = animation.nla_tracks.new().strips.new("imported", scene.frame_start, animation.action)
    if situation == "blended":
        animation.action_blend_type, animation.action_influence = "COMBINE", 0.5
    else:
        animation.action = None
        strip.select = True
        animation.nla_tracks[0].select = True
        animation.nla_tracks.active = animation.nla_tracks[0]
        animation.use_tweak_mode = True
    assert given(scene).covers(FRAMES, "lower", "upper"), "its face alone can be generated"
    actor.generate_head = True
    with pytest.raises(InvalidRequest, match=situation):
        build_request(scene)


def test_the_command_line_chooses_by_the_actors_name(scene: bpy.types.Scene) -> None:
    choose(scene, "anna", "keep-body")
    assert scene.interact.actor_a.perform == "KEEP_BODY" and scene.interact.actor_b.perform == "ALL"
    with pytest.raises(InvalidRequest, match="'Carla', who is not cast; cast is 'Anna' or 'Ben'"):
        choose(scene, "Carla", "listen")


def keys_of(action: bpy.types.Action) -> list[tuple[str, int, list[float]]]:
    """Everything that an action's curves hold."""
    found = []
    for curve in (curve for slot in action.slots for curve in channelbag(action, slot).fcurves):
        places = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", places)
        found.append((curve.data_path, curve.array_index, places.tolist()))
    return found


def bones_seen(scene: bpy.types.Scene, armature: bpy.types.Object, left_out: tuple[str, ...] = ()) -> np.ndarray:
    """The pose matrices (F, B, 4, 4) of some frames as Blender evaluates them."""
    frames = []
    for frame in range(scene.frame_start, scene.frame_end + 1, 7):
        scene.frame_set(frame)
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        frames.append([np.array(bone.matrix) for bone in posed.pose.bones if bone.name not in left_out])
    return np.array(frames)


def test_the_face_of_a_linked_body_can_be_keyed(scene: bpy.types.Scene, tmp_path: Path) -> None:
    armature = scene.interact.actor_a.armature
    armature.pose.bones[0].keyframe_insert("location", frame=1)
    bpy.data.libraries.write(str(tmp_path / "Anna.blend"), {armature})
    with bpy.data.libraries.load(str(tmp_path / "Anna.blend"), link=True) as (_, linked):
        linked.objects = ["Anna"]
    scene.collection.objects.link(linked.objects[0])
    face = add_face(linked.objects[0], "local face")
    character = cast_actor("Mia", linked.objects[0])
    key_performance(scene, [character], perform(FRAMES, character), {"Mia": ("face",)})
    assert face.data.shape_keys.animation_data.action is not None
    with pytest.raises(InvalidRequest, match="linked from another file"):
        key_performance(scene, [character], perform(FRAMES, character))


def wave_at(armature: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Action:
    """Key an imported body: the right arm waves; return its action."""
    bone = next(bone for bone in armature.pose.bones if "RightArm" in bone.name or "upperarm_r" in bone.name)
    bone.rotation_mode = "XYZ"
    for frame in range(scene.frame_start, scene.frame_end + 1):
        bone.rotation_euler = (0.0, 0.0, 1.0 + 0.3 * np.sin(frame / 4.0))
        bone.keyframe_insert("rotation_euler", frame=frame)
    return armature.animation_data.action


def test_a_generation_around_a_body_leaves_it_bit_for_bit_and_keys_its_face(shot: bpy.types.Scene) -> None:
    first, second = shot.interact.actors
    first.perform = "KEEP_BODY"
    action = wave_at(first.armature, shot)
    keys, seen = keys_of(action), bones_seen(shot, first.armature)
    job = generation.generate_scene(shot, seed=1)
    assert first.armature.animation_data.action == action and keys_of(action) == keys
    np.testing.assert_array_equal(bones_seen(shot, first.armature), seen)
    face = find_faces(first.armature)[0].object.find()
    assert face is not None and face.data.shape_keys.animation_data.action not in (None, action)
    assert second.armature.animation_data.action is not None
    assert job.verification is not None and not job.verification.differences


def test_head_and_hands_are_generated_on_top_of_a_body_in_a_track(shot: bpy.types.Scene) -> None:
    first = shot.interact.actor_a
    first.perform, first.generate_head, first.generate_hands = "KEEP_BODY", True, True
    action = wave_at(first.armature, shot)
    first.armature.animation_data.nla_tracks.new().strips.new("imported", shot.frame_start, action)
    first.armature.animation_data.action = None
    rig = cast_scene(shot)[0].rig
    free = tuple(drive.bone for drive in rig.drives if part_of(drive.joint) in ("head", "hands"))
    below = tuple(child.name for bone in free for child in first.armature.data.bones[bone].children_recursive)
    keys, body = keys_of(action), bones_seen(shot, first.armature, (*free, *below))
    head = bones_seen(shot, first.armature)
    generation.generate_scene(shot, seed=1)
    assert keys_of(action) == keys
    np.testing.assert_array_equal(bones_seen(shot, first.armature, (*free, *below)), body)
    assert np.abs(bones_seen(shot, first.armature) - head).max() > 0.01
