"""Who speaks when: turns with the gaps and overlaps of real talk, pauses inside them, back-channels, laughs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...contract import EMOTION_GROUPS, FPS, EmotionSpan
from ...datasets.scene import SpokenUtterance
from .affect import AffectParameters, affect_parameters
from .emotion_script import Moods

if TYPE_CHECKING:  # that module brings the aligner with it, which composing can do without
    from ..voices.speech_library import Utterance

BACKCHANNEL = 1.2  # s; utterances of a word or two no longer than this can be dropped into the other's turn
PHRASE_PAUSE = 0.12  # s between two words that ends a phrase
LAUGHING = ("amusement", "joy", "excitement", "embarrassment", "relief", "love", "pride", "gratitude")
_CHOICE = 14  # utterances looked at for each that is said
_GROUP = {emotion: group for group, members in EMOTION_GROUPS.items() for emotion in members}
_LEAST_AHEAD = 0.8  # s of the other's turn that must follow a back-channel

Voices = tuple[Sequence["Utterance"], Sequence["Utterance"]]


@dataclass(frozen=True)
class Turn:
    """One actor holds the floor from ``start`` to ``end`` (s), the first and the last that is heard of it."""

    actor: int
    start: float
    end: float
    question: bool = False


@dataclass(frozen=True)
class Conversation:
    """``laughs``: per actor the spans (start, end) in s of utterances that are laughter; ``emotions`` per actor, 0 to
    the end.
    """

    turns: list[Turn]
    utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]]
    laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]]
    emotions: tuple[list[EmotionSpan], list[EmotionSpan]]


def converse(rng: np.random.Generator, voices: Voices, duration: float, relationship: str) -> Conversation:
    """A conversation of ``duration`` seconds; 12 % are monologues with some answers, 6 % quiet."""
    talk = _Talk(rng, voices, duration, relationship)
    style = str(rng.choice(["talk", "monologue", "quiet"], p=[0.82, 0.12, 0.06]))
    if style != "quiet":
        main = int(rng.integers(2))
        actor, clock = main, float(0.3 + rng.exponential(0.9))
        while actor >= 0 and clock < duration - 1.5:
            turn = talk.turn(actor, clock, style == "monologue" and actor == main)
            if turn is None:  # this voice has said all it has
                actor = 1 - actor if talk.turn_possible(1 - actor) else -1
                continue
            stays = not turn.question and rng.random() < (0.75 if style == "monologue" and actor == main else 0.08)
            if stays:
                clock = turn.end + pause_between_turns(rng)
            else:
                clock = turn.end + floor_transfer(rng, turn)
                actor = 1 - actor
    said = tuple(sorted(actor, key=lambda u: u.start) for actor in talk.said)
    return Conversation(
        talk.turns, (said[0], said[1]), (sorted(talk.laughs[0]), sorted(talk.laughs[1])), talk.moods.finished()
    )


def floor_transfer(rng: np.random.Generator, turn: Turn) -> float:
    """Seconds from the end of ``turn`` to the first sound of the other's; negative where they overlap.

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


def pause_between_turns(rng: np.random.Generator) -> float:
    """Seconds before somebody goes on whom nobody answered."""
    return float(rng.uniform(0.7, 2.5))


def pause_in_turn(rng: np.random.Generator) -> float:
    """Seconds between two utterances of a turn: log-normal, median 0.43 s (Campione and Veronis 2002: silent pauses,
    0.2 to 1 s).
    """
    return float(np.clip(rng.lognormal(np.log(0.43), 0.5), 0.15, 1.6))


def spoken_duration(utterance: Utterance) -> float:
    """Seconds of an utterance at 30 fps."""
    return len(utterance.prosody) / FPS


def heard_span(utterance: Utterance) -> tuple[float, float]:
    """First and last moment (s) at which something is heard: utterances have some silence at both ends."""
    heard = np.flatnonzero(utterance.prosody[:, 0] > 0.5)
    return (float(heard[0]) / FPS, float(heard[-1] + 1) / FPS) if len(heard) else (0.0, spoken_duration(utterance))


def act_of(utterance: Utterance) -> str:
    """One of ``dialogue_acts.ACTS``: as the library says, else 'backchannel', 'question' or 'statement' from length and
    text.
    """
    act = getattr(utterance, "act", "")
    if act:
        return str(act)
    if is_backchannel(utterance):
        return "backchannel"
    return "question" if utterance.text.strip().endswith("?") else "statement"


def is_backchannel(utterance: Utterance) -> bool:
    return spoken_duration(utterance) <= BACKCHANNEL and len(utterance.words) <= 2


def phrase_ends(utterance: Utterance) -> list[float]:
    """Ends (s) of the words before a pause, the last word's among them."""
    words = utterance.words
    return [a.end for a, b in pairwise(words) if b.start - a.end >= PHRASE_PAUSE] + [w.end for w in words[-1:]]


class _Talk:
    """What has been said so far; no utterance and no text comes twice in a scene."""

    def __init__(self, rng: np.random.Generator, voices: Voices, duration: float, relationship: str) -> None:
        self.rng, self.duration, self.relationship = rng, duration, relationship
        self.moods = Moods(rng, duration)
        self.turns: list[Turn] = []
        self.said: tuple[list[SpokenUtterance], list[SpokenUtterance]] = ([], [])
        self.laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        self._gains = rng.uniform(0.7, 1.0, 2)
        self._used: set[str] = set()
        self._left: tuple[dict[str, list[Utterance]], dict[str, list[Utterance]]] = (
            _by_act(rng, voices[0]),
            _by_act(rng, voices[1]),
        )
        self._next_backchannel = rng.uniform(3.0, 9.0, 2)
        self._silent_from = [-1.0, -1.0]  # s; when each has last been heard
        self._next_laugh = rng.uniform(2.0, 15.0, 2)

    def turn_possible(self, actor: int) -> bool:
        return any(_key(u) not in self._used for u in self._left[actor]["speech"])

    def turn(self, actor: int, start: float, long: bool) -> Turn | None:
        """Say one or more utterances from ``start`` on; None where the voice has nothing left."""
        rng = self.rng
        power = self._affect(actor).power
        wanted = float(np.clip(rng.lognormal(np.log(11.0 if long else 3.0), 0.75), 0.8, 25.0 if long else 14.0)) * (
            1.0 + 0.2 * power
        )
        start = max(start, self._silent_from[actor] + 0.2)
        clock, spoken, question = start, 0.0, False
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
            first, last = heard_span(utterance)
            ends += [begin + time for time in phrase_ends(utterance)]
            clock, spoken = begin + last, spoken + last - first
            question = act_of(utterance) == "question" and rng.random() < 0.9
            self.moods.pass_by(clock, turn_ends=False)
        if not ends:
            return None
        turn = Turn(actor, start, clock, question)
        self.turns.append(turn)
        self._listen(1 - actor, turn, [end for end in ends if start < end < clock])
        self.moods.pass_by(min(turn.end, self.duration))
        self._laugh(actor, clock, clock)
        return turn

    def _listen(self, actor: int, turn: Turn, ends: list[float]) -> None:
        """Back-channels at the speaker's phrase ends, every 5 to 15 s of listening; laughs where the listener is
        amused.
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

    def _laugh(self, actor: int, at: float, until: float) -> None:
        """A laugh at ``at`` where the actor is in the mood and has one left; ``until`` later than that: it ends by
        then.
        """
        pool, feeling = self._left[actor]["laugh"], self.moods.now(actor, at)
        if not pool or at < self._next_laugh[actor] or feeling.emotion not in LAUGHING or at > self.duration - 1.5:
            return
        self._next_laugh[actor] = at + self.rng.uniform(6.0, 25.0) / (0.5 + feeling.intensity) * (
            1.0 if feeling.emotion == "amusement" else 2.0
        )
        utterance = pool[0]
        if until > at and at + spoken_duration(utterance) > until - 0.3:
            return
        pool.pop(0)
        begin = self._say(actor, utterance, at + (0.1 if until <= at else 0.0), 0.9)
        first, last = heard_span(utterance)
        self.laughs[actor].append((begin + first, begin + last))

    def _say(self, actor: int, utterance: Utterance, heard_at: float, gain: float) -> float:
        """Say it so that its first sound comes at ``heard_at`` (s); when it begins, silence included."""
        begin = max(0.0, heard_at - heard_span(utterance)[0])
        loud = float(np.clip(1.0 + 0.18 * self._affect(actor).arousal, 0.75, 1.25))
        self.said[actor].append(
            SpokenUtterance(
                utterance.id,
                begin,
                float(np.clip(gain * loud * self._gains[actor] * self.rng.uniform(0.88, 1.0), 0.3, 1.2)),
            )
        )
        self._used.add(_key(utterance))
        self._silent_from[actor] = begin + heard_span(utterance)[1]
        return begin

    def _taken(self, actor: int, wanted: float, at: float, answers: bool) -> Utterance | None:
        """Of the next few utterances not yet heard the one that fits best: ``wanted`` seconds, the speaker's tempo and
        feeling, the moment.
        """
        pool = self._left[actor]["speech"]
        tempo = 1.0 + 0.5 * (self._affect(actor).tempo - 1.0)
        group = _GROUP[self.moods.now(actor).emotion]
        best, least, seen = None, np.inf, 0
        for utterance in pool:
            if _key(utterance) in self._used:
                continue
            feeling = getattr(utterance, "feeling", "")
            cost = abs(np.log(spoken_duration(utterance) / max(wanted, 0.6))) + 1.5 * abs(
                np.log(getattr(utterance, "rate", 1.0) / tempo)
            )
            cost += 0.0 if feeling in ("", "neutral") else -0.5 if feeling == group else 0.5
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

    def _affect(self, actor: int) -> AffectParameters:
        feeling = self.moods.now(actor)
        return affect_parameters(feeling.emotion, feeling.intensity, self.relationship, actor == 0)


def _key(utterance: Utterance) -> str:
    """What must not be heard twice: the words, whoever says them."""
    return utterance.text.strip().lower() or utterance.id


def _by_act(rng: np.random.Generator, voice: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Utterances in random order under 'speech', 'backchannel' and 'laugh'."""
    pools: dict[str, list[Utterance]] = {"speech": [], "backchannel": [], "laugh": []}
    for index in rng.permutation(len(voice)):
        act = act_of(voice[int(index)])
        pools[act if act in pools else "speech"].append(voice[int(index)])
    return pools
