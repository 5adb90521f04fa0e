"""How well capsules tell the depth of two bodies in each other: against their exact meshes, posed by Blender.

``python -m blender_tests.contact_truth --docs docs`` retargets captured salsa pairs to characters of other sizes and
compares, frame by frame, the deepest point of either skin inside the other (Blender's BVH of the closed body mesh) with
the depth of the capsules that are fitted to these skins, and with that of the capsules of their bones alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from interact_addon.compat import end_process
from interact_addon.rig.body_shape import body_shape_of
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from model_runtime.body_model import rotations as rot
from model_runtime.body_model.body_shape import BodyShape, default_body_shape, posed_capsules
from model_runtime.body_model.capsules import Capsules, closest_points, radius_at
from model_runtime.body_model.skeleton import Skeleton
from model_runtime.contract import ActorPerformance, Performance
from model_runtime.datasets.clip import Clip
from model_runtime.datasets.locations import data_dir
from model_runtime.drawing.documents import fill_in
from model_runtime.studies.contact_scenes import read_pair

PAIRS = (
    (("female_mixamo", "male_gameengine"), "01"),
    (("male_rigify", "female_mixamo"), "05"),
    (("male_gameengine", "male_rigify"), "09"),
)
FARTHEST = 0.1  # m apart from which distances are all the same
FOUND, COUNTS = 0.01, 0.02  # m: capsules say penetration, and a mesh has one that may not be missed
_RAYS = [Vector(way).normalized() for way in ((0.31, 0.71, 0.63), (-0.8, 0.2, 0.55), (0.1, -0.66, -0.74))]
_CELL = 0.08  # m: vertices with no vertex of the other within the next cells are left out

Motion = tuple[np.ndarray, np.ndarray]  # root (T, 3) metres, rotations (T, 52, 4)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m blender_tests.contact_truth", description=__doc__)
    parser.add_argument("--frames", type=int, default=100, help="frames of each pair, evenly spread over its take")
    parser.add_argument("--docs", type=Path, help="folder of the pages: write the figures into contacts.md")
    options = parser.parse_args(arguments)
    rows: dict[str, list[np.ndarray]] = {"mesh": [], "fitted": [], "of bones": []}
    for names, take in PAIRS:
        for kind, depths in measure_pair(names, take, options.frames).items():
            rows[kind].append(depths)
        print(f"{names[0]} with {names[1]}, salsa {take}: {options.frames} frames", flush=True)
    table = report({kind: np.concatenate(depths) for kind, depths in rows.items()})
    print(table)
    if options.docs:
        fill_in(
            options.docs / "contacts.md",
            ("<!-- capsules against meshes -->", "<!-- /capsules against meshes -->"),
            table,
        )


def measure_pair(names: tuple[str, str], take: str, frames: int) -> dict[str, np.ndarray]:
    """Return the signed depth (T,) in metres of two characters in each other by mesh and by capsules."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, frames
    cast = [cast_actor(name, load(name)) for name in names]
    skeletons = [character.rest.skeleton for character in cast]
    motions = placed(read_pair(take), skeletons, frames)
    nothing = np.zeros((frames, 52), np.float32), np.zeros((frames, 4), np.float32)
    parts = tuple(ActorPerformance(c.name, *motion, *nothing) for c, motion in zip(cast, motions))
    shown = {character.name: ("body", "head", "hands") for character in cast}
    key_performance(scene, cast, Performance(parts, {}), parts=shown, exact=True)
    shapes = {
        "fitted": [body_shape_of(character) for character in cast],
        "of bones": [default_body_shape(skeleton) for skeleton in skeletons],
    }
    found = {kind: capsule_depths(own, motions, skeletons) for kind, own in shapes.items()}
    return {"mesh": _mesh_depths(scene, cast, frames), **found}


def report(depths: dict[str, np.ndarray]) -> str:
    """Return the table of the page, in Markdown."""
    mesh = depths["mesh"]
    inside = np.maximum(mesh, 0.0)
    lines = [
        "| capsules | correlation of depth | of distance and depth | over 2 cm missed | false | mean error |",
        "|---|---|---|---|---|---|",
    ]
    for kind in ("fitted", "of bones"):
        capsule = depths[kind]
        deep = mesh > COUNTS
        missed, false = int((deep & (capsule <= FOUND)).sum()), float(((mesh <= 0.0) & (capsule > FOUND)).mean())
        signed = np.corrcoef(np.maximum(mesh, -FARTHEST), np.maximum(capsule, -FARTHEST))[0, 1]
        off = np.abs(np.maximum(capsule, 0.0) - inside)[mesh > 0.0].mean()
        lines.append(
            f"| {kind} | {np.corrcoef(inside, np.maximum(capsule, 0.0))[0, 1]:.3f} | {signed:.3f} | "
            f"{missed} of {int(deep.sum())} | {100 * false:.1f} % | {100 * off:.1f} cm |"
        )
    counts = f"{len(mesh)} frames, {int((mesh > 0).sum())} with meshes in each other, {int((mesh > COUNTS).sum())} of"
    return "\n".join([*lines, "", f"{counts} them over 2 cm; deepest {100 * mesh.max():.1f} cm."])


def capsule_depths(shapes: Sequence[BodyShape], motions: Sequence[Motion], skeletons: Sequence[Skeleton]) -> np.ndarray:
    """Return the depth (T,) in metres of two bodies of capsules in each other, negative where they are apart."""
    one, two = (posed_capsules(shape, *motion, bones) for shape, motion, bones in zip(shapes, motions, skeletons))
    return np.array([_deepest(one, two, frame) for frame in range(len(one.start))])


def _deepest(one: Capsules, two: Capsules, frame: int) -> float:
    first = one.start[frame][:, None], one.end[frame][:, None]
    s, t, apart = closest_points(*first, two.start[frame][None], two.end[frame][None])
    return float((radius_at(one.radius[:, None], s) + radius_at(two.radius[None], t) - apart).max())


def placed(clips: tuple[Clip, Clip], skeletons: Sequence[Skeleton], frames: int) -> list[Motion]:
    """Return the motion of a pair on other bodies: rotations and places on the floor kept, pelvis as high as legs are
    long.
    """
    found, pair = [], clips[0].pair
    assert pair is not None
    for clip, bones, (x, y, heading) in zip(clips, skeletons, ((0.0, 0.0, 0.0), (pair.x, pair.y, pair.heading))):
        turn, root = rot.about_z(np.array(heading)), clip.root_positions.astype(np.float64)
        root[:, 2] *= bones.pelvis_height / clip.skeleton.pelvis_height
        rotations = clip.rotations.astype(np.float64)
        rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
        found.append((rot.rotate(turn, root) + (x, y, 0.0), rotations))
    chosen = np.linspace(0, min(clip.frames for clip in clips) - 1, frames).astype(int)
    return [(root[chosen].astype(np.float32), rotations[chosen].astype(np.float32)) for root, rotations in found]


def load(name: str) -> bpy.types.Object:
    before = set(bpy.data.objects)
    with bpy.data.libraries.load(str(data_dir() / "characters" / f"{name}.blend")) as (there, here):
        here.objects = [n for n in there.objects if not n.startswith("WGT-") and "metarig" not in n]
    new = [obj for obj in bpy.data.objects if obj not in before and not obj.name.startswith("WGT-")]
    for obj in new:
        bpy.context.scene.collection.objects.link(obj)
    return next(obj for obj in new if obj.type == "ARMATURE")


class _Mesh:
    """The closed skin of one character: the largest connected part of its largest mesh."""

    def __init__(self, armature: bpy.types.Object) -> None:
        worn = [
            obj
            for obj in bpy.context.scene.objects
            if obj.type == "MESH" and any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers)
        ]
        self.obj = max(worn, key=lambda obj: len(obj.data.vertices))
        mesh = self.obj.data
        edges = np.empty(2 * len(mesh.edges), np.int32)
        mesh.edges.foreach_get("vertices", edges)
        part = _connected(edges.reshape(-1, 2), len(mesh.vertices))
        self.chosen = np.flatnonzero(part == np.bincount(part).argmax())
        number = np.full(len(mesh.vertices), -1)
        number[self.chosen] = np.arange(len(self.chosen))
        faces = (number[list(polygon.vertices)].tolist() for polygon in mesh.polygons)
        self.faces = [face for face in faces if min(face) >= 0]

    def places(self) -> np.ndarray:
        """Return the vertices (V, 3) in the world as they are shown now."""
        seen = self.obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        flat = np.empty(3 * len(seen.data.vertices), np.float32)
        seen.data.vertices.foreach_get("co", flat)
        world = np.array(seen.matrix_world)
        return (flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])[self.chosen]


def _connected(edges: np.ndarray, count: int) -> np.ndarray:
    """Return a number (V,) that all vertices of one connected part share."""
    part = np.arange(count)
    while True:
        least = np.minimum(part[edges[:, 0]], part[edges[:, 1]])
        joined = part.copy()
        np.minimum.at(joined, edges[:, 0], least)
        np.minimum.at(joined, edges[:, 1], least)
        joined = joined[joined]
        if (joined == part).all():
            return part
        part = joined


def _mesh_depths(scene: bpy.types.Scene, cast: Sequence[CastActor], frames: int) -> np.ndarray:
    meshes = [_Mesh(armature) for armature in (character.armature.find() for character in cast) if armature]
    depths = []
    for frame in range(frames):
        scene.frame_set(1 + frame)
        one, two = (mesh.places() for mesh in meshes)
        trees = [BVHTree.FromPolygons(place.tolist(), mesh.faces) for place, mesh in zip((one, two), meshes)]
        depths.append(max(_depth_of(one, two, trees[1]), _depth_of(two, one, trees[0])))
    return np.array(depths)


def _depth_of(points: np.ndarray, others: np.ndarray, tree: BVHTree) -> float:
    """Return how deep the deepest of ``points`` (V, 3) lies in a closed mesh, negative metres where none does."""
    deepest = -FARTHEST
    for point in points[_close(points, others)].tolist():
        place, normal, _, distance = tree.find_nearest(point)
        if place is None:
            continue
        outside = (Vector(point) - place).dot(normal) >= 0.0
        if outside:
            deepest = max(deepest, -distance)
        elif distance > max(deepest, 0.0) and _is_inside(tree, Vector(point)):
            deepest = distance
    return deepest


def _close(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of ``points`` (V, 3) have some of ``others`` in their cell or one beside it."""
    steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), -1).reshape(-1, 3)
    cells = np.unique(np.floor(others / _CELL).astype(np.int64), axis=0)
    filled = {tuple(cell) for cell in (cells[:, None] + steps).reshape(-1, 3).tolist()}
    return np.array([tuple(cell) in filled for cell in np.floor(points / _CELL).astype(np.int64).tolist()])


def _is_inside(tree: BVHTree, point: Vector) -> bool:
    """Return whether most of three rays leave a closed mesh an odd number of times."""
    return sum(_crossings(tree, point, way) % 2 for way in _RAYS) >= 2


def _crossings(tree: BVHTree, point: Vector, way: Vector) -> int:
    for count in range(100):
        place = tree.ray_cast(point, way)[0]
        if place is None:
            return count
        point = place + way * 1e-5
    return 0


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    end_process(0)
