"""Losses of the body stages: features, velocities, joints and root motion in metres, contacts, holds, interaction."""

from __future__ import annotations

import torch
from torch import Tensor

from ..body_model.kinematics import chain_positions, matrix_from_6d
from ..body_model.skeleton import LEG_JOINTS, PARENTS, UPPER_JOINTS
from ..conditioning.representation import CONTACTS, HEADING, HEIGHT, JOINTS_6D, LEGS, PARTNER, TILT, TURN, VELOCITY
from ..contract import FPS
from .body_data import Batch

GEOMETRIC_UP_TO = 700  # noise step above which predictions are too vague for losses on joints
STILL = 0.03  # m/s of the joints on average, below which an actor holds still
_JITTER = 0.002  # m/s; slower errors count as their squares
_LOWER = (0, *LEG_JOINTS)
_LOWER_PARENTS = [-1] + [_LOWER.index(PARENTS[j]) for j in LEG_JOINTS]
_UPPER = (0, *UPPER_JOINTS)
_UPPER_PARENTS = [-1] + [_UPPER.index(PARENTS[j]) for j in UPPER_JOINTS]
_FEET = [_LOWER.index(j) for j in (7, 10, 8, 11)]  # ankles and toes in the order of FOOT_CONTACTS


def leg_positions(lower: Tensor, batch: Batch) -> Tensor:
    """Return joints (B, 2, T, 9, 3) of pelvis and legs in the actor's heading frame, of raw features (B, 2, T, 70)."""
    root = _root(lower, batch)
    local = torch.cat(
        [matrix_from_6d(lower[..., TILT])[..., None, :, :], matrix_from_6d(lower[..., LEGS].unflatten(-1, (8, 6)))], -3
    )
    offsets = batch.offsets[:, :, None, list(_LOWER)].expand(-1, -1, lower.shape[2], -1, -1)
    return chain_positions(root, local, offsets, _LOWER_PARENTS)


def arm_positions(upper: Tensor, batch: Batch) -> Tensor:
    """Return joints (B, 2, T, 14, 3), pelvis to wrists and head, in the pelvis' frame.

    ``upper``: raw features (B, 2, T, 102).
    """
    joints = matrix_from_6d(upper[..., JOINTS_6D].unflatten(-1, (13, 6)))
    eye = torch.eye(3, device=upper.device).expand(*joints.shape[:-3], 1, 3, 3)
    offsets = batch.offsets[:, :, None, list(_UPPER)].expand(-1, -1, upper.shape[2], -1, -1)
    return chain_positions(torch.zeros_like(upper[..., :3]), torch.cat([eye, joints], -3), offsets, _UPPER_PARENTS)


def world_velocity(joints: Tensor, lower: Tensor, batch: Batch) -> Tensor:
    """Return the world velocity (B, 2, T - 1, J, 3) in m/s of ``joints`` (B, 2, T, J, 3), in the heading frame."""
    swing = joints.diff(dim=2) * FPS
    turn = lower[:, :, 1:, TURN][..., None]
    joints = joints[:, :, 1:]
    spin = torch.cat([-turn * joints[..., 1:2], turn * joints[..., 0:1], torch.zeros_like(joints[..., :1])], -1)
    travel = lower[:, :, 1:, VELOCITY] * batch.body[..., 0][:, :, None, None]
    travel = torch.cat([travel, torch.zeros_like(travel[..., :1])], -1)[..., None, :]
    return swing + spin + travel


def unrest(velocity: Tensor, reference: Tensor, weight: Tensor) -> Tensor:
    """Return the mean error of velocities (B, 2, T, J, 3) in m/s on the frames in which the reference holds still.

    The error counts as it is, not as its square: squares leave the slow drift of a body that should rest unpunished.
    ``weight`` (B, 1, 1, 1, 1).
    """
    still = (reference.norm(dim=-1).mean(-1, keepdim=True) < STILL).to(velocity.dtype)
    error = ((velocity - reference).square().sum(-1) + _JITTER**2).sqrt() - _JITTER
    return (weight[..., 0] * still * error).mean()


def interaction(joints: Tensor, reference: Tensor, lower: Tensor, batch: Batch, stage: str, weight: Tensor) -> Tensor:
    """Return InterAct's adaptive interaction loss: squared error of the distances between the two bodies' joints.

    ``joints`` and ``reference`` (B, 2, T, J, 3) in the stage's frame; ``lower`` (B, 2, T, 70) holds the partner's
    position. Each pair of joints has the weight 1 / (reference distance + 0.1 m).
    """
    if stage == "upper":  # from the pelvis' frame to the heading frame, over the floor
        tilt = matrix_from_6d(batch.lower[..., TILT])[..., None, :, :]
        root = _root(batch.lower, batch)[..., None, :]
        joints, reference = ((tilt @ x[..., None])[..., 0] + root for x in (joints, reference))
    distance = torch.cdist(joints[:, 0].flatten(0, 1), partner_in_heading_frame(joints, lower).flatten(0, 1))
    partner = partner_in_heading_frame(reference, batch.lower)
    target = torch.cdist(reference[:, 0].flatten(0, 1), partner.flatten(0, 1))
    error = (distance - target).square() / (target + 0.1)
    frames = joints.shape[2]
    return 0.5 * (weight.reshape(-1, 1, 1, 1) * error.unflatten(0, (-1, frames))).mean()


def facing_error(lower: Tensor, reference: Tensor, weight: Tensor) -> Tensor:
    """Return InterGen's relative orientation loss (Liang et al. 2024): 1 - cos of the error of the partner's facing."""
    facings = (x[..., PARTNER][..., 2:4] for x in (lower, reference))
    predicted, target = (torch.nn.functional.normalize(x, dim=-1, eps=1e-4) for x in facings)
    return (weight[..., 0, 0] * (1 - (predicted * target).sum(-1))).mean()


def displacement(lower: Tensor, batch: Batch) -> Tensor:
    """Return the displacement (B, 2, T - 30, 2) in metres over each second, summed from the velocities of ``lower``.

    ``lower`` (B, 2, T, 70) raw features; the frame is that of the window's start.
    """
    ahead = torch.nn.functional.normalize(lower[..., HEADING], dim=-1, eps=1e-4)
    x, y = (lower[..., VELOCITY] * batch.body[..., 0][:, :, None, None] / FPS).unbind(-1)
    cosine, sine = ahead.unbind(-1)
    position = torch.stack([cosine * x - sine * y, sine * x + cosine * y], -1).cumsum(2)
    return position[:, :, FPS:] - position[:, :, :-FPS]


def heading_change(lower: Tensor) -> Tensor:
    """Return the turn (B, 2, T - 30, 1) in radians over each second, summed from the turn rates of (B, 2, T, 70)."""
    heading = (lower[..., TURN] / FPS).cumsum(2)
    return heading[:, :, FPS:] - heading[:, :, :-FPS]


def _root(lower: Tensor, batch: Batch) -> Tensor:
    """Return the pelvis (B, 2, T, 3) over the floor in its own heading frame."""
    return torch.cat([torch.zeros_like(lower[..., :2]), lower[..., HEIGHT] * batch.body[..., 0][:, :, None, None]], -1)


def partner_in_heading_frame(joints: Tensor, lower: Tensor) -> Tensor:
    """Return the second body's joints (B, T, J, 3) in the first one's heading frame, placed by its partner features."""
    partner = lower[:, 0, :, PARTNER]
    turn = torch.nn.functional.normalize(partner[..., 2:4], dim=-1)
    cosine, sine = turn[..., None, 0], turn[..., None, 1]
    x, y, z = joints[:, 1].unbind(-1)
    return torch.stack(
        [cosine * x - sine * y + partner[..., None, 0], sine * x + cosine * y + partner[..., None, 1], z], -1
    )


def body_loss(
    stage: str, predicted: Tensor, batch: Batch, step: Tensor, mean: Tensor, std: Tensor, change: Tensor, given: Tensor
) -> dict[str, Tensor]:
    """Return the loss terms of normalised clean features (B, 2, T, F).

    ``change`` (F,): deviation of frame differences. ``given`` (B, 2, T, F): 1 where features are given; there the
    reference replaces the prediction.
    """
    target = (getattr(batch, stage) - mean) / std
    predicted = torch.where(given > 0, target, predicted)
    terms = {"features": (predicted - target).square().mean()}
    terms["velocity"] = 0.2 * ((predicted - target).diff(dim=2) * std / change).square().clamp(max=25).mean()
    weight = (step < GEOMETRIC_UP_TO).float()[:, None, None, None, None]
    raw, reference = predicted * std + mean, getattr(batch, stage)
    if stage == "lower":
        joints, reference_joints = leg_positions(raw, batch), leg_positions(reference, batch)
        contact = reference[:, :, 1:, CONTACTS] * reference[:, :, :-1, CONTACTS]
        terms["orientation"] = 0.3 * facing_error(raw, reference, weight)
        # At all noise steps, since the path is decided at high noise.
        terms["travel"] = 10.0 * (displacement(raw, batch) - displacement(reference, batch)).square().mean()
        terms["turning"] = 3.0 * (heading_change(raw) - heading_change(reference)).square().mean()
        velocity = world_velocity(joints, raw, batch)
        reference_velocity = world_velocity(reference_joints, reference, batch)
        terms["feet"] = 1.0 * (weight * contact[..., None] * velocity[..., _FEET, :].square()).mean()
    else:
        joints, reference_joints = arm_positions(raw, batch), arm_positions(reference, batch)
        velocity, reference_velocity = joints.diff(dim=2) * FPS, reference_joints.diff(dim=2) * FPS
    error = joints - reference_joints
    lower = raw if stage == "lower" else batch.lower
    terms["interaction"] = interaction(joints, reference_joints, lower, batch, stage, weight)
    terms["joints"] = 20.0 * (weight * error.square()).mean()
    terms["holds"] = 0.05 * unrest(velocity, reference_velocity, weight)
    terms["joint_velocity"] = 0.3 * (weight * (error.diff(dim=2) * FPS).square()).mean()
    return terms
