"""Keep as Layer: edits of a take lie over it, look the same, and stay when another take is shown or made."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.rig.channel import bone_path, shape_path
from interact_addon.rig.curves import curves_of
from interact_addon.rig.key_arrays import read_keys
from interact_addon.rig.keying import key_performance
from interact_addon.rig.played import layers_of, played, strip_under_layers
from interact_addon.rig.verify import verify
from interact_addon.rig.written import was_edited
from interact_addon.scene.request import cast_scene
from interact_addon.takes import edits, layers, library
from interact_addon.takes.shown_motion import shown_motion
from model_runtime.contract import Performance

from .rigs import perform
from .test_take_library import generate, jaw, pair  # noqa: F401 - a fixture
from .test_takes import everything_of

ARM, HIPS, TOE = "LeftArm", "Hips", "LeftToeBase"


def curves(owner: Any, path: str) -> list[bpy.types.FCurve]:
    action, slot = played(owner)
    return [curve for curve in curves_of(action, slot) if curve.data_path == path]


def edit(scene: bpy.types.Scene) -> None:
    """Raise an arm of Anna's at frame 15, pull a handle, move her hips, scale a toe, and open her mouth."""
    anna = scene.interact.actor_a.armature
    for curve, value in zip(curves(anna, f"{bone_path(ARM)}.rotation_quaternion"), (0.7, 0.5, 0.4, 0.2)):
        curve.keyframe_points.insert(15.0, value)
        curve.update()
    hips = curves(anna, f"{bone_path(HIPS)}.location")[1]
    middle = len(hips.keyframe_points) // 2
    hips.keyframe_points[middle].handle_right[1] += 0.05
    hips.keyframe_points[0].co[1] += 0.1
    hips.update()
    toe = anna.pose.bones[TOE]
    for frame, size in ((5, 1.0), (20, 1.4)):
        toe.scale = (size, 1.0, 1.0)
        toe.keyframe_insert("scale", frame=frame)
    (mouth,) = curves(bpy.data.objects["AnnaHead"].data.shape_keys, shape_path("jawOpen"))
    mouth.keyframe_points.insert(20.0, 0.8)
    mouth.update()


def seen(scene: bpy.types.Scene, name: str = "Anna") -> tuple[np.ndarray, np.ndarray]:
    """All bones (T, B, 4, 4) and shapes (T, S) of an actor, as Blender shows them on every frame."""
    armature, keys = bpy.data.objects[name], bpy.data.objects[f"{name}Head"].data.shape_keys
    bones, shapes = [], []
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        bones.append([np.array(bone.matrix) for bone in armature.evaluated_get(graph).pose.bones])
        shapes.append([block.value for block in keys.evaluated_get(graph).key_blocks])
    return np.array(bones), np.array(shapes)


def assert_alike(before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray]) -> None:
    """Within 0.1 mm, 0.01 degrees and 0.001 of a shape, at every frame."""
    assert np.abs(before[0][..., :3, 3] - after[0][..., :3, 3]).max() < 1e-4
    assert np.abs(before[0][..., :3, :3] - after[0][..., :3, :3]).max() < np.radians(0.01)
    assert np.abs(before[1] - after[1]).max() < 1e-3


def as_generated(scene: bpy.types.Scene) -> list[Any]:
    return [everything_of(action) for action in bpy.data.actions]


def tracks() -> list[Any]:
    """Everything of the tracks, strips and active actions of Anna."""
    found: list[Any] = []
    for owner in (bpy.data.objects["Anna"], bpy.data.objects["AnnaHead"].data.shape_keys):
        animation = owner.animation_data
        found.append(animation.action.name if animation.action is not None else None)
        for track in animation.nla_tracks:
            found += [(track.name, strip.action.name, strip.frame_start, strip.blend_type) for strip in track.strips]
    return found


@pytest.fixture
def edited(pair: bpy.types.Scene) -> bpy.types.Scene:  # noqa: F811
    """The pair in take 1 and 2, of which the first is shown, with edits of Anna's."""
    first = generate(pair, 1)
    generate(pair, 2)
    library.show(pair, first)
    edit(pair)
    return pair


def under(owner: Any) -> Any:
    strip = strip_under_layers(owner)
    assert strip is not None
    return strip


def test_a_layer_looks_as_the_edits_did_at_every_frame(edited: bpy.types.Scene) -> None:
    before, partner = seen(edited), seen(edited, "Ben")
    assert bpy.ops.interact.keep_as_layer() == {"FINISHED"}
    assert_alike(before, seen(edited))
    assert np.array_equal(partner[0], seen(edited, "Ben")[0])


def test_the_take_gets_the_keys_back_that_were_written(pair: bpy.types.Scene) -> None:  # noqa: F811
    take = generate(pair, 1)
    assert take.actions[0] is not None
    slots = {slot.identifier: slot for slot in take.actions[0].slots}
    before = {key: [read_keys(c) for c in curves_of(take.actions[0], slot)] for key, slot in slots.items()}
    edit(pair)
    bpy.ops.interact.keep_as_layer()
    for key, slot in slots.items():
        for was, curve in zip(before[key], curves_of(take.actions[0], slot), strict=True):
            now = read_keys(curve)
            assert np.array_equal(was["co"], now["co"]) and np.array_equal(was["type"], now["type"])
            assert np.allclose(was["handle_right"], now["handle_right"], atol=1e-6)
    assert not was_edited(take.actions[0]) and library.shown_take(pair) == take


def test_a_layer_has_keys_only_where_the_edits_were(edited: bpy.types.Scene) -> None:
    bpy.ops.interact.keep_as_layer()
    ((_, strip),) = layers_of(edited.interact.actor_a.armature)
    moved = {curve.data_path for slot in strip.action.slots for curve in curves_of(strip.action, slot)}
    assert moved == {
        f"{bone_path(ARM)}.rotation_quaternion", f"{bone_path(HIPS)}.location", f"{bone_path(TOE)}.scale",
        shape_path("jawOpen"),
    }  # fmt: skip


def test_the_offsets_lie_on_another_take_that_is_shown(edited: bpy.types.Scene) -> None:
    anna, second = edited.interact.actor_a.armature, library.takes_in(edited)[1]
    bpy.ops.interact.keep_as_layer()
    edited.frame_set(20)
    with_first, opened = np.array(anna.pose.bones[HIPS].location), jaw("Anna")
    library.show(edited, second)
    assert library.shown_take(edited) == second and under(anna).action == second.actions[0]
    edited.frame_set(20)
    assert np.allclose(np.array(anna.pose.bones[HIPS].location) - with_first, shifted_between_takes(edited), atol=1e-4)
    assert jaw("Anna") == pytest.approx(opened + 0.1, abs=1e-3)
    assert anna.pose.bones[TOE].scale.x == pytest.approx(1.4, abs=1e-3)


def shifted_between_takes(scene: bpy.types.Scene) -> np.ndarray:
    """How far Anna's hips lie apart in the two takes at frame 20, in her own axes."""
    places = []
    for take in library.takes_in(scene):
        action = take.actions[0]
        assert action is not None
        slot = next(slot for slot in action.slots if slot.target_id_type == "OBJECT")
        path = f"{bone_path(HIPS)}.location"
        places.append([curve.evaluate(20.0) for curve in curves_of(action, slot) if curve.data_path == path])
    return np.array(places[1]) - np.array(places[0])


def test_a_take_that_is_generated_comes_under_the_layer_and_is_verified_without_it(edited: bpy.types.Scene) -> None:
    anna = edited.interact.actor_a.armature
    bpy.ops.interact.keep_as_layer()
    take = generate(edited, 3)
    assert anna.animation_data.action is None and under(anna).action == take.actions[0]
    assert library.shown_take(edited) == take and len(list(layers_of(anna))) == 1
    edited.frame_set(20)
    assert jaw("Anna") > 0.3 + 0.5

    edited.frame_set(1)
    cast = cast_scene(edited, first_frame=True)
    performance = Performance(tuple(perform(31, character).actors[0] for character in cast))
    assert not verify(edited, key_performance(edited, cast, performance)).differences
    library.show(edited, take)
    edits.edit_take(edited, take, (True, False), ["upper"], edits.mirrored, "Mirrored")
    assert under(anna).action.name == "Anna Take 5"


def test_motion_is_read_with_the_layer_or_without_it(edited: bpy.types.Scene) -> None:
    cast = cast_scene(edited, first_frame=True)
    before = shown_motion(edited, cast)[0]
    bpy.ops.interact.keep_as_layer()
    shown = shown_motion(edited, cast)[0]
    assert np.allclose(before.rotations, shown.rotations, atol=1e-3)
    bare = shown_motion(edited, cast, bare=["Anna"])[0]
    assert np.abs(bare.rotations - shown.rotations).max() > 0.1
    assert not any(track.mute for track, _ in layers_of(edited.interact.actor_a.armature))


def test_less_influence_is_less_of_the_edit(edited: bpy.types.Scene) -> None:
    bpy.ops.interact.keep_as_layer()
    (face,) = layers_of(bpy.data.objects["AnnaHead"].data.shape_keys)
    edited.frame_set(20)
    assert jaw("Anna") == pytest.approx(0.8, abs=1e-3)
    face[1].action.interact.influence = 0.5
    edited.frame_set(21)
    edited.frame_set(20)
    assert jaw("Anna") == pytest.approx(0.45, abs=1e-3)


def test_edits_over_a_layer_are_a_second_one_and_look_the_same(edited: bpy.types.Scene) -> None:
    bpy.ops.interact.keep_as_layer()
    edit(edited)
    before = seen(edited)
    bpy.ops.interact.keep_as_layer()
    assert_alike(before, seen(edited))
    assert len(list(layers_of(edited.interact.actor_a.armature))) == 2


def test_without_its_last_layer_a_take_is_active_again(edited: bpy.types.Scene) -> None:
    anna = edited.interact.actor_a.armature
    bpy.ops.interact.keep_as_layer()
    (layer,) = layers.layers_in(edited)
    assert layer.actor == 0 and len(layer.tracks) == 2
    assert bpy.ops.interact.remove_layer(actor=0, layer=layer.action.name) == {"FINISHED"}
    assert not len(anna.animation_data.nla_tracks)
    assert anna.animation_data.action == library.takes_in(edited)[0].actions[0]
    edited.frame_set(20)
    assert jaw("Anna") == pytest.approx(0.1, abs=1e-3)


def test_keeping_a_layer_is_undone_in_one_step(edited: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = as_generated(edited), tracks()
    bpy.ops.interact.keep_as_layer()
    after = as_generated(edited), tracks()
    bpy.ops.ed.undo()
    assert (as_generated(edited), tracks()) == before != after
    bpy.ops.ed.redo()
    assert (as_generated(edited), tracks()) == after


def test_a_take_that_nobody_edited_has_nothing_for_a_layer(pair: bpy.types.Scene) -> None:  # noqa: F811
    generate(pair, 1)
    before = as_generated(pair)
    with pytest.raises(RuntimeError, match="Nothing was changed by hand in this take"):
        bpy.ops.interact.keep_as_layer()
    assert as_generated(pair) == before
