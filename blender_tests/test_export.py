"""FBX of both characters: the motion that is read back is the keyed one."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.export.shot import export_fbx
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from model_runtime.errors import OutOfSpace

from .rigs import add_face, make_rig, perform

FRAMES = (1, 9, 16)


@pytest.fixture
def cast() -> list[CastActor]:
    anna, ben = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    ben.location.x = 2.0
    bpy.context.view_layer.update()
    add_face(anna, "AnnaHead")
    add_face(ben, "BenHead").modifiers.new("Smooth", "SUBSURF")
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 16
    actors = [cast_actor("Anna", anna), cast_actor("Ben", ben)]
    face = np.random.default_rng(0).random((16, 52)).astype(np.float32)
    key_performance(scene, actors, perform(16, *actors, face=face))
    return actors


def armatures() -> list[bpy.types.Object]:
    return [bpy.data.objects["Anna"], bpy.data.objects["Ben"]]


def bone_places(armature: bpy.types.Object, bones: list[str]) -> np.ndarray:
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([posed.matrix_world @ posed.pose.bones[bone].head for bone in bones])


def test_the_motion_in_the_file_is_that_of_the_scene(cast: list[CastActor], tmp_path: Path) -> None:
    scene, bones, places, shapes = bpy.context.scene, {}, {}, {}
    for rig in armatures():
        bones[rig.name] = [
            bone.name
            for bone in rig.data.bones
            if bone.name in {drive.bone for drive in cast[rig.name == "Ben"].rig.drives}
        ]
    for frame in FRAMES:
        scene.frame_set(frame)
        for rig in armatures():
            places[rig.name, frame] = bone_places(rig, bones[rig.name])
        for head in ("AnnaHead", "BenHead"):
            shapes[head, frame] = {b.name: b.value for b in bpy.data.objects[head].data.shape_keys.key_blocks}
    path = export_fbx(scene, tmp_path / "a shot é.fbx", armatures())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        for name in ("Anna", "Ben"):
            np.testing.assert_allclose(bone_places(bpy.data.objects[name], bones[name]), places[name, frame], atol=1e-3)
        for head in ("AnnaHead", "BenHead"):
            read = bpy.data.objects[head].data.shape_keys.key_blocks
            assert all(
                read[shape].value == pytest.approx(value, abs=1e-3)
                for shape, value in shapes[head, frame].items()
                if shape != "Basis"
            )


def test_exporting_leaves_selection_frame_mode_and_modifiers_as_they_were(
    cast: list[CastActor], tmp_path: Path
) -> None:
    scene = bpy.context.scene
    scene.frame_set(7)
    bpy.ops.object.select_all(action="DESELECT")
    bpy.data.objects["BenHead"].select_set(True)
    bpy.context.view_layer.objects.active = bpy.data.objects["Anna"]
    bpy.ops.object.mode_set(mode="POSE")
    export_fbx(scene, tmp_path / "shot.fbx", armatures())
    assert bpy.context.mode == "POSE" and scene.frame_current == 7
    assert bpy.context.view_layer.objects.active.name == "Anna"
    assert [obj.name for obj in bpy.context.view_layer.objects if obj.select_get()] == ["BenHead"]
    assert (
        bpy.data.objects["BenHead"].modifiers["Smooth"].show_render
        and bpy.data.objects["BenHead"].modifiers["Smooth"].show_viewport
    )
    assert len(bpy.data.actions) == 2


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(cast: list[CastActor], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutOfSpace, match="cannot be written"):
        export_fbx(bpy.context.scene, tmp_path / "file" / "shot.fbx", armatures())


def test_an_older_file_is_replaced_only_by_a_complete_one(cast: list[CastActor], tmp_path: Path) -> None:
    path = tmp_path / "shot.fbx"
    path.write_bytes(b"old")
    export_fbx(bpy.context.scene, path, armatures())
    assert path.read_bytes()[:18] == b"Kaydara FBX Binary" and [p.name for p in tmp_path.iterdir()] == ["shot.fbx"]
