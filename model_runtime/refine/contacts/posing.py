"""Both bodies in torch, differentiable: corrections in, joints and everything fixed to them out.

Trunk, head and arms are a chain of rotations. A leg is two bones in closed form between the hip that the trunk carries
and the ankle that stands where its foothold is, so a planted foot is exact whatever the body above it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...body_model import rotations as rot
from ...body_model.kinematics import quaternion_to_matrix, yaw_matrix
from ...body_model.skeleton import FINGERS, INDEX, JOINTS, PARENTS, forward_kinematics
from ...common.arrays import Array
from .motion import BodyMotion

# The joints that are turned, in the order of the chain, and by level: those of one level hang on the level before.
TURNED = (
    "pelvis", "spine1", "spine2", "spine3", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    *(f"{side}_{finger}1" for side in ("left", "right") for finger in FINGERS),
)  # fmt: skip
TURNED_JOINTS = tuple(INDEX[name] for name in TURNED)
_LEVELS = ((1,), (2,), (3,), (4, 5, 6), (7, 8, 9), (10, 11), (12, 13), tuple(range(14, 24)))
_SIDES = ("left", "right")
LEG = ("hip", "knee", "ankle", "foot")
# All joints of ``Posed``: the chain, then the legs, left before right.
POSED = (*TURNED, *(f"{side}_{part}" for part in LEG for side in _SIDES))
COLUMN = {name: column for column, name in enumerate(POSED)}
_STRAIGHTEST = 0.985  # of a leg's length
_STRETCH = 0.003  # metres by which any leg may become longer than it was
_FORWARD = np.array([0.0, -1.0, 0.0])


def column_of(joint: int) -> int:
    """Return the column of ``POSED`` that carries a canonical joint; the ends of a finger go with its first joint."""
    while JOINTS[joint] not in COLUMN:
        joint = PARENTS[joint]
    return COLUMN[JOINTS[joint]]


class Corrections(NamedTuple):
    """Corrections of A actors over T frames, in radians and metres."""

    turns: Tensor  # (A, T, 24, 3) rotation vectors, in the frame of the joint's parent
    root: Tensor  # (A, T, 3)
    shift: Tensor  # (A, T, 3) of the whole body: x, y, and the turn about its middle
    feet: Tensor  # (A, T, 2, 3) the part of the shift that each foot has
    swing: Tensor  # (A, T, 2, 3) of a foot in the air
    swivel: Tensor  # (A, T, 2) of a knee about the line from hip to ankle


class Posed(NamedTuple):
    """A bodies over T frames, 32 joints each in the order of ``POSED``."""

    places: Tensor  # (A, T, 32, 3) metres
    turns: Tensor  # (A, T, 32, 3, 3)
    local: Tensor  # (A, T, 24, 4) local quaternions of ``TURNED``
    overreach: Tensor  # (A, T, 2) metres by which a foothold is out of a leg's reach


class Bodies:
    """The motion that is corrected, as constants in torch."""

    def __init__(self, motions: Sequence[BodyMotion], frames: Array, dtype: torch.dtype = torch.float32) -> None:
        """``frames`` (T,): which frames of ``motions``, any of them as often as wanted."""
        self.frames, self.dtype = frames, dtype
        self.motions = tuple(motions)
        self.world = [
            forward_kinematics(np.asarray(m.root[frames], np.float32), np.asarray(m.rotations[frames]), m.skeleton)
            for m in motions
        ]
        self.local = self._stack([m.rotations[frames][:, TURNED_JOINTS] for m in motions])
        self.root = self._stack([m.root[frames] for m in motions])
        self.middle = self._stack([m.root.mean(0) * [1.0, 1.0, 0.0] for m in motions])
        self.offsets = self._stack([m.skeleton.offsets[list(TURNED_JOINTS)] for m in motions])
        legs = [self._legs(a) for a in range(len(motions))]
        self.legs = {name: self._stack([leg[name] for leg in legs]) for name in legs[0]}

    def _stack(self, arrays: Sequence[Array]) -> Tensor:
        return torch.from_numpy(np.stack([np.asarray(array, np.float64) for array in arrays])).to(self.dtype)

    def _legs(self, actor: int) -> dict[str, Array]:
        """Return what the legs of one actor are like, left and right in axis 1 (or 0 where frames do not matter)."""
        places, world = (np.asarray(x, np.float64) for x in self.world[actor])
        offsets = np.asarray(self.motions[actor].skeleton.offsets, np.float64)
        hip, knee, ankle, foot = ([INDEX[f"{side}_{part}"] for side in _SIDES] for part in LEG)
        thigh, shin = places[:, knee] - places[:, hip], places[:, ankle] - places[:, knee]
        line = rot.unit(places[:, ankle] - places[:, hip])
        upper = np.linalg.norm(offsets[knee], axis=-1)
        pole = (thigh - np.sum(thigh * line, -1, keepdims=True) * line) / upper[:, None]
        clear = np.linalg.norm(pole, axis=-1, keepdims=True)
        # A straight leg has no side to bend to: its own front.
        pole = pole + 0.05 * np.exp(-((clear / 0.04) ** 2)) * rot.rotate(world[:, hip], _FORWARD)
        lower = np.linalg.norm(offsets[ankle], axis=-1)
        apart = places[:, hip] - places[:, ankle]
        was, longest = np.linalg.norm(apart, axis=-1), 0.99999 * (upper + lower)
        reach = np.minimum(np.maximum(was + _STRETCH, _STRAIGHTEST * (upper + lower)), longest)
        to_spare = np.sqrt(np.maximum(reach**2 - np.sum(apart[..., :2] ** 2, -1), 1e-4)) - apart[..., 2]
        return {
            "hip_offset": offsets[hip],
            "upper": upper,
            "lower": lower,
            "reach": reach,
            "soft": np.clip(to_spare, 1e-5, _STRETCH),
            "pole": pole,
            "thigh": rot.unit(thigh),
            "shin": rot.unit(shin),
            "hip_turn": rot.to_matrix(world[:, hip]),
            "knee_turn": rot.to_matrix(world[:, knee]),
            "ankle": places[:, ankle],
            "ankle_turn": rot.to_matrix(world[:, ankle]),
            "foot_offset": offsets[foot],
            "foot_turn": rot.to_matrix(world[:, foot]),
        }

    def pose(self, c: Corrections) -> Posed:
        """Return the bodies with these corrections."""
        local = multiply(_from_axis_angle(c.turns), self._turned(c))
        turns = quaternion_to_matrix(local)
        world: list[Tensor] = [turns[:, :, :1]]
        places = [self._low_enough(self._moved(self.root, c.shift) + c.root, world[0], c)[:, :, None]]
        done = {0: (0, 0)}  # of each joint of the chain: level and place in it
        for level, joints in enumerate(_LEVELS, 1):
            above = [done[TURNED_JOINTS.index(PARENTS[TURNED_JOINTS[joint]])] for joint in joints]
            parent, at = world[above[0][0]], places[above[0][0]]
            if level > 4 or len(joints) > 1:
                parent = torch.stack([world[a][:, :, b] for a, b in above], 2)
                at = torch.stack([places[a][:, :, b] for a, b in above], 2)
            first, last = joints[0], joints[-1] + 1
            places.append(at + _apply(parent, self.offsets[:, None, first:last]))
            world.append(parent @ turns[:, :, first:last])
            done |= {joint: (level, k) for k, joint in enumerate(joints)}
        legs, leg_turns, overreach = self._legs_at(world[0], places[0], c)
        return Posed(torch.cat([*places, *legs], 2), torch.cat([*world, *leg_turns], 2), local, overreach)

    def _turned(self, c: Corrections) -> Tensor:
        """Return the local quaternions with the pelvis turned as the whole body is."""
        half = 0.5 * c.shift[..., 2]
        zero = torch.zeros_like(half)
        yaw = torch.stack([half.cos(), zero, zero, half.sin()], -1)
        return torch.cat([multiply(yaw, self.local[:, :, 0])[:, :, None], self.local[:, :, 1:]], 2)

    def _moved(self, places: Tensor, shift: Tensor) -> Tensor:
        """Return ``places`` (A, T, ..., 3) moved by a ``shift`` (A, T, ..., 3)."""
        middle = self.middle.view(len(self.middle), *[1] * (places.dim() - 2), 3)
        flat = torch.cat([shift[..., :2], torch.zeros_like(shift[..., :1])], -1)
        return middle + _apply(yaw_matrix(shift[..., 2]), places - middle) + flat

    def _low_enough(self, root: Tensor, pelvis: Tensor, c: Corrections) -> Tensor:
        """Return the root (A, T, 3) lowered as far as the legs need it to reach their footholds."""
        apart = root[:, :, None] + _apply(pelvis, self.legs["hip_offset"][:, None]) - self._wanted(c)
        allowed = (self.legs["reach"] ** 2 - apart[..., :2].square().sum(-1)).clamp_min(1e-4).sqrt()
        short, soft = apart[..., 2] - allowed, self.legs["soft"]
        # Without a corner, and never less than it needs; nothing where the motion was left as it is.
        need = torch.where(short < soft, torch.relu(short + soft).square() / (4.0 * soft), short).amax(-1)
        return torch.cat([root[..., :2], root[..., 2:] - need[..., None]], -1)

    def _wanted(self, c: Corrections) -> Tensor:
        """Return where the ankles (A, T, 2, 3) belong."""
        return self._moved(self.legs["ankle"], c.feet) + c.swing

    def _legs_at(self, pelvis: Tensor, root: Tensor, c: Corrections) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Return places and turns of hips, knees, ankles and feet, and how far ankles are out of reach."""
        leg = self.legs
        yaw = yaw_matrix(c.feet[..., 2])
        hip = root + _apply(pelvis, leg["hip_offset"][:, None])
        line = self._wanted(c) - hip
        apart = line.square().sum(-1).clamp_min(1e-8).sqrt()
        upper, lower = leg["upper"][:, None], leg["lower"][:, None]
        distance = torch.minimum(apart, leg["reach"]).clamp_min(1e-3)
        distance = torch.maximum(distance, (upper - lower).abs() + 0.02)
        line = line / apart[..., None]
        pole = _apply(yaw, leg["pole"])
        pole = pole - (pole * line).sum(-1, keepdim=True) * line
        pole = pole / pole.square().sum(-1, keepdim=True).clamp_min(1e-12).sqrt()
        aside = torch.linalg.cross(line, pole)
        pole = pole * c.swivel.cos()[..., None] + aside * c.swivel.sin()[..., None]
        along = (upper**2 - lower**2 + distance**2) / (2.0 * distance)
        off = (upper**2 - along**2).clamp_min(1e-10).sqrt()
        thigh = along[..., None] * line + off[..., None] * pole
        knee, ankle = hip + thigh, hip + distance[..., None] * line
        hip_turn = _between(_apply(yaw, leg["thigh"]), thigh / upper[..., None]) @ (yaw @ leg["hip_turn"])
        knee_turn = _between(_apply(yaw, leg["shin"]), (ankle - knee) / lower[..., None]) @ (yaw @ leg["knee_turn"])
        ankle_turn, foot_turn = yaw @ leg["ankle_turn"], yaw @ leg["foot_turn"]
        foot = ankle + _apply(ankle_turn, leg["foot_offset"][:, None])
        return [hip, knee, ankle, foot], [hip_turn, knee_turn, ankle_turn, foot_turn], apart - leg["reach"]

    def attached(self, joints: Array, offsets: Array, actor: int) -> Array:
        """Return points (T, N, 3), fixed to canonical ``joints`` (N,) at ``offsets`` (N, 3), in the frames of the
        columns of ``POSED`` that carry them. The ends of fingers keep their bend.
        """
        local = np.broadcast_to(np.asarray(offsets, np.float64), (len(self.frames), *offsets.shape)).copy()
        ends = np.flatnonzero([JOINTS[int(joint)] not in COLUMN for joint in joints])
        if len(ends):
            places, world = (np.asarray(x, np.float64) for x in self.world[actor])
            own = np.asarray(joints)[ends]
            carriers = [INDEX[POSED[column_of(int(joint))]] for joint in own]
            there = places[:, own] + rot.rotate(world[:, own], local[:, ends])
            local[:, ends] = rot.rotate(rot.conjugate(world[:, carriers]), there - places[:, carriers])
        return local

    def attached_directions(self, joints: Array, directions: Array, actor: int) -> Array:
        """Return directions (T, N, 3) in the same way as ``attached`` returns points."""
        here = np.zeros_like(np.asarray(directions, np.float64))
        return self.attached(joints, directions, actor) - self.attached(joints, here, actor)


def _apply(turn: Tensor, vector: Tensor) -> Tensor:
    return (turn @ vector[..., None])[..., 0]


def _from_axis_angle(vector: Tensor) -> Tensor:
    angle = (vector.square().sum(-1, keepdim=True) + 1e-12).sqrt()
    half = 0.5 * angle
    return torch.cat([half.cos(), vector * (half.sin() / angle)], -1)


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Compose quaternions (..., 4): ``b``, then ``a``."""
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )


def _between(a: Tensor, b: Tensor) -> Tensor:
    """Return the shortest rotations (..., 3, 3) from unit vectors ``a`` to ``b`` (..., 3), which are never opposite."""
    axis, cosine = torch.linalg.cross(a, b), (a * b).sum(-1)
    x, y, z = axis.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    outer = axis[..., :, None] * axis[..., None, :] / (1.0 + cosine).clamp_min(1e-4)[..., None, None]
    return torch.eye(3, dtype=a.dtype) * cosine[..., None, None] + skew + outer
