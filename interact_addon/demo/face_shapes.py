"""The 52 ARKit shapes of a head as displacement fields over its rest points (head coordinates, metres).

Left is the character's own, +X. Every right shape is the mirror image of its left one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fields import Array, smoothstep, vector
from .head import EYE, EYE_RADIUS, HINGE, MOUTH_HALF, MOUTH_Z, closing_line, lid_direction
from .surface import Part

JAW_ANGLE = np.radians(17.0)
_MEET = 0.55  # share of the jaw's opening at which mouthClose brings the lips together
_LOOK = {"Up": (0.0, 0.36), "Down": (0.0, -0.42), "Out": (0.50, 0.0), "In": (-0.46, 0.0)}  # radians outward, up


@dataclass(frozen=True)
class Region:
    """Rest points with the masks that the fields are made of; all (N,) but ``points`` (N, 3)."""

    points: Array
    jaw: Array
    lip: Array
    upper: Array
    lower: Array
    skin: Array
    tongue: Array
    eye: Array
    lid: Array
    lid_upper: Array
    lid_angle: Array


def region_of(part: Part) -> Region:
    """Return the masks of a head that head.py and head_parts.py built."""
    p, marks = part.points, part.marks
    zero = np.zeros(len(p))
    lip = marks.get("lip", zero)
    eye, tongue = marks.get("eye", zero), marks.get("tongue", zero)
    inside = np.maximum(eye, (marks.get("skin", zero) < 0.5).astype(np.float64))
    # On the loops the lip's side is known; beyond them height decides.
    height = np.clip((p[:, 2] - MOUTH_Z) / 0.016, -1.0, 1.0)
    known = marks.get("side", zero)
    side = np.where(lip > 0.0, known, height)
    share = np.sign(side) * np.abs(side) ** (1.3 - 0.7 * lip)  # crisp on the lips, soft beyond their corners
    return Region(
        p,
        marks.get("jaw", zero),
        lip,
        np.clip(share, 0.0, 1.0),
        np.clip(-share, 0.0, 1.0),
        1.0 - inside,
        tongue,
        eye,
        marks.get("lid", zero),
        marks.get("lid_upper", zero),
        marks.get("lid_angle", np.zeros((len(p), 2))),
    )


def arkit_shapes(part: Part) -> dict[str, Array]:
    """Return the displacements (N, 3) at weight one, by ARKit's names."""
    r = region_of(part)
    shapes: dict[str, Array] = {}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        mine = r if sign > 0.0 else _mirrored(r)
        for name, field in {**_eye_shapes(mine), **_brow_and_cheek_shapes(mine), **_mouth_side_shapes(mine)}.items():
            shapes[name + side] = field * vector(sign, 1.0, 1.0)
    shapes.update(_jaw_shapes(r))
    shapes.update(_mouth_shapes(r))
    for name, amount in (("mouth", 1.0), ("jaw", 1.0)):
        left = shapes.pop(f"{name}Sideways")
        shapes[f"{name}Left"] = left * amount
        shapes[f"{name}Right"] = _sideways(_mirrored(r))[f"{name}Sideways"] * vector(-1.0, 1.0, 1.0) * amount
    return shapes


def _mirrored(r: Region) -> Region:
    return Region(
        r.points * vector(-1, 1, 1),
        r.jaw,
        r.lip,
        r.upper,
        r.lower,
        r.skin,
        r.tongue,
        r.eye,
        r.lid,
        r.lid_upper,
        r.lid_angle,
    )


def _around(r: Region, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Array:
    """Return a Gaussian with peak one at ``centre``, on skin only."""
    q = (r.points - vector(*centre)) / vector(*radii)
    return np.exp(-0.5 * (q * q).sum(axis=1)) * r.skin


def _push(mask: Array, x: float, y: float, z: float) -> Array:
    return mask[:, None] * vector(x, y, z)


def _half(r: Region, soft: float = 0.010) -> Array:
    """Return 1 on the left, 0 on the right, smooth across the middle."""
    return smoothstep(-soft, soft, r.points[:, 0])


# ---- eyes -----------------------------------------------------------------------------------------------------------


def _eye_shapes(r: Region) -> dict[str, Array]:
    left = (r.points[:, 0] > 0.0).astype(np.float64)
    shapes = {
        "eyeBlink": _lids(r, left, 1.0, 1.0),
        "eyeWide": _lids(r, left, -0.26, -0.16),
        "eyeSquint": _lids(r, left, 0.16, 1.9),
    }
    shapes["eyeSquint"] += _push(_around(r, (0.034, -0.078, -0.020), (0.016, 0.02, 0.007)) * left, 0, -0.0018, 0.0030)
    shapes["eyeBlink"] += _push(_around(r, (0.034, -0.080, 0.020), (0.018, 0.02, 0.006)) * left, 0, 0, -0.0012)
    shapes["eyeWide"] += _push(_around(r, (0.034, -0.080, 0.024), (0.020, 0.02, 0.008)) * left, 0, 0, 0.0020)
    lids = {"Up": (-0.20, 0.0), "Down": (0.30, -0.30), "Out": (0.0, 0.0), "In": (0.0, 0.0)}
    for name, (out, up) in _LOOK.items():
        shapes[f"eyeLook{name}"] = _turned_eye(r, left, out, up) + _lids(r, left, *lids[name])
    return shapes


def _lids(r: Region, left: Array, upper: float, lower: float) -> Array:
    """Move the lids toward the line where they meet, 1 closes them, on a sphere around the eyeball."""
    alpha, epsilon = r.lid_angle[:, 0], r.lid_angle[:, 1]
    way = closing_line(alpha) - epsilon
    amount = np.where(r.lid_upper >= 0.0, upper, lower) * r.lid
    offset = r.points - EYE
    away = np.linalg.norm(offset, axis=1)
    unit = offset / np.maximum(away, 1e-9)[:, None]
    here = np.arcsin(np.clip(unit[:, 2], -1.0, 1.0))
    around = np.arctan2(unit[:, 0], -unit[:, 1])
    there = here + way * amount
    # A closed lid is a shell over the ball: loops in front of it stay outside it.
    front = smoothstep(-0.2, 0.5, np.cos(there) * np.cos(around)) * np.clip(np.abs(amount) * 1.5, 0.0, 1.0)
    clear = np.where(away > EYE_RADIUS + 0.0007, np.maximum(away, EYE_RADIUS + 0.0019), away)
    moved = EYE + lid_direction(around, there) * (away + (clear - away) * front)[:, None]
    return (moved - r.points) * ((r.lid > 0.0) * left)[:, None]


def _turned_eye(r: Region, left: Array, out: float, up: float) -> Array:
    offset = r.points - EYE
    c, s = np.cos(out), np.sin(out)
    turned = np.stack([offset[:, 0] * c - offset[:, 1] * s, offset[:, 0] * s + offset[:, 1] * c, offset[:, 2]], axis=1)
    c, s = np.cos(up), np.sin(up)
    turned = np.stack([turned[:, 0], turned[:, 1] * c + turned[:, 2] * s, -turned[:, 1] * s + turned[:, 2] * c], axis=1)
    return (turned - offset) * (r.eye * left)[:, None]


# ---- brows, cheeks, nose --------------------------------------------------------------------------------------------


def _brow_and_cheek_shapes(r: Region) -> dict[str, Array]:
    left = _half(r, 0.008)
    inner = _around(r, (0.016, -0.088, 0.026), (0.012, 0.03, 0.012)) * left
    middle = _around(r, (0.034, -0.080, 0.028), (0.016, 0.03, 0.011)) * left
    outer = _around(r, (0.048, -0.068, 0.026), (0.013, 0.03, 0.013)) * left
    cheek = _around(r, (0.037, -0.078, -0.030), (0.017, 0.03, 0.013)) * left
    wing = _around(r, (0.013, -0.092, -0.040), (0.009, 0.02, 0.010)) * left
    return {
        "browDown": _push(inner, -0.0040, -0.0010, -0.0078)
        + _push(middle, -0.0015, -0.0010, -0.0068)
        + _push(outer, 0, 0, -0.0020),
        "browOuterUp": _push(outer, 0, 0.0015, 0.0105) + _push(middle, 0, 0.0008, 0.0040),
        "cheekSquint": _push(cheek, 0, -0.0045, 0.0070) + _lids(r, (r.points[:, 0] > 0.0) * 1.0, 0.0, 0.8),
        "noseSneer": _push(wing, 0.0015, 0, 0.0062)
        + _push(_around(r, (0.014, -0.082, -0.018), (0.008, 0.02, 0.014)) * left, 0, -0.0012, 0.0035)
        + _push(inner, -0.0015, 0, -0.0036)
        + _push(r.upper * r.lip * _around(r, (0.012, -0.09, -0.062), (0.010, 0.03, 0.010)), 0, 0, 0.0038),
    }


# ---- jaw ------------------------------------------------------------------------------------------------------------


def _swing(points: Array, angle: float) -> Array:
    """Return the displacement of points that turn about the jaw's hinge, chin down."""
    y, z = points[:, 1] - HINGE[1], points[:, 2] - HINGE[2]
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.zeros_like(y), y * c - z * s - y, y * s + z * c - z], axis=1)


def _jaw_shapes(r: Region) -> dict[str, Array]:
    whole = _swing(r.points, JAW_ANGLE)
    opening = whole * r.jaw[:, None]
    # Cheeks hollow a little as they are pulled long.
    hollow = _around(r, (0.046, -0.045, -0.066), (0.015, 0.024, 0.020)) + _around(
        r, (-0.046, -0.045, -0.066), (0.015, 0.024, 0.020)
    )
    opening = (
        opening
        + _push(hollow, 0, 0.0030, -0.0020)
        - (hollow * 0.0035 * np.sign(r.points[:, 0]))[:, None] * vector(1, 0, 0)
    )
    opening = opening + _push(r.lip * r.upper * r.skin, 0, -0.0004, 0.0018)
    lips = _lip_reach(r)
    return {
        "jawOpen": opening,
        "mouthClose": whole * ((_MEET - r.jaw) * lips)[:, None] - _push(r.lip * r.upper * r.skin, 0, -0.0004, 0.0018),
        "jawForward": _push(r.jaw, 0, -0.0085, -0.0006) + _push(r.lip * r.upper * r.skin, 0, -0.0008, 0),
        **_sideways(r),
    }


def _lip_reach(r: Region) -> Array:
    """Return the share in mouthClose: 1 on the lips, falling off smoothly over chin and upper lip."""
    beyond = np.exp(-0.5 * (np.maximum(np.abs(r.points[:, 2] - MOUTH_Z) - 0.010, 0.0) / 0.009) ** 2)
    across = smoothstep(0.052, 0.026, np.abs(r.points[:, 0]))
    return r.skin * np.maximum(
        r.lip >= 0.999,
        beyond * across * smoothstep(-0.030, -0.065, r.points[:, 1]) * (r.lip > 0)
        + (r.lip <= 0) * beyond * across * 0.6 * smoothstep(-0.030, -0.065, r.points[:, 1]),
    )


def _sideways(r: Region) -> dict[str, Array]:
    p = r.points
    turn = 0.085
    offset = p - HINGE
    swung = np.stack(
        [
            offset[:, 0] * np.cos(turn) - offset[:, 1] * np.sin(turn),
            offset[:, 0] * np.sin(turn) + offset[:, 1] * np.cos(turn),
            offset[:, 2],
        ],
        axis=1,
    )
    wide = _around(r, (0.0, -0.086, MOUTH_Z), (0.030, 0.03, 0.018))
    reach = np.maximum(r.lip, wide)
    slide = 0.0105 * reach * r.skin
    # Lips slide along the arch of the teeth.
    curve = (p[:, 0] + slide) ** 2 - p[:, 0] ** 2
    return {
        "jawSideways": (swung - offset) * r.jaw[:, None],
        "mouthSideways": np.stack([slide, curve * 9.0, 0.002 * reach * p[:, 0] / 0.03], axis=1),
    }


# ---- mouth, either side ---------------------------------------------------------------------------------------------


def _mouth_side_shapes(r: Region) -> dict[str, Array]:
    left = _half(r, 0.012)
    p = r.points
    across = np.clip(p[:, 0] / MOUTH_HALF, 0.0, 1.3)
    corner = (
        np.maximum(
            _around(r, (MOUTH_HALF + 0.001, -0.080, MOUTH_Z), (0.0095, 0.03, 0.012)),
            r.lip * np.clip(across, 0.0, 1.0) ** 1.9 * r.skin,
        )
        * left
    )
    wide = _around(r, (MOUTH_HALF + 0.007, -0.076, MOUTH_Z + 0.002), (0.0115, 0.03, 0.016)) * left
    fold = _around(r, (0.034, -0.076, -0.050), (0.013, 0.03, 0.014)) * left
    cheek = _around(r, (0.040, -0.074, -0.034), (0.016, 0.03, 0.014)) * left
    chin = _around(r, (0.012, -0.080, -0.092), (0.014, 0.03, 0.014)) * left
    lip_side = r.lip * r.skin * smoothstep(-0.012, 0.012, p[:, 0]) * (1.0 - 0.75 * smoothstep(0.35, 1.05, across))
    above = np.maximum(
        lip_side * r.upper, _around(r, (0.012, -0.088, MOUTH_Z + 0.016), (0.013, 0.03, 0.008)) * r.upper * left * 0.7
    )
    below = np.maximum(
        lip_side * r.lower, _around(r, (0.012, -0.084, MOUTH_Z - 0.020), (0.015, 0.03, 0.010)) * r.lower * left * 0.7
    )
    toward = MOUTH_Z - p[:, 2]
    press = r.lip * r.skin * left
    return {
        "mouthSmile": _push(np.maximum(corner, 0.85 * wide), 0.0098, 0.0085, 0.0074)
        + _push(fold, 0.0018, -0.0026, 0.0030)
        + _push(cheek, 0.0, -0.0034, 0.0042)
        + _lids(r, (p[:, 0] > 0.0) * 1.0, 0.0, 0.35)
        + _push(lip_side * r.lip, 0, 0.0016, 0.0004),
        "mouthFrown": _push(np.maximum(corner, 0.8 * wide), 0.0012, 0.0012, -0.0098)
        + _push(chin, 0, -0.0010, 0.0022)
        + _push(lip_side, 0, 0, 0.0008),
        "mouthDimple": _push(np.maximum(corner, 0.6 * wide), 0.0052, 0.0064, 0.0018) + _push(fold, 0.0022, -0.0014, 0),
        "mouthStretch": _push(np.maximum(corner, 0.9 * wide), 0.0100, 0.0082, -0.0048)
        + _push(below, 0.0008, 0.0004, -0.0026),
        "mouthPress": np.stack(
            [0.0008 * press, 0.0016 * press, toward * 0.42 * press * (1.0 - smoothstep(0.8, 1.1, across) * 0.6)], axis=1
        )
        + _push(corner, 0.0018, 0.0016, 0.0010),
        "mouthLowerDown": _push(below, 0.0004, 0.0006, -0.0088),
        "mouthUpperUp": _push(above, 0.0004, 0.0004, 0.0078) + _push(fold, 0, -0.0014, 0.0030),
    }


# ---- mouth, both sides ----------------------------------------------------------------------------------------------


def _mouth_shapes(r: Region) -> dict[str, Array]:
    p = r.points
    lips = r.lip * r.skin
    ring = np.maximum(lips, _around(r, (0.0, -0.086, MOUTH_Z), (0.026, 0.04, 0.016)) * 0.8)
    upper, lower = lips * r.upper, lips * r.lower
    chin = _around(r, (0.0, -0.083, -0.098), (0.018, 0.03, 0.014))
    near_upper = _around(r, (0.0, -0.092, MOUTH_Z + 0.017), (0.018, 0.03, 0.008))
    inward = -p[:, 0]
    middle = np.sqrt(np.clip(1.0 - (p[:, 0] / MOUTH_HALF) ** 2, 0.0, 1.0))
    across = np.abs(p[:, 0]) / MOUTH_HALF
    cheeks = _around(r, (0.047, -0.056, -0.058), (0.017, 0.024, 0.020)) - _around(
        r, (-0.047, -0.056, -0.058), (0.017, 0.024, 0.020)
    )
    funnel = np.stack([inward * 0.34 * ring, -0.0085 * ring * (0.55 + 0.45 * middle), np.zeros(len(p))], axis=1)
    pucker = np.stack(
        [inward * 0.50 * ring, -0.0095 * ring * (0.5 + 0.5 * middle), (MOUTH_Z - p[:, 2]) * -0.10 * ring], axis=1
    )
    # The corners come forward onto the front of the arch as they come in.
    forward = smoothstep(0.4, 1.2, across) * ring
    return {
        "mouthFunnel": funnel
        + _push(forward, 0, -0.0045, 0)
        + _push(upper * middle, 0, -0.0006, 0.0062)
        + _push(lower * middle, 0, -0.0006, -0.0078)
        + _push(near_upper, 0, 0, 0.0014),
        "mouthPucker": pucker + _push(forward, 0, -0.0060, 0),
        "mouthRollUpper": _roll(r, upper, -1.0),
        "mouthRollLower": _roll(r, lower, 1.0),
        "mouthShrugUpper": _push(upper * (0.4 + 0.6 * middle), 0, -0.0036, 0.0042)
        + _push(near_upper, 0, -0.0018, 0.0022)
        + _push(lower * middle, 0, -0.0008, 0.0034),
        "mouthShrugLower": _push(lower * (0.35 + 0.65 * middle), 0, -0.0042, 0.0046)
        + _push(chin, 0, -0.0030, 0.0068)
        + _push(upper * middle, 0, -0.0018, 0.0040),
        "cheekPuff": _push(cheeks, 0.0125, 0, 0)
        + _push(np.abs(cheeks), 0, -0.0075, 0)
        + _push(_around(r, (0.0, -0.090, MOUTH_Z + 0.014), (0.030, 0.03, 0.009)), 0, -0.0026, 0)
        + _push(lips, 0, -0.0012, 0),
        "browInnerUp": _brow_inner(r),
        "tongueOut": _tongue_out(r),
    }


def _roll(r: Region, mask: Array, toward: float) -> Array:
    """Turn the lip inward over the teeth, its border to the line where the lips meet."""
    away = np.abs(r.points[:, 2] - MOUTH_Z)
    red = smoothstep(0.016, 0.004, away) * mask * smoothstep(0.2, 0.9, r.lip)
    return np.stack([np.zeros_like(away), 0.0052 * red, toward * np.minimum(away * 0.62, 0.0052) * red], axis=1)


def _brow_inner(r: Region) -> Array:
    both = _around(r, (0.015, -0.088, 0.027), (0.013, 0.03, 0.013)) + _around(
        r, (-0.015, -0.088, 0.027), (0.013, 0.03, 0.013)
    )
    return _push(np.minimum(both, 1.0), 0, 0.0008, 0.0105) + _push(
        _around(r, (0, -0.086, 0.050), (0.030, 0.03, 0.010)), 0, 0, 0.0022
    )


def _tongue_out(r: Region) -> Array:
    out = r.tongue**1.4
    return np.stack(
        [
            r.points[:, 0] * -0.12 * out,
            -0.040 * out,
            0.0080 * np.sin(np.pi * np.clip(r.tongue, 0, 1)) - 0.0040 * out**3,
        ],
        axis=1,
    )
