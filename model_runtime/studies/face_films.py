"""Films with sound of the face that speaks held-out utterances, and a sheet of it at every p, b, m, f and v.

    python -m model_runtime show face-films out/faces [--count 10] [--transcripts] [--lips 1] [--emotion joy]
    python -m model_runtime show face-films out/faces --sheet-only
    python -m model_runtime show face-films docs/images --compare [--before FOLDER]

``contacts.png`` shows each contact in the order of speech, the phone and its time below; lips have to meet on p, b and
m, and the lower lip has to meet the teeth on f and v. ``--compare`` writes ``face_lips.png``: one utterance at its
contacts and the sounds after them, by other weights, by the base, with tuned lips, given the words, and as composed.
``talk_NN.mp4`` has the face from the front and from half aside, the current phone below.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.io import wavfile

from ..contract import FPS, FloatArray
from ..datasets.ict_face import IctFace
from ..drawing.contact_sheets import encode
from ..drawing.ict_face import FRONT, HALF, draw_ict_face
from ..face.model import FaceModel
from ..face.mouth_shapes import BILABIAL, LABIODENTAL
from ..face.visemes import Phone, viseme_curves
from ..metrics.held_out_speech import HeldOutSpeech, held_out_speech
from ..metrics.lips import constant_emotion
from ..speech.wave import SAMPLE_RATE
from .face_look import at_phone, in_rows, sheet
from .options import add_face_options, add_shared_options, emotion_of

_SIZE, _CAPTION = 300, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=10, help="of utterances (default: %(default)s)")
    parser.add_argument("--sheet-only", action="store_true")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--before", type=Path, help="with --compare: a folder of other weights to show first")
    add_face_options(parser)
    add_shared_options(parser, "data", "weights")


def run(options: argparse.Namespace) -> None:
    model, face = FaceModel.load(options.weights), IctFace(options.data / "face")
    every = list(held_out_speech(options.data))
    if options.compare:
        before = FaceModel.load(options.before) if options.before else None
        draw_comparison(face, model, before, every, options.out / "face_lips.png")
        return
    utterances = every[:: max(len(every) // options.count, 1)][: options.count]
    made = []
    for number, u in enumerate(utterances, 1):
        made.append(
            model.generate(
                u.wave,
                np.zeros_like(u.wave),
                u.frames,
                number,
                emotion=constant_emotion(u.frames, emotion_of(options)),
                phones=u.segments if options.transcripts else (),
                lips=options.lips,
            )
        )
        if not options.sheet_only:
            target = options.out / f"talk_{number:02d}.mp4"
            print(talk_film(face, made[-1], u.phones, u.wave, target), u.name, flush=True)
    draw_contacts(face, made, utterances, options.out / "contacts.png")
    print(options.out / "contacts.png")


def talk_film(face: IctFace, curves: FloatArray, phones: Sequence[Phone], wave: FloatArray, path: Path) -> Path:
    """Write the face from the front and from half aside with its voice; raises ``FilmNeedsFfmpeg``."""
    size = (2 * _SIZE, _SIZE + _CAPTION)

    def pictures() -> Iterator[Image.Image]:
        for frame, weights in enumerate(curves):
            picture = Image.new("RGB", size, (20, 20, 24))
            for column, turn in enumerate((FRONT, HALF)):
                picture.paste(draw_ict_face(face, weights, _SIZE, turn), (column * _SIZE, 0))
            now = next((name for name, start, end in phones if start <= frame / FPS < end), "")
            ImageDraw.Draw(picture).text((6, _SIZE + 3), f"{frame / FPS:5.2f} s   {now}", fill=(230, 230, 230))
            yield picture

    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "voice.wav"
        wavfile.write(sound, SAMPLE_RATE, np.clip(np.rint(wave * 32767.0), -32768, 32767).astype(np.int16))
        return encode(pictures(), path, FPS, size, sound)


def draw_contacts(
    face: IctFace, curves: Sequence[FloatArray], utterances: Sequence[HeldOutSpeech], path: Path, most: int = 112
) -> None:
    """Draw every contact at its most closed frame, up to ``most`` of them; the mouth from the front."""
    shown = []
    for number, (own, u) in enumerate(zip(curves, utterances), 1):
        for phone in u.phones:
            if phone[0] in (*BILABIAL, *LABIODENTAL):
                weights, caption = at_phone(own, phone)
                shown.append((weights, f"{number}: {caption}"))
    sheet(face, in_rows(shown[:most], 14), path, 120, (FRONT,), mouth=True)


def draw_comparison(
    face: IctFace,
    model: FaceModel,
    before: FaceModel | None,
    utterances: Sequence[HeldOutSpeech],
    path: Path,
    columns: int = 14,
) -> None:
    """Draw the utterance with the most contacts, as every variant of the face speaks it."""
    u = max(utterances, key=lambda h: sum(p[0] in (*BILABIAL, *LABIODENTAL) for p in h.phones))
    frames, quiet = u.frames, np.zeros_like(u.wave)
    made = {"before": before.generate(u.wave, quiet, frames, 1)} if before is not None else {}
    made |= {
        "base": model.generate(u.wave, quiet, frames, 1, lips=0.0),
        "tuned": model.generate(u.wave, quiet, frames, 1),
        "words": model.generate(u.wave, quiet, frames, 1, phones=u.segments),
        "composed": viseme_curves(u.phones, frames, u.loudness()),
    }
    contacts = [i for i, (phone, _, _) in enumerate(u.phones) if phone in (*BILABIAL, *LABIODENTAL)]
    chosen = sorted({j for i in contacts for j in (i, i + 1) if j < len(u.phones)})[:columns]
    rows = []
    for name, curves in made.items():
        pictures = [at_phone(curves, u.phones[i]) for i in chosen]
        rows.append([(weights, f"{name} {caption}") for weights, caption in pictures])
    sheet(face, rows, path, 112, (FRONT,), mouth=True)
