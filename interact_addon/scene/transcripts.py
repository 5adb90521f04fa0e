"""What each actor's voices say: text strips, and files chosen for a strip or found beside its sound.

A file that was chosen by hand must be right: what is wrong with it stops the generation. One that only happens to lie
beside the sound may be anything: it is left out with a warning. Text strips win over files for the time they cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aud
import bpy
import numpy as np

from .. import compat
from ..runtime_api import contract, errors
from .reading import frames_per_second, read_text_strips, shot_duration
from .transcript_files import Transcript, read_transcript_file, transcript_beside
from .transcript_times import Span, cut, heard_part, moved, outside

CHOSEN = "interact_transcript"  # custom property of a sound strip: a path, "//" for the folder of the .blend
_CUT = 0.1  # seconds of a sound that may be missing before a text without times is no longer believed
_WINDOW, _QUIET = 0.05, 0.1  # seconds; and of the loudness of what is loud: below it nobody speaks

Heard = Sequence[tuple[Any, contract.SpeechClip]]


def read_transcript(scene: bpy.types.Scene, actor: str, heard: Heard) -> tuple[Transcript, list[str]]:
    """The words and captions of the voice strips ``heard``, on the shot's clock, and what the user should know
    (warnings).

    Raises ``InvalidRequest`` where a chosen file is gone or cannot be used.
    """
    texts, warnings = _texts_over_voices(scene, actor, heard)
    covered = [(text.start, text.end) for text in texts]
    words: list[contract.TimedWord] = []
    captions = list(texts)
    for strip, clip in heard:
        found, problems = _in_files(strip, clip, actor, covered)
        words += found.words
        captions += found.captions
        warnings += problems
    in_order = Transcript(
        tuple(sorted(words, key=lambda word: word.start)), tuple(sorted(captions, key=lambda caption: caption.start))
    )
    return in_order, list(dict.fromkeys(warnings))


def choose_transcript(strip: Any, path: str) -> None:
    """Let ``strip`` speak the words of a file (``//``: relative to the .blend). Raises ``InvalidRequest`` with the
    strip unchanged.
    """
    read_transcript_file(Path(bpy.path.abspath(path)))
    strip[CHOSEN] = path


def chosen_transcript(strip: Any) -> Path | None:
    """The file chosen for a strip. Blender keeps paths of sounds right when a file is saved elsewhere and ours not: one
    that is no longer there is looked for beside the sound.
    """
    told = strip.get(CHOSEN)
    if not isinstance(told, str) or not told:
        return None
    path = Path(bpy.path.abspath(bpy.path.native_pathsep(told), library=strip.id_data.library))
    beside = _sound_path(strip).with_name(path.name)
    return beside if beside.is_file() and not path.is_file() else path


@contextmanager
def transcripts_seen_from(folder: Path) -> Iterator[None]:
    """While a copy of the .blend is saved into ``folder``: chosen paths that are relative lead from there to the same
    files.
    """
    told = []
    for scene in bpy.data.scenes:
        for strip in scene.sequence_editor.strips_all if scene.sequence_editor is not None else ():
            path = chosen_transcript(strip) if strip.type == "SOUND" and strip.sound is not None else None
            if path is not None and strip[CHOSEN].startswith("//"):
                told.append((strip, strip[CHOSEN]))
                strip[CHOSEN] = relative_path(path, folder)
    try:
        yield
    finally:
        for strip, before in told:
            strip[CHOSEN] = before


def relative_path(path: Path, folder: Path) -> str:
    """``//`` and the way from ``folder``; the whole path where there is none, as to another drive of Windows."""
    try:
        return bpy.path.relpath(str(path), start=str(folder))
    except ValueError:
        return str(path)


def _texts_over_voices(scene: bpy.types.Scene, actor: str, heard: Heard) -> tuple[list[contract.Caption], list[str]]:
    """The text strips, each cut to the voices it lies over."""
    texts, idle = [], []
    spoken = [(max(clip.start, 0.0), clip.start + clip.duration) for _, clip in heard]
    for strip in read_text_strips(scene, actor):
        for text in cut(strip, 0.0, shot_duration(scene)):
            over = [(left, right) for left, right in spoken if left < text.end and right > text.start]
            if over:
                start, end = max(text.start, min(over)[0]), min(text.end, max(right for _, right in over))
                texts.append(contract.Caption(text.text, start, end))
            else:
                idle.append(text)
    if not idle:
        return texts, []
    which = f"A text strip of '{actor}' lies" if len(idle) == 1 else f"{len(idle)} text strips of '{actor}' lie"
    return texts, [
        f"{which} where no voice is heard (at {idle[0].start:.1f} s): '{actor}' does not say that; move the text over a voice."
    ]


def _in_files(
    strip: Any, clip: contract.SpeechClip, actor: str, covered: Sequence[Span]
) -> tuple[Transcript, list[str]]:
    """What the file of one voice strip says while the strip is heard, outside of ``covered``; shot time."""
    chosen = chosen_transcript(strip)
    path = chosen or transcript_beside(_sound_path(strip))
    if path is None:
        return Transcript(), []
    try:
        written = read_transcript_file(path)
    except errors.InvalidRequest as problem:
        if chosen is not None:
            raise
        return Transcript(), [f"{problem} '{actor}' speaks without it."]
    # What is heard of the file, on its clock; the clip itself may begin before the shot.
    offset = clip.start - clip.trim_start
    heard = clip.trim_start + max(-clip.start, 0.0), clip.trim_start + clip.duration
    if written.has_times:
        return outside(moved(heard_part(written, heard, _length(strip)), offset), covered), []
    if any(left < heard[1] + offset and right > heard[0] + offset for left, right in covered):
        return Transcript(), [
            f"The transcript '{path.name}' of '{actor}' has no times, so it gives way to the text strips over that voice."
        ]
    is_cut = heard[0] > _CUT or heard[1] < _length(strip) - _CUT
    if is_cut and _speaks_outside(Path(clip.path), *heard):
        return Transcript(), [
            f"The transcript '{path.name}' of '{actor}' has no times and only a part of its sound is heard, so it is left out; "
            "use a file with times (.srt, .TextGrid) or text strips."
        ]
    return moved(
        Transcript(captions=tuple(contract.Caption(whole.text, *heard) for whole in written.captions)), offset
    ), []


def _sound_path(strip: Any) -> Path:
    """Where the sound is or was before it was packed."""
    return Path(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library))


def _length(strip: Any) -> float:
    """Seconds of the whole sound."""
    length = compat.strip_content(strip)[1]
    return (compat.strip_hard_trim(strip) + length) / frames_per_second(strip.id_data)


def _speaks_outside(sound: Path, start: float, end: float) -> bool:
    """Whether more than silence is cut off when a sound is heard from ``start`` to ``end``; believed of what is too
    long to look at.
    """
    try:
        decoded = aud.Sound(str(sound))
        rate, _ = decoded.specs  # asked first: Blender 4.5 and 5.0 end when the data of an unreadable file is asked for
    except aud.error:
        return True
    if decoded.length / rate > contract.LONGEST_SHOT:
        return True
    samples, size = decoded.data(), max(int(_WINDOW * rate), 1)
    whole = samples[: len(samples) // size * size].reshape(-1, size * samples.shape[1])
    loudness = np.sqrt(np.square(whole).mean(axis=1))
    loud = loudness > _QUIET * (np.quantile(loudness, 0.95) if len(loudness) else 0.0)
    times = (np.arange(len(loud)) + 0.5) * _WINDOW
    return bool(loud[(times < start) | (times > end)].sum() * _WINDOW > _CUT)
