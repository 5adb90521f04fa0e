"""What the body stages are trained for: clean features, their change over time, joints and ways in metres, still feet."""

from __future__ import annotations

import torch
from torch import Tensor

from ..body_model.kinematics import chain_positions, matrix_from_6d
from ..body_model.skeleton import LEG_JOINTS, PARENTS, UPPER_JOINTS
from ..conditioning.representation import CONTACTS, HEADING, HEIGHT, JOINTS_6D, LEGS, PARTNER, TILT, TURN, VELOCITY
from ..contract import FPS
from .body_data import Batch

A_SECOND = FPS  # frames over which `travelled` and `turned` add up
GEOMETRIC_UP_TO = 700  # above this noise step the prediction is too vague for geometry (models.md)
_LOWER = (0, *LEG_JOINTS)
_LOWER_PARENTS = [-1] + [_LOWER.index(PARENTS[j]) for j in LEG_JOINTS]
_UPPER = (0, *UPPER_JOINTS)
_UPPER_PARENTS = [-1] + [_UPPER.index(PARENTS[j]) for j in UPPER_JOINTS]
_FEET = [_LOWER.index(j) for j in (7, 10, 8, 11)]  # ankles and toes in the order of FOOT_CONTACTS


def leg_positions(lower: Tensor, batch: Batch) -> Tensor:
    """Joints (B, 2, T, 9, 3) of pelvis and legs in the actor's heading frame, from raw features (B, 2, T, 70)."""
    root = _root(lower, batch)
    local = torch.cat(
        [matrix_from_6d(lower[..., TILT])[..., None, :, :], matrix_from_6d(lower[..., LEGS].unflatten(-1, (8, 6)))], -3
    )
    offsets = batch.offsets[:, :, None, list(_LOWER)].expand(-1, -1, lower.shape[2], -1, -1)
    return chain_positions(root, local, offsets, _LOWER_PARENTS)


def arm_positions(upper: Tensor, batch: Batch) -> Tensor:
    """Joints (B, 2, T, 14, 3) from pelvis to wrists and head in the pelvis' frame, from raw features (B, 2, T, 102)."""
    joints = matrix_from_6d(upper[..., JOINTS_6D].unflatten(-1, (13, 6)))
    eye = torch.eye(3, device=upper.device).expand(*joints.shape[:-3], 1, 3, 3)
    offsets = batch.offsets[:, :, None, list(_UPPER)].expand(-1, -1, upper.shape[2], -1, -1)
    return chain_positions(torch.zeros_like(upper[..., :3]), torch.cat([eye, joints], -3), offsets, _UPPER_PARENTS)


def feet_velocity(joints: Tensor, lower: Tensor, batch: Batch) -> Tensor:
    """World velocity (B, 2, T - 1, 4, 3) in m/s of ankles and toes, seen in the heading frame."""
    feet = joints[..., _FEET, :]
    swing = feet.diff(dim=2) * FPS
    turn = lower[:, :, 1:, TURN][..., None]
    place = feet[:, :, 1:]
    spin = torch.cat([-turn * place[..., 1:2], turn * place[..., 0:1], torch.zeros_like(place[..., :1])], -1)
    travel = lower[:, :, 1:, VELOCITY] * batch.body[..., 0][:, :, None, None]
    travel = torch.cat([travel, torch.zeros_like(travel[..., :1])], -1)[..., None, :]
    return swing + spin + travel


def interaction(joints: Tensor, truth: Tensor, lower: Tensor, batch: Batch, stage: str, weight: Tensor) -> Tensor:
    """InterAct's adaptive interaction loss: squared error of the distances between the joints of one body and those of
    the other.

    ``joints`` and ``truth`` (B, 2, T, J, 3) as the stage has them; ``lower`` (B, 2, T, 70) says where the partner is.
    Each pair of joints weighs 1 / (true distance + 0.1 m), so that what is near counts most.
    """
    if stage == "upper":  # from the pelvis' frame to the heading frame, over the floor
        tilt = matrix_from_6d(batch.lower[..., TILT])[..., None, :, :]
        root = _root(batch.lower, batch)[..., None, :]
        joints, truth = ((tilt @ x[..., None])[..., 0] + root for x in (joints, truth))
    distance = torch.cdist(joints[:, 0].flatten(0, 1), _seen(joints, lower).flatten(0, 1))
    wanted = torch.cdist(truth[:, 0].flatten(0, 1), _seen(truth, batch.lower).flatten(0, 1))
    error = (distance - wanted).square() / (wanted + 0.1)
    frames = joints.shape[2]
    return 0.5 * (weight.reshape(-1, 1, 1, 1) * error.unflatten(0, (-1, frames))).mean()


def facing_error(lower: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Relative orientation: 1 - cos of the angle by which the partner's facing, seen from one's own, is off; InterGen's
    (Liang et al. 2024).
    """
    mine, theirs = (torch.nn.functional.normalize(x[..., PARTNER][..., 2:4], dim=-1, eps=1e-4) for x in (lower, truth))
    return (weight[..., 0, 0] * (1 - (mine * theirs).sum(-1))).mean()


def travelled(lower: Tensor, batch: Batch) -> Tensor:
    """Way (B, 2, T - 30, 2) in metres over each second by the velocities (B, 2, T, 70), as seen from the window's
    start.
    """
    ahead = torch.nn.functional.normalize(lower[..., HEADING], dim=-1, eps=1e-4)
    x, y = (lower[..., VELOCITY] * batch.body[..., 0][:, :, None, None] / FPS).unbind(-1)
    cosine, sine = ahead.unbind(-1)
    place = torch.stack([cosine * x - sine * y, sine * x + cosine * y], -1).cumsum(2)
    return place[:, :, A_SECOND:] - place[:, :, :-A_SECOND]


def turned(lower: Tensor) -> Tensor:
    """Radians (B, 2, T - 30, 1) turned over each second by the turn rates of (B, 2, T, 70)."""
    heading = (lower[..., TURN] / FPS).cumsum(2)
    return heading[:, :, A_SECOND:] - heading[:, :, :-A_SECOND]


def _root(lower: Tensor, batch: Batch) -> Tensor:
    """(B, 2, T, 3) the pelvis over the floor in its own heading frame."""
    return torch.cat([torch.zeros_like(lower[..., :2]), lower[..., HEIGHT] * batch.body[..., 0][:, :, None, None]], -1)


def _seen(joints: Tensor, lower: Tensor) -> Tensor:
    """The second body's joints (B, T, J, 3) in the first one's heading frame, by the first one's view of the partner."""
    partner = lower[:, 0, :, PARTNER]
    turn = torch.nn.functional.normalize(partner[..., 2:4], dim=-1)
    cosine, sine = turn[..., None, 0], turn[..., None, 1]
    x, y, z = joints[:, 1].unbind(-1)
    return torch.stack(
        [cosine * x - sine * y + partner[..., None, 0], sine * x + cosine * y + partner[..., None, 1], z], -1
    )


def body_loss(
    stage: str, predicted: Tensor, batch: Batch, step: Tensor, mean: Tensor, std: Tensor, change: Tensor, keep: Tensor
) -> dict[str, Tensor]:
    """Loss terms of normalised clean features (B, 2, T, F); ``change`` (F,) is the deviation of frame differences.

    ``keep`` (B, 2, T, F) marks features that are given: they are replaced by the truth before any term.
    """
    target = (getattr(batch, stage) - mean) / std
    predicted = torch.where(keep > 0, target, predicted)
    terms = {"features": (predicted - target).square().mean()}
    terms["velocity"] = 0.2 * ((predicted - target).diff(dim=2) * std / change).square().clamp(max=25).mean()
    weight = (step < GEOMETRIC_UP_TO).float()[:, None, None, None, None]
    raw, truth = predicted * std + mean, getattr(batch, stage)
    if stage == "lower":
        joints, true_joints = leg_positions(raw, batch), leg_positions(truth, batch)
        contact = truth[:, :, 1:, CONTACTS] * truth[:, :, :-1, CONTACTS]
        terms["orientation"] = 0.3 * facing_error(raw, truth, weight)
        # At all steps, for it is under strong noise that the way is decided.
        terms["travel"] = 10.0 * (travelled(raw, batch) - travelled(truth, batch)).square().mean()
        terms["turning"] = 3.0 * (turned(raw) - turned(truth)).square().mean()
        terms["feet"] = 1.0 * (weight * contact[..., None] * feet_velocity(joints, raw, batch).square()).mean()
    else:
        joints, true_joints = arm_positions(raw, batch), arm_positions(truth, batch)
    error = joints - true_joints
    terms["interaction"] = interaction(
        joints, true_joints, raw if stage == "lower" else batch.lower, batch, stage, weight
    )
    terms["joints"] = 20.0 * (weight * error.square()).mean()
    terms["joint_velocity"] = 0.3 * (weight * (error.diff(dim=2) * FPS).square()).mean()
    return terms
