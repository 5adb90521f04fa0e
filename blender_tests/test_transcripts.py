"""Transcripts in the request: files beside the sound, files chosen by hand, text strips; on the shot's clock."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.batch import _save_blend
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.runtime_api import contract
from interact_addon.scene import strips
from interact_addon.scene.channels import SPEECH, TRANSCRIPT
from interact_addon.scene.ownership import ensure_channel
from interact_addon.scene.request import build_request
from interact_addon.scene.transcripts import CHOSEN, choose_transcript, chosen_transcript
from model_runtime.contract import Actor, Caption, TimedWord
from model_runtime.errors import InvalidRequest

from .rigs import make_rig
from .test_transcript_files import short_grid

LINES = "1\n00:00:00,500 --> 00:00:01,500\nOkay then.\n\n2\n00:00:02,000 --> 00:00:02,800\nGo on.\n"
GRID = short_grid(("words", [(0.5, 0.9, "okay"), (0.9, 1.4, "then"), (2.0, 2.4, "go"), (2.4, 2.8, "on")]))


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """Three seconds: a tone from 0.5 to 2.8 s, silence around it."""
    path = tmp_path / "a voice é.wav"
    times = np.arange(48000) / 16000
    signal = 8000 * np.sin(times * 1600) * ((times > 0.5) & (times < 2.8))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(signal.astype("<i2").tobytes())
    return path


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, in a shot of ten seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    for actor, rig in zip(scene.interact.actors, (make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben"))):
        actor.armature = rig
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    return scene


def anna(scene: bpy.types.Scene) -> Actor:
    return build_request(scene)[0].actors[0]


def warnings_about(scene: bpy.types.Scene, piece: str) -> list[str]:
    return [warning for warning in build_request(scene)[1] if piece in warning]


def write_text(scene: bpy.types.Scene, text: str, start: int, end: int, channel: str = TRANSCRIPT) -> Any:
    """A text strip of Anna's."""
    strip = compat.new_effect_strip(
        scene.sequence_editor, "TEXT", "Text", ensure_channel(scene, "Anna", channel), start, end
    )
    strip.text = text
    return strip


def near(captions: tuple[Caption, ...]) -> list[tuple[str, float, float]]:
    return [(caption.text, round(caption.start, 2), round(caption.end, 2)) for caption in captions]


# Files beside the sound


def test_a_grid_beside_the_sound_gives_words_in_shot_time(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".TextGrid").write_text(GRID)
    voice.with_suffix(".txt").write_text("something else")
    strips.add_speech(scene, "Anna", voice, 61)
    actor = anna(scene)
    assert actor.captions == ()
    assert [(word.text, round(word.start, 2), round(word.end, 2)) for word in actor.words] == [
        ("okay", 2.5, 2.9),
        ("then", 2.9, 3.4),
        ("go", 4.0, 4.4),
        ("on", 4.4, 4.8),
    ]
    assert build_request(scene)[0].actors[1].words == ()


def test_subtitles_follow_the_strip_its_trim_and_the_shot(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".srt").write_text(LINES)
    strip = strips.add_speech(scene, "Anna", voice, 61)
    compat.set_strip_left(strip, 61 + 45)  # 1.5 s into the sound: only the second line is audible
    assert near(anna(scene).captions) == [("Go on.", 4.0, 4.8)]
    scene.frame_end = 1 + 126  # 4.2 s
    assert near(anna(scene).captions) == [("Go", 4.0, 4.2)]


def test_a_voice_that_begins_before_the_shot_loses_the_words_before_it(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".TextGrid").write_text(GRID)
    strips.add_speech(scene, "Anna", voice, 1)
    scene.frame_start = 1 + 30
    assert [(word.text, round(word.start, 2)) for word in anna(scene).words] == [
        ("then", 0.0),
        ("go", 1.0),
        ("on", 1.4),
    ]


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_words_keep_their_seconds_at_any_frame_rate(scene: bpy.types.Scene, voice: Path, fps: int, base: float) -> None:
    voice.with_suffix(".TextGrid").write_text(GRID)
    scene.render.fps, scene.render.fps_base = fps, base
    rate = fps / base
    scene.frame_end = 1 + round(8 * rate)
    strips.add_speech(scene, "Anna", voice, 1 + round(2 * rate))
    assert [word.start for word in anna(scene).words] == pytest.approx([2.5, 2.9, 4.0, 4.4], abs=0.5 / rate)


def test_a_text_without_times_is_one_caption_over_the_audible_part(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".txt").write_text("Okay then.\nGo on.")
    strip = strips.add_speech(scene, "Anna", voice, 61)
    assert near(anna(scene).captions) == [("Okay then. Go on.", 2.0, 5.0)]
    compat.set_strip_left(strip, 61 + 12)  # 0.4 s of silence are cut
    assert near(anna(scene).captions) == [("Okay then. Go on.", 2.4, 5.0)] and not warnings_about(scene, "times")


def test_a_text_without_times_is_left_out_where_a_part_of_the_voice_is_cut(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".txt").write_text("Okay then. Go on.")
    strip = strips.add_speech(scene, "Anna", voice, 61)
    compat.set_strip_left(strip, 61 + 45)
    assert anna(scene).captions == ()
    (warning,) = warnings_about(scene, "has no times")
    assert "a voice é.txt" in warning and "'Anna'" in warning and ".srt" in warning


def test_a_muted_voice_has_no_words(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".srt").write_text(LINES)
    strips.add_speech(scene, "Anna", voice, 1).mute = True
    write_text(scene, "Okay", 1, 60)
    actor = anna(scene)
    assert actor.captions == () and actor.words == ()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"1\n00:00:xx --> 00:00:02,000\nHi\n"])
def test_a_bad_file_beside_the_sound_is_a_warning_and_the_voice_stays(
    scene: bpy.types.Scene, voice: Path, content: bytes
) -> None:
    voice.with_suffix(".srt").write_bytes(content)
    for frame in (1, 121):
        strips.add_speech(scene, "Anna", voice, frame)
    actor = anna(scene)
    assert len(actor.speech) == 1 and actor.captions == ()
    (warning,) = warnings_about(scene, "a voice é.srt")  # once, not for each strip
    assert warning.endswith("'Anna' speaks without it.")


def test_a_packed_sound_still_uses_the_file_beside_it(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".srt").write_text(LINES)
    strips.add_speech(scene, "Anna", voice, 1).sound.pack()
    assert near(anna(scene).captions) == [("Okay then.", 0.5, 1.5), ("Go on.", 2.0, 2.8)]


# Files chosen by hand


def choose(scene: bpy.types.Scene, strip: Any, path: Path) -> None:
    scene.sequence_editor.active_strip = strip
    assert bpy.ops.interact.choose_transcript(filepath=str(path)) == {"FINISHED"}


def test_a_chosen_file_takes_precedence_over_the_one_beside_the_sound_until_it_is_cleared(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    voice.with_suffix(".srt").write_text(LINES)
    (tmp_path / "final.txt").write_text("Now then.")
    strip = strips.add_speech(scene, "Anna", voice, 1)
    choose(scene, strip, tmp_path / "final.txt")
    assert near(anna(scene).captions) == [("Now then.", 0.0, 3.0)]
    assert bpy.ops.interact.clear_transcript() == {"FINISHED"}
    assert len(anna(scene).captions) == 2


def test_a_bad_file_is_refused_when_it_is_chosen(scene: bpy.types.Scene, voice: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.srt").write_text("1\n00:00:xx --> 00:00:02,000\nHi\n")
    strip = strips.add_speech(scene, "Anna", voice, 1)
    scene.sequence_editor.active_strip = strip
    with pytest.raises(RuntimeError, match=r"'bad\.srt' has no valid times in line 2"):
        bpy.ops.interact.choose_transcript(filepath=str(tmp_path / "bad.srt"))
    assert chosen_transcript(strip) is None


def test_a_chosen_file_that_is_broken_or_gone_stops_the_generation(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    path = tmp_path / "final.txt"
    path.write_text("Now then.")
    choose(scene, strips.add_speech(scene, "Anna", voice, 1), path)
    path.write_bytes(b"\x00")
    with pytest.raises(InvalidRequest, match=r"'final\.txt' is no text"):
        build_request(scene)
    path.unlink()
    with pytest.raises(InvalidRequest, match=r"'final\.txt' is not at"):
        build_request(scene)


def test_a_transcript_can_be_chosen_only_for_a_voice_of_an_actor(scene: bpy.types.Scene, voice: Path) -> None:
    assert not bpy.ops.interact.choose_transcript.poll()
    scene.sequence_editor_create()
    scene.sequence_editor.active_strip = strips.add_action(scene, "Anna", "walk", 1, 50)
    assert not bpy.ops.interact.choose_transcript.poll()
    scene.sequence_editor.active_strip = strips.add_speech(scene, "Ben", voice, 1)
    assert bpy.ops.interact.choose_transcript.poll()


def test_a_relative_choice_survives_saving_moving_and_opening(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    shot, moved = tmp_path / "shöt 1", tmp_path / "elsewhere"
    (shot / "text").mkdir(parents=True)
    (shot / "text" / "final.txt").write_text("Now then.")
    bpy.ops.wm.save_as_mainfile(filepath=str(shot / "shot.blend"))
    strip = strips.add_speech(scene, "Anna", voice, 1)
    choose(scene, strip, shot / "text" / "final.txt")
    assert strip[CHOSEN].startswith("//text")
    bpy.ops.wm.save_mainfile()
    shot.rename(moved)
    bpy.ops.wm.open_mainfile(filepath=str(moved / "shot.blend"))
    assert near(anna(bpy.context.scene).captions) == [("Now then.", 0.0, 3.0)]


def test_a_copy_saved_by_a_batch_job_finds_the_chosen_file_from_where_it_lies(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    (tmp_path / "final.txt").write_text("Now then.")
    (tmp_path / "farm" / "out").mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    strip = strips.add_speech(scene, "Anna", voice, 1)
    choose_transcript(strip, "//final.txt")
    _save_blend(tmp_path / "farm" / "out" / "shot.blend")
    assert strip[CHOSEN] == "//final.txt"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "farm" / "out" / "shot.blend"))
    assert (
        chosen_transcript(bpy.context.scene.sequence_editor.strips[0])
        == tmp_path / "farm" / "out" / ".." / ".." / "final.txt"
    )
    assert near(anna(bpy.context.scene).captions) == [("Now then.", 0.0, 3.0)]


def test_a_chosen_file_that_is_gone_is_looked_for_beside_the_sound(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    (tmp_path / "final.txt").write_text("Now then.")
    strip = strips.add_speech(scene, "Anna", voice, 1)
    strip[CHOSEN] = str(tmp_path / "gone" / "final.txt")
    assert chosen_transcript(strip) == tmp_path / "final.txt"


def test_the_halves_of_a_cut_voice_keep_the_choice_and_share_the_words(
    scene: bpy.types.Scene, voice: Path, tmp_path: Path
) -> None:
    (tmp_path / "final.srt").write_text(LINES)
    strip = strips.add_speech(scene, "Anna", voice, 1)
    choose(scene, strip, tmp_path / "final.srt")
    second = strip.split(frame=1 + 51, split_method="SOFT")
    compat.set_strip_left(second, 1 + 54)
    assert near(anna(scene).captions) == [("Okay then.", 0.5, 1.5), ("Go on.", 2.0, 2.8)]


# Text strips


@pytest.mark.parametrize("kind", [TRANSCRIPT, SPEECH])
def test_text_strips_in_a_channel_of_the_actor_are_captions(scene: bpy.types.Scene, voice: Path, kind: str) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    if kind == SPEECH:  # the voice is in "Anna Speech"; the text needs a second one
        strips.add_speech(scene, "Anna", voice, 31)
        write_text(scene, "Okay\nthen", 121, 136, SPEECH)
        strips.add_speech(scene, "Anna", voice, 111)
        assert near(anna(scene).captions) == [("Okay then", 4.0, 4.5)]
    else:
        write_text(scene, "Okay\nthen", 16, 46)
        assert near(anna(scene).captions) == [("Okay then", 0.5, 1.5)]


def test_text_strips_take_precedence_over_a_file_for_the_time_they_cover(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".srt").write_text(LINES)
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 13, 49)
    assert near(anna(scene).captions) == [("Well now", 0.4, 1.6), ("Go on.", 2.0, 2.8)]
    voice.with_suffix(".TextGrid").write_text(GRID)
    actor = anna(scene)
    assert near(actor.captions) == [("Well now", 0.4, 1.6)] and [word.text for word in actor.words] == ["go", "on"]


def test_a_text_without_times_gives_way_to_text_strips_as_a_whole(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".txt").write_text("Okay then. Go on.")
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 13, 49)
    assert near(anna(scene).captions) == [("Well now", 0.4, 1.6)]
    assert warnings_about(scene, "gives way to the text strips")


def test_a_text_strip_is_cut_to_the_voice_it_lies_over(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 61)
    write_text(scene, "Well now", 31, 301)
    assert near(anna(scene).captions) == [("Well now", 2.0, 5.0)]


def test_a_text_strip_without_a_voice_is_left_out_with_a_warning(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 181, 211)
    assert anna(scene).captions == ()
    (warning,) = warnings_about(scene, "text strip")
    assert "'Anna'" in warning and "6.0 s" in warning


def test_muted_text_strips_and_those_of_others_are_not_read(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 13, 49).mute = True
    subtitle = write_text(scene, "A subtitle", 50, 80)
    subtitle.channel = 20
    assert anna(scene).captions == ()


def test_text_strips_do_not_cover_the_render(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 13, 49)
    scene.render.use_sequencer = True
    strips.keep_labels_out_of_renders(scene)
    assert not scene.render.use_sequencer


def test_reading_transcripts_changes_nothing_in_the_scene(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".txt").write_text("Okay then. Go on.")
    strip = strips.add_speech(scene, "Anna", voice, 1)
    before = (len(bpy.data.sounds), len(bpy.data.texts), len(scene.sequence_editor.strips), list(strip.keys()))
    build_request(scene)
    assert before == (len(bpy.data.sounds), len(bpy.data.texts), len(scene.sequence_editor.strips), list(strip.keys()))


def test_words_and_captions_of_the_request_pass_the_contract(scene: bpy.types.Scene, voice: Path) -> None:
    voice.with_suffix(".TextGrid").write_text(GRID)
    strips.add_speech(scene, "Anna", voice, 1)
    write_text(scene, "Well now", 13, 49)
    request, _ = build_request(scene)
    assert contract.request_from_json(contract.request_to_json(request)).actors[0].words == request.actors[0].words
    assert all(isinstance(word, TimedWord) for word in request.actors[0].words)
