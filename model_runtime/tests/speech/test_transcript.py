"""Transcripts: words that fit the voice are aligned with it; the rest is left out with one warning."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from model_runtime.contract import Caption, TimedWord
from model_runtime.speech.audio import SAMPLE_RATE, load_speech
from model_runtime.speech.transcript import alignment
from model_runtime.speech.transcript.align_transcript import AlignedTranscript, align_transcript
from model_runtime.speech.transcript.alignment import normalise_text
from model_runtime.speech.transcript.script_text import spoken_words
from model_runtime.tests.conftest import ASSETS

TURNS = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
GERMAN = (
    "Am nächsten Morgen gingen wir gemeinsam über die alte Brücke, denn wir wollten den Markt"
    " noch vor dem großen Regen erreichen"
)
OTHER = "Seventeen elephants marched quietly towards the frozen river while their keepers slept under a wooden bridge"


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return load_speech(ASSETS / "demo_a.ogg")


def captions() -> list[Caption]:
    return [Caption(turn["text"], turn["start"], turn["end"]) for turn in TURNS if turn["actor"] == "A"]


def texts(aligned: AlignedTranscript) -> list[str]:
    return [word.text for word in aligned.words]


def noisy(voice: np.ndarray, decibels: float) -> np.ndarray:
    """Return the voice with white noise so many ``decibels`` below its speech."""
    speech = voice[np.abs(voice) > 0.02 * np.abs(voice).max()]
    noise = (
        np.random.default_rng(5).standard_normal(len(voice)) * np.sqrt(np.mean(speech**2)) * 10.0 ** (-decibels / 20.0)
    )
    return (voice + noise).astype(np.float32)


@pytest.mark.parametrize("decibels", [60.0, 15.0])
def test_captions_are_found_word_by_word_at_their_times(voice: np.ndarray, decibels: float) -> None:
    aligned = align_transcript(noisy(voice, decibels), (), captions(), "Ada")
    assert texts(aligned) == [word for caption in captions() for word in normalise_text(caption.text)]
    assert aligned.warnings == () and aligned.unaligned == ()
    at = 0
    for caption in captions():
        words = aligned.words[at : at + len(normalise_text(caption.text))]
        assert words[0].start == pytest.approx(caption.start, abs=0.15) and words[-1].end == pytest.approx(
            caption.end, abs=0.2
        )
        at += len(words)


def test_phones_are_in_order_with_silence_in_the_pauses_and_nothing_outside(voice: np.ndarray) -> None:
    aligned = align_transcript(voice, (), captions()[:2], "Ada")
    assert all(a.end <= b.start + 1e-6 for a, b in zip(aligned.phones, aligned.phones[1:]))
    assert {"OW", "K", "EY"} <= {phone.text for phone in aligned.phones} and any(
        phone.text == "SIL" for phone in aligned.phones
    )
    assert aligned.phones[-1].end < captions()[1].end + 1.0
    assert (
        all(captions()[0].start < time < captions()[1].end for time in aligned.stresses) and len(aligned.stresses) >= 6
    )


@pytest.mark.parametrize("text", [OTHER, GERMAN], ids=["of another recording", "of another language"])
def test_a_wrong_transcript_is_left_out_with_one_warning(voice: np.ndarray, text: str) -> None:
    aligned = align_transcript(voice, (), [Caption(text, 0.0, 24.0)], "Ada")
    assert aligned.words == () and aligned.phones == () and aligned.stresses == ()
    assert aligned.warnings == (
        "The transcript of 'Ada' from 0.0 s to 24.0 s does not fit the voice; the lips follow the sound instead."
        " Check that it belongs to this recording.",
    )


def test_one_wrong_caption_does_not_affect_the_others(voice: np.ndarray) -> None:
    good = captions()
    aligned = align_transcript(voice, (), [good[0], Caption(OTHER[:70], good[1].start, good[1].end), good[2]], "Ada")
    assert texts(aligned) == normalise_text(good[0].text) + normalise_text(good[2].text)
    (warning,) = aligned.warnings
    assert f"from {good[1].start:.1f} s to {good[1].end:.1f} s does not fit" in warning


def test_wrong_words_here_and_there_do_not_move_the_right_ones(voice: np.ndarray) -> None:
    true = {word.text: word.start for word in align_transcript(voice, (), captions(), "Ada").words}
    caption = captions()[1]  # "We both are. But tonight, we are actors. Big, beautiful, moving actors."
    aligned = align_transcript(
        voice,
        (),
        [Caption("We both are. But yesterday, we are actors. Big, moving actors.", caption.start, caption.end)],
        "Ada",
    )
    for word in aligned.words:
        if word.text in ("both", "big", "moving"):
            assert word.start == pytest.approx(true[word.text], abs=0.1)
    assert {"both", "big", "moving"} <= set(texts(aligned)) and aligned.warnings == ()


def test_a_script_of_the_whole_voice_needs_no_times(voice: np.ndarray) -> None:
    twice = np.concatenate([voice, voice])
    script = " ".join(caption.text for caption in captions())
    aligned = align_transcript(twice, (), [Caption(f"{script} {script}", 0.0, len(twice) / SAMPLE_RATE)], "Ada")
    assert texts(aligned) == normalise_text(script) * 2
    half = len(aligned.words) // 2
    later = [b.start - a.start for a, b in zip(aligned.words[:half], aligned.words[half:])]
    assert np.abs(np.array(later) - len(voice) / SAMPLE_RATE).max() < 0.1


def test_tags_directions_and_speaker_names_are_not_spoken() -> None:
    script = (
        "<i>ANNA:</i> [laughs] Okay, from the top. (sighs)\n- MRS. SMITH: {\\an8}You sit, I stand. www.example.com"
        ' "Ready?" BOB: Yes: now.'
    )
    assert spoken_words(script) == ["okay", "from", "the", "top", "you", "sit", "i", "stand", "ready", "yes", "now"]


def test_directions_in_a_caption_are_skipped(voice: np.ndarray) -> None:
    caption = captions()[0]
    aligned = align_transcript(
        voice, (), [Caption(f"<b>ADA:</b> [clears throat] {caption.text} (smiling)", caption.start, caption.end)], "Ada"
    )
    assert texts(aligned) == normalise_text(caption.text) and aligned.warnings == ()


def test_words_with_times_take_precedence_over_captions_of_the_same_moment(voice: np.ndarray) -> None:
    known = align_transcript(voice, (), captions()[:1], "Ada").words
    aligned = align_transcript(voice, known, [Caption(OTHER, 0.0, 5.0)], "Ada")
    assert texts(aligned) == [word.text for word in known]
    wrong = TimedWord("elephants", 13.5, 14.5)
    assert align_transcript(voice, [*known, wrong], (), "Ada").unaligned == (wrong,)


def test_words_that_the_dictionary_lacks_are_named_in_one_warning(voice: np.ndarray) -> None:
    caption = captions()[0]
    text = caption.text.replace("improvises", "improvizes").replace("nobody", "noboddy")
    aligned = align_transcript(voice, (), [Caption(text, caption.start, caption.end)], "Ada")
    (warning,) = aligned.warnings
    assert "noboddy, improvizes" in warning and "'Ada'" in warning


def test_a_transcript_over_silence_gives_a_warning() -> None:
    aligned = align_transcript(np.zeros(600 * SAMPLE_RATE, np.float32), (), [Caption(OTHER * 20, 0.0, 600.0)], "Ada")
    assert aligned.words == () and len(aligned.warnings) == 1 and "no voice" in aligned.warnings[0]


@pytest.mark.parametrize("pieces", [1, 100_000], ids=["in one", "each for itself"])
def test_a_hundred_thousand_words_are_refused_without_decoding(
    voice: np.ndarray, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    monkeypatch.setattr(alignment, "_decode", lambda decoder, samples: decoded.append(len(samples)))
    many = [
        Caption("hello " * (100_000 // pieces), 20.0 * k / pieces, 20.0 * (k + 1) / pieces + 0.2) for k in range(pieces)
    ]
    aligned = align_transcript(voice, (), many, "Ada")
    assert (
        decoded == []
        and aligned.words == ()
        and len(aligned.warnings) == 1
        and "more words than can be said" in aligned.warnings[0]
    )


def test_odd_texts_are_read_quickly_and_never_fail(voice: np.ndarray) -> None:
    odd = ["", "   ", "x" * 100_000, "<" * 900, "(" * 900 + "a", "12345678901234567890", "\x00\ufffd\u202e", "a:" * 400]
    began = time.process_time()
    align_transcript(voice, (), captions(), "Ada")
    usual = time.process_time() - began
    began = time.process_time()
    for text in odd:
        assert align_transcript(voice, (), [Caption(text, 1.0, 12.0)], "Ada").words == ()
    assert time.process_time() - began < 10.0 * usual
    aligned = align_transcript(voice, (), [Caption("你好，世界。今天天气很好", 1.0, 4.0)], "Ada")
    assert "no words in the English alphabet" in aligned.warnings[0]


def test_empty_voices_and_broken_samples_are_accepted(voice: np.ndarray) -> None:
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


def test_questions_are_found_by_their_marks_and_end_with_their_last_word() -> None:
    aligned = align_transcript(
        load_speech(ASSETS / "demo_b.ogg"),
        (),
        [Caption(turn["text"], turn["start"], turn["end"]) for turn in TURNS if turn["actor"] == "B"],
        "Ben",
    )
    asked = [word for word in aligned.words if word.text in ("improvise", "me")]
    assert len(asked) == 2 and aligned.questions == tuple(word.end for word in asked)
