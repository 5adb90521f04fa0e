"""Represent the motion of two people as features of the lower and the upper stage.

Lower features, per actor and frame (70): root velocity in the heading frame (2, pelvis heights a second),
pelvis height over standing height (1), turn rate (1, rad/s), pelvis tilt (6), eight leg joints (48), foot
contacts (4), own place in the window's frame (2 m + cos, sin of the heading), the partner in my heading frame
(2 m + cos, sin). The window's frame is the actor's own root on the window's first frame, so that nothing
changes when the two swap names or the room is turned.

Upper features (102): thirteen joints from spine to wrist (78) and both hands as principal components of their
fifteen joints' rotation vectors (2 x 12), the right hand mirrored onto the left's basis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..body_model import rotations as rot
from ..body_model.kinematics import matrix_from_6d, matrix_to_6d, quaternion_to_matrix, rotate_plane, yaw_matrix
from ..body_model.skeleton import HAND_INDEX, JOINTS, LEG_JOINTS, UPPER_JOINTS
from ..contract import FPS

VELOCITY, HEIGHT, TURN = slice(0, 2), slice(2, 3), slice(3, 4)
TILT, LEGS, CONTACTS = slice(4, 10), slice(10, 58), slice(58, 62)
POSITION, HEADING, PARTNER = slice(62, 64), slice(64, 66), slice(66, 70)
MOTION = slice(0, 62)
LOWER_SIZE = 70
HAND_COMPONENTS = 12
JOINTS_6D, HANDS = slice(0, 78), slice(78, 78 + 2 * HAND_COMPONENTS)
UPPER_SIZE = 78 + 2 * HAND_COMPONENTS

# Which features each channel of the inpainting mask covers.
LOWER_GROUPS = (MOTION, POSITION, HEADING, PARTNER)
UPPER_GROUPS = (JOINTS_6D, HANDS)

BODY_SIZE = 6
FURTHEST_PARTNER = 7.0  # metres; the furthest two people are apart in the corpus
MIRROR = torch.tensor([1.0, -1.0, -1.0])  # a rotation vector seen in the mirror x -> -x


MOTION_FIELDS = ("root", "heading", "tilt", "legs", "contacts")


@dataclass
class GlobalMotion:
    """Lower bodies of N people in the world.

    ``root`` (N, T, 3) metres; ``heading`` (N, T) radians, unwrapped; ``tilt`` (N, T, 3, 3) pelvis rotation without its
    heading; ``legs`` (N, T, 8, 3, 3) local rotations; ``contacts`` (N, T, 4) in [0, 1].
    """

    root: Tensor
    heading: Tensor
    tilt: Tensor
    legs: Tensor
    contacts: Tensor

    def window(self, start: int, stop: int) -> GlobalMotion:
        """Return frames ``start`` to before ``stop``."""
        return self.map(lambda values: values[:, start:stop])

    def batched(self) -> GlobalMotion:
        """Return the same with a leading axis of one."""
        return self.map(lambda values: values[None])

    def map(self, change: Callable[[Tensor], Tensor]) -> GlobalMotion:
        """Return the motion with ``change`` made to every tensor."""
        return GlobalMotion(**{name: change(getattr(self, name)) for name in MOTION_FIELDS})


def body_size(offsets: Tensor) -> Tensor:
    """Return six lengths (..., 6) of skeletons (..., 52, 3): pelvis height, thigh, shin, arm, shoulders, hips."""
    length = offsets.norm(dim=-1)
    arm = length[..., 18] + length[..., 20]
    shoulders = (offsets[..., 13, 0] + offsets[..., 16, 0]).abs() * 2
    hips = offsets[..., 1, 0].abs() * 2
    return torch.stack([offsets[..., 0, 2], length[..., 4], length[..., 7], arm, shoulders, hips], -1)


def unwrap(angle: Tensor) -> Tensor:
    """Return angles (..., T) without jumps of 2 pi along time."""
    step = angle.diff(dim=-1)
    step = step - 2 * torch.pi * torch.round(step / (2 * torch.pi))
    return torch.cat([angle[..., :1], angle[..., :1] + step.cumsum(-1)], -1)


def split_pelvis(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Split pelvis rotations (..., T, 3, 3) into unwrapped heading (..., T) and tilt (..., T, 3, 3)."""
    heading = unwrap(torch.atan2(matrix[..., 1, 0], matrix[..., 0, 0]))
    return heading, yaw_matrix(-heading) @ matrix


def encode_lower(motion: GlobalMotion, pelvis_height: Tensor, start: tuple[Tensor, Tensor] | None = None) -> Tensor:
    """Return features (B, 2, T, 70) of motion whose leading axes are (B, 2); ``pelvis_height`` (B, 2).

    The window's frame is ``start``, place (B, 2, 2) and heading (B, 2), or that of its own first frame. Velocities are
    backward differences, the first repeated.
    """
    root, heading = motion.root, motion.heading
    scale = pelvis_height[..., None, None]
    velocity = _first_repeated(rotate_plane(root[..., :2].diff(dim=-2), -heading[..., 1:]) * FPS / scale)
    turn = _first_repeated(heading.diff(dim=-1)[..., None] * FPS)
    start_xy, start_heading = (
        (root[..., :1, :2], heading[..., :1]) if start is None else (start[0][..., None, :], start[1][..., None])
    )
    place = rotate_plane(root[..., :2] - start_xy, -start_heading.expand_as(heading))
    relative = heading - start_heading
    other_root, other_heading = root.flip(-3), heading.flip(-2)
    partner = _within_reach(rotate_plane(other_root[..., :2] - root[..., :2], -heading))
    facing = other_heading - heading
    return torch.cat(
        [
            velocity,
            root[..., 2:3] / scale,
            turn,
            matrix_to_6d(motion.tilt),
            matrix_to_6d(motion.legs).flatten(-2),
            motion.contacts,
            place,
            relative.cos()[..., None],
            relative.sin()[..., None],
            partner,
            facing.cos()[..., None],
            facing.sin()[..., None],
        ],
        -1,
    )


def _within_reach(away: Tensor) -> Tensor:
    """Return vectors (..., 2) cut to the length ``FURTHEST_PARTNER``, which is as far as the corpus goes."""
    return away * (FURTHEST_PARTNER / away.norm(dim=-1, keepdim=True).clamp(min=FURTHEST_PARTNER))


def _first_repeated(change: Tensor) -> Tensor:
    """Return frame differences (..., T - 1, C) as T frames, the first repeated; a single frame gives zeros."""
    return torch.cat(
        [change[..., :1, :] if change.shape[-2] else change.new_zeros(*change.shape[:-2], 1, change.shape[-1]), change],
        -2,
    )


def decode_lower(features: Tensor, pelvis_height: Tensor, start_xy: Tensor, start_heading: Tensor) -> GlobalMotion:
    """Return the motion of features (..., T, 70), given each actor's root on the window's first frame.

    The place integrated from velocities is smooth but drifts, the absolute block is steady but coarse: below
    about 0.5 Hz the result follows the absolute block, above it the velocities. Places follow the absolute block only
    while the actor travels: a body that stands is never pulled over its own feet.
    """
    scale = pelvis_height[..., None, None]
    turn = features[..., 0, TURN].new_zeros(features.shape[:-1])
    turn[..., 1:] = features[..., 1:, TURN.start] / FPS
    steady = unwrap(torch.atan2(features[..., HEADING.start + 1], features[..., HEADING.start]))
    relative = _fuse(turn.cumsum(-1)[..., None], steady[..., None])[..., 0]
    step = rotate_plane(features[..., VELOCITY], relative) * scale / FPS
    step = torch.cat([torch.zeros_like(step[..., :1, :]), step[..., 1:, :]], -2)
    place = step.cumsum(-2)
    place = place + _while_travelling(_fuse(place, features[..., POSITION]) - place, place)
    heading = relative + start_heading[..., None]
    xy = rotate_plane(place, start_heading[..., None].expand_as(heading)) + start_xy[..., None, :]
    return GlobalMotion(
        root=torch.cat([xy, features[..., HEIGHT] * scale], -1),
        heading=heading,
        tilt=_without_yaw(matrix_from_6d(features[..., TILT])),
        legs=matrix_from_6d(features[..., LEGS].unflatten(-1, (8, 6))),
        contacts=features[..., CONTACTS].clamp(0, 1),
    )


def _without_yaw(tilt: Tensor) -> Tensor:
    """Remove the rotation about Z from a predicted tilt; it belongs to the heading."""
    return yaw_matrix(-torch.atan2(tilt[..., 1, 0], tilt[..., 0, 0])) @ tilt


def _while_travelling(correction: Tensor, place: Tensor) -> Tensor:
    """Return ``correction`` (..., T, 2) with only the changes made while ``place`` (..., T, 2) moves."""
    speed = torch.nn.functional.pad(place.diff(dim=-2).norm(dim=-1) * FPS, (1, 0))
    speed = torch.nn.functional.avg_pool1d(
        speed.reshape(-1, 1, speed.shape[-1]), 15, 1, 7, count_include_pad=False
    ).reshape(speed.shape)
    gate = ((speed - 0.15) / 0.25).clamp(0, 1)  # m/s: swaying is slower, walking faster
    change = torch.nn.functional.pad(correction.diff(dim=-2), (0, 0, 1, 0))
    return (change * gate[..., None]).cumsum(-2)


def _fuse(integrated: Tensor, absolute: Tensor, sigma_seconds: float = 0.3) -> Tensor:
    """Return the low frequencies of ``absolute`` and the high ones of ``integrated``, both (..., T, C)."""
    radius = round(3 * sigma_seconds * FPS)
    t = torch.arange(-radius, radius + 1, dtype=absolute.dtype, device=absolute.device)
    kernel = torch.exp(-0.5 * (t / (sigma_seconds * FPS)) ** 2)
    error = (absolute - integrated).transpose(-1, -2)
    flat = error.reshape(-1, 1, error.shape[-1])
    ones = torch.ones_like(flat[:1])
    # Dividing by the smoothed ones keeps the ends unbiased.
    weight = kernel[None, None]
    smooth = torch.nn.functional.conv1d(flat, weight, padding=radius) / torch.nn.functional.conv1d(
        ones, weight, padding=radius
    )
    return integrated + smooth.reshape(error.shape).transpose(-1, -2)


class HandBasis:
    """Principal components of hand poses: ``mean`` (45,), ``basis`` (12, 45) over fifteen rotation vectors."""

    def __init__(self, mean: Tensor, basis: Tensor) -> None:
        self.mean, self.basis = mean, basis

    @staticmethod
    def fit(hands: Tensor) -> HandBasis:
        """``hands`` (N, 45) rotation vectors in the left hand's frame."""
        mean = hands.mean(0)
        _, vectors = torch.linalg.eigh(torch.cov((hands - mean).double().T))
        return HandBasis(mean, vectors.flip(-1)[:, :HAND_COMPONENTS].T.to(hands.dtype).contiguous())

    def encode(self, left: Tensor, right: Tensor) -> Tensor:
        """Return components (..., 24) of rotation vectors (..., 15, 3) of both hands."""
        both = torch.stack([left, right * MIRROR.to(right)], -3).flatten(-2)
        return ((both - self.mean.to(both)) @ self.basis.to(both).T).flatten(-2)

    def decode(self, components: Tensor) -> tuple[Tensor, Tensor]:
        both = components.unflatten(-1, (2, HAND_COMPONENTS)) @ self.basis.to(components) + self.mean.to(components)
        left, right = both.unflatten(-1, (15, 3)).unbind(-3)
        return left, right * MIRROR.to(right)


def hand_vectors(rotations: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return rotation vectors (..., 15, 3) of the left and right hand from local quaternions (..., 52, 4)."""
    left, right = (
        rot.to_axis_angle(rotations[..., HAND_INDEX[side], :]).astype(np.float32) for side in ("left", "right")
    )
    return left, right


def encode_upper(joints: Tensor, hands: Tensor) -> Tensor:
    """Return upper features (..., 102) of ``joints`` (..., 13, 3, 3) and hand components (..., 24)."""
    return torch.cat([matrix_to_6d(joints).flatten(-2), hands], -1)


def to_rotations(motion: GlobalMotion, upper: Tensor, basis: HandBasis) -> NDArray[np.float32]:
    """Return local quaternions (N, T, 52, 4) of whole bodies from both stages; ``upper`` (N, T, 102)."""
    left, right = basis.decode(upper[..., HANDS])
    out = np.zeros((*upper.shape[:-1], len(JOINTS), 4), np.float32)
    out[..., 0, :] = rot.from_matrix((yaw_matrix(motion.heading) @ motion.tilt).numpy())
    out[..., LEG_JOINTS, :] = rot.from_matrix(motion.legs.numpy())
    out[..., UPPER_JOINTS, :] = rot.from_matrix(matrix_from_6d(upper[..., JOINTS_6D].unflatten(-1, (13, 6))).numpy())
    out[..., HAND_INDEX["left"], :] = rot.from_axis_angle(left.numpy())
    out[..., HAND_INDEX["right"], :] = rot.from_axis_angle(right.numpy())
    return out


def from_arrays(
    root: NDArray[np.float32], rotations: NDArray[np.float32], contacts: NDArray[np.float32]
) -> tuple[GlobalMotion, Tensor]:
    """Return lower motion and upper joints (N, T, 13, 3, 3) of arrays (N, T, 3), (N, T, 52, 4) and (N, T, 4)."""
    q = torch.from_numpy(np.ascontiguousarray(rotations, np.float32))
    heading, tilt = split_pelvis(quaternion_to_matrix(q[..., 0, :]))
    legs = quaternion_to_matrix(q[..., list(LEG_JOINTS), :])
    motion = GlobalMotion(
        torch.from_numpy(np.ascontiguousarray(root, np.float32)),
        heading,
        tilt,
        legs,
        torch.from_numpy(np.ascontiguousarray(contacts, np.float32)),
    )
    return motion, quaternion_to_matrix(q[..., list(UPPER_JOINTS), :])
