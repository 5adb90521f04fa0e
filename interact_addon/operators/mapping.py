"""Choosing bones by hand: pick, propose, mirror, clear, and presets as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..messages import Message, counted, some, translated
from ..properties import actor_name
from ..runtime_api import errors
from ..scene import bones
from .feedback import fail, say

_JOINTS = [(joint, bones.bone_label(joint).capitalize(), "") for joint in bones.TABLE_JOINTS]


class OnTheActor:
    """An operator on the actor whose bones the panel shows."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if shown_actor(context).armature is None:
            cls.poll_message_set("Cast the character first")  # type: ignore[attr-defined]
            return False
        return True


class INTERACT_OT_find_bones(OnTheActor, bpy.types.Operator):
    """Recognise the armature again and say what was found; what was chosen by hand stays"""

    bl_idname = "interact.find_bones"
    bl_label = "Find Again"

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        say(self, "{actor}: {summary}", actor=actor_name(actor), summary=summary(bones.find_again(actor)))
        return {"FINISHED"}


class INTERACT_OT_use_active_bone(OnTheActor, bpy.types.Operator):
    """Use the active bone of the 3D view: click the bone in Pose Mode, then this"""

    bl_idname = "interact.use_active_bone"
    bl_label = "Use Active Bone"

    joint: EnumProperty(  # type: ignore[valid-type]
        name="Joint", items=_JOINTS, options={"SKIP_SAVE"}, description="The joint that the active bone is chosen for"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        armature = shown_actor(context).armature
        if armature.data.bones.active is None:
            wanted = Message("Select {armature}, enter Pose Mode and click a bone", armature=armature.name)
            cls.poll_message_set(translated(wanted))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        bone = actor.armature.data.bones.active.name
        bones.choose(actor, self.joint, bone)
        say(
            self,
            "'{bone}' is the {joint} of {actor}",
            bone=bone,
            joint=bones.bone_label(self.joint),
            actor=actor_name(actor),
        )
        return {"FINISHED"}


class INTERACT_OT_propose_bones(OnTheActor, bpy.types.Operator):
    """Choose the bones that are still missing: chains are followed and sides mirrored from those that are there. Enough
    are an upper arm and a thigh
    """

    bl_idname = "interact.propose_bones"
    bl_label = "Propose Rest"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        there = bones.bone_table(shown_actor(context)).joints
        if not any({f"{side}_shoulder", f"{side}_hip"} <= set(there) for side in ("left", "right")):
            cls.poll_message_set("Choose the bones of one upper arm and one thigh first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        added = bones.propose_rest(actor)
        missing = bones.bone_table(actor).missing
        if missing:
            names = ", ".join(bones.bone_label(joint) for joint in missing)
            proposed = counted(added, "bone")
            say(self, "Proposed {bones}; still missing: {names}", "WARNING", bones=proposed, names=names)
        else:
            say(self, "Proposed {bones}; look them through", bones=counted(added, "bone"))
        return {"FINISHED"}


class INTERACT_OT_mirror_bones(OnTheActor, bpy.types.Operator):
    """Choose the other side's bones of all that are chosen by hand on one side only, by name or by place"""

    bl_idname = "interact.mirror_bones"
    bl_label = "Mirror"

    def execute(self, context: bpy.types.Context) -> set[str]:
        say(self, "Mirrored {bones}", bones=counted(bones.mirror(shown_actor(context)), "bone"))
        return {"FINISHED"}


class INTERACT_OT_clear_bones(OnTheActor, bpy.types.Operator):
    """Forget all bones and properties that were chosen by hand for this actor"""

    bl_idname = "interact.clear_bones"
    bl_label = "Clear"

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        bones.clear(actor)
        say(self, "{actor}: {summary}", actor=actor_name(actor), summary=summary(bones.bone_table(actor)))
        return {"FINISHED"}


class INTERACT_OT_save_bone_preset(OnTheActor, bpy.types.Operator):
    """Save this actor's bones as a preset of yours; one of the same name is replaced"""

    bl_idname = "interact.save_bone_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="What the preset is called")  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.name = self.name or shown_actor(context).armature.name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            bones.write_preset(
                bones.preset_path(bones.presets_folder(), self.name), bones.preset_of(shown_actor(context))
            )
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "Saved the preset '{preset}'", preset=self.name.strip())
        return {"FINISHED"}


class _FromFile(OnTheActor):
    """An operator that takes the bones of a file."""

    def load(self: Any, context: bpy.types.Context, path: Path) -> set[str]:
        actor = shown_actor(context)
        try:
            missing = bones.apply_preset(actor, bones.read_preset(path), path.stem)
        except errors.InterActError as error:
            return fail(self, error)
        if missing:
            names = some(missing)
            say(
                self,
                "{actor} lacks {things} of '{preset}': {names}",
                "WARNING",
                actor=actor_name(actor),
                things=counted(len(missing), "thing"),
                preset=path.stem,
                names=names,
            )
        else:
            say(self, "{actor}: {summary}", actor=actor_name(actor), summary=summary(bones.bone_table(actor)))
        return {"FINISHED"}


class INTERACT_OT_load_bone_preset(_FromFile, bpy.types.Operator):
    """Take the bones of this preset"""

    bl_idname = "interact.load_bone_preset"
    bl_label = "Load Preset"

    name: StringProperty(name="Name", description="What the preset is called")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            path = bones.preset_path(bones.presets_folder(), self.name)
        except errors.InterActError as error:
            return fail(self, error)
        return self.load(context, path)


class INTERACT_OT_import_bones(_FromFile, bpy.types.Operator):
    """Take the bones of a JSON file, such as one a colleague exported"""

    bl_idname = "interact.import_bones"
    bl_label = "Import"

    filepath: StringProperty(subtype="FILE_PATH", description="The JSON file with a table of bones")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.load(context, Path(bpy.path.abspath(self.filepath)))


class INTERACT_OT_export_bones(OnTheActor, bpy.types.Operator):
    """Write this actor's bones to a JSON file, for colleagues and for the command line"""

    bl_idname = "interact.export_bones"
    bl_label = "Export"
    bl_options = {"REGISTER"}

    filepath: StringProperty(subtype="FILE_PATH", description="The JSON file with a table of bones")  # type: ignore[valid-type]
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]
    check_existing = True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            name = bpy.path.clean_name(actor_name(shown_actor(context)))
            self.filepath = str(Path(bpy.data.filepath).with_name(f"{name} bones.json"))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".json")
        try:
            bones.write_preset(path, bones.preset_of(shown_actor(context)))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "Exported {files}", files=path)
        return {"FINISHED"}


class INTERACT_OT_add_switch(OnTheActor, bpy.types.Operator):
    """Add a custom property that is set while this rig performs, such as IK off"""

    bl_idname = "interact.add_switch"
    bl_label = "Add Property"

    def execute(self, context: bpy.types.Context) -> set[str]:
        actor = shown_actor(context)
        active = actor.armature.data.bones.active
        switch = actor.switches.add()
        if active is not None:
            switch.bone = active.name
            switch.property = next(iter(actor.armature.pose.bones[active.name].keys()), "")
        return {"FINISHED"}


class INTERACT_OT_remove_switch(OnTheActor, bpy.types.Operator):
    """Leave this custom property as it is while the rig performs"""

    bl_idname = "interact.remove_switch"
    bl_label = "Remove Property"

    index: IntProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        shown_actor(context).switches.remove(self.index)
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_find_bones, INTERACT_OT_use_active_bone, INTERACT_OT_propose_bones, INTERACT_OT_mirror_bones,
    INTERACT_OT_clear_bones, INTERACT_OT_save_bone_preset, INTERACT_OT_load_bone_preset, INTERACT_OT_import_bones,
    INTERACT_OT_export_bones, INTERACT_OT_add_switch, INTERACT_OT_remove_switch,
)  # fmt: skip


def shown_actor(context: bpy.types.Context) -> Any:
    """Return the actor whose bones the panel shows."""
    settings = context.scene.interact  # type: ignore[attr-defined]
    return settings.actors[int(settings.bones_shown)]


def summary(table: bones.BoneTable) -> str:
    """Return one line: how many bones are found and as which rig, how many are chosen and how many missing."""
    by_hand = sum(bool(bone) for bone in table.assigned.values())
    found = len(table.joints) - by_hand
    kind = table.kind or translated("no known rig")
    parts = [Message("{rig}: {bones} found", rig=kind, bones=counted(found, "bone"))] if found else []
    parts += [Message("{count} chosen by hand", count=by_hand)] if by_hand else []
    parts += [Message("{count} missing", count=len(table.missing))] if table.missing else []
    return ", ".join(map(translated, parts))
