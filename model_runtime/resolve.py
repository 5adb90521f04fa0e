"""Resolving: motion that there is, changed so that bodies leave each other and wanted contacts are met."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from . import __version__
from .body_model.feet import detect_contacts
from .contract import (
    Actor,
    ActorPerformance,
    MotionConstraints,
    Performance,
    Progress,
    ProgressCallback,
    Request,
    check_request,
)
from .errors import InvalidRequest
from .refine.bodies import Bodies
from .refine.contacts import ResolveOptions, resolve_shot
from .refine.contacts.stages import one_thread

STAGE = "Resolving"
_GIVE_WAY = {"both": (0, 1), "first": (0,), "second": (1,)}


def resolve(request: Request, progress: ProgressCallback = lambda _: None) -> Performance:
    """Return the motion that a request gives, resolved as its ``resolve`` says; faces stay as they are.

    ``progress`` may raise ``Cancelled``. Raises ``InvalidRequest``. The report has what was measured before and after
    under ``contacts``, and a sentence for each contact that is missed under ``warnings``.
    """
    check_request(request)
    choice, started = request.resolve, time.monotonic()
    if choice is None:
        raise InvalidRequest("The request does not say what to resolve; write it again from the add-on.")
    given = [_given(actor) for actor in request.actors]
    feet = [
        detect_contacts(motion.root_positions, motion.rotations, actor.skeleton).astype(np.float32)
        for motion, actor in zip(given, request.actors)
    ]
    bodies = Bodies(
        np.stack([motion.root_positions for motion in given]),
        np.stack([motion.rotations for motion in given]),
        np.stack(feet),
    )
    options = ResolveOptions(
        _GIVE_WAY[choice.gives_way], choice.furthest, choice.moves, choice.tolerance, choice.own, request.seed
    )
    progress(Progress(STAGE, 0.0))
    with one_thread():
        bodies, met, missed = resolve_shot(
            bodies,
            request.actors,
            request.contacts,
            options,
            lambda share: progress(Progress(STAGE, share)),
            request.obstacles,
        )
    actors = tuple(
        ActorPerformance(actor.name, bodies.roots[a], bodies.rotations[a], given[a].face, feet[a])
        for a, actor in enumerate(request.actors)
    )
    seconds = round(time.monotonic() - started, 3)
    return Performance(
        actors,
        {
            "seed": request.seed,
            "version": __version__,
            "seconds": {STAGE: seconds},
            "warnings": missed,
            "contacts": met.report,
        },
    )


def with_motion(request: Request, performance: Performance) -> Request:
    """Return a request in which the actors are given their whole motion of a performance.

    What their constraints keep stays kept. Raises ``InvalidRequest`` if it is a performance of other actors.
    """
    asked, there = [actor.name for actor in request.actors], [actor.name for actor in performance.actors]
    if asked != there:
        raise InvalidRequest(
            f"The request is for {', '.join(asked)} and the performance of {', '.join(there)}; "
            "give both files of one take."
        )
    return replace(
        request, actors=tuple(_with_motion(actor, done) for actor, done in zip(request.actors, performance.actors))
    )


def _with_motion(actor: Actor, done: ActorPerformance) -> Actor:
    mask = np.zeros((len(done.root_positions), 5), bool)
    if actor.constraints is not None:
        kept = actor.constraints.mask[: len(mask)]
        mask[: len(kept)] = kept
    given = MotionConstraints(done.root_positions, done.rotations, done.face, mask)
    return replace(actor, constraints=given)


def _given(actor: Actor) -> MotionConstraints:
    assert actor.constraints is not None  # checked with the request
    return actor.constraints
