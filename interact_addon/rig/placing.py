"""Joint places solved where a rig's bones would carry them elsewhere. No Blender here.

Canonical hips are fixed in the pelvis and collar bones in the chest. In some rigs they hang on another bone: the thighs
of 3ds Max's Biped on the lowest spine bone, its clavicles on the neck. That bone's turn moves them, and no rotation
below can bring them back. So their heads get a location channel, as Biped's own animation has: the head then lies where
the joint is, and everything below lands. Where a bone cannot be moved (it is connected to its parent, or its location
is locked), the pelvis moves so that both hips lie around their place and both ankles are in reach, and two-bone IK
turns the limb so that ankle or wrist lands; the knee stays in its plane and the foot keeps its orientation. A straight
arm reaches as far as it can. So do the arms of a rig without collar bones, whose shoulders stay in the chest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot
from .mapping import SIDES, Drive, RigMap

# The joint that each of these is fixed in.
FIXED_IN = {"left_hip": "pelvis", "right_hip": "pelvis", "left_collar": "spine3", "right_collar": "spine3"}
_LIMBS = {
    "left_hip": ("left_hip", "left_knee", "left_ankle"), "right_hip": ("right_hip", "right_knee", "right_ankle"),
    "left_collar": ("left_shoulder", "left_elbow", "left_wrist"),
    "right_collar": ("right_shoulder", "right_elbow", "right_wrist"),
    "left_shoulder": ("left_shoulder", "left_elbow", "left_wrist"),
    "right_shoulder": ("right_shoulder", "right_elbow", "right_wrist"),
}  # fmt: skip
_ROUNDS = 4  # the reach of one leg and that of the other, in turn
_STRAIGHT = 0.9995  # of the limb's length: how far it reaches at most, so that the elbow keeps a side to bend to


def displaced(rig: RigMap) -> tuple[str, ...]:
    """Return the joints of ``FIXED_IN`` that another bone turns away, and shoulders without collar bones."""
    by_bone = {drive.bone: drive for drive in rig.drives}
    found = [f"{side}_shoulder" for side in SIDES if f"{side}_collar" not in rig.places]
    for joint, base in FIXED_IN.items():
        if joint in rig.places:
            above = by_bone.get(by_bone[rig.places[joint][0]].above)
            if above is not None and (above.joint != base or _differs(above)):
                found.append(joint)
    return tuple(found)


def _differs(drive: Drive) -> bool:
    return drive.share > 0.0 or bool(drive.twist)


def place_heads(driven: Array, root: Array, targets: dict[int, Array], rest: Any) -> tuple[Array, dict[int, Array]]:
    """Return the heads (T, B, 3) of the driven bones in the world, and how far each of ``targets`` was moved.

    ``driven`` (T, B, 4): world deltas; ``root`` (T, 3): the head of the bone that carries the body; ``targets``: heads
    (T, 3) by bone index. The second value is (T, 3) by bone index in the world, from where the bone above carries it.
    """
    heads, moved = np.empty((*driven.shape[:2], 3)), {}
    for index, above in enumerate(rest.carriers.tolist()):
        if above < 0:
            heads[:, index] = root if index == rest.root else rest.world_heads[index]
            continue
        arm = np.broadcast_to(rest.world_heads[index] - rest.world_heads[above], root.shape)
        carried = heads[:, above] + rot.rotate(driven[:, above], arm)
        heads[:, index] = targets.get(index, carried)
        if index in targets:
            moved[index] = targets[index] - carried
    return heads, moved


def reach_limbs(driven: Array, root: Array, joints: Array, rig: RigMap, rest: Any) -> tuple[Array, Array]:
    """Return deltas (T, B, 4) and root head (T, 3) with which limbs that cannot be moved reach their places.

    ``joints`` (T, 52, 3): canonical joints in the world, at the height the character stands.
    """
    index_of = {drive.bone: index for index, drive in enumerate(rig.drives)}
    bone_of = {joint: index_of[rig.places[joint][0]] for joint in rig.places if rig.places[joint][0] in index_of}
    hips = [joint for joint in rest.reached if joint.endswith("hip")]
    if len(hips) == 2:
        root = _between_hips(driven, root, joints, bone_of, rest)
    driven = driven.copy()
    for joint in rest.reached:
        chain = _LIMBS[joint]
        if any(name not in bone_of for name in chain):
            continue
        heads, _ = place_heads(driven, root, {}, rest)
        start, middle, end = (heads[:, bone_of[name]] for name in chain)
        turns = _two_bones(start, middle, end, joints[:, skeleton.INDEX[chain[2]]])
        for index, drive in enumerate(rig.drives):
            if drive.joint in chain[:2]:
                driven[:, index] = rot.multiply(turns[chain.index(drive.joint)], driven[:, index])
    return driven, root


def _between_hips(driven: Array, root: Array, joints: Array, bone_of: dict[str, int], rest: Any) -> Array:
    """Return the root's head (T, 3) with the hips around their places, moved on where an ankle is out of reach."""
    heads, _ = place_heads(driven, root, {}, rest)
    chains = [[bone_of[name] for name in _LIMBS[hip]] for hip in ("left_hip", "right_hip")]
    ways = [joints[:, skeleton.INDEX[hip]] - heads[:, bone_of[hip]] for hip in ("left_hip", "right_hip")]
    way = np.mean(ways, axis=0)
    for _ in range(_ROUNDS):
        for side, (hip, knee, ankle) in zip(("left", "right"), chains):
            length = sum(np.linalg.norm(heads[0, b] - heads[0, a]) for a, b in ((hip, knee), (knee, ankle)))
            line = joints[:, skeleton.INDEX[f"{side}_ankle"]] - heads[:, hip] - way
            distance = np.linalg.norm(line, axis=-1, keepdims=True)
            way = way + line * np.maximum(1.0 - _STRAIGHT * length / np.maximum(distance, 1e-9), 0.0)
    return root + way


def _two_bones(start: Array, middle: Array, end: Array, target: Array) -> tuple[Array, Array]:
    """Return the world turns (T, 4) of a limb's upper and lower bone after which its end (T, 3) is at ``target``.

    The middle joint bends or straightens in its own plane by the law of cosines; then the whole limb swings.
    """
    upper, lower = np.linalg.norm(middle - start, axis=-1), np.linalg.norm(end - middle, axis=-1)
    wanted = np.linalg.norm(target - start, axis=-1)
    wanted = np.clip(wanted, np.abs(upper - lower) * 1.001, (upper + lower) * _STRAIGHT)
    bend = np.arccos(np.clip((wanted**2 - upper**2 - lower**2) / (2.0 * upper * lower), -1.0, 1.0))
    before = rot.unit(middle - start), rot.unit(end - middle)
    now = np.arccos(np.clip(np.sum(before[0] * before[1], axis=-1), -1.0, 1.0))
    hinge = rot.unit(np.cross(*before))
    fold = rot.from_axis_angle(hinge * (bend - now)[:, None])
    swing = rot.between(middle + rot.rotate(fold, end - middle) - start, target - start)
    return swing, rot.multiply(swing, fold)
