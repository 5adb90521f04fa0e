"""What keeps bodies apart and lets them touch, measured on scenes in which two meet.

    python -m model_runtime evaluate contacts --docs docs

Captured salsa on bodies of other sizes, two started in each other's way, a close walk past each other, two seated, and
the three greetings that are asked for. What keeps bodies apart is measured on each scene as it is played; greetings are
generated with and without their contacts, since arms reach already while they are sampled.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..body_model.contacts import Body, measure_contacts
from ..body_model.skeleton import forward_kinematics
from ..common.files import write_whole
from ..contract import Performance, Request
from ..drawing.documents import fill_in
from ..generate import generate
from ..refine.bodies import Bodies
from ..refine.contacts import resolve_shot
from ..refine.contacts.report import jerk
from .contact_scenes import Scene, generated_scenes, salsa_scenes
from .options import add_shared_options

DEEP = 0.01  # metres
_MARKERS = ("<!-- scenes of contact -->", "<!-- /scenes of contact -->")
_HEADER = (
    "scene", "in each other: deepest", "over 1 cm", "in oneself: deepest", "over 1 cm", "gap", "sliding",
    "joints moved", "jerk", "seconds",
)  # fmt: skip


class Row(NamedTuple):
    """Figures of one scene: metres, metres a second, shares of frames, seconds of processor time for its contacts.

    ``moved``: by the solver; ``jerk``: against the scene without its contacts.
    """

    name: str
    seconds_of_motion: float
    deepest: tuple[float, float]
    deep_frames: tuple[float, float]
    own_deepest: tuple[float, float]
    own_deep_frames: tuple[float, float]
    gap: float | None
    sliding: float | None
    moved: float
    jerk: float
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_shared_options(parser, "data", "docs", "json")
    parser.add_argument("--only", metavar="TEXT", default="", help="scenes with this in their name")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each captured pair (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    rows = []
    for scene in _scenes(options.data, options.seconds):
        if options.only in scene.name:
            rows.append(measure(scene))
            print(_line(rows[-1]), flush=True)
    text = table(rows)
    print(text)
    if options.docs:
        fill_in(options.docs / "contacts.md", _MARKERS, text)
    if options.json:
        write_whole(options.json, json.dumps([row._asdict() for row in rows], indent=1))


def _scenes(data: Path, seconds: float) -> Iterator[Scene]:
    yield from salsa_scenes(data, seconds)
    yield from generated_scenes()


def measure(scene: Scene) -> Row:
    """Play a scene without its contacts and with them, and return what was measured."""
    request = scene.request
    performance = scene.performance or generate(replace(request, contacts=()))
    before = bodies_of(performance)
    after, report, seconds = _greeted(request) if request.contacts else _resolved(request, before)
    own = [_own_depths(request, bodies) for bodies in (before, after)]
    palms = [g for goal, g in zip(request.contacts, report["goals"]) if goal.other]
    return Row(
        scene.name,
        request.duration,
        (report["deepest_before"], report["deepest_after"]),
        (report["deep_frames_before"], report["deep_frames_after"]),
        (float(own[0].max()), float(own[1].max())),
        (float((own[0] > DEEP).mean()), float((own[1] > DEEP).mean())),
        max((found["gap"] for found in palms), default=None),
        max((found["sliding"] for found in palms), default=None),
        report["mean_joint_change"],
        _jerk(request, after) / max(_jerk(request, before), 1e-9),
        seconds,
    )


def _resolved(request: Request, before: Bodies) -> tuple[Bodies, dict[str, Any], float]:
    """Return bodies out of each other, the solver's report, and its seconds."""
    began = time.process_time()
    after, resolved, _ = resolve_shot(before, request.actors, ())
    return after, resolved.report, time.process_time() - began


def _greeted(request: Request) -> tuple[Bodies, dict[str, Any], float]:
    """Return the bodies of a request with contacts, the solver's report, and the seconds that its contacts take.

    The networks are loaded. Run after the same request without contacts.
    """
    times = []
    for contacts in ((), request.contacts):
        began = time.process_time()
        performance = generate(replace(request, contacts=contacts))
        times.append(time.process_time() - began)
    return bodies_of(performance), performance.report["contacts"], times[1] - times[0]


def _jerk(request: Request, bodies: Bodies) -> float:
    return jerk(
        [
            forward_kinematics(bodies.roots[a], bodies.rotations[a], actor.skeleton)
            for a, actor in enumerate(request.actors)
        ]
    )


def bodies_of(performance: Performance) -> Bodies:
    """Return the bodies of a performance."""
    roots, rotations, contacts = (
        np.stack([getattr(actor, name) for actor in performance.actors])
        for name in ("root_positions", "rotations", "foot_contacts")
    )
    return Bodies(roots, rotations, contacts)


def _own_depths(request: Request, bodies: Bodies) -> np.ndarray:
    """Return how deep each actor (2, T) is in itself, metres, soft contact taken off."""
    measured = [
        Body(actor.body_shape, actor.skeleton, bodies.roots[a], bodies.rotations[a])
        for a, actor in enumerate(request.actors)
    ]
    return measure_contacts(measured).self_depth


def table(rows: Sequence[Row]) -> str:
    """Return the rows as the table of the page."""
    head = "| " + " | ".join(_HEADER) + " |\n|" + "---|" * len(_HEADER)
    notes = (
        "Depths and shares of frames are those before and after. Of a body with itself soft contact is taken off,\n"
        "and nothing is done about it here. The gap is the widest, sliding the 95th percentile; joints are moved by\n"
        "the solver, on average over the whole scene; jerk of hands, head and pelvis is that against the scene\n"
        "without its contacts. Seconds of one core, those of guidance among them."
    )
    return "\n".join([head, *map(_line, rows), "", notes])


def _line(row: Row) -> str:
    cells = [
        f"{row.name}, {row.seconds_of_motion:.0f} s",
        f"{100 * row.deepest[0]:.1f}, {100 * row.deepest[1]:.1f} cm",
        f"{100 * row.deep_frames[0]:.1f}, {100 * row.deep_frames[1]:.1f} %",
        f"{100 * row.own_deepest[0]:.1f}, {100 * row.own_deepest[1]:.1f} cm",
        f"{100 * row.own_deep_frames[0]:.1f}, {100 * row.own_deep_frames[1]:.1f} %",
        "" if row.gap is None else f"{100 * row.gap:.1f} cm",
        "" if row.sliding is None else f"{100 * row.sliding:.1f} cm/s",
        f"{100 * row.moved:.1f} cm",
        f"x {row.jerk:.2f}",
        f"{row.seconds:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"
