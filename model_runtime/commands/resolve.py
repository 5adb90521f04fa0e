"""Take overlaps of two bodies out of a performance, and meet the contacts that its request asks for."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from ..contract import GIVES_WAY, MOVABLE, Performance, ProgressPrinter, Resolve, request_from_json
from ..errors import InvalidRequest
from ..resolve import resolve, with_motion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", help="the request with its contacts, JSON as the add-on writes it")
    parser.add_argument("performance", help="the performance of that request (.npz)")
    parser.add_argument("-o", "--out", required=True, help="where the resolved performance goes (.npz)")
    parser.add_argument("--gives-way", choices=GIVES_WAY, default="both", help="who changes")
    parser.add_argument("--moves", nargs="+", choices=MOVABLE, default=MOVABLE, help="what of a body may change")
    parser.add_argument("--furthest", type=float, default=0.10, help="metres that a body is readily shifted as a whole")
    parser.add_argument("--tolerance", type=float, default=0.01, help="metres of overlap that flesh takes")
    parser.add_argument("--own", action="store_true", help="take overlaps of a body with itself out, too")


def run(options: argparse.Namespace) -> None:
    try:
        request = request_from_json(Path(options.request).read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request '{options.request}' is not text ({error}); write it again.") from error
    performance = Performance.load(options.performance)
    choice = Resolve(options.gives_way, tuple(options.moves), options.tolerance, options.furthest, options.own)
    printer = ProgressPrinter(sys.stderr)
    resolved = resolve(with_motion(replace(request, resolve=choice), performance), printer)
    warnings = [*performance.report.get("warnings", []), *resolved.report["warnings"]]
    report = {**performance.report, "warnings": warnings, "contacts": resolved.report["contacts"]}
    replace(resolved, report=report).save(options.out)
    printer.say(json.dumps(resolved.report["contacts"], indent=1))
