"""What a person says of a take: title and star, which both actors' actions share, and the amplitudes of each."""

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from ..rig.amplitude import AMPLITUDES, FACE, GESTURES, HEAD, LEAST, MOST, curve_paths, set_amplitude, stored_amplitude
from ..rig.timing import frames_per_second
from ..scene.casting import character_of
from .layers import influence_of_layer, set_influence_of_layer
from .library import owners_of, same_take, show, shown_take, summary_of, takes_in

__all__ = ["AMPLITUDES", "INTERACT_PG_take", "shown_take_row"]

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


def _amplitude(which: str, name: str, of: str) -> object:
    """Make the slider of one of the amplitudes."""
    return FloatProperty(
        name=name,
        options=set(),
        min=LEAST,
        max=MOST,
        soft_min=0.5,
        soft_max=1.5,
        step=5,
        get=lambda take: stored_amplitude(take.id_data, which),
        set=lambda take, value: _set_amplitude(take.id_data, which, value),
        description=f"How large {of}: 1 as generated. The keys stay as they are",
    )


def _set_amplitude(action: bpy.types.Action, which: str, value: float) -> None:
    scene = bpy.context.scene
    for actor in scene.interact.actors:
        if actor.armature is not None and any(True for _ in owners_of(actor.armature, action)):
            paths = curve_paths(character_of(actor), which)
            set_amplitude(action, which, paths, value, frames_per_second(scene))
            for owner, _ in owners_of(actor.armature, action):
                owner.update_tag()


class INTERACT_PG_take(bpy.types.PropertyGroup):
    """Settings of a take, on each of its actions; ``influence`` of a layer, on its action."""

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
    influence: FloatProperty(  # type: ignore[valid-type]
        name="Influence",
        options=set(),
        min=0.0,
        max=1.0,
        step=5,
        subtype="FACTOR",
        get=lambda layer: influence_of_layer(layer.id_data),
        set=lambda layer, value: set_influence_of_layer(layer.id_data, value),
        description="How much of this layer is seen: of its offsets on body and face",
    )
    face: _amplitude(FACE, "Face", "the face's expressions are, without the eyes")  # type: ignore[valid-type]
    head: _amplitude(HEAD, "Head", "the movements of neck and head are")  # type: ignore[valid-type]
    gestures: _amplitude(GESTURES, "Gestures", "the movements of arms and hands are")  # type: ignore[valid-type]


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
