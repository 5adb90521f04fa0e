"""Retime to a New Recording: another recording for a voice strip, and the take goes along."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..messages import Message, in_words
from ..rig.identity import scene_with
from ..runtime_api import errors, saying
from ..scene.ranges import active_strip
from ..takes.library import shown_take
from ..takes.retiming import plan_retiming_in_steps, retime
from ..worker_client import generation
from ..worker_client.orders import changed_order
from .feedback import tell
from .generate import watch
from .stepping import FindScene, InSteps, Steps, Told, Work, reason_to_wait

_UNDO = "Retime to a New Recording"


class INTERACT_OT_new_recording(InSteps, bpy.types.Operator):
    """Exchange the active voice strip for another recording of the line. Strips, labels and motion after it move by the
    difference, as a new take, and the line itself is generated
    """

    bl_idname = "interact.new_recording"
    bl_label = "Retime to a New Recording"

    filepath: StringProperty(subtype="FILE_PATH", description="The new recording of the line")  # type: ignore[valid-type]
    generate: BoolProperty(  # type: ignore[valid-type]
        name="Generate the Line",
        default=True,
        description="Generate the line at once, as Only What Changed does; one Undo takes both back",
    )
    filter_sound: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if shown_take(context.scene) is None:
            cls.poll_message_set("Choose a take in the list first")
            return False
        if _voice(context) is None:
            cls.poll_message_set("Select the sound strip of the line in the sequencer")
            return False
        return super().poll(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.in_window = not bpy.app.background
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, context: bpy.types.Context) -> Work:
        strip = _voice(context)
        if strip is None:
            raise errors.InvalidRequest("No voice strip is active; select the one of the line.")
        path = Path(bpy.path.abspath(self.filepath))
        starts = self.generate and self.in_window and not generation.disabled_reason(context.scene)
        begin = partial(_retimed, strip.name, path, starts)
        return Work("Reading the motion", "" if starts else _UNDO, begin, _generate_line if starts else _nothing)


def _nothing(scene: bpy.types.Scene) -> None:
    """Leave the line to be made."""


def _retimed(strip: str, path: Path, starts: bool, find: FindScene, seconds: float) -> Steps:
    """Return what exchanges a line for another recording and moves what comes after it."""
    plan = yield from saying(0.5, plan_retiming_in_steps(find, strip, path, seconds))

    def write(scene: bpy.types.Scene) -> Told:
        global _line
        exchange, name, warnings = retime(scene, plan)
        _line = Line(scene.session_uid, name) if starts else None
        if exchange.by:
            way = "{frames} frames later" if exchange.by > 0 else "{frames} frames earlier"
            moved = Message(way, frames=abs(exchange.by))
        else:
            moved = Message("where it was")
        then = Message("the line is being generated" if starts else "press Only What Changed to make the line")
        done = Message("What comes after the line is {moved}; {then}", moved=moved, then=then)
        return [*(("WARNING", warning) for warning in warnings), ("INFO", done)]

    return write


@dataclass(frozen=True)
class Line:
    """A line that was exchanged and is being generated: both are one undo step, made when it is done or given up."""

    scene: int
    strip: str


_line: Line | None = None


def _generate_line(scene: bpy.types.Scene) -> None:
    try:
        order = replace(changed_order(scene), undo=True, undo_name=_UNDO, in_window=True, obstacle=reason_to_wait)
        watch(generation.Generation(scene, order), then=_forget_line, otherwise=_keep_exchange)
    except errors.InterActError as error:
        _keep_exchange()
        tell([("ERROR", in_words(error))])


def _forget_line() -> None:
    global _line
    _line = None


def _keep_exchange() -> None:
    """Make the exchange an undo step of its own: its line was not generated."""
    if _line is not None and scene_with(_line.scene) is not None:
        bpy.ops.ed.undo_push(message=_UNDO)
    _forget_line()


@bpy.app.handlers.persistent
def undone(*_arguments: object) -> None:
    """Give up the line whose exchange an undo took back: until it is done, nothing has pushed it as a step.

    So the undo went back one step further, to before what was done last; that comes back with a redo.
    """
    if _line is None or (generation.current is None):
        return
    scene = scene_with(_line.scene)
    there: Any = scene.sequence_editor.strips_all if scene is not None and scene.sequence_editor is not None else {}
    if _line.strip in there:
        return
    _forget_line()
    generation.current.abandon()
    bpy.app.timers.register(_redo, first_interval=0.0)


def _redo() -> None:
    """Do what was done before the exchange again."""
    windows = bpy.context.window_manager.windows
    with bpy.context.temp_override(window=windows[0]) if windows else nullcontext():
        if bpy.ops.ed.redo.poll():
            bpy.ops.ed.redo()
    tell([("INFO", Message("The new recording was taken back; its line is not generated"))])


def _voice(context: bpy.types.Context) -> Any | None:
    """Return the active strip of the sequencer, if it is a sound."""
    strip = active_strip(context.scene)
    return strip if strip is not None and strip.type == "SOUND" else None


CLASSES = (INTERACT_OT_new_recording,)
