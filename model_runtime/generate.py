"""The method, read from top to bottom: a request in, a performance out.

Voices become prosody and phones; the request is resolved into a plan and conditions; the lower bodies of both are
sampled together, then the upper bodies given the lower; the motion is refined; last come the faces, which know where
the partner's head is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .choreography.performing import perform_interactions
from .choreography.planning import plan_interactions
from .common.checkpoints import WEIGHTS
from .conditioning.conditioning import Conditioning, conditioning_of
from .contract import (
    ActorPerformance,
    Performance,
    ProgressCallback,
    Request,
    StageClock,
    check_request,
    report_of,
)
from .face.model import load_face_model
from .face.performance import perform_faces
from .planning.height_normalisation import normalise_heights
from .planning.resolve_request import resolve_request
from .refine.bodies import Bodies, follow_constraints, follow_directions, performed_body, refine_bodies
from .refine.contacts import resolve_shot
from .refine.measures import measures_of
from .sampling.body_sampler import BodyStage, SamplingSettings, load_body_stages, sample_lower, sample_upper
from .sampling.contact_guides import contact_guides
from .sampling.windows import padded_frames
from .speech.audio import mix_speech
from .speech.prosody import prosody
from .speech.transcript.align_transcript import align_transcript

# Where each stage ends on the progress bar, from its measured share of the time.
STAGES = {
    "Listening to the voices": 0.06,
    "Legs and paths": 0.42,
    "Arms, heads and hands": 0.76,
    "Feet": 0.8,
    "Faces": 1.0,
}
LISTENING, LOWER, UPPER, REFINING, FACES = STAGES


def generate(
    request: Request,
    progress: ProgressCallback = lambda _: None,
    weights: Path = WEIGHTS,
    settings: SamplingSettings | None = None,
    wav2vec2: Path | None = None,
) -> Performance:
    """Perform the shot: body, hands and face of one actor or both at 30 fps over ``request.duration``.

    ``progress`` may raise ``Cancelled`` to stop. ``weights``: the folder of the networks. ``settings``: sampling other
    than the request's seed, quality and guidance. ``wav2vec2``: a folder with a speech encoder for the faces in the
    place of the default one. Raises the errors of ``errors.py``. The same request and seed give the same result on the
    same machine.
    """
    check_request(request)
    settings = settings or SamplingSettings(request.seed, request.quality, request.guidance)
    stages, face_model = load_body_stages(weights), load_face_model(weights, wav2vec2)
    clock = StageClock(STAGES, progress)

    clock.begin(LISTENING)
    planned, interactions, unplayed = plan_interactions(request)
    resolved, notes = resolve_request(planned)
    notes += unplayed
    voices = [mix_speech(actor.speech, request.duration) for actor in resolved.actors]
    transcripts = [
        align_transcript(voice, actor.words, actor.captions, actor.name)
        for voice, actor in zip(voices, resolved.actors)
    ]
    actors = [replace(actor, words=text.all_words) for actor, text in zip(resolved.actors, transcripts)]
    normalised, scale = normalise_heights(replace(resolved, actors=tuple(actors)))
    conditioning = conditioning_of(
        normalised,
        [prosody(voice, request.frames) for voice in voices],
        {*stages[0].config.conditions, *stages[1].config.conditions},
        padded_frames(request.frames),
        units=scale.units,
        alone=len(request.actors) == 1,
        weights=weights,
        stresses=[text.stress_times for text in transcripts],
        furniture=scale.into(request.obstacles),
    )
    guides = contact_guides(request.contacts, normalised.actors, scale, request.frames)
    settings = replace(settings, energies=(*settings.energies, *guides))
    bodies = generate_bodies(stages, conditioning, settings, clock)
    bodies, missed = follow_directions(replace(bodies, roots=scale.back(bodies.roots)), resolved.actors)
    notes += missed
    touched: dict[str, Any] = {}
    if interactions:
        performed = perform_interactions(bodies, resolved.actors, interactions, clock.share)
        bodies, resolved = performed.bodies, replace(resolved, actors=performed.actors)
        notes, touched = notes + performed.notes, {"interactions": performed.report}
    if request.contacts:
        bodies, met, missed = resolve_shot(
            bodies, resolved.actors, request.contacts, progress=clock.share, obstacles=request.obstacles
        )
        notes, touched = notes + missed, {**touched, "contacts": met.report}

    clock.begin(FACES)
    faces = perform_faces(face_model, request, resolved, voices, transcripts, bodies, clock.share)
    played = tuple(
        ActorPerformance(
            actor.name,
            *performed_body(bodies.roots[i], bodies.rotations[i], actor.constraints),
            faces[i],
            bodies.contacts[i],
        )
        for i, actor in enumerate(request.actors)
    )
    notes += [warning for text in transcripts for warning in text.warnings]
    spoken = [text.words for text in transcripts[: len(request.actors)]]
    report = report_of(request, voices, notes, stages[1].config.conditions, clock.end(), spoken)
    return Performance(played, {**report, **touched, "measures": measures_of(resolved.actors, played)})


def generate_bodies(
    stages: tuple[BodyStage, BodyStage],
    conditioning: Conditioning,
    settings: SamplingSettings,
    clock: StageClock | None = None,
) -> Bodies:
    """Return both bodies: the lower sampled and led through the wanted places, the upper sampled given it, refined."""
    clock = clock or StageClock(STAGES)
    lower_stage, upper_stage = stages
    clock.begin(LOWER)
    lower = sample_lower(lower_stage, conditioning, settings, clock.share)
    lower = follow_constraints(lower, conditioning)

    clock.begin(UPPER)
    upper = sample_upper(upper_stage, lower, conditioning, settings, clock.share)

    clock.begin(REFINING)
    return refine_bodies(lower, upper, upper_stage.hands, conditioning, settings.preset)
