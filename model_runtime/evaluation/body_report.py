"""The body beside the corpus and beside the baselines, on held-out shots.

    python -m model_runtime.evaluation.body_report --scenes corpus/scenes --shots 16 --seconds 20 [--baselines out/baselines] [--samplers]

Every row is measured on the same shots: stretches of held-out scenes as requests (labels, walk targets, seats, voices), played
by each model with the same after-steps. FID against all held-out scenes; what a row is worth shows beside 'corpus', the other
half of the held-out scenes measured the same way.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..body import BodyStage
from ..checkpoint import WEIGHTS
from ..contract import FPS
from ..cues import Cue, label_track
from ..generate import StageClock, finish_bodies, lead_through, make_bodies
from ..skeleton import Skeleton
from ..training.word_features import WordTracks
from .baselines import BASELINES, WholeStage, make_whole
from .distribution import diversity, fid, pose_vectors, sample_diversity
from .measures import floor_depth, foot_skate, gesture_beats, hand_speed, jerk, label_obedience, stress_times
from .shots import Shot, held_out_shots

Bodies = tuple[NDArray[np.float32], NDArray[np.float32]]  # roots (2, T, 3), rotations (2, T, 52, 4)
Player = Callable[[Cue, int], Bodies]

# Samplers worth comparing: (scheduler, steps) by guidance.
SAMPLERS = [("ddim50", 2.0), *((f"{kind}{steps}", 2.0) for kind in ("ddim", "dpm") for steps in (4, 6, 8, 12, 16, 25)), *(("dpm12", g) for g in (1.0, 1.5, 3.0, 5.0))]


def hierarchy(weights: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    """The product's two stages."""
    lower, upper = BodyStage("lower", weights), BodyStage("upper", weights)
    return lambda cue, seed: make_bodies(lower, upper, cue, seed, preset, guidance, StageClock(lambda _: None))[:2]


def one_network(name: str, folder: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    stage = WholeStage(name, folder)

    def play(cue: Cue, seed: int) -> Bodies:
        lower, upper = make_whole(stage, cue, seed, preset, guidance, lambda _: None)
        lead_through(lower, cue)
        return finish_bodies(lower, upper, stage.hands, cue)[:2]

    return play


def measure(play: Player, shots: Sequence[Shot], seeds: Sequence[int]) -> dict[str, Any]:
    """All rows of a player; ``seeds`` beyond the first are for the variety of samples."""
    takes: list[list[Bodies]] = []
    begin = time.process_time()
    for shot in shots:
        cue = shot.cue()
        takes.append([play(cue, seed) for seed in seeds])
    spent = time.process_time() - begin
    first = [bodies[0] for bodies in takes]
    rows = rows_of(first, shots)
    rows |= {"seconds_per_second": spent / (len(seeds) * sum(shot.request.duration for shot in shots))}
    if len(seeds) > 1:
        rows["div_sample"] = float(np.mean([
            sample_diversity([pose_vectors(bodies[1][a]) for bodies in versions]) for versions in takes for a in range(2)
        ]))  # fmt: skip
    return rows


def rows_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, Any]:
    made = [pose_vectors(rotations[a]) for _, rotations in takes for a in range(2)]
    real = [pose_vectors(shot.rotations[a]) for shot in shots for a in range(2)]
    obeyed, skates, floors, beats, misses = [], [], [], [], []
    jerks: dict[str, list[float]] = {"hands": [], "head": [], "root": []}
    for (roots, rotations), shot in zip(takes, shots):
        for a in range(2):
            skeleton: Skeleton = shot.request.actors[a].skeleton
            obeyed.append(label_obedience(label_track(shot.request.actors[a], roots.shape[1]), roots[a], rotations[a], skeleton))
            skates.append(foot_skate(roots[a], rotations[a], skeleton).speed)
            floors.append(floor_depth(roots[a], rotations[a], skeleton))
            found = gesture_beats(hand_speed(roots[a], rotations[a], skeleton), stress_times(shot.heard[a]))
            beats.append((found.share, found.chance, found.strokes))
            mine, true = jerk(roots[a], rotations[a], skeleton), jerk(shot.root_positions[a], shot.rotations[a], skeleton)
            for part in jerks:
                jerks[part].append(mine[part] / max(true[part], 1e-6))
            for point in shot.request.actors[a].waypoints:
                frame = min(round(point.time * FPS), roots.shape[1] - 1)
                misses.append(float(np.linalg.norm(roots[a, frame, :2] - np.array(point.position))))
    strokes = np.array([b for b in beats if b[2]]).reshape(-1, 3)
    share, chance = (float(np.average(strokes[:, i], weights=strokes[:, 2])) if len(strokes) else float("nan") for i in (0, 1))
    return {
        **fid(made, real), **diversity(made),
        "obedience": float(np.mean(obeyed)), "skate_cm_s": 100 * float(np.nanmean(skates)), "floor_cm": 100 * max(floors),
        "beat": share, "beat_chance": chance, **{f"jerk_{part}": float(np.median(values)) for part, values in jerks.items()},
        "miss_cm": 100 * float(np.mean(misses)) if misses else 0.0,
    }  # fmt: skip


def corpus_row(shots: Sequence[Shot], others: Sequence[Shot]) -> dict[str, Any]:
    """The other held-out shots against these: what a perfect model would get."""
    made, real = ([pose_vectors(shot.rotations[a]) for shot in some for a in range(2)] for some in (others, shots))
    return {**fid(made, real), **diversity(made)}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown, a line a row."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[c]:.3g}" if c in row else "" for c in columns) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--baselines", type=Path, help="folder with the baselines' weights")
    parser.add_argument("--samplers", action="store_true", help="compare samplers and guidance instead of models")
    parser.add_argument("--shots", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(2)
    shots = held_out_shots(args.scenes, args.seconds, 2 * args.shots, WordTracks(args.words) if args.words else None)
    shots, others = shots[::2], shots[1::2]
    seeds = list(range(1, args.seeds + 1))
    rows: dict[str, dict[str, Any]] = {"corpus": corpus_row(shots, others)}
    if args.samplers:
        for preset, guidance in SAMPLERS:
            rows[f"{preset}, guidance {guidance}"] = measure(hierarchy(args.weights, preset, guidance), shots, [1])
            print(table(rows), flush=True)
    else:
        rows["ours"] = measure(hierarchy(args.weights), shots, seeds)
        for name in BASELINES if args.baselines else ():
            if (args.baselines / f"{name}.safetensors").is_file():
                rows[name] = measure(one_network(name, args.baselines), shots, seeds)
    print(table(rows))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
