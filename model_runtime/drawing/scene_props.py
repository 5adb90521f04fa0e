"""Seats, gaze, words, emotions, gestures and voices of a composed scene, for its pictures and films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, Skeleton, heading_of
from ..common.headings import facing
from ..common.masks import runs_of
from ..contract import ACTION_LABELS, FPS
from ..datasets.scene import Scene
from ..metrics.scene_measures import EYES, bodies_of, eye_line, looks_at_partner
from ..speech.prosody import VOICE_ACTIVITY
from ..speech.wave import SAMPLE_RATE
from .renderer import Line, Quad, seat_box

_LOOKS, _AWAY = (40, 150, 60), (150, 150, 150)
_SEAT_BEHIND = 0.05  # m from under the pelvis to the middle of the seat


class Props:
    """Everything that a scene shows frame by frame, computed once."""

    def __init__(self, scene: Scene, utterances: Mapping[str, Any] | None = None) -> None:
        self.scene = scene
        self.bodies = [(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in (0, 1)]
        self.faces = [np.asarray(scene.face[a], np.float32) for a in (0, 1)]
        self.title = f"{scene.seed}  {scene.relationship}" + (f"  {scene.kind}" if scene.kind else "")
        self._posed = bodies_of(scene)
        self._looking = [looks_at_partner(self._posed[a], self._posed[1 - a], scene.face[a]) for a in (0, 1)]
        self._lines = [eye_line(self._posed[a], scene.face[a]) for a in (0, 1)]
        self._seats = [_seats(scene, a) for a in (0, 1)]
        self._utterances = utterances or {}

    def at(self, frame: int) -> tuple[Sequence[Quad], Sequence[Line]]:
        """Return seats in use, lines of gaze (green on the partner's face, else grey), a red tick above a speaker."""
        quads = [quad for seats in self._seats for first, last, box in seats if first <= frame < last for quad in box]
        lines = []
        for actor, body in enumerate(self._posed):
            head = INDEX["head"]
            eyes = body.positions[frame, head] + rot.rotate(body.world[frame, head], np.array(EYES) * body.size)
            lines.append(
                Line(eyes, eyes + 0.55 * self._lines[actor][frame], _LOOKS if self._looking[actor][frame] else _AWAY)
            )
            if self.speaks(actor, frame):
                above = body.positions[frame, head] + np.array([0.0, 0.0, 0.27 * body.size])
                lines += [Line(above, above + np.array([0.0, 0.0, 0.06]), (200, 30, 30))] * 2
        return quads, lines

    def speaks(self, actor: int, frame: int) -> bool:
        """Return whether an actor speaks."""
        return bool(self.scene.prosody[actor, frame, VOICE_ACTIVITY] > 0.5)

    def short(self, frame: int) -> str:
        """Return labels, a star on a speaker, and gestures under way."""
        texts = []
        for actor in (0, 1):
            star = "*" if self.speaks(actor, frame) else ""
            texts.append(f"{self._label(actor, frame, 2)}{star} {self._gesture(actor, frame)}".rstrip())
        return "  ".join(texts)

    def long(self, frame: int) -> list[str]:
        """Return for each actor label, emotion, gesture, and the current word in its sentence."""
        shown = (self._label, self._emotion, self._gesture, self._words)
        return ["  ".join(text(actor, frame) for text in shown) for actor in (0, 1)]

    def _label(self, actor: int, frame: int, letters: int | None = None) -> str:
        return f"{'AB'[actor]} {ACTION_LABELS[int(self.scene.labels[actor, frame])][:letters]}"

    def _emotion(self, actor: int, frame: int) -> str:
        time = frame / FPS
        spans = [f for f in self.scene.emotions[actor] if f.start <= time]
        return f"{spans[-1].emotion} {spans[-1].intensity:.1f}" if spans else ""

    def _gesture(self, actor: int, frame: int) -> str:
        time = frame / FPS
        for gesture in self.scene.gestures:
            if gesture["actor"] == actor and "start" in gesture and gesture["start"] <= time <= gesture["end"]:
                stroke = gesture["stroke_start"] <= time <= gesture["stroke_end"]
                return f"[{gesture['kind']} {gesture['hand'][0]}{'!' if stroke else ''}]"
        return ""

    def _words(self, actor: int, frame: int) -> str:
        time = frame / FPS
        for spoken in self.scene.utterances[actor]:
            utterance = self._utterances.get(spoken.id)
            if utterance is None or not spoken.start <= time <= spoken.start + utterance.duration:
                continue
            words = [
                (text.upper() if spoken.start + start <= time < spoken.start + end else text)
                for text, start, end in utterance.words
            ]
            ends = (k for k, (_, _, end) in enumerate(utterance.words) if spoken.start + end >= time)
            now = next(ends, len(words) - 1)
            return " ".join(words[max(0, now - 5) : now + 6])
        return ""


def scene_sound(scene: Scene, utterances: Mapping[str, Any], start: float, seconds: float) -> NDArray[np.float32]:
    """Return both voices of a stretch of a scene mixed (N,) at 16 kHz; utterances without a wave are silent."""
    mix = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for spoken in (u for actor in scene.utterances for u in actor):
        utterance = utterances.get(spoken.id)
        if utterance is None or utterance.wave is None:
            continue
        wave = np.asarray(utterance.wave, np.float32) * (spoken.gain / 32768.0)
        first = round((spoken.start - start) * SAMPLE_RATE)
        wave, first = wave[max(0, -first) :], max(0, first)
        wave = wave[: max(0, len(mix) - first)]
        mix[first : first + len(wave)] += wave
    return mix


def _seats(scene: Scene, actor: int) -> list[tuple[int, int, list[Quad]]]:
    """Return (first frame, last frame, box) of each time that an actor sits, with 2 s before and after."""
    seated = scene.labels[actor] == ACTION_LABELS.index("sit")
    seats = []
    for first, last in runs_of(seated):
        root, turn = scene.root_positions[actor, first:last], scene.rotations[actor, first:last, 0]
        lowest = root[:, 2] < np.median(root[:, 2]) + 0.05
        heading = float(heading_of(rot.normalize(np.mean(rot.continuous(turn)[lowest], axis=0))))
        back = -_SEAT_BEHIND * facing(heading)
        box = seat_box(np.median(root[lowest, :2], axis=0) + back, heading, float(scene.seat_height[actor]))
        seats.append((first - 2 * FPS, last + 2 * FPS, box))
    return seats
