"""Small scenes of two people that are easy to tell apart: one waves, bows to or walks up to the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from model_runtime.__main__ import main
from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.common.headings import facing
from model_runtime.contract import ActorPerformance, Performance
from model_runtime.corpus.interactions.texts import write_texts
from model_runtime.datasets.scene import Scene
from model_runtime.recognition.pair_features import Pair

KINDS = ("wave", "bend", "walk towards")
FRAMES = 60
_BEGIN, _END = 15, 45  # frames of what happens


def sample_scene(kind: str, seed: int, split: str = "train", frames: int = FRAMES) -> Scene:
    """Return a scene of which the first one acts; the other nods a little later, wherever in the world they are."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    share = np.clip((np.arange(frames) - _BEGIN) / (_END - _BEGIN), 0, 1)
    bump = np.sin(np.pi * share) * rng.uniform(0.7, 1.3)
    turns = np.zeros((2, frames, 52, 3), np.float32)
    turns[:, :, INDEX["left_shoulder"], 1], turns[:, :, INDEX["right_shoulder"], 1] = 1.3, -1.3  # arms down
    turns[1, :, INDEX["head"], 0] = 0.3 * np.roll(bump, 6)
    walked = np.zeros(frames)
    if kind == "wave":
        turns[0, :, INDEX["right_shoulder"], 1] += 2.2 * bump
        turns[0, :, INDEX["right_elbow"], 1] = 0.6 * bump * np.sin(np.arange(frames) * 0.9)
    elif kind == "bend":
        turns[0, :, INDEX["spine1"], 0] = 0.9 * bump
    else:
        walked = 1.2 * share
    distance, heading = rng.uniform(1.2, 2.0), rng.uniform(-np.pi, np.pi)
    ahead = facing(heading)
    roots = np.zeros((2, frames, 3), np.float32)
    roots[..., :2] = rng.uniform(-5, 5, 2)
    roots[..., 2] = AVERAGE_SKELETON.pelvis_height
    roots[0, :, :2] += np.outer(walked - distance - walked[-1], ahead)
    rotations = rot.from_axis_angle(turns)
    for actor, turn in enumerate((heading, heading + np.pi)):
        about = np.broadcast_to(rot.about_z(np.array(turn, np.float32)), (frames, 4))
        rotations[actor, :, 0] = rot.multiply(about, rotations[actor, :, 0])
    facts = {
        "category": kind, "variant": f"made {seed % 2}", "reaction": "nods", "roles": ["actor", "reactor"],
        "hand": "right", "turned": 0.0, "bearing": 0.0, "walks": kind == "walk towards", "steps": False,
        "meets": False, "heights": [1.7, 1.7], "contact": _BEGIN / 30, "end": _END / 30, "touches": [], "signs": [],
        "acts": [], "reacts": [], "count": 0, "after": "stays",
    }  # fmt: skip
    facts["texts"] = write_texts(facts, split, seed)
    nothing = np.zeros((2, frames, 0), np.float16)
    return Scene(
        seed,
        split,
        np.stack([AVERAGE_SKELETON.offsets] * 2),
        roots,
        rotations,
        np.full((2, frames), 2, np.uint8),
        np.ones((2, frames, 4), bool),
        nothing,
        np.zeros((2, frames, 52), np.float16),
        np.zeros(2, np.float32),
        ([], []),
        ([], []),
        relationship="co-workers" if kind == "bend" else "neighbours",
        kind=kind,
        interaction=facts,
    )


def save_samples(folder: Path, each: int, held_out: int = 0) -> Path:
    """Write ``each`` scenes of every kind, and ``held_out`` ones of the test split, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, kind in enumerate(KINDS):
        for number in range(each + held_out):
            scene = sample_scene(kind, number, "train" if number < each else "test")
            scene.save(folder / f"scene_{k:02d}{number:04d}.npz")
    return folder


def performed(scene: Scene, names: tuple[str, ...] = ("Mia", "Tom")) -> Performance:
    """Return the motion of a scene as a performance of the actors named."""
    empty = np.zeros((scene.frames, 52), np.float32)
    return Performance(
        tuple(
            ActorPerformance(name, scene.root_positions[a], scene.rotations[a], empty, empty[:, :4])
            for a, name in enumerate(names)
        )
    )


def exchanged(pair: Pair) -> Pair:
    """Return the pair with the second one named first."""
    return replace(
        pair,
        root_positions=pair.root_positions[::-1],
        rotations=pair.rotations[::-1],
        skeletons=pair.skeletons[::-1],
        names=pair.names[::-1],
    )


def train(scenes: Path, weights: Path, state: Path, *further: str) -> int:
    """Train a tiny evaluator on a folder of scenes and return the exit code."""
    sizes = ("--config", "tiny", "--device", "cpu", "--batch", "24", "--rate", "3e-3", "--max-steps", "120")
    paths = ("--scenes", str(scenes), "--out", str(weights), "--state", str(state))
    return main(["train", "evaluator", *paths, *sizes, "--seed", "3", *further])
