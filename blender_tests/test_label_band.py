"""The band of labels in timelines: what is drawn where, worked out without a window."""

from __future__ import annotations

import bpy
import pytest

from interact_addon.overlay.label_band import Block, blocks_of, is_shown
from interact_addon.scene.label_names import LABEL_COLOURS, UNKNOWN_COLOUR
from interact_addon.scene.labels import label_range
from interact_addon.scene.strips import add_action_labels


@pytest.fixture
def scene(addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object]) -> bpy.types.Scene:
    """Anna, who walks for a second, and Ben, who stands, in a shot of frames 1 to 100."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 100
    for actor, rig in zip(scene.interact.actors, two_armatures):
        actor.armature = rig
        add_action_labels(scene, rig.name)
    label_range(scene, "Anna", "walk", 31, 61)
    return scene


def test_each_actor_has_a_row_and_each_label_its_colour_and_place(scene: bpy.types.Scene) -> None:
    blocks = blocks_of(scene, 1.0, 101.0, 1000)
    walk = next(block for block in blocks if block.text == "walk")
    assert walk == Block(1, 300.0, 600.0, LABEL_COLOURS["walk"], "walk"), "the first actor is above"
    assert [block for block in blocks if block.row == 0] == [Block(0, 0.0, 1000.0, LABEL_COLOURS["stand"], "stand")]


def test_what_is_no_label_is_grey(scene: bpy.types.Scene) -> None:
    next(strip for strip in scene.sequence_editor.strips if strip.name == "walk").name = "gehen"
    assert Block(1, 300.0, 600.0, UNKNOWN_COLOUR, "gehen") in blocks_of(scene, 1.0, 101.0, 1000)


def test_what_lies_outside_of_the_view_is_left_out_and_cut_at_its_edges(scene: bpy.types.Scene) -> None:
    above = [block for block in blocks_of(scene, 41.0, 51.0, 100) if block.row == 1]
    assert above == [Block(1, 0.0, 100.0, LABEL_COLOURS["walk"], "walk")]


def test_muted_strips_are_not_drawn(scene: bpy.types.Scene) -> None:
    for strip in scene.sequence_editor.strips:
        strip.mute = True
    assert blocks_of(scene, 1.0, 101.0, 1000) == []


def test_the_band_is_drawn_for_a_cast_unless_it_is_switched_off(scene: bpy.types.Scene) -> None:
    assert is_shown(scene)
    scene.interact.labels.show_band = False
    assert not is_shown(scene)
    assert not is_shown(bpy.data.scenes.new("without a cast"))
