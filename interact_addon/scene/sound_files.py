"""The files behind sound strips, as Blender's sound engine reads them."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import aud
import bpy
import numpy as np

from ..runtime_api import Array, errors, files

_MOST_READ = 64 << 20  # bytes of a file that is read to know it again


def sound_file(strip: Any, actor: str) -> Path:
    """Return the file of a sound strip; a packed sound is written to Blender's temporary folder first.

    Raises ``SpeechFileMissing``, or ``OutOfSpace`` where a packed sound cannot be written.
    """
    if sentence := missing_sound(strip, actor):
        raise errors.SpeechFileMissing(sentence)
    path = sound_path(strip)
    if strip.sound.packed_file is not None:
        return _unpacked(strip.sound.packed_file.data, path.suffix)
    return path


def missing_sound(strip: Any, actor: str) -> str:
    """Return a sentence that says what is missing of a strip's sound and what to do; empty if nothing is."""
    sound = strip.sound
    if sound is None:
        return f"The speech strip '{strip.name}' of '{actor}' has no sound; remove it or add the speech again."
    if sound.packed_file is not None or (path := sound_path(strip)).is_file():
        return ""
    return (
        f"The sound of the speech strip '{strip.name}' of '{actor}' is not at '{path}'; find it with File > "
        "External Data, or remove the strip."
    )


def sound_path(strip: Any) -> Path:
    """Return the path of the sound, also of a packed one."""
    return Path(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library))


def check_sound(strip: Any, actor: str) -> None:
    """Raise ``SpeechFileMissing`` or ``SpeechFileBroken`` if Blender cannot play the sound of a strip."""
    seconds = known_seconds(sound_file(strip, actor))
    if seconds is None or seconds <= 0.0:
        raise errors.SpeechFileBroken(
            f"Blender cannot play '{sound_path(strip).name}' of the speech strip '{strip.name}' of '{actor}'; save the "
            "recording again, or remove the strip."
        )


def known_seconds(path: Path) -> float | None:
    """Return what ``sound_seconds`` does, asked once as long as the file is the same: opening one takes some 5 ms."""
    entry = path.stat()
    return _seconds_of(path, entry.st_mtime_ns, entry.st_size)


@lru_cache(maxsize=1024)
def _seconds_of(path: Path, _changed: int, _size: int) -> float | None:
    return sound_seconds(path)


def sound_seconds(path: Path) -> float | None:
    """Return the length of a sound file in seconds as Blender reads it, or None if it cannot be read."""
    try:
        sound = aud.Sound(str(path))
        rate, _ = sound.specs  # asked first: Blender 4.5 and 5.0 end when the length of an unreadable file is asked for
        return float(sound.length / rate) if rate > 0 else None
    except (aud.error, RuntimeError):
        return None


def identity(strip: Any) -> tuple[object, ...]:
    """Return what changes when the sound of a strip does: its content, or place, time and size of a large file.

    So a sound that is packed, moved or opened on another machine is the same.
    """
    sound = strip.sound
    if sound.packed_file is not None:
        return hashlib.blake2b(sound.packed_file.data, digest_size=16).hexdigest(), sound.use_mono
    path = sound_path(strip)
    entry = path.stat()
    if entry.st_size > _MOST_READ:
        return str(path), entry.st_mtime_ns, entry.st_size, sound.use_mono
    return _content(path, entry.st_mtime_ns, entry.st_size), sound.use_mono


@lru_cache(maxsize=64)
def _content(path: Path, changed: int, size: int) -> str:
    """Return a digest of a file, read once as long as nothing has ``changed`` it."""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def write_wave(path: Path, samples: Array, rate: int) -> None:
    """Write mono samples (N,) as a WAV of 32 bit float, whole or not at all. Raises ``OutOfSpace``.

    Blender's own writer fails at some lengths ("filling the audio frame failed"), and Python's ``wave`` knows no float.
    The header is that of WAVE_FORMAT_IEEE_FLOAT: https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
    """
    data = np.ascontiguousarray(samples, "<f4").tobytes()
    form = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, 1, rate, 4 * rate, 4, 32, 0)
    fact = struct.pack("<4sII", b"fact", 4, len(samples))
    chunks = b"WAVE" + form + fact + struct.pack("<4sI", b"data", len(data)) + data
    try:
        files.write_whole(path, struct.pack("<4sI", b"RIFF", len(chunks)) + chunks)
    except OSError as problem:
        raise errors.OutOfSpace(
            f"The voices cannot be written to '{path.parent}' ({problem.strerror}); free some space, or choose another "
            "temporary folder in the preferences."
        ) from problem


def read_wave(path: Path) -> Array:
    """Return the samples of a WAV of 32 bit float as (N, channels). Needs no ``bpy``, so a thread may call it.

    Raises ``OSError`` where the file cannot be read or is none.
    """
    content = path.read_bytes()
    place, channels = 12, 0
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt ":
            channels = struct.unpack_from("<H", content, place + 10)[0]
        elif name == b"data" and channels:
            return np.frombuffer(content, "<f4", size // (4 * channels) * channels, place + 8).reshape(-1, channels)
        place += 8 + size + size % 2
    raise OSError(f"'{path.name}' is no whole sound file")


def _unpacked(content: bytes, suffix: str) -> Path:
    path = Path(bpy.app.tempdir) / f"interact_{hashlib.blake2b(content, digest_size=8).hexdigest()}{suffix or '.wav'}"
    if not path.is_file() or path.stat().st_size != len(content):
        try:
            with files.written_whole(path) as partial:
                partial.write_bytes(content)
        except OSError as error:
            raise errors.OutOfSpace(
                f"The packed sound cannot be written to '{path.parent}' ({error.strerror}); free some space."
            ) from error
    return path
