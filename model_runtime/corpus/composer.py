"""Composes two-actor scenes with perfect labels: the corpus the shipped networks learn from.

``python -m model_runtime.corpus.composer --hours 1 --seed 1`` fills ``corpus/scenes``; the same seed gives the same scenes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import ACTION_LABELS, FPS
from ..skeleton import Skeleton
from .filter import fault, summary
from .library import load_library
from .scene import Scene
from .speech_library import load_speech_library
from .staging import Material, compose_scene, gather


def compose(
    hours: float, seed: int, out_dir: Path, clips: Path, speech: Path, processes: int = 1, test_share: float = 0.04
) -> dict[str, Any]:
    """Fill ``out_dir`` with scenes ``scene_<number>.npz`` of ``hours`` in all and return the summary (also ``summary.json``).

    Scenes that are there already are kept and counted, so an interrupted run goes on where it stopped. Numbers are the
    scenes' seeds: ``seed`` times a million onwards, those of the test split from half a million on.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    refused: list[str] = []
    for split, share, first in (("train", 1.0 - test_share, 0), ("test", test_share, 500_000)):
        wanted, done = hours * share * 3600.0, 0.0
        numbers = iter(range(seed * 1_000_000 + first, seed * 1_000_000 + first + 499_999))
        if wanted <= 0.0:
            continue
        jobs = (str(clips), str(speech), split, str(out_dir))
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_prepare, initargs=jobs) as pool:
            for number, duration, scene, reason in _until(pool, numbers, processes):
                # Saved here and in order, so that the same call leaves the same files however many processes there are.
                if scene is not None:
                    scene.save(out_dir / _file_name(number))
                refused += [reason] if reason else []
                done += duration
                print(f"\r{split}: {done / 60:.1f} of {wanted / 60:.1f} min, {len(refused)} refused", end="", flush=True)
                if done >= wanted:
                    pool.shutdown(cancel_futures=True)
                    break
        print()
    result = summary([Scene.load(path) for path in sorted(out_dir.glob("scene_*.npz"))], refused)
    (out_dir / "summary.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result


Composed = tuple[int, float, Scene | None, str]
"""Number; seconds of good scene; the scene, None where it is on disk already or was refused; why it was refused."""


def _until(pool: ProcessPoolExecutor, numbers: Iterator[int], processes: int) -> Iterator[Composed]:
    """Results of scene after scene in order, a few always under way."""
    waiting = [pool.submit(_compose, next(numbers)) for _ in range(2 * processes)]
    while waiting:
        yield waiting.pop(0).result()
        waiting.append(pool.submit(_compose, next(numbers)))


_at_hand: tuple[Material, Path] | None = None  # of this process


def _prepare(clips: str, speech: str, split: str, out_dir: str) -> None:
    global _at_hand
    _at_hand = gather(load_library(clips), load_speech_library(speech, sound=False), split), Path(out_dir)


def _compose(number: int) -> Composed:
    assert _at_hand is not None
    material, out_dir = _at_hand
    path = out_dir / _file_name(number)
    if path.is_file():
        return number, Scene.load(path).duration, None, ""
    scene = compose_scene(number, material)
    reason = fault(scene)
    return (number, scene.duration, scene, "") if reason is None else (number, 0.0, None, reason)


def _file_name(number: int) -> str:
    return f"scene_{number:07d}.npz"


def look(out_dir: Path, count: int) -> list[Path]:
    """Contact sheets of ``count`` scenes spread over ``out_dir``, beside them in ``look/``."""
    from ..evaluation.look import contact_sheet

    files = sorted(out_dir.glob("scene_*.npz"))
    sheets = []
    for path in files[:: max(1, len(files) // max(count, 1))][:count]:
        scene = Scene.load(path)
        times = np.arange(0.0, scene.duration, max(0.5, scene.duration / 48))[:48]
        names = [name[:2] for name in ACTION_LABELS]
        captions = [" ".join(names[scene.labels[a, int(t * FPS)]] + ("*" if scene.prosody[a, int(t * FPS), 0] > 0.5 else "") for a in (0, 1)) for t in times]
        bodies = [(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in (0, 1)]
        sheet = out_dir / "look" / f"{path.stem}.png"
        faces = [np.asarray(scene.face[a], np.float32) for a in (0, 1)]
        sheets.append(contact_sheet(bodies, sheet, list(times), faces=faces, captions=captions, columns=8, cell=(260, 260), title=path.stem))
    return sheets


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.corpus.composer", description="Compose two-actor scenes to train on.")
    parser.add_argument("--hours", type=float, default=1.0, help="hours of scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"))
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--out", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--look", type=int, default=0, metavar="N", help="also draw contact sheets of N scenes")
    given = parser.parse_args(arguments)
    print(json.dumps(compose(given.hours, given.seed, given.out, given.clips, given.speech, given.processes), indent=1))
    for path in look(given.out, given.look) if given.look else []:
        print(path)


if __name__ == "__main__":
    main()
