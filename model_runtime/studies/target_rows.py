"""Measured figures beside their targets: what the quick check, the report, the README and the model card show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..metrics.targets import GENERATION, Target


class TargetRow(NamedTuple):
    """A measure's ``key`` and ``target``, and its figure: None where it was not measured."""

    key: str
    target: Target
    value: float | bool | None

    @property
    def good(self) -> bool | None:
        """Return whether the target is reached; None where nothing was measured."""
        return None if self.value is None else self.target.reached(self.value)


def target_rows(measures: Mapping[str, Any], keys: Iterable[str] = tuple(GENERATION)) -> Iterator[TargetRow]:
    """Yield the figures of these keys in ``measures``; of a list of figures the least counts."""
    for key in keys:
        value = measures.get(key)
        yield TargetRow(key, GENERATION[key], min(value) if isinstance(value, list) else value)


def markdown(measures: Mapping[str, Any]) -> str:
    """Return the table of the README and of the model card."""
    lines = ["| measure | reached | wanted |", "|---|---|---|"]
    for row in target_rows(measures):
        wanted = "yes" if isinstance(row.value, bool) else row.target.bounds
        lines.append(f"| {row.target.label} | {_shown(row.value)} | {wanted} |")
    return "\n".join(lines)


def _shown(value: float | bool | None) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"
