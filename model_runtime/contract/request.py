"""What a generation is asked for: a ``Request`` with one actor or two.

Units are metres, seconds and radians. The world is right-handed with Z up; a character at rest faces -Y and its left
hand points to +X. Times count from the start of the shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..body_model.body_shape import BodyShape, default_body_shape
from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import Skeleton
from ..common.timing import frame_count
from .motion_constraints import MotionConstraints
from .vocabulary import MOVABLE


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
    """An action from ``start`` to ``end`` (s): one of ``ACTION_LABELS``.

    ``to_partner``: a walk that leads to the partner and stops at talking distance. Other walks lead to their waypoints;
    one without any stays near. ``facing``: a place (x, y) in metres that an actor turns to while it stands, in the
    place of the partner.
    """

    label: str
    start: float
    end: float
    to_partner: bool = False
    facing: tuple[float, float] | None = None


@dataclass(frozen=True)
class EmotionSpan:
    """An emotion from ``start`` to ``end`` (s): one of ``EMOTION_CHOICES``, ``intensity`` 0 (none) to 2 (extreme)."""

    emotion: str
    intensity: float
    start: float
    end: float


@dataclass(frozen=True)
class EnergySpan:
    """How strongly an actor moves from ``start`` to ``end`` (s): ``energy`` from 0 (subdued) over 1 (usual) to 2."""

    energy: float
    start: float
    end: float


@dataclass(frozen=True)
class GazeSpan:
    """What an actor looks at from ``start`` to ``end`` (s) in the place of the partner; the head turns along.

    ``places`` (x, y, z) in metres, evenly spaced over the span: one for a thing that stays, more for one that moves.
    """

    start: float
    end: float
    places: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Pin:
    """A ``part`` of the body, one of ``PINNED``, that is held at a place from ``start`` to ``end`` (s).

    ``places`` (x, y, z) in metres, evenly spaced over the span, as in ``GazeSpan``: of a wrist, of the middle of the
    head, or of the root, which is where an actor stands or sits and has one place, whatever its height. The body leaves
    its motion in time to be there, and comes back to it. ``heading`` (radians) of a pinned root, None for any.
    """

    part: str
    start: float
    end: float
    places: tuple[tuple[float, float, float], ...]
    heading: float | None = None


@dataclass(frozen=True)
class ContactGoal:
    """Two points that touch from ``start`` to ``end`` (s).

    ``point`` of the actor named ``actor`` touches ``other_point`` of the one named ``other``, who may be the same; or a
    target if ``other`` is empty: ``places`` (x, y, z) in metres, evenly spaced over the span, one for a thing that
    stays, more for one that moves. Points are named as in ``BodyShape``. ``distance``: metres that may stay between the
    two. ``held``: they touch already, in motion that is given; whatever else changes there, the first point stays where
    it is on the other body, or at its target.
    """

    actor: str
    point: str
    start: float
    end: float
    other: str = ""
    other_point: str = ""
    places: tuple[tuple[float, float, float], ...] = ()
    distance: float = 0.0
    held: bool = False


@dataclass(frozen=True)
class Resolve:
    """How motion that is given is changed, so that bodies leave each other and contacts are met.

    ``gives_way``: one of ``GIVES_WAY``. ``moves``: which of ``MOVABLE`` may. ``tolerance``: metres of overlap that
    flesh takes. ``furthest``: metres that a body is readily shifted as a whole. ``own``: a body leaves itself, too.
    """

    gives_way: str = "both"
    moves: tuple[str, ...] = MOVABLE
    tolerance: float = 0.01
    furthest: float = 0.1
    own: bool = False


@dataclass(frozen=True)
class TimedWord:
    """A word of the transcript, spoken from ``start`` to ``end`` (s, shot time)."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Caption:
    """A part of the transcript, spoken somewhere from ``start`` to ``end`` (s, shot time).

    The runtime finds each word in the voice.
    """

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Waypoint:
    """A place where the root is wanted: ``position`` (x, y) in metres at ``time`` (s).

    ``heading`` in radians about +Z against the rest facing (-Y), or None for any. Several in one walk are its path. The
    last one in a sit label is the seat: the place and heading of the seated pelvis.
    """

    time: float
    position: tuple[float, float]
    heading: float | None = None


@dataclass(frozen=True)
class InteractionSpan:
    """What the two do to each other from ``start`` to ``end`` (s): a ``category`` of ``INTERACTIONS``, a text, or both.

    ``who``: the actors who act, by their place in ``Request.actors``: one, or both. ``prompt``: free text; where there
    is a category, it adds to it. What of it is played, and by whom, says ``interactions.played_part``.
    """

    start: float
    end: float
    who: tuple[int, ...]
    category: str = ""
    prompt: str = ""


@dataclass(frozen=True)
class Style:
    """How an actor gestures while speaking, in standard deviations from the mean (0), each from -3 to 3.

    ``liveliness``: speed of the hands; ``height`` of the hands over the pelvis; ``reach``: distance from the spine.
    """

    liveliness: float = 0.0
    height: float = 0.0
    reach: float = 0.0


@dataclass(frozen=True)
class Actor:
    """One character: its own bones, where it starts, what it says and does.

    ``position`` (x, y) in metres; ``heading`` in radians; ``words`` have their times already, the words of ``captions``
    are found in the voice; ``constraints``: motion that is given; ``style`` None: left to the networks; ``gaze`` and
    ``pins``: where it looks, and where hands, head or root are held; ``shape``: the volume of this body in its own
    metres, None for that of its bone lengths; ``energy``: 1 in the gaps; ``leading_hand``: which of ``LEADING_HANDS``
    makes gestures of one hand, empty for either.
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
    gaze: tuple[GazeSpan, ...] = ()
    pins: tuple[Pin, ...] = ()
    energy: tuple[EnergySpan, ...] = ()
    leading_hand: str = ""
    shape: BodyShape | None = None

    @property
    def body_shape(self) -> BodyShape:
        """The shape that came with the actor, or that of its bone lengths."""
        return default_body_shape(self.skeleton) if self.shape is None else self.shape


@dataclass(frozen=True)
class Request:
    """Everything a generation needs, for one actor or two.

    Gaps between action spans mean ``stand``, gaps between emotions ``neutral``. ``relationship``: one of
    ``RELATIONSHIPS``, the first actor in the first role, or empty if unknown. ``guidance``: weight of classifier-free
    guidance. ``lips``: from 1 for the most accurate lips to 0 for those of the expressive face alone. ``interactions``:
    what the two do to each other; it comes before the labels of the same time. ``contacts``: what should touch.
    ``resolve``: nothing is generated. The constraints of each actor hold its whole motion, outside of their masks too;
    what the masks leave free is changed. ``obstacles``: furniture that hands keep clear of.
    """

    duration: float
    actors: tuple[Actor, ...]
    seed: int = 0
    quality: str = "final"
    guidance: float = 2.0
    relationship: str = ""
    lips: float = 1.0
    interactions: tuple[InteractionSpan, ...] = ()
    contacts: tuple[ContactGoal, ...] = ()
    resolve: Resolve | None = None
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def frames(self) -> int:
        return frame_count(self.duration)

    def renamed(self, names: Sequence[str]) -> Request:
        """Return the request with other names of its actors, in their order."""
        now = {actor.name: name for actor, name in zip(self.actors, names)}
        actors = tuple(replace(actor, name=now.get(actor.name, actor.name)) for actor in self.actors)
        contacts = tuple(
            replace(goal, actor=now.get(goal.actor, goal.actor), other=now.get(goal.other, goal.other))
            for goal in self.contacts
        )
        return replace(self, actors=actors, contacts=contacts)
