"""Captions: written from what a scene holds, of the right length, with roles, hands and order right."""

from __future__ import annotations

from typing import Any

import pytest

from ....corpus.interactions.lexicon import PHRASES, wordings
from ....corpus.interactions.texts import FEWEST, MOST, write_texts


def facts(**changed: Any) -> dict[str, Any]:
    touch = {"role": 0, "point": "right_palm", "other": 1, "on": "left_blade", "start": 1.0, "end": 2.0, "gap": 0.0}
    return {
        "category": "pat on back", "variant": "from behind", "reaction": "nods", "hand": "right", "turned": 0.0,
        "bearing": 0.0, "walks": True, "steps": False, "meets": False, "heights": [1.7, 1.5], "contact": 1.0,
        "end": 2.0, "touches": [touch], "signs": [], "acts": [], "reacts": ["nods"], "count": 3, "after": "stays",
    } | changed  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_long_captions_have_twelve_to_forty_five_words(seed: int) -> None:
    texts = write_texts(facts(), "train", seed)
    assert len(texts["long"]) == 3 and len(texts["short"]) == 3
    assert all(FEWEST <= len(text.split()) <= MOST for text in texts["long"])


@pytest.mark.parametrize("seed", range(20))
def test_hands_are_those_that_touch(seed: int) -> None:
    text = write_texts(facts(), "train", seed)["long"][1]
    assert "right" in text and "left" in text
    assert text.index("right") < text.index("left")  # the actor's hand, then where it lies
    swapped = [dict(facts()["touches"][0], point="left_palm", on="right_blade")]
    text = write_texts(facts(touches=swapped, hand="left"), "train", seed)["long"][1]
    assert text.index("left") < text.index("right")


@pytest.mark.parametrize("seed", range(20))
def test_the_number_of_pats_is_told_and_the_reaction_comes_after_the_act(seed: int) -> None:
    text = write_texts(facts(), "train", seed)["long"][0]
    assert "three times" in text
    assert text.index("three times") < max(text.rfind("nod"), text.rfind("nods"))


def test_nobody_looks_at_the_face_of_one_who_turns_the_back() -> None:
    for seed in range(20):
        text = write_texts(facts(turned=180.0), "train", seed)["long"][2]
        assert "up at the face" not in text


def test_test_wordings_are_none_of_the_training_wordings() -> None:
    for phrases in PHRASES.values():
        assert not set(wordings(phrases, "train")) & set(wordings(phrases, "test"))
        assert set(wordings(phrases, "train")) | set(wordings(phrases, "test")) == set(phrases)


def test_the_same_seed_gives_the_same_texts() -> None:
    assert write_texts(facts(), "train", 5) == write_texts(facts(), "train", 5)
    assert write_texts(facts(), "train", 5) != write_texts(facts(), "train", 6)
