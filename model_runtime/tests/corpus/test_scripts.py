"""Scripts of scenes, over many of them: emotions, turns, and what bodies do."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from ...contract import EMOTION_CHOICES, FPS, NEUTRAL, RELATIONSHIPS
from ...corpus.script.affect import BASIC_EMOTION_OF, BASIC_EMOTIONS
from ...corpus.script.conversation import BACKCHANNEL, act_of, converse, voiced_span
from ...corpus.script.scene_script import KINDS, LONGEST, SEATS, SHORTEST, Script, write_script
from ...corpus.voices.speech_library import Utterance
from ...speech.transcript.alignment import Segment

MANY = 300


def utterance(voice: str, number: int, rng: np.random.Generator, act: str) -> Utterance:
    """An utterance with 0.1 s of silence at both ends: a word every quarter of a second, a phrase ends after every
    fifth.
    """
    count = {"backchannel": 1, "laugh": 4}.get(act, int(rng.integers(4, 22)))
    starts = 0.1 + 0.25 * np.arange(count) + 0.25 * (np.arange(count) // 5)
    duration = float(starts[-1] + 0.35)
    prosody = np.zeros((round(duration * FPS), 28), np.float32)
    t = np.arange(len(prosody)) / FPS
    prosody[:, 0] = (t >= 0.1) & (t < duration - 0.1)
    words = [] if act == "laugh" else [Segment("word", float(a), float(a) + 0.24) for a in starts]
    text = f"{voice} says {number}{'?' if act == 'question' else '.'}"
    return Utterance(
        f"{voice}/{number}",
        voice,
        "train",
        text,
        prosody,
        np.zeros((1, 80), np.float32),
        words,
        [],
        [(float(starts[0]), 0.8)],
        duration,
        act=act,
    )


def voice_of(name: str, seed: int) -> list[Utterance]:
    rng = np.random.default_rng(seed)
    acts = ["statement"] * 100 + ["question"] * 25 + ["backchannel"] * 25 + ["laugh"] * 8
    return [utterance(name, number, rng, act) for number, act in enumerate(acts)]


VOICES = (voice_of("one", 1), voice_of("two", 2))
BY_ID = {u.id: u for voice in VOICES for u in voice}


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    return [write_script(np.random.default_rng(seed), VOICES) for seed in range(MANY)]


def test_the_same_seed_writes_the_same_script(scripts: list[Script]) -> None:
    assert write_script(np.random.default_rng(5), VOICES) == scripts[5]


def test_scenes_last_one_to_four_minutes(scripts: list[Script]) -> None:
    durations = np.array([script.duration for script in scripts])
    assert SHORTEST == 60.0 and LONGEST == 240.0
    assert durations.min() >= SHORTEST and durations.max() <= LONGEST
    assert durations.std() > 30.0


def test_every_kind_of_scene_is_written_and_some_do_not_face(scripts: list[Script]) -> None:
    assert {script.kind for script in scripts} == set(KINDS)
    assert 0.1 < np.mean([not script.facing for script in scripts]) < 0.45


def test_every_relationship_is_about_as_frequent(scripts: list[Script]) -> None:
    counts = Counter(script.relationship for script in scripts)
    assert set(counts) == set(RELATIONSHIPS)
    assert max(counts.values()) < 2.5 * MANY / len(RELATIONSHIPS)


def test_every_emotion_is_about_as_frequent_and_neutral_more(scripts: list[Script]) -> None:
    seconds: Counter[str] = Counter()
    for script in scripts:
        for spans in script.emotions:
            for span in spans:
                seconds[span.emotion] += span.end - span.start  # type: ignore[assignment]
    shares = {emotion: seconds[emotion] / sum(seconds.values()) for emotion in EMOTION_CHOICES}
    assert 0.14 < shares.pop(NEUTRAL) < 0.27
    assert min(shares.values()) > 0.016 and max(shares.values()) < 0.055, shares


def test_emotions_follow_one_another_and_change_at_the_ends_of_utterances(scripts: list[Script]) -> None:
    at_pauses, changes = 0, 0
    for script in scripts:
        ends = [turn.end for turn in script.turns] + [
            spoken.start + voiced_span(BY_ID[spoken.id])[1] for actor in script.utterances for spoken in actor
        ]
        for spans in script.emotions:
            assert spans[0].start == 0.0 and spans[-1].end == script.duration
            assert all(a.end == b.start for a, b in pairwise(spans))
            assert all(0.3 <= span.intensity <= 1.5 for span in spans)
            assert len(spans) <= 5
            for span in spans[1:]:
                changes += 1
                at_pauses += min((abs(span.start - end) for end in ends), default=9.0) < 0.05
    assert at_pauses > 0.8 * changes  # silent scenes have no turns


def test_the_emotions_of_two_people_depend_on_each_other() -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for seed in range(MANY):
        talk = converse(np.random.default_rng(seed), VOICES, 90.0, "friends with similar hobbies")
        for time in np.arange(1.0, 90.0, 5.0):
            one, two = (next(span.emotion for span in spans if span.end > time) for spans in talk.emotions)
            pairs[BASIC_EMOTION_OF[one], BASIC_EMOTION_OF[two]] += 1
    total, fearful, joyful = (
        sum(n for pair, n in pairs.items() if pair[0] in first) for first in (BASIC_EMOTIONS, ["fear"], ["joy"])
    )
    fear = sum(n for pair, n in pairs.items() if pair[1] == "fear") / total
    assert pairs["fear", "fear"] / fearful > 1.5 * fear
    assert (
        pairs["joy", "joy"] / joyful
        > 0.55
        > pairs["anger", "joy"] / max(sum(n for p, n in pairs.items() if p[0] == "anger"), 1) + 0.25
    )


def test_bodies_sit_stand_and_walk_in_similar_shares(scripts: list[Script]) -> None:
    """Bodies take time to turn, to sit down and to stop, which counts as standing, and the filter refuses least of
    those who sit: composed scenes walk less than planned and sit more.
    """
    seconds: Counter[str] = Counter()
    for script in scripts:
        for plan in script.intents:
            clock = 0.0
            for intent in plan:
                seconds[intent.label] += max(0.0, min(intent.duration, script.duration - clock))  # type: ignore[assignment]
                clock += intent.duration
            assert clock >= script.duration
    sit, walk, stand = (seconds[label] / sum(seconds.values()) for label in ("sit", "walk", "stand"))
    assert 0.28 < sit < 0.42 and 0.28 < walk < 0.42 and 0.20 < stand < 0.36


def test_walks_are_short_enough_for_a_room_and_seats_within_reach(scripts: list[Script]) -> None:
    walks = [intent for script in scripts for plan in script.intents for intent in plan if intent.label == "walk"]
    assert all(3.0 <= walk.duration <= 12.0 and walk.goal for walk in walks)
    seats = np.array([script.seat_height for script in scripts])
    assert SEATS == (0.35, 0.55) and seats.min() < 0.37 and seats.max() > 0.53


def test_people_in_closer_relationships_stand_nearer(scripts: list[Script]) -> None:
    distances: dict[str, list[float]] = {}
    for seed in range(600):
        script = write_script(np.random.default_rng([9, seed]), VOICES) if seed >= MANY else scripts[seed]
        if script.kind in ("both stand", "leaving", "circling", "restless") and script.facing:
            distances.setdefault(
                "near"
                if script.relationship
                in (
                    "romantic partners",
                    "friends with similar hobbies",
                    "childhood friends",
                    "siblings",
                    "parent / child",
                )
                else "far"
                if script.relationship
                in ("strangers", "principal / student", "boss / subordinate", "business partners")
                else "between",
                [],
            ).append(script.distance)
    assert np.mean(distances["near"]) + 0.25 < np.mean(distances["far"])


def transfers(scripts: list[Script], question: bool) -> np.ndarray:
    return np.array(
        [
            b.start - a.end
            for s in scripts
            for a, b in pairwise(s.turns)
            if a.actor != b.actor and a.question == question
        ]
    )


def test_gaps_and_overlaps_between_turns_are_those_of_real_talk(scripts: list[Script]) -> None:
    """Heldner and Edlund 2010: about 40 % overlap, most changes within half a second of the end, a mode up to 0.2 s, a
    long tail.
    """
    gaps = transfers(scripts, False)
    assert 0.33 < (gaps < 0).mean() < 0.47
    assert -0.05 < np.median(gaps) < 0.25
    counts, edges = np.histogram(gaps, np.arange(-1.4, 2.01, 0.2))
    assert -0.25 <= edges[counts.argmax()] <= 0.25
    assert 0.02 < (gaps > 1.0).mean() < 0.16


def test_questions_are_answered_by_the_other_and_soon(scripts: list[Script]) -> None:
    """Stivers et al. 2009: answers come 0 to 0.2 s after the question, on average of languages."""
    after = [(a, b) for s in scripts for a, b in pairwise(s.turns) if a.question]
    assert np.mean([a.actor != b.actor for a, b in after]) > 0.97
    gaps = transfers(scripts, True)
    assert 0.0 <= np.median(gaps) <= 0.2 and (np.abs(gaps) < 0.7).mean() > 0.85


def test_no_utterance_occurs_twice_in_a_scene_and_those_of_an_actor_do_not_overlap(scripts: list[Script]) -> None:
    for script in scripts:
        ids = [spoken.id for actor in script.utterances for spoken in actor]
        assert len(ids) == len(set(ids))
        for actor in script.utterances:
            spans = [
                (spoken.start + voiced_span(BY_ID[spoken.id])[0], spoken.start + voiced_span(BY_ID[spoken.id])[1])
                for spoken in actor
            ]
            assert all(a[1] <= b[0] + 0.05 for a, b in pairwise(sorted(spans))), script.kind


def test_back_channels_come_at_phrase_ends_of_long_turns(scripts: list[Script]) -> None:
    intervals, off = [], 0
    for script in scripts:
        for actor in range(2):
            short = [spoken for spoken in script.utterances[actor] if act_of(BY_ID[spoken.id]) == "backchannel"]
            ends = np.array(
                [spoken.start + word.end for spoken in script.utterances[1 - actor] for word in BY_ID[spoken.id].words]
            )
            for spoken in short:
                start = spoken.start + voiced_span(BY_ID[spoken.id])[0]
                off += np.abs(ends - start).min() > 0.3
            intervals += list(np.diff([spoken.start for spoken in short]))
        listening = sum(turn.end - turn.start for turn in script.turns)
        assert (
            len([1 for actor in script.utterances for spoken in actor if act_of(BY_ID[spoken.id]) == "backchannel"])
            <= listening / 4 + 2
        )
    assert off == 0 and min(intervals) >= 4.0 and len(intervals) > MANY
    assert BACKCHANNEL < 1.5


def test_amused_actors_laugh_and_sad_ones_do_not(scripts: list[Script]) -> None:
    emotions = [
        next(f.emotion for f in s.emotions[a] if f.end > span[0])
        for s in scripts
        for a in (0, 1)
        for span in s.laughs[a]
        if span[0] < s.duration
    ]
    assert len(emotions) > 30
    assert not {"sadness", "pain", "anger", "fear", "horror"} & set(emotions)


def test_some_scenes_are_monologues_and_in_some_hardly_anybody_speaks(scripts: list[Script]) -> None:
    shares, spoken = [], []
    for script in scripts:
        speech = [sum(t.end - t.start for t in script.turns if t.actor == actor) for actor in range(2)]
        shares.append(max(speech) / sum(speech) if sum(speech) else 0.0)
        spoken.append(sum(speech) / script.duration)
    assert 0.02 < np.mean(np.array(spoken) < 0.45) < 0.12
    assert 0.05 < np.mean(np.array(shares) > 0.8) < 0.3


def test_every_script_comes_to_its_end() -> None:
    """Where both laughed until the end, each was asked for a turn for ever."""
    assert write_script(np.random.default_rng([9, 405]), VOICES).turns


def silences(script: Script) -> np.ndarray:
    """Return the seconds of every stretch in which nobody speaks, but before the first word."""
    spoken = sorted((turn.start, turn.end) for turn in script.turns)
    reached, found = spoken[0][1], []
    for start, end in spoken[1:]:
        found.append(start - reached)
        reached = max(reached, end)
    return np.array(found)


def test_both_fall_silent_now_and_then_for_up_to_a_minute(scripts: list[Script]) -> None:
    lengths = np.concatenate([silences(script) for script in scripts if len(script.turns) > 1])
    long = lengths[lengths > 5.5]
    minutes = sum(script.duration for script in scripts) / 60
    assert 5.0 < 60.0 * len(long) / minutes < 60.0
    assert long.max() < 62.0


def test_people_laugh_with_each_other_more_in_friendly_pairs(scripts: list[Script]) -> None:
    def shared(script: Script) -> tuple[int, int]:
        answered = [
            any(a < end + 1.5 and b > start - 1.5 for a, b in script.laughs[1 - actor])
            for actor in (0, 1)
            for start, end in script.laughs[actor]
        ]
        return sum(answered), len(answered)

    both = np.array([shared(script) for script in scripts]).sum(axis=0)
    assert both[1] > 10
    assert 0.2 < both[0] / both[1] < 0.9


def test_nobody_laughs_twice_at_once(scripts: list[Script]) -> None:
    for script in scripts:
        for laughs in script.laughs:
            ordered = sorted(laughs)
            assert all(a[1] <= b[0] + 0.05 for a, b in pairwise(ordered))
