"""Take overlaps of two bodies out of a performance, and meet the contacts that its request asks for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..contract import Actor, Performance, Progress, ProgressPrinter, request_from_json
from ..errors import InvalidRequest
from ..refine.bodies import Bodies
from ..refine.contacts import ResolveOptions, resolve_shot

_GIVE_WAY = {"both": (0, 1), "first": (0,), "second": (1,)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", help="the request with its contacts, JSON as the add-on writes it")
    parser.add_argument("performance", help="the performance of that request (.npz)")
    parser.add_argument("-o", "--out", required=True, help="where the resolved performance goes (.npz)")
    parser.add_argument("--gives-way", choices=_GIVE_WAY, default="both", help="who changes")
    parser.add_argument("--furthest", type=float, default=0.10, help="metres that a body is readily shifted as a whole")
    parser.add_argument("--tolerance", type=float, default=0.01, help="metres of overlap that flesh takes")


def run(options: argparse.Namespace) -> None:
    try:
        request = request_from_json(Path(options.request).read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request '{options.request}' is not text ({error}); write it again.") from error
    performance = Performance.load(options.performance)
    if not (0.0 <= options.furthest <= 1.0 and 0.0 <= options.tolerance <= 0.1):
        raise InvalidRequest("Use --furthest between 0 and 1 m, and --tolerance between 0 and 0.1 m.")
    printer = ProgressPrinter(sys.stderr)
    choice = ResolveOptions(_GIVE_WAY[options.gives_way], options.furthest, tolerance=options.tolerance)
    bodies, resolved, missed = resolve_shot(
        _bodies(performance, request.actors),
        request.actors,
        request.contacts,
        choice,
        lambda share: printer(Progress("Contacts", share)),
    )
    actors = tuple(
        replace(actor, root_positions=bodies.roots[a], rotations=bodies.rotations[a])
        for a, actor in enumerate(performance.actors)
    )
    warnings = [*performance.report.get("warnings", []), *missed]
    report = {**performance.report, "warnings": warnings, "contacts": resolved.report}
    replace(performance, actors=actors, report=report).save(options.out)
    printer.say(json.dumps(resolved.report, indent=1))


def _bodies(performance: Performance, actors: Sequence[Actor]) -> Bodies:
    """Return the bodies of a performance. Raises ``InvalidRequest`` if it is one of other actors."""
    asked, there = [actor.name for actor in actors], [actor.name for actor in performance.actors]
    if asked != there:
        raise InvalidRequest(
            f"The request is for {', '.join(asked)} and the performance of {', '.join(there)}; "
            "give both files of one take."
        )
    roots, rotations, contacts = (
        np.stack([getattr(actor, name) for actor in performance.actors])
        for name in ("root_positions", "rotations", "foot_contacts")
    )
    return Bodies(roots, rotations, contacts)
