"""Signs and games: whispers, thumbs up, blown kisses, rock-paper-scissors, poses for a picture."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Beats, Category, Reaction, Touch, Variant
from .common import BESIDE, CLOSE, LAUGHS


def whisper() -> Category:
    ear = Touch(0, "mouth", "right_ear", gap=0.07, come=(0.8, 1.1))
    shoulder = Touch(0, "left_palm", "right_outer_arm", at=-0.1, come=(0.7, 0.9))
    answers = (
        Reaction("tilts head", (), (Act(1, "tilts head", 0.0),)),
        Reaction("laughs", (), (Act(1, "laughs", 0.9),), feeling="amusement"),
        Reaction("starts", (), (Act(1, "starts", 0.8),), feeling="surprise"),
        Reaction("nods", (), (Act(1, "nods", 0.7),), feeling="interest"),
    )
    common: dict[str, Any] = {"reactions": answers, "hold": (1.2, 2.2), "distance": (0.44, 0.5), "go": (0.7, 1.0)}
    return Category(
        "whisper in ear",
        (
            Variant("from the side", (ear,), turned=(70.0, 95.0), **common),
            Variant("hand on the arm", (ear, shoulder), turned=(60.0, 85.0), **common),
            Variant("steps up", (ear,), approach=(0.3, 0.5), turned=(65.0, 95.0), **common),
            Variant("walks up", (ear,), approach=(1.2, 2.0), turned=(65.0, 95.0), **common),
            Variant("from the front", (ear,), bearing=(-16.0, -10.0), turned=(20.0, 40.0), held_out=True, **common),
        ),
        ("interest", "amusement", "adoration", "anxiety", "excitement"),
        ("interest", "amusement", "surprise"),
    )


def thumb_up() -> Category:
    def thumb(role: int, side: str = "right", stay: float | None = None) -> Touch:
        return Touch(
            role, f"{side}_palm", aim=(0.2 if side == "left" else -0.2, 0.36, -0.1), hand="thumb up", stay=stay
        )

    answers = (
        Reaction("nods", (), (Act(1, "nods", 0.2),)),
        Reaction("answers with a thumb up", (thumb(1, stay=0.9),), feeling="joy"),
        LAUGHS,
    )
    far: dict[str, Any] = {"reactions": answers, "hold": (0.9, 1.8), "come": (0.5, 0.75), "distance": (1.0, 2.2)}
    return Category(
        "thumb up",
        (
            Variant("one thumb", (thumb(0),), **far),
            Variant("with a nod", (thumb(0),), acts=(Act(0, "nods", 0.2),), **far),
            Variant("walks up", (thumb(0),), approach=(1.2, 2.2), **far),
            Variant("leaning in", (thumb(0),), acts=(Act(0, "leans in"),), **far),
            Variant("both thumbs", (thumb(0), thumb(0, "left")), held_out=True, **far),
        ),
        ("satisfaction", "joy", "admiration", "interest"),
        ("joy", "admiration", "satisfaction", "relief"),
    )


def fly_kiss() -> Category:
    def kiss(side: str) -> tuple[Touch, Touch]:
        lips = Touch(0, f"{side}_index_tip", "mouth", own=True, gap=0.012, stay=0.35, ready="before the face")
        away = Touch(
            0,
            f"{side}_palm",
            aim=(0.12 if side == "left" else -0.12, 0.5, 0.08),
            at=0.75,
            stay=0.55,
            come=(0.3, 0.4),
            ready="pointing",
        )
        return lips, away

    catches = Touch(1, "right_palm", aim=(-0.18, 0.42, 0.12), at=0.7, stay=0.4, ready="raised", come=(0.35, 0.45))
    answers = (
        Reaction("catches it", (catches,), (Act(1, "laughs", 1.0, 0.6),), feeling="adoration"),
        Reaction("laughs", (), (Act(1, "laughs", 0.7),), feeling="amusement"),
        Reaction("shakes head", (), (Act(1, "shakes head", 0.8),), feeling="awkwardness"),
    )
    far: dict[str, Any] = {"reactions": answers, "hold": (1.2, 1.6), "come": (0.5, 0.7), "distance": (1.3, 3.0)}
    return Category(
        "fly kiss",
        (
            Variant("one hand", kiss("right"), **far),
            Variant("leaning in", kiss("right"), acts=(Act(0, "leans in", 0.6),), **far),
            Variant("with a tilt of the head", kiss("right"), acts=(Act(0, "tilts head", 0.3),), **far),
            Variant("steps up", kiss("right"), approach=(0.3, 0.5), **far),
            Variant("walks up", kiss("right"), approach=(1.2, 2.0), held_out=True, **far),
        ),
        ("adoration", "joy", "amusement"),
        ("adoration", "amusement", "awkwardness"),
        CLOSE,
    )


def rock_paper_scissors() -> Category:
    def hand(role: int, sign: str) -> tuple[Touch, Touch]:
        aim = (-0.16, 0.36, -0.22)
        return (
            Touch(role, "right_palm", aim=aim, hand="fist", stay=1.75, ready="held out"),
            Touch(role, "right_palm", aim=aim, hand=sign, at=1.85, stay=0.7, ready="held out", come=(0.2, 0.25)),
        )

    shake = Beats("shake", (3, 3), (1.75, 1.75), (0.09, 0.14))
    cheers = Act(1, "laughs", 2.2)
    answers = (
        Reaction("plays rock and laughs", hand(1, "fist"), (cheers,), joins=True, beats=shake, feeling="joy"),
        Reaction("plays paper", hand(1, "open"), (Act(1, "shrugs", 2.3, 0.6),), joins=True, beats=shake),
        Reaction("plays scissors", hand(1, "scissors"), (Act(1, "nods", 2.2),), joins=True, beats=shake),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "beats": shake,
        "hold": (2.5, 2.6),
        "distance": (1.0, 1.3),
        "come": (0.5, 0.7),
    }
    return Category(
        "rock-paper-scissors",
        (
            Variant("rock", hand(0, "fist"), **near),
            Variant("paper", hand(0, "open"), **near),
            Variant("scissors", hand(0, "scissors"), **near),
            Variant("scissors, leaning in", hand(0, "scissors"), acts=(Act(0, "leans in", 0.0, 0.7),), **near),
            Variant("paper, steps up", hand(0, "open"), approach=(0.3, 0.5), held_out=True, **near),
        ),
        ("excitement", "amusement", "joy"),
        ("excitement", "amusement", "joy"),
    )


def posing() -> Category:
    arm = Touch(0, "left_palm", "left_outer_arm", ready="wrapped", via="opened", back=True, come=(0.8, 1.0))
    sign = Touch(0, "right_palm", aim=(-0.26, 0.2, 0.2), ready="raised", hand="scissors", at=0.1)
    same = Touch(1, "left_palm", aim=(0.26, 0.2, 0.2), ready="raised", hand="scissors", at=0.2)
    thumb = Touch(1, "left_palm", aim=(0.22, 0.34, -0.05), hand="thumb up", at=0.2)
    answers = (
        Reaction("takes the same pose, mirrored", (same,), feeling="joy"),
        Reaction("answers with a thumb up", (thumb,), feeling="joy"),
        Reaction("tilts head", (), (Act(1, "tilts head", 0.2),), feeling="amusement"),
    )
    near: dict[str, Any] = {"reactions": answers, "distance": (0.42, 0.5), "hold": (1.4, 2.4), **BESIDE}
    return Category(
        "posing",
        (
            Variant("arm round and a sign", (arm, sign), **near),
            Variant("a sign", (sign,), **near),
            Variant("a sign, head tilted", (sign,), acts=(Act(0, "tilts head", 0.1),), **near),
            Variant("steps up with a sign", (sign,), approach=(0.3, 0.4), **near),
            Variant("arm round", (arm,), held_out=True, **near),
        ),
        ("joy", "amusement", "satisfaction"),
        ("joy", "amusement", "awkwardness"),
    )
