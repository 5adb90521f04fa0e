"""Paths that two people take without walking through each other."""

from itertools import pairwise

import numpy as np
import torch

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.tracks import label_track, root_constraints_of
from model_runtime.contract import ACTION_LABELS, FPS, ActionSpan, Actor, Request, Waypoint
from model_runtime.planning.height_normalisation import normalise_heights
from model_runtime.planning.motion_labels import WALK
from model_runtime.planning.resolve_request import resolve_request
from model_runtime.planning.trajectories import RootConstraints, path_ahead

FRAMES = 300


def planned(starts, goals, walks, elbow_room=0.8) -> np.ndarray:
    """(2, 300, 2) for actors that walk over the frames ``walks`` to ``goals`` (frame, place) each."""
    flags = torch.zeros(2, FRAMES, dtype=torch.bool)
    places = RootConstraints(torch.zeros(2, FRAMES, 2), torch.zeros(2, FRAMES), flags, flags.clone(), elbow_room)
    walking = np.zeros((2, FRAMES), bool)
    for a in (0, 1):
        for frame, place in goals[a]:
            places.position[a, frame], places.has_position[a, frame] = torch.tensor(place), True
        if walks[a]:
            walking[a, walks[a][0] : walks[a][1]] = True
    path, known = path_ahead(places, walking, np.array(starts, np.float32), 0, FRAMES)
    assert known.all()
    return path


def closest(path: np.ndarray) -> float:
    return float(np.linalg.norm(path[0] - path[1], axis=-1).min())


def top_speed(path: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=-1).max() * FPS)


def test_a_walk_bows_around_a_partner_who_stands_in_the_way():
    path = planned([(0, 0), (2, 0.1)], [[(200, (4.0, 0.0))], []], [(0, 200), None])
    assert closest(path) > 0.75
    np.testing.assert_allclose(path[0, [0, 200, 299]], [[0, 0], [4, 0], [4, 0]], atol=1e-5)
    assert (path[1] == path[1, 0]).all(), "who stands stays"


def test_a_walk_bows_around_where_the_partner_sits_down_later_and_not_where_it_was():
    """The partner leaves the way at frame 100 and sits in it, further on, at frame 130; the walk begins at 160."""
    path = planned([(0, 0), (1, 0)], [[(290, (5.0, 0.0))], [(100, (3.0, 0.0))]], [(160, 290), (10, 100)])
    assert closest(path[:, 160:]) > 0.75
    assert abs(path[0, 160:190, 1]).max() < 0.3, "nobody is there any more"


def test_two_who_meet_head_on_both_give_way_to_their_right():
    path = planned([(0, 0), (4, 0)], [[(150, (4.0, 0.0))], [(150, (0.0, 0.0))]], [(0, 150), (0, 150)])
    assert closest(path) > 0.75
    assert path[0, 75, 1] < -0.3 and path[1, 75, 1] > 0.3


def test_paths_that_cross_at_the_same_moment_clear_each_other_and_those_that_do_not_stay_straight():
    starts, goals = [(-2, 0), (0, -2)], [[(120, (2.0, 0.0))], [(120, (0.0, 2.0))]]
    assert closest(planned(starts, goals, [(0, 120), (0, 120)])) > 0.7
    later = [goals[0], [(280, (0.0, 2.0))]]
    path = planned(starts, later, [(0, 120), (160, 280)])
    assert abs(path[0, :, 1]).max() < 1e-6 and abs(path[1, :, 0]).max() < 1e-6


def test_a_path_through_several_places_is_walked_without_a_stop():
    path = planned([(0, 0), (9, 9)], [[(60, (2.0, 0.0)), (120, (3.0, 1.5)), (180, (3.0, 3.5))], []], [(0, 180), None])
    np.testing.assert_allclose(path[0, [60, 120, 180]], [(2.0, 0.0), (3.0, 1.5), (3.0, 3.5)], atol=1e-5)
    speed = np.linalg.norm(np.diff(path[0], axis=0), axis=-1) * FPS
    assert speed[30:150].min() > 0.6 and speed.max() < 2.0


def test_a_bow_costs_no_haste():
    path = planned([(0, 0), (2, 0.0)], [[(150, (4.0, 0.0))], []], [(0, 150), None])
    assert top_speed(path[0]) < 1.6


def test_who_plays_alone_goes_straight():
    path = planned([(0, 0), (2, 0.0)], [[(150, (4.0, 0.0))], []], [(0, 150), None], elbow_room=0.0)
    assert abs(path[0, :, 1]).max() == 0


def test_no_request_however_odd_lays_a_path_that_flies():
    """Five hundred requests of random labels, places, sizes and times: what is laid covers the shot and never leaps."""
    rng = np.random.default_rng(1)
    for _ in range(500):
        seconds = float(rng.choice([0.5, 3.0, 8.0, 20.0]))
        played, _ = normalise_heights(
            resolve_request(
                Request(seconds, tuple(anybody(rng, name, seconds) for name in ("Mia", "Tom")[: rng.integers(1, 3)]))
            )[0]
        )
        frames = played.frames
        for actor in played.actors:
            assert actor.actions[0].start == 0.0 and abs(actor.actions[-1].end - seconds) < 1e-6
            assert all(abs(a.end - b.start) < 1e-6 < a.end - a.start for a, b in pairwise(actor.actions))
        labels = np.stack([label_track(actor, frames) for actor in played.actors])
        places = root_constraints_of(played.actors, labels, frames)
        path, known = path_ahead(
            places, labels == WALK, np.array([actor.position for actor in played.actors], np.float32), 0, frames
        )
        speed = np.linalg.norm(np.diff(path, axis=1), axis=-1) * FPS * (known[:, 1:] & known[:, :-1])
        assert speed.max() < 15.0, "half a metre a frame is where a hairpin meets a bow; a flight is further"


def anybody(rng: np.random.Generator, name: str, seconds: float) -> Actor:
    spans, time = [], float(rng.uniform(-1, 1))
    while time < seconds:
        length = float(rng.choice([0.05, 0.2, 0.5, 1, 2, 5]))
        spans.append(ActionSpan(str(rng.choice(ACTION_LABELS)), time, time + length))
        time += length + float(rng.choice([0, 0, 0.1, 1]))
    points = [
        Waypoint(
            0.5 * float(rng.integers(int(2 * seconds))),
            (float(rng.normal() * rng.choice([0.3, 3, 30])), float(rng.normal())),
            float(rng.normal()) if rng.random() < 0.5 else None,
        )
        for _ in range(rng.integers(0, 5))
    ]
    skeleton = AVERAGE_SKELETON.scaled(float(rng.choice([0.24, 1.0, 2.3])))
    return Actor(
        name,
        skeleton,
        (float(rng.normal()), float(rng.normal())),
        float(rng.normal()),
        actions=tuple(spans),
        waypoints=tuple(points),
    )
