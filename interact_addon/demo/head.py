"""The head's skin: a field for the skull and face, meshed with closed loops of edges around eyes and mouth.

Head coordinates: metres for a head 0.23 high, origin in its middle, crown at z 0.115, chin at -0.115, facing -Y.
The left half (x >= 0) is built and mirrored, so both halves match to the last vertex.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .fields import (
    Array,
    Field,
    cast,
    ellipsoid,
    gradient,
    smooth_subtract,
    smooth_union,
    smoothstep,
    sphere,
    tapered,
    vector,
)
from .head_net import fill_between
from .surface import Part, join

HINGE = vector(0.0, 0.010, -0.030)  # of the jaw, before the ears
EYE = vector(0.0328, -0.0640, -0.002)
EYE_RADIUS = 0.0170
MOUTH_Z = -0.0690
MOUTH_HALF = 0.0235

# Half width, half height above and below, lift off the face, and share in the lips' own movement of each loop, inside
# out.
_LIP_LOOPS = (
    (0.0235, 0.0002, 0.0002, 0.0014, 1.0),
    (0.0238, 0.0018, 0.0020, 0.0034, 1.0),
    (0.0245, 0.0044, 0.0052, 0.0042, 1.0),
    (0.0257, 0.0072, 0.0085, 0.0026, 1.0),
    (0.0275, 0.0092, 0.0112, 0.0008, 0.85),
    (0.0310, 0.0126, 0.0155, 0.0000, 0.55),
    (0.0365, 0.0172, 0.0215, 0.0000, 0.25),
)
# The same behind the lips: half width, half heights, depth behind the face.
_MOUTH_LOOPS = (
    (0.0234, 0.0008, 0.0008, 0.0030), (0.0245, 0.0060, 0.0060, 0.0052), (0.0272, 0.0120, 0.0130, 0.0072),
    (0.0300, 0.0130, 0.0150, 0.0300), (0.0200, 0.0100, 0.0110, 0.0520),
)  # fmt: skip
LID_STEPS = (0.0, 0.16, 0.36, 0.58, 0.80, 1.0)
LID_SHARE = (1.0, 0.86, 0.62, 0.34, 0.10, 0.0)
_MARGIN = {"outer": 0.86, "inner": 0.66, "upper": 0.41, "lower": -0.39}  # radians from the eye's centre
_SOCKET = {"outer": 0.0225, "inner": 0.0198, "upper": 0.0172, "lower": -0.0165}  # metres from it, seen from the front
TILT = 0.10  # outer corners of the eyes lie higher
_HALF_LIP, _LID = 15, 28


@dataclass(frozen=True)
class Face:
    """The shape of a face: 1 is soft with a narrow jaw, 0 broad."""

    feminine: float


def head_field(face: Face, points: Array) -> Array:
    """Return the distance to the bare head with neck, without lips and lids."""
    p = points.copy()
    p[..., 0] = np.abs(p[..., 0])
    fem = face.feminine
    jaw = 1.0 - 0.16 * fem
    d = ellipsoid(p, vector(0, 0.020, 0.028), vector(0.0745, 0.0935, 0.087))
    d = smooth_union(d, ellipsoid(p, vector(0, -0.026, -0.022), vector(0.0590 - 0.0025 * fem, 0.0590, 0.080)), 0.03)
    d = smooth_union(
        d,
        tapered(
            p, vector(0.050 * jaw, 0.004, -0.060), vector(0.015, -0.056, -0.093), 0.0185 * jaw, 0.0180 - 0.001 * fem
        ),
        0.035,
    )
    d = smooth_union(d, ellipsoid(p, vector(0, -0.064, -0.0965), vector(0.0200 - 0.0055 * fem, 0.0185, 0.0170)), 0.022)
    d = smooth_union(d, ellipsoid(p, vector(0.0345, -0.0520, -0.034), vector(0.0225, 0.0230, 0.0225)), 0.026)
    d = smooth_union(
        d, ellipsoid(p, vector(0, -0.0690, -0.066), vector(0.0260, 0.0190, 0.024)), 0.020
    )  # the arch behind the lips
    d = smooth_union(
        d,
        tapered(p, vector(0.008, -0.0745, 0.0255), vector(0.040, -0.056, 0.026), 0.0125 - 0.0022 * fem, 0.0110),
        0.022,
    )
    d = smooth_subtract(d, ellipsoid(p, vector(0.0315, -0.0945, -0.001), vector(0.0205, 0.0185, 0.0155)), 0.020)
    d = smooth_union(d, sphere(p, EYE, EYE_RADIUS + 0.0017), 0.0075)
    tip = vector(0, -0.0990 - 0.006 * (1.0 - fem), -0.0370 + 0.0035 * fem)
    d = smooth_union(
        d,
        tapered(
            p,
            vector(0, -0.0775, 0.010),
            tip + vector(0, 0.002, 0.002),
            0.0062 + 0.0012 * (1.0 - fem),
            0.0078 + 0.001 * (1.0 - fem),
        ),
        0.016,
    )
    d = smooth_union(d, sphere(p, tip, 0.0098 + 0.0016 * (1.0 - fem)), 0.009)
    wing = vector(0.0098 + 0.0022 * (1.0 - fem), -0.0855, -0.0410 + 0.002 * fem)
    d = smooth_union(d, ellipsoid(p, wing, vector(0.0072, 0.0088, 0.0064)), 0.009)
    neck = 0.0475 - 0.0065 * fem
    return smooth_union(d, tapered(p, vector(0, 0.022, -0.055), vector(0, 0.042, -0.26), neck, neck + 0.003), 0.030)


def build_skin(face: Face) -> Part:
    """Build face, skull, neck, lids, lips and the inside of the mouth.

    Marks: ``jaw`` 0..1 moves with the jaw; ``side`` +1 upper lip .. -1 lower lip; ``lip`` 1 on the lips fading outward;
    ``lid`` share in closing, ``lid_angle`` (alpha, epsilon) of its loop's place on the lid's margin; ``lid_upper`` 1 on
    upper lids.
    """

    def solid(points: Array) -> Array:
        return head_field(face, points)

    lip_points, lip_marks = _lip_loops(solid)
    lid_points, lid_marks = _lid_loops(solid)
    fixed = np.concatenate([lip_points[len(_LIP_LOOPS) - 1], lid_points[len(LID_STEPS) - 1]])
    net_points, net_faces = fill_between(solid, fixed, len(lip_points[0]), _LID)

    points = [*lip_points, *lid_points, net_points[len(fixed) :]]
    starts = np.cumsum([0] + [len(p) for p in points])
    faces: list[tuple[int, ...]] = []
    materials: list[str] = []
    lips, n = len(lip_points), len(lip_points[0])
    outer = len(_LIP_LOOPS)
    order = [*range(outer, lips)][::-1] + [*range(outer)]  # from the throat outward
    for a, b in pairwise(order):
        for i in range(n - 1):
            faces.append((starts[a] + i, starts[b] + i, starts[b] + i + 1, starts[a] + i + 1))
            materials.append("lips" if (a < 4 and b <= 4) or a == outer else "mouth" if a > outer else "skin")
    back = order[0]
    for i in range((n - 1) // 2):
        faces.append((starts[back] + i, starts[back] + i + 1, starts[back] + n - 2 - i, starts[back] + n - 1 - i))
        materials.append("mouth")
    lids = len(lid_points)
    order = [*range(len(LID_STEPS), lids)][::-1] + [*range(len(LID_STEPS))]
    for a, b in pairwise(order):
        for i in range(_LID):
            j = (i + 1) % _LID
            faces.append((starts[lips + a] + i, starts[lips + b] + i, starts[lips + b] + j, starts[lips + a] + j))
            dark = a >= len(LID_STEPS) and b == 0 and 0 < i < _LID // 2 - 2  # the upper lid's edge
            materials.append("lash" if dark else "skin")
    index = np.concatenate(
        [
            starts[outer - 1] + np.arange(n),
            starts[lips + len(LID_STEPS) - 1] + np.arange(_LID),
            starts[lips + lids] + np.arange(len(net_points) - len(fixed)),
        ]
    )
    for face_ in net_faces:
        faces.append(tuple(int(index[v]) for v in face_))
        materials.append("skin")

    joined = np.concatenate(points)
    marks = {key: np.zeros(len(joined)) for key in ("side", "lip", "lid", "lid_upper", "lip_jaw", "lip_near")}
    marks["lid_angle"] = np.zeros((len(joined), 2))
    for key, value in lip_marks.items():
        marks[key][: starts[lips]] = value
    for key, value in lid_marks.items():
        marks[key][starts[lips] : starts[lips + lids]] = value
    marks["jaw"] = _jaw_share(joined, marks)
    half = Part(joined, faces, materials, marks)
    return _welded(half)


def jaw_field(points: Array) -> Array:
    """How much skin away from the lips follows the jaw (N,)."""
    toward = np.clip((points[:, 1] - HINGE[1]) / (-0.085 - HINGE[1]), 0.0, 1.15)
    line = HINGE[2] + (MOUTH_Z - HINGE[2]) * toward
    below = smoothstep(0.026, -0.026, points[:, 2] - line)
    front = smoothstep(0.030, -0.035, points[:, 1])
    neck = smoothstep(-0.170, -0.118, points[:, 2])
    return below * front * neck


def _jaw_share(points: Array, marks: dict[str, Array]) -> Array:
    near = marks["lip_near"]
    return near * marks["lip_jaw"] + (1.0 - near) * jaw_field(points)


def _lip_loops(solid: Field) -> tuple[list[Array], dict[str, Array]]:
    """Loops (each from the lower middle over the corner to the upper middle), outer ones first, then the mouth's
    inside.
    """
    phi = np.linspace(-np.pi / 2, np.pi / 2, 2 * _HALF_LIP + 1)
    rise = np.sign(np.sin(phi)) * np.abs(np.sin(phi)) ** 1.25
    loops, side, lip, near = [], [], [], []
    for number, (half, up, down, lift, share) in enumerate(_LIP_LOOPS):
        points = _lip_outline(phi, rise, half, up, down, bow=number in (2, 3, 4))
        on_face = _on_face(solid, points)
        # Lips thin out toward the corners.
        loops.append(on_face + gradient(solid, on_face) * (lift * np.abs(np.sin(phi)) ** 0.8)[:, None])
        side.append(np.sin(phi))
        lip.append(np.full(len(phi), share))
        near.append(np.full(len(phi), (1.0, 1.0, 1.0, 1.0, 0.95, 0.72, 0.38)[number]))
    front = _on_face(solid, _lip_outline(phi, rise, _LIP_LOOPS[0][0], 0.0, 0.0, False))
    for number, (half, up, down, depth) in enumerate(_MOUTH_LOOPS):
        points = _lip_outline(phi, rise, half, up, down, False)
        points[:, 1] = front[:, 1] + depth * (0.35 + 0.65 * np.abs(np.cos(phi - np.pi / 2)) if number < 2 else 1.0)
        loops.append(points)
        side.append(np.sin(phi))
        lip.append(np.full(len(phi), (1.0, 0.95, 0.75, 0.3, 0.0)[number]))
        near.append(np.ones(len(phi)))
    for loop in loops:
        loop[[0, -1], 0] = 0.0
    sides = np.concatenate(side)
    crisp = np.repeat([0.55, 0.55, 0.55, 0.55, 0.65, 0.8, 0.95, *[0.55] * len(_MOUTH_LOOPS)], len(phi))
    jaw = 0.5 - 0.5 * np.sign(sides) * np.abs(sides) ** crisp
    return loops, {"side": sides, "lip": np.concatenate(lip), "lip_near": np.concatenate(near), "lip_jaw": jaw}


def _lip_outline(phi: Array, rise: Array, half: float, up: float, down: float, bow: bool) -> Array:
    x = half * np.cos(phi)
    height = np.where(rise > 0.0, up, down)
    if bow:
        height = height * np.where(
            rise > 0.0, 1.0 - 0.20 * np.exp(-((x / 0.0042) ** 2)) + 0.10 * np.exp(-(((x - 0.0085) / 0.005) ** 2)), 1.0
        )
    # The line where the lips meet dips a little in the middle and rises at the corners.
    line = MOUTH_Z + 0.0022 * (x / MOUTH_HALF) ** 2 - 0.0010 * np.exp(-((x / 0.006) ** 2))
    return np.stack([x, np.full_like(x, -0.14), line + rise * height], axis=1)


def _on_face(solid: Field, points: Array) -> Array:
    back = np.tile(vector(0.0, 1.0, 0.0), (len(points), 1))
    return points + back * cast(solid, points, back, 0.0, 0.14, 90)[:, None]


def lid_direction(alpha: Array, epsilon: Array) -> Array:
    """Unit vectors from the left eye's centre: ``alpha`` outward, ``epsilon`` up, both radians, (0, 0) is -Y."""
    return np.stack([np.sin(alpha) * np.cos(epsilon), -np.cos(alpha) * np.cos(epsilon), np.sin(epsilon)], axis=-1)


def _almond(phi: Array, shape: dict[str, float], tilt: float, power: float) -> tuple[Array, Array]:
    c, s = np.cos(phi), np.sin(phi)
    alpha = c * np.where(c > 0.0, shape["outer"], shape["inner"])
    epsilon = np.abs(s) ** power * np.where(s > 0.0, shape["upper"], -shape["lower"]) * np.sign(s)
    return alpha, epsilon + tilt * c


def _lid_loops(solid: Field) -> tuple[list[Array], dict[str, Array]]:
    """Loops round the left eye from the lid's margin to the socket's rim, then the margin's thickness behind."""
    phi = np.linspace(0.0, 2.0 * np.pi, _LID, endpoint=False)
    inner_alpha, inner_epsilon = _almond(phi, _MARGIN, TILT, 0.85)
    across, above = _almond(phi, _SOCKET, 0.0, 1.0)
    rim = _on_face(solid, np.stack([EYE[0] + across, np.full_like(across, -0.14), EYE[2] + above], axis=1)) - EYE
    outer_alpha, outer_epsilon = (
        np.arctan2(rim[:, 0], -rim[:, 1]),
        np.arctan2(rim[:, 2], np.hypot(rim[:, 0], rim[:, 1])),
    )
    origin = np.tile(EYE, (_LID, 1))
    loops = []
    for step in LID_STEPS[:-1]:
        direction = lid_direction(
            inner_alpha + (outer_alpha - inner_alpha) * step, inner_epsilon + (outer_epsilon - inner_epsilon) * step
        )
        loops.append(EYE + direction * cast(solid, origin, direction, 0.010, 0.050)[:, None])
    loops.append(EYE + rim)
    direction = lid_direction(inner_alpha, inner_epsilon)
    loops.append(EYE + direction * (EYE_RADIUS + 0.0002))
    direction = lid_direction(inner_alpha * 1.12, inner_epsilon * 1.15)
    loops.append(EYE + direction * (EYE_RADIUS - 0.0022))
    share = np.concatenate([np.full(_LID, value) for value in (*LID_SHARE, 1.0, 1.0)])
    upper = np.tile(np.sin(phi), len(loops))
    angle = np.tile(np.stack([inner_alpha, inner_epsilon], axis=1), (len(loops), 1))
    return loops, {"lid": share, "lid_upper": upper, "lid_angle": angle}


def closing_line(alpha: Array) -> Array:
    """Elevation (radians) at which the lids of the left eye meet, over ``alpha``."""
    c = np.clip(np.where(alpha > 0.0, alpha / _MARGIN["outer"], alpha / _MARGIN["inner"]), -1.0, 1.0)
    s = np.sqrt(1.0 - c * c) ** 0.85
    return TILT * c + s * (_MARGIN["lower"] + 0.16 * (_MARGIN["upper"] - _MARGIN["lower"]))


def _welded(half: Part) -> Part:
    """Both halves as one, the vertices in the plane x = 0 shared."""
    whole = join([half, half.mirrored()])
    count = len(half.points)
    shared = np.abs(half.points[:, 0]) < 1e-6
    target = np.arange(2 * count)
    target[count:][shared] = np.flatnonzero(shared)
    kept = np.concatenate([np.ones(count, bool), ~shared])
    number = np.cumsum(kept) - 1
    faces = [tuple(int(number[target[v]]) for v in face) for face in whole.faces]
    return replace(
        whole, points=whole.points[kept], faces=faces, marks={key: value[kept] for key, value in whole.marks.items()}
    )
