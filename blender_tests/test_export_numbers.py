"""Live Link Face recordings and motion files: what they hold is what is seen."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.export.live_link import turns_of
from interact_addon.export.shot import export_shot
from interact_addon.formats import Settings
from interact_addon.rig.cast import cast_actor
from model_runtime.contract import ARKIT_NAMES, Performance

from .exported import MILLIMETRE, make_shot, seen
from .rigs import joint_error, turned

FRAMES = 10
LIMBS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "ankle", "foot", "index1"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def columns(rows: list[dict[str, str]], *names: str) -> np.ndarray:
    return np.array([[float(row[name]) for name in names] for row in rows])


@pytest.mark.data
def test_the_header_and_the_form_of_a_row_are_those_of_the_app(data: Path, tmp_path: Path) -> None:
    with lzma.open(data / "face" / "llf_rom_3.csv.xz", "rt", newline="") as file:
        header, row = file.readline(), file.readline()
    armatures = make_shot(FRAMES)
    path = export_shot(bpy.context.scene, tmp_path / "shot.csv", Settings("live_link"), armatures).files[0]
    lines = path.read_bytes().decode("ascii").splitlines(keepends=True)
    assert lines[0] == header
    forms = [[len(number.partition(".")[2]) for number in line.split(",")] for line in (lines[1], row)]
    assert forms[0] == forms[1] and lines[1].endswith(row[-1])


@pytest.mark.parametrize("rate", [30, 60])
def test_the_curves_are_those_that_the_shapes_show(tmp_path: Path, rate: int) -> None:
    armatures = make_shot(FRAMES)
    shown = seen(armatures)
    files = export_shot(bpy.context.scene, tmp_path / "shot.csv", Settings("live_link", rate=rate), armatures).files
    assert [path.name for path in files] == ["shot_Anna.csv", "shot_Ben.csv"]
    for path, mesh in zip(files, ("AnnaHead", "BenHead"), strict=True):
        rows = rows_of(path)
        assert len(rows) == (FRAMES - 1) * rate // 30 + 1 and {row["BlendShapeCount"] for row in rows} == {"61"}
        for name in ARKIT_NAMES:
            column = columns(rows, name[0].upper() + name[1:])[:: rate // 30, 0]
            np.testing.assert_allclose(column, shown.shapes[mesh, name], atol=1e-3, err_msg=name)


@pytest.mark.parametrize(
    ("fps", "base", "start", "rate", "first", "last"),
    [
        (30, 1.0, 1, 30, "00:00:00:01.000", "00:00:00:10.000"),
        (24, 1.0, 48, 30, "00:00:02:00.000", "00:00:02:11.000"),
        (24, 1.0, 49, 60, "00:00:02:02.500", "00:00:02:24.500"),
        (30, 1.001, 1800, 30, "00:01:00:01.800", "00:01:00:10.800"),
    ],
)
def test_timecodes_count_the_rows_of_a_second_from_the_scenes_frame_zero(
    tmp_path: Path, fps: int, base: float, start: int, rate: int, first: str, last: str
) -> None:
    armatures = make_shot(FRAMES)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, base
    scene.frame_start, scene.frame_end = start, start + FRAMES - 1
    path = export_shot(scene, tmp_path / "shot.csv", Settings("live_link", rate=rate), armatures).files[0]
    rows = rows_of(path)
    assert (rows[0]["Timecode"], rows[-1]["Timecode"]) == (first, last)


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        ((0, 0, -20), (20, 0, 0)),  # to the right
        ((15, 0, 0), (0, 15, 0)),  # down
        ((0, -10, 0), (0, 0, 10)),  # the head's top to the right
    ],
)
def test_the_head_turns_against_the_chest_right_and_down_positive(
    degrees: tuple[float, float, float], expected: tuple[float, float, float]
) -> None:
    half = tuple(angle / 2 for angle in degrees)
    pose = turned(spine1=(30, 20, 10), neck=half, head=half)[None]  # type: ignore[arg-type]
    turns = turns_of(pose, np.zeros((1, 52)))
    np.testing.assert_allclose(np.degrees(turns[0, :3]), expected, atol=1e-3)


@pytest.mark.data
@pytest.mark.parametrize("number", [3, 4])
def test_the_eyes_turn_as_in_a_capture(data: Path, number: int) -> None:
    with lzma.open(data / "face" / f"llf_rom_{number}.csv.xz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    face = columns(rows, *(name[0].upper() + name[1:] for name in ARKIT_NAMES))
    ours = turns_of(np.tile([1.0, 0, 0, 0], (len(rows), 52, 1)), face)
    for column, name in ((3, "LeftEyeYaw"), (4, "LeftEyePitch"), (6, "RightEyeYaw"), (7, "RightEyePitch")):
        captured = columns(rows, name)[:, 0]
        slope, _ = np.polyfit(ours[:, column], captured, 1)
        assert 0.95 < slope < 1.05, name
        assert np.corrcoef(ours[:, column], captured)[0, 1] > 0.99, name


def test_a_motion_file_holds_the_motion_that_is_seen(tmp_path: Path) -> None:
    armatures = make_shot(FRAMES)
    scene = bpy.context.scene
    shown = seen(armatures)
    (path,) = export_shot(scene, tmp_path / "shot.npz", Settings("npz"), armatures).files
    motion = Performance.load(path)
    assert [actor.name for actor in motion.actors] == ["Anna", "Ben"] and motion.frames == FRAMES
    for armature, part, mesh in zip(armatures, motion.actors, ("AnnaHead", "BenHead"), strict=True):
        character = cast_actor(armature.name, armature)
        for frame in (0, FRAMES - 1):
            scene.frame_set(scene.frame_start + frame)
            off = joint_error(armature, character, part.root_positions[frame], part.rotations[frame], LIMBS)
            assert off < 3 * MILLIMETRE  # Ben's five spine bones are read back as three joints
        for column, name in enumerate(ARKIT_NAMES):
            np.testing.assert_allclose(part.face[:, column], shown.shapes[mesh, name], atol=1e-3, err_msg=name)
    assert np.allclose(motion.report["skeletons"]["Anna"], character_offsets(armatures[0]), atol=1e-6)


def character_offsets(armature: bpy.types.Object) -> np.ndarray:
    return cast_actor(armature.name, armature).rest.skeleton.offsets
