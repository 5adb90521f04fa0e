"""Pictures of composed faces on the ICT face, to inspect lips, lids, brows and emotions.

    python -m model_runtime show faces emotions docs/images/corpus_faces.png
    python -m model_runtime show faces visemes|speech|talking|listening|laughing OUT.png
    python -m model_runtime show faces curves OUT.png --file curves.npy [--mouth]

``emotions``: all 26 at intensity 1 and one of each group at 2. ``visemes``: every phone, front and side. ``speech``: an
utterance at each p, b, m, f, v. ``talking``: one utterance in four emotions. ``listening``: a face that answers a
partner's emotions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..contract import EMOTION_CHOICES, FPS, NEUTRAL, EmotionSpan, FloatArray
from ..corpus.faces.composer import Spoken, compose_face
from ..corpus.faces.expressions import expression
from ..corpus.script.affect import AffectTrack
from ..corpus.voices.speech_library import load_speech_library
from ..datasets.ict_face import IctFace
from ..drawing.ict_face import FRONT, HALF, SIDE, draw_ict_face
from ..face.gaze import eye_curves
from ..face.mouth_shapes import BILABIAL, LABIODENTAL, SILENCE, lip_gap
from ..face.style import FaceStyle
from ..face.visemes import VISEMES, Phone, viseme_curves
from ..speech.phones import PHONES
from .options import add_shared_options

_EXTREMES = ("anger", "disgust", "fear", "joy", "pain", "surprise", "sadness")
_CAPTION = 14
Picture = tuple[FloatArray, str]  # ARKit weights (52,) and what is written below


def sheet(
    face: IctFace,
    rows: Sequence[Sequence[Picture]],
    path: Path,
    size: int = 150,
    turns: Sequence[float] = (HALF,),
    mouth: bool = False,
) -> None:
    """Draw a grid of faces; several ``turns`` (radians) stand one below the other."""
    across, step = max(len(row) for row in rows), size * len(turns) + _CAPTION
    image = Image.new("RGB", (across * size, len(rows) * step), (20, 20, 24))
    pen = ImageDraw.Draw(image)
    for i, row in enumerate(rows):
        for j, (weights, caption) in enumerate(row):
            for k, turn in enumerate(turns):
                image.paste(draw_ict_face(face, weights, size, turn, mouth), (j * size, i * step + k * size))
            pen.text((j * size + 4, i * step + size * len(turns) + 1), caption, fill=(230, 230, 230))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def emotions(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw all emotions at intensity 1, then one of each group at 2."""
    ahead = eye_curves(np.zeros((1, 2), np.float32))[0]
    shown = [(expression(name) + ahead, name) for name in EMOTION_CHOICES]
    shown += [(expression(name, 2.0) + ahead, f"{name} at 2") for name in _EXTREMES]
    sheet(face, in_rows(shown, 7), path, 164, (0.12,))


def visemes(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw every phone between silences, front and side."""
    shown = []
    for phone in PHONES:
        spoken = [] if phone == SILENCE else [(SILENCE, 0.0, 0.3), (phone, 0.3, 0.55), (SILENCE, 0.55, 0.9)]
        shown.append((viseme_curves(spoken, 27)[13 if len(VISEMES[phone]) == 1 else 15], phone))
    sheet(face, in_rows(shown, 14), path, 140, (FRONT, SIDE), mouth=True)


def speech(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw an utterance at its contacts and at the vowel after each."""
    phones, stresses = _utterance(options)
    curves = _face(phones, stresses, options.emotion, options.intensity)
    contacts = [i for i, (phone, _, _) in enumerate(phones) if phone in (*BILABIAL, *LABIODENTAL)]
    chosen = sorted({j for i in contacts for j in (i, i + 1) if j < len(phones)})
    sheet(face, in_rows([at_phone(curves, phones[i]) for i in chosen], 14), path, 140, (FRONT, SIDE), mouth=True)


def talking(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw the same moments of the same words in four emotions; p, b, m among them."""
    phones, stresses = _utterance(options)
    contacts = [i for i, (phone, _, _) in enumerate(phones) if phone in BILABIAL]
    others = [i for i, (phone, _, _) in enumerate(phones) if phone not in (*BILABIAL, SILENCE)]
    chosen = sorted([*contacts[:5], *(others[i] for i in np.linspace(0, len(others) - 1, 7).round().astype(int))])
    rows = []
    for emotion in ("neutral", "joy", "anger", "sadness"):
        curves = _face(phones, stresses, emotion, options.intensity)
        rows.append([(weights, f"{emotion} {name}") for weights, name in (at_phone(curves, phones[i]) for i in chosen)])
    sheet(face, rows, path, 150)


def listening(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw a neutral listener to a partner in joy, sadness, anger and fear; a face every second."""
    frames, rows = 12 * FPS, []
    voice = np.zeros(frames, np.float32)
    voice[FPS : 5 * FPS] = voice[6 * FPS : 11 * FPS] = 1.0
    for emotion in ("joy", "sadness", "anger", "fear"):
        neutral, partner = (
            AffectTrack([EmotionSpan(name, intensity, 0.0, 12.0)], "friends with similar hobbies", True)
            for name, intensity in (("neutral", 0.0), (emotion, 1.2))
        )
        curves = compose_face(
            np.random.default_rng(3), frames, [], voice, style=FaceStyle(), affect=neutral, partner_affect=partner
        )
        rows.append([(curves[i], f"to {emotion} {i / FPS:.0f} s") for i in range(15, frames, FPS)])
    sheet(face, rows, path, 140)


def laughing(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw every other frame of a laugh of a second and a half, in amusement."""
    affect = AffectTrack([EmotionSpan("amusement", 1.0, 0.0, 6.0)], "friends with similar hobbies", True)
    curves = compose_face(
        np.random.default_rng(3),
        6 * FPS,
        [],
        np.zeros(6 * FPS, np.float32),
        style=FaceStyle(),
        affect=affect,
        laughs=[(1.0, 2.5)],
    )
    sheet(face, in_rows([(curves[i], f"{i / FPS:.2f} s") for i in range(24, 24 + 72, 2)], 12), path, 130)


def curves(face: IctFace, path: Path, options: argparse.Namespace) -> None:
    """Draw moments of the curves (T, 52) in a file."""
    given = np.load(options.file, allow_pickle=False)
    chosen = np.linspace(0, len(given) - 1, 24).round().astype(int)
    sheet(face, in_rows([(given[i], f"{i / FPS:.2f} s") for i in chosen], 8), path, 200, mouth=options.mouth)


def _face(
    phones: Sequence[Phone], stresses: Sequence[tuple[float, float]], emotion: str, intensity: float
) -> FloatArray:
    frames = int(phones[-1][2] * FPS) + 20
    affect = AffectTrack([EmotionSpan(emotion, intensity, 0.0, frames / FPS)], "friends with similar hobbies", True)
    return compose_face(
        np.random.default_rng(5),
        frames,
        [Spoken(phones, stresses)],
        np.zeros(frames, np.float32),
        style=FaceStyle(blinks=0.0),
        affect=affect,
    )


def at_phone(curves: FloatArray, phone: Phone) -> Picture:
    """Return the frame in the middle of a phone, of a contact the most closed one."""
    name, start, end = phone
    window = np.arange(int(start * FPS), min(int(np.ceil(end * FPS)) + 1, len(curves)))
    middle = int(window[len(window) // 2])
    if name in BILABIAL:
        middle = int(window[np.argmin(lip_gap(curves[window]))])
    elif name in LABIODENTAL:
        middle = round((start + 0.45 * (end - start)) * FPS)
    return curves[middle], f"{name} {middle / FPS:.2f}"


def _utterance(options: argparse.Namespace) -> tuple[list[Phone], list[tuple[float, float]]]:
    """Return phones and stresses of a reader's utterance with many contacts, from the speech library."""
    utterances = [
        u for u in load_speech_library(options.speech) if u.voice == options.voice and u.phones and u.duration < 9.0
    ]
    chosen = max(utterances, key=lambda u: sum(p.text in (*BILABIAL, *LABIODENTAL) for p in u.phones))
    return [(p.text, p.start + 0.3, p.end + 0.3) for p in chosen.phones], [
        (t + 0.3, strength) for t, strength in chosen.stresses
    ]


def in_rows(pictures: Sequence[Picture], across: int) -> list[Sequence[Picture]]:
    """Return the pictures in rows of ``across``."""
    return [pictures[i : i + across] for i in range(0, len(pictures), across)]


_SHEETS: dict[str, Callable[[IctFace, Path, argparse.Namespace], None]] = {
    f.__name__: f for f in (emotions, visemes, speech, talking, listening, laughing, curves)
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=sorted(_SHEETS))
    parser.add_argument("out", type=Path)
    parser.add_argument("--voice", default="reader_a")
    parser.add_argument("--emotion", choices=EMOTION_CHOICES, default=NEUTRAL)
    parser.add_argument("--intensity", type=float, default=1.0)
    parser.add_argument("--file", type=Path, help=".npy of (T, 52) ARKit weights, for 'curves'")
    parser.add_argument("--mouth", action="store_true", help="the mouth alone, large, for 'curves'")
    add_shared_options(parser, "data", "speech")


def run(options: argparse.Namespace) -> None:
    _SHEETS[options.what](IctFace(options.data / "face"), options.out, options)
