"""What an actor feels over time, from strip names and from the actor's own emotion. No Blender here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..runtime_api import contract, errors

STRONGEST = 2.0
NEUTRAL = "neutral"
STEP = 0.2  # seconds: how often a keyed intensity is looked at
_FINENESS = 20  # steps of intensity per 1: finer nobody sees, and equal neighbours become one span
# "joy", "joy 1.5", "joy 150%", and what Blender makes of a copy: "joy.001"
_NAME = re.compile(r"(?P<emotion>.*?)(?:\s+(?P<number>[-+]?\d+(?:[.,]\d{1,2})?)\s?(?P<percent>%?))?(?P<copy>\.\d{3,})?")


def emotion_name(emotion: str, intensity: float) -> str:
    """How a strip is called. In per cent: of "joy 1.5" Blender calls the copy "joy 1.006"."""
    return emotion if intensity == 1.0 or emotion == NEUTRAL else f"{emotion} {intensity:.0%}"


def emotion_of(strip_name: str, actor: str) -> tuple[str, float]:
    """The emotion and its intensity (1 where none is said) in the name of a strip.

    Raises ``InvalidRequest``, which lists the emotions where the name is none.
    """
    strip = f"The emotion strip '{strip_name}' of '{actor}'"
    found = _NAME.fullmatch(strip_name.strip())
    emotion = found["emotion"].casefold() if found else ""
    if found is None or emotion not in contract.EMOTIONS:
        raise errors.InvalidRequest(f"{strip} is not known; name it one of: {', '.join(contract.EMOTIONS)}.")
    number, copy = found["number"], found["copy"]
    if number is None:
        return emotion, 1.0
    intensity = float(number.replace(",", ".")) / (100.0 if found["percent"] else 1.0)
    if copy and number in ("0", "1") and not found["percent"] and int(copy[1:]) > 1:
        raise errors.InvalidRequest(
            f"{strip} is a copy whose number Blender changed; name it '{emotion} {number}.5', say, or '{emotion} {int(number) + 0.5:.0%}', which copies keep."
        )
    if not 0.0 <= intensity <= STRONGEST:
        raise errors.InvalidRequest(
            f"{strip} asks for more than there is; give it an intensity from 0 to 2, as in '{emotion} 1.5'."
        )
    return emotion, intensity


def spans_of_samples(samples: Sequence[tuple[str, float]], duration: float) -> list[contract.EmotionSpan]:
    """(emotion, intensity) of each ``STEP`` of the shot -> spans, equal neighbours in one; a single sample holds all
    along.
    """
    step = STEP if len(samples) > 1 else duration
    spans: list[contract.EmotionSpan] = []
    for number, (emotion, intensity) in enumerate(samples):
        strength = round(min(max(intensity, 0.0), STRONGEST) * _FINENESS) / _FINENESS
        start, end = number * step, min((number + 1) * step, duration)
        if spans and (spans[-1].emotion, spans[-1].intensity) == (emotion, strength):
            start = spans.pop().start
        spans.append(contract.EmotionSpan(emotion, strength, start, end))
    return spans


def felt(
    told: Sequence[contract.EmotionSpan], otherwise: Sequence[contract.EmotionSpan], actor: str
) -> tuple[contract.EmotionSpan, ...]:
    """``told`` by strips, ``otherwise`` in the gaps, without what is neutral or nothing; in order of time.

    Raises ``InvalidRequest`` where two that are told overlap.
    """
    told = sorted(told, key=lambda span: span.start)
    for first, second in pairwise(told):
        if second.start < first.end - 1e-4:
            raise errors.InvalidRequest(
                f"The emotion strips '{first.emotion}' and '{second.emotion}' of '{actor}' overlap at {second.start:.2f} s; "
                "move or trim one of them."
            )
    spans = [*told, *(piece for span in otherwise for piece in _outside(span, told))]
    return tuple(sorted((s for s in spans if s.emotion != NEUTRAL and s.intensity > 0.0), key=lambda span: span.start))


def _outside(span: contract.EmotionSpan, told: Sequence[contract.EmotionSpan]) -> Iterator[contract.EmotionSpan]:
    """What of a span lies in none of the others, which are in order of time."""
    at = span.start
    for left, right in [*((other.start, other.end) for other in told), (span.end, span.end)]:
        if min(left, span.end) - at > 1e-6:
            yield contract.EmotionSpan(span.emotion, span.intensity, at, min(left, span.end))
        at = max(at, right)
