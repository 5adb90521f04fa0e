"""Bones: a field for each joint, what was found in it, and presets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..messages import Message
from ..operators.mapping import shown_actor, summary
from ..properties import bone_property
from ..scene import bones
from .sidebar import Sidebar, chosen_actor, in_our_language, lines

_HOW_TO_BEGIN = "This rig is not known. Press Pick in View and click the bones that are asked for; three are enough."
_LIMBS = {"left": Message("Left"), "right": Message("Right")}
_FINGERS = {"left": Message("Left Fingers"), "right": Message("Right Fingers")}
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
            partly = Message("{preset} ({share} of its bones are here)", preset=path.stem, share=f"{fit:.0%}")
            text = path.stem if fit == 1.0 else in_our_language(partly)
            icon = "CHECKMARK" if fit == 1.0 else "BLANK1"
            self.layout.operator("interact.load_bone_preset", text=text, icon=icon, translate=False).name = path.stem


class Bones(Sidebar):
    bl_label = "Bones"
    bl_options = {"DEFAULT_CLOSED"}
    inside = "cast"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        actor = chosen_actor(layout, context)
        if actor is None:
            return
        table = bones.bone_table(actor)
        _buttons(layout, table)
        lines(layout, context, summary(table), "ARMATURE_DATA")
        if not table.kind and not table.assigned:
            lines(layout, context, _HOW_TO_BEGIN)
        elif table.problem:
            lines(layout, context, table.problem, "ERROR")
        _rows(layout, actor, table, _shown(bones.TRUNK_JOINTS, table))
        for side in ("left", "right"):
            joints = [joint for joint in bones.LIMB_JOINTS if joint.startswith(side)]
            _part(layout, actor, table, _LIMBS[side], joints)
        for side in ("left", "right"):
            joints = [joint for joint in bones.FINGER_JOINTS if joint.startswith(side)]
            _part(layout, actor, table, _FINGERS[side], joints, closed=True)
        _switches(layout, actor)


def _buttons(layout: bpy.types.UILayout, table: bones.BoneTable) -> None:
    """Draw the buttons, which keep their place whatever is said below them."""
    column = layout.column(align=True)
    wanted = bones.bone_label(table.next_joint).title() if table.next_joint else ""
    pick = Message("Pick in View: {joint}", joint=Message(wanted)) if wanted else "Pick in View"
    row = column.row(align=True)
    row.scale_y = 1.4
    row.operator("interact.pick_bones", text=in_our_language(pick), icon="EYEDROPPER", translate=False)
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


def _shown(joints: Sequence[str], table: bones.BoneTable) -> list[str]:
    """Return the joints without the upper fields of spine and neck that nothing is in."""
    shown = []
    for joint in joints:
        part, colon, number = joint.partition(":")
        below = f"{part}:{int(number) - 1}" if colon and number != "0" else ""
        if not colon or joint in _ALWAYS_SHOWN or joint in table.joints or below in table.joints:
            shown.append(joint)
    return shown


def _part(
    layout: bpy.types.UILayout,
    actor: Any,
    table: bones.BoneTable,
    title: str,
    joints: list[str],
    closed: bool = False,
) -> None:
    """Draw the joints of a side or of a hand, which may be folded; the names of the fields leave the side out."""
    header, body = layout.panel(f"INTERACT_bones_{title}", default_closed=closed)
    count = sum(joint in table.joints for joint in joints)
    told = Message("{part} ({count} of {all})", part=Message(title), count=count, all=len(joints))
    header.label(text=in_our_language(told), translate=False)
    if body is not None:
        _rows(body, actor, table, joints)


def _rows(layout: bpy.types.UILayout, actor: Any, table: bones.BoneTable, joints: list[str]) -> None:
    """Draw a field for each joint: in it the chosen bone, or dimmed the found one; missing ones are red."""
    column = layout.column(align=True)
    for joint in joints:
        split = column.row(align=True).split(factor=0.42, align=True)
        label = split.row(align=True)
        label.alert = joint in table.missing
        icon = "VIEW_PAN" if joint in table.assigned else "ERROR" if joint in table.missing else "BLANK1"
        label.label(text=bones.bone_label(joint).removeprefix("left ").removeprefix("right ").capitalize(), icon=icon)
        field = split.row(align=True)
        field.prop(actor.bones, bone_property(joint), text="", placeholder=table.joints.get(joint, ""))
        field.operator("interact.use_active_bone", text="", icon="EYEDROPPER").joint = joint


def _switches(layout: bpy.types.UILayout, actor: Any) -> None:
    """Draw the custom properties that are set while the rig performs."""
    header, body = layout.panel("INTERACT_bones_switches", default_closed=True)
    told = Message("Set While Performing ({count})", count=len(actor.switches))
    header.label(text=in_our_language(told), translate=False)
    if body is None:
        return
    for index, switch in enumerate(actor.switches):
        row = body.row(align=True)
        row.prop_search(switch, "bone", actor.armature.data, "bones", text="")
        row.prop(switch, "property", text="", placeholder="IK_FK")
        row.prop(switch, "value", text="")
        row.operator("interact.remove_switch", text="", icon="X").index = index
    body.operator("interact.add_switch", icon="ADD")
