"""Read animated people from binary glTF 2.0 (``.glb``), with bones named as Unreal's mannequin or Rigify's deform
bones.

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
    """A skin: ``rig``, its bind pose ``rest`` (B, 4) of local rotations, the node of each bone, and the file's JSON and
    binary data.
    """

    rig: SourceRig
    rest: Array
    nodes: tuple[int, ...]
    document: dict[str, Any]
    binary: bytes

    @property
    def animations(self) -> list[str]:
        """The names of the file's animations."""
        return [
            str(animation.get("name", number)) for number, animation in enumerate(self.document.get("animations", []))
        ]


def parse_glb(name: str, content: bytes) -> GlbScene:
    """Return the first skin of a ``.glb`` and the data of its animations. Raises ``ClipUnreadable`` with the reason."""
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
    """Return a clip ``source/name`` of one animation of a scene.

    Raises ``ClipUnreadable`` when the animation contradicts itself or is only a T-pose.
    """
    bones = next((bones for bones in (UNREAL, RIGIFY) if bones.fits(scene.rig)), None)
    if bones is None:
        raise ClipUnreadable(
            f"'{name}' names its bones in a way no known map fits ({', '.join(scene.rig.names[:4])} …)."
        )
    local, translations = sampled(scene, animation, bones, name)
    t_pose = measure_t_pose(scene.rig, bones, scene.rest)
    root, world = carry_over(scene.rig, bones, t_pose, local, translations)
    world = _with_hinged_knees(world)
    if t_posed_frames(t_pose.skeleton, world).all():
        raise ClipUnreadable(f"'{name}' holds a T-pose and no motion.")
    going = {"walk", "jog", "run"}
    if going & set(tags) and np.linalg.norm(np.ptp(root[:, :2], axis=0)) < 0.5:  # a game moves the root itself
        tags = (*(tag for tag in tags if tag not in going), "walk_in_place", LEFT_OUT)
    return finish_clip(
        f"{source}/{name}", source, licence, t_pose.skeleton, root, world, float(FPS), tags=tags, performer=performer
    )


def sampled(scene: GlbScene, animation: int, bones: BoneMap, name: str) -> tuple[Array, Array]:
    """Return local rotations (T, B, 4) and translations (T, B, 3) of one animation at ``FPS``, those of the bones above
    and of the pelvis added to their offsets.

    Raises ``ClipUnreadable`` when the animation contradicts itself.
    """
    try:
        local, translations = _sample(scene, animation, bones)
    except ClipUnreadable as error:
        raise ClipUnreadable(f"'{name}' cannot be read: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ClipUnreadable(f"'{name}' contradicts itself ({type(error).__name__}: {error}).") from error
    if not (np.isfinite(local).all() and np.isfinite(translations).all()):
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    return local, translations


def _with_hinged_knees(world: Array) -> Array:
    """Return world rotations (T, 52, 4) in which knees are hinges: twist of the shin about its own length, by which
    some rigs point the toes out, goes to the thigh as well. Bones and feet stay where they are.
    """
    world = np.array(world)
    for side in ("left", "right"):
        hip, knee = INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]
        bend = rot.multiply(rot.conjugate(world[:, hip]), world[:, knee])
        world[:, hip] = rot.multiply(world[:, hip], rot.about_z(2.0 * np.arctan2(bend[:, 3], bend[:, 0])))
    return world


def _chunks(name: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the JSON document and the binary data of a ``.glb`` (chapter 4). Raises ``ClipUnreadable``."""
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
    """Return the first skin of a document. Raises ``ClipUnreadable`` and the errors of a missing or wrong entry."""
    nodes = document["nodes"]
    if not document.get("skins"):
        raise ClipUnreadable("it holds no skinned body.")
    skin = document["skins"][0]
    order, parents = _bone_order(nodes, skin["joints"])
    offsets, rest = _node_transforms(nodes, order, parents)
    rig = SourceRig(
        tuple(str(nodes[n].get("name", n)) for n in order),
        parents,
        offsets,
        np.tile([1.0, 0, 0, 0], (len(order), 1)),
        {},
    )
    if "inverseBindMatrices" in skin:  # the pose of binding; the nodes may stand in any other
        matrices = _accessor(document, binary, skin["inverseBindMatrices"])
        _set_bind_pose(rest, matrices, skin["joints"], order, parents)
    return GlbScene(rig, rot.normalize(rest), order, document, binary)


def _bone_order(nodes: list[dict[str, Any]], joints: list[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the nodes of the joints and of all above them, parents first, and the place of each one's parent or -1."""
    above = {child: number for number, node in enumerate(nodes) for child in node.get("children", [])}
    order: list[int] = []

    def add(node: int, depth: int = 0) -> None:
        if depth > len(nodes):
            raise ClipUnreadable("its nodes form a ring.")
        if node not in order:
            if node in above:
                add(above[node], depth + 1)
            order.append(node)

    for joint in joints:
        add(joint)
    return tuple(order), tuple(order.index(above[node]) if node in above else -1 for node in order)


def _node_transforms(
    nodes: list[dict[str, Any]], order: tuple[int, ...], parents: tuple[int, ...]
) -> tuple[Array, Array]:
    """Return offsets (B, 3), with the scales above them applied, and local rotations (B, 4) of the nodes."""
    scales, offsets, rotations = np.ones(len(order)), np.zeros((len(order), 3)), np.zeros((len(order), 4))
    for bone, node in enumerate(order):
        if "matrix" in nodes[node]:
            raise ClipUnreadable(f"node {node} has a matrix where parts are needed.")
        scale = np.array(nodes[node].get("scale", [1, 1, 1]), np.float64)
        if np.ptp(scale) > 0.01 * np.abs(scale).max() or scale.min() <= 0:
            raise ClipUnreadable(f"node {node} is scaled unevenly.")
        inherited = scales[parents[bone]] if parents[bone] >= 0 else 1.0
        scales[bone] = scale.mean() * inherited
        offsets[bone] = np.array(nodes[node].get("translation", [0, 0, 0]), np.float64) * inherited
        rotations[bone] = np.roll(np.array(nodes[node].get("rotation", [0, 0, 0, 1]), np.float64), 1)
    return offsets, rotations


def _set_bind_pose(
    rest: Array, matrices: Array, joints: list[int], order: tuple[int, ...], parents: tuple[int, ...]
) -> None:
    """Set the local rotations ``rest`` (B, 4) in place to those of the inverse bind ``matrices`` (J, 16) of joints
    whose parents are joints.
    """
    bound = np.linalg.inv(matrices.reshape(-1, 4, 4).transpose(0, 2, 1))
    axes = bound[:, :3, :3] / np.linalg.norm(bound[:, :3, :3], axis=1, keepdims=True)
    world = dict(zip(joints, rot.from_matrix(axes)))
    for bone, node in enumerate(order):
        parent = order[parents[bone]] if parents[bone] >= 0 else None
        if node in world and parent in world:
            rest[bone] = rot.multiply(rot.conjugate(world[parent]), world[node])


def _sample(scene: GlbScene, animation: int, bones: BoneMap) -> tuple[Array, Array]:
    """Return local rotations (T, B, 4) and translations (T, B, 3) added to the offsets at ``FPS``, of one animation."""
    document, channels = scene.document, scene.document["animations"][animation]["channels"]
    samplers = scene.document["animations"][animation]["samplers"]
    times = {index: _accessor(document, scene.binary, index)[:, 0] for index in {s["input"] for s in samplers}}
    at = _frame_times(list(times.values()))
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


def _frame_times(keys: list[Array]) -> Array:
    """Return the times (T,) in s of the frames at ``FPS``, from all samplers' key times. Raises ``ClipUnreadable``."""
    if not keys or any(len(times) == 0 for times in keys):
        raise ClipUnreadable("it holds no frames.")
    start, stop = min(float(times[0]) for times in keys), max(float(times[-1]) for times in keys)
    if not (np.isfinite(start) and np.isfinite(stop) and 0 <= stop - start <= _LONGEST):
        raise ClipUnreadable(f"it runs from {start:.3g} to {stop:.3g} s, which makes no sense.")
    return start + np.arange(int((stop - start) * FPS + 1e-3) + 1) / FPS


def _at(times: Array, values: Array, at: Array, held: bool) -> Array:
    """Return ``values`` (K, 3 or 4) of key ``times`` (K,) at the times ``at`` (T,): held, or interpolated (spherically
    if of width 4).
    """
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
    """Return a bone and all bones above it."""
    found = set()
    while bone >= 0:
        found.add(bone)
        bone = rig.parents[bone]
    return found


def _scale_of(scene: GlbScene, bone: int) -> float:
    """Return the product of the node scales from the top down to ``bone``."""
    nodes = [scene.document["nodes"][scene.nodes[above]] for above in _ancestors(scene.rig, bone)]
    return float(np.prod([np.mean(node.get("scale", [1, 1, 1])) for node in nodes]))


def _accessor(document: dict[str, Any], binary: bytes, index: int) -> Array:
    """Return the numbers (N, width) of an accessor of floats. Raises ``ClipUnreadable``."""
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
