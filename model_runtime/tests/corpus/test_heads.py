"""Heads and eyes in talk: gaze, eyes before head, nods, shakes, tilts, and the limits of a neck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX
from ...contract import FPS, LOOK_SIDE, EmotionSpan
from ...corpus.listening.heads import Heads, look_and_listen, upper_body
from ...corpus.script.affect import AffectTrack
from ...metrics.joint_limits import joint_limits
from ...metrics.nods import head_angles, nod_times

FRAMES = 120 * FPS
Array = np.ndarray[Any, Any]
ROOT = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height], np.float32), (FRAMES, 1))
REST = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (FRAMES, 52, 1))
EYES = upper_body(ROOT, REST, AVERAGE_SKELETON).eyes
PARTNER = EYES + np.array([0.0, -1.4, 0.05], np.float32)


def talk(seed: int) -> tuple[Array, Array]:
    """Voices (2, T) with turns of 2 to 6 s with short pauses in them, and the times (s) of stresses."""
    rng = np.random.default_rng(seed)
    voices, clock, actor = np.zeros((2, FRAMES), np.float32), 0.5, 0
    while clock < FRAMES / FPS:
        for _ in range(int(rng.integers(1, 4))):
            length = float(rng.uniform(1.2, 2.5))
            voices[actor, int(clock * FPS) : int((clock + length) * FPS)] = 1.0
            clock += length + 0.35
        actor = 1 - actor
    return voices, np.arange(0.9, FRAMES / FPS - 2, 0.83)


def stresses_of(voice: Array, moments: Array, word: str = "house") -> list[tuple[float, float, str]]:
    return [(float(t), 0.7, word) for t in moments if voice[int(t * FPS)] > 0.5]


def affect_of(emotion: str = "neutral", relationship: str = "friends with similar hobbies") -> AffectTrack:
    return AffectTrack([EmotionSpan(emotion, 1.0, 0.0, FRAMES / FPS)], relationship, True)


def heads_of(
    seed: int, partner: Array = PARTNER, affect: AffectTrack | None = None, **more: Any
) -> tuple[Heads, Array]:
    voices, moments = talk(seed)
    spoken = more.pop("stresses", stresses_of(voices[0], moments))
    heads = look_and_listen(
        np.random.default_rng(seed),
        ROOT,
        REST,
        AVERAGE_SKELETON,
        partner,
        np.zeros(FRAMES, np.float32),
        voices[0],
        voices[1],
        spoken,
        stresses_of(voices[1], moments),
        affect or affect_of(),
        **more,
    )
    return heads, voices


def head_of(heads: Heads) -> Array:
    return upper_body(ROOT, heads.rotations, AVERAGE_SKELETON).head


def line_of_sight(heads: Heads) -> Array:
    """World directions (T, 3) of the eyes."""
    yaw, pitch = heads.eyes.T
    ahead = np.stack([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), np.sin(pitch)], -1)
    return rot.rotate(head_of(heads), ahead.astype(np.float32))


@pytest.fixture(scope="module")
def many() -> list[tuple[Heads, Array]]:
    return [heads_of(seed) for seed in range(8)]


def test_the_same_seed_turns_the_same_head(many: list[tuple[Heads, Array]]) -> None:
    again, _ = heads_of(0)
    for one, other in zip(again, many[0][0]):
        np.testing.assert_array_equal(one, other)


def test_only_head_neck_and_spine_are_moved(many: list[tuple[Heads, Array]]) -> None:
    moved = np.abs(many[0][0].rotations - REST).max((0, 2)) > 1e-6
    assert {i for i in range(52) if moved[i]} == {INDEX[n] for n in ("spine1", "spine2", "spine3", "neck", "head")}


def test_a_listener_looks_at_the_other_more_than_a_speaker_and_not_all_the_time(
    many: list[tuple[Heads, Array]],
) -> None:
    listening = np.mean(np.concatenate([h.looking[(v[1] > 0.5) & (v[0] < 0.5)] for h, v in many]))
    speaking = np.mean(np.concatenate([h.looking[v[0] > 0.5] for h, v in many]))
    assert 0.45 < listening < 0.75
    assert speaking < listening - 0.05


def test_eyes_rest_on_the_face_while_looking_and_elsewhere_while_not(many: list[tuple[Heads, Array]]) -> None:
    for heads, _ in many[:3]:
        way: Array = PARTNER - upper_body(ROOT, heads.rotations, AVERAGE_SKELETON).eyes
        off = np.degrees(
            np.arccos(np.clip(np.sum(line_of_sight(heads) * way, -1) / np.linalg.norm(way, axis=-1), -1, 1))
        )
        settled = gaussian_filter1d(heads.looking.astype(float), 2.0)
        assert np.percentile(off[settled > 0.95], 95) < 8.0
        assert np.median(off[settled < 0.05]) > 10.0


def test_eyes_lead_the_head_by_a_tenth_to_a_fifth_of_a_second(many: list[tuple[Heads, Array]]) -> None:
    leads = []
    for heads, _ in many:
        sight = line_of_sight(heads)
        gaze = np.degrees(np.unwrap(np.arctan2(sight[:, 0], -sight[:, 1])))
        head = np.degrees(head_angles(head_of(heads))[1])
        for jump in np.flatnonzero(np.abs(gaze[3:] - gaze[:-3]) > 18.0):
            way = 1.0 if gaze[jump + 3] > gaze[jump] else -1.0
            if (
                jump < 10
                or jump > FRAMES - 20
                or np.ptp(head[jump - 8 : jump + 1]) > 1.5
                or np.ptp(gaze[jump - 8 : jump]) > 4.0
            ):
                continue
            follows = way * (head[jump : jump + 18] - head[jump])
            if follows.max() > 6.0:
                # The eyes go in the frame after `jump`.
                leads.append(float(np.argmax(follows > 0.1 * follows.max())) / FPS - 1.0 / FPS)
    assert len(leads) > 15
    assert 0.08 < np.median(leads) < 0.27


def test_small_shifts_of_gaze_leave_the_head_still() -> None:
    """A partner who hops from side to side by 8 degrees is followed by the eyes alone."""
    rng = np.random.default_rng(3)
    hops = np.repeat(rng.choice([-0.1, 0.1], FRAMES // 60 + 1), 60)[:FRAMES]
    quiet, talk = np.zeros(FRAMES, np.float32), np.ones(FRAMES, np.float32)  # in silence both would look about
    steady = look_and_listen(
        np.random.default_rng(1), ROOT, REST, AVERAGE_SKELETON, PARTNER, quiet, quiet, talk, [], [], affect_of()
    )
    hopping = look_and_listen(
        np.random.default_rng(1),
        ROOT,
        REST,
        AVERAGE_SKELETON,
        PARTNER + np.stack([hops, quiet, quiet], -1),
        quiet,
        quiet,
        talk,
        [],
        [],
        affect_of(),
    )
    both = steady.looking & hopping.looking
    change = np.degrees(head_angles(head_of(hopping))[1] - head_angles(head_of(steady))[1])
    assert both.mean() > 0.2 and np.abs(change[both]).max() < 8.0
    assert np.abs(np.diff(np.degrees(hopping.eyes[:, 0]))).max() > 4.0


def test_eyes_stay_within_the_range_of_eyes_and_of_their_curves(many: list[tuple[Heads, Array]]) -> None:
    for heads, _ in many:
        assert np.degrees(np.abs(heads.eyes[:, 0])).max() <= 30.1 <= np.degrees(LOOK_SIDE)
        assert np.degrees(np.abs(heads.eyes[:, 1])).max() <= 29.1


def test_a_listener_nods_4_to_12_times_a_minute_and_speakers_keep_moving(many: list[tuple[Heads, Array]]) -> None:
    rates = []
    for heads, voices in many:
        listens = (voices[1] > 0.5) & (voices[0] < 0.5)
        frames = np.minimum((nod_times(head_of(heads)) * FPS).astype(int), FRAMES - 1)
        rates.append(listens[frames].sum() / (listens.sum() / FPS / 60.0))
    assert 5.0 < np.mean(rates) < 11.0
    assert min(rates) > 1.0 and max(rates) < 17.0


def test_a_subordinate_nods_more_than_a_boss() -> None:
    rates = []
    for relationship in ("boss / subordinate", "subordinate of the boss"):
        affect = AffectTrack(
            [EmotionSpan("neutral", 1.0, 0.0, 120.0)], "boss / subordinate", relationship.startswith("boss")
        )
        rates.append(sum(len(nod_times(head_of(heads_of(seed, affect=affect, stresses=[])[0]))) for seed in range(8)))
    assert rates[1] > rates[0]


def test_a_no_shakes_the_head_and_another_word_does_not() -> None:
    """Turning to and fro at 1.5 to 3.5 Hz in the second after a stress."""
    voices, _ = talk(5)
    moments = np.array([t for t in np.arange(2.0, 115.0, 4.0) if voices[0, int(t * FPS) : int((t + 0.8) * FPS)].all()])
    sizes = {}
    for word in ("no", "house"):
        heads, _ = heads_of(5, stresses=stresses_of(voices[0], moments, word))
        yaw = np.degrees(head_angles(head_of(heads))[1])
        quick = gaussian_filter1d(yaw, 1.0) - gaussian_filter1d(yaw, 6.0)
        sizes[word] = np.median([np.ptp(quick[int((t - 0.2) * FPS) : int((t + 0.9) * FPS)]) for t in moments])
    assert sizes["no"] > 2.5 and sizes["no"] > 2.0 * sizes["house"]


def test_a_question_ends_with_the_head_tilted() -> None:
    voices, _ = talk(6)
    ends = [float(t) / FPS for t in np.flatnonzero(np.diff(voices[0]) < 0) if voices[1, t + 20 : t + 40].any()]
    rolls = []
    for questions in ([], ends):
        heads, _ = heads_of(6, questions=questions)
        side = rot.rotate(head_of(heads), np.array([1.0, 0.0, 0.0], np.float32))
        roll = np.degrees(np.arcsin(side[:, 2]))
        rolls.append(np.mean([np.abs(roll[int(t * FPS) : int((t + 0.6) * FPS)]).max() for t in ends if t < 118]))
    assert rolls[1] > rolls[0] + 1.5


def test_laughter_shakes_the_head_at_four_to_five_beats_a_second() -> None:
    plain, _ = heads_of(7)
    laughing, _ = heads_of(7, laughs=[(20.0, 22.0), (60.0, 61.8)])
    for start in (20.0, 60.0):
        span = slice(int(start * FPS), int((start + 1.6) * FPS))
        pitch = [head_angles(head_of(h))[0][span] for h in (plain, laughing)]
        power = [np.abs(np.fft.rfft(p * np.hanning(len(p)), 300))[38:54].max() for p in pitch]  # 3.8 to 5.3 Hz
        assert power[1] > 2.0 * power[0]


def test_a_body_beside_the_other_only_glances() -> None:
    partner = EYES + np.array([1.2, -0.1, 0.0], np.float32)  # beside, on my left
    beside = np.mean([heads_of(seed, partner, facing=False)[0].looking.mean() for seed in range(4)])
    opposite = np.mean([heads_of(seed)[0].looking.mean() for seed in range(4)])
    assert 0.03 < beside < 0.6 * opposite


def test_a_partner_behind_is_not_looked_at() -> None:
    heads, _ = heads_of(1, EYES + np.array([0.2, 1.5, 0.0], np.float32))
    assert not heads.looking.any()


def test_necks_stay_within_their_limits_and_heads_do_not_jump_while_a_partner_circles() -> None:
    turn = 2 * np.pi * np.arange(FRAMES) / FRAMES * 6
    circling = EYES + 1.3 * np.stack([np.sin(turn), -np.cos(turn), 0.3 * np.sin(3 * turn)], -1).astype(np.float32)
    for seed in range(3):
        heads, _ = heads_of(seed, circling)
        assert joint_limits(heads.rotations)["neck"].share == 0.0
        speed = (
            np.degrees(
                np.linalg.norm(
                    rot.to_axis_angle(rot.multiply(rot.conjugate(head_of(heads)[:-1]), head_of(heads)[1:])), axis=-1
                )
            )
            * FPS
        )
        assert speed.max() < 330.0  # degrees a second


def test_a_listener_mirrors_part_of_the_others_lean_seconds_later() -> None:
    lean = np.where(np.arange(FRAMES) > FRAMES // 2, np.radians(14.0), 0.0)
    quiet, speaks = np.zeros(FRAMES, np.float32), np.ones(FRAMES, np.float32)
    heads = look_and_listen(
        np.random.default_rng(2),
        ROOT,
        REST,
        AVERAGE_SKELETON,
        PARTNER,
        quiet,
        quiet,
        speaks,
        [],
        [],
        affect_of(),
        partner_lean=lean.astype(np.float32),
    )
    mine = np.degrees(upper_body(ROOT, heads.rotations, AVERAGE_SKELETON).lean)
    half = FRAMES // 2
    before, soon, late = (
        mine[half - 60 : half].mean(),
        mine[half : half + 15].mean(),
        mine[half + 8 * FPS : half + 12 * FPS].mean(),
    )
    assert late - before > 2.0
    assert soon - before < 0.5 * (late - before)


def test_awkwardness_lowers_the_head_and_satisfaction_raises_it() -> None:
    pitch = {
        e: np.mean([head_angles(head_of(heads_of(seed, affect=affect_of(e))[0]))[0].mean() for seed in range(3)])
        for e in ("satisfaction", "awkwardness")
    }
    assert np.degrees(pitch["awkwardness"] - pitch["satisfaction"]) > 3.0
