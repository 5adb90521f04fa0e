"""What is heard: an actor's voice is what Blender's sequencer plays in its speech channels, whatever was done to it."""

from __future__ import annotations

import struct
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aud
import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from interact_addon import compat
from interact_addon.rig.curves import curves_of
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import mixdown, sound, sound_files, sound_scene, strips
from interact_addon.scene.request import build_request
from model_runtime.errors import InvalidRequest, OutOfSpace, SpeechFileBroken, SpeechFileMissing

from .rigs import make_rig

RATE = 48000
Wave = NDArray[np.float32]


def load_wave(path: str | Path) -> Wave:
    """The samples (N,) of a mono file, or (N, channels), as Blender reads them."""
    data = aud.Sound(str(path)).data()
    return data[:, 0] if data.shape[1] == 1 else data


def tone(hertz: float, seconds: float = 3.0, height: float = 0.5) -> Wave:
    return (height * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def write_sound(path: Path, samples: Wave) -> Path:
    """Write (N,) or (N, channels) as a WAV of 16 bit."""
    channels = samples[:, None] if samples.ndim == 1 else samples
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((32767 * channels).astype("<i2").tobytes())
    return path


def encode(source: Path, path: Path, container: int, codec: int) -> None:
    """Encode a sound with Blender's own encoders."""
    depth = aud.FORMAT_S16 if codec == aud.CODEC_FLAC else aud.FORMAT_FLOAT32
    aud.Sound(str(source)).write(str(path), RATE, 1, depth, container, codec, 192000)


def height_of(samples: Wave, hertz: float, start: float, end: float) -> float:
    """The height of a tone in the span from ``start`` to ``end`` (s)."""
    part = samples[round(start * RATE) : round(end * RATE)]
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / RATE)
    return float(2 * np.abs((part * turns).mean()))


def differ(found: Wave, expected: Wave) -> int:
    """How many samples differ by more than the rounding to 16 bit."""
    assert found.shape == expected.shape
    return int((np.abs(found - expected) > 1e-4).sum())


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, in a shot of five seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 151
    for actor, rig in zip(scene.interact.actors, (make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben"))):
        actor.armature = rig
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    return scene


@pytest.fixture
def low(tmp_path: Path) -> Path:
    """Three seconds of a tone of 300 Hz."""
    return write_sound(tmp_path / "low é.wav", tone(300))


@pytest.fixture
def high(tmp_path: Path) -> Path:
    """Three seconds of a tone of 1000 Hz."""
    return write_sound(tmp_path / "high.wav", tone(1000))


def heard(scene: bpy.types.Scene, actor: str = "Anna") -> Wave:
    """What the runtime is given of an actor; zeros if it is given nothing."""
    clips = sound.read_speech(scene, actor)
    return load_wave(clips[0].path) if clips else np.zeros(round(5.0 * RATE), np.float32)


def in_sequencer(scene: bpy.types.Scene, selected: list[Any], operator: Callable[..., Any], **options: Any) -> None:
    """Run an operator of the sequencer on the selected strips, the first of which is active."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    area.spaces[0].view_type = "SEQUENCER"
    compat.show_in_sequencer(scene)
    for strip in scene.sequence_editor.strips_all:
        strip.select = strip in selected
    scene.sequence_editor.active_strip = selected[0]
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region, scene=scene):
        assert operator(**options) == {"FINISHED"}


def key_volume(strip: Any, *keys: tuple[int, float]) -> None:
    for frame, volume in keys:
        strip.volume = volume
        strip.keyframe_insert("volume", frame=frame)


def data_blocks() -> list[str]:
    return [
        f"{kind} {item.name} {item.users}"
        for kind in ("scenes", "sounds", "actions", "collections", "objects", "worlds")
        for item in getattr(bpy.data, kind)
    ]


# Levels and places


def test_a_mono_sound_is_heard_sample_by_sample_where_its_strip_lies(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 31)
    expected = np.zeros(5 * RATE, np.float32)
    expected[RATE : 4 * RATE] = load_wave(low)
    assert differ(heard(scene), expected) == 0


def test_trims_and_cuts_are_heard(scene: bpy.types.Scene, low: Path) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    second = strip.split(frame=46, split_method="SOFT")
    compat.set_strip_left(second, 61)
    expected = np.zeros(5 * RATE, np.float32)
    expected[: 3 * RATE] = load_wave(low)
    expected[round(1.5 * RATE) : 2 * RATE] = 0.0
    assert differ(heard(scene), expected) <= 256  # Blender's mix ends a strip within its accuracy, 5 ms


def test_a_shot_that_begins_inside_of_a_voice_begins_with_its_middle(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    scene.frame_start, scene.frame_end = 31, 181
    assert differ(heard(scene)[: 2 * RATE], load_wave(low)[RATE:]) == 0


def test_overlapping_voices_add_up_without_being_clipped(scene: bpy.types.Scene, low: Path, tmp_path: Path) -> None:
    loud = write_sound(tmp_path / "loud.wav", tone(300, height=0.9))
    for _ in range(3):
        strips.add_speech(scene, "Anna", loud, 1)
    assert np.abs(heard(scene)).max() == pytest.approx(2.7, rel=1e-3)


def test_the_volume_of_strip_and_scene_is_heard(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1).volume = 0.5
    assert np.abs(heard(scene)).max() == pytest.approx(0.25, rel=1e-3)
    scene.audio_volume = 0.5
    assert np.abs(heard(scene)).max() == pytest.approx(0.125, rel=1e-3)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_voice_is_as_loud_as_its_file_in_mono_and_stereo(
    scene: bpy.types.Scene, tmp_path: Path, channels: int
) -> None:
    path = write_sound(tmp_path / "voice.wav", np.stack([tone(300)] * channels, axis=1))
    strips.add_speech(scene, "Anna", path, 1)
    assert np.abs(heard(scene)).max() == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("pan", [-1.0, -0.5, 1.0])
def test_a_panned_voice_is_as_loud_as_before(scene: bpy.types.Scene, low: Path, pan: float) -> None:
    strips.add_speech(scene, "Anna", low, 1).pan = pan
    assert np.abs(heard(scene)).max() == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_the_shot_has_its_seconds_at_any_frame_rate(scene: bpy.types.Scene, low: Path, fps: int, base: float) -> None:
    scene.render.fps, scene.render.fps_base = fps, base
    scene.frame_start, scene.frame_end = 101, 101 + round(5 * fps / base)
    strips.add_speech(scene, "Anna", low, 101 + round(fps / base))
    samples = heard(scene)
    assert len(samples) == pytest.approx(5 * RATE, abs=RATE * base / fps)
    assert np.flatnonzero(np.abs(samples) > 0.01)[0] == pytest.approx(RATE, abs=0.5 * RATE * base / fps)


# Animation and retiming


def test_a_keyed_fade_is_heard_wherever_the_playhead_is(scene: bpy.types.Scene, low: Path) -> None:
    key_volume(strips.add_speech(scene, "Anna", low, 1), (1, 0.0), (31, 1.0))
    requests = []
    for frame in (1, 16, 140):
        scene.frame_set(frame)
        requests.append(build_request(scene)[0])
    assert requests[0].actors[0].speech == requests[1].actors[0].speech == requests[2].actors[0].speech
    samples = heard(scene)
    heights = [height_of(samples, 300, start, start + 0.1) for start in (0.0, 0.45, 0.9, 1.5)]
    assert heights == pytest.approx([0.0, 0.25, 0.49, 0.5], abs=0.04)


def test_fades_made_by_blenders_own_operator_are_heard(scene: bpy.types.Scene, low: Path) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    in_sequencer(scene, [strip], bpy.ops.sequencer.fades_add, duration_seconds=1.0, type="OUT")
    samples = heard(scene)
    assert height_of(samples, 300, 1.0, 1.9) == pytest.approx(0.5, abs=0.01)
    assert 0.1 < height_of(samples, 300, 2.4, 2.6) < 0.4


def test_a_keyed_mute_is_heard_wherever_the_playhead_is(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    strip, other = strips.add_speech(scene, "Anna", low, 1), strips.add_speech(scene, "Ben", high, 1)
    for frame, mute in ((1, False), (31, True), (61, False)):
        strip.mute = other.mute = mute
        strip.keyframe_insert("mute", frame=frame)
        other.keyframe_insert("mute", frame=frame)
    for frame in (1, 40):
        scene.frame_set(frame)
        samples = heard(scene)
        heights = [height_of(samples, 300, start, start + 0.8) for start in (0.1, 1.1, 2.1)]
        assert heights == pytest.approx([0.5, 0.0, 0.5], abs=0.01) and height_of(samples, 1000, 0, 3) < 1e-3


def test_a_retimed_voice_is_as_long_as_its_strip(scene: bpy.types.Scene, low: Path) -> None:
    strip = strips.add_speech(scene, "Anna", low, 31)
    in_sequencer(scene, [strip], bpy.ops.sequencer.retiming_segment_speed_set, speed=200.0)
    last = np.flatnonzero(np.abs(heard(scene)) > 0.05)[-1] / RATE
    assert last == pytest.approx((compat.strip_right(strip) - 1) / 30, abs=0.1) and last < 2.7


def test_a_slowed_voice_is_heard_to_its_end(scene: bpy.types.Scene, low: Path) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    in_sequencer(scene, [strip], bpy.ops.sequencer.retiming_segment_speed_set, speed=75.0)
    assert np.flatnonzero(np.abs(heard(scene)) > 0.05)[-1] / RATE == pytest.approx(4.0, abs=0.1)


def test_the_sound_offset_of_a_strip_is_heard(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1).sound_offset = 0.25
    assert np.flatnonzero(np.abs(heard(scene)) > 0.01)[0] / RATE == pytest.approx(0.25, abs=0.001)


def test_an_equalizer_is_heard_and_a_change_of_it_is_mixed_again(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "both.wav", tone(300, height=0.4) + tone(3000, height=0.4))
    strip = strips.add_speech(scene, "Anna", path, 1)
    in_sequencer(scene, [strip], bpy.ops.sequencer.strip_modifier_add, type="SOUND_EQUALIZER")
    flat = height_of(heard(scene), 3000, 0.1, 2.9)
    (graph,) = strip.modifiers[0].graphics
    for point in graph.curve_mapping.curves[0].points:
        point.location.y = -30.0 if point.location.x > 1000 else 0.0
    graph.curve_mapping.update()
    assert height_of(heard(scene), 3000, 0.5, 2.5) < 0.7 * flat


# Meta strips, scene strips, another scene's sequencer


def test_in_a_meta_strip_each_actor_keeps_the_channels_of_its_name(
    scene: bpy.types.Scene, low: Path, high: Path
) -> None:
    both = [strips.add_speech(scene, "Anna", low, 1), strips.add_speech(scene, "Ben", high, 31)]
    in_sequencer(scene, both, bpy.ops.sequencer.meta_make)
    meta = next(strip for strip in scene.sequence_editor.strips if strip.type == "META")
    compat.set_strip_right(meta, 91)
    anna, ben = heard(scene, "Anna"), heard(scene, "Ben")
    assert height_of(anna, 300, 0.1, 2.9) == pytest.approx(0.5, abs=0.01) and height_of(anna, 1000, 1.1, 2.9) < 1e-3
    assert height_of(ben, 1000, 1.1, 2.9) == pytest.approx(0.5, abs=0.01) and height_of(ben, 300, 0.1, 2.9) < 1e-3
    assert np.abs(anna[round(3.05 * RATE) :]).max() == np.abs(ben[round(3.05 * RATE) :]).max() == 0.0


def test_a_meta_strip_in_an_actors_channel_is_that_actors_voice(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    meta = scene.sequence_editor.strips.new_meta("scene 1", 1, 1)
    meta.channel = scene.sequence_editor.strips[0].channel
    inner = meta.strips.new_sound("inner", str(low), 5, 91)
    compat.set_strip_right(meta, 151)
    scene.sequence_editor.channels[meta.channel].name = "Anna Speech 2"
    assert inner.channel == 5 and height_of(heard(scene), 300, 3.1, 4.9) == pytest.approx(0.5, abs=0.01)
    meta.mute = True
    assert height_of(heard(scene), 300, 3.1, 4.9) < 1e-3


def dialogue_scene(low: Path, high: Path) -> bpy.types.Scene:
    """A scene of its own in which Anna and Ben speak from the first and the second second on."""
    other = bpy.data.scenes.new("dialogue")
    other.render.fps, other.frame_start, other.frame_end = 30, 1, 150
    strips.add_speech(other, "Anna", low, 1)
    strips.add_speech(other, "Ben", high, 31)
    return other


def test_a_scene_strip_plays_each_actor_from_the_other_scene(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    strip = scene.sequence_editor_create().strips.new_scene("cut 1", dialogue_scene(low, high), 3, 31)
    assert np.abs(heard(scene)).max() == 0.0  # shows the camera: nothing is played
    strip.scene_input = "SEQUENCER"
    anna, ben = heard(scene, "Anna"), heard(scene, "Ben")
    assert height_of(anna, 300, 1.1, 3.9) == pytest.approx(0.5, abs=0.01) and height_of(anna, 1000, 2.1, 3.9) < 1e-3
    assert height_of(ben, 1000, 2.1, 4.9) == pytest.approx(0.5, abs=0.01) and height_of(ben, 300, 1.1, 4.9) < 1e-3
    strip.volume = 0.5
    assert height_of(heard(scene), 300, 1.1, 3.9) == pytest.approx(0.25, abs=0.01)


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="Blender 5.0 on")
def test_the_sequencer_of_another_scene_is_heard_at_its_own_frame_rate(
    scene: bpy.types.Scene, low: Path, high: Path
) -> None:
    other = dialogue_scene(low, high)
    other.render.fps = 24
    bpy.context.workspace.sequencer_scene = other
    samples = heard(scene, "Ben")  # frame 31 at 24 fps is at 1.25 s, and the shot begins with frame 1 at 30 fps
    assert np.flatnonzero(np.abs(samples) > 0.01)[0] / RATE == pytest.approx(31 / 24 - 1 / 30, abs=0.001)


# Who is heard


def test_muted_strips_and_channels_are_not_heard(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    other = strips.add_speech(scene, "Anna", high, 1)
    other.mute = True
    assert height_of(heard(scene), 1000, 0.1, 2.9) < 1e-3 < height_of(heard(scene), 300, 0.1, 2.9)
    other.mute = False
    scene.sequence_editor.channels[other.channel].mute = True
    assert height_of(heard(scene), 1000, 0.1, 2.9) < 1e-3 < height_of(heard(scene), 300, 0.1, 2.9)


def test_nobody_speaks_with_another_ones_voice_or_with_music(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    strips.add_speech(scene, "Ben", high, 1)
    scene.sequence_editor.strips.new_sound("music", str(high), 20, 1)
    assert height_of(heard(scene, "Anna"), 1000, 0.1, 2.9) < 1e-3
    assert height_of(heard(scene, "Ben"), 300, 0.1, 2.9) < 1e-3


def test_an_actor_whose_strips_are_silent_listens(scene: bpy.types.Scene, low: Path) -> None:
    key_volume(strips.add_speech(scene, "Anna", low, 1), (1, 0.0), (31, 0.0))
    request, warnings = build_request(scene)
    assert request.actors[0].speech == ()
    assert [warning for warning in warnings if "speech" in warning and "'Anna'" in warning] == [
        "Nothing is heard of the speech strips of 'Anna'; 'Anna' only listens."
    ]


@pytest.mark.parametrize(("voices", "of_anna", "of_ben"), [("LEFT_RIGHT", 300, 1000), ("RIGHT_LEFT", 1000, 300)])
def test_a_recording_of_both_is_split_by_channel(
    scene: bpy.types.Scene, tmp_path: Path, voices: str, of_anna: int, of_ben: int
) -> None:
    path = write_sound(tmp_path / "interview.wav", np.stack([tone(300), tone(1000)], axis=1))
    strip = strips.add_speech(scene, "Anna", path, 1)
    strip.interact_voices = voices
    strip.sound.use_mono = True  # a setting of the sound that the split does not depend on
    anna, ben = heard(scene, "Anna"), heard(scene, "Ben")
    assert (
        height_of(anna, of_anna, 0.1, 2.9) == pytest.approx(0.5, abs=0.01) and height_of(anna, of_ben, 0.1, 2.9) < 1e-3
    )
    assert height_of(ben, of_ben, 0.1, 2.9) == pytest.approx(0.5, abs=0.01) and height_of(ben, of_anna, 0.1, 2.9) < 1e-3
    assert strip.sound.use_mono


def test_one_side_of_a_recording_is_chosen_by_strip(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "interview.wav", np.stack([tone(300), tone(1000)], axis=1))
    strips.add_speech(scene, "Anna", path, 1).interact_voices = "RIGHT"
    samples = heard(scene)
    assert (
        height_of(samples, 1000, 0.1, 2.9) == pytest.approx(0.5, abs=0.01) and height_of(samples, 300, 0.1, 2.9) < 1e-3
    )
    assert np.abs(heard(scene, "Ben")).max() == 0.0


# Files


@pytest.mark.parametrize(
    ("ending", "container", "codec"),
    [
        ("aac", aud.CONTAINER_AAC, aud.CODEC_AAC),
        ("mkv", aud.CONTAINER_MATROSKA, aud.CODEC_AAC),
        ("ac3", aud.CONTAINER_AC3, aud.CODEC_AC3),
        ("mka", aud.CONTAINER_MATROSKA, aud.CODEC_AC3),
        ("webm", aud.CONTAINER_MATROSKA, aud.CODEC_OPUS),
        ("mp3", aud.CONTAINER_MP3, aud.CODEC_MP3),
        ("ogg", aud.CONTAINER_OGG, aud.CODEC_VORBIS),
        ("flac", aud.CONTAINER_FLAC, aud.CODEC_FLAC),
    ],
)
def test_every_format_that_blender_plays_is_heard(
    scene: bpy.types.Scene, low: Path, tmp_path: Path, ending: str, container: int, codec: int
) -> None:
    path = tmp_path / f"voice.{ending}"
    encode(low, path, container, codec)
    strips.add_speech(scene, "Anna", path, 31)
    assert height_of(heard(scene), 300, 1.2, 3.8) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("ending", ["mp4", "m4a"])
def test_the_sound_of_an_mpeg_4_file_is_heard(scene: bpy.types.Scene, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"voice.{ending}"
    stereo = write_sound(tmp_path / "stereo.wav", np.stack([tone(300)] * 2, axis=1))
    render_mpeg4(stereo, path, with_pictures=ending == "mp4")
    strips.add_speech(scene, "Anna", path, 31)
    assert height_of(heard(scene), 300, 1.2, 3.5) == pytest.approx(0.5, abs=0.03)


def render_mpeg4(source: Path, path: Path, with_pictures: bool) -> None:
    """Encode a sound with AAC in an MPEG-4 container, by Blender's own render of a sequencer."""
    cutter = bpy.data.scenes.new("cutter")
    cutter.render.fps, cutter.frame_start, cutter.frame_end = 30, 1, 91
    cutter.render.resolution_x = cutter.render.resolution_y = 16
    editor = cutter.sequence_editor_create()
    editor.strips.new_sound("voice", str(source), 1, 1)
    compat.new_color_strip(editor, "grey", 2, 1, 92)
    compat.set_film_output(cutter.render)
    if not with_pictures:
        cutter.render.ffmpeg.codec = "NONE"
    cutter.render.use_file_extension, cutter.render.filepath = False, str(path)
    bpy.ops.render.render(animation=True, scene=cutter.name)
    bpy.data.scenes.remove(cutter)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_that_was_streamed_and_has_no_data_size_is_heard(scene: bpy.types.Scene, low: Path, size: int) -> None:
    content = bytearray(low.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    content[4:8] = struct.pack("<I", 0xFFFFFFFF if size else 0)
    low.write_bytes(content)
    strips.add_speech(scene, "Anna", low, 1)
    assert height_of(heard(scene), 300, 0.1, 2.9) == pytest.approx(0.5, abs=0.01)


def test_a_packed_sound_is_heard_without_its_file(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1).sound.pack()
    low.unlink()
    assert height_of(heard(scene), 300, 0.1, 2.9) == pytest.approx(0.5, abs=0.01)


def test_a_file_that_blender_cannot_play_is_one_sentence_with_the_strip(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1).name = "hello"
    low.write_bytes(b"no sound at all" * 100)
    with pytest.raises(SpeechFileBroken, match=r"^Blender cannot play 'low é\.wav' of the speech strip 'hello'"):
        build_request(scene)
    low.unlink()
    with pytest.raises(SpeechFileMissing, match=r"'hello' of 'Anna' is not at"):
        build_request(scene)


# What it costs and leaves behind


def test_mixing_leaves_the_file_as_it_was(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    key_volume(strips.add_speech(scene, "Anna", low, 1), (1, 0.0), (31, 1.0))
    other = dialogue_scene(low, high)
    scene.sequence_editor.strips.new_scene("cut 1", other, 5, 31).scene_input = "SEQUENCER"
    scene.frame_set(12)
    animation = scene.animation_data
    curves = [
        list(point.co)
        for curve in curves_of(animation.action, animation.action_slot)
        for point in curve.keyframe_points
    ]
    before = data_blocks(), scene.frame_current, [strip.mute for strip in scene.sequence_editor.strips_all]
    assert np.abs(heard(scene)).max() > 0.0
    assert before == (data_blocks(), 12, [strip.mute for strip in scene.sequence_editor.strips_all])
    animation = scene.animation_data
    assert curves == [
        list(point.co)
        for curve in curves_of(animation.action, animation.action_slot)
        for point in curve.keyframe_points
    ]
    assert bpy.context.scene == scene and bpy.context.window.scene == scene


@pytest.fixture
def mixes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The frames of every mix that Blender is asked for."""
    asked: list[tuple[int, int]] = []
    mix = sound_scene.SoundScene.mix

    def counted(bench: sound_scene.SoundScene, first: int, last: int, channels: int, path: Path) -> Any:
        asked.append((first, last))
        return mix(bench, first, last, channels, path)

    monkeypatch.setattr(sound_scene.SoundScene, "mix", counted)
    return asked


def test_what_has_not_changed_is_mixed_once(scene: bpy.types.Scene, low: Path, mixes: list[tuple[int, int]]) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    key_volume(strip, (1, 0.0), (31, 1.0))
    first = heard(scene)
    scene.frame_set(20)
    strip.select, strip.color_tag = False, "COLOR_01"
    assert differ(heard(scene), first) == 0 and len(mixes) == 1


def test_a_sound_that_lies_elsewhere_or_is_packed_is_mixed_once(
    scene: bpy.types.Scene, low: Path, tmp_path: Path, mixes: list[tuple[int, int]]
) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    first = heard(scene)
    (tmp_path / "elsewhere.wav").write_bytes(low.read_bytes())
    strip.sound.filepath = str(tmp_path / "elsewhere.wav")
    assert differ(heard(scene), first) == 0
    strip.sound.pack()
    assert differ(heard(scene), first) == 0 and len(mixes) == 1


def _move(strip: Any, _: Path) -> None:
    strip.frame_start = 5


def _turn_down(strip: Any, _: Path) -> None:
    strip.volume = 0.5


def _key(strip: Any, _: Path) -> None:
    key_volume(strip, (1, 1.0), (31, 0.5))


def _replace_file(_: Any, path: Path) -> None:
    write_sound(path, tone(500, 2.5))


def _turn_scene_down(strip: Any, _: Path) -> None:
    strip.id_data.audio_volume = 0.5


@pytest.mark.parametrize("change", [_move, _turn_down, _key, _replace_file, _turn_scene_down])
def test_what_has_changed_is_mixed_again(
    scene: bpy.types.Scene, low: Path, mixes: list[tuple[int, int]], change: Callable[[Any, Path], None]
) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    first = heard(scene)
    change(strip, low)
    assert differ(heard(scene), first) > 0 and len(mixes) == 2


def test_a_mix_calls_no_handler_of_other_add_ons(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    evaluated: list[str] = []

    def handler(changed: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
        evaluated.append(changed.name)

    bpy.app.handlers.frame_change_post.append(handler)
    try:
        heard(scene)
        assert evaluated == [] and handler in list(bpy.app.handlers.frame_change_post)
    finally:
        bpy.app.handlers.frame_change_post.remove(handler)


def test_another_blender_mixes_the_same_where_this_one_would_mix_in_a_thread(
    scene: bpy.types.Scene, low: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    key_volume(strip, (1, 0.0), (31, 1.0))
    strip.sound.pack()
    here = heard(scene)
    monkeypatch.setattr(compat, "mixes_in_a_thread", lambda: True)
    monkeypatch.setattr(sound, "_mixed", {})
    assert differ(heard(scene), here) == 0
    assert not list(Path(bpy.app.tempdir).glob("*_mix.*"))


def test_a_wave_is_waited_for_until_its_header_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sound(tmp_path / "a.wav", tone(300, 0.1))
    mixdown.wait_until_whole(path)
    path.write_bytes(path.read_bytes()[:-100])
    monkeypatch.setattr(mixdown, "_LONGEST_WAIT", 0.1)
    with pytest.raises(RuntimeError, match="has not mixed"):
        mixdown.wait_until_whole(path)


def test_a_mix_evaluates_no_object(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    scene["mine"] = scene.interact.actor_a.armature
    scene.timeline_markers.new("cut", frame=3).camera = scene.interact.actor_b.armature
    with sound_scene.sound_scene(scene, [(0,)]) as bench:
        bench.mix(1, 30, 1, Path(bpy.app.tempdir) / "mix.wav")
        with bpy.context.temp_override(scene=bench.scene, view_layer=bench.scene.view_layers[0]):
            evaluated = {item.id_type for item in bpy.context.evaluated_depsgraph_get().ids}
    assert "SCENE" in evaluated and evaluated.isdisjoint({"OBJECT", "ARMATURE", "MESH"})


def test_a_written_wave_is_read_back_by_blender(tmp_path: Path) -> None:
    for length in (1, 1024, 384000):
        samples = tone(300, length / RATE)
        sound_files.write_wave(tmp_path / "a.wav", samples, RATE)
        assert differ(np.atleast_1d(load_wave(tmp_path / "a.wav")), samples) == 0


# Names longer than Blender keeps


@pytest.mark.parametrize("actor", ["花子" * 8, "花子" * 9, "花子" * 20, "A very long name " * 5])
def test_the_channels_of_an_actor_with_a_long_name_are_found(scene: bpy.types.Scene, low: Path, actor: str) -> None:
    scene.interact.actor_a.name = actor
    strips.add_speech(scene, actor, low, 1)
    strips.add_action(scene, actor, "walk", 1, 90)
    spoken = build_request(scene)[0].actors[0]
    assert len(spoken.speech) == 1 and [span.label for span in spoken.actions] == ["walk"]
    assert all(len(channel.name.encode()) <= 63 for channel in scene.sequence_editor.channels)


def test_two_long_names_that_begin_alike_keep_their_own_channels(scene: bpy.types.Scene, low: Path, high: Path) -> None:
    first, second = scene.interact.actors
    first.name, second.name = "花子" * 20 + "一", "花子" * 20 + "二"
    strips.add_speech(scene, first.name, low, 1)
    strips.add_speech(scene, second.name, high, 1)
    assert height_of(heard(scene, first.name), 300, 0.1, 2.9) == pytest.approx(0.5, abs=0.01)
    assert height_of(heard(scene, second.name), 300, 0.1, 2.9) < 1e-3


def test_a_channel_that_blender_cut_within_its_kind_is_found(scene: bpy.types.Scene, low: Path) -> None:
    scene.interact.actor_a.name = actor = "花子" * 9 + "abc"
    number = strips.add_speech(scene, actor, low, 1).channel
    scene.sequence_editor.channels[number].name = f"{actor} Speech"
    assert scene.sequence_editor.channels[number].name == f"{actor} Speec"
    assert len(build_request(scene)[0].actors[0].speech) == 1


def test_a_channel_that_blender_cut_before_its_kind_is_one_sentence(scene: bpy.types.Scene, low: Path) -> None:
    scene.interact.actor_a.name = actor = "花子" * 11
    number = strips.add_speech(scene, actor, low, 1).channel
    scene.sequence_editor.channels[number].name = f"{actor} Speech"
    with pytest.raises(InvalidRequest, match=f"cut the name of channel {number} before it says"):
        build_request(scene)


# Mixed while Blender goes on


def mixed_elsewhere(scene: bpy.types.Scene) -> sound.VoiceMix:
    mix = sound.VoiceMix(scene, "Anna")
    while not mix.is_done:
        time.sleep(0.02)
    return mix


def test_a_mix_beside_blender_is_the_same_and_is_known_afterwards(
    scene: bpy.types.Scene, low: Path, high: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_volume(strips.add_speech(scene, "Anna", low, 1), (1, 0.0), (31, 1.0))
    both = strips.add_speech(scene, "Anna", high, 40)
    both.interact_voices = "LEFT_RIGHT"  # a second mix, in stereo
    here = heard(scene)
    monkeypatch.setattr(sound, "_mixed", {})
    clip = mixed_elsewhere(scene).clip()
    assert clip is not None and differ(load_wave(clip.path), here) == 0
    assert sound.VoiceMix(scene, "Anna").is_done
    assert not list(Path(bpy.app.tempdir).glob("*_mix.*"))


def test_a_mix_beside_blender_tells_whether_a_strip_was_changed_meanwhile(scene: bpy.types.Scene, low: Path) -> None:
    strip = strips.add_speech(scene, "Anna", low, 1)
    mix = mixed_elsewhere(scene)
    assert mix.is_current(scene)
    strip.volume = 0.5
    assert not mix.is_current(scene)


def test_a_mix_that_is_stopped_ends_the_other_blender(scene: bpy.types.Scene, low: Path) -> None:
    strips.add_speech(scene, "Anna", low, 1)
    mix = sound.VoiceMix(scene, "Anna")
    mix.stop()
    assert mix._thread is not None
    mix._thread.join(10.0)
    assert mix.is_done
    with pytest.raises(OutOfSpace, match="cannot write the voices"):
        mix.clip()


def test_a_wave_that_is_cut_off_is_no_sound_file(tmp_path: Path) -> None:
    sound_files.write_wave(tmp_path / "a.wav", tone(300, 0.1), RATE)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:30])
    with pytest.raises(OSError, match="no whole sound file"):
        sound_files.read_wave(tmp_path / "a.wav")
