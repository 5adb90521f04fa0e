"""What an evaluator sees of two people: each in its own heading frame, the other in the same frame.

Nothing depends on where in the world the two are, which way they face, or who is named first. Lengths of a body are in
units of its own size, so that a child and a giant who do the same look the same; what is between two bodies is in
metres. A mirrored motion has the features of ``mirrored``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS, FINGERS, INDEX, Skeleton, forward_kinematics, heading_of
from ..common.arrays import Array, FloatArray
from ..common.timing import FPS

_OTHER = {"left": "right", "right": "left"}
_NOT_MIRRORED = np.array([-1.0, 1.0, 1.0])  # of a vector, by its axes
_PARTNER = (
    "pelvis", "spine3", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_ENDS = ("left_middle1", "right_middle1", "head", "left_foot", "right_foot")  # what touches
_TOUCHED = (*_PARTNER, "left_middle1", "right_middle1", "neck")
_TIPS = tuple(f"{side}_{finger}3" for side in ("left", "right") for finger in FINGERS)
_REACH = 0.25  # metres at which closeness has fallen to a third
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two people over T frames at 30 fps, world frame.

    ``root_positions`` (2, T, 3) metres; ``rotations`` (2, T, 52, 4) local quaternions; the ``skeletons`` and
    ``names`` of both.
    """

    root_positions: FloatArray
    rotations: FloatArray
    skeletons: tuple[Skeleton, Skeleton]
    names: tuple[str, str] = ("first", "second")

    @staticmethod
    def of(root_positions: Array, rotations: Array, bones: Array) -> Pair:
        """Return the pair of a scene's arrays; ``bones`` (2, 52, 3) metres."""
        skeletons = Skeleton(np.asarray(bones[0], np.float32)), Skeleton(np.asarray(bones[1], np.float32))
        return Pair(np.asarray(root_positions, np.float32), np.asarray(rotations, np.float32), skeletons)

    @property
    def frames(self) -> int:
        return self.root_positions.shape[1]


def pair_features(pair: Pair) -> FloatArray:
    """Return (2, T, PAIR_FEATURES)."""
    bodies = [forward_kinematics(pair.root_positions[a], pair.rotations[a], pair.skeletons[a]) for a in range(2)]
    headings = [heading_of(pair.rotations[a][:, 0]) for a in range(2)]
    return np.stack(
        [
            np.concatenate(list(_parts(a, bodies, headings, pair.skeletons[a].size).values()), -1).astype(np.float32)
            for a in range(2)
        ]
    )


def mirrored(features: Array) -> Array:
    """Return features (..., PAIR_FEATURES) of the motion in a mirror, left and right exchanged."""
    return features[..., _MIRROR] * _SIGN


def _parts(actor: int, bodies: list[tuple[Array, Array]], headings: list[Array], size: float) -> dict[str, Array]:
    """Return the groups of features (T, n) of an actor, in the order and of the sizes of ``_NAMES``."""
    (own, turns), (other, _) = bodies[actor], bodies[1 - actor]
    heading = headings[actor]
    back = rot.about_z(-heading)[:, None]

    def seen(vectors: Array) -> Array:
        return rot.rotate(np.broadcast_to(back, (*vectors.shape[:-1], 4)), vectors)

    ground = own[:, :1] * np.array([1.0, 1.0, 0.0], np.float32)
    body = own[:, : len(BODY_JOINTS)]
    wrists = [INDEX[f"{side}_wrist"] for side in _SIDES]
    tips = np.stack([own[:, INDEX[tip]] - own[:, wrists[tip.startswith("right")]] for tip in _TIPS], 1)
    of_wrist = np.stack([turns[:, wrists[tip.startswith("right")]] for tip in _TIPS], 1)
    palms = rot.rotate(turns[:, wrists], np.broadcast_to(np.array([0.0, 0.0, -1.0], np.float32), (len(own), 2, 3)))
    face = rot.rotate(turns[:, INDEX["head"]], np.broadcast_to(np.array([0.0, -1.0, 0.0], np.float32), (len(own), 3)))
    apart = np.stack([own[:, INDEX[j]] for j in _ENDS], 1)[:, :, None] - other[:, None, [INDEX[j] for j in _TOUCHED]]
    turned = headings[1 - actor] - heading
    groups = {
        "joints": seen(body - ground) / size,
        "velocities": seen(_per_second(body)) / size,
        "fingers": rot.rotate(rot.conjugate(of_wrist), tips) / size,
        "palms": seen(palms),
        "face": seen(face[:, None]),
        "turning": _per_second(np.unwrap(heading))[:, None],
        "partner": seen(other[:, [INDEX[j] for j in _PARTNER]] - ground),
        "turned": np.stack([np.cos(turned), np.sin(turned)], -1),
        "closeness": np.exp(-np.linalg.norm(apart, axis=-1) / _REACH),
    }
    return {name: group.reshape(len(own), -1) for name, group in groups.items()}


def _per_second(values: Array) -> Array:
    """Return central differences (T, ...) a second."""
    return np.gradient(values, axis=0) * FPS if len(values) > 1 else np.zeros_like(values)


def _other_side(name: str) -> str:
    side = name.partition("_")[0]
    return _OTHER.get(side, side) + name[len(side) :]


def _mirror() -> tuple[Array, Array]:
    """Return the feature that each feature becomes in a mirror, and its sign."""
    vectors = {"joints": BODY_JOINTS, "velocities": BODY_JOINTS, "fingers": _TIPS, "palms": _SIDES, "face": ("face",)}
    index: list[Array] = []
    sign: list[Array] = []

    def add(places: Array, signs: Array) -> None:
        index.append(sum(len(part) for part in index) + places)
        sign.append(signs)

    def add_vectors(names: tuple[str, ...]) -> None:
        places = [names.index(_other_side(name)) for name in names]
        add((3 * np.array(places)[:, None] + np.arange(3)).ravel(), np.tile(_NOT_MIRRORED, len(names)))

    for names in vectors.values():
        add_vectors(names)
    add(np.arange(1), np.array([-1.0]))
    add_vectors(_PARTNER)
    add(np.arange(2), np.array([1.0, -1.0]))
    ends, touched = ([names.index(_other_side(n)) for n in names] for names in (_ENDS, _TOUCHED))
    add((len(_TOUCHED) * np.array(ends)[:, None] + np.array(touched)).ravel(), np.ones(len(_ENDS) * len(_TOUCHED)))
    return np.concatenate(index), np.concatenate(sign).astype(np.float32)


_MIRROR, _SIGN = _mirror()
PAIR_FEATURES = len(_MIRROR)
# Of the features, those that are a change a second, and grow with the pace.
PACED = np.zeros(PAIR_FEATURES, bool)
PACED[3 * len(BODY_JOINTS) : 6 * len(BODY_JOINTS)] = True
PACED[6 * len(BODY_JOINTS) + 3 * (len(_TIPS) + 3)] = True
