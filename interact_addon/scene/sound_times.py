"""When each part of a voice's sound file is heard in the shot."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from .. import compat
from .reading import Clock, curve_of
from .sound import frames_of, in_shot
from .sound_files import sound_file, sound_seconds, write_wave
from .sound_scene import RATE, sound_scene
from .sound_state import digest_of
from .transcript_times import TimeMap
from .voices import Voice, channel_of

_RAMP_RATE = 8000  # Hz
_LOW, _HIGH = 0.25, 0.75  # what the ramp sounds like at the start and the end of the file
_STEP = 0.01  # seconds between measured times
_SILENT = 1e-3  # volume, -60 dB
_EDGE = 3  # steps at both ends in which the sound engine's resampling rings
_measured: dict[str, TimeMap | None] = {}


def time_map(scene: bpy.types.Scene, actor: str, voice: Voice) -> TimeMap | None:
    """Return the map of file time to shot time of a voice, or None if nothing of the file is heard.

    Blender tells nobody what retiming keys and scene strips do to a sound. So it plays a ramp in the sound's place,
    whose height is the time in the file, and the times are read from what is heard.
    """
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    path = sound_file(voice.strip, actor)
    length = sound_seconds(path) or 0.0
    if not len(voice.strip.retiming_keys) and not voice.in_scene_strip:
        return _linear(voice, clock, length)
    key = digest_of(source, [voice], frames_of(clock), clock.start, clock.duration, length)
    if key is None:
        return _measure(source, voice, clock, length)
    if key not in _measured:
        _measured[key] = _measure(source, voice, clock, length)
    return _measured[key]


def silent_spans(scene: bpy.types.Scene, voice: Voice) -> list[tuple[float, float]]:
    """Return the spans of the shot (s) in which a voice is keyed to silence: its volume, or a mute around it."""
    clock = Clock(compat.sequencer_scene(scene), scene)
    first, last = frames_of(clock)
    curves = []
    for strip in (*voice.containers, voice.strip):
        mutes = [curve_of(strip, "mute"), curve_of(channel_of(strip), "mute")]
        curves += [(curve, 0.5, 1) for curve in mutes if curve is not None]  # silent above
        volume = curve_of(strip, "volume") if hasattr(strip, "volume") else None
        curves += [(volume, _SILENT, -1)] if volume is not None else []  # silent below
        if strip.type == "SCENE":  # what is keyed inside has another clock
            break
    spans: list[tuple[float, float]] = []
    for frame in range(first, last + 1) if curves else ():
        if any(sign * (curve.evaluate(frame) - bound) >= 0.0 for curve, bound, sign in curves):
            start = spans.pop()[0] if spans and spans[-1][1] >= clock.time(frame) - 1e-6 else clock.time(frame)
            spans.append((start, clock.time(frame + 1)))
    return spans


def _linear(voice: Voice, clock: Clock, length: float) -> TimeMap | None:
    strip = voice.strip
    head = compat.strip_hard_trim(strip) / clock.rate - strip.sound_offset
    later = clock.time(compat.strip_content(strip)[0] + voice.frame_offset) - head  # file to shot
    start, end = max(voice.start, later), min(voice.end, length + later)
    return TimeMap(np.array([start, end]) - later, np.array([start, end])) if end > start else None


def _measure(source: bpy.types.Scene, voice: Voice, clock: Clock, length: float) -> TimeMap | None:
    with sound_scene(source, [voice.place]) as bench:
        bench.without_animation()
        bench.play_only([voice.place])
        for strip in bench.chain(voice.place):
            if hasattr(strip, "volume"):
                strip.volume = 1.0
            for modifier in strip.modifiers:
                modifier.mute = True
        bench.strip(voice.place).pan = 0.0
        compat.keep_pitch_changes(bench.strip(voice.place))  # a ramp has no pitch that could be corrected
        bench.replace_sound(voice.place, _ramp(length))
        channels = 2 if voice.in_scene_strip else 1
        mixed = bench.mix(*frames_of(clock), channels, Path(bpy.app.tempdir) / "interact_ramp_mix.wav")
    level = np.sqrt(0.5) * mixed.sum(axis=1, keepdims=True) if channels == 2 else mixed
    samples = in_shot(level, clock)[:: round(_STEP * RATE), 0]
    heard = np.flatnonzero(samples > 0.5 * _LOW)
    heard = heard[_EDGE:-_EDGE]
    if len(heard) < 2:
        return None
    file = np.maximum.accumulate((samples[heard] - _LOW) / (_HIGH - _LOW) * length)
    return _to_the_edges(file, heard * _STEP, voice, length)


def _to_the_edges(file: np.ndarray, shot: np.ndarray, voice: Voice, length: float) -> TimeMap:
    """Continue a map to where the voice begins and ends, at the pace that it has there."""
    few = min(len(file) - 1, 10)
    first_pace, last_pace = (file[few] - file[0]) / (shot[few] - shot[0]), (file[-1] - file[-1 - few]) / (few * _STEP)
    start, end = min(voice.start, shot[0]), max(min(voice.end, shot[-1] + 2 * _EDGE * _STEP), shot[-1])
    before, after = file[0] - first_pace * (shot[0] - start), file[-1] + last_pace * (end - shot[-1])
    return TimeMap(
        np.clip(np.concatenate([[before], file, [after]]), 0.0, length), np.concatenate([[start], shot, [end]])
    )


def _ramp(length: float) -> Path:
    """Return a sound of ``length`` seconds that rises evenly."""
    path = Path(bpy.app.tempdir) / f"interact_ramp_{length:.4f}.wav"
    if not path.is_file():
        write_wave(path, np.linspace(_LOW, _HIGH, max(round(length * _RAMP_RATE), 2)), _RAMP_RATE)
    return path
