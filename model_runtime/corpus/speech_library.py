"""Every utterance the corpus is made from: real readers aligned by force, synthetic talk with times known exactly.

``python -m model_runtime.corpus.speech_library --data FOLDER --out corpus/speech_library.npz`` builds it. The library holds all
that training needs (prosody, mel bands, words, phones, stresses); the sound itself lies beside it in ``..._waves.npy``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract import FloatArray, frame_count
from ..features.alignment import Segment, align, normalise_text
from ..features.audio import SAMPLE_RATE, load_speech
from ..features.mel import MEL_STEP, log_mel
from ..features.prosody import PROSODY_SIZE, analyse_voice, prosody
from ..features.stress import find_stresses
from .dialogue_lines import dialogue_lines
from .voices import VOICES, flite_at_hand, speak

HELD_OUT_VOICES = ("ljspeech", "librivox")
_PROSODY_STEP = 1.0 / 40.0  # int8 covers +-3.2
_LEVEL = -23.0  # dB of full scale of the speech in every wave
_LICENCES = {"reader_a": "Apache-2.0", "ljspeech": "public domain", "librivox": "public domain"}


@dataclass(frozen=True)
class Utterance:
    """One voice saying one thing.

    ``prosody`` (T, 28) at 30 fps; ``mels`` (N, 80) natural log power at 50 Hz; ``words`` and ``phones`` with seconds;
    ``stresses``: (time s, strength 0..1); ``wave`` int16 at 16 kHz, or None where the wave file is not beside the library.
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


def build_speech_library(data_dir: Path, out: Path, synthetic_lines: int = 1100, seed: int = 1) -> dict[str, float]:
    """Read ``data_dir/speech``, speak the synthetic lines, write ``out`` and its waves; the minutes of each voice.

    A line's voice is chosen by the seed. Without `flite` the library has the real voices only. Utterances whose text cannot be
    found in their sound are left out and named.
    """
    utterances = list(_real_utterances(data_dir / "speech"))
    if flite_at_hand():
        utterances += _synthetic_utterances(synthetic_lines, seed)
    else:
        print("flite is not installed: no synthetic voices in this library")
    _save(utterances, out)
    minutes: dict[str, float] = {}
    for utterance in utterances:
        minutes[utterance.voice] = minutes.get(utterance.voice, 0.0) + utterance.duration / 60.0
    return minutes


def load_speech_library(path: str | Path) -> list[Utterance]:
    """The packed library; waves are mapped from the file beside it, not read into memory."""
    path = Path(path)
    waves_path = path.with_name(path.stem + "_waves.npy")
    waves = np.load(waves_path, mmap_mode="r", allow_pickle=False) if waves_path.is_file() else None
    with np.load(path, allow_pickle=False) as packed:
        entries = json.loads(packed["meta"].tobytes().decode("utf-8"))
        prosodies, mels = packed["prosody"], packed["mels"]
    utterances, at_prosody, at_mel, at_wave = [], 0, 0, 0
    for entry in entries:
        frames, steps, samples = entry["sizes"]
        utterances.append(Utterance(
            entry["id"], entry["voice"], entry["split"], entry["text"],
            prosodies[at_prosody : at_prosody + frames].astype(np.float32) * np.float32(_PROSODY_STEP),
            (mels[at_mel : at_mel + steps].astype(np.float32) - 200.0) * np.float32(MEL_STEP),
            [Segment(*word) for word in entry["words"]], [Segment(*phone) for phone in entry["phones"]],
            [(time, strength) for time, strength in entry["stresses"]], samples / SAMPLE_RATE,
            None if waves is None else waves[at_wave : at_wave + samples],
        ))  # fmt: skip
        at_prosody, at_mel, at_wave = at_prosody + frames, at_mel + steps, at_wave + samples
    return utterances


def _real_utterances(folder: Path) -> Iterator[Utterance]:
    # Both readers read from the same book under the same numbers; each folder's table lists only some of them.
    texts = _texts(folder / "reader_a" / "transcript.csv") | _texts(folder / "ljspeech" / "metadata.csv")
    readings = {
        **{voice: [(p, texts[p.stem]) for p in sorted((folder / voice).glob("*.flac")) if p.stem in texts] for voice in ("reader_a", "ljspeech")},
        "librivox": [(path.with_suffix(".flac"), path.read_text(encoding="utf-8")) for path in sorted((folder / "librivox").glob("*.txt"))],
    }
    held_out_texts = {tuple(normalise_text(text)) for voice in HELD_OUT_VOICES for _, text in readings[voice]}
    for voice, items in readings.items():
        for path, text in items:
            split = "test" if voice in HELD_OUT_VOICES else "train"
            if split == "train" and tuple(normalise_text(text)) in held_out_texts:
                continue  # a held-out voice says the same words: nothing in test was heard in training
            wave = _levelled(load_speech(path))
            found = align(wave, text)
            if not found.words:
                print(f"left out {path.name}: {' '.join(found.warnings)}")
                continue
            yield _utterance(f"{voice}/{path.stem}", voice, split, text.strip(), wave, found.words, found.phones)


def _texts(path: Path) -> dict[str, str]:
    with open(path, encoding="utf-8", newline="") as file:
        return {row[0]: row[-1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row}


def _synthetic_utterances(count: int, seed: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    for index, text in enumerate(dialogue_lines(count, seed)):
        voice = VOICES[rng.integers(len(VOICES))].varied(rng)
        spoken = speak(text, voice)
        yield _utterance(f"{voice.name}/{index:04d}", voice.name, "train", text, _levelled(spoken.wave), spoken.words, spoken.phones)


def _levelled(wave: FloatArray) -> FloatArray:
    speech = analyse_voice(wave)
    loud = speech.energy[speech.active > 0.5]
    if len(loud) == 0:
        return wave
    level = 10.0 * np.log10(np.mean(10.0 ** (loud / 10.0)))
    gain = 10.0 ** ((_LEVEL - level) / 20.0)
    return (wave * min(gain, 0.98 / max(float(np.abs(wave).max()), 1e-6))).astype(np.float32)


def _utterance(
    name: str, voice: str, split: str, text: str, wave: FloatArray, words: Sequence[Segment], phones: Sequence[Segment]
) -> Utterance:
    duration = len(wave) / SAMPLE_RATE
    return Utterance(
        name, voice, split, text, prosody(wave, frame_count(duration)), log_mel(wave), list(words), list(phones),
        find_stresses(wave, words, phones), duration, np.clip(np.rint(wave * 32767.0), -32768, 32767).astype(np.int16),
    )  # fmt: skip


def _save(utterances: Sequence[Utterance], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    entries = [
        {
            "id": u.id, "voice": u.voice, "split": u.split, "text": u.text, "licence": _LICENCES.get(u.voice, "synthetic (flite)"),
            "words": _rounded(u.words), "phones": _rounded(u.phones), "stresses": u.stresses,
            "sizes": [len(u.prosody), len(u.mels), len(u.wave) if u.wave is not None else 0],
        }
        for u in utterances
    ]  # fmt: skip
    prosodies = np.concatenate([u.prosody for u in utterances]) if utterances else np.zeros((0, PROSODY_SIZE), np.float32)
    mels = np.concatenate([u.mels for u in utterances])
    waves = np.concatenate([u.wave for u in utterances if u.wave is not None])
    partial = out.with_name(out.name + ".part")
    with open(partial, "wb") as file:
        np.savez_compressed(
            file,
            meta=np.frombuffer(json.dumps(entries).encode("utf-8"), np.uint8),
            prosody=np.clip(np.rint(prosodies / _PROSODY_STEP), -127, 127).astype(np.int8),
            mels=np.clip(np.rint(mels / MEL_STEP) + 200, 0, 255).astype(np.uint8),
        )
    waves_path = out.with_name(out.stem + "_waves.npy")
    waves_partial = waves_path.with_name(waves_path.name + ".part")
    with open(waves_partial, "wb") as file:
        np.save(file, waves, allow_pickle=False)
    os.replace(waves_partial, waves_path)
    os.replace(partial, out)


def _rounded(segments: Iterable[Segment]) -> list[list[object]]:
    return [[s.text, round(s.start, 3), round(s.end, 3)] for s in segments]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.corpus.speech_library", description="Build the library of utterances.")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data folder that holds speech/")
    parser.add_argument("--out", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--lines", type=int, default=1100, help="synthetic lines (flite)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    minutes = build_speech_library(given.data, given.out, given.lines, given.seed)
    for voice, amount in minutes.items():
        print(f"{voice:12s} {amount:6.1f} min{'  (held out)' if voice in HELD_OUT_VOICES else ''}")
    print(f"{'total':12s} {sum(minutes.values()):6.1f} min in {given.out}, {given.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
