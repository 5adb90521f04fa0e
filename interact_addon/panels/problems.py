"""What is missing or in the way of a performance, and what was changed since the take that is shown.

The first thing stands in one line with its button, and all of it is folded below. Both lines are always there, so that
nothing below them moves when something comes up.
"""

from __future__ import annotations

import bpy

from ..messages import Message
from ..operators.problems import known_problems
from ..scene.preflight import Problem
from ..takes.changed import Changed
from .sidebar import in_our_language, lines

_MOST_SHOWN = 5


def draw_problems(
    layout: bpy.types.UILayout, context: bpy.types.Context, changed: Changed | None = None, is_ready: bool = False
) -> None:
    """Draw in one line a problem that blocks, else what was changed, else another problem; under it, folded, all.

    ``is_ready``: all else is there, and the lines are too where nothing is to be said.
    """
    problems = known_problems(context.scene)
    has_changed = changed is not None and changed.is_any
    if not problems and not is_ready:
        return
    first = problems[0] if problems and (problems[0].blocks or not has_changed) else None
    row = layout.row()
    if first is not None:
        row.alert = first.blocks
        split = row.split(factor=_share(first)) if first.fix else row
        split.label(text=in_our_language(first.headline), icon=_icon(first))
        if first.fix:
            _draw_button(split, first)
    elif changed is not None:
        row.label(text=in_our_language(made_again(changed)), icon="FILE_REFRESH" if has_changed else "CHECKMARK")
    else:
        row.label(text=in_our_language("Nothing is missing"), icon="CHECKMARK")
    header, body = layout.panel("interact_problems", default_closed=True)
    header.label(text=in_our_language(_title(len(problems) + has_changed)))
    if body is None:
        return
    if changed is not None:
        lines(body, context, changed.in_words, inset=2)
    _draw_all(body, context, problems)


def made_again(changed: Changed) -> Message:
    """Return which frames *Only What Changed* makes again; without any, what was changed."""
    if changed.stretch is None:
        return changed.in_words
    stretch = changed.stretch.in_words
    if changed.is_heard:
        return Message("Made again: {stretch}", stretch=stretch)
    return Message("Made again: {stretch}, or more", stretch=stretch)


def _title(count: int) -> str:
    return "Details" if count <= 1 else Message("Details and {count} more", count=count - 1)


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
