"""One cast character: its rig, its bones in canonical terms, its measures and its face meshes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ..messages import some
from ..runtime_api import contract, errors, finished
from .bone_table import map_with_assigned
from .bones_at_rest import RestBone
from .face_bones import FaceBone, find_face_bones
from .face_settings import AS_FOUND, FaceSettings
from .faces import FaceMesh, find_faces, missing_shapes
from .identity import ObjectReference, reference
from .mapping import RigMap, RigNotRecognised
from .measure import RestPose, measure, read_rest_pose, skinned_meshes, start_placement
from .recognition import bones_turned_by_drivers, carriers_of, held_bones, map_rig, parents_of
from .sharing import with_shared

__all__ = [
    "CastActor", "FaceMesh", "RestPose", "RigMap", "RigNotRecognised", "bones_at_rest", "carriers_of", "cast_actor",
    "find_faces", "map_rig", "measure", "parents_of", "read_rest_pose", "recognise", "skinned_meshes",
    "start_placement",
]  # fmt: skip


_NO_MESH = "'{name}' has no mesh; only its bones will move."


@dataclass(frozen=True)
class CastActor:
    """One character. Objects are found again when keys are written: an undo may replace them.

    ``identity``: the id of the actor, which holds when it is renamed; "" for one that no scene casts.
    """

    name: str
    armature: ObjectReference
    rig: RigMap
    rest: RestPose
    faces: tuple[FaceMesh, ...]
    warnings: tuple[str, ...] = field(default=())
    face_bones: tuple[FaceBone, ...] = ()
    identity: str = ""


def bones_at_rest(armature: bpy.types.Object, carriers: Mapping[str, str | None] | None = None) -> dict[str, RestBone]:
    """Return the bones of an armature at rest, in armature space, below their parents or below their ``carriers``."""
    above = parents_of(armature) if carriers is None else carriers
    return {
        bone.name: RestBone(above[bone.name], np.array(bone.head_local), np.array(bone.tail_local))
        for bone in armature.data.bones
    }


def recognise(armature: bpy.types.Object) -> RigMap | RigNotRecognised:
    """Return the rig's map, or why it is none, with the joints that were found all the same."""
    try:
        return map_rig(armature)
    except RigNotRecognised as reason:
        return reason


def cast_actor(
    name: str,
    armature: bpy.types.Object | None,
    assigned: Mapping[str, str] | None = None,
    switches: Sequence[tuple[str, str, float]] = (),
    face: FaceSettings = AS_FOUND,
    scene: bpy.types.Scene | None = None,
) -> CastActor:
    """Read one character.

    ``assigned``: the bones chosen by hand, joint by joint; see ``map_with_assigned``. ``switches``: custom properties
    (bone, property, value) that are keyed beside those the rig is known to need. ``face``: what a person set for
    shape keys and face bones. ``scene``: the character is read as it stands at its first frame, or as it stands now.
    Raises ``InvalidRequest`` without an armature or where the chosen bones don't fit, ``RigNotRecognised``.
    """
    return finished(cast_actor_in_steps(name, armature, assigned, switches, face, lambda: scene))


def cast_actor_in_steps(
    name: str,
    armature: bpy.types.Object | None,
    assigned: Mapping[str, str] | None,
    switches: Sequence[tuple[str, str, float]],
    face: FaceSettings,
    find_scene: Callable[[], bpy.types.Scene | None],
) -> Generator[None, None, CastActor]:
    """Do the same in steps; the scene and the armature are found anew in each, since an undo may come in between."""
    if armature is None:
        raise errors.InvalidRequest(f"'{name or 'An actor'}' has no armature; choose one under Cast.")
    if armature.type != "ARMATURE":
        raise errors.InvalidRequest(f"'{armature.name}' is not an armature; choose the rig of '{name}' under Cast.")
    carriers = carriers_of(armature) if assigned else parents_of(armature)
    rig = map_with_assigned(name, assigned, recognise(armature), carriers) if assigned else map_rig(armature)
    _check_is_worn(name, armature)
    steered = held_bones(armature) | bones_turned_by_drivers(armature)
    rig = with_shared(_with_switches(name, rig, switches, armature), bones_at_rest(armature, carriers), steered)
    itself, bones_then = reference(armature), len(armature.data.bones)
    yield
    armature = _found_again(name, itself, bones_then)
    rest = read_rest_pose(armature, rig, find_scene())
    yield
    armature = _found_again(name, itself, bones_then)
    faces = tuple(find_faces(armature, face.shapes))
    bones = find_face_bones(armature, rig, rest, faces, face)
    warnings = _warnings(name, rig, faces, bones) if skinned_meshes(armature) else (_NO_MESH.format(name=name),)
    return CastActor(name, reference(armature), rig, rest, faces, warnings, bones)


def _found_again(name: str, itself: ObjectReference, bones: int) -> bpy.types.Object:
    armature = itself.find()
    if armature is None or armature.type != "ARMATURE" or len(armature.data.bones) != bones:
        raise errors.InvalidRequest(
            f"The armature '{itself.name}' of '{name}' was changed while it was read; try again."
        )
    return armature


def _check_is_worn(name: str, armature: bpy.types.Object) -> None:
    """Raise ``InvalidRequest`` for a metarig that moves nothing beside the rig that Rigify generated from it."""
    if skinned_meshes(armature):
        return
    originals = {f"ORG-{bone.name}" for bone in armature.data.bones}  # Rigify's copies of the metarig's bones
    for other in bpy.data.objects:
        if other.type == "ARMATURE" and originals <= set(other.data.bones.keys()):
            raise errors.InvalidRequest(
                f"'{armature.name}' is the metarig that '{other.name}' was generated from and moves no mesh; choose "
                f"'{other.name}' for '{name}' under Cast."
            )


def _with_switches(
    name: str, rig: RigMap, switches: Sequence[tuple[str, str, float]], armature: bpy.types.Object
) -> RigMap:
    for bone, prop, _ in switches:
        if bone not in armature.pose.bones or prop not in armature.pose.bones[bone]:
            raise errors.InvalidRequest(
                f"'{name}': no bone '{bone}' with the property '{prop}' to set; change it under Cast > Bones."
            )
    return replace(rig, switches=rig.switches + tuple(switches))


def _warnings(name: str, rig: RigMap, faces: tuple[FaceMesh, ...], bones: tuple[FaceBone, ...]) -> tuple[str, ...]:
    found = []
    by_bones = {contract.ARKIT_NAMES[column] for bone in bones for column in bone.arkit_columns}
    missing = [curve for curve in missing_shapes(faces) if curve not in by_bones]
    if not faces and bones:
        found.append(f"'{name}' has no mesh with shape keys for a face; only its face bones will move.")
    elif not faces:
        found.append(f"'{name}' has no mesh with ARKit shape keys; its body will move and its face stay still.")
    elif missing:
        found.append(
            f"The face of '{name}' lacks {len(missing)} of the 52 ARKit shapes ({some(missing)}); the others will move."
        )
    if fingers := [joint for joint in rig.missing_joints if joint[-1] in "123" and not joint.startswith("spine")]:
        found.append(f"The rig of '{name}' lacks {len(fingers)} finger bones; those fingers stay still.")
    return tuple(found)
