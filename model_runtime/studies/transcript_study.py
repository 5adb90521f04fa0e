"""Which transcripts are accepted: of held-out readers right ones, faulty ones, those of other recordings and languages.

python -m model_runtime evaluate transcripts [--docs docs]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..contract import Caption, FloatArray, TimedWord
from ..drawing.documents import fill_in
from ..metrics.held_out_speech import held_out_speech, held_out_texts
from ..speech.transcript.align_transcript import align_transcript
from ..speech.transcript.alignment import align_words, normalise_text
from ..speech.wave import SAMPLE_RATE
from .odd_sounds import noisy, reverberant
from .options import add_shared_options

MARKS = ("<!-- transcripts -->", "<!-- /transcripts -->")
OTHER_LANGUAGES = {
    "German": (
        "Am nächsten Morgen gingen wir gemeinsam über die alte Brücke, denn wir wollten den Markt noch vor dem großen"
        " Regen erreichen. Meine Schwester hatte einen Korb dabei, und ihr Mann trug die schweren Taschen. Wir kauften"
        " Brot und frische Äpfel und freuten uns über das gute Wetter."
    ),
    "French": (
        "Le lendemain matin nous avons traversé le vieux pont ensemble, parce que nous voulions arriver au marché avant"
        " la grande pluie. Ma soeur portait un panier et son mari tenait les sacs lourds. Nous avons acheté du pain et"
        " des pommes fraîches, et nous étions heureux du beau temps."
    ),
}
_IN_PLACE = 0.0501  # s between the start, and the end, of a word and of the word found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_shared_options(parser, "data", "docs")


def run(options: argparse.Namespace) -> None:
    scores, cost = measure_transcripts(options.data)
    table = markdown(scores)
    print(f"{table}\n\n{cost:.3f} s of one core per second of voice")
    if options.docs:
        fill_in(options.docs / "faces.md", MARKS, table)


@dataclass
class Score:
    """Transcripts of one kind: how many, how many accepted, the words in the voice, those found, those found in
    place.
    """

    tried: int = 0
    accepted: int = 0
    words: int = 0
    found: int = 0
    in_place: int = 0


class Version(NamedTuple):
    """A transcript of a voice, and the indices of the spoken words that it has right, None for another text."""

    words: Sequence[str]
    right: Sequence[int] | None


def measure_transcripts(data: Path, seed: int = 11) -> tuple[dict[tuple[str, str], Score], float]:
    """Return scores by kind of transcript and sound, and seconds of one core per second of voice."""
    rng = np.random.default_rng(seed)
    texts = held_out_texts(data)
    voices = [(u.wave, normalise_text(texts[u.name])) for u in held_out_speech(data)]
    vocabulary = sorted({word for _, words in voices for word in words})
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    computing = seconds = 0.0
    for index, (wave, words) in enumerate(voices):
        others = [word for k in range(1, len(voices)) for word in voices[(index + k) % len(voices)][1]]
        for sound, voice in _sounds(rng, wave).items():
            true = [TimedWord(entry.text, entry.start, entry.end) for entry in align_words(voice, words) if entry.text]
            for kind, version in _versions(rng, words, others, vocabulary).items():
                began = time.process_time()
                caption = Caption(" ".join(version.words), 0.0, len(voice) / SAMPLE_RATE)
                result = align_transcript(voice, (), [caption], "the reader")
                computing, seconds = computing + time.process_time() - began, seconds + len(voice) / SAMPLE_RATE
                score = scores[kind, sound]
                score.tried += 1
                score.accepted += bool(result.words)
                if version.right is not None:
                    _count(score, result.words, [word for k, word in enumerate(true) if k in version.right])
    return scores, computing / seconds


def _sounds(rng: np.random.Generator, wave: FloatArray) -> dict[str, FloatArray]:
    return {
        "clean": wave,
        "20 dB": noisy(rng, wave, 20.0),
        "10 dB": noisy(rng, wave, 10.0),
        "hall": reverberant(rng, wave, 0.5),
    }


def _versions(
    rng: np.random.Generator, words: Sequence[str], others: Sequence[str], vocabulary: Sequence[str]
) -> dict[str, Version]:
    """Return transcripts of ``words`` by kind: right, with faults, of other recordings and in other languages."""
    faulty = set(rng.choice(len(words), max(1, len(words) // 10), replace=False).tolist())
    right = [k for k in range(len(words)) if k not in faulty]
    replaced = [str(rng.choice(vocabulary)) if k in faulty else word for k, word in enumerate(words)]
    return {
        "right": Version(words, range(len(words))),
        "a tenth left out": Version([words[k] for k in right], right),
        "a tenth replaced": Version(replaced, right),
        "of another recording": Version(others[: len(words)], None),
        **{
            f"{name}, not English": Version((normalise_text(text) * 3)[: len(words)], None)
            for name, text in OTHER_LANGUAGES.items()
        },
    }


def _count(score: Score, found: Sequence[TimedWord], true: Sequence[TimedWord]) -> None:
    score.words += len(true)
    for block in SequenceMatcher(
        None, [word.text for word in true], [word.text for word in found], autojunk=False
    ).get_matching_blocks():
        for a, b in zip(true[block.a : block.a + block.size], found[block.b : block.b + block.size]):
            score.found += 1
            score.in_place += abs(a.start - b.start) <= _IN_PLACE and abs(a.end - b.end) <= _IN_PLACE


def markdown(scores: Mapping[tuple[str, str], Score]) -> str:
    """Return the table: how many were accepted, and the share of words in place."""
    sounds = list(dict.fromkeys(sound for _, sound in scores))
    lines = ["| accepted, and words in place | " + " | ".join(sounds) + " |", "|---|" + "---|" * len(sounds)]
    for kind in dict.fromkeys(kind for kind, _ in scores):
        cells = []
        for sound in sounds:
            t = scores[kind, sound]
            cells.append(f"{t.accepted} of {t.tried}" + (f", {t.in_place / t.words:.1%}" if t.words else ""))
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
