"""Joint limits of trunk, neck and arms in torch: by how much a pose is beyond them; ``joint_ranges`` has the ranges."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...body_model.joint_ranges import RANGES
from .posing import TURNED, multiply

_COLUMN = {name: column for column, name in enumerate(TURNED)}
_ARM = ("elbow", "wrist", "collar", "shoulder")
_PAIRS = {part: [_COLUMN[f"{side}_{part}"] for side in ("left", "right")] for part in _ARM}


def joint_angles(local: Tensor) -> Tensor:
    """Return the angles (A, T, 17) in degrees of the upper body's ``local`` quaternions (A, T, 24, 4), as
    ``joint_ranges`` defines them.
    """
    sign = torch.tensor([1.0, -1.0], dtype=local.dtype)
    elbow, wrist, collar, shoulder = (local[:, :, _PAIRS[part]] for part in _ARM)
    neck = multiply(local[:, :, _COLUMN["neck"]], local[:, :, _COLUMN["head"]])
    arm = multiply(collar, shoulder)
    along = _twist(torch.cat([elbow, wrist], 2), 0)
    elbow_twist, wrist_twist = along[..., :2], along[..., 2:]
    direction = _rotated_x(arm) * sign[:, None]
    hanging = torch.tensor([[math.sqrt(0.5), 0.0, -s * math.sqrt(0.5), 0.0] for s in (1.0, -1.0)], dtype=local.dtype)
    about_z = _twist(torch.cat([multiply(arm, hanging), neck[:, :, None]], 2), 2)
    # In the wrist the twist comes before the swing, in elbow and neck after it.
    swings = _vector(
        multiply(
            torch.cat([elbow, _about(0, -wrist_twist), neck[:, :, None]], 2),
            torch.cat([_about(0, -elbow_twist), wrist, _about(2, -about_z[..., 2:])], 2),
        )
    )
    # The rotation against a hanging arm is undefined for an arm that points up.
    low = ((0.7 - direction[..., 2]) / 0.2).clamp(0.0, 1.0)
    sided = torch.stack(
        [
            -sign * swings[:, :, :2, 2],
            -_wrapped(elbow_twist + wrist_twist),
            sign * swings[:, :, 2:4, 1],
            sign * swings[:, :, 2:4, 2],
            torch.asin(direction[..., 1].clamp(-0.999, 0.999)),
            torch.asin((-sign * direction[..., 0]).clamp(-0.999, 0.999)),
            sign * about_z[..., :2] * low,
        ],
        -1,
    )
    return torch.rad2deg(torch.cat([sided.flatten(2), swings[:, :, 4, :2], about_z[..., 2:]], -1))


_SIDED = (
    "elbow flexion", "forearm rotation", "wrist flexion", "wrist deviation", "shoulder behind", "shoulder across",
    "shoulder rotation",
)  # fmt: skip
NAMES = (*_SIDED, *_SIDED, "neck flexion", "neck lateral", "neck twist")


def limits_around(angles: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the most (A, T, 17) that a pose may have: the range, and where it was beyond it before."""
    least, most = (torch.tensor([RANGES[name][k] for name in NAMES], dtype=angles.dtype) for k in (0, 1))
    return torch.minimum(angles, least), torch.maximum(angles, most)


def _twist(q: Tensor, axis: int) -> Tensor:
    """Return the twist (...) of ``q`` (..., 4) about ``axis``, -pi to pi."""
    sign = torch.where(q[..., 0] < 0.0, -1.0, 1.0).to(q.dtype)
    return 2.0 * torch.atan2(q[..., 1 + axis] * sign, q[..., 0] * sign + 1e-9)


def _about(axis: int, angle: Tensor) -> Tensor:
    parts = [torch.zeros_like(angle)] * 3
    parts[axis] = (0.5 * angle).sin()
    return torch.stack([(0.5 * angle).cos(), *parts], -1)


def _vector(q: Tensor) -> Tensor:
    """Return the rotation vectors (..., 3) of quaternions (..., 4)."""
    q = torch.where(q[..., :1] < 0.0, -q, q)
    sine = (q[..., 1:].square().sum(-1, keepdim=True) + 1e-14).sqrt()
    return q[..., 1:] * (2.0 * torch.atan2(sine, q[..., :1]) / sine)


def _rotated_x(q: Tensor) -> Tensor:
    """Return the x axis (..., 3) turned by quaternions (..., 4)."""
    w, x, y, z = q.unbind(-1)
    return torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], -1)


def _wrapped(angle: Tensor) -> Tensor:
    return torch.remainder(angle + math.pi, 2.0 * math.pi) - math.pi
