"""Energy and leading hand of an actor: settings, keys over time, the command line, and what they change."""

from __future__ import annotations

import argparse
from itertools import pairwise

import bpy
import pytest

from interact_addon import batch
from interact_addon.scene.changes import changed_character, changes_of
from interact_addon.scene.emotions import energy_spans
from interact_addon.scene.perform import choose_energy, choose_hand
from model_runtime.contract import EnergySpan
from model_runtime.errors import InvalidRequest

from .test_request import anna, scene  # noqa: F401 - a fixture


def test_usual_energy_and_either_hand_ask_for_nothing(scene: bpy.types.Scene) -> None:  # noqa: F811
    assert anna(scene).energy == () and anna(scene).leading_hand == ""


def test_an_energy_holds_all_along(scene: bpy.types.Scene) -> None:  # noqa: F811
    scene.interact.actor_a.energy, scene.interact.actor_a.leading_hand = 1.5, "LEFT"
    (span,) = anna(scene).energy
    assert (span.energy, span.start, span.end) == (1.5, 0.0, pytest.approx(10.0))
    assert anna(scene).leading_hand == "left"


def test_a_keyed_energy_is_followed_over_time(scene: bpy.types.Scene) -> None:  # noqa: F811
    actor = scene.interact.actor_a
    for frame, energy in ((1, 1.0), (151, 1.0), (301, 2.0)):
        actor.energy = energy
        actor.keyframe_insert("energy", frame=frame)
    spans = anna(scene).energy
    assert spans[0].start > 4.5 and spans[-1].end == pytest.approx(10.0) and spans[-1].energy > 1.9
    assert all(a.energy < b.energy for a, b in pairwise(spans))


def test_energy_beyond_its_range_is_cut_off() -> None:
    assert energy_spans([-1.0, 3.0], 0.4) == (EnergySpan(0.0, 0.0, 0.2), EnergySpan(2.0, 0.2, 0.4))


def test_another_energy_is_a_change_of_its_time_and_another_hand_one_of_the_whole_shot(
    scene: bpy.types.Scene,  # noqa: F811
) -> None:
    before, actor = anna(scene), scene.interact.actor_a
    for frame, energy in ((150, 1.0), (152, 2.0), (181, 2.0), (183, 1.0)):
        actor.energy = energy
        actor.keyframe_insert("energy", frame=frame)
    found = changes_of(before, anna(scene), 10.0, lambda old, new: None)
    assert {change.what for change in found} == {"energy"}
    assert found[0].start == pytest.approx(5.0, abs=0.25) and found[-1].end == pytest.approx(6.0, abs=0.25)
    actor.leading_hand = "RIGHT"
    assert changed_character(before, anna(scene)) == ["the leading hand of 'Anna'"]


def test_the_command_line_directs_an_actor_by_name(scene: bpy.types.Scene) -> None:  # noqa: F811
    choose_energy(scene, "Anna", 0.5)
    choose_hand(scene, "Ben", "right")
    assert anna(scene).energy[0].energy == 0.5 and scene.interact.actor_b.leading_hand == "RIGHT"
    with pytest.raises(InvalidRequest):
        choose_hand(scene, "Nobody", "left")


@pytest.mark.parametrize("text", ["Anna", "Anna=3", "Anna=much", "=1"])
def test_an_energy_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="0 to 2"):
        batch._name_and_energy(text)
    with pytest.raises(argparse.ArgumentTypeError, match="left, right, either"):
        batch._name_and_hand(text)
