"""Seated postures between sitting down and standing up, on low and high seats and for large and small bodies."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, Skeleton, forward_kinematics
from ...common.easing import smoothstep
from ...contract import ACTION_LABELS, FPS, EmotionSpan, FloatArray
from ...corpus.motion.base_motion import Motion
from ...corpus.motion.limbs import SIDES, reach_foot
from ...corpus.motion.posture import with_posture
from ...corpus.motion.seated import sittings, trunk_pitch
from ...corpus.motion.seated_legs import POSTURES, Seat, legs_in
from ...corpus.script.affect import AffectTrack
from ...metrics.joint_limits import joint_excess, joint_limits
from ...metrics.penetration import self_penetration, self_penetrations
from ...planning.motion_labels import label_frames
from ...refine.arm_collisions import clear_arms
from ...refine.feet import lock_feet

SIT, STAND = ACTION_LABELS.index("sit"), ACTION_LABELS.index("stand")
SEATS = (0.35, 0.45, 0.55)
LEG = ("hip", "knee", "ankle")


class Seated(NamedTuple):
    root: FloatArray
    rotations: FloatArray
    contacts: NDArray[np.bool_]
    skeleton: Skeleton
    labels: NDArray[np.uint8]
    start: int
    stop: int


def cleared(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Rotations (T, 52, 4) with the arms out of the body, as ``clear_arms`` gives for a body that is alone."""
    return clear_arms(np.stack([root, root]), np.stack([rotations, rotations]), [skeleton] * 2, together=False)[0]


def on_a_chair(seat: float, skeleton: Skeleton, seconds: float = 60.0) -> tuple[Motion, NDArray[np.uint8]]:
    """A stiff body that bends and sits down within a second, sits upright, bends and stands up, and its labels."""
    down = np.interp(
        np.arange(round((seconds + 6) * FPS)) / FPS, [2.5, 3.3, seconds + 3.0, seconds + 3.8], [0, 1, 1, 0]
    )
    down = smoothstep(down)
    frames = len(down)
    time = np.arange(frames) / FPS
    bend = np.radians(25.0) * sum(np.exp(-0.5 * ((time - at) / 0.35) ** 2) for at in (2.9, seconds + 3.3))
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    rotations[:, INDEX["spine1"]] = rot.from_axis_angle(np.stack([bend, 0 * bend, 0 * bend], -1))
    for name, sign in zip(SIDES, (1.0, -1.0)):
        rotations[:, INDEX[f"{name}_shoulder"]] = rot.from_axis_angle(np.radians([0.0, sign * 72.0, 0.0]))
    hip = skeleton.offsets[INDEX["left_hip"]]
    seated_height = seat + 0.09 * skeleton.pelvis_height - float(hip[2])
    root = np.zeros((frames, 3), np.float32)
    root[:, 2] = skeleton.pelvis_height + (seated_height - skeleton.pelvis_height) * down
    root[:, 1] = 0.40 * down
    rest = skeleton.rest_positions
    for side, name in enumerate(SIDES):
        ankle = np.tile(rest[INDEX[f"{name}_ankle"]], (frames, 1))
        knee = np.tile(rest[INDEX[f"{name}_knee"]] + [0.0, -1.0, 0.0], (frames, 1))
        foot = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (frames, 1))
        rotations[:, [INDEX[f"{name}_{part}"] for part in LEG]] = reach_foot(
            root, rotations[:, 0], skeleton, side, ankle, foot, knee
        )[0]
    return Motion(root, rotations.astype(np.float32), np.ones((frames, 4), bool)), np.where(
        down > 0.5, SIT, STAND
    ).astype(np.uint8)


def affect_of(emotion: str, intensity: float = 1.0) -> AffectTrack:
    return AffectTrack([EmotionSpan(emotion, intensity, 0.0, 1000.0)], "co-workers", True)


@cache
def seated(seat: float, seed: int, emotion: str = "neutral", size: float = 1.0) -> Seated:
    skeleton = AVERAGE_SKELETON.scaled(size)
    body, labels = on_a_chair(seat, skeleton)
    posed = with_posture(np.random.default_rng(seed), body, skeleton, labels, affect_of(emotion))
    root, rotations = lock_feet(posed.root, posed.rotations, skeleton, posed.contacts)
    rotations = cleared(root, rotations, skeleton)
    (sitting,) = sittings(body.root, labels)
    return Seated(root, rotations, posed.contacts, skeleton, labels, sitting.start, sitting.stop)


def cases() -> list[Seated]:
    return [
        seated(seat, seed, size=size)
        for seed, (seat, size) in enumerate([(0.35, 1.0), (0.45, 1.08), (0.45, 0.93), (0.55, 1.08)])
    ]


def test_the_pelvis_comes_down_to_the_seat_and_stays_there() -> None:
    for body in cases():
        span = slice(body.start + FPS, body.stop - FPS)
        hips = body.root[span] + rot.rotate(
            body.rotations[span, 0], body.skeleton.offsets[INDEX["left_hip"]] * np.array([0, 1, 1], np.float32)
        )
        assert np.ptp(hips[:, 2]) < 0.01
        assert np.abs(np.diff(hips[:, :2], axis=0)).max() * FPS < 0.12
        assert np.ptp(hips[:, :2], axis=0).max() < 0.08


@pytest.mark.parametrize("seat", SEATS)
def test_a_seat_of_any_height_is_reached_within_two_centimetres(seat: float) -> None:
    body = seated(seat, 3)
    rule = seat + 0.09 * body.skeleton.pelvis_height + abs(float(body.skeleton.offsets[INDEX["left_hip"], 2]))
    assert np.abs(body.root[body.start + FPS : body.stop - FPS, 2] - rule).max() < 0.02


def test_feet_that_bear_on_the_floor_are_on_it_and_none_goes_through() -> None:
    for body in cases():
        positions, _ = forward_kinematics(body.root, body.rotations, body.skeleton)
        for side, name in enumerate(SIDES):
            toe = positions[:, INDEX[f"{name}_foot"], 2] - body.skeleton.rest_positions[INDEX[f"{name}_foot"], 2]
            knee = positions[:, INDEX[f"{name}_knee"], 2]
            assert np.abs(toe[body.contacts[:, 2 * side + 1].astype(bool)]).max() < 0.01
            assert toe.min() > -0.01 and knee.min() > 0.2


def test_a_body_that_sits_for_a_minute_changes_posture_but_not_all_the_time() -> None:
    for body in cases():
        span = slice(body.start, body.stop)
        positions, _ = forward_kinematics(body.root[span], body.rotations[span], body.skeleton)
        feet = positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]]]
        moving = (np.linalg.norm(np.diff(feet, axis=0), axis=-1) * FPS > 0.12).any(1)
        moves = int(np.sum(np.diff(moving.astype(int)) == 1))
        assert 2 <= moves <= 24 and moving.mean() < 0.3


def test_the_trunk_leans_forward_before_it_rises() -> None:
    for seat in SEATS:
        body = seated(seat, 3)
        lean = trunk_pitch(body.root, body.rotations, body.skeleton)
        assert 25.0 < lean[body.stop - FPS : body.stop + FPS // 2].max() < 45.0


def test_nothing_jumps() -> None:
    for body in cases():
        positions, _ = forward_kinematics(body.root, body.rotations, body.skeleton)
        acceleration = np.linalg.norm(np.diff(positions[:, :22], 2, axis=0), axis=-1) * FPS**2
        assert (
            acceleration[:, [INDEX["left_wrist"], INDEX["right_wrist"], INDEX["left_knee"], INDEX["right_knee"]]].max()
            < 60.0
        )
        assert acceleration[:, [0, INDEX["head"]]].max() < 25.0


def test_legs_in_every_posture_stay_out_of_each_other_and_inside_joint_limits() -> None:
    for skeleton in (AVERAGE_SKELETON.scaled(0.93), AVERAGE_SKELETON.scaled(1.08)):
        for height in (0.42, 0.48, 0.55):
            seat = Seat(np.array([0.0, 0.0, height + 0.09 * skeleton.pelvis_height]), 0.3, skeleton)
            for number, name in enumerate(POSTURES):
                legs = legs_in(name, seat, np.random.default_rng(number), 0.5)
                rotations = np.zeros((1, 52, 4), np.float32)
                rotations[..., 0] = 1.0
                rotations[0, 0] = seat._replace(roll=legs.roll).pelvis
                root = (
                    seat.hips - rot.rotate(rotations[0, 0], skeleton.offsets[INDEX["left_hip"]] * np.array([0, 1, 1]))
                )[None]
                for side, which in enumerate(SIDES):
                    local, _ = reach_foot(
                        root,
                        rotations[:, 0],
                        skeleton,
                        side,
                        *(part[side][None] for part in (legs.ankle, legs.foot, legs.knee)),
                    )
                    rotations[:, [INDEX[f"{which}_{part}"] for part in LEG]] = local
                assert self_penetrations(root.astype(np.float32), rotations, skeleton)["leg in leg"][0] < 0.03, name
                assert joint_excess(rotations)["knee flexion"][0] == 0.0


def test_hands_rest_on_the_body_and_not_in_it() -> None:
    for body in cases():
        depth = self_penetration(body.root, body.rotations, body.skeleton)
        assert (depth > 0.01).mean() < 0.06
        positions, _ = forward_kinematics(body.root, body.rotations, body.skeleton)
        span = slice(body.start + 4 * FPS, body.stop - 3 * FPS)
        for name in SIDES:  # on the lap, the thighs or folded: neither hanging down nor held in the air
            above = positions[span, INDEX[f"{name}_wrist"], 2] - body.root[span, 2]
            assert np.percentile(above, 2) > -0.15 and np.percentile(above, 98) < 0.45


def test_elbows_knees_and_neck_stay_within_their_limits() -> None:
    for body in cases():
        report = joint_limits(body.rotations)
        for joint in ("elbow", "knee", "neck"):
            assert report[joint].share == 0.0


def test_the_motion_is_labelled_as_sitting() -> None:
    for body in cases():
        seen = label_frames(body.root, body.rotations, body.skeleton)
        assert (seen[body.start + FPS // 2 : body.stop - FPS // 2] == SIT).all()


def test_the_same_seed_gives_the_same_postures() -> None:
    skeleton = AVERAGE_SKELETON
    body, labels = on_a_chair(0.45, skeleton, 20.0)
    first, second = (with_posture(np.random.default_rng(9), body, skeleton, labels, affect_of("joy")) for _ in range(2))
    np.testing.assert_array_equal(first.rotations, second.rotations)
    np.testing.assert_array_equal(first.root, second.root)


def test_emotions_show_in_the_trunk_and_the_neck() -> None:
    def lean_and_bend(emotion: str) -> tuple[float, float]:
        """Degrees of lean, and of the neck's bend, while standing and sitting."""
        lean, neck = [], []
        for seed in range(3):
            body = seated(0.45, seed, emotion)
            lean.append(
                trunk_pitch(body.root, body.rotations, body.skeleton)[body.start + 3 * FPS : body.stop - 3 * FPS].mean()
            )
            neck.append(np.degrees(rot.to_axis_angle(body.rotations[:, INDEX["neck"]])[:, 0]).mean())
        return float(np.mean(lean)), float(np.mean(neck))

    sad, proud, loving, angry_at = (
        lean_and_bend(emotion) for emotion in ("sadness", "satisfaction", "romance", "disgust")
    )
    assert sad[1] > proud[1] + 4.0  # slumped against drawn up
    assert loving[0] > angry_at[0] + 3.0  # towards against away


def test_arms_of_a_standing_body_do_not_always_hang_and_move_gently() -> None:
    skeleton = AVERAGE_SKELETON
    body, _ = on_a_chair(0.45, skeleton, 5.0)
    frames = 90 * FPS
    still = Motion(
        np.repeat(body.root[:1], frames, 0), np.repeat(body.rotations[:1], frames, 0), np.ones((frames, 4), bool)
    )
    held = 0
    for seed in range(4):
        posed = with_posture(
            np.random.default_rng(seed), still, skeleton, np.full(frames, STAND, np.uint8), affect_of("neutral")
        )
        rotations = cleared(posed.root, posed.rotations, skeleton)
        positions, _ = forward_kinematics(posed.root, rotations, skeleton)
        wrists = positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]]
        held += int(((wrists[..., 2] - posed.root[:, 2:]) > -0.02).any(1).sum())
        assert (np.linalg.norm(np.diff(wrists, 2, axis=0), axis=-1) * FPS**2).max() < 40.0
        assert (self_penetration(posed.root, rotations, skeleton) > 0.01).mean() < 0.03
        assert label_frames(posed.root, rotations, skeleton).min() == STAND
    assert 0.1 < held / (4 * frames) < 0.9
