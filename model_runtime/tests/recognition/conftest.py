"""The evaluator that the tests of this folder ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.recognition.evaluator import Evaluator


@pytest.fixture(scope="session")
def evaluator(trained: Path) -> Evaluator:
    return Evaluator.load(trained)
