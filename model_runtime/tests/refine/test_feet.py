"""What foot locking promises."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.feet import detect_contacts, may_bear, sole_points
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.contract import FPS
from model_runtime.metrics.measures import hover
from model_runtime.refine.feet import MOST_LOWERED, lock_feet
from model_runtime.tests.conftest import DATA
from model_runtime.tests.work import calls_of

MOTION = DATA / "motion"
Motion = tuple[NDArray[np.float32], NDArray[np.float32]]


def standing(frames: int = 120) -> Motion:
    """Knees slightly bent, soles flat on the floor."""
    rotations = np.tile(rot.IDENTITY, (frames, 52, 1)).astype(np.float32)
    bend = 0.25
    for side in ("left", "right"):
        for joint, angle in (("hip", -bend), ("knee", 2 * bend), ("ankle", -bend)):
            rotations[:, INDEX[f"{side}_{joint}"]] = rot.from_axis_angle(np.array([angle, 0.0, 0.0]))
    root = np.tile(AVERAGE_SKELETON.offsets[0], (frames, 1)).astype(np.float32)
    root[:, 2] -= sole_points(root[:1], rotations[:1], AVERAGE_SKELETON)[..., 2].min()
    return root, rotations


def skating_walk(seconds: float = 4.0, speed: float = 1.1) -> Motion:
    """Sine-wave legs under a root that moves faster than they do: a walk that slides at every step."""
    root, rotations = standing(int(seconds * FPS))
    t = np.arange(len(root)) / FPS
    root[:, 1] -= speed * t
    for side, phase in (("left", 0.0), ("right", np.pi)):
        swing = 0.30 * np.sin(2 * np.pi * 0.9 * t + phase)
        lift = 0.7 * np.maximum(0.0, -np.cos(2 * np.pi * 0.9 * t + phase)) ** 2
        for joint, angle in (
            ("hip", swing - lift - 0.1),
            ("knee", 0.25 + 1.6 * lift),
            ("ankle", -swing - 0.6 * lift - 0.15),
        ):
            rotations[:, INDEX[f"{side}_{joint}"]] = rot.from_axis_angle(np.stack([angle, 0 * t, 0 * t], -1))
    root[:, 2] -= sole_points(root, rotations, AVERAGE_SKELETON)[..., 2].min(axis=(1, 2))
    return root, rotations


def slide_of(motion: Motion, contacts: NDArray[np.bool_]) -> float:
    """Mean horizontal speed of contact points, cm/s."""
    points = sole_points(*motion, AVERAGE_SKELETON)[:, :, :2].reshape(len(contacts), 4, 3)
    speed = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1) * FPS
    return float(speed[contacts[1:] & contacts[:-1]].mean() * 100)


def lowest_point(motion: Motion) -> float:
    return float(sole_points(*motion, AVERAGE_SKELETON)[..., 2].min())


def test_standing_feet_are_found_in_contact() -> None:
    assert detect_contacts(*standing(), AVERAGE_SKELETON).all()


def test_a_lifted_foot_is_not_in_contact() -> None:
    root, rotations = standing()
    rotations[40:80, INDEX["left_hip"]] = rot.from_axis_angle(np.array([-0.9, 0.0, 0.0]))
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    assert not contacts[45:75, :2].any()
    assert contacts[45:75, 2:].all()


def test_motion_with_good_feet_is_left_alone() -> None:
    root, rotations = standing()
    new_root, new_rotations = lock_feet(
        root, rotations, AVERAGE_SKELETON, detect_contacts(root, rotations, AVERAGE_SKELETON)
    )
    assert np.abs(new_root - root).max() < 1e-6
    assert np.abs(new_rotations - rotations).max() < 1e-6


def test_a_sliding_stand_is_held() -> None:
    root, rotations = standing(240)
    root[:, 0] += 0.02 * np.sin(np.arange(240) / 12)
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    before = slide_of((root, rotations), contacts)
    after = slide_of(lock_feet(root, rotations, AVERAGE_SKELETON, contacts), contacts)
    assert before > 2.5
    assert after < 0.2


def test_frames_that_have_to_stay_stay_and_a_foot_that_stands_then_is_held_where_it_is_there() -> None:
    root, rotations = standing(240)
    root[:, 0] += 0.02 * np.sin(np.arange(240) / 12)
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    fixed = np.arange(240) < 60
    root[fixed, 0] = root[60, 0]
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts, fixed)
    np.testing.assert_array_equal(locked[0][fixed], root[fixed])
    np.testing.assert_allclose(locked[1][fixed], rotations[fixed], atol=1e-6)
    feet = sole_points(*locked, AVERAGE_SKELETON)[:, :, :2, :2]
    assert np.abs(feet[80:] - feet[30]).max() < 0.003


def test_a_foot_that_stands_across_both_borders_of_a_free_stretch_does_not_slide_in_it() -> None:
    root, rotations = standing(180)
    free = slice(60, 120)
    root[free, 0] += 0.04 * np.sin(np.pi * np.arange(60) / 60)
    fixed = np.ones(180, bool)
    fixed[free] = False
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, np.ones((180, 4), bool), fixed)
    feet = sole_points(*locked, AVERAGE_SKELETON)[:, :, :2, :2]
    assert np.abs(feet - feet[0]).max() < 0.002


def test_feet_that_stand_elsewhere_after_a_free_stretch_step_there_one_after_the_other() -> None:
    root, rotations = standing(180)
    root[:, 0] += 0.06 * np.clip((np.arange(180) - 60) / 60, 0.0, 1.0)
    fixed = np.ones(180, bool)
    fixed[60:120] = False
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, np.ones((180, 4), bool), fixed)
    feet = sole_points(*locked, AVERAGE_SKELETON)[:, :, :2]
    lifted = (feet[..., 2].min(axis=2) > 0.01)[60:120]
    assert lifted.any(axis=0).all() and not lifted.all(axis=1).any()
    assert slide_of(locked, detect_contacts(*locked, AVERAGE_SKELETON)) < 1.0


def test_a_skating_walk_no_longer_skates_and_keeps_its_way() -> None:
    root, rotations = skating_walk()
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    assert 0.2 < contacts.mean() < 0.9
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    assert slide_of((root, rotations), contacts) > 8.0
    assert slide_of(locked, contacts) < 1.0
    assert np.abs(locked[0][:, :2] - root[:, :2]).max() < 1e-5


def floating_walk() -> Motion:
    """A walk whose soles are all up to 3 cm above the floor each time one foot takes over from the other."""
    root, rotations = skating_walk()
    t = np.arange(len(root)) / FPS
    root[:, 2] += 0.03 * np.maximum(0.0, np.cos(2 * np.pi * 1.8 * t)).astype(np.float32) ** 2
    return root, rotations


def test_a_walk_does_not_float_between_its_steps() -> None:
    root, rotations = floating_walk()
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    walks = np.ones(len(root), bool)
    assert hover(root, rotations, AVERAGE_SKELETON, walks).share > 0.2
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    after = hover(*locked, AVERAGE_SKELETON, walks)
    assert after.share == 0.0 and after.highest <= 0.01
    assert sole_points(*locked, AVERAGE_SKELETON)[..., 2].min() > -1e-3


def test_a_jump_stays_a_jump() -> None:
    root, rotations = standing()
    t = np.arange(len(root)) / FPS
    flight = (t > 1.5) & (t < 2.1)
    root[flight, 2] += (0.45 * np.sin(np.pi * (t[flight] - 1.5) / 0.6)).astype(np.float32)
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON) & ~flight[:, None]
    locked, _ = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    np.testing.assert_allclose(locked[52:58, 2], root[52:58, 2], atol=1e-3)


def test_a_heel_that_has_left_the_floor_is_no_contact_whoever_says_so() -> None:
    root, rotations = standing(4)
    rotations[2:, INDEX["left_ankle"]] = rot.from_axis_angle(np.array([0.5, 0.0, 0.0]))
    bears = may_bear(root, rotations, AVERAGE_SKELETON)
    assert bears[:2].all() and not bears[2:, 0].any() and bears[:, 2:].all()


def test_no_sole_point_ends_below_the_floor() -> None:
    for root, rotations in (skating_walk(), standing()):
        sunk = root - np.array([0.0, 0.0, 0.04], np.float32)
        contacts = detect_contacts(sunk, rotations, AVERAGE_SKELETON)
        assert lowest_point((sunk, rotations)) < -0.03
        assert lowest_point(lock_feet(sunk, rotations, AVERAGE_SKELETON, contacts)) > -0.002


def test_knees_do_not_pop_when_legs_are_nearly_straight() -> None:
    root, rotations = standing(300)
    noise = gaussian_filter1d(np.random.default_rng(1).normal(size=(300, 3)), 8, axis=0)
    root += (0.008 * noise / noise.std()).astype(np.float32)
    root[:, 2] += 0.02
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, detect_contacts(root, rotations, AVERAGE_SKELETON))
    for side in ("left", "right"):
        angle = np.linalg.norm(rot.to_axis_angle(locked[1][:, INDEX[f"{side}_knee"]]), axis=-1)
        assert np.abs(np.diff(angle, 2)).max() < np.radians(2.5)


def test_the_pelvis_comes_down_where_a_leg_is_too_short_for_its_foothold() -> None:
    root, rotations = standing(120)
    sway = 0.10 * np.exp(-(((np.arange(120) - 60) / 14.0) ** 2))
    root[:, 0] += sway
    root[:, 2] += 0.025
    contacts = np.ones((120, 4), bool)
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    assert locked[0][60, 2] < root[60, 2] - 0.01
    assert slide_of(locked, contacts) < 0.5


def test_a_foot_that_drifts_far_is_planted_anew_with_a_step() -> None:
    root, rotations = standing(300)
    root[:, 0] += 0.05 * np.arange(300) / FPS
    contacts = detect_contacts(root, rotations, AVERAGE_SKELETON)
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    feet = sole_points(*locked, AVERAGE_SKELETON)
    assert np.abs(feet[:, :, :, 0] - sole_points(root, rotations, AVERAGE_SKELETON)[:, :, :, 0]).max() < 0.2
    heights = feet[:, :, :2, 2].min(axis=2)
    assert (heights.max(axis=0) > 0.02).all()
    assert not (heights > 0.01).all(axis=1).any(), "both feet are never in the air at once"
    assert slide_of(locked, detect_contacts(*locked, AVERAGE_SKELETON)) < 2.0


def runaway() -> Motion:
    """Legs that walk at their own pace under a root that goes three times as fast."""
    return skating_walk(4.0, 2.6)


def test_a_foothold_the_body_runs_away_from_is_let_go_before_the_pelvis_drops() -> None:
    root, rotations = runaway()
    contacts = detect_contacts(*skating_walk(4.0, 0.7), AVERAGE_SKELETON)  # claimed, though the feet fly by
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    assert (root[:, 2] - locked[0][:, 2]).max() < MOST_LOWERED + 0.005
    assert lowest_point(locked) > -0.002


def test_a_foot_on_its_way_to_a_far_foothold_does_not_kick() -> None:
    root, rotations = runaway()
    contacts = detect_contacts(*skating_walk(4.0, 0.7), AVERAGE_SKELETON)
    locked = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    heights = [sole_points(r, q, AVERAGE_SKELETON)[..., :2, 2].max() for r, q in ((root, rotations), locked)]
    assert heights[1] < heights[0] + 0.06


def test_a_gap_of_two_frames_in_a_contact_is_none() -> None:
    root, rotations = standing(60)
    root[:, 0] += 0.05 * np.arange(60) / FPS
    contacts = np.ones((60, 4), bool)
    whole = lock_feet(root, rotations, AVERAGE_SKELETON, contacts)
    contacts[30:32] = False
    np.testing.assert_array_equal(lock_feet(root, rotations, AVERAGE_SKELETON, contacts)[1], whole[1])


def test_locking_feet_takes_some_fifty_rotations_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    products = calls_of(rot, "multiply", monkeypatch)
    root, rotations = skating_walk(6.0)
    lock_feet(root, rotations, AVERAGE_SKELETON, detect_contacts(root, rotations, AVERAGE_SKELETON))
    assert sum(len(np.atleast_2d(a)) for a, _ in products) < 70 * len(root)


@pytest.mark.data
@pytest.mark.parametrize("name", ["static__m_idle_neutral_01", "static__f_sit_chair_breathe_01"])
def test_captured_motion_with_still_feet_hardly_changes(name: str) -> None:
    from model_runtime.datasets.rocketbox import read_rocketbox

    with tarfile.open(MOTION / "rocketbox.tar") as archive:
        member = next(m for m in archive if m.name.endswith(f"{name}.npz"))
        stream = archive.extractfile(member)
        assert stream is not None
        clip = read_rocketbox(member.name, io.BytesIO(stream.read()).getvalue())
    contacts = detect_contacts(clip.root_positions, clip.rotations, clip.skeleton)
    root, rotations = lock_feet(clip.root_positions, clip.rotations, clip.skeleton, contacts)
    angle = 2 * np.arccos(np.clip(np.abs(np.sum(rotations * clip.rotations, axis=-1)), 0, 1))
    assert np.degrees(angle.max()) < 2.0
    assert np.abs(root - clip.root_positions).max() < 0.003


def shuffled(frames: int, first: int, last: int, distance: float) -> tuple[Motion, NDArray[np.bool_]]:
    """A body carried ``distance`` metres aside from frame ``first`` to ``last`` with its soles near the floor.

    The contacts say that the left foot is up meanwhile.
    """
    root, rotations = standing(frames)
    t = np.clip((np.arange(frames) - first) / (last - first), 0.0, 1.0)
    root[:, 0] += distance * t * t * (3 - 2 * t)
    contacts = np.ones((frames, 4), bool)
    contacts[first:last, :2] = False
    return (root, rotations), contacts


def test_a_foot_that_is_dragged_to_its_next_foothold_takes_a_step() -> None:
    motion, contacts = shuffled(120, 50, 62, 0.10)
    left = sole_points(*lock_feet(*motion, AVERAGE_SKELETON, contacts), AVERAGE_SKELETON)[:, 0, :2]
    speed = np.linalg.norm(np.diff(left[..., :2], axis=0), axis=-1).max(1)
    assert left[56, :, 2].min() > 0.04
    assert speed[left[1:, :, 2].min(1) < 0.003].max() < 0.004, "it does not slide on the floor"
    assert np.abs(np.diff(left[..., 2], 2, axis=0)).max() * FPS**2 < 20, "and is not kicked up"


def test_a_foot_is_not_planted_anew_when_there_is_no_time_for_a_step_before_frames_that_stay() -> None:
    root, rotations = standing(180)
    root[:, 0] += 0.20 * np.clip((np.arange(180) - 60) / 60, 0.0, 1.0)
    fixed = np.arange(180) >= 108
    root[fixed, 0] = root[108, 0]
    contacts = np.ones((180, 4), bool)
    contacts[30:50, :2] = False
    left = sole_points(*lock_feet(root, rotations, AVERAGE_SKELETON, contacts, fixed), AVERAGE_SKELETON)[:, 0, :2]
    moved = np.linalg.norm(np.diff(left[60:115, :, :2], axis=0), axis=-1).max(1)
    low = left[61:115, :, 2].min(1) < 0.005
    assert moved[low].max() * FPS < 0.05
    assert moved.max() * FPS < 1.0


def test_a_foot_does_not_stop_at_once_beside_frames_in_which_it_moves() -> None:
    """Up to its last free frame the foot is said to stand; in the frames that stay it is lifted and goes on."""
    root, rotations = standing(120)
    fixed = np.arange(120) >= 60
    lifting = np.clip((np.arange(120) - 52) / 20, 0.0, 1.0)
    rotations[:, INDEX["left_hip"]] = rot.from_axis_angle(lifting[:, None] * np.array([-0.9, 0.0, 0.0]))
    rotations[:, INDEX["left_knee"]] = rot.from_axis_angle(lifting[:, None] * np.array([0.9, 0.0, 0.0]))
    contacts = np.ones((120, 4), bool)
    contacts[60:, :2] = False
    before, after = (
        sole_points(*motion, AVERAGE_SKELETON)[:, 0, 0]
        for motion in ((root, rotations), lock_feet(root, rotations, AVERAGE_SKELETON, contacts, fixed))
    )
    jolt = [np.linalg.norm(np.diff(foot, 2, axis=0), axis=-1)[54:62].max() * FPS**2 for foot in (before, after)]
    assert jolt[1] < jolt[0] + 5.0
