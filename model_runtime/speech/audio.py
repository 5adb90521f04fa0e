"""Load sound files as one mono voice at 16 kHz on the timeline of the shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ..contract import FloatArray, SpeechClip
from ..errors import SpeechFileBroken, SpeechFileMissing
from .wave import SAMPLE_RATE

_BLOCK_SECONDS = 10.0  # decoded at a time, so that 20 minutes of 6 channels at 96 kHz stay within some MB


def load_speech(path: str | Path, start: float = 0.0, duration: float | None = None) -> FloatArray:
    """Return the sound of a file as (N,) float32 at 16 kHz, its channels averaged: any format libsndfile decodes.

    ``start`` and ``duration`` (s) choose a part; what lies past the end of the file is left off.
    Raises ``SpeechFileMissing`` or ``SpeechFileBroken``.
    """
    path = Path(path)
    if not path.is_file():
        raise SpeechFileMissing(f"The sound file '{path}' is not there; relink the speech strip or put the file back.")
    if path.stat().st_size == 0:
        raise SpeechFileBroken(f"The sound file '{path}' is empty; export the recording again.")
    try:
        with soundfile.SoundFile(str(path)) as file:
            if file.frames == 0:
                raise SpeechFileBroken(f"The sound file '{path}' holds no sound; export the recording again.")
            return _decode(file, start, duration)
    # TypeError: soundfile takes the name of a headerless format (.raw) as a request for more arguments.
    except (soundfile.SoundFileError, RuntimeError, OSError, TypeError, ValueError) as error:
        raise SpeechFileBroken(
            f"The sound file '{path}' cannot be decoded ({_short(error)}); save it as a WAV or FLAC file."
        ) from error


def mix_speech(clips: Sequence[SpeechClip], duration: float) -> FloatArray:
    """Return one actor's voice over the shot: (N,) float32 at 16 kHz, N = ``duration`` in samples.

    Clips are placed by start, trim and gain; gaps are silence, overlaps add up, what lies outside the shot is cut.
    Raises ``SpeechFileMissing`` or ``SpeechFileBroken``.
    """
    mix = np.zeros(round(duration * SAMPLE_RATE), np.float32)
    for clip in clips:
        before = max(0.0, -clip.start)  # seconds of the clip that lie before the shot
        length = min(clip.duration - before, duration - max(clip.start, 0.0))
        if length <= 0.0:
            load_speech(clip.path, 0.0, 0.0)  # a missing file is an error even outside the shot
            continue
        wave = load_speech(clip.path, clip.trim_start + before, length)
        first = round(max(clip.start, 0.0) * SAMPLE_RATE)
        wave = wave[: len(mix) - first]
        mix[first : first + len(wave)] += np.float32(clip.gain) * wave
    return mix


def _decode(file: soundfile.SoundFile, start: float, duration: float | None) -> FloatArray:
    # librosa.load gives the same samples and holds the whole file, 3 GB of 20 minutes of 6 channels at 96 kHz.
    rate = file.samplerate
    first = min(round(start * rate), file.frames)
    length = file.frames - first if duration is None else min(round(duration * rate), file.frames - first)
    if first:
        file.seek(first)
    blocks = _mono_blocks(file, length)
    if rate != SAMPLE_RATE:
        blocks = _resample(blocks, rate)
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def _mono_blocks(file: soundfile.SoundFile, length: int) -> Iterator[FloatArray]:
    size = round(_BLOCK_SECONDS * file.samplerate)
    while length > 0:
        block = file.read(min(size, length), dtype="float32", always_2d=True)
        if len(block) == 0:  # the header promised more than the file holds
            return
        length -= len(block)
        yield np.nan_to_num(block.mean(axis=1, dtype=np.float32), nan=0.0, posinf=1.0, neginf=-1.0)


def _resample(blocks: Iterator[FloatArray], rate: int) -> Iterator[FloatArray]:
    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _short(error: Exception) -> str:
    return str(error).strip().rstrip(".").splitlines()[-1] if str(error).strip() else type(error).__name__
