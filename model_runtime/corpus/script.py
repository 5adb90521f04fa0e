"""Who speaks when, and what each body is to do: the plan of a scene before any motion is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..contract import FPS
from .scene import SpokenUtterance

if TYPE_CHECKING:  # that module brings the aligner with it, which composing can do without
    from .speech_library import Utterance

BACKCHANNEL = 1.2  # s; utterances of a word or two no longer than this can be dropped into the other's turn


@dataclass(frozen=True)
class Turn:
    """One actor holds the floor from ``start`` to ``end`` (s)."""

    actor: int
    start: float
    end: float


@dataclass(frozen=True)
class Intent:
    """What a body wants to do for about ``duration`` seconds: 'stand', 'sit' or 'walk'.

    ``goal`` of a walk: 'approach' the partner, 'leave', 'wander' or 'around' the partner.
    """

    label: str
    duration: float
    goal: str = ""


@dataclass(frozen=True)
class Script:
    """The plan of a scene of ``duration`` seconds; both bodies' intents last at least as long."""

    duration: float
    turns: list[Turn]
    utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]]
    intents: tuple[list[Intent], list[Intent]]
    distance: float
    seat_height: tuple[float, float]


def write_script(rng: np.random.Generator, voices: tuple[Sequence[Utterance], Sequence[Utterance]]) -> Script:
    """Draw a scene of 20 to 75 s for two voices, each given by its utterances."""
    duration = float(rng.uniform(20.0, 75.0))
    turns, utterances = _conversation(rng, voices, duration)
    kind = str(rng.choice(["stand", "sit", "mixed", "lively", "walks"], p=[0.07, 0.10, 0.08, 0.30, 0.45]))
    starts = {"stand": ("stand", "stand"), "sit": ("sit", "sit"), "mixed": ("sit", "stand")}.get(kind)
    if starts is None:
        starts = ("sit" if rng.random() < 0.45 else "stand", "sit" if rng.random() < 0.45 else "stand")
    intents = tuple(_intents(rng, kind, start, duration) for start in starts)
    if rng.random() < 0.5:
        intents = intents[::-1]
    far = any(intent.goal == "approach" for plan in intents for intent in plan[:2])
    distance = float(rng.uniform(2.2, 4.5) if far else rng.triangular(0.95, 1.35, 3.2))
    distance += 0.25 * sum(start == "sit" for start in starts)  # knees need room
    seats = (float(rng.uniform(0.40, 0.50)), float(rng.uniform(0.40, 0.50)))
    return Script(duration, turns, utterances, (intents[0], intents[1]), distance, seats)


def _conversation(
    rng: np.random.Generator, voices: tuple[Sequence[Utterance], Sequence[Utterance]], duration: float
) -> tuple[list[Turn], tuple[list[SpokenUtterance], list[SpokenUtterance]]]:
    """Turns of about 2 to 8 s with gaps (medians near 0.25 s: Heldner and Edlund 2010), overlaps, pauses and back-channels."""
    turns: list[Turn] = []
    said: tuple[list[SpokenUtterance], list[SpokenUtterance]] = ([], [])
    gains = rng.uniform(0.7, 1.0, 2)
    manner = str(rng.choice(["talk", "monologue", "quiet"], p=[0.78, 0.16, 0.06]))
    main = int(rng.integers(2))
    actor, clock = main, float(rng.exponential(1.0))
    while clock < duration - 1.0 and manner != "quiet":
        start, wanted = clock, float(rng.uniform(1.5, 8.0))
        spoken = 0.0
        while spoken < wanted - 0.8 and clock < duration - 0.5:
            utterance = _choose(rng, voices[actor], wanted - spoken)
            length = spoken_duration(utterance)
            said[actor].append(SpokenUtterance(utterance.id, clock, float(gains[actor] * rng.uniform(0.85, 1.0))))
            clock += length + float(rng.uniform(0.1, 0.5))
            spoken += length
        turns.append(Turn(actor, start, clock))
        _backchannels(rng, voices[1 - actor], said[1 - actor], start, clock, float(gains[1 - actor]))
        kind = rng.random()
        if kind < 0.13:
            clock -= float(rng.uniform(0.2, 0.7))  # the other starts before the end
        elif kind < 0.33:
            clock += float(rng.uniform(1.2, 4.0))
        else:
            clock += float(rng.gamma(2.0, 0.15))
        stays = 0.8 if manner == "monologue" and actor == main else 0.12
        actor = actor if rng.random() < stays else 1 - actor
    return turns, said


def spoken_duration(utterance: Utterance) -> float:
    """Seconds of an utterance at 30 fps."""
    return len(utterance.prosody) / FPS


def is_backchannel(utterance: Utterance) -> bool:
    return spoken_duration(utterance) <= BACKCHANNEL and len(utterance.words) <= 2


def _choose(rng: np.random.Generator, voice: Sequence[Utterance], wanted: float) -> Utterance:
    """One of a few random utterances, the one nearest in length to ``wanted`` seconds; back-channels are kept for later."""
    pool = [voice[int(k)] for k in rng.integers(len(voice), size=6)]
    usable = [u for u in pool if not is_backchannel(u)] or pool
    return min(usable, key=lambda u: abs(spoken_duration(u) - wanted))


def _backchannels(
    rng: np.random.Generator, voice: Sequence[Utterance], said: list[SpokenUtterance], start: float, end: float, gain: float
) -> None:
    """The listener's short words, at most one every few seconds of the other's turn."""
    short = [u for u in voice if is_backchannel(u)]
    clock = start + float(rng.uniform(1.5, 5.0))
    while short and clock < end - 1.0:
        if rng.random() < 0.5:
            said.append(SpokenUtterance(short[int(rng.integers(len(short)))].id, clock, 0.7 * gain))
        clock += float(rng.uniform(3.0, 7.0))


def _intents(rng: np.random.Generator, kind: str, start: str, duration: float) -> list[Intent]:
    """What one body does, one intent after another, for at least ``duration`` seconds."""
    plan: list[Intent] = []
    label, clock = start, 0.0
    while clock < duration + 5.0:
        if kind in ("stand", "sit", "mixed") and rng.random() < 0.85:
            length = duration + 6.0
        elif label == "walk":
            length = float(rng.uniform(3.5, 10.0))
        else:
            length = float(rng.gamma(2.0, 2.0) + 1.0 if label == "stand" else rng.uniform(5.0, 17.0))
            if label == "stand" and plan and plan[-1].label == "sit" and rng.random() < 0.4:
                length = 0.3  # gets up to go
        goal = str(rng.choice(["approach", "leave", "wander", "around"], p=[0.35, 0.15, 0.35, 0.15])) if label == "walk" else ""
        plan.append(Intent(label, length, goal))
        clock += length
        walks = {"walks": 0.88}.get(kind, 0.6)
        if label == "sit":
            label = "stand"
        elif label == "walk":
            label = "sit" if rng.random() < (0.2 if kind == "walks" else 0.4) else "stand"
        else:
            label = "walk" if plan[-1].duration < 1.0 or rng.random() < walks else "sit"
    return plan
