"""Force against each other: pull, kick, step on a foot, knock over, block."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Category, Move, Reaction, Touch, Variant
from .common import BAD, BEHIND, HOSTILE, HURT, SHAKES

KICKS = ("ChrGarza@IdleFight01_KickForwardLow01", "ChrGarza@IdleFight01_KickForwardMedium01")
FALL, KNEELS = "Death01", "m_crouch_in"


def pull() -> Category:
    def grip(on: str, side: str = "right", at: float = 0.0) -> Touch:
        return Touch(0, f"{side}_palm", on, hand="cupped", at=at, come=(0.55, 0.75))

    steps = (Move(0, "steps", 0.55, count=(2, 2), metres=(-0.62, -0.5)),)
    follows = Move(1, "steps", 0.6, count=(2, 2), metres=(0.5, 0.62))
    answers = (
        Reaction("follows by steps", moves=(follows,), joins=True, feeling="surprise"),
        Reaction("follows and laughs", (), (Act(1, "laughs", 1.2),), moves=(follows,), joins=True, feeling="amusement"),
    )
    firm = (
        Reaction("resists, leaning back", (), (Act(1, "strains", 0.3, 1.2),), joins=True, feeling="anger"),
        Reaction("shakes head", (), (Act(1, "strains", 0.3, 0.8), Act(1, "shakes head", 0.7)), joins=True),
    )
    near: dict[str, Any] = {"distance": (0.66, 0.78), "hold": (1.7, 2.3), "after": ("stays",), "shift": 0.15}
    strains = (Act(0, "strains", 0.4, 1.2),)
    wrist = grip("right_wrist")
    return Category(
        "pull",
        (
            Variant("by the wrist", (wrist,), moves=steps, reactions=answers, acts=strains, **near),
            Variant("by the forearm", (grip("right_forearm"),), moves=steps, reactions=answers, acts=strains, **near),
            Variant("in vain", (wrist,), acts=strains, reactions=firm, **near),
            Variant(
                "with both hands",
                (wrist, grip("right_forearm", "left", 0.1)),
                acts=strains,
                reactions=firm,
                **near,
            ),
            Variant(
                "walks up and pulls",
                (wrist,),
                approach=(1.2, 2.0),
                moves=steps,
                reactions=answers,
                acts=strains,
                held_out=True,
                **near,
            ),
        ),
        (*BAD, "excitement", "anxiety"),
        ("surprise", "anger", "amusement", "anxiety"),
    )


def kick() -> Category:
    def foot(on: str) -> tuple[Touch, ...]:
        return (Touch(0, "right_toe", on, stay=0.07, gap=0.012, come=(0.32, 0.38), go=(0.5, 0.6)),)

    answers = (
        Reaction("hops back", (), (Act(1, "recoils", 0.0, 0.5),), delay=(0.0, 0.05), steps_back=(1, 1)),
        Reaction("bends over the place", (), (Act(1, "bows", 0.35, 0.45),), delay=(0.05, 0.15), feeling="fear"),
        Reaction("stands firm", (), (Act(1, "recoils", 0.0, 0.4),), delay=(0.0, 0.05), feeling="anger"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.8, 0.9),
        "hold": (0.07, 0.09),
        "come": (0.4, 0.5),
        "strikes": True,
        "after": ("stays",),
    }
    return Category(
        "kick",
        (
            Variant("at the knee", foot("left_knee"), shown=KICKS[:1], **near),
            Variant("at the thigh", foot("left_thigh"), shown=KICKS[1:], **near),
            Variant("at the other knee", foot("right_knee"), shown=KICKS[:1], **near),
            Variant("from behind", foot("left_back_of_thigh"), shown=KICKS[:1], **{**near, **BEHIND}),
            Variant("at the other thigh", foot("right_thigh"), shown=KICKS[1:], held_out=True, **near),
        ),
        ("anger",),
        HURT,
        HOSTILE,
    )


def step_on_foot() -> Category:
    def sole(on: str, at: float = 0.0) -> tuple[Touch, ...]:
        return (Touch(0, "right_sole", on, at=at, gap=0.012, stay=0.5, come=(0.5, 0.6), go=(0.5, 0.6)),)

    answers = (
        Reaction("looks down", (), (Act(1, "looks down", 0.1, 1.1), Act(1, "starts", 0.0, 0.8)), feeling="surprise"),
        Reaction("starts", (), (Act(1, "starts", 0.0), Act(1, "leans back", 0.2, 0.6)), feeling="anger"),
        Reaction("laughs", (), (Act(1, "looks down", 0.1), Act(1, "laughs", 0.9)), feeling="amusement"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.54, 0.6),
        "hold": (0.5, 0.8),
        "come": (0.5, 0.7),
        "go": (0.6, 0.7),
    }
    down = Act(0, "looks down", -0.5, 0.8)
    return Category(
        "step on foot",
        (
            Variant("on the spot", sole("left_top_of_toes"), acts=(down,), **near),
            Variant("steps up", sole("left_top_of_toes"), approach=(0.3, 0.5), acts=(down,), **near),
            Variant(
                "walks up",
                sole("left_top_of_toes", 0.9),
                approach=(1.2, 2.0),
                acts=(down,),
                **{**near, "distance": (0.49, 0.54)},
            ),
            Variant("looking at the face", sole("left_top_of_toes"), acts=(Act(0, "leans in", 0.1, 0.6),), **near),
            Variant("laughing", sole("left_top_of_toes"), acts=(down, Act(0, "laughs", 0.6)), held_out=True, **near),
        ),
        ("anger", "amusement", "awkwardness"),
        ("surprise", "anger", "amusement"),
        HOSTILE,
    )


def knock_over() -> Category:
    def hand(side: str, on: str) -> Touch:
        return Touch(0, f"{side}_palm", on, stay=0.14, via="drawn", ready="pushing")

    falls = Move(1, "plays", 0.06, clips=(FALL,), cut=(0.06, 2.3), arms="thrown out")
    kneels = Move(1, "plays", 0.45, clips=(KNEELS,), cut=(1.0, 3.6))
    answers = (
        Reaction("falls on the back", moves=(falls,), joins=True, feeling="surprise"),
        Reaction("falls and lifts the head", (), (Act(1, "looks down", 1.7, 1.2),), moves=(falls,), joins=True),
    )
    both = hand("right", "left_breast"), hand("left", "right_breast")
    near: dict[str, Any] = {
        "distance": (0.68, 0.8),
        "shift": 0.1,
        "hold": (0.14, 0.2),
        "come": (0.5, 0.7),
        "go": (0.5, 0.7),
        "acts": (Act(0, "thrusts", 0.0, 1.3),),
        "after": ("stays", "steps back"),
    }
    down = Reaction("stumbles and goes down on a knee", (), (Act(1, "recoils", 0.0, 0.8),), moves=(kneels,), joins=True)
    return Category(
        "knock over",
        (
            Variant("both hands at the chest", both, approach=(0.3, 0.6), reactions=answers, **near),
            Variant("walks up", both, approach=(1.2, 2.0), reactions=answers, **near),
            Variant("one hand", both[:1], reactions=answers, **near),
            Variant("at the shoulder", (hand("right", "left_outer_arm"),), reactions=(*answers, down), **near),
            Variant(
                "from behind",
                (hand("right", "right_blade"), hand("left", "left_blade")),
                reactions=(down, Reaction("goes down on a knee", moves=(kneels,), joins=True)),
                held_out=True,
                **{**near, **BEHIND},
            ),
        ),
        ("anger",),
        HURT,
        HOSTILE,
    )


def block() -> Category:
    def met(point: str, on: str, height: float, hand: str = "open") -> Touch:
        return Touch(0, point, on, stay=0.25, ready="raised", height=height, come=(0.4, 0.5), hand=hand)

    thrusts = Act(1, "thrusts", 0.0, 0.8)
    answers = (
        Reaction("strikes and is stopped", (), (thrusts, Act(1, "recoils", 0.08, 0.3)), joins=True),
        Reaction("strikes and draws back", (), (thrusts, Act(1, "leans back", 0.4)), joins=True),
        Reaction("strikes and shakes the head", (), (thrusts, *SHAKES.acts), joins=True),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.72, 0.84),
        "hold": (0.25, 0.3),
        "go": (0.5, 0.7),
        "acts": (Act(0, "stiffens", -0.2, 0.8),),
    }
    return Category(
        "block",
        (
            Variant("a fist with the palm", (met("left_palm", "right_fist", 0.1),), **near),
            Variant("a fist low", (met("left_palm", "right_fist", -0.2),), **near),
            Variant("an arm with the palm", (met("left_palm", "right_wrist", 0.12),), **near),
            Variant(
                "with both hands",
                (
                    met("left_palm", "right_fist", 0.08),
                    Touch(0, "right_palm", "right_forearm", at=0.03, stay=0.22, ready="raised", come=(0.4, 0.5)),
                ),
                **near,
            ),
            Variant(
                "leaning back",
                (met("left_palm", "right_fist", 0.1),),
                **{**near, "acts": (Act(0, "leans back", -0.2),)},
                held_out=True,
            ),
        ),
        ("fear", "anger", "surprise"),
        ("anger",),
        HOSTILE,
    )
