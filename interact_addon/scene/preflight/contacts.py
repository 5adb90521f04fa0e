"""Contacts that are asked for and cannot be met: strips that say nothing, and two that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import bpy

from ... import compat
from ...messages import Message, counted
from ...rig.cast import CastActor
from ...runtime_api import body_shape, contract, errors
from ..contact_goals import contact_strips, goals_of_strips, trouble_with
from ..reading import shot_duration
from ..request import scripted_actors
from .problem import Problem


def contact_problems(scene: bpy.types.Scene, cast: Sequence[CastActor]) -> Iterator[Problem]:
    """Yield contact strips that say nothing, and pairs of them that no pose meets."""
    wrong = False
    for strip in contact_strips(compat.sequencer_scene(scene)):
        if trouble := trouble_with(scene, strip):
            wrong = True
            yield _problem("no contact", trouble, strip.name, "Nothing touches")
    asked = [] if wrong else goals_of_strips(scene, cast)
    if not asked:  # bodies are measured for them alone
        return
    bodies = {one.name: (body_shape.default_body_shape(one.rest.skeleton), one.rest.skeleton) for one in cast}
    rate = scene.render.fps / scene.render.fps_base
    for found in contract.contradictions([goal for _, goal in asked], bodies):
        first, second = (asked[number][0].name for number in (found.first, found.second))
        yield _problem(
            "contradicting contacts",
            Message(
                "'{first}' and '{second}' cannot both touch at frame {frame}, since that is {centimetres} cm more than "
                "a body allows; move, trim or mute one of the strips.",
                first=first.strip(),
                second=second.strip(),
                frame=round(scene.frame_start + found.time * rate),
                centimetres=f"{100.0 * found.metres:.0f}",
            ),
            second,
            "Contacts contradict",
            is_a_choice=True,
        )
    yield from _out_of_reach(scene, cast, [goal for _, goal in asked])


def _out_of_reach(
    scene: bpy.types.Scene, cast: Sequence[CastActor], goals: Sequence[contract.ContactGoal]
) -> Iterator[Problem]:
    """Yield contacts that two cannot meet from their seats. Who stands takes steps for them."""
    try:
        request = contract.Request(shot_duration(scene), scripted_actors(scene, cast), contacts=tuple(goals))
    except errors.InvalidRequest:  # other problems say what is wrong
        return
    for sentence in contract.out_of_reach(request):
        yield Problem("out of reach", sentence, "", False, short="A contact is out of reach")


def _problem(code: str, sentence: str, strip: str, short: str, is_a_choice: bool = False) -> Problem:
    done = Message("Muted {count}.", count=counted(1, "strip"))
    mute = partial(_mute, strip)
    return Problem(code, sentence, "", True, "Mute Strip", done, mute, short=short, is_a_choice=is_a_choice)


def _mute(name: str, scene: bpy.types.Scene) -> None:
    for strip in contact_strips(compat.sequencer_scene(scene)):
        if strip.name == name:
            strip.mute = True
