"""What the runtime's tests share: where things are, and which tests need data that the repository does not hold.

The weights that ship are in the repository: without them tests fail, they are not skipped.
"""

from __future__ import annotations

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
