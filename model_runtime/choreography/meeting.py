"""Bring two bases together: the pose in which touches are met is sought from many starts, then the motion through it.

The steps are those of ``refine.contacts``; unlike there, each arm has its own time to reach and to return, may draw
back first, and both bodies may be moved as wholes, since nothing says where a composed scene stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, forward_kinematics
from ..common.arrays import Array, FloatArray
from ..common.easing import smootherstep
from ..refine.contacts.corrections import Unknowns, pose_unknowns, trajectory_unknowns
from ..refine.contacts.energy import Energy
from ..refine.contacts.holding import arms_of, hands_of, with_steady_hands
from ..refine.contacts.motion import BodyMotion, Goal, ResolveOptions
from ..refine.contacts.overlaps import Volumes
from ..refine.contacts.posing import TURNED, TURNED_JOINTS, Bodies
from ..refine.contacts.report import ways_of
from ..refine.contacts.solver import UNTOUCHED
from ..refine.contacts.stages import (
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
from ..refine.contacts.touching import touches_of
from ..refine.hands import move_hand
from .arms import PARTS, arm_pose
from .hands import shape_hand

_STARTS, _FEW = 14, 4
_MANY, _SETTLING = ((0.1, 30), (0.8, 30)), ((3.0, 40), (12.0, 50))  # of the pose: weight of penetration, iterations
_ROUNDS = ((0.3, 20), (2.0, 25), (10.0, 30))
_FINISH = ((30.0, 30), (90.0, 40))
_ANCHOR = 4  # frames at each end of a stretch that stay as they are
_TOLERANCE = 0.007  # metres of overlap that the solver allows; the gate allows 1 cm
_TRUNK = 1.35  # times as long as the arm's reach takes the trunk to lean in
_STILL, _EASES = 0.8, 14  # share of a trunk's own motion that is taken out while bodies hold each other; frames
_HELD = 9  # frames from which on two hold each other; who is hit or pushed gives way at once
_TRUNK_JOINTS = tuple(INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head"))
_VIA = (0.62, 0.34)  # shares of a reach: the pose on the way is left behind from, and the contact is aimed at from
_REACHED, _CLOSE, _LEFT = 0.4, 0.006, 0.0135  # metres that a hand is led before the solver, after it, and that stay


@dataclass(frozen=True)
class Reach:
    """A ``goal`` and how many frames the arm takes to ``come`` and to ``go``; fingers in the shape ``hand``.

    ``ready``: the pose of ``arms.POSES`` from which the contact is sought; ``via``: that through which the arm comes,
    and with ``back`` also goes.
    """

    goal: Goal
    come: int
    go: int
    hand: str = "open"
    ready: str = "held out"
    via: str = ""
    back: bool = False


@dataclass(frozen=True)
class Met:
    """Roots (2, T, 3), rotations (2, T, 52, 4); ``span``: the frames between which anything was changed."""

    roots: FloatArray
    rotations: FloatArray
    span: tuple[int, int]


def meet(
    bodies: Sequence[BodyMotion], reaches: Sequence[Reach], seed: int, shift: float, anchored: bool = False
) -> Met:
    """Return both bodies with every reach met. ``shift``: metres that a body is readily moved as a whole.

    With ``anchored`` everything beside the reaches stays where it is, to the last bit: bodies shift and come back.
    Without, each is shifted for good, since nothing says where a composed scene stands.
    """
    first = max(0, min(r.goal.start - max(r.come, UNTOUCHED) for r in reaches) - 8)
    last = min(bodies[0].frames, max(r.goal.stop + max(r.go, UNTOUCHED) for r in reaches) + 8)
    options = ResolveOptions(furthest=shift, tolerance=_TOLERANCE, seed=seed)
    parts = [_cut(body, slice(first, last)) for body in bodies]
    own = [replace(r, goal=replace(r.goal, start=r.goal.start - first, stop=r.goal.stop - first)) for r in reaches]
    stays = np.zeros(last - first, bool)
    if anchored:
        stays[:_ANCHOR] = stays[-_ANCHOR:] = True
    with one_thread():
        roots, rotations = _met(parts, own, options, stays)
    whole = np.stack([b.root for b in bodies]).astype(np.float32), np.stack([b.rotations for b in bodies])
    if anchored:
        whole[0][:, first:last], whole[1][:, first:last] = roots, rotations
        return Met(*whole, (first, last))
    return _joined(whole, (roots, rotations), (first, last))


def _cut(body: BodyMotion, window: slice) -> BodyMotion:
    contacts = body.foot_contacts
    assert contacts is not None
    kept = None if body.kept is None else body.kept[window]
    return replace(
        body,
        root=body.root[window],
        rotations=body.rotations[window],
        foot_contacts=contacts[window],
        kept=kept,
    )


def _joined(whole: tuple[Array, Array], part: tuple[Array, Array], span: tuple[int, int]) -> Met:
    """Return the whole motion with a part of it solved: what lies beside goes along with the shift of its ends."""
    first, last = span
    roots, rotations = np.array(whole[0]), np.array(whole[1])
    before = roots.copy(), rotations.copy()
    roots[:, first:last], rotations[:, first:last] = part
    for actor in range(2):
        for frames, at in ((slice(0, first), first), (slice(last, None), last - 1)):
            turn = rot.multiply(rotations[actor, at, 0], rot.conjugate(before[1][actor, at, 0]))
            yaw = rot.about_z(2.0 * np.arctan2(turn[3], turn[0]))
            away = before[0][actor, frames] - before[0][actor, at]
            moved = roots[actor, at] + rot.rotate(yaw, away)
            moved[:, 2] = before[0][actor, frames, 2]
            roots[actor, frames] = moved
            rotations[actor, frames, 0] = rot.multiply(yaw, before[1][actor, frames, 0])
    return Met(roots.astype(np.float32), rotations.astype(np.float32), span)


def _met(
    bodies: list[BodyMotion], reaches: Sequence[Reach], options: ResolveOptions, stays: Array
) -> tuple[FloatArray, FloatArray]:
    goals = [reach.goal for reach in reaches]
    poses = trajectory_unknowns(bodies, *kept_frames(bodies, stays), options)
    unknowns = poses if stays.any() else _only_whole_shifts(poses)
    x, signs = unknowns.zeros(), np.ones(bodies[0].frames)
    for group in groups_of(goals):
        own = [reach for reach in reaches if reach.goal in group]
        frame = middle_of(group, bodies[0].frames)
        span = min(g.start for g in group), max(g.stop for g in group)
        if span[1] - span[0] >= _HELD:
            bodies = _stilled(bodies, frame, span)
        bodies = _with_shapes(bodies, own)
        ready = _ready(bodies, own)
        pose, sign = _pose(ready, poses, group, frame, options)
        turns = (pose.split(unknowns.sizes_of_pose)[0].view(len(bodies), -1, 3) * unknowns.scales["turns"]).numpy()
        bodies = _with_arms(bodies, ready, own, turns, frame)
        x = x + _spread(unknowns, pose, own, arms_of(group))
        signs[span[0] : span[1]] = sign
    # With the poses laid into the motion and hands led to their goals by two bones, the solver has little left to do.
    roots, rotations = baked(bodies, unknowns, x)
    rotations = _led(bodies, roots, rotations, reaches, _REACHED)
    bodies = [replace(body, root=roots[a], rotations=rotations[a]) for a, body in enumerate(bodies)]
    x = unknowns.zeros()
    motion = Bodies(bodies, np.arange(bodies[0].frames))
    touches = touches_of(motion, [(goal, np.arange(goal.start, goal.stop)) for goal in goals], signs)
    energy = Energy(
        motion, unknowns, Volumes(motion), touches, busy_hands(bodies, goals), calm_actors(len(bodies), goals)
    )
    x = minimise(energy, x, _ROUNDS, options, _ignored)
    for weight, iterations in _FINISH:
        if not _is_deep(energy, x):
            break
        x = minimise(energy, x, [(weight, iterations)], options, _ignored)
    roots, rotations = baked(bodies, unknowns, x)
    steady = with_steady_hands(bodies, roots, rotations, [g for g in goals if g.other != g.actor], unknowns)
    return roots, _led(bodies, roots, steady, reaches, _CLOSE)


def _led(
    bodies: Sequence[BodyMotion], roots: Array, rotations: FloatArray, reaches: Sequence[Reach], furthest: float
) -> FloatArray:
    """Return rotations with every hand led up to ``furthest`` metres to what it touches, of two hands each by half."""
    result = list(rotations)
    for reach in [*reaches, *reaches]:
        goal = reach.goal
        hands = hands_of([goal])
        if not hands:
            continue
        posed = [forward_kinematics(roots[a], result[a], body.skeleton) for a, body in enumerate(bodies)]
        way = ways_of(bodies, posed, goal)
        far = np.linalg.norm(way, axis=-1, keepdims=True)
        way = way * np.clip(far - goal.distance - _LEFT, 0.0, furthest) / np.maximum(far, 1e-6) / len(hands)
        at = np.clip(np.arange(len(roots[0])), goal.start, goal.stop - 1) - goal.start
        moved = way[at] * _share(len(roots[0]), reach)[:, None]
        for actor, side, point in hands:
            sign = 1.0 if (actor, point) == (goal.actor, goal.point) else -1.0
            result[actor], _ = move_hand(result[actor], posed[actor], side, sign * moved)
    return np.stack(result).astype(np.float32)


def _pose(
    bodies: Sequence[BodyMotion], unknowns: Unknowns, goals: Sequence[Goal], frame: int, options: ResolveOptions
) -> tuple[Tensor, float]:
    """Return the unknowns of the pose on ``frame`` that meets ``goals`` best, and how palms lie, 1 or -1.

    Many starts go through the first rounds together, the best of them through the others: a pose that is not settled
    costs the motion ten times as many iterations.
    """
    x, rows = None, np.arange(_STARTS)
    signs = np.where(rows % 2 == 0, 1.0, -1.0)
    for rounds, keeps in ((_MANY, _FEW), (_SETTLING, 1)):
        poses = pose_unknowns(unknowns, frame, len(rows))
        still = Bodies(bodies, np.full(len(rows), frame))
        touches = touches_of(still, [(goal, np.arange(len(rows))) for goal in goals], signs)
        busy = busy_hands(bodies, goals)[:, frame : frame + 1].expand(-1, len(rows), -1)
        energy = Energy(still, poses, Volumes(still), touches, busy, calm_actors(len(bodies), goals))
        energy.over_time = False
        x = minimise(
            energy, scattered_starts(poses, goals, options.seed) if x is None else x, rounds, options, _ignored
        )
        with torch.no_grad():
            best = np.argsort(energy.by_frame(x).numpy(), kind="stable")[:keeps]
        parts = [p.view(shape)[:, best.copy()] for p, shape in zip(x.split(poses.sizes), poses.shapes.values())]
        x, signs, rows = torch.cat([part.flatten() for part in parts]), signs[best], rows[best]
    assert x is not None
    return x, float(signs[0])


def _ignored(share: float) -> None:
    return None


def _is_deep(energy: Energy, x: Tensor) -> bool:
    with torch.no_grad():
        posed = energy.bodies.pose(energy.unknowns.corrections(x)[0])
    _, pair, depth = energy.volumes.candidates(posed, 0.0)
    return bool(((depth > 0.0095) & energy.volumes.between(pair)).any())


def _only_whole_shifts(unknowns: Unknowns) -> Unknowns:
    """Return the unknowns with shifts of a body constant over time: its feet keep the steps that were captured."""
    shift = torch.zeros_like(unknowns.free["shift"])
    shift[:, -1] = True
    return Unknowns(
        unknowns.fine,
        unknowns.slow,
        unknowns.feet,
        unknowns.swing,
        unknowns.free | {"shift": shift},
        float(unknowns.scales["shift"][0]),
    )


def _share(frames: int, reach: Reach, longer: float = 1.0) -> FloatArray:
    """Return how far (T,) a body is in the pose of a contact: minimum jerk to it and back."""
    at = np.arange(frames)
    into = 1.0 - (reach.goal.start - at) / max(reach.come * longer, 1.0)
    out = 1.0 - (at - reach.goal.stop + 1) / max(reach.go * longer, 1.0)
    return smootherstep(np.minimum(into, out)).astype(np.float32)


def _stilled(bodies: list[BodyMotion], frame: int, span: tuple[int, int]) -> list[BodyMotion]:
    """Return the bodies with trunks that keep nearly still while they hold each other: each leans on the other."""
    at = np.arange(bodies[0].frames)
    away = np.maximum(np.maximum(span[0] - at, at - span[1] + 1), 0)
    share = (_STILL * smootherstep(1.0 - away / _EASES)).astype(np.float32)
    result = []
    for body in bodies:
        rotations = np.array(body.rotations, np.float32)
        for joint in _TRUNK_JOINTS:
            was = rotations[:, joint].astype(np.float64)
            rotations[:, joint] = rot.slerp(was, np.broadcast_to(was[frame], was.shape), share)
        result.append(replace(body, rotations=rotations))
    return result


def _with_shapes(bodies: list[BodyMotion], reaches: Sequence[Reach]) -> list[BodyMotion]:
    """Return the bodies with the fingers of hands that reach in their shapes."""
    result = list(bodies)
    for reach in reaches:
        for actor, side, point in hands_of([reach.goal]):
            shape = reach.hand if actor == reach.goal.actor and point == reach.goal.point else "open"
            share = _share(bodies[actor].frames, reach, 0.9)
            result[actor] = replace(result[actor], rotations=shape_hand(result[actor].rotations, side, shape, share))
    return result


def _with_arms(
    bodies: Sequence[BodyMotion], ready: Sequence[BodyMotion], reaches: Sequence[Reach], turns: Array, frame: int
) -> list[BodyMotion]:
    """Return the bodies with arms in the contact pose: ``ready`` on ``frame``, turned by ``turns`` (A, 24, 3)."""
    result = list(bodies)
    for actor, column in arms_of([reach.goal for reach in reaches]):
        side, _, part = TURNED[column].partition("_")
        own = [r for r in reaches for a, s, _ in hands_of([r.goal]) if (a, s) == (actor, side)]
        joint = TURNED_JOINTS[column]
        local = np.asarray(ready[actor].rotations[frame, joint], np.float64)
        there = rot.multiply(rot.from_axis_angle(turns[actor, column].astype(np.float64)), local)
        share = np.max([_share(result[actor].frames, reach) for reach in own], axis=0)
        rotations = np.array(result[actor].rotations, np.float64)
        via = next((reach for reach in own if reach.via), None)
        if via is not None:
            out, share = _through(rotations.shape[0], via, share)
            pose = np.broadcast_to(arm_pose(via.via, side, part), rotations[:, joint].shape)
            rotations[:, joint] = rot.slerp(rotations[:, joint], pose, out)
        rotations[:, joint] = rot.slerp(rotations[:, joint], np.broadcast_to(there, rotations[:, joint].shape), share)
        result[actor] = replace(result[actor], rotations=rotations.astype(np.float32))
    return result


def _ready(bodies: Sequence[BodyMotion], reaches: Sequence[Reach]) -> list[BodyMotion]:
    """Return the bodies with the arms of ``reaches`` in the poses from which contacts are sought."""
    result = list(bodies)
    for reach in reaches:
        for actor, side, point in hands_of([reach.goal]):
            mine = (actor, point) == (reach.goal.actor, reach.goal.point)
            other = [r for r in reaches if (r.goal.actor, r.goal.point) == (actor, point)]
            name = reach.ready if mine or not other else other[0].ready
            rotations = np.array(result[actor].rotations, np.float32)
            for part in PARTS:
                rotations[:, INDEX[f"{side}_{part}"]] = arm_pose(name, side, part)
            result[actor] = replace(result[actor], rotations=rotations)
    return result


def _through(frames: int, reach: Reach, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shares (T,) of the pose on the way and of the contact pose, which overlap: the arm never halts."""
    at, (until, since) = np.arange(frames), _VIA
    into = (at - reach.goal.start + reach.come) / max(reach.come, 1)
    out = (reach.goal.stop - 1 + reach.go - at) / max(reach.go, 1)
    comes = np.minimum(smootherstep(into / until), np.where(reach.back, smootherstep(out / until), share + (into < 1)))
    there = smootherstep((into - since) / (1.0 - since))
    leaves = smootherstep((out - since) / (1.0 - since)) if reach.back else share
    return comes.astype(np.float32), np.where(at < reach.goal.start, there, leaves).astype(np.float32)


def _spread(unknowns: Unknowns, pose: Tensor, reaches: Sequence[Reach], arms: Sequence[tuple[int, int]]) -> Tensor:
    """Return the unknowns of a motion that goes into a pose and back, without ``arms``.

    Where whole shifts may be throughout, they are.
    """
    share = np.max([_share(unknowns.fine.shape[0], reach, _TRUNK) for reach in reaches], axis=0)
    throughout_only = bool(unknowns.free["shift"][:, -1].any())

    def share_of(name: str, knots: Array) -> Tensor:
        if name != "shift" or not throughout_only:
            return torch.from_numpy(share[knots])
        throughout = torch.zeros(unknowns.shapes[name][1])
        throughout[-1] = 1.0
        return throughout

    return spread_pose(unknowns, pose, share_of, arms)
