"""The summary of a corpus counts turns, gaps and minutes, and fills them into the documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_runtime.contract import ACTION_LABELS, FPS, EmotionSpan
from model_runtime.corpus.summary import EMOTIONS, PERSONALITY, figures_of, summary, tally_of, write_docs
from model_runtime.corpus.tally import turns_of
from model_runtime.datasets.scene import Scene
from model_runtime.drawing.documents import TABLE, MarkersMissing, fill_in, markdown
from model_runtime.tests.corpus.test_filter import scene


def active(*spans: tuple[int, float, float], seconds: float = 20.0) -> np.ndarray:
    voices = np.zeros((2, round(seconds * FPS)), bool)
    for actor, start, end in spans:
        voices[actor, round(start * FPS) : round(end * FPS)] = True
    return voices


def talk(relationship: str = "friends with similar hobbies") -> Scene:
    made = scene()
    made.relationship, made.kind = relationship, "talk"
    made.prosody[0, 30:90, 0] = 1.0
    made.prosody[1, 105:165, 0] = 1.0
    end = made.duration
    made.emotions = (
        [EmotionSpan("joy", 1.0, 0.0, end)],
        [EmotionSpan("neutral", 1.0, 0.0, 0.5 * end), EmotionSpan("anger", 1.0, 0.5 * end, end)],
    )
    made.gestures = [{"actor": 0, "kind": "beat", "hand": "left"}, {"actor": 1, "kind": "you", "hand": "both"}]
    return made


def test_speech_of_the_partner_ends_a_turn_and_a_short_pause_does_not() -> None:
    turns, inside = turns_of(active((0, 1, 3), (0, 3.3, 5), (1, 5.4, 9), (0, 8.8, 11)))
    np.testing.assert_allclose(turns, [(0, 1, 5), (1, 5.4, 9), (0, 8.8, 11)], atol=0.04)
    assert inside == 0


def test_speech_inside_the_turn_of_the_other_is_a_back_channel() -> None:
    turns, inside = turns_of(active((0, 1, 8), (1, 4, 4.5), (1, 8.2, 12)))
    assert [turn.actor for turn in turns] == [0, 1]
    assert inside == 1


def test_minutes_and_counts_are_sums_over_the_scenes() -> None:
    figures = summary(iter([talk(), talk("strangers")]), ["skate 0.1 m/s", "skate 0.2 m/s", "labels 0.9"])
    assert figures["scenes"] == 2
    assert figures["minutes"] == pytest.approx(0.2)
    assert figures["minutes_by_label"] == {"sit": 0.0, "walk": 0.0, "stand": pytest.approx(0.4)}
    assert figures["minutes_by_relationship"] == {"friends with similar hobbies": 0.1, "strangers": 0.1}
    assert figures["minutes_by_emotion_group"] == {"primitive positive": 0.2, "neutral": 0.1, "primitive negative": 0.1}
    assert figures["gestures_by_kind"] == {"beat": 2, "you": 2}
    assert figures["turns"] == 4
    assert figures["median_gap_s"] == pytest.approx(0.5, abs=0.1)
    assert figures["speaking_share"] == pytest.approx(1 / 3, abs=0.01)
    assert figures["median_distance_m"] == pytest.approx(1.4, abs=0.06)
    assert figures["refused"] == {"skate": 2, "labels": 1}
    assert set(figures["minutes_by_label"]) == set(ACTION_LABELS)


def test_the_page_gets_its_table_and_small_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "corpus.md"
    places = [f"{start}\nold\n{end}" for start, end in (TABLE, EMOTIONS, PERSONALITY)]
    page.write_text("\n".join(["before", *places, "after\n"]))
    tally = tally_of([talk()])
    write_docs(tally, figures_of(tally), tmp_path)
    assert (
        "old" not in page.read_text() and page.read_text().startswith("before") and page.read_text().endswith("after\n")
    )
    assert "| scenes | 1 " in page.read_text()
    assert "| anger |" in page.read_text() and "| self touch | neuroticism |" in page.read_text()
    pictures = list((tmp_path / "images").glob("corpus_*.png"))
    assert len(pictures) == 5
    assert max(path.stat().st_size for path in pictures) < 120_000


def test_a_page_without_markers_is_not_changed(tmp_path: Path) -> None:
    page = tmp_path / "corpus.md"
    page.write_text("no place for figures")
    with pytest.raises(MarkersMissing, match=r"corpus\.md"):
        fill_in(page, TABLE, markdown(summary([talk()])))
    assert page.read_text() == "no place for figures"
