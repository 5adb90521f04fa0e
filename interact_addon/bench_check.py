"""The waiting times of *Check* and *Resolve* on this machine, and what the overlay costs a frame, for the manual.

    python -m interact_addon bench --check [--page docs/manual/check.md]

The demo's two stand close and sway, each joint by sines of its own, so hands and arms touch now and then. It is
nobody's take, so what is seen is read. Meshes are subdivided to 50,000 vertices for the overlay, of which the part is
measured that the add-on does for each frame; the rest is the graphics card's.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

from .check import shot_check
from .overlay import check_drawing, event_band, graph
from .properties.resolve import FROM_ALL
from .rig.cast import CastActor
from .rig.keying import key_performance
from .rig.measure import skinned_meshes
from .runtime_api import contract, skeleton
from .runtime_api import rotations as rot
from .scene.request import cast_scene
from .worker_client import generation
from .worker_client.orders import resolve_order

SECONDS, RESOLVED, VERTICES = 60.0, 10.0, 50_000
MARKS = ("<!-- times of a check -->", "<!-- /times of a check -->")
_APART = 0.45  # metres between the two
_SWAY = {"shoulder": 0.35, "elbow": 0.5, "wrist": 0.3, "spine1": 0.08, "neck": 0.15}  # radians
_DOWN = 1.1  # radians that arms hang down from the T-pose
_A_FACE = 3.0  # vertices that cutting a quad among others adds
_FRAMES = 15  # frames at which the overlay is measured
_BOX = (0.0, 0.0, 1600.0, 64.0)  # of the graph, pixels


def measured(scene: bpy.types.Scene, times: int) -> str:
    """Return the table of Markdown; the scene is that of the demo, and is left as it is then."""
    rows = [*_checks(scene, times), _resolve(scene)]
    lines = ["| | seconds | of a processor |", "|---|---|---|"]
    lines += [f"| {name} | {total:.1f} | {spent:.1f} |" for name, (total, spent) in rows]
    lines += ["", "| overlay, a frame | ms of a processor |", "|---|---|"]
    lines += [f"| {name} | {spent:.2f} |" for name, spent in overlay_of(scene)]
    return "\n".join(lines)


def sway(scene: bpy.types.Scene, seconds: float) -> None:
    """Key both actors for so long: they face each other, close, and move all the time. No take remembers it."""
    scene.frame_start = 1
    scene.frame_end = 1 + round(seconds * scene.render.fps / scene.render.fps_base)
    cast = cast_scene(scene)
    moved = tuple(_swaying(character, number, seconds) for number, character in enumerate(cast))
    key_performance(scene, cast, contract.Performance(moved))
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        action = actor.armature.animation_data.action
        for name in [name for name in action.keys() if name.startswith("interact")]:  # noqa: SIM118 - no dict
            del action[name]


def _swaying(character: CastActor, number: int, seconds: float) -> contract.ActorPerformance:
    frames = contract.frame_count(seconds)
    random, now = np.random.default_rng(number), np.arange(frames)[:, None] / contract.FPS
    vectors = np.zeros((frames, len(skeleton.JOINTS), 3))
    for joint, name in enumerate(skeleton.JOINTS):
        most = _SWAY.get(name.rpartition("_")[2], 0.02 if joint else 0.0)
        vectors[:, joint] = most * np.sin(now * random.uniform(0.8, 3.0, 3) + random.uniform(0.0, 6.0, 3))
    vectors[:, 0, 2] = np.pi * number
    turns = rot.from_axis_angle(vectors)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = skeleton.INDEX[f"{side}_shoulder"]
        hanging = rot.from_axis_angle(np.array([0.0, sign * _DOWN, 0.0]))
        turns[:, shoulder] = rot.multiply(np.broadcast_to(hanging, (frames, 4)), turns[:, shoulder])
    root = np.tile(np.array([0.0, -_APART * number, character.rest.skeleton.pelvis_height]), (frames, 1))
    root[:, :2] += 0.03 * np.sin(0.7 * now + number)
    arrays = (root, turns, np.zeros((frames, len(contract.ARKIT_NAMES))), np.zeros((frames, 4)))
    return contract.ActorPerformance(character.name, *(array.astype(np.float32) for array in arrays))


def _checks(scene: bpy.types.Scene, times: int) -> list[tuple[str, tuple[float, float]]]:
    def check() -> None:
        shot_check.remember(scene, shot_check.check_shot(scene))

    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(times):
        sway(scene, SECONDS)
        shot_check.forget()
        found.setdefault("check of a minute, as the first", []).append(_timed(check))
        found.setdefault("the same again, nothing changed", []).append(_timed(check))
        _move_a_key(scene)
        found.setdefault("after a key was moved", []).append(_timed(check))
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        bone = actor.armature.pose.bones[0]
        bone.constraints.new("LIMIT_SCALE").name = "bench"
    found["where constraints move the rigs, so that Blender evaluates each frame"] = [_timed(check)]
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        bone = actor.armature.pose.bones[0]
        bone.constraints.remove(bone.constraints["bench"])
    return [(name, (_median(each, 0), _median(each, 1))) for name, each in found.items()]


def _move_a_key(scene: bpy.types.Scene) -> None:
    armature = scene.interact.actors[0].armature  # type: ignore[attr-defined]
    bag = armature.animation_data.action.layers[0].strips[0].channelbags[0]
    curve = max(bag.fcurves, key=lambda one: len(one.keyframe_points))
    curve.keyframe_points[len(curve.keyframe_points) // 2].co.y += 0.1
    curve.update()


def _resolve(scene: bpy.types.Scene) -> tuple[str, tuple[float, float]]:
    """Return the second of two: the first one has started the runtime."""
    worker, taken = 0.0, [(0.0, 0.0)]
    for _ in range(2):
        sway(scene, RESOLVED)
        scene.interact.resolve.frames_from = FROM_ALL  # type: ignore[attr-defined]
        job = generation.Generation(scene, replace(resolve_order(scene, lambda *_: None), undo=True))
        total, spent = _timed(job.wait)
        assert job.performance is not None
        now = job.performance.report["worker_processor_seconds"]
        taken.append((total, spent + now - worker))
        worker = now
    return f"*Resolve* of {RESOLVED:.0f} s of both, all of it, the runtime loaded", taken[-1]


def overlay_of(scene: bpy.types.Scene) -> list[tuple[str, float]]:
    """Return what each part of the overlay costs a frame, ms of a processor, with bodies of ``VERTICES`` each."""
    sway(scene, RESOLVED)
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        subdivide(actor.armature, VERTICES)
    found = shot_check.check_shot(scene)
    deepest = np.argsort(-found.contacts.depth)[:_FRAMES]
    view: Any = SimpleNamespace(view_matrix=Matrix.Translation((0.0, 0.0, -4.0)), is_perspective=True)
    before = replace(found, bodies=(found.bodies[1], found.bodies[0]))
    spent: dict[str, list[float]] = {}

    def put(name: str, act: Callable[[], object]) -> None:
        act()
        begun = time.process_time()
        act()
        spent.setdefault(name, []).append(1000.0 * (time.process_time() - begun))

    for row in map(int, deepest):
        frame = found.frame_at(row)
        scene.frame_set(round(frame))
        seen = bpy.context.evaluated_depsgraph_get()
        put("*Bodies*", partial(check_drawing.body_lines, found, row, view))
        put("*Points*", partial(check_drawing.point_lines, found, row))
        put("*Heat*", partial(check_drawing.heat_of, scene, seen, found, row))
        put("*Before*", partial(check_drawing.ghost_lines, before, found, frame, view))
        put("*Graph*, its numbers", partial(graph.graph_of, found, frame, _BOX))
        put("*Band in Timelines*", lambda: event_band.bars_of(scene, 1.0, float(scene.frame_end), 1600))
    most = min(_vertices(actor.armature) for actor in scene.interact.actors)  # type: ignore[attr-defined]
    rows = [(name, statistics.median(each)) for name, each in spent.items()]
    return [*rows, (f"all of it, two bodies of {most:,} vertices", sum(each for _, each in rows))]


def subdivide(armature: bpy.types.Object, least: int) -> None:
    """Subdivide a character's skins, the largest first, until they have that many vertices; weights and shapes stay.

    Of a skin only so many faces are cut as are needed, so it has few more.
    """
    for skin in sorted(skinned_meshes(armature), key=lambda mesh: -len(mesh.data.vertices)):
        while (missing := least - _vertices(armature)) > 0:
            mesh: Any = bmesh.new()
            mesh.from_mesh(skin.data)
            faces = mesh.faces[: math.ceil(missing / _A_FACE)]
            every = len(faces) == len(mesh.faces)
            edges = list({edge for face in faces for edge in face.edges})
            bmesh.ops.subdivide_edges(mesh, edges=edges, cuts=1, use_grid_fill=True)
            mesh.to_mesh(skin.data)
            mesh.free()
            bpy.context.view_layer.update()
            if every:
                break  # the next skin has larger faces now
        else:
            return


def _vertices(armature: bpy.types.Object) -> int:
    return sum(len(mesh.data.vertices) for mesh in skinned_meshes(armature))


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that something takes, and those of this process's processors."""
    began, spent = time.monotonic(), time.process_time()
    act()
    return time.monotonic() - began, time.process_time() - spent


def _median(pairs: Sequence[tuple[float, float]], which: int) -> float:
    return statistics.median(pair[which] for pair in pairs)
