"""Generate one performance from one request, without Blender."""

from __future__ import annotations

import argparse
import sys

from .. import worker
from ..contract import ProgressPrinter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", help="the request, JSON as the add-on writes it")
    parser.add_argument("-o", "--out", required=True, help="where the performance goes (.npz)")
    parser.add_argument("--weights", help="a folder of weights other than the ones that came with the runtime")
    parser.add_argument(
        "--wav2vec2",
        help="a folder with a wav2vec 2.0 and its trained adapter, in the place of the default speech encoder",
    )


def run(options: argparse.Namespace) -> None:
    printer = ProgressPrinter(sys.stderr)
    worker.run_job(vars(options), printer)
    printer.say(options.out)
