"""Words of new and edited texts are looked for by themselves, in a window, after a moment without changes."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import partial

import bpy

from ..messages import Message, in_words, translated
from ..properties import ActorKey
from ..rig.identity import scene_with
from ..runtime_api import errors
from ..worker_client import generation, word_search
from .feedback import redraw, tell
from .stepping import broken, reason_to_wait

STAGE = Message("Finding the words in the voices")
_MOMENT = 0.7  # seconds

_running: Generator[float, None, list[str]] | None = None


def is_searching() -> bool:
    """Return whether words are looked for."""
    return _running is not None


def look_for(actor: ActorKey, text: str) -> None:
    """Look for the words of a text that was just added."""
    word_search.forget_text(actor, text)
    _look_soon()


@bpy.app.handlers.persistent
def scene_changed(scene: bpy.types.Scene, graph: bpy.types.Depsgraph | None = None) -> None:
    """Look in a moment whether a text is new, or says something else."""
    if graph is None or graph.id_type_updated("SCENE"):
        _look_soon()


@bpy.app.handlers.persistent
def stop(*_arguments: object) -> None:
    """Give up what is looked for; nothing was changed."""
    global _running
    running, _running = _running, None
    if running is not None:
        running.close()
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def begin(scene: bpy.types.Scene) -> None:
    """Look for the words of a scene's texts, in steps of a timer."""
    global _running
    stop()
    _running = word_search.search_in_steps(partial(_scene_of, scene.session_uid), reason_to_wait)
    bpy.app.timers.register(partial(tick, _running), first_interval=0.0)


def tick(running: Generator[float, None, list[str]]) -> float | None:
    """Do one step; return the seconds until the next one, or None after the last."""
    if running is not _running:  # stopped, or another file
        return None
    try:
        return next(running)
    except StopIteration as end:
        _ended(("WARNING", warning) for warning in end.value)
    except errors.Cancelled:  # the worker was ended, or the scene removed
        _ended(is_left=True)
    except errors.InterActError as error:
        _ended([("WARNING", in_words(error))], is_left=True)
    except Exception as error:
        _ended([("ERROR", broken(STAGE, error))], is_left=True)
        raise
    return None


def _ended(messages: Iterable[tuple[str, str]] = (), is_left: bool = False) -> None:
    """Tell how it went. ``is_left``: what was looked for is not looked for again until it is changed."""
    global _running
    _running = None
    if is_left:
        word_search.leave(bpy.context.scene)
    tell(messages)
    bpy.context.scene.update_tag()  # handlers are told, and the words over the voices read anew
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()
    redraw(bpy.context)


def draw(layout: bpy.types.UILayout) -> None:
    """Say that words are looked for, beside a button that stops it."""
    if _running is not None:
        row = layout.row(align=True)
        row.label(text=translated(STAGE), icon="SORTTIME")
        row.operator("interact.stop_word_search", text="", icon="X")


class INTERACT_OT_stop_word_search(bpy.types.Operator):
    """Stop looking for words in the voices; the texts stay as they are, and the next Generate finds their words"""

    bl_idname = "interact.stop_word_search"
    bl_label = "Stop"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _running is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        stop()
        word_search.leave(context.scene)
        redraw(context)
        return {"FINISHED"}


CLASSES = (INTERACT_OT_stop_word_search,)


def _scene_of(uid: int) -> bpy.types.Scene:
    scene = scene_with(uid)
    if scene is None:
        raise errors.Cancelled("The scene was removed.")
    return scene


def _look_soon() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=_MOMENT)


def _look() -> float | None:
    """Begin where there is a text whose words are not known; wait while one is typed, or the shot plays."""
    scene = bpy.context.scene
    if scene is None or _running is not None or generation.runtime_is_missing():
        return None
    screen = bpy.context.screen
    if generation.current is not None or (screen is not None and screen.is_animation_playing):
        return _MOMENT
    if word_search.is_wanted(scene):
        begin(scene)
    return None
