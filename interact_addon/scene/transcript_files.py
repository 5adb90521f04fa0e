"""Transcripts in files, on the clock of the sound they belong to: .TextGrid, .srt, .vtt and .txt. No Blender here."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ..runtime_api import contract, errors
from .textgrid import read_textgrid

SUFFIXES = (".textgrid", ".srt", ".vtt", ".txt")  # in order of preference, if several lie beside a sound
LARGEST = 10_000_000  # bytes; an hour of speech takes 60,000, or 5 million in a grid with its phones
_TIMES = re.compile(
    r"\s*(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)(?:\s.*)?"
)
_NOT_SPOKEN = re.compile(r"<[^<>]*>|\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\)|♪")  # tags of subtitles, and "(laughs)"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")


@dataclass(frozen=True)
class Transcript:
    """Words with times and captions with unaligned words, in seconds; a text without times ends at infinity."""

    words: tuple[contract.TimedWord, ...] = ()
    captions: tuple[contract.Caption, ...] = ()

    @property
    def has_times(self) -> bool:
        return all(math.isfinite(caption.end) for caption in self.captions)


def transcript_beside(sound: Path) -> Path | None:
    """Return the transcript with the sound's name in the sound's folder, or None."""
    stem = unicodedata.normalize("NFC", sound.stem)
    try:
        there = [path for path in sound.parent.iterdir() if path.suffix.casefold() in SUFFIXES and path.is_file()]
    except OSError:
        return None
    named = [path for path in there if unicodedata.normalize("NFC", path.stem) == stem]
    return min(named, key=lambda path: (SUFFIXES.index(path.suffix.casefold()), path.name), default=None)


def read_transcript_file(path: Path) -> Transcript:
    """Read a transcript; times count from the start of the sound file.

    Raises ``InvalidRequest``: one sentence that names the file.
    """
    try:
        return _read(path)
    except errors.InvalidRequest as problem:
        raise errors.InvalidRequest(f"The transcript '{path.name}' {problem}.") from problem


def read_transcript_text(text: str) -> Transcript:
    """Read a transcript that was pasted: subtitles with their times, or plain text without.

    Raises ``InvalidRequest``.
    """
    spoken = " ".join(text.split())
    try:
        captions = _subtitles(text) if "-->" in text else (contract.Caption(spoken, 0.0, math.inf),) * bool(spoken)
    except errors.InvalidRequest as problem:
        raise errors.InvalidRequest(f"The copied text {problem}.") from problem
    if not captions:
        raise errors.InvalidRequest("No text was copied; copy what is said, then paste it here.")
    return Transcript(captions=captions)


def _read(path: Path) -> Transcript:
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise errors.InvalidRequest("is no .TextGrid, .srt, .vtt or .txt; choose another")
    text = _text(path)
    if not text.strip():
        raise errors.InvalidRequest("is empty; write into it what is said")
    if suffix == ".textgrid":
        found = Transcript(*read_textgrid(text))
    elif suffix == ".txt":
        found = Transcript(captions=(contract.Caption(" ".join(text.split()), 0.0, math.inf),))
    else:
        found = Transcript(captions=_subtitles(text))
    if not found.words and not found.captions:
        raise errors.InvalidRequest("holds no words; write into it what is said")
    return found


def _text(path: Path) -> str:
    """Read a text: UTF-8 or UTF-16 by its byte order mark, else UTF-8, Windows-1252 or Latin-1, the first that fits."""
    try:
        if path.stat().st_size > LARGEST:
            raise errors.InvalidRequest(
                f"has {path.stat().st_size / 1e6:.0f} MB, too much for what is said in a shot; choose another"
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise errors.InvalidRequest(f"is not at '{path}'; choose it again") from None
    except OSError as error:
        raise errors.InvalidRequest(f"cannot be read ({error.strerror}); choose another") from error
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise errors.InvalidRequest("is no text; save it as plain text in UTF-8")


def _subtitles(text: str) -> tuple[contract.Caption, ...]:
    """Read SubRip or WebVTT: a line of times, then text up to an empty line; blocks without times are skipped."""
    captions: list[contract.Caption] = []
    times: tuple[float, float] | None = None
    lines: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and "-->" not in line:
            lines.append(line)
            continue
        if "-->" in line and lines and lines[-1].strip().isdecimal():  # the empty line before the number is missing
            lines.pop()
        spoken = " ".join(_NOT_SPOKEN.sub(" ", html.unescape(" ".join(lines))).split())
        if times is not None and spoken.strip("-–— "):
            captions.append(contract.Caption(spoken, *times))
        times, lines = _times(line, number) if "-->" in line else None, []
    return tuple(captions)


def _times(line: str, number: int) -> tuple[float, float]:
    found = _TIMES.fullmatch(line)
    if found is None:
        raise errors.InvalidRequest(
            f"has no valid times in line {number}; write them as in '00:00:01,000 --> 00:00:02,500'"
        )
    start, end = (
        int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
        for hours, minutes, seconds in (found.groups()[:3], found.groups()[3:])
    )
    if end <= start:
        raise errors.InvalidRequest(
            f"has a caption that ends before it starts in line {number}; give it an end after its start"
        )
    return start, end
