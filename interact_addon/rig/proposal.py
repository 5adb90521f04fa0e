"""Bones proposed for the joints that nobody has chosen yet, from those chosen: chains are followed, sides mirrored.

Enough are the bone of an upper arm and of a thigh on one side; every bone more makes the proposal surer. Chosen bones
are never changed, and where the armature leaves a doubt nothing is proposed. This is for rigs whose shape alone did not
tell (``topology``): so it needs no symmetry, and a rest pose may have one arm up and a knee bent. No Blender here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..runtime_api import Array
from .bone_table import FINGERS, TABLE_JOINTS
from .bone_tree import evenly
from .bones_at_rest import BoneChains, Bones, size_of
from .mapping import MOST_NECK_BONES, MOST_SPINE_BONES, SIDES, bones_above
from .mirror import Mirror

_WRIST, _ANKLE = 0.7, 0.85  # of a limb's reach: where the hand and the foot begin at the earliest
_TOES = 0.45  # of the way from the ankle to the foremost bone
_ARM = 0.9  # least length of an arm to the wrist, in distances from shoulder to hip
_NECK = 0.22  # length of a neck, in distances from hips to neck
_NECK_LEVEL = 0.02  # of the rig's size: as high as the shoulders but for this, a bone is the neck and not the chest
_THUMB = 0.7  # of the way to the next knuckle: nearer than that to the wrist begins a thumb
_IN_PALM = 0.35  # of a finger's reach from the wrist: nearer than that begins a bone of the palm


def propose(chosen: Mapping[str, str], bones: Bones) -> dict[str, str]:
    """Return bones for joints that have none, joint by joint in the numbering of ``TABLE_JOINTS``.

    ``chosen``: joint to bone; ``bones``: the armature at rest.
    """
    work = _Proposal({joint: bone for joint, bone in chosen.items() if bone in bones}, bones)
    for side in SIDES:
        work.limb(side, ("shoulder", "elbow", "wrist"))
        work.limb(side, ("hip", "knee", "ankle"))
    work.mirror()
    for side in SIDES:  # what has no mirror image in place
        work.limb(side, ("shoulder", "elbow", "wrist"))
        work.limb(side, ("hip", "knee", "ankle"))
    work.trunk()
    for side in SIDES:
        work.toes(side)
        work.hand(side)
    work.mirror()
    return {joint: bone for joint, bone in work.joints.items() if joint not in chosen}


def mirrored(chosen: Mapping[str, str], bones: Bones) -> dict[str, str]:
    """Return the other side's bones of all joints that are chosen on one side only."""
    work = _Proposal({joint: bone for joint, bone in chosen.items() if bone in bones}, bones)
    work.mirror()
    return {joint: bone for joint, bone in work.joints.items() if joint not in chosen}


class _Proposal:
    """The joints so far; every step adds to them."""

    def __init__(self, joints: dict[str, str], bones: Bones) -> None:
        self.joints, self.bones = joints, bones
        self.chains = BoneChains(bones)

    def put(self, joint: str, bone: str | None) -> None:
        """Add a bone unless the joint has one, or the bone a joint, already."""
        if bone is not None and joint in TABLE_JOINTS and joint not in self.joints and bone not in self.joints.values():
            self.joints[joint] = bone

    def mirror(self) -> None:
        """Give each joint of a side the mirror image of the other side's bone."""
        middle = self.bones[self.joints["pelvis"]].head if "pelvis" in self.joints else None
        mirror = Mirror(self.bones, middle)
        for joint, bone in list(self.joints.items()):
            side, _, part = joint.partition("_")
            if side not in SIDES:
                continue
            other = f"{SIDES[1 - SIDES.index(side)]}_{part}"
            if other not in self.joints:
                self.put(other, mirror.partner(bone))

    def limb(self, side: str, parts: tuple[str, str, str]) -> None:
        """Complete an arm or a leg from its upper bone."""
        upper, middle, end = (f"{side}_{part}" for part in parts)
        if upper not in self.joints:
            return
        chain = self.chains.chain(self.joints[upper])
        if end not in self.joints:
            last = self.wrist(side, chain) if parts[2] == "wrist" else self.first_beyond(chain, _ANKLE)
            self.put(end, last)
        if end in self.joints and middle not in self.joints:
            between = self.chains.path(self.joints[upper], self.joints[end])
            self.put(middle, self.halfway(self.joints[upper], between, self.joints[end]))

    def wrist(self, side: str, chain: list[str]) -> str | None:
        """Return the hand of an arm: the first bone that several fingers hang on, else the one where an arm ends."""
        branching = next((bone for bone in chain[1:] if len(self.fingers_below(bone)) >= 2), None)
        if branching is not None or f"{side}_hip" not in self.joints:
            return branching or self.first_beyond(chain, _WRIST)
        shoulder = self.bones[chain[0]].head
        length = _ARM * self.chains.distance(self.joints[f"{side}_hip"], shoulder)
        return next((bone for bone in chain[1:] if self.chains.distance(bone, shoulder) >= length), None) or chain[-1]

    def first_beyond(self, chain: list[str], share: float) -> str | None:
        """Return the first bone of a chain beyond a share of its reach."""
        away = [self.chains.distance(bone, self.bones[chain[0]].head) for bone in chain]
        return next((bone for bone, far in zip(chain[1:], away[1:]) if far >= share * max(away)), None)

    def halfway(self, start: str, between: list[str], end: str) -> str | None:
        """Return the bone that begins nearest to the middle of a limb: elbow or knee."""
        if not between:
            return None
        first, last = self.bones[start].head, self.bones[end].head
        return min(between, key=lambda bone: abs(self.chains.distance(bone, first) - self.chains.distance(bone, last)))

    def trunk(self) -> None:
        """Find hips, spine, collars, neck and head between both arms and legs."""
        self.put("pelvis", self.between("left_hip", "right_hip"))
        chest = self.between("left_shoulder", "right_shoulder")
        if chest is None or "pelvis" not in self.joints:
            return
        for side in SIDES:
            between = self.chains.path(chest, self.joints[f"{side}_shoulder"])
            self.put(f"{side}_collar", between[0] if between else None)
        if self.is_neck(chest):
            self.put("neck:0", chest)
            self.put("head", self.head_above(chest))
            chest = self.chains.parents[chest] or chest
        if chest != self.joints["pelvis"]:
            self.spine(chest)
        self.neck_and_head(chest)

    def between(self, one: str, other: str) -> str | None:
        """Return the bone that those of two joints hang on; None if not both have one."""
        if one not in self.joints or other not in self.joints:
            return None
        return self.chains.common(self.joints[one], self.joints[other])

    def is_neck(self, chest: str) -> bool:
        """Return whether the bone that the collars hang on is the neck, as in 3ds Max's Biped."""
        hips = self.bones[self.joints["pelvis"]].head
        shoulders = [self.bones[self.joints[f"{side}_shoulder"]].head for side in SIDES]
        up = np.mean(shoulders, axis=0) - hips
        above = np.dot(self.bones[chest].head - hips - up, up) / max(float(np.linalg.norm(up)), 1e-9)
        return bool(above > -_NECK_LEVEL * size_of(self.bones))

    def spine(self, chest: str) -> None:
        if any(joint.startswith("spine") for joint in self.joints):
            return
        above = set(bones_above(self.joints["pelvis"], self.chains.parents)) | {self.joints["pelvis"]}
        line = [chest]
        for bone in bones_above(chest, self.chains.parents):
            if bone in above:
                break
            line.insert(0, bone)
        for number, bone in enumerate(evenly(line, MOST_SPINE_BONES)):
            self.put(f"spine:{number}", bone)

    def neck_and_head(self, chest: str) -> None:
        if "head" not in self.joints:
            self.put("head", self.head_above(chest))
        if "head" in self.joints and not any(joint.startswith("neck") for joint in self.joints):
            between = self.chains.path(chest, self.joints["head"])
            for number, bone in enumerate(evenly(between, MOST_NECK_BONES)):
                self.put(f"neck:{number}", bone)

    def head_above(self, chest: str) -> str | None:
        """Return the head: on the chain that leads up from the chest the bone that is about a neck's length up it."""
        hips = self.bones[self.joints["pelvis"]].head
        up = self.bones[chest].head - hips
        up = up / max(float(np.linalg.norm(up)), 1e-9)
        arms = {self.joints.get(f"{side}_{part}") for side in SIDES for part in ("collar", "shoulder")}
        nexts = [bone for bone in self.chains.below[chest] if bone not in arms]
        neck = self.joints.get("neck:0")
        line = [] if neck is None else [neck]
        while nexts:
            line.append(max(nexts, key=lambda bone: self.chains.top(bone, up)))
            length = _NECK * self.chains.distance(line[0], hips)
            least = self.chains.height(line[-1], up) + 0.2 * length  # a jaw or an eye is hardly above the head
            nexts = [bone for bone in self.chains.below[line[-1]] if self.chains.height(bone, up) > least]
            if len(line) > 1 and len(nexts) > 1:
                break
        if len(line) < 2:
            return line[0] if line and neck is None else None
        base = self.bones[line[0]].head
        return min(line[neck is not None :], key=lambda bone: abs(self.chains.distance(bone, base) - length))

    def toes(self, side: str) -> None:
        """Find the toes: on the way that leads furthest away from the line of the shin."""
        if not {f"{side}_ankle", f"{side}_knee"} <= set(self.joints):
            return
        ankle = self.joints[f"{side}_ankle"]
        place = self.bones[ankle].head
        shin = place - self.bones[self.joints[f"{side}_knee"]].head
        shin /= max(float(np.linalg.norm(shin)), 1e-9)

        def forwards(bone: str) -> float:
            away = [self.bones[one].head - place for one in self.chains.all_below(bone)]
            return max(float(np.linalg.norm(one - np.dot(one, shin) * shin)) for one in away)

        foremost = max(self.chains.below[ankle], key=forwards, default=None)
        if foremost is not None:
            self.put(f"{side}_foot", self.first_beyond([ankle, *self.chains.chain(foremost)], _TOES))

    def hand(self, side: str) -> None:
        """Find the fingers: the thumb points away from the others, which follow in the order of their knuckles."""
        wrist = self.joints.get(f"{side}_wrist")
        if wrist is None or any(joint.startswith(f"{side}_{finger}") for finger in FINGERS for joint in self.joints):
            return
        chains = self.fingers_below(wrist)
        if not 2 <= len(chains) <= len(FINGERS):
            return
        thumb = self.thumb(chains, wrist)
        others = [self.without_palm(chain, wrist) for chain in chains if chain is not thumb]
        three_and_thumb = len(chains) == 4
        names = [*FINGERS[:3], FINGERS[-1]] if three_and_thumb else FINGERS[: len(chains)]
        for finger, chain in zip(names, [thumb, *self.in_a_row(others, self.bones[thumb[0]].head)]):
            for number, bone in enumerate(chain[:3], 1):
                self.put(f"{side}_{finger}{number}", bone)

    def in_a_row(self, chains: list[list[str]], thumb: Array) -> list[list[str]]:
        """Sort fingers along their knuckles, from the side of the thumb, whose place (3,) is given."""
        knuckles = [self.bones[chain[0]].head for chain in chains]
        ends = max(((a, b) for a in knuckles for b in knuckles), key=lambda pair: np.linalg.norm(pair[0] - pair[1]))
        first, last = sorted(ends, key=lambda place: float(np.linalg.norm(place - thumb)))
        return sorted(chains, key=lambda chain: float(np.dot(self.bones[chain[0]].head - first, last - first)))

    def thumb(self, chains: list[list[str]], wrist: str) -> list[str]:
        """Return the chain that begins much nearer to the wrist than the others, else the one that points away."""
        place = self.bones[wrist].head
        near = sorted(chains, key=lambda chain: self.chains.distance(chain[0], place))
        if len(chains) == 2 or self.chains.distance(near[0][0], place) < _THUMB * self.chains.distance(
            near[1][0], place
        ):
            return near[0]
        pointing = np.array([self.bones[chain[len(chain) // 2]].head - place for chain in chains])
        pointing /= np.maximum(np.linalg.norm(pointing, axis=1, keepdims=True), 1e-9)
        return chains[int((pointing @ pointing.T).sum(axis=1).argmin())]

    def without_palm(self, chain: list[str], wrist: str) -> list[str]:
        place = self.bones[wrist].head
        reach = max(self.chains.distance(bone, place) for bone in chain)
        palm = len(chain) > 3 and self.chains.distance(chain[0], place) < _IN_PALM * reach
        return chain[1:] if palm else chain

    def fingers_below(self, wrist: str) -> list[list[str]]:
        """Return the chains of at least two bones that hang on a bone."""
        chains = [self.chains.chain(bone) for bone in self.chains.below[wrist]]
        return [chain for chain in chains if len(chain) >= 2]
