"""What all panels of the InterAct tab share: their place, sentences over several lines, one class an editor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import bpy

from ..messages import translated
from ..operators.mapping import shown_actor
from ..properties import INTERACT_PG_actor, actor_name


class Sidebar:
    """A panel of the InterAct tab, before it is made for an editor."""

    bl_category = "InterAct"
    bl_region_type = "UI"
    bl_options: set[str] = set()
    inside = ""  # the panel that this one is a part of
    layout: bpy.types.UILayout


class OfTheCast(Sidebar):
    """A panel for both actors, once both are cast, with a row of buttons for each."""

    bl_options = {"DEFAULT_CLOSED"}
    inside = "script"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return all(actor.armature is not None for actor in context.scene.interact.actors)

    def rows(self, context: bpy.types.Context, share: float = 0.35) -> Iterator[tuple[str, bpy.types.UILayout]]:
        """Yield for each actor its number, as operators take it, and a row beside its name, which takes ``share``."""
        for number, actor in enumerate(context.scene.interact.actors):
            split = self.layout.split(factor=share)
            split.label(text=actor_name(actor), translate=False)
            yield str(number), split.row(align=True)


def in_both_editors(base: type) -> tuple[type[bpy.types.Panel], type[bpy.types.Panel]]:
    """Make the same panel for the 3D view and for the sequencer."""
    return (_panel(base, "VIEW_3D", ""), _panel(base, "SEQUENCE_EDITOR", "_sequencer"))


def _panel(base: type, space: str, suffix: str) -> type[bpy.types.Panel]:
    settings = {"bl_space_type": space}
    if base.inside:  # type: ignore[attr-defined]
        settings["bl_parent_id"] = f"INTERACT_PT_{base.inside}{suffix}"  # type: ignore[attr-defined]
    return type(f"INTERACT_PT_{base.__name__.lower()}{suffix}", (base, bpy.types.Panel), settings)


def chosen_actor(layout: bpy.types.UILayout, context: bpy.types.Context) -> INTERACT_PG_actor | None:
    """Draw the choice between the actors and return the chosen one; None, with a word, if it has no armature."""
    settings = context.scene.interact
    row = layout.row(align=True)
    for number, actor in enumerate(settings.actors):
        title = actor_name(actor) or ("First", "Second")[number]
        row.prop_enum(settings, "bones_shown", str(number), text=title)
    chosen: INTERACT_PG_actor = shown_actor(context)
    if chosen.armature is None:
        layout.label(text="Cast the character first", icon="INFO")
        return None
    return chosen


def lines(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "INFO", inset: int = 0
) -> None:
    """Draw a sentence over several lines: labels don't wrap by themselves. ``inset``: letters fewer, as in a box."""
    width = context.region.width / (7 * context.preferences.system.ui_scale) if context.region is not None else 40
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(in_our_language(text), max(20, int(width) - 6 - inset))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1")


def in_our_language(text: str) -> str:
    """Return a label in the language of the interface; Blender knows only those without a name or a number in them."""
    return translated(text, bpy.app.translations.pgettext_iface)
