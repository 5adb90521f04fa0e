"""The face on voices it never heard: lips with and without words, life, feelings, odd sounds, and what tuning the lips
did.

    python -m model_runtime.studies.face_report [--weights FOLDER] [--tuned FOLDER] [--docs docs] [--keep]

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

from ..common.checkpoints import WEIGHTS
from ..contract import EMOTIONS, FPS, EmotionSpan, FloatArray, frame_count
from ..corpus.faces.composer import Spoken, compose_face
from ..corpus.script.affect import AffectTrack
from ..datasets.ict_face import IctFace
from ..drawing.documents import fill_in, write_whole
from ..face.arkit import CURVE
from ..face.model import FaceModel
from ..face.mouth_shapes import JAW, MOUTH, lip_gap
from ..face.style import FaceStyle
from ..face.visemes import last_sound, viseme_curves
from ..face.voice_features import extract_voice_features
from ..metrics.face_measures import FaceGeometry, brow_lift, liveliness, probe_accuracy, question_lift, style_distance
from ..metrics.lips import HeldOutSpeech, LipScores, MouthGeometry, held_out_speech, score_lips
from ..speech.phones import Segment
from ..speech.prosody import ENERGY, prosody
from ..speech.stress.accents import accents_from_transcript
from ..speech.wave import SAMPLE_RATE
from .face_rows import markdown
from .model_card import write_card
from .odd_sounds import odd_sounds
from .quick import TARGETS, kept_measures
from .report import KEPT_MEASURES

MARKS = ("<!-- face report -->", "<!-- /face report -->")
FEELINGS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "amusement", "grief")  # at full intensity
SEEDS = (0, 1)
PERSONS, OF_A_PERSON = 6, 4  # actors whose manner is compared, and utterances of each
MINUTES = 6  # of dialogue for blinks and eyes


class Listening:
    """The held-out readers with what is measured against: phones, loudness, geometry."""

    def __init__(self, data: Path) -> None:
        self.heard: list[HeldOutSpeech] = list(held_out_speech(data))
        self.loudness = [prosody(u.wave, frame_count(len(u.wave) / SAMPLE_RATE))[:, ENERGY] for u in self.heard]
        self.lips, self.face = MouthGeometry(IctFace(data / "face")), FaceGeometry(IctFace(data / "face"))
        self.truth = [viseme_curves(u.phones, len(loud), loud) for u, loud in zip(self.heard, self.loudness)]

    def faces(
        self,
        model: FaceModel,
        seed: int = 0,
        words: bool = False,
        lips: float = 1.0,
        feeling: tuple[str, float] | None = None,
        first: int | None = None,
    ) -> list[FloatArray]:
        """Of every utterance, or of the ``first`` few."""
        made = []
        for u, loud in list(zip(self.heard, self.loudness))[:first]:
            felt = np.zeros((len(loud), len(EMOTIONS)), np.float32)
            if feeling:
                felt[:, EMOTIONS.index(feeling[0])] = feeling[1]
            said = [Segment(*phone) for phone in u.phones] if words else ()
            made.append(
                model.generate(u.wave, np.zeros_like(u.wave), len(loud), seed, emotion=felt, phones=said, lips=lips)
            )
        return made

    def score(self, faces: Sequence[FloatArray]) -> LipScores:
        return score_lips(faces, [u.phones for u in self.heard], self.loudness, self.lips)

    def lve(self, faces: Sequence[FloatArray]) -> float:
        """mm^2 over all frames in which something is said."""
        errors = [self.face.lip_vertex_error(f, t) * len(f) for f, t in zip(faces, self.truth)]
        return sum(errors) / sum(len(f) for f in faces)

    def composed(self, questions: bool | None = None) -> list[FloatArray]:
        """Composed faces of the same words, of persons drawn by chance; all of them questions, or none, or as their
        texts have it.
        """
        made = []
        for number, (u, loud) in enumerate(zip(self.heard, self.loudness)):
            rng = np.random.default_rng([5, number])
            spoken = [Spoken(u.phones, u.stresses, u.question if questions is None else questions)]
            made.append(
                compose_face(rng, len(loud), spoken, np.zeros(len(loud), np.float32), None, loud, FaceStyle.draw(rng))
            )
        return made


def lip_rows(listening: Listening, model: FaceModel) -> dict[str, float]:
    rows: dict[str, float] = {}
    for words in (True, False):
        s = listening.score([f for seed in SEEDS[:1] for f in listening.faces(model, seed, words)])
        told = ", told words" if words else ""
        rows |= {
            f"p, b, m closed{told}": s.closure,
            f"f, v touching{told}": s.teeth_contact,
            f"falsely closed{told}": s.false_closure,
        }
        if not words:
            rows |= {"jaw r": s.jaw_correlation, "lip gap r": s.gap_correlation}
    return rows


def variant_rows(listening: Listening, variants: Mapping[str, tuple[FaceModel, float]]) -> dict[str, dict[str, float]]:
    """LVE (mm^2), FDD (mm), closure and style distance of each, by name: (model, share of lip-tuned weights)."""
    upper = np.mean([listening.face.dynamics(face) for face in listening.composed()], 0)
    made = {
        name: [listening.faces(model, seed, lips=lips) for seed in SEEDS] for name, (model, lips) in variants.items()
    }
    persons = {
        name: [np.concatenate(listening.faces(model, 100 + k, lips=lips, first=OF_A_PERSON)) for k in range(PERSONS)]
        for name, (model, lips) in variants.items()
    }
    rows = {}
    for name, takes in made.items():
        flat = [face for take in takes for face in take]
        dynamics = np.mean([listening.face.dynamics(face) for face in flat], 0)
        own, others = style_distance(persons[name], persons["base"])
        rows[name] = {
            "LVE, mm²": float(np.mean([listening.lve(take) for take in takes])),
            "FDD, mm": float((upper - dynamics).mean()),
            "upper face moves, mm": float(dynamics.mean()),
            "p, b, m closed": listening.score(takes[0]).closure,
            "falsely closed": listening.score(takes[0]).false_closure,
            "style distance": own,
            "to other actors": others,
        }
    return rows


def feeling_rows(listening: Listening, model: FaceModel) -> dict[str, float]:
    calm = listening.score(listening.faces(model)).closure
    felt = {name: listening.score(listening.faces(model, feeling=(name, 2.0))).closure for name in FEELINGS}
    worst = min(felt, key=lambda name: felt[name])
    return {
        "closure lost in full emotion, points": 100.0 * (calm - float(np.mean(list(felt.values())))),
        f"closure lost in {worst}": 100.0 * (calm - felt[worst]),
    }


def shown_rows(model: FaceModel, seconds: float = 15.0) -> dict[str, float]:
    """How each of the 25 emotions changes a silent face, against how it changes a composed one: size and direction over
    the 52 curves.
    """
    frames, quiet = int(seconds * FPS), np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    still, style = np.zeros(frames, np.float32), FaceStyle(1.05, 0.5, 0.5, 0.5)

    def composed(affect: AffectTrack | None) -> FloatArray:
        made = [
            compose_face(np.random.default_rng(k), frames, [], still, style=style, affect=affect).mean(0)
            for k in range(3)
        ]
        return np.mean(made, 0)

    calm, composed_calm, sizes, directions = model.generate(quiet, quiet, frames, 1).mean(0), composed(None), [], []
    for number, emotion in enumerate(EMOTIONS):
        if emotion == "neutral":
            continue
        feeling = np.zeros((frames, len(EMOTIONS)), np.float32)
        feeling[:, number] = 1.0
        made = model.generate(quiet, quiet, frames, 1, emotion=feeling).mean(0) - calm
        wanted = composed(AffectTrack([EmotionSpan(emotion, 1.0, 0.0, seconds)], "friends", True)) - composed_calm
        sizes.append(float(made @ wanted / (wanted @ wanted)))
        directions.append(float(made @ wanted / (np.linalg.norm(made) * np.linalg.norm(wanted) + 1e-9)))
    return {
        "feelings: size, of composed": float(np.mean(sizes)),
        "feelings: direction, cosine": float(np.mean(directions)),
        "feelings: direction of the worst": min(directions),
    }


def dialogue(listening: Listening, seed: int, seconds: float = 60.0) -> tuple[FloatArray, FloatArray]:
    """Two readers who take turns: waves (N,) of both."""
    rng = np.random.default_rng([seed, 11])
    readers = sorted({u.name.split("/")[0] for u in listening.heard})
    own = [[u.wave for u in listening.heard if u.name.startswith(reader)] for reader in readers[:2]]
    waves = np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32)
    at, who = 0.8, int(rng.integers(2))
    while at < seconds - 2.0:
        wave = own[who][rng.integers(len(own[who]))]
        first = int(at * SAMPLE_RATE)
        piece = wave[: waves.shape[1] - first]
        waves[who, first : first + len(piece)] += piece
        at += len(wave) / SAMPLE_RATE + rng.uniform(0.2, 1.2)
        who = 1 - who
    return waves[0], waves[1]


def life_rows(listening: Listening, model: FaceModel) -> dict[str, float]:
    alive, speaking, heard = [], [], []
    for seed in range(MINUTES // 2):
        a, b = dialogue(listening, seed)
        frames = frame_count(len(a) / SAMPLE_RATE)
        for me, (mine, theirs) in enumerate(((a, b), (b, a))):
            alive.append(
                liveliness(model.generate(mine, theirs, frames, 2 * seed + me, gaze=np.zeros((frames, 2), np.float32)))
            )
    rows = {
        "blinks a minute": float(np.mean([x.blinks_a_minute for x in alive])),
        "blink, s": float(np.nanmean([x.blink_seconds for x in alive])),
        "blinks a minute, fewest": min(x.blinks_a_minute for x in alive),
        "blinks a minute, most": max(x.blinks_a_minute for x in alive),
        "saccades a minute": float(np.mean([x.saccades_a_minute for x in alive])),
        "eyes at the partner": float(np.mean([x.at_partner for x in alive])),
    }
    for number, u in enumerate(listening.heard):
        frames = len(listening.loudness[number])
        speaking.append(model.generate(u.wave, np.zeros_like(u.wave), frames, number))
        heard.append(model.generate(np.zeros_like(u.wave), u.wave, frames, 50 + number))
    rows |= brow_rows(listening, model, speaking)
    rows["speaker told from listener"] = probe_accuracy(speaking, heard, 2.0)
    quiet = np.zeros(20 * SAMPLE_RATE, np.float32)
    silent = model.generate(quiet, quiet, 601, 3)
    rows["silence: mouth open, cm"] = float(lip_gap(silent).max())
    rows["silence: brows, deviation"] = float(silent[:, CURVE["browInnerUp"]].std())
    both = [f for pair in zip(speaking, heard) for f in pair]
    sides = [
        (CURVE[n], CURVE[n.replace("Left", "Right")])
        for n in CURVE
        if n.endswith("Left") and "Look" not in n and n not in ("mouthLeft", "jawLeft")
    ]
    every = np.concatenate(both)
    rows["left and right alike, r"] = float(np.mean([np.corrcoef(every[:, a], every[:, b])[0, 1] for a, b in sides]))
    return rows


def brow_rows(listening: Listening, model: FaceModel, heard: Sequence[FloatArray]) -> dict[str, float]:
    """Brows at stresses, of faces that ``heard`` them, that are told them, and composed; and at the ends of sentences
    that are told to be questions.
    """
    said, asked = [], []
    for number, u in enumerate(listening.heard):
        phones, stresses = [Segment(*phone) for phone in u.phones], [time for time, _ in u.stresses]
        for made, questions in ((said, []), (asked, [last_sound(u.phones)])):
            told = accents_from_transcript(stresses, questions)
            made.append(
                model.generate(
                    u.wave, np.zeros_like(u.wave), len(listening.loudness[number]), number, phones=phones, accents=told
                )
            )
    composed, asking = listening.composed(False), listening.composed(True)
    by_name = {
        "brows up at stresses": heard,
        "brows up at stresses, told words": said,
        "brows up at stresses, composed": composed,
    }
    rows = {
        name: float(np.nanmean([brow_lift(f, u.stresses) for f, u in zip(faces, listening.heard)]))
        for name, faces in by_name.items()
    }
    for name, one, other in (
        ("brows up at questions, told words", asked, said),
        ("brows up at questions, composed", asking, composed),
    ):
        rows[name] = float(
            np.mean([question_lift(q, s, last_sound(u.phones)) for q, s, u in zip(one, other, listening.heard)])
        )
    return rows


def odd_rows(listening: Listening, model: FaceModel) -> dict[str, dict[str, float]]:
    """Widest jaw, fastest mouth (99th percentile of the largest change of a mouth curve, a second) and share of frames
    with an open mouth.
    """
    voice = np.concatenate([u.wave for u in listening.heard[:4]])[: 20 * SAMPLE_RATE]
    rows = {}
    for name, wave in {"the reader": voice, **odd_sounds(voice)}.items():
        frames = frame_count(len(wave) / SAMPLE_RATE)
        face = model.generate(wave, np.zeros_like(wave), frames, 1)
        speed = np.abs(np.diff(face[:, MOUTH], axis=0)).max(1) * FPS
        rows[name] = {
            "widest jaw": float(face[:, JAW].max()),
            "fastest mouth": float(np.percentile(speed, 99)),
            "open": float((lip_gap(face) > 0.1).mean()),
            "heard as voice": float((extract_voice_features(wave, frames, model.ear).frames[:, -2] > 0.5).mean()),
        }
    return rows


def report(data: Path, weights: Path, tuned: Path | None) -> dict[str, Any]:
    listening, model = Listening(data), FaceModel.load(weights)
    variants = {"base": (model, 0.0), "injected": (model, 1.0)}
    if tuned is not None:
        variants["fully tuned"] = (FaceModel.load(tuned), 0.0)
    by_variant = variant_rows(listening, variants)
    base, injected = by_variant["base"], by_variant["injected"]
    rows = lip_rows(listening, model) | {
        "LVE of injected below base": 1.0 - injected["LVE, mm²"] / base["LVE, mm²"],
        "FDD of injected against base": abs(injected["upper face moves, mm"] / base["upper face moves, mm"] - 1.0),
    }
    rows |= feeling_rows(listening, model) | shown_rows(model) | life_rows(listening, model)
    return {"rows": rows, "variants": by_variant, "odd sounds": odd_rows(listening, model)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--tuned", type=Path, help="folder with the copy's own face.safetensors and the same audio.safetensors"
    )
    parser.add_argument("--json", type=Path, default=Path("out/face_report.json"))
    parser.add_argument("--docs", type=Path, help="write the tables into faces.md in this folder")
    parser.add_argument(
        "--keep", action="store_true", help="store the figures beside the weights and write the model card"
    )
    options = parser.parse_args(arguments)
    found = report(options.data, options.weights, options.tuned)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(markdown(found))
    if options.docs:
        fill_in(options.docs / "faces.md", MARKS, markdown(found))
    if options.keep:
        kept = kept_measures() | {"face": found}
        write_whole(KEPT_MEASURES, json.dumps(kept, indent=1).encode())
        write_card(kept, TARGETS)


if __name__ == "__main__":
    main()
