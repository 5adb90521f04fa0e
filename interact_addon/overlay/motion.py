"""The motion of a take as lines: the way over the floor, trails of head and hands, figures at a few moments."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from ..check.colours import OF_ACTORS, Colour
from ..runtime_api import Array, contract, finished, skeleton
from .lines import ON_THE_FLOOR, Line, arrow_head, faded, line

TRAILED = ("head", "left_wrist", "right_wrist")
_TICK = 1.0  # seconds between two marks on a trail
_ROWS_A_STEP = 900  # of a performance
_STILL = 0.05  # metres: a way shorter than this is none
_BONES = tuple(
    (skeleton.PARENTS[joint], joint) for joint in range(1, len(skeleton.BODY_JOINTS)) if skeleton.PARENTS[joint] >= 0
)


@dataclass(frozen=True)
class JointPaths:
    """Where the joints of both actors are: ``places`` (T, 52, 3) of each, metres, from frame ``first`` at ``fps``."""

    places: tuple[Array, ...]
    floors: tuple[float, ...]
    first: int
    fps: float

    @property
    def frames(self) -> int:
        return len(self.places[0])

    def index(self, frame: float) -> int:
        """Return the row of a scene's frame, within the motion."""
        return min(max(round((frame - self.first) / self.fps * contract.FPS), 0), self.frames - 1)


def joint_paths(
    performance: contract.Performance,
    skeletons: Sequence[skeleton.Skeleton],
    floors: Sequence[float],
    first: int,
    fps: float,
) -> JointPaths:
    """Return where the joints of a performance are in the world; ``floors``: height each actor stands at."""
    return finished(joint_paths_in_steps(performance, skeletons, floors, first, fps))


def joint_paths_in_steps(
    performance: contract.Performance,
    skeletons: Sequence[skeleton.Skeleton],
    floors: Sequence[float],
    first: int,
    fps: float,
) -> Generator[None, None, JointPaths]:
    """Do the same in steps of some milliseconds."""
    places = []
    for actor, body, floor in zip(performance.actors, skeletons, floors):
        parts = []
        for start in range(0, len(actor.root_positions), _ROWS_A_STEP):
            rows = slice(start, start + _ROWS_A_STEP)
            joints, _ = skeleton.forward_kinematics(actor.root_positions[rows], actor.rotations[rows], body)
            parts.append(joints + np.array([0.0, 0.0, floor], np.float32))
            yield
        places.append(np.concatenate(parts))
    return JointPaths(tuple(places), tuple(floors), first, fps)


def ways(paths: JointPaths) -> list[Line]:
    """Return each actor's way over the floor, with an arrow at its end."""
    found = []
    for places, floor, colour in zip(paths.places, paths.floors, OF_ACTORS):
        way = places[:, 0].copy()
        way[:, 2] = floor + ON_THE_FLOOR
        if np.ptp(way[:, :2], axis=0).max() < _STILL:
            continue
        found.append(line(way[::3], colour, 2.0))
        moved = np.flatnonzero(np.linalg.norm(way[:, :2] - way[-1, :2], axis=-1) > _STILL)
        found.append(arrow_head(way[-1], way[-1] - way[moved[-1]], 0.12, colour, 2.0))
    return found


def trails(paths: JointPaths, frame: float, seconds: float) -> list[Line]:
    """Return where head and hands are from ``seconds`` before a scene's frame to as long after it, fading away.

    A short upright mark stands at every full second of the shot.
    """
    now, reach = paths.index(frame), max(1, round(seconds * contract.FPS))
    rows = np.arange(max(now - reach, 0), min(now + reach + 1, paths.frames))
    strength = 1.0 - np.abs(rows - now) / (reach + 1.0)
    found = []
    for places, colour in zip(paths.places, OF_ACTORS):
        for joint in TRAILED:
            points = places[rows, skeleton.INDEX[joint]]
            found.append(faded(points, colour, strength, 2.0))
            for row in rows[rows % round(_TICK * contract.FPS) == 0]:
                at = places[row, skeleton.INDEX[joint]]
                found.append(line(np.stack([at - [0, 0, 0.015], at + [0, 0, 0.015]]), colour, 2.0))
    return found


def figures(paths: JointPaths, frame: float, seconds: float, every: float) -> list[Line]:
    """Return stick figures ``every`` so many seconds, up to ``seconds`` before and after a scene's frame, fading."""
    now, found = paths.index(frame), []
    for step in range(1, int(seconds / every) + 1):
        for row in (now - round(step * every * contract.FPS), now + round(step * every * contract.FPS)):
            if 0 <= row < paths.frames:
                strength = 0.6 * (1.0 - step * every / (seconds + every))
                for places, colour in zip(paths.places, OF_ACTORS):
                    found += _figure(places[row], (*colour[:3], strength))
    return found


def _figure(joints: Array, colour: Colour) -> list[Line]:
    """Return a stick figure of the joints (52, 3) of one frame: one line a chain of bones."""
    return [line(joints[[parent, child]], colour, 1.5) for parent, child in _BONES]
