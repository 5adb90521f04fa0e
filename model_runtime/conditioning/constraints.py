"""Motion constraints as the networks see them: features and inpainting masks, window by window."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..body_model.feet import detect_contacts
from ..body_model.rotations import IDENTITY
from ..contract import BODY_PARTS, Actor
from ..planning.trajectories import RootConstraints
from .representation import HandBasis, encode_lower, encode_upper, from_arrays, hand_vectors


class ConstraintFeatures:
    """The motion constraints of both actors over a take of ``frames`` (padded) frames."""

    def __init__(self, actors: tuple[Actor, ...], frames: int) -> None:
        roots, rotations = (
            np.zeros((2, frames, 3), np.float32),
            np.tile(IDENTITY, (2, frames, 52, 1)).astype(np.float32),
        )
        contacts = np.ones((2, frames, 4), np.float32)
        self.motions = tuple(actor.constraints for actor in actors)
        self.mask = torch.zeros(2, frames, len(BODY_PARTS), dtype=torch.bool)
        for a, actor in enumerate(actors):
            if actor.constraints is None:
                continue
            count = len(actor.constraints.mask)
            self.mask[a, :count] = torch.from_numpy(actor.constraints.mask)
            lower, any_part = actor.constraints.part("lower"), actor.constraints.mask[:, :3].any(1)
            roots[a, :count][lower] = actor.constraints.root_positions[lower]
            rotations[a, :count][any_part] = actor.constraints.rotations[any_part]
            if lower.any():
                contacts[a, :count] = detect_contacts(roots[a, :count], rotations[a, :count], actor.skeleton)
        self.motion, self.joints = from_arrays(roots, rotations, contacts)
        for a in range(2):
            self._extend_backwards(a)
        left, right = hand_vectors(rotations)
        self.left, self.right = torch.from_numpy(left), torch.from_numpy(right)

    def _extend_backwards(self, a: int) -> None:
        """Extend each constrained run backwards by a frame, since its first velocity is a backward difference."""
        lower = self.part("lower")[a]
        for first in (torch.nonzero(lower[1:] & ~lower[:-1])[:, 0] + 1).tolist():
            following = min(first + 1, len(lower) - 1) if bool(lower[min(first + 1, len(lower) - 1)]) else first
            for track in (self.motion.root[a], self.motion.heading[a]):
                track[first - 1] = 2 * track[first] - track[following]

    def part(self, name: str) -> Tensor:
        """Return (2, T) bool: where one of ``BODY_PARTS`` is given."""
        return self.mask[..., BODY_PARTS.index(name)]

    def join_places(self, places: RootConstraints) -> None:
        """Add the places and headings of constrained frames to ``places``, in place."""
        lower = self.part("lower")[:, : places.position.shape[1]]
        frames = lower.shape[1]
        places.position[lower] = self.motion.root[:, :frames, :2][lower]
        places.heading[lower] = self.motion.heading[:, :frames][lower]
        places.has_position |= lower
        places.has_heading |= lower

    def lower_window(
        self, start: int, stop: int, start_xy: Tensor, start_heading: Tensor, height: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return a window's features (1, 2, N, 70) and the masks (1, 2, N, 4) of those that are constrained.

        They are relative to place (2, 2) and heading (2,) on the window's first frame; ``height`` (2,) of the pelvis.
        """
        part = self.motion.window(start, stop)
        features = encode_lower(part.batched(), height[None], (start_xy[None], start_heading[None]))
        mine = self.part("lower")[None, :, start:stop].float()
        return features, torch.stack([mine, mine, mine, mine * mine.flip(1)], -1)

    def upper(self, basis: HandBasis) -> tuple[Tensor, Tensor]:
        """Return upper features (2, T, 102) over the take and masks (2, T, 2) of what is given of them."""
        features = encode_upper(self.joints, basis.encode(self.left, self.right))
        return features, torch.stack([self.part("upper"), self.part("hands")], -1).float()
