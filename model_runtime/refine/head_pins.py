"""Hold heads where they are pinned: the trunk leans, the pelvis shifts and sinks, and the feet stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.feet import SIDES
from ..body_model.inverse_kinematics import bend, local_rotations
from ..body_model.skeleton import EYES, INDEX, Skeleton, forward_kinematics, heading_of
from ..common.arrays import Array, BoolArray, FloatArray
from ..common.headings import facing
from ..contract import Actor, Pin
from ..contract.directions import span_frames
from .fixed import freedom
from .pins import missed, way_to_pins

MIDDLE_OF_HEAD = np.array([0.0, 0.0, EYES[2]], np.float32)  # as ``EYES``: at their height, above the head's joint
_PACE, _QUICKEST, _SLOWEST = 0.35, 0.6, 1.8  # metres a second and seconds of the way to a pin
_OUT_OF_REACH = 0.03  # metres
_BESIDE_FIXED, _BESIDE_SEAT = 20, 20  # frames over which the body may leave frames that stay, and the pelvis a seat
# How far each goes. Of a mean body where in metres.
_FURTHEST_SHIFT, _LOWEST = 0.13, 0.24
_FURTHEST_LEAN = np.radians([32.0, 45.0])  # standing and seated
_LEANS = 0.6  # share of the way over the floor that is made by leaning where both are free
_BALANCE = 0.35  # metres that the pelvis goes back for each that it sinks, so that heels stay under the body
_BENT = {"pelvis": 0.3, "spine1": 0.55, "spine2": 0.8, "spine3": 1.0, "neck": 0.5}  # share of the lean; the head: none
_ARMS_BENT = 0.35  # the same of upper arms, which hang
_STRAIGHTEST = 0.985  # of the length of a leg
_STEPS = 12  # of the search for a pose
_SMOOTHING = 2.0  # frames
_FORWARD = np.array([0.0, -1.0, 0.0], np.float32)  # to where the knee of a straight leg goes
_UP = np.array([0.0, 0.0, 1.0])


def hold_heads(
    roots: FloatArray, rotations: FloatArray, actors: Sequence[Actor], fixed: Sequence[BoolArray]
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return roots (A, T, 3) and rotations (A, T, 52, 4) with pinned heads at their pins, a sentence for each failure.

    ``fixed`` (T,) of each: frames on which the body stays as it is. Heads keep their turn in the world, feet their
    place. An actor that sits only leans.
    """
    roots, rotations, notes = roots.copy(), rotations.copy(), list[str]()
    for index, actor in enumerate(actors):
        pins = sorted((pin for pin in actor.pins if pin.part == "head"), key=lambda pin: pin.start)
        if not pins:
            continue
        free = freedom(fixed[index], roots.shape[1], _BESIDE_FIXED)
        shifts = free * freedom(_seated(actor, roots.shape[1]), len(free), _BESIDE_SEAT)
        body = _Body(roots[index], rotations[index], actor.skeleton)
        roots[index], rotations[index] = body.held(pins, free, shifts)
        middle = _Body(roots[index], rotations[index], actor.skeleton).middle
        notes += [_sentence(actor, pin, by) for pin in pins if (by := missed(middle, pin)) > _OUT_OF_REACH]
    return roots, rotations, notes


def _sentence(actor: Actor, pin: Pin, by: float) -> str:
    return (
        f"The head of '{actor.name}' stays {100 * by:.0f} cm short of its pin at {pin.start:.2f} s; bring the target "
        "nearer to where the head is."
    )


def _seated(actor: Actor, frames: int) -> BoolArray:
    seated = np.zeros(frames, bool)
    for span in actor.actions:
        if span.label == "sit":
            seated[span_frames(span.start, span.end, frames)] = True
    return seated


@dataclass(frozen=True)
class _Pose:
    """What is added to frames: ``lean`` (N, 2) of the trunk, a rotation vector over the floor, and ``shift`` (N, 3)."""

    lean: Array
    shift: Array


class _Body:
    """One body over T frames, and where its head is."""

    def __init__(self, root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> None:
        self.root, self.rotations, self.skeleton = root, rotations, skeleton
        self.joints, self.world = forward_kinematics(root, rotations, skeleton)
        self.middle = self.joints[:, INDEX["head"]] + rot.rotate(
            self.world[:, INDEX["head"]], MIDDLE_OF_HEAD * skeleton.size
        )

    def held(self, pins: Sequence[Pin], free: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return root (T, 3) and rotations (T, 52, 4) with the head held; ``free`` and ``shifts`` (T,): how freely the
        body leans, and the pelvis moves.
        """
        way = way_to_pins(self.middle, pins, _PACE, _QUICKEST, _SLOWEST) * free[:, None]
        if not np.abs(way).max() > 1e-6:
            return self.root, self.rotations
        pose = self._found(self.middle + way, free, shifts)
        pose = _Pose(*(gaussian_filter1d(part, _SMOOTHING, axis=0, mode="nearest") for part in (pose.lean, pose.shift)))
        moved: BoolArray = np.abs(np.concatenate([pose.lean, pose.shift], 1)).max(1) > 1e-6
        root, rotations = self._bent(pose)
        return (
            np.where(moved[:, None], root, self.root).astype(np.float32),
            np.where(moved[:, None, None], rotations, self.rotations).astype(np.float32),
        )

    def _found(self, goal: Array, free: FloatArray, shifts: FloatArray) -> _Pose:
        """Return the pose with the head at ``goal`` (T, 3), or as near as the body comes: step by step, all at once."""
        size, frames = self.skeleton.size, len(goal)
        lever = np.maximum(self.middle[:, 2] - self.joints[:, INDEX["spine1"], 2], 0.2 * size)
        back = -facing(heading_of(self.rotations[:, 0])) * _BALANCE
        lean, over, sunk = np.zeros((frames, 2)), np.zeros((frames, 2)), np.zeros(frames)
        share = np.where(shifts > 0.0, _LEANS, 1.0)[:, None]
        furthest = _FURTHEST_SHIFT * size * shifts
        leans = free * (_FURTHEST_LEAN[0] + (free - shifts) * (_FURTHEST_LEAN[1] - _FURTHEST_LEAN[0]))
        for _ in range(_STEPS):
            behind = back * np.maximum(-sunk, 0.0)[:, None]
            over = _within(over + behind, furthest) - behind
            shift = np.concatenate([over + behind, sunk[:, None]], 1)
            left = goal - self._head(_Pose(lean, shift))
            axis = np.stack([-left[:, 1], left[:, 0]], 1) / lever[:, None]  # tips the trunk along the way
            moved = _within(over + behind + (1.0 - share) * left[:, :2], furthest) - behind
            spared = (1.0 - share) * left[:, :2] - (moved - over)  # what the pelvis cannot make, the trunk does
            spared = np.stack([-spared[:, 1], spared[:, 0]], 1) / lever[:, None]
            lean, over = _within(lean + share * axis + spared, leans), moved
            sunk = np.maximum(sunk + left[:, 2], -_LOWEST * size) * (shifts > 0.0)
            sunk = np.minimum(sunk, self._highest(shift))
        behind = back * np.maximum(-sunk, 0.0)[:, None]
        return _Pose(lean, np.concatenate([_within(over + behind, furthest), sunk[:, None]], 1))

    def _head(self, pose: _Pose) -> Array:
        """Return where the middle of the head is (T, 3) in a pose."""
        names = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
        place = self.joints[:, 0] + pose.shift
        for above, below in zip(names[1:], names):
            bone = self.joints[:, INDEX[above]] - self.joints[:, INDEX[below]]
            place = place + rot.rotate(_turn(pose.lean, _BENT[below]), bone)
        return place + self.middle - self.joints[:, INDEX["head"]]

    def _highest(self, shift: Array) -> Array:
        """Return how far up (T,) the pelvis may go, shifted over the floor, until a leg is straight."""
        found = []
        for side in SIDES:
            hip, knee, ankle = (self.joints[:, INDEX[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
            length = np.linalg.norm(knee - hip, axis=1) + np.linalg.norm(ankle - knee, axis=1)
            reach = np.maximum(_STRAIGHTEST * length, np.linalg.norm(ankle - hip, axis=1))
            aside = np.linalg.norm((hip + shift - ankle)[:, :2], axis=1)
            found.append(ankle[:, 2] + np.sqrt(np.maximum(reach**2 - aside**2, 0.0)) - hip[:, 2])
        highest: Array = np.min(found, axis=0)
        return highest

    def _bent(self, pose: _Pose) -> tuple[Array, Array]:
        """Return root (T, 3) and rotations (T, 52, 4) of a pose, the feet where they were."""
        root, result = self.root + pose.shift, self.rotations.copy()
        turns = {
            name: rot.multiply(_turn(pose.lean, share), self.world[:, INDEX[name]]) for name, share in _BENT.items()
        }
        turns["head"] = self.world[:, INDEX["head"]]
        result[:, 0] = turns["pelvis"]
        for name, local in zip(list(turns)[1:], local_rotations(list(turns.values()))):
            result[:, INDEX[name]] = local
        for side in SIDES:
            collar, shoulder = INDEX[f"{side}_collar"], INDEX[f"{side}_shoulder"]
            above, arm = (
                rot.multiply(_turn(pose.lean, share), self.world[:, joint])
                for joint, share in ((collar, _BENT["spine3"]), (shoulder, _ARMS_BENT))
            )
            result[:, shoulder] = rot.multiply(rot.conjugate(above), arm)
            hip, knee, ankle = (INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
            offset = self.joints[:, hip] - self.joints[:, 0]
            moved: Array = pose.shift + rot.rotate(_turn(pose.lean, _BENT["pelvis"]), offset) - offset
            leg = self.joints[:, [hip, knee, ankle]] + moved[:, None]
            ahead = rot.rotate(self.world[:, hip], _FORWARD)
            _, _, thigh, shin = bend(leg, ahead, np.stack([-moved, np.zeros_like(moved)], 1))
            chain = [
                turns["pelvis"],
                rot.multiply(thigh, self.world[:, hip]),
                rot.multiply(shin, self.world[:, knee]),
                self.world[:, ankle],
            ]
            for joint, local in zip((hip, knee, ankle), local_rotations(chain)):
                result[:, joint] = local
        return root, result


def _turn(lean: Array, share: float) -> Array:
    return rot.from_axis_angle(np.concatenate([share * lean, np.zeros((len(lean), 1))], 1))


def _within(values: Array, length: Array | float) -> Array:
    """Return vectors (T, 2) no longer than ``length`` (T,)."""
    size = np.maximum(np.linalg.norm(values, axis=1), 1e-9)
    within: Array = values * np.minimum(1.0, np.asarray(length) / size)[:, None]
    return within
