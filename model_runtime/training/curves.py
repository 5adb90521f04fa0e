"""The log of a training as curves: losses, validation loss, and the distance of sampled results to real motion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..common.files import written_whole

LOG, CURVES = "log.jsonl", "curves.png"
_NOT_LOSSES = ("step", "seconds", "validation", "steps_per_second", "best_step")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a log in the order of their steps; a resumed or repeated run replaces later rows."""
    rows: list[dict[str, Any]] = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        while rows and rows[-1]["step"] > row["step"]:
            rows.pop()
        rows.append(row)
    return rows


def draw_curves(folder: Path) -> Path:
    """Draw the log in a training's ``folder`` and return the picture's path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = read_log(folder / LOG)
    names = {name for row in rows for name in row} - set(_NOT_LOSSES)
    sampled = sorted(name for name in names if name.startswith("fid"))
    terms = sorted(names - set(sampled))
    figure = Figure(figsize=(9, 9), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, 1, sharex=True)
    titles = ("loss terms", "loss on held-out windows", "sampled results: distance to held-out motion")
    for panel, title, shown in zip(panels, titles, (terms, ["validation"], sampled)):
        for name in shown:
            points = [(row["step"], row[name]) for row in rows if name in row]
            if points:
                panel.plot(*zip(*points), marker="o" if len(points) < 40 else None, markersize=3, label=name)
        panel.set_title(title, fontsize=10)
        panel.set_yscale("log" if shown is terms else "linear")
        panel.grid(alpha=0.3)
        if panel.lines:
            panel.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    panels[-1].set_xlabel("step")
    path = folder / CURVES
    with written_whole(path) as partial:
        figure.savefig(partial, dpi=110)
    return path
