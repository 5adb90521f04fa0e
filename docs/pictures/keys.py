"""Measure the keys of a performance: how many, how far from exact ones, and what they cost to write.

    .venv/bin/python docs/pictures/keys.py out/demo/demo.blend out/demo/performance.npz [frames a second]

The scene of the .blend is keyed twice, with a key on every frame and with as few as the tolerance allows. Both are
compared as Blender evaluates them, on every frame: bones in the world, shapes, and how far planted feet slide.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
import interact_addon
from interact_addon.compat import end_process
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import KeyedPerformance, key_performance
from interact_addon.rig.watching import watched
from interact_addon.scene.request import cast_scene
from model_runtime.contract import Performance

PLANTED = 0.002  # metres a frame at the most: with exact keys a foot that moves less counts as planted
FEET = ("left_ankle", "right_ankle", "left_foot", "right_foot")
Seen = list[tuple[np.ndarray, np.ndarray]]  # for each actor bones (T, B, 4, 4) in the world and shapes (T, K)


def keys_of(keyed: KeyedPerformance) -> list[int]:
    """Return how many keys each actor has."""
    actions = [actor.action for actor in keyed.actors if actor.action is not None]
    return [sum(len(c.keyframe_points) for slot in a.slots for c in curves_of(a, slot)) for a in actions]


def seen(scene: bpy.types.Scene, keyed: KeyedPerformance) -> Seen:
    """Return what Blender shows of both actors on all frames."""
    armatures = [actor.armature for actor in keyed.actors]
    blocks = [[face.mesh.data.shape_keys for face in actor.faces] for actor in keyed.actors]
    poses: list[list[np.ndarray]] = [[] for _ in armatures]
    shapes: list[list[list[float]]] = [[] for _ in armatures]
    with watched(scene, armatures, [block for some in blocks for block in some]) as moment:
        for frame in range(keyed.first, keyed.last + 1):
            graph = moment(frame)
            for number, armature in enumerate(armatures):
                posed = armature.evaluated_get(graph)
                poses[number].append(np.array([posed.matrix_world @ bone.matrix for bone in posed.pose.bones]))
                values = [key.value for block in blocks[number] for key in block.evaluated_get(graph).key_blocks]
                shapes[number].append(values)
    return [(np.array(pose), np.array(shape)) for pose, shape in zip(poses, shapes)]


def slides(keyed: KeyedPerformance, exact: Seen, few: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Return how far (metres a frame) feet that are planted with exact keys move, with these and with few."""
    found: list[list[np.ndarray]] = [[], []]
    for actor, (before, _), (after, _) in zip(keyed.actors, exact, few):
        order = {bone.name: index for index, bone in enumerate(actor.armature.pose.bones)}
        for joint in FEET:
            if joint not in actor.actor.rig.places:
                continue
            bone = order[actor.actor.rig.places[joint][0]]
            ways = [np.linalg.norm(np.diff(pose[:, bone, :3, 3], axis=0), axis=1) for pose in (before, after)]
            for way, all_of in zip(ways, found):
                all_of.append(way[ways[0] < PLANTED])
    return np.concatenate(found[0]), np.concatenate(found[1])


def angles(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the angles (degrees) between the rotations of matrices (..., 4, 4)."""
    turn = np.swapaxes(before[..., :3, :3], -1, -2) @ after[..., :3, :3]
    size = np.linalg.norm(before[..., :3, 0], axis=-1) * np.linalg.norm(after[..., :3, 0], axis=-1)
    skew = np.stack([turn[..., 2, 1] - turn[..., 1, 2], turn[..., 0, 2] - turn[..., 2, 0]], axis=-1)
    skew = np.concatenate([skew, (turn[..., 1, 0] - turn[..., 0, 1])[..., None]], axis=-1)
    return np.degrees(np.arcsin(np.clip(np.linalg.norm(skew, axis=-1) / 2.0 / size, 0.0, 1.0)))


def main(blend: str, performance: str, rate: str = "") -> None:
    interact_addon.register()
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    if rate:
        length = (scene.frame_end - scene.frame_start) / scene.render.fps * scene.render.fps_base
        scene.render.fps, scene.render.fps_base = int(rate), 1.0
        scene.frame_end = scene.frame_start + round(length * int(rate))
    cast, played = cast_scene(scene), Performance.load(performance)
    counts, shown, seconds = [], [], []
    for exact in (True, False):
        began = time.monotonic()
        keyed = key_performance(scene, cast, played, exact=exact)
        seconds.append(time.monotonic() - began)
        counts.append(keys_of(keyed))
        shown.append(seen(scene, keyed))
    frames = keyed.last - keyed.first + 1
    print(f"\n{Path(blend).name}: {frames} frames at {scene.render.fps / scene.render.fps_base:g} a second")
    for actor, before, after in zip(keyed.actors, *counts):
        print(f"{actor.actor.name}: {before} keys before, {after} now, {after / before:.1%}")
    print(f"both: {sum(counts[1]) / sum(counts[0]):.1%}; written in {seconds[0]:.2f} s before, {seconds[1]:.2f} s now")
    far = [np.linalg.norm(a[..., :3, 3] - b[..., :3, 3], axis=-1) for (a, _), (b, _) in zip(*shown)]
    off = np.concatenate([each.ravel() for each in far])
    turned = max(angles(a, b).max() for (a, _), (b, _) in zip(*shown))
    print(f"bones: {1000 * off.max():.2f} mm at the most, {1000 * np.percentile(off, 99):.2f} mm in 99 of 100 cases,")
    print(f"       turned by {turned:.3f} degrees at the most, with all bones above")
    print(f"shapes: {max(np.abs(a - b).max() for (_, a), (_, b) in zip(*shown)):.4f} at the most")
    before, after = slides(keyed, *shown)
    print(f"planted feet: {1000 * before.mean():.3f} mm a frame before, {1000 * after.mean():.3f} mm now;", end=" ")
    print(f"at the most {1000 * before.max():.2f} and {1000 * after.max():.2f} mm")


main(*sys.argv[1:4])
end_process(0)
