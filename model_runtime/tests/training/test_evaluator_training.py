"""What an evaluator is trained on: altered scenes and texts, and losses that know what is alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_runtime.__main__ import main
from model_runtime.corpus.script.personality import FACTORS
from model_runtime.networks.evaluator import Judged
from model_runtime.recognition.evaluator import PERSONALITY
from model_runtime.recognition.pair_features import mirrored
from model_runtime.tests.recognition.pair_samples import sample_scene, save_samples
from model_runtime.text.words import WordFeatures
from model_runtime.training.evaluator import captions_of, contrastive_loss, learned_of, losses
from model_runtime.training.evaluator_data import EvaluatorData, exchanged_sides, item_of, split_folders


@pytest.fixture(scope="module")
def data() -> EvaluatorData:
    items = [item_of(sample_scene(kind, seed), 2) for kind in ("wave", "bend") for seed in range(3)]
    return EvaluatorData(items, WordFeatures.load())


def test_sides_are_exchanged_but_not_what_is_right_in_front() -> None:
    text = "The left hand rests on her right elbow; he stands right in front of her, upright."
    assert exchanged_sides(text) == "The right hand rests on her left elbow; he stands right in front of her, upright."
    assert exchanged_sides(exchanged_sides(text)) == text


def test_batches_say_who_begins_whoever_comes_first(data: EvaluatorData) -> None:
    mean, deviation = data.scales()
    plain = data.plain(range(6), mean, deviation)
    assert plain.first_begins.tolist() == [1, 0, 1, 0, 1, 0] and plain.roles.all() and plain.has_text.all()
    first = (torch.from_numpy(data.items[1].features.astype(np.float32)) - mean) / deviation
    assert torch.allclose(plain.motion[1, 0, :60], first[1].clamp(-6, 6), atol=1e-4)
    # Waves of the same variant and hand share their texts, those of another do not.
    assert plain.alike[0].tolist() == [True, False, True, False, False, False]


def test_altered_batches_stay_near_the_normaliser_and_keep_what_happens(data: EvaluatorData) -> None:
    mean, deviation = data.scales()
    batch = data.altered(64, np.random.default_rng(0), mean, deviation)
    seen = batch.motion.permute(0, 2, 1, 3)[batch.there][..., deviation > 0.05]
    assert seen.mean().abs() < 0.1 and seen.std() == pytest.approx(1.0, abs=0.25)
    assert batch.there.sum(1).min() >= (45 - 15) / 1.2 and batch.there.sum(1).float().std() > 2
    assert not batch.motion.permute(0, 2, 1, 3)[~batch.there].any()
    assert 0.3 < batch.first_begins.mean() < 0.7


def test_scales_are_those_of_motion_and_mirrored_motion(data: EvaluatorData) -> None:
    mean, deviation = data.scales()
    assert np.allclose(mirrored(mean.numpy()), mean.numpy(), atol=1e-4)
    assert (deviation > 0).all()


def test_the_contrastive_loss_is_least_where_pairs_lie_together() -> None:
    texts = torch.eye(4)
    alike, scale = torch.eye(4, dtype=torch.bool), torch.tensor(10.0)
    by_chance = contrastive_loss(torch.ones(4, 4) / 2, texts, scale, alike)
    assert float(by_chance) == pytest.approx(np.log(4), abs=1e-5)
    assert contrastive_loss(texts, texts, scale, alike) < 0.01 < contrastive_loss(texts.flip(0), texts, scale, alike)
    # Two texts of the same kind: either motion may have either.
    same = alike | torch.tensor([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
    exchanged = texts[[1, 0, 2, 3]]
    assert float(contrastive_loss(exchanged, texts, scale, same)) == pytest.approx(
        float(contrastive_loss(texts, texts, scale, same)), abs=1e-5
    )


def test_losses_leave_out_what_is_not_known(data: EvaluatorData) -> None:
    mean, deviation = data.scales()
    batch = data.plain(range(4), mean, deviation)
    judged = Judged(torch.ones(4, 2), torch.zeros(4, 40), torch.zeros(4, 25), torch.zeros(4), torch.zeros(4, 2, 5))
    terms = losses(judged, torch.ones(4, 2), torch.tensor(1.0), batch)
    assert set(terms) == {"category", "relationship", "contrastive", "order"}
    assert float(terms["category"]) == pytest.approx(np.log(40), abs=1e-4)
    silent = {**vars(batch), "has_text": torch.zeros(4, dtype=torch.bool), "roles": torch.zeros(4, dtype=torch.bool)}
    known = torch.full((4, 2, 5), float("nan"))
    known[1] = 2.0
    terms = losses(judged, torch.ones(4, 2), torch.tensor(1.0), type(batch)(**{**silent, "personality": known}))
    assert set(terms) == {"category", "relationship", "personality"}
    assert float(terms["personality"]) == pytest.approx(0.5 * 4.0)


def test_personalities_are_learned_where_scenes_have_them() -> None:
    scene = replace(sample_scene("wave", 0), personalities=((), (1.0, -2.0, 0.0, 0.5, 0.25)))
    item = item_of(scene)
    assert np.isnan(item.personality[0]).all() and item.personality[1].tolist() == [1.0, -2.0, 0.0, 0.5, 0.25]
    assert learned_of([item])["personality"] and PERSONALITY == FACTORS


def test_what_scenes_teach_is_told(data: EvaluatorData) -> None:
    assert learned_of(data.items) == {
        "categories": ["wave", "bend"],
        "relationships": ["co-workers", "neighbours"],
        "personality": False,
    }
    captions = captions_of(data.items, np.random.default_rng(0))
    assert len(captions) == len(set(captions)) > 10
    known = {text for item in data.items for text in item.texts}
    assert set(captions) <= known


def test_scenes_of_the_test_split_are_held_out_and_else_every_tenth(tmp_path: Path) -> None:
    with_split = save_samples(tmp_path / "a", each=2, held_out=1)
    without = save_samples(tmp_path / "b", each=4)
    training, held_out = split_folders([with_split, without])
    assert (len(training), len(held_out)) == (6 + 10, 3 + 2)
    assert not set(training) & set(held_out)


def test_an_empty_folder_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "evaluator", "--scenes", str(tmp_path), "--state", str(tmp_path / "state")]) == 1
    assert "0 scenes to train on" in capsys.readouterr().err
    assert main(["train", "evaluator", "--scenes", str(tmp_path / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err
