"""The library of utterances that ``speech_build`` writes: prosody, mel bands, words, phones, stresses.

Loading needs numpy alone. The sound itself lies beside the library in ``..._waves.npy``; composing does not need it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.files import written_whole
from ...contract import FloatArray
from ...datasets.scene import SpokenUtterance
from ...errors import InterActError
from ...speech.encoders.log_mel import MEL_SIZE, MEL_STEP
from ...speech.phones import Segment
from ...speech.wave import SAMPLE_RATE

HELD_OUT_VOICES = ("ljspeech", "librivox", "awb", "awb_small")
_DEGRADED_SHARE = 0.5  # of the actors
_MELS = "mel_differences"  # from band to band: a quarter smaller
_PROSODY_STEP = 1.0 / 40.0  # int8 covers +-3.2
_LICENCES = {"reader_a": "Apache-2.0", "ljspeech": "public domain", "librivox": "public domain"}
# Synthesisers by the first part of a synthetic voice's name; the others are flite's.
_ENGINES = {"pico": "SVOX Pico", "espeak": "eSpeak NG"}


class SpeechLibraryUnfit(InterActError):
    """A speech library is missing, cut off or of another layout."""


@dataclass(frozen=True)
class Utterance:
    """One utterance of one voice.

    ``prosody`` (T, 28) at 30 fps; ``mels`` (N, 80) natural log power at 50 Hz, (0, 80) if left out; ``words`` and
    ``phones`` with seconds; ``stresses``: (time s, strength 0..1); ``wave`` int16 at 16 kHz, or None if the wave file
    is not beside the library. ``act`` is one of ``dialogue_acts.ACTS``, "" if unknown; ``emotion_group`` the one of
    ``script.affect.BASIC_EMOTIONS`` that the words suit, or ""; ``rate`` the tempo relative to the voice's own.
    ``degraded`` (T, 28) is the prosody of the sound recorded through ``variant``, a room, noise or a telephone line;
    None if there is none.
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
    emotion_group: str = ""
    variant: str = ""
    degraded: FloatArray | None = field(default=None, repr=False)
    rate: float = 1.0

    def prosody_of(self, variant: str) -> FloatArray:
        """Return (T, 28) prosody of the clean sound ('clean') or of its ``variant``."""
        return self.degraded if self.degraded is not None and variant == self.variant else self.prosody


def load_speech_library(path: str | Path, sound: bool = True) -> list[Utterance]:
    """Return the utterances of a library; ``sound``: with mel bands, and with waves mapped from the file beside it.

    Raises ``SpeechLibraryUnfit`` if it is missing, cut off or of another layout.
    """
    path = Path(path)
    waves_path = path.with_name(path.stem + "_waves.npy")
    try:
        waves = np.load(waves_path, mmap_mode="r", allow_pickle=False) if sound and waves_path.is_file() else None
        with np.load(path, allow_pickle=False) as packed:
            entries = json.loads(packed["meta"].tobytes().decode("utf-8"))
            prosodies, degraded = (
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
                degraded[span].astype(np.float32) * np.float32(_PROSODY_STEP) if variant else None,
                entry.get("rate", 1.0),
            )
        )
        at_prosody, at_mel, at_wave = at_prosody + frames, at_mel + steps, at_wave + samples
    return utterances


def licence_of(voice: str) -> str:
    """Return the licence of a voice's sound."""
    return _LICENCES.get(voice) or f"synthetic ({_ENGINES.get(voice.split('_')[0], 'flite')})"


def recorded(
    rng: np.random.Generator, spoken: Sequence[SpokenUtterance], known: Mapping[str, Utterance]
) -> list[SpokenUtterance]:
    """Return one actor's utterances, all clean or, half of the time, all in their degraded variants."""
    degraded = rng.random() < _DEGRADED_SHARE
    return [utterance._replace(variant=(degraded and known[utterance.id].variant) or "clean") for utterance in spoken]


def unpack_mels(packed: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Return (N, 80) bytes of all utterances' mel bands, in steps of ``MEL_STEP`` from -200 steps, from an opened
    library. Raises ``SpeechLibraryUnfit`` if it has none.
    """
    if _MELS not in packed:
        raise SpeechLibraryUnfit(
            "This speech library comes from a training package, without mel bands; build one from the recordings."
        )
    return np.cumsum(packed[_MELS], axis=1, dtype=np.uint8)


def save_speech_library(utterances: Sequence[Utterance], out: Path) -> None:
    """Write the library and, if all utterances have one, their waves."""
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
            "feeling": u.emotion_group,
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
        with written_whole(waves_path) as partial:
            np.save(partial, np.concatenate(waves), allow_pickle=False)
    else:
        waves_path.unlink(missing_ok=True)
    arrays: dict[str, Any] = {
        "meta": np.frombuffer(json.dumps(entries).encode("utf-8"), np.uint8),
        "prosody_differences": _pack_prosody([u.prosody for u in utterances]),
        "spoilt_differences": _pack_prosody([u.prosody if u.degraded is None else u.degraded for u in utterances]),
        _MELS: np.diff(mels, axis=1, prepend=np.uint8(0)),
    }
    with written_whole(out) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)


def _pack_prosody(parts: Sequence[FloatArray]) -> NDArray[np.int8]:
    """Return (28, N) differences from frame to frame, which pack a tenth smaller than the values; int8 wraps both
    ways.
    """
    values = np.clip(np.rint(np.concatenate(parts) / _PROSODY_STEP), -127, 127).astype(np.int8)
    return np.diff(values.T, axis=1, prepend=np.int8(0))


def _rounded(segments: Iterable[Segment]) -> list[list[object]]:
    return [[s.text, round(s.start, 3), round(s.end, 3)] for s in segments]
