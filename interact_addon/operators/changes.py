"""What the panel offers to generate: what was changed since the take that is shown, looked for at rest."""

from __future__ import annotations

import bpy

from ..runtime_api import errors
from ..takes.changed import Changed, what_changed

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


def forget_changes() -> None:
    """Forget what was found in another file."""
    _known.clear()
