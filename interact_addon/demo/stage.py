"""The set: floor, backdrop, chair, light, cameras, render settings."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Vector

from .. import compat
from .fields import vector
from .objects import make_material, make_object
from .surface import Part, join, loft, make_part

SEAT_HEIGHT = 0.45
RESOLUTION = (1280, 720)


def build_floor(collection: bpy.types.Collection) -> bpy.types.Object:
    """A wide floor that curves up into a backdrop, with fine lines every half metre."""
    depth = np.concatenate(
        [np.linspace(-5.0, 2.6, 9), 2.6 + 1.6 * np.sin(np.linspace(0.1, 1.0, 10) * np.pi / 2), [4.2]]
    )
    rise = np.concatenate([np.zeros(9), 1.6 - 1.6 * np.cos(np.linspace(0.1, 1.0, 10) * np.pi / 2), [4.5]])
    rings = np.stack([np.stack([[-7.0, y, z], [7.0, y, z]]) for y, z in zip(depth, rise)])
    sweep = loft(rings, "floor", closed=False)
    sweep = Part(sweep.points, [face[::-1] for face in sweep.faces], sweep.materials)
    lines = []
    for step in np.arange(-3.0, 3.01, 0.5):
        lines += (
            [_strip(-3.0, 3.0, step - 0.004, step + 0.004, 0.001), _strip(step - 0.004, step + 0.004, -2.5, 2.5, 0.001)]
            if abs(step) <= 2.5
            else [_strip(step - 0.004, step + 0.004, -2.5, 2.5, 0.001)]
        )
    materials = {
        "floor": make_material("Floor", (0.72, 0.69, 0.65), 0.75),
        "line": make_material("Floor lines", (0.58, 0.55, 0.51), 0.8),
    }
    floor = make_object("Floor", join([sweep, *lines]), materials, collection)
    floor.display.show_shadows = False  # Workbench's shadows need closed solids
    return floor


def _strip(x0: float, x1: float, y0: float, y1: float, z: float) -> Part:
    return make_part(np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]]), [(0, 1, 2, 3)], "line")


def build_chair(collection: bpy.types.Collection) -> bpy.types.Object:
    """A stool with a low back: its seat's top lies ``SEAT_HEIGHT`` over its origin, it faces -Y."""
    angles = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)
    outline = np.stack([0.215 * _squircle(np.cos(angles)), 0.205 * _squircle(np.sin(angles)), 0 * angles], axis=1)
    seat = loft(
        np.stack(
            [
                outline * vector(k, k, 1) + vector(0, 0, z)
                for k, z in (
                    (0.0, 0.405),
                    (0.93, 0.405),
                    (0.99, 0.412),
                    (1.0, 0.425),
                    (0.98, 0.441),
                    (0.92, 0.449),
                    (0.6, SEAT_HEIGHT),
                    (0.0, SEAT_HEIGHT),
                )
            ]
        ),
        "seat",
    )
    legs = [
        _rod(vector(sx * 0.15, sy * 0.14, 0.41), vector(sx * 0.205, sy * 0.195, 0.0), 0.017, 0.012)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    posts = [_rod(vector(sx * 0.155, 0.165, 0.41), vector(sx * 0.165, 0.235, 0.80), 0.013, 0.012) for sx in (-1, 1)]
    t = np.linspace(-1.0, 1.0, 13)
    spine = np.stack([0.185 * t, 0.225 + 0.035 * (1 - t * t), np.full_like(t, 0.735)], axis=1)
    oval = np.linspace(0.0, 2.0 * np.pi, 14, endpoint=False)
    rings = []
    for share, at in zip(t, spine):
        size = math.sqrt(max(1.0 - abs(share) ** 5, 0.04))
        rings.append(at + np.stack([0 * oval, 0.013 * size * np.cos(oval), 0.075 * size * np.sin(oval)], axis=1))
    back = loft(np.array(rings), "seat", cap_start=True, cap_end=True)
    materials = {
        "seat": make_material("Chair seat", (0.75, 0.50, 0.13), 0.55),
        "wood": make_material("Chair legs", (0.23, 0.12, 0.06), 0.5),
    }
    return make_object("Chair", join([seat, back, *legs, *posts]), materials, collection)


def _squircle(value: np.ndarray) -> np.ndarray:
    return np.sign(value) * np.abs(value) ** 0.72


def _rod(top: np.ndarray, bottom: np.ndarray, r0: float, r1: float) -> Part:
    turns = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
    rings = np.stack([bottom + circle * r1, top + circle * r0])
    return loft(rings, "wood", cap_start=True, cap_end=True)


def build_lights(scene: bpy.types.Scene, collection: bpy.types.Collection, aim: Vector) -> None:
    """Key from the camera's left, fill from its right, rim from behind, and a dim sky."""
    for name, place, energy, size, colour in (
        ("Key", (-2.6, -3.2, 3.4), 120.0, 2.4, (1.0, 0.93, 0.84)),
        ("Fill", (3.4, -2.6, 2.0), 45.0, 3.0, (0.82, 0.90, 1.0)),
        ("Rim", (1.0, 2.9, 3.2), 95.0, 1.6, (1.0, 0.96, 0.90)),
    ):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size, light.color = energy, size, colour
        lamp = bpy.data.objects.new(name, light)
        collection.objects.link(lamp)
        _place(lamp, Vector(place), aim)
    world = bpy.data.worlds.new("InterAct demo")
    world.color = (0.60, 0.59, 0.57)
    world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.62, 0.66, 0.72, 1.0)
    background.inputs["Strength"].default_value = 0.30
    scene.world = world


def build_camera(
    scene: bpy.types.Scene, collection: bpy.types.Collection, place: Vector, aim: Vector
) -> bpy.types.Object:
    """The shot's camera (40 mm), which frames both characters head to foot."""
    camera = _camera("Shot camera", 40.0, collection)
    _place(camera, place, aim)
    scene.camera = camera
    return camera


def build_face_camera(
    name: str, rig: bpy.types.Object, head_bone: str, centre: Vector, collection: bpy.types.Collection
) -> bpy.types.Object:
    """A close-up camera that rides on the head: ``centre`` is the face's middle in the armature's space, at rest."""
    camera = _camera(name, 85.0, collection)
    camera.data.sensor_fit = "VERTICAL"
    bone = rig.data.bones[head_bone]
    camera.parent, camera.parent_type, camera.parent_bone = rig, "BONE", head_bone
    place = centre + Vector((0.25, -1.28, 0.02))
    turn = (centre - place).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    turn.translation = place
    # A bone's children hang on its tail.
    tail = bone.matrix_local.copy()
    tail.translation = bone.tail_local
    camera.matrix_parent_inverse.identity()
    camera.matrix_basis = tail.inverted() @ turn
    return camera


def set_render(scene: bpy.types.Scene) -> None:
    """30 fps, EEVEE for stills, and a Workbench look that shows the same colours."""
    render = scene.render
    render.engine = compat.EEVEE
    render.resolution_x, render.resolution_y = RESOLUTION
    render.resolution_percentage = 100
    render.fps, render.fps_base = 30, 1.0
    scene.eevee.taa_render_samples = 32
    shading = scene.display.shading
    shading.light, shading.studio_light, shading.color_type = "STUDIO", "paint.sl", "MATERIAL"
    shading.show_cavity, shading.cavity_type = True, "BOTH"
    shading.show_shadows, shading.shadow_intensity = True, 0.35
    shading.show_object_outline = False
    scene.display.render_aa = "8"
    scene.display.light_direction = (0.35, 0.45, 0.82)
    scene.view_settings.view_transform = "Standard"


def _camera(name: str, lens: float, collection: bpy.types.Collection) -> bpy.types.Object:
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera.data.lens = lens
    camera.data.clip_start = 0.05
    collection.objects.link(camera)
    return camera


def _place(thing: bpy.types.Object, place: Vector, aim: Vector) -> None:
    thing.location = place
    thing.rotation_euler = (aim - place).to_track_quat("-Z", "Y").to_euler()
