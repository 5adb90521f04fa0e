"""Every condition of the body networks, each declared in one place.

A condition is a track of numbers for each actor and frame. To add one, add a ``Condition`` to ``CONDITIONS`` and name
it in the config of the network that is to learn it: composing, training, sampling and generating read the rest from
here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..common.arrays import Array, FloatArray
from ..common.checkpoints import WEIGHTS
from ..contract import ACTION_LABELS, EMOTION_CHOICES, EMOTIONS, RELATIONSHIPS, Request, TimedWord
from ..speech.prosody import PROSODY_SIZE
from ..speech.stress.stress_detection import STRESS_SIZE, stress_bumps, stress_track
from ..text.words import WORD_SIZE
from .representation import HEADING, POSITION
from .style import STYLE_SIZE
from .tracks import emotion_track, held, silent_after

# Times in s of the stresses found by a transcript, and the words whose sounds were not found in the voice.
Stresses = tuple[Sequence[float], Sequence[TimedWord]]


@dataclass(frozen=True)
class SceneWindows:
    """Windows of B composed scenes, T frames each.

    ``labels`` (B, 2, T) index into ``ACTION_LABELS``; ``prosody`` (B, 2, T, 28); ``seat`` (B, 2) over pelvis height;
    ``emotion`` (B, 2, T) index into ``EMOTION_CHOICES`` and its ``intensity`` (B, 2, T); ``relationship`` (B,) index
    into ``RELATIONSHIPS``; ``words`` (B, 2, T, 48), None where the scenes come without; ``stress`` (B, 2, T, 2);
    ``style`` (B, 2, 3), NaN for an actor who says too little to tell.
    """

    labels: Tensor
    prosody: Tensor
    seat: Tensor
    emotion: Tensor
    intensity: Tensor
    relationship: Tensor
    words: Tensor | None
    stress: Tensor
    style: Tensor


@dataclass(frozen=True)
class RequestTracks:
    """A request for two and what was read from its voices, over ``frames`` frames of whole windows.

    ``labels`` (2, T) index into ``ACTION_LABELS``; ``prosody``: (N, 28) of each actor, N frames of the shot; ``seat``
    (1, 2) over pelvis height; ``stresses`` of each actor, None without a transcript; ``alone``: the second actor only
    stands in for a partner who is missing; ``weights``: the folder of what turns voices and words into numbers.
    """

    request: Request
    frames: int
    labels: Array
    prosody: Sequence[FloatArray]
    seat: Tensor
    stresses: Sequence[Stresses | None] = (None, None)
    alone: bool = False
    weights: Path = WEIGHTS


@dataclass(frozen=True)
class Condition:
    """One input that the networks are conditioned on.

    ``size``: numbers an actor and frame. ``of_scene`` and ``of_request`` give the track (B, 2, T, size), or None where
    nothing is known of it; the network's learned null stands in then, which starts at ``null``. ``stages``: which
    networks are trained with it. ``leads``: the motion features whose wanted value it gives; such a track is
    relative to where a window begins, so it is made window by window (``training.masks``, ``sampling.body_sampler``).
    ``often_absent``: most requests leave it open.
    """

    size: int
    of_scene: Callable[[SceneWindows], Tensor | None]
    of_request: Callable[[RequestTracks], Tensor | None]
    null: float = 0.0
    stages: tuple[str, ...] = ("lower", "upper")
    leads: slice | None = None
    often_absent: bool = False


def beside_partners(own: Tensor) -> Tensor:
    """Return (B, 2, T, 2 C) of (B, 2, T, C): each actor's own values, then the partner's."""
    return torch.cat([own, own.flip(1)], -1)


def _nothing(_: object) -> None:
    return None


def _labels(labels: Tensor) -> Tensor:
    return beside_partners(one_hot(labels.long(), len(ACTION_LABELS)).float())


def _prosody(source: RequestTracks) -> Tensor:
    return torch.from_numpy(np.stack([silent_after(track, source.frames) for track in source.prosody]))[None]


def _seat(seat: Tensor, frames: int) -> Tensor:
    return seat[..., None, None].expand(-1, -1, frames, 1)


def _emotion_of_scene(scene: SceneWindows) -> Tensor:
    which = one_hot(scene.emotion.long(), len(EMOTION_CHOICES))[..., : len(EMOTIONS)]
    return beside_partners(which * scene.intensity[..., None])


def _emotion_of_request(source: RequestTracks) -> Tensor | None:
    actors, frames = source.request.actors, source.request.frames
    if not any(actor.emotions for actor in actors):
        return None
    tracks = [held(emotion_track(actor, frames), source.frames) for actor in actors]
    return beside_partners(torch.from_numpy(np.stack(tracks))[None])


def _relationship(index: Tensor, frames: int) -> Tensor:
    which = one_hot(index.long(), len(RELATIONSHIPS)).float()[:, None].expand(-1, 2, -1)
    role = torch.eye(2, device=which.device).expand(len(which), 2, 2)
    return torch.cat([which, role], -1)[:, :, None].expand(-1, -1, frames, -1)


def _relationship_of_request(source: RequestTracks) -> Tensor | None:
    name = source.request.relationship
    return _relationship(torch.tensor([RELATIONSHIPS.index(name)]), source.frames) if name else None


def _words_of_request(source: RequestTracks) -> Tensor | None:
    """Return None without any transcript; an actor without words is silent."""
    actors = source.request.actors
    if not any(actor.words for actor in actors):
        return None
    from ..text.words import WordFeatures  # loads transformers on first use

    features = WordFeatures.load(source.weights)
    tracks = np.stack([features.track(actor.words, source.frames) for actor in actors])
    return beside_partners(torch.from_numpy(tracks)[None])


def _stress_of_request(source: RequestTracks) -> Tensor:
    """Return stresses detected in the voices, and those of a transcript where there is one."""
    tracks = []
    for voice, actor, found in zip(source.prosody, source.request.actors, source.stresses):
        track = stress_track(voice, actor.words if found is None else found[1], source.weights)
        if found is not None:
            known = stress_bumps(found[0], len(voice))
            track = np.stack([np.maximum(known, track[:, 0]) if found[1] else known, np.ones_like(known)], -1)
        tracks.append(silent_after(track, source.frames))
    return torch.from_numpy(np.stack(tracks))[None]


def _style(style: Tensor, frames: int) -> Tensor:
    known = (~style.isnan().any(-1, keepdim=True)).to(style.dtype)
    return torch.cat([style.nan_to_num(), known], -1)[:, :, None].expand(-1, -1, frames, -1)


def _style_of_request(source: RequestTracks) -> Tensor | None:
    styles = [actor.style for actor in source.request.actors]
    if not any(styles):
        return None
    unknown = [float("nan")] * STYLE_SIZE
    return _style(torch.tensor([[unknown if s is None else list(astuple(s)) for s in styles]]), source.frames)


CONDITIONS: dict[str, Condition] = {
    "labels": Condition(
        2 * len(ACTION_LABELS),
        of_scene=lambda scene: _labels(scene.labels),
        of_request=lambda source: _labels(torch.from_numpy(source.labels)[None]),
    ),
    "speech": Condition(PROSODY_SIZE, of_scene=lambda scene: scene.prosody, of_request=_prosody),
    "partner_speech": Condition(
        PROSODY_SIZE,
        of_scene=lambda scene: scene.prosody.flip(1),
        of_request=lambda source: None if source.alone else _prosody(source).flip(1),
    ),
    # Height over that of the pelvis.
    "seat": Condition(
        1,
        of_scene=lambda scene: _seat(scene.seat, scene.labels.shape[2]),
        of_request=lambda source: _seat(source.seat, source.frames),
    ),
    # Place in the window's frame over pelvis height (2), and 1 where one is wanted. The upper stage is conditioned on
    # the lower body, so it takes no trajectory.
    "path": Condition(3, of_scene=_nothing, of_request=_nothing, stages=("lower",), leads=POSITION),
    # Heading against the window's first (cos, sin), and 1 where one is wanted.
    "facing": Condition(3, of_scene=_nothing, of_request=_nothing, stages=("lower",), leads=HEADING),
    # Intensity of each emotion.
    "emotion": Condition(
        2 * len(EMOTIONS), of_scene=_emotion_of_scene, of_request=_emotion_of_request, often_absent=True
    ),
    # Which one, then the role: first or second.
    "relationship": Condition(
        len(RELATIONSHIPS) + 2,
        of_scene=lambda scene: _relationship(scene.relationship, scene.labels.shape[2]),
        of_request=_relationship_of_request,
        often_absent=True,
    ),
    # The vector of the word that is being said.
    "words": Condition(
        2 * WORD_SIZE,
        of_scene=lambda scene: None if scene.words is None else beside_partners(scene.words),
        of_request=_words_of_request,
        often_absent=True,
    ),
    # How likely a stressed syllable is, and 1 where a transcript says so (``speech.stress.stress_detection``).
    "stress": Condition(STRESS_SIZE, of_scene=lambda scene: scene.stress, of_request=_stress_of_request),
    # Liveliness, height and reach of the gestures (``style.style_of``), and 1 where they are known.
    "style": Condition(
        STYLE_SIZE + 1,
        of_scene=lambda scene: _style(scene.style, scene.labels.shape[2]),
        of_request=_style_of_request,
        often_absent=True,
    ),
}
LEADING = {name: condition.leads for name, condition in CONDITIONS.items() if condition.leads is not None}
BASIC_CONDITIONS = ("labels", "speech", "partner_speech", "seat")  # of a checkpoint that does not name its own


def stage_conditions(stage: str) -> tuple[str, ...]:
    """Return the conditions that a stage, 'lower' or 'upper', is trained with."""
    return tuple(name for name, condition in CONDITIONS.items() if stage in condition.stages)


def conditions_of_scene(scene: SceneWindows) -> dict[str, Tensor]:
    """Return all that is known of composed scenes: name -> (B, 2, T, size)."""
    return _known({name: condition.of_scene(scene) for name, condition in CONDITIONS.items()})


def conditions_of_request(source: RequestTracks, names: Collection[str]) -> dict[str, Tensor]:
    """Return those of ``names``, and the basic ones, that a request says: name -> (1, 2, T, size)."""
    wanted = [name for name in CONDITIONS if name in names or name in BASIC_CONDITIONS]
    return _known({name: CONDITIONS[name].of_request(source) for name in wanted})


def _known(tracks: dict[str, Tensor | None]) -> dict[str, Tensor]:
    return {name: track for name, track in tracks.items() if track is not None}
