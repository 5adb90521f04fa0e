"""Compute vectors of every word of the speech library for training, and the stresses in held-out voices as they are
found from a transcript.

    python -m model_runtime train words --speech corpus/speech_library.npz --out corpus/word_features.npz

With ``--fit`` the principal components are fitted to the library's training texts and written to
``weights/words.safetensors``: those of the packaged encoder, or of the BERT or CLIP in the folder ``--encoder``.
Without it they must be there, fitted for the encoder that is used.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.checkpoints import WEIGHTS
from ..common.files import written_whole
from ..contract import FloatArray, TimedWord
from ..corpus.voices.speech_library import Utterance, load_speech_library
from ..datasets.scene import Scene
from ..speech.transcript.align_transcript import align_transcript
from ..text.words import PACKAGED, WORD_SIZE, WORDS, TextEncoder, WordFeatures, word_track

_STEP = 1.0 / 31.0  # int8 covers +-4 deviations


def build_word_features(utterances: Sequence[Utterance], features: WordFeatures, out: Path) -> int:
    """Write ``out`` and return the number of words in it."""
    index, vectors, count = {}, [], 0
    for utterance in utterances:
        found = features.vectors([text for text, _, _ in utterance.words])
        spans = [[round(start, 3), round(end, 3), text] for text, start, end in utterance.words]
        wave = utterance.wave if utterance.split == "test" else None
        index[utterance.id] = [count, spans, None if wave is None else found_stresses(wave, spans)]
        vectors.append(np.round(found / _STEP).clip(-127, 127).astype(np.int8))
        count += len(found)
    with written_whole(out) as partial, open(partial, "wb") as file:
        np.savez_compressed(
            file,
            index=np.array(json.dumps(index)),
            vectors=np.concatenate(vectors),
            encoder=np.array(features.encoder.name),
        )
    return count


def found_stresses(wave: NDArray[np.int16], spans: Sequence[Sequence[Any]]) -> list[float]:
    """Return times (s) of the stresses as found from a transcript; ``spans``: start, end and text of each word."""
    words = [TimedWord(text, start, end) for start, end, text in spans]
    aligned = align_transcript(wave.astype(np.float32) / 32768.0, words, (), "")
    return [round(time, 3) for time in aligned.stresses]


class WordTracks:
    """The vectors of a file of ``build_word_features`` along scenes."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as data:
            self.index, self.vectors = json.loads(str(data["index"])), data["vectors"]
            # Files without a name were made with the packaged encoder.
            self.encoder = str(data["encoder"]) if "encoder" in data else PACKAGED

    def of(self, scene: Scene) -> FloatArray:
        """Return (2, T, 48) of the words of each actor of the scene, zeros for utterances that are not in the file."""
        tracks = np.zeros((2, scene.frames, WORD_SIZE), np.float32)
        for actor, utterances in enumerate(scene.utterances):
            for spoken in utterances:
                if spoken.id in self.index:
                    first, spans = self.index[spoken.id][:2]
                    vectors = self.vectors[first : first + len(spans)] * np.float32(_STEP)
                    track = word_track(
                        [(start + spoken.start, end + spoken.start) for start, end, _ in spans], vectors, scene.frames
                    )
                    tracks[actor] = np.where(track.any(-1, keepdims=True), track, tracks[actor])
        return tracks

    def timed(self, scene: Scene, actor: int) -> list[TimedWord]:
        """Return the words of an actor of the scene, in scene time."""
        return [
            TimedWord(text, start + spoken.start, end + spoken.start)
            for spoken in scene.utterances[actor]
            if spoken.id in self.index
            for start, end, text in self.index[spoken.id][1]
        ]

    def stressed(self, scene: Scene, actor: int) -> list[float] | None:
        """Return the stresses of an actor of a held-out scene, found from the words, in scene time; None where the file
        has none.
        """
        entries = [
            (spoken.start, self.index[spoken.id]) for spoken in scene.utterances[actor] if spoken.id in self.index
        ]
        if any(len(entry) < 3 or entry[2] is None for _, entry in entries):
            return None
        return sorted(start + time for start, entry in entries for time in entry[2])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--out", type=Path, default=Path("corpus/word_features.npz"))
    parser.add_argument(
        "--fit", action="store_true", help="fit the components anew; networks trained on the old ones no longer fit"
    )
    parser.add_argument(
        "--encoder",
        type=Path,
        metavar="FOLDER",
        help="a BERT or CLIP in the format of transformers, instead of the packaged encoder",
    )
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="folder of words.safetensors (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    utterances = load_speech_library(options.speech)
    if options.fit:
        texts = sorted({tuple(text for text, _, _ in u.words) for u in utterances if u.split == "train"})
        features = WordFeatures.fit(texts, TextEncoder(options.encoder))
        features.save(options.weights / WORDS)
    else:
        features = WordFeatures.load(options.weights, options.encoder)
        if options.encoder is not None:  # its folder may have moved
            features.save(options.weights / WORDS)
    count = build_word_features(utterances, features, options.out)
    megabytes = options.out.stat().st_size / 1e6
    print(
        f"{options.out}: {count} words of {len(utterances)} utterances by '{features.encoder.name}', {megabytes:.1f} MB"
    )
    return 0
