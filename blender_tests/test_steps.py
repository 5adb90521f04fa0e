"""The interface never waits for long while a Generate runs: every step but the one that writes the keys is short.

Processor time is measured, which other programs hardly change, and compared with that of work whose size is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import bpy
import numpy as np
import pytest

from interact_addon.check.shot_check import check_shot_in_steps
from interact_addon.operators import generate, problems
from interact_addon.rig import body_shape
from interact_addon.runtime_api import contract
from interact_addon.worker_client import generation
from interact_addon.worker_client.orders import changed_order, whole_order
from model_runtime.body_model.skeleton import AVERAGE_SKELETON

MOST_YARDSTICKS = 2.0  # on a quiet machine one is 0.025 s, so this is the 0.05 s that a step may take there
TRIES = 3  # the least counts: what disturbs a measurement makes it longer


def processor_seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def yardstick() -> float:
    """Return the processor seconds of small products in numpy, and of lists and text, as in reading a scene."""

    def work() -> None:
        total, words = np.zeros(3), {}
        for number in range(1000):
            total = total + np.cross([1.0, 0.0, number], total) * 1e-9
            words[f"word {number}"] = list(str(number))

    return min(processor_seconds(work) for _ in range(TRIES))


def ticks(order: Callable[[], generation.Order]) -> list[float]:
    """Press the button in the window, and return the processor seconds of each step until the worker has the job.

    All that follows is to ask it for its progress, and the step that writes.
    """
    job: list[generation.Generation] = []
    steps = [
        processor_seconds(
            lambda: job.append(generation.Generation(bpy.context.scene, replace(order(), undo=True, in_window=True)))
        )
    ]
    while job[0].request is None:
        steps.append(processor_seconds(lambda: generate.tick(job[0])))
        time.sleep(job[0].pause)
    job[0].abandon()
    return steps


def longest_step(*acts: Callable[[], list[float]]) -> float:
    """Return the longest step in yardsticks."""
    longest = min(max(seconds for act in acts for seconds in act()) for _ in range(TRIES))
    return longest / yardstick()


def first_generate() -> list[float]:
    """Generate with characters that were never read before."""
    body_shape._fitted.clear()
    return ticks(lambda: whole_order(bpy.context.scene))


def only_what_changed() -> list[float]:
    """Generate a stretch around another label."""
    strip = next(one for one in bpy.context.scene.sequence_editor.strips if one.type == "COLOR")
    strip.name = "sit" if strip.name.startswith("stand") else "stand"
    return ticks(lambda: changed_order(bpy.context.scene))


def test_no_step_of_a_generate_takes_long_but_for_the_one_that_writes(shot: bpy.types.Scene) -> None:
    generation.Generation(shot).wait()
    assert longest_step(first_generate, only_what_changed) < MOST_YARDSTICKS


def searched() -> list[float]:
    """Search for problems and changes as the panel does at rest."""
    problems.order_search()
    left: list[float | None] = [0.0]

    def step() -> None:
        left[0] = problems._search_at_rest()

    steps = []
    while left[0] is not None:
        steps.append(processor_seconds(step))
    problems.stop()
    return steps


def test_no_step_of_the_search_at_rest_takes_long(shot: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "_SECONDS_AT_REST", 0.0)
    generation.Generation(shot).wait()
    assert longest_step(searched) < MOST_YARDSTICKS


def checked() -> list[float]:
    """Check the shot as the button in the window does."""
    body_shape._fitted.clear()
    doing = check_shot_in_steps(lambda: bpy.context.scene, 0.02)
    steps: list[float] = []
    is_over = False

    def step() -> None:
        nonlocal is_over
        is_over = next(doing, None) is None

    while not is_over:
        steps.append(processor_seconds(step))
    return steps


def test_no_step_of_a_check_takes_long(shot: bpy.types.Scene) -> None:
    shot.frame_end += 400  # what is done for all frames at once would show
    assert longest_step(checked) < MOST_YARDSTICKS


def test_minutes_of_given_motion_are_written_for_the_worker_in_short_steps() -> None:
    frames = 300 * contract.FPS
    rotations = np.random.default_rng(0).normal(size=(frames, 52, 4)).astype(np.float32)
    nothing = np.zeros((frames, 52), np.float32)
    motion = contract.ActorPerformance("Mia", nothing[:, :3], rotations, nothing, nothing[:, :4])
    given = contract.constraints_from_performance(motion, ("lower", "upper", "head", "hands", "face"))
    request = contract.Request(300.0, (contract.Actor("Mia", AVERAGE_SKELETON, constraints=given),))

    def written() -> list[float]:
        doing = contract.request_to_json_in_steps(request)
        steps: list[float] = []
        is_over = False

        def step() -> None:
            nonlocal is_over
            is_over = next(doing, doing) is doing

        while not is_over:
            steps.append(processor_seconds(step))
        return steps

    assert longest_step(written) < MOST_YARDSTICKS
