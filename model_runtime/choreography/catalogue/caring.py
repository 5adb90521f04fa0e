"""What people do for each other: pats, strokes, a massage, support, an arm round the shoulders."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Beats, Category, Reaction, Touch, Variant
from .common import BEHIND, BESIDE, CLOSE, DRAWS_BACK, LAUGHS, NODS, WARM


def pat_on_back() -> Category:
    pat = Beats("pat", (2, 5), (1.9, 2.8), (0.05, 0.09))
    answers = (NODS, LAUGHS, Reaction("leans in", (), (Act(1, "leans in", 0.2),)))
    common: dict[str, Any] = {"reactions": answers, "beats": pat, "hold": (1.3, 2.2)}
    return Category(
        "pat on back",
        (
            Variant(
                "from beside",
                (Touch(0, "left_palm", "right_blade", ready="wrapped"),),
                distance=(0.5, 0.58),
                **BESIDE,
                **common,
            ),
            Variant("from behind", (Touch(0, "right_palm", "right_blade"),), distance=(0.55, 0.66), **BEHIND, **common),
            Variant(
                "walks up from behind",
                (Touch(0, "right_palm", "left_blade"),),
                distance=(0.55, 0.66),
                approach=(1.2, 2.2),
                **BEHIND,
                **common,
            ),
            Variant(
                "from the front",
                (Touch(0, "right_palm", "left_blade", ready="wrapped", via="opened", back=True),),
                distance=(0.46, 0.54),
                bearing=(6.0, 14.0),
                **common,
            ),
            Variant(
                "low, from behind",
                (Touch(0, "right_palm", "right_small_of_back"),),
                distance=(0.5, 0.6),
                held_out=True,
                **BEHIND,
                **common,
            ),
        ),
        ("satisfaction", "joy", "adoration", "interest"),
        ("joy", "relief", "calmness", "admiration", "sadness"),
    )


def touch_head() -> Category:
    top = Touch(0, "right_palm", "top_of_head", ready="high")
    answers = (
        LAUGHS,
        DRAWS_BACK,
        Reaction("looks down", (), (Act(1, "looks down", 0.1, 0.6),), feeling="awkwardness"),
    )
    near: dict[str, Any] = {"reactions": answers, "distance": (0.6, 0.7), "hold": (1.0, 1.8), "come": (0.7, 0.9)}
    pat, stroke = Beats("pat", (2, 4), (1.8, 2.6), (0.04, 0.06)), Beats("stroke", (1, 3), (0.9, 1.3), (0.025, 0.04))
    return Category(
        "touch head",
        (
            Variant("pats", (top,), beats=pat, **near),
            Variant("strokes", (top,), beats=stroke, **near),
            Variant("rests the hand", (top,), **near),
            Variant("walks up", (top,), approach=(1.2, 2.0), beats=pat, **near),
            Variant("steps up", (top,), approach=(0.3, 0.5), beats=stroke, held_out=True, **near),
        ),
        ("adoration", "joy", "satisfaction"),
        ("joy", "awkwardness", "surprise"),
        ("parent / child", "grandparent / child", "siblings", "romantic partners", "teacher / student"),
    )


def pat_on_cheek() -> Category:
    cheek = Touch(0, "right_palm", "left_cheek", ready="raised", come=(0.6, 0.8))
    answers = (Reaction("tilts head", (), (Act(1, "tilts head", 0.2),), feeling="joy"), DRAWS_BACK, LAUGHS)
    near: dict[str, Any] = {"reactions": answers, "distance": (0.6, 0.72), "hold": (0.9, 1.6)}
    pat = Beats("pat", (2, 4), (2.0, 2.8), (0.03, 0.05))
    return Category(
        "pat on cheek",
        (
            Variant("pats", (cheek,), beats=pat, **near),
            Variant("rests the palm", (cheek,), **near),
            Variant("walks up", (cheek,), approach=(1.2, 2.0), beats=pat, **near),
            Variant("steps up", (cheek,), approach=(0.3, 0.5), beats=pat, **near),
            Variant(
                "both hands",
                (cheek, Touch(0, "left_palm", "right_cheek", ready="raised", at=0.05)),
                held_out=True,
                **near,
            ),
        ),
        ("adoration", "amusement", "joy"),
        ("joy", "adoration", "awkwardness"),
        CLOSE,
    )


def massage() -> Category:
    hands = (
        Touch(0, "right_palm", "right_trapezius", gap=0.008),
        Touch(0, "left_palm", "left_trapezius", gap=0.008, at=0.05),
    )
    answers = (
        Reaction("sinks", (), (Act(1, "sinks", 0.4),), feeling="relief"),
        Reaction("tilts head", (), (Act(1, "tilts head", 0.5),), feeling="relief"),
        Reaction("starts", (), (Act(1, "starts", 0.1), Act(1, "sinks", 1.0, 0.6)), feeling="surprise"),
    )
    near: dict[str, Any] = {"reactions": answers, "distance": (0.46, 0.54), "hold": (1.8, 3.0), **BEHIND}
    rub = Beats("stroke", (2, 4), (1.0, 1.5), (0.012, 0.02))
    return Category(
        "massage shoulder",
        (
            Variant("both hands", hands, beats=rub, **near),
            Variant("walks up", hands, approach=(1.2, 2.0), beats=rub, **near),
            Variant("steps up", hands, approach=(0.3, 0.5), beats=rub, **near),
            Variant("slowly", hands, beats=Beats("stroke", (1, 2), (0.6, 0.9), (0.015, 0.025)), **near),
            Variant("one hand", hands[:1], beats=rub, held_out=True, **near),
        ),
        ("adoration", "calmness"),
        ("relief", "calmness", "surprise"),
        CLOSE,
    )


def support() -> Category:
    elbow = Touch(0, "left_palm", "right_elbow", hand="cupped")
    forearm = Touch(0, "right_palm", "right_forearm", hand="cupped", at=0.1)
    answers = (
        Reaction("looks down", (), (Act(1, "looks down", 0.2),), feeling="sadness"),
        Reaction("nods", (), (Act(1, "nods", 0.5),), feeling="admiration"),
        Reaction("leans in", (), (Act(1, "leans in", 0.1),), feeling="relief"),
    )
    near: dict[str, Any] = {
        "reactions": answers,
        "hold": (1.4, 2.6),
        "bearing": (30.0, 46.0),
        "turned": (86.0, 110.0),
        "distance": (0.5, 0.6),
    }
    return Category(
        "support with hand",
        (
            Variant("at elbow and forearm", (elbow, forearm), **near),
            Variant("at the elbow", (elbow,), **near),
            Variant("at the arm", (Touch(0, "left_palm", "right_outer_arm", hand="cupped"),), **near),
            Variant("steps up", (elbow,), approach=(0.3, 0.5), **near),
            Variant(
                "at the back", (elbow, Touch(0, "right_palm", "right_blade", ready="wrapped")), held_out=True, **near
            ),
        ),
        ("adoration", "anxiety", "calmness"),
        ("admiration", "sadness", "relief"),
        CLOSE,
    )


def shoulder_to_shoulder() -> Category:
    arm = Touch(0, "left_palm", "left_outer_arm", ready="wrapped", via="opened", back=True, come=(0.8, 1.0))
    same = Touch(1, "right_palm", "left_small_of_back", ready="wrapped low", via="opened", at=0.2, back=True)
    answers = (
        Reaction("puts an arm round in return", (same,), feeling="joy"),
        Reaction("leans in", (), (Act(1, "leans in", 0.2, 0.6),), feeling="joy"),
        LAUGHS,
    )
    near: dict[str, Any] = {"reactions": answers, "distance": (0.4, 0.47), "hold": (1.4, 2.4), "shift": 0.3, **BESIDE}
    return Category(
        "shoulder to shoulder",
        (
            Variant("arm round the shoulders", (arm,), **near),
            Variant("steps up", (arm,), approach=(0.3, 0.4), **near),
            Variant("tilting the head", (arm,), acts=(Act(0, "tilts head", 0.3),), **near),
            Variant("laughing", (arm,), acts=(Act(0, "laughs", 0.5),), **near),
            Variant(
                "near shoulder", (Touch(0, "left_palm", "right_trapezius", ready="wrapped"),), held_out=True, **near
            ),
        ),
        WARM,
        ("joy", "amusement", "relief"),
        CLOSE,
    )
