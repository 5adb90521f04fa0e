"""What two people feel in a scene: one feeling answers the other's, and in the long run every emotion comes up as
often.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...contract import EMOTION_GROUPS, EMOTIONS, EmotionSpan

NEUTRAL_SHARE = 0.20
LONGEST_WAIT = 6.0  # s; a change that is due this long happens at a pause, without the end of a turn
SHORTEST_FEELING = 5.0  # s

# How readily one group meets the other in the same conversation (ours; what is not named is rare).
_GROUPS_MEET = {
    ("anger", "anger"): 2.5, ("anger", "fear"): 2.5, ("anger", "sadness"): 1.5,
    ("anger", "disgust"): 1.5, ("anger", "surprise"): 1.0, ("disgust", "disgust"): 1.5,
    ("disgust", "surprise"): 1.0, ("disgust", "joy"): 0.3, ("fear", "fear"): 2.0,
    ("fear", "surprise"): 1.5, ("joy", "joy"): 3.0, ("joy", "surprise"): 1.0,
    ("sadness", "sadness"): 2.0, ("sadness", "surprise"): 0.7, ("surprise", "surprise"): 1.0,
}  # fmt: skip
_RARELY = 0.12
# Single pairs that belong together although their groups do not, or more than their groups do.
_EMOTIONS_MEET = {
    ("caring", "grief"): 4.0, ("caring", "sadness"): 4.0, ("caring", "fear"): 3.0,
    ("caring", "nervousness"): 3.0, ("caring", "disappointment"): 3.0,
    ("amusement", "embarrassment"): 3.0, ("anger", "remorse"): 4.0, ("disapproval", "remorse"): 3.0,
    ("disapproval", "embarrassment"): 3.0, ("admiration", "pride"): 5.0, ("gratitude", "caring"): 5.0,
    ("love", "love"): 8.0, ("confusion", "annoyance"): 2.0, ("confusion", "approval"): 2.0,
    ("curiosity", "excitement"): 3.0, ("optimism", "disappointment"): 2.0, ("approval", "relief"): 4.0,
    ("surprise", "excitement"): 2.5,
}  # fmt: skip


def _pairs() -> NDArray[np.float64]:
    """(26, 26) how often two emotions meet; both marginals are even but for neutral (Sinkhorn's scaling makes them so)."""
    group = {emotion: name for name, members in EMOTION_GROUPS.items() for emotion in members}
    meet = np.empty((len(EMOTIONS), len(EMOTIONS)))
    for i, a in enumerate(EMOTIONS):
        for j, b in enumerate(EMOTIONS):
            ours, theirs = sorted((group[a], group[b]))
            usual = 1.0 if "neutral" in (ours, theirs) else _GROUPS_MEET.get((ours, theirs), _RARELY)
            meet[i, j] = _EMOTIONS_MEET.get((a, b), _EMOTIONS_MEET.get((b, a), usual))
    share = np.where(np.array(EMOTIONS) == "neutral", NEUTRAL_SHARE, (1.0 - NEUTRAL_SHARE) / (len(EMOTIONS) - 1))
    for _ in range(200):
        meet *= (share / meet.sum(1))[:, None]
        meet *= (share / meet.sum(0))[None]
    return meet


_PAIRS = _pairs()


class Moods:
    """The course of both actors' feelings, grown while the conversation is.

    Each changes one to four times. A new feeling is drawn given the other's: sampled so in turns (Gibbs), pairs keep
    their distribution and single emotions stay even however many changes there are.
    """

    def __init__(self, rng: np.random.Generator, duration: float) -> None:
        self._rng, self._duration = rng, duration
        first = int(rng.choice(len(EMOTIONS), p=_PAIRS.sum(1)))
        now = [first, self._drawn(first)]
        if rng.random() < 0.5:
            now.reverse()
        self._starts = [[(0.0, EMOTIONS[now[actor]], self._intensity())] for actor in range(2)]
        self._due = [list(self._moments()) for _ in range(2)]

    def now(self, actor: int, time: float = np.inf) -> EmotionSpan:
        """The feeling of an actor at ``time`` (s), by default the latest there is."""
        start, emotion, intensity = next(
            mood for mood in reversed(self._starts[actor]) if mood[0] <= time or mood[0] == 0.0
        )
        return EmotionSpan(emotion, intensity, start, self._duration)

    def pass_by(self, time: float, turn_ends: bool = True) -> None:
        """The conversation reaches ``time`` (s): at the end of a turn changes that are due happen, at a pause those
        overdue.
        """
        for actor in range(2):
            due = self._due[actor]
            waited = 0.0 if turn_ends else LONGEST_WAIT
            if (
                due
                and due[0] + waited <= time
                and time - self._starts[actor][-1][0] >= SHORTEST_FEELING
                and time < self._duration - 2.0
            ):
                due.pop(0)
                self._change(actor, time)

    def finished(self) -> tuple[list[EmotionSpan], list[EmotionSpan]]:
        """Both courses from 0 to the end. Changes still due come at their own times: nobody spoke at whose turns they
        could.
        """
        for time, actor in sorted((t, a) for a in range(2) for t in self._due[a]):
            if time - self._starts[actor][-1][0] >= SHORTEST_FEELING:
                self._change(actor, time)
        courses = []
        for starts in self._starts:
            ends = [start for start, _, _ in starts[1:]] + [self._duration]
            courses.append(
                [EmotionSpan(emotion, intensity, start, end) for (start, emotion, intensity), end in zip(starts, ends)]
            )
        return courses[0], courses[1]

    def _moments(self) -> Iterator[float]:
        count = int(np.clip(self._rng.poisson(self._duration / 60.0) + 1, 1, 4))
        times = np.sort(self._rng.uniform(0.08, 0.94, count)) * self._duration
        last = 0.0
        for time in times:
            if time - last >= SHORTEST_FEELING:
                last = float(time)
                yield last

    def _change(self, actor: int, time: float) -> None:
        other = EMOTIONS.index(self._starts[1 - actor][-1][1])
        self._starts[actor].append((time, EMOTIONS[self._drawn(other)], self._intensity()))

    def _drawn(self, other: int) -> int:
        return int(self._rng.choice(len(EMOTIONS), p=_PAIRS[:, other] / _PAIRS[:, other].sum()))

    def _intensity(self) -> float:
        return round(float(0.3 + 1.2 * self._rng.beta(2.2, 2.2)), 3)
