"""What a generation is asked for: a ``Request`` with one actor or two.

Units are metres, seconds and radians. The world is right-handed with Z up; a character at rest faces -Y and its left
hand points to +X. Times count from the start of the shot.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..body_model.skeleton import Skeleton
from ..common.timing import frame_count
from .motion_constraints import MotionConstraints


@dataclass(frozen=True)
class SpeechClip:
    """A stretch of a sound file on the shot's timeline.

    ``start``: shot time (s) at which it is first heard, may be negative when the shot begins inside it;
    ``trim_start``: seconds skipped at the head of the file; ``duration``: seconds heard; ``gain``: linear.
    """

    path: str
    start: float
    duration: float
    trim_start: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True)
class ActionSpan:
    """What the body does from ``start`` to ``end`` (s): one of ``ACTION_LABELS``.

    ``to_partner``: a walk that leads to the partner and stops at talking distance. Other walks lead to the waypoints in
    them.
    """

    label: str
    start: float
    end: float
    to_partner: bool = False


@dataclass(frozen=True)
class EmotionSpan:
    """What the actor feels from ``start`` to ``end`` (s): one of ``EMOTIONS``, ``intensity`` 0 (none) to 2 (extreme)."""

    emotion: str
    intensity: float
    start: float
    end: float


@dataclass(frozen=True)
class TimedWord:
    """A word of the transcript, spoken from ``start`` to ``end`` (s, shot time)."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Caption:
    """A stretch of the transcript, said somewhere from ``start`` to ``end`` (s, shot time): the runtime finds each word
    in the voice.
    """

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Waypoint:
    """A place the root is wanted at: ``position`` (x, y) in metres at ``time`` (s).

    ``heading`` in radians about +Z against the rest facing (-Y), or None when any will do. Several in one walk are its
    path; the last one in a sit label is the seat: where the pelvis is when seated, and which way one faces there.
    """

    time: float
    position: tuple[float, float]
    heading: float | None = None


@dataclass(frozen=True)
class Style:
    """How an actor gestures when speaking, in standard deviations from the usual (0), each from -3 to 3
    (``style.style_of``).
    """

    liveliness: float = 0.0
    height: float = 0.0
    reach: float = 0.0


@dataclass(frozen=True)
class Actor:
    """One character: its own bones, where it starts, what it says and does. ``style`` None: not said, as the moment
    brings it.

    ``words`` have their times already, ``captions`` are still to be found in the voice; either helps lips, gestures and
    stresses.
    """

    name: str
    skeleton: Skeleton
    position: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    speech: tuple[SpeechClip, ...] = ()
    actions: tuple[ActionSpan, ...] = ()
    waypoints: tuple[Waypoint, ...] = ()
    seat_height: float = 0.45
    emotions: tuple[EmotionSpan, ...] = ()
    words: tuple[TimedWord, ...] = ()
    constraints: MotionConstraints | None = None
    style: Style | None = None
    captions: tuple[Caption, ...] = ()


@dataclass(frozen=True)
class Request:
    """Everything a generation needs, for one actor or two. Gaps between action spans mean ``stand``, gaps between
    emotions ``neutral``.

    ``relationship``: one of ``RELATIONSHIPS``, the first actor in the first role, or empty where it is not said.
    ``lips``: 1 for lips as accurate as the runtime can, 0 for those of the expressive face alone.
    """

    duration: float
    actors: tuple[Actor, ...]
    seed: int = 0
    quality: str = "final"
    guidance: float = 2.0
    relationship: str = ""
    lips: float = 1.0

    @property
    def frames(self) -> int:
        return frame_count(self.duration)
