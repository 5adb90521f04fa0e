"""Bones that share a joint's rotation with others: twist bones along the limbs, toes side by side, short fingers.

Without them an arm that turns its palm up wraps like a candy at the wrist, and a shoulder at the collar. Twist bones
are found by what they are, whatever the rig: bones in line between two joints (Daz, MakeHuman, Rigify's deform bones)
and bones beside the line with "twist" or "roll" in their name (Unreal, Character Creator, Biped). Metacarpals lie
between hand and finger and keep their rest pose. No Blender here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

import numpy as np

from ..runtime_api import skeleton
from .bones_at_rest import Bones, children_of
from .mapping import SIDES, Drive, RigMap, bones_above, with_drives

# Joint and the one after it. The upper segment shares its own axial rotation, the lower one that of hand or foot.
_UPPER, _LOWER = (("shoulder", "elbow"), ("hip", "knee")), (("elbow", "wrist"), ("knee", "ankle"))
FOLLOWING = {f"{side}_{joint}": f"{side}_{after}" for side in SIDES for joint, after in (*_UPPER, *_LOWER)}
_TWISTS = re.compile(r"(?i:twist)|(?<![tT])(?i:roll)")  # no controllers
_TOE = re.compile(r"^(?!.*share).*toe", re.IGNORECASE)  # Character Creator's share bones correct a joint's shape
_BESIDE = 0.15  # of the limb's length: how far from its line a twist bone may start


def with_shared(rig: RigMap, bones: Bones, steered: Collection[str] = ()) -> RigMap:
    """Return the map with the bones of ``bones`` that share a joint's rotation.

    ``steered``: bones that constraints or drivers turn; those and control rigs are left to themselves.
    """
    if rig.is_control_rig:
        return rig
    found = {drive.bone: drive for drive in rig.drives}
    for joint, after in FOLLOWING.items():
        for drive in _along(rig, bones, joint, after, set(steered)):
            if drive.bone not in steered:
                found[drive.bone] = drive
    for drive in (*_toes(rig, bones), *_short_fingers(rig)):
        if drive.bone not in steered:
            found[drive.bone] = drive
    return with_drives(rig, found, {name: bone.parent for name, bone in bones.items()})


def _along(rig: RigMap, bones: Bones, joint: str, after: str, steered: set[str]) -> Iterator[Drive]:
    """Yield the drives of the bones that share a limb segment, from ``joint`` to ``after``."""
    if joint not in rig.places or after not in rig.places:
        return
    first, last = rig.places[joint][0], rig.places[after][0]
    driven = {drive.bone for drive in rig.drives}
    own = joint.endswith(("shoulder", "hip"))
    between = [bone for bone in reversed(bones_above(last, _parents(bones))) if bone not in driven]
    below_first = [bone for bone in between if first in bones_above(bone, _parents(bones))]
    inline = [bone for bone in below_first if _share(bones, first, last, bone) is not None]
    count = 1 + len(inline)
    if inline and not steered.intersection(inline):
        for place, bone in enumerate((first, *inline)):
            part = (place + 1) / count if own else place / count
            turning = joint if own else after
            yield Drive(bone, joint, "", part, twist=turning) if 0.0 < part < 1.0 else Drive(bone, joint)
    beside = {bone: _share(bones, first, last, bone) for bone in _below(first, bones, {*driven, *between})}
    places = sorted((place, bone) for bone, place in beside.items() if place is not None and _TWISTS.search(bone))
    for number, (start, bone) in enumerate(places):
        end = places[number + 1][0] if number + 1 < len(places) else 1.0
        share = 0.5 * (start + end) if len(places) > 1 else start  # of several each stands for the stretch to the next
        yield Drive(bone, joint, "", share, twist=joint if own else after)


def _share(bones: Bones, first: str, last: str, bone: str) -> float | None:
    """Return how far along the line between two heads a bone starts, 0 to 1; None if it is not near the line."""
    line = bones[last].head - bones[first].head
    length = float(np.linalg.norm(line))
    arm = bones[bone].head - bones[first].head
    place = float(arm @ line) / max(length, 1e-9) ** 2
    beside = float(np.linalg.norm(arm - place * line))
    if beside > _BESIDE * length or not -_BESIDE < place < 1.0 + _BESIDE:
        return None
    return min(max(place, 0.0), 1.0)


def _below(bone: str, bones: Bones, stop: Collection[str]) -> Iterator[str]:
    """Yield all bones below one, but for those of ``stop`` and what hangs on them."""
    below = children_of(bones)
    waiting = list(below[bone])
    while waiting:
        name = waiting.pop()
        if name not in stop:
            yield name
            waiting += below[name]


def _toes(rig: RigMap, bones: Bones) -> Iterator[Drive]:
    """Yield drives for the toes beside the one that is mapped."""
    for side in SIDES:
        if f"{side}_foot" not in rig.places:
            continue
        mapped, foot = (rig.places[f"{side}_{joint}"][0] for joint in ("foot", "ankle"))
        taken = {mapped, *bones_above(mapped, _parents(bones))}
        for name, bone in bones.items():
            if name not in taken and bone.parent in (foot, bones[mapped].parent) and _TOE.match(name):
                yield Drive(name, f"{side}_foot")


def _short_fingers(rig: RigMap) -> Iterator[Drive]:
    """Yield drives for the last bone of fingers of one or two bones: it takes half of the next joint's bend as well."""
    for hand in skeleton.HAND_JOINTS.values():
        for joint, after in pairwise(hand):
            if joint in rig.places and after not in rig.places and after[:-1] == joint[:-1]:
                yield Drive(rig.places[joint][0], joint, after, 0.5)


def _parents(bones: Bones) -> Mapping[str, str | None]:
    return {name: bone.parent for name, bone in bones.items()}
