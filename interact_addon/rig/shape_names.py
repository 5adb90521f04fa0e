"""Shape key names as characters really bring them, matched with the 52 ARKit curves. No Blender here.

A name is cleaned of what tools put around it: namespaces (``Anna:jawOpen``), the mesh (``head_lod0__jawOpen``,
``blendShape1.jawOpen``), numbers of copies (``jawOpen.001``, ``_ncl1_1``), ordering codes (``A25_Jaw_Open`` of
Character Creator 3+, ``AK_09_EyeBlinkLeft`` of Rocketbox). What remains is looked up in any case and with any spelling
of the side. The vocabularies of other products are in ``_DIALECTS``, from their public lists of names:

- Character Creator 4, standard and extended: https://github.com/soupday/cc_blender_tools, ``facerig_data.py``
- Daz Genesis 8.1 and 9, ``facs_bs_*``: https://github.com/daz3d, the morph lists of its bridges
- MetaHuman, ``head_lod0_mesh__*`` and ``CTRL_expressions_*``: the channel names of its DNA files
- Unified Expressions: https://docs.vrcft.io/docs/tutorial-avatars/tutorial-avatars-extras/unified-blendshapes
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..runtime_api import contract

SIDES = ("left", "right")
ARKIT = {name.casefold(): column for column, name in enumerate(contract.ARKIT_NAMES)}
_MERGED = {
    name.casefold()[:-4]
    for name in contract.ARKIT_NAMES
    if name.endswith("Left") and not name.startswith(("jaw", "mouthLeft"))
}
_SINGLE = (
    "browInnerUp", "cheekPuff", "mouthShrugUpper", "mouthShrugLower", "mouthRollUpper", "mouthRollLower",
    "mouthFunnel", "mouthPucker", "mouthClose",
)  # fmt: skip
_QUARTERS = ("ul", "ur", "dl", "dr")  # MetaHuman: upper and lower lip, left and right

# Another product's name, without separators: ARKit's. {s} is a side; both may have it, or the other product alone.
_DIALECTS = {
    # Character Creator
    "browRaiseInner{s}": "browInnerUp",
    "browRaiseOuter{s}": "browOuterUp{s}",
    "browDrop{s}": "browDown{s}",
    "cheekRaise{s}": "cheekSquint{s}",
    "mouthPuckerUp{s}": "mouthPucker",
    "mouthPuckerDown{s}": "mouthPucker",
    "mouthFunnelUp{s}": "mouthFunnel",
    "mouthFunnelDown{s}": "mouthFunnel",
    "mouthRollInUpper{s}": "mouthRollUpper",
    "mouthRollInLower{s}": "mouthRollLower",
    "mouthRollInUpper": "mouthRollUpper",
    "mouthRollInLower": "mouthRollLower",
    "mouthUpUpper{s}": "mouthUpperUp{s}",
    "mouthDownLower{s}": "mouthLowerDown{s}",
    "mergedOpenMouth": "jawOpen",
    # Daz
    "mouthCloseUpper{s}": "mouthClose",
    "mouthCloseLower{s}": "mouthClose",
    "mouthFunnelUpper{s}": "mouthFunnel",
    "mouthFunnelLower{s}": "mouthFunnel",
    "mouthPurseUpper{s}": "mouthPucker",
    "mouthPurseLower{s}": "mouthPucker",
    "mouthPressUpper{s}": "mouthPress{s}",
    "mouthPressLower{s}": "mouthPress{s}",
    "eyelidOpenUpper{s}": "eyeWide{s}",
    # MetaHuman
    "jawFwd": "jawForward",
    "browRaiseIn{s}": "browInnerUp",
    "eyeSquintInner{s}": "eyeSquint{s}",
    "eyeCheekRaise{s}": "cheekSquint{s}",
    "eyeWiden{s}": "eyeWide{s}",
    "noseWrinkle{s}": "noseSneer{s}",
    "mouthCornerPull{s}": "mouthSmile{s}",
    "mouthCornerDepress{s}": "mouthFrown{s}",
    "mouthUpperLipRaise{s}": "mouthUpperUp{s}",
    "mouthLowerLipDepress{s}": "mouthLowerDown{s}",
    "mouthUpperLipRollIn{s}": "mouthRollUpper",
    "mouthLowerLipRollIn{s}": "mouthRollLower",
    "mouthLipsPress{s}": "mouthPress{s}",
    "mouthCheekBlow{s}": "cheekPuff",
    **{f"jawChinRaise{quarter}": "mouthShrug" + ("Upper" if quarter[0] == "u" else "Lower") for quarter in _QUARTERS},
    **{f"mouthFunnel{quarter}": "mouthFunnel" for quarter in _QUARTERS},
    **{f"mouthLipsPurse{quarter}": "mouthPucker" for quarter in _QUARTERS},
    **{f"mouthLipsTowards{quarter}": "mouthClose" for quarter in _QUARTERS},
    # Unified Expressions
    "eyeClosed{s}": "eyeBlink{s}",
    "browLowerer{s}": "browDown{s}",
    "mouthClosed": "mouthClose",
    "mouthRaiserUpper": "mouthShrugUpper",
    "mouthRaiserLower": "mouthShrugLower",
    "lipFunnel": "mouthFunnel",
    "lipFunnelUpper": "mouthFunnel",
    "lipFunnelLower": "mouthFunnel",
    "lipFunnelUpper{s}": "mouthFunnel",
    "lipFunnelLower{s}": "mouthFunnel",
    "lipPucker": "mouthPucker",
    "lipPuckerUpper{s}": "mouthPucker",
    "lipPuckerLower{s}": "mouthPucker",
    "lipSuckUpper": "mouthRollUpper",
    "lipSuckLower": "mouthRollLower",
    "lipSuckUpper{s}": "mouthRollUpper",
    "lipSuckLower{s}": "mouthRollLower",
}
# Eyes that name the eye and the direction; {e} is the eye in letters or words, {d} the direction.
_LOOKS = ("eye{e}look{d}", "{e}eyeballlook{d}", "eyelook{d}{e}")

_DIALECT_RANK, _PART_RANK = 20, 10
_COPY = re.compile(r"(?:\.\d{3}|_ncl\d+_\d+|_div2|_\d{1,3}|(?<=[a-z])Shape\d*)$")
_CODE = re.compile(r"^(?:AK_?|A)\d{2}_")
_START = re.compile(
    r"^(?:facs_(?:bs|jnt|ctrl)_|e?ctrl_?(?:expressions_)?|arkit(?:face)?[ _.]?|face[ _.]?|blendshape\d*[ _.]?"
    r"|(?:head|teeth|morph|bs|shape)[ _.])",
    re.IGNORECASE,
)
_SIDE_WORD = re.compile(r"(.*?)[ _.\-]?(left|right)$", re.IGNORECASE)
_SIDE_LETTER = re.compile(r"(.*?)[ _.\-]([lr])$", re.IGNORECASE)
_SIDE_CAPITAL = re.compile(r"(.*[a-z])([LR])$")
_SIDE_FIRST = re.compile(r"(l|r|left|right)[ _.\-](.+)$", re.IGNORECASE)


def arkit_weights(name: str) -> NDArray[np.float32] | None:
    """Return the weights (52,) of the ARKit curves in a shape key, or None if it is not an ARKit shape.

    ``eyeBlinkLeft``, ``EyeBlinkLeft``, ``eyeBlink_L``, ``Eye_Blink_L``, ``eyeBlink.left`` and ``ARKit_eyeBlinkLeft``
    are the same. A shape of both sides (``eyeBlink``) gets their mean; a shape of one side where ARKit has a single
    shape (``browInnerUpLeft``) gets that one.
    """
    found = match(name)
    return None if found is None else found[0]


@lru_cache(maxsize=8192)
def match(name: str) -> tuple[NDArray[np.float32], int] | None:
    """Return the weights (52,) of the ARKit curves in a shape key and a rank: 0 is ARKit's own name.

    The rank rises for parts of a shape, for other products' names, and for every thing that had to be cleaned away: a
    copy ``jawOpen.001`` ranks behind ``jawOpen``.
    """
    table = _table()
    best: tuple[NDArray[np.float32], int] | None = None
    for text, cost in cleaned(name):
        for spelling in spellings(text):
            if (entry := table.get(spelling)) is not None and (best is None or entry[1] + cost < best[1]):
                best = (entry[0], entry[1] + cost)
    return best


def cleaned(name: str) -> Iterator[tuple[str, int]]:
    """Yield a name with less and less around it, and how much was taken away."""
    text = re.split(r"[:|]", name.strip())[-1]
    yield text, 0
    cost = 0
    while ending := _COPY.search(text):
        text, cost = text[: ending.start()], cost + 1
        yield text, cost
    for shorten in (_after_mesh, _after_dot):
        if (inner := shorten(text)) != text:
            text, cost = inner, cost + 1
            yield text, cost
    if code := _CODE.match(text):
        yield text[code.end() :], cost - 2  # a whole ARKit set beside the product's own: the set is better
    while start := _START.match(text):
        text, cost = text[start.end() :], cost + 1
        yield text, cost


def spellings(text: str) -> tuple[str, ...]:
    """Return a name without case and separators; where it names a side, with that side as a word at its end."""
    for pattern in (_SIDE_WORD, _SIDE_LETTER, _SIDE_CAPITAL):
        if (found := pattern.match(text)) and found[1]:
            return (fold(found[1]) + {"l": "left", "r": "right"}[found[2][0].casefold()], fold(text))
    if found := _SIDE_FIRST.match(text):
        return (fold(found[2]) + {"l": "left", "r": "right"}[found[1][0].casefold()], fold(text))
    return (fold(text),)


def fold(text: str) -> str:
    """Return a name in lower case, without separators."""
    return re.sub(r"[ _.\-]", "", text).casefold()


def _after_mesh(text: str) -> str:
    """Return what stands behind the name of a mesh and two underscores."""
    return text.rsplit("__", 1)[-1]


def _after_dot(text: str) -> str:
    """Return what stands behind the last dot; a side behind it belongs to the name before it."""
    parts = text.split(".")
    keep = 2 if parts[-1].casefold() in ("l", "r", *SIDES) else 1
    return ".".join(parts[-keep:]) if parts[-1] else text


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[NDArray[np.float32], int]]:
    """Return weights (52,) and rank of every known name, folded."""
    table = {name: (_row(column), 0) for name, column in ARKIT.items()}
    for stem in _MERGED:
        table.setdefault(stem, (_row(*(ARKIT[stem + side] for side in SIDES)), _PART_RANK))
    for single in _SINGLE:
        for side in SIDES:
            table.setdefault(single.casefold() + side, (_row(ARKIT[single.casefold()]), _PART_RANK))
    for name, curve in _DIALECTS.items():
        for side in SIDES if "{s}" in name else ("",):
            row = _row(ARKIT[curve.replace("{s}", side).casefold()])
            table.setdefault(name.replace("{s}", side).casefold(), (row, _DIALECT_RANK))
    return _looks() | table


def _looks() -> dict[str, tuple[NDArray[np.float32], int]]:
    """Return the entries of shapes that name an eye and a direction: the left eye looks outwards to the left."""
    found = {}
    for eye, other in zip(SIDES, reversed(SIDES)):
        for direction, curve in (("up", "up"), ("down", "down"), (eye, "out"), (other, "in")):
            entry = (_row(ARKIT[f"eyelook{curve}{eye}"]), _DIALECT_RANK)
            for pattern in _LOOKS:
                for spelled in (eye, eye[0]):
                    found[pattern.replace("{e}", spelled).replace("{d}", direction)] = entry
    return found


def _row(*columns: int) -> NDArray[np.float32]:
    """Return weights (52,) that share 1 among ``columns``."""
    row = np.zeros(len(contract.ARKIT_NAMES), np.float32)
    row[list(columns)] = 1.0 / len(columns)
    row.flags.writeable = False
    return row
