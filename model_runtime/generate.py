"""Request in, Performance out: the method, read from top to bottom.

Voices become prosody; the lower bodies of both are sampled together, then the upper bodies given the lower,
then feet are locked, and last the faces, which know where the partner's head is.
"""

from __future__ import annotations

import platform
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from . import __version__
from . import rotations as rot
from .body import WINDOW, BodyStage, make_lower, make_upper, windows
from .body_features import body_size, to_rotations
from .checkpoint import WEIGHTS
from .contract import ACTION_LABELS, EMOTIONS, FPS, RELATIONSHIPS, Actor, ActorPerformance, Performance, Progress, ProgressCallback, Request
from .face import FaceModel
from .features.audio import mix_speech
from .features.prosody import prosody
from .kept_features import KeptFeatures
from .networks.duet_denoiser import conditions_of
from .places import Places
from .refine.feet import detect_contacts, lock_feet
from .refine.keep import keep_exactly, keep_face_exactly
from .refine.places import follow_places
from .refine.smooth import smooth
from .skeleton import INDEX, Skeleton, forward_kinematics

# Where each stage ends on the progress bar, from its measured share of the time.
_SHARES = {"Listening to the voices": 0.06, "Legs and paths": 0.42, "Arms, heads and hands": 0.76, "Feet": 0.8, "Faces": 1.0}


def generate(request: Request, progress: ProgressCallback = lambda _: None, weights_dir: Path | None = None) -> Performance:
    """Play the shot: body, hands and face of both actors at 30 fps over ``request.duration``.

    ``progress`` may raise ``Cancelled`` to stop. Raises the named errors of ``errors.py``; the same request and seed
    give the same result on the same machine.
    """
    request.check()
    weights = Path(weights_dir) if weights_dir else WEIGHTS
    clock = _Clock(progress)
    lower_stage, upper_stage, face_model = load_models(weights)
    frames = request.frames
    padded = list(windows(frames))[-1][0] + WINDOW

    clock.begin("Listening to the voices")
    waves = [mix_speech(actor.speech, request.duration) for actor in request.actors]
    heard = np.stack([_padded(prosody(wave, frames), padded) for wave in waves])
    labels = np.stack([_padded(label_track(actor, frames), padded) for actor in request.actors])
    offsets = torch.from_numpy(np.stack([actor.skeleton.offsets for actor in request.actors]))[None]
    body = body_size(offsets)
    seats = torch.tensor([actor.seat_height for actor in request.actors])[None] / body[..., 0]
    felt = np.stack([_padded(emotion_track(actor, frames), padded, hold=True) for actor in request.actors])
    related = torch.tensor([RELATIONSHIPS.index(request.relationship)]) if request.relationship else None
    conditions = conditions_of(
        torch.from_numpy(labels)[None], torch.from_numpy(heard)[None], seats[..., None, None].expand(-1, -1, padded, 1),
        emotion=torch.from_numpy(felt)[None] if any(actor.emotions for actor in request.actors) else None, relationship=related,
        words=spoken_words(request.actors, padded) if "words" in lower_stage.config.conditions + upper_stage.config.conditions else None,
    )  # fmt: skip

    clock.begin("Legs and paths")
    places = wanted_places(request.actors, labels, padded)
    keep = KeptFeatures(request.actors, padded)
    keep.join_places(places)
    lower = make_lower(lower_stage, conditions, body, places, keep, frames, request.seed, request.quality, request.guidance, clock.share)
    for a in range(2):
        wanted, known = places.position[a, : lower.root.shape[1]], places.has_position[a, : lower.root.shape[1]]
        lower.root[a] = torch.from_numpy(follow_places(lower.root[a].numpy(), wanted.numpy(), known.numpy()))

    clock.begin("Arms, heads and hands")
    upper = make_upper(upper_stage, lower, conditions, body, keep, frames, request.seed, request.quality, request.guidance, clock.share)
    lower = lower.window(0, frames)
    rotations = to_rotations(lower, upper, upper_stage.hands)

    clock.begin("Feet")
    roots, rotations = smooth(lower.root.numpy(), rotations)
    contacts = np.zeros((2, frames, 4), np.float32)
    for index, actor in enumerate(request.actors):
        roots[index], rotations[index], contacts[index] = plant_feet(
            roots[index], rotations[index], actor.skeleton, lower.contacts[index].numpy()
        )
        if actor.kept is not None:
            roots[index], rotations[index] = keep_exactly(roots[index], rotations[index], actor.kept)

    clock.begin("Faces")
    gaze = partner_directions(roots, rotations, [actor.skeleton for actor in request.actors])
    faces = []
    for index in range(2):
        faces.append(face_model.generate(waves[index], waves[1 - index], frames, request.seed * 2 + index, request.quality, gaze[index]))
        kept = request.actors[index].kept
        if kept is not None:
            faces[index] = keep_face_exactly(faces[index], kept)
        clock.share((index + 1) / 2)

    actors = tuple(
        ActorPerformance(actor.name, roots[i], rot.continuous(rotations[i]).astype(np.float32), faces[i].astype(np.float32), contacts[i])
        for i, actor in enumerate(request.actors)
    )
    report = {
        "seed": request.seed, "quality": request.quality, "guidance": request.guidance, "seconds_of_shot": request.duration,
        "seconds": clock.end(), "warnings": warnings_of(request, waves),
        "versions": {"runtime": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }  # fmt: skip
    return Performance(actors=actors, report=report)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def load_models(weights: Path) -> tuple[BodyStage, BodyStage, FaceModel]:
    """The three networks, kept between jobs."""
    return BodyStage("lower", weights), BodyStage("upper", weights), FaceModel.load(weights)


def label_track(actor: Actor, frames: int) -> NDArray[np.int64]:
    """The action of each frame as an index into ``ACTION_LABELS``; ``stand`` where nothing is said."""
    track = np.full(frames, ACTION_LABELS.index("stand"))
    for span in actor.actions:
        track[max(0, round(span.start * FPS)) : max(0, round(span.end * FPS))] = ACTION_LABELS.index(span.label)
    if frames > 1:
        track[-1] = track[-2]
    return track


def emotion_track(actor: Actor, frames: int) -> NDArray[np.float32]:
    """(T, 26) intensity of each of ``EMOTIONS``; plain ``neutral`` where nothing is said."""
    track = np.zeros((frames, len(EMOTIONS)), np.float32)
    track[:, EMOTIONS.index("neutral")] = 1.0
    for felt in actor.emotions:
        span = slice(max(0, round(felt.start * FPS)), max(0, round(felt.end * FPS)))
        track[span] = 0.0
        track[span, EMOTIONS.index(felt.emotion)] = felt.intensity
    if frames > 1:
        track[-1] = track[-2]
    return track


def spoken_words(actors: tuple[Actor, Actor], frames: int) -> torch.Tensor | None:
    """(1, 2, T, 48) vectors of what is said, or None where no transcript is known; an actor without words is silent."""
    if not any(actor.words for actor in actors):
        return None
    from .features.words import WordFeatures  # brings transformers with it

    features = WordFeatures.load()
    return torch.from_numpy(np.stack([features.track(actor.words, frames) for actor in actors]))[None]


def wanted_places(actors: tuple[Actor, Actor], labels: NDArray[np.int64], frames: int) -> Places:
    """The start of each actor and its waypoints; two waypoints at one seat hold the frames between them."""
    position, heading = np.zeros((2, frames, 2), np.float32), np.zeros((2, frames), np.float32)
    has_position, has_heading = np.zeros((2, frames), bool), np.zeros((2, frames), bool)
    for a, actor in enumerate(actors):
        position[a, 0], heading[a, 0], has_position[a, 0], has_heading[a, 0] = actor.position, actor.heading, True, True
        last: tuple[int, tuple[float, float]] | None = None
        for point in sorted(actor.waypoints, key=lambda w: w.time):
            frame = round(point.time * FPS)
            if not 0 < frame < frames:
                continue
            first = frame
            if last is not None and np.hypot(*(np.subtract(point.position, last[1]))) < 0.05 and (labels[a, last[0] : frame] == 0).all():
                first = last[0]
            span = slice(first, frame + 1)
            position[a, span], has_position[a, span] = point.position, True
            if point.heading is not None:
                heading[a, span], has_heading[a, span] = point.heading, True
            last = frame, point.position
    return Places(torch.from_numpy(position), torch.from_numpy(heading), torch.from_numpy(has_position), torch.from_numpy(has_heading))


def plant_feet(
    root: NDArray[np.float32], rotations: NDArray[np.float32], skeleton: Skeleton, meant: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Lock the feet that stand; returns root, rotations and contacts (T, 4).

    ``meant`` (T, 4): the contacts the network made beside the motion; they also know feet that slide too fast to look planted.
    """
    contacts = detect_contacts(root, rotations, skeleton) | (meant > 0.5)
    root, rotations = lock_feet(root, rotations, skeleton, contacts)
    return root, rotations, contacts.astype(np.float32)


def partner_directions(roots: NDArray[np.float32], rotations: NDArray[np.float32], skeletons: list[Skeleton]) -> NDArray[np.float32]:
    """Yaw and pitch (2, T, 2) in radians of the partner's head seen from my head; yaw is positive to my left."""
    head = INDEX["head"]
    places, turns = zip(*(forward_kinematics(roots[i], rotations[i], skeletons[i]) for i in range(2)))
    out = []
    for me in range(2):
        away = rot.rotate(rot.conjugate(turns[me][:, head]), places[1 - me][:, head] - places[me][:, head])
        out.append(np.stack([np.arctan2(away[:, 0], -away[:, 1]), np.arctan2(away[:, 2], np.hypot(away[:, 0], away[:, 1]))], -1))
    return np.stack(out).astype(np.float32)


def warnings_of(request: Request, waves: list[NDArray[np.float32]]) -> list[str]:
    return [
        f"'{actor.name}' has no voice in this shot and only listens."
        for actor, wave in zip(request.actors, waves)
        if not len(wave) or float(np.abs(wave).max()) < 1e-4
    ]


def _padded(track: NDArray, frames: int, hold: bool = False) -> NDArray:
    """The track with its last value held, or for sound (T, C) followed by the zeros of silence."""
    extra = frames - len(track)
    tail = np.repeat(track[-1:], extra, 0) if hold or track.ndim == 1 else np.zeros((extra, *track.shape[1:]), track.dtype)
    return np.concatenate([track, tail])


class _Clock:
    """Tells progress by stage and keeps the seconds each took."""

    def __init__(self, progress: ProgressCallback) -> None:
        self.progress, self.seconds, self.stage, self.started = progress, {}, "", time.perf_counter()  # type: ignore[var-annotated]

    def begin(self, stage: str) -> None:
        self.end()
        done = list(_SHARES.values())
        index = list(_SHARES).index(stage)
        self.low, self.high = (done[index - 1] if index else 0.0), done[index]
        self.stage, self.started = stage, time.perf_counter()
        self.share(0.0)

    def share(self, done: float) -> None:
        self.progress(Progress(self.stage, self.low + (self.high - self.low) * done))

    def end(self) -> dict[str, float]:
        if self.stage:
            self.seconds[self.stage] = round(time.perf_counter() - self.started, 3)
        return self.seconds
