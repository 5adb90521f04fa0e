"""The timeline: what it lacks is said in one line with a button, and one button sets it up."""

from __future__ import annotations

import wave
from pathlib import Path

import bpy
import pytest

from interact_addon import compat
from interact_addon.operators import problems
from interact_addon.properties import KEEP_BODY, ONLY_LISTEN, actor_key
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.scene import strips
from interact_addon.scene.channels import ACTIONS, KINDS, SPEECH
from interact_addon.scene.ownership import channels_of, strips_of
from interact_addon.scene.preflight import Problem, find_hints, find_problems, mend, mend_all, sequencer_hint
from interact_addon.scene.reading import label_of
from interact_addon.scene.shot_range import TAIL

from .rigs import make_rig


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, without faces; a shot of frames 1 to 61 at 30 fps with an empty timeline."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 61
    for actor, name in zip(scene.interact.actors, ("Anna", "Ben")):
        actor.armature = make_rig(MIXAMO, name)
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    return scene


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """Three seconds of a sound: 90 frames."""
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\x10\0\xf0" * 12000)
    return path


def speak(scene: bpy.types.Scene, voice: Path, frame: int, row: int = 0) -> bpy.types.Strip:
    strip: bpy.types.Strip = strips.add_speech(scene, actor_key(scene.interact.actors[row]), voice, frame)
    bpy.context.view_layer.update()
    return strip


def hint(scene: bpy.types.Scene, code: str) -> Problem:
    return next(problem for problem in find_hints(scene) if problem.code == code)


def codes(scene: bpy.types.Scene) -> list[str]:
    return [problem.code for problem in (*find_problems(scene), *find_hints(scene))]


# The range


def test_a_voice_that_ends_after_the_range_is_said_and_the_range_fitted(scene: bpy.types.Scene, voice: Path) -> None:
    speak(scene, voice, 31)
    (problem,) = find_problems(scene)
    assert problem.headline == "Voices are cut off" and problem.fix == "Fit Range" and not problem.blocks
    assert "'Anna' lasts from frame 31 to 121 and the range from 1 to 61" in problem.sentence
    mend(scene, problem)
    assert (scene.frame_start, scene.frame_end) == (1, 121 + TAIL * 30) and find_problems(scene) == []


def test_a_voice_that_begins_before_the_range_widens_it_to_the_front(scene: bpy.types.Scene, voice: Path) -> None:
    scene.frame_start, scene.frame_end = 51, 201
    speak(scene, voice, 21)
    mend(scene, find_problems(scene)[0])
    assert (scene.frame_start, scene.frame_end) == (21, 201) and find_problems(scene) == []


def test_a_range_that_ends_with_the_last_frame_of_the_voice_is_long_enough(scene: bpy.types.Scene, voice: Path) -> None:
    strip = speak(scene, voice, 1)
    scene.frame_end = int(compat.strip_right(strip)) - 1
    assert find_problems(scene) == []
    scene.frame_end -= 2
    assert [problem.code for problem in find_problems(scene)] == ["voice outside the range"]


def test_what_is_muted_or_not_spoken_needs_no_range(scene: bpy.types.Scene, voice: Path) -> None:
    strip = speak(scene, voice, 31)
    strip.mute = True
    assert find_problems(scene) == []
    strip.mute = False
    scene.interact.actor_a.perform = ONLY_LISTEN
    assert find_problems(scene) == []


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_what_is_said_in_other_shots_of_a_common_timeline_is_no_problem(scene: bpy.types.Scene, voice: Path) -> None:
    edit = bpy.data.scenes.new("edit")
    edit.render.fps = 30
    bpy.context.workspace.sequencer_scene = edit
    for frame in (1, 301):
        strips.add_speech(edit, actor_key(scene.interact.actor_a), voice, frame)
    scene.frame_end = 91
    assert find_problems(scene) == []
    scene.frame_end = 61
    assert "from frame 1 to 91" in find_problems(scene)[0].sentence


# What is missing


def test_an_empty_timeline_asks_for_a_voice_first_then_for_actions(scene: bpy.types.Scene, voice: Path) -> None:
    assert codes(scene) == ["no voice", "no action label"]
    assert hint(scene, "no voice").operator == "interact.add_speech"
    speak(scene, voice, 1)
    scene.frame_end = 121
    assert codes(scene) == ["no action label"]
    assert bpy.ops.interact.set_up_timeline() == {"FINISHED"}
    assert codes(scene) == []


def test_a_timeline_that_is_set_up_lets_strips_give_way_unless_the_user_chose_something(scene: bpy.types.Scene) -> None:
    settings = scene.tool_settings.sequencer_tool_settings
    bpy.ops.interact.set_up_timeline()
    assert settings.overlap_mode == "OVERWRITE"
    settings.overlap_mode = "EXPAND"
    bpy.ops.interact.set_up_timeline()
    assert settings.overlap_mode == "EXPAND"


def test_every_button_of_a_hint_can_be_pressed(scene: bpy.types.Scene) -> None:
    for problem in find_hints(scene):
        group, _, name = problem.operator.partition(".")
        assert getattr(getattr(bpy.ops, group), name).poll()


def test_hints_are_no_warnings_and_are_left_by_mend_all(scene: bpy.types.Scene) -> None:
    assert find_problems(scene) == [] and mend_all(scene) == []


@pytest.fixture
def lost(scene: bpy.types.Scene, voice: Path) -> bpy.types.Scene:
    """Two speech channels and an action channel are named for Mira, who is not cast."""
    strips.add_speech(scene, "Mira", voice, 1)
    strips.add_speech(scene, "Mira", voice, 1)
    strips.add_action(scene, "Mira", "walk", 1, 31)
    scene.frame_end = 121
    return scene


def test_channels_of_nobody_are_offered_to_those_who_have_none(lost: bpy.types.Scene, voice: Path) -> None:
    offered = [problem.fix for problem in find_hints(lost) if problem.code == "lost channels"]
    assert offered == ["Give to Anna", "Give to Ben"]
    strips.add_action(lost, actor_key(lost.interact.actor_b), "sit", 1, 31)
    assert [problem.fix for problem in find_hints(lost) if problem.code == "lost channels"] == ["Give to Anna"]


def test_channels_that_are_given_to_an_actor_are_that_actors_and_named_so(lost: bpy.types.Scene) -> None:
    assert bpy.ops.interact.mend(sentence=hint(lost, "lost channels").sentence) == {"FINISHED"}
    anna = actor_key(lost.interact.actor_a)
    assert len(strips_of(lost, anna, SPEECH, "SOUND")) == 2 and len(strips_of(lost, anna, ACTIONS, "COLOR")) == 1
    names = [lost.sequence_editor.channels[number].name for number in (1, 2, 3)]
    assert names == ["Anna Speech", "Anna Speech 2", "Anna Actions"]
    assert "lost channels" not in codes(lost)


def test_a_search_finds_hints_after_problems(scene: bpy.types.Scene, voice: Path) -> None:
    speak(scene, voice, 31)
    found = problems.search(scene)
    assert [problem.code for problem in found] == ["voice outside the range", "no action label"]


# The sequencer of another scene


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_the_sequencer_of_another_scene_is_said_at_once_and_mended(scene: bpy.types.Scene, voice: Path) -> None:
    speak(scene, voice, 1)
    problems.search(scene)
    other = bpy.data.scenes.new("another shot")
    bpy.context.workspace.sequencer_scene = other
    first = problems.known_problems(scene)[0]
    assert first.code == "sequencer of another scene" and "'another shot'" in first.sentence
    assert bpy.ops.interact.mend(sentence=first.sentence) == {"FINISHED"}
    assert bpy.context.workspace.sequencer_scene == scene and sequencer_hint(scene) is None


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_the_sequencer_that_a_shot_is_played_from_is_no_hint(scene: bpy.types.Scene, voice: Path) -> None:
    edit = bpy.data.scenes.new("edit")
    strips.add_speech(edit, "someone else", voice, 1)
    bpy.context.workspace.sequencer_scene = edit
    assert sequencer_hint(scene) is not None, "nobody of this cast has a channel there"
    strips.add_speech(edit, actor_key(scene.interact.actor_a), voice, 1)
    assert sequencer_hint(scene) is None


# Setting up


def test_setting_up_names_every_channel_fits_the_range_and_fills_the_actions(
    scene: bpy.types.Scene, voice: Path
) -> None:
    scene.frame_end = 250  # as in a new scene
    speak(scene, voice, 201)
    strips.add_action(scene, actor_key(scene.interact.actor_a), "walk", 1, 41)
    assert bpy.ops.interact.set_up_timeline() == {"FINISHED"}
    for actor in scene.interact.actors:
        assert all(len(channels_of(scene, actor_key(actor), kind)) == 1 for kind in KINDS[:-1])
    assert scene.frame_end == 306
    anna, ben = ([(compat.strip_left(s), compat.strip_right(s), label_of(s.name))
                  for s in strips_of(scene, actor_key(actor), ACTIONS, "COLOR")]
                 for actor in scene.interact.actors)  # fmt: skip
    assert anna == [(1, 41, "walk"), (41, 307, "stand")] and ben == [(1, 307, "stand")]


def test_setting_up_keeps_a_range_that_was_chosen_and_the_voices_are_a_hint(
    scene: bpy.types.Scene, voice: Path
) -> None:
    speak(scene, voice, 31)
    bpy.ops.interact.set_up_timeline()
    assert (scene.frame_start, scene.frame_end) == (1, 61)
    assert "voice outside the range" in codes(scene)


def test_strips_that_end_with_the_last_frame_leave_nothing_to_fill(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, actor_key(scene.interact.actor_a), "walk", 1, 61)
    strips.add_action(scene, actor_key(scene.interact.actor_b), "stand", 1, 31)
    bpy.ops.interact.set_up_timeline()
    rows = [[compat.strip_right(s) for s in strips_of(scene, actor_key(actor), ACTIONS, "COLOR")]
            for actor in scene.interact.actors]  # fmt: skip
    assert rows == [[61], [31, 62]]


def test_setting_up_twice_adds_nothing(scene: bpy.types.Scene, voice: Path) -> None:
    speak(scene, voice, 31)
    bpy.ops.interact.set_up_timeline()
    state = [channel.name for channel in scene.sequence_editor.channels], len(scene.sequence_editor.strips)
    bpy.ops.interact.set_up_timeline()
    assert ([channel.name for channel in scene.sequence_editor.channels], len(scene.sequence_editor.strips)) == state


def test_a_body_that_is_kept_gets_no_action_labels(scene: bpy.types.Scene) -> None:
    scene.interact.actor_b.perform = KEEP_BODY
    bpy.ops.interact.set_up_timeline()
    assert [len(strips_of(scene, actor_key(one), ACTIONS, "COLOR")) for one in scene.interact.actors] == [1, 0]
