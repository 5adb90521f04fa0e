"""Compose two-person scenes with perfect labels: the corpus that the shipped networks are trained on.

The same seed gives the same scenes, with any number of processes. Needs numpy and scipy; ``--look`` needs Pillow, and
ffmpeg for the films.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import write_whole
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
MADE, REJECTED = "made", "rejected"  # folders: scenes that are not yet recorded; refused scenes kept for a look
_HOPELESS = 60  # scenes refused in a row that end the run
_SAVED_EVERY = 20  # scenes between two saves of the index


class ComposingFailed(InterActError):
    """Nearly every scene is refused, so the run cannot go on."""


@dataclass(frozen=True)
class Composed:
    """The result of scene ``number``.

    ``duration`` and ``kept`` in seconds; ``reason`` of refusal or ""; ``shortened``: the first fault of a scene that is
    kept in part, or ""; ``cpu`` in seconds; ``memory``: the peak of its process in MB.
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
    """Fill ``out_dir`` with scenes ``scene_<number>.npz`` of ``hours`` in all and return the summary (also written to
    ``summary.json``).

    Numbers are the scenes' seeds: ``seed`` times a million onwards, and half a million later for the test split.
    ``index.json`` records which scenes are kept and which are refused; an interrupted run continues from it. Up to
    ``rejected`` refused scenes are kept in ``rejected/`` for a look. Raises ``ScenesUnfit`` if the folder holds scenes
    of another seed, code or material, and ``ComposingFailed`` if hardly any scene is good.
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
    result["run"] = run.figures()
    write_whole(out_dir / "summary.json", json.dumps(result, indent=1))
    return result


def _origin(seed: int, clips: Path, speech: Path) -> Origin:
    """Return the origin of the scenes that this run makes."""
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
    """Return the folder's record, or ``index`` if there are no scenes; removes what an interrupted run left unfinished.

    Raises ``ScenesUnfit`` if the record is of another origin.
    """
    for partial in [*out_dir.glob("*.part.*"), *(out_dir / MADE).glob("*")]:
        partial.unlink()
    scenes = sorted(out_dir.glob("scene_*.npz"))
    if not scenes and not (out_dir / INDEX).is_file():
        return index
    found = read_index(out_dir)
    if unlike := differences(found.origin, index.origin):
        raise ScenesUnfit(
            f"'{out_dir}' holds scenes that differ in {', '.join(unlike)}; give another folder or remove it (--fresh)."
        )
    for path in scenes:  # moved here just before the interruption, not recorded yet
        if path.name not in found.scenes:
            path.unlink()
    print(f"{len(found.scenes)} scenes are there and fit; going on from them")
    return found


class _Run:
    """A run under way: the record and the costs."""

    def __init__(self, index: Index, out_dir: Path, rejected: int) -> None:
        self.index, self.out_dir, self._rejected = index, out_dir, rejected
        self.cpu = self.kept = self.composed = self.memory = 0.0
        self._began = time.monotonic()
        self._shown = -60.0
        self._in_a_row = self._unsaved = 0

    def known(self, number: int) -> bool:
        return _file_name(number) in self.index.scenes or str(number) in self.index.refused

    def take(self, split: str, scene: Composed) -> None:
        """Record one result and move its file to its place."""
        self.cpu += scene.cpu
        self.kept += scene.kept
        self.composed += scene.duration
        self.memory = max(self.memory, scene.memory)
        if scene.reason:
            self._refuse(scene)
        else:
            self._keep(split, scene)
        self._unsaved += 1
        if self._unsaved >= _SAVED_EVERY:
            self.index.save(self.out_dir)
            self._unsaved = 0

    def _keep(self, split: str, scene: Composed) -> None:
        name = _file_name(scene.number)
        os.replace(self.out_dir / MADE / name, self.out_dir / name)
        self.index.scenes[name] = (split, round(scene.kept, 3))
        if scene.shortened:
            self.index.shortened[str(scene.number)] = scene.shortened
        self._in_a_row = 0

    def _refuse(self, scene: Composed) -> None:
        made = self.out_dir / MADE / _file_name(scene.number)
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

    def _keep_rejected(self, made: Path) -> None:
        folder = self.out_dir / REJECTED
        if len(list(folder.glob("scene_*.npz"))) < self._rejected:
            folder.mkdir(exist_ok=True)
            os.replace(made, folder / made.name)
        else:
            made.unlink()

    def figures(self) -> dict[str, Any]:
        """Return the amounts and costs of this run alone, without scenes from an earlier one."""
        return {
            "minutes_kept": round(self.kept / 60.0, 2),
            "minutes_composed": round(self.composed / 60.0, 2),
            "seconds": round(time.monotonic() - self._began, 1),
            "cpu_seconds": round(self.cpu, 1),
            "times_real_time_per_core": round(self.kept / self.cpu, 1) if self.cpu else None,
            "most_memory_of_a_process_mb": round(self.memory),
        }

    def show(self, split: str, wanted: float) -> None:
        """Print the progress: on a terminal one line that changes, into a file a line every half minute."""
        speed = f", {self.kept / self.cpu:.1f} x real time per core" if self.cpu else ""
        refused = Counter(reason.split()[0] for reason in self.index.refused.values())
        why = f" ({', '.join(f'{name} {count}' for name, count in refused.most_common(3))})" if refused else ""
        line = (
            f"{split}: {self.index.minutes(split):.1f} of {wanted:.1f} min, {len(self.index.shortened)} shortened, "
            f"{len(self.index.refused)} refused{why}{speed}, {self.memory:.0f} MB a process"
        )
        if sys.stdout.isatty():
            print(f"\r{line}", end="", flush=True)
        elif time.monotonic() - self._shown > 30.0:
            self._shown = time.monotonic()
            print(line, flush=True)


def _compose_split(run: _Run, split: str, wanted: float, first: int, clips: Path, speech: Path, processes: int) -> None:
    """Compose scene after scene of a split until ``wanted`` minutes are kept."""
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


_prepared: tuple[Material, Path] | None = None  # of this process


def _prepare(clips: str, speech: str, split: str, made: str) -> None:
    global _prepared
    _prepared = gather(load_library(clips), load_speech_library(speech, sound=False), split), Path(made)


def _compose(number: int) -> Composed:
    """Compose one scene, good or not, into the folder of made scenes; an exception makes it a refused scene."""
    assert _prepared is not None
    material, made = _prepared
    began, duration, kept, shortened = time.process_time(), 0.0, 0.0, ""
    try:
        scene = compose_scene(number, material)
        duration = scene.duration
        part, why = good_part(scene)
        (part or scene).save(made / _file_name(number))
        kept, reason, shortened = (0.0, why, "") if part is None else (part.duration, "", why)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = (
            f"broken: {type(error).__name__} {str(error).strip() or 'without a message'} "
            f"({Path(where.filename).name}:{where.lineno})"
        )
    return Composed(number, duration, kept, reason, shortened, time.process_time() - began, _most_memory())


def _died(number: int) -> Composed:
    return Composed(number, 0.0, 0.0, "broken: its process died, twice (out of memory?)")


def _most_memory() -> float:
    """Return the peak memory of this process in MB, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _file_name(number: int) -> str:
    return f"scene_{number:07d}.npz"


def look(out_dir: Path, count: int, speech: Path) -> list[Path]:
    """Make contact sheets and short films with sound of ``count`` scenes spread over ``out_dir`` and of up to ``count``
    rejected ones, in ``look/``, and return their paths.
    """
    from ..drawing.contact_sheets import FilmNeedsFfmpeg, scene_film, scene_sheet

    files = sorted(out_dir.glob("scene_*.npz"))
    chosen = files[:: max(1, len(files) // max(count, 1))][:count]
    chosen += sorted((out_dir / REJECTED).glob("scene_*.npz"))[:count]
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hours",
        type=_hours,
        default=1.0,
        help="hours of scenes, a twelfth of them with the voices held out for tests",
    )
    parser.add_argument("--seed", type=_seed, default=1)
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


def _hours(text: str) -> float:
    hours = float(text)
    if not hours > 0.0:
        raise argparse.ArgumentTypeError("must be above 0")
    return hours


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise argparse.ArgumentTypeError("must not be below 0")
    return seed


def run(options: argparse.Namespace) -> None:
    if options.fresh:
        for path in [*options.out.glob("scene_*.npz"), options.out / INDEX]:
            path.unlink(missing_ok=True)
        shutil.rmtree(options.out / REJECTED, ignore_errors=True)
    result = compose(
        options.hours, options.seed, options.out, options.clips, options.speech, options.processes, options.look
    )
    print(json.dumps(result, indent=1))
    for path in look(options.out, options.look, options.speech) if options.look else []:
        print(path)
