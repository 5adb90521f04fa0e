"""The statistics of real motion on bodies whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.inverse_kinematics import solve_two_bones
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, HAND_INDEX, INDEX
from model_runtime.contract import FPS
from model_runtime.metrics.body_motion import BodyMotion
from model_runtime.metrics.real_motion import NAMES, Statistics, knee_flexion
from model_runtime.metrics.targets import REAL_MOTION
from model_runtime.tests.refine.test_feet import standing

FRAMES = 8 * FPS
TIME = np.arange(FRAMES) / FPS
ALWAYS = np.ones(FRAMES, bool)


def posed(**turns: np.ndarray) -> BodyMotion:
    """A standing body with the named joints turned by rotation vectors (T, 3) or (3,) in degrees."""
    root, rotations = standing(FRAMES)
    for joint, degrees in turns.items():
        vectors = np.broadcast_to(np.radians(degrees), (FRAMES, 3)).astype(np.float32)
        rotations[:, INDEX[joint]] = rot.from_axis_angle(vectors)
    return BodyMotion(root, rotations, AVERAGE_SKELETON)


def seated(**turns: np.ndarray) -> BodyMotion:
    """A seated body, thighs level and shins upright."""
    level, bent = np.array([-85.0, 0, 0]), np.array([85.0, 0, 0])
    body = posed(left_hip=level, right_hip=level, left_knee=bent, right_knee=bent, **turns)
    body.root[:, 2] -= 0.42
    return BodyMotion(body.root, body.rotations, AVERAGE_SKELETON)


def figures_of(body: BodyMotion, **roles: np.ndarray) -> dict[str, float]:
    statistics = Statistics()
    statistics.add(body, **roles)
    return statistics.figures()


def test_every_statistic_but_the_counted_nods_has_a_bound_of_its_own_and_none_is_bounded_that_is_not_measured():
    assert {*NAMES, "nods_a_minute"} == set(REAL_MOTION)


def test_knee_flexion_is_the_angle_between_thigh_and_shin():
    flexion = knee_flexion(posed(left_knee=np.array([40.0, 0, 0]), right_knee=np.array([5.0, 0, 0])))
    np.testing.assert_allclose(flexion, np.broadcast_to([40.0, 5.0], flexion.shape), atol=3.5)


def test_a_still_body_holds_still_in_its_role_and_a_swaying_one_does_not():
    still = figures_of(posed(), listens=ALWAYS)
    assert still["held_listening"] == 1.0 and np.isnan(still["held_speaking"]) and np.isnan(still["held_seated"])
    sway = 20.0 * np.sin(2 * np.pi * 0.5 * TIME)[:, None] * [0.0, 1.0, 0.0]
    assert figures_of(posed(spine1=sway), speaks=ALWAYS)["held_speaking"] < 0.2


def test_snaps_of_hands_and_head_are_found_though_they_are_rare():
    snap = np.clip((TIME % 4.0 - 1.0) / 0.15, 0.0, 1.0)[:, None] * [0.0, 40.0, 0.0]
    calm, snappy = figures_of(posed(), speaks=ALWAYS), figures_of(posed(left_shoulder=snap, head=snap), speaks=ALWAYS)
    assert calm["hands_speaking"] < 1.0 and calm["head_speaking"] < 1.0
    assert snappy["hands_speaking"] > 100.0 and snappy["head_speaking"] == pytest.approx(40.0 / 0.15, rel=0.1)


def test_a_sitters_elbows_fingers_and_wrists_are_measured():
    down, up = np.array([0.0, 75.0, 0]), np.array([0.0, -60.0, 0])
    hang = {"left_shoulder": down, "right_shoulder": -down}
    still = figures_of(seated(**hang))
    assert still["elbow_swivel"] == pytest.approx(0.0, abs=0.01) and still["fingers"] == pytest.approx(0.0, abs=0.01)
    assert still["held_seated"] == 1.0 and still["wrist_high"] == 0.0 and still["pelvis_sway"] < 1e-3
    curl = 10.0 * np.sin(2 * np.pi * TIME)[:, None] * [0.0, 1.0, 0.0]
    tapping = {name: curl for name in INDEX if INDEX[name] in HAND_INDEX["left"]}
    assert figures_of(seated(**hang, **tapping))["fingers"] == pytest.approx(0.5 * 10.0 / np.sqrt(2.0), rel=0.05)
    assert figures_of(seated(left_shoulder=up, right_shoulder=-down))["wrist_high"] == 1.0


def test_nods_of_a_listener_count_and_shake_the_pitch_of_the_head():
    nod = 8.0 * np.clip(np.sin(2 * np.pi * 2.0 * TIME), 0.0, 1.0)[:, None] * (TIME % 4.0 < 1.0)[:, None]
    found = figures_of(posed(head=nod * [1.0, 0.0, 0.0]), listens=ALWAYS)
    assert found["nods_a_minute"] == pytest.approx(2 / (FRAMES / FPS / 60)) and found["head_pitch"] > 0.7
    assert figures_of(posed(), listens=ALWAYS)["head_pitch"] < 0.1


def walk(knee: float, stop: float = 9.0) -> BodyMotion:
    """Steps of 0.55 m and 0.55 s: the knee is bent by ``knee`` degrees under the hip, from ``stop`` s on both feet stay
    where they are.
    """
    skeleton, pace, seconds = AVERAGE_SKELETON, 0.55, 0.55
    frames = round(12 * FPS)
    time = np.minimum(np.arange(frames) / FPS, stop)
    thigh, shin = (float(np.linalg.norm(skeleton.offsets[INDEX[f"left_{part}"]])) for part in ("knee", "ankle"))
    reach = np.sqrt(thigh**2 + shin**2 + 2 * thigh * shin * np.cos(np.radians(knee)))
    ankle_rest = float(skeleton.rest_positions[INDEX["left_ankle"], 2])
    root = np.zeros((frames, 3), np.float32)
    root[:, 1] = -pace / seconds * time
    root[:, 2] = ankle_rest + reach - float(skeleton.offsets[INDEX["left_hip"], 2])
    rotations = standing(frames)[1]
    for k, side in enumerate(("left", "right")):
        step = time / seconds / 2 + 0.5 * k
        whole, part = np.floor(step), step % 1.0
        moved = np.clip((part - 0.6) / 0.4, 0.0, 1.0)
        travel = 2 * pace * (whole + 0.5 - 0.5 * np.cos(np.pi * moved) - 0.5 * k + 0.3)
        hip = root + skeleton.offsets[INDEX[f"{side}_hip"]]
        ankle = np.stack([hip[:, 0], -travel, ankle_rest + 0.12 * np.sin(np.pi * moved)], -1)
        middle, end = solve_two_bones(hip, ankle, np.array([[0.0, -1.0, 0.0]]), np.array([thigh, shin]))
        angles = [np.arctan2(-(b - a)[:, 1], -(b - a)[:, 2]) for a, b in ((hip, middle), (middle, end))]
        for joint, angle in ((f"{side}_hip", angles[0]), (f"{side}_knee", angles[1] - angles[0])):
            rotations[:, INDEX[joint]] = rot.from_axis_angle((-angle[:, None] * [1.0, 0, 0]).astype(np.float32))
        rotations[:, INDEX[f"{side}_ankle"]] = rot.from_axis_angle(
            (angles[1][:, None] * [1.0, 0, 0]).astype(np.float32)
        )
    return BodyMotion(root, rotations, skeleton)


@pytest.mark.parametrize("knee", [15.0, 35.0])
def test_a_walks_knee_at_mid_stance_and_its_steps_are_found(knee: float):
    found = figures_of(walk(knee))
    assert found["stance_knee"] == pytest.approx(knee, abs=4.0)
    assert found["swing_knee"] > found["stance_knee"] + 15.0
    assert found["step_over_speed"] == pytest.approx(0.55, abs=0.04)
    assert found["double_support"] < 0.25 and found["swing_height"] > 8.0


def test_feet_that_stay_apart_fore_and_aft_after_a_walk_are_found():
    assert figures_of(walk(25.0, stop=7.755))["feet_apart"] > 15.0


def test_arms_that_swing_with_the_opposite_leg_correlate_with_it():
    body = walk(20.0)
    phase = np.arange(body.frames) / FPS / 1.1
    for side, sign in (("left", 1.0), ("right", -1.0)):
        swing = 20.0 * sign * np.cos(2 * np.pi * phase)[:, None] * [1.0, 0.0, 0.0]
        hang = rot.from_axis_angle(np.radians([0.0, 80.0 * sign, 0.0]).astype(np.float32))
        swung = rot.from_axis_angle(np.radians(swing).astype(np.float32))
        body.rotations[:, INDEX[f"{side}_shoulder"]] = rot.multiply(swung, hang)
    along = figures_of(body)["arm_against_leg"]
    assert abs(along) > 0.7
    shoulders = [INDEX["left_shoulder"], INDEX["right_shoulder"]]
    body.rotations[:, shoulders] = body.rotations[:, shoulders[::-1]] * np.array([1, 1, -1, -1], np.float32)
    assert figures_of(BodyMotion(body.root, body.rotations, body.skeleton))["arm_against_leg"] == pytest.approx(
        -along, abs=0.15
    )
