"""One table of bounds: no other file bounds these measures, and the README and the model card show them."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_runtime.common.checkpoints import WEIGHTS
from model_runtime.datasets.locations import REPOSITORY
from model_runtime.metrics.targets import GENERATION, TARGETS, Target
from model_runtime.studies.body_rows import ROWS
from model_runtime.studies.face_rows import WANTED
from model_runtime.studies.report_page import MEANINGS

SOURCES = [
    path
    for room in ("metrics", "studies")
    for path in sorted((REPOSITORY / "model_runtime" / room).glob("*.py"))
    if path.name != "targets.py"
]
MEASURES = {*TARGETS, *(target.label for target in TARGETS.values()), *(row.name for row in ROWS)} | {
    *(row.key for row in ROWS), *WANTED,
}  # fmt: skip


def is_number(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand)
    if isinstance(node, ast.Tuple | ast.List):
        return any(is_number(part) for part in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def names_a_measure(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in MEASURES


def bounds_in(path: Path) -> Iterator[str]:
    """Yield the lines in which a measure stands beside a number: in a tuple, a list, a dict or a comparison."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        found = False
        if isinstance(node, ast.Tuple | ast.List):
            found = any(map(names_a_measure, node.elts)) and any(map(is_number, node.elts))
        elif isinstance(node, ast.Dict):
            found = any(key and names_a_measure(key) and is_number(value) for key, value in zip(node.keys, node.values))
        elif isinstance(node, ast.Compare):
            measured = any(names_a_measure(part) for part in ast.walk(node.left))
            found = measured and any(map(is_number, node.comparators))
        if found:
            yield f"{path.name}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_other_file_bounds_a_measure_of_the_table(path: Path) -> None:
    assert list(bounds_in(path)) == []


def test_a_bound_beside_a_measure_is_found(tmp_path: Path) -> None:
    bounded = tmp_path / "rows.py"
    bounded.write_text('ROWS = (("foot skate", "skate_cm_s", "<=", 3.0),)\nBOUNDS = {"beat_ratio": (None, 2.0)}\n')
    assert len(list(bounds_in(bounded))) == 2


def shown_bounds(page: Path) -> dict[str, str]:
    """Return the targets of a page's table by the first column."""
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", page.read_text("utf-8"), re.MULTILINE)
    return {name: wanted for name, wanted in rows if name != "measure"}


@pytest.mark.parametrize("page", [REPOSITORY / "README.md", WEIGHTS / "MODEL_CARD.md"], ids=lambda page: page.name)
def test_the_pages_show_the_bounds_of_the_table_in_its_order(page: Path) -> None:
    shown = shown_bounds(page)
    assert [name for name in shown if name in {t.label for t in GENERATION.values()}] == [
        target.label for target in GENERATION.values()
    ]
    for target in GENERATION.values():
        assert shown[target.label] in (target.bounds, "yes")


def test_the_report_of_a_generation_explains_measures_of_the_table() -> None:
    assert set(MEANINGS) <= set(GENERATION)


def test_a_target_is_reached_within_its_bounds_and_never_by_what_was_not_measured() -> None:
    target = Target("blinks a minute", least=10.0, most=25.0)
    assert target.reached(10.0) and target.reached(25.0)
    assert not target.reached(9.9) and not target.reached(25.1) and not target.reached(math.nan)
    assert target.bounds == "10 to 25"
