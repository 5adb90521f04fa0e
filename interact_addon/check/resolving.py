"""Resolving a shot: what is asked of the runtime after a check, how the answer is keyed, and what it met."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..messages import counted
from ..properties import chosen_parts
from ..properties.check import CONTACT, FLOOR, PENETRATION
from ..properties.resolve import FROM_ALL, FROM_EVENT
from ..rig.cast import CastActor
from ..rig.correction_keys import key_corrections
from ..rig.keying import KeyedPerformance
from ..rig.read_back import read_back_cast
from ..runtime_api import Array, contract, errors, skeleton
from ..scene.contact_goals import touched_objects
from ..scene.furniture import on_the_floor
from ..scene.ranges import chosen_range
from ..takes.library import shown
from ..takes.record import read_record
from .events import point_title, readable
from .shot_check import CheckEvent, ShotCheck

AROUND = 1.0  # seconds before and after an event that may change for it
_HELD_FOR, _HELD_STILL = 0.2, 0.15  # seconds and m/s: what touches that long and slides no faster is a hold
_PRESSED = 0.02  # metres beyond the tolerance up to which a touch is one, and not a hand inside of a body
_OFF = 0.015  # metres by which a joint may be seen elsewhere than it was resolved to
_LOOKS = 12  # frames at which that is looked at


@dataclass(frozen=True)
class ResolvePlan:
    """What is to be resolved: ``found`` before, the rows (30 a second) ``start`` to before ``stop`` that may change.

    ``request``: what the runtime is asked; ``recorded``: the request that the new take remembers, that of the take
    before where there is one. ``titles``: of its contacts, in plain names.
    """

    found: ShotCheck
    start: int
    stop: int
    request: contract.Request
    recorded: contract.Request
    titles: tuple[str, ...]

    def __str__(self) -> str:
        first, last = (round(self.found.frame_at(row)) for row in (self.start, self.stop - 1))
        return f"frames {first} to {last}"

    @property
    def tolerance(self) -> float:
        return self.found.contacts.tolerance


def check_choice(scene: bpy.types.Scene) -> None:
    """Raise ``InvalidRequest``, which says what to do, where what is chosen cannot be resolved."""
    resolve = scene.interact.resolve  # type: ignore[attr-defined]
    if not resolve.moves:
        raise errors.InvalidRequest("Nothing may move; choose a part of the body under Resolve.")
    frames_to_resolve(scene)


def frames_to_resolve(scene: bpy.types.Scene) -> tuple[float, float]:
    """Return the first and last scene frame that are resolved; those ``AROUND`` them may change, too.

    Raises ``InvalidRequest`` without a choice.
    """
    resolve, check = scene.interact.resolve, scene.interact.check  # type: ignore[attr-defined]
    if resolve.frames_from == FROM_ALL:
        return scene.frame_start, scene.frame_end
    if resolve.frames_from != FROM_EVENT:
        return chosen_range(scene, resolve.frames_from)
    if not 0 <= check.active < len(check.events):
        raise errors.InvalidRequest("No event is selected; press Check and click one in its list, or choose All.")
    event = check.events[check.active]
    if event.kind == FLOOR:
        raise errors.InvalidRequest("Feet on the floor are not resolved; select a penetration, or choose All.")
    return event.start, event.end


def plan_resolve(scene: bpy.types.Scene, found: ShotCheck, wanted: Sequence[contract.ContactGoal] = ()) -> ResolvePlan:
    """Return what is to be resolved of a shot that was just checked; ``wanted``: contacts that are asked for.

    Raises ``InvalidRequest``, which says what to do, where there is nothing to resolve.
    """
    resolve = scene.interact.resolve  # type: ignore[attr-defined]
    first, last = frames_to_resolve(scene)
    rows = len(found.contacts.depth)
    chosen = max(math.floor(_row(found, first)), 0), min(math.ceil(_row(found, last)) + 1, rows)
    asked = [goal for goal in wanted if _rows_of(goal, *chosen)]
    if not asked and not any(_is_in(event, *chosen) for event in _deep(found, resolve.own)):
        raise errors.InvalidRequest(
            f"Nothing is deeper than {100.0 * found.contacts.tolerance:.1f} cm from frame {first:.0f} to {last:.0f}, "
            "and no contact is asked for there; choose other frames or a smaller tolerance."
        )
    beside = round(AROUND * contract.FPS)  # in which arms come and go
    start, stop = max(chosen[0] - beside, 0), min(chosen[1] + beside, rows)
    holds = _holds(found, start, stop) if resolve.keep_contacts else []
    held = [_hold(found, event) for event in holds]
    choice = contract.Resolve(resolve.gives_way, resolve.moves, found.contacts.tolerance, resolve.furthest, resolve.own)
    recorded = _recorded(scene, found)
    locked = [chosen_parts(actor.locks) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    given = [_given(motion, parts, start, stop) for motion, parts in zip(found.motion, locked)]
    if all(constraints.mask.all() for constraints in given):
        raise errors.InvalidRequest("Everything is locked; unlock a part of an actor under Generate > Locks.")
    actors = tuple(
        contract.Actor(
            character.name,
            character.rest.skeleton,
            character.rest.position,
            character.rest.heading,
            actions=_actions(recorded, character.name),
            seat_height=actor.seat_height,
            constraints=constraints,
            shape=body.shape,
        )
        for character, actor, constraints, body in zip(found.cast, recorded.actors, given, found.bodies)
    )
    duration = (scene.frame_end - scene.frame_start) / found.fps
    things = on_the_floor(found.furniture, found.cast[0].rest.floor)
    request = contract.Request(
        duration, actors, recorded.seed, contacts=(*asked, *held), resolve=choice, obstacles=things
    )
    contract.check_request(request)
    for sentence in contract.out_of_reach(request):
        raise errors.InvalidRequest(sentence)
    things_of = dict(zip(wanted, touched_objects(scene)))
    titles = (
        *(point_title(goal, things_of.get(goal, "")) for goal in asked),
        *(_what(event, found.names) for event in holds),
    )
    return ResolvePlan(found, start, stop, request, replace(recorded, contacts=tuple(wanted)), titles)


def key_resolved(
    scene: bpy.types.Scene, plan: ResolvePlan, performance: contract.Performance, exact: bool
) -> KeyedPerformance:
    """Key what was resolved as a new take. Raises ``InvalidRequest`` before anything is written."""
    keyed = key_corrections(scene, plan.found.cast, plan.found.motion, performance.actors, plan.found.first, exact)
    if not keyed.actors:
        raise errors.InvalidRequest(
            "Nothing could be changed within what may move; let more of the body move, or both give way."
        )
    return replace(keyed, warnings=(*keyed.warnings, *_seen_otherwise(scene, plan, performance)))


def _row(found: ShotCheck, frame: float) -> float:
    return (frame - found.first) / found.fps * contract.FPS


def _rows_of(goal: contract.ContactGoal, start: int, stop: int) -> range:
    """Return the rows of a goal within those from ``start`` to before ``stop``."""
    return range(max(round(goal.start * contract.FPS), start), min(round(goal.end * contract.FPS), stop))


def _is_in(event: CheckEvent, start: int, stop: int) -> bool:
    return event.start < stop and event.end >= start


def _deep(found: ShotCheck, own: bool) -> Iterator[CheckEvent]:
    for event in found.contacts.events:
        if event.kind == PENETRATION and (own or event.actor != event.other_actor):
            yield event


def _recorded(scene: bpy.types.Scene, found: ShotCheck) -> contract.Request:
    """Return the request of the take that is shown; of animation made elsewhere, one of the same length."""
    names = [character.name for character in found.cast]
    for action in shown(scene):
        record = read_record(action) if action is not None else None
        if record is None or tuple(record.frames) != (scene.frame_start, scene.frame_end):
            continue
        try:
            request = contract.request_from_json(record.request)
        except errors.InvalidRequest:
            continue
        if len(request.actors) == 2:
            return request.renamed(names)
    duration = (scene.frame_end - scene.frame_start) / found.fps
    actors = tuple(
        contract.Actor(c.name, c.rest.skeleton, c.rest.position, c.rest.heading, shape=body.shape)
        for c, body in zip(found.cast, found.bodies)
    )
    return contract.Request(duration, actors)


def _actions(request: contract.Request, name: str) -> tuple[contract.ActionSpan, ...]:
    """Return where an actor sits: its pelvis and legs stay on the seat then."""
    return tuple(span for actor in request.actors if actor.name == name for span in actor.actions)


def _given(
    motion: contract.ActorPerformance, locked: Sequence[str], start: int, stop: int
) -> contract.MotionConstraints:
    given = contract.constraints_from_performance(motion)
    for part in contract.PART_JOINTS:
        if part not in locked:
            given.mask[start:stop, contract.BODY_PARTS.index(part)] = False
    return given


def _holds(found: ShotCheck, start: int, stop: int) -> list[CheckEvent]:
    """Return what touches and stays as it is: it lasts, hardly slides, and is no hand inside of a body."""
    return [
        event
        for event in found.contacts.events
        if event.kind == CONTACT
        and event.other_actor not in (None, event.actor)
        and event.seconds >= _HELD_FOR
        and event.speed <= _HELD_STILL
        and event.depth <= found.contacts.tolerance + _PRESSED
        and _is_in(event, start, stop)
    ]


def _hold(found: ShotCheck, event: CheckEvent) -> contract.ContactGoal:
    """Return what touches as a goal: the points of the two parts that are nearest there."""
    assert event.other_actor is not None
    ends = [
        (place, _nearest_point(found, place, part, event))
        for place, part in ((event.actor, event.part), (event.other_actor, event.other_part))
    ]
    ends.sort(
        key=lambda end: not end[1].endswith(("palm", "hand", "fist", "_tip"))
    )  # a hand is held on what it touches
    (mine, point), (theirs, other) = ends
    names = [character.name for character in found.cast]
    rows = slice(event.start, event.end + 1)
    apart = [found.bodies[place].points[rows, found.bodies[place].shape.point(name)] for place, name in ends]
    distance = float(np.linalg.norm(apart[0] - apart[1], axis=-1).max())
    return contract.ContactGoal(
        names[mine], point, event.start / contract.FPS, (event.end + 1) / contract.FPS, names[theirs], other,
        distance=distance, held=True,
    )  # fmt: skip


def _nearest_point(found: ShotCheck, place: int, part: str, event: CheckEvent) -> str:
    """Return the contact point of a body nearest to an event, of those on the part that touches if it has some."""
    body = found.bodies[place]
    joints = {int(joint) for joint, region in zip(body.shape.joint, body.shape.regions) if region == part}
    away = np.linalg.norm(body.points[event.peak] - np.array(event.place), axis=-1)
    on_part = np.isin(body.shape.point_joint, list(joints))
    if on_part.any():
        away = np.where(on_part, away, np.inf)
    return str(body.shape.points[int(np.argmin(away))])


# ---- what came of it -------------------------------------------------------------------------------------------------


def _seen_otherwise(scene: bpy.types.Scene, plan: ResolvePlan, performance: contract.Performance) -> Iterator[str]:
    """Yield a sentence for each actor whom Blender shows elsewhere than it was resolved to."""
    found, step = plan.found, max((plan.stop - plan.start) // _LOOKS, 1)
    rows = np.arange(plan.start, plan.stop, step)
    seen = read_back_cast(scene, found.cast, found.frame_at(plan.start), len(rows), contract.FPS / step)
    for character, shows, meant in zip(found.cast, seen, performance.actors):
        joints = _joints(character, shows.root_positions, shows.rotations)
        off = np.linalg.norm(joints - _joints(character, meant.root_positions[rows], meant.rotations[rows]), axis=-1)
        row, joint = np.unravel_index(int(off.argmax()), off.shape)
        if off[row, joint] > _OFF:
            yield (
                f"'{character.name}' is not shown as resolved: the {readable(skeleton.BODY_JOINTS[joint])} is off by "
                f"{100.0 * off[row, joint]:.0f} cm at frame {found.frame_at(rows[row]):.0f}; something else moves "
                "these bones, such as IK controls, constraints or drivers. Bake them into keys (Pose > Animation > "
                "Bake Action) and resolve again."
            )


def _joints(character: CastActor, root: Array, rotations: Array) -> Array:
    """Return where the joints (T, 22, 3) of the body are, without fingers."""
    places = skeleton.forward_kinematics(root, rotations, character.rest.skeleton)[0]
    return places[:, : len(skeleton.BODY_JOINTS)]


def outcome_of(plan: ResolvePlan, performance: contract.Performance, after: ShotCheck, own: bool) -> list[str]:
    """Return what was met and what not, a sentence each, the gist first."""
    before, left = (
        [event for event in _deep(found, own) if _is_in(event, plan.start, plan.stop)] for found in (plan.found, after)
    )
    names = plan.found.names
    said = []
    if before:
        deepest = [max((event.depth for event in events), default=0.0) for events in (before, left)]
        gone = f"{counted(len(before), 'penetration')} before, up to {100.0 * deepest[0]:.1f} cm"
        if left:
            said.append(f"{gone}; {len(left)} left, up to {100.0 * deepest[1]:.1f} cm")
            said += [f"Left: {_what(event, names)}, {100.0 * event.depth:.1f} cm" for event in _deepest_first(left)[:3]]
        else:
            said.append(f"{gone}; none is left")
    met = performance.report.get("contacts", {}).get("goals", [])
    for goal, title, measured in zip(plan.request.contacts, plan.titles, met):
        gap, verb = float(measured["gap"]), "kept" if goal.held else "met"
        elsewhere = _shown_elsewhere(plan, performance, after, goal)
        if elsewhere > _OFF:
            said.append(f"{title}: not {verb}, shown {100.0 * elsewhere:.1f} cm from where it was resolved to")
        elif gap <= contract.CONTACT_MET:
            said.append(f"{title}: {verb}, {100.0 * gap:.1f} cm off at most")
        else:
            said.append(f"{title}: missed, {100.0 * gap:.1f} cm off at most")
    return said


def _shown_elsewhere(
    plan: ResolvePlan, performance: contract.Performance, after: ShotCheck, goal: contract.ContactGoal
) -> float:
    """Return how far, in metres, a check at most sees the points of a goal from where they were resolved to.

    The runtime measures what it made. What else moves the bones of a rig, such as constraints, it does not know of.
    """
    rows = slice(plan.start, plan.stop)
    away = [0.0]
    for character, seen, meant in zip(plan.found.cast, after.bodies, performance.actors):
        root = meant.root_positions[rows] + np.array([0.0, 0.0, seen.floor], np.float32)
        resolved = replace(seen, root=root, rotations=meant.rotations[rows])
        for name, point in ((goal.actor, goal.point), (goal.other, goal.other_point)):
            if name == character.name:
                number = seen.shape.point(point)
                moved = seen.points[rows, number] - resolved.points[:, number]
                its = [
                    row - plan.start for row in _rows_of(goal, plan.start, plan.stop) if row - plan.start < len(moved)
                ]
                away += np.linalg.norm(moved[its], axis=-1).tolist()
    return max(away)


def _deepest_first(events: Sequence[CheckEvent]) -> list[CheckEvent]:
    return sorted(events, key=lambda event: -event.depth)


def _what(event: CheckEvent, names: Sequence[str]) -> str:
    other = event.other_actor
    if other is None:
        return f"{names[event.actor]} {readable(event.part)}, {event.other_part}"
    whose = "own" if other == event.actor else names[other]
    return f"{names[event.actor]} {readable(event.part)}, {whose} {readable(event.other_part)}"
