"""Pictures of motion show what is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_runtime import rotations as rot
from model_runtime.evaluation.look import FilmNeedsFfmpeg, contact_sheet, film
from model_runtime.skeleton import AVERAGE_SKELETON
from model_runtime.tests.test_feet import standing


def pair() -> list[tuple]:
    bodies = []
    for side in (-1, 1):
        root, rotations = standing(40)
        root[:, 0] += 0.6 * side
        rotations[:, 0] = rot.about_z(np.full(40, -side * np.pi / 2))
        bodies.append((root, rotations, AVERAGE_SKELETON))
    return bodies


def test_a_sheet_shows_both_bodies_at_every_moment(tmp_path: Path) -> None:
    faces = [np.zeros((40, 52), np.float32)] * 2
    sheet = np.asarray(Image.open(contact_sheet(pair(), tmp_path / "new" / "sheet.png", times=np.linspace(0, 1.2, 8).tolist(), faces=faces)))
    assert sheet.shape == (2 * 360, 4 * 400, 3)
    blue = (sheet[..., 2] > 150) & (sheet[..., 0] < 110)  # left limbs
    for row in range(2):
        for column in range(4):
            cell = blue[row * 360 : (row + 1) * 360, column * 400 : (column + 1) * 400]
            assert cell[:, :200].sum() > 300 and cell[:, 200:].sum() > 300


def test_a_walk_stays_in_the_picture(tmp_path: Path) -> None:
    root, rotations = standing(40)
    root[:, 1] -= np.linspace(0, 8, 40)
    sheet = np.asarray(Image.open(contact_sheet([(root, rotations, AVERAGE_SKELETON)], tmp_path / "walk.png", times=[0.0, 1.3])))
    red = (sheet[..., 0] > 150) & (sheet[..., 1] < 110)
    assert red[:, :400].sum() > 300 and red[:, 400:800].sum() > 300


def test_a_film_without_ffmpeg_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FilmNeedsFfmpeg, match="ffmpeg"):
        film(pair(), tmp_path / "film.mp4")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on this machine")
def test_a_film_is_written(tmp_path: Path) -> None:
    assert film(pair(), tmp_path / "film.mp4", size=(160, 120)).stat().st_size > 1000
