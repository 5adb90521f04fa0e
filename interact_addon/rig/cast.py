"""One cast character: its rig, its bones in canonical terms, its measures and its face meshes."""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy

from ..runtime_api import errors
from .faces import FaceMesh, find_faces, missing_shapes
from .identity import ObjectReference, reference
from .mapping import RigMap, RigNotRecognised, map_bones
from .measure import RestPose, measure, read_rest_pose, skinned_meshes, start_placement

__all__ = [
    "CastActor", "FaceMesh", "RestPose", "RigMap", "RigNotRecognised", "cast_actor", "find_faces", "map_rig", "measure",
    "read_rest_pose", "skinned_meshes", "start_placement",
]  # fmt: skip


@dataclass(frozen=True)
class CastActor:
    """One character. Objects are found again when keys are written: an undo may replace them."""

    name: str
    armature: ObjectReference
    rig: RigMap
    rest: RestPose
    faces: tuple[FaceMesh, ...]
    warnings: tuple[str, ...] = field(default=())


def map_rig(armature: bpy.types.Object) -> RigMap:
    """Recognise a rig and map its bones. Raises ``RigNotRecognised``."""
    bones = armature.data.bones
    return map_bones({bone.name: bone.parent.name if bone.parent else None for bone in bones}, armature.name)


def cast_actor(name: str, armature: bpy.types.Object | None) -> CastActor:
    """Read one character. Raises ``InvalidRequest`` without an armature, ``RigNotRecognised``."""
    if armature is None:
        raise errors.InvalidRequest(f"'{name or 'An actor'}' has no armature; choose one under Cast.")
    if armature.type != "ARMATURE":
        raise errors.InvalidRequest(f"'{armature.name}' is not an armature; choose the rig of '{name}' under Cast.")
    rig = map_rig(armature)
    faces = tuple(find_faces(armature))
    return CastActor(name, reference(armature), rig, read_rest_pose(armature, rig), faces, _warnings(name, rig, faces))


def _warnings(name: str, rig: RigMap, faces: tuple[FaceMesh, ...]) -> tuple[str, ...]:
    found = []
    missing = missing_shapes(faces)
    if not faces:
        found.append(f"'{name}' has no mesh with ARKit shape keys; its body will move and its face stay still.")
    elif missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        found.append(
            f"The face of '{name}' lacks {len(missing)} of the 52 ARKit shapes ({some}); the others will move."
        )
    if fingers := [joint for joint in rig.missing_joints if joint[-1] in "123" and not joint.startswith("spine")]:
        found.append(f"The rig of '{name}' lacks {len(fingers)} finger bones; those fingers stay still.")
    return tuple(found)
