"""The InterAct tab: its panels, its settings, and the reasons why Generate cannot be pressed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import pytest

from interact_addon import panels
from interact_addon.worker_client import generation


def test_the_tab_is_in_the_3d_view_and_in_the_sequencer(addon: None) -> None:
    for space in ("VIEW_3D", "SEQUENCE_EDITOR"):
        shown = [cls.bl_label for cls in panels.CLASSES if cls.bl_space_type == space and cls.bl_category == "InterAct"]
        assert shown == [
            "Cast",  # until both are there
            "Cast",
            "Bones",
            "Shapes",
            "Script",
            "Labels",
            "Targets",
            "Interactions",
            "Contacts",
            "Expression",
            "Gesture Style",
            "Generate",
            "Regenerate a Stretch",
            "Locks",
            "Advanced",
            "Takes",
            "Adjust",
            "Overlay",
            "Check",
            "Resolve",
            "Show",
            "Export",
        ]
    assert all(hasattr(bpy.types, cls.__name__) for cls in panels.CLASSES)


def test_the_gesture_style_is_folded_inside_of_expression(addon: None) -> None:
    for suffix in ("", "_sequencer"):
        style = getattr(bpy.types, f"INTERACT_PT_style{suffix}")
        assert style.bl_parent_id == f"INTERACT_PT_expression{suffix}" and "DEFAULT_CLOSED" in style.bl_options


def test_the_cast_is_open_until_both_are_there_and_then_folded(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    def shown() -> list[bool]:
        return [getattr(bpy.types, f"INTERACT_PT_{name}").poll(bpy.context) for name in ("casting", "cast")]

    assert shown() == [True, False]
    for actor, armature in zip(bpy.context.scene.interact.actors, two_armatures):
        actor.armature = armature
    assert shown() == [False, True]
    assert "DEFAULT_CLOSED" in bpy.types.INTERACT_PT_cast.bl_options
    assert "DEFAULT_CLOSED" not in bpy.types.INTERACT_PT_casting.bl_options


def test_only_what_a_first_take_needs_is_open_so_that_generate_is_on_the_first_screen(addon: None) -> None:
    is_open = [cls.__name__ for cls in panels.CLASSES if "DEFAULT_CLOSED" not in cls.bl_options]
    wanted = ("casting", "script", "generate", "takes")
    assert is_open == [f"INTERACT_PT_{name}{editor}" for name in wanted for editor in ("", "_sequencer")]


def test_a_new_scene_is_generated_as_a_draft(addon: None) -> None:
    assert bpy.context.scene.interact.quality == "draft"


def test_the_reason_in_an_empty_file_is_to_cast_two_characters(addon: None) -> None:
    assert generation.disabled_reason(bpy.context.scene).startswith("Cast two characters")
    assert not bpy.ops.interact.generate.poll()


def test_the_reason_with_one_character_is_to_cast_a_second(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    bpy.context.scene.interact.actor_a.armature = two_armatures[0]
    assert generation.disabled_reason(bpy.context.scene).startswith("Cast a second character")


def test_the_same_armature_twice_is_refused(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    for actor in bpy.context.scene.interact.actors:
        actor.armature = two_armatures[0]
    assert "same armature" in generation.disabled_reason(bpy.context.scene)
    assert not bpy.ops.interact.generate.poll()


def test_an_armature_that_left_the_scene_is_named(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    for actor, armature in zip(bpy.context.scene.interact.actors, two_armatures):
        actor.armature = armature
    bpy.context.scene.collection.objects.unlink(two_armatures[1])
    assert "'Ben' is not in the scene" in generation.disabled_reason(bpy.context.scene)


def test_a_missing_runtime_says_where_to_install_it(
    addon: None,
    two_armatures: tuple[bpy.types.Object, bpy.types.Object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for actor, armature in zip(bpy.context.scene.interact.actors, two_armatures):
        actor.armature = armature
    assert generation.disabled_reason(bpy.context.scene) == ""
    assert bpy.ops.interact.generate.poll()
    monkeypatch.setenv("INTERACT_PYTHON", str(tmp_path / "gone"))
    reason = generation.disabled_reason(bpy.context.scene)
    assert "There is no Python at" in reason and "INTERACT_PYTHON" in reason


def test_casting_takes_the_armatures_of_selected_meshes(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]
) -> None:
    first, second = two_armatures
    skin = bpy.data.objects.new("Skin", bpy.data.meshes.new("Skin"))
    bpy.context.scene.collection.objects.link(skin)
    skin.modifiers.new("Armature", "ARMATURE").object = second
    for thing in (first, skin):
        thing.select_set(True)
    bpy.context.view_layer.objects.active = skin
    assert bpy.ops.interact.cast_selected() == {"FINISHED"}
    assert [actor.armature for actor in bpy.context.scene.interact.actors] == [second, first]


def test_casting_needs_exactly_two(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> None:
    two_armatures[0].select_set(True)
    assert not bpy.ops.interact.cast_selected.poll()


def test_the_runtime_is_loaded_early_once_a_session_and_not_by_the_drawing_itself(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: list[object] = []
    timers = SimpleNamespace(register=lambda act, first_interval: registered.append(act))
    monkeypatch.setattr(generation, "bpy", SimpleNamespace(app=SimpleNamespace(background=False, timers=timers)))
    monkeypatch.setattr(generation, "_is_warmed_early", False)
    casting: Any = type("Drawn", (bpy.types.INTERACT_PT_casting.__mro__[1],), {"layout": MagicMock()})
    casting.draw(casting(), bpy.context)
    assert registered == []
    for armature in two_armatures:
        armature.select_set(True)
    bpy.context.view_layer.objects.active = two_armatures[0]
    casting.draw(casting(), bpy.context)
    casting.draw(casting(), bpy.context)
    assert registered == [generation.warm_up]


def test_a_file_that_is_opened_with_its_cast_loads_the_runtime_and_mixes_its_voices_once(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: list[Any] = []
    timers = SimpleNamespace(register=lambda act, first_interval: registered.append(act))
    monkeypatch.setattr(generation, "bpy", SimpleNamespace(app=SimpleNamespace(background=False, timers=timers)))
    monkeypatch.setattr(generation, "_mixed_early", set())
    drawn: Any = type("Drawn", (bpy.types.INTERACT_PT_generate.__mro__[1],), {"layout": MagicMock()})
    monkeypatch.setattr("interact_addon.panels.generate.draw_problems", MagicMock())
    drawn.draw(drawn(), bpy.context)
    assert registered == [], "nobody is cast"
    for actor, armature in zip(bpy.context.scene.interact.actors, two_armatures):
        actor.armature = armature
    drawn.draw(drawn(), bpy.context)
    drawn.draw(drawn(), bpy.context)
    (act,) = registered
    warmed: list[Any] = []
    monkeypatch.setattr(generation, "warm_up", warmed.append)
    act()
    assert warmed == [bpy.context.scene]
