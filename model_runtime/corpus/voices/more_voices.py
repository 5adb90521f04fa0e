"""Make more synthetic voices for training the speech encoder and the face: SVOX Pico and eSpeak NG.

Their phones are found by forced alignment. The result is a library of its own, ``corpus/more_voices.npz``, so that the
voices that bodies are composed from stay as they are. A speech encoder trained on few voices learns only those voices;
with these it recognises more phones of readers that it was not trained on. ``pip install ttspico==0.3.2`` (Apache-2.0,
builds with a C compiler) and the program `espeak-ng` (GPL; its sound is free) are both optional.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx
import soxr

from ...contract import FloatArray, frame_count
from ...speech.audio import load_speech
from ...speech.encoders.log_mel import log_mel
from ...speech.prosody import prosody
from ...speech.stress.transcript_stress import find_stresses
from ...speech.transcript.alignment import align
from ...speech.wave import SAMPLE_RATE
from ..script.dialogue_lines import dialogue_lines
from .speech_library import Utterance, save_speech_library

PICO = {"pico_us": "en-US", "pico_gb": "en-GB"}
_SIZES = (0.84, 1.20)  # of the vocal tract: a Pico voice played more slowly sounds like a larger person
_ACCENTS = ("en-us", "en-us", "en-gb-x-rp")
_VARIANTS = (
    "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "klatt", "klatt2",
    "klatt3", "klatt4", "klatt6", "antonio", "benjamin", "caleb", "david", "ed", "edward", "gustave",
    "iven", "john", "linda", "max", "michel", "miguel", "paul", "rob", "steph", "travis", "victor",
    "belinda", "aunty", "grandpa", "Alicia", "Andrea", "Annie", "Denis", "Gene", "Hugo", "Lee", "Mario",
    "Michael", "Mike", "marcelo", "shelby", "zac",
)  # fmt: skip
_PICO_SHARE = 0.7  # of the lines: Pico sounds more natural than eSpeak's formant synthesis
_WORDS_OF_A_LINE = (5, 11)


def has_pico() -> bool:
    """Return whether the package ``ttspico`` is installed."""
    return importlib.util.find_spec("ttspico") is not None


def has_espeak() -> bool:
    """Return whether the program `espeak-ng` is installed."""
    return shutil.which("espeak-ng") is not None


def more_utterances(count: int, seed: int) -> Iterator[Utterance]:
    """Yield up to ``count`` utterances; those that cannot be aligned are left out.

    Half of the texts are lines of talk, half are dictionary words in random order, for all combinations of phones.
    Yields nothing if neither Pico nor eSpeak is installed.
    """
    rng = np.random.default_rng([seed, 4])
    lines, words = [line.text for line in dialogue_lines(1200, seed + 98, "train")], dictionary_words()
    engines = [name for name, there in (("pico", has_pico()), ("espeak", has_espeak())) if there]
    for number in range(count if engines else 0):
        text = (
            str(rng.choice(lines))
            if rng.random() < 0.5
            else " ".join(rng.choice(words, rng.integers(*_WORDS_OF_A_LINE))) + "."
        )
        engine = engines[0] if len(engines) == 1 or rng.random() < _PICO_SHARE else "espeak"
        voice, wave = _pico(rng, text) if engine == "pico" else _espeak(rng, text)
        utterance = _aligned(f"{voice}/{number:04d}", voice, text, wave)
        if utterance is not None:
            yield utterance


def dictionary_words() -> list[str]:
    """Return the words of 3 to 11 letters of the CMU dictionary that comes with pocketsphinx."""
    path = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    spelt = (line.split(maxsplit=1)[0] for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [word for word in spelt if word.isalpha() and 3 <= len(word) <= 11]


def _pico(rng: np.random.Generator, text: str) -> tuple[str, FloatArray]:
    voice = str(rng.choice(list(PICO)))
    engine = _pico_engine(PICO[voice])
    engine.rate, engine.pitch = int(rng.integers(85, 125)), int(rng.integers(75, 120))
    wave = np.frombuffer(engine.speak(text), np.int16).astype(np.float32) / 32768.0
    return voice, soxr.resample(wave, SAMPLE_RATE, SAMPLE_RATE * float(rng.uniform(*_SIZES))).astype(np.float32)


@cache
def _pico_engine(language: str) -> Any:
    import ttspico

    return ttspico.TtsEngine(language)


def _espeak(rng: np.random.Generator, text: str) -> tuple[str, FloatArray]:
    variant, accent = rng.choice(_VARIANTS), rng.choice(_ACCENTS)
    speed, pitch = rng.integers(135, 200), rng.integers(20, 80)
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        command = ["espeak-ng", "-v", f"{accent}+{variant}", "-s", str(speed), "-p", str(pitch), "-w", str(sound), text]
        subprocess.run(command, check=True, capture_output=True)
        return f"espeak_{variant}", load_speech(sound)


def _aligned(name: str, voice: str, text: str, wave: FloatArray) -> Utterance | None:
    """Return the utterance with its aligned words and phones, or None if they are not found."""
    found = align(wave, text)
    if not found.words:
        return None
    duration = len(wave) / SAMPLE_RATE
    return Utterance(
        name,
        voice,
        "train",
        text,
        prosody(wave, frame_count(duration)),
        log_mel(wave),
        list(found.words),
        list(found.phones),
        find_stresses(wave, found.words, found.phones),
        duration,
        np.clip(np.rint(wave * 32767.0), -32768, 32767).astype(np.int16),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("corpus/more_voices.npz"))
    parser.add_argument("--lines", type=int, default=1700)
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> None:
    utterances = list(more_utterances(options.lines, options.seed))
    if not utterances:
        print("neither ttspico nor espeak-ng is installed: no further voices")
        return
    save_speech_library(utterances, options.out)
    minutes = sum(u.duration for u in utterances) / 60
    print(f"{len(utterances)} of {options.lines} lines aligned, {minutes:.0f} min in {options.out}")
