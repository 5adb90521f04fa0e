"""Spoken words as vectors over time."""

import numpy as np
import pytest

from model_runtime.contract import TimedWord
from model_runtime.corpus.scene import SpokenUtterance
from model_runtime.corpus.speech_library import Utterance
from model_runtime.features.words import TextEncoder, TextEncoderMissing, WordFeatures, sentences
from model_runtime.networks.duet_denoiser import WORD_SIZE
from model_runtime.tests.test_training import make_scene
from model_runtime.training.word_features import WordTracks, build_word_features


@pytest.fixture(scope="module")
def features() -> WordFeatures:
    return WordFeatures.load()


def likeness(a, b) -> float:
    return float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))


def test_words_of_like_meaning_lie_nearer_than_others(features):
    yes, yeah, window = (features.vectors([word])[0] for word in ("yes", "yeah", "window"))
    assert likeness(yes, yeah) > likeness(yes, window) + 0.2


def test_a_word_is_there_while_it_is_spoken_and_silence_is_zero(features):
    track = features.track([TimedWord("Never", 0.5, 1.0), TimedWord("again", 1.0, 1.4)], 60)
    assert track.shape == (60, WORD_SIZE)
    assert not track[:15].any() and not track[42:].any()
    assert (track[15:30] == track[15]).all() and not np.allclose(track[15], track[30])


def test_a_pause_begins_a_new_sentence():
    words = [TimedWord("one", 0.0, 0.3), TimedWord("two", 0.4, 0.6), TimedWord("three", 2.0, 2.2)]
    assert [[w.text for w in part] for part in sentences(words)] == [["one", "two"], ["three"]]


def test_no_words_odd_words_and_very_many_words_are_read(features):
    assert features.vectors([]).shape == (0, WORD_SIZE)
    assert np.isfinite(features.vectors(["", "ééé", "😀", "x" * 2000])).all()
    assert features.vectors(["no"] * 130).shape == (130, WORD_SIZE)


def test_a_folder_without_an_encoder_is_named(tmp_path):
    with pytest.raises(TextEncoderMissing, match=tmp_path.name):
        TextEncoder(tmp_path)


def test_scenes_carry_the_words_of_their_utterances(features, tmp_path):
    said = Utterance("slt/1", "slt", "train", "no way", np.zeros((30, 28), np.float32), np.zeros((50, 80), np.float32),
                     [("no", 0.1, 0.4), ("way", 0.4, 0.9)], [], [], 1.0)  # fmt: skip
    build_word_features([said], features, tmp_path / "words.npz")
    scene = make_scene(1, "train")
    scene.utterances[1].append(SpokenUtterance("slt/1", 2.0, 1.0))
    tracks = WordTracks(tmp_path / "words.npz").of(scene)
    assert not tracks[0].any()
    np.testing.assert_allclose(tracks[1, 65], features.vectors(["no", "way"])[0], atol=0.02)
    assert not tracks[1, :62].any() and not tracks[1, 88:].any()

