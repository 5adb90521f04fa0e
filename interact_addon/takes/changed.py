"""What was changed in the scene since the take that is shown, and the stretch that makes up for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ..messages import Message, joined, listed
from ..properties import actor_key, actor_name
from ..runtime_api import contract, errors, finished
from ..scene.changes import (
    VOICE,
    Change,
    changed_character,
    changed_contacts,
    changed_interactions,
    changed_settings,
    changes_of,
    span_of,
)
from ..scene.perform import Kept
from ..scene.request import Shapes, Voices, build_request_in_steps
from ..scene.sound import named_voice
from ..scene.sound_compare import differing_samples
from ..scene.sound_times import is_to_be_measured
from ..scene.stretch import Stretch
from ..scene.transcripts import Measured
from ..scene.voices import find_voices
from .library import shown
from .record import TakeRecord, read_record
from .stretches import shot_frames

_UNHEARD = Message("perhaps the voice")
_NOTHING_KEPT = Kept({}, {})  # what is kept does not depend on what is asked for
_NOT_MEASURED: Shapes = {}  # nor is the skin of a character compared


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

    @property
    def is_any(self) -> bool:
        """Whether anything was changed."""
        return bool(self.settings or self.changes)

    @property
    def in_words(self) -> Message:
        if not self.settings and not self.changes:
            return Message("Nothing was changed since Take {number}", number=self.number)
        said: dict[str, dict[str, None]] = {}
        for change in () if self.settings else self.changes:
            said.setdefault(change.actor, {})[change.what] = None
        whose = [
            Message("{changes} of '{actor}'", changes=listed([*what]), actor=actor) for actor, what in said.items()
        ]
        what = joined(self.settings or whose)
        return Message("Changed since Take {number}: {what}", number=self.number, what=what)

    def __str__(self) -> str:
        return self.in_words


def what_changed(scene: bpy.types.Scene, listen: bool = True) -> Changed | None:
    """Return what differs from the take that is shown; None where both actors show none of this scene's takes.

    ``listen``: voices are mixed and compared by what is heard. Without it, one whose strips or files are not as they
    were may have changed. Raises the named errors of a request.
    """
    return finished(what_changed_in_steps(lambda: scene, listen))


def is_made_alike(scene: bpy.types.Scene) -> bool:
    """Return whether both actors show takes of their own, with the seed and quality that the scene asks for."""
    settings: Any = scene.interact  # type: ignore[attr-defined]
    records = [_record_of(actor, action) for actor, action in zip(settings.actors, shown(scene))]
    asked = settings.seed, settings.quality
    return all(record is not None and (record.seed, record.quality) == asked for record in records)


def what_changed_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    listen: bool,
    mixed: Voices | None = None,
    measured: Mapping[str, Measured] | None = None,
) -> Generator[None, None, Changed | None]:
    """Do the same in steps; the scene is found anew in each of them.

    ``mixed`` and ``measured``: the voices and their times, as ``build_request_in_steps`` takes them.
    """
    scene: Any = find_scene()
    actors = scene.interact.actors
    records = [_record_of(actor, action) for actor, action in zip(actors, shown(scene))]
    taken = [record for record in records if record is not None]
    if len(taken) < len(actors):
        return None
    if not listen:
        mixed, measured = yield from voices_at_a_glance(find_scene)
    now, _ = yield from build_request_in_steps(
        find_scene, kept=_NOTHING_KEPT, mixed=mixed, shapes=_NOT_MEASURED, measured=measured, with_furniture=False
    )
    now, settings, changes = contract.with_interactions(now), dict[str, None](), list[Change]()
    for record, actor in zip(taken, now.actors):
        yield
        try:
            request = contract.with_interactions(contract.request_from_json(record.request))
        except errors.InvalidRequest:
            return None
        before = next(one for one in request.actors if one.name == record.actor)
        if not listen and (measured or {}).get(actor.name):  # when its words are heard is not known at a glance
            actor = replace(actor, words=before.words, captions=before.captions)
        settings |= dict.fromkeys([*changed_settings(request, now), *changed_character(before, actor)])
        scene = find_scene()
        if tuple(record.frames) != (scene.frame_start, scene.frame_end):
            settings[Message("the length of the shot")] = None
        changes += [Change(actor.name, Message("what was left out"), start, end) for start, end in record.pending]
        found = changes_of(before, actor, now.duration, differing_samples if listen else _unheard)
        changes += [replace(one, what=_UNHEARD) if one.what == VOICE and not listen else one for one in found]
        renamed = request.renamed([other.name for other in now.actors])
        changes += [*changed_contacts(renamed, now, actor.name), *changed_interactions(renamed, now, actor.name)]
    number = max(record.take for record in taken)
    known = [change for change in changes if change.what != _UNHEARD] or changes
    stretch = None if settings or not changes else _stretch(find_scene(), known)
    return Changed(number, tuple(changes), tuple(settings), stretch)


def voices_at_a_glance(
    find_scene: Callable[[], bpy.types.Scene],
) -> Generator[None, None, tuple[Voices, Mapping[str, Measured]]]:
    """Return by actor the clip that its voice would be, and the voices whose times nobody measured: None for each."""
    voices: dict[str, contract.SpeechClip | None] = {}
    unknown: dict[str, Measured] = {}
    for number in (0, 1):
        yield
        scene: Any = find_scene()
        key = actor_key(scene.interact.actors[number])
        voices[key.name] = named_voice(scene, key)
        to_measure = [voice for voice in find_voices(scene, key) if is_to_be_measured(scene, key.name, voice)]
        unknown[key.name] = {voice.place: None for voice in to_measure}
    return voices, unknown


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
