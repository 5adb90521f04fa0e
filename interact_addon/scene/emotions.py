"""An actor's emotion and energy over time, from strip names and the actor's own settings. No Blender here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..runtime_api import contract, errors

STRONGEST = contract.MOST_INTENSITY
NEUTRAL = contract.NEUTRAL
STEP = 0.2  # seconds between the samples of a keyed intensity
_LEVELS = 20  # steps of intensity per 1: finer ones are not visible, and equal neighbours become one span
# "joy", "joy 1.5", "joy 150%", and Blender's name of a copy: "joy.001"
_NAME = re.compile(r"(?P<emotion>.*?)(?:\s+(?P<number>[-+]?\d+(?:[.,]\d{1,2})?)\s?(?P<percent>%?))?(?P<copy>\.\d{3,})?")


def emotion_name(emotion: str, intensity: float) -> str:
    """Return the name of a strip. The intensity is in per cent: Blender names a copy of "joy 1.5" "joy 1.006"."""
    return emotion if intensity == 1.0 or emotion == NEUTRAL else f"{emotion} {intensity:.0%}"


def emotion_of(strip_name: str, actor: str) -> tuple[str, float]:
    """Return the emotion and its intensity (1 if there is none) in the name of a strip; names of earlier files are read
    as what they are called today.

    Raises ``InvalidRequest``; for an unknown name it lists the emotions.
    """
    strip = f"The emotion strip '{strip_name}' of '{actor}'"
    found = _NAME.fullmatch(strip_name.strip())
    emotion = found["emotion"].casefold() if found else ""
    if found is None or contract.emotion_named(emotion)[0] not in contract.EMOTION_CHOICES:
        raise errors.InvalidRequest(f"{strip} is not known; name it one of: {', '.join(contract.EMOTION_CHOICES)}.")
    number, copy = found["number"], found["copy"]
    if number is None:
        return contract.emotion_named(emotion)
    intensity = float(number.replace(",", ".")) / (100.0 if found["percent"] else 1.0)
    if copy and number in ("0", "1") and not found["percent"] and int(copy[1:]) > 1:
        per_cent = f"{emotion} {int(number) + 0.5:.0%}"
        raise errors.InvalidRequest(
            f"{strip} is a copy whose number Blender changed; name it '{emotion} {number}.5', say, or '{per_cent}', "
            "which copies keep."
        )
    if not 0.0 <= intensity <= STRONGEST:
        raise errors.InvalidRequest(
            f"{strip} asks for more than there is; give it an intensity from 0 to 2, as in '{emotion} 1.5'."
        )
    return contract.emotion_named(emotion, intensity)


def spans_of_samples(samples: Sequence[tuple[str, float]], duration: float) -> list[contract.EmotionSpan]:
    """Return spans for the (emotion, intensity) of each ``STEP`` of the shot; equal neighbours become one span.

    A single sample holds for the whole ``duration`` (s).
    """
    step = STEP if len(samples) > 1 else duration
    spans: list[contract.EmotionSpan] = []
    for number, (emotion, intensity) in enumerate(samples):
        strength = round(min(max(intensity, 0.0), STRONGEST) * _LEVELS) / _LEVELS
        start, end = number * step, min((number + 1) * step, duration)
        if spans and (spans[-1].emotion, spans[-1].intensity) == (emotion, strength):
            start = spans.pop().start
        spans.append(contract.EmotionSpan(emotion, strength, start, end))
    return spans


def energy_spans(samples: Sequence[float], duration: float) -> tuple[contract.EnergySpan, ...]:
    """Return spans for the energy of each ``STEP`` of the shot, as of ``spans_of_samples``, without the usual 1."""
    step = STEP if len(samples) > 1 else duration
    spans: list[contract.EnergySpan] = []
    for number, sample in enumerate(samples):
        energy = round(min(max(sample, 0.0), contract.MOST_ENERGY) * _LEVELS) / _LEVELS
        start, end = number * step, min((number + 1) * step, duration)
        if spans and spans[-1].energy == energy:
            start = spans.pop().start
        spans.append(contract.EnergySpan(energy, start, end))
    return tuple(span for span in spans if span.energy != 1.0 and span.end > span.start)


def emotion_spans(
    strips: Sequence[contract.EmotionSpan], own: Sequence[contract.EmotionSpan]
) -> tuple[contract.EmotionSpan, ...]:
    """Return the emotions of the strips and the actor's own in the gaps, in order of time, without neutral spans.

    ``strips``: from the lowest to the one on top, which counts where they overlap.
    """
    seen: list[contract.EmotionSpan] = []
    for strip in strips:
        seen = [*(piece for span in seen for piece in _outside(span, [strip])), strip]
    seen.sort(key=lambda span: span.start)
    spans = [*seen, *(piece for span in own for piece in _outside(span, seen))]
    return tuple(sorted((s for s in spans if s.emotion != NEUTRAL and s.intensity > 0.0), key=lambda span: span.start))


def _outside(span: contract.EmotionSpan, others: Sequence[contract.EmotionSpan]) -> Iterator[contract.EmotionSpan]:
    """Yield the pieces of a span that lie in none of the ``others``, which are in order of time."""
    at = span.start
    for left, right in [*((other.start, other.end) for other in others), (span.end, span.end)]:
        if min(left, span.end) - at > 1e-6:
            yield contract.EmotionSpan(span.emotion, span.intensity, at, min(left, span.end))
        at = max(at, right)
