"""When each word and each phone of a known text is spoken: forced alignment with pocketsphinx."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from pocketsphinx import Decoder

from ...contract import FloatArray
from ..phones import PHONES, Segment
from ..wave import SAMPLE_RATE
from .letters import letters_to_sounds
from .numbers import NUMBER, read_number

_FRAME = 0.01  # seconds of pocketsphinx
_BEAM = 1e-200
_WORST_FIT, _FEW_SOUNDS = -48.0, 42.0  # points a frame of many sounds, and how much better one sound must be
_COMPANY = 60.0  # frames
_SILENT = 1e-4  # of full scale: what is nowhere louder holds no voice
_ABBREVIATIONS = {"mr.": "mister", "mrs.": "missus", "ms.": "miss", "dr.": "doctor", "st.": "saint", "&": "and"}
_LETTERS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ı": "i",
    }
)
_PIECE = re.compile(NUMBER + r"|[a-z']+")

# What is said beside the text: a loop of few broad sounds, so that words which are there fit better and words which are
# not fit worse.
_BESIDE = tuple(f"~{phone}" for phone in ("AH", "IY", "N", "S"))
_BESIDE_ODDS = 1e-10  # of each such sound against the next word
_SKIP_ODDS = 1e-5  # of each word that is not said
_MOST_SKIPPED = 3  # words at a time
_ENTER_ODDS = 1e-3  # of a text that is not heard from its first word


@dataclass(frozen=True)
class Alignment:
    """Words without the pauses; phones that tile the wave with ``SIL`` in the pauses. Both empty when the text did not
    fit.
    """

    words: tuple[Segment, ...] = ()
    phones: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """How well ``sounds`` phones over ``frames`` of 10 ms fit the voice: ``score`` is the sum of their acoustic scores."""

    score: float = 0.0
    frames: float = 0.0
    sounds: int = 0

    def __add__(self, other: Fit) -> Fit:
        return Fit(self.score + other.score, self.frames + other.frames, self.sounds + other.sounds)

    def __sub__(self, other: Fit) -> Fit:
        return Fit(self.score - other.score, self.frames - other.frames, self.sounds - other.sounds)


ALONE = Fit()


class Said(NamedTuple):
    """A word in the voice, from ``start`` to ``end`` (s); ``text`` is empty for a pause and None for sounds that are
    beside the text.

    ``score``: the acoustic score of its phones, the sum over its frames of 10 ms, about -0.1 nat a point against the
    best sound.
    """

    text: str | None
    start: float
    end: float
    score: float
    phones: tuple[Segment, ...]


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
    warnings = tuple(f"'{word}' is not in the dictionary; it is read by its letters." for word in unknown_words(words))
    said = follow(wave16k, words)
    if not fits(said):
        return Alignment(warnings=(*warnings, f"The text '{_shorten(text)}' could not be found in the voice."))
    found = tuple(Segment(entry.text, entry.start, entry.end) for entry in said if entry.text)
    last = len(wave16k) / SAMPLE_RATE
    phones = tuple(Segment(phone.text, phone.start, min(phone.end, last)) for entry in said for phone in entry.phones)
    return Alignment(found, phones, warnings)


def follow(
    wave16k: FloatArray, words: Sequence[str], *, loose: bool = False, enter: bool = False, leave: bool = False
) -> list[Said]:
    """The words of a normalised text in a mono wave at 16 kHz, the pauses between them and what is beside the text;
    tiles the wave.

    ``loose``: words may be left out, and there may be speech beside the text. ``enter`` and ``leave``: the wave may
    begin and end anywhere in the text. Empty where the words cannot be followed to the end. The wave must be 0.1 s
    long, or nothing is found.
    """
    samples = np.nan_to_num(np.clip(np.asarray(wave16k, np.float32) * 32767.0, -32768, 32767)).astype("<i2")
    if (
        len(samples) < SAMPLE_RATE // 10
        or not words
        or np.abs(samples[1:].astype(np.int32) - samples[:-1]).max() < _SILENT * 32767.0
    ):
        return []
    decoder = _decoder()
    names = [_name(decoder, word) for word in words]
    try:
        if loose or enter or leave:
            decoder.add_fsg(
                "grammar", decoder.create_fsg("grammar", 0, len(names), list(_grammar(names, loose, enter, leave)))
            )
            decoder.activate_search("grammar")
        else:
            decoder.set_align_text(" ".join(names))
        _decode(decoder, samples.tobytes())
        decoder.set_alignment()  # a second pass, for the phones inside the words
        _decode(decoder, samples.tobytes())
        return [
            said
            for entry in decoder.get_alignment()
            if (said := _said(entry.name, [(p.name, p.start, p.duration, p.score) for p in entry]))
        ]
    except RuntimeError:
        return []


def fit_of(said: Sequence[Said]) -> Fit:
    """The fit of the words in what ``follow`` found."""
    spoken = [entry for entry in said if entry.text]
    frames = sum(entry.end - entry.start for entry in spoken) / _FRAME
    return Fit(sum(entry.score for entry in spoken), frames, sum(len(entry.phones) for entry in spoken))


def fits(said: Sequence[Said], company: Fit = ALONE, leeway: float = 0.0) -> bool:
    """Whether the words that were followed are said in the voice: by their mean score a frame, since wrong words are
    followed too.

    The fewer sounds, the better they must fit: chance finds a few sounds anywhere. ``company``: of the words around,
    which often come from the same hand; it counts as _COMPANY frames. ``leeway``: points of what need not fit as well.
    The bounds lie between right and wrong texts of one training reader.
    """
    fit = fit_of(said)
    if not fit.sounds:
        return False
    weight = _COMPANY / company.frames if company.sounds else 0.0
    mean = (fit.score + weight * company.score) / (fit.frames + weight * company.frames)
    return mean > _WORST_FIT - leeway + _FEW_SOUNDS / fit.sounds**0.5


def normalise_text(text: str) -> list[str]:
    """Lower-case words as the dictionary spells them: abbreviations and numbers spoken out, accents and punctuation
    gone.
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
    """The phones of one normalised word, from the dictionary or by rule."""
    found = _decoder().lookup_word(word)
    return tuple(found.split()) if found else tuple(letters_to_sounds(word))


def unknown_words(words: Sequence[str]) -> list[str]:
    """Those of normalised ``words`` that the dictionary lacks, each once."""
    return [word for word in dict.fromkeys(words) if _decoder().lookup_word(word) is None]


@cache
def _decoder() -> Decoder:
    # cmn: mean of the utterance, or the result would depend on what was aligned before. bestpath: the lattice may give
    # a
    # phone fewer frames than it has states, and then the second pass fails (pocketsphinx pull request 500).
    # Beams so wide that nothing is pruned: a wrong or missing word must not lose the right ones behind it.
    decoder = Decoder(lm=None, cmn="batch", bestpath=False, beam=_BEAM, wbeam=_BEAM, pbeam=_BEAM, loglevel="FATAL")
    for sound in _BESIDE:
        decoder.add_word(sound, sound[1:], False)
    return decoder


def _name(decoder: Decoder, word: str) -> str:
    """The decoder's entry of a word; one that it is taught has a name no text can spell, so that it stays unknown to
    the next text.
    """
    if decoder.lookup_word(word) is not None:
        return word
    if decoder.lookup_word(f"_{word}") is None:
        decoder.add_word(f"_{word}", " ".join(letters_to_sounds(word)), False)
    return f"_{word}"


def _grammar(names: Sequence[str], loose: bool, enter: bool, leave: bool) -> Iterator[tuple[int, int, float, str]]:
    """Transitions (from, to, odds, word) of a network whose state k is the text after its first k words.

    None is without a word: pocketsphinx has no second pass for a path with such.
    """
    last = len(names)
    for k, name in enumerate(names):
        yield k, k + 1, 1.0, name
        if enter and k:
            yield 0, k + 1, _ENTER_ODDS, name
        if leave and k + 1 < last:
            yield k, last, 1.0, name
        for skipped in range(1, _MOST_SKIPPED + 1) if loose else ():
            if k >= skipped:
                yield k - skipped, k + 1, _SKIP_ODDS**skipped, name
            if k + skipped == last - 1:
                yield k, last, _SKIP_ODDS**skipped, name
    for sound in _BESIDE if loose else ():
        yield from ((k, k, _BESIDE_ODDS, sound) for k in range(last + 1))


def _decode(decoder: Decoder, samples: bytes) -> None:
    decoder.start_utt()
    try:
        decoder.process_raw(samples, full_utt=True)
    finally:
        decoder.end_utt()


def _said(name: str, phones: list[tuple[str, int, int, int]]) -> Said | None:
    if not phones:
        return None
    text: str | None = name.partition("(")[0].lstrip("_")
    if name.startswith(("~", "[SPEECH]")):
        text = None
    elif name.startswith(("<", "[")):
        text = ""
    sounds = tuple(
        Segment(sound if sound in PHONES else "SIL", start * _FRAME, (start + length) * _FRAME)
        for sound, start, length, _ in phones
    )
    return Said(text, sounds[0].start, sounds[-1].end, float(sum(score for *_, score in phones)), sounds)


def _known_form(word: str, spelled: bool) -> list[str]:
    """Without quotation marks, but with the apostrophes that belong to the word ('cause, don't); "BBC" by its letters."""
    for form in (word, word.rstrip("'"), word.lstrip("'"), word.strip("'")):
        if _decoder().lookup_word(form) is not None:
            return [form]
    bare = word.strip("'")
    return list(bare) if spelled and len(bare) <= 5 and not set(bare) & set("aeiouy'") else [bare]


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
