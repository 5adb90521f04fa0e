"""Shape keys that are only similar to a missing ARKit shape: offered to the person who casts, never driven unasked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from .shape_names import cleaned, fold, spellings

# Words that a shape for a curve may be called, without case and separators, the nearest first. A curve without its side
# stands for both.
_WORDS: dict[str, tuple[str, ...]] = {
    "jawOpen": ("mouthopen", "openmouth", "mouthopenwide", "jawdown", "jawdrop", "turnjawdown", "movejawdown", "open"),
    "mouthClose": ("lipsclose", "lipsclosed", "lipstogether", "mouthlipsjawadjust"),
    "mouthSmile": ("smile", "mouthhappy", "grin", "smilewide", "smileopen", "happy", "joy", "fun", "laugh"),
    "mouthFrown": ("frown", "mouthsad", "sad", "sorrow"),
    "mouthPucker": ("pucker", "lipspucker", "kiss", "pout", "duckface", "mouthblow"),
    "mouthFunnel": ("funnel", "mouthpuckeropen", "mouthround", "ooh"),
    "mouthStretch": ("mouthwiden", "mouthwide", "lipswide", "lipsstretch"),
    "mouthPress": ("lipspress", "mouthlipstight", "lipstight", "mouthplosive"),
    "mouthRollLower": ("mouthbottomlipunder", "mouthbottomlipbite", "lowerlipin", "lipbite", "lowerlipbite"),
    "mouthRollUpper": ("mouthtoplipunder", "upperlipin"),
    "mouthUpperUp": ("mouthtoplipup", "upperlipup", "upperlipraise", "mouthsnarlupper"),
    "mouthLowerDown": ("mouthbottomlipdown", "lowerlipdown", "mouthsnarllower"),
    "tongueOut": ("tongue", "tonguestickout", "stickouttongue", "tongueextend"),
    "cheekPuff": ("puff", "cheekspuff", "puffcheeks", "cheekblow", "cheeksblow", "mouthblow"),
    "cheekSquint": ("cheeksraise", "cheekup", "cheeksup"),
    "noseSneer": ("sneer", "snarl", "nosescrunch", "noseflankraise", "noseflanksraise", "disgust"),
    "eyeBlink": ("eyeclose", "eyesclose", "eyeclosed", "closeeyes", "eyelidclose", "eyesblink", "wink"),
    "eyeWide": ("eyeswide", "eyewiden", "eyeswiden", "eyeopenwide", "surprised", "surprise"),
    "eyeSquint": ("squint", "eyessquint", "eyesnarrow", "eyenarrow"),
    "browDown": ("eyebrowdown", "eyebrowsdown", "browsdown", "browdrop", "browangry", "angry", "anger"),
    "browInnerUp": ("browsinnerup", "browsad", "browsorrow", "worried", "browup", "browsup", "eyebrowup", "eyebrowsup"),
    "browOuterUp": ("browraise", "browsouterup", "eyebrowraise", "browup", "browsup", "eyebrowup", "eyebrowsup"),
    "eyeLookUp": ("lookup", "eyeslookup", "eyesup", "lookingup"),
    "eyeLookDown": ("lookdown", "eyeslookdown", "eyesdown", "lookingdown"),
    "eyeLookOutLeft": ("lookleft", "eyeslookleft", "eyesleft"),
    "eyeLookInRight": ("lookleft", "eyeslookleft", "eyesleft"),
    "eyeLookOutRight": ("lookright", "eyeslookright", "eyesright"),
    "eyeLookInLeft": ("lookright", "eyeslookright", "eyesright"),
}  # fmt: skip
_MOST_TO_COMPARE = 500  # letters are compared among this many names at most
_ALIKE = 0.86


def near_shapes(missing: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Return the most similar of the shape keys ``names`` for each ARKit curve that has one."""
    there: dict[str, str] = {}
    for name in reversed(names):
        for text, _ in cleaned(re.sub(r"\d+$", "", name)):
            there |= dict.fromkeys(spellings(text), name)
    found = {}
    for curve in missing:
        side = next((word for word in ("left", "right") if curve.casefold().endswith(word)), "")
        words = _WORDS.get(curve) or _WORDS.get(curve[: len(curve) - len(side)], ())
        near = next((there[key] for word in words for key in (word + side, word) if key in there), "")
        if not near and len(there) <= _MOST_TO_COMPARE:
            near = next((there[key] for key in difflib.get_close_matches(fold(curve), there, 1, _ALIKE)), "")
        if near:
            found[curve] = near
    return found
