"""What talkers and listeners do beside moving: silences, laughs shared, nods by attitude, shifts of posture, bursts and
rests of the hands, settling on a seat, breath.

``TalkBehaviour.add`` takes a scene with its bodies; ``add_clip`` the parts that a captured clip can show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX
from ..common.arrays import Array
from ..common.masks import expanded, runs_of
from ..contract import FPS
from ..datasets.scene import Scene
from ..planning.motion_labels import SIT, WALK
from ..speech.prosody import VOICE_ACTIVITY
from .body_motion import BodyMotion
from .nods import nods_of

SILENCES = (5.0, 62.0)  # s
_ANSWERED = 1.5  # s in which the other begins to laugh too
_SHIFT, _SHIFT_APART = 0.016, 2.0  # m/s of the trunk over the feet, slow part; s
_AT_END = 1.5  # s about the end of a turn
_BREATH = (0.15, 0.45)  # Hz
_STILL = 0.02  # m/s of the joints on average; who moves more shows no breath
_STRESSED = 0.25  # s before and after a stress
_RESTING, _REST_FRAMES = 0.06, 10  # m/s of a hand against the chest, on average over so many frames
_BACK_WITHIN = 1.2  # s after a gesture in which its hands come to rest
_SETTLING, _SETTLED = (0.7, 3.2), 6.0  # s after landing
_TILTED = np.radians(4.0)  # of the head to a side
_ARRIVES = 0.12  # m/s; trunks of bodies that step are no shifts of posture
_FRIENDLY = 0.3  # valence and warmth together, beyond which an attitude is friendly, or unfriendly


class TalkBehaviour:
    """Counts and samples over any number of scenes or clips."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = defaultdict(float)
        self._samples: dict[str, list[Array]] = defaultdict(list)

    def add(self, scene: Scene, bodies: Sequence[BodyMotion], attitudes: Sequence[Array]) -> None:
        """Add a scene; ``attitudes``: of each actor (T,) how it feels about the talk and the other, about -1..1."""
        active = scene.prosody[:, :, VOICE_ACTIVITY] > 0.5
        silent = np.zeros(scene.frames, bool)
        for first, last in runs_of(~active.any(axis=0)):
            if SILENCES[0] <= (last - first) / FPS <= SILENCES[1]:
                silent[first:last] = True
                self._sums["silences"] += 1
        self._sums["minutes"] += scene.duration / 60.0
        self._sums["silent_minutes"] += float(silent.sum()) / FPS / 60.0
        ends = _turn_ends(active)
        for actor, body in enumerate(bodies):
            listens = active[1 - actor] & ~active[actor]
            self._add_laughs(scene, actor, body)
            self._add_heads(body, listens, attitudes[actor])
            self._add_shifts(body, ends)
            self._add_hands(scene, actor, body, active[actor])
            self._add_breath(body)
            self._add_settling(body)
            if scene.gaze.shape[1] == scene.frames:
                self._samples["gaze_silent"].append(scene.gaze[actor][silent])
                self._samples["gaze_talking"].append(scene.gaze[actor][~silent])

    def add_clip(self, body: BodyMotion, listens: bool) -> None:
        """Add a captured clip: what shows without a scene."""
        self._add_heads(body, np.full(body.frames, listens), np.zeros(body.frames))
        self._add_shifts(body, np.zeros(0))
        self._add_breath(body)
        self._add_settling(body)

    def _add_laughs(self, scene: Scene, actor: int, body: BodyMotion) -> None:
        mine, theirs = scene.laughs[actor], scene.laughs[1 - actor]
        chest = body.world[:, INDEX["spine3"]]
        turning = np.degrees(_speed_of_turns(chest))
        laughing = np.zeros(body.frames, bool)
        for start, end in mine:
            laughing[max(0, int(start * FPS)) : int((end + 0.5) * FPS)] = True
            self._sums["laughs"] += 1
            self._sums["laughs_shared"] += any(a < end + _ANSWERED and b > start - _ANSWERED for a, b in theirs)
        going = body.labels == WALK
        self._samples["trunk_laughing"].append(turning[laughing & ~going])
        self._samples["trunk_else"].append(turning[~laughing & ~going])

    def _add_heads(self, body: BodyMotion, listens: NDArray[np.bool_], attitude: Array) -> None:
        where = listens & (body.labels != WALK)
        times, dips = nods_of(body.world[:, INDEX["head"]])
        frames = np.minimum((times * FPS).astype(int), body.frames - 1)
        counted = where[frames]
        self._samples["dips"].append(dips[counted])
        for name, friendly in (("friendly", attitude > _FRIENDLY), ("unfriendly", attitude < -_FRIENDLY)):
            self._sums[f"nods_{name}"] += float((counted & friendly[frames]).sum())
            self._sums[f"minutes_{name}"] += float((where & friendly).sum()) / FPS / 60.0
        if where.sum() > FPS:
            roll = _roll(body.world[:, INDEX["head"]])
            self._samples["tilted"].append((np.abs(roll - np.median(roll[where])) > _TILTED)[where])

    def _add_shifts(self, body: BodyMotion, ends: Array) -> None:
        """Count slow moves of the trunk over the feet of a body that stays where it is."""
        feet = body.positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]]].mean(axis=1)
        trunk = gaussian_filter1d((body.positions[:, INDEX["spine3"]] - feet).astype(np.float64), 0.35 * FPS, axis=0)
        speed = np.linalg.norm(np.gradient(trunk, axis=0), axis=-1) * (FPS / body.size)
        stepping = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * FPS > _ARRIVES
        stays = ~expanded((body.labels == WALK) | stepping, FPS)
        peaks = find_peaks(speed, height=_SHIFT, prominence=0.5 * _SHIFT, distance=round(_SHIFT_APART * FPS))[0]
        peaks = peaks[stays[peaks]]
        near = np.zeros(body.frames, bool)
        for end in ends:
            near[max(0, int((end - 0.5) * FPS)) : int((end + _AT_END) * FPS)] = True
        self._sums["shifts"] += len(peaks)
        self._sums["stay_minutes"] += float(stays.sum()) / FPS / 60.0
        self._sums["shifts_at_ends"] += float(near[peaks].sum())
        self._sums["at_ends"] += float((near & stays).sum())
        self._sums["stay_frames"] += float(stays.sum())

    def _add_hands(self, scene: Scene, actor: int, body: BodyMotion, speaks: NDArray[np.bool_]) -> None:
        speed = body.hand_speed.max(axis=1)
        talking = expanded(speaks, FPS // 3) & (body.labels != WALK)
        stressed = np.zeros(body.frames, bool)
        for time in scene.stresses[actor]:
            stressed[max(0, int((time - _STRESSED) * FPS)) : int((time + _STRESSED) * FPS)] = True
        self._samples["hands_stressed"].append(speed[talking & stressed])
        self._samples["hands_unstressed"].append(speed[talking & ~stressed])
        # Where a hand is at rest: slow for a third of a second.
        calm = uniform_filter1d(body.hand_speed, _REST_FRAMES, axis=0, mode="nearest") < _RESTING * body.size
        own = sorted((g for g in scene.gestures if g["actor"] == actor), key=lambda g: g["start"])
        for k, gesture in enumerate(own):
            end = round(gesture["end"] * FPS)
            alone = all(abs(other["start"] - gesture["end"]) > 1.5 for other in own[k + 1 : k + 3])
            after = slice(end, end + round(_BACK_WITHIN * FPS))
            if alone and after.stop < body.frames and (body.labels[after] != WALK).all():
                hands = {"left": [0], "right": [1]}.get(str(gesture["hand"]), [0, 1])
                self._samples["returns"].append(np.array([calm[after][:, hands].all(axis=1).any()]))

    def _add_breath(self, body: BodyMotion) -> None:
        """Add the chest's pitch against the pelvis in the band of breath, of bodies that stay where they are."""
        if body.frames < 8 * FPS:
            return
        band = butter(2, _BREATH, "bandpass", fs=FPS, output="sos")
        chest = rot.multiply(rot.conjugate(body.world[:, 0]), body.world[:, INDEX["spine3"]])
        pitch = np.degrees(sosfiltfilt(band, rot.to_axis_angle(rot.continuous(chest))[:, 0].astype(np.float64)))
        speed = np.linalg.norm(np.gradient(body.positions, axis=0), axis=-1).mean(axis=1) * (FPS / body.size)
        calm = ~expanded(uniform_filter1d(speed, 5, mode="nearest") > _STILL, FPS // 2)
        self._samples["breath"].append(np.abs(pitch[calm]))

    def _add_settling(self, body: BodyMotion) -> None:
        """Add how fast the trunk moves shortly after the body has sat down, and later."""
        speed = np.linalg.norm(np.gradient(body.positions[:, INDEX["spine3"]], axis=0), axis=-1) * (FPS / body.size)
        for first, last in runs_of(body.labels == SIT):
            if first == 0 or last - first < (_SETTLED + 2.0) * FPS:
                continue
            landed = first + round(1.0 * FPS)  # the label changes as the body goes down
            self._samples["settling"].append(
                speed[landed + round(_SETTLING[0] * FPS) : landed + round(_SETTLING[1] * FPS)]
            )
            self._samples["settled"].append(speed[first + round(_SETTLED * FPS) : last - FPS])

    def values(self, name: str) -> Array:
        """Return all samples (N,) of ``name``."""
        return np.concatenate(self._samples[name]) if self._samples.get(name) else np.zeros(0)

    def _mean(self, name: str) -> float:
        values = self.values(name)
        return float(values.mean()) if len(values) else float("nan")

    def figures(self) -> dict[str, float]:
        """Return the figure of each row of ``targets.TALK_BEHAVIOUR``, NaN where nothing was measured."""
        sums = self._sums

        def ratio(part: float, whole: float) -> float:
            return float(part / whole) if whole else float("nan")

        dips = self.values("dips")
        chance = ratio(sums["at_ends"], sums["stay_frames"])
        return {
            "silences_an_hour": ratio(60.0 * sums["silences"], sums["minutes"]),
            "silent_share": ratio(sums["silent_minutes"], sums["minutes"]),
            "gaze_silent": ratio(self._mean("gaze_silent"), self._mean("gaze_talking")),
            "laughs_a_minute": ratio(sums["laughs"], 2.0 * sums["minutes"]),
            "laughs_shared": ratio(sums["laughs_shared"], sums["laughs"]),
            "trunk_laughing": ratio(self._mean("trunk_laughing"), self._mean("trunk_else")),
            "multiple_nods": float((dips > 1).mean()) if len(dips) else float("nan"),
            "nods_friendly": ratio(sums["nods_friendly"], sums["minutes_friendly"]),
            "nods_unfriendly": ratio(sums["nods_unfriendly"], sums["minutes_unfriendly"]),
            "tilted": self._mean("tilted"),
            "shifts_a_minute": ratio(sums["shifts"], sums["stay_minutes"]),
            "shifts_at_ends": ratio(ratio(sums["shifts_at_ends"], sums["shifts"]), chance) if chance else float("nan"),
            "hands_stressed": ratio(self._mean("hands_stressed"), self._mean("hands_unstressed")),
            "returns": self._mean("returns"),
            "settling": ratio(self._mean("settling"), self._mean("settled")),
            "breath": self._mean("breath"),
        }


def _turn_ends(active: NDArray[np.bool_]) -> Array:
    """Return the seconds at which one stops speaking and the other goes on, or nobody does, from activity (2, T)."""
    ends = []
    for actor in (0, 1):
        for _, last in runs_of(expanded(active[actor], FPS // 4)):
            time = last - FPS // 4
            if time < active.shape[1] - FPS and not active[actor, time + 2 : time + FPS].any():
                ends.append(time / FPS)
    return np.sort(np.array(ends))


def _speed_of_turns(turns: Array) -> Array:
    """Return the angular speed (T,) in rad/s of quaternions (T, 4)."""
    cosine = np.abs(np.sum(turns[1:] * turns[:-1], axis=-1, dtype=np.float64))
    return np.pad(2.0 * np.arccos(np.clip(cosine, 0.0, 1.0)) * FPS, (1, 0), mode="edge")


def _roll(head: Array) -> Array:
    """Return the tilt (T,) in radians of world quaternions (T, 4) to the side."""
    left = rot.rotate(head, np.array([1.0, 0.0, 0.0]))
    return np.arcsin(np.clip(left[:, 2], -1.0, 1.0))
