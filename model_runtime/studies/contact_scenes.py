"""Scenes in which two bodies meet, for measuring what keeps them apart and brings them together.

Talkers of 1.62 and 1.84 m with the demo's voices: started in each other's way, walking past each other, seated, and
greeting; and captured salsa pairs on bodies of these sizes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..body_model import rotations as rot
from ..body_model.body_shape import default_body_shape
from ..body_model.feet import detect_contacts
from ..body_model.skeleton import AVERAGE_SKELETON
from ..contract import FPS, ActionSpan, Actor, ActorPerformance, ContactGoal, Performance, Request, SpeechClip, Waypoint
from ..datasets.bvh import make_pair, parse_bvh
from ..datasets.clip import Clip
from ..datasets.cmu import LICENCE, SOURCE, STATURE
from ..datasets.locations import REPOSITORY, data_dir
from .furniture import table

HEIGHTS, NAMES = (1.62, 1.84), ("Mia", "Tom")
SALSA = ("01", "03", "05")
_ASSETS = REPOSITORY / "interact_addon" / "assets"
_EAST = np.pi / 2  # faces +X


@dataclass(frozen=True)
class Scene:
    """A request with its ``name`` and, where the motion is captured and not generated, its ``performance``."""

    name: str
    request: Request
    performance: Performance | None = None


def generated_scenes() -> Iterator[Scene]:
    """Yield the scenes that the networks play."""
    yield Scene("generated, started 35 cm apart", _talkers(8.0, 0.35))
    yield Scene("generated, walk past each other", _passing(6.0))
    yield Scene("generated, seated side by side", _seated(8.0))
    yield Scene("generated, seated at a table", at_a_table(8.0))
    yield from greetings()


def greetings() -> Iterator[Scene]:
    """Yield the three greetings that are asked for of two standing talkers."""
    touch = ContactGoal("Mia", "right_palm", 2.0, 3.0, "Tom", "right_palm")
    yield Scene("handshake asked for", replace(_talkers(5.0, 0.85), contacts=(touch,)))
    brief = replace(touch, start=2.2, end=2.4)
    high = ContactGoal("Mia", "right_palm", 2.2, 2.4, places=((-0.05, 0.0, 1.6),), distance=0.08)
    yield Scene("high-five asked for", replace(_talkers(5.0, 0.85), contacts=(brief, high)))
    shoulder = replace(touch, other_point="left_shoulder", end=3.5)
    yield Scene("hand on shoulder asked for", replace(_talkers(5.0, 0.75), contacts=(shoulder,)))


def salsa_scenes(data: Path, seconds: float) -> Iterator[Scene]:
    """Yield captured pairs on bodies of other sizes, none where the data folder has no captures."""
    for take in SALSA if _archive(data).is_file() else ():
        yield _retargeted(read_pair(take, data), f"salsa 60_{take} of other sizes", round(seconds * FPS) + 1)


def _actor(number: int, x: float, y: float, heading: float, seconds: float) -> Actor:
    voice = SpeechClip(str(_ASSETS / f"demo_{'ab'[number]}.ogg"), 0.0, seconds)
    skeleton = AVERAGE_SKELETON.scaled(HEIGHTS[number] / AVERAGE_SKELETON.height)
    return Actor(NAMES[number], skeleton, (x, y), heading, (voice,), shape=default_body_shape(skeleton))


def _talkers(seconds: float, apart: float) -> Request:
    """Return two who stand ``apart`` metres from each other, face each other and talk."""
    sides = ((0, -1.0), (1, 1.0))
    return Request(
        seconds,
        tuple(_actor(number, 0.5 * sign * apart, 0.0, -sign * _EAST, seconds) for number, sign in sides),
        seed=1,
    )


def _passing(seconds: float) -> Request:
    """Return two who walk past each other with hardly any room."""
    actors = []
    for number, sign in ((0, -1.0), (1, 1.0)):
        start, end = (sign * 1.8, 0.12 * sign), (-sign * 1.8, 0.12 * sign)
        walk = ActionSpan("walk", 0.5, seconds - 1.0)
        ways = (Waypoint(0.5, start), Waypoint(seconds - 1.0, end))
        actor = _actor(number, *start, -sign * _EAST, seconds)
        actors.append(replace(actor, actions=(walk,), waypoints=ways))
    return Request(seconds, tuple(actors), seed=1)


def _seated(seconds: float) -> Request:
    """Return two who sit side by side, turned a little towards each other."""
    actors = [
        replace(_actor(number, 0.4 * sign, 0.0, -0.3 * sign, seconds), actions=(ActionSpan("sit", 0.0, seconds),))
        for number, sign in ((0, -1.0), (1, 1.0))
    ]
    return Request(seconds, tuple(actors), seed=1)


def at_a_table(seconds: float) -> Request:
    """Return two who sit opposite each other at a table, their thighs below its edge."""
    actors = [
        replace(_actor(number, 0.0, 0.62 * sign, heading, seconds), actions=(ActionSpan("sit", 0.0, seconds),))
        for number, sign, heading in ((0, -1.0, np.pi), (1, 1.0, 0.0))
    ]
    return Request(seconds, tuple(actors), seed=1, obstacles=(table(0.0, 0.375, depth=0.75),))


def _retargeted(pair: tuple[Clip, Clip], name: str, frames: int) -> Scene:
    """Return a captured pair on bodies of ``HEIGHTS``: rotations and places on the floor kept, pelvis as high as legs
    are long.
    """
    place, actors, performed = pair[0].pair, [], []
    assert place is not None
    frames = min(frames, *(clip.frames for clip in pair))
    for number, (clip, (x, y, heading)) in enumerate(zip(pair, ((0.0, 0.0, 0.0), (place.x, place.y, place.heading)))):
        actor = _actor(number, x, y, heading, 1.0)
        root, turn = clip.root_positions[:frames].astype(np.float64), rot.about_z(np.array(heading))
        root[:, 2] *= actor.skeleton.pelvis_height / clip.skeleton.pelvis_height
        rotations = clip.rotations[:frames].astype(np.float64)
        rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
        places, turns = (rot.rotate(turn, root) + (x, y, 0.0)).astype(np.float32), rotations.astype(np.float32)
        contacts = detect_contacts(places, turns, actor.skeleton).astype(np.float32)
        actors.append(replace(actor, speech=()))
        performed.append(ActorPerformance(actor.name, places, turns, np.zeros((frames, 52), np.float32), contacts))
    request = Request((frames - 1) / FPS, (actors[0], actors[1]))
    return Scene(name, request, Performance(tuple(performed), {}))


def _archive(data: Path) -> Path:
    return data / "motion" / "cmu.tar.xz"


def read_pair(take: str, data: Path | None = None) -> tuple[Clip, Clip]:
    """Return both dancers of a salsa take from the data folder, the usual one when None."""
    motions = []
    with tarfile.open(_archive(data or data_dir())) as files:
        for subject in ("60", "61"):
            name = f"cmu/salsa_pairs/{subject}_{take}_scaled.bvh"
            content = files.extractfile(name)
            assert content is not None
            motions.append(parse_bvh(name, content.read().decode("utf-8")))
    return make_pair((f"60_{take}", f"61_{take}"), (motions[0], motions[1]), SOURCE, LICENCE, stature=STATURE)
