"""Bodies hold still between phrases and while they listen, shift their weight seldom, and have fingers that live."""

from __future__ import annotations

import numpy as np

from ...body_model import rotations as rot
from ...body_model.skeleton import HAND_INDEX, JOINTS
from ...common.masks import runs_of
from ...contract import FPS
from ...corpus.motion.fingers import live_fingers
from ...corpus.motion.posture import liveliness

FRAMES = 120 * FPS
HANDS = [joint for side in ("left", "right") for joint in HAND_INDEX[side]]


def test_a_body_holds_still_for_long_while_it_listens_and_for_moments_while_it_speaks():
    shares, longest = [], []
    for talks in (False, True):
        live = np.stack([liveliness(np.random.default_rng(seed), np.full(FRAMES, talks)) for seed in range(8)])
        assert live.min() > 0.0 and live.max() <= 1.0001
        assert np.abs(np.diff(live, axis=1)).max() < 0.2  # nobody freezes from one frame to the next
        shares.append(float((live < 0.3).mean()))
        longest.append(max(stop - start for row in live for start, stop in runs_of(row < 0.3)) / FPS)
    assert 0.5 < shares[0] < 0.85 and 0.1 < shares[1] < 0.35
    assert longest[0] > 5.0 > longest[1]


def test_fingers_curl_and_rest_within_the_range_of_a_relaxed_hand_and_nothing_else_turns():
    rotations = np.tile(rot.IDENTITY, (FRAMES, len(JOINTS), 1)).astype(np.float32)
    live_fingers(np.random.default_rng(3), rotations)
    turned = np.degrees(np.linalg.norm(rot.to_axis_angle(rotations), axis=-1))
    others = [joint for joint in range(len(JOINTS)) if joint not in HANDS]
    assert turned[:, others].max() < 1e-3 < 3.0 < turned[:, HANDS].mean() < 12.0 and turned[:, HANDS].max() < 30.0
    speed = np.abs(np.diff(turned[:, HANDS], axis=0)) * FPS
    assert np.median(speed) < 6.0 and speed.max() < 400.0  # mostly at rest, and no finger jumps


def test_fingers_are_the_same_for_the_same_seed():
    one, two = (np.tile(rot.IDENTITY, (300, len(JOINTS), 1)).astype(np.float32) for _ in range(2))
    live_fingers(np.random.default_rng(5), one)
    live_fingers(np.random.default_rng(5), two)
    np.testing.assert_array_equal(one, two)
