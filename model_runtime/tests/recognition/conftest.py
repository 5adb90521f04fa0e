"""An evaluator that learned three kinds of made scenes, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.recognition.evaluator import Evaluator
from model_runtime.tests.recognition.pair_samples import save_samples, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weights of a tiny evaluator; the scenes lie in ``scenes`` beside them, its state in ``state``."""
    folder = tmp_path_factory.mktemp("evaluator")
    scenes = save_samples(folder / "scenes", each=8, held_out=4)
    weights = folder / "evaluator.safetensors"
    assert train(scenes, weights, folder / "state") == 0
    return weights


@pytest.fixture(scope="session")
def evaluator(trained: Path) -> Evaluator:
    return Evaluator.load(trained)
