"""Composed scenes: bodies match their labels, gesture, look at each other, and do not slide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from model_runtime.tests.conftest import DATA

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions, reach
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, Skeleton, forward_kinematics
from ...contract import ACTION_LABELS, FPS
from ...corpus.filter import fault
from ...corpus.gestures.performance import ADAPTORS
from ...corpus.motion.base_motion import BodyTrack, Motion
from ...corpus.staging import Material, compose_scene, gather, snapped
from ...corpus.voices.speech_library import Utterance
from ...datasets.clip import Clip
from ...datasets.scene import Scene, SceneUnreadable, SpokenUtterance
from ...metrics.measures import hand_speed
from ...metrics.scene_measures import bodies_of, label_hits
from ...planning.motion_labels import root_speed
from ...speech.phones import Segment
from ..motion_samples import rocketbox_clips, smartbody_clips

MOTION = DATA / "motion"
SEEDS = (3, 5, 8, 11)
needs_motion = pytest.mark.data


def standing(frames: int) -> Motion:
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    root = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height], np.float32), (frames, 1))
    return Motion(root, rotations, np.ones((frames, 4), bool))


def small_scene() -> Scene:
    motion = standing(40)
    rng = np.random.default_rng(0)
    turn = rot.normalize(rng.standard_normal((2, 40, 52, 4))).astype(np.float32)
    return Scene(
        7,
        "train",
        np.stack([AVERAGE_SKELETON.offsets] * 2),
        np.stack([motion.root] * 2),
        turn,
        rng.integers(0, 3, (2, 40)).astype(np.uint8),
        rng.random((2, 40, 4)) > 0.5,
        rng.random((2, 40, 28)).astype(np.float16),
        rng.random((2, 40, 52)).astype(np.float16),
        np.array([0.45, 0.42], np.float32),
        ([SpokenUtterance("a/1", 0.25, 0.9)], []),
        ([0.5, 1.25], []),
        [{"actor": 0, "time": 0.5, "kind": "beat", "hand": "left"}],
        [],
    )


def label_agreement(scene: Scene, actor: int) -> float:
    """Return the share of frames, further than 0.5 s from a change of label, whose label the motion itself shows."""
    hits = label_hits(bodies_of(scene)[actor], scene.labels[actor])
    return float(hits.mean()) if len(hits) else 1.0


def test_a_scene_reads_back_as_it_was_written(tmp_path: Path) -> None:
    scene = small_scene()
    scene.save(tmp_path / "scene.npz")
    again = Scene.load(tmp_path / "scene.npz")
    assert np.abs(np.sum(again.rotations * scene.rotations, -1)).min() > 0.99999
    for name in ("labels", "contacts", "prosody", "face", "root_positions", "seat_height", "skeletons"):
        np.testing.assert_array_equal(getattr(again, name), getattr(scene, name))
    assert (again.utterances, again.stresses, again.gestures) == (scene.utterances, scene.stresses, scene.gestures)


def test_a_scene_file_that_is_cut_off_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "scene.npz"
    small_scene().save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(SceneUnreadable, match=r"scene\.npz.*compose it again"):
        Scene.load(path)


def test_ankles_reach_their_targets() -> None:
    body = standing(30)
    body.root[:, 2] -= 0.06
    positions, world = leg_positions(body.root, body.rotations, AVERAGE_SKELETON)
    wanted = (
        positions[:, :, 2] + np.random.default_rng(1).uniform(-0.05, 0.05, (30, 2, 3)).astype(np.float32) + [0, 0, 0.06]
    )
    solved = reach(body.root, body.rotations, AVERAGE_SKELETON, wanted.astype(np.float32), world[:, :, 2])
    reached, turned = leg_positions(body.root, solved, AVERAGE_SKELETON)
    assert np.abs(reached[:, :, 2] - wanted).max() < 1e-3
    assert np.abs(np.sum(turned[:, :, 2] * world[:, :, 2], -1)).min() > 0.9999


def test_a_join_of_two_poses_that_differ_has_no_jump() -> None:
    first, second = standing(20), standing(40)
    second.rotations[:, INDEX["left_shoulder"]] = rot.from_axis_angle(np.array([0.0, 0.6, 0.0], np.float32))
    track = BodyTrack(AVERAGE_SKELETON, first, np.zeros(2, np.float32), 0.3, "stand")
    track.append(track.aligned(first, by_feet=True), "stand")
    track.append(track.aligned(second, by_feet=True), "stand")
    motion, labels = track.result()
    step = rot.to_axis_angle(rot.multiply(motion.rotations[1:], rot.conjugate(motion.rotations[:-1])))
    assert np.linalg.norm(step, axis=-1).max() < 0.10  # a jump would be 0.6
    assert len(labels) == motion.frames
    assert rot.to_axis_angle(motion.rotations[-1, INDEX["left_shoulder"]])[1] == pytest.approx(0.6, abs=0.01)


def test_a_label_changes_shortly_before_the_motion_shows_it() -> None:
    sit, stand = ACTION_LABELS.index("sit"), ACTION_LABELS.index("stand")
    script = np.array([stand] * 50 + [sit] * 100, np.uint8)  # begins to step back at frame 50
    seen = np.array([stand] * 90 + [sit] * 60)
    change = int(np.flatnonzero(np.diff(snapped(script, seen)))[0]) + 1
    assert 90 - 0.5 * FPS <= change < 90


def spoken(voice: str, split: str, seed: int) -> list[Utterance]:
    """Utterances of random syllables: what the composer needs of speech is loudness, words, phones and stresses."""
    rng = np.random.default_rng(seed)
    utterances = []
    for number in range(25):
        count = int(rng.integers(4, 24))
        starts = 0.1 + np.cumsum(rng.uniform(0.18, 0.30, count))
        duration = float(starts[-1] + 0.4)
        prosody = np.zeros((int(duration * FPS) + 1, 28), np.float32)
        t = np.arange(len(prosody)) / FPS
        prosody[:, 0] = (t > 0.08) & (t < duration - 0.1)
        strong = rng.random(count) < 0.4
        prosody[:, 1] = 0.3 + sum(
            (0.7 if s else 0.25) * np.exp(-0.5 * ((t - a - 0.08) / 0.05) ** 2) for a, s in zip(starts, strong)
        )
        prosody[:, 1:3] = prosody[:, :1] * np.stack([prosody[:, 1], np.ones(len(t))], -1)
        words = [
            Segment(str(rng.choice(["i", "you", "no", "house", "time"])), float(a), float(a + 0.18)) for a in starts
        ]
        phones = [Segment(str(rng.choice(["AA", "M", "S", "IY"])), float(a), float(a + 0.16)) for a in starts]
        stresses = [(float(a + 0.08), 0.9) for a, s in zip(starts, strong) if s]
        utterances.append(
            Utterance(
                f"{voice}/{number}",
                voice,
                split,
                "",
                prosody,
                np.zeros((1, 80), np.float32),
                words,
                phones,
                stresses,
                duration,
            )
        )
    return utterances


def few_clips() -> list[Clip]:
    """Enough of the captured motion to compose scenes from: one Rocketbox performer and SmartBody's male gestures."""
    wanted = (
        "idle_breathe",
        "idle_neutral",
        "idle_look",
        "gestic_listen",
        "gestic_thoughtful",
        "sit_chair",
        "sit_down_chair",
        "sit_stand_up_chair",
        "turn_",
        "walk_start",
        "walk_stop",
        "walk_neutral",
        "walk_slow",
    )
    return [
        *rocketbox_clips(MOTION, lambda name: "__m_" in name and name.split("__m_")[1].startswith(wanted)),
        *smartbody_clips(MOTION, "smartbody/MaleGestures/"),
    ]


@pytest.fixture(scope="module")
def material() -> Material:
    return gather(
        few_clips(), [*spoken("one", "train", 1), *spoken("two", "train", 2), *spoken("three", "test", 3)], "train"
    )


@pytest.fixture(scope="module")
def scenes(material: Material) -> list[Scene]:
    return [compose_scene(seed, material) for seed in SEEDS]


@pytest.mark.data
@needs_motion
def test_the_same_seed_composes_the_same_scene(material: Material, scenes: list[Scene]) -> None:
    again = compose_scene(SEEDS[0], material)
    np.testing.assert_array_equal(again.rotations, scenes[0].rotations)
    np.testing.assert_array_equal(again.face, scenes[0].face)
    assert again.utterances == scenes[0].utterances


@pytest.mark.data
@needs_motion
def test_scenes_pass_the_filter_as_often_as_not(scenes: list[Scene]) -> None:
    """Of many, seven in ten do; scenes in which bodies stand up and walk often seldom have no fault for minutes."""
    faults = [fault(scene) for scene in scenes]
    assert faults.count(None) >= len(scenes) // 2, faults


@pytest.mark.data
@needs_motion
def test_bodies_match_their_labels(scenes: list[Scene]) -> None:
    assert np.mean([label_agreement(scene, actor) for scene in scenes for actor in (0, 1)]) > 0.97
    shares = np.bincount(np.concatenate([scene.labels.ravel() for scene in scenes]), minlength=3) / sum(
        scene.labels.size for scene in scenes
    )
    assert shares.min() > 0.03, dict(zip(ACTION_LABELS, shares))


@pytest.mark.data
@needs_motion
def test_seated_bodies_are_on_the_seat_with_feet_on_the_floor(scenes: list[Scene]) -> None:
    for scene in scenes:
        for actor in (0, 1):
            skeleton = Skeleton(scene.skeletons[actor])
            settled = np.convolve(scene.labels[actor] == ACTION_LABELS.index("sit"), np.ones(121), mode="same") > 120.5
            if settled.any():
                positions, _ = forward_kinematics(
                    scene.root_positions[actor][settled], scene.rotations[actor][settled], skeleton
                )
                hips = positions[:, [INDEX["left_hip"], INDEX["right_hip"]], 2].mean() - scene.seat_height[actor]
                assert 0.05 < hips < 0.14
                assert np.median(positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 2]) < 0.16


@pytest.mark.data
@needs_motion
def test_speakers_move_their_hands_more_than_listeners(scenes: list[Scene]) -> None:
    speaking, listening = [], []
    for scene in scenes:
        voices = scene.prosody[:, :, 0] > 0.5
        for actor in (0, 1):
            speed = hand_speed(
                scene.root_positions[actor], scene.rotations[actor], Skeleton(scene.skeletons[actor])
            ).mean(-1)
            # Arms swing with steps and turns, whoever speaks.
            still = ~binary_dilation(root_speed(scene.root_positions[actor]) > 0.12, iterations=FPS // 2)
            speaking.append(speed[voices[actor] & ~voices[1 - actor] & still])
            listening.append(speed[~voices[actor] & voices[1 - actor] & still])
    assert np.concatenate(speaking).mean() > 1.5 * np.concatenate(listening).mean()


@pytest.mark.data
@needs_motion
def test_people_who_talk_face_each_other(scenes: list[Scene]) -> None:
    looks = []
    look_ahead = ("walking together", "showing around")
    for scene in [scene for scene in scenes if scene.kind not in look_ahead]:
        heads, turns = zip(
            *(
                (p[:, INDEX["head"]], q[:, INDEX["head"]])
                for p, q in (
                    forward_kinematics(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a]))
                    for a in (0, 1)
                )
            )
        )
        for actor in (0, 1):
            forward = rot.rotate(turns[actor], np.array([0.0, -1.0, 0.0], np.float32))
            way = heads[1 - actor] - heads[actor]
            cosine = np.sum(forward * way, -1) / np.linalg.norm(way, axis=-1)
            looks.append(cosine[(scene.labels[actor] != ACTION_LABELS.index("walk"))] > np.cos(np.radians(45)))
    assert np.concatenate(looks).mean() > 0.7


@pytest.mark.data
@needs_motion
def test_strokes_are_put_on_stressed_syllables(scenes: list[Scene]) -> None:
    # Hands that touch the own body do not follow words.
    gestures = [(scene, gesture) for scene in scenes for gesture in scene.gestures if gesture["kind"] not in ADAPTORS]
    assert len(gestures) > 10
    for scene, gesture in gestures:
        assert min(abs(np.array(scene.stresses[gesture["actor"]]) - gesture["time"])) < 0.16


@pytest.mark.data
@needs_motion
def test_a_held_out_voice_is_never_in_a_training_scene(material: Material, scenes: list[Scene]) -> None:
    assert "three" not in material.voices
    assert not [u for scene in scenes for actor in scene.utterances for u in actor if u.id.startswith("three/")]
