"""Retime to a New Recording: another recording for a voice strip, and the take goes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..messages import translated
from ..runtime_api import errors
from ..scene.ranges import active_strip
from ..takes.library import shown_take
from ..takes.retiming import retime
from ..worker_client import generation
from ..worker_client.orders import changed_order
from .feedback import fail
from .generate import watch
from .stepping import reason_to_wait


class INTERACT_OT_new_recording(bpy.types.Operator):
    """Exchange the active voice strip for another recording of the line. Strips, labels and motion after it move by the
    difference, as a new take, and the line itself is generated
    """

    bl_idname = "interact.new_recording"
    bl_label = "Retime to a New Recording"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", description="The new recording of the line")  # type: ignore[valid-type]
    generate: BoolProperty(  # type: ignore[valid-type]
        name="Generate the Line",
        default=True,
        description="Generate the line at once, as Only What Changed does; it is an undo step of its own",
    )
    filter_sound: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if generation.current is not None:
            cls.poll_message_set("Wait until the generation has ended")  # type: ignore[attr-defined]
            return False
        if shown_take(context.scene) is None:
            cls.poll_message_set("Choose a take in the list first")  # type: ignore[attr-defined]
            return False
        if _voice(context) is None:
            cls.poll_message_set("Select the sound strip of the line in the sequencer")  # type: ignore[attr-defined]
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        take, strip = shown_take(context.scene), _voice(context)
        assert take is not None
        try:
            exchange, warnings = retime(context.scene, take, strip, Path(bpy.path.abspath(self.filepath)))
        except errors.InterActError as error:
            return fail(self, error)
        for warning in warnings:
            self.report({"WARNING"}, translated(warning))
        frames = f"{abs(exchange.by)} frames {'later' if exchange.by > 0 else 'earlier'}"
        way = frames if exchange.by else "where it was"
        starts = self.generate and not bpy.app.background and not generation.disabled_reason(context.scene)
        then = "the line is being generated" if starts else "press Only What Changed to make the line"
        self.report({"INFO"}, f"What comes after the line is {way}; {then}")
        if starts:
            order = replace(changed_order(context.scene), undo=True, in_window=True, obstacle=reason_to_wait)
            watch(generation.Generation(context.scene, order))
        return {"FINISHED"}


def _voice(context: bpy.types.Context) -> Any | None:
    """Return the active strip of the sequencer, if it is a sound."""
    strip = active_strip(context.scene)
    return strip if strip is not None and strip.type == "SOUND" else None


CLASSES = (INTERACT_OT_new_recording,)
