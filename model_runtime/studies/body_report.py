"""The body beside the reference and beside the baselines, on held-out shots.

    python -m model_runtime evaluate body [--quick] [--baselines out/baselines] [--docs docs] [--keep]

Every row is measured on the same shots: stretches of held-out scenes as requests (labels, walk targets, seats, voices),
played by each model with the same after-steps. 'reference' is the composed motion of those shots, measured in the same
way; its FID is that of the other held-out shots against these, which a perfect model would get, and its Div_sample that
of ``variety_of_corpus``. Same shots, weights and machine give the same figures, but for time and memory.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ..common.files import write_whole
from ..conditioning.conditioning import Conditioning
from ..drawing.documents import fill_in
from ..generate import generate_bodies
from ..metrics.body_measures import (
    Bodies,
    each_shot,
    miss_of,
    reference_bodies,
    rows_of,
    seams_of,
    variety,
    variety_of_corpus,
)
from ..metrics.constraint_borders import SHOTS_WITH_CONSTRAINTS, constraint_rows, reference_rows
from ..metrics.distribution import fid, pose_vectors
from ..refine.bodies import follow_constraints, refine_bodies
from ..sampling.body_sampler import BodyStage, SamplingSettings, load_body_stages, sample_lower
from ..worker import peak_memory_mb
from .baselines import BASELINES, WholeStage, sample_whole
from .body_plots import draw_report
from .body_rows import table
from .measures_file import store_measures
from .model_card import write_card
from .options import add_shared_options, add_shot_options, held_out_shots_of
from .shots import Shot

Player = Callable[[Conditioning, int], Bodies]
TABLE = ("<!-- body report -->", "<!-- /body report -->")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--baselines", type=Path, help="folder with the baselines' weights")
    parser.add_argument("--preset", default="final", help="draft, final, reference, or a sampler as 'dpm8'")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="three shots, two seeds")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--keep", action="store_true", help="also write the rows beside the shipped weights and into their card"
    )
    add_shot_options(parser, 8, 32.0)  # s: enough for three window boundaries
    add_shared_options(parser, "scenes", "words", "weights", "json", "docs")


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    seeds = [1, 2] if options.quick else list(range(1, options.seeds + 1))
    shots, others = held_out_shots_of(options, 3 if options.quick else None)
    sampler = (options.preset, options.guidance)
    takes, cost = play_all(hierarchy(options.weights, *sampler), shots, seeds)
    rows = {"ours": {**figures_of(takes, shots), **cost, **rows_of_weights(options.weights, shots, *sampler)}}
    for name in BASELINES if options.baselines else ():
        if (options.baselines / f"{name}.safetensors").is_file():
            rows[name] = measure(one_network(name, options.baselines, *sampler), shots, seeds)
    rows["reference"] = corpus_row(shots, others, len(seeds)) | reference_rows(shots[:SHOTS_WITH_CONSTRAINTS])
    about = (
        f"{len(shots)} held-out shots of {options.seconds:.0f} s, {len(seeds)} seeds, {options.preset},"
        f" guidance {options.guidance:g}"
    )
    print(f"{about}\n\n{table(rows)}")
    first = [versions[0] for versions in takes]
    if options.json:
        figures = {"about": about, "rows": rows, "shots": each_shot(first, shots)}
        write_whole(options.json, json.dumps(figures, indent=1))
    if options.docs:
        draw_report(first, shots, rows, options.docs / "images" / "body_report.png")
        fill_in(options.docs / "body.md", TABLE, f"{about[0].upper()}{about[1:]}:\n\n{table(rows)}")
    if options.keep:
        write_card(store_measures({"body": {"about": about, "rows": rows}}))


def hierarchy(weights: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    """Return a player of the product's two stages."""
    stages = load_body_stages(weights)

    def play(conditioning: Conditioning, seed: int) -> Bodies:
        bodies = generate_bodies(stages, conditioning, SamplingSettings(seed, preset, guidance))
        return bodies.roots, bodies.rotations

    return play


def one_network(name: str, folder: Path, preset: str = "final", guidance: float = 2.0) -> Player:
    """Return a player of a baseline's one network."""
    stage = WholeStage(name, folder)

    def play(conditioning: Conditioning, seed: int) -> Bodies:
        lower, upper = sample_whole(stage, conditioning, SamplingSettings(seed, preset, guidance))
        bodies = refine_bodies(follow_constraints(lower, conditioning), upper, stage.hands, conditioning, preset)
        return bodies.roots, bodies.rotations

    return play


def play_all(play: Player, shots: Sequence[Shot], seeds: Sequence[int]) -> tuple[list[list[Bodies]], dict[str, float]]:
    """Return takes by shot, then by seed, and their cost in CPU seconds a second and in memory."""
    conditionings = [shot.conditioning() for shot in shots]
    begin = time.process_time()
    takes = [[play(conditioning, seed) for seed in seeds] for conditioning in conditionings]
    spent = time.process_time() - begin
    cost = {"seconds_per_second": spent / (len(seeds) * sum(shot.request.duration for shot in shots))}
    if (memory := peak_memory_mb()) is not None:
        cost["memory_mb"] = memory
    return takes, cost


def measure(play: Player, shots: Sequence[Shot], seeds: Sequence[int]) -> dict[str, Any]:
    """Return all rows of a player; ``seeds`` beyond the first are for the variety of takes."""
    takes, cost = play_all(play, shots, seeds)
    return figures_of(takes, shots) | cost


def figures_of(takes: Sequence[Sequence[Bodies]], shots: Sequence[Shot]) -> dict[str, float]:
    """Return rows of the first take of each shot; of all takes, seams (one has few) and variety."""
    rows = rows_of([versions[0] for versions in takes], shots)
    every = [(take, shot) for versions, shot in zip(takes, shots) for take in versions]
    rows |= seams_of([take for take, _ in every], [shot for _, shot in every])
    return rows | (variety(takes, shots) if len(takes[0]) > 1 else {})


def corpus_row(shots: Sequence[Shot], others: Sequence[Shot], seeds: int = 3) -> dict[str, Any]:
    """Return the rows of the shots' reference; FID of the other held-out shots against these."""
    made, reference = ([pose_vectors(shot.rotations[a]) for shot in some for a in range(2)] for some in (others, shots))
    variety_rows = variety_of_corpus(shots, [*shots, *others], seeds)
    return rows_of(reference_bodies(shots), shots) | fid(made, reference) | variety_rows


def rows_of_weights(weights: Path, shots: Sequence[Shot], preset: str, guidance: float) -> dict[str, float]:
    """Return the rows that need takes of their own: motion constraints, and the network's own miss at waypoints."""
    play = hierarchy(weights, preset, guidance)
    return {
        **constraint_rows(play, shots[:SHOTS_WITH_CONSTRAINTS]),
        "miss_before_cm": miss_before(weights, shots, preset, guidance),
    }


def miss_before(weights: Path, shots: Sequence[Shot], preset: str = "final", guidance: float = 2.0) -> float:
    """Return the cm by which the lower stage alone misses the waypoints, before guidance and refinement."""
    stage, roots = BodyStage("lower", weights), []
    for shot in shots:
        lower = sample_lower(stage, shot.conditioning(), SamplingSettings(1, preset, guidance, energies=()))
        roots.append(lower.root.numpy())
    return 100 * miss_of(roots, shots)
