"""Ways to greet and to part: handshake, wave, hug, high-five, bow, kiss on the cheek, walking up."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Beats, Category, Reaction, Touch, Variant
from .common import CLOSE, GOOD, LAUGHS, NODS, WARM


def handshake() -> Category:
    palms = Touch(0, "right_palm", "right_palm")
    plain = (
        Reaction("shakes hands", (), (Act(1, "nods", 0.2),), joins=True),
        Reaction(
            "lays the other hand on top",
            (Touch(1, "left_palm", "right_back_of_hand", at=0.35, come=(0.5, 0.7)),),
            joins=True,
            feeling="admiration",
        ),
        Reaction("leans in", (), (Act(1, "leans in"),), joins=True),
    )
    pump = Beats("pump", (2, 4), (2.6, 3.3), (0.03, 0.065))
    far: dict[str, Any] = {
        "distance": (0.78, 0.92),
        "reactions": plain,
        "beats": pump,
        "hold": (1.1, 2.0),
        "come": (0.65, 0.9),
    }
    return Category(
        "handshake",
        (
            Variant("walks up", (palms,), approach=(1.2, 2.6), acts=(Act(0, "nods", 0.3),), **far),
            Variant("on the spot", (palms,), **far),
            Variant("one step", (palms,), approach=(0.3, 0.5), **far),
            Variant("both come", (palms,), approach=(0.5, 1.6), meets=True, **far),
            Variant("grasps the elbow", (palms, Touch(0, "left_palm", "right_forearm", at=0.3)), **far),
            Variant(
                "holds the shoulder",
                (palms, Touch(0, "left_palm", "right_upper_arm", at=0.35)),
                approach=(0.3, 1.4),
                held_out=True,
                **far,
            ),
        ),
        GOOD,
        GOOD,
        (
            "co-workers",
            "in-laws",
            "business partners",
            "boss / subordinate",
            "neighbours",
            "strangers",
            "mentor / mentee",
            "childhood friends",
        ),
    )


def wave() -> Category:
    def beside(side: str) -> tuple[float, float, float]:
        return (0.33 if side == "left" else -0.33), 0.14, 0.27

    def wave(role: int, side: str = "right", at: float = 0.0) -> Touch:
        return Touch(role, f"{side}_palm", aim=beside(side), at=at, hand="open", ready="raised")

    swing = Beats("wave", (2, 5), (1.6, 2.4), (0.25, 0.42))
    answers = (
        Reaction("waves back", (wave(1),), beats=swing, delay=(0.25, 0.5), feeling="joy"),
        Reaction("nods", (), (Act(1, "nods", 0.2),)),
        Reaction("laughs", (), (Act(1, "laughs", 0.2),), feeling="amusement"),
    )
    far: dict[str, Any] = {
        "distance": (1.4, 3.2),
        "reactions": answers,
        "beats": swing,
        "hold": (1.2, 2.4),
        "come": (0.5, 0.8),
    }
    return Category(
        "wave",
        (
            Variant("one hand", (wave(0),), **far),
            Variant("walks up waving", (wave(0),), approach=(1.2, 2.4), **far),
            Variant("leans in", (wave(0),), acts=(Act(0, "leans in"),), **far),
            Variant("captured", (), shown=("wave",), distance=(1.4, 3.2), reactions=answers),
            Variant("both hands", (wave(0), wave(0, "left")), held_out=True, **far),
        ),
        ("joy", "excitement", "amusement", "calmness"),
        ("joy", "calmness", "surprise"),
    )


def hug() -> Category:
    def around(role: int, point: str, on: str, at: float = 0.0) -> Touch:
        ready = "wrapped low" if "small" in on or "waist" in on else "wrapped"
        return Touch(role, point, on, at=at, gap=0.008, ready=ready, via="opened", back=True)

    over = (around(0, "right_palm", "left_blade"), around(0, "left_palm", "right_waist", 0.12))
    back = (around(1, "left_palm", "right_waist", 0.15), around(1, "right_palm", "left_blade", 0.25))
    answers = (
        Reaction("hugs back", back, joins=True, feeling="joy"),
        Reaction("hugs back with one arm", back[1:], joins=True),
        Reaction("stiffens", (), (Act(1, "stiffens"),), feeling="surprise"),
    )
    near: dict[str, Any] = {
        "distance": (0.40, 0.47),
        "reactions": answers,
        "hold": (1.0, 2.2),
        "come": (0.8, 1.1),
        "go": (0.7, 1.0),
        "bearing": (4.0, 10.0),
        "shift": 0.3,
        "early": (-0.25, -0.1),
        "after": ("steps back",),
    }
    acts = (Act(0, "leans in", 0.0, 1.4),)
    return Category(
        "hug",
        (
            Variant("walks into it", over, approach=(1.2, 2.4), acts=acts, **near),
            Variant("one step", over, approach=(0.3, 0.6), acts=acts, **near),
            Variant(
                "pats the back", over, approach=(0.3, 1.6), beats=Beats("pat", (2, 4), (1.8, 2.6), (0.05, 0.08)), **near
            ),
            Variant("one arm", over[:1], approach=(0.3, 1.4), **near),
            Variant(
                "low",
                (around(0, "right_palm", "left_small_of_back"), around(0, "left_palm", "right_blade", 0.1)),
                approach=(0.3, 1.6),
                held_out=True,
                **near,
            ),
        ),
        WARM,
        ("joy", "adoration", "relief", "surprise", "calmness"),
        CLOSE,
    )


def high_five() -> Category:
    def five(ready: str, height: float = 0.12) -> tuple[Touch, ...]:
        return (Touch(0, "right_palm", "right_palm", stay=0.14, ready=ready, come=(0.5, 0.65), height=height),)

    late = (LAUGHS, NODS, Reaction("leans in", (), (Act(1, "leans in"),)))
    answers = tuple(Reaction(r.name, (), r.acts, joins=True, feeling=r.feeling) for r in late)
    near: dict[str, Any] = {"distance": (0.62, 0.74), "reactions": answers, "hold": (0.12, 0.16), "go": (0.55, 0.75)}
    return Category(
        "high-five",
        (
            Variant("up high", five("high"), **near),
            Variant("walks up", five("high"), approach=(1.2, 2.2), **near),
            Variant("down low", five("held out", -0.4), **near),
            Variant("both come", five("high"), approach=(0.5, 1.4), meets=True, **near),
            Variant("raised", five("raised", 0.05), approach=(0.3, 0.5), held_out=True, **near),
        ),
        ("joy", "excitement", "satisfaction", "amusement"),
        ("joy", "excitement", "amusement"),
    )


def bend() -> Category:
    answers = (
        Reaction("bows back", (), (Act(1, "bows", 0.1, 1.15),), feeling="admiration"),
        NODS,
        Reaction("waits", (), (Act(1, "leans back", 0.4, 0.4),)),
    )
    far: dict[str, Any] = {"reactions": answers, "hold": (1.0, 1.8), "come": (0.3, 0.5), "distance": (1.1, 1.9)}
    return Category(
        "bend",
        (
            Variant("deep", acts=(Act(0, "bows", -0.1, 1.1),), **far),
            Variant("short", acts=(Act(0, "bows", -0.1, 0.6),), **far),
            Variant("walks up and bows", acts=(Act(0, "bows", 0.1, 0.9),), approach=(1.2, 2.4), **far),
            Variant(
                "hand on the heart",
                (Touch(0, "right_palm", "chest", own=True, stay=1.4),),
                acts=(Act(0, "bows", 0.0, 0.6),),
                **far,
            ),
            Variant("steps up and bows", acts=(Act(0, "bows", 0.1, 1.0),), approach=(0.3, 0.5), held_out=True, **far),
        ),
        ("admiration", "sadness", "calmness"),
        ("calmness", "satisfaction", "surprise"),
        ("strangers", "boss / subordinate", "teacher / student", "in-laws", "business partners"),
    )


def kiss() -> Category:
    lips = Touch(0, "mouth", "right_cheek", gap=0.008, stay=0.4, come=(0.7, 0.9), go=(0.6, 0.8))
    arm = Touch(0, "left_palm", "right_outer_arm", at=-0.15, stay=0.9, come=(0.6, 0.8))
    other = Touch(0, "right_palm", "left_outer_arm", at=-0.1, stay=0.9, come=(0.6, 0.8))
    answers = (
        Reaction("tilts head", (), (Act(1, "tilts head", 0.1, 0.6),), feeling="adoration"),
        Reaction("laughs", (), (Act(1, "laughs", 0.7),), feeling="joy"),
        Reaction("stiffens", (), (Act(1, "stiffens", 0.0),), feeling="awkwardness"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "distance": (0.46, 0.54),
        "hold": (0.4, 0.8),
        "bearing": (-12.0, -6.0),
        "turned": (14.0, 30.0),
    }
    return Category(
        "kiss on cheek",
        (
            Variant("leaning in", (lips,), **near),
            Variant("hand on the arm", (lips, arm), **near),
            Variant("hands on both arms", (lips, arm, other), **near),
            Variant("walks up", (lips, arm), approach=(1.2, 2.0), **near),
            Variant("steps up", (lips,), approach=(0.3, 0.5), held_out=True, **near),
        ),
        ("adoration", "joy", "admiration"),
        ("adoration", "joy", "awkwardness"),
        CLOSE,
    )


def walk_towards() -> Category:
    answers = (
        Reaction("waits", (), (Act(1, "nods", -0.4, 0.7),)),
        Reaction("steps back", (), (Act(1, "leans back", -0.3, 0.6),), steps_back=(1, 1), feeling="anxiety"),
        Reaction("leans in", (), (Act(1, "leans in", 0.0),), feeling="interest"),
        Reaction("nods", (), (Act(1, "nods", -0.3),), feeling="joy"),
    )
    far: dict[str, Any] = {"reactions": answers, "hold": (0.5, 1.2), "come": (0.3, 0.4), "distance": (0.9, 1.4)}
    return Category(
        "walk towards",
        (
            Variant("a few steps", approach=(1.5, 2.2), **far),
            Variant("further", approach=(2.2, 3.4), **far),
            Variant("with a nod", approach=(1.5, 2.8), acts=(Act(0, "nods", 0.0),), **far),
            Variant("from aside", approach=(1.5, 2.8), turned=(40.0, 80.0), **far),
            Variant("from behind", approach=(1.5, 2.8), turned=(150.0, 200.0), held_out=True, **far),
        ),
        ("calmness", "interest", "joy", "anger"),
        ("calmness", "interest", "surprise"),
    )
