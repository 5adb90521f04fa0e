"""An actor's voice as Blender plays it: one sound file for the whole shot.

Blender's sound engine mixes the actor's strips as it would for a film. So formats, retiming, fades, cuts, overlaps,
meta strips and mutes are what the user hears, in every version of Blender.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import bpy
import numpy as np

from .. import compat
from ..properties import ActorKey, as_key
from ..runtime_api import Array, contract
from .reading import Clock, curve_of
from .sound_files import check_sound, write_wave
from .sound_scene import RATE, MixElsewhere, Place, SoundScene, sound_scene
from .sound_state import digest_of, played_digest
from .voice_files import voice_file
from .voices import BOTH, LEFT, Voice, channel_of, find_voices

_SILENT = 1e-5  # largest sample of a mix in which nothing is heard, -100 dB
_mixed: dict[str | None, contract.SpeechClip | None] = {}  # by what is heard; the files last as long as Blender runs

# A mix in mono holds a mono sound as it is. Of a stereo sound it holds the sum of both channels; so that is mixed in
# stereo and averaged here. Inside a scene strip everything is stereo, with a mono sound at 0.707 on both sides.
_Mixed = TypeVar("_Mixed")
_Mix = tuple[int, tuple[float, ...]]  # channels to mix, and the weight of each in the voice


def read_speech(scene: bpy.types.Scene, actor: ActorKey | str) -> tuple[contract.SpeechClip, ...]:
    """Return what is heard of an actor during the shot: one clip, or none if nothing is.

    Raises ``SpeechFileMissing`` or ``SpeechFileBroken``, which name the strip, or ``OutOfSpace``.
    """
    clip = mix_voices(scene, as_key(actor).name, find_voices(scene, actor))
    return () if clip is None else (clip,)


def mix_voices(scene: bpy.types.Scene, actor: str, voices: Sequence[Voice]) -> contract.SpeechClip | None:
    """Return the voices of an actor as one mono clip over the shot, 48 kHz and 32 bit float; None if all are silent.

    Float keeps what is louder than 1 (overlaps, raised volumes) and what is very quiet. The same voices are mixed once
    as long as nothing about them changes. Raises as ``read_speech`` does.
    """
    wanted = _Wanted(scene, actor, voices)
    if wanted.is_known:
        return wanted.known
    return wanted.keep(_mix_parts(wanted, voices, SoundScene.mix))


def named_voice(scene: bpy.types.Scene, actor: ActorKey | str) -> contract.SpeechClip | None:
    """Return the clip that ``read_speech`` gives, without mixing it: its file may not be there yet.

    The name of the file tells what is heard. Raises as ``read_speech`` does.
    """
    wanted = _Wanted(scene, as_key(actor).name, find_voices(scene, actor))
    return wanted.known if wanted.is_known else contract.SpeechClip(str(wanted.path), 0.0, wanted.clock.duration)


class VoiceMix:
    """The voices of an actor on their way to one clip, mixed in Blenders of their own while this one goes on."""

    def __init__(self, scene: bpy.types.Scene, actor: ActorKey | str, anew: bool = False) -> None:
        """Begin; ``anew``: also what was mixed before. Raises as ``read_speech`` does."""
        voices = find_voices(scene, actor)
        self._actor, self._wanted = as_key(actor), _Wanted(scene, as_key(actor).name, voices)
        self._parts: list[tuple[MixElsewhere, tuple[float, ...]]] = []
        self._thread: threading.Thread | None = None
        self._clip: contract.SpeechClip | None = None
        self._failure: Exception | None = None
        if self._wanted.is_known and not (anew and voices):
            self._clip = self._wanted.known
            return
        self._parts = _mix_parts(self._wanted, voices, SoundScene.begin_mix)
        self._thread = threading.Thread(target=self._finish, name="interact voices", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def is_current(self, scene: bpy.types.Scene) -> bool:
        """Return whether nothing about the voices has changed since the mix began."""
        return self._wanted.key == _Wanted(scene, self._actor.name, find_voices(scene, self._actor)).key

    def clip(self) -> contract.SpeechClip | None:
        """Return the clip of a mix that is done, as ``mix_voices`` does. Raises ``OutOfSpace``."""
        if self._failure is not None:
            raise self._failure
        return self._clip

    def stop(self) -> None:
        """End the other Blenders; nothing is mixed then."""
        for part, _ in self._parts:
            part.stop()

    def _finish(self) -> None:
        """Put the parts together, in a thread."""
        try:
            self._clip = self._wanted.keep((part.result(), weights) for part, weights in self._parts)
        except Exception as failure:
            self._failure = failure


class _Wanted:
    """What is to be mixed, and whether it was mixed already. Raises as ``read_speech`` does."""

    def __init__(self, scene: bpy.types.Scene, actor: str, voices: Sequence[Voice]) -> None:
        for voice in voices:
            check_sound(voice.strip, actor)
        self.source = compat.sequencer_scene(scene)
        self.clock = Clock(self.source, scene)
        self.frames = frames_of(self.clock)
        self.key: str | None = None
        self.known: contract.SpeechClip | None = None
        self.is_known = not voices or not 0.0 < self.clock.duration <= contract.LONGEST_SHOT  # refused with the request
        if self.is_known:
            return
        self.key = digest_of(self.source, voices, self.frames, self.clock.start, self.clock.duration)
        if self.key in _mixed:
            self.known = _mixed[self.key]
            self.is_known = self.known is None or Path(self.known.path).is_file()
        nobody = hashlib.blake2b(f"{self.source.session_uid} {actor}".encode(), digest_size=16).hexdigest()
        played = played_digest(self.source, voices, self.clock.start, self.clock.duration) if self.key else nobody
        self.path = Path(bpy.app.tempdir) / voice_file(played, self.key or nobody)

    def keep(self, parts: Iterable[tuple[Array, tuple[float, ...]]]) -> contract.SpeechClip | None:
        """Add up mixes (N, channels), each with the weights of its channels, and return the clip that they make."""
        total = np.zeros(round(self.clock.duration * RATE), np.float32)
        for mixed, weights in parts:
            total += in_shot(mixed, self.clock) @ np.array(weights, np.float32)
        clip = None
        if np.abs(total).max(initial=0.0) > _SILENT:
            write_wave(self.path, total, RATE)
            clip = contract.SpeechClip(str(self.path), 0.0, self.clock.duration)
        if self.key is not None:
            _mixed[self.key] = clip
        return clip


def frames_of(clock: Clock) -> tuple[int, int]:
    """Return the whole frames around the shot in the scene whose sequencer is read."""
    return math.floor(clock.frame(0.0) + 1e-6), math.ceil(clock.frame(clock.duration) - 1e-6)


def in_shot(mixed: Array, clock: Clock) -> Array:
    """Return the samples of the shot from a mix of ``frames_of`` it, filled up with silence: (samples, channels)."""
    skipped = round((clock.frame(0.0) - frames_of(clock)[0]) / clock.rate * RATE)
    wanted = round(clock.duration * RATE)
    part = mixed[skipped : skipped + wanted]
    return np.concatenate([part, np.zeros((wanted - len(part), mixed.shape[1]), np.float32)])


def mix_of(voice: Voice) -> _Mix:
    """Return how a voice is mixed so that it comes out at the level of its file, wherever it is panned."""
    sound = voice.strip.sound
    if sound.channels != "MONO" and voice.side != BOTH:
        return 2, ((1.0, 0.0) if voice.side == LEFT else (0.0, 1.0))
    if sound.channels == "MONO" or sound.use_mono:
        level = 1.0 if sound.channels == "MONO" else 0.5  # use_mono adds the channels up
        return (2, (level * math.sqrt(0.5),) * 2) if voice.in_scene_strip else (1, (level,))
    return 2, (0.5, 0.5)


def mute_gates(voice: Voice, frames: tuple[int, int]) -> Iterator[tuple[Place, dict[int, float]]]:
    """Yield volumes frame by frame where a mute is keyed, which a mixdown of Blender takes from the playhead alone."""
    silenced = []  # curves of mutes, of the meta strips around and the strip itself
    chain = (*voice.containers, voice.strip)
    for depth, strip in enumerate(chain, 1):
        silenced += [curve for item in (strip, channel_of(strip)) if (curve := curve_of(item, "mute")) is not None]
        if strip.type == "META":
            continue
        if silenced and not any(outer.type == "SCENE" for outer in chain[: depth - 1]):
            volume = curve_of(strip, "volume")
            yield (
                voice.place[:depth],
                {
                    frame: 0.0
                    if any(curve.evaluate(frame) >= 0.5 for curve in silenced)
                    else (volume.evaluate(frame) if volume is not None else strip.volume)
                    for frame in range(max(frames[0] - 1, 0), frames[1] + 2)
                },
            )
        silenced = []


def _mix_parts(
    wanted: _Wanted, voices: Sequence[Voice], mix: Callable[[SoundScene, int, int, int, Path], _Mixed]
) -> list[tuple[_Mixed, tuple[float, ...]]]:
    """Mix the voices in as few mixes as can be; return what ``mix`` gave for each, and the weights of its channels."""
    groups: dict[_Mix, list[Voice]] = {}
    for voice in voices:
        groups.setdefault(mix_of(voice), []).append(voice)
    gates = [gate for voice in voices for gate in mute_gates(voice, wanted.frames)]
    parts = []
    with sound_scene(wanted.source, [voice.place for voice in voices]) as bench:
        for place, volumes in gates:
            bench.key_volume(place, volumes)
        factor = bench.make_headroom()
        for number, ((channels, weights), members) in enumerate(groups.items()):
            for voice in members:
                if voice.side != BOTH:
                    bench.keep_channels_apart(voice.place)
            bench.play_only([voice.place for voice in members])
            path = wanted.path.with_name(f"{wanted.path.stem}_{number}_mix.wav")
            parts.append((mix(bench, *wanted.frames, channels, path), tuple(weight / factor for weight in weights)))
    return parts
