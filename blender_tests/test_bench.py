"""The command that measures the waiting times of Generate and of Check: what it writes into the manual."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from interact_addon import bench, bench_check
from interact_addon.check.shot_check import check_shot
from interact_addon.runtime_api import errors
from interact_addon.takes.library import takes_in

from .conftest import REPOSITORY


def waited(total: float, longest: float = 0.01) -> bench.Waited:
    return bench.Waited(total, 2 * total, 0.5, 0.3, longest, 0.4)


def test_the_table_has_medians_and_the_longest_step_of_all() -> None:
    table = bench._table(
        [waited(3.0), waited(4.0), waited(9.0)], [waited(1.5)], [waited(2.0, 0.044)], [waited(1.0)], 0.02
    )
    assert "starts, voices are mixed | 4.0 | 8.0 |" in table and "the runtime loaded | 1.0 | 2.0 |" in table
    assert "5 seconds after casting | 1.5 | 3.0 |" in table
    assert "the longest step before that | 0.044 | |" in table and "another take | 0.02 | |" in table


def test_the_manual_is_written_between_two_comments_and_nowhere_else(tmp_path: Path) -> None:
    before = (REPOSITORY / "docs" / "manual" / "generate.md").read_text("utf-8")
    page = tmp_path / "page.md"
    page.write_text(before, "utf-8")
    bench._fill_in(page, "| a | table |")
    after = page.read_text("utf-8")
    head, tail = before.split(bench.MARKS[0])[0], before.split(bench.MARKS[1])[1]
    assert after == f"{head}{bench.MARKS[0]}\n| a | table |\n{bench.MARKS[1]}{tail}"


def test_a_page_without_the_comments_is_named_and_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here", "utf-8")
    with pytest.raises(errors.InvalidRequest, match="needs the lines"):
        bench._fill_in(page, "| a | table |")
    assert page.read_text("utf-8") == "nothing here"


def test_two_who_sway_are_checked_and_drawn_and_nobody_takes_them_for_a_take(
    shot: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_check, "SECONDS", 2.0)
    monkeypatch.setattr(bench_check, "RESOLVED", 2.0)
    monkeypatch.setattr(bench_check, "VERTICES", 1000)
    rows = bench_check._checks(shot, 1)
    assert len(rows) == 4 and all(total > 0.0 and spent > 0.0 for _, (total, spent) in rows)
    assert not takes_in(shot) and check_shot(shot).contacts.depth.max() > 0.01, "their arms are in each other"
    names = [name for name, _ in bench_check.overlay_of(shot)]
    assert names[:3] == ["*Bodies*", "*Points*", "*Heat*"] and "vertices" in names[-1]
    assert bench_check.MARKS[0] in (REPOSITORY / "docs" / "manual" / "check.md").read_text("utf-8")
