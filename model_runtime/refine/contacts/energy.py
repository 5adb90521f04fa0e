"""What the solver makes small: squared residuals, each over the size at which it matters, summed over frames."""

from __future__ import annotations

import torch
from torch import Tensor

from ...contract import FPS
from .corrections import Unknowns
from .limits import joint_angles, limits_around
from .overlaps import Overlaps, Volumes
from .posing import COLUMN, Bodies, Posed
from .things import Followed, Things
from .touching import Touches, place_touches

_PENETRATION = 0.006  # metres
_CONTACT = 0.006
_BALANCED = 4.0  # the weight of penetration up to which contacts weigh 1
_SLIDING = 0.005  # metres a second
_JERK = 60.0  # metres a second^3 that a correction may add
_KNOTS = 0.35  # of the third difference of knots, in their scales
_LIMIT = 4.0  # degrees
_BALANCE = 0.03  # metres of the centre of mass over the feet
_REACH = 0.004  # metres by which a foothold may be out of a leg's reach
_HAND_TURN = 0.3  # radians that a hand may turn in the world, where it touches nothing
_GAZE = 0.25  # radians that a head may turn in the world
_MASS = {  # shares of the body, by the joint nearest to their middles (Winter 2009, table 4.1)
    "pelvis": 0.25, "spine2": 0.15, "spine3": 0.18, "head": 0.08, "left_elbow": 0.04, "right_elbow": 0.04,
    "left_wrist": 0.01, "right_wrist": 0.01, "left_knee": 0.12, "right_knee": 0.12,
}  # fmt: skip
_SMOOTH = tuple(COLUMN[name] for name in (
    "pelvis", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_knee", "right_knee",
))  # fmt: skip
_HANDS = tuple(COLUMN[f"{side}_wrist"] for side in ("left", "right"))
_HEAD = (COLUMN["head"],)


class Energy:
    """The energy of corrections of ``bodies``: ``overlaps`` and ``penetration`` are set anew between rounds."""

    def __init__(
        self,
        bodies: Bodies,
        unknowns: Unknowns,
        volumes: Volumes,
        touches: Touches | None = None,
        busy: Tensor | None = None,
        calm: Tensor | None = None,
        things: Things | None = None,
    ) -> None:
        """``busy`` (A, T, 2) is 1 where a hand has something to touch and may turn for it, 0 elsewhere; ``calm`` (A,)
        is how much dearer the corrections of an actor are. ``things``: furniture that bodies keep clear of.
        """
        self.bodies, self.unknowns, self.volumes, self.touches = bodies, unknowns, volumes, touches
        self.penetration, self.overlaps, self.things = 0.0, None, things
        self.in_things: list[Followed] = []
        self.shift = 1.0  # how dear it is to shift whole bodies
        self.over_time = True
        self.idle = None if busy is None else 1.0 - busy
        self.dear = torch.ones(len(bodies.motions)) if calm is None else calm
        with torch.no_grad():
            self.before = bodies.pose(unknowns.corrections(unknowns.zeros().to(bodies.dtype))[0])
        self.given = self.before  # as deep as a body was in itself there it may be
        self.least, self.most = limits_around(joint_angles(self.before.local))
        self.mass_columns = [COLUMN[name] for name in _MASS]
        self.mass = torch.tensor(list(_MASS.values()), dtype=bodies.dtype)[:, None]
        self.mass = self.mass / self.mass.sum()

    overlaps: Overlaps | None

    def by_frame(self, x: Tensor) -> Tensor:
        """Return the energy (T,) of each frame, without what compares frames."""
        scaled, plain = self.unknowns.corrections(x)
        return self._of_poses(self.bodies.pose(scaled), scaled, plain)

    def __call__(self, x: Tensor) -> Tensor:
        scaled, plain = self.unknowns.corrections(x)
        posed = self.bodies.pose(scaled)
        total = self._of_poses(posed, scaled, plain).sum()
        return total + self._of_changes(posed, x) if self.over_time else total

    def _of_poses(self, posed: Posed, scaled: tuple[Tensor, ...], plain: tuple[Tensor, ...]) -> Tensor:
        turns, root, shift, _, swing, swivel = plain
        change = turns.square().sum((2, 3)) + swing.square().sum((2, 3)) + swivel.square().sum(2)
        cost = self.dear @ (change + root.square().sum(2) + self.shift * shift.square().sum(2))
        cost = cost + (torch.relu(posed.overreach) / _REACH).square().sum((0, 2))
        angles = joint_angles(posed.local)
        beyond = torch.relu(angles - self.most) + torch.relu(self.least - angles)
        cost = cost + (beyond / _LIMIT).square().sum((0, 2))
        cost = cost + (self._off_balance(posed, scaled) / _BALANCE).square().sum((0, 2))
        cost = cost + self._turned(posed, _HANDS, _HAND_TURN, self.idle) + self._turned(posed, _HEAD, _GAZE)
        cost = cost + self._of_overlaps(posed)
        if self.touches is None:
            return cost
        # Where overlaps weigh more than that, so do contacts, or they would be pulled apart.
        return cost + max(1.0, self.penetration / _BALANCED) ** 0.5 * self._of_touches(posed, self.touches)

    def _off_balance(self, posed: Posed, scaled: tuple[Tensor, ...]) -> Tensor:
        """Return how far (A, T, 2) the centre of mass has moved against the feet."""
        moved = ((posed.places - self.before.places)[:, :, self.mass_columns, :2] * self.mass).sum(2)
        ankles = [COLUMN["left_ankle"], COLUMN["right_ankle"]]
        feet = (posed.places - self.before.places)[:, :, ankles, :2].mean(2)
        return moved - feet

    def _turned(self, posed: Posed, columns: tuple[int, ...], scale: float, weight: Tensor | None = None) -> Tensor:
        """Return the cost (T,) of joints that turn in the world: 2 - 2 cos of their angle is near its square."""
        change = posed.turns[:, :, columns] - self.before.turns[:, :, columns]
        cost = 0.5 * change.square().sum((-1, -2)) / scale**2
        return (cost if weight is None else cost * weight).sum((0, 2))

    def _of_overlaps(self, posed: Posed) -> Tensor:
        cost = self._of_things(posed)
        if self.overlaps is None or not len(self.overlaps.frame):
            return cost
        depth = torch.relu(self.volumes.excess(posed, self.overlaps))
        return cost.index_add(0, self.overlaps.frame, self.penetration * (depth / _PENETRATION).square())

    def _of_things(self, posed: Posed) -> Tensor:
        cost = posed.places.new_zeros(posed.places.shape[1])
        if self.things is None:
            return cost
        for followed in self.in_things:
            depth = torch.relu(self.things.excess(posed, followed))
            cost = cost.index_add(0, followed.frame, self.penetration * (depth / _PENETRATION).square())
        return cost

    def _of_touches(self, posed: Posed, touches: Touches) -> Tensor:
        way, facing = place_touches(posed, touches)
        apart = (way.square().sum(-1) + 1e-10).sqrt()
        cost = (torch.relu(apart - touches.distance) / _CONTACT).square()
        cost = cost + (facing * touches.facing[:, None]).square().sum(-1)
        if self.over_time and len(way) > 1:
            slide = (way[1:] - way[:-1]) * FPS / _SLIDING
            cost = cost + torch.cat([cost.new_zeros(1), slide.square().sum(-1) * touches.follows[1:]])
        return posed.places.new_zeros(posed.places.shape[1]).index_add(0, touches.frame, cost)

    def _of_changes(self, posed: Posed, x: Tensor) -> Tensor:
        """Return what corrections that change fast cost."""
        moved = (posed.places - self.before.places)[:, :, _SMOOTH]
        jerk = _third(moved, 1) * FPS**3 / _JERK
        cost = jerk.square().sum()
        for name, knots in self.unknowns.knots(x).items():
            if name != "shift":
                cost = cost + (_third(knots, 1) / _KNOTS).square().sum()
        return cost


def _third(values: Tensor, dim: int) -> Tensor:
    return values.diff(n=3, dim=dim) if values.shape[dim] > 3 else values.narrow(dim, 0, 0)
