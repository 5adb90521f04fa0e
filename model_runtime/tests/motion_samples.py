"""A body written as BVH, clips made of nothing, and where a clip's joints are: what the tests of the corpus share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model_runtime import rotations as rot
from model_runtime.corpus.bvh import read_bvh
from model_runtime.corpus.clip import Clip, finish_clip
from model_runtime.skeleton import AVERAGE_SKELETON, INDEX, JOINTS, forward_kinematics

# A body of MotionBuilder joints, centimetres, Y up, facing +Z; the arms lie along +X at rest.
_TREE = ("Hips", (0, 95, 0), [
    ("Spine", (0, 10, 0), [("Spine1", (0, 12, 0), [("Spine3", (0, 10, 0), [
        ("Neck", (0, 18, 0), [("Head", (0, 9, 1), [])]),
        *[(f"{side}Shoulder", (3 * x, 12, 0), [(f"{side}Arm", (13 * x, 0, 0), [(f"{side}ForeArm", (28 * x, 0, 0), [(f"{side}Hand", (25 * x, 0, 0), [
            *[(f"{side}Hand{finger}1", (9 * x, 0, z), [(f"{side}Hand{finger}2", (4 * x, 0, 0), [(f"{side}Hand{finger}3", (3 * x, 0, 0), [])])])
              for finger, z in (("Index", 3), ("Middle", 1), ("Ring", -1), ("Pinky", -3))],
            (f"{side}HandThumb1", (3 * x, -1, 3), [(f"{side}HandThumb2", (3 * x, 0, 3), [(f"{side}HandThumb3", (2 * x, 0, 2), [])])]),
        ])])])]) for side, x in (("Left", 1), ("Right", -1))],
    ])])]),
    *[(f"{side}UpLeg", (9 * x, -2, 0), [(f"{side}Leg", (0, -42, 0), [(f"{side}Foot", (0, -42, 0), [])])]) for side, x in (("Left", 1), ("Right", -1))],
])  # fmt: skip


def bvh_text(
    turns: Mapping[str, tuple[float, float, float]] | None = None, frames: int = 20, frame_time: str = "0.033333", arms_down: float = 0.0
) -> str:
    """A BVH of the body above holding still, ``turns`` (joint -> degrees about Z, X, Y) away from its rest pose, whose
    arms hang ``arms_down`` degrees below level."""
    names: list[str] = []

    def block(node: tuple, depth: int, fall: float) -> list[str]:  # type: ignore[type-arg]
        name, offset, children = node
        names.append(name)
        vector = np.array(offset, float)
        if fall:
            sign = -1.0 if name.startswith("Left") else 1.0
            vector = rot.rotate(rot.from_axis_angle(np.array([0, 0, sign * np.radians(fall)])), vector)
        tips = ["End Site", "{", "OFFSET 0 -8 17" if "Foot" in name else "OFFSET 0 0 0.1", "}"] if not children else []
        lines = [
            "JOINT " + name if depth else "ROOT " + name,
            "{",
            "OFFSET {} {} {}".format(*vector),
            "CHANNELS 3 Zrotation Xrotation Yrotation",
            *tips,
        ]
        below = arms_down if name.endswith("Arm") and "Fore" not in name else fall
        return lines + [line for child in children for line in block(child, depth + 1, below)] + ["}"]

    hierarchy = block(_TREE, 0, 0.0)
    row = " ".join(str(value) for name in names for value in (turns or {}).get(name, (0, 0, 0)))
    return "\n".join(["HIERARCHY", *hierarchy, "MOTION", f"Frames: {frames}", f"Frame Time: {frame_time}", *[row] * frames]) + "\n"


def clip_of(text: str) -> Clip:
    return read_bvh("made", text.encode(), "test", "none")


def still_clip(frames: int = 30, name: str = "still", seed: int = 0) -> Clip:
    """A clip of slow random turning, different for each seed."""
    random = np.random.default_rng(seed)
    targets = rot.from_axis_angle(random.normal(0, 0.4, (2, len(JOINTS), 3)))
    world = rot.slerp(targets[:1], targets[1:], np.linspace(0, 1, frames)[:, None] * np.ones(len(JOINTS)))
    return finish_clip(name, "test", "none", AVERAGE_SKELETON, np.tile([0.3, 0.2, 0.9], (frames, 1)), world, 30.0)


def place(clip: Clip, joint: str) -> np.ndarray:
    return forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[0][:, INDEX[joint]]


def direction(clip: Clip, joint: str, vector: tuple[float, float, float]) -> np.ndarray:
    world = forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[1]
    return rot.rotate(world[:, INDEX[joint]], np.array(vector))
