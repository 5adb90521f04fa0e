"""Motion constraints made from a take."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    Actor,
    ActorPerformance,
    Request,
    check_request,
    constraints_from_performance,
    constraints_from_plain,
    constraints_to_plain,
)
from model_runtime.errors import InvalidRequest

FRAMES = 3 * FPS + 1  # of a take of three seconds


@pytest.fixture
def take() -> ActorPerformance:
    rng = np.random.default_rng(0)
    rotations = rng.normal(size=(FRAMES, 52, 4))
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    return ActorPerformance(
        "Mia",
        rng.normal(size=(FRAMES, 3)).astype(np.float32),
        rotations.astype(np.float32),
        rng.random((FRAMES, 52), np.float32),
        np.zeros((FRAMES, 4), np.float32),
    )


def test_a_whole_take_is_given_in_all_parts_and_frames(take: ActorPerformance) -> None:
    given = constraints_from_performance(take)
    assert given.mask.shape == (FRAMES, len(BODY_PARTS)) and given.mask.all()
    for name in ("root_positions", "rotations", "face"):
        assert np.array_equal(getattr(given, name), getattr(take, name))


def test_only_the_chosen_parts_are_given(take: ActorPerformance) -> None:
    given = constraints_from_performance(take, ("upper", "face"))
    assert [bool(given.part(name).all()) for name in BODY_PARTS] == [name in ("upper", "face") for name in BODY_PARTS]
    assert given.mask.any(axis=0).sum() == 2


def test_a_span_ends_before_the_frame_at_its_end(take: ActorPerformance) -> None:
    given = constraints_from_performance(take, start=1.0, end=2.0)
    assert np.flatnonzero(given.part("lower")).tolist() == list(range(FPS, 2 * FPS))


@pytest.mark.parametrize("end", [3.0, 100.0, float("inf")])
def test_a_span_to_the_end_of_the_take_includes_its_last_frame(take: ActorPerformance, end: float) -> None:
    given = constraints_from_performance(take, start=2.0, end=end)
    assert np.flatnonzero(given.part("lower")).tolist() == list(range(2 * FPS, FRAMES))


def test_two_spans_that_touch_share_no_frame(take: ActorPerformance) -> None:
    masks = [constraints_from_performance(take, start=a, end=b).mask for a, b in ((0.0, 1.27), (1.27, 3.0))]
    assert (masks[0] ^ masks[1]).all()


def test_the_constraints_of_a_take_fit_a_request_of_its_length(take: ActorPerformance) -> None:
    given = constraints_from_performance(take, start=0.5, end=1.5)
    check_request(Request(3.0, (Actor("Mia", AVERAGE_SKELETON, constraints=given),)))


def test_an_unknown_part_and_a_span_outside_of_the_take_are_refused(take: ActorPerformance) -> None:
    with pytest.raises(InvalidRequest, match="'legs' is no part of the body; use some of: lower, upper, head, hands,"):
        constraints_from_performance(take, ("legs",))
    with pytest.raises(InvalidRequest, match=r"No frame of 'Mia' lies from 2\.00 to 2\.00 s"):
        constraints_from_performance(take, start=2.0, end=2.0)
    with pytest.raises(InvalidRequest, match="choose a span within the take"):
        constraints_from_performance(take, start=5.0)


def test_a_mask_of_a_request_that_knew_no_heads_gives_the_head_with_the_upper_body(take: ActorPerformance) -> None:
    plain = constraints_to_plain(constraints_from_performance(take, ("upper", "head")))
    old = np.zeros((len(take.face), 4), np.uint8)
    old[:, 1] = 1
    del plain["parts"]
    plain["mask"] = base64.b64encode(zlib.compress(old.tobytes())).decode("ascii")
    given = constraints_from_plain(plain)
    assert given.covers(len(take.face), "upper", "head") and not given.part("lower").any()
