"""Sound files of every kind become one voice on the shot's timeline, and prosody measures it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_runtime.contract import SpeechClip
from model_runtime.errors import SpeechFileBroken, SpeechFileMissing
from model_runtime.speech.audio import SAMPLE_RATE, load_speech, mix_speech
from model_runtime.speech.prosody import ENERGY, PITCH, PROSODY_SIZE, VOICE_ACTIVITY, prosody


def hum(seconds: float, pitch: float = 120.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Return a vowel-like buzz: harmonics of a slowly moving pitch, in syllables of a quarter second."""
    t = np.arange(round(seconds * rate)) / rate
    phase = 2.0 * np.pi * np.cumsum(pitch * (1.0 + 0.05 * np.sin(2.0 * np.pi * 0.7 * t))) / rate
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20))
    return (0.1 * buzz * (0.6 + 0.4 * np.sin(2.0 * np.pi * 4.0 * t))).astype(np.float32)


@pytest.mark.parametrize(
    ("rate", "channels", "kind", "subtype"),
    [
        (8000, 1, "WAV", "PCM_U8"),
        (96000, 2, "WAV", "PCM_24"),
        (48000, 6, "WAV", "FLOAT"),
        (44100, 2, "FLAC", "PCM_16"),
        (22050, 1, "OGG", "VORBIS"),
        (44100, 1, "MP3", "MPEG_LAYER_III"),
    ],
)
def test_any_depth_rate_and_channel_count_becomes_the_same_mono_voice(
    tmp_path: Path, rate: int, channels: int, kind: str, subtype: str
) -> None:
    path = tmp_path / f"a voice ü.{kind.lower()}"
    soundfile.write(
        str(path), np.repeat(hum(1.5, rate=rate)[:, None], channels, axis=1), rate, format=kind, subtype=subtype
    )
    wave, expected = load_speech(path), hum(1.5)
    assert wave.dtype == np.float32 and wave.ndim == 1
    assert abs(len(wave) - len(expected)) < 0.1 * SAMPLE_RATE  # MP3 pads its ends
    assert 0.9 < np.sqrt(np.mean(wave**2)) / np.sqrt(np.mean(expected**2)) < 1.1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpeechFileMissing, match=r"gone\.wav"):
        load_speech(tmp_path / "gone.wav")


@pytest.mark.parametrize("content", [b"", b"this is no sound at all, only text", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_broken_file_is_named_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(SpeechFileBroken, match=r"broken\.wav") as caught:
        load_speech(path)
    assert "\n" not in str(caught.value)


def test_a_wav_without_samples_and_a_raw_file_are_broken(tmp_path: Path) -> None:
    soundfile.write(str(tmp_path / "none.wav"), np.zeros(0, np.float32), 48000)
    (tmp_path / "voice.raw").write_bytes(b"\0" * 1000)
    for name in ("none.wav", "voice.raw"):
        with pytest.raises(SpeechFileBroken):
            load_speech(tmp_path / name)


def test_clips_are_mixed_at_their_time_with_trim_and_gain(tmp_path: Path) -> None:
    path = tmp_path / "ramp.wav"
    soundfile.write(str(path), np.linspace(0.0, 0.8, 2 * SAMPLE_RATE, dtype=np.float32), SAMPLE_RATE, subtype="FLOAT")
    mix = mix_speech((SpeechClip(str(path), start=1.0, duration=0.5, trim_start=1.0, gain=0.5),), duration=3.0)
    assert len(mix) == 3 * SAMPLE_RATE
    assert not mix[:SAMPLE_RATE].any() and not mix[round(1.51 * SAMPLE_RATE) :].any()
    assert mix[round(1.25 * SAMPLE_RATE)] == pytest.approx(0.5 * 0.8 * 1.25 / 2.0, abs=1e-3)


def test_a_clip_that_began_before_the_shot_and_one_past_its_end_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "ramp.wav"
    soundfile.write(str(path), np.linspace(0.0, 0.8, 2 * SAMPLE_RATE, dtype=np.float32), SAMPLE_RATE, subtype="FLOAT")
    early = mix_speech((SpeechClip(str(path), start=-1.0, duration=2.0),), duration=2.0)
    assert early[0] == pytest.approx(0.4, abs=1e-3) and not early[SAMPLE_RATE + 10 :].any()
    late = mix_speech(
        (SpeechClip(str(path), start=1.5, duration=2.0), SpeechClip(str(path), start=9.0, duration=1.0)), duration=2.0
    )
    assert late[-1] == pytest.approx(0.2, abs=1e-3)


def test_overlapping_clips_add_up(tmp_path: Path) -> None:
    path = tmp_path / "flat.wav"
    soundfile.write(str(path), np.full(SAMPLE_RATE, 0.25, np.float32), SAMPLE_RATE, subtype="FLOAT")
    mix = mix_speech((SpeechClip(str(path), 0.0, 1.0), SpeechClip(str(path), 0.5, 1.0)), duration=1.5)
    assert mix[round(0.75 * SAMPLE_RATE)] == pytest.approx(0.5, abs=1e-3)


def test_silence_is_zero_in_every_column() -> None:
    assert not prosody(np.zeros(SAMPLE_RATE, np.float32), 30).any()
    assert prosody(np.zeros(0, np.float32), 7).shape == (7, PROSODY_SIZE)


def test_steady_noise_is_no_voice() -> None:
    noise = np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE).astype(np.float32) * 0.03
    assert not prosody(noise, 120)[:, VOICE_ACTIVITY].any()


def test_prosody_does_not_depend_on_the_level_of_the_recording() -> None:
    wave = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), hum(3.0), np.zeros(SAMPLE_RATE, np.float32)])
    assert np.abs(prosody(wave, 150) - prosody(0.05 * wave, 150)).max() < 0.05


def test_activity_and_loudness_follow_the_voice_and_its_pauses() -> None:
    wave = np.concatenate([hum(1.0), np.zeros(SAMPLE_RATE, np.float32), hum(1.0)])
    features = prosody(wave, 90)
    assert features[5:25, VOICE_ACTIVITY].min() > 0.9 and features[35:55, VOICE_ACTIVITY].max() < 0.1
    assert features[5:25, ENERGY].mean() > 0.7 and features[35:55].std() < 0.05


def test_pitch_is_measured_in_octaves_against_the_voices_own_median() -> None:
    low, high = prosody(np.concatenate([hum(2.0, 110.0), hum(1.0, 165.0)]), 90)[:, PITCH][[20, 80]]
    assert high - low == pytest.approx(np.log2(1.5), abs=0.15)


@pytest.mark.timeout(60)
def test_the_analysis_of_a_minute_is_deterministic() -> None:
    wave = hum(60.0)
    assert np.array_equal(prosody(wave, 1801), prosody(wave, 1801))
