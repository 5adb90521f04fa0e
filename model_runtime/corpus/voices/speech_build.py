"""Build the library of utterances: recorded readers by forced alignment, synthetic talk with exact times.

``speech_library`` loads the result where neither the aligner nor a synthesiser is installed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import FloatArray, frame_count
from ...datasets.locations import data_dir
from ...speech.audio import load_speech
from ...speech.encoders.log_mel import MEL_SIZE, log_mel
from ...speech.phones import Segment
from ...speech.prosody import analyse_voice, prosody
from ...speech.stress.transcript_stress import find_stresses
from ...speech.transcript.alignment import align, normalise_text
from ...speech.wave import SAMPLE_RATE
from ..script.dialogue_acts import dialogue_act
from ..script.dialogue_lines import dialogue_lines
from ..script.dialogue_templates import BACKCHANNELS, LAUGHS
from .laughter import laugh
from .speech_library import HELD_OUT_VOICES, Utterance, save_speech_library
from .synthetic_voices import VOICES, VOICES_HELD_OUT, Spoken, Voice, has_flite, speak
from .variants import degrade

_LINES_WITH_MELS = 800  # enough to train the speech encoder; the rest keeps the library small
_TEST_LINES_OF = 9  # one test line for so many to train on
_LEVEL = -23.0  # dB of full scale of the speech in every wave


def build_speech_library(data_dir: Path, out: Path, synthetic_lines: int = 1500, seed: int = 1) -> dict[str, float]:
    """Read ``data_dir/speech``, speak the synthetic lines, write ``out`` and its waves; return the minutes of each
    voice.

    The seed chooses the voice of a line. Without `flite` the library has the recorded voices only. Utterances whose
    text cannot be aligned with their sound are left out and named.
    """
    utterances = list(_real_utterances(data_dir / "speech", seed))
    if has_flite():
        utterances += _synthetic_utterances(VOICES, "train", synthetic_lines, seed)
        utterances += _synthetic_utterances(VOICES_HELD_OUT, "test", synthetic_lines // _TEST_LINES_OF, seed)
    else:
        print("flite is not installed: no synthetic voices in this library")
    save_speech_library(utterances, out)
    minutes: dict[str, float] = {}
    for utterance in utterances:
        minutes[utterance.voice] = minutes.get(utterance.voice, 0.0) + utterance.duration / 60.0
    return minutes


def _real_utterances(folder: Path, seed: int) -> Iterator[Utterance]:
    """Yield the recorded readers' utterances, aligned with their transcripts."""
    # Both readers read from the same book under the same numbers; each folder's table lists only some of them.
    texts = _texts(folder / "reader_a" / "transcript.csv") | _texts(folder / "ljspeech" / "metadata.csv")
    readings = {
        **{
            voice: [(p, texts[p.stem]) for p in sorted((folder / voice).glob("*.flac")) if p.stem in texts]
            for voice in ("reader_a", "ljspeech")
        },
        "librivox": [
            (path.with_suffix(".flac"), path.read_text(encoding="utf-8"))
            for path in sorted((folder / "librivox").glob("*.txt"))
        ],
    }
    held_out_texts = {tuple(normalise_text(text)) for voice in HELD_OUT_VOICES for _, text in readings.get(voice, [])}
    for number, (voice, path, text) in enumerate(
        (voice, path, text) for voice, items in readings.items() for path, text in items
    ):
        split = "test" if voice in HELD_OUT_VOICES else "train"
        if split == "train" and tuple(normalise_text(text)) in held_out_texts:
            continue  # a held-out voice reads the same text, which must not occur in training
        wave = _levelled(load_speech(path))
        found = align(wave, text)
        if not found.words:
            print(f"left out {path.name}: {' '.join(found.warnings)}")
            continue
        rng = np.random.default_rng([seed, 1, number])
        yield Utterance(
            f"{voice}/{path.stem}",
            voice,
            split,
            text.strip(),
            act=dialogue_act(text),
            **_measured(rng, wave, found.words, found.phones),
        )


def _texts(path: Path) -> dict[str, str]:
    """Return the transcripts of a table by file name."""
    with open(path, encoding="utf-8", newline="") as file:
        return {row[0]: row[-1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row}


def _synthetic_utterances(voices: Sequence[Voice], split: str, count: int, seed: int) -> Iterator[Utterance]:
    """Yield lines of the grammar, each by one of the voices, then every voice's back-channels and laughs."""
    for number, (text, emotion_group) in enumerate(dialogue_lines(count, seed, split)):
        rng = np.random.default_rng([seed, 2, split == "test", number])
        voice = voices[rng.integers(len(voices))]
        varied = voice.varied(rng, emotion_group)
        spoken = speak(text, varied)
        measured = _measured(
            rng,
            _levelled(spoken.wave),
            spoken.words,
            spoken.phones,
            with_mels=split == "train" and number < _LINES_WITH_MELS,
        )
        yield Utterance(
            f"{voice.name}/{number:04d}",
            voice.name,
            split,
            text,
            act=dialogue_act(text),
            emotion_group=emotion_group,
            rate=voice.stretch / varied.stretch,
            **measured,
        )
    for number, voice in enumerate(voices):
        rng = np.random.default_rng([seed, 3, split == "test", number])
        for act, texts, say in (("backchannel", BACKCHANNELS[split], _say), ("laugh", LAUGHS[split], laugh)):
            for k, text in enumerate(texts):
                spoken = say(text, voice, rng)
                yield Utterance(
                    f"{voice.name}/{act}{k:02d}",
                    voice.name,
                    split,
                    text,
                    act=act,
                    emotion_group="joy" if act == "laugh" else "",
                    **_measured(rng, _levelled(spoken.wave), spoken.words, spoken.phones, with_mels=False),
                )


def _say(text: str, voice: Voice, rng: np.random.Generator) -> Spoken:
    return speak(text, voice.varied(rng))


def _levelled(wave: FloatArray) -> FloatArray:
    """Return ``wave`` with its speech at ``_LEVEL``, or less where that would clip."""
    speech = analyse_voice(wave)
    loud = speech.energy[speech.active > 0.5]
    if len(loud) == 0:
        return wave
    level = 10.0 * np.log10(np.mean(10.0 ** (loud / 10.0)))
    gain = 10.0 ** ((_LEVEL - level) / 20.0)
    return (wave * min(gain, 0.98 / max(float(np.abs(wave).max()), 1e-6))).astype(np.float32)


def _measured(
    rng: np.random.Generator,
    wave: FloatArray,
    words: Sequence[Segment],
    phones: Sequence[Segment],
    with_mels: bool = True,
) -> dict[str, Any]:
    """Return the fields of an utterance that come from its sound."""
    duration = len(wave) / SAMPLE_RATE
    frames = frame_count(duration)
    variant, degraded = degrade(rng, wave)
    return {
        "prosody": prosody(wave, frames),
        "mels": log_mel(wave) if with_mels else np.zeros((0, MEL_SIZE), np.float32),
        "words": list(words),
        "phones": list(phones),
        "stresses": find_stresses(wave, words, phones),
        "duration": duration,
        "wave": np.clip(np.rint(wave * 32767.0), -32768, 32767).astype(np.int16),
        "variant": variant,
        "degraded": prosody(degraded, frames),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=data_dir(), metavar="DIR", help="folder that holds speech/")
    parser.add_argument("--out", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--lines", type=int, default=1500, help="synthetic lines (flite)")
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> None:
    minutes = build_speech_library(options.data, options.out, options.lines, options.seed)
    for voice, amount in minutes.items():
        print(f"{voice:12s} {amount:6.1f} min{'  (held out)' if voice in HELD_OUT_VOICES else ''}")
    print(f"{'total':12s} {sum(minutes.values()):6.1f} min in {options.out}, {options.out.stat().st_size / 1e6:.1f} MB")
