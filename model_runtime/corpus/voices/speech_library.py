"""Every utterance the corpus is made from, as ``speech_build`` left it: prosody, mel bands, words, phones, stresses.

Loading needs numpy alone. The sound itself lies beside the library in ``..._waves.npy``; composing does without it.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...contract import FloatArray
from ...datasets.scene import SpokenUtterance
from ...errors import InterActError
from ...speech.encoders.log_mel import MEL_SIZE, MEL_STEP
from ...speech.phones import Segment
from ...speech.wave import SAMPLE_RATE

HELD_OUT_VOICES = ("ljspeech", "librivox", "awb", "awb_small")
_SPOILT_SHARE = 0.5
_MELS = "mel_differences"  # from band to band: a quarter smaller
_PROSODY_STEP = 1.0 / 40.0  # int8 covers +-3.2
_LICENCES = {"reader_a": "Apache-2.0", "ljspeech": "public domain", "librivox": "public domain"}
_ENGINES = {
    "pico": "SVOX Pico",
    "espeak": "eSpeak NG",
}  # by the first part of a synthetic voice's name; the others are flite's


class SpeechLibraryUnfit(InterActError):
    """A speech library is missing, cut off or of another layout."""


@dataclass(frozen=True)
class Utterance:
    """One voice saying one thing.

    ``prosody`` (T, 28) at 30 fps; ``mels`` (N, 80) natural log power at 50 Hz, (0, 80) where left out; ``words`` and
    ``phones`` with seconds; ``stresses``: (time s, strength 0..1); ``wave`` int16 at 16 kHz, or None where the wave
    file is not beside the library. ``act`` is one of ``dialogue_acts.ACTS``, "" where unknown; ``feeling`` one of
    ``EMOTION_GROUPS`` that the words suit, or ""; ``rate`` the tempo against the voice's own. ``spoilt`` (T, 28) is the
    prosody as heard through ``variant``, a room, a noise or a line; None where there is none.
    """

    id: str
    voice: str
    split: str
    text: str
    prosody: FloatArray
    mels: FloatArray
    words: list[Segment]
    phones: list[Segment]
    stresses: list[tuple[float, float]]
    duration: float
    wave: NDArray[np.int16] | None = field(default=None, repr=False)
    act: str = ""
    feeling: str = ""
    variant: str = ""
    spoilt: FloatArray | None = field(default=None, repr=False)
    rate: float = 1.0

    def heard(self, variant: str) -> FloatArray:
        """(T, 28) prosody of the sound as it is ('clean') or as ``variant`` leaves it."""
        return self.spoilt if self.spoilt is not None and variant == self.variant else self.prosody


def load_speech_library(path: str | Path, sound: bool = True) -> list[Utterance]:
    """The packed library. ``sound``: with mel bands, and with waves mapped from the file beside it; composing needs
    neither.

    Raises ``SpeechLibraryUnfit``.
    """
    path = Path(path)
    waves_path = path.with_name(path.stem + "_waves.npy")
    try:
        waves = np.load(waves_path, mmap_mode="r", allow_pickle=False) if sound and waves_path.is_file() else None
        with np.load(path, allow_pickle=False) as packed:
            entries = json.loads(packed["meta"].tobytes().decode("utf-8"))
            prosodies, spoilt = (
                np.cumsum(packed[f"{name}_differences"], axis=1, dtype=np.int8).T for name in ("prosody", "spoilt")
            )
            mels = unpack_mels(packed) if sound and _MELS in packed else np.zeros((0, MEL_SIZE), np.uint8)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SpeechLibraryUnfit(
            f"'{path}' is not a readable speech library ({error}); run 'python3 build.py compose' to build it."
        ) from error
    utterances, at_prosody, at_mel, at_wave = [], 0, 0, 0
    for entry in entries:
        frames, steps, samples = entry["sizes"]
        span = slice(at_prosody, at_prosody + frames)
        variant = entry.get("variant", "")
        utterances.append(
            Utterance(
                entry["id"],
                entry["voice"],
                entry["split"],
                entry["text"],
                prosodies[span].astype(np.float32) * np.float32(_PROSODY_STEP),
                (mels[at_mel : at_mel + steps].astype(np.float32) - 200.0) * np.float32(MEL_STEP),
                [Segment(*word) for word in entry["words"]],
                [Segment(*phone) for phone in entry["phones"]],
                [(time, strength) for time, strength in entry["stresses"]],
                entry.get("duration", samples / SAMPLE_RATE),
                None if waves is None else waves[at_wave : at_wave + samples],
                entry.get("act", ""),
                entry.get("feeling", ""),
                variant,
                spoilt[span].astype(np.float32) * np.float32(_PROSODY_STEP) if variant else None,
                entry.get("rate", 1.0),
            )
        )
        at_prosody, at_mel, at_wave = at_prosody + frames, at_mel + steps, at_wave + samples
    return utterances


def licence_of(voice: str) -> str:
    return _LICENCES.get(voice) or f"synthetic ({_ENGINES.get(voice.split('_')[0], 'flite')})"


def recorded(
    rng: np.random.Generator, said: Sequence[SpokenUtterance], known: Mapping[str, Utterance]
) -> list[SpokenUtterance]:
    """What one actor said, heard well or, half of the time, all through its utterances' variants."""
    spoilt = rng.random() < _SPOILT_SHARE
    return [utterance._replace(variant=(spoilt and known[utterance.id].variant) or "clean") for utterance in said]


def unpack_mels(packed: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """(N, 80) bytes of all utterances' mel bands, ``MEL_STEP`` above -200 steps, from the opened library."""
    if _MELS not in packed:
        raise SpeechLibraryUnfit(
            "This speech library comes from a training package, without mel bands; build one from the recordings."
        )
    return np.cumsum(packed[_MELS], axis=1, dtype=np.uint8)


def save_speech_library(utterances: Sequence[Utterance], out: Path) -> None:
    """Write the library and its waves, each beside first and then renamed. Waves are left out unless all utterances
    have one.
    """
    if not utterances:
        raise ValueError("There are no utterances to save; the data folder has no speech and flite is not installed.")
    out.parent.mkdir(parents=True, exist_ok=True)
    waves = [u.wave for u in utterances if u.wave is not None]
    has_waves = len(waves) == len(utterances)
    entries = [
        {
            "id": u.id,
            "voice": u.voice,
            "split": u.split,
            "text": u.text,
            "licence": licence_of(u.voice),
            "act": u.act,
            "feeling": u.feeling,
            "variant": u.variant,
            "duration": round(u.duration, 5),
            "rate": round(u.rate, 3),
            "words": _rounded(u.words),
            "phones": _rounded(u.phones),
            "stresses": u.stresses,
            "sizes": [len(u.prosody), len(u.mels), len(u.wave) if has_waves and u.wave is not None else 0],
        }
        for u in utterances
    ]
    mels = np.clip(np.rint(np.concatenate([u.mels for u in utterances]) / MEL_STEP) + 200, 0, 255).astype(np.uint8)
    waves_path = out.with_name(out.stem + "_waves.npy")
    if has_waves:
        _write(waves_path, lambda file: np.save(file, np.concatenate(waves), allow_pickle=False))
    else:
        waves_path.unlink(missing_ok=True)
    _write(
        out,
        lambda file: np.savez_compressed(
            file,
            meta=np.frombuffer(json.dumps(entries).encode("utf-8"), np.uint8),
            prosody_differences=_pack_prosody([u.prosody for u in utterances]),
            spoilt_differences=_pack_prosody([u.prosody if u.spoilt is None else u.spoilt for u in utterances]),
            **{_MELS: np.diff(mels, axis=1, prepend=np.uint8(0))},  # type: ignore[arg-type]
        ),
    )


def _pack_prosody(parts: Sequence[FloatArray]) -> NDArray[np.int8]:
    """(28, N): steps from frame to frame, which pack a tenth smaller than the values; int8 wraps both ways."""
    values = np.clip(np.rint(np.concatenate(parts) / _PROSODY_STEP), -127, 127).astype(np.int8)
    return np.diff(values.T, axis=1, prepend=np.int8(0))


def _write(path: Path, write: Callable[[BinaryIO], None]) -> None:
    partial = path.with_name(path.name + ".part")
    try:
        with open(partial, "wb") as file:
            write(file)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _rounded(segments: Iterable[Segment]) -> list[list[object]]:
    return [[s.text, round(s.start, 3), round(s.end, 3)] for s in segments]
