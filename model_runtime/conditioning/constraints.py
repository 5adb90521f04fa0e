"""Motion constraints as the networks see them: features and inpainting masks, window by window."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..body_model.feet import detect_contacts
from ..body_model.rotations import IDENTITY
from ..body_model.skeleton import UPPER_JOINTS
from ..contract import BODY_PARTS, PART_JOINTS, Actor
from ..planning.trajectories import RootConstraints
from .representation import (
    HANDS,
    JOINTS_6D,
    MOTION_FIELDS,
    UPPER_SIZE,
    GlobalMotion,
    HandBasis,
    encode_lower,
    encode_upper,
    from_arrays,
    hand_vectors,
)


class ConstraintFeatures:
    """The motion constraints of both actors over a take of ``frames`` (padded) frames, the first ``shot`` its own."""

    def __init__(self, actors: tuple[Actor, ...], frames: int, shot: int | None = None) -> None:
        self.shot = frames if shot is None else shot
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
            lower, any_part = actor.constraints.part("lower"), actor.constraints.any_joint
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

    def whole(self, *parts: str) -> tuple[bool, bool]:
        """Return of each actor whether all of these ``BODY_PARTS`` are given throughout the shot."""
        first, second = (motion is not None and motion.covers(self.shot, *parts) for motion in self.motions)
        return first, second

    def put_lower(self, motion: GlobalMotion, start: int = 0) -> GlobalMotion:
        """Return lower bodies (2, T, ...) from frame ``start`` on, those that are given throughout exactly as given."""
        whole = self.whole("lower")
        if not any(whole):
            return motion
        kept = torch.zeros(2, motion.root.shape[1], dtype=torch.bool)
        kept[:, : max(self.shot - start, 0)] = torch.tensor(whole)[:, None]
        given = self.motion.window(start, start + motion.root.shape[1])
        fields = {}
        for name in MOTION_FIELDS:
            made = getattr(motion, name)
            fields[name] = torch.where(kept.reshape(*kept.shape, *[1] * (made.dim() - 2)), getattr(given, name), made)
        return GlobalMotion(**fields)

    def join_places(self, places: RootConstraints) -> None:
        """Add the places and headings of constrained frames to ``places``, in place.

        A body that is given throughout stays after the shot where it is at its end, so that its whole path is known.
        """
        frames = places.position.shape[1]
        lower = self.part("lower")[:, :frames].clone()
        position, heading = self.motion.root[:, :frames, :2].clone(), self.motion.heading[:, :frames].clone()
        for a in (a for a, whole in enumerate(self.whole("lower")) if whole):
            lower[a, self.shot :] = True
            position[a, self.shot :], heading[a, self.shot :] = position[a, self.shot - 1], heading[a, self.shot - 1]
        places.position[lower], places.heading[lower] = position[lower], heading[lower]
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

    def upper(self, basis: HandBasis) -> tuple[Tensor, Tensor, Tensor]:
        """Return upper features (2, T, 102) over the take, and which of them are given: (2, T, 102), 0 or 1.

        Between the two stand the masks (2, T, 2) of joints and hands that the network is told of. It was trained with
        all of the joints given or none.
        """
        features = encode_upper(self.joints, basis.encode(self.left, self.right))
        upper, head, hands = (self.part(name) for name in ("upper", "head", "hands"))
        given = torch.zeros(*self.mask.shape[:2], UPPER_SIZE)
        given[..., HANDS] = hands[..., None].float()
        of_joint = [head if joint in PART_JOINTS["head"] else upper for joint in UPPER_JOINTS]
        given[..., JOINTS_6D] = torch.stack(of_joint, -1).repeat_interleave(6, -1).float()
        return features, torch.stack([upper & head, hands], -1).float(), given
