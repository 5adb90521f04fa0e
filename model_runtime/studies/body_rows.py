"""The rows of the body report: names of the figures of ``body_measures``, their targets, and the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..metrics.targets import NO_TARGET, REAL_MOTION, TARGETS, Target, bounds_text, within

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """A line of the table: the figure ``key`` with its ``target``.

    ``of_reference``: the bounds are of its ratio to the reference's figure. ``or_reference``: the reference's figure is
    accepted too where it is above the upper bound.
    """

    name: str
    key: str
    target: Target = NO_TARGET
    digits: int = 2
    of_reference: bool = False
    or_reference: bool = False

    def good(self, figures: Figures, reference: Figures) -> bool | None:
        """Return whether the target is reached; None where there is no target or no figure."""
        least, most = self.target.least, self.target.most
        value = figures.get(self.key, math.nan)
        if self.of_reference:
            value /= reference.get(self.key) or math.nan
        if not self.target.bounds or not math.isfinite(value):
            return None
        if self.or_reference and most is not None:
            most = max(most, reference.get(self.key, most))
        return within(value, least, most)

    @property
    def wanted(self) -> str:
        """Return the target as text."""
        text = bounds_text(self.target.least, self.target.most)
        if not text:
            return ""
        return f"{text} of the reference" if self.of_reference else f"{text}{self._alternative}"

    @property
    def _alternative(self) -> str:
        return " or the reference's" if self.or_reference else ""


def _like_reference(name: str, key: str) -> Row:
    return Row(name, key, TARGETS["diversity_ratio"], 4, of_reference=True)


def _border(name: str, key: str) -> Row:
    return Row(name, key, TARGETS["border_ratio"], or_reference=True)


ROWS = (
    Row("label obedience, from 0.5 s after a change", "obedience", TARGETS["label_obedience"], 3),
    Row("changes of label that show after 0.5 s, share", "followed_after_half", TARGETS["changes_followed"], 3),
    Row("changes of label that show after 1 s, share", "followed_after_one", digits=3),
    Row("foot skate, cm/s", "skate_cm_s", TARGETS["foot_skate_cm_per_s"]),
    Row("slide of a foot in one step, cm", "slide_cm", TARGETS["slide_cm"]),
    Row("deepest below the floor, cm", "floor_cm", TARGETS["floor_depth_cm"]),
    Row("jerk of hands over that of the reference", "jerk_hands", TARGETS["jerk_ratio"]),
    Row("jerk of head over that of the reference", "jerk_head", TARGETS["jerk_ratio"]),
    Row("jerk of root over that of the reference", "jerk_root", TARGETS["jerk_ratio"]),
    _border("seams: speed at window boundaries over the rest, 99th percentile", "seam_speed"),
    _border("seams: acceleration at window boundaries over the rest", "seam_acceleration"),
    Row("beat alignment: strokes on a stress over chance", "beat_ratio", TARGETS["beat_ratio"]),
    Row("strokes on a stress, share", "beat"),
    Row("strokes on a stress by chance, share", "beat_chance"),
    Row("strokes a minute of speech", "strokes_a_minute", digits=1),
    Row("speed of a speaker's hands, cm/s", "hands_speaking_cm_s", digits=1),
    Row("speed of a listener's hands, cm/s", "hands_listening_cm_s", digits=1),
    Row("heads of listeners to the partner, share", "heads_at_partner"),
    Row("self-penetration over 1 cm, share of frames", "self_share", TARGETS["penetration_share"], 4),
    Row("self-penetration, deepest, cm", "self_deepest_cm", TARGETS["penetration_cm"]),
    Row("penetration of each other over 1 cm, share of frames", "pair_share", TARGETS["penetration_share"], 4),
    Row("penetration of each other, deepest, cm", "pair_deepest_cm", TARGETS["penetration_cm"]),
    *(Row(target.label, f"real_{name}", target) for name, target in REAL_MOTION.items()),
    Row("miss at waypoints, by the network alone, cm", "miss_before_cm", digits=1),
    Row("miss at waypoints, in the result, cm", "miss_cm", TARGETS["waypoint_miss_cm"]),
    Row("motion constraints: largest difference, cm", "constraint_cm", TARGETS["constraint_cm"], 4),
    _border("motion constraints: speed at the borders over the rest", "constraint_speed"),
    _border("motion constraints: acceleration at the borders over the rest", "constraint_acceleration"),
    Row("FID_g", "fid_g", digits=3),
    Row("FID_k", "fid_k", digits=2),
    _like_reference("Div_g", "div_g"),
    _like_reference("Div_k", "div_k"),
    _like_reference("Div_sample", "div_sample"),
    Row("hands of two seeds apart, cm", "seeds_hands_cm", digits=1),
    Row("hands of the two nearest takes of a shot apart, cm", "seeds_hands_least_cm", digits=1),
    Row("roots of two seeds apart, cm", "seeds_roots_cm", digits=1),
    Row("computing a second of both, CPU seconds", "seconds_per_second", TARGETS["cpu_seconds_per_second"]),
    Row("memory of the process, MiB", "memory_mb", TARGETS["worker_memory_mb"], 0),
)
_FID = ("fid_g", "fid_k")


def below_lda2(figures: Figures, lda2: Figures, key: str) -> bool:
    """Return whether an FID is as far below LDA2's as the target says."""
    return TARGETS["fid_over_lda2"].reached(figures[key] / lda2[key])


def table(rows: Mapping[str, Figures], lines: Sequence[Row] = ROWS) -> str:
    """Return Markdown: a line per measure, a column per player of ``rows`` ('reference' last), targets marked."""
    players = [name for name in rows if name != "reference"]
    reference = rows.get("reference", {})
    out = ["| | " + " | ".join([*players, "reference", "wanted"]) + " |", "|---|" + "---|" * (len(players) + 2)]
    for row in lines:
        if not any(row.key in figures for figures in rows.values()):
            continue
        cells = [_cell(row, name, rows) for name in players]
        compared = row.key in _FID and "lda2" in rows
        wanted = f"{TARGETS['fid_over_lda2'].bounds} of lda2" if compared else row.wanted
        out.append(f"| {row.name} | " + " | ".join([*cells, _shown(reference.get(row.key), row.digits), wanted]) + " |")
    return "\n".join(out)


def _cell(row: Row, player: str, rows: Mapping[str, Figures]) -> str:
    figures, reference, lda2 = rows[player], rows.get("reference", {}), rows.get("lda2", {})
    good = row.good(figures, reference)
    if row.key in _FID and player == "ours" and row.key in lda2:
        good = below_lda2(figures, lda2, row.key)
    share = ""
    if row.of_reference and row.key in figures and reference.get(row.key):
        share = f" ({figures[row.key] / reference[row.key]:.2f} of it)"
    return _shown(figures.get(row.key), row.digits) + share + {True: " ✓", False: " ✗", None: ""}[good]


def _shown(value: float | None, digits: int) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
