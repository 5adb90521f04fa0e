"""What was changed since a take: when, of whom, and the stretch that makes up for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.operators import problems
from interact_addon.rig.keying import KeyedPerformance, key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import sound_state
from interact_addon.scene.changes import Change, changed_character, changed_settings, changes_of, clipped, span_of
from interact_addon.scene.evaluated import is_only_looked_at
from interact_addon.scene.pair import add_interaction, set_category
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.scene.sound_compare import differing_samples
from interact_addon.scene.sound_files import write_wave
from interact_addon.scene.strips import add_action, add_emotion, add_speech
from interact_addon.takes.changed import what_changed
from interact_addon.takes.record import read_record, record_take, save_performance
from interact_addon.takes.stretches import key_planned, plan_stretch
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    BODY_PARTS,
    ActionSpan,
    Actor,
    EmotionSpan,
    Performance,
    Request,
    SpeechClip,
    Style,
    TimedWord,
    Waypoint,
)

from .rigs import make_rig, perform

SECONDS = 20.0
STAND_WALK = (ActionSpan("stand", 0.0, 5.0), ActionSpan("walk", 5.0, 8.0), ActionSpan("stand", 8.0, SECONDS))
ANNA = Actor("Anna", AVERAGE_SKELETON, actions=STAND_WALK, waypoints=(Waypoint(8.0, (2.0, 0.0)),))


def never(before: SpeechClip, now: SpeechClip) -> None:
    raise AssertionError("no voice is compared")


def changes(**now: Any) -> list[Change]:
    return changes_of(ANNA, replace(ANNA, **now), SECONDS, never)


def test_nothing_differs_where_nothing_was_changed() -> None:
    assert changes() == []
    gap = (ActionSpan("walk", 5.0, 8.0),)
    assert changes(actions=gap) == [], "a gap between labels means standing"


def test_a_label_differs_while_it_is_another() -> None:
    script = (*STAND_WALK[:2], ActionSpan("stand", 8.0, 12.0), ActionSpan("sit", 12.0, 14.0))
    assert changes(actions=script) == [Change("Anna", "actions", 12.0, 14.0)]


def test_a_strip_that_is_moved_differs_where_it_was_and_where_it_is() -> None:
    script = (ActionSpan("walk", 6.0, 9.0),)
    found = changes(actions=script, waypoints=ANNA.waypoints)
    assert [(change.start, change.end) for change in found] == [(5.0, 6.0), (8.0, 9.0)]
    assert all(change.is_noticed for change in found), "a partner sees somebody walk"


def test_emotions_and_words_differ_where_they_are_others() -> None:
    joy = (EmotionSpan("joy", 1.0, 3.0, 4.0),)
    assert changes(emotions=joy) == [Change("Anna", "emotions", 3.0, 4.0)]
    assert changes(words=(TimedWord("so", 2.0, 2.5),)) == [Change("Anna", "words", 2.0, 2.5)]


def test_a_new_target_lasts_until_both_are_in_one_place_again() -> None:
    to_the_end = changes(waypoints=(Waypoint(8.0, (3.0, 0.0)),))
    assert [(change.what, change.start, change.end) for change in to_the_end] == [("targets", 5.0, SECONDS)]
    later = ActionSpan("walk", 14.0, 16.0)
    before = replace(ANNA, actions=(*STAND_WALK[:2], later), waypoints=(*ANNA.waypoints, Waypoint(16.0, (0.0, 0.0))))
    now = replace(before, waypoints=(Waypoint(8.0, (3.0, 0.0)), Waypoint(16.0, (0.0, 0.0))))
    (found,) = changes_of(before, now, SECONDS, never)
    assert (found.start, found.end) == (5.0, 16.0)


def test_the_height_of_a_seat_bears_on_sitting() -> None:
    seated = replace(ANNA, actions=(ActionSpan("sit", 10.0, 15.0),), waypoints=())
    (found,) = changes_of(seated, replace(seated, seat_height=0.6), SECONDS, never)
    assert (found.start, found.end) == (10.0, 15.0)


def test_a_voice_of_the_same_name_sounds_the_same_wherever_it_lies() -> None:
    before = replace(ANNA, speech=(SpeechClip("//shot.takes/a.wav", 0.0, SECONDS),))
    now = replace(ANNA, speech=(SpeechClip("C:\\Temp\\a.wav", 0.0, SECONDS),))
    assert changes_of(before, now, SECONDS, never) == []


def test_a_voice_differs_from_the_first_to_the_last_sample_that_does(tmp_path: Path) -> None:
    rate = 48000
    samples = np.sin(np.arange(3 * rate) / 20).astype(np.float32)
    other = samples.copy()
    other[rate : 2 * rate] *= 0.5
    for name, values in (("a", samples), ("b", other), ("c", samples)):
        write_wave(tmp_path / f"{name}.wav", values, rate)
    a, b, c, gone = (SpeechClip(str(tmp_path / f"{name}.wav"), 0.0, 3.0) for name in "abcd")
    assert differing_samples(a, b) == pytest.approx((1.0, 2.0), abs=0.01)
    assert differing_samples(a, c) is None and differing_samples(gone, a) == (0.0, 3.0)


def test_what_bears_on_the_whole_shot_is_named() -> None:
    shot = Request(SECONDS, (ANNA, ANNA))
    assert changed_settings(shot, replace(shot, seed=5, quality="draft")) == []
    assert changed_settings(shot, replace(shot, guidance=3.0, lips=0.5)) == ["the guidance", "the lips"]
    assert changed_character(ANNA, replace(ANNA, style=Style(1.0))) == ["the style of 'Anna'"]
    assert changed_character(ANNA, replace(ANNA, position=(1.0, 0.0))) == ["where 'Anna' starts"]


def test_a_second_before_and_after_leads_into_and_out_of_a_change() -> None:
    assert span_of([Change("Anna", "actions", 5.0, 7.0), Change("Ben", "words", 9.0, 9.5)], SECONDS) == (4.0, 10.5)
    assert span_of([Change("Anna", "actions", 0.5, 19.5)], SECONDS) == (0.0, SECONDS)


def test_what_a_stretch_covers_is_made_and_the_rest_is_left() -> None:
    change = Change("Anna", "actions", 5.0, 9.0)
    assert clipped([change], 4.0, 10.0) == []
    assert [(c.start, c.end) for c in clipped([change], 6.0, 7.0)] == [(5.0, 6.0), (7.0, 9.0)]


# ---- in Blender ---------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben in a take of ten seconds, standing."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    rigs = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    rigs[1].location.x = 1.5
    for actor, rig in zip(scene.interact.actors, rigs):
        actor.armature = rig
    bpy.context.view_layer.update()
    add_action(scene, scene.interact.actors[0].armature.name, "stand", 1, 301)
    record(scene, key_performance(scene, cast_scene(scene), played(scene)))
    return scene


def played(scene: bpy.types.Scene) -> Performance:
    return Performance(tuple(perform(301, character, move=False).actors[0] for character in cast_scene(scene)))


def record(scene: bpy.types.Scene, keyed: KeyedPerformance) -> None:
    request, _ = build_request(scene)
    record_take(keyed, request, played(scene), save_performance(played(scene))[0])


def relabel(scene: bpy.types.Scene, label: str, first: int, last: int) -> None:
    strip = next(strip for strip in scene.sequence_editor.strips if strip.name.startswith("stand"))
    compat.set_strip_right(strip, first)
    add_action(scene, "Anna", label, first, last)


def test_without_a_take_there_is_nothing_to_compare_with(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.armature.animation_data.action = None
    assert what_changed(scene) is None


def test_right_after_a_generate_nothing_is_changed(scene: bpy.types.Scene) -> None:
    found = what_changed(scene)
    assert found is not None and found.stretch is None and str(found) == "Nothing was changed since Take 1"


def test_a_search_at_rest_looks_only_and_so_orders_no_other(
    scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    watch = lambda *_arguments: told.append(is_only_looked_at())  # noqa: E731 - Blender takes functions alone
    monkeypatch.setattr(problems, "_SECONDS_AT_REST", 0.0)
    bpy.context.view_layer.update()
    bpy.app.handlers.depsgraph_update_post.append(watch)
    try:
        while problems._search_at_rest() is not None:
            pass
        bpy.context.view_layer.update()
        assert told and all(told), "the temporary scene of a search makes Blender tell of a change"
        scene.frame_end += 1
        bpy.context.view_layer.update()
        assert not told[-1], "and a change is one"
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(watch)


def test_redraws_while_a_file_is_searched_for_the_first_time_do_not_begin_it_anew(
    scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "_SECONDS_AT_REST", 0.0)
    problems.file_loaded()
    problems.known_problems(scene)
    for _ in range(10_000):
        if problems._search_at_rest() is None:
            break
        problems.known_problems(scene)  # as each redraw does
    assert scene.session_uid in problems._known
    problems.stop()


def test_another_seed_or_quality_is_no_change(scene: bpy.types.Scene) -> None:
    scene.interact.seed, scene.interact.quality = 17, "draft"
    found = what_changed(scene)
    assert found is not None and found.stretch is None and not found.settings


def test_a_label_gives_a_stretch_of_its_actor_a_second_wider(scene: bpy.types.Scene) -> None:
    relabel(scene, "sit", 121, 181)
    found = what_changed(scene)
    assert found is not None and found.stretch is not None
    assert (found.stretch.first, found.stretch.last) == (91, 211) and set(found.stretch.parts) == {"Anna"}
    assert str(found) == "Changed since Take 1: actions of 'Anna'"


def test_a_partner_answers_a_walk(scene: bpy.types.Scene) -> None:
    relabel(scene, "walk", 121, 181)
    found = what_changed(scene)
    assert found is not None and found.stretch is not None and set(found.stretch.parts) == {"Anna", "Ben"}


def test_a_voice_that_nobody_listened_to_has_perhaps_changed(scene: bpy.types.Scene, tmp_path: Path) -> None:
    write_wave(tmp_path / "voice.wav", np.sin(np.arange(48000) / 20).astype(np.float32), 48000)
    add_speech(scene, "Anna", tmp_path / "voice.wav", 61)
    relabel(scene, "sit", 121, 181)
    at_a_glance, found = what_changed(scene, listen=False), what_changed(scene)
    assert at_a_glance is not None and at_a_glance.stretch is not None and found is not None
    assert not at_a_glance.is_heard and (at_a_glance.stretch.first, at_a_glance.stretch.last) == (91, 211)
    assert str(at_a_glance) == "Changed since Take 1: perhaps the voice and actions of 'Anna'"
    assert str(found) == "Changed since Take 1: voice and actions of 'Anna'" and found.is_heard


def test_a_voice_mixed_by_another_version_of_blender_is_the_same(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wave(tmp_path / "voice.wav", np.sin(np.arange(48000) / 20).astype(np.float32), 48000)
    strip = add_speech(scene, "Anna", tmp_path / "voice.wav", 61)
    record(scene, key_performance(scene, cast_scene(scene), played(scene)))
    monkeypatch.setattr(sound_state, "_MIXER", "9.9.9")
    found = what_changed(scene, listen=False)
    assert found is not None and not found.changes
    strip.volume = 0.5
    found = what_changed(scene, listen=False)
    assert found is not None and [change.what for change in found.changes] == ["perhaps the voice"]


def test_a_setting_that_bears_on_all_of_the_shot_leaves_the_whole_shot_to_be_made(scene: bpy.types.Scene) -> None:
    relabel(scene, "sit", 121, 181)
    scene.interact.guidance = 3.0
    scene.frame_end = 250
    found = what_changed(scene)
    assert found is not None and found.stretch is None
    assert set(found.settings) == {"the guidance", "the length of the shot"}


def test_a_change_that_a_stretch_elsewhere_has_not_made_is_still_one(scene: bpy.types.Scene) -> None:
    relabel(scene, "sit", 31, 61)
    add_emotion(scene, "Anna", "joy", 1.0, 181, 211)
    cast = cast_scene(scene)
    found = what_changed(scene)
    assert found is not None and found.stretch is not None
    whole = found.stretch
    planned = plan_stretch(scene, cast, replace(whole, first=1, last=91))
    record(scene, key_planned(scene, cast, played(scene), planned))
    left = what_changed(scene)
    assert left is not None and left.stretch is not None and left.number == 2
    assert (left.stretch.first, left.stretch.last) == (151, 241)
    planned = plan_stretch(scene, cast, left.stretch)
    record(scene, key_planned(scene, cast, played(scene), planned))
    done = what_changed(scene)
    assert done is not None and done.stretch is None
    made = read_record(scene.interact.actor_a.armature.animation_data.action)
    assert made is not None and made.pending == [] and set(BODY_PARTS) == set(made.stretch["parts"]["Anna"])


def test_an_interaction_that_is_played_is_a_change_and_one_that_is_not_is_none(scene: bpy.types.Scene) -> None:
    identity = scene.interact.actor_b.identity
    carried = add_interaction(scene, "carry on back", identity, 121, 181)
    found = what_changed(scene)
    assert found is not None and found.stretch is None, "nothing would be generated for it"
    set_category(scene, carried, "walk towards")
    found = what_changed(scene)
    assert found is not None and found.stretch is not None and set(found.stretch.parts) == {"Anna", "Ben"}
    assert (found.stretch.first, found.stretch.last) == (91, 301), "Ben is elsewhere from then on"
    record(scene, key_performance(scene, cast_scene(scene), played(scene)))
    taken = read_record(scene.interact.actor_a.armature.animation_data.action)
    assert taken is not None and [span.category for span in taken.load_request().interactions] == ["walk towards"]
    assert str(what_changed(scene)) == "Nothing was changed since Take 2"


def test_an_interaction_that_is_performed_is_generated_anew_with_both(scene: bpy.types.Scene) -> None:
    add_interaction(scene, "handshake", scene.interact.actor_b.identity, 121, 241)
    found = what_changed(scene)
    assert found is not None and found.stretch is not None and set(found.stretch.parts) == {"Anna", "Ben"}
    assert found.stretch.first <= 121 and found.stretch.last >= 241
