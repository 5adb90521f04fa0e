"""Labels as a person edits them: cut and renamed in one gesture, coloured and named alike whoever renames a strip."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import compat, panels
from interact_addon.operators.labels import active_label, label_span
from interact_addon.properties import actor_key
from interact_addon.scene import targets
from interact_addon.scene.label_names import EMOTION_COLOURS, LABEL_COLOURS, UNKNOWN_COLOUR, follow_names, free_name
from interact_addon.scene.labels import action_strips, label_range
from interact_addon.scene.preflight.labels import label_problems
from interact_addon.scene.ranges import selected_strips
from interact_addon.scene.reading import label_of, read_actions
from interact_addon.scene.strips import add_action, add_action_labels, add_emotion, add_speech

REPOSITORY = Path(__file__).resolve().parent.parent
Row = tuple[str, int, int]


@pytest.fixture
def scene(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> bpy.types.Scene:
    """Anna and Ben, who stand in a shot of ten seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 300
    for actor, rig in zip(scene.interact.actors, two_armatures):
        actor.armature = rig
    add_action_labels(scene, "Anna")
    return scene


def rows(scene: bpy.types.Scene, actor: str = "Anna") -> list[Row]:
    strips = action_strips(scene, actor)
    return [(label_of(s.name), int(compat.strip_left(s)), int(compat.strip_right(s))) for s in strips]


def select(scene: bpy.types.Scene, *chosen: Any) -> None:
    for strip in scene.sequence_editor.strips:
        strip.select = strip in chosen
    scene.sequence_editor.active_strip = chosen[0] if chosen else None


# ---- cut and relabel ------------------------------------------------------------------------------------------------


def test_two_seconds_of_another_label_are_the_playhead_and_one_press(scene: bpy.types.Scene) -> None:
    scene.frame_current = 91
    assert bpy.ops.interact.label_range(label="walk", actor="0") == {"FINISHED"}
    assert rows(scene) == [("stand", 1, 91), ("walk", 91, 151), ("stand", 151, 301)]
    made = active_label(bpy.context)
    assert made is not None and label_of(made.name) == "walk" and made.select, "ready for its target"
    assert rows(scene, "Ben") == [], "the other actor is left alone"


def test_a_preview_range_is_labelled_whole(scene: bpy.types.Scene) -> None:
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 61, 200
    bpy.ops.interact.label_range(label="sit", actor="0")
    assert rows(scene) == [("stand", 1, 61), ("sit", 61, 201), ("stand", 201, 301)]


def test_a_label_ends_with_the_shot_and_outside_of_it_there_is_none(scene: bpy.types.Scene) -> None:
    scene.frame_current = 281
    bpy.ops.interact.label_range(label="walk", actor="0")
    assert rows(scene)[-1] == ("walk", 281, 301)
    scene.frame_current = 400
    before = rows(scene)
    with pytest.raises(RuntimeError, match="The playhead lies outside of the shot, frames 1 to 300; move it inside"):
        bpy.ops.interact.label_range(label="walk", actor="0")
    assert rows(scene) == before


def test_a_frame_rate_decides_how_many_frames_two_seconds_are(scene: bpy.types.Scene) -> None:
    scene.render.fps, scene.frame_current = 24, 11
    assert label_span(bpy.context) == (11, 59)


def test_neighbours_are_trimmed_and_what_lies_inside_is_replaced(scene: bpy.types.Scene) -> None:
    for label, start, end in (("walk", 51, 101), ("sit", 101, 161), ("walk", 161, 201)):
        label_range(scene, "Anna", label, start, end)
    label_range(scene, "Anna", "stand", 81, 181)
    assert rows(scene) == [
        ("stand", 1, 51), ("walk", 51, 81), ("stand", 81, 181), ("walk", 181, 201), ("stand", 201, 301)
    ]  # fmt: skip


def test_an_equal_label_beside_becomes_one_strip_with_the_new_one(scene: bpy.types.Scene) -> None:
    label_range(scene, "Anna", "walk", 91, 151)
    label_range(scene, "Anna", "stand", 91, 151)
    assert rows(scene) == [("stand", 1, 301)]


def test_a_label_in_a_gap_or_in_an_empty_channel_needs_no_strip_to_cut(scene: bpy.types.Scene) -> None:
    label_range(scene, "Ben", "walk", 91, 151)
    assert rows(scene, "Ben") == [("walk", 91, 151)]


def test_a_walk_that_is_cut_in_two_keeps_its_target_for_the_last_part(scene: bpy.types.Scene) -> None:
    mark = bpy.data.objects.new("Mark", None)
    scene.collection.objects.link(mark)
    label_range(scene, "Anna", "walk", 31, 271).interact_target = mark
    label_range(scene, "Anna", "stand", 121, 181)
    assert [strip.interact_target for strip in action_strips(scene, "Anna")] == [None, None, None, mark, None]


def test_a_locked_strip_or_channel_is_said_and_nothing_is_cut(scene: bpy.types.Scene) -> None:
    (strip,) = action_strips(scene, "Anna")
    strip.lock = True
    with pytest.raises(RuntimeError, match="The label 'stand' of 'Anna' is locked; unlock its strip or channel"):
        bpy.ops.interact.label_range(label="walk", actor="0")
    assert rows(scene) == [("stand", 1, 301)]


def test_whatever_is_labelled_the_strips_never_overlap_and_say_what_was_asked(scene: bpy.types.Scene) -> None:
    draw = random.Random(5)
    wanted = ["stand"] * 300
    for _ in range(60):
        start = draw.randint(1, 290)
        end = draw.randint(start + 1, 301)
        label = draw.choice(("sit", "walk", "stand"))
        label_range(scene, "Anna", label, start, end)
        wanted[start - 1 : end - 1] = [label] * (end - start)
        shown = [label for label, left, right in rows(scene) for _ in range(right - left)]
        assert shown == wanted
        assert len({strip.channel for strip in action_strips(scene, "Anna")}) == 1


def test_one_undo_takes_a_label_back(scene: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    scene.frame_current = 91
    bpy.ops.interact.label_range(label="walk", actor="0")
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert rows(bpy.context.scene) == [("stand", 1, 301)]


# ---- selected strips ------------------------------------------------------------------------------------------------


def test_all_selected_action_strips_get_the_label_with_its_colour(scene: bpy.types.Scene) -> None:
    label_range(scene, "Anna", "walk", 91, 151)
    label_range(scene, "Ben", "walk", 1, 51)
    stand, walk, _ = action_strips(scene, "Anna")
    select(scene, stand, walk, *action_strips(scene, "Ben"))
    bpy.ops.interact.label_selected(label="sit")
    assert [label for label, _, _ in rows(scene)] == ["sit", "sit", "stand"] and rows(scene, "Ben")[0][0] == "sit"
    assert tuple(stand.color) == pytest.approx(LABEL_COLOURS["sit"], abs=1e-3)


def test_with_a_voice_selected_its_actor_gets_the_label_while_it_lasts(scene: bpy.types.Scene) -> None:
    voice = add_speech(scene, "Anna", REPOSITORY / "interact_addon" / "assets" / "demo_a.ogg", 31)
    compat.set_strip_right(voice, 91)
    select(scene, voice)
    bpy.ops.interact.label_selected(label="sit")
    assert rows(scene) == [("stand", 1, 31), ("sit", 31, 91), ("stand", 91, 301)]


def test_without_an_actors_strip_selected_the_button_says_what_to_select(scene: bpy.types.Scene) -> None:
    select(scene)
    assert not bpy.ops.interact.label_selected.poll() and selected_strips(scene) == []


# ---- names and colours ----------------------------------------------------------------------------------------------


def test_a_strip_renamed_by_typing_gets_the_colour_and_no_number_is_seen(scene: bpy.types.Scene) -> None:
    first, second = label_range(scene, "Anna", "walk", 31, 61), label_range(scene, "Anna", "sit", 61, 91)
    second.name = "Walk"
    assert follow_names(scene)
    assert second.name != first.name and {first.name.strip(), second.name.strip()} == {"walk"}
    assert tuple(second.color) == pytest.approx(LABEL_COLOURS["walk"], abs=1e-3)
    assert not follow_names(scene), "once is enough"


def test_the_copy_of_a_strip_shows_no_number(scene: bpy.types.Scene) -> None:
    strip = label_range(scene, "Anna", "walk", 31, 61)
    select(scene, strip)
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=46, type="SOFT", side="BOTH")
    follow_names(scene)
    walks = [one.name for one in action_strips(scene, "Anna") if label_of(one.name) == "walk"]
    assert len(walks) == 2 and {name.strip() for name in walks} == {"walk"}


def test_a_walk_is_given_a_target_that_can_be_dragged(shot: bpy.types.Scene) -> None:
    walk = targets.walk_strips(shot, actor_key(shot.interact.actor_a))[0]
    walk.interact_target = None
    shot.sequence_editor.active_strip = walk
    assert bpy.ops.interact.add_walk_target() == {"FINISHED"}
    target, armature = walk.interact_target, shot.interact.actor_a.armature
    assert target == bpy.context.view_layer.objects.active and target.select_get()
    bpy.context.view_layer.update()
    ahead = armature.matrix_world.inverted() @ target.matrix_world.translation
    assert ahead.to_tuple(2) == (0.0, -1.5, 0.0)


def test_a_colour_of_ones_own_and_an_unknown_name_stay(scene: bpy.types.Scene) -> None:
    strip = label_range(scene, "Anna", "walk", 31, 61)
    strip.color, strip.name = (0.9, 0.1, 0.9), "sit"
    follow_names(scene)
    assert tuple(strip.color) == pytest.approx((0.9, 0.1, 0.9), abs=1e-3)
    strip.name = "run"
    assert not follow_names(scene) and strip.name == "run"


def test_a_strip_whose_name_is_no_label_is_grey_until_it_is_mended(scene: bpy.types.Scene) -> None:
    strip = label_range(scene, "Anna", "walk", 31, 61)
    strip.name = "walk slowly"
    assert follow_names(scene) and strip.name == "walk slowly"
    assert tuple(strip.color) == pytest.approx(UNKNOWN_COLOUR, abs=1e-3)
    assert not follow_names(scene), "once is enough"
    strip.name = "Sit"
    assert follow_names(scene)
    assert tuple(strip.color) == pytest.approx(LABEL_COLOURS["sit"], abs=1e-3)


def test_the_colour_of_an_emotion_follows_its_name_which_stays(scene: bpy.types.Scene) -> None:
    strip = add_emotion(scene, "Anna", "joy", 1.5, 1, 60)
    strip.name = "anger 80%"
    assert follow_names(scene) and strip.name == "anger 80%"
    assert tuple(strip.color) == pytest.approx(EMOTION_COLOURS["primitive negative"], abs=1e-3)
    strip.name = "furious"
    assert not follow_names(scene)


def test_three_hundred_strips_of_one_label_have_names_that_blender_keeps(scene: bpy.types.Scene) -> None:
    names: set[str] = set()
    for _ in range(300):
        names.add(free_name("stand", names))
    assert len(names) == 300 and {name.strip() for name in names} == {"stand"}
    assert max(len(name.encode()) for name in names) < 63


def test_labels_with_blanks_and_numbers_are_read_as_they_are_seen(scene: bpy.types.Scene) -> None:
    for start in (1, 101, 201):
        add_action(scene, "Ben", "walk", start, start + 50)
    assert [action.span.label for action in read_actions(scene, "Ben")] == ["walk"] * 3


# ---- what cannot be played ------------------------------------------------------------------------------------------


def test_an_unknown_label_blocks_with_the_labels_that_are_known(scene: bpy.types.Scene) -> None:
    label_range(scene, "Anna", "walk", 31, 61).name = "run"
    (problem,) = label_problems(scene)
    assert problem.blocks and problem.sentence == (
        "The action strip 'run' of 'Anna' is not known; name it one of: sit, walk, stand."
    )
    scene.interact.actor_a.perform = "KEEP_BODY"
    assert list(label_problems(scene)) == [], "a body that is kept plays no label"


# ---- the panel ------------------------------------------------------------------------------------------------------


def test_the_labels_are_a_part_of_the_script_in_both_editors(addon: None) -> None:
    labels = [cls for cls in panels.CLASSES if cls.bl_label == "Labels"]
    assert [cls.bl_parent_id for cls in labels] == ["INTERACT_PT_script", "INTERACT_PT_script_sequencer"]
