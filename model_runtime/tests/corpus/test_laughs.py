"""Bodies that laugh move as captured people who laugh, while they laugh and no further than they may."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX
from ...contract import FPS, EmotionSpan
from ...corpus.listening.laughs import Laughter, laughter
from ...corpus.listening.nods import listening_leans
from ...corpus.motion.moments import Moments
from ...corpus.script.affect import AffectTrack
from ...datasets.clip import Clip

FRAMES = 30 * FPS


def rocking_clip() -> Clip:
    """Return somebody who rocks back and forth by 20 degrees twice a second."""
    frames = 6 * FPS
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    bend = np.radians(20.0) * np.sin(2 * np.pi * 2.0 * np.arange(frames) / FPS)
    for name in ("spine1", "head"):
        rotations[:, INDEX[name]] = rot.from_axis_angle(np.stack([bend, 0 * bend, 0 * bend], -1).astype(np.float32))
    root = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height], np.float32), (frames, 1))
    return Clip("made/laugh", "made", "CC0-1.0", AVERAGE_SKELETON, root, rotations, ("laugh",))


def of(emotion: str = "joy") -> AffectTrack:
    return AffectTrack([EmotionSpan(emotion, 1.0, 0.0, 30.0)], "childhood friends", True)


def laughing(spans: list[tuple[float, float]]) -> Laughter | None:
    return laughter(np.random.default_rng(2), FRAMES, spans, [rocking_clip()], of())


def test_the_trunk_rocks_while_the_laugh_lasts_and_is_still_elsewhere() -> None:
    added = laughing([(10.0, 12.0)])
    assert added is not None
    moved = np.abs(added.trunk).max(axis=(1, 2))
    assert moved[10 * FPS : 12 * FPS].max() > np.radians(3.0)
    assert moved[: 9 * FPS].max() == 0.0 and moved[14 * FPS :].max() == 0.0
    assert moved.max() < np.radians(9.0)  # of 20 degrees
    assert np.abs(added.head[10 * FPS : 12 * FPS, 0]).max() > np.radians(4.0)


def test_a_laugh_begins_and_ends_without_a_jump() -> None:
    added = laughing([(10.0, 12.0)])
    assert added is not None
    moved = np.abs(added.trunk).max(axis=(1, 2))
    shown = np.flatnonzero(moved)
    assert moved[shown[:3]].max() < np.radians(1.2) and moved[shown[-3:]].max() < np.radians(1.2)


def test_without_a_laugh_or_a_clip_nothing_is_added() -> None:
    assert laughing([]) is None
    assert laughter(np.random.default_rng(1), FRAMES, [(1.0, 2.0)], [], of()) is None


def test_listeners_lean_in_to_what_they_like_and_back_from_what_they_do_not() -> None:
    listens, turns = np.ones(20 * FRAMES, bool), list(np.arange(5.0, 590.0, 10.0))
    liked, disliked = (
        listening_leans(np.random.default_rng(3), listens, turns, np.full(20 * FRAMES, toward))
        for toward in (0.8, -0.8)
    )
    assert liked.mean() > np.radians(0.5) > -np.radians(0.2) > disliked.mean()
    assert np.abs(liked).max() < np.radians(10.0)
    assert not listening_leans(np.random.default_rng(3), ~listens, turns, np.ones(20 * FRAMES)).any()


def test_changes_of_posture_are_drawn_to_the_ends_of_turns_nearby() -> None:
    ends = Moments(np.random.default_rng(4), [10.0, 40.0])
    near = np.array([ends.near(11.5) for _ in range(300)])
    assert 0.75 < np.mean(np.abs(near - 10.0) < 0.7) < 0.95
    assert ends.near(25.0) == 25.0
    assert Moments(np.random.default_rng(4), []).near(3.0) == 3.0
