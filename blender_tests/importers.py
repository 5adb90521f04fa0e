"""Importers that are not Blender's: FBX by assimp, glTF by pygltflib, USD by Pixar's library.

Each returns what a file shows, frame by frame, in Blender's axes and in metres.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot


@dataclass
class Shown:
    """``joints``: where each joint is, (T, 3); ``shapes``: the value (T,) of each shape of each mesh; ``frames``: T."""

    frames: int
    joints: dict[str, np.ndarray] = field(default_factory=dict)
    shapes: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)


def from_y_up(points: np.ndarray) -> np.ndarray:
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def matrix(place: np.ndarray, turn: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return matrices (T, 4, 4) of places (T, 3), quaternions w, x, y, z (T, 4) and scales (T, 3)."""
    result = np.tile(np.eye(4), (len(place), 1, 1))
    result[:, :3, :3] = rot.to_matrix(rot.normalize(turn)) * scale[:, None, :]
    result[:, :3, 3] = place
    return result


def read_fbx(path: Path, fps: float) -> Shown:
    """Read an FBX by assimp."""
    scene = _assimp_scene(path)
    motion = scene.animations[0]
    length = motion.duration / motion.ticks_per_second * fps
    frames = round(length) + 1
    assert abs(length - (frames - 1)) < 1e-3, "the last key is not on a frame"
    start = min(channel.position_keys[0].time for channel in motion.channels)
    ticks = start + np.arange(frames) / fps * motion.ticks_per_second
    channels = {channel.node_name: _assimp_channel(channel, ticks) for channel in motion.channels}
    metres = float(scene.metadata["UnitScaleFactor"]) / 100.0
    shown = Shown(frames)

    def walk(node: Any, above: np.ndarray) -> None:
        local = channels.get(node.name)
        if local is None:
            local = np.tile(np.array(node.transformation, float), (frames, 1, 1))
        world = above @ local
        shown.joints[node.name] = from_y_up(world[:, :3, 3]) * metres
        for child in node.children:
            walk(child, world)

    walk(scene.root_node, np.tile(np.eye(4), (frames, 1, 1)))
    # assimp calls a shape 'channel.shape', both of which have the shape key's name
    names = {mesh.name: [shape.name[: len(shape.name) // 2] for shape in mesh.anim_meshes] for mesh in scene.meshes}
    for channel in motion.morph_mesh_channels:
        mesh = channel.name.rpartition("*")[0] or channel.name
        times, values = _assimp_morph(channel)
        for number, shape in enumerate(names[mesh]):
            column = np.array([row.get(number, 0.0) for row in values])
            shown.shapes[mesh, shape] = np.interp(ticks, times, column)
    return shown


def fbx_objects(path: Path) -> dict[str, np.ndarray]:
    """Return the transforms (4, 4) of the objects at the top of an FBX, in its own axes and units."""
    return {node.name: np.array(node.transformation, float) for node in _assimp_scene(path).root_node.children}


def _assimp_scene(path: Path) -> Any:
    prefix = Path(sysconfig.get_path("platlib")) / "cmeel.prefix" / "lib"
    os.environ["LD_LIBRARY_PATH"] = f"{prefix}:{os.environ.get('LD_LIBRARY_PATH', '')}"  # where impasse looks for it
    impasse = pytest.importorskip("impasse", reason="needs assimp")
    return impasse.core.load(str(path), processing=0)


def _assimp_channel(channel: Any, ticks: np.ndarray) -> np.ndarray:
    from impasse.structs import ffi

    raw = channel.struct
    # impasse knows an older layout of keys with quaternions: time, w, x, y, z, interpolation.
    kind = np.dtype([("time", "<f8"), ("turn", "<f4", 4), ("interpolation", "<i4"), ("pad", "<i4")])
    buffer = ffi.buffer(raw.mRotationKeys, raw.mNumRotationKeys * kind.itemsize)
    turns = np.frombuffer(bytes(buffer), kind)
    places = [(key.time, key.value) for key in channel.position_keys]
    scales = [(key.time, key.value) for key in channel.scaling_keys]
    return matrix(
        _interpolated(ticks, [t for t, _ in places], np.array([value for _, value in places])),
        _interpolated(ticks, turns["time"], rot.continuous(turns["turn"].astype(float))),
        _interpolated(ticks, [t for t, _ in scales], np.array([value for _, value in scales])),
    )


def _assimp_morph(channel: Any) -> tuple[list[float], list[dict[int, float]]]:
    times, values = [], []
    for key in channel.keys:
        raw = key.struct
        times.append(key.time)
        values.append({raw.mValues[i]: raw.mWeights[i] for i in range(raw.mNumValuesAndWeights)})
    return times, values


def _interpolated(moments: np.ndarray, times: Any, values: np.ndarray) -> np.ndarray:
    return np.stack([np.interp(moments, np.asarray(times, float), column) for column in values.T], axis=-1)


def read_gltf(path: Path, fps: float) -> Shown:
    """Read a ``.glb`` by pygltflib, with forward kinematics of our own."""
    pygltflib = pytest.importorskip("pygltflib")
    file = pygltflib.GLTF2().load(str(path))
    blob = file.binary_blob()
    (motion,) = file.animations
    tracks: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}
    for channel in motion.channels:
        sampler = motion.samplers[channel.sampler]
        times, values = (_accessor(file, blob, number) for number in (sampler.input, sampler.output))
        assert sampler.interpolation in (None, "LINEAR", "STEP")
        tracks[channel.target.node, channel.target.path] = times, values.reshape(len(times), -1)
    end = max(times[-1] for times, _ in tracks.values())
    frames = round(end * fps) + 1
    assert abs(end * fps - (frames - 1)) < 1e-3, "the last key is not on a frame"
    moments = np.arange(frames) / fps
    shown = Shown(frames)

    def track(node: int, what: str, rest: Any) -> np.ndarray:
        times, values = tracks.get((node, what), (np.zeros(1), np.array([rest], float)))
        return _interpolated(moments, times, rot.continuous(values) if what == "rotation" else values)

    def walk(number: int, above: np.ndarray) -> None:
        node = file.nodes[number]
        turn = track(number, "rotation", node.rotation or [0, 0, 0, 1])[:, [3, 0, 1, 2]]
        place = track(number, "translation", node.translation or [0, 0, 0])
        world = above @ matrix(place, turn, track(number, "scale", node.scale or [1, 1, 1]))
        shown.joints[node.name] = from_y_up(world[:, :3, 3])
        if node.mesh is not None and (names := (file.meshes[node.mesh].extras or {}).get("targetNames")):
            weights = track(number, "weights", file.meshes[node.mesh].weights)
            for column, name in enumerate(names):
                shown.shapes[node.name, name] = weights[:, column]
        for child in node.children or ():
            walk(child, world)

    for root in file.scenes[file.scene].nodes:
        walk(root, np.tile(np.eye(4), (frames, 1, 1)))
    return shown


def _accessor(file: Any, blob: bytes, number: int) -> np.ndarray:
    accessor = file.accessors[number]
    view = file.bufferViews[accessor.bufferView]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor.type]
    assert accessor.componentType == 5126, "floats"
    start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
    values = np.frombuffer(blob, "<f4", accessor.count * width, start).reshape(accessor.count, width).astype(float)
    return values[:, 0] if width == 1 else values


def read_usd(path: Path) -> Shown:
    """Read a USD file by Pixar's library: skeletons as its own query computes them."""
    pytest.importorskip("pxr", reason="needs usd-core")
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(path))
    assert UsdGeom.GetStageUpAxis(stage) == "Z" and UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    codes = np.arange(stage.GetStartTimeCode(), stage.GetEndTimeCode() + 0.5)
    shown, cache = Shown(len(codes)), UsdSkel.Cache()
    for prim in stage.Traverse():
        if prim.IsA(UsdSkel.Skeleton):
            query = cache.GetSkelQuery(UsdSkel.Skeleton(prim))
            for joint, places in _usd_joints(query, prim, codes):
                shown.joints[joint] = places
        binding = UsdSkel.BindingAPI(prim)
        if names := list(binding.GetBlendShapesAttr().Get() or ()):
            source = UsdSkel.Animation(cache.GetSkelQuery(binding.GetInheritedSkeleton()).GetAnimQuery().GetPrim())
            order = list(source.GetBlendShapesAttr().Get())
            weights = np.array([source.GetBlendShapeWeightsAttr().Get(code) for code in codes])
            for name in names:
                shown.shapes[prim.GetParent().GetName(), name] = weights[:, order.index(name)]
    return shown


def _usd_joints(query: Any, prim: Any, codes: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    from pxr import Usd, UsdGeom

    names = [path.rpartition("/")[2] for path in query.GetJointOrder()]
    places = np.empty((len(codes), len(names), 3))
    for row, code in enumerate(codes):
        world = UsdGeom.XformCache(Usd.TimeCode(code)).GetLocalToWorldTransform(prim)
        joints = query.ComputeJointSkelTransforms(Usd.TimeCode(code))
        places[row] = [(joint * world).ExtractTranslation() for joint in joints]
    for column, name in enumerate(names):
        yield name, places[:, column]


def usd_rate(path: Path) -> float:
    """Return the frames of a second that a USD file claims."""
    from pxr import Usd

    rate: float = Usd.Stage.Open(str(path)).GetTimeCodesPerSecond()
    return rate
