"""Standing: captured idles chosen so that none repeats soon, and single steps."""

from __future__ import annotations

from collections import deque

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, LEG_JOINTS
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from ..script.affect import AffectParameters
from .base_motion import Motion, body_positions
from .clip_bank import ClipSet
from .footing import stretched
from .walking import straightest, style_of

# Names of Rocketbox clips without 'f_' or 'm_'; clips of other sources are found by tags.
CALM = ("idle_breathe", "idle_neutral")
LISTENING = ("gestic_listen_accept", "gestic_listen_deny", "gestic_listen_neutral", *CALM)
LIVELY = (
    "idle_look_around", "idle_move", "idle_scratch_head", "idle_touch_face", "idle_touch_hair",
    "idle_roll_head", "gestic_thoughtful", "idle_shake_leg", *CALM,
)  # fmt: skip
NERVOUS = (
    "idle_nervous",
    "idle_shake_leg",
    "idle_move_leg",
    "idle_finger_nail",
    "idle_touch_face",
    "idle_touch_hair",
    *CALM,
)
_FOREIGN_HANDS = ("scratch", "stretch", "fidget", "hand_on_hip", "fight", "step", "self_adaptor")
_OTHER_SOURCES = ("smartbody", "hifi")
_SECONDS, _CALM_SECONDS = (4.0, 15.0), (8.0, 24.0)  # of one clip; people stand still for long
_CALM_WORDS = ("breathe", "neutral")
_ABREAST = 0.08  # m fore and aft; further apart, one stands with a foot forward
_LISTENS_CALMLY = 0.8  # of the idles of a listener only stand and breathe
LONGEST_STEP = 0.30  # m; a longer step would be a walk


class Idles:
    """The captured idles of one actor; the latest are remembered and avoided."""

    def __init__(self, clips: ClipSet, style: str, rng: np.random.Generator) -> None:
        self._clips, self._style, self._rng = clips, style, rng
        self._lately: deque[tuple[str, int]] = deque(maxlen=12)  # clip and entry, newest last

    def pool(self, mine: float, theirs: float, affect: AffectParameters) -> list[str]:
        """Return the clip names to draw from: ``mine`` and ``theirs`` are shares of speech in the next seconds."""
        bank = self._clips.bank
        calm = self._names(CALM) + self._others("idle", "stand")
        if mine > 0.3 or (theirs > 0.3 and self._rng.random() < _LISTENS_CALMLY):
            names = calm
        elif theirs > 0.3:
            names = self._names(LISTENING) + self._others("idle", "stand")
        elif affect.arousal > 0.25 and affect.valence < 0.1:
            names = self._names(NERVOUS)
        elif affect.arousal < -0.2 or self._rng.random() < 0.35:
            names = calm
        else:
            names = self._names(LIVELY) + self._others("idle", "stand") + self._others("weight_shift", "stand")
        return sorted(set(names or calm or bank.tagged("idle", "stand") or bank.tagged("stand")))

    def next(self, here: FloatArray | None, names: list[str], seconds: float, rate: float) -> Motion:
        """Return up to ``seconds`` of one of the clips, from the frame that fits the pose features ``here`` (49,) best
        and was not used lately; with None any frame fits.
        """
        rng, bank = self._rng, self._clips.bank
        weights = np.array(
            [np.exp(-8.0 * bank.hand_speed(name)) * min(bank.clip(name).duration, 8.0) for name in names]
        )
        drawn = sorted({str(n) for n in rng.choice(names, 6, p=weights / weights.sum())})
        options: list[tuple[float, str, bool, int]] = []
        for name in drawn:
            frames = bank.clip(name).frames
            entries = np.arange(0, max(1, min(frames - round(1.5 * FPS), int(0.7 * frames))), 4)
            seen = [(0.6 * (1 + k) / len(self._lately), at) for k, (n, at) in enumerate(self._lately) if n == name]
            for mirrored in (False, True):
                cost = rng.uniform(0.0, 0.25, len(entries))
                if here is not None:
                    cost += np.sum((bank.features(name, mirrored)[entries] - here) ** 2, -1)
                for penalty, at in seen:
                    cost += penalty * np.exp(-(((entries - at) / (3.0 * FPS)) ** 2))
                k = int(np.argmin(cost))
                options.append((float(cost[k]), name, mirrored, int(entries[k])))
        _, name, mirrored, entry = min(options)
        motion = self._clips.motion(name, mirrored, rate)
        entry = round(entry / max(bank.clip(name).frames - 1, 1) * (motion.frames - 1))
        stay = rng.uniform(*(_CALM_SECONDS if any(word in name for word in _CALM_WORDS) else _SECONDS))
        length = min(int(seconds * FPS), int(stay * FPS), motion.frames - entry)
        if motion.frames - entry - length < 1.5 * FPS and motion.frames - entry < seconds * FPS:
            length = motion.frames - entry
        self._lately.append((name, entry))
        return motion.slice(entry, entry + max(length, 3))

    def _names(self, starts: tuple[str, ...]) -> list[str]:
        bank = self._clips.bank
        own = bank.names(*(f"{self._style}_{start}" for start in starts))
        return own or bank.names(*(f"{style}_{start}" for style in "fm" for start in starts))

    def _others(self, *tags: str) -> list[str]:
        """Return idles of other sources with the posture of Rocketbox's, so that clips join without a change of
        posture.
        """
        bank = self._clips.bank
        key = ("hanging hands", tags)
        if key not in bank.kept:
            found = [n for n in bank.tagged(*tags, without=_FOREIGN_HANDS) if bank.clip(n).source in _OTHER_SOURCES]
            bank.kept[key] = [n for n in found if bank.clip(n).duration > 3.5 and _plain(bank.clip(n))]
        names: list[str] = bank.kept[key]  # type: ignore[assignment]
        return [n for n in names if style_of(bank, n) in (self._style, "")]


def _plain(clip: Clip) -> bool:
    """Return whether the performer stands with straight legs, feet abreast and hanging hands."""
    middle = slice(clip.frames // 2, clip.frames // 2 + 1)
    pose = body_positions(clip.root_positions[middle], clip.rotations[middle], clip.skeleton)[0]
    hands = pose[[INDEX["left_wrist"], INDEX["right_wrist"]], 2].max() - pose[0, 2]
    feet = pose[[INDEX["left_ankle"], INDEX["right_ankle"]], 1]  # clips begin facing -Y
    return bool(
        hands < -0.065 * clip.skeleton.pelvis_height
        and abs(feet[0] - feet[1]) < _ABREAST
        and straightest(clip.root_positions, clip.rotations, clip.skeleton) > 0.967
    )


def steps(clips: ClipSet, style: str) -> list[tuple[str, bool, FloatArray]]:
    """Return captured single steps: name, mirrored, and their displacement (2,) in metres on this body, x left, -y
    ahead.
    """
    bank, found = clips.bank, []
    for name in bank.tagged("step", without=("walk", "strafe", "idle")):
        way = (
            bank.clip(name).root_positions[-1, :2]
            / bank.clip(name).skeleton.pelvis_height
            * clips.skeleton.pelvis_height
        )
        if 0.1 < float(np.hypot(*way)) < 0.7 and bank.clip(name).duration < 2.6:
            found += [(name, False, way), (name, True, way * np.array([-1, 1]))]
    own = [option for option in found if style_of(bank, option[0]) == style]
    return own or found


def step_towards(clips: ClipSet, style: str, way: FloatArray, rng: np.random.Generator, rate: float) -> Motion | None:
    """Return a captured step along ``way`` (2,), x to the left and -y ahead of the feet, at most ``LONGEST_STEP``.

    None where no captured step has that direction.
    """
    options = []
    for name, mirrored, leads in steps(clips, style):
        straight = float(leads @ way) / float(np.hypot(*leads) * np.hypot(*way))
        if straight > 0.6:
            options.append((1.0 - straight + float(rng.uniform(0.0, 0.15)), name, mirrored, leads))
    if not options:
        return None
    _, name, mirrored, leads = min(options, key=lambda option: option[0])
    size = min(float(np.hypot(*way)), LONGEST_STEP) / float(np.hypot(*leads))
    return stretched(clips.motion(name, mirrored, rate), clips.skeleton, float(np.clip(size, 0.3, 1.4)))


def with_upper_body(legs: Motion, upper: Motion) -> Motion:
    """Combine pelvis and legs of one motion with the rest of another, whose last frame is held where it is shorter."""
    index = np.minimum(np.arange(legs.frames), upper.frames - 1)
    rotations = upper.rotations[index].copy()
    rotations[:, [0, *LEG_JOINTS]] = legs.rotations[:, [0, *LEG_JOINTS]]
    return Motion(legs.root, rot.normalize(rotations).astype(np.float32), legs.contacts)
