"""A stretch of a shot that is generated anew, and what that means for the motion: everything else is given.

Frames are the scene's unless they are said to be at 30 fps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..messages import Message, quoted
from ..runtime_api import Array, contract, errors

SHORTEST = 0.2  # seconds; in less there is no room to leave one pose and reach another
Parts = tuple[str, ...]  # of ``contract.BODY_PARTS``
KeptFrames = Mapping[str, Mapping[str, Collection[int]]]  # by actor and part the frames that a person keyed


@dataclass(frozen=True)
class Stretch:
    """The scene frames ``first`` to ``last``, both generated anew, and by actor the parts of the body that are."""

    first: int
    last: int
    parts: Mapping[str, Parts]

    @property
    def in_words(self) -> Message:
        actors = quoted(self.parts)
        return Message("frames {first} to {last} of {actors}", first=self.first, last=self.last, actors=actors)

    def __str__(self) -> str:
        return self.in_words

    def without(self, kept: Mapping[str, Collection[str]]) -> Stretch:
        """Return the stretch without the parts that are kept, by actor, and without actors of whom nothing is left."""
        left = {
            name: tuple(part for part in parts if part not in kept.get(name, ())) for name, parts in self.parts.items()
        }
        return Stretch(self.first, self.last, {name: parts for name, parts in left.items() if parts})


@dataclass(frozen=True)
class ShotFrames:
    """The frames of a shot, ``first`` to ``last`` of the scene, and how many of them a second has."""

    first: int
    last: int
    rate: float

    @property
    def count(self) -> int:
        """The frames at 30 fps of the whole shot."""
        return contract.frame_count((self.last - self.first) / self.rate)

    def frame_at(self, seconds: float) -> int:
        """Return the scene frame nearest to a time of the shot, within the shot."""
        return min(max(self.first + round(seconds * self.rate), self.first), self.last)

    def seconds_at(self, frame: float) -> float:
        """Return the time of the shot at a scene frame."""
        return (frame - self.first) / self.rate

    def free(self, stretch: Stretch) -> slice:
        """Return the frames at 30 fps of a stretch: those between the last frame before it and the first after it."""
        before = self.seconds_at(stretch.first - 1) * contract.FPS
        after = self.seconds_at(stretch.last + 1) * contract.FPS
        return slice(max(int(np.floor(before + 1e-6)) + 1, 0), min(int(np.ceil(after - 1e-6)), self.count))


def check_stretch(stretch: Stretch, shot: ShotFrames, actors: Sequence[str]) -> None:
    """Raise ``InvalidRequest``, which says what to do, for a stretch that cannot be generated."""
    if unknown := [name for name in stretch.parts if name not in actors]:
        raise errors.InvalidRequest(f"There is no actor '{unknown[0]}' to regenerate; use one of: {', '.join(actors)}.")
    if not stretch.parts:
        raise errors.InvalidRequest("Nothing is left to regenerate; choose an actor and a part that is not locked.")
    if stretch.first < shot.first or stretch.last > shot.last:
        raise errors.InvalidRequest(
            f"Frames {stretch.first} to {stretch.last} are not all in the shot, {shot.first} to {shot.last}; choose "
            "a range within it."
        )
    if (stretch.last - stretch.first + 1) / shot.rate < SHORTEST:
        raise errors.InvalidRequest(
            f"Frames {stretch.first} to {stretch.last} are less than {SHORTEST} s; choose a longer range."
        )


def given_around(
    stretch: Stretch, shot: ShotFrames, motion: Sequence[contract.ActorPerformance], kept: KeptFrames | None = None
) -> dict[str, contract.MotionConstraints]:
    """Return by actor the motion that a generation is given: all but the stretch.

    ``motion``: what both are seen doing over the shot, at 30 fps. ``kept``: poses that a person keyed inside the
    stretch; the generated motion passes through them.
    """
    free, found = shot.free(stretch), {}
    for performance in motion:
        given = contract.constraints_from_performance(performance)
        for part in stretch.parts.get(performance.name, ()):
            column = given.mask[:, contract.BODY_PARTS.index(part)]
            column[free] = False
            column[_at_30((kept or {}).get(performance.name, {}).get(part, ()), shot)] = True
        found[performance.name] = given
    return found


def between(frames: Sequence[int], playhead: int) -> tuple[int, int] | None:
    """Return the frames between the two poses, of those keyed at ``frames``, that lie around the playhead.

    A playhead on a pose counts to what follows it. None where there are not two, or nothing lies between them.
    """
    before = max((frame for frame in frames if frame <= playhead), default=None)
    after = min((frame for frame in frames if frame > playhead), default=None)
    if before is None or after is None or after - before < 2:
        return None
    return before + 1, after - 1


def _at_30(frames: Collection[int], shot: ShotFrames) -> Array:
    """Return the frames at 30 fps on both sides of scene frames."""
    moments = np.array([shot.seconds_at(frame) * contract.FPS for frame in sorted(frames)])
    both = np.concatenate([np.floor(moments + 1e-6), np.ceil(moments - 1e-6)]).astype(int)
    return np.unique(both[(both >= 0) & (both < shot.count)])
