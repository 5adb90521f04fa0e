"""Read SmartBody motion: ``.sk`` skeletons and ``.skm`` clips with their sync points.

Format after the page "Asset Formats" of the SmartBody documentation (smartbody.ict.usc.edu). Both are text: a skeleton
is nested joints with ``offset`` and ``prerot``; a clip lists channels, then lines ``kt TIME fr VALUES``. A ``Quat``
channel is an axis times an angle in radians (three values), a position channel adds to the joint's offset, and the
local rotation of a joint is its ``prerot`` times the animated one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import HAND_JOINTS, JOINTS
from ..common.arrays import Array
from .bone_maps import BVH_MAPS, MODERN, PLAIN, SMARTBODY_SIDES
from .bvh import parse_hierarchy
from .clip import Clip, ClipUnreadable, finish_clip
from .skm_tags import tags_named, tags_seen
from .source_rig import BoneMap, SourceRig, TPose, carry_over, measure_t_pose, relaxed_fingers

SOURCE, LICENCE = "smartbody", "LGPL-2.1 (taken under GPL-3.0 by its section 3)"

_MAPS = (MODERN, PLAIN, *BVH_MAPS)
# Some clips for a modern skeleton use the plain names of its joints.
_TRANSLATION = (
    {plain: modern for joint in JOINTS for plain, modern in ((PLAIN.position[joint], MODERN.position[joint]),)}
    | {"base": "JtRoot", "spine5": "JtNeckB"}
    | {
        f"{plain}_{old}": f"Jt{new}{modern}"
        for modern, plain in SMARTBODY_SIDES.values()
        for old, new in (
            ("upperarm1", "UpperArmTwistA"),
            ("upperarm2", "UpperArmTwistB"),
            ("forearm1", "ForearmTwistA"),
            ("forearm", "ForearmTwistB"),
            ("toe", "Toe"),
        )
    }
)
# A clip without motion of these joints does not show a whole body.
_NEEDED = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "shoulder", "elbow"))

_BROKEN_THUMBS = {"PNGestures"}  # families whose thumbs bend backwards out of range

_SYNC = {"ready": "ready", "strokeStart": "stroke_start", "emphasis": "emphasis", "stroke": "stroke", "relax": "relax"}


@dataclass(frozen=True, eq=False)
class SkmMotion:
    """A ``.skm`` file: ``channels`` as (joint, kind) pairs, ``values`` (T, sum of widths), ``times`` (T,) and sync
    points in seconds.
    """

    channels: tuple[tuple[str, str], ...]
    values: Array
    times: Array
    sync: Mapping[str, float]


def parse_sk(name: str, text: str) -> SourceRig:
    """Return the rig of a ``.sk`` skeleton, or of the BVH hierarchy that some sets have instead.

    Raises ``ClipUnreadable``.
    """
    if text.lstrip().startswith("HIERARCHY"):
        return parse_hierarchy(name, text.partition("MOTION")[0])[0]
    names: list[str] = []
    parents: list[int] = []
    offsets: list[Array] = []
    prerotations: list[Array] = []
    stack: list[int] = []
    words = iter(re.sub(r"#.*", "", text).split())
    try:
        for word in words:
            if word in ("root", "joint"):
                names.append(next(words))
                parents.append(stack[-1] if stack else -1)
                offsets.append(np.zeros(3))
                prerotations.append(rot.IDENTITY.astype(np.float64))
            elif word == "{":
                stack.append(len(names) - 1)
            elif word == "}":
                stack.pop()
            elif word == "offset":
                offsets[stack[-1]] = np.array([float(next(words)) for _ in range(3)])
            elif word == "prerot":
                _, x, y, z, _, angle = (next(words) for _ in range(6))
                axis = np.array([float(x), float(y), float(z)])
                length = np.linalg.norm(axis)
                prerotations[stack[-1]] = rot.from_axis_angle(
                    axis / max(float(length), 1e-9) * np.radians(float(angle))
                )
    except (StopIteration, ValueError, IndexError) as error:
        raise ClipUnreadable(f"'{name}' is not a SmartBody skeleton.") from error
    if not names:
        raise ClipUnreadable(f"'{name}' is not a SmartBody skeleton.")
    return SourceRig(
        tuple(names), tuple(parents), np.array(offsets), np.array(prerotations), _tips(names, parents, offsets)
    )


def _tips(names: list[str], parents: list[int], offsets: list[Array]) -> dict[str, Array]:
    """Return the tips of fingers, which are their fourth joints."""
    tips = {}
    for bone, parent in enumerate(parents):
        if re.fullmatch(
            r"Jt(Thumb|Index|Middle|Ring|Little)D(Lf|Rt)|[lr]_(thumb|index|middle|ring|pinky)4", names[bone]
        ):
            tips[names[parent]] = offsets[bone]
    return tips


def parse_skm(name: str, text: str) -> SkmMotion:
    """Return channels, frames and sync points of a ``.skm`` text. Raises ``ClipUnreadable`` with the reason."""
    listing = re.search(r"^\s*channels\s+(\d+)\s*$(.*?)^\s*frames\s+(\d+)\s*$", text, re.M | re.S)
    if ("SkMotion" not in text and listing is None) or listing is None:
        raise ClipUnreadable(f"'{name}' is not a SmartBody motion: it lists no channels or frames.")
    words = listing[2].split()
    channels = tuple(zip(words[::2], words[1::2]))
    unknown = {kind for _, kind in channels} - {"XPos", "YPos", "ZPos", "Quat"}
    if unknown or len(channels) != int(listing[1]):
        raise ClipUnreadable(
            f"'{name}' lists channels that cannot be read ({', '.join(sorted(unknown)) or 'their number is wrong'})."
        )
    width = sum(3 if kind == "Quat" else 1 for _, kind in channels)
    rows = re.findall(r"^\s*kt\s+(\S+)\s+fr\s+(.*)$", text[listing.end() :], re.M)
    if len(rows) != int(listing[3]) or not rows:
        raise ClipUnreadable(f"'{name}' promises {listing[3]} frames but holds {len(rows)}.")
    try:
        times = np.array([row[0] for row in rows], np.float64)
        values = np.array(" ".join(row[1] for row in rows).split(), np.float64)
    except ValueError as error:
        raise ClipUnreadable(f"'{name}' holds something that is not a number ({error}).") from error
    if len(values) != len(rows) * width:
        raise ClipUnreadable(
            f"'{name}' holds {len(values) / len(rows):.1f} values a frame where its channels need {width}."
        )
    points = re.findall(r"^\s*(ready|strokeStart|emphasis|stroke|relax)\s+time:\s*(\S+)\s*$", text, re.M)
    return SkmMotion(
        channels, values.reshape(len(rows), width), times, {_SYNC[phase]: float(time) for phase, time in points}
    )


def read_skm(member: str, content: bytes, rigs: Mapping[str, SourceRig]) -> Clip:
    """Return the clip of one archive member, e.g. ``smartbody/Gestures/motions/ChrBrad@Idle01_MeLf01.skm``.

    ``rigs``: member path -> skeleton, of all sets, of which the clip's own is tried first. Raises ``ClipUnreadable``.
    """
    family, name = member.split("/")[-3], member.rsplit("/", 1)[-1].removesuffix(".skm")
    motion = parse_skm(name, content.decode("utf-8", errors="replace"))
    if len(motion.times) < 2:
        raise ClipUnreadable(f"'{name}' holds a single pose.")
    if not np.isfinite(motion.values).all():
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    steps = np.diff(motion.times)
    if steps.min() <= 0 or np.abs(steps - np.median(steps)).max() > 0.2 * np.median(steps):
        raise ClipUnreadable(f"'{name}' has frames at uneven times.")
    rig, bones, channels = _rig_for(name, family, motion, rigs)
    local, translations = _decode(motion, channels, rig)
    t_pose = _t_pose_of(rig, _MAPS.index(bones))
    root, world = carry_over(rig, bones, t_pose, local, translations)
    missing = tuple(
        joint
        for side in ("left", "right")
        for joint in HAND_JOINTS[side]
        if joint not in bones.rotation or (family in _BROKEN_THUMBS and "thumb" in joint)
    )
    moved = {joint for joint, kind in channels if kind == "Quat"}
    has_fingers = any(bones.rotation.get(joint) in moved for side in ("left", "right") for joint in HAND_JOINTS[side])
    world = relaxed_fingers(world, missing if has_fingers else None)
    sync = _ordered(motion)
    tags = tags_named(family, name)
    clip = finish_clip(
        f"{SOURCE}/{family}/{name}",
        SOURCE,
        LICENCE,
        t_pose.skeleton,
        root,
        world,
        1.0 / float(np.median(steps)),
        tags=tags,
        sync=sync,
        performer=_performer(family, name),
        has_fingers=has_fingers,
    )
    return replace(clip, tags=(*tags, *tags_seen(clip)))


@lru_cache(maxsize=64)
def _t_pose_of(rig: SourceRig, map_number: int) -> TPose:
    return measure_t_pose(rig, _MAPS[map_number])


def _rig_for(
    name: str, family: str, motion: SkmMotion, rigs: Mapping[str, SourceRig]
) -> tuple[SourceRig, BoneMap, tuple[tuple[str, str], ...]]:
    """Return the skeleton whose joints a clip moves, its bone map, and the clip's channels in the skeleton's names."""
    moved = {joint for joint, _ in motion.channels}
    own_first = sorted(
        rigs,
        key=lambda path: (f"/{family}/" not in path, not _same_character(path, name), "test_utah" not in path, path),
    )
    channels = motion.channels
    if any(joint.startswith("Jt") for joint in moved):
        channels = tuple((_TRANSLATION.get(joint, joint), kind) for joint, kind in channels)
        moved = {joint for joint, _ in channels}
    for path in own_first:
        for bones in _MAPS:
            if bones.fits(rigs[path]) and all(bones.position[joint] in moved for joint in _NEEDED):
                return rigs[path], bones, channels
    lacking = [joint for joint in _NEEDED if PLAIN.position[joint] not in moved and MODERN.position[joint] not in moved]
    raise ClipUnreadable(
        f"'{name}' does not move the whole body (no {', '.join(lacking) or 'skeleton fits its joints'})."
    )


def _same_character(path: str, name: str) -> bool:
    """Return whether a skeleton is that of a clip's character; ChrMarine's is called ChrBackovic."""
    character = re.split(r"[@_]", name)[0].removesuffix("02").replace("ChrMarine", "ChrBackovic")
    return path.rsplit("/", 1)[-1].startswith(character)


def _decode(motion: SkmMotion, channels: tuple[tuple[str, str], ...], rig: SourceRig) -> tuple[Array, Array]:
    """Return local rotations (T, B, 4) and translations (T, B, 3) of a clip on a rig."""
    frames = len(motion.times)
    local = np.tile([1.0, 0, 0, 0], (frames, len(rig.names), 1))
    translations = np.zeros((frames, len(rig.names), 3))
    index = {bone: number for number, bone in enumerate(rig.names)}
    column = 0
    for joint, kind in channels:
        bone = index.get(joint)
        if kind == "Quat":
            if bone is not None:
                local[:, bone] = rot.from_axis_angle(motion.values[:, column : column + 3])
            column += 3
        else:
            if bone is not None and rig.parents[bone] < 1:
                translations[:, bone, "XYZ".index(kind[0])] = motion.values[:, column]
            column += 1
    return local, translations


def _ordered(motion: SkmMotion) -> dict[str, float]:
    """Return the phases in seconds from the first frame, in order and within the clip, which a few files violate."""
    last, ordered = 0.0, {}
    for phase in _SYNC.values():
        if phase in motion.sync:
            last = min(
                max(last, motion.sync[phase] - float(motion.times[0])), float(motion.times[-1] - motion.times[0])
            )
            ordered[phase] = last
    return ordered


def _performer(family: str, name: str) -> str:
    return f"{SOURCE}_{re.split('[@_]', name)[0] if name.startswith(('Chr', 'Utah')) else family}"
