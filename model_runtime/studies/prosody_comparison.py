"""The runtime's own analysis of voices beside librosa's: log-mels, pitch, stressed syllables, loading.

The voices are the two of the demo and, where the data folder is, utterances of the readers. Takes about three minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import librosa
import numpy as np
import soundfile
from scipy.signal import find_peaks

from ..common.arrays import Array, BoolArray, FloatArray
from ..contract import FPS, frame_count
from ..datasets.locations import REPOSITORY, data_dir
from ..drawing.documents import fill_in
from ..speech.audio import load_speech
from ..speech.encoders.log_mel import MEL_RATE, MEL_SIZE, log_mel
from ..speech.prosody import PITCH_RANGE, common_level_gain, prosody, track_pitch
from ..speech.stress.stress_detection import detect_stress
from ..speech.stress.transcript_stress import find_stresses
from ..speech.transcript.alignment import align
from ..speech.wave import SAMPLE_RATE

MARKS = ("<!-- prosody comparison -->", "<!-- /prosody comparison -->")
ASSETS = REPOSITORY / "interact_addon" / "assets"
UTTERANCES = 6  # of each reader
LONGEST = 20.0  # seconds of each file
GROSS = np.log2(1.2)  # octaves: a pitch that is wrong by a fifth or more is a gross error (Rabiner et al. 1976)
PITCH_COLUMNS = (
    "voice", "own to pyin: octaves apart (median)", "gross errors", "voicing the same",
    "yin to pyin: octaves apart", "gross errors", "seconds a minute: own", "yin", "pyin",
)  # fmt: skip
NEAR = 0.1  # seconds within which two stresses are the same
_IMPORTS = ("librosa.filters", "librosa.core.spectrum", "librosa.core.pitch")


class Spoken(NamedTuple):
    """A voice (S,) at 16 kHz with its text, which is empty where it is not known."""

    wave: FloatArray
    text: str = ""


class PitchScores(NamedTuple):
    """``median``: octaves apart; ``gross``: share of frames that are a fifth or more off, both over the frames that
    both call voiced; ``voicing``: share of frames that both call voiced or unvoiced.
    """

    median: float
    gross: float
    voicing: float


def comparison_voices(data: Path) -> dict[str, list[Spoken]]:
    """Return the voices of the demo and of the readers in ``data``, those that are there."""
    turns = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))["turns"]
    voices = {
        f"demo {actor}": [
            Spoken(
                load_speech(ASSETS / f"demo_{actor.lower()}.ogg"),
                " ".join(turn["text"] for turn in turns if turn["actor"] == actor),
            )
        ]
        for actor in "AB"
    }
    for reader in ("librivox", "reader_a", "ljspeech", "claire"):
        files = sorted(path for path in (data / "speech" / reader).glob("*") if path.suffix in (".flac", ".wav"))
        if files:
            voices[reader] = [
                Spoken(load_speech(path, 0.0, LONGEST), _text_of(path))
                for path in files[:: -(-len(files) // UTTERANCES)]
            ]
    return voices


def _text_of(path: Path) -> str:
    text = path.with_suffix(".txt")
    return text.read_text("utf-8") if text.is_file() else ""


def librosa_log_mel(wave: FloatArray, precision: type) -> Array:
    """Return ``log_mel`` by librosa; ``precision``: of the samples, which librosa's transform keeps."""
    window = np.hanning(512).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    mels = librosa.feature.melspectrogram(
        y=wave.astype(precision),
        sr=SAMPLE_RATE,
        n_fft=1024,
        win_length=512,
        hop_length=SAMPLE_RATE // MEL_RATE,
        window=window,
        n_mels=MEL_SIZE,
        fmin=50.0,
        fmax=7600.0,
        htk=True,
        norm=1,
    )
    return np.log(mels.T + 1e-8)


def librosa_pitch(method: str, wave: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return pitch (N,) in Hz and where it is voiced (N,), at 100 Hz, by "yin" or "pyin"; yin calls all voiced."""
    low, high = PITCH_RANGE
    settings: dict[str, Any] = {"fmin": low, "fmax": high, "sr": SAMPLE_RATE, "frame_length": 1024, "hop_length": 160}
    if method == "yin":
        pitch = librosa.yin(wave, **settings)
        return pitch, np.ones(len(pitch), np.bool_)
    pitch, voiced, _ = librosa.pyin(wave, fill_na=None, **settings)
    return pitch, voiced


def compare_pitch(own: FloatArray, other: FloatArray, voiced: BoolArray) -> PitchScores:
    """Compare pitch (N,) in Hz, 0 where unvoiced, with another (N,) and where that is ``voiced`` (N,)."""
    both = (own > 0.0) & voiced
    apart = np.abs(np.log2(own[both] / other[both]))
    return PitchScores(float(np.median(apart)), float((apart > GROSS).mean()), float(((own > 0.0) == voiced).mean()))


def made_voice(seconds: float = 20.0, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Return a buzz at 16 kHz with noise 20 dB below, and its pitch in Hz at 100 Hz, 0 in its pauses."""
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    times = np.arange(count) / SAMPLE_RATE
    knots = np.arange(0.0, seconds + 1.0, 0.3)
    pitch = np.interp(times, knots, 120.0 * 2.0 ** rng.uniform(-0.5, 1.0, len(knots)))
    speaks = times % 0.9 < 0.6
    phase = 2.0 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    buzz = 0.1 * speaks * sum(np.sin(k * phase) / k for k in range(1, 16))
    noise = rng.standard_normal(count) * buzz[speaks].std() / 10.0
    return (buzz + noise).astype(np.float32), np.where(speaks, pitch, 0.0)[::160].astype(np.float32)


def mel_rows(voices: Mapping[str, Sequence[Spoken]]) -> Iterator[tuple[str, str]]:
    """Yield how far librosa's log-mels are from the runtime's own, and the seconds of each per minute of voice."""
    waves = [spoken.wave * np.float32(common_level_gain(spoken.wave)) for group in voices.values() for spoken in group]
    log_mel(waves[0])  # imports librosa.filters
    own, seconds = timed(log_mel, waves)
    yield "log-mels, own", f"{seconds:.2f} s a minute"
    for name, precision in (("single", np.float32), ("double", np.float64)):
        other, seconds = timed(partial(librosa_log_mel, precision=precision), waves)
        apart = max(float(np.abs(a - b).max()) for a, b in zip(own, other))
        yield f"log-mels, librosa, {name} precision", f"{apart:.1e} nat apart at most, {seconds:.2f} s a minute"


def pitch_rows(voices: Mapping[str, Sequence[Spoken]]) -> Iterator[tuple[str, ...]]:
    """Yield a row of cells per voice: the trackers against pyin, and the seconds of each per minute of voice; then the
    trackers on a made voice against its known pitch.
    """
    librosa_pitch("pyin", made_voice(1.0)[0])  # compiles
    for name, group in voices.items():
        waves = [spoken.wave * np.float32(common_level_gain(spoken.wave)) for spoken in group]
        own, own_seconds = timed(lambda wave: track_pitch(wave)[0], waves)
        pyin, pyin_seconds = timed(lambda wave: librosa_pitch("pyin", wave), waves)
        yin, yin_seconds = timed(lambda wave: librosa_pitch("yin", wave), waves)
        reference, voiced = (np.concatenate(parts) for parts in zip(*pyin))
        scores = compare_pitch(np.concatenate(own), reference, voiced)
        by_yin = compare_pitch(np.concatenate([pitch for pitch, _ in yin]), reference, voiced)
        seconds = (f"{spent:.1f}" for spent in (own_seconds, yin_seconds, pyin_seconds))
        yield name, *_cells(scores), *_cells(by_yin)[:2], *seconds
    wave, true = made_voice()
    own_pitch = track_pitch(wave)[0]
    for name, (pitch, voiced) in {
        "own": (own_pitch, own_pitch > 0.0),
        "yin": librosa_pitch("yin", wave),
        "pyin": librosa_pitch("pyin", wave),
    }.items():
        scores = compare_pitch(true, pitch[: len(true)], voiced[: len(true)])
        yield f"made voice, {name} against its known pitch", *_cells(scores), "", "", "", "", ""


def _cells(scores: PitchScores) -> tuple[str, str, str]:
    return f"{scores.median:.4f}", f"{scores.gross:.1%}", f"{scores.voicing:.1%}"


def stress_rows(voices: Mapping[str, Sequence[Spoken]]) -> Iterator[tuple[str, str]]:
    """Yield how many of the stresses that transcripts give are found by onsets, by energy peaks and by the network."""
    finders: dict[str, Callable[[FloatArray], Array]] = {
        "librosa's onsets": lambda wave: librosa.onset.onset_detect(
            y=wave, sr=SAMPLE_RATE, hop_length=160, units="time"
        ),
        "peaks of the energy": _energy_peaks,
        "the trained network": _network_peaks,
    }
    known = [
        (spoken.wave, [time for time, _ in find_stresses(spoken.wave, found.words, found.phones)])
        for group in voices.values()
        for spoken in group
        if spoken.text and (found := align(spoken.wave, spoken.text)).words
    ]
    for name, find in finders.items():
        right = hit = found_in_all = true_in_all = 0
        for wave, true in known:
            times = find(wave)
            away = np.abs(np.asarray(times)[:, None] - np.asarray(true)[None])
            right += int((away.min(1, initial=np.inf) <= NEAR).sum())
            hit += int((away.min(0, initial=np.inf) <= NEAR).sum())
            found_in_all, true_in_all = found_in_all + len(times), true_in_all + len(true)
        precision, recall = right / max(found_in_all, 1), hit / max(true_in_all, 1)
        yield f"stresses by {name}", f"precision {precision:.2f}, recall {recall:.2f}"


def _energy_peaks(wave: FloatArray) -> Array:
    features = prosody(wave, frame_count(len(wave) / SAMPLE_RATE))
    return find_peaks(features[:, 1], prominence=0.15, distance=5)[0] / FPS


def _network_peaks(wave: FloatArray) -> Array:
    likelihood = detect_stress(prosody(wave, frame_count(len(wave) / SAMPLE_RATE)))
    return find_peaks(likelihood, height=0.5, distance=5)[0] / FPS


def loading_rows(seconds: float = 60.0) -> Iterator[tuple[str, str]]:
    """Yield seconds and memory for a file of six channels at 96 kHz, by the runtime and by ``librosa.load``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "six channels.wav"
        sound = 0.1 * np.random.default_rng(0).standard_normal((round(seconds * 96000), 6))
        soundfile.write(str(path), sound, 96000)
        del sound
        loaders: dict[str, Callable[[], Array]] = {
            "own": lambda: load_speech(path),
            "librosa": lambda: librosa.load(path, sr=SAMPLE_RATE)[0],
        }
        waves = []
        for name, load in loaders.items():
            tracemalloc.start()
            began = time.perf_counter()
            waves.append(load())
            spent, memory = time.perf_counter() - began, tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
            yield f"loading {seconds:.0f} s of 6 channels at 96 kHz, {name}", f"{spent:.2f} s, {memory:.0f} MB"
        shortest = min(map(len, waves))
        apart = float(np.abs(waves[0][:shortest] - waves[1][:shortest]).max())
        yield "loading, samples apart at most", f"{apart:.1e}"


def import_rows() -> Iterator[tuple[str, str]]:
    """Yield how long a new process takes to import parts of librosa, one after another."""
    code = "import time, importlib, numpy, scipy.signal, scipy.ndimage, torch\n" + "".join(
        f"began = time.perf_counter(); importlib.import_module('{name}'); print(time.perf_counter() - began)\n"
        for name in _IMPORTS
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name, spent in zip(_IMPORTS, done.stdout.split()):
        yield f"import of {name}", f"{float(spent):.1f} s"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def timed(function: Callable[[FloatArray], Any], waves: Sequence[FloatArray]) -> tuple[list[Any], float]:
    """Return the results for all ``waves`` and the seconds they took per minute of voice."""
    began = time.perf_counter()
    results = [function(wave) for wave in waves]
    return results, (time.perf_counter() - began) * 60.0 * SAMPLE_RATE / sum(map(len, waves))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=data_dir(), help="the data folder (default: %(default)s)")
    parser.add_argument("--docs", type=Path, help="write the table into prosody.md in this folder")


def run(options: argparse.Namespace) -> int:
    voices = comparison_voices(options.data)
    others = (*mel_rows(voices), *stress_rows(voices), *loading_rows(), *import_rows())
    text = f"{table(PITCH_COLUMNS, pitch_rows(voices))}\n\n{table(('', 'measured'), others)}"
    print(text)
    if options.docs:
        fill_in(options.docs / "prosody.md", MARKS, text)
    return 0
