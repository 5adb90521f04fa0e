"""The stages of a solution, for the solver of a shot and for whoever composes scenes with it.

Which goals belong together, who may move how readily, the starts, L-BFGS on an energy, and the motion that comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX
from ...common.arrays import Array, FloatArray
from ...common.easing import smootherstep
from ...contract.directions import is_of_hand
from .corrections import FINE, SLOW, Unknowns
from .energy import Energy
from .holding import REACHING, arms_of
from .motion import BodyMotion, Goal, ResolveOptions
from .posing import COLUMN, LEG, TURNED_JOINTS, Bodies
from .splines import knot_frames

_SETTLED = 2e-4  # of the energy and of the unknowns, below which a round ends early
_TOUCHED = 4.0  # times as dear are the corrections of one who is only touched

Progress = Callable[[float], None]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one core: the tensors are so small that sharing them out costs more than it gains."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def groups_of(goals: Sequence[Goal]) -> list[list[Goal]]:
    """Return the goals that overlap in time together."""
    groups: list[list[Goal]] = []
    end = -1
    for goal in sorted(goals, key=lambda goal: goal.start):
        if goal.start >= end:
            groups.append([])
        groups[-1].append(goal)
        end = max(end, goal.stop)
    return groups


def middle_of(goals: Sequence[Goal], frames: int) -> int:
    """Return the frame in the middle of goals that overlap in time; at best one on which all of them are wanted."""
    frame = round(sum(goal.start + goal.stop - 1 for goal in goals) / (2 * len(goals)))
    frame = min(max(frame, max(g.start for g in goals)), min(g.stop for g in goals) - 1) if len(goals) > 1 else frame
    return min(max(frame, 0), frames - 1)


def busy_hands(bodies: Sequence[BodyMotion], goals: Sequence[Goal]) -> Tensor:
    """Return (A, T, 2) where the left and the right hand have something to touch, or are on the way."""
    busy = np.zeros((len(bodies), bodies[0].frames, 2), np.float32)
    frames = np.arange(bodies[0].frames)
    for goal in goals:
        away = np.maximum(np.maximum(goal.start - frames, frames - goal.stop + 1), 0)
        share = smootherstep(1.0 - away / REACHING)
        for actor, point in ((goal.actor, goal.point), (goal.other, goal.other_point)):
            if actor is not None and is_of_hand(point):
                side = int(point.startswith("right"))
                busy[actor, :, side] = np.maximum(busy[actor, :, side], share)
    return torch.from_numpy(busy)


def calm_actors(actors: int, goals: Sequence[Goal]) -> Tensor:
    """Return how dear the corrections of each actor are: who is only touched, by hands, hardly comes to meet them."""
    touched = {goal.other for goal in goals if goal.other is not None and not is_of_hand(goal.other_point)}
    reaching = {goal.actor for goal in goals if is_of_hand(goal.point)}
    reaching |= {goal.other for goal in goals if goal.other is not None and is_of_hand(goal.other_point)}
    return torch.tensor([_TOUCHED if a in touched - reaching else 1.0 for a in range(actors)])


def kept_frames(bodies: Sequence[BodyMotion], stays: Array) -> tuple[list[Array], list[Array]]:
    return [body.kept_parts() | stays[:, None] for body in bodies], [body.planted() for body in bodies]


def scattered_starts(poses: Unknowns, goals: Sequence[Goal], seed: int) -> Tensor:
    """Return starts with the arms that have something to touch turned at random; the first two as they are."""
    draw = torch.Generator().manual_seed(seed)
    x = poses.zeros()
    turns = x.split(poses.sizes)[0].view(poses.shapes["turns"])
    for actor, column in arms_of(goals):
        turns[actor, 2:, column] = torch.randn(turns.shape[1] - 2, 3, generator=draw)
    return x


def spread_pose(
    unknowns: Unknowns, pose: Tensor, share_of: Callable[[str, Array], Tensor], arms: Sequence[tuple[int, int]]
) -> Tensor:
    """Return the unknowns of a motion that takes on a share of a ``pose``, without ``arms`` (actor, column).

    ``share_of``: the name of the unknowns and the frames of their knots (K,) -> shares (K,); further knots have none.
    """
    frames, pieces, at = unknowns.fine.shape[0], [], 0
    for name, shape in unknowns.shapes.items():
        share = share_of(name, knot_frames(frames, SLOW if name == "shift" else FINE))
        share = torch.nn.functional.pad(share, (0, shape[1] - len(share)))
        size = int(np.prod(shape)) // shape[1]
        value = pose[at : at + size].view(shape[0], 1, *shape[2:])
        if name == "turns":
            value = value.clone()
            for actor, column in arms:
                value[actor, :, column] = 0.0
        pieces.append((value * share.view(1, -1, *[1] * (len(shape) - 2))).flatten())
        at += size
    return torch.cat(pieces)


def minimise(
    energy: Energy, x: Tensor, rounds: Sequence[tuple[float, int]], options: ResolveOptions, progress: Progress
) -> Tensor:
    """Return the unknowns after L-BFGS with the penetration weighted more from round to round."""
    total, done = sum(count for _, count in rounds), 0
    x = x.clone().requires_grad_()
    for weight, iterations in rounds:
        energy.penetration = weight
        with torch.no_grad():
            posed = energy.bodies.pose(energy.unknowns.corrections(x)[0])
        energy.overlaps = energy.volumes.watch(posed, energy.before, options.tolerance, options.own)
        energy.in_things = [] if energy.things is None else energy.things.watch(posed)
        optimiser = torch.optim.LBFGS(
            [x],
            max_iter=iterations,
            max_eval=iterations + 6,
            tolerance_change=_SETTLED,
            history_size=20,
            line_search_fn="strong_wolfe",
        )

        def cost() -> Tensor:
            optimiser.zero_grad()  # noqa: B023
            value = energy(x)
            value.backward()
            progress(done / total)  # noqa: B023
            return value

        optimiser.step(cost)
        done += iterations
    return x.detach()


def baked(bodies: Sequence[BodyMotion], unknowns: Unknowns, x: Tensor) -> tuple[FloatArray, FloatArray]:
    """Return roots (A, T, 3) and rotations (A, T, 52, 4); what no correction reaches is as it was, bit for bit."""
    exact = Bodies(bodies, np.arange(bodies[0].frames), torch.float64)
    with torch.no_grad():
        scaled, _ = unknowns.corrections(x.double())
        posed = exact.pose(scaled)
    roots = np.stack([np.array(body.root, np.float32) for body in bodies])
    rotations = np.stack([np.array(body.rotations, np.float32) for body in bodies])
    moved = [part.numpy() for part in scaled]
    turned = np.abs(moved[0]).max(-1) > 0.0  # (A, T, 24)
    whole = np.abs(moved[2]).max(-1) > 0.0
    shifted = (np.abs(moved[1]).max(-1) > 0.0) | whole
    feet = (np.abs(moved[3]).max(-1) > 0.0) | (np.abs(moved[4]).max(-1) > 0.0) | (np.abs(moved[5]) > 0.0)
    turned[:, :, 0] |= whole
    roots[shifted] = posed.places[:, :, 0].numpy()[shifted]
    local = posed.local.numpy()
    for column, joint in enumerate(TURNED_JOINTS):
        at = turned[:, :, column]
        rotations[at, joint] = rot.normalize(local[at, column])
    legs = feet | (shifted | turned[:, :, 0])[..., None]
    for side, name in enumerate(("left", "right")):
        at = legs[:, :, side]
        chain = [COLUMN["pelvis"], *(COLUMN[f"{name}_{part}"] for part in LEG)]
        world = rot.from_matrix(posed.turns.numpy()[at][:, chain])
        for k, part in enumerate(LEG[:3]):
            joint = INDEX[f"{name}_{part}"]
            turn = rot.normalize(rot.multiply(rot.conjugate(world[:, k]), world[:, k + 1]))
            same = np.sum(turn * rotations[at, joint], -1, keepdims=True) < 0.0
            rotations[at, joint] = np.where(same, -turn, turn)
    return roots, rotations
