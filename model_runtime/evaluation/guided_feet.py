"""What guiding the feet does before and after they are locked, on held-out shots.

    python -m model_runtime.evaluation.guided_feet --scenes corpus/scenes --shots 6

'drift' is how far a sole is off its mean place during a contact and 'moved' how far locking the feet then carries ankles and toes:
the less, the more of the legs is the network's. 'knee' is the largest change of a knee's speed from one frame to the next.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..body import BodyStage, make_lower
from ..body_features import GlobalMotion, to_rotations
from ..checkpoint import WEIGHTS
from ..contract import FPS
from ..cues import Cue
from ..generate import lead_through, plant_feet
from ..kinematics import matrix_to_6d
from ..physics import FEET, Guide, Physics, lower_bodies, sliding
from ..refine.smooth import smooth
from ..skeleton import INDEX, forward_kinematics
from .measures import floor_depth, foot_skate, jerk
from .shots import held_out_shots

_FEET = [INDEX[name] for name in ("left_ankle", "left_foot", "right_ankle", "right_foot")]
_KNEES = [INDEX["left_knee"], INDEX["right_knee"]]


def feet_row(stage: BodyStage, cues: Sequence[Cue], guides: Sequence[Guide]) -> dict[str, float]:
    """Means over shots and actors; lengths in cm, speeds in cm/s, seconds of computing a shot's legs."""
    begin = time.process_time()
    takes = [legs_of(stage, cue, guides) for cue in cues]
    seconds = (time.process_time() - begin) / len(cues)
    rows = [row for cue, take in zip(cues, takes) for row in _actors(stage, cue, take)]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]} | {"seconds": seconds}


def legs_of(stage: BodyStage, cue: Cue, guides: Sequence[Guide]) -> GlobalMotion:
    physics = Physics(guides, cue.skeletons)
    made = make_lower(stage, cue.conditions, cue.body, cue.places, cue.keep, cue.frames, 1, "final", 2.0, lambda _: None, physics)
    lead_through(made, cue)
    return made.window(0, cue.frames)


def _actors(stage: BodyStage, cue: Cue, made: GlobalMotion) -> list[dict[str, float]]:
    upright = torch.cat([matrix_to_6d(torch.eye(3)).repeat(13), torch.zeros(24)]).expand(2, cue.frames, -1)
    rotations = to_rotations(made, upright, stage.hands)
    held = max(float((made.contacts > 0.5).sum()), 1.0)
    drift = 100 * float((sliding(lower_bodies(made, cue.skeletons, 0)) / held).sqrt())
    rows = []
    for a, skeleton in enumerate(cue.skeletons):
        root, turns = smooth(made.root[a].numpy(), rotations[a])
        locked = plant_feet(root, turns, skeleton, made.contacts[a].numpy())[:2]
        before, after = (forward_kinematics(*motion, skeleton)[0] for motion in ((root, turns), locked))
        bend = 2 * np.arccos(np.clip(np.abs(locked[1][:, _KNEES, 0]), 0, 1))
        rows.append({
            "drift": drift,
            "skate": 100 * foot_skate(root, turns, skeleton).speed, "floor": 100 * floor_depth(root, turns, skeleton),
            "moved": 100 * float(np.linalg.norm(after - before, axis=-1)[:, _FEET].mean()),
            "skate_locked": 100 * foot_skate(*locked, skeleton).speed, "floor_locked": 100 * floor_depth(*locked, skeleton),
            "knee": FPS * float(np.abs(np.diff(bend, 2, axis=0)).max()), "jerk_root": jerk(*locked, skeleton)["root"],
        })  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--shots", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    stage = BodyStage("lower", args.weights)
    cues = [shot.cue() for shot in held_out_shots(args.scenes, args.seconds, args.shots)]
    rows: dict[str, tuple[Guide, ...]] = {"unguided": (), "guided": FEET}
    for name, guides in rows.items():
        print(f"{name:9}", "  ".join(f"{key} {value:.3f}" for key, value in feet_row(stage, cues, guides).items()), flush=True)


if __name__ == "__main__":
    main()
