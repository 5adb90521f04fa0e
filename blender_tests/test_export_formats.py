"""Files of every format, read back by other importers than the one who wrote them."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.export.shot import export_shot
from interact_addon.formats import Settings

from .exported import MILLIMETRE, assert_same, make_shot, seen
from .importers import read_fbx, read_gltf, read_usd


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
