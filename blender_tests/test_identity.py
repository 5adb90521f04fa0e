"""Objects are held by their session id: a rename, an undo or another object of the same name changes nothing."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.identity import is_in_scene, reference
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig, perform


@pytest.fixture
def anna() -> CastActor:
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    bpy.context.scene.frame_end = 31
    return cast_actor("Anna", rig)


def test_a_renamed_object_is_found_and_one_that_took_its_name_is_not(anna: CastActor) -> None:
    rig = bpy.data.objects["Anna"]
    rig.name = "Annabel"
    other = make_rig(MIXAMO, "Anna")
    assert anna.armature.find() == rig and reference(other).find() == other


def test_a_removed_object_is_gone_though_another_has_its_name(anna: CastActor) -> None:
    bpy.data.objects.remove(bpy.data.objects["Anna"])
    make_rig(MIXAMO, "Anna")
    assert anna.armature.find() is None


def test_a_character_renamed_while_generating_is_keyed(anna: CastActor) -> None:
    rig, head = bpy.data.objects["Anna"], bpy.data.objects["AnnaHead"]
    rig.name, head.name = "Annabel", "Kopf"
    key_performance(bpy.context.scene, [anna], perform(31, anna))
    assert rig.animation_data.action is not None and head.data.shape_keys.animation_data.action is not None


def test_a_character_replaced_while_generating_is_an_error_and_nothing_is_written(anna: CastActor) -> None:
    performance = perform(31, anna)
    bpy.data.objects.remove(bpy.data.objects["Anna"])
    other = make_rig(MIXAMO, "Anna")
    with pytest.raises(InvalidRequest, match="is gone; cast it again"):
        key_performance(bpy.context.scene, [anna], performance)
    assert not bpy.data.actions and other.animation_data is None


def test_a_linked_object_of_the_same_name_is_not_the_local_one(anna: CastActor, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "anna.blend"), copy=True)
    scene, local = bpy.context.scene, bpy.data.objects["Anna"]
    with bpy.data.libraries.load(str(tmp_path / "anna.blend"), link=True) as (_, here):
        here.objects = ["Anna"]
    (linked,) = here.objects
    assert linked is not None and linked.name == local.name and linked != local
    assert is_in_scene(local, scene) and not is_in_scene(linked, scene)
    assert reference(linked).find() == linked and reference(local).find() == local
    scene.collection.objects.link(linked)
    assert is_in_scene(linked, scene) and is_in_scene(local, scene)
