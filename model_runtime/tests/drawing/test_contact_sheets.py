"""Pictures of motion show what is there."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import ACTION_LABELS, EmotionSpan
from model_runtime.datasets.scene import Scene, SpokenUtterance
from model_runtime.drawing.contact_sheets import FilmNeedsFfmpeg, contact_sheet, film, scene_film, scene_sheet
from model_runtime.drawing.scene_props import scene_sound
from model_runtime.tests.refine.test_feet import standing


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
    sheet = np.asarray(
        Image.open(
            contact_sheet(pair(), tmp_path / "new" / "sheet.png", times=np.linspace(0, 1.2, 8).tolist(), faces=faces)
        )
    )
    assert sheet.shape == (2 * 360, 4 * 400, 3)
    blue = (sheet[..., 2] > 150) & (sheet[..., 0] < 110)  # left limbs
    for row in range(2):
        for column in range(4):
            cell = blue[row * 360 : (row + 1) * 360, column * 400 : (column + 1) * 400]
            assert cell[:, :200].sum() > 300 and cell[:, 200:].sum() > 300


def test_a_walk_stays_in_the_picture(tmp_path: Path) -> None:
    root, rotations = standing(40)
    root[:, 1] -= np.linspace(0, 8, 40)
    sheet = np.asarray(
        Image.open(contact_sheet([(root, rotations, AVERAGE_SKELETON)], tmp_path / "walk.png", times=[0.0, 1.3]))
    )
    red = (sheet[..., 0] > 150) & (sheet[..., 1] < 110)
    assert red[:, :400].sum() > 300 and red[:, 400:800].sum() > 300


def test_a_film_without_ffmpeg_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FilmNeedsFfmpeg, match="ffmpeg"):
        film(pair(), tmp_path / "film.mp4")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on this machine")
def test_a_film_is_written(tmp_path: Path) -> None:
    assert film(pair(), tmp_path / "film.mp4", size=(160, 120)).stat().st_size > 1000


def small_scene() -> Scene:
    bodies = pair()
    seated = np.full((2, 40), ACTION_LABELS.index("stand"), np.uint8)
    seated[0, :20] = ACTION_LABELS.index("sit")
    prosody = np.zeros((2, 40, 28), np.float16)
    prosody[1, 10:, 0] = 1.0
    return Scene(
        5,
        "test",
        np.stack([body[2].offsets for body in bodies]),
        np.stack([body[0] for body in bodies]),
        np.stack([body[1] for body in bodies]),
        seated,
        np.ones((2, 40, 4), bool),
        prosody,
        np.zeros((2, 40, 52), np.float16),
        np.array([0.45, 0.45], np.float32),
        ([SpokenUtterance("a/1", 0.2, 0.5)], []),
        ([], []),
        emotions=([EmotionSpan("joy", 1.0, 0.0, 1.3)], [EmotionSpan("neutral", 1.0, 0.0, 1.3)]),
    )


def voice() -> dict[str, SimpleNamespace]:
    wave = np.full(8000, 16384, np.int16)
    return {"a/1": SimpleNamespace(duration=0.5, wave=wave, words=[("hello", 0.0, 0.3)])}


def test_the_sheet_of_a_scene_shows_bodies_and_the_seat_that_is_used(tmp_path: Path) -> None:
    picture = np.asarray(Image.open(scene_sheet(small_scene(), tmp_path / "scene.png", pictures=8)))
    seat = np.all(np.abs(picture.astype(int) - (214, 205, 190)) < 3, axis=-1)
    assert seat.sum() > 100
    assert ((picture[..., 2] > 150) & (picture[..., 0] < 110)).sum() > 1000


def test_the_sound_of_a_scene_has_each_voice_at_its_time_and_gain() -> None:
    sound = scene_sound(small_scene(), voice(), start=0.1, seconds=0.5)
    assert len(sound) == 8000
    assert np.abs(sound[:1600]).max() == 0.0
    assert sound[1600:] == pytest.approx(0.25)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on this machine")
def test_a_film_of_a_scene_has_pictures_and_sound(tmp_path: Path) -> None:
    film_of = scene_film(small_scene(), voice(), tmp_path / "scene.mp4", seconds=1.0, size=(320, 240))
    content = film_of.read_bytes()
    assert b"avc1" in content and b"mp4a" in content
