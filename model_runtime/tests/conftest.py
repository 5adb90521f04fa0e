"""What the runtime's tests share: where things are, and which tests need data that the repository does not hold.

The weights that ship are in the repository: without them tests fail, they are not skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.datasets.locations import REPOSITORY, data_dir

ASSETS = REPOSITORY / "interact_addon" / "assets"
DATA = data_dir()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-reference", action="store_true", help="store what the ten reference requests give now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DATA.is_dir():
        return
    missing = pytest.mark.skip(reason=f"needs {DATA}")
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(missing)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weights of a tiny evaluator that learned three kinds of made scenes.

    The scenes lie in ``scenes`` beside them, the state of the training in ``state``.
    """
    from model_runtime.tests.recognition.pair_samples import save_samples, train

    folder = tmp_path_factory.mktemp("evaluator")
    scenes = save_samples(folder / "scenes", each=8, held_out=4)
    weights = folder / "evaluator.safetensors"
    assert train(scenes, weights, folder / "state") == 0
    return weights
