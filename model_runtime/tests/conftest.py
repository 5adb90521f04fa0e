"""Options of the runtime's tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-reference", action="store_true", help="store what the ten reference requests give now as what they must give")
