"""The face settings of a request take effect: transcripts, emotions, accuracy of the lips."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.conditioning.tracks import emotion_track
from model_runtime.contract import FPS, Actor, Caption, EmotionSpan, Performance, Request, SpeechClip
from model_runtime.face.arkit import CURVE, columns
from model_runtime.face.mouth_shapes import BILABIAL, lip_gap
from model_runtime.generate import generate
from model_runtime.speech.audio import load_speech
from model_runtime.speech.transcript.alignment import align
from model_runtime.tests.conftest import ASSETS

SECONDS = 9.0


def captions(actor: str) -> tuple[Caption, ...]:
    turns = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
    return tuple(Caption(t["text"], t["start"], t["end"]) for t in turns if t["actor"] == actor and t["end"] <= SECONDS)


def shot(first: dict[str, Any] | None = None, lips: float = 1.0) -> Request:
    """Return a shot of the demo's two voices; ``first``: changes of the first actor."""
    actors = [
        Actor(
            name,
            AVERAGE_SKELETON,
            (x, 0.0),
            heading,
            speech=(SpeechClip(str(ASSETS / f"demo_{name.lower()}.ogg"), 0.0, SECONDS),),
        )
        for name, x, heading in (("A", -0.6, 1.57), ("B", 0.6, -1.57))
    ]
    changed = (dataclasses.replace(actors[0], **first or {}), actors[1])
    return Request(SECONDS, changed, seed=3, quality="draft", lips=lips)


@pytest.fixture(scope="module")
def plain() -> Performance:
    return generate(shot())


def test_a_transcript_closes_the_lips_on_every_p_b_and_m() -> None:
    performance = generate(shot(first={"captions": captions("A")}))
    wave, gap = load_speech(ASSETS / "demo_a.ogg"), lip_gap(performance.actors[0].face)
    closed = []
    for caption in captions("A"):
        cut = wave[round(caption.start * 16000) : round(caption.end * 16000)]
        for phone in align(cut, caption.text).phones:
            if phone.text in BILABIAL:
                first, last = ((caption.start + t) * FPS for t in (phone.start, phone.end))
                closed.append(gap[max(int(first) - 1, 0) : int(last) + 2].min() == 0.0)
    assert len(closed) >= 5 and np.mean(closed) >= 0.9
    assert not performance.report["warnings"]


def test_a_transcript_of_other_words_is_ignored_with_a_warning(plain: Performance) -> None:
    wrong = (Caption("Seventeen elephants marched quietly towards the frozen river.", 0.5, SECONDS),)
    performance = generate(shot(first={"captions": wrong}))
    assert any("'A'" in warning and "transcript" in warning for warning in performance.report["warnings"])
    assert np.array_equal(performance.actors[0].face, plain.actors[0].face)


def test_an_emotion_shows_on_its_actors_face_while_it_lasts(plain: Performance) -> None:
    happy = generate(shot(first={"emotions": (EmotionSpan("joy", 1.5, 4.0, SECONDS),)}))
    smile = columns("mouthSmile")
    before, after = slice(0, 3 * FPS), slice(5 * FPS, None)
    more = happy.actors[0].face[:, smile].mean(1) - plain.actors[0].face[:, smile].mean(1)
    assert more[after].mean() > 0.1 and abs(more[before].mean()) < 0.05
    other = happy.actors[1].face[:, smile].mean(1) - plain.actors[1].face[:, smile].mean(1)
    assert other[after].mean() < 0.5 * more[after].mean()


def test_neutral_is_the_same_to_a_face_as_no_emotion() -> None:
    actor = dataclasses.replace(
        shot().actors[0], emotions=(EmotionSpan("neutral", 2.0, 0.0, 3.0), EmotionSpan("joy", 0.7, 3.0, 6.0))
    )
    track = emotion_track(actor, round(SECONDS * FPS) + 1)
    assert not track[: 3 * FPS].any() and not track[6 * FPS :].any()
    assert (track[3 * FPS : 6 * FPS].sum(1) == np.float32(0.7)).all()


def test_lips_go_from_expressive_to_accurate(plain: Performance) -> None:
    expressive = generate(shot(lips=0.0))
    mouth = [CURVE["jawOpen"], *columns("mouthLowerDown", "mouthUpperUp", "mouthSmile")]
    assert np.abs(expressive.actors[0].face[:, mouth] - plain.actors[0].face[:, mouth]).mean() > 1e-3
    assert np.allclose(expressive.actors[0].rotations, plain.actors[0].rotations), "bodies do not change with the lips"
