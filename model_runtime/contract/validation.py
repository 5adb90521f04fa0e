"""Check everything that can be wrong with a request before anything is computed; one sentence for each fault."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from itertools import pairwise

import numpy as np

from ..body_model.body_shape import POINTS, BodyShape
from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import JOINTS
from ..errors import InvalidRequest
from .contradictions import contradictions
from .motion_constraints import ARRAY_SHAPES, MotionConstraints
from .request import Actor, ContactGoal, GazeSpan, Pin, Request, Resolve
from .vocabulary import (
    ACTION_LABELS,
    EMOTION_CHOICES,
    FURTHEST_CONTACT,
    GIVES_WAY,
    INTERACTIONS,
    LEADING_HANDS,
    LONGEST_SHOT,
    MOST_ENERGY,
    MOST_INTENSITY,
    MOST_OVERLAP,
    MOVABLE,
    PINNED,
    QUALITIES,
    RELATIONSHIPS,
    SEAT_HEIGHTS,
    SHORTEST_SHOT,
    STRONGEST_STYLE,
)

# Arrays of a body shape: type, whether one row is a part or a point, and the shape of a row.
SHAPE_ARRAYS = {
    "joint": (np.int64, "parts", ()), "start": (np.float32, "parts", (3,)), "end": (np.float32, "parts", (3,)),
    "radius": (np.float32, "parts", (2,)), "point_joint": (np.int64, "points", ()),
    "point_offset": (np.float32, "points", (3,)), "point_normal": (np.float32, "points", (3,)),
}  # fmt: skip
MOST_PARTS = 200  # capsules of one body
MOST_CORNERS, MOST_OBSTACLES = 400_000, 64  # of one grid, and of a shot
_CELLS = (0.005, 0.25)  # metres


def check_request(request: Request) -> None:
    """Return if the request can be played; raise ``InvalidRequest`` with one sentence that says what to change."""
    for trouble in _request_troubles(request):
        raise InvalidRequest(trouble)


def _request_troubles(request: Request) -> Iterator[str]:
    if not (math.isfinite(request.duration) and SHORTEST_SHOT <= request.duration <= LONGEST_SHOT):
        limits = f"{SHORTEST_SHOT} s and {LONGEST_SHOT / 60:.0f} minutes"
        yield f"The shot is {request.duration:.1f} s long; set a frame range between {limits}."
    if request.quality not in QUALITIES:
        yield f"Quality '{request.quality}' is not known; use one of: {', '.join(QUALITIES)}."
    if len(request.actors) not in (1, 2):
        yield f"A shot has one actor or two, this one has {len(request.actors)}; cast one or two characters."
    if len(request.actors) == 2 and request.actors[0].name == request.actors[1].name:
        yield f"Both actors are called '{request.actors[0].name}'; give one of them another name."
    if not 0.0 <= request.guidance <= 10.0:
        yield f"Guidance is {request.guidance}; choose a value between 0 and 10."
    if not 0.0 <= request.lips <= 1.0:
        yield f"Lips is {request.lips}; choose a value between 0 (expressive) and 1 (accurate)."
    if request.relationship and request.relationship not in RELATIONSHIPS:
        yield f"Relationship '{request.relationship}' is not known; use one of: {', '.join(RELATIONSHIPS)}."
    for actor in request.actors:
        yield from _actor_troubles(actor, request.frames)
    yield from _interaction_troubles(request)
    yield from _contact_troubles(request)
    yield from _contradictory_contacts(request)
    yield from _furniture_troubles(request)
    if request.resolve is not None:
        yield from _resolve_troubles(request, request.resolve)


def _actor_troubles(actor: Actor, frames: int) -> Iterator[str]:
    who = f"'{actor.name}'"
    yield from _body_troubles(actor, who)
    yield from _speech_troubles(actor, who)
    yield from _action_troubles(actor, who)
    yield from _direction_troubles(actor, who)
    yield from _target_troubles(actor, who)
    if actor.shape is not None:
        yield from _shape_troubles(actor.shape, who)
    if actor.constraints is not None:
        yield from _constraint_troubles(actor.constraints, who, frames)


def _body_troubles(actor: Actor, who: str) -> Iterator[str]:
    offsets = actor.skeleton.offsets
    if offsets.shape != (len(JOINTS), 3) or not np.isfinite(offsets).all():
        yield f"The skeleton of {who} is not {len(JOINTS)} x 3 finite numbers; measure the rig again."
    if not 0.3 <= actor.skeleton.height <= 5.0:
        tall = f"{who} stands {actor.skeleton.height:.2f} m tall"
        yield f"{tall}; scale the rig to metres (0.3 to 5 m) and apply the scale."
    if not np.isfinite([*actor.position, actor.heading]).all():
        yield f"The start of {who} is not a finite place; check the rig's transform."
    size = actor.skeleton.size  # a doll has low chairs and a giant high ones
    lowest, highest = SEAT_HEIGHTS[0] * min(size, 1.0), SEAT_HEIGHTS[1] * max(size, 1.0)
    if not lowest <= actor.seat_height <= highest:
        limits = f"{lowest:.2f} and {highest:.2f} m"
        yield f"The seat of {who} is {actor.seat_height:.2f} m high; use a seat between {limits}."


def _shape_troubles(shape: BodyShape, who: str) -> Iterator[str]:
    again = "fit its shape again"
    for name, (_, row, size) in SHAPE_ARRAYS.items():
        array = getattr(shape, name)
        if array.shape != (len(getattr(shape, row)), *size) or not np.isfinite(array).all():
            yield f"The body shape of {who} has {name} of the wrong size, or values that are no numbers; {again}."
            return
    if not 0 < len(shape.parts) <= MOST_PARTS or len(set(shape.parts)) < len(shape.parts):
        yield f"The body shape of {who} needs 1 to {MOST_PARTS} capsules, each with a name of its own; {again}."
    if unknown := [point for point in shape.points if point not in POINTS]:
        yield f"The body shape of {who} has a contact point '{unknown[0]}', which is not known; {again}."
    joints = np.concatenate([shape.joint, shape.point_joint])
    if ((joints < 0) | (joints >= len(JOINTS))).any():
        yield f"The body shape of {who} names a joint that the skeleton does not have; {again}."
    if not (shape.radius > 0.0).all():
        yield f"The body shape of {who} has a capsule without thickness; {again} or raise its Thickness."


def _speech_troubles(actor: Actor, who: str) -> Iterator[str]:
    for clip in actor.speech:
        if not (math.isfinite(clip.start) and clip.duration > 0.0 and clip.trim_start >= 0.0 and clip.gain >= 0.0):
            yield f"A speech strip of {who} has no length; lengthen or remove it."
    for word in actor.words:
        if not (math.isfinite(word.start) and word.end > word.start):
            yield f"The word '{word.text}' of {who} has no length; align the transcript again."
    for caption in actor.captions:
        if not (math.isfinite(caption.start) and math.isfinite(caption.end) and caption.end > caption.start):
            yield f"The transcript '{caption.text[:40]}' of {who} has no length; give it an end after its start."


def _action_troubles(actor: Actor, who: str) -> Iterator[str]:
    for span in actor.actions:
        if span.label not in ACTION_LABELS:
            labels = ", ".join(ACTION_LABELS)
            yield f"Action label '{span.label}' of {who} is not known; name the strip one of: {labels}."
        if not span.end > span.start:
            yield f"The action strip '{span.label}' of {who} has no length; lengthen or remove it."
        if span.to_partner and span.label != "walk":
            yield f"Only a walk of {who} can lead to the partner; name that strip 'walk'."
    for first, second in pairwise(sorted(actor.actions, key=lambda span: span.start)):
        if second.start < first.end - 1e-4:
            strips = f"'{first.label}' and '{second.label}'"
            yield f"The action strips {strips} of {who} overlap at {second.start:.2f} s; move or trim one of them."
    for point in actor.waypoints:
        if not np.isfinite([point.time, *point.position, point.heading or 0.0]).all():
            yield f"A walk target of {who} is not a finite place; check its transform."


def _direction_troubles(actor: Actor, who: str) -> Iterator[str]:
    for span in actor.emotions:
        if span.emotion not in EMOTION_CHOICES:
            yield f"Emotion '{span.emotion}' of {who} is not known; use one of: {', '.join(EMOTION_CHOICES)}."
        if not (0.0 <= span.intensity <= MOST_INTENSITY and span.end > span.start):
            needs = "needs an intensity from 0 to 2 and a length; change its strip."
            yield f"The emotion '{span.emotion}' of {who} {needs}"
    for strength in actor.energy:
        if not (0.0 <= strength.energy <= MOST_ENERGY and strength.end > strength.start):
            yield f"The energy of {who} at {strength.start:.2f} s is {strength.energy}; choose a value from 0 to 2."
    if actor.leading_hand and actor.leading_hand not in LEADING_HANDS:
        yield f"{who} cannot lead with '{actor.leading_hand}'; choose one of: {', '.join(LEADING_HANDS)}, or neither."
    if actor.style is not None and not all(abs(x) <= STRONGEST_STYLE for x in astuple(actor.style)):
        deviations = f"{STRONGEST_STYLE:.0f} standard deviations"
        yield f"The style of {who} lies beyond {deviations}; choose values from -3 to 3."


def _target_troubles(actor: Actor, who: str) -> Iterator[str]:
    targets: list[GazeSpan | Pin] = [*actor.gaze, *actor.pins]
    for target in targets:
        if not (target.end > target.start and target.places and np.isfinite(target.places).all()):
            yield f"A target of {who} at {target.start:.2f} s has no length or no place; lengthen its strip."
    for pin in actor.pins:
        if pin.part not in PINNED:
            yield f"A pin of {who} holds '{pin.part}'; name its strip one of: {', '.join(PINNED)}."
        if pin.heading is not None and not (pin.part == "root" and math.isfinite(pin.heading)):
            yield f"A pin of {who} at {pin.start:.2f} s has a heading that nothing can take; only a root may have one."
    spans: list[Sequence[GazeSpan | Pin]] = [actor.gaze]
    spans += [[pin for pin in actor.pins if pin.part == part] for part in PINNED]
    for same in spans:
        for first, second in pairwise(sorted(same, key=lambda span: span.start)):
            if second.start < first.end - 1e-4:
                yield f"Two strips of {who} say what to look at or hold at {second.start:.2f} s; move or trim one."


def _interaction_troubles(request: Request) -> Iterator[str]:
    for span in request.interactions:
        what = f"The interaction '{(span.category or span.prompt)[:40]}' at {span.start:.2f} s"
        if not (math.isfinite(span.start) and math.isfinite(span.end) and span.end > span.start):
            yield f"{what} has no length; lengthen or remove its strip."
        if span.category and span.category not in INTERACTIONS:
            yield f"{what} is not known; use one of: {', '.join(INTERACTIONS)}."
        if not (span.category or span.prompt.strip()):
            yield f"{what} says nothing; choose a category or write a text."
        if len(request.actors) != 2:
            yield f"{what} needs two actors; cast a second character."
        elif sorted(span.who) not in ([0], [1], [0, 1]):
            yield f"{what} does not say who acts; choose the first actor, the second or both."


def _contact_troubles(request: Request) -> Iterator[str]:
    actors = {actor.name: actor for actor in request.actors}
    for goal in request.contacts:
        what = f"The contact of '{goal.actor}' at {goal.start:.2f} s"
        ends = [(goal.actor, goal.point), *([(goal.other, goal.other_point)] if goal.other else [])]
        for name, point in ends:
            if name not in actors:
                yield f"{what} names '{name}', who is not in the shot; choose one of: {', '.join(actors)}."
            elif point not in actors[name].body_shape.points:
                points = ", ".join(actors[name].body_shape.points)
                yield f"{what} names a point '{point}' that '{name}' does not have; use one of: {points}."
        if not (math.isfinite(goal.start) and math.isfinite(goal.end) and goal.end > goal.start):
            yield f"{what} has no length; lengthen or remove it."
        if bool(goal.places) == bool(goal.other) or not np.isfinite(goal.places or 0.0).all():
            yield f"{what} needs one thing to touch; choose a point of an actor, or a target."
        if ends[0] in ends[1:]:
            yield f"{what} joins the {goal.point.replace('_', ' ')} to itself; choose another point."
        if not 0.0 <= goal.distance <= FURTHEST_CONTACT:
            yield f"{what} leaves {goal.distance:.2f} m; choose a distance between 0 and {FURTHEST_CONTACT:.0f} m."


def _contradictory_contacts(request: Request) -> Iterator[str]:
    bodies = {actor.name: (actor.body_shape, actor.skeleton) for actor in request.actors}
    for found in contradictions(request.contacts, bodies):
        one, other = (_contact_title(request.contacts[number]) for number in (found.first, found.second))
        yield (
            f"{one} and {other} cannot both touch at {found.time:.2f} s, since that is {100 * found.metres:.0f} cm "
            "more than a body allows; move, trim or remove one of the two contacts."
        )


def _contact_title(goal: ContactGoal) -> str:
    other = f"the {goal.other_point.replace('_', ' ')} of '{goal.other}'" if goal.other else "its target"
    return f"The {goal.point.replace('_', ' ')} of '{goal.actor}' with {other}"


def _furniture_troubles(request: Request) -> Iterator[str]:
    if len(request.obstacles) > MOST_OBSTACLES:
        yield f"{len(request.obstacles)} things are furniture; choose {MOST_OBSTACLES} at the most, those in reach."
    for obstacle in request.obstacles:
        yield from _obstacle_troubles(obstacle, len(request.actors))


def _obstacle_troubles(obstacle: Obstacle, actors: int) -> Iterator[str]:
    what, again = f"The furniture '{obstacle.name}'", "check its mesh and transform"
    shape = obstacle.distance.shape
    if len(shape) != 3 or min(shape) < 2 or obstacle.distance.size > MOST_CORNERS:
        yield f"{what} has a grid of {' x '.join(map(str, shape))} corners; leave it out, or cut it up."
    elif not (np.isfinite(obstacle.distance).all() and np.isfinite(obstacle.origin).all()):
        yield f"{what} has distances or a place that are no numbers; {again}."
    if not _CELLS[0] <= obstacle.cell <= _CELLS[1]:
        yield f"{what} is measured every {obstacle.cell} m; {again}."
    if any(actor not in range(actors) for actor in obstacle.seated):
        yield f"{what} is the seat of somebody who is not in the shot; read it again."


def _resolve_troubles(request: Request, choice: Resolve) -> Iterator[str]:
    if choice.gives_way not in GIVES_WAY:
        yield f"'{choice.gives_way}' cannot give way; choose one of: {', '.join(GIVES_WAY)}."
    if not choice.moves or (unknown := [part for part in choice.moves if part not in MOVABLE]):
        what = f"'{unknown[0]}' is no part that may move" if choice.moves else "Nothing may move"
        yield f"{what}; choose some of: {', '.join(MOVABLE)}."
    if not 0.0 <= choice.tolerance <= MOST_OVERLAP:
        yield f"Bodies may overlap by {choice.tolerance:.2f} m; choose a tolerance between 0 and {MOST_OVERLAP} m."
    if not 0.0 <= choice.furthest <= 1.0:
        yield f"A body is to be shifted by {choice.furthest:.2f} m; choose a distance between 0 and 1 m."
    for actor in request.actors:
        given = actor.constraints
        if given is None or len(given.mask) != request.frames:
            yield f"The motion of '{actor.name}' is not given for the whole shot; read it again."
        elif not (np.isfinite(given.root_positions).all() and np.isfinite(given.rotations).all()):
            yield f"The motion of '{actor.name}' holds values that are no numbers; read it from the rig again."
        elif not (np.abs(np.linalg.norm(given.rotations, axis=-1) - 1.0) < 0.01).all():
            yield f"The motion of '{actor.name}' holds rotations that are no unit quaternions; read it again."


def _constraint_troubles(constraints: MotionConstraints, who: str, frames: int) -> Iterator[str]:
    count = len(constraints.mask)
    for name, shape in ARRAY_SHAPES.items():
        found = getattr(constraints, name).shape
        if found != (count, *shape):
            yield f"The kept motion of {who} has {name} of shape {found}; read it from a whole take."
    if not 0 < count <= frames:
        yield f"The kept motion of {who} is {count} frames long and the shot {frames}; cut it to the shot."
    body = constraints.any_joint
    used = {"root_positions": constraints.part("lower"), "rotations": body, "face": constraints.part("face")}
    for name, frames_used in used.items():
        if not np.isfinite(getattr(constraints, name)[frames_used]).all():
            yield f"The kept motion of {who} holds values that are no numbers; read it from the rig again."
    if not (np.abs(np.linalg.norm(constraints.rotations[body], axis=-1) - 1.0) < 0.01).all():
        yield f"The kept motion of {who} holds rotations that are no unit quaternions; read it from the rig again."
