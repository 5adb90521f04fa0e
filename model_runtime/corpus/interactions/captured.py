"""Captured interactions: stretches of takes of two people, on bodies of other sizes, with their overlaps taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ...body_model.body_shape import place_points
from ...body_model.feet import detect_contacts
from ...body_model.skeleton import Skeleton, forward_kinematics
from ...choreography.places import composing_shape
from ...common.arrays import Array
from ...common.masks import runs_of
from ...contract import FPS
from ...datasets.clip import Clip
from ...refine.contacts.motion import BodyMotion, Goal, ResolveOptions
from ...refine.contacts.solver import resolve_contacts
from ...refine.feet import lock_feet
from ..motion.base_motion import Motion
from ..motion.clip_bank import ClipBank, short_name

_SECONDS = (4.0, 6.5)
_SIZES = (0.92, 1.06)  # times as tall as captured, both alike: who holds whom stays so
_HELD, _SHORTEST = 0.11, 0.5  # metres between two palms that hold each other in a capture, and for how many seconds
_TOLERANCE = 0.006


@dataclass(frozen=True)
class CapturedPair:
    """Two bodies that were captured together, and the ``holds`` of their hands."""

    name: str
    skeletons: tuple[Skeleton, Skeleton]
    motions: list[Motion]
    holds: list[Goal]


def captured_pair(rng: np.random.Generator, bank: ClipBank, clips: Sequence[Clip], tag: str, seed: int) -> CapturedPair:
    """Return a stretch of a take with ``tag``, either of the two first. Raises ``ValueError`` where there is none."""
    names = {short_name(clip.name) for clip in clips}
    found = [clip for clip in clips if clip.pair and tag in clip.tags and short_name(clip.pair.partner) in names]
    if not found:
        raise ValueError(f"no captured take of two people is tagged '{tag}'")
    first = found[int(rng.integers(len(found)))]
    assert first.pair is not None
    second, size = bank.clip(short_name(first.pair.partner)), float(rng.uniform(*_SIZES))
    frames = min(first.frames, second.frames, round(float(rng.uniform(*_SECONDS)) * FPS))
    begins = int(rng.integers(0, min(first.frames, second.frames) - frames + 1))
    skeletons = first.skeleton.scaled(size), second.skeleton.scaled(size)
    motions = []
    for clip, skeleton in zip((first, second), skeletons):
        motion = bank.motion(short_name(clip.name), False, skeleton)
        if clip is second:
            motion = motion.placed(size * np.array([first.pair.x, first.pair.y], np.float32), first.pair.heading)
        motion = motion.slice(begins, begins + frames)
        root, rotations = lock_feet(motion.root, motion.rotations, skeleton, motion.contacts)
        motions.append(Motion(root, rotations, motion.contacts))
    bodies = [BodyMotion(m.root, m.rotations, s, composing_shape(s), m.contacts) for m, s in zip(motions, skeletons)]
    holds = _holds(bodies)
    solved = resolve_contacts(bodies, holds, ResolveOptions(furthest=0.06, tolerance=_TOLERANCE, seed=seed))
    held = []
    for root, rotations, skeleton in zip(solved.roots, solved.rotations, skeletons):
        contacts = detect_contacts(root, rotations, skeleton)  # feet that turn on the spot are found anew
        held.append(Motion(*lock_feet(root, rotations, skeleton, contacts), contacts))
    motions = held
    return CapturedPair(short_name(first.name), skeletons, motions, holds)


def _holds(bodies: Sequence[BodyMotion]) -> list[Goal]:
    """Return which palms hold each other, and when."""
    goals = []
    for one, other in product(("left", "right"), repeat=2):
        palms = [_palm(body, side) for body, side in zip(bodies, (one, other))]
        near = np.linalg.norm(palms[0] - palms[1], axis=-1) < _HELD
        for start, stop in runs_of(near):
            if stop - start > _SHORTEST * FPS:
                goals.append(Goal(0, f"{one}_palm", start, stop, 1, f"{other}_palm", held=True))
    return goals


def _palm(body: BodyMotion, side: str) -> Array:
    posed = forward_kinematics(body.root, body.rotations, body.skeleton)
    return place_points(body.shape, *posed)[0][:, body.shape.point(f"{side}_palm")]
