"""Words of pasted and edited texts are found in the voice by the worker, while nothing else waits for it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import compat
from interact_addon.demo.timeline import ASSETS, default_speech
from interact_addon.operators import word_search as searching
from interact_addon.overlay.voice_words import words_in
from interact_addon.properties import actor_key
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.runtime_api import contract, errors, skeleton
from interact_addon.scene import spoken_words, strips
from interact_addon.scene.channels import TRANSCRIPT
from interact_addon.scene.ownership import strips_of
from interact_addon.scene.transcript_files import read_transcript_text
from interact_addon.scene.words import add_words
from interact_addon.worker_client import generation, word_search

from .rigs import make_rig

TURNS = [
    turn for turn in json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"] if turn["actor"] == "A"
]
SAID = " ".join(turn["text"] for turn in TURNS)
NEAR = 0.25  # seconds


@pytest.fixture
def scene(addon: None) -> Iterator[Any]:
    """Anna speaks the first part of the demo's dialogue from the first frame; Ben listens."""
    shot: Any = bpy.context.scene
    shot.frame_start, shot.frame_end = 1, 760
    for actor, name in zip(shot.interact.actors, ("Anna", "Ben")):
        actor.armature = make_rig(MIXAMO, name)
    shot.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    voice = strips.add_speech(shot, actor_key(shot.interact.actor_a), default_speech()[0], 1)
    shot.sequence_editor.active_strip = voice
    spoken_words._recent.clear()
    word_search._tried.clear()
    word_search._placed.clear()
    yield shot
    searching.stop()


def paste(scene: Any, text: str) -> None:
    anna, written = actor_key(scene.interact.actor_a), read_transcript_text(text)
    add_words(scene, anna, scene.sequence_editor.active_strip, written)
    for caption in written.captions:
        word_search.forget_text(anna, caption.text)


def search(scene: Any) -> list[str]:
    """Do what the timer does until it ends; return the warnings."""
    name = scene.name
    steps = word_search.search_in_steps(lambda: bpy.data.scenes[name], str)
    while True:
        try:
            time.sleep(min(next(steps), 0.05))
        except StopIteration as end:
            warnings: list[str] = end.value
            return warnings


def texts(scene: Any) -> list[Any]:
    return strips_of(scene, actor_key(scene.interact.actor_a), TRANSCRIPT, "TEXT")


def seconds(scene: Any, strip: Any) -> tuple[float, float]:
    return (compat.strip_left(strip) - 1) / 30, (compat.strip_right(strip) - 1) / 30


def found(scene: Any) -> list[str]:
    return [word.text for strip in words_in(scene) for word in strip.words if word.is_found]


def test_a_pasted_text_becomes_phrases_where_they_are_spoken(scene: Any) -> None:
    paste(scene, SAID)
    assert len(texts(scene)) == 1 and word_search.is_wanted(scene)
    assert search(scene) == []
    phrases = texts(scene)
    assert " ".join(strip.text for strip in phrases) == SAID, "in its own spelling"
    assert len(phrases) >= len(TURNS)
    starts = [seconds(scene, strip)[0] for strip in phrases]
    for turn in TURNS:
        first = next(strip for strip in phrases if strip.text.split()[0] == turn["text"].split()[0])
        assert min(abs(start - turn["start"]) for start in starts) < NEAR
        assert first is not None
    assert abs(seconds(scene, phrases[-1])[1] - TURNS[-1]["end"]) < NEAR
    assert found(scene) == SAID.split(), "drawn over the voice"
    assert not word_search.is_wanted(scene)


def test_an_edited_text_is_looked_for_again_and_its_strip_goes_to_its_words(scene: Any) -> None:
    paste(scene, SAID)
    search(scene)
    last = texts(scene)[-1]
    text, (start, end) = last.text, seconds(scene, last)
    last.text = " ".join(text.split()[:-2])
    assert word_search.is_wanted(scene) and "it." not in found(scene), "no words of another text are shown"
    search(scene)
    last = texts(scene)[-1]
    assert abs(seconds(scene, last)[0] - start) < NEAR and seconds(scene, last)[1] < end - 0.1
    assert found(scene)[-1] == text.split()[-3]


def test_subtitles_stay_where_they_are_and_their_words_are_known(scene: Any) -> None:
    turn = TURNS[0]
    paste(scene, f"1\n00:00:00,300 --> 00:00:05,200\n{turn['text']}\n")
    before = [seconds(scene, strip) for strip in texts(scene)]
    search(scene)
    assert [seconds(scene, strip) for strip in texts(scene)] == before
    assert found(scene) == turn["text"].split()


def test_what_an_undo_takes_back_is_not_done_again_by_itself(scene: Any) -> None:
    name = scene.name
    paste(scene, SAID)
    bpy.ops.ed.undo_push(message="Paste Words")
    search(scene)
    assert len(texts(bpy.data.scenes[name])) > 1
    bpy.ops.ed.undo()
    scene = bpy.data.scenes[name]
    assert [strip.text for strip in texts(scene)] == [SAID], "the undo step has the name of what was done"
    assert not word_search.is_wanted(scene)
    scene.sequence_editor.active_strip = next(one for one in scene.sequence_editor.strips if one.type == "SOUND")
    paste(scene, SAID)
    assert word_search.is_wanted(scene), "pasted again it is"


def test_a_text_that_is_not_spoken_is_said_once_and_stays(scene: Any) -> None:
    paste(scene, "Sixteen elephants balance yesterday's umbrellas above the quiet library.")
    (warning,) = search(scene)
    assert "does not fit the voice" in warning
    assert len(texts(scene)) == 1 and not word_search.is_wanted(scene)


def test_a_generation_goes_first_and_the_words_are_found_after_it(scene: Any) -> None:
    paste(scene, SAID)
    steps = word_search.search_in_steps(lambda: bpy.context.scene, str)
    runtime = generation.runtime()
    while runtime._aligning is None:
        time.sleep(min(next(steps), 0.05))
    first, second = (contract.Actor(name, skeleton.AVERAGE_SKELETON) for name in ("Anna", "Ben"))
    other = replace(second, position=(0.0, -1.2), heading=3.1416)
    runtime.start_job(contract.Request(duration=1.0, actors=(first, other), quality="draft"))
    while not isinstance(runtime.poll(), contract.Performance):
        assert len(texts(scene)) == 1, "the job does not wait for the words"
        time.sleep(0.05)
    while True:
        try:
            time.sleep(min(next(steps), 0.05))
        except StopIteration:
            break
    assert len(texts(scene)) > 1, "looked for again"


def test_without_a_runtime_the_text_is_added_and_the_sentence_says_what_to_do(
    scene: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Any:
        raise errors.InterActError("no runtime")

    monkeypatch.setattr(generation.settings, "runtime_python", missing)
    path = tmp_path / "words.txt"
    path.write_text(SAID)
    assert bpy.ops.interact.load_words(filepath=str(path)) == {"FINISHED"}
    assert len(texts(scene)) == 1
    assert "install the runtime, and the words are found in the voice" in capfd.readouterr().out
    assert searching._look() is None and not searching.is_searching()


def test_another_file_and_the_button_end_the_search(scene: Any) -> None:
    paste(scene, SAID)
    searching.begin(scene)
    running = searching._running
    assert running is not None
    while generation.runtime()._aligning is None:
        time.sleep(searching.tick(running) or 0.0)
    assert bpy.ops.interact.stop_word_search() == {"FINISHED"}
    assert not searching.is_searching() and searching.tick(running) is None
    assert generation.runtime()._aligning is None and not word_search.is_wanted(scene)
    spoken_words._recent.clear()
    paste(scene, SAID)
    searching.begin(scene)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not searching.is_searching()
