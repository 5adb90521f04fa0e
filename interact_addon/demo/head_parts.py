"""Parts of the head: eyes, lashes, brows, teeth, tongue, ears and hair, in head coordinates (see head.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fields import (
    Array,
    cast,
    ellipsoid,
    gradient,
    smooth_intersect,
    smooth_subtract,
    smooth_union,
    smoothstep,
    vector,
)
from .head import EYE, EYE_RADIUS, MOUTH_Z, Face, head_field, lid_direction
from .surface import Part, edges_of, join, loft, make_part, mesh_field, neighbour_mean

_PUPIL, _IRIS, _LIMBUS = 0.22, 0.50, 0.56  # radians from the optical axis


def build_eyes() -> Part:
    """Both eyeballs: pupil, iris, its dark rim, the white, and a small glint; ``marks['eye']`` is 1."""
    turns = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
    angles = (0.06, _PUPIL, _IRIS, _LIMBUS, 0.85, 1.2, 1.6, 2.0)
    rings = []
    for angle in angles:
        flat = (
            0.93 + 0.07 * smoothstep(_PUPIL, _LIMBUS, np.array(angle)) if angle < _LIMBUS else 1.0
        )  # the iris lies a little deeper
        direction = np.stack(
            [np.sin(angle) * np.cos(turns), np.full_like(turns, -np.cos(angle)), np.sin(angle) * np.sin(turns)], axis=1
        )
        rings.append(EYE + direction * EYE_RADIUS * flat)
    ball = loft(np.array(rings)[::-1], "white", cap_end=True)
    names = []
    for face in ball.faces:
        middle = ball.points[list(face)].mean(axis=0) - EYE
        angle = np.arccos(-middle[1] / np.linalg.norm(middle))
        names.append(
            "pupil" if angle < _PUPIL else "iris" if angle < _IRIS else "pupil" if angle < _LIMBUS else "white"
        )
    left = join([replace(ball, materials=names), _glint(0.0)])
    right = join([replace(ball.mirrored(), materials=names), _glint(-2.0 * EYE[0])])
    both = join([left, right])
    return replace(both, marks={"eye": np.ones(len(both.points))})


def _glint(shift: float) -> Part:
    turns = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)
    direction = lid_direction(-0.20 + 0.085 * np.cos(turns), 0.22 + 0.085 * np.sin(turns))
    return make_part(EYE + vector(shift, 0, 0) + direction * EYE_RADIUS * 1.012, [tuple(range(10))], "glint")


def build_lashes(skin: Part, face: Face) -> Part:
    """Build a dark fringe on each upper lid's margin, with that margin's marks: it moves with the lid."""
    margin = np.flatnonzero((skin.marks["lid"] > 0.99) & (skin.marks["lid_upper"] > -0.02))
    parts = []
    for sign in (1.0, -1.0):
        rows = margin[skin.points[margin, 0] * sign > 0.0]
        eye = EYE * vector(sign, 1, 1)
        away = np.linalg.norm(skin.points[rows] - eye, axis=1)
        rows = rows[away > EYE_RADIUS + 0.0008]  # the front edge, not the loops behind
        rows = rows[np.argsort(-skin.marks["lid_angle"][rows, 0])]
        base = skin.points[rows]
        outward = (base - eye) / np.linalg.norm(base - eye, axis=1, keepdims=True)
        outer = skin.marks["lid_angle"][rows, 0] / 0.86
        length = (0.0011 + face.feminine * 0.0034 * smoothstep(-0.9, 0.8, outer)) * np.sqrt(
            np.clip(skin.marks["lid_upper"][rows], 0.04, 1.0)
        )
        sweep = (
            outward + vector(0, 0, 0.75) + np.outer(np.clip(outer, -0.2, 1.0), vector(0.5 * sign, 0, 0)) * face.feminine
        )
        tip = base + sweep * length[:, None]
        under = base - outward * 0.0006
        over = base + outward * 0.0004 + vector(0, 0, 0.0011 + 0.0006 * face.feminine)
        part = loft(np.stack([under, tip, over]), "lash", closed=False)
        if sign < 0.0:
            part = replace(part, faces=[f[::-1] for f in part.faces])
        marks = {
            key: np.tile(skin.marks[key][rows], (3, *[1] * (skin.marks[key].ndim - 1)))
            for key in ("lid", "lid_upper", "lid_angle")
        }
        parts.append(replace(part, marks=marks))
    return join(parts)


def build_brows(face: Face) -> Part:
    """Two tapered ridges of hair on the brow."""
    t = np.linspace(0.0, 1.0, 12)
    fem = face.feminine
    x = 0.0125 + 0.0405 * t
    z = (
        0.0215
        + 0.0015 * fem
        + (0.0072 + 0.0020 * fem) * np.sin(np.pi * np.clip(t * 0.86 + 0.10, 0, 1))
        - 0.0034 * t**2.2
    )
    thick = (0.0042 - 0.0014 * fem) * (1.0 - t**2.6) ** 0.8 * smoothstep(-0.25, 0.22, t) + 0.0005

    def solid(points: Array) -> Array:
        return head_field(face, points)

    start = np.stack([x, np.full_like(x, -0.13), z], axis=1)
    back = np.tile(vector(0, 1, 0), (len(t), 1))
    rings = []
    for turn in np.linspace(0.0, 2.0 * np.pi, 7)[:-1]:
        at = start + np.outer(thick * np.sin(turn), vector(0, 0, 1))
        at = at + back * cast(solid, at, back, 0.0, 0.14, 80)[:, None]
        rings.append(at + gradient(solid, at) * (0.0004 + 0.45 * thick * (np.cos(turn) + 0.25))[:, None])
    left = loft(np.array(rings).transpose(1, 0, 2), "hair", cap_start=True, cap_end=True)
    left = replace(left, faces=[f[::-1] for f in left.faces])
    return join([left, left.mirrored()])


def _arch(t: Array, half: float, depth: float, front: float) -> Array:
    """The dental arch from right (-1) to left (1): (N, 2) x and y, a flat-fronted U opening backward."""
    x = np.sin(t * np.pi * 0.49)
    return np.stack([half * x, front + depth * np.abs(x) ** 2.3], axis=1)


def build_teeth() -> Part:
    """Upper teeth (still) and lower teeth (``marks['jaw']`` 1), each a row of shaped crowns with its gum."""
    rows = [
        _teeth_row(0.0260, 0.024, -0.0818, MOUTH_Z + 0.0085, MOUTH_Z - 0.0032, 12, 0.0),
        _teeth_row(0.0242, 0.024, -0.0796, MOUTH_Z - 0.0125, MOUTH_Z - 0.0030, 12, 1.0),
    ]
    return join(rows)


def _teeth_row(half: float, depth: float, front: float, root: float, edge: float, count: int, jaw: float) -> Part:
    t = np.linspace(-1.0, 1.0, count * 3 + 1)
    seam = np.where(np.arange(len(t)) % 3 == 0, 1.0, 0.0)  # between two crowns
    at = _arch(t, half, depth, front)
    inner = _arch(t, half - 0.0042, depth, front + 0.0042)
    size = np.abs(edge - root)
    toward = np.sign(root - edge)
    profile = []
    for share, out in ((0.0, 0.15), (0.05, 0.62), (0.35, 1.0), (0.72, 1.0), (1.0, 0.8)):
        blend = (out - 0.28 * seam * (share < 0.9))[:, None]
        xy = inner + (at - inner) * blend
        z = edge + toward * size * share + toward * 0.0012 * seam * (share < 0.1)
        profile.append(np.column_stack([xy, np.broadcast_to(z, t.shape)]))
    back_low = np.column_stack([inner, np.full_like(t, edge + toward * 0.0004)])
    back_high = np.column_stack([inner, np.full_like(t, root)])
    rings = np.stack([back_high, back_low, *profile])
    part = loft(rings, "teeth", closed=False)
    materials = ["gum" if index // (len(t) - 1) >= 5 else "teeth" for index in range(len(part.faces))]
    if toward > 0.0:
        part = replace(part, faces=[f[::-1] for f in part.faces])
    return replace(part, materials=materials, marks={"jaw": np.full(len(part.points), jaw)})


def build_tongue() -> Part:
    """A soft tongue that lies in the lower jaw; ``marks['tongue']`` runs from 0 at the root to 1 at the tip."""
    t = np.linspace(0.0, 1.0, 9)
    turns = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    rings = []
    for share in t:
        width = 0.0155 * (1.0 - 0.25 * share) * np.sqrt(max(1.0 - share**6, 0.03))
        high = 0.0060 * (1.0 - 0.45 * share) * np.sqrt(max(1.0 - share**6, 0.05))
        centre = vector(0.0, -0.028 - 0.0460 * share, MOUTH_Z - 0.0110 + 0.0040 * np.sin(np.pi * share * 0.8))
        groove = -0.0014 * np.exp(-((np.cos(turns) / 0.35) ** 2)) * (np.sin(turns) > 0.0)
        rings.append(
            centre + np.stack([width * np.cos(turns), np.zeros_like(turns), high * np.sin(turns) + groove], axis=1)
        )
    part = loft(np.array(rings), "tongue", cap_end=True)
    part = _outward(part)
    share = np.concatenate([np.repeat(t, len(turns)), [1.0]])
    return replace(part, marks={"jaw": np.ones(len(part.points)), "tongue": share})


def build_ears(face: Face) -> Part:
    """Simple ears: a shell with a rim and a lobe."""
    size = 1.0 - 0.10 * face.feminine

    def solid(points: Array) -> Array:
        q = points - vector(0.0735, 0.016, -0.018)
        # Turned out from the head by 25 degrees and tipped back a little.
        c, s = np.cos(0.42), np.sin(0.42)
        x, y, z = q[..., 0] * c - q[..., 1] * s, q[..., 0] * s + q[..., 1] * c, q[..., 2]
        q = np.stack([x, y + 0.25 * z * 0.5, z], axis=-1) / size
        d = ellipsoid(q, vector(0.002, 0.004, 0.006), vector(0.0075, 0.0175, 0.0255))
        d = smooth_union(d, ellipsoid(q, vector(0.000, -0.002, -0.019), vector(0.0060, 0.0095, 0.0115)), 0.008)
        bowl = ellipsoid(q, vector(0.0085, 0.001, 0.006), vector(0.0062, 0.0115, 0.0185))
        d = smooth_subtract(d, bowl, 0.005)
        d = smooth_union(d, ellipsoid(q, vector(0.0035, -0.0105, -0.003), vector(0.0042, 0.0050, 0.0060)), 0.004)
        return d * size

    left = mesh_field(solid, vector(0.050, -0.020, -0.062), vector(0.105, 0.055, 0.028), 0.0050, "skin", relax=2)
    return join([left, left.mirrored()])


def build_hair(face: Face, style: str) -> Part:
    """'bob' falls to the jaw and swings to one side; 'short' is cropped at the sides with a quiff."""

    def bare(points: Array) -> Array:
        p = points.copy()
        p[..., 0] = np.abs(p[..., 0])
        return ellipsoid(p, vector(0, 0.020, 0.028), vector(0.0745, 0.0935, 0.087))

    if style == "bob":

        def solid(points: Array) -> Array:
            p, m = points, np.abs(points * vector(1, 0, 0)) + points * vector(0, 1, 1)
            d = bare(p) - 0.0145
            d = smooth_union(d, ellipsoid(m, vector(0.052, 0.026, -0.040), vector(0.034, 0.060, 0.076)), 0.03)
            d = smooth_union(d, ellipsoid(m, vector(0.0, 0.072, -0.030), vector(0.070, 0.046, 0.076)), 0.03)
            # Seen from the front the hair parts at one side and sweeps over the brow.
            from_parting = p[..., 0] - 0.024
            line = 0.0740 - np.where(from_parting > 0.0, 24.0, 4.6) * from_parting**2
            wide = np.abs(p[..., 0]) - 0.0530 + 0.10 * np.maximum(-0.03 - p[..., 2], 0.0)
            opening = smooth_intersect(smooth_intersect(p[..., 2] - line, wide, 0.012), p[..., 1] + 0.010, 0.010)
            d = smooth_subtract(d, opening, 0.016)
            # A soft furrow runs back from the parting.
            d = d + 0.0045 * np.exp(-(((from_parting + 0.15 * (p[..., 1] + 0.06)) / 0.006) ** 2)) * smoothstep(
                0.06, 0.085, p[..., 2]
            ) * smoothstep(0.05, -0.02, p[..., 1])
            d = smooth_intersect(d, -0.092 - p[..., 2] + 0.16 * np.maximum(p[..., 1], 0.0), 0.020)
            return smooth_subtract(d, ellipsoid(m, vector(0, 0.020, -0.11), vector(0.046, 0.060, 0.060)), 0.012)
    else:

        def solid(points: Array) -> Array:
            p, m = points, np.abs(points * vector(1, 0, 0)) + points * vector(0, 1, 1)
            d = bare(p) - 0.0075
            d = smooth_union(d, ellipsoid(p, vector(0.004, -0.014, 0.098), vector(0.060, 0.072, 0.030)), 0.02)
            d = smooth_union(d, ellipsoid(p, vector(0.016, -0.066, 0.092), vector(0.046, 0.024, 0.024)), 0.02)
            forehead = ellipsoid(m, vector(0, -0.108, 0.005), vector(0.075, 0.056, 0.068))
            d = smooth_subtract(d, forehead, 0.008)
            face_side = ellipsoid(m, vector(0.06, -0.075, -0.035), vector(0.06, 0.066, 0.075))
            d = smooth_subtract(d, face_side, 0.008)
            ear = ellipsoid(m, vector(0.080, 0.014, -0.020), vector(0.03, 0.020, 0.034))
            d = smooth_subtract(d, ear, 0.006)
            return smooth_intersect(d, -0.060 - p[..., 2] + 0.3 * np.maximum(0.02 - p[..., 1], 0.0), 0.010)

    part = mesh_field(solid, vector(-0.12, -0.13, -0.14), vector(0.12, 0.16, 0.16), 0.0072, "hair", relax=4)
    edges = edges_of(part.faces)
    points = part.points
    for _ in range(3):  # the thin rims come out ragged; hair is soft anyway
        points = 0.4 * points + 0.6 * neighbour_mean(points, edges)
    return part.moved(points)


def _outward(part: Part) -> Part:
    """Faces turned away from the part's middle."""
    middle = part.points.mean(axis=0)
    faces = []
    for face in part.faces:
        corners = part.points[list(face)]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        faces.append(face if normal @ (corners.mean(axis=0) - middle) > 0.0 else face[::-1])
    return replace(part, faces=faces)
