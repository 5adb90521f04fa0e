"""The clips of a split as base motion: each is retargeted once to each body, over all scenes of a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.feet import detect_contacts
from ...body_model.skeleton import INDEX, Skeleton
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from .base_motion import Motion, body_positions, pose_features
from .retargeting import retarget

# The hip joints of a seated body lie about 9 cm above the seat at a pelvis height of 1 m.
HIPS_ABOVE_SEAT = 0.09
# Sizes of bodies relative to a performer: few, so that retargeted clips serve many scenes.
BODY_SIZES = (0.93, 0.965, 1.0, 1.035, 1.07)
_MOST_KEPT = 100_000_000  # bytes of retargeted legs; beyond, those of the bodies used longest ago are forgotten
_LEGS = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("hip", "knee", "ankle")]
_TREMBLING = 0.03  # m/s of the wrists; in calmer clips the jitter of the capture shows
_ROUGH = 100.0  # m/s^3, mean jerk of the pelvis; most captured walks have 40 to 80, some old ones twice that


@dataclass(frozen=True)
class _Source:
    """A clip or its mirror image, ready to be retargeted."""

    root: FloatArray
    rotations: FloatArray
    skeleton: Skeleton
    contacts: NDArray[np.bool_]
    features: FloatArray


class ClipBank:
    """The clips by their short names. Whatever several scenes use is computed once, when first needed."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self._clips = {short_name(clip.name): clip for clip in clips}
        self._sources: dict[tuple[str, bool], _Source] = {}
        self._hand_speeds: dict[str, float] = {}
        self._bodies: OrderedDict[bytes, dict[tuple[str, bool], tuple[FloatArray, FloatArray]]] = OrderedDict()
        self._kept_bytes = 0
        self.kept: dict[tuple[object, ...], object] = {}  # a cache for results that depend on clips alone, by key

    def names(self, *starts: str) -> list[str]:
        """Return the names of the clips that begin with one of ``starts``, sorted."""
        return sorted(name for name in self._clips if name.startswith(starts))

    def tagged(self, *tags: str, without: Sequence[str] = ()) -> list[str]:
        """Return the names of the clips with all ``tags`` and none of those in ``without``, nor 'left_out', sorted."""
        shunned = {"left_out", *without}
        return sorted(n for n, c in self._clips.items() if set(tags) <= set(c.tags) and not shunned & set(c.tags))

    def clip(self, name: str) -> Clip:
        return self._clips[name]

    def hand_speed(self, name: str) -> float:
        """Return the mean speed of the wrists in m/s."""
        if name not in self._hand_speeds:
            clip = self._clips[name]
            positions = body_positions(clip.root_positions, clip.rotations, clip.skeleton)
            wrists = positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]]
            self._hand_speeds[name] = float(np.linalg.norm(np.diff(wrists, axis=0), axis=-1).mean() * FPS)
        return self._hand_speeds[name]

    def source(self, name: str, mirrored: bool) -> _Source:
        key = (name, mirrored)
        if key not in self._sources:
            clip = self._clips[name].mirrored() if mirrored else self._clips[name]
            root, rotations = clip.root_positions, clip.rotations
            width = 2.0 if self.hand_speed(name) < _TREMBLING else 1.0 if root_jerk(clip) > _ROUGH else 0.0
            if width:
                root = gaussian_filter1d(root, width, axis=0, mode="nearest")
                rotations = rot.normalize(gaussian_filter1d(rotations, width, axis=0, mode="nearest")).astype(
                    np.float32
                )
            contacts = detect_contacts(root, rotations, clip.skeleton)
            features = pose_features(Motion(root, rotations, contacts), clip.skeleton)
            self._sources[key] = _Source(root, rotations, clip.skeleton, contacts, features)
        return self._sources[key]

    def features(self, name: str, mirrored: bool) -> FloatArray:
        """Return the pose features (T, 49) of the clip, the same for every body."""
        return self.source(name, mirrored).features

    def motion(self, name: str, mirrored: bool, skeleton: Skeleton, seat: float | None = None) -> Motion:
        """Return the clip on ``skeleton``; ``seat`` is the height (m) of its pelvis while seated."""
        source = self.source(name, mirrored)
        if seat is not None:  # heights differ by scene: not worth caching
            wanted = (seated_height(self._clips[name]), seat)
            root, rotations = retarget(source.root, source.rotations, source.skeleton, skeleton, wanted)
            return Motion(root, rotations, source.contacts, source.features)
        kept = self._body(skeleton)
        if (name, mirrored) not in kept:
            root, rotations = retarget(source.root, source.rotations, source.skeleton, skeleton)
            kept[name, mirrored] = root, np.ascontiguousarray(rotations[:, _LEGS])
            self._kept_bytes += sum(array.nbytes for array in kept[name, mirrored])
        root, legs = kept[name, mirrored]
        rotations = source.rotations.copy()
        rotations[:, _LEGS] = legs
        return Motion(root, rotations, source.contacts, source.features)

    def _body(self, skeleton: Skeleton) -> dict[tuple[str, bool], tuple[FloatArray, FloatArray]]:
        key = skeleton.offsets.tobytes()
        if key not in self._bodies:
            while self._kept_bytes > _MOST_KEPT and self._bodies:
                _, forgotten = self._bodies.popitem(last=False)
                self._kept_bytes -= sum(array.nbytes for arrays in forgotten.values() for array in arrays)
            self._bodies[key] = {}
        self._bodies.move_to_end(key)
        return self._bodies[key]


class ClipSet:
    """The bank's clips on one actor's bones, on a seat of ``seat_height`` metres, played ``speed`` (about 1) times as
    fast.

    Every motion starts at the origin with heading 0.
    """

    def __init__(self, bank: ClipBank, skeleton: Skeleton, seat_height: float, speed: float) -> None:
        self.bank, self.skeleton, self.speed = bank, skeleton, speed
        self.seated_pelvis = (
            seat_height + HIPS_ABOVE_SEAT * skeleton.pelvis_height - float(skeleton.offsets[INDEX["left_hip"], 2])
        )
        self._motions: dict[tuple[str, bool, float], Motion] = {}

    def names(self, *starts: str) -> list[str]:
        return self.bank.names(*starts)

    def clip(self, name: str) -> Clip:
        return self.bank.clip(name)

    def hand_speed(self, name: str) -> float:
        return self.bank.hand_speed(name)

    def motion(self, name: str, mirrored: bool = False, rate: float = 1.0) -> Motion:
        """Return the clip, ``rate`` times as fast as this actor's usual speed."""
        key = (name, mirrored, round(rate * self.speed, 2))
        if key not in self._motions:
            seat = self.seated_pelvis if "sit" in name else None
            self._motions[key] = self.bank.motion(name, mirrored, self.skeleton, seat).resampled(key[2])
        return self._motions[key]


def short_name(name: str) -> str:
    """'static__f_idle_neutral_01' or 'rocketbox/f_idle_neutral_01' -> 'f_idle_neutral_01'."""
    return name.rsplit("/", 1)[-1].rsplit("__", 1)[-1]


def root_jerk(clip: Clip) -> float:
    """Return the mean size of the third derivative of the pelvis in m/s^3."""
    return float(np.linalg.norm(np.diff(clip.root_positions, 3, axis=0), axis=-1).mean()) * FPS**3


def hardest(clip: Clip) -> float:
    """Return the largest acceleration of the pelvis in m/s^2."""
    return float(np.linalg.norm(np.diff(clip.root_positions, 2, axis=0), axis=-1).max()) * FPS**2


def seated_height(clip: Clip) -> float:
    """Return the height (m) of the pelvis while seated: at the lower end of the clip."""
    return float(min(clip.root_positions[0, 2], clip.root_positions[-1, 2]))
