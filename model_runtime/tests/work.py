"""Count work in place of seconds, so that a test says the same on a busy machine."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest


def calls_of(module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return a list that receives the arguments of each call of ``module.name`` from now on."""
    calls: list[tuple[Any, ...]] = []
    function = getattr(module, name)

    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return function(*arguments, **named)

    monkeypatch.setattr(module, name, counted)
    return calls
