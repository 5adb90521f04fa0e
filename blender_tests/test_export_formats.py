"""Files of every format, read back by other importers than the one who wrote them."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.export.shot import export_shot
from interact_addon.formats import Settings
from interact_addon.rig.curves import curves_of
from model_runtime.datasets.bvh import parse_bvh

from .exported import MILLIMETRE, assert_same, make_shot, seen
from .importers import Shown, from_y_up, read_fbx, read_gltf, read_usd, usd_rate


@pytest.fixture
def cast() -> list[bpy.types.Object]:
    return make_shot()


@pytest.mark.parametrize("preset", ["plain", "unity", "unreal"])
def test_assimp_reads_the_motion_and_the_shapes_of_every_fbx_preset(
    cast: list[bpy.types.Object], tmp_path: Path, preset: str
) -> None:
    (path,) = export_shot(bpy.context.scene, tmp_path / "shot.fbx", Settings("fbx", preset), cast).files
    assert_same(read_fbx(path, 30.0), seen(cast))


@pytest.mark.parametrize("preset", ["plain", "unity", "unreal"])
def test_a_root_bone_that_makes_the_way_over_the_ground_leaves_all_other_bones_where_they_are(
    cast: list[bpy.types.Object], tmp_path: Path, preset: str
) -> None:
    settings = Settings("fbx", preset, one_each=True, root_motion=True)
    files = export_shot(bpy.context.scene, tmp_path / "shot.fbx", settings, cast).files
    for path, armature in zip(files, cast, strict=True):
        read, expected = read_fbx(path, 30.0), seen([armature])
        assert_same(read, expected, shapes=False)
        hips = expected.joints["Hips" if armature.name == "Anna" else "pelvis"]
        below = hips * [1.0, 1.0, 0.0]
        np.testing.assert_allclose(read.joints["root"], below, atol=MILLIMETRE)
        assert np.linalg.norm(below[-1] - below[0]) > 0.1


@pytest.mark.parametrize("root_motion", [False, True], ids=["in the hips", "in a root bone"])
def test_a_reader_of_gltf_finds_the_motion_and_the_shapes(
    cast: list[bpy.types.Object], tmp_path: Path, root_motion: bool
) -> None:
    (path,) = export_shot(
        bpy.context.scene, tmp_path / "shot.glb", Settings("gltf", root_motion=root_motion), cast
    ).files
    assert_same(read_gltf(path, 30.0), seen(cast))


@pytest.mark.parametrize("root_motion", [False, True], ids=["in the hips", "in a root bone"])
def test_pixars_library_reads_the_motion_and_the_shapes_of_a_usd(
    cast: list[bpy.types.Object], tmp_path: Path, root_motion: bool
) -> None:
    (path,) = export_shot(
        bpy.context.scene, tmp_path / "shot.usdc", Settings("usd", root_motion=root_motion), cast
    ).files
    assert_same(read_usd(path), seen(cast))


@pytest.mark.parametrize(("fps", "base", "start"), [(24, 1.0, 1), (30, 1.001, 100), (60, 1.0, -4)])
@pytest.mark.parametrize("kind", ["fbx", "gltf", "usd", "bvh"])
def test_length_and_motion_are_right_at_every_frame_rate_and_start(
    cast: list[bpy.types.Object], tmp_path: Path, kind: str, fps: int, base: float, start: int
) -> None:
    scene = bpy.context.scene
    for action in bpy.data.actions:
        for curve in curves_of_all_slots(action):
            for point in curve.keyframe_points:
                point.co.x += start - 1
            curve.update()
    scene.render.fps, scene.render.fps_base = fps, base
    scene.frame_start, scene.frame_end = start, start + 11
    expected = seen(cast[:1])
    (path,) = export_shot(scene, tmp_path / "shot", Settings(kind), cast[:1]).files
    rate = fps / base
    if kind == "bvh":
        motion = parse_bvh("shot", path.read_text("utf-8"))
        assert motion.rate == pytest.approx(rate, rel=1e-5)
        places = from_y_up(motion.rig.pose(motion.local, motion.translations)[0]) / 100.0
        read = Shown(len(places), {name: places[:, number] for number, name in enumerate(motion.rig.names)})
    elif kind == "usd":
        read = read_usd(path)
        assert usd_rate(path) == pytest.approx(rate, rel=1e-5)
    else:
        read = read_fbx(path, rate) if kind == "fbx" else read_gltf(path, rate)
    assert np.ptp(expected.joints["LeftHand"], axis=0).max() > 0.02
    assert_same(read, expected, shapes=False)


def curves_of_all_slots(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    return [curve for slot in action.slots for curve in curves_of(action, slot)]
