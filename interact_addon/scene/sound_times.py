"""When each part of a voice's sound file is heard in the shot."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import bpy
import numpy as np

from .. import compat
from .reading import Clock, curve_of
from .sound import frames_of, in_shot
from .sound_files import known_seconds, sound_file, write_wave
from .sound_scene import RATE, SoundScene, sound_scene
from .sound_state import digest_of
from .transcript_times import TimeMap
from .voices import Voice, channel_of

_RAMP_RATE = 8000  # Hz
_LOW, _HIGH = 0.25, 0.75  # what the ramp sounds like at the start and the end of the file
_STEP = 0.01  # seconds between measured times
_SILENT = 1e-3  # volume, -60 dB
_EDGE = 3  # steps at both ends in which the sound engine's resampling rings
_Mixed = TypeVar("_Mixed")
_measured: dict[str, TimeMap | None] = {}


def time_map(scene: bpy.types.Scene, actor: str, voice: Voice) -> TimeMap | None:
    """Return the map of file time to shot time of a voice, or None if nothing of the file is heard.

    Blender tells nobody what retiming keys and scene strips do to a sound. So it plays a ramp in the sound's place,
    whose height is the time in the file, and the times are read from what is heard.
    """
    ramp = _Ramp(scene, actor, voice)
    if not ramp.is_needed:
        return _linear(voice, ramp.clock, ramp.length)
    if ramp.key is not None and ramp.key in _measured:
        return _measured[ramp.key]
    return ramp.remember(ramp.read(ramp.play(SoundScene.mix)))


class TimeMapMix:
    """The time map of a voice on its way, measured by a Blender of its own while this one goes on."""

    def __init__(self, scene: bpy.types.Scene, actor: str, voice: Voice) -> None:
        """Begin. Raises as ``time_map`` does."""
        self._ramp = _Ramp(scene, actor, voice)
        self._mix = self._ramp.play(SoundScene.begin_mix)
        self._failure: Exception | None = None
        self._times: TimeMap | None = None
        self._thread = threading.Thread(target=self._finish, name="interact times", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    @property
    def is_good(self) -> bool:
        """Return whether the map can be used: a strip whose head is trimmed may have lost that in the other Blender."""
        return self._times is None or self._times.file[0] >= self._ramp.least_start

    def times(self) -> TimeMap | None:
        """Return the map, once it is done. Raises ``OutOfSpace``."""
        if self._failure is not None:
            raise self._failure
        return self._times

    def stop(self) -> None:
        """End the other Blender."""
        self._mix.stop()

    def _finish(self) -> None:
        try:
            self._times = self._ramp.read(self._mix.result())
            if self.is_good:
                self._ramp.remember(self._times)
        except Exception as failure:
            self._failure = failure


def is_to_be_measured(scene: bpy.types.Scene, actor: str, voice: Voice) -> bool:
    """Return whether the map of a voice has to be measured, which takes long. Raises as ``time_map`` does."""
    ramp = _Ramp(scene, actor, voice)
    return ramp.is_needed and (ramp.key is None or ramp.key not in _measured)


def known_time_map(scene: bpy.types.Scene, actor: str, voice: Voice) -> TimeMap | None:
    """Return the map of a retimed voice if it was measured already. Raises as ``time_map`` does."""
    return _measured.get(_Ramp(scene, actor, voice).key or "")


class _Ramp:
    """A ramp that is played in the place of a voice's sound."""

    def __init__(self, scene: bpy.types.Scene, actor: str, voice: Voice) -> None:
        self.source = compat.sequencer_scene(scene)
        self.clock = Clock(self.source, scene)
        self.voice = voice
        self.length = known_seconds(sound_file(voice.strip, actor)) or 0.0
        self.is_needed = bool(len(voice.strip.retiming_keys)) or voice.in_scene_strip
        trimmed = compat.strip_left(voice.strip) - compat.strip_content(voice.strip)[0]
        self.least_start = 0.25 * trimmed / self.clock.rate  # s in the file, of a strip that is played at any pace
        self.key: str | None = None
        if self.is_needed:
            clock = self.clock
            self.key = digest_of(self.source, [voice], frames_of(clock), clock.start, clock.duration, self.length)

    def play(self, mix: Callable[[SoundScene, int, int, int, Path], _Mixed]) -> _Mixed:
        """Return what ``mix`` gives for the ramp, over the shot."""
        place = self.voice.place
        with sound_scene(self.source, [place]) as bench:
            bench.without_animation()
            bench.play_only([place])
            for strip in bench.chain(place):
                if hasattr(strip, "volume"):
                    strip.volume = 1.0
                for modifier in strip.modifiers:
                    modifier.mute = True
            bench.strip(place).pan = 0.0
            compat.keep_pitch_changes(bench.strip(place))  # a ramp has no pitch that could be corrected
            bench.replace_sound(place, _ramp(self.length))
            return mix(bench, *frames_of(self.clock), 2 if self.voice.in_scene_strip else 1, self._path())

    def _path(self) -> Path:
        name = hashlib.blake2b(repr((self.source.session_uid, self.voice.place)).encode(), digest_size=8).hexdigest()
        return Path(bpy.app.tempdir) / f"interact_ramp_{name}_mix.wav"

    def remember(self, times: TimeMap | None) -> TimeMap | None:
        """Return a map, which is not measured again as long as nothing changes."""
        if self.key is not None:
            _measured[self.key] = times
        return times

    def read(self, mixed: np.ndarray) -> TimeMap | None:
        """Return the map that is read from the mix. Needs no Blender."""
        level = np.sqrt(0.5) * mixed.sum(axis=1, keepdims=True) if mixed.shape[1] == 2 else mixed
        samples = in_shot(level, self.clock)[:: round(_STEP * RATE), 0]
        heard = np.flatnonzero(samples > 0.5 * _LOW)
        heard = heard[_EDGE:-_EDGE]
        if len(heard) < 2:
            return None
        file = np.maximum.accumulate((samples[heard] - _LOW) / (_HIGH - _LOW) * self.length)
        return _to_the_edges(file, heard * _STEP, self.voice, self.length)


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
