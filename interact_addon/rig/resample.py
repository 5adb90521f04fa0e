"""Resampling from the runtime's 30 fps to the scene's frame rate. No Blender here."""

from __future__ import annotations

import numpy as np

from ..runtime_api import Array, contract
from ..runtime_api import rotations as rot

_CURVE = {name: index for index, name in enumerate(contract.ARKIT_NAMES)}
# The curves of the mouth and those of a blink: each group is sampled at the same moments.
_MOUTH = [
    index for name, index in _CURVE.items() if name.startswith(("jaw", "mouth", "tongue", "cheekPuff", "noseSneer"))
]
_LIDS = [_CURVE["eyeBlinkLeft"], _CURVE["eyeBlinkRight"]]
# How far each curve parts the lips, in units of jawOpen, on the ICT face (Li et al. 2020, "Learning Formation of
# Physically-Based Face Attributes"); a name without its side stands for both sides.
_PARTING = {
    "jawOpen": 1.0, "mouthClose": -1.2, "mouthFunnel": 0.39, "mouthPucker": -0.04,
    "mouthRollLower": -0.1, "mouthRollUpper": 0.06, "mouthShrugLower": -0.21, "mouthShrugUpper": 0.16,
    "mouthPress": -0.04, "mouthLowerDown": 0.1, "mouthUpperUp": 0.11, "noseSneer": 0.1,
}  # fmt: skip
_SHUT, _NEARLY_SHUT = 0.008, 0.1  # lip opening in those units
_ON_THE_TEETH = 0.12  # mouthRollLower of an f or v
_BLINK = 0.3  # eyeBlink at the peak of a blink


def scene_frame_count(frames: int, fps: float) -> int:
    """Return the number of scene frames that ``frames`` at 30 fps cover, the first included."""
    return int((frames - 1) / contract.FPS * fps + 1e-4) + 1


def resample_body(root_positions: Array, rotations: Array, fps: float, count: int) -> tuple[Array, Array]:
    """Resample (T, 3) positions by a cubic spline and (T, 52, 4) rotations by slerp to ``count`` frames at ``fps``."""
    if abs(fps - contract.FPS) < 1e-6:
        return root_positions[:count], rotations[:count]
    before, part = _between(_moments(len(root_positions), fps, count), len(root_positions))
    after = np.minimum(before + 1, len(root_positions) - 1)
    turned = rot.slerp(rotations[before], rotations[after], np.broadcast_to(part[:, None], (count, rotations.shape[1])))
    return _catmull_rom(root_positions, before, part), turned


def resample_face(face: Array, fps: float, count: int) -> Array:
    """Resample (T, 52) at 30 fps linearly to (count, 52) at ``fps``, keeping every lip closure and blink.

    Plain interpolation would lose a closure between two scene frames. So the nearest scene frame samples exactly that
    moment, for all curves of the mouth (or both lids) at once, and its neighbours move in time with it: every sampled
    mouth is one that occurs in the input.
    """
    if abs(fps - contract.FPS) < 1e-6:
        return face[:count]
    moments = _moments(len(face), fps, count)
    result = _at(face, moments)
    for columns, pins in ((_MOUTH, _mouth_pins(face, fps, count)), (_LIDS, _blink_pins(face[:, _LIDS], fps, count))):
        result[:, columns] = _at(face[:, columns], _pinned(moments, pins))
    return result


def _lip_opening(face: Array) -> Array:
    """Return the distance (T,) of the lips in units of jawOpen, at most about 0 where they touch."""
    weights = np.zeros(len(contract.ARKIT_NAMES))
    for name, weight in _PARTING.items():
        weights[[_CURVE[name]] if name in _CURVE else [_CURVE[name + "Left"], _CURVE[name + "Right"]]] = weight
    return face @ weights


def _mouth_pins(face: Array, fps: float, count: int) -> dict[int, int]:
    """Map scene frames to the frame they must show: lips that meet or nearly do, the lower lip on the teeth (f, v)."""
    opening, roll = _lip_opening(face), face[:, _CURVE["mouthRollLower"]]
    closing = face[:, _CURVE["mouthClose"]] - face[:, _CURVE["jawOpen"]]
    near = (_peaks(-opening) | _peaks(closing)) & (opening <= _NEARLY_SHUT)
    pins = _pins(np.flatnonzero(_ends(opening <= _SHUT) | near), -opening, fps, count)
    for frame in np.flatnonzero(_peaks(roll) & (roll >= _ON_THE_TEETH)).tolist():
        place = _nearest(frame, fps, count)
        if pins.get(place, frame) != frame:  # lips meet there: the teeth are touched right before or after
            place += 1 if frame > pins[place] else -1
        if 0 <= place < count:
            pins.setdefault(place, frame)
    return pins


def _blink_pins(lids: Array, fps: float, count: int) -> dict[int, int]:
    """Map scene frames to the peak of a blink that they must show."""
    blinks = (_peaks(lids[:, 0]) | _peaks(lids[:, 1])) & (lids.max(axis=1) >= _BLINK)
    return _pins(np.flatnonzero(blinks), lids.sum(axis=1), fps, count)


def _pins(frames: Array, weight: Array, fps: float, count: int) -> dict[int, int]:
    """Map the nearest scene frame of each of ``frames`` to it; the largest ``weight`` (T,) wins among several."""
    return {_nearest(frame, fps, count): frame for frame in frames[np.argsort(weight[frames], kind="stable")].tolist()}


def _nearest(frame: int, fps: float, count: int) -> int:
    return min(round(frame / contract.FPS * fps), count - 1)


def _pinned(moments: Array, pins: dict[int, int]) -> Array:
    """Return ``moments`` (count,) with each pinned scene frame at its frame and free neighbours moved half as far.

    Time stays monotonic: no moment is moved as far as the next.
    """
    places = np.array(sorted(pins), int)
    moved, free = np.zeros(len(moments)), np.ones(len(moments), bool)
    moved[places] = [pins[place] - moments[place] for place in places.tolist()]
    for beside in (places - 1, places + 1):
        free[np.clip(beside, 0, len(moments) - 1)] = False
    free[places] = True
    knots = np.flatnonzero(free)
    return moments + np.interp(np.arange(len(moments)), knots, moved[knots])


def _ends(mask: Array) -> Array:
    """Return (T,) bool: the first and the last frame of every run of ``mask`` (T,)."""
    beside = np.pad(mask, 1)
    return mask & ~(beside[:-2] & beside[2:])


def _peaks(values: Array) -> Array:
    """Return (T,) bool: the local maxima of ``values`` (T,); of a plateau its first and last frame."""
    prior, here, later = values[:-2], values[1:-1], values[2:]
    peaks = np.zeros(len(values), bool)
    peaks[1:-1] = ((here > prior) & (here >= later)) | ((here >= prior) & (here > later))
    return peaks


def _moments(frames: int, fps: float, count: int) -> Array:
    """Return the time (count,) of each scene frame, in frames at 30 fps."""
    return np.minimum(np.arange(count) / fps * contract.FPS, frames - 1)


def _between(moments: Array, frames: int) -> tuple[Array, Array]:
    """Return the frame at 30 fps before each moment, and the fraction of the way to the next."""
    before = np.minimum(moments.astype(int), max(frames - 2, 0))
    return before, moments - before


def _at(values: Array, moments: Array) -> Array:
    """Sample ``values`` (T, n) at 30 fps linearly at ``moments`` (count,); returns (count, n)."""
    before, part = _between(moments, len(values))
    after = np.minimum(before + 1, len(values) - 1)
    return values[before] * (1.0 - part[:, None]) + values[after] * part[:, None]


def _catmull_rom(values: Array, before: Array, part: Array) -> Array:
    """Evaluate the cubic spline through ``values`` (T, 3) (Catmull and Rom 1974); returns (count, 3)."""
    last = len(values) - 1
    p0, p1, p2, p3 = (values[np.clip(before + offset, 0, last)].astype(np.float64) for offset in (-1, 0, 1, 2))
    t = part[:, None]
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
