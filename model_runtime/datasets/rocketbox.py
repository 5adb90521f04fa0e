"""Read the Rocketbox clips: 3ds Max Biped motion, one ``.npz`` a clip (MIT; Microsoft Rocketbox avatar library).

A Biped's rest pose is its first frame, which can be any pose, but its bone axes are fixed by convention. So the T-pose
is defined here by the directions of each bone's x, y and z axis when a Biped stands in a T-pose with palms down.
"""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, JOINTS, PARENTS, Skeleton
from ..common.arrays import Array
from .clip import Clip, ClipUnreadable, finish_clip, standing_skeleton, symmetric
from .skm_tags import LEFT_OUT, tags_of_text

SOURCE, LICENCE = "rocketbox", "MIT"

_CENTRE = {
    "pelvis": "Pelvis", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
}  # fmt: skip
_LIMBS = {"hip": "Thigh", "knee": "Calf", "ankle": "Foot", "foot": "Toe0", "collar": "Clavicle", "shoulder": "UpperArm",
          "elbow": "Forearm", "wrist": "Hand"}  # fmt: skip
_FINGERS = {"thumb": 0, "index": 1, "middle": 2, "ring": 3, "pinky": 4}

# Neutral forward pitch (degrees) of neck and head bones, and slope of the collar bones, of a relaxed standing Biped.
_NECK_PITCH, _HEAD_PITCH, _COLLAR_SLOPE = 16.0, 11.0, 12.0
_THUMB_OUT, _THUMB_DROP = 45.0, 10.0
_TOE_HEIGHT = 0.012
# Parts of a clip's name -> tags, beside the words themselves.
_MEANINGS = (
    ("presentation", "talk"), ("_talk", "talk"), ("thoughtful", "think"), ("claphands", "clap"),
    ("look_around", "look_around"), ("invite", "offer"), ("touch_face", "self_adaptor"),
    ("touch_hair", "self_adaptor"), ("scratch_head", "self_adaptor"), ("dust", "self_adaptor"),
    ("finger_nail", "self_adaptor"), ("roll_head", "self_adaptor"), ("cough", "self_adaptor"),
    ("yawn", "self_adaptor"), ("stretch", "self_adaptor"), ("shake_", "self_adaptor"),
    ("dancing", "dance"), ("idle_move", "weight_shift"),
)  # fmt: skip
# Tags of clips that are of no use in a conversation.
_ODD = {"prop", "crouch", "dance", "drunk", "injured", "bruised", "funny", "extremefemale"}
_PROPS = {"phone", "documents", "trolley", "umbrella", "bag", "drink", "picture", "door", "work"}


def read_rocketbox(member: str, content: bytes) -> Clip:
    """Return the clip of one archive member, e.g. ``rocketbox/static__m_idle_breathe_01.npz``.

    Raises ``ClipUnreadable`` when the file is no such array file, a bone is missing or a value is not finite.
    """
    name = member.rsplit("/", 1)[-1].removesuffix(".npz").split("__")[-1]
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as data:
            bones = [str(bone) for bone in data["names"]]
            rest, quats = data["rest_world"].astype(np.float64), data["world_quat"].astype(np.float64) / 32767
            root, rate = data["root_position"].astype(np.float64), float(data["fps"])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ClipUnreadable(f"'{name}' is not a Rocketbox array file ({error}).") from error
    try:
        columns = [bones.index(_biped_bone(joint)) for joint in JOINTS]
    except ValueError as error:
        raise ClipUnreadable(f"'{name}' lacks a bone ({error}).") from error
    if quats.shape != (len(root), len(bones), 4) or rest.shape != (len(bones), 4, 4) or not np.isfinite(rest).all():
        raise ClipUnreadable(f"'{name}' has arrays of shapes that do not belong together.")
    if np.abs(np.linalg.norm(quats[:, columns], axis=-1) - 1).max(initial=0.0) > 0.02:
        raise ClipUnreadable(f"'{name}' holds rotations that are not unit quaternions.")
    world = rot.multiply(rot.normalize(quats[:, columns]), rot.conjugate(_T_POSE))
    tags = tags_of(name)
    return finish_clip(
        f"{SOURCE}/{name}",
        SOURCE,
        LICENCE,
        _skeleton(rest[columns]),
        root,
        world,
        rate,
        tags=tags,
        performer=f"{SOURCE}_{name[0]}",
    )


def tags_of(name: str) -> tuple[str, ...]:
    """Return the words of a clip's name and compounds of them: posture, transition, listening, turn."""
    words = [word for word in name.split("_")[1:] if word]
    text = "_".join(words)
    tags = [*_posture_tags(words, text), *_gait_tags(words), *_turn_tags(text)]
    if listening := re.search(r"gestic_(listen_\w+?)_\d+$", text):
        tags += ["listen", listening[1]]
    tags += [
        "gesture" if word == "gestic" else word
        for word in words
        if not word.isdigit() and word not in ("sit", "stand", "down", "up", "to")
    ]
    if _PROPS & set(words):
        tags += ["prop"]
    tags += tags_of_text(text, _MEANINGS)
    if words[0] in ("walk", "run", "turn"):
        tags += ["locomotion"]
    if words[0] in ("walk", "run") and not {"start", "stop", "to"} & set(words):
        tags += [f"manner_{words[1]}"]
    tags += _seat_tags(words, tags)
    if "sit" in tags and "breathe" in tags:
        tags += ["idle"]
    if _ODD & set(tags):
        tags += [LEFT_OUT]
    return tuple(dict.fromkeys(tags))


def _posture_tags(words: list[str], text: str) -> list[str]:
    if "stand_up" in text:
        return ["stand_up"]
    if text.startswith("sit_down"):
        return ["sit_down"]
    if words[0] == "sit":
        return ["sit", "seated"]
    return [words[0] if words[0] in ("walk", "run", "turn", "crouch") else "stand"]


def _gait_tags(words: list[str]) -> list[str]:
    """Return the tag of a walk or run: its start, stop, loop, or the transition to the other."""
    gait = words[0]
    if gait not in ("walk", "run"):
        return []
    for part in ("start", "stop"):
        if part in words:
            return [f"{gait}_{part}"]
    return [f"{gait}_to_{'run' if gait == 'walk' else 'walk'}" if "to" in words else f"{gait}_loop"]


def _turn_tags(text: str) -> list[str]:
    """Return the side and degrees of a turn, and whether it ends in a walk."""
    turn = re.match(r"turn_(left|right)_(\d+)(_to_walk)?", text)
    if turn is None:
        return []
    return [f"turn_{turn[1]}", f"turn_{turn[1]}_{turn[2]}", "turn_to_walk" if turn[3] else "turn_in_place"]


def _seat_tags(words: list[str], tags: list[str]) -> list[str]:
    """Return the seat and the side of sitting down or standing up."""
    change = next((tag for tag in ("sit_down", "stand_up") if tag in tags), None)
    if change is None:
        return []
    seat = "table" if "table" in words else "chair"
    side = next((side for side in ("left", "right") if side in words), "straight")
    return [f"{change}_{seat}", f"{change}_{side}"]


def _biped_bone(joint: str) -> str:
    """Return the Biped bone of a canonical joint."""
    if joint in _CENTRE:
        return f"Bip01 {_CENTRE[joint]}"
    side, _, part = joint.partition("_")
    if part in _LIMBS:
        return f"Bip01 {side[0].upper()} {_LIMBS[part]}"
    number = int(part[-1])
    return f"Bip01 {side[0].upper()} Finger{_FINGERS[part[:-1]]}{'' if number == 1 else number - 1}"


def _t_pose() -> Array:
    """Return (52, 4) world orientation of each Biped bone in the T-pose."""
    frames = np.zeros((len(JOINTS), 3, 3))
    for joint, index in INDEX.items():
        side, _, part = joint.partition("_")
        lateral = 1.0 if side == "left" else -1.0
        out, forward, up = np.array([lateral, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0])
        if joint in _CENTRE:
            pitch = np.radians({"neck": _NECK_PITCH, "head": _HEAD_PITCH}.get(joint, 0.0))
            x = np.cos(pitch) * up + np.sin(pitch) * forward
            y = np.cos(pitch) * forward - np.sin(pitch) * up
        elif part in ("hip", "knee", "ankle"):
            x, y = -up, forward
        elif part == "foot":
            x, y = forward, up
        elif part == "collar":
            slope = np.radians(_COLLAR_SLOPE)
            x, y = np.cos(slope) * out - np.sin(slope) * up, -forward
        elif part in ("shoulder", "elbow"):
            x, y = out, -forward
        elif part.startswith("thumb"):
            angle, drop = np.radians(_THUMB_OUT), np.radians(_THUMB_DROP)
            x = np.cos(drop) * (np.cos(angle) * out + np.sin(angle) * forward) - np.sin(drop) * up
            y = np.sin(angle) * out - np.cos(angle) * forward  # a thumb bends in the palm's plane, towards the fingers
        else:
            x, y = out, -up
        frames[index] = np.stack([x, y, np.cross(x, y)], axis=-1)
    return rot.from_matrix(frames)


_T_POSE = _t_pose()


def _skeleton(rest: Array) -> Skeleton:
    """Return the skeleton of a rest pose (52, 4, 4), its bones rotated from the rest pose to the T-pose."""
    axes = rest[:, :3, :3] / np.linalg.norm(rest[:, :3, :3], axis=1, keepdims=True)
    to_t_pose = rot.multiply(_T_POSE, rot.conjugate(rot.from_matrix(axes)))
    offsets = np.zeros((len(JOINTS), 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            offsets[joint] = rot.rotate(to_t_pose[parent], rest[joint, :3, 3] - rest[parent, :3, 3])
    return standing_skeleton(symmetric(offsets), _TOE_HEIGHT)
