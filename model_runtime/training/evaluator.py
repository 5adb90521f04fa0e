"""Train the evaluator of pairs and texts on composed scenes.

    python -m model_runtime train evaluator --scenes corpus/interactions --minutes 15

Scenes of the test split (`corpus interactions --split test`: held-out variants, clips and wordings) are never trained
on and give the measures; where a folder has none, every tenth scene is kept out. Scenes without an interaction count as
talk. Writes ``evaluator.safetensors`` with the averaged weights, and a resumable state beside the log in
``checkpoints/evaluator``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..common.checkpoints import WEIGHTS, load_checkpoint, save_checkpoint
from ..contract import INTERACTIONS, RELATIONSHIPS
from ..datasets.scene import Scene
from ..errors import InterActError
from ..networks.evaluator import CONFIGS, EvaluatorConfig, Judged, PairEvaluator
from ..recognition.evaluator import EVALUATOR, Evaluator
from ..recognition.pair_features import PAIR_FEATURES
from ..text.words import WORD_SIZE, WordFeatures
from .body import LICENCES
from .evaluator_data import REALISATIONS, EvaluatorData, Item, PairBatch, item_of, split_folders
from .evaluator_measures import measures_of
from .loop import Trainer
from .options import add_run_options, run_of

_SMOOTHED = 0.05  # of the categories, that are not told with certainty
_RELATIONSHIP, _PERSONALITY = 0.2, 0.5  # weights of these losses
_VALIDATED = 64  # scenes
_CAPTIONS = 24  # of a category, that are ranked
_TEXTS, _FACING, _NAMED = 6, 2, 4  # of a scene, in the order of ``write_texts``


class TooFewScenes(InterActError):
    """There is not enough to train on."""


class EvaluatorTraining:
    """Data and loss of a ``PairEvaluator``."""

    def __init__(self, train: EvaluatorData, held_out: EvaluatorData, device: torch.device, seed: int) -> None:
        self.train, self.held_out, self.device = train, held_out, device
        self.mean, self.deviation = train.scales()
        self._rng = np.random.default_rng(seed)
        held = np.random.default_rng(0).permutation(len(held_out.items))[:_VALIDATED].tolist()
        self._fixed = held_out.plain(held, self.mean, self.deviation).to(device)

    def training_terms(self, network: nn.Module, batch: int) -> dict[str, Tensor]:
        """Return the losses of a new batch."""
        network.train()
        drawn = self.train.altered(batch, self._rng, self.mean, self.deviation).to(self.device)
        return self._terms(network, drawn)

    @torch.no_grad()
    def validate(self, network: nn.Module) -> float:
        """Return the loss on held-out scenes."""
        network.eval()
        return float(sum(self._terms(network, self._fixed).values()))

    def _terms(self, network: nn.Module, batch: PairBatch) -> dict[str, Tensor]:
        autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")
        with autocast:
            judged, texts, scale = network(batch.motion, batch.there, batch.words, batch.words_there)
        return losses(Judged(*(part.float() for part in judged)), texts.float(), scale, batch)


def losses(judged: Judged, texts: Tensor, scale: Tensor, batch: PairBatch) -> dict[str, Tensor]:
    """Return the losses by name: contrastive both ways, category, who begins, relationship, personality."""
    terms = {
        "category": F.cross_entropy(judged.category, batch.category, label_smoothing=_SMOOTHED),
        "relationship": _RELATIONSHIP * F.cross_entropy(judged.relationship, batch.relationship),
    }
    if batch.has_text.any():
        own = batch.has_text
        terms["contrastive"] = contrastive_loss(judged.embedding[own], texts[own], scale, batch.alike[own][:, own])
    if batch.roles.any():
        asked = batch.roles
        terms["order"] = F.binary_cross_entropy_with_logits(judged.first_begins[asked], batch.first_begins[asked])
    known = ~batch.personality.isnan()
    if known.any():
        terms["personality"] = _PERSONALITY * F.mse_loss(judged.personality[known], batch.personality[known])
    return terms


def contrastive_loss(motions: Tensor, texts: Tensor, scale: Tensor, alike: Tensor) -> Tensor:
    """Return the mean cross-entropy of finding each text's motion and each motion's text (Radford et al. 2021).

    ``alike`` (B, B) bool: pairs that belong together as well as those on the diagonal do share the probability, since
    a text that says no more than "one waves at the other" is no mismatch of another wave.
    """
    likeness = scale * motions @ texts.T
    wanted = alike.float() / alike.sum(1, keepdim=True)
    return 0.5 * (F.cross_entropy(likeness, wanted) + F.cross_entropy(likeness.T, wanted.T))


def captions_of(items: Sequence[Item], rng: np.random.Generator) -> list[str]:
    """Return texts to rank, of each category some and of many scenes in it.

    Texts with names are left out, and those of how the two stand, which may be true of any category.
    """
    chosen: dict[str, None] = {}
    for category in sorted({item.category for item in items}):
        rows = [item for item in items if item.category == category and item.texts]
        texts = [text for row in rows for k, text in enumerate(row.texts) if k % _TEXTS not in (_FACING, _NAMED)]
        chosen |= dict.fromkeys([texts[i] for i in rng.permutation(len(texts))][:_CAPTIONS])
    return list(chosen)


def learned_of(items: Sequence[Item]) -> dict[str, Any]:
    """Return what scenes can teach: the categories and relationships there are, and whether personality is known."""
    return {
        "categories": [n for i, n in enumerate(INTERACTIONS) if any(item.category == i for item in items)],
        "relationships": [n for i, n in enumerate(RELATIONSHIPS) if any(item.relationship == i for item in items)],
        "personality": any(bool(np.isfinite(item.personality).any()) for item in items),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenes", type=Path, nargs="+", default=[Path("corpus/interactions")], metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=WEIGHTS / EVALUATOR, help="the weights (default: %(default)s)")
    parser.add_argument(
        "--words", type=Path, default=WEIGHTS, help="folder of words.safetensors (default: %(default)s)"
    )
    add_run_options(parser, CONFIGS, "small", 24, 6e-4, Path("checkpoints/evaluator"))


def run(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    training_paths, held_out_paths = split_folders(options.scenes)
    if len(training_paths) < 2 or not held_out_paths:
        raise TooFewScenes(
            f"{' and '.join(map(str, options.scenes))}: {len(training_paths)} scenes to train on and "
            f"{len(held_out_paths)} to measure with; compose more with `python -m model_runtime corpus interactions`."
        )
    words = WordFeatures.load(options.words)
    items = [item_of(Scene.load(path), REALISATIONS) for path in training_paths]
    held_out = [item_of(Scene.load(path)) for path in held_out_paths]
    training = EvaluatorTraining(
        EvaluatorData(items, words), EvaluatorData(held_out, words), options.device, options.seed
    )
    config = EvaluatorConfig(PAIR_FEATURES, len(INTERACTIONS), len(RELATIONSHIPS), WORD_SIZE, **CONFIGS[options.config])
    network = PairEvaluator(config).to(options.device)
    print(f"{len(items)} scenes, {training.train.minutes:.1f} min; {len(held_out)} held out", flush=True)
    trainer = Trainer(network, options.state, options.device, options.rate)
    trainer.fit(training, run_of(options))
    with trainer.exported():
        tensors = {f"network.{k}": v.detach().clone() for k, v in network.state_dict().items()}
        validation = training.validate(network)
    record: dict[str, Any] = {
        "steps": trainer.step,
        "batch": options.batch,
        "seed": options.seed,
        "scenes": len(items),
        "minutes_of_scenes": round(training.train.minutes, 1),
        "validation_loss": round(validation, 4),
        "seconds": round(trainer.spent),
        "words": words.encoder.name,
    }
    header = {
        "network": "PairEvaluator",
        "config": asdict(config),
        "training": record,
        "learned": learned_of(items),
        "captions": captions_of(items, np.random.default_rng(options.seed)),
        "corpus": LICENCES,
    }
    tensors |= {"mean": training.mean, "deviation": training.deviation}
    save_checkpoint(options.out, tensors, header)
    # What is measured are the weights as they were written, in half precision.
    measures = measures_of(Evaluator.load(options.out, options.words), [Scene.load(path) for path in held_out_paths])
    save_checkpoint(options.out, load_checkpoint(options.out)[0], header | {"measures": measures})
    for name, value in measures.items():
        print(f"{name}: {value}")
    print(f"Wrote {options.out}: validation {validation:.4f} after {trainer.step} steps", flush=True)
