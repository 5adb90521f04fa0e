"""Base motion: standing, stepping, turning and walking of two bodies, before gestures, heads and faces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from model_runtime.tests.conftest import DATA

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ...contract import ACTION_LABELS, FPS, EmotionSpan, FloatArray
from ...corpus.motion.clip_bank import ClipBank, ClipSet
from ...corpus.motion.paths import PathCandidates, steer
from ...corpus.motion.performer import Performer
from ...corpus.motion.walking import along, bearing_knee, gaits, straight_walk, with_changes_of_pace
from ...corpus.script.affect import AffectTrack
from ...corpus.script.scene_script import Intent
from ...datasets.clip import Clip
from ...metrics.body_motion import BodyMotion
from ...metrics.measures import foot_skate
from ...metrics.real_motion import Statistics, knee_flexion
from ...planning.motion_labels import label_frames
from ...refine.feet import lock_feet
from ..motion_samples import rocketbox_clips, smartbody_clips

MOTION = DATA / "motion"
needs_motion = pytest.mark.data
WALK, STAND = ACTION_LABELS.index("walk"), ACTION_LABELS.index("stand")
Pair = tuple[Performer, Performer]


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """Of Rocketbox what stands, turns and walks; of SmartBody one performer's locomotion, which has steps."""
    starts = ("idle_breathe", "idle_neutral", "idle_look", "gestic_listen", "gestic_thoughtful", "turn_", "walk_")
    return [
        *rocketbox_clips(MOTION, lambda name: name.split("__")[-1][2:].startswith(starts)),
        *smartbody_clips(MOTION, "smartbody/MaleLocomotion/"),
    ]


@pytest.fixture(scope="module")
def bank(clips: list[Clip]) -> ClipBank:
    return ClipBank(clips)


def speaks_in_turns(actor: int, start: float, end: float) -> tuple[float, float]:
    """A ``performer.Conversation`` of turns of five seconds."""
    mine = float(int(start / 5) % 2 == actor)
    return mine, 1.0 - mine


def perform(
    bank: ClipBank,
    seed: int,
    plans: Sequence[list[Intent]],
    seconds: float,
    distance: float = 1.4,
    facing: bool = True,
    emotion: str = "neutral",
) -> Pair:
    """Two bodies carry out their plans; the first stands at the origin and both face each other."""
    rng = np.random.default_rng(seed)
    pair = []
    for actor, (style, plan) in enumerate(zip("mf", plans)):
        skeleton = next(
            clip.skeleton for clip in map(bank.clip, bank.names(f"{style}_", "")) if clip.source == "rocketbox"
        )
        affect = AffectTrack([EmotionSpan(emotion, 1.0, 0.0, seconds)], "co-workers", actor == 0)
        pair.append(
            Performer(
                ClipSet(bank, skeleton.scaled(1.0 + 0.035 * actor), 0.45, 1.0),
                style,
                plan,
                np.array([0.0, -distance * actor], np.float32),
                np.pi * actor,
                partial(speaks_in_turns, actor),
                rng,
                affect,
                distance=1.35,
                facing=facing,
                centre=np.array([0.0, -0.5 * distance]),
            )
        )
    one, two = pair
    one.partner, two.partner = two, one
    while min(one.track.frames, two.track.frames) < seconds * FPS + 5:
        min(pair, key=lambda p: p.track.frames).advance()
    return one, two


def walks_about(goals: Sequence[str], rng: np.random.Generator) -> list[Intent]:
    plan = [Intent("stand", 3.0)]
    for goal in goals:
        plan += [Intent("walk", float(rng.uniform(3.5, 9.0)), goal), Intent("stand", float(rng.uniform(2.0, 5.0)))]
    return [*plan, Intent("stand", 200.0)]


@pytest.fixture(scope="module")
def pairs(bank: ClipBank) -> list[Pair]:
    scenes = []
    for seed in range(4):
        rng = np.random.default_rng([seed, 9])
        plans = [
            walks_about([str(g) for g in rng.choice(["approach", "leave", "wander", "around"], 6)], rng)
            for _ in range(2)
        ]
        scenes.append(perform(bank, seed, plans, 60.0))
    return scenes


@pytest.fixture(scope="module")
def companions(bank: ClipBank) -> list[Pair]:
    plan = [
        Intent("stand", 2.0),
        Intent("walk", 7.0, "together"),
        Intent("stand", 3.0),
        Intent("walk", 6.0, "together"),
        Intent("stand", 99.0),
    ]
    return [perform(bank, seed, [plan, list(plan)], 25.0) for seed in range(4)]


@pytest.mark.data
@needs_motion
def test_walks_end_at_their_goals_and_last_as_long_as_planned(pairs: list[Pair]) -> None:
    ratios = []
    for pair in pairs:
        for performer in pair:
            path = performer.track.path()
            for walk in performer.walks:
                assert np.hypot(*(path[round(walk["end"] * FPS) - 1] - (walk["x"], walk["y"]))) < 0.3
            plan = [intent.duration for intent in performer_plan(performer, pair, pairs)]
            ratios += [(walk["end"] - walk["start"]) / wanted for walk, wanted in zip(performer.walks, plan)]
    assert 0.85 < np.median(ratios) < 1.2
    assert np.percentile(ratios, 90) < 1.5


def performer_plan(performer: Performer, pair: Pair, pairs: list[Pair]) -> list[Intent]:
    """The walks that a performer of the fixture was given."""
    rng = np.random.default_rng([pairs.index(pair), 9])
    plans = [
        walks_about([str(g) for g in rng.choice(["approach", "leave", "wander", "around"], 6)], rng) for _ in range(2)
    ]
    return [intent for intent in plans[pair.index(performer)] if intent.label == "walk"]


@pytest.mark.data
@needs_motion
def test_nobody_walks_into_the_partner_or_out_of_the_room(pairs: list[Pair]) -> None:
    for one, two in pairs:
        frames = min(one.track.frames, two.track.frames)
        assert np.linalg.norm(one.track.path()[:frames] - two.track.path()[:frames], axis=-1).min() > 0.6
        assert all(np.abs(p.track.path() - p.centre).max() < 5.0 for p in (one, two))


@pytest.mark.data
@needs_motion
def test_companions_walk_side_by_side(companions: list[Pair]) -> None:
    for one, two in companions:
        assert len(one.walks) == len(two.walks) == 2
        for mine, theirs in zip(one.walks, two.walks):
            assert abs(mine["start"] - theirs["start"]) < 0.2 and abs(mine["end"] - theirs["end"]) < 0.2
            span = slice(round((mine["start"] + 2.5) * FPS), round(mine["end"] * FPS))
            way = two.track.path()[span] - one.track.path()[span]
            assert np.linalg.norm(way, axis=-1).min() > 0.65 and np.linalg.norm(way, axis=-1).max() < 1.3
            ahead = np.gradient(one.track.path()[span], axis=0)
            lengths = np.linalg.norm(ahead, axis=-1)
            going = lengths > 0.5 / FPS
            along_way = np.abs(np.sum(way * ahead, -1) / np.maximum(lengths, 1e-6))
            assert np.median(along_way[going]) < 0.35


@pytest.mark.data
@needs_motion
def test_an_approach_ends_facing_the_partner_at_a_talking_distance(bank: ClipBank) -> None:
    for seed in range(3):
        one, two = perform(
            bank,
            seed,
            [[Intent("stand", 99.0)], [Intent("stand", 1.5), Intent("walk", 5.0, "approach"), Intent("stand", 99.0)]],
            12.0,
            4.2,
        )
        assert 1.0 < np.hypot(*(one.track.position - two.track.position)) < 1.8
        assert abs(two.bearing(one.track.position)) < np.radians(50)


@pytest.mark.data
@needs_motion
def test_labels_agree_with_what_the_base_motion_shows(pairs: list[Pair], companions: list[Pair]) -> None:
    agreed = []
    for performer in [p for pair in [*pairs, *companions] for p in pair]:
        motion, labels = performer.result(performer.track.frames)
        seen = label_frames(motion.root, motion.rotations, performer.clips.skeleton)
        settled = np.ones(len(labels), bool)
        for change in np.flatnonzero(np.diff(labels)) + 1:
            settled[max(0, change - FPS // 2) : change + FPS // 2] = False
        agreed.append((seen == labels)[settled])
    assert np.concatenate(agreed).mean() > 0.985


@pytest.mark.data
@needs_motion
def test_locked_feet_do_not_skate_and_nothing_pops(pairs: list[Pair]) -> None:
    skates = []
    for performer in [p for pair in pairs[:2] for p in pair]:
        motion, _ = performer.result(performer.track.frames)
        root, rotations = lock_feet(motion.root, motion.rotations, performer.clips.skeleton, motion.contacts)
        skates.append(foot_skate(root, rotations, performer.clips.skeleton).speed)
        positions, _ = forward_kinematics(root, rotations, performer.clips.skeleton)
        acceleration = np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1) * FPS**2
        assert acceleration[:, 0].max() < 22.0
        assert acceleration[:, INDEX["head"]].max() < 30.0
        assert acceleration[:, [INDEX["left_ankle"], INDEX["right_ankle"]]].max() < 90.0
    assert np.mean(skates) < 0.01


@pytest.mark.data
@needs_motion
def test_somebody_too_far_away_steps_nearer_without_walking(bank: ClipBank) -> None:
    nearer = []
    for seed in range(3):
        one, two = perform(bank, seed, [[Intent("stand", 99.0)]] * 2, 40.0, 2.1)
        nearer.append(float(np.hypot(*(one.track.position - two.track.position))))
        for performer in (one, two):
            motion, labels = performer.result(performer.track.frames)
            assert (labels == STAND).all()
            assert (label_frames(motion.root, motion.rotations, performer.clips.skeleton) == WALK).mean() < 0.02
    assert np.mean(nearer) < 1.85


@pytest.mark.data
@needs_motion
def test_bodies_that_need_not_face_each_other_stay_as_they_stand(bank: ClipBank) -> None:
    turned = []
    for facing in (True, False):
        most = 0.0
        for seed in (1, 2, 3):  # not everybody who is to go around comes far
            one, _ = perform(
                bank,
                seed,
                [[Intent("stand", 9.0)], [Intent("stand", 0.5), Intent("walk", 5.0, "around"), Intent("stand", 9.0)]],
                10.0,
                facing=facing,
            )
            motion, _ = one.result(300)
            most = max(most, float(np.ptp(motion.heading)))
        turned.append(most)
    assert turned[1] < np.radians(25) < turned[0]


@pytest.mark.data
@needs_motion
def test_no_idle_is_played_again_from_the_same_place_at_once(bank: ClipBank) -> None:
    one, _ = perform(bank, 3, [[Intent("stand", 99.0)]] * 2, 80.0)
    lately = list(one.idles._lately)
    assert len(lately) > 5
    for before, after in pairwise(lately):
        assert before[0] != after[0] or abs(before[1] - after[1]) > FPS // 2


@pytest.mark.data
@needs_motion
def test_the_same_seed_gives_the_same_motion(bank: ClipBank, clips: list[Clip]) -> None:
    plan = [Intent("stand", 2.0), Intent("walk", 5.0, "wander"), Intent("stand", 99.0)]
    # A bank that has served other scenes and one that has not give the same.
    one, two = (perform(b, 5, [plan, list(plan)], 12.0)[0].result(360)[0] for b in (bank, ClipBank(clips)))
    np.testing.assert_array_equal(one.rotations, two.rotations)
    np.testing.assert_array_equal(one.root, two.root)


@pytest.mark.data
@needs_motion
def test_a_scene_four_times_as_long_takes_less_than_eight_times_the_work(
    bank: ClipBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    multiply, multiplied = rot.multiply, 0

    def counting(a: FloatArray, b: FloatArray) -> FloatArray:
        nonlocal multiplied
        result = multiply(a, b)
        multiplied += result.size
        return result

    def work(seconds: float) -> int:
        nonlocal multiplied
        rng = np.random.default_rng(3)
        plans = [walks_about(["wander"] * 40, rng) for _ in range(2)]
        multiplied = 0
        perform(bank, 7, plans, seconds)
        return multiplied

    monkeypatch.setattr(rot, "multiply", counting)
    work(40.0)  # retargets the clips
    assert work(200.0) < 8.0 * work(50.0)


@pytest.mark.data
@needs_motion
def test_one_clip_of_each_kind_is_enough(clips: list[Clip]) -> None:
    needed = ("m_idle_breathe_02", "m_walk_start", "m_walk_stop", "m_walk_neutral_01", "m_turn_left_90")
    bank = ClipBank([clip for clip in clips if clip.name.split("/")[-1].split("__")[-1] in needed])
    plan = [
        Intent("stand", 2.0),
        Intent("walk", 5.0, "wander"),
        Intent("stand", 4.0),
        Intent("walk", 5.0, "around"),
        Intent("stand", 99.0),
    ]
    one, two = perform(bank, 2, [plan, list(plan)], 20.0)
    assert one.walks and two.walks


@pytest.mark.data
@needs_motion
def test_excitement_walks_faster_than_sadness(bank: ClipBank) -> None:
    speeds = []
    for emotion in ("excitement", "sadness"):
        plan = [Intent("stand", 1.0), *[Intent("walk", 5.0, "wander"), Intent("stand", 1.0)] * 5, Intent("stand", 99.0)]
        one, two = perform(bank, 4, [plan, list(plan)], 35.0, emotion=emotion)
        speeds.append(np.mean([pace.speed for p in (one, two) for pace in p.paces(12, 1.05 * p.affect_now.tempo**0.8)]))
    assert speeds[0] > 1.1 * speeds[1]


def knees(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> tuple[float, float]:
    """Degrees of the knee at mid-stance and at most, of a cycle."""
    stance = bearing_knee(root, rotations, skeleton, 0, len(root) - 1)
    return stance, float(knee_flexion(BodyMotion(root, rotations, skeleton)).max())


@pytest.mark.data
@needs_motion
def test_gaits_bear_on_nearly_straight_knees_and_keep_their_sources_knees_on_any_body(bank: ClipBank) -> None:
    assert len(gaits(bank)) > 12
    for gait in gaits(bank):
        source, span = bank.source(gait.name, False), slice(gait.start, gait.stop + 1)
        assert source.skeleton is bank.clip(gait.name).skeleton and bank.clip(gait.name).source != "smartbody"
        there = knees(source.root[span], source.rotations[span], source.skeleton)
        assert there[0] < 27.0
        for other, up_to in (("f_walk_start", 1.0), ("m_walk_start", 1.0), ("ChrUtah_Walk001", 2.5)):  # long legs
            skeleton = bank.clip(other).skeleton.scaled(1.07)
            motion = bank.motion(gait.name, False, skeleton)
            here = knees(motion.root[span], motion.rotations[span], skeleton)
            np.testing.assert_allclose(here, there, atol=up_to, err_msg=f"{gait.name} on {other}")


@pytest.mark.data
@needs_motion
def test_slow_walks_are_made_of_short_slow_steps_on_knees_as_straight_as_captured(bank: ClipBank) -> None:
    skeleton = bank.clip("m_walk_start").skeleton
    clips = ClipSet(bank, skeleton, 0.45, 1.0)
    plain = next(gait for gait in gaits(bank) if gait.name == "m_walk_neutral_01" and gait.ease == 1.0)
    found = []
    for ease in (1.0, 0.85, 0.72):
        gait = plain.eased(ease) if ease < 1.0 else plain
        walk = straight_walk(clips, gait, False, 1.0, 6.0, np.random.default_rng(1))
        statistics = Statistics()
        statistics.add(BodyMotion(walk.root, walk.rotations, skeleton))
        steady = walk.root[walk.frames // 3 : -walk.frames // 3]
        speed = float(-np.diff(steady[[0, -1], 1])[0]) / (len(steady) - 1) * FPS
        found.append((speed, statistics.figures()))
    for ease, (speed, figures) in zip((1.0, 0.85, 0.72), found):
        assert speed == pytest.approx(ease**2 * found[0][0], rel=0.12)
        assert figures["stance_knee"] == pytest.approx(found[0][1]["stance_knee"], abs=4.0)
        assert figures["step_over_speed"] == pytest.approx(found[0][1]["step_over_speed"] / ease, rel=0.15)


@pytest.mark.data
@needs_motion
def test_a_foot_that_stands_in_the_straight_walk_stands_in_the_bent_one(bank: ClipBank) -> None:
    rng = np.random.default_rng(0)
    skeleton = bank.clip("m_walk_start").skeleton
    clips = ClipSet(bank, skeleton, 0.45, 1.0)
    straight = straight_walk(clips, gaits(bank)[0], False, 1.0, 4.0, rng)
    wanted = PathCandidates(np.zeros(1), np.full((1, 1, 2), np.nan), np.array([[2.2, -2.2]]), np.array([np.pi / 2]))
    path = steer(np.zeros(2), wanted, np.array([9.0, 9.0]), 0.7, 0.8)[0]
    assert path is not None and abs(path.angles[-1] - np.pi / 2) < 0.3
    bent = along(straight, path, skeleton)
    skates = [foot_skate(m.root, m.rotations, skeleton).speed for m in (straight, bent)]
    assert skates[1] < 1.4 * skates[0] + 0.01


@pytest.mark.data
@needs_motion
def test_a_long_walk_changes_its_pace_while_planted_feet_stay(bank: ClipBank) -> None:
    skeleton = next(clip.skeleton for clip in map(bank.clip, bank.names("m_")) if clip.source == "rocketbox")
    clips = ClipSet(bank, skeleton, 0.45, 1.0)
    gait = gaits(bank)[0]
    rng = np.random.default_rng(2)
    steady = straight_walk(clips, gait, False, 1.0, 7.0, rng)
    walks = [with_changes_of_pace(steady, rng) for _ in range(12)]
    changed = [walk for walk in walks if walk is not steady]
    assert 4 <= len(changed) < 12
    for walk in changed:
        assert abs(walk.frames - steady.frames) < 0.06 * steady.frames, "it takes as long"
        np.testing.assert_allclose(walk.root[[0, -1]], steady.root[[0, -1]], atol=1e-4)
        speed = gaussian_filter1d(np.linalg.norm(np.diff(walk.root[:, :2], axis=0), axis=-1), 10.0) * FPS
        usual = gaussian_filter1d(np.linalg.norm(np.diff(steady.root[:, :2], axis=0), axis=-1), 10.0) * FPS
        before, after = (speed[int(share * len(speed))] / usual[int(share * len(usual))] for share in (0.25, 0.75))
        assert abs(np.log(after / before)) > 0.06
        assert np.isin(
            walk.contacts.sum(), range(int(0.8 * steady.contacts.sum()), int(1.2 * steady.contacts.sum()) + 1)
        )
