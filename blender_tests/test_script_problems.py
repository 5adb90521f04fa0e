"""What a request would be refused for is said beforehand, and its button leaves a request that can be sent."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from interact_addon.properties import actor_key
from interact_addon.rig.tables import MIXAMO
from interact_addon.scene import strips
from interact_addon.scene.attention import add_pin
from interact_addon.scene.preflight import Problem, check_scene, find_problems, mend, mend_all
from interact_addon.scene.request import build_request, cast_scene
from model_runtime.errors import InterActError, InvalidRequest

from .rigs import make_rig


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, without faces; a shot of frames 1 to 61 at 30 fps."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 61
    for actor, name in zip(scene.interact.actors, ("Anna", "Ben")):
        actor.armature = make_rig(MIXAMO, name)
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    return scene


def anna_feels(scene: bpy.types.Scene, name: str, start: int, end: int) -> bpy.types.Strip:
    strip: bpy.types.Strip = strips.add_emotion(scene, actor_key(scene.interact.actor_a), "joy", 1.0, start, end)
    strip.name = name
    return strip


def anna_walks(scene: bpy.types.Scene, target: bpy.types.Object) -> None:
    strips.add_action(scene, actor_key(scene.interact.actor_a), "walk", 1, 61).interact_target = target


def same_name(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.name = scene.interact.actor_b.name = "Kim"


def other_case(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.name, scene.interact.actor_b.name = "Kim", "kim"


def three_frames(scene: bpy.types.Scene) -> None:
    scene.frame_end = 3


def eleven_minutes(scene: bpy.types.Scene) -> None:
    scene.frame_end = 11 * 60 * 30


def pin_without_target(scene: bpy.types.Scene) -> None:
    empty = bpy.data.objects.new("There", None)
    scene.collection.objects.link(empty)
    add_pin(scene, actor_key(scene.interact.actor_a), "left_hand", empty, 1, 31).interact_target = None


def empty_path(scene: bpy.types.Scene) -> None:
    path = bpy.data.objects.new("Path", bpy.data.curves.new("Path", "CURVE"))
    scene.collection.objects.link(path)
    anna_walks(scene, path)


def unknown_label(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, actor_key(scene.interact.actor_a), "walk", 1, 61).name = "gehen"


BROKEN: list[tuple[Callable[[bpy.types.Scene], object], str, str]] = [
    (same_name, "names alike", "give one of them another name"),
    (other_case, "names alike", "case makes no difference"),
    (three_frames, "range too short", "a shot lasts from 0.5 s to 10 minutes"),
    (eleven_minutes, "range too long", "a shot lasts from 0.5 s to 10 minutes"),
    (lambda scene: anna_feels(scene, "glücklich", 1, 31), "unknown emotion", "name it one of"),
    (lambda scene: anna_feels(scene, "joy 3", 1, 31), "emotion too strong", "intensity from 0 to 2"),
    (pin_without_target, "no target", "choose one under Script > Targets"),
    (empty_path, "empty path", "has no points"),
    (unknown_label, "unknown label", "name it one of: sit, walk, stand"),
]


@pytest.mark.parametrize(("break_it", "code", "sentence"), BROKEN, ids=[code for _, code, _ in BROKEN])
def test_what_would_be_refused_is_said_before_and_mended_by_its_button(
    scene: bpy.types.Scene, break_it: Callable[[bpy.types.Scene], object], code: str, sentence: str
) -> None:
    break_it(scene)
    with pytest.raises(InterActError):
        build_request(scene)
    (problem,) = find_problems(scene)
    assert problem.code == code and sentence in problem.sentence and problem.blocks
    with pytest.raises(InvalidRequest, match=r"Anna|Kim|range"):
        check_scene(scene, cast_scene(scene))
    mend(scene, problem)
    assert find_problems(scene) == []
    build_request(scene)


def test_what_says_something_new_is_left_by_mend_all(scene: bpy.types.Scene) -> None:
    unknown_label(scene)
    anna_feels(scene, "glücklich", 1, 31)
    assert mend_all(scene) == [] and len(find_problems(scene)) == 2


def test_a_walk_to_ones_own_armature_is_said_and_not_in_the_way(scene: bpy.types.Scene) -> None:
    anna_walks(scene, scene.interact.actor_a.armature)
    (problem,) = find_problems(scene)
    assert problem.code == "walk to oneself" and not problem.blocks
    mend(scene, problem)
    assert find_problems(scene) == []


def test_a_sound_file_that_is_gone_is_said_with_blenders_own_search(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\x10\0\xf0" * 4000)
    strips.add_speech(scene, actor_key(scene.interact.actor_a), path, 1)
    assert [problem.code for problem in find_problems(scene)] == []
    path.rename(tmp_path / "moved.wav")
    (problem,) = find_problems(scene)
    assert problem.code == "no sound file" and problem.blocks and str(path) in problem.sentence
    space, _, name = problem.operator.partition(".")
    assert hasattr(bpy.ops, space) and getattr(getattr(bpy.ops, space), name).get_rna_type() is not None
    scene.sequence_editor.strips[0].mute = True
    assert find_problems(scene) == []


def test_a_clean_shot_has_none_of_them(scene: bpy.types.Scene) -> None:
    anna_feels(scene, "joy 150%", 1, 31)
    anna_walks(scene, scene.interact.actor_b.armature)
    found: list[Problem] = find_problems(scene)
    assert found == []
