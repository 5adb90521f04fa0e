"""Exported files that Blender's own importers read: the same motion, and the same skin to a millimetre."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from interact_addon.export.shot import Exported, export_shot
from interact_addon.formats import Settings
from interact_addon.rig.cast import cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.datasets.bvh import parse_bvh

from .exported import MILLIMETRE, assert_same, make_shot, seen, skin
from .importers import Shown, from_y_up, read_gltf
from .rigs import add_face, generate_rigify, make_rig, perform

FRAMES = 8


def by_python(path: Path) -> None:
    bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)


def by_ufbx(path: Path) -> None:
    bpy.ops.wm.fbx_import(filepath=str(path), anim_offset=0.0)


def by_gltf(path: Path) -> None:
    bpy.ops.import_scene.gltf(filepath=str(path))


def by_usd(path: Path) -> None:
    bpy.ops.wm.usd_import(filepath=str(path))


def import_into_an_empty_file(read: Callable[[Path], None], path: Path, first_frame: int = 1) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = 30
    read(path)
    scene.render.fps, scene.render.fps_base = 30, 1.0
    scene.frame_start, scene.frame_end = first_frame, first_frame + FRAMES - 1


def export(kind: str, tmp_path: Path, armatures: list[bpy.types.Object], **choices: Any) -> Exported:
    return export_shot(bpy.context.scene, tmp_path / "a shot é", Settings(kind, **choices), armatures)


@pytest.mark.parametrize(
    ("read", "kind", "choices"),
    [
        (by_python, "fbx", {}),
        (by_python, "fbx", {"preset": "unity", "root_motion": True}),
        (by_python, "fbx", {"preset": "unreal"}),
        (by_ufbx, "fbx", {}),
        (by_ufbx, "fbx", {"preset": "unity", "root_motion": True}),
        (by_ufbx, "fbx", {"preset": "unreal"}),
        (by_usd, "usd", {"root_motion": True}),
    ],
)
def test_skin_and_shapes_are_seen_again_where_they_were(
    tmp_path: Path, read: Callable[[Path], None], kind: str, choices: dict[str, Any]
) -> None:
    armatures = make_shot(FRAMES)
    expected = {name: skin(bpy.data.objects[name]) for name in ("AnnaHead", "BenHead")}
    assert np.ptp(expected["AnnaHead"], axis=0).max() > 0.05
    (path,) = export(kind, tmp_path, armatures, **choices).files
    import_into_an_empty_file(read, path)
    for name, places in expected.items():
        mesh = next(obj for obj in bpy.data.objects if obj.type == "MESH" and obj.name.startswith(name))
        np.testing.assert_allclose(skin(mesh), places, atol=MILLIMETRE, err_msg=name)


def test_unity_gets_objects_without_scale_and_tilt(tmp_path: Path) -> None:
    """The file's own transforms are read by assimp, which changes none."""
    from .importers import fbx_objects

    armatures = make_shot(FRAMES)
    (path,) = export("fbx", tmp_path, armatures, preset="unity").files
    for name, transform in fbx_objects(path).items():
        np.testing.assert_allclose(np.linalg.norm(transform[:3, :3], axis=0), 1.0, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(transform[:3, 1], [0.0, 1.0, 0.0], atol=1e-5, err_msg=name)


def test_unreal_gets_centimetres_and_an_armature_that_is_not_taken_for_a_bone(tmp_path: Path) -> None:
    from .importers import fbx_objects

    armatures = make_shot(FRAMES)
    anna, ben = export("fbx", tmp_path, armatures, preset="unreal", one_each=True).files
    objects = fbx_objects(ben)
    assert set(objects) == {"Armature", "BenHead"}
    np.testing.assert_allclose(np.linalg.norm(objects["Armature"][:3, :3], axis=0), 1.0, atol=1e-5)
    np.testing.assert_allclose(objects["Armature"][:3, 3], [200.0, 0.0, -50.0], atol=1e-3)
    assert set(fbx_objects(anna)) == {"Armature", "AnnaHead"}


def test_bvh_is_read_by_blender_and_by_our_own_reader(tmp_path: Path) -> None:
    armatures = make_shot(FRAMES)
    files = export("bvh", tmp_path, armatures).files
    expected = [seen([armature]) for armature in armatures]
    for path, wanted in zip(files, expected, strict=True):
        motion = parse_bvh(path.stem, path.read_text("utf-8"))
        assert motion.rate == pytest.approx(30.0, rel=1e-5)
        places = from_y_up(motion.rig.pose(motion.local, motion.translations)[0]) / 100.0
        read = Shown(len(places), {name: places[:, number] for number, name in enumerate(motion.rig.names)})
        assert_same(read, wanted, shapes=False)
        import_into_an_empty_file(
            lambda file: bpy.ops.import_anim.bvh(filepath=str(file), global_scale=0.01, rotate_mode="QUATERNION"), path
        )
        (armature,) = [obj for obj in bpy.data.objects if obj.type == "ARMATURE"]
        assert tuple(armature.animation_data.action.frame_range) == (1, FRAMES)
        assert_same(seen([armature]), wanted, shapes=False)


def test_a_generated_rigify_becomes_one_hierarchy_of_its_deform_bones(tmp_path: Path) -> None:
    rig = generate_rigify()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    add_face(rig, "Face")
    head = bpy.data.objects["Face"].vertex_groups
    head.clear()
    head.new(name="DEF-spine.006").add([0, 1, 2], 1.0, "REPLACE")
    actor = cast_actor("Anna", rig)
    key_performance(scene, [actor], perform(FRAMES, actor))
    expected, face = seen([rig]), skin(bpy.data.objects["Face"])
    (path,) = export("gltf", tmp_path, [rig]).files
    assert_same(read_gltf(path, 30.0), expected, shapes=False)
    (path,) = export("fbx", tmp_path, [rig], preset="unreal").files
    import_into_an_empty_file(by_python, path)
    (armature,) = [obj for obj in bpy.data.objects if obj.type == "ARMATURE"]
    bones = armature.data.bones
    assert all(bone.name.startswith("DEF-") for bone in bones if bone.name != "root")
    assert len([bone for bone in bones if bone.parent is None]) == 1
    for child, parent in (
        ("DEF-thigh.L", "DEF-spine"),
        ("DEF-shoulder.R", "DEF-spine.003"),
        ("DEF-upper_arm.L", "DEF-shoulder.L"),
        ("DEF-foot.L", "DEF-shin.L.001"),
        ("DEF-spine.001", "DEF-spine"),
    ):
        assert bones[child].parent.name == parent, child
    np.testing.assert_allclose(skin(bpy.data.objects["Face"]), face, atol=MILLIMETRE)


@pytest.mark.parametrize(
    "matrix",
    [
        Matrix.Rotation(np.pi / 2, 4, "X") @ Matrix.Scale(0.01, 4),
        Matrix.Translation((1, 2, 0)) @ Matrix.Rotation(2.0, 4, "Z") @ Matrix.Scale(1.2, 4),
    ],
    ids=["lying, in centimetres", "turned, larger"],
)
def test_scale_and_tilt_of_the_armature_object_are_worked_in(tmp_path: Path, matrix: Matrix) -> None:
    size = 100.0 if matrix.median_scale < 0.1 else 1.0
    anna = make_rig(MIXAMO, "Anna", size=size)
    if size > 1.0:
        from .rigs import lay_down

        lay_down(anna)
    face = add_face(anna, "AnnaHead")
    face.data.transform(anna.matrix_world @ Matrix.Scale(size, 4), shape_keys=True)
    anna.matrix_world = matrix
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    actor = cast_actor("Anna", anna)
    key_performance(scene, [actor], perform(FRAMES, actor, face=np.full((FRAMES, 52), 0.5, np.float32)))
    expected, vertices = seen([anna]), skin(face)
    (path,) = export("gltf", tmp_path, [anna]).files
    assert_same(read_gltf(path, 30.0), expected)
    (path,) = export("fbx", tmp_path, [anna], preset="unity").files
    import_into_an_empty_file(by_ufbx, path)
    np.testing.assert_allclose(skin(bpy.data.objects["AnnaHead"]), vertices, atol=MILLIMETRE)


def test_a_mesh_that_hangs_on_one_bone_rides_on_it_in_the_file(tmp_path: Path) -> None:
    anna, _ = make_shot(FRAMES)
    bpy.ops.mesh.primitive_cube_add(size=0.1)
    hat = bpy.context.object
    hat.name = "Hat"
    hat.parent, hat.parent_type, hat.parent_bone = anna, "BONE", "Head"
    hat.location.z = 0.1
    bpy.context.view_layer.update()
    expected = skin(hat)
    (path,) = export("fbx", tmp_path, [anna], preset="unity").files
    import_into_an_empty_file(by_python, path)
    np.testing.assert_allclose(skin(bpy.data.objects["Hat"]), expected, atol=MILLIMETRE)


def test_modifiers_of_a_mesh_without_shape_keys_are_worked_in(tmp_path: Path) -> None:
    anna, _ = make_shot(FRAMES)
    coat = bpy.data.objects.new("Coat", bpy.data.objects["AnnaHead"].data.copy())
    coat.shape_key_clear()
    bpy.context.scene.collection.objects.link(coat)
    coat.parent = anna
    coat.modifiers.new("Mirror", "MIRROR")
    coat.modifiers.new("Armature", "ARMATURE").object = anna
    expected = len(coat.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices)
    done = export("fbx", tmp_path, [anna])
    assert not done.warnings
    import_into_an_empty_file(by_python, done.files[0])
    assert len(bpy.data.objects["Coat"].data.vertices) == expected > 3


def test_what_is_seen_is_exported_and_not_only_what_is_keyed(tmp_path: Path) -> None:
    """A constraint and a driven shape: neither has keys."""
    anna, _ = make_shot(FRAMES)
    keys = bpy.data.objects["AnnaHead"].data.shape_keys
    keys.animation_data_clear()
    driver = keys.key_blocks["jawOpen"].driver_add("value").driver
    driver.expression = "0.05 * frame"
    target = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(target)
    target.rotation_euler.x = 0.5
    copy = anna.pose.bones["Head"].constraints.new("COPY_ROTATION")
    copy.target = target
    expected, vertices = seen([anna]), skin(bpy.data.objects["AnnaHead"])
    (path,) = export("gltf", tmp_path, [anna]).files
    read = read_gltf(path, 30.0)
    assert_same(read, expected, shapes=False)
    np.testing.assert_allclose(read.shapes["AnnaHead", "jawOpen"], 0.05 * np.arange(1, FRAMES + 1), atol=MILLIMETRE)
    (path,) = export("usd", tmp_path, [anna]).files
    import_into_an_empty_file(by_usd, path)
    head = next(obj for obj in bpy.data.objects if obj.type == "MESH")
    np.testing.assert_allclose(skin(head), vertices, atol=MILLIMETRE)


def test_two_rigs_with_the_same_bone_names_keep_their_own_motion(tmp_path: Path) -> None:
    cast = [make_rig(MIXAMO, name) for name in ("Anna", "Ben")]
    cast[1].location.x = 2.0
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    actors = [cast_actor(rig.name, rig) for rig in cast]
    key_performance(scene, actors, perform(FRAMES, *actors))
    for rig in cast:
        add_face(rig, f"{rig.name}Head")
    expected = {f"{rig.name}Head": skin(bpy.data.objects[f"{rig.name}Head"]) for rig in cast}
    (path,) = export("fbx", tmp_path, cast, preset="unity", root_motion=True).files
    import_into_an_empty_file(by_ufbx, path)
    for name, places in expected.items():
        np.testing.assert_allclose(skin(bpy.data.objects[name]), places, atol=MILLIMETRE, err_msg=name)


@pytest.mark.parametrize("overridden", [True, False], ids=["overridden", "linked alone"])
def test_a_character_that_is_linked_from_another_file_is_exported(tmp_path: Path, overridden: bool) -> None:
    anna, _ = make_shot(FRAMES)
    collection = bpy.data.collections.new("Anna")
    for obj in (anna, bpy.data.objects["AnnaHead"]):
        bpy.context.scene.collection.objects.unlink(obj)
        collection.objects.link(obj)
    bpy.context.scene.collection.children.link(collection)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, FRAMES
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, here):
        here.collections = ["Anna"]
    (linked,) = here.collections
    if overridden:
        linked.override_hierarchy_create(scene, bpy.context.view_layer)
    else:
        scene.collection.children.link(linked)
    bpy.context.view_layer.update()
    anna, head = (next(obj for obj in scene.objects if obj.name == name) for name in ("Anna", "AnnaHead"))
    assert (anna.override_library is not None) == overridden
    expected = skin(head)
    assert np.ptp(expected, axis=0).max() > 0.05
    (path,) = export("fbx", tmp_path, [anna], preset="unity").files
    assert sorted(obj.name for obj in scene.objects) == ["Anna", "AnnaHead"]
    import_into_an_empty_file(by_ufbx, path)
    np.testing.assert_allclose(skin(bpy.data.objects["AnnaHead"]), expected, atol=MILLIMETRE)


def test_a_mirrored_object_and_a_scaled_bone_come_back_with_the_same_skin(tmp_path: Path) -> None:
    anna, _ = make_shot(FRAMES)
    anna.scale.x = -1.0
    anna.pose.bones["Head"].scale = (1.4, 1.4, 1.4)
    bpy.context.view_layer.update()
    expected, normal = skin(bpy.data.objects["AnnaHead"]), facing("AnnaHead")
    (path,) = export("fbx", tmp_path, [anna], preset="unity").files
    import_into_an_empty_file(by_ufbx, path)
    np.testing.assert_allclose(skin(bpy.data.objects["AnnaHead"]), expected, atol=MILLIMETRE)
    np.testing.assert_allclose(facing("AnnaHead"), normal, atol=1e-3)


def facing(name: str) -> np.ndarray:
    """Return where the first face of a mesh at rest points in the world, as its own mirroring shows it."""
    mesh = bpy.data.objects[name]
    world = np.array(mesh.matrix_world)[:3, :3]
    a, b, c = (world @ np.array(mesh.data.vertices[index].co) for index in mesh.data.polygons[0].vertices)
    normal = np.cross(b - a, c - a) * np.sign(np.linalg.det(world))
    return normal / np.linalg.norm(normal)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_a_real_character_comes_back_with_the_same_skin(
    load_character: Callable[[str], bpy.types.Object], tmp_path: Path, name: str
) -> None:
    rig = load_character(name)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    actor = cast_actor(name, rig)
    face = np.random.default_rng(1).random((FRAMES, 52)).astype(np.float32)
    key_performance(scene, [actor], perform(FRAMES, actor, face=0.5 * face))
    meshes = [obj.name for obj in scene.objects if obj.type == "MESH"]
    expected = {mesh: skin(bpy.data.objects[mesh]) for mesh in meshes}
    done = export("fbx", tmp_path, [rig], preset="unreal", root_motion=True, bend=True)
    assert not done.warnings
    (usd,) = export("usd", tmp_path, [rig], bend=True).files
    for read, path in ((by_ufbx, done.files[0]), (by_usd, usd)):
        import_into_an_empty_file(read, path)
        for mesh, places in expected.items():
            found = next(obj for obj in bpy.data.objects if obj.type == "MESH" and obj.name.startswith(mesh))
            np.testing.assert_allclose(skin(found), places, atol=MILLIMETRE, err_msg=mesh)


def test_a_character_that_is_hidden_in_the_viewport_is_exported_as_it_would_be_seen(tmp_path: Path) -> None:
    anna, _ = make_shot(FRAMES)
    expected = seen([anna])
    for obj in (anna, bpy.data.objects["AnnaHead"]):
        obj.hide_set(True)
    (path,) = export("gltf", tmp_path, [anna]).files
    read = read_gltf(path, 30.0)
    assert_same(read, Shown(expected.frames, expected.joints), shapes=False)


def test_bendy_bones_become_a_bone_for_every_bend(tmp_path: Path) -> None:
    anna, _ = make_shot(FRAMES)
    bone = anna.data.bones["LeftArm"]
    bone.bbone_segments = 5
    anna.pose.bones["LeftArm"].bbone_curveoutz = 0.2
    line = np.linspace(bone.head_local, bone.tail_local, 30) + [0.0, 0.0, 0.05]
    mesh = bpy.data.meshes.new("Sleeve")
    mesh.from_pydata(line.tolist(), [], [(i, i + 1, i + 2) for i in range(28)])
    sleeve = bpy.data.objects.new("Sleeve", mesh)
    bpy.context.scene.collection.objects.link(sleeve)
    sleeve.parent = anna
    sleeve.vertex_groups.new(name="LeftArm").add(range(30), 1.0, "REPLACE")
    sleeve.modifiers.new("Armature", "ARMATURE").object = anna
    expected = skin(sleeve)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    off = {}
    for bend in (False, True):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
        done = export("fbx", tmp_path, [bpy.data.objects["Anna"]], bend=bend)
        assert ["bendy bones" in warning for warning in done.warnings] == ([] if bend else [True])
        import_into_an_empty_file(by_ufbx, done.files[0])
        off[bend] = np.abs(skin(bpy.data.objects["Sleeve"]) - expected).max()
    assert off[True] < MILLIMETRE < 5 * MILLIMETRE < off[False]


def test_what_a_file_cannot_hold_is_said(tmp_path: Path) -> None:
    anna, ben = make_shot(FRAMES)
    anna.data.bones["Spine"].bbone_segments = 4
    bpy.data.objects["AnnaHead"].modifiers["Armature"].use_deform_preserve_volume = True
    spare = bpy.data.objects["AnnaHead"].copy()
    bpy.context.scene.collection.objects.link(spare)
    spare.name, spare.hide_viewport = "Spare", True
    warnings = export("fbx", tmp_path, [anna, ben]).warnings
    for words in ("1 bendy bones ('Spine')", "without 'Smooth'", "Preserve Volume", "without 'Spare'"):
        assert [words in warning for warning in warnings].count(True) == 1, words
    assert len(warnings) == 4
