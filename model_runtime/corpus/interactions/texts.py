"""Captions of an interaction, written from what it holds: who begins, which hands touch what, and who faces whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...contract.directions import is_of_hand
from .lexicon import PARTS, PHRASES, REACTIONS, wordings

FEWEST, MOST = 12, 45  # words of a long caption
_NAMES = (("Mia", "she", "her", "her"), ("Tom", "he", "him", "his"), ("Ana", "she", "her", "her"),
          ("Ben", "he", "him", "his"), ("Lea", "she", "her", "her"), ("Max", "he", "him", "his"),
          ("Ida", "she", "her", "her"), ("Jon", "he", "him", "his"))  # fmt: skip


@dataclass(frozen=True)
class Person:
    """How a text speaks of one of the two: as a subject, an object, an owner, and when it speaks of them again."""

    subject: str
    object: str
    owner: str
    again: str
    own: str


_PAIRS = (
    (Person("one person", "the first", "the first person's", "the first person", "their"),
     Person("the other", "the other", "the other's", "the other", "their")),
    (Person("the first person", "the first person", "the first person's", "the first", "their"),
     Person("the second person", "the second person", "the second person's", "the second", "their")),
    (Person("someone", "the one who began", "the first one's", "the one who began", "their"),
     Person("the partner", "a partner", "the partner's", "the partner", "their")),
    (Person("a woman", "the woman", "the woman's", "she", "her"), Person("the man", "a man", "the man's", "he", "his")),
    (Person("a man", "the man", "the man's", "he", "his"), Person("the woman", "a woman", "the woman's", "she", "her")),
)  # fmt: skip


def write_texts(facts: dict[str, Any], split: str, seed: int) -> dict[str, list[str]]:
    """Return three captions of 12 to 45 words, 'long', and three short ones, 'short', of an interaction's record."""
    rng = np.random.default_rng([seed, 23, 1 if split == "test" else 0])
    writer = _Writer(facts, split, rng)
    return {
        "long": [_fitted(writer, write) for write in (writer.movement, writer.hands, writer.facing)],
        "short": [writer.short(kind) for kind in range(3)],
    }


def _fitted(writer: _Writer, write: Any) -> str:
    for _ in range(20):
        text = str(write())
        if FEWEST <= len(text.split()) <= MOST:
            return text
    return text


class _Writer:
    def __init__(self, facts: dict[str, Any], split: str, rng: np.random.Generator) -> None:
        self.facts, self.split, self.rng = facts, split, rng

    def movement(self) -> str:
        """Return the course of what happens: approach, act, reaction, and what comes after."""
        a, b = self._people()
        facts, count = self.facts, int(self.facts["count"])
        act = self._phrase(a, b)
        before = self._approach(b)
        repeated = f" {_times(count)}" if count > 1 and facts["category"] not in ("wave",) else ""
        reaction = self._reaction(b)
        link = self._pick((f" and {b.again} {reaction}", f", and {b.again} {reaction}", f" while {b.again} {reaction}",
                           f"; then {b.again} {reaction}", f", after which {b.again} {reaction}"))  # fmt: skip
        after = {"steps back": f" Then {a.again} takes a step back.", "leaves": f" Then {a.again} turns away."}
        return _sentence(f"{a.subject} {before}{act}{repeated}{link}." + after.get(facts.get("after", ""), ""))

    def hands(self) -> str:
        """Return which hand, mouth or arm of whom touches what, and how the fingers are."""
        a, b = self._people()
        people, said = (a, b), []
        for touch in self.facts["touches"][:3]:
            mine, theirs = people[touch["role"]], people[touch["other"]]
            target = mine.own if touch["role"] == touch["other"] else theirs.owner
            verb = self._pick(("rests on", "touches", "lies on", "meets", "is laid against"))
            if touch.get("gap", 0.0) > 0.03:
                verb = self._pick(("comes near", "is close to", "stops a hand's breadth from"))
            said.append(f"{mine.owner} {self._part(touch['point'])} {verb} {target} {self._part(touch['on'])}")
        for sign in self.facts["signs"][:2]:
            mine = people[sign["role"]]
            said.append(f"{mine.owner} {_side(sign['point'])} hand is held up, {self._shape(sign['hand'])}")
        if not said:
            said.append(f"{a.owner} {self.facts['hand']} arm moves freely and no hand touches {b.object}")
        shape = self._pick(
            ("with the fingers open", "fingers straight and together", "with a light touch of the fingers")
        )
        hands = any(is_of_hand(touch["point"]) for touch in self.facts["touches"])
        tail = f", {shape}" if hands else f" as {a.again} {self._phrase(a, b)}"
        joined = said[0] + "".join(self._pick((" while ", ", and ", "; ")) + part for part in said[1:])
        return _sentence(f"{joined}{tail}.")

    def facing(self) -> str:
        """Return how the two stand to each other and where they look."""
        a, b = self._people()
        turned, bearing = abs(float(self.facts["turned"])), abs(float(self.facts["bearing"]))
        if turned > 120:
            stand = self._pick((f"{a.subject} stands behind {b.object}", f"{b.subject} has their back to {a.object}"))
        elif turned > 50 or bearing > 50:
            stand = self._pick(("the two stand side by side", f"{a.subject} stands beside {b.object}"))
        else:
            stand = self._pick(("the two stand face to face", f"{a.subject} and {b.subject} face each other",
                                f"{a.subject} stands right in front of {b.object}"))  # fmt: skip
        tall = self.facts["heights"]
        size = ""
        if abs(tall[0] - tall[1]) > 0.08:
            taller, shorter = (a, b) if tall[0] > tall[1] else (b, a)
            size = self._pick((f", {taller.again} being the taller of them",
                               f"; {shorter.again} is the shorter one"))  # fmt: skip
        gaze = "looks ahead" if turned > 120 else "looks at the face"
        if self.facts["touches"]:
            gaze = "looks at the place first" + ("" if turned > 120 else " and then up at the face")
        begins = self._pick((f"{a.again} begins and {gaze}", f"it is {a.again} who begins and {gaze}"))
        return _sentence(f"{stand}{size}, and {begins} while {b.again} {self._reaction(b)}.")

    def short(self, kind: int) -> str:
        """Return a text as people type it: with pronouns, names, or hardly any words."""
        names = [_NAMES[int(i)] for i in self.rng.choice(len(_NAMES), 2, replace=False)]
        if kind == 0:
            (_, she, _, her), (_, he, him, his) = (_NAMES[0], _NAMES[1]) if self.rng.random() < 0.5 else _NAMES[1::-1]
            a, b = Person(she, she, her, she, her), Person(he, him, his, he, his)
            return f"{a.subject} {self._phrase(a, b)}"
        if kind == 1:
            (one, she, _, her), (two, he, _, his) = names
            a, b = Person(one, one, f"{one}'s", she, her), Person(two, two, f"{two}'s", two, his)
            return f"{one} {self._phrase(a, b)}, then {two} {self._reaction(b)}"
        a, b = _PAIRS[int(self.rng.integers(2))]
        return f"{a.subject} {self._phrase(a, b)}"

    def _people(self) -> tuple[Person, Person]:
        return _PAIRS[int(self.rng.integers(len(_PAIRS)))]

    def _approach(self, b: Person) -> str:
        if self.facts["walks"] and self.facts["category"] != "walk towards":
            return self._pick(
                ("walks up, ", "comes up and ", "walks over and ", f"goes up to {b.object} and ", "approaches, ")
            )
        if self.facts["steps"]:
            return self._pick(("takes a step and ", "steps up and ", "takes a step forward and "))
        return ""

    def _phrase(self, a: Person, b: Person) -> str:
        return _filled(self._pick(wordings(PHRASES[self.facts["category"]], self.split)), a, b, self._hand())

    def _reaction(self, b: Person) -> str:
        name = self.facts["reaction"]
        text = self._pick(wordings(REACTIONS.get(name, (name,) * 4), self.split))
        return _filled(text, b, b, "")

    def _hand(self) -> str:
        sides = {t["point"].partition("_")[0] for t in self.facts["touches"] if t["role"] == 0}
        sides |= {s["point"].partition("_")[0] for s in self.facts["signs"] if s["role"] == 0}
        sides &= {"left", "right"}
        if len(sides) == 2:
            return "both hands"
        return f"the {next(iter(sides))} hand" if sides else "a hand"

    def _part(self, point: str) -> str:
        side, _, bare = point.partition("_")
        if side not in ("left", "right"):
            return self._pick(PARTS.get(point, (point.replace("_", " "),)))
        name = self._pick(PARTS.get(bare, (bare.replace("_", " "),)))
        return f"{side} {name}"

    def _shape(self, hand: str) -> str:
        shapes = {"open": "the fingers open", "point": "the index finger stretched out", "thumb up": "the thumb up",
                  "fist": "the fingers closed to a fist", "scissors": "two fingers spread",
                  "pinched": "the fingertips together", "relaxed": "the fingers loose"}  # fmt: skip
        return shapes.get(hand, "the fingers open")

    def _pick(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]


def _filled(text: str, a: Person, b: Person, hand: str) -> str:
    for mark, word in (("{b's}", b.owner), ("{b}", b.object), ("{a's}", a.own), ("{a}", a.again), ("{hand}", hand)):
        text = text.replace(mark, word)
    return text


def _side(point: str) -> str:
    side = point.partition("_")[0]
    return side if side in ("left", "right") else ""


def _times(count: int) -> str:
    return {2: "twice", 3: "three times", 4: "four times", 5: "five times"}.get(count, f"{count} times")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
