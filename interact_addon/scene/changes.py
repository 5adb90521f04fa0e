"""What is asked for otherwise than before: two requests compared, actor by actor.

A change has a time: where a label, an emotion, a word or a target differs. What follows from it may last longer: an
actor who walks elsewhere is there until something leads both the old and the new one to the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ..messages import Message
from ..runtime_api import contract
from .voice_files import what_is_heard

BEFORE, SETTLING = 1.0, 1.0  # seconds beside a change in which the motion may differ, to lead into it and out of it
_SAME_TIME, _SAME_PLACE = 0.02, 0.02  # seconds, metres
VOICE = Message("voice")  # what a change of it is called
_FACED, _GAZE, _PINNED_ROOT = Message("what is faced"), Message("gaze"), Message("pins of the root")
_PINS = {
    "left_hand": Message("pins of the left hand"),
    "right_hand": Message("pins of the right hand"),
    "head": Message("pins of the head"),
    "root": _PINNED_ROOT,
}
_GOING = 1.5  # seconds before a pinned root in which an actor without a walk may set out for it
_PARTNER = (float("inf"), float("inf"))  # stands for the partner's place, where a walk leads to the partner
Place = tuple[float, float]
# Where two voices, that before and that now, differ: start and end (s); None where they do not.
Differing = Callable[[contract.SpeechClip, contract.SpeechClip], tuple[float, float] | None]


@dataclass(frozen=True)
class Change:
    """Something of ``actor`` that differs from ``start`` to ``end`` (s): ``what`` in words.

    ``is_noticed``: whether the partner hears or sees it from where it is, and has to answer.
    """

    actor: str
    what: str
    start: float
    end: float
    is_noticed: bool = False


def changed_settings(before: contract.Request, now: contract.Request) -> list[str]:
    """Return in words what differs of the shot that bears on all of it.

    Another seed or quality is no change: it is what one may want for a stretch too.
    """
    names = {
        "duration": Message("the length of the shot"),
        "guidance": Message("the guidance"),
        "relationship": Message("the relationship"),
        "lips": Message("the lips"),
    }
    return [words for name, words in names.items() if getattr(before, name) != getattr(now, name)]


def changed_character(before: contract.Actor, now: contract.Actor) -> list[str]:
    """Return in words what differs of an actor that bears on the whole shot."""
    found: list[str] = [] if _same_start(before, now) else [Message("where '{actor}' starts", actor=now.name)]
    if before.leading_hand != now.leading_hand:
        found.append(Message("the leading hand of '{actor}'", actor=now.name))
    return found if before.style == now.style else [*found, Message("the style of '{actor}'", actor=now.name)]


def changes_of(before: contract.Actor, now: contract.Actor, duration: float, differing: Differing) -> list[Change]:
    """Return what differs of one actor, in order of time."""
    found = [
        *_of_actions(before, now, duration),
        *_of_targets(before, now, duration),
        *_of_emotions(before, now, duration),
        *_of_energy(before, now, duration),
        *_of_attention(before, now, duration),
        *_of_voice(before, now, differing),
        *_of_words(before, now),
    ]
    return sorted(found, key=lambda change: (change.start, change.end))


def changed_contacts(before: contract.Request, now: contract.Request, name: str) -> list[Change]:
    """Return the contacts of one actor that are asked for in one of two requests alone; both call the actors alike."""
    differs = [goal for goal in now.contacts if not _is_goal_among(goal, before.contacts)]
    differs += [goal for goal in before.contacts if not _is_goal_among(goal, now.contacts)]
    own = (goal for goal in differs if name in (goal.actor, goal.other))
    return [Change(name, Message("contacts"), goal.start, goal.end) for goal in own]


def _is_goal_among(goal: contract.ContactGoal, goals: Sequence[contract.ContactGoal]) -> bool:
    return any(_same_goal(goal, other) for other in goals)


def _same_goal(one: contract.ContactGoal, other: contract.ContactGoal) -> bool:
    same_time = abs(one.start - other.start) < _SAME_TIME and abs(one.end - other.end) < _SAME_TIME
    near = len(one.places) == len(other.places) and all(
        abs(a - b) < _SAME_PLACE for mine, theirs in zip(one.places, other.places) for a, b in zip(mine, theirs)
    )
    bare = [replace(goal, start=0.0, end=0.0, places=()) for goal in (one, other)]
    return same_time and near and bare[0] == bare[1]


def changed_interactions(before: contract.Request, now: contract.Request, name: str) -> list[Change]:
    """Return what the two do to each other in one of two requests alone; labels say nothing of it."""

    def performed(request: contract.Request) -> list[contract.InteractionSpan]:
        names = [actor.name for actor in request.actors]
        parts = [(span, contract.played_part(span, names).category) for span in request.interactions]
        return [span for span, category in parts if category and category not in contract.PLAYED_BY_LABELS]

    asked = performed(before), performed(now)
    differs = [span for one, other in (asked, asked[::-1]) for span in one if not _is_span_among(span, other)]
    return [Change(name, "interaction", span.start, span.end) for span in differs]


def _is_span_among(span: contract.InteractionSpan, spans: Sequence[contract.InteractionSpan]) -> bool:
    return any(
        abs(span.start - other.start) < _SAME_TIME
        and abs(span.end - other.end) < _SAME_TIME
        and replace(span, start=0.0, end=0.0) == replace(other, start=0.0, end=0.0)
        for other in spans
    )


def clipped(changes: Sequence[Change], start: float, end: float) -> list[Change]:
    """Return what is left of changes outside of ``start`` to ``end`` (s), where all was generated anew."""
    left = []
    for change in changes:
        if change.start < start - _SAME_TIME:
            left.append(replace(change, end=min(change.end, start)))
        if change.end > end + _SAME_TIME:
            left.append(replace(change, start=max(change.start, end)))
    return left


def span_of(changes: Sequence[Change], duration: float) -> tuple[float, float]:
    """Return from when to when (s) to generate anew for changes: with the time to lead into them and out of them."""
    start, end = min(change.start for change in changes), max(change.end for change in changes)
    return max(start - BEFORE, 0.0), min(end + SETTLING, duration)


def _same_start(before: contract.Actor, now: contract.Actor) -> bool:
    near = all(abs(a - b) < _SAME_PLACE for a, b in zip(before.position, now.position))
    body = before.skeleton.offsets.shape == now.skeleton.offsets.shape
    return near and abs(before.heading - now.heading) < 0.02 and body and _same_bones(before, now)


def _same_bones(before: contract.Actor, now: contract.Actor) -> bool:
    return bool(abs(before.skeleton.offsets - now.skeleton.offsets).max() < _SAME_PLACE)


def _of_actions(before: contract.Actor, now: contract.Actor, duration: float) -> Iterator[Change]:
    for start, end in _differences(_labels(before, duration), _labels(now, duration), duration):
        old, new = (_at(_labels(actor, duration), 0.5 * (start + end)) for actor in (before, now))
        moves = "walk" in {old and old[0], new and new[0]}
        yield Change(now.name, Message("actions"), start, end, moves)


def _of_emotions(before: contract.Actor, now: contract.Actor, duration: float) -> Iterator[Change]:
    old, new = (
        [(span.start, span.end, (span.emotion, span.intensity)) for span in actor.emotions] for actor in (before, now)
    )
    for start, end in _differences(old, new, duration):
        yield Change(now.name, Message("emotions"), start, end)


def _of_energy(before: contract.Actor, now: contract.Actor, duration: float) -> Iterator[Change]:
    old, new = ([(span.start, span.end, span.energy) for span in actor.energy] for actor in (before, now))
    for start, end in _differences(old, new, duration):
        yield Change(now.name, Message("energy"), start, end)


def _of_attention(before: contract.Actor, now: contract.Actor, duration: float) -> Iterator[Change]:
    """Yield where it differs what an actor faces, looks at or holds on to."""

    def rows(actor: contract.Actor) -> dict[str, list[tuple[float, float, Any]]]:
        found: dict[str, list[tuple[float, float, Any]]] = {
            _FACED: [(one.start, one.end, one.facing) for one in actor.actions if one.facing is not None],
            _GAZE: [(one.start, one.end, one.places) for one in actor.gaze],
        }
        for part in contract.PINNED:
            found[_PINS[part]] = [
                (one.start, one.end, (one.places, one.heading)) for one in actor.pins if one.part == part
            ]
        return found

    old, new = rows(before), rows(now)
    for what in old:
        for start, end in _differences(old[what], new[what], duration):
            goes = what == _PINNED_ROOT  # where to, and until when it is elsewhere, is said by the targets
            yield Change(now.name, what, max(start - _GOING, 0.0) if goes else start, end, goes)


def _of_targets(before: contract.Actor, now: contract.Actor, duration: float) -> Iterator[Change]:
    """Yield where targets and seats differ: from the label on that leads there, until both are in one place again."""
    old, new = _goals(before), _goals(now)
    changed = [goal for goal in old if not _is_among(goal, new)] + [goal for goal in new if not _is_among(goal, old)]
    if changed:
        first = min(changed)[0]
        spans = [s for s in (*before.actions, *now.actions) if s.start < first + _SAME_TIME and first <= s.end + 0.1]
        start = max((span.start for span in spans if span.label != "stand"), default=first)
        yield Change(now.name, Message("targets"), start, _together_again(old, new, max(changed)[0], duration), True)
    if abs(before.seat_height - now.seat_height) > _SAME_PLACE:
        for span in now.actions:
            if span.label == "sit":
                yield Change(now.name, Message("the seat's height"), span.start, span.end)


def _of_voice(before: contract.Actor, now: contract.Actor, differing: Differing) -> Iterator[Change]:
    for clip in [*before.speech[len(now.speech) :], *now.speech[len(before.speech) :]]:
        yield Change(now.name, VOICE, max(clip.start, 0.0), clip.start + clip.duration, True)
    for old, new in zip(before.speech, now.speech):
        if _heard(old) == _heard(new):
            continue
        found = differing(old, new)
        if found is not None:
            yield Change(now.name, VOICE, *found, is_noticed=True)


def _of_words(before: contract.Actor, now: contract.Actor) -> Iterator[Change]:
    for old, new in ((before.words, now.words), (before.captions, now.captions)):
        differs = [one for one in [*old, *new] if one not in old or one not in new]
        if differs:
            yield Change(now.name, Message("words"), min(one.start for one in differs), max(one.end for one in differs))


def _heard(clip: contract.SpeechClip) -> tuple[str, float, float]:
    return what_is_heard(clip.path), clip.start, clip.duration


def _labels(actor: contract.Actor, duration: float) -> list[tuple[float, float, Any]]:
    """Return start, end and what is played of each label; a gap means standing, as in the runtime."""
    played = [span for span in actor.actions if span.label != "stand"]
    return [(span.start, min(span.end, duration), (span.label, span.to_partner)) for span in played]


def _differences(
    old: Sequence[tuple[float, float, Any]], new: Sequence[tuple[float, float, Any]], duration: float
) -> Iterator[tuple[float, float]]:
    """Yield the runs of time, from 0 to ``duration``, in which two lists of (start, end, value) differ."""
    edges = sorted({0.0, duration, *(t for start, end, _ in (*old, *new) for t in (start, end) if 0.0 < t < duration)})
    runs: list[list[float]] = []
    for first, last in pairwise(edges):
        middle = 0.5 * (first + last)
        if last - first < _SAME_TIME or _at(old, middle) == _at(new, middle):
            continue
        if runs and first - runs[-1][1] < _SAME_TIME:
            runs[-1][1] = last
        else:
            runs.append([first, last])
    yield from ((first, last) for first, last in runs)


def _at(spans: Iterable[tuple[float, float, Any]], time: float) -> Any:
    return next((value for start, end, value in spans if start <= time < end), None)


def _goals(actor: contract.Actor) -> list[tuple[float, Place]]:
    """Return when and where an actor is wanted, a walk to the partner at its end."""
    places = [(point.time, point.position) for point in actor.waypoints]
    places += [(pin.start, (pin.places[0][0], pin.places[0][1])) for pin in actor.pins if pin.part == "root"]
    return sorted([*places, *((span.end, _PARTNER) for span in actor.actions if span.to_partner)])


def _is_among(goal: tuple[float, Place], goals: Sequence[tuple[float, Place]]) -> bool:
    return any(abs(goal[0] - time) < _SAME_TIME and _same_place(goal[1], place) for time, place in goals)


def _same_place(a: Place | None, b: Place | None) -> bool:
    if a is None or b is None:
        return a is b
    return a == b or all(abs(x - y) < _SAME_PLACE for x, y in zip(a, b))


def _together_again(
    old: Sequence[tuple[float, Place]], new: Sequence[tuple[float, Place]], after: float, duration: float
) -> float:
    """Return the first time from ``after`` on at which both are in one place; the end of the shot if they never are."""

    def place(goals: Sequence[tuple[float, Place]], time: float) -> Place | None:
        return next((where for when, where in reversed(goals) if when <= time + _SAME_TIME), None)

    times = [after, *(time for time, _ in sorted([*old, *new]) if time > after)]
    return next((time for time in times if _same_place(place(old, time), place(new, time))), duration)
