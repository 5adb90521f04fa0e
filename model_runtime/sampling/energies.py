"""Physical guidance: energies of the bodies that are sampled, lowered by gradient descent during sampling.

A ``GuidanceEnergy`` is a function of both bodies as the network predicts them without noise, in metres and seconds. In
the last third of the steps the prediction moves down its gradient. Yuan et al. 2023, "PhysDiff", correct late for the
same reason: early predictions are vague. Motion under constraints does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from ..body_model.feet import SIDES, sole_offsets
from ..body_model.kinematics import chain_poses, matrix_from_6d, yaw_matrix
from ..body_model.skeleton import INDEX, LEG_JOINTS, PARENTS, UPPER_JOINTS, Skeleton
from ..conditioning.representation import JOINTS_6D, GlobalMotion

ITERATIONS = 6  # of descent on each prediction
SMOOTH = 6.0  # frames: deviation of the Gaussian that smooths a move over time
LARGEST_MOVE = 0.3  # standard deviations of a feature; bounds the effect of steep energies


@dataclass(frozen=True)
class PosedBodies:
    """Two people over T frames, everything differentiable.

    ``joints``: indices into ``skeleton.JOINTS``, pelvis and legs in the lower stage, all but the fingers in the upper;
    ``positions`` (2, T, J, 3) in metres and ``rotations`` (2, T, J, 3, 3), both in the world; ``contacts`` (2, T, 4) as
    predicted, order ``FOOT_CONTACTS``; ``start``: the first frame of these within the take.
    """

    joints: tuple[int, ...]
    positions: Tensor
    rotations: Tensor
    contacts: Tensor
    skeletons: tuple[Skeleton, Skeleton]
    start: int

    def of(self, name: str) -> tuple[Tensor, Tensor]:
        """Return positions (2, T, 3) and rotations (2, T, 3, 3) of a joint by its name."""
        index = self.joints.index(INDEX[name])
        return self.positions[:, :, index], self.rotations[:, :, index]


@dataclass(frozen=True)
class GuidanceEnergy:
    """``energy`` returns a scalar, lower is better; the energies of a ``stage`` ('lower' or 'upper') are added up.

    Squared metres, summed over frames, go well together. ``largest_move``: standard deviations by which a feature moves
    at most on each prediction; ``iterations`` of descent on it. Of the energies of a stage the largest of both count.
    """

    energy: Callable[[PosedBodies], Tensor]
    stage: str = "lower"
    largest_move: float = LARGEST_MOVE
    iterations: int = ITERATIONS


@dataclass(frozen=True)
class StageEnergy:
    """The sum of some energies as a function of the raw features of a stage; ``pose`` makes bodies of these."""

    energies: Sequence[GuidanceEnergy]
    pose: Callable[[Tensor], PosedBodies]

    def __call__(self, features: Tensor) -> Tensor:
        bodies = self.pose(features)
        return torch.stack([energy.energy(bodies) for energy in self.energies]).sum()

    def descend(self, features: Tensor, mean: Tensor, std: Tensor, free: Tensor) -> Tensor:
        """Return normalised ``features`` moved down, as of ``descend``; ``mean`` and ``std`` (F,) of raw ones."""
        largest = max(energy.largest_move for energy in self.energies)
        iterations = max(energy.iterations for energy in self.energies)
        return descend(features, lambda moved: self(moved * std + mean), free, largest, iterations)


def total_energy(
    energies: Sequence[GuidanceEnergy], stage: str, pose: Callable[[Tensor], PosedBodies]
) -> StageEnergy | None:
    """Return the sum of the energies of a ``stage``; None if it has none."""
    chosen = [energy for energy in energies if energy.stage == stage]
    return StageEnergy(chosen, pose) if chosen else None


def lower_bodies(motion: GlobalMotion, skeletons: tuple[Skeleton, Skeleton], start: int) -> PosedBodies:
    """Return pelvis and legs of decoded lower motion (2, T, ...); ``start``: its first frame within the take."""
    joints = (0, *LEG_JOINTS)
    local = torch.cat([(yaw_matrix(motion.heading) @ motion.tilt)[:, :, None], motion.legs], 2)
    return _posed(joints, motion.root, local, motion.contacts, skeletons, start)


def upper_bodies(motion: GlobalMotion, upper: Tensor, skeletons: tuple[Skeleton, Skeleton], start: int) -> PosedBodies:
    """Return all joints but the fingers, of lower motion (2, T, ...) and raw upper features (2, T, 102)."""
    joints = (0, *LEG_JOINTS, *UPPER_JOINTS)
    pelvis = (yaw_matrix(motion.heading) @ motion.tilt)[:, :, None]
    local = torch.cat(
        [pelvis, motion.legs, matrix_from_6d(upper[..., JOINTS_6D].unflatten(-1, (len(UPPER_JOINTS), 6)))], 2
    )
    return _posed(joints, motion.root, local, motion.contacts, skeletons, start)


def _posed(
    joints: tuple[int, ...],
    root: Tensor,
    local: Tensor,
    contacts: Tensor,
    skeletons: tuple[Skeleton, Skeleton],
    start: int,
) -> PosedBodies:
    parents = [-1] + [joints.index(PARENTS[joint]) for joint in joints[1:]]
    offsets = torch.stack([torch.from_numpy(skeleton.offsets)[list(joints)] for skeleton in skeletons])[:, None].expand(
        -1, root.shape[1], -1, -1
    )
    positions, rotations = chain_poses(root, local, offsets, parents)
    return PosedBodies(joints, positions, rotations, contacts, skeletons, start)


def soles(bodies: PosedBodies) -> Tensor:
    """Return sole points (2, T, 2, 3, 3): left and right; heel, ball, toe tip; as ``body_model.feet.sole_points``."""
    feet = []
    for side in SIDES:
        (ankle, ankle_rotation), (toe, toe_rotation) = bodies.of(f"{side}_ankle"), bodies.of(f"{side}_foot")
        heel, ball, tip = (
            torch.stack(part)
            for part in zip(*(map(_tensor, sole_offsets(side, skeleton)) for skeleton in bodies.skeletons))
        )
        points = ((ankle, ankle_rotation, heel), (ankle, ankle_rotation, ball), (toe, toe_rotation, tip))
        feet.append(torch.stack([joint + (turn @ at[:, None, :, None])[..., 0] for joint, turn, at in points], 2))
    return torch.stack(feet, 2)


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)


def sliding(bodies: PosedBodies) -> Tensor:
    """Return the summed squared distance (m^2) of soles in predicted contact from their mean position in that contact.

    A sampled stance drifts slowly, which the speed from frame to frame hardly shows.
    """
    # Heel and ball on the floor plan: (8, T, 2).
    points = soles(bodies)[..., :2, :2].flatten(2, 3).transpose(1, 2).flatten(0, 1)
    held = (bodies.contacts.detach() > 0.5).transpose(1, 2).flatten(0, 1)  # (8, T)
    begins = held & ~torch.nn.functional.pad(held, (1, 0))[:, :-1]
    contact = begins.flatten().cumsum(0)[held.flatten()]  # number of the contact that each held point belongs to
    positions = points[held]
    count = torch.zeros(int(begins.sum()) + 1).index_add(0, contact, torch.ones(len(contact)))
    mean = torch.zeros(len(count), 2).index_add(0, contact, positions) / count.clamp(min=1)[:, None]
    return (positions - mean[contact]).square().sum()


def sinking(bodies: PosedBodies) -> Tensor:
    """Return the summed squared depth (m^2) of sole points below the floor."""
    return soles(bodies)[..., 2].clamp(max=0).square().sum()


# A sole in the floor is more visible than one that drifts by as much.
FEET = (GuidanceEnergy(sliding), GuidanceEnergy(lambda bodies: 30.0 * sinking(bodies)))


def descend(
    features: Tensor,
    energy: Callable[[Tensor], Tensor],
    free: Tensor,
    largest_move: float = LARGEST_MOVE,
    iterations: int = ITERATIONS,
) -> Tensor:
    """Return normalised ``features`` (B, 2, T, F) moved down the gradient of ``energy`` where ``free`` is 1.

    ``free``: like the features, 0 or 1. The move is smooth over time, so that an energy of one frame makes no jerk, and
    at most ``largest_move``. L-BFGS finds its own step length, so an energy may be in any unit.
    """
    unsmoothed = torch.zeros_like(features, requires_grad=True)
    _leave_the_compiler_out()
    optimiser = torch.optim.LBFGS([unsmoothed], max_iter=iterations, line_search_fn="strong_wolfe")

    def move() -> Tensor:
        return _smooth(unsmoothed) * free

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = energy(features + move())
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(closure)
        moved = move().detach()
    return features + moved.clamp(-largest_move, largest_move).nan_to_num()


@lru_cache(maxsize=1)
def _leave_the_compiler_out() -> None:
    """Let optimisers of torch do without its compiler, whose import takes longer than all else of torch.

    They exclude some methods from compiling, and import the compiler for that at their first call. Nothing is compiled
    here, so each method is its own uncompiled version. A torch that does this in another way only loads for longer.
    """
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        plain = getattr(method, "__wrapped__", method)
        setattr(plain, "__dynamo_disable", plain)


def _smooth(values: Tensor) -> Tensor:
    """Return (B, 2, T, F) filtered by a Gaussian over time."""
    radius = round(3 * SMOOTH)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / SMOOTH) ** 2)
    rows = values.movedim(2, -1).reshape(-1, 1, values.shape[2])
    smooth = torch.nn.functional.conv1d(rows, (kernel / kernel.square().sum().sqrt())[None, None], padding=radius)
    return smooth.reshape(*values.movedim(2, -1).shape).movedim(-1, 2)
