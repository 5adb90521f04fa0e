"""Places on a body that choreographies touch beside the points of ``BodyShape``: chest, blades, waist, knees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..body_model.body_shape import BodyShape, default_body_shape, depth_inside
from ..body_model.skeleton import INDEX, Skeleton
from ..common.arrays import FloatArray

# Of the left side: joint, where a ray starts (metres of a body of 1.7 m in the joint's frame), its direction, and the
# regions whose surface it leaves. The right side is the mirror image.
_PLACES: dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float], str]] = {
    "breast": ("spine3", (0.085, 0.0, 0.07), (0.15, -1.0, 0.0), "chest"),
    "blade": ("spine3", (0.085, 0.0, 0.07), (0.1, 1.0, 0.0), "chest"),
    "small_of_back": ("spine1", (0.07, 0.0, 0.06), (0.1, 1.0, 0.0), "belly"),
    "waist": ("spine1", (0.05, 0.0, 0.04), (1.0, 0.0, 0.0), "belly"),
    "trapezius": ("spine3", (0.118, 0.0, 0.10), (0.1, 0.15, 1.0), "shoulder chest"),
    "outer_arm": ("shoulder", (0.10, 0.0, 0.0), (0.0, 0.0, 1.0), "upper_arm"),
    "buttock": ("pelvis", (0.07, 0.02, -0.02), (0.0, 0.25, -1.0), "hips"),
    "toe": ("foot", (0.0, 0.0, 0.0), (0.0, -1.0, 0.0), "foot"),
    "top_of_toes": ("foot", (0.0, -0.015, 0.0), (0.0, -0.15, 1.0), "foot"),
    "back_of_thigh": ("hip", (0.0, 0.0, -0.24), (0.0, 1.0, 0.0), "thigh"),
    "outer_thigh": ("hip", (0.0, 0.0, -0.2), (1.0, 0.0, 0.0), "thigh"),
    "calf": ("knee", (0.0, 0.0, -0.16), (0.0, 1.0, 0.0), "shin"),
    "inner_wrist": ("elbow", (0.21, 0.0, 0.0), (0.0, 0.0, -1.0), "forearm"),
}
_STEPS, _FAR = 120, 0.36  # of a ray, and metres at 1.70 m


def composing_shape(skeleton: Skeleton) -> BodyShape:
    """Return the shape of a body of which the bones are known, with the places of this module as contact points."""
    return with_places(default_body_shape(skeleton), skeleton)


def with_places(shape: BodyShape, skeleton: Skeleton) -> BodyShape:
    """Return a shape of this skeleton with the places of this module as further contact points."""
    rest, regions = skeleton.rest_positions, np.array(shape.regions)
    names, joints, offsets, normals = list(shape.points), [], [], []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, (joint, start, way, region) in _PLACES.items():
            index = INDEX.get(joint, INDEX.get(f"{side}_{joint}", 0))
            mirror = np.array([sign, 1.0, 1.0], np.float32)
            origin = np.array(start, np.float32) * mirror * np.float32(skeleton.size)
            normal = np.array(way, np.float32) * mirror / np.float32(np.linalg.norm(way))
            own = [r if r in ("chest", "belly", "hips", "head") else f"{side}_{r}" for r in region.split()]
            chosen = np.isin(regions, own)
            capsules = (rest[shape.joint] + shape.start)[chosen], (rest[shape.joint] + shape.end)[chosen]
            far = _leaves(rest[index] + origin, normal, (*capsules, shape.radius[chosen]), skeleton.size)
            names.append(f"{side}_{name}")
            joints.append(index)
            offsets.append(origin + far * normal)
            normals.append(normal)
    return replace(
        shape,
        points=tuple(names),
        point_joint=np.concatenate([shape.point_joint, np.array(joints, np.int64)]),
        point_offset=np.concatenate([shape.point_offset, np.array(offsets, np.float32)]),
        point_normal=np.concatenate([shape.point_normal, np.array(normals, np.float32)]),
    )


def _leaves(
    origin: FloatArray, way: FloatArray, capsules: tuple[FloatArray, FloatArray, FloatArray], size: float
) -> float:
    """Return the metres after which a ray has left all capsules (start, end, radius); 0 where it meets none."""
    along = np.linspace(0.0, _FAR * size, _STEPS)
    places = (origin + along[:, None] * way)[:, None]
    inside = depth_inside(places, *(array[None] for array in capsules)).max(1) > 0.0
    return float(along[np.flatnonzero(inside)[-1]]) if inside.any() else 0.0
