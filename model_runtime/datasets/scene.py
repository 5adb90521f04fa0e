"""A composed two-person scene with exact labels, on which the networks are trained."""

from __future__ import annotations

import json
import zipfile
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.files import written_whole
from ..contract import FPS, EmotionSpan, FloatArray, emotion_named, relationship_named
from ..errors import InterActError

_QUANTUM = 32767.0  # quaternions are stored as int16


class SceneUnreadable(InterActError):
    """A scene file is missing, cut off or of another layout."""


class SpokenUtterance(NamedTuple):
    """An utterance of the speech library from ``start`` (s, scene time) at a linear ``gain``.

    ``variant``: 'clean', or the room, noise or telephone line that degrades it in the scene's prosody.
    """

    id: str
    start: float
    gain: float
    variant: str = "clean"


@dataclass
class Scene:
    """T frames at 30 fps of two actors; world frame, metres, seconds.

    ``skeletons`` (2, 52, 3) bone offsets; ``root_positions`` (2, T, 3); ``rotations`` (2, T, 52, 4) local quaternions;
    ``labels`` (2, T) index into ``ACTION_LABELS``; ``contacts`` (2, T, 4) bool, order ``FOOT_CONTACTS``; ``prosody``
    (2, T, 28), zeros in silence; ``face`` (2, T, 52) ARKit weights, zeros where not made; ``seat_height`` (2,);
    ``utterances``, ``gestures`` (actor; kind, hand, size; ``start``, ``stroke_start``, ``time`` of the emphasis,
    ``stroke_end``, ``end`` in s), ``stresses`` (s) and ``walk_targets`` (actor, start, end, x, y) are the scene's
    parts. ``relationship`` is one of ``RELATIONSHIPS``, the first actor in the first role; ``emotions`` per actor
    follow one another from 0 to the end; ``kind`` is one of ``corpus.script.scene_script.KINDS``; ``gaze`` (2, T) bool:
    the gaze is intended at the other's face. ``interaction``: what the two do to each other (category, variant, roles,
    touches with their points and times, texts), as ``corpus.interactions.record`` writes it; empty for conversations.
    ``personalities``: for each actor the five factors of ``corpus.script.personality.FACTORS`` in standard deviations,
    empty where not drawn (older files); ``laughs``: for each actor the spans (s, s) of laughter, with or without voice.
    """

    seed: int
    split: str
    skeletons: FloatArray
    root_positions: FloatArray
    rotations: FloatArray
    labels: NDArray[np.uint8]
    contacts: NDArray[np.bool_]
    prosody: NDArray[np.float16]
    face: NDArray[np.float16]
    seat_height: FloatArray
    utterances: tuple[list[SpokenUtterance], list[SpokenUtterance]]
    stresses: tuple[list[float], list[float]]
    gestures: list[dict[str, Any]] = field(default_factory=list)
    walk_targets: list[dict[str, Any]] = field(default_factory=list)
    relationship: str = "strangers"
    emotions: tuple[list[EmotionSpan], list[EmotionSpan]] = field(default_factory=lambda: ([], []))
    kind: str = ""
    gaze: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((2, 0), bool))
    interaction: dict[str, Any] = field(default_factory=dict)
    personalities: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    laughs: tuple[list[tuple[float, float]], list[tuple[float, float]]] = field(default_factory=lambda: ([], []))

    @property
    def frames(self) -> int:
        return self.root_positions.shape[1]

    @property
    def duration(self) -> float:
        return self.frames / FPS

    def save(self, path: str | Path) -> None:
        """Write one ``.npz``, whole or not at all."""
        meta = {
            "seed": self.seed,
            "split": self.split,
            "gestures": self.gestures,
            "walk_targets": self.walk_targets,
            "stresses": [[round(t, 3) for t in actor] for actor in self.stresses],
            "utterances": [[list(u) for u in actor] for actor in self.utterances],
            "relationship": self.relationship,
            "feelings": [[list(astuple(span)) for span in actor] for actor in self.emotions],
            "kind": self.kind,
            "personalities": [list(actor) for actor in self.personalities],
            "laughs": [[[round(t, 3) for t in span] for span in actor] for actor in self.laughs],
        } | ({"interaction": self.interaction} if self.interaction else {})
        with written_whole(path) as partial, open(partial, "wb") as file:
            np.savez_compressed(
                file,
                meta=np.array(json.dumps(meta)),
                skeletons=self.skeletons.astype(np.float32),
                root_positions=self.root_positions.astype(np.float32),
                rotations=np.round(self.rotations * _QUANTUM).astype(np.int16),
                labels=self.labels.astype(np.uint8),
                contacts=np.packbits(self.contacts, axis=-1),
                prosody=self.prosody.astype(np.float16),
                face=self.face.astype(np.float16),
                seat_height=self.seat_height.astype(np.float32),
                gaze=np.packbits(self.gaze, axis=-1),
            )

    @staticmethod
    def load(path: str | Path) -> Scene:
        """Return the scene of a file. Raises ``SceneUnreadable``."""
        try:
            with np.load(path, allow_pickle=False) as data:
                meta = json.loads(str(data["meta"]))
                rotations = data["rotations"].astype(np.float32) / _QUANTUM
                rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
                utterances = [
                    [SpokenUtterance(str(i), float(s), float(g), *map(str, v)) for i, s, g, *v in actor]
                    for actor in meta["utterances"]
                ]
                emotions = [
                    [EmotionSpan(*emotion_named(str(e), float(i)), float(a), float(b)) for e, i, a, b in actor]
                    for actor in meta["feelings"]
                ]
                factors = [tuple(float(v) for v in actor) for actor in meta.get("personalities", [[], []])]
                laughs = [[(float(a), float(b)) for a, b in actor] for actor in meta.get("laughs", [[], []])]
                return Scene(
                    seed=meta["seed"],
                    split=meta["split"],
                    skeletons=data["skeletons"],
                    root_positions=data["root_positions"],
                    rotations=rotations,
                    labels=data["labels"],
                    contacts=np.unpackbits(data["contacts"], axis=-1, count=4).astype(bool),
                    prosody=data["prosody"],
                    face=data["face"],
                    seat_height=data["seat_height"],
                    utterances=(utterances[0], utterances[1]),
                    stresses=(meta["stresses"][0], meta["stresses"][1]),
                    gestures=meta["gestures"],
                    walk_targets=meta["walk_targets"],
                    relationship=relationship_named(meta["relationship"]),
                    emotions=(emotions[0], emotions[1]),
                    kind=meta["kind"],
                    gaze=np.unpackbits(
                        data["gaze"], axis=-1, count=data["labels"].shape[1] if data["gaze"].size else 0
                    ).astype(bool),
                    interaction=meta.get("interaction", {}),
                    personalities=(factors[0], factors[1]),
                    laughs=(laughs[0], laughs[1]),
                )
        except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
            raise SceneUnreadable(f"'{path}' is not a readable scene ({error}); compose it again.") from error
