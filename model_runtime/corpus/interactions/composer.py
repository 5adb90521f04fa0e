"""Compose scenes in which two people do something to each other, category by category, into a folder of scenes.

The same seed gives the same scenes with any number of processes; a run that was stopped goes on where it was. Each kept
scene has its texts beside it as JSON. What is refused is counted by category and reason.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...choreography.catalogue import CATEGORIES, composable, missing, shared_clips
from ...common.files import write_whole
from ...datasets.held_out import HELD_OUT_SPLIT
from ...datasets.library import load_library
from ...drawing.documents import fill_in
from ...errors import InterActError
from ..composer import SPLITS, _most_memory
from ..jobs import cores, in_order
from ..motion.clip_bank import ClipBank, short_name
from ..shards import file_sum
from ..staging import lent
from .composing import Stock, compose_interaction
from .gate import measure, reasons
from .record import scene_of

INDEX = "interactions.json"
NUMBERS = 10_000  # tries of a category and split: seeds are the category's number times this, and the try
_HOPELESS = 40  # refused one after another, which ends a category
_SAVED_EVERY = 4
BROKEN = "broken"
_MARKERS = ("<!-- interactions -->", "<!-- /interactions -->")


class InteractionsUnfit(InterActError):
    """The folder holds scenes of another origin."""


@dataclass(frozen=True)
class Tried:
    """One try: ``reason`` why it was refused or "", seconds of ``cpu``, the peak ``memory`` of its process in MB."""

    number: int
    reason: str
    seconds: float
    cpu: float
    memory: float


def compose_all(
    out_dir: Path, clips: Path, per_category: int, seed: int, split: str, names: list[str], processes: int
) -> dict[str, Any]:
    """Fill ``out_dir`` with ``per_category`` kept scenes of every category and return the record of all tries.

    Raises ``InteractionsUnfit`` if the folder holds scenes of another seed or of other clips.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    run = _Run(out_dir, {"seed": seed, "clips": file_sum(clips)}, per_category, split)
    prepared = (str(clips), split, str(out_dir))
    results = in_order(_try, _died, _prepare, prepared, run.numbers(names, seed), processes)
    try:
        for tried in results:
            run.take(tried)
    finally:
        results.close()
        run.save()
    return run.record


class _Run:
    """A run under way: what was kept and refused, and what it cost."""

    def __init__(self, out_dir: Path, origin: dict[str, Any], wanted: int, split: str) -> None:
        self.out_dir, self.wanted, self.split, path = out_dir, wanted, split, out_dir / INDEX
        self.record: dict[str, Any] = {"origin": origin, "tries": {}}
        self._unsaved = 0
        if path.is_file():
            found = json.loads(path.read_text("utf-8"))
            if found["origin"] != origin:
                raise InteractionsUnfit(
                    f"'{out_dir}' holds scenes of another seed or other clips; give another folder or remove it."
                )
            self.record = found

    def numbers(self, names: list[str], seed: int) -> Iterator[int]:
        """Yield the numbers to try, category by category, until each has enough scenes or is hopeless."""
        for name in names:
            first = seed * 1_000_000 + list(CATEGORIES).index(name) * NUMBERS + SPLITS[self.split]
            tries = self._tries(name)
            for number in range(first, first + NUMBERS):
                if self._is_done(name):
                    break
                if str(number) not in tries:
                    yield number

    def take(self, tried: Tried) -> None:
        """Record one try; what was made ahead, after the last scene that is wanted, is removed again."""
        name = category_of(tried.number)
        if self._is_done(name):
            for suffix in (".npz", ".json"):
                (self.out_dir / file_name(tried.number)).with_suffix(suffix).unlink(missing_ok=True)
            return
        self._tries(name)[str(tried.number)] = {
            "reason": tried.reason,
            "seconds": round(tried.seconds, 2),
            "cpu": round(tried.cpu, 2),
            "memory": round(tried.memory),
        }
        if tried.reason.startswith(BROKEN):
            print(f"{name} {tried.number}: {tried.reason}")
        if self._is_done(name):
            print(line_of(name, self._tries(name)), flush=True)
        self._unsaved += 1
        if self._unsaved >= _SAVED_EVERY:
            self.save()

    def _is_done(self, name: str) -> bool:
        results = [bool(t["reason"]) for t in self._tries(name).values()]
        return results.count(False) >= self.wanted or (len(results) >= _HOPELESS and all(results[-_HOPELESS:]))

    def _tries(self, name: str) -> dict[str, Any]:
        tries: dict[str, Any] = self.record["tries"].setdefault(f"{name} {self.split}", {})
        return tries

    def save(self) -> None:
        write_whole(self.out_dir / INDEX, json.dumps(self.record))
        self._unsaved = 0


def category_of(number: int) -> str:
    """Return the category of a scene by its number."""
    return list(CATEGORIES)[number % 500_000 // NUMBERS]


def table(record: dict[str, Any], scenes: Path) -> str:
    """Return a table of what was kept and refused of each category, in Markdown."""
    rows = [
        "| category | kept of tried | refused | gap, deepest, skate | CPU s a kept scene |",
        "|---|---|---|---|---|",
    ]
    for key, tries in record["tries"].items():
        kept = [number for number, t in tries.items() if not t["reason"]]
        why = Counter(t["reason"].split()[0] for t in tries.values() if t["reason"])
        cpu = sum(t["cpu"] for t in tries.values()) / max(len(kept), 1)
        texts = [(scenes / file_name(int(n))).with_suffix(".json").read_text("utf-8") for n in kept]
        figures = [json.loads(text)["figures"] for text in texts]
        worst = (
            ", ".join(f"{100 * max(f[k] for f in figures):.1f}" for k in ("gap", "deepest", "skate")) if kept else ""
        )
        refused = ", ".join(f"{name} {count}" for name, count in why.most_common())
        rows.append(f"| {key} | {len(kept)} of {len(tries)} | {refused} | {worst} | {cpu:.1f} |")
    memory = max((t["memory"] for tries in record["tries"].values() for t in tries.values()), default=0)
    rows.append(f"\nGaps and depths in cm, skate in cm/s, the worst of the kept scenes; {memory} MB a process at most.")
    return "\n".join(rows)


def line_of(name: str, tries: dict[str, Any]) -> str:
    """Return a line about one category: kept, refused by reason, seconds of a core for a kept scene, memory."""
    kept = [t for t in tries.values() if not t["reason"]]
    why = Counter(t["reason"].split()[0] for t in tries.values() if t["reason"])
    cpu = sum(t["cpu"] for t in tries.values()) / max(len(kept), 1)
    memory = max((t["memory"] for t in tries.values()), default=0)
    refused = f" ({', '.join(f'{k} {v}' for k, v in why.most_common(4))})" if why else ""
    return f"{name}: {len(kept)} of {len(tries)} kept{refused}, {cpu:.1f} CPU s a kept scene, {memory} MB"


_prepared: tuple[Stock, Path] | None = None  # of this process


def _prepare(clips: str, split: str, out_dir: str) -> None:
    global _prepared
    _prepared = stock_of(Path(clips), split), Path(out_dir)


def stock_of(clips: Path, split: str) -> Stock:
    """Return the clips of a split, and those that every split needs or that choreographies name."""
    library = load_library(clips)
    own = [clip for clip in library if clip.split == split]
    names = {*shared_clips()}
    shared = [clip for clip in library if short_name(clip.name) in names and clip.split not in (split, HELD_OUT_SPLIT)]
    usable = own + lent(library, split) + shared
    return Stock(ClipBank(usable), usable, split)


def _try(number: int) -> Tried:
    """Compose one interaction, and write it if it is good; an exception is a reason to refuse it."""
    assert _prepared is not None
    stock, out_dir = _prepared
    began, seconds = time.process_time(), 0.0
    try:
        made = compose_interaction(category_of(number), number, stock)
        figures, motions = measure(made)
        reason = next(reasons(made, figures, motions), "")
        if not reason:
            scene = scene_of(made, figures, number, stock.split)
            seconds = scene.duration
            path = out_dir / file_name(number)
            scene.save(path)
            write_whole(path.with_suffix(".json"), json.dumps(scene.interaction, indent=1))
    except (ValueError, IndexError, KeyError, AssertionError, ArithmeticError) as error:
        reason = f"{BROKEN}: {type(error).__name__} {error}"
    return Tried(number, reason, seconds, time.process_time() - began, _most_memory())


def _died(number: int) -> Tried:
    return Tried(number, f"{BROKEN}: its process died, twice (out of memory?)", 0.0, 0.0, 0.0)


def file_name(number: int) -> str:
    return f"scene_{number:07d}.npz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"), help="library of clips")
    parser.add_argument("--out", type=Path, default=Path("corpus/interactions"), help="folder for the scenes")
    parser.add_argument("--each", type=int, default=60, metavar="N", help="kept scenes of each category")
    parser.add_argument("--only", nargs="+", metavar="CATEGORY", choices=composable(), help="these categories")
    parser.add_argument("--split", choices=tuple(SPLITS), default="train", help="whose variants, clips and wordings")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=0, help="how many at once; as many as cores when 0")
    parser.add_argument("--look", type=int, default=0, metavar="N", help="draw sheets of N scenes of each category")
    parser.add_argument("--overview", type=Path, metavar="FILE", help="draw one scene of each category in a picture")
    parser.add_argument(
        "--blind", type=Path, metavar="FILE", help="draw strips without words in mixed order, and a key"
    )
    parser.add_argument("--docs", type=Path, help="folder of the pages: write the figures into interactions.md")
    parser.add_argument("--list", action="store_true", help="name the categories that are composed, and those missing")


def run(options: argparse.Namespace) -> None:
    if options.list:
        print(f"composed ({len(composable())}): {', '.join(composable())}")
        print(f"missing ({len(missing())}): {', '.join(missing())}")
        return
    names = options.only or composable()
    began = time.monotonic()
    record = compose_all(
        options.out, options.clips, options.each, options.seed, options.split, names, options.processes or cores()
    )
    kept = [t for tries in record["tries"].values() for t in tries.values() if not t["reason"]]
    cpu = sum(t["cpu"] for tries in record["tries"].values() for t in tries.values())
    print(
        f"{len(kept)} scenes, {sum(t['seconds'] for t in kept) / 60.0:.1f} min, {cpu / max(len(kept), 1):.1f} CPU s a "
        f"kept scene, {time.monotonic() - began:.0f} s"
    )
    if options.docs:
        fill_in(options.docs / "interactions.md", _MARKERS, table(record, options.out))
    if options.overview:
        from .look import draw_overview

        print(draw_overview(options.out, options.overview))
    if options.blind:
        from .look import draw_blind

        print(draw_blind(options.out, options.blind, options.seed))
    if options.look:
        from .look import draw_sheets

        for path in draw_sheets(options.out, options.look):
            print(path)
    sys.stdout.flush()
