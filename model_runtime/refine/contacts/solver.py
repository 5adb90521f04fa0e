"""The solver: which stretches of a shot change, the poses in which goals are met, then the motion through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...body_model.obstacle import Obstacle
from ...common.arrays import Array, BoolArray, FloatArray
from ...common.easing import smootherstep
from ...common.masks import expanded, runs_of
from .corrections import Unknowns, pose_unknowns, trajectory_unknowns
from .energy import Energy
from .holding import (
    REACHING,
    arms_of,
    hands_of,
    with_arms_held,
    with_arms_ready,
    with_calm_arms,
    with_open_hands,
    with_room_to_come,
    with_steady_hands,
)
from .motion import PARTS, BodyMotion, Goal, ResolveOptions
from .overlaps import Volumes
from .posing import Bodies, Posed
from .report import compare
from .shaking import with_shaken_hands
from .stages import (
    Progress,
    baked,
    busy_hands,
    calm_actors,
    groups_of,
    kept_frames,
    middle_of,
    minimise,
    one_thread,
    scattered_starts,
    spread_pose,
)
from .things import Things
from .touching import hold, touches_of

UNTOUCHED = 30  # frames beside an overlap or a goal, beyond which nothing changes
_STARTS = 12
_POSE_ROUNDS = ((0.05, 25), (0.4, 20), (3.0, 20))  # weight of penetration, iterations
_PARTING = ((0.3, 14), (1.0, 14), (4.0, 16))
_FINISH = ((16.0, 14), (64.0, 14), (256.0, 14))  # as long as something is left
_ROUNDS = ((0.02, 14), (0.2, 12), (1.0, 14), (4.0, 16))
_PARTED_WHOLE = 16.0  # times as dear as to meet is it to part as wholes
_DIRECTIONS, _APART = 8, (0.03, 0.08)  # and metres, to which two are shifted apart to begin with
_PRESSED_LATER = 0.002  # metres
_PAD = 3  # frames of kept motion that a stretch is solved with


@dataclass(frozen=True)
class Resolved:
    """Roots (A, T, 3) and rotations (A, T, 52, 4) of all actors, and what was measured before and after."""

    roots: FloatArray
    rotations: FloatArray
    report: dict[str, Any] = field(default_factory=dict)


def resolve_contacts(
    bodies: Sequence[BodyMotion],
    goals: Sequence[Goal] = (),
    options: ResolveOptions | None = None,
    progress: Progress = lambda _: None,
    obstacles: Sequence[Obstacle] = (),
) -> Resolved:
    """Return the motion of all ``bodies`` with overlaps beyond the tolerance taken out and ``goals`` met.

    Only frames within 1 s of an overlap or of a goal change, and nothing that is kept. ``progress`` gets the share that
    is done, and may raise ``Cancelled``. ``obstacles``: furniture that bodies are not in, either.
    """
    with one_thread():
        return _resolved(bodies, goals, options or ResolveOptions(), progress, obstacles)


def _resolved(
    bodies: Sequence[BodyMotion],
    goals: Sequence[Goal],
    options: ResolveOptions,
    progress: Progress,
    obstacles: Sequence[Obstacle],
) -> Resolved:
    roots = np.stack([np.asarray(body.root, np.float32) for body in bodies])
    rotations = np.stack([np.asarray(body.rotations, np.float32) for body in bodies])
    stretches = runs_of(expanded(_eventful(bodies, goals, options, obstacles), UNTOUCHED))
    frames = sum(stop - start for start, stop in stretches)
    done = 0
    for start, stop in stretches:
        first, last = max(0, start - _PAD), min(roots.shape[1], stop + _PAD)
        window = slice(first, last)
        own = [goal.within(first, last) for goal in goals if goal.start < stop and goal.stop > start]
        parts = [_window(body, window) for body in bodies]
        stays = np.ones(last - first, bool)
        stays[start - first : stop - first] = False

        def share(of_stretch: float, done: int = done, length: int = stop - start) -> None:
            progress((done + of_stretch * length) / max(frames, 1))

        solved = _solve(parts, own, options, stays, share, obstacles)
        roots[:, window], rotations[:, window] = solved
        done += stop - start
    progress(1.0)
    return Resolved(roots, rotations, compare(bodies, roots, rotations, goals, obstacles))


def _window(body: BodyMotion, window: slice) -> BodyMotion:
    contacts = body.foot_contacts
    if contacts is None:
        contacts = np.repeat(body.planted(), 2, axis=1)
    return replace(
        body,
        root=body.root[window],
        rotations=body.rotations[window],
        foot_contacts=contacts[window],
        kept=body.kept_parts()[window],
    )


def _eventful(
    bodies: Sequence[BodyMotion], goals: Sequence[Goal], options: ResolveOptions, obstacles: Sequence[Obstacle]
) -> BoolArray:
    """Return the frames (T,) on which bodies overlap too far, or something should touch, and something may change."""
    eventful = np.zeros(bodies[0].frames, bool)
    free = ~np.stack([bodies[a].kept_parts() for a in options.gives_way if a < len(bodies)]).all((0, 2))
    if not free.any():
        return eventful
    first, last = np.flatnonzero(free)[[0, -1]]
    window = slice(int(first), int(last) + 1)  # in a long shot of which a little is free, the rest is not looked at
    for goal in goals:
        if not goal.held:
            eventful[max(goal.start, 0) : goal.stop] = True
    eventful[window] |= _overlapping([_window(body, window) for body in bodies], options, obstacles)
    return eventful & free


def _overlapping(bodies: Sequence[BodyMotion], options: ResolveOptions, obstacles: Sequence[Obstacle]) -> BoolArray:
    every = Bodies(bodies, np.arange(bodies[0].frames))
    volumes = Volumes(every)
    posed = _uncorrected(every, bodies, options)
    frame, pair, depth = volumes.candidates(posed, 0.0)
    counts = volumes.between(pair) | options.own
    overlapping = np.zeros(bodies[0].frames, bool)
    overlapping[frame[(depth > volumes.allowed(pair, options.tolerance)) & counts]] = True
    in_things = Things(every, volumes, obstacles).deep_frames
    overlapping[in_things(posed, options.tolerance, options.gives_way, _kept_below(bodies))] = True
    return overlapping


def _kept_below(bodies: Sequence[BodyMotion]) -> Array:
    """Return (A, T) where pelvis and legs of each body are kept."""
    return np.stack([body.kept_parts()[:, PARTS.index("lower")] for body in bodies])


def _uncorrected(every: Bodies, bodies: Sequence[BodyMotion], options: ResolveOptions) -> Posed:
    unknowns = trajectory_unknowns(bodies, *kept_frames(bodies, np.ones(bodies[0].frames, bool)), options)
    with torch.no_grad():
        return every.pose(unknowns.corrections(unknowns.zeros())[0])


def _solve(
    bodies: list[BodyMotion],
    goals: list[Goal],
    options: ResolveOptions,
    stays: Array,
    progress: Progress,
    obstacles: Sequence[Obstacle],
) -> tuple[FloatArray, FloatArray]:
    """Return roots and rotations of one stretch, of which the frames ``stays`` (T,) are kept."""
    kept, planted = kept_frames(bodies, stays)
    unknowns = trajectory_unknowns(bodies, kept, planted, options)
    wanted = [goal for goal in goals if not goal.held]
    groups = groups_of(wanted)
    if any(hands_of([goal]) for goal in wanted):  # which are steadied and closed at the end, and press deeper by it
        options = replace(options, tolerance=max(options.tolerance - _PRESSED_LATER, 0.0))
    steps, given = len(groups) + 2, bodies
    x, signs = unknowns.zeros(), np.ones(bodies[0].frames)
    for number, group in enumerate(groups):
        frame = middle_of(group, bodies[0].frames)
        span, arms = (min(goal.start for goal in group), max(goal.stop for goal in group)), arms_of(group)
        bodies = with_calm_arms(bodies, arms, span, unknowns)
        bodies = with_open_hands(bodies, group, span, unknowns)
        ready = with_arms_ready(bodies, arms, frame, span, unknowns)
        pose, sign = _contact_pose(ready, unknowns, group, frame, options, partial(progress, number / steps))
        turns = (pose.split(unknowns.sizes_of_pose)[0].view(len(bodies), -1, 3) * unknowns.scales["turns"]).numpy()
        bodies = with_arms_held(bodies, ready, arms, turns, frame, span, unknowns)
        bodies = with_room_to_come(bodies, group, unknowns)
        x = x + _spread(unknowns, pose, span, arms)
        signs[span[0] : span[1]] = sign
        progress((number + 1) / steps)
    motion = Bodies(bodies, np.arange(bodies[0].frames))
    touches = touches_of(motion, [(goal, np.arange(goal.start, goal.stop)) for goal in goals], signs) if goals else None
    volumes = Volumes(motion)
    things = Things(motion, volumes, obstacles) if obstacles else None
    energy = Energy(
        motion, unknowns, volumes, touches, busy_hands(bodies, goals), calm_actors(len(bodies), wanted), things
    )
    with torch.no_grad():  # arms that were taken out of their gestures may have come through the body
        energy.given = Bodies(given, motion.frames).pose(unknowns.corrections(unknowns.zeros())[0])
    if touches is not None:
        energy.touches = hold(touches, energy.before, [goal.held for goal in goals])
    if not wanted:
        # Who shall come to meet somebody comes as a whole; to part, whole bodies go only where their parts cannot.
        energy.shift = _PARTED_WHOLE
        x = _parted(energy, x, options)
    x = minimise(
        energy,
        x,
        _ROUNDS if wanted else _PARTING,
        options,
        lambda part: progress((len(groups) + 2 * part) / steps),
    )
    for weight, iterations in _FINISH:
        if not _is_left(energy, x, options, stays):
            break
        x = minimise(energy, x, [(weight, iterations)], options, lambda _: progress(1.0))
    roots, rotations = baked(bodies, unknowns, x)
    rotations = with_steady_hands(bodies, roots, rotations, wanted, unknowns)
    columns = [PARTS.index(part) for part in ("upper", "hands")]
    return roots, with_shaken_hands(bodies, roots, rotations, wanted, ~np.stack(kept)[:, :, columns].any(2))


def _is_left(energy: Energy, x: Tensor, options: ResolveOptions, stays: Array) -> bool:
    """Return whether bodies still overlap too far on a frame that may change."""
    with torch.no_grad():
        posed = energy.bodies.pose(energy.unknowns.corrections(x)[0])
    frame, pair, depth = energy.volumes.candidates(posed, 0.0)
    deep = depth > energy.volumes.allowed(pair, options.tolerance)
    left = (deep & (energy.volumes.between(pair) | options.own) & ~stays[frame]).any()
    if energy.things is not None and not left:
        kept = _kept_below(energy.bodies.motions)
        left = (~stays[energy.things.deep_frames(posed, options.tolerance, options.gives_way, kept)]).any()
    return bool(left)


def _parted(energy: Energy, x: Tensor, options: ResolveOptions) -> Tensor:
    """Return the unknowns with the bodies shifted apart as wholes, if that is the better start.

    Two that stand deep in each other have no side to which they part by the slope alone.
    """
    unknowns = energy.unknowns
    if not bool(unknowns.free["shift"][:, -1].any()):
        return x
    starts, costs = [x], []
    for angle in np.arange(_DIRECTIONS) * 2.0 * np.pi / _DIRECTIONS:
        for far in _APART:
            start = x.clone()
            shift = start.split(unknowns.sizes)[list(unknowns.shapes).index("shift")].view(unknowns.shapes["shift"])
            way = torch.tensor([np.cos(angle), np.sin(angle)], dtype=x.dtype) * far / unknowns.scales["shift"][0]
            for actor, sign in enumerate((-1.0, 1.0)[: shift.shape[0]]):
                shift[actor, -1, :2] = sign * way
            starts.append(start)
    energy.penetration = 1.0
    with torch.no_grad():
        for start in starts:
            posed = energy.bodies.pose(unknowns.corrections(start)[0])
            energy.overlaps = energy.volumes.watch(posed, energy.given, options.tolerance, options.own)
            costs.append(float(energy(start)))
    return starts[int(np.argmin(costs))]


def _contact_pose(
    bodies: Sequence[BodyMotion],
    unknowns: Unknowns,
    goals: Sequence[Goal],
    frame: int,
    options: ResolveOptions,
    alive: Callable[[], None],
) -> tuple[Tensor, float]:
    """Return the unknowns of the pose at ``frame``, of several starts, that meets ``goals`` best, and how palms lie.

    ``alive`` is called now and then, and may raise ``Cancelled``.
    """
    poses = pose_unknowns(unknowns, frame, _STARTS)
    still = Bodies(bodies, np.full(_STARTS, frame))
    signs = np.where(np.arange(_STARTS) % 2 == 0, 1.0, -1.0)
    touches = touches_of(still, [(goal, np.arange(_STARTS)) for goal in goals], signs)
    busy = busy_hands(bodies, goals)[:, frame : frame + 1].expand(-1, _STARTS, -1)
    energy = Energy(still, poses, Volumes(still), touches, busy, calm_actors(len(bodies), goals))
    energy.over_time = False
    x = minimise(energy, scattered_starts(poses, goals, options.seed), _POSE_ROUNDS, options, lambda _: alive())
    with torch.no_grad():
        best = int(energy.by_frame(x).argmin())
    one = [piece.view(shape)[:, best].flatten() for piece, shape in zip(x.split(poses.sizes), poses.shapes.values())]
    return torch.cat(one), float(signs[best])


def _spread(unknowns: Unknowns, pose: Tensor, span: tuple[int, int], arms: Sequence[tuple[int, int]]) -> Tensor:
    """Return the unknowns of a motion that goes into a pose for a ``span`` of frames and back, without ``arms``."""

    def share_of(_: str, knots: Array) -> Tensor:
        away = np.maximum(np.maximum(span[0] - knots, knots - span[1] + 1), 0)
        return torch.from_numpy(smootherstep(1.0 - away / REACHING).astype(np.float32))

    return spread_pose(unknowns, pose, share_of, arms)
