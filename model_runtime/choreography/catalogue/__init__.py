"""The 40 categories as choreographies. Those without a variant are declared and not composed yet: ``missing``."""

from __future__ import annotations

from ...contract import INTERACTIONS
from ..elements import Category
from . import caring, forceful, greetings, hostile, seated, signs, together

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
    together.chat(),
    together.imitate(),
    together.look_back(),
    together.chase(),
    together.link_arms(),
    together.dance(),
    together.hand_wrestling(),
    together.carry_on_back(),
    forceful.pull(),
    forceful.kick(),
    forceful.step_on_foot(),
    forceful.knock_over(),
    forceful.block(),
    seated.help_up(),
    seated.sit_on_leg(),
    seated.massage_leg(),
)
_BY_NAME = {category.name: category for category in _DONE}
CATEGORIES: dict[str, Category] = {name: _BY_NAME.get(name, Category(name, ())) for name in INTERACTIONS}


def shared_clips() -> tuple[str, ...]:
    """Return the names of the clips that choreographies name: there are too few of them for every split."""
    names: set[str] = set()
    for category in CATEGORIES.values():
        for variant in category.variants:
            moves = [*variant.moves, *(move for reaction in variant.reactions for move in reaction.moves)]
            names |= {name for move in moves for name in move.clips}
            names |= set(variant.shown) if variant.strikes else set()
    return tuple(sorted(names))


def composable() -> list[str]:
    """Return the categories that can be composed, in the order of ``INTERACTIONS``."""
    return [name for name, category in CATEGORIES.items() if category.variants]


def missing() -> list[str]:
    """Return the categories that are declared and not composed yet."""
    return [name for name, category in CATEGORIES.items() if not category.variants]
