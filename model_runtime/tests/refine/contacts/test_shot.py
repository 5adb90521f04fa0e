"""Contacts of a request, on a performance that there is."""

import json
from pathlib import Path

import numpy as np
import pytest

from model_runtime.__main__ import main
from model_runtime.body_model.body_shape import place_points
from model_runtime.body_model.skeleton import forward_kinematics
from model_runtime.contract import (
    ActionSpan,
    Actor,
    ActorPerformance,
    ContactGoal,
    Performance,
    Request,
    request_from_json,
    request_to_json,
)
from model_runtime.refine.bodies import Bodies
from model_runtime.refine.contacts import BodyMotion, resolve_shot
from model_runtime.tests.refine.contacts.scenes import standing


def bodies_of(*motions: BodyMotion) -> Bodies:
    roots, rotations = np.stack([m.root for m in motions]), np.stack([m.rotations for m in motions])
    return Bodies(roots, rotations, np.ones((len(motions), motions[0].frames, 4), np.float32))


@pytest.mark.slow
def test_one_who_sits_keeps_pelvis_and_legs_and_what_is_out_of_reach_is_told() -> None:
    one, other = standing(1.7, 0.0, 1.0, 40), standing(1.7, 2.5, -1.0, 40)
    actors = (Actor("Ada", one.skeleton, actions=(ActionSpan("sit", 0.0, 2.0),)), Actor("Bob", other.skeleton))
    goal = ContactGoal("Ada", "right_palm", 0.6, 0.9, "Bob", "chest")
    bodies, _, missed = resolve_shot(bodies_of(one, other), actors, [goal])
    assert np.array_equal(bodies.roots[0], one.root)
    assert len(missed) == 1
    assert "short of the chest of 'Bob'" in missed[0]


def test_resolve_refuses_files_of_two_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = standing(1.7, 0.0, 1.0, 31)
    face, contacts = np.zeros((31, 52), np.float32), np.ones((31, 4), np.float32)
    Performance((ActorPerformance("Zoe", one.root, one.rotations, face, contacts),)).save(tmp_path / "p.npz")
    (tmp_path / "r.json").write_text(request_to_json(Request(1.0, (Actor("Ada", one.skeleton),))), "utf-8")
    code = main(["resolve", str(tmp_path / "r.json"), str(tmp_path / "p.npz"), "-o", str(tmp_path / "out.npz")])
    assert code == 1
    assert "both files of one take" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_resolve_leaves_one_who_touches_nothing_as_it_is(tmp_path: Path) -> None:
    one = standing(1.7, 0.0, 1.0, 31)
    face, contacts = np.zeros((31, 52), np.float32), np.ones((31, 4), np.float32)
    sent = Performance((ActorPerformance("Ada", one.root, one.rotations, face, contacts),), {"seed": 3})
    sent.save(tmp_path / "p.npz")
    (tmp_path / "r.json").write_text(request_to_json(Request(1.0, (Actor("Ada", one.skeleton),))), "utf-8")
    code = main(["resolve", str(tmp_path / "r.json"), str(tmp_path / "p.npz"), "-o", str(tmp_path / "out.npz")])
    assert code == 0
    got = Performance.load(tmp_path / "out.npz")
    assert np.array_equal(got.actors[0].rotations, one.rotations)
    assert got.report["seed"] == 3 and got.report["contacts"]["goals"] == []


def test_a_target_that_moves_is_touched_on_each_of_its_frames() -> None:
    one, other = standing(1.7, 0.0, 1.0, 75), standing(1.7, 2.5, -1.0, 75)
    actors = (Actor("Ada", one.skeleton), Actor("Bob", other.skeleton))
    way = ((0.4, -0.25, 1.0), (0.42, -0.1, 1.1), (0.4, 0.05, 1.2))
    goal = ContactGoal("Ada", "right_palm", 1.0, 1.8, places=way)
    bodies, resolved, missed = resolve_shot(bodies_of(one, other), actors, [goal])
    assert not missed
    (found,) = resolved.report["goals"]
    assert found["gap"] < 0.02 and found["sliding"] < 0.05
    shape = actors[0].body_shape
    palm = place_points(shape, *forward_kinematics(bodies.roots[0], bodies.rotations[0], one.skeleton))[0]
    for frame, place in ((30, way[0]), (53, way[2])):
        assert np.linalg.norm(palm[frame, shape.point("right_palm")] - place) < 0.02


def test_a_request_of_an_older_take_has_one_place_as_target() -> None:
    actors = (Actor("Ada", standing(1.7, 0.0, 1.0, 2).skeleton),)
    goal = ContactGoal("Ada", "right_palm", 1.0, 1.8, places=((0.4, -0.25, 1.0),))
    before = json.loads(request_to_json(Request(2.0, actors, contacts=(goal,))))
    before["contacts"][0]["place"] = before["contacts"][0].pop("places")[0]
    assert request_from_json(json.dumps(before)).contacts == (goal,)
