"""The page of the report shows figures with the targets of the one table."""

from __future__ import annotations

import re
from typing import Any

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import Actor, Request
from model_runtime.studies.report_page import page
from model_runtime.studies.target_rows import markdown, target_rows


def report(**measures: Any) -> dict[str, Any]:
    actors = {"Anna & Co": {"foot_skate_cm_per_s": 2.0}, "Ben": {"foot_skate_cm_per_s": None}}
    return {"seed": 1, "quality": "final", "guidance": 2.0, "measures": {**measures, "actors": actors}}


def shown(**measures: Any) -> str:
    actors = (Actor("Anna", AVERAGE_SKELETON), Actor("Ben", AVERAGE_SKELETON))
    return page(Request(5.0, actors), report(**measures), {}, preview=False)


def test_a_figure_that_misses_its_target_is_marked() -> None:
    text = shown(label_obedience=0.95, floor_depth_cm=0.1)
    assert re.search(r"label obedience.*&#10007; 0.95</span></td><td>≥ 0.98", text)
    assert re.search(r"below the floor, cm.*&#10003; 0.1</span></td><td>≤ 0.5", text)


def test_names_are_escaped_and_missing_figures_are_named() -> None:
    text = shown()
    assert "Anna &amp; Co" in text and "not measured" in text and "$" not in text


def test_of_several_figures_the_least_counts() -> None:
    row = next(target_rows({"hands_speaking_over_listening": [2.0, 0.9]}, ["hands_speaking_over_listening"]))
    assert row.value == 0.9 and row.good is False


def test_the_table_says_yes_where_a_measure_is_yes_or_no() -> None:
    assert "| same seed repeats | yes | yes |" in markdown({"same_seed_repeats": True})
