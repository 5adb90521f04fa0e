"""What people do in anger, or to stop each other: push, hit, slap, grab, a pointed finger, a covered mouth."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Category, Reaction, Touch, Variant
from .common import BAD, BEHIND, DRAWS_BACK, HOSTILE, HURT, SHAKES, STARTLED


def push() -> Category:
    def hand(side: str, on: str) -> Touch:
        return Touch(0, f"{side}_palm", on, stay=0.2, via="drawn", ready="pushing")

    both = hand("right", "left_breast"), hand("left", "right_breast")
    answers = (
        Reaction(
            "staggers back",
            (),
            (Act(1, "recoils", 0.0, 1.0),),
            delay=(0.0, 0.05),
            steps_back=(1, 2),
            feeling="surprise",
        ),
        Reaction(
            "gives way by a step",
            (),
            (Act(1, "recoils", 0.0, 0.7), Act(1, "looks down", 0.5)),
            delay=(0.0, 0.05),
            steps_back=(1, 1),
            feeling="anger",
        ),
        Reaction("stands firm", (), (Act(1, "recoils", 0.0, 0.45),), delay=(0.0, 0.05), feeling="anger"),
    )
    near: dict[str, Any] = {
        "distance": (0.68, 0.8),
        "shift": 0.1,
        "reactions": answers,
        "hold": (0.15, 0.25),
        "come": (0.5, 0.7),
        "go": (0.5, 0.7),
        "acts": (Act(0, "thrusts", 0.0),),
    }
    return Category(
        "push",
        (
            Variant("both hands at the chest", both, approach=(0.3, 0.6), **near),
            Variant("walks up and pushes", both, approach=(1.2, 2.0), **near),
            Variant("one hand at the chest", (hand("right", "left_breast"),), **near),
            Variant("one hand at the shoulder", (hand("right", "left_outer_arm"),), **near),
            Variant(
                "from behind",
                (hand("right", "right_blade"), hand("left", "left_blade")),
                turned=(170.0, 190.0),
                held_out=True,
                **near,
            ),
        ),
        BAD,
        HURT,
        HOSTILE,
    )


def hit() -> Category:
    def fist(on: str) -> tuple[Touch, ...]:
        return (
            Touch(
                0, "right_fist", on, stay=0.08, gap=0.012, hand="fist", via="drawn", ready="held out", come=(0.45, 0.6)
            ),
        )

    recoil: dict[str, Any] = {"delay": (0.0, 0.04), "feeling": "surprise"}
    answers = (
        Reaction("recoils", (), (Act(1, "recoils", 0.0, 0.9),), **recoil),
        Reaction("staggers back", (), (Act(1, "recoils", 0.0, 1.1),), steps_back=(1, 2), **recoil),
        Reaction("stands firm", (), (Act(1, "recoils", 0.0, 0.4),), delay=(0.0, 0.04), feeling="anger"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.68, 0.8),
        "hold": (0.08, 0.1),
        "go": (0.45, 0.6),
        "shift": 0.12,
        "acts": (Act(0, "thrusts", 0.0, 0.6),),
    }
    return Category(
        "hit",
        (
            Variant("at the chest", fist("left_breast"), **near),
            Variant("at the arm", fist("left_outer_arm"), **near),
            Variant("walks up", fist("chest"), approach=(1.2, 2.0), **near),
            Variant("steps up", fist("left_breast"), approach=(0.3, 0.5), **near),
            Variant("at the belly", fist("belly"), held_out=True, **near),
        ),
        ("anger",),
        HURT,
        HOSTILE,
    )


def slap() -> Category:
    cheek = Touch(0, "right_palm", "left_cheek", stay=0.08, ready="raised", via="swung out", come=(0.5, 0.65))
    holds = Touch(1, "left_palm", "left_cheek", own=True, at=0.45, stay=0.9, ready="before the face", come=(0.4, 0.5))
    thrown = Act(1, "head turned", 0.0, -1.0)
    hurt: dict[str, Any] = {"delay": (0.0, 0.04), "feeling": "surprise"}
    answers = (
        Reaction("turns head", (), (thrown,), **hurt),
        Reaction("holds the cheek", (holds,), (thrown,), **hurt),
        Reaction("staggers back", (), (thrown, Act(1, "recoils", 0.0, 0.4)), steps_back=(1, 1), **hurt),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.68, 0.78),
        "hold": (0.08, 0.1),
        "go": (0.5, 0.7),
        "shift": 0.12,
    }
    return Category(
        "slap",
        (
            Variant("on the spot", (cheek,), **near),
            Variant("walks up", (cheek,), approach=(1.2, 2.0), **near),
            Variant("steps up", (cheek,), approach=(0.3, 0.5), **near),
            Variant("leaning in", (cheek,), acts=(Act(0, "leans in"),), **near),
            Variant("from aside", (cheek,), bearing=(-24.0, -14.0), turned=(14.0, 26.0), held_out=True, **near),
        ),
        ("anger", "disgust"),
        ("surprise", "anger", "fear"),
        HOSTILE,
    )


def grab() -> Category:
    def grip(on: str, side: str = "right") -> Touch:
        return Touch(0, f"{side}_palm", on, hand="cupped", come=(0.45, 0.65))

    answers = (DRAWS_BACK, STARTLED, SHAKES)
    near: dict[str, Any] = {"reactions": answers, "distance": (0.62, 0.76), "hold": (0.9, 1.6)}
    return Category(
        "grab",
        (
            Variant("the upper arm", (grip("left_outer_arm"),), **near),
            Variant("the forearm", (grip("left_forearm"),), **near),
            Variant(
                "both arms", (grip("left_outer_arm"), grip("right_outer_arm", "left")), approach=(0.3, 0.5), **near
            ),
            Variant("walks up", (grip("left_outer_arm"),), approach=(1.2, 2.0), **near),
            Variant("from behind", (grip("right_outer_arm"),), held_out=True, **near, **BEHIND),
        ),
        BAD,
        HURT,
        HOSTILE,
    )


def point() -> Category:
    def point(side: str, up: float = 0.06) -> Touch:
        return Touch(
            0, f"{side}_index_tip", aim=(0.06 if side == "left" else -0.06, 0.6, up), hand="point", ready="pointing"
        )

    back = Touch(1, "right_index_tip", aim=(-0.06, 0.58, 0.04), hand="point", ready="pointing", stay=0.8)
    hands = tuple(
        Touch(1, f"{s}_palm", aim=(0.22 if s == "left" else -0.22, 0.3, 0.0), ready="raised", stay=0.8)
        for s in ("left", "right")
    )
    answers = (
        DRAWS_BACK,
        Reaction("points back", (back,), feeling="anger"),
        Reaction("raises both hands", hands, (Act(1, "leans back", 0.0, 0.6),), feeling="anxiety"),
        SHAKES,
    )
    far: dict[str, Any] = {"reactions": answers, "hold": (0.8, 1.6), "come": (0.4, 0.6), "distance": (1.2, 2.2)}
    return Category(
        "point finger at",
        (
            Variant("at the face", (point("right"),), **far),
            Variant("at the chest", (point("right", -0.12),), **far),
            Variant("leaning in", (point("right"),), acts=(Act(0, "leans in"),), **far),
            Variant("walks up", (point("right"),), approach=(1.2, 2.2), **far),
            Variant("steps up", (point("right"),), approach=(0.3, 0.5), held_out=True, **far),
        ),
        (*BAD, "amusement"),
        ("surprise", "anger", "anxiety", "awkwardness"),
        HOSTILE,
    )


def cover_mouth() -> Category:
    over = Touch(0, "right_palm", "mouth", ready="raised", come=(0.5, 0.7), gap=0.008)
    wrist = Touch(1, "left_palm", "right_forearm", at=0.3, stay=0.6, ready="before the face", come=(0.45, 0.6))
    answers = (
        Reaction("stiffens", (), (Act(1, "stiffens"),), feeling="surprise"),
        Reaction("takes hold of the wrist", (wrist,), feeling="anger"),
        DRAWS_BACK,
    )
    near: dict[str, Any] = {"reactions": answers, "distance": (0.58, 0.68), "hold": (0.9, 1.5)}
    return Category(
        "cover mouth",
        (
            Variant("from the front", (over,), **near),
            Variant("walks up", (over,), approach=(1.2, 2.0), **near),
            Variant("steps up", (over,), approach=(0.3, 0.5), **near),
            Variant("leaning in", (over,), acts=(Act(0, "leans in"),), **near),
            Variant("from aside", (over,), bearing=(-20.0, -10.0), turned=(20.0, 34.0), held_out=True, **near),
        ),
        ("fear", "amusement", "anger", "anxiety"),
        HURT,
    )
