"""What the panel says of the take that is shown, looked for at rest: what changed in the script, and whose keys."""

from __future__ import annotations

from collections.abc import Generator

import bpy

from ..rig.written import was_edited_in_steps
from ..runtime_api import errors, finished
from ..takes.changed import Changed, what_changed_in_steps
from ..takes.library import shown, summary_of

_edited: dict[int, bool] = {}  # by the session_uid of a take's action: whether a person changed its keys
_known: dict[int, Changed | None] = {}  # by the scene's session_uid


def known_change(scene: bpy.types.Scene) -> Changed | None:
    """Return what the last search found to be changed; None where no take is shown."""
    return _known.get(scene.session_uid)


def search_changes(scene: bpy.types.Scene) -> bool:
    """Search now and remember the result; return whether it is another one. No voice is mixed."""
    return finished(search_changes_in_steps(scene))


def search_changes_in_steps(scene: bpy.types.Scene) -> Generator[None, None, bool]:
    """Do the same in steps; whoever takes them begins anew where something was changed in between."""
    before = _known.get(scene.session_uid)
    try:
        _known[scene.session_uid] = yield from what_changed_in_steps(lambda: scene, listen=False)
    except errors.InterActError:  # said elsewhere: Generate cannot be pressed, or says it
        _known[scene.session_uid] = None
    return _known[scene.session_uid] != before


def is_edited(action: bpy.types.Action | None) -> bool:
    """Return whether the last search found that a person changed the keys of a take's action."""
    return action is not None and _edited.get(action.session_uid, False)


def search_edits_in_steps(scene: bpy.types.Scene) -> Generator[None, None, bool]:
    """Compare the actions that are played with what their takes wrote; return whether any was not compared yet.

    Whoever takes the steps begins anew where something was changed in between.
    """
    is_any = False
    while (action := _to_compare(scene)) is not None:
        yield
        _edited[action.session_uid] = yield from was_edited_in_steps(action)
        is_any = True
    return is_any


def _to_compare(scene: bpy.types.Scene) -> bpy.types.Action | None:
    for action in shown(scene):
        if action is not None and summary_of(action) is not None and action.session_uid not in _edited:
            return action
    return None


def actions_changed() -> None:
    """Compare actions again: one of them was changed."""
    _edited.clear()


def forget_changes() -> None:
    """Forget what was found in another file."""
    _known.clear()
    _edited.clear()
