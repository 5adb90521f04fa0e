"""Drafts beside finals: the table, and figures of a real pair of takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model_runtime.generate import generate
from model_runtime.studies.draft_report import figures_of, mean, table
from model_runtime.studies.quick import held_out_voices, talk


def test_a_draft_stands_beside_the_final_with_their_ratio() -> None:
    shared = {"jerk_head": 10.0, "jerk_root": 5.0, "floor_depth_cm": 0.0, "label_obedience": 1.0}
    draft = shared | {"jerk_hands": 90.0, "foot_skate_cm_per_s": 0.6}
    final = shared | {"jerk_hands": 60.0, "foot_skate_cm_per_s": 0.4}
    text = table({"draft": draft, "final": final})
    assert "| jerk of hands, m/s³ | 90.00 | 60.00 | 1.50 |" in text
    assert "| foot skate, cm/s | 0.60 | 0.40 | 1.50 |" in text
    assert "| below the floor, cm | 0.00 | 0.00 | - |" in text
    assert mean([draft, final])["jerk_hands"] == 75.0


def test_every_figure_of_a_take_is_measured(tmp_path: Path) -> None:
    voices, _ = held_out_voices(tmp_path)
    request = replace(talk(voices, 1, 3.0, still=True)[0], quality="draft")
    found = figures_of(request, generate(request))
    assert found["jerk_hands"] > found["jerk_root"] > 0.0 and 0.0 <= found["label_obedience"] <= 1.0
    assert "foot_skate_cm_per_s" in found and "floor_depth_cm" in found
