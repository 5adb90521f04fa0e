"""The faces of a shot, each from both voices, its emotions and transcript, and the direction of the partner's head."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..common.arrays import BoolArray, FloatArray
from ..conditioning.tracks import emotion_track, energy_track
from ..contract import ARKIT_NAMES, MotionConstraints, Request
from ..refine.bodies import Bodies
from ..refine.constraints import apply_face_constraints
from ..speech.transcript.align_transcript import AlignedTranscript
from .gaze import gaze_directions, partner_directions
from .model import FaceModel

# Brows, cheeks and nose: curves that move no lip and no lid.
_EXPRESSIVE = np.array([name.startswith(("brow", "cheekSquint", "noseSneer")) for name in ARKIT_NAMES])
STRONGEST = 2.0  # of an emotion


def _gain(energy: FloatArray) -> FloatArray:
    """Return by how much (T, 52) an ``energy`` (T, 1) raises each curve of a face: 0.6 to 1.4 where it moves no lip."""
    return np.where(_EXPRESSIVE, 0.6 + 0.4 * energy, 1.0).astype(np.float32)


def _filled(kept: MotionConstraints, frames: int, gain: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the curves (T, 52) of a face that are given, zeros elsewhere, and where (T,) they are.

    They are divided by the ``gain`` (T, 52), which raises what is generated beside them.
    """
    face, where = np.zeros((frames, len(ARKIT_NAMES)), np.float32), np.zeros(frames, bool)
    where[: len(kept.mask)] = kept.part("face")[:frames]
    face[where] = kept.face[:frames][where[: len(kept.face)]] / gain[where]
    return face, where


def perform_faces(
    model: FaceModel,
    request: Request,
    resolved: Request,
    voices: Sequence[FloatArray],
    transcripts: Sequence[AlignedTranscript],
    bodies: Bodies,
    on_share: Callable[[float], None] = lambda _: None,
) -> list[FloatArray]:
    """Return the face curves (T, 52) of each actor of the request; a face given throughout is not generated.

    ``resolved``: the request for two that the ``bodies`` play; ``voices`` and ``transcripts`` are of its actors.
    """
    directions = partner_directions(bodies.roots, bodies.rotations, [actor.skeleton for actor in resolved.actors])
    if len(request.actors) == 1:
        directions[:] = 0.0  # straight ahead
    steady = gaze_directions(bodies.roots, bodies.rotations, resolved.actors, directions)
    faces = []
    for index, actor in enumerate(request.actors):
        kept = actor.constraints
        if kept is not None and kept.covers(request.frames, "face"):
            faces.append(kept.face[: request.frames])
        else:
            transcript, energy = transcripts[index], energy_track(actor, request.frames)[:, None]
            emotion = emotion_track(actor, request.frames)
            expressive = _gain(energy)
            face = model.generate(
                voices[index],
                voices[1 - index],
                request.frames,
                request.seed * 2 + index,
                request.quality,
                directions[index],
                emotion=np.minimum(emotion * (0.5 + 0.5 * energy), STRONGEST).astype(np.float32),
                phones=transcript.phones,
                lips=request.lips,
                accents=transcript.accents,
                given=None if kept is None else _filled(kept, request.frames, expressive),
                steady=steady[index],
            )
            face = np.minimum(face * expressive, 1.0)
            faces.append((face if kept is None else apply_face_constraints(face, kept)).astype(np.float32))
        on_share((index + 1) / len(request.actors))
    return faces
