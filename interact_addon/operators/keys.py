"""Keys: fewer of them, where curves do not need them."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..messages import Message
from ..rig.curves import Tolerance
from ..rig.identity import ObjectReference, reference
from ..takes.thinning import plan_thinning_in_steps, write_thinned
from .stepping import FindScene, InSteps, Steps, Told, Work


class INTERACT_OT_thin_keys(InSteps, bpy.types.Operator):
    """Leave out keys that the curves do not need: of the selected armatures and their faces, or of both actors.

    In a take the keys you set stay. Any other animation stays as it is; a thinned copy is played in its place
    """

    bl_idname = "interact.thin_keys"
    bl_label = "Thin Keys"

    angle: FloatProperty(  # type: ignore[valid-type]
        name="Rotation",
        subtype="ANGLE",
        default=math.radians(0.2),
        min=0.0,
        soft_max=math.radians(5.0),
        step=10,
        precision=3,
        description="How far a bone's rotation may be from what it is now",
    )
    distance: FloatProperty(  # type: ignore[valid-type]
        name="Location",
        subtype="DISTANCE",
        default=0.001,
        min=0.0,
        soft_max=0.05,
        step=0.1,
        precision=4,
        description="How far a bone's or object's location may be from what it is now, in the world",
    )
    value: FloatProperty(  # type: ignore[valid-type]
        name="Shapes",
        subtype="PERCENTAGE",
        default=0.5,
        min=0.0,
        soft_max=10.0,
        max=100.0,
        description="How far a shape key's value, or a scale, may be from what it is now",
    )
    only_selected: BoolProperty(  # type: ignore[valid-type]
        name="Selected Bones Only",
        default=False,
        options={"SKIP_SAVE"},
        description="Thin the keys of the bones that are selected in Pose Mode, and no shape keys",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _armatures(context):
            cls.poll_message_set("Select an armature with keys, or cast two characters first")
            return False
        return super().poll(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.ask(context)

    def work(self, context: bpy.types.Context) -> Work:
        tolerance = Tolerance(angle=self.angle, metres=self.distance, value=self.value / 100.0)
        bones = _bones(context) if self.only_selected else None
        armatures = [reference(armature) for armature in _armatures(context)]
        return Work("Thinning keys", "Thin Keys", partial(_thinned, armatures, tolerance, bones))


def _thinned(
    armatures: list[ObjectReference],
    tolerance: Tolerance,
    bones: dict[int, list[str]] | None,
    find: FindScene,
    seconds: float,
) -> Steps:
    """Return what writes fewer keys for the animation of armatures."""
    there = [found for armature in armatures if (found := armature.find()) is not None]
    plan = yield from plan_thinning_in_steps(there, tolerance, bones, seconds)

    def write(scene: bpy.types.Scene) -> Told:
        write_thinned(plan)
        done = Message(
            "{after} keys are left of {before}; off by at most {degrees} degrees, {millimetres} mm, {percent} %",
            after=f"{plan.count.after:,}",
            before=f"{plan.count.before:,}",
            degrees=f"{math.degrees(plan.count.angle):.2f}",
            millimetres=f"{1000.0 * plan.count.metres:.1f}",
            percent=f"{100.0 * plan.count.value:.1f}",
        )
        return [("INFO", done)]

    return write


def draw_key_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Draw the entry of the Key menus of the graph editor and the dope sheet."""
    self.layout.separator()
    self.layout.operator("interact.thin_keys")


def _armatures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Return the armatures that are selected, or in Pose Mode; without any those of both actors."""
    selected = [obj for obj in context.selected_objects if obj.type == "ARMATURE"]
    posed = [obj for obj in getattr(context, "objects_in_mode", ()) if obj.type == "ARMATURE"]
    chosen = posed if context.mode == "POSE" else selected
    settings: Any = context.scene
    return chosen or [actor.armature for actor in settings.interact.actors if actor.armature is not None]


def _bones(context: bpy.types.Context) -> dict[int, list[str]]:
    """Return the names of the selected bones by the ``session_uid`` of their armature."""
    found: dict[int, list[str]] = {}
    for bone in context.selected_pose_bones or ():
        found.setdefault(bone.id_data.session_uid, []).append(bone.name)
    return found


CLASSES = (INTERACT_OT_thin_keys,)
