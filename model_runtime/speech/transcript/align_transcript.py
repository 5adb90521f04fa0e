"""Align the words and captions of a transcript with a voice: words, phones and stresses, or warnings where it does not
fit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ...contract import Caption, FloatArray, TimedWord
from ..phones import Segment
from ..stress.accents import Accents, accents_from_transcript
from ..stress.transcript_stress import find_stresses
from ..wave import SAMPLE_RATE
from .alignment import NO_CONTEXT, AlignedWord, FitScore, fit_score, fits, unknown_words
from .questions import CAPTION_MARGIN, question_ends
from .script_text import spoken_text, spoken_words
from .windowed_alignment import (
    FASTEST,
    WINDOW,
    align_long_text,
    align_parts,
    align_span,
    loud_mask,
    without_misfits,
)

_PAUSE = 0.8  # seconds between two words or captions that are aligned apart
_LONGEST = 15.0  # seconds aligned at a time: an error stays inside
_ROOM = 0.5  # seconds of voice before and after, as far as no other word is there
_TOLERANCE = 10.0  # points a frame by which a caption may fit worse when those around it fit
_SLACK = 4  # words that a caption may have beyond what can be spoken in its time
_CHARACTERS = 60  # of text, tags included, for each word that can be spoken
_QUIET_SHARE = 0.9  # of the time between two words that pauses must cover
_MOST_TROUBLES = 3  # warnings of one kind
_MOST_UNKNOWN = 5  # unknown words in a warning

_TROUBLES = {
    "misfit": "The transcript of '{who}' {where} does not fit the voice; the lips follow the sound instead."
    " Check that it belongs to this recording.",
    "silent": "There is no voice under the transcript of '{who}' {where}; move it to where it is said.",
    "crammed": "The transcript of '{who}' {where} has more words than can be said in that time;"
    " give it the words of this recording.",
    "unreadable": "The transcript of '{who}' {where} has no words in the English alphabet;"
    " the lips follow the sound instead.",
}
Trouble = tuple[str, float, float]  # a key of _TROUBLES, from and to (s)


@dataclass(frozen=True)
class AlignedTranscript:
    """A transcript in shot time (s) and in order.

    ``words``: aligned with the voice. ``phones``: theirs, without overlaps, with ``SIL`` in the pauses between aligned
    words; there are none where the transcript does not reach. ``stresses``: times of the stressed syllables; of those
    of held-out voices 94 of 100 are found within 0.1 s, and 96 of 100 found are right. ``questions``: ends of the
    questions. ``unaligned``: words with times of their own that do not fit the voice. ``warnings``: sentences that name
    the actor.
    """

    words: tuple[TimedWord, ...] = ()
    phones: tuple[Segment, ...] = ()
    stresses: tuple[float, ...] = ()
    questions: tuple[float, ...] = ()
    unaligned: tuple[TimedWord, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def all_words(self) -> tuple[TimedWord, ...]:
        """Return the aligned words and the unaligned ones with times of their own."""
        return (*self.words, *self.unaligned)

    @property
    def stress_times(self) -> tuple[Sequence[float], Sequence[TimedWord]] | None:
        """Return times (s) of stresses and the unaligned words; None where no word is aligned."""
        return (self.stresses, self.unaligned) if self.words else None

    @property
    def accents(self) -> Accents | None:
        """Return stresses and questions, with certainty 1; None where no word is aligned."""
        return accents_from_transcript(self.stresses, self.questions) if self.words else None


@dataclass(frozen=True)
class _Part:
    """A timed word or a caption from ``start`` to ``end`` (s), and the normalised words that are spoken in it."""

    source: TimedWord | Caption
    words: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True)
class _Stretch:
    """Parts that are aligned together with the voice from ``start`` to ``end`` (s)."""

    parts: tuple[_Part, ...]
    start: float
    end: float

    @property
    def words(self) -> list[str]:
        return [word for part in self.parts for word in part.words]

    @property
    def is_timed(self) -> bool:
        return isinstance(self.parts[0].source, TimedWord)

    @property
    def is_long(self) -> bool:
        return self.end - self.start > WINDOW and not self.is_timed


def align_transcript(
    wave16k: FloatArray,
    words: Sequence[TimedWord],
    captions: Sequence[Caption],
    who: str,
    check: Callable[[], None] = lambda: None,
) -> AlignedTranscript:
    """Align ``words``, near their times, and ``captions``, inside theirs, with a mono wave (N,) at 16 kHz.

    What does not fit the voice is left out, with a warning that names the actor ``who``. Words take precedence over
    captions of the same moment. ``check`` is called between stretches and may raise, to stop.
    """
    voice = np.nan_to_num(np.asarray(wave16k, np.float32))
    duration = len(voice) / SAMPLE_RATE
    troubles: list[Trouble] = []
    timed = [
        _Part(word, tuple(spoken_words(word.text)), word.start, word.end) for word in words if spoken_text(word.text)
    ]
    readable = _readable(captions, duration, troubles)
    stretches = [
        *_sayable(_stretches([part for part in timed if part.words], duration), troubles),
        *_sayable(_stretches(readable, duration), troubles),
    ]
    pieces, rejected = _align_stretches(voice, stretches, troubles, check)
    tried = {part for stretch in stretches for part in stretch.parts}
    unaligned = [part.source for part in (*(part for part in timed if part not in tried), *rejected)]
    entries = _with_pauses(pieces, duration)
    spoken = tuple(TimedWord(entry.text, entry.start, entry.end) for entry in entries if entry.text)
    return AlignedTranscript(
        spoken,
        tuple(phone for entry in entries for phone in entry.phones),
        tuple(sorted(time for piece in pieces for time in _stresses(voice, piece))),
        question_ends(captions, words, spoken),
        tuple(sorted((word for word in unaligned if isinstance(word, TimedWord)), key=lambda word: word.start)),
        (*_trouble_notes(troubles, spoken, who), *_unknown_notes(spoken, who)),
    )


def _align_stretches(
    voice: FloatArray, stretches: Sequence[_Stretch], troubles: list[Trouble], check: Callable[[], None]
) -> tuple[list[list[AlignedWord]], list[_Part]]:
    """Return what fits of all stretches, without overlaps, and the parts of those where nothing fits.

    Stretches that do not fit are added to the ``troubles``.
    """
    aligned: list[list[AlignedWord]] = []
    for stretch in stretches:
        check()
        one = [] if stretch.is_long else align_span(voice, stretch.words, stretch.start, stretch.end)
        aligned.append(one)
    total = sum(map(fit_score, aligned), NO_CONTEXT)
    pieces: list[list[AlignedWord]] = []
    rejected: list[_Part] = []
    loud = loud_mask(voice)
    for stretch, own in zip(stretches, aligned):
        check()
        found, missed = _accepted(voice, stretch, own, total - fit_score(own), check)
        pieces += found
        rejected += [part for part in stretch.parts if not found]
        troubles += [
            ("misfit" if loud[round(start * 100) : round(end * 100) + 1].any() else "silent", start, end)
            for start, end in missed
        ]
    return _without_overlaps(pieces), rejected


def _readable(captions: Sequence[Caption], duration: float, troubles: list[Trouble]) -> list[_Part]:
    """Return the captions whose words can be spoken in their time; others are added to the ``troubles``."""
    parts: list[_Part] = []
    for caption in sorted(dict.fromkeys(captions), key=lambda caption: (caption.start, caption.end)):
        if caption.end <= 0.0 or caption.start >= duration:
            continue
        most = int(FASTEST * (caption.end - caption.start)) + _SLACK
        crammed = len(caption.text) > _CHARACTERS * most
        words = () if crammed else tuple(spoken_words(caption.text))
        if crammed or len(words) > most:
            troubles.append(("crammed", caption.start, caption.end))
        elif words:
            parts.append(_Part(caption, words, caption.start, caption.end))
        elif any(letter.isalpha() for letter in spoken_text(caption.text)):
            troubles.append(("unreadable", caption.start, caption.end))
    return parts


def _sayable(stretches: Sequence[_Stretch], troubles: list[Trouble]) -> Iterator[_Stretch]:
    """Yield the stretches whose words can be spoken in their time; others are added to the ``troubles``."""
    for stretch in stretches:
        if len(stretch.words) > FASTEST * (stretch.end - stretch.start) + _SLACK:
            troubles.append(("crammed", stretch.parts[0].start, max(part.end for part in stretch.parts)))
        else:
            yield stretch


def _stretches(parts: Sequence[_Part], duration: float) -> list[_Stretch]:
    """Return stretches of parts that are near each other."""
    return _with_room(_groups(sorted(parts, key=lambda part: (part.start, part.end))), duration)


def _groups(parts: Sequence[_Part], apart: Collection[_Part] = ()) -> list[list[_Part]]:
    """Return groups of parts that are near each other; parts in ``apart`` are groups of their own."""
    groups: list[list[_Part]] = []
    for part in parts:
        near = bool(groups) and part.start - groups[-1][-1].end < _PAUSE and part.end - groups[-1][0].start < _LONGEST
        if near and part not in apart and groups[-1][-1] not in apart:
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _with_room(groups: Sequence[Sequence[_Part]], duration: float) -> list[_Stretch]:
    """Return stretches of the groups with room around them, as far as the neighbours and the wave allow."""
    spans = [(group[0].start, max(part.end for part in group)) for group in groups]
    stretches = []
    for k, (start, end) in enumerate(spans):
        before, after = spans[k - 1][1] if k else 0.0, spans[k + 1][0] if k + 1 < len(spans) else duration
        first, last = max(start - _ROOM, min(before, start), 0.0), min(end + _ROOM, max(after, end), duration)
        stretches.append(_Stretch(tuple(groups[k]), first, last))
    return stretches


def _accepted(
    voice: FloatArray,
    stretch: _Stretch,
    aligned: list[AlignedWord],
    context: FitScore,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[list[AlignedWord]], list[tuple[float, float]]]:
    """Return what fits of a stretch, all of which was ``aligned``, and the times (s) where it does not fit."""
    whole = [(stretch.parts[0].start, max(part.end for part in stretch.parts))]
    if stretch.is_long:
        windows, missed = align_long_text(voice, stretch.words, stretch.start, stretch.end, check)
        return [without_misfits(window) for window in windows], missed if windows else whole
    if stretch.is_timed:
        return ([aligned], []) if fits(aligned, context) else ([], whole)
    if len(stretch.parts) == 1:
        if not (fits(aligned, context) and _is_in_place(stretch.parts[0], aligned)):
            aligned = align_parts(voice, stretch.words, stretch.start, stretch.end, context)
        return ([without_misfits(aligned)], []) if aligned else ([], whole)
    wrong = _wrong_parts(stretch, aligned, context)
    return _accepted_apart(voice, stretch, wrong, context) if wrong else ([without_misfits(aligned)], [])


def _wrong_parts(stretch: _Stretch, aligned: Sequence[AlignedWord], context: FitScore) -> set[_Part]:
    """Return the captions of a stretch that do not fit or are out of place, all where the stretch does not fit."""
    if not fits(aligned, context):
        return set(stretch.parts)
    return {
        part
        for part, own in _by_part(stretch, aligned)
        if not (_is_in_place(part, own) and fits(own, tolerance=_TOLERANCE))
    }


def _accepted_apart(
    voice: FloatArray, stretch: _Stretch, wrong: Collection[_Part], context: FitScore
) -> tuple[list[list[AlignedWord]], list[tuple[float, float]]]:
    """Return ``_accepted`` of a stretch whose ``wrong`` parts are aligned on their own."""
    pieces, missed = [], []
    for smaller in _with_room(_groups(stretch.parts, wrong), len(voice) / SAMPLE_RATE):
        aligned = align_span(voice, smaller.words, smaller.start, smaller.end)
        found, unfound = _accepted(voice, smaller, aligned, context)
        pieces += found
        missed += unfound
    return pieces, missed


def _by_part(stretch: _Stretch, aligned: Sequence[AlignedWord]) -> Iterator[tuple[_Part, list[AlignedWord]]]:
    """Yield each part of a stretch with its own words."""
    spoken = iter([entry for entry in aligned if entry.text])
    for part in stretch.parts:
        yield part, list(islice(spoken, len(part.words)))


def _is_in_place(part: _Part, own: Sequence[AlignedWord]) -> bool:
    """Return whether the aligned words of a part are near its times."""
    spoken = [entry for entry in own if entry.text]
    earliest, latest = part.start - CAPTION_MARGIN, part.end + CAPTION_MARGIN
    return bool(spoken) and spoken[0].start > earliest and spoken[-1].end < latest


def _without_overlaps(pieces: Sequence[list[AlignedWord]]) -> list[list[AlignedWord]]:
    """Return the pieces without the words that overlap an earlier piece of the list."""
    apart: list[list[AlignedWord]] = []
    spans: list[tuple[float, float]] = []
    for piece in pieces:
        clear = [
            entry
            for entry in piece
            if not entry.text or all(entry.end <= a + 1e-6 or entry.start >= b - 1e-6 for a, b in spans)
        ]
        spoken = [entry for entry in clear if entry.text]
        if spoken:
            apart.append(clear)
            spans.append((spoken[0].start, spoken[-1].end))
    return apart


def _with_pauses(pieces: Sequence[Sequence[AlignedWord]], duration: float) -> list[AlignedWord]:
    """Return the words in order, cut at the end of the wave, with a pause between two where nothing else is spoken."""
    quiet = np.zeros(round(100 * duration) + 2, np.bool_)
    for piece in pieces:
        for entry in piece:
            if entry.text == "":
                quiet[round(100 * entry.start) : round(100 * entry.end)] = True
    entries: list[AlignedWord] = []
    for word in sorted((entry for piece in pieces for entry in piece if entry.text), key=lambda entry: entry.start):
        word = word._replace(
            end=min(word.end, duration),
            phones=tuple(phone._replace(end=min(phone.end, duration)) for phone in word.phones),
        )
        if entries and word.start - entries[-1].end > 1e-6:
            gap = quiet[round(100 * entries[-1].end) : round(100 * word.start)]
            if len(gap) and gap.mean() > _QUIET_SHARE:
                silence = Segment("SIL", entries[-1].end, word.start)
                entries.append(AlignedWord("", silence.start, silence.end, 0.0, (silence,)))
        entries.append(word)
    return entries


def _stresses(voice: FloatArray, piece: Sequence[AlignedWord]) -> list[float]:
    """Return the times (s) of the stresses of a piece."""
    first = round(piece[0].start * SAMPLE_RATE)
    start = first / SAMPLE_RATE
    known = [entry for entry in piece if entry.text is not None]
    words = [Segment(entry.text, entry.start - start, entry.end - start) for entry in known if entry.text]
    phones = [Segment(phone.text, phone.start - start, phone.end - start) for entry in known for phone in entry.phones]
    return [start + time for time, _ in find_stresses(voice[first : round(piece[-1].end * SAMPLE_RATE)], words, phones)]


def _trouble_notes(troubles: Sequence[Trouble], spoken: Sequence[TimedWord], who: str) -> Iterator[str]:
    """Yield a sentence for each stretch with trouble of one kind, for the first few of them."""
    for kind, sentence in _TROUBLES.items():
        spans: list[tuple[float, float]] = []
        for start, end in sorted((start, end) for name, start, end in troubles if name == kind):
            if spans and not any(spans[-1][1] <= word.start < start for word in spoken):
                spans[-1] = spans[-1][0], max(spans[-1][1], end)
            else:
                spans.append((max(start, 0.0), end))
        for start, end in spans[:_MOST_TROUBLES]:
            yield sentence.format(who=who, where=f"from {start:.1f} s to {end:.1f} s")
        if len(spans) > _MOST_TROUBLES:
            yield f"The same holds for {len(spans) - _MOST_TROUBLES} more stretches of the transcript of '{who}'."


def _unknown_notes(spoken: Sequence[TimedWord], who: str) -> Iterator[str]:
    """Yield a sentence that names the words that the dictionary lacks, if there are any."""
    unknown = unknown_words([word.text for word in spoken])
    if unknown:
        named = ", ".join(unknown[:_MOST_UNKNOWN])
        more = f" and {len(unknown) - _MOST_UNKNOWN} more" if len(unknown) > _MOST_UNKNOWN else ""
        yield (
            f"The transcript of '{who}' has words that are not in the dictionary and are read by their letters:"
            f" {named}{more}."
        )
