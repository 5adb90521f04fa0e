"""Personality: five factors of an actor, and how they alter motion by way of Laban's Effort.

Factors to Effort is the finding of PERFORM (Durupinar, Kapadia, Deutsch, Neff and Badler 2016, "PERFORM: Perceptual
approach for adding OCEAN personality to human motion using Laban movement analysis"): spectators rated the personality
of bodies moved with each Effort, and of several factors the strongest in each direction counts. Effort and factors to
motion is ``TABLE``; its directions have the source named beside each, its sizes are our choices, small enough that
emotions stay readable. By PERFORM neuroticism is free in flow; its tension shows in self-touch, glances and distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np

FACTORS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
FURTHEST = 2.0  # standard deviations that a factor is from the mean at most

# Coefficients of Durupinar et al. 2016 for the five factors in the order of ``FACTORS``.
_EFFORT = {
    "space": (-0.921, 0.928, -0.894, 0.0, -1.0),  # indirect to direct
    "weight": (0.0, 0.0, 0.0, -1.0, 0.0),  # light to strong
    "time": (0.0, -0.857, 0.990, -1.0, 0.970),  # sustained to sudden
    "flow": (-0.931, 0.938, -1.0, 0.0, -0.762),  # free to bound
}


class Effort(NamedTuple):
    """Laban's Effort, each -1..1: indirect to direct, light to strong, sustained to sudden, free to bound."""

    space: float
    weight: float
    time: float
    flow: float


@dataclass(frozen=True)
class Personality:
    """Five factors in standard deviations from the mean of people, each -2..2."""

    openness: float = 0.0
    conscientiousness: float = 0.0
    extraversion: float = 0.0
    agreeableness: float = 0.0
    neuroticism: float = 0.0

    @staticmethod
    def drawn(rng: np.random.Generator) -> Personality:
        """Draw a person: factors of test norms are about normal and, by construction, hardly correlated."""
        values = np.clip(rng.standard_normal(len(FACTORS)), -FURTHEST, FURTHEST)
        return Personality(*(round(float(v), 2) for v in values))

    @staticmethod
    def of(values: Sequence[float]) -> Personality:
        """Return the personality of the five factors in the order of ``FACTORS``; raises ``ValueError`` for others."""
        if len(values) != len(FACTORS) or not all(abs(float(v)) <= FURTHEST for v in values):
            raise ValueError(f"a personality has {len(FACTORS)} factors from -{FURTHEST:g} to {FURTHEST:g}")
        return Personality(*map(float, values))

    @property
    def factors(self) -> tuple[float, ...]:
        """The five factors in the order of ``FACTORS``."""
        return astuple(self)

    @property
    def effort(self) -> Effort:
        """Laban's Effort of this personality: of all factors the strongest towards either end counts."""
        shares = np.array(self.factors) / FURTHEST
        found = []
        for name in Effort._fields:
            pulls = np.array(_EFFORT[name]) * shares
            found.append(float(max(pulls.max(), 0.0) + min(pulls.min(), 0.0)))
        return Effort(*found)


class Influence(NamedTuple):
    """``of`` (a factor or an Effort) changes ``what`` by ``size`` at its highest; ``source`` of the direction."""

    what: str
    of: str
    size: float
    source: str


_PERFORM = "Durupinar et al. 2016"
# Fields of ``affect.AffectParameters``: factors (x 1 + size) for rates and sizes, else sums in the field's own unit.
TABLE = (
    Influence("gesture_rate", "extraversion", 0.25, "Neff et al. 2010 (gesture rate of extraverts)"),
    Influence("gesture_size", "extraversion", 0.10, "Neff et al. 2010 (broad, outward gestures)"),
    Influence("gesture_size", "openness", 0.05, "Durupinar et al. 2016 (free flow, indirect space)"),
    Influence("gesture_size", "flow", -0.06, f"{_PERFORM} (bound: restrained)"),
    Influence("tempo", "time", 0.18, f"{_PERFORM} (sudden: quick and often)"),
    Influence("sway", "flow", -0.30, f"{_PERFORM} (bound: controlled, little sway)"),
    Influence("self_touch", "neuroticism", 0.90, "Neff et al. 2011 (self-adaptors show low emotional stability)"),
    Influence("lean", "agreeableness", 0.035, "Mehrabian 1969 (forward lean: liking)"),
    Influence("nods", "agreeableness", 0.20, "Gifford 1994 (nods of agreeable listeners)"),
    Influence("nods", "extraversion", 0.08, "Gifford 1994 (nods of sociable listeners)"),
    Influence("mirroring", "agreeableness", 0.60, "Chartrand and Bargh 1999 (the empathic mirror more)"),
    Influence("slump", "conscientiousness", -0.035, "our choice (upright)"),
    Influence("gaze_listening", "space", 0.05, f"{_PERFORM} (direct: single-focused)"),
    Influence("gaze_speaking", "space", 0.07, f"{_PERFORM} (direct: single-focused)"),
    Influence("gaze_speaking", "extraversion", 0.04, "Gifford 1994 (gaze of sociable speakers)"),
    Influence("glances", "neuroticism", 0.30, "Daly 1978 (short looks of the socially anxious)"),
    Influence("steps_back", "extraversion", -0.08, "Patterson and Holmes 1966 (extraverts stand nearer)"),
    Influence("steps_back", "neuroticism", 0.06, "Patterson 1973 (the anxious stand further away)"),
    Influence("variety", "openness", 0.50, "Durupinar et al. 2016 (indirect: many foci)"),
    Influence("nod_depth", "weight", 0.15, f"{_PERFORM} (light: delicate)"),
)  # fmt: skip
_SUMS = frozenset(("lean", "slump", "gaze_listening", "gaze_speaking", "steps_back"))
_UNITS = {"lean": "rad", "slump": "rad", "steps_back": "m"}
INFLUENCED = frozenset(influence.what for influence in TABLE)


def influences(personality: Personality) -> dict[str, float]:
    """Return what a personality multiplies (rates, sizes) or adds (the other fields), by field."""
    effort = personality.effort._asdict()
    shares = dict(zip(FACTORS, (value / FURTHEST for value in personality.factors))) | effort
    result = {what: 0.0 if what in _SUMS else 1.0 for what in INFLUENCED}
    for what, of, size, _ in TABLE:
        if what in _SUMS:
            result[what] += size * shares[of]
        else:
            result[what] *= 1.0 + size * shares[of]
    return result


def markdown() -> str:
    """Return ``TABLE`` in Markdown."""
    rows = ["| changes | with | by, at the highest | direction after |", "|---|---|--:|---|"]
    for what, of, size, source in TABLE:
        unit = _UNITS.get(what, "")
        shown = f"{size:+.3f} {unit}".strip() if what in _SUMS else f"{100 * size:+.0f} %"
        rows.append(f"| {what.replace('_', ' ')} | {of} | {shown} | {source} |")
    return "\n".join(rows)
