"""Composed scenes row by row beside captured clips, with their targets.

python -m model_runtime evaluate corpus --scenes DIR [--split test] [--docs docs]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.arrays import Array
from ..common.files import write_whole
from ..contract import ACTION_LABELS, FPS
from ..corpus.summary import scenes_in
from ..corpus.voices.speech_library import load_speech_library
from ..datasets.library import load_library
from ..drawing.documents import REPORT, fill_in
from ..errors import InterActError
from ..metrics.joint_limits import JOINTS_WATCHED
from ..metrics.scene_measures import CONTENTS, PARTS
from ..metrics.targets import NO_TARGET, TARGETS, Target
from . import real_motion_rows, talk_rows
from .corpus_tally import Motion, SceneTally, rounded, tally_clips, tally_scenes
from .options import add_shared_options
from .real_motion_rows import captured_statistics

TALK_BEHAVIOUR = ("<!-- talk behaviour -->", "<!-- /talk behaviour -->")
REAL_MOTION = ("<!-- real motion -->", "<!-- /real motion -->")
Clips = tuple[Motion, dict[str, float]]  # motion of captured clips, nods a minute by tag
_LIMITED = ("elbow", "knee", "neck")  # joints whose limits are targets


class NoScenes(InterActError):
    """There is no composed scene to measure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"), help="the captured clips")
    parser.add_argument("--split", choices=("train", "test"), help="measure scenes of one split only")
    parser.add_argument("--minutes", type=float, default=30.0, help="of scenes to measure at most")
    add_shared_options(parser, "scenes", "speech", "json", "docs")


def run(options: argparse.Namespace) -> None:
    utterances = {u.id: u for u in load_speech_library(options.speech)} if options.speech.is_file() else None
    scenes = (scene for scene in scenes_in(options.scenes) if options.split in (None, scene.split))
    tally = tally_scenes(scenes, utterances, options.minutes)
    if not tally.scenes:
        raise NoScenes(f"There is no scene_*.npz in '{options.scenes}'; compose some first.")
    library = load_library(options.clips) if options.clips.is_file() else None
    clips = tally_clips(library) if library is not None else None
    held_out = captured_statistics(library) if library is not None else None
    behaviour = talk_rows.captured_behaviour(library) if library is not None else None
    rows = rows_of(tally, clips)
    print(table(rows))
    print("\n" + real_motion_rows.table(tally.real, held_out))
    print("\n" + talk_rows.table(tally.behaviour, behaviour))
    if clips is not None:
        print("\n" + contents_table(tally, clips[0]))
    if options.docs:
        fill_in(options.docs / "corpus.md", REPORT, markdown(rows))
        fill_in(options.docs / "corpus.md", REAL_MOTION, real_motion_rows.markdown(tally.real, held_out))
        fill_in(options.docs / "corpus.md", TALK_BEHAVIOUR, talk_rows.markdown(tally.behaviour, behaviour))
    if options.json:
        real = {name: rounded(value) for name, value in tally.real.figures().items()}
        talk = {name: rounded(value) for name, value in tally.behaviour.figures().items()}
        figures = {
            "rows": {row.name: row.figures for row in rows},
            "real_motion": real,
            "talk": talk,
            "scenes": tally.each,
        }
        write_whole(options.json, json.dumps(figures, indent=1))


@dataclass(frozen=True)
class Row:
    """One line of the report: the figure of the scenes, of captured clips (None where they have none), the target."""

    name: str
    value: float
    captured: float | None = None
    target: Target = NO_TARGET
    note: str = ""

    @property
    def good(self) -> bool | None:
        """Return whether the target is reached; None where there is none."""
        return self.target.reached(self.value) if self.target.bounds else None

    @property
    def figures(self) -> dict[str, object]:
        """Return the row as JSON can hold it."""
        return {
            "value": rounded(self.value),
            "captured": None if self.captured is None else rounded(self.captured),
            "wanted": (self.target.least, self.target.most),
            "good": self.good,
            "note": self.note,
        }


def rows_of(tally: SceneTally, clips: Clips | None) -> list[Row]:
    """Return the report, line by line."""
    captured, nodding = clips if clips is not None else (None, {})
    return [
        _target_row("corpus_minutes", tally.seconds / 60, note=f"{tally.scenes} scenes"),
        _target_row("corpus_held_out", tally.held_out / max(tally.seconds, 1e-9)),
        *_jerk_rows(tally.motion, captured),
        *_body_rows(tally, captured),
        *_stroke_rows(tally),
        *_label_and_lip_rows(tally),
        *_listener_rows(tally, nodding),
        *_variety_rows(tally.motion, captured),
    ]


def _target_row(key: str, value: float, captured: float | None = None, note: str = "", name: str = "") -> Row:
    target = TARGETS[key]
    return Row(name or target.label, value, captured, target, note)


def _mean_of(captured: Motion | None, track: str, weights: Array) -> float | None:
    return None if captured is None else captured.mean(track, weights)


def _jerk_rows(motion: Motion, captured: Motion | None) -> Iterator[Row]:
    weights = motion.frames
    for kind, target in (("jerk", TARGETS["corpus_jerk_ratio"]), ("third difference", NO_TARGET)):
        for part in PARTS:
            track = f"{kind} of {part}"
            own, theirs = motion.mean(track, weights), _mean_of(captured, track, weights)
            ratio, reference = (own / theirs, 1.0) if theirs else (float("nan"), None)
            note = f"{own:.1f} beside {theirs or float('nan'):.1f} m/s3"
            yield Row(f"{track}, ratio to captured", ratio, reference, target, note)


def _body_rows(tally: SceneTally, captured: Motion | None) -> Iterator[Row]:
    """Yield foot skate, joint limits and penetration."""
    motion, weights = tally.motion, tally.motion.frames
    skate = _times(100, _mean_of(captured, "skate", weights))
    yield _target_row("corpus_foot_skate_cm_per_s", 100 * motion.mean("skate", weights), skate)
    for joint in JOINTS_WATCHED:
        track = f"{joint} out of range"
        worst = max((v for k, v in tally.excess.items() if k.startswith(joint)), default=0.0)
        target = TARGETS["corpus_out_of_range"] if joint in _LIMITED else NO_TARGET
        theirs, note = _mean_of(captured, track, weights), f"worst {worst:.0f} degrees beyond"
        yield Row(f"{track}, share of frames", motion.mean(track, weights), theirs, target, note)
    inside = _mean_of(captured, "inside itself", weights)
    yield Row(
        "self-penetration, share of frames",
        motion.mean("inside itself", weights),
        inside,
        _at_least_as_captured(TARGETS["corpus_penetration_share"], inside),
        f"deepest {100 * tally.deepest['self']:.1f} cm",
    )
    yield Row(
        "penetration of each other, share of frames",
        tally.pair_inside / max(tally.seconds * FPS, 1.0),
        None,
        TARGETS["corpus_penetration_share"],
        f"deepest {100 * tally.deepest['pair']:.1f} cm",
    )


def _at_least_as_captured(target: Target, captured: float | None) -> Target:
    """Return the target with the figure of captured clips accepted: it is the error of capsules for a body."""
    return Target(target.name, target.unit, most=max(target.most or 0.0, captured or 0.0))


def _stroke_rows(tally: SceneTally) -> Iterator[Row]:
    stops, found = max(tally.stops, 1), max(tally.found, 1)
    yield _target_row(
        "corpus_strokes_on_stress",
        _ratio(tally.stroke_on, tally.strokes),  # a stroke that is not found counts as a miss
        note=f"by chance {tally.stroke_chance / stops:.2f}; of {tally.strokes} recorded strokes {tally.stops} are"
        " found in the motion",
    )
    yield Row(
        "strokes found in the motion alone, within 0.15 s of a stress, share",
        tally.found_on / found,
        note=f"by chance {tally.found_chance / found:.2f}; {tally.found} strokes",
    )
    yield Row("gestures a minute of speech", tally.gestures / max(tally.spoken, 1e-9))


def _label_and_lip_rows(tally: SceneTally) -> Iterator[Row]:
    hits = np.concatenate(tally.hits) if tally.hits else np.zeros(0)
    yield _target_row("corpus_labels", _ratio(hits.sum(), len(hits)), note="outside 0.5 s of a change")
    met = np.concatenate(tally.closures) if tally.closures else np.zeros(0)
    yield _target_row("corpus_lip_closure", _ratio(met.sum(), len(met)), note=f"{len(met)} sounds")


def _listener_rows(tally: SceneTally, nodding: dict[str, float]) -> Iterator[Row]:
    yield _target_row(
        "corpus_nods_a_minute",
        _ratio(tally.nods, tally.nod_minutes),
        nodding.get("listen_neutral"),
        "captured: " + ", ".join(f"{tag} {rate:.1f}" for tag, rate in nodding.items()),
    )
    listened, looked = tally.looked.sum(axis=0)
    by_label = (f"{name} {_shown(_ratio(*tally.looked[k][::-1]))}" for k, name in enumerate(ACTION_LABELS))
    yield _target_row("corpus_gaze", _ratio(looked, listened), note=", ".join(by_label))
    yield Row("gaze recorded in the scene while listening, share", _ratio(tally.gaze_recorded, tally.gaze_recorded_of))


def _variety_rows(motion: Motion, captured: Motion | None) -> Iterator[Row]:
    """Yield the entropy of motion and the speeds of its parts."""
    weights = motion.frames
    theirs, ratio = (None if captured is None else captured.entropy(weights)), TARGETS["corpus_entropy_ratio"]
    target = NO_TARGET
    if theirs:
        target = Target(ratio.name, "bits", (ratio.least or 0.0) * theirs, (ratio.most or 0.0) * theirs)
    name, note = "entropy of joint angular velocity, bits", "20 joints, 100 bins"
    yield Row(name, motion.entropy(weights), theirs, target, note)
    for part in PARTS:
        track = f"speed of {part}"
        yield Row(f"{track}, cm/s", 100 * motion.mean(track, weights), _times(100, _mean_of(captured, track, weights)))


def table(rows: Sequence[Row]) -> str:
    """Return the report as text; lines that miss their target say FAIL."""
    lines = [f"{'':54s} {'scenes':>9s} {'captured':>9s}  wanted"]
    for row in rows:
        mark = {True: "ok  ", False: "FAIL", None: "    "}[row.good]
        figures = f"{_shown(row.value):>9s} {_shown(row.captured):>9s}"
        lines.append(f"{row.name:54s} {figures}  {_wanted(row.target):14s} {mark}  {row.note}")
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """Return the table of ``docs/corpus.md``."""
    lines = ["| | scenes | captured clips | wanted | |", "|---|---|---|---|---|"]
    for row in rows:
        mark = {True: "✓", False: "✗", None: ""}[row.good]
        figures = f"{_shown(row.value)} | {_shown(row.captured)} | {_wanted(row.target)}"
        lines.append(f"| {row.name} | {figures} | {mark} {row.note} |")
    return "\n".join(lines)


def contents_table(tally: SceneTally, captured: Motion) -> str:
    """Return jerk and speed of each content over those of captured clips of the same content."""
    tracks = [*(f"jerk of {part}" for part in PARTS), *(f"speed of {part}" for part in PARTS)]
    heads = " ".join(f"{track.replace(' of ', ' '):>11s}" for track in tracks)
    lines = [f"{'scenes over clips':22s} {'min':>6s} {'clips min':>9s} {heads}"]
    for i, name in enumerate(CONTENTS):
        only = np.eye(len(CONTENTS))[i]
        known = captured.frames[i] and tally.motion.frames[i]
        ratios = [tally.motion.mean(t, only) / captured.mean(t, only) if known else float("nan") for t in tracks]
        minutes = [m.frames[i] / FPS / 60 for m in (tally.motion, captured)]
        shown = " ".join(f"{ratio:11.2f}" for ratio in ratios)
        lines.append(f"{name:22s} {minutes[0]:6.1f} {minutes[1]:9.1f} {shown}")
    return "\n".join(lines)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _wanted(target: Target) -> str:
    """Return the bounds to three digits."""
    low, high = target.least, target.most
    if low is not None and high is not None:
        return f"{low:.3g} to {high:.3g}"
    return f">= {low:.3g}" if low is not None else f"<= {high:.3g}" if high is not None else ""


def _shown(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.3f}" if abs(value) < 20 else f"{value:.1f}"


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value
