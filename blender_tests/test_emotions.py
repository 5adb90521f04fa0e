"""An actor's emotions: strips with a name and an intensity, elsewhere the actor's own emotion, keyed or not."""

from __future__ import annotations

from itertools import pairwise

import bpy
import pytest

from interact_addon import compat
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import strips
from interact_addon.scene.channels import EMOTIONS as EMOTION_CHANNEL
from interact_addon.scene.channels import is_channel_of
from interact_addon.scene.emotions import emotion_name, emotion_of
from interact_addon.scene.label_names import EMOTION_COLOURS
from interact_addon.scene.preflight import find_problems
from interact_addon.scene.request import build_request
from model_runtime.contract import EMOTION_CHOICES, FIRST_EMOTIONS, FIRST_RELATIONSHIPS, RELATIONSHIPS, EmotionSpan
from model_runtime.errors import InvalidRequest

from .rigs import make_rig


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, in a shot of ten seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    for actor, rig in zip(scene.interact.actors, (make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben"))):
        actor.armature = rig
    scene.interact.actor_b.armature.location.x = 1.5
    bpy.context.view_layer.update()
    return scene


def emotions_of_anna(scene: bpy.types.Scene) -> list[tuple[str, float, float, float]]:
    """Return Anna's emotions: name, intensity, start, end."""
    return [
        (span.emotion, round(span.intensity, 3), round(span.start, 3), round(span.end, 3))
        for span in build_request(scene)[0].actors[0].emotions
    ]


# Strips


def test_emotion_strips_become_spans_within_the_shot(scene: bpy.types.Scene) -> None:
    strips.add_emotion(scene, "Anna", "joy", 1.0, -30, 91)
    strips.add_emotion(scene, "Anna", "anger", 1.5, 91, 400)
    assert build_request(scene)[0].actors[0].emotions == (
        EmotionSpan("joy", 1.0, 0.0, 3.0),
        EmotionSpan("anger", 1.5, 3.0, 10.0),
    )
    assert build_request(scene)[0].actors[1].emotions == ()


@pytest.mark.parametrize(
    ("name", "intensity"),
    [
        ("joy", 1.0),
        ("Joy", 1.0),
        (" joy ", 1.0),
        ("joy.001", 1.0),
        ("joy 1.5", 1.5),
        ("joy 1,5", 1.5),
        ("joy 0.25", 0.25),
        ("joy 2", 2.0),
        ("joy 150%", 1.5),
        ("joy 150 %", 1.5),
        ("joy 150%.001", 1.5),
        ("joy 1.5.001", 1.5),
        ("joy 1.001", 1.0),
        ("joy 2.013", 2.0),
    ],
)
def test_a_strip_name_is_read_with_spaces_capitals_and_the_number_of_a_copy(name: str, intensity: float) -> None:
    assert emotion_of(name, "Anna") == ("joy", pytest.approx(intensity))


@pytest.mark.parametrize("name", ["happy", "joyful 1.5", "1.5", "", "joy1.5", "joy and pride"])
def test_an_unknown_emotion_is_refused_with_all_that_are_known(scene: bpy.types.Scene, name: str) -> None:
    with pytest.raises(InvalidRequest) as failure:
        emotion_of(name, "Anna")
    assert f"'{name}'" in str(failure.value) and all(emotion in str(failure.value) for emotion in EMOTION_CHOICES)


def test_an_unknown_emotion_on_a_strip_stops_the_generation(scene: bpy.types.Scene) -> None:
    strips.add_emotion(scene, "Anna", "joy", 1.0, 1, 91).name = "happy"
    with pytest.raises(InvalidRequest, match=r"emotion strip 'happy' of 'Anna'.*surprise, awe"):
        build_request(scene)


@pytest.mark.parametrize("name", ["joy 2.1", "joy -1", "joy 300%"])
def test_an_intensity_beyond_two_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="from 0 to 2"):
        emotion_of(name, "Anna")


def test_a_copy_whose_intensity_blender_destroyed_is_refused_and_one_in_per_cent_keeps_it(
    scene: bpy.types.Scene,
) -> None:
    strip = strips.add_emotion(scene, "Anna", "joy", 1.0, 1, 91)
    strip.name = "joy 1.5"
    copy = strips.add_emotion(scene, "Anna", "joy", 1.0, 91, 181)
    copy.name = "joy 1.5"  # Blender counts on from the last dot
    assert copy.name == "joy 1.006"
    with pytest.raises(InvalidRequest, match=r"'joy 1\.006'.*'joy 150%'"):
        build_request(scene)
    for each in (strip, copy):
        each.name = emotion_name("joy", 1.5)
    assert emotions_of_anna(scene) == [("joy", 1.5, 0.0, 3.0), ("joy", 1.5, 3.0, 6.0)]


def test_of_overlapping_emotion_strips_the_one_on_top_counts(scene: bpy.types.Scene) -> None:
    strips.add_emotion(scene, "Anna", "joy", 1.0, 1, 151)
    second = strips.add_emotion(scene, "Anna", "anger", 1.0, 61, 91)
    scene.sequence_editor.channels[second.channel].name = "Anna Emotions 2"
    around = [("joy", 1.0, 0.0, 2.0), ("anger", 1.0, 2.0, 3.0), ("joy", 1.0, 3.0, 5.0)]
    assert emotions_of_anna(scene) == around
    assert find_problems(scene) == [], "nothing has to be repaired by hand"


def test_neutral_and_no_intensity_are_no_spans(scene: bpy.types.Scene) -> None:
    strips.add_emotion(scene, "Anna", "neutral", 1.0, 1, 91)
    strips.add_emotion(scene, "Anna", "joy", 0.0, 91, 181)
    assert emotions_of_anna(scene) == []


def test_muted_emotion_strips_are_left_out(scene: bpy.types.Scene) -> None:
    strips.add_emotion(scene, "Anna", "joy", 1.0, 1, 91).mute = True
    assert emotions_of_anna(scene) == []


def test_the_channel_may_be_named_in_the_singular_or_plural() -> None:
    assert all(
        is_channel_of(name, "Anna", EMOTION_CHANNEL)
        for name in ("Anna Emotions", "anna emotion", "Anna Emotions 2", "Anna Emotion.001")
    )
    assert not any(
        is_channel_of(name, "Anna", EMOTION_CHANNEL) for name in ("Ann Emotions", "Emotions", "Anna Emotional")
    )


def test_emotion_strips_have_the_colour_of_their_group_and_stay_out_of_renders(scene: bpy.types.Scene) -> None:
    strip = strips.add_emotion(scene, "Anna", "anxiety", 0.5, 1, 91)
    assert tuple(strip.color) == pytest.approx(EMOTION_COLOURS["fear-related"])
    assert strip.name == "anxiety 50%" and not scene.render.use_sequencer


# The actor's own emotion


def test_the_actors_own_emotion_fills_the_gaps_between_strips(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion, scene.interact.actor_a.emotion_intensity = "satisfaction", 0.5
    assert emotions_of_anna(scene) == [("satisfaction", 0.5, 0.0, 10.0)]
    strips.add_emotion(scene, "Anna", "anger", 1.0, 61, 121)
    strips.add_emotion(scene, "Anna", "neutral", 1.0, 121, 151)
    assert emotions_of_anna(scene) == [
        ("satisfaction", 0.5, 0.0, 2.0),
        ("anger", 1.0, 2.0, 4.0),
        ("satisfaction", 0.5, 5.0, 10.0),
    ]


def test_a_neutral_emotion_or_no_intensity_sends_no_spans(scene: bpy.types.Scene) -> None:
    assert scene.interact.actor_a.emotion == "neutral" and emotions_of_anna(scene) == []
    scene.interact.actor_a.emotion, scene.interact.actor_a.emotion_intensity = "joy", 0.0
    assert emotions_of_anna(scene) == []


def key(scene: bpy.types.Scene, *values: tuple[int, float]) -> None:
    actor = scene.interact.actor_a
    for frame, value in values:
        actor.emotion_intensity = value
        actor.keyframe_insert("emotion_intensity", frame=frame)
    for curve in compat.channelbag(scene.animation_data.action, scene.animation_data.action_slot).fcurves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"


def test_a_keyed_intensity_becomes_short_spans_that_follow_it(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion = "joy"
    key(scene, (1, 0.0), (301, 2.0))
    spans = emotions_of_anna(scene)
    assert 20 < len(spans) <= 50
    for emotion, intensity, start, end in spans:
        assert emotion == "joy" and intensity == pytest.approx(0.1 * (start + end), abs=0.06) and end - start < 0.5
    assert all(first[3] == pytest.approx(second[2]) for first, second in pairwise(spans))


def test_a_level_stretch_of_a_keyed_intensity_is_one_span(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion = "joy"
    key(scene, (1, 0.0), (151, 0.0), (152, 1.0), (301, 1.0))
    assert emotions_of_anna(scene) == [("joy", 1.0, 5.0, 10.0)]


def test_keys_are_read_at_the_frames_of_the_shot(scene: bpy.types.Scene) -> None:
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 1001, 1001 + 96
    scene.interact.actor_a.emotion = "joy"
    key(scene, (1001, 0.0), (1001 + 48, 0.0), (1001 + 49, 1.5), (1101, 1.5))
    assert emotions_of_anna(scene) == [("joy", 1.5, 2.0, 4.0)]


def test_the_emotion_itself_may_be_keyed(scene: bpy.types.Scene) -> None:
    actor = scene.interact.actor_a
    for frame, emotion in ((1, "joy"), (151, "nostalgia"), (241, "neutral")):
        actor.emotion = emotion
        actor.keyframe_insert("emotion", frame=frame)
    assert emotions_of_anna(scene) == [("joy", 1.0, 0.0, 5.0), ("nostalgia", 1.0, 5.0, 8.0)]


def test_a_muted_curve_is_not_followed(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion = "joy"
    key(scene, (1, 0.0), (301, 2.0))
    for curve in compat.channelbag(scene.animation_data.action, scene.animation_data.action_slot).fcurves:
        curve.mute = True
    scene.interact.actor_a.emotion_intensity = 0.5
    assert emotions_of_anna(scene) == [("joy", 0.5, 0.0, 10.0)]


def test_reading_keyed_emotions_does_not_move_the_playhead(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion = "joy"
    key(scene, (1, 0.0), (301, 2.0))
    scene.frame_set(77)
    before = scene.interact.actor_a.emotion_intensity
    emotions_of_anna(scene)
    assert scene.frame_current == 77 and scene.interact.actor_a.emotion_intensity == before


# Adding labels


def test_adding_emotion_labels_fills_the_gaps_with_the_actors_own_emotion(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.emotion, scene.interact.actor_a.emotion_intensity = "joy", 1.5
    strips.add_emotion(scene, "Anna", "anger", 1.0, 100, 200)
    before = emotions_of_anna(scene)
    assert bpy.ops.interact.add_emotion_labels() == {"FINISHED"}
    assert (
        emotions_of_anna(scene)
        == before
        == [("joy", 1.5, 0.0, 3.3), ("anger", 1.0, 3.3, 6.633), ("joy", 1.5, 6.633, 10.0)]
    )
    names = [strip.name.partition(".")[0] for strip in scene.sequence_editor.strips]
    assert sorted(names) == ["anger", "joy 150%", "joy 150%", "neutral"]
    bpy.ops.interact.add_emotion_labels()
    assert len(scene.sequence_editor.strips) == 4


# The pair


def test_relationship_and_lips_are_in_the_request(scene: bpy.types.Scene) -> None:
    request = build_request(scene)[0]
    assert (request.relationship, request.lips) == ("", 1.0)
    scene.interact.relationship, scene.interact.lips = "boss / subordinate", 0.25
    request = build_request(scene)[0]
    assert (request.relationship, request.lips) == ("boss / subordinate", 0.25)


def test_every_relationship_and_emotion_of_the_contract_can_be_chosen(scene: bpy.types.Scene) -> None:
    for name in RELATIONSHIPS:
        scene.interact.relationship = name
        assert build_request(scene)[0].relationship == name
    for name in EMOTION_CHOICES:
        scene.interact.actor_b.emotion = name
        assert [span.emotion for span in build_request(scene)[0].actors[1].emotions] == (
            [] if name == "neutral" else [name]
        )
    items = {item.identifier: item.value for item in scene.interact.actor_a.bl_rna.properties["emotion"].enum_items}
    # Keys and files store the number, so that of a name must never be another's.
    assert (items["anger"], items["surprise"], items["neutral"]) == (0, 24, 25)
    assert all(number > 25 for name, number in items.items() if name not in FIRST_EMOTIONS)


def test_emotions_survive_saving_and_opening(scene: bpy.types.Scene, tmp_path) -> None:
    scene.interact.actor_a.emotion, scene.interact.relationship, scene.interact.lips = "satisfaction", "cousins", 0.5
    strips.add_emotion(scene, "Anna", "anger", 1.5, 61, 121)
    key(scene, (1, 0.5), (301, 0.5))
    before = build_request(scene)[0]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    after = build_request(bpy.context.scene)[0]
    assert after.actors[0].emotions == before.actors[0].emotions and len(before.actors[0].emotions) == 3
    assert (after.relationship, after.lips) == (before.relationship, before.lips)


# Names of earlier files


def test_a_strip_with_an_earlier_name_is_read_as_what_that_is_called_today() -> None:
    assert emotion_of("grief", "Anna") == ("sadness", 1.5)
    assert emotion_of("annoyance 50%", "Anna") == ("anger", pytest.approx(0.3))


def test_a_file_with_earlier_emotions_and_relationships_opens_with_todays(scene: bpy.types.Scene, tmp_path) -> None:
    actor, settings = scene.interact.actor_a, scene.interact
    for frame, name in ((1, "joy"), (151, "calmness"), (241, "boredom")):
        actor.emotion = name
        actor.keyframe_insert("emotion", frame=frame)
    curve = compat.channelbag(scene.animation_data.action, scene.animation_data.action_slot).fcurves[0]
    for key, name in zip(curve.keyframe_points, ("joy", "grief", "annoyance")):  # as such a file has them
        key.co.y = FIRST_EMOTIONS.index(name)
    settings.actor_b.emotion, settings.relationship = "boredom", "cousins"
    store(settings.actor_b, "emotion", FIRST_EMOTIONS.index("disappointment"))
    store(settings, "relationship", FIRST_RELATIONSHIPS.index("old friends") + 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.interact
    assert settings.relationship == "childhood friends"
    assert (settings.actor_b.emotion, settings.actor_b.emotion_intensity) == ("sadness", pytest.approx(0.6))
    spans = build_request(bpy.context.scene)[0].actors[0].emotions
    assert [span.emotion for span in spans] == ["joy", "sadness", "anger"]


def store(item: bpy.types.PropertyGroup, name: str, number: int) -> None:
    stored = item.bl_system_properties_get() if bpy.app.version >= (5, 0, 0) else item
    stored[name] = number
