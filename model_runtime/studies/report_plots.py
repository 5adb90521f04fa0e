"""The plots of the report of a generation, all against time in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..body_model.body_shape import default_body_shape
from ..body_model.contacts import Body, Contacts, contact_table, measure_contacts
from ..body_model.feet import detect_contacts, sole_points
from ..common.arrays import Array
from ..contract import ACTION_LABELS, FPS, Performance, Request
from ..face.mouth_shapes import lip_gap
from ..metrics.measures import hand_speed
from ..planning.motion_labels import label_frames
from ..speech.prosody import VOICE_ACTIVITY

matplotlib.use("Agg")

COLOURS = ("#4a6fa5", "#c0842f")
LABEL_COLOURS = {"sit": "#b07aa1", "walk": "#59a14f", "stand": "#bab0ac"}
_SPEAKING, _DEEP = "#e8e3d3", "#c0392b"


def draw_plots(
    request: Request, performance: Performance, labels: Sequence[Array], prosodies: Sequence[Array]
) -> dict[str, Figure]:
    """Return figures by title; ``labels`` (T,) and ``prosodies`` (T, 28) of both actors."""
    found = _measured(request, performance)
    return {
        "Labels asked for and shown": _plot_labels(request, performance, labels),
        "Speech and hands": _plot_hands(request, performance, prosodies),
        "Lips": _plot_lips(performance, prosodies),
        "Feet": _plot_feet(request, performance),
        "Paths and distance": _plot_paths(performance),
        "Depth and facing": _plot_depth(performance, found),
        "What hands touch": _plot_touched(found),
        "Computing time": _plot_seconds(performance),
    }


def _plot_labels(request: Request, performance: Performance, labels: Sequence[Array]) -> Figure:
    figure, rows = _figure(2, 1.5)
    time = np.arange(performance.frames) / FPS
    for axes, actor, result, requested in zip(rows, request.actors, performance.actors, labels):
        recognised = label_frames(result.root_positions, result.rotations, actor.skeleton)
        for track, low, name in ((requested, 1.05, "asked"), (recognised, 0.0, "shown")):
            for index, label in enumerate(ACTION_LABELS):
                axes.fill_between(
                    time, low, low + 0.9, where=track == index, color=LABEL_COLOURS[label], step="post", lw=0
                )
            axes.text(-0.2, low + 0.45, name, ha="right", va="center", fontsize=8)
        axes.set(title=result.name, yticks=[], ylim=(0, 2), xlim=(0, time[-1]))
    handles = [matplotlib.patches.Patch(color=LABEL_COLOURS[label], label=label) for label in ACTION_LABELS]
    rows[0].legend(handles=handles, ncols=3, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return figure


def _plot_hands(request: Request, performance: Performance, prosodies: Sequence[Array]) -> Figure:
    figure, rows = _figure(2, 1.7)
    time = np.arange(performance.frames) / FPS
    for axes, actor, result, prosody, colour in zip(rows, request.actors, performance.actors, prosodies, COLOURS):
        speed = hand_speed(result.root_positions, result.rotations, actor.skeleton)
        _shade_speaking(axes, prosody)
        axes.plot(time, speed[:, 0], color=colour, lw=0.9, label="left hand")
        axes.plot(time, speed[:, 1], color=colour, lw=0.9, alpha=0.45, label="right hand")
        axes.set(title=f"{result.name} (shaded: speaks)", ylabel="m/s", xlim=(0, time[-1]))
    rows[0].legend(fontsize=7, ncols=2, loc="upper right", frameon=False)
    return figure


def _plot_lips(performance: Performance, prosodies: Sequence[Array]) -> Figure:
    figure, rows = _figure(2, 1.5)
    time = np.arange(performance.frames) / FPS
    for axes, result, prosody, colour in zip(rows, performance.actors, prosodies, COLOURS):
        _shade_speaking(axes, prosody)
        axes.plot(time, lip_gap(result.face), color=colour, lw=0.8)
        axes.set(title=f"{result.name} (shaded: speaks)", ylabel="gap, cm", xlim=(0, time[-1]))
    return figure


def _plot_feet(request: Request, performance: Performance) -> Figure:
    figure, rows = _figure(2, 1.7)
    time = np.arange(performance.frames) / FPS
    for axes, actor, result in zip(rows, request.actors, performance.actors):
        points = sole_points(result.root_positions, result.rotations, actor.skeleton)
        contacts = detect_contacts(result.root_positions, result.rotations, actor.skeleton)
        for k, (side, colour) in enumerate((("left", "#4880d6"), ("right", "#d6544e"))):
            axes.plot(time, 100 * points[:, k, :, 2].min(axis=1), color=colour, lw=0.9, label=side)
            held = contacts[:, 2 * k : 2 * k + 2].any(axis=1)
            axes.fill_between(time, -3 - 1.5 * k, -2 - 1.5 * k, where=held, color=colour, alpha=0.6, lw=0)
        axes.axhline(0, color="black", lw=0.5)
        axes.set(
            title=f"{result.name} (bars: on the floor)", ylabel="lowest point, cm", xlim=(0, time[-1]), ylim=(-5, 25)
        )
    rows[0].legend(fontsize=7, ncols=2, loc="upper right", frameon=False)
    return figure


def _plot_paths(performance: Performance) -> Figure:
    figure = Figure(figsize=(9.5, 3.2), layout="constrained")
    above, along = figure.subplots(1, 2, width_ratios=[1, 1.6])
    roots = [result.root_positions for result in performance.actors]
    for result, root, colour in zip(performance.actors, roots, COLOURS):
        above.plot(root[:, 0], root[:, 1], color=colour, lw=1, label=result.name)
        above.plot(*root[0, :2], "o", color=colour, ms=5)
    middle = np.mean([(r[:, :2].min(axis=0) + r[:, :2].max(axis=0)) / 2 for r in roots], axis=0)
    reach = max(1.0, 1.15 * max(float(np.abs(r[:, :2] - middle).max()) for r in roots))
    limits = [(centre - reach, centre + reach) for centre in middle]
    above.set(title="from above, m (dot: start)", aspect="equal", xlim=limits[0], ylim=limits[1])
    above.legend(fontsize=7, frameon=False)
    distance = np.linalg.norm(roots[0][:, :2] - roots[1][:, :2], axis=-1)
    along.plot(np.arange(len(distance)) / FPS, distance, color="black", lw=1)
    along.set(title="distance between the two, m", xlabel="s", ylim=(0, 1.15 * distance.max()))
    return figure


def _measured(request: Request, performance: Performance) -> Contacts:
    """Measure what the two bodies do to each other and to themselves."""
    return measure_contacts(
        [
            Body(actor.shape or default_body_shape(actor.skeleton), actor.skeleton, done.root_positions, done.rotations)
            for actor, done in zip(request.actors, performance.actors)
        ]
    )


def _plot_depth(performance: Performance, found: Contacts) -> Figure:
    figure, (deep, facing) = _figure(2, 1.7)
    time = np.arange(len(found.depth)) / FPS
    deep.plot(time, 100 * found.depth, color=_DEEP, lw=0.9, label="in each other")
    for result, depth, turned, colour in zip(performance.actors, found.self_depth, found.facing, COLOURS):
        deep.plot(time, 100 * depth, color=colour, lw=0.9, label=f"{result.name} in the own body")
        facing.plot(time, np.degrees(turned), color=colour, lw=0.9, label=result.name)
    deep.axhline(100 * found.tolerance, color="black", lw=0.5, ls="--")
    deep.set(title="depth (dashed: what flesh gives way)", ylabel="cm", ylim=(0, max(2, 105 * _deepest(found))))
    facing.set(
        title="how far each chest is turned away from the other", ylabel="degrees", ylim=(0, 180), xlim=(0, time[-1])
    )
    for axes in (deep, facing):
        axes.legend(fontsize=7, ncols=3, loc="upper right", frameon=False)
    return figure


def _deepest(found: Contacts) -> float:
    return float(max(found.depth.max(), found.self_depth.max()))


def _plot_touched(found: Contacts) -> Figure:
    """Draw minutes an hour in which a hand touches a part of its own body and of the other's: InterAct's tables."""
    figure = Figure(figsize=(9.5, 1.9), layout="constrained")
    axes, minutes = figure.subplots(), contact_table(found)
    parts = [name.removeprefix("self_hand_") for name in minutes if name.startswith("self_")]
    rows = np.arange(len(parts))
    for shift, whose, name, colour in ((-0.2, "self", "own", COLOURS[0]), (0.2, "pair", "the other's", _DEEP)):
        values = [minutes[f"{whose}_hand_{part}"] for part in parts]
        drawn = axes.barh(rows + shift, values, 0.36, color=colour, label=name)
        axes.bar_label(drawn, [f"{value:.1f}" for value in values], fontsize=7, padding=2)
    axes.set(yticks=rows, yticklabels=[f"hand - {part}" for part in parts], xlabel="minutes an hour")
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.legend(fontsize=7, loc="upper right", frameon=False)
    return figure


def _plot_seconds(performance: Performance) -> Figure:
    figure = Figure(figsize=(9.5, 1.9), layout="constrained")
    axes = figure.subplots()
    seconds = {k: v for k, v in performance.report.get("seconds", {}).items() if isinstance(v, int | float)}
    axes.barh(list(seconds), list(seconds.values()), color=COLOURS[0])
    axes.invert_yaxis()
    axes.set(xlabel="s")
    return figure


def _shade_speaking(axes: Axes, prosody: Array) -> None:
    """Shade the time in which the actor of ``prosody`` (T, 28) speaks."""
    speaking, time = prosody[:, VOICE_ACTIVITY] > 0.5, np.arange(len(prosody)) / FPS
    axes.fill_between(time, 0, 1, where=speaking, color=_SPEAKING, transform=axes.get_xaxis_transform(), lw=0)


def _figure(rows: int, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9.5, 0.4 + rows * height), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True)
    axes[-1].set_xlabel("s")
    return figure, axes
