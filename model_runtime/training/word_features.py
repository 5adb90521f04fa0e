"""Vectors of every word of the speech library, made once before training.

    python -m model_runtime.training.word_features --speech corpus/speech_library.npz --out corpus/word_features.npz [--fit]

With ``--fit`` the components are fitted to the library's training texts and written to ``weights/words.safetensors``.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..checkpoint import WEIGHTS
from ..contract import FloatArray
from ..corpus.scene import Scene
from ..corpus.speech_library import Utterance, load_speech_library
from ..features.words import WORD_SIZE, TextEncoder, WordFeatures, word_track

_STEP = 1.0 / 31.0  # int8 covers +-4 deviations


def build_word_features(utterances: Sequence[Utterance], features: WordFeatures, out: Path) -> int:
    """Write ``out`` and return the number of words in it."""
    index, vectors, count = {}, [], 0
    for utterance in utterances:
        found = features.vectors([text for text, _, _ in utterance.words])
        index[utterance.id] = [count, [[round(start, 3), round(end, 3)] for _, start, end in utterance.words]]
        vectors.append(np.round(found / _STEP).clip(-127, 127).astype(np.int8))
        count += len(found)
    partial = out.with_name(out.name + ".part")
    with open(partial, "wb") as file:
        np.savez_compressed(file, index=np.array(json.dumps(index)), vectors=np.concatenate(vectors))
    os.replace(partial, out)
    return count


class WordTracks:
    """The vectors of a file of ``build_word_features``, laid along scenes."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as data:
            self.index, self.vectors = json.loads(str(data["index"])), data["vectors"]

    def of(self, scene: Scene) -> FloatArray:
        """(2, T, 48) of what each actor of the scene says; utterances that are not in the file are silent."""
        tracks = np.zeros((2, scene.frames, WORD_SIZE), np.float32)
        for actor, said in enumerate(scene.utterances):
            for spoken in said:
                if spoken.id in self.index:
                    first, spans = self.index[spoken.id]
                    vectors = self.vectors[first : first + len(spans)] * np.float32(_STEP)
                    track = word_track([(start + spoken.start, end + spoken.start) for start, end in spans], vectors, scene.frames)
                    tracks[actor] = np.where(track.any(-1, keepdims=True), track, tracks[actor])
        return tracks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--out", type=Path, default=Path("corpus/word_features.npz"))
    parser.add_argument("--fit", action="store_true", help="fit the components anew; networks trained on the old ones no longer fit")
    args = parser.parse_args()
    utterances = load_speech_library(args.speech)
    if args.fit:
        texts = sorted({tuple(text for text, _, _ in u.words) for u in utterances if u.split == "train"})
        WordFeatures.fit(texts, TextEncoder()).save(WEIGHTS / "words.safetensors")
    count = build_word_features(utterances, WordFeatures.load(), args.out)
    print(f"{args.out}: {count} words of {len(utterances)} utterances, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
