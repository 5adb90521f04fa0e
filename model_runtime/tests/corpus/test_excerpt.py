"""The faultless part of a scene with faults is kept."""

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from model_runtime.contract import FPS, EmotionSpan
from model_runtime.corpus.excerpt import SHORTEST, excerpt, good_part
from model_runtime.corpus.filter import faults
from model_runtime.corpus.motion.jumps import without_jumps
from model_runtime.datasets.scene import Scene, SpokenUtterance
from model_runtime.tests.corpus.test_filter import FRAMES
from model_runtime.tests.corpus.test_filter import scene as short_scene


def long_scene(seconds: int = 100) -> Scene:
    """Return the filter's faultless scene, made longer, with a voice."""
    short = short_scene()
    index = np.arange(seconds * FPS) % (4 * FPS)  # a breath takes 4 s
    assert index.max() < FRAMES
    return replace(
        short,
        root_positions=short.root_positions[:, index],
        rotations=short.rotations[:, index],
        labels=short.labels[:, index],
        contacts=short.contacts[:, index],
        prosody=np.ones_like(short.prosody[:, index]),
        face=short.face[:, index],
        gaze=np.zeros((2, len(index)), bool),
    )


def test_a_faultless_scene_is_kept_whole():
    scene = long_scene()
    assert list(faults(scene)) == []
    part, why = good_part(scene)
    assert part is scene and why == ""


def test_the_longest_good_stretch_is_kept_and_the_fault_is_returned():
    scene = long_scene()
    scene.root_positions[1, 20 * FPS, 2] += 0.3  # jumps for a frame
    part, why = good_part(scene)
    assert "jump" in why or "float" in why
    assert part is not None and part.duration == pytest.approx(79.5, abs=0.5)


def test_less_than_a_minute_is_refused():
    scene = long_scene()
    scene.root_positions[1, 50 * FPS, 2] += 0.3
    assert SHORTEST == 60.0 and good_part(scene)[0] is None


def test_times_of_an_excerpt_count_from_its_start():
    scene = long_scene()
    scene.emotions = (
        [EmotionSpan("joy", 1.0, 0.0, 30.0), EmotionSpan("anger", 0.5, 30.0, 100.0)],
        [EmotionSpan("neutral", 1.0, 0.0, 100.0)],
    )
    scene.utterances = ([SpokenUtterance("a", 19.0, 1.0), SpokenUtterance("b", 90.0, 1.0)], [])
    scene.gestures = [
        {"actor": 0, "kind": "beat", "hand": "left", "start": 24.0, "time": 25.0, "end": 26.0, "strokes": [25.0]},
        {"actor": 0, "kind": "beat", "hand": "left", "start": 4.0, "time": 5.0, "end": 6.0, "strokes": []},
    ]
    scene.stresses = ([5.0, 25.0], [])
    part = excerpt(scene, 20 * FPS, 80 * FPS)
    assert part.frames == 60 * FPS and part.prosody.shape[1] == part.face.shape[1] == part.gaze.shape[1] == 60 * FPS
    assert part.emotions[0] == [EmotionSpan("joy", 1.0, 0.0, 10.0), EmotionSpan("anger", 0.5, 10.0, 60.0)]
    assert part.utterances[0] == [SpokenUtterance("a", -1.0, 1.0)]
    assert (
        [g["time"] for g in part.gestures] == [5.0]
        and part.gestures[0]["strokes"] == [5.0]
        and part.stresses[0] == [5.0]
    )


def test_a_jump_of_a_limb_is_smoothed_and_the_other_joints_stay():
    frames = 120
    rotations = np.tile(rot.IDENTITY, (frames, 52, 1)).astype(np.float32)
    vector = np.zeros((frames, 3))
    vector[60:, 0] = -0.35  # the left knee comes up within a frame
    rotations[:, INDEX["left_hip"]] = rot.from_axis_angle(vector)
    root = np.tile(np.array([0.0, 0.0, 0.955], np.float32), (frames, 1))
    _, result = without_jumps(root, rotations, AVERAGE_SKELETON)
    knee = INDEX["left_knee"]
    before, after = (
        np.abs(np.diff(forward_kinematics(root, q, AVERAGE_SKELETON)[0][:, knee], 2, axis=0)).max()
        for q in (rotations, result)
    )
    assert after < 0.4 * before
    np.testing.assert_array_equal(result[:40], rotations[:40])
    np.testing.assert_array_equal(result[:, INDEX["right_hip"]], rotations[:, INDEX["right_hip"]])
