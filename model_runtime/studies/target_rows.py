"""Measured figures beside their targets: what the quick check, the report, the README and the model card show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

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


def markdown_beside(
    figures: Mapping[str, float], captured: Mapping[str, float], targets: Mapping[str, Target], clips: str
) -> str:
    """Return figures beside those of captured ``clips`` and their bounds as Markdown."""
    rows = [f"| {' | '.join(cells)} |" for cells in _beside(figures, captured, targets, ("✓", "✗"))]
    return "\n".join([f"| | scenes | {clips} | wanted | |", "|---|--:|--:|---|---|", *rows])


def table_beside(
    figures: Mapping[str, float], captured: Mapping[str, float], targets: Mapping[str, Target], width: int
) -> str:
    """Return the same as text, names ``width`` wide; lines that miss their bounds say FAIL."""
    lines = [f"{'':{width}s} {'scenes':>9s} {'captured':>9s}  wanted"]
    for name, value, theirs, wanted, mark in _beside(figures, captured, targets, ("ok", "FAIL")):
        lines.append(f"{name:{width}s} {value:>9s} {theirs:>9s}  {wanted:16s} {mark}")
    return "\n".join(lines)


def _beside(
    figures: Mapping[str, float], captured: Mapping[str, float], targets: Mapping[str, Target], marks: tuple[str, str]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, figure of the scenes, figure of the clips, bounds and mark of each row."""
    for name, target in targets.items():
        value = figures[name]
        mark = "" if not np.isfinite(value) else marks[0] if target.reached(value) else marks[1]
        yield target.label, _figure(value), _figure(captured.get(name, float("nan"))), target.bounds, mark


def _figure(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"
