"""The table of choreographies: every category is declared, and what is composed has its variants, words and places."""

from __future__ import annotations

import pytest

from ....body_model.skeleton import AVERAGE_SKELETON
from ....choreography.acts import ACTS
from ....choreography.arms import POSES
from ....choreography.catalogue import CATEGORIES, composable, missing
from ....choreography.elements import Touch, mirrored, other_side
from ....choreography.hands import SHAPES
from ....choreography.places import composing_shape
from ....contract import EMOTIONS, INTERACTIONS, RELATIONSHIPS
from ....corpus.interactions.lexicon import PARTS, PHRASES, REACTIONS

POINTS = set(composing_shape(AVERAGE_SKELETON).points)


def touches(name: str) -> list[Touch]:
    found = []
    for variant in CATEGORIES[name].variants:
        found += [*variant.touches, *(touch for reaction in variant.reactions for touch in reaction.touches)]
    return found


def test_every_category_of_the_contract_is_declared_and_those_without_a_choreography_are_named() -> None:
    assert tuple(CATEGORIES) == INTERACTIONS
    assert sorted([*composable(), *missing()]) == sorted(INTERACTIONS)


@pytest.mark.parametrize("name", composable())
def test_a_category_has_four_variants_one_held_out_and_two_reactions(name: str) -> None:
    variants = CATEGORIES[name].variants
    assert len(variants) >= 4
    assert any(variant.held_out for variant in variants) and not all(variant.held_out for variant in variants)
    assert all(len({reaction.name for reaction in variant.reactions}) >= 2 for variant in variants)


@pytest.mark.parametrize("name", composable())
def test_a_category_names_only_what_there_is(name: str) -> None:
    category = CATEGORIES[name]
    assert {*category.feelings, *category.answers} <= set(EMOTIONS)
    assert set(category.relationships) <= set(RELATIONSHIPS)
    for touch in touches(name):
        assert touch.point in POINTS and (touch.aim is not None or touch.on in POINTS)
        assert touch.ready in POSES and (not touch.via or touch.via in POSES) and touch.hand in SHAPES
    for variant in category.variants:
        assert all(act.kind in ACTS for act in [*variant.acts, *(a for r in variant.reactions for a in r.acts)])
        assert all(r.feeling in ("", *EMOTIONS) for r in variant.reactions)


@pytest.mark.parametrize("name", composable())
def test_a_category_has_at_least_twelve_phrases_and_its_parts_six_names(name: str) -> None:
    assert len(set(PHRASES[name])) >= 12
    for touch in touches(name):
        for point in (touch.point, touch.on) if touch.on else ():
            bare = point.partition("_")[2] if point.startswith(("left_", "right_")) else point
            assert len(set(PARTS[bare])) >= 6
    for variant in CATEGORIES[name].variants:
        assert all(len(REACTIONS[reaction.name]) >= 4 for reaction in variant.reactions)


def test_the_mirror_of_a_mirror_is_the_variant_itself() -> None:
    for category in CATEGORIES.values():
        for variant in category.variants:
            assert mirrored(mirrored(variant)) == variant


def test_left_and_right_are_exchanged_in_names() -> None:
    assert other_side("left_palm") == "right_palm" and other_side("chest") == "chest"
