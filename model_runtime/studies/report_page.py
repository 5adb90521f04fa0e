"""The report of a generation as one HTML file: ``report.html`` of this folder is its template."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from matplotlib.figure import Figure

from ..contract import Request
from .target_rows import target_rows

# What the rows mean, for readers of the report.
MEANINGS = {
    "label_obedience": "share of frames that do what the strips say, 0.5 s after a change on",
    "foot_skate_cm_per_s": "mean speed of a foot on the floor, the worse of the two",
    "floor_depth_cm": "deepest point of a sole",
    "lip_closure": "share of p, b, m on which the lips meet",
    "teeth_contact": "share of f, v on which the lower lip meets the teeth",
    "false_closure": "share of the other sounds on which the lips meet",
    "same_seed_repeats": "bit by bit",
    "seeds_differ_cm": "mean distance of the joints",
    "roles_follow_voices": "a speaker moves hands and mouth more than a listener, also with the voices swapped",
    "silence_hand_speed_cm_per_s": "two without a voice stand calmly",
    "silence_mouth_closed": "share of frames",
    "seam_speed": "speed of the joints at window boundaries over the rest",
    "seam_acceleration": "acceleration of the joints at window boundaries over the rest",
    "seconds_per_minute": "computing time for 60 s of both",
    "worker_memory_mb": "peak of the runtime's process",
}
_PAGE = Template((Path(__file__).parent / "report.html").read_text("utf-8"))


def page(request: Request, report: Mapping[str, Any], plots: Mapping[str, Figure], preview: bool) -> str:
    """Return the page for ``report`` as ``report.write_report`` makes it; ``preview``: preview.png lies beside it."""
    actors = report["measures"]["actors"]
    about = (
        f"{request.duration:.1f} s, seed {report.get('seed')}, {report.get('quality')} quality,"
        f" guidance {report.get('guidance')}"
    )
    return _PAGE.substitute(
        title=html.escape(" and ".join(actors)),
        about=html.escape(about),
        preview='<img alt="preview" src="preview.png">' if preview else "",
        warnings=_warnings(report.get("warnings", [])),
        measures=_measures(report["measures"]),
        held_out=_held_out(report.get("held_out")),
        actors=_actors(actors),
        plots="\n".join(_plot(title, figure) for title, figure in plots.items()),
    )


def _warnings(texts: Iterable[str]) -> str:
    listed = "".join(f"<li>{html.escape(text)}</li>" for text in texts)
    return f"<h2>Warnings</h2>\n<ul>{listed}</ul>" if listed else ""


def _measures(measures: Mapping[str, Any]) -> str:
    """Return the table of the figures that have a target."""
    rows = [_row("th", ("", "reached", "wanted"))]
    for row in target_rows(measures, MEANINGS):
        if row.value is None:
            continue
        title = f"{html.escape(row.target.label)}<br><small>{html.escape(MEANINGS[row.key])}</small>"
        mark, style = ("&#10003;", "good") if row.good else ("&#10007;", "bad")
        reached = f'<span class="{style}">{mark} {_number(row.value)}</span>'
        rows.append(_row("td", (title, reached, html.escape(row.target.bounds))))
    return _table(rows)


def _held_out(held_out: Mapping[str, Any] | None) -> str:
    if held_out is None:
        return ""
    title = f"The weights on held-out voices ({html.escape(held_out['voices'])})"
    return f"<h2>{title}</h2>\n{_measures(held_out['measures'])}"


def _actors(actors: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of every figure of each actor."""
    rows = [_row("th", ["", *(html.escape(name) for name in actors)])]
    for key in next(iter(actors.values())):
        rows.append(_row("td", [html.escape(_words(key)), *(_number(own.get(key)) for own in actors.values())]))
    return _table(rows)


def _table(rows: Iterable[str]) -> str:
    return "<table>" + "\n".join(rows) + "</table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _plot(title: str, figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<h2>{html.escape(title)}</h2>\n<img alt="{html.escape(title)}" src="data:image/png;base64,{picture}">'


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
