"""The IK controls of a take keyed from its FK, so that IK shows the same motion.

What is carried over is what the take's FK shows, with all that was changed in it by hand. The frames are evaluated
once; then the controls of hands and feet are keyed; then, where something hangs on those, the frames are evaluated once
more for the poles, the toes and the bones that the solvers start from. The rest is arrays. What carries a control, an
IK parent or a Child Of, is measured and not looked up: where a control is shown says what its channels make of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..runtime_api import Array, errors, finished, relayed
from ..runtime_api import rotations as rot
from .cast import CastActor
from .channel import Channel, bone_path
from .curves import curves_of, in_parts, keys_of_channels, tolerance_on, write_keys_of
from .euler import channels
from .ik_check import IkDifference, differences
from .ik_limbs import Chain, Handle, IkLimb, ik_limbs, needs, rest_matrices, rest_tail
from .ik_poses import Arranged, Poses, read_poses_in_steps
from .ik_solution import hinge_pose, pole_places
from .ik_switches import fk_shown, muted, switch
from .key_arrays import Keys
from .keying import KeyedPerformance
from .mapping import RigMap
from .played import played
from .stretch_keys import write_over
from .take_action import give_action

_LEAST_POLE = 0.5  # of the limb's length: how near to the limb a pole may stand
_NO_TURN = np.array([[1.0, 0.0, 0.0, 0.0]])
_SHARE_OF_POSES = 0.85  # of the progress


@dataclass(frozen=True)
class IkPlan:
    """The keys of an actor's IK controls from frame ``first`` on, before they are written.

    ``channels``: whose each is, and its values; ``keys``: of the components of each; ``fk``: how FK shows the limbs.
    """

    actor: CastActor
    limbs: tuple[IkLimb, ...]
    first: int
    channels: tuple[tuple[bpy.types.Object, Channel], ...]
    keys: tuple[list[Keys], ...]
    fk: Poses


@dataclass(frozen=True)
class IkKeys:
    """What was keyed of one actor: its ``limbs`` by name, and the ``differences`` of what IK shows from FK."""

    limbs: tuple[str, ...]
    differences: tuple[IkDifference, ...]


def key_ik_controls(
    scene: bpy.types.Scene, actor: CastActor, first: int, last: int, play_ik: bool, exact: bool = False
) -> IkKeys:
    """Key the IK controls of an actor's take, its active action, from frame ``first`` to ``last``.

    As ``plan_ik_in_steps`` and ``write_ik`` say.
    """
    return write_ik(scene, finished(plan_ik_in_steps(scene, actor, (first, last), exact, math.inf)), play_ik)


def plan_ik_in_steps(
    scene: bpy.types.Scene, actor: CastActor, span: tuple[int, int], exact: bool = False, seconds: float = 0.02
) -> Generator[float, None, IkPlan]:
    """Return the keys of the IK controls of an actor's take, its active action, from a first to a last frame.

    In steps of about as many ``seconds``, each yielding the share that is done; between them nothing is changed. Begin
    anew after an undo or a change of keys in between. ``exact``: key every frame, and not only where curves need it.
    Raises ``InvalidRequest`` where the rig has no IK, or the take or a target is gone or cannot be edited.
    """
    armature = actor.armature.find()
    if armature is None or played(armature)[0] is None:
        raise errors.InvalidRequest(f"'{actor.name}' has no take; generate one before its IK controls are keyed.")
    limbs = ik_limbs(armature, actor.rig)
    if not limbs:
        raise errors.InvalidRequest(f"The arms and legs of '{armature.name}' have no IK; there is nothing to key.")
    _check_editable(limbs)
    found = _Channels(scene, armature, actor.rig, limbs, span)
    fk = yield from relayed(found.find_in_steps(seconds), lambda share: _SHARE_OF_POSES * share)
    tolerance = None if exact else tolerance_on(armature)
    keys: list[list[Keys]] = []
    for part in in_parts([channel for _, channel in found.channels]):
        yield _SHARE_OF_POSES + (1.0 - _SHARE_OF_POSES) * len(keys) / len(found.channels)
        keys += keys_of_channels(part, span[0], tolerance)
    return IkPlan(actor, tuple(limbs), span[0], tuple(found.channels), tuple(keys), fk)


def write_ik(scene: bpy.types.Scene, plan: IkPlan, play_ik: bool) -> IkKeys:
    """Write the keys of a plan. ``play_ik``: whether IK or FK is switched on afterwards."""
    armature: Any = plan.actor.armature.find()
    action, slot = played(armature)
    assert action is not None
    now = scene.frame_current + scene.frame_subframe
    bag = compat.channelbag(action, slot)
    for (owner, channel), keys in zip(plan.channels, plan.keys):
        write_keys_of(bag if owner == armature else _bag_of(owner, action), [channel], [keys])
    switch(armature, plan.actor.rig, plan.limbs, bag, plan.first, ik=True)
    found = tuple(differences(scene, armature, plan.actor.rig, plan.limbs, plan.fk, plan.first))
    if not play_ik:
        switch(armature, plan.actor.rig, plan.limbs, bag, plan.first, ik=False)
    scene.frame_set(math.floor(now), subframe=now - math.floor(now))
    return IkKeys(tuple(limb.name for limb in plan.limbs), found)


def follow_stretch(scene: bpy.types.Scene, keyed: KeyedPerformance, exact: bool = False) -> None:
    """Let the IK controls of takes that have them follow a stretch of their FK that was keyed anew.

    Outside of the stretch their keys stay, and whether IK or FK is switched on does too.
    """
    for keys in keyed.actors:
        action, slot = played(keys.armature)
        if keys.action is None or action != keys.action:
            continue
        limbs = [limb for limb in ik_limbs(keys.armature, keys.actor.rig) if _is_keyed(keys.action, limb)]
        if limbs:
            span = (keyed.first, keyed.last)
            found = _Channels(scene, keys.armature, keys.actor.rig, limbs, span)
            finished(found.find_in_steps(math.inf))
            tolerance, bag = None if exact else tolerance_on(keys.armature), compat.channelbag(keys.action, slot)
            for owner, channel in found.channels:
                if len(channel.values) > 1:  # one row holds for all frames: it is in the take already
                    own = bag if owner == keys.armature else _bag_of(owner, keys.action)
                    write_over(own, owner, [channel], span, tolerance)


def _bag_of(owner: bpy.types.Object, action: bpy.types.Action) -> Any:
    """Return the channels of an object that stands for a control, in a slot of its own in the take."""
    return give_action(owner, action, owner.name, "OBJECT")


def _is_keyed(action: bpy.types.Action, limb: IkLimb) -> bool:
    """Return whether the control of a limb's hand or foot has curves in a take."""
    path = f"{bone_path(limb.target.control)}.location" if limb.target.control else "location"
    name = "" if limb.target.control else limb.target.object.name
    slots = [slot for slot in action.slots if not name or slot.name_display == name]
    return any(curve.data_path == path for slot in slots for curve in curves_of(action, slot))


def _check_editable(limbs: Sequence[IkLimb]) -> None:
    for handle in (handle for limb in limbs for handle in (limb.target, limb.pole) if handle is not None):
        block = handle.object
        if block.library is not None and block.override_library is None:
            raise errors.InvalidRequest(
                f"'{block.name}' is linked from another file; make a library override of it before IK is keyed."
            )


class _Channels:
    """Finds the channels of IK controls: those of bones, and of objects that stand for them."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        armature: bpy.types.Object,
        rig: RigMap,
        limbs: Sequence[IkLimb],
        span: tuple[int, int],
    ) -> None:
        self._scene, self._armature, self._rig, self._limbs = scene, armature, rig, limbs
        self._frames = range(span[0], span[1] + 1)
        self._rest = rest_matrices(armature)
        self.channels: list[tuple[bpy.types.Object, Channel]] = []  # with whose they are
        above = armature.data.bones
        chains = [chain for limb in limbs for chain in limb.chains]
        self.mapped = [bone for limb in limbs for bone in (*limb.bones, *(limb.toe or ())[:1])]
        self.mapped += [limb.turned.root for limb in limbs if limb.turned]
        self.carriers = [parent.name for chain in chains if (parent := above[chain.root].parent) is not None]
        self.ends = [limb.target for limb in limbs]
        self.hanging = [limb.pole for limb in limbs if limb.pole is not None]
        self.hanging += [self._toe(limb) for limb in limbs if limb.toe]

    def find_in_steps(self, seconds: float) -> Generator[float, None, Poses]:
        """Find the channels of all limbs from their FK, and return how FK shows them."""
        hangs = self.something_hangs_on_ends()
        once = 0.5 if hangs else 1.0
        controls = self.ends + self.hanging
        fk = yield from relayed(
            self._read(self.mapped + self.carriers, controls, self._in_fk, seconds), lambda share: once * share
        )
        for limb in self._limbs:
            yield once
            self.key_end(limb, fk)
        carried = fk
        if hangs:
            carried = yield from relayed(
                self._read(self.carriers, self.hanging, self._with_ends, seconds), lambda share: once + once * share
            )
        for limb in self._limbs:
            yield 1.0
            self.key_chains(limb, fk, carried)
            yield 1.0
            self.key_pole_and_toe(limb, fk, carried)
        return fk

    def _read(
        self, bones: Sequence[str], controls: Sequence[Handle], arranged: Arranged, seconds: float
    ) -> Generator[float, None, Poses]:
        return read_poses_in_steps(self._scene, self._armature, self._frames, bones, controls, arranged, seconds)

    def _bag(self) -> Any:
        return compat.channelbag(*played(self._armature))

    @contextmanager
    def _in_fk(self) -> Iterator[Callable[[int], None]]:
        """Let frames be evaluated with FK switched on."""
        with fk_shown(self._armature, self._rig, self._limbs, self._bag()):
            yield lambda index: None

    @contextmanager
    def _with_ends(self) -> Iterator[Callable[[int], None]]:
        """Let frames be evaluated in FK, with the controls that are found as their channels have them."""
        channels = [(*_property_of(owner, channel.path), channel.values) for owner, channel in self.channels]
        before = [tuple(getattr(holder, name)) for holder, name, _ in channels]

        def pose(index: int) -> None:
            for holder, name, values in channels:
                setattr(holder, name, values[min(index, len(values) - 1)].tolist())

        with ExitStack() as stack:
            stack.enter_context(self._in_fk())
            for owner in dict.fromkeys(owner for owner, _ in self.channels):
                paths = {channel.path for of, channel in self.channels if of == owner}
                action, slot = played(owner)
                if action is not None and slot is not None:
                    stack.enter_context(muted(compat.channelbag(action, slot), paths))
            try:
                yield pose
            finally:
                for (holder, name, _), values in zip(channels, before):
                    setattr(holder, name, values)

    def _toe(self, limb: IkLimb) -> Handle:
        assert limb.toe is not None
        return Handle(self._armature, limb.toe[1], limb.toe[1])

    def something_hangs_on_ends(self) -> bool:
        """Return whether a pole, a toe or the bone that carries a chain is moved by a control of a hand or foot."""
        ends = {end.control for end in self.ends}
        late = [*self.carriers, *(handle.control for handle in self.hanging)]
        return any(needs(self._armature, bone, ends) for bone in late if bone)

    def key_end(self, limb: IkLimb, fk: Poses) -> None:
        """Key the control of a hand or foot, and the one pose of those between it and the target."""
        target = limb.target
        tail = _carried(fk.bones[limb.bones[1]], self._rest[limb.bones[1]], rest_tail(self._armature, limb.chain.tip))
        if target.bone:
            wanted = _follow(fk.bones[limb.bones[2]], self._rest[limb.bones[2]], self._rest[target.bone])
            wanted[:, :3, 3] = tail
            wanted = wanted @ np.linalg.inv(self._rest[target.bone]) @ self._rest[target.control]
        else:
            wanted = fk.world @ fk.bones[limb.bones[2]]
            wanted[:, :3, 3] = _points(fk.world, tail)
        follows = bool(target.bone) or len(limb.switched) > 1
        self._move(target, wanted, fk, turn=follows)
        for control in limb.resting:
            posed = self._armature.pose.bones[control]
            name, values = channels(_NO_TURN, posed.rotation_mode)
            self._write_bone(control, [("location", np.zeros((1, 3))), (name, values)])

    def key_chains(self, limb: IkLimb, fk: Poses, carried: Poses) -> None:
        """Key the bones that the solvers of a limb start from to where they have to end."""
        for chain in limb.chains:
            root, tip = self._solution(limb, chain, fk)
            parent = self._armature.data.bones[chain.root].parent
            base = rot.from_scaled_matrix(self._rest[chain.root])[None]
            if parent is not None:
                base = rot.from_scaled_matrix(
                    _follow(carried.bones[parent.name], self._rest[parent.name], self._rest[chain.root])
                )
            self._turn(chain.root, rot.multiply(rot.conjugate(base), root))
            still = np.linalg.inv(self._rest[chain.root]) @ self._rest[chain.tip]
            base = rot.multiply(root, rot.from_scaled_matrix(still)[None])
            self._turn(chain.tip, rot.multiply(rot.conjugate(base), tip))

    def key_pole_and_toe(self, limb: IkLimb, fk: Poses, carried: Poses) -> None:
        """Key the pole where it leaves the limb as it is, and the toes."""
        if limb.toe is not None:
            toe, control = limb.toe
            wanted = _follow(fk.bones[toe], self._rest[toe], self._rest[control])
            self._move(self._toe(limb), wanted, carried, place=False)
        if limb.pole is None:
            return
        chain = limb.chain
        turn, _ = self._solution(limb, chain, fk)
        joints = self._joints(limb, fk)
        root = fk.bones[chain.root][:, :3, 3] if limb.turned else joints[:, 0]
        places = pole_places(joints, root, turn, limb.pole_angle, self._pole_distance(limb))
        wanted = carried.places[limb.pole].copy()
        if limb.pole.bone:
            away = self._rest[limb.pole.control][:3, 3] - self._rest[limb.pole.bone][:3, 3]
            wanted[:, :3, 3] = places + away
        else:
            wanted[:, :3, 3] = _points(fk.world, places)
        self._move(limb.pole, wanted, carried, turn=False)

    def _solution(self, limb: IkLimb, chain: Chain, fk: Poses) -> tuple[Array, Array]:
        """Return the rotations (T, 4) of a chain's root and tip bone with which it shows the limb, armature space."""
        upper, lower, _ = limb.bones
        if limb.turned and chain.root != upper:  # a chain that begins further up: the pole turns that bone
            root = rot.from_scaled_matrix(fk.bones[chain.root])
            return root, root
        root, tip = (
            rot.from_scaled_matrix(_follow(fk.bones[bone], self._rest[bone], self._rest[own]))
            for bone, own in ((upper, chain.root), (lower, chain.tip))
        )
        if chain.hinge < 0:
            return root, tip
        relation = np.linalg.inv(self._rest[chain.root]) @ self._rest[chain.tip]
        end = np.linalg.inv(self._rest[chain.tip]) @ np.append(rest_tail(self._armature, chain.tip), 1.0)
        return hinge_pose(self._joints(limb, fk), root, relation, end[:3], chain.hinge)

    def _joints(self, limb: IkLimb, fk: Poses) -> Array:
        """Return the three joints (T, 3, 3) of a limb in armature space."""
        upper, lower, _ = limb.bones
        end = _carried(fk.bones[lower], self._rest[lower], rest_tail(self._armature, limb.chain.tip))
        return np.stack([fk.bones[upper][:, :3, 3], fk.bones[lower][:, :3, 3], end], axis=1)

    def _pole_distance(self, limb: IkLimb) -> float:
        """Return how far from the limb its pole stands at rest, and half of the limb's length at least."""
        upper, lower, end = (self._rest[bone][:3, 3] for bone in limb.bones)
        length = float(np.linalg.norm(lower - upper) + np.linalg.norm(end - lower))
        if limb.pole is None or not limb.pole.bone:
            return length
        along = rot.unit(end - upper)
        away = self._rest[limb.pole.bone][:3, 3] - upper
        return max(float(np.linalg.norm(away - (away @ along) * along)), _LEAST_POLE * length)

    def _move(self, handle: Handle, wanted: Array, seen: Poses, turn: bool = True, place: bool = True) -> None:
        """Key a control to where it should be: ``wanted`` (T, 4, 4) in the space of ``Poses.places``."""
        there, own = seen.places[handle], seen.channels[handle]
        before = rot.from_scaled_matrix(own)
        found = []
        if place:
            axes = there[:, :3, :3] @ np.linalg.inv(own[:, :3, :3])  # of its location: all that carries it
            bone = self._armature.data.bones[handle.control] if handle.control else None
            if bone is not None and not bone.use_local_location:
                axes = axes @ np.linalg.inv(self._rest[handle.control][:3, :3])
            way = np.linalg.solve(axes, (wanted - there)[:, :3, 3, None])[..., 0]
            found.append(("location", own[:, :3, 3] + way))
        if turn:
            q = rot.multiply(rot.conjugate(rot.from_scaled_matrix(there)), rot.from_scaled_matrix(wanted))
            mover = self._armature.pose.bones[handle.control] if handle.control else handle.object
            q = rot.continuous(rot.normalize(rot.multiply(before, q)))
            found.append(channels(q, mover.rotation_mode))
        if handle.control:
            self._write_bone(handle.control, found)
        else:
            self._write_object(handle.object, found)

    def _turn(self, bone: str, q: Array) -> None:
        """Key the rotation of a bone, and that it is not moved."""
        posed = self._armature.pose.bones[bone]
        turned = channels(rot.continuous(rot.normalize(q)), posed.rotation_mode)
        self._write_bone(bone, [("location", np.zeros((1, 3))), turned])

    def _write_bone(self, bone: str, values: Sequence[tuple[str, Array]]) -> None:
        path = bone_path(bone)
        self.channels += [(self._armature, Channel(f"{path}.{name}", each, bone)) for name, each in values]

    def _write_object(self, obj: bpy.types.Object, values: Sequence[tuple[str, Array]]) -> None:
        self.channels += [(obj, Channel(name, each, "Object Transforms")) for name, each in values]


def _property_of(owner: bpy.types.Object, path: str) -> tuple[Any, str]:
    """Return what holds a property and its name, by the data path from its owner."""
    holder, _, name = path.rpartition(".")
    return (owner.path_resolve(holder) if holder else owner), name


def _follow(posed: Array, rest: Array, other: Array) -> Array:
    """Return the matrices (T, 4, 4) of what lies at rest at ``other`` and moves with a bone; all (4, 4) at rest."""
    return posed @ (np.linalg.inv(rest) @ other)


def _carried(posed: Array, rest: Array, point: Array) -> Array:
    """Return the places (T, 3) of a point (3,) at rest that a bone carries."""
    return _points(posed, (np.linalg.inv(rest) @ np.append(point, 1.0))[:3])


def _points(matrices: Array, points: Array) -> Array:
    """Transform points (3,) or (T, 3) by matrices (T, 4, 4)."""
    return (
        np.einsum("tij,tj->ti", matrices[:, :3, :3], np.broadcast_to(points, matrices[:, :3, 3].shape))
        + (matrices[:, :3, 3])
    )
