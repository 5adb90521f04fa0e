"""A hand or foot held on somebody by constraints, for those who go on by hand: an empty that rides on what is touched.

The empty stands, frame by frame, where the end of the limb is seen, so that nothing changes in the moment it is made;
from then on the limb goes where the empty goes. With FK the arm or leg gets an IK constraint of its own, and hand or
foot a Copy Rotation; where a rig plays IK, its control gets a Copy Location and a Copy Rotation. Influences are keyed
in the action that is played: 0 before, 1 while it is held, 0 after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from .. import compat
from ..runtime_api import Array, errors, skeleton
from ..runtime_api import rotations as rot
from . import key_arrays
from .cast import CastActor
from .channel import Channel, bone_path
from .curves import curves_of, write_channels
from .euler import channels
from .ik_limbs import HELD, IkLimb, chain_of, ik_limbs
from .played import played
from .shown import shown_bones
from .stretch_keys import write_over
from .timing import frames_per_second
from .watching import watched

COLLECTION = "InterAct Constraints"
_FRAMES = "interact_held_frames"  # custom property of the same empty: the first and the last frame that are held
_EASE = 0.2  # seconds in which an influence comes and goes
_SAME = 0.001  # metres between the end of the limb's second bone and the third, up to which they are one place
_SIZE = 0.08  # metres of an empty as it is drawn
_LONGEST_NAME = 63  # bytes
_JOINTS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}


@dataclass(frozen=True)
class Hold:
    """What is held: the end of a ``limb`` ("left arm") of ``actor`` from frame ``first`` to ``last`` of the scene.

    On the bone of a ``joint`` of ``other``, or on the object ``target``. ``title``: in words, which may change;
    ``identity`` says which contact it is, whatever that is called and wherever it goes.
    """

    identity: str
    title: str
    actor: CastActor
    limb: str
    first: int
    last: int
    other: CastActor | None = None
    joint: int = 0
    target: bpy.types.Object | None = None


def limb_of(joint: int) -> str:
    """Return the limb that brings a joint to a contact ("left arm"); none for those of the trunk and the head."""
    side, _, part = skeleton.JOINTS[joint].partition("_")
    if side not in ("left", "right"):
        return ""
    if part in ("ankle", "foot"):
        return f"{side} leg"
    return f"{side} arm" if part in ("elbow", "wrist") or part[-1].isdigit() else ""


def hold_by_constraints(scene: bpy.types.Scene, hold: Hold, each_frame: bool) -> float:
    """Make the empty and the constraints of a contact; return how far (metres) the picture moves by it, at most.

    ``each_frame``: the empty stands where the limb is seen in every frame, so nothing moves; otherwise where it is in
    the middle, so that the hold is a firm one. What was made of the same contact before is replaced.
    Raises ``InvalidRequest``, with nothing changed, where a bone or somebody is gone or cannot be edited.
    """
    armature = _editable(hold.actor)
    base, bone = _base(hold)
    limb = _Limb(armature, hold, scene)
    remove_holds(scene, {hold.identity})
    ease = max(round(_EASE * frames_per_second(scene)), 1)
    frames = range(max(hold.first - ease, scene.frame_start), min(hold.last + ease, scene.frame_end) + 1)
    before = _seen(scene, frames, armature, limb.watched, base, bone)
    empty = _add_empty(scene, hold, base, bone)
    end = before.bones[limb.end]
    _put(empty, np.linalg.inv(before.base) @ end, frames, hold, each_frame)
    tip = empty
    if limb.lower and np.linalg.norm(before.tails[limb.lower] - end[:, :3, 3], axis=-1).max() > _SAME:
        tip = _add_empty(scene, hold, empty, "")
        there = np.tile(np.eye(4), (len(frames), 1, 1))
        there[:, :3, 3] = before.tails[limb.lower]
        _put(tip, np.linalg.inv(_unscaled(end)) @ there, frames, hold, each_frame)
    made = limb.constrain(_name(hold.title), empty, tip)
    _key_influences(armature, made, hold, ease, frames)
    after = _seen(scene, frames, armature, limb.watched, base, bone)
    moved = [np.linalg.norm((after.bones[one] - before.bones[one])[:, :3, 3], axis=-1).max() for one in limb.watched]
    return float(max(moved))


def remove_holds(scene: bpy.types.Scene, identities: Collection[str] | None = None) -> int:
    """Remove the constraints and empties of contacts with these ids, or of all; return how many contacts."""
    empties = _empties_of(scene, identities)
    found = {empty[HELD] for empty in empties}
    for armature, bone, constraint in _constraints_on(empties):
        path = _influence(bone.name, constraint.name)
        for action in bpy.data.actions:
            _remove_curves(action, path)
        bone.constraints.remove(constraint)
        armature.update_tag()
    actions = {empty.animation_data.action for empty in empties if empty.animation_data is not None} - {None}
    bpy.data.batch_remove(empties)
    bpy.data.batch_remove([action for action in actions if not action.users])
    for collection in [one for one in scene.collection.children_recursive if HELD in one and not one.objects]:
        bpy.data.collections.remove(collection)
    return len(found)


def bake_holds(scene: bpy.types.Scene, identities: Collection[str] | None = None) -> int:
    """Key what the constraints of contacts show into the bones they turn, and remove them; return how many contacts.

    Raises ``InvalidRequest``, with nothing changed, where a bone has no keys that could be written over.
    """
    empties = _empties_of(scene, identities)
    turned: dict[tuple[str, str], tuple[Any, dict[str, None], list[int]]] = {}
    for armature, bone, constraint in _constraints_on(empties):
        action, slot = played(armature)
        path = _influence(bone.name, constraint.name)
        curve = next((one for one in curves_of(action, slot) if one.data_path == path), None) if action else None
        if curve is None:
            raise errors.InvalidRequest(
                f"'{armature.name}' does not play the action that keys '{constraint.name}'; show that take first."
            )
        _, bones, span = turned.setdefault((armature.name, constraint.target[HELD]), (armature, {}, []))
        bones.update(dict.fromkeys(chain_of(bone, constraint)[::-1] or [bone.name]))
        span += [round(frame) for frame in curve.range()]
    written = [
        (armature, (min(span), max(span)), _baked(scene, armature, list(bones), range(min(span), max(span) + 1)))
        for armature, bones, span in turned.values()
    ]
    for armature, _, found in written:
        _check_keyed(armature, found)
    for armature, frames, found in written:
        write_over(compat.channelbag(*played(armature)), armature, found, frames, None)
    return remove_holds(scene, identities)


def holds_in(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """Return the empties of contacts that are held by constraints."""
    return [obj for obj in scene.objects if HELD in obj and obj.type == "EMPTY"]


def frames_held(scene: bpy.types.Scene) -> dict[str, tuple[int, int]]:
    """Return the first and the last frame of each contact that is held, by its id, as they were when it was made."""
    return {empty[HELD]: (empty[_FRAMES][0], empty[_FRAMES][1]) for empty in holds_in(scene) if _FRAMES in empty}


def _empties_of(scene: bpy.types.Scene, identities: Collection[str] | None) -> list[bpy.types.Object]:
    return [empty for empty in holds_in(scene) if identities is None or empty[HELD] in identities]


# ---- the limb --------------------------------------------------------------------------------------------------------


class _Limb:
    """Which bones of an armature are held: ``end`` comes to the empty; ``lower`` is turned by IK, "" with a control."""

    def __init__(self, armature: bpy.types.Object, hold: Hold, scene: bpy.types.Scene) -> None:
        side, kind = hold.limb.split()
        places = [hold.actor.rig.places.get(f"{side}_{part}") for part in _JOINTS[kind]]
        if any(place is None for place in places):
            raise errors.InvalidRequest(
                f"'{armature.name}' has no {hold.limb} that could be held; choose another point."
            )
        self._armature = armature
        self._upper, self.lower, self.end = (place[0] for place in places if place is not None)
        shows = shown_bones(armature, hold.actor.rig)
        self.watched = list(dict.fromkeys(shows.get(one, one) for one in (self._upper, self.lower, self.end)))
        self.watched.append(self.end)
        limb = next((one for one in ik_limbs(armature, hold.actor.rig) if one.name == hold.limb), None)
        if limb is not None and _plays_ik(scene, armature, limb, shows.get(self.end, self.end), hold):
            if not limb.target.control:
                raise errors.InvalidRequest(
                    f"The IK of the {hold.limb} of '{armature.name}' aims at the object '{limb.target.object.name}'; "
                    "play FK, and make the constraints then."
                )
            self.lower, self.end = "", limb.target.control
        self.watched = list(dict.fromkeys((*self.watched, self.end, *([self.lower] if self.lower else []))))

    def constrain(self, name: str, empty: bpy.types.Object, tip: bpy.types.Object) -> list[tuple[str, str]]:
        """Add the constraints and return each bone with the name of its constraint."""
        posed, made = self._armature.pose.bones, []
        kinds = ("COPY_ROTATION",) if self.lower else ("COPY_LOCATION", "COPY_ROTATION")
        if self.lower:
            solver = posed[self.lower].constraints.new("IK")
            solver.name, solver.target, solver.influence = name, tip, 0.0
            line = [self.lower, *(above.name for above in posed[self.lower].parent_recursive)]
            solver.chain_count, solver.use_stretch = line.index(self._upper) + 1, False
            made.append((self.lower, solver.name))
        for kind in kinds:
            one = posed[self.end].constraints.new(kind)
            one.name, one.target, one.influence = name, empty, 0.0
            made.append((self.end, one.name))
        return made


def _plays_ik(scene: bpy.types.Scene, armature: bpy.types.Object, limb: IkLimb, shows: str, hold: Hold) -> bool:
    with watched(scene, [armature], []) as moment:
        posed = armature.evaluated_get(moment((hold.first + hold.last) / 2)).pose.bones
        if limb.turned:
            return any(_counts(posed[bone].constraints[name]) for bone, name in limb.switched)
        followed = [bone for one in posed[shows].constraints if _counts(one) for bone in _followed(one)]
        return bool(followed) and followed[-1] != limb.bones[2]


def _counts(constraint: Any) -> bool:
    return constraint.enabled and constraint.influence > 0.5


def _followed(constraint: Any) -> list[str]:
    """Return the bone that a constraint mostly follows; of an Armature constraint the one that weighs most."""
    if constraint.type == "ARMATURE":
        heaviest = max(constraint.targets, key=lambda one: one.weight, default=None)
        return [heaviest.subtarget] if heaviest is not None else []
    return [constraint.subtarget] if constraint.type in ("COPY_TRANSFORMS", "COPY_ROTATION") else []


@dataclass(frozen=True)
class _Seen:
    """Over the frames (T): bones in the world (T, 4, 4), tails (T, 3), and what the empty rides on (T, 4, 4)."""

    bones: dict[str, Array]
    tails: dict[str, Array]
    base: Array


def _seen(
    scene: bpy.types.Scene,
    frames: Sequence[int],
    armature: bpy.types.Object,
    bones: Sequence[str],
    base: bpy.types.Object,
    bone: str,
) -> _Seen:
    matrices, tails = np.empty((len(frames), len(bones), 4, 4)), np.empty((len(frames), len(bones), 3))
    bases = np.empty((len(frames), 4, 4))
    with watched(scene, list(dict.fromkeys((armature, base))), []) as moment:
        for index, frame in enumerate(frames):
            graph = moment(frame)
            posed = armature.evaluated_get(graph)
            for row, name in enumerate(bones):
                matrices[index, row] = posed.matrix_world @ posed.pose.bones[name].matrix
                tails[index, row] = posed.matrix_world @ posed.pose.bones[name].tail
            carrier = base.evaluated_get(graph)
            bases[index] = carrier.matrix_world
            if bone:  # an object on a bone hangs on its tail
                length = Matrix.Translation((0.0, base.data.bones[bone].length, 0.0))
                bases[index] = carrier.matrix_world @ carrier.pose.bones[bone].matrix @ length
    return _Seen(
        {name: matrices[:, row] for row, name in enumerate(bones)},
        {name: tails[:, row] for row, name in enumerate(bones)},
        bases,
    )


def _editable(actor: CastActor) -> bpy.types.Object:
    armature = actor.armature.find()
    if armature is None:
        raise errors.InvalidRequest(f"The armature of '{actor.name}' is gone; cast it again.")
    if armature.library is not None:
        raise errors.InvalidRequest(
            f"'{armature.name}' is linked from another file; make a library override of it before it is constrained."
        )
    return armature


def _base(hold: Hold) -> tuple[bpy.types.Object, str]:
    """Return what the empty rides on: an object, and the bone of it if it is an armature that is held on."""
    if hold.other is None:
        assert hold.target is not None
        return hold.target, ""
    armature = hold.other.armature.find()
    if armature is None:
        raise errors.InvalidRequest(f"The armature of '{hold.other.name}' is gone; cast it again.")
    of_joint = {drive.joint: drive.bone for drive in reversed(hold.other.rig.drives)}
    joint = hold.joint
    while skeleton.JOINTS[joint] not in of_joint and skeleton.PARENTS[joint] >= 0:
        joint = skeleton.PARENTS[joint]
    bone = of_joint.get(skeleton.JOINTS[joint], hold.other.rig.root)
    return armature, shown_bones(armature, hold.other.rig).get(bone, bone)


# ---- empties and keys ------------------------------------------------------------------------------------------------


def _name(title: str) -> str:
    return f"InterAct {title}".encode()[:_LONGEST_NAME].decode("utf-8", "ignore")


def _add_empty(scene: bpy.types.Scene, hold: Hold, base: bpy.types.Object, bone: str) -> bpy.types.Object:
    collection = next((one for one in scene.collection.children_recursive if HELD in one), None)
    if collection is None:
        collection = bpy.data.collections.new(COLLECTION)
        collection[HELD] = True
        scene.collection.children.link(collection)
    empty = bpy.data.objects.new(_name(hold.title), None)
    empty[HELD], empty[_FRAMES] = hold.identity, (hold.first, hold.last)
    empty.empty_display_type, empty.empty_display_size = "ARROWS", _SIZE
    empty.rotation_mode = "QUATERNION"
    collection.objects.link(empty)
    empty.parent = base
    if bone:
        empty.parent_type, empty.parent_bone = "BONE", bone
    return empty


def _unscaled(matrices: Array) -> Array:
    """Return matrices (T, 4, 4) with axes of length one."""
    plain = matrices.copy()
    plain[:, :3, :3] = rot.to_matrix(rot.from_scaled_matrix(matrices))
    return plain


def _put(empty: bpy.types.Object, local: Array, frames: range, hold: Hold, each_frame: bool) -> None:
    """Key an empty to matrices (T, 4, 4) in the space of what it rides on, or leave it where it is in the middle."""
    empty.scale = np.linalg.norm(local[0, :3, :3], axis=0).mean(keepdims=True).repeat(3)
    turn = rot.continuous(rot.normalize(rot.from_scaled_matrix(local)))
    if not each_frame:
        middle = min(max((hold.first + hold.last) // 2 - frames[0], 0), len(frames) - 1)
        empty.location, empty.rotation_quaternion = local[middle, :3, 3], turn[middle]
        return
    action = bpy.data.actions.new(empty.name)
    slot = action.slots.new("OBJECT", empty.name)
    animation = empty.animation_data_create()
    animation.action, animation.action_slot = action, slot
    moved = [Channel("location", local[:, :3, 3], "Contact"), Channel("rotation_quaternion", turn, "Contact")]
    write_channels(compat.channelbag(action, slot), moved, frames[0])


def _key_influences(
    armature: bpy.types.Object, made: Sequence[tuple[str, str]], hold: Hold, ease: int, frames: range
) -> None:
    action, slot = played(armature)
    if action is None:
        action = bpy.data.actions.new(f"{armature.name} Contacts")
        slot = action.slots.new("OBJECT", armature.name)
        animation = armature.animation_data or armature.animation_data_create()
        animation.action, animation.action_slot = action, slot
    bag = compat.channelbag(action, slot)
    keys = {hold.first - ease: 0.0, max(hold.first, frames[0]): 1.0, min(hold.last, frames[-1]): 1.0}
    keys[hold.last + ease] = 0.0
    at = np.array(sorted(keys))
    for bone, constraint in made:
        curve = compat.new_curve(bag, _influence(bone, constraint), 0, bone)
        values = key_arrays.straight_keys(at, np.array([keys[frame] for frame in at]))
        values["type"][:] = key_arrays.KEYFRAME  # an artist's to move
        key_arrays.write_keys(curve, values)
        curve.update()
    armature.update_tag()


def _influence(bone: str, constraint: str) -> str:
    return f'{bone_path(bone)}.constraints["{bpy.utils.escape_identifier(constraint)}"].influence'


def _constraints_on(
    empties: Sequence[bpy.types.Object],
) -> Iterator[tuple[bpy.types.Object, bpy.types.PoseBone, Any]]:
    """Yield the constraints that aim at some empties: armature, bone, constraint."""
    there = set(empties)
    for armature in [obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj.pose is not None]:
        for bone in armature.pose.bones:
            for constraint in [one for one in bone.constraints if getattr(one, "target", None) in there]:
                yield armature, bone, constraint


def _remove_curves(action: bpy.types.Action, path: str) -> None:
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                for curve in [one for one in bag.fcurves if one.data_path == path]:
                    bag.fcurves.remove(curve)


# ---- baking ----------------------------------------------------------------------------------------------------------


def _baked(scene: bpy.types.Scene, armature: bpy.types.Object, bones: Sequence[str], frames: range) -> list[Channel]:
    """Return the channels that pose bones without constraints as they are seen with them."""
    found = {bone: np.empty((len(frames), 4, 4)) for bone in bones}
    with watched(scene, [armature], []) as moment:
        for index, frame in enumerate(frames):
            posed = armature.evaluated_get(moment(frame)).pose.bones
            for name in bones:
                found[name][index] = _basis(posed[name])
    channels_of = []
    for name, basis in found.items():
        mover = armature.pose.bones[name]
        kind, values = channels(rot.continuous(rot.normalize(rot.from_scaled_matrix(basis))), mover.rotation_mode)
        channels_of.append(Channel(f"{bone_path(name)}.{kind}", values, name))
        if any(one.type == "COPY_LOCATION" and HELD in (one.target or {}) for one in mover.constraints):
            channels_of.append(Channel(f"{bone_path(name)}.location", basis[:, :3, 3], name))
    return channels_of


def _basis(bone: bpy.types.PoseBone) -> Matrix:
    """Return what a bone's own channels have to come to for it to stand where it is seen."""
    own, above = bone.bone, bone.parent
    if above is None:
        return own.convert_local_to_pose(bone.matrix, own.matrix_local, invert=True)
    return own.convert_local_to_pose(
        bone.matrix,
        own.matrix_local,
        parent_matrix=above.matrix,
        parent_matrix_local=above.bone.matrix_local,
        invert=True,
    )


def _check_keyed(armature: bpy.types.Object, found: Sequence[Channel]) -> None:
    keyed = {curve.data_path for curve in curves_of(*played(armature))}
    for channel in found:
        if channel.path not in keyed:
            raise errors.InvalidRequest(
                f"The bone '{channel.group}' of '{armature.name}' has no keys of its own to write over; key it once "
                "(Pose > Animation > Insert Keyframe), and bake again."
            )
