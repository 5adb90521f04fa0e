"""Actors, channels and strips know each other by an id: renaming, copying, loading and undo lose nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import compat
from interact_addon.properties import actor_key
from interact_addon.scene import settling, strips
from interact_addon.scene.channels import ACTIONS, EMOTIONS
from interact_addon.scene.ownership import channels_of, strips_of
from interact_addon.scene.reading import label_of

Armatures = tuple[bpy.types.Object, bpy.types.Object]


@pytest.fixture
def scene(addon: None, two_armatures: Armatures) -> bpy.types.Scene:
    """Anna walks and Ben sits: cast, each with one action strip."""
    return cast_and_direct(bpy.context.scene, two_armatures)


def cast_and_direct(scene: bpy.types.Scene, armatures: Armatures) -> bpy.types.Scene:
    for actor, armature, label in zip(scene.interact.actors, armatures, ("walk", "sit")):
        actor.armature = armature
        strips.add_action(scene, actor_key(actor), label, 1, 101)
    update()
    return scene


def update() -> None:
    """Let Blender tell its handlers of what has changed."""
    bpy.context.view_layer.update()


def labels(scene: bpy.types.Scene) -> list[list[str]]:
    """Return the labels of both actors."""
    source = compat.sequencer_scene(scene)
    strips_of_both = (strips_of(source, actor_key(actor), ACTIONS, "COLOR") for actor in scene.interact.actors)
    return [[label_of(strip.name) for strip in own] for own in strips_of_both]


def names(scene: bpy.types.Scene) -> list[str]:
    """Return the names of the channels in which strips lie."""
    used = sorted({strip.channel for strip in scene.sequence_editor.strips})
    return [scene.sequence_editor.channels[number].name for number in used]


def channel(scene: bpy.types.Scene, row: int = 0) -> Any:
    """Return the action channel of an actor."""
    return scene.sequence_editor.channels[channels_of(scene, actor_key(scene.interact.actors[row]), ACTIONS)[0]]


def new_armature(name: str, scene: bpy.types.Scene) -> bpy.types.Object:
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    scene.collection.objects.link(armature)
    return armature


BOTH = [["walk"], ["sit"]]


# Renaming


def test_a_new_name_of_the_armature_goes_to_its_channels(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.armature.name = "Zoe"
    update()
    assert names(scene) == ["Zoe Actions", "Ben Actions"] and labels(scene) == BOTH


def test_a_new_name_under_called_goes_to_the_channels(scene: bpy.types.Scene) -> None:
    scene.interact.actor_b.name = "Tom"
    update()
    assert names(scene) == ["Anna Actions", "Tom Actions"] and labels(scene) == BOTH
    scene.interact.actor_b.name = ""
    update()
    assert names(scene) == ["Anna Actions", "Ben Actions"] and labels(scene) == BOTH


def test_the_number_of_a_second_channel_stays_in_its_new_name(scene: bpy.types.Scene) -> None:
    scene.sequence_editor.channels[9].name = "anna action 2"
    strips.add_action(scene, "Ben", "stand", 101, 151).channel = 9
    update()
    scene.interact.actor_a.name = "Zoe"
    update()
    assert scene.sequence_editor.channels[9].name == "Zoe action 2"
    assert labels(scene) == [["walk", "stand"], ["sit"]]


def test_strips_are_found_even_before_blender_has_told_of_the_new_name(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.armature.name = "Zoe"
    scene.interact.actor_b.name = "Tom"
    assert names(scene) == ["Anna Actions", "Ben Actions"] and labels(scene) == BOTH


def test_actors_who_swap_their_names_keep_their_strips(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.name = "Ben"
    update()  # both are called Ben now
    scene.interact.actor_b.name = "Anna"
    update()
    assert labels(scene) == BOTH and names(scene) == ["Ben Actions", "Anna Actions"]


def test_an_undo_of_the_new_name_gives_the_channels_their_old_one(scene: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    scene.interact.actor_a.armature.name = "Zoe"
    bpy.ops.ed.undo_push(message="renamed")
    update()
    assert names(scene)[0] == "Zoe Actions"
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert names(scene) == ["Anna Actions", "Ben Actions"] and labels(scene) == BOTH
    bpy.ops.ed.redo()
    scene = bpy.context.scene
    assert names(scene) == ["Zoe Actions", "Ben Actions"] and labels(scene) == BOTH


def test_the_channels_in_a_meta_strip_are_renamed_too(scene: bpy.types.Scene) -> None:
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.select_all(action="SELECT")
        bpy.ops.sequencer.meta_make()
    scene.interact.actor_a.name = "Zoe"
    update()
    (meta,) = scene.sequence_editor.strips
    assert sorted(meta.channels[strip.channel].name for strip in meta.strips) == ["Ben Actions", "Zoe Actions"]


def test_the_channels_of_a_scene_that_is_shown_in_a_strip_are_renamed_too(scene: bpy.types.Scene) -> None:
    dialogue = bpy.data.scenes.new("dialogue")
    strips.add_action(dialogue, "Anna", "walk", 1, 31)
    strips.add_action(dialogue, "somebody else", "sit", 1, 31)
    scene.sequence_editor.strips.new_scene("cut 1", dialogue, 20, 1)
    update()
    scene.interact.actor_a.armature.name = "Zoe"
    update()
    assert names(dialogue) == ["Zoe Actions", "somebody else Actions"]


# Names a user gives


def test_a_channel_with_a_free_name_stays_the_actors(scene: bpy.types.Scene) -> None:
    channel(scene).name = "she, doing things"
    update()
    scene.interact.actor_a.name = "Zoe"
    update()
    assert names(scene)[0] == "she, doing things" and labels(scene) == BOTH
    strips.add_action(scene, actor_key(scene.interact.actor_a), "stand", 101, 151)
    assert len(names(scene)) == 2, "a further strip goes into the channel with the free name"


def test_a_channel_named_by_hand_for_the_other_actor_is_the_others(scene: bpy.types.Scene) -> None:
    channel(scene).name = "Ben Actions 2"
    assert labels(scene) == [[], ["walk", "sit"]]
    update()
    scene.interact.actor_b.name = "Tom"
    update()
    assert names(scene) == ["Tom Actions 2", "Tom Actions"] and labels(scene) == [[], ["walk", "sit"]]


def test_a_channel_named_by_hand_for_another_kind_is_of_that_kind(scene: bpy.types.Scene) -> None:
    channel(scene).name = "Anna Emotions"
    assert labels(scene)[0] == []
    assert len(strips_of(scene, actor_key(scene.interact.actor_a), EMOTIONS, "COLOR")) == 1


def test_a_channel_that_got_blenders_own_name_again_is_nobodys(scene: bpy.types.Scene) -> None:
    channel(scene).name = "Channel 1"
    update()
    assert labels(scene) == [[], ["sit"]] and len(scene.interact.channels) == 1


def test_a_strip_in_the_channel_of_the_other_actor_is_the_others(scene: bpy.types.Scene) -> None:
    (walk,) = strips_of(scene, actor_key(scene.interact.actor_a), ACTIONS, "COLOR")
    compat.set_strip_right(walk, 51)
    (sit,) = strips_of(scene, actor_key(scene.interact.actor_b), ACTIONS, "COLOR")
    compat.set_strip_left(sit, 51)
    walk.channel = sit.channel
    assert labels(scene) == [[], ["walk", "sit"]]


# Who is cast


def test_a_cast_that_is_turned_round_keeps_everybodys_strips(scene: bpy.types.Scene) -> None:
    first, second = scene.interact.actors
    anna, ben = first.armature, second.armature
    first.armature = ben
    update()
    second.armature = anna
    update()
    assert labels(scene) == [["sit"], ["walk"]] and names(scene) == ["Anna Actions", "Ben Actions"]


def test_another_rig_for_a_named_actor_keeps_the_strips(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.name = "Mia"
    update()
    scene.interact.actor_a.armature = new_armature("a better rig", scene)
    update()
    assert labels(scene) == BOTH and names(scene) == ["Mia Actions", "Ben Actions"]


def test_a_third_character_has_strips_of_its_own_and_the_first_gets_its_own_again(scene: bpy.types.Scene) -> None:
    anna = scene.interact.actor_a
    channel(scene).name = "hers"
    before, armature = anna.identity, anna.armature
    anna.armature = new_armature("Zoe", scene)
    update()
    assert labels(scene) == [[], ["sit"]] and anna.identity != before
    anna.armature = armature
    update()
    assert labels(scene) == BOTH and anna.identity == before


# Copies and files


def test_the_actors_of_a_full_copy_are_others_with_strips_of_their_own(scene: bpy.types.Scene) -> None:
    bpy.ops.scene.new(type="FULL_COPY")
    copy = bpy.context.scene
    settling.settle_all()
    ids = {actor.identity for one in (scene, copy) for actor in one.interact.actors}
    assert len(ids) == 4 and labels(copy) == labels(scene) == BOTH
    assert names(copy) == ["Anna.001 Actions", "Ben.001 Actions"] and names(scene) == ["Anna Actions", "Ben Actions"]


def test_a_linked_copy_has_the_same_characters(scene: bpy.types.Scene) -> None:
    bpy.ops.scene.new(type="LINK_COPY")
    settling.settle_all()
    assert bpy.context.scene.interact.actor_a.identity == scene.interact.actor_a.identity
    assert labels(scene) == BOTH


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_actors_of_one_name_do_not_take_each_others_strips_from_the_sequencer_that_is_shown(
    scene: bpy.types.Scene,
) -> None:
    for actor, name in zip(scene.interact.actors, ("Mia", "Tom")):
        actor.name = name
    update()
    other = bpy.data.scenes.new("other")
    for actor, name in zip(other.interact.actors, ("Mia", "Tom")):
        actor.armature, actor.name = new_armature(f"another {name}", other), name
    bpy.context.workspace.sequencer_scene = scene
    assert labels(scene) == BOTH and labels(other) == [[], []]
    scene.interact.channels.clear()  # as in a file of an earlier version: the names alone
    assert labels(scene) == BOTH and labels(other) == [[], []]


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_two_shots_of_the_same_characters_may_share_the_sequencer_of_a_third_scene(
    addon: None, two_armatures: Armatures
) -> None:
    edit, first = bpy.context.scene, bpy.data.scenes.new("first")
    for name, label in (("Anna", "walk"), ("Ben", "sit")):
        strips.add_action(edit, name, label, 1, 101)
    second = bpy.data.scenes.new("second")
    bpy.context.workspace.sequencer_scene = edit
    for shot in (first, second):
        for actor, armature in zip(shot.interact.actors, two_armatures):
            actor.armature = armature
        settling.settle(shot)
    assert labels(first) == labels(second) == BOTH
    two_armatures[0].name = "Zoe"
    settling.settle_all()
    assert labels(first) == labels(second) == BOTH and names(edit) == ["Zoe Actions", "Ben Actions"]


def test_a_scene_that_is_appended_twice_has_other_actors_each_time(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    for _ in range(2):
        with bpy.data.libraries.load(str(path)) as (there, here):
            here.scenes = there.scenes
    settling.settle_all()
    assert len({actor.identity for one in bpy.data.scenes for actor in one.interact.actors}) == 6
    assert all(labels(one) == BOTH for one in bpy.data.scenes)


def test_a_file_with_names_alone_is_taken_over(scene: bpy.types.Scene, tmp_path: Path) -> None:
    for actor in scene.interact.actors:
        actor.identity, actor.known_as = "", ""
    scene.interact.channels.clear()
    scene.interact.characters.clear()
    path = tmp_path / "before there were ids.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    assert all(actor.identity for actor in scene.interact.actors) and len(scene.interact.channels) == 2
    scene.interact.actor_a.armature.name = "Zoe"
    update()
    assert labels(scene) == BOTH and names(scene) == ["Zoe Actions", "Ben Actions"]


def test_ids_and_free_names_last_over_saving_and_loading(scene: bpy.types.Scene, tmp_path: Path) -> None:
    channel(scene).name = "hers"
    before = [actor.identity for actor in scene.interact.actors]
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    assert [actor.identity for actor in scene.interact.actors] == before and labels(scene) == BOTH


# Work


def test_settling_what_is_settled_writes_nothing(scene: bpy.types.Scene) -> None:
    def state() -> list[Any]:
        entries = [(one.actor, one.kind, one.number, one.name) for one in scene.interact.channels]
        return [entries, [(one.name, one.identity) for one in scene.interact.characters], names(scene)]

    before, told = state(), []
    bpy.app.handlers.depsgraph_update_post.append(lambda *_: told.append(1))
    settling.settle_all()
    update()
    bpy.app.handlers.depsgraph_update_post.pop()
    assert state() == before and told == []


def test_an_object_that_moves_costs_no_look_at_the_channels(
    scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(settling, "settle", looked.append)
    scene.interact.actor_a.armature.location.x = 3.0
    update()
    assert not looked
    scene.interact.actor_a.armature.name = "Zoe"
    update()
    assert looked == [scene]
