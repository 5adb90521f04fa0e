"""Sums over composed scenes and over captured clips, of everything that the report on a corpus compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import Array
from ..contract import ACTION_LABELS, FPS
from ..datasets.clip import Clip
from ..datasets.scene import Scene
from ..metrics.beat_alignment import beat_alignment, stroke_ends
from ..metrics.body_motion import BodyMotion
from ..metrics.joint_limits import ALLOWANCE, JOINTS_WATCHED
from ..metrics.penetration import INSIDE
from ..metrics.real_motion import Statistics
from ..metrics.scene_measures import (
    CONTENTS,
    ENTROPY_BINS,
    ON_STRESS,
    PARTS,
    angular_speeds,
    bodies_of,
    closures,
    compares,
    contents_of,
    count_nods,
    gesturing_of,
    jerk_sizes,
    label_hits,
    listening,
    looks_at_partner,
    motion_entropy,
    sliding,
    speed_histogram,
    stroke_stops,
)
from ..metrics.talk_behaviour import TalkBehaviour
from ..speech.prosody import VOICE_ACTIVITY
from .talk_rows import attitude

TRACKS = (
    "skate", *(f"{kind} of {part}" for kind in ("speed", "jerk", "third difference") for part in PARTS),
    "inside itself", *(f"{joint} out of range" for joint in JOINTS_WATCHED),
)  # fmt: skip


@dataclass
class Motion:
    """Sums over frames of each track, for each of ``CONTENTS`` apart."""

    frames: Array = field(default_factory=lambda: np.zeros(len(CONTENTS)))
    sums: Array = field(default_factory=lambda: np.zeros((len(TRACKS), len(CONTENTS))))
    counts: Array = field(default_factory=lambda: np.zeros((len(TRACKS), len(CONTENTS))))
    histograms: Array = field(default_factory=lambda: np.zeros((len(CONTENTS), 22, ENTROPY_BINS)))

    def add(self, body: BodyMotion, contents: NDArray[np.int64]) -> None:
        """Add a body's frames, ``contents`` (T,) of each."""
        self.frames += np.bincount(contents, minlength=len(CONTENTS))
        for row, values in enumerate(_tracks(body)):
            known = np.isfinite(values)
            self.sums[row] += np.bincount(contents[known], values[known], len(CONTENTS))
            self.counts[row] += np.bincount(contents[known], minlength=len(CONTENTS))
        speeds = angular_speeds(body)
        for content in np.unique(contents[1:]):
            self.histograms[content] += speed_histogram(speeds[contents[1:] == content])

    def mean(self, track: str, weights: Array) -> float:
        """Return the mean over frames of a track, contents weighted by ``weights`` (C,) and left out where no frame is
        measured.
        """
        row = TRACKS.index(track)
        weights = np.where(self.counts[row] > 0, weights, 0.0)
        if not weights.any():
            return float("nan")
        return float((self.sums[row] / np.maximum(self.counts[row], 1) * weights).sum() / max(weights.sum(), 1e-12))

    def entropy(self, weights: Array) -> float:
        """Return the motion entropy, contents weighted by ``weights`` (C,)."""
        total = self.histograms.sum(axis=(1, 2)) / self.histograms.shape[1]
        weights = np.where(total > 0, weights / np.maximum(total, 1.0), 0.0)
        return motion_entropy(np.tensordot(weights, self.histograms, axes=1))


@dataclass
class SceneTally:
    """Counts and sums over scenes."""

    motion: Motion = field(default_factory=Motion)
    real: Statistics = field(default_factory=Statistics)
    behaviour: TalkBehaviour = field(default_factory=TalkBehaviour)
    scenes: int = 0
    seconds: float = 0.0
    held_out: float = 0.0
    hits: list[Array] = field(default_factory=list)
    stops: int = 0  # of the recorded strokes, those whose end is found
    strokes: int = 0
    stroke_on: float = 0.0
    stroke_chance: float = 0.0
    found: int = 0  # strokes in the motion alone
    found_on: float = 0.0
    found_chance: float = 0.0
    gestures: int = 0
    spoken: float = 0.0  # actor minutes
    nods: int = 0
    nod_minutes: float = 0.0
    # Frames of listening, by label; of them those that look at the partner.
    looked: Array = field(default_factory=lambda: np.zeros((len(ACTION_LABELS), 2)))
    gaze_recorded: int = 0
    gaze_recorded_of: int = 0
    closures: list[Array] = field(default_factory=list)
    pair_inside: int = 0
    deepest: dict[str, float] = field(default_factory=lambda: {"self": 0.0, "pair": 0.0})
    excess: dict[str, float] = field(default_factory=dict)  # worst degrees by range
    each: list[dict[str, Any]] = field(default_factory=list)


def tally_scenes(
    scenes: Iterable[Scene], utterances: Mapping[str, Any] | None = None, most_minutes: float = np.inf
) -> SceneTally:
    """Measure scenes one after the other, until ``most_minutes`` of them are reached."""
    tally = SceneTally()
    for scene in scenes:
        _add(tally, scene, utterances)
        if tally.seconds >= 60.0 * most_minutes:
            break
    return tally


def _add(tally: SceneTally, scene: Scene, utterances: Mapping[str, Any] | None) -> None:
    """Add a scene to the sums, and its own figures to ``tally.each``."""
    bodies = bodies_of(scene)
    tally.scenes += 1
    tally.seconds += scene.duration
    tally.held_out += scene.duration * (scene.split == "test")
    tally.behaviour.add(scene, bodies, [attitude(scene, actor) for actor in (0, 1)])
    depth = bodies[0].depth_in(bodies[1])
    tally.pair_inside += int((depth > INSIDE).sum())
    tally.deepest["pair"] = max(tally.deepest["pair"], float(depth.max()))
    own: dict[str, Any] = {"seed": scene.seed, "kind": scene.kind, "seconds": round(scene.duration, 1)}
    for actor, body in enumerate(bodies):
        own[f"actor {actor}"] = {
            **_add_motion(tally, scene, actor, body),
            **_add_listening(tally, scene, actor, body, bodies[1 - actor]),
        }
        if utterances is not None:
            spoken = [u for u in scene.utterances[actor] if u.id in utterances]
            tally.closures.append(closures(scene.face[actor], spoken, utterances))
    tally.each.append(own)


def _add_motion(tally: SceneTally, scene: Scene, actor: int, body: BodyMotion) -> dict[str, Any]:
    """Add an actor's motion, labels, strokes, penetration and joint limits; return its own figures."""
    gestures = [g for g in scene.gestures if g["actor"] == actor and "stroke_start" in g]
    tally.motion.add(body, contents_of(body, gesturing_of(body.frames, gestures)))
    hits = label_hits(body, scene.labels[actor])
    tally.hits.append(hits)
    _add_strokes(tally, scene, actor, body, gestures)
    tally.deepest["self"] = max(tally.deepest["self"], float(body.self_depth.max()))
    for name, degrees in body.excess.items():
        tally.excess[name] = max(tally.excess.get(name, 0.0), float(degrees.max()))
    slid = sliding(body)
    return {
        "skate_cm_s": rounded(100 * np.nanmean(slid) if np.isfinite(slid).any() else np.nan),
        "labels": rounded(float(hits.mean()) if len(hits) else 1.0),
        "inside_itself": rounded((body.self_depth > INSIDE).mean()),
        "excess_degrees": {k: rounded(v.max()) for k, v in body.excess.items() if v.max() > ALLOWANCE},
    }


def _add_listening(
    tally: SceneTally, scene: Scene, actor: int, body: BodyMotion, partner: BodyMotion
) -> dict[str, float | None]:
    """Add an actor's statistics by role, its nods and gaze while the other speaks, and its minutes of speech.

    Returns its own figures.
    """
    listens = listening(scene, actor)
    tally.real.add(body, scene.prosody[actor, :, VOICE_ACTIVITY] > 0.5, listens)
    found, minutes = count_nods(body, listens)
    looks = looks_at_partner(body, partner, scene.face[actor])
    tally.nods, tally.nod_minutes = tally.nods + found, tally.nod_minutes + minutes
    tally.looked += [
        [(listens & (body.labels == k)).sum(), (listens & looks & (body.labels == k)).sum()]
        for k in range(len(ACTION_LABELS))
    ]
    if scene.gaze.shape[1] == scene.frames:
        tally.gaze_recorded += int(scene.gaze[actor][listens].sum())
        tally.gaze_recorded_of += int(listens.sum())
    tally.spoken += float((scene.prosody[actor, :, VOICE_ACTIVITY] > 0.5).sum()) / FPS / 60
    return {
        "nods_a_minute": rounded(found / minutes if minutes > 0.2 else np.nan),
        "gaze": rounded(looks[listens].mean() if listens.any() else np.nan),
    }


def _add_strokes(
    tally: SceneTally, scene: Scene, actor: int, body: BodyMotion, gestures: Sequence[Mapping[str, Any]]
) -> None:
    """Add the strokes that the scene records and those found in the motion alone, and how many are on a stress."""
    tally.gestures += sum(g["actor"] == actor for g in scene.gestures)
    stops, stresses = stroke_stops(body, gestures), np.array(scene.stresses[actor])
    recorded = beat_alignment(stops[np.isfinite(stops)], stresses, scene.duration, ON_STRESS)
    tally.strokes += len(gestures)
    tally.stops += recorded.strokes
    tally.stroke_on += recorded.share * recorded.strokes
    tally.stroke_chance += recorded.chance * recorded.strokes
    speaking = scene.prosody[actor, :, VOICE_ACTIVITY] > 0.5
    found = beat_alignment(stroke_ends(body.root, body.rotations, body.skeleton, speaking), stresses, scene.duration)
    tally.found += found.strokes
    tally.found_on += found.share * found.strokes
    tally.found_chance += found.chance * found.strokes


def tally_clips(clips: Sequence[Clip]) -> tuple[Motion, dict[str, float]]:
    """Return the motion of the captured clips that compare, and nods a minute of captured listeners and idlers."""
    motion = Motion()
    nodding = {"listen_accept": [0.0, 0.0], "listen_neutral": [0.0, 0.0], "idle": [0.0, 0.0]}
    for clip in clips:
        if not compares(clip):
            continue
        body = BodyMotion(clip.root_positions, clip.rotations, clip.skeleton)
        if body.soles[..., 2].min(axis=(1, 2)).max() > 0.3:  # climbs stairs
            continue
        gestures = "gesture" in clip.tags and "listen" not in clip.tags
        motion.add(body, contents_of(body, np.full(body.frames, gestures)))
        for tag, sums in nodding.items():
            if tag in clip.tags and "walk" not in clip.tags:
                found, minutes = count_nods(body, np.ones(body.frames, bool))
                sums[0], sums[1] = sums[0] + found, sums[1] + minutes
    return motion, {tag: found / max(minutes, 1e-9) for tag, (found, minutes) in nodding.items()}


def _tracks(body: BodyMotion) -> Iterator[Array]:
    """Yield each of ``TRACKS`` (T,) in order."""
    yield sliding(body) / body.size
    for joints in PARTS.values():
        speed = np.linalg.norm(np.gradient(body.positions[:, joints], axis=0), axis=-1).mean(axis=-1) * FPS / body.size
        yield speed
    for denoised in (True, False):
        yield from jerk_sizes(body, denoised).values()
    yield (body.self_depth > INSIDE).astype(np.float64)
    for joint in JOINTS_WATCHED:
        yield np.max(
            [degrees > ALLOWANCE for name, degrees in body.excess.items() if name.startswith(joint)], axis=0
        ).astype(np.float64)


def rounded(value: Any) -> float | None:
    """Return ``value`` to four digits, None where it is no number."""
    return round(float(value), 4) if np.isfinite(value) else None
