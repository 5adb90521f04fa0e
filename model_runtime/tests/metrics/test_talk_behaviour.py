"""What talkers and listeners do: silences, shared laughs, nods by their dips, shifts of posture, hands that rest."""

from __future__ import annotations

import numpy as np
import pytest

from ...body_model import rotations as rot
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX
from ...contract import FPS
from ...datasets.scene import Scene
from ...metrics.nods import nods_of
from ...metrics.scene_measures import bodies_of
from ...metrics.talk_behaviour import TalkBehaviour

SECONDS = 60
FRAMES = SECONDS * FPS


def talk(speaks: list[tuple[float, float]], replies: list[tuple[float, float]]) -> Scene:
    """Return two who stand a minute and speak in these spans (s, s)."""
    rotations = np.zeros((2, FRAMES, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    root = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height], np.float32), (2, FRAMES, 1))
    root[1, :, 1] -= 1.4
    prosody = np.zeros((2, FRAMES, 28), np.float16)
    for actor, spans in enumerate((speaks, replies)):
        for start, end in spans:
            prosody[actor, int(start * FPS) : int(end * FPS), 0] = 1.0
    return Scene(
        1, "train", np.stack([AVERAGE_SKELETON.offsets] * 2), root, rotations, np.full((2, FRAMES), 2, np.uint8),
        np.ones((2, FRAMES, 4), bool), prosody, np.zeros((2, FRAMES, 52), np.float16), np.zeros(2, np.float32),
        ([], []), ([], []), gaze=np.zeros((2, FRAMES), bool),
    )  # fmt: skip


def figures(scene: Scene, attitude: float = 0.0) -> dict[str, float]:
    behaviour = TalkBehaviour()
    behaviour.add(scene, bodies_of(scene), [np.full(scene.frames, attitude)] * 2)
    return behaviour.figures()


def test_stretches_without_a_word_count_from_five_seconds_on() -> None:
    found = figures(talk([(0.0, 10.0), (25.0, 40.0)], [(43.0, 60.0)]))
    assert found["silences_an_hour"] == pytest.approx(60.0)  # the 15 s, not the 3 s
    assert found["silent_share"] == pytest.approx(0.25, abs=0.01)


def test_a_laugh_is_shared_where_the_other_laughs_within_a_moment() -> None:
    scene = talk([(0.0, 60.0)], [])
    scene.laughs = ([(10.0, 12.0), (40.0, 41.0)], [(12.6, 14.0)])
    found = figures(scene)
    assert found["laughs_a_minute"] == pytest.approx(1.5)
    assert found["laughs_shared"] == pytest.approx(2 / 3)


def test_dips_in_a_row_are_one_nod_of_several() -> None:
    head = np.zeros((10 * FPS, 4))
    t = np.arange(len(head)) / FPS
    pitch = np.zeros(len(head))
    for start, count in ((2.0, 1), (6.0, 3)):
        inside = (t >= start) & (t < start + count / 2.5)
        pitch[inside] += np.radians(8.0) * 0.5 * (1 - np.cos(2 * np.pi * 2.5 * (t[inside] - start)))
    head[:, 0], head[:, 1] = np.cos(pitch / 2), np.sin(pitch / 2)
    times, dips = nods_of(head)
    assert times == pytest.approx([2.2, 6.2], abs=0.1)
    assert dips.tolist() == [1, 3]


def test_a_trunk_that_sways_over_is_a_shift_of_posture_where_the_turn_ends() -> None:
    scene = talk([(0.0, 30.0)], [(30.0, 60.0)])
    roll = np.radians(8.0) / (1.0 + np.exp(-(np.arange(FRAMES) / FPS - 30.5) * 6.0))
    vector = np.stack([np.zeros(FRAMES), roll, np.zeros(FRAMES)], -1)
    scene.rotations[0, :, INDEX["spine1"]] = rot.from_axis_angle(vector.astype(np.float32))
    found = figures(scene)
    assert found["shifts_a_minute"] == pytest.approx(0.5, abs=0.1)  # one of two bodies, once
    assert found["shifts_at_ends"] > 5.0


def test_hands_that_stay_up_after_a_gesture_do_not_rest_only_when_they_move() -> None:
    scene = talk([(0.0, 60.0)], [])
    scene.gestures = [
        {"actor": 0, "kind": "beat", "hand": "right", "start": 5.0, "end": 7.0},
        {"actor": 0, "kind": "beat", "hand": "right", "start": 20.0, "end": 22.0},
    ]
    t = np.arange(FRAMES) / FPS
    waving = np.where((t > 21.0) & (t < 26.0), 0.3 * np.sin(2 * np.pi * 2.0 * t), 0.0)
    vector = np.stack([np.zeros(FRAMES), waving, np.zeros(FRAMES)], -1)
    scene.rotations[0, :, INDEX["right_shoulder"]] = rot.from_axis_angle(vector.astype(np.float32))
    assert figures(scene)["returns"] == pytest.approx(0.5)


def test_nothing_is_claimed_where_nothing_was_seen() -> None:
    found = figures(talk([], [(0.0, 60.0)]))
    assert np.isnan(found["laughs_shared"])
    assert np.isnan(found["settling"])
