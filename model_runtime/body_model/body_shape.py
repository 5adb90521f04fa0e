"""The volume of one body as tapered capsules that are each fixed to a joint, and named contact points on its surface.

``default_body_shape`` makes it from bone lengths, with the radii of ``capsules.py``; the add-on fits it to a
character's own skin instead. Fingers, palm and toes are split further than in ``capsules.py``, since four fingers under
one capsule hide the overlaps that one sees first. Shapes are numbers in each joint's frame, so whoever has joints in
the world, in numpy or in torch, places them by one rotation and one addition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..common.arrays import BoolArray, FloatArray
from . import rotations as rot
from .capsules import HALF_BREADTH, RADII, SIDES, Capsules, breadth, closest_points, radius_at
from .skeleton import FINGERS, INDEX, PARENTS, Skeleton, forward_kinematics

IntArray = NDArray[np.int64]

# Of every capsule, by its name without the side: the joint that carries it and the region it is told about as.
PARTS = {
    "hips": ("pelvis", "hips"), "belly": ("spine1", "belly"), "chest": ("spine3", "chest"),
    "shoulder": ("collar", "shoulder"), "upper_arm": ("shoulder", "upper_arm"), "forearm": ("elbow", "forearm"),
    **{f"palm_{finger}": ("wrist", "hand") for finger in FINGERS if finger != "thumb"},
    **{f"{finger}{i}": (f"{finger}{i}", "hand") for finger in FINGERS for i in (1, 2, 3)},
    "upper_thigh": ("hip", "thigh"), "thigh": ("hip", "thigh"), "shin": ("knee", "shin"),
    "foot": ("ankle", "foot"), "toes": ("foot", "foot"),
}  # fmt: skip
MIDDLE_PARTS = {
    "hips": ("pelvis", "hips"), "belly": ("spine1", "belly"), "chest": ("spine3", "chest"), "neck": ("neck", "neck"),
    "head": ("head", "head"), "jaw": ("head", "head"),
}  # fmt: skip
_OF_THE_MIDDLE = ("hips", "belly", "chest")  # regions of three capsules, left to right

# Contact points without their side: joint, where a ray starts inside (share of the bone to a child joint, then metres
# at a stature of 1.70 m in the joint's frame, x outwards on either side), its direction. The point lies where the ray
# leaves the capsules of the region named last; the direction is its normal.
_Place = tuple[str, str, float, tuple[float, float, float], tuple[float, float, float], str]
_PAIRED_POINTS: dict[str, _Place] = {
    "palm": ("wrist", "middle1", 0.6, (0.0, 0.0, 0.0), (0.0, 0.0, -1.0), "hand"),
    "back_of_hand": ("wrist", "middle1", 0.6, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), "hand"),
    "fist": ("wrist", "middle1", 1.0, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), "hand"),
    "thumb_tip": ("thumb3", "", 0.0, (0.015, -0.013, 0.0), (0.75, -0.66, 0.0), "hand"),
    **{f"{f}_tip": (f"{f}3", "", 0.0, (0.012, 0.0, 0.0), (1.0, 0.0, 0.0), "hand") for f in FINGERS if f != "thumb"},
    "wrist": ("elbow", "wrist", 0.95, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), "forearm"),
    "forearm": ("elbow", "wrist", 0.5, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), "forearm"),
    "elbow": ("shoulder", "elbow", 1.0, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0), "upper_arm"),
    "upper_arm": ("shoulder", "elbow", 0.5, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), "upper_arm"),
    "shoulder": ("collar", "shoulder", 0.85, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), "shoulder"),
    "hip": ("pelvis", "hip", 0.5, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), "hips"),
    "thigh": ("hip", "knee", 0.6, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "thigh"),
    "knee": ("hip", "knee", 1.0, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "thigh"),
    "shin": ("knee", "ankle", 0.5, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "shin"),
    "foot": ("ankle", "foot", 0.6, (0.0, 0.0, 0.0), (0.0, -0.5, 0.87), "foot"),
    "sole": ("ankle", "foot", 0.6, (0.0, 0.0, 0.0), (0.0, 0.0, -1.0), "foot"),
    "cheek": ("head", "", 0.0, (0.02, -0.05, 0.03), (0.75, -0.66, 0.0), "head"),
    "ear": ("head", "", 0.0, (0.0, 0.0, 0.055), (1.0, 0.0, 0.0), "head"),
}
_MIDDLE_POINTS: dict[str, _Place] = {
    "upper_back": ("spine3", "neck", 0.3, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0), "chest"),
    "lower_back": ("spine1", "spine2", 0.4, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0), "belly"),
    "chest": ("spine3", "neck", 0.35, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "chest"),
    "belly": ("spine1", "spine2", 0.4, (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "belly"),
    "mouth": ("head", "", 0.0, (0.0, -0.05, 0.005), (0.0, -1.0, 0.0), "head"),
    "top_of_head": ("head", "", 0.0, (0.0, -0.01, 0.09), (0.0, 0.0, 1.0), "head"),
}
POINTS = (*(f"{side}_{name}" for side in SIDES for name in _PAIRED_POINTS), *_MIDDLE_POINTS)
_REACH = 0.5  # metres of a ray, at a stature of 1.70 m


@dataclass(frozen=True, eq=False)
class BodyShape:
    """One body as C tapered capsules and P contact points, metres of that body.

    ``parts`` (C,) names each capsule once; ``joint`` (C,) is the canonical joint that carries it; ``start`` and ``end``
    (C, 3) lie in the joint's frame, which has the world's axes in the T-pose; ``radius`` (C, 2) is that at both ends.
    ``points`` (P,) names contact points; ``point_joint`` (P,), ``point_offset`` (P, 3) and ``point_normal`` (P, 3),
    which points out of the body, are in the same frames.
    """

    parts: tuple[str, ...]
    joint: IntArray
    start: FloatArray
    end: FloatArray
    radius: FloatArray
    points: tuple[str, ...]
    point_joint: IntArray
    point_offset: FloatArray
    point_normal: FloatArray

    def scaled(self, factor: float) -> BodyShape:
        """Return the shape of the same body ``factor`` times as tall."""
        scale = np.float32(factor)
        return replace(
            self,
            start=self.start * scale,
            end=self.end * scale,
            radius=self.radius * scale,
            point_offset=self.point_offset * scale,
        )

    def thickened(self, metres: float) -> BodyShape:
        """Return the shape with a surface ``metres`` further out; no radius falls under 2 mm."""
        thicker = np.maximum(self.radius + np.float32(metres), np.float32(0.002))
        return replace(
            self, radius=thicker, point_offset=(self.point_offset + self.point_normal * metres).astype(np.float32)
        )

    @property
    def regions(self) -> tuple[str, ...]:
        """(C,) the region of the body that each capsule belongs to: 'left_hand', 'chest', …"""
        return tuple(region_of(part) for part in self.parts)

    def point(self, name: str) -> int:
        """Return the index of a contact point. Raises ``ValueError`` for one that the shape does not have."""
        return self.points.index(name)


def region_of(part: str) -> str:
    """Return the region that a capsule belongs to; a part of a name of its own is its own region."""
    side, _, bare = part.partition("_")
    if side in SIDES and bare in PARTS:
        region = PARTS[bare][1]
        return region if region in _OF_THE_MIDDLE else f"{side}_{region}"
    return MIDDLE_PARTS[part][1] if part in MIDDLE_PARTS else part


def carrier_of(part: str) -> int:
    """Return the joint (its index) that carries a capsule of ``PARTS`` or ``MIDDLE_PARTS``."""
    if part in MIDDLE_PARTS:
        return INDEX[MIDDLE_PARTS[part][0]]
    side, _, bare = part.partition("_")
    joint = PARTS[bare][0]
    return INDEX[joint] if joint in INDEX else INDEX[f"{side}_{joint}"]


def default_body_shape(skeleton: Skeleton) -> BodyShape:
    """Return the shape of a body of which only the bones are known: ANSUR's radii, scaled with its stature."""
    return with_contact_points(*default_capsules(skeleton), skeleton)


def default_capsules(skeleton: Skeleton) -> tuple[tuple[str, ...], IntArray, FloatArray, FloatArray, FloatArray]:
    """Return parts, joint, start, end and radius of the same shape, as in ``BodyShape``."""
    parts, ends, radii = [], [], []
    for side in SIDES:
        for bare, (start, end, radius) in _sided(side, skeleton).items():
            parts.append(f"{side}_{bare}")
            ends.append((start, end))
            radii.append(radius)
    for part, (start, end, radius) in _middle(skeleton).items():
        parts.append(part)
        ends.append((start, end))
        radii.append(radius)
    lines = np.array(ends, np.float32)
    joint = np.array([carrier_of(part) for part in parts], np.int64)
    return tuple(parts), joint, lines[:, 0], lines[:, 1], np.array(radii, np.float32)


_Line = tuple[FloatArray, FloatArray, tuple[float, float]]  # start, end, radii; metres in the joint's frame


def _sided(side: str, skeleton: Skeleton) -> dict[str, _Line]:
    """Return the capsules of one side: trunk, arm, hand, leg and foot."""
    size, sign = np.float32(skeleton.size), 1.0 if side == "left" else -1.0

    def at(x: float, y: float, z: float) -> FloatArray:
        return np.array([sign * x, y, z], np.float32) * size

    def bone(joint: str) -> FloatArray:
        return np.asarray(skeleton.offsets[INDEX[f"{side}_{joint}"]], np.float32)

    def wide(shape: str) -> tuple[float, float]:
        return RADII[shape][0] * float(size), RADII[shape][1] * float(size)

    broad = breadth(skeleton)
    x = {
        part: HALF_BREADTH[part] * factor - RADII[part][0]
        for part, factor in (("hips", 1.0), ("belly", 0.5 + 0.5 * broad), ("chest", broad))
    }
    hips_z = float(skeleton.offsets[INDEX["left_hip"], 2]) / float(size)
    neck_z = float(skeleton.offsets[INDEX["neck"], 2]) / float(size)
    middle, here = np.asarray(skeleton.offsets[INDEX["spine2"]], np.float32), np.zeros(3, np.float32)
    ankle_z, toe_z = (-float(skeleton.rest_positions[INDEX[f"{side}_{p}"], 2]) / float(size) for p in ("ankle", "foot"))
    heel, ball = RADII["foot"]
    return {
        "hips": (at(x["hips"], 0.0, hips_z), at(x["hips"], 0.0, 0.4 * hips_z), wide("hips")),
        "belly": (at(x["belly"], 0.0, 0.0), middle + at(x["belly"], 0.0, 0.0), wide("belly")),
        "chest": (at(x["chest"], 0.0, -0.03), at(x["chest"], 0.0, 0.55 * neck_z), wide("chest")),
        "shoulder": (0.35 * bone("shoulder"), bone("shoulder"), wide("shoulder")),
        "upper_arm": (here, bone("elbow"), wide("upper_arm")),
        "forearm": (here, bone("wrist"), wide("forearm")),
        **_hand(side, skeleton),
        "upper_thigh": (here, 0.4 * bone("knee"), _tapered(wide("thigh"), 0.0, 0.4)),
        "thigh": (0.4 * bone("knee"), bone("knee"), _tapered(wide("thigh"), 0.4, 1.0)),
        "shin": (here, bone("ankle"), wide("shin")),
        "foot": (
            at(0.0, 0.02, ankle_z + heel),
            bone("foot") + at(0.0, 0.0, toe_z + ball),
            wide("foot"),
        ),
        "toes": (
            at(0.0, 0.0, toe_z + ball),
            at(0.0, -0.03, toe_z + RADII["toes"][1]),
            (ball * float(size), RADII["toes"][1] * float(size)),
        ),
    }


def _tapered(radius: tuple[float, float], first: float, last: float) -> tuple[float, float]:
    start, end = (radius[0] + (radius[1] - radius[0]) * along for along in (first, last))
    return start, end


def _hand(side: str, skeleton: Skeleton) -> dict[str, _Line]:
    """Return the palm as one capsule a finger, and three a finger, thick as the hand is long."""
    offsets = np.asarray(skeleton.offsets, np.float32)
    length = float(np.linalg.norm(offsets[INDEX[f"{side}_middle1"]])) / _MEAN_PALM
    size = float(np.clip(length, 0.6 * skeleton.size, 1.6 * skeleton.size))
    lines: dict[str, _Line] = {}
    for finger in FINGERS:
        first, second, third = (offsets[INDEX[f"{side}_{finger}{i}"]] for i in (1, 2, 3))
        thick = _FINGER_RADII["thumb" if finger == "thumb" else "pinky" if finger == "pinky" else "finger"]
        if finger != "thumb":
            palm = (RADII["metacarpal"][0] * size, RADII["metacarpal"][1] * size)
            lines[f"palm_{finger}"] = (0.15 * first, first, palm)
        tip = rot.unit(third).astype(np.float32) * np.float32(_TIP * size)
        for i, end in enumerate((second, third, tip)):
            start = np.zeros(3, np.float32)
            lines[f"{finger}{i + 1}"] = (start, end, (thick[i] * size, thick[i + 1] * size))
    return lines


# Radii at the three joints and the tip of a finger, m at 1.70 m; the tip's end lies so far beyond the last joint.
_FINGER_RADII = {
    "thumb": (0.0135, 0.0115, 0.0105, 0.0085),
    "finger": (0.0105, 0.0095, 0.0085, 0.0070),
    "pinky": (0.0090, 0.0080, 0.0070, 0.0060),
}
_TIP = 0.016
_MEAN_PALM = 0.098  # m from wrist to middle1 at 1.70 m


def _middle(skeleton: Skeleton) -> dict[str, _Line]:
    size = np.float32(skeleton.size)

    def at(y: float, z: float) -> FloatArray:
        return np.array([0.0, y, z], np.float32) * size

    def wide(shape: str) -> tuple[float, float]:
        return RADII[shape][0] * float(size), RADII[shape][1] * float(size)

    neck = np.asarray(skeleton.offsets[INDEX["head"]], np.float32)
    left = _sided("left", skeleton)
    along = np.array([0.0, 1.0, 1.0], np.float32)
    trunk = {part: (left[part][0] * along, left[part][1] * along, left[part][2]) for part in _OF_THE_MIDDLE}
    return {
        **trunk,
        "neck": (np.zeros(3, np.float32), neck, wide("neck")),
        "head": (at(-0.01, 0.045), at(-0.015, 0.095), wide("head")),
        "jaw": (at(-0.045, -0.005), at(-0.055, 0.035), wide("jaw")),
    }


def with_contact_points(
    parts: tuple[str, ...],
    joint: IntArray,
    start: FloatArray,
    end: FloatArray,
    radius: FloatArray,
    skeleton: Skeleton,
) -> BodyShape:
    """Return the shape of these capsules with the contact points of ``POINTS`` laid on their surface."""
    rest, size = skeleton.rest_positions, skeleton.size
    regions = np.array([region_of(part) for part in parts])
    ends = rest[joint] + start, rest[joint] + end
    joints, offsets, normals = [], [], []
    for name in POINTS:
        index, origin, direction, own = _ray(name, skeleton.offsets, size)
        chosen = regions == own
        capsules = ends[0][chosen], ends[1][chosen], radius[chosen]
        far = _exit(rest[index] + origin, direction, capsules, _REACH * size)
        joints.append(index)
        offsets.append(origin + far * direction)
        normals.append(direction)
    return BodyShape(
        parts, joint, start, end, radius, POINTS, np.array(joints, np.int64),
        np.array(offsets, np.float32), np.array(normals, np.float32),
    )  # fmt: skip


def _ray(name: str, offsets: FloatArray, size: float) -> tuple[int, FloatArray, FloatArray, str]:
    """Return joint, start and direction (3,) in its frame, and the region whose surface the ray leaves."""
    side, _, bare = name.partition("_")
    if side not in SIDES:
        side, bare = "", name
    joint, child, share, offset, direction, region = _PAIRED_POINTS[bare] if side else _MIDDLE_POINTS[name]
    mirror = np.array([-1.0 if side == "right" else 1.0, 1.0, 1.0], np.float32)
    index = INDEX.get(joint, INDEX.get(f"{side}_{joint}", 0))
    origin = np.array(offset, np.float32) * mirror * np.float32(size)
    if child:
        origin = origin + np.float32(share) * offsets[INDEX.get(child, INDEX.get(f"{side}_{child}", 0))]
    own = region if region in (*_OF_THE_MIDDLE, "head") else f"{side}_{region}"
    return index, origin, np.asarray(rot.unit(np.array(direction) * mirror), np.float32), own


def _exit(
    origin: FloatArray,
    direction: FloatArray,
    capsules: tuple[FloatArray, FloatArray, FloatArray],
    reach: float,
) -> float:
    """Return the metres after which a ray has left all capsules (start, end, radius); 0 where it meets none."""
    along = np.linspace(0.0, reach, 101)
    places = (origin + along[:, None] * direction)[:, None]
    depth = depth_inside(places, *(array[None] for array in capsules)).max(1)
    last = max(np.flatnonzero(depth > 0.0), default=-1)
    if last < 0 or last == len(along) - 1:
        return 0.0
    return float(along[last] + (along[1] - along[0]) * depth[last] / (depth[last] - depth[last + 1]))


def depth_inside(places: FloatArray, start: FloatArray, end: FloatArray, radius: FloatArray) -> FloatArray:
    """Return how deep ``places`` (..., 3) lie in capsules (..., 3) with radii (..., 2): metres, negative outside."""
    line = end - start
    share = np.clip(np.sum((places - start) * line, -1) / (np.sum(line * line, -1) + 1e-12), 0.0, 1.0)
    gap = np.linalg.norm(places - start - share[..., None] * line, axis=-1)
    depth: FloatArray = radius_at(radius, share) - gap
    return depth


def place_capsules(shape: BodyShape, positions: FloatArray, world: FloatArray) -> Capsules:
    """Return the capsules of a body with joints at ``positions`` (T, 52, 3), rotated by ``world`` (T, 52, 4)."""
    turn, at = world[:, shape.joint], positions[:, shape.joint]
    start, end = at + rot.rotate(turn, shape.start), at + rot.rotate(turn, shape.end)
    return Capsules(start.astype(np.float32), end.astype(np.float32), shape.radius)


def place_points(shape: BodyShape, positions: FloatArray, world: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the contact points and their normals in the world, both (T, P, 3), of a body posed as above."""
    turn = world[:, shape.point_joint]
    places = positions[:, shape.point_joint] + rot.rotate(turn, shape.point_offset)
    return places.astype(np.float32), np.asarray(rot.rotate(turn, shape.point_normal), np.float32)


def posed_capsules(shape: BodyShape, root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> Capsules:
    """Return the capsules of a body over ``root`` (T, 3) metres and local ``rotations`` (T, 52, 4)."""
    posed = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    return place_capsules(shape, *posed)


def self_pairs(shape: BodyShape, skeleton: Skeleton) -> tuple[IntArray, IntArray]:
    """Return the capsules (K,) and (K,) of one body that may not cut into each other.

    Hands and forearms against all that is not their own arm, hands also against their own shoulder; legs against each
    other. Left out are neighbours: capsules of one limb, and those that lie within 2.5 cm of each other in the T-pose,
    where flesh belongs together. An upper arm rests at the side of the chest, and a bent hip brings thigh to belly: so
    they are no pairs.
    """
    joints = skeleton.rest_positions[None]
    still = np.zeros((1, len(PARENTS), 4), np.float32)
    still[..., 0] = 1.0
    rest = place_capsules(shape, joints, still)
    regions = shape.regions
    found = [
        (i, j)
        for i in range(len(shape.parts))
        for j in range(i + 1, len(shape.parts))
        if may_meet(regions[i], regions[j])
    ]
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first, second = np.array(found, np.int64).T
    s, t, distance = closest_points(
        rest.start[0, first], rest.end[0, first], rest.start[0, second], rest.end[0, second]
    )
    depth = radius_at(rest.radius[first], s) + radius_at(rest.radius[second], t) - distance
    apart = depth < -0.025 * skeleton.size
    return first[apart], second[apart]


@cache
def may_meet(one: str, other: str) -> bool:
    """Return whether two regions of one body are measured against each other."""
    (side, part), (other_side, other_part) = _split(one), _split(other)
    if side and side == other_side:
        reaches = {"hand": {"shoulder", "thigh", "shin", "foot"}, "forearm": {"thigh", "shin", "foot"}}
        return other_part in reaches.get(part, ()) or part in reaches.get(other_part, ())
    if {part, other_part} & {"hand", "forearm"}:
        return True
    legs = {"thigh", "shin", "foot"}
    return bool(side and other_side) and {part, other_part} <= legs


def _split(region: str) -> tuple[str, str]:
    side, _, part = region.partition("_")
    return (side, part) if side in SIDES else ("", region)


def pairs_mask(shape: BodyShape, skeleton: Skeleton) -> BoolArray:
    """Return (C, C), symmetric: which capsules of one body are measured against each other; see ``self_pairs``."""
    mask = np.zeros((len(shape.parts),) * 2, bool)
    first, second = self_pairs(shape, skeleton)
    mask[first, second] = mask[second, first] = True
    return mask
