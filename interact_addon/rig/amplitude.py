"""How large a take's face, head and gestures are: live, and without a change to any key.

Each curve gets an Envelope modifier. It scales the curve about a baseline: zero for the shapes of a face, and for a
bone its own slow drift, so that arms that lie in the lap stay there and only what moves about it grows or shrinks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, contract, skeleton
from .cast import CastActor
from .channel import bone_path, shape_path
from .curves import curves_of, key_coordinates
from .stretch import sampled

FACE, HEAD, GESTURES = "face", "head", "gestures"
AMPLITUDES = (FACE, HEAD, GESTURES)
LEAST, MOST = 0.1, 2.0  # below the least nothing would be left to scale back
AMPLITUDES_OF_ACTION = "interact_amplitudes"  # custom property of a take's action
_EVERY = 1.0  # seconds between two points of a baseline
_DRIFT = 1.0  # seconds: the standard deviation of the Gaussian that takes the movement out of a curve
_AS_WRITTEN = 0.005  # an amplitude this close to 1 changes nothing
_NAME = "InterAct Amplitude"
_ARMS = frozenset(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist"))
_FINGERS = frozenset(joint for side in ("left", "right") for joint in skeleton.HAND_JOINTS[side])
# Larger, these would miss the partner's eyes; smaller, lids would not close.
_EYES = frozenset(
    column for column, name in enumerate(contract.ARKIT_NAMES) if name.startswith(("eyeLook", "eyeBlink"))
)


def curve_paths(character: CastActor, amplitude: str) -> dict[str, bool]:
    """Return the paths of the bones and shapes that an amplitude scales; true where the baseline is zero."""
    if amplitude == FACE:
        shapes = {
            shape_path(shape): True
            for mesh in character.faces
            for shape, weights in zip(mesh.shapes, mesh.weights)
            if not _EYES & set(np.flatnonzero(weights).tolist())
        }
        bones = [bone.bone for bone in character.face_bones if not _EYES & bone.arkit_columns]
        return shapes | dict.fromkeys(map(bone_path, bones), False)
    joints = {"neck", "head"} if amplitude == HEAD else _ARMS | _FINGERS
    return {bone_path(drive.bone): False for drive in character.rig.drives if drive.joint in joints}


def stored_amplitude(action: bpy.types.Action, which: str) -> float:
    """Return one of ``AMPLITUDES`` of an action as it was last set."""
    stored = action.get(AMPLITUDES_OF_ACTION)
    return float(stored.get(which, 1.0)) if stored is not None else 1.0


def is_scaled(action: bpy.types.Action) -> bool:
    """Return whether any amplitude of an action is not 1."""
    return any(abs(stored_amplitude(action, which) - 1.0) > _AS_WRITTEN for which in AMPLITUDES)


def set_amplitude(
    action: bpy.types.Action, which: str, paths: Mapping[str, bool], amplitude: float, rate: float
) -> None:
    """Scale the curves at ``paths`` (of ``curve_paths``) by ``amplitude``; 1 leaves them without a modifier.

    ``which`` of ``AMPLITUDES`` it is. ``rate``: frames a second.
    """
    stored = action.get(AMPLITUDES_OF_ACTION)
    action[AMPLITUDES_OF_ACTION] = {**(stored.to_dict() if stored is not None else {}), which: amplitude}
    for curve, from_zero in _curves(action, paths):
        _remove(curve)
        if abs(amplitude - 1.0) > _AS_WRITTEN and len(curve.keyframe_points):
            _scale(curve, amplitude, from_zero, rate)


def amplitude_of(curve: bpy.types.FCurve, frames: Array) -> tuple[float, Array] | None:
    """Return by what a curve is scaled, and about which baseline (N,) at ``frames`` (N,); None if it is not."""
    modifier = next((one for one in curve.modifiers if _is_ours(one)), None)
    if modifier is None or not len(modifier.control_points):
        return None
    points = np.array([(point.frame, point.min, point.max) for point in modifier.control_points])
    amplitude = 0.5 * float(points[0, 2] - points[0, 1])
    baseline = (0.5 * (points[:, 1] + points[:, 2])) / (1.0 - amplitude)
    return amplitude, np.interp(frames, points[:, 0], baseline)


def unscaled(curve: bpy.types.FCurve, frames: Array, values: Array) -> Array:
    """Return the keys (N,) with which a curve shows ``values`` (N,) at ``frames`` (N,) through its modifier."""
    found = amplitude_of(curve, frames)
    if found is None:
        return values
    amplitude, baseline = found
    return baseline + (values - baseline) / amplitude


def _curves(action: bpy.types.Action, paths: Mapping[str, bool]) -> Iterator[tuple[bpy.types.FCurve, bool]]:
    for slot in action.slots:
        for curve in curves_of(action, slot):
            owner, _, last = curve.data_path.rpartition(".")
            path = curve.data_path if curve.data_path in paths else owner if last.startswith("rotation") else ""
            if path in paths:
                yield curve, paths[path]


def _scale(curve: bpy.types.FCurve, amplitude: float, from_zero: bool, rate: float) -> None:
    """Add the modifier. With ends (m, M) of the envelope, a curve's v becomes m + (v + 1) / 2 (M - m)."""
    frames, _ = key_coordinates(curve)
    places = _places(frames, from_zero, rate)
    baseline = np.zeros(len(places)) if from_zero else _drift(curve, frames, places, rate)
    modifier: Any = curve.modifiers.new("ENVELOPE")
    modifier.name = _NAME
    modifier.reference_value, modifier.default_min, modifier.default_max = 0.0, -1.0, 1.0
    points, middle = modifier.control_points, (1.0 - amplitude) * baseline
    for frame in places:
        points.add(float(frame))
    # In bulk: setting one point's own attribute reads past its end, and may crash Blender (4.5 to 5.2).
    points.foreach_set("min", (middle - amplitude).astype(np.float32))
    points.foreach_set("max", (middle + amplitude).astype(np.float32))


def _places(frames: Array, from_zero: bool, rate: float) -> Array:
    if from_zero or frames[-1] - frames[0] < 1.0:
        return frames[:1].astype(np.float64)
    count = max(2, round(float(frames[-1] - frames[0]) / (_EVERY * rate)) + 1)
    return np.linspace(float(frames[0]), float(frames[-1]), count)


def _drift(curve: bpy.types.FCurve, frames: Array, places: Array, rate: float) -> Array:
    """Return a curve without its movement at ``places`` (N,): a mean weighted with a Gaussian in time."""
    clock = np.arange(frames[0], frames[-1] + 1.0)
    height = sampled(curve, clock)
    weights = np.exp(-0.5 * ((places[:, None] - clock[None]) / (_DRIFT * rate)) ** 2)
    mean: Array = (weights * height).sum(1) / weights.sum(1)
    return mean


def _is_ours(modifier: bpy.types.FModifier) -> bool:
    return modifier.type == "ENVELOPE" and modifier.name.startswith(_NAME)


def _remove(curve: bpy.types.FCurve) -> None:
    for modifier in [one for one in curve.modifiers if _is_ours(one)]:
        curve.modifiers.remove(modifier)
