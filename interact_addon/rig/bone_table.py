"""The bone table: bones chosen by hand, joint by joint. What is chosen wins; the rest is found. No Blender here."""

from __future__ import annotations

from collections.abc import Mapping

from ..runtime_api import errors
from .mapping import (
    MOST_NECK_BONES,
    MOST_SPINE_BONES,
    REQUIRED_JOINTS,
    SIDES,
    RigMap,
    RigNotRecognised,
    bones_above,
    control_table,
    joints_above,
    map_assigned,
)

_SPINE = tuple(f"spine:{i}" for i in range(MOST_SPINE_BONES))
_NECK = tuple(f"neck:{i}" for i in range(MOST_NECK_BONES))
_LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
FINGERS = ("thumb", "index", "middle", "ring", "pinky")
# The joints a bone may be chosen for, in the order of the panel; spine and neck upwards from :0.
TRUNK_JOINTS = ("pelvis", *_SPINE, *_NECK, "head")
LIMB_JOINTS = tuple(f"{side}_{part}" for side in SIDES for part in _LIMBS)
FINGER_JOINTS = tuple(f"{side}_{finger}{n}" for side in SIDES for finger in FINGERS for n in (1, 2, 3))
TABLE_JOINTS = TRUNK_JOINTS + LIMB_JOINTS + FINGER_JOINTS
BY_HAND = "by hand"  # the name of a rig that is known from its table alone

# What animators call the bone that turns about a joint.
_BONE_NAMES = {
    "pelvis": "hips", "collar": "collar", "shoulder": "upper arm", "elbow": "forearm", "wrist": "hand",
    "hip": "thigh", "knee": "shin", "ankle": "foot", "foot": "toes",
}  # fmt: skip


def bone_label(joint: str) -> str:
    """Return what an animator calls the bone of a joint: 'left forearm' for ``left_elbow``, 'spine 1' for ``spine:0``.

    ``joint``: one of ``TABLE_JOINTS``.
    """
    part, colon, number = joint.partition(":")
    if colon:
        return f"{part} {int(number) + 1}"
    side, underscore, part = joint.partition("_")
    if not underscore:
        return _BONE_NAMES.get(joint, joint)
    if part[-1].isdigit():
        return f"{side} {part[:-1]} {part[-1]}"
    return f"{side} {_BONE_NAMES[part]}"


def map_with_assigned(
    name: str,
    assigned: Mapping[str, str],
    found: RigMap | RigNotRecognised,
    parents: Mapping[str, str | None],
) -> RigMap:
    """Map the rig of the actor ``name``: bones chosen by hand, the others as found.

    ``assigned``: joint (of ``TABLE_JOINTS``) to bone, "" for a joint that the rig has no bone for; ``found``: what
    recognising the rig came to; ``parents``: all bones with the bone above each. Raises ``InvalidRequest`` that names
    the joint: a bone that is not there, chosen twice or above its parent, a missing one.
    """
    _check_bones(name, assigned, parents)
    joints = combined(assigned, found)
    kind = BY_HAND if isinstance(found, RigNotRecognised) else found.rig
    if control_table(kind) is None:  # controls are tied by constraints, not by the bones above them
        joints = _in_order(name, joints, assigned, parents)
    if missing := missing_joints(joints):
        raise errors.InvalidRequest(
            f"'{name}' has no bone for the {_listed(missing)}; choose {'one' if len(missing) == 1 else 'them'} under "
            "Cast > Bones."
        )
    return map_assigned(joints, parents, kind)


def combined(assigned: Mapping[str, str], found: RigMap | RigNotRecognised) -> dict[str, str]:
    """Return the bones of all joints: chosen ones, and found ones that are not chosen for another joint."""
    joints = {joint: bone for joint, bone in assigned.items() if bone}
    taken = set(joints.values())
    for joint, bone in found.found.items() if isinstance(found, RigNotRecognised) else found.joints.items():
        if joint not in assigned and bone not in taken:
            joints[joint] = bone
    return joints


def missing_joints(joints: Mapping[str, str]) -> list[str]:
    """Return the joints that a rig must have a bone for and that are not in ``joints``; ``spine:0`` for any spine."""
    missing = [joint for joint in REQUIRED_JOINTS if joint not in joints]
    if not any(joint in joints for joint in _SPINE):
        missing.insert(0, "spine:0")
    return missing


def _listed(joints: list[str]) -> str:
    names = [bone_label(joint) for joint in joints]
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _check_bones(name: str, assigned: Mapping[str, str], parents: Mapping[str, str | None]) -> None:
    joint_of: dict[str, str] = {}
    for joint, bone in assigned.items():
        if joint not in TABLE_JOINTS:
            raise errors.InvalidRequest(f"'{name}': '{joint}' is no joint of the bone table; leave it out.")
        if not bone:
            continue
        if bone not in parents:
            raise errors.InvalidRequest(
                f"'{name}': the armature has no bone '{bone}' for the {bone_label(joint)} any more; choose another "
                "under Cast > Bones."
            )
        if bone in joint_of:
            raise errors.InvalidRequest(
                f"'{name}': the bone '{bone}' is chosen for the {bone_label(joint_of[bone])} and for the "
                f"{bone_label(joint)}; choose another for one of them under Cast > Bones."
            )
        joint_of[bone] = joint


def _in_order(
    name: str, joints: dict[str, str], assigned: Mapping[str, str], parents: Mapping[str, str | None]
) -> dict[str, str]:
    """Leave out found bones that hang the other way round than chosen ones; raise where neither can be left out."""
    wrong = set()
    for joint, bone in joints.items():
        for above in joints_above(joint):
            if (
                above not in joints
                or not {joint, above} & set(assigned)
                or bone not in bones_above(joints[above], parents)
            ):
                continue
            unsure = {joint, above} - set(assigned) - set(REQUIRED_JOINTS)
            if not unsure:
                raise errors.InvalidRequest(
                    f"'{name}': the bone '{bone}' of the {bone_label(joint)} is above the bone '{joints[above]}' of "
                    f"the {bone_label(above)} in the armature; choose others under Cast > Bones."
                )
            wrong |= unsure
    return {joint: bone for joint, bone in joints.items() if joint not in wrong}
