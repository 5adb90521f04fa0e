"""The solver for a whole shot: contact goals of a request in, sentences for what cannot be met out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...body_model.obstacle import Obstacle
from ...common.arrays import BoolArray
from ...contract import CONTACT_MET, PART_JOINTS, Actor, ContactGoal
from ...contract.directions import places_at, span_frames
from ..bodies import Bodies
from .motion import BodyMotion, Goal, Place, ResolveOptions
from .solver import Resolved, resolve_contacts

_LOWER = list(PART_JOINTS).index("lower")


def resolve_shot(
    bodies: Bodies,
    actors: Sequence[Actor],
    contacts: Sequence[ContactGoal],
    options: ResolveOptions | None = None,
    progress: Callable[[float], None] = lambda _: None,
    obstacles: Sequence[Obstacle] = (),
) -> tuple[Bodies, Resolved, list[str]]:
    """Return the bodies with contacts met and overlaps taken out, what was measured, and a sentence for each failure.

    What an actor's constraints give stays as it is, and so do pelvis and legs of one who sits. ``obstacles``: furniture
    that bodies are not in, either.
    """
    frames = bodies.roots.shape[1]
    motions = [
        BodyMotion(bodies.roots[a], bodies.rotations[a], actor.skeleton, actor.body_shape, bodies.contacts[a],
                   _kept(actor, frames))
        for a, actor in enumerate(actors)
    ]  # fmt: skip
    goals = [_goal(goal, actors, frames) for goal in contacts]
    resolved = resolve_contacts(motions, goals, options, progress, obstacles)
    roots, rotations = bodies.roots.copy(), bodies.rotations.copy()
    roots[: len(actors)], rotations[: len(actors)] = resolved.roots, resolved.rotations
    notes = [
        _sentence(goal, found["gap"])
        for goal, found in zip(contacts, resolved.report["goals"])
        if found["gap"] > CONTACT_MET
    ]
    return replace(bodies, roots=roots, rotations=rotations), resolved, notes


def _goal(goal: ContactGoal, actors: Sequence[Actor], frames: int) -> Goal:
    names = [actor.name for actor in actors]
    rows = span_frames(goal.start, goal.end, frames)
    other = names.index(goal.other) if goal.other else None
    return Goal(
        names.index(goal.actor),
        goal.point,
        rows.start,
        rows.stop,
        other,
        goal.other_point,
        _target(goal, rows),
        goal.distance,
        goal.held,
    )


def _target(goal: ContactGoal, rows: slice) -> Place | tuple[Place, ...] | None:
    """Return where the target of a goal is: at one place, or at one for each of its frames."""
    if len(goal.places) < 2:
        return goal.places[0] if goal.places else None
    places = places_at(goal.places, rows.stop - rows.start)
    return tuple((float(x), float(y), float(z)) for x, y, z in places)


def _kept(actor: Actor, frames: int) -> BoolArray:
    """Return the frames and parts (T, 4) of an actor that no contact changes."""
    given = actor.constraints
    kept = np.zeros((frames, len(PART_JOINTS)), bool) if given is None else given.joints(frames)
    for span in actor.actions:
        if span.label == "sit":
            kept[span_frames(span.start, span.end, frames), _LOWER] = True
    return kept


def _sentence(goal: ContactGoal, gap: float) -> str:
    point = f"The {_readable(goal.point)} of '{goal.actor}'"
    what = f"the {_readable(goal.other_point)} of '{goal.other}'" if goal.other else "its target"
    if goal.held:
        return f"{point} leaves {what} by {100 * gap:.0f} cm at {goal.start:.2f} s; let more parts of both move."
    return (
        f"{point} stays {100 * gap:.0f} cm short of {what} at {goal.start:.2f} s; let them stand nearer to each other, "
        "or ask for the contact at a later time."
    )


def _readable(point: str) -> str:
    return point.replace("_", " ")
