"""Action labels: put over a range of frames, given to selected strips, and strips that look like their names."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty

from .. import compat
from ..messages import Message, counted
from ..properties import ActorKey, actor_choice, actor_key
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors
from ..scene.channels import ACTIONS, KINDS
from ..scene.contact_goals import follow_contacts
from ..scene.label_names import follow_names, set_label
from ..scene.labels import action_strips, label_range
from ..scene.ownership import channels_of_all
from ..scene.pair import follow_pair
from ..scene.ranges import active_strip_in, selected_strips
from .feedback import NeedsCast, fail, poll_cast, redraw, say

_MEANINGS = {
    "sit": "The actor sits on its seat",
    "walk": "The actor walks: to the strip's target or, without one, about and back",
    "stand": "The actor stands",
}
LABELS = tuple((label, label.capitalize(), _MEANINGS[label]) for label in contract.ACTION_LABELS)
_LABEL = "What the actor does in these frames"
_SECONDS_AT_REST = 0.05
_subscriber = object()  # owns the subscription to strips' names


def label_span(context: bpy.types.Context) -> tuple[int, int]:
    """Return the frames that a label is put over, the second not included: the preview range, else from the playhead.

    Both are of the scene whose sequencer is shown. Raises ``InvalidRequest`` where they lie outside of the shot.
    """
    scene = compat.sequencer_scene(context.scene)
    if scene.use_preview_range:
        start, end, what = scene.frame_preview_start, scene.frame_preview_end + 1, "preview range"
    else:
        start, what = scene.frame_current, "playhead"
        end = start + max(1, round(context.scene.interact.labels.seconds * frames_per_second(scene)))
    start, end = max(start, scene.frame_start), min(end, scene.frame_end + 1)
    if end <= start:
        raise errors.InvalidRequest(
            f"The {what} lies outside of the shot, frames {scene.frame_start} to {scene.frame_end}; move it inside."
        )
    return start, end


def active_label(context: bpy.types.Context) -> Any:
    """Return the active strip of the sequencer if it is an action strip of one of the two actors, else None."""
    own = channels_of_all(compat.sequencer_scene(context.scene), _actors(context), (ACTIONS,))
    return active_strip_in(context.scene, own)


def selected_actions(context: bpy.types.Context) -> list[Any]:
    """Return the selected action strips of the two actors."""
    scene = compat.sequencer_scene(context.scene)
    return [strip for key in _actors(context) for strip in action_strips(scene, key) if strip.select]


def _actors(context: bpy.types.Context) -> list[ActorKey]:
    return [actor_key(actor) for actor in context.scene.interact.actors if actor.armature is not None]


class INTERACT_OT_label_range(NeedsCast):
    """Give the actor this label from the playhead on, or in the preview range; strips there are cut at both ends"""

    bl_idname = "interact.label_range"
    bl_label = "Label Range"
    bl_options = {"REGISTER", "UNDO"}

    label: EnumProperty(name="Label", items=LABELS, description=_LABEL)  # type: ignore[valid-type]
    actor: actor_choice("The actor whose channel is labelled")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, actor = compat.sequencer_scene(context.scene), _actors(context)[int(self.actor)]
        try:
            start, end = label_span(context)
            label_range(scene, actor, self.label, start, end)
        except errors.InterActError as error:
            return fail(self, error)
        label = Message(self.label)
        say(
            self,
            "{actor}: {label} from frame {start} to {end}",
            actor=actor.name,
            label=label,
            start=start,
            end=end - 1,
        )
        return {"FINISHED"}


class INTERACT_OT_label_selected(bpy.types.Operator):
    """Give the selected action strips this label; with other strips of an actor selected, such as a voice, the actor
    gets the label for as long as they last
    """

    bl_idname = "interact.label_selected"
    bl_label = "Label Selected"
    bl_options = {"REGISTER", "UNDO"}

    label: EnumProperty(name="Label", items=LABELS, description=_LABEL)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not poll_cast(cls, context):
            return False
        if not selected_strips(context.scene):
            cls.poll_message_set("Select action strips, or other strips in an actor's channels")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, labels = compat.sequencer_scene(context.scene), selected_actions(context)
        try:
            for strip in labels:
                set_label(scene, strip, self.label)
            ranges = [] if labels else self._ranges(context)
            for actor, start, end in ranges:
                label_range(scene, actor, self.label, start, end)
        except errors.InterActError as error:
            return fail(self, error)
        count = len(labels) or len(ranges)
        say(self, "{strips}: {label}", strips=counted(count, "strip"), label=Message(self.label))
        return {"FINISHED"}

    def _ranges(self, context: bpy.types.Context) -> list[tuple[ActorKey, int, int]]:
        """Return for each selected strip of an actor the actor and the frames that the strip covers."""
        scene = compat.sequencer_scene(context.scene)
        found = []
        for actor in _actors(context):
            own = channels_of_all(scene, [actor], KINDS)
            for strip in selected_strips(context.scene):
                if strip.channel in own:
                    found.append((actor, int(compat.strip_left(strip)), int(compat.strip_right(strip))))
        return found


class INTERACT_MT_label_pie(bpy.types.Menu):
    """The labels around the mouse, for the selected strips."""

    bl_idname = "INTERACT_MT_label_pie"
    bl_label = "Action Label"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.menu_pie().operator_enum("interact.label_selected", "label")


class INTERACT_MT_labels(bpy.types.Menu):
    """The labels, for the selected strips."""

    bl_idname = "INTERACT_MT_labels"
    bl_label = "Action Label"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator_enum("interact.label_selected", "label")


def draw_context_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Offer the labels in the sequencer's context menu, where strips of an actor are selected."""
    if len(_actors(context)) == 2 and selected_strips(context.scene):
        menu.layout.separator()
        menu.layout.menu(INTERACT_MT_labels.bl_idname, icon="STRIP_COLOR_03")


# ---- strips look like their names -----------------------------------------------------------------------------------


@bpy.app.handlers.persistent
def strips_changed(_scene: object = None, depsgraph: bpy.types.Depsgraph | None = None) -> None:
    """Let strips follow their names as soon as Blender is done with what it does; a change of objects is none."""
    is_of_a_scene = depsgraph is None or depsgraph.id_type_updated("SCENE")
    if is_of_a_scene and not bpy.app.background and not bpy.app.timers.is_registered(_follow):
        bpy.app.timers.register(_follow, first_interval=_SECONDS_AT_REST)


def _follow() -> None:
    if bpy.app.is_job_running("RENDER"):
        return
    for scene in bpy.data.scenes:
        if scene.library is None:
            follow_names(scene)
            follow_pair(scene)
            follow_contacts(scene)
    redraw(bpy.context)
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "DOPESHEET_EDITOR":  # the band; Blender redraws the sequencer alone
                area.tag_redraw()


@bpy.app.handlers.persistent
def listen(*_arguments: object) -> None:
    """Ask Blender to say when a strip is renamed; opening a file ends what was asked before."""
    bpy.msgbus.clear_by_owner(_subscriber)
    bpy.msgbus.subscribe_rna(key=(bpy.types.Strip, "name"), owner=_subscriber, args=(), notify=strips_changed)
    strips_changed()


def register() -> None:
    """Add the entry in the context menu, and what keeps strips looking like their names."""
    bpy.types.SEQUENCER_MT_context_menu.append(draw_context_menu)
    bpy.app.handlers.load_post.append(listen)
    listen()


def unregister() -> None:
    """Take back what ``register`` added."""
    bpy.msgbus.clear_by_owner(_subscriber)
    bpy.app.handlers.load_post.remove(listen)
    bpy.types.SEQUENCER_MT_context_menu.remove(draw_context_menu)
    if bpy.app.timers.is_registered(_follow):
        bpy.app.timers.unregister(_follow)


CLASSES = (INTERACT_OT_label_range, INTERACT_OT_label_selected, INTERACT_MT_label_pie, INTERACT_MT_labels)
