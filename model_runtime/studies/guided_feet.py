"""Guidance of the feet, measured before and after they are locked, on held-out shots.

    python -m model_runtime study guided-feet --shots 6

'drift' is how far a sole is off its mean place during a contact and 'moved' how far locking the feet then carries
ankles and toes: smaller means that more of the legs' motion is the network's. 'knee' is the largest change of a knee's
speed from one frame to the next.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
import torch

from ..body_model.kinematics import matrix_to_6d
from ..body_model.skeleton import INDEX, forward_kinematics
from ..conditioning.conditioning import Conditioning
from ..conditioning.representation import GlobalMotion, to_rotations
from ..contract import FPS
from ..metrics.measures import floor_depth, foot_skate, jerk
from ..refine.bodies import follow_constraints, plant_feet
from ..refine.smoothing import smooth
from ..sampling.body_sampler import BodyStage, SamplingSettings, sample_lower
from ..sampling.energies import FEET, GuidanceEnergy, lower_bodies, sliding
from .options import add_shared_options, add_shot_options
from .shots import held_out_shots

_FEET = [INDEX[name] for name in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
_KNEES = [INDEX["left_knee"], INDEX["right_knee"]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_shot_options(parser, 6, 10.0)
    add_shared_options(parser, "scenes", "weights")


def run(options: argparse.Namespace) -> None:
    stage = BodyStage("lower", options.weights)
    shots = held_out_shots(options.scenes, options.seconds, options.shots)
    conditionings = [shot.conditioning() for shot in shots]
    rows: dict[str, tuple[GuidanceEnergy, ...]] = {"unguided": (), "guided": FEET}
    for name, energies in rows.items():
        figures = feet_row(stage, conditionings, energies)
        print(f"{name:9}", "  ".join(f"{key} {value:.3f}" for key, value in figures.items()), flush=True)


def feet_row(
    stage: BodyStage, conditionings: Sequence[Conditioning], energies: Sequence[GuidanceEnergy]
) -> dict[str, float]:
    """Return means over shots and actors; lengths in cm, speeds in cm/s, seconds of computing a shot's legs."""
    begin = time.process_time()
    takes = [legs_of(stage, conditioning, energies) for conditioning in conditionings]
    seconds = (time.process_time() - begin) / len(conditionings)
    rows = [row for conditioning, take in zip(conditionings, takes) for row in _actors(stage, conditioning, take)]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} | {"seconds": seconds}


def legs_of(stage: BodyStage, conditioning: Conditioning, energies: Sequence[GuidanceEnergy]) -> GlobalMotion:
    """Return the lower bodies of a take, led through the root constraints."""
    lower = sample_lower(stage, conditioning, SamplingSettings(1, energies=energies))
    return follow_constraints(lower, conditioning).window(0, conditioning.frames)


def _actors(stage: BodyStage, conditioning: Conditioning, made: GlobalMotion) -> list[dict[str, float]]:
    """Return the row of each actor."""
    upright = torch.cat([matrix_to_6d(torch.eye(3)).repeat(13), torch.zeros(24)]).expand(2, conditioning.frames, -1)
    rotations = to_rotations(made, upright, stage.hands)
    held = max(float((made.contacts > 0.5).sum()), 1.0)
    drift = 100 * float((sliding(lower_bodies(made, conditioning.skeletons, 0)) / held).sqrt())
    rows = []
    for a, skeleton in enumerate(conditioning.skeletons):
        root, turns = smooth(made.root[a].numpy(), rotations[a])
        locked = plant_feet(root, turns, skeleton, made.contacts[a].numpy())[:2]
        before, after = (forward_kinematics(*motion, skeleton)[0] for motion in ((root, turns), locked))
        bend = 2 * np.arccos(np.clip(np.abs(locked[1][:, _KNEES, 0]), 0, 1))
        rows.append(
            {
                "drift": drift,
                "skate": 100 * foot_skate(root, turns, skeleton).speed,
                "floor": 100 * floor_depth(root, turns, skeleton),
                "moved": 100 * float(np.linalg.norm(after - before, axis=-1)[:, _FEET].mean()),
                "skate_locked": 100 * foot_skate(*locked, skeleton).speed,
                "floor_locked": 100 * floor_depth(*locked, skeleton),
                "knee": FPS * float(np.abs(np.diff(bend, 2, axis=0)).max()),
                "jerk_root": jerk(*locked, skeleton)["root"],
            }
        )
    return rows
