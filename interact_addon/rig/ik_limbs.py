"""The inverse kinematics of a rig's limbs, found by its constraints.

A limb has IK where an IK constraint turns its mapped bones, or two bones that lie at rest where those lie, as in
control rigs that keep a chain of their own for it (Rigify, Auto-Rig Pro). What a constraint aims at is a bone of the
rig or an object; an animator moves it by a control above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from .mapping import SIDES, RigMap, control_table

HELD = "interact_held"  # custom property of the empty on which a contact is held: what of, as an id. No IK of the rig
_SAME = 0.02  # of the limb's length: how far apart joints of the same limb may lie at rest
_LIMBS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}
_FOLLOWERS = ("COPY_ROTATION", "COPY_TRANSFORMS")


@dataclass(frozen=True)
class Handle:
    """What a constraint aims at: ``object``, or ``bone`` of the rig with the ``control`` that carries it."""

    object: bpy.types.Object
    bone: str = ""
    control: str = ""


@dataclass(frozen=True)
class Chain:
    """The bones that one solver turns: from ``root`` to ``tip``, whose tail comes to the target.

    ``hinge``: the axis of the tip bone (0 to 2) that alone is free, -1 where it turns freely.
    """

    root: str
    tip: str
    hinge: int


@dataclass(frozen=True)
class IkLimb:
    """One limb that IK can move. Bones are named; ``bones``: the mapped ones of its three joints.

    ``chains``: those beside the mapped bones, two where stretching has one of its own; none where the constraint turns
    the mapped bones, which then are ``turned``. ``switched``: the constraints, each with its bone, that
    are off until IK is on.
    ``pole_angle``: radians. ``toe``: the mapped toe bone and the control that turns it in IK. ``resting``: controls.
    """

    name: str
    bones: tuple[str, str, str]
    chains: tuple[Chain, ...]
    turned: Chain | None
    switched: tuple[tuple[str, str], ...]
    target: Handle
    pole: Handle | None
    pole_angle: float
    toe: tuple[str, str] | None
    resting: tuple[str, ...]

    @property
    def chain(self) -> Chain:
        """The chain whose root the pole turns."""
        return self.turned or self.chains[0]


def has_ik(armature: bpy.types.Object) -> bool:
    """Return whether any bone has an IK constraint; cheap enough to ask before a search."""
    return any(one.type == "IK" and not _holds(one) for bone in armature.pose.bones for one in bone.constraints)


def objects_of_ik(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the objects beside the armature that its IK constraints aim at."""
    solvers = [one for bone in armature.pose.bones for one in bone.constraints if one.type == "IK" and not _holds(one)]
    aims = [aim for one in solvers for aim in (one.target, one.pole_target)]
    return [aim for aim in dict.fromkeys(aims) if aim is not None and aim.type != "ARMATURE"]


def ik_limbs(armature: bpy.types.Object, rig: RigMap) -> list[IkLimb]:
    """Return the arms and legs of a rig that IK can move."""
    solvers = [(bone, one) for bone in armature.pose.bones for one in bone.constraints if _is_usable(armature, one)]
    found = []
    for word, side in enumerate(SIDES):
        for kind, parts in _LIMBS.items():
            places = [rig.places.get(f"{side}_{part}") for part in parts]
            if any(place is None or place[0] != place[1] for place in places):
                continue
            bones = tuple(place[0] for place in places if place is not None)
            limb = _limb(armature, rig, word, f"{side} {kind}", bones, solvers)  # type: ignore[arg-type]
            if limb is not None:
                found.append(limb)
    return found


def needs(armature: bpy.types.Object, bone: str, others: set[str]) -> bool:
    """Return whether the place of a bone depends on one of ``others``: by its parents, constraints or a solver."""
    solved: dict[str, list[str]] = {}
    for owner in armature.pose.bones:
        for one in owner.constraints:
            for turned in chain_of(owner, one):
                solved.setdefault(turned, []).append(owner.name)
    seen: set[str] = set()
    waiting = [bone]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in armature.pose.bones:
            continue
        seen.add(name)
        posed = armature.pose.bones[name]
        waiting += solved.get(name, [])
        waiting += [posed.parent.name] if posed.parent else []
        waiting += [aim for one in posed.constraints for aim in _aims(armature, one)]
    return bool(seen & others)


def chain_of(bone: bpy.types.PoseBone, constraint: Any) -> list[str]:
    """Return the bones that an IK constraint turns, the tip first; none for another constraint."""
    if constraint.type != "IK":
        return []
    line = [bone.name, *(above.name for above in bone.parent_recursive)]
    line = line if constraint.use_tail else line[1:]
    return line[: constraint.chain_count or None]


def _aims(armature: bpy.types.Object, constraint: Any) -> Iterator[str]:
    """Yield the bones of the armature that a constraint looks at."""
    if constraint.type == "ARMATURE":
        yield from (one.subtarget for one in constraint.targets if one.target == armature)
    for target, bone in (("target", "subtarget"), ("pole_target", "pole_subtarget")):
        if getattr(constraint, target, None) == armature:
            yield getattr(constraint, bone)


def _is_usable(armature: bpy.types.Object, constraint: Any) -> bool:
    """Return whether this is an IK constraint that aims at an object or at a bone of the rig itself."""
    if constraint.type != "IK" or constraint.target is None or not constraint.is_valid or _holds(constraint):
        return False
    return _aims_well(armature, constraint.target, constraint.subtarget)


def _holds(constraint: Any) -> bool:
    return constraint.target is not None and HELD in constraint.target


def _has_pole(armature: bpy.types.Object, constraint: Any) -> bool:
    pole = constraint.pole_target
    return pole is not None and _aims_well(armature, pole, constraint.pole_subtarget)


def _aims_well(armature: bpy.types.Object, target: bpy.types.Object, bone: str) -> bool:
    return bool(bone in armature.pose.bones if target == armature else not bone)


def _limb(
    armature: bpy.types.Object,
    rig: RigMap,
    word: int,
    name: str,
    bones: tuple[str, str, str],
    solvers: list[tuple[bpy.types.PoseBone, Any]],
) -> IkLimb | None:
    chains: list[Chain] = []
    turned: Chain | None = None
    used = []
    for owner, constraint in solvers:
        line = chain_of(owner, constraint)
        if not line or not _ends_at(armature, line[0], bones):
            continue
        chain = Chain(line[-1], line[0], _hinge(armature.pose.bones[line[0]]))
        if bones[0] in line and bones[1] in line:
            turned = chain
        elif len(line) == 2 and _lies_along(armature, chain, bones):
            chains += [chain] if chain not in chains else []
        else:
            continue
        used.append((owner, constraint))
    if not used:
        return None
    first = used[0][1]
    control, toe, resting = _known_controls(armature, rig, word, name, bones)
    target = _handle(armature, first.target, first.subtarget, control)
    pole = next((one for _, one in used if _has_pole(armature, one)), None)
    return IkLimb(
        name,
        bones,
        tuple(chains),
        turned,
        tuple(_switched(armature, used, bones[2], first)) if turned else (),
        target,
        _handle(armature, pole.pole_target, pole.pole_subtarget, "") if pole else None,
        float(pole.pole_angle) if pole else 0.0,
        toe,
        tuple(dict.fromkeys((*_between(armature, target), *resting))),
    )


def _length(armature: bpy.types.Object, bones: tuple[str, str, str]) -> float:
    upper, lower, end = (armature.data.bones[bone].head_local for bone in bones)
    return float((upper - lower).length + (lower - end).length)


def _ends_at(armature: bpy.types.Object, tip: str, bones: tuple[str, str, str]) -> bool:
    rest = armature.data.bones
    return float((rest[tip].tail_local - rest[bones[2]].head_local).length) < _SAME * _length(armature, bones)


def _lies_along(armature: bpy.types.Object, chain: Chain, bones: tuple[str, str, str]) -> bool:
    rest = armature.data.bones
    pairs = ((chain.root, bones[0]), (chain.tip, bones[1]))
    apart = max((rest[one].head_local - rest[other].head_local).length for one, other in pairs)
    return float(apart) < _SAME * _length(armature, bones)


def _hinge(bone: bpy.types.PoseBone) -> int:
    free = [axis for axis, locked in enumerate((bone.lock_ik_x, bone.lock_ik_y, bone.lock_ik_z)) if not locked]
    return free[0] if len(free) == 1 else -1


def _known_controls(
    armature: bpy.types.Object, rig: RigMap, word: int, name: str, bones: tuple[str, str, str]
) -> tuple[str, tuple[str, str] | None, list[str]]:
    """Return what the rig's table says: the control of hand or foot, toe bone and its control, controls at rest."""
    table = control_table(rig.rig)
    if table is None:
        return "", None, []
    there = armature.pose.bones
    side, kind = name.split()
    of_part = {part: control.replace("{s}", table.sides[word]) for part, control in table.ik.items()}
    toe = rig.places.get(f"{side}_foot")
    turns = of_part.get("foot", "")
    control = of_part.get(_LIMBS[kind][2], "")
    resting = [one.replace("{s}", table.sides[word]) for one in table.ik_resting] if kind == "leg" else []
    return (
        control if control in there else "",
        (toe[0], turns) if kind == "leg" and toe is not None and turns in there else None,
        [one for one in resting if one in there],
    )


def _handle(armature: bpy.types.Object, target: bpy.types.Object, bone: str, control: str) -> Handle:
    """Return what a constraint aims at; without a ``control`` known by name it is the nearest bone that can move."""
    if target != armature:
        return Handle(target)
    line = [bone, *(above.name for above in armature.pose.bones[bone].parent_recursive)]
    if control not in line:
        control = next((one for one in line if not all(armature.pose.bones[one].lock_location)), bone)
    return Handle(armature, bone, control)


def _between(armature: bpy.types.Object, target: Handle) -> list[str]:
    """Return the controls between a target and the control that carries it: they would move it apart."""
    if target.bone == target.control:
        return []
    line = [target.bone, *(above.name for above in armature.pose.bones[target.bone].parent_recursive)]
    posed = armature.pose.bones
    return [one for one in line[: line.index(target.control)] if not all(posed[one].lock_location)]


def _switched(
    armature: bpy.types.Object, used: list[tuple[bpy.types.PoseBone, Any]], end: str, first: Any
) -> Iterator[tuple[str, str]]:
    """Yield the constraints that turn the mapped bones themselves, and those that tie hand or foot to the target."""
    for owner, constraint in used:
        yield owner.name, constraint.name
    posed = armature.pose.bones[end]
    for one in posed.constraints:
        if one.type in _FOLLOWERS and one.target == first.target and one.subtarget == first.subtarget:
            yield end, one.name


def rest_matrices(armature: bpy.types.Object) -> dict[str, np.ndarray]:
    """Return the rest matrix (4, 4) of every bone in armature space."""
    return {bone.name: np.array(bone.matrix_local) for bone in armature.data.bones}


def rest_tail(armature: bpy.types.Object, bone: str) -> np.ndarray:
    """Return the tail (3,) of a bone at rest in armature space."""
    return np.array(Vector(armature.data.bones[bone].tail_local))
