"""Captions beside reference captions: Bleu, Rouge-L, CIDEr and BertScore.

The definitions are those of the COCO caption evaluation, which Inter-X's captioning follows by way of TM2T. They are
written out here, since the library that has them (pycocoevalcap) asks for Java and for pickled files; tests hold its
figures. ``candidates`` has one text for each item, ``references`` the item's several texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..common.arrays import Array

Words = tuple[str, ...]
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*|'s\b")
_ROUGE_BETA = 1.2  # recall weighs more than precision
_CIDER_ORDER, _CIDER_SIGMA, _CIDER_SCALE = 4, 6.0, 10.0


def words_of(text: str) -> Words:
    """Return the words of a text in lower case without punctuation; the owner's 's is a word of its own."""
    return tuple(_WORD.findall(text.lower()))


def bleu(candidates: Sequence[str], references: Sequence[Sequence[str]], order: int = 4) -> float:
    """Return the corpus Bleu up to ``order`` words, 0 to 1, against the reference nearest in length.

    Papineni et al. 2002, equation 3, without smoothing.
    """
    found, possible = np.zeros(order), np.zeros(order)
    length = wanted = 0
    for candidate, texts in _paired(candidates, references):
        length += len(candidate)
        wanted += min((len(text) for text in texts), key=lambda n: (abs(n - len(candidate)), n))
        for n in range(1, order + 1):
            most: Counter[Words] = Counter()
            for text in texts:
                most |= _grams(text, n)
            own = _grams(candidate, n)
            found[n - 1] += (own & most).total()
            possible[n - 1] += own.total()
    if not found.all():
        return 0.0
    brevity = min(0.0, 1.0 - wanted / length)
    return float(np.exp(brevity + np.log(found / possible).mean()))


def rouge_l(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return the mean Rouge-L, 0 to 1: the F measure (beta 1.2) of the longest common subsequence.

    Lin 2004, equation 4; the best precision and the best recall of an item's references count.
    """
    scores = []
    for candidate, texts in _paired(candidates, references):
        common = [_common_length(candidate, text) for text in texts]
        precision = max(c / max(len(candidate), 1) for c in common)
        recall = max(c / max(len(text), 1) for c, text in zip(common, texts))
        weighed = recall + _ROUGE_BETA**2 * precision
        scores.append((1 + _ROUGE_BETA**2) * precision * recall / weighed if weighed else 0.0)
    return float(np.mean(scores))


def cider(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return CIDEr-D, 0 to 10: clipped cosines of tf-idf vectors of 1 to 4 words, with a penalty on the length.

    Vedantam et al. 2015, section 5. Words that every item's references hold count nothing, so one item alone gives 0.
    """
    pairs = _paired(candidates, references)
    seen = Counter(
        gram for _, texts in pairs for gram in {g for t in texts for n in range(_CIDER_ORDER) for g in _grams(t, n + 1)}
    )
    items = np.log(len(pairs))

    def weights(text: Words, n: int) -> dict[Words, float]:
        return {g: count * (items - np.log(max(seen[g], 1))) for g, count in _grams(text, n).items()}

    scores = []
    for candidate, texts in pairs:
        for text in texts:
            # The COCO code counts pairs of words for the length.
            change = max(len(candidate) - 1, 0) - max(len(text) - 1, 0)
            penalty = np.exp(-(change**2) / (2 * _CIDER_SIGMA**2))
            likeness = [_clipped_cosine(weights(candidate, n + 1), weights(text, n + 1)) for n in range(_CIDER_ORDER)]
            scores.append(penalty * np.mean(likeness) / len(texts))
    return float(_CIDER_SCALE * np.sum(scores) / len(pairs))


def bert_score(candidate: Array, references: Sequence[Array]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a candidate's word vectors (W, D) against the best of its references (V, D).

    Zhang et al. 2020, equation 3, without idf and without rescaling. Figures of different encoders do not compare.
    """
    found = []
    for reference in references:
        likeness = _unit(candidate) @ _unit(reference).T
        precision, recall = float(likeness.max(1).mean()), float(likeness.max(0).mean())
        found.append((precision, recall, 2 * precision * recall / (precision + recall)))
    return max(found, key=lambda scores: scores[2])


def _paired(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> list[tuple[Words, list[Words]]]:
    if len(candidates) != len(references) or not all(references):
        raise ValueError("Every candidate needs references, and every group of references a candidate.")
    return [(words_of(c), [words_of(text) for text in texts]) for c, texts in zip(candidates, references)]


def _grams(words: Words, n: int) -> Counter[Words]:
    return Counter(words[start : start + n] for start in range(len(words) - n + 1))


def _common_length(a: Words, b: Words) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for word in a:
        before = list(row)
        for i, other in enumerate(b, 1):
            row[i] = before[i - 1] + 1 if word == other else max(before[i], row[i - 1])
    return row[-1]


def _clipped_cosine(own: dict[Words, float], other: dict[Words, float]) -> float:
    size = np.sqrt(sum(v * v for v in own.values()) * sum(v * v for v in other.values()))
    return float(sum(min(own[g], other[g]) * other[g] for g in own if g in other) / size) if size else 0.0


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors, np.float64) / np.linalg.norm(vectors, axis=-1, keepdims=True)
