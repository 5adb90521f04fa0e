"""Plots of a check as SVG, to stand in a page that needs no other file."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..properties.check import CONTACT, FLOOR, PENETRATION
from ..runtime_api import Array, contacts, contract
from .colours import OF_ACTORS
from .curves import highest_of
from .events import readable
from .shot_check import CheckEvent, ShotCheck

WIDTH, _LEFT, _RIGHT, _FOOT = 940, 60, 10, 20  # pixels of a plot, and beside and below its curves
_HEIGHT, _TOP, _LANE, _BAR = 140, 8, 22, 14  # of its curves, above them, of a row of bars, of a bar
_POINTS = 900  # at most, of a curve
_MOST_MARKS = 12  # along the time
_NARROWEST = 2.0  # pixels of a bar
_PAIR, _THINGS, _LINE = "#c0392b", "#7a5aa6", "#999"
_EVENTS = {PENETRATION: ("too deep", "#e0402a"), CONTACT: ("contacts", "#e0b020"), FLOOR: ("feet", "#6f86d6")}
_APART = 0.12  # of the height of a plot: labels beside its axis that are nearer are one over the other
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)  # seconds between two marks


@dataclass(frozen=True)
class Curve:
    """A line over time: ``values`` (T,), what it is and its colour; ``is_lowest`` where the troughs count."""

    name: str
    colour: str
    values: Array
    is_lowest: bool = False


def colour_of(actor: int) -> str:
    """Return the colour of an actor, darker than on a dark ground."""
    return "#" + "".join(f"{round(200 * value):02x}" for value in OF_ACTORS[actor][:3])


def distance_plot(found: ShotCheck) -> str:
    """Return the distance between the two surfaces over the shot, in cm."""
    distance = 100.0 * found.contacts.distance
    curve = Curve("between the two", "#3577b5", distance, is_lowest=True)
    return plot(found, [curve], (0.0, max(1.0, float(np.ceil(distance.max(initial=0.0))))), "cm")


def facing_plot(found: ShotCheck) -> str:
    """Return how far each chest is turned away from the other body, in degrees."""
    turned = np.degrees(found.contacts.facing)
    curves = [Curve(name, colour_of(actor), turned[actor]) for actor, name in enumerate(found.names)]
    return plot(found, curves, (0.0, 180.0), "°")


def depth_plot(found: ShotCheck) -> str:
    """Return how deep the two are in each other, in themselves and in furniture, in cm; a line at the tolerance."""
    measured = found.contacts
    curves = [Curve("in each other", _PAIR, 100.0 * measured.depth)]
    for actor, name in enumerate(found.names):
        curves.append(Curve(f"{name} in the own body", colour_of(actor), 100.0 * measured.self_depth[actor]))
    if found.furniture:
        curves.append(Curve("in furniture", _THINGS, 100.0 * measured.obstacle_depth.max(0)))
    top = max(1.0, 200.0 * measured.tolerance, *(float(np.ceil(curve.values.max(initial=0.0))) for curve in curves))
    return plot(found, curves, (0.0, top), "cm", 100.0 * measured.tolerance)


def soles_plot(found: ShotCheck) -> str:
    """Return how high the lowest point of both soles of each is above the floor, in cm; below zero it is in it."""
    heights = [100.0 * contacts.sole_heights(body) for body in found.bodies]
    curves = [
        Curve(name, colour_of(actor), height, is_lowest=True)
        for actor, (name, height) in enumerate(zip(found.names, heights))
    ]
    low = min(-2.0, *(float(np.floor(height.min(initial=0.0))) for height in heights))
    high = max(4.0, *(float(np.ceil(height.max(initial=0.0))) for height in heights))
    return plot(found, curves, (low, high), "cm", 0.0)


def plot(
    found: ShotCheck, curves: Sequence[Curve], span: tuple[float, float], unit: str, mark: float | None = None
) -> str:
    """Return curves over the shot between two values, with a dashed line at ``mark`` and a legend."""
    low, high = span

    def height(values: Array | float) -> Array:
        return np.asarray(_TOP + _HEIGHT * (1.0 - (np.clip(values, low, high) - low) / (high - low)))

    lines = [
        f'<polyline fill="none" stroke-width="1.5" stroke="{curve.colour}" points="{_points(curve, height)}"/>'
        for curve in curves
    ]
    axis = f'<path d="M{_LEFT} {_TOP}V{_TOP + _HEIGHT}H{WIDTH - _RIGHT}" fill="none" stroke="{_LINE}"/>'
    if mark is not None:
        at = float(height(mark))
        axis += (
            f'<path d="M{_LEFT} {at:.1f}H{WIDTH - _RIGHT}" fill="none" stroke="{_LINE}" stroke-dasharray="4 3"/>'
            f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{mark:g}</text>'
        )
    bounds = "".join(
        f'<text x="{_LEFT - 6}" y="{float(height(value)) + (8 if value == high else 0):.1f}" text-anchor="end">'
        f"{value:g}{f' {unit}' if value == high else ''}</text>"
        for value in span
        if mark is None or abs(value - mark) > _APART * (high - low)
    )
    return _svg(_TOP + _HEIGHT, axis + bounds + "".join(lines), found) + _legend(curves)


def _points(curve: Curve, height: object) -> str:
    sign = -1.0 if curve.is_lowest else 1.0
    values, along = highest_of(sign * curve.values, _POINTS)
    x, y = _LEFT + (WIDTH - _LEFT - _RIGHT) * along, height(sign * values)  # type: ignore[operator]
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))


def _legend(curves: Sequence[Curve]) -> str:
    if len(curves) < 2:
        return ""
    keys = [f'<span style="color:{curve.colour}">&#9632;</span> {html.escape(curve.name)}' for curve in curves]
    return f"<p class=key>{' &nbsp; '.join(keys)}</p>"


def bars(found: ShotCheck) -> str:
    """Return the events over the shot as bars, a row a kind; each says what it is under the mouse."""
    drawn, rows = [], [kind for kind in _EVENTS if any(event.kind == kind for event in found.contacts.events)]
    if not rows:
        return ""
    for row, kind in enumerate(rows):
        title, colour = _EVENTS[kind]
        low = _TOP + row * _LANE
        drawn.append(f'<text x="{_LEFT - 6}" y="{low + 12}" text-anchor="end">{title}</text>')
        for event in found.contacts.events:
            if event.kind == kind:
                drawn.append(_bar(event, found, low, colour))
    return _svg(_TOP + len(rows) * _LANE, "".join(drawn), found)


def _bar(event: CheckEvent, found: ShotCheck, low: int, colour: str) -> str:
    left, right = (_x(row, found) for row in (event.start, event.end + 1))
    other = "" if event.other_actor is None else f"{found.names[event.other_actor]} "
    what = f"{found.names[event.actor]} {readable(event.part)}, {other}{readable(event.other_part)}"
    facts = f"frame {found.frame_at(event.peak):.0f}, {100.0 * event.depth:.1f} cm, {event.seconds:.1f} s"
    return (
        f'<rect x="{left:.1f}" y="{low}" width="{max(right - left, _NARROWEST):.1f}" height="{_BAR}" fill="{colour}" '
        f'fill-opacity="0.6"><title>{html.escape(what)}: {facts}</title></rect>'
    )


def _x(row: float, found: ShotCheck) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * row / max(len(found.contacts.distance) - 1, 1)


def _svg(height: int, inside: str, found: ShotCheck) -> str:
    """Return a drawing of that height, with the seconds of the shot and their frames beneath."""
    seconds = (len(found.contacts.distance) - 1) / contract.FPS
    step = next((step for step in _STEPS if seconds / step <= _MOST_MARKS), _STEPS[-1])
    marks = []
    for second in np.arange(0.0, seconds + 1e-6, step):
        x = _x(second * contract.FPS, found)
        marks.append(
            f'<path d="M{x:.1f} {height}v4" stroke="{_LINE}"/>'
            f'<text x="{x:.1f}" y="{height + 16}" text-anchor="middle">{second:.0f} s</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height + _FOOT}" '
        f'font-family="sans-serif" font-size="11" fill="#555">{inside}{"".join(marks)}</svg>'
    )
