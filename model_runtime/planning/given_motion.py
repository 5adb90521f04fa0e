"""What a body that is given throughout means for the plan: where it starts, what it does, and who has to give way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..body_model.proxemics import SHOULDERS
from ..body_model.skeleton import heading_of
from ..common.arrays import Array
from ..common.headings import facing
from ..common.masks import runs_of
from ..contract import ACTION_LABELS, FPS, ActionSpan, Actor, MotionConstraints, Waypoint
from .label_cleanup import merge_short_labels
from .motion_labels import label_frames

_EVERY = 0.1  # seconds between the moments at which a partner's way is looked at
_DIRECTIONS, _FURTHEST, _FINER = 16, 1.2, 0.1  # directions, and metres, in which room is looked for
_SETTLED = 1.0  # seconds after the partner has come, over which a new place has to stay clear


def body_is_given(actor: Actor, frames: int) -> bool:
    """Return whether root and legs of an actor are given throughout a shot of ``frames`` frames."""
    return actor.constraints is not None and actor.constraints.covers(frames, "lower")


def described_by_motion(actor: Actor, motion: MotionConstraints, duration: float) -> Actor:
    """Return an actor whose body is given with the place, heading and labels that its ``motion`` shows.

    Its strips and waypoints may say something else; nobody can follow them any more.
    """
    frames = len(motion.mask)
    labels = label_frames(motion.root_positions, motion.rotations, actor.skeleton)
    changes = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1, [frames]])
    ends = [*(changes[1:-1] / FPS), duration]
    spans = [
        ActionSpan(ACTION_LABELS[labels[first]], float(first / FPS), float(end))
        for first, end in zip(changes[:-1], ends)
    ]
    x, y = motion.root_positions[0, :2].astype(np.float64)
    return replace(
        actor,
        position=(float(x), float(y)),
        heading=float(heading_of(motion.rotations[0, 0])),
        actions=merge_short_labels(actor.name, spans, duration)[0],
        waypoints=(),
    )


def too_far_between(actor: Actor, fastest: float) -> list[str]:
    """Return a sentence for each free stretch whose given ends are too far apart to walk, at ``fastest`` (m/s)."""
    motion, notes = actor.constraints, list[str]()
    if motion is None:
        return notes
    given = motion.part("lower")
    for first, stop in runs_of(~given):
        if first == 0 or stop == len(given):
            continue
        away = float(np.linalg.norm(motion.root_positions[stop, :2] - motion.root_positions[first - 1, :2]))
        seconds = (stop - first + 1) / FPS
        if away > fastest * seconds:
            notes.append(
                f"'{actor.name}' is given {away:.1f} m apart at {(first - 1) / FPS:.2f} s and {stop / FPS:.2f} s and "
                f"slides, since {seconds:.1f} s are too short to walk there; make the stretch longer."
            )
    return notes


def way_aside(
    place: Array, start: float, end: float, partner: Callable[[float], Array], unit: float
) -> Waypoint | None:
    """Return where and when somebody who stands at ``place`` (2,) has to have made way for a partner who cannot.

    ``partner``: time (s) -> place (2,); looked at from ``start`` to ``end`` (s). None if the partner never comes near,
    or is near from the start. ``unit``: metres of this body for a metre of a mean body. Of the places that stay clear
    the nearest one is taken.
    """
    times = np.arange(start, end, _EVERY)
    if len(times) < 2:
        return None
    path, room = np.array([partner(float(time)) for time in times]), SHOULDERS * unit
    near = np.linalg.norm(path - place, axis=-1) < room
    comes = next(((first, last) for first, last in runs_of(near) if first > 0), None)
    if comes is None:
        return None
    first, last = comes[0], min(comes[1] + round(_SETTLED / _EVERY), len(path))
    angles = np.linspace(-np.pi, np.pi, _DIRECTIONS, endpoint=False)
    ways = np.arange(_FINER, _FURTHEST + 1e-6, _FINER)[:, None, None] * unit * facing(angles)[None]
    places = (place + ways).reshape(-1, 2)
    clear = np.linalg.norm(path[None, first:last] - places[:, None], axis=-1).min(1)
    far_enough = np.flatnonzero(clear >= room)
    best = places[far_enough[0] if len(far_enough) else int(clear.argmax())]
    return Waypoint(float(times[first]), (float(best[0]), float(best[1])))
