"""What a check found, as files: a page with plots, a table of events, and numbers for a pipeline."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..properties.check import CONTACT, PENETRATION
from ..runtime_api import Array, contract, files
from .curves import highest_of
from .shot_check import CheckEvent, ShotCheck

_WIDTH, _HEIGHT, _LEFT = 900, 150, 60  # of a plot, pixels
_POINTS = 900  # at most, of a curve
_STYLE = (
    "body{font:14px/1.5 sans-serif;max-width:1000px;margin:2em auto;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td.name,th.name{text-align:left}svg text{font:11px sans-serif;fill:#555}"
)
_COLUMNS = ("kind", "actor", "part", "other_actor", "other_part", "start_s", "end_s", "frame", "depth_cm", "seconds",
            "sliding_cm_s")  # fmt: skip


def write_report(found: ShotCheck, folder: Path, title: str) -> list[Path]:
    """Write ``check.html``, ``events.csv`` and ``check.json`` into a folder that exists; return their paths."""
    texts = {"check.html": page(found, title), "events.csv": table(found), "check.json": numbers(found)}
    return [files.write_whole(folder / name, text) for name, text in texts.items()]


def table(found: ShotCheck) -> str:
    """Return the events as CSV, one row each, in the order of time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(event, found) for event in found.contacts.events)
    return text.getvalue()


def _row(event: CheckEvent, found: ShotCheck) -> list[str]:
    other = "" if event.other_actor is None else found.names[event.other_actor]
    return [
        event.kind, found.names[event.actor], event.part, other, event.other_part,
        f"{event.start / contract.FPS:.3f}", f"{(event.end + 1) / contract.FPS:.3f}",
        f"{found.frame_at(event.peak):.1f}",
        f"{100.0 * event.depth:.2f}", f"{event.seconds:.3f}", f"{100.0 * event.speed:.2f}",
    ]  # fmt: skip


def numbers(found: ShotCheck) -> str:
    """Return the measures of the whole shot as JSON: metres, seconds, shares of frames."""
    return json.dumps(found.measures, indent=2) + "\n"


def page(found: ShotCheck, title: str) -> str:
    """Return the report as one HTML page that needs no other file."""
    deep = [event for event in found.contacts.events if event.kind == PENETRATION]
    touching = [event for event in found.contacts.events if event.kind == CONTACT]
    feet = [event for event in found.contacts.events if event.kind not in (PENETRATION, CONTACT)]
    seconds = np.arange(len(found.contacts.distance)) / contract.FPS
    names = [html.escape(name) for name in found.names]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(title)}</h1><p>{names[0]} and {names[1]}, {seconds[-1]:.1f} s.</p>",
        _measures(found.measures),
        "<h2>Distance between the two (cm)</h2>",
        plot(seconds, [("#3577b5", 100.0 * found.contacts.distance)]),
        "<h2>Depth in each other and in themselves (cm)</h2>",
        plot(
            seconds,
            [
                ("#c0392b", 100.0 * found.contacts.depth),
                *zip(("#d98a1f", "#7d9c3b"), 100.0 * found.contacts.self_depth),
            ],
        ),
        f"<p>Red: in each other. Orange: {names[0]} in herself or himself. Green: {names[1]}.</p>",
        *(
            _events(heading, events, found)
            for heading, events in (("Penetrations", deep), ("Contacts", touching), ("Feet", feet))
        ),
    ]
    return "\n".join(parts) + "</html>\n"


def _measures(measures: dict[str, Any]) -> str:
    rows = [
        f"<tr><td class=name>{html.escape(name.replace('_', ' '))}</td><td>{value:.3g}</td></tr>"
        for name, value in measures.items()
        if isinstance(value, (int, float))
    ]
    return f"<table>{''.join(rows)}</table>"


def _events(heading: str, events: Sequence[CheckEvent], found: ShotCheck) -> str:
    if not events:
        return f"<h2>{heading}</h2><p>None.</p>"
    head = "".join(f"<th class=name>{name.replace('_', ' ')}</th>" for name in _COLUMNS[1:])
    rows = [
        "<tr>" + "".join(f"<td class=name>{html.escape(cell)}</td>" for cell in _row(event, found)[1:]) + "</tr>"
        for event in events
    ]
    return f"<h2>{heading}</h2><table><tr>{head}</tr>{''.join(rows)}</table>"


def plot(seconds: Array, curves: Sequence[tuple[str, Array]]) -> str:
    """Return curves (colour, values (T,)) over ``seconds`` (T,) as SVG; values below zero are drawn at zero."""
    top = max(1.0, float(np.ceil(max(values.max(initial=0.0) for _, values in curves))))
    lines = [
        f'<polyline fill=none stroke-width=1.5 stroke="{colour}" points="{_polyline(values, top)}"/>'
        for colour, values in curves
    ]
    end = max(float(seconds[-1]), 1e-6)
    marks = [
        f'<text x="{_LEFT + (_WIDTH - _LEFT) * second / end:.0f}" y="{_HEIGHT + 14}">{second:.0f} s</text>'
        for second in np.arange(0.0, end, max(1.0, np.ceil(end / 12.0)))
    ]
    axis = (
        f'<path d="M{_LEFT} 0V{_HEIGHT}H{_WIDTH}" fill=none stroke="#999"/>'
        f'<text x=8 y=12>{top:.0f} cm</text><text x=8 y="{_HEIGHT}">0</text>'
    )
    return f'<svg width="{_WIDTH}" height="{_HEIGHT + 20}">{axis}{"".join(lines)}{"".join(marks)}</svg>'


def _polyline(values: Array, top: float) -> str:
    """Return the points of a curve."""
    highest, along = highest_of(values, _POINTS)
    x, y = _LEFT + (_WIDTH - _LEFT) * along, _HEIGHT * (1.0 - np.clip(highest / top, 0.0, 1.0))
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))
