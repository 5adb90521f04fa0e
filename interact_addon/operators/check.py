"""Checking a shot: find contacts and penetrations, go through them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import bpy
from bpy.props import IntProperty

from ..check import events as check_events
from ..check.in_renders import add_contact_objects, contact_objects, remove_contact_objects
from ..check.shot_check import (
    ShotCheck,
    check_shot_in_steps,
    forget,
    is_current,
    known_check,
    mark_changed,
    remember,
)
from ..runtime_api import errors
from ..scene.preflight.objects import furniture_problems
from .feedback import NeedsCast, fail, poll_cast, say
from .stepping import FindScene, InSteps, Steps, Told, Work

_OFF = 0.02  # metres from which on a body that is shown elsewhere than it was measured is warned of
_VIEW_DISTANCE = 1.2  # metres from which an event is looked at

STAGE = "Checking"
Keep = Callable[[bpy.types.Scene, ShotCheck], Told]


@bpy.app.handlers.persistent
def file_loaded(*_arguments: object) -> None:
    """Forget the checks of the file that was closed."""
    forget()
    check_events.forget()


@bpy.app.handlers.persistent
def scene_changed(scene: bpy.types.Scene, graph: bpy.types.Depsgraph | None = None) -> None:
    """Note that keys or a mesh of the furniture were changed, or anything by an undo: the check is of before.

    What else it depends on is compared where it is asked for.
    """
    if graph is None or _is_reshaped(scene, graph):
        mark_changed(scene)
    elif graph.id_type_updated("ACTION"):
        updated = (update.id for update in graph.updates)
        mark_changed(scene, {one.original.session_uid for one in updated if isinstance(one, bpy.types.Action)})
    if graph is None or graph.id_type_updated("SCENE"):
        check_events.forget()


def _is_reshaped(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> bool:
    """Return whether a mesh of the furniture was edited."""
    collection = scene.interact.furniture  # type: ignore[attr-defined]
    if collection is None or not graph.id_type_updated("MESH"):
        return False
    meshes = {obj.data.session_uid for obj in collection.all_objects if obj.type == "MESH"}
    return any(
        update.is_updated_geometry
        and isinstance(update.id, bpy.types.Mesh)
        and update.id.original.session_uid in meshes
        for update in graph.updates
    )


class INTERACT_OT_check(InSteps, bpy.types.Operator):
    """Find where the two touch, cut into each other or into themselves, and what their feet do on the floor"""

    bl_idname = "interact.check"
    bl_label = "Check"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return super().poll(context) and poll_cast(cls, context)

    def work(self, context: bpy.types.Context) -> Work:
        return check_work(_keep_alone)


def check_work(keep: Keep, undo: str = "Check") -> Work:
    """Return the work of checking a scene, and to ``keep`` what is found, as a step of ``undo`` of its own."""
    return Work(STAGE, undo, partial(_begin, keep))


def _begin(keep: Keep, find_scene: FindScene, seconds: float) -> Steps:
    found = yield from check_shot_in_steps(find_scene, seconds)
    return lambda scene: keep(scene, found)


def _keep_alone(scene: bpy.types.Scene, found: ShotCheck) -> Told:
    keep_check(scene, found)
    warned = [("WARNING", problem.sentence) for problem in furniture_problems(scene)]
    return [*warned, ("INFO", check_events.summary(scene))]


def keep_check(scene: bpy.types.Scene, found: ShotCheck) -> None:
    """Put what was found into the scene's list, as what is true now."""
    check_events.store(scene, found)
    bpy.context.view_layer.update()  # what is still to be told of keys from before the check is of before
    remember(scene, found)


class INTERACT_OT_show_event(bpy.types.Operator):
    """Go to the frame of this event and look at it in the 3D views that no camera looks through"""

    bl_idname = "interact.show_event"
    bl_label = "Show Event"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="Event", min=0, description="Its number in the list")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        events = context.scene.interact.check.events
        if self.index >= len(events):
            say(self, "There is no event {number}; check the shot again.", "ERROR", number=self.index)
            return {"CANCELLED"}
        event = events[self.index]
        context.scene.frame_set(round(event.peak))
        for window in context.window_manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    _look_at(area, event.place)
        return {"FINISHED"}


def _look_at(area: bpy.types.Area, place: tuple[float, float, float]) -> None:
    view = area.spaces.active.region_3d
    if view.view_perspective != "CAMERA":
        view.view_location = place
        view.view_distance = min(view.view_distance, _VIEW_DISTANCE)


class INTERACT_OT_next_event(bpy.types.Operator):
    """Go to the next event of the list after the current frame, or to the one before it"""

    bl_idname = "interact.next_event"
    bl_label = "Next Event"
    bl_options = {"REGISTER"}

    step: IntProperty(  # type: ignore[valid-type]
        name="Step", default=1, options={"SKIP_SAVE"}, description="1 is the next event, -1 the one before"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not check_events.shown_events(context.scene):
            cls.poll_message_set("The list of events is empty; press Check")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        index = check_events.next_event(context.scene, self.step)
        if index is None:
            say(self, "There is no event after this frame" if self.step > 0 else "There is no event before this frame")
            return {"CANCELLED"}
        context.scene.interact.check.active = index
        return {"FINISHED"}


class INTERACT_OT_add_contact_objects(NeedsCast):
    """Make what the last check found into objects that are rendered: both bodies, coloured by depth, and their contact
    points, in a collection of their own. Press it again after another check
    """

    bl_idname = "interact.add_contact_objects"
    bl_label = "Show in Renders"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not is_current(context.scene):
            cls.poll_message_set("Press Check first: what it finds becomes objects")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = known_check(context.scene)
        assert found is not None
        try:
            drawn = add_contact_objects(context.scene, found)
        except errors.InterActError as error:
            return fail(self, error)
        remember(context.scene, found)  # the armatures, which are read anew now, move as before
        kind = "WARNING" if drawn.off > _OFF else "INFO"
        say(
            self,
            "'{collection}' has both bodies, within {centimetres} cm of where the check has them",
            kind,
            collection=drawn.collection.name,
            centimetres=f"{100.0 * drawn.off:.1f}",
        )
        return {"FINISHED"}


class INTERACT_OT_remove_contact_objects(bpy.types.Operator):
    """Remove the objects of a check from renders, and from the file"""

    bl_idname = "interact.remove_contact_objects"
    bl_label = "Remove from Renders"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return contact_objects(context.scene) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_contact_objects(context.scene)
        return {"FINISHED"}


CLASSES = (
    INTERACT_OT_check,
    INTERACT_OT_show_event,
    INTERACT_OT_next_event,
    INTERACT_OT_add_contact_objects,
    INTERACT_OT_remove_contact_objects,
)
