"""What words and captions tell of a voice: words, sounds and stresses where they fit it, and a sentence where they do
not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ...contract import Caption, FloatArray, TimedWord
from ..phones import Segment
from ..stress.accents import Accents, accents_from_transcript
from ..stress.prominent_syllables import find_stresses
from ..wave import SAMPLE_RATE
from .alignment import ALONE, Fit, Said, fit_of, fits, unknown_words
from .questions import ASTRAY, question_ends
from .script_text import spoken_text, spoken_words
from .search import FASTEST, WINDOW, find_long_text, find_parts, find_text, loud_moments, without_misfits

_PAUSE = 0.8  # seconds between two words or captions that are aligned apart
_LONGEST = 15.0  # seconds aligned in one go: a mistake stays where it is
_ROOM = 0.5  # seconds of voice before and after, as far as no other word is there
_LEEWAY = 10.0  # points a frame by which a caption may fit worse when those around it fit
_SLACK = 4  # words that a caption may have beyond what can be said in its time
_CHARACTERS = 60  # of text for each word that can be said: tags and all
_QUIET_SHARE = 0.9  # of the time between two words that pauses cover, where there is nothing else
_MOST_TROUBLES = 3  # told of one kind
_MOST_UNKNOWN = 5  # words told

_TROUBLES = {
    "misfit": "The transcript of '{who}' {where} does not fit the voice; the lips follow the sound instead. Check that it belongs to this recording.",
    "silent": "There is no voice under the transcript of '{who}' {where}; move it to where it is said.",
    "crammed": "The transcript of '{who}' {where} has more words than can be said in that time; give it the words of this recording.",
    "unreadable": "The transcript of '{who}' {where} has no words in the English alphabet; the lips follow the sound instead.",
}
Trouble = tuple[str, float, float]  # one of these, from and to (s)


@dataclass(frozen=True)
class AlignedTranscript:
    """In shot time (s) and in order.

    ``words``: found in the voice. ``phones``: their sounds, none over another, with ``SIL`` in the pauses of a stretch
    that was found; they say nothing of what no transcript covers. ``stresses``: times of the stressed syllables.
    ``questions``: ends of the questions. ``unaligned``: words that had times of their own but whose sounds were not
    found at them. ``warnings``: sentences that name the actor.
    """

    words: tuple[TimedWord, ...] = ()
    phones: tuple[Segment, ...] = ()
    stresses: tuple[float, ...] = ()
    questions: tuple[float, ...] = ()
    unaligned: tuple[TimedWord, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def all_words(self) -> tuple[TimedWord, ...]:
        """Words found in the voice, and those with times of their own that were not."""
        return (*self.words, *self.unaligned)

    @property
    def stress_times(self) -> tuple[Sequence[float], Sequence[TimedWord]] | None:
        """Times (s) of stresses and the words that tell none; None where no word was found."""
        return (self.stresses, self.unaligned) if self.words else None

    @property
    def accents(self) -> Accents | None:
        """Stresses and questions, which are sure; None where no word was found."""
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
    """Parts that are looked for together, in the voice from ``start`` to ``end`` (s)."""

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
    wave16k: FloatArray, words: Sequence[TimedWord], captions: Sequence[Caption], who: str
) -> AlignedTranscript:
    """Find ``words`` that are said at about their times, and ``captions`` inside theirs, in a mono wave (N,) at 16 kHz.

    What does not fit the voice is left out, with a warning that names the actor ``who``. Words go before captions that
    tell of the same moment.
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

    followed = [
        [] if stretch.is_long else find_text(voice, stretch.words, stretch.start, stretch.end) for stretch in stretches
    ]
    company = sum(map(fit_of, followed), ALONE)
    pieces: list[list[Said]] = []
    sought = {part for stretch in stretches for part in stretch.parts}
    lost: list[TimedWord | Caption] = [part.source for part in timed if part not in sought]
    loud = loud_moments(voice)
    for stretch, said in zip(stretches, followed):
        found, missed = _judged(voice, stretch, said, company - fit_of(said))
        pieces += found
        lost += [part.source for part in stretch.parts if not found]
        troubles += [
            ("misfit" if loud[round(start * 100) : round(end * 100) + 1].any() else "silent", start, end)
            for start, end in missed
        ]
    pieces = _one_at_a_time(pieces)
    entries = _with_pauses(pieces, duration)
    spoken = tuple(TimedWord(entry.text, entry.start, entry.end) for entry in entries if entry.text)
    return AlignedTranscript(
        spoken,
        tuple(phone for entry in entries for phone in entry.phones),
        tuple(sorted(time for piece in pieces for time in _stresses(voice, piece))),
        question_ends(captions, words, spoken),
        tuple(sorted((word for word in lost if isinstance(word, TimedWord)), key=lambda word: word.start)),
        (*_trouble_notes(troubles, spoken, who), *_unknown_notes(spoken, who)),
    )


def _readable(captions: Sequence[Caption], duration: float, troubles: list[Trouble]) -> list[_Part]:
    """Captions under the voice whose words can be said in their time; what is wrong with others joins the ``troubles``."""
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
    """Without those whose words, which lie over one another, cannot all be said; these join the ``troubles``."""
    for stretch in stretches:
        if len(stretch.words) > FASTEST * (stretch.end - stretch.start) + _SLACK:
            troubles.append(("crammed", stretch.parts[0].start, max(part.end for part in stretch.parts)))
        else:
            yield stretch


def _stretches(parts: Sequence[_Part], duration: float) -> list[_Stretch]:
    return _with_room(_runs(sorted(parts, key=lambda part: (part.start, part.end))), duration)


def _runs(parts: Sequence[_Part], apart: Collection[_Part] = ()) -> list[list[_Part]]:
    """Parts that are near each other together, except those that are to be ``apart``."""
    runs: list[list[_Part]] = []
    for part in parts:
        near = bool(runs) and part.start - runs[-1][-1].end < _PAUSE and part.end - runs[-1][0].start < _LONGEST
        if near and part not in apart and runs[-1][-1] not in apart:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _with_room(runs: Sequence[Sequence[_Part]], duration: float) -> list[_Stretch]:
    """Runs of parts with room around them, as far as the neighbours and the wave leave it."""
    spans = [(run[0].start, max(part.end for part in run)) for run in runs]
    stretches = []
    for k, (start, end) in enumerate(spans):
        before, after = spans[k - 1][1] if k else 0.0, spans[k + 1][0] if k + 1 < len(spans) else duration
        stretches.append(
            _Stretch(
                tuple(runs[k]), max(start - _ROOM, min(before, start), 0.0), min(end + _ROOM, max(after, end), duration)
            )
        )
    return stretches


def _judged(
    voice: FloatArray, stretch: _Stretch, said: list[Said], company: Fit
) -> tuple[list[list[Said]], list[tuple[float, float]]]:
    """What of a stretch fits, of which all was followed as ``said``, and the times (s) where it does not."""
    nothing = [(stretch.parts[0].start, max(part.end for part in stretch.parts))]
    if stretch.is_long:
        windows, missed = find_long_text(voice, stretch.words, stretch.start, stretch.end)
        return [without_misfits(window) for window in windows], missed if windows else nothing
    if stretch.is_timed:
        return ([said], []) if fits(said, company) else ([], nothing)
    if len(stretch.parts) == 1:
        if not (fits(said, company) and _is_in_place(stretch.parts[0], said)):
            said = find_parts(voice, stretch.words, stretch.start, stretch.end, company)
        return ([without_misfits(said)], []) if said else ([], nothing)
    wrong = set(stretch.parts)
    if fits(said, company):
        wrong = {
            part for part, own in _by_part(stretch, said) if not (_is_in_place(part, own) and fits(own, leeway=_LEEWAY))
        }
        if not wrong:
            return [without_misfits(said)], []
    pieces, missed = [], []
    for again in _with_room(_runs(stretch.parts, wrong), len(voice) / SAMPLE_RATE):
        found, unfound = _judged(voice, again, find_text(voice, again.words, again.start, again.end), company)
        pieces += found
        missed += unfound
    return pieces, missed


def _by_part(stretch: _Stretch, said: Sequence[Said]) -> Iterator[tuple[_Part, list[Said]]]:
    """Each part of a stretch with its own words."""
    spoken = iter([entry for entry in said if entry.text])
    for part in stretch.parts:
        yield part, list(islice(spoken, len(part.words)))


def _is_in_place(part: _Part, own: Sequence[Said]) -> bool:
    spoken = [entry for entry in own if entry.text]
    return bool(spoken) and spoken[0].start > part.start - ASTRAY and spoken[-1].end < part.end + ASTRAY


def _one_at_a_time(pieces: Sequence[list[Said]]) -> list[list[Said]]:
    """The same without the words that lie in a piece before them in the list."""
    kept: list[list[Said]] = []
    spans: list[tuple[float, float]] = []
    for piece in pieces:
        clear = [
            entry
            for entry in piece
            if not entry.text or all(entry.end <= a + 1e-6 or entry.start >= b - 1e-6 for a, b in spans)
        ]
        spoken = [entry for entry in clear if entry.text]
        if spoken:
            kept.append(clear)
            spans.append((spoken[0].start, spoken[-1].end))
    return kept


def _with_pauses(pieces: Sequence[Sequence[Said]], duration: float) -> list[Said]:
    """The words in order, ending with the wave, and between two of them the pause where nothing else was found."""
    quiet = np.zeros(round(100 * duration) + 2, np.bool_)
    for piece in pieces:
        for entry in piece:
            if entry.text == "":
                quiet[round(100 * entry.start) : round(100 * entry.end)] = True
    entries: list[Said] = []
    for word in sorted((entry for piece in pieces for entry in piece if entry.text), key=lambda entry: entry.start):
        word = word._replace(
            end=min(word.end, duration),
            phones=tuple(phone._replace(end=min(phone.end, duration)) for phone in word.phones),
        )
        if entries and word.start - entries[-1].end > 1e-6:
            gap = quiet[round(100 * entries[-1].end) : round(100 * word.start)]
            if len(gap) and gap.mean() > _QUIET_SHARE:
                entries.append(
                    Said("", entries[-1].end, word.start, 0.0, (Segment("SIL", entries[-1].end, word.start),))
                )
        entries.append(word)
    return entries


def _stresses(voice: FloatArray, piece: Sequence[Said]) -> list[float]:
    first = round(piece[0].start * SAMPLE_RATE)
    start = first / SAMPLE_RATE
    known = [entry for entry in piece if entry.text is not None]
    words = [Segment(entry.text, entry.start - start, entry.end - start) for entry in known if entry.text]
    phones = [Segment(phone.text, phone.start - start, phone.end - start) for entry in known for phone in entry.phones]
    return [start + time for time, _ in find_stresses(voice[first : round(piece[-1].end * SAMPLE_RATE)], words, phones)]


def _trouble_notes(troubles: Sequence[Trouble], spoken: Sequence[TimedWord], who: str) -> Iterator[str]:
    """A sentence for each stretch with trouble of one kind, the first few of them."""
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
    unknown = unknown_words([word.text for word in spoken])
    if unknown:
        more = f" and {len(unknown) - _MOST_UNKNOWN} more" if len(unknown) > _MOST_UNKNOWN else ""
        yield f"The transcript of '{who}' has words that are not in the dictionary and are read by their letters: {', '.join(unknown[:_MOST_UNKNOWN])}{more}."
