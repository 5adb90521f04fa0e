"""Words as text strips over a voice: pasted or from a file, at their times, edited by hand."""

from __future__ import annotations

import wave
from pathlib import Path

import bpy
import pytest

from interact_addon import compat
from interact_addon.operators.transcripts import active_text
from interact_addon.properties import actor_key
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.runtime_api import contract, errors
from interact_addon.scene import strips
from interact_addon.scene.channels import TRANSCRIPT
from interact_addon.scene.ownership import strips_of
from interact_addon.scene.request import build_request
from interact_addon.scene.transcript_files import read_transcript_text
from interact_addon.scene.words import add_words, phrases

from .rigs import make_rig
from .test_transcript_files import short_grid

LINES = "1\n00:00:00,500 --> 00:00:01,500\nOkay then.\n\n2\n00:00:02,000 --> 00:00:02,800\nGo on.\n"
GRID = short_grid(("words", [(0.5, 0.9, "okay"), (0.9, 1.4, "then"), (2.0, 2.4, "go"), (2.4, 2.8, "on")]))


@pytest.fixture
def voice(addon: None, tmp_path: Path) -> bpy.types.Strip:
    """Anna's voice of three seconds from frame 31, in a shot of frames 1 to 301 at 30 fps; the active strip."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    for actor, name in zip(scene.interact.actors, ("Anna", "Ben")):
        actor.armature = make_rig(MIXAMO, name)
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\x10\0\xf0" * 12000)
    strip: bpy.types.Strip = strips.add_speech(scene, actor_key(scene.interact.actor_a), path, 31)
    scene.sequence_editor.active_strip = strip
    return strip


def texts(scene: bpy.types.Scene) -> list[tuple[str, float, float]]:
    """Return Anna's text strips: text, first frame and the one after the last."""
    found = strips_of(scene, actor_key(scene.interact.actor_a), TRANSCRIPT, "TEXT")
    return [(strip.text, compat.strip_left(strip), compat.strip_right(strip)) for strip in found]


def paste(scene: bpy.types.Scene, text: str) -> int:
    anna = actor_key(scene.interact.actor_a)
    return add_words(scene, anna, scene.sequence_editor.active_strip, read_transcript_text(text))


def test_pasted_text_lies_over_the_whole_voice_and_is_spoken(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    assert paste(scene, "Okay then.\n\nGo on.") == 1
    assert texts(scene) == [("Okay then. Go on.", 31, 121)]
    (caption,) = build_request(scene)[0].actors[0].captions
    assert caption == contract.Caption("Okay then. Go on.", 1.0, 4.0)


def test_pasted_subtitles_lie_where_they_are_said(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    compat.set_strip_right(voice, 31 + 75)
    assert paste(scene, LINES) == 2
    assert texts(scene) == [("Okay then.", 46, 76), ("Go on.", 91, 106)]


def test_words_of_a_grid_become_phrases_at_their_times(voice: bpy.types.Strip, tmp_path: Path) -> None:
    scene, path = bpy.context.scene, tmp_path / "words.TextGrid"
    path.write_text(GRID)
    assert bpy.ops.interact.load_words(filepath=str(path)) == {"FINISHED"}
    assert texts(scene) == [("okay then", 46, 73), ("go on", 91, 115)]


def test_words_without_a_pause_are_cut_where_a_phrase_becomes_long() -> None:
    words = [contract.TimedWord(str(number), 0.5 * number, 0.5 * number + 0.5) for number in range(12)]
    assert [len(phrase.text.split()) for phrase in phrases(words)] == [8, 4]


def test_loading_again_takes_the_place_of_the_text_over_that_voice_alone(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    anna = actor_key(scene.interact.actor_a)
    paste(scene, LINES)
    scene.sequence_editor.active_strip = strips.add_speech(
        scene, anna, Path(bpy.path.abspath(voice.sound.filepath)), 151
    )
    paste(scene, "And now?")
    assert [text for text, _, _ in texts(scene)] == ["Okay then.", "Go on.", "And now?"]
    paste(scene, "And then?")
    assert [text for text, _, _ in texts(scene)] == ["Okay then.", "Go on.", "And then?"]


def test_text_that_is_edited_is_what_the_next_generate_aligns(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    paste(scene, "Okay then.")
    text = strips_of(scene, actor_key(scene.interact.actor_a), TRANSCRIPT, "TEXT")[0]
    scene.sequence_editor.active_strip = text
    assert active_text(bpy.context) == text, "the panel offers it for editing"
    text.text = "Okay now."
    assert build_request(scene)[0].actors[0].captions[0].text == "Okay now."


def test_a_text_in_a_channel_of_nobody_is_not_offered(voice: bpy.types.Strip) -> None:
    scene = bpy.context.scene
    title = compat.new_effect_strip(scene.sequence_editor, "TEXT", "Title", 20, 1, 31)
    scene.sequence_editor.active_strip = title
    assert active_text(bpy.context) is None and not bpy.ops.interact.paste_words.poll()


@pytest.mark.parametrize(("text", "said"), [("  \n", "No text was copied"), ("0:01 --> soon\nhi", "in line 1")])
def test_what_is_no_transcript_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=said):
        read_transcript_text(text)


def test_a_muted_voice_says_no_words(voice: bpy.types.Strip, tmp_path: Path) -> None:
    path = tmp_path / "words.srt"
    path.write_text(LINES)
    voice.mute = True
    with pytest.raises(RuntimeError, match="Nothing of 'voice' is heard"):
        bpy.ops.interact.load_words(filepath=str(path))
    assert texts(bpy.context.scene) == []


def test_words_are_no_picture_in_a_render(voice: bpy.types.Strip) -> None:
    paste(bpy.context.scene, "Okay then.")
    assert not bpy.context.scene.render.use_sequencer
