"""With one who sits: help up, sit on a leg, massage a leg."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Beats, Category, Move, Reaction, Touch, Variant
from .common import CLOSE

KNEELS, STAYS_DOWN = "m_crouch_in", "m_crouch_idle"


def help_up() -> Category:
    right = Touch(0, "right_palm", "right_palm", come=(0.7, 0.9))
    both = (Touch(0, "right_palm", "left_palm", come=(0.7, 0.9)), Touch(0, "left_palm", "right_palm", at=0.05))
    elbow = Touch(0, "left_palm", "right_forearm", at=0.2, hand="cupped")
    rises = Move(1, "rises", 0.55)
    answers = (
        Reaction("rises with the pull", moves=(rises,), joins=True, feeling="relief"),
        Reaction("rises and nods", (), (Act(1, "nods", 2.6),), moves=(rises,), joins=True, feeling="admiration"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "seated": True,
        "distance": (0.72, 0.84),
        "hold": (2.2, 2.6),
        "acts": (Act(0, "leans in", -0.2, 1.2), Act(0, "strains", 0.7, 1.0)),
        "after": ("stays", "steps back"),
        "shift": 0.2,
    }
    return Category(
        "help up",
        (
            Variant("by the hand", (right,), **near),
            Variant("by both hands", both, **near),
            Variant("by hand and elbow", (right, elbow), **near),
            Variant("walks up", (right,), approach=(1.2, 2.0), **near),
            Variant("steps up", both, approach=(0.3, 0.5), held_out=True, **near),
        ),
        ("adoration", "calmness", "interest"),
        ("relief", "admiration", "calmness"),
        CLOSE,
    )


def sit_on_leg() -> Category:
    seat = Touch(0, "right_buttock", "left_thigh", gap=0.012, come=(0.9, 1.1), go=(0.8, 1.0))
    arm = Touch(0, "right_palm", "left_blade", ready="wrapped", at=0.3, come=(0.7, 0.9))
    holds = Touch(1, "left_palm", "right_small_of_back", ready="wrapped low", at=0.35, come=(0.7, 0.9))
    answers = (
        Reaction("holds the waist", (holds,), joins=True, feeling="adoration"),
        Reaction("laughs", (), (Act(1, "laughs", 0.7),), joins=True, feeling="amusement"),
        Reaction("stiffens", (), (Act(1, "stiffens", 0.1),), joins=True, feeling="awkwardness"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "seated": True,
        "by_pelvis": True,
        "seat": 0.165,
        "hold": (2.2, 2.8),
        "come": (0.9, 1.1),
        "moves": (Move(0, "sits", -2.6),),
        "after": ("stays",),
        "shift": 0.3,
        "distance": (0.3, 0.36),
        "bearing": (62.0, 80.0),
        "turned": (150.0, 175.0),
    }
    return Category(
        "sit on leg",
        (
            Variant("sits down", (seat,), **near),
            Variant("an arm round the shoulders", (seat, arm), **near),
            Variant("laughing", (seat,), acts=(Act(0, "laughs", 0.8),), **near),
            Variant("tilting the head", (seat,), acts=(Act(0, "tilts head", 0.6),), **near),
            Variant("nodding", (seat,), acts=(Act(0, "nods", 0.8),), held_out=True, **near),
        ),
        ("adoration", "joy", "amusement"),
        ("adoration", "amusement", "awkwardness"),
        ("romantic partners", "parent / child", "grandparent / child", "siblings"),
    )


def massage_leg() -> Category:
    def hands(on: str, other: str) -> tuple[Touch, ...]:
        return Touch(0, "right_palm", on, hand="cupped"), Touch(0, "left_palm", other, hand="cupped", at=0.1)

    rub = Beats("stroke", (2, 4), (0.9, 1.3), (0.02, 0.035))
    answers = (
        Reaction("leans back", (), (Act(1, "leans back", 0.5, 0.5),), feeling="relief"),
        Reaction("nods", (), (Act(1, "nods", 0.6),), feeling="satisfaction"),
        Reaction("tilts head", (), (Act(1, "tilts head", 0.4),), feeling="relief"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "seated": True,
        "by_pelvis": True,
        "hold": (1.9, 2.6),
        "come": (0.7, 0.9),
        "moves": (
            Move(0, "plays", -3.3, clips=(KNEELS,), cut=(1.3, 4.4)),
            Move(0, "plays", 0.0, clips=(STAYS_DOWN,), cut=(0.0, 4.0)),
        ),
        "after": ("stays",),
        "distance": (1.08, 1.18),
        "shift": 0.25,
    }
    return Category(
        "massage leg",
        (
            Variant("thigh", hands("left_thigh", "right_knee"), beats=rub, **near),
            Variant("shin", hands("left_shin", "right_knee"), beats=rub, **near),
            Variant("knees", hands("left_knee", "right_knee"), beats=rub, **near),
            Variant(
                "slowly",
                hands("left_knee", "right_knee"),
                beats=Beats("stroke", (1, 2), (0.6, 0.9), (0.03, 0.04)),
                **near,
            ),
            Variant("one hand", hands("left_knee", "")[:1], beats=rub, held_out=True, **near),
        ),
        ("adoration", "calmness"),
        ("relief", "calmness", "satisfaction"),
        CLOSE,
    )
