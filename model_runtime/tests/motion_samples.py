"""Synthetic motion files and clips, and the positions of a clip's joints, for the tests of datasets and corpus."""

from __future__ import annotations

import json
import struct
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, JOINTS, PARENTS, forward_kinematics
from model_runtime.common.arrays import Array
from model_runtime.datasets.asfamc import BONES, make_amc_clip, parse_asf
from model_runtime.datasets.bone_maps import UNREAL
from model_runtime.datasets.bvh import read_bvh
from model_runtime.datasets.clip import Clip, ClipUnreadable, finish_clip
from model_runtime.datasets.gltf import parse_glb, read_animation
from model_runtime.datasets.rocketbox import read_rocketbox
from model_runtime.datasets.skm import parse_sk, read_skm
from model_runtime.datasets.source_rig import BoneMap

# A body of MotionBuilder joints: name -> (parent, offset), centimetres, Y up, facing +Z; the arms lie along +X at rest.
_BVH: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Hips": ("", (0, 95, 0)),
    "Spine": ("Hips", (0, 10, 0)),
    "Spine1": ("Spine", (0, 12, 0)),
    "Spine3": ("Spine1", (0, 10, 0)),
    "Neck": ("Spine3", (0, 18, 0)),
    "Head": ("Neck", (0, 9, 1)),
}
for _side, _x in (("Left", 1), ("Right", -1)):
    _BVH[f"{_side}Shoulder"] = ("Spine3", (3 * _x, 12, 0))
    _BVH[f"{_side}Arm"] = (f"{_side}Shoulder", (13 * _x, 0, 0))
    _BVH[f"{_side}ForeArm"] = (f"{_side}Arm", (28 * _x, 0, 0))
    _BVH[f"{_side}Hand"] = (f"{_side}ForeArm", (25 * _x, 0, 0))
    for _finger, _z in (("Index", 3), ("Middle", 1), ("Ring", -1), ("Pinky", -3)):
        _BVH[f"{_side}Hand{_finger}1"] = (f"{_side}Hand", (9 * _x, 0, _z))
        _BVH[f"{_side}Hand{_finger}2"] = (f"{_side}Hand{_finger}1", (4 * _x, 0, 0))
        _BVH[f"{_side}Hand{_finger}3"] = (f"{_side}Hand{_finger}2", (3 * _x, 0, 0))
    _BVH[f"{_side}HandThumb1"] = (f"{_side}Hand", (3 * _x, -1, 3))
    _BVH[f"{_side}HandThumb2"] = (f"{_side}HandThumb1", (3 * _x, 0, 3))
    _BVH[f"{_side}HandThumb3"] = (f"{_side}HandThumb2", (2 * _x, 0, 2))
for _side, _x in (("Left", 1), ("Right", -1)):
    _BVH[f"{_side}UpLeg"] = ("Hips", (9 * _x, -2, 0))
    _BVH[f"{_side}Leg"] = (f"{_side}UpLeg", (0, -42, 0))
    _BVH[f"{_side}Foot"] = (f"{_side}Leg", (0, -42, 0))


def bvh_text(
    turns: Mapping[str, tuple[float, float, float]] | None = None,
    frames: int = 20,
    frame_time: str = "0.033333",
    arms_down: float = 0.0,
) -> str:
    """Return a BVH of the body above in one pose: ``turns`` (joint -> degrees about Z, X, Y) from its rest pose, whose
    arms are ``arms_down`` degrees below level.
    """
    names: list[str] = []

    def block(name: str, fall: float) -> list[str]:
        children = [child for child, (parent, _) in _BVH.items() if parent == name]
        names.append(name)
        vector = np.array(_BVH[name][1], float)
        if fall:
            sign = -1.0 if name.startswith("Left") else 1.0
            vector = rot.rotate(rot.from_axis_angle(np.array([0, 0, sign * np.radians(fall)])), vector)
        tips = ["End Site", "{", "OFFSET 0 -8 17" if "Foot" in name else "OFFSET 0 0 0.1", "}"] if not children else []
        lines = [
            "JOINT " + name if _BVH[name][0] else "ROOT " + name,
            "{",
            "OFFSET {} {} {}".format(*vector),
            "CHANNELS 3 Zrotation Xrotation Yrotation",
            *tips,
        ]
        below = arms_down if name.endswith("Arm") and "Fore" not in name else fall
        return lines + [line for child in children for line in block(child, below)] + ["}"]

    hierarchy = block("Hips", 0.0)
    row = " ".join(str(value) for name in names for value in (turns or {}).get(name, (0, 0, 0)))
    return (
        "\n".join(
            ["HIERARCHY", *hierarchy, "MOTION", f"Frames: {frames}", f"Frame Time: {frame_time}", *[row] * frames]
        )
        + "\n"
    )


def named_bvh_text(bones: BoneMap, turns: Mapping[str, tuple[float, float, float]], frames: int = 20) -> str:
    """Return a BVH of the average body with the names of ``bones`` in one pose: ``turns`` (canonical joint -> degrees
    about Z, X, Y).
    """
    offsets = 100 * rot.rotate(
        rot.from_axis_angle(np.array([-np.pi / 2, 0, 0])), AVERAGE_SKELETON.offsets.astype(float)
    )
    row: list[float] = []

    def block(joint: str) -> list[str]:
        position, rotation = bones.position[joint], bones.rotation[joint]
        chain = [(position, offsets[INDEX[joint]])] + ([(rotation, np.zeros(3))] if rotation != position else [])
        lines = []
        for bone, offset in chain:
            word = "ROOT" if joint == "pelvis" else "JOINT"
            lines += [
                f"{word} {bone}",
                "{",
                "OFFSET {} {} {}".format(*offset),
                "CHANNELS 3 Zrotation Xrotation Yrotation",
            ]
            row.extend(turns.get(joint, (0, 0, 0)) if bone == rotation else (0, 0, 0))
        below = [other for other, parent in zip(JOINTS, PARENTS) if parent == INDEX[joint]]
        tip = ["End Site", "{", "OFFSET 0 0 0.1", "}"] if not below else []
        return lines + tip + [line for child in below for line in block(child)] + ["}"] * len(chain)

    hierarchy = block("pelvis")
    rows = [" ".join(map(str, row))] * frames
    return "\n".join(["HIERARCHY", *hierarchy, "MOTION", f"Frames: {frames}", "Frame Time: 0.033333", *rows]) + "\n"


def clip_of(text: str) -> Clip:
    """Return the clip of a BVH text."""
    return read_bvh("made", text.encode(), "test", "none")


def still_clip(frames: int = 30, name: str = "still", seed: int = 0) -> Clip:
    """Return a clip of slow random rotation, different for each seed."""
    random = np.random.default_rng(seed)
    targets = rot.from_axis_angle(random.normal(0, 0.4, (2, len(JOINTS), 3)))
    world = rot.slerp(targets[:1], targets[1:], np.linspace(0, 1, frames)[:, None] * np.ones(len(JOINTS)))
    return finish_clip(name, "test", "none", AVERAGE_SKELETON, np.tile([0.3, 0.2, 0.9], (frames, 1)), world, 30.0)


def place(clip: Clip, joint: str) -> Array:
    """Return the positions (T, 3) of a joint."""
    return forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[0][:, INDEX[joint]]


def direction(clip: Clip, joint: str, vector: tuple[float, float, float]) -> Array:
    """Return the world direction (T, 3) of a vector in a joint's frame."""
    world = forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[1]
    return rot.rotate(world[:, INDEX[joint]], np.array(vector))


# An ASF body: bone -> (parent, direction, length), Y up, facing +Z; the file's unit is the inch.
_ASF = {
    **{f"{s}hipjoint": ("root", (x, 0, 0), 3.5) for s, x in (("l", 1), ("r", -1))},
    **{
        f"{s}{bone}": (f"{s}{above}", direction, length)
        for s, x in (("l", 1), ("r", -1))
        for bone, above, direction, length in (
            ("femur", "hipjoint", (0.34 * x, -0.94, 0), 16),
            ("tibia", "femur", (0.34 * x, -0.94, 0), 16),
            ("foot", "tibia", (0, -0.4, 0.9), 6),
            ("toes", "foot", (0, 0, 1), 3),
        )
    },
    "lowerback": ("root", (0, 1, 0), 4.5),
    "upperback": ("lowerback", (0, 1, 0), 4.5),
    "thorax": ("upperback", (0, 1, 0), 4.5),
    "lowerneck": ("thorax", (0, 1, 0), 3.5),
    "upperneck": ("lowerneck", (0, 1, 0), 3.5),
    "head": ("upperneck", (0, 1, 0), 4),
    **{
        f"{s}{bone}": (above.replace("*", s), (x, 0, 0), length)
        for s, x in (("l", 1), ("r", -1))
        for bone, above, length in (
            ("clavicle", "thorax", 7),
            ("humerus", "*clavicle", 11),
            ("radius", "*humerus", 7),
            ("wrist", "*radius", 3.5),
            ("hand", "*wrist", 3),
        )
    },
}


def asf_text() -> str:
    """Return an ASF skeleton; every bone but hip joints can rotate about all three axes."""
    bones = "\n".join(
        f"begin\n id {n}\n name {bone}\n direction {d[0]} {d[1]} {d[2]}\n length {length}\n"
        f" axis 0 0 {20 if 'f' in bone else 0} XYZ"
        + ("" if "joint" in bone else "\n dof rx ry rz\n limits (-180 180)\n (-180 180)\n (-180 180)")
        + "\nend"
        for n, (bone, (_, d, length)) in enumerate(_ASF.items(), 1)
    )
    children: dict[str, list[str]] = {}
    for bone, (above, _, _) in _ASF.items():
        children.setdefault(above, []).append(bone)
    tree = "\n".join(" ".join((above, *below)) for above, below in children.items())
    return (
        f":version 1.10\n:units\n length 1.0\n angle deg\n:root\n order TX TY TZ RX RY RZ\n axis XYZ\n position 0 0 0\n"
        f" orientation 0 0 0\n:bonedata\n{bones}\n:hierarchy\nbegin\n{tree}\nend\n"
    )


def amc_text(turns: Mapping[str, tuple[float, float, float]] | None = None, frames: int = 48) -> str:
    """Return an AMC motion of the body above at 120 frames a second in one pose: ``turns`` (bone -> degrees)."""
    bones = [bone for bone in _ASF if "joint" not in bone]
    rows = [f"{bone} {' '.join(map(str, (turns or {}).get(bone, (0, 0, 0))))}" for bone in bones]
    root = f"root 0 36 0 {' '.join(map(str, (turns or {}).get('root', (0, 0, 0))))}"
    return (
        "\n".join(
            [
                "#!OML:ASF",
                ":FULLY-SPECIFIED",
                ":DEGREES",
                *(line for n in range(frames) for line in (str(n + 1), root, *rows)),
            ]
        )
        + "\n"
    )


def amc_clip(text: str, skeleton: str | None = None) -> Clip:
    """Return the clip of an AMC text."""
    assert BONES.position["left_elbow"] == "lradius"
    return make_amc_clip("made", text, parse_asf("body", skeleton or asf_text()), "test", "none")


def glb_bytes(
    turns: Mapping[str, Sequence[float] | Array] | None = None,
    frames: int = 30,
    change: Mapping[str, Any] | None = None,
    cut: int = 0,
) -> bytes:
    """Return a ``.glb`` of the average body (Y up, facing +Z, Unreal's names) with an animation of one pose: ``turns``
    (canonical joint -> rotation vector in the runtime's axes). ``change``: entries of the document to replace; ``cut``:
    bytes missing at the end.
    """
    to_y_up = rot.from_axis_angle(np.array([-np.pi / 2, 0, 0]))  # from the runtime's axes to glTF's
    offsets = rot.rotate(to_y_up, AVERAGE_SKELETON.offsets.astype(float))
    times = np.arange(frames, dtype="<f4") / 30
    blocks, nodes, channels, samplers, accessors = [times.tobytes()], [], [], [], [_accessor(0, frames, "SCALAR")]
    for number, joint in enumerate(JOINTS):
        children = [n for n, parent in enumerate(PARENTS) if parent == number]
        nodes.append(
            {
                "name": UNREAL.position[joint],
                "translation": offsets[number].tolist(),
                **({"children": children} if children else {}),
            }
        )
        vector = rot.rotate(to_y_up, np.asarray((turns or {}).get(joint, (0, 0, 0)), float))
        quaternion = np.roll(rot.from_axis_angle(vector), -1).astype("<f4")
        channels.append({"sampler": number, "target": {"node": number, "path": "rotation"}})
        samplers.append({"input": 0, "output": number + 1})
        accessors.append(_accessor(number + 1, frames, "VEC4"))
        blocks.append(np.tile(quaternion, (frames, 1)).tobytes())
    starts = np.cumsum([0, *map(len, blocks)])
    document = {
        "asset": {"version": "2.0"},
        "nodes": nodes,
        "skins": [{"joints": list(range(len(JOINTS)))}],
        "accessors": accessors,
        "bufferViews": [{"buffer": 0, "byteOffset": int(a), "byteLength": len(b)} for a, b in zip(starts, blocks)],
        "buffers": [{"byteLength": int(starts[-1])}],
        "animations": [{"name": "made", "channels": channels, "samplers": samplers}],
        **(change or {}),
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = (
        struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", int(starts[-1]), b"BIN\x00")
        + b"".join(blocks)
    )
    content = b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body
    return content[: len(content) - cut]


def _accessor(view: int, count: int, kind: str) -> dict[str, Any]:
    return {"bufferView": view, "componentType": 5126, "count": count, "type": kind}


def glb_clip(content: bytes) -> Clip:
    """Return the clip of the first animation of a ``.glb``."""
    return read_animation(parse_glb("made", content), 0, "made", "test", "none", (), "nobody")


def rocketbox_clips(motion: Path, wanted: Callable[[str], bool]) -> list[Clip]:
    """Return the clips of the Rocketbox archive in ``motion`` whose member name is ``wanted``."""
    return [read_rocketbox(name, content) for name, content in _members(motion / "rocketbox.tar", wanted)]


def smartbody_clips(motion: Path, *folders: str) -> list[Clip]:
    """Return the readable clips of some folders of the SmartBody archive in ``motion``, each '/Name/'."""
    texts = dict(_members(motion / "smartbody.tar.xz", lambda name: any(folder in name for folder in folders)))
    rigs = {name: parse_sk(name, text.decode()) for name, text in texts.items() if name.endswith(".sk")}
    found = []
    for name, text in texts.items():
        if name.endswith(".skm"):
            with suppress(ClipUnreadable):
                found.append(read_skm(name, text, rigs))
    return found


def _members(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            file = opened.extractfile(member) if member.isfile() and wanted(member.name) else None
            if file is not None:
                yield member.name, file.read()
