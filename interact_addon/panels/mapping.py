"""Bones: a field for each joint, what was found in it, and presets."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.mapping import shown_actor, summary
from ..properties import actor_name, bone_property
from ..scene import bones
from .sidebar import Sidebar, lines

# Spine and neck: as many fields as are filled and one more, but at least these.
_ALWAYS_SHOWN = {"spine:0", "spine:1", "spine:2", "neck:0"}


class INTERACT_MT_bone_presets(bpy.types.Menu):
    """The user's presets, those that fit the actor first."""

    bl_label = "Load Preset"

    def draw(self, context: bpy.types.Context) -> None:
        presets = bones.presets_that_fit(shown_actor(context))
        if not presets:
            self.layout.label(text="No presets yet: choose bones and press Save")
        for path, fit in presets:
            text = path.stem if fit == 1.0 else f"{path.stem} ({fit:.0%} of its bones are here)"
            icon = "CHECKMARK" if fit == 1.0 else "BLANK1"
            self.layout.operator("interact.load_bone_preset", text=text, icon=icon, translate=False).name = path.stem


class Bones(Sidebar):
    bl_label = "Bones"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "cast"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.interact
        layout = self.layout
        row = layout.row(align=True)
        for number, actor in enumerate(settings.actors):
            title = actor_name(actor) or ("First", "Second")[number]
            row.prop_enum(settings, "bones_shown", str(number), text=title)
        actor = shown_actor(context)
        if actor.armature is None:
            layout.label(text="Cast the character first", icon="INFO")
            return
        table = bones.bone_table(actor)
        lines(layout, context, summary(table), "ARMATURE_DATA")
        if table.problem:
            lines(layout, context, table.problem, "ERROR")
        _buttons(layout, table)
        _rows(layout, actor, table, _shown(bones.TRUNK_JOINTS, table))
        _rows(layout, actor, table, bones.LIMB_JOINTS)
        header, body = layout.panel("INTERACT_bones_fingers", default_closed=True)
        there = sum(joint in table.joints for joint in bones.FINGER_JOINTS)
        header.label(text=f"Fingers ({there} of {len(bones.FINGER_JOINTS)})")
        if body is not None:
            _rows(body, actor, table, bones.FINGER_JOINTS)
        _switches(layout, actor)


def _buttons(layout: bpy.types.UILayout, table: bones.BoneTable) -> None:
    column = layout.column(align=True)
    if table.next_joint:
        column.operator(
            "interact.use_active_bone",
            text=f"Active Bone is {bones.bone_label(table.next_joint).title()}",
            icon="EYEDROPPER",
        ).joint = table.next_joint
    row = column.row(align=True)
    row.operator("interact.propose_bones", icon="SHADERFX")
    row.operator("interact.mirror_bones", icon="MOD_MIRROR")
    row = column.row(align=True)
    row.operator("interact.find_bones", icon="VIEWZOOM")
    row.operator("interact.clear_bones", icon="X")
    column = layout.column(align=True)
    row = column.row(align=True)
    row.menu("INTERACT_MT_bone_presets", icon="PRESET")
    row.operator("interact.save_bone_preset", text="Save", icon="ADD")
    row = column.row(align=True)
    row.operator("interact.import_bones", icon="IMPORT")
    row.operator("interact.export_bones", icon="EXPORT")


def _shown(joints: tuple[str, ...], table: bones.BoneTable) -> list[str]:
    """Return the joints without the upper fields of spine and neck that nothing is in."""
    shown = []
    for joint in joints:
        part, colon, number = joint.partition(":")
        below = f"{part}:{int(number) - 1}" if colon and number != "0" else ""
        if not colon or joint in _ALWAYS_SHOWN or joint in table.joints or below in table.joints:
            shown.append(joint)
    return shown


def _rows(layout: bpy.types.UILayout, actor: Any, table: bones.BoneTable, joints: Any) -> None:
    """Draw a field for each joint: in it the chosen bone, or dimmed the found one; missing ones are red."""
    column = layout.column(align=True)
    for joint in joints:
        row = column.row(align=True)
        row.alert = joint in table.missing
        split = row.split(factor=0.36, align=True)
        icon = "VIEW_PAN" if joint in table.assigned else "ERROR" if joint in table.missing else "BLANK1"
        split.label(text=bones.bone_label(joint).capitalize(), icon=icon)
        field = split.row(align=True)
        field.prop(
            actor.bones, bone_property(joint), text="", placeholder=table.joints.get(joint, ""), icon="BONE_DATA"
        )
        field.operator("interact.use_active_bone", text="", icon="EYEDROPPER").joint = joint


def _switches(layout: bpy.types.UILayout, actor: Any) -> None:
    """Draw the custom properties that are set while the rig performs."""
    header, body = layout.panel("INTERACT_bones_switches", default_closed=True)
    header.label(text=f"Set While Performing ({len(actor.switches)})")
    if body is None:
        return
    for index, switch in enumerate(actor.switches):
        row = body.row(align=True)
        row.prop_search(switch, "bone", actor.armature.data, "bones", text="")
        row.prop(switch, "property", text="", placeholder="IK_FK")
        row.prop(switch, "value", text="")
        row.operator("interact.remove_switch", text="", icon="X").index = index
    body.operator("interact.add_switch", icon="ADD")
