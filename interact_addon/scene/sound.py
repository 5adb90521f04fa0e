"""An actor's voice as Blender plays it: one sound file for the whole shot.

Blender's sound engine mixes the actor's strips as it would for a film. So formats, retiming, fades, cuts, overlaps,
meta strips and mutes are what the user hears, in every version of Blender.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy
import numpy as np

from .. import compat
from ..properties import ActorKey, as_key
from ..runtime_api import Array, contract
from .reading import Clock, curve_of
from .sound_files import check_sound, write_wave
from .sound_scene import RATE, Place, sound_scene
from .sound_state import digest_of
from .voices import BOTH, LEFT, Voice, channel_of, find_voices

_SILENT = 1e-5  # largest sample of a mix in which nothing is heard, -100 dB
_mixed: dict[str | None, contract.SpeechClip | None] = {}  # by what is heard; the files last as long as Blender runs

# A mix in mono holds a mono sound as it is. Of a stereo sound it holds the sum of both channels; so that is mixed in
# stereo and averaged here. Inside a scene strip everything is stereo, with a mono sound at 0.707 on both sides.
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
    for voice in voices:
        check_sound(voice.strip, actor)
    source = compat.sequencer_scene(scene)
    clock = Clock(source, scene)
    if not voices or not 0.0 < clock.duration <= contract.LONGEST_SHOT:  # such a shot is refused with the request
        return None
    frames = frames_of(clock)
    key = digest_of(source, voices, frames, clock.start, clock.duration)
    if key in _mixed:
        known = _mixed[key]
        if known is None or Path(known.path).is_file():
            return known
    name = key or hashlib.blake2b(f"{source.session_uid} {actor}".encode(), digest_size=16).hexdigest()
    path = Path(bpy.app.tempdir) / f"interact_voice_{name}.wav"
    mixed = _mix(source, voices, clock, path)
    clip = None
    if np.abs(mixed).max(initial=0.0) > _SILENT:
        write_wave(path, mixed, RATE)
        clip = contract.SpeechClip(str(path), 0.0, clock.duration)
    if key is not None:
        _mixed[key] = clip
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


def _mix(source: bpy.types.Scene, voices: Sequence[Voice], clock: Clock, path: Path) -> Array:
    """Return the voices at ``RATE`` as (N,) float32."""
    frames = frames_of(clock)
    groups: dict[_Mix, list[Voice]] = {}
    for voice in voices:
        groups.setdefault(mix_of(voice), []).append(voice)
    total = np.zeros(round(clock.duration * RATE), np.float32)
    gates = [gate for voice in voices for gate in mute_gates(voice, frames)]
    with sound_scene(source, [voice.place for voice in voices]) as bench:
        for place, volumes in gates:
            bench.key_volume(place, volumes)
        factor = bench.make_headroom()
        for (channels, weights), members in groups.items():
            for voice in members:
                if voice.side != BOTH:
                    bench.keep_channels_apart(voice.place)
            bench.play_only([voice.place for voice in members])
            mixed = bench.mix(*frames, channels, path.with_name(f"{path.stem}_mix.wav"))
            total += in_shot(mixed, clock) @ np.array(weights, np.float32) / np.float32(factor)
    return total
