"""A shot to export, made in code, and what is seen of it."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from interact_addon.rig.cast import cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL

from .importers import Shown
from .rigs import add_face, make_rig, perform

MILLIMETRE, SHAPE = 1e-3, 1e-3


def make_shot(frames: int = 16) -> list[bpy.types.Object]:
    """Make Anna (a Mixamo rig) and Ben (an Unreal one, elsewhere, turned, with a Subsurf on his head), performed."""
    anna, ben = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    ben.location, ben.rotation_euler.z = (2.0, 0.5, 0.0), 2.0
    bpy.context.view_layer.update()
    add_face(anna, "AnnaHead")
    add_face(ben, "BenHead").modifiers.new("Smooth", "SUBSURF")
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, frames
    actors = [cast_actor("Anna", anna), cast_actor("Ben", ben)]
    face = np.random.default_rng(0).random((frames, 52)).astype(np.float32)
    key_performance(scene, actors, perform(frames, *actors, face=face))
    return [anna, ben]


def seen(armatures: Sequence[bpy.types.Object]) -> Shown:
    """Return what Blender shows over the scene's frame range: heads of deform bones, shapes of their meshes."""
    scene = bpy.context.scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    shown = Shown(len(frames))
    here = scene.frame_current
    meshes = [obj for obj in scene.objects if obj.type == "MESH" and obj.data.shape_keys is not None]
    for row, frame in enumerate(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        for armature in armatures:
            posed = armature.evaluated_get(graph)
            for bone in armature.data.bones:
                if bone.use_deform:
                    places = shown.joints.setdefault(bone.name, np.empty((len(frames), 3)))
                    places[row] = posed.matrix_world @ posed.pose.bones[bone.name].head
        for mesh in meshes:
            keys = mesh.data.shape_keys
            for block in keys.key_blocks:
                if block != keys.reference_key:
                    shown.shapes.setdefault((mesh.name, block.name), np.empty(len(frames)))[row] = block.value
    scene.frame_set(here)
    return shown


def assert_same(read: Shown, expected: Shown, shapes: bool = True) -> None:
    """Compare joints to a millimetre, shapes to a thousandth, and the length to the frame."""
    assert read.frames == expected.frames
    for joint, places in expected.joints.items():
        np.testing.assert_allclose(read.joints[joint], places, atol=MILLIMETRE, err_msg=joint)
    if shapes:
        assert expected.shapes
        for name, values in expected.shapes.items():
            np.testing.assert_allclose(read.shapes[name], values, atol=SHAPE, err_msg=str(name))


def skin(mesh: bpy.types.Object) -> np.ndarray:
    """Return where the vertices of a mesh are seen, (T, V, 3), without modifiers other than armatures."""
    scene, here = bpy.context.scene, bpy.context.scene.frame_current
    others = [modifier for modifier in mesh.modifiers if modifier.type != "ARMATURE" and modifier.show_viewport]
    for modifier in others:
        modifier.show_viewport = False
    rows = []
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        posed = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
        flat = np.empty(3 * len(posed.data.vertices), np.float32)
        posed.data.vertices.foreach_get("co", flat)
        world = np.array(posed.matrix_world)
        rows.append(flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
    for modifier in others:
        modifier.show_viewport = True
    scene.frame_set(here)
    return np.array(rows)
