"""What was changed in the scene since the take that is shown, and the stretch that makes up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ..properties import actor_key, actor_name
from ..runtime_api import contract, errors
from ..scene.changes import VOICE, Change, changed_character, changed_settings, changes_of, span_of
from ..scene.perform import Kept
from ..scene.request import build_request, cast_scene
from ..scene.sound import named_voice
from ..scene.sound_compare import differing_samples
from ..scene.stretch import Stretch
from .library import shown
from .record import TakeRecord, read_record
from .stretches import shot_frames

_UNHEARD = "perhaps the voice"
_NOTHING_KEPT = Kept({}, {})  # what is kept does not depend on what is asked for


@dataclass(frozen=True)
class Changed:
    """What differs from the take ``number``: ``changes`` of the actors, or ``settings`` that bear on the whole shot.

    ``stretch``: what has to be generated anew for the changes; None where nothing changed, or settings did.
    """

    number: int
    changes: tuple[Change, ...]
    settings: tuple[str, ...]
    stretch: Stretch | None

    @property
    def is_heard(self) -> bool:
        """Whether the voices were compared by what is heard; else more may have to be made again."""
        return all(change.what != _UNHEARD for change in self.changes)

    def __str__(self) -> str:
        if self.settings:
            return f"Changed since Take {self.number}: {', '.join(self.settings)}"
        if not self.changes:
            return f"Nothing was changed since Take {self.number}"
        said: dict[str, dict[str, None]] = {}
        for change in self.changes:
            said.setdefault(change.actor, {})[change.what] = None
        whose = [f"{_listed(list(what))} of '{actor}'" for actor, what in said.items()]
        return f"Changed since Take {self.number}: {', '.join(whose)}"


def what_changed(scene: bpy.types.Scene, listen: bool = True) -> Changed | None:
    """Return what differs from the take that is shown; None where both actors show none of this scene's takes.

    ``listen``: voices are mixed and compared by what is heard. Without it, one whose strips or files are not as they
    were may have changed. Raises the named errors of a request.
    """
    actors = scene.interact.actors
    records = [_record_of(actor, action) for actor, action in zip(actors, shown(scene))]
    taken = [record for record in records if record is not None]
    if len(taken) < len(actors):
        return None
    voices = None if listen else {actor_name(actor): named_voice(scene, actor_key(actor)) for actor in actors}
    now, _ = build_request(scene, cast_scene(scene, first_frame=True), kept=_NOTHING_KEPT, mixed=voices)
    now, settings, changes = contract.with_interactions(now), dict[str, None](), list[Change]()
    for record, actor in zip(taken, now.actors):
        try:
            request = contract.with_interactions(contract.request_from_json(record.request))
        except errors.InvalidRequest:
            return None
        before = next(one for one in request.actors if one.name == record.actor)
        settings |= dict.fromkeys([*changed_settings(request, now), *changed_character(before, actor)])
        if tuple(record.frames) != (scene.frame_start, scene.frame_end):
            settings["the length of the shot"] = None
        changes += [Change(actor.name, "what was left out", start, end) for start, end in record.pending]
        found = changes_of(before, actor, now.duration, differing_samples if listen else _unheard)
        changes += [replace(one, what=_UNHEARD) if one.what == VOICE and not listen else one for one in found]
    number = max(record.take for record in taken)
    known = [change for change in changes if change.what != _UNHEARD] or changes
    stretch = None if settings or not changes else _stretch(scene, known)
    return Changed(number, tuple(changes), tuple(settings), stretch)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _record_of(actor: Any, action: bpy.types.Action | None) -> TakeRecord | None:
    record = read_record(action) if action is not None else None
    return record if record is not None and record.is_of(actor_name(actor), actor.identity) else None


def _unheard(_before: contract.SpeechClip, now: contract.SpeechClip) -> tuple[float, float]:
    return max(now.start, 0.0), now.start + now.duration


def _stretch(scene: bpy.types.Scene, changes: Sequence[Change]) -> Stretch:
    """Return the stretch for some changes: of the actors that change, and of a partner who notices it."""
    shot = shot_frames(scene)
    start, end = span_of(changes, shot.seconds_at(shot.last))
    changed = {change.actor for change in changes}
    noticed = any(change.is_noticed for change in changes)
    names = [actor_name(actor) for actor in scene.interact.actors]
    parts = {name: contract.BODY_PARTS for name in names if noticed or name in changed}
    return Stretch(shot.frame_at(start), shot.frame_at(end), parts)
