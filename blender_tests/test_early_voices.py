"""Voices are mixed before the first Generate, which then finds them mixed; and nothing is said of what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import bpy
import pytest

from interact_addon.demo.scene import build_demo_scene
from interact_addon.properties.actor import actor_key
from interact_addon.scene.sound import VoiceMix
from interact_addon.worker_client import early_voices


@pytest.fixture
def scene(addon: None) -> Iterator[Any]:
    made = bpy.data.scenes.new("Shot")
    build_demo_scene(made)
    yield made
    early_voices.stop()


def run() -> None:
    """Do what the timer does, until it ends."""
    steps = early_voices._running
    assert steps is not None
    while early_voices._tick(steps) is not None:
        time.sleep(0.05)


def test_generate_finds_both_voices_mixed(scene: Any) -> None:
    mixes = [VoiceMix(scene, actor_key(actor)) for actor in scene.interact.actors]
    assert not any(mix.is_done for mix in mixes), "they take a while"
    for mix in mixes:
        mix.stop()
    early_voices.begin(scene)
    run()
    mixes = [VoiceMix(scene, actor_key(actor)) for actor in scene.interact.actors]
    assert all(mix.is_done and mix.clip() is not None for mix in mixes)


def test_both_voices_are_mixed_of_actors_that_are_called_after_their_armatures(scene: Any) -> None:
    for actor in scene.interact.actors:
        actor.name = ""
    early_voices.begin(scene)
    run()
    mixes = [VoiceMix(scene, actor_key(actor)) for actor in scene.interact.actors]
    assert all(mix.is_done and mix.clip() is not None for mix in mixes)


def test_a_scene_that_is_deleted_and_a_voice_that_is_missing_end_it_without_a_word(scene: Any) -> None:
    early_voices.begin(scene)
    bpy.data.scenes.remove(scene)
    run()
    other = bpy.data.scenes.new("Other")
    build_demo_scene(other)
    for strip in other.sequence_editor.strips:
        if strip.type == "SOUND":
            bpy.data.sounds.remove(strip.sound)
    early_voices.begin(other)
    run()
    assert early_voices._running is None


def test_what_is_begun_anew_ends_what_ran_before(scene: Any) -> None:
    early_voices.begin(scene)
    before = early_voices._running
    assert before is not None
    next(before)
    early_voices.begin(scene)
    assert early_voices._tick(before) is None
    assert early_voices._running is not before
    early_voices.stop()
    assert early_voices._running is None
