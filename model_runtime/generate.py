"""Request in, Performance out: the method, read from top to bottom.

Voices become prosody; the lower bodies of both are sampled together, then the upper bodies given the lower,
then feet are locked, and last the faces, which know where the partner's head is.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from torch import Tensor

from . import __version__
from . import rotations as rot
from .body import BodyStage, make_lower, make_upper, walking_of
from .body_features import GlobalMotion, HandBasis, to_rotations
from .checkpoint import WEIGHTS
from .contract import ACTION_LABELS, FPS, ActorPerformance, Performance, Progress, ProgressCallback, Request
from .cues import Cue, cue_of, feeling_track, settled
from .direction import direct
from .face import FaceModel
from .features.accents import told_accents
from .features.audio import mix_speech
from .features.prosody import prosody
from .features.transcript import told_by
from .features.words import check_words
from .human_scale import at_human_scale
from .passing import NARROWEST, clear_of_each_other
from .physics import FEET, Guide, Physics
from .places import runs_of
from .refine.clearance import clear_arms
from .refine.feet import detect_contacts, lock_feet
from .refine.keep import keep_exactly, keep_face_exactly
from .refine.legs import clear_legs
from .refine.passing import walk_past
from .refine.places import follow_headings, follow_places
from .refine.smooth import smooth
from .refine.strokes import on_the_stress
from .skeleton import INDEX, Skeleton, forward_kinematics

# Where each stage ends on the progress bar, from its measured share of the time.
_SHARES = {"Listening to the voices": 0.06, "Legs and paths": 0.42, "Arms, heads and hands": 0.76, "Feet": 0.8, "Faces": 1.0}

OUT_OF_THE_WAY = 1e3  # metres to where the stand-in for a missing partner goes once arms could meet it


def generate(
    request: Request, progress: ProgressCallback = lambda _: None, weights_dir: Path | None = None, guides: Sequence[Guide] = FEET,
    wav2vec2: Path | None = None,
) -> Performance:  # fmt: skip
    """Play the shot: body, hands and face of one actor or both at 30 fps over ``request.duration``.

    ``progress`` may raise ``Cancelled`` to stop. Raises the named errors of ``errors.py``; the same request and seed
    give the same result on the same machine. ``guides``: energies that the bodies are drawn down while they are sampled.
    ``wav2vec2``: a folder with another ear for the faces (``features.wav2vec2``).
    """
    request.check()
    weights = Path(weights_dir) if weights_dir else WEIGHTS
    clock = StageClock(progress)
    lower_stage, upper_stage, face_model = load_models(weights, wav2vec2)
    frames = request.frames

    clock.begin("Listening to the voices")
    directed, notes = direct(request)
    waves = [mix_speech(actor.speech, request.duration) for actor in directed.actors]
    told = [told_by(wave, actor.words, actor.captions, actor.name) for wave, actor in zip(waves, directed.actors)]
    directed = replace(directed, actors=tuple(replace(actor, words=(*found.words, *found.lost)) for actor, found in zip(directed.actors, told)))
    played, scale = at_human_scale(directed)
    alone = len(request.actors) == 1
    hears = {*lower_stage.config.conditions, *upper_stage.config.conditions}
    stressed = [(found.stresses, found.lost) if found.words else None for found in told]
    cue = cue_of(played, [prosody(wave, frames) for wave in waves], hears, scale.units, alone, weights, stressed)
    roots, rotations, contacts = make_bodies(lower_stage, upper_stage, cue, request.seed, request.quality, request.guidance, clock, guides)

    roots = scale.back(roots)

    clock.begin("Faces")
    gaze = partner_directions(roots, rotations, [actor.skeleton for actor in directed.actors])
    if alone:
        gaze[:] = 0.0  # straight ahead
    faces = []
    for index, actor in enumerate(request.actors):
        face = face_model.generate(
            waves[index], waves[1 - index], frames, request.seed * 2 + index, request.quality, gaze[index],
            feeling=feeling_track(actor, frames), said=told[index].phones, lips=request.lips,
            accents=told_accents(told[index].stresses, told[index].questions) if told[index].words else None,
        )  # fmt: skip
        faces.append(face)
        kept = actor.kept
        if kept is not None:
            faces[index] = keep_face_exactly(faces[index], kept)
        clock.share((index + 1) / len(request.actors))

    actors = tuple(
        ActorPerformance(actor.name, roots[i], rot.continuous(rotations[i]).astype(np.float32), faces[i].astype(np.float32), contacts[i])
        for i, actor in enumerate(request.actors)
    )
    report = {
        "seed": request.seed, "quality": request.quality, "guidance": request.guidance, "seconds_of_shot": request.duration,
        "seconds": clock.end(), "warnings": [*warnings_of(request, waves), *notes, *(w for found in told for w in found.warnings), *unheard(request, upper_stage)],
        "versions": {"runtime": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }  # fmt: skip
    return Performance(actors=actors, report=report)


def make_bodies(
    lower_stage: BodyStage, upper_stage: BodyStage, cue: Cue, seed: int, quality: str, guidance: float, clock: StageClock,
    guides: Sequence[Guide] = FEET,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """Roots (2, T, 3), rotations (2, T, 52, 4) and foot contacts (2, T, 4) of both, feet locked and kept motion in its place."""
    physics = Physics(guides, cue.skeletons)
    clock.begin("Legs and paths")
    lower = make_lower(lower_stage, cue.conditions, cue.body, cue.places, cue.keep, cue.frames, seed, quality, guidance, clock.share, physics)
    lead_through(lower, cue)

    clock.begin("Arms, heads and hands")
    upper = make_upper(upper_stage, lower, cue.conditions, cue.body, cue.keep, cue.frames, seed, quality, guidance, clock.share, physics)

    clock.begin("Feet")
    if cue.alone:
        lower.root[1, :, :2] += OUT_OF_THE_WAY
    return finish_bodies(lower.window(0, cue.frames), upper, upper_stage.hands, cue)


def lead_through(lower: GlobalMotion, cue: Cue) -> None:
    """Make up, in place, what the bodies miss of the places and headings asked for, and where they walk into each other."""
    frames, places = lower.root.shape[1], cue.places
    walking = walking_of(cue.conditions)[:, :frames]
    for a in range(2):
        wanted, known = places.position[a, :frames].numpy(), places.has_position[a, :frames].numpy()
        lower.root[a] = torch.from_numpy(follow_places(lower.root[a].numpy(), wanted, known))
        facing, known = places.heading[a, :frames].numpy(), places.has_heading[a, :frames].numpy()
        lower.heading[a] = torch.from_numpy(follow_headings(lower.heading[a].numpy(), facing, known, walking[a]))
    if not cue.alone:
        walks = [runs_of(walking[a] & ~cue.keep.part("lower")[a, :frames].numpy()) for a in range(2)]
        apart = clear_of_each_other(lower.root[..., :2].double().numpy(), walks, NARROWEST, places.units)
        lower.root[..., :2] = torch.from_numpy(apart)


def finish_bodies(
    lower: GlobalMotion, upper: Tensor, hands: HandBasis, cue: Cue
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Both stages' result (2, T, ...) as roots, rotations and contacts: without grain, strokes on stresses, feet planted, limbs clear, kept motion in its place."""
    roots, rotations = lower.root.numpy().copy(), to_rotations(lower, upper, hands)
    contacts = np.zeros((2, cue.frames, 4), np.float32)
    together = cue.places.elbow_room > 0.0 and cue.places.units[0] == cue.places.units[1]  # in one place and at one scale
    keep_both(roots, rotations, cue)  # at once, so that smoothing does not spread what jumps beside it
    for a in range(2):
        roots[a], rotations[a] = smooth(roots[a], rotations[a])
        rotations[a] = on_the_stress(roots[a], rotations[a], cue.skeletons[a], *stresses_of(cue, a))
    if together:
        roots = walk_past(roots, rotations, cue.skeletons, [kept is not None and bool(kept.part("lower").any()) for kept in cue.keep.motions])
    keep_both(roots, rotations, cue)  # now, so that feet stand where bodies flow in and out of it
    legs, arms = cue.keep.part("lower")[:, : cue.frames].numpy(), (cue.keep.part("upper") | cue.keep.part("hands"))[:, : cue.frames].numpy()
    for a, skeleton in enumerate(cue.skeletons):
        roots[a], rotations[a], contacts[a] = plant_feet(roots[a], rotations[a], skeleton, lower.contacts[a].numpy(), legs[a])
        rotations[a] = clear_legs(roots[a], rotations[a], skeleton, contacts[a], legs[a])
    rotations = clear_arms(roots, rotations, cue.skeletons, together, arms)
    keep_both(roots, rotations, cue)  # and again, to the last bit
    return roots, rotations, contacts


def stresses_of(cue: Cue, actor: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Stresses (T,) an actor is told of, and the frames (T,) whose arms may follow them: none about a walk, a change of label or kept arms."""
    frames = cue.frames
    if "stress" not in cue.conditions:
        return np.zeros(frames, np.float32), np.zeros(frames, bool)
    labels = cue.conditions["labels"][0, actor, :frames, : len(ACTION_LABELS)].argmax(-1).numpy()
    kept = (cue.keep.part("upper") | cue.keep.part("hands"))[actor, :frames].numpy()
    return cue.conditions["stress"][0, actor, :frames, 0].numpy(), settled(labels) & ~binary_dilation(kept, iterations=FPS)


def keep_both(roots: NDArray[np.float32], rotations: NDArray[np.float32], cue: Cue) -> None:
    """Kept motion in its place, in place."""
    for a, kept in enumerate(cue.keep.motions):
        if kept is not None:
            roots[a], rotations[a] = keep_exactly(roots[a], rotations[a], kept)


@lru_cache(maxsize=1)
def load_models(weights: Path, wav2vec2: Path | None = None) -> tuple[BodyStage, BodyStage, FaceModel]:
    """The three networks, kept between jobs."""
    lower, upper = BodyStage("lower", weights), BodyStage("upper", weights)
    check_words({"body_lower": lower.header, "body_upper": upper.header})
    return lower, upper, FaceModel.load(weights, wav2vec2)


def plant_feet(
    root: NDArray[np.float32], rotations: NDArray[np.float32], skeleton: Skeleton, meant: NDArray[np.float32], fixed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Lock the feet that stand; returns root, rotations and contacts (T, 4).

    ``meant`` (T, 4): the contacts the network made beside the motion; they also know feet that slide too fast to look planted.
    ``fixed`` (T,): frames that stay as they are.
    """
    contacts = detect_contacts(root, rotations, skeleton) | (meant > 0.5)
    root, rotations = lock_feet(root, rotations, skeleton, contacts, fixed)
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


def unheard(request: Request, stage: BodyStage) -> list[str]:
    """What a request says that the installed weights were not trained to hear."""
    said = {"style": any(a.style for a in request.actors), "emotion": any(a.emotions for a in request.actors), "relationship": bool(request.relationship)}
    return [f"The installed weights know no {name}, so it changes nothing." for name, is_said in said.items() if is_said and name not in stage.config.conditions]


class StageClock:
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
