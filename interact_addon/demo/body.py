"""The body below the head: clothes, hands, socks and shoes, modelled as fields around the joints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .fields import Array, ellipsoid, smooth_intersect, smooth_subtract, smooth_union, sphere, tapered, vector
from .figure import Figure, arm_rotation, joints_of
from .skinning import body_weights, foot_weights, hand_weights, limited, smoothed
from .surface import Part, band, heights_of, loft, mesh_field


def body_parts(figure: Figure) -> Iterator[Part]:
    """Build clothes, hands and shoes, one after the other, with skinning weights in ``marks['weights']``."""
    joints = joints_of(figure)
    yield _clothes(figure, joints)
    yield from _trims(figure, joints)
    for side in "lr":
        yield _hand(figure, joints, side)
        yield _shoe(figure, joints, side)
        yield _sock(figure, joints, side)


def clothes_field(figure: Figure, joints: dict[str, Array], points: Array) -> Array:
    """Return the distance to the clothes, which are symmetric: points on the right are mirrored to the left."""
    s = figure.scale
    p = points.copy()
    p[..., 0] = np.abs(p[..., 0])
    shoulder, elbow, wrist = joints["shoulder_l"], joints["elbow_l"], joints["wrist_l"]
    hip, knee, ankle = joints["hip_l"], joints["knee_l"], joints["ankle_l"]
    wide, hips, fem = figure.shoulders, figure.hips, figure.feminine
    limb = figure.limbs * s

    d = ellipsoid(p, vector(0, 0.012, 1.245) * s, vector(0.140 * figure.chest, 0.104 * figure.chest, 0.165) * s)
    d = smooth_union(
        d,
        tapered(p, vector(0, 0.03, 1.345) * s, vector(0.118 * wide, 0.034, 1.326) * s, 0.070 * s, 0.053 * s),
        0.07 * s,
    )
    d = smooth_union(
        d,
        tapered(p, vector(0, 0.040, 1.40) * s, vector(0.118 * wide, 0.038, 1.352) * s, 0.050 * s, 0.042 * s),
        0.04 * s,
    )
    d = smooth_union(
        d,
        ellipsoid(p, vector(0, 0.010, 1.075) * s, vector(0.116 * figure.waist, 0.086 * figure.waist, 0.13) * s),
        0.06 * s,
    )
    d = smooth_union(d, ellipsoid(p, vector(0, 0.014, 0.945) * s, vector(0.150 * hips, 0.104, 0.098) * s), 0.07 * s)
    d = smooth_union(
        d, tapered(p, vector(0, 0.034, 1.37) * s, vector(0, 0.040, 1.49) * s, 0.064 * s, 0.053 * s), 0.03 * s
    )  # the neck, cut off below
    if fem > 0.0:
        d = smooth_union(
            d, ellipsoid(p, vector(0.058, -0.062, 1.238) * s, vector(0.056, 0.052, 0.058) * s * fem), 0.055 * s
        )
    else:
        d = smooth_union(d, ellipsoid(p, vector(0.062, -0.052, 1.290) * s, vector(0.070, 0.040, 0.056) * s), 0.05 * s)
    d = smooth_union(d, sphere(p, vector(0.070 * hips, 0.062, 0.898) * s, 0.082 * s), 0.05 * s)

    arm = tapered(p, shoulder, elbow, 0.051 * limb, 0.046 * limb)
    arm = smooth_union(arm, tapered(p, elbow, wrist, 0.043 * limb, 0.037 * limb), 0.02 * s)
    arm = smooth_union(arm, sphere(p, shoulder + vector(0.000, 0, -0.010) * s, 0.053 * limb), 0.03 * s)
    reach = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    arm = smooth_intersect(arm, (p - wrist) @ reach + 0.002 * s, 0.008 * s)
    d = smooth_union(d, arm, 0.052 * s)

    leg = tapered(p, hip + vector(0.002, 0.004, -0.01) * s, knee, 0.092 * limb * hips, 0.060 * limb)
    leg = smooth_union(leg, tapered(p, knee, ankle, 0.053 * limb, 0.047 * limb), 0.03 * s)
    leg = smooth_union(
        leg, ellipsoid(p, knee + vector(0.0, 0.022, -0.13) * s, vector(0.050, 0.052, 0.115) * limb), 0.05 * s
    )
    leg = smooth_intersect(leg, (ankle[2] + 0.032 * s) - p[..., 2], 0.008 * s)
    return smooth_union(d, leg, 0.036 * s)


def _clothes(figure: Figure, joints: dict[str, Array]) -> Part:
    s = figure.scale
    neckline = vector(0, 0.030, 1.432) * s

    def solid(points: Array) -> Array:
        neck = (points - neckline) @ vector(0.0, -0.33, 0.944)
        return smooth_intersect(clothes_field(figure, joints, points), neck, 0.010 * s)

    reach = max(joints["wrist_l"][0], 0.3) + 0.05
    part = mesh_field(
        solid, vector(0, -0.24, 0.04) * s, vector(reach / s, 0.26, 1.50) * s, 0.0165 * s, "top", relax=4, symmetric=True
    )
    waist = 1.012 * s
    materials = ["top" if z > waist else "bottom" for z in heights_of(part)]
    weights = smoothed(body_weights(part.points, joints), part.faces, 5)
    return replace(part, materials=materials, marks={"weights": limited(weights)})


def _trims(figure: Figure, joints: dict[str, Array]) -> Iterator[Part]:
    """Build collar, hem and cuffs in the accent colour, which cover the seams."""
    s = figure.scale

    def solid(points: Array) -> Array:
        return clothes_field(figure, joints, points)

    def skinned(trim: Part) -> Part:
        return replace(trim, marks={"weights": limited(body_weights(trim.points, joints))})

    yield skinned(band(solid, vector(0, 0.012, 1.012) * s, vector(0, 0, 1.0), 0.046 * s, 0.008 * s, "trim", 40))
    for side in "lr":
        wrist, elbow = joints[f"wrist_{side}"], joints[f"elbow_{side}"]
        axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        yield skinned(band(solid, wrist - axis * 0.022 * s, axis, 0.040 * s, 0.0055 * s, "trim", 24, 0.1))
        cuff = joints[f"ankle_{side}"] * vector(1, 1, 0) + vector(0, -0.0, 1) * (joints["ankle_l"][2] + 0.050 * s)
        yield skinned(band(solid, cuff, vector(0, 0, 1.0), 0.036 * s, 0.0045 * s, "bottom", 24, 0.1))
    yield skinned(_collar(figure))


def _collar(figure: Figure) -> Part:
    """Build a crew neck: a soft ring around the neck, lower in front."""
    s = figure.scale
    wide = 0.0605 - 0.0055 * figure.feminine
    angles = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
    around = np.linspace(0.0, 2.0 * np.pi, 9)[:-1]
    rings = []
    for turn in around:
        swell_out, swell_up = 0.0085 * np.cos(turn), 0.0125 * np.sin(turn)
        x = (wide + swell_out) * np.sin(angles)
        y = 0.031 - (wide - 0.001 + swell_out) * np.cos(angles)
        z = 1.436 + swell_up - 0.014 * np.cos(angles)
        rings.append(np.stack([x, y, z], axis=1) * s)
    return loft(np.array([*rings, rings[0]])[::-1], "trim")


def _hand(figure: Figure, joints: dict[str, Array], side: str) -> Part:
    s = figure.scale * (0.5 + 0.5 * figure.limbs)
    turn = arm_rotation(figure, side)
    wrist = joints[f"wrist_{side}"]
    local = {n: (j - wrist) @ turn for n, j in joints.items() if n.endswith(f"_{side}")}  # back to the T-pose's axes
    thick = {"thumb": 0.0108, "index": 0.0090, "middle": 0.0094, "ring": 0.0088, "pinky": 0.0077}
    sign = 1.0 if side == "l" else -1.0

    def solid(points: Array) -> Array:
        palm = tapered(points, vector(-0.045 * sign, 0, 0) * s, vector(0.012 * sign, 0, 0) * s, 0.023 * s, 0.0215 * s)
        for finger in ("index", "middle", "ring", "pinky"):
            knuckle = local[f"{finger}1_{side}"]
            start = vector(0.010 * sign, knuckle[1] / s * 0.42, 0.0) * s
            palm = smooth_union(
                palm,
                tapered(points, start, knuckle - vector(0.006 * sign, 0, 0.002) * s, 0.0165 * s, 0.0125 * s),
                0.014 * s,
            )
        fingers = None
        for finger, radius in thick.items():
            chain = [local[f"{finger}{n}_{side}"] for n in (1, 2, 3, 4)]
            one = tapered(points, chain[0], chain[1], radius * 1.02 * s, radius * 0.96 * s)
            one = smooth_union(one, tapered(points, chain[1], chain[2], radius * 0.98 * s, radius * 0.9 * s), 0.004 * s)
            end = chain[3] - (chain[3] - chain[2]) / np.linalg.norm(chain[3] - chain[2]) * radius * 0.8 * s
            one = smooth_union(one, tapered(points, chain[2], end, radius * 0.9 * s, radius * 0.78 * s), 0.004 * s)
            if finger == "thumb":
                ball = ellipsoid(
                    points, (chain[0] + chain[1]) * 0.5 + vector(0, 0.006, -0.001) * s, vector(0.026, 0.017, 0.016) * s
                )
                palm = smooth_union(palm, ball, 0.014 * s)
                palm = smooth_union(palm, one, 0.010 * s)
            else:
                fingers = one if fingers is None else np.minimum(fingers, one)
        assert fingers is not None
        return smooth_union(palm, fingers, 0.008 * s)

    low, high = vector(-0.075, -0.125, -0.045) * s, vector(0.21, 0.085, 0.04) * s
    if sign < 0.0:
        low[0], high[0] = -high[0], -low[0]
    part = mesh_field(solid, low, high, 0.0052 * s, "skin", relax=3)
    placed = part.points @ turn.T + wrist
    weights = smoothed(hand_weights(placed, joints, side), part.faces, 1)
    return replace(part, points=placed, marks={"weights": limited(weights)})


def _shoe(figure: Figure, joints: dict[str, Array], side: str) -> Part:
    s = figure.scale * (0.95 + 0.05 * figure.limbs)
    ankle, ball = joints[f"ankle_{side}"], joints[f"ball_{side}"]
    x = ankle[0]
    heel, toe = ankle[1] + 0.038 * s, ball[1] - 0.055 * s
    out = 1.0 if x > 0 else -1.0
    tip = x + out * 0.010 * s

    def upper(points: Array) -> Array:
        d = tapered(
            points,
            vector(x, heel - 0.002 * s, 0.046 * s),
            vector(x + out * 0.006 * s, ball[1] + 0.01, 0.040 * s),
            0.034 * s,
            0.041 * s,
        )
        d = smooth_union(
            d, ellipsoid(points, vector(tip, toe + 0.020 * s, 0.034 * s), vector(0.043, 0.052, 0.036) * s), 0.03 * s
        )
        d = smooth_union(
            d,
            tapered(
                points,
                vector(x, ankle[1] + 0.006 * s, 0.10 * s),
                vector(x, ankle[1] - 0.04 * s, 0.06 * s),
                0.037 * s,
                0.040 * s,
            ),
            0.03 * s,
        )
        return smooth_intersect(d, points[..., 2] - 0.108 * s, 0.014 * s)

    def solid(points: Array) -> Array:
        d = upper(points)
        # The sole is the upper's own outline, a little wider, from the floor to 2.4 cm.
        flat = points.copy()
        flat[..., 2] = 0.036 * s
        sole = np.maximum(upper(flat) - 0.0035 * s, np.abs(points[..., 2] - 0.0125 * s) - 0.0125 * s)
        d = smooth_subtract(d, points[..., 2] - 0.018 * s, 0.004 * s)
        return smooth_union(d, sole, 0.003 * s)

    low = vector(x - 0.075 * s, toe - 0.06 * s, -0.02 * s)
    high = vector(x + 0.075 * s, heel + 0.06 * s, 0.13 * s)
    low[2] = -0.02 * s + 0.001
    part = mesh_field(solid, low, high, 0.0092 * s, "shoe", relax=2)
    points = part.points.copy()
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    part = part.moved(points)
    materials = ["sole" if z < 0.0255 * s else "shoe" for z in heights_of(part)]
    return replace(part, materials=materials, marks={"weights": limited(foot_weights(points, joints, side))})


def _sock(figure: Figure, joints: dict[str, Array], side: str) -> Part:
    s = figure.scale
    ankle = joints[f"ankle_{side}"]
    angles = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
    rings = np.stack(
        [
            ankle
            + vector(0, 0, height) * s
            + np.stack([np.cos(angles), np.sin(angles) * 1.08, 0 * angles], axis=1) * radius * figure.limbs * s
            for height, radius in ((-0.02, 0.033), (0.02, 0.034), (0.06, 0.036), (0.10, 0.038))
        ]
    )
    part = loft(rings, "trim")
    return replace(part, marks={"weights": limited(foot_weights(part.points, joints, side))})
