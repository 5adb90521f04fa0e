"""Height normalisation: play bodies of any size at the size of people, and scale the result back.

The networks learned from people between 1.55 and 1.95 m, and places, speeds and distances throughout the method are
metres of such people. Two bodies of one size share their scale, and nothing between them changes. If their sizes differ
too much for that, each gets a scale of its own: both keep their places about the point midway between their starts, and
each meets the partner as far away as its own legs would say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import AVERAGE_SKELETON
from ..contract import Actor, Request, Waypoint

HUMAN = (0.75, 1.2)  # metres of pelvis height played as they are: from a child of eight to the tallest adult
_MIDDLE = AVERAGE_SKELETON.pelvis_height


@dataclass(frozen=True)
class HeightNormalisation:
    """How bodies of different size are brought to one scale.

    ``units``: metres in the world of one normalised metre, for each actor; ``origin`` (2,): the point in the world that
    becomes the origin.
    """

    units: tuple[float, float] = (1.0, 1.0)
    origin: tuple[float, float] = (0.0, 0.0)

    def into(self, things: Sequence[Obstacle]) -> tuple[tuple[Obstacle, ...], tuple[Obstacle, ...]]:
        """Return things in the world as each actor meets them, at its own scale."""
        first, second = (tuple(thing.moved((*self.origin, 0.0), unit) for thing in things) for unit in self.units)
        return first, second

    def back(self, roots: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return root positions (2, T, 3) in the world, at each actor's own size."""
        if self == HeightNormalisation():
            return roots
        out = roots * np.asarray(self.units)[:, None, None]
        out[..., :2] += self.origin
        return out.astype(np.float32)


def height_units(heights: tuple[float, float]) -> tuple[float, float]:
    """Return the unit of each of two bodies with these pelvis heights: a common one if that makes both human."""
    fits = [HUMAN[0] <= height <= HUMAN[1] for height in heights]
    if all(fits):
        return 1.0, 1.0
    common = float(np.sqrt(heights[0] * heights[1])) / _MIDDLE
    if all(HUMAN[0] <= height / common <= HUMAN[1] for height in heights):
        return common, common
    first, second = (1.0 if fit else height / _MIDDLE for fit, height in zip(fits, heights))
    return first, second


def normalise_heights(request: Request) -> tuple[Request, HeightNormalisation]:
    """Return a request for two with both at human size, and the scale that leads back."""
    first, second = request.actors
    units = height_units((first.skeleton.pelvis_height, second.skeleton.pelvis_height))
    if units == (1.0, 1.0):
        return request, HeightNormalisation()
    origin = 0.5 * (np.asarray(first.position) + np.asarray(second.position))
    scale = HeightNormalisation(units, (float(origin[0]), float(origin[1])))
    return replace(
        request, actors=tuple(_scaled(actor, unit, origin) for actor, unit in zip(request.actors, units))
    ), scale


def _scaled(actor: Actor, unit: float, origin: NDArray[np.float64]) -> Actor:
    def place(xy: tuple[float, float]) -> tuple[float, float]:
        x, y = (np.asarray(xy) - origin) / unit
        return float(x), float(y)

    kept = actor.constraints
    if kept is not None:
        roots = kept.root_positions.astype(np.float64)
        roots[:, :2] -= origin
        kept = replace(kept, root_positions=(roots / unit).astype(np.float32))
    return replace(
        actor,
        skeleton=actor.skeleton.scaled(1.0 / unit),
        position=place(actor.position),
        actions=tuple(
            span if span.facing is None else replace(span, facing=place(span.facing)) for span in actor.actions
        ),
        waypoints=tuple(Waypoint(point.time, place(point.position), point.heading) for point in actor.waypoints),
        seat_height=actor.seat_height / unit,
        pins=tuple(
            replace(pin, places=tuple((*place((x, y)), z / unit) for x, y, z in pin.places)) for pin in actor.pins
        ),
        constraints=kept,
        shape=None if actor.shape is None else actor.shape.scaled(1.0 / unit),
    )
