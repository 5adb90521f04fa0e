"""Forced alignment of a text with a voice, words and phones, by pocketsphinx."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

from ...contract import FloatArray
from ..phones import PHONES, Segment
from ..wave import SAMPLE_RATE
from .letters import letters_to_sounds
from .numbers import NUMBER, read_number

_FRAME = 0.01  # seconds of pocketsphinx
_BEAM = 1e-200
_WORST_FIT, _FEW_SOUNDS = -48.0, 42.0  # points a frame of many phones, and how much better one phone must be
_CONTEXT_FRAMES = 60.0  # frames that the words around count as
_SILENT = 1e-4  # of full scale: a wave that is nowhere louder has no voice
_ABBREVIATIONS = {"mr.": "mister", "mrs.": "missus", "ms.": "miss", "dr.": "doctor", "st.": "saint", "&": "and"}
_LETTERS = str.maketrans({
    "’": "'", "‘": "'", "ʼ": "'", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "ı": "i",
})  # fmt: skip
_PIECE = re.compile(NUMBER + r"|[a-z']+")

# Filler for speech that is not in the text: a loop of few broad phones, so that words of the text fit better and wrong
# words fit worse.
_FILLERS = tuple(f"~{phone}" for phone in ("AH", "IY", "N", "S"))
_FILLER_ODDS = 1e-10  # of each filler phone against the next word
_SKIP_ODDS = 1e-5  # of each word that is left out
_MOST_SKIPPED = 3  # words at a time
_LATE_START_ODDS = 1e-3  # of a text that is not spoken from its first word


@dataclass(frozen=True)
class Alignment:
    """Words without the pauses, and phones that tile the wave with ``SIL`` in the pauses.

    Both are empty where the text does not fit.
    """

    words: tuple[Segment, ...] = ()
    phones: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FitScore:
    """How well phones fit the voice: their number, frames of 10 ms and the sum of their acoustic scores."""

    score: float = 0.0
    frames: float = 0.0
    phones: int = 0

    def __add__(self, other: FitScore) -> FitScore:
        return FitScore(self.score + other.score, self.frames + other.frames, self.phones + other.phones)

    def __sub__(self, other: FitScore) -> FitScore:
        return FitScore(self.score - other.score, self.frames - other.frames, self.phones - other.phones)


NO_CONTEXT = FitScore()


class AlignedWord(NamedTuple):
    """A word in the voice, from ``start`` to ``end`` (s).

    ``text`` is empty for a pause, and None for filler: speech that is not in the text. ``score``: the acoustic score of
    its phones, summed over frames of 10 ms, about -0.1 nat a point against the best phone.
    """

    text: str | None
    start: float
    end: float
    score: float
    phones: tuple[Segment, ...]


def align(wave16k: FloatArray, text: str) -> Alignment:
    """Find the times of ``text`` in a mono wave at 16 kHz.

    Words that the dictionary lacks are read by letter-to-sound rules, with a warning. Where the text does not fit the
    wave, the result is empty but for a warning: callers fall back on detected phones.
    """
    words = normalise_text(text)
    if not words:
        return Alignment(warnings=("The text has no words to align.",))
    if len(wave16k) < SAMPLE_RATE // 10:
        return Alignment(warnings=("The voice is too short to align.",))
    warnings = tuple(f"'{word}' is not in the dictionary; it is read by its letters." for word in unknown_words(words))
    aligned = align_words(wave16k, words)
    if not fits(aligned):
        return Alignment(warnings=(*warnings, f"The text '{_shorten(text)}' could not be found in the voice."))
    found = tuple(Segment(entry.text, entry.start, entry.end) for entry in aligned if entry.text)
    last = len(wave16k) / SAMPLE_RATE
    phones = tuple(
        Segment(phone.text, phone.start, min(phone.end, last)) for entry in aligned for phone in entry.phones
    )
    return Alignment(found, phones, warnings)


def align_words(
    wave16k: FloatArray, words: Sequence[str], *, gaps: bool = False, late_start: bool = False, early_end: bool = False
) -> list[AlignedWord]:
    """Align the words of a normalised text with a mono wave at 16 kHz: words, pauses and filler that tile it.

    ``gaps``: words may be left out, and there may be speech that is not in the text. ``late_start`` and ``early_end``:
    the wave may begin and end anywhere in the text. Empty where the alignment fails or the wave is shorter than 0.1 s.
    """
    samples = np.nan_to_num(np.clip(np.asarray(wave16k, np.float32) * 32767.0, -32768, 32767)).astype("<i2")
    if not words or _is_silent(samples):
        return []
    decoder = _decoder()
    names = [_name(decoder, word) for word in words]
    try:
        if gaps or late_start or early_end:
            grammar = list(_grammar(names, gaps, late_start, early_end))
            decoder.add_fsg("grammar", decoder.create_fsg("grammar", 0, len(names), grammar))
            decoder.activate_search("grammar")
        else:
            decoder.set_align_text(" ".join(names))
        _decode(decoder, samples.tobytes())
        decoder.set_alignment()  # a second pass, for the phones inside the words
        _decode(decoder, samples.tobytes())
        entries = [
            _aligned_word(entry.name, [(p.name, p.start, p.duration, p.score) for p in entry])
            for entry in decoder.get_alignment()
        ]
        return [entry for entry in entries if entry is not None]
    except RuntimeError:
        return []


def _is_silent(samples: NDArray[np.int16]) -> bool:
    """Return whether samples (S,) are shorter than 0.1 s or nowhere loud enough for a voice."""
    if len(samples) < SAMPLE_RATE // 10:
        return True
    return bool(np.abs(samples[1:].astype(np.int32) - samples[:-1]).max() < _SILENT * 32767.0)


def fit_score(aligned: Sequence[AlignedWord]) -> FitScore:
    """Return the fit of the words in what ``align_words`` found."""
    spoken = [entry for entry in aligned if entry.text]
    frames = sum(entry.end - entry.start for entry in spoken) / _FRAME
    return FitScore(sum(entry.score for entry in spoken), frames, sum(len(entry.phones) for entry in spoken))


def fits(aligned: Sequence[AlignedWord], context: FitScore = NO_CONTEXT, tolerance: float = 0.0) -> bool:
    """Return whether aligned words are spoken in the voice, by their mean score a frame: wrong words are aligned too.

    The fewer phones, the better they must fit, as a few phones fit anywhere by chance. ``context``: the fit of the
    words around, which are often from the same source; it counts as ``_CONTEXT_FRAMES`` frames. ``tolerance``: points
    by which the fit may be worse. The bounds lie between right and wrong texts of one training reader.
    """
    fit = fit_score(aligned)
    if not fit.phones:
        return False
    weight = _CONTEXT_FRAMES / context.frames if context.phones else 0.0
    mean = (fit.score + weight * context.score) / (fit.frames + weight * context.frames)
    return mean > _WORST_FIT - tolerance + _FEW_SOUNDS / fit.phones**0.5


def normalise_text(text: str) -> list[str]:
    """Return lower-case words as the dictionary spells them, abbreviations and numbers in words, without accents and
    punctuation.
    """
    words: list[str] = []
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.translate(_LETTERS))
        if not unicodedata.combining(letter)
    )
    for token in re.sub(r"[-‐-―−]", " ", plain).split():
        small = _ABBREVIATIONS.get(token.lower(), token.lower())
        for piece in _PIECE.finditer(small):
            if piece["whole"]:
                words += read_number(piece)
            elif piece[0].strip("'"):
                words += _known_form(piece[0], spelled=token.isupper())
    return words


def pronounce(word: str) -> tuple[str, ...]:
    """Return the phones of one normalised word, from the dictionary or by rule."""
    found = _decoder().lookup_word(word)
    return tuple(found.split()) if found else tuple(letters_to_sounds(word))


def unknown_words(words: Sequence[str]) -> list[str]:
    """Return those of normalised ``words`` that the dictionary lacks, each once."""
    return [word for word in dict.fromkeys(words) if _decoder().lookup_word(word) is None]


@cache
def _decoder() -> Decoder:
    # cmn: mean of the utterance, or the result would depend on earlier alignments. bestpath: the lattice may give a
    # phone fewer frames than it has states, and then the second pass fails (pocketsphinx pull request 500).
    # Beams so wide that nothing is pruned: a wrong or missing word must not lose the right ones behind it.
    decoder = Decoder(lm=None, cmn="batch", bestpath=False, beam=_BEAM, wbeam=_BEAM, pbeam=_BEAM, loglevel="FATAL")
    for filler in _FILLERS:
        decoder.add_word(filler, filler[1:], False)
    return decoder


def _name(decoder: Decoder, word: str) -> str:
    """Return the decoder's entry of a word. An added one has a name that no text can spell, so that the word stays
    unknown for the next text.
    """
    if decoder.lookup_word(word) is not None:
        return word
    if decoder.lookup_word(f"_{word}") is None:
        decoder.add_word(f"_{word}", " ".join(letters_to_sounds(word)), False)
    return f"_{word}"


def _grammar(
    names: Sequence[str], gaps: bool, late_start: bool, early_end: bool
) -> Iterator[tuple[int, int, float, str]]:
    """Yield transitions (from, to, odds, word) of a network whose state k is the text after its first k words.

    All have a word: pocketsphinx has no second pass for paths with empty transitions.
    """
    last = len(names)
    for k, name in enumerate(names):
        yield k, k + 1, 1.0, name
        if late_start and k:
            yield 0, k + 1, _LATE_START_ODDS, name
        if early_end and k + 1 < last:
            yield k, last, 1.0, name
        for skipped in range(1, _MOST_SKIPPED + 1) if gaps else ():
            if k >= skipped:
                yield k - skipped, k + 1, _SKIP_ODDS**skipped, name
            if k + skipped == last - 1:
                yield k, last, _SKIP_ODDS**skipped, name
    for filler in _FILLERS if gaps else ():
        yield from ((k, k, _FILLER_ODDS, filler) for k in range(last + 1))


def _decode(decoder: Decoder, samples: bytes) -> None:
    decoder.start_utt()
    try:
        decoder.process_raw(samples, full_utt=True)
    finally:
        decoder.end_utt()


def _aligned_word(name: str, phones: list[tuple[str, int, int, int]]) -> AlignedWord | None:
    """Return an entry of the decoder's alignment, by its name and its phones (name, start, length, score)."""
    if not phones:
        return None
    text: str | None = name.partition("(")[0].lstrip("_")
    if name.startswith(("~", "[SPEECH]")):
        text = None
    elif name.startswith(("<", "[")):
        text = ""
    segments = tuple(
        Segment(phone if phone in PHONES else "SIL", start * _FRAME, (start + length) * _FRAME)
        for phone, start, length, _ in phones
    )
    score = float(sum(score for *_, score in phones))
    return AlignedWord(text, segments[0].start, segments[-1].end, score, segments)


def _known_form(word: str, spelled: bool) -> list[str]:
    """Return a word without quotation marks but with its own apostrophes ('cause, don't); "BBC" by its letters."""
    for form in (word, word.rstrip("'"), word.lstrip("'"), word.strip("'")):
        if _decoder().lookup_word(form) is not None:
            return [form]
    bare = word.strip("'")
    return list(bare) if spelled and len(bare) <= 5 and not set(bare) & set("aeiouy'") else [bare]


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
