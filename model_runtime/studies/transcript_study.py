"""Which transcripts are believed: of held-out readers right ones, faulty ones, those of other recordings and other
languages.

``python -m model_runtime.studies.transcript_study [--data ../shared/data] [--docs docs]``
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from ..contract import Caption, TimedWord
from ..drawing.documents import fill_in
from ..metrics.lips import held_out_speech, held_out_texts
from ..speech.transcript.align_transcript import align_transcript
from ..speech.transcript.alignment import follow, normalise_text
from ..speech.wave import SAMPLE_RATE
from .odd_sounds import noisy, reverberant

MARKS = ("<!-- transcripts -->", "<!-- /transcripts -->")
OTHER_LANGUAGES = {
    "German": (
        "Am nächsten Morgen gingen wir gemeinsam über die alte Brücke, denn wir wollten den Markt noch vor dem großen Regen erreichen. Meine Schwester hatte "
        "einen Korb dabei, und ihr Mann trug die schweren Taschen. Wir kauften Brot und frische Äpfel und freuten uns über das gute Wetter."
    ),
    "French": (
        "Le lendemain matin nous avons traversé le vieux pont ensemble, parce que nous voulions arriver au marché avant la grande pluie. Ma soeur portait un "
        "panier et son mari tenait les sacs lourds. Nous avons acheté du pain et des pommes fraîches, et nous étions heureux du beau temps."
    ),
}
_RIGHT = ("right", "a tenth left out", "a tenth replaced")


@dataclass
class Tally:
    """Of transcripts of one kind: how many, how many believed, the words that are in the voice, those found, those
    found within 50 ms.
    """

    tried: int = 0
    believed: int = 0
    words: int = 0
    found: int = 0
    in_place: int = 0


def measure_transcripts(data: Path, seed: int = 11) -> tuple[dict[tuple[str, str], Tally], float]:
    """Tallies by kind of transcript and sound, and seconds of one core per second of voice."""
    rng = np.random.default_rng(seed)
    texts = held_out_texts(data)
    voices = [(u.wave, normalise_text(texts[u.name])) for u in held_out_speech(data)]
    vocabulary = sorted({word for _, words in voices for word in words})
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    used = heard = 0.0
    for index, (wave, words) in enumerate(voices):
        for sound, voice in {
            "clean": wave,
            "20 dB": noisy(rng, wave, 20.0),
            "10 dB": noisy(rng, wave, 10.0),
            "hall": reverberant(rng, wave, 0.5),
        }.items():
            true = [TimedWord(entry.text, entry.start, entry.end) for entry in follow(voice, words) if entry.text]
            faulty = set(rng.choice(len(words), max(1, len(words) // 10), replace=False).tolist())
            others = [word for k in range(1, len(voices)) for word in voices[(index + k) % len(voices)][1]]
            told = {
                "right": words,
                "a tenth left out": [word for k, word in enumerate(words) if k not in faulty],
                "a tenth replaced": [
                    str(rng.choice(vocabulary)) if k in faulty else word for k, word in enumerate(words)
                ],
                "of another recording": others[: len(words)],
                **{
                    f"{name}, not English": (normalise_text(text) * 3)[: len(words)]
                    for name, text in OTHER_LANGUAGES.items()
                },
            }
            for kind, spoken in told.items():
                began = time.process_time()
                result = align_transcript(
                    voice, (), [Caption(" ".join(spoken), 0.0, len(voice) / SAMPLE_RATE)], "the reader"
                )
                used, heard = used + time.process_time() - began, heard + len(voice) / SAMPLE_RATE
                tally = tallies[kind, sound]
                tally.tried += 1
                tally.believed += bool(result.words)
                if kind in _RIGHT:
                    _count(
                        tally, result.words, [word for k, word in enumerate(true) if kind == "right" or k not in faulty]
                    )
    return tallies, used / heard


def _count(tally: Tally, found: Sequence[TimedWord], true: Sequence[TimedWord]) -> None:
    tally.words += len(true)
    for block in SequenceMatcher(
        None, [word.text for word in true], [word.text for word in found], autojunk=False
    ).get_matching_blocks():
        for a, b in zip(true[block.a : block.a + block.size], found[block.b : block.b + block.size]):
            tally.found += 1
            tally.in_place += abs(a.start - b.start) <= 0.0501 and abs(a.end - b.end) <= 0.0501


def markdown(tallies: dict[tuple[str, str], Tally]) -> str:
    sounds = list(dict.fromkeys(sound for _, sound in tallies))
    lines = ["| believed, and words in place | " + " | ".join(sounds) + " |", "|---|" + "---|" * len(sounds)]
    for kind in dict.fromkeys(kind for kind, _ in tallies):
        cells = []
        for sound in sounds:
            t = tallies[kind, sound]
            cells.append(f"{t.believed} of {t.tried}" + (f", {t.in_place / t.words:.1%}" if t.words else ""))
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure which transcripts are believed.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--docs", type=Path, help="write the table into faces.md in this folder")
    options = parser.parse_args(arguments)
    tallies, cost = measure_transcripts(options.data)
    table = markdown(tallies)
    print(f"{table}\n\n{cost:.3f} s of one core per second of voice")
    if options.docs:
        fill_in(options.docs / "faces.md", MARKS, table)


if __name__ == "__main__":
    main()
