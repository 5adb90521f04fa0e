"""Gestures of one actor in a scene: planned on stresses, blended over the body, measured and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from ...body_model.skeleton import Skeleton
from ...contract import ACTION_LABELS, FPS, FloatArray
from ..motion.base_motion import Motion
from ..script.affect import AffectTrack
from .library import ADAPTORS, Gesture, arm_positions, gesture_library, speed_of
from .overlay import Laid, Placed, lay_over
from .placing import REPEAT, Anchor, Person, Sentence, anchors, fitted, joined, options

__all__ = ["ADAPTORS", "Gesture", "Sentence", "gesture_body", "gesture_library"]

# On a body of mean height; a tenth of the gestures of raw clips peak above 2.1 and 22.
FASTEST, HARDEST = 2.3, 19.0  # m/s, m/s^2
BRISK = 1.3  # m/s, above which hands that the clip itself does not raise or lower get slower fades
ON_STRESS = 0.08  # s that a stroke may be off its stress in the end
_LARGEST_PUSH = 0.06  # m
_TRIES = 5


def gesture_body(
    rng: np.random.Generator,
    body: Motion,
    skeleton: Skeleton,
    labels: NDArray[np.uint8],
    stresses: Sequence[tuple[float, float, str]],
    library: Sequence[Gesture],
    affect: AffectTrack,
    sentences: Sequence[Sentence] = (),
) -> list[dict[str, Any]]:
    """Blend gestures over a body, changing its rotations in place; return entries of ``Scene.gestures`` without actor.

    ``stresses``: (scene s, strength 0..1, word), in order; ``sentences``: the actor's utterances. Besides its phases an
    entry holds ``strokes``, the stops (s) of all its strokes, the emphasised one also as ``time``, all measured on the
    result. ``ADAPTORS`` have no stroke: their ``strokes`` are empty and ``time`` is their middle.
    """
    scene = _Scene(rng, body, skeleton, labels, library, affect)
    person = Person.drawn(rng)
    chosen = anchors(rng, person, stresses, sentences, scene.rate, affect.at(0.0).variety)
    times = [s[0] for s in stresses]
    kept: list[tuple[Placed, Laid]] = []
    seen: dict[str, float] = {}
    waiting: Placed | None = None  # planned but not blended yet: the next gesture may prolong its hold
    for anchor in chosen:
        plan = scene.planned(person, anchor, times, seen, waiting)
        if plan is None:
            continue
        before, waiting = plan
        if before is not None:
            kept += scene.lay(before)
        seen[waiting.gesture.name] = anchor.time
    if waiting is not None:
        kept += scene.lay(waiting)
    kept += scene.adaptors(person, sentences, kept, seen)
    body.rotations = scene.rotations
    return [_entry(placed, laid) for placed, laid in sorted(kept, key=lambda pair: pair[0].start)]


class _Scene:
    """One actor's motion while gestures are blended over it."""

    def __init__(
        self,
        rng: np.random.Generator,
        body: Motion,
        skeleton: Skeleton,
        labels: NDArray[np.uint8],
        library: Sequence[Gesture],
        affect: AffectTrack,
    ) -> None:
        self.rng, self.skeleton, self.library, self.affect = rng, skeleton, library, affect
        self.rotations = np.array(body.rotations, np.float32)
        self.size = skeleton.size
        self.frames = len(labels)
        self.walking, self.seated = labels == ACTION_LABELS.index("walk"), labels == ACTION_LABELS.index("sit")
        sinking = np.abs(np.gradient(gaussian_filter1d(body.root[:, 2].astype(np.float64), 3.0))) * FPS > 0.10
        changing = np.zeros(self.frames, bool)
        changing[1:] = self.seated[1:] != self.seated[:-1]
        near = binary_dilation(changing, iterations=round(2.5 * FPS))
        self.busy = binary_dilation(changing, iterations=round(0.5 * FPS)) | binary_dilation(
            sinking & near, iterations=round(0.35 * FPS)
        )
        self.trunk = gaussian_filter1d(
            np.where(self.walking, 0.2, np.where(self.seated, 0.6, 1.0)).astype(np.float32), 8.0
        )
        self.root = body.root
        self.rate = affect.track("gesture_rate", self.frames) * np.where(
            self.busy, 0.0, np.where(self.walking, 0.45, np.where(self.seated, 0.75, 1.0))
        )
        self.restless = gaussian_filter1d(speed_of(arm_positions(self.rotations, skeleton)[:, :, 2]).max(axis=1), 5.0)

    def free(self, placed: Placed) -> bool:
        first, last = int(placed.start * FPS), int(placed.end * FPS) + 2
        return first > 0 and last < self.frames - 2 and not self.busy[first:last].any()

    def planned(
        self, person: Person, anchor: Anchor, stresses: Sequence[float], seen: dict[str, float], waiting: Placed | None
    ) -> tuple[Placed | None, Placed] | None:
        """Return (the waiting gesture, perhaps with a longer hold; the gesture for the anchor), or None where none
        fits.
        """
        affect_now = self.affect.at(anchor.time)
        frame = min(int(anchor.time * FPS), self.frames - 1)
        seated = bool(self.seated[frame])
        for gesture in options(
            self.rng, self.library, anchor, seen, seated, affect_now.arousal, _TRIES, affect_now.variety
        ):
            size = (
                affect_now.gesture_size
                * float(self.rng.uniform(0.88, 1.08))
                * (0.94 + 0.1 * anchor.strength)
                * (0.78 if seated else 1.0)
            )
            if gesture.kind in ("me", "think", "clap"):  # they end on the own body
                size = float(np.clip(size, 0.95, 1.05))
            placed = fitted(
                self.rng, person, gesture, anchor, stresses, float(np.clip(size, 0.6, 1.32)), affect_now.tempo
            )
            before = waiting
            if waiting is not None:
                pair = joined(waiting, placed)
                if pair is not None:
                    before, placed = pair
                elif placed.wanted[0][1] < waiting.wanted[-1][1] + 0.45:
                    continue
            if not self.free(placed) or (before is not None and not self.free(before)):
                continue
            corrected = self.corrected(before, placed)
            if corrected is not None:
                return before, corrected
        return None

    def corrected(self, before: Placed | None, placed: Placed) -> Placed | None:
        """Return ``placed`` with its strokes moved so that they stop where wanted in the resulting motion; None where
        that fails.
        """
        slowed = False
        for attempt in range(4):
            laid = self.tried(before, placed)
            if not laid.found or not all(laid.found) or laid.push > _LARGEST_PUSH:
                return None
            off = [stop - wanted for stop, (_, wanted) in zip(laid.stops, placed.wanted)]
            if max(abs(o) for o in off) <= (0.03 if attempt == 0 else ON_STRESS):
                brisk = laid.speed > BRISK * self.size and not all(placed.by_clip)
                if brisk and not slowed and self.free(placed.with_slower_fades()):
                    slowed, placed = True, placed.with_slower_fades()
                    continue
                fits = laid.speed <= FASTEST * self.size and laid.acceleration <= HARDEST * self.size
                return placed if fits else None
            moved = _moved(placed, off)
            if moved is None:
                return None
            placed = moved
        return None

    def tried(self, before: Placed | None, placed: Placed) -> Laid:
        """Measure a gesture over the waiting one ``before`` without keeping it."""
        first, last = self._window(placed)
        below = self.rotations[first:last]
        if before is not None and before.end > placed.start:
            below, _ = self._over(below, before, first)
        return self._over(below, placed, first)[1]

    def lay(self, placed: Placed) -> list[tuple[Placed, Laid]]:
        """Blend a gesture over the motion and return it with its measures."""
        first, last = self._window(placed)
        self.rotations[first:last], laid = self._over(self.rotations[first:last], placed, first)
        return [(placed, laid)]

    def _over(self, below: FloatArray, placed: Placed, first: int) -> tuple[FloatArray, Laid]:
        frames = slice(first, first + len(below))
        return lay_over(self.root[frames], below, placed, self.skeleton, self.trunk[frames], self.seated[frames], first)

    def _window(self, placed: Placed) -> tuple[int, int]:
        return max(0, int(placed.start * FPS) - 4), min(self.frames, int(placed.end * FPS) + 5)

    def adaptors(
        self, person: Person, sentences: Sequence[Sentence], kept: Sequence[tuple[Placed, Laid]], seen: dict[str, float]
    ) -> list[tuple[Placed, Laid]]:
        """Draw adaptors, as a hand to the face, hair or clothes, in the actor's silences; more often when uneasy."""
        if not sentences:
            return []
        spans = sorted([(s.start, s.end) for s in sentences] + [(p.start, p.end) for p, _ in kept])
        found: list[tuple[Placed, Laid]] = []
        reached, last = 0.0, -1e9
        for start, end in [*spans, (self.frames / FPS, 0.0)]:
            low, high = reached + 0.8, start - 0.6
            reached = max(reached, end)
            if high - low < 3.0 or low < last + 25.0 / self.affect.at(low).self_touch:
                continue
            affect_now = self.affect.at(low)
            uneasy = max(0.0, affect_now.arousal) * (affect_now.valence < 0) + max(0.0, -affect_now.power)
            if self.rng.random() > (high - low) / 60.0 * (0.8 + 1.5 * uneasy) * affect_now.self_touch:
                continue
            # Utterances may go on after the last frame.
            seated = bool(self.seated[min(int(low * FPS), self.frames - 1)])
            fitting = [
                g
                for g in self.library
                if g.adaptor
                and (g.posture == "seated") == seated
                and g.end - g.start < high - low
                and low - seen.get(g.name, -1e9) > 2 * REPEAT
            ]
            if not fitting:
                continue
            gesture = fitting[int(self.rng.integers(len(fitting)))]
            begin = float(self.rng.uniform(low, high - (gesture.end - gesture.start)))
            mirrored = bool(gesture.hands == (True, False)) != person.left_handed
            knots = (begin, begin + gesture.end - gesture.start)
            placed = Placed(
                gesture,
                mirrored,
                1.0,
                knots,
                (gesture.start, gesture.end),
                (knots[0], knots[0] + 0.3),
                (knots[1] - 0.4, knots[1]),
                (True, True),
                (),
            )
            span = slice(int(placed.start * FPS), int(placed.end * FPS) + 2)
            if not self.free(placed) or self.walking[span].any() or self.restless[span].max() > 0.15:
                continue
            laid = self.tried(None, placed)
            if (
                laid.push < _LARGEST_PUSH
                and laid.speed < FASTEST * self.size
                and laid.acceleration < HARDEST * self.size
            ):
                found += self.lay(placed)
                last = placed.end
                seen[gesture.name] = begin
        return found


def _moved(placed: Placed, off: Sequence[float]) -> Placed | None:
    """Move each stroke back by what it was ``off`` (s), the times around it along; None where times would cross."""
    strokes = [placed.gesture.strokes[index] for index, _ in placed.wanted]
    middles = [0.5 * (s.begin + s.stop) for s in strokes]
    shift = np.interp(placed.clip_times, middles, off) if len(off) > 1 else np.full(len(placed.knots), off[0])
    for stroke, by in zip(strokes, off):
        for k, clip_time in enumerate(placed.clip_times):
            if stroke.begin - 1e-6 <= clip_time <= stroke.stop + 1e-6:
                shift[k] = by
    knots = np.array(placed.knots) - shift
    steps = np.diff(knots)
    if steps.min() < 0.005 or (np.diff(placed.clip_times) / steps).max() > 2.5:
        return None
    fade_in, fade_out = (float(t - off[0]) for t in placed.fade_in), (float(t - off[-1]) for t in placed.fade_out)
    return replace(
        placed,
        knots=tuple(float(t) for t in knots),
        fade_in=(next(fade_in), next(fade_in)),
        fade_out=(next(fade_out), next(fade_out)),
    )


def _entry(placed: Placed, laid: Laid) -> dict[str, Any]:
    middle = 0.5 * (placed.start + placed.end)
    main = next((k for k, (index, _) in enumerate(placed.wanted) if index == placed.gesture.main), 0)
    time = laid.stops[main] if laid.stops else middle
    return {
        "kind": placed.gesture.kind,
        "hand": placed.hand,
        "size": round(laid.travel, 3),
        "start": round(placed.start, 3),
        "stroke_start": round(laid.stroke_start if laid.stops else middle, 3),
        "time": round(time, 3),
        "stroke_end": round(max(laid.stops) if laid.stops else middle, 3),
        "end": round(placed.end, 3),
        "strokes": [round(t, 3) for t in laid.stops],
        "clip": placed.gesture.name,
    }
