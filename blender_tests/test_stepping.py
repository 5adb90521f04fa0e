"""Verbs that read for long do it in short steps: cancelled, undone or disturbed in between, they change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from interact_addon.check.shot_check import forget, is_current, known_check
from interact_addon.operators import check as verbs_of_check
from interact_addon.operators import ik, keys, stepping, takes
from interact_addon.rig.cast import cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.takes import library

from .ik_rigs import add_ik, stand_walk_sit
from .planted import plant
from .rigs import make_rig
from .test_ik_controls import MIXAMO_LIMBS
from .test_regenerate import state
from .test_steps import MOST_YARDSTICKS, longest_step, processor_seconds

FRAMES = 61
PARTS = {"actor_a": True, "actor_b": True, "face": True, "head": True, "upper": True, "hands": True}
Begin = Callable[[], stepping._Running]


def begin(cls: Any, **properties: Any) -> stepping._Running:
    """Begin what an operator does in a window, as its button does."""
    operator = SimpleNamespace(bl_label=cls.bl_label, **properties)
    for name in ("edit", "words"):
        if hasattr(cls, name):
            setattr(operator, name, getattr(cls, name).__get__(operator))
    stepping.begin(bpy.context.scene, cls.work(operator, bpy.context))
    assert stepping._running is not None
    return stepping._running


def key_ik() -> stepping._Running:
    return begin(ik.INTERACT_OT_key_ik_controls, play="IK")


def mirror() -> stepping._Running:
    return begin(takes.INTERACT_OT_mirror_take, **PARTS)


def thin() -> stepping._Running:
    return begin(keys.INTERACT_OT_thin_keys, angle=0.02, distance=0.01, value=2.0, only_selected=False)


def layer() -> stepping._Running:
    return begin(takes.INTERACT_OT_keep_as_layer)


@pytest.fixture(autouse=True)
def nothing_left(addon: None) -> Iterator[None]:
    yield
    stepping.stop()


@pytest.fixture
def with_ik() -> bpy.types.Scene:
    """Anna and Ben in takes of two seconds, on rigs whose limbs have IK."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    for actor, name in zip(scene.interact.actors, ("Anna", "Ben")):
        rig = make_rig(MIXAMO, name)
        add_ik(rig, MIXAMO_LIMBS, 0.0)
        character = cast_actor(name, rig)
        key_performance(scene, [character], stand_walk_sit(character, FRAMES))
        actor.armature = rig
    bpy.context.view_layer.update()
    return scene


def counts() -> dict[str, int]:
    return {
        action.name: sum(1 for slot in action.slots for _ in curves_of(action, slot)) for action in bpy.data.actions
    }


def to_its_end(running: stepping._Running) -> list[float]:
    """Do all steps; return the processor seconds of each but the one that writes."""
    steps: list[float] = []
    left: list[float | None] = [0.0]

    def step() -> None:
        left[0] = stepping.tick(running)

    while left[0] is not None:
        steps.append(processor_seconds(step))
    return steps[:-1]


def test_ik_is_keyed_in_steps_that_change_nothing_until_the_last_one(with_ik: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    before, running, steps = (counts(), state()), key_ik(), 0
    while running.write is None:
        assert stepping.tick(running) is not None
        assert (counts(), state()) == before
        steps += 1
    assert steps > 10 and stepping.progress() is not None
    assert stepping.tick(running) is None and stepping.progress() is None
    after = counts()
    assert all(after[name] > count for name, count in before[0].items())
    bpy.ops.ed.undo()
    assert counts() == before[0]


def test_ik_keyed_in_steps_is_what_one_call_keys(with_ik: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    to_its_end(key_ik())
    in_steps = state()
    bpy.ops.ed.undo()
    assert bpy.ops.interact.key_ik_controls(play="IK") == {"FINISHED"}
    assert state() == in_steps


def test_what_is_cancelled_changes_nothing(with_ik: bpy.types.Scene) -> None:
    before, running = state(), key_ik()
    for _ in range(5):
        stepping.tick(running)
    assert bpy.ops.interact.cancel_work() == {"FINISHED"}
    assert stepping.tick(running) is None and state() == before and not bpy.ops.interact.cancel_work.poll()


def test_an_undo_in_between_begins_it_anew(with_ik: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects["Anna"].location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    running = key_ik()
    for _ in range(8):
        stepping.tick(running)
    bpy.ops.ed.undo()
    assert running._steps is None
    before = counts()
    to_its_end(running)
    assert all(counts()[name] > count for name, count in before.items())
    assert bpy.data.objects["Anna"].location.x == 0.0


def test_keys_that_change_in_between_begin_it_anew_and_its_own_steps_do_not(with_ik: bpy.types.Scene) -> None:
    running = key_ik()
    for _ in range(8):
        stepping.tick(running)
    bpy.context.view_layer.update()
    steps = running._steps
    assert steps is not None
    action = bpy.data.objects["Anna"].animation_data.action
    curve = next(curves_of(action, action.slots[0]))
    curve.keyframe_points.insert(5, curve.evaluate(5) + 0.1)
    action.update_tag()
    stepping.tick(running)
    assert running._steps is not steps


def test_a_check_is_done_in_steps_is_cancelled_like_all_that_is_and_finds_what_one_call_finds(
    shot: bpy.types.Scene,
) -> None:
    def found() -> list[tuple[str, float]]:
        return [(event.kind, event.depth) for event in shot.interact.check.events]

    plant(shot)
    running = begin(verbs_of_check.INTERACT_OT_check)
    for _ in range(5):
        stepping.tick(running)
    now = stepping.progress()
    assert now is not None and now.stage == verbs_of_check.STAGE and not bpy.ops.interact.check.poll()
    assert bpy.ops.interact.cancel_work() == {"FINISHED"} and found() == [] and known_check(shot) is None
    to_its_end(begin(verbs_of_check.INTERACT_OT_check))
    in_steps = found()
    assert in_steps and is_current(shot)
    forget()
    assert bpy.ops.interact.check() == {"FINISHED"} and found() == in_steps


@pytest.mark.parametrize("verb", [key_ik, thin])
def test_another_file_gives_it_up(with_ik: bpy.types.Scene, verb: Begin) -> None:
    running = verb()
    for _ in range(3):
        stepping.tick(running)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert stepping.progress() is None and stepping.tick(running) is None


def test_an_actor_that_is_deleted_in_between_is_said_and_changes_nothing(
    with_ik: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(stepping, "tell", told.extend)
    running = key_ik()
    for _ in range(5):
        stepping.tick(running)
    before = counts()
    for obj in [*bpy.data.objects]:
        bpy.data.objects.remove(obj)
    to_its_end(running)
    assert counts() == before and [kind for kind, _ in told] == ["ERROR"]


@pytest.fixture
def edited(shot: bpy.types.Scene) -> bpy.types.Scene:
    """A take of the demo's characters in which curves were edited by hand."""
    from interact_addon.worker_client import generation

    generation.Generation(shot).wait()
    for action in library.shown(shot):
        assert action is not None
        curves = [c for slot in action.slots for c in curves_of(action, slot) if c.data_path.endswith("quaternion")]
        for curve in curves[:20]:
            curve.keyframe_points.insert(20, curve.evaluate(20) + 0.05)
    bpy.context.view_layer.update()
    return shot


def test_no_step_takes_long_but_for_the_one_that_writes(edited: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="edited")

    def steps(verb: Begin) -> list[float]:
        found = to_its_end(verb())
        bpy.ops.ed.undo()
        return found

    longest = {verb.__name__: longest_step(partial(steps, verb)) for verb in (thin, mirror, layer)}
    assert {name for name, yardsticks in longest.items() if yardsticks > MOST_YARDSTICKS} == set()


def test_no_step_of_keying_ik_takes_long(with_ik: bpy.types.Scene) -> None:
    bpy.ops.ed.undo_push(message="before")

    def steps() -> list[float]:
        found = to_its_end(key_ik())
        bpy.ops.ed.undo()
        return found

    assert longest_step(steps) < MOST_YARDSTICKS
