"""A captured body that is kept, and the partner performed around it: one sheet, and whether it came back.

    python -m model_runtime show around docs/images/around_capture.png

The capture is given throughout the shot; it holds its last pose where it is shorter.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import AVERAGE_SKELETON, heading_of
from ..contract import (
    PART_JOINTS,
    Actor,
    ActorPerformance,
    Performance,
    Request,
    SpeechClip,
    constraints_from_performance,
    frame_count,
)
from ..datasets.clip import Clip
from ..datasets.library import read_clip
from ..drawing.contact_sheets import performance_sheet
from ..generate import generate
from .options import add_shared_options
from .quick import ASSETS

APART = 1.5  # metres between the two at the start
_EAST = np.pi / 2  # the heading that faces +X


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, help="the sheet to draw")
    parser.add_argument("--clip", default="cmu/06_10", help="the captured body (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of the shot (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--quality", default="draft")
    add_shared_options(parser, "data", "weights")


def run(options: argparse.Namespace) -> None:
    clip = read_clip(options.data / "motion", options.clip)
    request = around(clip, options.seconds, options.seed, options.quality)
    performance = generate(request, weights=options.weights)
    print("; ".join([*performance.report["warnings"], description(request, performance)]))
    title = f"{clip.name} (grey) kept as captured; partner and both faces generated around it"
    skeletons = [actor.skeleton for actor in request.actors]
    print(performance_sheet(performance, skeletons, options.out, title=title))


def around(clip: Clip, seconds: float, seed: int = 0, quality: str = "draft") -> Request:
    """Return a shot of the demo's voices in which the first actor's body is the clip and the second faces it."""
    captured = placed(clip, frame_count(seconds))
    voices = [(SpeechClip(str(ASSETS / f"demo_{name}.ogg"), 0.0, seconds),) for name in ("a", "b")]
    given = constraints_from_performance(captured, tuple(PART_JOINTS))
    first = Actor("Mia", clip.skeleton, (-APART / 2, 0.0), _EAST, voices[0], constraints=given)
    second = Actor("Tom", AVERAGE_SKELETON, (APART / 2, 0.0), -_EAST, voices[1])
    return Request(seconds, (first, second), seed=seed, quality=quality)


def placed(clip: Clip, frames: int) -> ActorPerformance:
    """Return a clip as an actor's motion of ``frames`` frames that starts at the first actor's place and heading."""
    chosen = np.minimum(np.arange(frames), len(clip.root_positions) - 1)
    root, rotations = clip.root_positions[chosen].copy(), clip.rotations[chosen].copy()
    turn = rot.about_z(np.full(frames, _EAST - float(heading_of(rotations[0, 0]))))
    root = rot.rotate(turn, root - [*root[0, :2], 0.0]) + [-APART / 2, 0.0, 0.0]
    rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
    nothing = np.zeros((frames, 52), np.float32)
    return ActorPerformance(
        "Mia", root.astype(np.float32), rotations.astype(np.float32), nothing, nothing[:, :4].copy()
    )


def description(request: Request, performance: Performance) -> str:
    """Return in one line whether the capture came back and how near the two came."""
    given, (first, second) = request.actors[0].constraints, performance.actors
    assert given is not None
    same = np.array_equal(first.root_positions, given.root_positions) and np.array_equal(
        first.rotations, given.rotations
    )
    apart = np.linalg.norm(first.root_positions[:, :2] - second.root_positions[:, :2], axis=-1)
    back = "comes back bit for bit" if same else "has CHANGED"
    return f"the capture {back}; the two are {apart.min():.2f} m apart or more"
