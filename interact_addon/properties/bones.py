"""Bones chosen by hand, and custom properties that are set while a rig performs."""

import bpy
from bpy.props import FloatProperty, StringProperty

from ..rig.bone_table import TABLE_JOINTS, bone_label

NO_BONE = "(none)"  # chosen by hand for a joint that the rig has no bone for


def bone_property(joint: str) -> str:
    """Return the property of the bone table that holds the bone chosen for a joint."""
    return joint.replace(":", "_")


def bones_to_choose(table: bpy.types.PropertyGroup, _context: bpy.types.Context, _typed: str) -> list[str]:
    """List the bones of the actor whose table this is."""
    actor = table.id_data.path_resolve(table.path_from_id().rpartition(".")[0])
    return [NO_BONE, *(bone.name for bone in actor.armature.data.bones)] if actor.armature is not None else []


class INTERACT_PG_bones(bpy.types.PropertyGroup):
    """The bones of one actor that are chosen by hand, a property for each joint; empty where the bone is found."""

    __annotations__ = {
        bone_property(joint): StringProperty(
            name=bone_label(joint).capitalize(),
            options=set(),
            search=bones_to_choose,
            search_options=set(),
            description=f"The bone of this rig that is the {bone_label(joint)}; empty: as it was found",
        )
        for joint in TABLE_JOINTS
    }


class INTERACT_PG_switch(bpy.types.PropertyGroup):
    """A custom property of a control that is set while the rig performs, such as IK off."""

    bone: StringProperty(name="Bone", description="The bone that has the property")  # type: ignore[valid-type]
    property: StringProperty(  # type: ignore[valid-type]
        name="Property", description="The name of the custom property, such as IK_FK"
    )
    value: FloatProperty(name="Value", description="What the property is set to")  # type: ignore[valid-type]


def forget_bones_of_others(actor: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    """Forget the bones chosen by hand that another armature has not."""
    if actor.armature is None:
        return
    there = actor.armature.data.bones
    for joint, bone in assigned_bones(actor).items():
        if bone and bone not in there:
            actor.bones.property_unset(bone_property(joint))
    for index in reversed(range(len(actor.switches))):
        if actor.switches[index].bone not in there:
            actor.switches.remove(index)


def assigned_bones(actor: bpy.types.PropertyGroup) -> dict[str, str]:
    """Return the bones chosen by hand, joint by joint; "" for a joint that the rig has no bone for."""
    chosen = {joint: getattr(actor.bones, bone_property(joint)) for joint in TABLE_JOINTS}
    return {joint: "" if bone == NO_BONE else bone for joint, bone in chosen.items() if bone}


def switches_of(actor: bpy.types.PropertyGroup) -> tuple[tuple[str, str, float], ...]:
    """Return the custom properties (bone, property, value) that are set while the rig performs."""
    return tuple((switch.bone, switch.property, switch.value) for switch in actor.switches)
