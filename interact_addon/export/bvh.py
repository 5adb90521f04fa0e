"""BVH of one actor: the skeleton of the file's other formats, in centimetres, Y up, facing Z.

Our own writer, for Blender's leaves out where the armature object stands and writes Z up, which hardly any reader of
BVH expects. Joints have axes aligned with the world at rest, so the rig's rest pose is the file's zero pose. Format as
in M. Meredith and S. Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..rig.euler import continuous_euler
from ..runtime_api import Array
from ..runtime_api import rotations as rot
from .bake import Motion, inverse

_STILL = 0.01  # centimetres: a joint that moves more against the bone above has position channels too
_TURNS = "Zrotation Xrotation Yrotation"


def bvh_text(motion: Motion, fps: float) -> str:
    """Return the file's text. ``motion``: Y up, in centimetres, of one root."""
    turns, places = _channels(motion)
    moves = [
        parent < 0 or float(np.abs(places[:, bone] - _offset(motion, bone)).max()) > _STILL
        for bone, parent in enumerate(motion.parents)
    ]
    lines = ["HIERARCHY", *_joint(motion, motion.parents.index(-1), moves, "")]
    lines += ["MOTION", f"Frames: {motion.frames}", f"Frame Time: {1.0 / fps:.8f}"]
    columns = []
    for bone in _order(motion):
        if moves[bone]:
            columns.append(places[:, bone])
        columns.append(np.degrees(turns[:, bone])[:, [2, 0, 1]])
    rows = np.concatenate(columns, axis=1)
    lines += [" ".join(f"{value:.6f}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def _channels(motion: Motion) -> tuple[Array, Array]:
    """Return Euler angles (T, B, 3) about X, Y, Z, and joint places (T, B, 3) in the axes of the joint above."""
    above = np.array(motion.parents)
    roots = above < 0
    relative = inverse(motion.changes[:, above]) @ motion.changes
    relative[:, roots] = motion.file_axes @ motion.place @ motion.changes[:, roots]  # the world in the file's axes
    axes = relative[..., :3, :3] / np.linalg.norm(relative[..., :3, :3], axis=-2, keepdims=True)
    turns = rot.continuous(rot.normalize(rot.from_matrix(axes)))
    angles = np.stack([continuous_euler(turns[:, bone], "YXZ") for bone in range(len(above))], axis=1)
    places = np.einsum("tbij,bj->tbi", relative[..., :3, :3], motion.heads) + relative[..., :3, 3]
    places[:, ~roots] -= motion.heads[above[~roots]]
    return angles, places


def _offset(motion: Motion, bone: int) -> Array:
    parent = motion.parents[bone]
    offset: Array = motion.heads[bone] - (motion.heads[parent] if parent >= 0 else 0.0)
    return offset


def _children(motion: Motion, bone: int) -> list[int]:
    return [child for child, parent in enumerate(motion.parents) if parent == bone]


def _order(motion: Motion) -> list[int]:
    """Return the bones as the hierarchy lists them, depth first."""
    waiting, order = [motion.parents.index(-1)], []
    while waiting:
        bone = waiting.pop()
        order.append(bone)
        waiting += reversed(_children(motion, bone))
    return order


def _joint(motion: Motion, bone: int, moves: Sequence[bool], indent: str) -> Iterator[str]:
    """Yield the lines of one joint and all below it."""
    inner = indent + "\t"
    yield f"{indent}{'JOINT' if motion.parents[bone] >= 0 else 'ROOT'} {motion.bones[bone].replace(' ', '_')}"
    yield indent + "{"
    yield f"{inner}OFFSET {_numbers(_offset(motion, bone))}"
    yield f"{inner}CHANNELS 6 Xposition Yposition Zposition {_TURNS}" if moves[bone] else f"{inner}CHANNELS 3 {_TURNS}"
    children = _children(motion, bone)
    for child in children:
        yield from _joint(motion, child, moves, inner)
    if not children:
        yield from (f"{inner}End Site", inner + "{", f"{inner}\tOFFSET {_numbers(_tip(motion, bone))}", inner + "}")
    yield indent + "}"


def _tip(motion: Motion, bone: int) -> Array:
    tip: Array = motion.tails[bone] - motion.heads[bone]
    return tip


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.6f}" for value in values)
