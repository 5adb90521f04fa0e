"""Contacts that are asked for: two points touch for the frames of a strip in the pair's contact channel."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from bpy.props import EnumProperty
from bpy_extras import view3d_utils

from .. import compat
from ..check.constraining import held_of_event, held_of_strips, hold_of_event, holds_of_strips
from ..messages import counted, in_words, translated
from ..properties import OBJECT
from ..rig.contact_constraints import bake_holds, hold_by_constraints, holds_in, remove_holds
from ..runtime_api import errors
from ..scene import contact_goals, contact_picking
from ..scene.channels import CONTACT
from ..scene.contact_goals import Ends
from ..scene.contact_picking import Pickable, Picked, choose
from ..scene.ownership import channels_of_pair
from ..scene.ranges import active_strip_in
from ..workspace import show_channels
from .feedback import NeedsCast, clear_status, fail, poll_cast, say
from .labels import label_span

_STAYS = 0.005  # metres by which a limb may move when constraints are made that keep the picture


def selected_contacts(context: bpy.types.Context) -> list[Any]:
    """Return the selected contact strips."""
    return [strip for strip in contact_goals.all_contacts(compat.sequencer_scene(context.scene)) if strip.select]


def active_contact(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is a contact strip, else None."""
    own = channels_of_pair(compat.sequencer_scene(context.scene), CONTACT)
    return active_strip_in(context.scene, own)


def _chosen(context: bpy.types.Context) -> Ends:
    """Return what is chosen in the panel."""
    settings, choice = context.scene.interact, context.scene.interact.contact
    who = settings.actors[int(choice.who)].identity
    if choice.whom == OBJECT:
        return Ends(who, choice.point, target=choice.target, gap=choice.gap)
    return Ends(who, choice.point, settings.actors[int(choice.whom)].identity, choice.other_point, gap=choice.gap)


class INTERACT_OT_add_contact(NeedsCast):
    """Ask for the chosen points to touch from the playhead on, or in the preview range. Generate and Resolve meet it"""

    bl_idname = "interact.add_contact"
    bl_label = "Add Contact"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = compat.sequencer_scene(context.scene)
        try:
            start, end = label_span(context)
            strip = contact_goals.add_contact(scene, _chosen(context), start, end)
        except errors.InterActError as error:
            return fail(self, error)
        show_channels(scene)
        say(self, "{label} from frame {start} to {end}", label=strip.name.strip(), start=start, end=end - 1)
        return {"FINISHED"}


class INTERACT_OT_change_contact(bpy.types.Operator):
    """Let the selected contact strips ask for the points that are chosen above"""

    bl_idname = "interact.change_contact"
    bl_label = "Change Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if not selected_contacts(context):
            cls.poll_message_set("Select contact strips in the sequencer first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        strips = selected_contacts(context)
        try:
            for strip in strips:
                contact_goals.set_ends(compat.sequencer_scene(context.scene), strip, _chosen(context))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "{label}", label=strips[0].name.strip())
        return {"FINISHED"}


class INTERACT_OT_pick_contact(NeedsCast):
    """Click two points in the 3D view: one of a character, and what it touches: a point of the other or of itself, or a
    place on an object. Backspace takes the first one back, Esc ends
    """

    bl_idname = "interact.pick_contact"
    bl_label = "Pick in View"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.area is None or context.area.type != "VIEW_3D":
            cls.poll_message_set("Pick points in the sidebar of a 3D view")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._first: Picked | None = None
        self._seen: Picked | None = None
        try:
            self._pickable = Pickable(context.scene, context.evaluated_depsgraph_get())
        except errors.InterActError as error:
            return fail(self, error)
        context.window_manager.modal_handler_add(self)
        self._say(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if context.area is None or any(actor.armature is None for actor in context.scene.interact.actors):
            return self._leave(context, "CANCELLED")
        if event.value == "PRESS" and event.type in {"ESC", "RIGHTMOUSE"}:
            return self._leave(context, "CANCELLED")
        if event.value == "PRESS" and event.type == "BACK_SPACE":
            self._first = None
            self._say(context)
            return {"RUNNING_MODAL"}
        if event.type not in {"MOUSEMOVE", "LEFTMOUSE"}:
            return {"PASS_THROUGH"}  # the view may be turned, and the frame changed
        try:
            return self._follow(context, event)
        except errors.InterActError as error:
            self.report({"WARNING"}, translated(in_words(error)))
            return {"RUNNING_MODAL"}

    def _follow(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look at what is under the mouse, and take it where it is clicked."""
        region = next(one for one in context.area.regions if one.type == "WINDOW")
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        if not (0 <= at[0] < region.width and 0 <= at[1] < region.height):
            return {"PASS_THROUGH"}
        view, graph = context.area.spaces.active.region_3d, context.evaluated_depsgraph_get()
        if context.scene.frame_current_final != self._pickable.frame:
            self._pickable = Pickable(context.scene, graph)
        way = np.array(view3d_utils.region_2d_to_vector_3d(region, view, at), np.float32)
        origin = np.array(view3d_utils.region_2d_to_origin_3d(region, view, at), np.float32)
        self._seen = self._pickable.under(context.scene, graph, origin, way)
        self._say(context)
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"} if event.type == "MOUSEMOVE" else {"RUNNING_MODAL"}
        if self._seen is None:
            return {"RUNNING_MODAL"}
        if self._first is None:
            if self._seen.object is not None:
                raise errors.InvalidRequest("Click a character first, and then what it touches.")
            self._first = self._seen
            self._say(context)
            return {"RUNNING_MODAL"}
        choose(context.scene, self._first, self._seen)
        what = f"{self._first.named(context.scene)} - {self._seen.named(context.scene)}"
        say(self, "{contact}: Add Contact makes a strip of it", contact=what)
        return self._leave(context, "FINISHED")

    def cancel(self, context: bpy.types.Context) -> None:
        """Clear up when Blender ends the operator: the window closes or another file opens."""
        contact_picking.hovered = None
        clear_status()

    def _leave(self, context: bpy.types.Context, how: str) -> set[str]:
        self.cancel(context)
        if context.area is not None:
            context.area.tag_redraw()
        return {how}

    def _say(self, context: bpy.types.Context) -> None:
        """Say in the status bar what is to be clicked, and draw what is under the mouse."""
        under = self._seen.named(context.scene) if self._seen is not None else ""
        asked = "Click a point of a character" if self._first is None else f"{self._first.named(context.scene)} touches"
        if context.workspace is not None:
            context.workspace.status_text_set(f"{asked}: {under}     Backspace: back   Esc: end")
        contact_picking.hovered = self._seen
        context.area.tag_redraw()


def _source(description: str) -> object:
    return EnumProperty(
        name="Of",
        items=(("STRIPS", "Selected Strips", "The selected contact strips"), ("EVENT", "Event", "The selected event")),
        options={"SKIP_SAVE"},
        description=description,
    )


class INTERACT_OT_constrain_contacts(NeedsCast):
    """Hold a hand or foot on what it touches by constraints with keyed influence, for work by hand: an empty that rides
    on the other's bone, IK on the arm or leg, and a copied rotation. Nothing moves until you change something
    """

    bl_idname = "interact.constrain_contacts"
    bl_label = "To Constraints"
    bl_options = {"REGISTER", "UNDO"}

    source: _source("Which contacts become constraints")  # type: ignore[valid-type]
    place: EnumProperty(  # type: ignore[valid-type]
        name="Hold",
        items=(
            ("FRAMES", "As Seen", "The empty is keyed to where the limb is in every frame, so the picture stays"),
            ("MIDDLE", "Firmly", "The empty stays where the limb is in the middle of the contact, so nothing slides"),
        ),
        description="Where on the other it is held",
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            if self.source == "EVENT":
                holds = [hold_of_event(scene)]
            else:
                holds = holds_of_strips(scene, selected_contacts(context))
            if not holds:
                raise errors.InvalidRequest("No contact strip is selected; select some in the sequencer.")
            moved = max(hold_by_constraints(scene, hold, self.place == "FRAMES") for hold in holds)
        except errors.InterActError as error:
            return fail(self, error)
        kind = "WARNING" if self.place == "FRAMES" and moved > _STAYS else "INFO"
        say(
            self,
            "{contacts}: held by constraints; the limb moves by {centimetres} cm at most",
            kind,
            contacts=holds[0].title if len(holds) == 1 else counted(len(holds), "contact"),
            centimetres=f"{100.0 * moved:.1f}",
        )
        return {"FINISHED"}


class _OfHolds(bpy.types.Operator):
    """A verb for contacts that are held by constraints: of the selected strips or event; of all where none is."""

    source: _source("Which contacts it is for; for all where none is selected")  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not holds_in(context.scene):
            cls.poll_message_set("No contact is held by constraints")
            return False
        return True

    def chosen(self, context: bpy.types.Context) -> set[str] | None:
        """Return the ids of the holds that it is for, None for all. Raises ``InvalidRequest`` where it is for none."""
        if self.source == "EVENT":
            found = held_of_event(context.scene)
        else:
            strips = selected_contacts(context)
            found = held_of_strips(context.scene, strips) if strips else None
        if found is not None and not found:
            raise errors.InvalidRequest(
                "Nothing that is selected is held by constraints; select another contact, or none for all of them."
            )
        return found


class INTERACT_OT_bake_constraints(_OfHolds):
    """Key what the constraints of contacts show into the bones, and remove the constraints: of the selected contacts,
    or of all where none is selected
    """

    bl_idname = "interact.bake_constraints"
    bl_label = "Bake Constraints"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            count = bake_holds(context.scene, self.chosen(context))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "{contacts} keyed, without constraints", contacts=counted(count, "contact"))
        return {"FINISHED"}


class INTERACT_OT_remove_constraints(_OfHolds):
    """Remove the constraints and empties of the selected contacts, or of all where none is selected"""

    bl_idname = "interact.remove_constraints"
    bl_label = "Remove Constraints"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            count = remove_holds(context.scene, self.chosen(context))
        except errors.InterActError as error:
            return fail(self, error)
        say(self, "{contacts} no longer held by constraints", contacts=counted(count, "contact"))
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_add_contact,
    INTERACT_OT_change_contact,
    INTERACT_OT_pick_contact,
    INTERACT_OT_constrain_contacts,
    INTERACT_OT_bake_constraints,
    INTERACT_OT_remove_constraints,
)
