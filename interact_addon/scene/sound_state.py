"""What a voice depends on, as one digest: the same digest means that the same is heard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np

from .. import compat
from .reading import curve_of, frames_per_second
from .sound_files import identity
from .voices import Voice, channel_of

# Properties of a strip that are seen or selected, and not heard.
_NOT_HEARD = {
    "rna_type", "name", "select", "select_left_handle", "select_right_handle", "lock", "color_tag", "show_waveform",
    "show_retiming_keys", "show_expanded", "is_active", "blend_type", "blend_alpha", "effect_fader", "mute",
}  # fmt: skip
_PLAYED = ("mute", "volume", "pan")  # of a strip, beside where it lies
_MIXER = bpy.app.version_string
_INSIDE = {"retiming_keys", "modifiers"}


def digest_of(source: bpy.types.Scene, voices: Sequence[Voice], frames: tuple[int, int], *more: object) -> str | None:
    """Return a digest of all that decides what ``voices`` sound like from the first to the last of ``frames``.

    It is the same wherever the playhead is. None where that cannot be known: volumes with drivers or in the NLA,
    and several speeds in one strip, of which Blender tells scripts the frames and not what is played between them.
    """
    scenes = dict.fromkeys(
        [source, *(strip.scene for voice in voices for strip in voice.containers if _is_scene(strip))]
    )
    if any(_is_driven(scene) for scene in scenes) or any(_has_several_speeds(voice.strip) for voice in voices):
        return None
    state = hashlib.blake2b(digest_size=16)
    for part in (_MIXER, frames, *more):
        state.update(repr(part).encode())
    for scene in scenes:
        state.update(repr((frames_per_second(scene), list(_values(scene, frames, ["audio_volume"])))).encode())
    for voice in voices:
        state.update(repr((voice.place, voice.side, identity(voice.strip))).encode())
        for strip in (*voice.containers, voice.strip):
            state.update(repr(list(_strip_state(strip, frames))).encode())
    return state.hexdigest()


def played_digest(source: bpy.types.Scene, voices: Sequence[Voice], start: float, duration: float) -> str:
    """Return a digest of what ``voices`` play during the shot that is the same in every version of Blender.

    ``start`` and ``duration``: of the shot. For voices of which ``digest_of`` knows all.
    """
    state = hashlib.blake2b(digest_size=12)
    state.update(repr((frames_per_second(source), round(start, 3), round(duration, 3))).encode())
    for voice in voices:
        state.update(repr((voice.place, voice.side, identity(voice.strip))).encode())
        for strip in (*voice.containers, voice.strip):
            state.update(repr(list(_played_state(strip))).encode())
    return state.hexdigest()


def _played_state(strip: Any) -> Iterator[object]:
    """Yield where a strip lies and what is done to its sound, in terms that all versions have."""
    places = (compat.strip_left(strip), compat.strip_right(strip), *compat.strip_content(strip))
    yield [round(place, 3) for place in (*places, compat.strip_hard_trim(strip))]
    yield [key.timeline_frame for key in getattr(strip, "retiming_keys", ())]
    frames = round(compat.strip_left(strip)), round(compat.strip_right(strip))
    yield from _values(strip, frames, [name for name in _PLAYED if hasattr(strip, name)])
    yield from _values(channel_of(strip), frames, ["mute"])
    for modifier in getattr(strip, "modifiers", ()):
        yield from _inner_state(modifier)


def _is_scene(strip: Any) -> bool:
    return bool(strip.type == "SCENE")


def _is_driven(scene: Any) -> bool:
    animation = scene.animation_data
    if animation is None:
        return False
    return len(animation.nla_tracks) > 0 or any("sequence_editor" in driver.data_path for driver in animation.drivers)


def _has_several_speeds(strip: Any) -> bool:
    return len(strip.retiming_keys) > 2


def _strip_state(strip: Any, frames: tuple[int, int]) -> Iterator[object]:
    names = [
        prop.identifier
        for prop in strip.bl_rna.properties
        if prop.identifier not in _NOT_HEARD | _INSIDE and not compat.is_deprecated(prop)
    ]
    yield from _values(strip, frames, [*names, "mute"])
    yield from _values(channel_of(strip), frames, ["mute"])
    for name in sorted(_INSIDE):
        for item in getattr(strip, name, ()):
            yield from _inner_state(item)
    if strip.type == "SCENE":
        yield strip.scene.frame_start


def _inner_state(item: Any, depth: int = 0) -> Iterator[object]:
    """Yield all values of a retiming key or a modifier, an equalizer's curves among them."""
    for prop in item.bl_rna.properties:
        if prop.identifier in _NOT_HEARD - {"mute"} or compat.is_deprecated(prop):
            continue
        value = getattr(item, prop.identifier)
        if prop.type == "COLLECTION" and depth < 4:
            for inner in value:
                yield from _inner_state(inner, depth + 1)
        elif prop.type == "POINTER" and depth < 4:
            if value is not None and not isinstance(value, (bpy.types.ID, bpy.types.Strip)):
                yield from _inner_state(value, depth + 1)
        else:
            yield prop.identifier, _plain(value)


def _values(item: Any, frames: tuple[int, int], names: Sequence[str]) -> Iterator[object]:
    """Yield the values of simple properties: where one is animated, those of all frames instead of the playhead's."""
    for name in names:
        kind = item.bl_rna.properties[name].type
        if kind in ("POINTER", "COLLECTION"):
            continue
        curve = curve_of(item, name)
        if curve is None:
            yield name, _plain(getattr(item, name))
        else:
            first, last = min(frames[0] - 1, int(curve.range()[0])), max(frames[1] + 1, int(curve.range()[1]) + 1)
            yield name, first, np.array([curve.evaluate(frame) for frame in range(first, last + 1)]).tobytes()


def _plain(value: Any) -> object:
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, (str, bytes)) else value
