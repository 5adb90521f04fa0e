"""What composed scenes show, row by row beside raw real clips, with what they must reach.

``python -m model_runtime.evaluation.corpus_report --scenes DIR [--clips corpus/clips.npz] [--speech corpus/speech_library.npz]``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..contract import ACTION_LABELS, FPS
from ..corpus.clip import Clip
from ..corpus.library import load_library
from ..corpus.scene import Scene
from ..corpus.summary import scenes_in
from ..corpus.summary_page import REPORT, fill_in, write_whole
from ..errors import InterActError
from ..features.prosody import VOICE_ACTIVITY
from .corpus_measures import (
    CONTENTS,
    ENTROPY_BINS,
    PARTS,
    angular_speeds,
    bodies_of,
    closures,
    compares,
    contents_of,
    gesturing_of,
    jerk_sizes,
    label_hits,
    listening,
    looks_at_partner,
    motion_entropy,
    nods,
    on_stress,
    sliding,
    speed_histogram,
    stroke_stops,
)
from .joint_limits import ALLOWANCE, JOINTS_WATCHED
from .measures import gesture_beats, stress_times
from .posed import Posed

Array = NDArray[Any]

TRACKS = (
    "skate", *(f"{kind} of {part}" for kind in ("speed", "jerk", "third difference") for part in PARTS),
    "inside itself", *(f"{joint} out of range" for joint in JOINTS_WATCHED),
)  # fmt: skip
INSIDE = 0.01  # m of depth beyond soft contact from which a frame counts as penetration
NEVER = 5e-4  # share of frames that is called none


class Row(NamedTuple):
    """One line of the report; ``bounds`` are least and most that is wanted of ``value``, None where there is no bound."""

    name: str
    value: float
    real: float | None
    bounds: tuple[float | None, float | None]
    note: str = ""

    @property
    def good(self) -> bool | None:
        low, high = self.bounds
        if low is None and high is None:
            return None
        return bool(np.isfinite(self.value) and (low is None or self.value >= low) and (high is None or self.value <= high))


@dataclass
class Motion:
    """Sums over frames, for each of ``CONTENTS`` apart."""

    frames: Array = field(default_factory=lambda: np.zeros(len(CONTENTS)))
    sums: Array = field(default_factory=lambda: np.zeros((len(TRACKS), len(CONTENTS))))
    counts: Array = field(default_factory=lambda: np.zeros((len(TRACKS), len(CONTENTS))))
    histograms: Array = field(default_factory=lambda: np.zeros((len(CONTENTS), 22, ENTROPY_BINS)))

    def add(self, body: Posed, contents: NDArray[np.int64]) -> None:
        self.frames += np.bincount(contents, minlength=len(CONTENTS))
        for row, values in enumerate(_tracks(body)):
            known = np.isfinite(values)
            self.sums[row] += np.bincount(contents[known], values[known], len(CONTENTS))
            self.counts[row] += np.bincount(contents[known], minlength=len(CONTENTS))
        speeds = angular_speeds(body)
        for content in np.unique(contents[1:]):
            self.histograms[content] += speed_histogram(speeds[contents[1:] == content])

    def mean(self, track: str, weights: Array) -> float:
        """Mean over frames of a track, contents weighted by ``weights`` (6,); contents of which nothing is known are left out."""
        row = TRACKS.index(track)
        weights = np.where(self.counts[row] > 0, weights, 0.0)
        return float((self.sums[row] / np.maximum(self.counts[row], 1) * weights).sum() / max(weights.sum(), 1e-12)) if weights.any() else float("nan")

    def entropy(self, weights: Array) -> float:
        total = self.histograms.sum(axis=(1, 2)) / self.histograms.shape[1]
        weights = np.where(total > 0, weights / np.maximum(total, 1.0), 0.0)
        return motion_entropy(np.tensordot(weights, self.histograms, axes=1))


@dataclass
class Tally:
    """What is counted in scenes."""

    motion: Motion = field(default_factory=Motion)
    scenes: int = 0
    seconds: float = 0.0
    held_out: float = 0.0
    hits: list[Array] = field(default_factory=list)
    stops: int = 0
    strokes: int = 0
    stroke_on: float = 0.0
    stroke_chance: float = 0.0
    beats: int = 0
    beat_on: float = 0.0
    beat_chance: float = 0.0
    gestures: int = 0
    spoken: float = 0.0  # actor minutes
    nods: int = 0
    nod_minutes: float = 0.0
    looked: Array = field(default_factory=lambda: np.zeros((len(ACTION_LABELS), 2)))  # frames of listening, by label; of them looking
    meant: int = 0
    meant_of: int = 0
    closures: list[Array] = field(default_factory=list)
    pair_inside: int = 0
    deepest: dict[str, float] = field(default_factory=lambda: {"self": 0.0, "pair": 0.0})
    excess: dict[str, float] = field(default_factory=dict)  # worst degrees by range
    each: list[dict[str, Any]] = field(default_factory=list)


def tally_scenes(scenes: Iterable[Scene], utterances: Mapping[str, Any] | None = None, most_minutes: float = np.inf) -> Tally:
    """Measure scenes one after the other, until ``most_minutes`` of them are reached."""
    tally = Tally()
    for scene in scenes:
        _add(tally, scene, utterances)
        if tally.seconds >= 60.0 * most_minutes:
            break
    return tally


def _add(tally: Tally, scene: Scene, utterances: Mapping[str, Any] | None) -> None:
    bodies = bodies_of(scene)
    tally.scenes += 1
    tally.seconds += scene.duration
    tally.held_out += scene.duration * (scene.split == "test")
    depth = bodies[0].depth_in(bodies[1])
    tally.pair_inside += int((depth > INSIDE).sum())
    tally.deepest["pair"] = max(tally.deepest["pair"], float(depth.max()))
    own: dict[str, Any] = {"seed": scene.seed, "kind": scene.kind, "seconds": round(scene.duration, 1)}
    for actor, body in enumerate(bodies):
        gestures = [g for g in scene.gestures if g["actor"] == actor and "stroke_start" in g]
        tally.motion.add(body, contents_of(body, gesturing_of(body.frames, gestures)))
        hits = label_hits(body, scene.labels[actor])
        tally.hits.append(hits)
        _add_strokes(tally, scene, actor, body, gestures)
        hears = listening(scene, actor)
        found, minutes = nods(body, hears)
        looks = looks_at_partner(body, bodies[1 - actor], scene.face[actor])
        tally.nods, tally.nod_minutes = tally.nods + found, tally.nod_minutes + minutes
        tally.looked += [[(hears & (body.labels == k)).sum(), (hears & looks & (body.labels == k)).sum()] for k in range(len(ACTION_LABELS))]
        if scene.gaze.shape[1] == scene.frames:
            tally.meant, tally.meant_of = tally.meant + int(scene.gaze[actor][hears].sum()), tally.meant_of + int(hears.sum())
        tally.spoken += float((scene.prosody[actor, :, VOICE_ACTIVITY] > 0.5).sum()) / FPS / 60
        if utterances is not None:
            tally.closures.append(closures(scene.face[actor], [u for u in scene.utterances[actor] if u.id in utterances], utterances))
        tally.deepest["self"] = max(tally.deepest["self"], float(body.self_depth.max()))
        for name, degrees in body.excess.items():
            tally.excess[name] = max(tally.excess.get(name, 0.0), float(degrees.max()))
        slid = sliding(body)
        own[f"actor {actor}"] = {
            "skate_cm_s": _rounded(100 * np.nanmean(slid) if np.isfinite(slid).any() else np.nan), "labels": _rounded(float(hits.mean()) if len(hits) else 1.0),
            "nods_a_minute": _rounded(found / minutes if minutes > 0.2 else np.nan), "gaze": _rounded(looks[hears].mean() if hears.any() else np.nan),
            "inside_itself": _rounded((body.self_depth > INSIDE).mean()), "excess_degrees": {k: _rounded(v.max()) for k, v in body.excess.items() if v.max() > ALLOWANCE},
        }  # fmt: skip
    tally.each.append(own)


def _add_strokes(tally: Tally, scene: Scene, actor: int, body: Posed, gestures: Sequence[Mapping[str, Any]]) -> None:
    tally.gestures += sum(g["actor"] == actor for g in scene.gestures)
    stops = stroke_stops(body, gestures)
    found = stops[np.isfinite(stops)]
    share, chance = on_stress(found, np.array(scene.stresses[actor]), scene.duration)
    tally.strokes, tally.stops = tally.strokes + len(gestures), tally.stops + len(found)
    tally.stroke_on, tally.stroke_chance = tally.stroke_on + share * len(found), tally.stroke_chance + chance * len(found)
    beats = gesture_beats(body.hand_speed, stress_times(np.asarray(scene.prosody[actor], np.float32)))
    tally.beats += beats.strokes
    tally.beat_on, tally.beat_chance = tally.beat_on + beats.share * beats.strokes, tally.beat_chance + beats.chance * beats.strokes


def tally_clips(clips: Sequence[Clip]) -> tuple[Motion, dict[str, float]]:
    """Motion of the raw clips that compare, and nods a minute of the captured listeners and idlers."""
    motion = Motion()
    nodding = {"listen_accept": [0.0, 0.0], "listen_neutral": [0.0, 0.0], "idle": [0.0, 0.0]}
    for clip in clips:
        if not compares(clip):
            continue
        body = Posed(clip.root_positions, clip.rotations, clip.skeleton)
        if body.soles[..., 2].min(axis=(1, 2)).max() > 0.3:  # climbs stairs
            continue
        gestures = "gesture" in clip.tags and "listen" not in clip.tags
        motion.add(body, contents_of(body, np.full(body.frames, gestures)))
        for tag, sums in nodding.items():
            if tag in clip.tags and "walk" not in clip.tags:
                found, minutes = nods(body, np.ones(body.frames, bool))
                sums[0], sums[1] = sums[0] + found, sums[1] + minutes
    return motion, {tag: found / max(minutes, 1e-9) for tag, (found, minutes) in nodding.items()}


def rows_of(tally: Tally, clips: tuple[Motion, dict[str, float]] | None) -> list[Row]:
    """The report, line by line."""
    motion, weights = tally.motion, tally.motion.frames
    real, nodding = clips if clips is not None else (None, {})

    def of_real(measure: Callable[[Motion], float]) -> float | None:
        return None if real is None else measure(real)

    rows = [
        Row("scenes, minutes", tally.seconds / 60, None, (30.0, None), f"{tally.scenes} scenes"),
        Row("of held-out voices and clips, share", tally.held_out / max(tally.seconds, 1e-9), None, (1.0, None)),
    ]
    bounds: tuple[float | None, float | None]
    for kind, bounds in (("jerk", (0.8, 1.2)), ("third difference", (None, None))):
        for part in PARTS:
            track = f"{kind} of {part}"
            mine, theirs = motion.mean(track, weights), of_real(lambda m, t=track: m.mean(t, weights))  # type: ignore[misc]
            ratio = mine / theirs if theirs else float("nan")
            rows.append(Row(f"{track}, ratio to real", ratio, 1.0 if theirs else None, bounds, f"{mine:.1f} beside {theirs or float('nan'):.1f} m/s3"))
    rows.append(Row("foot skate, cm/s", 100 * motion.mean("skate", weights), _times(100, of_real(lambda m: m.mean("skate", weights))), (None, 1.0)))
    for joint in JOINTS_WATCHED:
        track = f"{joint} out of range"
        worst = max((v for k, v in tally.excess.items() if k.startswith(joint)), default=0.0)
        bounds = (None, NEVER) if joint in ("elbow", "knee", "neck") else (None, None)
        rows.append(Row(f"{track}, share of frames", motion.mean(track, weights), of_real(lambda m, t=track: m.mean(t, weights)), bounds, f"worst {worst:.0f} degrees beyond"))  # type: ignore[misc]
    inside = of_real(lambda m: m.mean("inside itself", weights))  # what raw clips show is the error of capsules for a body
    rows += [
        Row("inside itself, share of frames", motion.mean("inside itself", weights), inside, (None, 0.01 if inside is None else max(inside, 0.01)),
            f"deepest {100 * tally.deepest['self']:.1f} cm"),
        Row("inside each other, share of frames", tally.pair_inside / max(tally.seconds * FPS, 1.0), None, (None, 0.01),
            f"deepest {100 * tally.deepest['pair']:.1f} cm"),
    ]  # fmt: skip
    rows += _stroke_rows(tally)
    hits = np.concatenate(tally.hits) if tally.hits else np.zeros(0)
    rows.append(Row("labels as scripted, share of frames", float(hits.mean()) if len(hits) else float("nan"), None, (0.99, None), "outside 0.5 s of a change"))
    met = np.concatenate(tally.closures) if tally.closures else np.zeros(0)
    rows.append(Row("lips met on p, b, m, share", float(met.mean()) if len(met) else float("nan"), None, (1.0, None), f"{len(met)} sounds"))
    nod_rate = tally.nods / tally.nod_minutes if tally.nod_minutes else float("nan")
    rows += [
        Row("listener's nods a minute", nod_rate, nodding.get("listen_neutral"), (4.0, 12.0),
            "captured: " + ", ".join(f"{tag} {rate:.1f}" for tag, rate in nodding.items())),
        Row("gaze at the partner while listening, share", _ratio(*tally.looked.sum(axis=0)), None, (0.40, 0.75),
            ", ".join(f"{name} {_shown(_ratio(*tally.looked[k]))}" for k, name in enumerate(ACTION_LABELS))),
        Row("gaze meant while listening, share", tally.meant / tally.meant_of if tally.meant_of else float("nan"), None, (None, None), "as the scene records it"),
    ]  # fmt: skip
    entropy = motion.entropy(weights)
    real_entropy = of_real(lambda m: m.entropy(weights))
    bounds = (0.85 * real_entropy, 1.15 * real_entropy) if real_entropy else (None, None)
    rows.append(Row("entropy of joint angular velocity, bits", entropy, real_entropy, bounds, "20 joints, 100 bins"))
    for part in PARTS:
        track = f"speed of {part}"
        rows.append(Row(f"{track}, cm/s", 100 * motion.mean(track, weights), _times(100, of_real(lambda m, t=track: m.mean(t, weights))), (None, None)))  # type: ignore[misc]
    return rows


def _stroke_rows(tally: Tally) -> list[Row]:
    stops, beats = max(tally.stops, 1), max(tally.beats, 1)
    share = tally.stroke_on / tally.strokes if tally.strokes else float("nan")  # a stroke that is not to be found has missed
    return [
        Row("strokes within 0.12 s of a stress, share", share, None, (0.85, None),
            f"by chance {tally.stroke_chance / stops:.2f}; of {tally.strokes} recorded strokes {tally.stops} are found in the motion"),
        Row("strokes anywhere within 0.15 s of a peak of the voice", tally.beat_on / beats, None, (None, None),
            f"by chance {tally.beat_chance / beats:.2f}; {tally.beats} strokes"),
        Row("gestures a minute of speech", tally.gestures / max(tally.spoken, 1e-9), None, (None, None)),
    ]  # fmt: skip


def _tracks(body: Posed) -> Iterator[Array]:
    """In the order of ``TRACKS``, (T,) each."""
    yield sliding(body) / body.size
    for joints in PARTS.values():
        speed = np.linalg.norm(np.gradient(body.positions[:, joints], axis=0), axis=-1).mean(axis=-1) * FPS / body.size
        yield speed
    for denoised in (True, False):
        yield from jerk_sizes(body, denoised).values()
    yield (body.self_depth > INSIDE).astype(np.float64)
    for joint in JOINTS_WATCHED:
        yield np.max([degrees > ALLOWANCE for name, degrees in body.excess.items() if name.startswith(joint)], axis=0).astype(np.float64)


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'':54s} {'scenes':>9s} {'real':>9s}  wanted"]
    for row in rows:
        mark = {True: "ok  ", False: "FAIL", None: "    "}[row.good]
        lines.append(f"{row.name:54s} {_shown(row.value):>9s} {_shown(row.real):>9s}  {_wanted(row.bounds):14s} {mark}  {row.note}")
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The table of ``docs/corpus.md``."""
    lines = ["| | scenes | raw clips | wanted | |", "|---|---|---|---|---|"]
    for row in rows:
        mark = {True: "✓", False: "✗", None: ""}[row.good]
        lines.append(f"| {row.name} | {_shown(row.value)} | {_shown(row.real)} | {_wanted(row.bounds)} | {mark} {row.note} |")
    return "\n".join(lines)


def contents_table(tally: Tally, real: Motion) -> str:
    """Where the motion differs from captured motion of the same content."""
    tracks = [*(f"jerk of {part}" for part in PARTS), *(f"speed of {part}" for part in PARTS)]
    lines = [f"{'scenes over real clips':22s} {'min':>6s} {'real min':>8s} " + " ".join(f"{t.replace(' of ', ' '):>11s}" for t in tracks)]
    for i, name in enumerate(CONTENTS):
        only = np.eye(len(CONTENTS))[i]
        ratios = [tally.motion.mean(t, only) / real.mean(t, only) if real.frames[i] and tally.motion.frames[i] else float("nan") for t in tracks]
        minutes = [m.frames[i] / FPS / 60 for m in (tally.motion, real)]
        lines.append(f"{name:22s} {minutes[0]:6.1f} {minutes[1]:8.1f} " + " ".join(f"{ratio:11.2f}" for ratio in ratios))
    return "\n".join(lines)


def _ratio(whole: float, part: float) -> float:
    return float(part / whole) if whole else float("nan")


def _wanted(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is not None and high is not None:
        return f"{low:.3g} to {high:.3g}"
    return f">= {low:.3g}" if low is not None else f"<= {high:.3g}" if high is not None else ""


def _shown(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.3f}" if abs(value) < 20 else f"{value:.1f}"


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def _rounded(value: Any) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.evaluation.corpus_report", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, metavar="DIR")
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"))
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write every figure here")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="also put the table into corpus.md there")
    parser.add_argument("--split", choices=("train", "test"), help="measure scenes of one split only")
    parser.add_argument("--minutes", type=float, default=30.0, help="of scenes to measure at most")
    given = parser.parse_args()
    from ..corpus.speech_library import load_speech_library  # brings the aligner with it

    try:
        utterances = {u.id: u for u in load_speech_library(given.speech)} if given.speech.is_file() else None
        scenes = (scene for scene in scenes_in(given.scenes) if given.split in (None, scene.split))
        tally = tally_scenes(scenes, utterances, given.minutes)
        real = tally_clips(load_library(given.clips)) if given.clips.is_file() else None
    except (InterActError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not tally.scenes:
        print(f"error: there is no scene_*.npz in '{given.scenes}'; compose some first.", file=sys.stderr)
        return 1
    rows = rows_of(tally, real)
    print(table(rows))
    if real is not None:
        print("\n" + contents_table(tally, real[0]))
    if given.docs:
        fill_in(given.docs / "corpus.md", REPORT, markdown(rows))
    if given.json:
        plain = {row.name: {"value": _rounded(row.value), "real": None if row.real is None else _rounded(row.real), "wanted": row.bounds, "good": row.good, "note": row.note} for row in rows}
        write_whole(given.json, json.dumps({"rows": plain, "scenes": tally.each}, indent=1).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
