"""How large face, head and gestures of a take are: live, and without a change to any key."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.rig.amplitude import FACE, GESTURES, HEAD, curve_paths
from interact_addon.rig.cast import cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.stretch_keys import key_stretch
from interact_addon.takes.shown_motion import shown_motion
from model_runtime.contract import constraints_from_performance

from .rigs import perform
from .test_take_library import generate, jaw, pair  # noqa: F401 - a fixture
from .test_takes import everything_of

LEFT_ARM, THIGH, HEAD_BONE = "LeftArm", "LeftUpLeg", "Head"


def shown_values(action: bpy.types.Action, part: str) -> dict[tuple[str, int], np.ndarray]:
    """Return what each curve with ``part`` in its path shows over the shot."""
    return {
        (curve.data_path, curve.array_index): np.array([curve.evaluate(frame) for frame in range(1, 32)])
        for slot in action.slots
        for curve in curves_of(action, slot)
        if part in curve.data_path
    }


def spread(values: dict[Any, np.ndarray]) -> float:
    return float(sum(np.ptp(curve) for curve in values.values()))


@pytest.fixture
def anna(pair: bpy.types.Scene) -> bpy.types.Action:  # noqa: F811
    """Anna's action of a take in which arms, head and face move."""
    generate(pair, 3)
    action = pair.interact.actor_a.armature.animation_data.action
    for slot in action.slots:
        for curve in curves_of(action, slot):
            for key in curve.keyframe_points:
                key.co.y += 0.05 * np.sin(0.9 * key.co.x)
    return action


def test_larger_gestures_move_the_arms_more_and_nothing_else(anna: bpy.types.Action) -> None:
    before = {part: shown_values(anna, part) for part in (LEFT_ARM, THIGH, HEAD_BONE, "jawOpen")}
    keys = everything_of(anna)
    anna.interact.gestures = 1.5
    after = {part: shown_values(anna, part) for part in before}
    assert spread(after[LEFT_ARM]) > 1.3 * spread(before[LEFT_ARM])
    assert all(np.array_equal(after[part][path], before[part][path])
               for part in (THIGH, HEAD_BONE, "jawOpen") for path in before[part])  # fmt: skip
    assert everything_of(anna) == keys


def test_an_amplitude_of_one_leaves_nothing_behind(anna: bpy.types.Action) -> None:
    before = shown_values(anna, LEFT_ARM)
    anna.interact.gestures = 0.4
    anna.interact.gestures = 1.0
    after = shown_values(anna, LEFT_ARM)
    assert all(np.array_equal(after[path], before[path]) for path in before)
    assert not any(curve.modifiers for slot in anna.slots for curve in curves_of(anna, slot))


def test_a_larger_face_leaves_eyes_and_lids_alone(anna: bpy.types.Action) -> None:
    before = shown_values(anna, "jawOpen") | shown_values(anna, "eyeBlinkLeft")
    anna.interact.face = 1.5
    jaw, blink = shown_values(anna, "jawOpen"), shown_values(anna, "eyeBlinkLeft")
    assert all(np.allclose(values, 1.5 * before[path], atol=1e-5) for path, values in jaw.items())
    assert all(np.allclose(values, before[path], atol=1e-6) for path, values in blink.items())


def test_a_slider_shows_what_was_set(anna: bpy.types.Action) -> None:
    anna.interact.head = 0.5
    assert (anna.interact.face, anna.interact.head, anna.interact.gestures) == pytest.approx((1.0, 0.5, 1.0))


def test_a_stretch_keyed_anew_is_seen_as_generated_under_an_amplitude(
    anna: bpy.types.Action,
    pair: bpy.types.Scene,  # noqa: F811
) -> None:
    anna.interact.gestures = 1.6
    characters = [cast_actor(actor.armature.name, actor.armature) for actor in pair.interact.actors]
    shown = shown_motion(pair, characters)
    made = perform(31, characters[0])
    given = [constraints_from_performance(shown[0]), None]
    before = shown_values(anna, LEFT_ARM)
    keyed = key_stretch(pair, characters, type(made)((made.actors[0], shown[1])), given, (10, 20), {"Anna": ["upper"]})
    action = keyed.actors[0].action
    assert action is not None and action.interact.gestures == pytest.approx(1.6)
    after = shown_values(action, LEFT_ARM)
    bone = pair.interact.actor_a.armature.pose.bones[LEFT_ARM]
    index = keyed.actors[0].pose.bones.index(bone.name)
    wanted = keyed.actors[0].pose.rotations[:, index]
    path = next(path for path, component in after if path.endswith(f'{bone.name}"].rotation_quaternion'))
    seen = np.stack([after[path, component][9:20] for component in range(4)], axis=-1)
    assert np.allclose(np.abs((seen * wanted).sum(-1)), 1.0, atol=1e-4)
    assert np.array_equal(after[path, 0][:8], before[path, 0][:8])


def test_the_amplitudes_share_no_curve(pair: bpy.types.Scene) -> None:  # noqa: F811
    character = cast_actor("Anna", pair.interact.actor_a.armature)
    paths = [set(curve_paths(character, which)) for which in (FACE, HEAD, GESTURES)]
    assert all(paths) and sum(map(len, paths)) == len(set.union(*paths))


def test_the_slider_is_seen_at_once(anna: bpy.types.Action, pair: bpy.types.Scene) -> None:  # noqa: F811
    pair.frame_set(12)
    before = jaw("Anna")
    anna.interact.face = 1.4
    assert jaw("Anna") == pytest.approx(1.4 * before, abs=1e-4)
