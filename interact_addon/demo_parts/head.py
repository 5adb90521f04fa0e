"""The head's skin: a field for the skull and face, meshed with closed loops of edges around eyes and mouth.

Head coordinates: metres for a head 0.23 high, origin in its middle, crown at z 0.115, chin at -0.115, facing -Y.
The left half (x >= 0) is built and mirrored, so both halves match to the last vertex.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt
from numpy.typing import NDArray

from .fields import Array, Field, cast, ellipsoid, gradient, smooth_subtract, smooth_union, smoothstep, sphere, tapered, vector
from .surface import Part, join

Mask = NDArray[np.bool_]
HINGE = vector(0.0, 0.010, -0.030)  # of the jaw, before the ears
EYE = vector(0.0328, -0.0640, -0.002)
EYE_RADIUS = 0.0170
MOUTH_Z = -0.0690
MOUTH_HALF = 0.0235
CENTRE = vector(0.0, 0.010, -0.005)  # sees every point of the skin
NECK_AXIS = vector(0.0, 0.165, -0.986)

# Half width, half height above and below, lift off the face, and share in the lips' own movement of each loop, inside out.
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
    """What tells two faces apart: 1 is soft and narrow-jawed, 0 broad."""

    feminine: float


def head_field(face: Face, points: Array) -> Array:
    """Distance to the bare head with neck, without lips and lids."""
    p = points.copy()
    p[..., 0] = np.abs(p[..., 0])
    fem = face.feminine
    jaw = 1.0 - 0.16 * fem
    d = ellipsoid(p, vector(0, 0.020, 0.028), vector(0.0745, 0.0935, 0.087))
    d = smooth_union(d, ellipsoid(p, vector(0, -0.026, -0.022), vector(0.0590 - 0.0025 * fem, 0.0590, 0.080)), 0.03)
    d = smooth_union(d, tapered(p, vector(0.050 * jaw, 0.004, -0.060), vector(0.015, -0.056, -0.093), 0.0185 * jaw, 0.0180 - 0.001 * fem), 0.035)
    d = smooth_union(d, ellipsoid(p, vector(0, -0.064, -0.0965), vector(0.0200 - 0.0055 * fem, 0.0185, 0.0170)), 0.022)
    d = smooth_union(d, ellipsoid(p, vector(0.0345, -0.0520, -0.034), vector(0.0225, 0.0230, 0.0225)), 0.026)
    d = smooth_union(d, ellipsoid(p, vector(0, -0.0690, -0.066), vector(0.0260, 0.0190, 0.024)), 0.020)  # the arch behind the lips
    d = smooth_union(d, tapered(p, vector(0.008, -0.0745, 0.0255), vector(0.040, -0.056, 0.026), 0.0125 - 0.0022 * fem, 0.0110), 0.022)
    d = smooth_subtract(d, ellipsoid(p, vector(0.0315, -0.0945, -0.001), vector(0.0205, 0.0185, 0.0155)), 0.020)
    d = smooth_union(d, sphere(p, EYE, EYE_RADIUS + 0.0017), 0.0075)
    tip = vector(0, -0.0990 - 0.006 * (1.0 - fem), -0.0370 + 0.0035 * fem)
    d = smooth_union(d, tapered(p, vector(0, -0.0775, 0.010), tip + vector(0, 0.002, 0.002), 0.0062 + 0.0012 * (1.0 - fem), 0.0078 + 0.001 * (1.0 - fem)), 0.016)
    d = smooth_union(d, sphere(p, tip, 0.0098 + 0.0016 * (1.0 - fem)), 0.009)
    wing = vector(0.0098 + 0.0022 * (1.0 - fem), -0.0855, -0.0410 + 0.002 * fem)
    d = smooth_union(d, ellipsoid(p, wing, vector(0.0072, 0.0088, 0.0064)), 0.009)
    neck = 0.0475 - 0.0065 * fem
    return smooth_union(d, tapered(p, vector(0, 0.022, -0.055), vector(0, 0.042, -0.26), neck, neck + 0.003), 0.030)


def build_skin(face: Face) -> Part:
    """Face, skull, neck, lids, lips and the mouth's inside.

    Marks: ``jaw`` 0..1 moves with the jaw; ``side`` +1 upper lip .. -1 lower lip; ``lip`` 1 on the lips fading outward;
    ``lid`` share in closing, ``lid_angle`` (alpha, epsilon) of its loop's place on the lid's margin; ``lid_upper`` 1 on upper lids.
    """

    def solid(points: Array) -> Array:
        return head_field(face, points)

    lip_points, lip_marks = _lip_loops(solid)
    lid_points, lid_marks = _lid_loops(solid)
    fixed = np.concatenate([lip_points[len(_LIP_LOOPS) - 1], lid_points[len(LID_STEPS) - 1]])
    net_points, net_faces = _fill(solid, fixed, len(lip_points[0]), _LID)

    points = [*lip_points, *lid_points, net_points[len(fixed):]]
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
    index = np.concatenate([
        starts[outer - 1] + np.arange(n), starts[lips + len(LID_STEPS) - 1] + np.arange(_LID),
        starts[lips + lids] + np.arange(len(net_points) - len(fixed))])  # fmt: skip
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
    """Loops (each from the lower middle over the corner to the upper middle), outer ones first, then the mouth's inside."""
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
        height = height * np.where(rise > 0.0, 1.0 - 0.20 * np.exp(-((x / 0.0042) ** 2)) + 0.10 * np.exp(-(((x - 0.0085) / 0.005) ** 2)), 1.0)
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
    outer_alpha, outer_epsilon = np.arctan2(rim[:, 0], -rim[:, 1]), np.arctan2(rim[:, 2], np.hypot(rim[:, 0], rim[:, 1]))
    origin = np.tile(EYE, (_LID, 1))
    loops = []
    for step in LID_STEPS[:-1]:
        direction = lid_direction(inner_alpha + (outer_alpha - inner_alpha) * step, inner_epsilon + (outer_epsilon - inner_epsilon) * step)
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


def _fill(solid: Field, fixed: Array, lips: int, lids: int) -> tuple[Array, list[tuple[int, ...]]]:
    """The rest of the left half between the outer loops, the neck's opening and the plane x = 0: triangles.

    Directions from the head's centre, projected stereographically from the neck's, are triangulated (Delaunay) in the
    plane; loose vertices are then spread evenly and the rest follows from the field.
    """
    frame = np.stack([vector(1, 0, 0), np.cross(-NECK_AXIS, vector(1, 0, 0)), -NECK_AXIS], axis=1)  # columns; third points up
    edge_angle = np.radians(165.0)
    ring = np.linspace(-np.pi / 2, np.pi / 2, 15)
    neck = _polar(edge_angle, ring) @ frame.T
    fixed_directions = (fixed - CENTRE) / np.linalg.norm(fixed - CENTRE, axis=1, keepdims=True)
    loose, middle = _scatter(frame, edge_angle, fixed_directions, lips)
    nose = _nose_patch(fixed_directions, frame, lips)
    loose, middle = (group[_apart(group, nose, 0.050)] for group in (loose, middle))
    ridge = nose[:, 0] == 0.0
    directions = np.concatenate([fixed_directions, neck, nose[ridge], middle, nose[~ridge], loose])
    still = len(fixed) + len(neck)
    on_plane = slice(still, still + ridge.sum() + len(middle))
    free = np.concatenate([np.zeros(still + ridge.sum(), bool), np.ones(len(middle), bool), np.zeros((~ridge).sum(), bool), np.ones(len(loose), bool)])
    loop_edges = [(i, i + 1) for i in range(lips - 1)] + [(lips + i, lips + (i + 1) % lids) for i in range(lids)]
    loop_edges += [(len(fixed) + i, len(fixed) + i + 1) for i in range(len(neck) - 1)]
    triangles: list[tuple[int, ...]] = []
    for _ in range(4):
        triangles = _triangulate(directions @ frame, loop_edges, lips, lids, on_plane, still, len(neck))
        moved = _averaged(directions, triangles)
        moved[on_plane, 0] = 0.0
        directions[free] = moved[free] / np.linalg.norm(moved[free], axis=1, keepdims=True)
    triangles = _triangulate(directions @ frame, loop_edges, lips, lids, on_plane, still, len(neck))
    reach = cast(solid, np.tile(CENTRE, (len(directions), 1)), directions, 0.02, 0.32, 120)
    points = CENTRE + directions * reach[:, None]
    points[: len(fixed)] = fixed
    points[on_plane, 0] = 0.0
    points[np.abs(points[:, 0]) < 1e-6, 0] = 0.0
    # All faces look away from the centre.
    corners = points[np.array(triangles)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = np.einsum("ij,ij->i", normals, corners.mean(axis=1) - CENTRE) > 0.0
    return points, [t if good else t[::-1] for t, good in zip(triangles, outward)]


def _polar(angle: Array | float, turn: Array) -> Array:
    """Unit directions in the neck's frame at ``angle`` from the top, ``turn`` from the left (+X) toward the back."""
    angle = np.broadcast_to(np.asarray(angle, np.float64), turn.shape)
    return np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)], axis=-1)


def _scatter(frame: Array, edge: float, fixed: Array, lips: int) -> tuple[Array, Array]:
    """Loose directions: denser on the face, none too near the loops; and those on the plane x = 0."""
    loose: list[Array] = []
    middle: list[Array] = []
    angle, row = 0.0, 0
    while angle < edge - 0.03:
        step = 0.086 if 0.80 < angle < 2.35 else 0.12 if angle <= 0.80 else 0.075
        turns, turn, aside = [], -np.pi / 2 + step / max(np.sin(angle), 0.1) * (0.5 if row % 2 else 1.0), 0.0
        while turn < np.pi / 2 - 0.35 * aside:
            turns.append(turn)
            aside = (step if turn < 0.45 or angle > 2.2 else 1.6 * step) / max(np.sin(angle), 0.1)  # coarse where hair covers
            turn += aside
        loose.append(_polar(angle, np.array(turns)) @ frame.T)
        ends = np.array([-np.pi / 2, np.pi / 2]) if angle > 0.0 else np.array([np.pi / 2])
        middle.append(_polar(angle, ends) @ frame.T)
        angle += step
        row += 1
    free, plane = np.concatenate(loose), np.concatenate(middle)
    plane[:, 0] = 0.0
    free = free[free[:, 0] > 0.030]
    return free[_clear(free, fixed, frame, lips, 0.055)], plane[_clear(plane, fixed, frame, lips, 0.060)]


def _nose_patch(fixed: Array, frame: Array, lips: int) -> Array:
    """Finer directions over the nose, whose form a coarse net would cut."""
    rows = []
    for number, up in enumerate(np.arange(0.16, -0.60, -0.036)):
        wide = 0.30 if up < -0.20 else 0.17
        across = np.arange(0.0, wide, 0.042) if number % 2 == 0 else np.concatenate([[0.0], np.arange(0.063, wide, 0.042)])
        rows.append(np.stack([np.sin(across) * np.cos(up), -np.cos(across) * np.cos(up), np.full_like(across, np.sin(up))], axis=1))
    patch = np.concatenate(rows)
    return patch[_clear(patch, fixed, frame, lips, 0.040)]


def _apart(directions: Array, others: Array, least: float) -> Mask:
    return np.linalg.norm(directions[:, None, :] - others[None], axis=-1).min(axis=1) > least


def _clear(directions: Array, fixed: Array, frame: Array, lips: int, least: float) -> Mask:
    """Whether a direction keeps its distance from the loops and lies outside them."""
    return _apart(directions, fixed, least) & ~_inside(directions @ frame, fixed[:lips] @ frame) & ~_inside(directions @ frame, fixed[lips:] @ frame)


def _flat(local: Array) -> Array:
    """Stereographic projection from the neck (N, 2)."""
    return local[:, :2] / (1.0 + local[:, 2:3])


def _inside(local: Array, loop: Array) -> Mask:
    """Even-odd test in the plane of the projection."""
    point, corner = _flat(local), _flat(loop)
    following = np.roll(corner, -1, axis=0)
    x, y = point[:, :1], point[:, 1:]
    between = (corner[:, 1] > y) != (following[:, 1] > y)
    run = np.where(between, following[:, 1] - corner[:, 1], 1.0)
    at = corner[:, 0] + (y - corner[:, 1]) / run * (following[:, 0] - corner[:, 0])
    return ((between & (x < at)).sum(axis=1) % 2).astype(bool)


def _triangulate(local: Array, loop_edges: list[tuple[int, int]], lips: int, lids: int, on_plane: slice, still: int, neck: int) -> list[tuple[int, ...]]:
    flat = _flat(local)
    rows = [*range(on_plane.start, on_plane.stop), 0, lips - 1, still - neck, still - 1]
    rows.sort(key=lambda i: flat[i, 1])
    lip_low, lip_high = sorted((0, lips - 1), key=lambda i: flat[i, 1])
    middle_edges = [(a, b) for a, b in pairwise(rows) if {a, b} != {lip_low, lip_high}]
    made = delaunay_2d_cdt([Vector(p) for p in flat.tolist()], loop_edges + middle_edges, [], 0, 1e-7)
    origin = [group[0] for group in made[3]]
    triangles: list[tuple[int, ...]] = []
    for face in made[2]:
        a, b, c = (origin[v] for v in face)
        if max(a, b, c) < lips or (lips <= min(a, b, c) and max(a, b, c) < lips + lids):
            continue
        if abs(local[a, 0]) + abs(local[b, 0]) + abs(local[c, 0]) < 1e-6:
            continue
        triangles.append((a, b, c))
    return triangles


def _averaged(values: Array, triangles: list[tuple[int, ...]]) -> Array:
    total, count = np.zeros_like(values), np.zeros(len(values))
    corners = np.array(triangles)
    for a, b in ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)):
        np.add.at(total, corners[:, a], values[corners[:, b]])
        np.add.at(count, corners[:, a], 1.0)
    return total / np.maximum(count, 1.0)[:, None]


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
    return replace(whole, points=whole.points[kept], faces=faces, marks={key: value[kept] for key, value in whole.marks.items()})
