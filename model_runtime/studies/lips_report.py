"""The lips of the face on held-out readers.

python -m model_runtime evaluate lips [--transcripts] [--emotion joy]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict

from ..common.files import write_whole
from ..contract import QUALITIES
from ..metrics.lips import LipScores, measure_face
from .options import add_face_options, add_shared_options, emotion_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quality", choices=QUALITIES, default="final")
    add_face_options(parser)
    add_shared_options(parser, "data", "weights", "json")


def run(options: argparse.Namespace) -> None:
    scores = measure_face(
        options.data,
        options.weights,
        0,
        options.quality,
        options.transcripts,
        options.lips,
        emotion_of(options),
    )
    print(table(scores))
    if options.json:
        write_whole(options.json, json.dumps({name: asdict(s) for name, s in scores.items()}, indent=1))


def table(scores: Mapping[str, LipScores]) -> str:
    """Return the scores as text, a line per reader."""
    lines = [f"{'reader':10s} {'p/b/m closed':>14s} {'f/v touching':>14s} {'falsely closed':>15s}   jaw r   gap r"]
    for name, s in scores.items():
        closed = f"{s.closure:.1%} of {s.contacts[0]:3d}"
        touching = f"{s.teeth_contact:.1%} of {s.contacts[1]:3d}"
        correlations = f"{s.jaw_correlation:7.2f} {s.gap_correlation:7.2f}"
        lines.append(f"{name:10s} {closed:>14s} {touching:>14s} {s.false_closure:15.1%} {correlations}")
    return "\n".join(lines)
