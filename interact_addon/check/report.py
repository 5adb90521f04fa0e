"""What a check found, as files: a page with plots, a table of events, and numbers for a pipeline."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..properties.check import CONTACT, PENETRATION
from ..runtime_api import contract, files
from . import plots
from .shot_check import CheckEvent, ShotCheck

# InterAct's totals (tables 8 and 9): minutes an hour in which a hand touches that part of oneself, and of the other.
_OF_INTERACT = {"head": (0.1, 0.0), "shoulder": (0.1, 0.1), "elbow": (0.2, 0.1), "hand": (7.3, 0.3)}
_STYLE = (
    "body{font:14px/1.5 sans-serif;max-width:1080px;margin:2em auto;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td.name,th.name{text-align:left}p.key{color:#666;font-size:12px;margin:.2em 0 .8em}svg{display:block}"
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
    seconds = (len(found.contacts.distance) - 1) / contract.FPS
    names = [html.escape(name) for name in found.names]
    tolerance = 100.0 * found.contacts.tolerance
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(title)}</h1><p>{names[0]} and {names[1]}, {seconds:.1f} s from frame {found.first}, "
        f"overlaps from {tolerance:g} cm on.</p>",
        _measures(found.measures),
        "<h2>Distance between the two</h2>",
        plots.distance_plot(found),
        "<h2>How far each chest is turned away from the other</h2>",
        plots.facing_plot(found),
        "<h2>Depth</h2>",
        plots.depth_plot(found),
        plots.bars(found),
        "<h2>Lowest sole above the floor</h2>",
        plots.soles_plot(found),
        "<h2>What hands touch</h2>",
        _touched(found),
        *(
            _events(heading, events, found)
            for heading, events in (("Penetrations", deep), ("Contacts", touching), ("Feet", feet))
        ),
    ]
    return "\n".join(parts) + "</html>\n"


def _touched(found: ShotCheck) -> str:
    """Return InterAct's table of contacts of this shot, beside its own figures."""
    minutes, seconds = found.measures["minutes_an_hour"], found.measures["seconds"]
    rows = []
    for part, theirs in _OF_INTERACT.items():
        cells = [f"{minutes[f'{whose}_hand_{part}'] * seconds / 60.0:.1f}" for whose in ("self", "pair")]
        cells += [f"{minutes[f'{whose}_hand_{part}']:.1f}" for whose in ("self", "pair")]
        cells += [f"{value:.1f}" for value in theirs]
        rows.append(f"<tr><td class=name>hand - {part}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = ("seconds, own", "of the other", "minutes an hour, own", "of the other", "InterAct, own", "of the other")
    head = "".join(f"<th>{text}</th>" for text in heads)
    return (
        f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table><p class=key>InterAct: minutes an hour of its captures "
        "(Ho et al. 2025), of other people and scenes.</p>"
    )


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
