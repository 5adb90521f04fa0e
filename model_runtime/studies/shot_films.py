"""Films with sound and contact sheets of generated held-out shots, for looking at each before anything is called done.

    python -m model_runtime.studies.shot_films --scenes corpus/scenes --words corpus/word_features.npz --speech corpus/speech_library.npz [--shots 10]

Bodies and faces are generated, voices, words and labels are those of the shot; the line from the eyes is green on the
partner.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..common.checkpoints import WEIGHTS
from ..corpus.voices.speech_library import load_speech_library
from ..datasets.scene import Scene
from ..drawing.contact_sheets import scene_film, scene_sheet
from ..drawing.scene_props import scene_sound
from ..errors import InterActError
from ..face.gaze import partner_directions
from ..face.model import FaceModel
from ..generate import generate_bodies
from ..sampling.body_sampler import BodyStage, SamplingSettings
from ..training.word_features import WordTracks
from .shots import Shot, held_out_shots

CELL = (480, 380)  # of a sheet, pixels


def played_scene(
    shot: Shot,
    stages: tuple[BodyStage, BodyStage],
    faces: FaceModel,
    utterances: Mapping[str, Any],
    seed: int = 1,
    preset: str = "final",
    guidance: float = 2.0,
) -> Scene:
    """The shot as a scene whose bodies and faces are generated; the composer's gestures and stresses are left out."""
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


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.studies.shot_films",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path, help="file of `training.word_features`, for weights that hear words")
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", default="final")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--fps", type=int, default=15, help="of the films")
    parser.add_argument("--no-films", action="store_true", help="sheets only")
    parser.add_argument("--out", type=Path, default=Path("out/films"))
    args = parser.parse_args()
    torch.set_num_threads(2)
    try:
        utterances = {u.id: u for u in load_speech_library(args.speech)}
        lower, upper, faces = (
            BodyStage("lower", args.weights),
            BodyStage("upper", args.weights),
            FaceModel.load(WEIGHTS),
        )
        args.out.mkdir(parents=True, exist_ok=True)
        for shot in held_out_shots(
            args.scenes, args.seconds, args.shots, WordTracks(args.words) if args.words else None
        ):
            scene = played_scene(shot, lower, upper, faces, utterances, args.seed, args.preset, args.guidance)
            name = shot.name.replace("@", "_at_")
            print(
                scene_sheet(scene, args.out / f"{name}.png", pictures=round(args.seconds), columns=4, cell=CELL),
                flush=True,
            )
            if not args.no_films:
                print(
                    scene_film(scene, utterances, args.out / f"{name}.mp4", seconds=args.seconds, fps=args.fps),
                    flush=True,
                )
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
