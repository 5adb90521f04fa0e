"""Reads BVH: a hierarchy of joints with Euler channels, one line of numbers a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rotations as rot
from ..contract import FPS
from ..skeleton import HAND_JOINTS, JOINTS, Skeleton
from .clip import Clip, ClipUnreadable, align_elbow_hinges, finish_clip, split_of
from .source_rig import BoneMap, SourceRig, TPose, carry_over, measure_t_pose, relaxed_fingers, t_posed_frames

Array = NDArray[Any]
_SIDES = {"left": ("L", "Left", "l"), "right": ("R", "Right", "r")}


def _map(
    centre: dict[str, str], limbs: dict[str, str], fingers: dict[str, str], spelling: int, last_finger: int = 3,
    neck: str | None = None, foot_pitch: float | None = None,
) -> BoneMap:  # fmt: skip
    """A map from names with a placeholder: {} for the side, and # for a finger's number. ``neck``: the upper of two neck bones."""
    bones = dict(centre)
    for side, spellings in _SIDES.items():
        for joint, bone in limbs.items():
            bones[f"{side}_{joint}"] = bone.format(spellings[spelling])
        for joint in HAND_JOINTS[side]:
            if int(joint[-1]) <= last_finger:
                bones[joint] = fingers[joint.partition("_")[2][:-1]].format(spellings[spelling]).replace("#", joint[-1])
    return BoneMap(bones, {**bones, "neck": neck} if neck else bones, foot_pitch)


BONE_MAPS = (
    _map(  # Character Creator, the CMU subjects
        {"pelvis": "CC_Base_Pelvis", "spine1": "CC_Base_Waist", "spine2": "CC_Base_Spine01", "spine3": "CC_Base_Spine02",
         "neck": "CC_Base_NeckTwist01", "head": "CC_Base_Head"},
        {"hip": "CC_Base_{}_Thigh", "knee": "CC_Base_{}_Calf", "ankle": "CC_Base_{}_Foot", "foot": "CC_Base_{}_ToeBase",
         "collar": "CC_Base_{}_Clavicle", "shoulder": "CC_Base_{}_Upperarm", "elbow": "CC_Base_{}_Forearm", "wrist": "CC_Base_{}_Hand"},
        {"index": "CC_Base_{}_Index#", "middle": "CC_Base_{}_Mid#", "ring": "CC_Base_{}_Ring#", "pinky": "CC_Base_{}_Pinky#",
         "thumb": "CC_Base_{}_Thumb#"}, 0, neck="CC_Base_NeckTwist02", foot_pitch=30.0),
    _map(  # MotionBuilder
        {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine3", "neck": "Neck", "head": "Head"},
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot", "collar": "{}Shoulder", "shoulder": "{}Arm",
         "elbow": "{}ForeArm", "wrist": "{}Hand"},
        {"index": "{}HandIndex#", "middle": "{}HandMiddle#", "ring": "{}HandRing#", "pinky": "{}HandPinky#", "thumb": "{}HandThumb#"}, 1),
    _map(  # Poser, the CMU salsa pairs
        {"pelvis": "hip", "spine1": "abdomen", "spine2": "chest", "neck": "neck", "head": "head"},
        {"hip": "{}Thigh", "knee": "{}Shin", "ankle": "{}Foot", "collar": "{}Collar", "shoulder": "{}Shldr",
         "elbow": "{}ForeArm", "wrist": "{}Hand"},
        {"index": "{}Index#", "middle": "{}Mid#", "ring": "{}Ring#", "pinky": "{}Pinky#", "thumb": "{}Thumb#"}, 2, last_finger=2),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class BvhMotion:
    """``rig`` and over T frames: ``local`` (T, B, 4) rotations, ``translations`` (T, B, 3) added to offsets, ``rate``."""

    rig: SourceRig
    local: Array
    translations: Array
    rate: float


def parse_bvh(name: str, text: str) -> BvhMotion:
    """Hierarchy and motion of a BVH text. Raises ``ClipUnreadable`` naming what is wrong."""
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
    """The rig of a HIERARCHY block and each joint's channel names."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    tips: dict[str, Array] = {}
    channels: list[list[str]] = []
    stack: list[int] = []
    words = iter(text.split())
    try:
        for word in words:
            if word in ("ROOT", "JOINT"):
                names.append(next(words))
                parents.append(stack[-1] if stack else -1)
                offsets.append([0.0, 0.0, 0.0])
                channels.append([])
            elif word == "End":
                next(words)
                names.append("")  # keeps the braces balanced; taken out below
                parents.append(stack[-1])
                offsets.append([0.0, 0.0, 0.0])
                channels.append([])
            elif word == "{":
                stack.append(len(names) - 1)
            elif word == "}":
                stack.pop()
            elif word == "OFFSET":
                offsets[stack[-1]] = [float(next(words)) for _ in range(3)]
            elif word == "CHANNELS":
                channels[stack[-1]] = [next(words) for _ in range(int(next(words)))]
    except (StopIteration, ValueError, IndexError) as error:
        raise ClipUnreadable(f"'{name}' has a broken hierarchy.") from error
    if not names or stack:
        raise ClipUnreadable(f"'{name}' has an incomplete hierarchy.")
    joints = [number for number, joint in enumerate(names) if joint]
    place = {number: order for order, number in enumerate(joints)}
    for number, joint in enumerate(names):
        if not joint and np.linalg.norm(offsets[number]) > 0:
            tips[names[parents[number]]] = np.array(offsets[number])
    rig = SourceRig(
        tuple(names[n] for n in joints), tuple(place.get(parents[n], -1) for n in joints), np.array([offsets[n] for n in joints]),
        np.tile([1.0, 0, 0, 0], (len(joints), 1)), tips,
    )  # fmt: skip
    return rig, [channels[n] for n in joints]


def _decode(values: Array, channels: list[list[str]], rig: SourceRig) -> tuple[Array, Array]:
    local = np.tile([1.0, 0, 0, 0], (len(values), len(rig.names), 1))
    translations = np.zeros((len(values), len(rig.names), 3))
    axes = {"X": 0, "Y": 1, "Z": 2}
    column = 0
    for bone, kinds in enumerate(channels):
        for kind in kinds:
            axis = axes.get(kind[:1].upper(), -1)
            if axis < 0:
                raise ClipUnreadable(f"Joint '{rig.names[bone]}' has an unknown channel '{kind}'.")
            if kind.lower().endswith("position"):  # a position channel stands in for the offset
                translations[:, bone, axis] = values[:, column] - rig.offsets[bone, axis]
            else:
                vector = np.zeros((len(values), 3))
                vector[:, axis] = np.radians(values[:, column])
                local[:, bone] = rot.multiply(local[:, bone], rot.from_axis_angle(vector))
            column += 1
    return local, translations


Rest = Mapping[str, Array]  # bone -> local quaternion (4,) in the T-pose


def rest_of_first_frame(name: str, motion: BvhMotion) -> Rest | None:
    """The first frame's rotations if it is a T-pose, as many captures begin with one."""
    bones = find_bone_map(name, motion.rig)
    posed = _arms_are_out(motion.rig, bones, measure_t_pose(motion.rig, bones, motion.local[0]), motion.local[0])
    return dict(zip(motion.rig.names, motion.local[0])) if posed else None


def read_bvh(name: str, content: bytes, source: str, licence: str, tags: tuple[str, ...] = ()) -> Clip:
    """A clip of one BVH file that stands alone: its T-pose is its first frame, if that is one, or else its zero pose."""
    motion = parse_bvh(name, content.decode("utf-8", errors="replace"))
    return make_clip(name, motion, source, licence, rest=rest_of_first_frame(name, motion), tags=tags)


def make_clip(
    name: str, motion: BvhMotion, source: str, licence: str, *, rest: Rest | None = None, stature: float | None = None,
    tags: tuple[str, ...] = (), performer: str = "",
) -> Clip:  # fmt: skip
    """A clip of a parsed BVH. ``rest``: the rig's T-pose, its zero pose when None; ``stature``: metres to scale the
    body to, when the file's unit is not to be trusted. Frames of T-pose at the start are dropped.

    Raises ``ClipUnreadable`` when joints have unknown names or values make no sense.
    """
    if not (np.isfinite(motion.local).all() and np.isfinite(motion.translations).all()):
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    rig, bones = motion.rig, find_bone_map(name, motion.rig)
    t_pose = measure_t_pose(rig, bones, None if rest is None else np.stack([rest[bone] for bone in rig.names]))
    root, world = carry_over(rig, bones, t_pose, motion.local, motion.translations)
    world = align_elbow_hinges(world)
    skeleton = t_pose.skeleton
    if stature is not None:
        factor = stature / skeleton.height
        skeleton, root = skeleton.scaled(factor), root * factor
    start = _first_moving_frame(skeleton, world, motion.rate)
    has_fingers = _fingers_move(motion, bones)
    world = relaxed_fingers(world, tuple(joint for joint in JOINTS if joint not in bones.rotation) if has_fingers else None)
    return finish_clip(
        f"{source}/{name}", source, licence, skeleton, root[start:], world[start:], _whole_rate(motion.rate),
        tags=tags, performer=performer, has_fingers=has_fingers, split=split_of(name),
    )  # fmt: skip


def _first_moving_frame(skeleton: Skeleton, world: Array, rate: float) -> int:
    """Behind the T-pose that a capture may begin with, and behind any leap from such a pose into the motion."""
    moving = np.flatnonzero(~t_posed_frames(skeleton, world))
    start = int(moving[0]) if len(moving) else 0
    opening = world[start : start + round(0.5 * rate)]
    leaps = np.abs(np.sum(opening[1:] * opening[:-1], axis=-1)).min(axis=1) < np.cos(np.radians(15))  # half of 30 degrees
    return start + (int(np.flatnonzero(leaps)[-1]) + 1 if leaps.any() else 0)


def _arms_are_out(rig: SourceRig, bones: BoneMap, t_pose: TPose, local: Array) -> bool:
    """Whether the file's own joints, before any straightening, have arms level and legs straight down."""
    positions = rot.rotate(t_pose.basis, rig.pose(local[None])[0][0])
    at = {joint: positions[rig.names.index(bone)] for joint, bone in bones.position.items()}
    for side, out in (("left", 1.0), ("right", -1.0)):
        arm, leg = at[f"{side}_wrist"] - at[f"{side}_shoulder"], at[f"{side}_ankle"] - at[f"{side}_hip"]
        if arm[0] * out < 0.95 * np.linalg.norm(arm) or -leg[2] < 0.97 * np.linalg.norm(leg):
            return False
    return True


def find_bone_map(name: str, rig: SourceRig) -> BoneMap:
    for bones in BONE_MAPS:
        if bones.fits(rig):
            return bones
    raise ClipUnreadable(f"'{name}' names its joints in a way no known map fits ({', '.join(rig.names[:4])} …).")


def _fingers_move(motion: BvhMotion, bones: BoneMap) -> bool:
    """Whether any finger but the thumb bends at its second joint; stiff hands are only drawn, not captured."""
    bending = [j for side in ("left", "right") for j in HAND_JOINTS[side] if j.endswith("2") and "thumb" not in j and j in bones.rotation]
    numbers = [motion.rig.names.index(bones.rotation[joint]) for joint in bending]
    return bool(numbers) and float(np.ptp(motion.local[1:, numbers], axis=0).max(initial=0.0)) > 0.05


def _whole_rate(rate: float) -> float:
    """Frame times are written with few digits: 0.016667 s means 60 frames a second."""
    return float(round(rate)) if abs(rate - round(rate)) < 0.02 * rate / FPS else rate
