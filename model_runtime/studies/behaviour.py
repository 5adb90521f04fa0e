"""Properties of every shot, checked by generating it again: seeds, silence, and roles that follow the voices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..common.arrays import Array
from ..conditioning.tracks import label_track, settled
from ..contract import FPS, Actor, Performance, Request
from ..face.mouth_shapes import lip_gap
from ..generate import generate
from ..metrics.measures import MOUTH_CLOSED, hand_speed, largest_difference, mean_difference, mouth_motion
from ..speech.audio import mix_speech
from ..speech.prosody import VOICE_ACTIVITY, prosody

Generate = Callable[[Request], Performance]
SHORT = 8.0  # s: long enough for takes to differ
SILENT_TAKES = 6


def check_behaviour(request: Request, original: Performance, make: Generate = generate) -> dict[str, Any]:
    """Return figures from further generations. ``original`` is the result of ``request``.

    ``same_seed_repeats``: bit by bit; ``seeds_differ_cm``: mean joint distance of two seeds; ``roles_follow_voices``:
    with both assignments of the voices a speaker moves the mouth more than a listener, and speakers move the hands more
    than listeners, apart from walks and changes of label; ``silence_…``: hands, mouth and path of two without a voice.
    """
    short = cut(request, SHORT)
    first, again, other = make(short), make(short), make(replace(short, seed=short.seed + 1))
    skeletons = [actor.skeleton for actor in request.actors]
    repeats = all(
        np.array_equal(getattr(a, key), getattr(b, key))
        for a, b in zip(first.actors, again.actors)
        for key in ("root_positions", "rotations", "face", "foot_contacts")
    )
    return {
        "same_seed_repeats": repeats,
        "seeds_differ_cm": 100
        * min(mean_difference(a, b, s) for a, b, s in zip(first.actors, other.actors, skeletons)),
        "seeds_differ_face": min(
            largest_difference(a, b, s)["face"] for a, b, s in zip(first.actors, other.actors, skeletons)
        ),
        **check_roles(request, original, make),
        **check_silence(request, make),
    }


def seconds_to_generate(request: Request) -> float:
    """Return the seconds of motion that ``check_behaviour`` generates."""
    return (3 + SILENT_TAKES) * min(SHORT, request.duration) + request.duration


def check_roles(request: Request, original: Performance, make: Generate = generate) -> dict[str, Any]:
    """Return whether speaking and listening change sides with the voices."""
    a, b = request.actors
    swapped_request = replace(request, actors=(replace(a, speech=b.speech), replace(b, speech=a.speech)))
    swapped = make(swapped_request)
    hands, mouths = [], []
    for shot, result in ((request, original), (swapped_request, swapped)):
        alone = _speaks_alone(shot, result.frames)
        for me, (actor, played) in enumerate(zip(shot.actors, result.actors)):
            speed = hand_speed(played.root_positions, played.rotations, actor.skeleton).mean(axis=1)
            calm = settled(label_track(actor, result.frames))
            hands.append((_mean(speed, alone[me] & calm), _mean(speed, alone[1 - me] & calm)))
            mouths.append(
                (_mean(mouth_motion(played.face), alone[me]), _mean(mouth_motion(played.face), alone[1 - me]))
            )
    # Hands of both together, once for each assignment of the voices; every single mouth.
    by_shot = [(hands[k][0] + hands[k + 1][0], hands[k][1] + hands[k + 1][1]) for k in (0, 2)]
    return {
        "roles_follow_voices": bool(
            all(own > other for own, other in by_shot) and all(own > other for own, other in mouths)
        ),
        "hands_speaking_over_listening": [own / max(other, 0.001) for own, other in hands],
        "mouth_speaking_over_listening": [own / max(other, 0.01) for own, other in mouths],
    }


def check_silence(request: Request, make: Generate = generate) -> dict[str, Any]:
    """Return figures of both standing without a voice for ``SHORT`` seconds, over ``SILENT_TAKES`` takes: the mean
    speed of the hands, since bodies shift their weight in some takes only; of mouths and paths the worst.
    """
    first, second = (replace(actor, speech=(), actions=(), waypoints=()) for actor in request.actors)
    still = replace(cut(request, SHORT), actors=(first, second))
    speeds, closed, paths = [], [], []
    for seed in range(request.seed, request.seed + SILENT_TAKES):
        for actor, played in zip(still.actors, make(replace(still, seed=seed)).actors):
            speeds.append(float(hand_speed(played.root_positions, played.rotations, actor.skeleton).mean()))
            closed.append(float((lip_gap(played.face) < MOUTH_CLOSED).mean()))
            paths.append(float(np.ptp(played.root_positions[:, :2], axis=0).max()))
    return {
        "silence_hand_speed_cm_per_s": 100 * float(np.mean(speeds)),
        "silence_mouth_closed": min(closed),
        "silence_path_cm": 100 * max(paths),
    }


def cut(request: Request, seconds: float) -> Request:
    """Return the first ``seconds`` of a shot."""
    seconds = min(seconds, request.duration)

    def shorter(actor: Actor) -> Actor:
        return replace(
            actor,
            speech=tuple(c for c in actor.speech if c.start < seconds),
            actions=tuple(replace(s, end=min(s.end, seconds)) for s in actor.actions if s.start < seconds - 1 / FPS),
            waypoints=tuple(w for w in actor.waypoints if w.time <= seconds),
        )

    return replace(request, duration=seconds, actors=(shorter(request.actors[0]), shorter(request.actors[1])))


def _speaks_alone(request: Request, frames: int) -> list[Array]:
    """Return for each actor the frames (T,) in which it speaks and the other does not."""
    active = [
        prosody(mix_speech(actor.speech, request.duration), frames)[:, VOICE_ACTIVITY] > 0.5 for actor in request.actors
    ]
    return [active[0] & ~active[1], active[1] & ~active[0]]


def _mean(values: Array, where: Array) -> float:
    return float(np.asarray(values, np.float64)[where].mean()) if where.any() else float("nan")
