"""The problems that the panel shows: searched once the scene has changed and come to rest, never while drawing."""

from __future__ import annotations

import time
from collections.abc import Generator

import bpy

from ..properties import actor_key
from ..runtime_api import errors, finished
from ..scene.evaluated import is_only_looked_at, only_looking
from ..scene.preflight import Problem, find_hints, find_problems, find_problems_in_steps, sequencer_hint
from ..scene.voices import count_voices
from ..worker_client import generation
from .changes import actions_changed, forget_changes, search_changes_in_steps, search_edits_in_steps
from .feedback import redraw

_SECONDS_AT_REST = 0.3  # a drag or a slider sends an update a mouse move; a search costs about 0.1 s
_known: dict[int, tuple[Problem, ...]] = {}  # by the scene's session_uid
_voices: dict[int, tuple[tuple[object, ...], list[int]]] = {}  # by the scene's session_uid: state, strips per actor
_changed_at = 0.0
_searching: tuple[int, Generator[None, None, None]] | None = None  # the scene's session_uid, and the search
_changes = 0  # of any scene so far


def known_problems(scene: bpy.types.Scene) -> tuple[Problem, ...]:
    """Return the problems and hints found by the last search; the first question orders one. None without a whole cast.

    Which sequencer is open is looked at now: Blender tells nobody when it changes.
    """
    if not _is_cast(scene):
        return ()
    if scene.session_uid not in _known and not bpy.app.timers.is_registered(_search_at_rest):
        order_search()  # only where none is: each redraw asks, and a search that is ordered anew begins again
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
    finished(_search_in_steps(scene))
    return _known[scene.session_uid]


def _search_in_steps(scene: bpy.types.Scene) -> Generator[None, None, None]:
    try:
        found: tuple[Problem, ...] = (*(yield from find_problems_in_steps(scene)), *find_hints(scene))
    except errors.InterActError:  # said elsewhere: Generate cannot be pressed, or says it
        found = ()
    _known[scene.session_uid] = found


def _search_all_in_steps(scene: bpy.types.Scene) -> Generator[None, None, None]:
    """Search for changes and problems, then for edits of takes; draw again what shows something else than before."""
    before, is_other = _known.get(scene.session_uid), False
    if _is_cast(scene):
        is_other = yield from search_changes_in_steps(scene)
        yield
    yield from _search_in_steps(scene)
    if is_other or _known[scene.session_uid] != before:
        redraw(bpy.context)
    if (yield from search_edits_in_steps(scene)):
        redraw(bpy.context)


def order_search() -> None:
    """Search as soon as nothing has changed for a moment; a search that is under way is of an earlier state."""
    global _changed_at, _searching
    _changed_at, _searching = time.monotonic(), None
    if not bpy.app.timers.is_registered(_search_at_rest):
        bpy.app.timers.register(_search_at_rest, first_interval=_SECONDS_AT_REST)


def _search_at_rest() -> float | None:
    """Do a short step of the search that is ordered; return the seconds until the next one, None after the last."""
    waited = time.monotonic() - _changed_at
    if waited < _SECONDS_AT_REST or generation.current is not None:
        return max(_SECONDS_AT_REST - waited, 0.05)
    scene = bpy.context.scene
    if scene is None:
        return None
    return None if _is_over(scene) else 0.0


def _is_over(scene: bpy.types.Scene) -> bool:
    """Do a step of the search of a scene, begin it where none is under way, and return whether it is over."""
    global _searching
    if _searching is None or _searching[0] != scene.session_uid:
        _searching = scene.session_uid, _search_all_in_steps(scene)
    steps = _searching[1]
    try:
        with only_looking():
            next(steps)
        return False
    except ReferenceError:  # something was removed of which no handler was told yet
        _searching = None
        return False
    except StopIteration:
        _searching = None
    return True


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
    global _searching
    _searching = None
    if bpy.app.timers.is_registered(_search_at_rest):
        bpy.app.timers.unregister(_search_at_rest)


@bpy.app.handlers.persistent
def file_loaded(*_arguments: object) -> None:
    """Forget what was found in another file."""
    global _searching
    _searching = None
    _known.clear()
    forget_changes()
    _voices.clear()
