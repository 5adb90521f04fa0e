"""A shot from request to performance, with the weights that ship."""

from dataclasses import replace

import numpy as np
import pytest

from model_runtime.body_model.skeleton import AVERAGE_SKELETON, forward_kinematics
from model_runtime.common.checkpoints import WEIGHTS
from model_runtime.conditioning.tracks import label_track, root_constraints_of
from model_runtime.contract import (
    ACTION_LABELS,
    ARKIT_NAMES,
    ActionSpan,
    Actor,
    Progress,
    Request,
    SpeechClip,
    Waypoint,
)
from model_runtime.errors import Cancelled, CheckpointMismatch, SpeechFileBroken, SpeechFileMissing
from model_runtime.generate import generate
from model_runtime.metrics.measures import floor_depth, jerk, label_obedience, seam_ratios
from model_runtime.sampling.windows import window_boundaries
from model_runtime.studies.behaviour import check_behaviour, cut
from model_runtime.tests.conftest import ASSETS

VOICES = ASSETS
SECONDS = 24.0


def shot(**changes) -> Request:
    a = Actor(
        "Mia",
        AVERAGE_SKELETON.scaled(0.96),
        (-0.75, 0.0),
        np.pi / 2,
        (SpeechClip(str(VOICES / "demo_a.ogg"), 0.0, SECONDS),),
        (ActionSpan("sit", 8.0, SECONDS),),
    )
    b = Actor(
        "Tom",
        AVERAGE_SKELETON.scaled(1.07),
        (0.75, 0.0),
        -np.pi / 2,
        (SpeechClip(str(VOICES / "demo_b.ogg"), 0.0, SECONDS),),
        (ActionSpan("walk", 14.0, 18.0),),
        (Waypoint(18.0, (2.4, -1.0)),),
    )
    return replace(Request(SECONDS, (a, b), seed=3, quality="draft"), **changes)


@pytest.fixture(scope="module")
def performance():
    return generate(shot())


@pytest.fixture(scope="module")
def behaviour(performance):
    return check_behaviour(shot(), performance)


def test_both_bodies_hands_and_faces_come_back_whole(performance):
    for actor in performance.actors:
        assert actor.root_positions.shape == (721, 3) and actor.rotations.shape == (721, 52, 4)
        assert actor.face.shape == (721, len(ARKIT_NAMES)) and actor.foot_contacts.shape == (721, 4)
        assert all(np.isfinite(x).all() for x in (actor.root_positions, actor.rotations, actor.face))
        np.testing.assert_allclose(np.linalg.norm(actor.rotations, axis=-1), 1.0, atol=1e-4)
        assert actor.face.min() >= 0.0 and actor.face.max() <= 1.0


def test_actors_start_where_they_stand(performance):
    for actor, played in zip(shot().actors, performance.actors):
        np.testing.assert_allclose(played.root_positions[0, :2], actor.position, atol=0.05)


def test_labels_are_obeyed_even_in_a_draft(performance):
    for actor, played in zip(shot().actors, performance.actors):
        requested = label_track(actor, performance.frames)
        assert label_obedience(requested, played.root_positions, played.rotations, actor.skeleton) >= 0.85


def test_the_report_says_how_well_labels_and_feet_are(performance):
    measures = performance.report["measures"]
    assert 0.85 <= measures["label_obedience"] <= 1.0
    assert 0.0 <= measures["foot_skate_cm_per_s"] <= 3.0


def test_a_walk_arrives_at_its_target(performance):
    np.testing.assert_allclose(performance.actors[1].root_positions[540, :2], (2.4, -1.0), atol=0.1)


def test_no_foot_is_below_the_floor(performance):
    for actor, played in zip(shot().actors, performance.actors):
        assert floor_depth(played.root_positions, played.rotations, actor.skeleton) <= 0.005


def test_a_draft_trembles_no_more_than_a_final():
    """Fewer steps of sampling leave three times the jerk in root and head, twice in hands, if nothing is done."""
    draft, final = (generate(replace(cut(shot(), 8.0), quality=quality)) for quality in ("draft", "final"))
    for part in ("root", "head", "hands"):
        rough, fine = (
            sum(
                jerk(played.root_positions, played.rotations, actor.skeleton)[part]
                for actor, played in zip(shot().actors, performance.actors)
            )
            for performance in (draft, final)
        )
        assert rough <= 1.4 * fine


def test_joins_of_windows_are_no_rougher_than_the_rest(performance):
    """Of six takes together: of a few joins alone it says more what is done there, a step or a stroke."""
    takes = [performance, *(generate(shot(seed=seed)) for seed in (11, 12))]
    motions = [
        (forward_kinematics(played.root_positions, played.rotations, actor.skeleton)[0], window_boundaries(take.frames))
        for take in takes
        for actor, played in zip(shot().actors, take.actors)
    ]
    # The speed says more of an arm that swings than of the join: a jump is acceleration.
    assert seam_ratios(motions)["acceleration"] <= 1.5


def test_the_same_seed_repeats_exactly_and_another_differs(behaviour):
    assert behaviour["same_seed_repeats"]
    assert behaviour["seeds_differ_cm"] > 0.5 and behaviour["seeds_differ_face"] > 0


def test_swapping_the_voices_swaps_speaker_and_listener(behaviour):
    assert behaviour["roles_follow_voices"], behaviour


def test_silence_is_calm_with_a_closed_mouth(behaviour):
    assert behaviour["silence_mouth_closed"] >= 0.95
    assert behaviour["silence_hand_speed_cm_per_s"] < 15
    assert behaviour["silence_path_cm"] < 60


@pytest.mark.parametrize("seconds", [0.5, 10.0, 10.1])
def test_any_length_comes_out_at_full_length(seconds):
    request = cut(shot(), seconds)
    assert generate(request).frames == request.frames


def test_a_silent_actor_only_listens_and_the_report_says_so():
    request = cut(shot(), 8.0)
    lonely = replace(request, actors=(replace(request.actors[0], speech=()), request.actors[1]))
    assert generate(lonely).report["warnings"] == ["'Mia' has no voice in this shot and only listens."]


def test_progress_tells_stages_in_order_and_may_cancel():
    reported: list[Progress] = []
    generate(cut(shot(), 1.0), reported.append)
    assert [p.fraction for p in reported] == sorted(p.fraction for p in reported) and reported[-1].fraction == 1.0
    assert list(dict.fromkeys(p.stage for p in reported)) == [
        "Listening to the voices",
        "Legs and paths",
        "Arms, heads and hands",
        "Feet",
        "Faces",
    ]

    def stop(progress):
        if progress.stage == "Arms, heads and hands":
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        generate(cut(shot(), 1.0), stop)


def test_missing_and_broken_voices_are_named(tmp_path):
    broken = tmp_path / "noise.wav"
    broken.write_bytes(b"RIFF but not really")
    for path, error in ((tmp_path / "none.wav", SpeechFileMissing), (broken, SpeechFileBroken)):
        request = cut(shot(), 1.0)
        first = replace(request.actors[0], speech=(SpeechClip(str(path), 0.0, 1.0),))
        with pytest.raises(error, match=path.name):
            generate(replace(request, actors=(first, request.actors[1])))


def test_truncated_weights_are_named(tmp_path):
    for file in WEIGHTS.glob("*.safetensors"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    victim = tmp_path / "body_upper.safetensors"
    victim.write_bytes(victim.read_bytes()[:-100])
    with pytest.raises(CheckpointMismatch, match="body_upper"):
        generate(cut(shot(), 1.0), weights=tmp_path)


def test_gaps_between_action_strips_mean_stand():
    track = label_track(shot().actors[1], 721)
    assert [ACTION_LABELS[i] for i in (track[0], track[430], track[560])] == ["stand", "walk", "stand"]


def test_two_waypoints_at_one_seat_hold_the_actor_there():
    seated = replace(shot().actors[0], waypoints=(Waypoint(10.0, (1.0, 1.0), 0.5), Waypoint(20.0, (1.0, 1.0), 0.5)))
    labels = np.stack([label_track(seated, 721), label_track(shot().actors[1], 721)])
    places = root_constraints_of((seated, shot().actors[1]), labels, 721)
    assert (
        places.has_position[0, 300:601].all()
        and not places.has_position[0, 1:300].any()
        and not places.has_position[0, 601:].any()
    )
