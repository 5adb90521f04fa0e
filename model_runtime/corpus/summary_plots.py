"""Plots of what a corpus holds. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..common.arrays import Array
from ..common.files import write_whole
from ..contract import EMOTION_GROUPS, NEUTRAL, RELATIONSHIPS
from .tally import DEPTH_BINS, DISTANCE_BINS, GAP_BINS, SHARE_BINS, TURN_BINS, Tally

INK, PALE, BLUE, GOLD = "#33383f", "#d9dce1", "#4a6fa5", "#c0842f"
LABELS = {"sit": "#b07aa1", "walk": "#59a14f", "stand": "#8d949c"}
GROUPS = {
    "surprise-related": "#3fa39b", "fear-related": "#7a6fb0", "social": "#b07aa1", "self-focused": "#59a14f",
    "primitive positive": "#e0a030", "primitive negative": "#c8553d", NEUTRAL: "#8d949c",
}  # fmt: skip


def draw_pictures(tally: Tally, figures: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``corpus_*.png`` into ``folder`` and return the paths."""
    written = []
    for name, figure in draw_all(tally, figures).items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        written.append(write_whole(folder / f"corpus_{name}.png", buffer.getvalue()))
    return written


def draw_all(tally: Tally, figures: dict[str, Any]) -> dict[str, Figure]:
    """Return every plot by its name."""
    return {
        "content": _content(figures),
        "emotions": _emotions(figures),
        "gestures": _gestures(figures),
        "talk": _talk(tally, figures),
        "space": _space(tally, figures),
    }


def _content(figures: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(9.6, 5.2), layout="constrained")
    axes = figure.subplot_mosaic(
        [["labels", "bonds"], ["kinds", "bonds"]],
        width_ratios=[1, 1.15],
        height_ratios=[3, max(3, len(figures["minutes_by_kind"]))],
    )
    labels = figures["minutes_by_label"]
    _bars(
        axes["labels"],
        list(labels),
        list(labels.values()),
        [LABELS[name] for name in labels],
        "what bodies do, minutes of an actor",
    )
    kinds = figures["minutes_by_kind"]
    _bars(axes["kinds"], list(kinds), list(kinds.values()), [BLUE] * len(kinds), "kinds of scene, minutes")
    bonds = {name: figures["minutes_by_relationship"].get(name, 0.0) for name in RELATIONSHIPS}
    _bars(axes["bonds"], list(bonds), list(bonds.values()), [GOLD] * len(bonds), "relationships, minutes")
    return figure


def _emotions(figures: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(9.6, 4.6), layout="constrained")
    wide, narrow = figure.subplots(1, 2, width_ratios=[1.6, 1])
    minutes = figures["minutes_by_emotion"]
    members = {**EMOTION_GROUPS, NEUTRAL: (NEUTRAL,)}
    names = [name for group in members.values() for name in group]
    colours = [GROUPS[group] for group, emotions in members.items() for _ in emotions]
    _bars(
        wide, names, [minutes.get(name, 0.0) for name in names], colours, "emotions, minutes of an actor", ordered=False
    )
    groups = figures["minutes_by_emotion_group"]
    order = sorted(members, key=lambda name: -groups.get(name, 0.0))
    _bars(narrow, order, [groups.get(name, 0.0) for name in order], [GROUPS[name] for name in order], "their groups")
    return figure


def _gestures(figures: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    wide, narrow = figure.subplots(1, 2, width_ratios=[1.8, 1])
    kinds = dict(list(figures["gestures_by_kind"].items())[:24])
    _bars(
        wide,
        list(kinds),
        list(kinds.values()),
        [BLUE] * len(kinds),
        f"gestures by kind ({figures['gestures_a_spoken_minute']} a minute of speech)",
    )
    hands = figures["gestures_by_hand"]
    _bars(narrow, list(hands), list(hands.values()), [GOLD] * len(hands), "by hand")
    return figure


def _talk(tally: Tally, figures: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    turns, gaps, shares = figure.subplots(1, 3)
    _histogram(turns, tally.turns, TURN_BINS, BLUE, f"turns, s (mean {figures['mean_turn_s']})")
    _histogram(gaps, tally.gaps, GAP_BINS, GOLD, f"gap to the next turn, s (median {figures['median_gap_s']})")
    gaps.axvline(0.0, color=INK, lw=0.8)
    gaps.annotate("overlap", (0.03, 0.9), xycoords="axes fraction", fontsize=8, color=INK)
    _histogram(shares, tally.shares, SHARE_BINS, BLUE, "scenes by the first actor's share of talk")
    return figure


def _space(tally: Tally, figures: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    distance, depth, feet = figure.subplots(1, 3)
    _histogram(
        distance,
        tally.distances,
        DISTANCE_BINS,
        BLUE,
        f"distance of the two, m (median {figures['median_distance_m']})",
    )
    edges = 100 * np.append(DEPTH_BINS[:-1], 2 * DEPTH_BINS[-2] - DEPTH_BINS[-3])
    for counts, colour, name in (
        (tally.self_depths, GOLD, "inside oneself"),
        (tally.pair_depths, BLUE, "inside each other"),
    ):
        deeper = 100 * np.cumsum(counts[::-1])[::-1] / max(counts.sum(), 1.0)
        depth.plot(edges[1:-1], deeper[1:], color=colour, lw=1.6, label=name)
    depth.axvline(1.0, color=INK, lw=0.8, ls=":")
    depth.legend(fontsize=8, frameon=False)
    _dress(depth, "inside one another, % of frames beyond … cm")
    contacts = figures["feet_on_the_floor"]
    _bars(
        feet,
        ["no foot", "one foot", "two feet"],
        [100 * v for v in contacts.values()],
        [PALE, GOLD, BLUE],
        "feet on the floor, % of frames",
    )
    return figure


def _bars(
    axes: Axes, names: Sequence[str], values: Sequence[float], colours: Sequence[str], title: str, ordered: bool = True
) -> None:
    order = np.argsort(-np.asarray(values), kind="stable") if ordered else np.arange(len(values))
    shown = [values[i] for i in order]
    axes.barh(range(len(shown)), shown, color=[colours[i] for i in order], height=0.74)
    axes.set_yticks(
        range(len(shown)), [names[i].replace("_", " ") for i in order], fontsize=8 if len(shown) < 16 else 7
    )
    axes.invert_yaxis()
    most = max(shown, default=1.0) or 1.0
    for row, value in enumerate(shown):
        axes.text(
            value + 0.01 * most,
            row,
            f"{value:.0f}" if most >= 20 else f"{value:.1f}",
            va="center",
            fontsize=7,
            color=INK,
        )
    axes.set_xlim(0, 1.12 * most)
    _dress(axes, title)
    axes.tick_params(axis="y", length=0)


def _histogram(axes: Axes, counts: Array, bins: Array, colour: str, title: str) -> None:
    """Draw a histogram; open ends become one more bin of the usual width."""
    edges = np.array(bins)
    step = edges[2] - edges[1]
    if np.isinf(edges[0]):
        edges[0] = edges[1] - step
    if np.isinf(edges[-1]):
        edges[-1] = edges[-2] + step
    axes.bar(
        edges[:-1],
        100 * counts / max(counts.sum(), 1.0),
        np.diff(edges),
        align="edge",
        color=colour,
        edgecolor="white",
        lw=0.3,
    )
    _dress(axes, title)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=9.5, color=INK, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(PALE)
    axes.tick_params(colors=INK, labelsize=8)
