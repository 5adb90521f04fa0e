"""Arms of generated motion that went into a body come out of it, smoothly, and nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from ...body_model import rotations as rot
from ...body_model.body_shape import BodyShape, default_body_shape
from ...body_model.contacts import Body as Measured
from ...body_model.contacts import measure_contacts
from ...body_model.inverse_kinematics import bend
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from ...contract import FPS, FloatArray
from ...corpus.motion.limbs import hand_rotation, reach_hand, trunk_of
from ...corpus.motion.resting_arms import ARM_JOINTS
from ...metrics.joint_limits import joint_limits
from ...metrics.penetration import Body, pair_penetration, self_penetration, self_penetrations
from ...refine import arm_collisions
from ...refine.arm_collisions import clear_arms
from ..work import calls_of

BODY = AVERAGE_SKELETON
FRAMES = 4 * FPS
BUMP = np.exp(-0.5 * ((np.arange(FRAMES) / FPS - 2.0) / 0.35) ** 2)
FAR = np.array([0.0, -9.0, 0.0], np.float32)


def posed(seated: bool = False, **degrees: FloatArray | tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
    """Root (T, 3) and rotations (T, 52, 4): arms hang; ``degrees``: joint -> rotation vector (3,) or (T, 3)."""
    turns: dict[str, FloatArray | tuple[float, float, float]] = {
        "left_shoulder": (0, 75, 0),
        "right_shoulder": (0, -75, 0),
    }
    if seated:
        turns |= {
            f"{side}_{joint}": (angle, 0, 0)
            for side in ("left", "right")
            for joint, angle in (("hip", -85), ("knee", 85))
        }
    rotations = np.tile(rot.IDENTITY, (FRAMES, 52, 1)).astype(np.float32)
    for joint, vector in (turns | degrees).items():
        rotations[:, INDEX[joint]] = rot.from_axis_angle(
            np.radians(np.broadcast_to(np.asarray(vector, np.float32), (FRAMES, 3)))
        )
    height = 0.5 if seated else BODY.pelvis_height
    return np.tile(np.array([0, 0, height], np.float32), (FRAMES, 1)), rotations


def cleared(root: FloatArray, rotations: FloatArray) -> FloatArray:
    """The first of two, the other far away."""
    away = posed()
    return clear_arms(np.stack([root, away[0] + FAR]), np.stack([rotations, away[1]]), [BODY, BODY])[0]


def reaching(
    motion: tuple[FloatArray, FloatArray], side: int, place: FloatArray, fingers: tuple[float, float, float]
) -> None:
    """Bring a hand to ``place`` (T, 3) with the fingers along a direction and the back of the hand up, in place."""
    turn = hand_rotation(
        np.tile(np.array(fingers, np.float32), (FRAMES, 1)),
        np.tile(np.array([0.0, 0.0, 1.0], np.float32), (FRAMES, 1)),
        side,
    )
    hint = np.tile(np.array([0.5 - side, 0.5, -0.5], np.float32), (FRAMES, 1))
    motion[1][:, ARM_JOINTS[side]] = reach_hand(
        trunk_of(*motion, BODY), BODY, side, place.astype(np.float32), turn, hint, largest_bend=np.pi
    )


def passing(a: tuple[float, float, float], b: tuple[float, float, float]) -> FloatArray:
    """From ``a`` to ``b`` and back again."""
    return np.array(a) + BUMP[:, None] * (np.array(b) - np.array(a))


IN_THE_BELLY = posed(left_elbow=np.stack([0 * BUMP, 60.0 * BUMP, 0 * BUMP], -1))
IN_THE_HEAD, HANDS_IN_THE_LAP, HANDS_TOGETHER, IN_THE_PARTNER = posed(), posed(True), posed(), posed()
reaching(IN_THE_HEAD, 0, passing((0.3, -0.3, 1.3), (0.05, -0.05, 1.58)), (-1, 0, 0.3))
for side in range(2):
    sign = 1 - 2 * side
    reaching(HANDS_IN_THE_LAP, side, passing((0.15 * sign, -0.2, 0.6), (0.10 * sign, -0.2, 0.43)), (-0.3 * sign, -1, 0))
    reaching(HANDS_TOGETHER, side, passing((0.2 * sign, -0.3, 1.1), (0.01 * sign, -0.3, 1.1)), (-0.5 * sign, -1, 0))
reaching(IN_THE_PARTNER, 0, passing((0.3, -0.2, 1.0), (0.12, -0.5, 1.25)), (0, -1, 0))


@pytest.mark.parametrize(
    "motion", [IN_THE_BELLY, IN_THE_HEAD, HANDS_IN_THE_LAP, HANDS_TOGETHER], ids=["belly", "head", "thighs", "hands"]
)
def test_an_arm_that_goes_into_the_own_body_comes_out(motion: tuple[FloatArray, FloatArray]) -> None:
    root, rotations = motion
    assert self_penetration(root, rotations, BODY).max() > 0.025
    after = self_penetration(root, cleared(root, rotations), BODY)
    assert after.max() < 0.01


def test_a_hand_that_reaches_into_the_partner_is_held_off() -> None:
    other_root, other = posed()
    other[:, 0] = rot.about_z(np.array(np.pi))
    roots = np.stack([IN_THE_PARTNER[0], other_root + np.array([0.0, -0.6, 0.0], np.float32)])
    both = np.stack([IN_THE_PARTNER[1], other])
    result = clear_arms(roots, both, [BODY, BODY])
    before, after = (
        pair_penetration(*(Body(root, rotations, BODY) for root, rotations in zip(roots, q))).max()
        for q in (both, result)
    )
    assert before > 0.04 and after < 0.01
    np.testing.assert_array_equal(clear_arms(roots, both, [BODY, BODY], together=False), both)


@pytest.mark.parametrize(
    "motion", [IN_THE_BELLY, IN_THE_HEAD, HANDS_IN_THE_LAP, HANDS_TOGETHER], ids=["belly", "head", "thighs", "hands"]
)
def test_an_arm_comes_out_of_the_body_that_is_in_the_scene(motion: tuple[FloatArray, FloatArray]) -> None:
    root, rotations = motion
    clothed = default_body_shape(BODY).thickened(0.015)
    away = posed()
    roots, both = np.stack([root, away[0] + FAR]), np.stack([rotations, away[1]])
    coarse = clear_arms(roots, both, [BODY, BODY])[0]
    result = clear_arms(roots, both, [BODY, BODY], shapes=[clothed, None])[0]
    depth = {name: own_depth(clothed, root, q) for name, q in (("coarse", coarse), ("own", result))}
    assert (depth["coarse"] > 0.01).mean() > 0.1
    assert (depth["own"] > 0.0105).mean() <= 0.01 and depth["own"].max() < 0.02


def own_depth(shape: BodyShape, root: FloatArray, rotations: FloatArray) -> FloatArray:
    """As the add-on's check measures it."""
    bodies = [Measured(shape, BODY, root, rotations), Measured(shape, BODY, root + FAR, rotations)]
    return measure_contacts(bodies).self_depth[0]


def test_a_hand_is_held_off_the_partner_that_is_in_the_scene() -> None:
    other_root, other = posed()
    other[:, 0] = rot.about_z(np.array(np.pi))
    roots = np.stack([IN_THE_PARTNER[0], other_root + np.array([0.0, -0.6, 0.0], np.float32)])
    both, shapes = np.stack([IN_THE_PARTNER[1], other]), [None, default_body_shape(BODY).thickened(0.03)]

    def depth(q: FloatArray) -> float:
        return float(pair_penetration(*(Body(roots[a], q[a], BODY, shapes[a]) for a in range(2))).max())

    assert depth(clear_arms(roots, both, [BODY, BODY])) > 0.015
    assert depth(clear_arms(roots, both, [BODY, BODY], shapes=shapes)) < 0.005


def test_hands_that_sink_into_the_lap_come_up_and_not_down() -> None:
    root, rotations = HANDS_IN_THE_LAP
    before, after = (
        forward_kinematics(root, q, BODY)[0][:, INDEX["left_wrist"]] for q in (rotations, cleared(root, rotations))
    )
    assert (after[:, 2] > before[:, 2] - 1e-3).all()


def test_it_gives_way_without_a_jerk_without_breaking_the_elbow_and_without_turning_the_hand() -> None:
    root, rotations = IN_THE_BELLY
    result = cleared(root, rotations)
    (places, turns), (new_places, new_turns) = (forward_kinematics(root, q, BODY) for q in (rotations, result))
    wrist = INDEX["left_wrist"]
    jerk = [np.linalg.norm(np.diff(p[:, wrist], 3, axis=0), axis=-1).max() for p in (places, new_places)]
    assert jerk[1] < 2.5 * jerk[0]
    assert joint_limits(result)["elbow"].share == 0.0
    np.testing.assert_allclose(np.abs(np.sum(turns[:, wrist] * new_turns[:, wrist], -1)), 1.0, atol=1e-5)


def test_what_is_clear_is_not_touched_and_touching_is_clear() -> None:
    root, rotations = IN_THE_BELLY
    result = cleared(root, rotations)
    others = [
        joint for joint in range(52) if joint not in [INDEX[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]
    ]
    np.testing.assert_array_equal(result[:, others], rotations[:, others])
    np.testing.assert_array_equal(result[: FPS // 3], rotations[: FPS // 3])
    resting = cleared(*HANDS_IN_THE_LAP)  # hands that lie on thighs now
    np.testing.assert_array_equal(cleared(HANDS_IN_THE_LAP[0], resting)[FPS:-FPS], resting[FPS:-FPS])
    assert max(depth.max() for depth in self_penetrations(HANDS_IN_THE_LAP[0], resting, BODY).values()) < 0.002


def test_an_arm_that_is_asked_for_nothing_stays_and_one_that_is_asked_for_a_place_reaches_it() -> None:
    rng = np.random.default_rng(1)
    joints = np.cumsum(rng.normal(size=(200, 3, 3)) * 0.15, axis=1)
    back, way = rng.normal(size=(200, 3)), np.zeros((200, 2, 3))
    elbow, wrist, upper, fore = bend(joints, back / np.linalg.norm(back, axis=-1, keepdims=True), way)
    np.testing.assert_allclose(elbow, joints[:, 1], atol=1e-6)
    np.testing.assert_allclose(np.abs(upper[:, 0]), 1.0, atol=1e-6)
    np.testing.assert_allclose(np.abs(fore[:, 0]), 1.0, atol=1e-6)
    way[:, 0] = 0.1 * (joints[:, 0] - joints[:, 2])
    elbow, wrist, upper, fore = bend(joints, back / np.linalg.norm(back, axis=-1, keepdims=True), way)
    for old, new, turn in (
        (joints[:, 1] - joints[:, 0], elbow - joints[:, 0], upper),
        (joints[:, 2] - joints[:, 1], wrist - elbow, fore),
    ):
        np.testing.assert_allclose(rot.rotate(turn, old), new, atol=1e-6)


def test_after_the_first_round_only_frames_near_an_overlap_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = calls_of(arm_collisions, "_pushes", monkeypatch)
    root, rotations = (np.concatenate([x, x, x])[: 10 * FPS] for x in HANDS_IN_THE_LAP)
    clear_arms(np.stack([root, root + FAR]), np.stack([rotations, rotations]), [BODY, BODY])
    frames = [count for count, *_ in rounds]
    assert frames[0] == 10 * FPS and sum(frames) < 20 * FPS, "and the bodies' distance needs no look at all"
