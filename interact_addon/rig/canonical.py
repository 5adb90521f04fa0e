"""The inverse of retargeting: a rig's pose in the world as canonical root and rotations. No Blender here.

A bone that follows a joint alone gives the joint's rotation: C_j = D_b A_j^-1, in the terms of ``retarget``. A bone
between two joints (a spine of four bones, a second neck) is on the arc from the lower joint to the upper one. Where
no bone has a joint for itself, the joint is the one whose arcs pass through the bones beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..runtime_api import Array, skeleton
from ..runtime_api import rotations as rot
from .forward import posed_bones
from .mapping import Drive, RigMap
from .retarget import retarget

_ROUNDS, _NEAR = 12, 1e-4  # radians and metres
HIPS = ("left_hip", "right_hip")


def to_canonical(orientations: Array, hips: Array, rig: RigMap, rest: Any) -> tuple[Array, Array]:
    """Return pelvis positions (T, 3) in metres and local rotations (T, 52, 4), the pelvis against the world.

    ``orientations`` (T, B, 4): the driven bones in the world, in the order of ``rig.drives``; ``hips`` (T, 2, 3): left
    and right hip joint in the world, metres; ``rest``: the rig's ``RestPose``. A joint that the rig lacks keeps its
    rotation of the T-pose. Where limbs are solved by inverse kinematics, the motion is found whose retargeting is the
    pose that is seen.
    """
    seen = _directly(orientations, hips, rig, rest)
    return _that_shows(seen, rig, rest) if rest.reached else seen


def _that_shows(seen: tuple[Array, Array], rig: RigMap, rest: Any) -> tuple[Array, Array]:
    """Return the motion whose retargeted pose reads as ``seen``: of several rounds the nearest one, frame by frame.

    A leg that is stretched out has several; then the nearest may be off by some degrees, with the foot in its place.
    """
    root, rotations = best_root, best = seen
    least = np.full(len(root), np.inf)
    for _ in range(_ROUNDS):
        heads, shown = posed_bones(retarget(root, rotations, rig, rest), rest)
        again = _directly(shown, heads[:, [rest.bones.index(rig.places[hip][0]) for hip in HIPS]], rig, rest)
        turned = rot.multiply(rot.conjugate(again[1]), seen[1])
        off = np.linalg.norm(turned[..., 1:], axis=-1).max(axis=1) + np.linalg.norm(again[0] - seen[0], axis=-1)
        nearer = off < least
        least = np.minimum(off, least)
        best_root = np.where(nearer[:, None], root, best_root)
        best = np.where(nearer[:, None, None], rotations, best)
        if least.max() < _NEAR:
            break
        root, rotations = root + seen[0] - again[0], rot.normalize(rot.multiply(rotations, turned))
    return best_root, rot.continuous(best)


def _directly(orientations: Array, hips: Array, rig: RigMap, rest: Any) -> tuple[Array, Array]:
    """Do as ``to_canonical`` as if every bone followed its joint.

    The pelvis lies where both hips say, so that a rig that moves its thighs is met as well.
    """
    turned = rot.multiply(orientations, rot.conjugate(rest.world_rotations)[None])  # D_b, world
    known = _joints(turned, rig)
    world, local = np.empty((len(turned), len(skeleton.JOINTS), 4)), np.zeros((len(turned), len(skeleton.JOINTS), 4))
    for joint, parent in enumerate(skeleton.PARENTS):
        name = skeleton.JOINTS[joint]
        if name not in known:
            local[:, joint, 0] = 1.0
            world[:, joint] = world[:, parent]
            continue
        world[:, joint] = rot.multiply(known[name], rot.conjugate(rest.turns[joint]))
        above = rot.conjugate(world[:, parent]) if parent >= 0 else np.array([1.0, 0.0, 0.0, 0.0])
        local[:, joint] = rot.multiply(above, world[:, joint])
    middle = np.mean([rest.skeleton.offsets[skeleton.INDEX[hip]] for hip in HIPS], axis=0)
    root = hips.mean(axis=1) - rot.rotate(world[:, 0], middle) - np.array([0.0, 0.0, rest.floor])
    return root, rot.continuous(rot.normalize(local))


def _joints(turned: Array, rig: RigMap) -> dict[str, Array]:
    """Return the world delta (T, 4) of each joint that the rig shows, from those of the bones (T, B, 4)."""
    alone: dict[str, Array] = {}
    between: list[tuple[Drive, Array]] = []
    for index, drive in enumerate(rig.drives):
        if drive.twist:
            continue
        if drive.share > 0.0:
            between.append((drive, turned[:, index]))
        else:
            alone.setdefault(drive.joint, turned[:, index])
    for joint in dict.fromkeys(name for drive, _ in between for name in (drive.joint, drive.towards)):
        if joint not in alone and (found := _from_arcs(joint, alone, between)) is not None:
            alone[joint] = found
    for drive, turn in between:  # a bone with two joints of its own, such as the lower one of two spine bones
        if drive.joint not in alone and drive.towards not in alone:
            alone[drive.joint] = alone[drive.towards] = turn
    return alone


def _from_arcs(joint: str, known: dict[str, Array], between: Sequence[tuple[Drive, Array]]) -> Array | None:
    """Return the delta (T, 4) of a joint whose arcs to known joints pass through the bones on them; None without any.

    Bones nearer to the joint count more, by their share.
    """
    found: Array | None = None
    total = 0.0
    for drive, turn in between:
        if drive.towards == joint and drive.joint in known:
            start, share = known[drive.joint], drive.share
        elif drive.joint == joint and drive.towards in known:
            start, share = known[drive.towards], 1.0 - drive.share
        else:
            continue
        guess = _beyond(start, turn, 1.0 / share)
        total += share
        found = guess if found is None else rot.slerp(found, guess, np.full(len(turn), share / total))
    return found


def _beyond(start: Array, through: Array, times: float) -> Array:
    """Return the rotation (T, 4) that lies ``times`` as far from ``start`` (T, 4) as ``through`` (T, 4) does."""
    arc = rot.to_axis_angle(rot.multiply(rot.conjugate(start), through))
    return rot.multiply(start, rot.from_axis_angle(arc * times))
