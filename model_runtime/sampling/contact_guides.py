"""Guidance towards contacts: while bodies are sampled, arms already reach for what they are asked to touch.

Contact goals of a request become energies of the upper stage (``energies.py``). Only arms reach, and no further than
they are long: trunks, legs, the last centimetres and the grip are for the solver of ``refine/contacts``. Fingers belong
to no energy, so a point on a finger is where it is with the finger straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..body_model.skeleton import FINGERS, INDEX, JOINTS, PARENTS
from ..common.easing import smootherstep
from ..contract import FPS, Actor, ContactGoal
from ..contract.directions import is_of_hand, places_at, span_frames
from ..planning.height_normalisation import HeightNormalisation
from .energies import GuidanceEnergy, PosedBodies

REACHING = 1.2  # seconds in which an arm comes to what it touches, and goes back
FURTHEST = 0.8  # metres that two points may be apart so long before
EXTENDED = 0.9  # of an arm's length that it reaches
LARGEST_MOVE = 3.0  # standard deviations of a feature; with a tenth of it, hands stay a forearm apart
ITERATIONS = 20
_OPPOSED = 0.1  # metres that surfaces which face the same way count as apart, halved


@dataclass(frozen=True)
class _Point:
    """A point ``offset`` (3,) on a ``joint`` of an ``actor``, with its ``normal`` (3,).

    Of a target ``actor`` is None, and ``offset`` (T, 3) says where it is on each frame of the take.

    ``reach``: metres from the shoulder that it gets to; 0 of what is only touched, which does not move for it.
    """

    actor: int | None
    joint: str
    offset: Tensor
    normal: Tensor
    reach: float = 0.0

    def of(self, bodies: PosedBodies, frames: slice) -> tuple[Tensor, Tensor, Tensor]:
        """Return where it is, its normal, and where its arm begins, (F, 3) each, on some frames."""
        if self.actor is None:
            place = self.offset[bodies.start :][frames]
            return place, self.normal, place
        place, turn = self._joint(bodies, frames, self.joint)
        point, normal = place + turn @ self.offset, turn @ self.normal
        if not self.reach:
            return point.detach(), normal.detach(), point.detach()
        # The chest stays where it is: one that may lean bows to whom it shakes hands with.
        chest, facing = self._joint(bodies, frames, "spine3")
        still = facing.detach() @ facing.mT
        shoulder, _ = self._joint(bodies, frames, f"{self.joint.partition('_')[0]}_shoulder")
        return (
            chest.detach() + (still @ (point - chest)[..., None])[..., 0],
            (still @ normal[..., None])[..., 0],
            shoulder.detach(),
        )

    def _joint(self, bodies: PosedBodies, frames: slice, name: str) -> tuple[Tensor, Tensor]:
        places, turns = bodies.of(name)
        return places[self.actor, frames], turns[self.actor, frames]


@dataclass(frozen=True)
class _Reach:
    """Two points that come together: ``allowed`` (T,) metres between them, and how much that matters, ``ease`` (T,)."""

    first: _Point
    second: _Point
    allowed: Tensor
    ease: Tensor

    def energy(self, bodies: PosedBodies) -> Tensor:
        """Return the summed squared metres by which the points are further apart than they may be, or turned away."""
        span = slice(bodies.start, bodies.start + bodies.positions.shape[1])
        asked = torch.nonzero(self.ease[span])[:, 0]
        if not len(asked):
            return bodies.positions.new_zeros(())
        frames = slice(int(asked[0]), int(asked[-1]) + 1)
        ease, allowed = self.ease[span][frames], self.allowed[span][frames]
        here, mine, shoulder = self.first.of(bodies, frames)
        there, theirs, other_shoulder = self.second.of(bodies, frames)
        out_of_reach = (shoulder - other_shoulder).norm(dim=-1) - self.first.reach - self.second.reach
        apart = ((here - there).square().sum(-1) + 1e-8).sqrt()
        energy = (apart - torch.maximum(allowed, out_of_reach)).clamp(min=0).square()
        if self.second.actor is not None:
            energy = energy + (_OPPOSED * (mine + theirs)).square().sum(-1)
        return (ease * energy).sum()


def contact_guides(
    contacts: Sequence[ContactGoal], actors: Sequence[Actor], scale: HeightNormalisation, frames: int
) -> tuple[GuidanceEnergy, ...]:
    """Return the energies of contact goals in a take of ``frames`` frames, for ``actors`` at the normalised ``scale``.

    What touches already needs none, and two at different scales meet only once they are brought back to their sizes.
    """
    names = [actor.name for actor in actors]
    guides = []
    for goal in contacts:
        own = names.index(goal.actor)
        other = names.index(goal.other) if goal.other else own
        if goal.held or scale.units[own] != scale.units[other]:
            continue
        unit = scale.units[own]
        first = _point(own, actors[own], goal.point)
        second = _point(other, actors[other], goal.other_point) if goal.other else _target(goal, scale, unit, frames)
        if first.reach or second.reach:
            reach = _Reach(first, second, *_course(goal, frames, unit))
            guides.append(GuidanceEnergy(reach.energy, "upper", LARGEST_MOVE, ITERATIONS))
    return tuple(guides)


def _course(goal: ContactGoal, frames: int, unit: float) -> tuple[Tensor, Tensor]:
    """Return how far apart (T,) the two points may be, metres, and how much it matters (T,): 0 to 1."""
    rows, every = span_frames(goal.start, goal.end, frames), np.arange(frames)
    away = np.maximum(np.maximum(rows.start - every, every - rows.stop + 1), 0) / (REACHING * FPS)
    gone = torch.from_numpy(smootherstep(away.astype(np.float32)))
    return goal.distance / unit + FURTHEST * gone, 1.0 - gone


def _target(goal: ContactGoal, scale: HeightNormalisation, unit: float, frames: int) -> _Point:
    """Return a target of which the places before and after the goal are those at its ends."""
    rows = span_frames(goal.start, goal.end, frames)
    places = places_at(goal.places, rows.stop - rows.start)
    along = places[np.clip(np.arange(frames) - rows.start, 0, len(places) - 1)]
    offset = (along.astype(np.float64) - (*scale.origin, 0.0)) / unit
    return _Point(None, "", torch.from_numpy(offset.astype(np.float32)), torch.zeros(3))


def _point(number: int, actor: Actor, name: str) -> _Point:
    """Return a contact point of an actor; one on a finger as a point of the hand."""
    shape, offsets = actor.body_shape, actor.skeleton.offsets
    index = shape.point(name)
    joint, offset = int(shape.point_joint[index]), shape.point_offset[index].astype(np.float32)
    while any(finger in JOINTS[joint] for finger in FINGERS):
        joint, offset = PARENTS[joint], offset + offsets[joint]
    reach = 0.0
    if is_of_hand(name):
        side = name.partition("_")[0]
        arm = [offsets[INDEX[f"{side}_elbow"]], offsets[INDEX[f"{side}_wrist"]], offset]
        reach = EXTENDED * float(np.linalg.norm(arm, axis=-1).sum())
    normal = torch.from_numpy(shape.point_normal[index].astype(np.float32))
    return _Point(number, JOINTS[joint], torch.from_numpy(np.asarray(offset, np.float32)), normal, reach)
