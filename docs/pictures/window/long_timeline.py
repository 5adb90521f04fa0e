"""No picture, but what the add-on adds to a redraw with 300 strips, for `docs/manual/timeline.md`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blender_tests.in_window import long_timeline
from model_runtime.drawing.documents import fill_in

PAGE = Path(__file__).resolve().parents[2] / "manual" / "timeline.md"
MARKS = ("<!-- long timeline -->", "<!-- /long timeline -->")

long_timeline.put_clocks()


def steps() -> Iterator[float | str]:
    seen: dict[str, Any] = {}
    yield from long_timeline.steps(seen)
    fill_in(PAGE, MARKS, table(seen))
    print(seen, flush=True)


def table(seen: dict[str, Any]) -> str:
    """Return the figures as the page shows them."""
    slowest = max(seen["panels"], key=seen["panels"].get)
    name = slowest.removeprefix("INTERACT_PT_").removesuffix("_sequencer").replace("_", " ").title()
    rows = [
        (f"the slowest panel, *{name}*", seen["panels"][slowest]),
        ("lines, bands and words over all editors, those that are on at first", seen["share"]["usual"]),
        ("the same with trails, ghosts, bodies, points and graph", seen["share"]["all"]),
        ("a redraw of the whole window without any of them, by the clock", seen["redraw"]["none"]),
    ]
    return "\n".join(["| median of many redraws | ms |", "|---|---|", *(f"| {what} | {ms:.1f} |" for what, ms in rows)])
