"""A take made again: its own request, with voices where they lie now and the names that the actors have now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ..properties import actor_name
from ..runtime_api import contract, errors
from .library import Take, title_of
from .record import read_record


def request_of_take(scene: bpy.types.Scene, take: Take) -> contract.Request:
    """Return the request that a take was made from, ready to be played in this file.

    Raises ``InvalidRequest``, ``SpeechFileMissing`` and ``PerformanceUnreadable``.
    """
    record = read_record(take.written[0])
    if record is None:
        raise errors.InvalidRequest(f"{title_of(take)} does not say what it was made from; generate a new one.")
    if record.edit:
        raise errors.InvalidRequest(
            f"{title_of(take)} was changed after it was made ({record.edit}); make the take before it again."
        )
    request = record.load_request()
    names = [actor_name(actor) for actor in scene.interact.actors]
    if len(request.actors) != len(names):
        raise errors.InvalidRequest(f"{title_of(take)} is of {len(request.actors)} actor; generate a new one.")
    request = request.renamed(names)
    actors = tuple(replace(actor, speech=tuple(map(_found, actor.speech))) for actor in request.actors)
    return replace(request, actors=actors)


def _found(clip: contract.SpeechClip) -> contract.SpeechClip:
    path = Path(bpy.path.abspath(clip.path))
    if not path.is_file():
        raise errors.SpeechFileMissing(
            f"The voice of the take is not at '{path}' any more; put the folder of its takes back beside the .blend."
        )
    return replace(clip, path=str(path))
