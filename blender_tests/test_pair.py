"""Interactions and prompts of the pair: strips with a category or a text, who acts, and what of it is played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import compat
from interact_addon.properties import BOTH_ACT, FROM_STRIPS
from interact_addon.scene.channels import CONTACT, INTERACTION, PROMPT
from interact_addon.scene.ownership import Channels, channels_of_pair, ensure_channel_of_pair
from interact_addon.scene.pair import (
    LEFT_OUT_COLOUR,
    PLAYED_COLOUR,
    add_interaction,
    add_prompt,
    category_of,
    follow_pair,
    played_part,
    read_pair,
    strips_of_pair,
    who_acts,
)
from interact_addon.scene.preflight import mend
from interact_addon.scene.preflight.contacts import contact_problems
from interact_addon.scene.preflight.labels import label_problems
from interact_addon.scene.ranges import chosen_range
from interact_addon.scene.reading import read_text_strips
from interact_addon.scene.setting_up import set_up_timeline
from interact_addon.scene.settling import settle_all
from model_runtime.contract import INTERACTIONS, PLAYED_INTERACTIONS
from model_runtime.errors import InvalidRequest


@pytest.fixture
def scene(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> bpy.types.Scene:
    """Anna and Ben in a shot of ten seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 300
    for actor, rig in zip(scene.interact.actors, two_armatures):
        actor.armature = rig
    return scene


def identity(scene: bpy.types.Scene, number: int) -> str:
    return str(scene.interact.actors[number].identity)


def select(scene: bpy.types.Scene, *chosen: Any) -> None:
    for strip in scene.sequence_editor.strips:
        strip.select = strip in chosen
    scene.sequence_editor.active_strip = chosen[0]


# ---- strips ---------------------------------------------------------------------------------------------------------


def test_the_timeline_gets_a_channel_of_each_kind_for_the_pair(scene: bpy.types.Scene) -> None:
    set_up_timeline(scene)
    names = [channel.name for channel in scene.sequence_editor.channels]
    assert {"Prompt", "Interaction", "Contact"} <= set(names)
    before = len(channels_of_pair(scene, PROMPT))
    set_up_timeline(scene)
    assert len(channels_of_pair(scene, PROMPT)) == before == 1, "what is there stays"


def test_an_interaction_lies_in_the_preview_range_with_its_name_and_colour(scene: bpy.types.Scene) -> None:
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 61, 120
    assert bpy.ops.interact.add_interaction(category="walk towards", acting="1") == {"FINISHED"}
    (strip,) = strips_of_pair(scene)
    assert strip.name == "Ben: walk towards" and tuple(strip.color) == pytest.approx(PLAYED_COLOUR, abs=1e-3)
    assert (compat.strip_left(strip), compat.strip_right(strip)) == (61, 121) and strip.select
    (span,) = read_pair(scene)
    assert (span.who, span.category) == ((1,), "walk towards") and (span.start, span.end) == pytest.approx((2.0, 4.0))


def test_what_the_model_cannot_play_is_grey_and_said_before_and_may_be_muted(scene: bpy.types.Scene) -> None:
    strip = add_interaction(scene, "carry on back", identity(scene, 0), 61, 121)
    assert tuple(strip.color) == pytest.approx(LEFT_OUT_COLOUR, abs=1e-3)
    (problem,) = label_problems(scene)
    assert not problem.blocks
    assert problem.sentence == "The model cannot play 'carry on back' yet: nothing is generated for this strip."
    assert read_pair(scene)[0].category == "carry on back", "a later model may play it"
    mend(scene, problem)
    assert strip.mute and list(label_problems(scene)) == [] and read_pair(scene) == ()


def test_the_menu_has_all_forty_with_those_that_are_played_first(scene: bpy.types.Scene) -> None:
    items = bpy.ops.interact.add_interaction.get_rna_type().properties["category"].enum_items
    assert {item.identifier for item in items} == set(INTERACTIONS)
    assert {item.identifier for item in list(items)[: len(PLAYED_INTERACTIONS)]} == set(PLAYED_INTERACTIONS)
    assert all(("not played yet" in item.name) == (item.identifier not in PLAYED_INTERACTIONS) for item in items)


def test_a_second_strip_at_the_same_time_gets_room_of_its_own(scene: bpy.types.Scene) -> None:
    first = add_interaction(scene, "chat", BOTH_ACT, 31, 91)
    second = add_interaction(scene, "carry on back", BOTH_ACT, 61, 121)
    third = add_interaction(scene, "wave", BOTH_ACT, 121, 151)
    assert first.channel != second.channel and third.channel == first.channel
    assert scene.sequence_editor.channels[second.channel].name == "Interaction 2"


def test_the_selected_strips_change_what_they_ask_for_and_who_acts(scene: bpy.types.Scene) -> None:
    first = add_interaction(scene, "carry on back", identity(scene, 0), 31, 91)
    second = add_interaction(scene, "wave", identity(scene, 0), 121, 151)
    select(scene, first, second)
    bpy.ops.interact.change_interaction(category="walk towards")
    bpy.ops.interact.choose_who_acts(acting="1")
    assert {strip.name.strip() for strip in (first, second)} == {"Ben: walk towards"}
    assert tuple(second.color) == pytest.approx(PLAYED_COLOUR, abs=1e-3)
    bpy.ops.interact.choose_who_acts(acting="2")
    assert first.name.strip() == "walk towards" and who_acts(scene, first) == (0, 1)


def test_a_category_may_be_typed_and_name_and_colour_follow(scene: bpy.types.Scene) -> None:
    strip = add_interaction(scene, "carry on back", identity(scene, 1), 31, 91)
    strip.name = "Walk Towards"
    follow_pair(scene)
    assert strip.name == "Ben: walk towards" and tuple(strip.color) == pytest.approx(PLAYED_COLOUR, abs=1e-3)
    strip.name, strip.color = "Ben: carry on back", (0.9, 0.1, 0.1)
    follow_pair(scene)
    assert tuple(strip.color) == pytest.approx((0.9, 0.1, 0.1), abs=1e-3), "a colour of one's own stays"


def test_renaming_actors_splitting_and_saving_lose_nobody(scene: bpy.types.Scene, tmp_path: Path) -> None:
    add_interaction(scene, "walk towards", identity(scene, 1), 31, 91)
    scene.interact.actor_b.name, scene.interact.actor_a.name = "Anna B", "Ben"
    settle_all()
    follow_pair(scene)
    (strip,) = strips_of_pair(scene)
    assert strip.name == "Anna B: walk towards" and who_acts(scene, strip) == (1,)
    select(scene, strip)
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=61, type="SOFT", side="BOTH")
    follow_pair(scene)
    assert len(strips_of_pair(scene)) == 2
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pair.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "pair.blend"))
    scene = bpy.context.scene
    strips = strips_of_pair(scene)
    assert {(category_of(strip), who_acts(scene, strip)) for strip in strips} == {("walk towards", (1,))}


def test_a_channel_of_the_pair_may_be_renamed(scene: bpy.types.Scene) -> None:
    strip = add_interaction(scene, "chat", BOTH_ACT, 31, 91)
    scene.sequence_editor.channels[strip.channel].name = "what they do"
    settle_all()
    assert strips_of_pair(scene) == [strip] and Channels(scene).is_of_pair(strip.channel, INTERACTION)
    scene.sequence_editor.channels[strip.channel].name = "Anna Actions"
    assert strips_of_pair(scene) == [], "a name that says something else counts"


def test_who_acts_is_said_where_nobody_who_is_cast_does(scene: bpy.types.Scene) -> None:
    strip = add_interaction(scene, "chat", "somebody else", 31, 91)
    (problem,) = label_problems(scene)
    assert problem.blocks and "Nobody who is cast acts in the strip 'chat'" in problem.sentence
    with pytest.raises(InvalidRequest, match="choose who acts under Script > Interactions"):
        read_pair(scene)
    strip.interact_actor = identity(scene, 0)
    assert list(label_problems(scene)) == []


def test_one_undo_takes_an_interaction_back(scene: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.interact.add_interaction(category="chat", acting="0")
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert strips_of_pair(bpy.context.scene) == []


def test_a_stretch_may_be_that_of_a_selected_interaction(scene: bpy.types.Scene) -> None:
    select(scene, add_interaction(scene, "walk towards", BOTH_ACT, 31, 91))
    scene.interact.regenerate.frames_from = FROM_STRIPS
    assert chosen_range(scene) == (31, 90)


# ---- prompts --------------------------------------------------------------------------------------------------------


def test_a_prompt_whose_words_are_known_is_played(scene: bpy.types.Scene) -> None:
    assert bpy.ops.interact.add_prompt(text="Ben walks over to Anna", acting="0") == {"FINISHED"}
    (strip,) = strips_of_pair(scene)
    part = played_part(scene, strip)
    assert (part.category, part.who, part.left_out) == ("walk towards", (1,), ""), "the text says who acts"
    assert strip.type == "TEXT" and strip.name == "Ben walks over to Anna" and strip.color_tag == "COLOR_06"
    assert read_text_strips(scene, "Anna") == [] == read_text_strips(scene, "Ben"), "nobody says that"


def test_a_prompt_that_is_edited_says_at_once_what_is_left_out(scene: bpy.types.Scene) -> None:
    strip = add_prompt(scene, "they chat", BOTH_ACT, 31, 91)
    strip.text = "they do a backflip"
    follow_pair(scene)
    assert strip.name == "they do a backflip" and strip.color_tag == "COLOR_09"
    (problem,) = label_problems(scene)
    assert problem.sentence == (
        "The model does not know what to play for 'they do a backflip': nothing is generated for this strip. Use the "
        "name of an interaction, such as 'handshake' or 'walk towards'."
    )


def test_an_empty_prompt_is_refused_and_adds_nothing(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="The prompt is empty"):
        bpy.ops.interact.add_prompt(text="  ", acting="0")
    assert strips_of_pair(scene) == []


def test_strips_of_the_pair_do_not_hide_the_scene_in_renders(scene: bpy.types.Scene) -> None:
    scene.render.use_sequencer = True
    add_prompt(scene, "they chat", BOTH_ACT, 31, 91)
    assert not scene.render.use_sequencer


@pytest.mark.parametrize("channel", ["Interactions", "Pair Prompt"])
def test_a_strip_put_there_by_hand_is_read_by_its_name(scene: bpy.types.Scene, channel: str) -> None:
    sequencer: Any = scene.sequence_editor_create()
    compat.new_color_strip(sequencer, "they carry on back", 5, 1, 60)
    sequencer.channels[5].name = channel
    (problem,) = label_problems(scene)
    assert problem.sentence == "The model cannot play 'carry on back' yet: nothing is generated for this strip."


def test_a_strip_in_the_contact_channel_that_names_no_points_is_told_and_may_be_muted(scene: bpy.types.Scene) -> None:
    number = ensure_channel_of_pair(scene, CONTACT)
    strip = compat.new_color_strip(scene.sequence_editor, "palm to palm", number, 1, 60)
    (problem,) = contact_problems(scene, ())
    assert "'palm to palm' does not say what touches" in problem.sentence and problem.blocks
    mend(scene, problem)
    assert strip.mute and list(contact_problems(scene, ())) == []
