"""What the pair does to each other: interactions from a searchable list, prompts in free text, and who acts."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import compat
from ..messages import Message, translated
from ..properties import BOTH_ACT, actor_name
from ..runtime_api import contract, errors
from ..scene import pair
from ..scene.channels import INTERACTION, PROMPT
from ..scene.ownership import channels_of_pair
from ..scene.ranges import active_strip_in
from ..workspace import show_channels
from .feedback import NeedsCast, fail, poll_cast, say
from .labels import label_span

_BOTH = "2"
_ACTING = (
    ("0", "First", "The first actor acts, the second reacts"),
    ("1", "Second", "The second actor acts, the first reacts"),
    (_BOTH, "Both", "Both act alike"),
)


def _categories() -> list[tuple[str, str, str, str, int]]:
    """List what the model plays first, then the others, which say so; numbers are places in the contract's list."""
    ordered = sorted(contract.INTERACTIONS, key=lambda name: name not in contract.PLAYED_INTERACTIONS)
    items = []
    for name in ordered:
        played = name in contract.PLAYED_INTERACTIONS
        title = name.title() if played else f"{name.title()} (not played yet)"
        meaning = f"The model plays '{name}'" if played else contract.not_played(name).removesuffix(".")
        items.append((name, title, meaning, "CHECKMARK" if played else "BLANK1", contract.INTERACTIONS.index(name)))
    return items


_CATEGORY = {"name": "Interaction", "items": _categories(), "description": "What the two do to each other"}


def selected_of_pair(context: bpy.types.Context) -> list[Any]:
    """Return the selected strips that ask the pair for something."""
    return [strip for strip in pair.strips_of_pair(compat.sequencer_scene(context.scene)) if strip.select]


def active_of_pair(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it asks the pair for something, else None."""
    own = channels_of_pair(compat.sequencer_scene(context.scene), INTERACTION, PROMPT)
    return active_strip_in(context.scene, own, pair.STRIP_TYPES)


def _identity(context: bpy.types.Context, acting: str) -> str:
    return BOTH_ACT if acting == _BOTH else str(context.scene.interact.actors[int(acting)].identity)


def _tell(operator: bpy.types.Operator, context: bpy.types.Context, strip: Any) -> set[str]:
    """Say what is played of a strip: a warning where nothing is."""
    part = pair.played_part(context.scene, strip)
    if part.left_out:
        operator.report({"WARNING"}, translated(part.left_out))
    else:
        start, end = int(compat.strip_left(strip)), int(compat.strip_right(strip)) - 1
        say(operator, "'{label}' from frame {start} to {end}", label=Message(part.category), start=start, end=end)
    return {"FINISHED"}


class INTERACT_OT_add_interaction(NeedsCast):
    """Let the actor do something to the other from the playhead on, or in the preview range: search in the list of 40;
    those with a tick are played
    """

    bl_idname = "interact.add_interaction"
    bl_label = "Add Interaction"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "category"

    category: EnumProperty(**_CATEGORY)  # type: ignore[valid-type]
    acting: EnumProperty(name="Who Acts", items=_ACTING, options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, who = compat.sequencer_scene(context.scene), _identity(context, self.acting)
        try:
            strip = pair.add_interaction(scene, self.category, who, *label_span(context))
        except errors.InterActError as error:
            return fail(self, error)
        show_channels(scene)
        return _tell(self, context, strip)


class INTERACT_OT_add_prompt(NeedsCast):
    """Write in your own words what the two do, from the playhead on or in the preview range; what of it is played is
    said at once
    """

    bl_idname = "interact.add_prompt"
    bl_label = "Add Prompt"
    bl_options = {"REGISTER", "UNDO"}

    text: StringProperty(name="They", description="What the two do, such as 'Mia walks up to Tom'")  # type: ignore[valid-type]
    acting: EnumProperty(name="Who Acts", items=_ACTING, options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        result: set[str] = context.window_manager.invoke_props_dialog(self, width=420)
        return result

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.activate_init = True
        self.layout.prop(self, "text", text="Prompt")

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, who = compat.sequencer_scene(context.scene), _identity(context, self.acting)
        try:
            strip = pair.add_prompt(scene, self.text, who, *label_span(context))
        except errors.InterActError as error:
            return fail(self, error)
        show_channels(scene)
        return _tell(self, context, strip)


class INTERACT_OT_change_interaction(bpy.types.Operator):
    """Let the selected interaction strips ask for something else: search in the list of 40; those with a tick are
    played
    """

    bl_idname = "interact.change_interaction"
    bl_label = "Change Interaction"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "category"

    category: EnumProperty(**_CATEGORY)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not any(strip.type == "COLOR" for strip in selected_of_pair(context)):
            cls.poll_message_set("Select interaction strips in the sequencer first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        strips = [strip for strip in selected_of_pair(context) if strip.type == "COLOR"]
        for strip in strips:
            pair.set_category(compat.sequencer_scene(context.scene), strip, self.category)
        return _tell(self, context, strips[0])


class INTERACT_OT_choose_who_acts(bpy.types.Operator):
    """Choose who acts in the selected strips of the pair; the other reacts"""

    bl_idname = "interact.choose_who_acts"
    bl_label = "Who Acts"
    bl_options = {"REGISTER", "UNDO"}

    acting: EnumProperty(name="Who Acts", items=_ACTING)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if not selected_of_pair(context):
            cls.poll_message_set("Select strips of the pair in the sequencer first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        for strip in selected_of_pair(context):
            pair.set_who_acts(compat.sequencer_scene(context.scene), strip, _identity(context, self.acting))
        return {"FINISHED"}


class INTERACT_MT_who_acts(bpy.types.Menu):
    """Who acts in the selected strips of the pair."""

    bl_idname = "INTERACT_MT_who_acts"
    bl_label = "Who Acts"

    def draw(self, context: bpy.types.Context) -> None:
        for number, actor in enumerate(context.scene.interact.actors):
            choice = self.layout.operator("interact.choose_who_acts", text=actor_name(actor), translate=False)
            choice.acting = str(number)
        self.layout.operator("interact.choose_who_acts", text="Both").acting = _BOTH


CLASSES = (
    INTERACT_OT_add_interaction,
    INTERACT_OT_add_prompt,
    INTERACT_OT_change_interaction,
    INTERACT_OT_choose_who_acts,
    INTERACT_MT_who_acts,
)
