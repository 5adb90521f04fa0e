"""What a prompt asks for, as far as its words are known: a small lexicon of what two people do to each other.

A prompt is read and not guessed at. A word that the lexicon lacks is handed back as such, and a sentence that it could
misread (a negation, two interactions at once) names no category. Where a phrase leads to somebody, that must be one of
the two: "walks to her" is an interaction, "walks to her car" and "walks to the window" are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .vocabulary import INTERACTIONS

# By category the phrases that mean it. A word stands for its forms (hug, hugs, hugged, hugging), a stroke separates
# words of which one stands there; WHO is one of the two, WAY a word or two such as "slowly over", and nothing that is
# led to may follow ALONE. The name of a category, as the menu has it, is a phrase of it too.
_PHRASES = {
    "hug": ("hug", "embrace", "cuddle"),
    "handshake": ("handshake", "shake hand", "shake WHOSE hand"),
    "wave": ("wave", "wave at|to WHO"),
    "grab": ("grab", "grasp", "seize"),
    "hit": ("hit", "punch", "strike", "beat"),
    "kick": ("kick",),
    "posing": ("pose", "posing"),
    "push": ("push", "shove"),
    "pull": ("pull", "drag", "tug"),
    "sit on leg": ("sit on WHOSE leg|lap|knee",),
    "slap": ("slap",),
    "pat on back": ("pat WHO on the back", "pat WHOSE back"),
    "point finger at": ("point at|to WHO", "point WHOSE finger", "point a finger", "point finger at|to WHO"),
    "walk towards": (
        "walk|go|come|step|stroll|stride|run|hurry|rush WAY to|toward|towards WHO",
        "walk|go|come|step|stroll|stride|run|hurry|rush WAY over|up to|toward|towards WHO",
        "walk|go|come|step|move|get WAY closer|nearer to|toward|towards WHO",
        "walk|go|come|step|move|get WAY closer|nearer ALONE",
        "approach WHO",
        "join WHO",
    ),
    "knock over": ("knock WHO over|down", "knock over|down"),
    "step on foot": ("step on WHOSE foot|toe",),
    "high-five": ("high-five", "high five"),
    "chase": ("chase", "run after"),
    "whisper in ear": ("whisper",),
    "support with hand": ("support", "prop up"),
    "rock-paper-scissors": ("rock-paper-scissors", "rock paper scissors"),
    "dance": ("dance", "waltz"),
    "link arms": ("link arm", "arm in arm"),
    "shoulder to shoulder": ("shoulder to shoulder", "arm around WHOSE shoulder"),
    "bend": ("bow", "bend"),
    "carry on back": ("carry WHO", "piggyback"),
    "massage shoulder": ("massage WHOSE shoulder|neck|back",),
    "massage leg": ("massage WHOSE leg|foot",),
    "hand wrestling": ("wrestle", "arm-wrestle"),
    "chat": ("chat", "talk", "speak", "converse", "gossip", "have a conversation"),
    "pat on cheek": ("pat WHO on the cheek", "pat WHOSE cheek"),
    "thumb up": ("thumb up", "thumb-up"),
    "touch head": ("touch WHOSE head|hair", "stroke WHOSE head|hair", "pat WHOSE head", "pat WHO on the head"),
    "imitate": ("imitate", "mimic", "copy WHO", "mirror WHO"),
    "kiss on cheek": ("kiss WHO on the cheek", "kiss WHOSE cheek", "kiss"),
    "help up": ("help WHO up",),
    "cover mouth": ("cover WHOSE mouth",),
    "look back": ("look back", "look over WHOSE shoulder"),
    "block": ("block", "parry"),
    "fly kiss": ("blow a|WHO kiss", "blow WHO a kiss"),
}
_IRREGULAR = {
    "go": "goes|going|went", "come": "coming|came", "stride": "strode", "hit": "hitting", "strike": "struck",
    "beat": "beaten", "sit": "sitting|sat", "shake": "shaking|shook", "run": "running|ran", "foot": "feet",
    "speak": "spoke|spoken|speaking", "blow": "blew", "have": "has|having|had", "up": "", "to": "", "on": "", "a": "",
    "the": "", "at": "", "in": "", "over": "", "down": "", "toward": "", "towards": "", "after": "", "five": "",
    "bend": "bent|bending", "high": "", "hurry": "hurries|hurried|hurrying", "get": "getting|got", "closer": "",
    "nearer": "", "fly": "flies|flying|flew",
}  # fmt: skip
_EACH_OTHER = r"each other|one another"
_WHO = rf"@[01]|{_EACH_OTHER}|him|her|them|the other(?: (?:one|person|actor))?|(?:his|her|their) partner|the partner"
_WHOSE = r"@[01]'s|(?:the other|each other|one another)'s|his|her|their|the|a"
_WAY = r"(?:(?:over|up|back|across|along|out|on|right|straight|\w+ly) ){0,2}?"
_MANNER = r"\b\w{2,}ly\b"
# Whoever is told to run walks, at the pace of people: that word is handed back too.
_PACE = rf"{_MANNER}|\b(?:run(?:s|ning)?|ran|hurr(?:y|ies|ied|ying)|rush(?:es|ed|ing)?)\b"
# What may follow somebody a phrase leads to; another word there makes that somebody's thing of it: "to her car".
_NOT_A_THING = (
    r"(?= (?:and|then|while|as|before|after|with|from|again|once|for|to|in|at|on|so|who|\w+ly)\b|$| \W|[,.;!?])"
)
_ALONE = r"(?= (?:and|then|while|as|before|after|again|once|so|\w+ly)\b|\W*$| ?[,.;!?])"
_ENDS = {"WHO": _NOT_A_THING, "ALONE": _ALONE}
_MISLEADING = re.compile(
    r"\b(?:not|never|no|nobody|without|cannot|instead|nearly|almost|refuses?|avoids?|stops?|tries|if)\b|n['’]t\b", re.I
)
# Words that ask for nothing by themselves.
_FILLING = re.compile(
    r"a|an|the|and|then|while|as|they|both|he|she|it|one|other|him|her|them|his|their|each|another|is|are|be|to|of|with|"
    r"person|people|actor|partner|two|first|second|who|together|up|over|there|at|in|on|wait|waits|waiting",
    re.I,
)


@dataclass(frozen=True)
class PromptReading:
    """What a prompt asks for. ``categories`` in the order of its words; ``who`` acts, by number, empty where the text
    leaves it open; ``rest``: its words that the lexicon does not know.
    """

    categories: tuple[str, ...]
    who: tuple[int, ...] = ()
    rest: tuple[str, ...] = ()


def read_prompt(text: str, names: Sequence[str]) -> PromptReading:
    """Read a prompt in which the two actors are called by ``names``."""
    plain = _with_numbers(" ".join(text.split()), names)
    if _MISLEADING.search(plain):
        return PromptReading(())
    matches = list(_matches(plain))
    categories = tuple(dict.fromkeys(category for category, _ in matches))
    left = plain
    for category, match in reversed(matches):  # how something is done is in the middle of it: "walks angrily to her"
        manner = re.findall(_PACE if category == "walk towards" else _MANNER, match[0], re.I)
        left = f"{left[: match.start()]} {' '.join(manner)} {left[match.end() :]}"
    bare = re.sub(r"@[01]('s)?", " ", left)
    rest = tuple(word for word in re.findall(r"[^\W\d_][\w'’-]*", bare) if not _FILLING.fullmatch(word))
    return PromptReading(categories, _who_acts(plain, matches[0][1]) if matches else (), rest)


def _matches(plain: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the categories and where they are said, in order; of two that overlap the longer counts."""
    found = [(category, match) for category, pattern in _PATTERNS.items() for match in pattern.finditer(plain)]
    found.sort(key=lambda one: (one[1].start() - one[1].end(), one[1].start()))
    taken: list[tuple[str, re.Match[str]]] = []
    for category, match in found:
        if all(match.end() <= other.start() or match.start() >= other.end() for _, other in taken):
            taken.append((category, match))
    yield from sorted(taken, key=lambda one: one[1].start())


def _who_acts(plain: str, match: re.Match[str]) -> tuple[int, ...]:
    """Return the actors who act: those named before the verb, or the one whom it does not lead to."""
    if re.search(_EACH_OTHER, match[0], re.I) or re.match(r"\W*(?:they|both|the two)\b", plain, re.I):
        return (0, 1)
    before = re.findall(r"@([01])(?!'s)", plain[: match.start()])
    if re.search(r"@[01] and @[01]\W*$", plain[: match.start()]):
        return (0, 1)
    led_to = re.findall(r"@([01])", match[0])
    if before:
        return (int(before[-1]),)
    return (1 - int(led_to[-1]),) if led_to else ()


def _with_numbers(text: str, names: Sequence[str]) -> str:
    """Return a text with the actors' numbers (@0, @1) in the place of their names, or of an unmistakable first name."""
    firsts = [name.split()[0] if name.split() else "" for name in names]
    called = [(name, number) for number, name in enumerate(names) if name]
    if len({first.casefold() for first in firsts}) == len(firsts):
        called += [(first, number) for number, first in enumerate(firsts) if len(first) > 1]
    for name, number in sorted(called, key=lambda one: -len(one[0])):
        text = re.sub(rf"(?<![\w@]){re.escape(name)}(?!\w)", f"@{number}", text, flags=re.I)
    return text


def _forms(word: str) -> str:
    """Return a pattern of the forms of a word: hug, hugs, hugged, hugging."""
    if word == "WHO":
        return f"(?:{_WHO})"
    if word == "WHOSE":
        return f"(?:{_WHOSE})"
    if word in _IRREGULAR:
        return "(?:" + "|".join(filter(None, (word, _IRREGULAR[word], f"{word}s" if _IRREGULAR[word] else ""))) + ")"
    stem, last = re.escape(word.removesuffix("e")), re.escape(word[-1])
    doubled = f"{last}?" if word[-1] in "bdgkmnpt" else ""
    if word.endswith("e"):
        return f"(?:{stem}(?:e|es|ed|ing))"
    return f"(?:{stem}(?:s|es|{doubled}ed|{doubled}ing|'s)?)"


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    found = []
    for phrase in phrases:
        pattern = ""
        for word in phrase.removesuffix(" ALONE").split():
            if word == "WAY":
                pattern += _WAY
            else:
                pattern += "(?:" + "|".join(map(_forms, word.split("|"))) + ") "
        after = next((end for word, end in _ENDS.items() if phrase.endswith(word)), r"(?![\w-])")
        found.append(pattern.removesuffix(" ") + after)
    return re.compile(r"(?<![\w-])(?:" + "|".join(sorted(found, key=len, reverse=True)) + ")", re.I)


def _own_name(category: str) -> str:
    """Return the phrase that a category's name is; "walk towards" leads to somebody who is not named."""
    return f"{category} ALONE" if category.endswith((" towards", " at")) else category


_PATTERNS = {category: _pattern((*_PHRASES[category], _own_name(category))) for category in INTERACTIONS}
