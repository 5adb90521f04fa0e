"""How well lips follow real speech: closure on p, b, m, contact on f, v, false closures, jaw and gap correlation.

``python -m model_runtime.metrics.lips --data ../shared/data`` measures the shipped face on readers it never heard.
Definitions are those of the measures page: gaps come from the vertices of the ICT face where it is at hand, else from
``face.mouth_shapes.lip_gap``, a linear model fitted to the same vertices.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import EMOTIONS, FPS, FloatArray, frame_count
from ..datasets.ict_face import IctFace
from ..face.mouth_shapes import BILABIAL, JAW, LABIODENTAL, ROLL_LOWER, SILENCE, TOUCHING, lip_gap
from ..face.visemes import Phone, viseme_curves, with_rests
from ..speech.phones import Segment

TEETH_CONTACT = 0.10  # cm between lower lip and upper incisors that reads as contact; the mesh has 0.12 at rest


class MouthGeometry:
    """Inner-lip gap and lip-to-teeth distance of the ICT face: linear vertices, so cheap per frame."""

    def __init__(self, face: IctFace) -> None:
        at, jaw = face.vertices, face.deltas[JAW]
        number = np.arange(len(at))
        middle = (number < 9409) & (np.abs(at[:, 0]) < 0.65) & (at[:, 1] > -4.4) & (at[:, 1] < -2.5)
        lips = middle & (at[:, 2] > 10.8)
        self._columns = []
        for x in (-0.5, -0.25, 0.0, 0.25, 0.5):
            near = np.abs(at[:, 0] - x) < 0.14
            self._columns.append(
                (np.flatnonzero(lips & near & (jaw[:, 1] > -1)), np.flatnonzero(lips & near & (jaw[:, 1] < -2)))
            )
        self._lower = np.flatnonzero(middle & (jaw[:, 1] < -2) & (at[:, 2] > 10.5))
        teeth = (number >= 17039) & (number < 21451) & (np.abs(jaw[:, 1]) < 0.1) & (np.abs(at[:, 0]) < 0.8)
        self._incisors = np.flatnonzero(teeth & (at[:, 1] < -3.25))
        used = np.unique(np.concatenate([self._lower, self._incisors, *(np.concatenate(c) for c in self._columns)]))
        self._row = {int(v): i for i, v in enumerate(used)}
        self._neutral, self._deltas = at[used], face.deltas[:, used]

    def gap(self, curves: FloatArray) -> FloatArray:
        """(T, 52) -> (T,) cm between the inner lips at the middle of the mouth; 0 when they touch."""
        y = self._posed(curves)[..., 1]
        open_by = [
            y[:, self._rows(upper)].min(axis=1) - y[:, self._rows(lower)].max(axis=1) for upper, lower in self._columns
        ]
        return np.maximum(np.mean(open_by, axis=0) - TOUCHING, 0.0).astype(np.float32)

    def teeth_distance(self, curves: FloatArray) -> FloatArray:
        """(T, 52) -> (T,) cm from the lower lip to the edge of the upper incisors."""
        points = self._posed(curves)
        lower, teeth = points[:, self._rows(self._lower)], points[:, self._rows(self._incisors)]
        return np.array([np.sqrt(((a[:, None] - b) ** 2).sum(-1).min()) for a, b in zip(lower, teeth)], np.float32)

    def _posed(self, curves: FloatArray) -> FloatArray:
        return self._neutral + np.tensordot(curves.astype(np.float32), self._deltas, axes=1)

    def _rows(self, vertices: NDArray[Any]) -> NDArray[np.intp]:
        return np.array([self._row[int(v)] for v in vertices], np.intp)


@dataclass(frozen=True)
class LipScores:
    """Shares in [0, 1] and correlations; ``contacts``: how many p/b/m and f/v were judged."""

    closure: float
    teeth_contact: float
    false_closure: float
    jaw_correlation: float
    gap_correlation: float
    contacts: tuple[int, int]


def score_lips(
    faces: Sequence[FloatArray],
    spoken: Sequence[Sequence[Phone]],
    loudness: Sequence[FloatArray],
    geometry: MouthGeometry | None = None,
) -> LipScores:
    """Judge faces (T, 52) against the aligned ``phones`` of each; ``loudness`` (T,) as ``viseme_curves``."""
    closed, touched, false, jaws, gaps = [], [], [], [], []
    for face, phones, loud in zip(faces, spoken, loudness):
        frames = len(face)
        gap = geometry.gap(face) if geometry else lip_gap(face)
        reached = (
            geometry.teeth_distance(face) <= TEETH_CONTACT if geometry else (face[:, ROLL_LOWER] > 0.12) & (gap < 0.45)
        )
        elsewhere = np.zeros(frames, bool)
        for phone, start, end in with_rests(phones, frames / FPS):
            if phone not in (*BILABIAL, *LABIODENTAL, SILENCE):
                elsewhere[_span(start, end, frames)] = True
        for phone, start, end in phones:
            window = _span(start, end, frames, 1)
            if phone in BILABIAL:
                closed.append(bool((gap[window] <= 0.0).any()))
            elif phone in LABIODENTAL:
                touched.append(bool(reached[window].any()))
            if phone in (*BILABIAL, *LABIODENTAL, SILENCE):
                elsewhere[_span(start, end, frames, 1 if phone != SILENCE else 2)] = False
        elsewhere &= loud > 0.0  # where the alignment puts a phone into a pause, a shut mouth is right
        false.append(gap[elsewhere] <= 0.0)
        truth = viseme_curves(phones, frames, loud)
        jaws.append((face[:, JAW], truth[:, JAW]))
        gaps.append((gap, geometry.gap(truth) if geometry else lip_gap(truth)))
    return LipScores(
        closure=_share(closed),
        teeth_contact=_share(touched),
        false_closure=_share(np.concatenate(false) if false else []),
        jaw_correlation=_correlation(jaws),
        gap_correlation=_correlation(gaps),
        contacts=(len(closed), len(touched)),
    )


def _span(start: float, end: float, frames: int, margin: int = 0) -> slice:
    first = int(np.floor(start * FPS)) - margin
    last = int(np.ceil(end * FPS)) + margin
    return slice(max(first, 0), max(min(last + 1, frames), 0))


def _share(hits: Sequence[bool] | FloatArray) -> float:
    return float(np.mean(hits)) if len(hits) else float("nan")


def _correlation(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """Mean over utterances, each with its own mean and spread."""
    values = [np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 1e-6 and b.std() > 1e-6]
    return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True)
class HeldOutSpeech:
    """A reader's utterance that no training heard: its wave at 16 kHz, its aligned phones, its stresses (s, strength),
    whether it asks.
    """

    name: str
    wave: FloatArray
    phones: list[Phone]
    stresses: list[tuple[float, float]] = field(default_factory=list)
    question: bool = False


def held_out_texts(data_dir: Path) -> dict[str, str]:
    """What each utterance of the held-out readers says, by "folder/name"."""
    speech = data_dir / "speech"
    lines: dict[str, str] = {}  # both readers of the book share its numbers, and each table lists only some of them
    for table in (speech / "reader_a" / "transcript.csv", speech / "ljspeech" / "metadata.csv"):
        with open(table, encoding="utf-8", newline="") as file:
            lines |= {row[0]: row[-1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row}
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
    """The utterances of the held-out readers, aligned by force; those that cannot be aligned are named and left out."""
    from ..speech.audio import load_speech
    from ..speech.prosody import common_level_gain
    from ..speech.stress.prominent_syllables import find_stresses
    from ..speech.transcript.alignment import align

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


def measure_face(
    data_dir: Path,
    weights_dir: Path | None = None,
    seed: int = 0,
    quality: str = "final",
    words: bool = False,
    lips: float = 1.0,
    feeling: tuple[str, float] | None = None,
) -> dict[str, LipScores]:
    """Scores by reader, and of all, of the trained face on held-out speech with a silent partner; ``words``: with its
    transcript told.

    ``feeling``: an emotion and its intensity, 0 to 2, felt all the while.
    """
    from ..face.model import FaceModel
    from ..speech.prosody import ENERGY, prosody

    model = FaceModel.load(weights_dir)
    geometry = MouthGeometry(IctFace(data_dir / "face")) if IctFace.available(data_dir) else None
    heard = list(held_out_speech(data_dir))
    loudness = [prosody(u.wave, frame_count(len(u.wave) / 16000))[:, ENERGY] for u in heard]
    faces = []
    for u, loud in zip(heard, loudness):
        felt = np.zeros((len(loud), len(EMOTIONS)), np.float32)
        if feeling:
            felt[:, EMOTIONS.index(feeling[0])] = feeling[1]
        said = [Segment(*phone) for phone in u.phones] if words else ()
        faces.append(
            model.generate(
                u.wave, np.zeros_like(u.wave), len(loud), seed, quality, emotion=felt, phones=said, lips=lips
            )
        )
    readers = [u.name.split("/")[0] for u in heard]
    groups = {reader: [i for i, r in enumerate(readers) if r == reader] for reader in sorted(set(readers))}
    groups["all"] = list(range(len(heard)))
    return {
        name: score_lips(
            [faces[i] for i in chosen], [heard[i].phones for i in chosen], [loudness[i] for i in chosen], geometry
        )
        for name, chosen in groups.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure the face's lips on readers no training heard.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path, help="folder of the weights; the shipped ones when left out")
    parser.add_argument("--quality", default="final")
    parser.add_argument("--words", action="store_true", help="tell the transcripts")
    parser.add_argument("--lips", type=float, default=1.0, help="share of the lip-tuned denoiser")
    parser.add_argument("--emotion", choices=EMOTIONS)
    parser.add_argument("--intensity", type=float, default=1.0)
    parser.add_argument("--json", type=Path, help="write the scores here too")
    options = parser.parse_args(arguments)
    feeling = (options.emotion, options.intensity) if options.emotion else None
    scores = measure_face(options.data, options.weights, 0, options.quality, options.words, options.lips, feeling)
    print(
        f"{'reader':10s} {'p/b/m closed':>14s} {'f/v touching':>14s} {'falsely closed':>15s} {'jaw r':>7s} {'gap r':>7s}"
    )
    for name, s in scores.items():
        print(
            f"{name:10s} {s.closure:8.1%} of {s.contacts[0]:3d} {s.teeth_contact:7.1%} of {s.contacts[1]:3d} {s.false_closure:14.1%} "
            f"{s.jaw_correlation:8.2f} {s.gap_correlation:7.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps({name: asdict(s) for name, s in scores.items()}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
