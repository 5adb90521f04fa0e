"""The utterances of the corpus: their texts, their sound, and the times of their stresses."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from ...contract import frame_count
from ...corpus.script.affect import BASIC_EMOTIONS
from ...corpus.script.dialogue_acts import ACTS, dialogue_act
from ...corpus.script.dialogue_lines import dialogue_lines
from ...corpus.script.dialogue_templates import BACKCHANNELS, LAUGHS, TEMPLATES
from ...corpus.voices.laughter import laugh
from ...corpus.voices.speech_library import HELD_OUT_VOICES, recorded
from ...corpus.voices.synthetic_voices import VOICES, VOICES_HELD_OUT, Voice, speak
from ...corpus.voices.variants import VARIANTS, degrade
from ...datasets.scene import SpokenUtterance
from ...speech.phones import VOWELS
from ...speech.prosody import analyse_voice, prosody
from ...speech.stress.lexical_stress import stress_prior
from ...speech.stress.transcript_stress import find_stresses
from ...speech.transcript.alignment import pronounce
from .test_composer import spoken

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="the program flite is not installed")
# Words and which of their vowels is stressed, counted from 0.
STRESSED = [
    "about1",
    "again1",
    "never0",
    "maybe0",
    "money0",
    "mother0",
    "remember1",
    "beautiful0",
    "terrible0",
    "impossible1",
    "apartment1",
    "theatre0",
    "market0",
    "library0",
    "river0",
    "village0",
    "office0",
    "balcony0",
    "tomorrow1",
    "morning0",
    "breakfast0",
    "evening0",
    "brother0",
    "doctor0",
    "teacher0",
    "woman0",
    "brilliant0",
    "wonderful0",
    "favourite0",
    "amazing1",
    "pretty0",
    "expensive1",
    "completely1",
    "dangerous0",
    "open0",
    "borrow0",
    "carry0",
    "happy0",
    "angry0",
    "afraid1",
    "surprised1",
    "confused1",
    "hungry0",
    "lonely0",
    "relieved1",
    "nervous0",
    "seven0",
    "fifteen1",
    "hundred0",
    "million0",
    "painter0",
    "lawyer0",
    "telephone0",
    "pumpkin0",
    "private0",
    "letter0",
    "photograph0",
    "window0",
    "camera0",
    "explain1",
    "believe1",
    "because1",
    "forget1",
    "information2",
    "imagine1",
    "problem0",
    "everybody0",
    "anything0",
    "nobody0",
    "yesterday0",
    "alone1",
    "promise0",
    "printing0",
    "century0",
    "character0",
    "invention1",
    "italian1",
    "community1",
    "midnight0",
    "unbelievable2",
    "exactly1",
    "reality1",
    "decided1",
    "important1",
    "museum1",
    "police1",
    "machine1",
]


def sentences(lines: list[str]) -> set[str]:
    """Return the sentences of more than one word."""
    return {part.strip().lower() for line in lines for part in re.split(r"(?<=[.?!])\s+", line) if " " in part.strip()}


def test_no_sentence_of_the_test_split_occurs_in_training() -> None:
    train, test = (
        [line.text for line in dialogue_lines(count, 1, split)] for count, split in ((1500, "train"), (166, "test"))
    )
    assert not sentences([*train, *BACKCHANNELS["train"], *LAUGHS["train"]]) & sentences(
        [*test, *BACKCHANNELS["test"], *LAUGHS["test"]]
    )
    assert not {voice.voice for voice in VOICES} & {voice.voice for voice in VOICES_HELD_OUT}
    assert {voice.name for voice in VOICES_HELD_OUT} < set(HELD_OUT_VOICES)


def test_there_are_lines_for_every_group_of_emotions() -> None:
    assert set(TEMPLATES) == {"", *BASIC_EMOTIONS}
    counts = {group: sum(line.emotion_group == group for line in dialogue_lines(1500, 1)) for group in BASIC_EMOTIONS}
    assert min(counts.values()) >= 30, counts


@pytest.mark.parametrize(
    "text, act",
    [
        ("Where did you put it?", "question"),
        ("You were at the farm, and also here?", "question"),
        ("Why not? I was there all day.", "statement"),
        ("No, no, no, not the piano!", "negation"),
        ("I can't move it.", "negation"),
        ("Yes, of course.", "agreement"),
        ("Good morning, Amy.", "greeting"),
        ("Unbelievable!", "exclamation"),
        ("It was this big, maybe bigger.", "statement"),
    ],
)
def test_the_dialogue_act_of_a_line_is_found_from_its_words(text: str, act: str) -> None:
    assert act in ACTS and dialogue_act(text) == act


def test_the_stressed_vowel_of_a_word_is_known_by_rule() -> None:
    hits = []
    for entry in STRESSED:
        scores = stress_prior(entry[:-1], pronounce(entry[:-1]))
        hits.append(int(np.argmax(scores)) == int(entry[-1]))
    assert np.mean(hits) >= 0.9


@needs_flite
@pytest.mark.parametrize("voice", [VOICES[0], VOICES[5], VOICES[8], VOICES_HELD_OUT[0]], ids=lambda voice: voice.name)
def test_stresses_fall_on_the_nucleus_of_the_accented_vowel(voice: Voice) -> None:
    spoken_line = speak("The doctor believed in tomorrow, and I never forgot the beautiful museum.", voice)
    stresses = find_stresses(spoken_line.wave, spoken_line.words, spoken_line.phones)
    vowels = [phone for phone in spoken_line.phones if phone.text in VOWELS]
    assert all(any(v.start < time < v.end for v in vowels) for time, _ in stresses)
    wanted = {"doctor": 0, "believed": 1, "tomorrow": 1, "never": 0, "beautiful": 0}
    for word in spoken_line.words:
        hit = [time for time, _ in stresses if word.start <= time <= word.end]
        if word.text in wanted and hit:
            vowel = [v for v in vowels if word.start <= 0.5 * (v.start + v.end) <= word.end][wanted[word.text]]
            assert vowel.start <= hit[0] <= vowel.end, word
    speaking = float(analyse_voice(spoken_line.wave).active.sum()) / 100.0
    assert 0.8 <= len(stresses) / speaking <= 2.5
    # The sentence ends on its accent.
    assert stresses[-1][0] >= next(word for word in spoken_line.words if word.text == "museum").start


@needs_flite
def test_the_calls_of_a_laugh_come_at_the_pace_of_laughter() -> None:
    laughed = laugh("Ha ha ha ha.", VOICES[0], np.random.default_rng(1))
    vowels = [phone.start for phone in laughed.phones if phone.text in VOWELS]
    assert 3.0 < 1.0 / np.diff(vowels).mean() < 7.0
    assert np.isfinite(laughed.wave).all() and np.abs(laughed.wave).max() < 1.5


@needs_flite
def test_degrading_a_recording_changes_the_sound_and_keeps_the_voice_activity() -> None:
    wave = (
        speak("First we open the window, then we open the other one, and after that we go home.", VOICES[5]).wave * 0.7
    )
    frames = frame_count(len(wave) / 16000)
    clean = prosody(wave, frames)
    seen = set()
    for seed in range(12):
        name, degraded = degrade(np.random.default_rng(seed), wave)
        again = degrade(np.random.default_rng(seed), wave)
        seen.add(name)
        assert again[0] == name and np.array_equal(again[1], degraded)
        assert len(degraded) == len(wave) and np.isfinite(degraded).all() and np.abs(degraded).max() <= 1.0
        measured = prosody(degraded, frames)
        assert ((measured[:, 0] > 0.5) == (clean[:, 0] > 0.5)).mean() > 0.75, name
        assert not np.array_equal(measured, clean)
    assert seen == set(VARIANTS)


def test_all_utterances_of_an_actor_in_a_scene_are_clean_or_all_are_degraded() -> None:
    known = {u.id: u for u in spoken("one", "train", 1)}
    known = {key: type(u)(**{**u.__dict__, "variant": "room", "degraded": u.prosody * 0.5}) for key, u in known.items()}
    utterances = [SpokenUtterance(key, 3.0 * k, 0.9) for k, key in enumerate(known)]
    rng = np.random.default_rng(0)
    variants = [{utterance.variant for utterance in recorded(rng, utterances, known)} for _ in range(40)]
    assert all(len(each) == 1 for each in variants)
    assert 10 < sum(each == {"room"} for each in variants) < 30
    first = known[utterances[0].id]
    assert first.prosody_of("room") is first.degraded
    np.testing.assert_array_equal(first.prosody_of("clean"), first.prosody)
