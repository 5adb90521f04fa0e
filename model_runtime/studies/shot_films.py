"""Films with sound and contact sheets of generated held-out shots, for inspection.

    python -m model_runtime show shot-films [--shots 10]

Bodies and faces are generated, voices, words and labels are those of the shot; the line from the eyes is green on the
partner.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..corpus.voices.speech_library import load_speech_library
from ..datasets.scene import Scene
from ..drawing.contact_sheets import scene_film, scene_sheet
from ..drawing.scene_props import scene_sound
from ..face.gaze import partner_directions
from ..face.model import FaceModel
from ..generate import generate_bodies
from ..sampling.body_sampler import BodyStage, SamplingSettings, load_body_stages
from .options import add_shared_options, add_shot_options, word_tracks
from .shots import Shot, held_out_shots

CELL = (480, 380)  # of a sheet, pixels


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", default="final", help="draft, final, reference, or a sampler as 'dpm8'")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--fps", type=int, default=15, help="of the films")
    parser.add_argument("--no-films", action="store_true", help="sheets only")
    parser.add_argument("--out", type=Path, default=Path("out/films"))
    add_shot_options(parser, 10, 24.0)
    add_shared_options(parser, "scenes", "words", "speech", "weights")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    utterances = {u.id: u for u in load_speech_library(options.speech)}
    stages, faces = load_body_stages(options.weights), FaceModel.load(options.weights)
    for shot in held_out_shots(options.scenes, options.seconds, options.shots, word_tracks(options)):
        scene = played_scene(shot, stages, faces, utterances, options.seed, options.preset, options.guidance)
        target = options.out / shot.name.replace("@", "_at_")
        pictures = round(options.seconds)
        print(scene_sheet(scene, target.with_suffix(".png"), pictures=pictures, columns=4, cell=CELL), flush=True)
        if not options.no_films:
            film = scene_film(scene, utterances, target.with_suffix(".mp4"), seconds=options.seconds, fps=options.fps)
            print(film, flush=True)


def played_scene(
    shot: Shot,
    stages: tuple[BodyStage, BodyStage],
    faces: FaceModel,
    utterances: Mapping[str, Any],
    seed: int = 1,
    preset: str = "final",
    guidance: float = 2.0,
) -> Scene:
    """Return the shot as a scene with generated bodies and faces; the composer's gestures are left out."""
    bodies = generate_bodies(stages, shot.conditioning(), SamplingSettings(seed, preset, guidance))
    waves = []
    for a in range(2):
        alone = (shot.scene.utterances[0], []) if a == 0 else ([], shot.scene.utterances[1])
        waves.append(scene_sound(replace(shot.scene, utterances=alone), utterances, 0.0, shot.request.duration))
    gaze = partner_directions(bodies.roots, bodies.rotations, [actor.skeleton for actor in shot.request.actors])
    made = [faces.generate(waves[a], waves[1 - a], shot.frames, 2 * seed + a, "final", gaze[a]) for a in range(2)]
    return replace(
        shot.scene,
        root_positions=bodies.roots,
        rotations=bodies.rotations,
        contacts=bodies.contacts > 0.5,
        face=np.stack(made).astype(np.float16),
        gestures=[],
        gaze=np.zeros((2, 0), bool),
    )
