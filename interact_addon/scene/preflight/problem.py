"""One thing in the scene that would make a performance invisible or wrong, and the character it is looked for on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import bpy

from ...messages import Message
from ...rig.cast import CastActor
from ...rig.identity import ObjectReference
from ...rig.keying import part_of
from ...rig.measure import skinned_meshes
from ...runtime_api import errors


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what mends it. Plain data: objects are found again when it is mended.

    ``code``: the kind, for tests. ``sentence``: names actor, thing and cause.
    ``blocks``: generating stops before anything is computed. ``fix``: the button's label, a verb; "" where only the
    user can mend it. ``done``: what was mended, in the past tense. ``mending``: mends it in a scene. ``operator``: in
    its place, what the button calls because the user has to choose something. ``short``: the problem in a few words.
    ``is_a_choice``: the user has to want it, so *Mend All* leaves it.
    """

    code: str
    sentence: str
    actor: str
    blocks: bool
    fix: str = ""
    done: str = ""
    mending: Callable[[bpy.types.Scene], None] | None = field(default=None, compare=False, repr=False)
    operator: str = ""
    short: str = ""
    is_a_choice: bool = False

    @property
    def headline(self) -> str:
        """The problem in one short line."""
        return self.short or (
            Message("{actor}: {code}", actor=self.actor, code=Message(self.code))
            if self.actor
            else self.code.capitalize()
        )


@dataclass(frozen=True)
class Face:
    """A face mesh: its object, its ``Key`` block and the names of the shapes that are keyed."""

    object: bpy.types.Object
    keys: bpy.types.Key
    shapes: tuple[str, ...]


@dataclass(frozen=True)
class Character:
    """A cast actor with Blender's own objects: valid only while one search runs.

    ``driven``: the pose bones that will be keyed. ``carrying``: these and, where the body is performed and not kept,
    every bone above them, whose pose they inherit. ``faces``: those that will be keyed.
    """

    name: str
    armature: bpy.types.Object
    root: str
    driven: frozenset[str]
    carrying: tuple[str, ...]
    faces: tuple[Face, ...]
    meshes: tuple[bpy.types.Object, ...]
    is_control_rig: bool
    performs_body: bool


def find_character(actor: CastActor, parts: Collection[str]) -> Character:
    """Find the objects of a cast actor of whom ``parts`` will be keyed (``rig.keying.PARTS``).

    Raises ``InvalidRequest`` if the armature is gone.
    """
    armature = actor.armature.find()
    if armature is None or armature.pose is None:
        raise errors.InvalidRequest(
            Message(
                "The armature '{armature}' of '{actor}' is gone; cast it again.",
                armature=actor.armature.name,
                actor=actor.name,
            )
        )
    bones, whole = armature.pose.bones, "body" in parts
    driven = [drive.bone for drive in actor.rig.drives if part_of(drive.joint) in parts and drive.bone in bones]
    if "face" in parts:
        driven += [bone.bone for bone in actor.face_bones if bone.bone in bones]
    carrying = dict.fromkeys(driven)
    if whole and actor.rig.root in bones:
        carrying[actor.rig.root] = None
        for bone in list(carrying):
            carrying |= dict.fromkeys(above.name for above in bones[bone].parent_recursive)
    return Character(
        name=actor.name,
        armature=armature,
        root=actor.rig.root,
        driven=frozenset(driven),
        carrying=tuple(carrying),
        faces=tuple(_faces(actor)) if "face" in parts else (),
        meshes=tuple(skinned_meshes(armature)),
        is_control_rig=actor.rig.is_control_rig,
        performs_body=whole,
    )


def _faces(actor: CastActor) -> Iterator[Face]:
    for mesh in actor.faces:
        obj = mesh.object.find()
        keys: Any = obj.data.shape_keys if obj is not None and obj.type == "MESH" else None
        if obj is not None and keys is not None:
            yield Face(obj, keys, tuple(shape for shape in mesh.shapes if shape in keys.key_blocks))


def found(held: ObjectReference) -> Any:
    """Return the object of a reference that a problem holds; it was there when the problem was looked for."""
    obj = held.find()
    assert obj is not None
    return obj


def mute_drivers(block: Any, paths: Collection[str]) -> None:
    """Mute the drivers of a data-block on these data paths."""
    for driver in drivers_of(block):
        if driver.data_path in paths:
            driver.mute = True
    block.update_tag()


def drivers_of(block: Any) -> Iterator[bpy.types.FCurve]:
    """Yield the drivers of a data-block that are not muted."""
    animation = block.animation_data
    if animation is not None:
        yield from (driver for driver in animation.drivers if not driver.mute)
