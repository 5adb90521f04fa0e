"""Mapping of bones to canonical joints: the whole rig is classified first, then mapped by that rig's table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..runtime_api import errors, skeleton
from .tables import TABLES, RigTable

SPINE = ("spine1", "spine2", "spine3")
SIDES = ("left", "right")
MOST_SPINE_BONES, MOST_NECK_BONES = 5, 3
_NUMBERED = re.compile(r"\.\d{3}$")
_SEPARATORS = re.compile(r"[ ._\-]")
REQUIRED_JOINTS = ("pelvis", "head") + tuple(
    f"{side}_{part}" for side in SIDES for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


class RigNotRecognised(errors.InterActError):
    """The armature is not a humanoid rig that this add-on knows.

    ``found``: the joints that were found all the same, each with its bone; choosing the others by hand completes them.
    ``lacks``: the joints that the most similar known rig has and this one has not.
    """

    def __init__(self, message: str, found: Mapping[str, str] | None = None, lacks: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.found = dict(found or {})
        self.lacks = tuple(lacks)


@dataclass(frozen=True)
class Drive:
    """A keyed bone: ``bone`` rotates with ``joint``, or ``share`` of the way from it to ``towards``.

    ``twist``: the bone takes of the axial rotation of that joint its ``share`` alone: of ``joint`` itself, or of the
    joint after it beside what ``joint`` does. ``above``: the nearest driven bone above it, "" for the topmost.
    """

    bone: str
    joint: str
    towards: str = ""
    share: float = 0.0
    above: str = ""
    twist: str = ""


@dataclass(frozen=True)
class RigMap:
    """A rig's bones in canonical terms.

    ``drives``: every keyed bone, parents first. ``places``: the position of a joint at rest as a mix of two bone heads
    (bone, bone, share of the second). ``root``: the bone that carries the body; ``anchor``: the joint at its pivot.
    ``switches`` and ``neutral``: see ``RigTable``. ``joints``: the bone chosen for each joint, with spine and neck as
    ``spine:0`` and ``neck:0`` upwards: what the map was made from.
    """

    rig: str
    drives: tuple[Drive, ...]
    places: dict[str, tuple[str, str, float]]
    root: str
    anchor: str
    switches: tuple[tuple[str, str, float], ...] = ()
    neutral: tuple[str, ...] = ()
    joints: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_control_rig(self) -> bool:
        """Whether controls are keyed that move other bones by constraints."""
        return bool(self.switches or self.neutral)

    @property
    def missing_joints(self) -> tuple[str, ...]:
        return tuple(joint for joint in skeleton.JOINTS if joint not in self.places and joint != "pelvis")


def map_bones(parents: Mapping[str, str | None], name: str = "armature") -> RigMap:
    """Map a rig given its bones and their parents (None for roots).

    Raises ``RigNotRecognised`` that names the joints the rig lacks of the most similar known rig.
    """
    best: tuple[tuple[bool, int], RigTable, dict[str, str]] | None = None
    nearest: tuple[int, RigTable, list[str], dict[str, str]] | None = None
    for table in TABLES:
        found, marks = _find(table, parents)
        missing = [joint for joint in REQUIRED_JOINTS if joint not in found]
        if not any(joint in found for joint in ("spine:0", "spine:1", "spine:2")):
            missing.append("spine")
        if not missing:
            missing = _out_of_order(table, found, parents)
        if not missing:
            score = (table.is_control_rig, len(found) + marks)
            if best is None or score > best[0]:
                best = (score, table, found)
        elif nearest is None or len(missing) < nearest[0]:
            nearest = (len(missing), table, missing, found)
    if best is None:
        assert nearest is not None
        lacks = [joint.replace("_", " ") for joint in nearest[2]]
        raise RigNotRecognised(
            f"'{name}' is not a rig known by its bone names: as {nearest[1].name} it lacks {', '.join(lacks[:4])}"
            f"{' and more' if len(lacks) > 4 else ''}; choose the bones by hand under Cast > Bones.",
            nearest[3],
            nearest[2],
        )
    return _rig_map(best[1], best[2], parents)


def map_assigned(found: Mapping[str, str], parents: Mapping[str, str | None], kind: str) -> RigMap:
    """Map a rig whose bones are given joint by joint; spine and neck as ``spine:0`` and ``neck:0`` upwards.

    ``kind``: the name of the map in messages; that of a known rig keeps what its table says beyond the joints (the
    controls around them, FK switches). ``REQUIRED_JOINTS`` and a spine bone must be there.
    """
    table = control_table(kind) or RigTable(kind, SIDES, "", (), (), "", {})
    return _rig_map(table, dict(found), parents)


def second_rig(rig: RigMap, parents: Mapping[str, str | None]) -> str:
    """Return the hips of another whole rig beside this one in the same armature; "" if there is none."""
    hips = rig.joints["pelvis"]
    body = _with_all_below(hips, parents)
    rest = [bone for bone in parents if bone not in body]
    if len(rest) < len(REQUIRED_JOINTS):
        return ""
    plain = {_NUMBERED.sub("", bone): bone for bone in rest}  # a second rig of the same names is numbered
    above = {bone: parents[name] for bone, name in plain.items()}
    try:
        other = map_bones({bone: upper and _NUMBERED.sub("", upper) for bone, upper in above.items()})
    except RigNotRecognised:
        return ""
    return plain[other.joints["pelvis"]]


def _with_all_below(bone: str, parents: Mapping[str, str | None]) -> set[str]:
    children: dict[str | None, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found, left = set[str](), [bone]
    while left:
        found.add(one := left.pop())
        left += [child for child in children.get(one, ()) if child not in found]
    return found


def control_table(kind: str) -> RigTable | None:
    """Return the table of the control rig of that name; None if it is no control rig."""
    return next((table for table in TABLES if table.name == kind and table.is_control_rig), None)


def _find(table: RigTable, parents: Mapping[str, str | None]) -> tuple[dict[str, str], int]:
    """Return the bone of each joint (and ``spine:i``, ``neck:i``), and how many of the table's marks are present."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    pattern = re.compile(table.prefix, re.IGNORECASE)
    for bone in parents:
        if match := pattern.match(bone):
            exact.setdefault(bone[match.end() :], bone)
            folded.setdefault(_fold(bone[match.end() :]), bone)
    found: dict[str, str] = {}
    for joint, spellings in table.names().items():
        bones = [exact.get(name) or folded.get(_fold(name)) for name in spellings]
        there = [bone for bone in bones if bone is not None]
        if there:
            found[_next(joint, found)] = there[0]
    if table.is_control_rig and any(_fold(bone) not in folded for bone in (table.root, *table.extra)):
        return {}, 0
    return found, sum(_fold(mark) in folded for mark in table.marks)


def _next(joint: str, found: Mapping[str, str]) -> str:
    """Return the joint, or the next free place of a spine or neck of which some bones are missing."""
    part, colon, _ = joint.partition(":")
    return f"{part}:{sum(key.startswith(part + colon) for key in found)}" if colon else joint


def _fold(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())


def joints_above(joint: str) -> list[str]:
    """Return the canonical ancestors of a joint, nearest first; spine and neck numbered upwards (``spine:0``)."""
    if joint == "pelvis":
        return []
    if joint.startswith("spine:"):
        return [f"spine:{i}" for i in reversed(range(int(joint[6:])))] + ["pelvis"]
    whole_spine = [f"spine:{i}" for i in reversed(range(MOST_SPINE_BONES))] + ["pelvis"]
    if joint.startswith("neck:"):
        return [f"neck:{i}" for i in reversed(range(int(joint[5:])))] + whole_spine
    if joint == "head":
        return [f"neck:{i}" for i in reversed(range(MOST_SPINE_BONES))] + whole_spine
    parent = skeleton.JOINTS[skeleton.PARENTS[skeleton.INDEX[joint]]]
    if parent == "spine3":
        return whole_spine
    return [parent, *joints_above(parent)]


def _above(joint: str, found: Mapping[str, str]) -> str:
    return next((found[key] for key in joints_above(joint) if key in found), "")


def _out_of_order(table: RigTable, found: Mapping[str, str], parents: Mapping[str, str | None]) -> list[str]:
    """Return the required joints whose bone is not a descendant of the bone of the joint above."""
    if table.is_control_rig:  # constraints tie controls together
        return []
    wrong = []
    for joint in REQUIRED_JOINTS:
        above = _above(joint, found)
        if above and above not in bones_above(found[joint], parents):
            wrong.append(joint)
    return wrong


def bones_above(bone: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return the bones above a bone, nearest first."""
    line: list[str] = []
    above = parents.get(bone)
    while above is not None and above not in line:
        line.append(above)
        above = parents.get(above)
    return line


def _rig_map(table: RigTable, found: dict[str, str], parents: Mapping[str, str | None]) -> RigMap:
    drives: dict[str, Drive] = {}
    places: dict[str, tuple[str, str, float]] = {}
    for control, joint in table.extra.items():
        drives[control] = Drive(control, joint)
    drives[found["pelvis"]] = Drive(found["pelvis"], "pelvis")
    spine = [found[f"spine:{i}"] for i in range(MOST_SPINE_BONES) if f"spine:{i}" in found]
    _drive_spine(spine, drives, places)
    neck = [found[f"neck:{i}"] for i in range(MOST_SPINE_BONES) if f"neck:{i}" in found]
    for i, bone in enumerate(neck):
        share = (len(neck) - 1 - i) / len(neck)  # the lower of two takes half of the neck's turn, the head none of it
        drives[bone] = Drive(bone, "neck", SPINE[-1] if share else "", share)
    if neck:
        places["neck"] = (neck[0], neck[-1], 0.5)
    for joint, bone in found.items():
        if joint in skeleton.INDEX and joint != "pelvis":
            drives[bone] = Drive(bone, joint)
            places[joint] = (bone, bone, 0.0)
    places |= {joint: (bone, bone, 0.0) for joint, bone in table.places.items() if bone in parents}
    above = {bone: _nearest_driven(bone, drives, parents) for bone in drives}
    if table.is_control_rig:  # constraints tie some controls together, not bones
        above |= _tied_controls(table, found, above)
    drives = {bone: _with(drive, above[bone]) for bone, drive in drives.items()}
    return RigMap(
        rig=table.name,
        drives=_parents_first(drives),
        places=places,
        root=table.root or found["pelvis"],
        anchor=table.anchor,
        switches=table.switches,
        neutral=table.neutral,
        joints=dict(found),
    )


def _drive_spine(bones: list[str], drives: dict[str, Drive], places: dict[str, tuple[str, str, float]]) -> None:
    """Distribute three canonical joints over any number of bones; the chest is always the last bone."""
    last = len(bones) - 1
    for i, bone in enumerate(bones):
        along = 2.0 * i / last if last else 2.0
        if last == 1 and i == 0:
            along = 0.5  # the lower of two bones takes half of the bend
        low = min(int(along + 1e-6), 2)
        share = along - low
        drives[bone] = Drive(bone, SPINE[low], SPINE[low + 1] if share > 1e-6 else "", max(share, 0.0))
    ways = [SPINE.index(drives[bone].joint) + drives[bone].share for bone in bones]
    for joint, name in enumerate(SPINE):
        # A joint lies where the bones that share its bend turn in the mean: there one bend moves what is above as
        # their small ones do.
        reached = [min(max(at - joint + 1.0, 0.0), 1.0) for at in ways]
        shares = [float(step) for step in np.diff(reached, prepend=0.0)]
        taking = [i for i, taken in enumerate(shares) if taken > 1e-6]
        places[name] = (bones[taking[0]], bones[taking[-1]], shares[taking[-1]] if len(taking) > 1 else 0.0)


def _tied_controls(table: RigTable, found: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Return the effective parents of controls: as the table says, or as the body is built where bones say nothing."""
    tied = {bone: _above(joint, found) for joint, bone in found.items() if not above[bone]}
    last_spine = next(
        (found[joint] for joint in joints_above("head") if joint.startswith("spine:") and joint in found), ""
    )
    for bone, upper in table.below.items():
        if bone in above:
            tied[bone] = last_spine if upper == "spine3" else found.get(upper, upper)
    return tied


def _nearest_driven(bone: str, drives: Mapping[str, Drive], parents: Mapping[str, str | None]) -> str:
    return next((above for above in bones_above(bone, parents) if above in drives), "")


def _with(drive: Drive, above: str) -> Drive:
    return replace(drive, above=above)


def with_drives(rig: RigMap, drives: Mapping[str, Drive], parents: Mapping[str, str | None]) -> RigMap:
    """Return the map with other drives, each below the nearest of them that its bone hangs on."""
    tied = {bone: _with(drive, _nearest_driven(bone, drives, parents)) for bone, drive in drives.items()}
    return replace(rig, drives=_parents_first(tied))


def _parents_first(drives: Mapping[str, Drive]) -> tuple[Drive, ...]:
    ordered: dict[str, Drive] = {}

    def put(drive: Drive) -> None:
        if drive.bone in ordered:
            return
        if drive.above:
            put(drives[drive.above])
        ordered[drive.bone] = drive

    for drive in drives.values():
        put(drive)
    return tuple(ordered.values())
