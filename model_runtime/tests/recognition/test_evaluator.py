"""An evaluator that learned made scenes knows others of their kinds, and says what it did not learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_runtime.__main__ import main
from model_runtime.common.checkpoints import load_checkpoint, save_checkpoint
from model_runtime.errors import CheckpointMismatch, CheckpointMissing
from model_runtime.networks.evaluator import CONFIGS, EvaluatorConfig, PairEvaluator
from model_runtime.recognition.evaluator import Evaluator, NotLearned, padded_motion, padded_words
from model_runtime.recognition.pair_features import pair_features
from model_runtime.tests.recognition.pair_samples import KINDS, exchanged, performed, sample_scene, train
from model_runtime.training.evaluator_data import pair_of

UNSEEN = range(100, 104)


def test_made_scenes_that_it_never_saw_are_recognised(evaluator: Evaluator) -> None:
    for kind in KINDS:
        opinions = evaluator.judge([pair_of(sample_scene(kind, seed)) for seed in UNSEEN])
        assert [next(iter(opinion.categories)) for opinion in opinions] == [kind] * len(opinions)
        assert all(opinion.first_begins > 0.5 for opinion in opinions)


def test_who_begins_follows_when_the_two_are_exchanged_and_all_else_stays(evaluator: Evaluator) -> None:
    pair = pair_of(sample_scene("bend", 100))
    as_it_is, turned_round = evaluator.judge([pair, exchanged(pair)])
    assert turned_round.first_begins == pytest.approx(1 - as_it_is.first_begins, abs=1e-4)
    assert np.allclose(turned_round.embedding, as_it_is.embedding, atol=1e-4)
    assert turned_round.categories == pytest.approx(as_it_is.categories, abs=1e-4)


def test_what_lies_beside_in_a_batch_changes_nothing(evaluator: Evaluator) -> None:
    pair, long = pair_of(sample_scene("wave", 100)), pair_of(sample_scene("bend", 100, frames=93))
    alone, beside = evaluator.judge([pair])[0], evaluator.judge([long, pair])[1]
    assert np.allclose(alone.embedding, beside.embedding, atol=1e-4)
    texts = ["he bows", "the first person waves the right hand at the second person, who laughs about it"]
    assert np.allclose(evaluator.embed_texts(texts)[0], evaluator.embed_texts(texts[:1])[0], atol=1e-4)


def test_texts_are_nearest_to_motion_of_their_kind(evaluator: Evaluator) -> None:
    texts = ["a man waves at the woman", "someone bows to the partner", "one person walks up to the other"]
    embedded = evaluator.embed_texts(texts)
    assert np.allclose(np.linalg.norm(embedded, axis=1), 1.0, atol=1e-4)
    motions = np.stack([o.embedding for o in evaluator.judge([pair_of(sample_scene(k, 100)) for k in KINDS])])
    assert (motions @ embedded.T).argmax(1).tolist() == [0, 1, 2]


def test_captions_are_ranked_without_names(evaluator: Evaluator) -> None:
    assert not any(name in caption for caption in evaluator.captions for name in ("Mia", "Tom", "Ana", "Ben"))
    ranked = evaluator.ranked_captions(evaluator.judge([pair_of(sample_scene("bend", 100))])[0].embedding, 3)
    assert [cosine for _, cosine in ranked] == sorted((cosine for _, cosine in ranked), reverse=True)
    assert len(ranked) == 3 and ("bow" in ranked[0][0].lower() or "bend" in ranked[0][0].lower())


def test_it_answers_within_what_it_learned(evaluator: Evaluator) -> None:
    opinion = evaluator.judge([pair_of(sample_scene("wave", 100))])[0]
    assert sorted(opinion.categories) == sorted(KINDS)
    assert sorted(opinion.relationships) == ["co-workers", "neighbours"]
    assert sum(opinion.categories.values()) == pytest.approx(1.0)
    assert opinion.personality is None
    with pytest.raises(NotLearned, match=r"know nothing of personality.*train evaluator"):
        evaluator.personality_of(opinion)


def test_measures_on_held_out_scenes_are_in_the_header(trained: Path) -> None:
    header = load_checkpoint(trained)[1]
    measures = header["measures"]
    assert measures["scenes"] == 12 and measures["category"] >= 0.9 and measures["order"] >= 0.9
    assert measures["category_by_constant"] == pytest.approx(1 / 3, abs=1e-3)
    assert float(measures["cosine"].split()[0]) > float(measures["cosine_of_mismatched"].split()[0])
    assert header["training"]["scenes"] == 24 and header["training"]["words"]


def test_a_finished_training_resumes_with_nothing_left_to_do(trained: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    assert train(trained.parent / "scenes", again, trained.parent / "state", "--resume") == 0
    before, after = load_checkpoint(trained)[0], load_checkpoint(again)[0]
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_missing_and_foreign_weights_are_refused(tmp_path: Path, trained: Path) -> None:
    with pytest.raises(CheckpointMissing, match="make them with `python -m model_runtime train evaluator"):
        Evaluator.load(tmp_path / "evaluator.safetensors")
    tensors, header = load_checkpoint(trained)
    foreign = tmp_path / "foreign.safetensors"
    save_checkpoint(foreign, tensors, {**header, "config": {**header["config"], "features": 7}})
    with pytest.raises(CheckpointMismatch, match="train them again"):
        Evaluator.load(foreign)
    save_checkpoint(foreign, tensors, {"config": {"stage": "lower"}})
    with pytest.raises(CheckpointMismatch, match="not those of an evaluator"):
        Evaluator.load(foreign)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "paper"])
def test_every_config_judges(name: str) -> None:
    torch.manual_seed(0)
    features = pair_features(pair_of(sample_scene("wave", 0)))
    config = EvaluatorConfig(features.shape[-1], 40, 25, **CONFIGS[name])
    network = PairEvaluator(config).eval()
    motion, there = padded_motion([features], torch.zeros(features.shape[-1]), torch.ones(features.shape[-1]))
    judged, texts, scale = network(motion, there, *padded_words([np.ones((3, 48), np.float32)]))
    assert judged.embedding.shape == texts.shape == (1, config.embedding) and scale > 1
    assert judged.category.shape == (1, 40) and judged.personality.shape == (1, 2, 5)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands_print_what_they_found_as_json(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    performed(sample_scene("wave", 101), ("Mia", "Tom")).save(tmp_path / "pair.npz")
    asked = (str(tmp_path / "pair.npz"), "--weights", str(trained))
    found = printed(capsys, "recognise", *asked)
    assert found["category"] == "wave" and found["actor"] == "Mia" and found["reactor"] == "Tom"
    assert found["probability"] == max(found["probabilities"].values()) and set(found["probabilities"]) == set(KINDS)
    order = printed(capsys, "order", *asked)
    assert order["actor"] == "Mia" and 0.5 <= order["probability"] <= 1.0
    captions = printed(capsys, "caption", *asked, "--most", "2")
    assert len(captions["captions"]) == 2 and captions["actor"] == "Mia"
    assert main(["personality", *asked]) == 1
    assert "know nothing of personality" in capsys.readouterr().err


def test_the_commands_refuse_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recognise", str(tmp_path / "nothing.npz")]) == 1
    assert capsys.readouterr().err.strip().count("\n") == 0
    sample_scene("wave", 1).save(tmp_path / "scene.npz")
    weights = str(tmp_path / "none.safetensors")
    assert main(["order", str(tmp_path / "scene.npz"), "--weights", weights]) == 1
    assert "train evaluator --scenes corpus/interactions" in capsys.readouterr().err
