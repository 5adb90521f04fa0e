"""What is drawn and heard beside the two bodies of a composed scene: seats, gaze, words, feelings, gestures, voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, Skeleton, heading_of
from ..contract import ACTION_LABELS, FPS
from ..datasets.scene import Scene
from ..metrics.scene_measures import EYES, bodies_of, eye_line, looks_at_partner
from ..speech.prosody import VOICE_ACTIVITY
from .renderer import Line, Quad, seat_box

SAMPLE_RATE = 16000
_LOOKS, _AWAY = (40, 150, 60), (150, 150, 150)
_SEAT_BEHIND = 0.05  # m from under the pelvis to the middle of the seat


class Props:
    """All of a scene that is asked for frame by frame, worked out once."""

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
        """Seats in use and where each looks: green on the partner's face, grey elsewhere; a red tick above who speaks."""
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
        return bool(self.scene.prosody[actor, frame, VOICE_ACTIVITY] > 0.5)

    def short(self, frame: int) -> str:
        """Labels, a star on who speaks, and gestures under way."""
        return "  ".join(
            f"{'AB'[a]} {ACTION_LABELS[int(self.scene.labels[a, frame])][:2]}{'*' if self.speaks(a, frame) else ''} {self._gesture(a, frame)}".rstrip()
            for a in (0, 1)
        )

    def long(self, frame: int) -> list[str]:
        """For each actor: label, feeling, gesture, and the word that is being said in its sentence."""
        return [
            f"{'AB'[a]} {ACTION_LABELS[int(self.scene.labels[a, frame])]}  {self._feeling(a, frame)}  {self._gesture(a, frame)}  {self._words(a, frame)}"
            for a in (0, 1)
        ]

    def _feeling(self, actor: int, frame: int) -> str:
        time = frame / FPS
        felt = [f for f in self.scene.emotions[actor] if f.start <= time]
        return f"{felt[-1].emotion} {felt[-1].intensity:.1f}" if felt else ""

    def _gesture(self, actor: int, frame: int) -> str:
        time = frame / FPS
        for gesture in self.scene.gestures:
            if gesture["actor"] == actor and "start" in gesture and gesture["start"] <= time <= gesture["end"]:
                stroke = gesture["stroke_start"] <= time <= gesture["stroke_end"]
                return f"[{gesture['kind']} {gesture['hand'][0]}{'!' if stroke else ''}]"
        return ""

    def _words(self, actor: int, frame: int) -> str:
        time = frame / FPS
        for said in self.scene.utterances[actor]:
            utterance = self._utterances.get(said.id)
            if utterance is None or not said.start <= time <= said.start + utterance.duration:
                continue
            words = [
                (text.upper() if said.start + start <= time < said.start + end else text)
                for text, start, end in utterance.words
            ]
            now = next((k for k, (_, _, end) in enumerate(utterance.words) if said.start + end >= time), len(words) - 1)
            return " ".join(words[max(0, now - 5) : now + 6])
        return ""


def scene_sound(scene: Scene, utterances: Mapping[str, Any], start: float, seconds: float) -> NDArray[np.float32]:
    """Both voices of a stretch of a scene, mixed, (N,) at 16 kHz; utterances without a wave are silent."""
    mix = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for said in (u for actor in scene.utterances for u in actor):
        utterance = utterances.get(said.id)
        if utterance is None or utterance.wave is None:
            continue
        wave = np.asarray(utterance.wave, np.float32) * (said.gain / 32768.0)
        first = round((said.start - start) * SAMPLE_RATE)
        wave, first = wave[max(0, -first) :], max(0, first)
        wave = wave[: max(0, len(mix) - first)]
        mix[first : first + len(wave)] += wave
    return mix


def _seats(scene: Scene, actor: int) -> list[tuple[int, int, list[Quad]]]:
    """(first frame, last frame, box) of each spell of sitting, a little more than the label says."""
    seated = scene.labels[actor] == ACTION_LABELS.index("sit")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seated, [False]]).astype(np.int8)))
    seats = []
    for first, last in list(pairwise(edges.tolist()))[::2]:
        root, turn = scene.root_positions[actor, first:last], scene.rotations[actor, first:last, 0]
        lowest = root[:, 2] < np.median(root[:, 2]) + 0.05
        heading = float(heading_of(rot.normalize(np.mean(rot.continuous(turn)[lowest], axis=0))))
        back = _SEAT_BEHIND * np.array([-np.sin(heading), np.cos(heading)])
        box = seat_box(np.median(root[lowest, :2], axis=0) + back, heading, float(scene.seat_height[actor]))
        seats.append((first - 2 * FPS, last + 2 * FPS, box))
    return seats
