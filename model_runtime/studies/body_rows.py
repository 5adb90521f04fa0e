"""What the figures of ``body_measures`` are called, what they must reach, and how they stand in a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Figures = Mapping[str, float]


class Row(NamedTuple):
    """A line of the table: ``bounds`` are least and most that is wanted, of the figure itself or of its share of the
    truth's.
    """

    name: str
    key: str
    bounds: tuple[float | None, float | None] = (None, None)
    of_truth: bool = False
    digits: int = 2
    or_truth: bool = False  # the truth's own figure is good enough where it is above the bound

    def good(self, figures: Figures, truth: Figures) -> bool | None:
        """None where nothing is wanted or known."""
        low, high = self.bounds
        value = figures.get(self.key, math.nan)
        if self.of_truth:
            value /= truth.get(self.key) or math.nan
        if (low is None and high is None) or not math.isfinite(value):
            return None
        if self.or_truth and high is not None:
            high = max(high, truth.get(self.key, high))
        return (low is None or value >= low) and (high is None or value <= high)

    @property
    def wanted(self) -> str:
        low, high = self.bounds
        if low is None and high is None:
            return ""
        text = (
            f"{low:g} to {high:g}"
            if low is not None and high is not None
            else f"≥ {low:g}"
            if low is not None
            else f"≤ {high:g}"
        )
        return f"{text} of the truth" if self.of_truth else f"{text} or the truth's" if self.or_truth else text


LIKE_TRUTH = (0.9, 1.1)
ROWS = (
    Row("label obedience, from 0.5 s after a change", "obedience", (0.98, None), digits=3),
    Row("changes of label that show after 0.5 s, share", "followed_after_half", (0.9, None), digits=3),
    Row("changes of label that show after 1 s, share", "followed_after_one", digits=3),
    Row("foot skate, cm/s", "skate_cm_s", (None, 1.5)),
    Row("slide of a foot in one step, cm", "slide_cm", (None, 1.0)),
    Row("deepest below the floor, cm", "floor_cm", (None, 0.5)),
    Row("jerk of hands over that of the truth", "jerk_hands", (0.8, 1.2)),
    Row("jerk of head over that of the truth", "jerk_head", (0.8, 1.2)),
    Row("jerk of root over that of the truth", "jerk_root", (0.8, 1.2)),
    Row("seams: speed at joins over the rest, 99th percentile", "seam_speed", (None, 1.0), or_truth=True),
    Row("seams: acceleration at joins over the rest", "seam_acceleration", (None, 1.0), or_truth=True),
    Row("gesture beat: strokes on a stress over chance", "beat_ratio", (2.0, None)),
    Row("strokes on a stress, share", "beat"),
    Row("strokes on a stress by chance, share", "beat_chance"),
    Row("strokes a minute of speech", "strokes_a_minute", digits=1),
    Row("speed of the hands of who speaks, cm/s", "hands_speaking_cm_s", digits=1),
    Row("speed of the hands of who listens, cm/s", "hands_listening_cm_s", digits=1),
    Row("heads of listeners to the partner, share", "heads_at_partner"),
    Row("inside oneself by over 1 cm, share of frames", "self_share", (None, 0.01), digits=4),
    Row("inside oneself, deepest, cm", "self_deepest_cm", (None, 3.0)),
    Row("inside each other by over 1 cm, share of frames", "pair_share", (None, 0.01), digits=4),
    Row("inside each other, deepest, cm", "pair_deepest_cm", (None, 3.0)),
    Row("miss of places asked for, by the network alone, cm", "miss_before_cm", digits=1),
    Row("miss of places asked for, in the result, cm", "miss_cm", (None, 5.0)),
    Row("kept motion: largest difference, cm", "kept_cm", (None, 0.01), digits=4),
    Row("kept motion: speed at its borders over the rest", "kept_speed", (None, 1.0), or_truth=True),
    Row("kept motion: acceleration at its borders over the rest", "kept_acceleration", (None, 1.0), or_truth=True),
    Row("FID_g", "fid_g", digits=3),
    Row("FID_k", "fid_k", digits=2),
    Row("Div_g", "div_g", LIKE_TRUTH, True, 4),
    Row("Div_k", "div_k", LIKE_TRUTH, True, 4),
    Row("Div_sample", "div_sample", LIKE_TRUTH, True, 4),
    Row("hands of two seeds apart, cm", "seeds_hands_cm", digits=1),
    Row("hands of the two nearest takes of a shot apart, cm", "seeds_hands_least_cm", digits=1),
    Row("roots of two seeds apart, cm", "seeds_roots_cm", digits=1),
    Row("computing a second of both, CPU seconds", "seconds_per_second", (None, 0.5)),
    Row("memory of the process, MiB", "memory_mb", (None, 1536.0), digits=0),
)  # fmt: skip
BELOW_LDA2 = 0.56  # FID_g and FID_k at least 44 % below it


def table(rows: Mapping[str, Figures], lines: Sequence[Row] = ROWS) -> str:
    """Markdown, a line a measure and a column a player of ``rows``; 'truth' goes last. Figures with a bound are marked."""
    players = [name for name in rows if name != "truth"]
    truth = rows.get("truth", {})
    out = ["| | " + " | ".join([*players, "truth", "wanted"]) + " |", "|---|" + "---|" * (len(players) + 2)]
    for row in lines:
        if not any(row.key in figures for figures in rows.values()):
            continue
        cells = [_cell(row, rows[name], truth, name, rows) for name in players]
        wanted = f"≤ {BELOW_LDA2:g} of lda2" if row.key in ("fid_g", "fid_k") and "lda2" in rows else row.wanted
        out.append(f"| {row.name} | " + " | ".join([*cells, _shown(truth.get(row.key), row.digits), wanted]) + " |")
    return "\n".join(out)


def _cell(row: Row, figures: Figures, truth: Figures, player: str, rows: Mapping[str, Figures]) -> str:
    good = row.good(figures, truth)
    if row.key in ("fid_g", "fid_k") and player == "ours" and row.key in rows.get("lda2", {}):
        good = figures[row.key] <= BELOW_LDA2 * rows["lda2"][row.key]
    share = (
        f" ({figures[row.key] / truth[row.key]:.2f} of it)"
        if row.of_truth and row.key in figures and truth.get(row.key)
        else ""
    )
    return _shown(figures.get(row.key), row.digits) + share + {True: " ✓", False: " ✗", None: ""}[good]


def _shown(value: float | None, digits: int) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
