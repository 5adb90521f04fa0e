"""Rotations and forward kinematics in torch, differentiable; ``rotations.py`` has the numpy half."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def quaternion_to_matrix(q: Tensor) -> Tensor:
    """Convert unit quaternions (..., 4) as (w, x, y, z) to rotation matrices (..., 3, 3)."""
    w, x, y, z = q.unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    ]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def matrix_to_6d(m: Tensor) -> Tensor:
    """Keep the first two columns (..., 6) of rotation matrices (..., 3, 3); Zhou et al. 2019, section 4.2."""
    return m[..., :2].transpose(-1, -2).flatten(-2)


def matrix_from_6d(x: Tensor) -> Tensor:
    """Convert 6D rotations (..., 6) to rotation matrices (..., 3, 3) by Gram-Schmidt; Zhou et al. 2019, section 4.2."""
    a, b = x[..., :3], x[..., 3:]
    first = torch.nn.functional.normalize(a, dim=-1, eps=1e-6)
    second = torch.nn.functional.normalize(b - (first * b).sum(-1, keepdim=True) * first, dim=-1, eps=1e-6)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def yaw_matrix(angle: Tensor) -> Tensor:
    """Return the rotation matrices (..., 3, 3) about +Z by ``angle`` (...,) radians."""
    c, s = angle.cos(), angle.sin()
    zero, one = torch.zeros_like(c), torch.ones_like(c)
    return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], -1).unflatten(-1, (3, 3))


def rotate_plane(xy: Tensor, angle: Tensor) -> Tensor:
    """Rotate vectors on the floor (..., 2) by ``angle`` (...,) radians about +Z."""
    c, s = angle.cos(), angle.sin()
    return torch.stack([c * xy[..., 0] - s * xy[..., 1], s * xy[..., 0] + c * xy[..., 1]], -1)


def chain_positions(root: Tensor, local: Tensor, offsets: Tensor, parents: Sequence[int]) -> Tensor:
    """Return the joint positions (..., J, 3) of ``chain_poses``."""
    return chain_poses(root, local, offsets, parents)[0]


def chain_poses(root: Tensor, local: Tensor, offsets: Tensor, parents: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return joint positions (..., J, 3) and rotations (..., J, 3, 3) of a chain with joint 0 as its root.

    All in the frame the chain stands in.

    ``root`` (..., 3); ``local`` (..., J, 3, 3) with joint 0 in the outer frame; ``offsets`` (..., J, 3);
    ``parents`` lists each joint's parent inside the chain, -1 for joint 0.
    """
    world, positions = [local[..., 0, :, :]], [root]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        positions.append(positions[parent] + (world[parent] @ offsets[..., joint, :, None])[..., 0])
        world.append(world[parent] @ local[..., joint, :, :])
    return torch.stack(positions, -2), torch.stack(world, -3)
