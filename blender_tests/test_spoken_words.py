"""When each word of a voice is spoken: kept with the take, drawn over its strip, dropped once its text changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon import compat
from interact_addon.overlay.voice_words import NOTHING_KNOWN, View, texts_of, words_in
from interact_addon.properties import actor_key
from interact_addon.rig.keying import key_performance
from interact_addon.runtime_api import contract, errors
from interact_addon.scene.channels import TRANSCRIPT
from interact_addon.scene.ownership import ensure_channel
from interact_addon.scene.request import build_request
from interact_addon.scene.shot import Shot, read_shot
from interact_addon.scene.spoken_words import StripWords, Word
from interact_addon.scene.transcript_files import read_transcript_text
from interact_addon.scene.transcripts import CHOSEN
from interact_addon.scene.words import add_words, copies_of, divide_words
from interact_addon.takes.record import record_take, save_performance
from interact_addon.takes.words import known_words, words_of_take
from interact_addon.worker_client.generation import generate_scene

from .rigs import perform
from .test_words import GRID
from .test_words import voice as voice

SAID = "Okay then go on."
FOUND = [["okay", 1.2, 1.5], ["then", 1.5, 1.9], ["go", 2.4, 2.7], ["on", 2.7, 3.2]]  # s of the shot


def generate(scene: bpy.types.Scene) -> None:
    """Write a take in which the runtime found the words, as a generation does."""
    reading = read_shot(lambda: scene)
    while True:
        try:
            next(reading)
        except StopIteration as end:
            shot: Shot = end.value
            break
    both = contract.Performance(
        tuple(perform(301, character, move=False).actors[0] for character in shot.cast), {"words": [FOUND, []]}
    )
    keyed = key_performance(scene, shot.cast, both)
    words = words_of_take(shot, shot.request, both)
    record_take(keyed, shot.request, both, save_performance(both)[0], words=words)


@pytest.fixture
def scene(voice: bpy.types.Strip) -> bpy.types.Scene:
    """Anna says four words, which a take has found."""
    scene = bpy.context.scene
    add_words(scene, actor_key(scene.interact.actor_a), voice, read_transcript_text(SAID))
    generate(scene)
    return scene


def words_of(scene: bpy.types.Scene) -> list[tuple[str, int, int, bool]]:
    """Return text and frames of the sequencer of all words over voices, and whether they were found."""
    found = []
    for strip in words_in(scene):
        begin = compat.strip_content(scene.sequence_editor.strips[strip.strip])[0]
        found += [(one.text, round(begin + one.start), round(begin + one.end), one.is_found) for one in strip.words]
    return found


def sound(scene: bpy.types.Scene) -> Any:
    return next(strip for strip in scene.sequence_editor.strips if strip.type == "SOUND")


def text(scene: bpy.types.Scene) -> Any:
    return next(strip for strip in scene.sequence_editor.strips if strip.type == "TEXT")


def test_words_that_a_generation_found_are_known_in_the_spelling_of_the_text(scene: bpy.types.Scene) -> None:
    assert words_of(scene) == [
        ("Okay", 37, 46, True), ("then", 46, 58, True), ("go", 73, 82, True), ("on.", 82, 97, True)
    ]  # fmt: skip


def test_they_follow_the_voice_with_its_text(scene: bpy.types.Scene) -> None:
    before = words_of(scene)
    for strip in (sound(scene), text(scene)):
        strip.frame_start += 60
    assert words_of(scene) == [(word, left + 60, right + 60, True) for word, left, right, _ in before]


def test_an_edited_text_is_known_no_more_until_the_next_generate(scene: bpy.types.Scene) -> None:
    text(scene).text = "Okay then go home."
    ((shown, left, right, is_found),) = words_of(scene)
    assert shown == "Okay then go home." and not is_found and (left, right) == (31, 121)
    request, _ = build_request(scene)
    assert [caption.text for caption in request.actors[0].captions] == [shown], "and is looked for in the voice again"
    generate(scene)
    assert [(word, is_found) for word, _, _, is_found in words_of(scene)] == [
        ("Okay", True), ("then", True), ("go", True), ("home.", True)
    ]  # fmt: skip
    text(scene).text = SAID
    assert [word for word, _, _, is_found in words_of(scene) if is_found] == SAID.split(), "an older take knows them"


def test_another_recording_in_the_strip_has_no_words_known(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = Path(sound(scene).sound.filepath)
    path.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    assert [is_found for _, _, _, is_found in words_of(scene)] == [False]


def test_a_transcript_with_times_needs_no_generation(voice: bpy.types.Strip, tmp_path: Path) -> None:
    scene = bpy.context.scene
    (tmp_path / "words.TextGrid").write_text(GRID, "utf-8")
    voice[CHOSEN] = str(tmp_path / "words.TextGrid")
    assert words_of(scene) == [
        ("okay", 46, 58, True), ("then", 58, 73, True), ("go", 91, 103, True), ("on", 103, 115, True)
    ]  # fmt: skip


def test_what_a_take_knows_is_of_its_actor_alone_and_survives_saving(scene: bpy.types.Scene, tmp_path: Path) -> None:
    before = words_of(scene)
    assert list(known_words(actor_key(scene.interact.actor_b))) == []
    scene.interact.actor_a.name = "Anna Maria"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "words.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "words.blend"))
    assert words_of(bpy.context.scene) == before


# ---- a text that was cut --------------------------------------------------------------------------------------------


def cut(scene: bpy.types.Scene, frame: int) -> None:
    for strip in scene.sequence_editor.strips:
        strip.select = strip.type == "TEXT"
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=frame, type="SOFT", side="BOTH")
    scene.sequence_editor.active_strip = text(scene)


def said(scene: bpy.types.Scene) -> list[str]:
    strips = [strip for strip in scene.sequence_editor.strips if strip.type == "TEXT"]
    return [strip.text for strip in sorted(strips, key=compat.strip_left)]


def test_the_parts_of_a_text_that_was_cut_get_the_words_that_are_spoken_in_them(scene: bpy.types.Scene) -> None:
    assert copies_of(text(scene)) == [] and not bpy.ops.interact.divide_words.poll()
    cut(scene, 66)
    assert said(scene) == [SAID, SAID] and len(copies_of(text(scene))) == 2
    assert bpy.ops.interact.divide_words() == {"FINISHED"}
    assert said(scene) == ["Okay then", "go on."]
    assert copies_of(text(scene)) == [] and not bpy.ops.interact.divide_words.poll()


def test_words_of_whom_nobody_knows_when_they_are_spoken_are_not_guessed_at(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    add_words(scene, actor_key(scene.interact.actor_a), voice, read_transcript_text(SAID))
    cut(scene, 66)
    with pytest.raises(errors.InvalidRequest, match="It is not known when these words are spoken"):
        divide_words(scene, actor_key(scene.interact.actor_a), text(scene), [])
    assert said(scene) == [SAID, SAID]


# ---- what is drawn --------------------------------------------------------------------------------------------------


def drawn(strip: Any, words: StripWords, view: View) -> list[str]:
    starts = [word.start for word in words.words]
    return [one.text for one in texts_of(strip, words.words, starts, view, lambda text: 6.0 * len(text), 1.0)]


def test_words_are_drawn_as_soon_as_they_have_room(scene: bpy.types.Scene) -> None:
    (words,), strip = words_in(scene), sound(scene)
    near = View(left=31.0, bottom=0.0, width=1000.0, a_frame=10.0, a_channel=40.0)
    assert drawn(strip, words, near) == ["Okay", "then", "go", "on."]
    assert drawn(strip, words, replace(near, a_frame=0.5)) == []
    assert drawn(strip, words, replace(near, a_channel=20.0)) == [], "the strip is too low"
    assert drawn(strip, words, replace(near, left=70.0)) == ["go", "on."], "only what is in view"
    shown = replace(near, height=(strip.channel + 1) * near.a_channel + 30.0)
    assert drawn(strip, words, shown) and not drawn(strip, words, replace(shown, bottom=-1.0)), "not over the ruler"
    unknown = replace(words, words=())
    assert drawn(strip, unknown, near) == [NOTHING_KNOWN] and drawn(strip, unknown, replace(near, a_frame=0.5)) == []


def test_drawing_looks_at_no_word_outside_of_the_view(scene: bpy.types.Scene) -> None:
    strip, asked = sound(scene), []
    many = tuple(Word(f"word{n}", 0.1 * n, 0.1 * n + 0.09) for n in range(900))
    view = View(left=60.0, bottom=0.0, width=100.0, a_frame=1000.0, a_channel=40.0)

    def width_of(text: str) -> float:
        asked.append(text)
        return 6.0 * len(text)

    list(texts_of(strip, many, [word.start for word in many], view, width_of, 1.0))
    assert len(asked) < 10


# ---- for real -------------------------------------------------------------------------------------------------------


def test_a_generation_finds_the_words_in_the_voice_and_its_take_keeps_them(shot: bpy.types.Scene) -> None:
    first = shot.interact.actors[0]
    start = shot.frame_start + round(0.4 * shot.render.fps)
    channel = ensure_channel(shot, actor_key(first), TRANSCRIPT)
    text = compat.new_effect_strip(shot.sequence_editor, "TEXT", "Words", channel, start, shot.frame_end)
    text.text = "Okay, from the top."
    generate_scene(shot)
    spoken = words_of(shot)
    assert [word for word, *_, is_found in spoken if is_found] == ["Okay,", "from", "the", "top."]
    assert all(start - 5 <= left < right <= shot.frame_end + 1 for _, left, right, _ in spoken)
