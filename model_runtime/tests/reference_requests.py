"""Ten requests, one of every kind, whose results are stored: what a change of structure must not change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    ActionSpan,
    Actor,
    Caption,
    EmotionSpan,
    MotionConstraints,
    Request,
    SpeechClip,
    Style,
    TimedWord,
    Waypoint,
    frame_count,
)
from model_runtime.tests.conftest import ASSETS

EAST = np.pi / 2  # faces +X


def _voice(name: str, seconds: float, start: float = 0.0) -> tuple[SpeechClip, ...]:
    return (SpeechClip(str(ASSETS / f"demo_{name}.ogg"), start, seconds),)


def _pair(seconds: float, size: tuple[float, float] = (0.96, 1.07), apart: float = 1.5) -> Request:
    a = Actor("Mia", AVERAGE_SKELETON.scaled(size[0]), (-apart / 2, 0.0), EAST, _voice("a", seconds))
    b = Actor("Tom", AVERAGE_SKELETON.scaled(size[1]), (apart / 2, 0.0), -EAST, _voice("b", seconds))
    return Request(seconds, (a, b), seed=3, quality="draft")


def _with(
    request: Request, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **changes: Any
) -> Request:
    a, b = request.actors
    return replace(request, actors=(replace(a, **(first or {})), replace(b, **(second or {}))), **changes)


def _kept(request: Request, parts: tuple[str, ...], first: float, last: float) -> MotionConstraints:
    """A motion in slow sway of which ``parts`` are kept from ``first`` to ``last`` (s)."""
    frames = frame_count(request.duration)
    t = np.arange(frames) / FPS
    root = np.zeros((frames, 3), np.float32)
    root[:, :2] = request.actors[0].position
    root[:, 2] = request.actors[0].skeleton.pelvis_height - 0.02
    vectors = 0.1 * np.sin(0.7 * t[:, None, None] + np.arange(52)[:, None] + np.arange(3))
    rotations = rot.from_axis_angle(vectors).astype(np.float32)
    rotations[:, 0] = rot.about_z(np.full(frames, EAST))
    face = (0.2 + 0.1 * np.sin(t[:, None] + np.arange(52))).astype(np.float32)
    keep = np.zeros((frames, len(BODY_PARTS)), bool)
    keep[round(first * FPS) : round(last * FPS), [BODY_PARTS.index(part) for part in parts]] = True
    return MotionConstraints(root, rotations, face, keep)


def _turns(actor: str) -> list[dict]:
    """What the demo's dialogue says of an actor: text, start and end (s)."""
    return [
        turn
        for turn in json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
        if turn["actor"] == actor
    ]


def _talk() -> Request:
    return _pair(6.0)


def _talk_final() -> Request:
    return replace(_pair(4.0), quality="final", seed=11, guidance=3.0)


def _sit_walk_stand() -> Request:
    first = {
        "actions": (ActionSpan("walk", 0.5, 4.0), ActionSpan("sit", 4.0, 8.0)),
        "waypoints": (Waypoint(8.0, (0.5, 1.5), EAST),),
    }
    second = {
        "actions": (ActionSpan("sit", 0.0, 3.0), ActionSpan("walk", 3.0, 6.0)),
        "waypoints": (Waypoint(6.0, (2.4, -1.0)),),
    }
    return _with(_pair(8.0), first, second)


def _to_partner() -> Request:
    return _with(_pair(6.0, apart=4.0), {"actions": (ActionSpan("walk", 0.5, 4.5, to_partner=True),)})


def _alone() -> Request:
    request = _pair(5.0)
    actor = replace(
        request.actors[0],
        actions=(ActionSpan("walk", 1.0, 4.0),),
        waypoints=(Waypoint(2.5, (0.5, 0.8)), Waypoint(4.0, (1.5, 0.0))),
    )
    return replace(request, actors=(actor,))


def _doll_and_giant() -> Request:
    return _with(
        _pair(4.0, size=(0.3, 2.4), apart=3.0), {"seat_height": 0.15, "actions": (ActionSpan("sit", 1.0, 4.0),)}
    )


def _motion_kept() -> Request:
    request = _pair(6.0)
    whole, arms = (
        _kept(request, ("lower", "upper", "head", "hands", "face"), 2.0, 3.0),
        _kept(request, ("upper", "head", "face"), 3.0, 6.0),
    )
    return _with(request, {"constraints": whole}, {"constraints": arms})


def _directed() -> Request:
    first = {
        "emotions": (EmotionSpan("anger", 1.5, 0.0, 3.0), EmotionSpan("joy", 0.8, 3.0, 5.0)),
        "style": Style(1.0, 0.5, -1.0),
    }
    return _with(
        _pair(5.0),
        first,
        {"emotions": (EmotionSpan("fear", 1.0, 1.0, 4.0),)},
        relationship="doctor / patient",
        lips=0.4,
    )


def _transcripts() -> Request:
    """One voice with captions that fit and one that does not, the other with words near their times and some that are
    never said.
    """
    captions = tuple(Caption(turn["text"], turn["start"], turn["end"]) for turn in _turns("A") if turn["end"] < 13.0)
    said = ["improvise", "me", "i'm", "a", "mannequin"]
    words = tuple(TimedWord(word, 5.3 + 0.45 * k, 5.7 + 0.45 * k) for k, word in enumerate(said))
    never = tuple(
        TimedWord(word, 1.0 + 0.5 * k, 1.4 + 0.5 * k) for k, word in enumerate(["seven", "purple", "elephants"])
    )
    return _with(
        _pair(9.0),
        {"captions": (*captions, Caption("Nobody says this at all.", 5.2, 7.6))},
        {"words": (*never, *words)},
    )


def _long_and_passing() -> Request:
    first = {"actions": (ActionSpan("walk", 4.0, 9.0),), "waypoints": (Waypoint(9.0, (2.5, 0.0)),)}
    second = {"actions": (ActionSpan("walk", 4.0, 9.0),), "waypoints": (Waypoint(9.0, (-2.5, 0.0)),)}
    return _with(_pair(13.0, apart=4.0), first, second, seed=5)


REQUESTS: dict[str, Callable[[], Request]] = {
    make.__name__.strip("_"): make
    for make in (
        _talk,
        _talk_final,
        _sit_walk_stand,
        _to_partner,
        _alone,
        _doll_and_giant,
        _motion_kept,
        _directed,
        _transcripts,
        _long_and_passing,
    )
}
