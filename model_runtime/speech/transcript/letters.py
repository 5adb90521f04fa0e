"""Letter-to-sound rules for English words that the dictionary lacks."""

from __future__ import annotations

# Spelling to ARPABET, tried longest first. Good enough to align names.
_RULES: dict[str, tuple[str, ...]] = {
    "tion": ("SH", "AH", "N"), "sion": ("ZH", "AH", "N"), "ough": ("AO",), "augh": ("AO",),
    "eigh": ("EY",), "igh": ("AY",), "tch": ("CH",), "sch": ("SH",), "dge": ("JH",), "cia": ("SH", "AH"),
    "eau": ("OW",), "air": ("EH", "R"), "ear": ("IH", "R"), "our": ("AO", "R"), "ch": ("CH",),
    "sh": ("SH",), "th": ("TH",), "ph": ("F",), "wh": ("W",), "gh": ("G",), "ck": ("K",), "ng": ("NG",),
    "qu": ("K", "W"), "kn": ("N",), "wr": ("R",), "sc": ("S", "K"), "ee": ("IY",), "ea": ("IY",),
    "oo": ("UW",), "oa": ("OW",), "ou": ("AW",), "ow": ("OW",), "oi": ("OY",), "oy": ("OY",),
    "ai": ("EY",), "ay": ("EY",), "au": ("AO",), "aw": ("AO",), "ei": ("EY",), "ey": ("IY",),
    "ie": ("IY",), "ew": ("UW",), "ue": ("UW",), "er": ("ER",), "ir": ("ER",), "ur": ("ER",),
    "ar": ("AA", "R"), "or": ("AO", "R"), "bb": ("B",), "cc": ("K",), "dd": ("D",), "ff": ("F",),
    "gg": ("G",), "ll": ("L",), "mm": ("M",), "nn": ("N",), "pp": ("P",), "rr": ("R",), "ss": ("S",),
    "tt": ("T",), "zz": ("Z",), "ce": ("S", "EH"), "ci": ("S", "IH"), "cy": ("S", "IY"), "a": ("AE",),
    "b": ("B",), "c": ("K",), "d": ("D",), "e": ("EH",), "f": ("F",), "g": ("G",), "h": ("HH",),
    "i": ("IH",), "j": ("JH",), "k": ("K",), "l": ("L",), "m": ("M",), "n": ("N",), "o": ("AA",),
    "p": ("P",), "q": ("K",), "r": ("R",), "s": ("S",), "t": ("T",), "u": ("AH",), "v": ("V",),
    "w": ("W",), "x": ("K", "S"), "y": ("IY",), "z": ("Z",),
}  # fmt: skip
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}


def letters_to_sounds(word: str) -> list[str]:
    """Return ARPABET phones for a word; never empty."""
    letters = "".join(letter for letter in word.lower() if "a" <= letter <= "z")
    # A silent final e makes the vowel before it long: "gate", "Rome".
    long_at = -1
    if (
        len(letters) > 3
        and letters[-1] == "e"
        and letters[-2] not in "aeiouyr"
        and letters[-3] in _LONG
        and letters[-4] not in "aeiou"
    ):
        long_at = len(letters) - 3
    elif len(letters) > 2 and letters[-1] == "e" and letters[-2] not in "aeiou":
        long_at = len(letters)  # only drop the e
    end = len(letters) - 1 if long_at >= 0 else len(letters)
    sounds: list[str] = []
    at = 0
    while at < end:
        if at == long_at:
            sounds.append(_LONG[letters[at]])
            at += 1
            continue
        size = next(n for n in (4, 3, 2, 1) if letters[at : min(at + n, end)] in _RULES and at + n <= end)
        sounds += _RULES[letters[at : at + size]]
        at += size
    return sounds or ["AH"]
