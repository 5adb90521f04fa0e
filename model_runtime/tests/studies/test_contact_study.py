"""The table of scenes in which two meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_runtime.contract import ActorPerformance, Performance, check_request
from model_runtime.drawing.documents import fill_in
from model_runtime.studies.contact_scenes import HEIGHTS, Scene, generated_scenes, salsa_scenes
from model_runtime.studies.contact_study import measure, table
from model_runtime.tests.refine.contacts.scenes import standing


@pytest.mark.slow
def test_what_is_in_the_table_was_measured(tmp_path: Path) -> None:
    scene = next(generated_scenes())
    bodies = [standing(HEIGHTS[0], 0.0, 1.0, 20), standing(HEIGHTS[1], 0.3, -1.0, 20)]
    zeros = np.zeros((20, 52), np.float32), np.ones((20, 4), np.float32)
    names = [actor.name for actor in scene.request.actors]
    played = Performance(tuple(ActorPerformance(n, b.root, b.rotations, *zeros) for n, b in zip(names, bodies)))
    row = measure(Scene("two in each other", scene.request, played))
    assert row.deepest[0] > 0.015 > row.deepest[1]
    assert row.deep_frames == (1.0, 0.0)
    assert row.gap is None and row.moved > 0.0
    page = tmp_path / "contacts.md"
    page.write_text("<!-- a -->\n<!-- b -->", "utf-8")
    fill_in(page, ("<!-- a -->", "<!-- b -->"), table([row]))
    assert "| two in each other, 8 s | " in page.read_text("utf-8")


def test_every_scene_is_a_request_that_can_be_played() -> None:
    found = list(generated_scenes())
    assert len({scene.name for scene in found}) == len(found) == 7
    for scene in found:
        check_request(scene.request)


def test_without_captures_there_are_none(tmp_path: Path) -> None:
    assert not list(salsa_scenes(tmp_path, 1.0))
