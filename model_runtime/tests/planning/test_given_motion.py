"""A body that is given throughout is planned around: it says where it is and what it does, and the other makes way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.arrays import Array
from model_runtime.common.headings import heading_towards, turned
from model_runtime.conditioning.tracks import label_track, root_constraints_of
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    ActionSpan,
    Actor,
    MotionConstraints,
    Request,
    Waypoint,
    frame_count,
)
from model_runtime.planning.given_motion import way_aside
from model_runtime.planning.motion_labels import WALK
from model_runtime.planning.resolve_request import resolve_request
from model_runtime.planning.trajectories import path_ahead

SECONDS = 8.0
FRAMES = frame_count(SECONDS)
TIME = np.arange(FRAMES) / FPS
WEST = -np.pi / 2  # the heading that faces -X


def given(path: Array, heading: float = 0.0, seated: Array | None = None) -> MotionConstraints:
    """A stiff body that is carried along ``path`` (T, 2), and sits on the frames ``seated`` (T,)."""
    sits = np.zeros(FRAMES) if seated is None else seated.astype(float)
    root = np.concatenate([path, (AVERAGE_SKELETON.pelvis_height - 0.45 * sits)[:, None]], -1)
    rotations = np.tile([1.0, 0, 0, 0], (FRAMES, 52, 1))
    rotations[:, 0] = rot.about_z(np.full(FRAMES, heading))
    for side in ("left", "right"):
        rotations[:, INDEX[f"{side}_hip"]] = rot.from_axis_angle(sits[:, None] * np.array([-np.pi / 2, 0, 0]))
    mask = np.zeros((FRAMES, len(BODY_PARTS)), bool)
    mask[:, BODY_PARTS.index("lower")] = True
    return MotionConstraints(
        root.astype(np.float32), rotations.astype(np.float32), np.zeros((FRAMES, 52), np.float32), mask
    )


def straight(begin: tuple[float, float], end: tuple[float, float], first: float, last: float) -> Array:
    """A path (T, 2) that leads evenly from one place to another between two times (s)."""
    share = np.clip((TIME - first) / (last - first), 0.0, 1.0)[:, None]
    return np.asarray(begin) + share * (np.asarray(end) - np.asarray(begin))


def shot(motion: MotionConstraints, partner: Actor | None = None) -> Request:
    mia = Actor("Mia", AVERAGE_SKELETON, (9.0, 9.0), 1.0, constraints=motion)
    return Request(SECONDS, (mia, partner or Actor("Tom", AVERAGE_SKELETON, (0.0, 0.0), WEST)))


def path_of(request: Request, index: int) -> Array:
    """Return the planned path (T, 2) of an actor of a resolved request."""
    labels = np.stack([label_track(actor, FRAMES) for actor in request.actors])
    places = root_constraints_of(request.actors, labels, FRAMES)
    motion = request.actors[0].constraints
    assert motion is not None
    places.position[0] = torch.from_numpy(motion.root_positions[:, :2])
    places.has_position[0] = True
    here = np.array([actor.position for actor in request.actors], np.float32)
    return path_ahead(places, labels == WALK, here, 0, FRAMES)[0][index]


def test_a_given_body_starts_where_its_motion_does_and_not_where_its_rig_stands() -> None:
    request, notes = resolve_request(shot(given(straight((-2.0, 1.0), (-2.0, 1.0), 0, 1), heading=0.5)))
    assert request.actors[0].position == (-2.0, 1.0) and abs(request.actors[0].heading - 0.5) < 1e-5
    assert notes == []


def test_its_labels_are_read_from_its_motion_whatever_its_strips_say() -> None:
    motion = given(straight((-6.0, 1.0), (-2.0, 1.0), 1.0, 4.0), seated=TIME > 5.0)
    asked = shot(motion)
    mia = replace(asked.actors[0], actions=(ActionSpan("sit", 0.0, 8.0),), waypoints=(Waypoint(8.0, (3.0, 3.0)),))
    request, notes = resolve_request(replace(asked, actors=(mia, asked.actors[1])))
    labels = [span.label for span in request.actors[0].actions]
    assert labels == ["stand", "walk", "stand", "sit"] and request.actors[0].waypoints == () and notes == []
    assert abs(request.actors[0].actions[1].start - 1.0) < 0.5 and abs(request.actors[0].actions[1].end - 4.0) < 0.5


def test_the_partner_keeps_turning_to_a_given_body_that_goes_round() -> None:
    angle = np.clip((TIME - 1.0) / 6.0, 0.0, 1.0) * np.pi
    around = 2.0 * np.stack([-np.cos(angle), np.sin(angle)], -1)
    request, _ = resolve_request(shot(given(around)))
    turns = [point for point in request.actors[1].waypoints if point.heading is not None]
    assert len(turns) >= 3
    for point in turns[:-1]:
        wanted = heading_towards(around[min(round(point.time * FPS), FRAMES - 1)])
        assert abs(turned(point.heading, wanted)) < np.radians(30.0)


def test_a_walk_to_a_given_body_ends_beside_where_it_is_then() -> None:
    tom = Actor("Tom", AVERAGE_SKELETON, (0.0, 0.0), WEST, actions=(ActionSpan("walk", 1.0, 5.0, to_partner=True),))
    request, _ = resolve_request(shot(given(straight((-5.0, -2.0), (-5.0, 1.0), 0.0, 3.0)), tom))
    end = max(
        (point for point in request.actors[1].waypoints if abs(point.time - 5.0) < 0.1), key=lambda point: point.time
    )
    assert abs(np.hypot(end.position[0] + 5.0, end.position[1] - 1.0) - 1.2) < 0.01


def test_a_given_path_does_not_bend_round_the_partner() -> None:
    motion = given(straight((-3.0, 0.05), (3.0, 0.05), 1.0, 6.0))
    request, _ = resolve_request(shot(motion))
    np.testing.assert_allclose(path_of(request, 0), motion.root_positions[:, :2], atol=0.02)


def test_who_stands_in_the_way_of_a_given_body_steps_aside_before_it_comes() -> None:
    motion = given(straight((-3.0, 0.05), (3.0, 0.05), 1.0, 6.0))
    request, notes = resolve_request(shot(motion))
    apart = np.linalg.norm(motion.root_positions[:, :2] - path_of(request, 1), axis=-1)
    assert apart.min() > 0.65
    assert len(notes) == 1 and notes[0].startswith("'Tom' stands in the partner's way at ")


def test_who_has_no_time_to_step_aside_stays_with_a_word() -> None:
    request, notes = resolve_request(shot(given(straight((-1.0, 0.0), (3.0, 0.0), 0.0, 1.5))))
    assert all(point.position == (0.0, 0.0) for point in request.actors[1].waypoints)
    assert len(notes) == 1 and "has no time to go aside" in notes[0]


def test_a_stretch_whose_given_ends_are_too_far_apart_is_told() -> None:
    motion = given(straight((0.0, 3.0), (6.0, 3.0), 3.0, 4.0))
    free = (TIME > 2.5) & (TIME < 4.5)
    motion.mask[free] = False
    _, notes = resolve_request(shot(motion))
    assert len(notes) == 1 and notes[0].startswith("'Mia' is given 6.0 m apart at 2.50 s and 4.50 s and slides")
    near = given(straight((0.0, 3.0), (2.0, 3.0), 3.0, 4.0))
    near.mask[free] = False
    assert resolve_request(shot(near))[1] == []


def test_who_walks_keeps_clear_of_a_given_body_that_crosses() -> None:
    motion = given(straight((-2.0, -3.0), (-2.0, 3.0), 1.0, 6.0))
    tom = Actor(
        "Tom", AVERAGE_SKELETON, (0.0, 0.0), WEST, actions=(ActionSpan("walk", 1.0, 6.0),),
        waypoints=(Waypoint(6.0, (-4.0, 0.2)),),
    )  # fmt: skip
    request, _ = resolve_request(shot(motion, tom))
    assert np.linalg.norm(motion.root_positions[:, :2] - path_of(request, 1), axis=-1).min() > 0.7


def test_a_given_body_that_keeps_its_distance_leaves_the_partner_in_place() -> None:
    request, notes = resolve_request(shot(given(straight((-1.2, 0.0), (-1.2, 0.3), 1.0, 4.0))))
    assert request.actors[1].waypoints == () and notes == []


def test_nobody_makes_way_for_a_body_that_is_near_from_the_start() -> None:
    place = np.zeros(2)
    assert way_aside(place, 0.0, 8.0, lambda _: np.array([0.4, 0.0]), 1.0) is None
