"""Words of captions in their own spelling, found without a generation."""

from __future__ import annotations

import json

import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import Actor, Caption, Request, SpeechClip, TimedWord
from model_runtime.errors import Cancelled
from model_runtime.speech.transcript.find_words import find_words, spelled

from .test_transcript import ASSETS

TURNS = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]


def a_request() -> Request:
    captions = tuple(Caption(turn["text"], turn["start"], turn["end"]) for turn in TURNS if turn["actor"] == "A")
    clip = SpeechClip(str(ASSETS / "demo_a.ogg"), 0.0, 24.0)
    return Request(24.0, (Actor("Ada", AVERAGE_SKELETON, speech=(clip,), captions=captions),))


def test_each_caption_has_its_words_where_they_are_spoken() -> None:
    request = a_request()
    found = find_words(request)
    assert found["warnings"] == []
    for caption, words in zip(request.actors[0].captions, found["words"], strict=True):
        assert " ".join(text for text, _, _ in words) == caption.text
        assert abs(words[0][1] - caption.start) < 0.2 and abs(words[-1][2] - caption.end) < 0.2


def test_a_search_is_stopped_on_its_way() -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        find_words(a_request(), check)


def words(*texts: str) -> list[TimedWord]:
    return [TimedWord(text, float(number), number + 0.5) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        ("Okay, then.", words("okay", "then"), ["Okay,", "then."]),
        ("[laughs] Okay then - on", words("okay", "then", "on"), ["[laughs] Okay", "then -", "on"]),
        ("Okay mumble then on", words("okay", "then", "on"), ["Okay mumble", "then", "on"]),
        ("One two three four five", words("one", "two"), []),
        ("[laughs]", [], []),
    ],
)
def test_words_are_spelled_as_the_caption_spells_them(text: str, found: list[TimedWord], told: list[str]) -> None:
    assert [word.text for word in spelled(Caption(text, 0.0, 5.0), found)] == told


def test_a_number_that_is_several_words_has_the_time_of_all() -> None:
    (number,) = spelled(Caption("21", 0.0, 5.0), words("twenty", "one"))
    assert (number.text, number.start, number.end) == ("21", 0.0, 1.5)
