"""Speak with synthetic voices whose phone times are exact, by the `flite` program; and the dialogue of the demo."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ...common.files import write_whole
from ...contract import FloatArray
from ...errors import InterActError
from ...speech.audio import load_speech
from ...speech.phones import Segment
from ...speech.transcript.alignment import normalise_text, pronounce
from ...speech.wave import SAMPLE_RATE


class SynthesiserMissing(InterActError):
    """The program that speaks is not installed."""


@dataclass(frozen=True)
class Voice:
    """A speaker: one of flite's voices, modified.

    ``stretch`` above 1 speaks more slowly; ``size`` above 1 lengthens the vocal tract, as of a larger person; ``pitch``
    in Hz; ``shift`` multiplies the pitch and leaves the tract as it is (flite's voice rms ignores it).
    """

    name: str
    voice: str
    stretch: float = 1.0
    size: float = 1.0
    pitch: float | None = None
    liveliness: float | None = None  # standard deviation of the pitch, Hz
    shift: float = 1.0

    def varied(self, rng: np.random.Generator, emotion_group: str = "") -> Voice:
        """Return the voice with a random pace (within a fifth), size (3 %) and pitch (6 %), shifted by the emotion."""
        pace, pitch, life = _EMOTIONS.get(emotion_group, (1.0, 1.0, 1.0))
        return replace(
            self,
            stretch=self.stretch * pace * rng.uniform(0.85, 1.18),
            size=self.size * rng.uniform(0.97, 1.03),
            shift=self.shift * pitch * rng.uniform(0.94, 1.06),
            liveliness=None if self.liveliness is None else self.liveliness * life,
        )


# Pace, pitch and liveliness against the voice's own, in the directions of Murray and Arnott 1993, table 1.
_EMOTIONS = {
    "anger": (0.92, 1.10, 1.3), "joy": (0.95, 1.12, 1.4), "sadness": (1.14, 0.94, 0.6),
    "fear": (0.87, 1.15, 1.0), "surprise": (0.97, 1.16, 1.5), "disgust": (1.10, 0.96, 1.1),
}  # fmt: skip
# Thirteen speakers from three of flite's 16 kHz voices to train on, and two from a fourth that is held out.
VOICES = (
    Voice("slt", "slt"), Voice("slt_tall", "slt", size=1.12), Voice("slt_small", "slt", size=0.93),
    Voice("slt_low", "slt", size=1.04, shift=0.84), Voice("slt_bright", "slt", size=0.97, shift=1.22),
    Voice("rms", "rms"), Voice("rms_tall", "rms", size=1.08), Voice("rms_small", "rms", size=0.86),
    Voice("kal", "kal16", pitch=105.0, liveliness=22.0),
    Voice("kal_tall", "kal16", size=1.07, pitch=100.0, liveliness=26.0),
    Voice("kal_small", "kal16", size=0.85, pitch=150.0, liveliness=35.0),
    Voice("kal_bright", "kal16", size=0.95, pitch=132.0, liveliness=40.0),
    Voice("kal_deep", "kal16", size=1.12, pitch=88.0, liveliness=15.0),
)  # fmt: skip
VOICES_HELD_OUT = (Voice("awb", "awb"), Voice("awb_small", "awb", size=0.86, shift=1.12))


@dataclass(frozen=True)
class Spoken:
    """A rendered line: ``wave`` (N,) float32 at 16 kHz and its exact times in seconds."""

    wave: FloatArray
    words: tuple[Segment, ...]
    phones: tuple[Segment, ...]


def has_flite() -> bool:
    """Return whether the program `flite` is installed."""
    return shutil.which("flite") is not None


def speak(text: str, voice: Voice) -> Spoken:
    """Speak ``text`` with the program `flite` (`apt install flite`, or from cmuflite.org).

    Raises ``SynthesiserMissing`` if it is not installed.
    """
    program = shutil.which("flite")
    if program is None:
        raise SynthesiserMissing(
            "The program 'flite' is not installed; install it (apt install flite) to make synthetic voices."
        )
    command = [program, "-voice", voice.voice, "--setf", f"duration_stretch={voice.stretch / voice.size:.4f}"]
    if voice.shift != 1.0:
        command += ["--setf", f"f0_shift={voice.shift:.4f}"]
    if voice.pitch is not None:
        command += ["--setf", f"int_f0_target_mean={voice.pitch * voice.size:.1f}"]
    if voice.liveliness is not None:
        command += ["--setf", f"int_f0_target_stddev={voice.liveliness:.1f}"]
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        printed = subprocess.run(
            [*command, "-psdur", "-t", text, "-o", str(sound)], capture_output=True, text=True, check=True
        )
        wave = load_speech(sound)
    if voice.size != 1.0:
        wave = soxr.resample(wave, SAMPLE_RATE, SAMPLE_RATE * voice.size).astype(np.float32)
    phones = _phones(printed.stdout, voice.size, len(wave) / SAMPLE_RATE)
    return Spoken(wave, _words(text, phones), phones)


def _phones(printed: str, size: float, duration: float) -> tuple[Segment, ...]:
    """Parse flite's ``phone:end_time`` list into ARPABET segments; the last pause may be shorter than printed."""
    names = {
        "PAU": "SIL", "AX": "AH", "AXR": "ER", "IX": "IH", "DX": "T", "EL": "L", "EM": "M", "EN": "N",
        "HV": "HH", "NX": "N", "UX": "UW",
    }  # fmt: skip
    segments, start = [], 0.0
    for item in printed.split():
        name, _, time = item.partition(":")
        end = min(float(time) * size, duration)
        label = names.get(name.upper(), name.upper())
        segments.append(Segment(label, round(start, 4), round(end, 4)))
        start = end
    return tuple(segments)


def _words(text: str, phones: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the words' times, by matching the dictionary's phones of the text with the spoken phones."""
    words = normalise_text(text)
    expected: list[str] = []
    owner: list[int] = []
    for index, word in enumerate(words):
        sounds = pronounce(word)
        expected += sounds
        owner += [index] * len(sounds)
    spoken = [k for k, phone in enumerate(phones) if phone.text != "SIL"]
    spans: list[list[int]] = [[] for _ in words]
    matcher = SequenceMatcher(None, expected, [phones[k].text for k in spoken], autojunk=False)
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        if kind == "delete" and a0 == 0 and b0 == 0:
            continue
        for step, b in enumerate(range(b0, b1)):
            if kind == "insert":
                a = max(a0 - 1, 0)
            else:  # spread differing phones evenly over the words that they replace
                a = a0 + min(step * (a1 - a0) // max(b1 - b0, 1), a1 - a0 - 1) if kind == "replace" else a0 + step
            spans[owner[a]].append(spoken[b])
    return tuple(
        Segment(word, phones[min(span)].start, phones[max(span)].end) for word, span in zip(words, spans) if span
    )


@dataclass(frozen=True)
class Turn:
    """One turn of the demo: ``actor`` (0 is A, 1 is B), how slowly, and the ``pause`` (s) before it."""

    actor: int
    text: str
    stretch: float = 1.0
    pause: float = 0.35


DEMO_VOICES = (Voice("A", "slt"), Voice("B", "rms", stretch=0.95))
DEMO_DIALOGUE = (
    Turn(0, "Okay, from the top. You sit, I stand, and nobody improvises.", pause=0.5),
    Turn(1, "Improvise? Me? I'm a mannequin.", pause=0.3),
    Turn(0, "We both are. But tonight, we are actors. Big, beautiful, moving actors.", pause=0.25),
    Turn(1, "You say that every night, and every night I fall off the chair.", pause=0.4),
    Turn(0, "That was one time! And the people loved it.", pause=0.15),
    Turn(1, "Fine. Then I'll get up, walk over there, and take a bow.", pause=0.5),
)
_DEMO_END = 1.0  # seconds of silence after the last word


def write_demo(folder: Path) -> Path:
    """Speak the demo's dialogue into ``demo_a.ogg``, ``demo_b.ogg`` and ``demo_dialogue.json`` (texts and times), and
    return the path of the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now, parts, turns = 0.0, [], []
    for turn in DEMO_DIALOGUE:
        voice = DEMO_VOICES[turn.actor]
        spoken = speak(turn.text, replace(voice, stretch=voice.stretch * turn.stretch))
        sounds = [phone for phone in spoken.phones if phone.text != "SIL"]
        first, last = sounds[0].start, sounds[-1].end
        start = now + turn.pause
        parts.append((turn.actor, start, spoken.wave[round(first * SAMPLE_RATE) : round((last + 0.05) * SAMPLE_RATE)]))
        turns.append(
            {
                "actor": "AB"[turn.actor],
                "start": round(start, 3),
                "end": round(start + last - first, 3),
                "text": turn.text,
            }
        )
        now = start + last - first
    duration = now + _DEMO_END
    for actor in (0, 1):
        track = np.zeros(round(duration * SAMPLE_RATE), np.float32)
        for owner, start, wave in parts:
            if owner == actor:
                at = round(start * SAMPLE_RATE)
                track[at : at + len(wave)] += wave
        track *= 0.7 / np.abs(track).max()
        soundfile.write(str(folder / f"demo_{'ab'[actor]}.ogg"), track, SAMPLE_RATE, subtype="VORBIS")
    dialogue = {"duration": round(duration, 3), "turns": turns}
    return write_whole(folder / "demo_dialogue.json", json.dumps(dialogue, indent=1) + "\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo", type=Path, required=True, metavar="FOLDER", help="where the two OGG files and the JSON go"
    )


def run(options: argparse.Namespace) -> None:
    print(write_demo(options.demo))
