"""What the panel says of the take that is shown, looked for at rest: what changed in the script, and whose keys."""

from __future__ import annotations

import bpy

from ..runtime_api import errors
from ..takes.changed import Changed, what_changed
from ..takes.library import is_changed_by_hand, shown, summary_of

_edited: dict[int, bool] = {}  # by the session_uid of a take's action: whether a person changed its keys
_known: dict[int, Changed | None] = {}  # by the scene's session_uid


def known_change(scene: bpy.types.Scene) -> Changed | None:
    """Return what the last search found to be changed; None where no take is shown."""
    return _known.get(scene.session_uid)


def search_changes(scene: bpy.types.Scene) -> bool:
    """Search now and remember the result; return whether it is another one. No voice is mixed."""
    before = _known.get(scene.session_uid)
    try:
        _known[scene.session_uid] = what_changed(scene, listen=False)
    except errors.InterActError:  # said elsewhere: Generate cannot be pressed, or says it
        _known[scene.session_uid] = None
    return _known[scene.session_uid] != before


def is_edited(action: bpy.types.Action | None) -> bool:
    """Return whether the last search found that a person changed the keys of a take's action."""
    return action is not None and _edited.get(action.session_uid, False)


def search_one_edit(scene: bpy.types.Scene) -> bool:
    """Compare one action that is played with what its take wrote; return whether there was one left to compare.

    A long one takes some 40 ms, so there is one a call.
    """
    action = _to_compare(scene)
    if action is not None:
        _edited[action.session_uid] = is_changed_by_hand(action)
    return action is not None


def is_edit_to_search(scene: bpy.types.Scene) -> bool:
    """Return whether an action that is played was not compared yet."""
    return _to_compare(scene) is not None


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
