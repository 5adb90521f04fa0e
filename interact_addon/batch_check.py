"""The command *check*: what two characters of a .blend do to each other and to the floor, as a report."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import bpy

from .check.report import write_report
from .check.shot_check import check_shot
from .progress import frames_as_progress, quiet
from .runtime_api import contract, errors

EXIT_CODE = 3  # of a shot that is refused
_UNITS = {"mm": 0.001, "cm": 0.01, "m": 1.0}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of *check* to its parser."""
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="DIR", help="the folder for the report")
    parser.add_argument(
        "--fail-over",
        type=_depth,
        metavar="DEPTH",
        help=f"exit with {EXIT_CODE} where a body is deeper in the other, in itself or in furniture than this, "
        "such as 2cm",
    )
    parser.add_argument("--tolerance", type=_depth, metavar="DEPTH", help="instead of the tolerance set in the scene")


def check(scene: bpy.types.Scene, folder: Path, options: argparse.Namespace) -> None:
    """Check a scene and write the report into a folder. Raises ``ShotRefused`` where it is deeper than allowed."""
    if options.tolerance is not None:
        scene.interact.check.tolerance = options.tolerance  # type: ignore[attr-defined]
    printer = contract.ProgressPrinter()
    with quiet(), frames_as_progress(scene, "Checking", printer):
        found = check_shot(scene)
    name = Path(bpy.data.filepath).stem or scene.name
    for path in write_report(found, folder, name):
        printer.wrote(path)
    depth, row, where = found.deepest
    if options.fail_over is not None and depth > options.fail_over:
        raise errors.ShotRefused(
            f"The overlap {where} is {100.0 * depth:.1f} cm deep at frame {found.frame_at(row):.0f}, and "
            f"{100.0 * options.fail_over:.1f} cm are allowed; see '{folder / 'check.html'}'."
        )


def _depth(text: str) -> float:
    """Return metres of a text such as ``2cm``, ``5mm`` or ``0.02``."""
    match: Any = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(mm|cm|m)?\s*", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no depth; write 2cm, 5mm or 0.02 (metres)")
    return float(match[1]) * _UNITS[match[2] or "m"]
