"""The plot of the body report in ``docs/body.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..common.files import written_whole
from ..contract import FPS
from ..metrics.body_measures import AROUND_CHANGE, Bodies, followed_changes, reference_bodies
from ..metrics.measures import hand_speed
from ..metrics.targets import TARGETS
from ..planning.motion_labels import SETTLING
from ..speech.prosody import VOICE_ACTIVITY
from .shots import Shot

matplotlib.use("Agg")

OURS, REFERENCE = "#4a6fa5", "#9a9a9a"
LIKE_REFERENCE = (
    ("Div_g", "div_g"), ("Div_k", "div_k"), ("Div_sample", "div_sample"),
    ("jerk of hands", "jerk_hands"), ("jerk of head", "jerk_head"), ("jerk of root", "jerk_root"),
    ("strokes a minute", "strokes_a_minute"), ("hands of speakers", "hands_speaking_cm_s"),
    ("hands of listeners", "hands_listening_cm_s"), ("heads to the partner", "heads_at_partner"),
    ("beat alignment", "beat_ratio"),
)  # fmt: skip


def draw_report(
    takes: Sequence[Bodies], shots: Sequence[Shot], rows: Mapping[str, Mapping[str, float]], path: Path
) -> Path:
    """Draw figures over the reference's, how soon labels are followed, and how fast hands move."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    ratios, labels, hands = figure.subplots(1, 3)
    _plot_ratios(ratios, rows)
    _plot_changes(labels, takes, shots)
    _plot_hand_speeds(hands, takes, shots)
    return save(figure, path)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        figure.savefig(partial, format="png", dpi=110)
    return path


def _plot_ratios(axes: Axes, rows: Mapping[str, Mapping[str, float]]) -> None:
    target = TARGETS["diversity_ratio"]
    known = [
        (name, rows["ours"][key] / rows["reference"][key])
        for name, key in LIKE_REFERENCE
        if key in rows["ours"] and rows["reference"].get(key)
    ]
    places = np.arange(len(known))[::-1]
    axes.axvspan(target.least or 0.0, target.most or 0.0, color="#dfe8d8", lw=0)
    axes.axvline(1.0, color=REFERENCE, lw=1)
    axes.barh(places, [value for _, value in known], color=OURS, height=0.6)
    for place, (_, value) in zip(places, known):
        axes.text(value + 0.02, place, f"{value:.2f}", va="center", fontsize=8)
    axes.set(
        yticks=places, title="generated over reference", xlim=(0, max(1.3, 1.12 * max(value for _, value in known)))
    )
    axes.set_yticklabels([name for name, _ in known], fontsize=8)


def _plot_changes(axes: Axes, takes: Sequence[Bodies], shots: Sequence[Shot]) -> None:
    """Draw the share of changes whose new label is shown, against the time since."""
    for bodies, colour, name in ((reference_bodies(shots), REFERENCE, "reference"), (takes, OURS, "generated")):
        followed = followed_changes(bodies, shots)
        if len(followed):
            axes.plot(
                AROUND_CHANGE / FPS,
                np.nanmean(followed, axis=0),
                color=colour,
                label=f"{name}, {len(followed)} changes",
            )
    axes.axvline(SETTLING, color="#c0842f", lw=1, ls=":")
    axes.set(title="share that shows the new label", xlabel="s since the change", ylim=(0, 1.03))
    axes.legend(fontsize=8, frameon=False, loc="lower right")


def _plot_hand_speeds(axes: Axes, takes: Sequence[Bodies], shots: Sequence[Shot]) -> None:
    edges = np.linspace(0, 1.6, 41)
    for bodies, colour, name in ((reference_bodies(shots), REFERENCE, "reference"), (takes, OURS, "generated")):
        speeds = [
            hand_speed(roots[a], rotations[a], actor.skeleton)[shot.prosody[a][:, VOICE_ACTIVITY] > 0.5].ravel()
            for (roots, rotations), shot in zip(bodies, shots)
            for a, actor in enumerate(shot.request.actors)
        ]
        density, _ = np.histogram(np.concatenate(speeds), edges, density=True)
        axes.plot(edges[:-1] + 0.02, np.maximum(density, 1e-3), color=colour, label=name)
    axes.set(title="speed of a speaker's hands, density", xlabel="m/s", yscale="log")
    axes.legend(fontsize=8, frameon=False)
