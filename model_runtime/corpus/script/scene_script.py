"""The script of a scene: relationship, emotions, conversation, and what each body does, before any motion is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...contract import RELATIONSHIPS, EmotionSpan
from ...datasets.scene import SpokenUtterance
from .affect import AVERAGE, AffectTrack, usual_distance
from .conversation import Turn, Voices, converse, voiced_span
from .personality import Personality

SHORTEST, LONGEST = 60.0, 240.0  # s
_ROOM_PER_SEATED = 0.25  # m more between two bodies for each that is seated
SEATS = (0.35, 0.55)  # m

# Kinds of scene and their shares, chosen so that sitting, standing and walking have similar shares of the frames (see
# the tests) and sitting down and standing up are frequent enough to be learned.
KINDS = {
    "both stand": 0.07, "both sit": 0.06, "one sits": 0.04, "walking together": 0.16,
    "approaching": 0.05, "leaving": 0.06, "arriving and sitting down": 0.16, "restless": 0.24,
    "circling": 0.06, "showing around": 0.10,
}  # fmt: skip
# How often bodies are side by side instead of facing each other.
_SIDE_BY_SIDE = {"both stand": 0.15, "both sit": 0.2, "walking together": 1.0, "showing around": 0.4}
_WALKS = (3.0, 12.0)  # s; rooms are 8 by 8 m


@dataclass(frozen=True)
class Intent:
    """What a body does for about ``duration`` seconds: 'stand', 'sit' or 'walk'.

    ``goal`` of a walk: 'approach' the partner, 'leave', 'wander', 'around' the partner, or 'together' beside a partner
    with the same intent at about the same time.
    """

    label: str
    duration: float
    goal: str = ""


@dataclass(frozen=True)
class Script:
    """The plan of a scene of ``duration`` seconds; both bodies' intents last at least as long.

    ``distance`` (m) between the two at the start; ``facing``: they stand or sit towards each other, else side by side
    with the gaze ahead. ``emotions`` per actor follow one another from 0 to ``duration``; ``laughs`` per actor: spans
    (s) of laughter; ``personalities`` of both.
    """

    duration: float
    turns: list[Turn]
    utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]]
    intents: tuple[list[Intent], list[Intent]]
    distance: float
    seat_height: tuple[float, float]
    relationship: str
    emotions: tuple[list[EmotionSpan], list[EmotionSpan]]
    kind: str
    facing: bool
    laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]]
    personalities: tuple[Personality, Personality] = (AVERAGE, AVERAGE)

    def affect(self, actor: int) -> AffectTrack:
        """Return an actor's affect parameters over the scene."""
        return AffectTrack(self.emotions[actor], self.relationship, actor == 0, self.personalities[actor])


def write_script(rng: np.random.Generator, voices: Voices) -> Script:
    """Draw a scene of 60 to 240 s for two voices, each given by its utterances.

    Voices with few utterances get shorter scenes, as no utterance is used twice.
    """
    speech = sum(end - start for voice in voices for start, end in map(voiced_span, voice))
    duration = float(np.clip(60.0 + 180.0 * rng.beta(1.1, 1.5), SHORTEST, np.clip(2.5 * speech, SHORTEST, LONGEST)))
    relationship = str(rng.choice(RELATIONSHIPS))
    personalities = (Personality.drawn(rng), Personality.drawn(rng))
    talk = converse(rng, voices, duration, relationship, personalities)
    kind = str(rng.choice(list(KINDS), p=np.array(list(KINDS.values())) / sum(KINDS.values())))
    facing = bool(rng.random() >= _SIDE_BY_SIDE.get(kind, 0.0))
    intents = plan_bodies(rng, kind, duration)
    affect = [AffectTrack(talk.emotions[k], relationship, k == 0, personalities[k]) for k in range(2)]
    distance = _distance(rng, kind, usual_distance(relationship), affect, intents, facing)
    seats = (float(rng.uniform(*SEATS)), float(rng.uniform(*SEATS)))
    return Script(
        duration,
        talk.turns,
        talk.utterances,
        intents,
        distance,
        seats,
        relationship,
        talk.emotions,
        kind,
        facing,
        talk.laughs,
        personalities,
    )


def _distance(
    rng: np.random.Generator,
    kind: str,
    usual: float,
    affect: Sequence[AffectTrack],
    intents: tuple[list[Intent], list[Intent]],
    facing: bool,
) -> float:
    """Return the metres between the two at the start, by what is ``usual`` in their relationship, affect and seats;
    more where one arrives.
    """
    if kind in ("approaching", "arriving and sitting down"):
        return float(rng.uniform(2.8, 4.8))
    shyness = sum(track.at(0.0).steps_back for track in affect)
    metres = (usual + shyness) * float(rng.uniform(0.92, 1.12))
    if not facing:
        return max(0.75, 0.75 * metres)
    seated = sum(plan[0].label == "sit" for plan in intents)
    return max(0.9 + 0.32 * seated, metres + _ROOM_PER_SEATED * seated)  # closer, knees and feet would touch


def plan_bodies(rng: np.random.Generator, kind: str, duration: float) -> tuple[list[Intent], list[Intent]]:
    """Return both bodies' intents for a kind of scene, each for at least ``duration`` seconds, in random order."""
    a, b = _Plan(rng, duration), _Plan(rng, duration)
    _PLANS[kind](rng, a, b)
    plans = [a.finished(), b.finished()]
    return (plans[0], plans[1]) if rng.random() < 0.5 else (plans[1], plans[0])


class _Plan:
    """One body's intents as they are added."""

    def __init__(self, rng: np.random.Generator, duration: float) -> None:
        self.plan: list[Intent] = []
        self.clock = 0.0
        self.duration = duration
        self._rng, self._end = rng, duration + 6.0  # bodies may be faster than planned

    @property
    def full(self) -> bool:
        """Whether the plan lasts to the end."""
        return self.clock >= self._end

    def stay(self, label: str, least: float, most: float) -> None:
        """Stand or sit for ``least`` to ``most`` seconds."""
        self._add(Intent(label, float(self._rng.uniform(least, most))))

    def walk(self, goal: str, least: float, most: float) -> None:
        """Walk for ``least`` to ``most`` seconds."""
        self._add(Intent("walk", float(np.clip(self._rng.uniform(least, most), *_WALKS)), goal))

    def rest(self, label: str) -> None:
        """Stand or sit to the end."""
        if not self.full:
            self._add(Intent(label, self._end - self.clock))

    def loop(self, *parts: tuple[str, float, float]) -> None:
        """Repeat stays ('stand', 'sit') and walks (by goal) until the end."""
        while not self.full:
            for what, least, most in parts:
                (self.stay if what in ("stand", "sit") else self.walk)(what, least, most)

    def finished(self) -> list[Intent]:
        """Return the plan, with its last stay, or standing after a walk, prolonged to the end."""
        if not self.full:
            self.rest(self.plan[-1].label if self.plan[-1].label != "walk" else "stand")
        return self.plan

    def _add(self, intent: Intent) -> None:
        self.plan.append(intent)
        self.clock += intent.duration


def _both_stand(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    for plan in (a, b):
        plan.stay("stand", 15.0, 60.0)
        if rng.random() < 0.4:  # a few steps to look at something, and back
            plan.walk("wander", 3.0, 5.0)
            plan.stay("stand", 3.0, 9.0)
            plan.walk("approach", 3.0, 5.0)


def _both_sit(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.rest("sit")
    b.rest("sit")


def _one_sits(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.rest("sit")
    b.loop(("stand", 15.0, 50.0), ("around", 3.0, 6.0))


def _approach(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.rest("sit" if rng.random() < 0.4 else "stand")
    b.stay("stand", 1.0, 5.0)
    b.walk("approach", 3.0, 6.0)


def _leave(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    """One gets up and goes; half of the time it comes back."""
    a.rest("sit" if rng.random() < 0.4 else "stand")
    b.stay("sit" if rng.random() < 0.4 else "stand", 0.45 * b.duration, 0.8 * b.duration)
    if b.plan[-1].label == "sit":
        b.stay("stand", 0.5, 2.0)
    b.walk("leave", 4.0, 7.0)
    if rng.random() < 0.5:
        b.stay("stand", 2.0, 6.0)
        b.walk("approach", 3.0, 6.0)


def _arrive_and_sit(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.rest("sit" if rng.random() < 0.6 else "stand")
    b.stay("stand", 1.0, 5.0)
    b.walk("approach", 3.0, 6.0)
    b.stay("stand", *((0.3, 0.4) if rng.random() < 0.6 else (1.5, 8.0)))
    b.rest("sit")


def _both_restless(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    _restless(rng, a)
    _restless(rng, b)


def _circle(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.rest("sit" if rng.random() < 0.3 else "stand")
    b.loop(("stand", 1.5, 5.0), ("around", 6.0, 12.0))


def _show_around(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    a.loop(("stand", 1.5, 4.0), ("wander", 5.0, 10.0), ("stand", 3.0, 7.0), ("leave", 4.0, 8.0))
    b.loop(("stand", 3.0, 6.0), ("approach", 4.0, 7.0))


def _walk_together(rng: np.random.Generator, a: _Plan, b: _Plan) -> None:
    """Both start and stop at the same moments; about 6 m a leg, then they turn back."""
    while not a.full:
        stand, walk = float(rng.uniform(1.0, 4.0)), float(rng.uniform(7.0, 12.0))
        for plan in (a, b):
            plan.stay("stand", stand, stand)
            plan.walk("together", walk, walk)


def _restless(rng: np.random.Generator, plan: _Plan) -> None:
    """Stand up, walk about and sit down again and again."""
    label = "sit" if rng.random() < 0.45 else "stand"
    while not plan.full:
        if label == "walk":
            # After going off, the body comes back, as the conversation goes on.
            last_goal = next((intent.goal for intent in reversed(plan.plan) if intent.goal), "")
            near = last_goal in ("approach", "around")
            goals = ["leave", "wander", "around"] if near else ["approach", "wander", "around"]
            plan.walk(str(rng.choice(goals, p=[0.2, 0.5, 0.3] if near else [0.6, 0.2, 0.2])), 4.0, 11.0)
            label = "sit" if rng.random() < 0.55 else "stand"
        elif label == "sit":
            plan.stay("sit", 6.0, 16.0)
            label = "stand"
        else:
            gets_up_to_go = bool(plan.plan) and plan.plan[-1].label == "sit" and rng.random() < 0.5
            plan.stay("stand", *((0.3, 0.4) if gets_up_to_go else (1.0, 5.0)))
            label = "walk" if gets_up_to_go or rng.random() < 0.8 else "sit"


_PLANS: dict[str, Callable[[np.random.Generator, _Plan, _Plan], None]] = {
    "both stand": _both_stand,
    "both sit": _both_sit,
    "one sits": _one_sits,
    "walking together": _walk_together,
    "approaching": _approach,
    "leaving": _leave,
    "arriving and sitting down": _arrive_and_sit,
    "restless": _both_restless,
    "circling": _circle,
    "showing around": _show_around,
}
