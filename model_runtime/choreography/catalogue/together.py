"""What two do together: chat, imitate, look back at a call, chase, walk arm in arm, dance, wrestle with hands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..elements import Act, Beats, Category, Move, Reaction, Touch, Variant
from .common import CLOSE, GOOD, LAUGHS, WARM

_TALKS = ("gesture", "stand", "rig_chrbrad")


def chat() -> Category:
    def talks(role: int, at: float, *tags: str) -> Move:
        return Move(role, "plays", at, tags=tags or _TALKS)

    listens = Move(1, "plays", -0.9, tags=("gesture", "listen", "stand"))
    answers = (
        Reaction("answers", (), (Act(1, "nods", 0.6),), joins=True, moves=(listens, talks(1, 2.4))),
        Reaction("listens and nods", (), (Act(1, "nods", 0.4), Act(1, "nods", 2.0)), joins=True, moves=(listens,)),
        Reaction("laughs", (), (Act(1, "nods", 0.2), Act(1, "laughs", 1.8)), joins=True, moves=(listens,)),
    )
    far: dict[str, Any] = {
        "reactions": answers,
        "hold": (3.6, 4.4),
        "come": (0.4, 0.6),
        "distance": (0.95, 1.35),
        "turned": (-20.0, 20.0),
        "after": ("stays",),
    }
    return Category(
        "chat",
        (
            Variant("telling", moves=(talks(0, -0.7), talks(0, 1.5)), **far),
            Variant("explaining", moves=(talks(0, -0.7, "talk", "stand"),), **far),
            Variant("in turns", moves=(talks(0, -0.7), talks(0, 3.2)), acts=(Act(0, "tilts head", 1.6),), **far),
            Variant("laughing", moves=(talks(0, -0.7), talks(0, 2.4)), acts=(Act(0, "laughs", 1.2),), **far),
            Variant("asking", moves=(talks(0, -0.7, "question", "stand"), talks(0, 1.6)), held_out=True, **far),
        ),
        GOOD,
        GOOD,
    )


def imitate() -> Category:
    def shown(*tags: str, cut: tuple[float, float] | None = None) -> tuple[Move, ...]:
        lead = Move(1, "plays", -0.6, tags=tags, cut=cut)
        return lead, Move(0, "plays", 0.0, copies=True, cut=cut)

    answers = (
        Reaction("leads", (), (), joins=True),
        Reaction("laughs", (), (Act(1, "laughs", 2.6),), joins=True, feeling="amusement"),
        Reaction("nods", (), (Act(1, "nods", 2.8),), joins=True),
    )
    far: dict[str, Any] = {
        "reactions": answers,
        "hold": (3.0, 3.4),
        "come": (0.3, 0.5),
        "distance": (1.3, 1.9),
        "after": ("stays",),
    }
    return Category(
        "imitate",
        (
            Variant("cheering", moves=shown("cheer", "stand", cut=(0.2, 4.0)), **far),
            Variant("clapping", moves=shown("clap", "stand", cut=(0.6, 4.2)), **far),
            Variant("stretching", moves=shown("stretch", "stand", "self_adaptor", cut=(0.2, 4.6)), **far),
            Variant("a gesture", moves=shown("both", "gesture", "stand", "rig_chrbrad"), **far),
            Variant("waving", moves=shown("wave", "stand"), held_out=True, **far),
        ),
        ("amusement", "interest", "joy"),
        ("amusement", "interest", "joy"),
    )


def look_back() -> Category:
    tap = Touch(1, "right_palm", "right_trapezius", at=-0.45, stay=0.35, come=(0.6, 0.8), go=(0.6, 0.8))
    call = Touch(1, "right_palm", aim=(-0.28, 0.2, 0.27), at=-0.5, stay=1.1, ready="raised", come=(0.45, 0.6))
    taps, calls = (
        Reaction("taps the shoulder", (tap,), (), joins=True, beats=Beats("pat", (1, 2), (2.4, 3.0), (0.04, 0.06))),
        Reaction("calls, a hand raised", (call,), (Act(1, "leans in", -0.3),), joins=True),
    )
    beckons = Reaction("calls and leans in", (), (Act(1, "leans in", -0.5, 1.2), Act(1, "nods", 0.3)), joins=True)
    round_it = Act(0, "looks round", 0.0, -1.0)
    near: dict[str, Any] = {"hold": (1.0, 1.6), "come": (0.9, 1.1), "after": ("stays",)}
    close: dict[str, Any] = {**near, "bearing": (172.0, 184.0), "distance": (0.52, 0.62), "turned": (-6.0, 6.0)}
    far: dict[str, Any] = {**near, "bearing": (160.0, 182.0), "distance": (1.3, 2.4), "turned": (-6.0, 6.0)}
    turns = Move(0, "turns", 0.35, degrees=(-165.0, -140.0))
    return Category(
        "look back",
        (
            Variant("at a tap", acts=(round_it,), reactions=(taps, replace(taps, name="taps and waits")), **close),
            Variant("at a call", acts=(round_it,), reactions=(calls, beckons), **far),
            Variant("and turns round", acts=(round_it,), moves=(turns,), reactions=(calls, beckons), **far),
            Variant("walking away", acts=(round_it,), approach=(1.2, 2.0), reactions=(calls, beckons), **far),
            Variant(
                "at a tap, and turns round",
                acts=(round_it,),
                moves=(turns,),
                reactions=(taps, replace(taps, name="taps and waits")),
                held_out=True,
                **{**close, "distance": (0.6, 0.68)},
            ),
        ),
        ("surprise", "interest", "calmness"),
        ("interest", "joy", "calmness"),
    )


def chase() -> Category:
    def pair(metres: float, behind: float) -> tuple[Move, ...]:
        goes = (metres - 0.3, metres + 0.3)
        return Move(1, "runs", -0.9, metres=goes), Move(0, "runs", -0.9 + behind, metres=(metres - 1.1, metres - 0.8))

    away: dict[str, Any] = {
        "bearing": (-5.0, 5.0),
        "turned": (174.0, 186.0),
        "hold": (1.5, 2.0),
        "come": (0.3, 0.4),
        "after": ("stays",),
        "by_pelvis": True,
    }
    answers = (
        Reaction("runs away", joins=True),
        Reaction("looks back while running", (), (Act(1, "looks round", 0.2, -0.8),), joins=True, feeling="fear"),
        Reaction("laughs", (), (Act(1, "laughs", 1.2),), joins=True, feeling="amusement"),
    )
    return Category(
        "chase",
        (
            Variant("close behind", moves=pair(3.4, 0.15), reactions=answers, distance=(1.6, 1.9), **away),
            Variant("further behind", moves=pair(3.4, 0.4), reactions=answers, distance=(1.9, 2.5), **away),
            Variant("far", moves=pair(4.6, 0.3), reactions=answers, distance=(1.5, 2.0), **away),
            Variant(
                "a little aside",
                moves=pair(3.4, 0.2),
                reactions=answers,
                distance=(1.7, 2.1),
                **{**away, "bearing": (16.0, 30.0), "turned": (160.0, 176.0)},
            ),
            Variant("late", moves=pair(3.4, 0.6), reactions=answers, distance=(1.8, 2.2), held_out=True, **away),
        ),
        ("amusement", "anger", "excitement"),
        ("amusement", "fear", "excitement"),
        CLOSE,
    )


def link_arms() -> Category:
    hooked = Touch(0, "left_palm", "right_forearm", hand="cupped", come=(0.7, 0.9), ready="linked")
    offers = Touch(1, "right_palm", "belly", own=True, gap=0.1, at=-0.1, come=(0.7, 0.9), ready="linked")
    covers = Touch(0, "right_palm", "right_forearm", at=0.5, hand="cupped", come=(0.6, 0.8))
    answers = (
        Reaction("leans in", (), (Act(1, "leans in", 0.2, 0.5),), joins=True, feeling="joy"),
        Reaction("nods", (), (Act(1, "nods", 0.4),), joins=True),
        LAUGHS,
    )
    beside: dict[str, Any] = {
        "bearing": (84.0, 94.0),
        "turned": (88.0, 98.0),
        "distance": (0.46, 0.52),
        "reactions": answers,
        "shift": 0.2,
        "after": ("stays",),
    }
    both = (Move(0, "walks", 0.9, metres=(1.6, 2.0)), Move(1, "walks", 0.9, copies=True))
    return Category(
        "link arms",
        (
            Variant("standing", (hooked, offers), hold=(1.6, 2.4), **beside),
            Variant("and walks", (hooked, offers), moves=both, hold=(3.2, 3.8), **beside),
            Variant("with both hands", (hooked, offers, covers), hold=(1.8, 2.4), **beside),
            Variant("tilting the head", (hooked, offers), acts=(Act(0, "tilts head", 0.5),), hold=(1.6, 2.4), **beside),
            Variant(
                "laughing", (hooked, offers), acts=(Act(0, "laughs", 0.6),), hold=(1.6, 2.4), held_out=True, **beside
            ),
        ),
        WARM,
        ("joy", "calmness", "adoration"),
        CLOSE,
    )


def dance() -> Category:
    hands = (
        Touch(0, "left_palm", "right_palm", ready="held out"),
        Touch(0, "right_palm", "left_palm", ready="held out", at=0.05),
    )
    frame = (
        Touch(0, "left_palm", "right_palm", ready="opened", height=-0.02),
        Touch(0, "right_palm", "left_blade", ready="wrapped", at=0.1),
    )
    rests = Touch(1, "left_palm", "right_outer_arm", at=0.2)
    swing = Beats("sway", (3, 5), (0.9, 1.3), (0.05, 0.09))
    steps = tuple(
        Move(role, "steps", at, count=(1, 1), metres=(0.04, 0.06), aside=side * (0.14 if role == 0 else -0.14))
        for role in (0, 1)
        for at, side in ((0.35, 1.0), (1.3, -1.0), (2.25, 1.0))
    )
    follows = (
        Reaction("follows", joins=True, feeling="joy"),
        Reaction("laughs", (), (Act(1, "laughs", 1.2),), joins=True, feeling="amusement"),
    )
    alone = (
        Reaction("dances along", moves=(Move(1, "plays", 0.1, copies=True),), joins=True, feeling="joy"),
        Reaction("dances its own way", moves=(Move(1, "plays", 0.1, tags=("dance", "stand")),), joins=True),
    )
    near: dict[str, Any] = {"hold": (3.0, 3.6), "after": ("stays",)}
    return Category(
        "dance",
        (
            Variant("salsa", pair="salsa", reactions=follows, **near),
            Variant("hand in hand", hands, moves=steps, beats=swing, reactions=follows, distance=(0.7, 0.82), **near),
            Variant(
                "in a closed hold",
                frame,
                moves=steps,
                reactions=(
                    Reaction("follows", (rests,), joins=True, feeling="joy"),
                    Reaction("laughs", (rests,), (Act(1, "laughs", 1.2),), joins=True, feeling="amusement"),
                ),
                distance=(0.48, 0.56),
                shift=0.25,
                **near,
            ),
            Variant(
                "face to face",
                moves=(Move(0, "plays", -0.3, clips=DANCES, cut=(0.0, 4.5)),),
                reactions=alone,
                distance=(1.3, 1.7),
                **near,
            ),
            Variant(
                "side by side",
                moves=(Move(0, "plays", -0.3, clips=DANCES, cut=(0.0, 4.5)),),
                reactions=alone,
                bearing=(84.0, 94.0),
                turned=(88.0, 98.0),
                distance=(1.1, 1.5),
                held_out=True,
                **near,
            ),
        ),
        ("joy", "excitement", "amusement"),
        ("joy", "excitement", "amusement"),
        CLOSE,
    )


DANCES = ("m_dancing_neutral", "Dance_Body_Roll")


def hand_wrestling() -> Category:
    palms = (
        Touch(0, "right_palm", "left_palm", ready="raised", height=-0.04, come=(0.6, 0.8)),
        Touch(0, "left_palm", "right_palm", ready="raised", height=-0.04, come=(0.6, 0.8)),
    )
    shove = Beats("sway", (2, 4), (0.7, 1.1), (0.04, 0.06))
    quick = Beats("sway", (3, 6), (1.2, 1.7), (0.03, 0.045))
    answers = (
        Reaction("pushes back", (), (Act(1, "strains", 0.2, 0.5),), joins=True),
        Reaction(
            "loses the balance and steps back",
            (),
            (Act(1, "strains", 0.2, 0.5), Act(1, "leans back", 2.1)),
            joins=True,
            feeling="surprise",
            moves=(Move(1, "steps", 2.4, metres=(-0.34, -0.26)),),
        ),
        Reaction("laughs", (), (Act(1, "strains", 0.2, 0.5), Act(1, "laughs", 2.2)), joins=True, feeling="amusement"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "hold": (1.9, 2.3),
        "distance": (0.62, 0.72),
        "after": ("stays",),
        "shift": 0.15,
    }
    strains = Act(0, "strains", 0.2, 0.5)
    return Category(
        "hand wrestling",
        (
            Variant("push and yield", palms, acts=(strains,), beats=shove, **near),
            Variant("quick", palms, beats=quick, acts=(strains,), **near),
            Variant("with one hand", palms[:1], beats=shove, acts=(strains,), **near),
            Variant("steps up", palms, approach=(0.3, 0.5), beats=shove, **near),
            Variant("bent low", palms, acts=(replace(strains, size=0.9),), beats=shove, held_out=True, **near),
        ),
        ("excitement", "amusement", "joy"),
        ("excitement", "amusement", "joy"),
    )


def carry_on_back() -> Category:
    answers = (
        Reaction("rides", joins=True, feeling="joy"),
        Reaction("laughs", (), (Act(1, "laughs", 0.8),), joins=True, feeling="amusement"),
    )
    on: dict[str, Any] = {
        "rides": True,
        "reactions": answers,
        "distance": (0.28, 0.32),
        "bearing": (178.0, 182.0),
        "turned": (-2.0, 2.0),
        "hold": (3.2, 4.0),
        "come": (0.4, 0.6),
        "after": ("stays",),
    }
    return Category(
        "carry on back",
        (
            Variant("walking", moves=(Move(0, "walks", 0.0, metres=(1.8, 2.6)),), **on),
            Variant("standing", **on),
            Variant("turning", moves=(Move(0, "turns", 0.2, degrees=(70.0, 120.0)),), **on),
            Variant("in small steps", moves=tuple(Move(0, "steps", 0.1 + 0.9 * k) for k in range(3)), **on),
            Variant("slowly", moves=(Move(0, "walks", 0.0, metres=(1.5, 2.0), speed=(0.6, 0.8)),), held_out=True, **on),
        ),
        ("joy", "amusement", "calmness"),
        ("joy", "amusement", "excitement"),
        CLOSE,
    )
