"""Interactions by the protocols: truth beside truth, and beside what a model made of the same texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_runtime.__main__ import main
from model_runtime.recognition.evaluator import Evaluator
from model_runtime.studies.interaction_report import TooFewPairs, figures, table, told_of
from model_runtime.tests.recognition.pair_samples import KINDS, performed, sample_scene


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """66 scenes of the test split, the kinds in turn."""
    folder = tmp_path_factory.mktemp("held_out")
    paths = [folder / f"scene_{number:04d}.npz" for number in range(66)]
    for number, path in enumerate(paths):
        sample_scene(KINDS[number % 3], 400 + number, "test").save(path)
    return paths


def test_motion_that_does_not_belong_to_its_texts_is_worse_in_every_way(trained: Path, scenes: list[Path]) -> None:
    evaluator = Evaluator.load(trained)
    told = told_of(scenes[:24], evaluator)
    real = np.stack([opinion.embedding for opinion in evaluator.judge(told_of(scenes[24:48], evaluator).pairs)])
    truth = figures(told, told.pairs, real, evaluator, batch=12, runs=3)
    # Everybody bows, whatever the text says.
    bows = [pair for pair, kind in zip(told.pairs, KINDS * 8) if kind == "bend"] * 3
    other = figures(told, bows, real, evaluator, batch=12, runs=3)
    assert truth["category"].mean >= 0.9 and truth["order"].mean >= 0.9
    assert other["category"].mean == pytest.approx(1 / 3)
    assert truth["top1"].mean > other["top1"].mean and truth["mm_distance"].mean < other["mm_distance"].mean
    assert truth["fid"].mean < other["fid"].mean and truth["diversity"].mean > other["diversity"].mean
    assert "| category accuracy | " in table({"truth": truth, "made": other})
    with pytest.raises(TooFewPairs, match="batches of 32 and there are 24 pairs"):
        figures(told, told.pairs, real, evaluator, batch=32)


def test_the_command_writes_truth_beside_made(
    trained: Path, scenes: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    for path in scenes:
        performed(sample_scene("bend", 9)).save(made / path.name)
    page = tmp_path / "interactions.md"
    page.write_text("before\n<!-- evaluator -->\n<!-- /evaluator -->\n", "utf-8")
    asked = ["evaluate", "interactions", "--scenes", str(scenes[0].parent), "--weights", str(trained)]
    assert main([*asked, "--made", str(made), "--docs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "| | truth | made |" in out and "33 composed pairs of split 'test'" in out
    assert "| category accuracy |" in page.read_text("utf-8") and page.read_text("utf-8").startswith("before")
    assert main([*asked, "--split", "train"]) == 1
    assert "holds 0 interactions of split 'train' to measure" in capsys.readouterr().err
