"""Spoken words as vectors over time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import load_checkpoint, save_checkpoint
from model_runtime.contract import TimedWord
from model_runtime.corpus.voices.speech_library import Utterance, save_speech_library
from model_runtime.datasets.scene import SpokenUtterance
from model_runtime.speech.phones import Segment
from model_runtime.tests.training.test_training import make_scene
from model_runtime.text.words import (
    WORD_SIZE,
    TextEncoder,
    TextEncoderMismatch,
    TextEncoderMissing,
    WordFeatures,
    check_words,
    sentences,
)
from model_runtime.training.word_features import WordTracks, build_word_features


@pytest.fixture(scope="module")
def features() -> WordFeatures:
    return WordFeatures.load()


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))


def test_words_of_similar_meaning_are_nearer_than_others(features: WordFeatures) -> None:
    yes, yeah, window = (features.vectors([word])[0] for word in ("yes", "yeah", "window"))
    assert likeness(yes, yeah) > likeness(yes, window) + 0.2


def test_a_word_has_its_vector_while_it_is_spoken_and_silence_is_zero(features: WordFeatures) -> None:
    track = features.track([TimedWord("Never", 0.5, 1.0), TimedWord("again", 1.0, 1.4)], 60)
    assert track.shape == (60, WORD_SIZE)
    assert not track[:15].any() and not track[42:].any()
    assert (track[15:30] == track[15]).all() and not np.allclose(track[15], track[30])


def test_a_pause_begins_a_new_sentence() -> None:
    words = [TimedWord("one", 0.0, 0.3), TimedWord("two", 0.4, 0.6), TimedWord("three", 2.0, 2.2)]
    assert [[w.text for w in part] for part in sentences(words)] == [["one", "two"], ["three"]]


def test_no_words_odd_words_and_very_many_words_are_encoded(features: WordFeatures) -> None:
    assert features.vectors([]).shape == (0, WORD_SIZE)
    assert np.isfinite(features.vectors(["", "ééé", "😀", "x" * 2000])).all()
    assert features.vectors(["no"] * 130).shape == (130, WORD_SIZE)


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextEncoderMissing, match=tmp_path.name):
        TextEncoder(tmp_path)


def test_scenes_carry_the_words_of_their_utterances(features: WordFeatures, tmp_path: Path) -> None:
    utterance = Utterance(
        "slt/1",
        "slt",
        "train",
        "no way",
        np.zeros((30, 28), np.float32),
        np.zeros((50, 80), np.float32),
        [Segment("no", 0.1, 0.4), Segment("way", 0.4, 0.9)],
        [],
        [],
        1.0,
    )
    build_word_features([utterance], features, tmp_path / "words.npz")
    scene = make_scene(1, "train")
    scene.utterances[1].append(SpokenUtterance("slt/1", 2.0, 1.0))
    tracks = WordTracks(tmp_path / "words.npz").of(scene)
    assert not tracks[0].any()
    assert [(word.text, word.start) for word in WordTracks(tmp_path / "words.npz").timed(scene, 1)] == [
        ("no", 2.1),
        ("way", 2.4),
    ]
    np.testing.assert_allclose(tracks[1, 65], features.vectors(["no", "way"])[0], atol=0.02)
    assert not tracks[1, :62].any() and not tracks[1, 88:].any()


LETTERS = [chr(code) for code in range(33, 127)]


def small_bert(folder: Path, seed: int = 0) -> Path:
    """Save a random BERT with a vocabulary of letters."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    transformers.BertTokenizer(vocab={token: index for index, token in enumerate(tokens)}).save_pretrained(folder)
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(tokens),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def small_clip(folder: Path, seed: int = 0) -> Path:
    """Save a random CLIP, text and image halves, with the 77 text positions of CLIP."""
    vocab = {
        token: index
        for index, token in enumerate(
            [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
        )
    }
    transformers.CLIPTokenizer(vocab=vocab, merges=[]).save_pretrained(folder)
    torch.manual_seed(seed)
    layers = dict(num_hidden_layers=1, num_attention_heads=4, intermediate_size=64)
    text = dict(
        vocab_size=len(vocab),
        hidden_size=64,
        max_position_embeddings=77,
        bos_token_id=len(vocab) - 2,
        eos_token_id=len(vocab) - 1,
        **layers,
    )
    sight = dict(hidden_size=32, image_size=32, patch_size=16, **layers)
    transformers.CLIPModel(
        transformers.CLIPConfig(text_config=text, vision_config=sight, projection_dim=16)
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three utterances of the speech library, of many different words."""
    path, rng = tmp_path_factory.mktemp("speech") / "library.npz", np.random.default_rng(0)
    spoken = [["".join(rng.choice(LETTERS[32:58], 5)) for _ in range(40)] for _ in range(3)]
    save_speech_library(
        [
            Utterance(
                f"slt/{i}",
                "slt",
                "train",
                " ".join(words),
                np.zeros((900, 28), np.float32),
                np.zeros((1500, 80), np.float32),
                [Segment(word, 0.5 * k, 0.5 * k + 0.4) for k, word in enumerate(words)],
                [],
                [],
                20.0,
            )
            for i, words in enumerate(spoken)
        ],
        path,
    )
    return path


@pytest.mark.parametrize("make", (small_bert, small_clip))
def test_an_encoder_from_a_local_folder_is_fitted_and_loaded_again(
    make: Callable[..., Path], library: Path, tmp_path: Path
) -> None:
    encoder = make(tmp_path / "encoder")
    files = ("--speech", str(library), "--weights", str(tmp_path), "--out", str(tmp_path / "words.npz"))
    assert main(["train", "words", *files, "--fit", "--encoder", str(encoder)]) == 0
    features = WordFeatures.load(tmp_path)
    assert (
        load_checkpoint(tmp_path / "words.safetensors")[1]["encoder"]
        == features.encoder.name
        == WordTracks(tmp_path / "words.npz").encoder
    )
    found = features.vectors(["never", "again"])
    assert found.shape == (2, WORD_SIZE) and np.isfinite(found).all() and not np.allclose(found[0], found[1])
    assert np.abs(features.vectors(["long"] * 90)).max(1).min() > 0, "no word is cut off by a short context"


@pytest.mark.parametrize("make", (small_bert, small_clip))
def test_another_encoder_than_the_fitted_one_is_named(
    make: Callable[..., Path], library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, other = make(tmp_path / "ours", 0), make(tmp_path / "other", 1)
    files = ("--speech", str(library), "--weights", str(tmp_path), "--out", str(tmp_path / "words.npz"))
    assert main(["train", "words", *files, "--fit", "--encoder", str(ours)]) == 0
    assert main(["train", "words", *files, "--encoder", str(other)]) == 1
    assert TextEncoder(ours).name in (error := capsys.readouterr().err) and TextEncoder(other).name in error
    moved = ours.rename(tmp_path / "moved")
    assert main(["train", "words", *files, "--encoder", str(moved)]) == 0
    assert WordFeatures.load.__wrapped__(tmp_path).encoder.folder == moved.resolve()


def test_a_network_trained_on_the_words_of_another_encoder_is_named(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "words.safetensors", {"mean": torch.zeros(1)}, {"encoder": "bert 768 0123"})
    check_words({"body_lower": {"training": {"words": "bert 768 0123"}}, "body_upper": {}}, tmp_path)
    with pytest.raises(TextEncoderMismatch, match="'body_upper' learned words from the text encoder 'clip 768 4567'"):
        check_words({"body_upper": {"training": {"words": "clip 768 4567"}}}, tmp_path)
