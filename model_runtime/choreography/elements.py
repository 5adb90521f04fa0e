"""What a choreography is made of: roles, ways of touching, reactions, and the variants of a category.

Role 0 is the actor, who begins, and role 1 the reactor. A variant is written for the right hand; ``mirrored`` gives the
same for the left. Times are seconds, drawn from ranges; those of touches and acts count from the moment of contact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Range = tuple[float, float]


@dataclass(frozen=True)
class Touch:
    """``point`` of ``role`` meets the point ``on`` of the other, or of itself if ``own``.

    With an ``aim`` instead of ``on`` nothing is touched: the point goes to that place, metres of a body of 1.7 m to the
    left, ahead and up from the middle between the own shoulders. From ``at`` for ``stay`` seconds, None for as long as
    the contact is held. ``gap``: metres that stay between. ``come`` and ``go`` are the seconds that the arm takes to
    reach and to return, those of the variant when None. ``hand``: the shape of the fingers, one of ``hands.SHAPES``.
    ``ready``: the pose of ``arms.POSES`` from which the contact is sought; ``via``: that through which the arm comes,
    and, with ``back``, also leaves. ``height``: metres above the middle of the actor's shoulders, for a body of 1.7 m,
    at which two hands meet half way between the bodies, None where it does not matter.
    """

    role: int
    point: str
    on: str = ""
    at: float = 0.0
    stay: float | None = None
    gap: float = 0.0
    own: bool = False
    aim: tuple[float, float, float] | None = None
    come: Range | None = None
    go: Range | None = None
    hand: str = "open"
    ready: str = "held out"
    via: str = ""
    back: bool = False
    height: float | None = None


@dataclass(frozen=True)
class Act:
    """What a ``role`` does beside touching: ``kind`` is a name in ``acts.ACTS``, from ``at`` on with a ``size``."""

    role: int
    kind: str
    at: float = 0.0
    size: float = 1.0


@dataclass(frozen=True)
class Beats:
    """What is repeated while the contact lasts.

    ``kind``: 'pump' moves joined hands up and down, 'pat' takes the hand off and puts it back, 'stroke' moves it along
    the surface, 'wave' swings the forearm, 'shake' moves a fist up and down, 'sway' moves joined hands to and fro
    between the two. ``count`` times, ``rate`` a second,
    ``size`` in metres of a body of 1.7 m.
    """

    kind: str
    count: tuple[int, int]
    rate: Range
    size: Range


@dataclass(frozen=True)
class Move:
    """What the base of a ``role`` does beside standing, ``at`` seconds after the contact; moves follow each other.

    ``kind``: 'plays' a captured clip, one of ``clips`` by name, or with all ``tags``; with ``copies`` the one that the
    other role played last, in the mirror; ``cut``: only from and to these seconds of it; ``arms``: with its arms in a
    pose of ``arms.POSES``. 'steps' ``count`` steps of ``metres`` in all, ahead, or back where negative; ``aside``
    metres to the left. 'walks' and 'runs' ``metres`` ahead at ``speed`` m/s; 'turns' by ``degrees`` to the left;
    'rises' from the chair; 'sits' down on it.
    """

    role: int
    kind: str
    at: float = 0.0
    clips: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    copies: bool = False
    cut: Range | None = None
    arms: str = ""
    count: tuple[int, int] = (1, 1)
    metres: Range = (0.3, 0.4)
    aside: float = 0.0
    degrees: Range = (0.0, 0.0)
    speed: Range = (0.9, 1.2)


@dataclass(frozen=True)
class Reaction:
    """What the reactor does, ``delay`` seconds after the actor: its own touches and acts; steps it makes."""

    name: str
    touches: tuple[Touch, ...] = ()
    acts: tuple[Act, ...] = ()
    delay: Range = (0.15, 0.5)
    steps_back: tuple[int, int] = (0, 0)
    joins: bool = False  # takes part in the contact as it begins: no delay of the contact itself
    beats: Beats | None = None
    feeling: str = ""
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Variant:
    """One way to perform a category.

    ``distance``: metres between the middles of both stances at the contact, for bodies of 1.7 m. ``bearing`` degrees:
    where the reactor stands, 0 ahead of the actor, positive to its left. ``turned`` degrees: 0, the reactor faces the
    actor; 180, it turns its back; 90, it shows its right side. ``approach``: metres that the actor walks before, 0 for
    none; ``meets``: so does the reactor. ``after``: what the actor does at the end, one of 'stays', 'steps back',
    'leaves'. ``shown``: where a captured clip plays the actor's part, its tags; it replaces the reach. ``held_out``: in
    test scenes alone.
    """

    name: str
    touches: tuple[Touch, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    distance: Range = (0.9, 1.1)
    bearing: Range = (-4.0, 4.0)
    turned: Range = (-8.0, 8.0)
    approach: Range = (0.0, 0.0)
    meets: bool = False
    come: Range = (0.6, 0.9)
    hold: Range = (0.8, 1.6)
    go: Range = (0.6, 0.9)
    beats: Beats | None = None
    acts: tuple[Act, ...] = ()
    after: tuple[str, ...] = ("stays", "steps back")
    shown: tuple[str, ...] = ()
    hand: str = "right"
    lean: float = 0.0
    held_out: bool = False
    early: Range = (0.0, 0.12)  # seconds that the hand is there before the walk has come to rest
    shift: float = 0.12  # metres that each body is readily moved as a whole to meet the contact
    moves: tuple[Move, ...] = ()
    seated: bool = False
    strikes: bool = False
    by_pelvis: bool = False
    seat: float = 0.0
    pair: str = ""
    rides: bool = False


@dataclass(frozen=True)
class Category:
    """A category of ``contract.INTERACTIONS``: its variants, and the feelings and relationships that it goes with."""

    name: str
    variants: tuple[Variant, ...]
    feelings: tuple[str, ...] = ("calmness",)
    answers: tuple[str, ...] = ("calmness",)
    relationships: tuple[str, ...] = (
        "friends with similar hobbies",
        "childhood friends",
        "co-workers",
        "classmates",
        "neighbours",
        "commuting buddies",
    )


def mirrored(variant: Variant) -> Variant:
    """Return the variant in a mirror: left and right exchanged."""

    def touch(t: Touch) -> Touch:
        aim = None if t.aim is None else (-t.aim[0], *t.aim[1:])
        return replace(t, point=other_side(t.point), on=other_side(t.on), aim=aim)

    def act(a: Act) -> Act:
        return replace(a, size=-a.size) if a.kind in ("head turned", "looks round") else a

    def move(m: Move) -> Move:
        (a, b) = m.degrees
        return replace(m, aside=-m.aside, degrees=(-b, -a))

    reactions = tuple(
        replace(r, touches=tuple(map(touch, r.touches)), acts=tuple(map(act, r.acts)), moves=tuple(map(move, r.moves)))
        for r in variant.reactions
    )
    (a, b), (c, d) = variant.bearing, variant.turned
    return replace(
        variant,
        touches=tuple(map(touch, variant.touches)),
        acts=tuple(map(act, variant.acts)),
        moves=tuple(map(move, variant.moves)),
        reactions=reactions,
        bearing=(-b, -a),
        turned=(-d, -c),
        hand=other_side(variant.hand),
    )


def other_side(name: str) -> str:
    """Return a name with 'left' and 'right' exchanged."""
    for one, other in (("left", "right"), ("right", "left")):
        if name.startswith(one):
            return other + name[len(one) :]
    return name
