"""The list of what would make a performance invisible or wrong, each with the button that mends it."""

from __future__ import annotations

import bpy

from ..operators.problems import known_problems
from .sidebar import lines

_MOST_SHOWN = 5


def draw_problems(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the first problems, blocking ones before others, and how many more there are."""
    problems = known_problems(context.scene)
    if not problems:
        return
    box = layout.box()
    for problem in problems[:_MOST_SHOWN]:
        lines(box, context, problem.sentence, "ERROR" if problem.blocks else "INFO", inset=2)
        if problem.fix:
            box.operator("interact.mend", text=problem.fix, icon="TOOL_SETTINGS").sentence = problem.sentence
    if len(problems) > _MOST_SHOWN:
        box.label(text=f"and {len(problems) - _MOST_SHOWN} more", icon="BLANK1")
    if sum(bool(problem.fix) for problem in problems) > 1:
        box.operator("interact.mend_all", icon="CHECKMARK")
