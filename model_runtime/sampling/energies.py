"""Physical guidance: energies of the motion that is being made, lowered by their gradient while it is sampled.

A ``GuidanceEnergy`` is a function of both bodies as the network sees them without noise, in metres and seconds. In the
last third of the steps the prediction moves down its gradient (Yuan et al. 2023, "PhysDiff", place the correction late
for the same reason: early predictions are vague). Motion kept is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..body_model.feet import SIDES, sole_offsets
from ..body_model.kinematics import chain_poses, matrix_from_6d, yaw_matrix
from ..body_model.skeleton import INDEX, LEG_JOINTS, PARENTS, UPPER_JOINTS, Skeleton
from ..conditioning.representation import JOINTS_6D, GlobalMotion

ITERATIONS = 6  # of descent on each prediction
SMOOTH = 6.0  # frames: deviation of the Gaussian that a move is made of
LARGEST_MOVE = 0.3  # deviations of a feature, so that no energy, however steep, throws the motion about


@dataclass(frozen=True)
class Bodies:
    """Two people over T frames, everything differentiable.

    ``joints``: which of ``skeleton.JOINTS`` there are, pelvis and legs in the lower stage, all but the fingers in the
    upper; ``positions`` (2, T, J, 3) metres and ``turns`` (2, T, J, 3, 3), both in the world; ``contacts`` (2, T, 4) as
    predicted, order ``FOOT_CONTACTS``; ``start``: the frame of the take that is the first of these.
    """

    joints: tuple[int, ...]
    positions: Tensor
    turns: Tensor
    contacts: Tensor
    skeletons: tuple[Skeleton, Skeleton]
    start: int

    def of(self, name: str) -> tuple[Tensor, Tensor]:
        """Positions (2, T, 3) and turns (2, T, 3, 3) of a joint by its name."""
        index = self.joints.index(INDEX[name])
        return self.positions[:, :, index], self.turns[:, :, index]


@dataclass(frozen=True)
class GuidanceEnergy:
    """``energy`` gives a scalar that is lower the better, its gradient the way there. The energies of a stage are added
    up: squared metres, summed over frames, go together. ``stage``: which of the two stages it speaks to, 'lower' or
    'upper'.
    """

    energy: Callable[[Bodies], Tensor]
    stage: str = "lower"


@dataclass(frozen=True)
class GuidanceEnergies:
    """Guides for a take of two people."""

    energies: Sequence[GuidanceEnergy]
    skeletons: tuple[Skeleton, Skeleton]

    def of_stage(self, stage: str) -> list[GuidanceEnergy]:
        return [energy for energy in self.energies if energy.stage == stage]

    def of_lower(self, motion: GlobalMotion, start: int) -> Tensor:
        """Energy of decoded lower motion (2, T, ...) that begins at frame ``start`` of the take."""
        return _total(self.of_stage("lower"), lower_bodies(motion, self.skeletons, start))

    def of_upper(self, motion: GlobalMotion, upper: Tensor, start: int) -> Tensor:
        """Energy of raw upper features (2, T, 102) on lower motion (2, T, ...)."""
        return _total(self.of_stage("upper"), upper_bodies(motion, upper, self.skeletons, start))


def _total(energies: Sequence[GuidanceEnergy], bodies: Bodies) -> Tensor:
    return torch.stack([energy.energy(bodies) for energy in energies]).sum()


def lower_bodies(motion: GlobalMotion, skeletons: tuple[Skeleton, Skeleton], start: int) -> Bodies:
    """Pelvis and legs of decoded lower motion (2, T, ...)."""
    joints = (0, *LEG_JOINTS)
    local = torch.cat([(yaw_matrix(motion.heading) @ motion.tilt)[:, :, None], motion.legs], 2)
    return _posed(joints, motion.root, local, motion.contacts, skeletons, start)


def upper_bodies(motion: GlobalMotion, upper: Tensor, skeletons: tuple[Skeleton, Skeleton], start: int) -> Bodies:
    """All but the fingers, from lower motion (2, T, ...) and raw upper features (2, T, 102)."""
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
) -> Bodies:
    parents = [-1] + [joints.index(PARENTS[joint]) for joint in joints[1:]]
    offsets = torch.stack([torch.from_numpy(skeleton.offsets)[list(joints)] for skeleton in skeletons])[:, None].expand(
        -1, root.shape[1], -1, -1
    )
    positions, turns = chain_poses(root, local, offsets, parents)
    return Bodies(joints, positions, turns, contacts, skeletons, start)


def soles(bodies: Bodies) -> Tensor:
    """Sole points (2, T, 2, 3, 3): left and right; heel, ball, toe tip; as ``refine.feet.sole_points``."""
    feet = []
    for side in SIDES:
        (ankle, ankle_turn), (toe, toe_turn) = bodies.of(f"{side}_ankle"), bodies.of(f"{side}_foot")
        heel, ball, tip = (
            torch.stack(part)
            for part in zip(*(map(_tensor, sole_offsets(side, skeleton)) for skeleton in bodies.skeletons))
        )
        at = [(ankle, ankle_turn, heel), (ankle, ankle_turn, ball), (toe, toe_turn, tip)]
        feet.append(torch.stack([place + (turn @ offset[:, None, :, None])[..., 0] for place, turn, offset in at], 2))
    return torch.stack(feet, 2)


def _tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)


def sliding(bodies: Bodies) -> Tensor:
    """Squared metres by which soles predicted in contact are off their mean place during that contact.

    Of slow drift, which is what a sampled stance suffers from, speed from frame to frame would know next to nothing.
    """
    points = (
        soles(bodies)[..., :2, :2].flatten(2, 3).transpose(1, 2).flatten(0, 1)
    )  # (8, T, 2), heel and ball on the floor plan
    held = (bodies.contacts.detach() > 0.5).transpose(1, 2).flatten(0, 1)  # (8, T)
    begins = held & ~torch.nn.functional.pad(held, (1, 0))[:, :-1]
    contact = begins.flatten().cumsum(0)[held.flatten()]  # which one each held point belongs to
    places = points[held]
    count = torch.zeros(int(begins.sum()) + 1).index_add(0, contact, torch.ones(len(contact)))
    mean = torch.zeros(len(count), 2).index_add(0, contact, places) / count.clamp(min=1)[:, None]
    return (places - mean[contact]).square().sum()


def sinking(bodies: Bodies) -> Tensor:
    """Squared metres that sole points are below the floor."""
    return soles(bodies)[..., 2].clamp(max=0).square().sum()


# A sole in the floor is seen sooner than one that drifts by as much.
FEET = (GuidanceEnergy(sliding), GuidanceEnergy(lambda bodies: 30.0 * sinking(bodies)))


def descend(features: Tensor, energy: Callable[[Tensor], Tensor], free: Tensor) -> Tensor:
    """Normalised ``features`` (B, 2, T, F) moved down the gradient of ``energy`` where ``free`` (like them, 0 or 1).

    The move is smooth over time, or what is asked of one frame would jerk it out of its row, and no larger than
    ``LARGEST_MOVE``. L-BFGS finds its own step length, so that an energy may be in any unit.
    """
    wish = torch.zeros_like(features, requires_grad=True)
    optimiser = torch.optim.LBFGS([wish], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def move() -> Tensor:
        return _smooth(wish) * free

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = energy(features + move())
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(closure)
        moved = move().detach()
    return features + moved.clamp(-LARGEST_MOVE, LARGEST_MOVE).nan_to_num()


def _smooth(values: Tensor) -> Tensor:
    """(B, 2, T, F) through a Gaussian over time."""
    radius = round(3 * SMOOTH)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / SMOOTH) ** 2)
    rows = values.movedim(2, -1).reshape(-1, 1, values.shape[2])
    smooth = torch.nn.functional.conv1d(rows, (kernel / kernel.square().sum().sqrt())[None, None], padding=radius)
    return smooth.reshape(*values.movedim(2, -1).shape).movedim(-1, 2)
