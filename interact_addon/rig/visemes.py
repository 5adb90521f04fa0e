"""Visemes and expressions: what meshes without ARKit shapes have instead, driven from the ARKit curves.

A viseme is a whole mouth, an ARKit curve a part of one, so each viseme gets a weighted sum of curves (``_MOUTH``). The
weights began as a least-squares fit to mouths of the runtime's phone targets (``model_runtime/face/visemes.py``) on the
vertices of the ICT face, and were then set by hand so that every sound is strongest at its own viseme. A viseme at 1 is
taken to be an emphatic pose, about 1.6 times conversation. A minus stands where one curve rules out the viseme:
``mouthClose`` takes away what ``jawOpen`` opens, so that lips meet on p, b and m. Values are cut at 0, so no viseme is
ever negative. ``blender_tests/test_faces.py`` measures the result on the ICT face and on characters.

Vocabularies of visemes, from public lists:

- Oculus (Ready Player Me, Rocketbox ``AA_VI_10_aa``, VRChat ``vrc.v_aa``):
  https://docs.readyplayer.me/ready-player-me/api-reference/avatars/morph-targets/oculus-ovr-libsync
- VRM, VRoid (``Fcl_MTH_A``) and MMD, five vowels: https://github.com/vrm-c/vrm-specification, ``VRMC_vrm-1.0``
- Character Creator 4 (``V_Open``) and 3 (``W_OO``): https://github.com/soupday/cc_blender_tools
- Daz (``eCTRLvAA``), and Preston Blair's set as Papagayo and Rhubarb name it (``MBP``)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..runtime_api import contract
from .shape_names import SIDES, cleaned, fold, spellings

# Share of each curve in each viseme; a name without its side stands for the mean of both sides.
_MOUTH: dict[str, dict[str, float]] = {
    "aa": {"jawOpen": 1.7, "mouthClose": -2.0, "mouthPucker": -0.3, "mouthStretch": -0.8},
    "E": {"mouthStretch": 0.7, "mouthClose": -1.0},
    "I": {"mouthStretch": 3.0, "mouthClose": -1.0},
    "O": {"mouthFunnel": 0.5, "mouthClose": -1.0},
    "U": {"mouthPucker": 0.9, "mouthFunnel": 0.5, "mouthClose": -1.0},
    "PP": {"mouthPress": 2.5},
    "FF": {"mouthRollLower": 2.2, "mouthPress": -1.7},
    "TH": {"tongueOut": 4.0},
    "CH": {"mouthFunnel": 2.4, "mouthPucker": -1.0, "jawOpen": -1.2},
    "SS": {"mouthLowerDown": 2.5, "jawOpen": -1.5},
}
_VOWELS = ("aa", "E", "I", "O", "U")
# A set with one of the two gives it both their curves.
_STANDS_IN = {"I": "E", "E": "I", "U": "O", "O": "U"}
# What the tongue does behind the teeth no curve tells: these have a shape and get no weight.
_SILENT = ("sil", "DD", "kk", "nn", "RR")
_FEWEST = 3  # shapes of one vocabulary that make a mouth of visemes

_OCULUS = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
_OCULUS_NAMES = {name.casefold(): name for name in _OCULUS} | {"ih": "I", "oh": "O", "ou": "U", "ee": "I"}
_OCULUS_START = re.compile(r"^(?:viseme[ _.]?|vrc[._]v_|v_|AA_VI_\d{2}_)", re.IGNORECASE)
_DAZ_NAMES = {
    "aa": "aa", "eh": "E", "iy": "I", "ee": "I", "ih": "I", "ow": "O", "uw": "U", "w": "U", "m": "PP", "f": "FF",
    "th": "TH", "sh": "CH", "s": "SS", "er": "RR", "k": "kk", "l": "nn", "t": "DD",
}  # fmt: skip
_DAZ_START = re.compile(r"^(?:e?ctrlv|facs_(?:bs|ctrl)_v|(?:ctrl)?vsm)(?=[A-Z]{1,2}$)", re.IGNORECASE)
_VOWEL_START = re.compile(r"^(?:Fcl_MTH_|MTH_|mouth[ _.]?|vowel[ _.]?)(?=[AIUEO]$|aa$|ih$|ou$|ee$|oh$)", re.IGNORECASE)
_VOWEL_NAMES = {
    "a": "aa", "i": "I", "u": "U", "e": "E", "o": "O", "aa": "aa", "ih": "I", "ou": "U", "ee": "E", "oh": "O",
    "あ": "aa", "い": "I", "う": "U", "え": "E", "お": "O",
}  # fmt: skip
_CHARACTER_CREATOR_4 = {
    "vopen": "aa", "vwide": "I", "vtighto": "U", "vexplosive": "PP", "vdentallip": "FF", "vaffricate": "CH",
    "vlipopen": "SS",
}  # fmt: skip
_CHARACTER_CREATOR_3 = {
    "ee": "I", "ih": "I", "ah": "aa", "oh": "O", "woo": "U", "sz": "SS", "chj": "CH", "fv": "FF", "th": "TH",
    "bmp": "PP", "ae": "E", "er": "RR", "r": "RR", "tldn": "DD", "kghng": "kk",
}  # fmt: skip
_PRESTON_BLAIR = {"ai": "aa", "e": "I", "o": "O", "u": "U", "mbp": "PP", "fv": "FF"}
# (what a name may start with, names behind it, least number of shapes), the most telling first.
_VOCABULARIES: tuple[tuple[re.Pattern[str] | None, Mapping[str, str], int], ...] = (
    (_OCULUS_START, _OCULUS_NAMES, _FEWEST),
    (None, _CHARACTER_CREATOR_4, _FEWEST),
    (_DAZ_START, _DAZ_NAMES, _FEWEST),
    (_VOWEL_START, _VOWEL_NAMES, _FEWEST),
    (None, _CHARACTER_CREATOR_3, 5),
    (None, _PRESTON_BLAIR, 5),
    (None, _VOWEL_NAMES, 5),  # single letters
)

# Shapes of one feature that are no ARKit shapes: curves, then names in any spelling, the best first.
_EXPRESSIONS: tuple[tuple[dict[str, float], tuple[str, ...]], ...] = (
    ({"eyeBlinkLeft": 1.0}, ("Fcl_EYE_Close_L", "vrc.blink_left", "blink_left", "ウィンク２", "ウィンク2")),
    ({"eyeBlinkRight": 1.0}, ("Fcl_EYE_Close_R", "vrc.blink_right", "blink_right", "ウィンク２右", "ｳｨﾝｸ２右")),
    ({"eyeBlink": 1.0}, ("Fcl_EYE_Close", "blink", "vrc.blink", "eyesClosed", "eyes_blink", "blink_both", "まばたき")),
    ({"eyeSquintLeft": 1.0}, ("vrc.lowerlid_left", "lowerlid_left")),
    ({"eyeSquintRight": 1.0}, ("vrc.lowerlid_right", "lowerlid_right")),
    ({"eyeWide": 1.0}, ("Fcl_EYE_Surprised", "Fcl_EYE_Spread", "びっくり")),
    ({"mouthSmile": 1.0}, ("Fcl_MTH_Fun", "Fcl_MTH_Joy", "口角上げ", "にやり", "Fcl_ALL_Fun", "Fcl_ALL_Joy")),
    ({"mouthFrown": 1.0}, ("Fcl_MTH_Sorrow", "Fcl_MTH_Angry", "口角下げ")),
    ({"browOuterUp": 0.6, "browInnerUp": 0.4}, ("Fcl_BRW_Surprised", "上")),
    ({"browDown": 1.0}, ("Fcl_BRW_Angry", "怒り", "下")),
    ({"browInnerUp": 0.7, "browOuterUp": -0.7}, ("Fcl_BRW_Sorrow", "困る")),
)
_CURVES = {name: column for column, name in enumerate(contract.ARKIT_NAMES)}


def columns_of(curve: str) -> list[int]:
    """Return the columns of a curve; both sides' of a name without its side."""
    return [_CURVES[curve]] if curve in _CURVES else [_CURVES[curve + side.capitalize()] for side in SIDES]


def speaks_arkit(columns: set[int]) -> bool:
    """Return whether these ARKit columns make a mouth that can speak: it opens, and it rounds."""
    return _CURVES["jawOpen"] in columns and bool({_CURVES["mouthFunnel"], _CURVES["mouthPucker"]} & columns)


def viseme_rows(names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Return the weights (52,) of each shape that is a viseme of the vocabulary with the most shapes here.

    Empty where no vocabulary has enough of them. Shapes without a weight, such as ``viseme_kk``, are not among them.
    """
    best: dict[str, str] = {}
    for start, words, fewest in _VOCABULARIES:
        found = _in_vocabulary(tuple(names), start, words)
        heard = [viseme for viseme in found if viseme in _MOUTH]
        if len(heard) >= max(fewest, len(best) + 1) and {"aa"} <= set(heard):
            best = {viseme: found[viseme] for viseme in heard}
    return {shape: _viseme_row(viseme, best) for viseme, shape in best.items()}


def expression_rows(names: Sequence[str], served: set[int]) -> dict[str, NDArray[np.float32]]:
    """Return the weights (52,) of shapes that show a feature whose curves no other shape shows.

    ``served``: the columns that the mesh shows already. Of several shapes for one feature the best is taken; a shape
    for one eye rules out the shape for both.
    """
    there = {spelling: name for name in reversed(names) for spelling in _spelled(name)}
    rows: dict[str, NDArray[np.float32]] = {}
    for curves, candidates in _EXPRESSIONS:
        wanted = {column for curve, share in curves.items() if share > 0 for column in columns_of(curve)}
        shape = next((there[word] for word in map(fold, candidates) if word in there), None)
        if shape is None or shape in rows or wanted & served:
            continue
        rows[shape] = weights_of(curves)
        if len(curves) == 1:  # brows are shown by several shapes together
            served = served | wanted
    return rows


def weights_of(curves: Mapping[str, float]) -> NDArray[np.float32]:
    """Return weights (52,); the share of a curve without its side is halved between both sides."""
    row = np.zeros(len(contract.ARKIT_NAMES), np.float32)
    for curve, share in curves.items():
        row[columns_of(curve)] += share / len(columns_of(curve))
    return row


def _in_vocabulary(names: tuple[str, ...], start: re.Pattern[str] | None, words: Mapping[str, str]) -> dict[str, str]:
    """Return the shape of each viseme in one vocabulary; of several shapes the first word of the vocabulary wins."""
    there: dict[str, str] = {}
    for name in reversed(names):
        for text, _ in cleaned(name):
            if start is None:
                there[fold(text)] = name
            elif begin := start.match(text):
                there[fold(text[begin.end() :])] = name
    found: dict[str, str] = {}
    for word, viseme in words.items():
        if word in there:
            found.setdefault(viseme, there[word])
    return found


def _viseme_row(viseme: str, there: Mapping[str, str]) -> NDArray[np.float32]:
    curves = dict(_MOUTH[viseme])
    other = _STANDS_IN.get(viseme, "")
    if other and other not in there:
        for curve, share in _MOUTH[other].items():
            curves[curve] = max(curves.get(curve, share), share)
    return weights_of(curves)


@lru_cache(maxsize=8192)
def _spelled(name: str) -> tuple[str, ...]:
    return tuple(spelling for text, _ in cleaned(name) for spelling in (*spellings(text), fold(text)))
