"""Compose a conversation: turns with the gaps and overlaps of real talk, pauses inside them, back-channels, laughs, and
stretches in which nobody speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...contract import FPS, EmotionSpan
from ...datasets.scene import SpokenUtterance
from .affect import AVERAGE, BASIC_EMOTION_OF, AffectParameters, affect_parameters
from .dialogue_acts import funny
from .emotion_script import EmotionScript
from .personality import Personality

if TYPE_CHECKING:
    from ..voices.speech_library import Utterance

BACKCHANNEL = 1.2  # s; utterances of one or two words up to this length can be back-channels
PHRASE_PAUSE = 0.12  # s between two words that ends a phrase
LAUGHING = ("amusement", "joy", "excitement", "awkwardness", "relief", "romance", "satisfaction", "adoration")
SILENCES = (5.0, 60.0)  # s in which nobody speaks, between two turns
_TALK_BETWEEN = {"talk": 150.0, "monologue": 150.0, "quiet": 9.0}  # s on average from one of these to the next
_AMUSES = 0.45  # of funny remarks make a listener laugh who is neither cold nor unhappy
_CHOICE = 14  # candidates for each utterance
_LEAST_AHEAD = 0.8  # s of the other's turn that must follow a back-channel

Voices = tuple[Sequence["Utterance"], Sequence["Utterance"]]


@dataclass(frozen=True)
class Turn:
    """One actor holds the floor from ``start`` to ``end`` (s), without the silence at both ends."""

    actor: int
    start: float
    end: float
    question: bool = False


@dataclass(frozen=True)
class Conversation:
    """Turns in order and, per actor, utterances, spans (start, end) in s of laughter, emotions from 0 to the end."""

    turns: list[Turn]
    utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]]
    laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]]
    emotions: tuple[list[EmotionSpan], list[EmotionSpan]]


def converse(
    rng: np.random.Generator,
    voices: Voices,
    duration: float,
    relationship: str,
    personalities: tuple[Personality, Personality] = (AVERAGE, AVERAGE),
) -> Conversation:
    """Return a conversation of ``duration`` seconds; 12 % are monologues with some answers, in 6 % hardly anybody
    speaks. Now and then both fall silent for ``SILENCES``.
    """
    talk = _Talk(rng, voices, duration, relationship, personalities)
    style = str(rng.choice(list(_TALK_BETWEEN), p=[0.82, 0.12, 0.06]))
    main = int(rng.integers(2))
    actor, clock = main, float(0.3 + rng.exponential(0.9))
    silent_after = clock + float(rng.exponential(_TALK_BETWEEN[style]))
    refused = False
    while clock < duration - 1.5:
        turn = talk.turn(actor, clock, style == "monologue" and actor == main)
        if turn is None:  # this voice has no utterance left, or laughs until the end
            if refused or not talk.turn_possible(1 - actor):
                break
            actor, refused = 1 - actor, True
            continue
        refused = False
        stays = not turn.question and rng.random() < (0.75 if style == "monologue" and actor == main else 0.08)
        clock = turn.end + (pause_between_turns(rng) if stays else floor_transfer(rng, turn))
        if clock > silent_after and not turn.question:
            clock = turn.end + silence(rng)
            stays = rng.random() < 0.5
            talk.emotions.advance(min(clock, duration))
            silent_after = clock + float(rng.exponential(_TALK_BETWEEN[style]))
        actor = actor if stays else 1 - actor
    first, second = (sorted(actor, key=lambda u: u.start) for actor in talk.utterances)
    return Conversation(
        talk.turns, (first, second), (sorted(talk.laughs[0]), sorted(talk.laughs[1])), talk.emotions.finished()
    )


def floor_transfer(rng: np.random.Generator, turn: Turn) -> float:
    """Return the seconds from the end of ``turn`` to the first sound of the other's; negative where they overlap.

    Answers: a log-normal of median 0.12 s, mean 0.19 s (Stivers et al. 2009, p. 10588: mode 0 to 200 ms, mean of ten
    languages 208 ms). Otherwise about 40 % overlap, most of them by less than 0.3 s, gaps are log-normal with median
    0.30 s and a long tail (Heldner and Edlund 2010, p. 563f: gaps and overlaps about 60 to 40, mode near 0.2 s), and 5
    % are lapses of seconds.
    """
    if turn.question:
        return float(-0.30 + rng.lognormal(np.log(0.42), 0.55))
    kind = rng.random()
    if kind < 0.43:
        return -float(min(rng.gamma(1.4, 0.21), 1.2, 0.5 * (turn.end - turn.start)))
    if kind < 0.95:
        return float(min(rng.lognormal(np.log(0.28), 0.85), 3.0))
    return float(rng.uniform(2.0, 5.0))


def silence(rng: np.random.Generator) -> float:
    """Return the seconds of a stretch in which nobody speaks: long ones are as likely, by their logarithm, as short
    ones. Lapses of this length are at ease among people who do something together or know each other well (Hoey 2015).
    """
    return float(np.exp(rng.uniform(*np.log(SILENCES))))


def pause_between_turns(rng: np.random.Generator) -> float:
    """Return the seconds before an actor continues who was not answered."""
    return float(rng.uniform(0.7, 2.5))


def pause_in_turn(rng: np.random.Generator) -> float:
    """Return the seconds between two utterances of a turn: log-normal, median 0.43 s (Campione and Veronis 2002: silent
    pauses, 0.2 to 1 s).
    """
    return float(np.clip(rng.lognormal(np.log(0.43), 0.5), 0.15, 1.6))


def spoken_duration(utterance: Utterance) -> float:
    """Return the seconds of an utterance, of whole frames."""
    return len(utterance.prosody) / FPS


def voiced_span(utterance: Utterance) -> tuple[float, float]:
    """Return the start and end (s) of the sound; utterances have some silence at both ends."""
    active = np.flatnonzero(utterance.prosody[:, 0] > 0.5)
    return (float(active[0]) / FPS, float(active[-1] + 1) / FPS) if len(active) else (0.0, spoken_duration(utterance))


def act_of(utterance: Utterance) -> str:
    """Return one of ``dialogue_acts.ACTS``: the library's, or one found from length and text."""
    if utterance.act:
        return utterance.act
    if is_backchannel(utterance):
        return "backchannel"
    return "question" if utterance.text.strip().endswith("?") else "statement"


def is_backchannel(utterance: Utterance) -> bool:
    """Return whether an utterance is short enough for a back-channel."""
    return spoken_duration(utterance) <= BACKCHANNEL and len(utterance.words) <= 2


def phrase_ends(utterance: Utterance) -> list[float]:
    """Return the ends (s) of the words before a pause, including the last word."""
    words = utterance.words
    return [a.end for a, b in pairwise(words) if b.start - a.end >= PHRASE_PAUSE] + [w.end for w in words[-1:]]


class _Talk:
    """A conversation as it grows; no utterance and no text occurs twice in a scene."""

    def __init__(
        self,
        rng: np.random.Generator,
        voices: Voices,
        duration: float,
        relationship: str,
        personalities: tuple[Personality, Personality],
    ) -> None:
        self.rng, self.duration, self.relationship, self.personalities = rng, duration, relationship, personalities
        self.emotions = EmotionScript(rng, duration)
        self.turns: list[Turn] = []
        self.utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]] = ([], [])
        self.laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        self._gains = rng.uniform(0.7, 1.0, 2)
        self._used: set[str] = set()
        self._left: tuple[dict[str, list[Utterance]], dict[str, list[Utterance]]] = (
            _by_act(rng, voices[0]),
            _by_act(rng, voices[1]),
        )
        self._next_backchannel = rng.uniform(3.0, 9.0, 2)
        self._silent_from = [-1.0, -1.0]  # s; the end of each actor's last sound
        self._next_laugh = rng.uniform(2.0, 15.0, 2)

    def turn_possible(self, actor: int) -> bool:
        """Return whether the actor's voice has an unused utterance."""
        return any(_key(u) not in self._used for u in self._left[actor]["speech"])

    def turn(self, actor: int, start: float, long: bool) -> Turn | None:
        """Add a turn of one or more utterances from ``start`` on; None if the voice has no utterance left."""
        rng = self.rng
        power = self._affect(actor).power
        usual, longest = (11.0, 25.0) if long else (3.0, 14.0)
        wanted = float(np.clip(rng.lognormal(np.log(usual), 0.75), 0.8, longest)) * (1.0 + 0.2 * power)
        start = max(start, self._silent_from[actor] + 0.2)
        clock, spoken, question, amuses = start, 0.0, False, False
        ends: list[float] = []
        while spoken < wanted - 0.8 and clock < self.duration - 1.0 and not question:
            utterance = self._taken(
                actor, wanted - spoken, clock, answers=not ends and bool(self.turns) and self.turns[-1].question
            )
            if utterance is None:
                break
            if ends:
                clock += pause_in_turn(rng)
            begin = self._say(actor, utterance, clock, 1.0)
            first, last = voiced_span(utterance)
            ends += [begin + time for time in phrase_ends(utterance)]
            clock, spoken = begin + last, spoken + last - first
            question = act_of(utterance) == "question" and rng.random() < 0.9
            amuses = amuses or funny(utterance.text)
            self.emotions.advance(clock, turn_ends=False)
        if not ends:
            return None
        turn = Turn(actor, start, clock, question)
        self.turns.append(turn)
        self._listen(1 - actor, turn, [end for end in ends if start < end < clock])
        self.emotions.advance(min(turn.end, self.duration))
        if not self._laugh(actor, clock, clock) and amuses and self._would_laugh(1 - actor, clock) > rng.random():
            self._join_in(1 - actor, clock - 0.1, float(rng.uniform(0.8, 2.2)))
        return turn

    def _listen(self, actor: int, turn: Turn, ends: list[float]) -> None:
        """Add back-channels at the speaker's phrase ends, every 4 to 12 s of listening, and laughs of an amused
        listener.
        """
        for end in ends:
            at = end + float(self.rng.uniform(-0.05, 0.25))
            if at < max(turn.start + 1.0, self._silent_from[actor] + 0.3):
                continue
            if at >= self._next_backchannel[actor]:
                for utterance in self._left[actor]["backchannel"]:
                    if _key(utterance) not in self._used and at + spoken_duration(utterance) < turn.end - _LEAST_AHEAD:
                        self._left[actor]["backchannel"].remove(utterance)
                        self._say(actor, utterance, at, 0.7)
                        self._next_backchannel[actor] = at + self.rng.uniform(4.0, 12.0)
                        break
            elif at < turn.end - 2.5:
                self._laugh(actor, at, turn.end)

    def _laugh(self, actor: int, at: float, until: float) -> bool:
        """Add a laugh at ``at`` (s) if the actor's emotion is one of ``LAUGHING`` and a laugh is left; the other may
        laugh with. Return whether there is one.

        It must end by ``until`` if that is later than ``at``.
        """
        pool, emotion = self._left[actor]["laugh"], self.emotions.now(actor, at)
        if not pool or at < self._next_laugh[actor] or emotion.emotion not in LAUGHING or at > self.duration - 1.5:
            return False
        self._next_laugh[actor] = at + self.rng.uniform(6.0, 25.0) / (0.5 + emotion.intensity) * (
            1.0 if emotion.emotion == "amusement" else 2.0
        )
        utterance = pool[0]
        if until > at and at + spoken_duration(utterance) > until - 0.3:
            return False
        pool.pop(0)
        begin = self._say(actor, utterance, at + (0.1 if until <= at else 0.0), 0.9)
        first, last = voiced_span(utterance)
        self.laughs[actor].append((begin + first, begin + last))
        if self.rng.random() < self._would_laugh(1 - actor, at):
            self._join_in(1 - actor, begin + first, last - first)
        return True

    def _would_laugh(self, actor: int, at: float) -> float:
        """Return the probability that an actor laughs with the other, or about what the other said: laughter is
        answered in kind among the friendly and cheerful (Smoski and Bachorowski 2003), not by the unhappy.
        """
        affect, group = self._affect(actor, at), BASIC_EMOTION_OF[self.emotions.now(actor, at).emotion]
        if group in ("anger", "disgust", "fear", "sadness"):
            return 0.0
        return float(np.clip(_AMUSES + 0.3 * affect.warmth + 0.25 * affect.valence, 0.04, 0.9))

    def _join_in(self, actor: int, at: float, length: float) -> None:
        """Add a laugh of ``actor`` shortly after a laugh or a funny word at ``at`` (s), about ``length`` seconds long:
        aloud where the actor is silent and has a laugh left, else without a sound.
        """
        begin = at + float(self.rng.uniform(0.15, 0.7))
        if begin > self.duration - 1.5 or any(start < begin + 0.5 and begin < end for start, end in self.laughs[actor]):
            return
        pool = self._left[actor]["laugh"]
        if pool and begin > self._silent_from[actor] + 0.3 and self.rng.random() < 0.7:
            utterance = pool.pop(0)
            placed = self._say(actor, utterance, begin, 0.8)
            first, last = voiced_span(utterance)
            self.laughs[actor].append((placed + first, placed + last))
        else:
            length = float(np.clip(length * self.rng.uniform(0.6, 1.1), 0.7, 3.0))
            self.laughs[actor].append((begin, min(begin + length, self.duration - 0.3)))
        self._next_laugh[actor] = max(self._next_laugh[actor], begin + 5.0)

    def _say(self, actor: int, utterance: Utterance, at: float, gain: float) -> float:
        """Add an utterance whose sound starts at ``at`` (s); return its start with the silence before the sound."""
        first, last = voiced_span(utterance)
        begin = max(0.0, at - first)
        loudness = float(np.clip(1.0 + 0.18 * self._affect(actor).arousal, 0.75, 1.25))
        gain = float(np.clip(gain * loudness * self._gains[actor] * self.rng.uniform(0.88, 1.0), 0.3, 1.2))
        self.utterances[actor].append(SpokenUtterance(utterance.id, begin, gain))
        self._used.add(_key(utterance))
        self._silent_from[actor] = begin + last
        return begin

    def _taken(self, actor: int, wanted: float, at: float, answers: bool) -> Utterance | None:
        """Remove and return the best of the next few unused utterances at ``at`` (s), or None if there is none.

        Criteria: ``wanted`` seconds, the speaker's tempo and emotion, and whether the utterance ``answers`` a question.
        """
        pool = self._left[actor]["speech"]
        tempo = 1.0 + 0.5 * (self._affect(actor).tempo - 1.0)
        group = BASIC_EMOTION_OF[self.emotions.now(actor).emotion]
        best, least, seen = None, np.inf, 0
        for utterance in pool:
            if _key(utterance) in self._used:
                continue
            cost = _misfit(utterance, wanted, tempo, group)
            act = act_of(utterance)
            if act == "greeting" and 12.0 < at < self.duration - 12.0:
                cost += 2.0
            if answers:
                cost += {"question": 0.8, "agreement": -0.5, "negation": -0.5}.get(act, 0.0)
            if cost < least:
                best, least = utterance, cost
            seen += 1
            if seen == _CHOICE:
                break
        if best is not None:
            pool.remove(best)
        return best

    def _affect(self, actor: int, at: float = np.inf) -> AffectParameters:
        """Return the actor's affect parameters at ``at`` (s), by default for the latest emotion."""
        emotion = self.emotions.now(actor, at)
        return affect_parameters(
            emotion.emotion, emotion.intensity, self.relationship, actor == 0, self.personalities[actor]
        )


def _misfit(utterance: Utterance, wanted: float, tempo: float, group: str) -> float:
    """Return how far an utterance is from ``wanted`` seconds, a ``tempo`` and an emotion group; smaller is better."""
    cost = abs(np.log(spoken_duration(utterance) / max(wanted, 0.6))) + 1.5 * abs(np.log(utterance.rate / tempo))
    if utterance.emotion_group in ("", "neutral"):
        return float(cost)
    return float(cost - 0.5 if utterance.emotion_group == group else cost + 0.5)


def _key(utterance: Utterance) -> str:
    """Return what may occur once in a scene: the text, by any voice."""
    return utterance.text.strip().lower() or utterance.id


def _by_act(rng: np.random.Generator, voice: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Return the utterances in random order under 'speech', 'backchannel' and 'laugh'."""
    pools: dict[str, list[Utterance]] = {"speech": [], "backchannel": [], "laugh": []}
    for index in rng.permutation(len(voice)):
        act = act_of(voice[int(index)])
        pools[act if act in pools else "speech"].append(voice[int(index)])
    return pools
