"""The transcript of each actor's voices: text strips, and files chosen for a strip or found beside its sound.

An error in a file that was chosen by hand stops the generation. A file that is only found beside the sound is left out
with a warning. Text strips take precedence over files for the time they cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aud
import bpy
import numpy as np

from ..properties import ActorKey, as_key
from ..runtime_api import contract, errors
from .reading import read_text_strips, shot_duration
from .sound_files import sound_file, sound_path, sound_seconds
from .sound_scene import Place
from .sound_times import silent_spans, time_map
from .transcript_files import Transcript, read_transcript_file, transcript_beside
from .transcript_times import Span, TimeMap, audible_part, cut, in_shot, outside
from .voices import Voice

CHOSEN = "interact_transcript"  # custom property of a sound strip: a path, "//" for the folder of the .blend
Measured = Mapping[Place, TimeMap | None]
_CUT = 0.1  # seconds of a sound that may be missing before a text without times is no longer used
_WINDOW = 0.05  # seconds over which loudness is measured
_QUIET = 0.1  # loudness of speech at least, relative to the loudest windows


def read_transcript(
    scene: bpy.types.Scene, actor: ActorKey | str, voices: Sequence[Voice], measured: Measured | None = None
) -> tuple[Transcript, list[str]]:
    """Return the words and captions of the voice strips on the shot's clock, and warnings for the user.

    ``measured``: when voices are heard, by their place, as far as that was measured already.
    Raises ``InvalidRequest`` if a chosen file is gone or cannot be used.
    """
    texts, warnings = _texts_over_voices(scene, actor, voices)
    covered = [(text.start, text.end) for text in texts]
    words: list[contract.TimedWord] = []
    captions = list(texts)
    for voice in voices:
        found, problems = _in_files(scene, voice, as_key(actor).name, covered, measured or {})
        words += found.words
        captions += found.captions
        warnings += problems
    in_order = Transcript(
        tuple(sorted(words, key=lambda word: word.start)), tuple(sorted(captions, key=lambda caption: caption.start))
    )
    return in_order, list(dict.fromkeys(warnings))


def choose_transcript(strip: Any, path: str) -> None:
    """Make a file (``//``: relative to the .blend) the transcript of ``strip``.

    Raises ``InvalidRequest`` with the strip unchanged.
    """
    read_transcript_file(Path(bpy.path.abspath(path)))
    strip[CHOSEN] = path


def chosen_transcript(strip: Any) -> Path | None:
    """Return the file chosen for a strip, or None; a missing one is looked for beside the sound.

    When a .blend is saved elsewhere, Blender corrects the paths of sounds but not those of custom properties.
    """
    chosen = strip.get(CHOSEN)
    if not isinstance(chosen, str) or not chosen:
        return None
    path = Path(bpy.path.abspath(bpy.path.native_pathsep(chosen), library=strip.id_data.library))
    beside = sound_path(strip).with_name(path.name)
    return beside if beside.is_file() and not path.is_file() else path


@contextmanager
def transcripts_seen_from(folder: Path) -> Iterator[None]:
    """Make relative paths of chosen files relative to ``folder`` while a copy of the .blend is saved there."""
    rewritten = []
    for scene in bpy.data.scenes:
        for strip in scene.sequence_editor.strips_all if scene.sequence_editor is not None else ():
            path = chosen_transcript(strip) if strip.type == "SOUND" and strip.sound is not None else None
            if path is not None and strip[CHOSEN].startswith("//"):
                rewritten.append((strip, strip[CHOSEN]))
                strip[CHOSEN] = relative_path(path, folder)
    try:
        yield
    finally:
        for strip, before in rewritten:
            strip[CHOSEN] = before


def relative_path(path: Path, folder: Path) -> str:
    """Return a path relative to ``folder`` with ``//``, or the absolute path, as for another drive of Windows."""
    try:
        return bpy.path.relpath(str(path), start=str(folder))
    except ValueError:
        return str(path)


def _texts_over_voices(
    scene: bpy.types.Scene, actor: ActorKey | str, voices: Sequence[Voice]
) -> tuple[list[contract.Caption], list[str]]:
    """Return the text strips, each cut to the voices below it, and a warning for those without a voice."""
    texts, idle = [], []
    spoken = [(voice.start, voice.end) for voice in voices]
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
    name = as_key(actor).name
    which = f"A text strip of '{name}' lies" if len(idle) == 1 else f"{len(idle)} text strips of '{name}' lie"
    return texts, [
        f"{which} where no voice is heard (at {idle[0].start:.1f} s): '{name}' does not say that; "
        "move the text over a voice."
    ]


def _path_of(voice: Voice) -> Path | None:
    return chosen_transcript(voice.strip) or transcript_beside(sound_path(voice.strip))


def _in_files(
    scene: bpy.types.Scene, voice: Voice, actor: str, covered: Sequence[Span], measured: Measured
) -> tuple[Transcript, list[str]]:
    """Return the transcript of one voice strip from its file, in shot time and outside of ``covered``, and warnings."""
    chosen, path = chosen_transcript(voice.strip), _path_of(voice)
    if path is None:
        return Transcript(), []
    try:
        written = read_transcript_file(path)
    except errors.InvalidRequest as problem:
        if chosen is not None:
            raise
        return Transcript(), [f"{problem} '{actor}' speaks without it."]
    if voice.is_shared:
        return Transcript(), [
            f"The transcript '{path.name}' does not say which of the two voices in '{voice.strip.name}' speaks, so it "
            "is left out; use text strips in the channels of each actor."
        ]
    times = measured[voice.place] if voice.place in measured else time_map(scene, actor, voice)
    if times is None:
        return Transcript(), []
    sound = sound_file(voice.strip, actor)
    length = sound_seconds(sound) or 0.0
    if written.has_times:
        not_spoken = [*covered, *silent_spans(scene, voice)]
        return outside(in_shot(audible_part(written, times.heard, length), times), not_spoken), []
    without_times = f"The transcript '{path.name}' of '{actor}' has no times"
    start, end = float(times.shot[0]), float(times.shot[-1])
    if any(left < end and right > start for left, right in covered):
        return Transcript(), [f"{without_times}, so it gives way to the text strips over that voice."]
    is_cut = times.heard[0] > _CUT or times.heard[1] < length - _CUT
    if is_cut and _speaks_outside(sound, *times.heard):
        return Transcript(), [
            f"{without_times} and only a part of its sound is heard, so it is left out; use a file with times "
            "(.srt, .TextGrid) or text strips."
        ]
    return Transcript(captions=tuple(contract.Caption(whole.text, start, end) for whole in written.captions)), []


def _speaks_outside(sound: Path, start: float, end: float) -> bool:
    """Return whether a sound has speech outside of ``start`` to ``end`` (s); True if it is too long to check."""
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
