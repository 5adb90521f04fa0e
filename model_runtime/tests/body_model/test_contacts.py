"""Contacts and penetrations are found at their frame, parts and depth."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.contacts import (
    BELOW,
    CONTACT,
    FLOATS,
    FLOOR,
    PENETRATION,
    SLIDES,
    Body,
    Contacts,
    contact_table,
    measure_contacts,
)
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX

SKELETON = AVERAGE_SKELETON
SHAPE = default_body_shape(SKELETON)
FRAMES = 90


def standing(x: float = 0.0, y: float = 0.0, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Return root and rotations of a body that stands with its arms down."""
    root = np.tile(np.array([x, y, SKELETON.pelvis_height], np.float32), (frames, 1))
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    for joint, sign in (("left_shoulder", 1.0), ("right_shoulder", -1.0)):
        half = 0.5 * np.radians(75.0) * sign
        rotations[:, INDEX[joint]] = [np.cos(half), 0.0, np.sin(half), 0.0]
    return root, rotations


def body(root: np.ndarray, rotations: np.ndarray) -> Body:
    return Body(SHAPE, SKELETON, root, rotations)


def pair_events(found: Contacts, kind: str) -> list[tuple[str, str, int, int]]:
    return [
        (event.part, event.other_part, event.start, event.end)
        for event in found.events
        if event.kind == kind and event.other_actor not in (None, event.actor)
    ]


def with_hand_at(place: np.ndarray, rows: slice, from_front: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return a body with its arms stretched to the sides, moved so that its right palm is at ``place`` in ``rows``.

    The palm looks down; the body stands to the left of the place, or in front of it. In other rows it is far away.
    """
    root, rotations = standing(5.0)
    rotations[..., :] = [1.0, 0.0, 0.0, 0.0]
    if from_front:
        rotations[:, 0] = [np.sqrt(0.5), 0.0, 0.0, -np.sqrt(0.5)]
    hand = body(root, rotations).points[0, SHAPE.point("right_palm")]
    root[rows] += place - hand
    return root, rotations


def test_two_who_stand_apart_neither_touch_nor_cut_and_their_distance_is_that_of_their_surfaces() -> None:
    found = measure_contacts([body(*standing()), body(*standing(1.5))])
    assert pair_events(found, CONTACT) == pair_events(found, PENETRATION) == []
    hands = body(*standing()).points[0, [SHAPE.point("left_back_of_hand"), SHAPE.point("right_back_of_hand")], 0]
    between = 1.5 - (hands[0] - hands[1])
    assert between - 0.06 < found.distance.min() == found.distance.max() < between  # thumbs stand out a little
    assert not found.depth.any()


def test_a_hand_through_the_chest_is_found_at_its_frames_and_parts_with_its_depth() -> None:
    chest = body(*standing()).points[0, SHAPE.point("chest")]
    found = measure_contacts([body(*standing()), body(*with_hand_at(chest + [0.0, 0.05, 0.0], slice(40, 60), True))])
    events = pair_events(found, PENETRATION)
    assert ("chest", "right_hand", 40, 59) in events
    deepest = max((event for event in found.events if event.kind == PENETRATION), key=lambda event: event.depth)
    assert 0.03 < deepest.depth < 0.2
    assert np.linalg.norm(np.array(deepest.place) - chest) < 0.15
    assert found.depth[:40].max() == 0.0 < found.depth[40:60].min()


def test_a_palm_that_rests_on_a_shoulder_is_a_contact_and_no_penetration() -> None:
    root, rotations = standing()
    shoulder = body(root, rotations).points[0, SHAPE.point("left_shoulder")]
    found = measure_contacts(
        [body(root, rotations), body(*with_hand_at(shoulder + [0.03, 0.0, 0.0], slice(50, 80)))], 0.04
    )
    touches = [event for event in pair_events(found, CONTACT) if event[1] == "right_hand"]
    assert any(part.startswith("left_") and (start, end) == (50, 79) for part, _, start, end in touches)
    assert pair_events(found, PENETRATION) == []
    assert all(event.speed < 0.01 for event in found.events if event.kind == CONTACT and event.other_actor == 1)


def test_a_hand_that_strokes_a_back_slides() -> None:
    back = body(*standing()).points[0, SHAPE.point("upper_back")]
    root, rotations = with_hand_at(back + [0.0, 0.03, 0.0], slice(30, 60))
    root[30:60, 2] += np.linspace(0.0, 0.1, 30)
    found = measure_contacts([body(*standing()), body(root, rotations)])
    speeds = [event.speed for event in found.events if event.kind == CONTACT and event.other_part == "right_hand"]
    assert max(speeds) == pytest.approx(0.1 / 29 * 30, rel=0.2)


@pytest.mark.parametrize(
    ("what", "height", "part"), [(BELOW, -0.03, "left_foot"), (FLOATS, 0.05, "feet")], ids=["below", "floats"]
)
def test_feet_below_the_floor_and_above_it_are_found(what: str, height: float, part: str) -> None:
    root, rotations = standing()
    root[20:40, 2] += height
    found = measure_contacts([body(root, rotations), body(*standing(3.0))])
    events = [event for event in found.events if event.kind == FLOOR and event.other_part == what]
    assert [(event.actor, event.start, event.end) for event in events if event.part == part] == [(0, 20, 39)]
    assert events[0].depth == pytest.approx(abs(height), abs=0.005)


def test_a_body_that_stands_on_a_stage_has_its_floor_there() -> None:
    root, rotations = standing()
    root[:, 2] += 0.4
    raised = Body(SHAPE, SKELETON, root, rotations, floor=0.4)
    assert not [e for e in measure_contacts([raised, body(*standing(3.0))]).events if e.kind == FLOOR]


def test_feet_that_glide_are_slides_and_feet_that_stand_are_none() -> None:
    root, rotations = standing()
    root[30:60, 0] += np.linspace(0.0, 0.12, 30)
    root[60:, 0] += 0.12
    found = measure_contacts([body(root, rotations), body(*standing(3.0))])
    slides = [event for event in found.events if event.other_part == SLIDES]
    assert {event.part for event in slides} == {"left_foot", "right_foot"}
    assert all(event.start >= 29 and event.end <= 60 and 0.08 < event.depth < 0.13 for event in slides)
    assert {event.actor for event in slides} == {0}


def test_a_longer_shot_is_measured_as_its_pieces_are() -> None:
    chest = body(*standing()).points[0, SHAPE.point("chest")]
    one, two = standing(frames=400), with_hand_at(chest, slice(0, 90))
    root, rotations = (np.concatenate([np.tile(part[:1], (310, *[1] * (part.ndim - 1))), part]) for part in two)
    root[:310, 0] = 5.0
    found = measure_contacts([body(*one), body(root, rotations)])
    short = measure_contacts([body(*standing()), body(*two)])
    assert found.depth[310:] == pytest.approx(short.depth)
    assert found.distance[310:] == pytest.approx(short.distance, abs=1e-5)


def test_the_table_gives_minutes_an_hour_of_hands_on_shoulders() -> None:
    root, rotations = standing()
    shoulder = body(root, rotations).points[0, SHAPE.point("left_shoulder")]
    found = measure_contacts([body(root, rotations), body(*with_hand_at(shoulder, slice(0, 45)))])
    table = contact_table(found)
    assert table["pair_hand_shoulder"] == pytest.approx(30.0, abs=1.5)
    assert table["pair_hand_head"] == 0.0
