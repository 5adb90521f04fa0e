"""Jaw, eye and eyelid bones, turned by the ARKit curves that no shape key of the character shows.

Axes come from the character's geometry and not from the bones, which every exporter turns otherwise: the jaw and the
lids turn about the axis from right to left, eyes also about the upright one, relative to the head's rest. A curve
drives a bone only if no shape moves the bone's own vertices for it. Ranges at 1: the jaw turns until the vertex that is
farthest from its hinge is 2.2 % of the body's height away, as far as ARKit's chin drops (4 cm; 22 degrees on most
faces); eyes turn as the runtime's gaze assumes; lids close the gap measured between their vertices, or turn 30 degrees
from above and 10 from below where it cannot be measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import bpy
import numpy as np

from ..runtime_api import Array, contract
from ..runtime_api import rotations as rot
from .channel import Channel, bone_path
from .euler import channels
from .face_settings import AS_FOUND, FaceSettings
from .face_vertices import BoneVertices, movement, vertices_of_bones
from .faces import FaceMesh
from .mapping import RigMap
from .measure import RestPose
from .shape_names import SIDES, fold

JAW_DROP, JAW_FORWARD = 0.022, 0.004  # of the body's height
JAW_TURNS = np.radians(8.0), np.radians(35.0)  # a jaw that would turn less or more is measured wrong
JAW_ASIDE = np.radians(7.0)
UPPER_LID, LOWER_LID = np.radians(30.0), np.radians(10.0)
_UPPER_SHARE = 0.8  # of the measured gap; the lower lid takes the rest
_GAPS = np.radians(5.0), np.radians(70.0)  # a measured gap outside is no eye
_SHOWN = 0.25  # a shape that moves the bone's vertices by this share of what the bone would shows the curve

_START = re.compile(r"^(?:mixamorig\d*|ccbase|bip\d{2,3}|def|jbipc|jadj|facialc?|c(?=eye|jaw))")
_JAWS = ("jawmaster", "jaw", "jawroot", "lowerjaw", "mjaw", "jawbone", "jawbonex", "jawjoint", "jawlower")
_EYES = ("{w}eye", "{s}eye", "eye{s}", "eye{w}", "{s}faceeye", "faceeye{s}", "{w}eyeball", "eyeball{s}",
         "{s}eyeball", "{w}eyebone", "eyejoint{s}", "eyeoffset{s}")  # fmt: skip
_LID_WORDS, _LEVELS = (
    ("eyelid", "lid", "eyeblink"),
    {"upper": ("upper", "top", "up"), "lower": ("lower", "bottom", "bot")},
)
_LID_PATTERNS = (
    "{s}{lid}{level}", "{w}{lid}{level}", "{lid}{level}{s}", "{lid}{level}{w}", "{level}{lid}{s}", "{level}{lid}{w}",
    "{s}{level}{lid}", "{w}{level}{lid}", "{lid}{s}{level}", "{lid}{w}{level}",
)  # fmt: skip
_MAKEHUMAN_LIDS = {"upper": "orbicularis03{s}", "lower": "orbicularis04{s}"}
_CURVE = {name: column for column, name in enumerate(contract.ARKIT_NAMES)}


@dataclass(frozen=True)
class FaceBone:
    """A bone and the curves that move it, in armature space.

    ``turns`` (52, 3): rotation vectors in radians for each curve at 1, about ``pivot`` (3,); ``shifts`` (52, 3): moves
    in the armature's units. ``rest`` (4,): the bone's rest orientation. ``moves``: whether it can change its place.
    """

    bone: str
    turns: Array
    shifts: Array
    pivot: Array
    head: Array
    rest: Array
    moves: bool
    local_location: bool
    rotation_mode: str

    @property
    def arkit_columns(self) -> set[int]:
        """The columns of the curves that move this bone."""
        return set(np.flatnonzero((self.turns.any(axis=1)) | self.shifts.any(axis=1)).tolist())


@dataclass(frozen=True)
class _Axes:
    """The character's directions in armature space at rest, and its height in the armature's units."""

    left: Array
    up: Array
    front: Array
    height: float


@dataclass(frozen=True)
class _Measured:
    """What was measured on the character.

    ``jaw``: radians that the jaw opens; ``gaps``: side -> radians between the lids; ``lips_close``: whether a shape
    brings the lips together over an open jaw.
    """

    jaw: float
    gaps: dict[str, float]
    lips_close: bool


def find_face_bones(
    armature: bpy.types.Object,
    rig: RigMap,
    rest: RestPose,
    faces: Sequence[FaceMesh],
    settings: FaceSettings = AS_FOUND,
) -> tuple[FaceBone, ...]:
    """Return the bones of the face that show what no shape key shows; none that the body drives."""
    roles = _named_bones(armature, rig, rest)
    if not roles:
        return ()
    axes = _axes(rest)
    vertices = vertices_of_bones(armature, roles.values(), faces)
    measured = _Measured(
        jaw=_jaw_turn(armature, roles["jaw"], vertices[roles["jaw"]], axes) if "jaw" in roles else 0.0,
        gaps=_gaps(roles, vertices, axes, armature),
        lips_close=any(_CURVE["mouthClose"] in face.arkit_columns for face in faces),
    )
    found = []
    for role, bone in roles.items():
        turns, shifts = np.zeros((2, len(contract.ARKIT_NAMES), 3))
        for curve, turn, shift in _movements(role, axes, measured, settings):
            turns[_CURVE[curve]], shifts[_CURVE[curve]] = turn, shift
        pivot = _pivot(armature, roles.get(f"{role.split(' ')[0]} eye", bone))
        plan = _face_bone(armature, bone, turns, shifts, pivot)
        shown = _shown_by_shapes(plan, vertices[bone], armature, faces)
        plan.turns[shown] = plan.shifts[shown] = 0.0
        if plan.arkit_columns:
            found.append(plan)
    return tuple(found)


def face_bone_channels(bones: Sequence[FaceBone], face: Array) -> list[Channel]:
    """Return the channels of an armature's face bones for curves (T, 52)."""
    found = []
    face = np.clip(np.asarray(face, np.float64), 0.0, 1.0)
    for bone in bones:
        turned = rot.from_axis_angle(_held_shut(face, bone) @ bone.turns)
        arm = bone.head - bone.pivot
        place = rot.rotate(turned, np.broadcast_to(arm, (len(face), 3))) - arm + face @ bone.shifts
        back = rot.conjugate(bone.rest)
        basis = rot.continuous(rot.multiply(rot.multiply(back, turned), bone.rest)[:, None])[:, 0]
        name, values = channels(basis, bone.rotation_mode)
        found.append(Channel(f"{bone_path(bone.bone)}.{name}", values, bone.bone))
        if bone.moves and (arm.any() or bone.shifts.any()):
            values = rot.rotate(back, place) if bone.local_location else place
            found.append(Channel(f"{bone_path(bone.bone)}.location", values, bone.bone))
    return found


def seen_turns(
    bones: Sequence[FaceBone], armature: bpy.types.Object, matrices: Array
) -> tuple[list[Array], list[Array]]:
    """Return how face bones are turned, for the inverse of driving them: values (T, 3) and weights (3, 52) of each.

    ``matrices`` (T, N, 4, 4): of all pose bones in order, in armature space. Both are in units of the bone's largest
    turn, so that they count as much as a shape key.
    """
    order = {bone.name: index for index, bone in enumerate(armature.pose.bones)}
    values, weights = [], []
    for bone in bones:
        own = armature.data.bones[bone.bone]
        turned = rot.from_scaled_matrix(matrices[:, order[bone.bone]])
        if own.parent is not None:  # as the parent carries it, in armature space at rest
            parent_rest = np.array(own.parent.matrix_local.to_quaternion())
            carried = rot.multiply(
                rot.from_scaled_matrix(matrices[:, order[own.parent.name]]), rot.conjugate(parent_rest)[None]
            )
            turned = rot.multiply(rot.conjugate(carried), turned)
        vectors = rot.to_axis_angle(rot.multiply(turned, rot.conjugate(bone.rest)[None]))
        most = float(np.linalg.norm(bone.turns, axis=1).max()) or 1.0
        values.append(vectors / most)
        weights.append(bone.turns.T / most)
    return values, weights


def _held_shut(face: Array, bone: FaceBone) -> Array:
    """Return the curves (T, 52) with ``mouthClose`` no larger than the opening of the jaw that it takes away."""
    if not bone.turns[_CURVE["mouthClose"]].any():
        return face
    face = face.copy()
    face[:, _CURVE["mouthClose"]] = np.minimum(face[:, _CURVE["mouthClose"]], face[:, _CURVE["jawOpen"]])
    return face


def _named_bones(armature: bpy.types.Object, rig: RigMap, rest: RestPose) -> dict[str, str]:
    """Return role ('jaw', 'left eye', 'left upper lid') -> bone, of bones below the head that the body leaves alone."""
    bones = armature.data.bones
    driven = set(rest.bones)
    head = rig.places["head"][0]
    found: dict[str, tuple[int, str]] = {}
    for bone in bones:
        role, rank = _role(bone.name)
        rank += 100 * (rig.is_control_rig and bone.use_deform)  # its control moves it
        if not role or bone.name in driven or (role in found and found[role][0] <= rank):
            continue
        if rig.is_control_rig or any(above.name == head for above in bone.parent_recursive):
            found[role] = (rank, bone.name)
    return {role: bone for role, (_, bone) in found.items() if not _is_moved_already(armature, bone)}


def _is_moved_already(armature: bpy.types.Object, bone: str) -> bool:
    """Return whether a driver or a constraint moves a bone, which keys on it could not change.

    Character Creator's jaw follows the shape key Jaw_Open by a driver; many eyes track a target.
    """
    path, animation = bone_path(bone), armature.animation_data
    drivers = animation.drivers if animation is not None else ()
    driven = any(
        not driver.mute and driver.data_path.startswith((f"{path}.rotation", f"{path}.location")) for driver in drivers
    )
    return driven or any(
        not constraint.mute and constraint.influence > 0.0 and not constraint.type.startswith("LIMIT_")
        for constraint in armature.pose.bones[bone].constraints
    )


def _role(name: str) -> tuple[str, int]:
    """Return the role and rank of a bone by its name; "" for a bone of no role."""
    plain = fold(re.split("[:|]", name)[-1])
    names = _role_names()
    return names.get(plain) or names.get(_START.sub("", plain, count=1)) or ("", 0)


@lru_cache(maxsize=1)
def _role_names() -> dict[str, tuple[str, int]]:
    """Return the role and rank (0 first) of every known bone name, folded."""
    names = {name: ("jaw", rank) for rank, name in enumerate(_JAWS)}
    for side in SIDES:
        spelled = {"{s}": side[0], "{w}": side}
        for rank, pattern in enumerate(_EYES):
            names.setdefault(_fill(pattern, spelled), (f"{side} eye", rank))
        for level, words in _LEVELS.items():
            names[_fill(_MAKEHUMAN_LIDS[level], spelled)] = (f"{side} {level} lid", 0)
            for pattern in _LID_PATTERNS:
                for lid in _LID_WORDS:
                    for rank, word in enumerate(words):
                        name = _fill(pattern, spelled | {"{lid}": lid, "{level}": word})
                        names.setdefault(name, (f"{side} {level} lid", rank))
    return names


def _fill(pattern: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        pattern = pattern.replace(mark, word)
    return pattern


def _axes(rest: RestPose) -> _Axes:
    scale = np.linalg.norm(rest.world[:3, :3], axis=0)
    to_armature = (rest.world[:3, :3] / scale).T
    sine, cosine = np.sin(rest.heading), np.cos(rest.heading)
    directions = np.array([[cosine, sine, 0.0], [0.0, 0.0, 1.0], [sine, -cosine, 0.0]]) @ to_armature.T
    left, up, front = directions
    return _Axes(left, up, front, float(rest.skeleton.height / scale.mean()))


def _movements(
    role: str, axes: _Axes, measured: _Measured, settings: FaceSettings
) -> Iterator[tuple[str, Array, Array]]:
    """Yield curve, rotation vector and shift of a role. A turn about ``left`` takes what is in front downwards."""
    none = np.zeros(3)
    if role == "jaw":
        opens = settings.jaw * measured.jaw * axes.left
        yield "jawOpen", opens, none
        yield "jawLeft", JAW_ASIDE * axes.up, none
        yield "jawRight", -JAW_ASIDE * axes.up, none
        yield "jawForward", none, JAW_FORWARD * axes.height * axes.front
        if not measured.lips_close:
            yield "mouthClose", -opens, none
        return
    side, part = role.split(" ", 1)
    if part == "eye":
        turns = _eye_turns(side, axes, settings.eyes)
    else:
        turns = _lid_turns(part, axes, measured.gaps.get(side, 0.0), settings.lids)
    for curve, turn in turns.items():
        yield curve + side.capitalize(), turn, none


def _eye_turns(side: str, axes: _Axes, share: float) -> dict[str, Array]:
    outwards = share * contract.LOOK_SIDE * axes.up * (1.0 if side == "left" else -1.0)
    return {
        "eyeLookOut": outwards,
        "eyeLookIn": -outwards,
        "eyeLookUp": -share * contract.LOOK_UP * axes.left,
        "eyeLookDown": share * contract.LOOK_DOWN * axes.left,
    }


def _lid_turns(part: str, axes: _Axes, gap: float, share: float) -> dict[str, Array]:
    if part == "upper lid":
        closes = share * (_UPPER_SHARE * gap or UPPER_LID) * axes.left
        return {"eyeBlink": closes, "eyeWide": -0.3 * closes, "eyeLookUp": -0.2 * closes, "eyeSquint": 0.15 * closes}
    closes = -share * ((1.0 - _UPPER_SHARE) * gap or LOWER_LID) * axes.left
    return {"eyeBlink": closes, "eyeSquint": closes}


def _jaw_turn(armature: bpy.types.Object, bone: str, vertices: BoneVertices, axes: _Axes) -> float:
    """Return the radians that take the chin down as far as ARKit's; a control reaches as far as its tail."""
    own = armature.data.bones[bone]
    points = vertices.points if vertices.count else np.array([own.tail_local])
    arms = points - np.array(own.head_local)
    arms -= np.outer(arms @ axes.left, axes.left)
    reach = float(np.percentile(np.linalg.norm(arms, axis=1), 95))
    turn = 2.0 * np.arcsin(min(JAW_DROP * axes.height / max(2.0 * reach, 1e-9), 1.0))
    return float(np.clip(turn, *JAW_TURNS))


def _gaps(
    roles: dict[str, str], vertices: dict[str, BoneVertices], axes: _Axes, armature: bpy.types.Object
) -> dict[str, float]:
    """Return the angle in radians between the edges of the lids of each eye, seen from the eye's bone."""
    found = {}
    for side in SIDES:
        names = [roles.get(f"{side} {part}") for part in ("eye", "upper lid", "lower lid")]
        if not all(names):
            continue
        eye, upper, lower = (str(name) for name in names)
        pivot = np.array(armature.data.bones[eye].head_local)
        edges = [_elevations(vertices[lid].points - pivot, axes) for lid in (upper, lower)]
        if all(len(edge) for edge in edges):
            gap = float(edges[0].min() - edges[1].max())
            if _GAPS[0] < gap < _GAPS[1]:
                found[side] = gap
    return found


def _pivot(armature: bpy.types.Object, name: str) -> Array:
    """Return where a bone turns (3,): its head, or that of the eye that a control in front of it is the target of."""
    bones = armature.data.bones
    of_target = next((bones[start + name] for start in ("ORG-", "DEF-") if start + name in bones), bones[name])
    return np.array((bones[name] if bones[name].use_deform else of_target).head_local)


def _elevations(points: Array, axes: _Axes) -> Array:
    """Return the elevation of points (P, 3) around the axis to the left, of those in the middle third of the eye."""
    if not len(points):
        return np.zeros(0)
    aside = np.abs(points @ axes.left)
    middle = points[aside <= max(aside.max() / 3.0, 1e-9)]
    middle = middle if len(middle) else points
    elevations: Array = np.arctan2(middle @ axes.up, middle @ axes.front)
    return elevations


def _face_bone(armature: bpy.types.Object, name: str, turns: Array, shifts: Array, pivot: Array) -> FaceBone:
    bone, posed = armature.data.bones[name], armature.pose.bones[name]
    moves = not bone.use_connect and not any(posed.lock_location)
    return FaceBone(
        bone=name,
        turns=turns,
        shifts=shifts if moves else np.zeros_like(shifts),
        pivot=pivot,
        head=np.array(bone.head_local),
        rest=np.array(bone.matrix_local.to_quaternion()),
        moves=moves,
        local_location=bone.use_local_location,
        rotation_mode=posed.rotation_mode,
    )


def _shown_by_shapes(
    plan: FaceBone, own: BoneVertices, armature: bpy.types.Object, faces: Sequence[FaceMesh]
) -> list[int]:
    """Return the columns of curves that this bone need not show: shapes do, or it has nothing to show them with."""
    columns = sorted(plan.arkit_columns)
    if not armature.data.bones[plan.bone].use_deform:  # a control: what it moves cannot be told
        served = {column for face in faces for column in face.arkit_columns}
        return [column for column in columns if column in served]
    if not own.count:
        return columns
    shown = []
    for column in columns:
        by_bone = np.linalg.norm(np.cross(plan.turns[column], own.points - plan.pivot) + plan.shifts[column], axis=1)
        if np.mean(movement(own, column)) > _SHOWN * np.mean(by_bone):
            shown.append(column)
    return shown
