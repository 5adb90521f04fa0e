"""A humanoid rig without known names, recognised by its shape.

Two pairs of mirrored limbs are sought with a trunk between them: legs that reach away from it, arms at its other end
with a head above. Nothing is taken from names or from the axes of the armature, so the rig may lie, be turned or be in
any units. Extra chains (hair, skirt, tail, twist bones, weapons, IK targets) lose against limbs by their proportions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..runtime_api import Array
from .alignment import angle_between
from .bone_tree import BoneTree, Symmetry, bone_tree, evenly, symmetries
from .fingers import fingers
from .limbs import Limb, arms, legs, limb_length
from .mapping import MOST_NECK_BONES, MOST_SPINE_BONES

_HEAD_ABOVE = 0.19  # head joint above the shoulders over the length of a leg
_END, _NO_END = 0.25, -0.05  # what a last bone costs as the head, in rigs with and without ends at the toes
_UPRIGHT = np.radians(50.0)  # legs point away from the trunk within this angle
_LEG_COST, _ARM_COST = 0.7, 0.8  # limbs of real rigs cost up to 0.35
_TOES = 3  # bones that a foot divides into where it has single toes
_TRUNK = (0.2, 1.8)  # hips to shoulders over the length of a leg, least and most
_ARM = (0.25, 1.8)  # an arm over a leg


class NoHumanShape(Exception):
    """The armature has not the shape of a human body.

    The message says what it lacks, as a part of a sentence; ``nearness`` how near it came, to choose between reasons.
    """

    def __init__(self, message: str, nearness: int = 0) -> None:
        super().__init__(message)
        self.nearness = nearness


@dataclass(frozen=True)
class _Body:
    """Legs and arms (those of one side), the bone that carries both, and the trunk's bones up to the arms."""

    leg: Limb
    arm: Limb
    pelvis: int
    trunk: tuple[int, ...]
    up: Array
    cost: float


def joints_by_shape(
    parents: Mapping[str, str | None], heads: Mapping[str, Array], tails: Mapping[str, Array]
) -> dict[str, str]:
    """Return the bone of each joint, with spine and neck as ``spine:0`` and ``neck:0`` upwards.

    ``heads`` and ``tails``: places (3,) of the bones to choose from, in any axes and units. Raises ``NoHumanShape``.
    """
    tree = bone_tree(parents, heads, tails)
    symmetry, body = _find_body(tree)
    if _second_body(tree, body):
        raise NoHumanShape("it holds more than one skeleton: separate them (Edit Mode, P), one armature a character")
    forward = _forward(tree, symmetry, body)
    toes = _foot(tree, symmetry, body, forward)
    found = _trunk_joints(tree, symmetry, body, toes.get("foot"))
    left = np.cross(body.up, forward)
    for limb, parts in ((body.leg, ("hip", "knee", "ankle")), (body.arm, ("shoulder", "elbow", "wrist"))):
        one = dict(zip(parts, (limb.first, limb.middle, limb.last)))
        extra = dict(toes) if limb is body.leg else _collar(limb)
        if limb is body.arm:
            for finger, bones in fingers(tree, symmetry, limb.last, limb.middle, forward).items():
                extra |= {f"{finger}{n}": bone for n, bone in enumerate(bones, 1)}
        is_left = bool(np.dot(tree.heads[limb.first] - symmetry.point, left) > 0.0)
        for part, bone in (one | extra).items():
            found[f"{'left' if is_left else 'right'}_{part}"] = bone
            found[f"{'right' if is_left else 'left'}_{part}"] = symmetry.partner[bone]
    return {joint: tree.names[bone] for joint, bone in found.items()}


def _find_body(tree: BoneTree) -> tuple[Symmetry, _Body]:
    """Return the body and the plane that halves it. Raises ``NoHumanShape``."""
    found: list[tuple[Symmetry, _Body]] = []
    reasons: list[NoHumanShape] = []
    for symmetry in symmetries(tree):
        try:
            found.append((symmetry, _body(tree, symmetry)))
        except NoHumanShape as reason:
            reasons.append(reason)
    if found:
        return min(found, key=lambda one: one[1].cost)
    if reasons:
        raise max(reasons, key=lambda reason: reason.nearness)
    raise NoHumanShape("it has no bones that mirror each other as two legs and two arms do")


def _body(tree: BoneTree, symmetry: Symmetry) -> _Body:
    """Return the legs and arms that fit together best. Raises ``NoHumanShape`` with the nearest reason."""
    best: _Body | None = None
    reasons: list[tuple[int, str]] = [(0, "it has no pair of legs: two chains of hip, knee and foot on either side")]
    for leg in legs(tree, symmetry):
        if leg.cost > _LEG_COST:
            continue
        if limb_length(tree, leg) > 0.15 * tree.size:
            reasons.append((1, "it has no second pair of limbs, as legs and arms are, with a trunk between them"))
        for arm in arms(tree, symmetry, leg):
            if arm.cost > _ARM_COST:
                continue
            found = _joined(tree, symmetry, leg, arm)
            if isinstance(found, _Body):
                best = found if best is None or found.cost < best.cost else best
            else:
                reasons.append(found)
    if best is None:
        nearness, reason = max(reasons, key=lambda reason: reason[0])
        raise NoHumanShape(reason, nearness)
    return best


def _joined(tree: BoneTree, symmetry: Symmetry, leg: Limb, arm: Limb) -> _Body | tuple[int, str]:
    """Return the body of these legs and arms, or why they are none, with how near they come."""
    pelvis = tree.common(tree.parents[leg.top], tree.parents[arm.top])
    if min(tree.parents[leg.top], tree.parents[arm.top]) < 0 or pelvis < 0:
        return 2, "its legs and arms hang on no common bone"
    hips, shoulders, ankles = (_middle(tree, symmetry, bone) for bone in (leg.first, arm.first, leg.last))
    up = shoulders - hips
    height, length = float(np.linalg.norm(up)), limb_length(tree, leg)
    if not _TRUNK[0] * length < height < _TRUNK[1] * length or not (
        _ARM[0] * length < limb_length(tree, arm) < _ARM[1] * length
    ):
        return 2, "its limbs are not in the proportion of legs, trunk and arms"
    if angle_between(hips - ankles, up) > _UPRIGHT:
        return 3, "its trunk does not stand on its legs; it looks like an animal's, or sits in its rest pose"
    trunk = tuple(reversed(tree.line_up(tree.parents[arm.top])[: tree.line_up(tree.parents[arm.top]).index(pelvis)]))
    if not trunk:
        return 3, "it has no spine bone between legs and arms"
    up = up / height
    if _head_line(tree, symmetry, trunk[-1], shoulders, up) == []:
        return 3, "it has no head above its shoulders"
    cost = leg.cost + arm.cost - 0.7 * np.log(length / tree.size) + 0.1 * len(tree.line_up(pelvis))
    return _Body(leg, arm, pelvis, trunk, up, float(cost))


def _middle(tree: BoneTree, symmetry: Symmetry, bone: int) -> Array:
    return np.asarray(0.5 * (tree.heads[bone] + tree.heads[symmetry.partner[bone]]))


def _second_body(tree: BoneTree, body: _Body) -> bool:
    """Say whether another human shape remains without the one found."""
    try:
        _find_body(tree.without(body.pelvis))
    except NoHumanShape:
        return False
    return True


def _head_line(tree: BoneTree, symmetry: Symmetry, chest: int, shoulders: Array, up: Array) -> list[int]:
    """Return the bones from the chest to the highest one in the middle; [] if none lies above the shoulders."""

    def height(bone: int) -> float:
        return float(np.dot(tree.heads[bone] - shoulders, up))

    line: list[int] = []
    here = chest
    while below := [child for child in tree.children[here] if symmetry.partner.get(child) == child]:
        here = max(below, key=lambda child: max(map(height, _in_middle(tree, symmetry, child))))
        if line and height(here) <= height(line[-1]):
            break
        line.append(here)
    return line if line and height(line[-1]) > 0.0 else []


def _in_middle(tree: BoneTree, symmetry: Symmetry, top: int) -> list[int]:
    """Return a bone and those below it that lie in the plane of symmetry."""
    found, waiting = [], [top]
    while waiting:
        found.append(waiting.pop())
        waiting += [child for child in tree.children[found[-1]] if symmetry.partner.get(child) == child]
    return found


def _trunk_joints(tree: BoneTree, symmetry: Symmetry, body: _Body, foot: int | None) -> dict[str, int]:
    """Return pelvis, spine, neck and head; ``foot``: the bone of the toes on one side."""
    shoulders = _middle(tree, symmetry, body.arm.first)
    line = _head_line(tree, symmetry, body.trunk[-1], shoulders, body.up)
    length = limb_length(tree, body.leg)
    heights = [float(np.dot(tree.heads[bone] - shoulders, body.up)) / length for bone in line]
    costs = [_head_cost(tree, symmetry, bone, height) for bone, height in zip(line, heights)]
    if not tree.children[line[-1]]:
        costs[-1] += _END if _has_end(tree, foot) else _NO_END
    head = line[int(np.argmin(costs))]
    trunk, neck = list(body.trunk), line[: line.index(head)]
    # Collar bones may hang on the neck, as Biped's do.
    if len(trunk) > 1 and np.dot(tree.heads[trunk[-1]] - shoulders, body.up) > 0.08 * length:
        neck.insert(0, trunk.pop())
    found = {"pelvis": body.pelvis, "head": head}
    found |= {f"spine:{n}": bone for n, bone in enumerate(evenly(trunk, MOST_SPINE_BONES))}
    return found | {f"neck:{n}": bone for n, bone in enumerate(evenly(neck, MOST_NECK_BONES))}


def _head_cost(tree: BoneTree, symmetry: Symmetry, bone: int, height: float) -> float:
    """Return how unlike a head's joint a bone is: by its height over the shoulders, and by what branches from it."""
    branches = sum(symmetry.partner.get(child, child) != child for child in tree.children[bone])
    return abs(float(np.log(max(height, 1e-3) / _HEAD_ABOVE))) - (0.5 if branches >= 2 else 0.0)


def _has_end(tree: BoneTree, foot: int | None) -> bool:
    """Say whether the bone of the toes has one at its tip, as exporters add to the ends of all chains."""
    return foot is not None and len(tree.children[foot]) == 1 and tree.counts[foot] == 2


def _foot(tree: BoneTree, symmetry: Symmetry, body: _Body, forward: Array) -> dict[str, int]:
    """Return the bone of the toes: where the foot divides into toes, else the last one before the tip."""

    def ahead(bone: int) -> list[int]:
        return [
            child
            for child in tree.children[bone]
            if symmetry.partner.get(child, child) != child
            and np.dot(tree.heads[child] - tree.heads[body.leg.last], forward) > 0.02 * tree.size
        ]

    path: list[int] = []
    below = ahead(body.leg.last)
    while below and not (path and len(below) >= _TOES):
        toes = len(below) >= _TOES  # of several toes the big one
        path.append(min(below, key=lambda bone: (0 if toes else -tree.counts[bone], symmetry.offset(tree.heads[bone]))))
        below = ahead(path[-1])
    if len(path) >= 2 and not tree.children[path[-1]]:
        path.pop()
    return {"foot": path[-1]} if path else {}


def _collar(arm: Limb) -> dict[str, int]:
    return {"collar": arm.top} if arm.top != arm.first else {}


def _forward(tree: BoneTree, symmetry: Symmetry, body: _Body) -> Array:
    """Return where the character looks (3,): where its feet point, else where elbows, knees and thumbs say."""
    across = symmetry.normal - np.dot(symmetry.normal, body.up) * body.up
    ahead = np.cross(across / np.linalg.norm(across), body.up)
    length = limb_length(tree, body.leg)

    def towards(start: Array, end: Array) -> float:
        return float(np.dot(end - start, ahead)) / length

    leg, arm, heads = body.leg, body.arm, tree.heads
    clue = max((towards(heads[leg.last], heads[bone]) for bone in tree.below(leg.last)), key=abs, default=0.0)
    if abs(clue) < 0.03:
        tail = towards(heads[leg.last], tree.tails[leg.last])
        clue = tail if 0.05 < abs(tail) < 0.4 else 0.0
    if abs(clue) < 0.03:
        knee = towards(0.5 * (heads[leg.first] + heads[leg.last]), heads[leg.middle])
        elbow = towards(heads[arm.middle], 0.5 * (heads[arm.first] + heads[arm.last]))
        clue = knee + elbow
    return np.asarray(ahead if clue >= 0.0 else -ahead)
