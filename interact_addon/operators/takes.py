"""Takes: show one, mark it, compare, push it to the NLA, delete it."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ..messages import Message, counted, quoted, translated
from ..properties import actor_name, part_switch
from ..runtime_api import contract, errors, saying
from ..takes import comparison, edits, layers, library, nla
from ..takes.library import title_of
from ..takes.stretches import shot_frames
from ..worker_client import generation
from ..worker_client.orders import again_order
from .feedback import fail
from .generate import Generating
from .stepping import FindScene, InSteps, Steps, Told, Work

_COMPARED = (
    ("BESIDE", "Side by Side", "Copies of both characters play the other take beside the stage"),
    ("GHOST", "As Ghost", "Copies of both characters play the other take in the same place, drawn as wires"),
)


def poll_shown_take(cls: Any, context: bpy.types.Context) -> bool:
    """Return whether both actors play a take; otherwise set the tooltip that says what to do."""
    if library.shown_take(context.scene) is None:
        cls.poll_message_set("Choose a take in the list first")
        return False
    return True


class OnTheShownTake:
    """An operator on the take that both actors play."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_shown_take(cls, context)


class INTERACT_OT_show_take(bpy.types.Operator):
    """Let both actors play this take"""

    bl_idname = "interact.show_take"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(  # type: ignore[valid-type]
        name="Number", min=1, description="The number of the take", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = next((one for one in library.takes_in(context.scene) if one.number == self.number), None)
        if take is None:
            gone = Message("There is no take {number} of these two actors; choose one in the list.", number=self.number)
            self.report({"ERROR"}, translated(gone))
            return {"CANCELLED"}
        library.show(context.scene, take)
        return {"FINISHED"}


class INTERACT_OT_next_take(bpy.types.Operator):
    """Let both actors play the take after or before the one that is shown"""

    bl_idname = "interact.next_take"
    bl_label = "Next Take"
    bl_options = {"REGISTER", "UNDO"}

    step: IntProperty(  # type: ignore[valid-type]
        name="Step", default=1, description="How many takes further: 1 is the next, -1 the one before"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not library.takes_in(context.scene):
            cls.poll_message_set("There are no takes yet; press Generate")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        takes = library.takes_in(context.scene)
        shown = library.shown_take(context.scene)
        numbers = [take.number for take in takes]
        at = numbers.index(shown.number) + self.step if shown is not None else -1
        take = takes[at % len(takes)]
        library.show(context.scene, take)
        self.report({"INFO"}, translated(Message("{take} is shown", take=title_of(take))))
        return {"FINISHED"}


class INTERACT_OT_delete_take(OnTheShownTake, bpy.types.Operator):
    """Delete the take that is shown; the one before it is shown in its place. Undo brings it back"""

    bl_idname = "interact.delete_take"
    bl_label = "Delete Take"

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = library.shown_take(context.scene)
        assert take is not None
        title = title_of(take)
        after = library.delete(context.scene, take)
        told = Message("Deleted {take}", take=title)
        if after is not None:
            told = Message("Deleted {take}; {after} is shown", take=title, after=title_of(after))
        self.report({"INFO"}, translated(told))
        return {"FINISHED"}


class INTERACT_OT_push_take(OnTheShownTake, bpy.types.Operator):
    """Move the take that is shown into NLA tracks of its own, so that your own keys go on top of it"""

    bl_idname = "interact.push_take"
    bl_label = "Push to NLA"

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = library.shown_take(context.scene)
        assert take is not None
        try:
            tracks = nla.push_down(context.scene, take, title_of(take))
        except errors.InterActError as error:
            return fail(self, error)
        told = Message("{take} is in {tracks}", take=title_of(take), tracks=counted(tracks, "NLA track"))
        self.report({"INFO"}, translated(told))
        return {"FINISHED"}


class INTERACT_OT_keep_as_layer(InSteps, bpy.types.Operator):
    """Move what you changed by hand in this take onto a layer over it: an NLA strip of offsets, with an influence. It
    stays on top when the take is made again or another one is shown. The take gets the keys back that it was made with
    """

    bl_idname = "interact.keep_as_layer"
    bl_label = "Keep as Layer"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_shown_take(cls, context) and super().poll(context)

    def work(self, context: bpy.types.Context) -> Work:
        return Work("Comparing with the take", "Keep as Layer", _layered)


def _layered(find: FindScene, seconds: float) -> Steps:
    """Return what moves the edits of the shown takes onto layers."""
    found = yield from saying(0.5, layers.edits_in_steps(find, seconds))  # how many there are is known at the end

    def write(scene: bpy.types.Scene) -> Told:
        names, warnings = layers.keep_edits(found)
        done = Message("The edits of {actors} are a layer over the take", actors=quoted(names))
        return [*(("WARNING", warning) for warning in warnings), ("INFO", done)]

    return write


class INTERACT_OT_remove_layer(bpy.types.Operator):
    """Remove this layer; what it changed is as the take has it again"""

    bl_idname = "interact.remove_layer"
    bl_label = "Remove Layer"
    bl_options = {"REGISTER", "UNDO"}

    actor: IntProperty(  # type: ignore[valid-type]
        name="Actor", min=0, max=1, description="Whose layer it is: 0 the first actor's", options={"SKIP_SAVE"}
    )
    layer: StringProperty(  # type: ignore[valid-type]
        name="Layer", description="The name of the layer's action", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not layers.remove(context.scene, self.actor, self.layer):
            gone = Message("There is no layer '{layer}' of this actor; choose one in the panel.", layer=self.layer)
            self.report({"ERROR"}, translated(gone))
            return {"CANCELLED"}
        return {"FINISHED"}


def _other_takes(_self: bpy.types.Operator, context: bpy.types.Context) -> list[tuple[str, str, str]]:
    """List the takes that are not shown, the newest first; Blender needs the strings to be kept."""
    shown = library.shown_take(context.scene)
    hidden = [one for one in library.takes_in(context.scene) if shown is None or one.written != shown.written]
    INTERACT_OT_compare_takes.choices = [
        (str(one.number), title_of(one), f"Compare with {title_of(one)}") for one in reversed(hidden)
    ]
    return INTERACT_OT_compare_takes.choices


class INTERACT_OT_compare_takes(bpy.types.Operator):
    """Show another take together with the one that plays: copies of both characters perform it"""

    bl_idname = "interact.compare_takes"
    bl_label = "Compare"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "take"

    choices: list[tuple[str, str, str]] = []

    take: EnumProperty(name="Take", items=_other_takes, description="The take to compare with")  # type: ignore[valid-type]
    how: EnumProperty(  # type: ignore[valid-type]
        name="Compare", items=_COMPARED, default="BESIDE", description="Where the other take is shown"
    )
    offset: FloatVectorProperty(  # type: ignore[valid-type]
        name="Offset",
        subtype="TRANSLATION",
        default=(0.0, 2.5, 0.0),
        options={"SKIP_SAVE"},
        description="How far beside the other take plays; at first to the right of the scene's camera and a step back",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if len(library.takes_in(context.scene)) < 2:
            cls.poll_message_set("There is nothing to compare with; generate another take first")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave the mode you are in (Tab) first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._choose_offset(context)
        return context.window_manager.invoke_props_dialog(self)

    def _choose_offset(self, context: bpy.types.Context) -> None:
        if not self.properties.is_property_set("offset"):
            self.offset = comparison.beside(context.scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._choose_offset(context)
        take = next((one for one in library.takes_in(context.scene) if str(one.number) == self.take), None)
        if take is None:
            self.report({"ERROR"}, translated("Choose the take to compare with."))
            return {"CANCELLED"}
        ghost = self.how == "GHOST"
        offset = (0.0, 0.0, 0.0) if ghost else tuple(self.offset)
        comparison.compare(context.scene, take, title_of(take), offset, ghost)
        told = Message(
            "Copies of {actors} play {take}; press End Comparison when you are done",
            actors=quoted(actor_name(actor) for actor in context.scene.interact.actors),
            take=title_of(take),
        )
        self.report({"INFO"}, translated(told))
        return {"FINISHED"}


class INTERACT_OT_end_comparison(bpy.types.Operator):
    """Remove the copies that play the other take"""

    bl_idname = "interact.end_comparison"
    bl_label = "End Comparison"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if comparison.comparison_in(context.scene) is None:
            cls.poll_message_set("Nothing is compared")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        comparison.end_comparison(context.scene)
        return {"FINISHED"}


class INTERACT_OT_make_take_again(Generating, bpy.types.Operator):
    """Generate the take that is shown anew from its own request and seed, whatever the script says now: after an update
    of the runtime, or in a file that the take was appended to
    """

    bl_idname = "interact.make_take_again"
    bl_label = "Make Again"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_shown_take(cls, context) and super().poll(context)

    def order(self, context: bpy.types.Context) -> generation.Order:
        take = library.shown_take(context.scene)
        if take is None:
            raise errors.InvalidRequest("No take is shown; choose one in the list.")
        return again_order(context.scene, take)


class _EditsTheTake(InSteps):
    """An operator that changes the motion of chosen parts and keys it as a new take."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_shown_take(cls, context) and super().poll(context)

    def words(self) -> str:
        """Return in words what is done."""
        raise NotImplementedError

    def edit(self, scene: bpy.types.Scene) -> edits.Edit:
        """Return what makes of the motion of one actor what it becomes, all parts of it."""
        raise NotImplementedError

    def invoke(self: Any, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return self.ask(context)  # type: ignore[no-any-return]

    def draw(self: Any, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        if hasattr(self, "frames"):
            column.prop(self, "frames")
        both = column.column(heading="Actors", align=True)
        for name, actor in zip(("actor_a", "actor_b"), context.scene.interact.actors):
            both.prop(self, name, text=actor_name(actor))
        parts = column.column(heading="Parts", align=True)
        for part in contract.BODY_PARTS:
            if hasattr(self, part):
                parts.prop(self, part)

    def work(self: Any, context: bpy.types.Context) -> Work:
        parts = tuple(part for part in contract.BODY_PARTS if getattr(self, part, False))
        begin = partial(_edited, (self.actor_a, self.actor_b), parts, edit=self.edit(context.scene), words=self.words())
        return Work("Reading the motion", self.bl_label, begin)


def _edited(
    actors: tuple[bool, bool],
    parts: tuple[str, ...],
    find: FindScene,
    seconds: float,
    edit: edits.Edit,
    words: str,
) -> Steps:
    """Return what keys the take that is shown with some parts edited, as a new take."""
    take = library.shown_take(find())
    if take is None:
        raise errors.InvalidRequest("No take is shown; choose one in the list.")
    plan = yield from saying(0.5, edits.plan_edit_in_steps(find, take, actors, parts, edit, seconds))

    def write(scene: bpy.types.Scene) -> Told:
        warnings = edits.key_edit(scene, plan, f"{words}: {', '.join(parts)}")
        return [*(("WARNING", warning) for warning in warnings), ("INFO", Message("{done} as a new take", done=words))]

    return write


class INTERACT_OT_offset_take(_EditsTheTake, bpy.types.Operator):
    """Move the motion of some parts in time, as a new take: gestures a little earlier than the words, for instance"""

    bl_idname = "interact.offset_take"
    bl_label = "Offset in Time"

    frames: FloatProperty(  # type: ignore[valid-type]
        name="Frames", default=-3.0, soft_min=-30.0, soft_max=30.0, step=100, description="Later, or earlier below 0"
    )
    actor_a: BoolProperty(name="First", default=True, description="Change the first actor")  # type: ignore[valid-type]
    actor_b: BoolProperty(name="Second", default=False, description="Change the second actor")  # type: ignore[valid-type]
    face: part_switch("face", False, "Move in time")  # type: ignore[valid-type]
    head: part_switch("head", False, "Move in time")  # type: ignore[valid-type]
    upper: part_switch("upper", True, "Move in time")  # type: ignore[valid-type]
    hands: part_switch("hands", True, "Move in time")  # type: ignore[valid-type]
    lower: part_switch("lower", False, "Move in time")  # type: ignore[valid-type]

    def words(self: Any) -> str:
        return Message("Moved by {frames} frames", frames=f"{self.frames:g}")

    def edit(self: Any, scene: bpy.types.Scene) -> edits.Edit:
        frames = self.frames / shot_frames(scene).rate * contract.FPS
        return lambda motion: edits.shifted(motion, frames)


class INTERACT_OT_mirror_take(_EditsTheTake, bpy.types.Operator):
    """Exchange left and right of some parts, as a new take: a gesture with the other hand"""

    bl_idname = "interact.mirror_take"
    bl_label = "Mirror"

    actor_a: BoolProperty(name="First", default=True, description="Change the first actor")  # type: ignore[valid-type]
    actor_b: BoolProperty(name="Second", default=False, description="Change the second actor")  # type: ignore[valid-type]
    face: part_switch("face", False, "Mirror")  # type: ignore[valid-type]
    head: part_switch("head", False, "Mirror")  # type: ignore[valid-type]
    upper: part_switch("upper", True, "Mirror")  # type: ignore[valid-type]
    hands: part_switch("hands", True, "Mirror")  # type: ignore[valid-type]

    def words(self) -> str:
        return Message("Mirrored")

    def edit(self, scene: bpy.types.Scene) -> edits.Edit:
        return edits.mirrored


CLASSES = (
    INTERACT_OT_show_take,
    INTERACT_OT_next_take,
    INTERACT_OT_delete_take,
    INTERACT_OT_push_take,
    INTERACT_OT_keep_as_layer,
    INTERACT_OT_remove_layer,
    INTERACT_OT_make_take_again,
    INTERACT_OT_offset_take,
    INTERACT_OT_mirror_take,
    INTERACT_OT_compare_takes,
    INTERACT_OT_end_comparison,
)
