"""Two bodies that pass through each other, or should touch: taken apart, brought together, nothing else changed."""

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.feet import sole_points
from model_runtime.body_model.skeleton import INDEX, forward_kinematics
from model_runtime.contract import PART_JOINTS
from model_runtime.errors import Cancelled
from model_runtime.metrics.joint_limits import joint_limits
from model_runtime.refine.contacts import BodyMotion, Goal, Resolved, ResolveOptions, resolve_contacts
from model_runtime.refine.contacts.report import depths
from model_runtime.tests.refine.contacts.scenes import standing


def depth_of(bodies: list[BodyMotion]) -> np.ndarray:
    return depths(bodies, [forward_kinematics(b.root, b.rotations, b.skeleton) for b in bodies])


def after(bodies: list[BodyMotion], resolved: Resolved) -> list[BodyMotion]:
    return [replace(b, root=resolved.roots[a], rotations=resolved.rotations[a]) for a, b in enumerate(bodies)]


def arm_through_chest(frames: int, at: int) -> list[BodyMotion]:
    """One who swings an arm through the chest of another, on a few frames about frame ``at``."""
    one, other = standing(1.75, 0.0, 1.0, frames), standing(1.9, 0.52, -1.0, frames)
    lift = np.exp(-0.5 * ((np.arange(frames) - at) / 4.0) ** 2)
    turned = one.rotations.copy()
    shoulder = INDEX["right_shoulder"]
    raised = rot.from_axis_angle(np.array([0.0, 0.0, 1.35]))
    turned[:, shoulder] = rot.slerp(turned[:, shoulder], np.broadcast_to(raised, (frames, 4)), lift)
    return [replace(one, rotations=turned.astype(np.float32)), other]


@pytest.fixture(scope="module")
def swung() -> tuple[list[BodyMotion], Resolved]:
    bodies = arm_through_chest(90, 45)
    return bodies, resolve_contacts(bodies)


def test_an_arm_through_a_chest_is_taken_out(swung: tuple[list[BodyMotion], Resolved]) -> None:
    bodies, resolved = swung
    assert depth_of(bodies).max() > 0.03
    left = depth_of(after(bodies, resolved))
    assert left.max() < 0.015
    assert (left > 0.011).mean() <= 0.01
    assert resolved.report["mean_joint_change"] < 0.03


def test_frames_a_second_away_stay_bit_for_bit(swung: tuple[list[BodyMotion], Resolved]) -> None:
    bodies, resolved = swung
    deep = np.flatnonzero(depth_of(bodies) > 0.01)
    away = np.ones(90, bool)
    away[deep[0] - 30 : deep[-1] + 31] = False
    assert away.sum() > 8
    for a, body in enumerate(bodies):
        assert np.array_equal(resolved.roots[a][away], body.root[away])
        assert np.array_equal(resolved.rotations[a][away], body.rotations[away])


def test_standing_feet_stay_where_they_are(swung: tuple[list[BodyMotion], Resolved]) -> None:
    bodies, resolved = swung
    for a, body in enumerate(bodies):
        before = sole_points(body.root, body.rotations, body.skeleton)
        now = sole_points(resolved.roots[a], resolved.rotations[a], body.skeleton)
        assert np.abs(now - before).max() < 1e-4


@pytest.mark.slow
def test_two_who_stand_in_each_other_are_set_apart_with_their_feet() -> None:
    bodies = [standing(1.62, 0.0, 1.0, 30), standing(1.84, 0.3, -1.0, 30)]
    resolved = resolve_contacts(bodies)
    assert depth_of(bodies).max() > 0.015
    assert depth_of(after(bodies, resolved)).max() < 0.012
    for a, body in enumerate(bodies):
        soles = sole_points(resolved.roots[a], resolved.rotations[a], body.skeleton)
        assert np.abs(np.diff(soles, axis=0)).max() < 1e-4
        assert np.abs(soles[..., 2] - sole_points(body.root, body.rotations, body.skeleton)[..., 2]).max() < 1e-4


@pytest.fixture(scope="module")
def greeting() -> tuple[list[BodyMotion], Goal, Resolved]:
    bodies = [standing(1.62, 0.0, 1.0, 60), standing(1.84, 0.75, -1.0, 60)]
    goal = Goal(0, "right_palm", 25, 40, 1, "right_palm")
    return bodies, goal, resolve_contacts(bodies, [goal])


@pytest.mark.slow
def test_two_of_different_height_shake_hands(greeting: tuple[list[BodyMotion], Goal, Resolved]) -> None:
    bodies, _, resolved = greeting
    (goal,) = resolved.report["goals"]
    assert goal["gap_before"] > 0.5
    assert goal["gap"] < 0.02
    assert depth_of(after(bodies, resolved)).max() < 0.02


@pytest.mark.slow
def test_hands_that_shake_slide_by_less_than_2_cm_a_second(
    greeting: tuple[list[BodyMotion], Goal, Resolved],
) -> None:
    (goal,) = greeting[2].report["goals"]
    assert goal["sliding"] < 0.02


@pytest.mark.slow
def test_hands_that_gesture_meet_where_people_shake_hands() -> None:
    bodies = [gesturing(body) for body in (standing(1.62, 0.0, 1.0, 75), standing(1.84, 0.8, -1.0, 75))]
    goal = Goal(0, "right_palm", 32, 46, 1, "right_palm")
    resolved = resolve_contacts(bodies, [goal])
    (found,) = resolved.report["goals"]
    assert found["gap"] < 0.02 and found["sliding"] < 0.02
    assert resolved.report["deep_frames_after"] <= 0.02 and resolved.report["deepest_after"] < 0.02
    for a, body in enumerate(after(bodies, resolved)):
        joints = forward_kinematics(body.root, body.rotations, body.skeleton)[0][38]
        elbow, shoulder, wrist = (joints[INDEX[f"right_{part}"], 2] for part in ("elbow", "shoulder", "wrist"))
        assert elbow < shoulder - 0.1 and wrist < shoulder, f"the arm of {a} is low, as in a greeting"


def gesturing(body: BodyMotion) -> BodyMotion:
    """The right hand goes up to the face and down again, three times in two seconds."""
    wave = 0.5 - 0.5 * np.cos(np.arange(body.frames) * 2.0 * np.pi * 1.5 / 30.0)
    rotations = body.rotations.copy()
    for joint, turn in (("shoulder", (0.6, 0.0, 0.9)), ("elbow", (0.0, 0.0, 1.6))):
        change = rot.from_axis_angle(wave[:, None] * np.array(turn))
        index = INDEX[f"right_{joint}"]
        rotations[:, index] = rot.multiply(change, rotations[:, index].astype(np.float64))
    return replace(body, rotations=rotations)


@pytest.mark.slow
def test_arms_that_shake_hands_stay_within_human_limits(
    greeting: tuple[list[BodyMotion], Goal, Resolved],
) -> None:
    _, _, resolved = greeting
    for rotations in resolved.rotations:
        worst = {joint: report.worst for joint, report in joint_limits(rotations).items()}
        assert max(worst.values()) < 6.0, worst


@pytest.mark.slow
def test_only_the_one_who_gives_way_is_changed_and_nothing_that_is_kept() -> None:
    bodies = arm_through_chest(50, 25)
    kept = np.zeros((50, len(PART_JOINTS)), bool)
    kept[:, list(PART_JOINTS).index("head")] = True
    kept[40:] = True
    bodies[0] = replace(bodies[0], kept=kept)
    resolved = resolve_contacts(bodies, options=ResolveOptions(gives_way=(0,)))
    assert np.array_equal(resolved.roots[1], bodies[1].root)
    assert np.array_equal(resolved.rotations[1], bodies[1].rotations)
    head = list(PART_JOINTS["head"])
    assert np.array_equal(resolved.rotations[0][:, head], bodies[0].rotations[:, head])
    assert np.array_equal(resolved.rotations[0][40:], bodies[0].rotations[40:])
    assert depth_of(after(bodies, resolved)).max() < 0.5 * depth_of(bodies).max()


def test_bodies_that_do_not_touch_come_back_as_they_are() -> None:
    bodies = [standing(1.7, 0.0, 1.0, 40), standing(1.7, 1.0, -1.0, 40)]
    resolved = resolve_contacts(bodies)
    assert np.array_equal(resolved.rotations, np.stack([b.rotations for b in bodies]))


@pytest.mark.slow
def test_one_alone_puts_a_hand_on_its_own_hip() -> None:
    bodies = [standing(1.7, 0.0, 1.0, 50)]
    resolved = resolve_contacts(bodies, [Goal(0, "left_palm", 22, 30, 0, "left_hip")])
    assert resolved.report["goals"][0]["gap"] < 0.02


def test_solving_stops_when_it_is_cancelled() -> None:
    seen = []

    def progress(share: float) -> None:
        seen.append(share)
        if len(seen) > 3:
            raise Cancelled("The user cancelled.")

    with pytest.raises(Cancelled):
        resolve_contacts(arm_through_chest(50, 25), progress=progress)
    assert len(seen) == 4
