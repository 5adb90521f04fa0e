"""The face on held-out voices: lips with and without words, eyes, emotions, odd sounds, tuned lips.

    python -m model_runtime evaluate face [--tuned FOLDER] [--docs docs] [--keep]

Readers are the held-out ones. References are composed faces of their aligned words (``face_measures``). ``--tuned`` is
the copy as it was trained, all of its weights, beside the base and the injected one. Same weights and machine, same
figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..common.files import write_whole
from ..contract import EMOTIONS, FPS, EmotionSpan, FloatArray, frame_count
from ..corpus.faces.composer import Spoken, compose_face
from ..corpus.script.affect import AffectTrack
from ..datasets.ict_face import IctFace
from ..drawing.documents import fill_in
from ..face.arkit import CURVE
from ..face.model import FaceModel
from ..face.mouth_shapes import JAW, MOUTH, lip_gap
from ..face.style import FaceStyle
from ..face.visemes import last_sound, viseme_curves
from ..face.voice_features import extract_voice_features
from ..metrics.face_measures import (
    FaceGeometry,
    Liveliness,
    brow_lift,
    liveliness,
    probe_accuracy,
    question_lift,
    style_distance,
)
from ..metrics.held_out_speech import HeldOutSpeech, held_out_speech
from ..metrics.lips import LipScores, MouthGeometry, constant_emotion, score_lips
from ..speech.stress.accents import accents_from_transcript
from ..speech.wave import SAMPLE_RATE
from .face_rows import markdown
from .measures_file import store_measures
from .model_card import write_card
from .odd_sounds import odd_sounds
from .options import add_shared_options

MARKS = ("<!-- face report -->", "<!-- /face report -->")
INTENSE = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "amusement", "pain")  # at full intensity
SEEDS = (0, 1)
PERSONS, OF_A_PERSON = 6, 4  # actors whose style is compared, and utterances of each
MINUTES = 6  # of dialogue for blinks and eyes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tuned", type=Path, help="folder with the copy's own face.safetensors and the same audio.safetensors"
    )
    parser.add_argument(
        "--keep", action="store_true", help="also write the figures beside the shipped weights and into their card"
    )
    add_shared_options(parser, "data", "weights", "json", "docs")


def run(options: argparse.Namespace) -> None:
    found = report(options.data, options.weights, options.tuned)
    print(markdown(found))
    if options.json:
        write_whole(options.json, json.dumps(found, indent=1))
    if options.docs:
        fill_in(options.docs / "faces.md", MARKS, markdown(found))
    if options.keep:
        write_card(store_measures({"face": found}))


def report(data: Path, weights: Path, tuned: Path | None) -> dict[str, Any]:
    """Return 'rows' with targets, the 'variants' of the lips' weights, and 'odd sounds'."""
    readers, model = Readers(data), FaceModel.load(weights)
    variants = {"base": (model, 0.0), "injected": (model, 1.0)}
    if tuned is not None:
        variants["fully tuned"] = (FaceModel.load(tuned), 0.0)
    by_variant = variant_rows(readers, variants)
    base, injected = by_variant["base"], by_variant["injected"]
    rows = lip_rows(readers, model) | {
        "LVE of injected below base": 1.0 - injected["LVE, mm²"] / base["LVE, mm²"],
        "FDD of injected against base": abs(injected["upper face moves, mm"] / base["upper face moves, mm"] - 1.0),
    }
    rows |= closure_rows(readers, model) | emotion_rows(model) | conversation_rows(readers, model)
    return {"rows": rows, "variants": by_variant, "odd sounds": odd_rows(readers, model)}


class Readers:
    """The held-out readers and the references of their measures: phones, loudness, geometry."""

    def __init__(self, data: Path) -> None:
        self.utterances: list[HeldOutSpeech] = list(held_out_speech(data))
        self.loudness = [u.loudness() for u in self.utterances]
        self.lips, self.face = MouthGeometry(IctFace(data / "face")), FaceGeometry(IctFace(data / "face"))
        self.reference = [viseme_curves(u.phones, u.frames, loud) for u, loud in zip(self.utterances, self.loudness)]

    def faces(
        self,
        model: FaceModel,
        seed: int = 0,
        words: bool = False,
        lips: float = 1.0,
        emotion: tuple[str, float] | None = None,
        first: int | None = None,
    ) -> list[FloatArray]:
        """Return generated faces of every utterance, or of the ``first`` few; ``words``: given the transcripts."""
        return [
            model.generate(
                u.wave,
                np.zeros_like(u.wave),
                u.frames,
                seed,
                emotion=constant_emotion(u.frames, emotion),
                phones=u.segments if words else (),
                lips=lips,
            )
            for u in self.utterances[:first]
        ]

    def score(self, faces: Sequence[FloatArray]) -> LipScores:
        """Return the lip scores of faces of all utterances."""
        return score_lips(faces, [u.phones for u in self.utterances], self.loudness, self.lips)

    def lve(self, faces: Sequence[FloatArray]) -> float:
        """Return the lip vertex error over all frames of all utterances, mm^2."""
        errors = [self.face.lip_vertex_error(f, r) * len(f) for f, r in zip(faces, self.reference)]
        return sum(errors) / sum(len(f) for f in faces)

    def composed(self, questions: bool | None = None) -> list[FloatArray]:
        """Return composed faces of the same words, of persons drawn by chance; all of them questions, or none, or as
        in their texts (None).
        """
        made = []
        for number, (u, loud) in enumerate(zip(self.utterances, self.loudness)):
            rng = np.random.default_rng([5, number])
            spoken = [Spoken(u.phones, u.stresses, u.question if questions is None else questions)]
            made.append(
                compose_face(rng, u.frames, spoken, np.zeros(u.frames, np.float32), None, loud, FaceStyle.draw(rng))
            )
        return made


def lip_rows(readers: Readers, model: FaceModel) -> dict[str, float]:
    """Return closure, contact and false closures with and without words, and the correlations without."""
    rows: dict[str, float] = {}
    for words in (True, False):
        s = readers.score(readers.faces(model, SEEDS[0], words))
        given = ", with words" if words else ""
        rows |= {
            f"p, b, m closed{given}": s.closure,
            f"f, v touching{given}": s.teeth_contact,
            f"falsely closed{given}": s.false_closure,
        }
        if not words:
            rows |= {"jaw r": s.jaw_correlation, "lip gap r": s.gap_correlation}
    return rows


def variant_rows(readers: Readers, variants: Mapping[str, tuple[FaceModel, float]]) -> dict[str, dict[str, float]]:
    """Return LVE (mm^2), FDD (mm), closure and style distance of each variant: (model, share of lip-tuned weights)."""
    upper = np.mean([readers.face.dynamics(face) for face in readers.composed()], 0)
    made = {name: [readers.faces(model, seed, lips=lips) for seed in SEEDS] for name, (model, lips) in variants.items()}
    persons = {
        name: [np.concatenate(readers.faces(model, 100 + k, lips=lips, first=OF_A_PERSON)) for k in range(PERSONS)]
        for name, (model, lips) in variants.items()
    }
    rows = {}
    for name, takes in made.items():
        flat = [face for take in takes for face in take]
        dynamics = np.mean([readers.face.dynamics(face) for face in flat], 0)
        own, others = style_distance(persons[name], persons["base"])
        rows[name] = {
            "LVE, mm²": float(np.mean([readers.lve(take) for take in takes])),
            "FDD, mm": float((upper - dynamics).mean()),
            "upper face moves, mm": float(dynamics.mean()),
            "p, b, m closed": readers.score(takes[0]).closure,
            "falsely closed": readers.score(takes[0]).false_closure,
            "style distance": own,
            "to other actors": others,
        }
    return rows


def closure_rows(readers: Readers, model: FaceModel) -> dict[str, float]:
    """Return how many points of lip closure emotions at full intensity cost, on average and in the worst one."""
    neutral = readers.score(readers.faces(model)).closure
    closure = {name: readers.score(readers.faces(model, emotion=(name, 2.0))).closure for name in INTENSE}
    worst = min(closure, key=lambda name: closure[name])
    return {
        "closure lost in full emotion, points": 100.0 * (neutral - float(np.mean(list(closure.values())))),
        f"closure lost in {worst}": 100.0 * (neutral - closure[worst]),
    }


def emotion_rows(model: FaceModel, seconds: float = 15.0) -> dict[str, float]:
    """Return how each of the 25 emotions changes a silent face against how it changes a composed one: size and
    direction over the 52 curves.
    """
    frames, quiet = int(seconds * FPS), np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    still, style = np.zeros(frames, np.float32), FaceStyle(1.05, 0.5, 0.5, 0.5)

    def generated(emotion: str | None) -> FloatArray:
        track = constant_emotion(frames, (emotion, 1.0)) if emotion else None
        return model.generate(quiet, quiet, frames, 1, emotion=track).mean(0)

    def composed(emotion: str | None) -> FloatArray:
        span = [EmotionSpan(emotion, 1.0, 0.0, seconds)] if emotion else []
        affect = AffectTrack(span, "friends with similar hobbies", True) if emotion else None
        made = [
            compose_face(np.random.default_rng(k), frames, [], still, style=style, affect=affect).mean(0)
            for k in range(3)
        ]
        return np.mean(made, 0)

    neutral, composed_neutral, sizes, directions = generated(None), composed(None), [], []
    for emotion in EMOTIONS:
        made, wanted = generated(emotion) - neutral, composed(emotion) - composed_neutral
        sizes.append(float(made @ wanted / (wanted @ wanted)))
        directions.append(float(made @ wanted / (np.linalg.norm(made) * np.linalg.norm(wanted) + 1e-9)))
    return {
        "emotions: size, of composed": float(np.mean(sizes)),
        "emotions: direction, cosine": float(np.mean(directions)),
        "emotions: direction of the worst": min(directions),
    }


def dialogue(readers: Readers, seed: int, seconds: float = 60.0) -> tuple[FloatArray, FloatArray]:
    """Return the waves (N,) of two readers who take turns."""
    rng = np.random.default_rng([seed, 11])
    names = sorted({u.name.split("/")[0] for u in readers.utterances})
    own = [[u.wave for u in readers.utterances if u.name.startswith(name)] for name in names[:2]]
    waves = np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32)
    at, speaker = 0.8, int(rng.integers(2))
    while at < seconds - 2.0:
        wave = own[speaker][rng.integers(len(own[speaker]))]
        first = int(at * SAMPLE_RATE)
        piece = wave[: waves.shape[1] - first]
        waves[speaker, first : first + len(piece)] += piece
        at += len(wave) / SAMPLE_RATE + rng.uniform(0.2, 1.2)
        speaker = 1 - speaker
    return waves[0], waves[1]


def conversation_rows(readers: Readers, model: FaceModel) -> dict[str, float]:
    """Return the rows of eyes in dialogue, of brows, of speakers against listeners, of silence and of symmetry."""
    speaking: list[FloatArray] = []
    listening: list[FloatArray] = []
    for number, u in enumerate(readers.utterances):
        speaking.append(model.generate(u.wave, np.zeros_like(u.wave), u.frames, number))
        listening.append(model.generate(np.zeros_like(u.wave), u.wave, u.frames, 50 + number))
    return {
        **eye_rows(readers, model),
        **brow_rows(readers, model, speaking),
        "speaker and listener recognised": probe_accuracy(speaking, listening, 2.0),
        **silence_rows(model),
        "left and right alike, r": _symmetry(np.concatenate([*speaking, *listening])),
    }


def eye_rows(readers: Readers, model: FaceModel) -> dict[str, float]:
    """Return blinks, saccades and gaze of both faces in ``MINUTES`` of dialogue."""
    eyes: list[Liveliness] = []
    for seed in range(MINUTES // 2):
        a, b = dialogue(readers, seed)
        frames = frame_count(len(a) / SAMPLE_RATE)
        for me, (own, other) in enumerate(((a, b), (b, a))):
            ahead = np.zeros((frames, 2), np.float32)
            eyes.append(liveliness(model.generate(own, other, frames, 2 * seed + me, gaze=ahead)))
    blinks = [e.blinks_a_minute for e in eyes]
    return {
        "blinks a minute": float(np.mean(blinks)),
        "blink, s": float(np.nanmean([e.blink_seconds for e in eyes])),
        "blinks a minute, fewest": min(blinks),
        "blinks a minute, most": max(blinks),
        "saccades a minute": float(np.mean([e.saccades_a_minute for e in eyes])),
        "eyes at the partner": float(np.mean([e.at_partner for e in eyes])),
    }


def silence_rows(model: FaceModel) -> dict[str, float]:
    """Return how far the mouth opens and how much the brows move while nobody speaks."""
    quiet = np.zeros(20 * SAMPLE_RATE, np.float32)
    silent = model.generate(quiet, quiet, 601, 3)
    return {
        "silence: mouth open, cm": float(lip_gap(silent).max()),
        "silence: brows, deviation": float(silent[:, CURVE["browInnerUp"]].std()),
    }


def _symmetry(faces: FloatArray) -> float:
    """Return the mean correlation of left and right curves over frames (T, 52), without the eyes' directions."""
    sides = [
        (CURVE[n], CURVE[n.replace("Left", "Right")])
        for n in CURVE
        if n.endswith("Left") and "Look" not in n and n not in ("mouthLeft", "jawLeft")
    ]
    return float(np.mean([np.corrcoef(faces[:, a], faces[:, b])[0, 1] for a, b in sides]))


def brow_rows(readers: Readers, model: FaceModel, detected: Sequence[FloatArray]) -> dict[str, float]:
    """Return how much brows rise at stresses, ``detected`` in the voice, given by the transcript, and composed; and at
    the ends of sentences that the transcript gives as questions.
    """

    def given(u: HeldOutSpeech, number: int, question: bool) -> FloatArray:
        ends = [last_sound(u.phones)] if question else []
        accents = accents_from_transcript([time for time, _ in u.stresses], ends)
        return model.generate(u.wave, np.zeros_like(u.wave), u.frames, number, phones=u.segments, accents=accents)

    statements = [given(u, number, False) for number, u in enumerate(readers.utterances)]
    questions = [given(u, number, True) for number, u in enumerate(readers.utterances)]
    composed_statements, composed_questions = readers.composed(False), readers.composed(True)

    def at_stresses(faces: Sequence[FloatArray]) -> float:
        return float(np.nanmean([brow_lift(f, u.stresses) for f, u in zip(faces, readers.utterances)]))

    def at_questions(asked: Sequence[FloatArray], stated: Sequence[FloatArray]) -> float:
        ends = [last_sound(u.phones) for u in readers.utterances]
        return float(np.mean([question_lift(q, s, end) for q, s, end in zip(asked, stated, ends)]))

    return {
        "brows up at stresses": at_stresses(detected),
        "brows up at stresses, with words": at_stresses(statements),
        "brows up at stresses, composed": at_stresses(composed_statements),
        "brows up at questions, with words": at_questions(questions, statements),
        "brows up at questions, composed": at_questions(composed_questions, composed_statements),
    }


def odd_rows(readers: Readers, model: FaceModel) -> dict[str, dict[str, float]]:
    """Return the widest jaw, the fastest mouth (99th percentile of the largest change of a mouth curve, a second) and
    the share of frames with an open mouth, by sound.
    """
    reader = np.concatenate([u.wave for u in readers.utterances[:4]])[: 20 * SAMPLE_RATE]
    rows = {}
    for name, wave in {"the reader": reader, **odd_sounds(reader)}.items():
        frames = frame_count(len(wave) / SAMPLE_RATE)
        face = model.generate(wave, np.zeros_like(wave), frames, 1)
        voice = extract_voice_features(wave, frames, model.encoder).frames
        speed = np.abs(np.diff(face[:, MOUTH], axis=0)).max(1) * FPS
        rows[name] = {
            "widest jaw": float(face[:, JAW].max()),
            "fastest mouth": float(np.percentile(speed, 99)),
            "open": float((lip_gap(face) > 0.1).mean()),
            "detected as voice": float((voice[:, -2] > 0.5).mean()),
        }
    return rows
