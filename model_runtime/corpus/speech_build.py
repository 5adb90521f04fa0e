"""Builds the library of utterances: real readers aligned by force, synthetic talk with times known exactly.

``python -m model_runtime.corpus.speech_build --data FOLDER --out corpus/speech_library.npz`` reads sound files, aligns and speaks;
``speech_library`` loads the result where none of that is installed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..contract import FloatArray, frame_count
from ..features.alignment import align, normalise_text
from ..features.audio import load_speech
from ..features.mel import log_mel
from ..features.phones import Segment
from ..features.prosody import analyse_voice, prosody
from ..features.stress import find_stresses
from ..features.wave import SAMPLE_RATE
from .dialogue_lines import dialogue_lines
from .speech_library import HELD_OUT_VOICES, Utterance, save_speech_library
from .voices import VOICES, flite_at_hand, speak

_LEVEL = -23.0  # dB of full scale of the speech in every wave


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
    save_speech_library(utterances, out)
    minutes: dict[str, float] = {}
    for utterance in utterances:
        minutes[utterance.voice] = minutes.get(utterance.voice, 0.0) + utterance.duration / 60.0
    return minutes


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.corpus.speech_build", description="Build the library of utterances.")
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
