"""Mending what would make a performance invisible or wrong: one problem, or all of them."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..messages import translated
from ..runtime_api import errors
from ..scene.preflight import mend, mend_all
from .feedback import fail, say
from .problems import find_all, search


class INTERACT_OT_mend(bpy.types.Operator):
    """Mend what keeps the result from being seen, in one step of undo"""

    bl_idname = "interact.mend"
    bl_label = "Mend"
    bl_options = {"REGISTER", "UNDO"}

    sentence: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return properties.sentence.removesuffix(".") or "Mend this problem"

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            problem = next((p for p in find_all(scene) if p.sentence == self.sentence), None)
            if problem is None:
                search(scene)
                say(self, "This is no problem any more")
                return {"CANCELLED"}
            mend(scene, problem)
        except errors.InterActError as error:
            return fail(self, error)
        search(scene)
        self.report({"INFO"}, translated(problem.done))
        return {"FINISHED"}


class INTERACT_OT_mend_all(bpy.types.Operator):
    """Mend every problem that has a button"""

    bl_idname = "interact.mend_all"
    bl_label = "Mend All"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            done = mend_all(context.scene)
        except errors.InterActError as error:
            return fail(self, error)
        left = search(context.scene)
        for sentence in done:
            self.report({"INFO"}, translated(sentence))
        if left:
            self.report({"WARNING"}, translated(left[0].sentence))
        return {"FINISHED"} if done else {"CANCELLED"}


CLASSES = (INTERACT_OT_mend, INTERACT_OT_mend_all)
