"""What may cross between Blender and the runtime, and what is refused at the door."""

import dataclasses
import json

import numpy as np
import pytest

from model_runtime.body_model.body_shape import POINTS, default_body_shape
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    ACTION_LABELS,
    ARKIT_NAMES,
    EMOTION_CHOICES,
    EMOTION_GROUPS,
    EMOTIONS,
    FIRST_EMOTIONS,
    FIRST_RELATIONSHIPS,
    MOST_INTENSITY,
    RELATIONSHIPS,
    ActionSpan,
    Actor,
    ActorPerformance,
    Caption,
    ContactGoal,
    EmotionSpan,
    Performance,
    Request,
    SpeechClip,
    Style,
    Waypoint,
    check_request,
    emotion_named,
    frame_count,
    relationship_named,
    request_from_json,
    request_to_json,
)
from model_runtime.errors import InvalidRequest, PerformanceUnreadable
from model_runtime.studies.furniture import table


def request(**changes) -> Request:
    first = Actor(
        "Ada",
        AVERAGE_SKELETON,
        speech=(SpeechClip("a.wav", -0.5, 3.0, 0.2, 0.8),),
        actions=(ActionSpan("walk", 0, 2),),
        waypoints=(Waypoint(2.0, (1.0, -0.5), None),),
    )
    second = Actor(
        "Bob", AVERAGE_SKELETON.scaled(1.1), position=(0.0, -1.5), heading=3.1, actions=(ActionSpan("sit", 1, 4),)
    )
    return dataclasses.replace(Request(5.0, (first, second), seed=7), **changes)


def with_actor(**changes) -> Request:
    whole = request()
    return dataclasses.replace(whole, actors=(dataclasses.replace(whole.actors[0], **changes), whole.actors[1]))


def test_there_are_52_arkit_names_and_three_labels():
    assert len(set(ARKIT_NAMES)) == 52
    assert ACTION_LABELS == ("sit", "walk", "stand")


def test_emotions_and_relationships_are_those_of_interact():
    assert len(EMOTIONS) == 26 and len(EMOTION_GROUPS) == 6
    assert len(RELATIONSHIPS) == 25
    assert {emotion_named(name)[0] for name in FIRST_EMOTIONS} <= set(EMOTION_CHOICES)
    assert {relationship_named(name) for name in FIRST_RELATIONSHIPS} <= set(RELATIONSHIPS)


def test_a_request_with_earlier_names_is_read_as_what_they_are_called_today():
    plain = json.loads(request_to_json(request()))
    plain["relationship"] = "couple"
    plain["actors"][0]["emotions"] = [{"emotion": "grief", "intensity": 1.8, "start": 0.0, "end": 2.0}]
    read = request_from_json(json.dumps(plain))
    assert read.relationship == "romantic partners"
    assert read.actors[0].emotions == (EmotionSpan("sadness", MOST_INTENSITY, 0.0, 2.0),)


def test_a_request_survives_json():
    sent = request()
    got = request_from_json(request_to_json(sent))
    assert request_to_json(got) == request_to_json(sent)
    np.testing.assert_array_equal(got.actors[1].skeleton.offsets, sent.actors[1].skeleton.offsets)


def test_captions_and_lips_survive_json_and_older_requests_are_read_without_them():
    sent = dataclasses.replace(with_actor(captions=(Caption("Good morning, Bob.", -0.5, 2.5),)), lips=0.25)
    got = request_from_json(request_to_json(sent))
    assert got.actors[0].captions == sent.actors[0].captions and got.lips == 0.25
    plain = json.loads(request_to_json(sent))
    del plain["lips"], plain["actors"][0]["captions"], plain["actors"][1]["captions"]
    older = request_from_json(json.dumps(plain))
    assert older.actors[0].captions == () and older.lips == 1.0


def test_style_and_walks_to_the_partner_survive_json_and_older_requests_are_read_without_them():
    sent = with_actor(style=Style(1.5, -0.5, 0.0), actions=(ActionSpan("walk", 0, 2, to_partner=True),))
    assert request_from_json(request_to_json(sent)).actors[0].style == Style(1.5, -0.5, 0.0)
    assert request_from_json(request_to_json(sent)).actors[0].actions[0].to_partner
    plain = json.loads(request_to_json(sent))
    for actor in plain["actors"]:
        del actor["style"]
        for span in actor["actions"]:
            del span["to_partner"]
    older = request_from_json(json.dumps(plain)).actors[0]
    assert older.style is None and not older.actions[0].to_partner


def test_a_request_for_one_actor_survives_json():
    alone = request(actors=request().actors[:1])
    assert request_to_json(request_from_json(request_to_json(alone))) == request_to_json(alone)


def test_seats_may_be_as_low_and_as_high_as_the_legs():
    check_request(with_actor(skeleton=AVERAGE_SKELETON.scaled(0.4 / 1.7), seat_height=0.1))
    check_request(with_actor(skeleton=AVERAGE_SKELETON.scaled(4 / 1.7), seat_height=1.2))


def test_frames_cover_the_whole_shot():
    assert frame_count(1.0) == 31
    assert frame_count(1.01) == 32


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (request(duration=0.0), "set a frame range between"),
        (request(duration=1200.0), "set a frame range between"),
        (request(duration=float("nan")), "set a frame range between"),
        (request(quality="superb"), "draft, final"),
        (request(guidance=-1.0), "between 0 and 10"),
        (with_actor(name="Bob"), "give one of them another name"),
        (with_actor(actions=(ActionSpan("jump", 0, 1),)), "sit, walk, stand"),
        (with_actor(actions=(ActionSpan("sit", 0, 2), ActionSpan("walk", 1, 3))), "overlap at 1.00 s"),
        (with_actor(actions=(ActionSpan("sit", 1, 1),)), "has no length"),
        (with_actor(speech=(SpeechClip("a.wav", 0.0, 0.0),)), "has no length"),
        (with_actor(skeleton=AVERAGE_SKELETON.scaled(100)), "scale the rig to metres"),
        (with_actor(position=(float("inf"), 0.0)), "check the rig's transform"),
        (with_actor(seat_height=2.0), "use a seat between"),
        (with_actor(seat_height=float("nan")), "use a seat between"),
        (request(lips=1.5), "choose a value between 0 .expressive. and 1 .accurate."),
        (with_actor(captions=(Caption("Good morning.", 2.0, 1.0),)), "'Good morning.' of 'Ada' has no length"),
        (with_actor(captions=(Caption("Good morning.", 2.0, float("nan")),)), "'Good morning.' of 'Ada' has no length"),
        (with_actor(style=Style(liveliness=4.0)), "choose values from -3 to 3"),
        (with_actor(style=Style(reach=float("nan"))), "choose values from -3 to 3"),
        (with_actor(actions=(ActionSpan("sit", 0, 2, to_partner=True),)), "name that strip 'walk'"),
        (request(actors=()), "cast one or two characters"),
        (request(actors=request().actors * 2), "cast one or two characters"),
        (request(duration=0.2), "set a frame range between"),
    ],
)
def test_a_wrong_request_is_refused_with_the_way_out(broken, sentence):
    with pytest.raises(InvalidRequest, match=sentence):
        check_request(broken)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"contract": 1}', json.dumps({"contract": 99, "actors": []})])
def test_text_that_is_no_request_is_refused(text):
    with pytest.raises(InvalidRequest):
        request_from_json(text)


def performance(frames: int = 4) -> Performance:
    actors = [
        ActorPerformance(
            name,
            np.zeros((frames, 3), np.float32),
            np.tile([1, 0, 0, 0], (frames, 52, 1)).astype(np.float32),
            np.full((frames, 52), 0.25, np.float32),
            np.ones((frames, 4), np.float32),
        )
        for name in ("Ada", "Bob")
    ]
    return Performance((actors[0], actors[1]), {"seed": 3})


def test_a_performance_survives_its_file(tmp_path):
    path = tmp_path / "take ä.npz"
    performance().save(path)
    got = Performance.load(path)
    assert got.report == {"seed": 3} and got.frames == 4 and got.actors[1].name == "Bob"
    np.testing.assert_array_equal(got.actors[0].face, performance().actors[0].face)
    assert list(tmp_path.iterdir()) == [path], "nothing half-written stays beside it"


def test_a_truncated_performance_is_named(tmp_path):
    path = tmp_path / "take.npz"
    performance().save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PerformanceUnreadable, match="generate it again"):
        Performance.load(path)


def test_a_body_shape_survives_json_and_an_actor_without_one_has_that_of_its_bones():
    shape = default_body_shape(AVERAGE_SKELETON).thickened(0.01)
    got = request_from_json(request_to_json(with_actor(shape=shape)))
    for name in ("joint", "start", "end", "radius", "point_joint", "point_offset", "point_normal"):
        np.testing.assert_allclose(getattr(got.actors[0].shape, name), getattr(shape, name), atol=1e-5)
    assert got.actors[0].body_shape.parts == shape.parts and got.actors[0].body_shape.points == POINTS
    assert got.actors[1].shape is None
    np.testing.assert_allclose(
        got.actors[1].body_shape.radius, default_body_shape(AVERAGE_SKELETON.scaled(1.1)).radius, atol=1e-6
    )


_CAPSULES = len(default_body_shape(AVERAGE_SKELETON).parts)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"radius": np.zeros((_CAPSULES, 2), np.float32)}, "without thickness"),
        ({"start": np.zeros((5, 3), np.float32)}, "start of the wrong size"),
        ({"end": np.full((_CAPSULES, 3), np.nan, np.float32)}, "no numbers"),
        ({"joint": np.full(_CAPSULES, 99)}, "names a joint"),
        ({"parts": ("head",) * _CAPSULES}, "a name of its own"),
        ({"points": ("left_tail",) * len(POINTS)}, "'left_tail', which is not known"),
    ],
)
def test_a_body_shape_that_makes_no_sense_is_refused(changes, says):
    shape = dataclasses.replace(default_body_shape(AVERAGE_SKELETON), **changes)
    with pytest.raises(InvalidRequest, match=says):
        check_request(with_actor(shape=shape))


def handshake(**changes) -> Request:
    goal = ContactGoal("Ada", "right_palm", 1.0, 2.0, "Bob", "right_palm")
    return request(contacts=(dataclasses.replace(goal, **changes),))


def test_contacts_survive_json():
    for sent in (
        handshake(),
        handshake(other="", other_point="", places=((0.1, 0.2, 1.0), (0.1, 0.4, 1.0)), distance=0.1),
    ):
        check_request(sent)
        assert request_from_json(request_to_json(sent)).contacts == sent.contacts


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor": "Zoe"}, "not in the shot"),
        ({"point": "right_wing"}, "does not have"),
        ({"other_point": "tail"}, "does not have"),
        ({"end": 1.0}, "no length"),
        ({"places": ((0.0, 0.0, 1.0),)}, "one thing to touch"),
        ({"other": "", "other_point": ""}, "one thing to touch"),
        ({"other": "Ada"}, "to itself"),
        ({"distance": -0.1}, "choose a distance"),
    ],
)
def test_a_contact_that_cannot_be_is_refused_in_one_sentence(changes, words):
    with pytest.raises(InvalidRequest, match=words):
        check_request(handshake(**changes))


def test_obstacles_survive_json_to_a_millimetre_and_stay_small_in_the_file():
    sent = request(obstacles=(dataclasses.replace(table(), seated=(1,)),))
    text = request_to_json(sent)
    (got,) = request_from_json(text).obstacles
    (was,) = sent.obstacles
    assert (got.name, got.origin, got.cell, got.seated) == (was.name, was.origin, was.cell, was.seated)
    near = np.abs(was.distance) < 0.25
    np.testing.assert_allclose(got.distance[near], was.distance[near], atol=0.00101)
    assert len(text) - len(request_to_json(request())) < 0.5 * was.distance.size
    assert request_to_json(request_from_json(text)) == text
    older = json.loads(request_to_json(request()))
    del older["obstacles"]
    assert request_from_json(json.dumps(older)).obstacles == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"distance": np.zeros((4, 4))}, "has a grid"),
        ({"distance": np.zeros((100, 100, 100))}, "has a grid"),
        ({"distance": np.full((4, 4, 4), np.nan)}, "no numbers"),
        ({"origin": (np.inf, 0.0, 0.0)}, "no numbers"),
        ({"cell": 0.0}, "is measured every"),
        ({"seated": (2,)}, "not in the shot"),
    ],
)
def test_an_obstacle_that_makes_no_sense_is_refused(changes, words):
    with pytest.raises(InvalidRequest, match=words):
        check_request(request(obstacles=(dataclasses.replace(table(), **changes),)))


def test_a_grid_that_would_not_fit_into_memory_is_refused_unread():
    plain = json.loads(request_to_json(request(obstacles=(table(),))))
    plain["obstacles"][0]["size"] = [4000, 4000, 4000]
    with pytest.raises(InvalidRequest, match="a grid of 4000"):
        request_from_json(json.dumps(plain))


OTHER_GOALS = {
    "the same hand at two places of a body": ({"other_point": "right_hip"}, True),
    "two points of a hand further apart than the hand is long": (
        {"point": "right_index_tip", "other_point": "right_hip"}, True),
    "hands of both on each other twice": ({"point": "right_index_tip", "other_point": "left_wrist"}, False),
    "the other hand": ({"point": "left_palm", "other_point": "right_hip"}, False),
    "the same from the other side": (
        {"actor": "Bob", "point": "right_hip", "other": "Ada", "other_point": "right_palm"}, True),
    "at another time": ({"other_point": "right_hip", "start": 2.0, "end": 3.0}, False),
    "what touches already": ({"other_point": "right_hip", "held": True}, False),
    "room that is left": ({"other_point": "right_hip", "distance": 0.6}, False),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "contradicts"), OTHER_GOALS.values(), ids=OTHER_GOALS)
def test_two_contacts_that_no_pose_meets_are_refused_before_anything_is_computed(changes, contradicts):
    (first,) = handshake(other_point="left_shoulder").contacts
    sent = request(contacts=(first, dataclasses.replace(first, **changes)))
    if not contradicts:
        check_request(sent)
        return
    with pytest.raises(InvalidRequest, match=r"cannot both touch at 1\.00 s.*move, trim or remove"):
        check_request(sent)


def test_a_hand_cannot_be_at_two_targets_that_part():
    way = ((0.0, 0.0, 1.0), (0.3, 0.0, 1.0))
    first = handshake(other="", other_point="", places=way).contacts[0]
    with pytest.raises(InvalidRequest, match=r"with its target.*cannot both touch at 2\.00 s, since that is 30 cm"):
        check_request(request(contacts=(first, dataclasses.replace(first, places=way[:1]))))
    check_request(request(contacts=(first, dataclasses.replace(first, point="left_palm", places=way[:1]))))
