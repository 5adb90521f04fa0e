"""Filters of composed interactions: texts that fit, and motion that is neither a copy nor strange."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_runtime.__main__ import main
from model_runtime.corpus.interactions.likeness import Annulus, NothingToFilter, annulus_of, reasons_of
from model_runtime.tests.recognition.pair_samples import sample_scene

REAL = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [3.0, 1.0]])
UNBOUNDED = np.zeros((0, 2))


def test_the_annulus_is_of_distances_to_the_nearest_other() -> None:
    assert annulus_of(REAL) == pytest.approx((1.0, 1.0))
    line = np.cumsum(np.arange(1.0, 42.0))[:, None]  # gaps of 2 to 41; the nearest of each is the gap below, but of one
    expected = np.percentile([2.0, *np.arange(2.0, 42.0)], [5, 95])
    assert annulus_of(line) == pytest.approx(tuple(expected))
    with pytest.raises(NothingToFilter, match="2 captured motions are too few"):
        annulus_of(REAL[:2])


def test_scenes_whose_texts_do_not_fit_are_refused() -> None:
    motions = np.arange(6.0).reshape(3, 2)
    reasons = reasons_of(np.array([0.58, 0.57, 0.9]), motions, UNBOUNDED, None)
    assert reasons == ["", "text 0.57 under 0.58", ""]
    assert reasons_of(np.array([0.3]), motions[:1], UNBOUNDED, None, least=0.2) == [""]


def test_copies_and_strange_motion_are_refused() -> None:
    motions = np.array([[0.0, 0.05], [0.0, 0.5], [9.0, 9.0]])
    reasons = reasons_of(np.ones(3), motions, REAL, Annulus(0.1, 1.0))
    assert [reason.split(" ")[0] for reason in reasons] == ["copy", "", "strange"]


def test_a_copy_of_a_scene_kept_before_is_refused_but_not_one_of_a_refused_scene() -> None:
    motions = np.array([[0.0, 0.5], [0.0, 0.52], [5.0, 0.0], [5.0, 0.01]])
    reasons = reasons_of(np.ones(4), motions, REAL, Annulus(0.1, 1.0))
    assert [reason.split(" ")[0] for reason in reasons] == ["", "copy", "strange", "strange"]
    # What was kept widens what is known: a step further from it is no longer strange.
    chain = np.array([[3.9, 0.0], [4.8, 0.0], [5.7, 0.0]])
    assert reasons_of(np.ones(3), chain, REAL, Annulus(0.1, 1.0)) == ["", "", ""]


def test_a_folder_is_filtered_and_nothing_in_it_is_lost(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, kind in enumerate(("wave", "bend", "bend")):
        sample_scene(kind, 200 + min(number, 1)).save(tmp_path / f"scene_{number}.npz")
    wrong = sample_scene("walk towards", 203)
    wrong.interaction["texts"] = sample_scene("bend", 203).interaction["texts"]
    wrong.save(tmp_path / "scene_3.npz")
    captured = tmp_path / "captured"
    captured.mkdir()
    for number in range(4):
        sample_scene("bend", 300 + number).save(captured / f"pair_{number}.npz")
    asked = ["corpus", "filter", "--scenes", str(tmp_path), "--weights", str(trained), "--least", "0.0"]
    assert main([*asked, "--real", str(captured)]) == 0
    found = json.loads((tmp_path / "filter.json").read_text("utf-8"))
    assert found["captured"] == 4 and found["annulus"][0] < found["annulus"][1]
    assert found["refused"]["scene_2.npz"].startswith("copy 0.000"), "the second of two equal scenes"
    assert found["cosines"]["scene_3.npz"] < found["cosines"]["scene_1.npz"]
    assert set(found["kept"]) | set(found["refused"]) == {f"scene_{n}.npz" for n in range(4)}
    assert sorted(p.name for p in tmp_path.glob("scene_*.npz")) == [f"scene_{n}.npz" for n in range(4)]
    capsys.readouterr()
    assert main(asked) == 0
    assert "no captured pairs were given" in capsys.readouterr().out
    assert json.loads((tmp_path / "filter.json").read_text("utf-8"))["annulus"] is None


def test_a_folder_without_interactions_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpus", "filter", "--scenes", str(tmp_path), "--weights", str(trained)]) == 1
    assert "holds no composed interactions" in capsys.readouterr().err
