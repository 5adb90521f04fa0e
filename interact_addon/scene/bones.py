"""The bone table of an actor: what is found and what is chosen, what can be proposed, and presets of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..properties import NO_BONE, actor_name, assigned_bones, bone_property, switches_of
from ..rig.bone_table import (
    FINGER_JOINTS,
    LIMB_JOINTS,
    TABLE_JOINTS,
    TRUNK_JOINTS,
    bone_label,
    combined,
    map_with_assigned,
    missing_joints,
)
from ..rig.cast import bones_at_rest, carriers_of, parents_of, recognise
from ..rig.mapping import REQUIRED_JOINTS, RigMap, RigNotRecognised
from ..rig.presets import Preset, preset_path, presets_in, read_preset, write_preset
from ..rig.proposal import mirrored, propose
from ..runtime_api import errors
from .shapes import check_shapes, shapes_from_dict, shapes_to_dict

__all__ = [
    "FINGER_JOINTS", "LIMB_JOINTS", "REQUIRED_JOINTS", "TABLE_JOINTS", "TRUNK_JOINTS", "BoneTable", "Picking",
    "apply_preset", "bone_label", "bone_table", "choose", "clear", "find_again", "load_bones", "mirror", "preset_of",
    "preset_path", "presets_folder", "presets_that_fit", "propose_rest", "read_preset", "write_preset",
]  # fmt: skip

_ADDON = str(__package__).rpartition(".")[0]
_FIRST_PICKS = ("pelvis", "left_shoulder", "left_hip")  # enough for a proposal
# What recognising came to, by armature: panels ask at every redraw.
_found: dict[int, tuple[dict[str, str | None], RigMap | RigNotRecognised]] = {}


@dataclass(frozen=True)
class BoneTable:
    """The table as the panel shows it.

    ``joints``: the bone of every joint that has one; ``assigned``: those chosen by hand, "" for none; ``kind``: the rig
    it was recognised as, "" if it was not; ``missing``: joints that must have a bone; ``problem``: why the actor cannot
    be cast with it, "" if it can.
    """

    joints: Mapping[str, str]
    assigned: Mapping[str, str]
    kind: str
    missing: tuple[str, ...]
    problem: str

    @property
    def next_joint(self) -> str:
        """The joint to choose a bone for next; "" if all that must be there are."""
        return next((joint for joint in (*_FIRST_PICKS, *self.missing) if joint in self.missing), "")


def bone_table(actor: Any) -> BoneTable:
    """Return an actor's bone table: what is chosen by hand, and the rest as it is found."""
    assigned, parents = assigned_bones(actor), parents_of(actor.armature)
    found = _recognised(actor.armature, parents)
    joints, problem = combined(assigned, found), ""
    try:
        if assigned:
            map_with_assigned(actor_name(actor), assigned, found, carriers_of(actor.armature))
        elif isinstance(found, RigNotRecognised):
            problem = str(found)
    except errors.InvalidRequest as error:
        problem = str(error)
    kind = found.rig if isinstance(found, RigMap) else ""
    return BoneTable(joints, assigned, kind, tuple(missing_joints(joints)), problem)


def find_again(actor: Any) -> BoneTable:
    """Recognise the armature anew: its bones may have been moved, which names don't show."""
    _found.pop(actor.armature.data.session_uid, None)
    return bone_table(actor)


def choose(actor: Any, joint: str, bone: str) -> None:
    """Choose a bone for a joint by hand; "" for a joint without one. Another joint that had the bone loses it."""
    for other, taken in assigned_bones(actor).items():
        if bone and taken == bone:
            setattr(actor.bones, bone_property(other), "")
    setattr(actor.bones, bone_property(joint), bone or NO_BONE)


class Picking:
    """Bones taken for the joints that are asked for, one after the other; each may be taken back."""

    def __init__(self) -> None:
        self._before: list[dict[str, str]] = []  # what was chosen by hand before each pick

    def take(self, actor: Any, bone: str) -> None:
        """Choose a bone for the joint that is asked for next, and propose the rest as soon as that can be done.

        A bone that is chosen already is not taken: it was clicked twice.
        """
        chosen = assigned_bones(actor)
        if bone in chosen.values():
            return
        self._before.append(chosen)
        choose(actor, bone_table(actor).next_joint, bone)
        if not set(_FIRST_PICKS) - set(bone_table(actor).joints):
            propose_rest(actor)

    def take_back(self, actor: Any) -> None:
        """Undo the last pick and what was proposed from it."""
        if self._before:
            _assign(actor, self._before.pop())


def _assign(actor: Any, bones: Mapping[str, str]) -> None:
    for joint in TABLE_JOINTS:
        actor.bones.property_unset(bone_property(joint))
    for joint, bone in bones.items():
        choose(actor, joint, bone)


def clear(actor: Any) -> None:
    """Forget all that was chosen by hand."""
    _assign(actor, {})
    actor.switches.clear()


def propose_rest(actor: Any) -> int:
    """Choose bones for the joints that have none, from those that have; return how many."""
    return _add(actor, propose(bone_table(actor).joints, bones_at_rest(actor.armature)))


def mirror(actor: Any) -> int:
    """Choose the other side's bones of the joints that are chosen by hand on one side only; return how many."""
    by_hand = {joint: bone for joint, bone in assigned_bones(actor).items() if bone}
    return _add(actor, mirrored(by_hand, bones_at_rest(actor.armature)))


def _add(actor: Any, bones: Mapping[str, str]) -> int:
    for joint, bone in bones.items():
        choose(actor, joint, bone)
    return len(bones)


def preset_of(actor: Any) -> Preset:
    """Return an actor's whole table as a preset, bones that were found included."""
    table = bone_table(actor)
    without = {joint: "" for joint, bone in table.assigned.items() if not bone}
    joints = {
        joint: {**table.joints, **without}[joint] for joint in TABLE_JOINTS if joint in {**table.joints, **without}
    }
    return Preset(joints, switches_of(actor), shapes_to_dict(actor), table.kind)


def apply_preset(actor: Any, preset: Preset, name: str) -> list[str]:
    """Replace what was chosen by hand by a preset, as far as its bones are there; return in words what is not there.

    ``name``: that of the preset, for the message. The preset's shapes, if it has any, are applied as far as they are
    there. Raises ``InvalidRequest``, with nothing changed, where no bone fits or the shapes are none.
    """
    check_shapes(preset.shapes)
    there = actor.armature.data.bones
    fitting = {joint: bone for joint, bone in preset.bones.items() if not bone or bone in there}
    if not any(fitting.values()):
        raise errors.InvalidRequest(
            f"'{actor.armature.name}' has none of the bones in '{name}'; choose the preset of another rig."
        )
    actor.switches.clear()
    _assign(actor, fitting)
    for bone, prop, value in preset.switches:
        switch = actor.switches.add()
        switch.bone, switch.property, switch.value = bone, prop, value
    shapes = shapes_from_dict(actor, preset.shapes) if preset.shapes else []
    lacking = [f"the bone of the {bone_label(joint)}" for joint in preset.bones if joint not in fitting]
    return lacking + [f"the shape '{shape}'" for shape in shapes]


def actor_called(scene: bpy.types.Scene, who: str) -> Any:
    """Return the settings of the cast actor of this name, upper case or lower. Raises ``InvalidRequest``."""
    settings: Any = scene.interact  # type: ignore[attr-defined]
    actors = {actor_name(actor).casefold(): actor for actor in settings.actors if actor.armature is not None}
    if who.casefold() not in actors:
        names = " or ".join(f"'{actor_name(actor)}'" for actor in actors.values()) or "nobody"
        raise errors.InvalidRequest(f"An option is given for '{who}', who is not cast; cast is {names}.")
    return actors[who.casefold()]


def load_bones(scene: bpy.types.Scene, who: str, path: Path) -> list[str]:
    """Give the actor called ``who`` the bones of a file, all of them; return in words the shapes that are not there.

    Raises ``InvalidRequest`` where no actor is called so, the file is wrong, or a bone of it is not there.
    """
    actor = actor_called(scene, who)
    preset, there = read_preset(path), actor.armature.data.bones
    for joint, bone in preset.bones.items():
        if bone and bone not in there:
            raise errors.InvalidRequest(
                f"'{actor.armature.name}' has no bone '{bone}' for the {bone_label(joint)} of '{path.name}'; give the "
                "bones of this rig."
            )
    return apply_preset(actor, preset, path.name)


def presets_folder() -> Path:
    """Return the user's folder of presets; it need not exist."""
    try:
        return Path(bpy.utils.extension_path_user(_ADDON, path="bones"))
    except ValueError:  # not installed as an extension
        return Path(bpy.utils.user_resource("CONFIG", path="interact/bones"))


def presets_that_fit(actor: Any) -> list[tuple[Path, float]]:
    """Return the user's presets and the share of their bones that the actor has, those that fit best first."""
    there, found = {bone.name for bone in actor.armature.data.bones}, []
    for path in presets_in(presets_folder()):
        try:
            found.append((path, read_preset(path).fit(there)))
        except errors.InvalidRequest:
            found.append((path, 0.0))  # named when it is chosen
    return sorted(found, key=lambda one: -one[1])


def _recognised(armature: bpy.types.Object, parents: dict[str, str | None]) -> RigMap | RigNotRecognised:
    """Return what an armature is recognised as, from the last time if its bones have the same names and parents."""
    key = armature.data.session_uid
    if key not in _found or _found[key][0] != parents:
        _found[key] = (parents, recognise(armature))
    return _found[key][1]
