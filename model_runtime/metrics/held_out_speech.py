"""The utterances of the readers held out from all training, with their transcripts and alignments."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..contract import FloatArray, frame_count
from ..face.visemes import Phone
from ..speech.audio import load_speech
from ..speech.phones import Segment
from ..speech.prosody import ENERGY, common_level_gain, prosody
from ..speech.stress.transcript_stress import find_stresses
from ..speech.transcript.alignment import align
from ..speech.wave import SAMPLE_RATE


@dataclass(frozen=True)
class HeldOutSpeech:
    """An utterance of a held-out reader: wave at 16 kHz, aligned phones, stresses (s, strength), whether it is a
    question.
    """

    name: str
    wave: FloatArray
    phones: list[Phone]
    stresses: list[tuple[float, float]] = field(default_factory=list)
    question: bool = False

    @property
    def frames(self) -> int:
        """Return the number of frames at ``FPS``."""
        return frame_count(len(self.wave) / SAMPLE_RATE)

    @property
    def segments(self) -> list[Segment]:
        """Return the phones as ``FaceModel.generate`` takes them from a transcript."""
        return [Segment(*phone) for phone in self.phones]

    def loudness(self) -> FloatArray:
        """Return the loudness (T,) at ``FPS``."""
        return prosody(self.wave, self.frames)[:, ENERGY]


def read_transcripts(table: Path) -> dict[str, str]:
    """Return the text of each utterance of a table in the format of LJ Speech, by its name."""
    with open(table, encoding="utf-8", newline="") as file:
        return {row[0]: row[-1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row}


def held_out_texts(data_dir: Path) -> dict[str, str]:
    """Return the transcript of each utterance of the held-out readers, by "folder/name"."""
    speech = data_dir / "speech"
    # Both readers of the book share its numbers, and each table lists only some of them.
    lines = read_transcripts(speech / "reader_a" / "transcript.csv")
    lines |= read_transcripts(speech / "ljspeech" / "metadata.csv")
    texts = {
        f"ljspeech/{path.stem}": lines[path.stem]
        for path in sorted((speech / "ljspeech").glob("*.flac"))
        if path.stem in lines
    }
    return texts | {
        f"librivox/{path.stem}": path.read_text(encoding="utf-8")
        for path in sorted((speech / "librivox").glob("*.txt"))
    }


def held_out_speech(data_dir: Path) -> Iterator[HeldOutSpeech]:
    """Yield the aligned utterances of the held-out readers; prints the names of those that cannot be aligned."""
    for name, text in held_out_texts(data_dir).items():
        path = data_dir / "speech" / f"{name}.flac"
        wave = load_speech(path)
        wave = wave * np.float32(common_level_gain(wave))
        found = align(wave, text)
        if found.phones:
            phones = [(p.text, p.start, p.end) for p in found.phones]
            stresses = find_stresses(wave, found.words, found.phones)
            yield HeldOutSpeech(name, wave, phones, stresses, text.rstrip().endswith("?"))
        else:
            print(f"left out {path.name}: {' '.join(found.warnings)}")
