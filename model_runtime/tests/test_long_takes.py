"""Takes longer than the networks' window: no seams, labels followed to the end, memory that does not grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.tracks import label_track
from model_runtime.contract import ActionSpan, Actor, Performance, Request, SpeechClip, Waypoint
from model_runtime.generate import generate
from model_runtime.metrics.body_motion import BodyMotion
from model_runtime.metrics.measures import label_obedience, seam_ratios
from model_runtime.sampling.windows import window_boundaries
from model_runtime.studies.quick import perform
from model_runtime.tests.conftest import ASSETS

VOICES = ASSETS
VOICE = 24.6  # s
ROUND = 30.0  # s
# Bytes a second of both actors: result, kept pieces of it while it is made, conditions, and two voices of 16000
# samples.
RESULT = 30 * 2 * 4 * (3 + 52 * 4 + 52 + 4)
VOICES_HEARD = 2 * 4 * 16000


def take(seconds: float) -> Request:
    """Every half minute the first walks away or back, and the second sits down where it stands and gets up."""
    walks, seats, points = [], [], []
    for number in range(int(np.ceil(seconds / ROUND))):
        begin = number * ROUND
        if begin + 14.0 < seconds:
            walks.append(ActionSpan("walk", begin + 10.0, begin + 14.0))
            points.append(Waypoint(begin + 14.0, (-0.75, 0.0 if number % 2 else -2.6)))
        seats.append(ActionSpan("sit", begin + 5.0, min(begin + 20.0, seconds)))
    starts = np.arange(0.0, seconds - 0.5, VOICE)
    speech = [
        tuple(SpeechClip(str(VOICES / name), s, min(VOICE, seconds - s)) for s in starts)
        for name in ("demo_a.ogg", "demo_b.ogg")
    ]
    first = Actor("Mia", AVERAGE_SKELETON.scaled(0.96), (-0.75, 0.0), np.pi / 2, speech[0], tuple(walks), tuple(points))
    second = Actor("Tom", AVERAGE_SKELETON.scaled(1.05), (0.75, 0.0), -np.pi / 2, speech[1], tuple(seats))
    return Request(seconds, (first, second), seed=5, quality="draft")


def seams(result: Performance, request: Request) -> dict[str, float]:
    bodies = [
        BodyMotion(played.root_positions, played.rotations, actor.skeleton)
        for actor, played in zip(request.actors, result.actors)
    ]
    return seam_ratios([(body.positions, window_boundaries(result.frames)) for body in bodies])


def obedience(result: Performance, request: Request) -> list[float]:
    return [
        label_obedience(label_track(actor, result.frames), played.root_positions, played.rotations, actor.skeleton)
        for actor, played in zip(request.actors, result.actors)
    ]


def test_windows_join_without_a_seam() -> None:
    request = take(25.0)
    result = generate(request)
    assert len(window_boundaries(result.frames)) >= 2
    assert max(seams(result, request).values()) <= 1.3


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_minutes_follow_every_label_have_no_seam_and_need_no_more_memory_than_one(tmp_path: Path) -> None:
    one = perform(take(60.0), tmp_path / "one")
    request = take(300.0)
    five = perform(request, tmp_path / "five")
    assert five.frames == 9001 and len(window_boundaries(five.frames)) > 30
    assert max(seams(five, request).values()) <= 1.1
    assert min(obedience(five, request)) >= 0.95
    before, after = one.report["worker_memory_mb"], five.report["worker_memory_mb"]
    if before is not None:  # Windows does not tell
        longer = 240.0 * (6 * RESULT + 3 * VOICES_HEARD) / 2**20
        assert after - before < longer, (
            f"{before:.0f} MiB for a minute, {after:.0f} MiB for five; {longer:.0f} MiB more are its arrays"
        )
