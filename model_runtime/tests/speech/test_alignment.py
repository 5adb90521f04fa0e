"""Forced alignment: words and phones of a known text are found in the voice at their times."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from model_runtime.corpus.script.dialogue_lines import dialogue_lines
from model_runtime.corpus.voices.synthetic_voices import DEMO_DIALOGUE, VOICES, Voice, speak
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.phones import PHONES
from model_runtime.speech.stress.transcript_stress import FUNCTION_WORDS, find_stresses
from model_runtime.speech.transcript.alignment import align, normalise_text
from model_runtime.speech.transcript.letters import letters_to_sounds
from model_runtime.speech.transcript.numbers import spell_number
from model_runtime.tests.conftest import ASSETS, DATA

SPEECH = DATA / "speech"
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="the program flite is not installed")


def test_the_demos_lines_are_found_at_the_times_they_are_spoken() -> None:
    turns = [turn for turn in json.loads((ASSETS / "demo_dialogue.json").read_text())["turns"] if turn["actor"] == "A"]
    voice = load_speech(ASSETS / "demo_a.ogg")
    found = align(voice, " ".join(turn["text"] for turn in turns))
    at = 0
    for turn in turns:
        words = normalise_text(turn["text"])
        own = found.words[at : at + len(words)]
        assert [word.text for word in own] == words
        assert own[0].start == pytest.approx(turn["start"], abs=0.12)
        assert own[-1].end == pytest.approx(turn["end"], abs=0.15)
        at += len(words)


def test_phones_tile_the_wave_and_pauses_are_silence() -> None:
    voice = load_speech(ASSETS / "demo_b.ogg")
    found = align(voice, " ".join(turn.text for turn in DEMO_DIALOGUE if turn.actor == 1))
    assert {phone.text for phone in found.phones} <= set(PHONES)
    for before, after in zip(found.phones, found.phones[1:]):
        assert after.start == pytest.approx(before.end, abs=1e-6)
    assert found.phones[0].text == "SIL" and found.phones[0].end > 4.0
    assert found.phones[-1].end == pytest.approx(len(voice) / SAMPLE_RATE, abs=0.05)


def test_the_result_does_not_depend_on_earlier_alignments() -> None:
    voice = load_speech(ASSETS / "demo_b.ogg", 5.0, 3.0)
    text = "Improvise? Me? I'm a mannequin."
    first = align(voice, text)
    align(load_speech(ASSETS / "demo_a.ogg", 0.0, 5.0), DEMO_DIALOGUE[0].text)
    assert align(voice, text) == first


def test_a_word_that_the_dictionary_lacks_is_read_by_its_letters_with_a_warning() -> None:
    found = align(load_speech(ASSETS / "demo_b.ogg", 5.0, 3.0), "Improvise? Me? I'm a mannyquinn.")
    assert [word.text for word in found.words] == ["improvise", "me", "i'm", "a", "mannyquinn"]
    assert any("mannyquinn" in warning for warning in found.warnings)


@pytest.mark.parametrize("wave", [np.zeros(0, np.float32), np.zeros(SAMPLE_RATE, np.float32)])
def test_a_text_that_is_not_in_the_voice_gives_no_words_and_a_warning(wave: np.ndarray) -> None:
    found = align(wave, "Nobody said any of this to anyone in the room.")
    assert not found.words and found.warnings


def test_text_is_spelled_as_in_the_dictionary() -> None:
    assert normalise_text("Don't — Mr. Smith’s 1,203 'big' dogs!") == [
        "don't",
        "mister",
        "smith's",
        "one",
        "thousand",
        "two",
        "hundred",
        "three",
        "big",
        "dogs",
    ]
    assert normalise_text("?! ...") == []
    assert spell_number(999_999)[:5] == ["nine", "hundred", "ninety", "nine", "thousand"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1984", "nineteen eighty four"),
        ("1905", "nineteen oh five"),
        ("1900s", "nineteen hundreds"),
        ("2019", "two thousand nineteen"),
        ("007", "zero zero seven"),
        ("3.14", "three point one four"),
        ("$5.50", "five dollars fifty"),
        ("£12", "twelve pounds"),
        ("42nd", "forty second"),
        ("20th", "twentieth"),
        ("1990s", "nineteen nineties"),
        ("1500th", "fifteen hundredth"),
        ("5%", "five percent"),
        ("1234567", "one two three four five six seven"),
    ],
)
def test_numbers_are_read_as_years_amounts_and_ordinals(text: str, words: str) -> None:
    assert normalise_text(text) == words.split()


def test_every_letter_has_a_sound() -> None:
    for word in ("x", "zqwrt", "qu", "gate", "tch", "aeiouy", "the"):
        assert letters_to_sounds(word) and set(letters_to_sounds(word)) <= set(PHONES)


def test_the_grammar_has_thousands_of_different_lines_and_depends_on_the_seed_alone() -> None:
    lines = dialogue_lines(1500, seed=3)
    assert len(set(lines)) == 1500 and lines == dialogue_lines(1500, seed=3) and lines != dialogue_lines(1500, seed=4)
    assert not any("{" in line.text for line in lines)


@needs_flite
@pytest.mark.parametrize("voice", [VOICES[0], VOICES[4], VOICES[11]], ids=lambda voice: voice.name)
def test_the_alignment_agrees_with_the_times_of_synthetic_voices(voice: Voice) -> None:
    text = "Maybe Bob will move the big map, but I never said so."
    spoken = speak(text, voice)
    assert [word.text for word in spoken.words] == normalise_text(text)
    found = align(spoken.wave, text)
    gaps = [abs(a.start - b.start) for a, b in zip(spoken.words, found.words)]
    assert np.median(gaps) < 0.05


@needs_flite
def test_stresses_fall_inside_content_words() -> None:
    spoken = speak("The big dog never wanted to move, but I pushed it over there.", VOICES[3])
    stresses = find_stresses(spoken.wave, spoken.words, spoken.phones)
    hit = [
        next(word.text for word in spoken.words if word.start - 0.02 <= time <= word.end + 0.02) for time, _ in stresses
    ]
    assert len(hit) >= 3 and not set(hit) & FUNCTION_WORDS
    assert all(0.0 <= strength <= 1.0 for _, strength in stresses)


@pytest.mark.data
def test_the_pauses_and_words_of_a_reader_are_found() -> None:
    path = sorted((SPEECH / "librivox").glob("*.flac"))[0]
    found = align(load_speech(path), path.with_suffix(".txt").read_text())
    start, end = (float(line.split()[0]) for line in path.with_suffix(".lab").read_text().splitlines())
    assert found.words[0].start == pytest.approx(start, abs=0.1)
    assert found.words[-1].end == pytest.approx(end, abs=0.1)
