"""Rigs made in code for the tests: the bone names of any table on a body in any pose, with random bone rolls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables import RigTable
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ARKIT_NAMES, ActorPerformance, Performance
from model_runtime.face.arkit import columns

A_POSE: dict[str, tuple[float, float, float]] = {
    "left_shoulder": (0, 45, 0), "right_shoulder": (0, -45, 0), "left_elbow": (0, 0, -25),
    "right_elbow": (0, 0, 25), "left_hip": (0, -5, 0), "right_hip": (0, 5, 0), "left_index1": (0, 12, 0),
    "left_index2": (0, 20, 0),
}  # fmt: skip
T_POSE: dict[str, tuple[float, float, float]] = {}
PREFIXES = {"Mixamo": "mixamorig:", "Rigify deform bones": "DEF-", "3ds Max Biped": "Bip01 ", "VRoid": "J_Bip_",
            "Character Creator": "CC_Base_", "SMPL FBX": "m_avg_", "Mesh2Motion (Quaternius)": "DEF-"}  # fmt: skip


def turned(**degrees: tuple[float, float, float]) -> np.ndarray:
    """Return (52, 4) local rotations from rotation vectors in degrees for the named joints."""
    pose = np.tile(np.array([1, 0, 0, 0], np.float32), (52, 1))
    for joint, vector in degrees.items():
        pose[sk.INDEX[joint]] = rot.from_axis_angle(np.radians(np.array(vector, np.float32)))
    return pose


def places_of(
    pose: dict[str, tuple[float, float, float]], body: sk.Skeleton = sk.AVERAGE_SKELETON
) -> dict[str, np.ndarray]:
    root = np.array([0, 0, body.pelvis_height], np.float32)
    positions, _ = sk.forward_kinematics(root, turned(**pose), body)
    return dict(zip(sk.JOINTS, positions.astype(float)))


def bone_tree(table: RigTable, prefix: str = "") -> dict[str, str | None]:
    """Return the parent of each bone of a rig of this kind."""
    return {bone: parent for bone, (parent, _) in bones_of(table, prefix, places_of(T_POSE)).items()}


def bones_of(table: RigTable, prefix: str, places: dict[str, np.ndarray]) -> dict[str, tuple[str | None, np.ndarray]]:
    """Return the parent and head of each bone of a rig of this kind on a body with its joints at these places."""
    bones: dict[str, tuple[str | None, np.ndarray]] = {prefix + table.hips: (None, places["pelvis"])}
    last = prefix + table.hips
    low, neck, head = places["spine1"], places["neck"], places["head"]
    for i, name in enumerate(table.spine):
        line = [places["spine1"], places["spine2"], places["spine3"]]
        at = 2 * i / max(len(table.spine) - 1, 1)
        low = line[int(at)] + (at - int(at)) * (line[min(int(at) + 1, 2)] - line[int(at)])
        bones[prefix + name] = (last, low)
        last = prefix + name
    chest = last
    for i, name in enumerate(table.neck):
        bones[prefix + name] = (last, neck + i / len(table.neck) * (head - neck))
        last = prefix + name
    bones[prefix + table.head] = (last, head)
    for mark in table.marks:
        bones.setdefault(prefix + mark, (prefix + table.hips, places["pelvis"] + [0, 0, -0.02]))
    names = {joint: prefix + spellings[0] for joint, spellings in table.names().items()}
    above = {
        "shoulder": "collar",
        "elbow": "shoulder",
        "wrist": "elbow",
        "knee": "hip",
        "ankle": "knee",
        "foot": "ankle",
    }
    for side in ("left", "right"):
        for part in table.limbs:
            joint = f"{side}_{part}"
            parent = {"collar": chest, "hip": prefix + table.hips}.get(part) or names[f"{side}_{above[part]}"]
            bones[names[joint]] = (parent, places[joint])
        for finger in table.fingers:
            parent = names[f"{side}_wrist"]
            for n in (1, 2, 3):
                joint = f"{side}_{finger}{n}"
                bones[names[joint]] = (parent, places[joint])
                parent = names[joint]
    return bones


def make_rig(
    table: RigTable,
    name: str = "Rig",
    pose: dict[str, tuple[float, float, float]] = A_POSE,
    prefix: str = "",
    size: float = 1.0,
) -> bpy.types.Object:
    """Make an armature with this table's names in a rest pose, bones ``size`` times as long, with random rolls."""
    bones = bones_of(table, prefix, {joint: place * size for joint, place in places_of(pose).items()})
    return build_armature(name, bones, size)


def build_armature(name: str, bones: dict[str, tuple[str | None, np.ndarray]], size: float = 1.0) -> bpy.types.Object:
    """Make an armature from each bone's parent and head; tails lie at a child, rolls are random."""
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    edit = armature.data.edit_bones
    rng = np.random.default_rng(3)
    for bone in bones:
        edit.new(bone)
    for bone, (parent, head) in bones.items():
        new = edit[bone]
        new.head = Vector(head)
        children = [
            place for _, (above, place) in bones.items() if above == bone and np.linalg.norm(place - head) > 1e-4 * size
        ]
        if children:
            new.tail = Vector(children[0])
        elif parent is not None and np.linalg.norm(head - bones[parent][1]) > 1e-4 * size:
            new.tail = Vector(head + 0.5 * (head - bones[parent][1]))
        else:
            new.tail = Vector(head + np.array([0, 0, 0.05 * size]))
        new.roll = float(rng.uniform(-3, 3))
        if parent is not None:
            new.parent = edit[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    return armature


def add_face(armature: bpy.types.Object, name: str, shapes: tuple[str, ...] = ARKIT_NAMES) -> bpy.types.Object:
    """Make a triangle that is skinned to the armature, with these shape keys."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 1.5), (0.1, 0, 1.5), (0, 0, 1.6)], [], [(0, 1, 2)])
    face = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(face)
    face.parent = armature
    face.modifiers.new("Armature", "ARMATURE").object = armature
    face.vertex_groups.new(name=armature.data.bones[-1].name).add([0, 1, 2], 1.0, "REPLACE")
    face.shape_key_add(name="Basis")
    for number, shape in enumerate(shapes):
        face.shape_key_add(name=shape, from_mix=False).data[0].co.x += 0.01 + 0.001 * number
    return face


def curves(**values: float) -> np.ndarray:
    """Return one frame (1, 52); a name without its side stands for both."""
    row = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        row[:, columns(name)] = value
    return row


def perform(
    frames: int, *cast: CastActor, move: bool = True, face: np.ndarray | None = None, seed: int = 0
) -> Performance:
    """Return a performance of ``frames`` at 30 fps: a smooth motion of every joint, on these bodies."""
    rng = np.random.default_rng(seed)
    actors = []
    time = np.arange(frames)[:, None, None] / 30
    for character in cast:
        speed, phase = rng.uniform(0.3, 1.2, (2, 1, 52, 3))
        angles = 0.35 * np.sin(2 * np.pi * (speed * time + phase)) if move else np.zeros((frames, 52, 3))
        rotations = rot.from_axis_angle(angles.astype(np.float32))
        root = np.zeros((frames, 3), np.float32)
        root[:, :2] = np.array(character.rest.position) + (0.3 * time[:, 0, :1] if move else 0.0)
        root[:, 2] = character.rest.skeleton.pelvis_height
        turn = rot.about_z(np.full(frames, character.rest.heading))
        rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
        curves = np.zeros((frames, 52), np.float32) if face is None else face
        contacts = np.zeros((frames, 4), np.float32)
        actors.append(ActorPerformance(character.name, root, rotations.astype(np.float32), curves, contacts))
    return Performance(tuple(actors))


def joint_error(
    armature: bpy.types.Object, character: CastActor, root: Any, rotations: Any, joints: tuple[str, ...] = sk.JOINTS
) -> float:
    """Return the greatest distance (m) of the rig's joints, as posed by Blender, from canonical forward kinematics."""
    expected, _ = sk.forward_kinematics(
        np.asarray(root, np.float32), np.asarray(rotations, np.float32), character.rest.skeleton
    )
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    worst = 0.0
    for joint in joints:
        if joint not in character.rig.places:
            continue
        first, second, share = character.rig.places[joint]
        a, b = (np.array(posed.matrix_world @ posed.pose.bones[bone].head) for bone in (first, second))
        here = a + share * (b - a)
        worst = max(worst, float(np.linalg.norm(here - expected[sk.INDEX[joint]] - [0, 0, character.rest.floor])))
    return worst


def pose_rig(
    armature: bpy.types.Object,
    pose: np.ndarray,
    root: tuple[float, float, float],
    assigned: dict[str, str] | None = None,
    switches: tuple[tuple[str, str, float], ...] = (),
) -> float:
    """Key one pose on a rig and return its greatest joint error in metres; the last two as ``cast_actor`` has them."""
    character = cast_actor(armature.name, armature, assigned, switches)
    positions = np.array([root, root], np.float32)
    rotations = np.stack([pose, pose])
    nothing = np.zeros((2, 52), np.float32)
    actor = ActorPerformance(character.name, positions, rotations, nothing, nothing[:, :4])
    key_performance(bpy.context.scene, [character], Performance((actor,)))
    bpy.context.scene.frame_set(bpy.context.scene.frame_start)
    return joint_error(armature, character, root, pose)


def curves_in(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return the curves of all slots of an action."""
    bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """Count the calls of Python and C functions: the work of the interpreter, whatever the machine's speed."""
    calls = [0]

    def count(_frame: object, event: str, _argument: object) -> None:
        calls[0] += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def generate_rigify() -> bpy.types.Object:
    """Generate the rig of Blender's own human metarig (with fingers)."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    for bone in [
        b.name for b in metarig.data.bones if b.name == "face" or any(p.name == "face" for p in b.parent_recursive)
    ]:
        bpy.ops.object.mode_set(mode="EDIT")
        metarig.data.edit_bones.remove(metarig.data.edit_bones[bone])
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.pose.rigify_generate()
    return next(obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj != metarig)


def lay_down(armature: bpy.types.Object) -> None:
    """Rotate the bones to Y up in armature space, as FBX importers do."""
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in armature.data.edit_bones:
        bone.head, bone.tail = ((v.x, v.z, -v.y) for v in (bone.head.copy(), bone.tail.copy()))
    bpy.ops.object.mode_set(mode="OBJECT")
