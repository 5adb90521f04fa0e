"""Plots of ``docs/body.md``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..contract import FPS
from ..metrics.body_measures import AROUND_CHANGE, Bodies, followed_changes, truth_of
from ..metrics.measures import SETTLING, hand_speed
from ..speech.prosody import VOICE_ACTIVITY
from .shots import Shot

matplotlib.use("Agg")

OURS, TRUTH = "#4a6fa5", "#9a9a9a"
LIKE_TRUTH = (
    ("Div_g", "div_g"), ("Div_k", "div_k"), ("Div_sample", "div_sample"),
    ("jerk of hands", "jerk_hands"), ("jerk of head", "jerk_head"), ("jerk of root", "jerk_root"),
    ("strokes a minute", "strokes_a_minute"), ("hands of speakers", "hands_speaking_cm_s"),
    ("hands of listeners", "hands_listening_cm_s"), ("heads to the partner", "heads_at_partner"),
    ("gesture beat", "beat_ratio"),
)  # fmt: skip


def draw_report(
    takes: Sequence[Bodies], shots: Sequence[Shot], rows: Mapping[str, Mapping[str, float]], path: Path
) -> Path:
    """What is like the truth and what is not, how soon labels are followed, how fast hands move."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    ratios, labels, hands = figure.subplots(1, 3)
    _plot_ratios(ratios, rows)
    _plot_changes(labels, takes, shots)
    _plot_hand_speeds(hands, takes, shots)
    return save(figure, path)


def save(figure: Figure, path: Path) -> Path:
    """Beside first and then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    figure.savefig(partial, format="png", dpi=110)
    os.replace(partial, path)
    return path


def _plot_ratios(axes: Axes, rows: Mapping[str, Mapping[str, float]]) -> None:
    known = [
        (name, rows["ours"][key] / rows["truth"][key])
        for name, key in LIKE_TRUTH
        if key in rows["ours"] and rows["truth"].get(key)
    ]
    places = np.arange(len(known))[::-1]
    axes.axvspan(0.9, 1.1, color="#dfe8d8", lw=0)
    axes.axvline(1.0, color=TRUTH, lw=1)
    axes.barh(places, [value for _, value in known], color=OURS, height=0.6)
    for place, (_, value) in zip(places, known):
        axes.text(value + 0.02, place, f"{value:.2f}", va="center", fontsize=8)
    axes.set(yticks=places, title="generated over truth", xlim=(0, max(1.3, 1.12 * max(value for _, value in known))))
    axes.set_yticklabels([name for name, _ in known], fontsize=8)


def _plot_changes(axes: Axes, takes: Sequence[Bodies], shots: Sequence[Shot]) -> None:
    """Share of changes whose new label is shown, against the time since."""
    for bodies, colour, name in ((truth_of(shots), TRUTH, "truth"), (takes, OURS, "generated")):
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
    for bodies, colour, name in ((truth_of(shots), TRUTH, "truth"), (takes, OURS, "generated")):
        speeds = [
            hand_speed(roots[a], rotations[a], actor.skeleton)[shot.heard[a][:, VOICE_ACTIVITY] > 0.5].ravel()
            for (roots, rotations), shot in zip(bodies, shots)
            for a, actor in enumerate(shot.request.actors)
        ]
        density, _ = np.histogram(np.concatenate(speeds), edges, density=True)
        axes.plot(edges[:-1] + 0.02, np.maximum(density, 1e-3), color=colour, label=name)
    axes.set(title="speed of a speaker's hands, density", xlabel="m/s", yscale="log")
    axes.legend(fontsize=8, frameon=False)
