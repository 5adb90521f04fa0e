"""The body report on motion whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import INDEX
from model_runtime.conditioning.conditioning import Conditioning
from model_runtime.contract import ACTION_LABELS, FPS
from model_runtime.metrics.body_measures import (
    changes_of,
    each_shot,
    reference_bodies,
    rows_of,
    variety,
    variety_of_corpus,
)
from model_runtime.metrics.constraint_borders import constraint_rows
from model_runtime.studies.body_rows import ROWS, table
from model_runtime.studies.body_seeds import apart_table, draw_seeds
from model_runtime.studies.sampler_study import SETTINGS, draw, markdown
from model_runtime.studies.shots import Shot, shot_of
from model_runtime.tests.training.test_training import make_scene


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    return [shot_of(make_scene(seed, "test"), f"made {seed}", 0, 320) for seed in (1, 2)]


def shaken(shots: list[Shot], size: float = 0.3) -> list[tuple[np.ndarray, np.ndarray]]:
    """The reference with a forearm that trembles."""
    takes = []
    for roots, rotations in reference_bodies(shots):
        rotations = rotations.copy()
        turn = rot.from_axis_angle(
            np.stack([0 * np.arange(rotations.shape[1]), *[size * np.sin(2.0 * np.arange(rotations.shape[1]))] * 2], -1)
        )
        rotations[:, :, INDEX["left_elbow"]] = rot.multiply(rotations[:, :, INDEX["left_elbow"]], turn[None]).astype(
            np.float32
        )
        takes.append((roots, rotations))
    return takes


def test_the_reference_is_like_itself(shots):
    rows = rows_of(reference_bodies(shots), shots)
    assert (
        rows["fid_g"] == pytest.approx(0, abs=1e-4)
        and rows["jerk_hands"] == rows["jerk_root"] == 1.0
        and rows["miss_cm"] < 1.0
    )


def test_a_trembling_arm_shows_in_jerk_and_in_fid_and_nowhere_in_the_root(shots):
    rows = rows_of(shaken(shots), shots)
    assert rows["jerk_hands"] > 2.0 and rows["jerk_root"] == 1.0
    assert rows["fid_k"] > 1.0


def test_jerk_is_pooled_so_that_a_motionless_reference_does_not_dominate(shots):
    """A shot whose reference does not move has no jerk to divide by; the others still do."""
    roots, rotations = (np.repeat(x[:, :1], shots[0].frames, axis=1) for x in reference_bodies(shots)[0])
    statue = replace(shots[0], root_positions=roots, rotations=rotations)
    takes = [shaken(shots, 0.02)[0], reference_bodies(shots)[1]]
    alone, pooled = rows_of(takes[:1], [statue]), rows_of(takes, [statue, shots[1]])
    assert alone["jerk_hands"] > 1e3 > 10 * pooled["jerk_hands"]


def test_a_change_that_comes_late_is_not_followed_in_time():
    scene = make_scene(1, "test")
    scene.root_positions[0, :, 0] = np.maximum(np.arange(scene.frames) - 120, 0) / FPS  # off at 1 m/s
    scene.labels[0, 123:] = ACTION_LABELS.index("walk")
    requested = [shot_of(scene, "made", 0, 320)]
    late = [
        (np.concatenate([np.repeat(roots[:, :1], 30, axis=1), roots[:, :-30]], axis=1), rotations)
        for roots, rotations in reference_bodies(requested)
    ]
    assert changes_of(reference_bodies(requested), requested) == {"followed_after_half": 1.0, "followed_after_one": 1.0}
    assert changes_of(late, requested)["followed_after_half"] == 0.0


def test_equal_takes_have_no_variety_and_others_do(shots):
    same = variety([[take, take] for take in reference_bodies(shots)], shots)
    assert same["div_sample"] == same["seeds_hands_cm"] == 0.0
    other = variety([[one, two] for one, two in zip(reference_bodies(shots), shaken(shots))], shots)
    assert other["div_sample"] > 0 and other["seeds_hands_least_cm"] > 1.0 and other["seeds_roots_cm"] == 0.0
    assert variety_of_corpus(shots, shots, 2)["div_sample"] > 0


def test_motion_that_is_given_is_compared_where_it_is_given(shots):
    """A player that hands back what it is given, and moves by a hand's breadth between."""

    def play(conditioning: Conditioning, seed: int) -> tuple[np.ndarray, np.ndarray]:
        given = conditioning.constraints.motions[0]
        assert given is not None and given.any_joint.any() and not given.part("face").any()
        roots, rotations = (np.stack([x, x]) for x in (given.root_positions, given.rotations))
        roots[:, ~given.any_joint] += np.array([0.0, 0.1, 0.0], np.float32)
        return roots, rotations

    rows = constraint_rows(play, shots[:1])
    assert rows["constraint_cm"] == 0.0 and rows["constraint_speed"] > 2.0, "a jump at each border"


def test_the_report_names_the_faulty_shot(shots):
    takes = reference_bodies(shots)
    sunk = (takes[1][0] - np.array([0.0, 0.0, 0.05], np.float32), takes[1][1])
    each = each_shot([takes[0], sunk], shots)
    assert each["made 2"]["floor_cm"] > each["made 1"]["floor_cm"] + 3


def test_the_table_marks_targets_that_are_reached_and_missed():
    reference = {"div_g": 0.1, "seam_speed": 1.3}
    text = table(
        {
            "ours": {"obedience": 0.99, "floor_cm": 0.7, "div_g": 0.095, "seam_speed": 1.2, "fid_g": 1.0},
            "lda2": {"fid_g": 1.5},
            "reference": reference,
        }
    )
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines()}
    marks = {row.key: "✓" in lines[row.name] for row in ROWS if row.name in lines}
    assert marks == {"obedience": True, "floor_cm": False, "div_g": True, "seam_speed": True, "fid_g": False}


def test_seeds_stand_side_by_side_and_their_distances_in_a_table(shots, tmp_path):
    takes = [reference_bodies(shots)[0], shaken(shots)[0], reference_bodies(shots)[0]]
    with Image.open(draw_seeds(takes, shots[0], tmp_path / "seeds.png", moments=2)) as picture:
        pixels = np.asarray(picture).astype(int)
    width = pixels.shape[1] // 3
    first, second, third = (pixels[40:, k * width : (k + 1) * width] for k in range(3))
    assert np.array_equal(first, third) and not np.array_equal(first, second)
    rows = apart_table(takes, shots[0]).splitlines()[2:]
    assert [float(x) for x in rows[0].split("|")[3:5]] == [pytest.approx(float(rows[1].split("|")[4]), abs=0.11), 0.0]


def test_the_sampler_study_lists_every_sampler_and_draws_them(tmp_path):
    figures = {"fid_g": 1.5, "fid_k": 2.0, "beat_ratio": 1.2, "seconds_per_second": 0.1}
    text = markdown({setting: figures for setting in SETTINGS}, {})
    assert "| DDIM, 50 | 2 | 1.500 |" in text and "| DPM-Solver++ even in log-SNR, 12 | 5 |" in text
    assert draw({setting: figures for setting in SETTINGS}, tmp_path / "study.png").stat().st_size > 10_000
