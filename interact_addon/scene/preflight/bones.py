"""Bones that would not show their keys: held by constraints, IK or drivers, scaled unevenly, or without a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...messages import Message, counted, some
from ...rig.channel import bone_path
from ...rig.identity import ObjectReference, reference
from .problem import Character, Problem, drivers_of, found, mute_drivers

_CHAINS = ("IK", "SPLINE_IK")
_TRANSFORMS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
_TOLERANCE = 1e-3  # of a bone's scale


def bone_problems(character: Character) -> Iterator[Problem]:
    """Yield what keeps the keyed bones of a character from being seen.

    Locks of location, rotation and scale are none: they hold back a hand in the viewport and not a key.
    """
    yield from _edit_mode(character)
    yield from _rest_position(character)
    yield from _not_finite(character)
    yield from _constrained(character)
    yield from _driven(character)
    yield from _uneven(character)


def _edit_mode(character: Character) -> Iterator[Problem]:
    if character.armature.data.is_editmode:
        yield Problem(
            "edit mode",
            Message(
                "The armature '{armature}' of '{actor}' is in edit mode and shows no pose; leave edit mode.",
                armature=character.armature.name,
                actor=character.name,
            ),
            character.name,
            True,
            "Leave Edit Mode",
            Message("Left the edit mode of '{armature}'.", armature=character.armature.name),
            partial(_leave_edit_mode, reference(character.armature)),
        )


def _rest_position(character: Character) -> Iterator[Problem]:
    """Yield the rest position, which hides every pose. Keying switches it off by itself."""
    if character.armature.data.pose_position == "REST":
        yield Problem(
            "rest position",
            Message(
                "The armature '{armature}' of '{actor}' shows its rest position; generating switches it to the pose.",
                armature=character.armature.name,
                actor=character.name,
            ),
            character.name,
            False,
            "Show Pose",
            Message("Switched '{armature}' from its rest position to the pose.", armature=character.armature.name),
            partial(_show_pose, reference(character.armature)),
        )


def _not_finite(character: Character) -> Iterator[Problem]:
    bones = character.armature.data.bones
    rest = np.empty(16 * len(bones), np.float32)
    bones.foreach_get("matrix_local", rest)
    if broken := _not_finite_rows(rest, [bone.name for bone in bones]):
        yield Problem(
            "rest bones not finite",
            Message(
                "'{actor}' cannot be measured: {count} of '{armature}' ({names}) have no place in edit mode; "
                "place or delete them.",
                actor=character.name,
                count=counted(len(broken), "bone"),
                armature=character.armature.name,
                names=some(broken),
            ),
            character.name,
            True,
        )
    posed = character.armature.pose.bones
    basis = np.empty(16 * len(posed), np.float32)
    posed.foreach_get("matrix_basis", basis)
    if broken := _not_finite_rows(basis, [bone.name for bone in posed]):
        yield Problem(
            "pose not finite",
            Message(
                "'{actor}' would vanish: the pose of {count} of '{armature}' ({names}) is no number; clear it.",
                actor=character.name,
                count=counted(len(broken), "bone"),
                armature=character.armature.name,
                names=some(broken),
            ),
            character.name,
            True,
            "Clear Pose",
            Message(
                "Cleared the pose of {count} of '{armature}'.",
                count=counted(len(broken), "bone"),
                armature=character.armature.name,
            ),
            partial(_clear_pose, reference(character.armature), tuple(broken)),
        )


def _not_finite_rows(flat: np.ndarray, names: list[str]) -> list[str]:
    return [names[row] for row in np.flatnonzero(~np.isfinite(flat.reshape(-1, 16)).all(axis=1))]


def _constrained(character: Character) -> Iterator[Problem]:
    holding = list(_holding(character))
    if holding:
        bones = list(dict.fromkeys(bone for bone, _ in holding))
        kinds = list(dict.fromkeys(constraint.name for _, constraint in holding))
        yield Problem(
            "constrained bones",
            Message(
                "The body of '{actor}' would not show its keys: constraints ({kinds}) hold {count} of "
                "'{armature}' ({names}); mute them.",
                actor=character.name,
                kinds=some(kinds),
                count=counted(len(bones), "bone"),
                armature=character.armature.name,
                names=some(bones),
            ),
            character.name,
            True,
            "Mute Constraints",
            Message(
                "Muted {count} on bones of '{armature}'.",
                count=counted(len(holding), "constraint"),
                armature=character.armature.name,
            ),
            partial(_mute_constraints, reference(character.armature), tuple((b, c.name) for b, c in holding)),
        )


def _holding(character: Character) -> Iterator[tuple[str, bpy.types.Constraint]]:
    """Yield the constraints that move a carrying bone, each with the bone it is on.

    A control rig's own constraints, which tie its bones to one another, belong to it.
    """
    armature = character.armature
    carrying = set(character.carrying)
    switched = {driver.data_path for driver in drivers_of(armature) if driver.data_path.endswith(".influence")}
    for bone in armature.pose.bones:
        for constraint in bone.constraints:
            if not (bone.name in carrying or _chain(bone, constraint) & character.driven):
                continue
            path = f'{bone_path(bone.name)}.constraints["{bpy.utils.escape_identifier(constraint.name)}"].influence'
            works = constraint.enabled and constraint.is_valid and (constraint.influence > 0.0 or path in switched)
            if works and not (character.is_control_rig and _is_own(constraint, armature)):
                yield bone.name, constraint


def _chain(bone: bpy.types.PoseBone, constraint: Any) -> set[str]:
    """Return the bones that an IK constraint turns."""
    if constraint.type not in _CHAINS:
        return set()
    line = [bone.name, *(above.name for above in bone.parent_recursive)]
    if constraint.type == "IK" and not constraint.use_tail:
        line = line[1:]
    return set(line[: constraint.chain_count or None])


def _is_own(constraint: Any, armature: bpy.types.Object) -> bool:
    targets = [item.target for item in constraint.targets] if constraint.type == "ARMATURE" else []
    targets += [getattr(constraint, name, None) for name in ("target", "pole_target")]
    return all(target in (None, armature) for target in targets)


def _driven(character: Character) -> Iterator[Problem]:
    paths = {f"{bone_path(bone)}.{prop}": bone for bone in character.carrying for prop in _TRANSFORMS}
    drivers = [driver for driver in drivers_of(character.armature) if driver.data_path in paths]
    if character.is_control_rig:
        drivers = [driver for driver in drivers if not _reads_only(driver, character.armature)]
    bones = list(dict.fromkeys(paths[driver.data_path] for driver in drivers))
    if bones:
        yield Problem(
            "driven bones",
            Message(
                "The body of '{actor}' would not show its keys: drivers move {count} of '{armature}' ({names}); "
                "mute them.",
                actor=character.name,
                count=counted(len(bones), "bone"),
                armature=character.armature.name,
                names=some(bones),
            ),
            character.name,
            True,
            "Mute Drivers",
            Message(
                "Muted the drivers of {count} of '{armature}'.",
                count=counted(len(bones), "bone"),
                armature=character.armature.name,
            ),
            partial(_mute_drivers, reference(character.armature), tuple(bones)),
        )


def _reads_only(driver: bpy.types.FCurve, armature: bpy.types.Object) -> bool:
    targets = [target.id for variable in driver.driver.variables for target in variable.targets]
    return bool(targets) and all(target in (armature, armature.data) for target in targets)


def _uneven(character: Character) -> Iterator[Problem]:
    """Yield bones whose scale would skew or mirror those below. An even one, as of a toon's head, is the look."""
    bones = [name for name in character.carrying if _skews(character.armature.pose.bones[name].scale)]
    if bones:
        yield Problem(
            "unevenly scaled bones",
            Message(
                "The body of '{actor}' would be skewed by {count} of '{armature}' ({names}), scaled differently along "
                "the axes or below 0; reset the scale.",
                actor=character.name,
                count=counted(len(bones), "bone"),
                armature=character.armature.name,
                names=some(bones),
            ),
            character.name,
            True,
            "Reset Scale",
            Message(
                "Reset the scale of {count} of '{armature}'.",
                count=counted(len(bones), "bone"),
                armature=character.armature.name,
            ),
            partial(_reset_scale, reference(character.armature), tuple(bones)),
        )


def _skews(scale: Sequence[float]) -> bool:
    return max(scale) - min(scale) > _TOLERANCE * max(map(abs, scale)) or min(scale) < 0.0


def _leave_edit_mode(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    layer = bpy.context.view_layer
    before = layer.objects.active
    layer.objects.active = found(armature)
    bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = before


def _show_pose(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    found(armature).data.pose_position = "POSE"


def _clear_pose(armature: ObjectReference, bones: tuple[str, ...], scene: bpy.types.Scene) -> None:
    for bone in bones:
        found(armature).pose.bones[bone].matrix_basis = Matrix.Identity(4)


def _mute_constraints(
    armature: ObjectReference, constraints: tuple[tuple[str, str], ...], scene: bpy.types.Scene
) -> None:
    for bone, constraint in constraints:
        found(armature).pose.bones[bone].constraints[constraint].enabled = False


def _mute_drivers(armature: ObjectReference, bones: tuple[str, ...], scene: bpy.types.Scene) -> None:
    mute_drivers(found(armature), {f"{bone_path(bone)}.{prop}" for bone in bones for prop in _TRANSFORMS})


def _reset_scale(armature: ObjectReference, bones: tuple[str, ...], scene: bpy.types.Scene) -> None:
    for bone in bones:
        found(armature).pose.bones[bone].scale = (1.0, 1.0, 1.0)
