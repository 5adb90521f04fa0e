"""Bone weights by the place of a vertex among the joints; at most four a vertex, summing to one."""

from __future__ import annotations

import numpy as np

from .fields import Array, along_segment, smoothstep
from .figure import FINGERS, skeleton_bones
from .surface import edges_of, neighbour_mean

BONES = tuple(skeleton_bones())
COLUMN = {name: index for index, name in enumerate(BONES)}
MOST_BONES = 4


def body_weights(points: Array, joints: dict[str, Array]) -> Array:
    """(N, bones) weights of clothes that cover trunk, arms and legs; falloffs in metres for a body of 1.7 m."""
    size = joints["head_end"][2] / 1.70
    weights = np.zeros((len(points), len(BONES)))
    height = points[:, 2]
    arms = {}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        arms[side] = _arm_share(points, joints, side, sign, size)
    trunk = 1.0 - arms["l"] - arms["r"]

    up = [
        smoothstep(joints[name][2] - 0.055 * size, joints[name][2] + 0.055 * size, height)
        for name in ("spine1", "spine2", "spine3", "neck")
    ]
    for name, share in zip(("pelvis", "spine1", "spine2", "spine3", "neck"), _steps(up)):
        weights[:, COLUMN[name]] = share * trunk

    for side, sign in (("l", 1.0), ("r", -1.0)):
        _share_collar(weights, points, joints, side, sign, size)
        _share_leg(weights, points, joints, side, sign, size)
        elbow = _past(
            points, joints[f"elbow_{side}"], joints[f"wrist_{side}"] - joints[f"shoulder_{side}"], 0.042 * size
        )
        weights[:, COLUMN[f"shoulder_{side}"]] += arms[side] * (1.0 - elbow)
        weights[:, COLUMN[f"elbow_{side}"]] += arms[side] * elbow
    return weights


def hand_weights(points: Array, joints: dict[str, Array], side: str) -> Array:
    """(N, bones): the palm to the hand, each finger to its own three bones by the nearest finger."""
    size = joints["head_end"][2] / 1.70
    weights = np.zeros((len(points), len(BONES)))
    away = np.stack(
        [
            np.minimum.reduce(
                [along_segment(points, joints[f"{f}{n}_{side}"], joints[f"{f}{n + 1}_{side}"])[1] for n in (1, 2, 3)]
            )
            for f in FINGERS
        ]
    )
    nearest = away.argmin(axis=0)
    for index, finger in enumerate(FINGERS):
        mine = np.flatnonzero(nearest == index)
        if not len(mine):
            continue
        at = points[mine]
        chain = [joints[f"{finger}{n}_{side}"] for n in (1, 2, 3, 4)]
        bend = 0.010 * size
        past: list[Array] = []
        for n in range(3):
            start = joints[f"wrist_{side}"] if n == 0 else chain[n - 1]
            direction = _unit(chain[n] - start) + _unit(chain[n + 1] - chain[n])
            past.append(_past(at, chain[n], direction, bend * (1.5 if n == 0 else 0.8)))
        for name, share in zip(
            (f"wrist_{side}", f"{finger}1_{side}", f"{finger}2_{side}", f"{finger}3_{side}"), _steps(past)
        ):
            weights[mine, COLUMN[name]] += share
    return weights


def foot_weights(points: Array, joints: dict[str, Array], side: str) -> Array:
    """(N, bones): shoe and sock to foot and toes, the sock's top partly to the shin."""
    size = joints["head_end"][2] / 1.70
    weights = np.zeros((len(points), len(BONES)))
    toes = smoothstep(0.028 * size, -0.028 * size, points[:, 1] - joints[f"ball_{side}"][1])
    shin = smoothstep(-0.01 * size, 0.05 * size, points[:, 2] - joints[f"ankle_{side}"][2])
    weights[:, COLUMN[f"ball_{side}"]] = toes
    weights[:, COLUMN[f"knee_{side}"]] = (1.0 - toes) * shin
    weights[:, COLUMN[f"ankle_{side}"]] = (1.0 - toes) * (1.0 - shin)
    return weights


def head_weights(points: Array, joints: dict[str, Array]) -> Array:
    """(N, bones): the head, and down the neck to the chest."""
    size = joints["head_end"][2] / 1.70
    weights = np.zeros((len(points), len(BONES)))
    middle = 0.5 * (joints["head"] + joints["neck"])
    # The whole face down to the chin belongs to the head, and so does the skull; only the throat and the nape give.
    face = _past(points, middle + np.array([0.0, -0.020, 0.0]) * size, np.array([0.0, -1.0, 0.75]), 0.030 * size)
    skull = smoothstep(joints["head"][2] - 0.030 * size, joints["head"][2] + 0.025 * size, points[:, 2])
    head = np.maximum(face, skull)
    neck = smoothstep(joints["neck"][2] - 0.035 * size, joints["neck"][2] + 0.025 * size, points[:, 2])
    weights[:, COLUMN["head"]] = head
    weights[:, COLUMN["neck"]] = (1.0 - head) * neck
    weights[:, COLUMN["spine3"]] = (1.0 - head) * (1.0 - neck)
    return weights


def rigid_weights(count: int, bone: str) -> Array:
    weights = np.zeros((count, len(BONES)))
    weights[:, COLUMN[bone]] = 1.0
    return weights


def smoothed(weights: Array, faces: list[tuple[int, ...]], rounds: int) -> Array:
    """Weights averaged over the mesh, so that folds spread."""
    edges = edges_of(faces)
    for _ in range(rounds):
        weights = 0.5 * (weights + neighbour_mean(weights, edges))
    return weights


def limited(weights: Array) -> Array:
    """The largest ``MOST_BONES`` of each vertex, summing to one."""
    floor = np.sort(weights, axis=1)[:, -MOST_BONES][:, None]
    kept = np.where((weights >= floor) & (weights > 1e-3), weights, 0.0)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-9)


def _steps(past: list[Array]) -> list[Array]:
    """Shares of a chain of n + 1 bones from n monotone steps."""
    shares = []
    left = np.ones_like(past[0])
    for step in past:
        shares.append(left * (1.0 - step))
        left = left * step
    return [*shares, left]


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)


def _past(points: Array, joint: Array, direction: Array, half: float) -> Array:
    """0 before the plane through ``joint``, 1 past it, smooth over ``half`` metres either side."""
    axis = direction / np.linalg.norm(direction)
    return smoothstep(-half, half, (points - joint) @ axis)


def _arm_share(points: Array, joints: dict[str, Array], side: str, sign: float, size: float) -> Array:
    shoulder, wrist = joints[f"shoulder_{side}"], joints[f"wrist_{side}"]
    axis = (wrist - shoulder) / np.linalg.norm(wrist - shoulder)
    across = axis + np.array([sign * 0.55, 0.0, 0.0])
    along = _shifted(points, shoulder, across, -0.052 * size, 0.068 * size)
    near = smoothstep(0.135 * size, 0.085 * size, along_segment(points, shoulder, wrist)[1])
    return along * near


def _shifted(points: Array, joint: Array, direction: Array, low: float, high: float) -> Array:
    axis = direction / np.linalg.norm(direction)
    return smoothstep(low, high, (points - joint) @ axis)


def _share_collar(weights: Array, points: Array, joints: dict[str, Array], side: str, sign: float, size: float) -> None:
    """The shoulder's own cap moves with the collar bone."""
    shoulder = joints[f"shoulder_{side}"]
    out = smoothstep(0.05 * size, 0.15 * size, sign * points[:, 0])
    high = smoothstep(shoulder[2] - 0.15 * size, shoulder[2] + 0.01 * size, points[:, 2])
    taken = out * high * 0.75
    for name in ("spine2", "spine3", "neck"):
        column = COLUMN[name]
        weights[:, COLUMN[f"collar_{side}"]] += weights[:, column] * taken
        weights[:, column] *= 1.0 - taken


def _share_leg(weights: Array, points: Array, joints: dict[str, Array], side: str, sign: float, size: float) -> None:
    hip, knee, ankle = (joints[f"{name}_{side}"] for name in ("hip", "knee", "ankle"))
    mine = smoothstep(-0.012 * size, 0.012 * size, sign * points[:, 0])
    leg = _shifted(points, hip, np.array([sign * 0.22, -0.10, -1.0]), -0.070 * size, 0.075 * size) * mine
    shin = _past(points, knee, ankle - hip, 0.055 * size)
    pelvis = COLUMN["pelvis"]
    taken = weights[:, pelvis] * leg
    weights[:, COLUMN[f"hip_{side}"]] += taken * (1.0 - shin)
    weights[:, COLUMN[f"knee_{side}"]] += taken * shin
    weights[:, pelvis] -= taken
