"""A clip: one performer's captured motion on the canonical skeleton, and the last steps of every importer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import (
    BODY_JOINTS,
    INDEX,
    JOINTS,
    MIRRORED,
    PARENTS,
    Skeleton,
    forward_kinematics,
    heading_of,
    mirrored,
)
from ..common.arrays import Array
from ..contract import FPS
from ..errors import InterActError
from .glitches import LARGEST_STEP, mend_glitches, steps

_FEET = [INDEX[name] for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]
_SWAPPED_WORDS = {"left": "right", "right": "left"}
SHORTEST_CLIP = 8  # frames; anything shorter is a pose
HIGHEST_RATE = 480.0


class ClipUnreadable(InterActError):
    """A motion file is broken or of another format; it is skipped and counted."""


@dataclass(frozen=True)
class Pair:
    """The other half of a two-person take, synchronous frame by frame: the ``partner`` clip's name and its place at
    this clip's first frame, in this clip's own space: ``x``, ``y`` in metres and ``heading`` in radians.
    """

    partner: str
    x: float
    y: float
    heading: float


@dataclass(frozen=True, eq=False)
class Clip:
    """Motion of one body over T frames at ``FPS``.

    ``root_positions`` (T, 3) metres and ``rotations`` (T, 52, 4) are as in ``contract.ActorPerformance``. The first
    frame is at x = y = 0 with heading 0; soles touch z = 0. ``sync`` maps gesture phases (ready, stroke_start,
    emphasis, stroke, relax) to seconds from the first frame. ``has_fingers`` is False where the fingers are a relaxed
    curl set by the importer. ``pair``: only in takes of two people.
    """

    name: str
    source: str
    licence: str
    skeleton: Skeleton
    root_positions: NDArray[np.float32]
    rotations: NDArray[np.float32]
    tags: tuple[str, ...] = ()
    sync: dict[str, float] = field(default_factory=dict)
    has_fingers: bool = True
    performer: str = ""
    split: str = "train"
    pair: Pair | None = None

    @property
    def frames(self) -> int:
        return len(self.root_positions)

    @property
    def duration(self) -> float:
        """Seconds from the first to the last frame."""
        return (self.frames - 1) / FPS

    def slice(self, start: int, stop: int) -> Clip:
        """Return frames ``start`` to ``stop`` (exclusive), moved to the origin, with shifted sync times."""
        root, rotations = place_at_origin(self.root_positions[start:stop], self.rotations[start:stop])
        sync = {phase: time - start / FPS for phase, time in self.sync.items()}
        return replace(
            self, root_positions=root, rotations=rotations, sync=sync, pair=self.pair if start == 0 else None
        )

    def mirrored(self) -> Clip:
        """Return the reflection in the plane x = 0, with left and right swapped."""
        flip = np.array([-1, 1, 1], np.float32)
        order = list(MIRRORED)
        return replace(
            self,
            name=f"{self.name}~mirrored",
            skeleton=Skeleton(np.ascontiguousarray(self.skeleton.offsets[order] * flip)),
            root_positions=self.root_positions * flip,
            rotations=mirrored(self.rotations),
            tags=tuple("_".join(_SWAPPED_WORDS.get(word, word) for word in tag.split("_")) for tag in self.tags),
            pair=Pair(f"{self.pair.partner}~mirrored", -self.pair.x, self.pair.y, -self.pair.heading)
            if self.pair
            else None,
        )


def finish_clip(
    name: str,
    source: str,
    licence: str,
    skeleton: Skeleton,
    root_positions: Array,
    world: Array,
    rate: float,
    **details: Any,
) -> Clip:
    """Return a clip of the motion that an importer read.

    ``root_positions`` (S, 3) metres, Z up; ``world`` (S, 52, 4): each joint's world rotation relative to the T-pose;
    ``rate``: frames a second of both. ``details`` are the other fields of ``Clip``. Raises ``ClipUnreadable`` for too
    few frames, a rate out of range, values that are not finite, and joints that leap.
    """
    if len(root_positions) == 0:
        raise ClipUnreadable(f"'{name}' holds no frames.")
    if not (np.isfinite(rate) and 10.0 <= rate <= HIGHEST_RATE):
        raise ClipUnreadable(f"'{name}' claims {rate:.3g} frames a second; 10 to {HIGHEST_RATE:.0f} make sense.")
    if not (np.isfinite(root_positions).all() and np.isfinite(world).all()):
        raise ClipUnreadable(f"'{name}' holds values that are not finite numbers.")
    skeleton, root_positions = settle_pelvis(skeleton, root_positions, world[:, 0])
    root, rotations = resample(root_positions, local_rotations(without_finger_roll(world)), rate)
    if len(root) < SHORTEST_CLIP:
        raise ClipUnreadable(
            f"'{name}' is {len(root)} frames long at {FPS} frames a second; at least {SHORTEST_CLIP} make a clip."
        )
    rotations = mend_glitches(share_forearm_twist(rotations))
    fastest = steps(rotations[:, : len(BODY_JOINTS)])
    if fastest.max() > LARGEST_STEP:
        frame, joint = np.unravel_index(int(fastest.argmax()), fastest.shape)
        raise ClipUnreadable(
            f"'{name}' jumps: {JOINTS[joint]} turns {np.degrees(fastest.max()):.0f} degrees after {frame / FPS:.2f} s, "
            "within one frame."
        )
    root, rotations = place_at_origin(put_on_floor(root, rotations, skeleton), rotations)
    return Clip(name, source, licence, skeleton, root, rotations, **details)


def settle_pelvis(skeleton: Skeleton, root_positions: Array, pelvis: Array) -> tuple[Skeleton, Array]:
    """Move the root joint to the same place in every body: straight above the middle of the hips by a tenth of the leg.

    Sources have it anywhere between hips and waist, so seat heights and pelvis heights could not be compared.
    """
    offsets = np.array(skeleton.offsets, np.float64)
    hips, legs = [INDEX["left_hip"], INDEX["right_hip"]], [INDEX["left_knee"], INDEX["left_ankle"]]
    lift = offsets[hips].mean(axis=0) + [0, 0, 0.1 * np.linalg.norm(offsets[legs], axis=1).sum()]
    offsets[[joint for joint, parent in enumerate(PARENTS) if parent == 0]] -= lift
    offsets[0, 2] += lift[2]
    return Skeleton(offsets.astype(np.float32)), root_positions + rot.rotate(pelvis, lift)


def local_rotations(world: Array) -> Array:
    """Return the local quaternions of world quaternions (T, 52, 4); the pelvis keeps its world rotation."""
    local = np.array(world)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = rot.multiply(rot.conjugate(world[:, parent]), world[:, joint])
    return rot.normalize(local)


def align_elbow_hinges(world: Array) -> Array:
    """Return world rotations (T, 52, 4) with upper arms and forearms rolled so that elbows bend about their z axis on
    average.

    For sources whose rest pose has straight arms, which do not show the hinge axis of the elbow. Needs bent frames.
    """
    world = np.array(world)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        shoulder, elbow = INDEX[f"{side}_shoulder"], INDEX[f"{side}_elbow"]
        swing = rot.to_axis_angle(_split_twist(rot.multiply(rot.conjugate(world[:, shoulder]), world[:, elbow]))[0])
        bent = swing[np.linalg.norm(swing, axis=-1) > np.radians(25)]
        if len(bent) < SHORTEST_CLIP:
            continue
        hinge = sign * bent.mean(axis=0)
        roll = _about_x(np.arctan2(-hinge[1], hinge[2]))
        for joint in (shoulder, elbow):
            world[:, joint] = rot.multiply(world[:, joint], roll)
    return world


def without_finger_roll(world: Array) -> Array:
    """Return world rotations (T, 52, 4) without roll of fingers about their own length relative to the hand.

    Knuckles have no such rotation; some rigs fan their finger axes, which would twist the fingers of other rigs. Bones
    keep their positions.
    """
    world = np.array(world)
    for side in ("left", "right"):
        hand = world[:, INDEX[f"{side}_wrist"]]
        for finger in ("index", "middle", "ring", "pinky"):
            first = INDEX[f"{side}_{finger}1"]
            roll = _split_twist(rot.multiply(rot.conjugate(hand), world[:, first]))[1]
            back = _about_x(-roll)
            for joint in (first, first + 1, first + 2):
                world[:, joint] = rot.multiply(world[:, joint], back)
    return world


def resample(root_positions: Array, rotations: Array, rate: float) -> tuple[Array, Array]:
    """Return motion of ``rate`` frames a second at ``FPS``, by linear (position) and spherical (rotation)
    interpolation.
    """
    if abs(rate - FPS) < 1e-3:
        return root_positions, rotations
    times = np.arange(int((len(root_positions) - 1) / rate * FPS + 1e-4) + 1) / FPS * rate
    before = np.minimum(times.astype(int), len(root_positions) - 1)
    after = np.minimum(before + 1, len(root_positions) - 1)
    part = times - before
    if np.abs(part).max(initial=0.0) < 1e-3:  # a whole multiple: nothing to blend
        return root_positions[before], rotations[before]
    blend = part[:, None]
    root = root_positions[before] * (1 - blend) + root_positions[after] * blend
    return root, rot.slerp(rotations[before], rotations[after], np.broadcast_to(blend, (len(times), len(JOINTS))))


def share_forearm_twist(rotations: Array) -> Array:
    """Return rotations (T, 52, 4) with the hand's twist about the forearm's long axis half in the elbow, half in the
    wrist.

    Sources differ in the bone that carries it. Half and half deforms rigs without twist bones best and is the default
    of Unity's humanoid.
    """
    rotations = np.array(rotations)
    for side in ("left", "right"):
        elbow, wrist = INDEX[f"{side}_elbow"], INDEX[f"{side}_wrist"]
        swing_at_elbow, elbow_twist = _split_twist(rotations[:, elbow])
        wrist_twist = _split_twist(rotations[:, wrist])[1]
        swing_at_wrist = rot.multiply(_about_x(-wrist_twist), rotations[:, wrist])
        half = 0.5 * np.unwrap((elbow_twist + wrist_twist + np.pi) % (2 * np.pi) - np.pi)
        half = half - np.pi * np.round(np.median(half) / np.pi)
        rotations[:, elbow] = rot.multiply(swing_at_elbow, _about_x(half))
        rotations[:, wrist] = rot.multiply(_about_x(half), swing_at_wrist)
    return rotations


def _split_twist(q: Array) -> tuple[Array, Array]:
    """Return the swing (T, 4) before a twist about the bone's x axis, and the twist's angle (T,), of quaternions."""
    q = np.where(q[:, :1] < 0, -q, q)
    angle = 2.0 * np.arctan2(q[:, 1], q[:, 0])
    return rot.multiply(q, _about_x(-angle)), angle


def _about_x(angle: Array) -> Array:
    zero = np.zeros_like(angle)
    return np.stack([np.cos(0.5 * angle), np.sin(0.5 * angle), zero, zero], -1)


def put_on_floor(root_positions: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return root positions of a clip raised or lowered as a whole, so that the median height of resting feet is 0.

    A foot point rests while it is slower than 0.2 m/s and within 8 cm of its lowest height. A clip whose feet never
    rest is put on the 5th percentile of its lowest points.
    """
    positions, _ = forward_kinematics(root_positions.astype(np.float32), rotations.astype(np.float32), skeleton)
    feet = positions[:, _FEET]
    heights = feet[..., 2] - skeleton.rest_positions[_FEET, 2]
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * FPS
    resting = (speed < 0.2) & (heights < heights.min() + 0.08)
    lowest = np.where(resting, heights, np.inf).min(axis=1)
    lowest = lowest[np.isfinite(lowest)]
    root = np.array(root_positions)
    root[:, 2] -= np.median(lowest) if len(lowest) >= SHORTEST_CLIP else np.percentile(heights.min(axis=1), 5)
    return root


def place_at_origin(root_positions: Array, rotations: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a clip's motion moved and rotated so that its first frame has x = y = 0 and heading 0."""
    turn = rot.about_z(-heading_of(rotations[0, 0]))
    root = root_positions - root_positions[0] * [1, 1, 0]
    rotations = np.array(rotations)
    rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
    return rot.rotate(turn, root).astype(np.float32), rot.continuous(rot.normalize(rotations)).astype(np.float32)


def standing_skeleton(offsets: Array, toe_height: float) -> Skeleton:
    """Return the skeleton of T-pose offsets (52, 3), with row 0 set so that the balls of the feet are at
    ``toe_height``.
    """
    offsets = np.array(offsets, np.float64)
    offsets[0] = 0.0
    offsets[0, 2] = toe_height - Skeleton(offsets.astype(np.float32)).rest_positions[_FEET[2:], 2].mean()
    return Skeleton(offsets.astype(np.float32))


def symmetric(offsets: Array) -> Array:
    """Return offsets (52, 3) made symmetric between left and right."""
    return 0.5 * (offsets + offsets[list(MIRRORED)] * [-1, 1, 1])
