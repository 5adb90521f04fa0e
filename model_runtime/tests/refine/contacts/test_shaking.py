"""A touch of palms that lasts is a handshake: fingers close round the other's hand, and hands go up and down as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model.skeleton import INDEX, forward_kinematics
from model_runtime.refine.contacts import Goal, resolve_contacts
from model_runtime.refine.contacts.report import depths
from model_runtime.refine.contacts.shaking import is_handshake

from .scenes import standing

GOAL = Goal(0, "right_palm", 30, 62, 1, "right_palm")


def test_only_a_touch_of_the_same_palms_that_lasts_is_a_handshake() -> None:
    assert is_handshake(GOAL)
    others = [
        replace(GOAL, stop=37),
        replace(GOAL, other_point="left_palm"),
        replace(GOAL, other_point="left_shoulder"),
        replace(GOAL, other=None, other_point="", place=(0.0, 0.0, 1.0)),
        replace(GOAL, held=True),
        replace(GOAL, distance=0.05),
    ]
    assert not any(map(is_handshake, others))


@pytest.mark.slow
def test_hands_close_round_each_other_and_go_up_and_down_together() -> None:
    bodies = [standing(1.62, 0.0, 1.0, 92), standing(1.84, 0.75, -1.0, 92)]
    resolved = resolve_contacts(bodies, [GOAL])
    posed = [
        forward_kinematics(resolved.roots[a], resolved.rotations[a], body.skeleton) for a, body in enumerate(bodies)
    ]
    assert depths(bodies, posed).max() < 0.01, "also fingers that close, on every frame"
    (found,) = resolved.report["goals"]
    assert found["gap"] < 0.02 and found["sliding"] < 0.02
    wrists = np.stack([places[:, INDEX["right_wrist"], 2] for places, _ in posed])[:, GOAL.start : GOAL.stop]
    off = wrists - wrists.mean(1, keepdims=True)
    assert np.corrcoef(*off)[0, 1] > 0.9
    early, late = (np.ptp(off[:, rows], axis=1).min() for rows in (slice(0, 16), slice(18, 32)))
    assert early > 0.02 and late < 0.7 * early, "one strong stroke, then less"
    for a, (places, _) in enumerate(posed):
        tip, knuckle = (places[:, INDEX[f"right_middle{k}"]] for k in (3, 1))
        length = np.linalg.norm(tip - knuckle, axis=-1)
        assert length[46] < 0.97 * length[GOAL.start - 1], f"the fingers of {a} are closed"
