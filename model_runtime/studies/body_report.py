"""The body beside the truth and beside the baselines, on held-out shots.

    python -m model_runtime.studies.body_report --scenes corpus/scenes --words corpus/word_features.npz [--quick] [--baselines out/baselines] [--docs docs]

Every row is measured on the same shots: stretches of held-out scenes as requests (labels, walk targets, seats, voices),
played by each model with the same after-steps. 'truth' is the composed motion of those very shots, measured in the same
way; its FID is that of the other held-out shots against these, which is what a perfect model would get, and its
Div_sample that of ``variety_of_corpus``. Same shots, weights and machine give the same figures, but for time and
memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..common.checkpoints import WEIGHTS
from ..conditioning.conditioning import Conditioning
from ..drawing.documents import fill_in, write_whole
from ..errors import InterActError
from ..generate import generate_bodies
from ..metrics.body_measures import Bodies, each_shot, miss_of, rows_of, seams_of, truth_of, variety, variety_of_corpus
from ..metrics.constraint_borders import KEPT_SHOTS, kept_rows, kept_truth
from ..metrics.distribution import fid, pose_vectors
from ..refine.bodies import follow_constraints, refine_bodies
from ..sampling.body_sampler import BodyStage, SamplingSettings, load_body_stages, sample_lower
from ..training.word_features import WordTracks
from ..worker import peak_memory_mb
from .baselines import BASELINES, WholeStage, sample_whole
from .body_plots import draw_report
from .body_rows import table
from .model_card import write_card
from .quick import TARGETS, kept_measures
from .report import KEPT_MEASURES
from .shots import Shot, held_out_shots

Player = Callable[[Conditioning, int], Bodies]
TABLE = ("<!-- body report -->", "<!-- /body report -->")


def hierarchy(weights: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    """The product's two stages."""
    stages = load_body_stages(weights)

    def play(conditioning: Conditioning, seed: int) -> Bodies:
        bodies = generate_bodies(stages, conditioning, SamplingSettings(seed, preset, guidance))
        return bodies.roots, bodies.rotations

    return play


def one_network(name: str, folder: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    stage = WholeStage(name, folder)

    def play(conditioning: Conditioning, seed: int) -> Bodies:
        lower, upper = sample_whole(stage, conditioning, SamplingSettings(seed, preset, guidance))
        bodies = refine_bodies(follow_constraints(lower, conditioning), upper, stage.hands, conditioning)
        return bodies.roots, bodies.rotations

    return play


def play_all(play: Player, shots: Sequence[Shot], seeds: Sequence[int]) -> tuple[list[list[Bodies]], dict[str, float]]:
    """Takes by shot, then by seed; what they cost."""
    conditionings = [shot.conditioning() for shot in shots]
    begin = time.process_time()
    takes = [[play(conditioning, seed) for seed in seeds] for conditioning in conditionings]
    spent = time.process_time() - begin
    cost = {"seconds_per_second": spent / (len(seeds) * sum(shot.request.duration for shot in shots))}
    if (memory := peak_memory_mb()) is not None:
        cost["memory_mb"] = memory
    return takes, cost


def measure(play: Player, shots: Sequence[Shot], seeds: Sequence[int]) -> dict[str, Any]:
    """All rows of a player; ``seeds`` beyond the first are for the variety of takes."""
    takes, cost = play_all(play, shots, seeds)
    return figures_of(takes, shots) | cost


def figures_of(takes: Sequence[Sequence[Bodies]], shots: Sequence[Shot]) -> dict[str, float]:
    """Rows of the first take of each shot; of all takes, seams (there are few joins in one) and variety."""
    rows = rows_of([versions[0] for versions in takes], shots)
    every = [(take, shot) for versions, shot in zip(takes, shots) for take in versions]
    rows |= seams_of([take for take, _ in every], [shot for _, shot in every])
    return rows | (variety(takes, shots) if len(takes[0]) > 1 else {})


def corpus_row(shots: Sequence[Shot], others: Sequence[Shot], seeds: int = 3) -> dict[str, Any]:
    """The truth of the shots in every row that it has; FID of the other held-out shots against these."""
    made, real = ([pose_vectors(shot.rotations[a]) for shot in some for a in range(2)] for some in (others, shots))
    return rows_of(truth_of(shots), shots) | fid(made, real) | variety_of_corpus(shots, [*shots, *others], seeds)


def miss_before(weights: Path, shots: Sequence[Shot], preset: str = "final", guidance: float = 2.0) -> float:
    """cm by which the lower stage alone misses the places asked for, before anything leads it through them."""
    stage, roots = BodyStage("lower", weights), []
    for shot in shots:
        lower = sample_lower(stage, shot.conditioning(), SamplingSettings(1, preset, guidance, energies=()))
        roots.append(lower.root.numpy())
    return 100 * miss_of(roots, shots)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.studies.body_report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenes", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--words", type=Path, help="file of `training.word_features`, for weights that hear words")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--baselines", type=Path, help="folder with the baselines' weights")
    parser.add_argument("--preset", default="final", help="draft, final, reference, or a sampler as 'dpm8'")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="three shots, two seeds")
    parser.add_argument("--shots", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=32.0, help="of each shot; three joins of windows need 30")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path, metavar="DIR", help="also put the table and the plot into body.md there")
    parser.add_argument(
        "--keep", action="store_true", help="also write the rows beside the shipped weights and into their card"
    )
    args = parser.parse_args()
    torch.set_num_threads(2)
    count, seeds = (3, [1, 2]) if args.quick else (args.shots, list(range(1, args.seeds + 1)))
    try:
        both = held_out_shots(args.scenes, args.seconds, 2 * count, WordTracks(args.words) if args.words else None)
        shots, others = both[::2], both[1::2]
        if not others:
            raise InterActError(
                f"There are no two held-out scenes of {args.seconds:.0f} s in '{args.scenes}'; compose some first."
            )
        play = hierarchy(args.weights, args.preset, args.guidance)
        takes, cost = play_all(play, shots, seeds)
        first = [versions[0] for versions in takes]
        rows: dict[str, Mapping[str, float]] = {
            "ours": figures_of(takes, shots)
            | cost
            | kept_rows(play, shots[:KEPT_SHOTS])
            | {"miss_before_cm": miss_before(args.weights, shots, args.preset, args.guidance)}
        }
        for name in BASELINES if args.baselines else ():
            if (args.baselines / f"{name}.safetensors").is_file():
                rows[name] = measure(one_network(name, args.baselines, args.preset, args.guidance), shots, seeds)
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows["truth"] = corpus_row(shots, others, len(seeds)) | kept_truth(shots[:KEPT_SHOTS])
    about = f"{len(shots)} held-out shots of {args.seconds:.0f} s, {len(seeds)} seeds, {args.preset}, guidance {args.guidance:g}"
    print(f"{about}\n\n{table(rows)}")
    if args.json:
        write_whole(
            args.json, json.dumps({"about": about, "rows": rows, "shots": each_shot(first, shots)}, indent=1).encode()
        )
    if args.docs:
        draw_report(first, shots, rows, args.docs / "images" / "body_report.png")
        fill_in(args.docs / "body.md", TABLE, f"{about[0].upper()}{about[1:]}:\n\n{table(rows)}")
    if args.keep:
        keep_beside_weights(about, rows)
    return 0


def keep_beside_weights(about: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    kept = kept_measures() | {"body": {"about": about, "rows": rows}}
    write_whole(KEPT_MEASURES, json.dumps(kept, indent=1).encode())
    write_card(kept, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
