"""The unknowns of the solver: one vector, read as smooth corrections of every joint, root and foot of all actors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...common.arrays import Array
from ...contract import PART_JOINTS
from .footholds import follow_shift
from .motion import PARTS, BodyMotion, ResolveOptions
from .posing import TURNED, TURNED_JOINTS, Corrections
from .splines import free_splines, spline_basis

FINE, SLOW = 3, 8  # frames between knots of joints and root, and of the shift of a whole body

# How much of each is readily done: radians, by joint of ``TURNED``, and metres.
_TURNS = {
    "pelvis": 0.08, "spine": 0.10, "neck": 0.15, "head": 0.20, "collar": 0.12, "shoulder": 0.5, "elbow": 0.5,
    "wrist": 0.35, "thumb": 0.25, "index": 0.2, "middle": 0.2, "ring": 0.2, "pinky": 0.2,
}  # fmt: skip
_ROOT = 0.04
_YAW = 2.0  # rad a metre of the shift
_SWING = 0.04
_SWIVEL = 0.2
_MOVES = {
    "legs": ("pelvis",), "trunk": ("spine",), "head": ("neck", "head"),
    "arms": ("collar", "shoulder", "elbow", "wrist"),
}  # fmt: skip
_PART_OF = {joint: part for part, joints in PART_JOINTS.items() for joint in joints}


class Unknowns:
    """The vector ``x`` of the solver, its layout and what of it is free."""

    def __init__(
        self, fine: Tensor, slow: Tensor, feet: Tensor, swing: Tensor, free: dict[str, Tensor], furthest: float
    ) -> None:
        """``fine`` (T, K), ``slow`` (T, L), ``feet`` (A, 2, T, L) and ``swing`` (A, 2, T) are bases.

        ``free`` has masks: turns (A, K, 24, 1), root (A, K, 1), shift (A, L, 1), swing (A, K, 1, 1), swivel (A, K, 1).
        """
        self.fine, self.slow, self.feet, self.swing = fine, slow, feet, swing
        actors, knots, slow_knots = feet.shape[0], fine.shape[1], slow.shape[1]
        self.shapes = {
            "turns": (actors, knots, len(TURNED), 3),
            "root": (actors, knots, 3),
            "shift": (actors, slow_knots, 3),
            "swing": (actors, knots, 2, 3),
            "swivel": (actors, knots, 2),
        }
        turns = torch.tensor([_scale_of(name) for name in TURNED])[:, None]
        self.scales = {
            "turns": turns,
            "root": torch.tensor(_ROOT),
            "shift": furthest * torch.tensor([1.0, 1.0, _YAW]),
            "swing": torch.tensor(_SWING),
            "swivel": torch.tensor(_SWIVEL),
        }
        self.free = free
        self.sizes = [int(np.prod(shape)) for shape in self.shapes.values()]
        self.sizes_of_pose = [size // shape[1] for size, shape in zip(self.sizes, self.shapes.values())]

    def zeros(self) -> Tensor:
        return torch.zeros(sum(self.sizes))

    def knots(self, x: Tensor) -> dict[str, Tensor]:
        """Return the knots of each kind, those that are not free at 0, divided by their scales."""
        pieces = x.split(self.sizes)
        return {
            name: piece.view(shape) * self.free[name].to(x.dtype)
            for (name, shape), piece in zip(self.shapes.items(), pieces)
        }

    def corrections(self, x: Tensor) -> tuple[Corrections, Corrections]:
        """Return the corrections that ``x`` stands for, in radians and metres, and the same divided by their scales."""
        knots = self.knots(x)
        fine, slow, feet, swing = (basis.to(x.dtype) for basis in (self.fine, self.slow, self.feet, self.swing))
        actors, frames = feet.shape[0], fine.shape[0]

        def over_time(name: str) -> Tensor:
            value = knots[name]
            return (fine @ value.flatten(2)).view(actors, frames, *value.shape[2:])

        shift = slow @ knots["shift"]
        planted = torch.einsum("aftl,ald->atfd", feet, knots["shift"])
        in_air = over_time("swing") * swing.transpose(1, 2)[..., None]
        plain = Corrections(over_time("turns"), over_time("root"), shift, planted, in_air, over_time("swivel"))
        s = {name: scale.to(x.dtype) for name, scale in self.scales.items()}
        scaled = Corrections(
            plain.turns * s["turns"], plain.root * s["root"], shift * s["shift"], planted * s["shift"],
            in_air * s["swing"], plain.swivel * s["swivel"],
        )  # fmt: skip
        return scaled, plain


def _scale_of(joint: str) -> float:
    return next(scale for part, scale in _TURNS.items() if part in joint)


def _moves(joint: str) -> str:
    """Return which of ``MOVABLE`` a joint of ``TURNED`` is."""
    return next((part for part, names in _MOVES.items() if joint.rpartition("_")[2].startswith(names)), "hands")


def trajectory_unknowns(
    bodies: Sequence[BodyMotion], kept: list[Array], planted: list[Array], options: ResolveOptions
) -> Unknowns:
    """Return the unknowns of motion over T frames; ``kept`` (T, 4) by part and ``planted`` (T, 2) of each actor."""
    frames = bodies[0].frames
    fine = spline_basis(frames, FINE)
    # The last column moves a body throughout, with its feet; it is free where no frame is kept.
    slow = np.concatenate([spline_basis(frames, SLOW), np.ones((frames, 1), np.float32)], 1)
    columns = [PARTS.index(_PART_OF[joint]) for joint in TURNED_JOINTS]
    moves, goes = np.array([_moves(name) in options.moves for name in TURNED]), "legs" in options.moves
    free: dict[str, list[Array]] = {name: [] for name in ("turns", "root", "shift", "swing", "swivel")}
    feet, swing = [], []
    for actor, (stays, stands) in enumerate(zip(kept, planted)):
        gives = actor in options.gives_way
        may = np.stack(
            [free_splines(fine, stays[:, c]) & gives & (part != "lower" or goes) for c, part in enumerate(PARTS)], 1
        )
        lower = PARTS.index("lower")
        shifts = free_splines(slow, stays[:, lower]) & gives & goes & (options.furthest > 0.0)
        free["turns"].append((may[:, columns] & moves)[..., None])
        for name in ("root", "swivel"):
            free[name].append(may[:, lower, None])
        free["swing"].append(may[:, lower, None, None])
        free["shift"].append(shifts[:, None])
        holds = [follow_shift(slow, stands[:, side], stays[:, lower]) for side in range(2)]
        feet.append(np.stack([hold.basis for hold in holds]))
        swing.append(np.stack([hold.swing for hold in holds]))
    masks = {name: torch.from_numpy(np.stack(arrays)) for name, arrays in free.items()}
    arrays = (fine, slow, np.stack(feet), np.stack(swing))
    fine_basis, slow_basis, of_feet, of_swing = (torch.from_numpy(np.asarray(a, np.float32)) for a in arrays)
    return Unknowns(fine_basis, slow_basis, of_feet, of_swing, masks, options.furthest)


def pose_unknowns(trajectory: Unknowns, frame: int, starts: int) -> Unknowns:
    """Return the unknowns of ``starts`` separate poses of one frame of a trajectory, free where that is free there."""
    actors = trajectory.feet.shape[0]
    fine, slow = trajectory.fine[frame], trajectory.slow[frame]
    free = {}
    for name, mask in trajectory.free.items():
        knot = int((slow[:-1] if name == "shift" else fine).argmax())
        free[name] = mask[:, knot : knot + 1].expand(actors, starts, *mask.shape[2:])
    one = torch.eye(starts)
    # A foot goes along with the shift as far as its foothold does.
    along = (trajectory.feet[:, :, frame].sum(-1) / max(float(slow.sum()), 1e-6)).clamp(0.0, 1.0)
    feet = along[:, :, None, None] * one
    swing = trajectory.swing[:, :, frame, None].expand(actors, 2, starts)
    return Unknowns(one, one, feet, swing, free, float(trajectory.scales["shift"][0]))
