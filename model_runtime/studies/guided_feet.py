"""What guiding the feet does before and after they are locked, on held-out shots.

    python -m model_runtime.studies.guided_feet --scenes corpus/scenes --shots 6

'drift' is how far a sole is off its mean place during a contact and 'moved' how far locking the feet then carries
ankles and toes: the less, the more of the legs is the network's. 'knee' is the largest change of a knee's speed from
one frame to the next.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..body_model.kinematics import matrix_to_6d
from ..body_model.skeleton import INDEX, forward_kinematics
from ..common.checkpoints import WEIGHTS
from ..conditioning.conditioning import Conditioning
from ..conditioning.representation import GlobalMotion, to_rotations
from ..contract import FPS
from ..metrics.measures import floor_depth, foot_skate, jerk
from ..refine.bodies import follow_constraints, plant_feet
from ..refine.smoothing import smooth
from ..sampling.body_sampler import BodyStage, SamplingSettings, sample_lower
from ..sampling.energies import FEET, GuidanceEnergy, lower_bodies, sliding
from .shots import held_out_shots

_FEET = [INDEX[name] for name in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
_KNEES = [INDEX["left_knee"], INDEX["right_knee"]]


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
    """Return the lower bodies of a take, led through the wanted places."""
    lower = sample_lower(stage, conditioning, SamplingSettings(1, energies=energies))
    return follow_constraints(lower, conditioning).window(0, conditioning.frames)


def _actors(stage: BodyStage, conditioning: Conditioning, made: GlobalMotion) -> list[dict[str, float]]:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shots", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    stage = BodyStage("lower", args.weights)
    conditionings = [shot.conditioning() for shot in held_out_shots(args.scenes, args.seconds, args.shots)]
    rows: dict[str, tuple[GuidanceEnergy, ...]] = {"unguided": (), "guided": FEET}
    for name, energies in rows.items():
        print(
            f"{name:9}",
            "  ".join(f"{key} {value:.3f}" for key, value in feet_row(stage, conditionings, energies).items()),
            flush=True,
        )


if __name__ == "__main__":
    main()
