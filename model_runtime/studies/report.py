"""What came out of a generation, to read: ``report.json`` with every figure and ``report.html`` with plots, one file
each.

``python -m model_runtime.studies.report REQUEST.json PERFORMANCE.npz --out DIR``
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..body_model.feet import detect_contacts, sole_points
from ..common.arrays import Array
from ..conditioning.tracks import label_track
from ..contract import ACTION_LABELS, FPS, Performance, Request, request_from_json
from ..errors import InterActError
from ..face.mouth_shapes import lip_gap
from ..metrics.labels import label_frames
from ..metrics.measures import hand_speed, measure_pair
from ..speech.audio import mix_speech
from ..speech.prosody import VOICE_ACTIVITY, prosody
from .behaviour import check_behaviour

matplotlib.use("Agg")

COLOURS = ("#4a6fa5", "#c0842f")
LABEL_COLOURS = {"sit": "#b07aa1", "walk": "#59a14f", "stand": "#bab0ac"}
# What a result must reach; the rows of the table at the top of the page.
WANTED = (
    (
        "label_obedience",
        "Label obedience",
        "share of frames that do what the strips say, 0.5 s after a change on",
        ">=",
        0.90,
    ),
    ("foot_skate_cm_per_s", "Foot skate, cm/s", "mean speed of a foot on the floor, the worse of the two", "<=", 3.0),
    ("floor_depth_cm", "Below the floor, cm", "deepest point of a sole", "<=", 0.5),
    ("lip_closure", "Lip closure", "share of p, b, m on which the lips meet", ">=", 0.70),
    ("same_seed_repeats", "The same seed repeats", "bit by bit", ">=", 1),
    ("seeds_differ_cm", "Another seed differs, cm", "mean distance of the joints", ">=", 0.5),
    (
        "roles_follow_voices",
        "Roles follow the voices",
        "who speaks moves hands and mouth more, also with the voices swapped",
        ">=",
        1,
    ),
    ("silence_hand_speed_cm_per_s", "Hands in silence, cm/s", "two who hear nothing stand calmly", "<=", 10.0),
    ("silence_mouth_closed", "Mouth closed in silence", "share of frames", ">=", 0.95),
    ("seconds_per_minute", "Seconds per minute", "computing time for 60 s of both", "<=", 120.0),
    ("worker_memory_mb", "Memory of the runtime, MiB", "peak of its process", "<=", 1536.0),
)
KEPT_MEASURES = Path(__file__).parents[1] / "weights" / "measures.json"


def write_report(
    request: Request, performance: Performance, out: Path, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Measure, write ``report.json`` and ``report.html`` into ``out`` and return what stands in the former.

    ``extra``: figures that were taken elsewhere (by generating again, say), put beside the measured ones. What the
    weights reached on held-out voices when they were made is quoted as ``held_out``.
    """
    prosodies, labels = listen(request, performance.frames)
    skeletons = [actor.skeleton for actor in request.actors]
    measures = measure_pair(performance, skeletons, labels, prosodies)
    seconds = performance.report.get("seconds", {})
    if seconds:
        measures["seconds_per_minute"] = 60.0 * sum(seconds.values()) / request.duration
    if (memory := performance.report.get("worker_memory_mb")) is not None:
        measures["worker_memory_mb"] = memory
    report = plain({**performance.report, "measures": {**measures, **(extra or {})}})
    if KEPT_MEASURES.is_file():
        report["held_out"] = json.loads(KEPT_MEASURES.read_text("utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "report.json", json.dumps(report, indent=1))
    plots = draw_plots(request, performance, labels, prosodies)
    _write(out / "report.html", _page(request, report, plots, out))
    return report


def listen(request: Request, frames: int) -> tuple[list[Array], list[Array]]:
    """Prosody (T, 28) and label indices (T,) of both actors."""
    voices = [prosody(mix_speech(actor.speech, request.duration), frames) for actor in request.actors]
    return voices, [label_track(actor, frames) for actor in request.actors]


def draw_plots(
    request: Request, performance: Performance, labels: Sequence[Array], prosodies: Sequence[Array]
) -> dict[str, Figure]:
    """Figures by title, all against time in seconds."""
    return {
        "What was asked, what was done": _plot_labels(request, performance, labels),
        "Who speaks, who gestures": _plot_hands(request, performance, prosodies),
        "Lips": _plot_lips(performance, prosodies),
        "Feet": _plot_feet(request, performance),
        "Paths and distance": _plot_paths(performance),
        "Where the time went": _plot_seconds(performance),
    }


def _plot_labels(request: Request, performance: Performance, labels: Sequence[Array]) -> Figure:
    figure, rows = _figure(2, 1.5)
    time = np.arange(performance.frames) / FPS
    for axes, actor, result, wanted in zip(rows, request.actors, performance.actors, labels):
        done = label_frames(result.root_positions, result.rotations, actor.skeleton)
        for track, low, name in ((wanted, 1.05, "asked"), (done, 0.0, "done")):
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
    for axes, actor, result, heard, colour in zip(rows, request.actors, performance.actors, prosodies, COLOURS):
        speed = hand_speed(result.root_positions, result.rotations, actor.skeleton)
        axes.fill_between(
            time,
            0,
            1,
            where=heard[:, VOICE_ACTIVITY] > 0.5,
            color="#e8e3d3",
            transform=axes.get_xaxis_transform(),
            lw=0,
        )
        axes.plot(time, speed[:, 0], color=colour, lw=0.9, label="left hand")
        axes.plot(time, speed[:, 1], color=colour, lw=0.9, alpha=0.45, label="right hand")
        axes.set(title=f"{result.name} (shaded: speaks)", ylabel="m/s", xlim=(0, time[-1]))
    rows[0].legend(fontsize=7, ncols=2, loc="upper right", frameon=False)
    return figure


def _plot_lips(performance: Performance, prosodies: Sequence[Array]) -> Figure:
    figure, rows = _figure(2, 1.5)
    time = np.arange(performance.frames) / FPS
    for axes, result, heard, colour in zip(rows, performance.actors, prosodies, COLOURS):
        axes.fill_between(
            time,
            0,
            1,
            where=heard[:, VOICE_ACTIVITY] > 0.5,
            color="#e8e3d3",
            transform=axes.get_xaxis_transform(),
            lw=0,
        )
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


def _plot_seconds(performance: Performance) -> Figure:
    figure = Figure(figsize=(9.5, 1.9), layout="constrained")
    axes = figure.subplots()
    seconds = {k: v for k, v in performance.report.get("seconds", {}).items() if isinstance(v, int | float)}
    axes.barh(list(seconds), list(seconds.values()), color=COLOURS[0])
    axes.invert_yaxis()
    axes.set(xlabel="s")
    return figure


def _figure(rows: int, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9.5, 0.4 + rows * height), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True)
    axes[-1].set_xlabel("s")
    return figure, axes


def _page(request: Request, report: dict[str, Any], plots: dict[str, Figure], out: Path) -> str:
    measures = report["measures"]
    rows = _table(measures)
    held_out = report.get("held_out")
    about_held_out = (
        f"<h2>The weights on voices they never heard ({html.escape(held_out['voices'])})</h2>{_table(held_out['measures'])}"
        if held_out
        else ""
    )
    actors = measures["actors"]
    details = "".join(
        f"<tr><td>{html.escape(_words(key))}</td>"
        + "".join(f"<td>{_number(values.get(key))}</td>" for values in actors.values())
        + "</tr>"
        for key in next(iter(actors.values()))
    )
    names = "".join(f"<th>{html.escape(name)}</th>" for name in actors)
    warnings = "".join(f"<li>{html.escape(text)}</li>" for text in report.get("warnings", []))
    pictures = "".join(
        f'<h2>{html.escape(title)}</h2><img alt="{html.escape(title)}" src="data:image/png;base64,{_png(figure)}">'
        for title, figure in plots.items()
    )
    preview = "<img alt='preview' src='preview.png'>" if (out / "preview.png").is_file() else ""
    about = f"{request.duration:.1f} s, seed {report.get('seed')}, {report.get('quality')} quality, guidance {report.get('guidance')}"
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>InterAct report</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}}
h2{{font-size:1.1em;margin:1.6em 0 .3em}} img{{max-width:100%}} table{{border-collapse:collapse}}
td,th{{padding:.25em .9em .25em 0;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}}
.good{{color:#2a7d2a}} .bad{{color:#b3261e}} small{{color:#666}}</style>
<h1>{html.escape(" and ".join(actors))}</h1><p>{html.escape(about)}</p>{preview}
{f"<h2>Warnings</h2><ul>{warnings}</ul>" if warnings else ""}
<h2>This shot</h2>{rows}{about_held_out}
<h2>Each actor</h2><table><tr><th></th>{names}</tr>{details}</table>
{pictures}</html>
"""


def _table(measures: dict[str, Any]) -> str:
    rows = "".join(_row(measures, *entry) for entry in WANTED if measures.get(entry[0]) is not None)
    return f"<table><tr><th></th><th>reached</th><th>wanted</th></tr>{rows}</table>"


def _row(measures: dict[str, Any], key: str, title: str, meaning: str, sign: str, bound: float) -> str:
    value = measures[key]
    good = value >= bound if sign == ">=" else value <= bound
    mark = f'<td class="{"good" if good else "bad"}">{"&#10003;" if good else "&#10007;"} {_number(value)}</td>'
    return f"<tr><td>{html.escape(title)}<br><small>{html.escape(meaning)}</small></td>{mark}<td>{'&ge;' if sign == '>=' else '&le;'} {bound:g}</td></tr>"


def _number(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{html.escape(_words(k))} {_number(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_number(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return "not measured" if value is None else html.escape(str(value))


def _words(key: str) -> str:
    return key.replace("_cm_per_s", ", cm/s").replace("_m_per_s3", ", m/s³").replace("_cm", ", cm").replace("_", " ")


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def plain(value: Any) -> Any:
    """JSON knows no NaN and no numpy; what could not be measured becomes null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    return value


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, "utf-8")
    os.replace(partial, path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="report", description=__doc__)
    parser.add_argument("request", type=Path)
    parser.add_argument("performance", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--behaviour", action="store_true", help="also generate again: other seeds, swapped voices, silence"
    )
    options = parser.parse_args()
    try:
        request = request_from_json(options.request.read_text("utf-8"))
        performance = Performance.load(options.performance)
        extra = check_behaviour(request, performance) if options.behaviour else None
        report = write_report(request, performance, options.out, extra)
    except (InterActError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for key, title, _, sign, bound in WANTED:
        if report["measures"].get(key) is not None:
            print(f"{title:28s} {float(report['measures'][key]):8.3f}   (wanted {sign} {bound:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
