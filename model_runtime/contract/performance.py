"""What a generation gives back: a ``Performance``, stored as one ``.npz``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..common.arrays import FloatArray
from ..common.files import written_whole
from ..common.timing import FPS
from ..errors import PerformanceUnreadable
from .vocabulary import CONTRACT_VERSION

_ARRAYS = ("root_positions", "rotations", "face", "foot_contacts")


@dataclass(frozen=True)
class ActorPerformance:
    """One actor's result over T frames at ``FPS``.

    ``root_positions`` (T, 3): pelvis in metres, world frame. ``rotations`` (T, 52, 4): local unit quaternions
    (w, x, y, z) against the canonical T-pose, the pelvis against the world. ``face`` (T, 52): ARKit weights in
    [0, 1], order ``ARKIT_NAMES``. ``foot_contacts`` (T, 4): probability, order ``FOOT_CONTACTS``.
    """

    name: str
    root_positions: FloatArray
    rotations: FloatArray
    face: FloatArray
    foot_contacts: FloatArray


@dataclass(frozen=True)
class Performance:
    """The result for the actors of the request; ``report`` holds seed, versions, seconds by stage, warnings."""

    actors: tuple[ActorPerformance, ...]
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return len(self.actors[0].root_positions)

    def save(self, path: str | Path) -> None:
        """Write one ``.npz``, whole or not at all."""
        names = [actor.name for actor in self.actors]
        meta = {"contract": CONTRACT_VERSION, "fps": FPS, "names": names, "report": self.report}
        arrays: dict[str, Any] = {"meta": np.array(json.dumps(meta))}
        for index, actor in enumerate(self.actors):
            for key in _ARRAYS:
                arrays[f"{key}_{index}"] = np.asarray(getattr(actor, key), np.float32)
        with written_whole(path) as partial, open(partial, "wb") as file:
            np.savez(file, **arrays)

    @staticmethod
    def load(path: str | Path) -> Performance:
        """Read what ``save`` wrote. Raises ``PerformanceUnreadable``."""
        try:
            with np.load(path, allow_pickle=False) as data:
                meta = json.loads(str(data["meta"]))
                actors = tuple(
                    ActorPerformance(name, *(data[f"{key}_{index}"] for key in _ARRAYS))
                    for index, name in enumerate(meta["names"])
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise PerformanceUnreadable(
                f"'{path}' is not a readable performance ({error}); generate it again."
            ) from error
        return Performance(actors=actors, report=meta["report"])
