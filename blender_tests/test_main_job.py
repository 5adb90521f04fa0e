"""The job end to end on this Blender: two voices and labels in, two keyed characters and an FBX out."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import pytest

pytestmark = pytest.mark.main_job


def curves_of(thing: bpy.types.Object | bpy.types.Key) -> dict[str, list[object]]:
    """The curves that animate ``thing``, by data path."""
    animation = thing.animation_data
    assert animation is not None and animation.action is not None, f"{thing.name} has no action"
    found: dict[str, list[object]] = {}
    for layer in animation.action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(animation.action_slot)
            for curve in bag.fcurves if bag is not None else ():
                found.setdefault(curve.data_path, []).append(curve)
    return found


def face_keys(armature: bpy.types.Object) -> list[bpy.types.Key]:
    """Shape keys of the meshes that hang on ``armature`` and have ARKit's jaw."""
    meshes = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.find_armature() == armature]
    keys = [thing.data.shape_keys for thing in meshes if thing.data.shape_keys is not None]
    return [key for key in keys if "jawOpen" in key.key_blocks]


def test_two_voices_and_labels_become_two_performing_characters(shot: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.interact.generate("EXEC_DEFAULT", True) == {"FINISHED"}

    frames = range(shot.frame_start, shot.frame_end + 1)
    actions = set()
    for actor in shot.interact.actors:
        armature = actor.armature
        body = curves_of(armature)
        turning = [path for path in body if path.endswith(("rotation_quaternion", "rotation_euler"))]
        assert len(turning) >= 50, f"{armature.name} has only {len(turning)} keyed bones"
        (key,) = face_keys(armature)[:1]
        face = curves_of(key)
        assert 'key_blocks["jawOpen"].value' in face and len(face) >= 40
        assert key.animation_data.action == armature.animation_data.action
        actions.add(armature.animation_data.action)
        for curve in [curve for curves in (*body.values(), *face.values()) for curve in curves]:
            times = [point.co[0] for point in curve.keyframe_points]  # type: ignore[attr-defined]
            assert times[0] == frames[0] and (times[-1] == frames[-1] or len(times) == 1)
            assert all(point.type == "GENERATED" for point in curve.keyframe_points)  # type: ignore[attr-defined]
            assert all(math.isfinite(point.co[1]) for point in curve.keyframe_points)  # type: ignore[attr-defined]
    assert len(actions) == 2

    moved = []
    for frame in (frames[0], frames[len(frames) // 2], frames[-1]):
        shot.frame_set(frame)
        moved.append([bone.head.copy() for actor in shot.interact.actors for bone in actor.armature.pose.bones])
    assert max((a - b).length for a, b in zip(moved[0], moved[1])) > 0.005

    fbx = tmp_path / "two of them.fbx"
    assert bpy.ops.interact.export_fbx("EXEC_DEFAULT", filepath=str(fbx)) == {"FINISHED"}
    assert fbx.stat().st_size > 100_000

    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert not bpy.data.actions, "one step back takes the whole generation away"
    assert all(
        actor.armature.animation_data is None or actor.armature.animation_data.action is None
        for actor in scene.interact.actors
    )


def test_the_same_seed_repeats_and_another_differs(shot: bpy.types.Scene) -> None:
    from interact_addon.worker_client import generation

    def pose(seed: int) -> list[float]:
        performance = generation.generate_scene(shot, seed=seed).performance
        assert performance is not None
        return [float(value) for actor in performance.actors for value in actor.rotations.ravel()]

    first, again, other = pose(1), pose(1), pose(2)
    assert first == again
    assert first != other
