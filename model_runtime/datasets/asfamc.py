"""Read ASF/AMC (Acclaim): ``.asf`` holds a body's bones, ``.amc`` their rotations frame by frame.

Format after the description by J. Lander, "Working with Motion Capture File Formats", Game Developer, January 1998. A
bone has a direction and length in the rest pose, and an ``axis``: the rotation C of the frame in which its angles M are
measured. Its world rotation is its parent's times C M C^-1; its children begin at its far end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..body_model import rotations as rot
from ..common.arrays import Array
from ..contract import FPS
from .clip import Clip, ClipUnreadable, align_elbow_hinges, finish_clip
from .source_rig import BoneMap, SourceRig, TPose, carry_over, measure_t_pose, relaxed_fingers

CMU_RATE = 120.0  # frames a second; the files do not contain it
_INCH = 0.0254  # lengths are inches times the file's own 'length' unit
_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True, eq=False)
class AsfSkeleton:
    """The bones of an ASF file.

    ``rig``: joints at the beginnings of bones, metres; ``frames`` (B, 4): each bone's C; ``channels``: names of its
    angles (and positions, at the root) in the order of the file; ``length``: metres per unit of the motion files.
    """

    rig: SourceRig
    frames: Array
    channels: tuple[tuple[str, ...], ...]
    length: float
    degrees: bool


_CENTRE = {
    "pelvis": "root", "spine1": "lowerback", "spine2": "upperback", "spine3": "thorax", "neck": "lowerneck",
    "head": "head",
}  # fmt: skip
_LIMBS = {
    "hip": "femur", "knee": "tibia", "ankle": "foot", "foot": "toes", "collar": "clavicle", "shoulder": "humerus",
    "elbow": "radius", "wrist": "hand",
}  # fmt: skip


def _bone_map() -> BoneMap:
    position = dict(_CENTRE)
    for side in ("left", "right"):
        position |= {f"{side}_{joint}": side[0] + bone for joint, bone in _LIMBS.items()}
    rotation = {**position, "neck": "upperneck", "left_elbow": "lwrist", "right_elbow": "rwrist"}
    return BoneMap(position, rotation, feet_follow=True)


BONES = _bone_map()


def parse_asf(name: str, text: str) -> AsfSkeleton:
    """Return the skeleton of an ``.asf`` text. Raises ``ClipUnreadable`` with the reason."""
    sections = {
        part.split(None, 1)[0]: part
        for part in re.split(r"^:", re.sub(r"#.*", "", text), flags=re.M)[1:]
        if part.strip()
    }
    lacking = [section for section in ("units", "root", "bonedata", "hierarchy") if section not in sections]
    if lacking:
        raise ClipUnreadable(f"'{name}' is not an ASF skeleton: it lacks {', '.join(lacking)}.")
    try:
        unit = re.search(r"length\s+(\S+)", sections["units"])
        length = _INCH / float(unit[1]) if unit else _INCH
        degrees = re.search(r"angle\s+rad", sections["units"]) is None
        order = re.search(r"^\s*order\s+((?:[TR][XYZ]\s*)+)", sections["root"], re.M)
        if order is None:
            raise ClipUnreadable(f"'{name}' does not say in which order the root moves.")
        names, parents = ["root"], [-1]
        channels: list[tuple[str, ...]] = [tuple(order[1].lower().split())]
        frames, ends = [_axis(sections["root"], r"orientation", degrees)], [np.zeros(3)]
        bones = {}
        for block in re.findall(r"\bbegin\b(.*?)\bend\b", sections["bonedata"], re.S):
            direction = np.array([float(word) for word in _words(block, "direction")[:3]])
            dof = re.search(r"^\s*dof((?:[ \t]+(?:[tr][xyz]|l)\b)+)", block, re.M)
            bones[_words(block, "name")[0]] = (
                direction / max(float(np.linalg.norm(direction)), 1e-9) * float(_words(block, "length")[0]) * length,
                _axis(block, "axis", degrees),
                tuple(dof[1].split()) if dof else (),
            )
        for line in sections["hierarchy"].split("\n")[1:]:
            parent, *children = line.split() or [""]
            for child in children:
                direction, frame, dof_names = bones[child]
                names.append(child)
                parents.append(names.index(parent))
                frames.append(frame)
                ends.append(direction)
                channels.append(dof_names)
    except (ValueError, KeyError, IndexError) as error:
        raise ClipUnreadable(f"'{name}' has a broken skeleton ({error}).") from error
    offsets = np.array([ends[parent] if parent >= 0 else np.zeros(3) for parent in parents])
    has_children = set(parents)
    tips = {bone: ends[number] for number, bone in enumerate(names) if number not in has_children}
    still = np.tile([1.0, 0, 0, 0], (len(names), 1))
    rig = SourceRig(tuple(names), tuple(parents), offsets, still, tips)
    if not BONES.fits(rig):
        raise ClipUnreadable(f"'{name}' names its bones in a way no known map fits ({', '.join(names[:4])} …).")
    return AsfSkeleton(rig, np.array(frames), tuple(channels), length, degrees)


def parse_amc(name: str, text: str, skeleton: AsfSkeleton) -> tuple[Array, Array]:
    """Return local rotations (T, B, 4) and translations (T, B, 3) in metres of an ``.amc`` text for its skeleton.

    Raises ``ClipUnreadable`` with the reason.
    """
    first = re.search(r"^1\s*$", text, re.M)
    if first is None or ":" not in text[: first.start()]:
        raise ClipUnreadable(f"'{name}' is not an AMC motion: it has no first frame.")
    words = text[first.start() :].split()
    second = next(
        (number for number, word in enumerate(words) if word == "2" and words[number + 1 : number + 2] == [words[1]]),
        len(words),
    )
    if len(words) % second:
        raise ClipUnreadable(f"'{name}' breaks off: {len(words)} words are no whole number of frames of {second}.")
    table = np.array(words).reshape(-1, second)
    local = np.tile([1.0, 0, 0, 0], (len(table), len(skeleton.rig.names), 1))
    translations = np.zeros((len(table), len(skeleton.rig.names), 3))
    column, moved = 1, set()
    try:
        while column < second:
            bone = skeleton.rig.names.index(table[0, column])
            width = len(skeleton.channels[bone])
            if (table[:, column] != table[0, column]).any():
                raise ValueError(f"'{table[0, column]}' is missing in a frame")
            values = table[:, column + 1 : column + 1 + width].astype(np.float64)
            _set_bone(local[:, bone], translations[:, bone], values, skeleton, bone)
            moved.add(skeleton.rig.names[bone])
            column += 1 + width
    except (ValueError, IndexError) as error:
        raise ClipUnreadable(f"'{name}' does not fit its skeleton ({error}).") from error
    lacking = sorted(
        {bone for bone in BONES.position.values() if skeleton.channels[skeleton.rig.names.index(bone)]} - moved
    )
    if lacking:
        raise ClipUnreadable(f"'{name}' does not move the whole body (no {', '.join(lacking)}).")
    return local, translations


def _set_bone(local: Array, translation: Array, values: Array, skeleton: AsfSkeleton, bone: int) -> None:
    """Set one bone's rotation (T, 4) and translation (T, 3) in place from its channels' ``values`` (T, C)."""
    rotation = np.tile([1.0, 0, 0, 0], (len(values), 1))
    for channel, value in zip(skeleton.channels[bone], values.T):
        if channel[0] == "t":
            translation[:, _AXES[channel[1]]] += value * skeleton.length
        elif channel[0] == "r":
            vector = np.zeros((len(values), 3))
            vector[:, _AXES[channel[1]]] = np.radians(value) if skeleton.degrees else value
            rotation = rot.multiply(rot.from_axis_angle(vector), rotation)
    frame = skeleton.frames[bone]
    local[:] = rot.multiply(rot.multiply(frame, rotation), rot.conjugate(frame))


def measure_asf(skeleton: AsfSkeleton) -> TPose:
    """Return the T-pose nearest to an ASF rest pose, which has arms out, palms down and legs 20 degrees apart."""
    return measure_t_pose(skeleton.rig, BONES)


def make_amc_clip(
    take: str,
    text: str,
    skeleton: AsfSkeleton,
    source: str,
    licence: str,
    *,
    rate: float = CMU_RATE,
    tags: tuple[str, ...] = (),
    performer: str = "",
) -> Clip:
    """Return a clip of one ``.amc`` text on its skeleton.

    Raises ``ClipUnreadable`` when they do not fit each other or values are out of range.
    """
    local, translations = parse_amc(take, text, skeleton)
    if not (np.isfinite(local).all() and np.isfinite(translations).all()):
        raise ClipUnreadable(f"'{take}' holds values that are not finite numbers.")
    every = max(1, round(rate / FPS)) if rate % FPS == 0 else 1  # resampling would drop the frames between
    t_pose = measure_asf(skeleton)
    root, world = carry_over(skeleton.rig, BONES, t_pose, local[::every], translations[::every])
    world = relaxed_fingers(align_elbow_hinges(world))
    return finish_clip(
        f"{source}/{take}",
        source,
        licence,
        t_pose.skeleton,
        root,
        world,
        rate / every,
        tags=tags,
        performer=performer,
        has_fingers=False,
    )


def _words(block: str, key: str) -> list[str]:
    """Return the words after ``key`` in the block of a bone."""
    found = re.search(rf"^\s*{key}\s+(.+)$", block, re.M)
    if found is None:
        raise ValueError(f"a bone lacks its {key}")
    return found[1].split()


def _axis(block: str, key: str, degrees: bool) -> Array:
    """Return the rotation C (4,) of an ``axis X Y Z ORDER`` line, about the first axis of ORDER first."""
    *angles, order = [*_words(block, key)[:4], *(["XYZ"] if key == "orientation" else [])][:4]
    rotation = rot.IDENTITY.astype(np.float64)
    for letter in order.lower():
        vector = np.zeros(3)
        vector[_AXES[letter]] = float(angles[_AXES[letter]])
        rotation = rot.multiply(rot.from_axis_angle(np.radians(vector) if degrees else vector), rotation)
    return rotation
