"""Motion that must stay stays, whatever is generated around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import forward_kinematics
from model_runtime.conditioning.constraints import ConstraintFeatures
from model_runtime.conditioning.representation import TURN, VELOCITY
from model_runtime.contract import (
    BODY_PARTS,
    FPS,
    ActorPerformance,
    MotionConstraints,
    Request,
    check_request,
    constraints_from_plain,
    constraints_to_plain,
    request_from_json,
    request_to_json,
)
from model_runtime.errors import InvalidRequest
from model_runtime.generate import generate
from model_runtime.refine.constraints import inertialization_offset
from model_runtime.studies.behaviour import cut
from model_runtime.tests.test_generate import shot

SECONDS = 8.0


def kept(played: ActorPerformance, *parts: str, frames: slice | np.ndarray = slice(None)) -> MotionConstraints:
    keep = np.zeros((len(played.face), len(BODY_PARTS)), bool)
    for part in parts or BODY_PARTS:
        keep[frames, BODY_PARTS.index(part)] = True
    return MotionConstraints(played.root_positions, played.rotations, played.face, keep)


def keeping(
    first: MotionConstraints | None = None, second: MotionConstraints | None = None, *, seed: int = 11
) -> Request:
    request = cut(shot(), SECONDS)
    return replace(
        request,
        seed=seed,
        actors=(replace(request.actors[0], constraints=first), replace(request.actors[1], constraints=second)),
    )


@pytest.fixture(scope="module")
def take():
    return generate(cut(shot(), SECONDS))


def difference(a: ActorPerformance, b: ActorPerformance) -> tuple[np.ndarray, np.ndarray]:
    """Per frame the distance of the roots (m) and the largest turn between joints (radians)."""
    turn = np.linalg.norm(rot.to_axis_angle(rot.multiply(a.rotations, rot.conjugate(b.rotations))), axis=-1)
    return np.linalg.norm(a.root_positions - b.root_positions, axis=-1), turn.max(-1)


def roughest_step(played: ActorPerformance, request: Request, index: int) -> np.ndarray:
    """(T - 2,) largest acceleration of any body joint in m/s^2."""
    places, _ = forward_kinematics(played.root_positions, played.rotations, request.actors[index].skeleton)
    return np.linalg.norm(np.diff(places[:, :22], 2, axis=0), axis=-1).max(-1) * FPS**2


def test_a_kept_beginning_and_end_stay_and_the_middle_joins_them_without_a_jump(take):
    middle = slice(90, 150)
    ends = np.ones(len(take.actors[0].face), bool)
    ends[middle] = False
    request = keeping(*[kept(actor, frames=ends) for actor in take.actors])
    again = generate(request)
    for index, (old, new) in enumerate(zip(take.actors, again.actors)):
        place, turn = difference(old, new)
        assert place[ends].max() < 1e-5 and turn[ends].max() < 1e-3
        assert np.abs(old.face - new.face)[ends].max() < 1e-6
        assert turn[middle].max() > 0.02, "the middle was made anew"
        rough = roughest_step(new, request, index)
        assert max(rough[86:96].max(), rough[144:154].max()) < 3.0 * np.percentile(rough, 99)


def test_one_actor_kept_whole_is_answered_by_the_other(take):
    again = generate(keeping(first=kept(take.actors[0])))
    place, turn = difference(take.actors[0], again.actors[0])
    assert place.max() < 1e-5 and turn.max() < 1e-3
    assert difference(take.actors[1], again.actors[1])[1].max() > 0.05


def test_hands_alone_can_be_kept(take):
    again = generate(keeping(first=kept(take.actors[0], "hands")))
    assert np.abs(np.abs((again.actors[0].rotations * take.actors[0].rotations).sum(-1)[:, 22:]) - 1).max() < 1e-5
    assert difference(take.actors[0], again.actors[0])[1].max() > 0.05


def joined(given, made, keep, haste=np.inf):
    """Tracks (T, C): what is made flows out of and into what is kept."""
    return np.where(keep[:, None], given, made + inertialization_offset(given, made, keep, np.subtract, haste))


def test_what_is_made_flows_out_of_and_into_what_is_kept_in_place_and_in_speed():
    frames = np.arange(90)
    keep = (frames < 30) | (frames >= 70)
    given, made = np.stack([0.05 * frames, 0 * frames], -1), np.stack([2.0 + 0 * frames, 0.3 - 0.01 * frames], -1)
    step = np.diff(joined(given, made, keep), axis=0)
    assert np.abs(np.diff(step, axis=0)).max() < 0.13, "neither jumps nor jerks, where a step is 2 long"
    np.testing.assert_array_equal(joined(given, made, keep)[48:52], made[48:52], "and is left alone further away")


def test_a_jump_between_kept_frames_that_are_right_and_what_is_made_beside_them_is_bridged():
    keep = np.arange(60) < 30
    given = np.zeros((60, 1))
    made = np.where(keep, 0.0, 0.5)[:, None]
    assert np.abs(np.diff(joined(given, made, keep), axis=0)).max() < 0.11  # 1.5 times as fast in its middle


def test_a_short_gap_joins_what_is_kept_on_both_sides():
    keep = np.ones(40, bool)
    keep[18:21] = False
    given = np.sin(np.arange(40) / 8)[:, None]
    for made in (given + 1.0, -given):
        assert np.abs(np.diff(joined(given, made, keep), axis=0)).max() < 2.5 * np.abs(np.diff(given, axis=0)).max()
    keep[18:21] = [False, True, True]
    assert np.abs(joined(given, given + 1.0, keep) - given)[18] < 0.5, "one frame"


def test_a_far_border_is_drawn_to_in_longer_time():
    keep, made = np.arange(120) < 30, np.full((120, 3), 0.2)
    speed, hasty = (
        np.linalg.norm(np.diff(joined(0 * made, made, keep, haste)[30:], axis=0), axis=-1).max() * FPS
        for haste in (0.5, np.inf)
    )
    assert speed < 0.55 < hasty


def test_kept_motion_crosses_as_json_unchanged(take):
    request = keeping(first=kept(take.actors[0], "upper", frames=slice(0, 30)))
    back = request_from_json(request_to_json(request)).actors[0].constraints
    assert back is not None
    for name in ("root_positions", "rotations", "face", "mask"):
        np.testing.assert_array_equal(getattr(back, name), getattr(request.actors[0].constraints, name))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("short", "shape"),
        ("nan", "'Mia' holds values that are no numbers"),
        ("zero", "no unit quaternions"),
        ("long", "frames long"),
    ],
)
def test_kept_motion_that_does_not_fit_is_refused(take, change, word):
    good = kept(take.actors[0])
    bad = {
        "short": lambda: replace(good, face=good.face[:-1]),
        "nan": lambda: replace(good, rotations=good.rotations * np.float32("nan")),
        "zero": lambda: replace(good, rotations=good.rotations * np.float32(0)),
        "long": lambda: MotionConstraints(
            *(np.concatenate([a, a]) for a in (good.root_positions, good.rotations, good.face, good.mask))
        ),
    }[change]()
    with pytest.raises(InvalidRequest, match=word):
        check_request(keeping(first=bad))


def test_numbers_that_are_none_do_no_harm_where_nothing_is_kept(take):
    good = kept(take.actors[0], frames=slice(0, 60))
    hole = replace(
        good, rotations=good.rotations.copy(), root_positions=good.root_positions.copy(), face=good.face.copy()
    )
    for array in (hole.rotations, hole.root_positions, hole.face):
        array[60:] = np.nan
    again = generate(keeping(first=hole))
    assert all(
        np.isfinite(x).all() for actor in again.actors for x in (actor.root_positions, actor.rotations, actor.face)
    )
    assert difference(take.actors[0], again.actors[0])[0][:60].max() < 1e-5


def test_a_kept_motion_that_inflates_beyond_its_frames_is_refused(take):
    plain = constraints_to_plain(kept(take.actors[0]))
    plain["frames"] = 3
    with pytest.raises(ValueError, match="another length"):
        constraints_from_plain(plain)


def test_where_a_kept_stretch_begins_the_networks_see_it_go_on_and_not_leap(take):
    ends = np.ones(len(take.actors[0].face), bool)
    ends[90:150] = False
    actors = keeping(*[kept(actor, frames=ends) for actor in take.actors]).actors
    frames = len(ends)
    start = torch.tensor([actor.position for actor in actors]), torch.tensor([actor.heading for actor in actors])
    height = torch.tensor([actor.skeleton.pelvis_height for actor in actors])
    features, mask = ConstraintFeatures(actors, frames).lower_window(0, frames, *start, height)
    speed, turn = features[0, :, :, VELOCITY].norm(dim=-1), features[0, :, :, TURN].abs()[..., 0]
    assert (mask[0, :, 150, 0] == 1).all()
    assert speed[:, 150].max() < 1.0 and turn[:, 150].max() < 2.0
