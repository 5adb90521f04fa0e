"""What the pair may be asked for: categories, prompts read by a lexicon, and the labels that they stand for."""

import dataclasses
import json

import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    INTERACTIONS,
    PLAYED_INTERACTIONS,
    ActionSpan,
    Actor,
    InteractionSpan,
    Request,
    check_request,
    played_part,
    request_from_json,
    request_to_json,
    with_interactions,
)
from model_runtime.contract.prompts import PromptReading, read_prompt
from model_runtime.errors import InvalidRequest

NAMES = ("Mia", "Tom Berg")


def request(*spans: InteractionSpan, actions: tuple[tuple, tuple] = ((), ())) -> Request:
    actors = tuple(
        Actor(name, AVERAGE_SKELETON, (2.0 * number, 0.0), actions=tuple(ActionSpan(*one) for one in actions[number]))
        for number, name in enumerate(NAMES)
    )
    return Request(8.0, actors, interactions=spans)


def labels(request: Request, number: int) -> list[tuple]:
    return [(span.label, span.start, span.end, span.to_partner) for span in request.actors[number].actions]


def test_there_are_forty_interactions_and_the_model_plays_some():
    assert len(set(INTERACTIONS)) == 40 and set(PLAYED_INTERACTIONS) < set(INTERACTIONS)


def test_interactions_survive_json_and_older_requests_are_read_without_them():
    sent = request(InteractionSpan(1.0, 2.5, (1,), "hug"), InteractionSpan(3.0, 4.0, (0, 1), "", "they chat"))
    assert request_from_json(request_to_json(sent)).interactions == sent.interactions
    plain = json.loads(request_to_json(sent))
    del plain["interactions"]
    assert request_from_json(json.dumps(plain)).interactions == ()


@pytest.mark.parametrize(
    ("span", "sentence"),
    [
        (InteractionSpan(2.0, 2.0, (0,), "hug"), "has no length"),
        (InteractionSpan(1.0, 2.0, (0,), "run"), "is not known; use one of: hug, handshake"),
        (InteractionSpan(1.0, 2.0, (0,), "", " "), "says nothing"),
        (InteractionSpan(1.0, 2.0, (), "hug"), "does not say who acts"),
        (InteractionSpan(1.0, 2.0, (0, 2), "hug"), "does not say who acts"),
        (InteractionSpan(1.0, 2.0, (0, 0), "hug"), "does not say who acts"),
    ],
)
def test_an_interaction_that_cannot_be_read_is_one_sentence(span: InteractionSpan, sentence: str):
    with pytest.raises(InvalidRequest, match=sentence):
        check_request(request(span))


def test_an_interaction_needs_two():
    both = request(InteractionSpan(1.0, 2.0, (0,), "hug"))
    with pytest.raises(InvalidRequest, match="needs two actors"):
        check_request(dataclasses.replace(both, actors=both.actors[:1]))


@pytest.mark.parametrize(
    ("text", "category", "who"),
    [
        ("they chat", "chat", (0, 1)),
        ("Mia and Tom have a conversation.", "chat", (0, 1)),
        ("Mia walks up to Tom", "walk towards", (0,)),
        ("tom walked over to mia", "walk towards", (1,)),
        ("Tom Berg approaches Mia", "walk towards", (1,)),
        ("walk over to Tom", "walk towards", (0,)),
        ("Tom waits as Mia goes to him", "walk towards", (0,)),
        ("They walk towards each other", "walk towards", (0, 1)),
        ("he steps up to her", "walk towards", ()),
        ("she pats him on the back", "pat on back", ()),
        ("Mia shakes Tom's hand", "handshake", (0,)),
        ("Mia blows Tom a kiss", "fly kiss", (0,)),
        ("Mia comes closer", "walk towards", (0,)),
        ("Mia steps closer to Tom and then they wait", "walk towards", (0,)),
        ("they come closer to each other", "walk towards", (0, 1)),
    ],
)
def test_a_prompt_is_read_by_its_words(text: str, category: str, who: tuple[int, ...]):
    reading = read_prompt(text, NAMES)
    assert reading.categories == (category,) and reading.who == who and reading.rest == ()


@pytest.mark.parametrize(
    "text",
    [
        "Mia walks to the window",
        "she walks to her car",
        "Mia goes over to Tom's desk",
        "Mia does not walk to Tom",
        "Mia stops walking towards Tom",
        "Tom is approached by Mia",
        "Mia turns away",
        "Mia walks towards the door",
        "Mia comes closer to the window",
        "Mia runs to the car",
        "",
    ],
)
def test_what_could_be_misread_names_no_category(text: str):
    assert read_prompt(text, NAMES).categories == ()


def test_words_that_the_lexicon_lacks_are_handed_back():
    assert read_prompt("Mia walks angrily to Tom and does a backflip", NAMES).rest == ("angrily", "does", "backflip")
    part = played_part(InteractionSpan(0.0, 1.0, (1,), "", "Mia walks to Tom and does a backflip"), NAMES)
    assert part.category == "walk towards" and part.who == (0,), "the text comes before the choice"
    assert part.left_out == (
        "'Mia walks to Tom and does a backflip' is played as 'walk towards', without: does, backflip."
    )


def test_a_prompt_for_two_things_at_once_is_to_be_cut():
    part = played_part(InteractionSpan(0.0, 1.0, (0,), "", "Mia waves and hugs Tom"), NAMES)
    assert part.category == "" and "asks for 'wave' and 'hug'" in part.left_out and "cut it" in part.left_out


def test_a_walk_that_leads_to_what_is_done_next_belongs_to_it():
    part = played_part(InteractionSpan(0.0, 1.0, (1,), "", "Mia walks to Tom and hugs him"), NAMES)
    assert (part.category, part.who, part.left_out) == ("hug", (0,), "")


def test_every_category_is_known_in_free_text_by_its_own_name():
    for name in INTERACTIONS:
        assert read_prompt(name, NAMES).categories == (name,)
        assert read_prompt(f"Mia {name}", NAMES) == PromptReading((name,), (0,), ()), name


def test_whoever_is_told_to_run_to_the_other_walks_and_it_is_said():
    reading = read_prompt("Mia runs to Tom", NAMES)
    assert reading.categories == ("walk towards",) and reading.rest == ("runs",)
    assert read_prompt("Mia runs after Tom", NAMES).categories == ("chase",)


def test_a_walk_towards_is_a_walk_to_the_partner_over_what_was_labelled_and_the_other_waits():
    asked = with_interactions(
        request(
            InteractionSpan(2.0, 5.0, (0,), "walk towards"),
            actions=((("stand", 0.0, 3.0), ("sit", 3.0, 8.0)), (("sit", 0.0, 1.0), ("walk", 4.0, 6.0))),
        )
    )
    assert labels(asked, 0) == [("stand", 0.0, 2.0, False), ("walk", 2.0, 5.0, True), ("sit", 5.0, 8.0, False)]
    assert labels(asked, 1) == [("sit", 0.0, 1.0, False), ("stand", 4.0, 5.0, False), ("walk", 5.0, 6.0, False)]


def test_what_is_not_played_and_a_chat_change_no_label():
    plain = request(actions=((("sit", 0.0, 8.0),), ()))
    for span in (InteractionSpan(1.0, 3.0, (0,), "hug"), InteractionSpan(1.0, 3.0, (0, 1), "chat")):
        asked = with_interactions(dataclasses.replace(plain, interactions=(span,)))
        assert labels(asked, 0) == labels(plain, 0) and labels(asked, 1) == labels(plain, 1)
