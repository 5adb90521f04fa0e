"""The command *export*: what is seen of the characters of a .blend, as files of one format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from .export.shot import export_shot
from .formats import FORMATS, PRESETS, RATES, Settings
from .progress import frames_as_progress, quiet
from .runtime_api import contract, errors


def add_shot(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add the .blend and the scene of a command that does ``verb`` with it."""
    parser.add_argument(
        "blend", nargs="?", type=Path, help="the shot; may be left out where Blender has it open already"
    )
    parser.add_argument("--scene", help=f"the scene to {verb}, where it is not the one the file opens with")


def add_command(commands: Any, run: Callable[[argparse.Namespace], None]) -> None:
    """Add *export* to the commands of a parser."""
    parser = commands.add_parser("export", help="write what is seen of the characters, for other programs")
    add_shot(parser, "export")
    parser.add_argument("--format", choices=FORMATS, default="fbx", help="the kind of file: fbx if it is not said")
    parser.add_argument("--preset", choices=PRESETS, default="plain", help="the program that an FBX is meant for")
    parser.add_argument("--each", action="store_true", help="a file for each actor in the place of one for both")
    parser.add_argument("--root-motion", action="store_true", help="a root bone makes the way over the ground")
    parser.add_argument("--bake-bendy", action="store_true", help="a bone for every bend of a bendy bone")
    parser.add_argument("--rate", type=int, choices=RATES, default=30, help="rows a second of Live Link Face")
    parser.add_argument("--out", required=True, type=Path, metavar="PATH", help="the file to write, or a folder for it")
    parser.set_defaults(run=run)


def place_and_settings(options: argparse.Namespace) -> tuple[Path, Settings]:
    """Return where to write and what. Raises ``InvalidRequest`` for a file name of another format."""
    settings = Settings(
        options.format, options.preset, options.each, options.root_motion, options.rate, options.bake_bendy
    )
    path = options.out.resolve()
    known = {one.suffix for one in FORMATS.values()}
    if path.suffix == settings.suffix and not path.is_dir():
        return path, settings
    if path.suffix in known and not path.is_dir():
        raise errors.InvalidRequest(
            f"'{path.name}' is no name for {FORMATS[settings.format].label}; end it with {settings.suffix}, or choose "
            "another --format."
        )
    name = (options.blend.stem if options.blend is not None else Path(bpy.data.filepath).stem) or "shot"
    return path / f"{name}{settings.suffix}", settings


def export(scene: bpy.types.Scene, path: Path, settings: Settings) -> None:
    """Write the files and name them, then what they could not hold."""
    printer = contract.ProgressPrinter()
    with quiet(), frames_as_progress(scene, f"Exporting {FORMATS[settings.format].label}", printer):
        done = export_shot(scene, path, settings)
    for file in done.files:
        printer.wrote(file)
    for warning in done.warnings:
        print(f"warning: {warning}", file=sys.stderr)
