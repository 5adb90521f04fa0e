"""The words that were found in the voices: as the takes keep them, and since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ..properties import ActorKey
from ..runtime_api import contract
from ..scene.shot import Shot
from ..scene.spoken_words import SaidText, recent_words, said_texts
from .library import summary_of


def words_of_take(
    shot: Shot, request: contract.Request, performance: contract.Performance
) -> dict[str, list[dict[str, Any]]]:
    """Return by actor what the record of a take keeps of the words that the runtime found, as plain data."""
    found = {}
    for actor, words in zip(request.actors, performance.report.get("words", ())):
        said = said_texts(actor.captions, words, shot.sounds.get(actor.name, ()))
        found[actor.name] = [{"sound": one.sound, "text": one.text, "words": one.words} for one in said]
    return found


def known_words(actor: ActorKey) -> Iterator[SaidText]:
    """Yield what was found in an actor's voices: what no take has first, then of the newest take first."""
    yield from recent_words()
    records = [record for action in bpy.data.actions if (record := summary_of(action)) is not None]
    for record in sorted(records, key=lambda record: -record.take):
        if record.is_of(actor.name, actor.identity):
            for said in record.words:
                words = tuple((str(text), float(start), float(end)) for text, start, end in said["words"])
                yield SaidText(str(said["sound"]), str(said["text"]), words)
