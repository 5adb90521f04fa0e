"""Poses of rigs that nothing but their own curves moves, worked out in numpy: many times faster than by evaluation.

Most characters of a shot are such: bones that hang on bones, keys on them, and no constraint, driver, NLA track or
moving parent. Whoever reads poses here still compares some frames with what Blender evaluates.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .curves import curves_of
from .euler import EULER_ORDERS

_BONE, _SHAPE = 'pose.bones["', 'key_blocks["'
_CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
_MOST_KEPT = 4096  # curves whose values are kept

_sampled: dict[tuple[Any, ...], Array] = {}  # by what a curve is and the frames it is sampled at: its values

# Values of curves at the frames of a rig, by the number of their block, their path and their index.
Samples = dict[tuple[int, str, int], Array]


class PlainRig:
    """An armature and shape keys that their own curves alone move, at some frames (T,) of the scene."""

    def __init__(
        self, armature: bpy.types.Object, keys: Sequence[Any], frames: Array, samples: Samples | None = None
    ) -> None:
        self._armature, self._keys, self._frames = armature, keys, frames
        bones = armature.data.bones
        self._order = {bone.name: index for index, bone in enumerate(armature.pose.bones)}
        rest = np.array([bones[name].matrix_local for name in self._order])
        self._above = [self._order[bones[name].parent.name] if bones[name].parent else -1 for name in self._order]
        carried = np.linalg.inv(rest)[self._above] @ rest  # each at rest in the space of the bone above it
        self._rest = np.where(np.array(self._above)[:, None, None] < 0, rest, carried)
        self._curves = {block: _by_path(block) for block in (armature, *keys)}
        self._samples: Samples = {} if samples is None else samples
        self._places = {
            curve: (number, curve.data_path, curve.array_index)
            for number, paths in enumerate(self._curves.values())
            for curves in paths.values()
            for curve in curves.values()
        }

    def sampled(self, until: float) -> bool:
        """Sample curves until a time of ``time.monotonic``; return whether all are sampled. They are kept."""
        for paths in self._curves.values():
            for curves in paths.values():
                for curve in curves.values():
                    if time.monotonic() > until:
                        return False
                    self._of(curve)
        return True

    def matrices(self, rows: slice) -> Array:
        """Return the bones (N, B, 4, 4) in armature space at some of the frames."""
        curves, count = self._curves[self._armature], len(self._frames[rows])
        posed = np.empty((len(self._order), count, 4, 4))
        for name, index in self._order.items():
            basis, above = self._basis(self._armature.pose.bones[name], curves, rows), self._above[index]
            if above < 0:
                posed[index] = self._rest[index] @ basis
            else:
                posed[index] = posed[above] @ (self._rest[index] @ basis)
        return posed.swapaxes(0, 1)

    def shapes(self, number: int, rows: slice) -> Array:
        """Return the values (N, K) of the shape keys with a number."""
        keys = self._keys[number]
        curves = self._curves[keys]
        values = np.empty((len(self._frames[rows]), len(keys.key_blocks)), np.float32)
        for index, block in enumerate(keys.key_blocks):
            found = curves.get(block.path_from_id("value"), {}).get(0)
            values[:, index] = block.value if found is None else self._of(found)[rows]
            if found is not None:
                values[:, index] = values[:, index].clip(block.slider_min, block.slider_max)
        return values

    def _of(self, curve: bpy.types.FCurve) -> Array:
        place = self._places[curve]
        if place not in self._samples:
            self._samples[place] = _samples(curve, self._frames)
        return self._samples[place]

    def _basis(self, bone: bpy.types.PoseBone, curves: dict[str, dict[int, bpy.types.FCurve]], rows: slice) -> Array:
        """Return what a bone's own channels come to: (N, 4, 4), or (4, 4) where nothing moves it."""
        path, mode = f"{bone.path_from_id()}.", bone.rotation_mode
        name = "rotation_euler" if mode in EULER_ORDERS else f"rotation_{mode.lower()}"
        if not any(path + each in curves for each in (name, "scale", "location")):
            return np.array(bone.matrix_basis)
        turn, size, place = (
            self._channel(bone, each, curves.get(path + each, {}), rows) for each in (name, "scale", "location")
        )
        basis = np.zeros((len(self._frames[rows]), 4, 4))
        basis[:, :3, :3] = _turned(turn, mode) * size[:, None]
        if not (bone.parent is not None and bone.bone.use_connect):
            basis[:, :3, 3] = place
        basis[:, 3, 3] = 1.0
        return basis

    def _channel(self, bone: bpy.types.PoseBone, name: str, curves: dict[int, bpy.types.FCurve], rows: slice) -> Array:
        """Return the values (N, 3 or 4) of a property of a bone; what has no curve stays as it is set."""
        values = np.tile(np.array(getattr(bone, name), np.float64), (len(self._frames[rows]), 1))
        for index, curve in curves.items():
            values[:, index] = self._of(curve)[rows]
        return values


def plain_rig(
    armature: bpy.types.Object, keys: Sequence[Any], frames: Array, samples: Samples | None = None
) -> PlainRig | None:
    """Return an armature with shape keys, to be posed from their curves at frames (T,) of the scene.

    ``samples``: what an earlier one of the same armature has sampled, and what this one adds to it.

    None where anything else moves them.
    """
    if not _stands_still(armature) or not all(_plays_curves_alone(block) for block in (armature, *keys)):
        return None
    if armature.data.animation_data is not None or armature.data.pose_position != "POSE":
        return None
    if any(not _hangs_plainly(bone) for bone in armature.pose.bones):
        return None
    paths = _by_path(armature)
    if any(not path.startswith(_BONE) or path.rpartition(".")[2] not in _CHANNELS for path in paths):
        return None
    if any(not path.startswith(_SHAPE) for block in keys for path in _by_path(block)):
        return None
    return PlainRig(armature, keys, frames, samples)


def _stands_still(armature: bpy.types.Object) -> bool:
    return armature.parent is None and not len(armature.constraints) and armature.rigid_body is None


def _hangs_plainly(bone: bpy.types.PoseBone) -> bool:
    own = bone.bone
    return (
        not len(bone.constraints)
        and own.use_inherit_rotation
        and own.inherit_scale == "FULL"
        and own.use_local_location
    )


def _plays_curves_alone(block: Any) -> bool:
    """Return whether an object or shape keys follow one active action at full weight, and nothing else."""
    animation = block.animation_data
    if animation is None:
        return True
    if len(animation.drivers) or animation.use_tweak_mode:
        return False
    if animation.use_nla and any(not track.mute and len(track.strips) for track in animation.nla_tracks):
        return False
    action = animation.action
    if action is None:
        return True
    is_simple = len(action.layers) <= 1 and all(len(layer.strips) <= 1 for layer in action.layers)
    return bool(is_simple and animation.action_blend_type == "REPLACE" and animation.action_influence == 1.0)


def _by_path(block: Any) -> dict[str, dict[int, bpy.types.FCurve]]:
    """Return the curves that a block plays, by data path and index."""
    found: dict[str, dict[int, bpy.types.FCurve]] = {}
    animation = block.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return found
    for curve in curves_of(animation.action, animation.action_slot):
        if not curve.mute and not (curve.group is not None and curve.group.mute):
            found.setdefault(curve.data_path, {})[curve.array_index] = curve
    return found


def _turned(values: Array, mode: str) -> Array:
    """Return the rotation (T, 3, 3) of a channel's values."""
    if mode == "QUATERNION":
        return np.asarray(rot.to_matrix(rot.normalize(values)))
    if mode == "AXIS_ANGLE":
        axis = values[:, 1:] / np.maximum(np.linalg.norm(values[:, 1:], axis=-1, keepdims=True), 1e-12)
        return np.asarray(rot.to_matrix(rot.from_axis_angle(axis * values[:, :1])))
    matrix = np.eye(3)
    for axis in mode:  # the first turns first
        number = "XYZ".index(axis)
        matrix = rot.to_matrix(rot.from_axis_angle(np.eye(3)[number] * values[:, number, None])) @ matrix
    return np.asarray(matrix)


def _samples(curve: bpy.types.FCurve, frames: Array) -> Array:
    """Return the values (T,) of a curve at frames, kept until the curve is another."""
    key = (_print_of(curve), frames.tobytes())
    if key not in _sampled:
        while len(_sampled) >= _MOST_KEPT:
            _sampled.pop(next(iter(_sampled)))
        evaluate = curve.evaluate
        _sampled[key] = np.array([evaluate(frame) for frame in frames.tolist()], np.float32)
    return _sampled[key]


def _print_of(curve: bpy.types.FCurve) -> tuple[Any, ...]:
    """Return what a curve's values follow from; of one with modifiers nothing is kept."""
    points = curve.keyframe_points
    if len(curve.modifiers) or not len(points):
        return (object(),)
    found = np.empty((3, 2 * len(points)), np.float32)
    for row, name in enumerate(("co", "handle_left", "handle_right")):
        points.foreach_get(name, found[row])
    shapes = np.empty(len(points), np.int32)
    points.foreach_get("interpolation", shapes)
    easing = np.empty(len(points), np.int32)
    points.foreach_get("easing", easing)
    return (found.tobytes(), shapes.tobytes(), easing.tobytes(), curve.extrapolation)
