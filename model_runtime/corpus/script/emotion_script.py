"""The emotions of two people over a scene: each depends on the other's, and all are equally frequent on average."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...contract import EMOTION_CHOICES, NEUTRAL, EmotionSpan
from .affect import BASIC_EMOTION_OF

NEUTRAL_SHARE = 0.20
LONGEST_WAIT = 6.0  # s; a change that is overdue by this happens at a pause, without the end of a turn
SHORTEST_EMOTION = 5.0  # s

# Relative frequency of two groups at the same time in a conversation (our choice; pairs not named are rare).
_GROUPS_MEET = {
    ("anger", "anger"): 2.5, ("anger", "fear"): 5.0, ("anger", "sadness"): 1.5,
    ("anger", "disgust"): 1.5, ("anger", "surprise"): 1.0, ("disgust", "disgust"): 1.5,
    ("disgust", "surprise"): 1.0, ("disgust", "joy"): 0.3, ("fear", "fear"): 2.0,
    ("fear", "surprise"): 1.5, ("joy", "joy"): 3.0, ("joy", "surprise"): 1.0,
    ("sadness", "sadness"): 2.0, ("sadness", "surprise"): 0.7, ("surprise", "surprise"): 1.0,
}  # fmt: skip
_RARELY = 0.12
# Pairs of emotions that are more frequent than their groups.
_EMOTIONS_MEET = {
    ("adoration", "sadness"): 4.0, ("adoration", "pain"): 4.0, ("adoration", "fear"): 3.0,
    ("calmness", "anxiety"): 4.0, ("calmness", "pain"): 3.0, ("calmness", "anger"): 2.0,
    ("amusement", "awkwardness"): 3.0, ("anger", "awkwardness"): 3.0, ("anger", "pain"): 2.0,
    ("admiration", "satisfaction"): 5.0, ("admiration", "adoration"): 3.0, ("romance", "romance"): 8.0,
    ("confusion", "boredom"): 2.0, ("interest", "boredom"): 2.5, ("interest", "excitement"): 3.0,
    ("interest", "nostalgia"): 4.0, ("interest", "craving"): 2.0, ("nostalgia", "nostalgia"): 5.0,
    ("satisfaction", "relief"): 4.0, ("excitement", "sadness"): 1.0, ("surprise", "excitement"): 2.5,
    ("awe", "awe"): 4.0, ("entrancement", "aesthetic appreciation"): 3.0, ("horror", "horror"): 4.0,
}  # fmt: skip


def _pairs() -> NDArray[np.float64]:
    """Return the joint distribution (27, 27) of two people's emotions.

    Both marginals are uniform but for neutral, by Sinkhorn's scaling (Sinkhorn and Knopp 1967).
    """
    meet = np.empty((len(EMOTION_CHOICES), len(EMOTION_CHOICES)))
    for i, a in enumerate(EMOTION_CHOICES):
        for j, b in enumerate(EMOTION_CHOICES):
            one, other = sorted((BASIC_EMOTION_OF[a], BASIC_EMOTION_OF[b]))
            usual = 1.0 if "neutral" in (one, other) else _GROUPS_MEET.get((one, other), _RARELY)
            meet[i, j] = _EMOTIONS_MEET.get((a, b), _EMOTIONS_MEET.get((b, a), usual))
    share = np.where(
        np.array(EMOTION_CHOICES) == NEUTRAL, NEUTRAL_SHARE, (1.0 - NEUTRAL_SHARE) / (len(EMOTION_CHOICES) - 1)
    )
    for _ in range(200):
        meet *= (share / meet.sum(1))[:, None]
        meet *= (share / meet.sum(0))[None]
    return meet


_PAIRS = _pairs()


class EmotionScript:
    """Both actors' emotions over a scene, extended as the conversation grows.

    Each actor's emotion changes one to four times. A new emotion is drawn given the other actor's; this is Gibbs
    sampling, so pairs keep their joint distribution and single emotions stay uniform with any number of changes.
    """

    def __init__(self, rng: np.random.Generator, duration: float) -> None:
        self._rng, self._duration = rng, duration
        first = int(rng.choice(len(EMOTION_CHOICES), p=_PAIRS.sum(1)))
        now = [first, self._drawn(first)]
        if rng.random() < 0.5:
            now.reverse()
        self._starts = [[(0.0, EMOTION_CHOICES[now[actor]], self._intensity())] for actor in range(2)]
        self._due = [list(self._moments()) for _ in range(2)]

    def now(self, actor: int, time: float = np.inf) -> EmotionSpan:
        """Return the emotion of an actor at ``time`` (s), by default the latest one."""
        start, emotion, intensity = next(
            entry for entry in reversed(self._starts[actor]) if entry[0] <= time or entry[0] == 0.0
        )
        return EmotionSpan(emotion, intensity, start, self._duration)

    def advance(self, time: float, turn_ends: bool = True) -> None:
        """Make the changes that are due when the conversation reaches ``time`` (s); at a pause inside a turn only those
        overdue by ``LONGEST_WAIT``.
        """
        for actor in range(2):
            due = self._due[actor]
            waited = 0.0 if turn_ends else LONGEST_WAIT
            if (
                due
                and due[0] + waited <= time
                and time - self._starts[actor][-1][0] >= SHORTEST_EMOTION
                and time < self._duration - 2.0
            ):
                due.pop(0)
                self._change(actor, time)

    def finished(self) -> tuple[list[EmotionSpan], list[EmotionSpan]]:
        """Return both actors' emotions from 0 to the end. Changes for which no turn or pause came happen when due."""
        for time, actor in sorted((t, a) for a in range(2) for t in self._due[a]):
            if time - self._starts[actor][-1][0] >= SHORTEST_EMOTION:
                self._change(actor, time)
        emotions = []
        for starts in self._starts:
            ends = [start for start, _, _ in starts[1:]] + [self._duration]
            emotions.append(
                [EmotionSpan(emotion, intensity, start, end) for (start, emotion, intensity), end in zip(starts, ends)]
            )
        return emotions[0], emotions[1]

    def _moments(self) -> Iterator[float]:
        """Draw the times (s) at which changes are due."""
        count = int(np.clip(self._rng.poisson(self._duration / 60.0) + 1, 1, 4))
        times = np.sort(self._rng.uniform(0.08, 0.94, count)) * self._duration
        last = 0.0
        for time in times:
            if time - last >= SHORTEST_EMOTION:
                last = float(time)
                yield last

    def _change(self, actor: int, time: float) -> None:
        other = EMOTION_CHOICES.index(self._starts[1 - actor][-1][1])
        self._starts[actor].append((time, EMOTION_CHOICES[self._drawn(other)], self._intensity()))

    def _drawn(self, other: int) -> int:
        return int(self._rng.choice(len(EMOTION_CHOICES), p=_PAIRS[:, other] / _PAIRS[:, other].sum()))

    def _intensity(self) -> float:
        return round(float(0.3 + 1.2 * self._rng.beta(2.2, 2.2)), 3)
