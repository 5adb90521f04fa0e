"""Place gestures in a scene: strokes on stressed syllables, kinds by word, holds and rests between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...contract import FPS, FloatArray
from .library import Gesture
from .overlay import Placed

Stress = tuple[float, float, str]

_WORDS = {
    "me": "i me my mine myself i'm i've i'd i'll",
    "you": "you your yours yourself you're you've you'll you'd",
    "we": "we us our ours together everyone everybody both we're we've we'll let's between",
    "no": "no not never nothing nobody none don't didn't can't won't isn't wasn't wouldn't doesn't couldn't shouldn't "
    "haven't nowhere neither nor without",
    "negative": "impossible wrong refuse hate bad terrible awful finished over ridiculous nonsense forget gone",
    "stop": "stop wait enough hold careful calm slow",
    "question": "what why how when who where which really whose",
    "plea": "please beg sorry pray promise swear trust help forgive",
    "shrug": "maybe perhaps whatever somehow guess anyway dunno unless probably suppose depends",
    "think": "think thought remember wonder idea believe consider imagine dream understand decide mean",
    "surround": "all big huge great whole every large everything world long full wide entire enormous always many lot "
    "much forever around",
    "here": "here now this today these",
    "indicate": "there that those away yonder left right outside across behind further",
    "offer": "give offer show tell look want take let bring share explain suggest invite gift",
    "receive": "have get got need keep receive accept",
    "example": "example first second third one two three four five another other also next instance list kind",
    "however": "but however instead although though yet rather otherwise still except while",
    "point": "exactly must right true point certain listen certainly him her he she they",
    "chop": "very only just every exactly absolutely clearly must work business law facts reason quite completely "
    "simply",
    "wave": "hello hi goodbye bye welcome farewell",
    "clap": "bravo congratulations hooray wonderful",
}
KIND_OF_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}
# Kinds of similar meaning, for when all gestures of a kind were used lately.
_ALIKE = {
    "no": ("negative",), "negative": ("no",), "we": ("surround",),
    "question": ("offer", "plea", "shrug"), "plea": ("offer", "question"), "receive": ("offer",),
    "offer": ("receive", "present"), "here": ("indicate", "point"), "indicate": ("here", "point"),
    "surround": ("we", "present"), "however": ("example", "beat"), "example": ("however", "beat"),
    "point": ("you", "indicate"), "chop": ("beat",), "shrug": ("question",), "think": ("beat",),
    "stop": ("negative",), "beat": ("chop", "present"), "me": ("beat",), "you": ("point", "offer"),
}  # fmt: skip
# Kinds for emphasis alone, with their shares.
_EMPHATIC = (
    ("beat", 0.46),
    ("present", 0.2),
    ("chop", 0.12),
    ("offer", 0.10),
    ("example", 0.05),
    ("surround", 0.04),
    ("however", 0.03),
)

REPEAT = 20.0  # s before a gesture may be used again
_APART = 1.3  # s between the end of a hold and the next stroke; hands stay up where it is less
_PER_MINUTE = (13.0, 22.0)  # strokes a spoken minute by speaker, near the counts of McNeill 1992


class Sentence(NamedTuple):
    """An utterance of one actor: scene seconds, text, and words with their scene seconds."""

    start: float
    end: float
    text: str
    words: Sequence[tuple[str, float, float]]


@dataclass(frozen=True)
class Person:
    """How one actor gestures in a scene: strokes a spoken minute, the preferred hand, and how often it is used."""

    per_minute: float
    left_handed: bool
    preference: float

    @staticmethod
    def drawn(rng: np.random.Generator) -> Person:
        return Person(float(rng.uniform(*_PER_MINUTE)), bool(rng.random() < 0.12), float(rng.uniform(0.65, 0.92)))


class Anchor(NamedTuple):
    """A stress to gesture on: its time (s), strength and word, the kind of gesture, and the end (s) of the phrase."""

    time: float
    strength: float
    word: str
    kind: str
    phrase_end: float


def anchors(
    rng: np.random.Generator,
    person: Person,
    stresses: Sequence[Stress],
    sentences: Sequence[Sentence],
    rate: FloatArray,
    variety: float = 1.0,
) -> list[Anchor]:
    """Draw the stresses to gesture on.

    ``rate`` (T,) is a factor on the person's strokes a spoken minute, 0 where the hands are not free; ``variety`` (1)
    of the gestures that only emphasise.
    """
    chosen: list[Anchor] = []
    # Seconds of speech so far, weighted by the rate: gestures are spread at random over these.
    worth = np.cumsum(rate * _speaking(len(rate), stresses, sentences)) / FPS

    def spent(time: float) -> float:
        return float(worth[min(max(int(time * FPS), 0), len(worth) - 1)])

    gap = 60.0 / person.per_minute
    due, index = float(rng.uniform(0.0, gap)), 0
    while index < len(stresses):
        time = stresses[index][0]
        if spent(time) < due:
            index += 1
            continue
        window = [s for s in stresses[index:] if s[0] <= time + 0.9 and rate[min(int(s[0] * FPS), len(rate) - 1)] > 0.0]
        if not window:
            index += 1
            continue
        kinds = [kind_of(rng, stress, sentences) for stress in window]
        pick = max(
            range(len(window)),
            key=lambda k: window[k][1] + (0.0 if kinds[k] is None else 0.45) - 0.3 * (window[k][0] - time),
        )
        stress, kind = window[pick], kinds[pick]
        chosen.append(
            Anchor(
                *stress,
                kind if kind is not None and rng.random() < 0.75 else _emphatic(rng, variety),
                _phrase_end(stress[0], stresses, sentences),
            )
        )
        due = max(due, spent(stress[0]) - 0.5 * gap) + gap * float(np.clip(rng.gamma(1.6) / 1.6, 0.1, 2.6))
        index = max(
            index + 1, next((k for k in range(index, len(stresses)) if stresses[k][0] > stress[0] + 0.3), len(stresses))
        )
    return chosen


def _speaking(frames: int, stresses: Sequence[Stress], sentences: Sequence[Sentence]) -> NDArray[np.bool_]:
    """Return (T,) whether the actor speaks; without utterances, around the stresses."""
    speaking = np.zeros(frames, bool)
    for start, end in [(s.start, s.end) for s in sentences] or [(t - 0.4, t + 0.4) for t, _, _ in stresses]:
        speaking[max(0, int(start * FPS)) : int(end * FPS) + 1] = True
    return speaking


def kind_of(rng: np.random.Generator, stress: Stress, sentences: Sequence[Sentence]) -> str | None:
    """Return the kind of gesture for a stressed word, its neighbours or a question; None where there is none."""
    time, _, word = stress
    own = KIND_OF_WORD.get(_plain(word))
    if own is not None:
        return own
    utterance = next((s for s in sentences if s.start - 0.1 <= time <= s.end + 0.1), None)
    if utterance is None:
        return None
    near = [_plain(text) for text, start, end in utterance.words if start < time + 0.15 and end > time - 0.6]
    named = [KIND_OF_WORD[text] for text in near if text in KIND_OF_WORD]
    if named:
        return named[-1]
    if utterance.text.strip().endswith("?") and time > 0.5 * (utterance.start + utterance.end):
        return "question" if rng.random() < 0.6 else "offer"
    return None


def _plain(word: str) -> str:
    return word.lower().strip('.,;:!?"()')


def _emphatic(rng: np.random.Generator, variety: float) -> str:
    """Draw a kind for emphasis alone; the larger the ``variety``, the more alike are their shares."""
    names, shares = zip(*_EMPHATIC)
    weights = np.array(shares) ** (1.0 / variety)
    return str(rng.choice(names, p=weights / weights.sum()))


def _phrase_end(time: float, stresses: Sequence[Stress], sentences: Sequence[Sentence]) -> float:
    """Return the scene seconds of the next pause in what is said at ``time``."""
    utterance = next((s for s in sentences if s.start - 0.1 <= time <= s.end + 0.1), None)
    if utterance is not None and utterance.words:
        end = time
        for _, start, stop in sorted(utterance.words, key=lambda w: w[1]):
            if stop > end:
                if start > end + 0.25 and start > time:
                    break
                end = stop
        return end
    end = time
    for other, _, _ in stresses:
        if end < other < end + 0.8:
            end = other
    return end + 0.2


def options(
    rng: np.random.Generator,
    library: Sequence[Gesture],
    anchor: Anchor,
    seen: dict[str, float],
    seated: bool,
    arousal: float,
    count: int,
    variety: float = 1.0,
) -> list[Gesture]:
    """Draw up to ``count`` gestures for an anchor, likeliest first; none that was used within ``REPEAT`` seconds times
    ``variety``.
    """
    found: list[Gesture] = []
    for kind in (anchor.kind, *_ALIKE.get(anchor.kind, ()), "beat"):
        fresh = [
            g
            for g in library
            if g.kind == kind
            and g not in found
            and anchor.time - seen.get(g.name, -1e9) > REPEAT * variety
            and (seated or g.posture == "standing")
        ]
        if fresh:
            weights = np.array([_fitness(g, seated, arousal) for g in fresh])
            picked = rng.choice(len(fresh), min(len(fresh), count), replace=False, p=weights / weights.sum())
            found += [fresh[int(k)] for k in picked]
        if len(found) >= count:
            break
    return found[:count]


def _fitness(gesture: Gesture, seated: bool, arousal: float) -> float:
    weight = 1.0
    if gesture.strong:
        weight *= float(np.clip(0.25 + 1.2 * arousal, 0.05, 1.5))
    if seated:
        # Gestures of a seated body are above the lap.
        weight *= (
            3.0
            if gesture.posture == "seated"
            else float(np.exp(-gesture.size / 0.5 - 9.0 * max(0.0, gesture.drop - 0.55)))
        )
    return weight


def fitted(
    rng: np.random.Generator,
    person: Person,
    gesture: Gesture,
    anchor: Anchor,
    stresses: Sequence[float],
    size: float,
    tempo: float,
) -> Placed:
    """Return the gesture in scene time: its main stroke stops on the anchor, its other strokes on stresses nearby.

    Strokes without a stress are left out. ``size`` scales the gesture, ``tempo`` its pace.
    """
    one_handed = gesture.hands[0] != gesture.hands[1]
    with_left = bool(rng.random() < person.preference) == person.left_handed
    mirrored = bool(gesture.hands[0] != with_left) if one_handed else bool(rng.random() < 0.5)
    stops = _stops_of(gesture, anchor.time, stresses)
    pace = 1.08 / float(np.clip(tempo, 0.85, 1.15))  # clips made to be labelled are faster than talk
    knots = _stroke_knots(gesture, stops, pace)
    by_clip = (gesture.from_rest and min(stops) == 0, gesture.to_rest and max(stops) == len(gesture.strokes) - 1)
    fade_in = _prepared(gesture, knots, by_clip[0])
    fade_out = _held_and_retracted(rng, gesture, knots, max(stops), anchor.phrase_end, pace, by_clip[1])
    return Placed(
        gesture,
        mirrored,
        size,
        tuple(knot.scene for knot in knots),
        tuple(knot.clip for knot in knots),
        fade_in,
        fade_out,
        by_clip,
        tuple(sorted(stops.items())),
        anchor.word,
    )


class _Knot(NamedTuple):
    """At ``scene`` seconds the gesture is at ``clip`` seconds."""

    scene: float
    clip: float


def _stops_of(gesture: Gesture, time: float, stresses: Sequence[float]) -> dict[int, float]:
    """Return the scene seconds at which strokes stop, by index: the main one at ``time``, others on stresses nearby."""
    strokes, main = gesture.strokes, gesture.main
    stops = {main: time}
    for k in range(main - 1, -1, -1):
        near = _stress_near(stresses, stops[k + 1], strokes[k].stop - strokes[k + 1].stop, (0.85, 1.5))
        if near is None:
            break
        stops[k] = near
    for k in range(main + 1, len(strokes)):
        near = _stress_near(stresses, stops[k - 1], strokes[k].stop - strokes[k - 1].stop, (0.85, 1.7))
        if near is None:
            break
        stops[k] = near
    return stops


def _stroke_knots(gesture: Gesture, stops: dict[int, float], pace: float) -> list[_Knot]:
    """Return the knots of the strokes: these keep their own pace, the time between them is stretched."""
    knots: list[_Knot] = []
    for k in range(min(stops), max(stops) + 1):
        stroke, stop = gesture.strokes[k], stops[k]
        begin = stop - (stroke.stop - stroke.begin) * pace
        if knots:
            begin = max(begin, knots[-1].scene + 0.5 * (stroke.begin - knots[-1].clip) + 0.01)
        if not knots or stroke.begin > knots[-1].clip + 0.02:
            knots.append(_Knot(begin, stroke.begin))
        knots.append(_Knot(stop, stroke.stop))
    return knots


def _prepared(gesture: Gesture, knots: list[_Knot], by_clip: bool) -> tuple[float, float]:
    """Put the clip's own preparation before ``knots``, in place, where it has one; return the times of the fade-in."""
    first = knots[0]
    if by_clip and first.clip - gesture.start > 0.05:
        start = first.scene - (first.clip - gesture.start) * 1.2
        knots.insert(0, _Knot(start, gesture.start))
        return start - 0.1, start + 0.1
    if by_clip:
        return first.scene - 0.05, first.scene + 0.25
    return first.scene - 0.7, first.scene + 0.12


def _held_and_retracted(
    rng: np.random.Generator,
    gesture: Gesture,
    knots: list[_Knot],
    last: int,
    phrase_end: float,
    pace: float,
    by_clip: bool,
) -> tuple[float, float]:
    """Append the hold after stroke ``last`` and the retraction to ``knots``, in place; return the times of the
    fade-out.
    """
    hold = float(np.clip(phrase_end - knots[-1].scene, 0.12, 1.4)) * float(rng.uniform(0.5, 1.0))
    until = gesture.retract if last == len(gesture.strokes) - 1 else gesture.strokes[last + 1].begin
    room = max(until - knots[-1].clip, 0.0)
    if room > 0.06:  # the hand settles at its own pace before it is held
        settling = min(0.5 * room, 0.13)
        settled = knots[-1].clip + settling
        knots.append(_Knot(knots[-1].scene + 1.7 * settling * pace, settled))
        room -= settling
    scene, clip = knots[-1]
    if by_clip:
        knots.append(_Knot(scene + max(hold, 0.8 * room, 0.05), max(gesture.retract, clip + 0.01)))
        scene, clip = knots[-1]
        end = scene + 1.25 * max(gesture.end - clip, 0.3)
        knots.append(_Knot(end, max(gesture.end, clip + 0.05)))
        return end - 0.15, end + 0.15
    end = scene + max(hold, 0.1) + 0.9
    knots.append(_Knot(end, clip + max(min(room, 0.3 * hold), 0.02)))
    return end - 0.95, end


def _stress_near(stresses: Sequence[float], origin: float, gap: float, stretch: tuple[float, float]) -> float | None:
    """Return the stress nearest to ``gap`` (signed, s) from ``origin``, the gap stretched within the limits
    ``stretch``; None where there is none.
    """
    low, high = sorted((origin + stretch[0] * gap, origin + stretch[1] * gap))
    return min((t for t in stresses if low <= t <= high), key=lambda t: abs(t - origin - gap), default=None)


def joined(before: Placed, after: Placed) -> tuple[Placed, Placed] | None:
    """Let the second of two gestures start from the hold of the first; None where they are too far apart.

    The first is held until the second has taken over the hands; a hand that the second does not use then retracts.
    """
    last = before.wanted[-1][1]
    hold_end = before.knots[-2] if before.by_clip[1] else before.fade_out[0]
    stroke = after.gesture.strokes[after.wanted[0][0]]
    begin = next(t for t, c in zip(after.knots, after.clip_times) if c >= stroke.begin - 1e-6)
    taken = after.wanted[0][1] if after.by_clip[0] else begin + 0.1
    if begin - hold_end > _APART or begin - last < 0.05:
        return None
    if after.by_clip[0]:
        # The hands go straight from the hold to the end of the stroke: their difference fades out on the way.
        start = max(after.knots[0], min(last - 0.1, begin - 0.15))
        knots = (start, *(t for t in after.knots[1:] if t > start))
        after = replace(
            after, knots=knots, clip_times=after.clip_times[-len(knots) :], fade_in=(start - 0.1, start + 0.1)
        )
    else:
        after = replace(after, fade_in=(begin - float(np.clip(begin - last, 0.35, 0.7)), taken))
    return before.shifted(max(0.0, taken + 0.03 - hold_end), since=hold_end - 1e-6), after
