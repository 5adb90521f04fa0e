"""Composes two-actor scenes with perfect labels: the corpus the shipped networks learn from.

``python -m model_runtime.corpus.composer --hours 1 --seed 1`` fills ``corpus/scenes``; the same seed gives the same
scenes, however many processes make them. It needs numpy and scipy; ``--look`` needs Pillow, and ffmpeg for the films.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..datasets.library import load_library
from ..datasets.scene import Scene, SceneUnreadable
from ..errors import InterActError
from .excerpt import good_part
from .jobs import cores, in_order
from .shards import INDEX, Index, Origin, ScenesUnfit, code_sum, differences, file_sum, read_index
from .staging import Material, compose_scene, gather
from .summary import summary
from .voices.speech_library import load_speech_library

SPLITS = {"train": 0, "test": 500_000}  # first number of a split's scenes, on top of the seed's
TEST_SHARE = 1.0 / 12.0  # half an hour of six
MADE, REJECTED = "made", "rejected"  # folders: of scenes whose turn has not come; of those kept for a look
_HOPELESS = 60  # scenes refused one after another
_SAVED_EVERY = 20  # scenes between two saves of the index


class ComposingFailed(InterActError):
    """The run cannot go on: nearly everything is refused."""


@dataclass(frozen=True)
class Composed:
    """What became of scene ``number``: ``duration`` s of it and how many were ``kept``, ``reason`` of refusal or "",
    what was wrong with the rest of one that was ``shortened`` to its good part, processor seconds, most memory of its
    process (MB).
    """

    number: int
    duration: float
    kept: float
    reason: str
    shortened: str = ""
    cpu: float = 0.0
    memory: float = 0.0


def compose(
    hours: float,
    seed: int,
    out_dir: Path,
    clips: Path,
    speech: Path,
    processes: int | None = None,
    rejected: int = 0,
    test_share: float = TEST_SHARE,
) -> dict[str, Any]:
    """Fill ``out_dir`` with scenes ``scene_<number>.npz`` of ``hours`` in all and return the summary (also
    ``summary.json``).

    Numbers are the scenes' seeds: ``seed`` times a million onwards, those of the test split from half a million on.
    What is kept and what was refused stands in ``index.json``; an interrupted run goes on from there. ``rejected``
    refused scenes are kept in ``rejected/`` for a look. Raises ``ScenesUnfit`` where the folder holds scenes of another
    seed, code or material, and ``ComposingFailed`` where hardly any scene is good.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    index = _continued(Index(_origin(seed, clips, speech)), out_dir)
    processes = processes or cores()
    run = _Run(index, out_dir, rejected)
    for split, first in SPLITS.items():
        share = test_share if split == "test" else 1.0 - test_share
        _compose_split(run, split, hours * share * 60.0, seed * 1_000_000 + first, clips, speech, processes)
    shutil.rmtree(out_dir / MADE, ignore_errors=True)
    index.save(out_dir)
    result = summary((Scene.load(out_dir / name) for name in index.scenes), list(index.refused.values()))
    partial = out_dir / "summary.json.part"
    partial.write_text(json.dumps({**result, "run": run.figures()}, indent=1), encoding="utf-8")
    os.replace(partial, out_dir / "summary.json")
    return {**result, "run": run.figures()}


def _origin(seed: int, clips: Path, speech: Path) -> Origin:
    """What this run would make scenes from."""
    motion, utterances = load_library(clips), load_speech_library(speech, sound=False)
    names, voices = {}, {}
    for split in SPLITS:
        material = gather(motion, utterances, split)
        names[split] = sorted(clip.name for clip in material.clips)
        voices[split] = sorted(material.voices)
        if not voices[split]:
            raise ScenesUnfit(f"'{speech}' has no voice of the split '{split}'; build the speech library again.")
    return Origin(seed, code_sum(), file_sum(clips), file_sum(speech), names, voices)


def _continued(index: Index, out_dir: Path) -> Index:
    """The folder's record where it is of the same origin; a new one where there are no scenes. What an interrupted run
    left half is removed.
    """
    for partial in [*out_dir.glob("*.part"), *(out_dir / MADE).glob("*")]:
        partial.unlink()
    scenes = sorted(out_dir.glob("scene_*.npz"))
    if not scenes and not (out_dir / INDEX).is_file():
        return index
    found = read_index(out_dir)
    if unlike := differences(found.origin, index.origin):
        raise ScenesUnfit(
            f"'{out_dir}' holds scenes that differ in {', '.join(unlike)}; give another folder or remove it (--fresh)."
        )
    for path in scenes:  # of the last moments before an interruption: not in the record yet
        if path.name not in found.scenes:
            path.unlink()
    print(f"{len(found.scenes)} scenes are there and fit; going on from them")
    return found


class _Run:
    """A run under way: the record, and what it costs."""

    def __init__(self, index: Index, out_dir: Path, rejected: int) -> None:
        self.index, self.out_dir, self._rejected = index, out_dir, rejected
        self.cpu = self.kept = self.composed = self.memory = 0.0
        self._began = time.monotonic()
        self._shown = -60.0
        self._in_a_row = self._unsaved = 0

    def known(self, number: int) -> bool:
        return _file_name(number) in self.index.scenes or str(number) in self.index.refused

    def take(self, split: str, scene: Composed) -> None:
        """Keep or refuse one result; the file moves to its place."""
        self.cpu += scene.cpu
        self.kept += scene.kept
        self.composed += scene.duration
        self.memory = max(self.memory, scene.memory)
        made = self.out_dir / MADE / _file_name(scene.number)
        if scene.reason:
            self.index.refused[str(scene.number)] = scene.reason
            self._in_a_row += 1
            if scene.reason.startswith("broken"):
                print(f"\nscene {scene.number} {scene.reason}")
            if made.is_file():
                self._keep_rejected(made)
            if self._in_a_row >= _HOPELESS:
                self.index.save(self.out_dir)
                counted = Counter(reason.split()[0] for reason in list(self.index.refused.values())[-_HOPELESS:])
                raise ComposingFailed(
                    f"{_HOPELESS} scenes were refused one after another ({dict(counted)}); the last: {scene.reason}."
                )
        else:
            os.replace(made, self.out_dir / _file_name(scene.number))
            self.index.scenes[_file_name(scene.number)] = (split, round(scene.kept, 3))
            if scene.shortened:
                self.index.shortened[str(scene.number)] = scene.shortened
            self._in_a_row = 0
        self._unsaved += 1
        if self._unsaved >= _SAVED_EVERY:
            self.index.save(self.out_dir)
            self._unsaved = 0

    def _keep_rejected(self, made: Path) -> None:
        folder = self.out_dir / REJECTED
        if len(list(folder.glob("scene_*.npz"))) < self._rejected:
            folder.mkdir(exist_ok=True)
            os.replace(made, folder / made.name)
        else:
            made.unlink()

    def figures(self) -> dict[str, Any]:
        """What this run itself did; scenes kept from before do not count."""
        return {
            "minutes_kept": round(self.kept / 60.0, 2),
            "minutes_composed": round(self.composed / 60.0, 2),
            "seconds": round(time.monotonic() - self._began, 1),
            "cpu_seconds": round(self.cpu, 1),
            "times_real_time_per_core": round(self.kept / self.cpu, 1) if self.cpu else None,
            "most_memory_of_a_process_mb": round(self.memory),
        }

    def show(self, split: str, wanted: float) -> None:
        """Where the run is: on a terminal a line that changes, into a file a line every half minute."""
        speed = f", {self.kept / self.cpu:.1f} x real time per core" if self.cpu else ""
        refused = Counter(reason.split()[0] for reason in self.index.refused.values())
        why = f" ({', '.join(f'{name} {count}' for name, count in refused.most_common(3))})" if refused else ""
        line = f"{split}: {self.index.minutes(split):.1f} of {wanted:.1f} min, {len(self.index.shortened)} shortened, {len(self.index.refused)} refused{why}{speed}, {self.memory:.0f} MB a process"
        if sys.stdout.isatty():
            print(f"\r{line}", end="", flush=True)
        elif time.monotonic() - self._shown > 30.0:
            self._shown = time.monotonic()
            print(line, flush=True)


def _compose_split(run: _Run, split: str, wanted: float, first: int, clips: Path, speech: Path, processes: int) -> None:
    """Scene after scene of a split until ``wanted`` minutes are there."""
    if run.index.minutes(split) >= wanted:
        return
    (run.out_dir / MADE).mkdir(exist_ok=True)
    numbers = (number for number in range(first, first + 499_999) if not run.known(number))
    prepared = (str(clips), str(speech), split, str(run.out_dir / MADE))
    results = in_order(_compose, _died, _prepare, prepared, numbers, processes)
    try:
        for scene in results:
            run.take(split, scene)
            run.show(split, wanted)
            if run.index.minutes(split) >= wanted:
                break
    finally:
        results.close()
        run.index.save(run.out_dir)
    print()


_at_hand: tuple[Material, Path] | None = None  # of this process


def _prepare(clips: str, speech: str, split: str, made: str) -> None:
    global _at_hand
    _at_hand = gather(load_library(clips), load_speech_library(speech, sound=False), split), Path(made)


def _compose(number: int) -> Composed:
    """Compose one scene, good or not, into the folder of made scenes; one that raises is refused by name."""
    assert _at_hand is not None
    material, made = _at_hand
    began, duration, kept, shortened = time.process_time(), 0.0, 0.0, ""
    try:
        scene = compose_scene(number, material)
        duration = scene.duration
        part, why = good_part(scene)
        (part or scene).save(made / _file_name(number))
        kept, reason, shortened = (0.0, why, "") if part is None else (part.duration, "", why)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"broken: {type(error).__name__} {str(error).strip() or 'without a word'} ({Path(where.filename).name}:{where.lineno})"
    return Composed(number, duration, kept, reason, shortened, time.process_time() - began, _most_memory())


def _died(number: int) -> Composed:
    return Composed(number, 0.0, 0.0, "broken: its process died, twice (out of memory?)")


def _most_memory() -> float:
    """The most memory this process ever had, MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _file_name(number: int) -> str:
    return f"scene_{number:07d}.npz"


def look(out_dir: Path, count: int, speech: Path) -> list[Path]:
    """Contact sheets and short films with sound of ``count`` scenes spread over ``out_dir``, and of the rejected ones,
    in ``look/``.
    """
    from ..drawing.contact_sheets import FilmNeedsFfmpeg, scene_film, scene_sheet

    files = sorted(out_dir.glob("scene_*.npz"))
    chosen = (
        files[:: max(1, len(files) // max(count, 1))][:count] + sorted((out_dir / REJECTED).glob("scene_*.npz"))[:count]
    )
    made, utterances = [], {u.id: u for u in load_speech_library(speech)}
    (out_dir / "look").mkdir(exist_ok=True)
    for path in chosen:
        name = f"rejected_{path.stem}" if path.parent.name == REJECTED else path.stem
        try:
            scene = Scene.load(path)
            made.append(scene_sheet(scene, out_dir / "look" / f"{name}.png"))
            made.append(scene_film(scene, utterances, out_dir / "look" / f"{name}.mp4", seconds=30.0))
        except (FilmNeedsFfmpeg, SceneUnreadable) as error:
            print(error)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.corpus.composer", description="Compose two-actor scenes to train on."
    )
    parser.add_argument(
        "--hours", type=float, default=1.0, help="hours of scenes, a twelfth of them with the voices held out for tests"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"))
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--out", type=Path, default=Path("corpus/scenes"))
    parser.add_argument("--processes", type=int, default=None, help="all cores unless given")
    parser.add_argument(
        "--look",
        type=int,
        default=0,
        metavar="N",
        help="also contact sheets and films of N scenes and of up to N rejected ones",
    )
    parser.add_argument("--fresh", action="store_true", help="remove the scenes in the folder first")
    given = parser.parse_args(arguments)
    if given.hours <= 0.0 or given.seed < 0:
        parser.error("--hours must be above 0 and --seed not below it")
    if given.fresh:
        for path in [*given.out.glob("scene_*.npz"), given.out / INDEX]:
            path.unlink(missing_ok=True)
        shutil.rmtree(given.out / REJECTED, ignore_errors=True)
    try:
        print(
            json.dumps(
                compose(given.hours, given.seed, given.out, given.clips, given.speech, given.processes, given.look),
                indent=1,
            )
        )
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for path in look(given.out, given.look, given.speech) if given.look else []:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
