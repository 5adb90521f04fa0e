"""What a check found as objects, so that it can be rendered: both bodies and their contact points, coloured by depth.

Each body is one mesh of its capsules that follows the character's own bones by an armature modifier, so it also follows
what is changed afterwards. A capsule goes with the bone that keeps it nearest to where the check has it; that is found
by looking, so no rig has to be known. Colours over time are an image, a row of pixels a capsule and a column a moment,
past which a modifier moves the mesh's UVs by a driver. So nothing has to be keyed, and renders need no add-on.

The objects lie in a collection of their own; until it is made, and after it is removed, the file has none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..rig.cast import CastActor
from ..rig.measure import STANDS_FOR_A_BODY
from ..rig.watching import watched
from ..runtime_api import Array, contacts, contract, errors
from .colours import OF_ACTORS, Colour, colours_of_depth
from .curves import highest_of
from .shot_check import ShotCheck

NAME = "InterAct Contacts"
_LOOKS = 16  # moments at which bones are compared
_NEARER = 0.03  # of the metres to a bone: by how much less a nearer one may be off, where none of both moves
_OUTSIDE = 0.01  # metres that capsules are drawn outside of what was measured: skin would show in patches
_FAINT, _SOLID = 0.22, 0.45  # opacity of what touches nothing; of all in Workbench, which has one for each material
_MOST_MOMENTS = 8192  # columns of an image, which graphics cards take
_AROUND, _CAP = 12, 4  # corners of a ring, rings of each end of a capsule
_ENDS = ("head_local", "tail_local")
_POINT = 0.008  # metres, radius of a contact point


@dataclass(frozen=True)
class Drawn:
    """What was made: ``off`` is how far (metres) a body is shown from where the check has it, at most."""

    collection: bpy.types.Collection
    off: float


def contact_objects(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """Return the collection of what a check found in a scene; None where there is none."""
    return next((one for one in scene.collection.children_recursive if STANDS_FOR_A_BODY in one), None)


def add_contact_objects(scene: bpy.types.Scene, found: ShotCheck) -> Drawn:
    """Make bodies and contact points of a check as objects, in the place of those that were made before.

    Raises ``InvalidRequest`` where a character is gone or no bone of it moves a skin.
    """
    bound = _bound(scene, found)
    remove_contact_objects(scene)
    collection = bpy.data.collections.new(NAME)
    collection[STANDS_FOR_A_BODY] = True
    scene.collection.children.link(collection)
    for number, (name, colour, moved) in enumerate(zip(found.names, OF_ACTORS, bound)):
        shape = found.bodies[number].shape
        colours = _colours(found.contacts.capsule_depth[number], colour)
        _make(collection, f"InterAct Bodies {name}", moved, _capsules(moved, shape.radius), colours, found)
        points = _points(moved), np.array(colour, np.float32)[None, None]
        _make(collection, f"InterAct Points {name}", moved, *points, found)
    return Drawn(collection, max(one.off for one in bound))


def remove_contact_objects(scene: bpy.types.Scene) -> bool:
    """Remove what ``add_contact_objects`` made, with all its data; return whether there was something."""
    collection = contact_objects(scene)
    if collection is None:
        return False
    objects = [obj for obj in collection.objects if STANDS_FOR_A_BODY in obj]
    meshes = {obj.data for obj in objects}
    materials = {material for mesh in meshes for material in mesh.materials if material is not None}
    images = {image for material in materials for image in _images(material)}
    bpy.data.batch_remove([*objects, *([] if len(collection.objects) > len(objects) else [collection])])
    for left in (meshes, materials, images):  # what somebody else has come to use stays
        bpy.data.batch_remove([block for block in left if not block.users])
    return True


def _images(material: bpy.types.Material) -> Iterable[bpy.types.Image]:
    return (node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image is not None)


# ---- which bone moves what -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bound:
    """A body at rest in the space of its ``armature``: capsules (C, 3), points (P, 3), and the bone that moves each.

    ``size``: metres of one unit there. ``off``: metres that a capsule is shown elsewhere, at most.
    """

    armature: bpy.types.Object
    start: Array
    end: Array
    capsule_bones: tuple[str, ...]
    points: Array
    point_bones: tuple[str, ...]
    size: float
    off: float


def _bound(scene: bpy.types.Scene, found: ShotCheck) -> list[_Bound]:
    armatures = [_armature_of(character) for character in found.cast]
    rows = _telling_rows(found)
    posed: list[tuple[list[Array], list[Array]]] = [([], []) for _ in armatures]
    with watched(scene, armatures, []) as moment:
        for row in rows:
            graph = moment(found.frame_at(row))
            for armature, (matrices, worlds) in zip(armatures, posed):
                seen = armature.evaluated_get(graph)
                flat = np.empty(16 * len(seen.pose.bones), np.float32)
                seen.pose.bones.foreach_get("matrix", flat)
                matrices.append(flat.reshape(-1, 4, 4).swapaxes(1, 2).astype(np.float64))
                worlds.append(np.array(seen.matrix_world))
    return [
        _bound_one(armature, np.array(worlds)[:, None] @ np.array(matrices), worlds, body, rows)
        for armature, (matrices, worlds), body in zip(armatures, posed, found.bodies)
    ]


def _telling_rows(found: ShotCheck) -> Array:
    """Return some rows at which the two stand as differently as they do in the shot, so that each bone is told."""
    poses = np.concatenate([np.abs(motion.rotations).reshape(len(motion.rotations), -1) for motion in found.motion], 1)
    chosen, away = [0], np.full(len(poses), np.inf)
    while len(chosen) < min(_LOOKS, len(poses)):
        away = np.minimum(away, np.linalg.norm(poses - poses[chosen[-1]], axis=-1))
        chosen.append(int(away.argmax()))
    return np.unique(chosen)


def _bound_one(
    armature: bpy.types.Object, posed: Array, worlds: Sequence[Array], body: contacts.Body, rows: Array
) -> _Bound:
    """Bind a body to the bones of an armature; ``posed`` (K, B, 4, 4): these in the world at ``rows`` (K,)."""
    bones = armature.data.bones
    moving = [index for index, bone in enumerate(bones) if bone.use_deform]
    if not moving:
        raise errors.InvalidRequest(
            f"No bone of '{armature.name}' moves a skin; switch on Deform for some bones in its Bone properties."
        )
    size = float(np.abs(np.linalg.det(worlds[0][:3, :3])) ** (1.0 / 3.0))
    carriers = _Carriers([bones[index] for index in moving], posed[:, moving], size)
    ends = np.stack([body.capsules.start[rows], body.capsules.end[rows]], 2).astype(np.float64)
    of_capsules = carriers.bind(ends, body.shape.joint)
    of_points = carriers.bind(body.points[rows][:, :, None].astype(np.float64), body.shape.point_joint)
    at_rest = of_capsules[1]
    off = max(of_capsules[2], of_points[2])
    return _Bound(armature, at_rest[:, 0], at_rest[:, 1], of_capsules[0], of_points[1][:, 0], of_points[0], size, off)


class _Carriers:
    """Bones that may carry a piece of a body, as they stand at some moments: ``posed`` (K, B, 4, 4) in the world."""

    def __init__(self, bones: Sequence[bpy.types.Bone], posed: Array, size: float) -> None:
        self._names, self._size = [bone.name for bone in bones], size
        rest = np.array([bone.matrix_local for bone in bones])
        self._heads, self._tails = (np.array([getattr(bone, end) for bone in bones]) for end in _ENDS)
        self._to_rest, self._back = rest @ np.linalg.inv(posed), posed @ np.linalg.inv(rest)

    def bind(self, places: Array, joints: Array) -> tuple[tuple[str, ...], Array, float]:
        """Return for ``places`` (K, N, M, 3), which go with ``joints`` (N,), a bone each, and the places at rest.

        All of one joint go with one bone. Also how far (metres) the farthest is off.
        """
        names, at_rest, farthest = [""] * len(joints), np.empty(places.shape[1:]), 0.0
        for joint in np.unique(joints):
            own = np.flatnonzero(joints == joint)
            bone, there, off = self._best(places[:, own].reshape(len(places), -1, 3))
            at_rest[own] = there.reshape(len(own), -1, 3)
            farthest = max(farthest, off)
            for index in own:
                names[index] = self._names[bone]
        return tuple(names), at_rest, farthest

    def _best(self, places: Array) -> tuple[int, Array, float]:
        """Return the bone that keeps ``places`` (K, N, 3) stillest, their mean at rest (N, 3), how far that is off.

        Of bones that do so equally well, as in what never moves, the one that they lie at.
        """
        there = np.einsum("kbij,knj->kbni", self._to_rest[..., :3, :3], places) + self._to_rest[..., None, :3, 3]
        middle = there.mean(0)
        again = np.einsum("kbij,bnj->kbni", self._back[..., :3, :3], middle) + self._back[..., None, :3, 3]
        off = np.linalg.norm(again - places[:, None], axis=-1).max(axis=(0, 2))
        chosen = int((off + _NEARER * self._size * self._away(middle.mean(1))).argmin())
        return chosen, middle[chosen], float(off[chosen])

    def _away(self, places: Array) -> Array:
        """Return how far (B,) each of ``places`` (B, 3) is from its bone at rest, in the armature's units."""
        along = self._tails - self._heads
        share = np.sum((places - self._heads) * along, -1) / np.maximum(np.sum(along**2, -1), 1e-12)
        nearest = self._heads + np.clip(share, 0.0, 1.0)[:, None] * along
        return np.asarray(np.linalg.norm(places - nearest, axis=-1))


def _armature_of(character: CastActor) -> bpy.types.Object:
    armature = character.armature.find()
    if armature is None:
        raise errors.InvalidRequest(
            f"The armature '{character.armature.name}' of '{character.name}' is gone; cast it again, and check."
        )
    return armature


# ---- meshes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Surface:
    """Some closed pieces of the same make: corners (N, V, 3), and of one of them the faces; the bone of each."""

    corners: Array
    faces: tuple[tuple[int, ...], ...]
    bones: tuple[str, ...]


def _capsules(bound: _Bound, radius: Array) -> _Surface:
    """Return tapered capsules with ``radius`` (C, 2) metres as surfaces, each the hull of two balls."""
    start, end, radius = bound.start, bound.end, (radius + _OUTSIDE) / bound.size
    axis = end - start
    length = np.linalg.norm(axis, axis=-1, keepdims=True)
    along = np.where(length > 1e-9, axis / np.maximum(length, 1e-9), [0.0, 0.0, 1.0])
    aside = np.where(np.abs(along[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(along, aside)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(along, first)
    tangent = np.arccos(np.clip((radius[:, :1] - radius[:, 1:]) / np.maximum(length, 1e-9), -1.0, 1.0))
    share = np.linspace(0.0, 1.0, _CAP + 1)
    around = np.linspace(0.0, 2.0 * np.pi, _AROUND, endpoint=False)
    ring = np.cos(around)[:, None] * first[:, None] + np.sin(around)[:, None] * second[:, None]  # (C, around, 3)
    rings = []
    for middle, size, angles in (
        (start, radius[:, :1], np.pi + share * (tangent - np.pi)),
        (end, radius[:, 1:], tangent * (1.0 - share)),
    ):
        out = np.sin(angles)[..., None, None] * ring[:, None] + np.cos(angles)[..., None, None] * along[:, None, None]
        rings.append(middle[:, None, None] + size[..., None, None] * out)
    corners = np.concatenate(rings, axis=1).reshape(len(start), -1, 3)
    return _Surface(corners, _tube(2 * (_CAP + 1)), bound.capsule_bones)


def _tube(rings: int) -> tuple[tuple[int, ...], ...]:
    """Return the faces between rings of ``_AROUND`` corners, which are points at both ends."""
    faces = []
    for ring in range(rings - 1):
        for corner in range(_AROUND):
            after = (corner + 1) % _AROUND
            low, high = ring * _AROUND, (ring + 1) * _AROUND
            faces.append((low + corner, low + after, high + after, high + corner))
    return tuple(faces)


def _points(bound: _Bound) -> _Surface:
    """Return a small ball of eight faces at each contact point."""
    ways = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]) * (_POINT / bound.size)
    faces = [(a, (a + 1) % 4, 4) for a in range(4)] + [((a + 1) % 4, a, 5) for a in range(4)]
    return _Surface(bound.points[:, None] + ways, tuple(faces), bound.point_bones)


def _colours(depth: Array, colour: Colour) -> Array:
    """Return the colours (C, T, 4) of capsules over time from their ``depth`` (T, C)."""
    if len(depth) > _MOST_MOMENTS:
        depth = np.stack([highest_of(column, _MOST_MOMENTS)[0] for column in depth.T], 1)
    return colours_of_depth(depth.T, np.array([*colour[:3], _FAINT], np.float32))


def _make(
    collection: bpy.types.Collection, name: str, bound: _Bound, surface: _Surface, colours: Array, found: ShotCheck
) -> None:
    """Make one object that an armature moves, with ``colours`` (C, T, 4), or (1, 1, 4) for all pieces at all times."""
    count, each = surface.corners.shape[:2]
    mesh = bpy.data.meshes.new(name)
    faces = [tuple(piece * each + corner for corner in face) for piece in range(count) for face in surface.faces]
    mesh.from_pydata(surface.corners.reshape(-1, 3).tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    obj = bpy.data.objects.new(name, mesh)
    obj[STANDS_FOR_A_BODY] = True
    collection.objects.link(obj)
    obj.parent = bound.armature
    for bone in dict.fromkeys(surface.bones):
        pieces = np.flatnonzero([one == bone for one in surface.bones])
        corners = (pieces[:, None] * each + np.arange(each)).reshape(-1)
        obj.vertex_groups.new(name=bone).add(corners.tolist(), 1.0, "REPLACE")
    obj.modifiers.new("Armature", "ARMATURE").object = bound.armature
    moments = colours.shape[1]
    rows = (np.arange(count) + 0.5) / count if len(colours) > 1 else np.full(count, 0.5)
    _lay_out(mesh, np.repeat(rows, each), 0.5 / moments)
    mesh.materials.append(_material(name, colours))
    if moments > 1:
        _play(obj, found)


def _lay_out(mesh: bpy.types.Mesh, rows: Array, column: float) -> None:
    """Put every corner on the row (V,) of its piece in the image, at the first moment."""
    layer = mesh.uv_layers.new(name="Depth")
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    places = np.stack([np.full(len(corners), column), rows[corners]], 1).astype(np.float32)
    layer.uv.foreach_set("vector", places.reshape(-1))


def _play(obj: bpy.types.Object, found: ShotCheck) -> None:
    """Move the UVs past the image as the scene's frames go by."""
    warp = obj.modifiers.new("Depth", "UV_WARP")
    warp.uv_layer, warp.center = "Depth", (0.0, 0.0)
    rows = len(found.contacts.depth)
    driver = warp.driver_add("offset", 0).driver
    driver.type = "SCRIPTED"  # of the simple kind, which Blender allows in any file
    share = contract.FPS / found.fps / rows
    driver.expression = f"min(max((frame - {found.first}) * {share:.9f}, 0), {(rows - 1) / rows:.9f})"


def _material(name: str, colours: Array) -> bpy.types.Material:
    """Make a material of the colours (C, T, 4) of an image, seen through as far as these say."""
    image = bpy.data.images.new(name, colours.shape[1], colours.shape[0], alpha=True)
    image.pixels.foreach_set(np.ascontiguousarray(colours, np.float32).reshape(-1))
    image.pack()
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.surface_render_method, material.use_transparency_overlap = "BLENDED", False
    material.diffuse_color = (*(float(value) for value in colours[0, 0, :3]), max(float(colours[0, 0, 3]), _SOLID))
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = 0.6
    shader.inputs["Emission Strength"].default_value = 0.3  # seen in the dark, too
    texture = nodes.new("ShaderNodeTexImage")
    texture.image, texture.interpolation, texture.extension = image, "Closest", "EXTEND"
    texture.location = (-400.0, 200.0)
    nodes.active = texture  # the one that Workbench shows as the texture
    for socket in ("Base Color", "Emission Color"):
        links.new(texture.outputs["Color"], shader.inputs[socket])
    links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    return material
