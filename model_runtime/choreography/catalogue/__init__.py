"""The 40 categories as choreographies. Those without a variant are declared and not composed yet: ``missing``."""

from __future__ import annotations

from ...contract import INTERACTIONS
from ..elements import Category
from . import caring, greetings, hostile, signs

_DONE = (
    greetings.handshake(),
    greetings.wave(),
    greetings.hug(),
    greetings.high_five(),
    greetings.bend(),
    greetings.kiss(),
    greetings.walk_towards(),
    hostile.push(),
    hostile.hit(),
    hostile.slap(),
    hostile.grab(),
    hostile.point(),
    hostile.cover_mouth(),
    caring.pat_on_back(),
    caring.touch_head(),
    caring.pat_on_cheek(),
    caring.massage(),
    caring.support(),
    caring.shoulder_to_shoulder(),
    signs.whisper(),
    signs.thumb_up(),
    signs.fly_kiss(),
    signs.rock_paper_scissors(),
    signs.posing(),
)
_BY_NAME = {category.name: category for category in _DONE}
CATEGORIES: dict[str, Category] = {name: _BY_NAME.get(name, Category(name, ())) for name in INTERACTIONS}


def composable() -> list[str]:
    """Return the categories that can be composed, in the order of ``INTERACTIONS``."""
    return [name for name, category in CATEGORIES.items() if category.variants]


def missing() -> list[str]:
    """Return the categories that are declared and not composed yet."""
    return [name for name, category in CATEGORIES.items() if not category.variants]
