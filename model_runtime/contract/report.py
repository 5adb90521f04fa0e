"""What a performance says of itself: seed, settings, versions, seconds by stage, warnings."""

from __future__ import annotations

import platform
from collections.abc import Collection, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from ..common.arrays import FloatArray
from .request import Request, TimedWord

_QUIETEST_VOICE = 1e-4  # of full scale


def report_of(
    request: Request,
    voices: Sequence[FloatArray],
    notes: Sequence[str],
    conditions: Collection[str],
    seconds: dict[str, float],
    words: Sequence[Sequence[TimedWord]] = (),
) -> dict[str, Any]:
    """Return the report of a generation.

    ``voices``: the wave of each actor; ``notes``: sentences gathered on the way; ``conditions``: those the networks
    were trained with; ``seconds`` by stage; ``words``: those that were found in each voice, with their times.
    """
    return {
        "seed": request.seed,
        "quality": request.quality,
        "guidance": request.guidance,
        "seconds_of_shot": request.duration,
        "seconds": seconds,
        "warnings": [*_silent_actors(request, voices), *notes, *_unknown_conditions(request, conditions)],
        "words": [[[one.text, round(one.start, 3), round(one.end, 3)] for one in spoken] for spoken in words],
        "versions": {"runtime": __version__, "torch": metadata.version("torch"), "python": platform.python_version()},
    }


def _silent_actors(request: Request, voices: Sequence[FloatArray]) -> list[str]:
    return [
        f"'{actor.name}' has no voice in this shot and only listens."
        for actor, voice in zip(request.actors, voices)
        if not len(voice) or float(np.abs(voice).max()) < _QUIETEST_VOICE
    ]


def _unknown_conditions(request: Request, conditions: Collection[str]) -> list[str]:
    """Name what the request says that the installed weights were not trained with."""
    said = {
        "style": any(actor.style for actor in request.actors),
        "emotion": any(actor.emotions for actor in request.actors),
        "relationship": bool(request.relationship),
    }
    unknown = [name for name, is_said in said.items() if is_said and name not in conditions]
    return [f"The installed weights know no {name}, so it changes nothing." for name in unknown]
