"""Cameras of the preview: a wide one that holds both bodies for the whole shot, and a close one for each face."""

from __future__ import annotations

import bpy
from mathutils import Vector


def preview_cameras(scene: bpy.types.Scene, rigs: list[bpy.types.Object], aspect: float) -> list[bpy.types.Object]:
    """Add the wide camera and one for the face of each rig. ``aspect``: width by height of the wide picture."""
    return [_wide_camera(scene, rigs, aspect), *(_face_camera(scene, rig) for rig in rigs)]


def _wide_camera(scene: bpy.types.Scene, rigs: list[bpy.types.Object], aspect: float) -> bpy.types.Object:
    wide = _new_camera(scene, "interact wide", 40.0)
    low, high = _bounds_of_motion(scene, rigs)
    middle = (low + high) / 2
    middle.z = 0.47 * high.z
    view = Vector((0.06, -1.0, 0.13)).normalized()
    half = 18.0 / 40.0  # half the sensor's width divided by the focal length
    distance = max((high.x - low.x) / 2 / half, (high.z / 2) / half * aspect) * 1.04 + (high.y - low.y) / 2
    wide.location = middle + view * distance
    wide.rotation_euler = (-view).to_track_quat("-Z", "Y").to_euler()
    return wide


def _bounds_of_motion(scene: bpy.types.Scene, rigs: list[bpy.types.Object]) -> tuple[Vector, Vector]:
    """The corners of the box that both skeletons stay in, sampled four times a second, with a margin (m)."""
    points = []
    for frame in range(scene.frame_start, scene.frame_end + 1, max(1, round(scene.render.fps / 4))):
        scene.frame_set(frame)
        points += [rig.matrix_world @ end for rig in rigs for bone in rig.pose.bones for end in (bone.head, bone.tail)]
    low = Vector(tuple(min(point[axis] for point in points) for axis in range(3)))
    high = Vector(tuple(max(point[axis] for point in points) for axis in range(3)))
    return low - Vector((0.10, 0.0, 0.0)), high + Vector((0.10, 0.0, 0.04))


def _face_camera(scene: bpy.types.Scene, rig: bpy.types.Object) -> bpy.types.Object:
    """A camera parented to the head bone, a little to the side, framed by the mesh with the face's shape keys."""
    head = next(
        (thing for thing in scene.objects if thing.find_armature() == rig and getattr(thing.data, "shape_keys", None)),
        None,
    )
    bone = next(bone for bone in rig.data.bones if bone.name.split(":")[-1].lower() == "head")
    top = bone.tail_local.z
    if head is not None:
        to_rig = rig.matrix_world.inverted() @ head.matrix_world
        top = max((to_rig @ vertex.co).z for vertex in head.data.vertices)
    size = (top - bone.head_local.z) * 1.30
    centre = Vector((bone.head_local.x, bone.head_local.y - 0.2 * size, top - 0.52 * size))
    camera = _new_camera(scene, f"interact face of {rig.name}", 85.0)
    place = centre + Vector((0.9, -4.6, 0.1)) * size
    # Who stands between camera and face, as in a handshake, is not in the picture.
    camera.data.clip_start = ((place - centre).length - size) * rig.matrix_world.median_scale
    turn = (centre - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    turn.translation = place
    tail = bone.matrix_local.copy()  # children of a bone are placed against its tail
    tail.translation = bone.tail_local
    camera.data.sensor_fit = "VERTICAL"
    camera.data.sensor_height = 24.0
    camera.parent, camera.parent_type, camera.parent_bone = rig, "BONE", bone.name
    camera.matrix_basis = tail.inverted() @ turn
    return camera


def _new_camera(scene: bpy.types.Scene, name: str, lens: float) -> bpy.types.Object:
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera.data.lens = lens
    camera.data.clip_start = 0.05
    scene.collection.objects.link(camera)
    return camera
