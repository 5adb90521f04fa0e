"""Requests that are odd but fair, generated with the weights that ship: changes in mid-take, sizes, distances, one
actor.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON, heading_of
from model_runtime.contract import FPS, ActionSpan, Actor, ActorPerformance, Performance, Request, Style, Waypoint
from model_runtime.generate import generate
from model_runtime.metrics.measures import floor_depth
from model_runtime.planning.motion_labels import SIT, STAND, WALK, label_frames
from model_runtime.sampling.body_sampler import load_body_stages
from model_runtime.sampling.windows import windows

EAST = np.pi / 2  # faces +X


def person(
    name: str, at: tuple[float, float], heading: float, *spans: tuple, size: float = 1.0, **changes: Any
) -> Actor:
    return Actor(
        name, AVERAGE_SKELETON.scaled(size), at, heading, actions=tuple(ActionSpan(*span) for span in spans), **changes
    )


def mia(at: tuple[float, float], *spans: tuple, **changes: Any) -> Actor:
    return person("Mia", at, EAST, *spans, **changes)


def tom(at: tuple[float, float] = (1.5, 0.0), *spans: tuple, **changes: Any) -> Actor:
    return person("Tom", at, -EAST, *spans, **changes)


def play(*actors: Actor, seconds: float = 6.0) -> Performance:
    performance = generate(Request(seconds, actors, seed=3, quality="draft"))
    for actor, played in zip(actors, performance.actors, strict=True):
        assert all(np.isfinite(x).all() for x in (played.root_positions, played.rotations, played.face))
        assert len(played.root_positions) == performance.frames
        assert floor_depth(played.root_positions, played.rotations, actor.skeleton) <= 0.005 * max(
            1.0, actor.skeleton.height / 1.7
        )
    return performance


def labels(played: ActorPerformance, actor: Actor) -> np.ndarray:
    return label_frames(played.root_positions, played.rotations, actor.skeleton)


def turned(played: ActorPerformance, frame: int, heading: float) -> float:
    """Degrees between the heading on a frame and another."""
    return float(np.degrees(abs((heading_of(played.rotations[frame, 0]) - heading + np.pi) % (2 * np.pi) - np.pi)))


def apart(performance: Performance) -> np.ndarray:
    return np.linalg.norm(
        performance.actors[0].root_positions[:, :2] - performance.actors[1].root_positions[:, :2], axis=-1
    )


def test_standing_turns_into_sitting_and_sitting_into_standing_within_half_a_second():
    actor = mia((-0.5, 0.0), ("sit", 2, 5))
    found = labels(play(actor, tom(), seconds=8.0).actors[0], actor)
    assert (found[: 2 * FPS] == STAND).mean() > 0.9
    assert (found[round(2.5 * FPS) : 5 * FPS] == SIT).mean() > 0.9
    assert (found[round(5.7 * FPS) :] == STAND).mean() > 0.6


def test_a_walk_to_a_seat_ends_seated_on_it_with_the_seat_behind():
    actor = mia((-3.0, 0.0), ("walk", 0.5, 5), ("sit", 5, 8), waypoints=(Waypoint(8.0, (0.0, 0.0), EAST),))
    played = play(actor, tom((1.6, 0.0)), seconds=8.0).actors[0]
    found = labels(played, actor)
    assert (found[round(1.0 * FPS) : round(4.4 * FPS)] == WALK).mean() > 0.8
    assert (found[round(5.5 * FPS) :] == SIT).mean() > 0.9
    assert np.linalg.norm(played.root_positions[round(6.5 * FPS) :, :2], axis=-1).max() < 0.1
    assert max(turned(played, frame, EAST) for frame in range(round(6.5 * FPS), len(found))) < 20
    assert turned(played, 5 * FPS, EAST) < 45, "turned before the seat"


def test_a_walk_to_the_partner_ends_at_talking_distance():
    actor = mia((-3.0, 1.0), ("walk", 0.5, 4.5, True))
    performance = play(actor, tom((1.0, 0.0)))
    assert 0.9 < apart(performance)[round(5.0 * FPS) :].mean() < 1.5
    assert performance.report["warnings"] == [
        f"'{name}' has no voice in this shot and only listens." for name in ("Mia", "Tom")
    ]


@pytest.mark.parametrize("waits", [False, True])
def test_nobody_walks_through_the_partner(waits):
    first = mia((-2.0, 0.0), ("walk", 0.5, 5.5), waypoints=(Waypoint(5.5, (2.5, 0.0)),))
    second = tom((0.3, 0.0)) if waits else tom((2.0, 0.0), ("walk", 0.5, 5.5), waypoints=(Waypoint(5.5, (-2.5, 0.0)),))
    performance = play(first, second)
    assert apart(performance).min() > 0.5
    assert np.linalg.norm(performance.actors[0].root_positions[-1, :2] - (2.5, 0.0)) < 0.3


def test_two_who_start_inside_each_other_neither_explode_nor_move_away():
    performance = play(mia((0.0, 0.0)), tom((0.1, 0.0)), seconds=3.0)
    assert any("start inside each other" in warning for warning in performance.report["warnings"])
    for played in performance.actors:
        assert np.ptp(played.root_positions[:, :2], axis=0).max() < 0.3


def test_two_who_start_far_apart_play_as_two_nearby_do():
    far, near = (play(mia((-x, 0.0)), tom((x, 0.0)), seconds=3.0) for x in (20.0, 3.5))
    for a in (0, 1):
        start = (-20.0, 20.0)[a]
        assert np.abs(far.actors[a].root_positions[:, 0] - start).max() < 0.3
        moved = far.actors[a].root_positions - near.actors[a].root_positions
        assert np.ptp(moved[..., :2], axis=0).max() < 0.01, "the networks see the furthest partner they know"


def test_a_walk_too_fast_is_told_and_nobody_flies():
    performance = play(mia((-20.0, 0.0), ("walk", 1, 2), waypoints=(Waypoint(2.0, (0.0, 0.0)),)), tom(), seconds=3.0)
    assert any("20.0 m in 1.0 s" in warning for warning in performance.report["warnings"])
    speed = np.linalg.norm(np.diff(performance.actors[0].root_positions[:, :2], axis=0), axis=-1) * FPS
    assert speed.max() < 3.0 and performance.actors[0].root_positions[-1, 0] < -18.0


@pytest.mark.parametrize("height", [0.4, 4.0])
def test_a_doll_and_a_giant_walk_and_sit_at_their_own_size(height):
    size = height / 1.7
    first = mia(
        (-1.0 * size, 0.0),
        ("walk", 0.5, 3.5),
        ("sit", 4.5, 7),
        size=size,
        waypoints=(Waypoint(3.5, (1.0 * size, 1.5 * size)),),
        seat_height=0.45 * size,
    )
    performance = play(first, tom((3.0 * size, 0.0), size=size), seconds=7.0)
    played = performance.actors[0]
    found = labels(played, first)
    assert (found[round(1.5 * FPS) : round(3.3 * FPS)] == WALK).mean() > 0.8
    assert (found[round(5.2 * FPS) :] == SIT).mean() > 0.8
    assert np.linalg.norm(played.root_positions[round(3.7 * FPS), :2] - np.array([1.0, 1.5]) * size) < 0.3 * size
    speed = np.linalg.norm(np.diff(played.root_positions[:, :2], axis=0), axis=-1) * FPS
    assert speed.max() < 3.0 * size


def test_a_doll_takes_more_steps_for_a_metre_than_a_person():
    def steps_per_metre(size: float, way: float) -> float:
        actor = mia((0.0, 0.0), ("walk", 0.5, 3.5), size=size, waypoints=(Waypoint(3.5, (way, 0.0)),))
        played = play(actor, tom((0.0, 2.0), size=size), seconds=4.0).actors[0]
        assert abs(played.root_positions[-1, 0] - way) < 0.2 * way
        return int((np.diff((played.foot_contacts[:, ::2] > 0.5).astype(int), axis=0) == 1).sum()) / way

    assert steps_per_metre(0.4 / 1.7, 0.8) > 2 * steps_per_metre(1.0, 2.5)


def test_a_doll_beside_a_person_keeps_its_place_and_feet_on_the_floor():
    doll = mia((-0.6, 0.0), ("walk", 1, 4), size=0.4 / 1.7, waypoints=(Waypoint(4.0, (-0.2, 0.4)),))
    performance = play(doll, tom((0.6, 0.0)), seconds=5.0)
    assert np.linalg.norm(performance.actors[0].root_positions[-1, :2] - (-0.2, 0.4)) < 0.1
    assert np.linalg.norm(performance.actors[1].root_positions[:, :2] - (0.6, 0.0), axis=-1).max() < 0.3


def test_one_actor_plays_alone_and_arrives_where_it_walks_to():
    actor = mia((-2.0, 0.0), ("walk", 0.5, 5), waypoints=(Waypoint(5.0, (1.5, 0.0)),))
    performance = play(actor)
    assert [played.name for played in performance.actors] == ["Mia"]
    assert np.abs(performance.actors[0].root_positions[:, 1]).max() < 0.8
    assert np.linalg.norm(performance.actors[0].root_positions[-1, :2] - (1.5, 0.0)) < 0.2


def test_one_actor_is_saved_and_loaded(tmp_path):
    play(mia((0.0, 0.0)), seconds=1.0).save(tmp_path / "alone.npz")
    loaded = Performance.load(tmp_path / "alone.npz")
    assert [played.name for played in loaded.actors] == ["Mia"] and loaded.frames == 31


def test_a_short_label_is_told_and_the_rest_is_played():
    actor = mia((-0.5, 0.0), ("walk", 1.0, 1.1))
    performance = play(actor, tom(), seconds=3.0)
    assert any("only 0.10 s long" in warning for warning in performance.report["warnings"])
    assert (labels(performance.actors[0], actor) == STAND).all()


def test_what_the_weights_cannot_hear_is_told():
    actor = replace(mia((-0.5, 0.0)), style=Style(liveliness=2.0))
    known = "style" in load_body_stages()[1].config.conditions
    told = any("know no style" in warning for warning in play(actor, tom(), seconds=1.0).report["warnings"])
    assert told != known


def test_a_take_of_no_frames_still_has_a_window_and_windows_share_a_long_one():
    assert len(windows(0)) == 1 and len(windows(1)) == 1
    assert all(after.start + after.overlap == before.stop for before, after in pairwise(windows(3000)))
