"""What Blender shows, compared with what was keyed: the poses and shapes of some frames, and the cause of a difference.

The expectation is the performance mapped through the rig's rest pose (``forward.posed_bones``), so that a correct rig
agrees to a fraction of a millimetre, whatever its proportions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .causes import cause_of_bone, cause_of_shape
from .channel import bone_path
from .forward import posed_bones
from .keying import ActorKeys, FaceKeys, KeyedPerformance
from .played import without_layers
from .watching import watched

MOST_DISTANCE = 0.01  # metres
MOST_ANGLE = np.radians(2.0)
MOST_SHAPE = 0.02
_FRAMES = 10  # evenly spaced; the fastest one is added
_MOST_SENTENCES = 3  # of bones, and of shapes a mesh; one cause is behind most differences


@dataclass(frozen=True)
class Difference:
    """One bone or shape that is seen elsewhere than it was keyed, at the frame where it is worst."""

    actor: str
    what: str
    amount: str
    frame: int
    cause: str

    def __str__(self) -> str:
        seen = f"'{self.actor}' is not shown as generated: {self.what} is off by {self.amount} at frame {self.frame}"
        if self.cause:
            return f"{seen}, because {self.cause}."
        return f"{seen}, for a reason not found here; look for drivers, constraints and other animation on it."


@dataclass(frozen=True)
class Verification:
    """The greatest differences seen: metres, radians, shape value; and those beyond the tolerances."""

    frames: tuple[int, ...]
    distance: float
    angle: float
    shape: float
    differences: tuple[Difference, ...]

    def report(self) -> dict[str, Any]:
        """Return plain data for the report of the performance."""
        return {
            "frames": list(self.frames),
            "metres": round(self.distance, 5),
            "degrees": round(float(np.degrees(self.angle)), 3),
            "shape": round(self.shape, 4),
            "differences": [str(difference) for difference in self.differences],
        }


def verify(scene: bpy.types.Scene, keyed: KeyedPerformance) -> Verification:
    """Evaluate ten frames and the fastest through the dependency graph and compare both characters with their keys.

    Bones of the body are compared in the world, those of the face against their parent. Layers are muted meanwhile:
    they are offsets over what was keyed. The scene stays as it is. Meshes are not evaluated: on two cores the demo's
    two characters take 0.1 s.
    """
    count = keyed.last - keyed.first + 1
    fastest = max((_fastest(keys) for keys in keyed.actors), default=(0.0, 0))[1]
    chosen = sorted({*np.linspace(0, count - 1, min(_FRAMES, count)).round().astype(int).tolist(), fastest})
    expected = [_Expected(keys, chosen) for keys in keyed.actors]
    armatures = [keys.armature for keys in keyed.actors]
    blocks = [face.mesh.data.shape_keys for keys in keyed.actors for face in keys.faces]
    with without_layers([*armatures, *blocks]), watched(scene, armatures, blocks) as moment:
        for row, index in enumerate(chosen):
            graph = moment(keyed.first + index)
            for actor in expected:
                actor.compare(graph, row)
    differences = [difference for actor in expected for difference in actor.differences(keyed.first)]
    return Verification(
        tuple(keyed.first + index for index in chosen),
        max((actor.distance.max(initial=0.0) for actor in expected), default=0.0),
        max((max(a.angle.max(initial=0.0), a.turned_off.max(initial=0.0)) for a in expected), default=0.0),
        max((face.max(initial=0.0) for actor in expected for face in actor.shapes), default=0.0),
        tuple(differences),
    )


def _fastest(keys: ActorKeys) -> tuple[float, int]:
    """Return the greatest speed of an actor's body, rotations and place together, and the frame's index."""
    pose = keys.pose
    if len(pose.location) < 2 or "body" not in keys.parts:
        return 0.0, 0
    turned = np.linalg.norm(np.diff(pose.rotations, axis=0), axis=-1).sum(axis=1)
    speed = turned + np.linalg.norm(np.diff(pose.location, axis=0), axis=-1)
    return float(speed.max()), int(speed.argmax()) + 1


class _Expected:
    """One actor's expectation at the chosen frames, and the greatest difference of each bone and shape so far.

    ``frames``: indices from the first frame on; rows of all arrays are those.
    """

    def __init__(self, keys: ActorKeys, frames: list[int]) -> None:
        self.keys, self.frames = keys, frames
        self.whole = "body" in keys.parts
        some = replace(keys.pose, rotations=keys.pose.rotations[frames], location=keys.pose.location[frames])
        self.heads, self.turns = posed_bones(some, keys.actor.rest)
        order = {bone.name: index for index, bone in enumerate(keys.armature.pose.bones)}
        self.places = [order[bone] for bone in keys.pose.bones]
        bones = len(self.places)
        self.distance, self.distance_at = np.zeros(bones), np.zeros(bones, int)
        self.angle, self.angle_at = np.zeros(bones), np.zeros(bones, int)
        self.turned = _keyed_turns(keys)
        self.turned_off, self.turned_at = np.zeros(len(self.turned)), np.zeros(len(self.turned), int)
        self.shapes = [np.zeros(len(face.shapes)) for face in keys.faces]
        self.shapes_at = [np.zeros(len(face.shapes), int) for face in keys.faces]

    def compare(self, graph: bpy.types.Depsgraph, row: int) -> None:
        """Read one frame as it is evaluated now."""
        index = self.frames[row]
        if self.whole:
            heads, turns = _seen_bones(self.keys.armature, self.places, graph)
            _keep_worst(self.distance, self.distance_at, np.linalg.norm(heads - self.heads[row], axis=-1), index)
            _keep_worst(self.angle, self.angle_at, _angles(turns, self.turns[row]), index)
        off = [_turned_off(self.keys.armature, bone, turns[index], graph) for bone, turns in self.turned.items()]
        _keep_worst(self.turned_off, self.turned_at, np.array(off), index)
        for face, worst, at in zip(self.keys.faces, self.shapes, self.shapes_at):
            _keep_worst(worst, at, np.abs(_seen_shapes(face, graph) - face.values[index]), index)

    def differences(self, first: int) -> Iterator[Difference]:
        """Yield what is beyond the tolerances, the topmost bone and the greatest shape first."""
        name = self.keys.actor.name
        yield from list(self._bones(name, first))[:_MOST_SENTENCES]
        for bone, off, at in zip(self.turned, self.turned_off, self.turned_at):
            if off > MOST_ANGLE:
                amount, cause = f"{np.degrees(off):.0f} degrees", cause_of_bone(self.keys.armature, bone)
                yield Difference(name, f"the bone '{bone}'", amount, first + int(at), cause)
        for face, worst, at in zip(self.keys.faces, self.shapes, self.shapes_at):
            for k in np.argsort(-worst)[:_MOST_SENTENCES].tolist():
                if worst[k] > MOST_SHAPE:
                    cause = cause_of_shape(face.mesh, face.shapes[k])
                    what = f"the shape '{face.shapes[k]}' of '{face.mesh.name}'"
                    yield Difference(name, what, f"{worst[k]:.2f}", first + int(at[k]), cause)

    def _bones(self, name: str, first: int) -> Iterator[Difference]:
        blamed: set[str] = set()
        for i, bone in enumerate(self.keys.pose.bones):
            far, turned = self.distance[i] > MOST_DISTANCE, self.angle[i] > MOST_ANGLE
            if not far and not turned:
                continue
            cause = cause_of_bone(self.keys.armature, bone)
            if cause in blamed:  # the bones below a wrong one are wrong with it
                continue
            blamed.add(cause)
            amount = f"{self.distance[i]:.2f} m" if far else f"{np.degrees(self.angle[i]):.0f} degrees"
            frame = self.distance_at[i] if far else self.angle_at[i]
            yield Difference(name, f"the bone '{bone}'", amount, first + int(frame), cause)


def _seen_bones(armature: bpy.types.Object, places: list[int], graph: bpy.types.Depsgraph) -> tuple[Array, Array]:
    """Return heads (B, 3) in metres and orientations (B, 4) of the driven bones as evaluated."""
    posed: Any = armature.evaluated_get(graph)
    matrices = np.empty(16 * len(posed.pose.bones), np.float32)
    posed.pose.bones.foreach_get("matrix", matrices)
    columns = matrices.reshape(-1, 4, 4)[places].astype(np.float64)  # Blender stores columns first
    seen = np.array(posed.matrix_world) @ columns.swapaxes(1, 2)
    return seen[:, :3, 3], rot.from_scaled_matrix(seen)


def _keyed_turns(keys: ActorKeys) -> dict[str, list[Quaternion]]:
    """Return the keyed rotations, frame by frame and relative to rest, of the bones that ``posed_bones`` leaves out.

    Those are the face's, and head and hands where they are keyed on top of a body that is kept.
    """
    bones, found = keys.armature.pose.bones, {}
    names = [face_bone.bone for face_bone in keys.actor.face_bones]
    if "body" not in keys.parts and not keys.actor.rig.is_control_rig:
        names += keys.pose.bones
    for name in names:
        bone: Any = bones.get(name)
        if bone is None or bone.parent is None or not bone.bone.use_inherit_rotation:
            continue
        for channel in keys.body:
            if channel.path.startswith(f"{bone_path(bone.name)}.rotation_"):
                found[bone.name] = [_quaternion(row, bone.rotation_mode) for row in channel.values]
    return found


def _quaternion(values: Array, mode: str) -> Quaternion:
    """Return the rotation that the values of a pose bone's rotation channel mean."""
    if mode == "QUATERNION":
        return Quaternion(values)
    if mode == "AXIS_ANGLE":
        return Quaternion(values[1:], values[0])
    return Euler(values, mode).to_quaternion()


def _turned_off(armature: bpy.types.Object, name: str, turn: Quaternion, graph: bpy.types.Depsgraph) -> float:
    """Return the angle (rad) between a bone as seen, relative to the bone above it, and its keyed rotation."""
    posed: Any = armature.evaluated_get(graph)
    bone = posed.pose.bones[name]
    seen = (bone.parent.matrix.inverted_safe() @ bone.matrix).to_quaternion()
    rest = (bone.parent.bone.matrix_local.inverted() @ bone.bone.matrix_local).to_quaternion()
    angle = seen.rotation_difference(rest @ turn).angle  # up to a full turn: q and -q are one rotation
    return float(min(angle, 2.0 * np.pi - angle))


def _seen_shapes(face: FaceKeys, graph: bpy.types.Depsgraph) -> Array:
    """Return the shape values (K,) as evaluated; muted shapes and those beside a pinned one count as 0."""
    keys: Any = face.mesh.data.shape_keys.evaluated_get(graph)
    pinned = face.mesh.active_shape_key if face.mesh.show_only_shape_key else None
    blocks = [keys.key_blocks[shape] for shape in face.shapes]
    return np.array(
        [0.0 if block.mute or (pinned is not None and pinned.name != block.name) else block.value for block in blocks]
    )


def _angles(a: Array, b: Array) -> Array:
    """Return the angles (B,) between rotations (B, 4), radians."""
    return 2.0 * np.arctan2(
        np.linalg.norm(rot.multiply(rot.conjugate(a), b)[:, 1:], axis=-1), np.abs(np.sum(a * b, axis=-1))
    )


def _keep_worst(worst: Array, at: Array, now: Array, index: int) -> None:
    now = np.where(np.isnan(now), np.inf, now)
    greater = now > worst
    worst[greater], at[greater] = now[greater], index
