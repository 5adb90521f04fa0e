"""Contacts and penetrations of two bodies: with each other, with themselves, with furniture and with the floor.

Depth is the overlap of two tapered capsules along the line where they come closest; negative, it is the gap. Of a body
with itself, what flesh gives way more than between two bodies is taken off (``capsules.SOFT_CONTACT``). Parts are told
by region ('left_hand', 'chest'), of which each has several capsules.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..common.arrays import BoolArray, FloatArray
from ..common.masks import hysteresis, runs_of, without_short_runs
from ..common.steps import finished
from ..common.timing import FPS
from . import rotations as rot
from .body_shape import BodyShape, IntArray, place_capsules, place_points, self_pairs
from .capsules import SOFT_CONTACT, Capsules, bounds, overlap, radius_at, soft_contact
from .feet import FOOT_POINTS, detect_contacts, sole_points
from .obstacle import Inside, Obstacle, capsules_in
from .skeleton import Skeleton, forward_kinematics

PENETRATION, CONTACT, FLOOR = "penetration", "contact", "floor"
_FEET = ("left_foot", "right_foot")
SLIDES, BELOW, FLOATS = "slides", "below_the_floor", "floats"  # what a foot does on the floor

# Metres. A contact begins within the first and ends beyond the second; a penetration ends this much under its depth.
_TOUCHES, _LEAVES, _STILL_IN = 0.005, 0.015, 0.003
_SHORTEST, _LONGEST_GAP = 2, 3  # frames of an event, and between two pieces of one
_REACH = 0.03  # metres beyond a contact up to which pairs are measured
_FIRST_LOOK = 16  # pairs a frame, by their bounding spheres, that are measured to bound the distance
_CHUNK = 100  # frames that are measured at once
_POSED = 300  # frames that are posed at once

# Of feet, metres and m/s at a stature of 1.70 m.
_FLOOR_DEPTH, _FLOAT_HEIGHT, _SLIDE_SPEED, _SLIDE = 0.005, 0.015, 0.05, 0.015


@dataclass(frozen=True)
class Body:
    """One body in motion: its ``shape``, its ``skeleton``, root (T, 3) in metres and rotations
    (T, 52, 4); ``floor``: the height in metres that it stands on.
    """

    shape: BodyShape
    skeleton: Skeleton
    root: FloatArray
    rotations: FloatArray
    floor: float = 0.0

    @cached_property
    def posed(self) -> tuple[FloatArray, FloatArray]:
        """Joints (T, 52, 3) and their world rotations (T, 52, 4)."""
        return forward_kinematics(
            np.asarray(self.root, np.float32), np.asarray(self.rotations, np.float32), self.skeleton
        )

    @cached_property
    def capsules(self) -> Capsules:
        """The capsules in the world."""
        return place_capsules(self.shape, *self.posed)

    @cached_property
    def points(self) -> FloatArray:
        """The contact points in the world, (T, P, 3) metres."""
        return place_points(self.shape, *self.posed)[0]

    @cached_property
    def normals(self) -> FloatArray:
        """Where the surface looks at the contact points, (T, P, 3), of length 1."""
        return place_points(self.shape, *self.posed)[1]


@dataclass(frozen=True)
class Event:
    """Two parts that meet, from row ``start`` to row ``end`` (included); deepest at row ``peak``.

    ``actor``'s ``part`` meets ``other_actor``'s ``other_part``; the same actor twice means itself. With furniture there
    is no other actor, and ``other_part`` is its name; nor on the floor, where it says what the foot does. ``depth``:
    metres at the deepest, of a slide its length; ``seconds`` that it lasts; ``speed``: m/s at which the surfaces slide
    on each other, on average; ``place`` (3,) where it is deepest.
    """

    kind: str
    actor: int
    part: str
    other_actor: int | None
    other_part: str
    start: int
    end: int
    peak: int
    depth: float
    seconds: float
    speed: float
    place: tuple[float, float, float]


@dataclass(frozen=True)
class Contacts:
    """All that two bodies do to each other over T frames.

    ``distance`` (T,): metres between the two surfaces where they are nearest, 0 where they overlap. ``depth`` (T,):
    how deep they are in each other; ``self_depth`` (2, T): each in itself; 0 where they are not. ``capsule_depth``:
    of each body (T, C) metres, the deepest of each capsule in anything; ``pair_depth``: in the other body alone;
    ``-inf`` far away. ``facing`` (2, T): radians between where each chest faces and the other body. ``events`` are in
    the order of time; ``tolerance``: metres of overlap that were no penetration. ``obstacle_depth`` (2, T): each in
    furniture.
    """

    distance: FloatArray
    depth: FloatArray
    self_depth: FloatArray
    capsule_depth: tuple[FloatArray, FloatArray]
    pair_depth: tuple[FloatArray, FloatArray]
    facing: FloatArray
    events: tuple[Event, ...]
    tolerance: float
    obstacle_depth: FloatArray


def measure_contacts(
    bodies: Sequence[Body],
    tolerance: float = SOFT_CONTACT["pair"],
    fps: float = FPS,
    obstacles: Sequence[Obstacle] = (),
) -> Contacts:
    """Measure two bodies, and each with ``obstacles``; ``tolerance``: metres of overlap that flesh gives way, and that
    is no penetration.
    """
    return finished(measure_in_steps(bodies, tolerance, fps, obstacles))


def measure_in_steps(
    bodies: Sequence[Body],
    tolerance: float = SOFT_CONTACT["pair"],
    fps: float = FPS,
    obstacles: Sequence[Obstacle] = (),
) -> Generator[float, None, Contacts]:
    """Do the same in short steps: yield the share that is done, return ``Contacts`` at the end."""
    one, two = bodies
    frames = min(len(one.root), len(two.root))
    pair = _Depths(one.shape.regions, two.shape.regions, frames)
    selves = [_Depths(body.shape.regions, body.shape.regions, frames) for body in bodies]
    pairs = []
    for body in bodies:
        yield from _pose_in_steps(body)
        pairs.append(_own_pairs(body))
        yield 0.0
    for start in range(0, frames, _CHUNK):
        rows = slice(start, min(start + _CHUNK, frames))
        pair.add(start, *_pair_depths(_rows(one.capsules, rows), _rows(two.capsules, rows)))
        for body, within, own in zip(bodies, selves, pairs):
            within.add(start, *_own_depths(_rows(body.capsules, rows), *own))
        yield (0.8 if obstacles else 0.9) * rows.stop / frames
    things = []
    for actor, body in enumerate(bodies):
        things.append((yield from _things_in_steps(body, actor, frames, obstacles)))
    events = [*_pair_events(pair, bodies, tolerance, fps)]
    for actor, (within, body) in enumerate(zip(selves, bodies)):
        yield 0.9
        events += _self_events(within, body, actor, tolerance, fps)
        yield 0.9
        events += _obstacle_events(things[actor], body, actor, tolerance, fps)
        yield 0.9
        events += _floor_events(body, actor, fps)
    yield 0.95
    events.sort(key=lambda event: (event.start, event.kind, event.actor))
    return Contacts(
        np.maximum(-pair.deepest, 0.0),
        np.maximum(pair.deepest, 0.0),
        np.stack([np.maximum(within.deepest, 0.0) for within in selves]),
        (_deepest_of(pair, selves, things, 0), _deepest_of(pair, selves, things, 1)),
        pair.of_capsules,
        _facing(bodies, frames),
        tuple(events),
        tolerance,
        np.stack([_deepest_in_things(of_actor, frames) for of_actor in things]),
    )


def _pose_in_steps(body: Body) -> Generator[float, None, None]:
    """Pose a body some seconds at a time; it keeps its joints and capsules."""
    if "capsules" in vars(body) or not len(body.root):
        return
    parts, pieces = [], [slice(first, first + _POSED) for first in range(0, len(body.root), _POSED)]
    for rows in pieces:
        parts.append(replace(body, root=body.root[rows], rotations=body.rotations[rows]).posed)
        yield 0.0
    joints, world = (np.concatenate(each) for each in zip(*parts))
    vars(body)["posed"] = joints, world  # as the cached properties keep them
    placed = []
    for rows in pieces:
        placed.append(place_capsules(body.shape, joints[rows], world[rows]))
        yield 0.0
    start, end = (np.concatenate([getattr(part, name) for part in placed]) for name in ("start", "end"))
    vars(body)["capsules"] = Capsules(start, end, placed[0].radius)


class _Depths:
    """The deepest overlap of each pair of regions, frame by frame, and of each capsule."""

    def __init__(self, first: Sequence[str], second: Sequence[str], frames: int) -> None:
        self.names = tuple(dict.fromkeys(first)), tuple(dict.fromkeys(second))
        self._region = tuple(
            np.array([names.index(region) for region in regions]) for names, regions in zip(self.names, (first, second))
        )
        shape = (frames, len(self.names[0]), len(self.names[1]))
        self.depth = np.full(shape, -np.inf, np.float32)
        self.capsule = np.zeros((*shape, 2), np.int16)  # the two that are deepest
        self.along = np.zeros((*shape, 2), np.float32)  # where along both
        self.of_capsules = (
            np.full((frames, len(first)), -np.inf, np.float32),
            np.full((frames, len(second)), -np.inf, np.float32),
        )
        self.deepest = np.full(frames, -np.inf, np.float32)

    def add(self, start: int, frame: IntArray, i: IntArray, j: IntArray, depth: FloatArray, along: FloatArray) -> None:
        """Take in what was measured of capsules ``i`` and ``j`` at frames ``start + frame``."""
        order = np.argsort(depth, kind="stable")  # of equal places the last one written stays: the deepest
        frame, i, j, depth, along = frame[order] + start, i[order], j[order], depth[order], along[order]
        at = frame, self._region[0][i], self._region[1][j]
        self.depth[at] = depth
        self.capsule[at] = np.stack([i, j], -1)
        self.along[at] = along
        np.maximum.at(self.of_capsules[0], (frame, i), depth)
        np.maximum.at(self.of_capsules[1], (frame, j), depth)
        np.maximum.at(self.deepest, frame, depth)


def _deepest_of(pair: _Depths, selves: Sequence[_Depths], things: Sequence[Sequence[_Thing]], actor: int) -> FloatArray:
    """Return how deep each capsule (T, C) of an actor is in anything."""
    deepest: FloatArray = np.maximum(pair.of_capsules[actor], np.maximum(*selves[actor].of_capsules))
    for thing in things[actor]:
        np.maximum.at(deepest, (thing.found.frame, thing.found.capsule), thing.found.depth)
    return deepest


class _Thing(NamedTuple):
    """What of a body is in one obstacle or near it."""

    name: str
    found: Inside


def _things_in_steps(
    body: Body, actor: int, frames: int, obstacles: Sequence[Obstacle]
) -> Generator[float, None, list[_Thing]]:
    """Measure a body against each obstacle, some frames at a time."""
    things = []
    for obstacle in obstacles:
        pieces, chosen = [], obstacle.holds(actor, body.shape.regions)
        for start in range(0, frames, _CHUNK):
            rows = slice(start, min(start + _CHUNK, frames))
            piece = capsules_in(obstacle, _rows(body.capsules, rows), chosen, _LEAVES + _REACH)
            pieces.append(piece._replace(frame=piece.frame + start))
            yield 0.85
        if pieces:
            things.append(_Thing(obstacle.name, Inside(*(np.concatenate(column) for column in zip(*pieces)))))
    return things


def _deepest_in_things(things: Sequence[_Thing], frames: int) -> FloatArray:
    deepest = np.zeros(frames, np.float32)
    for thing in things:
        np.maximum.at(deepest, thing.found.frame, thing.found.depth)
    return deepest


def _rows(capsules: Capsules, rows: slice) -> Capsules:
    return Capsules(capsules.start[rows], capsules.end[rows], capsules.radius)


_Measured = tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray]  # frame, i, j, depth, along (N, 2)


def _pair_depths(one: Capsules, two: Capsules) -> _Measured:
    """Measure all pairs near contact, and of each frame so many that the nearest is among them."""
    (middle_a, reach_a), (middle_b, reach_b) = bounds(one), bounds(two)
    squared = (
        np.sum(middle_a**2, -1)[:, :, None]
        + np.sum(middle_b**2, -1)[:, None]
        - 2.0 * middle_a @ middle_b.swapaxes(1, 2)
    )
    gap = np.sqrt(np.maximum(squared, 0.0)) - reach_a[:, :, None] - reach_b[:, None]  # no pair is nearer than that
    flat = gap.reshape(len(gap), -1)
    count = two.start.shape[1]
    first = np.argpartition(flat, _FIRST_LOOK, axis=1)[:, :_FIRST_LOOK]
    frame = np.repeat(np.arange(len(flat)), _FIRST_LOOK)
    i, j = np.divmod(first.reshape(-1), count)
    depth, _ = overlap(one, two, frame, i, j)
    nearest = -depth.reshape(len(flat), -1).max(1)
    frame, pair = np.nonzero(flat <= np.maximum(nearest, _LEAVES + _REACH)[:, None])
    i, j = np.divmod(pair, count)
    return frame, i, j, *overlap(one, two, frame, i, j)


def _own_pairs(body: Body) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the capsules (K,) and (K,) of a body that may not cut into each other, and how much further (K,) than two
    bodies they may overlap, metres: oneself gives way where one rests on oneself.
    """
    first, second = self_pairs(body.shape, body.skeleton)
    regions = body.shape.regions
    soft = [soft_contact(regions[i], regions[j]) - SOFT_CONTACT["pair"] for i, j in zip(first, second)]
    return first, second, np.array(soft, np.float32) * np.float32(body.skeleton.size)


def _own_depths(capsules: Capsules, first: IntArray, second: IntArray, soft: FloatArray) -> _Measured:
    """Measure the pairs ``first``, ``second`` (K,) of one body that are near contact, ``soft`` (K,) taken off."""
    middle, reach = bounds(capsules)
    apart = np.linalg.norm(middle[:, first] - middle[:, second], axis=-1) - reach[:, first] - reach[:, second]
    frame, pair = np.nonzero(apart < _LEAVES + _REACH)
    i, j = first[pair], second[pair]
    depth, along = overlap(capsules, capsules, frame, i, j)
    return frame, i, j, depth - soft[pair], along


def _pair_events(depths: _Depths, bodies: Sequence[Body], tolerance: float, fps: float) -> Iterator[Event]:
    for a, b in _near(depths, _TOUCHES):
        column = depths.depth[:, a, b]
        for kind, mask in _kinds(column, tolerance, touches=True):
            yield from _events_of(kind, mask, depths, (a, b), bodies, (0, 1), fps)


def _self_events(depths: _Depths, body: Body, actor: int, tolerance: float, fps: float) -> Iterator[Event]:
    for a, b in _near(depths, _TOUCHES):
        parts = depths.names[0][a], depths.names[1][b]
        touches = any(part.endswith("_hand") for part in parts)  # legs and forearms lie on oneself all the time
        for kind, mask in _kinds(depths.depth[:, a, b], tolerance, touches):
            yield from _events_of(kind, mask, depths, (a, b), (body, body), (actor, actor), fps)


def _obstacle_events(things: Sequence[_Thing], body: Body, actor: int, tolerance: float, fps: float) -> Iterator[Event]:
    frames, regions = len(body.capsules.start), np.array(body.shape.regions)
    for name, found in things:
        region = regions[found.capsule]
        for part in dict.fromkeys(region[found.depth > -_TOUCHES].tolist()):
            order = np.flatnonzero(region == part)
            order = order[np.argsort(found.depth[order], kind="stable")]  # the last one written stays: the deepest
            row = np.full(frames, -1)
            row[found.frame[order]] = order
            depth = np.where(row >= 0, found.depth[row], np.float32(-np.inf))
            for kind, mask in _kinds(depth, tolerance, touches=part.endswith("_hand")):
                for rows in runs_of(mask):
                    yield _thing_event(kind, (actor, part, name), rows, row, found, body, fps)


def _thing_event(
    kind: str,
    what: tuple[int, str, str],
    rows: tuple[int, int],
    row: IntArray,
    found: Inside,
    body: Body,
    fps: float,
) -> Event:
    """Return the event of an actor's part in a thing; ``row`` (T,) says which of ``found`` it is on each frame."""
    (actor, part, name), (first, stop) = what, rows
    there = row[first:stop][row[first:stop] >= 0]
    peak = there[found.depth[there].argmax()]
    surface = found.place[there] - found.out[there] * _radius_of(found, body, there)[:, None]
    joint, frame = body.shape.joint[found.capsule[there]], found.frame[there]
    positions, world = body.posed
    follows = np.flatnonzero(frame + 1 < len(positions))
    local = rot.rotate(rot.conjugate(world[frame, joint]), surface - positions[frame, joint])[follows]
    frame, joint = frame[follows], joint[follows]
    moved = positions[frame + 1, joint] + rot.rotate(world[frame + 1, joint], local) - surface[follows]
    speed = float(np.linalg.norm(moved, axis=-1).mean() * fps) if len(moved) else 0.0
    middle = found.place[peak] - found.out[peak] * (_radius_of(found, body, peak) - 0.5 * found.depth[peak])
    return Event(
        kind, actor, part, None, name, first, stop - 1, int(found.frame[peak]), float(found.depth[peak]),
        (stop - first) / fps, speed, (float(middle[0]), float(middle[1]), float(middle[2])),
    )  # fmt: skip


def _radius_of(found: Inside, body: Body, at: IntArray) -> FloatArray:
    return radius_at(body.shape.radius[found.capsule[at]], found.along[at])


def _near(depths: _Depths, gap: float) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in np.argwhere(depths.depth.max(0) > -gap)]


def _kinds(depth: FloatArray, allowed: float, touches: bool) -> Iterator[tuple[str, BoolArray]]:
    """Yield each kind of event with the frames (T,) at which it is."""
    yield PENETRATION, _lasting(hysteresis(depth > allowed, depth < allowed - _STILL_IN))
    if touches:
        yield CONTACT, _lasting(hysteresis(depth > -_TOUCHES, depth < -_LEAVES))


def _lasting(mask: BoolArray) -> BoolArray:
    closed = without_short_runs(mask, _LONGEST_GAP, value=False)
    lasting: BoolArray = without_short_runs(closed, _SHORTEST - 1, value=True)
    return lasting


def _events_of(
    kind: str,
    mask: BoolArray,
    depths: _Depths,
    at: tuple[int, int],
    bodies: Sequence[Body],
    actors: tuple[int, int],
    fps: float,
) -> Iterator[Event]:
    """Yield one event for each run of ``mask`` (T,) of a pair of regions."""
    a, b = at
    for first, stop in runs_of(mask):
        depth = depths.depth[first:stop, a, b]
        peak = first + int(np.argmax(depth))
        yield Event(
            kind, actors[0], depths.names[0][a], actors[1], depths.names[1][b], first, stop - 1, peak,
            float(depth.max()), (stop - first) / fps, _sliding(depths, at, bodies, first, stop, fps),
            _place(depths, at, bodies, peak),
        )  # fmt: skip


def _place(depths: _Depths, at: tuple[int, int], bodies: Sequence[Body], row: int) -> tuple[float, float, float]:
    """Return the middle of the overlap of two regions at a row."""
    middle = _middles(depths, at, bodies, np.array([row]))[0]
    return (float(middle[0]), float(middle[1]), float(middle[2]))


def _middles(depths: _Depths, at: tuple[int, int], bodies: Sequence[Body], rows: IntArray) -> FloatArray:
    """Return where two regions meet at ``rows`` (N,): (N, 3), halfway between their surfaces."""
    ends, radii = [], []
    for side, body in enumerate(bodies):
        capsule, along = depths.capsule[rows, *at, side], depths.along[rows, *at, side]
        start, end = body.capsules.start[rows, capsule], body.capsules.end[rows, capsule]
        ends.append(start + along[:, None] * (end - start))
        radii.append(radius_at(body.capsules.radius[capsule], along))
    share = radii[0] / np.maximum(radii[0] + radii[1], 1e-6)
    middles: FloatArray = ends[0] + share[:, None] * (ends[1] - ends[0])
    return middles


def _sliding(depths: _Depths, at: tuple[int, int], bodies: Sequence[Body], first: int, stop: int, fps: float) -> float:
    """Return how fast the two surfaces slide on each other where they meet, m/s, on average over the rows."""
    rows = np.arange(first, stop - 1)  # to the next row of the same event
    if not len(rows):
        return 0.0
    places = _middles(depths, at, bodies, rows)
    moved = []
    for side, body in enumerate(bodies):
        joint = body.shape.joint[depths.capsule[rows, *at, side]]
        positions, world = body.posed
        local = rot.rotate(rot.conjugate(world[rows, joint]), places - positions[rows, joint])
        moved.append(positions[rows + 1, joint] + rot.rotate(world[rows + 1, joint], local))
    return float(np.linalg.norm(moved[0] - moved[1], axis=-1).mean() * fps)


def _floor_events(body: Body, actor: int, fps: float) -> Iterator[Event]:
    """Yield feet that slide, are below the floor, or float while one should carry."""
    root = body.root - np.array([0.0, 0.0, body.floor], np.float32)
    soles = sole_points(root, body.rotations, body.skeleton)
    bearing = detect_contacts(root, body.rotations, body.skeleton, fps)
    size = body.skeleton.size
    for side, name in enumerate(_FEET):
        foot = _Foot(actor, name, soles[:, side], body.floor, fps)
        height = soles[:, side, :, 2].min(1)
        for rows in runs_of(_lasting(height < -_FLOOR_DEPTH * size)):
            yield foot.event(BELOW, rows, -height)
        columns = [column for column, (other, _) in enumerate(FOOT_POINTS) if other == side]
        points = soles[:, side, [FOOT_POINTS[column][1] for column in columns]]
        step = _steps_on_the_floor(points, bearing[:, columns])
        for rows in runs_of(_lasting(step * fps > _SLIDE_SPEED * size)):
            if step[slice(*rows)].sum() > _SLIDE * size:
                yield foot.event(SLIDES, rows, step)
    lowest = soles[..., 2].min(axis=(1, 2))
    both = _Foot(actor, "feet", soles.mean(1), body.floor, fps)
    for rows in runs_of(_lasting(lowest > _FLOAT_HEIGHT * size)):
        yield both.event(FLOATS, rows, lowest)


def sole_heights(body: Body) -> FloatArray:
    """Return how high (T,) the lowest point of both soles is above the floor that a body stands on, metres."""
    soles = sole_points(body.root, body.rotations, body.skeleton)
    heights: FloatArray = (soles[..., 2].min(axis=(1, 2)) - body.floor).astype(np.float32)
    return heights


def _steps_on_the_floor(places: FloatArray, bears: BoolArray) -> FloatArray:
    """Return the metres (T,) that a foot of sole points (T, P, 3) slides from each frame while they ``bear`` (T, P).

    A foot that turns or rolls about one point does not slide: what counts is the point that moves least. A foot still
    lands in the first frame that it bears in, and already leaves in the last.
    """
    step = np.linalg.norm(np.diff(places[..., :2], axis=0), axis=-1)
    held = bears[1:] & bears[:-1]
    for column in range(held.shape[1]):
        for first, stop in runs_of(held[:, column]):
            held[[first, stop - 1], column] = False
    least = np.where(held, step, np.inf).min(1)
    return np.append(np.where(np.isfinite(least), least, 0.0), 0.0)


@dataclass(frozen=True)
class _Foot:
    """A foot, or both, with sole points (T, P, 3) above ``floor``, to make events of."""

    actor: int
    part: str
    soles: FloatArray
    floor: float
    fps: float

    def event(self, what: str, rows: tuple[int, int], size: FloatArray) -> Event:
        """Return the event over ``rows``, at its peak where ``size`` (T,) metres is largest; a slide adds it up."""
        first, stop = rows
        peak = first + int(np.argmax(size[first:stop]))
        x, y, z = self.soles[peak].mean(0)
        slid = float(size[first:stop].sum()) if what == SLIDES else 0.0
        seconds = (stop - first) / self.fps
        return Event(
            FLOOR, self.actor, self.part, None, what, first, stop - 1, peak, slid or float(size[peak]), seconds,
            slid / seconds, (float(x), float(y), float(z) + self.floor),
        )  # fmt: skip


def _facing(bodies: Sequence[Body], frames: int) -> FloatArray:
    """Return (2, T) radians between where each chest faces, over the floor, and the way to the other body."""
    found = []
    for me, other in (bodies, bodies[::-1]):
        chest = me.shape.joint[me.shape.parts.index("left_chest")] if "left_chest" in me.shape.parts else 0
        ahead = rot.rotate(me.posed[1][:frames, chest], np.array([0.0, -1.0, 0.0], np.float32))[:, :2]
        way = (other.posed[0][:frames, 0] - me.posed[0][:frames, 0])[:, :2]
        cosine = np.sum(ahead * way, -1) / np.maximum(
            np.linalg.norm(ahead, axis=-1) * np.linalg.norm(way, axis=-1), 1e-9
        )
        found.append(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return np.stack(found).astype(np.float32)


# InterAct's tables of contact (Ho et al. 2025): how long hands touch heads, shoulders, elbows and hands.
_TABLE = ("head", "shoulder", "elbow", "hand")
_ELBOW_PARTS = ("upper_arm", "forearm")


def contact_table(contacts: Contacts, fps: float = FPS) -> dict[str, float]:
    """Return minutes an hour in which a hand touches a head, shoulder, arm or hand: 'self_hand_head', 'pair_…'."""
    frames = len(contacts.depth)
    masks: dict[str, BoolArray] = {}
    for event in contacts.events:
        if event.kind != CONTACT or event.other_actor is None:
            continue
        whose = "self" if event.actor == event.other_actor else "pair"
        for hand, other in ((event.part, event.other_part), (event.other_part, event.part)):
            row = _table_row(other) if hand.endswith("_hand") else ""
            if row:
                key = f"{whose}_hand_{row}"
                masks.setdefault(key, np.zeros(frames, bool))[event.start : event.end + 1] = True
    return {
        f"{whose}_hand_{row}": 60.0 * float(masks.get(f"{whose}_hand_{row}", np.zeros(1)).mean())
        for whose in ("self", "pair")
        for row in _TABLE
    }


def _table_row(part: str) -> str:
    for row in _TABLE:
        if part.endswith(row):
            return row
    return "elbow" if part.endswith(_ELBOW_PARTS) else ""
