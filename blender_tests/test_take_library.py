"""The list of takes: what both actors play, and changing it without losing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.operators.changes import actions_changed, is_edited, search_edits_in_steps
from interact_addon.panels.takes import facts_of
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.runtime_api import finished
from interact_addon.scene import settling
from interact_addon.scene.request import cast_character
from interact_addon.takes import comparison, library, nla
from interact_addon.takes.again import request_of_take
from interact_addon.takes.record import record_take
from model_runtime.contract import Actor, ActorPerformance, Performance, Request
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig, perform
from .test_takes import everything_of


@pytest.fixture
def pair(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, both with a face; a shot of a second."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 31
    for actor, (table, name) in zip(scene.interact.actors, ((MIXAMO, "Anna"), (UNREAL, "Ben"))):
        actor.armature = make_rig(table, name)
        add_face(actor.armature, f"{name}Head")
    return scene


def generate(scene: bpy.types.Scene, seed: int, only: int | None = None, **report: Any) -> library.Take:
    """Key a take as a generation does, of both actors or of ``only`` one."""
    characters = [cast_character(actor) for actor in scene.interact.actors]
    performances = [perform(31, character).actors[0] for character in characters]
    face = np.full_like(performances[0].face, 0.1 * seed)
    both = Performance(tuple(ActorPerformance(p.name, p.root_positions + 0.1 * seed, p.rotations, face, p.foot_contacts)
                             for p in performances), report)  # fmt: skip
    parts = {c.name: () for place, c in enumerate(characters) if only is not None and place != only}
    keyed = key_performance(scene, characters, both, parts)
    request = Request(1.0, tuple(Actor(c.name, c.rest.skeleton) for c in characters), seed=seed)
    record_take(keyed, request, both, f"//shot.takes/{seed}.npz")
    library.remember_pair(scene)
    take = library.shown_take(scene)
    assert take is not None
    return take


def jaw(name: str) -> float:
    bpy.context.view_layer.update()
    return bpy.data.objects[f"{name}Head"].data.shape_keys.key_blocks["jawOpen"].value


def file_state() -> list[Any]:
    return [everything_of(action) for action in bpy.data.actions]


def test_the_takes_of_an_actor_who_was_renamed_stay_in_the_list(pair: bpy.types.Scene) -> None:
    take = generate(pair, 1)
    pair.interact.actor_a.armature.name, pair.interact.actor_b.name = "Zoe", "Tom"
    assert library.takes_in(pair) == [take] and library.shown_take(pair) == take


def test_a_full_copy_of_a_scene_shows_its_own_copy_of_the_take(pair: bpy.types.Scene) -> None:
    take = generate(pair, 1)
    bpy.ops.scene.new(type="FULL_COPY")
    copy = bpy.context.scene
    settling.settle_all()
    assert library.takes_in(pair) == [take] and library.shown_take(pair) == take
    (copied,) = library.takes_in(copy)
    assert library.shown_take(copy) == copied and not set(copied.actions) & set(take.actions)


def test_a_generation_is_the_take_that_is_shown(pair: bpy.types.Scene) -> None:
    generate(pair, 1)
    take = generate(pair, 2)
    assert take.number == 2 and take.summary.seed == 2
    assert [one.number for one in library.takes_in(pair)] == [1, 2]


def test_another_take_is_seen_at_once_on_bodies_and_faces(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    assert jaw("Anna") == pytest.approx(0.2)
    library.show(pair, first)
    assert jaw("Anna") == pytest.approx(0.1) and jaw("Ben") == pytest.approx(0.1)
    assert library.shown_take(pair) == first


def test_showing_a_take_changes_no_action(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    before = file_state()
    library.show(pair, first)
    assert file_state() == before


def test_a_take_of_one_actor_shows_the_partner_as_it_was_then(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    second = generate(pair, 2)
    library.show(pair, first)
    third = generate(pair, 3, only=0)
    assert third.own == (True, False)
    library.show(pair, second)
    assert jaw("Ben") == pytest.approx(0.2)
    library.show(pair, third)
    assert jaw("Anna") == pytest.approx(0.3) and jaw("Ben") == pytest.approx(0.1)


def test_a_take_is_shown_on_meshes_that_were_renamed(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    for name in ("Anna", "Ben"):
        bpy.data.objects[f"{name}Head"].name = f"{name} face 2"
    bpy.data.objects["Anna"].name = "Hero"
    pair.interact.actor_a.name = "Anna"
    library.show(pair, first)
    bpy.context.view_layer.update()
    assert bpy.data.objects["Anna face 2"].data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(0.1)


def test_deleting_the_shown_take_shows_the_one_before(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    second = generate(pair, 2)
    after = library.delete(pair, second)
    assert after == first == library.shown_take(pair)
    assert [one.number for one in library.takes_in(pair)] == [1]


def test_deleting_the_only_take_gives_back_what_was_active_before(pair: bpy.types.Scene) -> None:
    rig = pair.interact.actor_a.armature
    rig.pose.bones[0].location.x = 1.0
    rig.pose.bones[0].keyframe_insert("location", frame=1)
    mine = rig.animation_data.action
    library.delete(pair, generate(pair, 1))
    assert rig.animation_data.action == mine and not library.takes_in(pair)


def test_deleting_a_take_of_one_actor_leaves_the_partners_action(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    library.delete(pair, generate(pair, 2, only=0))
    assert first.actions[1] is not None and library.shown_take(pair) == first


def test_both_actions_of_a_take_have_its_title_and_star(pair: bpy.types.Scene) -> None:
    take = generate(pair, 1)
    other = generate(pair, 2)
    take.written[0].interact.title = "angry"
    take.written[1].interact.favourite = True
    assert [action.interact.title for action in take.written] == ["angry", "angry"]
    assert all(action.interact.favourite for action in take.written)
    assert other.written[0].interact.title == "Take 2" and not other.written[0].interact.favourite
    take.written[1].interact.title = ""
    assert take.written[0].interact.title == "Take 1"


def test_the_panel_tells_what_a_take_was_made_with_and_how_well(pair: bpy.types.Scene) -> None:
    told = facts_of(generate(pair, 11).summary)
    assert told[0] == "Final, frames 1-31" and len(told) == 2
    measured: dict[str, Any] = {"guidance": 2.0, "seconds": {"Feet": 2.2, "Faces": 1.0}}
    measured |= {"contacts": {"deepest_after": 0.0123}, "warnings": ["'Ben' only listens."]}
    measured |= {"measures": {"label_obedience": 0.984, "foot_skate_cm_per_s": 0.42}}
    settings, made, how_well = facts_of(generate(pair, 12, **measured).summary)
    assert settings == "Final, frames 1-31, guidance 2"
    assert made.endswith(", in 3 s, 1 warning")
    assert how_well == "labels 98%, feet slide 0.4 cm/s, overlap 1.2 cm"


def test_a_click_on_a_row_shows_its_take(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    pair.interact_take_shown = bpy.data.actions.find(first.written[0].name)
    assert library.shown_take(pair) == first
    assert bpy.data.actions[pair.interact_take_shown] == first.written[0]


def test_a_pushed_take_looks_the_same_with_nothing_active(pair: bpy.types.Scene) -> None:
    take = generate(pair, 3)
    rig = pair.interact.actor_a.armature
    pair.frame_set(17)
    before = [bone.matrix.copy() for bone in rig.pose.bones]
    assert nla.push_down(pair, take, "Take 1") == 4
    pair.frame_set(1)
    pair.frame_set(17)
    assert rig.animation_data.action is None and jaw("Anna") == pytest.approx(0.3)
    assert all(np.allclose(bone.matrix, matrix, atol=1e-5) for bone, matrix in zip(rig.pose.bones, before))


@pytest.mark.parametrize("as_ghost", [False, True])
def test_compared_takes_play_together(pair: bpy.types.Scene, as_ghost: bool) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    place = comparison.compare(pair, first, "Take 1", (0.0, 2.0, 0.0), as_ghost)
    bpy.context.view_layer.update()
    faces = [obj for obj in place.objects if obj.type == "MESH"]
    assert [face.data.shape_keys.key_blocks["jawOpen"].value for face in faces] == pytest.approx([0.1, 0.1])
    assert jaw("Anna") == pytest.approx(0.2)
    copy = next(obj for obj in place.objects if obj.name.startswith("Anna") and obj.type == "ARMATURE")
    hips = [(rig.matrix_world @ rig.pose.bones[0].head) for rig in (copy, pair.interact.actor_a.armature)]
    assert np.allclose(hips[0] - hips[1], (-0.1, 1.9, -0.1), atol=1e-3)
    assert all(face.modifiers[0].object in list(place.objects) for face in faces)
    assert all(obj.hide_render and obj.hide_select for obj in place.objects)


@pytest.mark.parametrize(("turn", "right"), [(0.0, (1, 0, 0)), (np.pi / 2, (0, 1, 0))])
@pytest.mark.parametrize(("apart", "aside"), [(0.0, 0.6), (1.6, 0.8)])
def test_copies_stand_to_the_right_of_the_camera_and_a_step_back(
    pair: bpy.types.Scene, turn: float, right: tuple[int, int, int], apart: float, aside: float
) -> None:
    pair.interact.actor_b.armature.location = np.array(right) * apart
    generate(pair, 1)
    generate(pair, 2)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.rotation_euler = (1.4, 0.0, turn)
    pair.collection.objects.link(camera)
    pair.camera = camera
    bpy.context.view_layer.update()
    assert bpy.ops.interact.compare_takes(take="1") == {"FINISHED"}
    place = comparison.comparison_in(pair)
    assert place is not None
    copy = next(one for one in place.objects if one.name.startswith("Anna") and one.pose)
    moved = copy.matrix_world.translation - pair.interact.actor_a.armature.matrix_world.translation
    back = (-right[1], right[0], 0)
    assert np.dot(moved, right) == pytest.approx(aside, abs=0.05) and np.dot(moved, back) == pytest.approx(
        0.6, abs=0.01
    )


def test_the_end_of_a_comparison_leaves_the_file_as_before(pair: bpy.types.Scene) -> None:
    first = generate(pair, 1)
    generate(pair, 2)
    kinds = ("objects", "meshes", "armatures", "shape_keys", "collections", "actions")
    before = {kind: sorted(one.name for one in getattr(bpy.data, kind)) for kind in kinds}, file_state()
    comparison.compare(pair, first, "Take 1", (0.0, 2.0, 0.0), as_ghost=False)
    assert comparison.end_comparison(pair)
    assert ({kind: sorted(one.name for one in getattr(bpy.data, kind)) for kind in kinds}, file_state()) == before


def test_takes_of_another_pair_are_not_listed(pair: bpy.types.Scene) -> None:
    generate(pair, 1)
    for actor, name in zip(pair.interact.actors, ("Cleo", "Dan")):
        actor.armature = make_rig(MIXAMO, name)
    assert library.takes_in(pair) == []


def test_the_operators_of_takes_work_on_what_is_shown(pair: bpy.types.Scene) -> None:
    generate(pair, 1)
    generate(pair, 2)
    operators = bpy.ops.interact
    assert operators.show_take(number=1) == {"FINISHED"} and jaw("Anna") == pytest.approx(0.1)
    assert operators.next_take(step=1) == {"FINISHED"} and jaw("Anna") == pytest.approx(0.2)
    assert operators.compare_takes(take="1", how="GHOST") == {"FINISHED"}
    assert operators.end_comparison() == {"FINISHED"} and not operators.end_comparison.poll()
    assert operators.delete_take() == {"FINISHED"} and len(library.takes_in(pair)) == 1
    assert not operators.compare_takes.poll()
    assert operators.push_take() == {"FINISHED"} and not operators.push_take.poll()


def test_a_take_that_is_not_there_is_said(pair: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="no take 7"):
        bpy.ops.interact.show_take(number=7)


def test_a_take_made_again_is_the_same_whatever_the_script_says_now(shot: bpy.types.Scene) -> None:
    assert bpy.ops.interact.generate() == {"FINISHED"}
    first = library.shown_take(shot)
    assert first is not None
    before = first.load_performance()
    shot.interact.seed += 7
    shot.interact.actor_a.emotion = "anger"
    assert bpy.ops.interact.make_take_again() == {"FINISHED"}
    second = library.shown_take(shot)
    assert second is not None and second.number == first.number + 1 and second.summary.seed == first.summary.seed
    for old, new in zip(before.actors, second.load_performance().actors):
        assert np.allclose(old.rotations, new.rotations, atol=1e-4) and np.allclose(old.face, new.face, atol=1e-4)


def test_a_take_whose_voices_are_gone_says_where_they_were(shot: bpy.types.Scene) -> None:
    assert bpy.ops.interact.generate() == {"FINISHED"}
    for path in Path(bpy.data.filepath).with_suffix(".takes").glob("*.wav"):
        path.unlink()
    with pytest.raises(RuntimeError, match="voice of the take is not at"):
        bpy.ops.interact.make_take_again()


def test_a_take_that_was_changed_cannot_be_made_again(pair: bpy.types.Scene) -> None:
    generate(pair, 1)
    assert bpy.ops.interact.mirror_take(actor_a=True, actor_b=False) == {"FINISHED"}
    take = library.shown_take(pair)
    assert take is not None
    with pytest.raises(InvalidRequest, match="was changed after it was made"):
        request_of_take(pair, take)


def test_an_edit_over_generated_keys_is_found_at_rest_and_an_undo_forgets_it(pair: bpy.types.Scene) -> None:
    take = generate(pair, 1)
    actions_changed()
    finished(search_edits_in_steps(pair))
    assert not any(is_edited(action) for action in take.actions)
    curves = curves_of(take.written[1], take.written[1].slots[0])
    curve = next(curve for curve in curves if "rotation" in curve.data_path)
    key = curve.keyframe_points[0]
    key.co.y += 0.2
    actions_changed()
    finished(search_edits_in_steps(pair))
    assert [is_edited(action) for action in take.actions] == [False, True]
    key.co.y -= 0.2
    actions_changed()
    assert not is_edited(take.written[1])


def test_a_take_has_a_picture_of_both_actors(pair: bpy.types.Scene) -> None:
    pair.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    take = generate(pair, 1)
    for action in take.written:
        width, height = action.preview.image_size
        pixels = np.empty(width * height * 4, np.float32)
        action.preview.image_pixels_float.foreach_get(pixels)
        pixels = pixels.reshape(height, width, 4)
        orange, blue = ((pixels[..., c] > 0.9) & (pixels[..., 3] > 0.9) for c in (0, 2))
        assert orange.sum() > 100 and blue.sum() > 100 and (pixels[..., 3] == 0.0).mean() > 0.3
