"""What a person says of a take: its title and whether it is a favourite. Both actors' actions say the same."""

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from .library import same_take, show, shown_take, summary_of, takes_in

_TITLE, _FAVOURITE = "interact_title", "interact_favourite"


def _title(take: bpy.types.PropertyGroup) -> str:
    action = take.id_data
    summary = summary_of(action)
    return str(action.get(_TITLE, "") or (f"Take {summary.take}" if summary is not None else action.name))


def _set_title(take: bpy.types.PropertyGroup, title: str) -> None:
    _say(take, _TITLE, title.strip())


def _is_favourite(take: bpy.types.PropertyGroup) -> bool:
    return bool(take.id_data.get(_FAVOURITE, False))


def _set_favourite(take: bpy.types.PropertyGroup, value: bool) -> None:
    _say(take, _FAVOURITE, value)


def _say(take: bpy.types.PropertyGroup, name: str, value: str | bool) -> None:
    for action in same_take(take.id_data):
        if action.is_editable:
            action[name] = value


class INTERACT_PG_take(bpy.types.PropertyGroup):
    """Settings of a take, on each of its actions."""

    title: StringProperty(  # type: ignore[valid-type]
        name="Title",
        options=set(),
        get=_title,
        set=_set_title,
        description="What the take is called; cleared, it is called by its number again",
    )
    favourite: BoolProperty(  # type: ignore[valid-type]
        name="Favourite",
        options=set(),
        get=_is_favourite,
        set=_set_favourite,
        description="Mark the take, to find it again among many",
    )


def _shown_row(scene: bpy.types.Scene) -> int:
    take = shown_take(scene)
    return bpy.data.actions.find(take.written[0].name) if take is not None else -1


def _show_row(scene: bpy.types.Scene, row: int) -> None:
    action = bpy.data.actions[row] if 0 <= row < len(bpy.data.actions) else None
    for take in takes_in(scene):
        if action in take.written:
            show(scene, take)


def shown_take_row() -> object:
    """Make the setting of a scene that says which row of the file's actions is shown: what the actors play."""
    return IntProperty(
        name="Shown Take",
        options=set(),
        get=_shown_row,
        set=_show_row,
        description="The take that both actors play; click another to see it",
    )
