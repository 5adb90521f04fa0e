"""Each measure of composed scenes on motion whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from model_runtime.common.easing import smooth_step
from model_runtime.contract import ACTION_LABELS, ARKIT_NAMES, FPS
from model_runtime.datasets.clip import Clip
from model_runtime.datasets.scene import SpokenUtterance
from model_runtime.metrics.beat_alignment import beat_alignment
from model_runtime.metrics.body_motion import BodyMotion
from model_runtime.metrics.nods import nod_times
from model_runtime.metrics.scene_measures import (
    CONTENTS,
    ON_STRESS,
    angular_speeds,
    closures,
    compares,
    contents_of,
    gesturing_of,
    jerk_sizes,
    label_hits,
    looks_at_partner,
    motion_entropy,
    sliding,
    speed_histogram,
    stroke_stops,
)
from model_runtime.studies.corpus_report import rows_of, table
from model_runtime.studies.corpus_tally import Motion, tally_clips, tally_scenes
from model_runtime.tests.corpus.test_filter import breathing, scene, turn
from model_runtime.tests.refine.test_feet import skating_walk, standing

FRAMES = 6 * FPS
TIME = np.arange(FRAMES) / FPS
JAW = ARKIT_NAMES.index("jawOpen")


def posed(**turns: np.ndarray) -> BodyMotion:
    """A standing body with the named joints turned by quaternions (T, 4)."""
    root, rotations = standing(FRAMES)
    for joint, turned in turns.items():
        rotations[:, INDEX[joint]] = turned
    return BodyMotion(root, rotations, AVERAGE_SKELETON)


def pulse(at: float, seconds: float) -> np.ndarray:
    """(T,) 0 to 1 and back within ``seconds`` from ``at``."""
    inside = np.clip((TIME - at) / seconds, 0.0, 1.0)
    return 0.5 - 0.5 * np.cos(2 * np.pi * inside)


def head_of(body: BodyMotion) -> np.ndarray:
    return body.world[:, INDEX["head"]]


def test_a_body_is_posed_as_by_forward_kinematics() -> None:
    root, rotations = skating_walk()
    body = BodyMotion(root, rotations, AVERAGE_SKELETON)
    positions, world = forward_kinematics(body.root, body.rotations, AVERAGE_SKELETON)
    np.testing.assert_allclose(body.positions, positions[:, :22], atol=1e-5)
    np.testing.assert_allclose(body.world, world[:, :22], atol=1e-5)


# ---------------------------------------------------------------------------------------------------- nods


def test_a_made_up_nod_is_counted() -> None:
    found = nod_times(
        head_of(posed(head=turn(np.radians(8) * (pulse(1.0, 0.5) + 0.6 * pulse(1.5, 0.5) + pulse(4.0, 0.4)), 0)))
    )
    assert found == pytest.approx([1.25, 4.2], abs=0.07)


def test_shaking_the_head_is_not_nodding() -> None:
    shake = np.radians(12) * (pulse(1.0, 0.4) - pulse(1.3, 0.4) + pulse(1.6, 0.4))
    tilt = rot.multiply(turn(shake, 2), turn(0.4 * np.abs(shake), 0))
    assert len(nod_times(head_of(posed(head=tilt)))) == 0


def test_looking_down_for_a_while_is_not_nodding() -> None:
    down = np.radians(15) * np.clip((TIME - 1) / 0.3, 0, 1) * np.clip((3 - TIME) / 0.3, 0, 1)
    assert len(nod_times(head_of(posed(head=turn(down, 0))))) == 0


def test_a_head_that_trembles_by_a_degree_does_not_nod() -> None:
    assert len(nod_times(head_of(posed(head=turn(np.radians(1.0) * np.sin(2 * np.pi * 2 * TIME), 0))))) == 0


# ---------------------------------------------------------------------------------------------------- gestures


def swing(*stops: float) -> BodyMotion:
    """The left forearm swings and comes to rest at each of ``stops`` (s)."""
    angle = sum((-1) ** k * smooth_step(TIME, stop - 0.3, stop) for k, stop in enumerate(stops))
    return posed(left_elbow=turn(-np.asarray(angle), 2))


def gesture(stop: float, hand: str = "left") -> dict[str, object]:
    return {
        "hand": hand,
        "start": stop - 0.8,
        "stroke_start": stop - 0.4,
        "time": stop,
        "stroke_end": stop + 0.2,
        "end": stop + 0.8,
    }


def test_a_stroke_stops_where_the_hand_does() -> None:
    stops = stroke_stops(swing(2.0, 4.0), [gesture(2.0), gesture(4.0, "both")])
    assert stops == pytest.approx([1.97, 3.97], abs=0.05)


def test_a_hand_that_does_not_swing_makes_no_stroke() -> None:
    assert np.isnan(stroke_stops(posed(), [gesture(2.0)])).all()


def test_a_stroke_put_on_a_stress_is_found_and_one_beside_it_is_not() -> None:
    stops = stroke_stops(swing(2.0, 4.0), [gesture(2.0), gesture(4.0)])
    assert beat_alignment(stops, np.array([2.0, 4.4]), 6.0, ON_STRESS).share == 0.5
    alignment = beat_alignment(stops, np.array([2.0, 4.0]), 6.0, ON_STRESS)
    assert alignment.share == 1.0
    assert alignment.chance < 0.3 * alignment.share


# ---------------------------------------------------------------------------------------------------- motion


def test_lively_motion_has_more_entropy_than_calm_motion() -> None:
    rng = np.random.default_rng(0)

    def moving(size: float) -> float:
        root, rotations = standing(FRAMES)
        for joint in range(22):
            path = np.cumsum(np.cumsum(rng.normal(0, 1, (FRAMES, 3)), axis=0), axis=0)
            path -= path.mean(axis=0)
            rotations[:, joint] = rot.from_axis_angle(size * path / np.abs(path).max())
        return motion_entropy(speed_histogram(angular_speeds(BodyMotion(root, rotations, AVERAGE_SKELETON))))

    still, calm, lively = motion_entropy(speed_histogram(angular_speeds(posed()))), moving(0.5), moving(3.0)
    assert still == 0.0
    assert 0.5 < calm < lively < np.log2(100)


def test_jerk_is_that_of_a_known_swing_and_of_bodies_of_one_size() -> None:
    root, rotations = standing(FRAMES)
    root[:, 0] += 0.05 * np.sin(2 * np.pi * TIME)
    expected = 0.05 * (2 * np.pi) ** 3 * np.abs(np.cos(2 * np.pi * TIME))
    found = jerk_sizes(BodyMotion(root, rotations, AVERAGE_SKELETON))["root"]
    np.testing.assert_allclose(np.nanmean(found), expected.mean() / (AVERAGE_SKELETON.height / 1.7), rtol=0.06)
    tall = BodyMotion(1.2 * root, rotations, AVERAGE_SKELETON.scaled(1.2))
    np.testing.assert_allclose(np.nanmean(jerk_sizes(tall)["root"]), np.nanmean(found), rtol=1e-3)


def test_a_gliding_body_slides_at_its_speed() -> None:
    root, rotations = standing(FRAMES)
    root[:, 0] += 0.05 * TIME
    assert np.nanmean(sliding(BodyMotion(root, rotations, AVERAGE_SKELETON))) == pytest.approx(0.05, abs=1e-3)


def test_frames_near_a_change_of_label_are_not_judged() -> None:
    labels = np.full(FRAMES, ACTION_LABELS.index("stand"))
    labels[80:90] = ACTION_LABELS.index("sit")
    assert label_hits(posed(), labels).all()
    labels[90:] = ACTION_LABELS.index("sit")
    assert label_hits(posed(), labels).mean() == pytest.approx((80 - 15) / (80 - 15 + FRAMES - 80 - 15), abs=0.02)


def test_frames_are_classified_by_the_motion_of_the_body() -> None:
    body = posed()
    contents = contents_of(body, gesturing_of(FRAMES, [gesture(2.0)]))
    assert CONTENTS[contents[60]] == "stand and gesture"
    assert CONTENTS[contents[150]] == "stand"


def test_only_clips_of_motion_that_occurs_in_a_talk_are_compared() -> None:
    root, rotations = standing(FRAMES)
    clip = Clip("a", "test", "none", AVERAGE_SKELETON, root.astype(np.float32), rotations, tags=("stand", "idle"))
    assert compares(clip)
    assert not compares(
        Clip("b", "test", "none", AVERAGE_SKELETON, clip.root_positions, rotations, tags=("stand", "idle", "prop"))
    )


# ---------------------------------------------------------------------------------------------------- eyes and lips


def test_an_actor_facing_the_partner_looks_at_it_unless_the_eyes_turn_away() -> None:
    made = scene()
    one, two = (BodyMotion(made.root_positions[a], made.rotations[a], AVERAGE_SKELETON) for a in (0, 1))
    face = np.zeros((FRAMES, 52), np.float32)
    assert looks_at_partner(one, two, face).all()
    face[90:, [ARKIT_NAMES.index("eyeLookOutLeft"), ARKIT_NAMES.index("eyeLookInRight")]] = 0.7  # to its left
    assert looks_at_partner(one, two, face)[:90].all() and not looks_at_partner(one, two, face)[90:].any()


def test_eyes_that_compensate_a_turned_head_look_at_the_partner() -> None:
    made = scene()
    root, rotations = breathing()
    rotations[:, INDEX["head"]] = turn(np.full(FRAMES, -0.42), 2)  # to its right
    one, two = (
        BodyMotion(root, rotations, AVERAGE_SKELETON),
        BodyMotion(made.root_positions[1], made.rotations[1], AVERAGE_SKELETON),
    )
    face = np.zeros((FRAMES, 52), np.float32)
    assert not looks_at_partner(one, two, face).any()
    face[:, [ARKIT_NAMES.index("eyeLookOutLeft"), ARKIT_NAMES.index("eyeLookInRight")]] = 0.7
    assert looks_at_partner(one, two, face).all()


def test_lips_that_stay_open_on_one_of_two_sounds_meet_on_half() -> None:
    utterances = {"a/1": SimpleNamespace(phones=[("M", 0.5, 0.6), ("AA", 0.6, 0.8), ("B", 0.8, 0.9)])}
    face = np.zeros((90, 52), np.float32)
    face[:, JAW] = 0.4
    face[46:48, JAW] = 0.0  # M at 1.5 s of the scene
    assert closures(face, [SpokenUtterance("a/1", 1.0, 1.0)], utterances).tolist() == [True, False]


# ---------------------------------------------------------------------------------------------------- the report


def test_clips_count_as_much_as_scenes_have_of_their_content() -> None:
    motion = Motion()
    motion.add(posed(), np.array([0] * 90 + [3] * 90))
    motion.sums[0], motion.counts[0] = 0.0, 0.0
    motion.sums[0, [0, 3]], motion.counts[0, [0, 3]] = [10.0, 30.0], [10.0, 10.0]
    weights = np.zeros(len(CONTENTS))
    weights[[0, 3]] = [3.0, 1.0]
    assert motion.mean("skate", weights) == pytest.approx((3 * 1.0 + 1 * 3.0) / 4)


def test_the_report_marks_rows_that_miss_their_target() -> None:
    made = scene()
    made.labels[1, 90:] = ACTION_LABELS.index("sit")
    root, rotations = breathing()
    clip = Clip("a", "test", "none", AVERAGE_SKELETON, root.astype(np.float32), rotations, tags=("stand", "idle"))
    rows = {row.name: row for row in rows_of(tally_scenes([made]), tally_clips([clip]))}
    assert rows["labels as scripted, share of frames"].good is False
    assert rows["scenes, minutes"].good is False
    assert rows["foot skate, cm/s"].good is True
    assert rows["jerk of head, ratio to captured"].value == pytest.approx(1.0, abs=0.05)
    assert "FAIL" in table(list(rows.values()))
