"""A capture's own skeleton, and retargeting of its motion to the canonical one.

Both skeletons are brought to the same T-pose. Each bone's world rotation relative to that pose is carried over, which
does not depend on the local axes of either skeleton.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import AVERAGE_SKELETON, HAND_JOINTS, INDEX, JOINTS, PARENTS, Skeleton, heading_of
from ..common.arrays import Array
from .clip import ClipUnreadable, standing_skeleton, symmetric

_UP, _FORWARD = np.array([0.0, 0, 1]), np.array([0.0, -1, 0])
_THUMB_OUT, _THUMB_DROP = np.radians(45.0), np.radians(10.0)
_CLEAR_BEND = np.radians(5.5)  # an elbow or knee that is bent less at rest does not show its hinge axis
_TALLEST = 8.0  # a rest pose higher than this is in centimetres
# Degrees of the three joints of a finger at rest.
_CURL = {
    "index": (18, 25, 15), "middle": (22, 30, 18), "ring": (25, 32, 20), "pinky": (26, 30, 20), "thumb": (8, 10, 15),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SourceRig:
    """The joints of a file, parents first.

    ``offsets`` (B, 3): from the parent, in the file's unit and axes; ``prerotations`` (B, 4): applied before the
    animated rotation of the joint. ``tips``: joint -> (3,) end of a chain, in that joint's own frame.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    prerotations: Array
    tips: Mapping[str, Array]

    def pose(self, local: Array, translations: Array | None = None) -> tuple[Array, Array]:
        """Return world positions (T, B, 3) and quaternions (T, B, 4) for local rotations (T, B, 4); ``translations``
        (T, B, 3) add to the offsets.
        """
        positions = np.empty(local.shape[:-1] + (3,))
        world = np.empty(local.shape)
        for bone, parent in enumerate(self.parents):
            offset = self.offsets[bone] if translations is None else self.offsets[bone] + translations[:, bone]
            rotation = rot.multiply(self.prerotations[bone], local[:, bone])
            if parent < 0:
                positions[:, bone], world[:, bone] = offset, rotation
            else:
                positions[:, bone] = positions[:, parent] + rot.rotate(world[:, parent], offset)
                world[:, bone] = rot.multiply(world[:, parent], rotation)
        return positions, rot.normalize(world)


@dataclass(frozen=True)
class BoneMap:
    """The bones of a source for the canonical joints: canonical name -> bone that has its position, bone that has its
    rotation.

    The two differ where a source splits a joint, e.g. a shoulder followed by twist bones. Finger joints may be absent.
    ``foot_pitch``: degrees of the ball of a flat foot below the ankle, for rigs whose foot bone has another direction.
    ``feet_follow``: the rest pose has its legs apart with the soles square to them, so straightening rotates both.
    """

    position: Mapping[str, str]
    rotation: Mapping[str, str]
    foot_pitch: float | None = None
    feet_follow: bool = False

    def fits(self, rig: SourceRig) -> bool:
        """Return whether a rig has all bones of the map."""
        return all(bone in rig.names for bone in (*self.position.values(), *self.rotation.values()))


@dataclass(frozen=True, eq=False)
class TPose:
    """The canonical body of a source.

    ``rest`` (52, 4): world orientation of each joint's source bone in the T-pose; ``basis`` (4,): rotation of the
    source's world to Z up, facing -Y; ``scale``: metres per unit of the file.
    """

    skeleton: Skeleton
    rest: Array
    basis: Array
    scale: float


def measure_t_pose(rig: SourceRig, bones: BoneMap, local: Array | None = None) -> TPose:
    """Return the T-pose nearest to a rest pose, which is ``local`` (B, 4) or else the rig without rotations.

    Limbs are straightened by rotating each bone to its T-pose direction: arms out, palms down, legs down, feet forward,
    fingers along the hand, thumbs 45 degrees forward. Raises ``ClipUnreadable`` if the rest pose is not upright.
    """
    still = np.tile(rot.IDENTITY.astype(np.float64), (len(rig.names), 1)) if local is None else local
    positions, world = (array[0] for array in rig.pose(still[None]))
    basis = _upright(positions, rig, bones)
    positions, world = rot.rotate(basis, positions), rot.multiply(basis, world)
    scale = 0.01 if np.ptp(positions[:, 2]) > _TALLEST else 1.0
    index = {name: number for number, name in enumerate(rig.names)}
    points = {joint: positions[index[bone]] * scale for joint, bone in bones.position.items()}
    for joint, bone in bones.position.items():
        if bone in rig.tips:
            points[f"{joint}_tip"] = points[joint] + rot.rotate(world[index[bone]], rig.tips[bone]) * scale
    _fill_missing_points(points)
    corrections = _corrections(points, bones.feet_follow)
    offsets = np.zeros((len(JOINTS), 3))
    for joint, parent in zip(JOINTS, PARENTS):
        if parent >= 0 and joint in points:
            above = JOINTS[parent]
            offsets[INDEX[joint]] = rot.rotate(corrections[above], points[joint] - points[above])
    if bones.foot_pitch is not None:
        pitch = np.radians(bones.foot_pitch)
        for foot in (INDEX["left_foot"], INDEX["right_foot"]):
            offsets[foot] = np.linalg.norm(offsets[foot]) * np.array([0, -np.cos(pitch), -np.sin(pitch)])
    _fill_missing_fingers(offsets, points)
    ball = float(min(points["left_foot"][2], points["right_foot"][2]))
    toe_height = ball if 0.008 < ball < 0.05 else 0.02  # most rest poses stand on the floor
    rest = np.stack(
        [
            rot.multiply(corrections[joint], world[index[bones.rotation[joint]]])
            if joint in bones.rotation
            else rot.IDENTITY
            for joint in JOINTS
        ]
    )
    return TPose(standing_skeleton(symmetric(offsets), toe_height), rest, basis, scale)


def carry_over(
    rig: SourceRig, bones: BoneMap, t_pose: TPose, local: Array, translations: Array | None = None
) -> tuple[Array, Array]:
    """Return pelvis positions (T, 3) in metres and world rotations (T, 52, 4) relative to the T-pose.

    The motion is given as local rotations (T, B, 4) and translations (T, B, 3) of the source. Joints that the source
    lacks follow their parents.
    """
    positions, world = rig.pose(local, translations)
    index = {name: number for number, name in enumerate(rig.names)}
    result = np.empty((len(local), len(JOINTS), 4))
    for number, (joint, parent) in enumerate(zip(JOINTS, PARENTS)):
        if joint in bones.rotation:
            turned = rot.multiply(t_pose.basis, world[:, index[bones.rotation[joint]]])
            result[:, number] = rot.multiply(turned, rot.conjugate(t_pose.rest[number]))
        else:
            result[:, number] = result[:, parent]
    root = rot.rotate(t_pose.basis, positions[:, index[bones.position["pelvis"]]]) * t_pose.scale
    return root, result


def t_posed_frames(skeleton: Skeleton, world: Array) -> NDArray[np.bool_]:
    """Return (T,) where world rotations (T, 52, 4) are a T-pose: arms out, legs down, within 25 degrees."""
    posed = np.ones(len(world), bool)
    for side, out in (("left", 1.0), ("right", -1.0)):
        for joint, child, wanted in (
            ("shoulder", "elbow", [out, 0, 0]),
            ("elbow", "wrist", [out, 0, 0]),
            ("hip", "knee", [0, 0, -1]),
            ("knee", "ankle", [0, 0, -1]),
        ):
            bone = skeleton.offsets[INDEX[f"{side}_{child}"]]
            direction = rot.rotate(world[:, INDEX[f"{side}_{joint}"]], bone / np.linalg.norm(bone))
            lateral = rot.rotate(rot.about_z(heading_of(world[:, 0])), np.array(wanted, float))
            posed &= np.sum(direction * lateral, axis=-1) > np.cos(np.radians(25))
    return posed


def relaxed_fingers(world: Array, joints: tuple[str, ...] | None = None) -> Array:
    """Return world rotations (T, 52, 4) with the finger ``joints`` (all when None) in the curl of a hand at rest."""
    world = np.array(world)
    for side in ("left", "right"):
        for joint in HAND_JOINTS[side]:
            if joints is None or joint in joints:
                number = INDEX[joint]
                world[:, number] = rot.multiply(world[:, PARENTS[number]], finger_curl(joint))
    return world


def finger_curl(joint: str) -> Array:
    """Return the local quaternion of one finger joint of a hand at rest, near the means of the captured idles."""
    side, _, part = joint.partition("_")
    finger, number = part[:-1], int(part[-1]) - 1
    sign = 1.0 if side == "left" else -1.0
    axis = np.array([0.0, sign, 0.0]) if finger != "thumb" else np.array([0.35, 0.5 * sign, 0.8 * sign])
    return rot.from_axis_angle(axis / np.linalg.norm(axis) * np.radians(_CURL[finger][number]))


def _upright(positions: Array, rig: SourceRig, bones: BoneMap) -> Array:
    """Return the rotation (4,) from the file's axes to the runtime's, by the file's axes nearest to up and left of the
    body.
    """
    at = {joint: positions[rig.names.index(bone)] for joint, bone in bones.position.items()}
    up = _nearest_axis(at["head"] - 0.5 * (at["left_ankle"] + at["right_ankle"]))
    left = _nearest_axis(at["left_hip"] - at["right_hip"])
    if abs(up @ left) > 0.5:
        raise ClipUnreadable("The rest pose does not stand upright.")
    return rot.from_matrix(np.stack([left, np.cross(up, left), up]))


def _nearest_axis(direction: Array) -> Array:
    """Return the coordinate axis (3,), with its sign, nearest to a direction."""
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis


def _corrections(points: Mapping[str, Array], feet_follow: bool) -> dict[str, Array]:
    """Return for each canonical joint the world rotation (4,) of its bone from the rest pose to the T-pose."""
    still = rot.IDENTITY.astype(np.float64)
    turns = {joint: still for joint in JOINTS}
    for side in ("left", "right"):
        out = np.array([1.0 if side == "left" else -1.0, 0, 0])

        def bone(start: str, end: str, side: str = side) -> Array:
            return points[f"{side}_{end}"] - points[f"{side}_{start}"]

        thigh, shin = bone("hip", "knee"), bone("knee", "ankle")
        turns[f"{side}_hip"], turns[f"{side}_knee"] = _straighten(thigh, shin, -_UP, np.array([1.0, 0, 0]))
        leg = turns[f"{side}_knee"] if feet_follow else still
        toes = rot.between(rot.rotate(leg, bone("ankle", "foot")) * [1, 1, 0], _FORWARD)
        turns[f"{side}_ankle"] = turns[f"{side}_foot"] = rot.multiply(toes, leg)
        upper_arm, forearm = bone("shoulder", "elbow"), bone("elbow", "wrist")
        turns[f"{side}_shoulder"], turns[f"{side}_elbow"] = _straighten(upper_arm, forearm, out, -out[0] * _UP)
        turns[f"{side}_wrist"] = _hand_turn(points, side, out)
        turns |= _finger_turns(points, side, out, turns[f"{side}_wrist"])
    return turns


def _finger_turns(points: Mapping[str, Array], side: str, out: Array, hand: Array) -> dict[str, Array]:
    """Return the rotations (4,) of one hand's finger joints to the T-pose; ``hand``: that of the hand."""
    turns: dict[str, Array] = {}
    thumb_forward = np.cos(_THUMB_OUT) * out + np.sin(_THUMB_OUT) * _FORWARD
    thumb = np.cos(_THUMB_DROP) * thumb_forward - np.sin(_THUMB_DROP) * _UP
    for joint in HAND_JOINTS[side]:
        following = f"{joint[:-1]}{int(joint[-1]) + 1}" if joint[-1] != "3" else f"{joint}_tip"
        if joint not in points:
            turns[joint] = hand
        elif following in points and np.linalg.norm(points[following] - points[joint]) > 1e-4:
            along = rot.rotate(hand, points[following] - points[joint])
            turns[joint] = rot.multiply(rot.between(along, thumb if "thumb" in joint else out), hand)
        else:
            turns[joint] = turns[f"{joint[:-1]}{int(joint[-1]) - 1}"] if joint[-1] != "1" else hand
    return turns


def _straighten(first: Array, second: Array, along: Array, hinge: Array) -> tuple[Array, Array]:
    """Return the rotations that align two bones of a limb with one direction and, if the limb is bent at rest, their
    hinge axis with ``hinge``.
    """
    turns = rot.between(first, along), rot.between(second, along)
    axis = np.cross(first, second)
    bend = np.arcsin(np.clip(np.linalg.norm(axis) / (np.linalg.norm(first) * np.linalg.norm(second)), 0, 1))
    if bend < _CLEAR_BEND:
        return turns
    rolled = []
    for turn in turns:
        now = rot.rotate(turn, axis)
        angle = np.arctan2(np.cross(now, hinge) @ along, now @ hinge)
        rolled.append(rot.multiply(rot.from_axis_angle(along * angle), turn))
    return rolled[0], rolled[1]


def _hand_turn(points: Mapping[str, Array], side: str, out: Array) -> Array:
    """Return the rotation that aligns a hand with the direction ``out``, palm down."""
    wrist = points[f"{side}_wrist"]
    along = points[f"{side}_middle1"] - wrist
    across = points[f"{side}_index1"] - points[f"{side}_pinky1"]  # towards the thumb, -Y in the T-pose
    along = along / np.linalg.norm(along)
    across = across - along * (across @ along)
    across = across / np.linalg.norm(across)
    now = np.stack([along, across, np.cross(along, across)], axis=-1)
    wanted = np.stack([out, _FORWARD, np.cross(out, _FORWARD)], axis=-1)
    return rot.from_matrix(wanted @ now.T)


def _fill_missing_points(points: dict[str, Array]) -> None:
    """Add the joints that a source may lack: the third spine joint, the balls of the feet (from the tip of the foot),
    and knuckles, in line with the forearm and with the palm as far down as the arm allows.
    """
    points.setdefault("spine3", 0.7 * points["spine2"] + 0.3 * points["neck"])
    for side in ("left", "right"):
        if f"{side}_foot" not in points:
            ankle = points[f"{side}_ankle"]
            tip = points.get(f"{side}_ankle_tip", ankle + np.array([0, -0.2, -0.09]))
            points[f"{side}_foot"] = ankle + (tip - ankle) * [0.75, 0.75, 0.9]
        if f"{side}_middle1" in points:
            continue
        wrist, elbow = points[f"{side}_wrist"], points[f"{side}_elbow"]
        along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        across = _FORWARD - along * (along @ _FORWARD)
        for finger, part in (("index", 0.3), ("middle", 0.05), ("pinky", -0.4)):
            points[f"{side}_{finger}1"] = wrist + 0.09 * along + 0.09 * part * across / np.linalg.norm(across)


def _fill_missing_fingers(offsets: Array, points: Mapping[str, Array]) -> None:
    """Set finger joints that the source lacks, or that are estimated, to average bones scaled by the forearm."""
    average = AVERAGE_SKELETON.offsets
    for side in ("left", "right"):
        wrist = INDEX[f"{side}_wrist"]
        size = np.linalg.norm(offsets[wrist]) / np.linalg.norm(average[wrist])
        for joint in HAND_JOINTS[side]:
            if joint not in points or f"{joint[:-1]}2" not in points:
                offsets[INDEX[joint]] = average[INDEX[joint]] * size
