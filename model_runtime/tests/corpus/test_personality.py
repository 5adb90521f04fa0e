"""Personality: five factors that alter motion by Laban's Effort."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ...corpus.script.affect import AffectParameters, affect_parameters
from ...corpus.script.personality import FACTORS, INFLUENCED, TABLE, Personality, influences
from ...datasets.scene import Scene
from .test_composer import small_scene


def parameters(**factors: float) -> AffectParameters:
    return affect_parameters("neutral", 1.0, "co-workers", True, Personality(**factors))


def test_the_average_person_changes_nothing() -> None:
    assert all(value in (0.0, 1.0) for value in influences(Personality()).values())


def test_the_strongest_factor_towards_each_end_sets_the_effort() -> None:
    assert Personality(extraversion=2.0).effort.time == pytest.approx(0.990)
    both = Personality(extraversion=2.0, neuroticism=1.0, conscientiousness=2.0).effort
    assert both.time == pytest.approx(0.990 - 0.857)  # not the sum of both that are sudden
    assert Personality(conscientiousness=2.0).effort.flow > 0.9 > -0.9 > Personality(extraversion=2.0).effort.flow


def test_each_factor_shows_where_its_source_says() -> None:
    plain = parameters()
    extravert, anxious = parameters(extraversion=2.0), parameters(neuroticism=2.0)
    kind, careful, open_minded = (
        parameters(agreeableness=2.0),
        parameters(conscientiousness=2.0),
        parameters(openness=2.0),
    )
    assert extravert.gesture_rate > plain.gesture_rate and extravert.gesture_size > plain.gesture_size
    assert extravert.tempo > plain.tempo and extravert.steps_back < plain.steps_back
    assert anxious.self_touch > 1.5 and anxious.glances > 1.2
    assert kind.nods > plain.nods and kind.lean > plain.lean and kind.mirroring > 1.3
    assert careful.slump < plain.slump and careful.sway < 1.0 and careful.gaze_speaking > plain.gaze_speaking
    assert open_minded.variety > 1.2


def test_every_influence_names_a_field_a_source_and_a_known_cause() -> None:
    fields = set(AffectParameters.__dataclass_fields__)
    assert fields >= INFLUENCED
    for influence in TABLE:
        assert influence.of in (*FACTORS, "space", "weight", "time", "flow")
        assert influence.source and influence.size


def test_drawn_people_differ_and_stay_within_two_deviations() -> None:
    rng = np.random.default_rng(1)
    people = np.array([Personality.drawn(rng).factors for _ in range(500)])
    assert np.abs(people).max() <= 2.0
    assert np.all(np.abs(people.mean(axis=0)) < 0.15)
    assert np.all(people.std(axis=0) > 0.8)


def test_a_personality_needs_five_factors_within_range() -> None:
    with pytest.raises(ValueError, match="5 factors"):
        Personality.of([0.0, 1.0])
    with pytest.raises(ValueError, match="from -2 to 2"):
        Personality.of([0.0, 1.0, 0.0, 0.0, 3.0])


def test_a_scene_keeps_personalities_and_laughs(tmp_path: Path) -> None:
    scene = small_scene()
    scene.personalities = ((0.5, -1.0, 0.0, 2.0, 0.25), (0.0, 0.0, -0.5, 0.0, 1.0))
    scene.laughs = ([(0.25, 0.75)], [])
    scene.save(tmp_path / "scene.npz")
    again = Scene.load(tmp_path / "scene.npz")
    assert (again.personalities, again.laughs) == (scene.personalities, scene.laughs)


def test_an_older_scene_file_has_no_personalities(tmp_path: Path) -> None:
    path = tmp_path / "scene.npz"
    small_scene().save(path)
    with np.load(path) as data:
        arrays = dict(data)
    meta = json.loads(str(arrays["meta"]))
    del meta["personalities"], meta["laughs"]
    np.savez(path, **{**arrays, "meta": np.array(json.dumps(meta))})
    again = Scene.load(path)
    assert again.personalities == ((), ())
    assert again.laughs == ([], [])


def test_emotions_lie_where_people_placed_them() -> None:
    # Pleasure, arousal, dominance of Russell and Mehrabian 1977.
    placed = {
        "joy": (0.76, 0.48, 0.35), "anger": (-0.51, 0.59, 0.25), "fear": (-0.64, 0.60, -0.43),
        "sadness": (-0.63, -0.27, -0.33), "disgust": (-0.60, 0.35, 0.11), "surprise": (0.40, 0.67, -0.13),
    }  # fmt: skip
    ours = [affect_parameters(emotion, 1.0, "cousins", True) for emotion in placed]
    for k, name in enumerate(("valence", "arousal", "power")):
        found = np.array([getattr(one, name) for one in ours])
        assert np.corrcoef(found, [values[k] for values in placed.values()])[0, 1] > 0.85
