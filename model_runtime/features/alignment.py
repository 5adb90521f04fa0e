"""When each word and each phone of a known text is spoken: forced alignment with pocketsphinx."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from pocketsphinx import Decoder

from ..contract import FloatArray
from .letters import letters_to_sounds, spell_number
from .phones import PHONES, Segment
from .wave import SAMPLE_RATE

_FRAME = 0.01  # seconds of pocketsphinx
_ABBREVIATIONS = {"mr.": "mister", "mrs.": "missus", "ms.": "miss", "dr.": "doctor", "st.": "saint", "&": "and", "%": "percent"}


@dataclass(frozen=True)
class Alignment:
    """Words without the pauses; phones that tile the wave with ``SIL`` in the pauses. Both empty when the text did not fit."""

    words: tuple[Segment, ...] = ()
    phones: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()


def align(wave16k: FloatArray, text: str) -> Alignment:
    """Find the times of ``text`` in a mono wave at 16 kHz.

    Words the dictionary lacks are read by letter-to-sound rules, with a warning. When the text cannot be found in the
    wave, the result is empty and says so: callers fall back on the phones they hear.
    """
    words = normalise_text(text)
    if not words:
        return Alignment(warnings=("The text has no words to align.",))
    if len(wave16k) < SAMPLE_RATE // 10:
        return Alignment(warnings=("The voice is too short to align.",))
    decoder = _decoder()
    warnings = _teach(decoder, words)
    samples = np.clip(np.asarray(wave16k, np.float32) * 32767.0, -32768, 32767).astype("<i2").tobytes()
    try:
        decoder.set_align_text(" ".join(words))
        _decode(decoder, samples)
        decoder.set_alignment()  # a second pass, for the phones inside the words
        _decode(decoder, samples)
        entries = [(entry.name, [(p.name, p.start, p.duration) for p in entry]) for entry in decoder.get_alignment()]
    except RuntimeError:
        return Alignment(warnings=(*warnings, f"The text '{_shorten(text)}' could not be found in the voice."))
    return Alignment(_words(entries), _phones(entries, len(wave16k) / SAMPLE_RATE), tuple(warnings))


def normalise_text(text: str) -> list[str]:
    """Lower-case words as the dictionary spells them: abbreviations and numbers spoken out, punctuation gone."""
    words: list[str] = []
    for token in text.lower().replace("’", "'").replace("-", " ").replace("—", " ").split():
        token = _ABBREVIATIONS.get(token, token)
        number = re.sub(r"(?<=\d),(?=\d)", "", token).strip(".,;:!?()\"'[]")
        if number.isdecimal() and len(number) <= 6:
            words += spell_number(int(number)).split()
            continue
        word = re.sub(r"[^a-z' ]", " ", token)
        words += [part for part in (piece.strip() for piece in word.split()) if part.strip("'")]
    return [_known_form(word) for word in words]


def pronounce(word: str) -> tuple[str, ...]:
    """The phones of one normalised word, from the dictionary or by rule."""
    found = _decoder().lookup_word(word)
    return tuple(found.split()) if found else tuple(letters_to_sounds(word))


@cache
def _decoder() -> Decoder:
    # cmn: mean of the utterance, or the result would depend on what was aligned before. bestpath: the lattice may give a
    # phone fewer frames than it has states, and then the second pass fails (pocketsphinx pull request 500).
    return Decoder(lm=None, cmn="batch", bestpath=False, loglevel="FATAL")


def _teach(decoder: Decoder, words: list[str]) -> list[str]:
    warnings = []
    for word in dict.fromkeys(words):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, " ".join(letters_to_sounds(word)), True)
            warnings.append(f"'{word}' is not in the dictionary; it is read by its letters.")
    return warnings


def _decode(decoder: Decoder, samples: bytes) -> None:
    decoder.start_utt()
    try:
        decoder.process_raw(samples, full_utt=True)
    finally:
        decoder.end_utt()


def _words(entries: list[tuple[str, list[tuple[str, int, int]]]]) -> tuple[Segment, ...]:
    found = []
    for name, phones in entries:
        if name.startswith(("<", "[")) or not phones:
            continue
        start, (_, last, length) = phones[0][1], phones[-1]
        found.append(Segment(name.partition("(")[0], start * _FRAME, (last + length) * _FRAME))
    return tuple(found)


def _phones(entries: list[tuple[str, list[tuple[str, int, int]]]], duration: float) -> tuple[Segment, ...]:
    found = []
    for _, phones in entries:
        for name, start, length in phones:
            label = name if name in PHONES else "SIL"
            found.append(Segment(label, start * _FRAME, min((start + length) * _FRAME, duration)))
    return tuple(found)


def _known_form(word: str) -> str:
    """Without quotation marks, but with the apostrophes that belong to the word ('cause, don't)."""
    for form in (word, word.rstrip("'"), word.lstrip("'"), word.strip("'")):
        if _decoder().lookup_word(form) is not None:
            return form
    return word.strip("'")


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
