"""Feelings, relationships, places to stand and reactions that several categories share."""

from __future__ import annotations

from typing import Any

from ..elements import Act, Reaction

WARM = ("joy", "adoration", "admiration", "excitement")
GOOD = ("joy", "amusement", "satisfaction", "calmness", "interest")
BAD = ("anger", "disgust")
HURT = ("surprise", "fear", "anger")
CLOSE = (
    "friends with similar hobbies",
    "childhood friends",
    "romantic partners",
    "siblings",
    "parent / child",
    "grandparent / child",
)
HOSTILE = ("school bully / classmate", "sports teammates", "strangers", "commuting buddies", "siblings", "classmates")
NODS = Reaction("nods", (), (Act(1, "nods", 0.3),))
LAUGHS = Reaction("laughs", (), (Act(1, "laughs", 0.3),), feeling="amusement")
DRAWS_BACK = Reaction("leans back", (), (Act(1, "leans back", 0.1),), feeling="surprise")
STARTLED = Reaction("starts", (), (Act(1, "starts", 0.0),), delay=(0.08, 0.25), feeling="surprise")
SHAKES = Reaction("shakes head", (), (Act(1, "shakes head", 0.4),), feeling="anger")
BESIDE: dict[str, Any] = {
    "bearing": (78.0, 92.0),
    "turned": (82.0, 102.0),
}  # the reactor stands at the actor's left, both look ahead
BEHIND: dict[str, Any] = {"bearing": (-4.0, 4.0), "turned": (174.0, 186.0)}
