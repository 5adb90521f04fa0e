"""Gestures: kinds by word, strokes on stresses, hands that rest while listening and stay out of the body."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model_runtime.tests.conftest import DATA

from ...contract import ACTION_LABELS, FPS, EmotionSpan, FloatArray
from ...corpus.gestures.library import ADAPTORS, arm_positions, gesture_kind, speed_of
from ...corpus.gestures.performance import Gesture, gesture_body, gesture_library
from ...corpus.gestures.placing import Sentence, kind_of
from ...corpus.motion.base_motion import Motion
from ...corpus.script.affect import AffectTrack
from ...datasets.clip import Clip
from ...metrics.penetration import self_penetrations
from ..motion_samples import rocketbox_clips, smartbody_clips

MOTION = DATA / "motion"
needs_motion = pytest.mark.data
pytestmark = needs_motion
BASES = ("m_idle_breathe_01", "m_sit_chair_breathe_01")
WORDS = [
    "me",
    "you",
    "never",
    "house",
    "water",
    "think",
    "everything",
    "please",
    "first",
    "running",
    "maybe",
    "friend",
    "paper",
    "light",
]
LENGTH = 60.0  # s


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """The gestures of one man and one woman, and what Rocketbox has that talks or sits still."""
    wanted = (
        "gestic_presentation",
        "gestic_shrug",
        "sit_chair_gestic_shrug",
        "sit_chair_idle_touch_face",
        "idle_touch_face",
        *(b[2:] for b in BASES),
    )
    return [
        *rocketbox_clips(MOTION, lambda name: "__m_" in name and name.split("__m_")[1].startswith(wanted)),
        *smartbody_clips(MOTION, "/MaleGestures/", "/Gestures/"),
    ]


@pytest.fixture(scope="module")
def library(clips: list[Clip]) -> list[Gesture]:
    return gesture_library(clips)


class Talk:
    """A minute of one actor at rest, who speaks in turns; ``entries`` are the gestures laid over it."""

    def __init__(
        self,
        clips: list[Clip],
        library: list[Gesture],
        base: str,
        seed: int = 5,
        emotion: str = "joy",
        speaks: bool = True,
    ) -> None:
        rng = np.random.default_rng(seed + 100)
        clip = next(c for c in clips if c.name.endswith(base))
        frames = int(LENGTH * FPS)
        there_and_back = np.abs((np.arange(frames) + clip.frames - 1) % (2 * clip.frames - 2) - clip.frames + 1)
        self.skeleton = clip.skeleton
        self.before = Motion(
            clip.root_positions[there_and_back], clip.rotations[there_and_back], np.ones((frames, 4), bool)
        )
        self.labels = np.full(frames, ACTION_LABELS.index("sit" if "sit" in base else "stand"), np.uint8)
        self.sentences, self.stresses = [], []
        start = 1.0
        while speaks and start + 6.0 < LENGTH:
            end, words = start + float(rng.uniform(4.0, 6.0)), []
            at = start + 0.2
            while at < end - 0.5:
                words.append((str(rng.choice(WORDS)), at, at + 0.3))
                if rng.random() < 0.6:
                    self.stresses.append((at + 0.12, float(rng.uniform(0.5, 1.0)), words[-1][0]))
                at += float(rng.uniform(0.3, 0.5))
            self.sentences.append(Sentence(start, end, "A question?" if rng.random() < 0.3 else "Something.", words))
            start = end + float(rng.uniform(2.0, 9.0))
        self.body = Motion(self.before.root, self.before.rotations.copy(), self.before.contacts)
        affect = AffectTrack([EmotionSpan(emotion, 1.0, 0.0, LENGTH)], "friends with similar hobbies", True)
        self.entries: list[dict[str, Any]] = gesture_body(
            np.random.default_rng(seed),
            self.body,
            self.skeleton,
            self.labels,
            self.stresses,
            library,
            affect,
            self.sentences,
        )

    def strokes(self) -> FloatArray:
        return np.array([t for entry in self.entries for t in entry["strokes"]], np.float32)

    def hand_speed(self) -> FloatArray:
        return speed_of(arm_positions(self.body.rotations, self.skeleton)[:, :, 2]).max(axis=1)


@pytest.fixture(scope="module")
def standing(clips: list[Clip], library: list[Gesture]) -> list[Talk]:
    return [Talk(clips, library, BASES[0], seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def seated(clips: list[Clip], library: list[Gesture]) -> list[Talk]:
    return [Talk(clips, library, BASES[1], seed) for seed in (1, 2, 3)]


def test_the_library_knows_kind_hands_and_phases_of_a_clip(library: list[Gesture]) -> None:
    for word, kind, hand in (
        ("ChopBt01", "chop", "both"),
        ("YouLf01", "you", "left"),
        ("MeRt01", "me", "right"),
        ("StopForwardRt01", "stop", "right"),
    ):
        some = [g for g in library if word in g.clip.name]
        assert some and all(g.kind == kind and g.hand == hand for g in some), word
    assert {g.posture for g in library} == {"standing", "seated"}
    for gesture in library:
        times = [gesture.start, *(t for stroke in gesture.strokes for t in stroke)]
        assert all(a <= b + 1e-6 for a, b in pairwise(times)), gesture.name
        assert gesture.strokes[-1].stop <= gesture.retract + 0.1 <= gesture.end + 0.2, gesture.name


def test_a_hand_labelled_emphasis_is_where_a_measured_stroke_stops(library: list[Gesture]) -> None:
    labelled = [g for g in library if g.clip.sync.get("emphasis", 0.0) > 0.3]
    off = [abs(g.strokes[g.main].stop - g.clip.sync["emphasis"]) for g in labelled]
    assert len(off) > 60 and np.median(off) < 0.2


def test_fights_props_and_rude_signs_are_no_co_speech_gestures(clips: list[Clip]) -> None:
    kinds = {clip.name.rsplit("_", 1)[-1]: gesture_kind(clip) for clip in clips}
    assert kinds["ScrewYouBt01"] is None and kinds["ToIdleFight01"] is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Me", "me"),
        ("you", "you"),
        ("together", "we"),
        ("never", "no"),
        ("huge", "surround"),
        ("wait", "stop"),
        ("but", "however"),
        ("here", "here"),
        ("maybe", "shrug"),
        ("second", "example"),
        ("give", "offer"),
        ("hello", "wave"),
        ("remember", "think"),
        ("please", "plea"),
    ],
)
def test_words_choose_the_kind(word: str, kind: str) -> None:
    assert kind_of(np.random.default_rng(0), (1.0, 0.9, word), []) == kind


def test_a_word_beside_the_stressed_one_chooses_the_kind_too() -> None:
    sentences = [
        Sentence(0.0, 2.0, "I did not go.", [("i", 0.0, 0.2), ("did", 0.2, 0.4), ("not", 0.4, 0.7), ("go", 0.7, 1.0)])
    ]
    assert kind_of(np.random.default_rng(0), (0.85, 0.9, "go"), sentences) == "no"


def test_strokes_stop_on_stresses_far_more_often_than_chance(standing: list[Talk], seated: list[Talk]) -> None:
    for talks in (standing, seated):
        on, chance, count = [], [], 0
        for talk in talks:
            stresses, strokes = np.array([s[0] for s in talk.stresses]), talk.strokes()
            count += len(strokes)
            on.append((np.abs(strokes[:, None] - stresses).min(axis=1) <= 0.12).mean())
            chance.append(
                np.mean(
                    [
                        (np.abs(strokes[:, None] - (stresses + s) % LENGTH).min(axis=1) <= 0.12).mean()
                        for s in np.arange(0.4, 3.0, 0.2)
                    ]
                )
            )
        assert count >= 15
        assert np.mean(on) >= 0.95 and np.mean(chance) < 0.6


def test_the_hand_is_fast_in_the_stroke_and_has_stopped_after_it(standing: list[Talk]) -> None:
    for talk in standing:
        speed = talk.hand_speed()
        for entry in talk.entries:
            if entry["strokes"]:
                first, last = int(entry["stroke_start"] * FPS), int(entry["time"] * FPS) + 1
                assert speed[first : last + 1].max() > 0.2
                assert speed[last - 1 : last + 3].min() < 0.5 * speed[first : last + 1].max()


def test_phases_follow_one_another(standing: list[Talk], seated: list[Talk]) -> None:
    for talk in standing + seated:
        for entry in talk.entries:
            assert (
                0.0
                <= entry["start"]
                < entry["stroke_start"]
                <= entry["time"]
                <= entry["stroke_end"]
                < entry["end"]
                <= LENGTH
            )


def test_speakers_gesture_ten_to_thirty_times_a_spoken_minute(standing: list[Talk]) -> None:
    spoken = sum(s.end - s.start for talk in standing for s in talk.sentences) / 60.0
    assert 10.0 <= sum(len(talk.strokes()) for talk in standing) / spoken <= 30.0


def test_the_sad_gesture_less_and_smaller_than_the_excited(clips: list[Clip], library: list[Gesture]) -> None:
    sad, excited = (
        [Talk(clips, library, BASES[0], seed, emotion) for seed in (1, 2, 3)] for emotion in ("sadness", "excitement")
    )
    strokes = [sum(len(t.strokes()) for t in talks) for talks in (sad, excited)]
    sizes = [np.mean([e["size"] for t in talks for e in t.entries if e["strokes"]]) for talks in (sad, excited)]
    assert strokes[0] < 0.8 * strokes[1] and sizes[0] < sizes[1]


def test_hands_rest_while_nothing_is_said(clips: list[Clip], library: list[Gesture]) -> None:
    silent = Talk(clips, library, BASES[0], speaks=False)
    assert silent.entries == []
    np.testing.assert_allclose(silent.body.rotations, silent.before.rotations, atol=1e-5)


def test_hands_rest_in_the_pauses_of_a_talk_except_for_adaptors(standing: list[Talk]) -> None:
    for talk in standing:
        for entry in talk.entries:
            if entry["kind"] not in ADAPTORS:
                assert any(sentence.start - 0.2 <= entry["time"] <= sentence.end + 0.2 for sentence in talk.sentences)
                assert (
                    entry["end"]
                    < max(sentence.end for sentence in talk.sentences if sentence.start <= entry["time"] + 0.2) + 4.0
                )


def test_nothing_is_gestured_while_sitting_down(clips: list[Clip], library: list[Gesture]) -> None:
    talk = Talk(clips, library, BASES[0], seed=1)
    labels = talk.labels.copy()
    labels[900:] = ACTION_LABELS.index("sit")
    affect = AffectTrack([EmotionSpan("excitement", 1.5, 0.0, LENGTH)], "friends with similar hobbies", True)
    body = Motion(talk.before.root, talk.before.rotations.copy(), talk.before.contacts)
    entries = gesture_body(
        np.random.default_rng(1), body, talk.skeleton, labels, talk.stresses, library, affect, talk.sentences
    )
    assert entries and not any(entry["start"] < 30.4 and entry["end"] > 29.6 for entry in entries)


def test_a_gesture_soon_after_another_starts_from_its_hold(standing: list[Talk]) -> None:
    pairs = [
        (talk, a, b)
        for talk in standing
        for a, b in pairwise(talk.entries)
        if b["start"] < a["stroke_end"] + 0.2 and b["strokes"]
    ]
    assert pairs
    dropped = 0
    for talk, a, b in pairs:
        hands = [
            s for s, side in enumerate(("left", "right")) if a["hand"] in (side, "both") and b["hand"] in (side, "both")
        ]
        heights = arm_positions(talk.body.rotations, talk.skeleton)[:, hands, 2, 2]
        held, to = (int(t * FPS) for t in (a["stroke_end"], b["strokes"][0]))
        between = heights[held : max(to, held + 1)]
        dropped += bool(len(hands)) and bool(
            (between.min(axis=0) < np.minimum(heights[held], heights[to]) - 0.10).any()
        )
    assert dropped <= 0.15 * len(pairs)


def test_hands_of_seated_bodies_stay_out_of_thighs_trunk_and_head(seated: list[Talk]) -> None:
    for talk in seated:
        during = np.zeros(len(talk.labels), bool)
        for entry in talk.entries:
            during[int(entry["start"] * FPS) : int(entry["end"] * FPS)] = True
        after, before = (
            self_penetrations(talk.before.root[during], q[during], talk.skeleton)
            for q in (talk.body.rotations, talk.before.rotations)
        )
        for kind in ("hand in thigh", "forearm in thigh", "hand in trunk", "forearm in trunk", "hand in head"):
            assert np.mean(after[kind] > before[kind] + 0.01) < 0.02, kind
            assert (after[kind] - before[kind]).max() < 0.05, kind


def test_hands_move_no_faster_than_those_of_the_clips(standing: list[Talk], seated: list[Talk]) -> None:
    for talk in standing + seated:
        wrists = arm_positions(talk.body.rotations, talk.skeleton)[:, :, 2]
        assert speed_of(wrists).max() < 2.9 * talk.skeleton.size
        assert np.abs(np.diff(speed_of(wrists), axis=0)).max() * FPS < 30.0 * talk.skeleton.size


def test_no_gesture_is_used_twice_within_twenty_seconds(standing: list[Talk]) -> None:
    for talk in standing:
        last: dict[str, float] = {}
        for entry in talk.entries:
            assert entry["time"] - last.get(entry["clip"], -99.0) > 19.0
            last[entry["clip"]] = entry["time"]


def test_the_same_rng_places_the_same_gestures(clips: list[Clip], library: list[Gesture], standing: list[Talk]) -> None:
    again = Talk(clips, library, BASES[0], 1)
    assert again.entries == standing[0].entries
    np.testing.assert_array_equal(again.body.rotations, standing[0].body.rotations)


def test_legs_and_root_are_left_alone(standing: list[Talk]) -> None:
    for talk in standing:
        np.testing.assert_allclose(
            talk.body.rotations[:, [0, 1, 2, 4, 5, 7, 8]], talk.before.rotations[:, [0, 1, 2, 4, 5, 7, 8]], atol=1e-5
        )
