"""Read BVH (Biovision Hierarchy): joints with Euler channels, then one line of numbers a frame.

Format after M. Meredith and S. Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001: a
joint's rotations apply in the order of its channels, and a position channel replaces the offset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS, HAND_JOINTS, JOINTS, Skeleton, heading_of
from ..common.arrays import Array
from ..common.headings import turned
from ..contract import FPS
from .bone_maps import NAMED_BONES
from .clip import Clip, ClipUnreadable, Pair, align_elbow_hinges, finish_clip, local_rotations, settle_pelvis
from .glitches import mend_glitches, steps
from .source_rig import BoneMap, SourceRig, TPose, carry_over, measure_t_pose, relaxed_fingers, t_posed_frames

# Radians a second and a frame: faster joints jump from a T-pose into the motion.
_LEAP_SPEED, _LEAP = np.radians(1800), np.radians(50)
_SURE_LEAP = np.radians(70)  # a little less than the step that makes a clip unreadable


@dataclass(frozen=True, eq=False)
class BvhMotion:
    """A BVH file: ``rig``, ``local`` (T, B, 4) rotations, ``translations`` (T, B, 3) added to the offsets, frames a
    second.
    """

    rig: SourceRig
    local: Array
    translations: Array
    rate: float


def parse_bvh(name: str, text: str) -> BvhMotion:
    """Return hierarchy and motion of a BVH text. Raises ``ClipUnreadable`` with the reason."""
    head, found, body = text.partition("MOTION")
    if not head.lstrip().startswith("HIERARCHY") or not found:
        raise ClipUnreadable(f"'{name}' is not a BVH file: it lacks HIERARCHY or MOTION.")
    rig, channels = parse_hierarchy(name, head)
    header = re.match(r"\s*Frames:\s*(\d+)\s+Frame Time:\s*(\S+)\s", body)
    if header is None:
        raise ClipUnreadable(f"'{name}' does not say its number of frames and frame time.")
    width = sum(len(kinds) for kinds in channels)
    try:
        frame_time = float(header[2])
        values = np.array(body[header.end() :].split(), np.float64)
    except ValueError as error:
        raise ClipUnreadable(f"'{name}' holds something that is not a number ({error}).") from error
    if frame_time <= 0:
        raise ClipUnreadable(f"'{name}' claims a frame time of {frame_time} s.")
    if int(header[1]) == 0 or len(values) != int(header[1]) * width:
        raise ClipUnreadable(f"'{name}' promises {header[1]} frames of {width} values but holds {len(values)} values.")
    local, translations = _decode(values.reshape(-1, width), channels, rig)
    return BvhMotion(rig, local, translations, 1.0 / frame_time)


def parse_hierarchy(name: str, text: str) -> tuple[SourceRig, list[list[str]]]:
    """Return the rig of a HIERARCHY block and each joint's channel names. Raises ``ClipUnreadable``."""
    try:
        nodes = _nodes(text)
    except (StopIteration, ValueError, IndexError) as error:
        raise ClipUnreadable(f"'{name}' has a broken hierarchy.") from error
    if not nodes:
        raise ClipUnreadable(f"'{name}' has an incomplete hierarchy.")
    joints = [number for number, node in enumerate(nodes) if node.name]
    order = {number: joint for joint, number in enumerate(joints)}
    tips = {
        nodes[node.parent].name: np.array(node.offset)
        for node in nodes
        if not node.name and np.linalg.norm(node.offset) > 0
    }
    rig = SourceRig(
        tuple(nodes[n].name for n in joints),
        tuple(order.get(nodes[n].parent, -1) for n in joints),
        np.array([nodes[n].offset for n in joints]),
        np.tile([1.0, 0, 0, 0], (len(joints), 1)),
        tips,
    )
    return rig, [nodes[n].channels for n in joints]


@dataclass
class _Node:
    """A joint, or an end site if ``name`` is empty; ``parent``: its number, -1 for the root."""

    name: str
    parent: int
    offset: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    channels: list[str] = field(default_factory=list)


def _nodes(text: str) -> list[_Node]:
    """Return joints and end sites in the order of the file; none if a brace is not closed.

    Raises ``StopIteration``, ``ValueError`` or ``IndexError`` for a text of another form.
    """
    nodes: list[_Node] = []
    stack: list[int] = []
    words = iter(text.split())
    for word in words:
        if word in ("ROOT", "JOINT"):
            nodes.append(_Node(next(words), stack[-1] if stack else -1))
        elif word == "End":
            next(words)  # 'Site'
            nodes.append(_Node("", stack[-1]))
        elif word == "{":
            stack.append(len(nodes) - 1)
        elif word == "}":
            stack.pop()
        elif word == "OFFSET":
            nodes[stack[-1]].offset = [float(next(words)) for _ in range(3)]
        elif word == "CHANNELS":
            nodes[stack[-1]].channels = [next(words) for _ in range(int(next(words)))]
    return [] if stack else nodes


def _decode(values: Array, channels: list[list[str]], rig: SourceRig) -> tuple[Array, Array]:
    """Return local rotations (T, B, 4) and translations (T, B, 3) of the channels' ``values`` (T, C), degrees."""
    local = np.tile([1.0, 0, 0, 0], (len(values), len(rig.names), 1))
    translations = np.zeros((len(values), len(rig.names), 3))
    axes = {"X": 0, "Y": 1, "Z": 2}
    column = 0
    for bone, kinds in enumerate(channels):
        for kind in kinds:
            axis = axes.get(kind[:1].upper(), -1)
            if axis < 0:
                raise ClipUnreadable(f"Joint '{rig.names[bone]}' has an unknown channel '{kind}'.")
            if kind.lower().endswith("position"):
                translations[:, bone, axis] = values[:, column] - rig.offsets[bone, axis]
            else:
                vector = np.zeros((len(values), 3))
                vector[:, axis] = np.radians(values[:, column])
                local[:, bone] = rot.multiply(local[:, bone], rot.from_axis_angle(vector))
            column += 1
    return local, translations


Rest = Mapping[str, Array]  # bone -> local quaternion (4,) in the T-pose


def rest_of_first_frame(name: str, motion: BvhMotion) -> Rest | None:
    """Return the first frame's rotations if it is a T-pose, with which many captures begin."""
    bones = find_bone_map(name, motion.rig)
    posed = _arms_are_out(motion.rig, bones, measure_t_pose(motion.rig, bones, motion.local[0]), motion.local[0])
    return dict(zip(motion.rig.names, motion.local[0])) if posed else None


def read_bvh(name: str, content: bytes, source: str, licence: str, tags: tuple[str, ...] = ()) -> Clip:
    """Return a clip of a single BVH file, whose T-pose is its first frame, if that is one, or else its zero pose."""
    motion = parse_bvh(name, content.decode("utf-8", errors="replace"))
    return make_clip(name, motion, source, licence, rest=rest_of_first_frame(name, motion), tags=tags)


def make_clip(
    name: str,
    motion: BvhMotion,
    source: str,
    licence: str,
    *,
    rest: Rest | None = None,
    stature: float | None = None,
    tags: tuple[str, ...] = (),
    performer: str = "",
) -> Clip:
    """Return a clip of a parsed BVH. ``rest``: the rig's T-pose, its zero pose when None; ``stature``: the body height
    in metres to scale to, for files of an unknown unit.

    Frames of T-pose at the start are dropped. Where a joint leaps, only the longest stretch without leaps is kept, and
    the clip is tagged 'cut'. Raises ``ClipUnreadable`` when joints have unknown names or values are out of range.
    """
    body = _carried(name, motion, rest, stature)
    begin = _first_moving_frame(body.skeleton, body.world, body.rate)
    start, stop = _clean_stretch([body], begin)
    tags = tags if (start, stop) == (begin, len(body.root)) else (*tags, "cut")
    return _finished(name, body, start, stop, source, licence, tags=tags, performer=performer)


@dataclass(frozen=True, eq=False)
class _Carried:
    """A motion on the canonical joints: ``root`` (T, 3), ``world`` (T, 52, 4), and whether its fingers move."""

    skeleton: Skeleton
    root: Array
    world: Array
    rate: float
    has_fingers: bool


def _carried(name: str, motion: BvhMotion, rest: Rest | None, stature: float | None) -> _Carried:
    """Return the motion on the canonical joints. Raises ``ClipUnreadable``."""
    if not (np.isfinite(motion.local).all() and np.isfinite(motion.translations).all()):
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    rig, bones, rate = motion.rig, find_bone_map(name, motion.rig), _whole_rate(motion.rate)
    every = round(rate / FPS) if rate >= 2 * FPS and rate % FPS == 0 else 1  # resampling would drop the frames between
    t_pose = measure_t_pose(rig, bones, None if rest is None else np.stack([rest[bone] for bone in rig.names]))
    root, world = carry_over(rig, bones, t_pose, motion.local[::every], motion.translations[::every])
    world = align_elbow_hinges(world)
    skeleton = t_pose.skeleton
    if stature is not None:
        factor = stature / skeleton.height
        skeleton, root = skeleton.scaled(factor), root * factor
    has_fingers = _fingers_move(motion, bones)
    absent = tuple(joint for joint in JOINTS if joint not in bones.rotation)
    world = relaxed_fingers(world, absent if has_fingers else None)
    return _Carried(skeleton, root, world, rate / every, has_fingers)


def _finished(name: str, body: _Carried, start: int, stop: int, source: str, licence: str, **details: Any) -> Clip:
    return finish_clip(
        f"{source}/{name}",
        source,
        licence,
        body.skeleton,
        body.root[start:stop],
        body.world[start:stop],
        body.rate,
        has_fingers=body.has_fingers,
        **details,
    )


def make_pair(
    names: tuple[str, str],
    motions: tuple[BvhMotion, BvhMotion],
    source: str,
    licence: str,
    *,
    stature: float | None = None,
    tags: tuple[str, ...] = (),
) -> tuple[Clip, Clip]:
    """Return the clips of a take of two people on rigs of one size, each with the other's place at the first frame.

    The same frames are dropped in both. Raises ``ClipUnreadable`` when either is unreadable or their rates differ.
    """
    if abs(motions[0].rate - motions[1].rate) > 1e-3 * motions[0].rate:
        raise ClipUnreadable(f"'{names[0]}' and '{names[1]}' are one take but claim different rates.")
    bodies = [_carried(name, motion, None, stature) for name, motion in zip(names, motions)]
    begin, end = (
        max(_first_moving_frame(body.skeleton, body.world, body.rate) for body in bodies),
        min(len(body.root) for body in bodies),
    )
    start, stop = _clean_stretch(bodies, begin)
    tags = tags if (start, stop) == (begin, end) else (*tags, "cut")
    clips = [
        _finished(name, body, start, stop, source, licence, tags=(*tags,), performer=f"{source}_{name.split('_')[0]}")
        for name, body in zip(names, bodies)
    ]
    places = [
        settle_pelvis(body.skeleton, body.root[start : start + 1], body.world[start : start + 1, 0])[1][0]
        for body in bodies
    ]
    headings = [float(heading_of(body.world[start, 0])) for body in bodies]
    pairs = []
    for me, other in ((0, 1), (1, 0)):
        x, y, _ = rot.rotate(rot.about_z(np.array(-headings[me])), places[other] - places[me])
        heading = float(turned(headings[other], headings[me]))
        pairs.append(Pair(clips[other].name, float(x), float(y), heading))
    return replace(clips[0], pair=pairs[0]), replace(clips[1], pair=pairs[1])


def _clean_stretch(bodies: Sequence[_Carried], start: int) -> tuple[int, int]:
    """Return (first, one past the last) of the longest stretch from ``start`` on without a leap of any body, or of all
    frames from ``start`` on if that stretch is short.
    """
    stop = min(len(body.root) for body in bodies)
    wild = np.zeros(max(stop - start - 1, 0), bool)
    for body in bodies:
        local = mend_glitches(local_rotations(body.world[start:stop]))[:, : len(BODY_JOINTS)]
        wild |= (steps(local) > _SURE_LEAP).any(axis=1)
    edges = [start, *(np.flatnonzero(wild) + start + 1), stop]
    longest = max(range(len(edges) - 1), key=lambda i: edges[i + 1] - edges[i])
    first, last = (int(edges[longest]), int(edges[longest + 1]))
    margins = (2 if first > start else 0, 2 if last < stop else 0)  # frames beside a leap
    if last - first - sum(margins) < max(2.0 * bodies[0].rate, 0.3 * (stop - start)):
        return start, stop
    return first + margins[0], last - margins[1]


def _first_moving_frame(skeleton: Skeleton, world: Array, rate: float) -> int:
    """Return the first frame after a T-pose at the start, and after a leap from such a pose into the motion."""
    moving = np.flatnonzero(~t_posed_frames(skeleton, world))
    start = int(moving[0]) if len(moving) else 0
    opening = world[start : start + round(0.5 * rate)]
    leaps = np.flatnonzero(steps(opening).max(axis=1, initial=0.0) > np.minimum(_LEAP_SPEED / rate, _LEAP))
    return start + (int(leaps[-1]) + 1 if len(leaps) else 0)


def _arms_are_out(rig: SourceRig, bones: BoneMap, t_pose: TPose, local: Array) -> bool:
    """Return whether the file's own joints, before straightening, have arms level and legs straight down."""
    positions = rot.rotate(t_pose.basis, rig.pose(local[None])[0][0])
    at = {joint: positions[rig.names.index(bone)] for joint, bone in bones.position.items()}
    for side, out in (("left", 1.0), ("right", -1.0)):
        arm, leg = at[f"{side}_wrist"] - at[f"{side}_shoulder"], at[f"{side}_ankle"] - at[f"{side}_hip"]
        if arm[0] * out < 0.95 * np.linalg.norm(arm) or -leg[2] < 0.97 * np.linalg.norm(leg):
            return False
    return True


def find_bone_map(name: str, rig: SourceRig) -> BoneMap:
    """Return the map that fits the names of a rig's joints. Raises ``ClipUnreadable`` if there is none."""
    for bones in NAMED_BONES:
        if bones.fits(rig):
            return bones
    raise ClipUnreadable(f"'{name}' names its joints in a way no known map fits ({', '.join(rig.names[:4])} …).")


def _fingers_move(motion: BvhMotion, bones: BoneMap) -> bool:
    """Return whether any finger but the thumb bends at its second joint; stiff fingers were not captured."""
    bending = [
        j
        for side in ("left", "right")
        for j in HAND_JOINTS[side]
        if j.endswith("2") and "thumb" not in j and j in bones.rotation
    ]
    numbers = [motion.rig.names.index(bones.rotation[joint]) for joint in bending]
    if not numbers or len(motion.local) < 2:
        return False
    return float(np.ptp(motion.local[1:, numbers], axis=0).max(initial=0.0)) > 0.05


def _whole_rate(rate: float) -> float:
    """Return the nearest whole frame rate, as frame times have few digits: 0.016667 s stands for 60 frames a second."""
    return float(round(rate)) if abs(rate - round(rate)) < 0.02 * rate / FPS else rate
