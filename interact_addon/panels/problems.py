"""What is missing or in the way of a performance: the first thing in one line with its button, all of it below."""

from __future__ import annotations

import bpy

from ..messages import Message
from ..operators.problems import known_problems
from ..scene.preflight import Problem
from .sidebar import in_our_language, lines

_MOST_SHOWN = 5


def draw_problems(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the first problem in one line, a blocking one before others; under it, folded, what there is to say."""
    problems = known_problems(context.scene)
    if not problems:
        return
    first = problems[0]
    row = layout.row()
    row.alert = first.blocks
    split = row.split(factor=_share(first)) if first.fix else row
    split.label(text=in_our_language(first.headline), icon=_icon(first))
    if first.fix:
        _draw_button(split, first)
    header, body = layout.panel("interact_problems", default_closed=True)
    header.label(text=in_our_language(_title(problems)))
    if body is not None:
        _draw_all(body, context, problems)


def _title(problems: tuple[Problem, ...]) -> str:
    return "Details" if len(problems) == 1 else Message("Details and {count} more", count=len(problems) - 1)


def _share(problem: Problem) -> float:
    """Return the part of the line that the words need beside the button, both with a margin and the words an icon."""
    words, button = len(problem.headline) + 6, len(problem.fix) + 3
    return min(max(words / (words + button), 0.4), 0.7)


def _draw_all(layout: bpy.types.UILayout, context: bpy.types.Context, problems: tuple[Problem, ...]) -> None:
    for problem in problems[:_MOST_SHOWN]:
        lines(layout, context, problem.sentence, _icon(problem), inset=2)
        if problem.fix:
            _draw_button(layout, problem)
    if len(problems) > _MOST_SHOWN:
        layout.label(
            text=in_our_language(Message("and {count} more", count=len(problems) - _MOST_SHOWN)), icon="BLANK1"
        )
    if sum(problem.mending is not None and not problem.is_a_choice for problem in problems) > 1:
        layout.operator("interact.mend_all", icon="CHECKMARK")


def _draw_button(layout: bpy.types.UILayout, problem: Problem) -> None:
    if problem.operator:
        layout.operator(problem.operator, text=in_our_language(problem.fix))
    else:
        layout.operator("interact.mend", text=in_our_language(problem.fix)).sentence = problem.sentence


def _icon(problem: Problem) -> str:
    return "ERROR" if problem.blocks else "INFO"
