"""The problems that the panel shows: searched once the scene has changed and come to rest, never while drawing."""

from __future__ import annotations

import time

import bpy

from ..properties import actor_key
from ..runtime_api import errors
from ..scene.evaluated import is_only_looked_at, only_looking
from ..scene.preflight import Problem, find_hints, find_problems, sequencer_hint
from ..scene.voices import count_voices
from ..worker_client import generation
from .changes import actions_changed, forget_changes, is_edit_to_search, search_changes, search_one_edit
from .feedback import redraw

_SECONDS_BETWEEN = 0.05
_SECONDS_AT_REST = 0.3  # a drag or a slider sends an update a mouse move; a search costs about 0.1 s
_known: dict[int, tuple[Problem, ...]] = {}  # by the scene's session_uid
_voices: dict[int, tuple[tuple[object, ...], list[int]]] = {}  # by the scene's session_uid: state, strips per actor
_changed_at = 0.0
_is_searched = True  # for problems and changes, since the last order; edits of takes come after that
_changes = 0  # of any scene so far


def known_problems(scene: bpy.types.Scene) -> tuple[Problem, ...]:
    """Return the problems and hints found by the last search; the first question orders one. None without a whole cast.

    Which sequencer is open is looked at now: Blender tells nobody when it changes.
    """
    if not _is_cast(scene):
        return ()
    if scene.session_uid not in _known:
        order_search()
    hint = sequencer_hint(scene)
    found = _known.get(scene.session_uid, ())
    if hint is None:
        return found
    blocking = sum(problem.blocks for problem in found)
    return (*found[:blocking], hint, *found[blocking:])


def find_all(scene: bpy.types.Scene) -> list[Problem]:
    """Return problems and hints, the most important first. Raises as ``find_problems`` does."""
    hint = sequencer_hint(scene)
    return [*find_problems(scene), *([hint] if hint is not None else []), *find_hints(scene)]


def count_of_voices(scene: bpy.types.Scene) -> list[int]:
    """Return how many voice strips each actor has within the shot; they are counted again after a change."""
    now = (_changes, scene.frame_start, scene.frame_end, *map(actor_key, scene.interact.actors))
    if scene.session_uid not in _voices or _voices[scene.session_uid][0] != now:
        _voices[scene.session_uid] = now, [count_voices(scene, actor_key(actor)) for actor in scene.interact.actors]
    return _voices[scene.session_uid][1]


def search(scene: bpy.types.Scene) -> tuple[Problem, ...]:
    """Search now and remember the result; a cast that is not complete has no problems yet."""
    try:
        found = (*find_problems(scene), *find_hints(scene))
    except errors.InterActError:  # said elsewhere: Generate cannot be pressed, or says it
        found = ()
    _known[scene.session_uid] = found
    return found


def order_search() -> None:
    """Search as soon as nothing has changed for a moment."""
    global _changed_at, _is_searched
    _changed_at, _is_searched = time.monotonic(), False
    if not bpy.app.timers.is_registered(_search_at_rest):
        bpy.app.timers.register(_search_at_rest, first_interval=_SECONDS_AT_REST)


def _search_at_rest() -> float | None:
    global _is_searched
    waited = time.monotonic() - _changed_at
    if waited < _SECONDS_AT_REST or generation.current is not None:
        return max(_SECONDS_AT_REST - waited, 0.05)
    scene = bpy.context.scene
    if scene is None:
        return None
    if _is_searched:
        if not search_one_edit(scene):
            return None
        redraw(bpy.context)
        return _SECONDS_BETWEEN
    with only_looking():
        before = _known.get(scene.session_uid)
        is_other = (search_changes(scene) if _is_cast(scene) else False) | (search(scene) != before)
    _is_searched = True
    if is_other:
        redraw(bpy.context)
    return _SECONDS_BETWEEN if is_edit_to_search(scene) else None


@bpy.app.handlers.persistent
def scene_changed(scene: bpy.types.Scene, graph: bpy.types.Depsgraph | None = None) -> None:
    """Order a search after a change in a scene with a whole cast."""
    global _changes
    if is_only_looked_at():
        return
    _changes += 1
    if graph is None or graph.id_type_updated("ACTION"):  # none after an undo
        actions_changed()
    if _is_cast(scene):
        order_search()


def _is_cast(scene: bpy.types.Scene) -> bool:
    return all(actor.armature is not None for actor in scene.interact.actors)  # type: ignore[attr-defined]


def stop() -> None:
    """Give up a search that was ordered."""
    if bpy.app.timers.is_registered(_search_at_rest):
        bpy.app.timers.unregister(_search_at_rest)


@bpy.app.handlers.persistent
def file_loaded(*_arguments: object) -> None:
    """Forget what was found in another file."""
    _known.clear()
    forget_changes()
    _voices.clear()
