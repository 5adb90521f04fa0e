"""Reads animated people from binary glTF 2.0 (``.glb``): rigs named as Unreal's mannequin or as Rigify's deform bones.

After the Khronos glTF 2.0 specification: chapter 4 for the container, 3.6 for accessors, 3.7.3 for skins, 3.11 and
appendix C for animation.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX
from ..common.arrays import Array
from ..contract import FPS
from .bone_maps import RIGIFY, UNREAL
from .clip import Clip, ClipUnreadable, finish_clip
from .skm_tags import LEFT_OUT
from .source_rig import BoneMap, SourceRig, carry_over, measure_t_pose, t_posed_frames

_FLOAT, _WIDTHS = 5126, {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_LONGEST = 600.0  # s


@dataclass(frozen=True, eq=False)
class GlbScene:
    """A rig, its bind pose ``rest`` (B, 4) of local rotations, the node each bone is, and the document with its
    numbers.
    """

    rig: SourceRig
    rest: Array
    nodes: tuple[int, ...]
    document: dict[str, Any]
    binary: bytes

    @property
    def animations(self) -> list[str]:
        return [
            str(animation.get("name", number)) for number, animation in enumerate(self.document.get("animations", []))
        ]


def parse_glb(name: str, content: bytes) -> GlbScene:
    """The first skin of a ``.glb`` and what its animations need. Raises ``ClipUnreadable`` naming what is wrong."""
    document, binary = _chunks(name, content)
    try:
        return _scene(document, binary)
    except ClipUnreadable as error:
        raise ClipUnreadable(f"'{name}' cannot be read: {error}") from error
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        np.linalg.LinAlgError,
    ) as error:
        raise ClipUnreadable(
            f"'{name}' is a glTF file that contradicts itself ({type(error).__name__}: {error})."
        ) from error


def read_animation(
    scene: GlbScene, animation: int, name: str, source: str, licence: str, tags: tuple[str, ...], performer: str
) -> Clip:
    """A clip ``source/name`` of one animation of a scene. Raises ``ClipUnreadable`` when it makes no sense or is but a
    T-pose.
    """
    bones = next((bones for bones in (UNREAL, RIGIFY) if bones.fits(scene.rig)), None)
    if bones is None:
        raise ClipUnreadable(
            f"'{name}' names its bones in a way no known map fits ({', '.join(scene.rig.names[:4])} …)."
        )
    try:
        local, translations = _sample(scene, animation, bones)
    except ClipUnreadable as error:
        raise ClipUnreadable(f"'{name}' cannot be read: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ClipUnreadable(f"'{name}' contradicts itself ({type(error).__name__}: {error}).") from error
    if not (np.isfinite(local).all() and np.isfinite(translations).all()):
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    t_pose = measure_t_pose(scene.rig, bones, scene.rest)
    root, world = carry_over(scene.rig, bones, t_pose, local, translations)
    world = _with_hinged_knees(world)
    if t_posed_frames(t_pose.skeleton, world).all():
        raise ClipUnreadable(f"'{name}' holds a T-pose and no motion.")
    if {"walk", "jog", "run"} & set(tags) and np.linalg.norm(
        np.ptp(root[:, :2], axis=0)
    ) < 0.5:  # made to slide under a game's control
        tags = (*(tag for tag in tags if tag not in ("walk", "jog", "run")), "walk_in_place", LEFT_OUT)
    return finish_clip(
        f"{source}/{name}", source, licence, t_pose.skeleton, root, world, float(FPS), tags=tags, performer=performer
    )


def _with_hinged_knees(world: Array) -> Array:
    """World rotations (T, 52, 4) in which knees are hinges: where a rig points the toes out by turning the shin about
    its own length, the thigh turns along. Bones and feet stay where they are.
    """
    world = np.array(world)
    for side in ("left", "right"):
        hip, knee = INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]
        bend = rot.multiply(rot.conjugate(world[:, hip]), world[:, knee])
        world[:, hip] = rot.multiply(world[:, hip], rot.about_z(2.0 * np.arctan2(bend[:, 3], bend[:, 0])))
    return world


def _chunks(name: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    if len(content) < 20 or content[:4] != b"glTF":
        raise ClipUnreadable(f"'{name}' is not a binary glTF file.")
    version, length = struct.unpack_from("<II", content, 4)
    if version != 2 or length > len(content):
        raise ClipUnreadable(f"'{name}' is of glTF version {version} or breaks off ({len(content)} of {length} bytes).")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<I4s", content, at)
        if at + 8 + size > length:
            raise ClipUnreadable(f"'{name}' has a chunk that reaches beyond its end.")
        chunks.setdefault(kind, content[at + 8 : at + 8 + size])
        at += 8 + size
    try:
        document = json.loads(chunks[b"JSON"])
    except (KeyError, ValueError, RecursionError) as error:
        raise ClipUnreadable(f"'{name}' has no readable description ({error}).") from error
    if not isinstance(document, dict):
        raise ClipUnreadable(f"'{name}' has no readable description.")
    return document, chunks.get(b"BIN\x00", b"")


def _scene(document: dict[str, Any], binary: bytes) -> GlbScene:
    nodes = document["nodes"]
    above = {child: number for number, node in enumerate(nodes) for child in node.get("children", [])}
    if not document.get("skins"):
        raise ClipUnreadable("it holds no skinned body.")
    skin = document["skins"][0]
    order: list[int] = []

    def add(node: int, depth: int = 0) -> None:
        if depth > len(nodes):
            raise ClipUnreadable("its nodes form a ring.")
        if node not in order:
            if node in above:
                add(above[node], depth + 1)
            order.append(node)

    for joint in skin["joints"]:
        add(joint)
    parents = tuple(order.index(above[node]) if node in above else -1 for node in order)
    scales, offsets, rest = np.ones(len(order)), np.zeros((len(order), 3)), np.zeros((len(order), 4))
    for bone, node in enumerate(order):
        if "matrix" in nodes[node]:
            raise ClipUnreadable(f"node {node} has a matrix where parts are needed.")
        scale = np.array(nodes[node].get("scale", [1, 1, 1]), np.float64)
        if np.ptp(scale) > 0.01 * np.abs(scale).max() or scale.min() <= 0:
            raise ClipUnreadable(f"node {node} is scaled unevenly.")
        inherited = scales[parents[bone]] if parents[bone] >= 0 else 1.0
        scales[bone] = scale.mean() * inherited
        offsets[bone] = np.array(nodes[node].get("translation", [0, 0, 0]), np.float64) * inherited
        rest[bone] = np.roll(np.array(nodes[node].get("rotation", [0, 0, 0, 1]), np.float64), 1)
    rig = SourceRig(
        tuple(str(nodes[n].get("name", n)) for n in order),
        parents,
        offsets,
        np.tile([1.0, 0, 0, 0], (len(order), 1)),
        {},
    )
    if "inverseBindMatrices" in skin:  # the pose the skin was bound in; the nodes may stand in any other
        bound = np.linalg.inv(
            _accessor(document, binary, skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        )
        axes = bound[:, :3, :3] / np.linalg.norm(bound[:, :3, :3], axis=1, keepdims=True)
        world = dict(zip(skin["joints"], rot.from_matrix(axes)))
        for bone, node in enumerate(order):
            above_it = order[parents[bone]] if parents[bone] >= 0 else None
            if node in world and above_it in world:
                rest[bone] = rot.multiply(rot.conjugate(world[above_it]), world[node])
    return GlbScene(rig, rot.normalize(rest), tuple(order), document, binary)


def _sample(scene: GlbScene, animation: int, bones: BoneMap) -> tuple[Array, Array]:
    """Local rotations (T, B, 4) and translations (T, B, 3) added to the offsets at ``FPS``, of one animation."""
    document, channels = scene.document, scene.document["animations"][animation]["channels"]
    samplers = scene.document["animations"][animation]["samplers"]
    times = {index: _accessor(document, scene.binary, index)[:, 0] for index in {s["input"] for s in samplers}}
    if not times or any(len(t) == 0 for t in times.values()):
        raise ClipUnreadable("it holds no frames.")
    start, stop = min(float(t[0]) for t in times.values()), max(float(t[-1]) for t in times.values())
    if not (np.isfinite(start) and np.isfinite(stop) and 0 <= stop - start <= _LONGEST):
        raise ClipUnreadable(f"it runs from {start:.3g} to {stop:.3g} s, which makes no sense.")
    at = start + np.arange(int((stop - start) * FPS + 1e-3) + 1) / FPS
    local = np.tile(scene.rest, (len(at), 1, 1))
    translations = np.zeros((len(at), len(scene.nodes), 3))
    movers = _ancestors(scene.rig, scene.rig.names.index(bones.position["pelvis"]))
    for channel in channels:
        node, path = channel["target"].get("node"), channel["target"]["path"]
        if node not in scene.nodes or path not in ("rotation", "translation"):
            continue
        bone, sampler = scene.nodes.index(node), samplers[channel["sampler"]]
        values = _accessor(document, scene.binary, sampler["output"])
        if sampler.get("interpolation") == "CUBICSPLINE":
            values = values[1::3]  # the keys themselves; tangents between frames are not needed
        if len(values) != len(times[sampler["input"]]):
            raise ClipUnreadable("a channel has not one value for each of its times.")
        held = sampler.get("interpolation") == "STEP"
        if path == "rotation":
            local[:, bone] = _at(times[sampler["input"]], np.roll(values, 1, axis=-1), at, held)
        elif bone in movers:
            parent = scene.rig.parents[bone]
            scale = _scale_of(scene, parent)
            translations[:, bone] = _at(times[sampler["input"]], values, at, held) * scale - scene.rig.offsets[bone]
    return rot.normalize(local), translations


def _at(times: Array, values: Array, at: Array, held: bool) -> Array:
    """Values (K, 3 or 4) at key ``times`` (K,), seen at ``at`` (T,): held, or blended (spherically when of width 4)."""
    after = np.clip(np.searchsorted(times, at + 1e-4, side="right"), 1, max(len(times) - 1, 1))
    before = after - 1
    if len(times) == 1:
        return np.repeat(values, len(at), axis=0)
    part = np.clip((at - times[before]) / np.maximum(times[after] - times[before], 1e-6), 0.0, 1.0)
    if held:
        return values[np.where(part > 1 - 1e-3, after, before)]
    if values.shape[1] == 4:
        return rot.slerp(values[before], values[after], part)
    return values[before] + (values[after] - values[before]) * part[:, None]


def _ancestors(rig: SourceRig, bone: int) -> set[int]:
    found = set()
    while bone >= 0:
        found.add(bone)
        bone = rig.parents[bone]
    return found


def _scale_of(scene: GlbScene, bone: int) -> float:
    """Product of the node scales from the top down to ``bone``."""
    return float(
        np.prod(
            [
                np.mean(scene.document["nodes"][scene.nodes[b]].get("scale", [1, 1, 1]))
                for b in _ancestors(scene.rig, bone)
            ]
        )
    )


def _accessor(document: dict[str, Any], binary: bytes, index: int) -> Array:
    """The numbers (N, width) of an accessor of floats."""
    accessor = document["accessors"][index]
    if accessor["componentType"] != _FLOAT or "sparse" in accessor or accessor["type"] not in _WIDTHS:
        raise ClipUnreadable(f"accessor {index} is not of plain floats.")
    view = document["bufferViews"][accessor["bufferView"]]
    width, count = _WIDTHS[accessor["type"]], int(accessor["count"])
    start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
    if view.get("buffer", 0) != 0 or view.get("byteStride", 4 * width) != 4 * width:
        raise ClipUnreadable(f"accessor {index} is not packed in the file's own buffer.")
    if start < 0 or count < 0 or start + 4 * width * count > len(binary):
        raise ClipUnreadable(f"accessor {index} reaches beyond the file's end.")
    return np.frombuffer(binary, "<f4", width * count, start).reshape(count, width).astype(np.float64)
