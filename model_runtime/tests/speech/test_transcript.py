"""Transcripts: what belongs to a voice is found in it, what does not is left aside with one sentence that says so."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from model_runtime.contract import Caption, TimedWord
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.transcript.align_transcript import AlignedTranscript, align_transcript
from model_runtime.speech.transcript.alignment import normalise_text
from model_runtime.speech.transcript.script_text import spoken_words
from model_runtime.tests.conftest import ASSETS

ASSETS = ASSETS
TURNS = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
GERMAN = "Am nächsten Morgen gingen wir gemeinsam über die alte Brücke, denn wir wollten den Markt noch vor dem großen Regen erreichen"
OTHER = "Seventeen elephants marched quietly towards the frozen river while their keepers slept under a wooden bridge"


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load_speech(ASSETS / "demo_a.ogg")


def captions() -> list[Caption]:
    return [Caption(turn["text"], turn["start"], turn["end"]) for turn in TURNS if turn["actor"] == "A"]


def texts(told: AlignedTranscript) -> list[str]:
    return [word.text for word in told.words]


def noisy(voice: np.ndarray, decibels: float) -> np.ndarray:
    """White noise that many decibels below what is said."""
    said = voice[np.abs(voice) > 0.02 * np.abs(voice).max()]
    noise = (
        np.random.default_rng(5).standard_normal(len(voice)) * np.sqrt(np.mean(said**2)) * 10.0 ** (-decibels / 20.0)
    )
    return (voice + noise).astype(np.float32)


@pytest.mark.parametrize("decibels", [60.0, 15.0])
def test_captions_are_found_word_by_word_at_their_times(voice: np.ndarray, decibels: float) -> None:
    told = align_transcript(noisy(voice, decibels), (), captions(), "Ada")
    assert texts(told) == [word for caption in captions() for word in normalise_text(caption.text)]
    assert told.warnings == () and told.unaligned == ()
    at = 0
    for caption in captions():
        words = told.words[at : at + len(normalise_text(caption.text))]
        assert words[0].start == pytest.approx(caption.start, abs=0.15) and words[-1].end == pytest.approx(
            caption.end, abs=0.2
        )
        at += len(words)


def test_phones_are_in_order_with_silence_in_the_pauses_and_nothing_outside(voice: np.ndarray) -> None:
    told = align_transcript(voice, (), captions()[:2], "Ada")
    assert all(a.end <= b.start + 1e-6 for a, b in zip(told.phones, told.phones[1:]))
    assert {"OW", "K", "EY"} <= {phone.text for phone in told.phones} and any(
        phone.text == "SIL" for phone in told.phones
    )
    assert told.phones[-1].end < captions()[1].end + 1.0
    assert all(captions()[0].start < time < captions()[1].end for time in told.stresses) and len(told.stresses) >= 6


@pytest.mark.parametrize("text", [OTHER, GERMAN], ids=["of another recording", "of another language"])
def test_a_wrong_transcript_is_left_aside_with_one_warning(voice: np.ndarray, text: str) -> None:
    told = align_transcript(voice, (), [Caption(text, 0.0, 24.0)], "Ada")
    assert told.words == () and told.phones == () and told.stresses == ()
    assert told.warnings == (
        "The transcript of 'Ada' from 0.0 s to 24.0 s does not fit the voice; the lips follow the sound instead. Check that it belongs to this recording.",
    )


def test_one_wrong_caption_does_not_take_the_others_with_it(voice: np.ndarray) -> None:
    good = captions()
    told = align_transcript(voice, (), [good[0], Caption(OTHER[:70], good[1].start, good[1].end), good[2]], "Ada")
    assert texts(told) == normalise_text(good[0].text) + normalise_text(good[2].text)
    (warning,) = told.warnings
    assert f"from {good[1].start:.1f} s to {good[1].end:.1f} s does not fit" in warning


def test_wrong_words_here_and_there_leave_the_right_ones_in_place(voice: np.ndarray) -> None:
    true = {word.text: word.start for word in align_transcript(voice, (), captions(), "Ada").words}
    said = captions()[1]  # "We both are. But tonight, we are actors. Big, beautiful, moving actors."
    told = align_transcript(
        voice,
        (),
        [Caption("We both are. But yesterday, we are actors. Big, moving actors.", said.start, said.end)],
        "Ada",
    )
    for word in told.words:
        if word.text in ("both", "big", "moving"):
            assert word.start == pytest.approx(true[word.text], abs=0.1)
    assert {"both", "big", "moving"} <= set(texts(told)) and told.warnings == ()


def test_a_script_of_the_whole_voice_needs_no_times(voice: np.ndarray) -> None:
    twice = np.concatenate([voice, voice])
    script = " ".join(caption.text for caption in captions())
    told = align_transcript(twice, (), [Caption(f"{script} {script}", 0.0, len(twice) / SAMPLE_RATE)], "Ada")
    assert texts(told) == normalise_text(script) * 2
    half = len(told.words) // 2
    later = [b.start - a.start for a, b in zip(told.words[:half], told.words[half:])]
    assert np.abs(np.array(later) - len(voice) / SAMPLE_RATE).max() < 0.1


def test_what_nobody_speaks_is_no_part_of_a_script() -> None:
    script = '<i>ANNA:</i> [laughs] Okay, from the top. (sighs)\n- MRS. SMITH: {\\an8}You sit, I stand. www.example.com "Ready?" BOB: Yes: now.'
    assert spoken_words(script) == ["okay", "from", "the", "top", "you", "sit", "i", "stand", "ready", "yes", "now"]


def test_directions_in_a_caption_do_not_disturb_it(voice: np.ndarray) -> None:
    said = captions()[0]
    told = align_transcript(
        voice, (), [Caption(f"<b>ADA:</b> [clears throat] {said.text} (smiling)", said.start, said.end)], "Ada"
    )
    assert texts(told) == normalise_text(said.text) and told.warnings == ()


def test_words_with_times_go_before_captions_of_the_same_moment(voice: np.ndarray) -> None:
    known = align_transcript(voice, (), captions()[:1], "Ada").words
    told = align_transcript(voice, known, [Caption(OTHER, 0.0, 5.0)], "Ada")
    assert texts(told) == [word.text for word in known]
    lost = TimedWord("elephants", 13.5, 14.5)
    assert align_transcript(voice, [*known, lost], (), "Ada").unaligned == (lost,)


def test_words_the_dictionary_lacks_are_told_once_together(voice: np.ndarray) -> None:
    said = captions()[0]
    text = said.text.replace("improvises", "improvizes").replace("nobody", "noboddy")
    told = align_transcript(voice, (), [Caption(text, said.start, said.end)], "Ada")
    (warning,) = told.warnings
    assert "noboddy, improvizes" in warning and "'Ada'" in warning


def test_a_transcript_where_nobody_speaks_says_so() -> None:
    told = align_transcript(np.zeros(600 * SAMPLE_RATE, np.float32), (), [Caption(OTHER * 20, 0.0, 600.0)], "Ada")
    assert told.words == () and len(told.warnings) == 1 and "no voice" in told.warnings[0]


@pytest.mark.parametrize("pieces", [1, 100_000], ids=["in one", "each for itself"])
def test_a_hundred_thousand_words_are_refused_at_once(voice: np.ndarray, pieces: int) -> None:
    many = [
        Caption("hello " * (100_000 // pieces), 20.0 * k / pieces, 20.0 * k / pieces + 0.2 + 20.0 / pieces)
        for k in range(pieces)
    ]
    began = time.process_time()
    told = align_transcript(voice, (), many, "Ada")
    assert time.process_time() - began < 10.0
    assert told.words == () and len(told.warnings) == 1 and "more words than can be said" in told.warnings[0]


def test_odd_texts_are_read_quickly_and_never_fail(voice: np.ndarray) -> None:
    odd = ["", "   ", "x" * 100_000, "<" * 900, "(" * 900 + "a", "12345678901234567890", "\x00\ufffd\u202e", "a:" * 400]
    began = time.process_time()
    for text in odd:
        assert align_transcript(voice, (), [Caption(text, 1.0, 12.0)], "Ada").words == ()
    assert time.process_time() - began < 10.0
    told = align_transcript(voice, (), [Caption("你好，世界。今天天气很好", 1.0, 4.0)], "Ada")
    assert "no words in the English alphabet" in told.warnings[0]


def test_voices_of_no_length_and_broken_samples_are_borne(voice: np.ndarray) -> None:
    for broken in (
        voice[:0],
        voice[:100],
        np.full(SAMPLE_RATE, np.nan, np.float32),
        np.full(5 * SAMPLE_RATE, 0.8, np.float32),
    ):
        assert align_transcript(broken, (), captions(), "Ada").words == ()
    assert texts(align_transcript(np.clip(voice * 20.0, -1.0, 1.0), (), captions()[:1], "Ada")) == normalise_text(
        captions()[0].text
    ), "clipped"


def test_questions_are_told_by_their_marks_and_end_with_their_last_word() -> None:
    told = align_transcript(
        load_speech(ASSETS / "demo_b.ogg"),
        (),
        [Caption(turn["text"], turn["start"], turn["end"]) for turn in TURNS if turn["actor"] == "B"],
        "Ben",
    )
    asked = [word for word in told.words if word.text in ("improvise", "me")]
    assert len(asked) == 2 and told.questions == tuple(word.end for word in asked)
