"""Heads turn to what an actor is told to look at, hands are where they are pinned, and all else stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, EYES, INDEX, forward_kinematics
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    ActionSpan,
    Actor,
    GazeSpan,
    MotionConstraints,
    Pin,
    Request,
    check_request,
    request_from_json,
    request_to_json,
)
from model_runtime.errors import InvalidRequest
from model_runtime.face.gaze import gaze_directions
from model_runtime.refine.bodies import Bodies, follow_directions
from model_runtime.refine.head_pins import MIDDLE_OF_HEAD

FRAMES = 6 * FPS
ARM = [INDEX[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]


def standing() -> Bodies:
    """Return two who stand with the arms down, 1.5 m apart, and sway a little."""
    pose = np.zeros((FRAMES, 52, 3), np.float32)
    pose[:, INDEX["left_shoulder"], 1], pose[:, INDEX["right_shoulder"], 1] = 1.2, -1.2
    pose[:, INDEX["left_elbow"], 2], pose[:, INDEX["right_elbow"], 2] = -0.3, 0.3
    pose[:, INDEX["spine1"], 0] = 0.03 * np.sin(np.arange(FRAMES) / 9.0)
    root = np.tile(np.array([0, 0, AVERAGE_SKELETON.pelvis_height], np.float32), (FRAMES, 1))
    roots = np.stack([root, root + np.array([0.0, -1.5, 0.0], np.float32)])
    return Bodies(roots, np.stack([rot.from_axis_angle(pose)] * 2), np.ones((2, FRAMES, 4), np.float32))


def pair(**changes: object) -> tuple[Actor, Actor]:
    first = Actor("Anna", AVERAGE_SKELETON, **changes)  # type: ignore[arg-type]
    return first, Actor("Ben", AVERAGE_SKELETON, position=(0.0, -1.5))


def xyz(place: np.ndarray) -> tuple[float, float, float]:
    x, y, z = map(float, place)
    return x, y, z


def joint(bodies: Bodies, name: str) -> np.ndarray:
    places, _ = forward_kinematics(bodies.roots[0], bodies.rotations[0], AVERAGE_SKELETON)
    return places[:, INDEX[name]]


def aside(bodies: Bodies, target: tuple[float, float, float]) -> np.ndarray:
    """Return the angle (T,) in degrees between where the first head points and a place."""
    places, world = forward_kinematics(bodies.roots[0], bodies.rotations[0], AVERAGE_SKELETON)
    head = INDEX["head"]
    eyes = places[:, head] + rot.rotate(world[:, head], EYES * AVERAGE_SKELETON.size)
    ahead = rot.rotate(world[:, head], np.array([0.0, -1.0, 0.0], np.float32))
    way = rot.unit(np.array(target) - eyes)
    return np.degrees(np.arccos(np.clip((ahead * way).sum(-1), -1.0, 1.0)))


@pytest.mark.parametrize("target", [(2.0, -1.5, 1.6), (-2.0, -2.0, 0.5), (0.3, -1.0, 2.4)])
def test_a_head_turns_to_what_it_looks_at_and_comes_back(target: tuple[float, float, float]) -> None:
    still = standing()
    bodies, notes = follow_directions(still, pair(gaze=(GazeSpan(2.0, 4.0, (target,)),)))
    off = aside(bodies, target)
    assert off[: 2 * FPS - 20].min() > 25.0 and (off[2 * FPS + 25 : 4 * FPS - 12] < 20.0).all()
    assert np.allclose(bodies.rotations[0, :30], still.rotations[0, :30]) and not notes
    assert np.allclose(bodies.rotations[0, -20:], still.rotations[0, -20:], atol=1e-3)
    assert np.array_equal(bodies.rotations[1], still.rotations[1])


def test_a_head_turns_as_fast_as_people_and_only_head_and_neck_move() -> None:
    still = standing()
    bodies, _ = follow_directions(still, pair(gaze=(GazeSpan(2.0, 4.0, ((3.0, 0.0, 1.6),)),)))
    others = [index for index in range(52) if index not in (INDEX["neck"], INDEX["head"])]
    assert np.array_equal(bodies.rotations[0][:, others], still.rotations[0][:, others])
    _, world = forward_kinematics(bodies.roots[0], bodies.rotations[0], AVERAGE_SKELETON)
    head = world[:, INDEX["head"]]
    speed = np.linalg.norm(rot.to_axis_angle(rot.multiply(head[1:], rot.conjugate(head[:-1]))), axis=-1) * FPS
    assert 1.0 < speed.max() < 5.0  # radians a second


def test_the_eyes_are_told_the_same_target_on_the_frames_of_the_span() -> None:
    target = (1.0, -1.0, 1.5)
    actors = pair(gaze=(GazeSpan(1.0, 3.0, (target,)),))
    bodies, _ = follow_directions(standing(), actors)
    directions = np.zeros((2, FRAMES, 2), np.float32)
    told = gaze_directions(bodies.roots, bodies.rotations, actors, directions)
    assert told[0].sum() == 2 * FPS and not told[1].any() and not directions[1].any()
    assert np.degrees(np.abs(directions[0][2 * FPS])).max() < 15.0 and np.abs(directions[0][FPS]).max() > 0.3


def test_a_pinned_hand_is_where_it_is_pinned_and_leaves_in_time() -> None:
    still = standing()
    place = joint(still, "left_wrist")[0] + np.array([0.0, -0.25, 0.2])
    bodies, notes = follow_directions(still, pair(pins=(Pin("left_hand", 2.0, 4.0, (xyz(place),)),)))
    wrist = joint(bodies, "left_wrist")
    assert np.allclose(wrist[2 * FPS : 4 * FPS], place, atol=1e-3) and not notes
    assert np.allclose(wrist[:45], joint(still, "left_wrist")[:45], atol=1e-5)
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=-1) * FPS
    assert speed.max() < 2.0
    others = [index for index in range(52) if index not in ARM]
    assert np.array_equal(bodies.rotations[0][:, others], still.rotations[0][:, others])


def test_a_pinned_hand_keeps_its_turn_in_the_world() -> None:
    still = standing()
    place = joint(still, "left_wrist")[0] + np.array([0.05, -0.2, 0.15])
    bodies, _ = follow_directions(still, pair(pins=(Pin("left_hand", 2.0, 4.0, (xyz(place),)),)))
    before, after = (
        forward_kinematics(one.roots[0], one.rotations[0], AVERAGE_SKELETON)[1][:, INDEX["left_wrist"]]
        for one in (still, bodies)
    )
    assert np.allclose(np.abs((before * after).sum(-1)), 1.0, atol=1e-4)


def test_a_pin_that_moves_is_followed() -> None:
    still = standing()
    start = joint(still, "left_wrist")[0] + np.array([0.0, -0.2, 0.1])
    way = [xyz(start + np.array([0.0, 0.0, 0.1 * step])) for step in range(4)]
    bodies, _ = follow_directions(still, pair(pins=(Pin("left_hand", 2.0, 4.0, tuple(way)),)))
    wrist = joint(bodies, "left_wrist")
    assert np.allclose(wrist[4 * FPS - 1], way[-1], atol=2e-3) and np.allclose(wrist[2 * FPS], way[0], atol=2e-3)


def test_a_hand_goes_straight_from_one_pin_to_the_next() -> None:
    still = standing()
    base = joint(still, "left_wrist")[0]
    places = [xyz(base + np.array(by)) for by in ([0.0, -0.3, 0.2], [0.1, -0.3, 0.3])]
    pins = (Pin("left_hand", 1.0, 2.5, (places[0],)), Pin("left_hand", 3.0, 4.0, (places[1],)))
    wrist = joint(follow_directions(still, pair(pins=pins))[0], "left_wrist")
    between = wrist[round(2.5 * FPS) : 3 * FPS]
    line = np.array(places[1]) - np.array(places[0])
    off = np.cross(between - np.array(places[0]), line / np.linalg.norm(line))
    assert np.linalg.norm(off, axis=-1).max() < 0.01


def test_a_pin_out_of_reach_is_said_with_how_far() -> None:
    _, notes = follow_directions(standing(), pair(pins=(Pin("right_hand", 1.0, 2.0, ((-2.0, 0.0, 1.0),)),)))
    assert len(notes) == 1 and "right hand of 'Anna'" in notes[0] and "cm short" in notes[0]


def test_a_trunk_leans_to_a_pin_that_the_arm_alone_cannot_reach() -> None:
    still = standing()
    place = xyz(joint(still, "left_shoulder")[0] + np.array([0.1, -0.53, -0.1]))
    bodies, notes = follow_directions(still, pair(pins=(Pin("left_hand", 2.0, 4.0, (place,)),)))
    assert not notes and np.allclose(joint(bodies, "left_wrist")[2 * FPS : 4 * FPS], place, atol=0.02)
    assert joint(bodies, "neck")[3 * FPS, 1] < joint(still, "neck")[3 * FPS, 1] - 0.03
    assert np.allclose(joint(bodies, "neck")[:20], joint(still, "neck")[:20], atol=1e-4)


def middle_of_head(bodies: Bodies) -> np.ndarray:
    places, world = forward_kinematics(bodies.roots[0], bodies.rotations[0], AVERAGE_SKELETON)
    head = INDEX["head"]
    return places[:, head] + rot.rotate(world[:, head], MIDDLE_OF_HEAD * AVERAGE_SKELETON.size)


@pytest.mark.parametrize("by", [(0.0, -0.2, -0.2), (0.15, 0.0, -0.05), (0.0, 0.1, -0.12)])
def test_a_pinned_head_is_where_it_is_pinned_and_the_feet_stay(by: tuple[float, float, float]) -> None:
    still = standing()
    place = middle_of_head(still)[75] + np.array(by)
    bodies, notes = follow_directions(still, pair(pins=(Pin("head", 2.0, 4.0, (xyz(place),)),)))
    head = middle_of_head(bodies)
    assert np.allclose(head[2 * FPS : 4 * FPS], place, atol=0.01) and not notes
    assert (np.linalg.norm(np.diff(head, axis=0), axis=-1) * FPS).max() < 1.0  # metres a second
    for name in ("left_ankle", "right_ankle", "left_foot", "right_foot"):
        assert np.allclose(joint(bodies, name), joint(still, name), atol=2e-3)
    assert np.array_equal(bodies.rotations[0, :6], still.rotations[0, :6])


def test_a_pinned_head_keeps_its_turn_in_the_world_and_knees_bend_forwards() -> None:
    still = standing()
    place = xyz(middle_of_head(still)[75] + np.array([0.0, -0.1, -0.2]))
    bodies, _ = follow_directions(still, pair(pins=(Pin("head", 2.0, 4.0, (place,)),)))
    before, after = (
        forward_kinematics(one.roots[0], one.rotations[0], AVERAGE_SKELETON)[1][:, INDEX["head"]]
        for one in (still, bodies)
    )
    assert np.allclose(np.abs((before * after).sum(-1)), 1.0, atol=1e-4)
    knee, ankle = joint(bodies, "left_knee")[90], joint(bodies, "left_ankle")[90]
    assert knee[1] < ankle[1] - 0.1 and joint(bodies, "pelvis")[90, 1] > knee[1] + 0.1


def test_a_head_pin_out_of_reach_is_said_with_how_far() -> None:
    _, notes = follow_directions(standing(), pair(pins=(Pin("head", 1.0, 2.0, ((0.0, 0.0, 2.2),)),)))
    assert len(notes) == 1 and "head of 'Anna'" in notes[0] and "cm short" in notes[0]


def test_who_sits_leans_to_a_head_pin_and_stays_on_the_seat() -> None:
    still = standing()
    place = xyz(middle_of_head(still)[75] + np.array([0.0, -0.2, -0.04]))
    sits = (ActionSpan("sit", 0.0, 6.0),)
    bodies, _ = follow_directions(still, pair(actions=sits, pins=(Pin("head", 2.0, 4.0, (place,)),)))
    assert np.allclose(bodies.roots, still.roots, atol=1e-6)
    assert np.linalg.norm(middle_of_head(bodies)[3 * FPS] - place) < 0.04


def test_a_head_that_looks_at_something_stays_at_its_pin() -> None:
    still = standing()
    place = xyz(middle_of_head(still)[75] + np.array([0.0, -0.1, -0.1]))
    looks = (GazeSpan(1.5, 4.0, ((2.0, -1.5, 1.2),)),)
    bodies, notes = follow_directions(still, pair(pins=(Pin("head", 2.0, 4.0, (place,)),), gaze=looks))
    assert np.allclose(middle_of_head(bodies)[2 * FPS : 4 * FPS], place, atol=0.01) and not notes
    assert aside(bodies, (2.0, -1.5, 1.2))[3 * FPS] < 20.0


def test_given_frames_stay_as_they_are() -> None:
    still = standing()
    mask = np.zeros((FRAMES, len(BODY_PARTS)), bool)
    mask[60:90] = True
    given = MotionConstraints(still.roots[0], still.rotations[0], np.zeros((FRAMES, 52), np.float32), mask)
    place = xyz(joint(still, "left_wrist")[0] + np.array([0.0, -0.3, 0.2]))
    actors = pair(
        constraints=given, pins=(Pin("left_hand", 1.0, 4.0, (place,)),), gaze=(GazeSpan(1.0, 4.0, ((2.0, 0.0, 1.5),)),)
    )
    bodies, _ = follow_directions(still, actors)
    assert np.array_equal(bodies.rotations[0, 60:90], still.rotations[0, 60:90])
    assert not np.allclose(bodies.rotations[0, 110], still.rotations[0, 110])


def test_targets_cross_the_pipe_unchanged() -> None:
    pins = (
        Pin("left_hand", 1.0, 2.0, ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))),
        Pin("head", 1.0, 2.0, ((0.1, 0.2, 0.3),)),
        Pin("root", 1.0, 2.0, ((0.1, 0.2, 0.3),), 0.5),
    )
    request = Request(4.0, pair(gaze=(GazeSpan(0.5, 1.5, ((1.0, 2.0, 3.0),)),), pins=pins))
    back = request_from_json(request_to_json(request)).actors[0]
    assert back.gaze == request.actors[0].gaze and back.pins == pins


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pins": (Pin("left_foot", 1.0, 2.0, ((0.0, 0.0, 0.0),)),)}, "holds 'left_foot'"),
        ({"pins": (Pin("head", 1.0, 2.0, ((0.0, 0.0, 1.0),), 0.3),)}, "only a root"),
        ({"pins": (Pin("left_hand", 2.0, 2.0, ((0.0, 0.0, 0.0),)),)}, "no length"),
        ({"gaze": (GazeSpan(1.0, 2.0, ()),)}, "no place"),
        ({"gaze": (GazeSpan(1.0, 2.0, ((0.0, 0.0, float("nan")),)),)}, "no place"),
        ({"gaze": tuple(GazeSpan(t, t + 1.5, ((0.0, 0.0, 1.0),)) for t in (1.0, 2.0))}, "Two strips"),
    ],
)
def test_targets_that_cannot_be_played_are_said(changes: dict[str, object], words: str) -> None:
    request = Request(4.0, pair())
    actors = (replace(request.actors[0], **changes), request.actors[1])  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match=words):
        check_request(replace(request, actors=actors))
