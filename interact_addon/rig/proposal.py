"""Bones proposed for the joints that nobody has chosen yet, from those chosen: chains are followed, sides mirrored.

Enough are the bone of an upper arm and of a thigh on one side; every bone more makes the proposal surer. Chosen bones
are never changed, and where the armature leaves a doubt nothing is proposed. No Blender here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from ..runtime_api import Array
from .bone_table import FINGERS, TABLE_JOINTS
from .bones_at_rest import Bones, Mirror, children_of
from .mapping import SIDES, bones_above

_WRIST, _ANKLE = 0.7, 0.85  # of a limb's reach: where the hand and the foot begin at the earliest
_IN_PALM = 0.35  # of a finger's reach from the wrist: nearer than that begins a bone of the palm
_MOST_SPINE_BONES, _MOST_NECK_BONES = 5, 3


def propose(chosen: Mapping[str, str], bones: Bones) -> dict[str, str]:
    """Return bones for joints that have none, joint by joint in the numbering of ``TABLE_JOINTS``.

    ``chosen``: joint to bone; ``bones``: the armature at rest.
    """
    work = _Proposal({joint: bone for joint, bone in chosen.items() if bone in bones}, bones)
    for side in SIDES:
        work.limb(side, ("shoulder", "elbow", "wrist"))
        work.limb(side, ("hip", "knee", "ankle"))
    work.mirror()
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
        self.below = children_of(bones)
        self.parents = {name: bone.parent for name, bone in bones.items()}

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
        chain = self.chain(self.joints[upper])
        if end not in self.joints:
            last = self.wrist(chain) if parts[2] == "wrist" else self.first_beyond(chain, _ANKLE)
            self.put(end, last)
        if end in self.joints and middle not in self.joints:
            between = self.path(self.joints[upper], self.joints[end])
            self.put(middle, self.halfway(self.joints[upper], between, self.joints[end]))

    def wrist(self, chain: list[str]) -> str | None:
        """Return the hand of an arm: the first bone that several fingers hang on, else one far enough out."""
        branching = next((bone for bone in chain[1:] if len(self.fingers_below(bone)) >= 2), None)
        return branching or self.first_beyond(chain, _WRIST)

    def first_beyond(self, chain: list[str], share: float) -> str | None:
        """Return the first bone of a chain beyond a share of its reach."""
        start = self.bones[chain[0]].head
        away = [self.distance(bone, start) for bone in chain]
        reach = max(away + [float(np.linalg.norm(self.bones[chain[-1]].tail - start))])
        return next((bone for bone, far in zip(chain[1:], away[1:]) if far >= share * reach), None)

    def halfway(self, start: str, between: list[str], end: str) -> str | None:
        """Return the bone that begins nearest to the middle of a limb: elbow or knee."""
        if not between:
            return None
        first, last = self.bones[start].head, self.bones[end].head
        return min(between, key=lambda bone: abs(self.distance(bone, first) - self.distance(bone, last)))

    def trunk(self) -> None:
        """Find hips, spine, collars, neck and head between both arms and legs."""
        hips = self.common("left_hip", "right_hip")
        self.put("pelvis", hips)
        chest = self.common("left_shoulder", "right_shoulder")
        if chest is None or "pelvis" not in self.joints:
            return
        for side in SIDES:
            between = self.path(chest, self.joints[f"{side}_shoulder"])
            self.put(f"{side}_collar", between[0] if between else None)
        if chest != self.joints["pelvis"]:
            self.spine(chest)
        self.neck_and_head(chest)

    def spine(self, chest: str) -> None:
        if any(joint.startswith("spine") for joint in self.joints):
            return
        above = set(bones_above(self.joints["pelvis"], self.parents)) | {self.joints["pelvis"]}
        line = [chest]
        for bone in bones_above(chest, self.parents):
            if bone in above:
                break
            line.insert(0, bone)
        for number, bone in enumerate(_spread(line, _MOST_SPINE_BONES)):
            self.put(f"spine:{number}", bone)

    def neck_and_head(self, chest: str) -> None:
        if "head" not in self.joints:
            self.put("head", self.head_above(chest))
        if "head" in self.joints and not any(joint.startswith("neck") for joint in self.joints):
            between = self.path(chest, self.joints["head"])
            for number, bone in enumerate(_spread(between, _MOST_NECK_BONES)):
                self.put(f"neck:{number}", bone)

    def head_above(self, chest: str) -> str | None:
        """Return the head: where the chain that leads up from hips and chest branches or ends."""
        hips = self.bones[self.joints["pelvis"]].head
        up = self.bones[chest].head - hips
        arms = {self.joints.get(f"{side}_{part}") for side in SIDES for part in ("collar", "shoulder")}

        def height(bone: str) -> float:
            return max(float(np.dot(self.bones[one].head - hips, up)) for one in self.all_below(bone))

        line: list[str] = []
        nexts = [bone for bone in self.below[chest] if bone not in arms]
        while nexts:
            line.append(max(nexts, key=height))
            place = self.bones[line[-1]].head
            nexts = [bone for bone in self.below[line[-1]] if np.dot(self.bones[bone].head - place, up) > 0.0]
            if len(line) > 1 and len(nexts) > 1:
                break
        if len(line) < 2:
            return line[0] if line else None
        if len(line) > 2 and not nexts:
            steps = [self.distance(a, self.bones[b].head) for a, b in pairwise(line)]
            if steps[-1] > 1.2 * steps[-2]:  # a skull is longer than a bone of the neck: the last marks its top
                return line[-2]
        return line[-1]

    def toes(self, side: str) -> None:
        """Find the toes: the longest way on from the foot."""
        if f"{side}_ankle" in self.joints:
            chain = self.chain(self.joints[f"{side}_ankle"])
            self.put(f"{side}_foot", chain[1] if len(chain) > 1 else None)

    def hand(self, side: str) -> None:
        """Find the fingers: the thumb begins nearest to the wrist, the others follow in order of distance from it."""
        wrist = self.joints.get(f"{side}_wrist")
        if wrist is None or any(joint.startswith(f"{side}_{finger}") for finger in FINGERS for joint in self.joints):
            return
        chains = [self.without_palm(chain, wrist) for chain in self.fingers_below(wrist)]
        if not 2 <= len(chains) <= len(FINGERS):
            return
        thumb = self.thumb(chains, wrist)
        root = self.bones[thumb[0]].head
        others = sorted(
            (chain for chain in chains if chain is not thumb), key=lambda chain: self.distance(chain[0], root)
        )
        for finger, chain in zip(FINGERS, [thumb, *others]):
            for number, bone in enumerate(chain[:3], 1):
                self.put(f"{side}_{finger}{number}", bone)

    def thumb(self, chains: list[list[str]], wrist: str) -> list[str]:
        """Return the chain that points furthest away from all others."""
        pointing = []
        for chain in chains:
            along = self.bones[chain[-1]].head - self.bones[chain[0]].head
            pointing.append(along / max(float(np.linalg.norm(along)), 1e-9))
        mean = np.mean(pointing, axis=0)
        place = self.bones[wrist].head
        reach = max(self.distance(chain[0], place) for chain in chains)
        score = [
            1.0 - float(np.dot(one, mean)) + 0.5 * (1.0 - self.distance(chain[0], place) / max(reach, 1e-9))
            for one, chain in zip(pointing, chains)
        ]
        return chains[int(np.argmax(score))]

    def without_palm(self, chain: list[str], wrist: str) -> list[str]:
        place = self.bones[wrist].head
        reach = max(self.distance(bone, place) for bone in chain)
        palm = len(chain) > 3 and self.distance(chain[0], place) < _IN_PALM * reach
        return chain[1:] if palm else chain

    def fingers_below(self, wrist: str) -> list[list[str]]:
        """Return the chains of at least two bones that hang on a bone, not counting those that stay near to it."""
        chains = [self.chain(bone) for bone in self.below[wrist]]
        return [chain for chain in chains if len(chain) >= 2]

    def chain(self, bone: str) -> list[str]:
        """Return a bone and those below it, always on the way that leads furthest."""
        line = [bone]
        while nexts := self.below[line[-1]]:
            place = self.bones[line[-1]].head
            line.append(max(nexts, key=lambda one: self.reach(one, place)))
        return line

    def reach(self, bone: str, place: Array) -> float:
        """Return how far from a place the bones below a bone, and itself, begin or end."""
        return max(
            max(self.distance(one, place), float(np.linalg.norm(self.bones[one].tail - place)))
            for one in self.all_below(bone)
        )

    def all_below(self, bone: str) -> Iterable[str]:
        waiting = [bone]
        while waiting:
            one = waiting.pop()
            waiting += self.below[one]
            yield one

    def path(self, start: str, end: str) -> list[str]:
        """Return the bones between two, downwards; none if the second is not below the first."""
        line = bones_above(end, self.parents)
        return list(reversed(line[: line.index(start)])) if start in line else []

    def common(self, left: str, right: str) -> str | None:
        """Return the nearest bone above both joints' bones."""
        if left not in self.joints or right not in self.joints:
            return None
        others = set(bones_above(self.joints[right], self.parents))
        return next((bone for bone in bones_above(self.joints[left], self.parents) if bone in others), None)

    def distance(self, bone: str, place: Array) -> float:
        return float(np.linalg.norm(self.bones[bone].head - place))


def _spread(line: list[str], most: int) -> list[str]:
    """Return at most ``most`` of a line of bones, its first and last among them."""
    if len(line) <= most:
        return line
    return [line[round(i * (len(line) - 1) / (most - 1))] for i in range(most)]
