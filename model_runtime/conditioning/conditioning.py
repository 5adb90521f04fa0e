"""All that the body networks are given: a request as conditions, root trajectories and motion constraints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import binary_dilation
from torch import Tensor

from ..body_model.body_shape import BodyShape
from ..body_model.obstacle import Obstacle
from ..body_model.proxemics import ELBOW_ROOM
from ..body_model.skeleton import Skeleton
from ..common.arrays import BoolArray, FloatArray
from ..common.checkpoints import WEIGHTS
from ..contract import ACTION_LABELS, FPS, Request
from ..contract.directions import hands_held, hands_touching
from ..planning.trajectories import RootConstraints
from .conditions import RequestTracks, Stresses, conditions_of_request
from .constraints import ConstraintFeatures
from .representation import body_size
from .tracks import energy_track, held, label_track, root_constraints_of, settled

WALKING = ACTION_LABELS.index("walk")


@dataclass(frozen=True)
class Conditioning:
    """A take of ``frames`` frames; arrays are padded to ``T`` frames of whole windows.

    ``conditions``: by name (1, 2, T, size); ``body`` (1, 2, 6) lengths in metres; ``places``: where roots are wanted;
    ``constraints``: motion that is given; ``alone``: the second actor only stands in for a partner who is missing;
    ``energy`` (2, T) of each, None where both are as usual; ``leading_hands`` of each, as of ``Actor``; ``pinned``
    (2, frames): frames on which a hand is held somewhere; ``shapes`` of both bodies, None for that of bone lengths;
    ``furniture`` beside each, at its own scale; ``touching`` (2, frames): frames on which a hand is asked to touch
    something, None without contacts.
    """

    frames: int
    skeletons: tuple[Skeleton, Skeleton]
    conditions: dict[str, Tensor]
    body: Tensor
    places: RootConstraints
    constraints: ConstraintFeatures
    alone: bool = False
    energy: FloatArray | None = None
    leading_hands: tuple[str, str] = ("", "")
    pinned: BoolArray | None = None
    shapes: tuple[BodyShape | None, BodyShape | None] = (None, None)
    furniture: Sequence[Sequence[Obstacle]] = ((), ())
    touching: BoolArray | None = None

    @property
    def walking(self) -> BoolArray:
        """Frames (2, T) on which each actor's own label is walk."""
        return (self.conditions["labels"][0, :, :, WALKING] > 0.5).numpy()

    @property
    def share_a_place(self) -> bool:
        """Whether the two are in one place and at one scale, so that they can touch."""
        return not self.alone and self.places.units[0] == self.places.units[1]

    def given(self, *parts: str) -> BoolArray:
        """Return the frames (2, frames) on which any of these ``BODY_PARTS`` is constrained."""
        masks = [self.constraints.part(part)[:, : self.frames] for part in parts]
        return torch.stack(masks).any(0).numpy()

    def is_given(self, *parts: str) -> tuple[bool, bool]:
        """Return of each actor whether nothing of these ``BODY_PARTS`` is left to generate; a stand-in has no need."""
        first, second = self.constraints.whole(*parts)
        return first, second or self.alone

    def is_free(self, *parts: str) -> BoolArray:
        """Return the frames (frames,) on which any of these ``BODY_PARTS`` of an actor is left to generate.

        For an actor that plays alone these are all, since nothing of its stand-in is given.
        """
        masks = [self.constraints.part(part)[:, : self.frames] for part in parts]
        return (~torch.stack(masks)).any(0).any(0).numpy()

    def stresses(self, actor: int) -> tuple[FloatArray, BoolArray]:
        """Return an actor's stresses (frames,), and the frames (frames,) whose arms may be timed to them.

        Frames near a walk, near a change of label or near constrained arms are left out.
        """
        if "stress" not in self.conditions:
            return np.zeros(self.frames, np.float32), np.zeros(self.frames, bool)
        return self.conditions["stress"][0, actor, : self.frames, 0].numpy(), self._gesturing(actor)

    def exchangeable(self, actor: int) -> BoolArray:
        """Return the frames (frames,) on which an actor's arms may be exchanged: they gesture, and neither is held."""
        free = self._gesturing(actor)
        return free if self.pinned is None else free & ~binary_dilation(self.pinned[actor], iterations=FPS)

    def _gesturing(self, actor: int) -> BoolArray:
        """Return the frames away from walks, changes of label and constrained arms, on which hands serve the voice."""
        labels = self.conditions["labels"][0, actor, : self.frames, : len(ACTION_LABELS)].argmax(-1).numpy()
        near_given = binary_dilation(self.given("upper", "head", "hands")[actor], iterations=FPS)
        free = settled(labels) & ~near_given
        return free if self.touching is None else free & ~self.touching[actor]


def conditioning_of(
    request: Request,
    prosody: Sequence[FloatArray],
    conditions: Collection[str],
    padded_frames: int,
    units: tuple[float, float] = (1.0, 1.0),
    alone: bool = False,
    weights: Path = WEIGHTS,
    stresses: Sequence[Stresses | None] = (None, None),
    furniture: Sequence[Sequence[Obstacle]] = ((), ()),
) -> Conditioning:
    """Return what a resolved request for two gives the body networks.

    ``prosody``: (frames, 28) of each actor; ``conditions``: names of those the networks were trained with, others are
    not worked out; ``padded_frames``: frames up to the end of the last window; ``units`` as in ``HeightNormalisation``;
    the rest as in ``RequestTracks``.
    """
    first, second = request.actors
    labels = np.stack([held(label_track(actor, request.frames), padded_frames) for actor in request.actors])
    offsets = np.stack([actor.skeleton.offsets for actor in request.actors])
    body = body_size(torch.from_numpy(offsets)[None])
    seat = torch.tensor([actor.seat_height for actor in request.actors])[None] / body[..., 0]
    source = RequestTracks(request, padded_frames, labels, prosody, seat, stresses, alone, weights)
    places = root_constraints_of(request.actors, labels, padded_frames)
    places = replace(places, units=units, elbow_room=0.0 if alone else ELBOW_ROOM)
    constraints = ConstraintFeatures(request.actors, padded_frames, request.frames)
    constraints.join_places(places)
    return Conditioning(
        request.frames,
        (first.skeleton, second.skeleton),
        conditions_of_request(source, conditions),
        body,
        places,
        constraints,
        alone,
        _energy(request, padded_frames),
        (first.leading_hand, second.leading_hand),
        np.stack([hands_held(actor, request.frames) for actor in request.actors]),
        (first.shape, second.shape),
        furniture,
        hands_touching(request),
    )


def _energy(request: Request, frames: int) -> FloatArray | None:
    if not any(actor.energy for actor in request.actors):
        return None
    return np.stack([held(energy_track(actor, request.frames), frames) for actor in request.actors])
